"""Tourism by visits and by revenue, leisure of residents, by hand (gep_methods 4.17)."""

import numpy as np
import pandas as pd
import pytest

from ecoval.services.recreation import leisure, tourism_health

COLUMNS = ["unit_id", "item", "quantity", "uom", "price_year", "status"]


def statistics(*rows):
    table = pd.DataFrame([dict(zip(COLUMNS, (*row, *[None] * 6), strict=False)) for row in rows], columns=COLUMNS)
    table["price_year"] = pd.to_numeric(table["price_year"])
    return table


TRIP = {"wage": 45.0, "visit_days": 1.5, "hours_per_day": 8.0, "visit_cost": 260.0}
NOTHING = dict.fromkeys(TRIP)


def by_visits(table, nature_share, numbers):
    return tourism_health(table, nature_share, 0.3, tourism_health="visits", price_year=2020, **numbers)


def by_revenue(table, nature_share):
    return tourism_health(table, nature_share, 0.3, tourism_health="revenue", **NOTHING)


def values(table):
    return (table["quantity"] * table["price"] * table["value_share"]).tolist()


def test_travel_cost():
    # 800 000 x (1.5 d x 8 h x 45 x 0.3 + 260 = 422) x 0.6 = 202.56 M
    table = by_visits(statistics(("a", "visits", 80, "万人次")), 0.6, TRIP)
    assert table["price"].tolist() == pytest.approx([422])
    assert values(table) == pytest.approx([202.56e6])
    assert table.loc[0, ["item", "uom", "price_uom", "price_year"]].tolist() == [
        "tourism_health",
        "visit yr-1",
        "CNY visit-1",
        2020,
    ]


def test_numbers_of_the_unit_and_of_an_origin():
    rows = [("a", "visits:city", 100, "visit"), ("a", "visits:far", 10, "visit"), ("a", "visits", 110, "visit")]
    rows += [("a", "visit_days", 1, "d"), ("a", "visit_days:far", 3, "d"), ("a", "visit_cost:far", 1000, "CNY visit-1")]
    rows += [("a", "nature_share", 0.5, "1")]
    table = by_visits(statistics(*rows), None, TRIP)
    # of the city 1 d at 8 x 45 x 0.3 + 260 = 368, from far 3 d at 3 x 108 + 1000 = 1324; the account adds the origins up
    assert table["quantity"].tolist() == [100, 10]  # the total is not counted beside its origins
    assert table["price"].tolist() == pytest.approx([368, 1324])


def test_an_origin_that_one_unit_has_is_asked_of_each():
    rows = [(unit, f"visits:{name}", 100, "visit") for unit in "ab" for name in ("city", "far")]
    whole = by_visits(statistics(*rows), 0.5, TRIP)
    assert values(whole) == pytest.approx([100 * 422 * 0.5] * 4)
    lost = by_visits(statistics(*rows[:-1]), 0.5, TRIP).sort_values("unit_id")
    assert np.isnan(values(lost)).tolist() == [False, False, False, True]  # the origin that b does not say


def test_a_number_that_one_unit_has_is_not_replaced_by_that_for_all():
    rows = [(unit, "visits", 100, "visit") for unit in "ab"] + [("a", "nature_share", 0.5, "1"), ("a", "visit_days", 1, "d")]
    table = by_visits(statistics(*rows), 0.9, TRIP)
    assert values(table)[0] == pytest.approx(100 * (8 * 45 * 0.3 + 260) * 0.5)
    assert np.isnan(values(table)[1])


def test_revenue():
    # 300 M x 0.4 = 120 M
    rows = [("a", "tourism_revenue", 3, "亿元", 2020), ("a", "visits", 600000, "visit"), ("b", "tourism_revenue", 1e6, "CNY")]
    table = by_revenue(statistics(*rows), 0.4)
    assert values(table) == pytest.approx([120e6, 0.4e6])
    assert table["quantity"].tolist() == [600000, 1e6]
    assert table["uom"].tolist() == ["visit yr-1", "CNY yr-1"]
    assert table["price_uom"].tolist() == ["CNY visit-1", "1"]


def test_without_the_share_of_nature_there_is_no_value():
    table = by_revenue(statistics(("a", "tourism_revenue", 3, "亿元")), None)
    assert np.isnan(values(table)).all()
    table = by_visits(statistics(("a", "visits", 10, "visit")), 0.5, NOTHING)
    assert np.isnan(values(table)).all()
    assert table["quantity"].tolist() == [10]


def test_leisure():
    # 300 000 x 24 x 1.5 h x 45 x 0.3 = 145.8 M
    table = leisure(statistics(("a", "population", 30, "万人")), 0.3, 45.0, 24.0, 1.5)
    assert table["quantity"].tolist() == [7.2e6]
    assert values(table) == pytest.approx([145.8e6])
    assert leisure(statistics(("a", "population", 30, "万人")), 0.3, None, 24.0, 1.5).empty


def test_the_worst_status_of_what_was_used():
    rows = [("a", "tourism_revenue", 1, "CNY", 2020, "user"), ("a", "nature_share", 0.4, "1", None, "example")]
    assert by_revenue(statistics(*rows), None)["status"].tolist() == ["example"]


def test_no_statistics_give_an_empty_table():
    empty = statistics(("a", "gdp", 1, "CNY"))
    for table in (by_visits(empty, 0.5, TRIP), by_revenue(empty, 0.5), leisure(empty, 0.3, 45.0, 24.0, 1.5)):
        assert table.empty
        assert "value_share" in table.columns


def test_a_unit_with_origins_and_one_with_a_total_both_count():
    rows = [
        ("a", "visits:city", 100, "visit"),
        ("a", "visits:far", 10, "visit"),
        ("a", "visits", 110, "visit"),
        ("b", "visits", 7, "visit"),
    ]
    table = by_visits(statistics(*rows), 0.5, TRIP)
    assert table.groupby("unit_id")["quantity"].sum().to_dict() == {"a": 110, "b": 7}
    assert table["price"].tolist() == pytest.approx([422] * 3)
    revenue = by_revenue(statistics(*rows, ("a", "tourism_revenue", 1100, "CNY"), ("b", "tourism_revenue", 70, "CNY")), 0.5)
    assert revenue.set_index("unit_id")["price"].to_dict() == pytest.approx({"a": 10.0, "b": 10.0})
