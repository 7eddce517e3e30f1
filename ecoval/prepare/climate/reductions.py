"""What is made of a daily series: sums, means and counts over days, one layer of cells or stations at a time.

`values[i]` is the layer of the i-th day, an array (...); days need not be in memory together. Decided 2026: reference
evapotranspiration is worked out day by day without soil heat flux (FAO-56 equation 42), and summed; wind at another height is
brought to 2 m by FAO-56 equation 47.
"""

from __future__ import annotations

import math

import numpy as np

from ecoval.services import erosivity as rain_erosivity
from ecoval.services import evapotranspiration

MONTHS = 12


def erosivity(rain, dates, method, numbers, parts):
    """Mean yearly erosivity, or its parts by half-month (by month for `monthly`).

    Parameters
    ----------
    rain : array (days, ...), mm d-1
    dates : vector (days)
    method : choice {halfmonth, zhang, monthly}
    numbers : mapping
    parts : choice {True, False}

    Returns
    -------
    array (bands, ...), MJ mm ha-1 h-1 yr-1
    """
    if not parts:
        return rain_erosivity.erosivity(rain, dates, method, numbers)[None]
    if method == "monthly":
        constants = rain_erosivity.MonthlyConstants.of(numbers)
        return rain_erosivity.monthly_erosivity(rain_erosivity.monthly_rain(rain, dates), constants)
    if method == "zhang":
        return rain_erosivity.zhang_erosivity(rain, dates, rain_erosivity.ZhangConstants.of(numbers))
    return rain_erosivity.halfmonth_erosivity(rain, dates, rain_erosivity.HalfmonthConstants.of(numbers))


def monthly(values, dates, summed):
    """Each month over the years: mean of its sums, or mean of its days.

    Parameters
    ----------
    values : array (days, ...), 1
    dates : vector (days)
    summed : choice {True, False}

    Returns
    -------
    array (12, ...), 1
    """
    month = _month(dates) - 1
    total = _summed_by(values, month, MONTHS)
    counts = np.full(MONTHS, len(_years(dates))) if summed else np.bincount(month, minlength=MONTHS)
    return total / counts.reshape(-1, *[1] * (total.ndim - 1))


def annual(values, dates, summed):
    """Each year: its sum, or the mean of its days.

    Parameters
    ----------
    values : array (days, ...), 1
    dates : vector (days)
    summed : choice {True, False}

    Returns
    -------
    array (years, ...), 1
    """
    years = _years(dates)
    number = np.searchsorted(years, dates.astype("datetime64[Y]"))
    total = _summed_by(values, number, len(years))
    return total if summed else total / np.bincount(number).reshape(-1, *[1] * (total.ndim - 1))


def storm_rain(rain, dates, threshold):
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
    total = 0.0
    for position in range(len(dates)):
        layer = rain[position]
        total = total + np.where(layer < threshold, 0.0, layer)
    return (total / len(_years(dates)))[None]


def days_above(values, dates, threshold):
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
    total = 0.0
    for position in range(len(dates)):
        layer = values[position]
        total = total + np.where(np.isnan(layer), np.nan, layer > threshold)
    return (total / len(_years(dates)))[None]


def reference_evapotranspiration(values, dates, method, latitude, elevation, wind_height):
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
            weather = [values[role][position] for role in ("temperature", "temperature_max", "temperature_min")]
            depth = evapotranspiration.hargreaves(*weather, sun)
        else:
            warm, cold, humidity, wind, sunshine = (
                np.asarray(values[role][position], dtype=np.float64)
                for role in ("temperature_max", "temperature_min", "humidity", "wind", "sunshine")
            )
            depth = evapotranspiration.penman_monteith(
                warm, cold, np.minimum(humidity, 100), wind * to_two_metres, sunshine, sun, length, elevation
            )
        total[months[position]] += depth
    return total / len(_years(dates))


def _summed_by(values, number, count):
    """Sum of the layers of each group: array (groups, ...)."""
    first = np.asarray(values[0])
    total = np.zeros((count, *first.shape))
    for position, group in enumerate(number):
        total[group] += values[position]
    return total


def _years(dates):
    return np.unique(dates.astype("datetime64[Y]"))


def _month(dates):
    return dates.astype("datetime64[M]").astype(int) % 12 + 1
