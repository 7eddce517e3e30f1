"""ecoval audit: a run repeated, or compared with another, line by line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ecoval.operations.declared import Console, Operation, Option, Request, Words
from ecoval.operations.kinds import Folder, Number
from ecoval.operations.prepared import records
from ecoval.operations.shared import RUN_FOLDER, THREADS
from ecoval.operations.work import Work

VERDICTS = {"same": "完全一致", "within_tolerance": "在容差内一致", "different": "不一致"}


def written(values: dict[str, Any]) -> dict[str, Path]:
    """Tables of a request."""
    folder = Path(values["out"] or values["run"])
    folder = folder.parent if folder.suffix == ".json" else folder
    return {"lines": folder / "audit.csv", "differences": folder / "audit_differences.csv"}


def run(work: Work, values: dict[str, Any]) -> Any:
    """The comparison; for a request also as tables."""
    from ecoval.study import audit

    options = {name: values[name] for name in ("against", "tolerance", "threads")}
    with work.progress("audit") as progress:
        result = audit(values["run"], progress=progress, **options)
    if work.console is None:
        from ecoval.files import make_folder
        from ecoval.tables import write_table

        outputs = written(values)
        work.claim(outputs.values())
        make_folder(outputs["lines"].parent)
        write_table(result.lines, outputs["lines"])
        write_table(result.differences, outputs["differences"])
    return result


def show(console: Console, result: Any, values: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG001  (as every operation)
    """Lines, the first differences, why, and the verdict."""
    console.table(result.lines)
    if len(result.differences):
        console.table(result.differences.head(20))
    for reason in result.reasons:
        console.line(reason, reason)
    console.line(f"Verdict: {result.verdict}", f"结论：{VERDICTS[result.verdict]}")
    return {
        "verdict": result.verdict,
        "lines": records(result.lines),
        "differences": records(result.differences),
        "reasons": result.reasons,
    }


def answer(result: Any, values: dict[str, Any]) -> dict[str, Any]:
    """Tables by their paths, verdict and reasons."""
    numbers = {"differences": len(result.differences)}
    return {"outputs": written(values), "numbers": numbers, "verdict": result.verdict, "reasons": result.reasons}


OPERATION = Operation(
    "audit",
    Words(
        "Run a run.json again and compare line by line: same, within tolerance, different, and why.",
        "按 run.json 重新运行并逐行比较：一致、容差内一致、不一致及其原因。",
    ),
    "ecoval audit runs/2023",
    (
        RUN_FOLDER,
        Option("against", Folder(), Words("Compare with this run instead.", "改与这次运行比较。"), None, metavar="RUN2"),
        Option("tolerance", Number(0), Words("Relative difference taken as equal.", "视为相等的相对差。"), 1e-9),
        THREADS,
        Option(
            "out", Folder(), Words("Folder of the tables; default the run folder.", "表格的文件夹；默认运行文件夹。"), "", flag=None
        ),
    ),
    run,
    show,
    answer,
    Request("audit"),
    python="ecoval.study:audit",
)
