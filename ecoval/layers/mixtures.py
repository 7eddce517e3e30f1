"""Mixtures: a coarse ecosystem type counted as shares of finer ones, unit by unit.

The table has the form of `refine_template.csv`. Shares of a coarse type in a unit sum to 1; unit `*` stands for the units without
rows of their own. Services are computed for each target and weighted by the shares, never on a mean of parameters.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pandas as pd

from ecoval import classification, tables
from ecoval.declarations import Key, columns
from ecoval.errors import InputError
from ecoval.terms import nearest
from ecoval.totals.entries import Shares

ANY = "*"
SUM_TOLERANCE = 1e-6


@dataclass(frozen=True)
class MixtureRow:
    """A row of a table of mixtures."""

    unit_id: Annotated[str, Key('code of the unit; "*" or empty: those without rows of their own', '单元编码；"*" 或空为其余单元')]
    coarse_code: Annotated[str, Key("ecosystem type of the land cover", "地表覆盖中的粗类型")]
    target_code: Annotated[str, Key("finer type, a part of the coarse one", "所属的细类型")]
    share: Annotated[float, Key("of the coarse type; in a unit they sum to 1", "占粗类型的比例，同一单元合计为 1", low=0, high=1)]
    source: Annotated[str, Key("where it comes from", "数据来源")]


COLUMNS = columns(MixtureRow)


@dataclass(frozen=True)
class Mixture:
    """Shares of finer types in coarse ones, and their sources, by unit and coarse type."""

    path: Path
    shares: Mapping[tuple[str, int], Mapping[int, float]]
    sources: Mapping[tuple[str, int], str]

    @classmethod
    def read(cls, path: str | Path) -> Mixture:
        """Mixture table of a file; rows without a share are left out.

        Parameters
        ----------
        path
            CSV or XLSX (unit_id, coarse_code, target_code, share, source).

        Raises
        ------
        InputError
            Shares that do not sum to 1 or have no source, a target that is no part of its coarse type, a row that stands twice.
        """
        path = Path(path)
        table = tables.read(path, COLUMNS)
        table["share"] = tables.numbers(table, "share")
        filled = table[table["share"].notna()]
        if not len(filled):
            raise InputError("mixture_empty", path=str(path))
        shares: dict[tuple[str, int], dict[int, float]] = {}
        sources: dict[tuple[str, int], str] = {}
        row: Any
        for row in filled.itertuples():
            coarse, target = (classification.ecosystem_type(str(code)).code for code in (row.coarse_code, row.target_code))
            _refuse_row(path, row, coarse, target)
            unit = ANY if pd.isna(row.unit_id) else str(row.unit_id)
            held = shares.setdefault((unit, coarse), {})
            if target in held:
                raise InputError("mixture_twice", path=str(path), row=row.Index, unit=unit, coarse=coarse, target=target)
            held[target] = float(row.share)
            sources[unit, coarse] = str(row.source)
        for (unit, coarse), held in shares.items():
            total = sum(held.values())
            if abs(total - 1.0) > SUM_TOLERANCE:
                raise InputError("mixture_sum", path=str(path), unit=unit, coarse=coarse, total=total)
        return cls(path, shares, sources)

    @property
    def coarse(self) -> frozenset[int]:
        """Coarse types that the table resolves somewhere."""
        return frozenset(coarse for _, coarse in self.shares)

    def of(self, unit: str, coarse: int) -> Mapping[int, float]:
        """Shares of a coarse type in a unit; the type itself where the table has none."""
        return self.shares.get((unit, coarse)) or self.shares.get((ANY, coarse)) or {coarse: 1.0}

    def refuse_unknown(self, units: Sequence[str]) -> None:
        """Nothing where every unit of the table is among the units.

        Raises
        ------
        InputError
        """
        unknown = sorted({unit for unit, _ in self.shares} - set(units) - {ANY})
        if unknown:
            raise InputError(
                "mixture_units_unknown", path=str(self.path), count=len(unknown), units=unknown, nearest=nearest(unknown[0], units)
            )

    def table(self) -> pd.DataFrame:
        """The mixture as the report prints it."""
        rows = [
            (unit, coarse, target, share, self.sources[unit, coarse])
            for (unit, coarse), held in self.shares.items()
            for target, share in held.items()
        ]
        return pd.DataFrame(rows, columns=list(COLUMNS))


class Mixing:
    """From (unit, type as mapped) to the types that are counted.

    Parameters
    ----------
    mapped : vector (classes), 1
        Types that the land cover maps onto.
    units : vector (units)
        Codes of the units.
    """

    def __init__(self, mixture: Mixture | None, mapped: Sequence[int], units: Iterable[str]) -> None:
        self.mixture = mixture
        self.mapped = tuple(mapped)
        held = [[mixture.of(unit, kind) if mixture else {kind: 1.0} for kind in mapped] for unit in units]
        self.types = tuple(sorted({target for row in held for shares in row for target in shares}))
        place = {code: position for position, code in enumerate(self.types)}
        missing = {len(self.types): 1.0}
        rows = [
            {place[code]: share for code, share in shares.items()} if position < len(mapped) else missing
            for row in held
            for position, shares in enumerate([*row, {}])
        ]
        count = [len(row) for row in rows]
        self._table = Shares(
            np.concatenate([[0], np.cumsum(count)]),
            np.array([kind for row in rows for kind in row], dtype=np.int16),
            np.array([share for row in rows for share in row.values()]),
        )

    def rows(self, unit: np.ndarray, kind: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Position among the things, counted type and share of each row of things.

        Parameters
        ----------
        unit, kind : vector (things), 1
            Position of the unit, and of the mapped type (their number where missing).

        Returns
        -------
        tuple of vector (rows), 1
        """
        position, row = self._table.rows(unit.astype(np.int64) * (len(self.mapped) + 1) + kind)
        return position, self._table.kind[row], self._table.share[row]

    def mixed(self, unit: np.ndarray, given: Shares) -> Shares:
        """Shares of counted types out of shares of mapped types; `unit` is a vector (things), 1."""
        thing = np.repeat(np.arange(len(unit)), np.diff(given.first))
        position, kind, share = self.rows(unit[thing], given.kind)
        count = np.bincount(thing[position], minlength=len(unit))
        return Shares(np.concatenate([[0], np.cumsum(count)]), kind, share * given.share[position])


def _refuse_row(path: Path, row: Any, coarse: int, target: int) -> None:
    if not 0.0 <= row.share <= 1.0:
        raise InputError("mixture_share", path=str(path), row=row.Index, found=float(row.share))
    if coarse == target or coarse not in classification.lineage(target):
        raise InputError("mixture_target", path=str(path), row=row.Index, coarse=coarse, target=target)
    if pd.isna(row.source):
        raise InputError("mixture_without_source", path=str(path), row=row.Index)
