"""Conformity: what a run covers of the indicators of a standard, where it deviates from the standard's choices, what it lacks."""

import html
import math
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from ecoval.accounts.gep import counted, indicator_of, reason_of_gap
from ecoval.errors import InputError
from ecoval.files import TABLE, make_folder, write_text
from ecoval.parameters import choices_of, indicators
from ecoval.services import SERVICES
from ecoval.study.auditing import read_run_table, run_path
from ecoval.study.study import read_record
from ecoval.terms import label, vocabulary

COVERED, PARTLY, GAP, BEYOND, UNVERIFIED, OUTSIDE = "covered", "partly_covered", "gap", "beyond_standard", "unverified", "outside"
CHECKED = ("verified", "published", "user", "project")
COVERAGE_COLUMNS = (
    "indicator",
    "name",
    "included",
    "membership",
    "verdict",
    "units",
    "units_with_value",
    "value",
    "counted",
    "reason",
)
DEVIATION_COLUMNS = ("kind", "service", "name", "found", "expected", "basis")
TEXTS = {
    "title": ("Conformity with {standard}", "与 {standard} 的符合性"),
    "coverage": ("Indicators", "指标"),
    "deviations": ("Deviations", "偏离"),
    "none": ("None found.", "未发现。"),
    "sum": (
        "Sum of the indicators of the standard: {value} CNY at prices of {year}; the run's own total: {own}.",
        "按该标准指标合计：{value} 元（{year} 年价）；该运行自身的合计：{own}。",
    ),
    "limits": (
        "Membership and choices are those of the packaged tables; where their status is recalled or unknown nobody has read it.",
        "指标归属与方法选择取自内置表；状态为“未核对”或“未知”者尚无人核对原文。",
    ),
}


@dataclass
class Conformity:
    """Coverage and deviations of one run under one standard, with the sums of the first unit set."""

    folder: Path
    standard: str
    record: dict
    coverage: pd.DataFrame
    deviations: pd.DataFrame
    total: float | None
    own_total: float | None

    @property
    def counts(self):
        """Number of indicators of each verdict, and of deviations."""
        found = self.coverage["verdict"].value_counts()
        names = (COVERED, PARTLY, GAP, BEYOND, UNVERIFIED)
        return {name: int(found.get(name, 0)) for name in names} | {"deviations": len(self.deviations)}


def conform(run, standard, lang="en"):
    """Compare a finished run with the packaged table of a standard.

    Parameters
    ----------
    run : text
        Run folder or its run.json.
    standard : text
    lang : choice {en, zh}
        Language of names and reasons.

    Returns
    -------
    Conformity

    Raises
    ------
    InputError, ParameterError
        For a run that is not finished, and for a standard that is not packaged.
    """
    folder = run_path(run)
    record = read_record(folder)
    if record["status"] != "finished":
        raise InputError("run_not_finished", path=str(folder), status=record["status"])
    pack = indicators(standard)
    supply, gep = (read_run_table(folder, name) for name in ("supply", "gep"))
    first = gep["unit_set"].iloc[0]
    supply, gep = supply[supply["unit_set"] == first], gep[gep["unit_set"] == first]
    included = {name: row["included"] for name, row in pack.items()}
    owner = indicator_of(supply, included)
    rows = [_coverage(row, supply[owner == name], record, len(gep), lang) for name, row in pack.items()]
    rows += [_outside(name, supply[owner == name], len(gep), lang) for name in dict.fromkeys(owner) if name not in pack]
    coverage = pd.DataFrame(rows, columns=list(COVERAGE_COLUMNS))
    deviations = pd.DataFrame(_deviations(record, standard, supply), columns=list(DEVIATION_COLUMNS))
    under = supply[counted(supply, included)]
    return Conformity(folder, standard, record, coverage, deviations, _sum(under["value"]), _sum(gep["gep"]))


def write_conformity(found, out=None, lang="en"):
    """Write conform_<standard>_coverage.csv, conform_<standard>_deviations.csv and conform_<standard>.html.

    Parameters
    ----------
    found : Conformity
    out : text
        Folder; default the run folder.
    lang : choice {en, zh}

    Returns
    -------
    table (coverage, deviations, html)
        Paths.
    """
    from ecoval.tables import write_table

    folder = Path(out or found.folder)
    make_folder(folder)
    stem = f"conform_{Path(found.standard).name}"  # a folder of the user's own by its name
    paths = {name: folder / f"{stem}_{name}.csv" for name in ("coverage", "deviations")} | {"html": folder / f"{stem}.html"}
    write_table(found.coverage, paths["coverage"])
    write_table(found.deviations, paths["deviations"])
    write_text(paths["html"], page(found, lang), TABLE)
    return paths


def _coverage(row, supply, record, units, lang):
    """One indicator of the standard against what the run has of it."""
    with_value = _units_with_value(supply)
    computed = with_value > 0
    verdict = {"yes": COVERED if with_value == units else PARTLY if computed else GAP, "no": BEYOND if computed else OUTSIDE}
    found = verdict.get(row["included"], UNVERIFIED)
    reason = "" if computed else reason_of_gap(row["indicator"], record, lang)
    return {
        "indicator": row["indicator"],
        "name": row.get("name") or label(row["indicator"], lang),
        "included": row["included"],
        "membership": row["status"],
        "verdict": found,
        "units": units,
        "units_with_value": with_value,
        "value": _sum(supply["value"], partly=True),
        "counted": "yes" if computed and row["included"] == "yes" else "no",
        "reason": reason if found in (GAP, UNVERIFIED) else "",
    }


