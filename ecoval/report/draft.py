"""A document under way: chapters are begun, blocks added, tables and figures counted; at the end it is frozen."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import replace

from ecoval.document import Block, Chapter, Document, Drawing, Facts, Figure, Heading, Items, Lang, Table, Text, Tone
from ecoval.report.wording import word


class Draft:
    """Blocks in the order in which they are read."""

    def __init__(self, lang: Lang, title: str, kind: str) -> None:
        self.lang = lang
        self.title = title
        self.kind = kind
        self._opening: list[Block] = []
        self._chapters: list[tuple[str, list[Block]]] = []
        self._counts = dict.fromkeys(("chapter", "part", "table", "figure"), 0)

    def chapter(self, title: str) -> None:
        """Begin a chapter."""
        number = self._count("chapter")
        self._counts["part"] = 0
        self._chapters.append((self._chapter_mark(number) + title, []))

    def part(self, title: str) -> None:
        """Begin a part of a chapter."""
        self.add(Heading(self._part_mark(self._count("part")) + title))

    def say(self, text: str, tone: Tone = "plain") -> None:
        """A paragraph, where there is something to say."""
        if text:
            self.add(Text(str(text), tone))

    def listed(self, texts: Iterable[object], quiet: bool = False) -> None:
        """A list of what there is of the texts."""
        items = tuple(str(text) for text in texts if text)
        if items:
            self.add(Items(items, quiet))

    def facts(self, rows: Iterable[tuple[str, str]]) -> None:
        """Labels with their values."""
        self.add(Facts(tuple(rows)))

    def table(self, table: Table) -> None:
        """A table with its number, which one for the sheet alone has not."""
        if table.medium != "sheet":
            table = replace(table, label=word("table", self.lang, number=self._count("table")))
        self.add(table)

    def figure(self, drawing: Drawing, caption: str, half: bool = False) -> None:
        """A figure with its number."""
        self.add(Figure(drawing, caption, word("figure", self.lang, number=self._count("figure")), half))

    def add(self, block: Block) -> None:
        """Any other block."""
        (self._chapters[-1][1] if self._chapters else self._opening).append(block)

    def document(self, finished: object, foot: str) -> Document:
        """The document as it stands.

        Parameters
        ----------
        finished : text
            When the run ended, as run.json says it.
        """
        before, between, behind = word("page_of", self.lang, page="\0", pages="\0").split("\0")
        return Document(
            lang=self.lang,
            title=self.title,
            kind=self.kind,
            chapters=tuple(Chapter(title, tuple(blocks)) for title, blocks in self._chapters),
            opening=tuple(self._opening),
            foot=foot,
            pages=(before, between, behind),
            finished=moment(finished),
        )

    def _chapter_mark(self, number: int) -> str:
        return f"{number} "

    def _part_mark(self, number: int) -> str:  # noqa: ARG002
        return ""

    def _count(self, what: str) -> int:
        self._counts[what] += 1
        return self._counts[what]


def moment(text: object) -> datetime.datetime | None:
    """When a run ended, of run.json; None where it does not say."""
    try:
        return datetime.datetime.fromisoformat(str(text)).replace(microsecond=0)
    except ValueError:
        return None
