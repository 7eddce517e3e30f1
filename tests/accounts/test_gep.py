import county
import numpy as np
import pandas as pd
import pytest

from ecoval.accounts.gep import GEP_COLUMNS, gep_account, valid_fraction
from ecoval.accounts.supply import supply_account

POPULATION = pd.DataFrame(
    {
        "unit_id": ["a", "a", "a", "b"],
        "item": ["population", "population", "gdp", "population"],
        "quantity": [2.0, 9.0, 1.0, 1000.0],
        "uom": ["万人", "万人", "亿元", "person"],
        "year": [2023, 2015, 2023, 2023],
        "price_year": [None, None, 2020, None],
    }
)


def supply():
    return supply_account(county.TOTALS, county.ITEMS, county.EXTENT, price_year=2020, statistics=county.STATISTICS)


def account(indicators=county.INDICATORS, **given):
    return gep_account(supply(), county.EXTENT, indicators, price_year=2020, **given).set_index("unit_id")


def test_gep_account_adds_its_categories():
    table = gep_account(supply(), county.EXTENT, county.INDICATORS, price_year=2020, statistics=POPULATION)
    assert tuple(table.columns) == GEP_COLUMNS
    town = table.set_index("unit_id").loc["a"]
    # rice 8.7 M + water 5.67 M + visits 1000 x 422 x 0.6 = 0.2532 M; 14.6232 M CNY over 1.25 km2 and 20 000 persons
    assert town["provisioning"] == pytest.approx(8.7e6, rel=1e-12)
    assert town["regulating"] == pytest.approx(5.67e6, rel=1e-12)
    assert town["cultural"] == pytest.approx(253_200.0, rel=1e-12)
    assert town["gep"] == pytest.approx(14_623_200.0, rel=1e-12)
    assert town["gep_per_km2"] == pytest.approx(14_623_200.0 / 1.25, rel=1e-12)
    assert town["gep_per_capita"] == pytest.approx(731.16, rel=1e-12)
    assert town["gep_gdp_ratio"] == pytest.approx(0.146232, rel=1e-12)
    assert town["gep_in_gdp"] == pytest.approx(8_953_200.0, rel=1e-12)
    assert town["categories_missing"] == ""


def test_gep_account_is_empty_where_a_category_is_missing():
    town = account().loc["b"]
    assert np.isnan(town["gep"])
    assert town["categories_missing"] == "provisioning;regulating"
    assert town["cultural"] == pytest.approx(200 * 422 * 0.6, rel=1e-12)  # the category sum stands
    assert np.isnan(town["gep_per_km2"])


def test_gep_account_counts_only_what_the_pack_includes():
    for included in ("no", "unknown"):
        town = account({**county.INDICATORS, "water_retention": included}, required=("provisioning", "cultural")).loc["a"]
        assert np.isnan(town["regulating"])
        assert town["gep"] == pytest.approx(8.7e6 + 253_200.0, rel=1e-12)


def test_gep_account_requires_only_what_the_pack_requires():
    town = account({"water_retention": "yes"}, required=("regulating",)).loc["a"]
    assert town["gep"] == pytest.approx(5.67e6, rel=1e-12)
    assert town["categories_missing"] == ""


def test_gep_account_valid_fraction_weighs_services_by_their_land_in_scope():
    # a: water 90 of 105 ha (lake out of scope), rice 125 of 125, visits 125 of 125: 340 / 355
    assert account().loc["a", "valid_fraction"] == pytest.approx(340 / 355, rel=1e-12)
    # b: water 0 of 60, rice 0 of 60, visits 60 of 60
    assert account().loc["b", "valid_fraction"] == pytest.approx(1 / 3, rel=1e-12)


def test_gep_account_takes_bounds_from_draws_alone():
    assert account()["gep_low"].isna().all()
    bounds = pd.DataFrame({"unit_id": ["a", "b"], "gep_low": [1.0, 2.0], "gep_high": [3.0, 4.0]})
    table = account(bounds=bounds)
    assert table.loc["a", ["gep_low", "gep_high"]].tolist() == [1.0, 3.0]
    assert np.isnan(table.loc["b", "gep_low"])  # no total, no bounds


def test_share_of_valid_land_of_a_unit_does_not_hang_on_items_of_other_units():
    # lakes have nothing in scope in unit a: its share is that of the woods alone, 3 of 4 hectares
    columns = ["unit_id", "service", "item", "valid_area", "missing_area"]
    alone = [("a", "flood", "woods", 3.0, 1.0), ("a", "carbon", "woods", 4.0, 0.0)]
    lakes = [("a", "flood", "lakes", 0.0, 0.0), ("b", "flood", "lakes", 2.0, 0.0)]
    together = valid_fraction(pd.DataFrame(alone + lakes, columns=columns))
    assert together["a"] == valid_fraction(pd.DataFrame(alone, columns=columns))["a"] == 7 / 8  # flood 3 of 4, carbon 4 of 4
    assert together["b"] == 1.0
