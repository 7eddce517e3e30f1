"""Material supply by hand (gep_methods 4.1): gross, net of intermediate consumption, residual, land rent."""

import numpy as np
import pandas as pd
import pytest

from ecoval.services.material_supply import products, worth

COLUMNS = ["unit_id", "item", "quantity", "uom", "price", "price_uom", "price_year", "status"]


def statistics(*rows):
    table = pd.DataFrame([dict(zip(COLUMNS, (*row, *[None] * 8), strict=False)) for row in rows], columns=COLUMNS)
    for name in ("quantity", "price", "price_year"):
        table[name] = pd.to_numeric(table[name])
    return table


RICE = ("a", "rice", 5000, "t", 3000, "CNY t-1", 2020, "user")


def values(table):
    return (table["quantity"] * table["price"] * table["value_share"]).tolist()


def test_gross():
    table = products(statistics(RICE), None, None, "gross")
    assert values(table) == [15e6]
    assert table.loc[0, ["unit_id", "item", "ecosystem_type", "uom", "price_uom", "price_year"]].tolist() == [
        "a",
        "rice",
        "*",
        "t",
        "CNY t-1",
        2020,
    ]


def test_net_of_intermediate_consumption():
    own = statistics(RICE, ("a", "rice:intermediate_share", 0.42, "1"))
    assert values(products(own, None, None, "net_value_added")) == pytest.approx([8.7e6])
    of_unit = statistics(RICE, ("a", "intermediate_share", 42, "%"))
    assert values(products(of_unit, None, None, "net_value_added")) == pytest.approx([8.7e6])
    assert values(products(statistics(RICE), 0.42, None, "net_value_added")) == pytest.approx([8.7e6])
    assert values(products(own, 0.9, None, "net_value_added")) == pytest.approx([8.7e6])


def test_a_product_without_its_share_has_no_value():
    table = products(statistics(RICE), None, None, "net_value_added")
    assert np.isnan(table["value_share"].iloc[0])
    assert table["note"].tolist() == ["no_costs_for_net_value_added"]
    assert table["quantity"].tolist() == [5000]


COSTS = [("intermediate", 6.3), ("labour", 5.0), ("depreciation", 0.8), ("net_tax", 0.2), ("capital", 8.0)]


@pytest.mark.parametrize(("rate", "expected"), [(0.06, 2.22e6), (0.60, -2.1e6)])
def test_residual_is_reported_also_where_it_is_negative(rate, expected):
    rows = [("a", f"rice:{name}", value * 100, "万元") for name, value in COSTS]
    table = products(statistics(RICE, *rows), None, rate, "residual_rent")
    assert values(table) == pytest.approx([expected])


def test_a_residual_without_one_of_the_costs_has_no_value():
    rows = [("a", f"rice:{name}", value * 1e6, "CNY") for name, value in COSTS[1:]]
    assert np.isnan(products(statistics(RICE, *rows), None, 0.06, "residual_rent")["value_share"].iloc[0])


def test_land_rent():
    table = products(statistics(("a", "land:511", 1500, "亩", 9000, "CNY ha-1", 2020, "user")), None, None, "land_rent")
    assert values(table) == pytest.approx([100 * 9000])
    assert table["ecosystem_type"].tolist() == ["511"]


def test_output_known_by_its_value_alone():
    table = products(statistics(("a", "agriculture", 2, "亿元", 1, "1", 2020)), 0.42, None, "net_value_added")
    assert (table["quantity"] * table["value_share"]).tolist() == pytest.approx([1.16])
    assert worth(2, "亿元", 1, "1") == 2e8
    assert worth(5, "万吨", 3000, "CNY t-1") == 1.5e8


def test_several_units_and_what_is_no_product():
    rows = [RICE, ("b", "rice", 10, "t", 2000, "CNY t-1", 2020, "example"), ("a", "visits", 100, "visit", 5, "CNY visit-1")]
    table = products(statistics(*rows, ("a", "population", 9, "person")), None, None, "gross")
    assert values(table) == [15e6, 2e4]
    assert table["status"].tolist() == ["user", "example"]
    assert products(statistics(("a", "population", 9, "person")), None, None, "gross").empty


@pytest.mark.parametrize("method", ["gross", "net_value_added", "residual_rent"])
@pytest.mark.parametrize("name", ["hydropower", "水力发电量", "生物质发电量", "海洋捕捞产量", "生活用水量"])
def test_products_of_services_of_their_own_are_no_material_product(name, method):
    rice = statistics(RICE)
    other = rice[rice["item"] == "rice"].assign(item=name)
    table = products(pd.concat([rice, other]), 0.42, 0.06, method)
    pd.testing.assert_frame_equal(table, products(rice, 0.42, 0.06, method))
