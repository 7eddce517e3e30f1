"""Statistics per unit, checked against the units, and the services that are computed from tables."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Protocol, cast

import numpy as np
import pandas as pd

from ecoval import measure, tables
from ecoval.declarations import PRICE_DOMAIN, YEAR_DOMAIN, Key, columns, entries
from ecoval.declared_tables import check_rows
from ecoval.errors import InputError, warn
from ecoval.layers.block import ServicePlan
from ecoval.layers.items import ItemNames, check_items
from ecoval.layers.opened import Layers
from ecoval.layers.selection import PRICE_YEAR
from ecoval.services import material_supply
from ecoval.services.declaration import Service
from ecoval.services.products import one_name
from ecoval.services.statistics import EMPTY
from ecoval.sourced import Number
from ecoval.terms import nearest, plain_name
from ecoval.words import in_words


@dataclass(frozen=True, kw_only=True)
class StatisticRow:
    """A row of a table of [statistics]."""

    unit_id: Annotated[str, Key("code of the unit", "单元编码")]
    unit_name: Annotated[str | None, Key("for who reads the table", "供阅表者参考", cosmetic="a remark")] = None
    item: Annotated[str, Key("what is counted; population and gdp are reserved", "指标；population、gdp 为保留指标")]
    quantity: Annotated[float, Key("how much", "数量", free="each item has its own domain")]
    uom: Annotated[str, Key("unit of measure of the quantity", "数量的计量单位")]
    price: Annotated[float | None, Key("per unit of quantity", "单价", **PRICE_DOMAIN)] = None
    price_uom: Annotated[str | None, Key("unit of measure of the price", "价格的计量单位")] = None
    price_year: Annotated[
        int | None, Key("year of the money; of GDP the year where it is empty", "价格年；GDP 为空时取 year 列的年份", **YEAR_DOMAIN)
    ] = None
    year: Annotated[int | None, Key("of the quantity; empty: any", "数量所属年份；空为任意年份", **YEAR_DOMAIN)] = None
    source: Annotated[str | None, Key("where it comes from", "数据来源")] = None
    status: Annotated[str | None, Key("how far it is checked", "核对状态")] = None
    note: Annotated[str | None, Key("remark", "备注", cosmetic="a remark")] = None


COLUMNS = columns(StatisticRow, required=True)
REMARKS = tuple(entry.name for entry in entries(StatisticRow) if entry.key.cosmetic)
OPTIONAL = tuple(name for name in columns(StatisticRow, required=False) if name not in REMARKS)
NUMBERS = tuple(entry.name for entry in entries(StatisticRow) if entry.is_number)


def read_statistics(layers: Layers, services: Sequence[Service]) -> None:
    """Statistics of the account's year from all declared tables, checked against the units and the items that services read."""
    read = []
    for name, entry in layers.declaration.statistics.items():
        path = entry.path(layers.year)
        if not path.exists():
            raise InputError("statistics_file_missing", name=name, path=str(path))
        table = check_rows(StatisticRow, tables.read(path, COLUMNS, (*OPTIONAL, *REMARKS), sheet=entry.sheet))
        read.append(_numbered(layers, table, path))
        layers.inputs.append((f"statistics.{name}", path))
    check_items(read, services)
    parts = [_of_year(layers, table) for table in read]
    for table, part in zip(read, parts, strict=True):
        _warn_of_empty(part, services, str(table.attrs["path"]))
    layers.statistic_tables = dict(zip(layers.declaration.statistics, parts, strict=True))
    layers.all_statistics = pd.concat(parts, ignore_index=True) if parts else None
    if layers.all_statistics is not None:
        paths = ", ".join(str(path) for name, path in layers.inputs if name.startswith("statistics."))
        _refuse_twice(layers.all_statistics, paths, layers)
        members = layers.all_statistics["unit_id"].isin(set(layers.members["unit_id"]))
        layers.statistics = layers.all_statistics[members].reset_index(drop=True)


