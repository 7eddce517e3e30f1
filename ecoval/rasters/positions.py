"""Where the cells of the study grid lie in a source: same axes, or mapped from another CRS tile by tile."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from ecoval.grid import TILE, Grid, Transformation
from ecoval.kernels import resample

_NODES = 11  # per axis of a canonical tile; polynomials of degree 10
_EXACT = 1e-6  # source cells; where a polynomial misses by more, every node is transformed
_TURN = 360.0  # degrees


@dataclass(frozen=True)
class SharedAxes:
    """Target cells are boxes in the source: the same CRS, or one that differs by nothing."""

    source: Grid

    def boxes(self, part: Grid) -> tuple[np.ndarray, np.ndarray]:
        """Top and bottom of each row, left and right of each column.

        Returns
        -------
        array (rows, 2), 1
        array (cols, 2), 1
        """
        left, _, _, top = self.source.bounds
        easting = part.anchor[0] + (part.first[1] + np.arange(part.cols + 1)) * part.cell[0]
        northing = part.anchor[1] - (part.first[0] + np.arange(part.rows + 1)) * part.cell[1]
        across = _snapped((easting - left) / self.source.cell[0])
        down = _snapped((top - northing) / self.source.cell[1])
        across = np.column_stack([across[:-1], across[1:]])
        if self.source.is_geographic:
            world = _TURN / self.source.cell[0]
            turns = np.round((across.mean(axis=1) - self.source.cols / 2) / world)
            across = np.where(turns[:, None] == 0, across, _snapped(across - turns[:, None] * world))
        return np.column_stack([down[:-1], down[1:]]), across

    def centres(self, part: Grid) -> tuple[np.ndarray, np.ndarray]:
        """Rows and columns of the cell centres in the source: two arrays (rows, cols), cells."""
        down, across = self.boxes(part)
        shape = (part.rows, part.cols)
        return (
            np.ascontiguousarray(np.broadcast_to(down.mean(axis=1)[:, None], shape)),
            np.ascontiguousarray(np.broadcast_to(across.mean(axis=1)[None, :], shape)),
        )


@dataclass(frozen=True)
class Mapped:
    """Target cells are quads in the source: corners are mapped by the inverse of the coordinate operation."""

    source: Grid
    operation: Transformation

    @property
    def seam(self) -> float:
        """Half the way around the world in source columns; endless where the source is projected."""
        return _TURN / 2 / self.source.cell[0] if self.source.is_geographic else math.inf

    def nodes(self, part: Grid) -> tuple[np.ndarray, np.ndarray]:
        """Rows and columns of the corners in the source: two arrays (rows + 1, cols + 1), cells."""
        return self._at(part, 0.0, 1)

    def centres(self, part: Grid) -> tuple[np.ndarray, np.ndarray]:
        """Rows and columns of the cell centres in the source: two arrays (rows, cols), cells."""
        return self._at(part, 0.5, 0)

    def _at(self, part: Grid, shift: float, more: int) -> tuple[np.ndarray, np.ndarray]:
        tile = (part.first[0] // TILE, part.first[1] // TILE)
        rows = part.first[0] - tile[0] * TILE + shift + np.arange(part.rows + more)
        cols = part.first[1] - tile[1] * TILE + shift + np.arange(part.cols + more)
        fits = _tile_fit(self, part.anchor, part.cell, tile)
        if fits is None:
            down, across = np.meshgrid(rows, cols, indexing="ij")
            mapped: tuple[np.ndarray, np.ndarray] = self._mapped(part.anchor, part.cell, tile, down, across)
            return mapped
        out = (np.empty((rows.size, cols.size)), np.empty((rows.size, cols.size)))
        for fit, values in zip(fits, out, strict=True):
            resample.evaluate(fit, rows / (TILE / 2) - 1.0, cols / (TILE / 2) - 1.0, np.empty(_NODES), values)
        return out

    def _mapped(self, anchor: Any, cell: Any, tile: tuple[int, int], rows: np.ndarray, cols: np.ndarray) -> Any:
        """Source row and column of positions inside a tile, each transformed; not finite outside the projection."""
        easting = anchor[0] + (tile[1] * TILE + cols) * cell[0]
        northing = anchor[1] - (tile[0] * TILE + rows) * cell[1]
        easting, northing = self.operation.transformer.transform(easting, northing, direction="INVERSE")
        left, _, right, top = self.source.bounds
        with np.errstate(invalid="ignore"):
            if self.source.is_geographic:
                easting = easting - _TURN * np.round((easting - (left + right) / 2) / _TURN)
            return (top - northing) / self.source.cell[1], (easting - left) / self.source.cell[0]


@cache
def _vandermonde_inverse() -> tuple[np.ndarray, np.ndarray]:
    """Chebyshev nodes in [-1, 1] and the matrix from values at them to powers."""
    nodes = np.cos((2 * np.arange(_NODES) + 1) * np.pi / (2 * _NODES))
    return nodes, np.linalg.inv(np.vander(nodes, increasing=True))


def _tile_fit(mapped: Mapped, anchor: Any, cell: Any, tile: tuple[int, int]) -> tuple[np.ndarray, np.ndarray] | None:
    """Polynomials of source row and column over a canonical tile, or None where they miss by more than `_EXACT`."""
    nodes, to_powers = _vandermonde_inverse()
    checks = np.linspace(-1.0, 1.0, _NODES + 3)
    places = [np.meshgrid((axis + 1.0) * (TILE / 2), (axis + 1.0) * (TILE / 2), indexing="ij") for axis in (nodes, checks)]
    values, truth = (mapped._mapped(anchor, cell, tile, *place) for place in places)
    if not (np.isfinite(values).all() and np.isfinite(truth).all()):
        return None
    fits = []
    for value, true in zip(values, truth, strict=True):
        middle = value[_NODES // 2, _NODES // 2]
        fit = np.ascontiguousarray(to_powers @ (value - middle) @ to_powers.T)
        fit[0, 0] += middle
        tried = np.empty_like(true)
        resample.evaluate(fit, checks, checks, np.empty(_NODES), tried)
        if np.abs(tried - true).max() > _EXACT:
            return None
        fits.append(fit)
    return fits[0], fits[1]


def _snapped(position: np.ndarray) -> np.ndarray:
    """Positions, those within rounding of a source edge put on it."""
    edge = np.round(position)
    return np.where(np.abs(position - edge) < resample.SNAP, edge, position)


def cell_text(grid: Grid) -> str:
    """Side of a cell, or both sides: 30 m, 4 km, 0.05 x 0.04 deg."""
    sides, uom = (grid.cell, "deg") if grid.is_geographic else (grid.cell_size_m, "m")
    if uom == "m" and min(sides) >= 1000:
        sides, uom = (sides[0] / 1000, sides[1] / 1000), "km"
    texts = dict.fromkeys(f"{side:.4g}" for side in sides)
    return f"{' x '.join(texts)} {uom}"
