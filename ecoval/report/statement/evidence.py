"""What a statement rests on: rules with their hash, assumptions, numbers with sources, findings, inputs, signatures."""

from __future__ import annotations

import math
from collections.abc import Hashable
from pathlib import PurePath
from typing import Any

import pandas as pd

from ecoval.document import Signatures
from ecoval.findings import text_of
from ecoval.report.naming import key_name, role_name, size_text
from ecoval.report.statement.draft import Spec, StatementDraft, known, plain, signed_text, uom_name
from ecoval.report.statement.files import StatementFiles, truth

MOST_NUMBERS = 400  # numbers of a page; run.json has them all
SETTLED = (
    *("time", "rate", "horizon", "convention", "t0", "price_year", "base", "ratio", "ratio_kind", "ratio_value"),
    *("deficit_limit", "bank_interest", "similar_cost", "objective", "whole", "limit", "most"),
)
WRITTEN = ("spatial", "accept", "no_go", "must", "ban", "weights")  # of [rules], files and lists
SIGNED = ("signed_prepared", "signed_checked", "signed_reviewed", "signed_approved")
DIGITS = 16  # of the hash of an input in the table; run.json has it in full


def rules(document: StatementDraft, files: StatementFiles) -> None:
    """The spatial rule and the tables beside it, as the balance used them."""
    document.heading("section_rules")
    digest = plain(files.verdict.get("rules_hash"))
    document.say(document.w("rules_sha", hash=digest) if digest else document.w("rules_sha_none"))
    table = files.table("rules")
    if table is None:
        document.say(document.w("rules_none"), "quiet")
    else:
        spec: Spec = [(name, _rule_kind(name)) for name in table.columns if name not in ("service", "note_zh", "note_en", "kind")]
        notes = [(f"note_{document.lang}", "text?", "note")] if f"note_{document.lang}" in table else []
        document.frame_table(document.w("caption_rules"), table, [("service", "service"), *spec, *notes])
    for name in ("accept", "no_go"):
        extra = files.table(name)
        if extra is not None:
            spec = [(column, "type" if "type" in column or column in ("lost", "target") else "id") for column in extra.columns]
            document.frame_table(document.w(f"caption_{name}"), extra, spec)


def _rule_kind(column: str) -> str:
    if column in ("same", "neighbour", "elsewhere", "ratio", "weight"):
        return "number"
    return {"area_kind": "term", "status": "note", "scope": "note"}.get(column, "text") + ("?" if column == "source_id" else "")


def assumptions(document: StatementDraft, files: StatementFiles) -> None:
    """Rate, horizon, convention, t0, price year, method of time, and whatever else was settled."""
    document.heading("section_assumptions")
    rows = []
    for key in SETTLED:
        value = files.settled(key)
        if value is not None:
            rows.append((document.column(f"set {key}"), _settled(document, key, value)))
    for key in WRITTEN:
        value = (files.declared.get("rules") or {}).get(key)
        if value not in (None, "", []):
            text = PurePath(value).name if isinstance(value, str) else plain(value)
            rows.append((document.column(f"set {key}"), text))
    document.pairs(rows)
    notes = [text_of(entry, document.lang) for entry in files.record.get("notes") or []]
    document.listed(dict.fromkeys(notes))


def _settled(document: StatementDraft, key: str, value: object) -> str:
    if isinstance(value, bool):
        return document.w("yes" if value else "no")
    if isinstance(value, float) and math.isinf(value):
        return document.w("infinite")
    if key == "rate" and isinstance(value, int | float):
        return f"{value:g}（{value * 100:g} %/年）" if document.lang == "zh" else f"{value:g} ({value * 100:g} % yr⁻¹)"
    word = f"choice {value}"
    if known(word):
        return document.w(word)
    if str(value).lower() in ("inf", "infinite", "infinity"):
        return document.w("infinite")
    if key == "horizon":
        return f"{plain(value)} {document.w('years')}"
    return f"{value:g}" if isinstance(value, float) else plain(value)


def numbers(document: StatementDraft, files: StatementFiles) -> None:
    """Numbers that went in, with measure, year, source and status."""
    document.heading("section_numbers")
    used = files.record.get("numbers") or []
    if not used and not files.record.get("without_range"):
        document.say(document.w("numbers_none"), "quiet")
    if used:
        table = pd.DataFrame(used)
        table["value"] = [_with_measure(document, row) for row in used]
        spec: Spec = [
            *(("service", "service?"), ("parameter", "term"), ("key", "id?"), ("value", "id", "number_value")),
            *(("year", "year?"), ("region", "id?"), ("source_id", "id?"), ("status", "term?")),
        ]
        more = len(table) - MOST_NUMBERS
        note = document.w("numbers_more", number=more) if more > 0 else ""
        document.frame_table(document.w("caption_numbers"), table.head(MOST_NUMBERS), spec, note)
    _without_range(document, files)
    document.say(document.w("status_note"), "quiet")


