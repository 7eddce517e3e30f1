"""Users' tables, CSV and XLSX, read as text with the position of every cell; the only opener of tables.

A table has its column names in the first row that is not blank, and one record per row below. Nothing is guessed: what Excel shows
but does not hold (merged cells, formulas never computed) is refused with the cell named.
"""

from __future__ import annotations

import csv
import datetime
import io
import math
import re
import unicodedata
import warnings
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from ecoval.errors import InputError, warn
from ecoval.terms import nearest

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?", re.ASCII)
_DELIMITERS = {".csv": ",", ".tsv": "\t"}
_WORKBOOKS = (".xlsx", ".xlsm")


def read(
    path: str | Path,
    required: Iterable[str] = (),
    optional: Iterable[str] | None = None,
    *,
    sheet: str | None = None,
    key: Iterable[str] = (),
    remark: str | None = None,
) -> pd.DataFrame:
    """Table of stripped text; an empty cell is missing.

    Parameters
    ----------
    path : path
        .csv, .tsv, .xlsx or .xlsm.
    required : texts
        Columns that must be there.
    optional : texts
        Further columns that may be; None: any.
    sheet : text
        Of a workbook; needed where several hold something.
    key : texts
        Columns whose values together may not occur twice.
    remark : text
        Begin of rows above the column names that are no part of the table; their texts are in `attrs["remarks"]`.

    Returns
    -------
    table
        The index is the row in the file, from 1.

    Raises
    ------
    InputError
        For an absent or unreadable file, cells that do not say what they hold, and absent, unknown or doubled columns and keys.
    """
    path = Path(path)
    required, key = tuple(required), tuple(key)
    if not path.exists():
        raise InputError("table_absent", path=str(path))
    try:
        rows = list(_rows(path, sheet))
    except OSError as error:
        raise InputError("table_unreadable", path=str(path), reason=error.strerror or str(error)) from error
    remarks: list[str] = []
    while remark is not None and rows and (not any(rows[0][1]) or rows[0][1][0].startswith(remark)):
        remarks.append(" ".join(rows.pop(0)[1]).strip())
    frame = _frame(path, rows)
    frame.attrs["remarks"] = [text for text in remarks if text]
    _check_columns(frame, required, optional)
    _check_key(frame, key)
    return frame


def _frame(path: Path, rows: list[tuple[int, list[str]]], sheet: str | None = None) -> pd.DataFrame:
    """Table of rows of which the first that is not blank holds the names."""
    rows = [(number, cells) for number, cells in rows if any(cells)]
    if not rows:
        raise InputError("table_empty", path=str(path))
    columns = _columns(path, *rows[0])
    records = [_record(path, number, cells, len(columns)) for number, cells in rows[1:]]
    frame = pd.DataFrame(records, columns=list(columns.values()), index=[number for number, _ in rows[1:]], dtype="str")
    frame.attrs.update(path=str(path), sheet=sheet, letters=Letters((name, _letter(place)) for place, name in columns.items()))
    return frame


class Letters(dict[str, str]):
    """Column -> its letter in the file. One object for all selections of a table: pandas would copy it with each of them."""

    def __deepcopy__(self, memo: object) -> Letters:
        return self


def sheets(path: str | Path) -> list[str]:
    """Names of the sheets of a workbook; of another table nothing.

    Parameters
    ----------
    path : path

    Returns
    -------
    list of text
    """
    path = Path(path)
    if path.suffix.lower() not in _WORKBOOKS:
        return []
    if not path.exists():
        raise InputError("table_absent", path=str(path))
    try:
        workbook = _loaded(path, computed=False, lazily=True)
        try:
            return [sheet.title for sheet in workbook.worksheets]
        finally:
            workbook.close()
    except OSError as error:
        raise InputError("table_unreadable", path=str(path), reason=error.strerror or str(error)) from error


def read_sheets(path: str | Path, names: Iterable[str]) -> dict[str, pd.DataFrame]:
    """Several sheets of one workbook, which is opened once: name -> table as of `read`.

    Parameters
    ----------
    path : path
        .xlsx or .xlsm.
    names : texts

    Returns
    -------
    mapping (text, table)

    Raises
    ------
    InputError
        As `read`.
    """
    path = Path(path)
    stored = _loaded(path, computed=False)
    computed: list[Any] = []  # opened only where a sheet has formulas

    def sheet_of_results(title: str) -> Any:
        if not computed:
            computed.append(_loaded(path, computed=True))
        return computed[0][title]

    return {name: _frame(path, list(_sheet_rows(path, _chosen(path, stored, name), sheet_of_results)), name) for name in names}


