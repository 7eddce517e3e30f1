"""ecoval prepare landcover: ecosystem types out of survey parcels or a classified raster."""

from __future__ import annotations

from typing import Any

from ecoval.operations import forms, prepared
from ecoval.operations.declared import Algorithm, Console, Operation, Option, Output, Parameter, Request, Words
from ecoval.operations.kinds import POSITIVE, Choice, File, Flag, Number, Own, PlainText, Several, Whole
from ecoval.operations.shared import CALENDAR_YEAR
from ecoval.operations.work import Work

TITLES = {
    "types": Words("Ecosystem types", "生态系统类型"),
    "coarse": Words("What stays coarse", "仍较粗的类型"),
    "finer": Words("Finer layers", "精细图层"),
    "survey": Words("Surveyed areas", "调查面积核对"),
    "resolution": Words("Effect of the cell size", "像元大小的影响"),
    "accuracy": Words("Accuracy rules", "精度要求"),
}


def finer_entries(texts: list[str]) -> list[dict[str, Any]]:
    """Keys of finer layers out of FILE,key=value,..."""
    entries = []
    for text in texts:
        path, *keys = text.split(",")
        entry: dict[str, Any] = {"path": path}
        for part in keys:
            key, _, value = part.partition("=")
            if not value:
                raise ValueError(f"FILE,key=value expected, found {part!r}")
            entry[key.strip()] = int(value) if key.strip() in ("year", "band") else value
        entries.append(entry)
    return entries


def finer_of_request(value: Any) -> Any:
    """Objects with the keys of a finer layer."""
    if not isinstance(value, list) or not all(isinstance(entry, dict) and "path" in entry for entry in value):
        raise ValueError("a list of objects with path, crosswalk, ...")
    return value


def run(work: Work, values: dict[str, Any]) -> Any:
    """Make the land cover."""
    from ecoval.prepare.landcover import prepare

    options = prepared.options_of(values, "path", "crosswalk", "overwrite")
    return prepared.making(
        work,
        "landcover",
        values["out"],
        lambda progress: prepare(values["path"], values["crosswalk"], values["out"], progress=progress, **options),
    )


