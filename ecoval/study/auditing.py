"""Audit: a run is run again, or laid beside another, and compared line by line."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ecoval.accounts.gep import CODE_COLUMNS
from ecoval.errors import InputError
from ecoval.runs.fingerprints import input_records
from ecoval.runs.record import versions
from ecoval.study.study import Study, read_record
from ecoval.totals.blocks import Progress

TABLES = {
    "supply": ("year", "unit_set", "unit_id", "service", "item", "option", "ecosystem_type"),
    "gep": ("year", "unit_set", "unit_id"),
    "indicators": ("year", "unit_set", "unit_id", "indicator"),
    "extent": ("year", "unit_set", "unit_id", "ecosystem_type"),
}
TEXTS = (
    "unit_set",
    "unit_id",
    "unit_name",
    "category",
    "service",
    "item",
    "option",
    "ecosystem_type",
    "uom",
    "price_uom",
    "status",
    *CODE_COLUMNS,
    "complete",
    "indicator",
    "state",
    "reason",
)
ABSENT: Mapping[Any, Any] = {"": np.nan, "nan": np.nan, "None": np.nan, "<NA>": np.nan}
VERDICTS = ("same", "within_tolerance", "different")


@dataclass
class Audit:
    """Verdict, lines per table, differing cells, and the reasons found."""

    verdict: str
    lines: pd.DataFrame
    differences: pd.DataFrame
    reasons: list[str] = field(default_factory=list)


def audit(
    run: str | Path,
    against: str | Path | None = None,
    tolerance: float = 1e-9,
    threads: int | None = None,
    progress: Progress | bool | None = None,
) -> Audit:
    """Compare a run folder with a new run of its run.json, or with another run.

    Parameters
    ----------
    run, against
        Run folders or their run.json.
    tolerance : number, 1
        Relative difference taken as equal.
    """
    folder = run_path(run)
    record = read_record(folder)
    if record["status"] != "finished":
        raise InputError("run_not_finished", path=str(folder), status=record["status"])
    mine = {name: read_run_table(folder, name) for name in TABLES}
    if against is not None:
        other = run_path(against)
        theirs = {name: read_run_table(other, name) for name in TABLES}
        reasons = record_differences(record, read_record(other))
    else:
        if record.get("user_services"):
            raise InputError("run_with_user_services", path=str(folder), services=record["user_services"])
        reasons = [*changed_inputs(record), *changed_versions(record, versions())]
        account = Study.read(folder).run(threads=threads, progress=progress)
        theirs = {name: as_written(getattr(account, name)) for name in TABLES}
        reasons += record_differences(record, account.records[0])
    compared = [compare_table(name, mine[name], theirs[name], tolerance) for name in TABLES]
    lines = pd.DataFrame([entry for entry, _ in compared])
    differences = pd.concat([entry for _, entry in compared], ignore_index=True)
    worst = max((VERDICTS.index(verdict) for verdict in lines["verdict"]), default=0)
    return Audit(VERDICTS[worst], lines, differences, reasons)


def run_path(run: str | Path) -> Path:
    """Folder of a run given by itself or by its run.json."""
    path = Path(run)
    return path.parent if path.suffix.lower() == ".json" else path


def read_run_table(folder: str | Path, name: str) -> pd.DataFrame:
    """A table of a run folder with codes as text."""
    path = Path(folder) / f"{name}.csv"
    if not path.is_file():
        raise InputError("run_table_missing", path=str(path))
    table = pd.read_csv(path, dtype=str, keep_default_na=False, na_values=[""], encoding="utf-8-sig")
    numbers = [column for column in table.columns if column not in TEXTS]
    # text to float64 by the nearest number, whatever the version of pandas does of itself
    return table.assign(**{column: table[column].map(float, na_action="ignore").astype("float64") for column in numbers})


def as_written(table: pd.DataFrame) -> pd.DataFrame:
    """A table as it would come back from its file: empty texts are missing."""
    table = table.copy()
    for column in table.columns:
        if table[column].dtype == object or str(table[column].dtype) in ("str", "string", "bool"):
            table[column] = table[column].astype(str).replace(ABSENT)
        else:
            table[column] = pd.to_numeric(table[column]).astype("float64")
    return table


def compare_table(name: str, mine: pd.DataFrame, theirs: pd.DataFrame, tolerance: float) -> tuple[dict[str, object], pd.DataFrame]:
    """Counts of equal, nearly equal and different lines, and the differing cells."""
    keys = list(TABLES[name])
    left, right = (as_written(table).set_index(keys) for table in (mine, theirs))
    absent, added = left.index.difference(right.index), right.index.difference(left.index)
    shared = left.index.intersection(right.index, sort=False)
    left, right = left.loc[shared], right.loc[shared]
    near = np.zeros(len(shared), dtype=bool)
    differ = np.zeros(len(shared), dtype=bool)
    rows = []
    for column in [column for column in left.columns if column in right.columns]:
        equal, close, relative = compare_columns(left[column], right[column], tolerance)
        near |= ~equal & close
        differ |= ~close
        for place in np.flatnonzero(~close):
            key: Any = shared[int(place)]
            line = " / ".join(str(part) for part in (key if isinstance(key, tuple) else (key,)))
            rows.append((name, line, column, left[column].iloc[place], right[column].iloc[place], relative[place]))
    rows += [(name, " / ".join(map(str, key)), "", "line", "no line", np.nan) for key in absent]
    rows += [(name, " / ".join(map(str, key)), "", "no line", "line", np.nan) for key in added]
    differing = int(differ.sum()) + len(absent) + len(added)
    within = int((near & ~differ).sum())
    verdict = "different" if differing else "within_tolerance" if within else "same"
    counts: dict[str, object] = {"table": name, "lines": len(shared), "same": len(shared) - int(differ.sum()) - within}
    counts |= {"within_tolerance": within, "different": differing, "verdict": verdict}
    return counts, pd.DataFrame(rows, columns=["table", "line", "column", "first", "second", "relative"])


def compare_columns(left: pd.Series, right: pd.Series, tolerance: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Equal, equal within the tolerance, and the relative difference of two columns."""
    both_missing = left.isna().to_numpy() & right.isna().to_numpy()
    if left.dtype.kind == "f" and right.dtype.kind == "f":
        first, second = left.to_numpy(), right.to_numpy()
        equal = (first == second) | both_missing
        scale = np.maximum(np.abs(first), np.abs(second))
        with np.errstate(invalid="ignore", divide="ignore"):
            relative = np.where(equal, 0.0, np.abs(first - second) / scale)
        return equal, equal | (relative <= tolerance), relative
    equal = (left.astype(object) == right.astype(object)).to_numpy() | both_missing
    return equal, equal, np.where(equal, 0.0, np.nan)


