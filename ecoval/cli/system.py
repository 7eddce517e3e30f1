"""ecoval doctor: what is installed, and whether it works."""

from pathlib import Path
from typing import Annotated

import typer

from ecoval.cli.session import REFUSED, AsJson, Debug, Lang, Quiet, records, session


def doctor(
    folder: Annotated[Path, typer.Option("--folder", metavar="DIR", help="Folder for the write test.")] = Path(),
    quiet: Quiet = False,
    as_json: AsJson = False,
    debug: Debug = False,
    lang: Lang = "",
):
    """Versions, threading layer, GDAL and PROJ data, write test, one-second self test.

    Example: [bold]ecoval doctor[/bold]
    """
    with session(quiet, as_json, debug, lang) as console:
        from ecoval.study import diagnosis

        table = diagnosis(folder)
        refused = bool((table["level"] == "error").any())
        console.result = {"ok": not refused, "findings": records(table)}
        console.table(table)
        if refused:
            raise typer.Exit(REFUSED)
