"""The sample county: made again it is the same, its parts fit, its numbers lie in the ranges of the methods reference."""

import csv
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from rasterio import features
from scipy import ndimage

import ecoval as ev
from ecoval import measure
from ecoval.kernels.fill import fill
from ecoval.offset.declaration.files import ProjectDeclaration
from ecoval.offset.declaration.layers import read_footprints
from ecoval.offset.measures import read_measures
from ecoval.offset.project.opened import project_inputs
from ecoval.offset.project.project import Project
from ecoval.offset.rules.statutory import StatutoryRules

SAMPLE = Path(__file__).parent.parent / "sample_data"
YEARS = (2015, 2023)
RASTERS = sorted(path.name for path in SAMPLE.glob("*.tif"))
VECTORS = ("towns.gpkg", "county.gpkg", "project.gpkg", "candidates.gpkg", "watersheds.gpkg")
PROJECT_LAYERS = ("red_line", "granted", "protected", "cropland", "water_surface")
MADE_TABLES = ("landcover_classes.csv", "lakes.csv", "reservoirs.csv", "statistics.csv")


@pytest.fixture(scope="module")
def again(tmp_path_factory):
    """The sample made a second time."""
    folder = tmp_path_factory.mktemp("sample") / "示例 again"
    subprocess.run([sys.executable, "-W", "error", SAMPLE / "make_sample.py", "--out", folder], check=True, timeout=300)
    return folder


def values(name, folder=SAMPLE):
    """Bands of a raster as numbers, missing as nan."""
    with rasterio.open(folder / name) as file:
        return file.read(masked=True).astype(float).filled(np.nan) * np.array(file.scales)[:, None, None]


def types(year):
    """Ecosystem type of each cell, 0 where missing."""
    table = pd.read_csv(SAMPLE / "landcover_classes.csv")
    lookup = np.zeros(256, dtype=int)
    lookup[table["code"]] = table["ecosystem_type"]
    with rasterio.open(SAMPLE / f"landcover_{year}.tif") as file:
        return lookup[file.read(1)]


def inside(towns):
    """Cells whose centre lies in a town."""
    with rasterio.open(SAMPLE / "landcover_2015.tif") as file:
        return features.rasterize(towns.geometry, out_shape=file.shape, transform=file.transform).astype(bool)


@pytest.mark.parametrize("name", RASTERS)
def test_raster_made_again_is_the_same(again, name):
    with rasterio.open(SAMPLE / name) as kept, rasterio.open(again / name) as made:
        assert kept.profile == made.profile
        assert kept.scales == made.scales
        assert kept.descriptions == made.descriptions
        np.testing.assert_array_equal(kept.read(), made.read())


@pytest.mark.parametrize("name", VECTORS)
def test_polygons_made_again_are_the_same(again, name):
    kept, made = gpd.read_file(SAMPLE / name), gpd.read_file(again / name)
    assert kept.crs == made.crs == "EPSG:4549"
    pd.testing.assert_frame_equal(kept.drop(columns="geometry"), made.drop(columns="geometry"))
    assert shapely.equals_identical(kept.geometry.values, made.geometry.values).all()


@pytest.mark.parametrize("layer", PROJECT_LAYERS)
def test_layers_of_the_project_made_again_are_the_same(again, layer):
    kept, made = (gpd.read_file(folder / "project_layers.gpkg", layer=layer) for folder in (SAMPLE, again))
    assert kept.crs == made.crs == "EPSG:4549"
    pd.testing.assert_frame_equal(kept.drop(columns="geometry"), made.drop(columns="geometry"))
    assert shapely.equals_identical(kept.geometry.values, made.geometry.values).all()
    assert kept.geometry.is_valid.all()
    assert set(kept["status"]) == {"example"}


@pytest.mark.parametrize("name", MADE_TABLES)
def test_table_made_again_is_the_same(again, name):
    assert (SAMPLE / name).read_bytes() == (again / name).read_bytes()


