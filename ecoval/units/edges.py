"""Polygons carried into another CRS with their edges kept in place.

An edge that is straight in one CRS is a curve in another. Points are put on it, evenly in the source CRS, until each chord in
the target CRS stays within the tolerance of the curve. How many depends on the two ends of the edge alone, taken in one order
whatever the direction of the ring: two units that share an edge get the same points, bit for bit, and a unit gets the same
points alone and among others.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import shapely

from ecoval import grid
from ecoval.errors import InputError
from ecoval.units.polygon_area import metres_per_unit

EDGE_TOLERANCE = 0.001
CURVATURE = 1e-6  # 1 m-1; no straight edge bends more below 80 degrees of latitude
MOST_PIECES = 100_000

Forward = Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]  # coordinates into those of the target CRS


def carried(
    geometries: np.ndarray, source: object, target: object, tolerance: float = EDGE_TOLERANCE, pipeline: str | None = None
) -> np.ndarray:
    """Polygons in another CRS, their edges where they were.

    Parameters
    ----------
    geometries : array (units)
        Polygons and multipolygons.
    source, target : CRS, as text or as pyproj CRS
    tolerance : number, m, > 0
        Largest distance between an edge and its chords in the target CRS.
    pipeline : PROJ pipeline in place of the operation that is found

    Returns
    -------
    array (units)

    Raises
    ------
    InputError
        A change of datum that is only a guess, a vertex outside the area of the target CRS, or an edge across the
        antimeridian.
    """
    source, target = grid.read_crs(source), grid.read_crs(target)
    if pipeline is None and grid.same_crs(source, target):
        return geometries
    forward = grid.transformation(source, target, pipeline).transform
    kind, points, offsets = shapely.to_ragged_array(geometries)
    points = points[:, :2]
    last = np.zeros(len(points), dtype=bool)
    last[offsets[0][1:] - 1] = True
    pieces = np.ones(len(points), dtype=np.int64)
    first = np.flatnonzero(~last)
    pieces[first] = _pieces(points[first], points[first + 1], source, target, forward, tolerance)
    there = _placed(points, pieces, forward)
    _refuse_outside(there, points, pieces, target)
    start = np.concatenate([[0], np.cumsum(pieces)])
    whole = shapely.from_ragged_array(kind, there, (start[offsets[0]], *offsets[1:]))
    return _kept_single(geometries, whole)


def _ordered(start: np.ndarray, end: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Ends of edges in one order, and whether they were exchanged."""
    turned = (start[:, 0] > end[:, 0]) | ((start[:, 0] == end[:, 0]) & (start[:, 1] > end[:, 1]))
    turned = turned[:, None]
    return np.where(turned, end, start), np.where(turned, start, end), turned[:, 0]


def _pieces(
    start: np.ndarray, end: np.ndarray, source: grid.CRS, target: grid.CRS, forward: Forward, tolerance: float
) -> np.ndarray:
    """Number of chords that keep each edge within the tolerance."""
    pieces = np.ones(len(start), dtype=np.int64)
    length = np.hypot(*(end - start).T) * metres_per_unit(source)
    long = np.flatnonzero(length > np.sqrt(8 * tolerance / CURVATURE))
    if not len(long):
        return pieces
    low, high, _ = _ordered(start[long], end[long])
    at = {share: np.column_stack(forward(*(low + share * (high - low)).T)) for share in (0.0, 0.25, 0.5, 0.75, 1.0)}
    scale = np.full((len(long), 2), metres_per_unit(target))
    if target.is_geographic:
        scale[:, 0] *= np.cos(np.radians(at[0.5][:, 1]))
        _refuse_jump(at[0.0], at[1.0], low)
    bend = np.zeros(len(long))
    with np.errstate(invalid="ignore"):  # points without a place are refused where all points are
        for share in (0.25, 0.5, 0.75):
            chord = at[0.0] + share * (at[1.0] - at[0.0])
            bend = np.fmax(bend, np.hypot(*((at[share] - chord) * scale).T))
    bend[~np.isfinite(bend)] = 0.0
    pieces[long] = np.clip(np.ceil(np.sqrt(bend / tolerance)), 1, MOST_PIECES)
    return pieces


def _placed(points: np.ndarray, pieces: np.ndarray, forward: Forward) -> np.ndarray:
    """Vertices and added points in the target CRS; `pieces` is 1 at the last vertex of a ring."""
    edge = np.repeat(np.arange(len(points)), pieces)
    step = np.arange(len(edge)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    following = np.minimum(np.arange(len(points)) + 1, len(points) - 1)
    low, high, turned = _ordered(points, points[following])
    step = np.where(turned[edge] & (step > 0), pieces[edge] - step, step)
    share = (step / pieces[edge])[:, None]
    here = np.where(share == 0, points[edge], low[edge] + share * (high - low)[edge])
    return np.column_stack(forward(*here.T))


def _refuse_outside(there: np.ndarray, points: np.ndarray, pieces: np.ndarray, target: grid.CRS) -> None:
    bad = ~np.isfinite(there).all(axis=1)
    if bad.any():
        vertex = points[np.repeat(np.arange(len(points)), pieces)[np.argmax(bad)]]
        raise InputError(
            "units_outside_crs", crs=target.name, count=int(bad.sum()), easting=float(vertex[0]), northing=float(vertex[1])
        )


def _refuse_jump(start: np.ndarray, end: np.ndarray, low: np.ndarray) -> None:
    jump = np.abs(end[:, 0] - start[:, 0]) > 180
    if jump.any():
        easting, northing = low[np.argmax(jump)]
        raise InputError("units_across_antimeridian", easting=float(easting), northing=float(northing))


def _kept_single(geometries: np.ndarray, whole: np.ndarray) -> np.ndarray:
    single = shapely.get_type_id(geometries) == shapely.GeometryType.POLYGON
    multi = shapely.get_type_id(whole) == shapely.GeometryType.MULTIPOLYGON
    return np.where(single & multi, shapely.get_geometry(whole, 0), whole)
