"""The balance in money, beside the physical one and never instead of it.

    V_net = sum_s pi_s sum_u ( sum_jk C_sujk y_jk - kappa_v max(D_su, 0) )

Over the services with a price; a service without one is a row without values. Prices are those of one year.
"""

import math
import re

import pandas as pd

from ecoval import measure
from ecoval.errors import InputError, MeasureError
from ecoval.offset.balance import PER_YEAR, TOLERANCE, positive

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
    by_service = {row["service"]: row for row in prices.drop_duplicates("service").to_dict("records")}
    rows = []
    for service, part in table.groupby("service", sort=False):
        price = by_service.get(service, {})
        factor = _price(price, part["uom"].iloc[0])
        debit, given, high, low = (
            math.fsum(numbers)
            for numbers in (part["debit"].map(positive), part["credit"], part["debit_high"].map(positive), part["credit_low"])
        )
        required = ratio_value * debit
        values = (debit, required, given, given - required, low - ratio_value * high)
        named = [price.get(name) for name in ("price", "price_uom", "price_year")]
        rows.append((service, *named, *(factor * value for value in values), price.get("status")))
    made = pd.DataFrame(rows, columns=list(VALUE_COLUMNS))
    numbers = ["price", *[name for name in VALUE_COLUMNS if "_value" in name]]
    made[numbers] = made[numbers].astype("float64")
    return made


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
