"""Times of a series: CF time coordinates, ISO dates of bands, and the civil day that a step belongs to.

Decided 2026: a calendar without 29 February (`noleap`) is read, since each of its days is a day of the civil calendar: the 29th is
a gap, filled by a named rule or refused like any other. Calendars of 360 days hold days that do not exist: refused. `all_leap`
and `julian` are refused too.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from ecoval.errors import InputError

HOUR = np.timedelta64(3600, "s")
CIVIL = ("standard", "gregorian", "proleptic_gregorian", "")
NOLEAP = ("noleap", "365_day")
BOUNDARIES = {"0-24": 0, "20-20": 4, "08-08": -8}
"""Hours that are added to a local time before its date is taken."""
DateVector = npt.NDArray[np.datetime64]
STAMPS = ("start", "middle", "end")

_UNITS = re.compile(
    r"^\s*(\w+?)s?\s+since\s+(\d{1,4})-(\d{1,2})-(\d{1,2})(?:[T\s]+(\d{1,2}):(\d{1,2})(?::(\d{1,2}(?:\.\d*)?))?)?", re.I
)
_ZONE = re.compile(r"[+-]\d{1,2}:?\d{2}\s*$|[+-]\d{1,2}\s*$")
_SECONDS = {"day": 86400, "d": 86400, "hour": 3600, "hr": 3600, "h": 3600, "minute": 60, "min": 60, "second": 1, "sec": 1}
_GREGORIAN = datetime.date(1582, 10, 15)
_CUMULATIVE = np.cumsum([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30])


def decoded(values: npt.ArrayLike, units: str, calendar: str, path: str) -> DateVector:
    """Times of CF values.

    Parameters
    ----------
    values : vector (steps)
    units : text
        Such as "hours since 1900-01-01 00:00:00".
    path : text
        For messages.

    Returns
    -------
    vector (steps)
        datetime64[s].

    Raises
    ------
    InputError
        For an unreadable unit and for calendars with days that do not exist.
    """
    calendar = calendar.lower()
    if calendar not in (*CIVIL, *NOLEAP):
        raise InputError("climate_calendar", path=path, found=calendar, known=[*CIVIL[:3], *NOLEAP])
    found = _UNITS.match(units)
    size = _SECONDS.get(found[1].lower()) if found else None
    if found is None or size is None:
        raise InputError("climate_time_units", path=path, found=units or "-")
    year, month, day = (int(found[part]) for part in (2, 3, 4))
    begin = float(found[5] or 0) * 3600 + float(found[6] or 0) * 60 + float(found[7] or 0)
    try:
        origin = datetime.date(year, month, day)
    except ValueError:
        raise InputError("climate_time_units", path=path, found=units) from None
    seconds = np.round(np.asarray(values, dtype=np.float64) * size + begin).astype(np.int64)
    zone = _ZONE.search(units[found.end() :])
    if zone:
        sign, digits = zone[0][0], zone[0][1:].strip().replace(":", "")
        hours, minutes = (int(digits[:-2]), int(digits[-2:])) if len(digits) > 2 else (int(digits), 0)
        seconds -= (1 if sign == "+" else -1) * (hours * 3600 + minutes * 60)
    if calendar in NOLEAP:
        return _noleap(origin, seconds)
    if calendar in ("standard", "gregorian", "") and origin < _GREGORIAN:
        if origin == datetime.date(1, 1, 1):  # the mixed calendar counts two days more up to the reform
            seconds -= 2 * 86400
        else:
            raise InputError("climate_time_units", path=path, found=units)
    return np.datetime64(origin.isoformat(), "s") + seconds.astype("timedelta64[s]")


def _noleap(origin: datetime.date, seconds: npt.NDArray[np.int64]) -> DateVector:
    """Times in a calendar whose years all have 365 days."""
    start = origin.year * 365 + int(_CUMULATIVE[origin.month - 1]) + min(origin.day, 28 if origin.month == 2 else 31) - 1
    day, rest = np.divmod(seconds, 86400)
    years, inside = np.divmod(start + day, 365)
    months = np.searchsorted(_CUMULATIVE, inside, side="right") - 1
    first = ((years - 1970) * 12 + months).astype("datetime64[M]").astype("datetime64[s]")
    result: DateVector = first + ((inside - _CUMULATIVE[months]) * 86400 + rest).astype("timedelta64[s]")
    return result


def of_descriptions(texts: Iterable[str]) -> DateVector | None:
    """Times of bands that are described by ISO dates, None where one is not.

    Parameters
    ----------
    texts : vector (bands)

    Returns
    -------
    vector (bands)
        datetime64[s].
    """
    try:
        return np.array([datetime.datetime.fromisoformat(text.strip()) for text in texts], dtype="datetime64[s]")
    except ValueError:
        return None


def step_of(times: DateVector, path: str) -> float:
    """Step of a series: the most frequent distance of two times.

    Parameters
    ----------
    times : vector (steps)

    Returns
    -------
    number, h

    Raises
    ------
    InputError
        For times that go back or stand twice, and for steps that do not make up a day.
    """
    if len(times) < 2:
        return 24.0
    apart = np.diff(times)
    if (apart <= np.timedelta64(0, "s")).any():
        where = int(np.argmax(apart <= np.timedelta64(0, "s")))
        raise InputError("climate_times_unordered", path=path, first=str(times[where]), second=str(times[where + 1]))
    sizes, counts = np.unique(apart, return_counts=True)
    hours = float(sizes[np.argmax(counts)] / HOUR)
    if hours > 24 or (24 / hours) % 1:
        raise InputError("climate_step", path=path, found=hours)
    return hours


def civil_days(times: DateVector, hours: float, stamp: str, utc_offset: float, boundary: str) -> DateVector:
    """Civil day of each step, by the middle of its interval.

    Parameters
    ----------
    times : vector (steps)
        UTC.
    hours : number, h
        Step.
    stamp : choice {start, middle, end}
        What of the interval the time names.
    utc_offset : number, h
        Local time less UTC.
    boundary : choice {0-24, 20-20, 08-08}

    Returns
    -------
    vector (steps)
        datetime64[D].
    """
    shift = {"start": hours / 2, "middle": 0.0, "end": -hours / 2}[stamp]
    total = shift + utc_offset + BOUNDARIES[boundary]
    return (times + np.timedelta64(round(total * 3600), "s")).astype("datetime64[D]")


def whole_years(days: DateVector, years: Sequence[int] | None, path: str) -> DateVector:
    """Days that a series must hold: those of the years asked for, or of all years from the first day to the last.

    Parameters
    ----------
    days : vector (days)
        Days that are there whole.
    years : pair of number, yr
        First and last; None: all.

    Returns
    -------
    vector (days)

    Raises
    ------
    InputError
        Where no day lies in the years.
    """
    first, last = (int(day.astype("datetime64[Y]").astype(int)) + 1970 for day in (days[0], days[-1]))
    if years is not None:
        if years[0] > last or years[1] < first:
            raise InputError("climate_years_absent", path=path, asked=f"{years[0]}-{years[1]}", found=f"{first}-{last}")
        first, last = years
    return np.arange(f"{first:04d}-01-01", f"{last + 1:04d}-01-01", dtype="datetime64[D]")


def listed(days: npt.ArrayLike) -> list[str]:
    """Days as text, runs of days as first/last.

    Parameters
    ----------
    days : vector (days)
    """
    days = np.asarray(days, dtype="datetime64[D]")
    if not days.size:
        return []
    cuts = np.flatnonzero(np.diff(days) > np.timedelta64(1, "D")) + 1
    edges = [0, *cuts.tolist(), days.size]
    runs = [(days[start], days[stop - 1]) for start, stop in pairwise(edges)]
    return [str(first) if first == last else f"{first}/{last}" for first, last in runs]
