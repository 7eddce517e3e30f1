"""ecoval demo: the sample county end to end."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ecoval.operations import assessment
from ecoval.operations.account import print_account, records_of
from ecoval.operations.declared import Console, Operation, Words
from ecoval.operations.shared import OUT_RUN, OVERWRITE, THREADS
from ecoval.operations.work import Work


def run(work: Work, values: dict[str, Any]) -> Any:
    """Account of the county, then the balance of its project; the statement as HTML alone, to be quick."""
    from ecoval.offset.project.project import Project
    from ecoval.study import Study, default_folder, sample_study

    options = {name: values[name] for name in ("threads", "overwrite")}
    study = Study.read(sample_study())
    folder = Path(values["out"] or default_folder(study.name))
    with work.progress(study.name) as progress:
        account = study.run(folder, progress=progress, lang=work.lang, **options)
    project = Project.read(study.path.with_name("project.toml"))
    if work.console is not None:
        print_account(work.console, account)
        work.console.line(f"Offset balance: {project.name}", f"生态占补平衡：{project.name}")
    quick = {"scenarios": False, "formats": ("html",), "langs": (work.lang,)}
    with work.progress(project.name) as progress:
        balance = project.assess(folder / "balance", progress=progress, lang=work.lang, **options, **quick)
    return account, balance


def show(console: Console, result: Any, values: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG001  (as every operation)
    """The balance; the account was printed before it was computed."""
    account, balance = result
    assessment.print_assessment(console, balance)
    statement = balance.folder / "statement.html"
    console.line(f"Statement: {statement}", f"评估表：{statement}")
    return records_of(account) | {"balance": assessment.result(balance)}


OPERATION = Operation(
    "demo",
    Words("Run the packaged sample county end to end.", "完整运行随附的示例县。"),
    "ecoval demo --out runs/demo",
    (OUT_RUN, THREADS, OVERWRITE),
    run,
    show,
)
