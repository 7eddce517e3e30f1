"""ecoval zonal: exact-coverage statistics of any rasters per polygon."""

from pathlib import Path
from typing import Annotated

import typer

from ecoval.cli.session import AsJson, Debug, Lang, Quiet, Threads, session

STATS = "count,area,sum,mean,min,max,missing_area"


def zonal(
    units: Annotated[Path, typer.Argument(metavar="UNITS", help="Vector file of the polygons.")],
    rasters: Annotated[list[Path], typer.Argument(metavar="RASTER...", help="Rasters, of one grid or several.")],
    id: Annotated[str, typer.Option("--id", metavar="FIELD", help="Field that holds the unit codes.")],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Result: .csv, .parquet, .gpkg or .xlsx.")],
    stats: Annotated[str, typer.Option("--stats", help="Statistics, parted by commas.")] = STATS,
    layer: Annotated[str, typer.Option("--layer", help="Layer of the vector file.")] = "",
    crs: Annotated[str, typer.Option("--crs", help="CRS of units or rasters that do not say theirs.")] = "",
    threads: Threads = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
    debug: Debug = False,
    lang: Lang = "",
):
    """Statistics of rasters per polygon, with exact cell fractions and true areas.

    Example: [bold]ecoval zonal towns.gpkg dem.tif rain.tif --id code --out towns.csv --stats mean,max[/bold]
    """
    with session(quiet, as_json, debug, lang) as console:
        from ecoval.tables import write_table
        from ecoval.totals import zonal as statistics

        wanted = [name.strip() for name in stats.split(",") if name.strip()]
        named = {"id": id, "layer": layer or None, "crs": crs or None}
        with console.progress("zonal") as progress:
            table = statistics(units, rasters, stats=wanted, threads=threads, progress=progress, **named)
        if out.suffix.lower() == ".gpkg":
            table = _with_geometry(table, units, named)
        write_table(table, out, layer="zonal")
        console.result = {"file": str(out), "rows": len(table), "columns": [str(name) for name in table.columns]}
        console.line(f"Written: {out} ({len(table)} rows)", f"已写出：{out}（{len(table)} 行）")


def _with_geometry(table, path, named):
    from ecoval.units import SpatialUnits

    frame = SpatialUnits.read(path, **named).frame
    return frame[["unit_id", "geometry"]].merge(table, on="unit_id", how="right", validate="one_to_many")
