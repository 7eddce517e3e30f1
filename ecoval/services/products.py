"""Products: those that hold others (totals printed beside their parts, from the tree of `data/products.csv`), and those of services
of their own (electricity of water and biomass, sea products, water for use, from `data/request_items.csv`).
"""

from __future__ import annotations

from collections.abc import Collection
from functools import cache

import pandas as pd

from ecoval.registry import data_rows
from ecoval.terms import plain_name

MATERIAL = "material_supply"


@cache
def _tree() -> tuple[dict[str, str], dict[str, str]]:
    """Plain name of a product in a table -> product, and product -> what holds it."""
    rows = data_rows("products.csv")
    names = {plain_name(name): row["product"] for row in rows for name in (row["product"], *filter(None, row["names"].split("|")))}
    return names, {row["product"]: row["parent"] for row in rows}


@cache
def _indicators() -> dict[str, str]:
    """Name of a product in a table -> indicator that counts it, where that is not material supply."""
    rows = [row for row in data_rows("request_items.csv") if row["form"] == "product" and row["indicator"] != MATERIAL]
    return {
        plain_name(name): row["indicator"]
        for row in rows
        for name in (row["item"], row["zh"], row["en"], *filter(None, row["aliases"].split("|")))
    }


def of_other_service(item: str) -> bool:
    """Whether an item is a product that an indicator of its own counts, in packs that have it, and material supply never.

    Examples
    --------
    >>> of_other_service("hydropower"), of_other_service("水力发电量"), of_other_service("rice")
    (True, True, False)
    """
    return plain_name(item) in _indicators()


def one_name(item: str) -> str:
    """The name under which an item of the statistics is told from others, however a table spells it or calls the product.

    Examples
    --------
    >>> one_name("茶叶"), one_name("Tea"), one_name("水稻:labour"), one_name("Honey dew")
    ('tea', 'tea', 'rice:labour', 'honeydew')
    """
    names, _ = _tree()
    head, colon, tail = plain_name(item).partition(":")
    return f"{names.get(head, head)}{colon}{tail}"


def is_part(item: str, total: str) -> bool:
    """Whether a product is held by another, at any depth; names that the tree does not know hold nothing.

    Examples
    --------
    >>> is_part("早稻", "粮食"), is_part("citrus", "fruit"), is_part("tea", "fruit"), is_part("fruit", "fruit")
    (True, True, False, False)
    """
    names, parents = _tree()
    item, total = plain_name(item), plain_name(total)
    if item not in names or total not in names:
        return False
    above = parents[names[item]]
    while above and above != names[total]:
        above = parents[above]
    return bool(above)


def parts_beside(items: Collection[str]) -> dict[str, list[str]]:
    """Totals among some products, each with those of its parts that stand beside it."""
    parts = {total: [item for item in items if is_part(item, total)] for total in items}
    return {total: names for total, names in parts.items() if names}


def totals_beside_parts(products: pd.DataFrame) -> pd.DataFrame:
    """Rows that are totals of other rows of their unit, which would be counted twice.

    Parameters
    ----------
    products : table (unit_id, item, quantity)
        Products that count; a part without a quantity stands for nothing.

    Returns
    -------
    table (unit_id, item, parts)
    """
    stated = products[products["quantity"].notna()]
    rows = [
        {"unit_id": unit, "item": total, "parts": tuple(parts)}
        for unit, those in stated.groupby("unit_id", sort=False)
        for total, parts in parts_beside([str(item) for item in those["item"]]).items()
    ]
    return pd.DataFrame(rows, columns=["unit_id", "item", "parts"])
