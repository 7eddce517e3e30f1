"""Areas of polygons on the ellipsoid, for every CRS.

The area of a ring is the line integral of q(lat) d(lon), where q is the area between the equator and a latitude per radian
of longitude. It is taken along the edges as they are drawn in the polygon's own CRS: each edge is cut into pieces of at most
`PIECE`, and on each piece longitude and q are parabolas through its ends and its middle (Simpson's rule, exact for the
product of the one with the slope of the other). No projection of areas, no triangulation, no densified copy that is kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import shapely

from ecoval import grid

PIECE = 5_000.0
DEGREE = 111_320.0
VERTICES_AT_ONCE = 500_000


def ellipsoidal_area(geometries: npt.ArrayLike, crs: object) -> npt.NDArray[np.float64]:
    """Areas of polygons on the ellipsoid of their CRS.

    Parameters
    ----------
    geometries : array (units)
        Polygons and multipolygons; the direction of the rings is of no account.
    crs : CRS, as text or as pyproj CRS; longitudes and latitudes in degrees where geographic

    Returns
    -------
    vector (units), m2
        Missing geometries have an area of 0.
    """
    crs = grid.read_crs(crs)
    blocks = [_area(block, crs) for block in _blocks(np.asarray(geometries, dtype=object))]
    return np.concatenate(blocks) if blocks else np.zeros(0)


def metres_per_unit(crs: grid.CRS) -> float:
    """Length of one coordinate unit of a CRS (for a degree: along a meridian, on average)."""
    factor: float = crs.axis_info[0].unit_conversion_factor
    return DEGREE * np.degrees(factor) if crs.is_geographic else factor


def _blocks(geometries: np.ndarray) -> Iterator[np.ndarray]:
    vertices = np.cumsum(shapely.get_num_coordinates(geometries))
    cuts = np.flatnonzero(np.diff(vertices // VERTICES_AT_ONCE)) + 1
    return (block for block in np.split(geometries, cuts) if len(block))


def _area(geometries: np.ndarray, crs: grid.CRS) -> npt.NDArray[np.float64]:
    polygons, unit = shapely.get_parts(geometries, return_index=True)
    rings, polygon = shapely.get_rings(polygons, return_index=True)
    area = np.abs(_ring_area(shapely.segmentize(rings, PIECE / metres_per_unit(crs)), crs))
    outer = np.r_[True, np.diff(polygon) > 0][: len(polygon)]
    return group_sums(unit[polygon], np.where(outer, area, -area), len(geometries))


def _ring_area(rings: np.ndarray, crs: grid.CRS) -> npt.NDArray[np.float64]:
    points, ring = shapely.get_coordinates(rings, return_index=True)
    inside = ring[1:] == ring[:-1]
    start, end = points[:-1][inside], points[1:][inside]
    lon, lat = lonlat(points, crs)
    lon_middle, lat_middle = lonlat((start + end) / 2, crs)
    q = grid.authalic_height(np.radians(lat), crs)
    first = q[np.searchsorted(ring, ring[:-1][inside])]
    q_start, q_end = q[:-1][inside] - first, q[1:][inside] - first
    q_middle = grid.authalic_height(np.radians(lat_middle), crs) - first
    step = _turn(lon[1:][inside] - lon[:-1][inside])
    half = _turn(lon_middle - lon[:-1][inside])
    edge = (q_start * (4 * half - step) + 4 * q_middle * step + q_end * (3 * step - 4 * half)) / 6
    return group_sums(ring[:-1][inside], np.radians(edge), len(rings))


def lonlat(points: npt.NDArray[np.float64], crs: grid.CRS) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Longitudes and latitudes of points on the datum of their own CRS."""
    if crs.is_geographic:
        return points[:, 0], points[:, 1]
    lon, lat = grid.transformation(crs, grid.geodetic(crs)).transform(points[:, 0], points[:, 1])
    return lon, lat


def group_sums(group: npt.NDArray[np.integer[Any]], values: npt.NDArray[np.float64], count: int) -> npt.NDArray[np.float64]:
    """Sum of the values of each group, 0 where it has none."""
    return cast(npt.NDArray[np.float64], np.bincount(group, weights=values, minlength=count))


def _turn(step: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.where(np.abs(step) > 180, step - np.copysign(360, step), step)
