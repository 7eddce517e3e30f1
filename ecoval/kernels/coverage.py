"""Exact fractions of cells inside polygons, as runs of equal weight along rows.

Coordinates are in cells, column and row from the lattice corner next to the unit, rows downward. Every edge is cut at the borders
of rows and columns. A piece that climbs over the height `dv` of a row leaves two numbers in its cell: `cover` = dv, the share of
the row's height that lies right of it, and `area`, the part of the cell itself that does. Along a row the running sum of covers is
the weight of all cells up to the next pair, and a cell with a pair has the running sum plus its own area.

The pairs of a unit do not depend on the grid that asks for them: rows outside are left out one by one, columns never. A unit has
the same bits on every grid of a lattice.
"""

from math import floor

from numba import njit

SNAP = 1e-12  # weights so near to 0 or 1 are rounding
_PRECISION = 2.0**-51  # two units in the last place of a coordinate
_SHORT = 48  # a row of up to so many pairs is sorted by insertion


@njit(nogil=True, cache=True)
def _in_cells(coordinate, origin, anchor, size):
    """A coordinate in cells from an origin; on a lattice line where its own precision cannot tell it from one."""
    cells = (coordinate - origin) / size
    line = floor(cells + 0.5)
    precision = _PRECISION * max(abs(coordinate), abs(anchor)) / abs(size)
    return float(line) if abs(cells - line) <= precision else cells


@njit(nogil=True, cache=True)
def to_cells(points, ring_start, unit_ring, corner, anchor, cell, u, v):
    """Points in cells from the corner of their unit.

    Parameters
    ----------
    points : array (points, 2), m or deg
    ring_start : vector (rings + 1), 1
    unit_ring : vector (units + 1), 1
    corner : array (units, 2), 1
        Lattice row and column that a unit's coordinates count from.
    anchor, cell : (number, number), m or deg
        Corner of the lattice; width and height of a cell.
    u, v : vector (points), 1
        Filled with columns and rows, downward.
    """
    for unit in range(len(unit_ring) - 1):
        easting = anchor[0] + corner[unit, 1] * cell[0]
        northing = anchor[1] - corner[unit, 0] * cell[1]
        for k in range(ring_start[unit_ring[unit]], ring_start[unit_ring[unit + 1]]):
            u[k] = _in_cells(points[k, 0], easting, anchor[0], cell[0])
            v[k] = _in_cells(points[k, 1], northing, anchor[1], -cell[1])


@njit(nogil=True, cache=True)
def ring_signs(u, v, ring_start, hole, sign):
    """Sign per ring that makes shells count positive and holes negative, whatever their orientation.

    Parameters
    ----------
    u, v : vector (points), 1
    ring_start : vector (rings + 1), 1
    hole : vector (rings), 1
    sign : vector (rings), 1
        Filled with 1 or -1.
    """
    for ring in range(len(sign)):
        first, last = ring_start[ring], ring_start[ring + 1]
        twice = 0.0
        for k in range(first, last - 1):
            twice += (u[k] - u[first]) * (v[k + 1] - v[first]) - (u[k + 1] - u[first]) * (v[k] - v[first])
        clockwise = twice > 0.0
        sign[ring] = -1.0 if clockwise != hole[ring] else 1.0


@njit(nogil=True, cache=True)
def pair_bounds(u, v, ring_start, unit_ring, low, high, bound):
    """Largest possible number of pairs per unit.

    Parameters
    ----------
    u, v : vector (points), 1
    ring_start : vector (rings + 1), 1
    unit_ring : vector (units + 1), 1
    low, high : vector (units), 1
        Rows wanted, relative to the unit's corner.
    bound : vector (units), 1
        Filled.
    """
    for unit in range(len(bound)):
        total = 0
        for ring in range(unit_ring[unit], unit_ring[unit + 1]):
            for k in range(ring_start[ring], ring_start[ring + 1] - 1):
                top, bottom = min(v[k], v[k + 1]), max(v[k], v[k + 1])
                if bottom > low[unit] and top < high[unit]:
                    rows = min(floor(bottom), high[unit]) - max(floor(top), low[unit]) + 1
                    total += rows + abs(floor(u[k + 1]) - floor(u[k]))
        bound[unit] = total


@njit(nogil=True, cache=True)
def _add(pairs, values, n, barrier, row, col, cover, area):
    """One pair; added to the last one where that is in the same cell and not behind the barrier."""
    if cover == 0.0:
        return n
    if n > barrier and pairs[n - 1, 0] == row and pairs[n - 1, 1] == col:
        values[n - 1, 0] += cover
        values[n - 1, 1] += area
        return n
    pairs[n, 0] = row
    pairs[n, 1] = col
    values[n, 0] = cover
    values[n, 1] = area
    return n + 1


