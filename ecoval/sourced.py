"""Numbers with their sources: rows of the packaged parameter tables and of a study's own.

A row is one number with its measure, range, region, year, source and status. What is chosen among rows is decided in `parameters`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ecoval import measure, tables
from ecoval.constants import STATUS_ORDER
from ecoval.declarations import PRICE_DOMAIN, YEAR_DOMAIN, Key, columns
from ecoval.declared_tables import check_rows
from ecoval.errors import ParameterError
from ecoval.registry import data_rows, rows_of, service_rows
from ecoval.terms import nearest
from ecoval.words import Phrase, in_words

TO_BE_GIVEN = "to be given"  # begins the remark of a number that no table has
OWN_DOMAIN = "each parameter has a domain of its own"


@dataclass(frozen=True)
class ParameterRow:
    """A row of a study's own table of numbers; the packaged tables have the same columns but the service."""

    service: Annotated[str, Key("code of the service", "服务代码")]
    parameter: Annotated[str, Key("name of the number", "参数名称")]
    key: Annotated[
        str,
        Key(
            "ecosystem type or other key of the parameter; * where it has one number for all",
            "生态系统类型或该参数的其他键；只有一个数值的参数为 *",
        ),
    ] = "*"
    value: Annotated[float, Key("the number", "数值", free=OWN_DOMAIN)] = field(kw_only=True)
    low: Annotated[float | None, Key("least value, where it is known", "已知的最小值", free=OWN_DOMAIN)] = None
    high: Annotated[float | None, Key("greatest value, where it is known", "已知的最大值", free=OWN_DOMAIN)] = None
    uom: Annotated[str, Key("unit of measure", "计量单位")] = "1"
    region: Annotated[str, Key("where it holds, such as CN-33; *: everywhere", "适用地区，如 CN-33；* 为各地")] = "*"
    year: Annotated[
        int | str | None,
        Key(
            "of the money or of the observation; empty or *: any",
            "价格或观测的年份；空或 * 为任意年份",
            pattern=r"\*",
            **YEAR_DOMAIN,
        ),
    ] = None
    source_id: Annotated[str | None, Key("source; default: the name of the table", "来源；默认表名")] = None
    locator: Annotated[str | None, Key("page or table of the source", "来源中的页码或表号")] = None
    status: Annotated[str, Key("example stays, all else counts as user", "example 保留，其余按 user 计")] = "user"
    note: Annotated[str | None, Key("remark", "备注", cosmetic="a remark")] = None


@dataclass(frozen=True)
class ListedPriceRow:
    """A row of a list of prices by their names."""

    name: Annotated[str, Key("of the price, as in [prices]", "价格名称，与 [prices] 相同")]
    value: Annotated[float, Key("the price", "价格", **PRICE_DOMAIN)]
    uom: Annotated[str, Key("its unit of measure", "计量单位")]
    year: Annotated[int | None, Key("year of the money", "价格年", **YEAR_DOMAIN)] = None
    source: Annotated[str | None, Key("where it comes from", "数据来源")] = None
    status: Annotated[str | None, Key("how far it is checked", "核对状态")] = None


COLUMNS = columns(ParameterRow)[1:]


@dataclass(frozen=True)
class Number:
    """One row of a parameter table; `low` and `high` are nan where no range is known."""

    service: str
    parameter: str
    key: str
    value: float
    uom: str
    status: str
    low: float = math.nan
    high: float = math.nan
    region: str = "*"
    year: int | None = None
    source_id: str = ""
    locator: str = ""
    note: str = ""
    table: str = field(default="", compare=False)  # of the study's own, and its row: what messages name
    row: int = field(default=0, compare=False)

    def in_measure(self, target: str) -> Number:
        """The number converted to another measure of its dimension."""
        if target == self.uom:
            return self
        factor = measure.factor(self.uom, target)
        return replace(self, value=self.value * factor, low=self.low * factor, high=self.high * factor, uom=target)

    @property
    def text(self) -> str:
        """How a message names the row: value, measure, source, region, status."""
        year = f" {self.year}" if self.year else ""
        return f"{self.parameter} {self.key} = {self.value:g} {self.uom} ({self.source_id}, {self.region}{year}, {self.status})"


@dataclass(frozen=True)
class Vector:
    """One number per ecosystem type; nan where a partial parameter has none."""

    codes: tuple[int, ...]
    numbers: tuple[Number | None, ...]

    @property
    def values(self) -> npt.NDArray[np.float32]:
        """The numbers in the order of the codes."""
        return np.array([math.nan if number is None else number.value for number in self.numbers], dtype=np.float32)

    @property
    def status(self) -> str:
        """The worst status."""
        return worst(number.status for number in self.numbers if number is not None)

    def cells(self, types: npt.NDArray[np.int16]) -> npt.NDArray[np.float32]:
        """Number of each cell's type; nan for types without one."""
        dense = np.full(max(int(types.max(initial=0)), 0, *self.codes) + 1, math.nan, dtype=np.float32)
        dense[list(self.codes)] = self.values
        return dense[np.maximum(types, 0)] if 0 not in self.codes else dense[types]


