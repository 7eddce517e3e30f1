"""Prices of all items at the price year, with their year, status and what could not be had."""

from dataclasses import dataclass, field

import pandas as pd

from ecoval.errors import ParameterError, message
from ecoval.layers.selection import item_status

COLUMNS = ("service", "item", "category", "option", "price", "price_uom", "price_year", "status", "price_status")
NO_PRICE = {"price": float("nan"), "price_uom": "", "price_year": float("nan"), "price_status": ""}
ABSENT = ("price_not_given", "parameter_recalled", "parameter_missing", "parameter_ambiguous")


@dataclass
class Prices:
    """The item table of the supply account, the numbers used, and what the report says of them."""

    items: pd.DataFrame
    record: dict = field(default_factory=dict)
    notes: list = field(default_factory=list)
    rows: list = field(default_factory=list)


def price_table(layers, price_year, strict=False):
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
    priced = Prices(pd.DataFrame(columns=list(COLUMNS)))
    rows = []
    for made in layers.plans:
        text = made.service.options_text(made.options)
        for item in made.service.items:
            if item.diagnostic:
                continue
            row = {"service": made.service.code, "item": item.code, "category": made.service.category, "option": text}
            row["status"] = item_status(made, item, layers.statuses)
            rows.append(row | _price(layers, made, item, price_year, strict, priced))
        if any(item.form == "table" for item in made.service.items):
            # items of a table carry the names of its rows (products) and their own prices
            status = item_status(made, made.service.items[0], layers.statuses)
            row = {"service": made.service.code, "item": "*", "category": made.service.category, "option": text, "status": status}
            rows.append(row | NO_PRICE)
    priced.items = pd.DataFrame(rows, columns=list(COLUMNS))
    return priced


def price_rows(rows, priced):
    """Rows of table services with the price of their item where they bring none.

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
    known = priced.items.set_index(["service", "item"])
    keys = pd.MultiIndex.from_frame(rows[["service", "item"]])
    bare = rows["price"].isna().to_numpy()
    for column in ("price", "price_uom", "price_year"):
        given = known[column].reindex(keys).to_numpy()
        rows[column] = rows[column].astype(object).where(~bare, given)
    rows["price"] = pd.to_numeric(rows["price"])
    rows["price_year"] = pd.to_numeric(rows["price_year"])
    return rows


def _price(layers, made, item, price_year, strict, priced):
    if item.price is None:
        return dict(NO_PRICE)
    key = f"{made.service.code}:{item.code}"
    try:
        number = layers.parameters.price(made.service.code, item.price, uom=item.price_measure)
    except ParameterError as error:
        if error.code not in ABSENT:
            raise
        priced.record[key] = {"price": None, "reason": error.code, "en": error.message("en"), "zh": error.message("zh")}
        return dict(NO_PRICE)
    value, year = number.value, number.year
    priced.rows.append(number)
    priced.record[key] = {"price": value, "uom": number.uom, "year": year, "source": number.source_id, "status": number.status}
    return {"price": value, "price_uom": number.uom, "price_year": year, "price_status": number.status}


def noted(code, **fields):
    """A note of the report in both languages."""
    return {"code": code, "fields": fields, "en": message(code, fields, "en"), "zh": message(code, fields, "zh")}
