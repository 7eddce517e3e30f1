"""The packaged services: one folder, one service, with its declaration, its functions and its tables.

A study finds the numbers of a declaration by `ecoval.parameters.Parameters.declared(service_code, parameter, types, options)`: a
vector over types, a number, or a table of numbers. Functions get None for what chosen options leave out (`Service.idle`), and a
role wins over an option of the same name. A file beside the folders holds formulas that several services share.
"""

from importlib import import_module

from ecoval import registry as registered
from ecoval.errors import InputError
from ecoval.services.declaration import Input, Item, Option, Parameter, Service
from ecoval.terms import nearest

__all__ = ["SERVICES", "Input", "Item", "Option", "Parameter", "Service", "registry", "service"]

SERVICES: tuple[Service, ...] = tuple(import_module(f"ecoval.services.{code}").SERVICE for code in registered.SERVICES)


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
