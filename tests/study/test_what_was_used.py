"""What the rows and notes of a run say was used, and what they leave empty rather than call it something else."""

import json
import warnings

import numpy as np
import option_study as given
import pandas as pd
import pytest

from ecoval.errors import EcovalError, EcovalWarning
from ecoval.layers.names import number_rows
from ecoval.report import listing
from ecoval.report.folder import read_run
from ecoval.services import SERVICES
from ecoval.study import Study, notes
from ecoval.study.notes import groups_of_cells, ls_rows
from ecoval.units import SpatialUnits

FACTORS = ("erosivity", "erodibility", "ls", "cover_factor", "soil_bulk_density", "soil_nitrogen", "soil_phosphorus")
LAYER = {"c_factor": "layer"}


@pytest.fixture
def path(tmp_path):
    return given.write(tmp_path)


def run(declared, path, out=None):
    """Account, and the codes of the warnings."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        account = Study(declared, path).run(out)
    return account, {entry.message.code: entry.message for entry in caught if isinstance(entry.message, EcovalWarning)}


def refused(declared, path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(EcovalError) as caught:
            Study(declared, path).run()
    return caught.value


def rows(account, item):
    return account.supply[account.supply["item"] == item]


def statistics(path, *lines):
    """Put rows of statistics (of unit a) in the place of those whose item they name."""
    table = path.parent / "statistics.csv"
    items = {line.split(",")[0] for line in lines}
    kept = [line for line in table.read_text(encoding="utf-8").splitlines() if line.split(",")[1] not in items]
    table.write_text("\n".join([*kept, *(f"a,{line}" for line in lines if line.count(",") > 0)]) + "\n", encoding="utf-8")


# layers in the place of options --------------------------------------------------------------------------------------------------
def test_a_given_layer_is_said_with_what_its_recipe_made_it_by(path):
    recipe = {"product": "climate", "options": {"erosivity": "zhang"}}
    (path.parent / "erosivity.tif.recipe.json").write_text(json.dumps(recipe), encoding="utf-8")
    account, _ = run(given.content("soil_retention", FACTORS, LAYER), path)
    options = set(rows(account, "soil")["option"].iloc[0].split("; "))
    assert {"erosivity=layer (zhang)", "k=layer", "ls=layer"} <= options
    assert not {name.partition("=")[0] for name in options} & {
        "m",
        "length",
        "slope",
        "channels",
    }  # how a layer of LS would be made
    assert account.records[0]["options"]["soil_retention"]["erosivity"] == "layer (zhang)"


def test_a_chosen_option_that_does_not_count_is_named(path):
    _, warned = run(given.content("soil_retention", FACTORS, LAYER | {"erosivity": "halfmonth"}), path)
    assert warned["option_not_used"].fields["option"] == "erosivity"
    _, warned = run(given.content("water_retention", ("precipitation", "evapotranspiration"), {"form": "invest2013"}), path)
    assert warned["option_not_used"].fields["option"] == "form"


def test_without_the_number_of_a_channel_no_cell_is_left_out_and_the_row_says_so(path):
    layers = (*(role for role in FACTORS if role != "ls"), "dem")
    account, _ = run(given.content("soil_retention", layers, LAYER | {"ls": "invest"}), path)
    assert "channels=in" in rows(account, "soil")["option"].iloc[0].split("; ")
    assert [note["fields"]["parameter"] for note in account.records[0]["notes"] if note["code"] == "option_settled"] == [
        "channel_cells"
    ]
    error = refused(given.content("soil_retention", layers, LAYER | {"ls": "invest", "channels": "out"}), path)
    assert (error.code, error.fields["parameter"]) == ("parameter_missing", "channel_cells")


@pytest.mark.parametrize("unit_cells", [1, 10**9])
def test_rows_of_ls_are_the_same_however_many_cells_are_held_at_once(path, unit_cells, monkeypatch):
    layers = (*(role for role in FACTORS if role != "ls"), "dem")
    account, _ = run(given.content("soil_retention", layers, LAYER | {"ls": "invest"}), path)
    opened = account.part().layers
    (units,) = opened.sets.values()
    assert [code for group in groups_of_cells(units, opened.grid, unit_cells) for code in group.ids] == units.ids
    (row,) = ls_rows(opened)
    values = account.layers("ls").to_numpy()
    assert row["mean"] == pytest.approx(values.mean(), rel=1e-5)
    assert row["p95"] <= values.max()


@pytest.mark.parametrize("least", [1, 10**6])
def test_rows_of_ls_of_a_large_grid_are_of_a_sample_and_of_small_units_of_all_cells(path, least, monkeypatch):
    layers = (*(role for role in FACTORS if role != "ls"), "dem")
    account, _ = run(given.content("soil_retention", layers, LAYER | {"ls": "invest"}), path)
    opened = account.part().layers
    whole = ls_rows(opened)
    values = account.layers("ls").to_numpy()
    monkeypatch.setattr(notes, "MOST_CELLS", values.size // 4)
    monkeypatch.setattr(notes, "LEAST_CELLS", least)
    (row,) = rows = ls_rows(opened)
    assert opened.notes[-1]["code"] == "ls_sampled"
    assert opened.notes[-1]["fields"]["every"] == "2"
    if least == 1:
        assert row["mean"] == pytest.approx(values[1::2, 1::2].mean(), rel=1e-5)
    else:
        assert rows == whole


def test_units_of_land_without_elevation_have_empty_rows_of_ls(path):
    layers = (*(role for role in FACTORS if role != "ls"), "dem")
    account, _ = run(given.content("soil_retention", layers, LAYER | {"ls": "invest"}), path)
    opened = account.part().layers
    ((name, units),) = opened.sets.items()
    frame = units.frame.copy()
    frame.geometry = frame.geometry.translate(1e6, 0)
    opened.sets[name] = SpatialUnits(frame)
    assert [row["unit_id"] for row in ls_rows(opened) if np.isnan(row["mean"])] == units.ids


# numbers that are not to be had --------------------------------------------------------------------------------------------------
def test_a_nutrient_content_of_other_soils_is_asked_for(path):
    declared = given.content("soil_retention", FACTORS, LAYER | {"content": "number"})
    account, _ = run(declared, path)
    assert "nitrogen" not in set(account.supply["item"])
    assert account.records[0]["left_out"]["soil_retention:nitrogen"]["code"] == "parameter_of_other_region"
    declared["parameters"] |= {"soil_nitrogen": "GARZE2017", "soil_phosphorus": "GARZE2017"}
    account, _ = run(declared, path)
    soil, nitrogen = (rows(account, item)["quantity"].sum() for item in ("soil", "nitrogen"))
    assert nitrogen == pytest.approx(0.0037 * soil, rel=1e-6)


@pytest.mark.parametrize(
    ("service", "layers", "choices", "parameter", "key", "own"),
    [
        ("soil_retention", FACTORS, LAYER | {"practice": "P"}, "P_factor", "211", {"2": {"value": 0.9}}),
        ("soil_retention", FACTORS, {"c_factor": "land_class"}, "C_landclass", "211", {"2": {"value": 0.05}}),
        (
            *("flood_mitigation", ("soil_group", "rain_daily"), {"vegetation": "regression", "storms": "all"}, "regression"),
            *(
                "111:intercept",
                {f"{code}:{part}": {"value": 1.0, "uom": "mm"} for code in given.TYPES for part in ("intercept", "slope")},
            ),
        ),
        (
            *("carbon_sequestration", ("npp",), {"method": "rate"}, "sequestration_rate", "111"),
            {code: {"value": 50.0, "uom": "gC m-2 yr-1"} for code in "123"},
        ),
    ],
)
def test_a_number_that_no_source_has_is_named_with_its_key_and_place_and_given_runs(
    path, service, layers, choices, parameter, key, own
):
    declared = given.content(service, layers, choices)
    account, warned = run(declared, path)
    if parameter == "regression":
        text = account.records[0]["left_out"]["flood_mitigation:vegetation"]["en"]
    else:
        text = warned["types_without_parameter"].message("en")
    for word in (parameter, key, "own table"):
        assert word in text
    assert parameter in set(number_rows(service)["parameter"])
    declared["parameters"][service] = {parameter: own}
    account, _ = run(declared, path)
    assert rows(account, "vegetation" if service != "soil_retention" else "soil")["quantity"].notna().any()


@pytest.mark.parametrize("service", SERVICES, ids=lambda entry: entry.code)
def test_params_export_holds_every_number_and_price_of_a_service(service):
    table = number_rows(service.code)
    named = {(holder, entry.table_name) for holder, entry in service.numbers}
    named |= {(service.code, item.price) for item in service.items if item.price}
    assert named <= set(zip(table["service"], table["parameter"], strict=True))
    empty = table[table["value"].isna()]
    assert empty["note"].str.startswith("to be given").all()
    assert not empty.duplicated(["service", "parameter", "key"]).any()


# oxygen is carbon's factor -------------------------------------------------------------------------------------------------------
def test_oxygen_follows_the_options_of_carbon(path):
    layers = ("npp", "respiration", "temperature", "precipitation_monthly")
    declared = given.content("oxygen_release", layers, {}, also={"carbon_sequestration": {"respiration": "raster"}})
    declared["services"]["include"].append("carbon_sequestration")
    account, _ = run(declared, path)
    sums = account.supply.groupby("service")["quantity"].sum()
    assert sums["oxygen_release"] / sums["carbon_sequestration"] == pytest.approx(32 / 44, rel=1e-6)
    declared["services"]["oxygen_release"] = {"respiration": "model"}
    error = refused(declared, path)
    assert (error.code, error.fields["expected"]) == ("option_of_other_service", "raster")
    declared["services"]["oxygen_release"] = {"basis": "npp"}  # a factor of its own, and named
    account, _ = run(declared, path)
    assert rows(account, "vegetation").set_index("service")["option"]["oxygen_release"].iloc[0] == "basis=npp"


# tables --------------------------------------------------------------------------------------------------------------------------
def test_several_lakes_and_reservoirs_of_a_unit_are_booked_on_its_lakes(path):
    numbers = [("flood_mitigation", "storm_threshold", "*", 25, "mm d-1")]
    layers = ("soil_group", "rain_daily", "lakes", "reservoirs")
    account, _ = run(given.content("flood_mitigation", layers, {}, numbers), path)
    lake = rows(account, "lake").set_index("ecosystem_type")
    assert lake["quantity"].dropna().to_dict() == {"421": 4_740_000}
    assert lake.loc["421", "valid_area"] == pytest.approx(given.ROWS * 1e4, rel=1e-3)  # the column of lakes
    assert lake.loc["421", "out_of_scope_area"] == 0
    assert "42" not in lake.index
    reservoir = rows(account, "reservoir")
    assert reservoir["quantity"].dropna().tolist() == [(0.35 * 8000 + 20) * 1e4]


def test_a_lake_without_capacity_leaves_the_sum_of_its_unit_unknown(path):
    (path.parent / "lakes.csv").write_text("unit_id,name,area,capacity\na,东湖,2000000,2000000\na,西湖,500000,\n", encoding="utf-8")
    account, _ = run(given.content("flood_mitigation", ("lakes",), {}), path)
    assert rows(account, "lake")["quantity"].isna().all()


def test_land_rent_without_land_is_named(path):
    statistics(path, "land:512")
    account, _ = run(given.content("material_supply", (), {"method": "land_rent"}), path)
    assert account.records[0]["left_out"]["material_supply:products"]["code"] == "table_item_without_rows"


def test_a_product_without_costs_has_no_value_under_the_option_that_needs_them(path):
    statistics(path, "tea,10,t,90000,CNY t-1,2023")
    account, warned = run(given.content("material_supply", (), {"method": "residual_rent"}), path)
    tea = rows(account, "tea").iloc[0]
    assert tea["quantity"] == 10
    assert pd.isna(tea["value"])
    assert warned["value_share_unknown"].fields["rows"] == ["a tea"]


def test_statistics_that_nothing_reads_and_services_that_do_not_exist_yet_are_said(path, tmp_path):
    statistics(path, "so2,120,t,,,", "hydropower,5000000,kWh,,,")
    declared = given.content("material_supply", (), {})
    _, warned = run(declared, path, tmp_path / "run")
    assert warned["statistics_not_used"].fields["items"] == ["so2"]
    assert warned["statistics_not_implemented"].fields["items"] == ["hydropower"]
    reasons = {row["indicator"]: row["reason"] for row in listing.gaps(read_run(tmp_path / "run"), "en")}
    assert "not implemented in this version" in reasons["air_purification"]
    assert "not implemented in this version" in reasons["eco_energy"]
    assert reasons["water_retention"] == "not asked for in the study"


def test_priced_electricity_of_water_is_no_material_product(path):
    without, _ = run(given.content("material_supply", (), {}), path)
    statistics(path, "hydropower,5000000,kWh,0.45,CNY kWh-1,2023", "水力发电量,300,kWh,0.45,CNY kWh-1,2023")
    account, warned = run(given.content("material_supply", (), {}), path)
    assert set(account.supply["item"]) == set(without.supply["item"])
    assert account.supply["value"].sum() == without.supply["value"].sum()
    assert set(warned["statistics_not_implemented"].fields["items"]) == {"hydropower", "水力发电量"}


# money ---------------------------------------------------------------------------------------------------------------------------
def storage_of(year):
    declared = given.content("water_retention", ("precipitation", "evapotranspiration"), {})
    declared["prices"]["storage"] = {"value": 6.11, "uom": "CNY m-3", "year": year, "source": "book"}
    return declared


def test_a_carried_price_says_from_which_year_and_by_what(path):
    account, _ = run(storage_of(2005), path)
    price = account.records[0]["prices"]["water_retention:retention"]
    assert (price["year"], price["from_year"]) == (2023, 2005)
    (note,) = (note for note in account.records[0]["notes"] if note["code"] == "price_carried")
    assert price["price"] == pytest.approx(6.11 * note["fields"]["factor"])
    assert set(rows(account, "retention")["price_year"].dropna()) == {2023}


def test_a_price_that_cannot_be_carried_keeps_its_year_and_so_does_the_sum(path):
    declared = storage_of(2005)
    declared["parameters"]["allow_recalled"] = False
    account, warned = run(declared, path)
    assert set(rows(account, "retention")["price_year"].dropna()) == {2005}
    assert warned["price_year_not_reached"].fields["price_year"] == 2023
    assert account.gep["price_year"].tolist() == [2005]
    declared["services"]["include"].append("material_supply")
    account, _ = run(declared, path)
    assert account.gep["price_year"].isna().all()  # of 2005 and of 2023


def test_money_of_several_years_is_not_put_together(path):
    statistics(path, "wage,45,CNY h-1,,,2005")
    declared = given.content("recreation", (), {"tourism_health": "visits"})
    declared["parameters"]["allow_recalled"] = False
    account, warned = run(declared, path)
    assert rows(account, "tourism_health")["value"].isna().all()
    assert "money_of_several_years" in warned
    declared["parameters"]["allow_recalled"] = True  # now with indices
    account, warned = run(declared, path)
    assert rows(account, "tourism_health")["value"].notna().all()
    assert "money_of_several_years" not in warned


@pytest.mark.parametrize(("gdp", "ratio"), [("2015", False), ("2023", True)])
def test_gep_is_not_divided_by_gdp_of_other_prices(path, gdp, ratio):
    statistics(path, f"gdp,900000000,CNY,,,{gdp}")
    declared = given.content("material_supply", (), {})
    declared["services"]["include"] += ["water_retention", "recreation"]
    declared["layers"] |= {role: f"{role}.tif" for role in ("precipitation", "evapotranspiration")}
    account, warned = run(declared, path)
    assert ratio or account.gep["gep_gdp_ratio"].isna().all()
    assert ("gdp_of_other_year" in warned) != ratio


# files ---------------------------------------------------------------------------------------------------------------------------
def test_tables_of_classes_and_cover_from_ndvi(path):
    table = "code,ecosystem_type\n" + "".join(f"{code},{code}\n" for code in given.TYPES)
    (path.parent / "map_2023_classes.csv").write_text(table, encoding="utf-8")
    layers = (*(role for role in FACTORS if role != "cover_factor"), "ndvi")
    numbers = [("soil_retention", "ndvi_soil", "*", 0.05, "1"), ("soil_retention", "ndvi_vegetation", "*", 0.9, "1")]
    declared = given.content("soil_retention", layers, {}, numbers)
    declared["layers"]["landcover"] = {"path": "landcover.tif", "classes": "map_{year}_classes.csv"}
    account, _ = run(declared, path)
    forest = rows(account, "soil").set_index("ecosystem_type").loc["111"]
    # NDVI 0.56 is a cover of 0.6, whose C is 0.02
    assert forest["quantity"] / (forest["valid_area"] / 1e4) == pytest.approx(6000 * 0.016 * 11 * 0.98, rel=2e-5)
    assert any(path.endswith("map_2023_classes.csv") for path in (entry["path"] for entry in account.records[0]["inputs"]))
