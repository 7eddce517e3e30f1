"""The catalogue of services: what each gives, reads, and offers as options, and which standards list it."""

import pandas as pd

from ecoval.layers import preparations
from ecoval.parameters import indicators, standards
from ecoval.services import SERVICES, Option
from ecoval.terms import label, vocabulary


def service_catalogue(standard: str | None = None, lang: str = "en") -> pd.DataFrame:
    """One row per packaged service.

    Parameters
    ----------
    standard
        Only the services that this pack lists.
    lang : choice {en, zh}

    Returns
    -------
    table (service, name, category, items, inputs, options, standards)
        Inputs in brackets can be made from others; of the choices of an option the first is the default.
    """
    packs = {name: indicators(name) for name in ((standard,) if standard else standards())}
    rows = []
    for service in SERVICES:
        names = {service.code, *(item.code for item in service.items)}
        listing = [name for name, pack in packs.items() if any(pack.get(each, {}).get("included") == "yes" for each in names)]
        if standard and not listing:
            continue
        inputs = [_input(entry.role) for entry in {entry.role: entry for entry in service.inputs}.values()]
        options = [f"{option.name} = {' | '.join(_default_first(option))}" for option in service.options]
        rows.append(
            {
                "service": service.code,
                "name": label(service.code, lang) if service.code in vocabulary() else service.code,
                "category": label(service.category, lang),
                "items": ", ".join(dict.fromkeys(item.code for item in service.items if not item.diagnostic)),
                "inputs": ", ".join(inputs),
                "options": "; ".join(options),
                "standards": ", ".join(listing),
            }
        )
    return pd.DataFrame(rows)


def _input(role: str) -> str:
    return f"({role})" if role in preparations.BY_ROLE else role


def _default_first(option: Option) -> tuple[str, ...]:
    return (option.default, *(choice for choice in option.choices if choice != option.default))
