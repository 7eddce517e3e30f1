"""Exact coverage of a grid by spatial units: runs of equal weight, sorted by canonical tile.

Units are cut up in stretches, threads take the stretches. A tile holds its runs sorted by unit, row and column; nothing in a tile
depends on the other units, on the number of threads, or on how far the grid reaches beyond the tile.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
import shapely

from ecoval.grid import CRS, TILE, Grid
from ecoval.kernels import coverage as kernel
from ecoval.units.polygon_area import ellipsoidal_area

_POLYGON, _MULTIPOLYGON = 3, 6
_PAIRS_PER_STRETCH = 100_000
_VERTICES_PER_PART = 2_000_000

_StretchRuns = tuple[npt.NDArray[np.int64], npt.NDArray[np.int32], npt.NDArray[np.float64]]  # numbers of units, runs, weights


class Runs(NamedTuple):
    """Runs of one tile, sorted by unit, row and column.

    `unit` is the position of the unit among all units, `weight` the fraction of each cell; columns are [start, end) in the tile.
    """

    unit: npt.NDArray[np.int32]
    row: npt.NDArray[np.int16]
    start: npt.NDArray[np.int16]
    end: npt.NDArray[np.int16]
    weight: npt.NDArray[np.float64]

    def only(self, part: slice | npt.NDArray[np.bool_]) -> Runs:
        """A part of the runs."""
        return Runs(self.unit[part], self.row[part], self.start[part], self.end[part], self.weight[part])


@dataclass(frozen=True)
class Coverage:
    """What part of each cell of a grid lies in each unit.

    Parameters
    ----------
    tiles : canonical tiles that a unit touches, in row-major order
    offset : vector (tiles + 1), 1
        First run of each tile.
    runs : of all tiles, one after the other
    outside : vector (units), m2, >= 0
        Area of each unit outside the grid.
    """

    grid: Grid
    units: int
    tiles: list[Grid]
    offset: npt.NDArray[np.int64]
    runs: Runs
    outside: npt.NDArray[np.float64]

    def tile_runs(self, index: int) -> Runs:
        """Runs of one tile."""
        part = slice(self.offset[index], self.offset[index + 1])
        return self.runs.only(part)

    def only(self, chosen: npt.NDArray[np.bool_]) -> Coverage:
        """The same coverage with the runs of some units alone; `chosen` is a vector (units) of True and False."""
        in_choice = chosen[self.runs.unit]
        runs = self.runs.only(in_choice)
        offset = np.concatenate([[0], np.cumsum(in_choice)])[self.offset]
        touched = np.flatnonzero(np.diff(offset))
        tiles = [self.tiles[index] for index in touched]
        return Coverage(self.grid, self.units, tiles, np.append(offset[touched], offset[-1]), runs, self.outside)

    def __iter__(self) -> Iterator[tuple[Grid, Runs]]:
        return ((tile, self.tile_runs(index)) for index, tile in enumerate(self.tiles))


class Polygons(Protocol):
    """Polygons of units, in any CRS."""

    @property
    def geometry(self) -> np.ndarray:
        """Polygons and multipolygons: array (units)."""

    def to_crs(self, crs: CRS, /) -> Polygons:
        """The same in another CRS."""


class _Rings(NamedTuple):
    """Rings of units: coordinates in cells from each unit's corner, and where each ring and unit begins."""

    u: npt.NDArray[np.float64]
    v: npt.NDArray[np.float64]
    ring_start: npt.NDArray[np.int64]
    sign: npt.NDArray[np.float64]
    unit_ring: npt.NDArray[np.int64]
    corner: npt.NDArray[np.int64]
    low: npt.NDArray[np.int64]
    high: npt.NDArray[np.int64]


def coverage(units: Polygons, grid: Grid, *, threads: int | None = None) -> Coverage:
    """Runs of all units on a grid.

    Parameters
    ----------
    units : in any CRS; transformed with densified edges where it is not the grid's
    threads : number, 1, >= 1
        Default: the number of processors.
    """
    return fractions(units.to_crs(grid.crs).geometry, grid, threads=threads)


