"""ecoval params show: the parameter rows of one service."""

from __future__ import annotations

from typing import Any

from ecoval.operations import parameter_rows
from ecoval.operations.declared import Console, Operation, Request, Words
from ecoval.operations.prepared import records

COLUMNS = ("parameter", "key", "value", "low", "high", "uom", "region", "year", "source_id", "status")


def show(console: Console, result: Any, values: dict[str, Any]) -> dict[str, Any]:
    """The rows."""
    console.table(result[list(COLUMNS)], title=values["service"])
    return {"parameters": records(result)}


OPERATION = Operation(
    "params show",
    Words(
        "Parameter rows of one service; prices are offered by the name of their source.",
        "某项服务的参数行；价格按来源名称提供。",
    ),
    "ecoval params show carbon_sequestration",
    (parameter_rows.SERVICE, parameter_rows.OUT_TABLE),
    parameter_rows.run,
    show,
    parameter_rows.answer,
    Request("params", {"action": "show"}, {"service": ""}, ("out",)),
    python="ecoval.layers.names:number_rows",
)
