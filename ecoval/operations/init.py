"""ecoval init: a commented study.toml, the folders for its data, and a data-request workbook."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ecoval.operations.declared import Console, Operation, Option, Words
from ecoval.operations.kinds import File, Flag, Folder, PlainText, Standard
from ecoval.operations.work import Work


def run(work: Work, values: dict[str, Any]) -> Any:  # noqa: ARG001  (as every operation)
    """Paths of study and workbook."""
    from ecoval.errors import warn
    from ecoval.prepare import request
    from ecoval.prepare.request_scope import left_out
    from ecoval.prepare.statistics.places import read_units
    from ecoval.study import new_study

    standard, units, fields = values["standard"], values["units"], {"id": values["id"], "name": values["name"]}
    there = bool(units) and Path(units).exists()
    places = read_units(units, **fields, parent=None, layer=None, crs=None) if there else None
    labels = {key: text for key, text in (("id", fields["id"]), ("label", fields["name"])) if text}
    shapes = None if places is None else places.geometry
    without = {} if values["all"] else left_out(standard, shapes, values["landcover"], values["classes"])
    path = new_study(values["folder"], standard, units, **(labels if places is None else places.fields))
    workbook = request.written(values["folder"] / request.NAME, standard, places, without=without)
    if units and not there:
        warn("request_units_absent", path=units)
    return path, workbook


def show(console: Console, result: Any, values: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG001  (as every operation)
    """What comes next."""
    path, workbook = result
    console.line(f"Written: {path}. Fill it in, then: ecoval check {path}", f"已写出：{path}。填写后运行：ecoval check {path}")
    console.line(f"Written: {workbook}, a sheet per department.", f"已写出：{workbook}，每个部门一张工作表。")
    return {"study": str(path), "request": str(workbook)}


OPERATION = Operation(
    "init",
    Words(
        "Write a commented study.toml, the folders for its data, and a data-request workbook for the departments.",
        "写出带注释的 study.toml、数据文件夹，以及发给各部门的数据需求表。",
    ),
    "ecoval init mycounty --standard ndrc-2022 --units counties.gpkg",
    (
        Option("folder", Folder(), Words("Folder of the new study.", "新核算项目的文件夹。"), flag="", metavar="DIR"),
        Option("standard", Standard(), Words("Standard pack.", "标准包。"), "open-2026"),
        Option("units", PlainText(), Words("File of the spatial units.", "空间单元的文件。"), None, metavar="PATH"),
        Option(
            "id",
            PlainText(),
            Words("Field of the codes; default unit_id, else code.", "代码字段；默认 unit_id，其次 code。"),
            None,
            metavar="FIELD",
        ),
        Option(
            "landcover",
            File("raster"),
            Words(
                "Raster of land cover: what its types cannot give in the units is not asked for.",
                "土地覆盖栅格；单元内没有相应类型的指标不列入需求表。",
            ),
            None,
        ),
        Option(
            "classes",
            PlainText(),
            Words("Its table of classes, or the name of a crosswalk.", "其分类对照表，或内置对照表名称。"),
            None,
        ),
        Option(
            "all",
            Flag(),
            Words(
                "Ask for all indicators of the standard, also for coast and sea and for what this version does not compute.",
                "列出标准的全部指标，包括海岸、海洋指标和本版本尚未实现的指标。",
            ),
            False,
        ),
        Option("name", PlainText(), Words("Field of the names; default name.", "名称字段；默认 name。"), None, metavar="FIELD"),
    ),
    run,
    show,
)
