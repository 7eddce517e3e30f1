"""Which services and items a study computes, with which options and numbers, and why others are left out."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ecoval import classification
from ecoval.errors import EcovalError, InputError, ParameterError
from ecoval.layers.block import TYPES, ServicePlan
from ecoval.layers.study_toml import Declaration
from ecoval.parameters import Parameters, worst
from ecoval.services.declaration import Item, Parameter, Service, holds
from ecoval.sourced import Number
from ecoval.terms import nearest

PRICE_YEAR = "price_year"  # argument of a table function: the year of all money that it gets
TABLE_ARGUMENTS = ("statistics", "extent", PRICE_YEAR)
UNDECIDED = "service_scope"  # stands where no number is missing, but what a service counts is not decided
LEFT_OUT_CODES = ("parameter_missing", "parameter_recalled", "parameter_ambiguous", "parameter_of_other_region")


def wanted_services(
    declaration: Declaration, registry: Mapping[str, Service], parameters: Parameters, extra: Iterable[Service] = ()
) -> list[tuple[Service, bool]]:
    """Services that the study names, or all that its standard lists, and those of the user; with each whether it is named."""
    for error in unknown_choices(declaration, registry, parameters, extra):
        raise error
    choice = declaration.services
    known = dict(registry) | {service.code: service for service in extra}
    included = parameters.indicators()
    if choice.include is not None:
        codes = dict.fromkeys(choice.include, True)
    else:
        codes = dict.fromkeys((code for code, service in registry.items() if _listed(service, included)), False)
    codes |= dict.fromkeys((service.code for service in extra), True)
    left = [(_without(known[code], choice.exclude), named) for code, named in codes.items() if code not in choice.exclude]
    return [(service, named) for service, named in left if service.items]


def _without(service: Service, excluded: Collection[str]) -> Service:
    """The service without the items that are indicators of their own and excluded by name."""
    return replace(service, items=tuple(item for item in service.items if item.code not in excluded))


def unknown_choices(
    declaration: Declaration, registry: Mapping[str, Service], parameters: Parameters, extra: Iterable[Service] = ()
) -> Iterator[InputError]:
    """Everything in [services] that there is not or that cannot be together, each as an error that is not raised."""
    choice, path = declaration.services, str(declaration.path)
    by_code = dict(registry)
    for service in extra:
        if service.code in by_code:
            yield InputError("service_twice", service=service.code, known=sorted(by_code))
        by_code[service.code] = service
    excludable = {**by_code, **parameters.indicators()}
    for code in dict.fromkeys((*(choice.include or ()), *choice.options, *choice.exclude)):
        among = excludable if code in choice.exclude else by_code
        if code not in among:
            yield InputError("service_unknown", service=code, path=path, nearest=nearest(code, among))
    for code, reason in choice.exclude.items():
        if code in (choice.include or ()):
            yield InputError("service_in_and_out", service=code, path=path, reason=reason)
    for code in (code for code in choice.options if code in by_code):
        yield from _unknown_options(by_code[code], choice.options[code], path)


def _listed(service: Service, included: Mapping[str, Mapping[str, str]]) -> bool:
    """Whether a pack lists a service, or one of its items, as an indicator."""
    names = (service.code, *(item.code for item in service.items))
    return any(included.get(name, {}).get("included") == "yes" for name in names)


def chosen_options(
    service: Service, declaration: Declaration, parameters: Parameters, registry: Mapping[str, Service], computed: Collection[str]
) -> dict[str, str]:
    """Options of a service: its defaults, the pack's choices, the study's; those that it shares with another are the other's.

    Parameters
    ----------
    registry : table (code, service)
    computed : vector (services), 1
        All that the study computes.

    Raises
    ------
    InputError
        Where the study chooses a shared option otherwise than for the other service.
    """
    by_name = {option.name: option for option in service.options}
    given = declaration.services.options.get(service.code, {})
    pack = parameters.options(service.code)
    usable = {name: choice for name, choice in pack.items() if name in by_name and choice in by_name[name].choices}
    shared = {}
    for other in dict.fromkeys(option.of for option in service.options if option.of in registry):
        choices = chosen_options(registry[other], declaration, parameters, registry, computed)
        of_other = declaration.services.options.get(other, {})
        for option in service.options:
            if option.of == other and (other in computed or option.name in of_other or option.name not in given):
                shared[option.name] = choices[option.name]
    chosen = service.chosen(usable | given | shared)
    for name, choice in shared.items():
        if name in given and given[name] != choice and holds(by_name[name].when, chosen):
            where = {"path": str(declaration.path), "service": service.code, "option": name, "other": by_name[name].of}
            raise InputError("option_of_other_service", **where, found=given[name], expected=choice)
    return chosen


def settle(
    service: Service, options: dict[str, str], own_choices: Collection[str], counted: Collection[str], parameters: Parameters
) -> dict[str, str]:
    """Put the choice that stands for a default where the number is not given without which the default cannot be.

    Parameters
    ----------
    options : table (option, choice)
        Changed where that is so.
    own_choices : vector (options), 1
        Those that the study chooses itself: nothing stands for them.
    counted : vector (options), 1

    Returns
    -------
    table (option, parameter)
        What was changed.

    Raises
    ------
    ParameterError
        Where the study chooses what it has no number for.
    """
    changed = {}
    for option in service.options:
        if option.needs is None or option.name not in counted or options[option.name] == option.needs[1]:
            continue
        name, choice = option.needs
        if parameters.number(service.code, name, required=option.name in own_choices) is None:
            options[option.name], changed[option.name] = choice, name
    return changed


def _unknown_options(service: Service, options: Mapping[str, object], path: str) -> Iterator[InputError]:
    """Options, and choices, that a service does not have."""
    by_name = {option.name: option for option in service.options}
    for name, choice in options.items():
        table = f"services.{service.code}"
        if name not in by_name:
            yield InputError("study_unknown_key", path=path, table=table, key=name, nearest=nearest(name, by_name) or "-")
        elif choice not in (choices := by_name[name].choices):
            where, close = {"path": path, "key": f"{table}.{name}"}, nearest(str(choice), choices)
            yield InputError("study_wrong_choice", **where, found=str(choice), choices=", ".join(choices), nearest=close)


class LeftOut(dict[str, EcovalError]):
    """Service, or service:item, -> why it is not computed (an error that is not raised)."""

    def add(self, key: str, reason: EcovalError) -> None:
        """Note the first reason for a key."""
        self.setdefault(key, reason)


def plan(
    service: Service,
    named: bool,
    options: Mapping[str, str],
    types: Sequence[int],
    parameters: Parameters,
    available: Callable[[str], bool],
    scope_rows: Iterable[Mapping[str, object]],
    left_out: LeftOut,
) -> ServicePlan | None:
    """The service with its numbers, without the items that lack a layer or a number; None where none is left.

    Parameters
    ----------
    named
        Whether the study names it: then a layer that all its items lack is an error.
    types : vector (classes), 1
    available : callable (role)
    scope_rows : table (service, code, in_scope)
    left_out
        Gets the reasons.
    """
    active = service.active(options)
    found = ServiceNumbers()
    for entry in active.parameters:
        found.look_up(active.code, entry, named, options, types, parameters)
    absent = {entry.role for entry in active.inputs if entry.required and not available(entry.role)}
    items: list[Item] = []
    scopes: dict[str, np.ndarray] = {}
    for item in active.items:
        lacking = sorted(absent.intersection(item.needed))
        numberless = sorted(found.refused.keys() & set(item.needed))
        if lacking:
            left_out.add(f"{service.code}:{item.code}", InputError("service_layer_missing", service=service.code, roles=lacking))
        elif numberless:
            left_out.add(f"{service.code}:{item.code}", found.refused[numberless[0]])
        else:
            items.append(item)
            scopes[item.code] = classification.scope(active.code, types, scope_rows, item.code)
    if not items:
        reasons = [left_out.pop(f"{service.code}:{item.code}") for item in active.items]
        reason = reasons[0] if reasons else InputError("service_without_items", service=service.code)
        if named:
            raise reason
        left_out.add(service.code, reason)
        return None
    _check_arguments(service, items)
    roles = frozenset(entry.role for entry in service.inputs)
    return ServicePlan(
        service=replace(active, items=tuple(items)),
        options=options,
        vectors=found.vectors,
        numbers=found.numbers,
        scopes=scopes,
        statuses=found.statuses,
        roles=roles,
        found=found.found,
        refused=found.refused,
        lacking={
            item.code: _lacking(active, item, types, scopes[item.code], found, options)
            | {
                types.index(code): {(service.code, UNDECIDED)}
                for code in classification.undecided(service.code, types, scope_rows, item.code)
            }
            for item in items
        },
    )


def _lacking(
    active: Service, item: Item, types: Sequence[int], scope: np.ndarray, found: ServiceNumbers, options: Mapping[str, str]
) -> dict[int, set[tuple[str, str]]]:
    """Positions of the types in scope that the item's numbers leave without a quantity -> those numbers as the tables name them."""
    lacking: dict[int, set[tuple[str, str]]] = {}
    rows = {entry.name: (entry.service or active.code, entry.table_name) for entry in active.parameters}
    for name in set(item.needed) & found.vectors.keys():
        for position in np.flatnonzero(np.isnan(found.vectors[name][:-1]) & scope).tolist():
            lacking.setdefault(position, set()).add(rows[name])
    if item.lacking is not None:
        names = [name for name in inspect.signature(item.lacking).parameters if name != "codes"]
        given = {name: found.numbers.get(name, options.get(name)) for name in names}
        codes = [code for code, counted in zip(types, scope, strict=True) if counted]
        for code in item.lacking(codes=codes, **given):
            lacking.setdefault(types.index(code), set()).update(rows[name] for name in names if name in rows)
    return lacking


