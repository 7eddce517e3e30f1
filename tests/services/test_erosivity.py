"""Erosivity against the worked examples, sums in Python, and the calendar."""

import numpy as np
import pytest

from ecoval.errors import InputError
from ecoval.services import erosivity as module
from ecoval.services.erosivity import (
    HalfmonthConstants,
    MonthlyConstants,
    ZhangConstants,
    erosivity,
    halfmonth,
    halfmonth_erosivity,
    monthly_erosivity,
    monthly_rain,
    zhang_coefficients,
    zhang_erosivity,
)

NAN = np.nan
# soil_retention parameters: R_alpha, R_beta (HJ 1173 A.6), R_erosive_threshold, R_zhang, R_wischmeier, R_unit_factor
NUMBERS = {
    ("R_alpha", "warm"): 0.3937,
    ("R_alpha", "cold"): 0.3101,
    ("R_beta", "*"): 1.7265,
    ("R_first_month", "warm"): 5,
    ("R_last_month", "warm"): 9,
    ("R_erosive_threshold", "halfmonth"): 10,
    ("R_erosive_threshold", "zhang"): 12,
    ("R_zhang", "beta0"): 0.8363,
    ("R_zhang", "beta1"): 18.144,
    ("R_zhang", "beta2"): 24.455,
    ("R_zhang", "lambda0"): 21.586,
    ("R_zhang", "lambda1"): -7.1891,
    ("R_wischmeier", "a"): 1.735,
    ("R_wischmeier", "power"): 1.5,
    ("R_wischmeier", "b"): 0.8188,
    ("R_unit_factor", "us_to_si"): 17.02,
}
HALFMONTH = HalfmonthConstants.of(NUMBERS)
ZHANG = ZhangConstants.of(NUMBERS)
MONTHLY = MonthlyConstants.of(NUMBERS)


def year(*years):
    """Days of whole years and a dry series for them."""
    dates = np.arange(f"{years[0]}-01-01", f"{years[-1] + 1}-01-01", dtype="datetime64[D]")
    return dates, np.zeros(len(dates))


def wet(dates, rain, days):
    for day, value in days.items():
        rain[dates == np.datetime64(day)] = value
    return rain


# ------------------------------------------------------------------ halfmonth


def test_warm_halfmonth_of_the_worked_example():
    # hand_examples.csv R_halfmonth_warm: 12, 25, 40, 80 mm in one warm half-month -> 1120.5014919652378
    dates, rain = year(2021)
    wet(dates, rain, {"2021-07-02": 12, "2021-07-05": 25, "2021-07-09": 40, "2021-07-15": 80, "2021-07-16": 9.9})
    result = halfmonth_erosivity(rain, dates, HALFMONTH)
    assert result[12] == pytest.approx(1120.5014919652378, rel=1e-6)
    assert result.sum() == pytest.approx(1120.5014919652378, rel=1e-6)


def test_cold_season_has_its_own_alpha_and_years_are_averaged():
    dates, rain = year(2020, 2021)
    wet(dates, rain, {"2020-04-30": 20, "2021-10-01": 50, "2021-05-01": 30})
    result = halfmonth_erosivity(rain, dates, HALFMONTH)
    assert result[7] == pytest.approx(0.3101 * 20**1.7265 / 2, rel=1e-6)
    assert result[18] == pytest.approx(0.3101 * 50**1.7265 / 2, rel=1e-6)
    assert result[8] == pytest.approx(0.3937 * 30**1.7265 / 2, rel=1e-6)


def test_rain_of_the_threshold_is_erosive():
    dates, rain = year(2021)
    wet(dates, rain, {"2021-06-01": 10})
    assert halfmonth_erosivity(rain, dates, HALFMONTH).sum() == pytest.approx(0.3937 * 10**1.7265, rel=1e-6)


@pytest.mark.parametrize(
    ("day", "index"),
    [("2021-01-01", 0), ("2021-01-15", 0), ("2021-01-16", 1), ("2020-02-29", 3), ("2021-12-15", 22), ("2021-12-31", 23)],
)
def test_halfmonths_are_split_after_day_15(day, index):
    assert halfmonth(np.datetime64(day)) == index


def test_maps_of_rain_give_maps_and_a_cell_that_misses_a_day_is_missing():
    dates, rain = year(2021)
    stack = np.repeat(rain[:, np.newaxis], 6, axis=1).reshape(-1, 2, 3).astype(np.float32)
    stack[200, 0] = [15, 20, 40]
    stack[9, 1, 2] = NAN
    result = erosivity(stack, dates, "halfmonth", NUMBERS)
    assert result[0] == pytest.approx(0.3937 * np.array([15.0, 20.0, 40.0]) ** 1.7265, rel=1e-6)
    assert np.isnan(result).tolist() == [[False, False, False], [False, False, True]]
    assert result[1, :2].tolist() == [0, 0]


# ---------------------------------------------------------------------- zhang


def test_zhang_coefficients_of_the_worked_example():
    # hand_examples.csv R_zhang: P_d12 24, P_y12 900
    beta, factor = zhang_coefficients(24.0, 900.0, ZHANG)
    assert float(beta) == pytest.approx(1.619472222222222, rel=1e-12)
    assert float(factor) == pytest.approx(0.6744738566995833, rel=1e-12)


def test_zhang_halfmonth_of_the_worked_example(monkeypatch):
    # the example gives P_d12 and P_y12 instead of a whole series: 12, 25, 40, 80 mm -> 1241.3469376817081
    dates, rain = year(2021)
    wet(dates, rain, {"2021-07-02": 12, "2021-07-05": 25, "2021-07-09": 40, "2021-07-15": 80})
    monkeypatch.setattr(
        module, "zhang_coefficients", lambda day, year, numbers: zhang_coefficients(0 * day + 24, 0 * year + 900, numbers)
    )
    assert zhang_erosivity(rain, dates, ZHANG).sum() == pytest.approx(1241.3469376817081, rel=2e-6)