def _with_measure(document: StatementDraft, row: dict[str, Any]) -> str:
    """A number with its measure, alone where it has none."""
    uom = row.get("uom")
    text = signed_text(row.get("value"))
    return text if uom in ("1", "", None) else f"{text} {uom_name(uom, document.lang)}"


def _without_range(document: StatementDraft, files: StatementFiles) -> None:
    """Coefficients that have no range and enter the cautious balance with their mid value."""
    rows = (files.record.get("without_range") or {}).get("coefficients") or []
    if not rows:
        return
    table = pd.DataFrame(rows)
    table["value"] = [_with_measure(document, row) for row in rows]
    table["key"] = [key_name(row.get("key", ""), document.lang) for row in rows]
    spec: Spec = [
        *(("service", "service?"), ("parameter", "term"), ("key", "id?"), ("value", "id", "number_value")),
        *(("year", "year?"), ("source_id", "id?"), ("status", "term?")),
    ]
    more = len(table) - MOST_NUMBERS
    note = document.w("numbers_more", number=more) if more > 0 else ""
    document.frame_table(document.w("caption_without_range"), table.head(MOST_NUMBERS), spec, note)


def checks(document: StatementDraft, files: StatementFiles) -> None:
    """Findings of the validator."""
    document.heading("section_checks")
    table = files.table("checks")
    if table is None:
        document.say(document.w("checks_none"), "quiet")
    else:
        texts = [text_of({"en": row.get("en"), "zh": row.get("zh"), "code": row["code"]}, document.lang) for row in _plain(table)]
        spec: Spec = [("level", "term"), ("layer", "id?"), ("text", "reason", "finding"), ("code", "code")]
        strong = (table["level"] == "error").tolist()
        document.frame_table(document.w("caption_checks"), table.assign(text=texts), spec, strong=strong)
    warnings = [text_of(entry, document.lang) for entry in files.record.get("warnings") or []]
    if warnings:
        document.sub("sub_warnings")
        document.listed(dict.fromkeys(warnings))


def _plain(table: pd.DataFrame) -> list[dict[Hashable, Any]]:
    return table.astype(object).where(table.notna(), None).to_dict("records")


def inputs(document: StatementDraft, files: StatementFiles) -> None:
    """Files that went in, with size and hash, and the tables that stand beside the statement."""
    document.heading("section_inputs")
    rows = files.record.get("inputs") or []
    if rows:
        table = pd.DataFrame(
            {
                "role": [_role(document, plain(row.get("role"))) for row in rows],
                "file": [PurePath(plain(row.get("path")).replace("\\", "/")).name for row in rows],
                "size": [size_text(row.get("size")) for row in rows],
                "sha256": [plain(row.get("sha256"))[:DIGITS] for row in rows],
            }
        )
        spec: Spec = [("role", "id"), ("file", "text"), ("size", "id"), ("sha256", "code")]
        document.frame_table(document.w("caption_inputs"), table, spec, document.w("inputs_note", digits=DIGITS))
    beside = [f"{name}.csv" for name, table in files.tables.items() if table is not None]
    beside += ["offset.gpkg"] if files.shapes else []
    document.say(document.w("files_beside", files=document.w("comma").join(beside)))
    state = truth((files.record.get("status") or "") == "finished")
    if state is False and files.record.get("status") not in (None, "running"):
        document.say(document.w("run_not_finished", status=plain(files.record["status"])), "warn")


def _role(document: StatementDraft, role: str) -> str:
    """Name of an input: what the project or, behind `study.`, its study calls it."""
    head, _, rest = role.removeprefix("study.").partition(".")
    found = document.w(f"term {head}") if known(f"term {head}") else role_name(head, document.lang)
    rest = document.cell(rest, "term").text if rest else ""
    return f"{found} · {rest}" if rest else found


def signatures(document: StatementDraft, files: StatementFiles) -> None:
    """Places to sign."""
    document.heading("section_signatures")
    document.say(document.w("signed_statement", hash=files.record_hash[:DIGITS]))
    people = tuple(document.w(key) for key in SIGNED)
    document.add(Signatures(people, document.w("signed_date"), document.w("seal")))
