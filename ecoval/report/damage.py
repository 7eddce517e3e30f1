"""The report of a damage assessment: its columns and chapters, from the tables and the verdict of a run folder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from ecoval.document import Document, KeyFigure, KeyFigures, Lang, Table
from ecoval.errors import InputError
from ecoval.findings import text_of
from ecoval.report import listing
from ecoval.report.draft import Draft
from ecoval.report.reader import CellReader, Entry, has_value
from ecoval.terms import number_text
from ecoval.words import message

TABLES = ("debit", "credit", "claim", "timeline")
TEXTS = dict.fromkeys(("damage_id", "restoration_id", "service", "about", "line"), str)
TEN_THOUSANDS = 1e6  # CNY from which a Chinese report writes money in 万元
TOTAL = "claim_total"
ROUNDING = 1e-9  # of the largest sum, below which one is none
DEBIT_COLUMNS = (
    Entry("damage_id", "column_damage", width=10),
    Entry("service", "column_service", "name", width=10),
    Entry("area", "column_area", "number", unit="ha"),
    Entry("baseline", "column_baseline", "number"),
    Entry("baseline_uom", "column_uom", "measure"),
    Entry("undiscounted", "column_undiscounted", "number", unit="ha yr"),
    Entry("past", "column_past", "number", unit="ha yr"),
    Entry("future", "column_future", "number", unit="ha yr"),
    Entry("debit", "damage_debit", "number", unit="ha yr"),
)
CREDIT = (
    Entry("restoration_id", "column_restoration", width=10),
    Entry("service", "column_service", "name", width=10),
    Entry("debit", "damage_debit", "number", unit="ha yr"),
    Entry("credit", "column_credit", "number", unit="yr"),
    Entry("success", "column_success", "number"),
    Entry("value_ratio", "column_value_ratio", "number"),
    Entry("area_needed", "column_area_needed", "number", unit="ha"),
    Entry("area", "column_area_taken", "number", unit="ha"),
    Entry("unit_cost", "column_unit_cost", "number", unit="CNY ha-1"),
    Entry("cost", "column_cost", "money"),
)
CLAIM_COLUMNS = (
    Entry("line", "column_line", "name", width=14),
    Entry("about", "column_about", "name", width=10),
    Entry("quantity", "column_quantity", "number"),
    Entry("uom", "column_uom", "measure"),
    Entry("unit_cost", "column_unit_cost", "number"),
    Entry("value", "column_value", "money"),
)
TIMELINE = (
    Entry("year", "column_year"),
    Entry("service", "column_service", "name", width=10),
    Entry("loss", "column_loss", "number", unit="ha"),
    Entry("gain", "column_gain", "number", unit="ha"),
    Entry("net", "column_net", "number", unit="ha"),
    Entry("cumulative", "column_running", "number", unit="ha yr"),
)


def damage_document(folder: str | Path, lang: Lang = "zh", record: Mapping[str, Any] | None = None) -> Document:
    """The report of the run folder of a damage assessment.

    Raises
    ------
    InputError
        For a folder without one of the tables or without a verdict.
    """
    folder = Path(folder)
    record = json.loads(_file(folder, "run.json").read_text(encoding="utf-8-sig")) if record is None else record
    verdict = json.loads(_file(folder, "verdict.json").read_text(encoding="utf-8-sig"))
    tables = {name: pd.read_csv(_file(folder, f"{name}.csv"), dtype=TEXTS, encoding="utf-8-sig") for name in TABLES}
    claim = verdict.get("claim")
    reader = CellReader(lang, "万元" if lang == "zh" and (claim or 0.0) >= TEN_THOUSANDS else "元", "ha", verdict.get("price_year"))
    w, title = reader.word, str(record.get("name") or folder.resolve().name)
    draft = Draft(lang, title, w("damage_title"))
    _opening(draft, reader, verdict, record)
    year, money = verdict.get("price_year"), reader.money_name
    prices = money if year is None else w("money_unit", money=money, prices=message("total_prices", {"year": year}, lang))
    course = tables["timeline"]
    noise = ROUNDING * course["cumulative"].abs().max()
    course["cumulative"] = course["cumulative"].where(course["cumulative"].abs() > noise, 0.0)
    _table(draft, reader, "debit", "damage_debit", DEBIT_COLUMNS, tables["debit"])
    _table(draft, reader, "credit", "damage_restoration", CREDIT, tables["credit"], prices)
    _table(draft, reader, "claim", "damage_claim", CLAIM_COLUMNS, tables["claim"], prices)
    _table(draft, reader, "timeline", "damage_timeline", TIMELINE, course)
    draft.chapter(w("section_provenance"))
    rows = tuple(reader.row(listing.INPUTS, row) for row in listing.input_rows(record, reader))
    if rows:
        draft.table(Table(reader.columns(listing.INPUTS), rows, w("column_role"), sheet=w("sheet_inputs"), heads=1))
    versions = {package: version for package, version in (record.get("versions") or {}).items() if version}
    draft.say(" · ".join(f"{package} {version}" for package, version in versions.items()), "quiet")
    finished = str(record.get("finished") or "").replace("T", " ")[:16]
    foot = (title, f"ecoval {versions.get('ecoval', '')}".strip(), finished)
    return draft.document(record.get("finished"), " · ".join(part for part in foot if part))


def _opening(draft: Draft, reader: CellReader, verdict: Mapping[str, Any], record: Mapping[str, Any]) -> None:
    """What the assessment says, why it is not complete, and what its numbers hang on."""
    w, claim = reader.word, verdict.get("claim")
    draft.chapter(w("damage_conclusion"))
    total, complete = w("damage_claim_total"), verdict.get("verdict") == "claim"
    text = reader.money_text(claim) if has_value(claim) else w("damage_not_complete")
    note = "" if complete or not has_value(claim) else w("damage_not_complete")
    figures = [KeyFigure(total, text, reader.money_name if has_value(claim) else "", note, has_value(claim))]
    for service, sums in (verdict.get("debit") or {}).items():
        label = f"{w('damage_debit')} · {reader.name(service)}"
        figures.append(KeyFigure(label, number_text(sums["debit"]), reader.measure("ha yr")))
    for restoration, area in (verdict.get("area") or {}).items():
        figures.append(KeyFigure(f"{w('damage_area')} · {restoration}", number_text(area), reader.measure("ha")))
    draft.add(KeyFigures(tuple(figures)))
    draft.listed(text_of(entry, reader.lang) for entry in verdict.get("reasons") or [])
    draft.part(w("damage_settings"))
    horizon = verdict.get("horizon")
    facts = [
        (w("valued_at"), verdict.get("t0")),
        (w("discount_rate"), verdict.get("rate")),
        (w("horizon"), w("without_end") if horizon is None else w("years", number=f"{horizon:g}")),
        (w("convention"), w(f"convention_{verdict['convention']}") if verdict.get("convention") else None),
        (w("damage_bank_interest"), w("yes" if verdict.get("bank_interest") else "no")),
        (w("price_year"), verdict.get("price_year")),
        (w("damage_permanent"), reader.comma.join(verdict.get("permanent") or []) or None),
        (w("run_finished"), str(record.get("finished") or "").replace("T", " ")[:16] or None),
        (w("damage_rules_hash"), verdict.get("rules_hash")),
    ]
    draft.facts((label, str(value)) for label, value in facts if value is not None)


def _table(
    draft: Draft, reader: CellReader, name: str, title: str, entries: tuple[Entry, ...], frame: pd.DataFrame, remark: str = ""
) -> None:
    """A chapter with one table; the line of the total stands out."""
    draft.chapter(reader.word(title))
    if name == "timeline":
        draft.say(reader.word("damage_timeline_text"), "quiet")
    if frame.empty:
        draft.say(reader.word("damage_none"), "quiet")
        return
    plain = frame.astype(object).where(frame.notna(), None)
    records = [{str(key): value for key, value in row.items()} for row in plain.to_dict("records")]
    rows = tuple(reader.row(entries, row, "sum" if row.get("line") == TOTAL else "plain") for row in records)
    caption = reader.bracketed(reader.word(title), remark) if remark else reader.word(title)
    draft.table(Table(reader.columns(entries), rows, caption, sheet=reader.word(f"sheet_{name}"), lead=(draft.title,), heads=1))


def _file(folder: Path, name: str) -> Path:
    path = folder / name
    if not path.is_file():
        raise InputError("report_table_absent", path=str(path), table=name)
    return path
