"""Every service of the sample county of 2023 worked again per town and type: files read by rasterio, formulas in NumPy, own areas.

Of the library stand here the run that is checked, and the slope of cells beside missing ones (held to pygeoprocessing by its own
tests). Weights of cells are exact intersections of shapely; areas come from PROJ's factors.
"""

import csv
import heapq
import math
import warnings
from pathlib import Path

import geopandas
import numpy as np
import pandas as pd
import pyproj
import pytest
import rasterio
import shapely

from ecoval.kernels import terrain as horn
from ecoval.study import Study, sample_study

SAMPLE, YEAR, CELL = Path(__file__).parent.parent / "sample_data", 2023, 60.0
PRICE = {"storage": 8.2, "dredging": 21.0, "nitrogen": 1050, "phosphorus": 3300, "co2": 65, "o2": 800, "electricity": 0.5}
RUNOFF = {111: 0.0465, 113: 0.044, 121: 0.0452, 131: 0.0352, 211: 0.0426, 331: 0.0387, 521: 0.0957, 522: 0.0957}
SOILS = (111, 113, 121, 131, 211, 331, 413, 511, 512, 521, 522, 621, 623, 823)
GREEN = (111, 113, 121, 131, 211, 331, 521, 522, 621, 623)
C_CLASSES = {1: (0.1, 0.08, 0.06, 0.02, 0.004, 0.001), 2: (0.4, 0.22, 0.14, 0.085, 0.04, 0.011)}
C_CLASSES |= {3: (0.45, 0.24, 0.15, 0.09, 0.043, 0.011), 521: (0.42, 0.23, 0.14, 0.089, 0.042, 0.011)}
C_CLASSES |= {522: (0.4, 0.22, 0.14, 0.087, 0.042, 0.011)}
C_OF_TYPE = {511: 0.0, 413: 0.0, 621: 0.01, 623: 0.01, 823: 0.7}
STORM_NUMBERS = {  # curve number of the cover of each type by soil group A to D
    (30, 55, 70, 77): (111, 113, 121, 131),
    (30, 48, 65, 73): (211,),
    (39, 61, 74, 80): (331, 621, 623),
    (67, 78, 85, 89): (512,),
    (32, 58, 72, 79): (521,),
    (35, 56, 70, 77): (522,),
}
BARE = (77, 86, 91, 94)


class County:
    """Grid of the land cover, weights of its cells in the towns, and layers on it in double precision."""

    def __init__(self):
        with rasterio.open(SAMPLE / f"landcover_{YEAR}.tif") as file:
            codes, self.place, self.shape = file.read(1), file.transform, file.shape
        table = pd.read_csv(SAMPLE / "landcover_classes.csv")
        self.types = np.zeros(256, int)
        self.types[table["code"]] = table["ecosystem_type"]
        self.types = self.types[codes]
        self.x = self.place.c + CELL * (np.arange(self.shape[1]) + 0.5)
        self.y = self.place.f - CELL * (np.arange(self.shape[0]) + 0.5)
        lon, lat = pyproj.Transformer.from_crs(4549, 4490, always_xy=True).transform(*np.meshgrid(self.x, self.y))
        scale = pyproj.Proj("EPSG:4549").get_factors(lon.ravel(), lat.ravel()).areal_scale.reshape(self.shape)
        self.hectares = CELL**2 / scale / 1e4
        towns = geopandas.read_file(SAMPLE / "towns.gpkg")
        self.towns = {code: self.weights(shape) for code, shape in zip(towns["unit_id"], towns.geometry, strict=True)}

    def weights(self, shape):
        """Share of each cell inside a polygon."""
        west, north = self.x - CELL / 2, self.y + CELL / 2
        boxes = shapely.box(*np.meshgrid(west, north - CELL), *np.meshgrid(west + CELL, north))
        shapely.prepare(shape)
        share = shapely.contains_properly(shape, boxes).astype(float)
        edge = shapely.intersects(shape, boxes) & (share == 0)
        share[edge] = shapely.area(shapely.intersection(shape, boxes[edge])) / CELL**2
        return share

    def layer(self, name, nearest=False):
        """Bands of a file on the cells: bilinear over the values that are there, or of the cell that holds the centre."""
        with rasterio.open(SAMPLE / name) as file:
            bands = file.read().astype(float) * file.scales[0]
            if file.nodata is not None:
                bands[file.read() == file.nodata] = np.nan
            return self.moved(bands, file.transform, nearest)

    def moved(self, bands, place, nearest=False):
        col, row = (self.x - place.c) / place.a - 0.5, (self.y - place.f) / place.e - 0.5
        rows, cols = np.floor(row).astype(int), np.floor(col).astype(int)
        if nearest:
            return self.at(bands, np.floor(row + 0.5).astype(int), np.floor(col + 0.5).astype(int))
        total, weight = np.zeros((len(bands), *self.shape)), np.zeros((len(bands), *self.shape))
        for down in (0, 1):
            for right in (0, 1):
                share = np.outer(1 - abs(row - rows - down), 1 - abs(col - cols - right))
                values = self.at(bands, rows + down, cols + right)
                total += np.where(np.isnan(values), 0, values * share)
                weight += np.where(np.isnan(values), 0, share)
        with np.errstate(invalid="ignore"):
            return total / weight

    @staticmethod
    def at(bands, rows, cols):
        """Values of a lattice at rows and columns, those of its edge beyond it."""
        rows, cols = (np.clip(each, 0, top - 1) for each, top in zip((rows, cols), bands.shape[1:], strict=True))
        return bands[:, rows[:, None], cols[None]]

    def sums(self, density, codes):
        """(town, type) -> quantity of a density per ha."""
        return {
            (town, code): math.fsum((density * share * self.hectares)[inside])
            for town, share in self.towns.items()
            for code in codes
            if (inside := (self.types == code) & (share > 0) & ~np.isnan(density)).any()
        }


