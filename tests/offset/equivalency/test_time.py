"""Time of losses and gains: the worked example, closed forms against series, jumps, banked gains, refusals."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecoval.errors import ParameterError
from ecoval.offset.equivalency.flow import CONVENTIONS, SHAPES, Flow, gain_flow, loss_flow
from ecoval.offset.equivalency.time import (
    Timing,
    gain_levels,
    multiplier,
    present_value,
    ramp,
    shifted_start,
)

RATES = st.floats(0.001, 0.2)
YEARS = st.integers(1, 40)


# Closed forms, derived apart from the sums that the library makes.


def permanent_sum(rate, horizon=math.inf):
    """1 a year from time 0 to the horizon: (1 + r) / r without end, else (1 - v^H) / (1 - v)."""
    if rate == 0.0:
        return float(horizon)
    return (1.0 + rate) / rate if math.isinf(horizon) else -math.expm1(-horizon * math.log1p(rate)) * (1.0 + rate) / rate


def ramp_sum(years, rate):
    """1/T [v (1 - T v^(T-1) + (T-1) v^T) / (1-v)^2 + (1 - v^T) / (2 (1-v))]; a series where the quotient loses digits."""
    if rate < 1e-4:
        return sum((k + 0.5) / years * (1 + rate) ** -k for k in range(years))
    v = 1.0 / (1.0 + rate)
    rise = v * (1.0 - years * v ** (years - 1) + (years - 1) * v**years) / (1.0 - v) ** 2
    return (rise + 0.5 * (1.0 - v**years) / (1.0 - v)) / years if years else 0.0


def ramp_factor(delay, years, level, rate, end=math.inf):
    """g [v^d S_T + (v^(d+T) - v^E) / (1-v)]; v^E = 0 for an unending gain."""
    v = 1.0 / (1.0 + rate)
    return level * (v**delay * ramp_sum(years, rate) + permanent_sum(rate, end - delay - years) * v ** (delay + years))


def refused(call, *arguments, **named):
    with pytest.raises(ParameterError) as caught:
        call(*arguments, **named)
    assert caught.value.message("zh") != str(caught.value)
    return caught.value.code


# Example 2a: 20 ha, 60 % of the service lost, falling in proportion to 0 within 5 years, 3 % a year.


@pytest.mark.parametrize(
    ("convention", "expected"), [("mean", 28.971610), ("begin", 34.632128), ("end", 23.311092), ("mean_mid", 28.546575)]
)
def test_example_2a_temporary_loss(convention, expected):
    levels = 12.0 * np.array([1.0, 0.8, 0.6, 0.4, 0.2, 0.0])
    assert present_value(levels, 0.03, convention) == pytest.approx(expected, abs=5e-7)
    timing = Timing(rate=0.03, convention=convention)
    assert 12.0 * timing.loss_factor(0, 0, 5) == pytest.approx(expected, abs=5e-7)


def test_example_2a_undiscounted():
    assert present_value(12.0 * np.linspace(1.0, 0.0, 6), 0.0) == pytest.approx(30.0, abs=1e-12)


# Example 2b: 10 ha lost for ever; an offset after 2 years, 10 years of ramp, level 0.8.


def example_2b(rate=0.03, horizon=math.inf, convention="mean"):
    timing = Timing(rate=rate, horizon=horizon, convention=convention)
    return 10.0 * timing.loss_factor(0), timing.gain_factor(2, 10, "linear", 0.8)


def test_example_2b_parts():
    v = 1 / 1.03
    assert 10 * permanent_sum(0.03) == pytest.approx(343.333333, abs=5e-7)
    assert ramp_sum(10, 0.03) == pytest.approx(4.179110774, abs=5e-10)
    assert v**2 * ramp_sum(10, 0.03) == pytest.approx(3.939212720, abs=5e-10)
    assert v**12 / (1 - v) == pytest.approx(24.080709219, abs=1e-9)  # 24.08070921996: the last printed digit is cut, not rounded
    assert ramp_factor(2, 10, 0.8, 0.03) == pytest.approx(22.415937552, abs=5e-10)
    debit, credit = example_2b()
    assert debit == pytest.approx(343.333333, abs=5e-7)
    assert credit == pytest.approx(22.415937552, abs=5e-10)
    assert debit / credit == pytest.approx(15.316483308, abs=5e-10)
    assert debit / credit / 10 == pytest.approx(1.5316, abs=5e-5)


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
    ],
)
def test_example_2b_variants(given, expected, digit):
    debit, credit = example_2b(**given)
    assert debit / credit == pytest.approx(expected, abs=digit)


def test_example_2b_finite_parts():
    debit, credit = example_2b(horizon=30)
    assert debit == pytest.approx(201.884545900, abs=5e-10)
    assert credit == pytest.approx(11.100034557, abs=5e-10)
    assert example_2b(rate=0.0, horizon=30) == pytest.approx((300.0, 18.4), abs=1e-12)


# Example 2c and T15: 100 m2 fully lost, linear recovery in 5 years, no discount.


@pytest.mark.parametrize(("convention", "expected"), [("end", 200.0), ("mean", 250.0), ("begin", 300.0)])
def test_example_2c_and_t15(convention, expected):
    timing = Timing(rate=0.0, horizon=100, convention=convention)
    assert 100 * timing.loss_factor(0, 0, 5) == pytest.approx(expected, abs=1e-10)
    assert present_value(100 * np.linspace(1, 0, 6), 0.0, convention) == pytest.approx(expected, abs=1e-10)


# Closed forms equal the sums of their series.


@given(rate=RATES, delay=st.integers(0, 15), years=st.integers(0, 30), level=st.floats(0.01, 1.0), held=st.integers(0, 60))
def test_ramp_held_to_a_year_equals_the_series(rate, delay, years, level, held):
    end = delay + years + held
    v = 1 / (1 + rate)
    # mean level of year k, by hand: within the ramp the line between its ends, then the level
    means = [0.0 if k < delay else level * min(1.0, (k - delay + 0.5) / years if k - delay < years else 1.0) for k in range(end)]
    expected = sum(mean * v**k for k, mean in enumerate(means))
    assert ramp_factor(delay, years, level, rate, end) == pytest.approx(expected, rel=1e-9, abs=1e-12)
    assert Timing(rate=rate).gain_factor(delay, years, "linear", level, end) == pytest.approx(expected, rel=1e-9, abs=1e-12)


@given(rate=RATES, delay=st.integers(0, 15), years=st.integers(0, 30), level=st.floats(0.01, 1.0))
def test_unending_ramp_is_the_limit_of_the_held_one(rate, delay, years, level):
    closed = ramp_factor(delay, years, level, rate)
    assert Timing(rate=rate).gain_factor(delay, years, "linear", level) == pytest.approx(closed, rel=1e-9)
    far = delay + years + 40_000
    assert ramp_factor(delay, years, level, rate, far) == pytest.approx(closed, rel=1e-9)


@given(rate=st.one_of(st.just(0.0), st.floats(0.0, 0.2)), horizon=st.integers(1, 200))
def test_permanent_loss_equals_the_series(rate, horizon):
    expected = sum((1 + rate) ** -k for k in range(horizon))
    assert permanent_sum(rate, horizon) == pytest.approx(expected, rel=1e-12)
    assert Timing(rate=rate, horizon=horizon).loss_factor(0) == pytest.approx(expected, rel=1e-12)


@given(rate=st.floats(0.0, 0.2), years=YEARS)
def test_ramp_sum_equals_the_series_for_any_rate(rate, years):
    expected = sum((k + 0.5) / years * (1 + rate) ** -k for k in range(years))
    assert ramp_sum(years, rate) == pytest.approx(expected, rel=1e-8)
    assert ramp_sum(years, 0.0) == pytest.approx(years / 2, rel=1e-12)


@given(
    rate=RATES,
    lost=st.integers(0, 10),
    delay=st.integers(0, 10),
    years=YEARS,
    level=st.floats(0.05, 1.0),
    shape=st.sampled_from(sorted(SHAPES)),
    horizon=st.one_of(st.just(math.inf), st.integers(60, 120)),
)
def test_required_area_is_the_same_under_mean_and_mean_mid(rate, lost, delay, years, level, shape, horizon):
    areas = []
    for convention in ("mean", "mean_mid"):
        timing = Timing(rate=rate, horizon=horizon, convention=convention)
        areas.append(timing.loss_factor(lost) / timing.gain_factor(delay, years, shape, level))
    assert areas[0] == pytest.approx(areas[1], rel=1e-12)


@given(low=RATES, step=st.floats(0.001, 0.1), delay=st.integers(0, 15), years=YEARS, convention=st.sampled_from(CONVENTIONS))
def test_a_higher_rate_asks_for_more_area_where_the_gain_lags(low, step, delay, years, convention):
    def area(rate):
        timing = Timing(rate=rate, convention=convention)
        return timing.loss_factor(0) / timing.gain_factor(delay, years)

    # under `end` a ramp of one year without delay does not lag: both flows are 1 from the first closing on
    assert area(low + step) >= area(low) * (1 - 1e-12)
    if delay or years > 1:
        assert area(low + step) > area(low)


@given(levels=st.lists(st.floats(0, 10), min_size=2, max_size=20), rate=RATES)
def test_conventions_are_ordered_as_their_formulas(levels, rate):
    v = 1 / (1 + rate)
    begin = sum(y * v**k for k, y in enumerate(levels[:-1]))
    end = sum(y * v**k for k, y in enumerate(levels[1:]))
    assert present_value(levels, rate, "begin") == pytest.approx(begin, rel=1e-9, abs=1e-12)
    assert present_value(levels, rate, "end") == pytest.approx(end, rel=1e-9, abs=1e-12)
    assert present_value(levels, rate) == pytest.approx((begin + end) / 2, rel=1e-9, abs=1e-12)
    assert present_value(levels, rate, "mean_mid") == pytest.approx((begin + end) / 2 * math.sqrt(v), rel=1e-9, abs=1e-12)


@given(rate=RATES, shift=st.integers(-20, 20))
def test_moving_a_loss_by_a_year_divides_it_by_the_interest(rate, shift):
    base = loss_flow(0, 3, 4).present_value(rate)
    moved = loss_flow(shift, shift + 3, 4).present_value(rate)
    assert moved == pytest.approx(base * (1 + rate) ** -shift, rel=1e-12)


# Jumps stay in their year; levels, years before t0, guarantees and horizons.


def test_a_jump_does_not_leak_into_the_year_before():
    v = 1 / 1.03
    for convention in ("mean", "begin", "end"):
        assert Timing(rate=0.03, convention=convention).loss_factor(5) == pytest.approx(v**5 * 1.03 / 0.03, rel=1e-12)
    assert loss_flow(2, 4).yearly(0, 6).tolist() == [0, 0, 1, 1, 0, 0]
    assert loss_flow(2, 4).levels(0, 6).tolist() == [0, 0, 1, 1, 0, 0, 0]


def test_levels_of_a_ramp_with_delay_and_end():
    assert ramp(6, 2, delay=1, level=0.8).tolist() == pytest.approx([0, 0, 0.4, 0.8, 0.8, 0.8, 0.8])
    assert ramp(6, 2, delay=1, level=0.8, end=5).tolist() == pytest.approx([0, 0, 0.4, 0.8, 0.8, 0, 0])
    assert gain_levels(2031, 2, "linear", 0.8, 2035, 2030, 6).tolist() == pytest.approx([0, 0, 0.4, 0.8, 0.8, 0, 0])
    assert loss_flow(0, 1, 2).levels(0, 4).tolist() == pytest.approx([1, 1, 0.5, 0, 0])


def test_shapes_reach_the_level_and_order_as_named():
    values = {name: Timing(rate=0.03).gain_factor(0, 10, name) for name in SHAPES}
    assert values["step"] < values["slow"] < values["linear"] < values["fast"]
    assert values["sigmoid"] == pytest.approx(values["linear"], rel=0.01)
    assert values["step"] == pytest.approx(1.03**-10 * 1.03 / 0.03, rel=1e-12)
    for name in SHAPES:
        assert ramp(12, 10, name)[-1] == pytest.approx(1.0)


def test_gains_before_t0_count_without_interest_unless_asked():
    # from 2020 on at full level, valued in 2023: 3 years before it
    plain = Timing(rate=0.03, t0=2023)
    bearing = Timing(rate=0.03, t0=2023, bank_interest=True)
    assert plain.gain_factor(2020) == pytest.approx(3 + 1.03 / 0.03, rel=1e-12)
    assert bearing.gain_factor(2020) == pytest.approx(1.03**3 + 1.03**2 + 1.03 + 1.03 / 0.03, rel=1e-12)
    assert plain.gain_factor(2020, end_year=2022) == pytest.approx(2, rel=1e-12)
    # a loss before t0 is compounded in both
    assert plain.loss_factor(2021, 2023) == pytest.approx(1.03**2 + 1.03, rel=1e-12) == bearing.loss_factor(2021, 2023)


def test_a_gain_runs_to_the_earlier_of_horizon_and_guarantee():
    timing = Timing(rate=0.0, horizon=30)
    assert timing.gain_factor(0, end_year=50) == 30
    assert timing.gain_factor(0, end_year=20) == 20
    assert timing.gain_factor(40) == 0
    assert timing.years(2000) == range(30)


def test_advance_and_delay_shift_the_start():
    timing = Timing(rate=0.03)
    assert timing.gain_factor(5, 3, advance=2) == timing.gain_factor(3, 3)
    assert timing.gain_factor(5, 3, delay=2) == timing.gain_factor(7, 3)
    assert shifted_start(2030, advance=0, delay=0) == 2030


def test_multiplier_method_has_no_present_value():
    timing = Timing(time="multiplier", t0=2025)
    assert (timing.rate, timing.base) == (None, 0.965)
    assert timing.loss_factor(2025) == 1.0
    assert timing.gain_factor(2027, 5, level=0.8) == pytest.approx(0.8 * 0.965**7)
    assert timing.gain_factor(2010, 5) == 1.0  # mature before t0
    assert multiplier(0) == multiplier(-3) == 1.0
    assert refused(timing.value, loss_flow(0, None)) == "time_multiplier_has_no_value"


# T1: the time table of the workbook.


@pytest.mark.parametrize(
    ("years", "expected"),
    [(1, 0.965), (7, 0.7792758067), (20, 0.4903952635), (25, 0.4103768311), (30, 0.3434151104), (32, 0.3197967361)],
)
def test_t1_time_multiplier(years, expected):
    assert multiplier(years) == pytest.approx(expected, abs=5e-11)


@pytest.mark.parametrize(
    ("code", "call"),
    [
        ("rate_negative", lambda: Timing(rate=-0.01)),
        ("rate_negative", lambda: present_value([1, 1], math.nan)),
        ("horizon_infinite_rate_zero", lambda: Timing(rate=0.0)),
        ("time_methods_both_set", lambda: Timing(time="multiplier", rate=0.03)),
        ("time_methods_both_set", lambda: Timing(time="discount", rate=0.03, base=0.965)),
        ("time_method_unknown", lambda: Timing(time="both")),
        ("time_convention_unknown", lambda: Timing(convention="middle")),
        ("time_convention_unknown", lambda: present_value([1, 1], 0.03, "middle")),
        ("time_shape_unknown", lambda: gain_flow(0, 5, "steep", 1.0, None)),
        ("time_base_range", lambda: Timing(time="multiplier", base=1.2)),
        ("time_base_range", lambda: multiplier(3, 0.0)),
        ("time_horizon_range", lambda: Timing(horizon=0)),
        ("time_years_not_whole", lambda: Timing(horizon=2.5)),
        ("time_years_not_whole", lambda: Timing().gain_factor(0, -1)),
        ("time_levels_not_numbers", lambda: present_value([1.0, math.nan], 0.03)),
        ("guarantee_before_maturity", lambda: Timing().gain_factor(2, 10, end_year=11)),
        ("start_and_lead_both_set", lambda: Timing().gain_factor(2, 10, advance=1, delay=1)),
        ("impact_end_before_start", lambda: Timing().loss_factor(5, 4)),
    ],
)
def test_refusals(code, call):
    assert refused(call) == code


def test_an_ending_flow_needs_no_rate_and_an_unending_one_at_rate_zero_is_refused_where_it_is_summed():
    assert Flow.of_levels([1.0, 1.0], 0).present_value(0.0) == 1.0
    assert refused(Flow.of_levels([1.0, 1.0], 0, tail=1.0).present_value, 0.0) == "horizon_infinite_rate_zero"
