"""The opening of a statement: title block, and the conclusion with each answer and why."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

import pandas as pd

from ecoval.document import Cell, Column, KeyFigure, KeyFigures
from ecoval.findings import text_of
from ecoval.report.statement.draft import ABSENT, ROUNDING, StatementDraft, plain, service_name, signed_text, uom_name
from ecoval.report.statement.files import StatementFiles, truth

FIELDS = (
    "sequence_ok",
    "statutory_ok",
    "physical_ok",
    "kind_ok",
    "value_ok",
    "temporal_ok",
    "permanence_ok",
    "no_double_use",
)
FILLED_IN = ("document_number", "prepared_by", "reviewed_by", "date", "secrecy", "map_approval")
MOST_REASONS = 8  # of verdict.json on the page; rows of the balance stand in its table too
NAMED = 3  # failing rows that a sentence names; the table has them all


def title_block(document: StatementDraft, files: StatementFiles) -> None:
    """What stands under the title: lines to fill in, and what the numbers were made from."""
    given = files.declared.get("statement") or files.record.get("statement") or {}
    versions = files.record.get("versions") or {}
    rows = [(document.w("project_name"), document.title)]
    rows += [(document.w(key), given.get(key, "")) for key in FILLED_IN]
    finished = str(files.record.get("finished") or files.record.get("started") or "").replace("T", " ")[:16]
    found = [
        ("accounting_year", files.settled("year", "project")),
        ("price_year", files.settled("price_year")),
        ("computed", finished),
        ("software", f"ecoval {versions.get('ecoval') or ''}".strip()),
        ("record_hash", files.record_hash),
        ("rules_hash", files.verdict.get("rules_hash")),
    ]
    document.pairs(rows + [(document.w(key), value) for key, value in found if value not in (None, "")])
    if truth(files.settled("example", "project")):
        document.say(document.w("example_project"), "warn")


def conclusion(document: StatementDraft, files: StatementFiles) -> None:
    """The verdict at mid values and cautious, and each answer with its reason."""
    verdict = files.verdict
    document.heading("section_conclusion")
    word, cautious = verdict.get("verdict"), verdict.get("verdict_cautious")
    robust = document.w({True: "yes", False: "no", None: "unknown"}[truth(verdict.get("robust"))])
    figures = (
        KeyFigure(document.w("verdict_mid"), _verdict(document, word)),
        KeyFigure(document.w("verdict_cautious"), _verdict(document, cautious)),
        KeyFigure(document.w("robust"), robust),
    )
    document.add(KeyFigures(figures, "ok" if word == "balanced" else "fail" if word else "none"))
    document.say(document.w(f"verdict_why {word}") if word in VERDICTS else "")
    for key, sentence in (("services", "judged_by"), ("services_unjudged", "judged_not")):
        names = [service_name(plain(code), document.lang) for code in files.record.get(key) or []]
        if names:
            document.say(document.w(sentence, services=document.w("comma").join(names)), "quiet")
    if verdict.get("turns"):
        names = [service_name(plain(_service(entry)), document.lang) for entry in verdict["turns"]]
        document.say(document.w("turns", services=document.w("comma").join(names)))
    rows = []
    for key in FIELDS:
        answer, why = document.w(f"field {key}"), _why(document, files, key)
        rows.append((Cell(answer, answer), document.cell(verdict.get(key), "ok"), Cell(why, why)))
    columns = [Column(label, document.column(label), width=width) for label, width in (("answer", 14), ("result", 8), ("why", 20))]
    document.raw_table(document.w("caption_answers"), columns, rows)
    reasons = list(dict.fromkeys(_reason(document, entry) for entry in verdict.get("reasons") or []))
    if reasons:
        document.sub("reasons")
        document.listed(reasons[:MOST_REASONS])
        if len(reasons) > MOST_REASONS:
            document.say(document.w("reasons_more", number=len(reasons) - MOST_REASONS), "quiet")


VERDICTS = ("balanced", "balanced_value_only", "not_balanced", "not_offsettable", "not_assessable")


def _verdict(document: StatementDraft, word: str | None) -> str:
    return document.w(f"verdict {word}") if word in VERDICTS else plain(word) or ABSENT


def _reason(document: StatementDraft, entry: Any) -> str:
    """Text of a reason, its service, area, kind and measure by name."""
    if not isinstance(entry, dict) or not isinstance(entry.get("fields"), dict):
        return text_of(entry, document.lang)
    kinds = {"service": "service", "area_unit": "unit", "kind": "type", "uom": "uom"}
    fields = {key: document.cell(value, kinds[key]).text if key in kinds else value for key, value in entry["fields"].items()}
    return text_of({**entry, "fields": fields}, document.lang)


def _service(entry: Any) -> Any:
    return entry.get("service", "") if isinstance(entry, dict) else entry


def _why(document: StatementDraft, files: StatementFiles, key: str) -> str:
    """The sentence behind an answer, with the numbers that carry it."""
    answer = truth(files.verdict.get(key))
    maker = _SENTENCES.get(key)
    return maker(document, files, answer) if maker else document.w(f"why {key} {str(answer).lower()}")


def _sequence(document: StatementDraft, files: StatementFiles, answer: bool | None) -> str:
    alternatives, measures = files.table("alternatives"), files.table("measures")
    options = 0 if measures is None else len(measures.drop_duplicates(["patch_id", "option_id"]))
    numbers = {"alternatives": 0 if alternatives is None else len(alternatives), "measures": options}
    return document.w(f"why sequence_ok {str(answer).lower()}", **numbers)


def _counted(document: StatementDraft, table: pd.DataFrame, key: str, name_row: Callable[[dict[Hashable, Any]], str]) -> str:
    """How many rows are met, and the first of those that are not."""
    failing = [row for row in table.to_dict("records") if truth(row.get("ok")) is False]
    sentence = document.w("rows_met", met=len(table) - len(failing), number=len(table))
    if failing:
        named = document.w("semicolon").join(name_row(row) for row in failing[:NAMED])
        more = document.w("and_more", number=len(failing) - NAMED) if len(failing) > NAMED else ""
        sentence += document.w("not_met", rows=named + more)
    return document.w(f"why {key}", sentence=sentence)


def _statutory(document: StatementDraft, files: StatementFiles, answer: bool | None) -> str:
    table = files.table("statutory")
    if table is None or answer is None:
        return document.w("statutory_not_examined")

    def name_row(row: dict[Hashable, Any]) -> str:
        return f"{document.cell(row['regime'], 'term').text} {signed_text(row['net'])} {uom_name(row.get('uom'), document.lang)}"

    return _counted(document, table, "statutory_ok", name_row)


def _physical(document: StatementDraft, files: StatementFiles, _: bool | None) -> str:
    table = files.table("balance")
    if table is None:
        return document.w("not_examined")

    def name_row(row: dict[Hashable, Any]) -> str:
        place = f"{service_name(row['service'], document.lang)}, {document.unit(row['area_unit'])}"
        return f"{place} {signed_text(row['net'])} {uom_name(row.get('uom'), document.lang)}".strip()

    return _counted(document, table, "physical_ok", name_row)


def _kind(document: StatementDraft, files: StatementFiles, _: bool | None) -> str:
    table = files.table("kinds")
    if table is None:
        return document.w("kinds_none")
    return _counted(document, table, "kind_ok", lambda row: document.cell(row["ecosystem_type"], "type").text)


def _value(document: StatementDraft, files: StatementFiles, answer: bool | None) -> str:
    table = files.table("value")
    if table is None or answer is None:
        return document.w("value_none")
    priced = table[table["price"].notna()]
    net = float(priced["net_value"].sum())
    net = net if abs(net) > ROUNDING * float(priced["required_value"].sum()) else 0.0
    return document.w("why value_ok", net=document.money(net), money=document.money_name, number=len(priced))


def _temporal(document: StatementDraft, files: StatementFiles, answer: bool | None) -> str:
    table = files.table("timeline")
    if table is None:
        return document.w("not_examined")
    low = table[pd.to_numeric(table["cumulative"], errors="coerce") < -1e-9]
    years = f"{int(low['year'].min())}–{int(low['year'].max())}" if len(low) else ""
    sentence = document.w("deficit_years", years=years) if years else document.w("deficit_never")
    return sentence + (document.w("deficit_passed") if answer is False else "")


_SENTENCES = {
    "sequence_ok": _sequence,
    "statutory_ok": _statutory,
    "physical_ok": _physical,
    "kind_ok": _kind,
    "value_ok": _value,
    "temporal_ok": _temporal,
}
