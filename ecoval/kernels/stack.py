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
