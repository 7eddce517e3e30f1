"""Stored numbers of a stack of bands to values: scale, offset and missing values in one pass."""

import numpy as np
from numba import njit

F = np.float32


@njit(nogil=True, cache=True, error_model="numpy")
def unpacked(stored, missing, scale, offset, out):
    """Values stored x scale + offset; missing (nan) where the stored number is that."""
    scale, offset = F(scale), F(offset)
    for i in range(out.size):
        value = F(stored[i]) * scale + offset
        out[i] = F(np.nan) if stored[i] == missing else value


@njit(nogil=True, cache=True, error_model="numpy")
def decoded(stored, missing, scale, offset, out):
    """Values stored x scale + offset, worked out in double precision; missing where the stored number is that or not finite.

    Parameters
    ----------
    stored : array (cells), 1
        Whole numbers of at most 32 bits, or floats.
    missing : number, 1
        A number of the stored type; nan where there is none.
    scale, offset : number, 1
    out : array (cells), 1
        float32.
    """
    for i in range(out.size):
        value = np.float64(stored[i])
        valid = value != missing and value - value == 0.0
        out[i] = F(value * scale + offset) if valid else F(np.nan)
