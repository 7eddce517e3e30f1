"""Sources read onto the study grid: as they lie, or resampled by their kind.

| kind | coarser target | finer, or shifted |
|---|---|---|
| categorical | class with the largest overlap; missing where more than half of the cell is | cell that holds the centre |
| intensive | mean over the valid part, weighted by exact overlap | bilinear over the valid neighbours |
| extensive | sum of value x overlapped share of the source cell | the same |

Every result depends on its own cell alone: positions are polynomials of the canonical tile (checked to a millionth of a source
cell, else transformed one by one), overlaps are exact. So no cut of the work, and no other bounds of a run, moves a bit.
GDAL's warper is not used: it takes the bounding box of a footprint, which loses up to 1e-3 of a sum under another CRS (here 1e-13),
and it approximates positions by an eighth of a cell (benchmarks/align.py).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any, Protocol, cast

import numpy as np
import numpy.typing as npt

from ecoval.constants import MISSING_CLASS
from ecoval.errors import InputError
from ecoval.grid import Grid, Transformation, read_crs, same_crs, transformation
from ecoval.kernels import resample
from ecoval.rasters.positions import Mapped, SharedAxes, cell_text
from ecoval.rasters.readers import Reader, SourceFacts
from ecoval.words import message

_ON_LATTICE = 1e-3  # cells; a smaller shift is rounding
_PIECE_CELLS = 2**22  # source cells read at once
_MOST_CELLS = 2**26  # source cells under one target cell
_EARTH_M = 6_371_007.0  # radius; only to tell a coarser cell from a finer one

Kernel = Callable[..., None]  # those over quads take the seam of the source, too


class AlignableSource(SourceFacts, Protocol):
    """What is asked of a source that is brought onto a grid."""

    @property
    def name(self) -> str:
        """What messages call it."""

    @property
    def kind(self) -> str:
        """Kind of its values."""

    @property
    def pipeline(self) -> str | None:
        """PROJ pipeline to the CRS of the grid."""

    @property
    def grid(self) -> Grid:
        """Grid of the whole source."""

    def reader(self) -> Reader:
        """What reads its windows."""


class Aligned:
    """A source on a grid; may be read from many threads at once.

    Attributes
    ----------
    grid : the study grid; windows of it are read
    lattice : the grid of the whole source
    method : choice {native, nearest, mode, bilinear, mean, sum}
    dtype : type of a masked read: the source's own where nothing is computed
    """

    def __init__(self, source: AlignableSource, grid: Grid | None) -> None:
        self.source = source
        self._reader = source.reader()
        self.lattice = lattice = self._reader.grid
        self.grid = lattice if grid is None else grid
        self._operation = _operation(source, lattice, self.grid)
        self._positions: SharedAxes | Mapped
        if self._operation is None or _moves_nothing(self._operation, lattice, self.grid):
            self._positions, self._shift = SharedAxes(lattice), _native_shift(lattice, self.grid)
        else:
            self._positions, self._shift = Mapped(lattice, self._operation), None
        self._ratio = _cells_per_cell(lattice, self.grid, self._operation)
        self.method = "native" if self._shift is not None else _method(source.kind, self._ratio)
        self._scaled = source.kind != "categorical" and (np.any(self._reader.scale != 1.0) or np.any(self._reader.offset != 0.0))
        own = self.method in ("native", "nearest", "mode") and not self._scaled
        self.dtype: np.dtype[Any] = self._reader.dtype if own else np.dtype(np.float64)

    @property
    def native(self) -> bool:
        """Whether windows are read as they lie."""
        return self.method == "native"

    @property
    def stored_block(self) -> tuple[int, int] | None:
        """Rows and columns of the cells that the file compresses together; None for an array."""
        handle = getattr(self._reader, "_handle", None)
        if handle is None:
            return None
        rows, cols = handle().block_shapes[0]
        return rows, cols

    @property
    def bands(self) -> tuple[int, ...]:
        """Bands that are read, from 1."""
        return self._reader.bands

    def read(self, window: Grid | None = None, *, masked: bool = False) -> Any:
        """Values of a window of the lattice, inside the grid or not.

        Parameters
        ----------
        window : default: the whole grid

        Returns
        -------
        array (rows, cols) or (bands, rows, cols)
            float32 with missing = nan; for classes int32 with missing = `MISSING_CLASS`.
            Masked: a pair of the values in `dtype` (what stands in missing cells means nothing) and of True where valid.

        Raises
        ------
        InputError
            Where a window cannot be read, or a class is not a whole number.
        """
        window = self._on_lattice(self.grid if window is None else window)
        if not masked and (values := self._decoded(window)) is not None:
            return values[0] if isinstance(self.source.band, int) else values
        if self.native:
            data, valid = self._native(window)
            if not masked:
                data = self._classes(data, valid) if self.source.kind == "categorical" else self._numbers(data, valid, np.float32)
            elif self._scaled:
                data = self._numbers(data, valid, np.float64)
        else:
            data, valid = self._resampled(window, masked), None
            if masked:
                valid = data != MISSING_CLASS if self.source.kind == "categorical" else ~np.isnan(data)
                data = data.astype(self.dtype, copy=False)
        if isinstance(self.source.band, int):
            data, valid = data[0], None if valid is None else valid[0]
        return (data, valid) if masked else data

    @property
    def note(self) -> str:
        """What is done to the values, and the coordinate operation with its accuracy."""
        return self.described("en")

    def described(self, lang: str = "en") -> str:
        """The note in the language `en` or `zh`."""
        return " ".join(message(code, fields, lang) for code, fields in self.parts())

    def parts(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Codes and fields of the note."""
        fields: dict[str, Any] = {"source": self.source.name, "method": self.method}
        if self.native:
            yield "alignment_native", fields
        elif isinstance(self._positions, SharedAxes) and math.isclose(self._ratio, 1.0, rel_tol=1e-6):
            lattice = self.lattice
            columns = (self.grid.anchor[0] - lattice.bounds[0]) / lattice.cell[0]
            rows = (lattice.bounds[3] - self.grid.anchor[1]) / lattice.cell[1]
            yield "alignment_shifted", {**fields, "columns": float(columns - round(columns)), "rows": float(rows - round(rows))}
        else:
            fields["cell"] = cell_text(self._reader.grid)
            fine = self._ratio < 1.0
            yield ("alignment_refined", fields) if fine else ("alignment_coarsened", {**fields, "ratio": float(self._ratio)})
        if self._operation is not None:
            accuracy = "-" if self._operation.accuracy is None else f"{self._operation.accuracy:g} m"
            yield "alignment_operation", {"operation": self._operation.description, "accuracy": accuracy}
        stated = self._reader.file_crs
        if self.source.crs is not None and stated is not None and not same_crs(self._reader.grid.crs, read_crs(stated)):
            yield "alignment_crs_declared", {"declared": self._reader.grid.crs.name, "found": read_crs(stated).name}

    def read_plain(self, window: Grid) -> tuple[np.ndarray, tuple[float, ...]] | None:
        """Stored floats of a window inside the source, and the missing value of each band (nan: none but nan and infinity).

        Returns
        -------
        tuple of array (bands, rows, cols) and one value per band
            None where missing cells, scale or place need more than that: then `read` is for it.
        """
        reader = self._reader
        if not self._is_plain:
            return None
        row, col = window.first[0] - self.grid.first[0], window.first[1] - self.grid.first[1]
        data, _ = reader._stored(row, col, *window.shape)
        return data, tuple(values[0] if values else math.nan for values in reader.missing)

    @cached_property
    def _is_plain(self) -> bool:
        floats = self._reader.dtype in (np.float32, np.float64)
        return self._reader.is_simple and floats and self._shift == (0, 0) and not self._scaled

    def _decoded(self, window: Grid) -> np.ndarray | None:
        """Numbers of a window inside the source, in one pass over what is stored; None where that needs more."""
        reader = self._reader
        if self._shift is None or self.source.kind == "categorical" or not reader.is_simple:
            return None
        row, col = window.first[0] + self._shift[0], window.first[1] + self._shift[1]
        inside = 0 <= row <= reader.grid.rows - window.rows and 0 <= col <= reader.grid.cols - window.cols
        return reader.decoded(row, col, *window.shape) if inside else None

    def close(self) -> None:
        """Close the open files of all threads."""
        self._reader.close()

    def __enter__(self) -> Aligned:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __reduce__(self) -> Any:
        return Aligned, (self.source, self.grid)

    def _on_lattice(self, window: Grid) -> Grid:
        """The same window, counted from the anchor of the grid."""
        one_crs = window.crs is self.grid.crs or same_crs(window.crs, self.grid.crs)
        if one_crs and window.anchor == self.grid.anchor and window.cell == self.grid.cell:
            return window
        offset = window.offset_in(self.grid)
        if offset is None:
            window.require_match(self.grid, (self.source.name, "grid"))
        row, col = cast(tuple[int, int], offset)  # what does not match is refused
        return self.grid.window(row, col, *window.shape)

    def _native(self, window: Grid) -> tuple[np.ndarray, npt.NDArray[np.bool_]]:
        """Stored values and validity, nothing valid beyond the source."""
        down, across = cast(tuple[int, int], self._shift)
        reader, shape = self._reader, (len(self._reader.bands), *window.shape)
        row, col = window.first[0] + down, window.first[1] + across
        inside = 0 <= row <= reader.grid.rows - window.rows and 0 <= col <= reader.grid.cols - window.cols
        if inside:
            return reader.read(row, col, *window.shape)
        data, valid = np.zeros(shape, dtype=reader.dtype), np.zeros(shape, dtype=bool)
        world = round(360.0 / reader.grid.cell[1]) if reader.grid.is_geographic else 0
        for start in {col, col - world, col + world}:
            top, bottom = max(row, 0), min(row + window.rows, reader.grid.rows)
            left, right = max(start, 0), min(start + window.cols, reader.grid.cols)
            if top < bottom and left < right:
                part = (slice(None), slice(top - row, bottom - row), slice(left - start, right - start))
                data[part], valid[part] = reader.read(top, left, bottom - top, right - left)
        return data, valid

    def _numbers(self, data: np.ndarray, valid: npt.NDArray[np.bool_], dtype: npt.DTypeLike) -> np.ndarray:
        """Values after scale and offset, missing = nan."""
        if self._scaled:
            data = data * self._reader.scale[:, None, None] + self._reader.offset[:, None, None]
        values = data.astype(dtype, order="C")
        values[~valid] = np.nan
        return values

    def _classes(self, data: np.ndarray, valid: npt.NDArray[np.bool_]) -> npt.NDArray[np.int32]:
        """Classes as int32, missing = `MISSING_CLASS`."""
        if data.dtype.kind == "f" or data.dtype.itemsize > 4 or data.dtype == np.uint32:
            limits = np.iinfo(np.int32)
            wrong = valid & ((data <= limits.min) | (data > limits.max) | (data != np.floor(data)))
            if wrong.any():
                band, row, col = (int(index[0]) for index in np.nonzero(wrong))
                value = data[band, row, col].item()
                raise InputError("raster_class_not_whole", path=self.source.name, band=self.bands[band], value=value)
        classes = np.where(valid, data, 0).astype(np.int32, order="C")
        classes[~valid] = MISSING_CLASS
        return classes

    def _resampled(self, window: Grid, masked: bool) -> np.ndarray:
        """Values computed piece by piece; pieces never reach over an edge of a canonical tile."""
        categorical = self.source.kind == "categorical"
        out = np.empty((len(self.bands), *window.shape), dtype=np.int32 if categorical else np.float64 if masked else np.float32)
        for tile in window.tiles():
            row, col = tile.first[0] - window.first[0], tile.first[1] - window.first[1]
            self._fill(tile, out[:, row : row + tile.rows, col : col + tile.cols])
        return out

    def _fill(self, part: Grid, out: np.ndarray) -> None:
        """Results of a part of one tile, halved until the source window is small enough."""
        overlap = self.method in ("mean", "sum", "mode")
        boxes = overlap and isinstance(self._positions, SharedAxes)
        down, across = getattr(self._positions, "boxes" if boxes else "nodes" if overlap else "centres")(part)
        lattice = self.lattice
        row0, row1 = _range(down, lattice.rows, 0 if overlap else 1)
        col0, col1 = _range(across, lattice.cols, 0 if overlap else 1)
        if row0 >= row1 or col0 >= col1:
            out[...] = MISSING_CLASS if self.source.kind == "categorical" else np.nan
            return
        cells = (row1 - row0) * (col1 - col0)
        if cells > _PIECE_CELLS and part.rows * part.cols > 1:
            for piece, values in _halves(part, out):
                self._fill(piece, values)
            return
        if cells > _MOST_CELLS:
            raise InputError("raster_footprint_too_large", path=self.source.name, cells=cells, most=_MOST_CELLS)
        data, valid = self._reader.read(row0, col0, row1 - row0, col1 - col0)
        worked = self._worked(data, valid, out.dtype)
        if self.method == "bilinear":
            resample.bilinear(worked, row0, col0, down, across, out)
            return
        for source, band in zip(worked, out, strict=True):
            self._compute(source, (row0, col0), (down, across), boxes, band)

    def _worked(self, data: np.ndarray, valid: np.ndarray, dtype: Any) -> np.ndarray:
        """Source values in the type that the kernels take."""
        if self.source.kind == "categorical":
            return self._classes(data, valid)
        small = data.dtype.itemsize <= 2 or data.dtype == np.float32
        return self._numbers(data, valid, np.float32 if small and dtype == np.float32 else np.float64)

    def _compute(
        self, source: np.ndarray, first: tuple[int, int], places: tuple[np.ndarray, np.ndarray], boxes: bool, out: np.ndarray
    ) -> None:
        """Run the kernel of the method on one band."""
        method, missing = self.method, np.int32(MISSING_CLASS)
        if method == "nearest":
            resample.nearest(source, *first, *places, missing, out)
            return
        weights, seam = self._scratch(places, boxes)
        extra = () if boxes else (seam,)
        if method == "mode":
            kernel = cast(Kernel, resample.mode_box if boxes else resample.mode_quad)
            classes, shares = np.empty(weights.size, np.int32), np.empty(weights.size)
            kernel(source, *first, *places, *extra, missing, weights, classes, shares, out)
            return
        kernel = cast(Kernel, resample.overlap_box if boxes else resample.overlap_quad)
        kernel(source, *first, *places, *extra, method == "sum", weights, out)

    def _scratch(self, places: tuple[np.ndarray, np.ndarray], boxes: bool) -> tuple[np.ndarray, float]:
        """Room for the overlaps of the largest footprint, and the seam of the source."""
        if boxes:
            rows, cols = (int((np.ceil(edges[:, 1]) - np.floor(edges[:, 0])).max()) + 1 for edges in places)
            return np.empty((rows, cols)), math.inf
        lattice, seam = self._reader.grid, cast(Mapped, self._positions).seam
        rows, cols = resample.footprint(*places, lattice.rows, lattice.cols, seam)
        if rows * cols > _MOST_CELLS:
            raise InputError("raster_footprint_too_large", path=self.source.name, cells=rows * cols, most=_MOST_CELLS)
        return np.empty((max(rows, 1), cols + 3)), seam


