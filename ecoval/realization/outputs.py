"""The run folder of a use of results: its tables as CSV, verdict.json, run.json with the inputs and versions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, cast

import pandas as pd

from ecoval import file_versions
from ecoval.files import write_json
from ecoval.runs import RunFolder, open_run
from ecoval.runs.record import versions
from ecoval.tables import write_table

VERDICT = "verdict.json"


def write_run(
    path: str | Path,
    kind: str,
    tables: Mapping[str, pd.DataFrame],
    verdict: Mapping[str, Any],
    inputs: Iterable[tuple[str, str | Path]] = (),
    overwrite: bool = False,
) -> Path:
    """Write tables and verdict into a run folder, whose path comes back; all of them or none.

    Parameters
    ----------
    kind : such as `damage`; kept in run.json
    tables : table (name, table)
    verdict : table (field, value)
    inputs : table (role, path)
    overwrite : whether a finished run in the folder is replaced

    Raises
    ------
    InputError
        For a folder that holds a finished run, a full disk, a folder that takes no file.
    """
    with open_run(path, {file_versions.KEY: file_versions.CURRENT["run"], "kind": kind, "versions": versions()}, overwrite) as run:
        folder = cast(RunFolder, run.folder)
        run.hash_inputs(inputs)
        for name, table in tables.items():
            write_table(table, folder.stage / f"{name}.csv")
        write_json(folder.stage / VERDICT, dict(verdict))
        run.record["inputs"] = run.inputs()
    return folder.path
