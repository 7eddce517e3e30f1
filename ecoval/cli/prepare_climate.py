"""ecoval prepare climate: layers of rain, temperature and what follows from them, out of gridded series or stations."""

from pathlib import Path
from typing import Annotated

import typer

from ecoval.cli.session import AsJson, Debug, Lang, Quiet, records, session

SERIES_HELP = (
    "NetCDF, GeoTIFF with ISO dates as band descriptions, or a table of stations; ROLE=FILE where a file is of one variable. "
    "Repeat the option for more files."
)
MEASURE_HELP = 'What the values are, where the file does not say it: K, m, "0.1 mm", "mm h-1"; ROLE=MEASURE for one variable.'
SHOWN = {
    "left_out": "Each station left out 留一法检验",
    "variogram": "Variograms 变异函数",
    "values": "Values 数值",
    "numbers": "Numbers used 所用参数",
}


def register(app):
    """Add the command to `ecoval prepare`."""
    app.command("climate")(climate)


def climate(
    series: Annotated[list[str], typer.Option("--series", metavar="[ROLE=]FILE", help=SERIES_HELP)],
    product: Annotated[
        str,
        typer.Option(
            "--product", help="daily, monthly, annual, normal, erosivity, storms, cooling_days or reference_evapotranspiration."
        ),
    ],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Result, .tif.")],
    role: Annotated[str, typer.Option("--role", help="Variable of daily, monthly, annual, normal: rain, temperature, ...")] = "",
    variable: Annotated[
        list[str] | None, typer.Option("--variable", metavar="ROLE=NAME", help="NetCDF variable or column of a variable.")
    ] = None,
    measure: Annotated[list[str] | None, typer.Option("--measure", metavar="[ROLE=]MEASURE", help=MEASURE_HELP)] = None,
    series_crs: Annotated[str, typer.Option("--series-crs", metavar="CRS", help="CRS of a series that has none.")] = "",
    missing: Annotated[list[float] | None, typer.Option("--missing", help="Value that stands for missing.")] = None,
    trace: Annotated[list[float] | None, typer.Option("--trace", help="Value that stands for a trace of rain.")] = None,
    rain_codes: Annotated[str, typer.Option("--rain-codes", metavar="none|surf", help="30xxx, 32700, 32766 ...")] = "none",
    accumulated: Annotated[str, typer.Option("--accumulated", metavar="day|step", help="How amounts add up.")] = "",
    stamp: Annotated[str, typer.Option("--stamp", metavar="start|middle|end", help="What of a step its time names.")] = "",
    day: Annotated[str, typer.Option("--day", metavar="0-24|20-20|08-08", help="Local hours of a day.")] = "0-24",
    utc_offset: Annotated[float, typer.Option("--utc-offset", help="Hours of that local time ahead of UTC; Beijing: 8.")] = 0.0,
    time_zone: Annotated[float | None, typer.Option("--time-zone", help="Hours of the series' times ahead of UTC.")] = None,
    years: Annotated[str, typer.Option("--years", metavar="FIRST-LAST", help="Years that are used.")] = "",
    fill: Annotated[
        str, typer.Option("--fill", metavar="nearest_station|zero|climatology|interpolate", help="Rule for missing days.")
    ] = "",
    stations: Annotated[
        Path | None, typer.Option("--stations", metavar="TABLE", help="Sites: station, lon, lat, elevation.")
    ] = None,
    coordinates: Annotated[str, typer.Option("--coordinates", metavar="degrees|degree_minutes", help="Of the sites.")] = "degrees",
    elevation_measure: Annotated[str, typer.Option("--elevation-measure", metavar="m|0.1 m", help="Of the sites.")] = "m",
    method: Annotated[str, typer.Option("--method", metavar="thiessen|idw|regression", help="From stations to cells.")] = "",
    power: Annotated[float, typer.Option("--power", help="Of the inverse distance.")] = 2.0,
    neighbours: Annotated[int, typer.Option("--neighbours", help="Stations of the inverse distance.")] = 12,
    residuals: Annotated[str, typer.Option("--residuals", metavar="kriging|idw|none", help="Of the regression.")] = "kriging",
    variogram: Annotated[str, typer.Option("--variogram", metavar="spherical|exponential", help="Of kriging.")] = "spherical",
    dem: Annotated[Path | None, typer.Option("--dem", metavar="RASTER", help="Elevation, m.")] = None,
    like: Annotated[Path | None, typer.Option("--like", metavar="RASTER", help="Raster whose grid is taken.")] = None,
    cell: Annotated[float | None, typer.Option("--cell", help="Cell size, with --crs and --bounds.")] = None,
    crs: Annotated[str, typer.Option("--crs", help="CRS of the result.")] = "",
    bounds: Annotated[str, typer.Option("--bounds", metavar="LEFT,BOTTOM,RIGHT,TOP", help="Of the result.")] = "",
    erosivity: Annotated[
        str, typer.Option("--erosivity", metavar="halfmonth|zhang|monthly", help="Form of R; halfmonth is that of HJ 1173.")
    ] = "zhang",
    reference_et: Annotated[
        str, typer.Option("--reference-et", metavar="penman_monteith|hargreaves", help="Form of reference evapotranspiration.")
    ] = "penman_monteith",
    threshold: Annotated[float | None, typer.Option("--threshold", help="Of storms (mm d-1) or cooling days (degC).")] = None,
    wind_height: Annotated[float | None, typer.Option("--wind-height", help="Of the wind in the series, m.")] = None,
    parts: Annotated[bool, typer.Option("--parts", help="Half-months or months in place of their sum.")] = False,
    parameters: Annotated[list[Path] | None, typer.Option("--parameters", metavar="TABLE", help="Own numbers.")] = None,
    standard: Annotated[str, typer.Option("--standard", help="Pack of the numbers.")] = "open-2026",
    region: Annotated[str, typer.Option("--region", help="Region of the numbers, such as CN-33.")] = "",
    allow_recalled: Annotated[bool, typer.Option("--allow-recalled", help="Use recalled numbers.")] = False,
    quiet: Quiet = False,
    as_json: AsJson = False,
    debug: Debug = False,
    lang: Lang = "",
):
    """Layers of rain and temperature, erosivity, cooling days and evapotranspiration, out of series; with a recipe.

    Example: [bold]ecoval prepare climate --series prec_2015.nc --series-crs EPSG:4326 --product erosivity --out r.tif[/bold]
    """
    with session(quiet, as_json, debug, lang) as console:
        from ecoval.prepare.climate import prepare

        texts = {"role": role, "series_crs": series_crs, "accumulated": accumulated, "stamp": stamp, "fill": fill}
        texts |= {"method": method, "crs": crs, "region": region}
        options = {name: value for name, value in texts.items() if value}
        options |= {"variables": dict(_pair(text, "--variable") for text in variable or []), "measure": _measures(measure or [])}
        options |= {"missing": missing or [], "trace": trace or [], "rain_codes": rain_codes, "day": day}
        options |= {"utc_offset": utc_offset, "time_zone": time_zone, "years": _years(years), "stations": stations}
        options |= {"coordinates": coordinates, "elevation_measure": elevation_measure, "power": power, "neighbours": neighbours}
        options |= {"residuals": residuals, "variogram": variogram, "dem": dem, "like": like, "cell": cell}
        options |= {"bounds": _bounds(bounds), "erosivity": erosivity, "reference_et": reference_et, "threshold": threshold}
        options |= {"wind_height": wind_height, "parts": parts, "parameters": parameters or [], "standard": standard}
        with console.progress("climate") as progress:
            made = prepare(_series(series), product, out, allow_recalled=allow_recalled, progress=progress, **options)
        _show(console, made)


