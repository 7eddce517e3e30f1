"""A statement as PDF, set by Typst: fonts embedded, text as text, headings of tables repeated, page numbers; nothing is loaded.

All text goes in as JSON strings, never as markup, so that a name with signs of the typesetter stays a name.
"""

import datetime
import json
import re
from importlib import resources
from pathlib import Path

import matplotlib as mpl
import typst

from ecoval.errors import InputError
from ecoval.report.figures import SCREEN_FONTS, svg_text
from ecoval.report.fonts import LAST, PACKAGED

RIM = "paint-order:stroke;stroke:#fff;stroke-width:2.2px;stroke-linejoin:round"


def paper(document):
    """PDF of a statement.

    Parameters
    ----------
    document : Document

    Returns
    -------
    bytes
    """
    content = {
        "lang": document.lang,
        "title": document.title,
        "kind": document.w("statement_title"),
        "page_of": [document.w("page_before"), document.w("page_between"), document.w("page_after")],
        "blocks": _joined([_drawn(block) if block["kind"] == "figure" else block for block in document.blocks]),
    }
    folder = resources.files("ecoval").joinpath("report", "templates", "statement.typ")
    with resources.as_file(resources.files("ecoval").joinpath("data", "fonts")) as fonts:
        try:
            return typst.compile(
                folder.read_bytes(),
                format="pdf",
                font_paths=[str(fonts), str(Path(mpl.get_data_path()) / "fonts" / "ttf")],
                sys_inputs={"data": json.dumps(content, ensure_ascii=False), "fonts": json.dumps([PACKAGED, LAST])},
                timestamp=_moment(document.finished),
            )
        except typst.TypstError as error:
            raise InputError("statement_not_set", title=document.title, reason=str(error)) from error


def _moment(text):
    """When the run ended, so that the same run makes the same file; now, where that is not known."""
    try:
        moment = datetime.datetime.fromisoformat(text)
    except (TypeError, ValueError):
        moment = datetime.datetime.now(tz=datetime.UTC)
    return moment.replace(microsecond=0, tzinfo=datetime.UTC)


def _drawn(block):
    """Figure block with its drawing as SVG, in the fonts of the page."""
    text = svg_text(block["figure"], f"f{block['number']}").replace(SCREEN_FONTS, f"'{PACKAGED}','{LAST}'")
    text = re.sub(r'(<g id="f\d+-rim\d+")', rf'\1 style="{RIM}"', text)
    text = text.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
    return {**{key: value for key, value in block.items() if key != "figure"}, "svg": text}


def _joined(blocks):
    """Half-wide figures that follow one another, in pairs."""
    made, pending = [], []
    for block in [*blocks, None]:
        if block and block["kind"] == "figure" and block["half"]:
            pending.append(block)
            continue
        made += [{"kind": "row", "figures": pending[place : place + 2]} for place in range(0, len(pending), 2)]
        pending = []
        if block:
            made.append(block)
    return made
