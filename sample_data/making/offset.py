"""Layers of the sample project: watersheds, land that is closed to it, and land that laws count."""

from __future__ import annotations

import numpy as np
import shapely
import shapely.affinity
from making import place as p
from making.settlement import outlets
from making.store import frame_of, patches, town_polygons, write_vector
from scipy import ndimage
from shapely.geometry import LineString

BASINS = (("W1", "澜江流域"), ("W2", "竹溪流域"), ("W3", "茶山溪流域"), ("W4", "港溪流域"))
COAST = (("W5", "北部沿海"), ("W6", "南部沿海"), ("W7", "澜屿诸岛"))
ALTERNATIVES = (  # name, middle of the park from that of city and port, length, width and turn of it, end of the road
    ("A", (3_600.0, 4_650.0), (1_500.0, 620.0, 38.0), (-900.0, -1_500.0)),
    ("B", (1_630.0, -5_020.0), (1_280.0, 640.0, -31.0), (-1_500.0, 700.0)),
)


def project(settlement, centre):
    """Two alternatives of an industrial park with its road: A north of the port, B south of the city."""
    seat, port = (np.array(centre(*settlement.seats[number])) for number in (0, 4))
    between = (seat + port) / 2.0
    names = ("alternative_id", "name", "impact_type", "start", "end", "after_class")
    rows, shapes = {name: [] for name in names}, []
    for alternative, shift, (length, width, turn), way in ALTERNATIVES:
        middle = between + np.array(shift)
        park = shapely.affinity.rotate(shapely.box(-length / 2, -width / 2, length / 2, width / 2), turn)
        park = shapely.affinity.translate(park, *middle)
        end = middle + np.array(way)
        bend = middle + 0.6 * np.array(way) + np.array([150.0, 60.0])
        road = LineString([middle, bend, end]).buffer(18.0, cap_style="flat")
        for name, kind, shape in (("产业园区", p.INDUSTRY, park), ("连接道路", p.ROAD, road.difference(park))):
            for column, value in zip(rows, (alternative, name, "permanent", 2024, None, kind), strict=True):
                rows[column].append(value)
            shapes.append(shape)
    rows["end"] = np.array([np.nan] * len(shapes))
    return frame_of(rows, shapes)


def watersheds(terrain, settlement):
    """Number of the watershed of each cell of the county: the four largest basins, then the coast beside them."""
    outlet = outlets_of(terrain)
    county = settlement.town > 0
    names, sizes = np.unique(outlet[county & terrain.land], return_counts=True)
    largest = names[np.lexsort((names, -sizes))[: len(BASINS)]]
    body, _ = ndimage.label(terrain.land, np.ones((3, 3)))
    mainland = body == np.bincount(body[terrain.land]).argmax()
    north = outlets(terrain) < int(largest[0]) // p.COLS
    label = np.where(north, len(BASINS) + 1, len(BASINS) + 2)
    for number, basin in enumerate(largest, start=1):
        label = np.where(outlet == basin, number, label)
    label = np.where(terrain.land & ~mainland, len(BASINS) + 3, label)
    _, where = ndimage.distance_transform_edt(~terrain.land, return_indices=True)
    return np.where(county, label[tuple(where)], 0)


def outlets_of(terrain):
    """Cell that each cell drains to at last."""
    out, receiver = list(range(terrain.receiver.size)), terrain.receiver.tolist()
    for here in terrain.order.tolist():
        if receiver[here] != here:
            out[here] = out[receiver[here]]
    return np.array(out).reshape(terrain.flow.shape)


def write_watersheds(out, terrain, settlement):
    """Watersheds that tile the county, as their union."""
    shapes = town_polygons(watersheds(terrain, settlement))
    names = (*BASINS, *COAST)
    rows = {"unit_id": [names[number - 1][0] for number in shapes], "name": [names[number - 1][1] for number in shapes]}
    write_vector(out / "watersheds.gpkg", frame_of(rows, shapes.values()), "watersheds")
    return shapely.union_all(list(shapes.values()))


def write_project_layers(out, terrain, settlement, cover, footprints, sites):
    """Red line, granted and protected land, and the land that laws count around the footprints."""
    path = out / "project_layers.gpkg"
    write_vector(path, red_line(terrain, settlement, cover), "red_line")
    write_vector(path, granted(sites), "granted", fresh=False)
    write_vector(path, protected(cover, sites), "protected", fresh=False)
    near = shapely.union_all(footprints.geometry.values)
    write_vector(path, cropland(cover, near), "cropland", fresh=False)
    write_vector(path, water(cover, near), "water_surface", fresh=False)


def red_line(terrain, settlement, cover):
    """Closed forest on the high slopes: ecological red line (an example)."""
    forest = np.isin(cover, (p.EVERGREEN, p.MIXED, p.NEEDLE)) & (terrain.elevation > 180.0) & (settlement.town > 0)
    dense = ndimage.uniform_filter(forest.astype(float), 9, mode="constant") > 0.80
    found = sorted(patches(dense, 400, 10**7, 120.0), key=lambda part: (-round(part.area), part.bounds))[:8]
    names = [f"生态保护红线{number:02d}" for number in range(1, len(found) + 1)]
    return frame_of({"name": names, "status": ["example"] * len(found)}, found)


def granted(sites):
    """Land of one candidate, promised to another project."""
    taken = sites[sites["candidate_id"] == "C06"].geometry.union_all().buffer(30.0, join_style="mitre")
    return frame_of({"name": ["港区扩建（已批）"], "status": ["example"]}, [taken])


def protected(cover, sites):
    """A wetland park around the lake, and two small reserves of the shore in which candidates lie."""
    lake = shapely.union_all(patches(cover == p.LAKE, 4, 10**6)).buffer(400.0, quad_segs=4)
    shore = [sites[sites["candidate_id"] == name].geometry.union_all().buffer(60.0, join_style="mitre") for name in ("C04", "C05")]
    names = ["青塘湖湿地公园", "滨海湿地保护小区一", "滨海湿地保护小区二"]
    return frame_of({"name": names, "status": ["example"] * 3}, [lake, *shore])


def cropland(cover, near):
    """Paddies and dry fields within a kilometre of the footprints, with a grade of quality (the larger the better)."""
    return _land(cover, near, ((p.PADDY, "paddy", 8.0), (p.DRY, "dry", 5.0)), "grade")


def water(cover, near):
    """Ponds and rivers within a kilometre of the footprints, with their volume at a depth of 2.5 m."""
    made = _land(cover, near, ((p.RESERVOIR, "pond", 2.5), (p.RIVER, "river", 2.5)), "quantity")
    return made.assign(quantity=np.round(made["quantity"] * made.geometry.area, -2))


def _land(cover, near, kinds, number):
    rows, shapes = {"kind": [], number: [], "status": []}, []
    window = near.buffer(1_000.0)
    for code, name, value in kinds:
        land = [part for part in patches(cover == code, 1, 10**7, 0.0) if part.intersects(window)]
        whole = shapely.intersection(shapely.union_all(land), window.envelope if window.geom_type == "Polygon" else window)
        parts = [part for part in shapely.get_parts(whole) if part.geom_type == "Polygon"]
        for part in sorted(parts, key=lambda part: (-round(part.area), part.bounds)):
            for column, entry in zip(rows, (name, value, "example"), strict=True):
                rows[column].append(entry)
            shapes.append(part)
    return frame_of(rows, shapes)
