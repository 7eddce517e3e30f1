"""What forms are made of: services, layer roles, standards, statistics, with names in both languages, as plain data."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from typing import Any

from ecoval.classification import crosswalks as _crosswalks
from ecoval.engine.task import plain
from ecoval.layers import preparations
from ecoval.layers.roles import known_roles
from ecoval.operations import operations
from ecoval.parameters import indicators, listing, standards
from ecoval.services import SERVICES
from ecoval.services.declaration import Input, Item, Option, Parameter, Service
from ecoval.terms import vocabulary
from ecoval.totals import statistics

RASTER, TABLE, VECTOR = "raster", "table", "vector"
FILES = {"lakes": (VECTOR, TABLE), "reservoirs": (VECTOR, TABLE), "shoreline": (VECTOR,), "rain_daily": (RASTER, TABLE)}
FILES |= {"landcover": (RASTER, VECTOR)}
HASH_LENGTH = 16


@cache
def catalogue() -> dict[str, Any]:
    """Everything that the declarations say, in the order of the library."""
    content: dict[str, Any] = plain(
        {
            "services": [_service(entry) for entry in SERVICES],
            "roles": [_role(role) for role in known_roles()],
            "standards": [{"id": name, "indicators": indicators(name), "labels": labels(name)} for name in standards()],
            "statistics": {"choices": list(statistics.CHOICES), "default": list(statistics.DEFAULT)},
            "regions": sorted(set(listing()["region"]) - {"*"}),
            "crosswalks": list(_crosswalks()),
            "labels": vocabulary(),
            "operations": [operation.described() for operation in operations()],
        }
    )
    return content


@cache
def fingerprint() -> str:
    """Hash of the catalogue: another one means that forms must be made anew."""
    text = json.dumps(catalogue(), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:HASH_LENGTH]


def labels(identifier: str) -> dict[str, str]:
    """Names of an identifier in both languages; the identifier itself where the vocabulary lacks it."""
    return dict(vocabulary().get(identifier, {"en": identifier, "zh": identifier}))


def _service(service: Service) -> dict[str, Any]:
    codes = {service.code, *(item.code for item in service.items)}
    packs = [name for name in standards() if any(indicators(name).get(each, {}).get("included") == "yes" for each in codes)]
    return {
        "code": service.code,
        "category": service.category,
        "labels": labels(service.code),
        "items": [_item(item) for item in service.items],
        "inputs": [_input(entry) for entry in service.inputs],
        "options": [_option(option) for option in service.options],
        "parameters": [_parameter(entry) for entry in service.parameters],
        "references": list(service.references),
        "standards": packs,
    }


def _item(item: Item) -> dict[str, Any]:
    return {
        "code": item.code,
        "labels": labels(item.code),
        "form": item.form,
        "measure": item.measure,
        "price": item.price,
        "price_measure": item.price_measure,
        "diagnostic": item.diagnostic,
        "when": dict(item.when),
    }


def _input(entry: Input) -> dict[str, Any]:
    return {
        "role": entry.role,
        "measure": entry.measure,
        "kind": entry.kind,
        "low": entry.low,
        "high": entry.high,
        "bands": entry.bands,
        "when": dict(entry.when),
        "required": entry.required,
        "from": [list(need) for need in preparations.BY_ROLE[entry.role].needs] if entry.role in preparations.BY_ROLE else [],
    }


def _option(option: Option) -> dict[str, Any]:
    choices = [{"value": choice, "labels": labels(choice)} for choice in option.choices]
    return {"name": option.name, "labels": labels(option.name), "default": option.default, "choices": choices}


def _parameter(entry: Parameter) -> dict[str, Any]:
    return {
        "name": entry.name,
        "parameter": entry.table_name,
        "labels": labels(entry.name),
        "measure": entry.measure,
        "by": entry.by,
        "key": entry.key,
        "low": entry.low,
        "high": entry.high,
        "when": dict(entry.when),
        "required": entry.required,
    }


def _role(role: str) -> dict[str, Any]:
    """What the services say of a layer, together; which of them read it, and from what else it can be made."""
    used = [(service.code, entry) for service in SERVICES for entry in service.inputs if entry.role == role]
    first = used[0][1] if used else preparations.INPUTS.get(role)
    makes = [made.role for made in preparations.PREPARATIONS if role in made.roles]
    kind = "categorical" if role == "landcover" else first.kind if first is not None else "intensive"
    return {
        "role": role,
        "labels": labels(role),
        "kind": kind,
        "measures": sorted({entry.measure for _, entry in used} or ({first.measure} if first is not None else set())),
        "low": first.low if first is not None else None,
        "high": first.high if first is not None else None,
        "bands": first.bands if first is not None else 1,
        "files": list(FILES.get(role, (TABLE,) if kind == "table" else (RASTER,))),
        "services": sorted({code for code, _ in used}),
        "makes": makes,
        "made_from": [list(need) for need in preparations.BY_ROLE[role].needs] if role in preparations.BY_ROLE else [],
    }
