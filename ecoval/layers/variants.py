"""Variants of a service that the report prints beside the chosen one, computed in the same pass.

Where published variants differ much (the sets of transpiration heat 40-fold), the reader must see what the choice does. A variant
is the service under other options or with a number changed; its items enter no account.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

import numpy as np

from ecoval.errors import EcovalError
from ecoval.layers.block import ServicePlan
from ecoval.layers.selection import LeftOut, plan
from ecoval.parameters import Parameters
from ecoval.services.declaration import Item, Service, Variant


def variant_plans(
    base: Service,
    chosen: ServicePlan,
    types: Sequence[int],
    parameters: Parameters,
    available: Callable[[str], bool],
    scope_rows: Iterable[Mapping[str, object]],
) -> tuple[list[ServicePlan], dict[str, EcovalError]]:
    """Plans of the variants of a service, and why others are not to be had.

    Parameters
    ----------
    base
        Before its options were chosen.
    types : vector (classes), 1
    available : callable (role)
    scope_rows : table (service, code, in_scope)
    """
    plans: list[ServicePlan] = []
    absent: dict[str, EcovalError] = {}
    for variant in base.variants:
        options = {**chosen.options, **variant.options}
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


def _of_items(made: ServicePlan, variant: Variant) -> ServicePlan | None:
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


def _scaled(value: Any, factor: float | None) -> Any:
    return value if factor is None or not isinstance(value, float) else value * factor


def proportion(chosen: ServicePlan, made: ServicePlan, item: Item) -> float:
    """Quantity of a proportional variant over that of the chosen form, from the functions at unit layers."""
    factors = cast(Variant, made.variant).factors
    return _at_unit(made, item, factors) / _at_unit(chosen, item, {})


def _at_unit(made: ServicePlan, item: Item, factors: Mapping[str, float]) -> float:
    return float(np.asarray(_unit_quantity(made, item, factors))[0, 0])


def _unit_quantity(made: ServicePlan, item: Item, factors: Mapping[str, float]) -> Any:
    one = np.ones((1, 1), dtype=np.float32)
    arguments: dict[str, Any] = {}
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
