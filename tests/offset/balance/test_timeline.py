"""Running balance, deficits and permanence on cases that a pencil can follow."""

import math

import pandas as pd
import pytest

from ecoval.offset.balance.timeline import Course, impact_end, lasting, temporal


def losses(annual=10.0, start=2025, end=math.nan, recovery=0, unit="W1"):
    row = {"service": "water", "area_unit": unit, "start": start, "end": end, "recovery_years": recovery}
    return pd.DataFrame([{**row, "annual": annual, "annual_uom": "m3 yr-1"}])


def gains(annual=20.0, start=2025, ramp=4, end=math.nan, candidate="P1", unit="W1"):
    row = {"candidate_id": candidate, "option_id": "o", "service": "water", "area_unit": unit, "start_year": start}
    return pd.DataFrame(
        [{**row, "ramp_years": ramp, "ramp_shape": "linear", "end_year": end, "annual": annual, "annual_uom": "m3 yr-1"}]
    )


def running(losses, gains, portfolio, t0, horizon):
    return Course(losses, gains, t0, horizon).running(portfolio)


def permanence(portfolio, candidates, losses):
    rows = portfolio.merge(candidates, on=["candidate_id", "option_id"])
    return lasting(zip(rows["candidate_id"], rows["end_year"], rows["renewed"], strict=True), impact_end(losses))


def timeline(*arguments, **named):
    return running(*arguments, **named).table()


def deficits(*arguments, **named):
    return running(*arguments, **named).deficits()


def used(*candidates, share=1.0):
    return pd.DataFrame({"candidate_id": list(candidates), "option_id": "o", "share": share})


def test_a_ramp_of_four_years_is_behind_and_catches_up():
    table = timeline(losses(), gains(), used("P1"), t0=2025, horizon=8)
    assert table["year"].tolist() == list(range(2025, 2033))
    assert table["gain"].tolist() == pytest.approx([2.5, 7.5, 12.5, 17.5, 20, 20, 20, 20])  # means of a rise by 5 a year
    assert table["net"].tolist() == pytest.approx([-7.5, -2.5, 2.5, 7.5, 10, 10, 10, 10])
    assert table["cumulative"].tolist() == pytest.approx([-7.5, -10, -7.5, 0, 10, 20, 30, 40])
    assert set(table["uom"]) == {"m3"}
    below = deficits(losses(), gains(), used("P1"), t0=2025, horizon=8)
    found = below.iloc[0]
    assert (found.years_below_zero, found.largest_deficit, found.worst_year) == (3, 10.0, 2026)
    assert found.deficit_years == 1.0
    assert temporal(below) == (True, ())
    assert temporal(below, 1.0)[0]
    ok, reasons = temporal(below, 0.9)
    assert not ok
    assert [entry["code"] for entry in reasons] == ["offset_deficit"]


def test_compensation_before_the_loss_shows_the_years_before_t0():
    table = timeline(losses(), gains(start=2021), used("P1"), t0=2025, horizon=3)
    assert table["year"].tolist() == list(range(2021, 2028))
    assert table["loss"].tolist() == [0, 0, 0, 0, 10, 10, 10]
    below = deficits(losses(), gains(start=2021), used("P1"), t0=2025, horizon=3)
    assert below["years_below_zero"].tolist() == [0]


def test_a_temporary_loss_with_recovery_and_a_guarantee_that_ends():
    table = timeline(losses(end=2027, recovery=2), gains(ramp=0, annual=5, end=2029), used("P1"), t0=2025, horizon=6)
    assert table["loss"].tolist() == pytest.approx([10, 10, 7.5, 2.5, 0, 0])
    assert table["gain"].tolist() == [5, 5, 5, 5, 0, 0]


def test_an_own_gain_pays_for_nothing_and_a_harm_is_counted():
    table = timeline(losses(annual=-10), gains(annual=-3, ramp=0, unit="W2"), used("P1", share=0.5), t0=2025, horizon=2)
    by_unit = table.groupby("area_unit")["cumulative"].last()
    assert by_unit.to_dict() == {"W1": 0.0, "W2": -3.0}
    below = deficits(losses(annual=-10), gains(annual=-3, ramp=0, unit="W2"), used("P1", share=0.5), t0=2025, horizon=2)
    assert below.set_index("area_unit")["deficit_years"].to_dict() == {"W1": 0.0, "W2": math.inf}


def test_an_unending_horizon_shows_some_years_after_the_last_change():
    table = timeline(losses(), gains(ramp=10), used("P1"), t0=2025, horizon=math.inf)
    assert table["year"].max() == 2044


def test_permanence():
    candidates = pd.DataFrame(
        {"candidate_id": ["P1", "P2"], "option_id": "o", "end_year": [2040, math.nan], "renewed": [False, False]}
    )
    assert permanence(used("P2"), candidates, losses()) == (True, ())
    ok, reasons = permanence(used("P1", "P2"), candidates, losses())
    assert not ok
    assert [entry["code"] for entry in reasons] == ["offset_guarantee_permanent"]
    assert permanence(used("P1"), candidates.assign(renewed=True), losses())[0]
    assert permanence(used("P1"), candidates, losses(end=2035, recovery=5))[0]
    ok, reasons = permanence(used("P1"), candidates, losses(end=2035, recovery=6))
    assert (ok, reasons[0]["code"]) == (False, "offset_guarantee_short")
    assert permanence(used("P1"), candidates, losses(annual=-1))[0]