def _warn_of_empty(table: pd.DataFrame, services: Sequence[Service], path: str) -> None:
    """Warn of items without a quantity, and of products that have a price in some units and none in others."""
    items = ItemNames(services)
    products = {str(item) for item in table.loc[table["price"].notna(), "item"] if items.is_product(str(item))}
    read = np.array([item in products or items.statistic(item) is not None for item in table["item"].astype(str)], dtype=bool)
    for column, rows in (
        ("quantity", table[read & table["quantity"].isna().to_numpy()]),
        ("price", table[table["item"].isin(products) & table["price"].isna()]),
    ):
        if len(rows):
            names = {name: list(dict.fromkeys(rows[name].astype(str))) for name in ("item", "unit_id")}
            warn("statistics_empty", path=path, column=column, items=names["item"], units=names["unit_id"])


def _numbered(layers: Layers, table: pd.DataFrame, path: Path) -> pd.DataFrame:
    """Every column, numbers as numbers."""
    for column in OPTIONAL:
        if column not in table.columns:
            table[column] = None
    _refuse_empty(table, path, "item")
    refuse_unknown_units(layers, table, path)
    numbers = {column: tables.numbers(table, column) for column in NUMBERS if table[column].notna().any()}
    table = table.assign(**{column: pd.Series(float("nan"), index=table.index) for column in NUMBERS} | numbers)
    for column in ("uom", "price_uom"):
        for symbol in table[column].dropna().unique():
            measure.check(str(symbol))
    return table


def _of_year(layers: Layers, table: pd.DataFrame) -> pd.DataFrame:
    """Rows of the account's year and units."""
    path = table.attrs["path"]
    table = table[table["year"].isna() | (table["year"] == layers.year)]
    _refuse_twice(table, path, layers)
    if not len(table):
        warn("statistics_without_year", path=path, year=layers.year)
    rows = table[[*COLUMNS, *OPTIONAL]].reset_index(drop=True)
    rows.attrs = {}  # the places of cells, which pandas copies with every selection
    return rows


def _refuse_twice(table: pd.DataFrame, path: str, layers: Layers) -> None:
    """Refuse an item that stands twice for a unit, under one name or under two names of one thing, and two spellings of one name.

    Raises
    ------
    InputError
        `statistics_twice` or `statistics_spellings`.
    """
    items = table["item"].astype(str)
    things = items.map(one_name) if len(table) else items
    twice = table.assign(item=things).duplicated(["unit_id", "item"], keep=False)
    if twice.any():
        first = table[twice].iloc[0]
        again = table[twice & (table["unit_id"] == first["unit_id"]) & (things == things[twice].iloc[0])]
        rows = [f"{unit} {item}" for unit, item in zip(again["unit_id"], again["item"], strict=True)]
        raise InputError("statistics_twice", path=path, rows=list(dict.fromkeys(rows)), year=layers.year)
    spellings = items.groupby(items.map(plain_name) if len(items) else items).unique()
    several = [sorted(names) for names in spellings if len(names) > 1]
    if several:
        raise InputError("statistics_spellings", path=path, names=several[0])


def warn_of_totals(layers: Layers) -> None:
    """Warn of products that are totals of others beside them, which the account leaves out."""
    methods = [plan.options["method"] for plan in layers.plans if plan.service.code == material_supply.SERVICE.code]
    for name, table in layers.statistic_tables.items() if methods else ():
        for (item, parts), rows in material_supply.beside_parts(table, methods[0]).groupby(["item", "parts"], sort=False):
            path = str(layers.declaration.statistics[name].path(layers.year))
            warn("products_total_beside_parts", path=path, item=item, parts=parts, units=list(rows["unit_id"]))


def refuse_unknown_units(layers: Layers, table: pd.DataFrame, path: Path) -> None:
    """Refuse a table that names units which no set of the study has.

    Raises
    ------
    InputError
        With the nearest code that is known.
    """
    _refuse_empty(table, path, "unit_id")
    known = set(layers.codes)  # also units that this account leaves aside
    unknown = sorted(set(table["unit_id"].dropna()) - known)
    if unknown:
        raise InputError("statistics_units_unknown", path=str(path), units=unknown, nearest=nearest(unknown[0], known))


