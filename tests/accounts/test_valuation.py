"""Price year, annualised cost and the choice of the price."""

import math

import pandas as pd
import pytest

from ecoval.accounts.valuation import annualised, at_year, capital_recovery, deflator, item_price, table_at_year
from ecoval.parameters import Number, Parameters
from ecoval.services import service

STORAGE = Number("water_retention", "price_storage", "*", 6.11, "CNY m-3", "published", year=2005, source_id="BYD2017")
RECALLED = Parameters.read(region="CN-33", allow_recalled=True)
STRICT = Parameters.read(region="CN-33")


def index_of(years):
    rows = [{"service": "deflators", "parameter": "cpi_previous_year", "value": 110, "uom": "%", "year": year} for year in years]
    return Parameters.read(region="CN-33", own=[pd.DataFrame(rows)])


def test_a_price_of_2005_in_2020():
    # section 10: 6.11 of 2005 -> 2020 by the national consumer prices
    price = at_year(STORAGE, 2020, RECALLED)
    assert price.value == pytest.approx(9.04162282700597, rel=1e-12)
    assert deflator(RECALLED, 2005, 2020).value == pytest.approx(1.479807336662188, rel=1e-12)
    assert (price.number.year, price.number.status, price.note) == (2020, "recalled", "")


def test_backwards_is_the_inverse():
    there = deflator(RECALLED, 2005, 2020).value
    back = deflator(RECALLED, 2020, 2005).value
    assert there * back == pytest.approx(1, rel=1e-14)
    assert deflator(STRICT, 2020, 2020).value == 1


def test_recalled_deflators_need_leave():
    price = at_year(STORAGE, 2020, STRICT)
    assert (price.value, price.number.year, price.note) == (6.11, 2005, "price_year_kept")


def test_own_deflators_count_and_a_gap_stops_the_chain():
    assert at_year(STORAGE, 2007, index_of([2006, 2007])).value == pytest.approx(6.11 * 1.21)
    assert at_year(STORAGE, 2007, index_of([2006, 2007])).number.status == "user"
    assert at_year(STORAGE, 2007, index_of([2007])).note == "price_year_kept"


def test_a_price_without_a_year_stays_as_it_is():
    price = Number("water_retention", "price_storage", "*", 6.11, "CNY m-3", "user")
    assert at_year(price, 2020, RECALLED).note == "price_without_year"
    assert at_year(price, None, RECALLED).note == ""


def test_annualised_cost_by_hand():
    # section 4.3: r 4.5 %, 50 years, maintenance 0.10
    assert capital_recovery(0.045, 50) == pytest.approx(0.050602145855132584, rel=1e-12)
    assert capital_recovery(0.0, 50) == 0.02
    price = annualised(6.11, 0.045, 50, 0.10)
    assert price == pytest.approx(0.40917911117486006, rel=1e-12)
    assert price * 7755.999999999999 == pytest.approx(3173.593186272214, rel=1e-12)


def terms(*rows):
    return pd.DataFrame(
        [
            {"service": "water_retention", "parameter": name, "value": value, "uom": uom, "year": year}
            for name, value, uom, year in rows
        ]
    )


FULL_TERMS = (("interest_rate", 4.5, "%", None), ("lifetime", 50, "yr", None), ("maintenance", 0.10, "CNY m-3", 2005))


@pytest.mark.parametrize(("option", "expected"), [("full_cost", 6.11), ("annualised", 0.40917911117486006)])
def test_both_prices_stand_side_by_side(option, expected):
    numbers = Parameters.read(region="CN-33", own=[terms(*FULL_TERMS)], prices={"storage": "BYD2017"})
    retention = service("water_retention").items[0]
    price = item_price(numbers, "water_retention", retention, {"price": option}, 2005)
    assert price.chosen.value == pytest.approx(expected, rel=1e-12)
    assert set(price.beside) == {"full_cost", "annualised"}
    assert price.beside["annualised"].number.status == "user"


def test_without_terms_only_the_full_cost_is_shown():
    numbers = Parameters.read(region="CN-33", prices={"storage": "BYD2017"})
    retention = service("water_retention").items[0]
    assert set(item_price(numbers, "water_retention", retention, {"price": "full_cost"}, 2005).beside) == {"full_cost"}
    refused = item_price(numbers, "water_retention", retention, {"price": "annualised"}, 2005)
    assert refused.chosen is None
    assert refused.reason.code == "parameter_missing"


def test_a_price_that_nobody_gave_is_absent_with_its_reason():
    item = service("carbon_sequestration").items[0]
    price = item_price(STRICT, "carbon_sequestration", item, {}, 2020)
    assert price.chosen is None
    assert price.reason.code == "price_not_given"
    soil = service("soil_retention").items[0]
    assert item_price(STRICT, "soil_retention", soil, {}, 2020).chosen is None
    assert item_price(STRICT, "soil_retention", soil, {}, 2020).reason is None


def test_the_price_of_water():
    numbers = Parameters.read(region="CN-33", prices={"water": {"value": 0.5, "uom": "CNY m-3", "year": 2020}})
    retention = service("water_retention").items[0]
    price = item_price(numbers, "water_retention", retention, {"price": "water_price"}, 2020)
    assert price.chosen.value == 0.5


def test_a_price_per_carbon_becomes_one_per_carbon_dioxide():
    # 1 320 CNY/tC is 360 CNY/tCO2
    numbers = Parameters.read(region="CN-33", prices={"co2": {"value": 1320, "uom": "CNY tC-1", "year": 2011}})
    item = service("carbon_sequestration").items[0]
    assert item_price(numbers, "carbon_sequestration", item, {}, 2011).chosen.value == pytest.approx(360)


def test_prices_of_tables_reach_the_price_year():
    table = pd.DataFrame(
        {
            "price": [100.0, 100.0, 100.0],
            "price_year": [2005.0, 2007.0, math.nan],
            "status": ["user", "example", "user"],
            "quantity": 1.0,
        }
    )
    result, notes = table_at_year(table, 2007, index_of([2006, 2007]))
    assert result["price"].tolist() == pytest.approx([121, 100, 100])
    assert result["price_year"].tolist()[:2] == [2007, 2007]
    assert notes == {}
    kept, notes = table_at_year(table, 2007, STRICT)
    assert kept["price"].tolist() == [100, 100, 100]
    assert notes == {"price_year_kept": 1}
