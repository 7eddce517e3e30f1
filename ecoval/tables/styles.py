"""Looks of a workbook: fonts, fills, number formats, widths."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Any

from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter

FACE = "Microsoft YaHei"
INK = "1F2D3D"
HEADER_FILL = PatternFill("solid", fgColor="1F5C4D")
TOTAL_FILL = PatternFill("solid", fgColor="E4EFEA")
HEADER_FONT = Font(name=FACE, size=10, bold=True, color="FFFFFF")
BODY_FONT = Font(name=FACE, size=10, color=INK)
BOLD_FONT = Font(name=FACE, size=10, bold=True, color=INK)
TITLE_FONT = Font(name=FACE, size=14, bold=True, color="1F5C4D")
NOTE_FONT = Font(name=FACE, size=9, italic=True, color="5B6770")
LINE = Border(bottom=Side(style="hair", color="B8C4C0"))
CENTRE = Alignment(horizontal="center", vertical="center", wrap_text=True)
WRAP = Alignment(vertical="top", wrap_text=True)
WIDEST = 48


def header_row(sheet: Any, names: Iterable[str], row: int = 1) -> None:
    """Write a header and freeze the rows above the data.

    Parameters
    ----------
    sheet : table (column, ...)
    names : vector (columns)
    row : number, 1
    """
    for column, name in enumerate(names, start=1):
        cell = sheet.cell(row=row, column=column, value=str(name))
        cell.font, cell.fill, cell.alignment = HEADER_FONT, HEADER_FILL, CENTRE
    sheet.freeze_panes = f"A{row + 1}"


def fit_columns(sheet: Any, first: int = 1, rows: int = 200) -> None:
    """Widths by what the first rows hold; a hanzi counts as two letters.

    Parameters
    ----------
    sheet : table (column, ...)
    first, rows : number, 1
    """
    last = min(sheet.max_row, first + rows)
    for column in range(1, sheet.max_column + 1):
        cells = (sheet.cell(row=row, column=column) for row in range(first, last + 1))
        widths = [text_width(cell_text(cell)) for cell in cells if cell.value is not None]
        sheet.column_dimensions[get_column_letter(column)].width = min(max([8, *widths]) + 2, WIDEST)


def cell_text(cell: Any) -> str:
    """Roughly what Excel shows of a cell."""
    value = cell.value
    if isinstance(value, float) and cell.number_format != "General":
        decimals = len(cell.number_format.partition(".")[2].rstrip("%"))
        return f"{value:,.{decimals}f}"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def text_width(text: str) -> int:
    """Width of a text in letters."""
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)
