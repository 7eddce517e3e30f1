"""Sheets of a report on paper: A4 across, as wide as the page, in letters that can be read, the header on each page."""

import io

import openpyxl
import pytest
from openpyxl.utils import get_column_letter
from sample_run import of_units

from ecoval.report.account import account_document
from ecoval.report.layout import letters
from ecoval.report.xlsx import set_xlsx

ACROSS = (297 / 25.4 - 2 * 0.4) * 96 / 7  # letters on the line of A4 across at full size: 7 pixels each at 96 per inch
LEAST_SCALE = 0.5  # letters of 10 points are then of 5
POINTS = 13  # of a line


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("number", [1, 5, 9])
def test_sheets_print_on_a4_across_with_their_header_on_each_page(run, lang, number):
    book = openpyxl.load_workbook(io.BytesIO(set_xlsx(account_document(of_units(run, number), lang))))
    for sheet in book:
        page = sheet.page_setup
        assert (page.orientation, page.paperSize, page.fitToWidth, page.fitToHeight) == ("landscape", 9, 1, 0)
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        top = int(sheet.print_title_rows.strip("$").split(":$")[0])
        widths = [sheet.column_dimensions[get_column_letter(place)].width for place in range(1, sheet.max_column + 1)]
        assert ACROSS / sum(widths) >= LEAST_SCALE, sheet.title
        assert min(widths) >= 8
        for place, width in enumerate(widths, start=1):
            heading = sheet.cell(top, place)
            assert heading.font.bold
            assert heading.alignment.wrap_text
            assert letters(str(heading.value)) * POINTS <= (width - 2) * sheet.row_dimensions[top].height, heading.value
            for line in range(top + 1, sheet.max_row + 1):
                cell = sheet.cell(line, place)
                text = cell.value if isinstance(cell.value, str) else ""
                assert letters(text) <= width or cell.alignment.wrap_text, (sheet.title, text)
