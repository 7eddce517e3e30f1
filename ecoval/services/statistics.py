"""How table services read the long statistics: items by unit, and what belongs to an item behind a colon.

A number is asked for at one level. Where a table gives an item for some unit, each unit needs its own: a unit without a row has no
number, and neither one for all units nor one for all products takes its place. So a row that is lost leaves a gap, never a larger
value.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
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
UnitVector = npt.NDArray[np.float64]  # (units)
UnitCodes = npt.NDArray[np.object_]  # (units)
EMPTY: dict[str, Any] = {  # of the columns that a table function need not give
    "ecosystem_type": "*",
    "price": np.nan,
    "price_uom": "",
    "price_year": np.nan,
    "value_share": 1.0,
    "status": "user",
    "note": "",
}


def figure(statistics: pd.DataFrame, item: str, uom: str) -> pd.Series:
    """Numbers of one item in one measure: unit_id -> number.

    Parameters
    ----------
    statistics : table (unit_id, item, quantity, uom)
    """
    rows = statistics[statistics["item"] == item]
    values = [float(value) * measure.factor(symbol, uom) for value, symbol in zip(rows["quantity"], rows["uom"], strict=True)]
    return pd.Series(values, index=rows["unit_id"].astype(str), dtype=float)


def of_unit(series: pd.Series, units: UnitCodes, otherwise: float | None = None) -> UnitVector:
    """Numbers of units in their order, nan where a unit has none; the number for all where the table gives none to any unit."""
    if len(series):
        return series.reindex(units).to_numpy(dtype=float)
    return np.full(len(units), np.nan if otherwise is None else otherwise, dtype=float)


def of_part(
    statistics: pd.DataFrame, part: str, item: str, uom: str, units: UnitCodes, otherwise: float | None = None
) -> UnitVector:
    """Numbers of a part (a product, an origin) of each unit: its own where the table has the item of the part for some unit, else
    those of the unit, else the number for all.

    Parameters
    ----------
    statistics : table (unit_id, item, quantity, uom)
    part : text
        `rice:intermediate_share`, `visit_days:city`: the item of the part.
    """
    own = figure(statistics, part, uom)
    return of_unit(own, units) if len(own) else of_unit(figure(statistics, item, uom), units, otherwise)


def statuses(statistics: pd.DataFrame, items: Sequence[str]) -> pd.Series:
    """Worst status of some items per unit; `user` where none is stated.

    Parameters
    ----------
    statistics : table (unit_id, item, status)

    Returns
    -------
    table (unit_id, status)
    """
    rows = statistics[statistics["item"].isin(list(items))]
    stated = rows["status"] if "status" in rows else pd.Series("user", index=rows.index)
    rank = {name: place for place, name in enumerate(STATUS_ORDER)}
    places = stated.map(lambda name: rank.get(name, rank["user"]))
    return places.groupby(rows["unit_id"].astype(str)).max().map(lambda place: STATUS_ORDER[int(place)])


def money_year(
    statistics: pd.DataFrame, items: Sequence[str], units: UnitCodes, otherwise: float | None = None
) -> tuple[UnitVector, npt.NDArray[np.bool_]]:
    """Year of the money that some items of a unit are in, and where it cannot be told for all of them together.

    Parameters
    ----------
    statistics : table (unit_id, item, uom, price, price_year)
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


def result(
    units: npt.ArrayLike, item: str, quantity: npt.ArrayLike, uom: str | npt.NDArray[Any], **columns: npt.ArrayLike
) -> pd.DataFrame:
    """Result of a table function in its fixed columns.

    Parameters
    ----------
    uom
        Of all quantities, or of each.
    columns : vector (units)
        Further columns; absent ones are empty, `value_share` is 1, `status` is user.

    Returns
    -------
    table (unit_id, item, ecosystem_type, quantity, uom, price, price_uom, price_year, value_share, status, note)
    """
    given = {"item": item, "quantity": quantity, "uom": uom, **columns}
    return pd.DataFrame(
        {"unit_id": np.asarray(units, dtype=object)} | {name: given.get(name, EMPTY.get(name)) for name in COLUMNS[1:]}
    )
