"""The project of an offset balance in the forms of QGIS: project.toml, and what goes before what it says."""

from __future__ import annotations

from dataclasses import replace

from ecoval.operations.declared import Output, Parameter, Words
from ecoval.operations.forms_study import STUDY

COPY = Words(
    "Not needed: the run folder holds it. Choose a file for a copy, for instance in a model.",
    "一般不需要：运行文件夹中已有。需要副本（如在模型中）时选择文件。",
)
PROJECT_FILES = (
    Parameter(
        "PROJECT",
        "file",
        Words("Project file", "项目文件"),
        Words(
            "project.toml, or run.json of an earlier step. What is given below goes before what the file says.",
            "project.toml，或先前步骤的 run.json。下面给出的内容优先于文件。",
        ),
        optional=True,
    ),
    Parameter(
        "STUDY",
        "file",
        Words("Study", "核算项目"),
        Words(
            "study.toml of the account whose models and prices are used; without one, give the layers.",
            "所采用核算项目的 study.toml；没有时请给出图层。",
        ),
        optional=True,
    ),
)
FOOTPRINT = (
    Parameter(
        "FOOTPRINT",
        "source",
        Words("Footprint", "占用范围"),
        Words(
            "Polygons that are occupied. Fields alternative_id, impact_type, start, end, after_class are read where they exist.",
            "占用的面要素。若有字段 alternative_id、impact_type、start、end、after_class 则读取。",
        ),
        of="polygon",
        optional=True,
    ),
    Parameter(
        "AFTER_CLASS",
        "text",
        Words("Class after the project", "建设后类型"),
        Words(
            "Code of the ecosystem type for all footprints, such as 631, or the name of the field that holds it.",
            "所有占用地块建设后的生态系统类型代码（如 631），或存放它的字段名。",
        ),
        optional=True,
    ),
    Parameter(
        "WORKS_START",
        "whole",
        Words("Start of the works", "开工年"),
        Words("Year, where the footprints have no field start.", "占用图层没有 start 字段时的年份。"),
        low=1900,
        high=2200,
        optional=True,
    ),
)
PROJECT_AREAS = (
    Parameter(
        "SERVICESHEDS",
        "source",
        Words("Areas of the services", "服务平衡区域"),
        Words(
            "Polygons within which each service must balance; used for every kind of area that the project file does "
            "not name. The kind province is one area everywhere.",
            "各项服务须在其内平衡的面要素；用于项目文件未指明的每类区域。province（省）作为一个整体区域。",
        ),
        of="polygon",
        optional=True,
    ),
    Parameter(
        "SERVICESHED_ID",
        "field",
        Words("Field of the area codes", "区域代码字段"),
        Words("Field of the layer of the areas.", "区域图层的字段。"),
        of="SERVICESHEDS",
        optional=True,
        advanced=True,
    ),
    Parameter(
        "SERVICESHED_NAME",
        "field",
        Words("Field of the area names", "区域名称字段"),
        Words("Field of the layer of the areas.", "区域图层的字段。"),
        of="SERVICESHEDS",
        optional=True,
        advanced=True,
    ),
    Parameter(
        "ALTERNATIVE",
        "text",
        Words("Chosen alternative", "选定方案"),
        Words("Which alternative is balanced, such as A.", "评定哪个方案，如 A。"),
        optional=True,
        advanced=True,
    ),
    Parameter(
        "AVOID_REASON",
        "text",
        Words("Reason: avoid", "避免的理由"),
        Words("Why there is no better alternative, in words.", "为何没有更好的方案（文字）。"),
        optional=True,
        advanced=True,
    ),
    Parameter(
        "MINIMISE_REASON",
        "text",
        Words("Reason: minimise", "最小化的理由"),
        Words("Why there are no further measures, in words.", "为何没有更多措施（文字）。"),
        optional=True,
        advanced=True,
    ),
)
RULES = (
    Parameter(
        "RULES",
        "file",
        Words("Spatial rule", "空间规则"),
        Words(
            "Table service, area_kind, same, neighbour, elsewhere. Empty: that of the project file, else the packaged one.",
            "表格 service, area_kind, same, neighbour, elsewhere。留空：用项目文件的，否则用内置的。",
        ),
        optional=True,
    ),
    Parameter(
        "RATIO",
        "number",
        Words("Ratio", "倍率"),
        Words("By which each requirement is multiplied.", "各项要求乘以该倍率。"),
        low=0,
        optional=True,
    ),
    Parameter(
        "RATE",
        "number",
        Words("Discount rate", "折现率"),
        Words("A share per year, such as 0.03.", "每年的比例，如 0.03。"),
        low=0,
        high=1,
        optional=True,
        advanced=True,
    ),
    Parameter(
        "HORIZON",
        "whole",
        Words("Horizon, years", "评估期（年）"),
        Words("Years that are counted.", "计入的年数。"),
        low=1,
        high=1000,
        optional=True,
        advanced=True,
    ),
)
STEPS = (
    Parameter(
        "LOSS",
        "file",
        Words("Loss of the project", "项目损失"),
        Words(
            "run.json or a table of that step: the project.toml beside it is read where PROJECT is empty.",
            "该步骤的 run.json 或表格；未给 PROJECT 时读取同一文件夹中的 project.toml。",
        ),
        optional=True,
    ),
    Parameter(
        "CREDITS",
        "file",
        Words("Credits of the candidates", "候选地块增益"),
        Words(
            "run.json or a table of that step: the project.toml beside it is read where PROJECT is empty.",
            "该步骤的 run.json 或表格；未给 PROJECT 时读取同一文件夹中的 project.toml。",
        ),
        optional=True,
    ),
)
PROJECT = (*PROJECT_FILES, *FOOTPRINT, *PROJECT_AREAS)
LAYERS = tuple(
    replace(each, optional=True, default=None) if each.name in ("LANDCOVER", "YEAR") else each for each in STUDY
)  # for projects without a study file
PROJECT_OUTPUTS = (
    Output("FOLDER", "folder", Words("Run folder", "运行文件夹")),
    Output("PROJECT_FILE", "file", Words("Project file", "项目文件")),
)
VERDICT_OUTPUTS = (
    *PROJECT_OUTPUTS,
    Output("VERDICT", "string", Words("Verdict", "结论")),
    Output("VERDICT_CAUTIOUS", "string", Words("Cautious verdict", "谨慎结论")),
    Output("ROBUST", "boolean", Words("Both are the same", "两者一致")),
    Output("BALANCE_TABLE", "vector", Words("Balance", "结余")),
    Output("HTML", "html", Words("Statement", "评估表")),
    Output("PDF", "file", Words("Statement as PDF", "评估表 PDF")),
)


def copied(name: str, label: Words, of: str = "") -> Parameter:
    """An optional copy of a result."""
    return Parameter(name, "sink", label, COPY, of=of, optional=True, advanced=True)
