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

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from ecoval.errors import InputError
from ecoval.kernels.cellwise import Cells

DOWN = np.array([-1, -1, -1, 0, 0, 0, 1, 1, 1], np.int64)
RIGHT = np.array([-1, 0, 1, -1, 0, 1, -1, 0, 1], np.int64)
"""Steps to the nine cells of a window, from the north-west on."""

LOWEST_BIT = np.array([0] + [(n & -n).bit_length() - 1 for n in range(1, 512)], np.int64)
"""Lowest bit that is set in a number of nine bits."""

LARGEST = 2**31 - 1
"""Cells of the largest raster: positions are kept in 32 bits."""


def fill(elevation: npt.ArrayLike, out: Cells | None = None) -> Cells:
    """Elevation without depressions, each filled to its spill level.

    Parameters
    ----------
    elevation : array (rows, cols), m
    out : array (rows, cols), m
        float32 array for the result; `elevation` itself saves a copy.

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
    surface = _surface(elevation, out)
    rows, cols = surface.shape
    shift = _shift(cols)
    unseen = np.zeros(_bytes(rows, shift), np.uint8)
    stack = np.empty(surface.size, np.uint32)
    waiting = np.empty(surface.size, np.uint32)
    heap = np.empty(surface.size, np.int64)
    seeds = _outlets(surface, shift, unseen, stack)
    flat = surface.reshape(-1)
    _flood(flat, flat.view(np.int32), cols, shift, unseen, stack, seeds, waiting, heap)
    return surface


def breach(elevation: npt.ArrayLike, max_depth: float = np.inf, out: Cells | None = None) -> Cells:
    """Elevation whose pits are joined to lower ground by level channels.

    Parameters
    ----------
    elevation : array (rows, cols), m
    max_depth : number, m, > 0
        A channel that would cut deeper is not dug; `fill` what is left.
    out : array (rows, cols), m
        float32 array for the result; `elevation` itself saves a copy.

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
    surface = _surface(elevation, out)
    rows, cols = surface.shape
    shift = _shift(cols)
    unseen = np.zeros(_bytes(rows, shift), np.uint8)
    stack = np.empty(surface.size, np.uint32)
    origin = np.full(surface.size, -1, np.int32)
    heap = np.empty(surface.size, np.int64)
    seeds = _outlets(surface, shift, unseen, stack)
    flat = surface.reshape(-1)
    _carve(flat, flat.view(np.int32), cols, shift, unseen, stack, seeds, origin, heap, float(max_depth))
    return surface


def _shift(cols: int) -> int:
    """Binary digits of a column of the bit map, which has a column to spare on each side."""
    return max(3, int(cols + 1).bit_length())


def _bytes(rows: int, shift: int) -> int:
    """Size of the bit map, with a row to spare on each side and a byte at the end."""
    return ((rows + 2) << shift) // 8 + 1


def _surface(elevation: npt.ArrayLike, out: Cells | None) -> Cells:
    """The elevation as contiguous float32 cells that the kernels may change."""
    elevation = np.asarray(elevation)
    cell_limit(elevation)
    if out is None:
        return np.array(elevation, np.float32, order="C")
    if out.dtype != np.float32 or not out.flags.c_contiguous:
        raise TypeError(f"out is {out.dtype}, contiguous {out.flags.c_contiguous}: expected contiguous float32")
    if out is not elevation:
        out[...] = elevation
    return out


def cell_limit(array: npt.NDArray[Any]) -> None:
    """Refusal of a raster with more cells than 32-bit positions can tell apart."""
    if array.size > LARGEST:
        raise InputError("raster_too_large", cells=array.size, limit=LARGEST)


@njit(nogil=True, cache=True)
def _index(place, cols, shift):
    """Position in the flattened raster of a place in the bit map."""
    return ((place >> shift) - 1) * cols + (place & ((1 << shift) - 1)) - 1


@njit(nogil=True, cache=True)
def _mark(unseen, place):
    """Take a place out of the unseen ones."""
    unseen[place >> 3] &= np.uint8(255 ^ (1 << (place & 7)))


@njit(nogil=True, cache=True)
def _three(unseen, place):
    """Whether the place before, at and after a place are unseen, as three bits."""
    first = place - 1
    byte = first >> 3
    return ((np.int64(unseen[byte]) | (np.int64(unseen[byte + 1]) << 8)) >> (first & 7)) & 7


@njit(nogil=True, cache=True)
def _unseen_near(unseen, place, shift):
    """Which of the places around a place are unseen, as nine bits from the north-west on."""
    above = _three(unseen, place - (1 << shift))
    below = _three(unseen, place + (1 << shift))
    return above | (_three(unseen, place) << 3) | (below << 6)


