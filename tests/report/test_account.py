"""A column of the report is one entry: it reaches all formats in both languages."""

import html
import io
import re
from dataclasses import replace

import docx
import openpyxl
import pypdf
import pytest
from sample_run import of_units

from ecoval.document import Figure
from ecoval.report import account
from ecoval.report.account import account_document
from ecoval.report.reader import FORMS, Entry
from ecoval.report.setting import FORMATS, set_as

ADDED = Entry("value_low", "ranges", "money")  # the lower bound of a value, which no table shows
TITLES = {"zh": "下限–上限", "en": "low–high"}


@pytest.fixture
def added(monkeypatch):
    monkeypatch.setattr(account, "SERVICES", (*account.SERVICES, ADDED))


def texts(data, form):
    """Words of a document in any format, without gaps."""
    if form == "html":
        found = html.unescape(re.sub(r"<[^>]+>", " ", data.decode("utf-8")))
    elif form == "pdf":
        found = "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(data)).pages)
    elif form == "docx":
        found = "".join(cell.text for table in docx.Document(io.BytesIO(data)).tables for row in table.rows for cell in row.cells)
    else:
        book = openpyxl.load_workbook(io.BytesIO(data))
        found = "".join(str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row)
    return re.sub(r"\s+", "", found).lower()


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("form", FORMATS)
def test_a_column_that_is_added_by_one_entry_is_in_every_format(run, added, form, lang):
    assert TITLES[lang] in texts(set_as(account_document(run, lang), form), form)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_without_the_entry_it_is_in_none(run, lang):
    assert TITLES[lang] not in texts(set_as(account_document(run, lang), "html"), "html")


def test_the_numbers_of_an_added_column_are_those_of_the_run(run, added):
    run.supply["value_low"] = run.supply["value"] * 0.5
    document = account_document(run, "zh", money="元")
    services = [table for table in document.tables if table.columns[-1].key == ADDED.key]
    assert {table.medium for table in services} == {"page", "sheet"}
    for table in services:
        keys = [column.key for column in table.columns]
        pairs = [(row.cells[keys.index("value")].value, row.cells[-1].value) for row in table.rows if row.kind == "item"]
        assert all(low == pytest.approx(value / 2) for value, low in pairs if value is not None)
        assert any(value is not None for value, _ in pairs)


@pytest.mark.parametrize("number", [1, 2, 5, 9])
def test_a_run_of_any_number_of_units_has_a_map(run, number):
    part = of_units(run, number)
    figures = [block for chapter in account_document(part, "en").chapters for block in chapter.blocks if isinstance(block, Figure)]
    drawn = [figure.drawing.svg for figure in figures if "per km²" in figure.caption]
    assert len(drawn) == 1
    assert all(name in html.unescape(drawn[0]) for name in part.gep["unit_name"])


def test_bounds_stand_in_the_report_where_land_has_no_data(run):
    text = texts(set_as(account_document(run, "zh"), "html"), "html")
    assert "部分土地缺数据的指标" in text
    whole = replace(run, states=run.states.assign(value_least=run.states["value"], value_most=run.states["value"]))
    assert "部分土地缺数据的指标" not in texts(set_as(account_document(whole, "zh"), "html"), "html")


def test_every_entry_has_a_form_and_keys_do_not_repeat():
    tables = {name: value for name, value in vars(account).items() if isinstance(value, tuple) and isinstance(value[0], Entry)}
    assert len(tables) >= 14
    for name, entries in tables.items():
        keys = [entry.key for entry in entries]
        assert len(set(keys)) == len(keys), name
        assert all(entry.form in FORMS for entry in entries), name


def test_units_of_numbers_stand_in_the_headings_or_in_the_caption(run):
    for table in account_document(run, "zh").read_as("page").tables:
        for column in table.columns:
            if column.unit and column.stated and column.key != "size":
                assert column.unit in table.caption, (table.caption, column)
