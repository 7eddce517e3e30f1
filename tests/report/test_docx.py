import io
import zipfile

import docx
import offset_run
import pytest
from docx.oxml.ns import qn

from ecoval.document import Cell, Chapter, Column, Document, Items, Row, Table, Text
from ecoval.report import render
from ecoval.report.account import account_document
from ecoval.report.docx import WIDTH, set_docx
from ecoval.report.draft import moment

NASTY = '$ #p("x") *b* <w:p/> & "q" {{ 7 * 7 }} =1+1'


@pytest.fixture(scope="module", params=["zh", "en"])
def made(request, run):
    document = account_document(run, request.param)
    return document.read_as("page"), docx.Document(io.BytesIO(set_docx(document)))


def test_chapters_captions_and_lists_have_the_styles_of_word(made):
    document, book = made
    styled = {}
    for paragraph in book.paragraphs:
        styled.setdefault(paragraph.style.name, []).append(paragraph.text)
    assert styled["Title"] == [document.title]
    assert styled["Heading 1"] == [chapter.title for chapter in document.chapters]
    assert styled["List Bullet"] == [text for block in document.blocks if isinstance(block, Items) for text in block.texts]
    captions = [block for block in document.blocks if hasattr(block, "caption")]
    found = [paragraph for paragraph in book.paragraphs if paragraph.style.name == "Caption"]
    for entry, block in zip(found, captions, strict=True):
        shown = "".join(part.text for part in entry._p.iter(qn("w:t")))
        assert shown == f"{block.label}\u3000{block.caption}"
        assert entry._p.find(qn("w:fldSimple")).get(qn("w:instr")).startswith("SEQ ")


def test_every_cell_of_every_table_is_there_and_its_head_repeats(made):
    document, book = made
    tables = [table for table in book.tables if table.style.name == "Ecoval Table"]
    assert len(tables) == len(document.tables)
    for table, source in zip(tables, document.tables, strict=True):
        head, *rows = table._tbl.tr_lst
        assert head.trPr.find(qn("w:tblHeader")) is not None
        assert len(rows) == len(source.rows)
        for line, row in zip(rows, source.rows, strict=True):
            cells = ["\n".join("".join(t.text or "" for t in p.iter(qn("w:t"))) for p in cell.p_lst) for cell in line.tc_lst]
            kept = [cell for place, cell in enumerate(row.cells) if not 0 < place < row.span]
            assert cells == [cell.text + (f"\n{cell.note}" if cell.note else "") for cell in kept]
            assert sum(cell.grid_span for cell in line.tc_lst) == len(source.columns)
        sizes = [int(column.get(qn("w:w"))) for column in table._tbl.tblGrid.gridCol_lst]
        assert sum(sizes) == pytest.approx(WIDTH / 635, abs=len(sizes))
        assert min(sizes) > 400  # a twentieth of a point: no column of one sign


def test_hanzi_have_a_font_of_their_own_in_every_style(made):
    book = made[1]
    for style in book.styles:
        fonts = None if style.element.rPr is None else style.element.rPr.find(qn("w:rFonts"))
        if style.name in ("Normal", "Title", "Heading 1", "Heading 2", "Caption", "Ecoval Cell"):
            assert fonts.get(qn("w:eastAsia")) in ("宋体", "黑体")
            assert not any("Theme" in name for name in fonts.keys())  # noqa: SIM118
    defaults = book.styles.element.find(qn("w:docDefaults"))
    assert next(defaults.iter(qn("w:rFonts"))).get(qn("w:eastAsia")) == "宋体"


def test_pages_are_a4_and_numbered(made):
    document, book = made
    section = book.sections[0]
    assert (section.page_width.mm, section.page_height.mm) == (pytest.approx(210, abs=0.1), pytest.approx(297, abs=0.1))
    footer = section.footer.paragraphs[0]._p
    assert [field.get(qn("w:instr")) for field in footer.iter(qn("w:fldSimple"))] == ["PAGE", "NUMPAGES"]
    assert document.title in section.header.paragraphs[0].text


def test_figures_are_pictures_with_a_text_for_who_does_not_see_them(made):
    document, book = made
    figures = [block for block in document.blocks if hasattr(block, "drawing")]
    assert len(book.inline_shapes) == len(figures) == 3
    for shape, figure in zip(book.inline_shapes, figures, strict=True):
        assert shape._inline.docPr.get("descr") == figure.alt
    pictures = [part for part in book.part.package.iter_parts() if part.content_type == "image/png"]
    assert len(pictures) == 3
    for part in pictures:
        image = docx.image.image.Image.from_blob(part.blob)
        assert image.horz_dpi == 200
        assert image.px_width >= 200 * 7  # for 7 inches


def test_properties_are_those_of_the_run_and_nothing_is_loaded(made, run):
    document, book = made
    about = book.core_properties
    assert (about.title, about.subject, about.author) == (document.title, document.kind, "ecoval")
    assert about.created == about.modified
    assert about.created.isoformat()[:19] == run.record["finished"][:19]
    for part in book.part.package.iter_parts():
        assert not any(relation.is_external for relation in part.rels.values())


def test_the_same_run_makes_the_same_files(run):
    for form in ("docx", "xlsx"):
        module = __import__(f"ecoval.report.{form}", fromlist=["set"])
        first, second = (getattr(module, f"set_{form}")(account_document(run, "zh")) for _ in range(2))
        assert first == second
        dates = {entry.date_time for entry in zipfile.ZipFile(io.BytesIO(first)).infolist()}
        assert dates == {(2026, 5, 4, 9, 0, 12)}


def test_a_user_s_text_is_never_markup():
    table = Table((Column("c", NASTY),), (Row((Cell(NASTY, NASTY),)),), NASTY, "表 1", NASTY)
    document = Document("zh", NASTY, NASTY, (Chapter(NASTY, (Text(NASTY), Items((NASTY,)), table)),), finished=moment("2026-01-02"))
    book = docx.Document(io.BytesIO(set_docx(document)))
    text = "\n".join("".join(t.text or "" for t in p.iter(qn("w:t"))) for p in book.element.body.iter(qn("w:p")))
    assert text.count(NASTY) == 9


def test_report_and_statement_have_their_names(run_folder, tmp_path):
    assert [path.name for path in render(run_folder, ("docx",))] == ["report.docx"]
    folder = offset_run.write(tmp_path / "run")
    (path,) = render(folder, ("docx",), lang="zh")
    assert path.name == "statement.docx"
    book = docx.Document(path)
    assert [p.text[:2] for p in book.paragraphs if p.style.name == "Heading 1"][:3] == ["一、", "二、", "三、"]
    text = "\n".join("".join(t.text or "" for t in p.iter(qn("w:t"))) for p in book.element.body.iter(qn("w:p")))
    assert all(word in text for word in ("生态占补平衡报告书", "黄土岭坡地", "日期", "✔ 符合"))
