"""Source cells under target cells: nearest, bilinear, and exact overlap (mean, sum, mode).

Positions are absolute source coordinates in cells: `across` counts columns from the left edge of the source, `down` rows from its
top edge, so that the cell (r, c) is the square from (r, c) to (r + 1, c + 1). A window begins at (row0, col0). A result depends
on the position of its target cell and on the source cells alone, never on the window: every cut gives the same bits.

A target cell is a *box* where both grids share their axes, else a *quad* whose straight edges join the mapped corners; neighbours
share edges, so the overlaps with one source cell add up to its whole area and a sum is kept.
"""

import math

import numpy as np
from numba import njit

SNAP = 1e-6  # cells; nearer than that to an edge is on it
_SLIVER = 1e-9  # share of a target cell below which overlap with valid cells is rounding


@njit(nogil=True, cache=True)
def evaluate(coefficients, down, across, line, out):
    """Polynomial in two variables at each pair of a row and a column position.

    Parameters
    ----------
    coefficients : array (degree + 1, degree + 1), 1
        Of down**i * across**j.
    down : vector (rows), 1, [-1, 1]
    across : vector (cols), 1, [-1, 1]
    line : vector (degree + 1), 1
        Scratch.
    out : array (rows, cols), 1
    """
    size = coefficients.shape[0]
    for r in range(down.size):
        for j in range(size):
            value = coefficients[size - 1, j]
            for i in range(size - 2, -1, -1):
                value = value * down[r] + coefficients[i, j]
            line[j] = value
        for c in range(across.size):
            value = line[size - 1]
            for j in range(size - 2, -1, -1):
                value = value * across[c] + line[j]
            out[r, c] = value


@njit(nogil=True, cache=True)
def nearest(source, row0, col0, down, across, missing, out):
    """Source cell that holds the centre of each target cell.

    Parameters
    ----------
    source : array (source rows, source cols), 1
    row0, col0 : number, 1
    down, across : array (rows, cols), 1
        Centres of the target cells.
    missing : number, 1
    out : array (rows, cols), 1
    """
    rows, cols = source.shape
    for r in range(out.shape[0]):
        for c in range(out.shape[1]):
            out[r, c] = missing
            if math.isfinite(down[r, c]) and math.isfinite(across[r, c]):
                i = math.floor(down[r, c] + SNAP) - row0
                j = math.floor(across[r, c] + SNAP) - col0
                if 0 <= i < rows and 0 <= j < cols:
                    out[r, c] = source[i, j]


@njit(nogil=True, cache=True)
def _surroundings(row0, col0, down, across, rows, cols, place, weights):
    """Of each target cell of a row: the source cell that holds it (-1: none), the upper left of the four, their weights."""
    for c in range(down.size):
        y, x = down[c], across[c]
        place[0, c] = -1
        if not (math.isfinite(y) and math.isfinite(x)):
            continue
        i = math.floor(y + SNAP) - row0
        j = math.floor(x + SNAP) - col0
        if not (0 <= i < rows and 0 <= j < cols):
            continue
        top, left = math.floor(y - 0.5), math.floor(x - 0.5)
        below, right = y - 0.5 - top, x - 0.5 - left
        place[0, c], place[1, c], place[2, c], place[3, c] = i, j, top - row0, left - col0
        weights[0, c] = (1.0 - below) * (1.0 - right)
        weights[1, c] = (1.0 - below) * right
        weights[2, c] = below * (1.0 - right)
        weights[3, c] = below * right


@njit(nogil=True, cache=True)
def _between(source, top, left, weights, c):
    """Mean of the valid ones of four source cells; nan where none counts."""
    total, weight = 0.0, 0.0
    for k in range(4):
        ii, jj = top + k // 2, left + k % 2
        if 0 <= ii < source.shape[0] and 0 <= jj < source.shape[1] and source[ii, jj] == source[ii, jj]:
            total += weights[k, c] * source[ii, jj]
            weight += weights[k, c]
    return total / weight if weight > 0.0 else np.nan


