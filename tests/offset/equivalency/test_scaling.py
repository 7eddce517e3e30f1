"""Equivalency: the worked example to its printed digits, published external numbers, properties, refusals."""

import math
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecoval.errors import OutOfRange, ParameterError
from ecoval.offset.equivalency.flow import Flow, loss_flow
from ecoval.offset.equivalency.scaling import (
    debit,
    effective_credit,
    gbt39791_debit,
    required_area,
    split,
)
from ecoval.offset.equivalency.time import Timing

SHARE = st.floats(0.0, 1.0)


def refused(call, *arguments, **named):
    with pytest.raises(ParameterError) as caught:
        call(*arguments, **named)
    return caught.value.code


def equivalency(lost, timing, gain, success=1.0, weight=1.0):
    """Debit, credit of one hectare, what counts of it, and the area required."""
    credit = timing.gain_factor(gain["start"], gain["ramp_years"], level=gain["level"])
    counted = effective_credit(credit, success, 0.0, weight)
    return SimpleNamespace(
        debit=lost.total, credit=credit, effective_credit=counted, area=required_area(lost.total, counted), status=lost.status
    )


def example_2b(success=1.0, weight=1.0, **timing):
    timing = Timing(**{"rate": 0.03, **timing})
    lost = debit(10.0, loss_flow(0, None), timing)
    gain = {"start": 2, "ramp_years": 10, "level": 0.8}
    return equivalency(lost, timing, gain, success=success, weight=weight)


def test_example_2a():
    lost = debit(20.0, Flow.of_levels(0.6 * np.linspace(1, 0, 6)), Timing(rate=0.03))
    assert lost.undiscounted == pytest.approx(30.0, abs=1e-12)
    assert lost.total == pytest.approx(28.971610, abs=5e-7)
    assert lost.past == 0.0


def test_example_2b():
    answer = example_2b()
    assert answer.debit == pytest.approx(343.333333, abs=5e-7)
    assert answer.credit == pytest.approx(22.415937552, abs=5e-10)
    assert answer.area == pytest.approx(15.316483308, abs=5e-10)
    assert answer.area / 10 == pytest.approx(1.5316, abs=5e-5)


@pytest.mark.parametrize(
    ("given", "expected", "digit"),
    [
        ({"convention": "mean_mid"}, 15.316483308, 5e-10),
        ({"convention": "begin"}, 15.546231, 5e-7),
        ({"convention": "end"}, 15.093428, 5e-7),
        ({"rate": 0.02}, 14.334668, 5e-7),
        ({"rate": 0.05}, 17.412048, 5e-7),
        ({"horizon": 30}, 18.187740305, 5e-10),
        ({"rate": 0.0, "horizon": 30}, 16.304347826, 5e-10),
        ({"success": 0.67}, 22.860422847, 5e-10),
        ({"success": 0.67, "horizon": 30}, 27.145881052, 5e-10),
        ({"success": 0.67, "weight": 0.75}, 30.480563796, 5e-10),
    ],
)
def test_example_2b_variants(given, expected, digit):
    assert example_2b(**given).area == pytest.approx(expected, abs=digit)


@pytest.mark.parametrize(("convention", "expected"), [("end", 200.0), ("mean", 250.0), ("begin", 300.0)])
def test_example_2c_and_t15(convention, expected):
    timing = Timing(rate=0.0, horizon=20, convention=convention)
    assert debit(100.0, loss_flow(0, 0, 5), timing).total == pytest.approx(expected, abs=1e-10)


# Past losses are compounded: a year with full loss before t0, one after it, at 10 %.


def test_past_and_future_by_hand():
    lost = debit(2.0, loss_flow(2023, 2025), Timing(rate=0.1, t0=2024))
    assert (lost.past, lost.future) == pytest.approx((2.2, 2.0))
    assert lost.undiscounted == pytest.approx(4.0)


def test_a_permanent_loss_has_no_undiscounted_sum_but_a_debit():
    lost = debit(1.0, loss_flow(-1, None), Timing(rate=0.03))
    assert lost.undiscounted == math.inf
    assert lost.total == pytest.approx(1.03 + 1.03 / 0.03)
    assert debit(1.0, loss_flow(-1, None), Timing(rate=0.03, horizon=10)).undiscounted == 11.0


@given(levels=st.lists(SHARE, min_size=2, max_size=15), first=st.integers(-10, 5), rate=st.floats(0.0, 0.2), tail=SHARE)
def test_parts_before_and_after_add_up(levels, first, rate, tail):
    timing = Timing(rate=rate + 0.001)
    flow = Flow.of_levels(levels, first, tail)
    assert sum(timing.value(part) for part in split(flow, 0)) == pytest.approx(timing.value(flow), rel=1e-12, abs=1e-12)