def fractions(geometries: np.ndarray, grid: Grid, *, threads: int | None = None) -> Coverage:
    """Runs of polygons that lie in the CRS of the grid; a million parcels are worked off in parts.

    Parameters
    ----------
    geometries : array (units)
    threads : number, 1, >= 1
        Default: the number of processors.
    """
    bounds = shapely.bounds(geometries)
    left, bottom, right, top = grid.bounds
    meets = (bounds[:, 0] < right) & (bounds[:, 2] > left) & (bounds[:, 1] < top) & (bounds[:, 3] > bottom)
    number = np.flatnonzero(meets)
    window = _window(grid)
    parts: list[_StretchRuns] = []
    with ThreadPoolExecutor(threads or os.cpu_count() or 1) as pool:
        for stretch in _parts(number, geometries):
            rings = _rings(geometries[stretch], bounds[stretch], grid)
            work = partial(_stretch_runs, rings, window, stretch)
            parts += pool.map(work, _stretches(rings))
    return _sorted_by_tile(parts, grid, len(geometries), _outside(geometries, bounds, grid))


def _parts(number: np.ndarray, geometries: np.ndarray) -> list[np.ndarray]:
    """Numbers of units in parts with about as many vertices each."""
    vertices = np.cumsum(shapely.get_num_coordinates(geometries[number]))
    return [stretch for stretch in np.split(number, np.flatnonzero(np.diff(vertices // _VERTICES_PER_PART)) + 1) if len(stretch)]


def _polygons(geometries: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Polygons inside geometries of any type, and the position that each comes from; lines and points are left out."""
    parts, position = shapely.get_parts(geometries, return_index=True)
    while (kinds := shapely.get_type_id(parts)).size and (kinds >= _MULTIPOLYGON).any():
        parts, inner = shapely.get_parts(parts, return_index=True)
        position = position[inner]
    flat = kinds == _POLYGON
    return parts[flat], position[flat]


def _rings(geometries: np.ndarray, bounds: np.ndarray, grid: Grid) -> _Rings:
    """Rings of units in cells from the lattice corner north-west of each unit."""
    polygons, unit_of_polygon = _polygons(geometries)
    rings, polygon_of_ring = shapely.get_rings(polygons, return_index=True)
    points, ring_of_point = shapely.get_coordinates(rings, return_index=True)
    unit_of_ring = unit_of_polygon[polygon_of_ring]
    hole = np.ones(len(rings), dtype=np.bool_)
    hole[np.unique(polygon_of_ring, return_index=True)[1]] = False
    ring_start = np.searchsorted(ring_of_point, np.arange(len(rings) + 1))
    unit_ring = np.searchsorted(unit_of_ring, np.arange(len(geometries) + 1))
    col = np.floor((bounds[:, 0] - grid.anchor[0]) / grid.cell[0])
    row = np.floor((grid.anchor[1] - bounds[:, 3]) / grid.cell[1])
    corner = np.column_stack([row, col]).astype(np.int64)
    u, v, sign = np.empty(len(points)), np.empty(len(points)), np.empty(len(rings))
    kernel.to_cells(points, ring_start, unit_ring, corner, grid.anchor, grid.cell, u, v)
    kernel.ring_signs(u, v, ring_start, hole, sign)
    deepest = np.floor((grid.anchor[1] - bounds[:, 1]) / grid.cell[1]).astype(np.int64) + 1 - corner[:, 0]
    low = np.maximum(grid.first[0] - corner[:, 0], 0)
    high = np.minimum(grid.first[0] + grid.rows - corner[:, 0], deepest + 1)
    return _Rings(u, v, ring_start, sign, unit_ring, corner, low, high)


def _window(grid: Grid) -> npt.NDArray[np.int64]:
    """Bounds of a grid and its rectangle of canonical tiles, as `unit_runs` takes them."""
    row, col = grid.first
    tile_columns = (col + grid.cols - 1) // TILE - col // TILE + 1
    return np.array([row, col, col + grid.cols, TILE, tile_columns, row // TILE, col // TILE], dtype=np.int64)


def _stretches(rings: _Rings) -> list[tuple[slice, np.ndarray]]:
    """Stretches of units with about as many pairs each, and the largest number of pairs of each unit."""
    bound = np.empty(len(rings.low), dtype=np.int64)
    kernel.pair_bounds(rings.u, rings.v, rings.ring_start, rings.unit_ring, rings.low, rings.high, bound)
    group = np.cumsum(bound) // _PAIRS_PER_STRETCH
    edges = [*np.flatnonzero(np.diff(group, prepend=-1)), len(bound)]
    return [(slice(a, b), bound[a:b]) for a, b in pairwise(edges)]


def _stretch_runs(rings: _Rings, window: np.ndarray, number: np.ndarray, stretch: tuple[slice, np.ndarray]) -> _StretchRuns:
    """Numbers of a stretch of units, and their runs cut at tile borders with the weights."""
    part, bound = stretch
    low, high = rings.low[part], rings.high[part]
    rows = np.maximum(high - low, 0)
    pairs, tallest = int(bound.max()) + 1, int(rows.max())
    most = 2 * int(bound.sum()) + int(rows.sum()) * int(window[4])
    runs, weights = np.empty((most, 5), dtype=np.int32), np.empty(most)
    unit_ring = rings.unit_ring[part.start : part.stop + 1]
    by_row = (np.empty((pairs, 2), np.int32), np.empty((pairs, 2)), np.empty(tallest + 1, np.int64))
    work = (*by_row, np.empty(pairs, np.int32), np.empty((pairs, 2)))
    count = kernel.unit_runs(
        rings.u, rings.v, rings.ring_start, rings.sign, unit_ring, rings.corner[part], low, high, window, *work, runs, weights
    )
    return number[part], runs[:count].copy(), weights[:count].copy()


def _sorted_by_tile(parts: list[_StretchRuns], grid: Grid, units: int, outside: npt.NDArray[np.float64]) -> Coverage:
    """Runs of all stretches in one set of arrays, sorted by tile."""
    tiles = grid.tiles()
    count = np.zeros(len(tiles), dtype=np.int64)
    for _, runs, _ in parts:
        count += np.bincount(runs[:, 0], minlength=len(tiles))
    offset = np.concatenate([[0], np.cumsum(count)])
    total = int(offset[-1])
    columns = (np.empty(total, np.int16), np.empty(total, np.int16), np.empty(total, np.int16))
    arrays = Runs(np.empty(total, np.int32), *columns, np.empty(total, np.float64))
    following = offset[:-1].copy()
    for number, runs, weights in parts:
        kernel.place_runs(runs, weights, number, following, *arrays)
    touched = np.flatnonzero(count)
    return Coverage(grid, units, [tiles[k] for k in touched], np.append(offset[touched], total), arrays, outside)


def _outside(geometries: np.ndarray, bounds: np.ndarray, grid: Grid) -> npt.NDArray[np.float64]:
    """Area of each unit outside the grid, m2; exactly 0 for a unit inside."""
    left, bottom, right, top = grid.bounds
    slack = [1e-6 * size for size in grid.cell]
    leaves = (bounds[:, 0] < left - slack[0]) | (bounds[:, 2] > right + slack[0])
    leaves |= (bounds[:, 1] < bottom - slack[1]) | (bounds[:, 3] > top + slack[1])
    area = np.zeros(len(geometries))
    if leaves.any():
        rest = shapely.difference(geometries[leaves], shapely.box(left, bottom, right, top))
        area[leaves] = ellipsoidal_area(rest, grid.crs)
    return area
