"""Shade supply: heat that trees keep off, a service made up to show what a new one takes.

q = e        kWh ha-1 yr-1        one number per ecosystem type
"""

from ecoval.services.declaration import Item, Parameter, Service


def shade(shade_heat):
    """Heat kept off in a year.

    Parameters
    ----------
    shade_heat : array (rows, cols), kWh ha-1 yr-1

    Returns
    -------
    array (rows, cols), kWh ha-1 yr-1
    """
    return shade_heat


SERVICE = Service(
    code="shade_supply",
    category="regulating",
    items=(Item("shade", measure="kWh ha-1 yr-1", quantity=shade, price="price_shade", price_measure="CNY kWh-1"),),
    parameters=(Parameter("shade_heat", "kWh ha-1 yr-1", by="type", low=0, fallback=True),),
)
