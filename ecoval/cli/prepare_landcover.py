"""ecoval prepare landcover: ecosystem types out of survey parcels or a classified raster."""

from pathlib import Path
from typing import Annotated

import typer

from ecoval.cli.session import AsJson, Debug, Lang, Quiet, records, session

FINER_HELP = (
    "Finer layer for what is coarse, used in the order given: FILE,crosswalk=NAME|TABLE and, where needed, code=FIELD, layer=NAME, "
    "crs=CRS, year=Y, parted by commas. Repeat the option for more."
)
CROSSWALK_HELP = "sandiao, clcd, globeland30, worldcover, corine, hj1166, or a table (source_code, target_code)."
SHOWN = {
    "types": "Ecosystem types 生态系统类型",
    "coarse": "What stays coarse 仍较粗的类型",
    "finer": "Finer layers 精细图层",
    "survey": "Surveyed areas 调查面积核对",
    "resolution": "Effect of the cell size 像元大小的影响",
    "accuracy": "Accuracy rules 精度要求",
}


def register(app):
    """Add the command to `ecoval prepare`."""
    app.command("landcover")(landcover)


def landcover(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="Survey parcels (.gdb, .shp, .gpkg ...) or a classified raster.")],
    crosswalk: Annotated[str, typer.Option("--crosswalk", metavar="NAME|TABLE", help=CROSSWALK_HELP)],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Result: .gpkg for polygons, .tif for cells.")],
    code: Annotated[str, typer.Option("--code", metavar="FIELD", help="Field of the class; DLBM is found for sandiao.")] = "",
    area: Annotated[str, typer.Option("--area", metavar="FIELD", help="Field of the surveyed area, m2; TBMJ for sandiao.")] = "",
    ridge: Annotated[str, typer.Option("--ridge", metavar="FIELD", help="Field of the field ridges, m2; KCMJ for sandiao.")] = "",
    layer: Annotated[str, typer.Option("--layer", help="Layer of the file.")] = "",
    crs: Annotated[str, typer.Option("--crs", help="CRS, where the file does not say it.")] = "",
    encoding: Annotated[str, typer.Option("--encoding", help="Text encoding of a shapefile.")] = "",
    overlaps: Annotated[str, typer.Option("--overlaps", metavar="refuse|first", help="Ground in two parcels.")] = "refuse",
    finer: Annotated[list[str] | None, typer.Option("--finer", metavar="FILE,key=value", help=FINER_HELP)] = None,
    mixtures: Annotated[Path | None, typer.Option("--mixtures", metavar="TABLE", help="Shares of coarse types.")] = None,
    accuracy: Annotated[Path | None, typer.Option("--accuracy", metavar="TABLE", help="Figures or check points.")] = None,
    parameters: Annotated[list[Path] | None, typer.Option("--parameters", metavar="TABLE", help="Own numbers.")] = None,
    cell: Annotated[float | None, typer.Option("--cell", help="Cell size of a raster out of parcels.")] = None,
    grid_crs: Annotated[str, typer.Option("--grid-crs", metavar="CRS", help="CRS of that raster.")] = "",
    like: Annotated[Path | None, typer.Option("--like", metavar="RASTER", help="Raster whose grid is taken.")] = None,
    year: Annotated[int | None, typer.Option("--year", help="Year of the source.")] = None,
    standard: Annotated[str, typer.Option("--standard", help="Pack whose services are looked at.")] = "open-2026",
    region: Annotated[str, typer.Option("--region", help="Region of the numbers, such as CN-33.")] = "",
    allow_recalled: Annotated[bool, typer.Option("--allow-recalled", help="Count recalled numbers as there.")] = False,
    quiet: Quiet = False,
    as_json: AsJson = False,
    debug: Debug = False,
    lang: Lang = "",
):
    """Ecosystem types of HJ 1166 out of survey parcels or a raster, with what stays coarse, and a recipe.

    Example: [bold]ecoval prepare landcover survey.gdb --layer DLTB --crosswalk sandiao --out landcover.gpkg[/bold]
    """
    with session(quiet, as_json, debug, lang) as console:
        from ecoval.prepare.landcover import prepare

        texts = {"code": code, "area": area, "ridge": ridge, "layer": layer, "crs": crs, "encoding": encoding}
        texts |= {"grid_crs": grid_crs, "region": region}
        options = {name: value for name, value in texts.items() if value}
        options |= {"overlaps": overlaps, "mixtures": mixtures, "accuracy": accuracy, "parameters": parameters or []}
        options |= {"cell": cell, "like": like, "year": year, "standard": standard, "allow_recalled": allow_recalled}
        with console.progress("landcover") as progress:
            made = prepare(
                path, crosswalk, out, finer_layers=[finer_entry(text) for text in finer or []], progress=progress, **options
            )
        for note in made.notes:
            console.line(note["en"], note["zh"])
        for name, title in SHOWN.items():
            if name in made.quality and len(made.quality[name]):
                console.table(made.quality[name], title=title)
        console.result = {
            "files": [str(each) for each in made.paths],
            "quality": {name: records(table) for name, table in made.quality.items()},
            "notes": made.notes,
        }
        console.line(
            f"Written: {', '.join(str(each) for each in made.paths)}", f"已写出：{'、'.join(str(each) for each in made.paths)}"
        )


def finer_entry(text):
    """Keys of a finer layer out of FILE,key=value,..."""
    path, *rest = text.split(",")
    entry = {"path": path}
    for part in rest:
        key, _, value = part.partition("=")
        if not value:
            raise typer.BadParameter(f"FILE,key=value expected, found {part!r}", param_hint="--finer")
        entry[key.strip()] = int(value) if key.strip() in ("year", "band") else value
    return entry
