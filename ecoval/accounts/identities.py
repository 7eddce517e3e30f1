"""Identities that every account must keep; a broken one stops the run before a table is written.

- valid + missing + out-of-scope area = area of the unit, for every service item;
- value = quantity x price in every row;
- supply over ecosystem types = supply of the unit;
- GEP = sum of its categories, each service once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from ecoval.accounts.indicators import counted
from ecoval.accounts.sums import group_sum
from ecoval.accounts.supply import AREAS
from ecoval.accounts.valuation import value_factors
from ecoval.constants import CATEGORIES
from ecoval.errors import IdentityError

IDENTITY_TOLERANCE = 1e-9  # relative to the larger side
_ITEM = ["unit_id", "service", "item"]


def check_identities(
    supply: pd.DataFrame,
    extent: pd.DataFrame,
    gep: pd.DataFrame,
    indicators: Mapping[str, str],
    *,
    totals: pd.DataFrame | None = None,
    tolerance: float = IDENTITY_TOLERANCE,
) -> None:
    """Check all identities of one unit set and year.

    Parameters
    ----------
    supply : table (unit_id, category, service, item, ecosystem_type, quantity, price, value, ...)
    extent : table (unit_id, ecosystem_type, area)
    gep : table (unit_id, provisioning, regulating, cultural, gep)
    indicators : table (indicator, included)
    totals : table (unit_id, service, item, quantity)
        Totals of units found on another way than by adding up types; left out where there are none.
    tolerance : number, 1

    Raises
    ------
    IdentityError
        For the first line that does not hold.
    """
    check_areas(supply, extent, tolerance)
    check_values(supply, tolerance)
    if totals is not None:
        check_supply(supply, totals, tolerance)
    check_gep(gep, supply, indicators, tolerance)


def check_areas(supply: pd.DataFrame, extent: pd.DataFrame, tolerance: float = IDENTITY_TOLERANCE) -> None:
    """Valid + missing + out-of-scope area of each service item = area of the unit.

    Parameters
    ----------
    supply : table (unit_id, service, item, valid_area, missing_area, out_of_scope_area)
    extent : table (unit_id, area)
    tolerance : number, 1

    Raises
    ------
    IdentityError
    """
    parts = sum((group_sum(supply, _ITEM, area) for area in AREAS[1:]), group_sum(supply, _ITEM, AREAS[0]))
    unit_area = group_sum(extent, ["unit_id"], "area")
    whole = pd.Series(unit_area.reindex(parts.index.get_level_values("unit_id")).to_numpy(), index=parts.index)
    _compare("identity_area", "supply", parts, whole, tolerance)


def check_values(supply: pd.DataFrame, tolerance: float = IDENTITY_TOLERANCE) -> None:
    """Value = quantity x price in each row, and empty where one of them is.

    Parameters
    ----------
    supply : table (unit_id, service, item, ecosystem_type, quantity, uom, price, price_uom, value)
    tolerance : number, 1

    Raises
    ------
    IdentityError
    """
    rows = supply.set_index([*_ITEM, "ecosystem_type"])
    factor = value_factors(rows)
    _compare("identity_value", "supply", rows["value"], rows["quantity"] * rows["price"] * factor, tolerance)


def check_supply(supply: pd.DataFrame, totals: pd.DataFrame, tolerance: float = IDENTITY_TOLERANCE) -> None:
    """Supply summed over ecosystem types = supply of the unit.

    Parameters
    ----------
    supply, totals : table (unit_id, service, item, quantity)
    tolerance : number, 1

    Raises
    ------
    IdentityError
    """
    of_types = group_sum(supply, _ITEM, "quantity")
    of_unit = group_sum(totals.astype({"unit_id": str}), _ITEM, "quantity")
    shared = of_types.index.union(of_unit.index)
    _compare("identity_supply", "supply", of_types.reindex(shared), of_unit.reindex(shared), tolerance)


def check_gep(
    gep: pd.DataFrame, supply: pd.DataFrame, indicators: Mapping[str, str], tolerance: float = IDENTITY_TOLERANCE
) -> None:
    """Subtotal = provisioning + regulating + cultural, GEP = subtotal where it is whole, and each category = the values of its
    counted services, each once.

    Parameters
    ----------
    gep : table (unit_id, provisioning, regulating, cultural, gep, subtotal, complete)
    supply : table (unit_id, category, service, item, ecosystem_type, value)
    indicators : table (indicator, included)
    tolerance : number, 1

    Raises
    ------
    IdentityError
    """
    table = gep.set_index("unit_id")
    summed = table[list(CATEGORIES)].sum(axis=1, min_count=1)
    _compare("identity_gep", "gep", table["subtotal"], summed, tolerance)
    _compare("identity_gep", "gep", table["gep"], summed.where(table["complete"].astype(bool)), tolerance)
    rows = supply[counted(supply, indicators)].drop_duplicates([*_ITEM, "ecosystem_type"])
    by_category = group_sum(rows, ["unit_id", "category"], "value")
    for category in CATEGORIES:
        keys = pd.MultiIndex.from_product([table.index, [category]], names=["unit_id", "category"])
        stated = pd.Series(table[category].to_numpy(), index=keys)
        _compare("identity_category", "gep", stated, by_category.reindex(keys), tolerance)


def _compare(code: str, account: str, left: pd.Series, right: pd.Series, tolerance: float) -> None:
    """Refuse the first line whose two sides differ, or of which one side alone is empty."""
    scale = pd.concat([left.abs(), right.abs()], axis=1).max(axis=1)
    difference = left - right
    broken = (difference.abs() > tolerance * scale) | (left.isna() != right.isna())
    if not broken.any():
        return
    key = broken.index[broken.to_numpy()][0]
    parts: Sequence[object] = key if isinstance(key, tuple) else (key,)
    position = int(broken.to_numpy().argmax())
    raise IdentityError(
        code,
        account=account,
        line=" / ".join(str(part) for part in parts),
        left=float(left.iloc[position]),
        right=float(right.iloc[position]),
        difference=float(difference.iloc[position]),
        tolerance=float(tolerance * scale.iloc[position]),
    )
