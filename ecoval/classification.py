"""Ecosystem types, which of them a service counts, and how other classifications map onto them.

The codes are those of HJ 1166-2021 (8 classes of level 1, 24 of level 2), the classes of level 3 of the ten-year survey, bamboo
(113) and the coastal types (9, 91-99) of this project. A class with a single child and that child are the same class: where a table
has a row for one of them it holds for both (decided 2026).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np
import numpy.typing as npt

from ecoval.errors import ParameterError
from ecoval.registry import data_rows, service_rows
from ecoval.terms import label, nearest

Code = int | str
NUMBER, ZERO, UNKNOWN = "number", "zero", "unknown"  # what a type gives: it counts; documented to give nothing; nobody knows


@dataclass(frozen=True)
class EcosystemType:
    """One class: its code, level, parent, names and criterion."""

    code: int
    level: int
    parent: int | None
    name: str
    name_zh: str
    criterion: str
    source_id: str
    status: str


def _rows(name: str) -> list[dict[str, str]]:
    return data_rows("classification", f"{name}.csv")


@cache
def ecosystem_types() -> Mapping[int, EcosystemType]:
    """All ecosystem types: code -> type."""
    return {
        int(row["code"]): EcosystemType(
            code=int(row["code"]),
            level=int(row["level"]),
            parent=int(row["parent"]) if row["parent"] else None,
            **{name: row[name] for name in ("name", "name_zh", "criterion", "source_id", "status")},
        )
        for row in _rows("ecosystem_types")
    }


def ecosystem_type(code: Code) -> EcosystemType:
    """Type of a code.

    Raises
    ------
    ParameterError
        For a code that is not in the classification, with the nearest that is.
    """
    types = ecosystem_types()
    number = int(code) if str(code).isdigit() else -1
    if number not in types:
        raise ParameterError("ecosystem_type_unknown", given=code, nearest=nearest(str(code), types))
    return types[number]


def type_name(code: Code, lang: str = "zh") -> str:
    """Name of a type in `zh`, or in `en` as words: `evergreen broadleaf forest`."""
    entry = ecosystem_type(code)
    return entry.name_zh if lang == "zh" else entry.name.removesuffix("_3").replace("_", " ")


@cache
def coded_name(code: Code, lang: str) -> str:
    """Name of an ecosystem type with its code in front; of land without one (`missing`), and of a whole unit (`*`)."""
    code = str(code)
    if code in ("*", "missing"):
        return label("whole_unit" if code == "*" else "type_missing", lang)
    if not code.isdigit() or int(code) not in ecosystem_types():
        return code
    return f"{code} {type_name(code, lang)}"


def lineage(code: int) -> tuple[int, ...]:
    """The code, its parent, and the parent of that."""
    parent = ecosystem_type(code).parent
    return (code,) if parent is None else (code, *lineage(parent))


@cache
def children(code: int) -> tuple[int, ...]:
    """Codes one level below a code."""
    return tuple(entry.code for entry in ecosystem_types().values() if entry.parent == code)


@cache
def same_class(code: int) -> tuple[int, ...]:
    """The code and the codes of the same class: its only child, or its parent where it is the only child."""
    entry = ecosystem_type(code)
    alone = [child for child in children(code) if entry.level > 1 and len(children(code)) == 1]
    if entry.parent is not None and entry.level > 2 and len(children(entry.parent)) == 1:
        alone.append(entry.parent)
    return (code, *alone)


@cache
def _scope_rows(name: str) -> dict[str, str]:
    """Packaged rows of a service, or of `service:item`: code -> what the type gives."""
    service, _, item = name.partition(":")
    rows = (row for row in (*_rows("service_scope"), *service_rows("scope")) if row["service"] == service)
    return {row["code"]: _gives(row) for row in rows if row["item"] == (item or "*")}


def scope(
    service: str,
    codes: Sequence[Code],
    overrides: Iterable[Mapping[str, object]] = (),
    item: str | None = None,
) -> npt.NDArray[np.bool_]:
    """Which types a service, or one item of it, counts; the most specific code wins.

    Parameters
    ----------
    service : text
    codes : vector (classes), 1
    overrides : table (service, code, in_scope)
        Rows of the study; each wins over the packaged row of the same code.
    item : text
        With an item its own, narrower scope holds as well.

    Returns
    -------
    vector (classes), 1
        True for the types of `undecided`.
    """
    return np.array([answer in (NUMBER, None) for answer in gives(service, codes, overrides, item)], dtype=bool)


def gives(
    service: str,
    codes: Sequence[Code],
    overrides: Iterable[Mapping[str, object]] = (),
    item: str | None = None,
) -> list[str | None]:
    """What types give of a service, or of one item of it.

    Parameters
    ----------
    service : text
    codes : vector (classes), 1
    overrides : table (service, code, in_scope, gives)
    item : text

    Returns
    -------
    vector (classes)
        `number` for a type that counts, `zero` for one that is documented to give nothing, `unknown` for one that is out of scope
        because there is no number for it; None for the types of `undecided`.
    """
    return [
        next((answer for answer in answers if answer in (ZERO, UNKNOWN)), None if None in answers else NUMBER)
        for answers in _answers(service, codes, overrides, item)
    ]


def undecided(
    service: str,
    codes: Sequence[Code],
    overrides: Iterable[Mapping[str, object]] = (),
    item: str | None = None,
) -> list[int]:
    """Types too coarse for a service: some of their finer types count and others do not.

    Parameters
    ----------
    service : text
    codes : vector (classes), 1
    overrides : table (service, code, in_scope)
    item : text

    Returns
    -------
    vector (classes), 1
        Land cover with such a type has to be refined, or the study gives the type a row.
    """
    answers = zip(codes, gives(service, codes, overrides, item), strict=True)
    return [int(code) for code, answer in answers if answer is None]


def _answers(
    service: str, codes: Sequence[Code], overrides: Iterable[Mapping[str, object]], item: str | None
) -> list[list[str | None]]:
    """What each type gives by the rows of the service, and by those of the item."""
    tables = _rows_of(service, overrides, item)
    return [[_answer(rows, int(code)) for rows in tables] for code in codes]


def _rows_of(service: str, overrides: Iterable[Mapping[str, object]], item: str | None) -> list[dict[str, str]]:
    """Rows of a service, and of one of its items: code -> what the type gives."""
    own: dict[str, dict[str, str]] = {}
    for row in overrides:
        own.setdefault(str(row["service"]), {})[str(row["code"])] = _gives(row)
    names = [(service,)] if item is None else [(service,), (f"{service}:{item}", item)]
    tables = []
    for alternatives in names:
        rows: dict[str, str] = {}
        for name in alternatives:
            rows |= _scope_rows(name) | own.get(name, {})
        tables.append(rows)
    return tables


def _answer(rows: Mapping[str, str], code: int) -> str | None:
    """What a code gives: by its own row, a row above it, or rows below it; None where some of those count and others do not."""
    for candidate in map(str, lineage(code)):
        if candidate in rows:
            return rows[candidate]
    below = {rows[str(child)] for child in children(code) if str(child) in rows}
    if below:
        return below.pop() if len(below) == 1 else None if NUMBER in below else UNKNOWN
    return rows.get("*", UNKNOWN if rows else NUMBER)


def _gives(row: Mapping[str, object]) -> str:
    """What the type of a row of scope gives; one that does not count gives something unknown unless the row says zero."""
    text = str(row["in_scope"]).strip().lower()
    if text not in {"yes", "no", "true", "false", "1", "0"}:
        raise ParameterError("scope_not_yes_or_no", given=row["in_scope"])
    if text in {"yes", "true", "1"}:
        return NUMBER
    return ZERO if str(row.get("gives", "")).strip().lower() == ZERO else UNKNOWN


def crosswalks() -> tuple[str, ...]:
    """Names of the packaged crosswalks: clcd, sandiao, worldcover and others."""
    folder = resources.files("ecoval").joinpath("data", "classification")
    names = (entry.name for entry in folder.iterdir())
    return tuple(sorted(name.removeprefix("crosswalk_").removesuffix(".csv") for name in names if name.startswith("crosswalk_")))


@cache
def crosswalk(name: str) -> Mapping[str, int]:
    """Packaged crosswalk: class of the source (text, with leading zeros) -> ecosystem type.

    Raises
    ------
    ParameterError
        For a name that is not packaged, with the nearest that is.
    """
    if name not in crosswalks():
        raise ParameterError("crosswalk_unknown", given=name, nearest=nearest(name, crosswalks()))
    return {row["source_code"]: int(row["target_code"]) for row in _rows(f"crosswalk_{name}")}


@cache
def curve_number_covers() -> Mapping[int, str]:
    """Curve-number cover of each type: `woods_good`; `none` where the method does not apply or the class is too coarse."""
    return {int(row["code"]): row["cover_key"] for row in _rows("cn_cover")}


@cache
def refinements() -> Mapping[int, tuple[int, ...]]:
    """Finer types that a coarse type may be resolved into."""
    finer: dict[int, tuple[int, ...]] = {}
    for row in _rows("refine_template"):
        coarse = int(row["coarse_code"])
        finer[coarse] = (*finer.get(coarse, ()), int(row["target_code"]))
    return finer
