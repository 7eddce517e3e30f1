"""What the operations around one study share: the study of a request, and its account as people and programs read it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ecoval.operations.declared import Console
from ecoval.operations.prepared import records

MONEY = ("provisioning", "regulating", "cultural")
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
    """Folders, GEP, states of the indicators and headlines for a program."""
    tables = {"gep": records(account.gep), "indicators": records(account.indicators)}
    headlines = {str(part.year): part.record["headlines"] for part in account.parts}
    return {"folders": [str(path) for path in account.folders], **tables, "headlines": headlines}


def print_account(console: Console, account: Any) -> None:
    """Total per unit in million CNY, one table per year and unit set, what is to be said of it, and where the reports are."""
    for part in account.parts:
        for unit_set, line in part.record["headlines"].items():
            _print_units(console, part, unit_set, line)
    for path in account.folders:
        report = path / "report.html"
        if report.is_file():
            console.line(f"Report: {report}", f"报告：{report}")


def _print_units(console: Console, part: Any, unit_set: str, line: dict[str, Any]) -> None:
    from ecoval.terms import label, share_text

    texts = line["texts"]
    money = [*MONEY, line["total"]]
    table = part.gep.loc[part.gep["unit_set"] == unit_set, ["unit_id", "unit_name", *money, "valid_fraction"]].copy()
    for name in money:
        table[name] = table[name] / MILLION
    table["valid_fraction"] = [share_text(share, console.lang) for share in table["valid_fraction"]]
    titles = {lang: (each["name"], each["prices"]) for lang, each in texts.items()}
    title = console.text(
        f"{titles['en'][0]}, {part.year}, {unit_set}, million CNY, {titles['en'][1]}",
        f"{part.year} 年{titles['zh'][0]}，{unit_set}，百万元，{titles['zh'][1]}",
    )
    labels = {column: label(column, console.lang) for column in table.columns}
    console.table(table.rename(columns=labels), title=title, formats={labels[column]: "{:,.1f}" for column in money})
    for en, zh in zip(*(_notes(texts[lang]) for lang in ("en", "zh")), strict=True):
        console.line(en, zh)


def _notes(texts: dict[str, Any]) -> list[str]:
    return [*texts["remarks"], *texts["lacking"]]
