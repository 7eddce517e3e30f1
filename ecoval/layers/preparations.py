"""Layers that are worked out of others: whole-grid ones as aligned rasters, cell by cell ones while a tile is in memory.

Which preparation is used follows from what layers are declared and from the options of the service. A prepared layer has
the worst status of the numbers that went into it, and a note that says how it was made.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

from ecoval.errors import InputError, ParameterError
from ecoval.layers import rain, soils, terrain, warmth
from ecoval.parameters import packaged, worst


@dataclass(frozen=True)
class Preparation:
    """A role that can be made, from one of several sets of declared roles."""

    role: str
    needs: tuple[tuple[str, ...], ...]
    make: Callable
    roles: tuple[str, ...] = ()
    when: Callable | None = None

    def usable(self, declared, options):
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


def possible(role, declared, options):
    """Whether a role that is not declared can be made from what is."""
    return role in BY_ROLE and BY_ROLE[role].usable(declared, options)


def sources(role, declared):
    """Declared roles that a role is made from."""
    return set(BY_ROLE[role].roles) & set(declared)


def prepare(context, role, made, wanted):
    """Make a role and put its reader among the layers.

    Parameters
    ----------
    context : Context
    role : text
    made : ServicePlan
        The service that reads it: its options choose the variant.
    wanted : Input
    """
    layers = context.layers
    numbers = Numbers(layers.parameters, made.service.code)
    reader, uom, note = BY_ROLE[role].make(context, made, numbers)
    layers.readers[role] = reader
    layers.measures[role] = uom
    layers.described[role] = f"{role} ({note['code']})"
    layers.statuses[role] = worst(row.status for row in numbers.rows) if numbers.rows else ""
    if wanted.low is not None or wanted.high is not None:
        layers.bounds[role] = (
            wanted.low if wanted.low is not None else -math.inf,
            math.inf if wanted.high is None else wanted.high,
        )
    layers.rows += numbers.rows
    layers.note(**note, role=role)


class Numbers(dict):
    """(parameter, key) -> value, looked up when asked for; remembers what was used and its status.

    A row of the source that a method is named after comes first.
    """

    def __init__(self, parameters, service, source=""):
        super().__init__()
        self._parameters = parameters
        self._service = service
        self.source = source
        self.rows = []

    def __missing__(self, name):
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

    def _found(self, parameter, key):
        sources = {row.source_id for row in packaged().get((self._service, parameter), ()) if row.key == key}
        if self.source in sources and not self._own(parameter, key):
            return self._parameters.number(self._service, parameter, key, source=self.source)
        return self._parameters.number(self._service, parameter, key)

    def _own(self, parameter, key):
        return any(row.key == key for row in self._parameters.own.get((self._service, parameter), ()))

    def optional(self, parameter, key="*"):
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

    layers: object
    open_role: Callable
    source_of: Callable
    work: object
    progress: Callable | None = None
    earlier: Callable | None = None
    kept: dict = field(default_factory=dict)

    def prepared(self, key, paths, make):
        """An array that is long to make, from an earlier run of this process where one is kept."""
        return make() if self.earlier is None else self.earlier(key, paths, make)

    @cached_property
    def declared(self):
        """Declared layers by role."""
        return self.layers.declaration.layers

    def require(self, role):
        """Declared layer of a role.

        Raises
        ------
        InputError
        """
        if role not in self.declared:
            raise InputError("service_layer_missing", service="-", roles=[role])
        return self.declared[role]
