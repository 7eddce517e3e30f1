"""Geometry for drawing: simplified as a coverage, as matplotlib paths, with the scale of the map and places for labels."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas
import numpy as np
import shapely
from matplotlib.path import Path

VERTICES = 20_000  # more than a map of a page can show
RESOLUTION = 1_500  # steps over the longer side of a simplified map


def display_geometry(units: geopandas.GeoDataFrame) -> geopandas.GeoSeries:
    """Polygons as they are drawn: those of a large layer simplified, neighbours keeping their common line.

    Returns
    -------
    table (geometry)
        A GeoSeries in the same order.
    """
    shapes = units.geometry.reset_index(drop=True)
    if shapely.get_num_coordinates(shapes.to_numpy()).sum() <= VERTICES:
        return shapes
    left, bottom, right, top = shapes.total_bounds
    step = max(right - left, top - bottom) / RESOLUTION
    polygons = shapes.to_numpy()
    if shapely.coverage_is_valid(polygons):
        polygons = shapely.coverage_simplify(polygons, step)
    else:
        polygons = shapely.simplify(polygons, step / 2)
    return type(shapes)(polygons, crs=shapes.crs)


def polygon_path(geometry: shapely.Geometry | None) -> Path | None:
    """Path of a polygon or multipolygon, its holes left open.

    Returns
    -------
    table (path)
        A matplotlib Path; None where there is nothing to draw.
    """
    if geometry is None or geometry.is_empty:
        return None
    rings = [
        shapely.get_coordinates(ring)
        for part in shapely.get_parts(geometry)
        if part.geom_type == "Polygon"
        for ring in (shapely.normalize(part).exterior, *shapely.normalize(part).interiors)
    ]
    if not rings:
        return None
    codes = [np.full(len(ring), Path.LINETO, dtype=Path.code_type) for ring in rings]
    for code in codes:
        code[0], code[-1] = Path.MOVETO, Path.CLOSEPOLY
    return Path(np.concatenate(rings), np.concatenate(codes))


def metres_per_unit(units: geopandas.GeoDataFrame) -> tuple[float, float]:
    """Metres on the ellipsoid of one step to the right and one step up, at the centre of the layer.

    Returns
    -------
    number, m
        Two of them.
    """
    left, bottom, right, top = units.total_bounds
    if units.crs is None:
        return 1.0, 1.0
    across, up = (right - left) / 4 or 1e-3, (top - bottom) / 4 or 1e-3
    centre = ((left + right) / 2, (bottom + top) / 2)
    points = shapely.points([centre, (centre[0] + across, centre[1]), (centre[0], centre[1] + up)])
    earth = type(units.geometry)(points, crs=units.crs).to_crs(units.crs.geodetic_crs)
    lon, lat = earth.x.to_numpy(), earth.y.to_numpy()
    _, _, distances = units.crs.get_geod().inv(lon[[0, 0]], lat[[0, 0]], lon[1:], lat[1:])
    return distances[0] / across, distances[1] / up


def fitting_labels(
    shapes: geopandas.GeoSeries, names: Sequence[object], size: float, per_point: tuple[float, float]
) -> list[tuple[str, float, float]]:
    """Labels that do not cover one another, those of large units first.

    Parameters
    ----------
    names : vector (units)
    size : number, 1
        Height of the letters in points.
    per_point : number, 1
        Steps of the map per point, across and up.

    Returns
    -------
    table (name, easting, northing)
        As a list of tuples.
    """
    placed: list[tuple[float, float, float, float]] = []
    labels: list[tuple[str, float, float]] = []
    points = shapely.point_on_surface(shapes.to_numpy())
    for index in np.argsort(-shapely.area(shapes.to_numpy()), kind="stable"):
        if shapely.is_empty(points[index]):
            continue
        name = str(names[index])
        letters = sum(1.0 if ord(sign) > 0x2E7F else 0.6 for sign in name)
        half = (letters * size / 2 * per_point[0], size * 0.6 * per_point[1])
        easting, northing = points[index].x, points[index].y
        place = (easting - half[0], northing - half[1], easting + half[0], northing + half[1])
        if any(place[0] < other[2] and other[0] < place[2] and place[1] < other[3] and other[1] < place[3] for other in placed):
            continue
        placed.append(place)
        labels.append((name, easting, northing))
    return labels
