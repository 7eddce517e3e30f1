import io
import re

import pypdf
import pytest

from ecoval.errors import InputError
from ecoval.report import render, typesetting
from ecoval.report.html import html_report
from ecoval.report.reading import blocks_of
from ecoval.report.typesetting import for_paper, report_pdf, typeset

CONTENT = {"lang": "zh", "title": "临澜县", "kind": "报告", "page_of": ["第", "页共", "页"]}


def squeezed(text):
    return re.sub(r"[\s\u200b]+", "", text)


def read(data):
    return [squeezed(page.extract_text()) for page in pypdf.PdfReader(io.BytesIO(data)).pages]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_pdf_of_a_report_has_the_tables_of_its_page(run, lang):
    pages = read(report_pdf(run, lang))
    text = "".join(pages)
    for block in blocks_of(html_report(run, lang)):
        for row in block.get("rows", []) if block["kind"] == "table" else []:
            for cell in row:
                assert squeezed(cell["t"]) in text, cell
        if block["kind"] in ("heading", "sub", "text"):
            assert squeezed(block["text"]) in text
    assert all(len(page) > 60 for page in pages)


def test_report_pdf_is_written_beside_the_page(run_folder):
    path = run_folder / "report.pdf"
    assert render(run_folder, ("pdf",), "zh") == [path]
    assert path.read_bytes().startswith(b"%PDF")
    path.unlink()


def test_a_user_s_text_is_never_markup():
    nasty = '#panic("x") $ a $ *b* _c_ @d <e> `f` \\ // = - + [g] ~ "h"'
    blocks = [
        {"kind": "text", "look": "plain", "text": nasty},
        {"kind": "list", "items": [nasty]},
        {"kind": "pairs", "rows": [["k", nasty, False]]},
        {
            "kind": "table",
            "caption": nasty,
            "note": "",
            "columns": [{"label": "c", "num": False, "wide": 1}],
            "rows": [[{"t": nasty, "c": ""}]],
        },
    ]
    text = "".join(read(typeset(CONTENT | {"blocks": blocks}, None)))
    assert text.count(squeezed(nasty)) == 5


def test_characters_that_the_packaged_font_lacks_are_still_set():
    blocks = [{"kind": "text", "look": "plain", "text": "✔ ✘ 值"}]
    data = typeset(CONTENT | {"blocks": blocks}, "2026-01-02T03:04:05+08:00")
    assert "✔✘值" in "".join(read(data))
    assert data == typeset(CONTENT | {"blocks": blocks}, "2026-01-02T03:04:05+08:00")


def test_what_cannot_be_set_is_an_error_with_its_reason():
    with pytest.raises(InputError, match="could not be set") as caught:
        typeset(CONTENT | {"blocks": [{"kind": "figure", "svg": "<svg", "caption": "", "half": False}]}, None)
    assert caught.value.code == "statement_not_set"


def test_labels_of_a_map_have_a_rim_on_paper():
    text = for_paper(
        f'<svg viewBox="0 0 1 1"><g id="s0m-rim3"><text style="font: 8px {typesetting.SCREEN_FONTS}">a</text></g></svg>'
    )
    assert 'style="paint-order:stroke' in text
    assert "'Ecoval Sans'" in text
    assert text.count("http://www.w3.org/2000/svg") == 1
