"""Where an answer turns: tolerances of a choice, requirements that are next to nothing, cautious money, the end of an impact."""

import math

import numpy as np
import pandas as pd
import pytest

from ecoval.errors import InputError
from ecoval.ledger import Ledger
from ecoval.ledger.entries import credits_of, debits_of
from ecoval.offset.balance.timeline import impact_end, lasting
from ecoval.offset.balance.value import value_balance, value_ok
from ecoval.offset.choose import problem, recheck, select_portfolio, verify_portfolio
from ecoval.offset.equivalency.time import Timing
from ecoval.offset.measures import apply_measures, measures_of

PAIR = ["candidate_id", "option_id"]


def one_row(required, credits, costs, **rules):
    """Choice and verification of candidates c0, c1, ... that serve one row."""
    names = [f"c{k}" for k in range(len(credits))]
    asked = pd.DataFrame({"service": ["water"], "area_unit": ["W1"], "required": [required]})
    candidates = pd.DataFrame({"candidate_id": names, "option_id": "o", "cost": costs, "area": 1.0})
    given = pd.DataFrame({"candidate_id": names, "option_id": "o", "service": "water", "area_unit": "W1", "credit": credits})
    made = select_portfolio(asked, candidates, given, **rules)
    return made, verify_portfolio(made.portfolio[[*PAIR, "share"]], asked, candidates, given, **rules)


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e9])
@pytest.mark.parametrize(("lacks", "status"), [(0.0, "optimal"), (5e-7, "optimal"), (1.1e-6, "infeasible"), (1e-5, "infeasible")])
def test_a_row_is_met_up_to_a_millionth_and_no_further(whole, scale, lacks, status):
    made, again = one_row(100 * scale, [100 * scale * (1 - lacks)], [1.0], whole=whole)
    assert made.status == status
    assert again.ok is (status == "optimal")
    assert len(made.shortfalls) == (status == "infeasible")


@pytest.mark.parametrize("tiny", [1e-8, 1e-12, 1e-16, 1e-20])
def test_a_requirement_of_next_to_nothing_takes_next_to_nothing(tiny):
    """A sliver of a footprint: its row counts, and neither stops the solver nor costs a whole parcel where shares are free."""
    whole, again = one_row(tiny, [1.0, tiny], [5.0, 1.0], whole=True)
    assert (whole.status, whole.cost, again.ok) == ("optimal", 1.0, True)
    free, again = one_row(tiny, [1.0, tiny], [5.0, 1.0])
    assert (free.status, again.ok) == ("optimal", True)
    assert 0 < free.cost <= 5.0 * 2.1e-7


@pytest.mark.parametrize("whole", [True, False])
def test_the_limit_of_money_is_not_passed(whole):
    made, _ = one_row(100.0, [100.0], [100.0], whole=whole, limit=99.9)
    assert made.status == "infeasible"
    assert made.cost <= 99.9 * (1 + 1e-6)


def test_cautious_money_sets_low_credits_against_high_debits():
    """Debit 10 (at most 12), credit 11 (at least 9), price 5: +5 at mid values, 5 x (9 - 2 x 12) with the ratio 2."""
    row = {"service": "water", "uom": "m3", "debit": 10.0, "debit_high": 12.0, "credit": 11.0, "credit_low": 9.0}
    prices = pd.DataFrame([{"service": "water", "price": 5.0, "price_uom": "CNY m-3", "price_year": 2023, "status": "example"}])
    once = value_balance(pd.DataFrame([row]), prices).iloc[0]
    assert (once["net_value"], once["net_value_cautious"]) == (5.0, -15.0)
    twice = value_balance(pd.DataFrame([row]), prices, 2.0).iloc[0]
    assert (twice["net_value"], twice["net_value_cautious"]) == (-45.0, -75.0)
    table = value_balance(pd.DataFrame([row]), prices)
    assert value_ok(table) is True
    assert value_ok(table, "net_value_cautious") is False


@pytest.mark.parametrize(("end_year", "lasts"), [(2032, False), (2034, False), (2035, True), (math.nan, True)])
def test_a_guarantee_outlasts_the_recovery_too(end_year, lasts):
    """Works to 2030, recovered in 2035."""
    losses = pd.DataFrame([{"service": "water", "area_unit": "W1", "end": 2030.0, "recovery_years": 5.0, "annual": 1.0}])
    assert lasting([("P1", end_year, False)], impact_end(losses))[0] is lasts