def test_zhang_of_a_series_is_the_sum_in_python():
    random = np.random.default_rng(3)
    dates, _ = year(2019, 2020, 2021)
    rain = np.round(random.gamma(0.3, 15, (len(dates), 4)), 1)
    rain[:, 3] = 0
    expected = []
    for series in rain.T:
        days = [p for p in series if p >= 12]
        if days:
            beta = 0.8363 + 18.144 / np.mean(days) + 24.455 / (sum(days) / 3)
            expected.append(21.586 * beta**-7.1891 * sum(p**beta for p in days) / 3)
        else:
            expected.append(0.0)
    assert erosivity(rain, dates, "zhang", NUMBERS) == pytest.approx(np.array(expected), rel=2e-6)


def test_zhang_of_a_cell_that_misses_a_day_is_missing():
    dates, rain = year(2021)
    pair = np.stack([rain, rain], axis=1)
    pair[3] = [NAN, 30]
    assert np.isnan(erosivity(pair, dates, "zhang", NUMBERS)).tolist() == [True, False]


# -------------------------------------------------------------------- monthly

MONTHS = np.array([75, 90, 140, 130, 150, 220, 150, 160, 130, 75, 65, 55.0])


def test_monthly_erosivity_of_the_worked_example():
    # hand_examples.csv R_wischmeier_b0.8188: P 1440 mm, 147.68146618335575 in US units, 2513.538554440715 in SI units
    assert MONTHS.sum() == 1440
    result = monthly_erosivity(MONTHS, MONTHLY)
    assert result.sum() == pytest.approx(2513.538554440715, rel=1e-12)
    assert result.sum() / 17.02 == pytest.approx(147.68146618335575, rel=1e-12)


def test_other_b_in_circulation_is_a_factor_of_5_457():
    other = MonthlyConstants.of({**NUMBERS, ("R_wischmeier", "b"): 0.08188})
    assert monthly_erosivity(MONTHS, other).sum() / monthly_erosivity(MONTHS, MONTHLY).sum() == pytest.approx(5.457, abs=5e-4)


def test_month_without_rain_has_no_erosivity_and_a_missing_one_is_missing():
    rain = np.stack([MONTHS, MONTHS, 0 * MONTHS], axis=1)
    rain[0, 0] = 0
    rain[0, 1] = NAN
    result = monthly_erosivity(rain, MONTHLY)
    assert result[0, 0] == 0
    assert np.isnan(result[:, 1]).all()
    assert (result[:, 2] == 0).all()


def test_months_of_daily_rain_are_means_over_the_years():
    dates, rain = year(2020, 2021)
    rain[dates == np.datetime64("2020-02-29")] = 8.0
    rain[dates == np.datetime64("2021-12-31")] = 6.0
    assert monthly_rain(rain, dates).tolist() == [0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3]
    assert erosivity(rain, dates, "monthly", NUMBERS) == pytest.approx(
        17.02 * 1.735 * sum(10 ** (1.5 * np.log10(p**2 / 7) - 0.8188) for p in (4, 3))
    )


# ------------------------------------------------------------------- calendar


def test_order_of_the_days_does_not_matter():
    dates, _ = year(2021)
    rain = np.random.default_rng(5).gamma(0.3, 15, len(dates))
    order = np.random.default_rng(6).permutation(len(dates))
    assert erosivity(rain[order], dates[order], "zhang", NUMBERS) == pytest.approx(erosivity(rain, dates, "zhang", NUMBERS))


def test_gap_is_refused_with_its_days():
    dates, rain = year(2020, 2021)
    keep = ~np.isin(dates, np.array(["2020-02-29", "2021-03-01"], "datetime64[D]"))
    with pytest.raises(InputError, match=r"2 days of the years 2020 to 2021 are missing \(2020-02-29, 2021-03-01\).*Fill the gaps"):
        erosivity(rain[keep], dates[keep], "halfmonth", NUMBERS)


def test_part_of_a_year_is_refused():
    dates, rain = year(2021)
    with pytest.raises(InputError, match=r"59 days .*2021-01-01, 2021-01-02, .*\(\+54\).*whole calendar years"):
        erosivity(rain[59:], dates[59:], "zhang", NUMBERS)


def test_day_given_twice_is_refused():
    dates, rain = year(2021)
    dates[5] = dates[4]
    with pytest.raises(InputError, match=r"has a day twice: 2021-01-05 \(1 days\).*one value per day.*Remove"):
        erosivity(rain, dates, "monthly", NUMBERS)


def test_dates_that_do_not_fit_are_refused():
    dates, rain = year(2021)
    with pytest.raises(InputError, match=r"do not fit: 365 values along the first axis, 364 dates.*one date per day"):
        erosivity(rain, dates[1:], "monthly", NUMBERS)


def test_negative_rain_is_refused():
    dates, rain = year(2021)
    rain[40] = -9999
    with pytest.raises(InputError, match=r"negative: -9999 mm on 2021-02-10. Expected 0 or more. Declare the missing value"):
        erosivity(rain, dates, "halfmonth", NUMBERS)


def test_unknown_method_is_refused():
    dates, rain = year(2021)
    with pytest.raises(InputError, match=r'"erosivity" is "daily". Expected one of: halfmonth, zhang, monthly. Choose'):
        erosivity(rain, dates, "daily", NUMBERS)
