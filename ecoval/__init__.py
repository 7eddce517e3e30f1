"""Gross ecosystem product per spatial unit, and the uses of its tables.

Names are loaded when they are first used, so that the import itself costs nothing.
"""

from importlib import import_module
from types import ModuleType
from typing import Any

from ecoval.writers import use_documents

_HOMES = {
    "Account": "ecoval.study",
    "Cancelled": "ecoval.errors",
    "EcovalError": "ecoval.errors",
    "EcovalWarning": "ecoval.errors",
    "Grid": "ecoval.grid",
    "Input": "ecoval.services.declaration",
    "Item": "ecoval.services.declaration",
    "Option": "ecoval.services.declaration",
    "Parameter": "ecoval.services.declaration",
    "ParameterTable": "ecoval.parameters",
    "SERVICES": "ecoval.services",
    "Service": "ecoval.services.declaration",
    "Source": "ecoval.rasters",
    "SpatialUnits": "ecoval.units",
    "Study": "ecoval.study",
    "align": "ecoval.rasters",
    "label": "ecoval.terms",
    "zonal": "ecoval.totals",
}
_MODULES = ("offset", "units")

__all__ = [
    "SERVICES",
    "Account",
    "Cancelled",
    "EcovalError",
    "EcovalWarning",
    "Grid",
    "Input",
    "Item",
    "Option",
    "Parameter",
    "ParameterTable",
    "Service",
    "Source",
    "SpatialUnits",
    "Study",
    "align",
    "label",
    "offset",
    "units",
    "zonal",
]


def _documents() -> ModuleType:
    """The room that writes documents, loaded when the first one is written."""
    from ecoval import report

    return report


use_documents(_documents)


def __getattr__(name: str) -> Any:
    """Load a public name from the module that holds it."""
    if name in _HOMES:
        value = getattr(import_module(_HOMES[name]), name)
    elif name in _MODULES:
        value = import_module(f"ecoval.{name}")
    elif name == "__version__":
        value = import_module("importlib.metadata").version("ecoval")
    else:
        raise AttributeError(f"module 'ecoval' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Public names, loaded or not."""
    return sorted({*__all__, *globals()})
