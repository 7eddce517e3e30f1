"""ecoval prepare soil: layers of soil out of a map of soil types with a table, or of rasters of properties."""

from pathlib import Path
from typing import Annotated

import typer

from ecoval.cli.prepare_satellite import show
from ecoval.cli.session import AsJson, Debug, Lang, Quiet, session

SHOWN = {"layers": "Layers 图层", "soils": "Soils 土壤", "unmatched": "Codes without a soil 表中没有的代码"}
COLUMNS = ("code", "area", "covered", "texture_class", "soil_group", "soil_organic_carbon", "erodibility")
SOURCE_HELP = "A map of soil types (with --table), or rasters: clay_0-5cm_mean.tif ..., or sand=FILE,uom=%,depth=0-20."
COLUMN_HELP = "Column and measure of a property in a wide table. Repeat the option for more."


def register(app):
    """Add the command to `ecoval prepare`."""
    app.command("soil")(soil)


def soil(
    sources: Annotated[list[str], typer.Argument(metavar="SOURCE...", help=SOURCE_HELP)],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder of the layers.")],
    table: Annotated[Path | None, typer.Option("--table", metavar="TABLE", help="Numbers of the soils, CSV or XLSX.")] = None,
    form: Annotated[str, typer.Option("--form", metavar="long|wide|swat", help="Of the table; by its columns.")] = "",
    table_code: Annotated[str, typer.Option("--table-code", metavar="COLUMN", help="Column of the soil code.")] = "",
    column: Annotated[list[str] | None, typer.Option("--column", metavar="PROPERTY=COLUMN,UOM", help=COLUMN_HELP)] = None,
    sheet: Annotated[str, typer.Option("--sheet", help="Sheet of a workbook.")] = "",
    code: Annotated[str, typer.Option("--code", metavar="FIELD", help="Field of the soil code in polygons.")] = "",
    depth: Annotated[str, typer.Option("--depth", metavar="0-30", help="Depth of the means, cm.")] = "0-30",
    like: Annotated[Path | None, typer.Option("--like", metavar="RASTER", help="Raster whose grid is taken.")] = None,
    cell: Annotated[float | None, typer.Option("--cell", help="Cell size for polygons without --like.")] = None,
    grid_crs: Annotated[str, typer.Option("--grid-crs", metavar="CRS", help="CRS of that grid.")] = "",
    layer: Annotated[str, typer.Option("--layer", help="Layer of the file.")] = "",
    crs: Annotated[str, typer.Option("--crs", help="CRS, where a file does not say it.")] = "",
    encoding: Annotated[str, typer.Option("--encoding", help="Text encoding of a shapefile.")] = "",
    group: Annotated[str, typer.Option("--group", metavar="texture|conductivity|none", help="Hydrologic soil group.")] = "",
    k: Annotated[str, typer.Option("--k", metavar="hj1173|epic_si|none", help="Erodibility.")] = "",
    unmatched: Annotated[str, typer.Option("--unmatched", metavar="refuse|missing", help="Codes without a soil.")] = "refuse",
    bad_texture: Annotated[
        str, typer.Option("--bad-texture", metavar="refuse|missing", help="Sums that are not 100 %.")
    ] = "refuse",
    parameters: Annotated[list[Path] | None, typer.Option("--parameters", metavar="TABLE", help="Own numbers.")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace layers that are there.")] = False,
    quiet: Quiet = False,
    as_json: AsJson = False,
    debug: Debug = False,
    lang: Lang = "",
):
    """Texture, carbon, nutrients, density, soil group and erodibility of a soil map, with a recipe.

    Example: [bold]ecoval prepare soil soils.shp --code TL --table soils.csv --depth 0-30 --like dem.tif --out soil[/bold]
    """
    with session(quiet, as_json, debug, lang) as console:
        from ecoval.prepare.soil import prepare

        texts = {"form": form, "table_code": table_code, "sheet": sheet, "code": code, "grid_crs": grid_crs, "layer": layer}
        texts |= {"crs": crs, "encoding": encoding, "group": group, "k": k}
        options = {name: value for name, value in texts.items() if value}
        options |= {"table": table, "columns": named_columns(column), "depth": depth, "like": like, "cell": cell}
        options |= {"unmatched": unmatched, "bad_texture": bad_texture, "parameters": parameters or [], "overwrite": overwrite}
        with console.progress("soil") as progress:
            made = prepare(sources, out, progress=progress, **options)
        show(console, made, SHOWN, narrow=("soils",), columns=COLUMNS)


def named_columns(texts):
    """Column and measure by property, out of PROPERTY=COLUMN,UOM; None without any."""
    found = {}
    for text in texts or []:
        name, _, rest = text.partition("=")
        column, _, uom = rest.rpartition(",")
        if not column:
            raise typer.BadParameter(f"PROPERTY=COLUMN,UOM expected, found {text!r}", param_hint="--column")
        found[name] = (column, uom)
    return found or None
