"""Standard packs: which indicators an accounting standard includes, and the options and sources that it chooses itself.

A pack is a folder with `indicators.csv` (indicator, included, status, name, clause) and, where it chooses something, `choices.csv`
(service, kind, name, choice, reason). The packaged ones are named in `registry.STANDARDS`; a study may name a folder of its own.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from ecoval.errors import ParameterError
from ecoval.registry import STANDARDS, rows_of
from ecoval.terms import nearest

INDICATOR_COLUMNS = ("indicator", "included", "status", "name", "clause")
CHOICE_COLUMNS = ("service", "kind", "name", "choice", "reason")
MEMBERSHIPS = ("yes", "no", "unknown")


def standards() -> tuple[str, ...]:
    """Identifiers of the packaged standard packs."""
    return STANDARDS


def located(standard: str, folder: Path) -> str:
    """A pack as a study names it: a packaged one by its identifier, a folder by its absolute path.

    Parameters
    ----------
    folder : where relative paths begin
    """
    if standard in STANDARDS or not Path(folder, standard, "indicators.csv").is_file():
        return standard
    return str(Path(folder, standard).resolve())


def indicators(standard: str) -> dict[str, dict[str, str]]:
    """Indicators of a standard: indicator -> included (yes, no, unknown), status, name, clause.

    Raises
    ------
    ParameterError
        For an unknown pack, with the nearest that is known; for a pack of the user's that is not sound.
    """
    return {row["indicator"]: {"standard": standard, **row} for row in _table(standard, "indicators", INDICATOR_COLUMNS)}


def choices_of(standard: str) -> list[dict[str, str]]:
    """Options and sources of numbers that a pack itself chooses: service, kind (option, parameter), name, choice, reason."""
    return [{"standard": standard, **row} for row in _table(standard, "choices", CHOICE_COLUMNS)]


def check_known(standard: str) -> None:
    """Nothing where a pack is there.

    Raises
    ------
    ParameterError
    """
    indicators(standard)
    choices_of(standard)


def _folder(standard: str) -> Traversable:
    if standard in STANDARDS:
        return resources.files("ecoval").joinpath("data", "standards", standard)
    if Path(standard).is_absolute() and Path(standard, "indicators.csv").is_file():
        return Path(standard)
    raise ParameterError("standard_unknown", given=standard, nearest=nearest(standard, STANDARDS))


def _table(standard: str, name: str, columns: tuple[str, ...]) -> list[dict[str, str]]:
    path = _folder(standard).joinpath(f"{name}.csv")
    if standard in STANDARDS:
        return _packaged(standard, name)
    if not path.is_file():
        return []
    return _checked([{key: (text or "").strip() for key, text in row.items() if key} for row in rows_of(path)], str(path), columns)


@cache
def _packaged(standard: str, name: str) -> list[dict[str, str]]:
    path = _folder(standard).joinpath(f"{name}.csv")
    return rows_of(path) if path.is_file() else []


def _checked(rows: list[dict[str, str]], path: str, columns: tuple[str, ...]) -> list[dict[str, str]]:
    """Rows of a user's pack with the columns that a packaged one has.

    Raises
    ------
    ParameterError
        For a column that lacks, a membership that is none, an indicator twice.
    """
    required = columns[: 2 if columns is INDICATOR_COLUMNS else 4]
    names = set()
    for number, row in enumerate(rows, start=2):
        lacking = [name for name in required if not row.get(name)]
        if lacking:
            raise ParameterError("standard_pack_incomplete", path=path, row=number, columns=lacking, expected=required)
        if columns is INDICATOR_COLUMNS:
            if row["included"] not in MEMBERSHIPS:
                raise ParameterError("standard_pack_membership", path=path, row=number, found=row["included"], expected=MEMBERSHIPS)
            if row["indicator"] in names:
                raise ParameterError("standard_pack_twice", path=path, row=number, indicator=row["indicator"])
            names.add(row["indicator"])
    return [{name: row.get(name, "") for name in columns} for row in rows]
