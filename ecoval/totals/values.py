"""Values per unit with the share of cells that has each: what quantiles, majority, variety and fractions are read from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ecoval.kernels import sums as kernel
from ecoval.totals.bands import Values
from ecoval.units.coverage import Runs

_ROUNDING = 1e-12  # of the count; a cumulative coverage that misses a target by less has reached it

Shares = tuple[np.ndarray, npt.NDArray[np.float64]]  # distinct values in ascending order, coverage of each
Where = tuple[tuple[np.ndarray, ...], np.ndarray, np.ndarray, Any, bool, tuple[int, int, int]]  # what the kernels begin with


def tile_shares(runs: Runs, first: np.ndarray, values: Values, place: tuple[int, int, int]) -> list[Shares]:
    """Distinct values of each unit in a tile, in ascending order, and their coverage.

    Parameters
    ----------
    first : vector (units in the tile + 1), 1
    values : a block that holds the tile
    place : (number, number, number), 1
        As in the kernel `moments`.
    """
    where = ((runs.row, runs.start, runs.end, runs.weight), first, *values, place)
    length = runs.end - runs.start
    whole = runs.weight == 1.0
    inner, inner_count, _ = _gathered(where, True, int(length[whole].sum()), 0)
    edge, edge_count, fraction = _gathered(where, False, *(2 * [int(length[~whole].sum())]))
    shares = []
    for unit in range(len(first) - 1):
        a, b = inner_count[unit], inner_count[unit + 1]
        c, d = edge_count[unit], edge_count[unit + 1]
        shares.append(_united([_counted(inner[a:b]), (edge[c:d], fraction[c:d])]))
    return shares


def _gathered(where: Where, whole: bool, cells: int, fractions: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Values of the cells wholly inside, or partly, of all units; where each unit begins; the weights."""
    value, fraction = np.empty(cells, dtype=where[2].dtype), np.empty(fractions)
    count = np.empty(len(where[1]) - 1, dtype=np.int64)
    kernel.gather(*where, whole, value, fraction, count)
    return value, np.concatenate([[0], np.cumsum(count)]), fraction


def _counted(value: np.ndarray) -> Shares:
    """Distinct values and how often each occurs."""
    if value.size == 0:
        return value, np.empty(0)
    value = np.sort(value)
    first = np.flatnonzero(np.concatenate([[True], value[1:] != value[:-1]]))
    return value[first], np.diff(np.append(first, len(value))).astype(np.float64)


def _united(shares: Sequence[Shares]) -> Shares:
    """Distinct values of several, their coverages added up in that order."""
    shares = [pair for pair in shares if len(pair[0])] or [shares[0]]
    if len(shares) == 1 and (shares[0][0][1:] > shares[0][0][:-1]).all():
        return shares[0]
    value = np.concatenate([pair[0] for pair in shares])
    weight = np.concatenate([pair[1] for pair in shares])
    order = np.argsort(value, kind="stable")
    value = value[order]
    first = np.flatnonzero(np.concatenate([[True], value[1:] != value[:-1]]))
    return value[first], np.add.reduceat(weight[order], first)


def unit_shares(parts: Sequence[Shares]) -> Shares:
    """Distinct values of a unit and their coverage, out of those of its tiles in canonical order."""
    return _united(parts)


def quantile(shares: Shares, share: float) -> Any:
    """Smallest value whose cumulative coverage reaches a share of the whole; None without values."""
    value, weight = shares
    if not len(value):
        return None
    reached = np.cumsum(weight)
    target = share * reached[-1] - _ROUNDING * reached[-1]
    return value[min(int(np.searchsorted(reached, target, side="left")), len(value) - 1)]


def majority(shares: Shares) -> Any:
    """Value with the largest coverage, the smallest of those within rounding; None without values."""
    value, weight = shares
    if not len(value):
        return None
    return value[int(np.argmax(weight >= weight.max() * (1.0 - _ROUNDING)))]
