"""The page of a comparison with a standard: sums, indicators with their verdicts, deviations from the choices of the standard."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import pandas as pd

from ecoval.accounts.headline import prices_caption
from ecoval.document import Document, Lang, Table
from ecoval.report.draft import Draft
from ecoval.report.reader import CellReader, Entry
from ecoval.report.setting import set_files
from ecoval.terms import number_text

COVERAGE = (
    Entry("indicator", "indicator", "code"),
    Entry("name", "name", width=12),
    Entry("included", "included", "name"),
    Entry("membership", "membership", "status"),
    Entry("verdict", "verdict", "coverage"),
    Entry("units", "units", "number"),
    Entry("units_with_value", "units_with_value", "number"),
    Entry("value", "value", "yuan"),
    Entry("counted", "counted", "name"),
    Entry("reason", "reason", width=16),
)
DEVIATIONS = (
    Entry("kind", "kind", "name", width=8),
    Entry("service", "service", "name", width=8),
    Entry("name", "name", "code"),
    Entry("found", "found", width=10),
    Entry("expected", "expected", width=10),
    Entry("basis", "basis", width=16),
)


class Compared(Protocol):
    """A run held against a standard, as `study.conform` gives it: tables, the record of the run, sums in CNY (None: incomplete)."""

    folder: Path
    standard: str
    record: dict[str, Any]
    coverage: pd.DataFrame
    deviations: pd.DataFrame
    total: float | None
    own_total: float | None

    @property
    def counts(self) -> Mapping[str, int]:
        """Number of indicators of each verdict, and of deviations."""


def set_conformity(compared: Compared, stem: Path, formats: Iterable[str] = ("html",), lang: Lang = "zh") -> list[Path]:
    """Write the page beside a stem (`conform_x` gives conform_x.html, ...) and return the paths."""
    return set_files(conformity_document(compared, lang), stem, formats)


def conformity_document(compared: Compared, lang: Lang = "zh") -> Document:
    """What a run covers of a standard, as a document."""
    reader, record = CellReader(lang, "元", "ha"), compared.record
    w, subject = reader.word, str(record.get("name") or compared.folder.resolve().name)
    draft = Draft(lang, w("conformity_title", standard=compared.standard), f"{subject} · {record.get('year', '')}")
    total, own = (number_text(value, 2) or "-" for value in (compared.total, compared.own_total))
    lines = list((record.get("headlines") or {}).values())[:1]  # of the first unit set, whose sums these are
    draft.say(w("conformity_sum", value=total, prices=prices_caption(lines, record.get("price_year", ""), lang), own=own))
    draft.say(" · ".join(f"{reader.name(verdict)} {count}" for verdict, count in compared.counts.items()))
    _table(draft, reader, "conformity_coverage", COVERAGE, compared.coverage)
    _table(draft, reader, "conformity_deviations", DEVIATIONS, compared.deviations)
    draft.say(w("conformity_limits"), "quiet")
    versions, finished = record.get("versions") or {}, str(record.get("finished") or "").replace("T", " ")[:16]
    foot = (subject, f"ecoval {versions.get('ecoval', '')}".strip(), finished)
    return draft.document(record.get("finished"), " · ".join(part for part in foot if part))


def _table(draft: Draft, reader: CellReader, title: str, entries: Sequence[Entry], frame: pd.DataFrame) -> None:
    """A chapter with one table."""
    text = reader.word(title)
    draft.chapter(text)
    if frame.empty:
        draft.say(reader.word("conformity_none"))
        return
    plain = frame.astype(object).where(frame.notna(), None)
    rows = tuple(reader.row(entries, {str(key): value for key, value in row.items()}) for row in plain.to_dict("records"))
    draft.table(Table(reader.columns(entries), rows, text, sheet=text, lead=(draft.title,), heads=1))