@given(scale=st.floats(0.01, 100), success=st.floats(0.05, 1), rate=st.floats(0.001, 0.2))
def test_scaling_areas_scales_debit_and_required_area(scale, success, rate):
    timing = Timing(rate=rate)
    gain = {"start": 3, "ramp_years": 4, "level": 0.7}
    one = equivalency(debit(10.0, loss_flow(0, 5, 5), timing), timing, gain, success=success)
    other = equivalency(debit(10.0 * scale, loss_flow(0, 5, 5), timing), timing, gain, success=success)
    assert other.debit == pytest.approx(scale * one.debit, rel=1e-12)
    assert other.area == pytest.approx(scale * one.area, rel=1e-12)
    # the required area restored gives just the debit back
    assert one.area * one.effective_credit == pytest.approx(one.debit, rel=1e-12)


@given(gain=st.floats(-50, -0.01), success=SHARE, leakage=SHARE, weight=SHARE)
def test_a_harm_is_never_reduced(gain, success, leakage, weight):
    assert effective_credit(gain, success, leakage, weight) == gain


@given(area=st.floats(0.1, 50), cut=st.floats(0.1, 0.9))
def test_splitting_an_area_changes_no_total(area, cut):
    timing = Timing(rate=0.03)
    whole = debit(area, loss_flow(1, 4, 6), timing).total
    parts = sum(debit(area * part, loss_flow(1, 4, 6), timing).total for part in (cut, 1 - cut))
    assert parts == pytest.approx(whole, rel=1e-12)


def test_value_ratio_and_a_debit_below_zero():
    assert required_area(100.0, 20.0, 0.5) == pytest.approx(2.5)
    assert required_area(-3.0, 20.0) == 0.0


# GB/T 39791.1 appendix B: the same sum with t0 = T; nothing but the arithmetic is checked here.


def test_gbt_sum_by_hand_and_its_status():
    # R = 10, 10, 8; d = 1, 0.5, 0.25 in 2022 ... 2024, T = 2023, r = 3 %: 10 x 1.03 + 5 + 2 / 1.03
    answer = gbt39791_debit([10, 10, 8], [1, 0.5, 0.25], 2022, 2023, 0.03)
    assert answer.total == pytest.approx(10.3 + 5 + 2 / 1.03, rel=1e-12)
    assert (answer.past, answer.undiscounted) == pytest.approx((10.3, 17.0))
    assert answer.status == "recalled"
    assert "not verified" in answer.note_en
    assert "未与原文核对" in answer.note_zh


@given(
    first=st.integers(2010, 2020),
    degree=st.lists(SHARE, min_size=1, max_size=20),
    year=st.integers(2010, 2035),
    rate=st.floats(0.02, 0.05),
)
def test_gbt_is_the_equivalency_sum_with_t0_at_the_year_of_evaluation(first, degree, year, rate):
    expected = sum(3.0 * d * (1 + rate) ** (year - t) for t, d in enumerate(degree, first))
    assert gbt39791_debit([3.0] * len(degree), degree, first, year, rate).total == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_gbt_warns_of_a_rate_outside_the_range():
    with pytest.warns(OutOfRange, match="not verified at the text") as caught:
        gbt39791_debit([1.0], [1.0], 2020, 2020, 0.08)
    assert caught[0].message.code == "gbt_rate_outside"


# External tests T10 to T14.


@pytest.mark.parametrize(
    ("code", "call"),
    [
        ("credit_not_positive", lambda: required_area(10.0, 0.0)),
        ("credit_not_positive", lambda: required_area(10.0, -1.0)),
        ("credit_not_positive", lambda: example_2b(success=0.0)),
        ("not_above_zero", lambda: required_area(10.0, 1.0, 0.0)),
        ("not_above_zero", lambda: debit(0.0, loss_flow(0, 1), Timing())),
        ("recovery_above_baseline", lambda: debit(1.0, Flow.of_levels([0.5, -0.1]), Timing())),
        ("loss_above_whole", lambda: debit(1.0, Flow.of_levels([1.2, 0.0]), Timing())),
        ("share_out_of_range", lambda: effective_credit(1.0, success=1.2)),
        ("share_out_of_range", lambda: gbt39791_debit([1.0], [1.5], 2020, 2020, 0.03)),
        ("gbt_years_differ", lambda: gbt39791_debit([1.0, 1.0], [1.0], 2020, 2020, 0.03)),
        ("start_and_lead_both_set", lambda: Timing().gain_factor(2, 5, advance=1, delay=2)),
        ("guarantee_before_maturity", lambda: Timing().gain_factor(2, 5, end_year=6)),
        ("time_multiplier_has_no_value", lambda: debit(1.0, loss_flow(0, 1), Timing(time="multiplier"))),
        ("horizon_infinite_rate_zero", lambda: example_2b(rate=0.0)),
    ],
)
def test_refusals(code, call):
    assert refused(call) == code
