"""The statement of a run folder as files: statement.html and .pdf in the language of the run, statement_<lang> beside them."""

import math
from pathlib import Path

from ecoval.errors import InputError
from ecoval.files import written_beside
from ecoval.report.statement import balances, evidence, opening, steps
from ecoval.report.statement.document import Document
from ecoval.report.statement.files import read_statement
from ecoval.report.statement.workbook import write_book
from ecoval.report.wording import LANGUAGES
from ecoval.terms import nearest

FORMATS = ("html", "pdf", "xlsx")
TEN_THOUSANDS = 1e6  # CNY from which money is written in 万元
PARTS = (
    *(opening.title_block, opening.conclusion, steps.statutory, steps.avoid, steps.minimise, steps.loss, steps.compensate),
    *(balances.balances, evidence.rules, evidence.assumptions, evidence.numbers, evidence.checks, evidence.inputs),
    evidence.signatures,
)


def write(folder, langs=("zh", "en"), formats=("html", "pdf"), record=None):
    """Write the statement of an offset balance into its run folder.

    Parameters
    ----------
    folder : text
    langs : choice {zh, en}
        Each language to write; that of the run is statement.html, another one statement_<lang>.html.
    formats : choice {html, pdf, xlsx}
        The workbook holds the tables, a sheet each.
    record : table (key, value)
        Content of run.json where it is not written yet.

    Returns
    -------
    vector (files)
        Paths of what was written.

    Raises
    ------
    InputError
        For a folder without an assessment, an unknown language or format, and a disk that takes no file.
    """
    langs = (langs,) if isinstance(langs, str) else tuple(langs)
    for option, given, choices in (("lang", langs, LANGUAGES), ("format", formats, FORMATS)):
        for entry in given:
            if entry not in choices:
                found = {"option": option, "given": entry, "choices": ", ".join(choices), "nearest": nearest(entry, choices)}
                raise InputError("report_option_unknown", **found)
    files = read_statement(folder, record)
    main = language(files, langs)
    written = []
    for lang in langs:
        document = made(files, lang)
        for given in formats:
            path = files.folder / (f"statement.{given}" if lang == main else f"statement_{lang}.{given}")
            with written_beside(path) as part:
                if given == "html":
                    part.write_text(_page(document), encoding="utf-8", newline="\n")
                elif given == "pdf":
                    part.write_bytes(_paper(document))
                else:
                    write_book(document, part)
            written.append(path)
    return written


def statement_html(folder, lang="zh"):
    """The statement as one HTML text that needs no network.

    Parameters
    ----------
    folder : text
    lang : choice {zh, en}

    Returns
    -------
    text
    """
    return _page(made(read_statement(folder), lang))


def statement_pdf(folder, path, lang="zh"):
    """Write the statement as PDF.

    Parameters
    ----------
    folder, path : text
    lang : choice {zh, en}

    Returns
    -------
    text
        The path.
    """
    document = made(read_statement(folder), lang)
    with written_beside(path) as part:
        part.write_bytes(_paper(document))
    return Path(path)


def made(files, lang):
    """The document of a run folder.

    Parameters
    ----------
    files : StatementFiles
    lang : choice {zh, en}

    Returns
    -------
    Document
    """
    project = files.declared.get("project") or files.declared.get("plan") or {}
    title = project.get("name") or files.record.get("name") or files.folder.name
    title = title.get(lang) or next(iter(title.values()), "") if isinstance(title, dict) else title
    document = Document(lang, str(title), _unit_names(files), money_of(files) if lang == "zh" else "元")
    document.finished = files.record.get("finished")
    for part in PARTS:
        part(document, files)
    return document


def language(files, langs):
    """Language of a run: what run.json says, else the first that is asked for.

    Parameters
    ----------
    files : StatementFiles
    langs : choice {zh, en}

    Returns
    -------
    choice {zh, en}
    """
    options = files.record.get("options")
    said = files.record.get("lang") or (options.get("lang") if isinstance(options, dict) else None)
    return said if said in LANGUAGES else "zh" if "zh" in langs else langs[0]


def money_of(files):
    """Unit of money that gives the largest sum of the statement few digits.

    Parameters
    ----------
    files : StatementFiles

    Returns
    -------
    choice {元, 万元}
    """
    columns = (("value", "net_value"), ("value", "required_value"), ("portfolio", "cost"), ("candidates", "cost"))
    columns += (("alternatives", "cost"), ("alternatives", "value_pv"))
    sums = [
        files.tables[name][column].abs().max()
        for name, column in columns
        if files.table(name) is not None and column in files.tables[name]
    ]
    return "万元" if max((float(value) for value in sums if math.isfinite(value)), default=0.0) >= TEN_THOUSANDS else "元"


def _unit_names(files):
    """Names of the area units of all kinds."""
    names = {}
    for layer, shapes in files.shapes.items():
        if layer.startswith("areas_") and {"unit_id", "name"} <= set(shapes.columns):
            names |= dict(zip(shapes["unit_id"].astype(str), shapes["name"].fillna("").astype(str), strict=True))
    return names


def _page(document):
    from ecoval.report.statement.page import page

    return page(document)


def _paper(document):
    from ecoval.report.statement.paper import paper

    return paper(document)
