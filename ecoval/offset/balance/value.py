"""The balance in money, beside the physical one and never instead of it.

    V_net = sum_s pi_s sum_u ( sum_jk C_sujk y_jk - kappa_v max(D_su, 0) )

Over the services with a price; a service without one is a row without values. Prices are those of one year.
"""

import math
import re

import numpy as np
import pandas as pd

from ecoval import measure
from ecoval.errors import InputError, MeasureError
from ecoval.offset.balance.quantities import PER_YEAR, TOLERANCE, positive

VALUE_COLUMNS = (
    "service",
    "price",
    "price_uom",
    "price_year",
    "debit_value",
    "required_value",
    "credit_value",
    "net_value",
    "net_value_cautious",
    "status",
)


def value_balance(table, prices, ratio_value=1.0):
    """Value of what is lost, required and given, per service over all its areas.

    Parameters
    ----------
    table : table (service, debit, debit_high, credit, credit_low, uom)
        A balance.
    prices : table (service, price, price_uom, price_year, status)
        A service without a price is a row without values.
    ratio_value : number, 1

    Returns
    -------
    table (service, price, ..., debit_value, required_value, credit_value, net_value, status)
    """
    by_service = _by_service(prices)
    parts = {}
    names = ("service", "uom", "debit", "credit", "debit_high", "credit_low")
    for service, uom, *numbers in zip(*(table[name].tolist() for name in names), strict=True):
        parts.setdefault(service, (uom, []))[1].append(numbers)
    rows = []
    for service, (uom, numbers) in parts.items():
        price = by_service.get(service, {})
        factor = _price(price, uom)
        lost, given, most, least = zip(*numbers, strict=True)
        debit, high = (math.fsum(map(positive, each)) for each in (lost, most))
        given, low = math.fsum(given), math.fsum(least)
        required = ratio_value * debit
        values = (debit, required, given, given - required, low - ratio_value * high)
        named = [price.get(name) for name in ("price", "price_uom", "price_year")]
        rows.append((service, *named, *(factor * value for value in values), price.get("status")))
    columns = dict(zip(VALUE_COLUMNS, zip(*rows, strict=True) if rows else [()] * len(VALUE_COLUMNS), strict=True))
    numbers = ("price", *(name for name in VALUE_COLUMNS if "_value" in name))
    return pd.DataFrame({name: np.array(each, dtype=float) if name in numbers else list(each) for name, each in columns.items()})


def fitted_prices(prices, quantities):
    """Prices per unit of measure of the quantities of their service; a service without a price is left out.

    Parameters
    ----------
    prices : table (service, price, price_uom)
    quantities : table (service, uom)

    Returns
    -------
    table (service, price)
    """
    uoms = dict(zip(quantities["service"], quantities["uom"], strict=True))
    rows = [row for row in prices.drop_duplicates("service").to_dict("records") if row["service"] in uoms]
    made = pd.DataFrame({"service": [row["service"] for row in rows], "price": [_price(row, uoms[row["service"]]) for row in rows]})
    return made[made["price"].notna()].reset_index(drop=True)


def value_ok(value, column="net_value"):
    """Whether the values balance; None where no service has a price.

    Parameters
    ----------
    value : table (service, required_value, net_value, ...)
    column : choice {net_value, net_value_cautious}

    Returns
    -------
    choice {True, False, None}
    """
    priced = value[value["price"].notna()]
    if priced.empty:
        return True if value.empty else None
    return bool(math.fsum(priced[column]) >= -TOLERANCE * math.fsum(priced["required_value"]))


def _by_service(prices):
    found = {}
    for row in prices.to_dict("records"):
        found.setdefault(row["service"], row)
    return found


def _price(price, uom):
    """Money per unit of the quantity: the price, converted to the quantity's unit of measure."""
    value = price.get("price")
    if value is None or value != value:
        return math.nan
    per = str(uom).removesuffix(PER_YEAR)
    given = price.get("price_uom")
    power = re.fullmatch(r"(k?m)([23])", per)
    wanted = f"CNY {power[1]}-{power[2]}" if power else f"CNY {per}-1"
    if not isinstance(given, str) or not given or given == wanted:
        return float(value)
    try:
        return float(value) * measure.factor(given, wanted)
    except MeasureError as error:
        raise InputError("offset_price_uom", service=price["service"], price_uom=given, expected=wanted) from error
