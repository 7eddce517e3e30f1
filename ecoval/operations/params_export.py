"""ecoval params export: the parameter rows of one service as a table."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ecoval.operations import parameter_rows
from ecoval.operations.declared import REQUIRED, Console, Operation, Request, Words


def show(console: Console, result: Any, values: dict[str, Any]) -> dict[str, Any]:
    """Where the table is."""
    out = values["out"]
    console.line(f"Written: {out} ({len(result)} rows)", f"已写出：{out}（{len(result)} 行）")
    return {"file": str(out), "rows": len(result)}


OPERATION = Operation(
    "params export",
    Words(
        "Write the parameter rows of one service to a table, to be changed and given back as an own table.",
        "把某项服务的参数行写成表，修改后可作为自有参数表。",
    ),
    "ecoval params export soil_retention --out soil.csv",
    (parameter_rows.SERVICE, replace(parameter_rows.OUT_TABLE, default=REQUIRED, flag="--out")),
    parameter_rows.run,
    show,
    parameter_rows.answer,
    Request("params", {"action": "export"}, {"service": ""}),
    python="ecoval.layers.names:number_rows",
)