def test_a_range_keeps_its_order_where_a_measure_turns_a_loss_into_a_gain():
    """The kind of a measure may give more than was lost: -20 a year instead of 10; the range stays low, mid, high."""
    row = {"alternative_id": "A", "patch_id": "p", "service": "water", "area_kind": "watershed", "area_unit": "W1", "direct": 10.0}
    row |= {"indirect": 0.0, "impact_type": "permanent", "start": 2024, "end": math.nan, "annual": 10.0, "uom": "m3 yr-1"}
    losses = pd.DataFrame([row | {"annual_low": 9.0, "annual_high": 12.0}])
    measures = measures_of(pd.DataFrame([{"patch_id": "p", "option_id": "roof", "cost": 1.0, "kind": 623}]))
    key = ["patch_id", "service", "area_kind", "area_unit"]
    other = losses[key].assign(option_id="roof", direct=-20.0)
    left, _ = apply_measures(losses, measures, Timing(rate=0.03, horizon=30), other)
    assert left["annual"].iloc[0] == -20.0
    assert left["annual_low"].iloc[0] < -20.0 < left["annual_high"].iloc[0]


def test_a_measure_ends_works_no_later_than_they_end():
    """The earlier end counts: a measure shortens the works of a patch and never draws them out."""
    row = {"alternative_id": "A", "patch_id": "p", "service": "water", "area_kind": "watershed", "area_unit": "W1", "direct": 10.0}
    row |= {"indirect": 0.0, "impact_type": "temporary", "start": 2024, "end": 2030.0, "annual": 10.0, "uom": "m3 yr-1"}
    for end, years in ((2027, 3), (2040, 6)):
        measures = measures_of(pd.DataFrame([{"patch_id": "p", "option_id": "quick", "cost": 1.0, "end": end}]))
        left, avoided = apply_measures(pd.DataFrame([row]), measures, Timing(rate=0.0, horizon=30, t0=2024))
        assert left["end"].iloc[0] == 2024 + years
        assert avoided["avoided_pv"].iloc[0] == 10.0 * (6 - years)


def test_an_own_gain_lowers_no_requirement_of_money():
    """Water 100 is lost, soil 40 is gained by the project itself: 100 in money at prices of 1 are asked, not 60."""
    asked = pd.DataFrame({"service": ["water", "soil"], "area_unit": "W1", "required": [100.0, -40.0]})
    candidates = pd.DataFrame({"candidate_id": ["a", "b"], "option_id": "o", "cost": [1.0, 2.0]})
    given = pd.DataFrame(
        {"candidate_id": ["a", "b"], "option_id": "o", "service": "water", "area_unit": "W1", "credit": [100.0, 120.0]}
    )
    prices = pd.DataFrame({"service": ["water", "soil"], "price": [1.0, 1.0]})
    made = select_portfolio(asked, candidates, given, value=prices, ratio_value=1.1, whole=True)
    assert made.value_balance["required"].tolist() == pytest.approx([110.0])
    assert made.portfolio["candidate_id"].tolist() == ["b"]


def test_the_recheck_keeps_the_limit_whatever_a_solver_says():
    candidates = pd.DataFrame({"candidate_id": ["a"], "option_id": "o", "cost": [100.0]})
    asked = pd.DataFrame({"service": ["water"], "area_unit": ["W1"], "required": [1.0]})
    given = candidates[PAIR].assign(service="water", area_unit="W1", credit=1.0)
    for limit, kept in ((100.0, True), (99.99, False)):
        assert recheck.holds(problem(asked, candidates, given, limit=limit), np.ones(1)) is kept


def test_two_writers_of_one_project_book_it_once(tmp_path):
    """Both looked before either wrote, and their parcels differ: the second one is told under the lock."""
    ledger = Ledger.open(tmp_path / "ledger.gpkg", crs="EPSG:4549")

    def content(candidate):
        patches = pd.DataFrame({"patch_id": ["A-1"], "year": [2024]})
        parcels = pd.DataFrame({"candidate_id": [candidate], "option_id": ["o"], "share": [1.0], "year": [2024]})
        return [*debits_of("park", patches), *credits_of("park", parcels)]

    assert ledger.write("park one", content("C1"), alone=True).written
    with pytest.raises(InputError, match="park one") as caught:
        ledger.write("park two", content("C2"), alone=True)
    assert caught.value.code == "offset_booked_already"
    assert not ledger.write("park one", content("C1"), alone=True).written  # the same again is no second booking
    assert ledger.entries()["transaction_id"].unique().tolist() == ["park one"]
