"""Supply account: physical quantity and monetary value of every service item, per unit and ecosystem type.

One row per unit, service item and ecosystem type present in the unit, so that valid, missing and out-of-scope area of an item add
up to the area of the unit. The quantity of a type that the item leaves out is empty, as is that of a type without data: never zero.
An item that comes from statistics has one row for the whole unit (ecosystem type "*"), or one per type where its table says so.
"""

from __future__ import annotations

import pandas as pd

from ecoval.accounts.extent import WHOLE_UNIT, type_codes
from ecoval.accounts.sums import group_sum, per_pair
from ecoval.accounts.valuation import put_values
from ecoval.constants import MISSING_TYPE
from ecoval.errors import InputError

SUPPLY_COLUMNS = (
    "year",
    "unit_set",
    "unit_id",
    "unit_name",
    "category",
    "service",
    "item",
    "option",
    "ecosystem_type",
    "quantity",
    "quantity_low",
    "quantity_high",
    "uom",
    "price",
    "price_uom",
    "price_year",
    "value",
    "value_low",
    "value_high",
    "valid_area",
    "missing_area",
    "out_of_scope_area",
    "status",
)
AREAS = ["valid_area", "missing_area", "out_of_scope_area"]
_ITEM = ["service", "item"]
_ROW = ["unit_id", "service", "item", "ecosystem_type"]
_NUMBERS = ["quantity", "quantity_low", "quantity_high", "price", "value", "value_low", "value_high", *AREAS]


