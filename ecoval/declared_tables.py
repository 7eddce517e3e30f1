"""Tables of the user's whose rows a dataclass declares: every cell is in its domain, and no column goes unread unsaid."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

import pandas as pd

from ecoval import tables
from ecoval.declarations import Entry, Key, columns, entries, expected_of, spellings
from ecoval.errors import InputError, warn
from ecoval.terms import nearest


def read_rows(
    cls: Any, path: str | Path, *, sheet: str | None = None, key: Iterable[str] = (), own: Collection[str] | None = ()
) -> pd.DataFrame:
    """A table whose rows a class declares: texts, every cell of a declared column in its domain.

    Parameters
    ----------
    own : further columns that are read elsewhere; None where every other column may be
        Any other column is named in a warning, with the nearest that is read.

    Raises
    ------
    InputError
        As `tables.read`, and for a cell outside its domain.
    """
    return check_rows(cls, tables.read(path, columns(cls, required=True), sheet=sheet, key=key), own)


def check_rows(cls: Any, frame: pd.DataFrame, own: Collection[str] | None = ()) -> pd.DataFrame:
    """The table itself where every cell of a declared column is in its domain; see `read_rows`."""
    path = str(frame.attrs.get("path", "-"))
    for entry in entries(cls):
        if entry.name in frame.columns:
            _check_column(entry, frame, path)
    read_names = {name for names in spellings(cls).values() for name in names}
    unread = [name for name in frame.columns if name not in read_names and own is not None and name not in own]
    if unread:
        warn("table_columns_not_read", path=path, columns=unread, nearest=nearest(str(unread[0]), read_names) or "-")
    return frame


def _check_column(entry: Entry, frame: pd.DataFrame, path: str) -> None:
    cells = frame[entry.name]
    values = pd.Series(math.nan, index=cells.index)
    texts = cells[[not pd.isna(each) and str(each).strip() != "" for each in cells]]  # frames of a program may hold empty texts
    if entry.is_number:
        if str in entry.forms:  # a word may stand for the number
            texts = texts[[not re.fullmatch(entry.key.pattern, str(text)) for text in texts]]
        written = texts.dtype == object or pd.api.types.is_string_dtype(texts)
        values[texts.index] = tables.numbers(frame.loc[texts.index], entry.name) if written else texts.astype(float)
        bad = [not math.isnan(value) and not entry.holds(value) for value in values]
        expected = expected_of(entry.key) if float in entry.forms else f"{expected_of(entry.key)}: 1, 2, 3"
    else:
        bad = [row in texts.index and not _is_valid(entry.key, str(text)) for row, text in cells.items()]
        expected = ", ".join(entry.key.choices) or entry.key.pattern
    if any(bad):
        row = cells.index[bad.index(True)]
        place = {"path": path, "cell": tables.cell(frame, row, entry.name), "column": entry.name}
        raise InputError("table_cell_outside_domain", **place, found=str(cells[row]), expected=expected, count=sum(bad))


def _is_valid(key: Key, text: str) -> bool:
    return (not key.choices or text in key.choices) and (not key.pattern or bool(re.fullmatch(key.pattern, text)))
