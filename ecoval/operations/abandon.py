"""What a killed process left in a run folder is removed, and its status said."""

from __future__ import annotations

from typing import Any

from ecoval.operations.declared import Operation, Option, Request, Words
from ecoval.operations.kinds import Choice, Folder
from ecoval.operations.work import Work


def run(work: Work, values: dict[str, Any]) -> Any:
    """How many folders were changed."""
    from ecoval.runs.folder import abandon_orphans

    with work.progress("abandon") as progress:
        return abandon_orphans(values["out"], values["status"], progress)


def answer(result: Any, values: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG001  (as every answer)
    """The number."""
    return {"numbers": {"folders": result}}


OPERATION = Operation(
    "abandon",
    Words(
        "Remove what a killed process left in a run folder, and say its status; runs of living processes are left alone.",
        "清除被终止的进程在运行文件夹中留下的半成品并注明状态；仍在运行的不动。",
    ),
    '{"out": "runs/2023", "status": "cancelled"}',
    (
        Option("out", Folder(), Words("Run folder, or a folder of them.", "运行文件夹，或其上级文件夹。")),
        Option("status", Choice(("failed", "cancelled")), Words("How the run ended.", "运行如何结束。"), "failed"),
    ),
    run,
    answer=answer,
    request=Request("abandon"),
    python="ecoval.runs.folder:abandon_orphans",
)
