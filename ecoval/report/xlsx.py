"""The tables of a document as a workbook: a sheet each, numbers as numbers with all their digits."""

from __future__ import annotations

import io
import re
from itertools import count
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, PatternFill
from openpyxl.utils import get_column_letter

from ecoval.document import Cell, Column, Document, Row, Table
from ecoval.report.layout import letters
from ecoval.report.packing import packed
from ecoval.tables import styles
from ecoval.tables.writing import save_book

NARROWEST, WIDEST, SEEN = 8, 48, 200  # letters of a column, and the rows from which its width is taken
LONGEST_NAME = 31  # signs of the name of a sheet
A4 = 9
FORBIDDEN = re.compile(r"[\[\]:*?/\\]")
NO_FILL, TOP = PatternFill(), Alignment(vertical="top")


def set_xlsx(document: Document) -> bytes:
    """XLSX of the tables of a document; the same document makes the same bytes where it says when its run ended."""
    book = Workbook()
    book.remove(book.active)
    numbers = count(1)
    for table in document.read_as("sheet").tables:
        name = FORBIDDEN.sub(" ", table.sheet or f"{next(numbers)} {table.caption}")[:LONGEST_NAME].strip()
        _sheet(book.create_sheet(name), table, document.lang)
    if not book.sheetnames:
        book.create_sheet(FORBIDDEN.sub(" ", document.title)[:LONGEST_NAME])
    book.properties.title, book.properties.subject, book.properties.creator = document.title, document.kind, "ecoval"
    buffer = io.BytesIO()
    save_book(book, buffer)
    return packed(buffer.getvalue(), document.finished)


def _sheet(sheet: Any, table: Table, lang: str) -> None:
    """Lines above the table, a frozen header, rows; to be printed on A4 across, as wide as the page."""
    for line, text in enumerate(table.lead, start=1):
        if not text:
            continue
        cell = sheet.cell(line, 1, text)
        cell.font = styles.TITLE_FONT if line < len(table.lead) else styles.NOTE_FONT
    top = len(table.lead) + 1
    headings = [_heading(column, lang) for column in table.columns]
    styles.header_row(sheet, headings, top)
    looks = _Looks(sheet.parent)
    for line, row in enumerate(table.rows, start=top + 1):
        for place, (cell, column) in enumerate(zip(row.cells, table.columns, strict=True), start=1):
            _write(sheet.cell(line, place), cell, looks.of(row, column))
    for place, (column, heading) in enumerate(zip(table.columns, headings, strict=True)):
        sheet.column_dimensions[get_column_letter(place + 1)].width = _width(column, heading, table.rows, place)
    last = get_column_letter(max(len(table.columns), 1))
    sheet.freeze_panes = f"{get_column_letter(table.heads + 1)}{top + 1}"
    if table.filtered:
        sheet.auto_filter.ref = f"A{top}:{last}{top + len(table.rows)}"
    sheet.sheet_view.showGridLines = False
    page = sheet.page_setup
    page.orientation, page.paperSize, page.fitToWidth, page.fitToHeight = "landscape", A4, 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.print_title_rows = f"{top}:{top}"
    sheet.oddFooter.center.text = "&P / &N"


def _heading(column: Column, lang: str) -> str:
    """Title of a column with the unit in which its numbers are given."""
    if not column.unit:
        return column.title
    return f"{column.title}（{column.unit}）" if lang == "zh" else f"{column.title} ({column.unit})"


def _write(target: Any, cell: Cell, look: Any) -> None:
    if cell.value is not None:
        target.value = cell.value
        if isinstance(cell.value, str):
            target.data_type = "s"  # a name that begins with "=" is a name
    target._style = look


def _width(column: Column, heading: str, rows: tuple[Row, ...], place: int) -> int:
    texts = {_shown(row.cells[place], column) for row in rows[:SEEN]}
    widest = max([NARROWEST, *map(letters, (heading, *texts))]) + 2
    return column.width if column.width > WIDEST else min(widest, WIDEST)


def _shown(cell: Cell, column: Column) -> str:
    """Roughly what Excel shows of a cell."""
    value = cell.value
    if value is None or isinstance(value, str):
        return value or ""
    return f"{value:,.{column.decimals[1]}f}" if column.decimals else f"{value:.6g}"


class _Looks:
    """Styles of the cells of a workbook, made once for each kind of row and column: setting them cell by cell is slow."""

    def __init__(self, book: Any) -> None:
        self._cell = book.create_sheet().cell(1, 1)
        book.remove(self._cell.parent)
        self._styles: dict[tuple[bool, bool, tuple[int, int] | None, bool], Any] = {}

    def of(self, row: Row, column: Column) -> Any:
        """Style of the cells of a column in a row."""
        wrapped = column.width > WIDEST
        key = (
            row.kind in ("group", "category", "total", "sum"),
            row.kind in ("category", "total", "sum"),
            column.decimals,
            wrapped,
        )
        if key not in self._styles:
            bold, filled, decimals, _ = key
            cell = self._cell
            cell.font = styles.BOLD_FONT if bold else styles.BODY_FONT
            cell.border = styles.LINE
            cell.fill = styles.TOTAL_FILL if filled else NO_FILL
            cell.alignment = styles.WRAP if wrapped else TOP
            cell.number_format = _format(decimals)
            self._styles[key] = cell._style
            cell._style = type(cell._style)()
        return self._styles[key]


def _format(decimals: tuple[int, int] | None) -> str:
    """Number format with the least and most decimals."""
    if decimals is None:
        return "General"
    least, most = decimals
    return "#,##0" + (f".{'0' * least}{'#' * (most - least)}" if most else "")
