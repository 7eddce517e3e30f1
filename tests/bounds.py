"""Bounds of times: held where ECOVAL_STRICT is set (`make test-qgis-long`), printed elsewhere. Serves the Python of QGIS too."""

import os


def within(measured, bound, what):
    """Print a time in seconds; hold it against its bound where times are held."""
    print(f"{what}: {measured:.3f} s (at most {bound:g} s)")
    assert measured <= bound or not os.environ.get("ECOVAL_STRICT"), (what, measured, bound)
