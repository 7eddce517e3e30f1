"""Crosswalks: class of a source -> ecosystem type, packaged or of the user; nothing falls through without a word.

Codes of the third national land survey may carry a letter. K (adjustable: farmland for the time being used otherwise) and A (a part
that the survey tells apart) have the type of the code without it; `LETTERED` lists those that have not (decided 2026).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pandas as pd

from ecoval import classification, tables
from ecoval.declarations import Key, spellings
from ecoval.errors import InputError, ParameterError
from ecoval.terms import nearest

LETTERED = {"1104A": 97, "1104K": 97, "0810A": 611}
_LETTER = re.compile(r"(\d{4}|\d{2}H\d)[AK]")
_WHOLE = re.compile(r"(\d+)\.0+")


@dataclass(frozen=True)
class CrosswalkRow:
    """A row of a crosswalk of the user's own."""

    source_code: Annotated[str, Key("class of the source, once in the table", "源数据的类别编码，不重复", also=("code",))]
    target_code: Annotated[str, Key("its ecosystem type", "对应的生态系统类型", also=("ecosystem_type",))]


COLUMNS = spellings(CrosswalkRow)


@dataclass(frozen=True)
class Crosswalk:
    """Class of a source, as text, -> ecosystem type."""

    name: str
    targets: Mapping[str, int]
    path: Path | None = None  # None where it is packaged
    lettered: bool = field(default=False)

    @classmethod
    def read(cls, given: str | Path) -> Crosswalk:
        """Packaged crosswalk of a name, or a user's table.

        Parameters
        ----------
        given
            sandiao, clcd, globeland30, worldcover, corine, hj1166 (codes as they are); or a table (source_code, target_code).

        Raises
        ------
        InputError
            A code that stands twice, a cell that is empty or no ecosystem type, an absent column.
        """
        text = str(given)
        if text == "hj1166":
            return cls(text, {str(code): code for code in classification.ecosystem_types()})
        if not Path(text).suffix:
            return cls(text, classification.crosswalk(text), lettered=text == "sandiao")
        path = Path(text)
        return cls(path.name, _targets(path), path)

    def target(self, code: str) -> int | None:
        """Ecosystem type of a code, None where there is none."""
        if code in self.targets:
            return self.targets[code]
        if self.lettered and code in LETTERED:
            return LETTERED[code]
        if self.lettered and _LETTER.fullmatch(code):
            return self.targets.get(code[:-1])
        return None

    def types(self, codes: np.ndarray, area: np.ndarray, where: str) -> np.ndarray:
        """Ecosystem type of each of some codes.

        Parameters
        ----------
        codes : vector (things)
            Text.
        area : vector (things), m2
        where
            Name of the layer, for the message.

        Returns
        -------
        vector (things), 1

        Raises
        ------
        InputError
            Codes that the crosswalk lacks, with their number and area.
        """
        distinct, place = np.unique(codes.astype(str), return_inverse=True)
        targets = [self.target(code) for code in distinct.tolist()]
        lost = [k for k, target in enumerate(targets) if target is None]
        if lost:
            count, size = np.bincount(place, minlength=len(distinct)), np.bincount(place, weights=area, minlength=len(distinct))
            order = sorted(lost, key=lambda k: -size[k])
            error = InputError(
                "crosswalk_codes_unmatched",
                path=where,
                crosswalk=self.name,
                codes=[f"{distinct[k] or '-'} ({count[k]}, {size[k] / 1e4:.6g} ha)" for k in order],
                count=int(count[lost].sum()),
                area=float(size[lost].sum() / 1e4),
                nearest=nearest(str(distinct[order[0]]), self.targets),
            )
            rows = [(where, distinct[k], int(count[k]), size[k] / 1e4, nearest(str(distinct[k]), self.targets)) for k in order]
            error.table = pd.DataFrame(rows, columns=["path", "found", "count", "area_ha", "nearest"])
            raise error
        return np.array(targets, dtype=np.int32)[place]


def as_codes(values: pd.Series) -> np.ndarray:
    """Codes as text: stripped, whole numbers without a point, an absent one empty."""
    text = values.astype("object").map(lambda value: "" if pd.isna(value) else str(value).strip())
    return text.map(lambda code: found.group(1) if (found := _WHOLE.fullmatch(code)) else code).to_numpy(dtype=object)


def _targets(path: Path) -> dict[str, int]:
    table = tables.read(path)
    source, target = (_column(table, names, path) for names in COLUMNS.values())
    targets: dict[str, int] = {}
    rows: dict[str, Any] = {}
    for row, code, kind in zip(table.index, as_codes(table[source]), table[target], strict=True):
        if not code or pd.isna(kind):
            column = target if code else source
            raise InputError("table_cell_empty", path=str(path), cell=tables.cell(table, row, column), column=column)
        if code in targets:
            raise InputError("crosswalk_code_twice", path=str(path), code=code, first=rows[code], second=row)
        try:
            targets[code] = classification.ecosystem_type(str(kind)).code
        except ParameterError as error:
            cell = tables.cell(table, row, target)
            raise InputError(
                "crosswalk_type_unknown", path=str(path), cell=cell, found=kind, nearest=error.fields["nearest"]
            ) from None
        rows[code] = row
    return targets


def _column(table: pd.DataFrame, names: tuple[str, ...], path: Path) -> str:
    for name in names:
        if name in table.columns:
            return name
    close = nearest(names[0], table.columns)
    raise InputError("table_column_missing", path=str(path), column=" / ".join(names), nearest=close)
