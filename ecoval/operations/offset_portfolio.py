"""ecoval offset portfolio: the exact choice of parcels alone."""

from __future__ import annotations

from typing import Any

from ecoval.operations.declared import Console, Operation, Option, Words
from ecoval.operations.kinds import POSITIVE, Choice, File, Flag, Folder, Number, PlainText, Several, Whole
from ecoval.operations.prepared import records
from ecoval.operations.shared import OVERWRITE
from ecoval.operations.work import Work

RULES = ("ratio", "whole", "time_limit", "objective", "must", "ban", "limit", "most")
SHORT = ["service", "area_unit", "required", "attainable", "short", "relative", "uom"]


def run(work: Work, values: dict[str, Any]) -> Any:
    """The choice, written."""
    from ecoval.offset.choose import portfolio_run

    rules = {name: values[name] for name in RULES} | {"must": list(values["must"]), "ban": list(values["ban"])}
    tables = (values["requirements"], values["candidates"], values["credits"])
    with work.progress("portfolio") as progress:
        return portfolio_run(*tables, values["out"], overwrite=values["overwrite"], progress=progress, **rules)


def show(console: Console, result: Any, values: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG001  (as every operation)
    """Parcels, balance, what is short, and what was found."""
    selection = result.selection
    console.table(_headed(console, selection.portfolio.drop(columns=["name", "area"])), console.text("Portfolio", "组合方案"))
    console.table(_headed(console, selection.balance), console.text("Balance", "平衡表"))
    if len(selection.shortfalls):
        console.table(_headed(console, selection.shortfalls[SHORT]), console.text("Short", "缺口"))
    for note in selection.notes:
        console.line(note["en"], note["zh"])
    words, cost = result.verdict["words"], f"{selection.cost:,.2f}"
    console.line(f"{words['en']}; cost {cost}", f"{words['zh']}；成本 {cost}")
    console.line(f"Written: {result.path}", f"已写出：{result.path}")
    return {"folder": str(result.path), **result.verdict, "portfolio": records(selection.portfolio)}


def _headed(console: Console, frame: Any) -> Any:
    """The table with its column names, and services by their labels, in the language of the user."""
    from ecoval.terms import Term, label, vocabulary

    labelled = [name for name in ("service", "area_unit") if name in frame]
    frame = frame.assign(**{name: [Term(value).in_language(console.lang) for value in frame[name]] for name in labelled})
    if "ok" in frame:
        frame = frame.assign(ok=["✔" if met else "✘" for met in frame["ok"]])
    chinese = {name: label(name, "zh") for name in frame.columns if name in vocabulary()} if console.lang == "zh" else {}
    return frame.rename(columns=chinese)


OPERATION = Operation(
    "offset portfolio",
    Words(
        "The candidates that meet every requirement at least cost, exactly; or what is short where none do.",
        "精确选出以最小成本满足全部要求的候选地块；若都不足，则说明缺什么。",
    ),
    "ecoval offset portfolio --requirements R.csv --candidates C.csv --credits K.csv --whole --out portfolio",
    (
        Option(
            "requirements",
            File("table"),
            Words("service, area_unit, required.", "列 service、area_unit、required。"),
            metavar="TABLE",
        ),
        Option(
            "candidates",
            File("table"),
            Words("candidate_id, option_id, cost.", "列 candidate_id、option_id、cost。"),
            metavar="TABLE",
        ),
        Option(
            "credits",
            File("table"),
            Words("candidate_id, option_id, service, ... credit.", "列 candidate_id、option_id、service、……、credit。"),
            metavar="TABLE",
        ),
        Option(
            "out",
            Folder(),
            Words("Run folder; default: runs/<date>-portfolio.", "运行文件夹；默认 runs/<日期>-portfolio。"),
            None,
            metavar="DIR",
        ),
        Option("ratio", POSITIVE, Words("Factor on every requirement.", "各项要求的倍数。"), 1.0),
        Option("whole", Flag(), Words("Whole parcels only.", "只用整块地。"), False),
        Option("time_limit", Number(0), Words("Seconds for the solver.", "求解时限，秒。"), 300.0, metavar="S"),
        Option(
            "objective",
            Choice(("cost", "area", "distance")),
            Words(
                "What is least: cost, area, or distance (column distance of the candidates).",
                "取最小的量：cost 成本、area 面积或 distance 距离（候选表的 distance 列）。",
            ),
            "cost",
            metavar="cost|area|distance",
        ),
        Option("must", Several(PlainText()), Words("Must be chosen. Repeatable.", "必选。可重复给出。"), (), metavar="ID[:OPTION]"),
        Option(
            "ban", Several(PlainText()), Words("May not be chosen. Repeatable.", "禁选。可重复给出。"), (), metavar="ID[:OPTION]"
        ),
        Option("limit", Number(0), Words("Most money that may be spent.", "资金上限。"), None),
        Option("most", Whole(0), Words("Most candidates that may be chosen.", "最多选取的地块数。"), None),
        OVERWRITE,
    ),
    run,
    show,
    python="ecoval.offset.choose:portfolio_run",
)
