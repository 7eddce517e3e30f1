"""Services without cells (products, lakes, reservoirs): densities from the supply of the study, where it names ecosystem types.

The quantity of a type over its area in the units that have such a row. What the supply gives for no type (rice of a town, visits)
cannot be laid on a place and is not assessed.
"""

import numpy as np
import pandas as pd

from ecoval.accounts.prices import table_rows
from ecoval.constants import M2_PER_HECTARE, MISSING_TYPE
from ecoval.offset.loss.outcome import ITEM_COLUMNS

COLUMNS = tuple(name for name in ITEM_COLUMNS if name != "density_uom")


def has_tables(layers):
    """Whether a service of the study is computed from tables."""
    return any(item.form == "table" for made in layers.plans for item in made.service.items)


def type_densities(layers, land, priced):
    """Densities of the table services per ecosystem type.

    Parameters
    ----------
    layers : Layers
    land : Land
    priced : Prices

    Returns
    -------
    table (service, code, item, uom, price, price_uom, price_year, status)
    table (service, vector (types))
        Quantity per ha; nan for types that the supply does not name.
    vector (services), 1
        What is not assessed: service:item.
    """
    first = layers.members["unit_set"].iloc[0]
    members = layers.members[layers.members["unit_set"] == first]
    extent = _extent(layers, land, members)
    rows = table_rows(layers, extent, first, priced)
    items, densities, absent = [], {}, []
    if rows is None:
        return pd.DataFrame(items, columns=list(COLUMNS)), densities, absent
    codes = {str(code): place for place, code in enumerate(layers.lookup.types)}
    for (code, item), table in rows.groupby(["service", "item"], sort=False):
        name = f"{code}:{item}"
        typed = table[table["ecosystem_type"].astype(str).isin(codes) & table["quantity"].notna()]
        if not len(typed) or len(set(table["uom"])) > 1:
            absent.append(name)
            continue
        vector = np.full(len(codes), np.nan)
        for kind, part in typed.groupby(typed["ecosystem_type"].astype(str)):
            area = extent[(extent["ecosystem_type"] == kind) & extent["unit_id"].isin(part["unit_id"].astype(str))]["area"].sum()
            if area > 0:
                vector[codes[kind]] = part["quantity"].sum() / (area / M2_PER_HECTARE)
        if np.isnan(vector).all():
            absent.append(name)
            continue
        densities[name] = vector
        items.append({"service": name, "code": code, "item": item, "uom": table["uom"].iloc[0], **_price(typed)})
    return pd.DataFrame(items, columns=list(COLUMNS)), densities, absent


def _extent(layers, land, members):
    types = [*(str(code) for code in layers.lookup.types), MISSING_TYPE]
    unit, kind = np.nonzero(land.area > 0)
    ids = members["unit_id"].astype(str).to_numpy()
    names = np.array(types, dtype=object)[kind]
    return pd.DataFrame({"unit_id": ids[unit], "ecosystem_type": names, "area": land.area[unit, kind]})


def _price(rows):
    """Mean price by quantity, with the share of the value that counts."""
    price = {"price": np.nan, "price_uom": "", "price_year": np.nan, "status": str(rows["status"].iloc[0])}
    worth = rows["quantity"] * rows["price"] * rows["value_share"]
    if len(set(rows["price_uom"])) == 1 and worth.notna().all() and rows["quantity"].sum() != 0:
        price |= {"price": worth.sum() / rows["quantity"].sum(), "price_uom": rows["price_uom"].iloc[0]}
        price["price_year"] = rows["price_year"].iloc[0]
    return price
