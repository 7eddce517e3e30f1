"""Findings and notes: a code with its fields, how grave it is and where; the sentence is made when it is read.

A note of a run is a finding too. What is kept of it (run.json, the recipe of a prepared file) is its record: code, fields, and the
sentence in both languages for whoever reads the file without ecoval. A report words the fields of a record again: identifiers by
name, numbers as it writes them, files without their folders.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from ecoval.classification import coded_name
from ecoval.errors import EcovalError, EcovalWarning
from ecoval.terms import name, number_text, scaled, vocabulary
from ecoval.words import LANGUAGES, Phrase, catalogue, field_text, in_words, is_label, message, plain_fields, recorded, sentences

LEVELS = ("error", "warning", "note", "ok")  # the gravest first
COLUMNS = ("level", "year", "what", "where", "found", "fix")
NAME_FIELDS = ("service", "services", "area_unit", "why", "objective", "item", "role", "roles", "parameter", "parameters", "price")
CHOICE_FIELDS = ("method", "routing", "chosen", "slope")
FILE_FIELDS = ("path", "source", "table")
MEASURE_SUFFIX = "_uom"  # a field of this ending is the measure of the field before it


@dataclass(frozen=True)
class Location:
    """Where something was seen."""

    part: str = ""  # layer, table or key of a declaration: footprints, layers.dem
    ids: tuple[str, ...] = ()  # its features, units or keys; empty for the whole part
    path: str = ""
    year: int | None = None


@dataclass(frozen=True)
class Finding(Phrase):
    """What was seen: a code of the catalogue with its fields; a fact of level ok may be its field `text` alone, without a code."""

    level: str = "note"
    place: Location = Location()

    def in_language(self, lang: str = "en") -> str:
        """The whole sentence in the language `en` or `zh`."""
        return super().in_language(lang) if self.code else field_text(dict(self.fields)["text"], lang)

    def record(self) -> dict[str, Any]:
        """What a file keeps of it: code, fields, and the sentence in both languages."""
        fields = {name: recorded(value) if isinstance(value, Phrase) else value for name, value in self.fields}
        return {"code": self.code, "fields": fields, **{lang: self.in_language(lang) for lang in LANGUAGES}}


def finding(code: str, level: str = "note", place: Location = Location(), /, **fields: object) -> Finding:  # frozen
    """`Finding` of a code with its fields; lists become tuples."""
    return Finding(code, in_words(code, **fields).fields, level, place)


def of_error(error: EcovalError | EcovalWarning, level: str, place: Location) -> Finding:
    """`Finding` of what was raised or warned of."""
    return Finding(error.code, tuple(error.fields.items()), level, place)


def ordered(findings: Iterable[Finding]) -> list[Finding]:
    """The gravest first, as they came where they are equally grave."""
    return sorted(findings, key=lambda each: LEVELS.index(each.level))


def table(findings: Iterable[Finding], lang: str) -> pd.DataFrame:
    """Findings about a study, the gravest first, in one language.

    Returns
    -------
    table (level, year, what, where, found, fix)
        `fix` is the last sentence, which says what to do; empty where nothing is to be done.
    """
    rows = []
    for each in ordered(findings):
        texts = (
            (each.in_language(lang), "") if each.level == "ok" or not each.code else sentences(each.code, dict(each.fields), lang)
        )
        year = "" if each.place.year is None else str(each.place.year)
        rows.append((each.level, year, each.place.part, each.place.path, *texts))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def text_of(entry: object, lang: str) -> str:
    """Text of a note, reason or warning in a language.

    Parameters
    ----------
    entry : text
        Plain, or with its languages, or a code with fields, or several of them as `parts`.
    lang : choice {zh, en}

    Returns
    -------
    text
    """
    if not isinstance(entry, dict):
        return str(entry)
    if entry.get("parts"):
        text = " ".join(text_of(part, lang) for part in entry["parts"])
        lead = f"{_capital(name(entry['role'], lang))}{'：' if lang == 'zh' else ': '}" if entry.get("role") else ""
        return lead + text
    if entry.get("code") in catalogue():
        try:
            return _capital(message(entry["code"], worded(entry.get("fields", {}), lang), lang))
        except KeyError:
            pass
    return str(entry.get(lang) or entry.get("en") or entry.get("message") or entry.get("code", ""))


def note_record(code: str, /, **fields: object) -> dict[str, Any]:
    """Record of a note whose texts are worded as a report words them.

    Parameters
    ----------
    code : text
        Of the message catalogue.
    **fields : text
        Numbers, texts, or texts by language.

    Returns
    -------
    table (code, fields, en, zh)
    """
    entry = {"code": code, "fields": plain_fields(fields)}
    return {**entry, **{lang: text_of(entry, lang) for lang in LANGUAGES}}


def without_advice(entry: object, lang: str) -> str:
    """Text of a note, reason or warning without its last part, which says what to do.

    Parameters
    ----------
    entry : text
        As of `text_of`.
    lang : choice {zh, en}

    Returns
    -------
    text

    Examples
    --------
    >>> without_advice({"code": "measure_dimension", "fields": {"given": "t", "expected": "m"}}, "en")
    'A unit of measure has the wrong dimension: "t" where "m" is expected.'
    """
    if isinstance(entry, dict) and entry.get("code") in catalogue() and not entry.get("parts"):
        try:
            return _capital(sentences(entry["code"], worded(entry.get("fields", {}), lang), lang)[0])
        except KeyError:
            pass
    return text_of(entry, lang)


def file_name(path: object) -> str:
    """Last part of a path of any system.

    Parameters
    ----------
    path : text

    Returns
    -------
    text
    """
    return re.split(r"[\\/]", str(path))[-1]


def worded(fields: Mapping[str, Any], lang: str) -> dict[str, Any]:
    """Fields of a message in words.

    Parameters
    ----------
    fields : table (name, value)
        A number with a measure beside it (`quantity` and `quantity_uom`) is written with it; a value may have its languages.
    lang : choice {zh, en}

    Returns
    -------
    table (name, value)

    Examples
    --------
    >>> worded({"quantity": 380251916.9, "quantity_uom": "m3", "path": "/data/rain.tif", "item": "silt"}, "en")
    {'quantity': '380.3 million m³', 'path': 'rain.tif', 'item': 'silt avoided'}
    """
    return {
        field: _worded(field, value, fields.get(f"{field}{MEASURE_SUFFIX}"), lang)
        for field, value in fields.items()
        if not field.endswith(MEASURE_SUFFIX) or field.removesuffix(MEASURE_SUFFIX) not in fields
    }


def _worded(field: str, value: Any, uom: str | None, lang: str) -> Any:
    if isinstance(value, dict):
        return value[lang]
    if is_label(field):
        return field_text(value, lang, in_list=True) if isinstance(value, float) else value
    if isinstance(value, int | float) and not isinstance(value, bool):
        number, unit = scaled(value, uom, lang) if uom else (value, "")
        return number_text(number) + (f"{'' if lang == 'zh' else ' '}{unit}" if unit not in ("", "1") else "")
    if field in FILE_FIELDS:
        return file_name(value)
    if field in CHOICE_FIELDS:
        entry = vocabulary().get(f"{field} {value}") or vocabulary().get(f"choice {value}")
        return entry[lang] if entry else value
    if field == "kind":
        return coded_name(value, lang)
    if field == "reasons":  # codes with their number: "CODE (3)"
        parts = [str(one).partition(" ") for one in value]
        return [f"{name(code, lang)} {number}" for code, _, number in parts]
    if field in NAME_FIELDS:
        several = value if isinstance(value, list | tuple) else str(value).split(", ")
        return ("、" if lang == "zh" else ", ").join(name(one, lang) for one in several)
    return value


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
