"""The run folder of a use of results: its tables as CSV, verdict.json, run.json with the inputs and versions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from ecoval import formats
from ecoval.errors import Cancelled, EcovalError
from ecoval.report import write_table
from ecoval.study import provenance
from ecoval.study.folder import RunFolder, write_json
from ecoval.study.run import explained

VERDICT = "verdict.json"


def write_run(
    path: str | Path,
    kind: str,
    tables: Mapping[str, pd.DataFrame],
    verdict: Mapping[str, Any],
    inputs: Iterable[tuple[str, str | Path]] = (),
    overwrite: bool = False,
) -> Path:
    """Write tables and verdict into a run folder; all of them or none.

    Parameters
    ----------
    path : text
    kind : text
        Such as `damage`; kept in run.json.
    tables : table (name, table)
    verdict : table (field, value)
    inputs : table (role, path)
    overwrite : choice {True, False}
        Whether a finished run in the folder is replaced.

    Returns
    -------
    text
        Path of the folder.

    Raises
    ------
    InputError
        For a folder that holds a finished run, a full disk, a folder that takes no file.
    """
    folder = RunFolder(path, {formats.KEY: formats.CURRENT["run"], "kind": kind, "versions": provenance.versions()}, overwrite)
    marks = provenance.Fingerprints()
    try:
        for role, source in inputs:
            marks.add(role, source)
        for name, table in tables.items():
            write_table(table, folder.stage / f"{name}.csv")
        write_json(folder.stage / VERDICT, dict(verdict))
        folder.record["inputs"] = marks.records()
        folder.finish()
    except BaseException as error:
        known = isinstance(error, EcovalError)
        told = explained(error) if known else {"code": type(error).__name__, "en": str(error), "zh": str(error)}
        folder.abandon("cancelled" if isinstance(error, (KeyboardInterrupt, Cancelled)) else "failed", told)
        raise
    finally:
        marks.close()
    return folder.path
