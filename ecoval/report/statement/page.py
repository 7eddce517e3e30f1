"""A statement as one HTML file: styles and figures inside, text escaped, nothing loaded."""

from importlib import resources

import jinja2

from ecoval.report.figures import svg_text


def page(document):
    """HTML of a statement.

    Parameters
    ----------
    document : Document

    Returns
    -------
    text
    """
    environment = jinja2.Environment(loader=jinja2.FunctionLoader(_template), autoescape=True, undefined=jinja2.StrictUndefined)
    blocks = [_drawn(block) if block["kind"] == "figure" else block for block in document.blocks]
    return environment.get_template("statement.html.j2").render(
        lang=document.lang,
        title=document.title,
        kind=document.w("statement_title"),
        css=_template("report.css") + _template("statement.css"),
        blocks=blocks,
        foot=document.w("foot"),
    )


def _drawn(block):
    return {**block, "svg": svg_text(block["figure"], f"f{block['number']}")}


def _template(file):
    return resources.files("ecoval").joinpath("report", "templates", file).read_text(encoding="utf-8")
