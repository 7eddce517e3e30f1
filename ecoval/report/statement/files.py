"""What a statement reads: run.json, verdict.json, project.toml, the tables and offset.gpkg of a run folder.

A table that is absent is None, and the statement says that it was not examined. Numbers that are missing stay missing.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio

from ecoval import file_versions
from ecoval.errors import InputError

KIND = "offset"
TABLES: Mapping[str, tuple[str, ...]] = {  # name -> columns without which the table says nothing
    "statutory": ("regime", "required", "provided", "net"),
    "projects": ("project",),
    "alternatives": ("alternative_id", "chosen"),
    "losses": ("alternative_id", "service", "area_unit", "annual", "pv"),
    "measures": ("patch_id", "option_id"),
    "debits": ("service", "area_unit", "debit"),
    "candidates": ("candidate_id", "option_id"),
    "credits": ("candidate_id", "option_id", "service", "area_unit", "credit"),
    "portfolio": ("candidate_id", "option_id"),
    "balance": ("service", "area_unit", "debit", "required", "credit", "net", "ok"),
    "kinds": ("ecosystem_type", "required", "provided", "net"),
    "value": ("service", "price", "net_value"),
    "timeline": ("year", "service", "area_unit", "cumulative"),
    "shortfalls": ("service", "area_unit", "short"),
    "agreement": ("candidate_id", "option_id", "chosen"),
    "checks": ("code", "level"),
    "rules": (),
    "accept": (),
    "no_go": (),
    "ledger": (),
}
TEXTS = dict.fromkeys(
    (
        *("alternative_id", "patch_id", "candidate_id", "option_id", "area_unit", "service", "area_kind", "ecosystem_type"),
        *("regime", "kind", "kind_now", "kind_target", "conflict_group", "right_id", "features", "found", "expected", "name"),
        *("less_loss_at_similar_cost", "dominated_by", "clause", "lost_type", "target_type"),
    ),
    str,
)
_TRUTH = {"true": True, "1": True, "1.0": True, "yes": True, "false": False, "0": False, "0.0": False, "no": False}


@dataclass(frozen=True)
class StatementFiles:
    """The content of the run folder of an assessment."""

    folder: Path
    record: dict[str, Any]
    record_hash: str
    verdict: dict[str, Any]
    declared: dict[str, Any]
    tables: dict[str, pd.DataFrame | None]
    shapes: dict[str, gpd.GeoDataFrame]

    def table(self, name: str) -> pd.DataFrame | None:
        """A table with at least one row, else None.

        Returns
        -------
        table (column, ...)
        """
        table = self.tables.get(name)
        return table if table is not None and len(table) else None

    def settled(self, key: str, section: str = "rules") -> Any:
        """A number or word that the balance rests on: of the verdict, else of the declaration, else of the options.

        Parameters
        ----------
        section : text
            Of project.toml.
        """
        for source in (self.verdict, self.declared.get(section) or {}, self.declared.get("project") or {}, self.record):
            if source.get(key) not in (None, ""):
                return source[key]
        options = self.record.get("options") or {}
        return options.get(key) if isinstance(options, dict) else None

    @property
    def chosen(self) -> set[str]:
        """Identifiers of the chosen alternatives: one of a project, one per project of a plan, none where that is not known."""
        alternatives = self.table("alternatives")
        if alternatives is not None:
            marked = alternatives["alternative_id"][[truth(value) is True for value in alternatives["chosen"]]]
            if len(marked):
                return set(marked.astype(str))
        said = (self.declared.get("record") or {}).get("chosen")
        return {str(said)} if said else set()


def read_statement(folder: str | Path, record: dict[str, Any] | None = None) -> StatementFiles:
    """Read the run folder of an assessment.

    Parameters
    ----------
    record : table (key, value)
        Content of run.json where it is not written yet.

    Raises
    ------
    InputError
        For a folder without a run or a verdict, and for a table that lacks columns.
    """
    folder = Path(folder)
    path = folder / "run.json"
    if record is None and not path.is_file():
        found = sorted(entry.name for entry in folder.glob("*")) or "-"
        raise InputError("report_without_run", folder=str(folder), found=found)
    if not (folder / "verdict.json").is_file():
        raise InputError("statement_without_verdict", folder=str(folder))
    record = _json(path) if record is None else record
    file_versions.check("run", record.get(file_versions.KEY), path)
    plain = path.read_bytes() if path.is_file() else json.dumps(record, ensure_ascii=False, default=str).encode()
    return StatementFiles(
        folder=folder,
        record=record,
        record_hash=hashlib.sha256(plain).hexdigest(),
        verdict=_json(folder / "verdict.json"),
        declared=_declared(folder),
        tables={name: _table(folder / f"{name}.csv", columns) for name, columns in TABLES.items()},
        shapes=_shapes(folder / "offset.gpkg"),
    )


def truth(value: object) -> bool | None:
    """True, False, or None where nothing is said.

    Examples
    --------
    >>> truth("True"), truth(0.0), truth(""), truth(float("nan"))
    (True, False, None, None)
    """
    return _TRUTH.get(str(value).strip().lower())


def _json(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8-sig"))
    return content


def _declared(folder: Path) -> dict[str, Any]:
    """Content of project.toml or plan.toml; empty where there is none."""
    path = next((folder / name for name in ("project.toml", "plan.toml") if (folder / name).is_file()), None)
    return tomllib.loads(path.read_text(encoding="utf-8-sig")) if path else {}


def _table(path: Path, columns: Iterable[str]) -> pd.DataFrame | None:
    if not path.is_file():
        return None
    try:
        table = pd.read_csv(path, dtype=TEXTS, encoding="utf-8-sig", keep_default_na=False, na_values=[""])
    except pd.errors.EmptyDataError:
        return None
    absent = [name for name in columns if name not in table]
    if absent:
        raise InputError("report_columns_absent", path=str(path), columns=absent)
    return table


def _shapes(path: Path) -> dict[str, gpd.GeoDataFrame]:
    """Layers with geometry by name."""
    if not path.is_file():
        return {}
    layers = {name: gpd.read_file(path, layer=name) for name, kind in pyogrio.list_layers(path) if kind}
    return {name: frame[~(frame.geometry.isna() | frame.geometry.is_empty)] for name, frame in layers.items()}
