"""Series of stations out of tables: one row per station and time, or one column per station.

A long table has a column of the station, a date (`DATETIME`, or year, month and day), columns of variables, and the place of the
station in each row or in a table of sites. A wide table has a date and one column per station, for one variable. Codes that stand
for missing values, for traces or for kinds of precipitation are numbers like any other until they are declared.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ecoval import tables
from ecoval.declarations import YEAR_DOMAIN, Key, entries, spellings
from ecoval.errors import InputError
from ecoval.prepare.climate import measures, times
from ecoval.prepare.climate.reading import Reading
from ecoval.prepare.climate.times import DateVector
from ecoval.prepare.recipe import note

ENDINGS = (".csv", ".tsv", ".xlsx", ".xlsm")
_LOCAL = re.compile(r"^#\s*(LOCALTIME|UTCTIME)\s*([+-]?\d+(?:\.\d+)?)?", re.I)
CODED = {30000: "snow", 31000: "rain and snow", 32000: "dew, fog, frost"}
TRACE_CODED = 32700
MISSING_CODED = 32766
IDENTIFIER = Key("the station", "台站号", also=("station_id", "station", "station_id_c", "id", "区站号", "站号", "台站号"))


@dataclass(frozen=True)
class StationRow:
    """A row of a long table of stations; one column per variable stands beside these, and the columns of the place may."""

    stationid: Annotated[str, IDENTIFIER]
    datetime: Annotated[
        str | None,
        Key(
            "date, with the hour where steps are shorter",
            "日期，不足一日时含小时",
            also=("date", "time", "日期", "时间", "资料时间"),
        ),
    ] = None
    year: Annotated[
        int | None,
        Key("with month and day in place of datetime", "与 month、day 一起代替 datetime", also=("年", "年份"), **YEAR_DOMAIN),
    ] = None
    month: Annotated[int | None, Key("of the year", "月份", also=("mon", "月", "月份"), low=1, high=12)] = None
    day: Annotated[int | None, Key("of the month", "日", also=("日",), low=1, high=31)] = None


@dataclass(frozen=True)
class SiteRow:
    """The place of a station, in a table of its own or in each row of the series."""

    stationid: Annotated[str, IDENTIFIER]
    lon: Annotated[float, Key("longitude", "经度", also=("longitude", "经度"), low=-360, high=360, measure="deg")]
    lat: Annotated[float, Key("latitude", "纬度", also=("latitude", "纬度"), low=-90, high=90, measure="deg")]
    elevation: Annotated[
        float | None,
        Key(
            "above the sea",
            "海拔高度",
            also=("elev", "alti", "altitude", "海拔", "海拔高度", "观测场海拔高度"),
            measure="m",
            low=-500,
            high=9000,
        ),
    ] = None


TIMES, SITES = spellings(StationRow), spellings(SiteRow)
STATION, DATE, PARTS = TIMES["stationid"], TIMES["datetime"], tuple(TIMES[name] for name in ("year", "month", "day"))
LON, LAT, ELEVATION = SITES["lon"], SITES["lat"], SITES["elevation"]
FARTHEST = {entry.name: entry.key.high for entry in entries(SiteRow)}


@dataclass
class StationSeries:
    """Daily values of stations.

    Attributes
    ----------
    ids : vector (stations)
    lon, lat : vector (stations), deg
    elevation : vector (stations), m
    days : vector (days)
    values : mapping (text, array (days, stations))
        By role, in its measure; nan = missing.
    """

    ids: list[str]
    lon: npt.NDArray[np.float64]
    lat: npt.NDArray[np.float64]
    elevation: npt.NDArray[np.float64]
    days: DateVector
    values: dict[str, npt.NDArray[np.float64]]
    name: str
    notes: list[dict[str, Any]] = field(default_factory=list)


def read(files: Mapping[str, list[Path]], wanted: Sequence[str], asked: Reading) -> StationSeries:
    """Daily series of stations.

    Parameters
    ----------
    files : mapping (role, list of path)
        Under "" tables that may hold any role.
    wanted : list of text
        Roles.

    Raises
    ------
    InputError
        For absent columns and sites, doubled times, values that are no numbers or beyond what a role can be.
    """
    found: dict[str, list[pd.DataFrame]] = {role: [] for role in measures.ROLES}
    sites: list[pd.DataFrame] = []
    notes: list[dict[str, Any]] = []
    paths = [(path, [role] if role else wanted) for role, entry in files.items() for path in entry]
    for path, roles in paths:
        frame = tables.read(path, remark="#")
        columns = {name.lower(): name for name in frame.columns}
        station = _column(columns, STATION)
        when = _times(frame, columns)
        zone = _zone(frame, asked)
        if station is None:
            _wide(frame, when, zone, roles, asked, columns, found)
        else:
            _long(frame, when, zone, roles, asked, station, found)
            if _column(columns, LON) is not None and asked.stations is None:
                sites.append(_sites(frame.drop_duplicates(station), columns, station, asked))
        notes.append(note("climate_table_time", path=str(path), stated=(frame.attrs["remarks"] or ["-"])[0]))
    name = str(paths[0][0])
    for role in wanted:
        if not found.get(role):
            raise InputError("climate_column_absent", path=name, role=role, names=measures.ROLES[role].names[:5])
    daily = {role: _daily(pd.concat(found[role], axis=0), role, asked, name) for role in wanted}
    if asked.stations is not None:
        frame = tables.read(asked.stations)
        columns = {name.lower(): name for name in frame.columns}
        sites = [_sites(frame, columns, _required(frame, columns, STATION), asked)]
    if not sites:
        raise InputError("climate_sites_absent", path=name, count=len(next(iter(daily.values())).columns))
    series = _joined(daily, pd.concat(sites), name)
    series.notes = notes + series.notes
    return series


def _column(columns: Mapping[str, str], names: Iterable[str]) -> str | None:
    return next((columns[name] for name in names if name in columns), None)


def _required(frame: pd.DataFrame, columns: Mapping[str, str], names: Sequence[str]) -> str:
    found = _column(columns, names)
    if found is None:
        raise InputError(
            "table_column_missing", path=str(frame.attrs["path"]), column=names[0], nearest=next(iter(columns.values()))
        )
    return found


def _times(frame: pd.DataFrame, columns: Mapping[str, str]) -> pd.Series[pd.Timestamp]:
    """Times of the rows: a date column, or year, month and day."""
    name = _column(columns, DATE)
    if name is None:
        year, month, day = (_read_numbers(frame, _required(frame, columns, part), required=True) for part in PARTS)
        when = pd.to_datetime(pd.DataFrame({"year": year, "month": month, "day": day}), errors="coerce")
        name = _required(frame, columns, PARTS[2])
    else:
        texts = frame[name].fillna("").str.replace("/", "-", regex=False)
        parts = texts.str.extract(r"^(\d{4})-?(\d{1,2})-?(\d{1,2})(?:[T ](\d{1,2})(?::(\d{1,2}))?(?::\d{1,2})?)?$")
        numbers = parts.apply(pd.to_numeric, errors="coerce")
        numbers.columns = ["year", "month", "day", "hour", "minute"]
        numbers[["hour", "minute"]] = numbers[["hour", "minute"]].fillna(0)
        when = pd.to_datetime(numbers, errors="coerce")
    if when.isna().any():
        row = when.index[when.isna().to_numpy()][0]
        raise InputError("gauge_date", path=frame.attrs["path"], cell=tables.cell(frame, row, name), found=str(frame[name][row]))
    return when


def _read_numbers(frame: pd.DataFrame, name: str, required: bool = False) -> pd.Series[float]:
    """Numbers of a column; each text is read once, as a long series has few."""
    texts = frame[name]
    once = frame[~texts.duplicated()]
    once.attrs = frame.attrs
    numbers = tables.numbers(once, name, required=required)
    place = pd.Index(once[name]).get_indexer(texts)
    return pd.Series(numbers.to_numpy()[place], index=frame.index, name=name)


def _zone(frame: pd.DataFrame, asked: Reading) -> float | None:
    """Hours by which the times of a table are ahead of UTC: declared, or said above its columns; None: not said."""
    if asked.time_zone is not None:
        return asked.time_zone
    for text in frame.attrs["remarks"]:
        found = _LOCAL.match(text)
        if found:
            return 0.0 if found[1].upper() == "UTCTIME" else float(found[2] or 0)
    return None


def _wide(
    frame: pd.DataFrame,
    when: pd.Series[pd.Timestamp],
    zone: float | None,
    wanted: Sequence[str],
    asked: Reading,
    columns: Mapping[str, str],
    found: Mapping[str, list[pd.DataFrame]],
) -> None:
    if len(wanted) != 1:
        raise InputError("climate_table_wide", path=frame.attrs["path"], roles=wanted)
    (role,) = wanted
    time = _column(columns, DATE) or next(iter(frame.columns))
    parts = {_column(columns, part) for part in PARTS}
    for name in frame.columns:
        if name == time or name in parts:
            continue
        values = _numbers(frame, name, role, asked)
        found[role].append(pd.DataFrame({"station": name, "time": when, "value": values, "zone": zone, "row": frame.index}))


def _long(
    frame: pd.DataFrame,
    when: pd.Series[pd.Timestamp],
    zone: float | None,
    wanted: Sequence[str],
    asked: Reading,
    station: str,
    found: Mapping[str, list[pd.DataFrame]],
) -> None:
    for role in wanted:
        name = asked.variables.get(role)
        if name is not None and name not in frame.columns:
            raise InputError("table_column_missing", path=frame.attrs["path"], column=name, nearest=next(iter(frame.columns)))
        name = name or next((each for each in frame.columns if measures.role_of(each) == role), None)
        if name is not None:
            values = _numbers(frame, name, role, asked)
            part = {"station": frame[station], "time": when, "value": values, "zone": zone, "row": frame.index}
            found[role].append(pd.DataFrame(part))


def _numbers(frame: pd.DataFrame, name: str, role: str, asked: Reading) -> npt.NDArray[np.float64]:
    """Numbers of a column after codes and measure."""
    values: npt.NDArray[np.float64] = np.array(_read_numbers(frame, name), dtype=np.float64)
    values[np.isin(values, asked.missing)] = np.nan
    where = f"{frame.attrs['path']} {name}"
    if role == "rain":
        values[np.isin(values, asked.trace)] = 0.0
        if asked.rain_codes == "surf":
            values = decoded_rain(values)
    stated = asked.measure_of(role)
    low, high, mean = measures.statistics(values)
    if stated:
        how = measures.conversion(role, stated, where)
        if how.form == measures.RATE:
            raise InputError("climate_rate_of_station", where=where, found=stated)
        values = values * how.factor + how.offset
        low, high, mean = measures.statistics(values)
    elif not np.isnan(low):
        measures.plausible(role, low, high, mean, where)
    if not np.isnan(low):
        measures.in_range(role, low, high, where)
    return values


def decoded_rain(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Rain of the codes of Chinese surface data, in the table's own measure.

    Parameters
    ----------
    values : vector (rows), 1

    Returns
    -------
    vector (rows), 1
        32766 is missing, 32700 a trace (0), 30xxx snow, 31xxx rain and snow, 32xxx dew, fog and frost: xxx each.
    """
    values = np.where(values == MISSING_CODED, np.nan, np.where(values == TRACE_CODED, 0.0, values))
    with np.errstate(invalid="ignore"):
        coded = (values >= min(CODED)) & (values < TRACE_CODED)
    return np.where(coded, values % 1000, values)


