"""Same bits for any threads, blocks, order and company of units; totals that add up. Grids of a few small tiles."""

import geopandas
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from ecoval import totals
from ecoval.grid import Grid
from ecoval.units import SpatialUnits

CRS = "EPSG:4549"
X, Y = 480_000.0, 3_200_000.0
CELL = 10.0
EXTENT = 11_000.0
GRID = Grid.covering((X, Y, X + EXTENT, Y + EXTENT), CRS, CELL)
SCOPE = np.array([[True, True], [True, False], [True, True]])


def read(tile):
    row = tile.first[0] + np.arange(tile.rows)[:, None]
    col = tile.first[1] + np.arange(tile.cols)[None, :]
    types = ((row // 7 + col // 5) % 4).astype(np.int16)
    first = (np.sin(row * 0.7) * np.cos(col * 0.3) * 100).astype(np.float32)
    second = np.where((row * col) % 11 == 0, np.nan, np.exp(np.sin(row + 2.0 * col))).astype(np.float32)
    return totals.Block(types, [first, second])


def units_of(shapes):
    ids = [f"u{k}" for k in range(len(shapes))]
    return SpatialUnits(geopandas.GeoDataFrame({"unit_id": ids, "name": ids}, geometry=list(shapes), crs=CRS))


def star(centre, radius, points, seed):
    rng = np.random.default_rng(seed)
    angle = np.linspace(0, 2 * np.pi, points, endpoint=False)
    length = radius * rng.uniform(0.4, 1.0, points)
    return shapely.Polygon(np.column_stack([centre[0] + length * np.cos(angle), centre[1] + length * np.sin(angle)]))


shapes = st.lists(
    st.builds(
        star,
        st.tuples(st.floats(X + 2000, X + EXTENT - 2000), st.floats(Y + 2000, Y + EXTENT - 2000)),
        st.floats(5.0, 1900.0),
        st.integers(3, 40),
        st.integers(0, 10_000),
    ),
    min_size=1,
    max_size=6,
)
few = settings(max_examples=20, deadline=None)


def bits(sums, unit):
    return b"".join(
        np.ascontiguousarray(array[unit]).tobytes() for array in (sums.area, sums.quantity, sums.valid_area, sums.outside)
    )


@few
@given(shapes, st.integers(1, 5), st.integers(1, 9))
def test_same_bits_for_any_threads_and_blocks(chosen, threads, block):
    units = units_of(chosen)
    one = totals.accumulate(GRID, units, read, SCOPE, threads=1, block=1)
    other = totals.accumulate(GRID, units, read, SCOPE, threads=threads, block=block)
    assert [bits(one, k) for k in range(len(units))] == [bits(other, k) for k in range(len(units))]


@few
@given(shapes, st.randoms(use_true_random=False))
def test_reordering_units_reorders_rows_and_a_run_of_one_is_its_row(chosen, random):
    together = totals.accumulate(GRID, units_of(chosen), read, SCOPE)
    order = list(range(len(chosen)))
    random.shuffle(order)
    shuffled = totals.accumulate(GRID, units_of([chosen[k] for k in order]), read, SCOPE)
    assert [bits(together, k) for k in order] == [bits(shuffled, place) for place in range(len(order))]
    for k, shape in enumerate(chosen):
        left, bottom, right, top = shape.bounds
        grid = GRID.clipped((left - 35, bottom - 5, right + 15, top + 45))
        alone = totals.accumulate(grid, units_of([shape]), read, SCOPE)
        assert bits(alone, 0) == bits(together, k)


@few
@given(shapes, st.floats(0.1, 0.9))
def test_splitting_a_unit_keeps_its_total(chosen, share):
    left, bottom, right, top = chosen[0].bounds
    cut = left + share * (right - left)
    halves = [shapely.intersection(chosen[0], shapely.box(a, bottom, b, top)) for a, b in ((left, cut), (cut, right))]
    whole = totals.accumulate(GRID, units_of(chosen[:1]), read, SCOPE)
    parts = totals.accumulate(GRID, units_of(halves), read, SCOPE)
    np.testing.assert_allclose(parts.area.sum(axis=0), whole.area[0], rtol=1e-9, atol=1e-6)
    np.testing.assert_allclose(np.nansum(parts.quantity, axis=0), np.nan_to_num(whole.quantity[0]), rtol=1e-9, atol=1e-6)


@few
@given(shapes)
def test_valid_missing_and_out_of_scope_make_the_unit(chosen):
    sums = totals.accumulate(GRID.window(200, 100, 700, 800), units_of(chosen), read, SCOPE)
    whole = sums.valid_area.sum(axis=1) + sums.missing_area + sums.out_of_scope_area
    for item in range(2):
        np.testing.assert_allclose(whole[:, item], sums.unit_area, rtol=1e-12)
    assert (sums.missing_area >= 0).all()


@few
@given(st.integers(0, 10_000))
def test_units_that_tile_an_area_add_up_to_it(seed):
    points = shapely.multipoints(np.random.default_rng(seed).uniform([X, Y], [X + EXTENT, Y + EXTENT], (25, 2)))
    frame = shapely.box(X + 33, Y + 47, X + EXTENT - 21, Y + EXTENT - 3)
    parts = shapely.intersection(shapely.get_parts(shapely.voronoi_polygons(points, extend_to=frame)), frame)
    parts = parts[shapely.area(parts) > 0]
    whole = totals.accumulate(GRID, units_of([frame]), read, SCOPE)
    tiled = totals.accumulate(GRID, units_of(parts), read, SCOPE)
    np.testing.assert_allclose(tiled.area.sum(axis=0), whole.area[0], rtol=1e-9)
    np.testing.assert_allclose(np.nansum(tiled.quantity, axis=0), whole.quantity[0], rtol=1e-9, atol=1e-3)


def test_the_same_units_in_seven_crs_have_the_same_area():
    shape = star((500_000.0, 3_200_000.0), 2000.0, 30, 1)
    reference = units_of([shape])
    for crs in (4549, 4490, 4528, 32650, 32651, 3857, "+proj=aea +lat_1=25 +lat_2=47 +lon_0=105 +datum=WGS84"):
        moved = reference.to_crs(crs)
        cell = 1e-4 if moved.crs.is_geographic else CELL
        grid = Grid.covering(moved.bounds, moved.crs, cell)
        sums = totals.accumulate(grid, moved, lambda tile: totals.Block(np.zeros(tile.shape, np.int16), []), np.zeros((1, 0), bool))
        assert sums.unit_area[0] == pytest.approx(reference.area()[0], rel=1e-6)
