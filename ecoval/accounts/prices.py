"""Prices of all items at the price year, with their year, status and what could not be had."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from ecoval import measure
from ecoval.accounts import valuation
from ecoval.classification import ecosystem_types, lineage
from ecoval.errors import ParameterError, warn
from ecoval.findings import finding, note_record
from ecoval.layers.selection import item_status
from ecoval.layers.statistics import table_services
from ecoval.parameters import Number, Parameters
from ecoval.services.declaration import check_price, options_text
from ecoval.services.statistics import MIXED
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

    def statistics(self, table: pd.DataFrame) -> pd.DataFrame:
        """Statistics in money of the price year."""
        return valuation.statistics_at_year(table, self.price_year, self.parameters)

    def money(self, service: str, number: Number) -> float:
        """A number in money as it is at the price year; where it cannot be carried, in its own with a warning."""
        price = valuation.at_year(number, self.price_year, self.parameters)
        if price.note:
            self.keep_year(service, number.parameter, number.year)
        return price.value

    def warn_once(self, code: str, **fields: Any) -> None:
        """Warn, of several unit sets once."""
        if (warning := f"{code} {fields}") not in self.warned:
            self.warned.add(warning)
            warn(code, **fields)

    def keep_year(self, service: str, price: str, year: object) -> None:
        """Say that a price stays at its own year.

        Raises
        ------
        ParameterError
            Where the run is strict.
        """
        fields: dict[str, Any] = {"service": service, "price": price, "year": year or "-", "price_year": self.price_year}
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
        head["option"] = options_text(plan.counted)
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
    described: dict[str, Any] = {"price": number.value, "uom": number.uom, "year": number.year}
    carried = item_price.chosen
    if carried.year is not None:
        described |= {"from_year": carried.year, "factor": carried.factor}
        fields = {"service": code, "price": item.price, "from_year": carried.year, "year": number.year}
        note = note_record("price_carried", **fields, factor=carried.factor)
        priced.notes += [note] if note not in priced.notes else []
    priced.record[f"{code}:{item.code}"] = described | {"source": number.source_id, "status": number.status}
    if len(item_price.beside) > 1:
        priced.beside[code, item.code] = {name: price.value for name, price in item_price.beside.items()}
    return {"price": number.value, "price_uom": number.uom, "price_year": number.year, "price_status": number.status}


def table_rows(layers: Any, extent: pd.DataFrame, unit_set: str, priced: Prices) -> pd.DataFrame | None:
    """Rows of all table services for the units of one set, in money of the price year, one for each unit, item and type.

    Parameters
    ----------
    layers : Layers
    extent : table (unit_id, ecosystem_type, area)
    unit_set : text
    priced : Prices

    Returns
    -------
    table (unit_id, service, item, ecosystem_type, quantity, uom, price, price_uom, price_year, value_share, status, note)
        None where no table service has a row.
    """
    rows = table_services(layers, extent, unit_set, priced)
    if rows is None:
        return None
    rows = rows.assign(unit_id=rows["unit_id"].astype(str))
    rows["ecosystem_type"] = of_land(rows, extent.astype({"unit_id": str}))
    return price_rows(rows, priced)


def of_land(rows: pd.DataFrame, land: pd.DataFrame) -> list[str]:
    """Type of each row as the land of its unit has it: the type itself, else the first class above it that the unit has.

    Parameters
    ----------
    rows : table (unit_id, ecosystem_type)
    land : table (unit_id, ecosystem_type, area)

    Returns
    -------
    vector (rows)
    """
    there = set(zip(land["unit_id"], land["ecosystem_type"].astype(str), strict=True))
    types = ecosystem_types()

    def on_land(unit: str, code: str) -> str:
        above = map(str, lineage(int(code))) if code.isdigit() and int(code) in types else (code,)
        return next((each for each in above if (unit, each) in there), code)

    return [on_land(unit, code) for unit, code in zip(rows["unit_id"], rows["ecosystem_type"].astype(str), strict=True)]


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
    _warn_of_gaps(rows, priced)
    return merged(rows)


def _warn_of_gaps(rows: pd.DataFrame, priced: Prices) -> None:
    """Name the rows that have a quantity and a price, and yet no value or no year of their money."""
    valued = rows["quantity"].notna() & rows["price"].notna()
    for service, lacking in rows[valued & rows["value_share"].isna()].groupby("service"):
        priced.warn_once("value_share_unknown", service=service, rows=_row_names(lacking))
    for service, undated in rows[valued & rows["price_year"].isna()].groupby("service"):
        priced.warn_once("price_year_unknown", service=service, rows=_row_names(undated), price_year=priced.price_year)
    for service, several in rows[rows["note"].astype(str) == MIXED].groupby("service"):
        priced.warn_once("money_of_several_years", service=service, rows=_row_names(several), price_year=priced.price_year)


def _row_names(rows: pd.DataFrame) -> list[str]:
    return [f"{unit} {item}" for unit, item in zip(rows["unit_id"], rows["item"], strict=True)]


def merged(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows of table services with one for each unit, item and ecosystem type: lakes or origins of one unit added up.

    Parameters
    ----------
    rows : table (unit_id, service, item, ecosystem_type, quantity, uom, price, price_uom, price_year, value_share, status, note)

    Returns
    -------
    table (unit_id, service, item, ecosystem_type, quantity, uom, price, price_uom, price_year, value_share, status, note)
        The price of several rows is their value over their quantity. Where one of them has no quantity, price or share, or their
        money is of several years, the sum has none either.

    Raises
    ------
    MeasureError
        For quantities of one item that are not of one dimension.
    """
    keys = ["unit_id", "service", "item", "ecosystem_type"]
    several = rows.duplicated(keys, keep=False)
    if not several.any():
        return rows
    sums = [_added(part) for _, part in rows[several].groupby(keys, sort=False)]
    whole = pd.concat([rows[~several], pd.concat(sums)])
    return whole.sort_index(kind="stable").reset_index(drop=True)


def _added(part: pd.DataFrame) -> pd.DataFrame:
    """The rows of one unit, item and type as one, in the place of the first."""
    first = part.iloc[[0]].copy()
    uom, price_uom = first["uom"].iloc[0], first["price_uom"].iloc[0]
    quantities = [q * measure.factor(each, uom) for q, each in zip(part["quantity"], part["uom"], strict=True)]
    quantity = math.fsum(quantities) if not part["quantity"].isna().any() else math.nan
    price = math.nan
    if part["price"].notna().all() and len(part["price_year"].drop_duplicates()) == 1:
        worths = [
            q * price * share * measure.value_factor(str(each), str(of))
            for q, price, share, each, of in part[["quantity", "price", "value_share", "uom", "price_uom"]].itertuples(index=False)
        ]
        whole = quantity * measure.value_factor(str(uom), str(price_uom))
        # of nothing the price of the first: its value is 0 by any
        price = math.fsum(worths) / whole if whole else float(first["price"].iloc[0]) if whole == 0 else math.nan
    notes = "; ".join(dict.fromkeys(str(note) for note in part["note"] if note))
    status = valuation.worst_status(part["status"])
    filled: dict[str, Any] = {"quantity": quantity, "price": price, "value_share": 1.0, "status": status, "note": notes}
    return first.assign(**filled)


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