@njit(nogil=True, cache=True)
def bilinear(source, row0, col0, down, across, out):
    """Bilinear interpolation between source centres, over the valid ones of the four.

    Missing (nan) where the source cell that holds the target centre is missing or absent.

    Parameters
    ----------
    source : array (bands, source rows, source cols), 1
        Missing is nan.
    row0, col0 : number, 1
    down, across : array (rows, cols), 1
        Centres of the target cells.
    out : array (bands, rows, cols), 1
    """
    bands, rows, cols = source.shape
    place, weights = np.empty((4, out.shape[2]), np.int64), np.empty((4, out.shape[2]))
    for r in range(out.shape[1]):
        _surroundings(row0, col0, down[r], across[r], rows, cols, place, weights)
        for b in range(bands):
            for c in range(out.shape[2]):
                i, j, top, left = place[0, c], place[1, c], place[2, c], place[3, c]
                out[b, r, c] = np.nan
                if i < 0 or source[b, i, j] != source[b, i, j]:
                    continue
                if top >= 0 and left >= 0 and top + 1 < rows and left + 1 < cols:
                    # the same additions as in `_between`, without a look at each of the four: a missing one shows in the sum
                    total = 0.0 + weights[0, c] * source[b, top, left]
                    total += weights[1, c] * source[b, top, left + 1]
                    total += weights[2, c] * source[b, top + 1, left]
                    total += weights[3, c] * source[b, top + 1, left + 1]
                    if total == total:
                        out[b, r, c] = total / (0.0 + weights[0, c] + weights[1, c] + weights[2, c] + weights[3, c])
                        continue
                out[b, r, c] = _between(source[b], top, left, weights, c)


@njit(nogil=True, cache=True)
def _box_weights(top, bottom, left, right, weights):
    """Overlap of a box with each source cell; the first row and column of the footprint and its size."""
    row, col = math.floor(top), math.floor(left)
    rows, cols = max(math.ceil(bottom) - row, 1), max(math.ceil(right) - col, 1)
    for i in range(rows):
        height = min(bottom, row + i + 1.0) - max(top, row + i)
        for j in range(cols):
            weights[i, j] = height * (min(right, col + j + 1.0) - max(left, col + j))
    return row, col, rows, cols


@njit(nogil=True, cache=True)
def _edge(y0, x0, y1, x1, weights):
    """Add what one edge of a polygon leaves right of it: (cover, area) pairs, to be summed along each row."""
    if y0 == y1:
        return
    sign, cols = 1.0, weights.shape[1] - 2
    if y0 > y1:
        y0, x0, y1, x1, sign = y1, x1, y0, x0, -1.0
    low, high = min(x0, x1), max(x0, x1)
    slope = (x1 - x0) / (y1 - y0)
    for i in range(math.floor(y0), min(math.floor(y1), weights.shape[0] - 1) + 1):
        start, stop = max(y0, float(i)), min(y1, i + 1.0)
        if stop <= start:
            continue
        a = min(max(x0 + (start - y0) * slope, low), high)
        b = min(max(x0 + (stop - y0) * slope, low), high)
        a, b, height = min(a, b), max(a, b), sign * (stop - start)
        first, last = min(math.floor(a), cols), min(math.floor(b), cols)
        for j in range(first, last + 1):
            west, east = max(a, float(j)), min(b, j + 1.0)
            piece = height if first == last else height * ((east - west) / (b - a))
            inside = 0.5 * (west + east) - j
            weights[i, j] += piece * (1.0 - inside)
            weights[i, j + 1] += piece * inside


@njit(nogil=True, cache=True)
def _quad_weights(down, across, r, c, weights):
    """Overlap of the quad (r, c) of a lattice of nodes with each source cell; first row, first column and size of its footprint."""
    y = (down[r, c], down[r, c + 1], down[r + 1, c + 1], down[r + 1, c])
    x = (across[r, c], across[r, c + 1], across[r + 1, c + 1], across[r + 1, c])
    row, col = math.floor(min(y)), math.floor(min(x))
    rows, cols = math.floor(max(y)) - row + 1, math.floor(max(x)) - col + 1
    if rows == 1 and cols == 1:
        weights[0, 0] = abs((x[2] - x[0]) * (y[3] - y[1]) - (x[3] - x[1]) * (y[2] - y[0])) / 2.0
        return row, col, rows, cols
    field = weights[:rows, : cols + 2]
    field[:, :] = 0.0
    for k in range(4):
        n = (k + 1) % 4
        _edge(y[k] - row, x[k] - col, y[n] - row, x[n] - col, field)
    total = 0.0
    for i in range(rows):
        running = 0.0
        for j in range(cols):
            running += field[i, j]
            field[i, j] = running
            total += running
    if total < 0.0:
        for i in range(rows):
            for j in range(cols):
                field[i, j] = -field[i, j]
    return row, col, rows, cols


