"""ecoval params and ecoval services: the numbers and the catalogue."""

from pathlib import Path
from typing import Annotated

import typer

from ecoval.cli.session import AsJson, Debug, Lang, Quiet, records, session

app = typer.Typer(
    no_args_is_help=True, help="Parameters with value, range, measure, source and status. 参数。", pretty_exceptions_enable=False
)

Code = Annotated[str, typer.Argument(metavar="SERVICE", help="Service code, such as soil_retention.")]
SHOWN = ("parameter", "key", "value", "low", "high", "uom", "region", "year", "source_id", "status")


@app.callback()
def params():
    """Parameters with value, range, measure, source and status. 参数。"""


@app.command("list")
def list_parameters(quiet: Quiet = False, as_json: AsJson = False, debug: Debug = False, lang: Lang = ""):
    """Services with the number of their parameter rows, by status.

    Example: [bold]ecoval params list[/bold]
    """
    with session(quiet, as_json, debug, lang) as console:
        from ecoval.parameters import listing

        table = listing()
        counts = table.groupby(["service", "status"]).size().unstack(fill_value=0).reset_index()
        console.result = {"parameters": records(counts)}
        console.table(counts)


@app.command("show")
def show(service: Code, quiet: Quiet = False, as_json: AsJson = False, debug: Debug = False, lang: Lang = ""):
    """Parameter rows of one service; prices are offered by the name of their source.

    Example: [bold]ecoval params show carbon_sequestration[/bold]
    """
    with session(quiet, as_json, debug, lang) as console:
        from ecoval.parameters import listing

        table = listing(service)
        console.result = {"parameters": records(table)}
        console.table(table[list(SHOWN)], title=service)


@app.command("export")
def export(
    service: Code,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Result: .csv, .parquet or .xlsx.")],
    quiet: Quiet = False,
    as_json: AsJson = False,
    debug: Debug = False,
    lang: Lang = "",
):
    """Write the parameter rows of one service to a table, to be changed and given back as an own table.

    Example: [bold]ecoval params export soil_retention --out soil.csv[/bold]
    """
    with session(quiet, as_json, debug, lang) as console:
        from ecoval.parameters import listing
        from ecoval.tables import write_table

        table = listing(service)
        write_table(table, out, layer=service)
        console.result = {"file": str(out), "rows": len(table)}
        console.line(f"Written: {out} ({len(table)} rows)", f"已写出：{out}（{len(table)} 行）")


def services(
    standard: Annotated[str, typer.Option("--standard", metavar="ID", help="Only the services of this standard pack.")] = "",
    quiet: Quiet = False,
    as_json: AsJson = False,
    debug: Debug = False,
    lang: Lang = "",
):
    """The catalogue: service, category, items, inputs, options, standards that include it.

    Example: [bold]ecoval services --standard open-2026[/bold]
    """
    with session(quiet, as_json, debug, lang) as console:
        from ecoval.layers.catalogue import service_catalogue

        table = service_catalogue(standard or None, console.lang)
        console.result = {"services": records(table)}
        console.table(table)
