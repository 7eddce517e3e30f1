"""Windows of values and validity out of a file, an open dataset or an array; what every source is read through."""

from __future__ import annotations

import math
import os
import threading
import warnings
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import rasterio
from affine import Affine
from rasterio.enums import ColorInterp, MaskFlags
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.windows import Window

from ecoval.errors import InputError
from ecoval.grid import Grid, read_crs
from ecoval.kernels import stack as kernels
from ecoval.terms import nearest

os.environ.setdefault("GDAL_CACHEMAX", "128")  # MB of blocks for all threads together; GDAL asks once, and takes 5 % of memory else
_HUGE = 1e30  # a tag of this size (-3.4e38) is written with few digits; it is compared with a tolerance
_REMOTE = ("http://", "https://", "s3://", "gs://", "az://", "oss://", "/vsicurl", "/vsis3", "/vsigs", "/vsiaz", "/vsioss")


class SourceFacts(Protocol):
    """What a reader asks of a source."""

    @property
    def path(self) -> Any:
        """Path, address, dataset or array."""

    @property
    def band(self) -> int | tuple[int, ...] | None:
        """Bands, from 1; None: all."""

    @property
    def crs(self) -> Any:
        """CRS of a file that has none."""

    @property
    def subdataset(self) -> str | None:
        """Name of a variable."""

    @property
    def honour_tag(self) -> bool:
        """Whether the file's own missing value is one."""

    @property
    def missing_values(self) -> tuple[float, ...]:
        """Declared missing values."""


class Reader:
    """What is common to all: bands, lattice, missing values, scale, and the turning of south-up rasters.

    Attributes
    ----------
    grid : north-up grid of the whole source
    dtype : own type of the values
    bands : tuple of number
    scale, offset : vector (bands), 1
    flipped : rows are stored from south to north
    """

    name: str
    driver: str
    grid: Grid
    file_crs: str | None  # what the file itself says, as WKT
    dtype: np.dtype[Any]
    bands: tuple[int, ...]
    count: int
    scale: npt.NDArray[np.float64]
    offset: npt.NDArray[np.float64]
    missing: tuple[tuple[float, ...], ...]
    descriptions: tuple[str, ...] = ()
    flipped: bool = False

    def read(self, row: int, col: int, rows: int, cols: int) -> tuple[np.ndarray, npt.NDArray[np.bool_]]:
        """Stored values and validity of a window inside the source.

        Returns
        -------
        array (bands, rows, cols), 1
            Before scale and offset.
        array (bands, rows, cols), 1
            True where valid.

        Raises
        ------
        InputError
            Where the window cannot be read.
        """
        start = self.grid.rows - row - rows if self.flipped else row
        data, valid = self._stored(start, col, rows, cols)
        valid = np.ones(data.shape, dtype=bool) if valid is None else valid
        if data.dtype.kind == "f":
            valid &= np.isfinite(data)
        for index, values in enumerate(self.missing):
            for value in values:
                valid[index] &= ~_equal(data[index], value)
        return (data[:, ::-1], valid[:, ::-1]) if self.flipped else (data, valid)

    def _stored(self, row: int, col: int, rows: int, cols: int) -> tuple[np.ndarray, np.ndarray | None]:
        raise NotImplementedError

    @property
    def is_simple(self) -> bool:
        """Whether cells stand as they are read, and at most one stored number of a band is missing."""
        return False

    def decoded(self, row: int, col: int, rows: int, cols: int) -> npt.NDArray[np.float32]:
        """Numbers of a window inside a simple source, in one pass over what is stored.

        Returns
        -------
        array (bands, rows, cols), 1
            float32 after scale and offset, missing = nan.
        """
        stored, _ = self._stored(row, col, rows, cols)
        values = np.empty(stored.shape, dtype=np.float32)
        for band, tags in enumerate(self.missing):
            missing = _as_stored(tags[0], stored.dtype) if tags else math.nan
            kernels.decoded(stored[band].reshape(-1), missing, self.scale[band], self.offset[band], values[band].reshape(-1))
        return values

    def close(self) -> None:
        """Let go of open files."""

    def _place(self, transform: Affine, crs: Any, shape: tuple[int, int]) -> None:
        """Set the north-up grid from a stored transform."""
        if transform.b or transform.d or transform.a <= 0:
            raise InputError("raster_rotated", path=self.name, transform=tuple(transform)[:6])
        self.flipped = transform.e > 0
        if self.flipped:
            transform = Affine(transform.a, 0.0, transform.c, 0.0, -transform.e, transform.f + transform.e * shape[0])
        self.grid = Grid.like(crs, transform, shape)

    def _check_values(self) -> None:
        if self.dtype.kind not in "iuf":
            raise InputError("raster_not_numbers", path=self.name, found=str(self.dtype))


