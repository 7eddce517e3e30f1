"""Areas of very many small polygons on the ellipsoid: the planar area times the square metres per square unit of its place.

Over a polygon of `STEP` the areal scale is linear to 1e-7, so that its value at the centroid gives the area. It is measured on
squares of `STEP` at fixed places of the CRS and interpolated between them: a polygon has the same bits alone and among others.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import shapely

from ecoval import grid
from ecoval.units.polygon_area import ellipsoidal_area, metres_per_unit

STEP = 2_048.0


def small_areas(geometries: npt.ArrayLike, crs: object) -> npt.NDArray[np.float64]:
    """Areas of polygons, by the scale at their centroid; those wider than `STEP` as in `ellipsoidal_area`.

    Parameters
    ----------
    geometries : array (units)
        Polygons and multipolygons with shells and holes.
    crs : CRS, as text or as pyproj CRS

    Returns
    -------
    vector (units), m2
        Within 1e-7 of `ellipsoidal_area`.
    """
    crs = grid.read_crs(crs)
    geometries = np.asarray(geometries, dtype=object)
    step = STEP / metres_per_unit(crs)
    bounds = shapely.bounds(geometries)
    with np.errstate(invalid="ignore"):
        small = (np.fmax(bounds[:, 2] - bounds[:, 0], bounds[:, 3] - bounds[:, 1]) <= step) & np.isfinite(bounds).all(axis=1)
    area = np.zeros(len(geometries))
    area[~small] = ellipsoidal_area(geometries[~small], crs)
    if small.any():
        chosen = geometries[small]
        centre = shapely.get_coordinates(shapely.centroid(chosen))
        area[small] = shapely.area(chosen) * _scale(centre / step, step, crs)
    return area


def _scale(place: np.ndarray, step: float, crs: grid.CRS) -> npt.NDArray[np.float64]:
    """Square metres per square unit at places counted in steps, bilinear between the squares around."""
    corner = np.floor(place).astype(np.int64)
    low, high = corner.min(axis=0), corner.max(axis=0) + 2
    cols, rows = high - low
    square = (corner[:, 1] - low[1]) * cols + corner[:, 0] - low[0]
    used = np.zeros(rows * cols, dtype=bool)
    for beside in (0, 1, cols, cols + 1):
        used[np.unique(square) + beside] = True
    node = np.flatnonzero(used)
    easting, northing = (low[0] + node % cols) * step, (low[1] + node // cols) * step
    half = step / 2
    squares = shapely.box(easting - half, northing - half, easting + half, northing + half)
    value = np.full(rows * cols, np.nan)
    value[node] = ellipsoidal_area(squares, crs) / (step * step)
    across, up = (place - corner).T
    below = value[square] + (value[square + 1] - value[square]) * across
    above = value[square + cols] + (value[square + cols + 1] - value[square + cols]) * across
    scale: npt.NDArray[np.float64] = below + (above - below) * up
    return scale
