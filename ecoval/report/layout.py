"""Widths of the columns of a table, so that no column is narrower than its longest word."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import cache

from ecoval.document import Cell, Column, Table

LONGEST_WORD = 22  # letters beyond which a word may be broken
FEWEST = 4  # letters of the narrowest column
ROOM = 2  # letters of the gap between two columns
INDENT = 2  # letters before the name of an item
LINES, TALL = 4, 24  # lines that a cell should not pass, and letters up to which its column is widened for it
SMALLER = 0.88  # scale of the letters down to which cells are kept in one line
WISH = 60  # letters beyond which a column need not grow
NUMBER = re.compile(r"[\d±+−-]")
MEASURED = 400  # rows from which the widths are taken


@cache
def letters(text: str) -> int:
    """Width of a text in letters; a hanzi is two, three capitals are four."""
    if text.isascii():
        return len(text) + sum(map(str.isupper, text)) // 3
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)


def widths(table: Table, line: int) -> tuple[list[float], float]:
    """Shares of the line that the columns take, and the scale of the letters at which all of them can be read.

    Parameters
    ----------
    line : letters of a line at the usual size

    Returns
    -------
    shares add up to 1; the scale is at most 1.
    """
    needs, wishes = [], []
    for place, column in enumerate(table.columns):
        rows = [row for row in table.rows[:MEASURED] if place or row.span == 1]
        room = ROOM + (INDENT if not place and any(row.kind == "item" for row in rows) else 0)
        need, wish = _column(column, [line for row in rows for line in _lines(row.cells[place])])
        need = max([need, *(letters(row.cells[place].text) for row in rows if row.cells[place].look in ("ok", "fail"))])
        needs.append(need + room)
        wishes.append(max(wish, need) + room)
    scale = min(1.0, line / sum(needs), max(line / sum(wishes), SMALLER))
    spare = line / scale - sum(needs)
    more = sum(wishes) - sum(needs)
    if spare <= more:
        taken = [need + (spare * (wish - need) / more if more else 0.0) for need, wish in zip(needs, wishes, strict=True)]
    else:  # what is left over goes to the columns of text, in proportion
        weights = [0.35 * wish if column.numeric else wish for column, wish in zip(table.columns, wishes, strict=True)]
        taken = [wish + (spare - more) * weight / sum(weights) for wish, weight in zip(wishes, weights, strict=True)]
    return [part / sum(taken) for part in taken], scale


def _lines(cell: Cell) -> Sequence[str]:
    return [*cell.text.split("\n"), *cell.note.split("\n")] if cell.note else cell.text.split("\n")


def _column(column: Column, texts: Sequence[str]) -> tuple[int, int]:
    """Letters that a column needs and that it would take in one line."""
    heads = column.heading.split("\n")
    if column.numeric:  # words among the numbers may be broken
        need = max((letters(text) if NUMBER.match(text) else longest_part(text, 6) for text in texts), default=0)
        need = max(need, column.width, FEWEST, *(longest_part(head, 8) for head in heads))
        return need, max(need, *map(letters, heads))
    need = max((max(longest_part(text, 8), min(letters(text) // LINES, TALL)) for text in {*texts, *heads}), default=0)
    wish = max((letters(text) for text in {*texts, *heads}), default=0)
    return max(need, column.width, FEWEST), min(max(wish, column.width), WISH)


def longest_part(text: str, hanzi: int) -> int:
    """Longest part of a text that should not be broken: a word, or a few hanzi."""
    longest = 0
    for word in re.split(r"[\s/·、，：]+", text):
        wide = letters(word)
        longest = max(longest, min(wide, LONGEST_WORD) if word.isascii() else min(wide, hanzi))
    return longest
