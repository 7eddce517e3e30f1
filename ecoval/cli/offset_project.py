"""ecoval offset assess, verify and plan: a project or plan from its file to a verdict and a run folder."""

from pathlib import Path
from typing import Annotated

import typer

from ecoval.cli.session import AsJson, Debug, Lang, Quiet, Threads, session

Out = Annotated[Path | None, typer.Option("--out", metavar="DIR", help="Run folder; default runs/<date>-<name>.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace a finished run in DIR.")]
Cautious = Annotated[bool, typer.Option("--cautious", help="Choose parcels with debits high and credits low.")]
ProjectPath = Annotated[Path, typer.Argument(metavar="PROJECT.toml", help="project.toml.")]


def register(app):
    """Add the commands to the sub-app `offset`.

    Parameters
    ----------
    app : Typer
    """
    app.command("assess")(assess)
    app.command("verify")(verify)
    app.command("plan")(plan)


def assess(
    project: ProjectPath,
    out: Out = None,
    cautious: Cautious = False,
    threads: Threads = None,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
    as_json: AsJson = False,
    debug: Debug = False,
    lang: Lang = "",
):
    """Whether a project balances: avoid, minimise, compensate; the parcels at least cost where candidates are given.

    Example: [bold]ecoval offset assess project.toml --out runs/bridge[/bold]
    """
    with session(quiet, as_json, debug, lang) as console:
        from ecoval.offset.project.project import Project

        _run(console, Project.read(project), out, overwrite, cautious=cautious, threads=threads)


def verify(
    project: ProjectPath,
    portfolio: Annotated[Path, typer.Option("--portfolio", metavar="LIST.csv", help="candidate_id, option_id, share.")],
    out: Out = None,
    threads: Threads = None,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
    as_json: AsJson = False,
    debug: Debug = False,
    lang: Lang = "",
):
    """Whether a project balances with somebody else's list of parcels; nothing is optimised.

    Example: [bold]ecoval offset verify project.toml --portfolio claimed.csv --out runs/claim[/bold]
    """
    with session(quiet, as_json, debug, lang) as console:
        from ecoval.offset.project.project import Project

        _run(console, Project.read(project), out, overwrite, portfolio=portfolio, threads=threads)


def plan(
    plan: Annotated[Path, typer.Argument(metavar="PLAN.toml", help="plan.toml: projects, candidates, rules, ledger.")],
    out: Out = None,
    cautious: Cautious = False,
    threads: Threads = None,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
    as_json: AsJson = False,
    debug: Debug = False,
    lang: Lang = "",
):
    """Whether a whole plan balances: many footprints, one pool of candidates, one ledger.

    Example: [bold]ecoval offset plan plan.toml --out runs/plan[/bold]
    """
    with session(quiet, as_json, debug, lang) as console:
        from ecoval.offset.project.plan import Plan

        _run(console, Plan.read(plan), out, overwrite, cautious=cautious, threads=threads)


def demonstrate(console, project, out, threads, overwrite):
    """Show the balance of the sample project after the account of its county; its statement as HTML alone, to be quick.

    Parameters
    ----------
    console : Session
    project, out : path
    threads : number, 1
    overwrite : choice {True, False}
    """
    from ecoval.cli.offset_tables import result, show
    from ecoval.offset.project.project import Project

    declared = Project.read(project)
    console.line(f"Offset balance: {declared.name}", f"生态占补平衡：{declared.name}")
    named = {"scenarios": False, "formats": ("html",), "langs": (console.lang,)}
    with console.progress(declared.name) as progress:
        made = declared.assess(out, progress=progress, threads=threads, overwrite=overwrite, lang=console.lang, **named)
    console.result["balance"] = result(made)
    show(console, made)
    console.line(f"Statement: {out / 'statement.html'}", f"评估表：{out / 'statement.html'}")


def _run(console, declared, out, overwrite, **options):
    from ecoval.cli.offset_tables import result, show
    from ecoval.study import default_folder

    folder = out or default_folder(declared.name)
    with console.progress(declared.name) as progress:
        made = declared.assess(folder, progress=progress, overwrite=overwrite, lang=console.lang, **options)
    console.result = result(made)
    show(console, made)
    console.line(f"Written: {made.folder}", f"已写出：{made.folder}")