def test_sample_is_small_and_every_file_is_described():
    files = [path for path in SAMPLE.iterdir() if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 3e6
    readme = (SAMPLE / "README.md").read_text(encoding="utf-8")
    for path in files:
        pattern = re.sub(r"_20(15|23)", "_{year}", path.name)
        described = (path.name, pattern, pattern.replace("{year}", "{2015,2023}"))
        assert any(name in readme for name in described) or path.name in ("README.md",) or path.name.startswith("soil_"), path.name


def test_study_names_files_that_exist_in_both_years():
    study = tomllib.loads((SAMPLE / "study.toml").read_text(encoding="utf-8"))
    entries = [*study["layers"].values(), *study["statistics"].values(), *study["units"].values()]
    paths = [entry if isinstance(entry, str) else entry["path"] for entry in entries] + study["parameters"]["tables"]
    assert tuple(study["study"]["years"]) == YEARS
    for path in paths:
        for year in YEARS:
            assert (SAMPLE / path.replace("{year}", str(year))).is_file(), path


def test_every_own_number_says_that_it_is_an_example():
    with (SAMPLE / "parameters.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    prices = tomllib.loads((SAMPLE / "study.toml").read_text(encoding="utf-8"))["prices"]
    assert rows
    assert {row["status"] for row in rows} == {"example"}
    assert {price["status"] for price in prices.values()} == {"example"}
    assert {price["year"] for price in prices.values()} == {2023}


def test_towns_tile_the_county_without_gap_or_overlap():
    towns, county = gpd.read_file(SAMPLE / "towns.gpkg"), gpd.read_file(SAMPLE / "county.gpkg")
    assert shapely.coverage_is_valid(towns.geometry.values)
    assert towns.geometry.is_valid.all()
    assert shapely.equals(shapely.coverage_union_all(towns.geometry.values), county.geometry.iloc[0])
    assert towns["unit_id"].is_unique
    assert towns["unit_id"].str.fullmatch("339921[0-2][0-9]{2}").all()
    assert set(towns["parent"]) == set(county["unit_id"]) == {"339921"}
    assert len(towns.loc[towns["name"] == "澜屿镇", "geometry"].iloc[0].geoms) == 7


@pytest.mark.parametrize("year", YEARS)
def test_land_cover_fills_the_towns(year):
    towns = gpd.read_file(SAMPLE / "towns.gpkg")
    assert (types(year)[inside(towns)] > 0).all()


def test_land_changes_as_the_story_says():
    cells = inside(gpd.read_file(SAMPLE / "towns.gpkg"))
    before, after = (types(year)[cells] for year in YEARS)
    share = {code: (np.mean(before // 100 == code), np.mean(after // 100 == code)) for code in (1, 6)}
    assert share[6][1] > 1.2 * share[6][0]  # the city grows
    assert share[1][1] > share[1][0]  # slopes are planted
    assert np.mean(after == 511) < np.mean(before == 511)  # paddy is lost
    assert np.isin(np.unique(before), pd.read_csv(SAMPLE / "landcover_classes.csv")["ecosystem_type"]).all()


@pytest.mark.parametrize("year", YEARS)
def test_days_add_up_to_months_and_year(year):
    daily, monthly, annual = (values(f"{name}_{year}.tif") for name in ("rain_daily", "precipitation_monthly", "precipitation"))
    np.testing.assert_allclose(monthly.sum(axis=0), annual[0], rtol=0, atol=1e-9)
    np.testing.assert_allclose(daily.sum(axis=0), annual[0], rtol=0, atol=1e-9)
    with rasterio.open(SAMPLE / f"rain_daily_{year}.tif") as file:
        assert list(file.descriptions) == [day.strftime("%Y-%m-%d") for day in pd.date_range(f"{year}-01-01", f"{year}-12-31")]


@pytest.mark.parametrize("year", YEARS)
def test_rain_has_the_storms_of_the_coast(year):
    days = values(f"rain_daily_{year}.tif").mean(axis=(1, 2))
    assert 1_550 < days.sum() < 1_900
    assert (days >= 50).sum() >= 5
    assert (days >= 100).sum() >= 1
    assert 120 < (days > 0.3).sum() < 200


def test_soil_texture_adds_up():
    total = sum(values(f"soil_{name}.tif") for name in ("sand", "silt", "clay"))
    np.testing.assert_allclose(total[~np.isnan(total)], 100.0, rtol=0, atol=1e-9)


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("dem", 0, 1_400),
        ("evapotranspiration_2015", 400, 1_100),
        ("cooling_evapotranspiration_2023", 150, 350),
        ("cooling_days_2015", 60, 90),
        ("npp_2023", 300, 1_300),
        ("temperature_2015", -5, 32),
        ("cover_2023", 0, 1),
        ("soil_organic_matter", 0.5, 6),
        ("soil_nitrogen", 0.03, 0.3),
        ("soil_phosphorus", 0.02, 0.1),
        ("soil_bulk_density", 0.9, 1.5),
        ("soil_group", 1, 4),
    ],
)
def test_layer_lies_in_its_range(name, low, high):
    field = values(f"{name}.tif")
    assert np.nanmin(field) >= low
    assert np.nanmax(field) <= high


@pytest.mark.parametrize("year", YEARS)
def test_water_evaporates_less_than_eight_millimetres_a_cooling_day(year):
    assert (values(f"water_evaporation_{year}.tif") < 8.0 * values(f"cooling_days_{year}.tif")).all()


def test_water_runs_from_every_cell_to_the_sea_but_for_single_pits():
    elevation = values("dem.tif")[0]
    depth = np.nan_to_num(fill(elevation.astype(np.float32)) - elevation)
    pits = depth > 0.15  # decimetres are whole
    assert 400 < pits.sum() < 800
    assert depth.max() < 13
    assert (ndimage.label(pits, np.ones((3, 3)))[1]) == pits.sum()  # none beside another


@pytest.mark.parametrize("year", YEARS)
def test_statistics_belong_to_towns_and_make_a_county(year):
    table = pd.read_csv(SAMPLE / "statistics.csv", dtype={"unit_id": str})
    table = table[table["year"] == year]
    assert set(table["unit_id"]) == set(gpd.read_file(SAMPLE / "towns.gpkg")["unit_id"])
    assert not table.duplicated(["unit_id", "item"]).any()
    total = table.groupby("item")["quantity"].sum()
    assert 380_000 < total["population"] < 460_000
    assert 40_000 < total["gdp"] / total["population"] * (1.0 if year == 2023 else 1.2) < 90_000
    assert 0.05 < total["tourism_revenue"] / total["gdp"] < 0.35
    priced = table[table["price"].notna()]
    assert 0.04 < (priced["quantity"] * priced["price"]).sum() / total["gdp"] < 0.2


def test_statistics_are_written_in_measures_and_marked_as_examples():
    table = pd.read_csv(SAMPLE / "statistics.csv")
    for symbol in {*table["uom"], *table["price_uom"].dropna()}:
        assert measure.canonical(symbol) == symbol
    priced = table[table["price_uom"].fillna("").str.contains("-")]
    products = priced[~priced["item"].isin(["gdp", "tourism_revenue", "wage", "visit_cost"])]
    for uom, price in {*zip(products["uom"], products["price_uom"], strict=True)}:
        assert measure.factor(price, f"CNY {uom}-1" if uom != "m3" else "CNY m-3") == 1.0
    assert set(table["status"]) == {"example"}


def test_candidates_lie_in_towns_apart_from_the_project():
    candidates, project = (gpd.read_file(SAMPLE / f"{name}.gpkg") for name in ("candidates", "project"))
    towns = gpd.read_file(SAMPLE / "towns.gpkg")
    assert 25 <= len(candidates) <= 40
    assert candidates["candidate_id"].is_unique
    assert candidates.geometry.is_valid.all()
    assert not candidates.intersects(project.union_all()).any()
    assert not candidates.geometry.overlaps(candidates.union_all()).any()
    joined = candidates.merge(towns, on="unit_id", suffixes=("", "_town"))
    assert len(joined) == len(candidates)
    assert set(project["alternative_id"]) == {"A", "B"}
    assert project.geometry.within(towns.union_all()).all()


@pytest.fixture(scope="module")
def account():
    """The account of both years."""
    return ev.Study.read(SAMPLE / "study.toml").run()


def test_check_finds_nothing_amiss(account):
    for year in YEARS:
        found = account.study.check(year=year)
        assert set(found["level"]) == {"ok"}, found[found["level"] != "ok"].to_string()


def test_every_town_has_a_whole_gep_in_the_range_of_counties(account):
    gep = account.gep
    assert len(gep) == 2 * 10
    assert gep["gep"].notna().all()
    statistics = pd.read_csv(SAMPLE / "statistics.csv")
    gdp = statistics[statistics["item"] == "gdp"].groupby("year")["quantity"].sum()
    total = gep.groupby("year")[["provisioning", "regulating", "cultural", "gep"]].sum()
    assert (total["gep"] / gdp).between(0.7, 2.0).all()
    assert (total["regulating"] / total["gep"]).between(0.5, 0.9).all()
    assert (total[["provisioning", "regulating", "cultural"]].sum(axis=1) - total["gep"]).abs().max() < 1.0


@pytest.mark.parametrize(
    ("service", "item", "low", "high"),
    [
        ("water_retention", "retention", 5_000, 10_000),  # 500-1000 mm
        ("flood_mitigation", "vegetation", 500, 6_000),  # 50-600 mm
        ("carbon_sequestration", "vegetation", 5, 22),  # NEP of 140-600 gC m-2
        ("climate_regulation", "plants", 13_000, 700_000),
        ("soil_retention", "soil", 50, 3_000),
    ],
)
def test_density_over_the_land_in_scope_is_plausible(account, service, item, low, high):
    rows = account.supply[(account.supply["service"] == service) & (account.supply["item"] == item)]
    density = rows.groupby("year")[["quantity", "valid_area"]].sum()
    assert (density["quantity"] / density["valid_area"] * 1e4).between(low, high).all()


def test_the_cloud_over_the_first_year_is_missing_area(account):
    rows = account.supply[(account.supply["service"] == "carbon_sequestration") & (account.supply["item"] == "vegetation")]
    missing = rows.groupby(["year", "unit_name"])["missing_area"].sum()
    assert 1e6 < missing[2015, "云岭乡"] < 5e6
    assert missing[2023].sum() == 0.0
    assert missing[2015].drop("云岭乡").sum() == 0.0


def test_every_value_of_the_sample_says_that_it_rests_on_examples(account):
    valued = account.supply[account.supply["value"].notna()]
    assert set(valued["status"]) == {"example"}


def test_watersheds_tile_and_hold_project_and_candidates():
    sheds = gpd.read_file(SAMPLE / "watersheds.gpkg")
    assert shapely.coverage_is_valid(sheds.geometry.values)
    assert sheds["unit_id"].tolist() == ["W1", "W2", "W3", "W4", "W5", "W6", "W7"]
    whole = shapely.coverage_union_all(sheds.geometry.values)
    county = gpd.read_file(SAMPLE / "county.gpkg").geometry.iloc[0]
    assert shapely.area(shapely.symmetric_difference(whole, county)) < 0.01 * shapely.area(county)
    for name in ("project", "candidates"):
        assert gpd.read_file(SAMPLE / f"{name}.gpkg").within(whole).all(), name


def test_chosen_alternative_keeps_clear_of_water_and_red_line_and_the_other_does_not():
    project = gpd.read_file(SAMPLE / "project.gpkg").dissolve("alternative_id").geometry
    layers = {name: gpd.read_file(SAMPLE / "project_layers.gpkg", layer=name).union_all() for name in PROJECT_LAYERS}
    assert not project["B"].intersects(layers["water_surface"])
    assert not project["B"].intersects(layers["red_line"])
    assert project["A"].intersection(layers["water_surface"]).area > 1e4
    assert project["B"].intersection(layers["cropland"]).area > 0.5 * project["B"].area


def test_project_names_files_that_exist_and_measures_name_its_patches():
    declared = ProjectDeclaration.read(SAMPLE / "project.toml")
    paths = [path for _, path in project_inputs(declared)]
    assert {path.name for path in paths} > {"measures.csv", "accept.csv", "no_go.csv", "statutory.csv", "provided.csv"}
    assert {path.name for path in paths} > {"watersheds.gpkg", "project_layers.gpkg", "candidates.gpkg", "study.toml"}
    patches = set(read_footprints(declared.footprints)["patch_id"])
    assert patches == {"A-1", "A-2", "B-1", "B-2"}
    assert set(read_measures(SAMPLE / "measures.csv")["patch_id"]) == patches
    assert set(StatutoryRules.read(SAMPLE / "statutory.csv").table["status"]) == {"example"}


def test_project_balances_and_does_not_without_any_of_its_parcels():
    """Each chosen parcel is needed: what is left of the portfolio falls short of some row."""
    made = Project.read(SAMPLE / "project.toml").assess()
    assert made.verdict.verdict == "balanced"
    assert set(made.checks["level"]) == {"warning", "ok"}
    assert {"CANDIDATE_IN_GRANTED", "CANDIDATE_IN_PROTECTED", "CANDIDATE_IN_RED_LINE"} <= set(made.checks["code"])
    chosen = made.portfolio
    assert len(chosen) >= 3
    for row in range(len(chosen)):
        left = chosen.drop(chosen.index[row])
        rest = made.candidates.merge(left[["candidate_id", "option_id"]], on=["candidate_id", "option_id"])
        given = made.credits.merge(left[["candidate_id", "option_id"]], on=["candidate_id", "option_id"])
        met = given.groupby(["service", "area_unit"])["credit"].sum()
        wanted = made.balance[made.balance["required"] > 0].set_index(["service", "area_unit"])["required"]
        short = (met.reindex(wanted.index).fillna(0.0) < wanted).any()
        assert short or rest["area"].sum() < made.kinds["required"].max(), chosen["candidate_id"].iloc[row]
