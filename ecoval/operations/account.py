"""What the operations around one study share: the study of a request, and its account as people and programs read it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ecoval.operations.declared import Console
from ecoval.operations.prepared import records

MONEY = ("provisioning", "regulating", "cultural", "gep")
MILLION = 1e6


def study_of(study: Any, folder: Any) -> Any:
    """Study of an object with the keys of study.toml (paths absolute or relative to the folder), or of a path."""
    from ecoval.study import Study

    if isinstance(study, dict):
        return Study(without_none(study), Path(folder or ".") / "study.toml")
    return Study.read(study)


def without_none(value: Any) -> Any:
    """Keys that are null are not there."""
    if isinstance(value, dict):
        return {key: without_none(entry) for key, entry in value.items() if entry is not None}
    return [without_none(entry) for entry in value] if isinstance(value, list) else value


def records_of(account: Any) -> dict[str, Any]:
    """Folders and GEP for a program."""
    return {"folders": [str(path) for path in account.folders], "gep": records(account.gep)}


def print_account(console: Console, account: Any) -> None:
    """GEP per unit in million CNY, one table per year and unit set, and where the reports are."""
    from ecoval.terms import label

    formats = dict.fromkeys(MONEY, "{:,.1f}") | {"valid_fraction": "{:.1%}"}
    for (year, unit_set), rows in account.gep.groupby(["year", "unit_set"], sort=False):
        table = rows[["unit_id", "unit_name", *MONEY, "categories_missing", "valid_fraction"]].copy()
        for name in MONEY:
            table[name] = table[name] / MILLION
        price_year = rows["price_year"].iloc[0]
        title = console.text(
            f"GEP {year}, {unit_set}, million CNY at prices of {price_year}",
            f"{year} 年生态产品总值，{unit_set}，百万元（{price_year} 年价）",
        )
        labels = {column: label(column, console.lang) for column in table.columns}
        console.table(table.rename(columns=labels), title=title, formats={labels[column]: form for column, form in formats.items()})
    for path in account.folders:
        report = path / "report.html"
        if report.is_file():
            console.line(f"Report: {report}", f"报告：{report}")
