"""Conformity: what a run covers of the indicators of a standard, where it deviates from the standard's choices, what it lacks."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from ecoval.accounts.gep import reason_of_gap
from ecoval.accounts.indicators import counted, indicator_of
from ecoval.errors import InputError
from ecoval.files import make_folder
from ecoval.services import SERVICES
from ecoval.standards import choices_of, indicators
from ecoval.study.auditing import read_run_table, run_path
from ecoval.study.study import read_record
from ecoval.tables import write_table
from ecoval.terms import label
from ecoval.writers import documents

COVERED, PARTLY, GAP, BEYOND, UNVERIFIED, OUTSIDE = "covered", "partly_covered", "gap", "beyond_standard", "unverified", "outside"
CHECKED = ("verified", "published", "user", "project")
COVERAGE_COLUMNS = (
    "indicator",
    "name",
    "included",
    "membership",
    "verdict",
    "units",
    "units_with_value",
    "value",
    "counted",
    "reason",
)
DEVIATION_COLUMNS = ("kind", "service", "name", "found", "expected", "basis")


@dataclass
class Conformity:
    """Coverage and deviations of one run under one standard, with the sums of the first unit set."""

    folder: Path
    standard: str
    record: dict[str, Any]
    coverage: pd.DataFrame
    deviations: pd.DataFrame
    total: float | None
    own_total: float | None

    @property
    def counts(self) -> dict[str, int]:
        """Number of indicators of each verdict, and of deviations."""
        found = self.coverage["verdict"].value_counts()
        names = (COVERED, PARTLY, GAP, BEYOND, UNVERIFIED)
        return {name: int(found.get(name, 0)) for name in names} | {"deviations": len(self.deviations)}


def conform(run: str | Path, standard: str, lang: str = "en") -> Conformity:
    """Compare a finished run with the packaged table of a standard.

    Parameters
    ----------
    run
        Run folder or its run.json.
    lang : choice {en, zh}
        Language of names and reasons.

    Raises
    ------
    InputError, ParameterError
        For a run that is not finished, and for a standard that is not packaged.
    """
    folder = run_path(run)
    record = read_record(folder)
    if record["status"] != "finished":
        raise InputError("run_not_finished", path=str(folder), status=record["status"])
    pack = indicators(standard)
    supply, gep = (read_run_table(folder, name) for name in ("supply", "gep"))
    first = gep["unit_set"].iloc[0]
    supply, gep = supply[supply["unit_set"] == first], gep[gep["unit_set"] == first]
    included = {name: row["included"] for name, row in pack.items()}
    owner = indicator_of(supply, included)
    rows = [_coverage(row, supply[owner == name], record, len(gep), lang) for name, row in pack.items()]
    rows += [_outside(name, supply[owner == name], len(gep), lang) for name in dict.fromkeys(owner) if name not in pack]
    coverage = pd.DataFrame(rows, columns=list(COVERAGE_COLUMNS))
    deviations = pd.DataFrame(_deviations(record, standard, supply), columns=list(DEVIATION_COLUMNS))
    under = supply[counted(supply, included)]
    line = (record.get("headlines") or {}).get(first, {})
    overlapping = not line.get("additive", True)  # nested units have no sum
    sums = (None, None) if overlapping else (_sum(under["value"]), _sum(gep["gep"]))
    return Conformity(folder, standard, record, coverage, deviations, *sums)


def write_conformity(found: Conformity, out: str | Path | None = None, lang: str = "en") -> dict[str, Path]:
    """Write conform_<standard>_coverage.csv, conform_<standard>_deviations.csv and conform_<standard>.html.

    Parameters
    ----------
    out
        Folder; default the run folder.
    lang : choice {en, zh}

    Returns
    -------
    mapping (coverage, deviations, html)
        Paths.
    """
    folder = Path(out or found.folder)
    make_folder(folder)
    stem = f"conform_{Path(found.standard).name}"  # a folder of the user's own by its name
    paths = {name: folder / f"{stem}_{name}.csv" for name in ("coverage", "deviations")}
    write_table(found.coverage, paths["coverage"])
    write_table(found.deviations, paths["deviations"])
    (paths["html"],) = documents().set_conformity(found, folder / stem, ("html",), lang)
    return paths


def _coverage(row: Mapping[str, str], supply: pd.DataFrame, record: Mapping[str, Any], units: int, lang: str) -> dict[str, object]:
    """One indicator of the standard against what the run has of it."""
    with_value = _units_with_value(supply)
    computed = with_value > 0
    verdict = {"yes": COVERED if with_value == units else PARTLY if computed else GAP, "no": BEYOND if computed else OUTSIDE}
    found = verdict.get(row["included"], UNVERIFIED)
    reason = "" if computed else reason_of_gap(row["indicator"], record, lang)
    return {
        "indicator": row["indicator"],
        "name": row.get("name") or label(row["indicator"], lang),
        "included": row["included"],
        "membership": row["status"],
        "verdict": found,
        "units": units,
        "units_with_value": with_value,
        "value": _sum(supply["value"], partly=True),
        "counted": "yes" if computed and row["included"] == "yes" else "no",
        "reason": reason if found in (GAP, UNVERIFIED) else "",
    }


def _outside(name: str, supply: pd.DataFrame, units: int, lang: str) -> dict[str, object]:
    """A service of the run that the table of the standard does not name at all."""
    row = {"indicator": name, "included": "no", "status": "", "name": label(name, lang)}
    return _coverage(row, supply, {}, units, lang)


def _units_with_value(supply: pd.DataFrame) -> int:
    return int(supply.loc[supply["value"].notna(), "unit_id"].nunique())


def _deviations(record: Mapping[str, Any], standard: str, supply: pd.DataFrame) -> list[dict[str, str]]:
    """Choices of the pack that the run made otherwise, numbers nobody checked, and prices of another year."""
    rows: list[tuple[object, ...]] = []
    if record.get("standard") != standard:
        rows.append(("standard", "", "standard", record.get("standard", ""), standard, ""))
    sources: dict[tuple[str, str], set[str]] = {}
    for number in record.get("numbers", []):
        sources.setdefault((number["service"], number["parameter"]), set()).add(str(number["source_id"]))
    for entry in choices_of(standard):
        service, name, basis = entry["service"], entry["name"], entry["reason"]
        if entry["kind"] == "option":
            made = record.get("options", {}).get(service, {}).get(name)
            if made is not None and made != entry["choice"]:
                rows.append(("option", service, name, made, entry["choice"], basis))
        else:
            used = sources.get((service, name.partition(":")[0]), set())
            if used and used != {entry["choice"]}:
                rows.append(("source", service, name, ", ".join(sorted(used)), entry["choice"], basis))
    rows += _unchecked(record)
    for key, price in record.get("prices", {}).items():
        year = price.get("year") if isinstance(price, dict) else None
        if year is not None and year != record.get("price_year"):
            rows.append(("price_year", key.partition(":")[0], key.partition(":")[2], year, record.get("price_year"), ""))
    priced = {(service.code, item.code) for service in SERVICES for item in service.items if item.price is not None}
    lacking = supply[supply["quantity"].notna() & supply["value"].isna()]
    for pair in sorted(set(zip(lacking["service"], lacking["item"], strict=True)) & priced):
        rows.append(("without_price", *pair, "", "CNY", ""))
    return [dict(zip(DEVIATION_COLUMNS, (str(each) for each in row), strict=True)) for row in dict.fromkeys(rows)]


def _unchecked(record: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    """Numbers of a status that asks for a look, those of one parameter and source together."""
    found: dict[tuple[str, str, str, str], list[Mapping[str, Any]]] = {}
    for number in record.get("numbers", []):
        if number.get("status") not in CHECKED:
            found.setdefault((number["service"], number["parameter"], number["source_id"], number["status"]), []).append(number)
    for (service, parameter, source, status), numbers in found.items():
        first = f"{numbers[0]['value']} {numbers[0]['uom']}" if len(numbers) == 1 else f"{len(numbers)} x"
        yield "status", service, parameter, f"{first} ({source}, {status})", " / ".join(CHECKED[:3]), ""


def _sum(values: Iterable[float], partly: bool = False) -> float | None:
    """Sum, None where a number is absent, or only where all are."""
    every = [float(value) for value in values]
    present = [value for value in every if value == value]
    return math.fsum(present) if present and (partly or len(present) == len(every)) else None
