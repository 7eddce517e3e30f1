"""Flow over a drained elevation model: directions, accumulation, slope length.

Directions are one byte per cell, clockwise from the east in the powers of two
that most programs read::

     32   64  128
     16    .    1
      8    4    2

0 marks an outlet: the water leaves the raster there, over its edge or into a
missing cell. 255 marks a missing cell. Every other code points to a valid cell
of the raster, so that the codes form a forest rooted in the outlets.

The kernels are serial, without recursion, and release the interpreter's lock.
"""

import numpy as np
import numpy.typing as npt
from numba import njit

from ecoval.kernels.cellwise import Cells
from ecoval.kernels.fill import cell_limit

Directions = npt.NDArray[np.uint8]

OUTLET = 0
MISSING = 255
LEVEL = 3
"""Code of a cell without a lower neighbour until its flat is resolved; never returned."""

ROW_STEP = np.array([0, 1, 1, 1, 0, -1, -1, -1], np.int64)
COL_STEP = np.array([1, 1, 0, -1, -1, -1, 0, 1], np.int64)
"""Steps to the eight neighbours, clockwise from the east."""

EAST, SOUTH_EAST, SOUTH, SOUTH_WEST, WEST, NORTH_WEST, NORTH, NORTH_EAST = 1, 2, 4, 8, 16, 32, 64, 128
STRAIGHT_FIRST = np.array([0, 2, 4, 6, 1, 3, 5, 7], np.int64)
"""Order in which a level cell tries its neighbours: straight ones before diagonal ones."""

CUT = 16
"""Step of the counter of donors, kept above the four bits of the direction."""


def flow_direction(filled: npt.ArrayLike, width: npt.ArrayLike = 1.0, height: float = 1.0) -> Directions:
    """Direction of the steepest descent of each cell (D8).

    Parameters
    ----------
    filled : array (rows, cols), m
        A drained surface, as `fill` or `breach` give it.
    width : number or vector (rows), m, > 0
        Width of a cell; one number per row where it changes with latitude.
    height : number, m, > 0

    Returns
    -------
    array (rows, cols)
        uint8 codes, see the module; 255 where `filled` is missing (nan).

    Notes
    -----
    The steepest of the eight drops per distance wins; of equal ones the first
    clockwise from the east. A cell without a lower neighbour is an outlet
    where it lies on the edge or beside a missing cell. Any other one is part
    of a flat and takes the fewest steps over cells of its own elevation to a
    cell that drains, straight neighbours before diagonal ones. On a surface
    that is not drained the bottom of a depression is an outlet, too.
    """
    surface = np.ascontiguousarray(filled, np.float32)
    cell_limit(surface)
    rows, cols = surface.shape
    directions = np.empty((rows, cols), np.uint8)
    inverse = _inverse_distances(width, height, rows)
    level = _steepest(surface, inverse, directions)
    if level > 0:
        queue = np.empty(level, np.int32)
        codes = np.empty(level, np.uint8)
        _resolve(surface.reshape(-1), cols, directions.reshape(-1), queue, codes)
    return directions


def flow_accumulation(
    directions: npt.ArrayLike, weights: npt.ArrayLike | None = None
) -> npt.NDArray[np.int32] | npt.NDArray[np.float64]:
    """Sum over the cells that drain through each cell, itself included.

    Parameters
    ----------
    directions : array (rows, cols)
        Codes of `flow_direction`.
    weights : array (rows, cols) or vector (rows), >= 0
        What each cell adds, for example its area; one cell where it is absent.

    Returns
    -------
    array (rows, cols)
        int32 cells without weights, float64 with them. Missing cells hold 0
        without weights, nan with them; a missing weight is missing downstream.
    """
    directions = np.ascontiguousarray(directions, np.uint8)
    cell_limit(directions)
    rows, cols = directions.shape
    work = np.empty(directions.shape, np.uint8)
    if weights is None:
        total = np.ones(directions.size, np.int32)
        missing = 0
    else:
        weights = np.asarray(weights, np.float64)
        weights = weights[:, np.newaxis] if weights.ndim == 1 else weights
        total = np.array(np.broadcast_to(weights, directions.shape), order="C").reshape(-1)
        missing = np.nan
    offsets = _offsets(cols)
    _donors(directions, work)
    _accumulate(work.reshape(-1), offsets, total)
    _overwrite(total, directions.reshape(-1), missing)
    return total.reshape(rows, cols)