class FileReader(Reader):
    """A file, with one open dataset per thread; or a dataset that somebody else opened, used by one thread at a time."""

    def __init__(self, source: SourceFacts, dataset: Any = None) -> None:
        self.name = shown_path(source.path) if dataset is None else str(dataset.name)
        self._uri = None if dataset is not None else _uri(source)
        self._given, self._lock = dataset, threading.Lock()
        self._local = threading.local()
        self._handles: weakref.WeakSet[Any] = weakref.WeakSet()
        with quiet():
            handle = self._handle()
        self.driver, self.count = handle.driver, handle.count
        if handle.count == 0:
            raise InputError("raster_subdataset_needed", path=self.name, names=_names(handle))
        self.bands = _bands(source.band, handle.count, self.name)
        chosen = [band - 1 for band in self.bands]
        # each of these lists is made anew by the dataset when it is asked for: with hundreds of bands that is long
        kinds, scales, offsets = handle.dtypes, handle.scales, handle.offsets
        tags, texts, masks = handle.nodatavals, handle.descriptions, handle.mask_flag_enums
        self.dtype = np.result_type(*(kinds[place] for place in chosen))
        self._check_values()
        self._uniform = len({kinds[place] for place in chosen}) == 1
        self.scale = np.array([scales[place] for place in chosen], dtype=np.float64)
        self.offset = np.array([offsets[place] for place in chosen], dtype=np.float64)
        self.missing = tuple(self._missing(source, tags[place]) for place in chosen)
        self.descriptions = tuple(texts[place] or "" for place in chosen)
        self._masked = any(MaskFlags.per_dataset in masks[place] for place in chosen)
        alphas = [index for index, kind in zip(handle.indexes, handle.colorinterp, strict=True) if kind == ColorInterp.alpha]
        self._alpha = None if self._masked or not alphas else alphas[0]
        self._place_of(source, handle)

    @cached_property
    def is_simple(self) -> bool:
        """Whether cells stand as they are read, and at most one stored number of a band is missing."""
        whole = self._masked or self._alpha is not None or self.flipped
        few = all(len(values) <= 1 and all(abs(value) < _HUGE for value in values) for values in self.missing)
        return few and not whole and (self.dtype.kind == "f" or self.dtype.itemsize <= 4)

    @staticmethod
    def _missing(source: SourceFacts, tag: float | None) -> tuple[float, ...]:
        own = () if tag is None or np.isnan(tag) or not source.honour_tag else (tag,)
        return own + source.missing_values

    def _place_of(self, source: SourceFacts, handle: Any) -> None:
        if handle.transform.is_identity:
            positioning = "GCP" if handle.gcps[0] else "RPC" if handle.rpcs else "-"
            raise InputError("raster_without_position", path=self.name, found=positioning)
        if source.crs is None and handle.crs is None:
            raise InputError("raster_without_crs", path=self.name)
        self.file_crs = None if handle.crs is None else handle.crs.to_wkt()
        crs = read_crs(source.crs) if source.crs is not None else read_crs(handle.crs)
        self._place(handle.transform, crs, handle.shape)

    def _handle(self) -> Any:
        """Dataset of this thread."""
        if self._given is not None:
            return self._given
        handle = getattr(self._local, "dataset", None)
        if handle is None or handle.closed:
            handle = _opened(self._uri, self.name)
            self._local.dataset = handle
            self._handles.add(handle)
        return handle

    def _stored(self, row: int, col: int, rows: int, cols: int) -> tuple[np.ndarray, np.ndarray | None]:
        window = Window(col, row, cols, rows)
        try:
            if self._given is not None:
                with self._lock:
                    return self._windowed(self._given, window)
            return self._windowed(self._handle(), window)
        except (RasterioError, MemoryError) as error:
            reason = gdal_said(error)
            raise InputError(
                "raster_window_unreadable", path=self.name, bands=self.bands, row=row, col=col, rows=rows, cols=cols, reason=reason
            ) from error

    def _windowed(self, handle: Any, window: Window) -> tuple[np.ndarray, np.ndarray | None]:
        bands = list(self.bands)
        if self._uniform:
            data = handle.read(bands, window=window)
        else:
            data = np.stack([handle.read(band, window=window).astype(self.dtype) for band in bands])
        if self._masked:
            valid = handle.read_masks(bands, window=window) != 0
        elif self._alpha is not None:
            valid = np.broadcast_to(handle.read(self._alpha, window=window) != 0, data.shape).copy()
        else:
            valid = None
        return data, valid

    def close(self) -> None:
        """Close the datasets of all threads; reading again opens them again."""
        for handle in list(self._handles):
            handle.close()


