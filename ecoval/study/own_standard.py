"""A standard pack of the user's own held against what the library knows: indicators, services, options, parameters, sources."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

from ecoval.errors import ParameterError
from ecoval.parameters import packaged
from ecoval.registry import STANDARDS
from ecoval.services import registry
from ecoval.standards import choices_of, indicators
from ecoval.terms import nearest

KINDS = ("option", "parameter")


def check_standard(standard: str) -> None:
    """Nothing where every name of a pack is known.

    Raises
    ------
    ParameterError
        For an unknown indicator, service, option, choice, parameter or source, with the nearest that is known; for a choice twice.
    """
    if standard in STANDARDS:
        return
    names = {name for pack in STANDARDS for name in indicators(pack)}
    names |= {name for service in registry().values() for name in (service.code, *(item.code for item in service.items))}
    rows = indicators(standard)
    if not any(row["included"] == "yes" for row in rows.values()):
        raise ParameterError("standard_pack_empty", path=str(Path(standard, "indicators.csv")))
    for number, name in enumerate(rows, start=2):
        _require(name, names, Path(standard, "indicators.csv"), number, "indicator")
    identities = set()
    path = Path(standard, "choices.csv")
    for number, row in enumerate(choices_of(standard), start=2):
        _check_choice(row, path, number)
        identity = (row["service"], row["kind"], row["name"])
        if identity in identities:
            raise ParameterError("standard_pack_twice", path=str(path), row=number, indicator=" ".join(identity))
        identities.add(identity)


def _check_choice(row: Mapping[str, str], path: Path, number: int) -> None:
    parameters = {name for service, name in packaged() if service == row["service"]}
    _require(row["service"], {*registry(), *(service for service, _ in packaged())}, path, number, "service")
    _require(row["kind"], KINDS, path, number, "kind")
    if row["kind"] == "option":
        service = registry().get(row["service"])
        options = {} if service is None else {option.name: option.choices for option in service.options}
        _require(row["name"], options, path, number, "name")
        _require(row["choice"], options[row["name"]], path, number, "choice")
        return
    name = row["name"].partition(":")[0]
    _require(name, parameters, path, number, "name")
    sources = {entry.source_id for entry in packaged()[row["service"], name]}
    _require(row["choice"], {*sources, "own"}, path, number, "choice")


def _require(text: str, names: Collection[str], path: Path, row: int, column: str) -> None:
    if text not in names:
        fields = {"path": str(path), "row": row, "column": column, "found": text, "nearest": nearest(text, names) or "-"}
        raise ParameterError("standard_pack_name", **fields)
