"""Statistics per unit, checked against the units, and the services that are computed from tables."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, cast

import numpy as np
import pandas as pd

from ecoval import measure, tables
from ecoval.declarations import PRICE_DOMAIN, YEAR_DOMAIN, Key, columns, entries
from ecoval.declared_tables import check_rows
from ecoval.errors import InputError, warn
from ecoval.layers.block import ServicePlan
from ecoval.layers.items import ItemNames, check_items
from ecoval.layers.opened import Layers
from ecoval.services import material_supply
from ecoval.services.declaration import Service
from ecoval.terms import nearest
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
    price_year: Annotated[int | None, Key("year of the money", "价格年", **YEAR_DOMAIN)] = None
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
    layers.statistics = pd.concat(parts, ignore_index=True) if parts else None


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
    twice = table[table.duplicated(["unit_id", "item"])]
    if len(twice):
        rows = [f"{unit} {item}" for unit, item in zip(twice["unit_id"], twice["item"], strict=True)]
        raise InputError("statistics_twice", path=path, rows=rows, year=layers.year)
    if not len(table):
        warn("statistics_without_year", path=path, year=layers.year)
    table = table[table["unit_id"].isin(set(layers.members["unit_id"]))]
    return table[[*COLUMNS, *OPTIONAL]].reset_index(drop=True)


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


def table_services(layers: Layers, extent: pd.DataFrame, unit_set: str) -> pd.DataFrame | None:
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
    parts = []
    for made in layers.plans:
        for item in made.service.items:
            if item.form != "table":
                continue
            arguments = {name: _argument(layers, made, name, members, extent, unit_set) for name in item.arguments}
            rows = cast("pd.DataFrame | None", item.quantity(**arguments))
            if rows is not None and len(rows):
                rows = rows.assign(service=made.service.code)
                rows["item"] = rows.get("item", item.code)
                parts.append(rows)
    return pd.concat(parts, ignore_index=True) if parts else None


def _argument(layers: Layers, made: ServicePlan, name: str, members: Collection[str], extent: pd.DataFrame, unit_set: str) -> Any:
    """What a table function gets under one of its argument names."""
    if name == "extent":
        return extent[["unit_id", "ecosystem_type", "area"]]
    if name == "statistics":
        table = layers.statistics
        return pd.DataFrame(columns=[*COLUMNS, *OPTIONAL]) if table is None else table[table["unit_id"].isin(members)]
    if name in made.measures:
        table = layers.tables.get(name)
        if table is None:
            return None
        if "unit_set" in table.columns:
            table = table[table["unit_set"] == unit_set].drop(columns="unit_set")
        return table[table["unit_id"].astype(str).isin(members)] if "unit_id" in table.columns else table
    if name in made.numbers:
        return made.numbers[name]
    if name in made.vectors:
        codes = layers.lookup.types
        return dict(zip(codes, made.vectors[name].tolist(), strict=False))
    return None if name in made.roles else made.options.get(name)
