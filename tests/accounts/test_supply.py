import county
import numpy as np
import pandas as pd
import pytest

from ecoval.accounts.supply import SUPPLY_COLUMNS, supply_account
from ecoval.accounts.valuation import value_factor, worst_status
from ecoval.errors import InputError, MeasureError


def account(**changed):
    given = {"totals": county.TOTALS, "items": county.ITEMS, "extent": county.EXTENT, "statistics": county.STATISTICS, **changed}
    return supply_account(given["totals"], given["items"], given["extent"], price_year=2020, statistics=given["statistics"])


def row(table, unit, item, ecosystem_type):
    found = table[(table["unit_id"] == unit) & (table["item"] == item) & (table["ecosystem_type"] == ecosystem_type)]
    assert len(found) == 1
    return found.iloc[0]


def test_supply_account_has_the_columns_of_the_run_folder():
    assert tuple(account().columns) == SUPPLY_COLUMNS


def test_supply_account_value_is_quantity_times_price():
    forest = row(account(), "a", "retention", "111")
    # 90 ha x 7000 m3/ha = 630 000 m3, x 9 CNY/m3 = 5 670 000 CNY
    assert forest["quantity"] == 630_000.0
    assert forest["value"] == 5_670_000.0
    assert forest["option"] == "runoff=coefficient; price=full_cost"
    assert forest["price_year"] == 2020
    assert forest["status"] == "transferred"  # the worst of published (coefficients) and transferred (price)


def test_supply_account_keeps_the_three_states_of_land_apart():
    table = account()
    lake = row(table, "a", "retention", "42")
    assert np.isnan(lake["quantity"])
    assert np.isnan(lake["value"])
    assert lake["out_of_scope_area"] == 200_000.0
    assert row(table, "a", "retention", "missing")["missing_area"] == 50_000.0
    empty = row(table, "b", "retention", "111")
    assert np.isnan(empty["quantity"])
    assert empty["missing_area"] == 600_000.0
    assert empty["status"] == ""


def test_supply_account_counts_the_share_of_a_statistic():
    rice = row(account(), "a", "rice", "*")
    # 5000 t x 3000 CNY x 0.58 = 8.7 million CNY, gep_methods 4.1
    assert rice["price"] == pytest.approx(1740.0, rel=1e-15)
    assert rice["value"] == pytest.approx(8.7e6, rel=1e-15)
    assert rice["category"] == "provisioning"
    assert rice["valid_area"] == 1_250_000.0


def test_supply_account_takes_statistics_without_any_price():
    bare = county.STATISTICS.assign(price=np.nan, price_uom=np.nan, price_year=np.nan)
    rice = row(account(statistics=bare), "a", "rice", "*")
    assert rice["quantity"] == 5000.0
    assert np.isnan(rice["value"])
    assert rice["price_uom"] == ""


def test_supply_account_statistic_that_a_unit_lacks_is_missing():
    rice = row(account(), "b", "rice", "*")
    assert np.isnan(rice["quantity"])
    assert rice["missing_area"] == 600_000.0
    assert rice["uom"] == "t yr-1"


def test_supply_account_without_a_price_keeps_the_quantity():
    forest = row(account(items=county.ITEMS.assign(price=np.nan)), "a", "retention", "111")
    assert forest["quantity"] == 630_000.0
    assert np.isnan(forest["value"])
    assert pd.isna(forest["price_year"])
    assert forest["status"] == "published"


LAKES = pd.DataFrame(
    {
        "unit_id": ["a"],
        "service": "flood_mitigation",
        "item": "lake",
        "ecosystem_type": ["42"],
        "quantity": [100.0],
        "uom": "m3 yr-1",
        "price": [2.0],
        "price_uom": "CNY m-3",
        "price_year": 2020,
        "value_share": 1.0,
        "status": "user",
    }
)


def test_supply_account_statistic_by_type_leaves_the_other_types_out():
    table = account(statistics=LAKES)
    assert row(table, "a", "lake", "42")["valid_area"] == 200_000.0
    assert row(table, "a", "lake", "111")["out_of_scope_area"] == 1_000_000.0
    assert np.isnan(row(table, "a", "lake", "111")["quantity"])
    assert row(table, "a", "lake", "missing")["missing_area"] == 50_000.0
    # town b has forest alone and no lake: nothing of it is missing
    assert row(table, "b", "lake", "111")["out_of_scope_area"] == 600_000.0
    assert table.loc[(table["unit_id"] == "b") & (table["item"] == "lake"), "missing_area"].sum() == 0.0


def test_supply_account_statistic_by_type_is_missing_where_a_unit_has_the_type():
    shore = county.EXTENT.assign(ecosystem_type=["111", "42", "missing", "42"])
    totals = county.TOTALS.assign(ecosystem_type=["111", "42", "missing", "42"])
    lake = row(account(totals=totals, extent=shore, statistics=LAKES), "b", "lake", "42")
    assert np.isnan(lake["quantity"])
    assert lake["missing_area"] == 600_000.0


def test_supply_account_statistic_for_the_unit_and_one_type_share_the_land():
    both = pd.concat([LAKES, LAKES.assign(ecosystem_type="*", quantity=7.0)])
    table = account(statistics=both)
    assert row(table, "a", "lake", "42")["valid_area"] == 200_000.0
    assert row(table, "a", "lake", "*")["valid_area"] == 1_050_000.0
    assert row(table, "b", "lake", "*")["missing_area"] == 600_000.0


def test_supply_account_price_scales_value_and_leaves_quantity():
    once, twice = account(), account(items=county.ITEMS.assign(price=county.ITEMS["price"] * 2))
    cells = once["item"] == "retention"
    pd.testing.assert_series_equal(once["quantity"], twice["quantity"])
    pd.testing.assert_series_equal(once.loc[cells, "value"] * 2, twice.loc[cells, "value"])


@pytest.mark.parametrize(
    ("uom", "price_uom", "factor"),
    [
        ("t yr-1", "CNY t-1", 1.0),
        ("kg yr-1", "CNY t-1", 1e-3),
        ("m3", "CNY m-3", 1.0),
        ("万吨", "CNY t-1", 1e4),
        ("tCO2 yr-1", "CNY tCO2-1", 1.0),
        ("CNY yr-1", "1", 1.0),
        ("km2", "CNY m-2", 1e6),
    ],
)
def test_value_factor_brings_the_quantity_to_the_price(uom, price_uom, factor):
    assert value_factor(uom, price_uom) == pytest.approx(factor, rel=1e-15)


def test_value_factor_refuses_another_dimension():
    with pytest.raises(MeasureError, match="wrong dimension"):
        value_factor("t yr-1", "CNY m-3")


def test_worst_follows_the_order_of_the_statuses():
    assert worst_status(["verified", "example", "user"]) == "example"
    assert worst_status(["", "verified"]) == "verified"
    assert worst_status([]) == ""
    with pytest.raises(InputError, match='"guessed"'):
        worst_status(["guessed"])


def test_supply_account_refuses_an_item_without_declaration():
    with pytest.raises(InputError, match=r"water_retention:retention.*Declare each item"):
        account(items=county.ITEMS.iloc[1:])


def test_supply_account_refuses_two_rows_of_one_item():
    with pytest.raises(InputError, match=r"a / material_supply / rice / \*.*Add the rows up"):
        account(statistics=pd.concat([county.STATISTICS, county.STATISTICS.iloc[:1]]))


def test_supply_account_refuses_a_unit_without_extent():
    with pytest.raises(InputError, match="not in the extent account: z"):
        account(totals=county.TOTALS.assign(unit_id=["a", "a", "a", "z"]), statistics=None)
