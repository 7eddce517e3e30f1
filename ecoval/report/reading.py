"""The report page read back as blocks, so that its PDF has the very tables and sentences of its HTML."""

import re
from html.parser import HTMLParser

SPACED = ("br", "small", "p", "dd", "div")
GATHERED = ("h1", "h2", "h3", "p", "li", "caption", "th", "td", "dt", "dd", "figcaption", "footer")
MANY = 8  # columns beyond which each is as wide as its words
WIDE = 1.6  # part of the width that the first column of a table takes


def blocks_of(page):
    """Blocks of a page of `html_report`, in its order.

    Parameters
    ----------
    page : text

    Returns
    -------
    table (kind, ...)
        As a list of dictionaries: heading, sub, text, list, pairs, table, figure.
    """
    figures = re.findall(r"<svg\b.*?</svg>", page, flags=re.DOTALL)
    body = page[page.index("<main>") :]
    reader = _Reader()
    reader.feed(re.sub(r"<svg\b.*?</svg>", "<img>", body, flags=re.DOTALL))
    reader.close()
    drawn = iter(figures)
    return [{**block, "svg": next(drawn)} if block["kind"] == "figure" else block for block in reader.blocks]


class _Reader(HTMLParser):
    """Takes the few elements of the template of the report; what it does not know is text."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.blocks, self._text, self._open, self._attributes = [], [], [], {}
        self._table = self._row = self._items = self._pairs = None

    def handle_starttag(self, tag, attrs):
        """Open a table, a row, a list, or text to be gathered."""
        attributes = dict(attrs)
        if tag == "table":
            self._table = {"kind": "table", "caption": "", "columns": [], "rows": [], "note": ""}
        elif tag == "tr":
            self._row = {"cells": [], "class": attributes.get("class", "")}
        elif tag == "ul":
            self._items = []
        elif tag == "dl":
            self._pairs = []
        elif tag == "figure":
            self.blocks.append({"kind": "figure", "caption": "", "half": False})
        if tag in GATHERED and not (self._open and tag == "p" and self._pairs is not None):
            self._open.append(tag)
            self._attributes, self._text = attributes, []
        elif tag in SPACED and self._text:
            inline = tag == "small" and self._open and self._open[-1] == "dd"  # the unit behind a figure
            self._text.append(" " if inline else "\n")

    def handle_endtag(self, tag):
        """Close what was open and keep it."""
        if self._open and tag == self._open[-1]:
            self._open.pop()
            lines = (re.sub(r"\s+", " ", line).strip() for line in "".join(self._text).split("\n"))
            self._keep(tag, "\n".join(line for line in lines if line), self._attributes)
            self._text = []
        elif tag == "tr" and self._row is not None:
            self._keep_row()
        elif tag == "table":
            self.blocks.append(self._table)
            self._table = None
        elif tag == "ul":
            self.blocks.append({"kind": "list", "items": self._items})
            self._items = None
        elif tag == "dl":
            self.blocks.append({"kind": "pairs", "rows": [[*row, False] for row in self._pairs]})
            self._pairs = None

    def handle_data(self, data):
        """Gather text."""
        if self._open:
            self._text.append(re.sub(r"\s+", " ", data))

    def _keep(self, tag, text, attributes):
        if tag in ("th", "td"):
            self._row["cells"].append((text, attributes))
        elif tag == "caption":
            self._table["caption"] = text
        elif tag == "li":
            self._items.append(text)
        elif tag == "dt":
            self._pairs.append([text, ""])
        elif tag == "dd":
            self._pairs[-1][1] = text
        elif tag == "figcaption":
            self.blocks[-1]["caption"] = text
        elif tag in ("h2", "h3"):
            self.blocks.append({"kind": "heading" if tag == "h2" else "sub", "text": text})
        elif tag == "p" and self._pairs:
            self._pairs[-1][1] += f"\n{text}"
        elif tag in ("p", "footer") and text and attributes.get("class") != "kind":
            look = {"statement": "warn", "quiet": "quiet"}.get(attributes.get("class", ""), "plain")
            self.blocks.append({"kind": "text", "look": "quiet" if tag == "footer" else look, "text": text})

    def _keep_row(self):
        cells = self._row["cells"]
        if not self._table["columns"]:
            self._table["columns"] = [
                {"label": text, "num": attributes.get("class") == "num", "wide": 0 if place or len(cells) > MANY else WIDE}
                for place, (text, attributes) in enumerate(cells)
            ]
        else:
            row = [_cell(text, attributes) for text, attributes in cells]
            row[0]["strong"] = self._row["class"] in ("sum", "total", "category")
            self._table["rows"].append(row)
        self._row = None


def _cell(text, attributes):
    made = {"t": text, "c": "num" if attributes.get("class") == "num" else ""}
    return made | {"span": int(attributes["colspan"])} if "colspan" in attributes else made
