"""What the engine says of itself, and the methods that compute: the requests of the declared operations."""

from __future__ import annotations

from typing import Any

from ecoval.engine import offset, requests

PACKAGES = ("numpy", "pandas", "geopandas", "shapely", "rasterio", "pyproj", "numba", "scipy", "pyogrio", "pyarrow", "matplotlib")


def greeting() -> dict[str, Any]:
    """What the engine says of itself."""
    import platform
    import sys
    from importlib.metadata import PackageNotFoundError, version

    from ecoval.engine.catalogue import fingerprint
    from ecoval.engine.channel import PROTOCOL

    packages: dict[str, str | None] = {}
    for name in ("ecoval", *PACKAGES):
        try:
            packages[name] = version(name)
        except PackageNotFoundError:
            packages[name] = None
    return {
        "protocols": [PROTOCOL],
        "ecoval": packages.pop("ecoval"),
        "python": platform.python_version(),
        "executable": sys.executable,
        "packages": packages,
        "catalogue": fingerprint(),
    }


METHODS = requests.methods()
READY = {"offset": offset.ready, "classes": requests.at_once}
