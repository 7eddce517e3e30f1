"""Rainfall erosivity R from daily rain, MJ mm ha-1 h-1 yr-1.

Daily rain is an array (days, ...) in mm, one layer per day, with the dates; it may be anything that can be indexed by day and has a
length, so that the days need not be in memory together. The series holds whole calendar years, without gaps; the results are means
over the years. A cell that misses one day is missing.

`halfmonth` [hj1173-2021, A.5, A.6]: R_k = mean over the years of the sum over erosive days of alpha P^1.7265, with alpha for the
warm and the cold season, in 24 half-months; these are split after day 15. The months of the warm season and the least rain of an
erosive day are not in the standard. `zhang` [CHEN2017]: lambda times the sum of P^beta over days of at least 12 mm, with
beta = 0.8363 + 18.144 / P_d12 + 24.455 / P_y12 and lambda = 21.586 beta^-7.1891, where P_d12 is the mean rain of such a day and
P_y12 their mean rain in a year. `monthly` [MA2018]: the sum over the months of 1.735 x 10^(1.5 lg(P_m^2 / P) - b), in US units.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from ecoval.errors import InputError
from ecoval.kernels import rusle as kernels
from ecoval.kernels.cellwise import Cells
from ecoval.services.declaration import Numbers

HALFMONTHS = 24
LAST_DAY_OF_FIRST_HALF = 15
DAY = np.timedelta64(1, "D")

Depths = npt.NDArray[np.float64]  # rain and what is added up of it


class RainSeries(Protocol):
    """Daily rain: one layer per day, an array or what reads them one by one."""

    def __len__(self) -> int:
        """Days."""

    def __getitem__(self, position: int, /) -> npt.NDArray[Any]:
        """Rain of a day: array (...), mm d-1."""


@dataclass(frozen=True)
class HalfmonthConstants:
    """Constants of `halfmonth`: alpha of each season, exponent, months of the warm season, least erosive rain in mm d-1."""

    warm: float
    cold: float
    exponent: float
    first_month: int
    last_month: int
    threshold: float

    @classmethod
    def of(cls, numbers: Numbers) -> HalfmonthConstants:
        """Constants out of the parameter table, keyed by (parameter, key)."""
        return cls(
            warm=numbers["R_alpha", "warm"],
            cold=numbers["R_alpha", "cold"],
            exponent=numbers["R_beta", "*"],
            first_month=int(numbers["R_first_month", "warm"]),
            last_month=int(numbers["R_last_month", "warm"]),
            threshold=numbers["R_erosive_threshold", "halfmonth"],
        )


@dataclass(frozen=True)
class ZhangConstants:
    """Constants of `zhang`: terms of beta, factor and exponent of lambda, least erosive rain in mm d-1."""

    beta0: float
    beta1: float
    beta2: float
    lambda0: float
    lambda1: float
    threshold: float

    @classmethod
    def of(cls, numbers: Numbers) -> ZhangConstants:
        """Constants out of the parameter table, keyed by (parameter, key)."""
        names = [("R_zhang", key) for key in ("beta0", "beta1", "beta2", "lambda0", "lambda1")]
        return cls(*(numbers[name] for name in (*names, ("R_erosive_threshold", "zhang"))))


@dataclass(frozen=True)
class MonthlyConstants:
    """Constants of `monthly`: factor, power, offset b, and the factor from US to SI units."""

    factor: float
    power: float
    offset: float
    us_to_si: float

    @classmethod
    def of(cls, numbers: Numbers) -> MonthlyConstants:
        """Constants out of the parameter table, keyed by (parameter, key)."""
        names = [("R_wischmeier", key) for key in ("a", "power", "b")]
        return cls(*(numbers[name] for name in (*names, ("R_unit_factor", "us_to_si"))))


def halfmonth_erosivity(rain: RainSeries, dates: npt.ArrayLike, constants: HalfmonthConstants) -> Depths:
    """Erosivity of each half-month by the daily power law of the standard.

    Parameters
    ----------
    rain : array (days, ...), mm d-1, >= 0
    dates : vector (days)
        Days of whole calendar years, in any order.

    Returns
    -------
    array (24, ...), MJ mm ha-1 h-1 yr-1
        Mean over the years; their sum along the first axis is R.

    Raises
    ------
    InputError
        For missing or repeated days and for negative rain.

    References
    ----------
    [hj1173-2021] A.5, A.6; warm season and threshold [RUSLE-LIT].
    """
    days, years = calendar(rain, dates)
    shape = np.shape(rain[0])
    total = np.zeros((HALFMONTHS, math.prod(shape)))
    for position, day in enumerate(days):
        warm = constants.first_month <= _month(day) <= constants.last_month
        alpha = constants.warm if warm else constants.cold
        layer = _layer(rain[position], day)
        kernels.add_power(layer, constants.threshold, constants.exponent, alpha, total[halfmonth(day)])
    return total.reshape(HALFMONTHS, *shape) / years


def zhang_erosivity(rain: RainSeries, dates: npt.ArrayLike, constants: ZhangConstants) -> Depths:
    """Erosivity of each half-month with exponent and factor from the local rain.

    Parameters
    ----------
    rain : array (days, ...), mm d-1, >= 0
    dates : vector (days)
        Days of whole calendar years, in any order.

    Returns
    -------
    array (24, ...), MJ mm ha-1 h-1 yr-1
        Mean over the years; 0 where no day is erosive. Their sum along the first axis is R.

    Raises
    ------
    InputError
        For missing or repeated days and for negative rain.

    References
    ----------
    [CHEN2017] section 2.2.
    """
    days, years = calendar(rain, dates)
    shape = np.shape(rain[0])
    wet, depth = np.zeros((2, math.prod(shape)))
    for position, day in enumerate(days):
        kernels.count_wet(_layer(rain[position], day), constants.threshold, wet, depth)
    exponent, factor = zhang_coefficients(_ratio(depth, wet), depth / years, constants)
    total = np.zeros((HALFMONTHS, wet.size))
    for position, day in enumerate(days):
        kernels.add_power_each(_layer(rain[position], day), constants.threshold, exponent, total[halfmonth(day)])
    return (total * factor).reshape(HALFMONTHS, *shape) / years


def zhang_coefficients(mean_day: npt.ArrayLike, mean_year: npt.ArrayLike, constants: ZhangConstants) -> tuple[Depths, Depths]:
    """Exponent beta and factor lambda of `zhang`.

    Parameters
    ----------
    mean_day : array (...), mm d-1
        Mean rain of an erosive day; 0 where there is none.
    mean_year : array (...), mm yr-1
        Mean rain of erosive days in a year; 0 where there is none.

    Returns
    -------
    tuple of array (...), 1
        beta and lambda; 1 and 0 where no day is erosive.
    """
    mean_day = np.asarray(mean_day, float)
    mean_year = np.asarray(mean_year, float)
    dry = mean_day == 0
    day = np.where(dry, 1.0, mean_day)
    year = np.where(dry, 1.0, mean_year)
    beta = constants.beta0 + constants.beta1 / day + constants.beta2 / year
    factor = constants.lambda0 * beta**constants.lambda1
    return np.where(dry, 1.0, beta), np.where(dry, 0.0, factor)


def monthly_erosivity(rain: npt.ArrayLike, constants: MonthlyConstants) -> Depths:
    """Erosivity of each month from mean monthly rain.

    Parameters
    ----------
    rain : array (12, ...), mm month-1, >= 0

    Returns
    -------
    array (12, ...), MJ mm ha-1 h-1 yr-1
        0 in a month without rain. Their sum along the first axis is R.

    References
    ----------
    [MA2018] section 1.2.1; factor to SI units [RUSLE-LIT].
    """
    rain = np.asarray(rain, float)
    year: Depths = rain.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        index = constants.power * np.log10(rain**2 / year) - constants.offset
    value = constants.us_to_si * constants.factor * 10.0**index
    return np.where(rain == 0, 0.0 * year, value)


def monthly_rain(rain: RainSeries, dates: npt.ArrayLike) -> Depths:
    """Mean rain of each month over whole calendar years.

    Parameters
    ----------
    rain : array (days, ...), mm d-1, >= 0
    dates : vector (days)

    Returns
    -------
    array (12, ...), mm month-1
    """
    days, years = calendar(rain, dates)
    shape = np.shape(rain[0])
    total = np.zeros((12, math.prod(shape)))
    for position, day in enumerate(days):
        total[_month(day) - 1] += _layer(rain[position], day)
    return total.reshape(12, *shape) / years


def erosivity(rain: RainSeries, dates: npt.ArrayLike, method: str, numbers: Numbers) -> Depths:
    """Mean yearly erosivity R from daily rain.

    Parameters
    ----------
    rain : array (days, ...), mm d-1, >= 0
    dates : vector (days)
    method : choice {halfmonth, zhang, monthly}

    Returns
    -------
    array (...), MJ mm ha-1 h-1 yr-1
    """
    if method == "monthly":
        parts = monthly_erosivity(monthly_rain(rain, dates), MonthlyConstants.of(numbers))
    elif method == "zhang":
        parts = zhang_erosivity(rain, dates, ZhangConstants.of(numbers))
    elif method == "halfmonth":
        parts = halfmonth_erosivity(rain, dates, HalfmonthConstants.of(numbers))
    else:
        raise InputError("rusle_choice", option="erosivity", given=method, choices=["halfmonth", "zhang", "monthly"])
    year: Depths = parts.sum(axis=0)
    return year


def halfmonth(day: np.datetime64) -> int:
    """Half-month (0 to 23) of a day."""
    second = (day - day.astype("datetime64[M]").astype("datetime64[D]")) // DAY >= LAST_DAY_OF_FIRST_HALF
    return 2 * (_month(day) - 1) + int(second)


def calendar(rain: RainSeries, dates: npt.ArrayLike) -> tuple[npt.NDArray[np.datetime64], int]:
    """Days of a series of daily rain and the number of its years, checked to be whole.

    Parameters
    ----------
    rain : array (days, ...), mm d-1
    dates : vector (days)

    Raises
    ------
    InputError
        For days that are missing from the years or given twice.
    """
    days = np.asarray(dates, "datetime64[D]")
    if len(days) != len(rain) or not len(days):
        raise InputError("rain_days_differ", values=len(rain), dates=len(days))
    unique, counts = np.unique(days, return_counts=True)
    if (counts > 1).any():
        raise InputError("rain_days_repeated", days=[str(day) for day in unique[counts > 1]], count=int((counts > 1).sum()))
    first = unique[0].astype("datetime64[Y]")
    last = unique[-1].astype("datetime64[Y]")
    whole = np.arange(first.astype("datetime64[D]"), (last + 1).astype("datetime64[D]"))
    missing = np.setdiff1d(whole, unique)
    if missing.size:
        raise InputError(
            "rain_days_missing", count=missing.size, first=str(first), last=str(last), days=[str(day) for day in missing]
        )
    return days, int((last - first) / np.timedelta64(1, "Y")) + 1


def _month(day: np.datetime64) -> int:
    return int(day.astype("datetime64[M]").astype(int)) % 12 + 1


def _layer(values: npt.ArrayLike, day: np.datetime64) -> Cells:
    """One day's rain as a flat float32 array."""
    layer = np.ascontiguousarray(values, np.float32).reshape(-1)
    if layer.size and np.fmin.reduce(layer) < 0:
        raise InputError("rain_negative", lowest=float(np.nanmin(layer)), day=str(day))
    return layer


def _ratio(part: Depths, whole: Depths) -> Depths:
    """Quotient; 0 where the whole is 0, missing where it is."""
    return np.divide(part, whole, out=0.0 * whole, where=whole != 0)