def _operation(source: AlignableSource, lattice: Grid, grid: Grid) -> Transformation | None:
    """Coordinate operation from the source to the grid; None where both have one CRS."""
    if source.pipeline is None and same_crs(lattice.crs, grid.crs):
        return None
    return transformation(lattice.crs, grid.crs, source.pipeline)


def _moves_nothing(operation: Transformation, lattice: Grid, grid: Grid) -> bool:
    """Whether an operation leaves coordinates as they are, to a millionth of a cell all over the source."""
    left, bottom, right, top = lattice.bounds
    easting, northing = np.meshgrid(np.linspace(left, right, 5), np.linspace(bottom, top, 5))
    new_easting, new_northing = operation.transform(easting, northing)
    moved = max(np.abs(new_easting - easting).max() / grid.cell[0], np.abs(new_northing - northing).max() / grid.cell[1])
    return bool(np.isfinite(moved) and moved < 1e-6)


def _native_shift(lattice: Grid, grid: Grid) -> tuple[int, int] | None:
    """Rows and columns from the lattice of the grid to the cells of the source, None where cells differ."""
    drift = max(abs(a / b - 1.0) * n for a, b, n in zip(grid.cell, lattice.cell, (lattice.cols, lattice.rows), strict=True))
    col = (grid.anchor[0] - lattice.bounds[0]) / lattice.cell[0]
    row = (lattice.bounds[3] - grid.anchor[1]) / lattice.cell[1]
    away = max(abs(col - round(col)), abs(row - round(row)))
    return (round(row), round(col)) if max(drift, away) <= _ON_LATTICE else None


