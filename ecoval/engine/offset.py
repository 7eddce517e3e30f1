"""Offset balances in stages: loss, credits, portfolio, balance, assess; what a stage needs is kept while its files are the same.

A ticked list of parcels (`stage` balance with `ticked`) is answered at once from what the stages before have kept, also while a
computation runs: it sums tables and judges, it reads no layer.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from ecoval.engine.caches import Marks, kept, stamps
from ecoval.engine.task import Task
from ecoval.errors import InputError
from ecoval.files import make_folder, plain_toml, refuse_in_use
from ecoval.operations.account import without_none
from ecoval.operations.offset_stage import OPERATION, TICKED

if TYPE_CHECKING:
    import pandas as pd

    from ecoval.offset.balance.judge import Judge
    from ecoval.offset.balance.verdict import Verdict
    from ecoval.offset.project.project import Project
    from ecoval.offset.rules.areas import Areas
    from ecoval.totals.blocks import Progress

WRITTEN = {
    "check": ("checks",),
    "loss": ("losses", "alternatives", "measures", "debits", "requirements", "statutory", "areas", "checks"),
    "credits": ("candidates", "credits", "requirements", "checks"),
    "portfolio": ("portfolio", "balance", "kinds", "value", "timeline", "shortfalls", "agreement"),
    "balance": ("balance",),
}
JUDGES_KEPT = 4

ProjectContent = dict[str, Any] | str  # a project: the keys of project.toml, or the path of one
Parcels = list[dict[str, Any]] | str | None  # parcels (candidate_id, option_id, share), or the path of a table

_judges: dict[str, tuple[Marks, tuple[str, ...], Judge]] = {}


def offset(
    task: Task,
    project: ProjectContent,
    out: str = "",
    stage: str = "assess",
    base: str = "",
    cautious: bool = False,
    ticked: Parcels = None,
    threads: int | None = None,
    overwrite: bool = False,
    lang: str = "",
) -> dict[str, Any]:
    """One stage of an offset balance: its tables by path, and the verdict where there is one."""
    if not out and stage not in ("declaration", "balance"):
        raise InputError("BAD_REQUEST", reason=f"out: a folder for the tables of the stage {stage}")
    declared = read(project, base or out)
    lang = lang or task.lang
    if stage == "declaration":
        return declaration(declared)
    if stage == "assess":
        return _assessed(task, declared, out, cautious, ticked, threads, overwrite, lang)
    if stage == "balance":
        judge = _judge(declared, project, base, threads, task.progress)
        return balanced(judge, ticked, out)
    from ecoval.offset.project.assessing import first_record
    from ecoval.runs import RunFolder, open_run
    from ecoval.runs.fingerprints import recipes

    record = first_record(declared, cautious, None) | {"kind": "offset", "command": stage}
    with open_run(out, record, joins=WRITTEN) as run:  # beside the tables of the stages before
        made = declared.stage(stage, threads=threads, progress=task.progress, cautious=cautious)
        inputs = declared.opened.reads()
        run.hash_inputs(inputs)
        if stage in ("credits", "portfolio"):  # the next ticks are answered at once
            _judge(declared, project, base, threads, task.progress)
        tables = made.tables | ({"areas": named_areas(declared.opened.areas)} if stage == "loss" else {})
        outputs = _write(tables, WRITTEN[stage], Path(out), cast(RunFolder, run.folder).stage)
        record |= {"inputs": run.inputs(), "recipes": recipes(inputs), "warnings": run.warnings()}
        record["project"] = plain_toml(declared.file[1])
    content = {"outputs": outputs, "numbers": dict(made.numbers)}
    return content if made.verdict is None else content | answered(made.verdict)


def declaration(declared: Project) -> dict[str, Any]:
    """What a project.toml says, with absolute paths, and the rules that hold: for a form that shows and changes it."""
    content: dict[str, Any] = {"project": declared.declaration.absolute()}
    if not hasattr(declared, "opened"):  # a plan: its rules are those of its file
        return content
    opened = declared.opened
    table = opened.rule.table.astype(object)
    rules = table.where(table.notna(), None).to_dict("records")
    said = declared.declaration.rules
    timing = {"time": said.time, "rate": said.effective_rate, "horizon": str(said.horizon), "convention": said.convention}
    return content | {"rules": rules, "rules_hash": opened.rules_hash, "timing": timing}


def named_areas(areas: Areas) -> pd.DataFrame:
    """Names of the areas of every kind, for a table that shows them.

    Returns
    -------
    table (area_kind, unit_id, name)
    """
    import pandas as pd

    frames = {kind: areas.units(kind) for kind in areas.kinds}
    rows = [
        pd.DataFrame({"area_kind": kind, "unit_id": units.frame["unit_id"].astype(str), "name": units.frame["name"]})
        for kind, units in frames.items()
        if units is not None and "name" in units.frame
    ]
    return pd.concat(rows, ignore_index=True) if rows else pd.DataFrame({"area_kind": [], "unit_id": [], "name": []})


def ready(params: Mapping[str, Any], lang: str) -> Callable[[], dict[str, Any]] | None:  # noqa: ARG001  (the same for every method)
    """A function that answers a balance of ticked parcels at once, or None where the stages before it are not kept.

    Parameters
    ----------
    lang : choice {en, zh}
    """
    if params.get("stage") != "balance":
        return None
    judge = _kept_judge(params.get("project"), params.get("base", ""))
    if judge is None:
        return None

    def answer() -> dict[str, Any]:
        values = OPERATION.of_request(params)
        return balanced(judge, values["ticked"], values["out"])

    return answer


def balanced(judge: Judge, ticked: Parcels, out: str = "") -> dict[str, Any]:
    """Balance of ticked parcels: verdict and numbers, and balance.csv where a folder is named."""
    begin = time.perf_counter()
    made = judge.judge(listed(ticked))
    outputs: dict[str, Path] = {}
    if out:
        outputs = _write({"balance": made.balance}, WRITTEN["balance"], Path(out))
    numbers = {
        "parcels": len(made.portfolio),
        "cost": made.verdict.portfolio.get("cost"),
        "area": float(made.portfolio["area"].sum()),
    }
    numbers["milliseconds"] = round(1e3 * (time.perf_counter() - begin), 2)
    return {"outputs": outputs, "numbers": numbers, "nets": nets(made.balance)} | answered(made.verdict)


def nets(balance: pd.DataFrame) -> list[dict[str, Any]]:
    """What a dock shows of each row: net at mid and at cautious coefficients, and whether it is met.

    Parameters
    ----------
    balance : table (service, area_unit, net, net_cautious, ok, ok_cautious)

    """
    names = ["service", "area_unit", "required", "credit", "credit_low", "net", "net_cautious", "ok", "ok_cautious"]
    rows = zip(*(balance[name].tolist() for name in names), strict=True)
    return [{name: value if value == value else None for name, value in zip(names, row, strict=True)} for row in rows]


def listed(ticked: Parcels) -> pd.DataFrame:
    """Parcels parcels as a table.

    Returns
    -------
    table (candidate_id, option_id, share)
    """
    import pandas as pd

    if isinstance(ticked, str) and ticked:
        from ecoval.offset.balance.judging import read_portfolio

        table: pd.DataFrame = read_portfolio(ticked)
        return table
    columns = list(TICKED.fields)
    if not ticked:
        return pd.DataFrame({name: [] for name in columns}).astype({"share": float})
    return pd.DataFrame(ticked).reindex(columns=columns).fillna({"option_id": "", "share": 1.0})


def read(project: ProjectContent, folder: str) -> Project:
    """Project of an object with the keys of project.toml, or of the path of a project.toml or plan.toml.

    Parameters
    ----------
    project : its paths are absolute, or relative to the folder
    """
    from ecoval.offset.project.plan import Plan
    from ecoval.offset.project.project import Project

    if isinstance(project, str):
        kind = Plan if Path(project).name.startswith("plan") else Project
        declared: Project = kind.read(project, keep=kept)
        return declared
    if not isinstance(project, dict):
        raise InputError("BAD_REQUEST", reason="project: an object with the keys of project.toml, or a path")
    content = without_none(project)
    opened: Project = (Plan if "plan" in content else Project).of(content, folder or ".", keep=kept)
    return opened


def answered(verdict: Verdict) -> dict[str, Any]:
    """The fields of verdict.json as a result line holds them."""
    content: dict[str, Any] = verdict.content()
    return content


def _assessed(
    task: Task,
    declared: Project,
    out: str,
    cautious: bool,
    ticked: Parcels,
    threads: int | None,
    overwrite: bool,
    lang: str,
) -> dict[str, Any]:
    if overwrite:
        refuse_in_use(path for path in Path(out).rglob("*") if path.is_file())
    portfolio = None if ticked is None else listed(ticked)
    made = declared.assess(
        out, cautious=cautious, progress=task.progress, threads=threads, lang=lang, overwrite=overwrite, portfolio=portfolio
    )
    outputs = {path.stem if path.suffix == ".csv" else path.name: path for path in sorted(Path(out).iterdir()) if path.is_file()}
    cost = made.verdict.portfolio.get("cost")
    numbers = {"parcels": len(made.portfolio), "cost": cost if cost is None or math.isfinite(cost) else None}
    return {"outputs": {"folder": Path(out)} | outputs, "numbers": numbers} | answered(made.verdict)


def _judge(declared: Project, project: ProjectContent, base: str, threads: int | None, progress: Progress) -> Judge:
    """The judge of a project, kept for the next ticks."""
    judge: Judge = declared.judge(threads=threads, progress=progress)
    paths = tuple(map(str, declared.reads()))
    key = _key(project, base)
    _judges.pop(key, None)
    _judges[key] = (stamps(paths), paths, judge)
    while len(_judges) > JUDGES_KEPT:
        _judges.pop(next(iter(_judges)))
    return judge


def _kept_judge(project: ProjectContent | None, base: str) -> Judge | None:
    entry = _judges.get(_key(project, base))
    if entry is None:
        return None
    seen, paths, judge = entry
    return judge if stamps(paths) == seen else None


def _key(project: ProjectContent | None, base: str) -> str:
    return json.dumps([project, str(base)], ensure_ascii=False, sort_keys=True, default=str)


def _write(
    tables: Mapping[str, pd.DataFrame | None], names: Iterable[str], folder: Path, within: Path | None = None
) -> dict[str, Path]:
    """Write tables into a folder, or `within` another one out of which they will be moved; their paths in the folder by name."""
    from ecoval.tables import write_table

    present = {name: table for name in names if (table := tables.get(name)) is not None}
    targets = {name: folder / f"{name}.csv" for name in present}
    refuse_in_use(targets.values())
    make_folder(folder)
    for name, path in targets.items():
        write_table(present[name], (within or folder) / path.name)
    return targets
