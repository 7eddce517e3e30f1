"""Items of the statistics: what services declare that they read, what is a product, and what nobody reads.

An item is an `item` of a long table: a number of the unit (`population`), a product (an item with a price), what belongs to one of
these behind a colon (`rice:labour`, `visits:shanghai`), or land of a type (`land:11`). Services declare theirs (`Statistic`); every
quantity is in the domain of its item, in a measure of its dimension, before anything is computed.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ecoval import measure, tables
from ecoval.classification import ecosystem_types
from ecoval.errors import InputError, MeasureError, warn
from ecoval.registry import data_rows
from ecoval.services.declaration import Service, Statistic
from ecoval.services.products import of_other_service
from ecoval.terms import nearest

OF_ACCOUNT = (Statistic("population", "person", high=1e10), Statistic("gdp", "CNY", high=1e16))  # read by the account itself
LARGEST_OUTPUT = 1e15  # of the output of a product in any measure
SIMILAR = 0.8  # from which on an unknown item is taken for a misspelt one


class ItemNames:
    """The items that studies with these services may give."""

    def __init__(self, services: Iterable[Service]) -> None:
        every = (*OF_ACCOUNT, *(entry for service in services for entry in service.statistics))
        self.alone = {entry.name: entry for entry in every if entry.stands in ("alone", "apart", "products")}
        self.apart = {entry.name: entry for entry in every if entry.stands == "apart"}
        self.parts = {entry.name: entry for entry in every if entry.stands in ("product", "products")}
        self.land = {entry.name: entry for entry in every if entry.stands == "land"}

    def is_product(self, item: str) -> bool:
        """Whether a priced item of this name is a product."""
        return ":" not in item and item not in self.alone and not of_other_service(item)

    def statistic(self, item: str) -> Statistic | None:
        """The declaration of an item that is no product; None where it is not known."""
        head, _, tail = item.partition(":")
        if not tail:
            return self.alone.get(item)
        if head in self.land and tail in {str(code) for code in ecosystem_types()}:
            return self.land[head]
        return self.apart.get(head) or (self.parts.get(tail) if head not in self.land else None)

    def nearest(self, item: str, products: Iterable[str]) -> str:
        """The known item that is most like one."""
        head, colon, tail = item.partition(":")
        if colon and head in self.land:
            return f"{head}:{nearest(tail, sorted(map(str, ecosystem_types())))}"
        candidates = (
            [*self.alone, *products]
            if not colon
            else [*(f"{head}:{name}" for name in self.parts), *(f"{name}:{tail}" for name in self.apart)]
        )
        return nearest(item, candidates) or "-"


def check_items(read: Sequence[pd.DataFrame], services: Iterable[Service]) -> None:
    """Nothing where every item is known, in a measure of its dimension and in its domain; unread ones are named in a warning.

    Parameters
    ----------
    read : tables (unit_id, item, quantity, uom, price, price_uom)
        As `tables.read` gives them, quantities as numbers.

    Raises
    ------
    InputError
        For an item that is a known one misspelt, a part of a product that its unit does not have, a quantity outside its domain or
        in a measure of another dimension.
    """
    items = ItemNames(services)
    units: dict[str, set[str]] = {}  # product -> units that have it
    for table in read:
        priced = {item for item in table.loc[table["price"].notna(), "item"].unique() if items.is_product(item)}
        for item, rows in table[table["item"].isin(priced)].groupby("item", sort=False):
            units.setdefault(str(item), set()).update(rows["unit_id"])
    requested = {row["item"] for row in data_rows("request_items.csv")}
    for table in read:
        unread = [str(item) for item, rows in table.groupby("item", sort=False) if not _is_read(items, str(item), rows, units)]
        for code, names in (
            ("statistics_not_implemented", [name for name in unread if name in requested or of_other_service(name)]),
            ("statistics_not_used", [name for name in unread if name not in requested and not of_other_service(name)]),
        ):
            if names:
                warn(code, path=table.attrs["path"], items=names)


def _is_read(items: ItemNames, item: str, rows: pd.DataFrame, units: Mapping[str, set[str]]) -> bool:
    """Whether something reads an item, its rows being right where it does."""
    if item in units:
        _check_product(rows)
        return True
    statistic = items.statistic(item)
    if statistic is None:
        _refuse_misspelt(items, item, rows, units)
        return False
    if statistic is items.parts.get(item.partition(":")[2]):
        _check_part(item, rows, units)
    _check_quantities(statistic, rows)
    return True


def _check_quantities(statistic: Statistic, rows: pd.DataFrame) -> None:
    """Quantities of one item in its measure and domain."""
    for uom, those in rows.groupby(rows["uom"].fillna("1"), sort=False):
        try:
            factor = measure.factor(str(uom), statistic.measure)
        except MeasureError:
            raise InputError("statistic_measure", **_where(those, "uom"), found=uom, expected=statistic.measure) from None
        _check_domain(those, factor, statistic.low, statistic.high, statistic.measure)


def _check_product(rows: pd.DataFrame) -> None:
    """Output of a product that is no negative number, in the measure that its price is per."""
    _check_domain(rows, 1.0, 0.0, LARGEST_OUTPUT, "")
    stated = rows[rows["price"].notna()]
    for (uom, price_uom), those in stated.groupby([stated["uom"].fillna("1"), stated["price_uom"].fillna("")], sort=False):
        try:
            measure.value_factor(str(uom), str(price_uom))
        except MeasureError:
            where = _where(those, "price_uom")
            raise InputError("statistic_price_measure", **where, found=price_uom or "-", uom=uom) from None


def _check_domain(rows: pd.DataFrame, factor: float, low: float, high: float, uom: str) -> None:
    values = rows["quantity"].to_numpy(dtype=float) * factor
    beyond = np.flatnonzero((values < low) | (values > high))
    if len(beyond):
        row = rows.iloc[[beyond[0]]]
        expected = f"{low:g} ... {high:g} {uom}".strip() if math.isfinite(high) else f">= {low:g} {uom}".strip()
        found = f"{row['quantity'].iloc[0]} {row['uom'].iloc[0]}"
        raise InputError("statistic_outside_domain", **_where(row, "quantity"), found=found, expected=expected)


def _check_part(item: str, rows: pd.DataFrame, units: Mapping[str, set[str]]) -> None:
    """What belongs to a product stands beside it, in each unit."""
    product = item.partition(":")[0]
    absent = rows[~rows["unit_id"].isin(units.get(product, set()))]
    if len(absent):
        there = [name for name, those in units.items() if absent["unit_id"].iloc[0] in those]
        close = nearest(product, there) or "-"
        raise InputError("statistic_part_alone", **_where(absent, "item"), product=product, nearest=close)


def _refuse_misspelt(items: ItemNames, item: str, rows: pd.DataFrame, products: Iterable[str]) -> None:
    close, head = items.nearest(item, products), item.partition(":")[0]
    belongs = ":" in item and head in {*items.land, *items.apart, *products}
    if belongs or difflib.SequenceMatcher(None, item, close).ratio() >= SIMILAR:
        raise InputError("study_item_unknown", **_where(rows, "item"), nearest=close)


def _where(rows: pd.DataFrame, column: str) -> dict[str, Any]:
    cell = tables.cell(rows, rows.index[0], column)
    return {"path": rows.attrs.get("path", "-"), "cell": cell, "unit": rows["unit_id"].iloc[0], "item": rows["item"].iloc[0]}
