import io
import re

import pypdf
import pytest
from sample_run import of_units

from ecoval.document import Cell, Chapter, Column, Document, Facts, Figure, Items, Row, Table, Text
from ecoval.errors import InputError
from ecoval.report import pdf, render
from ecoval.report.account import account_document
from ecoval.report.draft import moment
from ecoval.report.layout import FEWEST, letters, widths
from ecoval.report.pdf import LINE_LETTERS, for_paper, set_pdf


def document(*blocks, finished=None):
    return Document("zh", "临澜县", "报告", (Chapter("一", blocks),), pages=("第", "页共", "页"), finished=finished)


def squeezed(text):
    return re.sub(r"[\s\u200b]+", "", text)


def read(data):
    return [squeezed(page.extract_text()) for page in pypdf.PdfReader(io.BytesIO(data)).pages]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_pdf_of_a_report_has_all_cells_and_sentences(run, lang):
    made = account_document(run, lang)
    pages = read(set_pdf(made))
    text = "".join(pages)
    for block in made.read_as("page").blocks:
        if isinstance(block, Table):
            for cell in (cell for row in block.rows for cell in row.cells):
                assert squeezed(cell.text) in text, cell
                assert squeezed(cell.note) in text, cell
        if isinstance(block, Text):
            assert squeezed(block.text) in text
    assert all(squeezed(chapter.title) in text for chapter in made.chapters)
    assert all(len(page) > 60 for page in pages)


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("number", [1, 5, 9])
def test_tables_of_a_report_fit_the_page_in_letters_that_can_be_read(run, lang, number):
    tables = account_document(of_units(run, number), lang).read_as("page").tables
    assert len(tables) > 8
    for table in tables:
        shares, scale = widths(table, LINE_LETTERS)
        assert scale >= 0.75, table.caption  # of 8.2 points: 6 points, which are read without a glass
        for place, (share, column) in enumerate(zip(shares, table.columns, strict=True)):
            room = share * LINE_LETTERS / scale
            numbers = [row.cells[place].text for row in table.rows if column.numeric and row.cells[place].text[:1].isdigit()]
            assert room >= max([FEWEST, *map(letters, numbers)]), (table.caption, column.heading)


def test_report_pdf_is_written_beside_the_page(run_folder):
    path = run_folder / "report.pdf"
    assert render(run_folder, ("pdf",), "zh") == [path]
    assert path.read_bytes().startswith(b"%PDF")
    path.unlink()


def test_a_user_s_text_is_never_markup():
    nasty = '#panic("x") $ a $ *b* _c_ @d <e> `f` \\ // = - + [g] ~ "h"'
    table = Table((Column("c", "c"),), (Row((Cell(nasty, nasty),)),), nasty)
    made = document(Text(nasty), Items((nasty,)), Facts((("k", nasty),)), table)
    assert "".join(read(set_pdf(made))).count(squeezed(nasty)) == 5


def test_characters_that_the_packaged_font_lacks_are_still_set():
    made = document(Text("✔ ✘ 值"), finished=moment("2026-01-02T03:04:05+08:00"))
    data = set_pdf(made)
    assert "✔✘值" in "".join(read(data))
    assert data == set_pdf(made)


def test_what_cannot_be_set_is_an_error_with_its_reason():
    class Broken:
        svg, png = "<svg", b""

    with pytest.raises(InputError, match="could not be set") as caught:
        set_pdf(document(Figure(Broken(), "")))
    assert caught.value.code == "statement_not_set"


def test_labels_of_a_map_have_a_rim_on_paper():
    text = for_paper(f'<svg viewBox="0 0 1 1"><g id="s0m-rim3"><text style="font: 8px {pdf.SCREEN_FONTS}">a</text></g></svg>')
    assert 'style="paint-order:stroke' in text
    assert "'Ecoval Sans'" in text
    assert text.count("http://www.w3.org/2000/svg") == 1
