"""Areas and quantities per unit and ecosystem type: one pass over the blocks, sums with the same bits in any order of work.

A tile gives, for each unit and type that it holds, one row of sums. The rows of all tiles are merged in the order of the canonical
tiles, with compensation. `block_sums` is a pure function of values that can be pickled: whatever runs it, threads or a cluster,
hands its rows to `merged`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ecoval.grid import TILE, Grid
from ecoval.kernels import sums as kernel
from ecoval.totals.blocks import Progress, in_threads, near_together, progress_bar
from ecoval.units.coverage import Coverage, Polygons, Runs, coverage

TILES_PER_BLOCK = 4
_CELLS_AT_A_TIME, _UNITS_AT_A_TIME = 2**22, 2**12  # of a tile, in the memory of a thread
_one_at_a_time = threading.Lock()  # coordinate operations are not shared between threads


class Block(NamedTuple):
    """What a tile holds: ecosystem types, and one array per item.

    `types` is an int16 array (rows, cols) of positions among the types, their number where missing; `quantities` are float32 arrays
    (rows, cols), densities per hectare, nan where missing.
    """

    types: npt.NDArray[np.int16]
    quantities: Sequence[npt.NDArray[np.float32]]


class TileSums(NamedTuple):
    """Sums of one tile: a row per unit and type that it holds.

    `part` has the columns area, then quantity per item, then valid area per item.
    """

    tile: int
    unit: npt.NDArray[np.integer[Any]]
    kind: npt.NDArray[np.int16]
    part: npt.NDArray[np.float64]


@dataclass(frozen=True)
class Sums:
    """Sums per unit, ecosystem type and item.

    Parameters
    ----------
    area : array (units, types + 1), m2
        Inside the grid; the last column is land without a type.
    quantity : array (units, types, items), 1
        Density x hectares; 0 where the unit has none of the type or it is out of scope, nan where none of it is valid.
    valid_area : array (units, types, items), m2
        Of the types in scope.
    outside : vector (units), m2
        Area outside the grid, which is missing for every item.
    scope : array (types, items), 1
    """

    area: npt.NDArray[np.float64]
    quantity: npt.NDArray[np.float64]
    valid_area: npt.NDArray[np.float64]
    outside: npt.NDArray[np.float64]
    scope: npt.NDArray[np.bool_]

    @property
    def unit_area(self) -> npt.NDArray[np.float64]:
        """Area of each unit, m2: vector (units)."""
        inside: npt.NDArray[np.float64] = self.area.sum(axis=1)
        return inside + self.outside

    @property
    def missing_area(self) -> npt.NDArray[np.float64]:
        """Area without a type, outside the grid, or in scope without a value: array (units, items), m2."""
        untyped = self.area[:, -1] + self.outside
        in_scope = self.area[:, :-1, None] * self.scope
        without: npt.NDArray[np.float64] = np.maximum(in_scope - self.valid_area, 0.0).sum(axis=1)
        return untyped[:, None] + without

    @property
    def out_of_scope_area(self) -> npt.NDArray[np.float64]:
        """Area of the types that an item leaves out: array (units, items), m2."""
        left_out: npt.NDArray[np.float64] = np.einsum("uk,ki->ui", self.area[:, :-1], ~self.scope)
        return left_out


def accumulate(
    grid: Grid,
    units: Polygons | Coverage,
    read: Callable[[Grid], Block],
    scope: np.ndarray,
    *,
    threads: int | None = None,
    progress: Progress | bool | None = None,
    block: int = TILES_PER_BLOCK,
    text: str = "accumulate",
) -> Sums:
    """Areas and quantities of all units, in one pass over the tiles that they touch.

    Parameters
    ----------
    units : SpatialUnits or Coverage
        A coverage of the grid is used as it is.
    read : callable (tile) -> Block
        Called from several threads, once per tile.
    scope : array (types, items), 1
        Whether an item counts a type.
    threads : number, 1, >= 1
        Default: the number of processors.
    progress : True, or callable (done, text)
        True shows a bar; a callable that returns False stops at the next block.
    block : number, 1, >= 1
        Tiles that a thread takes at a time; changes no result.
    text : handed to `progress`

    Raises
    ------
    Cancelled
        Where `progress` returned False.
    """
    scope = np.ascontiguousarray(scope, dtype=np.bool_)
    cover = units if isinstance(units, Coverage) else coverage(units, grid, threads=threads)
    groups = near_together(cover.tiles, block)
    jobs = [[(index, cover.tiles[index], cover.tile_runs(index)) for index in group] for group in groups]
    work = partial(block_sums, read, scope)
    with progress_bar(progress, text) as report:
        parts = [rows for part in in_threads(work, jobs, threads=threads, progress=report, text=text) for rows in part]
    return merged(parts, cover, scope)


def block_sums(read: Callable[[Grid], Block], scope: np.ndarray, job: Sequence[tuple[int, Grid, Runs]]) -> list[TileSums]:
    """Sums of the tiles of a block.

    Parameters
    ----------
    read : callable (tile) -> Block
    scope : array (types, items), 1
    job : list of (number, Grid, Runs)
        Position of the tile in the canonical order, the tile, and its runs.

    Returns
    -------
    list of TileSums
    """
    return [tile_sums(index, tile, runs, read(tile), scope) for index, tile, runs in job]


def tile_sums(index: int, tile: Grid, runs: Runs, block: Block, scope: np.ndarray) -> TileSums:
    """Sums of one tile.

    Parameters
    ----------
    index : position of the tile in the canonical order
    scope : array (types, items), 1
    """
    kinds = scope.shape[0]
    types = np.ascontiguousarray(block.types, dtype=np.int16)
    if types.shape != tile.shape or types.min() < 0 or types.max() > kinds:
        raise ValueError(f"types of a tile: shape {types.shape}, expected {tile.shape}; values 0..{kinds} expected")
    area = np.empty(tile.shape)
    kernel.cell_areas(tile_powers(tile), tile.tile_column, area)
    densities = [np.ascontiguousarray(density, dtype=np.float32) for density in block.quantities]
    unit, first = by_unit(runs.unit)
    partial = [
        _unit_rows(unit[stretch], first[stretch.start : stretch.stop + 1], runs, types, area, densities, scope)
        for stretch in _few_at_a_time(first, runs)
    ]
    return TileSums(index, *(np.concatenate(arrays) for arrays in zip(*partial, strict=True)))


def _few_at_a_time(first: np.ndarray, runs: Runs) -> list[slice]:
    """Stretches of the units of a tile whose segments fit in memory: at least one unit, else so many cells and units."""
    cells = np.add.reduceat((runs.end - runs.start).astype(np.int64), first[:-1])
    size = cells + _CELLS_AT_A_TIME // _UNITS_AT_A_TIME
    group = (np.cumsum(size) - size) // _CELLS_AT_A_TIME
    edges = [*np.flatnonzero(np.diff(group, prepend=-1)), len(cells)]
    return [slice(a, b) for a, b in pairwise(edges)]


def _unit_rows(
    unit: np.ndarray,
    first: np.ndarray,
    runs: Runs,
    types: np.ndarray,
    area: np.ndarray,
    densities: Sequence[np.ndarray],
    scope: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows of sums of some units of a tile: unit, type, and the columns of `TileSums`."""
    kinds, items = scope.shape
    own = tuple(array[first[0] : first[-1]] for array in (runs.row, runs.start, runs.end, runs.weight))
    most = int((own[2] - own[1]).sum(dtype=np.int64))
    segments = (np.empty((most, 3), np.int16), np.empty((most, 2), np.int32), np.empty((most, 2)))
    part = np.zeros((1 + 2 * items, len(unit), kinds + 1))
    count = kernel.type_segments(own, first - first[0], types, area, *segments, part[0])
    for item, density in enumerate(densities):
        in_scope = np.append(scope[:, item], False)
        kernel.type_quantities(count, *segments, area, density, in_scope, part[1 + item], part[1 + items + item])
    occupied, kind = np.nonzero(part[0])
    return unit[occupied], kind.astype(np.int16), np.ascontiguousarray(part[:, occupied, kind].T)


