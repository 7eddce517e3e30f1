"""A document before it is set: a title and chapters of blocks, in one language, without a word of how or into what it is set.

A cell is read and computed with: its text is what a page shows, its value what a sheet holds, with all digits. A block or column
is for the page, for the sheet, or for both; what is for both is declared once.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass, replace
from typing import Literal, Protocol

Value = str | float | None
Lang = Literal["zh", "en"]
Reading = Literal["page", "sheet"]
Medium = Literal["page", "sheet", "both"]
Look = Literal["", "ok", "fail", "none", "code", "doubt", "example", "quiet"]
Tone = Literal["plain", "quiet", "warn", "formula"]
Kind = Literal["plain", "item", "group", "category", "total", "sum"]
STRONG: tuple[Kind, ...] = ("category", "total", "sum")
SUBTOTALS: tuple[Kind, ...] = ("group", "category", "total")  # their label runs over the empty cells behind it


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table.

    `unit` stands under the title; where the caption states it for the whole table (`stated`), a page does not repeat it.
    `decimals` are the least and most of a number on a sheet; None: as it is. `width` is a hint: the least number of letters (a
    hanzi is two) in which the column can be read, 0 where its cells say it.
    """

    key: str
    title: str
    unit: str = ""
    stated: bool = False
    numeric: bool = False
    decimals: tuple[int, int] | None = None
    width: int = 0
    medium: Medium = "both"

    @property
    def heading(self) -> str:
        """What stands above the column on a page: the title with a capital, its unit in a second line."""
        title = self.title[:1].upper() + self.title[1:]
        return f"{title}\n{self.unit}" if self.unit and not self.stated else title


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell: text of a page, value of a sheet (None: empty), and what a page says under it."""

    text: str
    value: Value = None
    look: Look = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """Cells of a row, one per column; the kind says how it stands out."""

    cells: tuple[Cell, ...]
    kind: Kind = "plain"

    @property
    def span(self) -> int:
        """Columns over which the first cell runs."""
        if self.kind not in SUBTOTALS:
            return 1
        return next((place for place, cell in enumerate(self.cells[1:], start=1) if cell.text), len(self.cells))


@dataclass(frozen=True, slots=True)
class Table:
    """A table: `label` is its number in words, `heads` the columns that name a row.

    On a sheet, `lead` are the lines above its header and `sheet` is the name; the caption where it is empty.
    """

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    caption: str = ""
    label: str = ""
    note: str = ""
    medium: Medium = "both"
    heads: int = 0
    sheet: str = ""
    lead: tuple[str, ...] = ()
    filtered: bool = False

    def read_as(self, reading: Reading) -> Table:
        """The table with the columns of a reading alone."""
        places = [place for place, column in enumerate(self.columns) if column.medium in (reading, "both")]
        rows = tuple(replace(row, cells=tuple(row.cells[place] for place in places)) for row in self.rows)
        return replace(
            self,
            columns=tuple(self.columns[place] for place in places),
            rows=rows,
            heads=sum(place < self.heads for place in places),
        )


class Drawing(Protocol):
    """A picture that is drawn when it is needed."""

    @property
    def svg(self) -> str:
        """An element with text as text, identifiers of its own, and nothing that is loaded."""

    @property
    def png(self) -> bytes:
        """Pixels for paper."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture with its caption; `half` where two stand side by side."""

    drawing: Drawing
    caption: str
    label: str = ""
    half: bool = False

    @property
    def alt(self) -> str:
        """What stands for the picture where it is not seen."""
        return f"{self.label} {self.caption}".strip()


@dataclass(frozen=True, slots=True)
class Heading:
    """Heading of a part of a chapter."""

    text: str


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph."""

    text: str
    tone: Tone = "plain"


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    texts: tuple[str, ...]
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """Labels with their values; an empty value is a line to be filled in by hand."""

    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class KeyFigure:
    """A number or word that stands out, its unit behind it and what restricts it below."""

    label: str
    text: str
    unit: str = ""
    note: str = ""
    valued: bool = True


@dataclass(frozen=True, slots=True)
class KeyFigures:
    """Key figures, the first above the others; a verdict where the look is that of an answer."""

    figures: tuple[KeyFigure, ...]
    look: Look = ""


@dataclass(frozen=True, slots=True)
class Signatures:
    """Lines to sign."""

    people: tuple[str, ...]
    date: str
    seal: str


Block = Table | Figure | Heading | Text | Items | Facts | KeyFigures | Signatures


@dataclass(frozen=True, slots=True)
class Chapter:
    """A chapter with its number in the title."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A document in one language.

    `kind` says what kind of document it is; `opening` stands before the first chapter; `pages` are the words before, between and
    behind the number of a page and that of all pages; `finished` is when what it tells of was computed: the date of the file.
    """

    lang: Lang
    title: str
    kind: str
    chapters: tuple[Chapter, ...]
    opening: tuple[Block, ...] = ()
    foot: str = ""
    pages: tuple[str, str, str] = ("", " / ", "")
    finished: datetime.datetime | None = None

    @property
    def blocks(self) -> tuple[Block, ...]:
        """All blocks in their order, without the titles of the chapters."""
        return (*self.opening, *(block for chapter in self.chapters for block in chapter.blocks))

    @property
    def tables(self) -> tuple[Table, ...]:
        """All tables in their order."""
        return tuple(block for block in self.blocks if isinstance(block, Table))

    def read_as(self, reading: Reading) -> Document:
        """The document with the tables and columns of a reading alone."""

        def read(blocks: tuple[Block, ...]) -> tuple[Block, ...]:
            here = (block for block in blocks if not isinstance(block, Table) or block.medium in (reading, "both"))
            return tuple(block.read_as(reading) if isinstance(block, Table) else block for block in here)

        chapters = tuple(replace(chapter, blocks=read(chapter.blocks)) for chapter in self.chapters)
        return replace(self, opening=read(self.opening), chapters=chapters)
