"""What a killed process left in a run folder is removed, and its status said."""

from __future__ import annotations

from ecoval.operations.declared import Operation, Option, Request, Words
from ecoval.operations.kinds import Choice, Folder

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
    "ecoval.engine.studies:abandon",
    request=Request("abandon"),
)
