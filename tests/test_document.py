import dataclasses

import pytest

from ecoval.document import Cell, Chapter, Column, Document, Row, Table, Text

COLUMNS = (Column("code", "Code", medium="sheet"), Column("name", "Name"), Column("area", "Area", "ha", numeric=True))
TABLE = Table(COLUMNS, (Row((Cell("1"), Cell("a"), Cell("2", 2.0))),), heads=2)


def test_a_page_and_a_sheet_read_their_own_columns():
    page, sheet = TABLE.read_as("page"), TABLE.read_as("sheet")
    assert [column.key for column in page.columns] == ["name", "area"]
    assert [cell.text for cell in page.rows[0].cells] == ["a", "2"]
    assert (page.heads, sheet.heads) == (1, 2)
    assert sheet.columns == COLUMNS


def test_a_document_read_as_page_lacks_what_is_for_the_sheet():
    only = dataclasses.replace(TABLE, medium="sheet")
    document = Document("en", "t", "k", (Chapter("c", (Text("x"), TABLE, only)),))
    assert [type(block).__name__ for block in document.read_as("page").blocks] == ["Text", "Table"]
    assert len(document.read_as("sheet").tables) == 2


@pytest.mark.parametrize(("kind", "span"), [("plain", 1), ("sum", 1), ("group", 3), ("category", 3), ("total", 3)])
def test_the_label_of_a_subtotal_runs_over_the_empty_cells_behind_it(kind, span):
    assert Row((Cell("all"), Cell(""), Cell(""), Cell("5", 5.0), Cell("")), kind).span == span


def test_the_heading_names_the_unit_that_the_caption_does_not_state():
    assert Column("a", "Area", "ha").heading == "Area\nha"
    assert Column("a", "Area", "ha", stated=True).heading == "Area"


def test_nothing_of_a_document_can_be_changed():
    for made, field in ((TABLE, "caption"), (TABLE.rows[0], "kind"), (COLUMNS[0], "key"), (Document("en", "t", "k", ()), "title")):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(made, field, "x")
