"""Results that are asked for again: kept while the files they came from are the same."""

from __future__ import annotations

import copy
import threading
import warnings
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from ecoval.declarations import identity
from ecoval.engine.task import Task
from ecoval.grid import TILE, Grid

if TYPE_CHECKING:
    import pandas as pd

    from ecoval.layers.compute import Totals
    from ecoval.layers.opened import Layers
    from ecoval.totals import Block
    from ecoval.totals.blocks import Progress

KEPT = 32
ROWS_KEPT = 100_000  # larger tables are computed again

PASSES_KEPT = 8
ELSEWHERE = "elsewhere"
ARRAYS_KEPT = 2
ARRAY_BYTES = 64 * 2**20
BLOCK_BYTES = 256 * 2**20  # of quantities per cell, over all studies

MADE_KEPT = 12

Mark = tuple[tuple[str, int, int], ...] | None  # path, size and time of a file and of those that belong to it
Marks = tuple[Mark, ...]

_tables: OrderedDict[Hashable, pd.DataFrame] = OrderedDict()
_arrays: OrderedDict[tuple[Hashable, Marks], np.ndarray] = OrderedDict()
_passes: OrderedDict[Hashable, Totals] = OrderedDict()
_made: OrderedDict[tuple[str, str], tuple[Marks, tuple[str, ...], Marks, Any]] = OrderedDict()
_blocks: OrderedDict[tuple[Hashable, tuple[int, int]], tuple[Grid, Block]] = OrderedDict()
_guard = threading.Lock()


def zonal_table(
    units: str, rasters: list[str], stats: list[str], named: Mapping[str, Any], threads: int | None, task: Task
) -> pd.DataFrame:
    """Table of `zonal`, the kept one where files and question are the same.

    Parameters
    ----------
    named : table (id, layer, crs)

    Returns
    -------
    table (unit_id, layer, ...)
    """
    from ecoval.totals import zonal

    key = (marks([units, *rasters]), tuple(stats), tuple(sorted((name, str(value)) for name, value in named.items())))
    if None not in key[0] and key in _tables:
        _tables.move_to_end(key)
        return _tables[key].copy()
    before = task.warned
    table = zonal(units, rasters, stats=stats, threads=threads, progress=task.progress, **named)
    if None not in key[0] and len(table) <= ROWS_KEPT and task.warned == before:  # a warning must come again
        _tables[key] = table.copy()
        while len(_tables) > KEPT:
            _tables.popitem(last=False)
    return table


class Kept:
    """The store of this process in the place of `ecoval.layers.kept.Fresh`."""

    @staticmethod
    def passed(layers: Layers, threads: int | None = None, progress: Progress | None = None) -> Totals:
        """The pass over the tiles, or a kept one."""
        return passed(layers, threads, progress)

    @staticmethod
    def prepared(key: Hashable, paths: Sequence[Path], make: Callable[[], np.ndarray]) -> np.ndarray:
        """An array, the kept one where the files are the same."""
        read = marks(paths)
        if None in read:
            return make()
        if (key, read) not in _arrays:
            made = make()
            if made.nbytes > ARRAY_BYTES:
                return made
            _arrays[key, read] = made
            while len(_arrays) > ARRAYS_KEPT:
                _arrays.popitem(last=False)
        return _arrays[key, read]


def passed(layers: Layers, threads: int | None = None, progress: Progress | None = None) -> Totals:
    """The pass over the tiles, the kept one where layers, units, numbers and options are the same: prices may differ."""
    from ecoval.layers.compute import compute

    key = pass_key(layers)
    if key is not None and key in _passes:
        _passes.move_to_end(key)
        return copy.deepcopy(_passes[key])
    notes = len(layers.notes)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        totals = compute(layers, threads=threads, progress=progress, kept=blocks_of(layers))
    for entry in caught:
        warnings.warn_explicit(entry.message, entry.category, entry.filename, entry.lineno)
    if key is not None and not caught and len(layers.notes) == notes:  # what else it says must come again
        _passes[key] = copy.deepcopy(totals)
        while len(_passes) > PASSES_KEPT:
            _passes.popitem(last=False)
    return totals


class Blocks:
    """Quantities per cell of one study, tile by tile, for other units over the same layers.

    Parameters
    ----------
    key : what the quantities depend on, the units left out
    """

    def __init__(self, key: Hashable) -> None:
        self.key = key

    def found(self, tile: Grid) -> Block | None:
        """Block of a tile, cut out of a kept one that contains it, or None."""
        with _guard:
            entry = _blocks.get((self.key, tile_number(tile)))
            if entry is None or not contains(entry[0], tile):
                return None
            whole, block = entry
            _blocks.move_to_end((self.key, tile_number(tile)))
        row, col = cast(tuple[int, int], tile.offset_in(whole))  # of one lattice
        cut = (slice(row, row + tile.rows), slice(col, col + tile.cols))
        return type(block)(
            np.ascontiguousarray(block.types[cut]), [np.ascontiguousarray(values[cut]) for values in block.quantities]
        )

    def keep(self, tile: Grid, block: Block) -> None:
        """Keep a block in place of a smaller one; the oldest ones of all studies make room."""
        place = (self.key, tile_number(tile))
        with _guard:
            if place in _blocks and not contains(tile, _blocks[place][0]):
                return
            _blocks[place] = (tile, block)
            held = sum(size(each) for _, each in _blocks.values())
            while held > BLOCK_BYTES and _blocks:
                held -= size(_blocks.popitem(last=False)[1][1])


