"""Exact coverage against shapely: the intersection of each cell with each polygon."""

import geopandas
import numpy as np
import pytest
import shapely

from ecoval.grid import Grid
from ecoval.units import SpatialUnits
from ecoval.units.coverage import coverage

CRS = "EPSG:4549"


def units_of(*geometries, crs=CRS):
    ids = [f"u{k}" for k in range(len(geometries))]
    return SpatialUnits(geopandas.GeoDataFrame({"unit_id": ids, "name": ids}, geometry=list(geometries), crs=crs))


def dense(cover, unit):
    """Weights of one unit as an array over the grid."""
    weights = np.zeros(cover.grid.shape)
    for tile, runs in cover:
        row, col = tile.first[0] - cover.grid.first[0], tile.first[1] - cover.grid.first[1]
        for k in np.flatnonzero(runs.unit == unit):
            part = weights[row + runs.row[k], col + runs.start[k] : col + runs.end[k]]
            assert (part == 0).all()
            part += runs.weight[k]
    return weights


def by_shapely(geometry, grid):
    """The same by intersection, cell by cell."""
    left, _, _, top = grid.bounds
    width, height = grid.cell
    col, row = np.meshgrid(np.arange(grid.cols), np.arange(grid.rows))
    cells = shapely.box(left + col * width, top - (row + 1) * height, left + (col + 1) * width, top - row * height)
    return shapely.area(shapely.intersection(cells, geometry)) / (width * height)


def star(rng, points, x=0.0, y=0.0, radius=10.0):
    angle = np.sort(rng.uniform(0, 2 * np.pi, points))
    length = radius * rng.uniform(0.2, 1.0, points)
    return shapely.Polygon(np.column_stack([x + length * np.cos(angle), y + length * np.sin(angle)]))


@pytest.mark.parametrize("seed", range(8))
def test_coverage_of_random_polygons(seed):
    rng = np.random.default_rng(seed)
    outer = star(rng, int(rng.integers(3, 60)))
    shape = shapely.difference(outer, shapely.box(-3.3, -2.1, 1.7, 2.9))
    grid = Grid.covering(shape.bounds, CRS, (0.7, 1.3))
    expected = by_shapely(shape, grid)
    found = dense(coverage(units_of(shape), grid), 0)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)
    assert found.sum() == pytest.approx(shape.area / (0.7 * 1.3), rel=1e-12)


NASTY = {
    "on cell edges": shapely.box(2, 3, 7, 9),
    "inside one cell": shapely.box(4.25, 4.25, 4.5, 4.75),
    "sliver across cells": shapely.Polygon([(0.1, 0.2), (9.9, 9.7), (9.9, 9.7 + 1e-6)]),
    "sliver in a cell": shapely.box(3.5, 3.5, 3.5 + 3e-5, 3.5 + 3e-5),
    "along a row line": shapely.box(0.5, 5, 9.5, 5 + 1e-7),
    "diagonal through corners": shapely.Polygon([(0, 0), (10, 10), (0, 10)]),
    "hole of one cell": shapely.Polygon(shapely.box(0, 0, 10, 10).exterior, [shapely.box(4, 4, 5, 5).exterior]),
    "hole touching the shell": shapely.Polygon([(0, 0), (9, 0), (9, 9), (0, 9)], [[(0, 0), (4, 2), (2, 4)]]),
    "parts meeting at a corner": shapely.MultiPolygon([shapely.box(0, 0, 3.5, 3.5), shapely.box(3.5, 3.5, 8, 8)]),
    "island in a lake": shapely.MultiPolygon(
        [shapely.Polygon(shapely.box(0.5, 0.5, 9.5, 9.5).exterior, [shapely.box(2, 2, 8, 8).exterior]), shapely.box(4, 4, 6.1, 6.1)]
    ),
    "comb": shapely.union_all([shapely.box(0, 0, 10, 1), *(shapely.box(k / 7, 0.5, k / 7 + 0.05, 9.3) for k in range(60))]),
    "many vertices in one cell": shapely.Point(5.5, 5.5).buffer(0.4, quad_segs=800),
    "thousands of edges in a row": shapely.Polygon(
        [*((k / 100, 4 + 3 * (k % 2) + k / 1000) for k in range(1000)), (9.99, 0.5), (0, 0.5)]
    ),
}


@pytest.mark.parametrize("name", NASTY)
@pytest.mark.parametrize("reverse", [False, True])
def test_coverage_of_nasty_polygons(name, reverse):
    shape = shapely.reverse(NASTY[name]) if reverse else NASTY[name]
    grid = Grid.covering((0, 0, 10, 10), CRS, 1.0)
    found = dense(coverage(units_of(shape), grid), 0)
    np.testing.assert_allclose(found, by_shapely(shape, grid), rtol=0, atol=1e-12)
    assert found.sum() == pytest.approx(shape.area, rel=1e-9)


def test_coverage_of_whole_cells_is_exactly_one_run_per_row():
    cover = coverage(units_of(shapely.box(2, 3, 7, 9)), Grid.covering((0, 0, 10, 10), CRS, 1.0))
    assert cover.runs.weight.tolist() == [1.0] * 6
    assert cover.runs.start.tolist() == [2] * 6
    assert cover.runs.end.tolist() == [7] * 6
    assert cover.runs.row.tolist() == [1, 2, 3, 4, 5, 6]


