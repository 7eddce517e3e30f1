"""Depressions of an elevation model: filled by a flood or cut by channels.

A surface is *drained* where every cell has a way to an outlet that never climbs.
Outlets are the cells on the edge of the raster and the cells beside a missing
one: water that reaches them leaves.

`fill` raises each cell to the lowest level at which it drains,

    F(c) = min over the ways from c to an outlet of the highest cell on the way,

so the result is unique and its flats are exactly level; `flow_direction`
routes them, no small gradient is added to the elevations. `breach` lowers
instead: each pit is joined to lower ground by a level channel.

Elevations are float32, missing is nan. The kernels are serial and release the
interpreter's lock. The flood is a priority flood (Barnes, Lehman and Mulla 2014)
in which only spill cells enter the heap (Zhou, Sun and Fu 2016).
"""

import numpy as np
from numba import njit

from ecoval.errors import InputError

UNSEEN = 0
SEEN = 1
EDGE = 2
"""States of a cell; EDGE is a seen cell whose neighbours need a bounds check."""

ROW_STEP = np.array([0, 1, 1, 1, 0, -1, -1, -1], np.int64)
COL_STEP = np.array([1, 1, 0, -1, -1, -1, 0, 1], np.int64)
"""Steps to the eight neighbours, clockwise from the east."""

LARGEST = 2**31 - 1
"""Cells of the largest raster: positions are kept in 32 bits."""


def fill(elevation):
    """Elevation without depressions, each filled to its spill level.

    Parameters
    ----------
    elevation : array (rows, cols), m

    Returns
    -------
    array (rows, cols), m
        float32; missing (nan) where `elevation` is.

    Notes
    -----
    From the outlets the flood runs uphill through plain stacks; only cells
    that still have an unseen neighbour not above them wait in a heap, ordered
    by elevation. The lowest one floods the depression behind it to its level.
    """
    surface = _surface(elevation)
    cells = surface.size
    state = np.zeros(cells, np.uint8)
    stack = np.empty(cells, np.int32)
    waiting = np.empty(cells, np.int32)
    heap = np.empty(cells, np.int64)
    rows, cols = surface.shape
    flat = surface.reshape(-1)
    seeds = _outlets(flat, rows, cols, state, stack)
    _flood(flat, flat.view(np.int32), rows, cols, state, stack, seeds, waiting, heap)
    return surface


def breach(elevation, max_depth=np.inf):
    """Elevation whose pits are joined to lower ground by level channels.

    Parameters
    ----------
    elevation : array (rows, cols), m
    max_depth : number, m, > 0
        A channel that would cut deeper is not dug; `fill` what is left.

    Returns
    -------
    array (rows, cols), m
        float32, nowhere above `elevation`; missing (nan) where it is.

    Notes
    -----
    A flood from the outlets visits the cells in the order of their elevation
    and notes from where each was reached. At a pit it walks back along these
    notes and lowers every cell that is higher than the pit to its elevation,
    until it meets one that is not: the way back crosses the lowest sill.
    """
    surface = _surface(elevation)
    cells = surface.size
    state = np.zeros(cells, np.uint8)
    stack = np.empty(cells, np.int32)
    origin = np.full(cells, -1, np.int32)
    heap = np.empty(cells, np.int64)
    rows, cols = surface.shape
    flat = surface.reshape(-1)
    seeds = _outlets(flat, rows, cols, state, stack)
    _carve(flat, flat.view(np.int32), rows, cols, state, stack, seeds, origin, heap, float(max_depth))
    return surface


def _surface(elevation):
    """A float32 copy that the kernels may change."""
    surface = np.array(elevation, np.float32, order="C")
    cell_limit(surface)
    return surface


def cell_limit(array):
    """Refusal of a raster with more cells than 32-bit positions can tell apart."""
    if array.size > LARGEST:
        raise InputError("raster_too_large", cells=array.size, limit=LARGEST)


@njit(nogil=True, cache=True)
def _outside(position, k, rows, cols):
    """Whether the neighbour k of a cell lies beyond the edge of the raster."""
    row = position // cols + ROW_STEP[k]
    col = position % cols + COL_STEP[k]
    return row < 0 or row >= rows or col < 0 or col >= cols


@njit(nogil=True, cache=True)
def _outlets(surface, rows, cols, state, stack):
    """Mark missing cells and outlets as seen; outlets on the stack, their number returned."""
    count = 0
    for row in range(rows):
        for col in range(cols):
            i = row * cols + col
            missing = surface[i] != surface[i]
            edge = row == 0 or row == rows - 1 or col == 0 or col == cols - 1
            if missing:
                state[i] = SEEN
                for k in range(8):
                    if edge and _outside(i, k, rows, cols):
                        continue
                    j = i + ROW_STEP[k] * cols + COL_STEP[k]
                    if state[j] == UNSEEN and surface[j] == surface[j]:
                        state[j] = SEEN
                        stack[count] = j
                        count += 1
            elif edge:
                if state[i] == UNSEEN:
                    stack[count] = i
                    count += 1
                state[i] = EDGE
    return count


