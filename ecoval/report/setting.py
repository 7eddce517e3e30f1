"""Any document in any format: which setter sets which, each loaded when it is needed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from pathlib import Path

from ecoval.document import Document
from ecoval.errors import InputError
from ecoval.files import written_beside
from ecoval.terms import nearest

FORMATS = ("html", "pdf", "docx", "xlsx")


def set_as(document: Document, form: str) -> bytes:
    """A document in a format: the bytes of the file."""
    setter: Callable[[Document], bytes] = getattr(import_module(f"ecoval.report.{form}"), f"set_{form}")
    return setter(document)


def set_files(document: Document, stem: Path, formats: Iterable[str]) -> list[Path]:
    """Write a document beside a stem (`report` gives report.html, report.docx, ...) and return the paths."""
    written = []
    for form in formats:
        path = stem.with_name(f"{stem.name}.{form}")
        with written_beside(path) as part:
            part.write_bytes(set_as(document, form))
        written.append(path)
    return written


def check_option(option: str, value: str, choices: Sequence[str]) -> None:
    """Refuse a choice that is not among those of an option.

    Raises
    ------
    InputError
    """
    if value not in choices:
        raise InputError(
            "report_option_unknown", option=option, given=value, choices=", ".join(choices), nearest=nearest(value, choices)
        )