def flow_length(
    directions: npt.ArrayLike,
    slope: npt.ArrayLike,
    width: npt.ArrayLike,
    height: float,
    *,
    steep: float,
    cutoff_steep: float,
    cutoff_gentle: float,
    channel: npt.ArrayLike | None = None,
) -> Cells:
    """Longest way of the water from where it starts to each cell.

    Parameters
    ----------
    directions : array (rows, cols)
        Codes of `flow_direction`.
    slope : array (rows, cols), 1, >= 0
        Tangent of the slope angle.
    width : number or vector (rows), m, > 0
    height : number, m, > 0
    steep : number, 1
        Slope from which on a cell counts as steep.
    cutoff_steep, cutoff_gentle : number, 1, 0-1
        The way ends where the slope of the cell below is less than this share
        of the slope of the cell above, by the steepness of the cell above.
    channel : array (rows, cols)
        True at cells of a channel: their length is 0 and none is passed on.

    Returns
    -------
    array (rows, cols), m
        float32 horizontal length; missing (nan) where the direction is.

    Notes
    -----
    A cell that no way enters starts with half of its own step; of several
    ways that enter, the longest counts. Steps run between cell centres.
    """
    directions = np.ascontiguousarray(directions, np.uint8)
    cell_limit(directions)
    rows, cols = directions.shape
    slope = np.ascontiguousarray(slope, np.float32)
    stream = np.zeros(directions.shape, np.bool_) if channel is None else channel
    stream = np.ascontiguousarray(stream, np.bool_)
    step = 1.0 / _inverse_distances(width, height, rows)
    offsets = _offsets(cols)
    work = np.empty(directions.shape, np.uint8)
    length = np.zeros((rows, cols), np.float32)
    _donors(directions, work)
    cutoffs = np.array([steep, cutoff_steep, cutoff_gentle], np.float64)
    _lengthen(work.reshape(-1), offsets, cols, slope.reshape(-1), stream.reshape(-1), step, cutoffs, length.reshape(-1))
    _overwrite(length.reshape(-1), directions.reshape(-1), np.nan)
    return length


def _inverse_distances(width: npt.ArrayLike, height: float, rows: int) -> npt.NDArray[np.float64]:
    """One over the distance to an eastern, southern and diagonal neighbour, per row."""
    widths = np.broadcast_to(np.asarray(width, np.float64), (rows,))
    heights = np.full(rows, float(height))
    return 1.0 / np.stack([widths, heights, np.hypot(widths, heights)], axis=1)


def _offsets(cols: int) -> npt.NDArray[np.int64]:
    """Steps along the flattened raster, by neighbour; the ninth is no step."""
    return np.append(ROW_STEP * cols + COL_STEP, 0)


@njit(nogil=True, cache=True)
def _steepest(surface, inverse, directions):
    """Codes of the steepest descent; the number of level cells."""
    rows, cols = surface.shape
    level = 0
    for row in range(rows):
        if row == 0 or row == rows - 1:
            for col in range(cols):
                directions[row, col] = _steepest_at_edge(surface, inverse, row, col)
            continue
        directions[row, 0] = _steepest_at_edge(surface, inverse, row, 0)
        directions[row, cols - 1] = _steepest_at_edge(surface, inverse, row, cols - 1)
        level += _steepest_in_row(surface[row - 1], surface[row], surface[row + 1], inverse[row], directions[row])
    return level


