"""ecoval params list: which services have how many parameter rows."""

from __future__ import annotations

from typing import Any

from ecoval.operations import parameter_rows
from ecoval.operations.declared import Console, Operation, Request, Words
from ecoval.operations.prepared import records

OPEN = "to be given"


def show(console: Console, result: Any, values: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG001  (as every operation)
    """Rows by status."""
    counts = (
        result.assign(status=result["status"].replace("", OPEN))
        .groupby(["service", "status"])
        .size()
        .unstack(fill_value=0)
        .reset_index()
    )
    console.table(counts)
    return {"parameters": records(counts)}


OPERATION = Operation(
    "params list",
    Words("Services with the number of their parameter rows, by status.", "各服务的参数行数，按状态分列。"),
    "ecoval params list",
    (parameter_rows.OF_REQUEST, parameter_rows.OUT_TABLE),
    parameter_rows.run,
    show,
    parameter_rows.answer,
    Request("params", {"action": "list"}, required=("out",)),
    python="ecoval.layers.names:number_rows",
)
