"""ecoval check: what can be known of a study without computing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ecoval.operations import forms
from ecoval.operations.account import study_of
from ecoval.operations.declared import Algorithm, Console, Operation, Option, Output, Request, Words
from ecoval.operations.forms_study import STUDY
from ecoval.operations.kinds import File
from ecoval.operations.prepared import records
from ecoval.operations.shared import BASE, LANG, STRICT, YEAR
from ecoval.operations.shared import STUDY as DECLARED
from ecoval.operations.work import Work


def run(work: Work, values: dict[str, Any]) -> Any:
    """Findings of the study, and for a command what the data-request workbook beside it still lacks."""
    out = values["out"]
    if out is not None:
        work.claim([Path(out)])
    lang = values["lang"] or work.lang
    work.step(0.0, "check")
    study = study_of(values["study"], values["base"] or (Path(out).parent if out else ""))
    findings = study.check(year=values["year"], strict=values["strict"], lang=lang)
    if out is None:
        return _with_request(findings, values["study"], lang)
    from ecoval.files import make_folder
    from ecoval.tables import write_table

    make_folder(Path(out).parent)
    write_table(findings, Path(out))
    return findings


def _with_request(findings: Any, study: Any, lang: str) -> Any:
    import pandas as pd

    from ecoval.prepare import request_findings

    lacking = request_findings.beside(study, lang)
    return findings if lacking.empty else pd.concat([findings, lacking], ignore_index=True)


def refused(result: Any) -> bool:
    """Whether a run would be refused."""
    return bool((result["level"] == "error").any())


def show(console: Console, result: Any, values: dict[str, Any]) -> dict[str, Any]:
    """The findings."""
    console.table(result, title=str(values["study"]))
    return {"ok": not refused(result), "findings": records(result)}


def answer(result: Any, values: dict[str, Any]) -> dict[str, Any]:
    """The table, and how many findings of each level."""
    counts = result["level"].value_counts()
    numbers = {level: int(counts.get(level, 0)) for level in ("error", "warning", "ok")}
    return {"outputs": {"findings": Path(values["out"])}, "numbers": numbers}


ALGORITHMS = (
    Algorithm(
        "check_inputs",
        Words("Check inputs", "检查输入"),
        forms.ACCOUNTS,
        Words(
            "Checks files, CRS, measures, class codes, statistics, parameters and prices without computing, and "
            "estimates time and memory. Each error or warning says what to do.",
            "不计算，只检查文件、坐标系、计量单位、地类编码、统计表、参数和价格，并估计时间和内存。每条错误或警告都说明如何处理。",
        ),
        tags="check 检查 校验 jiancha preflight validate",
        example="qgis_process run ecoval:check_inputs --UNITS=towns.gpkg --UNIT_ID=unit_id "
        "--LANDCOVER=landcover_2023.tif --CLASSES=landcover_classes.csv --YEAR=2023 --OUT_FOLDER=check",
        folder="check",
        special="checked",
        builds={"study": "study"},
        parameters=(
            *forms.units({}),
            *STUDY,
            *forms.PRODUCT_PARAMETERS,
        ),
        outputs=(
            *forms.RUN_OUTPUTS,
            Output("ISSUES", "vector", Words("Findings", "检查结果")),
            Output("HTML", "file", Words("Findings as a page", "检查结果页面")),
            Output("N_ERROR", "number", Words("Errors", "错误数")),
            Output("N_WARNING", "number", Words("Warnings", "警告数")),
        ),
    ),
)

OPERATION = Operation(
    "check",
    Words(
        "Validate a study without computing: files, CRS, kinds, measures, codes, statistics, time and memory.",
        "不计算，只校验核算项目：文件、坐标系、类型、计量单位、编码、统计表、时间和内存。",
    ),
    "ecoval check study.toml",
    (
        DECLARED,
        STRICT,
        YEAR,
        Option("out", File("table"), Words("Table of the findings.", "检查结果表。"), None, flag=None),
        BASE,
        LANG,
    ),
    run,
    show,
    answer,
    Request("check", required=("out",)),
    ALGORITHMS,
    python="ecoval.study:Study.check",
    refused=refused,
)
