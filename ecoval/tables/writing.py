"""Tables to CSV, Parquet, GeoPackage and XLSX; written beside and renamed, so that no half file is ever left."""

from __future__ import annotations

import errno
import os
from io import BytesIO
from pathlib import Path
from typing import Any

import pandas as pd

from ecoval.errors import InputError
from ecoval.files import written_beside

EXCEL_ROWS = 1_048_575


def write_table(frame: pd.DataFrame, path: str | Path, *, layer: str = "table", excel: bool = True) -> None:
    """Write a table in the format that the ending of its path names.

    Parameters
    ----------
    frame : table (column, ...)
        A geometry column is kept in .gpkg and .parquet and left out of .csv and .xlsx.
    path : text
        An existing file is replaced at the end.
    layer : text
        Name of the layer in .gpkg and of the sheet in .xlsx.
    excel : choice {True, False}
        Whether a .csv starts with the mark by which Excel knows UTF-8.

    Raises
    ------
    InputError
        For an unknown ending, a full disk, a folder that is absent or not writable, more rows than a sheet holds.
    """
    path = Path(path)
    ending = path.suffix.lower()
    if ending not in WRITERS:
        raise InputError("table_format_unknown", path=str(path), ending=ending, choices=", ".join(WRITERS))
    if ending == ".xlsx" and len(frame) > EXCEL_ROWS:
        raise InputError("table_too_long", path=str(path), rows=len(frame), limit=EXCEL_ROWS)
    with written_beside(path) as part:
        WRITERS[ending](frame, part, layer, excel)


def _write_csv(frame: pd.DataFrame, part: Path, _layer: str, excel: bool) -> None:
    encoding = "utf-8-sig" if excel else "utf-8"
    without_geometry(frame).to_csv(part, index=False, encoding=encoding, lineterminator="\n")


def _write_parquet(frame: pd.DataFrame, part: Path, _layer: str, _excel: bool) -> None:
    frame.to_parquet(part, index=False)


def _write_geopackage(frame: pd.DataFrame, part: Path, layer: str, _excel: bool) -> None:
    from ecoval.tables.geopackage import write_layer

    write_layer(frame, part, layer)


def without_geometry(frame: pd.DataFrame) -> pd.DataFrame:
    """The table without its geometry columns.

    Parameters
    ----------
    frame : table (column, ...)

    Returns
    -------
    table (column, ...)
    """
    shapes = [name for name in frame.columns if str(frame[name].dtype) == "geometry"]
    return pd.DataFrame(frame.drop(columns=shapes)) if shapes else frame


def _write_sheet(frame: pd.DataFrame, part: Path, layer: str, _excel: bool) -> None:
    """One plain sheet: bold frozen header, widths by content."""
    from openpyxl import Workbook

    from ecoval.tables.styles import fit_columns, header_row

    frame = without_geometry(frame)
    book = Workbook()
    sheet = book.active
    sheet.title = layer[:31]
    header_row(sheet, list(frame.columns))
    for row in frame.itertuples(index=False):
        sheet.append([cell_value(value) for value in row])
    fit_columns(sheet)
    save_book(book, part)


WRITERS = {".csv": _write_csv, ".parquet": _write_parquet, ".gpkg": _write_geopackage, ".xlsx": _write_sheet}  # one line a format


def save_book(book: Any, target: Path | BytesIO) -> None:
    """Save a workbook; what the disk refuses is an OSError, also where openpyxl writes through lxml, which has an error of its own.

    Raises
    ------
    OSError
    """
    try:
        from lxml.etree import SerialisationError
    except ImportError:  # then openpyxl writes without it
        book.save(target)
        return
    try:
        book.save(target)
    except SerialisationError as error:
        number = getattr(errno, str(error).removeprefix("IO_"), errno.EIO)
        raise OSError(number, os.strerror(number)) from error


def cell_value(value: Any) -> Any:
    """What a cell of a workbook holds: empty for missing, plain Python types else.

    Parameters
    ----------
    value : number, 1

    Returns
    -------
    number, 1
    """
    if value is None or (not isinstance(value, (str, list)) and pd.isna(value)):
        return None
    if hasattr(value, "item"):
        return value.item()
    return value if isinstance(value, (str, int, float, bool)) else str(value)
