"""Errors and warnings: a code, its fields, and one text per language in `data/messages`.

A text has four parts: what is wrong, where, found against expected, what to do. The code and the fields are the error; the
sentence is built from them by `words` alone, so that a program translates by code and never by text.
"""

from __future__ import annotations

import warnings

from ecoval import words


class _Coded:
    """What errors and warnings share: a code, fields, and a text in each language."""

    code: str
    fields: dict[str, object]

    def __init__(self, code: str, /, **fields: object) -> None:
        self.code = code
        self.fields = words.plain_fields(fields)
        super().__init__(words.message(code, self.fields))  # type: ignore[call-arg]  # the next class is an exception

    def message(self, lang: str = "en") -> str:
        """Sentence in the language `en` or `zh`."""
        return words.message(self.code, self.fields, lang)

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
