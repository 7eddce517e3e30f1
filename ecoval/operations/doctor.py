"""ecoval doctor: what is installed, and whether it works."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ecoval.operations.declared import Console, Operation, Option, Words
from ecoval.operations.kinds import Folder
from ecoval.operations.prepared import records
from ecoval.operations.work import Work


def run(work: Work, values: dict[str, Any]) -> Any:  # noqa: ARG001  (as every operation)
    """The findings."""
    from ecoval.study import diagnosis

    return diagnosis(values["folder"])


def refused(result: Any) -> bool:
    """Whether something does not work."""
    return bool((result["level"] == "error").any())


def show(console: Console, result: Any, values: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG001  (as every operation)
    """The table."""
    console.table(result)
    return {"ok": not refused(result), "findings": records(result)}


OPERATION = Operation(
    "doctor",
    Words(
        "Versions, threading layer, GDAL and PROJ data, write test, one-second self test.",
        "版本、线程层、GDAL 与 PROJ 数据、写入测试、一秒自检。",
    ),
    "ecoval doctor",
    (Option("folder", Folder(), Words("Folder for the write test.", "写入测试所用的文件夹。"), Path(), metavar="DIR"),),
    run,
    show,
    python="ecoval.study:diagnosis",
    refused=refused,
)