def tile_number(tile: Grid) -> tuple[int, int]:
    """Row and column of the canonical tile that a part belongs to."""
    return tile.first[0] // TILE, tile.first[1] // TILE


def contains(whole: Grid, part: Grid) -> bool:
    """Whether all cells of a part of a canonical tile are in another part of it."""
    rows, cols = (part.first[axis] - whole.first[axis] for axis in (0, 1))
    return rows >= 0 and cols >= 0 and rows + part.rows <= whole.rows and cols + part.cols <= whole.cols


def size(block: Block) -> int:
    """Bytes of a block."""
    return block.types.nbytes + sum(values.nbytes for values in block.quantities)


def blocks_of(layers: Layers) -> Blocks | None:
    """Kept blocks of the layers, or None where a quantity depends on more than the files and its cell."""
    from ecoval.study.run import recorded_inputs

    declared = layers.declaration
    if layers.parted is not None:
        return None
    paths = [path for role, path in recorded_inputs(declared, layers) if not role.startswith("units.")]
    read, own = marks(paths), {str(path) for path in paths}
    held = tuple((role, place_of(reader, own)) for role, reader in sorted(layers.readers.items()))
    if any(where == ELSEWHERE for _, where in held):
        return None
    place = (layers.grid.crs.to_wkt(), layers.grid.anchor, layers.grid.cell)
    return None if None in read else Blocks((identity(declared, "cells"), layers.year, read, held, place))


def place_of(reader: object, own: set[str]) -> Hashable:
    """Where an array that was worked out for the units lies; None for files of the study and for what is worked out in the tile."""
    reader = getattr(reader, "reader", reader)
    source = getattr(reader, "source", None)
    if source is None:
        return None
    if isinstance(source.path, str | Path):
        return None if str(source.path) in own else ELSEWHERE
    lattice = source.grid
    return lattice.anchor, lattice.first, lattice.shape


def pass_key(layers: Layers) -> Hashable:
    """What a pass depends on; None where it reads what has no size and time."""
    from ecoval.study.run import recorded_inputs

    declared = layers.declaration
    read = marks([path for _, path in recorded_inputs(declared, layers)])
    return None if None in read else (identity(declared, "pass"), layers.year, read)


def marks(paths: Iterable[str | Path]) -> Marks:
    """Path, size and time of each file and of those that belong to it; None for what is no plain file."""
    found: list[Mark] = []
    for path in map(Path, paths):
        if not path.is_file():
            found.append(None)
            continue
        family = sorted(entry for entry in path.parent.glob(glob_safe(path.stem) + ".*") if entry.is_file())
        found.append(tuple((str(entry), entry.stat().st_size, entry.stat().st_mtime_ns) for entry in family))
    return tuple(found)


def glob_safe(text: str) -> str:
    """Text with the wildcards of `glob` taken literally."""
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in text)


def kept(
    name: str,
    content: str,
    paths: Sequence[str | Path],
    make: Callable[[], Any],
    reads: Callable[[Any], Iterable[str | Path]] | None = None,
) -> Any:
    """What a stage of an assessment made, the kept one while its declaration and its files are the same.

    Parameters
    ----------
    name : of the stage
    content : what the stage is declared by
    paths : files that it reads
    reads : further files that what was made has read
    """
    key = (name, content)
    seen = stamps(paths)
    found = recalled(key, seen)
    if found is not None:
        return found
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        made = make()
    for entry in caught:
        warnings.warn_explicit(entry.message, entry.category, entry.filename, entry.lineno)
    further = () if reads is None else tuple(map(str, reads(made)))
    if None not in seen and not caught:  # a warning must come again
        with _guard:
            _made[key] = (seen, further, stamps(further), made)
            while len(_made) > MADE_KEPT:
                _made.popitem(last=False)
    return made


def recalled(key: tuple[str, str], seen: Marks) -> Any:
    """What is kept under a key, or None where a file has changed since."""
    with _guard:
        entry = _made.get(key)
        if entry is None:
            return None
        before, further, marked, made = entry
        if before != seen or stamps(further) != marked:
            return None
        _made.move_to_end(key)
        return made


def stamps(paths: Iterable[str | Path]) -> Marks:
    """Path, size and time of files and of the parts of shapefiles; None for what is no file."""
    from ecoval.runs.fingerprints import parts

    found: list[Mark] = []
    for path in map(Path, paths):
        files = parts(path) if path.suffix.lower() == ".shp" else [path]
        try:
            found.append(tuple((str(file), (told := file.stat()).st_size, told.st_mtime_ns) for file in files))
        except OSError:
            found.append(None)
    return tuple(found)
