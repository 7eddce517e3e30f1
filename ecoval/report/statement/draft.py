"""The draft of a statement: numbered headings, sentences, tables and figures in the words of the offset balance."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import pandas as pd

from ecoval.classification import coded_name
from ecoval.document import Cell, Column, Lang, Look, Row, Table
from ecoval.report.content import ORDER
from ecoval.report.draft import Draft
from ecoval.report.figures import Drawn
from ecoval.report.statement.files import truth
from ecoval.report.wording import money_scale, phrases
from ecoval.services import SERVICES
from ecoval.terms import measure_name, name, number_text, vocabulary
from ecoval.words import field_text

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ABSENT = "—"
MARKS: dict[bool | None, tuple[Look, str]] = {True: ("ok", "✔"), False: ("fail", "✘"), None: ("none", ABSENT)}
NUMERIC = ("number", "money", "area", "price", "percent", "year")
WIDE = {
    "text": 10,
    "service": 12,
    "unit": 10,
    "type": 10,
    "reason": 16,
    "note": 14,
}  # letters without which a column is hard to read
Spec = Sequence[tuple[str, str] | tuple[str, str, str]]  # column, kind, and label where it is not the column
_HANZI = "零一二三四五六七八九十"
M2_PER_HA = 1e4
ROUNDING = 1e-9  # of a quantity, below which a difference is none
LIKE_FOR_LIKE = "like_for_like"  # rows of shortfalls whose area is an ecosystem type
WORDS = "statement_words"


def phrase(identifier: str, lang: str, **fields: object) -> str:
    """Phrase of the statement, its fields filled in.

    Parameters
    ----------
    lang : choice {zh, en}
    """
    return phrases(WORDS)[identifier][lang].format(**fields)


def known(identifier: str) -> bool:
    """Whether the statement has a phrase of this name."""
    return identifier in phrases(WORDS)


def service_name(code: str, lang: str) -> str:
    """Name of a service of the library, or of its `service:item`; another text as it is.

    Parameters
    ----------
    lang : choice {zh, en}
    """
    if code == LIKE_FOR_LIKE:
        return phrase("sub_kind", lang)
    head, *rest = str(code).split(":")
    items = _items().get(head)
    if items is None:
        return name(head, lang) if code in ORDER else str(code)
    parts = [name(head, lang), *(name(part, lang) if part in items else part for part in rest)]
    return ("·" if lang == "zh" else " · ").join(parts)


@cache
def _items() -> dict[str, set[str]]:
    """Items of each service of the library; another name is the user's own and stays as it is."""
    return {service.code: {item.code for item in service.items} for service in SERVICES}


def uom_name(uom: object, lang: str) -> str:
    """Measure in words; as it is where it is no measure of the library.

    Parameters
    ----------
    lang : choice {zh, en}
    """
    text = plain(uom)
    try:
        return measure_name(text, lang) if text else ""
    except AttributeError:
        return text


