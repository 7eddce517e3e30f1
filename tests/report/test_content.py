import dataclasses

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import box

from ecoval.report import content


@pytest.fixture(scope="module")
def section(run):
    return content.unit_sets(run)[0]


def test_is_additive_tells_neighbours_from_nested_units():
    side_by_side = gpd.GeoDataFrame(geometry=[box(0, 0, 1, 1), box(1, 0, 2, 1)])
    nested = gpd.GeoDataFrame(geometry=[box(0, 0, 1, 1), box(0, 0, 2, 1)])
    assert content.is_additive(side_by_side)
    assert not content.is_additive(nested)


def test_unit_sets_give_no_total_where_a_unit_has_none(section):
    assert section["additive"]
    assert (section["complete"], section["number"]) == (8, 9)
    assert np.isnan(section["total"]["gep"])
    assert section["total"]["partial"]["regulating"][1] == 8


def test_unit_sets_total_is_the_sum_of_complete_units(run):
    whole = run.gep["gep"].notna()
    ids = run.gep.loc[whole, "unit_id"]
    parts = {name: getattr(run, name) for name in ("supply", "gep", "extent", "states")}
    parts = {name: table[table["unit_id"].isin(ids)] for name, table in parts.items()}
    shapes = {"admin": run.shapes["admin"][run.shapes["admin"]["unit_id"].isin(ids)]}
    total = content.unit_sets(dataclasses.replace(run, **parts, shapes=shapes))[0]["total"]
    assert total["gep"] == pytest.approx(run.gep["gep"].sum(), rel=1e-12)
    # 8 towns of 21 000 people and 13.5 * 10^8 CNY each
    assert total["gep_per_capita"] == pytest.approx(total["gep"] / (8 * 21_000), rel=1e-9)
    assert total["gep_gdp_ratio"] == pytest.approx(total["gep"] / (8 * 13.5e8), rel=1e-9)


def test_unit_sets_nested_units_are_not_added(run):
    nested = run.shapes["admin"].copy()
    nested.loc[0, "geometry"] = nested.union_all()
    made = content.unit_sets(dataclasses.replace(run, shapes={"admin": nested}))[0]
    largest = run.extent.groupby("unit_name")["area"].sum().idxmax()
    assert not made["additive"]
    assert made["subject"] == largest
    assert made["total"]["gep"] == run.gep.set_index("unit_name").loc[largest, "gep"]


def test_service_rows_stand_in_the_order_of_county_reports(section):
    order = [row["service"] for row in section["services"] if row["kind"] == "item"]
    assert list(dict.fromkeys(order)) == [
        "water_retention",
        "soil_retention",
        "flood_mitigation",
        "carbon_sequestration",
        "climate_regulation",
        "material_supply",
        "recreation",
    ]
    heads = [row["group"] for row in section["services"] if row["kind"] != "item"]
    assert heads == ["water_and_soil", "climate", "regulating", "provisioning", "cultural", "gep"]


def test_service_rows_subtotals_and_shares_add_up(section):
    rows = section["services"]
    for category in ("regulating", "provisioning", "cultural"):
        items = [row for row in rows if row["kind"] == "item" and row["category"] == category]
        total = next(row["value"] for row in rows if row["kind"] == "category" and row["category"] == category)
        assert np.nansum([row["value"] for row in items]) == pytest.approx(total, rel=1e-12)
        assert np.nansum([row["share_of_class"] for row in items]) == pytest.approx(1.0, rel=1e-12)


def test_beside_rows_hold_what_the_pack_leaves_out(section):
    assert [(row["service"], row["membership"]) for row in section["beside"]] == [("oxygen_release", "no")]


def test_type_rows_add_up_to_the_land_and_the_value(section, run):
    frame = pd.DataFrame(section["types"])
    assert frame["area"].sum() == pytest.approx(run.extent["area"].sum(), rel=1e-12)
    counted = sum(row["value"] for row in section["services"] if row["kind"] == "category")
    assert frame["value"].sum() == pytest.approx(counted, rel=1e-12)


def test_area_rows_add_up_to_the_land(section, run):
    for row in section["areas"]:
        parts = row["valid_area"] + row["missing_area"] + row["out_of_scope_area"]
        assert parts == pytest.approx(run.extent["area"].sum(), rel=1e-12)


def test_sensitivity_rows_scale_with_the_share():
    counts = pd.DataFrame({"service": list("abcd"), "value": [50.0, 30.0, 15.0, 5.0]})
    rows = content.sensitivity_rows(counts, 100.0)
    assert [(row["service"], row["effect"]) for row in rows] == [("a", 0.1), ("b", 0.06), ("c", 0.03)]