class ArrayReader(Reader):
    """An array in memory, or one that is computed window by window (dask)."""

    driver = "array"

    def __init__(self, source: SourceFacts) -> None:
        array = source.path
        self.name, values = array.name, array.values
        self._values = values if values.ndim == 3 else values[None]
        if values.ndim not in (2, 3):
            raise InputError("raster_array_shape", path=self.name, shape=tuple(values.shape))
        self.count = self._values.shape[0]
        self.bands = _bands(source.band, self.count, self.name)
        self.dtype = np.dtype(values.dtype)
        self._check_values()
        self.scale, self.offset = np.full(len(self.bands), array.scale), np.full(len(self.bands), array.offset)
        own = () if array.missing is None or np.isnan(array.missing) or not source.honour_tag else (float(array.missing),)
        self.missing = (own + source.missing_values,) * len(self.bands)
        if source.crs is None and array.crs is None:
            raise InputError("raster_without_crs", path=self.name)
        self.file_crs = None if array.crs is None else read_crs(array.crs).to_wkt()
        crs = read_crs(source.crs if source.crs is not None else array.crs)
        self._place(array.transform, crs, self._values.shape[1:])

    def _stored(self, row: int, col: int, rows: int, cols: int) -> tuple[np.ndarray, np.ndarray]:
        part = [self._values[band - 1, row : row + rows, col : col + cols] for band in self.bands]
        mask = [np.ma.getmaskarray(values) if isinstance(values, np.ma.MaskedArray) else None for values in part]
        data = np.stack([np.asarray(values) for values in part])
        valid = np.ones(data.shape, dtype=bool)
        for index, values in enumerate(mask):
            if values is not None:
                valid[index] = ~values
        return data, valid


def shown_path(path: Any) -> str:
    """Path as text that every terminal can write: bytes that are no UTF-8 are replaced."""
    return os.fsencode(os.fspath(path)).decode("utf-8", "replace")


@contextmanager
def quiet() -> Iterator[None]:
    """No warning of rasters without a position; those become errors, or are containers of subdatasets."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        yield


def is_local(path: Any) -> bool:
    """Whether a path names a file or folder of this machine, not an address or a GDAL connection text."""
    text = os.fspath(path)
    head = text.split(":", 1)[0]
    return not (text.startswith("/vsi") or "://" in text or (":" in text and len(head) > 1 and head.replace("_", "").isalnum()))


def _uri(source: SourceFacts) -> str:
    """What GDAL is asked to open: the path, or its subdataset of that name."""
    path: str = os.fspath(source.path)
    name = shown_path(path)
    if is_local(path):
        if name != path:
            raise InputError("raster_name_undecodable", path=name)
        if not Path(path).exists():
            raise InputError("raster_absent", path=name)
    if source.subdataset is None:
        return path
    with quiet(), _opened(path, name) as whole:
        addresses: dict[str, str] = {_variable(uri): uri for uri in whole.subdatasets}
        if not addresses and source.subdataset == whole.tags(1).get("NETCDF_VARNAME"):
            return path
    if source.subdataset not in addresses:
        names = tuple(addresses) or ("-",)
        close = nearest(source.subdataset, names)
        raise InputError("raster_subdataset_unknown", path=name, name=source.subdataset, nearest=close, names=names)
    return addresses[source.subdataset]


def _variable(uri: str) -> str:
    """Name of a subdataset out of its connection text."""
    return uri.rsplit(":", 1)[-1].rsplit("/", 1)[-1].strip('"')


def _names(handle: Any) -> tuple[str, ...]:
    return tuple(_variable(uri) for uri in handle.subdatasets) or ("-",)


def _opened(uri: Any, name: str) -> Any:
    """Dataset of the calling thread.

    Raises
    ------
    InputError
        Where no driver opens it, with what GDAL says.
    """
    options = {"GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR"} if str(uri).startswith(_REMOTE) else {}
    try:
        with rasterio.Env(PROJ_NETWORK="OFF", **options):
            return rasterio.open(uri, sharing=False)
    except (RasterioError, UnicodeEncodeError) as error:
        raise InputError("raster_unreadable", path=name, driver=_driver(uri), reason=gdal_said(error)) from error


def _driver(uri: Any) -> str:
    """Driver that the ending of a name suggests."""
    try:
        return str(rasterio.drivers.driver_from_extension(uri))
    except ValueError:
        return "-"


def gdal_said(error: BaseException) -> str:
    """What GDAL said: the deepest cause, in one line."""
    while error.__cause__ is not None:
        error = error.__cause__
    return shown_path(" ".join(str(error).split())).rstrip(".") or type(error).__name__


def _bands(choice: int | tuple[int, ...] | None, count: int, name: str) -> tuple[int, ...]:
    bands = tuple(range(1, count + 1)) if choice is None else (choice,) if isinstance(choice, int) else tuple(choice)
    for band in bands:
        if not 1 <= band <= count:
            raise InputError("raster_band_absent", path=name, band=band, count=count)
    return bands


def _as_stored(value: float, dtype: np.dtype[Any]) -> float:
    """A missing value as the type of the cells holds it; nan where it cannot."""
    if dtype.kind == "f":
        return float(dtype.type(value))
    limits = np.iinfo(dtype)
    return float(value) if value == int(value) and limits.min <= value <= limits.max else math.nan


def _equal(data: np.ndarray, value: float) -> npt.NDArray[np.bool_]:
    """Where stored values are a declared missing value."""
    same: npt.NDArray[np.bool_]
    if data.dtype.kind in "iu":
        limits = np.iinfo(data.dtype)
        if value != int(value) or not limits.min <= value <= limits.max:
            return np.zeros(data.shape, dtype=bool)
        same = data == data.dtype.type(int(value))
    elif abs(value) > _HUGE:
        same = (np.abs(data) > _HUGE) & (np.abs(data / value - 1.0) < 1e-4)
    else:
        same = data == data.dtype.type(value)
    return same