def test_coverage_of_whole_cells_in_degrees_has_no_slivers():
    cell = 1 / 1200
    shape = shapely.box(120.0, 28.0, 120.0 + 300 * cell, 28.0 + 200 * cell)
    cover = coverage(units_of(shape, crs="EPSG:4490"), Grid.covering((119.9, 27.9, 120.5, 28.5), "EPSG:4490", cell))
    assert set(cover.runs.weight.tolist()) == {1.0}
    assert (cover.runs.end - cover.runs.start).sum() == 300 * 200


def test_coverage_far_from_the_origin():
    rng = np.random.default_rng(3)
    shape = star(rng, 40, 40_500_000.0, 3_200_000.0, 300.0)
    grid = Grid.covering(shape.bounds, "EPSG:4528", 30.0)
    found = dense(coverage(units_of(shape, crs="EPSG:4528"), grid), 0)
    np.testing.assert_allclose(found, by_shapely(shape, grid), rtol=0, atol=1e-9)
    assert found.sum() == pytest.approx(shapely.transform(shape, lambda p: p - [40_500_000.0, 3_200_000.0]).area / 900, rel=1e-9)


@pytest.mark.parametrize("bounds", [(-6, -6, 3, 3), (2, -20, 30, 1), (-2, -2, 2, 2), (-40, 0, -5, 30), (0, -3, 1, 4)])
def test_coverage_partly_outside_has_the_bits_of_the_whole(bounds):
    rng = np.random.default_rng(11)
    shape = shapely.difference(star(rng, 300), shapely.box(-4, -1, 2, 1.5))
    whole, part = (Grid.covering(each, CRS, 0.5) for each in ((-41, -21, 31, 31), bounds))
    row, col = part.offset_in(whole)
    found = dense(coverage(units_of(shape), part), 0)
    expected = dense(coverage(units_of(shape), whole), 0)[row : row + part.rows, col : col + part.cols]
    assert np.array_equal(found, expected)


def test_coverage_cut_at_canonical_tiles():
    grid = Grid.covering((0, 0, 1300, 1100), CRS, 1.0)
    shape = star(np.random.default_rng(2), 50, 650, 550, 540)
    cover = coverage(units_of(shape, shapely.box(1, 1, 2, 2)), grid)
    for tile, runs in cover:
        assert (runs.start >= 0).all()
        assert (runs.end <= tile.cols).all()
        assert (runs.row < tile.rows).all()
        order = np.lexsort((runs.start, runs.row, runs.unit))
        assert (order == np.arange(len(order))).all()
    assert [tile.first for tile in cover.tiles] == sorted(tile.first for tile in cover.tiles)
    total = (cover.runs.weight * (cover.runs.end - cover.runs.start))[cover.runs.unit == 0].sum()
    assert total == pytest.approx(shape.area, rel=1e-12)


def test_coverage_of_units_that_tile_an_area_adds_up_to_one():
    points = shapely.points(np.random.default_rng(5).uniform(0, 40, (300, 2)))
    frame = shapely.box(0.3, 0.3, 39.7, 39.7)
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(points)))
    cover = coverage(units_of(*shapely.intersection(cells, frame)), Grid.covering((0, 0, 40, 40), CRS, 1.0))
    total = sum(dense(cover, unit) for unit in range(300))
    np.testing.assert_allclose(total, by_shapely(frame, cover.grid), rtol=0, atol=1e-12)


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_coverage_has_the_same_bits_for_any_threads_order_and_company(threads):
    rng = np.random.default_rng(8)
    shapes = [star(rng, 60, *rng.uniform(-300, 300, 2), 90) for _ in range(20)]
    grid = Grid.covering((-400, -400, 400, 400), CRS, 1.0)
    together = coverage(units_of(*shapes), grid, threads=threads)
    for unit in (0, 11, 19):
        alone = coverage(units_of(shapes[unit]), grid)
        mine = together.runs.unit == unit
        for name in ("row", "start", "end", "weight"):
            assert np.array_equal(getattr(together.runs, name)[mine], getattr(alone.runs, name))


def test_coverage_of_a_unit_outside_the_grid_is_empty():
    cover = coverage(units_of(shapely.box(100, 100, 101, 101), shapely.box(1, 1, 2, 2)), Grid.covering((0, 0, 10, 10), CRS, 1.0))
    assert set(cover.runs.unit.tolist()) == {1}
    alone = coverage(units_of(shapely.box(100, 100, 101, 101)), Grid.covering((0, 0, 10, 10), CRS, 1.0))
    assert len(alone.runs.unit) == 0
    assert alone.tiles == []


def test_outside_area_is_that_beyond_the_grid():
    grid = Grid.covering((480_000, 3_100_000, 500_000, 3_120_000), CRS, 100.0)
    inside = shapely.box(485_000, 3_105_000, 490_000, 3_110_000)
    half = shapely.box(495_000, 3_105_000, 505_000, 3_110_000)
    cover = coverage(units_of(inside, half), grid)
    assert cover.outside[0] == 0.0
    beyond = grid.window(100, 200, 50, 50)
    assert beyond.bounds == (500_000, 3_105_000, 505_000, 3_110_000)
    assert cover.outside[1] == pytest.approx(beyond.cell_area().sum(), rel=1e-7)


def test_only_keeps_the_runs_of_chosen_units():
    shapes = [shapely.box(k, k, k + 0.5, k + 700.0) for k in range(4)]
    cover = coverage(units_of(*shapes), Grid.covering((0, 0, 10, 710), CRS, 1.0))
    part = cover.only(np.array([False, True, False, True]))
    assert set(part.runs.unit.tolist()) == {1, 3}
    assert np.array_equal(dense(part, 3), dense(cover, 3))
