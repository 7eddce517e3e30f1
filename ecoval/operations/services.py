"""ecoval services: the catalogue."""

from __future__ import annotations

from typing import Any

from ecoval.operations.declared import Console, Operation, Option, Words
from ecoval.operations.kinds import Standard
from ecoval.operations.prepared import records
from ecoval.operations.work import Work


def run(work: Work, values: dict[str, Any]) -> Any:
    """The catalogue as a table."""
    from ecoval.layers.catalogue import service_catalogue

    return service_catalogue(values["standard"], work.lang)


def show(console: Console, result: Any, values: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG001  (as every operation)
    """The table."""
    console.table(result)
    return {"services": records(result)}


OPERATION = Operation(
    "services",
    Words(
        "The catalogue: service, category, items, inputs, options, standards that include it.",
        "服务目录：服务、类别、指标、输入、选项、包含它的标准。",
    ),
    "ecoval services --standard open-2026",
    (
        Option(
            "standard",
            Standard(),
            Words("Only the services of this standard pack.", "只列该标准包中的服务。"),
            None,
            metavar="ID",
        ),
    ),
    run,
    show,
    python="ecoval.layers.catalogue:service_catalogue",
)
