"""How the numbers of a report are written for a reader: language, units of money and area, a form for each kind of value.

A column of the report is one `Entry`; what a form shows on a page and holds on a sheet stands in `FORMS`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ecoval.accounts.indicators import EXCLUDED, reason_text
from ecoval.classification import coded_name
from ecoval.document import Cell, Column, Kind, Lang, Look, Medium, Row
from ecoval.report.naming import key_name, region_name, size_text
from ecoval.report.wording import area_scale, money_scale, phrases, word
from ecoval.terms import measure_name, name, number_text, percent_text, scaled, variants_text, vocabulary

ABSENT = "—"
DOUBT: dict[str, Look] = {"recalled": "doubt", "unknown": "doubt", "transferred": "example", "example": "example"}


@dataclass(frozen=True)
class Entry:
    """A column, declared once for all formats and languages: key of a row, title (identifier of words.csv), form.

    `unit` is a measure in place of that of the form; `stated` and `width` are those of `Column`.
    """

    key: str
    title: str
    form: str = "text"
    medium: Medium = "both"
    unit: str = ""
    stated: bool = False
    width: int = 0


class CellReader:
    """Language, money and area of a reader, and the year whose prices need not be named."""

    def __init__(self, lang: Lang, money: str, area: str, price_year: object = "") -> None:
        self.lang = lang
        self.money, self.money_name = money_scale(money, lang)
        self.area, self.area_name = area_scale(area, lang)
        self.density, density = money_scale("万元", lang)  # of values per area, whatever the money of totals
        self.density_name = f"{density}/{area_scale('km2', lang)[1]}"
        self.price_year = price_year
        self.percent = "%" if lang == "zh" else " %"
        self.comma, self.colon, self.semicolon = ("、", "：", "；") if lang == "zh" else (", ", ": ", "; ")

    def word(self, identifier: str, **fields: object) -> str:
        """Phrase of the report."""
        return word(identifier, self.lang, **fields)

    def name(self, code: object) -> str:
        """Name of an identifier."""
        return name(str(code), self.lang)

    def measure(self, uom: str) -> str:
        """Measure in words."""
        return measure_name(uom, self.lang)

    def names(self, codes: object) -> str:
        """Names of identifiers that are parted by semicolons."""
        return self.comma.join(self.name(code) for code in str(codes or "").split(";") if code)

    def missing_text(self, codes: object) -> str:
        """Indicators that lack, parted by semicolons, in words."""
        return f"{self.word('unit_missing')}{self.colon}{self.names(codes)}"

    def money_text(self, value: Any) -> str:
        """Money in the reader's unit."""
        return number_text(value / self.money, 4 if self.money >= 1e8 else 2 if self.money >= 1e4 else 0) or ABSENT

    def bracketed(self, text: str, remark: str) -> str:
        """A text with a remark in brackets."""
        return f"{text}（{remark}）" if self.lang == "zh" else f"{text} ({remark})"

    def title(self, identifier: str, **fields: object) -> str:
        """A phrase of the report, else the name of an identifier."""
        return self.word(identifier, **fields) if identifier in phrases("words") else self.name(identifier)

    def capital(self, text: str) -> str:
        """A text that begins a cell, in English with a capital."""
        return text[:1].upper() + text[1:] if self.lang == "en" else text

    def columns(self, entries: Sequence[Entry], **fields: object) -> tuple[Column, ...]:
        """Columns of entries; the fields are those of their titles."""
        return tuple(self._column(entry, fields) for entry in entries)

    def row(self, entries: Sequence[Entry], row: Mapping[str, Any], kind: Kind = "plain") -> Row:
        """Cells of a row; empty where the row does not have the key."""
        cells = (FORMS[entry.form].cell(self, row[entry.key], row) if entry.key in row else Cell("") for entry in entries)
        return Row(tuple(cells), kind)

    def _column(self, entry: Entry, fields: Mapping[str, object]) -> Column:
        form = FORMS[entry.form]
        unit = measure_name(entry.unit, self.lang) if entry.unit else form.unit(self)
        title = self.title(entry.title, **fields)
        return Column(entry.key, title, unit, entry.stated or form.stated, form.numeric, form.decimals, entry.width, entry.medium)


