"""What a run folder says of itself: its record, the facts that a reader must know, its findings."""

import collections
import csv
import html
import json
import os

from . import catalogue
from .i18n import language, tr

RECORDS_KEPT = 16
_records = collections.OrderedDict()


def record(folder):
    """Content of run.json, or None where there is none that can be read; read again only where it has changed."""
    path = os.path.join(folder, "run.json")
    try:
        found = os.stat(path)
        mark = (path, found.st_mtime_ns, found.st_size)
        if mark not in _records:
            with open(path, encoding="utf-8") as stream:
                _records[mark] = json.load(stream)
            while len(_records) > RECORDS_KEPT:
                _records.popitem(last=False)
        return _records[mark]
    except (OSError, ValueError):
        return None


def table_rows(path):
    """Rows of a CSV of a run."""
    with open(path, encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def versions(said):
    """Version and date of a record, for sentences."""
    return {
        "version": said.get("versions", {}).get("ecoval", "?"),
        "date": said.get("finished", said.get("started", "?")),
    }


def headline(folder, unit_set=""):
    """What run.json says of a unit set, else of the first one, in one line; empty for a run of an earlier version."""
    lines = (record(folder) or {}).get("headlines") or {}
    return lines.get(unit_set) or next(iter(lines.values()), {})


def total_column(folder, unit_set=""):
    """Column that the units of a run are compared by: gep where each of them is whole, else subtotal."""
    return headline(folder, unit_set).get("total", "gep")


def headline_texts(folder, unit_set=""):
    """Texts of a headline in the language of the user: name, prices, remarks, lacking."""
    empty = {"name": catalogue.label("gep"), "prices": "", "remarks": [], "lacking": []}
    return headline(folder, unit_set).get("texts", {}).get(language(), empty)


def total_label(folder, column, unit_set=""):
    """Name of a column of the unit layer, which for the total says what it lacks; None for another column."""
    return headline_texts(folder, unit_set)["name"] if column == total_column(folder, unit_set) else None


def share_text(share):
    """A share in per cent, rounded towards "not whole": what is less than all is never 100."""
    if share is None:
        return ""
    text = "{:.1f}".format(share * 100)
    text = "99.9" if share < 1 and text == "100.0" else "<0.1" if share > 0 and text == "0.0" else text
    return text + ("%" if language() == "zh" else " %")


def facts(folder):
    """What a reader must know of a run, as (name, text)."""
    said = record(folder) or {}
    rows = [
        (tr("Account"), said.get("name", "")),
        (tr("Year"), said.get("year", "")),
        (tr("Price year"), headline_texts(folder)["prices"] or said.get("price_year", "")),
        (tr("Total"), headline_texts(folder)["name"] if headline(folder) else ""),
        *((tr("Remark"), text) for text in headline_texts(folder)["remarks"]),
        *((tr("Not in the total"), text) for text in headline_texts(folder)["lacking"]),
        (tr("Standard"), catalogue.standard_label(said.get("standard", ""))),
        (tr("Status"), catalogue.label(said.get("status", ""))),
        (tr("Computed by"), tr("Computed by ecoval {version} on {date}.").format(**versions(said))),
    ]
    statuses = sorted({str(entry.get("status")) for entry in said.get("numbers", []) if isinstance(entry, dict)})
    rows.append((tr("Status of the numbers"), ", ".join(catalogue.label(status) for status in statuses)))
    for entry in said.get("inputs", []):
        rows.append((catalogue.label(entry.get("role", "")), entry.get("path", "")))
    return [(name, str(text)) for name, text in rows if str(text)]


def notes_html(folder):
    """Layer notes of a run."""
    rows = "".join(
        "<tr><td>{}</td><td>{}</td></tr>".format(html.escape(name), html.escape(text)) for name, text in facts(folder)
    )
    return "<table>{}</table>".format(rows)


def plain_notes(folder):
    """The same as text."""
    return "\n".join("{}: {}".format(name, text) for name, text in facts(folder))


def push_findings(path, feedback):
    """Show the findings of a table in the log of an algorithm."""
    for row in table_rows(path):
        level = row.get("level") or row.get("severity") or ""
        text = row.get("found") or row.get("text_zh" if language() == "zh" else "text") or ""
        line = " · ".join(
            part for part in (row.get("what") or row.get("finding") or "", text, row.get("fix") or "") if part
        )
        if level in ("error", "warning"):
            feedback.pushWarning(line)
        elif line:
            feedback.pushInfo(line)


def findings_page(path):
    """The findings as a page beside the table."""
    page = os.path.splitext(path)[0] + ".html"
    colours = {"error": "#b3261e", "warning": "#9a6700", "ok": "#2e7d32"}
    rows = []
    for row in table_rows(path):
        level = row.get("level", "")
        cells = "".join(
            "<td>{}</td>".format(html.escape(row.get(name) or "")) for name in ("what", "where", "found", "fix")
        )
        rows.append(
            "<tr><td style='color:{}'>{}</td>{}</tr>".format(
                colours.get(level, "#000"), html.escape(catalogue.label(level)), cells
            )
        )
    head = "<meta charset='utf-8'><style>td{border-bottom:1px solid #ccc;padding:4px;vertical-align:top}</style>"
    with open(page, "w", encoding="utf-8") as stream:
        stream.write("<html><head>{}</head><body><table>{}</table></body></html>".format(head, "".join(rows)))
    return page