def _outside(name, supply, units, lang):
    """A service of the run that the table of the standard does not name at all."""
    row = {"indicator": name, "included": "no", "status": "", "name": label(name, lang)}
    return _coverage(row, supply, {}, units, lang)


def _units_with_value(supply):
    return int(supply.loc[supply["value"].notna(), "unit_id"].nunique())


def _deviations(record, standard, supply):
    """Choices of the pack that the run made otherwise, numbers nobody checked, and prices of another year."""
    rows = []
    if record.get("standard") != standard:
        rows.append(("standard", "", "standard", record.get("standard", ""), standard, ""))
    sources = {}
    for number in record.get("numbers", []):
        sources.setdefault((number["service"], number["parameter"]), set()).add(str(number["source_id"]))
    for entry in choices_of(standard):
        service, name, basis = entry["service"], entry["name"], entry["reason"]
        if entry["kind"] == "option":
            made = record.get("options", {}).get(service, {}).get(name)
            if made is not None and made != entry["choice"]:
                rows.append(("option", service, name, made, entry["choice"], basis))
        else:
            used = sources.get((service, name.partition(":")[0]), set())
            if used and used != {entry["choice"]}:
                rows.append(("source", service, name, ", ".join(sorted(used)), entry["choice"], basis))
    rows += _unchecked(record)
    for key, price in record.get("prices", {}).items():
        year = price.get("year") if isinstance(price, dict) else None
        if year is not None and year != record.get("price_year"):
            rows.append(("price_year", key.partition(":")[0], key.partition(":")[2], year, record.get("price_year"), ""))
    priced = {(service.code, item.code) for service in SERVICES for item in service.items if item.price is not None}
    lacking = supply[supply["quantity"].notna() & supply["value"].isna()]
    for pair in sorted(set(zip(lacking["service"], lacking["item"], strict=True)) & priced):
        rows.append(("without_price", *pair, "", "CNY", ""))
    return [dict(zip(DEVIATION_COLUMNS, (str(each) for each in row), strict=True)) for row in dict.fromkeys(rows)]


def _unchecked(record):
    """Numbers of a status that asks for a look, those of one parameter and source together."""
    found = {}
    for number in record.get("numbers", []):
        if number.get("status") not in CHECKED:
            found.setdefault((number["service"], number["parameter"], number["source_id"], number["status"]), []).append(number)
    for (service, parameter, source, status), numbers in found.items():
        first = f"{numbers[0]['value']} {numbers[0]['uom']}" if len(numbers) == 1 else f"{len(numbers)} x"
        yield "status", service, parameter, f"{first} ({source}, {status})", " / ".join(CHECKED[:3]), ""


def _sum(values, partly=False):
    """Sum, None where a number is absent, or only where all are."""
    found = [float(value) for value in values if value == value]
    return math.fsum(found) if found and (partly or len(found) == len(values)) else None


def page(found, lang):
    """The tables as a page that opens offline.

    Parameters
    ----------
    found : Conformity
    lang : choice {en, zh}

    Returns
    -------
    text
    """
    place = 1 if lang == "zh" else 0
    said = {name: texts[place] for name, texts in TEXTS.items()}
    total, own = ("-" if value is None else f"{value:,.2f}" for value in (found.total, found.own_total))
    summary = said["sum"].format(value=total, year=found.record.get("price_year", ""), own=own)
    counts = " · ".join(f"{label(name, lang)} {count}" for name, count in found.counts.items())
    style = (
        "body{font-family:sans-serif;margin:2em;max-width:70em}table{border-collapse:collapse;width:100%}"
        "td,th{border-bottom:1px solid #ccc;padding:4px 8px;text-align:left;vertical-align:top}.gap{color:#b3261e}"
    )
    title = html.escape(said["title"].format(standard=found.standard))
    parts = [
        f"<!doctype html><html lang='{lang}'><head><meta charset='utf-8'><title>{title}</title><style>{style}</style></head><body>",
        f"<h1>{title}</h1><p>{html.escape(str(found.record.get('name', '')))} · {found.record.get('year', '')}</p>",
        f"<p>{html.escape(summary)}</p><p>{html.escape(counts)}</p><h2>{said['coverage']}</h2>",
        _html_table(found.coverage, lang),
        f"<h2>{said['deviations']}</h2>",
        _html_table(found.deviations, lang) if len(found.deviations) else f"<p>{said['none']}</p>",
        f"<p>{said['limits']}</p></body></html>\n",
    ]
    return "\n".join(parts)


def _html_table(frame, lang):
    heads = "".join(f"<th>{html.escape(label(name, lang))}</th>" for name in frame.columns)
    rows = []
    for row in frame.to_dict("records"):
        mark = " class='gap'" if row.get("verdict") == GAP else ""
        rows.append(
            f"<tr{mark}>" + "".join(f"<td>{html.escape(_shown(name, value, lang))}</td>" for name, value in row.items()) + "</tr>"
        )
    return f"<table><tr>{heads}</tr>{''.join(rows)}</table>"


def _shown(name, value, lang):
    """Cell of a page: words in the language, numbers with separators."""
    if value is None or value != value:
        return ""
    if name in ("included", "membership", "verdict", "counted", "kind", "service"):
        return label(value, lang) if value in vocabulary() else str(value)
    return f"{value:,.2f}" if isinstance(value, float) else str(value)