def worst(statuses: Iterable[str]) -> str:
    """The worst of some statuses; `verified` where there are none."""
    return max(statuses, key=STATUS_ORDER.index, default=STATUS_ORDER[0])


def contains(region: str, other: str | None) -> bool:
    """Whether a region contains another: `*` contains all, CN contains CN-33, CN-33 contains CN-3301."""
    if region == "*" or other is None:
        return region == "*"
    return other == region or other.startswith(region if "-" in region else f"{region}-")


@cache
def packaged() -> Mapping[tuple[str, str], tuple[Number, ...]]:
    """All packaged numbers: (service, parameter) -> rows."""
    folder = resources.files("ecoval").joinpath("data", "parameters")
    rows = [{"service": entry.name.removesuffix(".csv"), **row} for entry in folder.iterdir() for row in rows_of(entry)]
    packaged_numbers: dict[tuple[str, str], list[Number]] = {}
    for row in sorted([*rows, *service_rows("parameters")], key=lambda row: row["service"]):
        packaged_numbers.setdefault((row["service"], row["parameter"]), []).append(read_number(row["service"], row))
    return {name: tuple(numbers) for name, numbers in packaged_numbers.items()}


@cache
def sources() -> Mapping[str, dict[str, str]]:
    """All sources: source_id -> citation, identifier, kind, licence, note."""
    return {row["source_id"]: row for row in data_rows("sources.csv")}


def read_number(service: str, row: Mapping[str, Any], own: str = "") -> Number:
    """A row of a table as a number; in an own table the status is `user`, or `example` where the row says so."""
    text = {name: "" if pd.isna(row.get(name, "")) else str(row.get(name, "")).strip() for name in COLUMNS}
    where = {"table": own or f"parameters/{service}.csv", "parameter": text["parameter"], "key": text["key"] or "*"}
    try:
        value, low, high = (float(text[name]) if text[name] else math.nan for name in ("value", "low", "high"))
        year = int(float(text["year"])) if text["year"] and text["year"] != "*" else None
    except ValueError:
        raise ParameterError("parameter_not_a_number", **where, given=text["value"]) from None
    if not math.isfinite(value):
        raise ParameterError("parameter_not_a_number", **where, given=text["value"])
    if value < low or value > high:
        raise ParameterError("parameter_outside_range", **where, given=value, low=low, high=high)
    status = text["status"] if not own or text["status"] == "example" else "user"
    return Number(
        service=service,
        parameter=text["parameter"],
        key=text["key"] or "*",
        value=value,
        low=low,
        high=high,
        uom=measure.check(text["uom"] or "1"),
        region=text["region"] or "*",
        year=year,
        source_id=text["source_id"] or own,
        locator=text["locator"],
        status=status,
        note=text["note"],
    )


@cache
def stand_ins(service: str, name: str, code: int, region: str | None) -> tuple[str, ...]:
    """Keys that stand for a type in a table whose keys are not type codes, by region."""
    return tuple(
        row["key"]
        for row in service_rows("stand_ins")
        if (row["service"], row["parameter"], row["code"]) == (service, name, str(code)) and contains(row["region"], region)
    )


def offers_of(service: str, name: str) -> tuple[Number, ...]:
    """Packaged prices of a name: the service's own rows first, then those of other services."""
    own = packaged().get((service, name), ())
    offered = [row for (other, parameter), rows in packaged().items() if parameter == name and other != service for row in rows]
    source_ids = {row.source_id for row in own}
    return (*own, *(row for row in offered if row.source_id not in source_ids))


def priced(number: Number, uom: str) -> Number:
    """A price in another measure; per t of carbon to per t of CO2 by 12/44."""
    carbon = {"CNY tC-1": ("CNY tCO2-1", 12 / 44), "CNY tCO2-1": ("CNY tC-1", 44 / 12)}
    target, factor = carbon.get(number.uom, ("", 1.0))
    if target == uom:
        return replace(number, value=number.value * factor, low=number.low * factor, high=number.high * factor, uom=uom)
    return number.in_measure(uom)


def own_table(table: pd.DataFrame | str | Path) -> tuple[pd.DataFrame, str]:
    """A study's own table and what messages call it."""
    if not isinstance(table, pd.DataFrame):
        return own_table(tables.read(table))[0], Path(table).name
    return check_rows(ListedPriceRow if is_price_list(table) else ParameterRow, table), "own table"


