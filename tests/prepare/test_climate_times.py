"""Times, measures and filled days by hand."""

import numpy as np
import pytest

from ecoval.errors import InputError
from ecoval.prepare.climate import gaps, measures, times


def text(values):
    return np.datetime_as_string(values).tolist()


@pytest.mark.parametrize(
    ("value", "units", "calendar", "expected"),
    [
        (0, "hours since 1900-01-01 00:00:0.0", "standard", "1900-01-01T00:00:00"),
        (1041552, "hours since 1900-01-01 00:00:00.0", "gregorian", "2018-10-27T00:00:00"),
        (1.5, "days since 2000-02-28", "proleptic_gregorian", "2000-02-29T12:00:00"),
        (90, "minutes since 2000-01-01 06:30", "", "2000-01-01T08:00:00"),
        (0, "seconds since 1970-01-01T00:00:00 +08:00", "standard", "1969-12-31T16:00:00"),
        (60, "days since 2000-01-01", "noleap", "2000-03-02T00:00:00"),
        (58.25, "days since 2000-01-01", "365_day", "2000-02-28T06:00:00"),
        (365 * 20, "days since 1999-03-01", "noleap", "2019-03-01T00:00:00"),
    ],
)
def test_cf_times(value, units, calendar, expected):
    assert text(times.decoded([value], units, calendar, "f.nc")) == [expected]


def test_mixed_calendar_of_year_one_agrees_with_a_known_day():
    # NCEP counts hours since 1-1-1 in the mixed calendar: 17067072 h is 1948-01-01
    assert text(times.decoded([17067072], "hours since 1-1-1 00:00:0.0", "standard", "f.nc")) == ["1948-01-01T00:00:00"]


@pytest.mark.parametrize("calendar", ["360_day", "all_leap", "366_day", "julian", "none"])
def test_calendars_with_other_days_are_refused(calendar):
    with pytest.raises(InputError, match=f'calendar.*"f.nc" has "{calendar}".*Expected one of.*convert'):
        times.decoded([0], "days since 2000-01-01", calendar, "f.nc")


@pytest.mark.parametrize("units", ["", "months since 2000-01-01", "hours", "days since 2000-13-01", "days since 1000-01-01"])
def test_unreadable_time_units_are_refused(units):
    with pytest.raises(InputError, match=r"Times of a series cannot be read.*hours since 1900"):
        times.decoded([0], units, "standard", "f.nc")


def test_steps_are_the_usual_distance():
    hourly = np.arange("2020-01-01T00", "2020-01-03T00", 3, dtype="datetime64[h]").astype("datetime64[s]")
    assert times.step_of(np.delete(hourly, 5), "f") == 3
    with pytest.raises(InputError, match="5 h"):
        times.step_of(np.arange("2020-01-01T00", "2020-01-03T00", 5, dtype="datetime64[h]").astype("datetime64[s]"), "f")
    with pytest.raises(InputError, match="go back or stand twice"):
        times.step_of(hourly[[0, 2, 1]], "f")


@pytest.mark.parametrize(
    ("time", "stamp", "offset", "boundary", "expected"),
    [
        ("2020-06-30T16:00", "end", 8, "0-24", "2020-06-30"),  # 15-16 UTC is 23-24 in Beijing
        ("2020-06-30T16:00", "start", 8, "0-24", "2020-07-01"),
        ("2020-06-30T13:00", "end", 8, "20-20", "2020-07-01"),  # 20-21 in Beijing begins the next day
        ("2020-06-30T12:00", "end", 8, "20-20", "2020-06-30"),
        ("2020-07-01T00:00", "end", 8, "08-08", "2020-06-30"),  # 7-8 in Beijing ends the day of the 30th
        ("2020-07-01T01:00", "end", 8, "08-08", "2020-07-01"),
        ("2020-07-01T00:00", "middle", 0, "0-24", "2020-07-01"),
    ],
)
def test_day_of_an_hour(time, stamp, offset, boundary, expected):
    found = times.civil_days(np.array([time], dtype="datetime64[s]"), 1.0, stamp, offset, boundary)
    assert text(found) == [expected]


def test_days_are_listed_in_runs():
    days = np.array(["2020-01-01", "2020-01-02", "2020-01-03", "2020-01-07"], dtype="datetime64[D]")
    assert times.listed(days) == ["2020-01-01/2020-01-03", "2020-01-07"]


@pytest.mark.parametrize(
    ("role", "measure", "factor", "offset", "form"),
    [
        ("rain", "mm hr-1", 1, 0, "rate"),
        ("rain", "mm/h", 1, 0, "rate"),
        ("rain", "kg m**-2 s**-1", 3600, 0, "rate"),
        ("rain", "kg m-2", 1, 0, "amount"),
        ("rain", "m", 1000, 0, "amount"),
        ("rain", "0.1 mm", 0.1, 0, "amount"),
        ("rain", "mm/day", 1 / 24, 0, "rate"),
        ("temperature", "K", 1, -273.15, "value"),
        ("temperature_max", "0.1 degC", 0.1, 0, "value"),
        ("temperature_min", "℃", 1, 0, "value"),
        ("humidity", "1", 100, 0, "value"),
        ("sunshine", "0.1 h", 0.1, 0, "value"),
    ],
)
def test_measures_are_converted(role, measure, factor, offset, form):
    found = measures.conversion(role, measure, "f")
    assert (found.factor, found.offset, found.form) == (pytest.approx(factor), offset, form)


def test_filled_day_is_a_weighted_sum():
    have = np.array(["2019-02-28", "2019-03-05", "2020-02-28", "2020-03-01"], dtype="datetime64[D]")
    day = np.datetime64("2020-02-29")
    assert gaps.combination("zero", day, have, "f") == []
    found = gaps.combination("interpolate", day, have, "f")
    assert found == [(np.datetime64("2020-02-28"), 0.5), (np.datetime64("2020-03-01"), 0.5)]
    found = gaps.combination("climatology", day, have, "f")
    assert found == [(np.datetime64("2019-02-28"), 0.5), (np.datetime64("2020-02-28"), 0.5)]
    with pytest.raises(InputError, match=r"nothing to be filled from: 2020-07-01"):
        gaps.combination("climatology", np.datetime64("2020-07-01"), have, "f")
