"""How table services read the long statistics: items by unit, and what belongs to an item behind a colon.

A number is asked for at one level. Where a table gives an item for some unit, each unit needs its own: a unit without a row has no
number, and neither one for all units nor one for all products takes its place. So a row that is lost leaves a gap, never a larger
value.
"""

import numpy as np
import pandas as pd

from ecoval import measure
from ecoval.constants import STATUS_ORDER

COLUMNS = (
    "unit_id",
    "item",
    "ecosystem_type",
    "quantity",
    "uom",
    "price",
    "price_uom",
    "price_year",
    "value_share",
    "status",
    "note",
)
MIXED = "money_of_several_years"  # note of a row whose money cannot be put together
# items that are not products: reserved by the interface, and those of recreation
RESERVED = (
    "population",
    "gdp",
    "visits",
    "tourism_revenue",
    "nature_share",
    "wage",
    "visit_days",
    "hours_per_day",
    "visit_cost",
    "park_visits",
    "park_hours",
    "intermediate_share",
    "return_rate",
)


def figure(statistics, item, uom):
    """Numbers of one item in one measure: unit_id -> number.

    Parameters
    ----------
    statistics : table (unit_id, item, quantity, uom)
    item : text
    uom : text

    Returns
    -------
    table (unit_id, quantity)
    """
    rows = statistics[statistics["item"] == item]
    values = [float(value) * measure.factor(symbol, uom) for value, symbol in zip(rows["quantity"], rows["uom"], strict=True)]
    return pd.Series(values, index=rows["unit_id"].astype(str), dtype=float)


def of_unit(series, units, otherwise=None):
    """Numbers of units in their order, nan where a unit has none; the number for all where the table gives none to any unit.

    Parameters
    ----------
    series : table (unit_id, quantity)
    units : vector (units)
    otherwise : number

    Returns
    -------
    vector (units)
    """
    if len(series):
        return series.reindex(units).to_numpy(dtype=float)
    return np.full(len(units), np.nan if otherwise is None else otherwise, dtype=float)


def of_part(statistics, part, item, uom, units, otherwise=None):
    """Numbers of a part (a product, an origin) of each unit: its own where the table has the item of the part for some unit, else
    those of the unit, else the number for all.

    Parameters
    ----------
    statistics : table (unit_id, item, quantity, uom)
    part : text
        `rice:intermediate_share`, `visit_days:city`: the item of the part.
    item, uom : text
    units : vector (units)
    otherwise : number

    Returns
    -------
    vector (units)
    """
    own = figure(statistics, part, uom)
    return of_unit(own, units) if len(own) else of_unit(figure(statistics, item, uom), units, otherwise)


def statuses(statistics, items):
    """Worst status of some items per unit; `user` where none is stated.

    Parameters
    ----------
    statistics : table (unit_id, item, status)
    items : vector (items)

    Returns
    -------
    table (unit_id, status)
    """
    rows = statistics[statistics["item"].isin(list(items))]
    stated = rows["status"] if "status" in rows else pd.Series("user", index=rows.index)
    rank = {name: place for place, name in enumerate(STATUS_ORDER)}
    places = stated.map(lambda name: rank.get(name, rank["user"]))
    return places.groupby(rows["unit_id"].astype(str)).max().map(lambda place: STATUS_ORDER[int(place)])


def money_year(statistics, items, units, otherwise=None):
    """Year of the money that some items of a unit are in, and where it cannot be told for all of them together.

    Parameters
    ----------
    statistics : table (unit_id, item, uom, price, price_year)
    items : vector (items)
    units : vector (units)
    otherwise : number, yr
        Of the money of a unit that has none of the items; None where it is not known.

    Returns
    -------
    vector (units), yr
        nan where no year is stated.
    vector (units)
        True where the items state different years: their money cannot be put together.
    """
    rows = statistics.reindex(columns=["unit_id", "item", "uom", "price", "price_year"])[statistics["item"].isin(list(items))]
    rows = rows[rows["uom"].astype(str).str.contains("CNY") | pd.to_numeric(rows["price"]).notna()]
    years = pd.to_numeric(rows["price_year"]).groupby(rows["unit_id"].astype(str))
    stated = years.max().where(years.count() == years.size()).reindex(units).to_numpy(dtype=float)
    mixed = (years.max() > years.min()).reindex(units, fill_value=False).to_numpy(dtype=bool)
    none = ~np.isin(units, rows["unit_id"].astype(str).unique())
    return np.where(none, np.nan if otherwise is None else otherwise, stated), mixed


def result(units, item, quantity, uom, **columns):
    """Result of a table function in its fixed columns.

    Parameters
    ----------
    units : vector (units)
    item : text
    quantity : vector (units)
    uom : text
    columns : vector (units)
        Further columns; absent ones are empty, `value_share` is 1, `status` is user.

    Returns
    -------
    table (unit_id, item, ecosystem_type, quantity, uom, price, price_uom, price_year, value_share, status, note)
    """
    given = {"item": item, "quantity": quantity, "uom": uom, **columns}
    empty = {
        "ecosystem_type": "*",
        "price": np.nan,
        "price_uom": "",
        "price_year": np.nan,
        "value_share": 1.0,
        "status": "user",
        "note": "",
    }
    return pd.DataFrame(
        {"unit_id": np.asarray(units, dtype=object)} | {name: given.get(name, empty.get(name)) for name in COLUMNS[1:]}
    )
