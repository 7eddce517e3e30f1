"""Notes, reasons and warnings of a run as a reader wants them: identifiers by name, numbers as a report writes them, files without
their folders.
"""

import re

from ecoval.report.wording import name, number_text, scaled, type_name
from ecoval.terms import vocabulary
from ecoval.words import catalogue, message

NAMED = ("service", "services", "area_unit", "why", "objective", "item", "role", "roles", "parameter", "parameters", "price")
CHOSEN = ("method", "routing", "chosen")
FILES = ("path", "source", "table")
MEASURED = "_uom"  # a field of this ending is the measure of the field before it


def text_of(entry, lang):
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


def noted(code, **fields):
    """A note with its fields and its text in both languages.

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
    entry = {"code": code, "fields": fields}
    return entry | {lang: text_of(entry, lang) for lang in ("en", "zh")}


def parted(text, lang):
    """The finding of a message, and its last sentence, which says what to do.

    Parameters
    ----------
    text : text
    lang : choice {zh, en}

    Returns
    -------
    text
    text
        Empty where the message is one sentence.

    Examples
    --------
    >>> parted("The layer is empty: 3 cells. Check it.", "en")
    ('The layer is empty: 3 cells.', 'Check it.')
    """
    stop, end = ("。", "。") if lang == "zh" else (". ", ".")
    head, found, tail = text.rstrip("。. ").rpartition(stop)
    return (head + end, tail + end) if found else (text, "")


def file_name(path):
    """Last part of a path of any system.

    Parameters
    ----------
    path : text

    Returns
    -------
    text
    """
    return re.split(r"[\\/]", str(path))[-1]


def worded(fields, lang):
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
        field: _worded(field, value, fields.get(f"{field}{MEASURED}"), lang)
        for field, value in fields.items()
        if not field.endswith(MEASURED) or field.removesuffix(MEASURED) not in fields
    }


def _worded(field, value, uom, lang):
    if isinstance(value, dict):
        return value[lang]
    if isinstance(value, int | float) and not isinstance(value, bool):
        number, unit = scaled(value, uom, lang) if uom else (value, "")
        return number_text(number) + (f"{'' if lang == 'zh' else ' '}{unit}" if unit not in ("", "1") else "")
    if field in FILES:
        return file_name(value)
    if field in CHOSEN:
        found = vocabulary().get(f"{field} {value}") or vocabulary().get(f"choice {value}")
        return found[lang] if found else value
    if field == "kind":
        return type_name(value, lang)
    if field == "reasons":  # codes with their number: "CODE (3)"
        parts = [str(one).partition(" ") for one in value]
        return [f"{name(code, lang)} {number}" for code, _, number in parts]
    if field in NAMED:
        several = value if isinstance(value, list | tuple) else str(value).split(", ")
        return ("、" if lang == "zh" else ", ").join(name(one, lang) for one in several)
    return value


def _capital(text):
    return text[:1].upper() + text[1:]