def plain(value: object) -> str:
    """Text of a value of a table; empty where missing."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return field_text(value) if isinstance(value, list | tuple | set) else str(value)


def settled_zero(values: pd.Series[float], scale: pd.Series[float]) -> pd.Series[float]:
    """Values with what the arithmetic left of a zero taken as zero.

    Parameters
    ----------
    values, scale : vector (rows), 1

    Returns
    -------
    vector (rows), 1
    """
    return values.where(values.abs() > ROUNDING * scale.abs(), 0.0).where(values.notna())


def signed_text(value: Any) -> str:
    """Number as a reader wants it, with a true minus sign.

    Parameters
    ----------
    value : number, 1
    """
    try:
        return number_text(float(value)).replace("-", "−") or ABSENT
    except (TypeError, ValueError):
        return plain(value) or ABSENT


class StatementDraft(Draft):
    """Blocks in the order in which they are read."""

    def __init__(self, lang: Lang, title: str, units: Mapping[str, str] | None = None, money: str = "元") -> None:
        super().__init__(lang, title, phrase("statement_title", lang))
        self._units = units or {}
        self.money_divisor, self.money_name = money_scale(money, lang)

    def w(self, identifier: str, **fields: object) -> str:
        """Phrase in the language of the document."""
        return phrase(identifier, self.lang, **fields)

    def heading(self, identifier: str) -> None:
        """Begin a section."""
        self.chapter(self.w(identifier))

    def sub(self, identifier: str, **fields: object) -> None:
        """Begin a part of a section."""
        self.part(self.w(identifier, **fields))

    def pairs(self, rows: Iterable[tuple[str, object]]) -> None:
        """Labels with their values, of whatever kind."""
        self.facts((str(label), plain(value)) for label, value in rows)

    def _chapter_mark(self, number: int) -> str:
        return f"{_HANZI[number] if number <= 10 else '十' + _HANZI[number - 10]}、" if self.lang == "zh" else f"{number}. "

    def _part_mark(self, number: int) -> str:
        return f"（{_HANZI[number]}）" if self.lang == "zh" else f"{self._counts['chapter']}.{number} "

    def raw_table(
        self,
        caption: str,
        columns: Sequence[Column],
        rows: Sequence[Sequence[Cell]],
        note: str = "",
        strong: Sequence[bool] | None = None,
    ) -> None:
        """A table of finished cells; on a sheet its caption and note stand above it."""
        strong = strong if strong is not None else [False] * len(rows)
        made = tuple(Row(tuple(cells), "sum" if out else "plain") for cells, out in zip(rows, strong, strict=True))
        super().table(Table(tuple(columns), made, caption, note=note, lead=(caption, note)))

    def frame_table(
        self, caption: str, frame: pd.DataFrame, spec: Spec, note: str = "", strong: Sequence[bool] | None = None
    ) -> None:
        """A table of a frame.

        Parameters
        ----------
        frame : table (column, ...)
        spec : table (column, kind, label)
            Columns that the frame lacks, and optional ones (kind with "?") without any value, are left out.
        strong : vector (rows), 1
            Rows that stand out.
        """
        labelled = [entry if len(entry) == 3 else (*entry, entry[0]) for entry in spec]
        used = [(column, kind.rstrip("?"), label) for column, kind, label in labelled if self._wanted(frame, column, kind)]
        rows = [[self.cell(row[column], kind, row) for column, kind, _ in used] for row in frame.to_dict("records")]
        columns = [
            Column(column, self.column(label), numeric=kind in NUMERIC, width=WIDE.get(kind, 0)) for column, kind, label in used
        ]
        self.raw_table(caption, columns, rows, note, strong)

    def picture(self, figure: Callable[[], Figure], caption: str, half: bool = False) -> None:
        """A figure: a callable that makes a matplotlib Figure when it is needed."""
        super().figure(Drawn(figure, f"f{self._counts['figure'] + 1}"), caption, half)

    def cell(self, value: Any, kind: str, row: Mapping[Hashable, Any] | None = None) -> Cell:
        """A cell: its text, and the look of a number, a mark or a strong word."""
        if kind == "ok":
            look, mark = MARKS[truth(value)]
            word = self.w(f"mark_{look}")
            text = f"{mark} {word}" if look != "none" else word
            return Cell(text, text, look)
        maker = getattr(self, f"_as_{kind}", None)
        text = (maker(value, row or {}) if maker else plain(value)) or ABSENT
        number = self._number(value, kind)
        return Cell(text, text if number is None else number, "code" if kind == "code" else "")

    def column(self, label: str) -> str:
        """Heading of a column."""
        if known(f"column {label}"):
            text = self.w(f"column {label}")
        else:
            text = vocabulary().get(label, {"zh": label, "en": label.replace("_", " ")})[self.lang]
        return text[:1].upper() + text[1:] if text[:1].isascii() else text

    def unit(self, identifier: object) -> str:
        """Name of an area unit, its identifier behind it where it has a name."""
        identifier = plain(identifier)
        if identifier not in self._units and known(f"term {identifier}"):
            return self.w(f"term {identifier}")
        found = self._units.get(identifier)
        if not found or found == identifier:
            return identifier
        return f"{found}（{identifier}）" if self.lang == "zh" else f"{found} ({identifier})"

    def money(self, value: Any) -> str:
        """Money in the unit of the document, without its name."""
        return signed_text(float(value) / self.money_divisor) if value is not None else ABSENT

    def _number(self, value: Any, kind: str) -> float | None:
        """A number as it stands in the column, with all its digits."""
        factors = {"number": 1.0, "money": 1 / self.money_divisor, "area": 1 / M2_PER_HA, "percent": 100.0, "year": 1.0}
        if kind not in factors:
            return None
        try:
            number = float(value) * factors[kind]
        except (TypeError, ValueError):
            return None
        return number if math.isfinite(number) else None

    def _wanted(self, frame: pd.DataFrame, column: str, kind: str) -> bool:
        return column in frame and (not kind.endswith("?") or bool(frame[column].map(plain).ne("").any()))

    def _as_number(self, value: Any, _: Mapping[Hashable, Any]) -> str:
        return signed_text(value)

    def _as_money(self, value: Any, _: Mapping[Hashable, Any]) -> str:
        return self.money(value) if plain(value) else ABSENT

    def _as_area(self, value: Any, _: Mapping[Hashable, Any]) -> str:
        return signed_text(float(value) / M2_PER_HA) if plain(value) else ABSENT

    def _as_percent(self, value: Any, _: Mapping[Hashable, Any]) -> str:
        return signed_text(float(value) * 100) if plain(value) else ABSENT

    def _as_year(self, value: Any, _: Mapping[Hashable, Any]) -> str:
        return plain(value)

    def _as_service(self, value: Any, _: Mapping[Hashable, Any]) -> str:
        return service_name(plain(value), self.lang)

    def _as_term(self, value: Any, _: Mapping[Hashable, Any]) -> str:
        code = plain(value)
        return self.w(f"term {code}") if known(f"term {code}") else name(code, self.lang)

    def _as_note(self, value: Any, row: Mapping[Hashable, Any]) -> str:
        return self._as_term(value, row)

    def _as_type(self, value: Any, _: Mapping[Hashable, Any]) -> str:
        return coded_name(plain(value), self.lang) if plain(value) else ""

    def _as_unit(self, value: Any, row: Mapping[Hashable, Any]) -> str:
        return self._as_type(value, row) if row.get("service") == LIKE_FOR_LIKE else self.unit(value)

    def _as_uom(self, value: Any, _: Mapping[Hashable, Any]) -> str:
        return uom_name(value, self.lang)

    def _as_price(self, value: Any, row: Mapping[Hashable, Any]) -> str:
        return f"{signed_text(value)} {uom_name(row.get('price_uom'), self.lang)}".strip() if plain(value) else ABSENT