def show(console: Console, result: Any, values: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG001  (as every operation)
    """Notes, types, what stays coarse, and the checks."""
    content = prepared.print_product(console, result, TITLES)
    prepared.written(console, result)
    return content


OPTIONS = (
    Option(
        "path",
        File(),
        Words("Survey parcels (.gdb, .shp, .gpkg ...) or a classified raster.", "调查图斑（.gdb、.shp、.gpkg 等）或分类栅格。"),
        flag="",
        metavar="FILE",
    ),
    Option(
        "crosswalk",
        PlainText(),
        Words(
            "sandiao, clcd, globeland30, worldcover, corine, hj1166, or a table (source_code, target_code).",
            "sandiao、clcd、globeland30、worldcover、corine、hj1166，或对照表（source_code, target_code）。",
        ),
        metavar="NAME|TABLE",
    ),
    Option(
        "out", File(), Words("Result: .gpkg for polygons, .tif for cells.", "结果：面要素为 .gpkg，像元为 .tif。"), metavar="FILE"
    ),
    Option(
        "code",
        PlainText(),
        Words("Field of the class; DLBM is found for sandiao.", "地类字段；三调自动取 DLBM。"),
        None,
        metavar="FIELD",
    ),
    Option(
        "area",
        PlainText(),
        Words("Field of the surveyed area, m2; TBMJ for sandiao.", "调查面积字段，m2；三调为 TBMJ。"),
        None,
        metavar="FIELD",
    ),
    Option(
        "ridge",
        PlainText(),
        Words("Field of the field ridges, m2; KCMJ for sandiao.", "田坎面积字段，m2；三调为 KCMJ。"),
        None,
        metavar="FIELD",
    ),
    Option("ridge_code", PlainText(), Words("Class of the field ridges.", "田坎的地类编码。"), "1203", flag=None),
    Option("layer", PlainText(), Words("Layer of the file.", "文件中的图层。"), None),
    Option("crs", PlainText(), Words("CRS, where the file does not say it.", "文件未说明时的坐标系。"), None),
    Option("encoding", PlainText(), Words("Text encoding of a shapefile.", "shapefile 的文本编码。"), None),
    Option("band", Whole(1), Words("Band of a raster.", "栅格的波段。"), 1, flag=None),
    Option("missing", Number(), Words("Value of a raster that stands for missing.", "栅格中表示缺值的数值。"), None, flag=None),
    Option(
        "overlaps",
        Choice(("refuse", "first")),
        Words("Ground in two parcels.", "图斑重叠的处理。"),
        "refuse",
        metavar="refuse|first",
    ),
    Option(
        "finer_layers",
        Own(finer_entries, finer_of_request, repeated=True),
        Words(
            "Finer layer for what is coarse, used in the order given: FILE,crosswalk=NAME|TABLE and, where needed, code=FIELD, "
            "layer=NAME, crs=CRS, year=Y, parted by commas. Repeat the option for more.",
            "细化较粗类型的图层，按给出的顺序使用：FILE,crosswalk=NAME|TABLE，必要时加 code=FIELD、layer=NAME、crs=CRS、year=Y，"
            "以逗号分隔。可重复给出。",
        ),
        (),
        "--finer",
        "FILE,key=value",
    ),
    Option("mixtures", File("table"), Words("Shares of coarse types.", "较粗类型的构成比例表。"), None, metavar="TABLE"),
    Option("accuracy", File("table"), Words("Figures or check points.", "精度指标或检核点。"), None, metavar="TABLE"),
    Option("parameters", Several(File("table")), Words("Own numbers.", "自有参数表。"), (), metavar="TABLE"),
    Option("cell", POSITIVE, Words("Cell size of a raster out of parcels.", "由图斑制作的栅格的像元大小。"), None),
    Option("grid_crs", PlainText(), Words("CRS of that raster.", "该栅格的坐标系。"), None, metavar="CRS"),
    Option("like", File("raster"), Words("Raster whose grid is taken.", "参照其格网的栅格。"), None, metavar="RASTER"),
    Option("year", CALENDAR_YEAR, Words("Year of the source.", "来源的年份。"), None),
    Option("resolution", POSITIVE, Words("Of the images behind the parcels, m.", "图斑所依影像的分辨率，m。"), None, flag=None),
    Option("standard", PlainText(), Words("Pack whose services are looked at.", "据以检查服务的标准包。"), "open-2026"),
    Option("region", PlainText(), Words("Region of the numbers, such as CN-33.", "参数的地区，如 CN-33。"), None),
    Option("allow_recalled", Flag(), Words("Count recalled numbers as there.", "凭记忆写下的数值也算已有。"), False),
    *prepared.ALWAYS,
)

ALGORITHM = Algorithm(
    "prepare_landcover",
    Words("Prepare land cover", "准备土地覆被"),
    forms.PREPARATION,
    Words(
        "Translates survey parcels or a classified raster to the ecosystem types of HJ 1166, refuses codes without a counterpart "
        "and lists them, says what stays coarse, and writes a recipe and a table of the classes beside the result.",
        "把调查图斑或分类栅格转换为 HJ 1166 生态系统类型；没有对应类型的编码会列出并拒绝；说明哪些类型仍较粗，"
        "并在结果旁边写出制作配方和地类表。",
    ),
    tags="land cover 土地覆被 土地利用 三调 国土变更调查 tudi fugai sandiao landcover lulc CLCD WorldCover GlobeLand30",
    example="qgis_process run ecoval:prepare_landcover --LANDCOVER=survey.gpkg --SCHEME=sandiao --CRS=EPSG:4549 --CELL=10 "
    "--LANDCOVER_OUT=landcover.tif",
    parameters=(
        Parameter(
            "LANDCOVER",
            "landcover",
            "landcover",
            Words("Classified raster, or parcels of a survey (polygons).", "分类栅格，或调查图斑（面）。"),
        ),
        Parameter(
            "CLASS_FIELD",
            "text",
            Words("Field of the class", "地类字段"),
            Words(
                "For polygons: the field that holds the code; empty takes DLBM for the third survey.",
                "面要素：存放地类编码的字段；三调留空则取 DLBM。",
            ),
            optional=True,
        ),
        Parameter(
            "SELECTED_ONLY",
            "flag",
            Words("Selected parcels only", "仅选中图斑"),
            Words("For polygons: only the features that are selected in the layer.", "矢量图斑：只用图层中选中的要素。"),
            default=False,
        ),
        Parameter(
            "SCHEME",
            "scheme",
            Words("Classification", "分类体系"),
            Words(
                "Product of the source, hj1166 for codes of HJ 1166, own table.",
                "来源产品；hj1166 表示已是 HJ 1166 代码；own 表示自备对照表。",
            ),
            fills="crosswalk",
            choices="schemes",
            default="sandiao",
        ),
        Parameter(
            "CLASSES",
            "file",
            Words("Own table of the classes", "自有地类对照表"),
            Words("Columns source_code, target_code: CSV or XLSX.", "列 source_code, target_code：CSV 或 XLSX。"),
            optional=True,
        ),
        Parameter(
            "CRS",
            "crs",
            Words("CRS of the raster", "栅格坐标系"),
            Words(
                "CRS of a raster that is made from polygons; projected, in metres. A raster keeps its own.",
                "由面图层制作的栅格的坐标系；投影坐标系，单位米。栅格保持自身坐标系。",
            ),
            optional=True,
        ),
        Parameter(
            "CELL",
            "number",
            Words("Cell size", "像元大小"),
            Words("Side of a cell, in units of the CRS.", "像元边长，单位同坐标系。"),
            fills="cell",
            low=0,
            optional=True,
        ),
        Parameter(
            "YEAR",
            "whole",
            Words("Year", "年份"),
            Words("Year of the source, for the recipe.", "来源年份，写入配方。"),
            fills="year",
            low=1900,
            high=2200,
            optional=True,
        ),
        Parameter(
            "LANDCOVER_OUT",
            "out_file",
            Words("Prepared land cover", "准备好的土地覆被"),
            Words(
                "Raster .tif; for polygons also .gpkg, which keeps exact areas.", "栅格 .tif；面要素也可为 .gpkg，保留精确面积。"
            ),
            fills="out",
            of="GeoTIFF (*.tif);;GeoPackage (*.gpkg)",
        ),
        *forms.PRODUCT_PARAMETERS,
    ),
    outputs=(*forms.RECIPE, Output("CLASSES_OUT", "file", Words("Table of the classes", "地类对照表"), "outputs.file_2")),
)

OPERATION = Operation(
    "prepare landcover",
    Words(
        "Ecosystem types of HJ 1166 out of survey parcels or a raster, with what stays coarse, and a recipe.",
        "由调查图斑或栅格得到 HJ 1166 生态系统类型，说明哪些仍较粗，并附配方。",
    ),
    "ecoval prepare landcover survey.gdb --layer DLTB --crosswalk sandiao --out landcover.gpkg",
    OPTIONS,
    run,
    show,
    prepared.answer,
    Request("prepare", {"what": "landcover"}),
    (ALGORITHM,),
    python="ecoval.prepare.landcover:prepare",
)
