"""The statement of a run folder as files: statement.html, .pdf, .docx in the language of the run, statement_<lang> beside them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

from ecoval.document import Document, Lang
from ecoval.files import written_beside
from ecoval.report.setting import FORMATS, check_option, set_as, set_files
from ecoval.report.statement import balances, evidence, opening, steps
from ecoval.report.statement.draft import StatementDraft
from ecoval.report.statement.files import StatementFiles, read_statement
from ecoval.report.wording import LANGUAGES

TEN_THOUSANDS = 1e6  # CNY from which money is written in 万元
PARTS = (
    *(opening.title_block, opening.conclusion, steps.statutory, steps.avoid, steps.minimise, steps.loss, steps.compensate),
    *(balances.balances, evidence.rules, evidence.assumptions, evidence.numbers, evidence.checks, evidence.inputs),
    evidence.signatures,
)


def write(
    folder: str | Path,
    langs: str | Sequence[str] = ("zh", "en"),
    formats: Sequence[str] = ("html", "pdf"),
    record: dict[str, Any] | None = None,
) -> list[Path]:
    """Write the statement of an offset balance into its run folder.

    Parameters
    ----------
    langs : choice {zh, en}
        Each language to write; that of the run is statement.html, another one statement_<lang>.html.
    formats : choice {html, pdf, docx, xlsx}
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
            check_option(option, entry, choices)
    files = read_statement(folder, record)
    main = language(files, langs)
    written = []
    for lang in langs:
        stem = "statement" if lang == main else f"statement_{lang}"
        written += set_files(statement_document(files, lang), files.folder / stem, formats)
    return written


def statement_html(folder: str | Path, lang: str = "zh") -> str:
    """The statement as one HTML text that needs no network.

    Parameters
    ----------
    lang : choice {zh, en}
    """
    return set_as(statement_document(read_statement(folder), lang), "html").decode("utf-8")


def statement_pdf(folder: str | Path, path: str | Path, lang: str = "zh") -> Path:
    """Write the statement as PDF.

    Parameters
    ----------
    lang : choice {zh, en}

    Returns
    -------
    text
        The path.
    """
    document = statement_document(read_statement(folder), lang)
    with written_beside(path) as part:
        part.write_bytes(set_as(document, "pdf"))
    return Path(path)


def statement_document(files: StatementFiles, lang: str) -> Document:
    """The document of a run folder.

    Parameters
    ----------
    lang : choice {zh, en}
    """
    project = files.declared.get("project") or files.declared.get("plan") or {}
    title = project.get("name") or files.record.get("name") or files.folder.name
    title = title.get(lang) or next(iter(title.values()), "") if isinstance(title, dict) else title
    draft = StatementDraft(cast("Lang", lang), str(title), _unit_names(files), money_of(files) if lang == "zh" else "元")
    for part in PARTS:
        part(draft, files)
    return draft.document(files.record.get("finished"), draft.w("foot"))


def language(files: StatementFiles, langs: Sequence[str]) -> str:
    """Language of a run: what run.json says, else the first that is asked for.

    Parameters
    ----------
    langs : choice {zh, en}

    Returns
    -------
    choice {zh, en}
    """
    options = files.record.get("options")
    said = files.record.get("lang") or (options.get("lang") if isinstance(options, dict) else None)
    return said if said in LANGUAGES else "zh" if "zh" in langs else langs[0]


def money_of(files: StatementFiles) -> str:
    """Unit of money that gives the largest sum of the statement few digits.

    Returns
    -------
    choice {元, 万元}
    """
    columns = [("value", "net_value"), ("value", "required_value"), ("portfolio", "cost"), ("candidates", "cost")]
    columns += [("alternatives", "cost"), ("alternatives", "value_pv")]
    tables = [(files.table(name), column) for name, column in columns]
    sums = [table[column].abs().max() for table, column in tables if table is not None and column in table]
    return "万元" if max((float(value) for value in sums if math.isfinite(value)), default=0.0) >= TEN_THOUSANDS else "元"


def _unit_names(files: StatementFiles) -> dict[str, str]:
    """Names of the area units of all kinds."""
    names: dict[str, str] = {}
    for layer, shapes in files.shapes.items():
        if layer.startswith("areas_") and {"unit_id", "name"} <= set(shapes.columns):
            names |= dict(zip(shapes["unit_id"].astype(str), shapes["name"].fillna("").astype(str), strict=True))
    return names
