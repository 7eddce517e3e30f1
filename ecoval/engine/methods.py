"""What the engine says of itself, and the methods that compute: the requests of the declared operations."""

from ecoval.engine import offset, requests

PACKAGES = ("numpy", "pandas", "geopandas", "shapely", "rasterio", "pyproj", "numba", "scipy", "pyogrio", "pyarrow", "matplotlib")


def greeting():
    """What the engine says of itself.

    Returns
    -------
    table (key, value)
    """
    import platform
    import sys
    from importlib.metadata import PackageNotFoundError, version

    from ecoval.engine.catalogue import fingerprint
    from ecoval.engine.channel import PROTOCOL

    packages = {}
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
READY = {"offset": offset.ready}