def _cells_per_cell(lattice: Grid, grid: Grid, operation: Transformation | None) -> float:
    """Source cells in one cell of the grid, by area in the middle of the source: the same for every bounds of a run."""
    left, bottom, right, top = lattice.bounds
    lat = (bottom + top) / 2
    if not lattice.is_geographic and grid.is_geographic and operation is not None:
        lat = cast(float, operation.transform((left + right) / 2, lat)[1])  # a number for a number
    return _area(grid, lat) / _area(lattice, lat)


def _area(grid: Grid, lat: float) -> float:
    """Rough area of a cell, m2; where the CRS is geographic at a latitude in degrees."""
    if not grid.is_geographic:
        return math.prod(grid.cell_size_m)
    width, height = (math.radians(side) * _EARTH_M for side in grid.cell)
    return width * height * max(math.cos(math.radians(lat)), 1e-3)


def _method(kind: str, ratio: float) -> str:
    coarser = ratio > 1.0 + 1e-6
    if kind == "extensive":
        return "sum"
    if kind == "categorical":
        return "mode" if coarser else "nearest"
    return "mean" if coarser else "bilinear"


def _range(position: np.ndarray, count: int, margin: int) -> tuple[int, int]:
    """First and last + 1 row or column of the source under the positions, inside the source."""
    finite = position[np.isfinite(position)]
    if finite.size == 0:
        return 0, 0
    low, high = float(finite.min()), float(finite.max())
    if high < 0 or low > count:
        return 0, 0
    return max(math.floor(max(low, -1.0)) - margin, 0), min(math.floor(min(high, count + 1.0)) + 1 + margin, count)


def _halves(part: Grid, out: np.ndarray) -> Iterator[tuple[Grid, np.ndarray]]:
    """Both halves of a part along its longer side, each with its place in the result."""
    if part.rows >= part.cols:
        half = part.rows // 2
        yield part.window(0, 0, half, part.cols), out[:, :half]
        yield part.window(half, 0, part.rows - half, part.cols), out[:, half:]
    else:
        half = part.cols // 2
        yield part.window(0, 0, part.rows, half), out[:, :, :half]
        yield part.window(0, half, part.rows, part.cols - half), out[:, :, half:]
