"""One layer per year out of composites, on the lattice of the tiles: mosaic, quality mask, sum, mean or largest value.

A day of the year counts once: the sum of 8-day totals takes the short last period as it is, and a mean weighs each composite by its
days inside the year.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Annotated, Any

import numpy as np
import pandas as pd

from ecoval import rasters
from ecoval.declarations import WORKED_OUT, Key, columns
from ecoval.errors import Cancelled, InputError
from ecoval.grid import Grid
from ecoval.prepare.satellite.orders import Composite, Order, days_of, stored
from ecoval.prepare.satellite.products import REASONS
from ecoval.totals.blocks import Progress

STATISTICS = {"npp": ("sum",), "et": ("sum",), "ndvi": ("mean", "max")}
GAPS = ("refuse", "available")
BIN = 1e-4  # NDVI as it is stored
_LOWEST, _BINS = -0.2, 12_001


@dataclass(frozen=True)
class CompositeRow:
    """A composite of the year."""

    date: Annotated[str, Key("first day", "起始日期")]
    days: Annotated[int, Key("days of it that lie in the year", "位于该年内的天数", low=1, free=WORKED_OUT)]
    files: Annotated[int, Key("files that it was read from", "文件数", low=1, free=WORKED_OUT)]
    valid: Annotated[float, Key("area with a value", "有值的面积", low=0, measure="m2", free=WORKED_OUT)]
    masked: Annotated[float, Key("area that quality left out", "因质量未采用的面积", low=0, measure="m2", free=WORKED_OUT)]
    missing: Annotated[float, Key("area without a value", "缺值的面积", low=0, measure="m2", free=WORKED_OUT)]
    uom: Annotated[str, Key("unit of measure of the areas", "面积的计量单位")]


@dataclass
class Rules:
    """How composites become a year.

    Parameters
    ----------
    statistic : choice {sum, mean, max}
    season : (number, number), month
        First and last month whose composites count.
    quality : choice {none, usable, good}
    gaps : choice {refuse, available}
        A cell needs every composite, or a share `least` of the days; a sum is then scaled to all days.
    least : number, 1, 0-1
    scale : number, 1
        Quantity per stored value, for values that were scaled before.
    """

    statistic: str
    season: tuple[int, int] = (1, 12)
    quality: str = "none"
    gaps: str = "refuse"
    least: float = 0.5
    scale: float | None = None


@dataclass
class _Opened:
    """A composite with its tiles open."""

    composite: Composite
    values: list[rasters.Aligned]
    quality: list[rasters.Aligned]
    areas: np.ndarray = field(default_factory=lambda: np.zeros(3))  # valid, masked by quality, otherwise missing; m2


class Year:
    """The layer of a year, tile by tile.

    Raises
    ------
    InputError
        Composites or quality layers that are absent, values that were scaled before.
    """

    def __init__(self, order: Order, grid: Grid, rules: Rules, crs: Any = None, progress: Progress | None = None) -> None:
        self.order, self.grid, self.rules, self._progress = order, grid, rules, progress
        used = [each for each in order.composites if _inside(order.year, each.day, rules.season)]
        absent = [day for day in order.absent if _inside(order.year, day, rules.season)]
        self.absent = [_date(order.year, day) for day in absent]
        _refuse_absent(order, used, self.absent, rules)
        self.days = sum(each.days for each in used) + sum(_length(order, day) for day in absent)
        self._opened = [self._open(each, crs) for each in used]
        self.histogram = np.zeros(_BINS, dtype=np.int64)
        self.count, self._total, self.low, self.high = 0, 0.0, np.inf, -np.inf
        self.scaled_area = 0.0

    @property
    def mean(self) -> float:
        """Mean of the valid cells, in the measure of the product."""
        return self._total / self.count if self.count else float("nan")

    def blocks(self) -> Iterator[tuple[Grid, np.ndarray]]:
        """Tiles with two bands: the quantity, nan where missing, and the reason."""
        tiles = self.grid.tiles()
        for number, tile in enumerate(tiles):
            if self._progress is not None and self._progress(0.6 * number / len(tiles), "composites") is False:
                raise Cancelled
            values, reasons = self._tile(tile)
            self._count(values)
            yield tile, np.stack([values, reasons.astype(np.float32)])
        for each in self._opened:
            for aligned in (*each.values, *each.quality):
                aligned.close()

    def table(self) -> pd.DataFrame:
        """Areas of each composite: table (date, days, files, valid, masked, missing, uom)."""
        rows = [
            (_date(self.order.year, each.composite.day), each.composite.days, len(each.values), *each.areas.tolist(), "m2")
            for each in self._opened
        ]
        return pd.DataFrame(rows, columns=columns(CompositeRow))

    def percentile(self, share: float) -> float:
        """Smallest value below or at which a share of the valid cells lies; of NDVI alone.

        Parameters
        ----------
        share : number, %
        """
        place = int(np.searchsorted(np.cumsum(self.histogram), share / 100 * self.histogram.sum()))
        return round(_LOWEST + place * BIN, 4)

    def _open(self, composite: Composite, crs: Any) -> _Opened:
        product, scaled = self.order.product, self.rules.scale is not None
        values = [rasters.align(stored(path, product, crs=crs, scaled=scaled), self.grid) for path in composite.values]
        for path, aligned in zip(composite.values, values, strict=True):
            if not scaled and aligned.dtype.kind == "f":
                raise InputError("satellite_scaled_already", path=str(path), dtype=str(aligned.dtype), uom=product.uom)
        if self.rules.quality == "none":
            return _Opened(composite, values, [])
        masks = [rasters.align(stored(path, product, quality=True, crs=crs), self.grid) for path in composite.quality]
        return _Opened(composite, values, masks)

    def _tile(self, tile: Grid) -> tuple[np.ndarray, np.ndarray]:
        area = tile.cell_area()
        rules = self.rules
        total = np.full(tile.shape, -np.inf if rules.statistic == "max" else 0.0)
        days, reasons = np.zeros(tile.shape), np.zeros(tile.shape, dtype=np.int16)
        for each in self._opened:
            value, reason = self._composite(each, tile, area)
            valid = reason == 0
            if rules.statistic == "max":
                np.maximum(total, value, out=total, where=valid)
            else:
                weight = 1.0 if rules.statistic == "sum" else each.composite.days
                total[valid] += weight * value[valid]
            days[valid] += each.composite.days
            both = (reasons > 0) & (reason > 0)
            reasons = np.where(both, np.minimum(reasons, reason), np.maximum(reasons, reason))
        if rules.statistic == "mean":
            total = np.divide(total, days, out=np.full(tile.shape, np.nan), where=days > 0)
        enough = days >= self.days if rules.gaps == "refuse" else (days > 0) & (days >= rules.least * self.days)
        part = enough & (days < self.days)
        if rules.statistic == "sum":
            total[part] *= self.days / days[part]
        self.scaled_area += float(area[part].sum())
        reasons[enough] = 0
        reasons[~enough & (reasons == 0)] = REASONS.index("not_covered")
        return np.where(enough, total, np.nan).astype(np.float32), reasons

    def _composite(self, each: _Opened, tile: Grid, area: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Quantity and reason of one composite."""
        product, rules = self.order.product, self.rules
        raw, known = _mosaic(each.values, tile)
        if rules.scale is None:
            reason = product.reasons(raw, known)
            value = (raw * product.scale + product.offset) * product.factor
        else:
            reason = np.where(known & np.isfinite(raw), 0, REASONS.index("fill")).astype(np.int16)
            value = raw * rules.scale
        masked = np.zeros(tile.shape, dtype=bool)
        if rules.quality != "none":
            quality, there = _mosaic(each.quality, tile)
            masked = (reason == 0) & ~(there & product.accepted(np.where(there, quality, 0), rules.quality))
            reason[masked] = REASONS.index("quality")
        each.areas += [area[reason == 0].sum(), area[masked].sum(), area[(reason > 0) & ~masked].sum()]
        return value, reason

    def _count(self, values: np.ndarray) -> None:
        known = values[~np.isnan(values)].astype(np.float64)
        if not known.size:
            return
        self.count += known.size
        self._total += float(known.sum())
        self.low, self.high = min(self.low, float(known.min())), max(self.high, float(known.max()))
        if self.order.product.measured == "ndvi":
            place = np.clip(np.round((known - _LOWEST) / BIN), 0, _BINS - 1).astype(np.int64)
            self.histogram += np.bincount(place, minlength=_BINS)


