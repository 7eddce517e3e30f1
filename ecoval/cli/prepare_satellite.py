"""ecoval prepare satellite: productivity, evapotranspiration, NDVI or cover of a year out of satellite files."""

from pathlib import Path
from typing import Annotated

import typer

from ecoval.cli.session import AsJson, Debug, Lang, Quiet, records, session

SHOWN = {
    "values": "Values 数值",
    "missing": "Cells without a value 缺值像元",
    "composites": "Composites 合成期",
    "cover": "Cover 植被覆盖度",
}
FILL_HELP = "none, zero, nearest, class_mean: what stands where the product leaves out water, built-up land and the like."


def register(app):
    """Add the command to `ecoval prepare`."""
    app.command("satellite")(satellite)


def satellite(
    paths: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Files of an order, or folders of them.")],
    product: Annotated[str, typer.Option("--product", metavar="npp|et|ndvi|cover", help="What is wanted.")],
    year: Annotated[int, typer.Option("--year", help="Year of the layer.")],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Result, .tif.")],
    source: Annotated[str, typer.Option("--source", metavar="PRODUCT", help="Where file names do not say it: MOD17A3HGF.")] = "",
    like: Annotated[Path | None, typer.Option("--like", metavar="RASTER", help="Raster whose grid is taken.")] = None,
    landcover: Annotated[Path | None, typer.Option("--landcover", metavar="RASTER", help="Ecosystem types.")] = None,
    fill: Annotated[str, typer.Option("--fill", metavar="RULE", help=FILL_HELP)] = "none",
    reach: Annotated[float, typer.Option("--reach", help="How far --fill nearest looks, m.")] = 5000.0,
    quality: Annotated[str, typer.Option("--quality", metavar="none|usable|good", help="Rule of the quality mask.")] = "none",
    statistic: Annotated[str, typer.Option("--statistic", metavar="mean|max", help="Of the NDVI of the year.")] = "",
    season: Annotated[str, typer.Option("--season", metavar="5-9", help="First and last month of the NDVI.")] = "",
    gaps: Annotated[str, typer.Option("--gaps", metavar="refuse|available", help="Absent or masked composites.")] = "refuse",
    least: Annotated[float, typer.Option("--least", help="Share of the days that a cell needs with --gaps available.")] = 0.5,
    scale: Annotated[float | None, typer.Option("--scale", help="Quantity per stored value, if scaled before.")] = None,
    crs: Annotated[str, typer.Option("--crs", help="CRS of files without one; modis is the sinusoidal grid.")] = "",
    ndvi_soil: Annotated[float | None, typer.Option("--ndvi-soil", help="NDVI of bare soil, for cover.")] = None,
    ndvi_vegetation: Annotated[float | None, typer.Option("--ndvi-vegetation", help="NDVI of full cover, for cover.")] = None,
    percentiles: Annotated[str, typer.Option("--percentiles", metavar="5,95", help="Percentiles in their place.")] = "",
    quiet: Quiet = False,
    as_json: AsJson = False,
    debug: Debug = False,
    lang: Lang = "",
):
    """Net primary productivity, evapotranspiration, NDVI or cover of a year out of MODIS files, with a recipe.

    Example: [bold]ecoval prepare satellite modis/ --product npp --year 2023 --like landcover.tif --out npp_2023.tif[/bold]
    """
    with session(quiet, as_json, debug, lang) as console:
        from ecoval.prepare.satellite import prepare

        options = {"source": source or None, "crs": crs or None, "statistic": statistic or None}
        options |= {"season": pair(season, "-", int, "--season"), "percentiles": pair(percentiles, ",", float, "--percentiles")}
        options |= {"like": like, "landcover": landcover, "fill": fill, "reach": reach, "quality": quality, "gaps": gaps}
        options |= {"least": least, "scale": scale, "ndvi_soil": ndvi_soil, "ndvi_vegetation": ndvi_vegetation}
        with console.progress("satellite") as progress:
            made = prepare(paths, out, product=product, year=year, progress=progress, **options)
        show(console, made, SHOWN)


def pair(text, divider, kind, option):
    """Two numbers out of a text, None where it is empty."""
    if not text:
        return None
    parts = text.split(divider)
    try:
        low, high = (kind(part) for part in parts)
    except ValueError:
        raise typer.BadParameter(f"two numbers parted by {divider} expected, found {text!r}", param_hint=option) from None
    return low, high


def show(console, made, titles, narrow=(), columns=None):
    """Print notes, tables (of the narrow ones some columns) and files of a product."""
    for note in made.notes:
        console.line(note["en"], note["zh"])
    for name, title in titles.items():
        if name in made.quality and len(made.quality[name]):
            table = made.quality[name]
            wanted = [column for column in (columns or table.columns) if column in table]
            console.table(table[wanted] if name in narrow else table, title=title)
    files = [str(each) for each in made.paths]
    console.result = {
        "files": files,
        "quality": {name: records(table) for name, table in made.quality.items()},
        "notes": made.notes,
    }
    layers = [file for file in files if not file.endswith(".recipe.json")]
    console.line(f"Written, each with its recipe: {', '.join(layers)}", f"已写出（各附配方）：{'、'.join(layers)}")
