import county
import numpy as np
import pandas as pd
import pytest

from ecoval.accounts import indicator_account
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
    return county.gep_of(supply(), indicators, **given).set_index("unit_id")


def test_gep_account_adds_its_categories():
    table = county.gep_of(supply(), statistics=POPULATION)
    assert tuple(table.columns) == GEP_COLUMNS
    town = table.set_index("unit_id").loc["a"]
    # rice 8.7 M + water 5.67 M + visits 1000 x 422 x 0.6 = 0.2532 M; 14.6232 M CNY over 1.25 km2 and 20 000 persons
    assert town["provisioning"] == pytest.approx(8.7e6, rel=1e-12)
    assert town["regulating"] == pytest.approx(5.67e6, rel=1e-12)
    assert town["cultural"] == pytest.approx(253_200.0, rel=1e-12)
    assert town["gep"] == pytest.approx(14_623_200.0, rel=1e-12)
    assert town["subtotal"] == town["gep"]
    assert town["gep_per_km2"] == pytest.approx(14_623_200.0 / 1.25, rel=1e-12)
    assert town["gep_per_capita"] == pytest.approx(731.16, rel=1e-12)
    assert town["gep_gdp_ratio"] == pytest.approx(0.146232, rel=1e-12)
    assert town["gep_in_gdp"] == pytest.approx(8_953_200.0, rel=1e-12)
    assert town["categories_missing"] == ""
    counts = ["complete", "indicators_yes", "indicators_computed", "indicators_missing", "indicators_excluded"]
    assert town[counts].tolist() == [True, 3, 3, "", ""]


def test_gep_account_is_empty_where_an_indicator_is_missing():
    town = account().loc["b"]
    assert np.isnan(town["gep"])
    assert not town["complete"]
    assert town["categories_missing"] == "provisioning;regulating"
    assert town["indicators_missing"] == "water_retention;material_supply"
    assert town["cultural"] == pytest.approx(200 * 422 * 0.6, rel=1e-12)  # the category sum stands
    assert town["subtotal"] == town["cultural"]
    assert town[["gep_per_km2", "gep_per_capita", "gep_gdp_ratio"]].isna().all()


def test_gep_account_is_empty_while_a_membership_is_not_read():
    town = account({**county.INDICATORS, "amenity": "unknown"}).loc["a"]
    assert np.isnan(town["gep"])
    assert town["subtotal"] == pytest.approx(14_623_200.0, rel=1e-12)
    assert town["indicators_missing"] == ""  # what is not read is not lacking, but nobody knows


def test_gep_account_counts_only_what_the_pack_includes():
    town = account({**county.INDICATORS, "water_retention": "no"}).loc["a"]
    assert np.isnan(town["regulating"])
    assert town["gep"] == pytest.approx(8.7e6 + 253_200.0, rel=1e-12)


def test_gep_account_leaves_out_what_is_excluded_by_name():
    town = account(excluded={"water_retention": "no rain gauge"}).loc["a"]
    assert town["gep"] == pytest.approx(8.7e6 + 253_200.0, rel=1e-12)
    assert town["indicators_excluded"] == "water_retention"
    assert (town["indicators_yes"], town["indicators_computed"]) == (3, 2)


def test_gep_account_valid_fraction_is_that_of_the_worst_cells_never_a_mean():
    # a: water 90 of 105 ha (lake out of scope); rice and visits are of tables, and hold for the whole town
    assert account().loc["a", "valid_fraction"] == pytest.approx(90 / 105, rel=1e-12)
    assert account().loc["a", "valid_fraction_regulating"] == pytest.approx(90 / 105, rel=1e-12)
    assert account().loc["a", "valid_fraction_provisioning"] == 1.0
    assert account().loc["b", ["valid_fraction", "valid_fraction_cultural"]].tolist() == [0.0, 1.0]


def test_gep_account_valid_fraction_is_zero_without_land_cover():
    nothing = county.EXTENT[county.EXTENT["unit_id"] == "b"].assign(ecosystem_type="missing")
    states = indicator_account(supply()[:0], nothing, county.grounds())
    table = gep_account(supply()[:0], nothing, county.INDICATORS, states, price_year=2020)
    assert table["valid_fraction"].tolist() == [0.0]


def test_gep_account_says_which_values_are_of_other_years_or_unchecked():
    # water 5.67 M (price transferred), rice 8.7 M (user), visits 0.2532 M (user)
    table = supply().assign(price_year=lambda rows: rows["price_year"].where(rows["item"] != "rice", 2015))
    town = county.gep_of(table).set_index("unit_id").loc["a"]
    assert town["value_share_other_price_years"] == pytest.approx(8.7e6 / 14_623_200.0, rel=1e-12)
    assert town["value_share_unchecked"] == 1.0
    checked = table.assign(status=table["status"].where(table["item"] != "rice", "published"))
    town = county.gep_of(checked).set_index("unit_id").loc["a"]
    assert town["value_share_unchecked"] == pytest.approx(1 - 8.7e6 / 14_623_200.0, rel=1e-12)
    unknown = table.assign(price_year=table["price_year"].where(table["item"] != "rice"))
    assert county.gep_of(unknown)["value_share_other_price_years"].iloc[0] == pytest.approx(8.7e6 / 14_623_200.0, rel=1e-12)


def test_gep_account_takes_bounds_from_draws_alone():
    assert account()["gep_low"].isna().all()
    bounds = pd.DataFrame({"unit_id": ["a", "b"], "gep_low": [1.0, 2.0], "gep_high": [3.0, 4.0]})
    table = account(bounds=bounds)
    assert table.loc["a", ["gep_low", "gep_high"]].tolist() == [1.0, 3.0]
    assert np.isnan(table.loc["b", "gep_low"])  # no total, no bounds


def test_share_of_valid_land_of_a_unit_does_not_hang_on_items_of_other_units():
    # lakes have nothing in scope in unit a: its share is that of the woods alone, 3 of 4 hectares
    columns = ["unit_id", "service", "item", "ecosystem_type", "valid_area", "missing_area"]
    alone = [("a", "flood", "woods", "1", 3.0, 1.0), ("a", "carbon", "woods", "1", 4.0, 0.0)]
    lakes = [("a", "flood", "lakes", "42", 0.0, 0.0), ("b", "flood", "lakes", "42", 2.0, 0.0)]
    together = valid_fraction(pd.DataFrame(alone + lakes, columns=columns))
    assert together["a"] == valid_fraction(pd.DataFrame(alone, columns=columns))["a"] == 3 / 4
    assert together["b"] == 1.0


def test_gdp_of_other_prices_gives_no_ratio():
    other = POPULATION.assign(price_year=[None, None, 2015, None])
    assert pd.isna(account(statistics=other).loc["a", "gep_gdp_ratio"])
    unknown = POPULATION.assign(price_year=None, year=[2023, 2015, None, 2023])
    assert pd.isna(account(statistics=unknown).loc["a", "gep_gdp_ratio"])