@dataclass(frozen=True)
class Form:
    """How a kind of value is written: its cell, the unit of its column, and the decimals of a sheet."""

    cell: Callable[[CellReader, Any, Mapping[str, Any]], Cell]
    unit: Callable[[CellReader], str] = lambda _: ""
    numeric: bool = False
    decimals: tuple[int, int] | None = None
    stated: bool = False


def has_value(value: Any) -> bool:
    """Whether there is a value."""
    return value is not None and not (isinstance(value, float) and math.isnan(value))


def _numeric(
    scale: Callable[[CellReader], float],
    decimals: tuple[int, int] | None,
    text: Callable[[CellReader, float], str],
    unit: Callable[[CellReader], str] = lambda _: "",
    stated: bool = False,
) -> Form:
    def cell(reader: CellReader, value: Any, _: Mapping[str, Any]) -> Cell:
        if not has_value(value):
            return Cell(ABSENT)
        return Cell(text(reader, value) or ABSENT, float(value) / scale(reader))

    return Form(cell, unit, True, decimals, stated)


def _text(write: Callable[[CellReader, Any], str], begins: bool = False) -> Form:
    """Text; where it `begins` a cell of a page it has a capital there."""

    def cell(reader: CellReader, value: Any, _: Mapping[str, Any]) -> Cell:
        text = write(reader, value) if has_value(value) else ""
        return Cell(reader.capital(text) if begins else text, text)

    return Form(cell)


def _quantity(reader: CellReader, value: Any, row: Mapping[str, Any]) -> Cell:
    return Cell(number_text(scaled(value, row["uom"], reader.lang)[0]) or ABSENT, value if has_value(value) else None)


def _quantity_uom(reader: CellReader, value: Any, row: Mapping[str, Any]) -> Cell:
    return Cell(scaled(row["quantity"], value, reader.lang)[1], measure_name(value, reader.lang)) if value else Cell("", "")


def _price(reader: CellReader, value: Any, row: Mapping[str, Any]) -> Cell:
    if has_value(value):
        return Cell(number_text(value), value)
    return Cell(reader.word("price_varies"), None, "quiet") if row.get("price_varies") else Cell(ABSENT)


def _price_uom(reader: CellReader, value: Any, row: Mapping[str, Any]) -> Cell:
    years = [str(year) for year in row.get("price_years", ()) if year != reader.price_year]
    note = reader.word("price_of_year", years=reader.comma.join(years)) if years else ""
    held = measure_name(value, reader.lang) if value not in ("", "1") else ""
    return Cell(reader.word("price_share") if value == "1" else held, held, note=note)


def _status(reader: CellReader, value: Any, _: Mapping[str, Any]) -> Cell:
    text = reader.name(value) if value else ""
    return Cell(text, text, DOUBT.get(value, "quiet"))


def _membership(reader: CellReader, value: Any, _: Mapping[str, Any]) -> Cell:
    text = reader.word(f"membership_{value}")
    return Cell(text, text, DOUBT.get(value, "quiet"))


def _coverage(reader: CellReader, value: Any, _: Mapping[str, Any]) -> Cell:
    text = reader.name(value)
    return Cell(reader.capital(text), text, "fail" if value == "gap" else "")


def _unit_name(reader: CellReader, value: Any, row: Mapping[str, Any]) -> Cell:
    """A name with the indicators that its unit lacks, or with the mark of the note that names them."""
    text, missing = str(value), row.get("indicators_missing")
    if "mark" in row:
        return Cell(f"{text} {row['mark']}".strip(), text)
    return Cell(text, text, note=reader.missing_text(missing) if missing else "")


def _variant(reader: CellReader, value: Any, row: Mapping[str, Any]) -> Cell:
    text = variants_text(value, reader.lang)
    return Cell(text, text, note=reader.word("storage_chosen") if row.get("chosen") else "")


def _range(_: CellReader, value: Any, row: Mapping[str, Any]) -> Cell:
    """The smallest and largest of several numbers; on a sheet each number stands alone."""
    last = row.get("last", value)
    text = number_text(value) or ABSENT
    return Cell(text if last == value else f"{text}–{number_text(last)}", value)