def _mosaic(tiles: list[rasters.Aligned], window: Grid) -> tuple[np.ndarray, np.ndarray]:
    """Stored values and validity of a window out of several files; where two overlap, of the first."""
    out, known = np.zeros(window.shape), np.zeros(window.shape, dtype=bool)
    for aligned in tiles:
        data, valid = aligned.read(window, masked=True)
        fresh = valid & ~known
        out[fresh] = data[fresh]
        known |= valid
    return out, known


def _refuse_absent(order: Order, used: list[Composite], absent: list[str], rules: Rules) -> None:
    if not used or (absent and rules.gaps == "refuse"):
        fields = {"product": order.product.name, "count": len(absent), "expected": len(used) + len(absent), "dates": absent}
        raise InputError("satellite_composites_absent", year=order.year, **fields)
    bare = [_date(order.year, each.day) for each in used if rules.quality != "none" and not each.quality]
    if bare:
        fields = {"layer": order.product.quality_layer, "count": len(bare), "dates": bare}
        raise InputError("satellite_quality_absent", product=order.product.name, rule=rules.quality, **fields)


def _length(order: Order, day: int) -> int:
    return min(order.product.days, days_of(order.year) - day + 1)


def _inside(year: int, day: int, season: tuple[int, int]) -> bool:
    """Whether a composite begins in the months of the season."""
    month = (datetime.date(year, 1, 1) + datetime.timedelta(days=day - 1)).month
    return season[0] <= month <= season[1]


def _date(year: int, day: int) -> str:
    return (datetime.date(year, 1, 1) + datetime.timedelta(days=day - 1)).isoformat()
