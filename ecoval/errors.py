"""Errors and warnings: a code, its fields, and one text per language in `data/messages`.

A text has four parts: what is wrong, where, found against expected, what to do. The code and the fields are the error; the
sentence is built from them here alone, so that a program translates by code and never by text.
"""

from __future__ import annotations

import csv
import warnings
from dataclasses import dataclass
from functools import cache
from importlib import resources

LANGUAGES = ("en", "zh")


@cache
def catalogue() -> dict[str, dict[str, str]]:
    """Texts of all messages: code -> {en, zh}."""
    folder = resources.files("ecoval").joinpath("data", "messages")
    texts: dict[str, dict[str, str]] = {}
    for path in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if path.name.endswith(".csv"):
            for row in csv.DictReader(path.read_text(encoding="utf-8").splitlines()):
                texts[row["code"]] = {language: row[language] for language in LANGUAGES}
    return texts


def message(code: str, fields: dict[str, object], lang: str = "en") -> str:
    """Sentence of a code with its fields filled in."""
    return catalogue()[code][lang].format_map({name: shown(value, lang) for name, value in fields.items()})


def shown(value: object, lang: str = "en") -> str:
    """Text of one field: at most five entries of a list, then how many more there are; large numbers without an exponent.

    What has words of its own in each language says them (`said`).
    """
    said = getattr(value, "said", None)
    if said is not None:
        return str(said(lang))
    if isinstance(value, float):
        return f"{value:.0f}" if 1e6 <= abs(value) < 1e15 else f"{value:.6g}"
    if isinstance(value, (list, tuple, set, frozenset)):
        entries = [shown(entry, lang) for entry in value]
        more = f" (+{len(entries) - 5})" if len(entries) > 5 else ""
        return ("、" if lang == "zh" and _spoken(value) else ", ").join(entries[:5]) + more
    return str(value)


def _spoken(value: object) -> bool:
    return any(hasattr(entry, "said") for entry in value)  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Phrase:
    """A part of a message that has a text in each language: a code of the catalogue and its fields."""

    code: str
    fields: tuple[tuple[str, object], ...] = ()

    def said(self, lang: str = "en") -> str:
        """The phrase in the language `en` or `zh`."""
        return message(self.code, dict(self.fields), lang)

    def __str__(self) -> str:
        return self.said()


def in_words(code: str, /, **fields: object) -> Phrase:
    """`Phrase` of a code with its fields; lists become tuples."""
    return Phrase(code, tuple((name, tuple(value) if isinstance(value, list) else value) for name, value in fields.items()))


class _Coded:
    """What errors and warnings share: a code, fields, and a text in each language."""

    code: str
    fields: dict[str, object]

    def __init__(self, code: str, /, **fields: object) -> None:
        self.code = code
        self.fields = fields
        super().__init__(message(code, fields))  # type: ignore[call-arg]  # the next class is an exception

    def message(self, lang: str = "en") -> str:
        """Sentence in the language `en` or `zh`."""
        return message(self.code, self.fields, lang)

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (type(self), self.code, self.fields))


def _rebuild(kind: type[_Coded], code: str, fields: dict[str, object]) -> _Coded:
    return kind(code, **fields)


class EcovalError(_Coded, Exception):
    """Anything that ecoval refuses or cannot do.

    Where several rows or codes are refused for the same reason, `table` lists all of them (path, cell, found, nearest and so on).
    """

    table: object = None


class GridMismatch(EcovalError, ValueError):
    """Two rasters or grids that must agree do not."""


class InputError(EcovalError, ValueError):
    """A file, layer, table, row or key that cannot be used as it is."""


class ParameterError(EcovalError, ValueError):
    """A parameter that is absent, ambiguous, not allowed or out of its range."""


class MeasureError(EcovalError, ValueError):
    """A unit of measure that is unknown or of another dimension."""


class IdentityError(EcovalError, ArithmeticError):
    """An accounting identity that does not hold."""


class Cancelled(EcovalError):
    """The user stopped the work."""

    def __init__(self, code: str = "cancelled", /, **fields: object) -> None:
        super().__init__(code, **fields)


class EcovalWarning(_Coded, UserWarning):
    """Something that the reader of a result must know."""


class MissingData(EcovalWarning):
    """Part of an area has no data."""


class OutOfRange(EcovalWarning):
    """Values outside their plausible range."""


def warn(code: str, /, category: type[EcovalWarning] = EcovalWarning, **fields: object) -> None:
    """Warning of a code with its fields, through the `warnings` module."""
    warnings.warn(category(code, **fields), stacklevel=3)
