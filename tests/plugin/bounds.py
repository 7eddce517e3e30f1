"""Bounds of times: generous on a machine that others use too, strict where ECOVAL_STRICT is set (`make test-qgis-long`)."""

import os

GENEROUS = 10


def within(measured, bound, what):
    """Print a time in seconds and hold it against its bound."""
    strict = bool(os.environ.get("ECOVAL_STRICT"))
    print("%s: %.3f s (at most %g s)" % (what, measured, bound))
    assert measured <= (bound if strict else GENEROUS * bound), (what, measured, bound)
