"""What an account will lack as far as is known before the pass: indicators without a value by unit, land without data by layer."""

from __future__ import annotations

import warnings
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ecoval import rasters
from ecoval.accounts.grounds import grounds_of
from ecoval.accounts.indicators import MISSING, indicator_account, reason_text
from ecoval.accounts.prices import Prices
from ecoval.grid import Grid
from ecoval.layers import plausible
from ecoval.layers.block import Derived, LayerBlock, ServicePlan, Watch
from ecoval.layers.compute import whole_land
from ecoval.layers.context import middle
from ecoval.layers.opened import Layers
from ecoval.layers.rain import TABLE_ENDINGS
from ecoval.services.declaration import Item
from ecoval.study.binding import supply_of_set
from ecoval.terms import Term

MOST_UNITS = 3  # that a line names


@dataclass(frozen=True)
class Lack:
    """An indicator that some units will not have, and why."""

    indicator: str
    reason: str
    units: tuple[str, ...]
    number: int

    def in_language(self, lang: str = "en") -> str:
        """The indicator, the reason and the units in the language `en` or `zh`."""
        colon, comma = ("：", "、") if lang == "zh" else (": ", ", ")
        reason = reason_text(self.reason, lang, indicator=self.indicator)
        first = comma.join(self.units[:MOST_UNITS]) + (" ..." if len(self.units) > MOST_UNITS else "")
        units = "" if len(self.units) == self.number else f"{colon}{first}"
        return f"{Term(self.indicator).in_language(lang)}{colon}{reason} [{len(self.units)}/{self.number}{units}]"


def lacks(layers: Layers, priced: Prices, areas: np.ndarray, services: Collection[Any]) -> dict[str, list[Lack]]:
    """Unit set -> indicators that the standard includes and that units will lack, were each layer whole.

    Parameters
    ----------
    areas : array (units, types), m2
        The land of each type, the last column being that without one.
    services
        All that this version has, and the user's own.
    """
    totals = whole_land(layers, areas)
    grounds = grounds_of(layers, services)
    of_sets = {}
    for unit_set in layers.sets:
        supply, extent = supply_of_set(layers, totals, unit_set, priced)
        states = indicator_account(supply, extent, grounds)
        missing = states[states["state"] == MISSING]
        number = states["unit_id"].nunique()
        lacking = [
            Lack(str(indicator), str(reason), tuple(units["unit_id"]), number)
            for (indicator, reason), units in missing.groupby(["indicator", "reason"], sort=False)
        ]
        of_sets[unit_set] = sorted(
            lacking, key=lambda each: each.reason == "not_asked_for"
        )  # which the study says itself comes last
    return {unit_set: lacking for unit_set, lacking in of_sets.items() if lacking}


def gaps(sample: plausible.Sample) -> Iterator[tuple[str, float]]:
    """Share of the sampled land in scope without data, of declared layers, and of service:item where its layers do not explain it.

    Layers that are made are there in the middle of the grid alone, and taken as they are there.
    """
    layers = sample.layers
    if layers.parted is not None:
        return
    blocks = [LayerBlock(window, layers, Watch()) for window in sample.windows]
    planned = [(plan, item) for plan in layers.plans for item in plan.service.items if item.form != "table"]
    shares: dict[str, float] = {}
    for role, entry in sample.inputs.items():
        scopes = [np.append(plan.scopes[item.code], False) for plan, item in planned if role in item.needed]
        layer = layers.declaration.layers[role]
        is_raster = entry.kind != "table" and layer.path(layers.year).suffix.lower() not in TABLE_ENDINGS
        if scopes and is_raster and role != "landcover":
            with rasters.align(sample.source_of(layer, layers.year, entry), layers.grid) as aligned:
                land = [np.logical_or.reduce(scopes)[block.index] for block in blocks]
                lack = [
                    _lacking(aligned.read(window, masked=True)[1]) & there
                    for window, there in zip(sample.windows, land, strict=True)
                ]
            shares[role] = _share(lack, land)
    yield from shares.items()
    simple = _with_constants(layers, set(sample.inputs))
    simple_blocks = [LayerBlock(window, simple, Watch()) for window in sample.windows]
    for plan, item in planned:
        inputs = [entry for entry in plan.service.inputs if entry.role in item.needed]
        roles = {entry.role for entry in inputs if entry.required or entry.role in layers.readers}
        if roles <= layers.readers.keys():
            share = _of_item(simple_blocks, plan, item)
            if share > max((shares.get(role, 0.0) for role in roles), default=0.0) + layers.declaration.checks.missing_share:
                yield f"{plan.service.code}:{item.code}", share


@dataclass(frozen=True)
class _Constant:
    """A layer that was made in the middle of the grid, by its mean there in any window."""

    values: np.ndarray  # one number, or one of each band

    def read(self, tile: Grid, /) -> np.ndarray:
        """The means, in every cell."""
        return np.ascontiguousarray(np.broadcast_to(self.values, (*self.values.shape[:-2], *tile.shape)))


def _with_constants(layers: Layers, declared: Collection[str]) -> Layers:
    """The layers, with those that are made of others cut down to a constant."""
    readers: dict[str, Any] = dict(layers.readers)
    for role, reader in layers.readers.items():
        if role not in declared and not isinstance(reader, Derived):
            values = np.asarray(reader.read(middle(layers.grid)))
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", RuntimeWarning)  # of nothing but missing cells
                readers[role] = _Constant(np.nanmean(values, axis=(-2, -1), keepdims=True).astype(values.dtype))
    return replace(layers, readers=readers)


def _of_item(blocks: list[LayerBlock], plan: ServicePlan, item: Item) -> float:
    """Share of the land in scope that has its numbers and gets no quantity."""
    counted = np.append(plan.scopes[item.code], False)
    counted[list(plan.lacking.get(item.code, ()))] = False
    land = [counted[block.index] for block in blocks]
    return _share([~np.isfinite(block.quantity(plan, item)) & there for block, there in zip(blocks, land, strict=True)], land)


def _lacking(valid: np.ndarray) -> np.ndarray:
    """Cells without a value in some band."""
    return np.asarray(~valid.all(axis=0) if valid.ndim == 3 else ~valid)


def _share(part: list[np.ndarray], whole: list[np.ndarray]) -> float:
    cells = sum(int(each.sum()) for each in whole)
    return sum(int(each.sum()) for each in part) / cells if cells else 0.0