@njit(nogil=True, cache=True)
def _steepest_in_row(above, here, below, inverse, codes):
    """Codes of the inner cells of a row; the number of level cells.

    Kept free of branches, so that the compiler can work on several cells at once.
    """
    across = np.float32(inverse[0])
    down = np.float32(inverse[1])
    aslant = np.float32(inverse[2])
    level = 0
    for col in range(1, here.size - 1):
        z = here[col]
        best = np.float32(0.0)
        code = np.int32(LEVEL)
        drop = (z - here[col + 1]) * across
        code, best = (np.int32(EAST), drop) if drop > best else (code, best)
        drop = (z - below[col + 1]) * aslant
        code, best = (np.int32(SOUTH_EAST), drop) if drop > best else (code, best)
        drop = (z - below[col]) * down
        code, best = (np.int32(SOUTH), drop) if drop > best else (code, best)
        drop = (z - below[col - 1]) * aslant
        code, best = (np.int32(SOUTH_WEST), drop) if drop > best else (code, best)
        drop = (z - here[col - 1]) * across
        code, best = (np.int32(WEST), drop) if drop > best else (code, best)
        drop = (z - above[col - 1]) * aslant
        code, best = (np.int32(NORTH_WEST), drop) if drop > best else (code, best)
        drop = (z - above[col]) * down
        code, best = (np.int32(NORTH), drop) if drop > best else (code, best)
        drop = (z - above[col + 1]) * aslant
        code, best = (np.int32(NORTH_EAST), drop) if drop > best else (code, best)
        ring_sum = above[col - 1] + above[col] + above[col + 1] + here[col - 1]
        ring_sum += here[col + 1] + below[col - 1] + below[col] + below[col + 1]
        code = np.int32(OUTLET) if code == LEVEL and ring_sum != ring_sum else code
        code = np.int32(MISSING) if z != z else code
        level += np.int32(1) if code == LEVEL else np.int32(0)
        codes[col] = np.uint8(code)
    return level


@njit(nogil=True, cache=True)
def _steepest_at_edge(surface, inverse, row, col):
    """Code of a cell on the edge of the raster."""
    rows, cols = surface.shape
    z = surface[row, col]
    if z != z:
        return np.uint8(MISSING)
    best = np.float32(0.0)
    code = np.uint8(OUTLET)
    for k in range(8):
        r = row + ROW_STEP[k]
        c = col + COL_STEP[k]
        if r < 0 or r >= rows or c < 0 or c >= cols:
            continue
        axis = 2 if k % 2 == 1 else (0 if k % 4 == 0 else 1)
        drop = (z - surface[r, c]) * np.float32(inverse[row, axis])
        if drop > best:
            best = drop
            code = np.uint8(1 << k)
    return code


@njit(nogil=True, cache=True)
def _resolve(surface, cols, directions, queue, codes):
    """Direct the level cells along the fewest steps to a cell that drains."""
    end = 0
    for i in range(surface.size):
        if directions[i] != LEVEL:
            continue
        for n in range(8):
            k = STRAIGHT_FIRST[n]
            j = i + ROW_STEP[k] * cols + COL_STEP[k]
            if directions[j] != LEVEL and surface[j] == surface[i]:
                queue[end] = i
                codes[end] = np.uint8(1 << k)
                end += 1
                break
    for n in range(end):
        directions[queue[n]] = codes[n]
    start = 0
    while start < end:
        i = np.int64(queue[start])
        start += 1
        for n in range(8):
            k = STRAIGHT_FIRST[n]
            j = i + ROW_STEP[k] * cols + COL_STEP[k]
            if directions[j] == LEVEL and surface[j] == surface[i]:
                directions[j] = np.uint8(1 << ((k + 4) % 8))
                queue[end] = j
                end += 1
    if end < queue.size:
        for i in range(surface.size):
            if directions[i] == LEVEL:
                directions[i] = OUTLET