@pytest.fixture(scope="module")
def county():
    return County()


@pytest.fixture(scope="module")
def account():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return Study.read(sample_study()).run(year=YEAR)


@pytest.fixture(scope="module")
def supply(account):
    return account.supply


def compare(supply, service, item, expected, price):
    rows = supply[(supply["service"] == service) & (supply["item"] == item) & (supply["quantity"].notna())]
    keys = [(unit, int(kind)) for unit, kind in zip(rows["unit_id"], rows["ecosystem_type"], strict=True)]
    assert dict(zip(keys, rows["quantity"], strict=True)) == pytest.approx(expected, rel=1e-6)
    if price is not None:
        worth = {key: quantity * price for key, quantity in expected.items()}
        assert dict(zip(keys, rows["value"], strict=True)) == pytest.approx(worth, rel=1e-6)


def test_extents(county, supply):
    rows = supply[(supply["service"] == "water_retention")]
    areas = rows.set_index(["unit_id", "ecosystem_type"])[["valid_area", "missing_area", "out_of_scope_area"]].sum(axis=1) / 1e4
    expected = county.sums(np.ones(county.shape), [code for code in np.unique(county.types) if code])
    assert {(unit, int(kind)): area for (unit, kind), area in areas.items() if kind != "missing"} == pytest.approx(
        expected, rel=1e-6
    )


def test_water_retention(county, supply):
    rain, evaporated = (county.layer(f"{name}_{YEAR}.tif")[0] for name in ("precipitation", "evapotranspiration"))
    share = np.full(county.shape, np.nan)
    for code, each in RUNOFF.items():
        share[county.types == code] = each
    expected = county.sums(10 * np.maximum(0, rain - share * rain - evaporated), RUNOFF)
    compare(supply, "water_retention", "retention", expected, PRICE["storage"])


def filled(elevation):
    """Elevation with every hollow filled to where it overflows: cells in the order of the water that rises from the edge."""
    padded = np.pad(elevation, 1, constant_values=np.nan)
    out, wide = padded.ravel().tolist(), padded.shape[1]
    steps = [row * wide + col for row in (-1, 0, 1) for col in (-1, 0, 1) if row or col]
    valid = (~np.isnan(padded.ravel())).tolist()
    heap = [(out[i], i) for i in range(len(out)) if valid[i] and not all(valid[i + step] for step in steps)]
    seen = [not each for each in valid]
    for _, i in heap:
        seen[i] = True
    heapq.heapify(heap)
    while heap:
        level, here = heapq.heappop(heap)
        for step in steps:
            if not seen[here + step]:
                seen[here + step] = True
                out[here + step] = max(out[here + step], level)
                heapq.heappush(heap, (out[here + step], here + step))
    return np.array(out).reshape(padded.shape)[1:-1, 1:-1]


