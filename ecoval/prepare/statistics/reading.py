"""Files of statistics as rows with the place of every cell: the request workbook, long tables, and wide ones.

Long: a row per unit and item. Wide: a row per unit and a column per item, its measure behind the name in brackets,
`稻谷产量（吨）`, or in a row of measures below the names. Columns are known by their English names and by those of Chinese tables.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any

import pandas as pd

from ecoval import tables
from ecoval.declarations import JUDGED_LATER, Key, spellings
from ecoval.errors import InputError
from ecoval.prepare.statistics import cells, items
from ecoval.terms import nearest

GUIDE = "填表说明"
LISTS = {"reservoirs": "水库名录", "lakes": "湖泊名录"}
STATED_YEARS = (1900, 2100)
CODE = Key("code of the unit", "单元代码", also=("单元代码", "行政区划代码", "区划代码", "行政区代码", "代码", "code", "id"))
NAME = Key(
    "name of the unit",
    "单元名称",
    also=("单元名称", "地区", "名称", "行政区", "行政区名称", "县市区", "县(市、区)", "乡镇", "乡镇(街道)", "name"),
)
CAPACITY_UOM = Key("unit of measure of the capacities", "库容的计量单位", also=("计量单位", "单位", "unit"))


@dataclass(frozen=True)
class OfficeRow:
    """A row of a long table of an office, and of a sheet of the request workbook."""

    unit_id: Annotated[str | None, CODE] = None
    unit_name: Annotated[str | None, NAME] = None
    item: Annotated[str | None, Key("identifier of what is counted", "指标代码", also=("指标代码", "product", "产品"))] = None
    label: Annotated[str | None, Key("its name, where there is no identifier", "指标名称", also=("指标", "指标名称"))] = None
    quantity: Annotated[float | None, Key("how much", "数值", also=("数值", "数量", "产量", "value"), free=JUDGED_LATER)] = None
    uom: Annotated[str | None, Key("unit of measure of the quantity", "数值的计量单位", also=("计量单位", "单位", "unit"))] = None
    price: Annotated[float | None, Key("per unit of quantity", "单价", low=0, also=("价格", "单价"), high=1e09)] = None
    price_uom: Annotated[str | None, Key("unit of measure of the price", "价格的计量单位", also=("价格单位",))] = None
    price_year: Annotated[
        int | None, Key("year of the money", "价格年份", low=STATED_YEARS[0], high=STATED_YEARS[1], also=("价格年份",))
    ] = None
    year: Annotated[
        int | None,
        Key(
            "of the quantity; --year where it is empty",
            "数值所属年份；空则取 --year",
            low=STATED_YEARS[0],
            high=STATED_YEARS[1],
            also=("年份", "年", "年度"),
        ),
    ] = None
    source: Annotated[str | None, Key("where it comes from", "数据来源", also=("来源", "数据来源"))] = None
    status: Annotated[str | None, Key("how far it is checked", "核对状态", also=("状态",))] = None
    note: Annotated[str | None, Key("remark", "备注", also=("备注", "remark"))] = None
    available: Annotated[str | None, Key("whether a layer or list can be had", "图层或名录能否提供", also=("能否提供",))] = None
    need: Annotated[str | None, Key("whether the standard needs it", "标准是否要求", also=("要求",))] = None
    hint: Annotated[str | None, Key("how to fill it in", "填写说明", also=("说明",))] = None
    used_for: Annotated[str | None, Key("indicators that need it", "用到它的指标", also=("用于",))] = None


@dataclass(frozen=True)
class ReservoirListRow:
    """A row of the list of reservoirs in a request workbook."""

    unit_id: Annotated[str | None, CODE] = None
    unit_name: Annotated[str | None, NAME] = None
    object: Annotated[str | None, Key("name of the reservoir", "水库名称", also=("水库名称",))] = None
    total_capacity: Annotated[
        float | None, Key("total capacity, in uom", "总库容，单位见 uom", low=0, also=("总库容",), high=1e14)
    ] = None
    flood_capacity: Annotated[
        float | None, Key("flood-control capacity, in uom", "防洪库容，单位见 uom", low=0, also=("防洪库容",), high=1e14)
    ] = None
    uom: Annotated[str | None, CAPACITY_UOM] = None


@dataclass(frozen=True)
class LakeListRow:
    """A row of the list of lakes in a request workbook."""

    unit_id: Annotated[str | None, CODE] = None
    unit_name: Annotated[str | None, NAME] = None
    object: Annotated[str | None, Key("name of the lake", "湖泊名称", also=("湖泊名称",))] = None
    capacity: Annotated[
        float | None, Key("adjustable capacity, in uom", "可调蓄容量，单位见 uom", low=0, also=("可调蓄容量",), high=1e14)
    ] = None
    area: Annotated[
        float | None, Key("area of the water", "水面面积", low=0, measure="m2", also=("水面面积(平方米)", "面积(m2)"), high=1e14)
    ] = None
    uom: Annotated[str | None, CAPACITY_UOM] = None


LIST_ROWS: dict[str, type] = {"reservoirs": ReservoirListRow, "lakes": LakeListRow}


def _labels() -> dict[str, tuple[str, ...]]:
    """Names that each column may have in a file beside its own, whatever table it stands in."""
    every: dict[str, tuple[str, ...]] = {}
    for row in (OfficeRow, *LIST_ROWS.values()):
        for column, (_, *also) in spellings(row).items():
            every[column] = tuple(dict.fromkeys((*every.get(column, ()), *also)))
    return every


LABELS = _labels()
SEPARATOR = "▼"  # opens a row that only parts blocks
EVERYWHERE = ("*", "全域", "全部")
_MEASURE = re.compile(r"^(?P<name>.+?)[(\[](?P<uom>[^()\[\]]+)[)\]]$")
_PRICE = re.compile(r"^(?P<name>.+?)(的)?(生产者)?(价格|单价)$")
_OUTPUT = re.compile(r"^(?P<name>.+?)(产量|总量)$")


@dataclass(frozen=True)
class Row:
    """One number of a file as it stands, all text; `letters` are the columns of its parts."""

    path: str
    sheet: str | None
    row: int
    unit_id: str | None = None
    unit_name: str | None = None
    item: str | None = None
    quantity: str | None = None
    uom: str | None = None
    price: str | None = None
    price_uom: str | None = None
    price_year: str | None = None
    year: str | None = None
    source: str | None = None
    status: str | None = None
    note: str | None = None
    available: str | None = None
    need: str | None = None
    letters: Mapping[str, str] = field(default_factory=dict)

    def place(self, column: str) -> str:
        """Position of a cell: `统计!B7` of a workbook, `B7` of another table."""
        return f"{self.sheet}!{self.cell(column)}" if self.sheet else self.cell(column)

    def cell(self, column: str) -> str:
        """Position within the sheet; the row alone where the column is not in the file."""
        return f"{self.letters.get(column, '')}{self.row}"


@dataclass
class Read:
    """What stands in the files: rows of statistics, and the lists of objects of a request workbook."""

    rows: list[Row] = field(default_factory=list)
    lists: dict[str, list[tuple[str, pd.DataFrame]]] = field(default_factory=dict)
    workbooks: list[str] = field(default_factory=list)


def is_request(names: list[str]) -> bool:
    """Whether sheets are those of a data-request workbook."""
    return GUIDE in names and bool(set(names) & {entry["zh"] for entry in items.departments().values()})


def read(path: Path, sheet: str | None, own: Mapping[str, str], uoms: Mapping[str, str], into: Read) -> None:
    """Add the rows of a file to `into`.

    Parameters
    ----------
    sheet : text
        Of a workbook that is no request workbook.
    own : mapping (text, text)
        Names of items in the file -> identifiers.
    uoms : mapping (text, text)
        Measures of columns of a wide table that do not name theirs.

    Raises
    ------
    InputError
    """
    names = tables.sheets(path)
    if sheet is None and is_request(names):
        into.workbooks.append(str(path))
        wanted = [entry["zh"] for entry in items.departments().values() if entry["zh"] in names]
        lists = {name: kind for kind, name in LISTS.items() if name in names}
        for name, frame in tables.read_sheets(path, [*wanted, *lists]).items():
            frame = canonical(frame)
            if name in lists:
                into.lists.setdefault(lists[name], []).append((str(path), frame))
            else:
                into.rows.extend(_long(frame))
        return
    only = sheet or (names[0] if len(names) == 1 else None)
    frame = tables.read_sheets(path, [only])[only] if names and only else tables.read(path, sheet=sheet)
    frame = canonical(frame)
    if {"quantity"} <= set(frame.columns) and {"item", "label"} & set(frame.columns):
        into.rows.extend(_long(frame))
    else:
        into.rows.extend(_wide(frame, own, uoms))


def canonical(frame: pd.DataFrame) -> pd.DataFrame:
    """Table with the columns that are known under their English names.

    Raises
    ------
    InputError
        Where two columns mean the same.
    """
    known = {items.plain(name).lower(): column for column, names in LABELS.items() for name in (column, *names)}
    renamed: dict[str, str] = {}
    for name in frame.columns:
        column = known.get(items.plain(str(name)).lower(), str(name))
        if column in renamed.values():
            first = next(key for key, value in renamed.items() if value == column)
            path = str(frame.attrs.get("path", "-"))
            raise InputError("statistics_columns_same", path=path, first=first, second=name, column=column)
        renamed[str(name)] = column
    letters = {renamed[name]: letter for name, letter in frame.attrs.get("letters", {}).items()}
    original = {column: name for name, column in renamed.items()}
    made = frame.rename(columns=renamed)
    made.attrs = {**frame.attrs, "letters": letters, "original": original}
    return made


def _text(record: Mapping[Hashable, object], column: str) -> str | None:
    value = record.get(column)
    return None if value is None or value != value or not str(value).strip() else str(value).strip()


def _where(frame: pd.DataFrame) -> tuple[str, str | None, Mapping[str, str]]:
    return str(frame.attrs.get("path", "-")), frame.attrs.get("sheet"), frame.attrs.get("letters", {})


def _long(frame: pd.DataFrame) -> Iterator[Row]:
    path, sheet, letters = _where(frame)
    letters = dict(letters)
    letters.setdefault("item", letters.get("label", ""))
    names = [name for name in Row.__dataclass_fields__ if name in frame.columns and name not in ("path", "sheet", "row", "letters")]
    extra = [name for name in frame.columns if name not in LABELS]
    if extra:
        known = list(LABELS)
        raise InputError("table_column_unknown", path=path, column=extra[0], nearest=nearest(extra[0], known), known=known)
    for number, record in zip(frame.index, frame.to_dict("records"), strict=True):
        given = {name: _text(record, name) for name in names}
        given["item"] = given.get("item") or _text(record, "label")
        if (given["item"] or "").startswith(SEPARATOR):
            continue
        yield Row(path, sheet, int(number), letters=letters, **given)


def _wide(frame: pd.DataFrame, own: Mapping[str, str], uoms: Mapping[str, str]) -> Iterator[Row]:
    """Rows of a wide table: a unit, then a column per item."""
    path, sheet, letters = _where(frame)
    if not {"unit_id", "unit_name"} & set(frame.columns):
        original = [str(name) for name in frame.columns]
        raise InputError("statistics_unit_column_missing", path=path, columns=original)
    columns = [str(name) for name in frame.columns if name not in LABELS]
    records = list(zip(frame.index, frame.to_dict("records"), strict=True))
    below = {}
    if records and _is_measures(records[0][1], columns):
        below = {name: _text(records[0][1], name) for name in columns}
        records = records[1:]
    heads = {name: _head(name, path, letters, sheet, uoms, below, own) for name in columns}
    for number, record in records:
        shared = {name: _text(record, name) for name in ("unit_id", "unit_name", "year", "source", "status", "note")}
        if not any(_text(record, name) for name in (*columns, "unit_id", "unit_name")):
            continue
        rows: dict[str, Row] = {}
        for name in columns:
            item, uom, is_price = heads[name]
            part = ("price", "price_uom") if is_price else ("quantity", "uom")
            value = _text(record, name)
            at = dict(letters) | dict.fromkeys((*part, *(() if is_price else ("item",))), letters[name])
            if item in rows:
                fields: dict[str, Any] = dict(zip(part, (value, uom), strict=True))
                rows[item] = replace(rows[item], **fields, letters={**rows[item].letters, **at})
            else:
                fields = dict(zip(part, (value, uom), strict=True))
                rows[item] = Row(path, sheet, int(number), item=item, letters=at, **shared, **fields)
        yield from rows.values()


def _is_measures(record: Mapping[Hashable, object], columns: list[str]) -> bool:
    """Whether the first row below the names holds measures: no unit, or the word for measures in its place."""
    place = _text(record, "unit_id") or _text(record, "unit_name")
    given = [text for name in columns if (text := _text(record, name))]
    return place in (None, "单位", "计量单位", "uom") and bool(given) and all(cells.symbol(text) for text in given)


def _head(
    name: str,
    path: str,
    letters: Mapping[str, str],
    sheet: str | None,
    uoms: Mapping[str, str],
    below: Mapping[str, str | None],
    own: Mapping[str, str],
) -> tuple[str, str, bool]:
    """Item, measure and whether it is a price, of the head of a column.

    Raises
    ------
    InputError
        A column whose measure is not named.
    """
    plain = unicodedata.normalize("NFKC", name).strip()
    found = _MEASURE.match(plain)
    item, uom = (found["name"].strip(), found["uom"].strip()) if found else (plain, None)
    uom = below.get(name) or uoms.get(name) or uoms.get(item) or uom
    if uom is None:
        cell = f"{sheet}!{letters[name]}1" if sheet else f"{letters[name]}1"
        raise InputError("statistics_measure_missing", path=path, cell=cell, item=name)
    known = items.recognised(item, own)
    if known is None and (priced := _PRICE.match(item)):
        return items.recognised(priced["name"], own) or priced["name"], uom, True
    if known is None and (output := _OUTPUT.match(item)):
        return items.recognised(output["name"], own) or output["name"], uom, False
    return known or item, uom, False
