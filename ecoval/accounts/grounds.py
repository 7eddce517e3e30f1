"""What the states of indicators follow from in a study: its pack, its exclusions, its services and the land cover's classes."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from ecoval.accounts.indicators import Grounds
from ecoval.classification import lineage, same_class, scope
from ecoval.sourced import stand_ins


def grounds_of(layers: Any, services: Collection[Any]) -> Grounds:
    """Grounds of the states in an account.

    Parameters
    ----------
    layers : Layers
    services : vector (services)
        All that this version has, and the user's own.

    Returns
    -------
    Grounds
    """
    declared = layers.declaration
    included = {code: row["included"] for code, row in layers.parameters.indicators().items()}
    owners = {item.code: service.code for service in services for item in service.items if item.code in included}
    owners |= {service.code: service.code for service in services}
    unpriced = {(service.code, item.code) for service in services for item in service.items if _unpriced(item)}
    left_out = {key: reason.code for key, reason in layers.left_out.items() if tuple(key.split(":")) not in unpriced}
    return Grounds(
        included=included,
        excluded=dict(declared.services.exclude),
        services=owners,
        computed=frozenset(plan.service.code for plan in layers.plans),
        left_out=left_out,
        scope=_scope(layers, [*included, *left_out]),
        unpriced=unpriced,
        stand_ins=dict(_stand_ins(layers)),
        missing_share=declared.checks.missing_share,
    )


def _unpriced(item: Any) -> bool:
    """Whether an item has a quantity alone; items of tables bring their prices."""
    return item.diagnostic or (item.price is None and item.form != "table")


def _scope(layers: Any, names: Collection[str]) -> Mapping[str, Collection[str]]:
    """Indicator, or service:item, -> types of the land cover's classes that it counts."""
    types = layers.known_types
    scopes = {}
    for entry in names:
        service, _, item = entry.partition(":")
        inside = scope(service, types, layers.scope_rows, item or None)
        scopes[entry] = frozenset(str(code) for code, counted in zip(types, inside, strict=True) if counted)
    return scopes


def _stand_ins(layers: Any) -> Iterator[tuple[tuple[str, str, str], str]]:
    """Service, item and type whose number is that of another key of its table, with that key."""
    for plan in layers.plans:
        for argument, (entry, value) in plan.found.items():
            if entry.by != "type":
                continue
            holder = entry.service or plan.service.code
            for code, number in zip(value.codes, value.numbers, strict=True):
                if number is None or number.key not in _standing(holder, entry, int(code), layers.parameters.region):
                    continue
                for item in plan.service.items:
                    if argument in item.needed:
                        yield (plan.service.code, item.code, str(code)), number.key


def _standing(service: str, entry: Any, code: int, region: str | None) -> set[str]:
    """Keys of a table that may stand for a type."""
    near = [same for candidate in (lineage(code) if entry.fallback else (code,)) for same in same_class(candidate)]
    return {key for same in near for key in stand_ins(service, entry.table_name, same, region)}
