"""Changes of codes and boundaries between the year of a statistic and that of the units (GB/T 2260), and how to cross them.

An event of `data/code_changes.csv` is a group of rows, one per piece of land that went from one code to another. Statistics are not
joined across an event that touches their unit unless they are told how: `old=new` for the whole, or a table (old, new, share[,
item]) whose shares of one old unit add up to 1. A renamed area that kept its land is the same unit by its name; its old code is
told.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Any

import pandas as pd

from ecoval import tables
from ecoval.declarations import WORKED_OUT, Key, columns
from ecoval.errors import InputError
from ecoval.prepare.statistics import items
from ecoval.prepare.statistics.places import Places
from ecoval.registry import data_rows
from ecoval.terms import nearest

RENAME = "rename"
ADDS_UP = 1e-9


@dataclass(frozen=True)
class CodeShareRow:
    """A row of a table of changes: how much of an old unit went to a new one."""

    old: Annotated[str, Key("old unit, by code or name", "原单元，代码或名称")]
    new: Annotated[str, Key("new unit, by code or name", "新单元，代码或名称")]
    share: Annotated[
        float, Key("share of the old unit; those of one add up to 1", "占原单元的比例，同一原单元合计为 1", low=0, high=1)
    ]
    item: Annotated[str | None, Key("only for this item", "仅用于该指标")] = None
    note: Annotated[str | None, Key("remark", "备注", cosmetic="a remark")] = None
    source: Annotated[str | None, Key("where it comes from", "数据来源", cosmetic="a remark")] = None


@dataclass(frozen=True)
class CrossedRow:
    """A number that was carried over a change of codes or boundaries."""

    old: Annotated[str, Key("code of the old unit", "原单元代码")]
    new: Annotated[str, Key("code of the new unit", "新单元代码")]
    share: Annotated[float, Key("share that was taken", "采用的比例", low=0, high=1)]
    item: Annotated[str, Key("identifier of the item", "指标代码")]
    year: Annotated[float | None, Key("of the number", "数值所属年份", free=WORKED_OUT)]
    quantity: Annotated[float, Key("how much went over, in uom", "转入的数值，单位见 uom", free=WORKED_OUT)]
    uom: Annotated[str, Key("unit of measure of the quantity", "数值的计量单位")]


@dataclass(frozen=True)
class Event:
    """One change of boundaries or codes."""

    event: str
    date: str
    rows: tuple[Mapping[str, str], ...]

    @property
    def year(self) -> int:
        """Year in which it came into force."""
        return int(self.date[:4])

    @property
    def old(self) -> dict[str, str]:
        """Codes and names before."""
        return {row["old_code"]: row["old_name"] for row in self.rows}

    @property
    def new(self) -> dict[str, str]:
        """Codes and names after."""
        return {row["new_code"]: row["new_name"] for row in self.rows}

    @property
    def renames(self) -> bool:
        """Whether the land stayed the same."""
        return all(row["kind"] == RENAME for row in self.rows)

    @property
    def text(self) -> str:
        """The event in one line."""
        parts = [f"{row['old_code']} {row['old_name']} -> {row['new_code']} {row['new_name']} ({row['kind']})" for row in self.rows]
        return f"{self.date}: {'; '.join(parts)}"


@cache
def events() -> tuple[Event, ...]:
    """Packaged changes, in the order of the table."""
    found: dict[str, list[dict[str, str]]] = {}
    for row in data_rows("code_changes.csv"):
        found.setdefault(row["event"], []).append(row)
    return tuple(Event(name, rows[0]["date"], tuple(rows)) for name, rows in found.items())


def former_names(known: Mapping[str, str]) -> dict[str, str]:
    """Name -> code of units of the past whose code is none of those known."""
    found = {}
    for event in events():
        for code, name in (event.old | event.new).items():
            if code not in known:
                found[items.plain(name)] = code
    return found


@dataclass(frozen=True)
class Told:
    """How old units go over into new ones: (old, item or *) -> [(new, share)]."""

    shares: Mapping[tuple[str, str], tuple[tuple[str, float], ...]]

    def of(self, code: str, item: str) -> tuple[tuple[str, float], ...] | None:
        """Shares of a unit for an item, else for all items."""
        return self.shares.get((code, item)) or self.shares.get((code, "*"))

    @property
    def codes(self) -> set[str]:
        """Old units that are spoken of."""
        return {code for code, _ in self.shares}


def read_told(changes: Iterable[str | Path], places: Places) -> Told:
    """Instructions of the user, checked.

    Parameters
    ----------
    changes : list of text or path
        `old=new`, codes or names, or a table (old, new, share[, item]).

    Raises
    ------
    InputError
        A new unit that is not there, an old one that is unknown, shares that do not add up to 1.
    """
    found: dict[tuple[str, str], list[tuple[str, float]]] = {}
    for entry in changes:
        text = str(entry)
        if Path(text).suffix.lower() in (".csv", ".tsv", ".xlsx"):
            table = tables.read(text, columns(CodeShareRow, required=True), columns(CodeShareRow, required=False))
            numbers = tables.numbers(table, "share", required=True)
            item_column = table["item"] if "item" in table.columns else pd.Series(None, index=table.index, dtype=object)
            rows = list(zip(table["old"], table["new"], numbers, item_column, strict=True))
        else:
            old, equals, new = text.partition("=")
            if not equals or not new.strip():
                raise InputError("changes_not_told", found=text)
            rows = [(old, new, 1.0, None)]
        for old, new, share, item in rows:
            which = "*" if item is None or item != item else str(items.recognised(item) or item)
            key = (_code(old, places, text, past=True), which)
            found.setdefault(key, []).append((_code(new, places, text, past=False), float(share)))
    for (code, item), parts in found.items():
        total = sum(share for _, share in parts)
        if abs(total - 1.0) > ADDS_UP or any(share < 0 for _, share in parts):
            shares = [f"{new}: {share:g}" for new, share in parts]
            raise InputError("changes_shares", code=code, item=item, found=total, parts=shares)
    return Told({key: tuple(parts) for key, parts in found.items()})


def _code(text: object, places: Places, where: str, *, past: bool) -> str:
    """Code of a unit by code or name."""
    name = items.plain(str(text))
    every = dict(places.known)
    if past:
        every |= {code: old for event in events() for code, old in (event.old | event.new).items()}
    matched = {code for code, known in every.items() if name in (code, items.plain(known))}
    if len(matched) > 1 and past:
        matched = {code for code in matched if code not in places.known} or matched
    if not past:
        matched &= set(places.ids)
    if not matched and past and name.isdigit():
        return name  # a code that no table knows is told by the user
    if len(matched) != 1:
        raise InputError("changes_unit_unknown", found=str(text), told=where, nearest=nearest(name, [*every, *every.values()]))
    return matched.pop()


def refuse_untold(rows: pd.DataFrame, places: Places, told: Told, boundaries: int | None) -> None:
    """Refuse rows of other boundaries than the units' that nobody has told how to carry over.

    Parameters
    ----------
    rows : table (code, item, year, path, unit_cell)
    boundaries : number, yr
        Year of the units' boundaries, where it is given.

    Raises
    ------
    InputError
    """
    known = set(places.known)
    for event in events():
        touched = set(event.old) | set(event.new)
        data = rows[rows["code"].isin(touched)]
        if data.empty or not touched & known:
            continue
        units_after = _after(event, known, boundaries)
        for _, some in data.groupby(data["year"].fillna(-1), sort=True):
            present = set(some["code"])
            stated = some["year"].iloc[0]
            after = _after(event, present, None if pd.isna(stated) else int(stated), units_after)
            if after == units_after or (event.renames and present <= known):
                continue
            open_rows = some[~some["code"].isin(told.codes)]
            if len(open_rows):
                raise _changed(event, open_rows, stated, after)
    unknown = rows[~rows["code"].isin(known | told.codes)]
    if len(unknown):
        first = unknown.iloc[0]
        code = str(first["code"])
        close = nearest(code, known)
        fields = {"path": first["path"], "cell": first["unit_cell"], "found": code, "nearest": f"{places.known[close]} ({close})"}
        raise InputError("statistics_unit_unknown", **fields)


def _after(event: Event, present: set[str], year: int | None, otherwise: bool = True) -> bool:
    """Whether codes are those after an event: by codes that only one side has, else by the year."""
    if present & (set(event.old) - set(event.new)):
        return False
    if present & (set(event.new) - set(event.old)):
        return True
    return otherwise if year is None else year >= event.year


def _changed(event: Event, rows: pd.DataFrame, year: float, after: bool) -> InputError:
    first = rows.iloc[0]
    code = str(first["code"])
    column = ("new_code", "old_code") if after else ("old_code", "new_code")
    targets = list(dict.fromkeys(row[column[1]] for row in event.rows if row[column[0]] == code))
    units = sorted({str(each) for each in rows["code"]})
    told = f"{code}={targets[0]}" if len(targets) == 1 else f"shares.csv (old,new,share; {code} -> {', '.join(targets)})"
    fields = {"path": first["path"], "cell": first["unit_cell"], "units": units, "event": event.text, "fix": f"--changes {told}"}
    return InputError("statistics_across_change", **fields, year="-" if pd.isna(year) else int(year))


def carried(rows: pd.DataFrame, told: Told) -> tuple[pd.DataFrame, list[dict[str, Any]]]:
    """Rows in the units of today, and what was carried over.

    Parameters
    ----------
    rows : table (code, item, quantity, uom, price, price_uom, price_year, year, source, status, note)

    Returns
    -------
    table
        The same columns. What adds up is shared out and added; shares and rates are taken over and must agree.
    list of mapping (old, new, share, item, year, quantity, uom)

    Raises
    ------
    InputError
        Rates of several old units that differ.
    """
    if not told.codes & set(rows["code"]):
        return rows, []
    kept, moved, log = [], [], []
    for row in rows.to_dict("records"):
        parts = told.of(row["code"], row["item"])
        if parts is None:
            kept.append(row)
            continue
        adds = items.extensive(row["item"], row["uom"])
        for new, share in parts:
            if share == 0:
                continue
            quantity = row["quantity"] * share if adds else row["quantity"]
            same = new == row["code"] and share == 1
            mark = "" if same else f"changed: {row['code']} -> {new}" + (f" x {share:g}" if adds else "")
            moved.append({**row, "code": new, "quantity": quantity, "note": joined(row["note"], mark)})
            if not same:
                fields = {"old": row["code"], "new": new, "share": share if adds else 1.0, "item": row["item"]}
                log.append({**fields, "year": row["year"], "quantity": quantity, "uom": row["uom"]})
    return merged(pd.DataFrame([*kept, *moved])), log


def merged(rows: pd.DataFrame) -> pd.DataFrame:
    """One row per unit, item and year: what adds up is added, rates must agree.

    Parameters
    ----------
    rows : table (code, item, quantity, uom, price, price_uom, price_year, year, source, note, cell)

    Returns
    -------
    table

    Raises
    ------
    InputError
    """
    made: list[dict[Hashable, Any]] = []
    for _, some in rows.groupby(["code", "item", rows["year"].fillna(-1)], sort=False):
        first = some.iloc[0].to_dict()
        if len(some) > 1:
            first |= _one(some)
        made.append(first)
    return pd.DataFrame(made)


def _one(some: pd.DataFrame) -> dict[Hashable, Any]:
    first = some.iloc[0]
    where = {"code": first["code"], "item": first["item"], "cells": some["cell"].tolist()}
    for column in ("uom", "price_uom", "price_year"):
        if len(some[column].dropna().unique()) > 1:
            raise InputError("changes_rates_differ", **where, column=column, found=sorted(map(str, some[column].dropna().unique())))
    notes = "; ".join(dict.fromkeys(part for text in some["note"].dropna() for part in str(text).split("; ")))
    sources = "; ".join(dict.fromkeys(some["source"].dropna().astype(str)))
    merged: dict[Hashable, Any] = {"note": notes or None, "source": sources or None}
    if not items.extensive(first["item"], first["uom"]):
        if len(some["quantity"].unique()) > 1:
            raise InputError("changes_rates_differ", **where, column="quantity", found=some["quantity"].tolist())
        return merged
    total = float(some["quantity"].sum())
    merged["quantity"] = total
    priced = some["price"].notna()
    if priced.any() and not priced.all():
        raise InputError("changes_rates_differ", **where, column="price", found=some["price"].tolist())
    if len(some["price"].dropna().unique()) > 1:  # the price at which the value stays the same
        worth = float((some["price"] * some["quantity"]).sum())
        merged["price"] = worth / total if total else float(some["price"].mean())
    return merged


def joined(*parts: object) -> str | None:
    """Remarks in one text."""
    return "; ".join(str(part) for part in parts if part is not None and part == part and part != "") or None
