"""The packaged services: one module, one declaration and its functions each.

A study finds the numbers of a declaration by `ecoval.parameters.Parameters.declared(service_code, parameter, types, options)`: a
vector over types, a number, or a table of numbers. Functions get None for what chosen options leave out (`Service.idle`), and a
role wins over an option of the same name.
"""

from ecoval.errors import InputError
from ecoval.services import (
    carbon_sequestration,
    climate_regulation,
    flood_mitigation,
    material_supply,
    oxygen_release,
    recreation,
    soil_retention,
    water_retention,
)
from ecoval.services.declaration import Input, Item, Option, Parameter, Service
from ecoval.terms import nearest

__all__ = ["SERVICES", "Input", "Item", "Option", "Parameter", "Service", "registry", "service"]

SERVICES = (
    material_supply.SERVICE,
    water_retention.SERVICE,
    soil_retention.SERVICE,
    flood_mitigation.SERVICE,
    carbon_sequestration.SERVICE,
    oxygen_release.SERVICE,
    climate_regulation.SERVICE,
    recreation.SERVICE,
)


def registry() -> dict[str, Service]:
    """Packaged services by code."""
    return {entry.code: entry for entry in SERVICES}


def service(code: str) -> Service:
    """Packaged service of a code.

    Raises
    ------
    InputError
        For an unknown code, with the nearest that is known.
    """
    found = registry()
    if code not in found:
        raise InputError("service_code_unknown", service=code, nearest=nearest(code, found))
    return found[code]
