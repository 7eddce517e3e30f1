"""Extent account: the area of each ecosystem type in each unit."""

from __future__ import annotations

import pandas as pd

from ecoval.accounts.sums import group_sum
from ecoval.constants import MISSING_TYPE

WHOLE_UNIT = "*"  # a row that holds for the unit as a whole, not for one ecosystem type

EXTENT_COLUMNS = ("year", "unit_set", "unit_id", "unit_name", "ecosystem_type", "area", "uom")


def extent_account(areas: pd.DataFrame, units: pd.DataFrame, *, year: int, unit_set: str) -> pd.DataFrame:
    """Area of each ecosystem type in each unit, with the land whose type is missing.

    Parameters
    ----------
    areas : table (unit_id, ecosystem_type, area)
        Areas in m2 on the ellipsoid; the type "missing" holds land without land cover, also outside the raster.
    units : table (unit_id, unit_name)
        The units in the order of the result.
    year : number, yr
    unit_set : text

    Returns
    -------
    table (year, unit_set, unit_id, unit_name, ecosystem_type, area, uom)
        Types with an area, in the order of their codes, the missing land last. A unit without any land has one row of
        missing land with the area zero.
    """
    coded = areas.assign(unit_id=areas["unit_id"].astype(str), ecosystem_type=type_codes(areas["ecosystem_type"]))
    summed = group_sum(coded, ["unit_id", "ecosystem_type"], "area").reset_index()
    summed = summed[summed["area"] > 0]
    names = units[["unit_id", "unit_name"]].astype({"unit_id": str})
    table = names.merge(summed, on="unit_id", how="left", validate="one_to_many")
    table["ecosystem_type"] = table["ecosystem_type"].fillna(MISSING_TYPE)
    table["area"] = table["area"].fillna(0.0)
    table = table.assign(year=year, unit_set=unit_set, uom="m2", _order=table["ecosystem_type"].map(_order))
    position = pd.Series(range(len(names)), index=names["unit_id"])
    table["_unit"] = table["unit_id"].map(position)
    ordered = table.sort_values(["_unit", "_order"], kind="stable")
    return ordered[list(EXTENT_COLUMNS)].reset_index(drop=True)


def type_codes(column: pd.Series) -> pd.Series:
    """Ecosystem type codes as text: 111, 111.0 and "111" are one type.

    Parameters
    ----------
    column : vector (rows)

    Returns
    -------
    vector (rows)
    """
    if pd.api.types.is_numeric_dtype(column):
        return column.astype("int64").astype(str)
    return column.astype(str)


def _order(code: str) -> tuple[int, str]:
    """Codes in the order of a classification book (1, 11, 111, 12), words behind, missing land last."""
    if code == MISSING_TYPE:
        return (2, code)
    return (0, code) if code.isdigit() else (1, code)
