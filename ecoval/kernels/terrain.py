"""Gradient and slope of an elevation model (Horn's 3 x 3 window).

With the window

    a b c
    d . f
    g h i

the gradient is dz/dx = ((c - a) + 2 (f - d) + (i - g)) / (8 width), eastward, and
dz/dy = ((a - g) + 2 (b - h) + (c - i)) / (8 height), northward.

Where a cell of the window is missing or beyond the edge, each of the three
differences of an axis is taken over what there is: over one cell, between an
outer cell and the middle one of its own line; a diagonal cell whose line has
nothing else stands against the centre, times the square root of 2. The sum is
divided by the number of cells that the differences span. So a plane keeps its
slope up to the edge, and the values are those of pygeoprocessing, on which
InVEST stands. An axis with no difference at all counts as level. A cell whose
own elevation is missing is missing.

The kernels are serial, release the interpreter's lock and work on rows: a
caller may give each thread its own strip of `out`.
"""

import math

import numpy as np
import numpy.typing as npt
from numba import njit

from ecoval.kernels.cellwise import Cells

DIAGONAL = math.sqrt(2.0)


def slope(elevation: npt.ArrayLike, width: npt.ArrayLike, height: float) -> Cells:
    """Tangent of the slope angle.

    Parameters
    ----------
    elevation : array (rows, cols), m
    width : number or vector (rows), m, > 0
        Width of a cell; one number per row where it changes with latitude.
    height : number, m, > 0

    Returns
    -------
    array (rows, cols), 1, >= 0
        float32; missing (nan) where `elevation` is.
    """
    eastward, northward = gradient(elevation, width, height)
    return np.hypot(eastward, northward, out=eastward)


def gradient(elevation: npt.ArrayLike, width: npt.ArrayLike, height: float) -> tuple[Cells, Cells]:
    """Rise per distance to the east and to the north.

    Parameters
    ----------
    elevation : array (rows, cols), m
    width : number or vector (rows), m, > 0
    height : number, m, > 0

    Returns
    -------
    tuple of array (rows, cols), 1
        Eastward and northward, float32; missing (nan) where `elevation` is.
    """
    surface = np.ascontiguousarray(elevation, np.float32)
    rows = surface.shape[0]
    widths = np.ascontiguousarray(np.broadcast_to(np.asarray(width, np.float64), (rows,)))
    eastward = np.empty(surface.shape, np.float32)
    northward = np.empty(surface.shape, np.float32)
    gradient_rows(surface, widths, float(height), 0, rows, eastward, northward)
    return eastward, northward


@njit(nogil=True, cache=True)
def gradient_rows(surface, widths, height, start, stop, eastward, northward):
    """Gradient of the rows from `start` to before `stop`, into the same rows of the outputs."""
    rows = surface.shape[0]
    for row in range(start, stop):
        if 0 < row < rows - 1:
            _inner(surface[row - 1], surface[row], surface[row + 1], widths[row], height, eastward[row], northward[row])
        else:
            eastward[row, :] = np.nan
        _rim(surface, widths[row], height, row, eastward[row], northward[row])


@njit(nogil=True, cache=True)
def _inner(above, here, below, width, height, eastward, northward):
    """Gradient of the inner cells of a row; nan where any cell of the window is missing."""
    across = np.float32(0.125 / width)
    along = np.float32(0.125 / height)
    two = np.float32(2.0)
    eastward[0] = np.nan
    eastward[-1] = np.nan
    for col in range(1, here.size - 1):
        a, b, c = above[col - 1], above[col], above[col + 1]
        d, f = here[col - 1], here[col + 1]
        g, h, i = below[col - 1], below[col], below[col + 1]
        finite = (here[col] - here[col]) + (b - b) + (h - h) + (d - d) + (f - f)
        eastward[col] = ((c - a) + two * (f - d) + (i - g)) * across + finite
        northward[col] = ((a - g) + two * (b - h) + (c - i)) * along + finite


@njit(nogil=True, cache=True)
def _rim(surface, width, height, row, eastward, northward):
    """Gradient of the cells of a row whose window is not complete."""
    for col in range(eastward.size):
        if eastward[col] == eastward[col]:
            continue
        centre = surface[row, col]
        if centre != centre:
            northward[col] = np.nan
            continue
        rise, span = _sides(surface, row, col, 0, 1, centre)
        eastward[col] = rise / (span * width) if span > 0 else 0.0
        rise, span = _sides(surface, row, col, -1, 0, centre)
        northward[col] = rise / (span * height) if span > 0 else 0.0


@njit(nogil=True, cache=True)
def _sides(surface, row, col, down, right, centre):
    """Sum of the three differences along an axis and the number of cells they span."""
    total = 0.0
    span = 0.0
    for line in range(-1, 2):
        r = row + line * right
        c = col + line * -down
        low = _elevation(surface, r - down, c - right)
        middle = _elevation(surface, r, c)
        high = _elevation(surface, r + down, c + right)
        weight = 2.0 if line == 0 else 1.0
        rise, cells = _difference(low, middle, high, centre)
        total += weight * rise
        span += weight * cells
    return total, span


@njit(nogil=True, cache=True)
def _elevation(surface, row, col):
    """Elevation of a cell; nan beyond the edge."""
    if row < 0 or row >= surface.shape[0] or col < 0 or col >= surface.shape[1]:
        return np.nan
    return np.float64(surface[row, col])


@njit(nogil=True, cache=True)
def _difference(low, middle, high, centre):
    """Rise from the low to the high side of a line and the cells it spans."""
    if low == low and high == high:
        return high - low, 2.0
    if low == low:
        return (middle - low, 1.0) if middle == middle else ((centre - low) * DIAGONAL, 1.0)
    if high == high:
        return (high - middle, 1.0) if middle == middle else ((high - centre) * DIAGONAL, 1.0)
    return 0.0, 0.0
