"""Source: a raster with what is needed to read it rightly, declared once; `align` brings it onto a grid."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from affine import Affine

from ecoval import measure as measures
from ecoval.errors import InputError
from ecoval.grid import Grid
from ecoval.rasters.aligned import Aligned
from ecoval.rasters.labelled import ArrayInPlace, array_in_place
from ecoval.rasters.readers import ArrayReader, FileReader, Reader, shown_path

KINDS = ("intensive", "extensive", "categorical")


@dataclass(frozen=True)
class Source:
    """A raster, its kind and its measure; opened only when it is read.

    Parameters
    ----------
    path : path, address, GDAL connection text, or dataset
        `Source.of` takes arrays.
    kind : choice {intensive, extensive, categorical}
        Mean, sum or class of a cell; it chooses the resampling.
    measure : symbol of `ecoval.measure`; None: not said
    band : number, tuple of numbers, or None (all)
        From 1; a number gives arrays (rows, cols), else (bands, rows, cols).
    missing : number or tuple of numbers
        Stored values that are missing besides the file's own tag, mask, alpha and nan.
    scale, offset : value = stored x scale + offset; None: as the file says. Not for classes.
    crs : for a file that has none; where it has one, this one wins and the note says so
    shift : added after scale and offset, between measures whose zeros differ, such as kelvin and degC
    factor : by which everything is multiplied at last, into another measure; see `converted`
    subdataset : name of a variable of a NetCDF or HDF file
    pipeline : PROJ pipeline from the CRS of the source to that of the grid, where PROJ knows none of known accuracy
    honour_tag : False: the missing value that the file names is an ordinary value
    """

    path: Any
    kind: str = "intensive"
    measure: str | None = None
    band: int | tuple[int, ...] | None = 1
    missing: float | tuple[float, ...] | None = None
    scale: float | None = None
    offset: float | None = None
    crs: Any = None
    subdataset: str | None = None
    pipeline: str | None = None
    honour_tag: bool = True
    shift: float = 0.0
    factor: float = 1.0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise InputError("raster_kind_unknown", path=self.name, kind=self.kind, choices=KINDS)
        if self.measure is not None:
            measures.check(self.measure)
        if self.kind == "categorical" and (self.scale is not None or self.offset is not None):
            raise InputError("raster_scale_of_classes", path=self.name)
        for field in ("band", "missing"):
            value = getattr(self, field)
            if isinstance(value, Iterable):
                object.__setattr__(self, field, tuple(value))

    @classmethod
    def of(cls, raster: Any, kind: str | None = None, measure: str | None = None, **declared: Any) -> Source:
        """Source out of a path, a rasterio dataset, an xarray.DataArray with a CRS, (array, transform, crs), or a Source.

        Parameters
        ----------
        kind, measure, declared
            As in `Source`; what is given here wins over a Source's own.
        """
        if isinstance(raster, cls):
            stated: dict[str, Any] = {"kind": kind, "measure": measure}
            return replace(raster, **{name: value for name, value in stated.items() if value is not None}, **declared)
        kind = kind or "intensive"
        if isinstance(raster, tuple) and len(raster) == 3:
            values, transform, crs = raster
            values = values if hasattr(values, "ndim") else np.asarray(values)
            return cls(ArrayInPlace(values, Affine(*tuple(transform)[:6]), crs), kind, measure, **declared)
        if type(raster).__module__.partition(".")[0] == "xarray":
            return cls(array_in_place(raster), kind, measure, **declared)
        if isinstance(raster, (str, Path)) or hasattr(raster, "read_masks"):
            return cls(raster, kind, measure, **declared)
        raise InputError("raster_object_unknown", found=type(raster).__name__)

    @property
    def name(self) -> str:
        """What messages call it."""
        if isinstance(self.path, (str, Path)):
            return shown_path(self.path)
        return str(getattr(self.path, "name", type(self.path).__name__))

    @property
    def missing_values(self) -> tuple[float, ...]:
        """Declared missing values, without the file's own."""
        if self.missing is None:
            return ()
        values = self.missing if isinstance(self.missing, tuple) else (self.missing,)
        return tuple(float(value) for value in values if not np.isnan(value))

    def reader(self) -> Reader:
        """What reads its windows.

        Raises
        ------
        InputError
            For a file that is absent, unreadable, without CRS or place, rotated, or without the band.
        """
        if isinstance(self.path, ArrayInPlace):
            reader: Reader = ArrayReader(self)
        elif isinstance(self.path, (str, Path)):
            reader = FileReader(self)
        elif type(self.path).__name__ == "WarpedVRT" or str(self.path.name).startswith("/vsimem"):
            reader = FileReader(self, self.path)
        else:
            reader = FileReader(replace(self, path=self.path.name))
        if self.scale is not None:
            reader.scale = np.full(len(reader.bands), float(self.scale))
        if self.offset is not None:
            reader.offset = np.full(len(reader.bands), float(self.offset))
        reader.offset = reader.offset + self.shift
        if self.factor != 1.0:
            reader.scale, reader.offset = reader.scale * self.factor, reader.offset * self.factor
        return reader

    def converted(self, measure: str) -> Source:
        """The same values in another measure.

        Raises
        ------
        MeasureError
            Where the two are not of one dimension.
        """
        factor = 1.0 if self.measure is None else measures.factor(self.measure, measure)
        return replace(self, measure=measure, factor=self.factor * factor)

    @property
    def grid(self) -> Grid:
        """North-up grid of the whole source."""
        reader = self.reader()
        reader.close()
        return reader.grid

    def info(self) -> dict[str, Any]:
        """What the file says of itself, for tables and run.json."""
        reader = self.reader()
        reader.close()
        left, bottom, right, top = reader.grid.bounds
        return {
            "name": reader.name,
            "driver": reader.driver,
            "crs": reader.grid.crs.to_string(),
            "rows": reader.grid.rows,
            "cols": reader.grid.cols,
            "cell": reader.grid.cell,
            "bounds": (left, bottom, right, top),
            "bands": reader.bands,
            "descriptions": reader.descriptions,
            "dtype": str(reader.dtype),
            "missing": tuple(sorted({value for values in reader.missing for value in values})),
            "scale": tuple(reader.scale.tolist()),
            "offset": tuple(reader.offset.tolist()),
            "kind": self.kind,
            "measure": self.measure,
        }

    def read(self, grid: Grid | None = None, out: np.ndarray | None = None) -> np.ndarray:
        """Values on a grid (its own where none is given), aligned by kind; see `Aligned.read`."""
        with align(self, grid) as aligned:
            values: np.ndarray = aligned.read()
        if out is None:
            return values
        np.copyto(out, values)
        return out

    def sample(self, windows: int = 16, size: int = 256) -> dict[str, float]:
        """Smallest and largest value and share of missing cells in a few windows spread over the source.

        Parameters
        ----------
        windows : number, 1, >= 1
        size : number, 1, >= 1

        Returns
        -------
        dict (minimum, maximum, missing)
            Nan where no sampled cell is valid.
        """
        side = max(int(np.sqrt(windows)), 1)
        low, high, valid, cells = np.inf, -np.inf, 0, 0
        with align(self, None) as aligned:
            rows, cols = min(size, aligned.grid.rows), min(size, aligned.grid.cols)
            for row in np.unique(np.linspace(0, aligned.grid.rows - rows, side).astype(int)):
                for col in np.unique(np.linspace(0, aligned.grid.cols - cols, side).astype(int)):
                    data, valid_cells = aligned.read(aligned.grid.window(int(row), int(col), rows, cols), masked=True)
                    cells += valid_cells.size
                    if valid_cells.any():
                        low, high = min(low, float(data[valid_cells].min())), max(high, float(data[valid_cells].max()))
                        valid += int(valid_cells.sum())
        return {
            "minimum": low if valid else np.nan,
            "maximum": high if valid else np.nan,
            "missing": 1.0 - valid / cells,
        }


def align(source: Any, grid: Grid | None = None) -> Aligned:
    """A source on a grid: read as it lies where the lattices agree, else resampled by its kind.

    Parameters
    ----------
    source : Source, or whatever `Source.of` takes
    grid : default: the source's own

    Raises
    ------
    InputError
        For a source that cannot be used, and for a change of datum of unknown accuracy.

    Examples
    --------
    >>> import numpy as np
    >>> fine = Source.of((np.arange(16.0).reshape(4, 4), (1, 0, 0, 0, -1, 4), "EPSG:32650"), kind="extensive")
    >>> align(fine, Grid.covering((0, 0, 4, 4), "EPSG:32650", 2.0)).read().tolist()
    [[10.0, 18.0], [42.0, 50.0]]
    """
    return Aligned(Source.of(source), grid)
