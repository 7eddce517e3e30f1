"""Commands; no computation. Each command imports what it needs when it runs, so that the help comes at once."""

import sys
from typing import Annotated

import typer

from ecoval import __version__
from ecoval.cli import conformity, offset, parameters, prepare, realize, study, system, units, zonal

app = typer.Typer(
    name="ecoval",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["--help", "-h"]},
    help="Gross ecosystem product (GEP) per spatial unit. 生态产品总值核算。",
)


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"ecoval {__version__}")
        raise typer.Exit


@app.callback()
def _common(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and leave. 显示版本。")
    ] = False,
) -> None:
    pass


app.command("demo")(study.demo)
app.command("init")(study.init)
app.command("check")(study.check)
app.command("run")(study.run)
app.command("audit")(study.audit)
app.command("report")(study.report)
app.command("upgrade")(study.upgrade)
app.command("conform")(conformity.conform)
app.command("zonal")(zonal.zonal)
app.add_typer(units.app, name="units")
app.add_typer(prepare.app, name="prepare")
app.add_typer(offset.app, name="offset")
app.add_typer(realize.app, name="realize")
app.add_typer(parameters.app, name="params")
app.command("services")(parameters.services)
app.command("doctor")(system.doctor)


def main(arguments=None):
    """Run the command line: the given arguments, else those of the process."""
    app(args=with_maps_value(sys.argv[1:] if arguments is None else arguments))


def with_maps_value(arguments):
    """Arguments with the value that `--maps` stands for where it is given alone."""
    given = list(arguments)
    if "--maps" in given:
        place = given.index("--maps") + 1
        if given[place : place + 1] not in (["services"], ["factors"]):
            given.insert(place, "services")
    return given
