"""Sums over runs of cells: areas and quantities per ecosystem type, and the moments and values that zonal statistics need.

Runs of a tile come sorted by unit; `first` holds the first run of each unit in the tile and, at its end, their number. Every
kernel adds in the order of the runs, in float64; the parts of a run go to several accumulators in a fixed pattern, so that the
processor can work on them side by side and the bits stay the same.
"""

from math import isfinite

import numpy as np
from numba import njit

from ecoval.constants import M2_PER_HECTARE

# positions in the two innermost loops are unsigned: a signed one costs a test for "counted from the end" per cell
_ONE, _TWO = np.uint64(1), np.uint64(2)


@njit(nogil=True, cache=True)
def cell_areas(powers, first_column, area):
    """Area of each cell of a tile out of its polynomial per row.

    Parameters
    ----------
    powers : array (rows, degree + 1), m2
    first_column : number, 1
        Column of the tile's first cell that the polynomial counts from.
    area : array (rows, cols), m2
        Filled.
    """
    degree = powers.shape[1] - 1
    for r in range(area.shape[0]):
        for c in range(area.shape[1]):
            area[r, c] = powers[r, degree]
        for power in range(degree - 1, -1, -1):
            for c in range(area.shape[1]):
                area[r, c] = area[r, c] * (c + first_column) + powers[r, power]


@njit(nogil=True, cache=True)
def type_segments(runs, first, types, area, place, kind, measure, total):
    """Runs cut into segments of one ecosystem type, and the area per unit and type.

    Parameters
    ----------
    runs : tuple (row, start, end, weight) of vector (runs), 1
    first : vector (units in the tile + 1), 1
    types : array (rows, cols), 1
    area : array (rows, cols), m2
    place : array (segments, 3), 1
        Filled: row, first column, last column + 1; room for as many segments as the runs have cells.
    kind : array (segments, 2), 1
        Filled: unit in the tile, type.
    measure : array (segments, 2), 1 or m2
        Filled: weight, area of the cells before it is weighted.
    total : array (units in the tile, types), m2
        Added to.

    Returns
    -------
    number, 1
        How many segments were filled in.
    """
    row, start, end, weight = runs
    n = 0
    for unit in range(len(first) - 1):
        for k in range(first[unit], first[unit + 1]):
            r, c, stop = row[k], start[k], end[k]
            while c < stop:
                here = types[r, c]
                place[n, 0], place[n, 1] = r, c
                subtotal = 0.0
                while c < stop and types[r, c] == here:
                    subtotal += area[r, c]
                    c += 1
                place[n, 2] = c
                kind[n, 0], kind[n, 1] = unit, here
                measure[n, 0], measure[n, 1] = weight[k], subtotal
                total[unit, here] += weight[k] * subtotal
                n += 1
    return n


@njit(nogil=True, cache=True)
def type_quantities(segments, place, kind, measure, area, density, in_scope, quantity, valid):
    """Quantity and valid area per unit and ecosystem type; here alone a density is multiplied by an area.

    Parameters
    ----------
    segments : number, 1
    place, kind, measure : array (segments, ...), 1
        As `type_segments` filled them.
    area : array (rows, cols), m2
    density : array (rows, cols), 1
        Per hectare; nan = missing.
    in_scope : vector (types), 1
        Whether a type is in scope.
    quantity : array (units in the tile, types), 1
        Added to.
    valid : array (units in the tile, types), m2
        Added to.
    """
    flat_density, flat_area = density.ravel(), area.ravel()
    for k in range(segments):
        unit, here = kind[k, 0], kind[k, 1]
        if in_scope[here]:
            r, start, stop = int(place[k, 0]), int(place[k, 1]), int(place[k, 2])
            product, valid_area = _product(flat_density, flat_area, r * area.shape[1] + start, stop - start), measure[k, 1]
            if product != product:
                product, valid_area = _valid_product(density, area, r, start, stop)
            quantity[unit, here] += measure[k, 0] * product / M2_PER_HECTARE
            valid[unit, here] += measure[k, 0] * valid_area