EASTWARDS = ((0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1), (-1, 0), (-1, 1))  # steps to the neighbours, clockwise


def downstream(low):
    """Cell that each cell of a filled surface drains to: the steepest of the eight descents, the first clockwise from the east.

    A flat drains by the fewest steps, straight ones tried before diagonal ones; what has nowhere to go drains to itself.
    """
    z = np.pad(np.rint(low * 10), 1, constant_values=np.nan)  # decimetres, as the file holds them
    wide, down, steepest = z.shape[1], np.arange(z.size).reshape(z.shape), np.zeros(z.shape)
    flat_steps = [row * wide + col for row, col in EASTWARDS]
    for (row, col), step in zip(EASTWARDS, flat_steps, strict=True):
        drop = (z - np.roll(z, (-row, -col), (0, 1))) / math.hypot(row, col)
        better = drop > steepest
        steepest[better], down[better] = drop[better], np.flatnonzero(better) + step
    heights, down = z.ravel().tolist(), down.ravel().tolist()
    inner = np.isfinite(z)
    for row, col in EASTWARDS:
        inner &= np.isfinite(np.roll(z, (-row, -col), (0, 1)))
    level = set(np.flatnonzero(inner & (steepest == 0)).tolist())
    front, straight_first = [], flat_steps[::2] + flat_steps[1::2]
    for here in sorted(level):
        to = next((here + s for s in straight_first if here + s not in level and heights[here + s] == heights[here]), None)
        if to is not None:
            down[here] = to
            front.append(here)
    level -= set(front)
    for here in front:  # grows as it is read
        for there in (here + step for step in straight_first):
            if there in level and heights[there] == heights[here]:
                down[there] = here
                level.discard(there)
                front.append(there)
    return np.array(down), z.shape


def gathered(low):
    """Cells that drain through each cell, itself included; 1 where the elevation is missing."""
    down, shape = downstream(low)
    cells, donors = np.ones(down.size, int), np.bincount(down[down != np.arange(down.size)], minlength=down.size)
    ready = np.flatnonzero(donors == 0).tolist()
    for here in ready:  # grows as it is read
        to = down[here]
        if to != here:
            cells[to] += cells[here]
            donors[to] -= 1
            if donors[to] == 0:
                ready.append(to)
    return cells.reshape(shape)[1:-1, 1:-1].astype(float)


def at_bound(values, bounds):
    """Values that are a bound but for their last digits."""
    return np.any([abs(values - bound) < 1e-6 for bound in bounds], axis=0)


def slope_length(elevation, made):
    """LS of InVEST: slope of the filled elevation, 0 where 300 cells and more gather.

    Where a slope is a bound of the classes but for the last bit of a float32, `made` says on which side of it the run lies.
    """
    low = filled(elevation)
    cells = gathered(low)
    z = np.pad(low, 1, constant_values=np.nan)
    a, b, c, d = z[:-2, :-2], z[:-2, 1:-1], z[:-2, 2:], z[1:-1, :-2]
    f, g, h, i = z[1:-1, 2:], z[2:, :-2], z[2:, 1:-1], z[2:, 2:]
    tangent = np.hypot((c + 2 * f + i) - (a + 2 * d + g), (a + 2 * b + c) - (g + 2 * h + i)) / (8 * CELL)
    shore = np.isnan(tangent) & ~np.isnan(low)
    tangent[shore] = horn.slope(low.astype(np.float32), CELL, CELL)[shore]
    bound = at_bound(tangent, (0.01, 0.035, 0.05, 0.09))
    sides = [invest(tangent * np.where(bound, 1 + side, 1), cells) for side in (-1e-5, 1e-5)]
    nearer = abs(sides[1] - made) < abs(sides[0] - made)
    return np.where(cells >= 300, 0.0, np.where(nearer, sides[1], sides[0]))


