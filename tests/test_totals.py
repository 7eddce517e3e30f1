"""accumulate against a plain loop over cells, its identities, progress and cancellation."""

import pickle

import geopandas
import numpy as np
import pytest
import shapely

from ecoval import totals
from ecoval.errors import Cancelled
from ecoval.grid import Grid
from ecoval.totals import sums as sums_module
from ecoval.totals.blocks import in_threads, near_together
from ecoval.units import SpatialUnits
from ecoval.units.coverage import coverage

CRS = "EPSG:4549"
X, Y = 500_000.0, 3_200_000.0
SCOPE = np.array([[True, True], [True, False], [False, True]])


def units_of(*geometries):
    ids = [f"u{k}" for k in range(len(geometries))]
    return SpatialUnits(geopandas.GeoDataFrame({"unit_id": ids, "name": ids}, geometry=list(geometries), crs=CRS))


def box(left, bottom, right, top):
    return shapely.box(X + left, Y + bottom, X + right, Y + top)


def hashed(tile, seed):
    """Pseudo-random numbers in 0..1 that depend on the lattice cell alone."""
    row = tile.first[0] + np.arange(tile.rows)[:, None]
    col = tile.first[1] + np.arange(tile.cols)[None, :]
    value = np.sin(row * 12.9898 + col * 78.233 + seed * 37.719) * 43758.5453
    return value - np.floor(value)


def read(tile):
    types = (hashed(tile, 0) * 4).astype(np.int16)
    first = (hashed(tile, 1) * 10).astype(np.float32)
    second = (hashed(tile, 2) * 1000 - 500).astype(np.float32)
    first[hashed(tile, 3) < 0.2] = np.nan
    second[hashed(tile, 4) < 0.1] = np.nan
    return totals.Block(types, [first, second])


@pytest.fixture
def units():
    circle = shapely.Point(X + 20_000, Y + 15_000).buffer(9_000)
    return units_of(box(1_000, 1_000, 12_345, 20_001), circle, shapely.Point(X + 30, Y + 40).buffer(3), box(15, 15, 20_000, 4_000))


@pytest.fixture
def grid():
    return Grid.covering((X, Y, X + 36_000, Y + 30_000), CRS, 30.0)


def test_accumulate_against_plain_arrays(units, grid):
    sums = totals.accumulate(grid, units, read, SCOPE)
    block = read(grid)
    cover = coverage(units, grid)
    for unit in range(len(units)):
        share = np.zeros(grid.shape)
        for tile, runs in cover:
            row, col = tile.first[0] - grid.first[0], tile.first[1] - grid.first[1]
            for k in np.flatnonzero(runs.unit == unit):
                share[row + runs.row[k], col + runs.start[k] : col + runs.end[k]] = runs.weight[k]
        area = share * grid.cell_area()
        for kind in range(4):
            mine = block.types == kind
            assert sums.area[unit, kind] == pytest.approx(area[mine].sum(), rel=1e-12, abs=1e-9)
            for item in range(2 if kind < 3 else 0):
                cells = mine & ~np.isnan(block.quantities[item]) & SCOPE[kind, item]
                assert sums.valid_area[unit, kind, item] == pytest.approx(area[cells].sum(), rel=1e-12, abs=1e-9)
                expected = (area * block.quantities[item])[cells].sum() / 1e4
                found = sums.quantity[unit, kind, item]
                assert (np.isnan(found) and not cells.any()) or found == pytest.approx(expected, rel=1e-9, abs=1e-9)


def test_accumulate_by_hand():
    """Four cells of 1 ha (to 3e-4, the areal scale); a unit that holds the left two and half of the upper right one."""
    grid = Grid.covering((X, Y, X + 200, Y + 200), CRS, 100.0)
    types = np.array([[0, 1], [0, 2]], dtype=np.int16)
    density = np.array([[3.0, 8.0], [5.0, 7.0]], dtype=np.float32)
    unit = units_of(shapely.union_all([box(0, 0, 100, 200), box(100, 100, 150, 200)]))
    sums = totals.accumulate(grid, unit, lambda _: totals.Block(types, [density]), np.ones((2, 1), dtype=bool))
    area = grid.cell_area() / 1e4
    assert sums.quantity[0, :, 0] == pytest.approx([3 * area[0, 0] + 5 * area[1, 0], 0.5 * 8 * area[0, 1]], rel=1e-14)
    assert sums.area[0] == pytest.approx([1e4 * (area[0, 0] + area[1, 0]), 5e3 * area[0, 1], 0.0], rel=1e-14)


def test_valid_missing_and_out_of_scope_area_make_the_unit(units, grid):
    sums = totals.accumulate(grid.window(0, 0, 700, 900), units, read, SCOPE)
    assert sums.outside[1] > 0
    valid = sums.valid_area.sum(axis=1)
    for item in range(2):
        whole = valid[:, item] + sums.missing_area[:, item] + sums.out_of_scope_area[:, item]
        np.testing.assert_allclose(whole, sums.unit_area, rtol=1e-12)
    np.testing.assert_allclose(sums.unit_area, units.area(), rtol=1e-6)