def _key(reader: CellReader, value: Any, row: Mapping[str, Any]) -> Cell:
    text = key_name(value, reader.lang)
    return Cell(f"{text} … ({row['number']})" if row.get("number", 1) > 1 else text, text)


def _percent(_: CellReader, value: Any, __: Mapping[str, Any]) -> Cell:
    return Cell(percent_text(value, 2), value * 100) if has_value(value) else Cell(ABSENT)


def _state(reader: CellReader, value: Any, _: Mapping[str, Any]) -> Cell:
    text = reader.name(f"state {value}")
    return Cell(text, text)


def _reason(reader: CellReader, value: Any, row: Mapping[str, Any]) -> Cell:
    text = value if row["state"] == EXCLUDED or not value else reason_text(value, reader.lang)
    return Cell(text, text)


def _effect(reader: CellReader, value: Any, __: Mapping[str, Any]) -> Cell:
    return Cell(f"±{number_text(value * 100, 2)}{reader.percent}", value * 100) if has_value(value) else Cell(ABSENT)


def _size(_: CellReader, value: Any, __: Mapping[str, Any]) -> Cell:
    return Cell(size_text(value), value)


def _code(_: CellReader, value: Any, __: Mapping[str, Any]) -> Cell:
    return Cell(str(value or ABSENT), str(value or ""), "code")


def _choice(reader: CellReader, value: Any) -> str:
    return str(vocabulary().get(f"choice {value}", {}).get(reader.lang, value))


FORMS: dict[str, Form] = {
    "text": _text(lambda _, value: str(value)),
    "label": _text(lambda _, value: str(value), begins=True),
    "name": _text(lambda reader, value: reader.name(value) if value else "", begins=True),
    "names": _text(lambda reader, value: reader.names(value)),
    "type": _text(lambda reader, value: coded_name(value, reader.lang)),
    "measure": _text(lambda reader, value: measure_name(value, reader.lang) if value else ""),
    "region": _text(lambda reader, value: region_name(value, reader.lang)),
    "choice": _text(_choice),
    "yes": _text(lambda reader, value: reader.word("yes") if value else ""),
    "status": Form(_status),
    "membership": Form(_membership),
    "state": Form(_state),
    "reason": Form(_reason),
    "coverage": Form(_coverage),
    "unit_name": Form(_unit_name),
    "variant": Form(_variant),
    "key": Form(_key),
    "code": Form(_code),
    "money": _numeric(
        lambda reader: reader.money, (4, 4), lambda reader, value: reader.money_text(value), lambda reader: reader.money_name, True
    ),
    "yuan": _numeric(lambda _: 1.0, (2, 2), lambda _, value: number_text(value, 2), lambda reader: reader.measure("CNY")),
    "area": _numeric(
        lambda reader: reader.area,
        (2, 2),
        lambda reader, value: number_text(value / reader.area, 2),
        lambda reader: reader.area_name,
    ),
    "density": _numeric(
        lambda reader: reader.density,
        (2, 2),
        lambda reader, value: number_text(value / reader.density),
        lambda reader: reader.density_name,
    ),
    "per_person": _numeric(lambda _: 1.0, (0, 0), lambda _, value: number_text(value), lambda reader: reader.word("per_person")),
    "ratio": _numeric(lambda _: 1.0, (2, 2), lambda _, value: number_text(value, 2)),
    "percent": Form(_percent, numeric=True, decimals=(2, 2)),
    "number": _numeric(lambda _: 1.0, (0, 4), lambda _, value: number_text(value)),
    "quantity": Form(_quantity, numeric=True, decimals=(0, 4)),
    "quantity_uom": Form(_quantity_uom),
    "price": Form(_price, numeric=True, decimals=(0, 4)),
    "price_uom": Form(_price_uom),
    "range": Form(_range, numeric=True),
    "effect": Form(_effect, numeric=True, decimals=(2, 2)),
    "size": Form(_size, unit=lambda _: "B", numeric=True, decimals=(0, 0), stated=True),
}