@njit(nogil=True, cache=True)
def _outlets(surface, shift, unseen, stack):
    """Mark the inner cells as unseen; outlets go on the stack, their number is returned."""
    rows, cols = surface.shape
    count = 0
    for row in range(rows):
        for col in range(cols):
            if surface[row, col] != surface[row, col]:
                continue
            outlet = row == 0 or row == rows - 1 or col == 0 or col == cols - 1
            if not outlet:
                ring_sum = surface[row - 1, col - 1] + surface[row - 1, col] + surface[row - 1, col + 1]
                ring_sum += surface[row, col - 1] + surface[row, col + 1]
                ring_sum += surface[row + 1, col - 1] + surface[row + 1, col] + surface[row + 1, col + 1]
                outlet = ring_sum != ring_sum
            place = ((row + 1) << shift) + col + 1
            if outlet:
                stack[count] = place
                count += 1
            else:
                unseen[place >> 3] |= np.uint8(1 << (place & 7))
    return count


@njit(nogil=True, cache=True)
def _key(bits, place, index):
    """Heap key of a cell: its elevation in sortable bits, then its place."""
    level = np.int64(bits[index])
    if level < 0:
        level ^= np.int64(0x7FFFFFFF)
    return level * np.int64(4294967296) + np.int64(place)


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
    """Take the place with the lowest key out of a binary heap of `size` keys."""
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
def _climb(surface, cols, shift, unseen, stack, top, waiting):
    """Run uphill from the cells on the stack; the number of cells left waiting.

    A higher neighbour drains through the cell and keeps its elevation. A cell
    with an unseen neighbour that is not higher waits.
    """
    count = 0
    while top > 0:
        top -= 1
        place = np.int64(stack[top])
        neighbours = _unseen_near(unseen, place, shift)
        if neighbours == 0:
            continue
        index = _index(place, cols, shift)
        level = surface[index]
        waits = False
        while neighbours != 0:
            k = LOWEST_BIT[neighbours]
            neighbours &= neighbours - 1
            if surface[index + DOWN[k] * cols + RIGHT[k]] > level:
                other = place + (DOWN[k] << shift) + RIGHT[k]
                _mark(unseen, other)
                stack[top] = other
                top += 1
            else:
                waits = True
        if waits:
            waiting[count] = place
            count += 1
    return count


@njit(nogil=True, cache=True)
def _queue(bits, cols, shift, unseen, waiting, count, heap, size):
    """Move waiting cells that still have an unseen neighbour to the heap; its size."""
    for w in range(count):
        place = np.int64(waiting[w])
        if _unseen_near(unseen, place, shift) != 0:
            _push(heap, size, _key(bits, place, _index(place, cols, shift)))
            size += 1
    return size


@njit(nogil=True, cache=True)
def _spread(surface, cols, shift, unseen, stack, waiting, source):
    """Flood the depression behind a spill cell to its level; rim cells go on the stack."""
    level = surface[_index(source, cols, shift)]
    top = 0
    count = 1
    waiting[0] = source
    while count > 0:
        count -= 1
        place = np.int64(waiting[count])
        neighbours = _unseen_near(unseen, place, shift)
        if neighbours == 0:
            continue
        index = _index(place, cols, shift)
        while neighbours != 0:
            k = LOWEST_BIT[neighbours]
            neighbours &= neighbours - 1
            neighbour = index + DOWN[k] * cols + RIGHT[k]
            other = place + (DOWN[k] << shift) + RIGHT[k]
            _mark(unseen, other)
            if surface[neighbour] > level:
                stack[top] = other
                top += 1
            else:
                surface[neighbour] = level
                waiting[count] = other
                count += 1
    return top


@njit(nogil=True, cache=True)
def _flood(surface, bits, cols, shift, unseen, stack, seeds, waiting, heap):
    """Fill the depressions of a surface in place."""
    top = seeds
    size = 0
    while True:
        count = _climb(surface, cols, shift, unseen, stack, top, waiting)
        size = _queue(bits, cols, shift, unseen, waiting, count, heap, size)
        if size == 0:
            return
        source = _pop(heap, size)
        size -= 1
        top = _spread(surface, cols, shift, unseen, stack, waiting, source)


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
def _carve(surface, bits, cols, shift, unseen, stack, seeds, origin, heap, max_depth):
    """Join the pits of a surface to lower ground in place."""
    for s in range(seeds):
        place = np.int64(stack[s])
        _push(heap, s, _key(bits, place, _index(place, cols, shift)))
    size = seeds
    while size > 0:
        place = _pop(heap, size)
        size -= 1
        index = _index(place, cols, shift)
        neighbours = _unseen_near(unseen, place, shift)
        while neighbours != 0:
            k = LOWEST_BIT[neighbours]
            neighbours &= neighbours - 1
            neighbour = index + DOWN[k] * cols + RIGHT[k]
            other = place + (DOWN[k] << shift) + RIGHT[k]
            _mark(unseen, other)
            origin[neighbour] = index
            _push(heap, size, _key(bits, other, neighbour))
            size += 1
        if origin[index] >= 0 and _is_bottom(surface, cols, index):
            _dig(surface, origin, index, max_depth)


@njit(nogil=True, cache=True)
def _is_bottom(surface, cols, index):
    """Whether no neighbour of an inner cell is lower."""
    lower = False
    for k in range(9):
        lower |= surface[index + DOWN[k] * cols + RIGHT[k]] < surface[index]
    return not lower