def numbers(frame: pd.DataFrame, column: str, *, required: bool = False) -> pd.Series:
    """A column of a table that was read here, as numbers; an empty cell is nan.

    Parameters
    ----------
    frame : table
    column : text
    required : choice {True, False}
        Refuse an empty cell.

    Returns
    -------
    vector (rows), 1

    Raises
    ------
    InputError
        With the cell that is no number, and how to write it where that is plain.
    """
    values = []
    for row, text in frame[column].items():
        if pd.isna(text):
            if required:
                raise InputError("table_cell_empty", path=_path(frame), cell=cell(frame, row, column), column=column)
            values.append(float("nan"))
        elif _NUMBER.fullmatch(text) and math.isfinite(float(text)):
            values.append(float(text))
        else:
            _refuse_number(frame, row, column, text)
    return pd.Series(values, index=frame.index, name=column, dtype="float64")


def cell(frame: pd.DataFrame, row: Any, column: str) -> str:
    """Position of a cell as Excel writes it: `C7`; the row alone where the column was not in the file."""
    return f"{frame.attrs.get('letters', {}).get(column, '')}{row}"


def _path(frame: pd.DataFrame) -> str:
    return str(frame.attrs.get("path", "-"))


def _refuse_number(frame: pd.DataFrame, row: Any, column: str, text: str) -> None:
    """The error for a text that is no number, with the right writing where it is plain."""
    where = {"path": _path(frame), "cell": cell(frame, row, column), "column": column, "found": text}
    plain = unicodedata.normalize("NFKC", text).replace(" ", "").replace("−", "-")
    if _THOUSANDS.fullmatch(plain):
        plain = plain.replace(",", "")
    if _NUMBER.fullmatch(plain) and math.isfinite(float(plain)):
        raise InputError("table_number_written", **where, plain=plain)
    raise InputError("table_not_a_number", **where)


def _rows(path: Path, sheet: str | None) -> Iterator[tuple[int, list[str]]]:
    """Row number and stripped texts of each row."""
    ending = path.suffix.lower()
    if ending in _WORKBOOKS:
        yield from _workbook_rows(path, sheet)
    elif ending in _DELIMITERS:
        if sheet is not None:
            raise InputError("table_sheet_unknown", path=str(path), sheet=sheet, sheets=["-"], nearest="-")
        yield from _text_rows(path, _DELIMITERS[ending])
    else:
        raise InputError("table_ending_unknown", path=str(path), found=ending or "-", known=[*_DELIMITERS, *_WORKBOOKS])


def _text_rows(path: Path, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(_decoded(path), newline=""), delimiter=delimiter, strict=True)
    try:
        for number, cells in enumerate(reader, start=1):
            yield number, [text.strip() for text in cells]
    except csv.Error as error:
        raise InputError("table_csv_broken", path=str(path), row=reader.line_num, reason=str(error)) from error


def _decoded(path: Path) -> str:
    """Text in UTF-8, with or without BOM; else in GB18030, and said so.

    Raises
    ------
    InputError
        With the first byte that is not UTF-8, and its row.
    """
    data = path.read_bytes()
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        first = error.start
    try:
        text = data.decode("gb18030")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text or data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        row = data.count(b"\n", 0, first) + 1
        raise InputError("table_encoding", path=str(path), byte=f"0x{data[first]:02X}", place=first, row=row)
    warn("table_read_as_gb18030", path=str(path))
    return text


def _workbook_rows(path: Path, sheet: str | None) -> Iterator[tuple[int, list[str]]]:
    stored = _chosen(path, _loaded(path, computed=False), sheet)
    yield from _sheet_rows(path, stored, lambda title: _loaded(path, computed=True)[title])


def _sheet_rows(path: Path, stored: Any, computed: Callable[[str], Any]) -> Iterator[tuple[int, list[str]]]:
    """Row number and texts of a sheet; `computed` gives the same sheet with values in place of formulas."""
    _refuse_merged(path, stored)
    formulas = {place.coordinate for cells in stored.iter_rows() for place in cells if place.data_type == "f"}
    computed_sheet = computed(stored.title) if formulas else stored
    for number, cells in enumerate(computed_sheet.iter_rows(), start=1):
        texts = []
        for place in cells:
            if place.value is None and place.coordinate in formulas:
                raise InputError("table_formula_not_computed", path=str(path), sheet=stored.title, cell=place.coordinate)
            if place.data_type == "e":
                fields = {"path": str(path), "sheet": stored.title, "cell": place.coordinate}
                raise InputError("table_formula_failed", **fields, found=str(place.value))
            texts.append(_text(place.value))
        yield number, texts


