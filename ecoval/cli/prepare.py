"""ecoval prepare: from what offices hold to declared layers and tables, each with its recipe."""

from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer

from ecoval.cli.session import AsJson, Debug, Lang, Quiet, session

PRODUCTS = ("landcover", "climate", "satellite", "soil", "statistics")  # each in ecoval/cli/prepare_<product>.py

app = typer.Typer(
    no_args_is_help=True,
    help="Make layers and tables out of what offices hold. 由各部门现有数据制作图层与表格。",
    pretty_exceptions_enable=False,
)


@app.callback()
def prepare():
    """Make layers and tables out of what offices hold. 由各部门现有数据制作图层与表格。"""


@app.command("rerun")
def rerun(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="A product, or its .recipe.json.")],
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Result; default: the product is replaced.")] = None,
    changed: Annotated[bool, typer.Option("--changed", help="Inputs may differ from those of the recipe.")] = False,
    quiet: Quiet = False,
    as_json: AsJson = False,
    debug: Debug = False,
    lang: Lang = "",
):
    """Make a product again from its recipe.

    Example: [bold]ecoval prepare rerun landcover.tif.recipe.json[/bold]
    """
    with session(quiet, as_json, debug, lang) as console:
        from ecoval.prepare import recipe

        with console.progress("prepare") as progress:
            made = recipe.rerun(path, out=out, changed=changed, progress=progress)
        paths = [str(each) for each in made.paths]
        console.result = {"files": paths, "quality": recipe.plain(made.quality)}
        console.line(f"Written: {', '.join(paths)}", f"已写出：{'、'.join(paths)}")


def _register():
    """Add the commands of each product; its file has `register(app)`."""
    folder = Path(__file__).parent
    for product in PRODUCTS:
        if (folder / f"prepare_{product}.py").is_file():
            import_module(f"ecoval.cli.prepare_{product}").register(app)


_register()
