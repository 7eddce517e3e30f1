"""Prices of all items at the price year, with their year, status and what could not be had."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from ecoval.accounts import valuation
from ecoval.errors import ParameterError, warn
from ecoval.findings import finding, note_record
from ecoval.layers.selection import item_status
from ecoval.parameters import Number, Parameters
from ecoval.services.declaration import check_price
from ecoval.words import field_text

COLUMNS = ("service", "item", "category", "option", "price", "price_uom", "price_year", "status", "price_status")
NO_PRICE = {"price": float("nan"), "price_uom": "", "price_year": float("nan"), "price_status": ""}
ABSENT = ("price_not_given", "parameter_recalled", "parameter_missing", "parameter_ambiguous")


@dataclass
class Prices:
    """The item table of the supply account, the numbers used, and what the report says of them."""

    items: pd.DataFrame
    price_year: int
    parameters: Parameters
    strict: bool = False
    record: dict[str, dict[str, Any]] = field(default_factory=dict)
    beside: dict[tuple[str, str], dict[str, float]] = field(default_factory=dict)
    notes: list[dict[str, Any]] = field(default_factory=list)
    rows: list[Number] = field(default_factory=list)
    warned: set[str] = field(default_factory=set)

    def warn_once(self, code: str, **fields: Any) -> None:
        """Warn, of several unit sets once."""
        if (said := f"{code} {fields}") not in self.warned:
            self.warned.add(said)
            warn(code, **fields)

    def keep_year(self, service: str, price: str, year: object) -> None:
        """Say that a price stays at its own year.

        Raises
        ------
        ParameterError
            Where the run is strict.
        """
        fields: dict[str, Any] = {"service": service, "price": price, "year": year or "-", "wanted": self.price_year}
        if self.strict:
            raise ParameterError("price_year_not_reached", **fields)
        self.warn_once("price_year_not_reached", **fields)


def price_table(layers: Any, price_year: int, strict: bool = False) -> Prices:
    """One row per service item with its price at the price year.

    Parameters
    ----------
    layers : Layers
    price_year : number, yr
    strict : choice {True, False}
        Refuse a price that stays at its own year.

    Returns
    -------
    Prices
    """
    priced = Prices(pd.DataFrame(columns=list(COLUMNS)), price_year, layers.parameters, strict)
    rows = []
    for plan in layers.plans:
        head = {"service": plan.service.code, "category": plan.service.category}
        head["option"] = plan.service.options_text(plan.options)
        for item in plan.service.items:
            if not item.diagnostic:
                row = head | {"item": item.code, "status": item_status(plan, item, layers.statuses)}
                rows.append(row | _price(plan, item, priced))
        if any(item.form == "table" for item in plan.service.items):
            # items of a table carry the names of its rows (products) and their own prices
            rows.append(head | {"item": "*", "status": ""} | NO_PRICE)
    priced.items = pd.DataFrame(rows, columns=list(COLUMNS))
    return priced


def _price(plan: Any, item: Any, priced: Prices) -> dict[str, Any]:
    code = plan.service.code
    item_price = valuation.item_price(priced.parameters, code, item, plan.options, priced.price_year)
    if item_price.reason is not None:
        if item_price.reason.code not in ABSENT:
            raise item_price.reason
        reason = item_price.reason
        priced.record[f"{code}:{item.code}"] = {"price": None, **_reason(reason.code, reason.fields)}
    if item_price.chosen is None:
        return dict(NO_PRICE)
    if item_price.chosen.note:
        priced.keep_year(code, item.price, item_price.chosen.number.year)
    number = item_price.chosen.number
    check_price(code, item.code, item.total, number.uom)
    priced.rows.append(number)
    described = {"price": number.value, "uom": number.uom, "year": number.year}
    priced.record[f"{code}:{item.code}"] = described | {"source": number.source_id, "status": number.status}
    if len(item_price.beside) > 1:
        priced.beside[code, item.code] = {name: price.value for name, price in item_price.beside.items()}
    return {"price": number.value, "price_uom": number.uom, "price_year": number.year, "price_status": number.status}


def price_rows(rows: pd.DataFrame | None, priced: Prices) -> pd.DataFrame | None:
    """Rows of table services at the price year, with the price of their item where they bring none.

    Parameters
    ----------
    rows : table (service, item, price, price_uom, price_year, ...)
    priced : Prices

    Returns
    -------
    table (service, item, price, price_uom, price_year, ...)
    """
    if rows is None:
        return None
    rows = rows.copy()
    bare = rows["price"].isna().to_numpy()
    rows["price_year"] = pd.to_numeric(rows["price_year"], errors="coerce")
    rows, unmoved = valuation.table_at_year(rows, priced.price_year, priced.parameters)
    if unmoved:
        years = sorted({int(year) for year in rows["price_year"].dropna().unique()} - {priced.price_year})
        for service in rows.loc[rows["price_year"].isin(years), "service"].unique():
            priced.keep_year(service, "price", ", ".join(map(str, years)))
    prices = priced.items.set_index(["service", "item"])
    keys = pd.MultiIndex.from_frame(rows[["service", "item"]])
    for column in ("price", "price_uom", "price_year"):
        declared = prices[column].reindex(keys).to_numpy()
        rows[column] = rows[column].astype(object).where(~bare, declared)
    rows["price"] = pd.to_numeric(rows["price"])
    rows["price_year"] = pd.to_numeric(rows["price_year"])
    return rows


def price_notes(supply: pd.DataFrame, priced: Prices) -> list[dict[str, Any]]:
    """Values of storage at full and at annualised cost, side by side, the chosen one being that of the account.

    Parameters
    ----------
    supply : table (unit_set, service, item, quantity, price)
        One unit set.
    priced : Prices

    Returns
    -------
    vector (notes)
    """
    notes = []
    for (service, item), prices in priced.beside.items():
        quantity = float(supply.loc[(supply["service"] == service) & (supply["item"] == item), "quantity"].sum())
        chosen = priced.items.set_index(["service", "item"])["price"].get((service, item))
        fields = {"service": service, "item": item, "quantity": quantity, "quantity_uom": "m3 yr-1"}
        for name in (valuation.FULL_COST, valuation.ANNUALISED):
            fields |= {name: prices[name], f"{name}_uom": "CNY m-3"}
            fields |= {f"{name}_value": prices[name] * quantity, f"{name}_value_uom": "CNY yr-1"}
        fields["chosen"] = next(name for name, value in prices.items() if value == chosen)
        notes.append(note_record("storage_prices", **fields))
    return notes


def _reason(code: str, fields: Mapping[str, object]) -> dict[str, Any]:
    fields = {name: field_text(value) if isinstance(value, list | tuple) else value for name, value in fields.items()}
    return finding(code, **fields).record()
