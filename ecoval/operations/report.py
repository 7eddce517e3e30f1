"""ecoval report: the report of a run folder, written again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ecoval.operations import forms
from ecoval.operations.declared import Algorithm, Console, Operation, Option, Output, Parameter, Request, Words
from ecoval.operations.kinds import PlainText, Several
from ecoval.operations.shared import LANG, RUN_FOLDER
from ecoval.operations.work import Work


def run(work: Work, values: dict[str, Any]) -> Any:
    """Paths of the files."""
    from ecoval.study import report_of

    work.step(0.0, "report")
    return report_of(values["run"], tuple(values["formats"]), values["lang"] or work.lang)


def show(console: Console, result: Any, values: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG001  (as every operation)
    """Where the files are."""
    for path in result:
        console.line(f"Written: {path}", f"已写出：{path}")
    return {"files": [str(path) for path in result]}


def answer(result: Any, values: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG001  (as every operation)
    """Files by ending."""
    return {"outputs": {Path(path).suffix.lstrip("."): path for path in result}}


ALGORITHM = Algorithm(
    "report",
    Words("Report of a run", "运行报告"),
    forms.RESULTS,
    Words(
        "Writes the report of a run folder again: a page that opens offline, a workbook, a document to edit. PDF: the map atlas.",
        "重新写出运行文件夹的报告：可离线打开的网页、工作簿、可在 WPS 或 Word 中编辑的文档。需要 PDF 请用地图册。",
    ),
    tags="report 报告 baogao html xlsx excel",
    example="qgis_process run ecoval:report --RUN=run --FORMAT=html --LANG=zh",
    parameters=(
        forms.RUN_FOLDER,
        Parameter(
            "FORMAT",
            "choices",
            Words("Formats", "格式"),
            Words("Which files are written.", "写出哪些文件。"),
            fills="formats",
            choices=("html", "xlsx", "docx"),
            default=["html", "xlsx"],
        ),
        Parameter(
            "LANG",
            "choice",
            Words("Language", "语言"),
            Words("Language of the report.", "报告的语言。"),
            fills="lang",
            choices=("zh", "en"),
            default="language",
        ),
    ),
    outputs=(
        Output("HTML", "html", Words("Report", "报告"), "outputs.html"),
        Output("XLSX", "file", Words("Workbook", "工作簿"), "outputs.xlsx"),
        Output("DOCX", "file", Words("Document", "文档"), "outputs.docx"),
        Output("RUN_JSON", "file", Words("Record of the run", "运行记录")),
    ),
)

OPERATION = Operation(
    "report",
    Words("Write the report of a run folder.", "写出运行文件夹的报告。"),
    "ecoval report runs/2023 --format html --lang zh",
    (
        RUN_FOLDER,
        Option(
            "formats",
            Several(PlainText(), ","),
            Words("Formats, parted by commas.", "格式，以逗号分隔。"),
            ("html", "xlsx"),
            "--format",
            "html,pdf,docx,xlsx",
        ),
        LANG,
    ),
    run,
    show,
    answer,
    Request("report"),
    (ALGORITHM,),
    python="ecoval.study:report_of",
)