def invest(tangent, cells):
    """LS of a slope and the cells that gather."""
    angle = np.arctan(tangent)
    sine, percent = np.sin(angle), 100 * tangent
    beta = sine / 0.0896 / (3 * sine**0.8 + 0.56)
    m = np.select([percent <= 1, percent <= 3.5, percent <= 5, percent <= 9], [0.2, 0.3, 0.4, 0.5], beta / (1 + beta))
    steep = np.where(percent < 9, 10.8 * sine + 0.03, 16.8 * sine - 0.5)
    inlet = np.sqrt((cells - 1) * CELL**2)
    x = sine + np.cos(angle)
    length = ((inlet + CELL**2) ** (m + 1) - inlet ** (m + 1)) / (CELL ** (m + 2) * x**m * 22.13**m)
    return np.minimum(length, 122) * steep


def zhang(rain):
    wet = rain >= 12
    count, depth = wet.sum(axis=0), np.where(wet, rain, 0).sum(axis=0)
    beta = 0.8363 + 18.144 / (depth / count) + 24.455 / depth
    return 21.586 * beta**-7.1891 * np.where(wet, rain**beta, 0).sum(axis=0)


def rain_daily():
    with rasterio.open(SAMPLE / f"rain_daily_{YEAR}.tif") as file:
        return file.read().astype(float) * file.scales[0], file.transform


