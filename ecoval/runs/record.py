"""What run.json says: versions, errors and warnings with their texts, the time of each stage."""

from __future__ import annotations

import datetime
import platform
import sys
import time
from importlib import metadata
from typing import Any

from ecoval.errors import Cancelled, EcovalError, EcovalWarning
from ecoval.words import recorded

DISTRIBUTIONS = (
    "ecoval",
    "numpy",
    "numba",
    "scipy",
    "pandas",
    "geopandas",
    "shapely",
    "rasterio",
    "pyproj",
    "pyogrio",
)


class Clock:
    """Seconds spent in each stage of a run."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._last = time.perf_counter()

    def stage(self, name: str) -> None:
        """Book the time since the last stage to a name."""
        now = time.perf_counter()
        self.seconds[name] = round(self.seconds.get(name, 0.0) + now - self._last, 3)
        self._last = now


def versions() -> dict[str, str | None]:
    """Versions of Python, ecoval and the libraries under it, and of GDAL and PROJ where loaded."""
    numbers: dict[str, str | None] = {"python": platform.python_version(), "system": platform.platform()}
    for name in DISTRIBUTIONS:
        try:
            numbers[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            numbers[name] = None
    for name, module, attribute in (
        ("gdal", "rasterio", "__gdal_version__"),
        ("proj", "pyproj", "proj_version_str"),
    ):
        numbers[name] = getattr(sys.modules.get(module), attribute, None)
    return numbers


def error_record(error: BaseException | str) -> dict[str, Any]:
    """Code, fields and both texts of an error or warning of the library; kind and text of any other."""
    if isinstance(error, KeyboardInterrupt):
        error = Cancelled()
    if isinstance(error, EcovalError | EcovalWarning):
        fields = {name: recorded(value) for name, value in error.fields.items()}
        return {"code": error.code, "fields": fields, "en": error.message("en"), "zh": error.message("zh")}
    return {"code": type(error).__name__, "en": str(error), "zh": str(error)}


def now() -> str:
    """Time of day with its zone, to the second."""
    return datetime.datetime.now().astimezone().isoformat(timespec="seconds")
