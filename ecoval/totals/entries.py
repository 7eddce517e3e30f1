"""Sums over parts of cells: entries of unit, cell, ecosystem type and the fraction of the cell that is all three.

A tile lists its entries; each pair of cell and type among them is computed once, and the entries are added up with the value of
their pair. The entries of a unit come in an order of their own, whatever other units there are, and the tiles are merged as in
`totals.sums`: the same bits with any blocks, threads and order of units.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ecoval.constants import M2_PER_HECTARE
from ecoval.grid import Grid
from ecoval.kernels import sums as kernel
from ecoval.totals.blocks import Progress, in_threads, near_together
from ecoval.totals.sums import TILES_PER_BLOCK, Sums, TileSums, merged, tile_powers
from ecoval.units.coverage import Coverage, Runs

Quantities = Callable[[Grid, npt.NDArray[np.int64], npt.NDArray[np.int16]], Sequence[npt.NDArray[np.floating[Any]]]]


class Shares(NamedTuple):
    """Types of things and their shares: those of thing k are [first[k], first[k + 1])."""

    first: npt.NDArray[np.int64]
    kind: npt.NDArray[np.int16]
    share: npt.NDArray[np.float64]

    @classmethod
    def plain(cls, kind: np.ndarray) -> Shares:
        """One type per thing."""
        return cls(np.arange(len(kind) + 1), np.asarray(kind, dtype=np.int16), np.ones(len(kind)))

    def rows(self, array: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Position among the things asked for, and row, of every share of them: two vectors (rows), 1."""
        count = self.first[array + 1] - self.first[array]
        if (count == 1).all():
            return np.arange(len(array)), self.first[array]
        position = np.repeat(np.arange(len(array)), count)
        inside = np.arange(len(position)) - np.repeat(np.cumsum(count) - count, count)
        return position, self.first[array][position] + inside


class Entries(NamedTuple):
    """Parts of cells of a tile; `cell` is row x cols + col, `kind` the number of types where there is none."""

    unit: npt.NDArray[np.int32]
    cell: npt.NDArray[np.int64]
    kind: npt.NDArray[np.int16]
    weight: npt.NDArray[np.float64]


def cells_of(runs: Runs, cols: int) -> tuple[np.ndarray, np.ndarray]:
    """Run and cell of every cell of runs.

    Parameters
    ----------
    cols : columns of the tile

    Returns
    -------
    tuple of vector (cells), 1
        Position of the run, and row x cols + col.
    """
    length = runs.end.astype(np.int64) - runs.start
    run = np.repeat(np.arange(len(length)), length)
    inside = np.arange(len(run)) - np.repeat(np.cumsum(length) - length, length)
    return run, runs.row[run].astype(np.int64) * cols + runs.start[run] + inside


def accumulate_entries(
    cover: Coverage,
    entries: Callable[[int], Entries],
    quantities: Quantities,
    scope: np.ndarray,
    *,
    units: int | None = None,
    outside: npt.NDArray[np.float64] | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
    block: int = TILES_PER_BLOCK,
    text: str = "accumulate",
) -> Sums:
    """Areas and quantities of all units, in one pass over the tiles of a coverage.

    Parameters
    ----------
    cover : its tiles are gone through
    entries : callable (number) -> Entries
        Of the tile of that number.
    quantities : callable (tile, cell, kind) -> list of vector (pairs)
        Densities per hectare of pairs of cell and type, nan where missing.
    scope : array (types, items), 1
    units : default: those of the coverage
    outside : vector (units), m2
        Default: that of the coverage.
    threads, progress, block, text
        As in `accumulate`.
    """
    scope = np.ascontiguousarray(scope, dtype=np.bool_)
    groups = near_together(cover.tiles, block)
    work = partial(_group_sums, cover, entries, quantities, scope)
    parts = [rows for part in in_threads(work, groups, threads=threads, progress=progress, text=text) for rows in part]
    merging = cover if units is None else replace(cover, units=units, outside=cover.outside if outside is None else outside)
    return merged(parts, merging, scope)


def _group_sums(
    cover: Coverage, entries: Callable[[int], Entries], quantities: Quantities, scope: np.ndarray, group: Sequence[int]
) -> list[TileSums]:
    return [entry_sums(number, cover.tiles[number], entries(number), quantities, scope) for number in group]


def entry_sums(number: int, tile: Grid, entries: Entries, quantities: Quantities, scope: np.ndarray) -> TileSums:
    """Sums of the entries of one tile.

    Parameters
    ----------
    number : position of the tile in the canonical order
    quantities : callable (tile, cell, kind) -> list of vector (pairs)
    scope : array (types, items), 1
    """
    kinds, items = scope.shape
    area = np.empty(tile.shape)
    kernel.cell_areas(tile_powers(tile), tile.tile_column, area)
    weight = entries.weight * area.ravel()[entries.cell]
    occupied, group = np.unique(entries.unit.astype(np.int64) * (kinds + 1) + entries.kind, return_inverse=True)
    part = np.zeros((len(occupied), 1 + 2 * items))
    part[:, 0] = np.bincount(group, weights=weight, minlength=len(occupied))
    typed = np.flatnonzero(entries.kind < kinds)
    pairs, pair = np.unique(entries.cell[typed] * kinds + entries.kind[typed], return_inverse=True)
    cell, kind = np.divmod(pairs, kinds)
    weight, group = weight[typed], group[typed]
    densities = quantities(tile, cell, kind.astype(np.int16)) if items and len(cell) else ()
    for item, density in enumerate(densities):
        counted = scope[kind, item] & ~np.isnan(density)
        valid = weight * counted[pair]
        worth = np.where(counted, density, np.float32(0.0)).astype(np.float64)
        part[:, 1 + item] = np.bincount(group, weights=valid * worth[pair] / M2_PER_HECTARE, minlength=len(occupied))
        part[:, 1 + items + item] = np.bincount(group, weights=valid, minlength=len(occupied))
    unit, kind = np.divmod(occupied, kinds + 1)
    return TileSums(number, unit, kind.astype(np.int16), part)
