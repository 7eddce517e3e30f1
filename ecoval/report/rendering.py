"""The report of a run folder, from its files alone; of an assessment of an offset balance, its statement."""

import json
from pathlib import Path

from ecoval.errors import InputError
from ecoval.files import written_beside
from ecoval.report.folder import read_run
from ecoval.report.wording import LANGUAGES, area_scale, money_scale
from ecoval.terms import nearest

FORMATS, USUAL = ("html", "pdf", "xlsx"), ("html", "xlsx")
OFFSET = "offset"


def render(folder, formats=USUAL, lang="zh", money="亿元", area="km2", record=None):
    """Write report.html, .pdf and .xlsx into a run folder; statement.html, .pdf and .xlsx into that of an assessment.

    Parameters
    ----------
    folder : text
    formats : choice {html, pdf, xlsx}
    lang : choice {zh, en}
    money : choice {元, 万元, 亿元}
    area : choice {ha, km2, 亩}
    record : table (key, value)
        Content of run.json where it is not written yet.

    Returns
    -------
    vector (files)
        Paths of what was written.

    Raises
    ------
    InputError
        For a folder without a finished run, and for an option that is not known.
    """
    for given in formats:
        _check("format", given, FORMATS)
    _check("lang", lang, LANGUAGES)
    if _kind(folder, record) == OFFSET:
        from ecoval.report.statement import write

        return write(folder, (lang,), tuple(formats), record)
    money_scale(money, lang)
    area_scale(area, lang)
    run = read_run(folder, record)
    written = []
    for given in formats:
        path = Path(folder) / f"report.{given}"
        with written_beside(path) as part:
            if given == "html":
                from ecoval.report.html import html_report

                part.write_text(html_report(run, lang, money, area), encoding="utf-8", newline="\n")
            elif given == "pdf":
                from ecoval.report.typesetting import report_pdf

                part.write_bytes(report_pdf(run, lang, money, area))
            else:
                from ecoval.report.workbook import write_workbook

                write_workbook(run, part, lang, money, area)
        written.append(path)
    return written


def _kind(folder, record):
    """Kind of a run, as run.json says it; empty for a study, and where there is no run.json to read."""
    if record is None:
        path = Path(folder) / "run.json"
        record = json.loads(path.read_text(encoding="utf-8-sig")) if path.is_file() else {}
    return record.get("kind", "")


def _check(option, given, choices):
    if given not in choices:
        raise InputError(
            "report_option_unknown", option=option, given=given, choices=", ".join(choices), nearest=nearest(given, choices)
        )
