"""Layers that are worked out of others: whole-grid ones as aligned rasters, cell by cell ones while a tile is in memory.

Which preparation is used follows from what layers are declared and from the options of the service. A prepared layer has
the worst status of the numbers that went into it, and a note that says how it was made.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from ecoval.errors import InputError, ParameterError
from ecoval.layers import rain, soils, terrain, warmth
from ecoval.layers.block import Derived, LayerReader, ServicePlan
from ecoval.layers.study_toml import LayerDeclaration
from ecoval.parameters import Parameters, packaged, worst
from ecoval.rasters import Source
from ecoval.services.declaration import Input
from ecoval.sourced import Number
from ecoval.totals.blocks import Progress

if TYPE_CHECKING:
    from ecoval.layers.opening import Layers

Prepared = tuple[LayerReader | Derived, str, dict[str, Any]]  # reader, measure, note
Earlier = Callable[[Hashable, Sequence[Path], Callable[[], np.ndarray]], np.ndarray]


@dataclass(frozen=True)
class Preparation:
    """A role that can be made, from one of several sets of declared roles."""

    role: str
    needs: tuple[tuple[str, ...], ...]
    make: Callable[[Context, ServicePlan, Numbers], Prepared]
    roles: tuple[str, ...] = ()
    when: Callable[[Mapping[str, str]], bool] | None = None

    def usable(self, declared: Collection[str], options: Mapping[str, str]) -> bool:
        """Whether one of the sets is declared and the options fit."""
        return any(set(need) <= set(declared) for need in self.needs) and (self.when is None or self.when(options))


PREPARATIONS = (
    Preparation("ls", (("dem",),), terrain.slope_length_factor, ("dem",)),
    Preparation("slope", (("dem",),), terrain.slope_angle, ("dem",)),
    Preparation("latitude", ((),), terrain.latitude),
    Preparation(
        "erosivity", (("rain_daily",), ("precipitation_monthly",)), rain.erosivity_layer, ("rain_daily", "precipitation_monthly")
    ),
    Preparation("storm_runoff", (("rain_daily",),), rain.storm_runoff_layer, ("rain_daily",)),
    Preparation("storm_rain", (("rain_daily",),), rain.storm_rain_layer, ("rain_daily",)),
    Preparation("precipitation_monthly", (("rain_daily",),), rain.monthly_rain_layer, ("rain_daily",)),
    Preparation("precipitation", (("rain_daily",),), rain.yearly_rain_layer, ("rain_daily",)),
    Preparation(
        "erodibility",
        (
            ("soil_sand", "soil_silt", "soil_clay", "soil_organic_carbon"),
            ("soil_sand", "soil_silt", "soil_clay", "soil_organic_matter"),
        ),
        soils.erodibility_layer,
        ("soil_sand", "soil_silt", "soil_clay", "soil_organic_carbon", "soil_organic_matter", "soil_coarse_fragments"),
    ),
    Preparation("cover", (("ndvi",),), soils.cover_layer, ("ndvi",)),
    Preparation("cooling_days", (("temperature_max",),), warmth.cooling_days_layer, ("temperature_max",)),
)
INPUTS = {entry.role: entry for entry in (terrain.DEM, rain.DAILY, rain.MONTHLY, *soils.INPUTS, warmth.DAILY)}
BY_ROLE = {made.role: made for made in PREPARATIONS}


def possible(role: str, declared: Collection[str], options: Mapping[str, str]) -> bool:
    """Whether a role that is not declared can be made from what is."""
    return role in BY_ROLE and BY_ROLE[role].usable(declared, options)


def sources(role: str, declared: Collection[str]) -> set[str]:
    """Declared roles that a role is made from."""
    return set(BY_ROLE[role].roles) & set(declared)


def prepare(context: Context, role: str, made: ServicePlan, wanted: Input) -> None:
    """Make a role and put its reader among the layers; the options of the service that reads it, `made`, choose the variant."""
    layers = context.layers
    numbers = Numbers(layers.parameters, made.service.code)
    reader, uom, note = BY_ROLE[role].make(context, made, numbers)
    layers.readers[role] = reader
    layers.measures[role] = uom
    layers.described[role] = f"{role} ({note['code']})"
    layers.statuses[role] = worst(row.status for row in numbers.rows) if numbers.rows else ""
    if wanted.low is not None or wanted.high is not None:
        layers.bounds[role] = wanted.bounds(uom)
    layers.rows += numbers.rows
    layers.note(**note, role=role)


class Numbers(dict[tuple[str, str], float]):
    """(parameter, key) -> value, looked up when asked for; remembers what was used and its status.

    A row of the source that a method is named after comes first.
    """

    def __init__(self, parameters: Parameters, service: str, source: str = "") -> None:
        super().__init__()
        self._parameters = parameters
        self._service = service
        self.source = source
        self.rows: list[Number] = []

    def __missing__(self, name: tuple[str, str]) -> float:
        """Look a number up.

        Raises
        ------
        ParameterError
        """
        parameter, key = name
        number = self._found(parameter, key)
        self[name] = number.value
        self.rows.append(number)
        return number.value

    def _found(self, parameter: str, key: str) -> Number:
        sources = {row.source_id for row in packaged().get((self._service, parameter), ()) if row.key == key}
        source = self.source if self.source in sources and not self._own(parameter, key) else ""
        return cast(Number, self._parameters.number(self._service, parameter, key, source=source))

    def _own(self, parameter: str, key: str) -> bool:
        return any(row.key == key for row in self._parameters.own.get((self._service, parameter), ()))

    def optional(self, parameter: str, key: str = "*") -> float | None:
        """A number that may be absent: None then."""
        try:
            return self[parameter, key]
        except ParameterError as error:
            if error.code == "parameter_missing":
                return None
            raise


@dataclass
class Context:
    """What a preparation may use: the layers opened so far, how to open more, a folder, the report of progress."""

    layers: Layers
    open_role: Callable[[str, Input], LayerReader | Derived]
    source_of: Callable[[LayerDeclaration, int, Input | None], Source]
    work: Path
    progress: Progress | None = None
    earlier: Earlier | None = None
    kept: dict[str, Any] = field(default_factory=dict)

    def prepared(self, key: Hashable, paths: Sequence[Path], make: Callable[[], np.ndarray]) -> np.ndarray:
        """An array that is long to make, from an earlier run of this process where one is kept."""
        return make() if self.earlier is None else self.earlier(key, paths, make)

    @cached_property
    def declared(self) -> dict[str, LayerDeclaration]:
        """Declared layers by role."""
        return self.layers.declaration.layers

    def require(self, role: str) -> LayerDeclaration:
        """Declared layer of a role.

        Raises
        ------
        InputError
        """
        if role not in self.declared:
            raise InputError("service_layer_missing", service="-", roles=[role])
        return self.declared[role]
