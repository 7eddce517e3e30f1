"""A choice as a run folder: portfolio.csv, balance.csv, verdict.json, and run.json with what went in."""

import json
from dataclasses import dataclass
from pathlib import Path

from ecoval import file_versions
from ecoval.files import RUN, write_json
from ecoval.offset.choose.selection import Selection, select_portfolio
from ecoval.runs import default_folder, open_run
from ecoval.runs.record import versions
from ecoval.tables import write_table

TABLES = ("portfolio", "balance", "shortfalls", "excluded")
WORDS = {
    "optimal": ("optimal", "最优"),
    "infeasible": (
        "infeasible; the portfolio is the least-cost set that comes closest",
        "不可行；所列组合为最接近要求且成本最低者",
    ),
    "time_limit": ("not proven optimal", "未证明为最优"),
    "unproven": ("not proven optimal", "未证明为最优"),
}


@dataclass(frozen=True)
class PortfolioRun:
    """A finished run of a choice."""

    path: Path
    selection: Selection
    verdict: dict


def portfolio_run(requirements, candidates, credits, out=None, *, overwrite=False, progress=None, **rules):
    """Choose a portfolio out of three files and write the run folder.

    Parameters
    ----------
    requirements, candidates, credits : path
        CSV or XLSX.
    out : path
        A folder; None: runs/<date>-portfolio.
    overwrite : choice {True, False}
        Whether a finished run in it is replaced.
    progress : callable (done, text)
    **rules : mapping
        As of `select_portfolio`.

    Returns
    -------
    PortfolioRun
    """
    given = {"requirements": requirements, "candidates": candidates, "credits": credits}
    files = {role: Path(path).absolute() for role, path in given.items()}
    options = {name: value for name, value in rules.items() if value not in (None, [], ())}
    head = {file_versions.KEY: file_versions.CURRENT["run"], "kind": "offset", "command": "portfolio"}
    record = {**head, "options": options, "versions": versions()}
    with open_run(out if out is not None else default_folder("portfolio"), record, overwrite) as run:
        run.hash_inputs(files.items())
        made = select_portfolio(*files.values(), progress=progress, **rules)
        run.clock.stage("choose")
        record |= {"inputs": run.inputs(), "warnings": run.warnings(), "timings": run.clock.seconds}
        verdict = verdict_of(made, rules)
        for name in TABLES:
            write_table(getattr(made, name), run.folder.stage / f"{name}.csv")
        write_json(run.folder.stage / "verdict.json", verdict, RUN)
    return PortfolioRun(run.folder.path, made, verdict)


def verdict_of(made, rules):
    """What verdict.json of a choice says.

    Parameters
    ----------
    made : Selection
    rules : mapping

    Returns
    -------
    mapping
    """
    en, zh = WORDS[made.status]
    return {
        "status": made.status,
        "words": {"en": en, "zh": zh},
        "cost": made.cost,
        "objective": made.objective,
        "value": made.value,
        "bound": made.bound,
        "gap": made.gap,
        "proven": made.proven,
        "method": made.method,
        "confirmed": made.confirmed,
        "ratio": rules.get("ratio", 1.0),
        "whole": bool(rules.get("whole", False)),
        "shortfall": records(made.shortfalls),
        "closest": None if made.closest is None else records(made.closest),
        "excluded": records(made.excluded),
        "notes": made.notes,
    }


def records(frame):
    """Rows of a table for JSON; missing numbers are null.

    Parameters
    ----------
    frame : table (column, ...)

    Returns
    -------
    list of mapping
    """
    return json.loads(frame.to_json(orient="records", force_ascii=False, double_precision=15))