@njit(nogil=True, cache=True)
def _reduced(source, row, col, rows, cols, weights, total):
    """Weighted sum (or mean) of the valid source cells under one footprint; nan where there is none."""
    amount, valid, whole = 0.0, 0.0, 0.0
    for i in range(rows):
        for j in range(cols):
            weight = weights[i, j]
            whole += weight
            if 0 <= row + i < source.shape[0] and 0 <= col + j < source.shape[1]:
                value = source[row + i, col + j]
                if value == value:
                    amount += weight * value
                    valid += weight
    if valid <= _SLIVER * whole:
        return np.nan
    return amount if total else amount / valid


@njit(nogil=True, cache=True)
def _commonest(source, row, col, rows, cols, weights, missing, classes, shares):
    """Class with the largest overlap (tie: the smallest code); missing where more than half of the footprint is."""
    count, valid, whole = 0, 0.0, 0.0
    for i in range(rows):
        for j in range(cols):
            weight = weights[i, j]
            whole += weight
            if 0 <= row + i < source.shape[0] and 0 <= col + j < source.shape[1]:
                code = source[row + i, col + j]
                if code == missing or weight <= 0.0:
                    continue
                valid += weight
                k = 0
                while k < count and classes[k] != code:
                    k += 1
                if k == count:
                    classes[k], shares[k] = code, 0.0
                    count += 1
                shares[k] += weight
    if count == 0 or 2.0 * valid < whole * (1.0 - _SLIVER):
        return missing
    best = 0
    for k in range(1, count):
        margin = shares[k] - shares[best]
        tie = abs(margin) <= _SLIVER * whole
        if (not tie and margin > 0.0) or (tie and classes[k] < classes[best]):
            best = k
    return classes[best]


@njit(nogil=True, cache=True)
def overlap_box(source, row0, col0, down, across, total, weights, out):
    """Mean or sum of the source under target cells that share its axes.

    Parameters
    ----------
    source : array (source rows, source cols), 1
        Missing is nan.
    row0, col0 : number, 1
    down : array (rows, 2), 1
        Top and bottom of each row of target cells.
    across : array (cols, 2), 1
        Left and right of each column.
    total : choice {True, False}
        Sum of value x share of the source cell, else the mean.
    weights : array (footprint rows, footprint cols), 1
        Scratch.
    out : array (rows, cols), 1
    """
    for r in range(out.shape[0]):
        for c in range(out.shape[1]):
            row, col, rows, cols = _box_weights(down[r, 0], down[r, 1], across[c, 0], across[c, 1], weights)
            out[r, c] = _reduced(source, row - row0, col - col0, rows, cols, weights, total)


@njit(nogil=True, cache=True)
def mode_box(source, row0, col0, down, across, missing, weights, classes, shares, out):
    """Commonest class under target cells that share the axes of the source.

    Parameters
    ----------
    source : array (source rows, source cols), 1
    row0, col0 : number, 1
    down : array (rows, 2), 1
    across : array (cols, 2), 1
    missing : number, 1
    weights, classes, shares : array, 1
        Scratch: a footprint, and as many entries as it has cells.
    out : array (rows, cols), 1
    """
    for r in range(out.shape[0]):
        for c in range(out.shape[1]):
            row, col, rows, cols = _box_weights(down[r, 0], down[r, 1], across[c, 0], across[c, 1], weights)
            out[r, c] = _commonest(source, row - row0, col - col0, rows, cols, weights, missing, classes, shares)


