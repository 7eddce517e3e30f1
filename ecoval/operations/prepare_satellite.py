"""ecoval prepare satellite: productivity, evapotranspiration, NDVI or cover of a year out of satellite files."""

from __future__ import annotations

from typing import Any

from ecoval.operations import prepared
from ecoval.operations.declared import Console, Operation, Option, Request, Words
from ecoval.operations.kinds import POSITIVE, Choice, File, Number, PlainText, Row, Several, Whole
from ecoval.operations.shared import CALENDAR_YEAR
from ecoval.operations.work import Work

TITLES = {
    "values": Words("Values", "数值"),
    "missing": Words("Cells without a value", "缺值像元"),
    "composites": Words("Composites", "合成期"),
    "cover": Words("Cover", "植被覆盖度"),
}


def run(work: Work, values: dict[str, Any]) -> Any:
    """Make the layer."""
    from ecoval.prepare.satellite import prepare

    options = prepared.options_of(values, "paths", "overwrite")
    return prepared.making(
        work, "satellite", values["out"], lambda progress: prepare(values["paths"], values["out"], progress=progress, **options)
    )


def show(console: Console, result: Any, values: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG001  (as every operation)
    """Notes, values, cells without one, composites."""
    content = prepared.print_product(console, result, TITLES)
    prepared.written_with_recipes(console, result)
    return content


OPERATION = Operation(
    "prepare satellite",
    Words(
        "Net primary productivity, evapotranspiration, NDVI or cover of a year out of MODIS files, with a recipe.",
        "由 MODIS 文件制作某一年的净初级生产力、蒸散发、NDVI 或植被覆盖度，并附配方。",
    ),
    "ecoval prepare satellite modis/ --product npp --year 2023 --like landcover.tif --out npp_2023.tif",
    (
        Option(
            "paths",
            Several(File()),
            Words("Files of an order, or folders of them.", "订购的文件，或存放它们的文件夹。"),
            flag="",
            metavar="FILE...",
        ),
        Option(
            "product",
            Choice(("npp", "et", "ndvi", "cover")),
            Words("What is wanted.", "要制作的产品。"),
            metavar="npp|et|ndvi|cover",
        ),
        Option("year", CALENDAR_YEAR, Words("Year of the layer.", "图层的年份。")),
        Option("out", File(), Words("Result, .tif.", "结果文件，.tif。"), metavar="FILE"),
        Option(
            "source",
            PlainText(),
            Words("Where file names do not say it: MOD17A3HGF.", "文件名未说明时的产品名：MOD17A3HGF。"),
            None,
            metavar="PRODUCT",
        ),
        Option("like", File("raster"), Words("Raster whose grid is taken.", "参照其格网的栅格。"), None, metavar="RASTER"),
        Option("landcover", File("raster"), Words("Ecosystem types.", "生态系统类型栅格。"), None, metavar="RASTER"),
        Option(
            "fill",
            Choice(("none", "zero", "nearest", "class_mean")),
            Words(
                "none, zero, nearest, class_mean: what stands where the product leaves out water, built-up land and the like.",
                "none、zero、nearest、class_mean：产品未覆盖的水面、建设用地等处取什么值。",
            ),
            "none",
            metavar="RULE",
        ),
        Option("reach", Number(0), Words("How far --fill nearest looks, m.", "--fill nearest 的搜索距离，m。"), 5000.0),
        Option(
            "quality",
            Choice(("none", "usable", "good")),
            Words("Rule of the quality mask.", "质量掩膜规则。"),
            "none",
            metavar="none|usable|good",
        ),
        Option(
            "statistic",
            Choice(("mean", "max")),
            Words("Of the NDVI of the year.", "全年 NDVI 的统计量。"),
            None,
            metavar="mean|max",
        ),
        Option(
            "season",
            Row(Whole(1, 12), "-", 2, 0, "two numbers parted by -"),
            Words("First and last month of the NDVI.", "NDVI 的起止月份。"),
            None,
            metavar="5-9",
        ),
        Option(
            "gaps",
            Choice(("refuse", "available")),
            Words("Absent or masked composites.", "缺失或被掩膜的合成期。"),
            "refuse",
            metavar="refuse|available",
        ),
        Option(
            "least",
            Number(0, 1, above=True),
            Words("Share of the days that a cell needs with --gaps available.", "--gaps available 时像元所需的天数比例。"),
            0.5,
        ),
        Option("scale", POSITIVE, Words("Quantity per stored value, if scaled before.", "若已缩放，每个存储值对应的数量。"), None),
        Option(
            "crs",
            PlainText(),
            Words("CRS of files without one; modis is the sinusoidal grid.", "没有坐标系的文件的坐标系；modis 为正弦格网。"),
            None,
        ),
        Option("ndvi_soil", Number(-1, 1), Words("NDVI of bare soil, for cover.", "裸土的 NDVI，用于植被覆盖度。"), None),
        Option("ndvi_vegetation", Number(-1, 1), Words("NDVI of full cover, for cover.", "全覆盖的 NDVI，用于植被覆盖度。"), None),
        Option(
            "percentiles",
            Row(Number(0, 100), ",", 2, 0, "two numbers parted by ,"),
            Words("Percentiles in their place.", "以百分位数代替。"),
            None,
            metavar="5,95",
        ),
        *prepared.ALWAYS,
    ),
    run,
    show,
    prepared.answer,
    Request("prepare", {"what": "satellite"}),
    python="ecoval.prepare.satellite:prepare",
)