@njit(nogil=True, cache=True)
def _row_piece(pairs, values, n, barrier, row, ua, va, ub, vb, u0, v0, per_col, sign):
    """Pairs of a piece of an edge inside one row, from (ua, va) down to (ub, vb)."""
    last = floor(ub)
    col = floor(ua)
    step = 1 if last >= col else -1
    up, vp = ua, va
    while col != last:
        uq = col + 1.0 if step == 1 else float(col)
        vq = min(max(v0 + (uq - u0) * per_col, vp), vb)
        n = _add(pairs, values, n, barrier, row, col, sign * (vq - vp), sign * (vq - vp) * (col + 1.0 - 0.5 * (up + uq)))
        up, vp = uq, vq
        col += step
    return _add(pairs, values, n, barrier, row, col, sign * (vb - vp), sign * (vb - vp) * (col + 1.0 - 0.5 * (up + ub)))


@njit(nogil=True, cache=True)
def _edge(pairs, values, n, barrier, u0, v0, u1, v1, sign, low, high):
    """Pairs of one edge in the rows [low, high); (n, barrier) after it."""
    if v0 > v1:
        u0, v0, u1, v1, sign = u1, v1, u0, v0, -sign
    if v0 == v1:
        return n, barrier
    first, last = floor(v0), floor(v1)
    if last == v1:
        last -= 1
    begin, end = max(first, low), min(last + 1, high)
    if begin != first or begin >= end:
        barrier = n
    per_row = (u1 - u0) / (v1 - v0)
    per_col = (v1 - v0) / (u1 - u0) if u1 != u0 else 0.0
    left, right = min(u0, u1), max(u0, u1)
    ua, va = u0, v0
    if begin > first:
        ua, va = min(max(u0 + (begin - v0) * per_row, left), right), float(begin)
    for row in range(begin, end):
        ub, vb = u1, v1
        if row < last:
            ub, vb = min(max(u0 + (row + 1 - v0) * per_row, left), right), row + 1.0
        n = _row_piece(pairs, values, n, barrier, row, ua, va, ub, vb, u0, v0, per_col, sign)
        ua, va = ub, vb
    if end <= last:
        barrier = n
    return n, barrier


@njit(nogil=True, cache=True)
def _unit_pairs(u, v, ring_start, sign, ring_first, ring_last, low, high, pairs, values):
    """Pairs of all edges of a unit, in the order of its rings; their number."""
    n = 0
    for ring in range(ring_first, ring_last):
        barrier = n
        for k in range(ring_start[ring], ring_start[ring + 1] - 1):
            n, barrier = _edge(pairs, values, n, barrier, u[k], v[k], u[k + 1], v[k + 1], sign[ring], low, high)
    return n


@njit(nogil=True, cache=True)
def _by_row(pairs, values, n, low, row_start, col, value):
    """Pairs sorted by row, within a row in their order: counting sort into `col` and `value`."""
    row_start[:] = 0
    for k in range(n):
        row_start[pairs[k, 0] - low + 1] += 1
    for row in range(1, len(row_start)):
        row_start[row] += row_start[row - 1]
    for k in range(n):
        place = row_start[pairs[k, 0] - low]
        row_start[pairs[k, 0] - low] += 1
        col[place] = pairs[k, 1]
        value[place, 0] = values[k, 0]
        value[place, 1] = values[k, 1]
    for row in range(len(row_start) - 1, 0, -1):
        row_start[row] = row_start[row - 1]
    row_start[0] = 0


@njit(nogil=True, cache=True)
def _insertion(col, value, first, last):
    """Stable sort of [first, last) by column."""
    for k in range(first + 1, last):
        key, cover, area = col[k], value[k, 0], value[k, 1]
        place = k
        while place > first and col[place - 1] > key:
            col[place] = col[place - 1]
            value[place, 0] = value[place - 1, 0]
            value[place, 1] = value[place - 1, 1]
            place -= 1
        col[place] = key
        value[place, 0] = cover
        value[place, 1] = area


@njit(nogil=True, cache=True)
def _merge(col, value, first, middle, last, spare_col, spare_value):
    """Stable merge of two sorted stretches, by way of the spare arrays."""
    for k in range(first, middle):
        spare_col[k] = col[k]
        spare_value[k, 0] = value[k, 0]
        spare_value[k, 1] = value[k, 1]
    left, right, place = first, middle, first
    while left < middle:
        if right < last and col[right] < spare_col[left]:
            col[place] = col[right]
            value[place, 0] = value[right, 0]
            value[place, 1] = value[right, 1]
            right += 1
        else:
            col[place] = spare_col[left]
            value[place, 0] = spare_value[left, 0]
            value[place, 1] = spare_value[left, 1]
            left += 1
        place += 1


@njit(nogil=True, cache=True)
def _sort_row(col, value, first, last, spare_col, spare_value):
    """Stable sort of [first, last) by column, any length."""
    for begin in range(first, last, _SHORT):
        _insertion(col, value, begin, min(begin + _SHORT, last))
    width = _SHORT
    while width < last - first:
        for begin in range(first, last - width, 2 * width):
            _merge(col, value, begin, begin + width, min(begin + 2 * width, last), spare_col, spare_value)
        width *= 2


