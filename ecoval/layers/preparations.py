"""Layers that are worked out of others: whole-grid ones as aligned rasters, cell by cell ones while a tile is in memory.

Which preparation is used follows from what layers are declared and from the options of the service. A prepared layer has
the worst status of the numbers that went into it, and a note that says how it was made.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from ecoval.layers import rain, soils, terrain, warmth
from ecoval.layers.block import ServicePlan
from ecoval.layers.context import Context, Numbers, Prepared
from ecoval.parameters import worst
from ecoval.services.declaration import Input


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