def _daily(rows: pd.DataFrame, role: str, asked: Reading, path: str) -> pd.DataFrame:
    """Table (day, station) of daily values."""
    twice = rows.duplicated(["station", "time"], keep=False)
    if twice.any():
        first = rows[twice].iloc[0]
        count = int(rows.duplicated(["station", "time"]).sum())
        raise InputError(
            "climate_station_twice", path=path, station=str(first["station"]), time=str(first["time"]), role=role, count=count
        )
    hours = _hours(rows, path)
    if hours == 24:
        rows = rows.assign(day=rows["time"].dt.floor("D"))
        if rows.duplicated(["station", "day"]).any():
            first = rows[rows.duplicated(["station", "day"])].iloc[0]
            count = int(rows.duplicated(["station", "day"]).sum())
            raise InputError(
                "climate_station_twice", path=path, station=str(first["station"]), time=str(first["day"]), role=role, count=count
            )
        return rows.pivot(index="day", columns="station", values="value")
    zones = rows["zone"].dropna()
    if len(zones) < len(rows):
        raise InputError("climate_zone_unsaid", path=path, hours=hours)
    about = measures.ROLES[role]
    utc = (rows["time"] - pd.to_timedelta(rows["zone"].astype(float), unit="h")).to_numpy().astype("datetime64[s]")
    stamp = asked.stamp or ("end" if about.day == "sum" else "middle")
    rows = rows.assign(day=times.civil_days(utc, hours, stamp, asked.utc_offset, asked.day).astype("datetime64[ns]"))
    grouped = rows.groupby(["day", "station"])["value"]
    whole = grouped.count() == round(24 / hours)
    result: pd.DataFrame = getattr(grouped, about.day)().where(whole).unstack("station")
    return result