def refuse_without_numbers(service_plan: ServicePlan, types: Sequence[int]) -> None:
    """Nothing where some type of a service that a study names has all numbers that the service needs.

    Raises
    ------
    ParameterError
    """
    lacking: dict[int, set[tuple[str, str]]] = {}
    for item in service_plan.service.items:
        counted = set(np.flatnonzero(service_plan.scopes[item.code]).tolist())
        lacks = service_plan.lacking[item.code]
        if item.diagnostic or not counted:
            continue
        if counted - lacks.keys():
            return
        for position in sorted(counted):
            lacking.setdefault(position, set()).update(lacks[position])
    if lacking:
        names = sorted({name for pairs in lacking.values() for _, name in pairs})
        kinds = [str(types[position]) for position in sorted(lacking)]
        where = {"service": service_plan.service.code, "table": f"parameters/{service_plan.service.code}.csv"}
        raise ParameterError("types_without_parameter", types=kinds, keys=kinds, parameters=names, **where)


class ServiceNumbers:
    """Numbers of a service: vectors over types, single ones and tables, their statuses, and what is not to be had."""

    def __init__(self) -> None:
        self.vectors: dict[str, np.ndarray] = {}
        self.numbers: dict[str, Any] = {}
        self.statuses: dict[str, str] = {}
        self.refused: dict[str, ParameterError] = {}
        self.found: dict[str, tuple[Parameter, Any]] = {}

    def look_up(
        self, code: str, entry: Parameter, named: bool, options: Mapping[str, str], types: Sequence[int], parameters: Parameters
    ) -> None:
        """Look one declared parameter up; of a service that the study names the types without a number are listed later."""
        try:
            value, rows = self._looked_up(code, entry, named, options, types, parameters)
        except ParameterError as error:
            if error.code not in LEFT_OUT_CODES:
                raise
            value, rows = None, []
            if entry.required:
                self.refused[entry.name] = error
        if entry.by == "type" and value is not None:
            self.vectors[entry.name] = value
        else:
            self.numbers[entry.name] = value
        self.statuses[entry.name] = worst(row.status for row in rows) if rows else ""

    def _looked_up(
        self, code: str, entry: Parameter, named: bool, options: Mapping[str, str], types: Sequence[int], parameters: Parameters
    ) -> tuple[Any, list[Number]]:
        """Value of one declared parameter in its measure, and the rows that it comes from."""
        found = parameters.declared(code, entry, types, options)
        if found is None:
            return None, []
        value, rows = _checked(code, entry, named, types, found)
        self.found[entry.name] = (entry, found)
        return value, rows


