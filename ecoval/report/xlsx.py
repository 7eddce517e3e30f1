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
from ecoval.report.layout import letters, longest_part
from ecoval.report.packing import packed
from ecoval.tables import styles
from ecoval.tables.writing import save_book

NARROWEST, WIDEST, SEEN = 8, 34, 200  # letters of a column, and the rows from which its width is taken
HEAD_LINES, LINE = 4, 15  # lines over which a heading may run, and points of each
MARGIN = 0.4  # inches
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
    needs = [_need(table.rows, column, place) for place, column in enumerate(table.columns)]
    widths = [_width(*parts) for parts in zip(needs, table.columns, headings, strict=True)]
    looks = _Looks(sheet.parent)
    for line, row in enumerate(table.rows, start=top + 1):
        for place, (cell, column) in enumerate(zip(row.cells, table.columns, strict=True)):
            _write(sheet.cell(line, place + 1), cell, looks.of(row, column, needs[place] > widths[place]))
    for place, width in enumerate(widths, start=1):
        sheet.column_dimensions[get_column_letter(place)].width = width
    lines = [-(-letters(heading) // (width - 2)) for heading, width in zip(headings, widths, strict=True)]
    sheet.row_dimensions[top].height = LINE * (max([1, *lines]) + 1)  # a word that does not fit begins a line
    last = get_column_letter(max(len(table.columns), 1))
    sheet.freeze_panes = f"{get_column_letter(table.heads + 1)}{top + 1}"
    if table.filtered:
        sheet.auto_filter.ref = f"A{top}:{last}{top + len(table.rows)}"
    sheet.sheet_view.showGridLines = False
    page = sheet.page_setup
    page.orientation, page.paperSize, page.fitToWidth, page.fitToHeight = "landscape", A4, 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.page_margins.left = sheet.page_margins.right = MARGIN
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


def _need(rows: tuple[Row, ...], column: Column, place: int) -> int:
    """Letters that the cells of a column take in one line."""
    return max([0, *(letters(text) for text in {_shown(row.cells[place], column) for row in rows[:SEEN]})]) + 2


def _width(need: int, column: Column, heading: str) -> int:
    """Letters of a column: those of its cells, up to a limit beyond which they wrap, and of a heading over several lines."""
    if column.width > WIDEST:
        return column.width
    head = max(longest_part(heading, 8), -(-letters(heading) // HEAD_LINES)) + 2
    return max(NARROWEST, head, min(need, WIDEST))


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

    def of(self, row: Row, column: Column, wrapped: bool) -> Any:
        """Style of the cells of a column in a row."""
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
