"""Cells without a value on the grid of the result: why, how much, and what a named rule puts there.

`zero` is for water, built-up, barren land and ice; `nearest` takes the nearest valid cell within reach; `class_mean` takes the mean
of the valid cells of the same ecosystem type. Cells that quality, range or coverage left out are never filled.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Annotated

import numpy as np
import pandas as pd
from scipy import ndimage

from ecoval import classification, rasters
from ecoval.constants import MISSING_CLASS
from ecoval.declarations import WORKED_OUT, Key, columns
from ecoval.errors import InputError
from ecoval.grid import Grid
from ecoval.prepare.satellite.products import CLASSES, REASONS

FILLS = ("none", "zero", "nearest", "class_mean")
ZERO = ("water", "built_up", "barren", "snow_ice")


@dataclass(frozen=True)
class MissingCellsRow:
    """Cells of a type that had no value, by reason."""

    reason: Annotated[str, Key("why there was none", "缺值原因", choices=REASONS[1:])]
    ecosystem_type: Annotated[int, Key("ecosystem type; 0 without land cover", "生态系统类型；无土地覆被时为 0", free=WORKED_OUT)]
    name: Annotated[str, Key("its name, in English", "类型名称（英文）")]
    area: Annotated[float, Key("of the cells", "像元面积", low=0, measure="m2", free=WORKED_OUT)]
    filled: Annotated[float, Key("area that was filled", "已填补的面积", low=0, measure="m2", free=WORKED_OUT)]
    mean: Annotated[float | None, Key("mean of what was filled in", "填补值的平均", free=WORKED_OUT)]
    rule: Annotated[str, Key("by which it was filled", "填补规则", choices=FILLS)]
    uom: Annotated[str, Key("unit of measure of the areas", "面积的计量单位")]


@dataclass
class Filling:
    """Values and reasons on a grid, and the rule that fills.

    Parameters
    ----------
    landcover : Aligned
        Codes of ecosystem types; None where there is none.
    rule : choice {none, zero, nearest, class_mean}
    reach : number, m
        For `nearest`.
    """

    values: rasters.Aligned
    reasons: rasters.Aligned
    landcover: rasters.Aligned | None
    rule: str
    reach: float
    means: dict[int, float] = field(default_factory=dict)
    found: dict[tuple[str, int], np.ndarray] = field(default_factory=dict)
    _sums: dict[int, np.ndarray] = field(default_factory=dict)

    def read(self, window: Grid) -> tuple[np.ndarray, np.ndarray]:
        """Values without those that interpolation carries over the edge of what is known, and reasons."""
        values = self.values.read(window)
        reasons = self.reasons.read(window)
        reasons[reasons == MISSING_CLASS] = REASONS.index("not_covered")
        if self.values.method == "bilinear":
            values[reasons > 0] = np.nan
        reasons[~np.isnan(values)] = 0
        reasons[np.isnan(values) & (reasons == 0)] = REASONS.index("not_covered")
        return values, reasons

    def learn(self, window: Grid) -> None:
        """Add the valid cells of a window to the means of their ecosystem types."""
        values, _ = self.read(window)
        types, area, known = self._types(window), window.cell_area(), ~np.isnan(values)
        distinct, place = np.unique(types[known], return_inverse=True)
        weighed = np.bincount(place, weights=area[known] * values[known], minlength=len(distinct))
        sizes = np.bincount(place, weights=area[known], minlength=len(distinct))
        for kind, total, size in zip(distinct.tolist(), weighed, sizes, strict=True):
            self._sums[kind] = self._sums.get(kind, np.zeros(2)) + np.array([total, size])
        self.means = {kind: float(total / size) for kind, (total, size) in self._sums.items() if kind != 0}

    def filled(self, window: Grid) -> np.ndarray:
        """Values of a window after the rule; areas are added to the table on the way."""
        values, reasons = self.read(window)
        types, area = self._types(window), window.cell_area()
        result = values.copy()
        able = np.isin(reasons, [REASONS.index(name) for name in (ZERO if self.rule == "zero" else CLASSES)])
        if self.rule == "zero":
            result[able] = 0.0
        elif self.rule == "class_mean":
            for kind in np.unique(types[able]).tolist():
                result[able & (types == kind)] = self.means.get(kind, np.nan)
        elif self.rule == "nearest" and able.any():
            result[able] = self._nearest(window)[able]
        self._note(reasons, types, area, result)
        return result

    def table(self) -> pd.DataFrame:
        """Cells without a value: table (reason, ecosystem_type, name, area, filled, mean, rule, uom); areas in m2."""
        rows = []
        for (reason, kind), (area, filled, total) in sorted(self.found.items()):
            name = classification.type_name(kind, "en") if kind else ""
            rows.append((reason, kind, name, area, filled, total / filled if filled else math.nan, self.rule, "m2"))
        return pd.DataFrame(rows, columns=columns(MissingCellsRow))

    def _types(self, window: Grid) -> np.ndarray:
        if self.landcover is None:
            return np.zeros(window.shape, dtype=np.int32)
        types: np.ndarray = self.landcover.read(window)
        types[types == MISSING_CLASS] = 0
        unknown = sorted(set(np.unique(types).tolist()) - {0} - set(classification.ecosystem_types()))
        if unknown:
            raise InputError("satellite_landcover_codes", path=self.landcover.source.name, codes=unknown)
        return types

    def _nearest(self, window: Grid) -> np.ndarray:
        width, height = window.cell_size_m
        halo = math.ceil(self.reach / min(width, height))
        values, _ = self.read(window.enlarged(halo))
        missing = np.isnan(values)
        if missing.all():
            return np.full(window.shape, np.nan, dtype=np.float32)
        distance, place = ndimage.distance_transform_edt(missing, sampling=(height, width), return_indices=True)
        near = np.where(distance <= self.reach, values[tuple(place)], np.nan)
        return near[halo : halo + window.rows, halo : halo + window.cols]

    def _note(self, reasons: np.ndarray, types: np.ndarray, area: np.ndarray, result: np.ndarray) -> None:
        gone = reasons > 0
        key, place = np.unique(reasons[gone].astype(np.int64) * 100_000 + types[gone], return_inverse=True)
        known = ~np.isnan(result[gone])
        sizes = np.bincount(place, weights=area[gone], minlength=len(key))
        filled = np.bincount(place, weights=area[gone] * known, minlength=len(key))
        totals = np.bincount(place, weights=np.where(known, area[gone] * np.nan_to_num(result[gone]), 0.0), minlength=len(key))
        for pair, *numbers in zip(key.tolist(), sizes, filled, totals, strict=True):
            reason, kind = divmod(pair, 100_000)
            name = (REASONS[reason], kind)
            self.found[name] = self.found.get(name, np.zeros(3)) + numbers
