"""What stays coarse, and what the services of a standard will ask for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated

import pandas as pd

from ecoval import classification
from ecoval.declarations import WORKED_OUT, Key, columns
from ecoval.errors import ParameterError
from ecoval.layers.block import ServicePlan
from ecoval.layers.selection import LEFT_OUT_CODES, UNDECIDED, LeftOut, plan
from ecoval.parameters import Parameters
from ecoval.services import SERVICES

SCOPE = "scope"


@dataclass(frozen=True)
class CoarseRow:
    """A number that is lacking for a type that stays coarse; one row without service and parameter where none is."""

    code: Annotated[int, Key("ecosystem type", "生态系统类型", free=WORKED_OUT)]
    name: Annotated[str, Key("its name, in English", "类型名称（英文）")]
    area: Annotated[float, Key("of the type", "该类型的面积", low=0, measure="m2", free=WORKED_OUT)]
    uom: Annotated[str, Key("unit of measure of the area", "面积的计量单位")]
    resolved_by: Annotated[str, Key("what parts the type; empty: nothing", "细分依据；空为未细分", choices=("", "mixture"))]
    service: Annotated[str, Key("service that lacks a number for it", "缺参数的服务")]
    parameter: Annotated[str, Key("the number that it lacks", "所缺的参数")]


def coarse_table(areas: Mapping[int, float], mixed: Iterable[int], parameters: Parameters) -> pd.DataFrame:
    """Coarse types of a product with the numbers that services lack for them.

    Parameters
    ----------
    areas : mapping (number, number)
        Ecosystem type -> m2.
    mixed : list of number
        Types that a mixture table resolves.
    parameters : Parameters
        Packaged and the user's own.

    Returns
    -------
    table (code, name, area, uom, resolved_by, service, parameter)
        A row per number that is lacking; one without service and parameter where none is. `parameter` is `scope` where finer types
        of the code differ in scope. `resolved_by` is `mixture` or empty.
    """
    rows = []
    mixed = set(mixed)
    for code in sorted(set(areas) & set(classification.refinements())):
        known = (code, classification.type_name(code, "en"), areas[code], "m2")
        if code in mixed:
            rows.append((*known, "mixture", "", ""))
            continue
        lacking = needs(code, parameters)
        rows += [(*known, "", service, name) for service, name in lacking] or [(*known, "", "", "")]
    return pd.DataFrame(rows, columns=columns(CoarseRow))


def needs(code: int, parameters: Parameters) -> list[tuple[str, str]]:
    """Services of the pack and the numbers by ecosystem type that they lack for a type.

    Parameters
    ----------
    code : number, 1

    Returns
    -------
    list of (service, parameter)
    """
    included = {name for name, row in parameters.indicators().items() if row["included"] == "yes"}
    lacking: dict[tuple[str, str], None] = {}
    for service in SERVICES:
        if not included & {service.code, *(item.code for item in service.items)}:
            continue
        chosen = {option.name: option.choices for option in service.options}
        pack = {name: choice for name, choice in parameters.options(service.code).items() if choice in chosen.get(name, ())}
        options = service.chosen(pack)
        try:
            made = plan(service, True, options, (code,), parameters, lambda _role: True, (), LeftOut())
        except ParameterError as error:
            if error.code not in LEFT_OUT_CODES:
                raise
            continue  # a number that no type has: not a matter of this one
        if made is not None:
            lacking |= dict.fromkeys((service.code, name) for name in _lacking(made))
    return list(lacking)


def _lacking(made: ServicePlan) -> list[str]:
    """Names in the tables of what the one type of a plan lacks."""
    found = {name for lacks in made.lacking.values() for each in lacks.values() for _, name in each}
    return sorted({SCOPE if name == UNDECIDED else name for name in found})
