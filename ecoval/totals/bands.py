"""Rasters as zonal statistics read them: each on its own lattice, in its own type of number, under a name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ecoval.errors import InputError
from ecoval.grid import Grid, same_crs
from ecoval.kernels import sums as kernel
from ecoval.rasters import Aligned, Source, align

_NARROW, _WIDE = -(2**31), -(2**63)


class Values(NamedTuple):
    """Values of a window: array (rows, cols), its missing value, and whether no value stands for missing."""

    array: np.ndarray
    missing: Any
    complete: bool


@dataclass(frozen=True)
class Raster:
    """An open raster with the name of each of its bands.

    Parameters
    ----------
    names : tuple of text
    """

    names: tuple[str, ...]
    aligned: Aligned

    @property
    def grid(self) -> Grid:
        """Grid of the raster itself."""
        return self.aligned.grid

    @property
    def is_integer(self) -> bool:
        """Whether the values are whole numbers by their type."""
        return np.dtype(self.aligned.dtype).kind in "iu"

    def window(self, grid: Grid) -> list[Values]:
        """Values of each band in a window of the raster's grid."""
        plain = self.aligned.read_plain(grid)
        if plain is not None:
            return [_blanked(*each) for each in zip(*plain, strict=True)]
        data, valid = self.aligned.read(grid, masked=True)
        if data.ndim == 2:
            data, valid = data[None], valid[None]
        return [_typed(data[band], valid[band]) for band in range(len(data))]


def opened(rasters: Any, crs: Any = None) -> list[Raster]:
    """Rasters out of whatever the user gave.

    Parameters
    ----------
    rasters : path, dataset, DataArray, (array, transform, crs) or Source, or a list of them
    crs : for those that do not say theirs

    Returns
    -------
    list of Raster

    Raises
    ------
    InputError
        Where two layers would have one name, or a raster has no CRS and none is declared.
    """
    sequence = [rasters] if _is_one(rasters) else list(rasters)
    if not sequence:
        raise InputError("zonal_no_raster")
    readers = [_opened(raster, crs) for raster in sequence]
    names = [name for raster in readers for name in raster.names]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise InputError("zonal_layers_repeated", layers=repeated, count=len(sequence))
    return readers


def _is_one(rasters: Any) -> bool:
    """Whether one raster was given and not a list."""
    if isinstance(rasters, tuple):
        return len(rasters) == 3 and hasattr(rasters[0], "ndim")
    return not isinstance(rasters, list)


def _opened(raster: Any, crs: Any) -> Raster:
    source = raster if isinstance(raster, Source) else Source.of(raster, band=None)
    try:
        aligned = align(source, None)
    except InputError as error:
        if error.code != "raster_without_crs" or crs is None:
            raise
        aligned = align(Source.of(source, crs=crs), None)
    stem = Path(source.name).stem
    if source.subdataset is not None:
        stem = f"{stem}:{source.subdataset}"
    bands = aligned.bands
    return Raster((stem,) if len(bands) == 1 else tuple(f"{stem}:{band}" for band in bands), aligned)


def by_grid(rasters: Sequence[Raster]) -> list[list[Raster]]:
    """Rasters that share a grid, in the order of the first of each."""
    groups: list[list[Raster]] = []
    for raster in rasters:
        group = next((each for each in groups if _same_cells(each[0].grid, raster.grid)), None)
        if group is None:
            groups.append([raster])
        else:
            group.append(raster)
    return groups


def _same_cells(one: Grid, other: Grid) -> bool:
    """Whether two grids are equal to the bit, so that reading them together changes no result."""
    same = (one.anchor, one.cell, one.first, one.shape) == (other.anchor, other.cell, other.first, other.shape)
    return same and same_crs(one.crs, other.crs)


def _blanked(data: np.ndarray, missing: float) -> Values:
    """Floats with their missing value made nan in place."""
    if missing == missing:
        kernel.blank(data, data.dtype.type(missing))
    return Values(data, data.dtype.type(np.nan), True)


def _typed(data: np.ndarray, valid: npt.NDArray[np.bool_]) -> Values:
    """Values of one of five types, missing ones made recognisable."""
    complete = bool(valid.all())
    if data.dtype.kind == "f":
        data = np.ascontiguousarray(data, dtype=np.float32 if data.dtype.itemsize <= 4 else np.float64)
        if not complete:
            data = np.where(valid, data, data.dtype.type(np.nan))
        return Values(data, data.dtype.type(np.nan), True)
    narrow = data.dtype.itemsize <= 2
    kind: np.dtype[Any] = np.dtype(np.int32) if narrow else np.dtype(np.int64)
    missing: np.integer[Any] = kind.type(_NARROW if narrow else _WIDE)
    if data.dtype == np.uint64:
        kind, missing = data.dtype, np.uint64(2**64 - 1)
    data = np.ascontiguousarray(data, dtype=kind)
    if not complete:
        data = np.where(valid, data, missing)
    return Values(data, missing, complete)
