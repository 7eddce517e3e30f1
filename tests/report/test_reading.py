import html
import re

import pytest

from ecoval.report.html import html_report
from ecoval.report.reading import blocks_of


@pytest.fixture(scope="module")
def page(run):
    return html_report(run, "en")


def test_each_table_keeps_its_rows_and_cells(page):
    tables = [block for block in blocks_of(page) if block["kind"] == "table"]
    sources = re.findall(r"<table>(.*?)</table>", page, flags=re.DOTALL)
    assert len(tables) == len(sources) >= 8
    for table, source in zip(tables, sources, strict=True):
        body = source.split("<tbody>")[1]
        assert len(table["rows"]) == len(re.findall(r"<tr\b", body))
        assert sum(len(row) for row in table["rows"]) == len(re.findall(r"<t[dh]\b", body))
        widths = {sum(cell.get("span", 1) for cell in row) for row in table["rows"]}
        assert widths <= {len(table["columns"])}


def test_every_word_of_the_page_is_in_a_block_and_in_its_order(page):
    def words(value):
        if isinstance(value, dict):
            return " ".join(words(part) for key, part in value.items() if key not in ("kind", "svg", "look", "c"))
        if isinstance(value, list):
            return " ".join(map(words, value))
        return value if isinstance(value, str) else ""

    body = re.sub(r"<svg\b.*?</svg>", " ", page[page.index("</header>") :], flags=re.DOTALL)
    seen = html.unescape(re.sub(r"<[^>]+>", " ", body))
    read = "".join(words(blocks_of(page)).split())
    for word in set(seen.split()):
        assert word in read, word


def test_figures_keep_their_drawings(page):
    figures = [block for block in blocks_of(page) if block["kind"] == "figure"]
    assert len(figures) == page.count("<figure") >= 2
    assert all(block["svg"].startswith("<svg") and block["caption"].startswith("Figure") for block in figures)


def test_signs_of_markup_stay_text():
    page = "<main><h2>a &lt;b&gt; &amp; c</h2><p class='quiet'>x<br>y</p><ul><li>1 <code>2</code></li></ul></main>"
    assert blocks_of(page) == [
        {"kind": "heading", "text": "a <b> & c"},
        {"kind": "text", "look": "quiet", "text": "x\ny"},
        {"kind": "list", "items": ["1 2"]},
    ]
