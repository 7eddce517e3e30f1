"""Labelled arrays (xarray.DataArray) as values with their place, and back; reading one imports nothing that the caller has not."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any

import numpy as np
from affine import Affine

from ecoval.errors import InputError
from ecoval.grid import Grid

_ACROSS = ("x", "lon", "longitude", "easting")
_DOWN = ("y", "lat", "latitude", "northing")
_REGULAR = 1e-3  # cells by which a coordinate may be off


@dataclass(frozen=True, eq=False)
class ArrayInPlace:
    """Values in memory with their place: array (rows, cols) or (bands, rows, cols)."""

    values: Any
    transform: Affine
    crs: Any
    name: str = "array"
    missing: float | None = None
    scale: float = 1.0
    offset: float = 0.0


def labelled(values: np.ndarray, grid: Grid, name: str, uom: str = "") -> Any:
    """Values on a grid as a DataArray with coordinates, measure and CRS (rioxarray's accessor knows it).

    Parameters
    ----------
    values : array (rows, cols) or (bands, rows, cols)

    Returns
    -------
    table (y, x, value)
        xarray.DataArray.
    """
    import rioxarray  # noqa: F401  # gives the accessor `rio`
    import xarray

    left, _, _, top = grid.bounds
    coordinates = {
        "y": top - (np.arange(grid.rows) + 0.5) * grid.cell[1],
        "x": left + (np.arange(grid.cols) + 0.5) * grid.cell[0],
    }
    dimensions = ("y", "x") if values.ndim == 2 else ("band", "y", "x")
    array = xarray.DataArray(values, coords=coordinates, dims=dimensions, name=name, attrs={"uom": uom})
    return array.rio.write_crs(grid.crs.to_wkt())


def array_in_place(array: Any) -> ArrayInPlace:
    """Values, transform and CRS of a DataArray (rows, cols) or (bands, rows, cols).

    The CRS is that of rioxarray's accessor, of the grid mapping that CF names, or of the attribute `crs`.

    Raises
    ------
    InputError
        Where the dimensions are not known or the coordinates not regular.
    """
    name = str(array.name or "array")
    across, down = _dimension(array, _ACROSS, name), _dimension(array, _DOWN, name)
    leading = [str(dim) for dim in array.dims if dim not in (across, down)]
    array = array.transpose(*leading, down, across)
    (left, width), (top, height) = _axis(array, across, name), _axis(array, down, name)
    encoding = {**array.attrs, **array.encoding}
    missing = next((encoding[key] for key in ("_FillValue", "missing_value") if encoding.get(key) is not None), None)
    packed = array.dtype.kind in "iu"  # a decoded array has its scale applied already
    return ArrayInPlace(
        values=array.data,
        transform=Affine(width, 0.0, left, 0.0, height, top),
        crs=_crs(array),
        name=name,
        missing=None if missing is None else float(missing),
        scale=float(array.attrs.get("scale_factor", 1.0)) if packed else 1.0,
        offset=float(array.attrs.get("add_offset", 0.0)) if packed else 0.0,
    )


def _dimension(array: Any, names: tuple[str, ...], name: str) -> Any:
    for dim in array.dims:
        if str(dim).lower() in names:
            return dim
    raise InputError("raster_dimensions_unknown", path=name, found=[str(dim) for dim in array.dims], names=names)


def _axis(array: Any, dim: Any, name: str) -> tuple[float, float]:
    """Outer edge and step of a coordinate."""
    if dim not in array.coords or array.sizes[dim] < 2:
        raise InputError("raster_coordinates_irregular", path=name, dimension=str(dim), found="-")
    centres = np.asarray(array.coords[dim].values, dtype=np.float64)
    step = (centres[-1] - centres[0]) / (centres.size - 1)
    away = np.abs(centres - (centres[0] + step * np.arange(centres.size))).max()
    if step == 0 or away > _REGULAR * abs(step):
        raise InputError("raster_coordinates_irregular", path=name, dimension=str(dim), found=f"{away:g}")
    return float(centres[0] - step / 2), float(step)


def _crs(array: Any) -> Any:
    if "rioxarray" in sys.modules and array.rio.crs is not None:
        return array.rio.crs
    mapping = array.encoding.get("grid_mapping", array.attrs.get("grid_mapping", "spatial_ref"))
    stated = array.coords[mapping].attrs if mapping in array.coords else {}
    return stated.get("crs_wkt") or stated.get("spatial_ref") or array.attrs.get("crs")
