"""A document as HTML: one file, readable without a network, text of its figures as text."""

from functools import cache
from importlib import resources

import jinja2

from ecoval.document import Document
from ecoval.report.layout import letters, widths

LINE_LETTERS = 105  # letters of a line of a table


def set_html(document: Document) -> bytes:
    """HTML of a document; the same document makes the same bytes."""
    page = _page().render(document=document.read_as("page"), css=_template("document.css"))
    return page.encode("utf-8")


@cache
def _page() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(_template), autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True
    )
    environment.filters["width"] = letters
    environment.globals["widths"] = lambda table: widths(table, LINE_LETTERS)
    return environment.get_template("document.html.j2")


def _template(file: str) -> str:
    return resources.files("ecoval").joinpath("report", "templates", file).read_text(encoding="utf-8")
