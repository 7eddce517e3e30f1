"""Value = quantity x price: price of an item by its option, at the price year, in the measure of the quantity.

    price year    P_t = P_0 prod CPI_k / 100      k = year + 1 ... price_year; backwards the inverse
    annualised    P = c CRF + om                  CRF = r (1 + r)^n / ((1 + r)^n - 1)

c is the cost of a cubic metre of storage, r the interest rate, n the lifetime, om the yearly maintenance. Full cost and annualised
cost stand side by side wherever r, n and om are given; the option `price` says which one enters the value.

Decided 2026: the packaged deflators are recalled, so they count only where the study allows recalled numbers; own rows of the table
`deflators` count always. Without a row for a year of the chain, or without a year of the price, the price keeps its own year and
the reason is given: nothing is converted in part. Prices per t of carbon become prices per t of carbon dioxide by 12/44.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from ecoval import measure
from ecoval.accounts.sums import per_pair
from ecoval.constants import STATUS_ORDER
from ecoval.errors import InputError, ParameterError
from ecoval.measure import value_factor
from ecoval.parameters import Number, Parameters, worst

INDEX = "cpi_previous_year"
GDP = "gdp"
FULL_COST, ANNUALISED, WATER_PRICE = "full_cost", "annualised", "water_price"


@dataclass(frozen=True)
class Price:
    """Price of an item: the number, the year of its money, and what stood in the way of the price year ("" if nothing).

    Where it was carried to the price year, `year` is that of the source and `factor` what it was multiplied by.
    """

    number: Number
    note: str = ""
    year: int | None = None
    factor: float = 1.0

    @property
    def value(self) -> float:
        """The price."""
        return self.number.value


@dataclass(frozen=True)
class ItemPrice:
    """Price of an item under its option, beside the other prices that the report shows, and why one is absent."""

    chosen: Price | None
    beside: Mapping[str, Price] = field(default_factory=dict)
    reason: ParameterError | None = None


def deflator(parameters: Parameters, year: int, price_year: int, index: str = INDEX) -> Number | None:
    """Factor from the prices of one year to those of another; None where a year of the chain has no row.

    Parameters
    ----------
    parameters : Parameters
    year, price_year : number, yr
    index : text
        Parameter of the table `deflators`, previous year = 100.

    Returns
    -------
    Number
        Its status is the worst of the rows used.
    """
    rows = parameters.by_year("deflators", index)
    first, last = sorted((year, price_year))
    chain = [rows.get(k) for k in range(first + 1, last + 1)]
    factor, statuses = 1.0, ["verified"]
    sources: dict[str, None] = {}
    for row in chain:
        if row is None:
            return None
        factor *= row.in_measure("1").value
        statuses.append(row.status)
        sources[row.source_id] = None
    value = factor if year <= price_year else 1.0 / factor
    return Number("deflators", index, "*", value, "1", worst(statuses), year=price_year, source_id=", ".join(sources))


def at_year(number: Number, price_year: int | None, parameters: Parameters, index: str = INDEX) -> Price:
    """A price in the money of the price year, or in its own with the reason.

    Parameters
    ----------
    number : Number
    price_year : number, yr
    parameters : Parameters
    index : text

    Returns
    -------
    Price
        `note` is "" where the price is at the price year, "price_without_year" or "price_year_kept" where it is not.
    """
    if price_year is None or number.year == price_year:
        return Price(number)
    if number.year is None:
        return Price(number, "price_without_year")
    factor = deflator(parameters, number.year, price_year, index)
    if factor is None:
        return Price(number, "price_year_kept")
    scaled = {name: getattr(number, name) * factor.value for name in ("value", "low", "high")}
    carried = replace(number, **scaled, year=price_year, status=worst((number.status, factor.status)))
    return Price(carried, year=number.year, factor=factor.value)


def capital_recovery(interest_rate: float, lifetime: float) -> float:
    """Yearly payment per unit of capital.

    Parameters
    ----------
    interest_rate : number, yr-1
    lifetime : number, yr

    Returns
    -------
    number, yr-1
    """
    if interest_rate == 0:
        return 1.0 / lifetime
    growth: float = (1.0 + interest_rate) ** lifetime
    return interest_rate * growth / (growth - 1.0)


def annualised(cost: float, interest_rate: float, lifetime: float, maintenance: float) -> float:
    """Yearly cost of capital and its maintenance.

    Parameters
    ----------
    cost : number, CNY m-3
    interest_rate : number, yr-1
    lifetime : number, yr
    maintenance : number, CNY m-3 yr-1

    Returns
    -------
    number, CNY m-3
    """
    return cost * capital_recovery(interest_rate, lifetime) + maintenance


def item_price(parameters: Parameters, service: str, item: Any, options: Mapping[str, str], price_year: int | None) -> ItemPrice:
    """Price of a service item at the price year.

    Parameters
    ----------
    parameters : Parameters
    service : text
    item : Item
        Of `ecoval.services.declaration`.
    options : table (option, choice)
        With `price` the choice between full_cost, annualised and water_price.
    price_year : number, yr

    Returns
    -------
    ItemPrice
        Without a price where none is given, none is allowed, or the item has none.
    """
    if item.price is None:
        return ItemPrice(None)
    option = options.get("price", FULL_COST)
    name = "price_water" if option == WATER_PRICE else item.price
    try:
        full = at_year(parameters.price(service, name, uom=item.price_measure), price_year, parameters)
        if "price" not in options or option == WATER_PRICE:
            return ItemPrice(full)
        yearly = _annualised(parameters, service, full, required=option == ANNUALISED)
    except ParameterError as error:
        return ItemPrice(None, reason=error)
    beside = {FULL_COST: full} | ({} if yearly is None else {ANNUALISED: yearly})
    return ItemPrice(beside[option], beside)


def _annualised(parameters: Parameters, service: str, full: Price, required: bool) -> Price | None:
    """Annualised price; None where rate, lifetime or maintenance is not given and it is not required."""
    measures = {"interest_rate": None, "lifetime": "yr", "maintenance": None}
    numbers = {name: parameters.number(service, name, uom=uom, required=required) for name, uom in measures.items()}
    rate, lifetime, maintenance = numbers["interest_rate"], numbers["lifetime"], numbers["maintenance"]
    if rate is None or lifetime is None or maintenance is None:
        return None
    share = rate.value * measure.factor(rate.uom, "yr-1" if rate.uom.endswith("yr-1") else "1")
    upkeep = at_year(maintenance, full.number.year, parameters)
    value = annualised(full.value, share, lifetime.value, upkeep.value)
    status = worst((full.number.status, upkeep.number.status, rate.status, lifetime.status))
    number = replace(full.number, value=value, low=float("nan"), high=float("nan"), status=status, note=ANNUALISED)
    return Price(number, full.note or upkeep.note, full.year, full.factor)


def table_at_year(
    table: pd.DataFrame, price_year: int, parameters: Parameters, index: str = INDEX
) -> tuple[pd.DataFrame, dict[str, int]]:
    """Prices of table services in the money of the price year.

    Parameters
    ----------
    table : table (price, price_year, status, ...)
        Rows without a price year stay as they are.
    price_year : number, yr
    parameters : Parameters
    index : text

    Returns
    -------
    table (price, price_year, status, ...)
    table (note, rows)
        How many rows keep their own year.
    """
    result = table.copy()
    unmoved = 0
    for year in sorted({int(entry) for entry in result["price_year"].dropna().unique()} - {price_year}):
        rows = result["price_year"] == year
        factor = deflator(parameters, year, price_year, index)
        if factor is None:
            unmoved += int(rows.sum())
            continue
        result.loc[rows, "price"] = result.loc[rows, "price"] * factor.value
        result.loc[rows, "price_year"] = price_year
        result.loc[rows, "status"] = [worst((status or "user", factor.status)) for status in result.loc[rows, "status"]]
    return result, {"price_year_kept": unmoved} if unmoved else {}


def statistics_at_year(table: pd.DataFrame, price_year: int, parameters: Parameters, index: str = INDEX) -> pd.DataFrame:
    """Statistics whose money is in that of the price year, so that services may put prices and costs together.

    Parameters
    ----------
    table : table (item, quantity, uom, price, price_year, status)
    price_year : number, yr
    parameters : Parameters
    index : text

    Returns
    -------
    table (item, quantity, uom, price, price_year, status)
        Quantities that are money, else prices, times the deflator; rows that no deflator reaches, rows without a price year and
        GDP, which prices of consumers do not carry, as they were.
    """
    result = table.copy()
    stated = pd.to_numeric(result["price_year"])
    for year in sorted({int(entry) for entry in stated.dropna().unique()} - {price_year}):
        factor = deflator(parameters, year, price_year, index)
        if factor is None:
            continue
        rows = (stated == year) & (result["item"] != GDP)
        column = pd.Series("price", index=result.index).mask(result["uom"].astype(str).str.contains("CNY"), "quantity")
        for name in ("price", "quantity"):
            scaled = rows & (column == name)
            result.loc[scaled, name] = pd.to_numeric(result.loc[scaled, name]) * factor.value
        result.loc[rows, "price_year"] = price_year
        result.loc[rows, "status"] = [worst((status or "user", factor.status)) for status in result.loc[rows, "status"].fillna("")]
    return result


def worst_status(statuses: Iterable[str]) -> str:
    """Worst of several statuses; empty where there is none.

    Parameters
    ----------
    statuses : vector (numbers)

    Returns
    -------
    text
    """
    present = [status for status in statuses if isinstance(status, str) and status]
    unknown = [status for status in present if status not in STATUS_ORDER]
    if unknown:
        raise InputError("status_unknown", status=unknown[0], choices=", ".join(STATUS_ORDER))
    return max(present, key=STATUS_ORDER.index, default="")


def put_values(rows: pd.DataFrame) -> None:
    """Put into a supply table the value of each row, quantity times price in CNY, its price year and its worst status."""
    rows["price_year"] = rows["price_year"].astype("Int64").where(rows["price"].notna())
    factors = value_factors(rows)
    for bound in ("", "_low", "_high"):
        rows[f"value{bound}"] = rows[f"quantity{bound}"] * rows["price"] * factors
    of_price = rows["price_status"].where(rows["price"].notna(), "")
    status = per_pair(rows["status"], of_price, lambda own, price: worst_status((own, price)))
    rows["status"] = pd.Series(status, index=rows.index).where(rows["quantity"].notna(), "")


def value_factors(rows: pd.DataFrame) -> pd.Series:
    """Value factor of each row of a supply table; 1 where there is no price.

    Parameters
    ----------
    rows : table (uom, price, price_uom)

    Returns
    -------
    vector (rows), 1
    """
    price_uom = rows["price_uom"].where(rows["price"].notna(), "")
    factors = per_pair(rows["uom"], price_uom, lambda uom, price: value_factor(uom, price) if price else 1.0)
    return pd.Series(factors.astype("float64"), index=rows.index)
