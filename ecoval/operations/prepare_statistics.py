"""ecoval prepare statistics: the long table of a study out of yearbooks and the data-request workbook."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ecoval.operations import forms, prepared
from ecoval.operations.declared import Algorithm, Console, Operation, Option, Parameter, Request, Words
from ecoval.operations.kinds import File, Own, PlainText, Several
from ecoval.operations.shared import CALENDAR_YEAR
from ecoval.operations.work import Work

WARNED = ("statistics_corrected", "statistics_unallocated")  # printed as warnings already
TITLES = {
    "corrections": Words("Read otherwise than it stands", "更正后读取"),
    "conversions": Words("Measures converted", "单位换算"),
    "changes": Words("Carried over changes of boundaries", "区划衔接"),
    "downscaled": Words("Shared out, totals kept", "按权重分配"),
    "prices": Words("For [prices] of study.toml", "写入 [prices]"),
}


def uoms(texts: list[str]) -> dict[str, str]:
    """Measure by column, out of COLUMN=UOM."""
    measures = {}
    for text in texts:
        column, equals, uom = text.rpartition("=")
        if not equals:
            raise ValueError(f"COLUMN=UOM expected, found {text!r}")
        measures[column] = uom
    return measures


def by_text(value: Any) -> Any:
    """Texts by text."""
    if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
        raise ValueError("an object of texts")
    return value


def items_of_request(value: Any) -> Any:
    """A table, or identifiers by name."""
    return value if isinstance(value, str) else by_text(value)


def run(work: Work, values: dict[str, Any]) -> Any:
    """Make the table."""
    from ecoval.prepare.statistics import prepare

    options = prepared.options_of(values, "files", "units", "overwrite")
    return prepared.making(
        work,
        "statistics",
        values["out"],
        lambda progress: prepare(values["files"], values["units"], values["out"], progress=progress, **options),
    )


def show(console: Console, result: Any, values: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG001  (as every operation)
    """Notes, corrections, conversions, changes of boundaries, what was shared out, prices."""
    for note in result.notes:
        if note["code"] not in WARNED:
            console.line(note["en"], note["zh"])
    for part, title in TITLES.items():
        if len(result.quality[part]):
            console.table(result.quality[part], title=title.in_language(console.lang))
    paths, count = [str(path) for path in result.paths], len(result.table)
    console.line(f"Written: {', '.join(paths)} ({count} rows)", f"已写出：{'、'.join(paths)}（{count} 行）")
    quality = {part: prepared.records(table) for part, table in result.quality.items()}
    return {"files": paths, "rows": count, "quality": quality, "notes": result.notes}


OPTIONS = (
    Option(
        "files",
        Several(File("table")),
        Words("Tables (.csv, .xlsx), or 数据需求表.xlsx filled in.", "表格（.csv、.xlsx），或填好的数据需求表.xlsx。"),
        flag="",
        metavar="FILE...",
    ),
    Option(
        "units",
        File("vector"),
        Words("Units of the study: polygons, or a table with codes.", "核算单元：面要素，或含代码的表。"),
        metavar="UNITS",
    ),
    Option(
        "out",
        File(),
        Words("Result: statistics.csv for [statistics].", "结果：供 [statistics] 使用的 statistics.csv。"),
        metavar="FILE",
    ),
    Option(
        "id",
        PlainText(),
        Words("Field of the codes; default unit_id, else code.", "代码字段；默认 unit_id，其次 code。"),
        None,
        metavar="FIELD",
    ),
    Option("name", PlainText(), Words("Field of the names; default name.", "名称字段；默认 name。"), None, metavar="FIELD"),
    Option("parent", PlainText(), Words("Field of the code of the unit above.", "上级单元代码字段。"), None, metavar="FIELD"),
    Option("layer", PlainText(), Words("Layer of the units.", "单元的图层。"), None),
    Option("crs", PlainText(), Words("CRS of units that do not say theirs.", "单元未说明时的坐标系。"), None, flag=None),
    Option("year", CALENDAR_YEAR, Words("Year of rows that state none.", "未写年份的行所用的年份。"), None),
    Option("boundaries", CALENDAR_YEAR, Words("Year of the units' boundaries.", "单元界线的年份。"), None, metavar="YEAR"),
    Option("sheet", PlainText(), Words("Sheet of a workbook.", "工作簿的工作表。"), None),
    Option(
        "aliases", File("table"), Words("Names in the files: alias,unit.", "文件中的单元别名：alias,unit。"), None, metavar="TABLE"
    ),
    Option(
        "item_names",
        Own(check=items_of_request, of=Path),
        Words("Items in the files: name,item.", "文件中的指标名：name,item。"),
        None,
        "--items",
        "TABLE",
    ),
    Option(
        "uoms",
        Own(uoms, by_text, repeated=True),
        Words("Measure of a column of a wide table: COLUMN=UOM. Repeat for more.", "宽表某列的计量单位：COLUMN=UOM。可重复给出。"),
        None,
        "--uom",
        "COLUMN=UOM",
    ),
    Option(
        "changes",
        Several(PlainText()),
        Words(
            "How to cross a change of codes: OLD=NEW, or a table (old,new,share). Repeat for more.",
            "区划代码变更的衔接：OLD=NEW，或表（old,new,share）。可重复给出。",
        ),
        (),
        metavar="OLD=NEW|TABLE",
    ),
    Option(
        "weight",
        Several(PlainText()),
        Words(
            "Raster, field of the units, or table (unit_id,weight) that shares out larger units; ITEM=... for one item. "
            "Repeat for more.",
            "把上级单元分摊下来的栅格、单元字段或表（unit_id,weight）；只用于某指标时写作 ITEM=...。可重复给出。",
        ),
        None,
        metavar="RASTER|FIELD|TABLE",
    ),
    Option("sources", File("vector"), Words("Polygons of the larger units.", "上级单元的面要素。"), None, metavar="UNITS"),
    Option("sources_id", PlainText(), Words("Their field of the codes.", "其代码字段。"), "unit_id", metavar="FIELD"),
    Option("source", PlainText(), Words("Source of rows that state none.", "未写来源的行所用的来源。"), None, metavar="TEXT"),
    *prepared.ALWAYS,
)

ALGORITHM = Algorithm(
    "prepare_statistics",
    Words("Prepare statistics", "准备统计表"),
    forms.PREPARATION,
    Words(
        "Brings tables of offices and yearbooks to one long table per unit and item, and writes a recipe beside it. A name that "
        "matches no unit is refused, with its cell and the nearest name.",
        "把部门表格和年鉴整理成按单元和指标的长表，并在旁边写出制作配方。对不上单元的名称会被拒绝，并指出单元格和最接近的名称。",
    ),
    tags="statistics 统计 年鉴 表格 tongji nianjian table",
    example="qgis_process run ecoval:prepare_statistics --TABLES=yearbook.xlsx --UNITS=towns.gpkg --UNIT_ID=unit_id "
    "--UNIT_NAME=name --YEAR=2023 --STATISTICS_OUT=statistics.csv",
    parameters=(
        Parameter(
            "TABLES",
            "files",
            Words("Tables", "表格"),
            Words("CSV or XLSX files as the offices keep them.", "部门原有的 CSV 或 XLSX 文件。"),
            fills="files",
        ),
        *forms.units({"path": "units", "id": "id", "name": "name", "layer": "layer", "crs": "crs"}),
        Parameter(
            "YEAR",
            "whole",
            Words("Year", "年份"),
            Words("Year of rows that state none.", "未写年份的行所用的年份。"),
            fills="year",
            default=2023,
            low=1900,
            high=2200,
        ),
        Parameter(
            "ALIASES",
            "file",
            Words("Other names of the units", "单元别名表"),
            Words("Columns alias, unit (code or name): CSV or XLSX.", "列为 alias、unit（代码或名称）：CSV 或 XLSX。"),
            fills="aliases",
            optional=True,
        ),
        Parameter(
            "ITEM_NAMES",
            "file",
            Words("Other names of the items", "指标别名表"),
            Words("Columns name, item (identifier): CSV or XLSX.", "列为 name、item（指标标识）：CSV 或 XLSX。"),
            fills="item_names",
            optional=True,
        ),
        Parameter(
            "STATISTICS_OUT",
            "out_file",
            Words("Statistics table", "统计表"),
            Words("Long table that the account reads.", "供核算读取的长表。"),
            fills="out",
            of="CSV (*.csv)",
        ),
        *forms.PRODUCT_PARAMETERS,
    ),
    outputs=forms.RECIPE,
)

OPERATION = Operation(
    "prepare statistics",
    Words(
        "Statistics of yearbooks and of the data-request workbook as the long table of a study, with a recipe.",
        "把年鉴和数据需求表整理成核算所用的长表，并附配方。",
    ),
    "ecoval prepare statistics yearbook.xlsx --units counties.gpkg --id code --year 2023 --out statistics.csv",
    OPTIONS,
    run,
    show,
    prepared.answer,
    Request("prepare", {"what": "statistics"}),
    (ALGORITHM,),
    python="ecoval.prepare.statistics:prepare",
)
