"""Material supply: products of ecosystems from statistics, and the part of their value that the ecosystem contributes.

    gross            V = sum Q P
    net_value_added  V = sum Q P (1 - c)                c share of intermediate consumption
    residual_rent    V = gross - intermediate - labour - depreciation - net tax - r K
    land_rent        V = sum A rent                     A ha of a land type, rent CNY ha-1 yr-1

Q quantity of a product in a year, P producer price, r return on produced capital K, yr-1. [GARZE2017] takes net output value;
the residual is the contribution in the sense of [seea-ea].

Statistics: a product is an item with a price; output that is known by its value alone has the value as the quantity (CNY) and the
price 1. What belongs to a product stands behind a colon: `rice:intermediate_share` (1), `rice:intermediate`, `rice:labour`,
`rice:depreciation`, `rice:net_tax`, `rice:capital` (CNY), `rice:return_rate` (1). A share or rate without a product,
`intermediate_share`, `return_rate`, holds for all products of the unit, and one from the parameter tables for all units; but a
product whose own share stands in the table for some unit needs it for each. For `land_rent` an item is
`land:<code>` (ha) with the rent as its price.

A total that is printed beside its parts (`data/products.csv`: grain beside rice, fruit beside citrus) is not counted in that unit.

Decided 2026: options are never mixed within a series; the choice stands in every row. A negative residual is reported, not
clipped. A product whose costs are absent has no value under the option that needs them. Electricity of water and biomass
(eco-energy), sea products and water for use are products of services of their own, whatever their names and prices: they count
where the pack has these and never here.
"""

import numpy as np
import pandas as pd

from ecoval import measure
from ecoval.services.declaration import Input, Item, Option, Parameter, Service, Statistic
from ecoval.services.products import of_other_service, totals_beside_parts
from ecoval.services.statistics import RESERVED, UnitVector, figure, money_year, of_part, of_unit, result, statuses

COSTS = ("intermediate", "labour", "depreciation", "net_tax")
SIGNED = ("net_tax",)  # subsidies may exceed taxes
LAND = "land"


def products(statistics: pd.DataFrame, intermediate_share: float | None, return_rate: float | None, method: str) -> pd.DataFrame:
    """Products of each unit with price and the share of the value that counts.

    Parameters
    ----------
    statistics : table (unit_id, item, quantity, uom, price, price_uom, price_year, status)
    intermediate_share : number, 1, 0-1
        For products without a share of their own; None without one.
    return_rate : number, 1
        Of produced capital; None without one.
    method : choice {gross, net_value_added, residual_rent, land_rent}

    Returns
    -------
    table (unit_id, item, ecosystem_type, quantity, uom, price, price_uom, price_year, value_share, status, note)
    """
    if method == "land_rent":
        return _land(statistics)
    totals = beside_parts(statistics, method).set_index(["unit_id", "item"]).index
    statistics = statistics[~pd.MultiIndex.from_frame(statistics[["unit_id", "item"]]).isin(totals)]
    names = [str(name) for name in dict.fromkeys(_priced(statistics)["item"])]
    tables = [_of_product(statistics, name, method, intermediate_share, return_rate) for name in names]
    return pd.concat(tables, ignore_index=True) if tables else result([], "", [], "")


def _priced(statistics: pd.DataFrame) -> pd.DataFrame:
    """Rows that are products."""
    items = statistics["item"].astype(str)
    elsewhere = items.str.contains(":") | items.isin(RESERVED) | items.map(of_other_service).astype(bool)
    return statistics[pd.to_numeric(statistics["price"]).notna() & ~elsewhere]


def beside_parts(statistics: pd.DataFrame, method: str) -> pd.DataFrame:
    """Totals that are not counted, because parts of them are: table (unit_id, item, parts).

    Parameters
    ----------
    statistics : table (unit_id, item, quantity, price)
    method : choice {gross, net_value_added, residual_rent, land_rent}
        By `residual_rent` only products whose costs are stated count.
    """
    products = _priced(statistics)
    if method == "residual_rent":
        heads = {str(item).partition(":")[0] for item in statistics["item"] if str(item).partition(":")[2] in COSTS}
        products = products[products["item"].isin(heads)]
    return totals_beside_parts(products)


