"""ecoval conform: a run against the table of a standard."""

from pathlib import Path
from typing import Annotated

import typer

from ecoval.cli.session import AsJson, Debug, Lang, Quiet, records, session
from ecoval.cli.study import RunPath


def conform(
    run: RunPath,
    standard: Annotated[str, typer.Option("--standard", metavar="ID", help="Standard pack, such as ndrc-2022.")],
    out: Annotated[Path | None, typer.Option("--out", metavar="DIR", help="Folder of the tables; default the run folder.")] = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
    debug: Debug = False,
    lang: Lang = "",
):
    """Which indicators of a standard a run covers, where it deviates from its choices, what it lacks.

    Example: [bold]ecoval conform runs/2023 --standard ndrc-2022[/bold]
    """
    with session(quiet, as_json, debug, lang) as console:
        from ecoval.study import conform as compare
        from ecoval.study import write_conformity

        found = compare(run, standard, console.lang)
        paths = write_conformity(found, out, console.lang)
        console.result = {
            "coverage": records(found.coverage),
            "deviations": records(found.deviations),
            "counts": found.counts,
            "total": found.total,
            "files": {name: str(path) for name, path in paths.items()},
        }
        console.table(found.coverage[["indicator", "included", "membership", "verdict", "value", "reason"]])
        if len(found.deviations):
            console.table(found.deviations)
        console.line(f"Written: {paths['html']}", f"已写出：{paths['html']}")
