"""Variants of a service that the report prints beside the chosen one, computed in the same pass.

Where published variants differ much (the sets of transpiration heat 40-fold), the reader must see what the choice does. A variant
is the service under other options or with a number changed; its items enter no account.
"""

from dataclasses import dataclass, field, replace

import numpy as np

from ecoval.errors import EcovalError
from ecoval.layers.selection import LeftOut, plan


@dataclass(frozen=True)
class Variant:
    """Other choices of options, and factors on numbers of the chosen form.

    A `proportional` variant differs from the chosen form by one factor everywhere: it needs no pass of its own.
    """

    options: dict = field(default_factory=dict)
    factors: dict = field(default_factory=dict)
    when: dict = field(default_factory=dict)
    items: tuple[str, ...] = ()
    proportional: bool = False

    @property
    def name(self):
        """Options and factors in words."""
        parts = [f"{name}={choice}" for name, choice in self.options.items()]
        return "; ".join([*parts, *(f"{name} x {factor:g}" for name, factor in self.factors.items())])


PLANTS, WATER = ("plants",), ("water",)
VARIANTS = {
    "climate_regulation": (
        Variant({"epp": "et"}, items=PLANTS),
        Variant({"epp": "GARZE2017"}, items=PLANTS),
        Variant({"epp": "CIRCULATED"}, items=PLANTS),
        Variant({"water_eer": "r", "humidification": "none"}, items=WATER, proportional=True),
        Variant({"water_eer": "r", "humidification": "all"}, items=WATER, proportional=True),
        Variant({"water_eer": "none", "humidification": "none"}, items=WATER, proportional=True),
        Variant({"water_eer": "none", "humidification": "all"}, items=WATER, proportional=True),
        Variant(factors={"energy_efficiency_ratio": 1.1}, proportional=True),
        Variant(factors={"cooling_days": 1.1}, when={"epp": ("GARZE2017", "CIRCULATED")}, items=PLANTS, proportional=True),
        Variant(factors={"humidifier_energy": 1.1}, when={"humidification": ("all",)}, items=WATER, proportional=True),
    ),
    "water_retention": (
        Variant(factors={"seasonality": 0.5}, when={"evapotranspiration": ("budyko",)}, items=("retention",)),
        Variant(factors={"seasonality": 2.0}, when={"evapotranspiration": ("budyko",)}, items=("retention",)),
    ),
}


def variant_plans(base, chosen, types, parameters, available, scope_rows):
    """Plans of the variants of a service, and why others are not to be had.

    Parameters
    ----------
    base : Service
        Before its options were chosen.
    chosen : ServicePlan
    types : vector (classes), 1
    parameters : Parameters
    available : callable (role)
    scope_rows : table (service, code, in_scope)

    Returns
    -------
    vector (plans)
    table (variant, error)
    """
    plans, absent = [], {}
    for variant in VARIANTS.get(base.code, ()):
        options = chosen.options | variant.options
        unfit = any(chosen.options.get(name) not in choices for name, choices in variant.when.items())
        if unfit or (options == chosen.options and not variant.factors):
            continue
        left_out = LeftOut()
        try:
            made = plan(base, False, options, types, parameters, available, scope_rows, left_out)
        except EcovalError as error:
            made = None
            left_out.add(base.code, error)
        made = None if made is None else _of_items(made, variant)
        if made is not None and not any(made.lacking[item.code] for item in made.service.items):
            plans.append(made)
        elif left_out:
            absent[variant.name] = next(iter(left_out.values()))
    return plans, absent


def _of_items(made, variant):
    """The plan with the variant's items alone, as diagnostics, and its changed numbers."""
    items = tuple(
        replace(item, diagnostic=True, price=None)
        for item in made.service.items
        if item.form == "cell" and not item.diagnostic and (not variant.items or item.code in variant.items)
    )
    if not items:
        return None
    numbers = {name: _scaled(value, variant.factors.get(name)) for name, value in made.numbers.items()}
    return replace(made, service=replace(made.service, items=items), numbers=numbers, variant=variant)


def _scaled(value, factor):
    return value if factor is None or not isinstance(value, float) else value * factor


def proportion(chosen, made, item):
    """Quantity of a proportional variant over that of the chosen form, from the functions at unit layers.

    Parameters
    ----------
    chosen, made : ServicePlan
    item : Item

    Returns
    -------
    number, 1
    """
    factors = made.variant.factors
    return _at_unit(made, item, factors) / _at_unit(chosen, item, {})


def _at_unit(made, item, factors):
    return float(np.asarray(_unit_quantity(made, item, factors))[0, 0])


def _unit_quantity(made, item, factors):
    one = np.ones((1, 1), dtype=np.float32)
    arguments = {}
    for name in item.arguments:
        if name in item.shared:
            arguments[name] = _unit_quantity(made, item.shared[name], factors)
        elif name in made.measures:
            arguments[name] = one * np.float32(factors.get(name, 1.0))
        elif name in made.vectors:
            arguments[name] = one
        else:
            arguments[name] = made.numbers.get(name, None if name in made.roles else made.options.get(name))
    return item.quantity(**arguments)