def _show(console, made):
    for note in made.notes:
        console.line(note["en"], note["zh"])
    for name, title in SHOWN.items():
        if name in made.quality and len(made.quality[name]):
            console.table(made.quality[name], title=title)
    filled = made.quality["series"]
    if filled["filled"].sum():
        console.table(filled[filled["filled"] > 0], title="Filled days 填补的日期")
    console.result = {
        "files": [str(each) for each in made.paths],
        "quality": {name: records(table) for name, table in made.quality.items()},
        "notes": made.notes,
    }
    paths = [str(each) for each in made.paths]
    console.line(f"Written: {', '.join(paths)}", f"已写出：{'、'.join(paths)}")


def _series(texts):
    """Files by role; under "" those without one."""
    from ecoval.prepare.climate.measures import ROLES

    found = {}
    for text in texts:
        role, mark, path = text.partition("=")
        if not mark or role not in ROLES:
            role, path = "", text
        found.setdefault(role, []).append(Path(path))
    return found


def _pair(text, option):
    name, mark, value = text.partition("=")
    if not mark or not value:
        raise typer.BadParameter(f"ROLE=NAME expected, found {text!r}", param_hint=option)
    return name.strip(), value.strip()


def _measures(texts):
    """One measure for all variables, or a measure by variable."""
    if not texts:
        return None
    if len(texts) == 1 and "=" not in texts[0]:
        return texts[0]
    return dict(_pair(text, "--measure") for text in texts)


def _years(text):
    """First and last year."""
    if not text:
        return None
    first, _, last = text.partition("-")
    if not (first.isdigit() and (last or first).isdigit()):
        raise typer.BadParameter(f"FIRST-LAST expected, found {text!r}", param_hint="--years")
    return int(first), int(last or first)


def _bounds(text):
    """Four numbers."""
    if not text:
        return None
    try:
        left, bottom, right, top = (float(part) for part in text.split(","))
    except ValueError:
        raise typer.BadParameter(f"LEFT,BOTTOM,RIGHT,TOP expected, found {text!r}", param_hint="--bounds") from None
    return left, bottom, right, top