def is_price_list(frame: pd.DataFrame) -> bool:
    """Whether a table lists prices by their names, in place of numbers by service and parameter."""
    return set(columns(ListedPriceRow, required=True)) <= set(frame.columns) and not {"service", "parameter"} <= set(frame.columns)


def listed_prices(frame: pd.DataFrame, table: str) -> dict[str, dict[str, object]]:
    """Prices of a list by name, as `[prices]` of a study.toml holds them.

    Parameters
    ----------
    frame : table (name, value, uom, year, source, status)
        Year, source and status may be absent or empty.
    table : what messages call it

    Raises
    ------
    InputError
        For a value or year that is no number.
    ParameterError
        For a name twice.
    """
    values = tables.numbers(frame, "value", required=True)
    years = tables.numbers(frame, "year") if "year" in frame else pd.Series(math.nan, index=frame.index)
    prices: dict[str, dict[str, object]] = {}
    row: Any  # its number in the file
    for row, name in frame["name"].items():
        check_status(texts_of(frame, row).get("status", ""), in_words("place_of_cell", table=table, row=row, column="status"))
        if name in prices:
            raise ParameterError("parameter_twice", service=table, parameter=name, key="*")
        where = {"table": table, "row": row}
        entry = {"value": float(values[row]), "uom": str(frame.loc[row, "uom"]), **texts_of(frame, row), **where}
        prices[str(name)] = entry if pd.isna(years[row]) else {**entry, "year": int(years[row])}
    return prices


def texts_of(frame: pd.DataFrame, row: Any) -> dict[str, str]:
    """Source and status of a row of a price list, where it says them."""
    remarks = columns(ListedPriceRow, required=False, kind=str)
    return {key: frame.loc[row, key] for key in remarks if key in frame and not pd.isna(frame.loc[row, key])}


def check_status(status: object, place: Phrase) -> None:
    """Nothing where the status of an own number is one of the list, or none.

    Raises
    ------
    ParameterError
        With the nearest.
    """
    if status not in ("", *STATUS_ORDER):
        close = nearest(str(status), STATUS_ORDER)
        raise ParameterError("parameter_status_unknown", place=place, found=status, known=STATUS_ORDER, nearest=close)


def own_rows(frame: pd.DataFrame, name: str) -> list[Number]:
    """Numbers of a study's own table, with the statuses `user` and `example`.

    Rows as `ecoval params export` writes them, unedited, say nothing of their own: those of a packaged number, and those of a
    number to be given that nobody gave. They are passed over, so that a packaged number keeps its source and status.
    """
    services = sorted({service for service, _ in packaged()})
    numbers = []
    for place, row in zip(frame.index, frame.to_dict("records"), strict=True):
        service = str(row.get("service", "")).strip()
        if not service or not str(row.get("parameter", "")).strip():
            raise ParameterError("own_row_incomplete", table=name, services=services)
        status = "" if pd.isna(row.get("status", "")) else str(row.get("status", "")).strip()
        check_status(status, in_words("place_of_cell", table=name, row=place, column="status"))
        cells = {str(column): value for column, value in row.items()}
        if _is_exported(service, cells):
            continue
        number = read_number(service, cells, own=name)
        numbers.append(replace(number, table=name, row=place))
    return numbers


def _is_exported(service: str, row: Mapping[str, Any]) -> bool:
    """Whether a row is as it was exported: a packaged number, or a form that is not filled in; its remarks may differ."""
    if pd.isna(row.get("value")) or not str(row["value"]).strip():
        return str(row.get("note", "")).startswith(TO_BE_GIVEN)
    rows = packaged().get((service, str(row["parameter"]).strip()), ())
    return bool(rows) and _saying(read_number(service, row)) in map(_saying, rows)


def _saying(number: Number) -> tuple[object, ...]:
    """All that a number says but its remarks."""
    cells = asdict(replace(number, locator="", note="", table="", row=0))
    return tuple(None if cell != cell else cell for cell in cells.values())


def listing(service: str | None = None, own: Iterable[Number] = ()) -> pd.DataFrame:
    """Parameter rows as a table: the own ones given, then the packaged ones.

    Returns
    -------
    table (service, parameter, key, value, low, high, uom, region, year, source_id, locator, status, note)
    """
    every = [*own, *(row for rows in packaged().values() for row in rows)]
    rows = [row for row in every if service is None or row.service == service]
    if service is not None and not rows:
        names = {row.service for row in every}
        raise ParameterError("service_without_parameters", given=service, nearest=nearest(service, names))
    return pd.DataFrame(
        [{name: getattr(row, name) for name in ("service", *COLUMNS)} for row in rows], columns=["service", *COLUMNS]
    )