def test_all_missing_gives_nan_and_full_missing_area(units, grid):
    def nothing(tile):
        return totals.Block(np.zeros(tile.shape, dtype=np.int16), [np.full(tile.shape, np.nan, dtype=np.float32)])

    sums = totals.accumulate(grid, units, nothing, np.array([[True], [True]]))
    assert np.isnan(sums.quantity[:, 0, 0]).all()
    assert (sums.quantity[:, 1, 0] == 0).all()
    np.testing.assert_allclose(sums.missing_area[:, 0], sums.unit_area, rtol=1e-12)


def test_accumulate_without_items_gives_areas(units, grid):
    sums = totals.accumulate(grid, units, lambda tile: totals.Block(read(tile).types, []), np.zeros((3, 0), dtype=bool))
    assert sums.quantity.shape == (4, 3, 0)
    np.testing.assert_allclose(sums.unit_area, units.area(), rtol=1e-6)


def test_accumulate_reads_each_tile_once_and_only_those_touched(grid):
    seen = []
    totals.accumulate(grid, units_of(box(100, 100, 200, 200)), lambda tile: seen.append(tile.first) or read(tile), SCOPE)
    assert len(seen) == 1
    assert len(grid.tiles()) > 4


def test_accumulate_refuses_types_out_of_range(units, grid):
    def wrong(tile):
        return totals.Block(np.full(tile.shape, 4, dtype=np.int16), [])

    with pytest.raises(ValueError, match=r"values 0\.\.3 expected"):
        totals.accumulate(grid, units, wrong, np.zeros((3, 0), dtype=bool))


def test_block_sums_can_go_to_another_process_and_back(units, grid):
    cover = coverage(units, grid)
    job = [(index, *each) for index, each in enumerate(cover)]
    again = pickle.loads(pickle.dumps(job))
    rows = pickle.loads(pickle.dumps(totals.block_sums(read, SCOPE, again)))
    found = totals.merged(rows[::-1], cover, SCOPE)
    expected = totals.accumulate(grid, units, read, SCOPE)
    assert np.array_equal(found.quantity, expected.quantity, equal_nan=True)


def test_units_of_a_tile_taken_few_at_a_time_change_no_bit(monkeypatch, units, grid):
    expected = totals.accumulate(grid, units, read, SCOPE)
    monkeypatch.setattr(sums_module, "_CELLS_AT_A_TIME", 50_000)
    monkeypatch.setattr(sums_module, "_UNITS_AT_A_TIME", 2)
    found = totals.accumulate(grid, units, read, SCOPE)
    for name in ("area", "quantity", "valid_area"):
        assert np.array_equal(getattr(found, name), getattr(expected, name), equal_nan=True)


def test_progress_reaches_one(units, grid):
    seen = []
    totals.accumulate(grid, units, read, SCOPE, progress=lambda done, _text: seen.append(done))
    assert seen == sorted(seen)
    assert seen[-1] == 1.0


def test_progress_that_returns_false_cancels(units, grid):
    begun = []
    with pytest.raises(Cancelled, match="cancelled"):
        totals.accumulate(
            grid, units, lambda tile: begun.append(1) or read(tile), SCOPE, block=1, threads=1, progress=lambda *_: False
        )
    assert len(begun) < len(coverage(units, grid).tiles)


def test_interrupt_stops_the_pass(units, grid):
    def interrupted(*_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        totals.accumulate(grid, units, read, SCOPE, block=1, progress=interrupted)


def test_error_in_a_thread_comes_out(units, grid):
    def broken(_tile):
        raise OSError("disk")

    with pytest.raises(OSError, match="disk"):
        totals.accumulate(grid, units, broken, SCOPE)


def test_in_threads_keeps_the_order_and_few_jobs_in_flight():
    begun = []
    results = in_threads(lambda job: begun.append(job) or job * job, range(100), threads=2)
    assert next(results) == 0
    assert len(begun) <= 7
    assert list(results) == [k * k for k in range(1, 100)]


@pytest.mark.parametrize("count", [1, 4, 7])
def test_near_together_holds_every_tile_once(grid, count):
    tiles = grid.tiles()
    groups = near_together(tiles, count)
    assert sorted(index for group in groups for index in group) == list(range(len(tiles)))
    assert all(len(group) <= count for group in groups)


def test_near_together_makes_squares():
    tiles = Grid.covering((0, 0, 512 * 4, 512 * 4), CRS, 1.0).tiles()
    for group in near_together(tiles, 4):
        rows = {tiles[index].first[0] for index in group}
        cols = {tiles[index].first[1] for index in group}
        assert (len(rows), len(cols)) == (2, 2)
