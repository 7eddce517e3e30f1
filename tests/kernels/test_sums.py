"""Sums over runs against numpy on small arrays."""

import math

import numpy as np
import pytest

from ecoval.grid import TILE, Grid
from ecoval.kernels import sums
from ecoval.totals.sums import power_sums

ROWS, COLS = 9, 40


@pytest.fixture
def rng():
    return np.random.default_rng(4)


@pytest.fixture
def runs():
    """Two units; the second has fractions."""
    row = np.array([0, 1, 1, 8, 0, 2, 3], dtype=np.int16)
    start = np.array([0, 3, 9, 5, 2, 0, 39], dtype=np.int16)
    end = np.array([40, 8, 30, 6, 3, 37, 40], dtype=np.int16)
    weight = np.array([1.0, 1.0, 0.25, 0.5, 0.125, 1.0, 0.3])
    return (row, start, end, weight), np.array([0, 4, 7])


def weights(runs, unit):
    (row, start, end, weight), first = runs
    dense = np.zeros((ROWS, COLS))
    for k in range(first[unit], first[unit + 1]):
        dense[row[k], start[k] : end[k]] += weight[k]
    return dense


def powers_and_area(degree, shift):
    powers = np.random.default_rng(degree).uniform(0.5, 1.0, (ROWS, degree + 1)) / 1000.0 ** np.arange(degree + 1)
    area = sum(powers[:, k, None] * (np.arange(COLS) + shift) ** k for k in range(degree + 1))
    return powers, area


@pytest.mark.parametrize("degree", [0, 2, 4])
@pytest.mark.parametrize("shift", [0, 400])
def test_cell_areas_is_the_polynomial(degree, shift):
    powers, expected = powers_and_area(degree, shift)
    area = np.empty((ROWS, COLS))
    sums.cell_areas(powers, shift, area)
    np.testing.assert_allclose(area, expected, rtol=1e-13)


def test_cell_areas_of_a_grid():
    grid = Grid.covering((275_000, 3_000_000, 276_000, 3_001_000), "EPSG:4549", 30.0)
    for tile in grid.tiles():
        area = np.empty(tile.shape)
        sums.cell_areas(np.ascontiguousarray(tile.cell_area_rows()), tile.tile_column, area)
        np.testing.assert_allclose(area, tile.cell_area(), rtol=1e-14)


def test_power_sums_are_exact():
    table = power_sums()
    assert table.shape == (5, TILE + 1)
    assert [int(value) for value in table[:, -1]] == [sum(k**power for k in range(TILE)) for power in range(5)]


def segments_of(runs, types, area, kinds):
    cells = int((runs[0][2] - runs[0][1]).sum())
    segments = (np.empty((cells, 3), np.int16), np.empty((cells, 2), np.int32), np.empty((cells, 2)))
    total = np.zeros((2, kinds))
    return (sums.type_segments(*runs, types, area, *segments, total), *segments), total


def test_type_segments_give_areas(rng, runs):
    types = rng.integers(0, 4, (ROWS, COLS)).astype(np.int16)
    _, area = powers_and_area(2, 0)
    (count, place, kind, measure), total = segments_of(runs, types, area, 4)
    for row, start, end, held in zip(*place[:count].T, kind[:count, 1], strict=True):
        assert (types[row, start:end] == held).all()
    for unit in range(2):
        for held in range(4):
            expected = (weights(runs, unit) * area)[types == held].sum()
            assert total[unit, held] == pytest.approx(expected, rel=1e-13)
            mine = (kind[:count] == [unit, held]).all(axis=1)
            assert measure[:count][mine].prod(axis=1).sum() == pytest.approx(expected, rel=1e-13)