def test_soil_retention(county, account, supply):
    rain, place = rain_daily()
    erosivity = county.moved(zhang(rain)[None], place)[0]
    sand, silt, clay, matter = (county.layer(f"soil_{name}.tif")[0] for name in ("sand", "silt", "clay", "organic_matter"))
    carbon, rough = matter / 1.724, 1 - sand / 100
    epic = (0.2 + 0.3 * np.exp(-0.0256 * sand * (1 - silt / 100))) * (silt / (clay + silt)) ** 0.3
    epic *= 1 - 0.25 * carbon / (carbon + np.exp(3.72 - 2.95 * carbon))
    epic *= 1 - 0.7 * rough / (rough + np.exp(-5.51 + 22.9 * rough))
    erodibility = (-0.01383 + 0.51575 * epic) * 0.1317
    cover = county.layer(f"cover_{YEAR}.tif")[0]
    read = account.layers("cover")
    rows, cols = (np.searchsorted(-county.y, -read.y.values - 1), np.searchsorted(county.x, read.x.values - 1))
    window = np.ix_(rows, cols)
    cover[window] = np.where(at_bound(cover[window], (0.1, 0.3, 0.5, 0.7, 0.9)), read.values, cover[window])
    step = np.digitize(cover.astype(np.float32) * np.float32(100), (10, 30, 50, 70, 90))
    c = np.full(county.shape, np.nan)
    for code in SOILS:
        here = county.types == code
        if code in C_OF_TYPE:
            c[here] = C_OF_TYPE[code]
        elif code == 512:
            c[here] = np.clip(0.221 - 0.595 * np.log10(cover[here]), 0, 1)
        else:
            c[here] = np.array(C_CLASSES.get(code) or C_CLASSES[code // 100])[step[here]]
    made = np.full(county.shape, np.nan)
    made[window] = account.layers("ls").values
    ls = slope_length(county.layer("dem.tif", nearest=True)[0], made)
    kept = erosivity * erodibility * ls * (1 - c)
    compare(supply, "soil_retention", "soil", county.sums(kept, SOILS), None)
    density, nitrogen, phosphorus = (county.layer(f"soil_{name}.tif")[0] for name in ("bulk_density", "nitrogen", "phosphorus"))
    compare(supply, "soil_retention", "silt", county.sums(0.24 * kept / density, SOILS), PRICE["dredging"])
    compare(supply, "soil_retention", "nitrogen", county.sums(kept * nitrogen / 100, SOILS), PRICE["nitrogen"])
    compare(supply, "soil_retention", "phosphorus", county.sums(kept * phosphorus / 100, SOILS), PRICE["phosphorus"])


def test_flood_mitigation(county, supply):
    rain, place = rain_daily()
    storms = np.where(rain >= 50, rain, 0)

    def runoff(number):
        storage = 25400 / number - 254
        depth = np.maximum(storms - 0.2 * storage, 0) ** 2 / (storms + 0.8 * storage)
        return county.moved(depth.sum(axis=0)[None], place)[0]

    group = county.layer("soil_group.tif", nearest=True)[0]
    kept = np.full(county.shape, np.nan)
    for numbers, codes in STORM_NUMBERS.items():
        for place_of_group, (number, bare) in enumerate(zip(numbers, BARE, strict=True), start=1):
            here = np.isin(county.types, codes) & (group == place_of_group)
            kept[here] = 10 * (runoff(bare) - runoff(number))[here]
    codes = [code for codes in STORM_NUMBERS.values() for code in codes]
    compare(supply, "flood_mitigation", "vegetation", county.sums(kept, codes), PRICE["storage"])
    compare(supply, "flood_mitigation", "marsh", county.sums(np.full(county.shape, 3000.0), [413]), PRICE["storage"])
    compare(supply, "flood_mitigation", "lake", {("339921102", 421): 1_740_000.0}, PRICE["storage"])
    with (SAMPLE / "reservoirs.csv").open(encoding="utf-8") as file:
        held = {
            (row["unit_id"], 422): float(row["flood_capacity"] or 0.35 * float(row["total_capacity"]))
            for row in csv.DictReader(file)
        }
    none = county.sums(np.zeros(county.shape), [422])  # where the register names none
    compare(supply, "flood_mitigation", "reservoir", none | held, PRICE["storage"])


def test_carbon_and_oxygen(county, supply):
    npp = county.layer(f"npp_{YEAR}.tif")[0]
    warmth, rain = (county.layer(f"{name}_{YEAR}.tif") for name in ("temperature", "precipitation_monthly"))
    respired = (0.22 * (np.exp(0.0912 * warmth) + np.log(0.3145 * rain + 1)) * 30 * 0.465).sum(axis=0)
    taken = county.sums((npp - respired) * 0.01 * 44 / 12, GREEN)
    wet = {413: 38.0, 421: 45.0, 422: 45.0}
    by_rate = {}
    for code, rate in wet.items():
        by_rate |= county.sums(np.full(county.shape, rate * 0.01 * 44 / 12), [code])
    for item, expected in (("vegetation", taken), ("wetland", by_rate)):
        compare(supply, "carbon_sequestration", item, expected, PRICE["co2"])
        released = {key: quantity * 0.727273 for key, quantity in expected.items()}
        compare(supply, "oxygen_release", item, released, PRICE["o2"])


def test_climate_regulation(county, supply):
    depth = county.layer(f"cooling_evapotranspiration_{YEAR}.tif")[0]
    codes = (*GREEN, 413)
    compare(supply, "climate_regulation", "plants", county.sums(depth * 2450 * 1e4 / (3600 * 3), codes), PRICE["electricity"])
    depth = county.layer(f"water_evaporation_{YEAR}.tif")[0]
    expected = county.sums(10 * depth * 1000 * 2450 / (3600 * 3), (421, 422, 431))
    compare(supply, "climate_regulation", "water", expected, PRICE["electricity"])


def test_tables(supply):
    table = pd.read_csv(SAMPLE / "statistics.csv", dtype={"unit_id": str})
    table = table[table["year"] == YEAR]
    figures = {(row.unit_id, row.item): row for row in table.itertuples()}
    found = {
        (row.unit_id, row.item): row for row in supply[supply["ecosystem_type"] == "*"].itertuples() if row.quantity == row.quantity
    }
    for (town, item), row in figures.items():
        if (town, f"{item}:intermediate_share") in figures:
            share = 1 - figures[town, f"{item}:intermediate_share"].quantity
            assert found[town, item].value == pytest.approx(row.quantity * row.price * share, rel=1e-9)
        elif item == "tourism_revenue":
            assert found[town, "tourism_health"].value == pytest.approx(
                row.quantity * figures[town, "nature_share"].quantity, rel=1e-9
            )
        elif item == "population":
            visits, hours, wage = (figures[town, name].quantity for name in ("park_visits", "park_hours", "wage"))
            assert found[town, "leisure"].value == pytest.approx(row.quantity * visits * hours * wage * 0.3, rel=1e-9)


def test_every_item_was_worked_again(supply):
    items = {"retention", "soil", "silt", "nitrogen", "phosphorus", "vegetation", "marsh", "lake", "reservoir", "wetland", "plants"}
    cells = supply[(supply["ecosystem_type"] != "*") & supply["quantity"].notna()]
    assert set(cells["item"]) == items | {"water"}