def _loaded(path: Path, computed: bool, lazily: bool = False) -> Any:
    """Workbook with formulas, or with the values that were last computed from them; lazily: cells unread, file open."""
    import openpyxl

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of parts that are no cells: validation rules, styles
            return openpyxl.load_workbook(path, data_only=computed, read_only=lazily)
    except OSError:
        raise
    except Exception as error:  # openpyxl lets errors of zipfile and of its XML parser through
        raise InputError("table_unreadable", path=str(path), reason=str(error) or type(error).__name__) from error


def _chosen(path: Path, workbook: Any, sheet: str | None) -> Any:
    """Sheet of that name, or the only one that holds something."""
    names = [one.title for one in workbook.worksheets]
    if sheet is not None:
        if sheet not in names:
            raise InputError("table_sheet_unknown", path=str(path), sheet=sheet, sheets=names, nearest=nearest(sheet, names))
        return workbook[sheet]
    filled = [one for one in workbook.worksheets if one.sheet_state == "visible" and any(_values(one))]
    if len(filled) > 1:
        raise InputError("table_sheet_needed", path=str(path), sheets=[one.title for one in filled])
    return filled[0] if filled else workbook.worksheets[0]


def _values(sheet: Any) -> Iterator[bool]:
    return (value is not None for row in sheet.iter_rows(values_only=True) for value in row)


def _refuse_merged(path: Path, sheet: Any) -> None:
    if sheet.merged_cells.ranges:
        first = min(sheet.merged_cells.ranges, key=lambda area: (area.min_row, area.min_col))
        raise InputError("table_cells_merged", path=str(path), sheet=sheet.title, cells=first.coord)


def _text(value: Any) -> str:
    """What a cell holds, as it would be written in a CSV."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime.datetime) and value.time() == datetime.time():
        return value.date().isoformat()
    if isinstance(value, (datetime.datetime, datetime.date, datetime.time)):
        return value.isoformat()
    return str(value).strip()


def _columns(path: Path, number: int, cells: list[str]) -> dict[int, str]:
    """Position and name of each column; empty columns at the end are no columns."""
    while cells and not cells[-1]:
        cells = cells[:-1]
    if len(cells) == 1 and re.search(r"[;\t，；]", cells[0]):
        raise InputError("table_delimiter", path=str(path), found=cells[0])
    for place, name in enumerate(cells):
        if not name:
            raise InputError("table_column_unnamed", path=str(path), cell=f"{_letter(place)}{number}")
        if name in cells[:place]:
            raise InputError("table_column_twice", path=str(path), column=name, cell=f"{_letter(place)}{number}")
    return dict(enumerate(cells))


def _record(path: Path, number: int, cells: list[str], count: int) -> list[str | None]:
    """Cells of one row, as many as there are columns."""
    if any(cells[count:]) or len(cells) < count:
        raise InputError("table_row_length", path=str(path), row=number, found=len(cells), expected=count)
    return [text or None for text in cells[:count]]


def _check_columns(frame: pd.DataFrame, required: tuple[str, ...], optional: Iterable[str] | None) -> None:
    for name in required:
        if name not in frame.columns:
            close = nearest(name, frame.columns) or "-"
            raise InputError("table_column_missing", path=_path(frame), column=name, nearest=close)
    if optional is None:
        return
    columns = [*required, *optional]
    for name in frame.columns:
        if name not in columns:
            raise InputError(
                "table_column_unknown", path=_path(frame), column=name, nearest=nearest(name, columns) or "-", known=columns
            )


def _check_key(frame: pd.DataFrame, key: tuple[str, ...]) -> None:
    if not key:
        return
    twice = frame[frame.duplicated(list(key), keep=False)]
    if len(twice):
        first = twice.iloc[0]
        rows = [row for row, same in (twice[list(key)] == first[list(key)]).all(axis=1).items() if same]
        raise InputError("table_key_twice", path=_path(frame), columns=key, values=[str(first[name]) for name in key], rows=rows)


def _letter(place: int) -> str:
    """Letters of a column as Excel counts: A, ..., Z, AA."""
    letters = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