def supply_account(
    totals: pd.DataFrame,
    items: pd.DataFrame,
    extent: pd.DataFrame,
    *,
    price_year: int,
    statistics: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Quantity and value of each service item in each unit and ecosystem type.

    Parameters
    ----------
    totals : table (unit_id, ecosystem_type, service, item, quantity, uom, valid_area, missing_area, out_of_scope_area)
        Sums over cells; areas in m2; quantity_low and quantity_high where there are draws.
    items : table (service, item, category, option, price, price_uom, status, price_status)
        One row per service item; the item "*" stands for all items of a service that have no row of their own. Prices are
        those of `price_year` or have their own year in a column price_year, empty where it is not known.
    extent : table (year, unit_set, unit_id, unit_name, ecosystem_type, area, uom)
        The extent account, in m2; it names the units and the order of the result.
    price_year : number, yr
    statistics : table (unit_id, service, item, ecosystem_type, quantity, uom, price, price_uom, price_year, value_share, status)
        Rows of the services that come from tables; `value_share` is the part of quantity times price that counts: without it a
        row has no value.

    Returns
    -------
    table (year, unit_set, unit_id, unit_name, category, service, item, option, ecosystem_type, quantity, ...)
        The columns of supply.csv. The value is quantity times price in CNY and empty where one of them is missing; `price` is
        the price that counts, that is with the value share of statistics.

    Raises
    ------
    InputError
        For an item without a row in `items`, for a unit that the extent account does not hold, and for two rows of one item
        in one unit and type.
    MeasureError
        For a price that is not per unit of the quantity.
    """
    cells = _priced(totals, items, price_year)
    parts = [cells]
    if statistics is not None and len(statistics):
        parts.append(_statistical(statistics, items, extent, price_year))
    parts = [part for part in parts if len(part)]
    rows = pd.concat(parts, ignore_index=True) if parts else cells
    _refuse_duplicates(rows)
    put_values(rows)
    return _ordered(rows, extent)


def _declared(rows: pd.DataFrame, items: pd.DataFrame) -> pd.DataFrame:
    """Rows with the declaration of their item, by its own code or by "*" for all items of the service."""
    own = set(zip(items["service"], items["item"], strict=True))
    absent = []

    def code(service: str, item: str) -> str:
        declared_item = item if (service, item) in own else WHOLE_UNIT
        if (service, declared_item) not in own:
            absent.append(f"{service}:{item}")
        return declared_item

    codes = pd.Series(per_pair(rows["service"], rows["item"], code), index=rows.index, dtype="str")
    if absent:
        items_of_services = [f"{service}:{item}" for service, item in sorted(own)]
        raise InputError("supply_item_undeclared", items=sorted(absent), known=items_of_services)
    declared = items.rename(columns={"item": "_declared"})
    return rows.assign(_declared=codes).merge(
        declared, on=["service", "_declared"], how="left", validate="many_to_one", suffixes=("", "_item")
    )


def _priced(totals: pd.DataFrame, items: pd.DataFrame, price_year: int) -> pd.DataFrame:
    """Totals over cells with the declaration and price of their item."""
    rows = totals.assign(unit_id=totals["unit_id"].astype(str), ecosystem_type=type_codes(totals["ecosystem_type"]))
    return _completed(_declared(rows, items), price_year)


def _statistical(statistics: pd.DataFrame, items: pd.DataFrame, extent: pd.DataFrame, price_year: int) -> pd.DataFrame:
    """Rows from tables: the counted price, and the areas for which they hold."""
    table = statistics.assign(unit_id=statistics["unit_id"].astype(str))
    table["ecosystem_type"] = type_codes(table.get("ecosystem_type", pd.Series(WHOLE_UNIT, index=table.index)).fillna(WHOLE_UNIT))
    if "value_share" in table:
        table["price"] = table["price"] * table["value_share"]
    declared = items[[name for name in ("service", "item", "category", "option", "price_status") if name in items]]
    land = extent.astype({"unit_id": str})
    rows = _completed(_declared(_every_unit(table, land), declared), price_year)
    whole = rows["ecosystem_type"] == WHOLE_UNIT
    type_area = land.set_index(["unit_id", "ecosystem_type"])["area"]
    area = pd.Series(type_area.reindex(_keys(rows, "unit_id", "ecosystem_type")).fillna(0.0).to_numpy(), index=rows.index)
    land_taken = group_sum(rows.assign(area=area), ["unit_id", *_ITEM], "area").reindex(_keys(rows, "unit_id", *_ITEM))
    area = area.where(~whole, rows["unit_id"].map(group_sum(land, ["unit_id"], "area")) - land_taken.to_numpy())
    has_quantity = rows["quantity"].notna()
    mentioned = _keys(rows, *_ITEM, "ecosystem_type").isin(_keys(table, *_ITEM, "ecosystem_type"))
    outside = ~has_quantity & ~mentioned & ~whole & (rows["ecosystem_type"] != MISSING_TYPE)
    rows["valid_area"] = area.where(has_quantity, 0.0)
    rows["missing_area"] = area.where(~has_quantity & ~outside, 0.0)
    rows["out_of_scope_area"] = area.where(outside, 0.0)
    return rows


def _every_unit(rows: pd.DataFrame, land: pd.DataFrame) -> pd.DataFrame:
    """Rows of statistics, with empty rows so that each item covers each unit.

    An item given for whole units is missing in a unit that has no row of it. An item given by type (lakes, reservoirs) leaves out
    the types that its table never mentions; a type that it mentions elsewhere is missing where the unit has land of it.
    """
    star = (rows["ecosystem_type"] == WHOLE_UNIT).groupby([rows[name] for name in ("unit_id", *_ITEM)]).any()
    star_of_item = star.groupby(level=_ITEM).any()
    kinds = rows[[*_ITEM, "uom"]].drop_duplicates(subset=_ITEM)
    unit_kinds = land[["unit_id"]].drop_duplicates().merge(kinds, how="cross")
    pairs = _keys(unit_kinds, "unit_id", *_ITEM)
    there = pairs.isin(star.index)
    by_unit = pd.Series(star.reindex(pairs, fill_value=False).to_numpy(), index=unit_kinds.index)
    by_item = pd.Series(star_of_item.reindex(_keys(unit_kinds, *_ITEM)).to_numpy(), index=unit_kinds.index)
    absent = unit_kinds[~there & by_item].assign(ecosystem_type=WHOLE_UNIT)
    by_type = unit_kinds[(there & ~by_unit) | (~there & ~by_item)].merge(land[["unit_id", "ecosystem_type"]], on="unit_id")
    by_type = by_type[~_keys(by_type, *_ROW).isin(_keys(rows, *_ROW))]
    parts = [part for part in (rows, absent, by_type) if len(part)]
    table: pd.DataFrame = pd.concat(parts, ignore_index=True)
    return table


def _keys(rows: pd.DataFrame, *names: str) -> pd.MultiIndex:
    return pd.MultiIndex.from_frame(rows[list(names)])


def _completed(rows: pd.DataFrame, price_year: int) -> pd.DataFrame:
    """Rows with every column that the account needs, empty where nothing was given; prices of the price year without a column."""
    texts = {"uom": "", "option": "", "status": "", "price_status": "", "price_uom": ""}
    for name in _NUMBERS:
        rows[name] = rows[name].astype("float64") if name in rows else float("nan")
    for name, text in texts.items():
        rows[name] = rows[name].astype(object).where(rows[name].notna(), text).astype(str) if name in rows else text
    rows["price_year"] = rows["price_year"].astype("float64") if "price_year" in rows else float(price_year)
    return rows


def _refuse_duplicates(rows: pd.DataFrame) -> None:
    twice = rows[rows.duplicated(_ROW)]
    if len(twice):
        raise InputError("supply_row_twice", rows=[" / ".join(key) for key in twice[_ROW].itertuples(index=False)])


def _ordered(rows: pd.DataFrame, extent: pd.DataFrame) -> pd.DataFrame:
    """Rows in the order of the units, then of the items as they came, then of the types."""
    units = extent[["year", "unit_set", "unit_id", "unit_name"]].astype({"unit_id": str}).drop_duplicates("unit_id")
    absent = sorted(set(rows["unit_id"]) - set(units["unit_id"]))
    if absent:
        raise InputError("supply_unit_unknown", units=absent, number=len(units))
    position = pd.Series(range(len(units)), index=units["unit_id"])
    item = rows.groupby(_ITEM, sort=False).ngroup()
    table = rows.drop(columns=["year", "unit_set", "unit_name"], errors="ignore").merge(units, on="unit_id", how="left")
    table = table.assign(_unit=table["unit_id"].map(position), _item=item.to_numpy())
    ordered = table.sort_values(["_unit", "_item"], kind="stable")
    return ordered[list(SUPPLY_COLUMNS)].reset_index(drop=True)
