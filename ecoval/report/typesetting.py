"""PDF from blocks, set by Typst: fonts embedded, text as text, headings of tables repeated, page numbers; nothing is loaded.

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
from ecoval.report.figures import SCREEN_FONTS
from ecoval.report.fonts import LAST, PACKAGED

RIM = "paint-order:stroke;stroke:#fff;stroke-width:2.2px;stroke-linejoin:round"


def typeset(content, finished):
    """PDF of a document.

    Parameters
    ----------
    content : table (key, value)
        lang, title, kind (of document), page_of (words around the page numbers), blocks.
    finished : text
        When the run ended: the date in the file.

    Returns
    -------
    bytes

    Raises
    ------
    InputError
        For what the typesetter cannot set.
    """
    template = resources.files("ecoval").joinpath("report", "templates", "statement.typ")
    with resources.as_file(resources.files("ecoval").joinpath("data", "fonts")) as fonts:
        try:
            return typst.compile(
                template.read_bytes(),
                format="pdf",
                font_paths=[str(fonts), str(Path(mpl.get_data_path()) / "fonts" / "ttf")],
                sys_inputs={"data": json.dumps(content, ensure_ascii=False), "fonts": json.dumps([PACKAGED, LAST])},
                timestamp=_moment(finished),
            )
        except typst.TypstError as error:
            raise InputError("statement_not_set", title=content["title"], reason=str(error)) from error


def for_paper(svg):
    """A figure of a page for the PDF: in the packaged font, with the rims that a page has from its style sheet.

    Parameters
    ----------
    svg : text

    Returns
    -------
    text
    """
    text = svg.replace(SCREEN_FONTS, f"'{PACKAGED}','{LAST}'")
    text = re.sub(r'(<g id="[\w-]+-rim\d+")', rf'\1 style="{RIM}"', text)
    return text.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)


def _moment(text):
    """When the run ended, so that the same run makes the same file; now, where that is not known."""
    try:
        moment = datetime.datetime.fromisoformat(text)
    except (TypeError, ValueError):
        moment = datetime.datetime.now(tz=datetime.UTC)
    return moment.replace(microsecond=0, tzinfo=datetime.UTC)


def report_pdf(run, lang="zh", money="亿元", area="km2"):
    """Report of a run as PDF, with the tables of its HTML.

    Parameters
    ----------
    run : RunFiles
    lang : choice {zh, en}
    money : choice {元, 万元, 亿元}
    area : choice {ha, km2, 亩}

    Returns
    -------
    bytes
    """
    from ecoval.report.html import html_report
    from ecoval.report.reading import blocks_of
    from ecoval.report.statement.document import phrase
    from ecoval.report.wording import word

    blocks = blocks_of(html_report(run, lang, money, area))
    content = {
        "lang": lang,
        "title": str(run.record.get("name", "")),
        "kind": word("report_title", lang),
        "page_of": [phrase(key, lang) for key in ("page_before", "page_between", "page_after")],
        "blocks": [{**block, "svg": for_paper(block["svg"])} if "svg" in block else block for block in blocks],
    }
    return typeset(content, run.record.get("finished"))
