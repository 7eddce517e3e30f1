"""ecoval upgrade: what an earlier version wrote, brought up."""

from __future__ import annotations

from typing import Any

from ecoval.operations.declared import Console, Operation, Option, Words
from ecoval.operations.kinds import File
from ecoval.operations.work import Work


def run(work: Work, values: dict[str, Any]) -> Any:  # noqa: ARG001  (as every operation)
    """The files, each with its backup."""
    from ecoval.study.upgrading import upgrade

    return upgrade(values["path"])


def show(console: Console, result: Any, values: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG001  (as every operation)
    """What was brought up, and where the old files are."""
    for file in result:
        if file.changed:
            en = f"Brought up: {file.path}, now format {file.version}. As it was: {file.backup}."
            console.line(en, f"已升级：{file.path}，格式版本为 {file.version}。原文件：{file.backup}。")
        else:
            console.line(f"Up to date: {file.path}, format {file.version}.", f"已是最新：{file.path}，格式版本为 {file.version}。")
    return {
        "files": [
            {"path": file.path, "kind": file.kind, "format": file.version, "changed": file.changed, "backup": file.backup}
            for file in result
        ]
    }


OPERATION = Operation(
    "upgrade",
    Words(
        "Bring up what an earlier version of ecoval wrote; each file as it was is kept beside it. 升级旧版本写出的文件。",
        "升级旧版本写出的文件；原文件保留在旁边。",
    ),
    "ecoval upgrade study.toml",
    (
        Option(
            "path",
            File(),
            Words(
                "study.toml, project.toml, plan.toml, run folder or ledger.",
                "study.toml、project.toml、plan.toml、运行文件夹或台账。",
            ),
            flag="",
            metavar="PATH",
        ),
    ),
    run,
    show,
    python="ecoval.study.upgrading:upgrade",
)
