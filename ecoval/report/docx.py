"""A document as DOCX, to be edited before it is sealed: headings, captions and lists by styles, heads of tables on each page.

Fonts are named, not embedded: each run has a font for hanzi (`eastAsia`) and one for letters, as WPS and Word take them.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from copy import deepcopy
from functools import cache
from typing import Any

import docx
from docx.enum.section import WD_ORIENT
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Emu, Mm, Pt, RGBColor

from ecoval.document import STRONG, Block, Document, Facts, Figure, Heading, Items, KeyFigures, Row, Signatures, Table, Text
from ecoval.report.layout import letters, widths
from ecoval.report.packing import packed

INK, QUIET, GREEN, RED, OCHRE, DOUBT = "1F2D3D", "5B6770", "1F5C4D", "B3391F", "8A4B08", "8C2F06"
COLOURS = {"ok": GREEN, "fail": RED, "none": QUIET, "quiet": QUIET, "doubt": DOUBT, "example": OCHRE}
FONTS = {"zh": ("Times New Roman", "宋体", "黑体"), "en": ("Arial", "宋体", "黑体")}  # letters, hanzi, hanzi of headings
PAGE, MARGINS = (Mm(210), Mm(297)), (Mm(25), Mm(23), Mm(22), Mm(22))  # top, bottom, left, right
WIDTH = PAGE[0] - MARGINS[2] - MARGINS[3]
LINE_LETTERS = 92  # letters of a line of a table at its usual size
SIZE = 9.0  # points of a table at its usual size
LONGEST = 30  # letters of a value that stands beside another one
LABEL = Emu(Mm(30))
NUMBER = re.compile(r"\d+")
TABLE_STYLE, GRID_STYLE = "Ecoval Table", "Ecoval Grid"
SHORT, HELD = 12, 2  # rows up to which a table stays on one page, and rows of a longer one that stay with its head


def set_docx(document: Document) -> bytes:
    """DOCX of a document; the same document makes the same bytes where it says when its run ended."""
    document = document.read_as("page")
    book = docx.Document()
    _styles(book, document.lang)
    _page(book, document)
    book.add_paragraph(document.kind, "Subtitle")
    book.add_paragraph(document.title, "Title")
    setter = _Setter(book, document)
    setter.blocks(document.opening)
    for chapter in document.chapters:
        book.add_paragraph(chapter.title, "Heading 1")
        setter.blocks(chapter.blocks)
    if document.foot:
        book.add_paragraph(document.foot, "Ecoval Note")
    about = book.core_properties
    about.title, about.subject, about.author, about.last_modified_by = document.title, document.kind, "ecoval", "ecoval"
    about.language, about.comments, about.keywords, about.revision = {"zh": "zh-CN", "en": "en-GB"}[document.lang], "", "", 1
    buffer = io.BytesIO()
    book.save(buffer)
    return packed(buffer.getvalue(), document.finished)


class _Setter:
    """Blocks into a file of Word."""

    def __init__(self, book: Any, document: Document) -> None:
        self.book, self.lang = book, document.lang

    def blocks(self, blocks: Iterable[Block]) -> None:
        """Blocks in their order, half-wide figures that follow one another in pairs."""
        halves: list[Figure] = []
        sentence: Any = None  # stays with the table or figure that it leads to
        for block in (*blocks, None):
            if sentence is not None:
                sentence.paragraph_format.keep_with_next = isinstance(block, Table | Figure | Facts | Signatures)
            sentence = None
            if isinstance(block, Figure) and block.half:
                halves.append(block)
                continue
            for place in range(0, len(halves), 2):
                self._pair(halves[place : place + 2])
            halves = []
            if isinstance(block, Text):
                sentence = self._text(block)
            elif block is not None:
                getattr(self, f"_{type(block).__name__.lower()}")(block)

    def _heading(self, block: Heading) -> None:
        self.book.add_paragraph(block.text, "Heading 2")

    def _text(self, block: Text) -> Any:
        style = {"plain": "Body Text", "quiet": "Ecoval Note", "warn": "Ecoval Warning", "formula": "Ecoval Formula"}[block.tone]
        paragraph = self.book.add_paragraph(style=style)
        for place, line in enumerate(block.text.split("\n")):
            if place:
                paragraph.add_run().add_break()
            paragraph.add_run(line)
        return paragraph

    def _items(self, block: Items) -> None:
        for text in block.texts:
            self.book.add_paragraph(text, "List Bullet")

    def _facts(self, block: Facts) -> None:
        """A form of two pairs in a row, long values over the whole width."""
        short = [row for row in block.rows if letters(row[1]) <= LONGEST]
        rows: list[tuple[tuple[str, str], ...]] = [tuple(short[place : place + 2]) for place in range(0, len(short), 2)]
        rows += [(row,) for row in block.rows if letters(row[1]) > LONGEST]
        value = Emu((WIDTH - 2 * LABEL) // 2)
        table = self._grid(len(rows), (LABEL, value, LABEL, value))
        for line, pairs in zip(table.rows, rows, strict=True):
            cells = line.cells
            if len(pairs) == 1 and letters(pairs[0][1]) > LONGEST:
                cells[1].merge(cells[3])
            for place, (label, text) in enumerate(pairs):
                self._write(cells[2 * place].paragraphs[0], label, QUIET)
                self._write(cells[2 * place + 1].paragraphs[0], text, INK)
                _shade(cells[2 * place], "F5F8F6")
        self._after()

    def _keyfigures(self, block: KeyFigures) -> None:
        """Key figures as cells of a grid, at most four in a row."""
        columns = min(4, len(block.figures))
        table = self._grid(-(-len(block.figures) // columns), (Emu(WIDTH // columns),) * columns)
        for place, figure in enumerate(block.figures):
            cell = table.cell(*divmod(place, columns))
            self._write(cell.paragraphs[0], figure.label, QUIET, 8.5)
            text = cell.add_paragraph(style="Ecoval Cell")
            colour = COLOURS.get(block.look, INK) if figure.valued else OCHRE
            self._write(text, figure.text, colour if not place else INK, 14 if not (place and block.look) else 11, bold=True)
            if figure.unit:
                self._write(text, f" {figure.unit}", QUIET, 8.5)
            if figure.note:
                self._write(cell.add_paragraph(style="Ecoval Cell"), figure.note, OCHRE, 8)
            if not place:
                _shade(cell, "FDF0EC" if block.look == "fail" else "EEF4F1")
        self._after()

    def _table(self, block: Table) -> None:
        self._caption(block, "Table")
        shares, scale = widths(block, LINE_LETTERS)
        table = self.book.add_table(0, len(block.columns), TABLE_STYLE)
        table.autofit = False
        sizes = [Emu(round(WIDTH * share)) for share in shares]
        for column, size in zip(table.columns, sizes, strict=True):
            column.width = size
        maker = _TableMaker(table._tbl, sizes, [column.numeric for column in block.columns], SIZE * scale)
        maker.header([column.heading for column in block.columns])
        for place, row in enumerate(block.rows):
            last = place == len(block.rows) - 1
            maker.row(row, held=not last and (place < HELD or len(block.rows) <= SHORT or place == len(block.rows) - 2))
        if block.note:
            self.book.add_paragraph(block.note, "Ecoval Note")
        else:
            self._after()

    def _figure(self, block: Figure) -> None:
        paragraph = self.book.add_paragraph(style="Ecoval Figure")
        self._picture(paragraph, block, WIDTH)
        self._caption(block, "Figure")

    def _pair(self, figures: list[Figure]) -> None:
        table = self._grid(2, (Emu(WIDTH // 2),) * 2, ruled=False)
        for place, figure in enumerate(figures):
            self._picture(table.cell(0, place).paragraphs[0], figure, Emu(WIDTH // 2 - Mm(4)))
            self._caption(figure, "Figure", table.cell(1, place).paragraphs[0])
        self._after()

    def _signatures(self, block: Signatures) -> None:
        table = self._grid(len(block.people), (Emu(Mm(28)), Emu(Mm(66)), Emu(Mm(18)), Emu(WIDTH - Mm(112))), ruled=False)
        for row, person in zip(table.rows, block.people, strict=True):
            row.height = Mm(13)
            for cell, text in zip(row.cells, (person, "", block.date, ""), strict=True):
                cell.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.BOTTOM
                self._write(cell.paragraphs[0], text, INK, 10.5)
                if not text:
                    _underline(cell)
        self._after()
        seal = self.book.add_paragraph(block.seal, "Ecoval Note")
        seal.alignment = WD_ALIGN_PARAGRAPH.RIGHT

    def _picture(self, paragraph: Any, figure: Figure, width: int) -> None:
        shape = paragraph.add_run().add_picture(io.BytesIO(figure.drawing.png), width=width)
        shape._inline.docPr.set("descr", figure.alt)

    def _caption(self, block: Table | Figure, sequence: str, paragraph: Any = None) -> None:
        """Caption whose number is a field, so that it follows when a table is added by hand."""
        if paragraph is None:
            paragraph = self.book.add_paragraph()
        paragraph.style = "Caption"
        if sequence == "Figure":
            paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        else:
            paragraph.paragraph_format.keep_with_next = True
        number = NUMBER.search(block.label)
        if number:
            paragraph.add_run(block.label[: number.start()])
            _field(paragraph, f"SEQ {sequence} \\* ARABIC", number.group())
            paragraph.add_run(block.label[number.end() :] + "\u3000")
        paragraph.add_run(block.caption)

    def _grid(self, rows: int, sizes: tuple[Emu, ...], ruled: bool = True) -> Any:
        """An empty table of fixed widths."""
        table = self.book.add_table(rows, len(sizes), GRID_STYLE if ruled else "Normal Table")
        table.autofit = False
        for column, size in zip(table.columns, sizes, strict=True):
            column.width = size
        for row in table.rows:
            row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
            for cell, size in zip(row.cells, sizes, strict=True):
                cell.width = size
                cell.paragraphs[0].style = "Ecoval Cell"
        return table

    def _after(self) -> None:
        """The gap behind a table, which also parts it from the next one."""
        self.book.add_paragraph(style="Ecoval Gap")

    @staticmethod
    def _write(paragraph: Any, text: str, colour: str, size: float = 9.5, bold: bool = False) -> None:
        run = paragraph.add_run(text)
        run.font.size, run.font.color.rgb, run.font.bold = Pt(size), RGBColor.from_string(colour), bold or None


class _TableMaker:
    """Rows of a table as elements: a table of a thousand rows takes seconds otherwise."""

    def __init__(self, table: Any, sizes: list[Emu], numeric: list[bool], size: float) -> None:
        self._table, self._sizes, self._numeric = table, sizes, numeric
        self._points = round(size * 2)  # half points, as Word counts

    def header(self, headings: list[str]) -> None:
        """Headings, repeated on each page."""
        row = self._row(header=True)
        for place, text in enumerate(headings):
            row.append(self._cell(place, 1, [(line, "", True) for line in text.split("\n")], held=True))

    def row(self, row: Row, held: bool) -> None:
        """Cells of a row; the first runs over the empty ones behind it. A held row stays with the next one."""
        line, span, strong = self._row(), row.span, row.kind in STRONG
        for place, cell in enumerate(row.cells):
            if 0 < place < span:
                continue
            lines = [(cell.text, COLOURS.get(cell.look, ""), strong or cell.look == "fail")]
            if cell.note:
                lines.append((cell.note, OCHRE, False))
            indent = row.kind == "item" and not place
            line.append(self._cell(place, 1 if place else span, lines, "EEF4F1" if strong else "", indent, held))

    def _row(self, header: bool = False) -> Any:
        row = OxmlElement("w:tr")
        properties = OxmlElement("w:trPr")
        properties.append(OxmlElement("w:cantSplit"))
        if header:
            properties.append(OxmlElement("w:tblHeader"))
        row.append(properties)
        self._table.append(row)
        return row

    def _cell(
        self,
        place: int,
        span: int,
        lines: list[tuple[str, str, bool]],
        fill: str = "",
        indent: bool = False,
        held: bool = False,
    ) -> Any:
        numeric = self._numeric[place] and span == 1
        cell = deepcopy(_bare_cell(sum(self._sizes[place : place + span]) // 635, span, fill))
        for text, colour, bold in lines:
            paragraph = deepcopy(_bare_paragraph(numeric, indent, held))
            paragraph.append(deepcopy(_bare_run(self._points, colour, bold)))
            paragraph[-1][-1].text = text
            cell.append(paragraph)
        return cell


@cache
def _bare_cell(width: int, span: int, fill: str) -> Any:
    spanned = f'<w:gridSpan w:val="{span}"/>' if span > 1 else ""
    shaded = f'<w:shd w:val="clear" w:color="auto" w:fill="{fill}"/>' if fill else ""
    return parse_xml(f'<w:tc {nsdecls("w")}><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/>{spanned}{shaded}</w:tcPr></w:tc>')


@cache
def _bare_paragraph(numeric: bool, indent: bool, held: bool) -> Any:
    inner = "<w:keepNext/>" if held else ""
    inner += '<w:ind w:left="160"/>' if indent else ""
    inner += '<w:jc w:val="right"/>' if numeric else ""
    return parse_xml(f'<w:p {nsdecls("w")}><w:pPr><w:pStyle w:val="EcovalCell"/>{inner}</w:pPr></w:p>')


@cache
def _bare_run(points: int, colour: str, bold: bool) -> Any:
    look = "<w:b/>" if bold else ""
    look += f'<w:color w:val="{colour}"/>' if colour else ""
    look += f'<w:sz w:val="{points}"/><w:szCs w:val="{points}"/>'
    return parse_xml(f'<w:r {nsdecls("w")}><w:rPr>{look}</w:rPr><w:t xml:space="preserve"/></w:r>')


def _styles(book: Any, lang: str) -> None:
    """Styles of the document: those that Word has, and a few of its own, with a font for hanzi in each."""
    styles = book.styles
    latin, hanzi, headings = FONTS[lang]
    defaults = styles.element.find(qn("w:docDefaults")).find(qn("w:rPrDefault")).find(qn("w:rPr"))
    _fonts(defaults.find(qn("w:rFonts")), latin, hanzi)
    language = defaults.find(qn("w:lang"))
    language.set(qn("w:val"), "en-GB")
    language.set(qn("w:eastAsia"), "zh-CN")
    looks = (  # name, size, colour, bold, centred, before, after, font of hanzi
        ("Normal", 10.5, INK, False, False, 0, 0, hanzi),
        ("Body Text", 10.5, INK, False, False, 3, 5, hanzi),
        ("Title", 18, INK, True, True, 0, 10, headings),
        ("Subtitle", 12, GREEN, False, True, 6, 4, headings),
        ("Heading 1", 14, GREEN, True, False, 16, 6, headings),
        ("Heading 2", 11, INK, True, False, 10, 4, headings),
        ("Caption", 9, QUIET, False, False, 6, 4, headings),
        ("List Bullet", 9.5, INK, False, False, 1, 1, hanzi),
        ("Header", 8, QUIET, False, False, 0, 0, hanzi),
        ("Footer", 8, QUIET, False, True, 0, 0, hanzi),
        ("Ecoval Note", 9, QUIET, False, False, 3, 5, hanzi),
        ("Ecoval Warning", 9.5, OCHRE, False, False, 5, 5, hanzi),
        ("Ecoval Formula", 10.5, INK, False, True, 5, 5, hanzi),
        ("Ecoval Figure", 10.5, INK, False, True, 8, 2, hanzi),
        ("Ecoval Cell", SIZE, INK, False, False, 1, 1, hanzi),
        ("Ecoval Gap", 5, INK, False, False, 0, 0, hanzi),
    )
    for name, size, colour, bold, centred, before, after, font in looks:
        own = name.startswith("Ecoval")
        style = styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH) if own else styles[name]
        if own:
            style.base_style = styles["Normal"]
        style.font.size, style.font.color.rgb, style.font.bold = Pt(size), RGBColor.from_string(colour), bold
        style.font.italic = name == "Ecoval Formula"
        _fonts(style.element.get_or_add_rPr().get_or_add_rFonts(), latin, font)
        layout = style.paragraph_format
        layout.space_before, layout.space_after, layout.line_spacing = Pt(before), Pt(after), 1.0 if size <= 9 else 1.25
        if centred:
            layout.alignment = WD_ALIGN_PARAGRAPH.CENTER
    styles["Ecoval Figure"].paragraph_format.keep_with_next = True
    border = styles["Title"].element.get_or_add_pPr().find(qn("w:pBdr"))
    if border is not None:
        styles["Title"].element.pPr.remove(border)
    warning = styles["Ecoval Warning"].element.get_or_add_pPr()
    warning.insert(0, parse_xml(f'<w:pBdr {nsdecls("w")}><w:left w:val="single" w:sz="18" w:space="6" w:color="C98A1B"/></w:pBdr>'))
    for look in (_TABLE_LOOK, _GRID_LOOK):
        styles.element.append(parse_xml(look.format(ns=nsdecls("w"))))


_TABLE_LOOK = """<w:style {ns} w:type="table" w:customStyle="1" w:styleId="EcovalTable"><w:name w:val="Ecoval Table"/>
<w:basedOn w:val="TableNormal"/><w:uiPriority w:val="99"/><w:tblPr><w:tblBorders>
<w:top w:val="single" w:sz="12" w:space="0" w:color="1F5C4D"/><w:bottom w:val="single" w:sz="12" w:space="0" w:color="1F5C4D"/>
<w:insideH w:val="single" w:sz="4" w:space="0" w:color="E0E6E3"/></w:tblBorders><w:tblCellMar><w:left w:w="60" w:type="dxa"/>
<w:right w:w="60" w:type="dxa"/></w:tblCellMar></w:tblPr><w:tblStylePr w:type="firstRow"><w:rPr><w:b/></w:rPr><w:tcPr>
<w:tcBorders><w:bottom w:val="single" w:sz="6" w:space="0" w:color="1F5C4D"/></w:tcBorders><w:vAlign w:val="bottom"/></w:tcPr>
</w:tblStylePr></w:style>"""
_EDGES = "".join(
    f'<w:{edge} w:val="single" w:sz="4" w:space="0" w:color="C9D1CE"/>'
    for edge in ("top", "left", "bottom", "right", "insideH", "insideV")
)
_GRID_LOOK = f"""<w:style {{ns}} w:type="table" w:customStyle="1" w:styleId="EcovalGrid"><w:name w:val="Ecoval Grid"/>
<w:basedOn w:val="TableNormal"/><w:uiPriority w:val="99"/><w:tblPr><w:tblBorders>{_EDGES}</w:tblBorders></w:tblPr></w:style>"""


def _fonts(element: Any, latin: str, hanzi: str) -> None:
    """Name the fonts themselves, not those of a theme."""
    for attribute in list(element.attrib):
        del element.attrib[attribute]
    for attribute, font in (("ascii", latin), ("hAnsi", latin), ("cs", latin), ("eastAsia", hanzi)):
        element.set(qn(f"w:{attribute}"), font)


def _page(book: Any, document: Document) -> None:
    """A4, the title above and the number of the page below."""
    section = book.sections[0]
    section.orientation = WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = PAGE
    section.top_margin, section.bottom_margin, section.left_margin, section.right_margin = MARGINS
    header = section.header.paragraphs[0]
    header.text = f"{document.title} · {document.kind}"
    footer = section.footer.paragraphs[0]
    before, between, behind = document.pages
    footer.add_run(before)
    _field(footer, "PAGE", "1")
    footer.add_run(between)
    _field(footer, "NUMPAGES", "1")
    footer.add_run(behind)


def _field(paragraph: Any, code: str, shown: str) -> None:
    """A field that Word fills in, with what it shows until then."""
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), code)
    run = OxmlElement("w:r")
    text = OxmlElement("w:t")
    text.text = shown
    run.append(text)
    field.append(run)
    paragraph._p.append(field)


def _shade(cell: Any, fill: str) -> None:
    cell._tc.get_or_add_tcPr().append(parse_xml(f'<w:shd {nsdecls("w")} w:val="clear" w:color="auto" w:fill="{fill}"/>'))


def _underline(cell: Any) -> None:
    line = f'<w:tcBorders {nsdecls("w")}><w:bottom w:val="single" w:sz="4" w:color="{INK}"/></w:tcBorders>'
    cell._tc.get_or_add_tcPr().append(parse_xml(line))