@njit(nogil=True, cache=True)
def _donors(directions, work):
    """Per cell its neighbour (0-7; 8 for none) and, sixteenfold, its number of donors."""
    rows, cols = directions.shape
    for row in range(rows):
        for col in range(cols):
            work[row, col] = _neighbour(directions[row, col])
        if 0 < row < rows - 1:
            _count(directions[row - 1], directions[row], directions[row + 1], work[row])
        for col in range(cols):
            if row == 0 or row == rows - 1 or col == 0 or col == cols - 1:
                work[row, col] += CUT * _donors_at_edge(directions, row, col)


@njit(nogil=True, cache=True)
def _neighbour(code):
    """Number of the neighbour that a code points to; 8 for none."""
    k = np.uint8(code > 1) + np.uint8(code > 2) + np.uint8(code > 4) + np.uint8(code > 8)
    k += np.uint8(code > 16) + np.uint8(code > 32) + np.uint8(code > 64)
    return 8 if code in (OUTLET, MISSING) else k


@njit(nogil=True, cache=True)
def _count(above, here, below, work):
    """Add the donors of the inner cells of a row, sixteenfold."""
    for col in range(1, here.size - 1):
        count = np.uint8(here[col - 1] == EAST) + np.uint8(here[col + 1] == WEST)
        count += np.uint8(above[col] == SOUTH) + np.uint8(below[col] == NORTH)
        count += np.uint8(above[col - 1] == SOUTH_EAST) + np.uint8(above[col + 1] == SOUTH_WEST)
        count += np.uint8(below[col - 1] == NORTH_EAST) + np.uint8(below[col + 1] == NORTH_WEST)
        work[col] |= np.uint8(count << 4)


@njit(nogil=True, cache=True)
def _donors_at_edge(directions, row, col):
    """Number of donors of a cell on the edge of the raster."""
    rows, cols = directions.shape
    count = 0
    for k in range(8):
        r = row + ROW_STEP[k]
        c = col + COL_STEP[k]
        if 0 <= r < rows and 0 <= c < cols and directions[r, c] == 1 << ((k + 4) % 8):
            count += 1
    return count


@njit(nogil=True, cache=True)
def _accumulate(work, offsets, total):
    """Carry the totals downstream in place.

    From each cell without open donors the walk goes down until it meets a
    cell that still waits for another donor: no cell is entered twice.
    """
    for i in range(work.size):
        if work[i] >= CUT:
            continue
        j = i
        while True:
            k = work[j] & 15
            work[j] = 255
            if k == 8:
                break
            below = j + offsets[k]
            total[below] += total[j]
            work[below] -= CUT
            if work[below] >= CUT:
                break
            j = below


@njit(nogil=True, cache=True)
def _overwrite(values, directions, missing):
    """Set the values of missing cells."""
    for i in range(values.size):
        if directions[i] == MISSING:
            values[i] = missing


@njit(nogil=True, cache=True)
def _lengthen(work, offsets, cols, slope, stream, step, cutoffs, length):
    """Carry the longest way downstream in place."""
    for i in range(work.size):
        if work[i] >= CUT:
            continue
        j = i
        while True:
            k = work[j] & 15
            work[j] = 255
            axis = 2 if k % 2 == 1 else (0 if k % 4 == 0 else 1)
            reach = step[j // cols, axis]
            if stream[j]:
                length[j] = 0.0
            elif length[j] == 0.0:
                length[j] = 0.5 * reach
            if k == 8:
                break
            below = j + offsets[k]
            share = cutoffs[1] if slope[j] >= cutoffs[0] else cutoffs[2]
            if not stream[j] and slope[below] >= share * slope[j]:
                length[below] = max(length[below], np.float32(length[j] + reach))
            work[below] -= CUT
            if work[below] >= CUT:
                break
            j = below
