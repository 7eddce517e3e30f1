"""ecoval prepare soil: layers of soil out of a map of soil types with a table, or of rasters of properties."""

from __future__ import annotations

from typing import Any

from ecoval.operations import prepared
from ecoval.operations.declared import Console, Operation, Option, Request, Words
from ecoval.operations.kinds import POSITIVE, Choice, File, Flag, Folder, Own, PlainText, Several
from ecoval.operations.work import Work

TITLES = {
    "layers": Words("Layers", "图层"),
    "soils": Words("Soils", "土壤"),
    "unmatched": Words("Codes without a soil", "表中没有的代码"),
}
COLUMNS = ("code", "area", "covered", "texture_class", "soil_group", "soil_organic_carbon", "erodibility")


def named_columns(texts: list[str]) -> dict[str, tuple[str, str]]:
    """Column and measure by property, out of PROPERTY=COLUMN,UOM."""
    columns = {}
    for text in texts:
        name, _, columns_text = text.partition("=")
        column, _, uom = columns_text.rpartition(",")
        if not column:
            raise ValueError(f"PROPERTY=COLUMN,UOM expected, found {text!r}")
        columns[name] = (column, uom)
    return columns


def columns_of_request(value: Any) -> Any:
    """Column and measure by property."""
    if not isinstance(value, dict) or not all(isinstance(pair, list) and len(pair) == 2 for pair in value.values()):
        raise ValueError("an object: property -> [column, measure]")
    return value


def depth_of_request(value: Any) -> Any:
    """Upper and lower end."""
    if not isinstance(value, str) and not (isinstance(value, list) and len(value) == 2):
        raise ValueError("two numbers, or a text such as 0-30")
    return value


def run(work: Work, values: dict[str, Any]) -> Any:
    """Make the layers."""
    from ecoval.prepare.soil import prepare

    options = prepared.options_of(values, "sources")
    return prepared.making(
        work, "soil", values["out"], lambda progress: prepare(values["sources"], values["out"], progress=progress, **options)
    )


def show(console: Console, result: Any, values: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG001  (as every operation)
    """Notes, layers, soils, codes without one."""
    content = prepared.print_product(console, result, TITLES, narrow=("soils",), columns=COLUMNS)
    prepared.written_with_recipes(console, result)
    return content


OPERATION = Operation(
    "prepare soil",
    Words(
        "Texture, carbon, nutrients, density, soil group and erodibility of a soil map, with a recipe.",
        "由土壤图制作质地、有机碳、养分、容重、水文土壤组和可蚀性图层，并附配方。",
    ),
    "ecoval prepare soil soils.shp --code TL --table soils.csv --depth 0-30 --like dem.tif --out soil",
    (
        Option(
            "sources",
            Several(Own()),
            Words(
                "A map of soil types (with --table), or rasters: clay_0-5cm_mean.tif ..., or sand=FILE,uom=%,depth=0-20.",
                "土壤类型图（与 --table 同用），或栅格：clay_0-5cm_mean.tif 等，或 sand=FILE,uom=%,depth=0-20。",
            ),
            flag="",
            metavar="SOURCE...",
        ),
        Option("out", Folder(), Words("Folder of the layers.", "图层的文件夹。"), metavar="DIR"),
        Option(
            "table", File("table"), Words("Numbers of the soils, CSV or XLSX.", "土壤数据表，CSV 或 XLSX。"), None, metavar="TABLE"
        ),
        Option(
            "form",
            Choice(("long", "wide", "swat")),
            Words("Of the table; by its columns.", "表的形式；默认按列判断。"),
            None,
            metavar="long|wide|swat",
        ),
        Option("table_code", PlainText(), Words("Column of the soil code.", "土壤代码列。"), None, metavar="COLUMN"),
        Option(
            "columns",
            Own(named_columns, columns_of_request, repeated=True),
            Words(
                "Column and measure of a property in a wide table. Repeat the option for more.",
                "宽表中某一属性的列和计量单位。可重复给出。",
            ),
            None,
            "--column",
            "PROPERTY=COLUMN,UOM",
        ),
        Option("sheet", PlainText(), Words("Sheet of a workbook.", "工作簿的工作表。"), None),
        Option(
            "code", PlainText(), Words("Field of the soil code in polygons.", "面要素中的土壤代码字段。"), None, metavar="FIELD"
        ),
        Option("depth", Own(check=depth_of_request), Words("Depth of the means, cm.", "平均的深度，cm。"), "0-30", metavar="0-30"),
        Option("like", File("raster"), Words("Raster whose grid is taken.", "参照其格网的栅格。"), None, metavar="RASTER"),
        Option("cell", POSITIVE, Words("Cell size for polygons without --like.", "没有 --like 时面要素的像元大小。"), None),
        Option("grid_crs", PlainText(), Words("CRS of that grid.", "该格网的坐标系。"), None, metavar="CRS"),
        Option("layer", PlainText(), Words("Layer of the file.", "文件中的图层。"), None),
        Option("crs", PlainText(), Words("CRS, where a file does not say it.", "文件未说明时的坐标系。"), None),
        Option("encoding", PlainText(), Words("Text encoding of a shapefile.", "shapefile 的文本编码。"), None),
        Option(
            "group",
            Choice(("texture", "conductivity", "none")),
            Words("Hydrologic soil group.", "水文土壤组的规则。"),
            None,
            metavar="texture|conductivity|none",
        ),
        Option(
            "k", Choice(("hj1173", "epic_si", "none")), Words("Erodibility.", "可蚀性的公式。"), None, metavar="hj1173|epic_si|none"
        ),
        Option(
            "unmatched",
            Choice(("refuse", "missing")),
            Words("Codes without a soil.", "没有对应土壤的代码。"),
            "refuse",
            metavar="refuse|missing",
        ),
        Option(
            "bad_texture",
            Choice(("refuse", "missing")),
            Words("Sums that are not 100 %.", "合计不是 100 % 的质地。"),
            "refuse",
            metavar="refuse|missing",
        ),
        Option("parameters", Several(File("table")), Words("Own numbers.", "自有参数表。"), (), metavar="TABLE"),
        Option("standard", PlainText(), Words("Pack of the numbers.", "参数所用的标准包。"), "open-2026", flag=None),
        Option("region", PlainText(), Words("Region of the numbers, such as CN-33.", "参数的地区，如 CN-33。"), None, flag=None),
        Option("overwrite", Flag(), Words("Replace layers that are there.", "替换已有的图层。"), False),
        prepared.FUNCTION,
    ),
    run,
    show,
    prepared.answer,
    Request("prepare", {"what": "soil"}, {"overwrite": True}),
    python="ecoval.prepare.soil:prepare",
)