def changed_inputs(record: Mapping[str, Any]) -> list[str]:
    """Which inputs are not what they were, by hash."""
    recorded = [entry for entry in record.get("inputs", []) if entry.get("sha256")]
    now = {(entry["role"], entry["path"]): entry for entry in input_records((entry["role"], entry["path"]) for entry in recorded)}
    changed = []
    for entry in recorded:
        found = now[(entry["role"], entry["path"])]
        if found["sha256"] is None:
            changed.append(f"input {entry['role']} is gone: {entry['path']}")
        elif found["sha256"] != entry["sha256"]:
            changed.append(f"input {entry['role']} has changed: {entry['path']} ({entry['size']} to {found['size']} bytes)")
    return changed


def changed_versions(record: Mapping[str, Any], present: Mapping[str, str | None]) -> list[str]:
    """Which versions are not what they were."""
    earlier = record.get("versions", {})
    names = [name for name in earlier if earlier[name] and present.get(name) and earlier[name] != present[name]]
    return [f"version of {name}: {earlier[name]} then, {present[name]} now" for name in names]


def record_differences(first: Mapping[str, Any], second: Mapping[str, Any]) -> list[str]:
    """Which decisions of two runs differ: standard, options, services, prices, parameters, grid."""
    found = []
    for key in ("year", "price_year", "standard", "region", "allow_recalled", "grid", "unit_sets", "services"):
        if plain(first.get(key)) != plain(second.get(key)):
            found.append(f"{key}: {first.get(key)} against {second.get(key)}")
    for table in ("options", "prices"):
        mine, theirs = plain(first.get(table)) or {}, plain(second.get(table)) or {}
        found += [
            f"{table} of {name}: {mine.get(name)} against {theirs.get(name)}"
            for name in sorted({*mine, *theirs})
            if mine.get(name) != theirs.get(name)
        ]
    return found


def plain(value: object) -> Any:
    """A value as JSON would give it back."""
    import json

    return json.loads(json.dumps(value, default=str))
