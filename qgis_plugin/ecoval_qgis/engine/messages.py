"""Sentences for error codes in the user's language, from `messages.json` (the library's) and `own.json` (the plugin's).

`messages.json` is written by scripts/plugin_messages.py out of the library's catalogue; a code that is in neither
file shows the
engine's own sentence.
"""

import json
import string
from functools import cache
from pathlib import Path

SHOWN = 5  # entries of a list before "and more"


@cache
def catalogue():
    """Templates of all codes: code -> {en, zh}."""
    folder = Path(__file__).resolve().parent
    texts = {}
    for name in ("messages.json", "own.json"):
        texts.update(json.loads((folder / name).read_text(encoding="utf-8")))
    return texts


def text(code, fields=None, lang="en", engine_message=""):
    """Sentence of a code with its fields.

    Parameters
    ----------
    code : text
    fields : mapping
    lang : choice {en, zh}
    engine_message : text
        Shown where the code is unknown or its fields are not those of the template.

    Returns
    -------
    text
    """
    template = catalogue().get(code, {}).get(lang)
    if template is None:
        return engine_message or code
    given = {name: shown(value) for name, value in (fields or {}).items()}
    if not names(template) <= set(given):
        return engine_message or code
    return template.format_map(given)


def of(error, lang="en"):
    """Sentence of an EngineError, or of an event `error` or `warning`."""
    if isinstance(error, dict):
        return text(error.get("code", ""), error.get("fields"), lang, error.get("message", ""))
    return text(error.code, error.fields, lang, error.engine_message)


def names(template):
    """Names of the fields of a template."""
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


def shown(value):
    """Text of one field as the library writes it: six digits, at most five entries of a list."""
    if isinstance(value, float):
        return "{:.6g}".format(value)
    if isinstance(value, (list, tuple)):
        entries = [shown(entry) for entry in value]
        more = " (+{})".format(len(entries) - SHOWN) if len(entries) > SHOWN else ""
        return ", ".join(entries[:SHOWN]) + more
    return str(value)
