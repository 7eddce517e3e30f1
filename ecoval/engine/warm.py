"""What makes the first request quick: modules and kernels loaded in the background after the greeting."""

from __future__ import annotations

import importlib
import sys
import threading
from collections.abc import Callable

MODULES = (
    "ecoval.legends",
    "ecoval.totals",
    "ecoval.study.run",
    "ecoval.study.check",
    "ecoval.layers.compute",
    "ecoval.report.rendering",
    "ecoval.accounts.geopackage",
    "ecoval.report.figures",
)
SIDE = 100.0
WAIT_SECONDS = 0.05
CELLS = 8

loaded = threading.Event()


def begin() -> None:
    """Start loading, once."""
    if not loaded.is_set() and not loading():
        threading.Thread(target=_load, name="warm", daemon=True).start()


def loading() -> bool:
    """Whether the background still loads."""
    return not loaded.is_set() and any(thread.name == "warm" for thread in threading.enumerate())


def wait(stopped: Callable[[], bool]) -> None:
    """Wait for the background, so that no two threads import at once: a module may add to registries that numba reads.

    Parameters
    ----------
    stopped : whether nobody waits any more
    """
    while loading() and not stopped():
        loaded.wait(WAIT_SECONDS)


def _load() -> None:
    try:
        for name in MODULES:
            importlib.import_module(name)
        _kernels()
    except Exception as error:  # a request that needs it will say so
        print(f"warm: {type(error).__name__}: {error}", file=sys.stderr)  # noqa: T201  (the log)
    loaded.set()


def _kernels() -> None:
    """Load the kernels of coverage and sums by a table of two triangles."""
    import geopandas
    import numpy as np
    import shapely

    from ecoval import totals
    from ecoval.grid import Grid
    from ecoval.units import SpatialUnits

    span = SIDE * CELLS
    place = Grid.covering((500_000, 3_320_000, 500_000 + span, 3_320_000 + span), "EPSG:4549", SIDE)
    left, bottom, right, top = place.bounds
    corners = [(left, bottom), (right, bottom), (right, top), (left, top)]
    halves = [shapely.Polygon([corners[0], corners[1], corners[2]]), shapely.Polygon([corners[0], corners[2], corners[3]])]
    units = SpatialUnits(geopandas.GeoDataFrame({"unit_id": ["1", "2"]}, geometry=halves, crs="EPSG:4549"))
    for kind in (np.float32, np.uint8, np.int16):
        values = np.ones((CELLS, CELLS), dtype=kind)
        totals.zonal(units, [(values, place.transform, place.crs)], threads=1)
