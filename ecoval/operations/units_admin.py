"""ecoval units admin: administrative units, read, checked and repaired."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ecoval.operations import forms
from ecoval.operations.declared import Algorithm, Console, Operation, Option, Output, Parameter, Request, Words
from ecoval.operations.kinds import Choice, File, PlainText
from ecoval.operations.prepared import records
from ecoval.operations.work import Work

FIELDS = ("name", "parent", "layer", "crs", "encoding", "datum")


def findings(values: dict[str, Any]) -> Path:
    """The table of what was found, of a request."""
    out = Path(values["out"])
    return out.with_name(out.stem + "_findings.csv")


def run(work: Work, values: dict[str, Any]) -> Any:
    """The units, written."""
    from ecoval.units import administrative

    options = {name: values[name] for name in FIELDS if values[name]}
    return written(work, lambda: administrative(values["path"], id=values["id"], **options), values)


def written(work: Work, make: Callable[[], Any], values: dict[str, Any]) -> Any:
    """Units of any kind, written; for a request also the table of what was found."""
    work.claim([Path(values["out"]), findings(values)])
    units = make()
    work.step(0.8, "units")
    units.to_file(values["out"])
    if work.console is None:
        from ecoval.tables import write_table

        write_table(units.report, findings(values))
    return units


def show(console: Console, result: Any, values: dict[str, Any]) -> dict[str, Any]:
    """What was found and done."""
    out, text = values["out"], "text_zh" if console.lang == "zh" else "text"
    table = result.report[[column for column in ("severity", "finding", "unit_id", text) if column in result.report]]
    if len(table):
        console.table(table)
    console.line(f"Written: {out} ({len(result)} units)", f"已写出：{out}（{len(result)} 个单元）")
    return {"file": str(out), "units": len(result), "report": records(result.report)}


def answer(result: Any, values: dict[str, Any]) -> dict[str, Any]:
    """Units and findings by their paths."""
    outputs = {"units": Path(values["out"]), "findings": findings(values)}
    return {"outputs": outputs, "numbers": {"units": len(result), "findings": len(result.report)}}


ALGORITHM = Algorithm(
    "make_units",
    Words("Make spatial units", "制作核算单元"),
    forms.PREPARATION,
    Words(
        "Reads polygons, checks codes, hierarchy, topology and datum, repairs what can be repaired, and writes units with unit_id, "
        "name and parent_id. A table lists what was found and done.",
        "读取面要素，检查代码、层级、拓扑和坐标基准，能修复的予以修复，写出含 unit_id、name 和 parent_id 的单元。"
        "另有一张表列出发现和处理的问题。",
    ),
    tags="units 核算单元 行政区 hesuan danyuan xingzhengqu administrative boundaries repair",
    example='qgis_process run ecoval:make_units --UNITS="counties.shp|option:ENCODING=GBK" --UNIT_ID=XZQDM --UNIT_NAME=XZQMC '
    "--UNITS_OUT=counties.gpkg",
    folder="units",
    special="findings",
    parameters=(
        Parameter(
            "KIND",
            "choice",
            Words("Kind", "类型"),
            Words("admin: administrative units.", "admin：行政区。"),
            fills="kind",
            choices=("admin",),
            default="admin",
        ),
        *forms.units({name: name for name in ("path", "id", "name", "layer", "crs", "encoding")}),
        Parameter(
            "PARENT",
            "field",
            Words("Field of the unit above", "上级单元字段"),
            Words("Field that holds the code of the unit above, for sums of sums.", "存放上级单元代码的字段，用于逐级汇总。"),
            fills="parent",
            of="UNITS",
            optional=True,
        ),
        Parameter(
            "DATUM",
            "choice",
            Words("Displaced datum", "偏移坐标基准"),
            Words(
                "Boundaries drawn on public web maps are shifted by 300-700 m; the correction uses unofficial formulas.",
                "公开网络地图上描绘的界线偏移 300-700 m；纠正采用非官方公式。",
            ),
            fills={"none": {}, "gcj02": {"datum": "gcj02"}, "bd09": {"datum": "bd09"}},
            default="none",
            advanced=True,
        ),
        Parameter(
            "UNITS_OUT",
            "out_vector",
            Words("Units", "单元数"),
            Words("GeoPackage of the units.", "单元的 GeoPackage。"),
            fills="out",
        ),
        *forms.PRODUCT_PARAMETERS,
    ),
    outputs=(
        *forms.RUN_OUTPUTS,
        Output("FINDINGS", "vector", Words("Findings", "检查结果"), "outputs.findings"),
        Output("UNITS_COUNT", "number", Words("Units", "单元数"), "numbers.units"),
    ),
)

OPERATION = Operation(
    "units admin",
    Words(
        "Read, check and repair administrative units; a report says what was found and done.",
        "读取、检查并修复行政区单元；报告列出发现和处理的问题。",
    ),
    "ecoval units admin counties.shp --id code --name name --out counties.gpkg",
    (
        Option(
            "path",
            File("vector"),
            Words(
                "Any vector file, also GBK shapefiles and file geodatabases.", "任意矢量文件，包括 GBK shapefile 和文件地理数据库。"
            ),
            flag="",
            metavar="FILE",
        ),
        Option("id", PlainText(), Words("Field of the unit codes (GB/T 2260).", "单元代码字段（GB/T 2260）。"), metavar="FIELD"),
        Option(
            "out",
            File("vector"),
            Words("Result: .gpkg, .geojson or .parquet.", "结果：.gpkg、.geojson 或 .parquet。"),
            metavar="FILE",
        ),
        Option("name", PlainText(), Words("Field of the names.", "名称字段。"), None, metavar="FIELD"),
        Option("parent", PlainText(), Words("Field of the code of the unit above.", "上级单元代码字段。"), None, metavar="FIELD"),
        Option("layer", PlainText(), Words("Layer of the file.", "文件中的图层。"), None),
        Option("crs", PlainText(), Words("CRS, where the file does not say it.", "文件未说明时的坐标系。"), None),
        Option(
            "encoding",
            PlainText(),
            Words("Text encoding, where the file says none or a wrong one.", "文件未说明或说明有误时的文本编码。"),
            None,
        ),
        Option(
            "datum",
            Choice(("gcj02", "bd09")),
            Words(
                "Displaced datum of public web maps: gcj02 or bd09. Converted by the publicly circulated formulas, which are "
                "unofficial. Such layers lie some 300-700 m beside official boundaries and image maps: compare with one of them "
                "first.",
                "公开网络地图的偏移坐标基准：gcj02 或 bd09。按公开流传的非官方公式转换。"
                "此类图层与官方界线和影像图相差约 300-700 m：请先与其中之一对照。",
            ),
            None,
            metavar="gcj02|bd09",
        ),
    ),
    run,
    show,
    answer,
    Request("units", {"kind": "admin"}, first=True),
    (ALGORITHM,),
    python="ecoval.units:administrative",
)
