"""What a data-request workbook still lacks, by department, as findings of `ecoval check`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from ecoval.errors import EcovalError
from ecoval.findings import COLUMNS, Finding, Location, finding, of_error, table
from ecoval.prepare import recipe as recipes
from ecoval.prepare.request import NAME, NEEDS
from ecoval.prepare.statistics import items, reading
from ecoval.runs.fingerprints import RECIPE_SUFFIX


def findings(path: str | Path, lang: str = "en", used: bool = False) -> pd.DataFrame:
    """What a data-request workbook still lacks, by department; for `ecoval check`.

    Parameters
    ----------
    lang : choice {en, zh}
    used : choice {True, False}
        Whether a table of the study was made of it.

    Returns
    -------
    table (level, year, what, where, found, fix)
        Required fields count; a product is lacking only where its department has given none.
    """
    place = Location("request", path=str(path))
    found = reading.Read()
    try:
        reading.read(Path(path), None, {}, {}, found)
        empty, total, filled = _counted(found.rows)
    except EcovalError as error:
        return table([of_error(error, "warning", place)], lang)
    lacking: list[Finding] = []
    for name, entries in empty.items():
        owner = next(entry[lang] for entry in items.departments().values() if entry["zh"] == name)
        names = list(dict.fromkeys(entry.label(lang) for entry in entries))
        fields = {"department": owner, "count": len(entries), "total": total[name], "items": names}
        lacking.append(finding("request_department_empty", "warning", place, **fields))
    if filled and not used:
        units = {row.unit_id or row.unit_name for row in filled}
        lacking.append(finding("request_filled", "warning", place, count=len(filled), units=len(units)))
    return table(lacking, lang)


def beside(study: str | Path, lang: str = "en") -> pd.DataFrame:
    """Findings of the workbook that lies beside a study; none where there is no workbook.

    Parameters
    ----------
    study : path
        study.toml.
    lang : choice {en, zh}

    Returns
    -------
    table (level, year, what, where, found, fix)
    """
    path = Path(study).parent / NAME
    if not path.is_file():
        return pd.DataFrame(columns=list(COLUMNS))
    made = [recipes.read(each) for each in path.parent.glob(f"**/*{RECIPE_SUFFIX}")]
    used = any(Path(entry["path"]) == path.resolve() for recipe in made for entry in recipe.inputs)
    return findings(path, lang, used)


def _counted(rows: Sequence[reading.Row]) -> tuple[dict[str, list[items.Asked]], dict[str, int], list[reading.Row]]:
    """Required fields that are empty and their number by sheet, and the rows that hold a number."""
    empty: dict[str, list[items.Asked]] = {}
    total: dict[str, int] = {}
    filled = [row for row in rows if row.quantity is not None]
    with_products = {row.sheet for row in filled if _form(row) == "product"}
    for row in rows:
        asked = items.catalogue().get(row.item or "")
        if asked is None or row.need != NEEDS[items.REQUIRED] or asked.form == "list":
            continue
        if asked.form == "product" and row.sheet in with_products:
            continue
        total[str(row.sheet)] = total.get(str(row.sheet), 0) + 1
        given = (row.quantity,) if asked.form != "layer" else (row.available, row.source)
        if all(value is None for value in given):
            empty.setdefault(str(row.sheet), []).append(asked)
    return empty, total, filled


def _form(row: reading.Row) -> str:
    asked = items.catalogue().get(row.item or "")
    return asked.form if asked is not None else ""
