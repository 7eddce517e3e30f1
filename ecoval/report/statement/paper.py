"""A statement as PDF: its blocks with their figures drawn, half-wide figures in pairs."""

from ecoval.report.figures import svg_text
from ecoval.report.typesetting import for_paper, typeset


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
    return typeset(content, document.finished)


def _drawn(block):
    """Figure block with its drawing as SVG, in the fonts of the page."""
    kept = {key: value for key, value in block.items() if key != "figure"}
    return {**kept, "svg": for_paper(svg_text(block["figure"], f"f{block['number']}"))}


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
