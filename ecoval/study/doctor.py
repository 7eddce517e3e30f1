"""What is installed, and whether it works: versions, threads, data of GDAL and PROJ, a write test, a self test."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import geopandas
import numpy as np
import pandas as pd
import shapely

from ecoval import grid, rasters, totals
from ecoval.errors import EcovalError
from ecoval.files import temporary_beside, work_folder, write_bytes
from ecoval.runs.record import versions
from ecoval.units import SpatialUnits

COLUMNS = ("level", "what", "found", "fix")
SIDE = 100.0
CELLS = 40


def diagnosis(folder: str | Path = ".") -> pd.DataFrame:
    """Findings about the installation; the write test is made in the folder.

    Returns
    -------
    table (level, what, found, fix)
    """
    rows = [("ok", name, str(value), "") for name, value in versions().items() if value]
    rows += [
        ("error", name, "-", f"pip install {name}") for name, value in versions().items() if value is None and name != "ecoval"
    ]
    rows.append(("ok", "processors", str(os.cpu_count()), ""))
    for test, fix in (
        (_threading_layer, "pip install --force-reinstall numba"),
        (_proj, "pip install --force-reinstall pyproj; unset PROJ_LIB and PROJ_DATA"),
        (_gdal, "pip install --force-reinstall rasterio; unset GDAL_DATA"),
        (lambda: _write(folder), "choose a folder in which you may write (--folder)"),
        (_self_test, "run again with --debug and report it"),
    ):
        rows.append(_tried(test, fix))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _tried(test: Callable[[], str], fix: str) -> tuple[str, str, str, str]:
    name = {"<lambda>": "write test"}.get(test.__name__, test.__name__.strip("_").replace("_", " "))
    try:
        return ("ok", name, test(), "")
    except (EcovalError, OSError, ValueError, RuntimeError, ImportError, ArithmeticError) as error:
        return ("error", name, f"{type(error).__name__}: {error}", fix)


def _threading_layer() -> str:
    """Serial kernels and threads over blocks: numba's own layer is not used."""
    return "serial kernels; threads over blocks"


def _proj() -> str:
    """Transform a point between CGCS2000 and its 3-degree zone."""
    operation = grid.transformation(grid.read_crs("EPSG:4490"), grid.read_crs("EPSG:4549"))
    easting, northing = operation.transform([120.0], [30.0])
    if abs(easting[0] - 500_000.0) > 1e-3 or not 3_300_000 < northing[0] < 3_330_000:
        raise ValueError(f"EPSG:4490 to EPSG:4549 gives {easting[0]:.3f}, {northing[0]:.3f}")
    return "EPSG:4490 to EPSG:4549 is right"


def _gdal() -> str:
    """Write a raster with a CRS and read it back."""
    with work_folder() as folder:
        place = _grid()
        values = np.arange(CELLS * CELLS, dtype=np.float32).reshape(place.shape)
        path = rasters.write(Path(folder) / "测试 test.tif", values, place)
        back = rasters.Source(path).read()
    if not np.array_equal(back, values):
        raise ValueError("a raster came back changed")
    return "a GeoTIFF was written and read back"


def _write(folder: str | Path) -> str:
    with temporary_beside(Path(folder) / "ecoval.tmp") as path:
        write_bytes(path, b"ecoval")
    return str(Path(folder).resolve())


def _grid() -> grid.Grid:
    return grid.Grid.covering((500_000, 3_320_000, 500_000 + SIDE * CELLS, 3_320_000 + SIDE * CELLS), "EPSG:4549", SIDE)


def _self_test() -> str:
    """Two triangles that tile a square have together its mean and its area."""
    begin = time.perf_counter()
    place = _grid()
    left, bottom, right, top = place.bounds
    corners = [(left, bottom), (right, bottom), (right, top), (left, top)]
    halves = [shapely.Polygon([corners[0], corners[1], corners[2]]), shapely.Polygon([corners[0], corners[2], corners[3]])]
    units = SpatialUnits(geopandas.GeoDataFrame({"unit_id": ["1", "2"]}, geometry=halves, crs="EPSG:4549"))
    values = np.add.outer(np.arange(CELLS), np.arange(CELLS)).astype(np.float32)
    found = totals.zonal(units, [(values, place.transform, place.crs)], stats=["sum", "area"])
    if abs(found["sum"].sum() - values.sum()) > 1e-9 * values.sum() or abs(found["area"].sum() / units.area().sum() - 1) > 1e-6:
        raise ArithmeticError(f"sum {found['sum'].sum()} for {values.sum()}")
    return f"exact coverage is right ({time.perf_counter() - begin:.2f} s)"