def _of_product(
    statistics: pd.DataFrame, name: str, method: str, intermediate_share: float | None, return_rate: float | None
) -> pd.DataFrame:
    """Rows of one product."""
    rows = statistics[statistics["item"] == name]
    units = rows["unit_id"].astype(str).to_numpy()
    share = _share(statistics, rows, method, intermediate_share, return_rate)
    parts = [entry for entry in dict.fromkeys(statistics["item"].astype(str)) if entry == name or entry.startswith(f"{name}:")]
    return result(
        units,
        name,
        rows["quantity"].to_numpy(dtype=float),
        rows["uom"].to_numpy(),
        **{column: rows[column].to_numpy() for column in ("price", "price_uom", "price_year")},
        value_share=share,
        status=statuses(statistics, parts).reindex(units).fillna("user").to_numpy(),
        note=np.where(np.isnan(share), f"no_costs_for_{method}", ""),
    )


def _share(
    statistics: pd.DataFrame, rows: pd.DataFrame, method: str, intermediate_share: float | None, return_rate: float | None
) -> UnitVector:
    """Share of the gross value of one product that counts, per unit; nan where a cost is absent."""
    units, name = rows["unit_id"].astype(str).to_numpy(), rows["item"].iloc[0]

    def own(item: str, everywhere: float | None) -> UnitVector:
        return of_part(statistics, f"{name}:{item}", item, "1", units, everywhere)

    if method == "gross":
        return np.ones(len(units))
    if method == "net_value_added":
        return 1.0 - own("intermediate_share", intermediate_share)
    gross = np.array([worth(*row) for row in rows[["quantity", "uom", "price", "price_uom"]].itertuples(index=False)])
    costs = sum(of_unit(figure(statistics, f"{name}:{cost}", "CNY"), units) for cost in COSTS)
    capital = of_unit(figure(statistics, f"{name}:capital", "CNY"), units)
    rest = gross - costs - own("return_rate", return_rate) * capital
    parts = [name, *(f"{name}:{entry}" for entry in (*COSTS, "capital"))]
    rest = np.where(money_year(statistics, parts, units)[1], np.nan, rest)  # costs of other years than the price
    share: UnitVector = np.divide(rest, gross, out=np.full(len(units), np.nan), where=gross != 0)
    return share


def worth(quantity: float, uom: str, price: float, price_uom: str) -> float:
    """Gross value of one row, in the money of its price, CNY.

    Parameters
    ----------
    price_uom : text
        `CNY t-1`; 1 where the quantity is money.
    """
    return quantity * price * measure.value_factor(uom, str(price_uom))


def _land(statistics: pd.DataFrame) -> pd.DataFrame:
    """Rent of land by type."""
    rows = statistics[statistics["item"].astype(str).str.startswith(f"{LAND}:")]
    area = [float(value) * measure.factor(symbol, "ha") for value, symbol in zip(rows["quantity"], rows["uom"], strict=True)]
    return result(
        rows["unit_id"].astype(str).to_numpy(),
        "land",
        np.array(area),
        "ha",
        ecosystem_type=np.array([str(item).removeprefix(f"{LAND}:") for item in rows["item"]], dtype=object),
        status=rows.get("status", pd.Series("user", index=rows.index)).fillna("user").to_numpy(),
        **{column: rows[column].to_numpy() for column in ("price", "price_uom", "price_year")},
    )


NET, RESIDUAL = {"method": ("net_value_added",)}, {"method": ("residual_rent",)}

SERVICE = Service(
    code="material_supply",
    category="provisioning",
    items=(Item("products", measure="1", quantity=products, form="table"),),
    inputs=(Input("statistics", "1", kind="table"),),
    parameters=(
        Parameter("intermediate_share", "1", low=0, high=1, required=False, when=NET),
        Parameter("return_rate", "1", low=0, high=1, required=False, when=RESIDUAL),
    ),
    options=(Option("method", ("gross", "net_value_added", "residual_rent", "land_rent"), "gross"),),
    statistics=(
        Statistic("intermediate_share", "1", high=1, stands="products"),
        Statistic("return_rate", "1", high=1, stands="products"),
        *(Statistic(name, "CNY", low=-1e12 if name in SIGNED else 0, high=1e12, stands="product") for name in (*COSTS, "capital")),
        Statistic(LAND, "ha", high=1e8, stands="land"),
    ),
    references=("GARZE2017", "seea-ea"),
)
