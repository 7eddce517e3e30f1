"""A document as PDF, set by Typst: fonts embedded, text as text, headings of tables repeated, page numbers; nothing is loaded.

All text goes in as JSON strings, never as markup, so that a name with signs of the typesetter stays a name.
"""

from __future__ import annotations

import dataclasses
import datetime
import json
import re
from collections.abc import Iterable, Sequence
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import matplotlib as mpl
import typst

from ecoval.document import Block, Document, Facts, Figure, Row, Table
from ecoval.errors import InputError
from ecoval.report.figures import SCREEN_FONTS
from ecoval.report.fonts import LAST, PACKAGED
from ecoval.report.layout import letters, widths

RIM = "paint-order:stroke;stroke:#fff;stroke-width:2.2px;stroke-linejoin:round"
LINE_LETTERS = 100  # letters of a line of a table at its usual size
LONGEST = 34  # letters of a value that stands beside another one


def set_pdf(document: Document) -> bytes:
    """PDF of a document; the same document makes the same bytes where it says when its run ended.

    Raises
    ------
    InputError
        For what the typesetter cannot set.
    """
    document = document.read_as("page")
    content = {
        "lang": document.lang,
        "title": document.title,
        "kind": document.kind,
        "pages": document.pages,
        "foot": document.foot,
        "opening": _blocks(document.opening),
        "chapters": [{"title": chapter.title, "blocks": _blocks(chapter.blocks)} for chapter in document.chapters],
    }
    template = resources.files("ecoval").joinpath("report", "templates", "document.typ")
    moment = document.finished or datetime.datetime.now(tz=datetime.UTC)
    try:
        return typst.compile(
            template.read_bytes(),
            format="pdf",
            font_paths=_fonts(),
            sys_inputs={"data": json.dumps(content, ensure_ascii=False), "fonts": json.dumps([PACKAGED, LAST])},
            timestamp=moment.replace(microsecond=0, tzinfo=datetime.UTC),
        )
    except typst.TypstError as error:
        raise InputError("statement_not_set", title=document.title, reason=str(error)) from error


@cache
def _fonts() -> typst.Fonts:
    """The packaged font, that of matplotlib, and behind them those of the machine."""
    packaged = Path(str(resources.files("ecoval").joinpath("data", "fonts")))
    return typst.Fonts(font_paths=[packaged, Path(mpl.get_data_path()) / "fonts" / "ttf"])


def for_paper(svg: str) -> str:
    """A figure of a page for the PDF: in the packaged font, with the rims that a page has from its style sheet."""
    text = svg.replace(SCREEN_FONTS, f"'{PACKAGED}','{LAST}'")
    text = re.sub(r'(<g id="[\w-]+-rim\d+")', rf'\1 style="{RIM}"', text)
    return text.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)


def _blocks(blocks: Iterable[Block]) -> list[dict[str, Any]]:
    """Blocks as the template takes them, half-wide figures that follow one another in pairs."""
    content: list[dict[str, Any]] = []
    halves: list[dict[str, Any]] = []
    for block in (*blocks, None):
        if isinstance(block, Figure) and block.half:
            halves.append(_figure(block))
            continue
        content += [{"kind": "Row", "figures": halves[place : place + 2]} for place in range(0, len(halves), 2)]
        halves = []
        if block is not None:
            content.append(_block(block))
    return content


def _block(block: Block) -> dict[str, Any]:
    if isinstance(block, Table):
        return _table(block)
    if isinstance(block, Figure):
        return _figure(block)
    if isinstance(block, Facts):
        return {"kind": "Facts", "rows": [[label, value, letters(value) > LONGEST] for label, value in block.rows]}
    return {"kind": type(block).__name__, **dataclasses.asdict(block)}


def _figure(block: Figure) -> dict[str, Any]:
    return {"kind": "Figure", "svg": for_paper(block.drawing.svg), "caption": _captioned(block)}


def _table(block: Table) -> dict[str, Any]:
    shares, scale = widths(block, LINE_LETTERS)
    numeric = [column.numeric for column in block.columns]
    return {
        "kind": "Table",
        "caption": _captioned(block),
        "note": block.note,
        "headings": [column.heading for column in block.columns],
        "numeric": numeric,
        "widths": [round(share, 4) for share in shares],
        "scale": round(scale, 3),
        "rows": [{"kind": row.kind, "cells": _cells(row, numeric)} for row in block.rows],
    }


def _cells(row: Row, numeric: Sequence[bool]) -> list[dict[str, Any]]:
    """Cells of a row, without those that the first one runs over."""
    span = row.span
    places = [0, *range(span, len(row.cells))]
    return [
        {
            "text": row.cells[place].text,
            "look": row.cells[place].look,
            "note": row.cells[place].note,
            "num": numeric[place],
            "span": 1 if place else span,
        }
        for place in places
    ]


def _captioned(block: Table | Figure) -> str:
    return f"{block.label}\u3000{block.caption}" if block.label else block.caption
