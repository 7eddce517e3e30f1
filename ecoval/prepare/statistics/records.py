"""Rows of files as records in canonical measures: items known, numbers checked, doubles refused, all with their cells."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, astuple, dataclass, field
from typing import Annotated, Any

import pandas as pd

from ecoval import measure
from ecoval.constants import STATUS_ORDER
from ecoval.declarations import WORKED_OUT, Key, columns
from ecoval.errors import InputError
from ecoval.prepare.statistics import items
from ecoval.prepare.statistics.cells import Corrections, converted, number
from ecoval.prepare.statistics.places import Places, code_of
from ecoval.prepare.statistics.reading import EVERYWHERE, STATED_YEARS, Row
from ecoval.terms import nearest

UNMATCHED = ("statistics_unit_unknown", "statistics_item_unknown")  # listed together; anything else ends at once


@dataclass(frozen=True)
class ConversionRow:
    """A measure of the files that was converted, and how often."""

    part: Annotated[str, Key("what was converted", "换算的内容", choices=("quantity", "price"))]
    item: Annotated[str, Key("identifier of the item", "指标代码")]
    stated: Annotated[str, Key("measure in the files", "文件中的计量单位", name="given")]
    uom: Annotated[str, Key("measure of the result", "结果的计量单位")]
    factor: Annotated[float, Key("from the one to the other", "换算系数", low=0, free=WORKED_OUT)]
    rows: Annotated[int, Key("rows that were converted", "换算的行数", low=1, free=WORKED_OUT)]
    first_cell: Annotated[str, Key("first cell with this measure", "首个单元格")]


@dataclass(frozen=True)
class EmptyRow:
    """A field of a request workbook that nobody has filled in."""

    department: Annotated[str, Key("who was asked", "填报部门")]
    unit_id: Annotated[str, Key("code or name of the unit, * for the whole area", "单元代码或名称，* 为全域")]
    item: Annotated[str, Key("identifier of the item", "指标代码")]
    label: Annotated[str, Key("its name", "指标名称")]
    cell: Annotated[str, Key("cell of the file", "单元格")]
    path: Annotated[str, Key("file", "文件")]


@dataclass(frozen=True)
class AreaPriceRow:
    """A price for the whole area, for [prices] of study.toml."""

    path: Annotated[str, Key("file", "文件")]
    cell: Annotated[str, Key("cell of the file", "单元格")]
    price: Annotated[str, Key("name of the price", "价格名称")]
    value: Annotated[float, Key("how much, in uom", "数值，单位见 uom", free=WORKED_OUT)]
    uom: Annotated[str, Key("unit of measure", "计量单位")]
    year: Annotated[int | None, Key("year of the money", "价格年份", low=STATED_YEARS[0], high=STATED_YEARS[1])]
    source: Annotated[str | None, Key("where it comes from", "数据来源")]


@dataclass(frozen=True)
class CanonicalRow:
    """A row in canonical measures, with the cells of its quantity and unit."""

    code: str
    item: str
    quantity: float
    uom: str
    price: float
    price_uom: str | None
    price_year: int | None
    year: int | None
    source: str | None
    status: str
    note: str | None
    path: str
    cell: str
    unit_cell: str


@dataclass
class Records:
    """Reads rows, and keeps what was corrected and converted.

    Parameters
    ----------
    own : mapping (text, text)
        Names of items of the user -> identifiers.
    year : number, yr
    source : text
        Of rows that state none.
    """

    places: Places
    own: Mapping[str, str]
    year: int | None
    source: str | None
    corrections: Corrections = field(default_factory=Corrections)
    _converted: dict[tuple[str, str, str, str], list[Any]] = field(default_factory=dict)
    _empty: list[tuple[str, ...]] = field(default_factory=list)
    _prices: list[AreaPriceRow] = field(default_factory=list)
    _products: dict[str, None] = field(default_factory=dict)

    def frame(self, rows: Iterable[Row]) -> pd.DataFrame:
        """Records of all rows that hold a number.

        Returns
        -------
        table (code, item, quantity, uom, price, price_uom, price_year, year, source, status, note, path, cell, unit_cell)

        Raises
        ------
        InputError
        """
        made, unmatched = [], []
        for row in rows:
            try:
                record = self._record(row)
            except InputError as error:
                if error.code not in UNMATCHED:
                    raise
                unmatched.append(error)
                continue
            if record is not None:
                made.append(record)
        if unmatched:
            unmatched[0].table = pd.DataFrame([{"reason": error.code, **error.fields} for error in unmatched])
            raise unmatched[0]
        table = pd.DataFrame([asdict(record) for record in made], columns=list(CanonicalRow.__dataclass_fields__))
        for column in ("quantity", "price", "price_year", "year"):
            table[column] = table[column].astype(float)
        twice = table[table.duplicated(["code", "item", "year"], keep=False)]
        if len(twice):
            first = twice.iloc[0]
            same = twice[(twice["code"] == first["code"]) & (twice["item"] == first["item"])]
            fields = {"unit": first["code"], "item": first["item"], "cells": same["cell"].tolist(), "path": first["path"]}
            raise InputError("statistics_row_twice", **fields, quantities=same["quantity"].tolist())
        return table

    def _record(self, row: Row) -> CanonicalRow | None:
        item = self._item(row)
        asked = items.catalogue().get(item) if item else None
        if asked is not None and asked.form not in items.PER_UNIT:
            self._of_area(row, asked)
            return None
        if row.quantity is None:
            self._left_empty(row, item)
            return None
        if item is None:
            raise InputError("statistics_item_empty", path=row.path, cell=row.place("item"))
        self._refuse_unknown_item(row, item)
        code = code_of(row, self.places, self.corrections)
        quantity, uom = self._quantity(row, item)
        price, price_uom, price_year = self._price(row, item, uom)
        year = self._year(row, "year") or self.year
        if row.status is not None and row.status not in STATUS_ORDER:
            close = nearest(row.status, STATUS_ORDER)
            raise InputError("statistics_status_unknown", path=row.path, cell=row.place("status"), found=row.status, nearest=close)
        return CanonicalRow(
            code,
            item,
            quantity,
            uom,
            price,
            price_uom,
            price_year,
            year,
            row.source or self.source,
            row.status or "user",
            row.note,
            row.path,
            row.place("quantity"),
            row.place("unit_name" if row.unit_id is None else "unit_id"),
        )

    def _item(self, row: Row) -> str | None:
        if row.item is None:
            return None
        found = items.recognised(row.item, self.own)
        if found is not None and items.plain(row.item) in {items.plain(name) for name in self.own}:
            self.corrections.add(row.path, row.place("item"), row.item, found, "own_item")
        return found or row.item.strip()

    def _refuse_unknown_item(self, row: Row, item: str) -> None:
        """An item that nobody knows is a product where it has a price; else it would be counted nowhere."""
        if items.recognised(item) is not None or item in items.catalogue() or item in self.own.values():
            return
        if row.price is not None and ":" not in item:
            self._products[item] = None
            return
        fields = {"path": row.path, "cell": row.place("item"), "found": row.item}
        raise InputError("statistics_item_unknown", **fields, nearest=items.nearest_item(str(row.item)))

    def _quantity(self, row: Row, item: str) -> tuple[float, str]:
        value = number(str(row.quantity), row.path, row.place("quantity"), "quantity", self.corrections)
        if row.uom is None:
            raise InputError("statistics_measure_missing", path=row.path, cell=row.place("uom"), item=str(row.item))
        uom, factor = converted(row.uom, row.path, row.place("uom"), items.measure_of(item))
        self._note_conversion("quantity", item, row, row.uom, uom, factor)
        value *= factor
        low, high = items.bounds_of(item)
        as_share = value * measure.factor(uom, "1") if uom in ("1", "%") else value
        if (low is not None and as_share < low) or (high is not None and uom in ("1", "%") and as_share > high):
            fields = {"item": item, "found": f"{row.quantity} {row.uom}", "low": low, "high": "-" if high is None else high}
            raise InputError("statistics_out_of_range", path=row.path, cell=row.place("quantity"), **fields)
        return value, uom

    def _price(self, row: Row, item: str, uom: str) -> tuple[float, str | None, int | None]:
        """Price of a row, its measure and its year; a value known in money alone has the price 1."""
        asked = items.catalogue().get(item)
        if row.price is None:
            counted = asked is not None and asked.form == "value"
            return (1.0, "1", None) if counted else (float("nan"), None, None)
        price = number(row.price, row.path, row.place("price"), "price", self.corrections)
        if price < 0:
            fields = {"item": item, "found": row.price, "low": 0, "high": "-"}
            raise InputError("statistics_out_of_range", path=row.path, cell=row.place("price"), **fields)
        if row.price_uom is None:
            raise InputError("statistics_measure_missing", path=row.path, cell=row.place("price_uom"), item=str(row.item))
        price_uom, factor = converted(row.price_uom, row.path, row.place("price_uom"), None)
        self._note_conversion("price", item, row, row.price_uom, price_uom, factor)
        if not _fits(price_uom, uom):
            fields = {"path": row.path, "cell": row.place("price_uom"), "found": row.price_uom, "uom": row.uom}
            raise InputError("statistics_price_differs", **fields)
        year = self._year(row, "price_year") or self._year(row, "year") or self.year
        return price * factor, price_uom, year

    def _year(self, row: Row, column: str) -> int | None:
        text = getattr(row, column)
        if text is None:
            return None
        value = number(text.removesuffix("年"), row.path, row.place(column), column, self.corrections)
        if value != int(value) or not STATED_YEARS[0] <= value <= STATED_YEARS[1]:
            raise InputError("statistics_year_wrong", path=row.path, cell=row.place(column), found=text)
        return int(value)

    def _note_conversion(self, part: str, item: str, row: Row, given: str, uom: str, factor: float) -> None:
        if given == uom:
            return
        key = (part, item, given, uom)
        entry = self._converted.setdefault(key, [factor, 0, row.place("uom" if part == "quantity" else "price_uom")])
        entry[1] += 1

    def _of_area(self, row: Row, asked: items.Asked) -> None:
        """A row for the whole area: a price or number for study.toml, or whether a layer can be had."""
        if row.quantity is None and row.price is None:
            if row.available is None and row.source is None and asked.form != "list":
                self._left_empty(row, asked.item)
            return
        if asked.form != "price":
            raise InputError("statistics_item_no_number", path=row.path, cell=row.place("quantity"), item=asked.zh, form=asked.form)
        value = number(str(row.quantity), row.path, row.place("quantity"), "quantity", self.corrections)
        if row.uom is None:
            raise InputError("statistics_measure_missing", path=row.path, cell=row.place("uom"), item=asked.zh)
        uom, factor = converted(row.uom, row.path, row.place("uom"), asked.uoms[0])
        self._note_conversion("price", asked.item, row, row.uom, uom, factor)
        year = self._year(row, "price_year") or self._year(row, "year") or self.year
        price = asked.item.removeprefix("price_")
        source = row.source or self.source
        entry = AreaPriceRow(row.path, row.place("quantity"), price, value * factor, uom, year, source)
        self._prices.append(entry)

    def _left_empty(self, row: Row, item: str | None) -> None:
        asked = items.catalogue().get(item or "")
        if asked is None or not row.sheet or row.sheet not in {entry["zh"] for entry in items.departments().values()}:
            if any(value is not None for value in (row.item, row.unit_id, row.unit_name)) and row.letters.get("item"):
                text = " ".join(str(each) for each in (row.unit_id or row.unit_name, row.item) if each)
                self.corrections.add(row.path, row.place("quantity"), text, "", "no_quantity")
            return
        unit = "*" if row.unit_id in EVERYWHERE else str(row.unit_id or row.unit_name or "")
        self._empty.append((row.sheet, unit, asked.item, asked.zh, row.place("quantity"), row.path))

    def conversions(self) -> pd.DataFrame:
        """Measures that were converted: part, item, from, to, factor, rows, first cell."""
        rows = [(*key, *values) for key, values in self._converted.items()]
        return pd.DataFrame(rows, columns=columns(ConversionRow))

    def empty(self) -> pd.DataFrame:
        """Fields of a request workbook that nobody has filled in."""
        return pd.DataFrame(self._empty, columns=columns(EmptyRow))

    def prices(self) -> pd.DataFrame:
        """Prices for the whole area."""
        return pd.DataFrame([astuple(each) for each in self._prices], columns=columns(AreaPriceRow))

    def products(self) -> list[str]:
        """Products that the packaged list does not hold."""
        return list(self._products)


def _fits(price_uom: str, uom: str) -> bool:
    """Whether a price is per measure of the quantity."""
    if price_uom == "1":
        return uom == "CNY"
    if not price_uom.startswith("CNY "):
        return False
    try:
        measure.value_factor(uom, price_uom)
    except ValueError:
        return False
    return True
