"""Days that a series lacks: listed, or filled by a rule that the user names.

A filled day is a weighted sum of days that are there: none (`zero`), the two neighbours in time (`interpolate`), the same day of
the other years (`climatology`); `nearest_station` takes the value of the nearest station that has one.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ecoval.errors import InputError
from ecoval.prepare.climate.times import DateVector

RULES = ("nearest_station", "zero", "climatology", "interpolate")


def combination(rule: str, day: np.datetime64, present: DateVector, where: str) -> list[tuple[np.datetime64, float]]:
    """Days and weights that stand for a day that is absent.

    Parameters
    ----------
    rule : choice {zero, climatology, interpolate}
    day : day
    present : vector (days)
        In order.

    Returns
    -------
    list of (day, weight)

    Raises
    ------
    InputError
        Where no other year has the day.
    """
    if rule == "zero":
        return []
    if rule == "interpolate":
        after = int(np.searchsorted(present, day))
        if after in (0, len(present)):
            return [(present[min(after, len(present) - 1)], 1.0)]
        before, behind = present[after - 1], present[after]
        share = float((day - before) / (behind - before))
        return [(before, 1.0 - share), (behind, share)]
    same = present[_calendar_day(present) == _calendar_day(np.array([day]))[0]]
    if not same.size:
        raise InputError("climate_no_climatology", where=where, day=str(day))
    return [(each, 1.0 / same.size) for each in same]


def filled_stations(
    values: npt.NDArray[np.float64], days: DateVector, rule: str, distances: npt.NDArray[np.float64], where: str
) -> npt.NDArray[np.float64]:
    """Station series with their gaps filled by the rule.

    Parameters
    ----------
    values : array (days, stations), 1
    days : vector (days)
    rule : choice {nearest_station, zero, climatology, interpolate}
    distances : array (stations, stations), m

    Returns
    -------
    array (days, stations), 1

    Raises
    ------
    InputError
        Where nothing is left to fill from.
    """
    result = values.copy()
    for station in np.flatnonzero(np.isnan(values).any(axis=0)):
        lacking = np.flatnonzero(np.isnan(values[:, station]))
        present = days[~np.isnan(values[:, station])]
        if not present.size and rule != "nearest_station":
            raise InputError("climate_no_climatology", where=where, day=str(days[0]))
        order = np.argsort(distances[station], kind="stable")
        for place in lacking:
            if rule == "nearest_station":
                near = next((each for each in order if not np.isnan(values[place, each])), None)
                if near is None:
                    raise InputError("climate_no_station_that_day", where=where, day=str(days[place]))
                result[place, station] = values[place, near]
            else:
                parts = combination(rule, days[place], present, where)
                at = np.searchsorted(days, np.array([day for day, _ in parts], dtype=days.dtype))
                result[place, station] = float(np.dot(values[at, station], [weight for _, weight in parts])) if parts else 0.0
    return result


def _calendar_day(days: DateVector) -> npt.NDArray[np.int64]:
    """Month and day as one number; 29 February counts as the 28th."""
    months = days.astype("datetime64[M]")
    number = (months.astype(int) % 12 + 1) * 100 + (days - months).astype(int) + 1
    return np.where(number == 229, 228, number)
