"""The report of a run folder, from its files alone; of an assessment of an offset balance, its statement."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from ecoval.report.folder import read_run
from ecoval.report.setting import FORMATS, check_option, set_files
from ecoval.report.wording import LANGUAGES, area_scale, money_scale

if TYPE_CHECKING:
    from ecoval.document import Lang

USUAL = ("html", "xlsx")
OFFSET, DAMAGE = "offset", "damage"


def render(
    folder: str | Path,
    formats: Sequence[str] = USUAL,
    lang: str = "zh",
    money: str = "亿元",
    area: str = "km2",
    record: dict[str, Any] | None = None,
    further_langs: Sequence[str] = (),
) -> list[Path]:
    """Write report.html, .pdf, .docx and .xlsx into a run folder; statement.html, ... into that of an assessment.

    Parameters
    ----------
    formats : choice {html, pdf, docx, xlsx}
    lang : choice {zh, en}
    money : choice {元, 万元, 亿元}
    area : choice {ha, km2, 亩}
    record : table (key, value)
        Content of run.json where it is not written yet.
    further_langs : choice {zh, en}
        Further languages of a statement.

    Returns
    -------
    vector (files)
        Paths of what was written.

    Raises
    ------
    InputError
        For a folder without a finished run, and for an option that is not known.
    """
    for form in formats:
        check_option("format", form, FORMATS)
    check_option("lang", lang, LANGUAGES)
    kind = _kind(folder, record)
    if kind == OFFSET:
        from ecoval.report.statement.writing import write

        return write(folder, (lang, *further_langs), tuple(formats), record)
    language = cast("Lang", lang)
    money_scale(money, lang)
    area_scale(area, lang)
    if kind == DAMAGE:
        from ecoval.report.damage import damage_document

        document = damage_document(folder, language, record)
    else:
        from ecoval.report.account import account_document

        document = account_document(read_run(folder, record), language, money, area)
    return set_files(document, Path(folder) / "report", formats)


def _kind(folder: str | Path, record: dict[str, Any] | None) -> str:
    """Kind of a run, as run.json says it; empty for a study, and where there is no run.json to read."""
    if record is None:
        path = Path(folder) / "run.json"
        record = json.loads(path.read_text(encoding="utf-8-sig")) if path.is_file() else {}
    return str(record.get("kind", ""))