@njit(nogil=True, cache=True)
def _key(bits, position):
    """Heap key of a cell: its elevation in sortable bits, then its position."""
    level = np.int64(bits[position])
    if level < 0:
        level ^= np.int64(0x7FFFFFFF)
    return level * np.int64(4294967296) + np.int64(position)


@njit(nogil=True, cache=True)
def _push(heap, size, key):
    """Put a key into a binary heap of `size` keys."""
    i = size
    while i > 0:
        parent = (i - 1) >> 1
        if heap[parent] <= key:
            break
        heap[i] = heap[parent]
        i = parent
    heap[i] = key


@njit(nogil=True, cache=True)
def _pop(heap, size):
    """Take the position with the lowest key out of a binary heap of `size` keys."""
    top = heap[0]
    last = heap[size - 1]
    end = size - 1
    i = 0
    child = 1
    while child < end:
        if child + 1 < end and heap[child + 1] < heap[child]:
            child += 1
        if heap[child] >= last:
            break
        heap[i] = heap[child]
        i = child
        child = 2 * i + 1
    heap[i] = last
    return np.int64(top & np.int64(0xFFFFFFFF))


@njit(nogil=True, cache=True)
def _climb(surface, rows, cols, state, stack, top, waiting):
    """Run uphill from the cells on the stack; the number of cells left waiting.

    A higher neighbour drains through the cell and keeps its elevation. A cell
    with an unseen neighbour that is not higher waits.
    """
    count = 0
    while top > 0:
        top -= 1
        i = np.int64(stack[top])
        level = surface[i]
        edge = state[i] == EDGE
        waits = False
        for k in range(8):
            if edge and _outside(i, k, rows, cols):
                continue
            j = i + ROW_STEP[k] * cols + COL_STEP[k]
            if state[j] == UNSEEN:
                if surface[j] > level:
                    state[j] = SEEN
                    stack[top] = j
                    top += 1
                else:
                    waits = True
        if waits:
            waiting[count] = i
            count += 1
    return count


@njit(nogil=True, cache=True)
def _queue(bits, rows, cols, state, waiting, count, heap, size):
    """Move waiting cells that still have an unseen neighbour to the heap; its size."""
    for w in range(count):
        i = np.int64(waiting[w])
        edge = state[i] == EDGE
        for k in range(8):
            if edge and _outside(i, k, rows, cols):
                continue
            if state[i + ROW_STEP[k] * cols + COL_STEP[k]] == UNSEEN:
                _push(heap, size, _key(bits, i))
                size += 1
                break
    return size


@njit(nogil=True, cache=True)
def _spread(surface, rows, cols, state, stack, waiting, source):
    """Flood the depression behind a spill cell to its level; rim cells go on the stack."""
    level = surface[source]
    top = 0
    count = 1
    waiting[0] = source
    while count > 0:
        count -= 1
        i = np.int64(waiting[count])
        edge = state[i] == EDGE
        for k in range(8):
            if edge and _outside(i, k, rows, cols):
                continue
            j = i + ROW_STEP[k] * cols + COL_STEP[k]
            if state[j] == UNSEEN:
                state[j] = SEEN
                if surface[j] > level:
                    stack[top] = j
                    top += 1
                else:
                    surface[j] = level
                    waiting[count] = j
                    count += 1
    return top


@njit(nogil=True, cache=True)
def _flood(surface, bits, rows, cols, state, stack, seeds, waiting, heap):
    """Fill the depressions of a surface in place."""
    top = seeds
    size = 0
    while True:
        count = _climb(surface, rows, cols, state, stack, top, waiting)
        size = _queue(bits, rows, cols, state, waiting, count, heap, size)
        if size == 0:
            return
        source = _pop(heap, size)
        size -= 1
        top = _spread(surface, rows, cols, state, stack, waiting, source)


@njit(nogil=True, cache=True)
def _dig(surface, origin, pit, max_depth):
    """Lower the way back from a pit to its elevation, unless that is too deep."""
    level = surface[pit]
    i = np.int64(origin[pit])
    while i >= 0 and surface[i] > level:
        if surface[i] - level > max_depth:
            return
        i = np.int64(origin[i])
    i = np.int64(origin[pit])
    while i >= 0 and surface[i] > level:
        surface[i] = level
        i = np.int64(origin[i])


@njit(nogil=True, cache=True)
def _carve(surface, bits, rows, cols, state, stack, seeds, origin, heap, max_depth):
    """Join the pits of a surface to lower ground in place."""
    size = 0
    for s in range(seeds):
        _push(heap, size, _key(bits, np.int64(stack[s])))
        size += 1
    while size > 0:
        i = _pop(heap, size)
        size -= 1
        edge = state[i] == EDGE
        lower = False
        for k in range(8):
            if edge and _outside(i, k, rows, cols):
                continue
            j = i + ROW_STEP[k] * cols + COL_STEP[k]
            if surface[j] < surface[i]:
                lower = True
            if state[j] == UNSEEN:
                state[j] = SEEN
                origin[j] = i
                _push(heap, size, _key(bits, j))
                size += 1
        if not lower and origin[i] >= 0:
            _dig(surface, origin, i, max_depth)