def _checked(code: str, entry: Parameter, named: bool, types: Sequence[int], found: Any) -> tuple[Any, list[Number]]:
    if entry.by == "type":
        if not named and np.isnan(found.values).all():
            raise _missing(code, entry, types)
        _check_range(code, entry, found.values)
        rows = list({row: None for row in found.numbers if row is not None})
        return np.append(found.values, np.float32(np.nan)), rows
    if entry.by == "table":
        if not found and entry.required:
            raise _missing(code, entry, types)
        if entry.low is not None or entry.high is not None:
            _check_range(code, entry, np.array([number.in_measure(entry.measure).value for number in found.values()]))
        return {key: number.value for key, number in found.items()}, list(found.values())
    _check_range(code, entry, np.array([found.value]))
    return found.value, [found]


def _missing(code: str, entry: Parameter, types: Sequence[int]) -> ParameterError:
    """Nothing of a number by type or of a table is there: with the keys that the types in use need."""
    holder = entry.service or code
    keys = {str(each) for each in types} if entry.by == "type" else entry.keys(types) if entry.keys is not None else {"*"}
    where = {"service": holder, "parameter": entry.table_name, "table": f"parameters/{holder}.csv"}
    return ParameterError("parameter_missing", **where, key=", ".join(sorted(keys)))


def _check_range(code: str, entry: Parameter, values: np.ndarray) -> None:
    low = -np.inf if entry.low is None else entry.low
    high = np.inf if entry.high is None else entry.high
    beyond = values[(values < low) | (values > high)]
    if len(beyond):
        raise ParameterError(
            "parameter_beyond_declared",
            service=code,
            parameter=entry.table_name,
            given=float(beyond[0]),
            low=low,
            high=high,
            uom=entry.measure,
        )


def _check_arguments(service: Service, items: Collection[Item]) -> None:
    """Refuse an argument that is neither a role, a parameter, an option nor a reserved name."""
    known = {TYPES, *(entry.role for entry in service.inputs)}
    known |= {entry.name for entry in service.parameters} | {option.name for option in service.options}
    for item in items:
        every = known | set(TABLE_ARGUMENTS) if item.form == "table" else known
        for name in item.needed:
            if name not in every:
                close = nearest(name, every)
                raise InputError("service_argument_unknown", service=service.code, item=item.code, argument=name, nearest=close)


def item_status(made: ServicePlan, item: Item, role_statuses: Mapping[str, str]) -> str:
    """Worst status of the numbers that an item uses, itself or through the layers prepared for it; `user` without a reference."""
    names = item.needed
    own = [made.statuses[name] for name in names if made.statuses.get(name)]
    prepared = [role_statuses[name] for name in names if role_statuses.get(name)]
    return worst([*own, *prepared, *(() if made.service.references else ("user",))])
