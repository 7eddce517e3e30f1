"""Stack: a file of many bands, days or hours, read band by band; also NetCDF with its variables, times and longitudes."""

from __future__ import annotations

import re
import threading
import weakref
from typing import Any

import numpy as np
import numpy.typing as npt
import rasterio
from rasterio.errors import RasterioError
from rasterio.windows import Window

from ecoval.errors import InputError
from ecoval.grid import Grid, read_crs
from ecoval.kernels import stack as kernels
from ecoval.rasters.readers import _HUGE, _equal, _opened, _uri, _variable, gdal_said, quiet
from ecoval.rasters.source import Source

_LIST = re.compile(r"[{}]")


class Stack:
    """Bands of one variable of a file; may be read from several threads at once.

    Parameters
    ----------
    variable : of a NetCDF file with several
    crs : where the file has none
    missing : vector (values), 1
        Stored values that are missing besides the file's own.

    Attributes
    ----------
    grid : north-up; longitudes as stored
    variable, units : empty where the file does not say it
    descriptions : vector (bands)
    flipped : rows are stored from south to north
    tags : mapping (text, text)
    """

    def __init__(self, path: Any, variable: str | None = None, crs: Any = None, missing: tuple[float, ...] = ()) -> None:
        source = Source(path, subdataset=variable, crs=crs)
        self.name, self._address = source.name, _uri(source)
        self._local = threading.local()
        self._handles: weakref.WeakSet[Any] = weakref.WeakSet()
        self._missing = tuple(float(value) for value in missing)
        with quiet():
            handle = self._handle()
        if handle.count == 0:
            raise InputError("raster_subdataset_needed", path=self.name, names=tuple(map(_variable, handle.subdatasets)) or ("-",))
        self.count, self.driver = handle.count, handle.driver
        self.tags = handle.tags()
        first = handle.tags(1)
        self.variable = str(first.get("NETCDF_VARNAME", variable or ""))
        self.units = str(first.get("units") or (handle.units[0] if handle.units else "") or "")
        self.descriptions = tuple(text or "" for text in handle.descriptions)
        self._tag = tuple(float(each) for each in dict.fromkeys(handle.nodatavals) if each is not None and not np.isnan(each))
        self._scale, self._offset = np.array(handle.scales), np.array(handle.offsets)
        self._one_pass = len(self._tag) <= 1 and all(_storable(handle.dtypes[0], each) for each in self._tag)
        self.block = handle.block_shapes[0]
        self._place(handle, crs)
        self.flipped = self.driver == "netCDF" and self._stored_northward()

    def _place(self, handle: Any, crs: Any) -> None:
        if handle.transform.is_identity:
            raise InputError("raster_without_position", path=self.name, found="-")
        if crs is None and handle.crs is None:
            raise InputError("raster_without_crs", path=self.name)
        self.grid = Grid.like(read_crs(crs if crs is not None else handle.crs), handle.transform, handle.shape)

    def axis(self, name: str) -> np.ndarray | None:
        """Values of a one-dimensional variable of a NetCDF file, None where there is none.

        Returns
        -------
        vector (values), 1
        """
        base = self._address if self._address.startswith("NETCDF:") else f'NETCDF:"{self._address}":{self.variable}'
        address = base.rsplit(":", 1)[0] + f":{name}"
        try:
            with quiet(), rasterio.open(address) as handle:
                return handle.read(1).ravel() if 1 in handle.shape else None
        except RasterioError:
            return None

    def _stored_northward(self) -> bool:
        for name in ("lat", "latitude", "y"):
            if any(key.startswith(f"{name}#") for key in self.tags):
                values = self.axis(name)
                return values is not None and values.size > 1 and bool(values[-1] > values[0])
        return False

    @property
    def dimension(self) -> str:
        """Name of the dimension of the bands of a NetCDF file, empty elsewhere.

        Raises
        ------
        InputError
            Where the bands run over several dimensions.
        """
        names = [each for each in _LIST.sub("", self.tags.get("NETCDF_DIM_EXTRA", "")).split(",") if each]
        if len(names) > 1:
            raise InputError("stack_dimensions", path=self.name, found=names)
        return names[0] if names else ""

    def read(self, bands: list[int], window: Grid | None = None) -> npt.NDArray[np.float32]:
        """Values of some bands in a window of the grid, missing = nan.

        Parameters
        ----------
        bands : list of number
            From 1.
        window : inside the grid

        Returns
        -------
        array (bands, rows, cols)
            float32.

        Raises
        ------
        InputError
            Where the window cannot be read.
        """
        part = self.grid if window is None else window
        row, col = part.first[0] - self.grid.first[0], part.first[1] - self.grid.first[1]
        try:
            with quiet():
                stored = self._handle().read(bands, window=Window(col, row, part.cols, part.rows))
        except (RasterioError, MemoryError) as error:
            raise InputError(
                "raster_window_unreadable",
                path=self.name,
                bands=bands,
                row=row,
                col=col,
                rows=part.rows,
                cols=part.cols,
                reason=gdal_said(error),
            ) from error
        values = self._numbers(stored, np.asarray(bands) - 1)
        for missing in self._missing if self._one_pass else (*self._tag, *self._missing):
            values[_equal(stored, missing)] = np.nan
        return values

    def _numbers(self, stored: np.ndarray, index: npt.NDArray[np.intp]) -> npt.NDArray[np.float32]:
        scale, offset = self._scale[index], self._offset[index]
        if not (scale == scale[0]).all() or not (offset == offset[0]).all():
            values: npt.NDArray[np.float32] = (stored * scale[:, None, None] + offset[:, None, None]).astype(np.float32)
            for missing in self._tag:
                values[_equal(stored, missing)] = np.nan
            return values
        if not self._one_pass:
            whole: npt.NDArray[np.float32] = (stored * scale[0] + offset[0]).astype(np.float32)
            return whole
        values = np.empty(stored.shape, dtype=np.float32)
        tag = float(stored.dtype.type(self._tag[0])) if self._tag else np.nan  # nothing equals nan
        kernels.unpacked(stored.reshape(-1), tag, scale[0], offset[0], values.reshape(-1))
        return values

    def _handle(self) -> Any:
        handle = getattr(self._local, "dataset", None)
        if handle is None or handle.closed:
            with rasterio.Env(GDAL_NETCDF_CENTERLONG_180="NO"):
                handle = _opened(self._address, self.name)
            self._local.dataset = handle
            self._handles.add(handle)
        return handle

    def release(self) -> None:
        """Close the dataset of the calling thread; reading opens it again."""
        handle = getattr(self._local, "dataset", None)
        if handle is not None:
            handle.close()

    def close(self) -> None:
        """Close the datasets of all threads."""
        for handle in list(self._handles):
            handle.close()


def _storable(dtype: str, value: float) -> bool:
    """Whether a missing value can be compared as it is stored."""
    kind = np.dtype(dtype)
    if kind.kind == "f":
        return abs(value) < _HUGE
    limits = np.iinfo(kind)
    return value == int(value) and limits.min <= value <= limits.max


def variables(path: Any) -> tuple[str, ...]:
    """Variables of a NetCDF or HDF file with rows and columns; empty for a plain raster.

    Returns
    -------
    vector (names)
    """
    source = Source(path)
    with quiet(), _opened(_uri(source), source.name) as whole:
        if whole.subdatasets:
            return tuple(_variable(address) for address in whole.subdatasets)
        name = whole.tags(1).get("NETCDF_VARNAME") if whole.count else None
        return (str(name),) if name else ()