@pytest.mark.parametrize("gaps", [0.0, 0.2, 1.0])
def test_type_quantities_count_valid_cells_of_wanted_types(rng, runs, gaps):
    types = np.repeat(rng.integers(0, 3, (ROWS, COLS // 4)), 4, axis=1).astype(np.int16)
    _, area = powers_and_area(2, 0)
    density = rng.normal(5, 2, (ROWS, COLS)).astype(np.float32)
    density[rng.random((ROWS, COLS)) < gaps] = np.nan
    quantity, valid = np.zeros((2, 4)), np.zeros((2, 4))
    wanted = np.array([True, False, True, False])
    segments, _ = segments_of(runs, types, area, 4)
    sums.type_quantities(*segments, area, density, wanted, quantity, valid)
    for unit in range(2):
        for kind in range(4):
            cells = (types == kind) & ~np.isnan(density) & wanted[kind]
            weighted = weights(runs, unit) * area
            assert valid[unit, kind] == pytest.approx(weighted[cells].sum(), rel=1e-13)
            assert quantity[unit, kind] == pytest.approx((weighted * density)[cells].sum() / 1e4, rel=1e-13)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int32, np.int64])
@pytest.mark.parametrize("gaps", [0.0, 0.3, 1.0])
def test_moments(rng, runs, dtype, gaps):
    block = np.ascontiguousarray(rng.normal(100, 30, (ROWS + 2, COLS + 5)).astype(dtype))
    holes = rng.random(block.shape) < gaps
    missing = np.array(np.nan if np.dtype(dtype).kind == "f" else -(2**31)).astype(dtype)[()]
    block[holes] = missing
    powers, area = powers_and_area(2, 400)
    total = np.zeros((2, 4))
    extreme = (np.finfo if np.dtype(dtype).kind == "f" else np.iinfo)(dtype)
    low, high = np.full(2, extreme.max, dtype), np.full(2, extreme.min, dtype)
    sums.moments(*runs, block, missing, gaps == 0.0, (2, 5, 400), powers, power_sums()[:3], total, low, high)
    values, valid = block[2:, 5:], ~holes[2:, 5:]
    for unit in range(2):
        share = weights(runs, unit)
        assert total[unit, 0] == pytest.approx(share[valid].sum(), rel=1e-13)
        assert total[unit, 1] == pytest.approx((share * values)[valid].sum(), rel=1e-13)
        assert total[unit, 2] == pytest.approx((share * area)[valid].sum(), rel=1e-12)
        assert total[unit, 3] == pytest.approx((share * area)[~valid].sum(), rel=1e-9, abs=1e-12)
        inside = values[valid & (share > 0)]
        assert (low[unit], high[unit]) == ((inside.min(), inside.max()) if inside.size else (extreme.max, extreme.min))


def test_moments_of_a_tag_and_of_infinity(runs):
    block = np.full((ROWS, COLS), 2.0, dtype=np.float32)
    block[:, 1], block[:, 2] = -9999.0, np.inf
    powers, _ = powers_and_area(0, 0)
    total, low, high = np.zeros((2, 4)), np.full(2, np.inf, np.float32), np.full(2, -np.inf, np.float32)
    sums.moments(*runs, block, np.float32(-9999.0), False, (0, 0, 0), powers, power_sums()[:1], total, low, high)
    assert (low.tolist(), high.tolist()) == ([2.0, 2.0], [2.0, 2.0])
    assert total[0, 0] == 38 + 5 + 0.25 * 21 + 0.5


def test_area_products_and_squares(rng, runs):
    block = rng.normal(1e6, 1.0, (ROWS, COLS))
    block[3] = np.nan
    powers, area = powers_and_area(2, 0)
    product, squares = np.zeros(2), np.zeros(2)
    mean = np.array([1e6, 1e6 + 1])
    sums.area_products(*runs, block, np.nan, True, (0, 0, 0), powers, product)
    sums.squares(*runs, block, np.nan, True, (0, 0, 0), mean, squares)
    for unit in range(2):
        share = weights(runs, unit)
        assert product[unit] == pytest.approx(np.nansum(share * area * block), rel=1e-12)
        assert squares[unit] == pytest.approx(np.nansum(share * (block - mean[unit]) ** 2), rel=1e-12)


@pytest.mark.parametrize("whole", [True, False])
def test_gather_parts_cells_inside_from_cells_on_the_edge(rng, runs, whole):
    block = rng.integers(0, 9, (ROWS, COLS)).astype(np.int32)
    value, fraction, count = np.empty(200, np.int32), np.empty(200), np.empty(2, np.int64)
    sums.gather(*runs, block, np.int32(3), False, (0, 0, 0), whole, value, fraction, count)
    begin = 0
    for unit in range(2):
        share = weights(runs, unit)
        cells = (share > 0) & ((share == 1.0) == whole) & (block != 3)
        part = slice(begin, begin + count[unit])
        assert sorted(value[part].tolist()) == sorted(block[cells].tolist())
        assert fraction[part].sum() == pytest.approx(share[cells].sum(), rel=1e-14)
        begin += count[unit]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_blank_makes_missing_values_nan_in_place(dtype):
    values = np.array([[1.0, -9999.0], [np.nan, 3.0]], dtype=dtype)
    sums.blank(values, dtype(-9999.0))
    assert np.array_equal(values, [[1.0, np.nan], [np.nan, 3.0]], equal_nan=True)


def test_add_up_keeps_what_plain_sums_lose():
    rng = np.random.default_rng(1)
    part = np.concatenate([rng.normal(0, 1e16, 500), rng.normal(0, 1.0, 500)])
    part = np.concatenate([part, -part[:500], [1e-3]])[:, None]
    total, lost = np.zeros((1, 1)), np.zeros((1, 1))
    sums.add_up(part, np.zeros(len(part), dtype=np.int64), total, lost)
    assert (total + lost)[0, 0] == pytest.approx(math.fsum(part[:, 0]), rel=1e-12)


def test_add_up_of_infinity_is_infinity():
    total, lost = np.zeros((1, 1)), np.zeros((1, 1))
    sums.add_up(np.array([[1.0], [np.inf], [2.0]]), np.zeros(3, dtype=np.int64), total, lost)
    assert (total + lost)[0, 0] == np.inf