@njit(nogil=True, cache=True)
def _product(density, area, begin, length):
    """Sum of density x area over a stretch of a flat array; nan where a cell is missing."""
    one, two = 0.0, 0.0
    k, last = np.uint64(begin), np.uint64(begin + length)
    while k + _ONE < last:
        one += density[k] * area[k]
        two += density[k + _ONE] * area[k + _ONE]
        k += _TWO
    if k < last:
        one += density[k] * area[k]
    return one + two


@njit(nogil=True, cache=True)
def _valid_product(density, area, r, start, stop):
    """Sum of density x area, and of the area, over the valid cells of a stretch of a row."""
    product, valid_area = 0.0, 0.0
    for c in range(start, stop):
        if density[r, c] == density[r, c]:
            product += density[r, c] * area[r, c]
            valid_area += area[r, c]
    return product, valid_area


@njit(nogil=True, cache=True)
def _is_valid(value, missing, complete):
    """Whether a value is one: finite, and not the missing value unless the raster has none."""
    return isfinite(value) and (complete or value != missing)


@njit(nogil=True, cache=True)
def _all_moments(values, begin, length, low, high):
    """Sum, smallest and largest of a stretch of a flat array; the sum is not finite where a value is not."""
    one, two = 0.0, 0.0
    low_two, high_two = low, high
    k, last = np.uint64(begin), np.uint64(begin + length)
    while k + _ONE < last:
        a, b = values[k], values[k + _ONE]
        one += float(a)
        two += float(b)
        low, low_two = a if a < low else low, b if b < low_two else low_two
        high, high_two = a if a > high else high, b if b > high_two else high_two
        k += _TWO
    if k < last:
        a = values[k]
        one += float(a)
        low, high = a if a < low else low, a if a > high else high
    return one + two, min(low, low_two), max(high, high_two)


@njit(nogil=True, cache=True)
def _run_moments(values, missing, complete, begin, length, low, high):
    """Number, sum, smallest and largest of the valid values of a stretch of a flat array.

    Both ways add the values at even and at odd places apart, so that a stretch without a gap has the same sum either way.
    """
    if complete:
        total, lowest, highest = _all_moments(values, begin, length, low, high)
        if isfinite(total):
            return length, total, lowest, highest
    n, here, other = 0, 0.0, 0.0
    for k in range(np.uint64(begin), np.uint64(begin + length)):
        a = values[k]
        if _is_valid(a, missing, complete):
            n += 1
            here += float(a)
            low, high = min(low, a), max(high, a)
        here, other = other, here
    return n, here + other, low, high


@njit(nogil=True, cache=True)
def _stretch_area(powers, power_sums, r, start, stop):
    """Area of the cells [start, stop) of a row, columns as the polynomial counts them."""
    area = 0.0
    for power in range(powers.shape[1]):
        area += powers[r, power] * (power_sums[power, stop] - power_sums[power, start])
    return area


@njit(nogil=True, cache=True)
def _one_area(powers, r, c):
    """Area of one cell."""
    area = 0.0
    for power in range(powers.shape[1] - 1, -1, -1):
        area = area * c + powers[r, power]
    return area


@njit(nogil=True, cache=True)
def blank(values, missing):
    """Make every missing value nan.

    Parameters
    ----------
    values : array (rows, cols), 1
        Floats, changed in place.
    missing : number, 1
    """
    flat = values.ravel()
    for k in range(flat.size):
        flat[k] = np.nan if flat[k] == missing else flat[k]


