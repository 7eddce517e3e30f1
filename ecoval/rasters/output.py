"""Rasters written whole or not at all: beside first, then renamed."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
import rasterio.shutil
from rasterio.errors import RasterioError
from rasterio.windows import Window

from ecoval.errors import InputError
from ecoval.files import Refusals, temporary_beside, written_beside
from ecoval.grid import Grid
from ecoval.rasters.readers import gdal_said, shown_path

_BLOCK = 512
RASTER = Refusals(
    "raster_not_written",
    "raster_folder_not_writable",
    "raster_not_written",
    permission=frozenset({errno.EACCES, errno.EPERM, errno.EROFS}),
    says=gdal_said,
    failures=(RasterioError, OSError),  # GDAL's own errors are causes of these
)


Windows = Iterable[tuple[Grid, np.ndarray]] | Iterable[tuple[Grid, np.ndarray, int]]  # window, values, band


def write(
    path: str | Path,
    blocks: np.ndarray | Windows,
    grid: Grid,
    *,
    dtype: Any = "float32",
    missing: float | None = np.nan,
    bands: int = 1,
    measure: str | None = None,
    descriptions: Iterable[str] = (),
    cog: bool = False,
) -> Path:
    """A tiled GeoTIFF, compressed without loss; an existing file is replaced in one step.

    Parameters
    ----------
    blocks : array (rows, cols) or (bands, rows, cols), or pairs (window, array), or triples (window, array, band)
        Windows lie on the lattice of the grid; cells that no block holds are missing. A triple holds one band, from 1.
    missing : stored for missing cells (nan in the blocks); None: there are none
    bands : number, 1, >= 1
        Where blocks are pairs.
    descriptions : one per band
    cog : Cloud-Optimized, with overviews

    Raises
    ------
    InputError
        Where the folder is absent or not writable, or the disk full; no half file is left.
    """
    target = _target(Path(path))
    pieces: Windows
    if isinstance(blocks, np.ndarray):
        bands = blocks.shape[0] if blocks.ndim == 3 else 1
        pieces = [(grid, blocks)]
    else:
        pieces = blocks
    with written_beside(target, RASTER) as part, temporary_beside(target) if cog else nullcontext(part) as plain:
        with rasterio.open(plain, "w", **_profile(grid, np.dtype(dtype), missing, bands)) as dataset:
            _fill(dataset, pieces, grid, missing)
            _describe(dataset, measure, descriptions)
        _check(plain)
        if cog:
            _copy_optimized(plain, part, np.dtype(dtype))
    return target


def _target(path: Path) -> Path:
    """The path itself where a file can be made of that name."""
    if shown_path(path) != str(path):
        raise InputError("raster_name_undecodable", path=shown_path(path))
    if not path.parent.is_dir():
        raise InputError("raster_folder_absent", path=shown_path(path), folder=shown_path(path.parent))
    return path


def _copy_optimized(whole: Path, copy: Path, dtype: np.dtype[Any]) -> None:
    """Copy with overviews in the layout of a Cloud-Optimized GeoTIFF."""
    resampling = "MODE" if dtype.kind in "iu" else "AVERAGE"
    options = {"compress": "deflate", "predictor": "YES", "overview_resampling": resampling, "bigtiff": "IF_SAFER"}
    rasterio.shutil.copy(whole, copy, driver="COG", **options)
    _check(copy)


def _profile(grid: Grid, dtype: np.dtype[Any], missing: float | None, bands: int) -> dict[str, Any]:
    return {
        "driver": "GTiff",
        "crs": grid.crs.to_wkt(),
        "transform": grid.transform,
        "height": grid.rows,
        "width": grid.cols,
        "count": bands,
        "dtype": dtype.name,
        "nodata": _representable(dtype, missing),
        "tiled": True,
        "blockxsize": min(_BLOCK, -(-grid.cols // 16) * 16),  # a tile is a multiple of 16
        "blockysize": min(_BLOCK, -(-grid.rows // 16) * 16),
        "interleave": "band",
        "compress": "deflate",
        "predictor": 3 if dtype.kind == "f" else 2,
        "bigtiff": "IF_SAFER",
    }


def _representable(dtype: np.dtype[Any], missing: float | None) -> float | None:
    """The missing value where the type can hold it."""
    if missing is None or dtype.kind == "f":
        return missing
    limits = np.iinfo(dtype)
    if np.isnan(missing) or not limits.min <= missing <= limits.max:
        raise InputError("raster_missing_not_representable", missing=float(missing), dtype=dtype.name)
    return missing


def _fill(dataset: Any, blocks: Windows, grid: Grid, missing: float | None) -> None:
    dtype = np.dtype(dataset.dtypes[0])
    for window, values, *band in blocks:
        values = values if values.ndim == 3 else values[None]
        offset, bands = window.offset_in(grid), len(band) or dataset.count
        if offset is None or values.shape != (bands, *window.shape):
            raise InputError("raster_block_shape", found=values.shape, expected=(bands, *window.shape))
        if values.dtype.kind == "f" and missing is not None:
            values = np.where(np.isnan(values), dtype.type(missing), values)
        values = values.astype(dtype, copy=False)
        place = Window(offset[1], offset[0], window.cols, window.rows)
        dataset.write(values, indexes=list(band) or None, window=place)


def _describe(dataset: Any, measure: str | None, descriptions: Iterable[str]) -> None:
    for band, text in enumerate(descriptions, start=1):
        dataset.set_band_description(band, text)
    if measure is not None:
        dataset.units = (measure,) * dataset.count


def _check(path: Path) -> None:
    """Nothing where every block lies inside the file; GDAL does not report every failed write."""
    size = path.stat().st_size
    with rasterio.open(path) as dataset:
        for band in dataset.indexes:
            for (row, col), _ in dataset.block_windows(band):
                offset = dataset.get_tag_item(f"BLOCK_OFFSET_{col}_{row}", "TIFF", bidx=band)
                length = dataset.get_tag_item(f"BLOCK_SIZE_{col}_{row}", "TIFF", bidx=band)
                if offset is None or int(offset) + int(length) > size:
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
