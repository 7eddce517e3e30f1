"""Every role that [layers] may hold: those of the packaged services and of the preparations."""

from functools import cache

from ecoval.layers import preparations
from ecoval.services import SERVICES

RESERVED = (
    "landcover",
    "dem",
    "precipitation",
    "rain_daily",
    "evapotranspiration",
    "runoff",
    "npp",
    "ndvi",
    "cover",
    "temperature",
    "soil_sand",
    "soil_silt",
    "soil_clay",
    "soil_organic_matter",
    "soil_nitrogen",
    "soil_phosphorus",
    "soil_bulk_density",
    "erosivity",
    "erodibility",
    "ls",
    "soil_group",
    "cooling_days",
    "water_evaporation",
    "lakes",
    "reservoirs",
    "shoreline",
    "soil_coarse_fragments",
    "soil_organic_carbon",
    "soil_depth",
    "available_water",
    "reference_evapotranspiration",
    "cooling_evapotranspiration",
    "temperature_max",
    "temperature_min",
    "humidity",
    "wind",
    "sunshine",
    "respiration",
    "biomass",
)


@cache
def known_roles() -> tuple[str, ...]:
    """Roles in the order of the interface, then those that services add."""
    added = [entry.role for service in SERVICES for entry in service.inputs]
    added += [role for made in preparations.PREPARATIONS for role in made.roles]
    return tuple(dict.fromkeys((*RESERVED, *added)))