@njit(nogil=True, cache=True)
def moments(runs, first, values, missing, complete, place, powers, power_sums, total, low, high):
    """Count, sum, valid area and missing area per unit, smallest and largest value.

    Parameters
    ----------
    runs : tuple (row, start, end, weight) of vector (runs), 1
    first : vector (units in the tile + 1), 1
    values : array (rows, cols), 1
        A block that holds the tile.
    missing : number, 1
        Missing value, of the values' type.
    complete : number, 1
        Whether no value stands for missing.
    place : (number, number, number), 1
        Row and column of the tile in the block; column that the polynomial counts the tile's first cell as.
    powers : array (rows, degree + 1), m2
    power_sums : array (degree + 1, TILE + 1), 1
        Sums of the powers of 0, 1, ... up to each column.
    total : array (units in the tile, 4), 1 or m2
        Added to: count, sum, area, missing area.
    low, high : vector (units in the tile), 1
        Lowered and raised.
    """
    row, start, end, weight = runs
    top, left, shift = place
    flat = values.ravel()
    for unit in range(len(first) - 1):
        smallest, largest = low[unit], high[unit]
        for k in range(first[unit], first[unit + 1]):
            r, a, b = row[k] + top, start[k] + left, end[k] + left
            begin = r * values.shape[1] + a
            n, subtotal, smallest, largest = _run_moments(flat, missing, complete, begin, b - a, smallest, largest)
            whole = _stretch_area(powers, power_sums, row[k], start[k] + shift, end[k] + shift)
            valid = whole if n == b - a else 0.0
            if 0 < n < b - a:
                for c in range(a, b):
                    if _is_valid(values[r, c], missing, complete):
                        valid += _one_area(powers, row[k], c - left + shift)
            total[unit, 0] += weight[k] * n
            total[unit, 1] += weight[k] * subtotal
            total[unit, 2] += weight[k] * valid
            if n < b - a:
                total[unit, 3] += weight[k] * (whole - valid)
        low[unit] = smallest
        high[unit] = largest


@njit(nogil=True, cache=True)
def area_products(runs, first, values, missing, complete, place, powers, total):
    """Sum of value x area per unit, over valid cells; parameters as in `moments`."""
    row, start, end, weight = runs
    top, left, shift = place
    for unit in range(len(first) - 1):
        for k in range(first[unit], first[unit + 1]):
            subtotal = 0.0
            for c in range(start[k], end[k]):
                value = values[row[k] + top, c + left]
                if _is_valid(value, missing, complete):
                    subtotal += value * _one_area(powers, row[k], c + shift)
            total[unit] += weight[k] * subtotal


@njit(nogil=True, cache=True)
def squares(runs, first, values, missing, complete, place, mean, total):
    """Sum of squared differences from a mean per unit, over valid cells; parameters as in `moments`."""
    row, start, end, weight = runs
    top, left, _ = place
    for unit in range(len(first) - 1):
        for k in range(first[unit], first[unit + 1]):
            subtotal = 0.0
            for c in range(start[k], end[k]):
                value = values[row[k] + top, c + left]
                if _is_valid(value, missing, complete):
                    subtotal += (value - mean[unit]) * (value - mean[unit])
            total[unit] += weight[k] * subtotal


@njit(nogil=True, cache=True)
def gather(runs, first, values, missing, complete, place, whole, value, fraction, count):
    """Valid values per unit: of cells wholly inside, or with their weights of cells partly inside.

    Parameters
    ----------
    runs, first, values, missing, complete, place :
        As in `moments`.
    whole : number, 1
        Whether cells of weight 1 are wanted, or the others.
    value : vector (cells), 1
        Filled, unit after unit.
    fraction : vector (cells), 1, 0..1
        Filled with the weights, where it is as long as `value`.
    count : vector (units in the tile), 1
        Filled with the number of values.
    """
    row, start, end, weight = runs
    top, left, _ = place
    n = 0
    for unit in range(len(first) - 1):
        before = n
        for k in range(first[unit], first[unit + 1]):
            if (weight[k] == 1.0) != whole:
                continue
            for c in range(start[k], end[k]):
                here = values[row[k] + top, c + left]
                if _is_valid(here, missing, complete):
                    value[n] = here
                    if len(fraction) > n:
                        fraction[n] = weight[k]
                    n += 1
        count[unit] = n - before


@njit(nogil=True, cache=True)
def add_up(part, group, total, lost):
    """Compensated sums of rows per group, in the order of the rows (Neumaier).

    Parameters
    ----------
    part : array (parts, columns), 1
    group : vector (parts), 1
    total, lost : array (groups, columns), 1
        Sum so far, and the low-order bits that it has lost; the result is total + lost.
    """
    for k in range(part.shape[0]):
        g = group[k]
        for j in range(part.shape[1]):
            old, new = total[g, j], part[k, j]
            both = old + new
            if isfinite(both):
                if abs(old) >= abs(new):
                    lost[g, j] += (old - both) + new
                else:
                    lost[g, j] += (new - both) + old
            total[g, j] = both
