"""ecoval offset: what a project or plan loses, what makes up for it, and whether it balances."""

from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer

from ecoval.cli.session import AsJson, Debug, Lang, Quiet, records, session

app = typer.Typer(
    no_args_is_help=True,
    help="Offset balance of projects and plans. 生态占补平衡。",
    pretty_exceptions_enable=False,
)

OBJECTIVE_HELP = "What is least: cost, area, or distance (column distance of the candidates)."


@app.callback()
def offset():
    """Offset balance of projects and plans. 生态占补平衡。"""


@app.command("portfolio")
def portfolio(
    requirements: Annotated[Path, typer.Option("--requirements", metavar="TABLE", help="service, area_unit, required.")],
    candidates: Annotated[Path, typer.Option("--candidates", metavar="TABLE", help="candidate_id, option_id, cost.")],
    credits: Annotated[Path, typer.Option("--credits", metavar="TABLE", help="candidate_id, option_id, service, ... credit.")],
    out: Annotated[Path | None, typer.Option("--out", metavar="DIR", help="Run folder; default: runs/<date>-portfolio.")] = None,
    ratio: Annotated[float, typer.Option("--ratio", help="Factor on every requirement.")] = 1.0,
    whole: Annotated[bool, typer.Option("--whole", help="Whole parcels only.")] = False,
    time_limit: Annotated[float, typer.Option("--time-limit", metavar="S", min=0, help="Seconds for the solver.")] = 300.0,
    objective: Annotated[str, typer.Option("--objective", metavar="cost|area|distance", help=OBJECTIVE_HELP)] = "cost",
    must: Annotated[list[str] | None, typer.Option("--must", metavar="ID[:OPTION]", help="Must be chosen. Repeatable.")] = None,
    ban: Annotated[list[str] | None, typer.Option("--ban", metavar="ID[:OPTION]", help="May not be chosen. Repeatable.")] = None,
    limit: Annotated[float | None, typer.Option("--limit", help="Most money that may be spent.")] = None,
    most: Annotated[int | None, typer.Option("--most", help="Most candidates that may be chosen.")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a finished run in DIR.")] = False,
    quiet: Quiet = False,
    as_json: AsJson = False,
    debug: Debug = False,
    lang: Lang = "",
):
    """The candidates that meet every requirement at least cost, exactly; or what is short where none do.

    Example: [bold]ecoval offset portfolio --requirements R.csv --candidates C.csv --credits K.csv --whole --out portfolio[/bold]
    """
    with session(quiet, as_json, debug, lang) as console:
        from ecoval.offset.choose import portfolio_run

        rules = {"ratio": ratio, "whole": whole, "time_limit": time_limit, "objective": objective}
        rules |= {"must": must or [], "ban": ban or [], "limit": limit, "most": most}
        with console.progress("portfolio") as progress:
            made = portfolio_run(requirements, candidates, credits, out, overwrite=overwrite, progress=progress, **rules)
        console.result = {"folder": str(made.path), **made.verdict, "portfolio": records(made.selection.portfolio)}
        _show(console, made)


def _show(console, made):
    """Tables and the line that says what was found."""
    chosen = made.selection
    console.table(_headed(console, chosen.portfolio.drop(columns=["name", "area"])), console.text("Portfolio", "组合方案"))
    console.table(_headed(console, chosen.balance), console.text("Balance", "平衡表"))
    if len(chosen.shortfalls):
        columns = ["service", "area_unit", "required", "attainable", "short", "relative", "uom"]
        console.table(_headed(console, chosen.shortfalls[columns]), console.text("Short", "缺口"))
    for note in chosen.notes:
        console.line(note["en"], note["zh"])
    words, cost = made.verdict["words"], f"{chosen.cost:,.2f}"
    console.line(f"{words['en']}; cost {cost}", f"{words['zh']}；成本 {cost}")
    console.line(f"Written: {made.path}", f"已写出：{made.path}")


def _headed(console, frame):
    """The table with its column names, and services by their labels, in the language of the session."""
    from ecoval.terms import Term, label, vocabulary

    labelled = [name for name in ("service", "area_unit") if name in frame]
    frame = frame.assign(**{name: [Term(value).said(console.lang) for value in frame[name]] for name in labelled})

    if "ok" in frame:
        frame = frame.assign(ok=["✔" if met else "✘" for met in frame["ok"]])
    named = {name: label(name, "zh") for name in frame.columns if name in vocabulary()} if console.lang == "zh" else {}
    return frame.rename(columns=named)


def _register():
    """Add the commands of projects and plans; their file has `register(app)`."""
    for name in ("offset_project",):
        if (Path(__file__).parent / f"{name}.py").is_file():
            import_module(f"ecoval.cli.{name}").register(app)


_register()
