"""ecoval conform: a run against the table of a standard."""

from __future__ import annotations

from typing import Any

from ecoval.operations import forms
from ecoval.operations.declared import Algorithm, Console, Operation, Option, Output, Parameter, Request, Words
from ecoval.operations.kinds import Folder, Standard
from ecoval.operations.prepared import records
from ecoval.operations.shared import LANG, RUN_FOLDER
from ecoval.operations.work import Work

COLUMNS = ["indicator", "included", "membership", "verdict", "value", "reason"]


def run(work: Work, values: dict[str, Any]) -> Any:
    """The comparison, and the paths of what is written of it."""
    from ecoval.study import conform, write_conformity

    work.step(0.0, "conform")
    lang = values["lang"] or work.lang
    result = conform(values["run"], values["standard"], lang)
    return result, write_conformity(result, values["out"], lang)


def show(console: Console, result: Any, values: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG001  (as every operation)
    """Coverage and deviations."""
    compared, paths = result
    console.table(compared.coverage[COLUMNS])
    if len(compared.deviations):
        console.table(compared.deviations)
    console.line(f"Written: {paths['html']}", f"已写出：{paths['html']}")
    return {
        "coverage": records(compared.coverage),
        "deviations": records(compared.deviations),
        "counts": compared.counts,
        "total": compared.total,
        "files": {name: str(path) for name, path in paths.items()},
    }


def answer(result: Any, values: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG001  (as every operation)
    """Files by name, and how many indicators have which verdict."""
    compared, paths = result
    return {"outputs": paths, "numbers": compared.counts | {"total": compared.total}}


ALGORITHM = Algorithm(
    "conform",
    Words("Conformity with a standard", "与标准的符合性"),
    forms.RESULTS,
    Words(
        "Compares a run with the indicators and choices of a standard: what is covered, what is lacking, what deviates. Where "
        "nobody has read the text of a standard, the tables say so.",
        "将一次运行与标准的指标和方法选择比较：已覆盖、缺少、偏离。标准原文未核对者在表中注明。",
    ),
    tags="conform 符合性 标准 检查 fuhexing biaozhun standard indicators gaps",
    example="qgis_process run ecoval:conform --RUN=run --STANDARD=ndrc-2022",
    special="gaps",
    parameters=(
        forms.RUN_FOLDER,
        Parameter(
            "STANDARD",
            "choice",
            Words("Standard", "标准"),
            Words("Against which the run is held.", "与之比较的标准。"),
            fills="standard",
            choices="standards",
            default="ndrc-2022",
        ),
        Parameter(
            "FOLDER",
            "new_folder",
            Words("Folder of the tables", "表格文件夹"),
            Words("Empty takes the run folder.", "留空则写入运行文件夹。"),
            fills="out",
            optional=True,
            advanced=True,
        ),
    ),
    outputs=(
        Output("COVERAGE", "file", Words("Coverage of the indicators", "指标覆盖情况"), "outputs.coverage"),
        Output("DEVIATIONS", "file", Words("Deviations", "偏离"), "outputs.deviations"),
        Output("HTML", "html", Words("Report", "报告"), "outputs.html"),
        Output("GAPS", "number", Words("Indicators that are lacking", "缺少的指标数"), "numbers.gap"),
    ),
)

OPERATION = Operation(
    "conform",
    Words(
        "Which indicators of a standard a run covers, where it deviates from its choices, what it lacks.",
        "一次运行覆盖标准的哪些指标、在哪些选择上偏离、缺少什么。",
    ),
    "ecoval conform runs/2023 --standard ndrc-2022",
    (
        RUN_FOLDER,
        Option("standard", Standard(), Words("Standard pack, such as ndrc-2022.", "标准包，如 ndrc-2022。"), metavar="ID"),
        Option(
            "out",
            Folder(),
            Words("Folder of the tables; default the run folder.", "表格的文件夹；默认运行文件夹。"),
            None,
            metavar="DIR",
        ),
        LANG,
    ),
    run,
    show,
    answer,
    Request("conform"),
    (ALGORITHM,),
    python="ecoval.study:conform",
)