@njit(nogil=True, cache=True)
def _snapped(weight):
    """Weight with rounding next to 0 and 1 taken away."""
    if abs(weight) < SNAP:
        return 0.0
    if abs(weight - 1.0) < SNAP:
        return 1.0
    return weight


@njit(nogil=True, cache=True)
def _emit(runs, weights, m, window, unit, row, start, end, weight):
    """A run cut at the window and at the tile borders; the number of runs after it.

    `window` is (first row, first column, last column + 1, tile size, tile columns, first tile row, first tile column).
    """
    start, end = max(start, window[1]), min(end, window[2])
    size = window[3]
    tile_row = row // size
    top = max(tile_row * size, window[0])
    while start < end:
        tile_col = start // size
        left = max(tile_col * size, window[1])
        stop = min(end, (tile_col + 1) * size)
        runs[m, 0] = (tile_row - window[5]) * window[4] + tile_col - window[6]
        runs[m, 1] = unit
        runs[m, 2] = row - top
        runs[m, 3] = start - left
        runs[m, 4] = stop - left
        weights[m] = weight
        m += 1
        start = stop
    return m


@njit(nogil=True, cache=True)
def _sweep(col, value, first, last, runs, weights, m, window, unit, row, corner):
    """Runs of one row out of its sorted pairs; the number of runs after it."""
    running = 0.0
    run_start, run_end, run_weight = 0, 0, 0.0
    k = first
    while k < last:
        here = col[k]
        cover, area = 0.0, 0.0
        while k < last and col[k] == here:
            cover += value[k, 0]
            area += value[k, 1]
            k += 1
        for part in range(2):
            weight = _snapped(running + area) if part == 0 else _snapped(running)
            start = here if part == 0 else here + 1
            end = here + 1 if part == 0 else (col[k] if k < last else here + 1)
            if part == 0:
                running += cover
            if start >= end:
                continue
            if start == run_end and weight == run_weight:
                run_end = end
                continue
            if run_weight != 0.0:
                m = _emit(runs, weights, m, window, unit, row, run_start + corner, run_end + corner, run_weight)
            run_start, run_end, run_weight = start, end, weight
    if run_weight != 0.0:
        m = _emit(runs, weights, m, window, unit, row, run_start + corner, run_end + corner, run_weight)
    return m


@njit(nogil=True, cache=True)
def unit_runs(u, v, ring_start, sign, unit_ring, corner, low, high, window, pairs, values, row_start, col, value, runs, weights):
    """Runs of a stretch of units, cut at the canonical tiles.

    Parameters
    ----------
    u, v : vector (points), 1
        Columns and rows from the corner of the point's unit.
    ring_start : vector (rings + 1), 1
    sign : vector (rings), 1
    unit_ring : vector (units + 1), 1
    corner : array (units, 2), 1
        Lattice row and column that a unit's coordinates count from.
    low, high : vector (units), 1
        Rows wanted, relative to the corner.
    window : vector (7), 1
        First lattice row, first and last + 1 lattice column of the grid, tile size, number of tile columns, first tile row, column.
    pairs, values, row_start, col, value : array (pairs, ...), 1
        Space to work in, for the unit with most pairs and rows.
    runs : array (runs, 5), 1
        Filled: tile, unit (in the stretch), row, first column, last column + 1, in the tile.
    weights : vector (runs), 1, 0..1
        Filled.

    Returns
    -------
    number, 1
        How many runs were filled in.
    """
    m = 0
    for unit in range(len(low)):
        rows = high[unit] - low[unit]
        if rows <= 0:
            continue
        n = _unit_pairs(u, v, ring_start, sign, unit_ring[unit], unit_ring[unit + 1], low[unit], high[unit], pairs, values)
        starts = row_start[: rows + 1]
        _by_row(pairs, values, n, low[unit], starts, col, value)
        for row in range(rows):
            first, last = starts[row], starts[row + 1]
            if first == last:
                continue
            _sort_row(col, value, first, last, pairs[:, 1], values)
            lattice_row = corner[unit, 0] + low[unit] + row
            m = _sweep(col, value, first, last, runs, weights, m, window, unit, lattice_row, corner[unit, 1])
    return m


@njit(nogil=True, cache=True)
def place_runs(runs, weights, number, tile_next, unit, row, start, end, weight):
    """Runs of a stretch of units put into the arrays that are sorted by tile, those of a tile in their order.

    Parameters
    ----------
    runs : array (runs, 5), 1
    weights : vector (runs), 1, 0..1
    number : vector (units), 1
        Position of each unit of the stretch among all units.
    tile_next : vector (tiles), 1
        Next free place of each tile; moved on by the call.
    unit, row, start, end, weight : vector (all runs), 1
        Filled.
    """
    for k in range(len(weights)):
        place = tile_next[runs[k, 0]]
        tile_next[runs[k, 0]] = place + 1
        unit[place] = number[runs[k, 1]]
        row[place] = runs[k, 2]
        start[place] = runs[k, 3]
        end[place] = runs[k, 4]
        weight[place] = weights[k]