def _hours(rows: pd.DataFrame, path: str) -> float:
    """Step of the first station."""
    one = np.sort(rows.loc[rows["station"] == rows["station"].iloc[0], "time"].to_numpy().astype("datetime64[s]"))
    apart = np.unique(np.diff(one), return_counts=True)
    if not apart[0].size:
        return 24.0
    step = float(apart[0][np.argmax(apart[1])] / times.HOUR)
    if step > 24 or 24 / step % 1:
        raise InputError("climate_step", path=path, found=step)
    return step


def _sites(frame: pd.DataFrame, columns: Mapping[str, str], station: str, asked: Reading) -> pd.DataFrame:
    """Places of stations: table (station, lon, lat, elevation)."""
    lon, lat = (tables.numbers(frame, _required(frame, columns, names), required=True) for names in (LON, LAT))
    name = _column(columns, ELEVATION)
    elevation = tables.numbers(frame, name) if name is not None else pd.Series(np.nan, index=frame.index)
    if asked.coordinates == "degree_minutes":
        lon, lat = (np.trunc(each / 100) + each % 100 / 60 for each in (lon, lat))
    beyond = (lat.abs() > FARTHEST["lat"]) | (lon.abs() > FARTHEST["lon"])
    if beyond.any():
        row = lat.index[beyond.to_numpy()][0]
        raise InputError("climate_site_beyond", path=frame.attrs["path"], row=int(row), lon=float(lon[row]), lat=float(lat[row]))
    elevation = elevation * asked.elevation_factor
    return pd.DataFrame({"station": frame[station], "lon": lon, "lat": lat, "elevation": elevation})


def _joined(daily: Mapping[str, pd.DataFrame], sites: pd.DataFrame, path: str) -> StationSeries:
    """Series of the stations that have a place."""
    sites = sites.drop_duplicates("station").set_index("station")
    ids = sorted(set.union(*({str(name) for name in table.columns} for table in daily.values())))
    absent = [name for name in ids if name not in sites.index]
    if absent:
        raise InputError("climate_station_without_site", path=path, count=len(absent), stations=absent)
    table = sites.loc[ids]
    days = np.unique(np.concatenate([each.index.to_numpy().astype("datetime64[D]") for each in daily.values()]))
    stamps = pd.DatetimeIndex(days.astype("datetime64[ns]"))
    values = {}
    for role, each in daily.items():
        each.index = pd.DatetimeIndex(each.index.to_numpy().astype("datetime64[ns]"))
        values[role] = each.reindex(index=stamps, columns=ids).to_numpy(dtype=np.float64)
    lon, lat, elevation = (table[name].to_numpy(dtype=np.float64) for name in ("lon", "lat", "elevation"))
    return StationSeries(ids, lon, lat, elevation, days, values, path)
