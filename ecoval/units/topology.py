"""How polygons lie to each other: overlaps, enclosed gaps and slivers, measured on the ellipsoid.

The edges that are not shared exactly are found first (`shapely.coverage_invalid_edges`): of two units that overlap one at least
has such edges. Only those are intersected with what they touch, so a sound layer costs one pass.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import shapely

from ecoval.grid import CRS
from ecoval.units.polygon_area import ellipsoidal_area, group_sums, metres_per_unit
from ecoval.units.validation import areal_parts

SLIVER_WIDTH = 1.0


class Overlap(NamedTuple):
    """Positions of two units, and the area that both cover in m2."""

    first: int
    second: int
    area: float


class Gap(NamedTuple):
    """An area that units enclose and none covers: positions of its neighbours, and its size in m2."""

    neighbours: tuple[int, ...]
    area: float


class Sliver(NamedTuple):
    """Position of a unit, number of its parts that are narrower than a metre, and their area in m2."""

    unit: int
    parts: int
    area: float


def loose(geometry: np.ndarray) -> npt.NDArray[np.bool_]:
    """Units with edges that overlap others or do not match theirs.

    Parameters
    ----------
    geometry : array (units)
        Valid polygons and multipolygons.

    Returns
    -------
    vector (units), 1
        Truth values. Of two units that overlap one at least is loose; the others form a coverage.
    """
    matched: npt.NDArray[np.bool_] = shapely.is_empty(shapely.coverage_invalid_edges(geometry))
    return ~matched


def overlaps(geometry: np.ndarray, crs: object, tolerance: float, unmatched: npt.NDArray[np.bool_] | None = None) -> list[Overlap]:
    """Pairs of units that cover the same ground.

    Parameters
    ----------
    geometry : array (units)
        Valid polygons and multipolygons.
    crs : CRS, as text or as pyproj CRS
    tolerance : number, m2, >= 0
        Overlaps up to this size are rounding.
    unmatched : vector (units), 1
        What `loose` gave, where it is known.

    Returns
    -------
    list of Overlap
        The largest first.
    """
    suspects = np.flatnonzero(loose(geometry) if unmatched is None else unmatched)
    one, other = shapely.STRtree(geometry).query(geometry[suspects], predicate="intersects")
    pairs = np.sort(np.column_stack([suspects[one], other]), axis=1)
    first, second = np.unique(pairs[pairs[:, 0] != pairs[:, 1]], axis=0).T
    shared = areal_parts(shapely.intersection(geometry[first], geometry[second]))
    area = ellipsoidal_area(shared, crs)
    order = np.argsort(-area, kind="stable")
    return [Overlap(int(first[k]), int(second[k]), float(area[k])) for k in order if area[k] > tolerance]


def gaps(geometry: np.ndarray, crs: object, tolerance: float, unmatched: npt.NDArray[np.bool_] | None = None) -> list[Gap]:
    """Areas that units enclose and none covers.

    Parameters
    ----------
    geometry : array (units)
        Valid polygons and multipolygons.
    crs : CRS, as text or as pyproj CRS
    tolerance : number, m2, >= 0
        Gaps up to this size are rounding.
    unmatched : vector (units), 1
        What `loose` gave, where it is known.

    Returns
    -------
    list of Gap
        The largest first. A gap that is open to the outside of the layer cannot be told from the outside.
    """
    polygons = shapely.get_parts(united(geometry, unmatched))
    rings, polygon = shapely.get_rings(polygons, return_index=True)
    inner = ~np.r_[True, np.diff(polygon) > 0][: len(polygon)]
    holes = shapely.polygons(rings[inner])
    area = ellipsoidal_area(holes, crs)
    order = [k for k in np.argsort(-area, kind="stable") if area[k] > tolerance]
    tree = shapely.STRtree(geometry)
    hole, unit = tree.query(holes[order], predicate="intersects")
    return [Gap(tuple(np.sort(unit[hole == n]).tolist()), float(area[k])) for n, k in enumerate(order)]


def slivers(geometry: np.ndarray, crs: CRS, width: float = SLIVER_WIDTH) -> list[Sliver]:
    """Units with parts that are too narrow to be ground.

    Parameters
    ----------
    geometry : array (units)
        Polygons and multipolygons.
    width : number, m, > 0
        A part is a sliver where twice its area over its perimeter is less.

    Returns
    -------
    list of Sliver
    """
    parts, unit = shapely.get_parts(geometry, return_index=True)
    area = ellipsoidal_area(parts, crs)
    narrow = 2 * area < width * _perimeter(parts, crs)
    count = np.bincount(unit[narrow], minlength=len(geometry))
    total = group_sums(unit[narrow], area[narrow], len(geometry))
    return [Sliver(int(k), int(count[k]), float(total[k])) for k in np.flatnonzero(count)]


def united(geometry: np.ndarray, unmatched: npt.NDArray[np.bool_] | None = None) -> shapely.Geometry:
    """Union of polygons; exact along shared edges.

    Parameters
    ----------
    geometry : array (units)
        Valid polygons and multipolygons.
    unmatched : vector (units), 1
        What `loose` gave for these or more units, where it is known.

    Returns
    -------
    polygon
    """
    if len(geometry) == 1:
        return geometry[0]
    suspect = loose(geometry) if unmatched is None else unmatched
    sound = shapely.coverage_union_all(geometry[~suspect])
    return shapely.union_all([sound, *geometry[suspect]]) if suspect.any() else sound


def _perimeter(parts: np.ndarray, crs: CRS) -> npt.NDArray[np.float64]:
    """Length of all rings of each polygon in metres; in degrees with the shrinking of longitude at the middle of an edge."""
    rings, polygon = shapely.get_rings(parts, return_index=True)
    points, ring = shapely.get_coordinates(rings, return_index=True)
    inside = ring[1:] == ring[:-1]
    start, end = points[:-1][inside], points[1:][inside]
    step = (end - start) * metres_per_unit(crs)
    if crs.is_geographic:
        step[:, 0] *= np.cos(np.radians(start[:, 1] + end[:, 1]) / 2)
    return group_sums(polygon[ring[:-1][inside]], np.hypot(*step.T), len(parts))