def by_unit(unit: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Units of a tile's sorted runs, and the first run of each with their number at the end."""
    first = np.flatnonzero(np.diff(unit, prepend=-1))
    return unit[first], np.append(first, len(unit))


def tile_powers(tile: Grid) -> np.ndarray:
    """Cell areas of a tile as a polynomial per row; one thread at a time."""
    with _one_at_a_time:
        return np.ascontiguousarray(tile.cell_area_rows())


def power_sums() -> np.ndarray:
    """Sums of the powers of the columns before each column of a tile: array (5, TILE + 1), exact."""
    column = np.arange(TILE, dtype=np.float64)
    return np.array([np.concatenate([[0.0], np.cumsum(column**power)]) for power in range(5)])


def merged(partial: Sequence[TileSums], cover: Coverage, scope: np.ndarray) -> Sums:
    """Sums of all tiles, added in the canonical order of the tiles whatever their order here.

    Parameters
    ----------
    partial : list of TileSums
    scope : array (types, items), 1
    """
    kinds, items = scope.shape
    partial = sorted(partial, key=lambda rows: rows.tile)
    columns = 1 + 2 * items
    total = np.zeros((0, columns))
    occupied = np.zeros(0, dtype=np.int64)
    if partial:
        key = np.concatenate([rows.unit.astype(np.int64) * (kinds + 1) + rows.kind for rows in partial])
        occupied, group = np.unique(key, return_inverse=True)
        total = compensated(np.concatenate([rows.part for rows in partial]), group, len(occupied))
    unit, kind = np.divmod(occupied, kinds + 1)
    area = np.zeros((cover.units, kinds + 1))
    area[unit, kind] = total[:, 0]
    quantity, valid = np.zeros((cover.units, kinds, items)), np.zeros((cover.units, kinds, items))
    typed = kind < kinds
    unit, kind, total = unit[typed], kind[typed], total[typed]
    valid[unit, kind] = total[:, 1 + items :]
    lacking = (total[:, 1 + items :] == 0.0) & scope[kind]
    quantity[unit, kind] = np.where(lacking, np.nan, total[:, 1 : 1 + items])
    return Sums(area, quantity, valid, cover.outside, scope)


def compensated(part: npt.NDArray[np.float64], group: npt.NDArray[np.integer[Any]], groups: int) -> npt.NDArray[np.float64]:
    """Sums of rows per group, in the order of the rows, with compensation: array (groups, columns)."""
    total, lost = np.zeros((groups, part.shape[1])), np.zeros((groups, part.shape[1]))
    kernel.add_up(part, group, total, lost)
    return total + lost
