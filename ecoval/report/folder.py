"""What a report reads: run.json, the three tables and the geometry of a run folder, and nothing else.

Of run.json it reads name, year, price_year, standard, status, options, inputs, versions, finished and warnings, and where they are
there: `indicators` (rows indicator, included, status, or a table keyed by indicator), `numbers` (rows service, parameter, key,
value, uom, region, year, source_id, status, note), `left_out` (service or service:item -> reason), `notes` and `mixtures`. A text
is plain, or has its languages `en` and `zh`, or is the `code` and `fields` of a message.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio

from ecoval import file_versions
from ecoval.accounts.extent import EXTENT_COLUMNS
from ecoval.accounts.gep import CODE_COLUMNS, GEP_COLUMNS
from ecoval.accounts.indicators import EXCLUDED, STATE_COLUMNS
from ecoval.accounts.supply import SUPPLY_COLUMNS
from ecoval.errors import InputError
from ecoval.standards import indicators, standards

TABLES = {"supply": SUPPLY_COLUMNS, "gep": GEP_COLUMNS, "extent": EXTENT_COLUMNS, "states": STATE_COLUMNS}
STEMS = {"states": "indicators"}
TEXT_COLUMNS = (
    "unit_id",
    "unit_set",
    "unit_name",
    "ecosystem_type",
    "category",
    "service",
    "item",
    "option",
    "indicator",
    "state",
    "reason",
)
TEXTS = dict.fromkeys((*TEXT_COLUMNS, *CODE_COLUMNS, "uom", "price_uom", "status"), str)


@dataclass(frozen=True)
class RunFiles:
    """The content of a run folder."""

    folder: Path
    record: dict[str, Any]
    supply: pd.DataFrame
    gep: pd.DataFrame
    extent: pd.DataFrame
    states: pd.DataFrame
    shapes: dict[str, gpd.GeoDataFrame]

    @property
    def indicators(self) -> dict[str, tuple[str, str]]:
        """Indicators of the pack: indicator -> (included, status); "excluded" what the study leaves out by name."""
        excluded = self.record.get("excluded") or {}
        return {name: (EXCLUDED if name in excluded else text, status) for name, (text, status) in self._pack().items()}

    def _pack(self) -> dict[str, tuple[str, str]]:
        given = self.record.get("indicators")
        if isinstance(given, dict):
            return {name: (_included(entry), _status(entry)) for name, entry in given.items()}
        rows = given or _standard(self.record.get("standard", ""))
        return {row["indicator"]: (row["included"], row.get("status", "")) for row in rows}


def read_run(folder: str | Path, record: dict[str, Any] | None = None) -> RunFiles:
    """Read a run folder.

    Parameters
    ----------
    record : table (key, ...)
        Content of run.json where it is not written yet.

    Raises
    ------
    InputError
        For a folder without a finished run, or with a table that lacks columns.
    """
    folder = Path(folder)
    if record is None:
        path = folder / "run.json"
        if not path.is_file():
            raise InputError(
                "report_without_run", folder=str(folder), found=sorted(entry.name for entry in folder.glob("*")) or "-"
            )
        record = json.loads(path.read_text(encoding="utf-8-sig"))
        file_versions.check("run", record.get(file_versions.KEY), path)
        if record.get("status") != "finished":
            raise InputError("report_run_unfinished", folder=str(folder), status=record.get("status", ""))
    tables = {name: _table(folder / f"{STEMS.get(name, name)}.csv", columns) for name, columns in TABLES.items()}
    return RunFiles(folder, record, **tables, shapes=_shapes(folder / "account.gpkg", tables["gep"]["unit_set"].unique()))


def _table(path: Path, columns: Iterable[str]) -> pd.DataFrame:
    if not path.is_file():
        raise InputError("report_table_absent", path=str(path), table=path.name)
    table = pd.read_csv(path, dtype=TEXTS, encoding="utf-8-sig", keep_default_na=False, na_values=[""])
    absent = [name for name in columns if name not in table]
    if absent:
        raise InputError("report_columns_absent", path=str(path), columns=absent)
    for name in table.columns.intersection(list(TEXTS)):
        table[name] = table[name].fillna("").astype(str)
    return table


def _shapes(path: Path, sets: Iterable[str]) -> dict[str, gpd.GeoDataFrame]:
    """Units of each set with their geometry; sets without a layer are left out of the maps."""
    if not path.is_file():
        return {}
    layers = {name for name, kind in pyogrio.list_layers(path) if kind}
    return {name: gpd.read_file(path, layer=name) for name in sets if name in layers}


def _standard(standard: str) -> list[dict[str, str]]:
    return list(indicators(standard).values()) if standard in standards() else []


def _included(entry: str | dict[str, str]) -> str:
    return entry if isinstance(entry, str) else entry.get("included", "")


def _status(entry: str | dict[str, str]) -> str:
    return "" if isinstance(entry, str) else entry.get("status", "")
