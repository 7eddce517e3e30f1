"""ecoval units: makes spatial units."""

from pathlib import Path
from typing import Annotated

import typer

from ecoval.cli.session import AsJson, Debug, Lang, Quiet, records, session

app = typer.Typer(no_args_is_help=True, help="Make spatial units. 制作空间单元。", pretty_exceptions_enable=False)

DATUM_HELP = (
    "Displaced datum of public web maps: gcj02 or bd09. Converted by the publicly circulated formulas, which are unofficial. "
    "Such layers lie some 300-700 m beside official boundaries and image maps: compare with one of them first."
)


@app.callback()
def units():
    """Make spatial units. 制作空间单元。"""


@app.command("admin")
def admin(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="Any vector file, also GBK shapefiles and file geodatabases.")],
    id: Annotated[str, typer.Option("--id", metavar="FIELD", help="Field of the unit codes (GB/T 2260).")],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Result: .gpkg, .geojson or .parquet.")],
    name: Annotated[str, typer.Option("--name", metavar="FIELD", help="Field of the names.")] = "",
    parent: Annotated[str, typer.Option("--parent", metavar="FIELD", help="Field of the code of the unit above.")] = "",
    layer: Annotated[str, typer.Option("--layer", help="Layer of the file.")] = "",
    crs: Annotated[str, typer.Option("--crs", help="CRS, where the file does not say it.")] = "",
    encoding: Annotated[str, typer.Option("--encoding", help="Text encoding, where the file says none or a wrong one.")] = "",
    datum: Annotated[str, typer.Option("--datum", metavar="gcj02|bd09", help=DATUM_HELP)] = "",
    quiet: Quiet = False,
    as_json: AsJson = False,
    debug: Debug = False,
    lang: Lang = "",
):
    """Read, check and repair administrative units; a report says what was found and done.

    Example: [bold]ecoval units admin counties.shp --id code --name name --out counties.gpkg[/bold]
    """
    with session(quiet, as_json, debug, lang) as console:
        from ecoval.units import administrative

        options = {"name": name, "parent": parent, "layer": layer, "crs": crs, "encoding": encoding, "datum": datum}
        _write(console, administrative(path, id=id, **{key: value for key, value in options.items() if value}), out)


@app.command("grid")
def grid(
    within: Annotated[Path, typer.Option("--within", metavar="FILE", help="Polygons whose land the squares cover.")],
    cell: Annotated[float, typer.Option("--cell", metavar="SIDE", help="Side of a square, in units of the CRS (m or degrees).")],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Result: .gpkg, .geojson or .parquet.")],
    crs: Annotated[str, typer.Option("--crs", help="CRS of the squares; default that of the polygons.")] = "",
    layer: Annotated[str, typer.Option("--layer", help="Layer of the file.")] = "",
    whole: Annotated[bool, typer.Option("--whole", help="Do not cut squares at the border of the land.")] = False,
    quiet: Quiet = False,
    as_json: AsJson = False,
    debug: Debug = False,
    lang: Lang = "",
):
    """Make squares of a lattice, anchored at the origin of the CRS, over the land of polygons.

    Example: [bold]ecoval units grid --within counties.gpkg --cell 1000 --crs EPSG:4549 --out squares.gpkg[/bold]
    """
    with session(quiet, as_json, debug, lang) as console:
        from ecoval.units import grid as squares

        _write(console, squares(within, cell, crs or None, not whole, layer=layer or None), out)


def _write(console, made, out):
    """Write units and show their report."""
    made.to_file(out)
    console.result = {"file": str(out), "units": len(made), "report": records(made.report)}
    text = "text_zh" if console.lang == "zh" else "text"
    shown = made.report[[column for column in ("severity", "finding", "unit_id", text) if column in made.report]]
    if len(shown):
        console.table(shown)
    console.line(f"Written: {out} ({len(made)} units)", f"已写出：{out}（{len(made)} 个单元）")
