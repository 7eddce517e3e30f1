"""What is made of a daily series: sums, means and counts over days, one layer of cells or stations at a time.

`values[i]` is the layer of the i-th day, an array (...); days need not be in memory together. Decided 2026: reference
evapotranspiration is worked out day by day without soil heat flux (FAO-56 equation 42), and summed; wind at another height is
brought to 2 m by FAO-56 equation 47.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import cast

import numpy as np
import numpy.typing as npt

from ecoval.layers.context import Numbers
from ecoval.prepare.climate.gridded import Days
from ecoval.prepare.climate.times import DateVector
from ecoval.services import erosivity as rain_erosivity
from ecoval.services import evapotranspiration

DailyLayers = np.ndarray | Days

MONTHS = 12


def erosivity(rain: DailyLayers, dates: DateVector, method: str, numbers: Numbers, parts: bool) -> np.ndarray:
    """Mean yearly erosivity, or its parts by half-month (by month for `monthly`).

    Parameters
    ----------
    rain : array (days, ...), mm d-1
    dates : vector (days)
    method : choice {halfmonth, zhang, monthly}

    Returns
    -------
    array (bands, ...), MJ mm ha-1 h-1 yr-1
    """
    if not parts:
        return np.asarray(rain_erosivity.erosivity(rain, dates, method, numbers))[None]
    if method == "monthly":
        constants = rain_erosivity.MonthlyConstants.of(numbers)
        return np.asarray(rain_erosivity.monthly_erosivity(rain_erosivity.monthly_rain(rain, dates), constants))
    if method == "zhang":
        return np.asarray(rain_erosivity.zhang_erosivity(rain, dates, rain_erosivity.ZhangConstants.of(numbers)))
    return np.asarray(rain_erosivity.halfmonth_erosivity(rain, dates, rain_erosivity.HalfmonthConstants.of(numbers)))


def monthly(values: DailyLayers, dates: DateVector, summed: bool) -> np.ndarray:
    """Each month over the years: mean of its sums, or mean of its days.

    Parameters
    ----------
    values : array (days, ...), 1
    dates : vector (days)

    Returns
    -------
    array (12, ...), 1
    """
    month = _month(dates) - 1
    total = _summed_by(values, month, MONTHS)
    counts = np.full(MONTHS, len(_years(dates))) if summed else np.bincount(month, minlength=MONTHS)
    return np.asarray(total / counts.reshape(-1, *[1] * (total.ndim - 1)))


def annual(values: DailyLayers, dates: DateVector, summed: bool) -> np.ndarray:
    """Each year: its sum, or the mean of its days.

    Parameters
    ----------
    values : array (days, ...), 1
    dates : vector (days)

    Returns
    -------
    array (years, ...), 1
    """
    years = _years(dates)
    number = np.searchsorted(years, dates.astype("datetime64[Y]"))
    total = _summed_by(values, number, len(years))
    return total if summed else total / np.bincount(number).reshape(-1, *[1] * (total.ndim - 1))


def storm_rain(rain: DailyLayers, dates: DateVector, threshold: float) -> np.ndarray:
    """Rain of the days that reach the threshold, in a mean year.

    Parameters
    ----------
    rain : array (days, ...), mm d-1
    dates : vector (days)
    threshold : number, mm d-1

    Returns
    -------
    array (1, ...), mm yr-1
    """
    total: np.ndarray | float = 0.0
    for position in range(len(dates)):
        layer = rain[position]
        total = total + np.where(layer < threshold, 0.0, layer)
    return np.asarray(total / len(_years(dates)))[None]


def days_above(values: DailyLayers, dates: DateVector, threshold: float) -> np.ndarray:
    """Days in a mean year whose value is above the threshold.

    Parameters
    ----------
    values : array (days, ...), degC
    dates : vector (days)
    threshold : number, degC

    Returns
    -------
    array (1, ...), d yr-1
    """
    total: np.ndarray | float = 0.0
    for position in range(len(dates)):
        layer = values[position]
        total = total + np.where(np.isnan(layer), np.nan, layer > threshold)
    return np.asarray(total / len(_years(dates)))[None]


def reference_evapotranspiration(
    values: Mapping[str, DailyLayers],
    dates: DateVector,
    method: str,
    latitude: np.ndarray,
    elevation: np.ndarray | None,
    wind_height: float | None,
) -> np.ndarray:
    """Reference evapotranspiration of each month of a mean year.

    Parameters
    ----------
    values : mapping (text, array (days, ...))
        By role.
    dates : vector (days)
    method : choice {penman_monteith, hargreaves}
    latitude : array (...), deg
    elevation : array (...), m
    wind_height : number, m

    Returns
    -------
    array (12, ...), mm month-1
    """
    total = np.zeros((MONTHS, *np.shape(latitude)))
    months = _month(dates) - 1
    of_year = (dates - dates.astype("datetime64[Y]").astype("datetime64[D]")).astype(int) + 1
    to_two_metres = 1.0 if wind_height is None else 4.87 / math.log(67.8 * wind_height - 5.42)
    for position in range(len(dates)):
        sun, length = evapotranspiration.extraterrestrial_radiation(latitude, int(of_year[position]))
        if method == "hargreaves":
            mean, warm, cold = (values[role][position] for role in ("temperature", "temperature_max", "temperature_min"))
            depth = evapotranspiration.hargreaves(mean, warm, cold, sun)
        else:
            warm, cold, humidity, wind, sunshine = (
                np.asarray(values[role][position], dtype=np.float64)
                for role in ("temperature_max", "temperature_min", "humidity", "wind", "sunshine")
            )
            depth = evapotranspiration.penman_monteith(
                warm, cold, np.minimum(humidity, 100), wind * to_two_metres, sunshine, sun, length, cast("np.ndarray", elevation)
            )
        total[months[position]] += depth
    return total / len(_years(dates))


def _summed_by(values: DailyLayers, number: npt.NDArray[np.int64], count: int) -> np.ndarray:
    """Sum of the layers of each group: array (groups, ...)."""
    first = np.asarray(values[0])
    total = np.zeros((count, *first.shape))
    for position, group in enumerate(number):
        total[group] += values[position]
    return total


def _years(dates: DateVector) -> DateVector:
    return np.unique(dates.astype("datetime64[Y]"))


def _month(dates: DateVector) -> npt.NDArray[np.int64]:
    return dates.astype("datetime64[M]").astype(int) % 12 + 1
