"""Land-cover change of willamette as patches: what changes from which class to which, in which area.

Both maps hold the same 64 classes; the types of the classification that stand for them are in `TYPES`, a choice of this example:

- conifers of 0-20 years (56) are lower than a forest of the classification: needleleaf shrub (22), from 21 years on evergreen
  needleleaf forest (121), so that felling and growing up change the type and ageing (57 to 58, 58 to 59, 59 to 60) does not;
  woodlots (95), which the biophysical table treats apart, are needleleaf forest (12);
- semi-closed and closed mixed stands (52, 53, 54) are mixed forest (13), hardwood and poplar (62, 66) broadleaf forest (11), open
  stands (51, 98) sparse forest (14);
- seed, grain, row and field crops, fallow, mint, hops, turf (67-91 but grass) are cropland (51), orchards and berries (92, 73, 93)
  orchard (52), grass, pasture, hay and natural grassland (80, 83, 85, 86) grassland (3).

A patch is all land of one change in one area: the 159,178 connected pieces, most of them one cell, are its parts. Areas are
the 9 subwatersheds of the nutrient folder, which cover 14,520 ha, and squares of 12 km on the lattice of the maps for the rest.
"""

from dataclasses import dataclass

import geopandas
import numpy as np
import pandas as pd
import shapely
from rasterio.features import rasterize, shapes

from ecoval.rasters import Source, align
from ecoval.units.polygon_area import ellipsoidal_area

SQUARE = 400  # cells: 12 km
PAIR = 1000  # a change is opening class x PAIR + closing class
FARM = (67, 68, 71, 72, 74, 75, 76, 77, 78, 79, 81, 82, 84, 88, 90, 91)
TYPES = (
    dict.fromkeys((1, 2, 3, 4, 10, 11, 16, 24), 61)
    | dict.fromkeys((6, 7, 8, 9, 18, 19, 20, 21), 63)
    | dict.fromkeys((62, 66), 11)
    | dict.fromkeys((55, 57, 58, 59, 60, 61), 121)
    | dict.fromkeys((52, 53, 54), 13)
    | dict.fromkeys((51, 98), 14)
    | {95: 12, 56: 22, 87: 21, 101: 21, 89: 41, 33: 42, 29: 43, 32: 43, 39: 8, 40: 81, 42: 82, 5: 82, 49: 62}
    | dict.fromkeys((80, 83, 85, 86), 3)
    | dict.fromkeys(FARM, 51)
    | dict.fromkeys((73, 92, 93), 52)
)
HOMES, WORKS, YOUNG = 61, 63, 22


@dataclass(frozen=True)
class Maps:
    """Both maps on one lattice: classes now and in the scenario, -1 where either has none."""

    grid: object
    now: np.ndarray
    future: np.ndarray

    @property
    def change(self):
        """Opening class x 1000 + closing class of the cells that change, 0 elsewhere."""
        changed = (self.now != self.future) & (self.now >= 0) & (self.future >= 0)
        return np.where(changed, self.now * PAIR + self.future, 0).astype(np.int32)


def maps(data):
    """The maps of the folder `lulc`."""
    now, future = (Source(data / "lulc" / name, "categorical", "1") for name in ("lulc_samp_cur", "lulc_samp_fut"))
    grid = now.grid
    return Maps(grid, *(np.maximum(align(source, grid).read(grid), -1) for source in (now, future)))


def areas(data, grid):
    """Subwatersheds, and squares of 12 km where there are none: they cover the maps without overlap.

    Returns
    -------
    table (unit_id, name, geometry)
    """
    basins = geopandas.read_file(data / "nutrient" / "subwatersheds.shp").sort_values("subws_id")
    basins = basins.set_crs(grid.crs, allow_override=True)  # UTM zone 10 N on NAD83, as the maps
    drained = shapely.union_all(basins.geometry.values)
    rows = [
        (f"W{number}", f"subwatershed {number}", shape) for number, shape in zip(basins["subws_id"], basins.geometry, strict=True)
    ]
    for row in range(0, grid.rows, SQUARE):
        for col in range(0, grid.cols, SQUARE):
            window = grid.window(row, col, min(SQUARE, grid.rows - row), min(SQUARE, grid.cols - col))
            rest = shapely.difference(shapely.box(*window.bounds), drained)
            if not rest.is_empty:
                name = f"{row // SQUARE + 1}{'ABCD'[col // SQUARE]}"
                rows.append((name, f"square {name}", rest))
    return geopandas.GeoDataFrame(rows, columns=["unit_id", "name", "geometry"], geometry="geometry", crs=grid.crs)


def patches(given, units):
    """Changed land, one multipolygon per change and area, of connected pieces.

    An area is that of the middle of a cell here; the balance itself cuts every patch exactly by the areas.

    Returns
    -------
    table (patch, opening, closing, kind_now, kind_after, area_unit, pieces, cells, area, geometry)
        Areas in m2 on the ellipsoid.
    """
    grid, change = given.grid, given.change
    place = rasterize(zip(units.geometry, range(1, len(units) + 1), strict=True), given.now.shape, transform=grid.transform)
    pairs, number = np.unique(change, return_inverse=True)
    code = np.where(change > 0, number.reshape(change.shape) * 100 + place, 0).astype(np.int32)
    values, pieces = polygons(code, grid.transform)
    codes, first = np.unique(values, return_inverse=True)
    rows = []
    for position, value in enumerate(codes):
        pair, unit = int(pairs[value // 100]), value % 100 - 1
        opening, closing = divmod(pair, PAIR)
        unit_id = units["unit_id"].iloc[unit]
        parts = pieces[first == position]
        row = (f"{opening}-{closing} {unit_id}", opening, closing, TYPES[opening], TYPES[closing], unit_id, len(parts))
        rows.append((*row, shapely.multipolygons(parts)))
    names = ["patch", "opening", "closing", "kind_now", "kind_after", "area_unit", "pieces", "geometry"]
    made = geopandas.GeoDataFrame(rows, columns=names, geometry="geometry", crs=grid.crs)
    made["cells"] = np.rint(shapely.area(made.geometry.values) / (grid.cell[0] * grid.cell[1])).astype(int)
    made["area"] = ellipsoidal_area(np.asarray(made.geometry.values, dtype=object), grid.crs)
    return made


def polygons(code, transform):
    """Connected cells of one code as polygons: their codes, and the polygons (many at once, which 160,000 pieces need)."""
    found = [(int(value), piece["coordinates"]) for piece, value in shapes(code, code > 0, 4, transform)]
    rings = [ring for _, piece in found for ring in piece]
    count = np.array([len(piece) for _, piece in found])
    made = shapely.linearrings(np.concatenate(rings), indices=np.repeat(np.arange(len(rings)), [len(ring) for ring in rings]))
    first = np.cumsum(count) - count
    pieces = shapely.polygons(made[first])
    for place in np.flatnonzero(count > 1):
        pieces[place] = shapely.polygons(made[first[place]], made[first[place] + 1 : first[place] + count[place]])
    return np.array([value for value, _ in found]), pieces


def roles(made):
    """What a patch is in the plan: a loss by building or felling, a gain of another type, or land whose type stays.

    Returns
    -------
    vector (patches)
        Project of the patch ("homes", "works", "felling"), "gain" or "same type".
    """
    after = made["kind_after"]
    project = np.select([after == HOMES, after == WORKS, after == YOUNG], ["homes", "works", "felling"], "gain")
    return pd.Series(np.where(made["kind_now"] == after, "same type", project), index=made.index)
