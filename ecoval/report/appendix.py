"""Sheets of report.xlsx behind those of the account: variants, stored water, numbers, notes and inputs."""

from ecoval.findings import file_name, text_of
from ecoval.report import listing
from ecoval.report.html import described, indicator_name, item_name, key_name, region_name, role_name, statement
from ecoval.tables import styles
from ecoval.tables.styles import MONEY, PLAIN, WHOLE
from ecoval.terms import measure_name, name, variants_text, vocabulary


def add_sheets(sheets, run):
    """Add every sheet that the run has something for.

    Parameters
    ----------
    sheets : Sheets
    run : RunFiles
    """
    _variants(sheets, run)
    _storage(sheets, run)
    _numbers(sheets, run)
    _notes(sheets, run)
    _inputs(sheets, run)


def _variants(sheets, run):
    """Quantity and value of each form of an item; the chosen one is marked."""
    w, lang = sheets.word, sheets.lang
    found = run.record.get("variants") or []
    if not found:
        return
    value = sheets.of(w("column_value"), sheets.money_name)
    header = [w("column_indicator"), w("column_variant"), w("column_in_account"), w("column_quantity"), w("column_uom"), value]
    rows = [
        (
            "sum" if row["chosen"] else "",
            [
                item_name({"alone": False, **row}, lang),
                variants_text(row["variant"], lang),
                w("yes") if row["chosen"] else "",
                row["quantity"],
                measure_name(row["uom"], lang),
                None if row["value"] is None else row["value"] / sheets.money,
            ],
        )
        for row in found
    ]
    sheets.add(w("sheet_variants"), header, rows, [None, None, None, PLAIN, None, MONEY], sheets.caption(run))


def _storage(sheets, run):
    """Stored water at full and at annualised cost."""
    w, lang = sheets.word, sheets.lang
    found = listing.storage_rows(run.record)
    if not found:
        return
    value, price = sheets.of(w("column_value"), sheets.money_name), measure_name("CNY m-3", lang)
    full, annualised = sheets.of(w("storage_full"), price), sheets.of(w("storage_annualised"), price)
    header = [w("column_indicator"), w("column_quantity"), w("column_uom"), full, value, annualised, value, w("storage_chosen")]
    rows = [
        (
            "",
            [
                item_name(row, lang),
                row["quantity"],
                measure_name(row["uom"], lang),
                row["full_cost"],
                row["full_cost_value"] / sheets.money,
                row["annualised"],
                row["annualised_value"] / sheets.money,
                vocabulary().get(f"choice {row['chosen']}", {}).get(lang, row["chosen"]),
            ],
        )
        for row in found
    ]
    sheets.add(w("sheet_storage"), header, rows, [None, PLAIN, None, PLAIN, MONEY, PLAIN, MONEY, None], sheets.caption(run))


def _numbers(sheets, run):
    w, lang = sheets.word, sheets.lang
    header = [
        w(f"column_{of}") for of in ("service", "parameter", "key", "number", "uom", "region", "year", "source", "status", "note")
    ]
    rows = [
        (
            "",
            [
                name(row.get("service", ""), lang),
                name(row.get("parameter", ""), lang),
                key_name(row.get("key", ""), lang),
                row.get("value"),
                measure_name(row["uom"], lang) if row.get("uom") else "",
                region_name(row.get("region", ""), lang),
                str(row.get("year", "") or ""),
                str(row.get("source_id", "")),
                name(row.get("status", ""), lang),
                str(row.get("note", "") or ""),
            ],
        )
        for row in run.record.get("numbers") or []
    ]
    sheets.add(w("sheet_numbers"), header, rows, [None, None, None, "General", *[None] * 6])


def _notes(sheets, run):
    w, lang = sheets.word, sheets.lang
    membership = listing.unverified(run)
    rows = [("", [w("standard"), statement(run.record.get("standard", ""), lang)])]
    for layers, title in ((False, "notes"), (True, "layer_notes")):
        rows += [("", [w(title), text_of(entry, lang)]) for entry in listing.notes(run.record, layers)]
    rows += [
        ("", [w("column_missing"), f"{indicator_name(row['indicator'], lang)}：{row['reason'] or w('no_reason')}"])
        for row in listing.gaps(run, lang)
    ]
    rows += [("", [w("membership_unknown"), name(code, lang)]) for code in membership["unknown"]]
    rows += [("", [w("membership_recalled_text"), name(code, lang)]) for code in membership["recalled"]]
    rows += [("", [w("warnings"), text]) for text in dict.fromkeys(text_of(e, lang) for e in run.record.get("warnings") or [])]
    sheet = sheets.add(w("sheet_notes"), [w("column_indicator"), w("column_note")], rows, [None, None])
    sheet.column_dimensions["B"].width = 110
    for cell in sheet["B"][1:]:
        cell.alignment = styles.WRAP


def _inputs(sheets, run):
    w, lang = sheets.word, sheets.lang
    about = described(run.record)
    rows = [
        (
            "",
            [
                role_name(entry.get("role", ""), lang),
                file_name(entry.get("path", "")),
                entry.get("size"),
                entry.get("sha256") or "",
            ],
        )
        for entry in about["inputs"]
    ]
    rows += [("", [w("software"), f"{package} {version}", None, ""]) for package, version in about["versions"].items() if version]
    header = [w("column_role"), w("column_file"), sheets.of(w("column_size"), "B"), w("column_hash")]
    sheets.add(w("sheet_inputs"), header, rows, [None, None, WHOLE, None])
