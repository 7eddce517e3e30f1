"""What a cell says: numbers and measures as offices write them, and the list of what was corrected on reading."""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import dataclass, field
from typing import Annotated, Any

import pandas as pd

from ecoval import measure
from ecoval.declarations import Key, columns
from ecoval.errors import InputError, MeasureError

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?", re.ASCII)
_WITH_MEASURE = re.compile(r"[+-]?[\d,.]+\s*([^\d\s,.].*)", re.ASCII)
REASONS = {
    "full_width": ("full-width digits", "全角字符"),
    "thousands": ("thousands separators", "千分位分隔符"),
    "blanks": ("blanks within the number", "数字中有空格"),
    "code": ("code in its plain form", "代码写法"),
    "alias": ("name by the table of aliases", "按别名表匹配名称"),
    "own_alias": ("name by the user's table of aliases", "按用户别名表匹配名称"),
    "name_differs": ("code taken; its name differs", "以代码为准，名称不同"),
    "no_quantity": ("row without a quantity left out", "数值为空，未采用该行"),
    "own_item": ("item by the user's table", "按用户指标对照表"),
}


@dataclass(frozen=True)
class CorrectionRow:
    """A cell that was read otherwise than it stands."""

    path: Annotated[str, Key("file", "文件")]
    cell: Annotated[str, Key("cell of the file", "单元格")]
    text: Annotated[str, Key("what stands there", "原文", name="found")]
    used: Annotated[str, Key("what was taken; empty: left out", "采用的内容；空为未采用")]
    reason: Annotated[str, Key("why, in English", "原因（英文）")]
    reason_zh: Annotated[str, Key("why, in Chinese", "原因")]


@dataclass
class Corrections:
    """What was read otherwise than it stands."""

    rows: list[dict[str, Any]] = field(default_factory=list)

    def add(self, path: str, cell: str, found: str, used: str, reason: str) -> None:
        """Note one correction; `reason` is a key of REASONS."""
        en, zh = REASONS[reason]
        entry = dict(zip(columns(CorrectionRow), (path, cell, found, used, en, zh), strict=True))
        if entry not in self.rows[-2:]:  # the unit of a wide row is read once per column
            self.rows.append(entry)

    def table(self) -> pd.DataFrame:
        """The corrections, in the order of reading."""
        return pd.DataFrame(self.rows, columns=columns(CorrectionRow))


def number(text: str, path: str, cell: str, column: str, corrections: Corrections) -> float:
    """Number of a cell; full-width digits, thousands separators and blanks are undone and noted.

    Parameters
    ----------
    path, cell, column : text
        Where it stands.

    Returns
    -------
    number, 1

    Raises
    ------
    InputError
        For anything else that is no number; a measure within the cell is named.
    """
    if _NUMBER.fullmatch(text) and math.isfinite(float(text)):
        return float(text)
    plain = unicodedata.normalize("NFKC", text).replace("−", "-").replace("，", ",")
    reason = "full_width" if plain != text else ""
    squeezed = "".join(plain.split())
    reason = reason or ("blanks" if squeezed != plain else "")
    if _THOUSANDS.fullmatch(squeezed):
        squeezed, reason = squeezed.replace(",", ""), "thousands"
    if not _NUMBER.fullmatch(squeezed) or not math.isfinite(float(squeezed)):
        where = {"path": path, "cell": cell, "column": column, "found": text}
        within = _WITH_MEASURE.fullmatch(squeezed)
        if within:
            raise InputError("statistics_measure_in_cell", **where, uom=within[1])
        raise InputError("statistics_not_a_number", **where)
    corrections.add(path, cell, text, squeezed, reason)
    return float(squeezed)


def symbol(text: str) -> str | None:
    """Measure as `measure` knows it, of what may be written full-width or with blanks; None where it is unknown."""
    plain = unicodedata.normalize("NFKC", text).strip()
    candidates = (text.strip(), plain, "".join(plain.split()), "".join(plain.split()).replace("/每", "/"))
    return next((each for each in candidates if measure.is_known(each)), None)


def converted(text: str, path: str, cell: str, expected: str | None) -> tuple[str, float]:
    """Symbol without a multiplier, and the factor to it.

    Parameters
    ----------
    path, cell : text
        Where it stands.
    expected : text
        Measure whose dimension it must have.

    Returns
    -------
    text
    number, 1

    Raises
    ------
    InputError
        An unknown measure, or one of another dimension.
    """
    found = symbol(text)
    if found is None:
        like = measure.expected_like(expected or "")
        raise InputError("statistics_measure_unknown", path=path, cell=cell, found=text, expected=like)
    if expected is not None:
        try:
            measure.factor(found, expected)
        except MeasureError:
            raise InputError("statistics_measure_differs", path=path, cell=cell, found=text, expected=expected) from None
    canonical = measure.canonical(found)
    return canonical, measure.factor(found, canonical)