def _refuse_empty(table: pd.DataFrame, path: Path, column: str) -> None:
    """Refuse a row that does not say what it is of."""
    empty = table.index[table[column].isna()]
    if len(empty):
        place = {"path": str(path), "cell": tables.cell(table, empty[0], column), "column": column, "count": len(empty)}
        raise InputError("table_cell_outside_domain", **place, found="-", expected=in_words("a_text"))


class Money(Protocol):
    """What carries money to the price year of an account."""

    price_year: int

    def statistics(self, table: pd.DataFrame) -> pd.DataFrame:
        """Statistics in money of the price year."""

    def money(self, service: str, number: Number) -> float:
        """A number in money of the price year."""


@dataclass(frozen=True)
class _Tables:
    """What the table functions read for the units of one set."""

    layers: Layers
    members: Collection[str]
    extent: pd.DataFrame
    unit_set: str
    statistics: pd.DataFrame
    money: Money

    def argument(self, plan: ServicePlan, name: str) -> Any:
        """What a table function gets under one of its argument names."""
        if name in ("extent", "statistics"):
            return getattr(self, name)
        if name == PRICE_YEAR:
            return self.money.price_year
        if name in plan.measures:
            return self._table(name)
        if name in plan.numbers:
            return self._number(plan, name)
        if name in plan.vectors:
            return dict(zip(self.layers.lookup.types, plan.vectors[name].tolist(), strict=False))
        return None if name in plan.roles else plan.options.get(name)

    def _table(self, role: str) -> pd.DataFrame | None:
        table = self.layers.tables.get(role)
        if table is None:
            return None
        if "unit_set" in table.columns:
            table = table[table["unit_set"] == self.unit_set].drop(columns="unit_set")
        return table[table["unit_id"].astype(str).isin(self.members)] if "unit_id" in table.columns else table

    def _number(self, plan: ServicePlan, name: str) -> Any:
        entry, number = plan.found.get(name, (None, None))
        if entry is None or entry.by != "key" or "CNY" not in entry.measure:
            return plan.numbers[name]
        return self.money.money(plan.service.code, cast(Number, number))


def table_services(layers: Layers, extent: pd.DataFrame, unit_set: str, money: Money) -> pd.DataFrame | None:
    """Rows of the services of form table for the units of one set.

    Parameters
    ----------
    extent : table (unit_id, ecosystem_type, area)

    Returns
    -------
    table (unit_id, service, item, ecosystem_type, quantity, uom, price, price_uom, price_year, value_share, status, note)
        None where no service of the study is of this form.
    """
    members = set(layers.members.loc[layers.members["unit_set"] == unit_set, "unit_id"])
    # also the units that this account leaves aside: what a table gives some unit it must give each
    statistics = pd.DataFrame(columns=[*COLUMNS, *OPTIONAL]) if layers.all_statistics is None else layers.all_statistics
    statistics = money.statistics(statistics)
    read = _Tables(layers, members, extent[["unit_id", "ecosystem_type", "area"]], unit_set, statistics, money)
    parts = []
    for made in layers.plans:
        for item in made.service.items:
            if item.form != "table":
                continue
            place = (unit_set, made.service.code, item.code)
            rows = layers.rows_of_tables.get(place)
            if rows is None:
                arguments = {name: read.argument(made, name) for name in item.arguments}
                rows = cast("pd.DataFrame | None", item.quantity(**arguments))
                if rows is not None and "statistics" in arguments:  # which speak of other units too
                    ids = rows["unit_id"].astype(str)
                    rows = rows[ids.isin(members) | ~ids.isin(layers.codes)]
                if rows is not None and "extent" not in arguments:  # the land is nominal at first
                    layers.rows_of_tables[place] = rows
            if rows is not None and len(rows):
                layers.filled.add((made.service.code, item.code))
                rows = rows.assign(service=made.service.code)
                rows["item"] = rows.get("item", item.code)
                for name in EMPTY.keys() - set(rows):
                    rows[name] = EMPTY[name]
                parts.append(rows)
    return pd.concat(parts, ignore_index=True) if parts else None
