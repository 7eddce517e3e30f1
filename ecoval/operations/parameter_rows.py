"""What the operations of parameters share: rows of one service or of all, as a table where a file is named."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from ecoval.operations.declared import Option, Words
from ecoval.operations.kinds import File, PlainText
from ecoval.operations.work import Work

SERVICE = Option(
    "service",
    PlainText(),
    Words("Service code, such as soil_retention.", "服务代码，如 soil_retention。"),
    flag="",
    metavar="SERVICE",
)
OF_REQUEST = replace(SERVICE, default="", flag=None)
OUT_TABLE = Option(
    "out", File(), Words("Result: .csv, .parquet or .xlsx.", "结果：.csv、.parquet 或 .xlsx。"), None, flag=None, metavar="FILE"
)


def run(work: Work, values: dict[str, Any]) -> Any:
    """The rows."""
    from ecoval.layers.names import number_rows

    out = values["out"]
    if out is not None:
        work.claim([Path(out)])
    table = number_rows(values["service"] or None)
    if out is not None:
        from ecoval.tables import write_table

        work.step(0.5, "params")
        write_table(table, Path(out), layer=values["service"] or "parameters")
    return table


def answer(result: Any, values: dict[str, Any]) -> dict[str, Any]:
    """The table by its path."""
    return {"outputs": {"table": values["out"]}, "numbers": {"rows": len(result)}}