@njit(nogil=True, cache=True)
def _usable(down, across, r, c, seam):
    """Whether the four corners of a quad are finite and do not lie on both sides of the seam of a world map."""
    low, high = math.inf, -math.inf
    for i in range(r, r + 2):
        for j in range(c, c + 2):
            if not (math.isfinite(down[i, j]) and math.isfinite(across[i, j])):
                return False
            low, high = min(low, across[i, j]), max(high, across[i, j])
    return high - low < seam


@njit(nogil=True, cache=True)
def footprint(down, across, rows, cols, seam):
    """Largest number of source rows and columns under one quad, among those that touch the source.

    Parameters
    ----------
    down, across : array (rows + 1, cols + 1), 1
        Nodes of the target cells.
    rows, cols : number, 1
        Size of the whole source.
    seam : number, 1
    """
    most = (0, 0)
    for r in range(down.shape[0] - 1):
        for c in range(down.shape[1] - 1):
            if _usable(down, across, r, c, seam):
                top = min(down[r, c], down[r, c + 1], down[r + 1, c], down[r + 1, c + 1])
                bottom = max(down[r, c], down[r, c + 1], down[r + 1, c], down[r + 1, c + 1])
                left = min(across[r, c], across[r, c + 1], across[r + 1, c], across[r + 1, c + 1])
                right = max(across[r, c], across[r, c + 1], across[r + 1, c], across[r + 1, c + 1])
                if bottom > 0 and right > 0 and top < rows and left < cols:
                    most = (
                        max(most[0], math.floor(bottom) - math.floor(top) + 1),
                        max(most[1], math.floor(right) - math.floor(left) + 1),
                    )
    return most


@njit(nogil=True, cache=True)
def _touches(down, across, r, c, row0, col0, rows, cols, seam):
    """Whether a quad is usable and overlaps the window of the source."""
    if not _usable(down, across, r, c, seam):
        return False
    top = min(down[r, c], down[r, c + 1], down[r + 1, c], down[r + 1, c + 1])
    bottom = max(down[r, c], down[r, c + 1], down[r + 1, c], down[r + 1, c + 1])
    left = min(across[r, c], across[r, c + 1], across[r + 1, c], across[r + 1, c + 1])
    right = max(across[r, c], across[r, c + 1], across[r + 1, c], across[r + 1, c + 1])
    return bottom > row0 and right > col0 and top < row0 + rows and left < col0 + cols


@njit(nogil=True, cache=True)
def overlap_quad(source, row0, col0, down, across, seam, total, weights, out):
    """Mean or sum of the source under target cells of another CRS.

    Parameters
    ----------
    source : array (source rows, source cols), 1
        Missing is nan.
    row0, col0 : number, 1
    down, across : array (rows + 1, cols + 1), 1
        Nodes of the target cells.
    seam : number, 1
        Half the way around the world; a wider quad is missing.
    total : choice {True, False}
    weights : array (footprint rows, footprint cols + 2), 1
        Scratch.
    out : array (rows, cols), 1
    """
    for r in range(out.shape[0]):
        for c in range(out.shape[1]):
            out[r, c] = np.nan
            if _touches(down, across, r, c, row0, col0, source.shape[0], source.shape[1], seam):
                row, col, rows, cols = _quad_weights(down, across, r, c, weights)
                out[r, c] = _reduced(source, row - row0, col - col0, rows, cols, weights, total)


@njit(nogil=True, cache=True)
def mode_quad(source, row0, col0, down, across, seam, missing, weights, classes, shares, out):
    """Commonest class under target cells of another CRS.

    Parameters
    ----------
    source : array (source rows, source cols), 1
    row0, col0 : number, 1
    down, across : array (rows + 1, cols + 1), 1
    seam : number, 1
    missing : number, 1
    weights, classes, shares : array, 1
        Scratch, as in `mode_box`.
    out : array (rows, cols), 1
    """
    for r in range(out.shape[0]):
        for c in range(out.shape[1]):
            out[r, c] = missing
            if _touches(down, across, r, c, row0, col0, source.shape[0], source.shape[1], seam):
                row, col, rows, cols = _quad_weights(down, across, r, c, weights)
                out[r, c] = _commonest(source, row - row0, col - col0, rows, cols, weights, missing, classes, shares)
