"""ecoval zonal: exact-coverage statistics of any rasters per polygon."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ecoval.operations import forms
from ecoval.operations.declared import Algorithm, Console, Operation, Option, Output, Parameter, Request, Words
from ecoval.operations.kinds import File, PlainText, Several
from ecoval.operations.shared import THREADS
from ecoval.operations.work import Work

DEFAULT = ("count", "area", "sum", "mean", "min", "max", "missing_area")


def run(work: Work, values: dict[str, Any]) -> Any:
    """The table, written."""
    from ecoval.tables import write_table

    out = Path(values["out"])
    work.claim([out])
    options = {"id": values["id"], "layer": values["layer"], "crs": values["crs"]}
    with work.progress("zonal") as progress:
        table = work.zonal(
            values["units"],
            values["rasters"],
            stats=list(values["stats"]),
            threads=values["threads"],
            progress=progress,
            **options,
        )
    if out.suffix.lower() == ".gpkg":
        from ecoval.units import SpatialUnits

        frame = SpatialUnits.read(values["units"], **options).frame
        table = frame[["unit_id", "geometry"]].merge(table, on="unit_id", how="right", validate="one_to_many")
    write_table(table, out, layer="zonal")
    return table


def show(console: Console, result: Any, values: dict[str, Any]) -> dict[str, Any]:
    """Where the table is."""
    out = values["out"]
    console.line(f"Written: {out} ({len(result)} rows)", f"已写出：{out}（{len(result)} 行）")
    return {"file": str(out), "rows": len(result), "columns": [str(name) for name in result.columns]}


def answer(result: Any, values: dict[str, Any]) -> dict[str, Any]:
    """The table by its path."""
    return {"outputs": {"table": Path(values["out"])}, "numbers": {"rows": len(result)}}


ALGORITHM = Algorithm(
    "zonal",
    Words("Zonal statistics with exact coverage", "精确覆盖分区统计"),
    forms.TOOLS,
    Words(
        "Statistics of any rasters per polygon with the exact fraction of each cell and areas on the ellipsoid, whatever the CRS. "
        "One row per unit and raster band.",
        "按面要素统计任意栅格：采用像元的精确覆盖比例和椭球面积，与坐标系无关。每个单元、每个波段一行。",
    ),
    tags="zonal statistics 分区统计 区域统计 fenqu tongji exact coverage exactextract",
    example="qgis_process run ecoval:zonal --UNITS=towns.gpkg --UNIT_ID=unit_id --RASTERS=dem.tif --STATS=mean --STATS=max "
    "--TABLE=heights.gpkg",
    folder="zonal",
    parameters=(
        *forms.units({"path": "units", "id": "id", "layer": "layer", "crs": "crs", "encoding": ""}, name=False),
        Parameter(
            "RASTERS",
            "rasters",
            Words("Rasters", "栅格"),
            Words("One or several rasters, of one grid or several.", "一个或多个栅格，格网可以不同。"),
            fills={"path": "rasters", "crs": "crs"},
        ),
        Parameter(
            "STATS",
            "choices",
            Words("Statistics", "统计量"),
            Words("Which columns the table has.", "表中包含哪些列。"),
            fills="stats",
            choices=(
                *("count", "area", "sum", "mean", "area_mean", "min", "max", "stdev", "variance", "median", "majority", "variety"),
                *("frac", "missing_area", "valid_fraction"),
            ),
            default=list(DEFAULT),
        ),
        Parameter(
            "QUANTILES",
            "quantiles",
            Words("Quantiles", "分位数"),
            Words("Numbers between 0 and 1 parted by semicolons, such as 0.1; 0.9.", "0 到 1 之间的数，用分号分隔，如 0.1; 0.9。"),
            fills="stats",
            optional=True,
            advanced=True,
        ),
        Parameter(
            "TABLE",
            "out_vector",
            Words("Statistics", "统计量"),
            Words(
                "GeoPackage with the polygons; the same rows as the command ecoval zonal.",
                "带面要素的 GeoPackage；各行与命令 ecoval zonal 相同。",
            ),
            fills="out",
        ),
        *forms.RUN_PARAMETERS,
    ),
    outputs=(*forms.RUN_OUTPUTS, Output("ROWS", "number", Words("Rows", "行数"), "numbers.rows")),
)

OPERATION = Operation(
    "zonal",
    Words(
        "Statistics of rasters per polygon, with exact cell fractions and true areas.",
        "按面要素统计栅格，采用像元的精确覆盖比例和真实面积。",
    ),
    "ecoval zonal towns.gpkg dem.tif rain.tif --id code --out towns.csv --stats mean,max",
    (
        Option("units", File("vector"), Words("Vector file of the polygons.", "面要素的矢量文件。"), flag="", metavar="UNITS"),
        Option(
            "rasters",
            Several(File("raster")),
            Words("Rasters, of one grid or several.", "栅格，格网可以不同。"),
            flag="",
            metavar="RASTER...",
        ),
        Option("id", PlainText(), Words("Field that holds the unit codes.", "存放单元代码的字段。"), metavar="FIELD"),
        Option(
            "out",
            File(),
            Words("Result: .csv, .parquet, .gpkg or .xlsx.", "结果：.csv、.parquet、.gpkg 或 .xlsx。"),
            metavar="FILE",
        ),
        Option("stats", Several(PlainText(), ","), Words("Statistics, parted by commas.", "统计量，以逗号分隔。"), DEFAULT),
        Option("layer", PlainText(), Words("Layer of the vector file.", "矢量文件中的图层。"), None),
        Option(
            "crs",
            PlainText(),
            Words("CRS of units or rasters that do not say theirs.", "单元或栅格未说明时的坐标系。"),
            None,
        ),
        THREADS,
    ),
    run,
    show,
    answer,
    Request("zonal"),
    (ALGORITHM,),
    python="ecoval:zonal",
)
