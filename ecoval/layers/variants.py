"""Variants of a service that the report prints beside the chosen one, computed in the same pass.

Where published variants differ much (the sets of transpiration heat 40-fold), the reader must see what the choice does. A variant
is the service under other options or with a number changed; its items enter no account.
"""

from dataclasses import replace

import numpy as np

from ecoval.errors import EcovalError
from ecoval.layers.selection import LeftOut, plan


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
    for variant in base.variants:
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
