"""Sums over runs of cells: areas and quantities per ecosystem type, and the moments and values that zonal statistics need.

Runs of a tile come sorted by unit; `first` holds the first run of each unit in the tile and, at its end, their number. Every
kernel adds in the order of the runs, in float64; the parts of a run go to several accumulators in a fixed pattern, so that the
processor can work on them side by side and the bits stay the same.
"""

from math import isfinite

from numba import njit

from ecoval.constants import M2_PER_HECTARE


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
def type_areas(row, start, end, weight, first, types, area, total):
    """Area per unit and ecosystem type.

    Parameters
    ----------
    row, start, end, weight : vector (runs), 1
    first : vector (units in the tile + 1), 1
    types : array (rows, cols), 1
    area : array (rows, cols), m2
    total : array (units in the tile, types), m2
        Added to.
    """
    for unit in range(len(first) - 1):
        for k in range(first[unit], first[unit + 1]):
            r, c, stop = row[k], start[k], end[k]
            while c < stop:
                kind = types[r, c]
                even, odd = 0.0, 0.0
                while c + 1 < stop and types[r, c] == kind and types[r, c + 1] == kind:
                    even += area[r, c]
                    odd += area[r, c + 1]
                    c += 2
                if c < stop and types[r, c] == kind:
                    even += area[r, c]
                    c += 1
                total[unit, kind] += weight[k] * (even + odd)


@njit(nogil=True, cache=True)
def type_quantities(row, start, end, weight, first, types, area, density, wanted, quantity, valid):
    """Quantity and valid area per unit and ecosystem type; here alone a density is multiplied by an area.

    Parameters
    ----------
    row, start, end, weight : vector (runs), 1
    first : vector (units in the tile + 1), 1
    types : array (rows, cols), 1
    area : array (rows, cols), m2
    density : array (rows, cols), 1
        Per hectare; nan = missing.
    wanted : vector (types), 1
        Whether a type is in scope.
    quantity : array (units in the tile, types), 1
        Added to.
    valid : array (units in the tile, types), m2
        Added to.
    """
    for unit in range(len(first) - 1):
        for k in range(first[unit], first[unit + 1]):
            r, c, stop = row[k], start[k], end[k]
            while c < stop:
                kind = types[r, c]
                begin = c
                while c < stop and types[r, c] == kind:
                    c += 1
                if wanted[kind]:
                    product, held = _product(density, area, r, begin, c)
                    quantity[unit, kind] += weight[k] * product / M2_PER_HECTARE
                    valid[unit, kind] += weight[k] * held


@njit(nogil=True, cache=True)
def _product(density, area, r, start, stop):
    """Sum of density x area, and of the area, over the valid cells of a stretch."""
    product, other, held, kept = 0.0, 0.0, 0.0, 0.0
    c = start
    while c + 1 < stop:
        one, two = density[r, c], density[r, c + 1]
        if one == one:
            product += one * area[r, c]
            held += area[r, c]
        if two == two:
            other += two * area[r, c + 1]
            kept += area[r, c + 1]
        c += 2
    if c < stop and density[r, c] == density[r, c]:
        product += density[r, c] * area[r, c]
        held += area[r, c]
    return product + other, held + kept


@njit(nogil=True, cache=True)
def _is_valid(value, missing, complete):
    """Whether a value is one: finite, and not the missing value unless the raster has none."""
    return isfinite(value) and (complete or value != missing)


@njit(nogil=True, cache=True)
def _run_moments(values, missing, complete, r, start, stop, low, high):
    """Number, sum, smallest and largest of the valid values of a run."""
    n, m = 0, 0
    a, b, c, d = 0.0, 0.0, 0.0, 0.0
    low_b, high_b = low, high
    k = start
    while k + 3 < stop:
        va, vb, vc, vd = values[r, k], values[r, k + 1], values[r, k + 2], values[r, k + 3]
        if _is_valid(va, missing, complete):
            n += 1
            a += float(va)
            low, high = min(low, va), max(high, va)
        if _is_valid(vb, missing, complete):
            m += 1
            b += float(vb)
            low_b, high_b = min(low_b, vb), max(high_b, vb)
        if _is_valid(vc, missing, complete):
            n += 1
            c += float(vc)
            low, high = min(low, vc), max(high, vc)
        if _is_valid(vd, missing, complete):
            m += 1
            d += float(vd)
            low_b, high_b = min(low_b, vd), max(high_b, vd)
        k += 4
    while k < stop:
        va = values[r, k]
        if _is_valid(va, missing, complete):
            n += 1
            a += float(va)
            low, high = min(low, va), max(high, va)
        k += 1
    return n + m, (a + c) + (b + d), min(low, low_b), max(high, high_b)


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
    total : array (units in the tile, 4), 1 and m2
        Added to: count, sum, area, missing area.
    low, high : vector (units in the tile), 1
        Lowered and raised.
    """
    row, start, end, weight = runs
    top, left, shift = place
    for unit in range(len(first) - 1):
        smallest, largest = low[unit], high[unit]
        for k in range(first[unit], first[unit + 1]):
            r, a, b = row[k] + top, start[k] + left, end[k] + left
            n, subtotal, smallest, largest = _run_moments(values, missing, complete, r, a, b, smallest, largest)
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
