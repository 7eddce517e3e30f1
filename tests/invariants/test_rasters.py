"""No cut of the work and no bounds of a run move a bit; a sum is kept."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st

from ecoval.grid import Grid, transformation
from ecoval.rasters import Source, align, write

KINDS = ("intensive", "extensive", "categorical")
NORTH, EAST = 3_317_760.0, 491_520.0  # a corner of four canonical tiles of 30 m and of 60 m cells in UTM 50N
DEGREES = (117.0, 30.0)  # about the same place


def source(kind, crs, cell, seed, dtype="float32"):
    """A raster of 60 x 70 cells with holes around the corner."""
    random = np.random.default_rng(seed)
    centre = DEGREES if crs == "EPSG:4326" else (EAST, NORTH)
    values = random.integers(1, 9, (60, 70)).astype(np.int16 if kind == "categorical" else dtype)
    transform = Affine(cell, 0, centre[0] - 35.3 * cell, 0, -cell, centre[1] + 30.6 * cell)
    return Source.of((values, transform, crs), kind, missing=3)


@st.composite
def cases(draw):
    crs = draw(st.sampled_from(["EPSG:32650", "EPSG:4326", "EPSG:4549"]))
    kind = draw(st.sampled_from(KINDS))
    cell = draw(st.sampled_from([13.0, 30.0, 47.0, 90.0]))
    raster = source(kind, "EPSG:4326" if crs == "EPSG:4326" else "EPSG:32650", cell / 1e5 if crs == "EPSG:4326" else cell, 5)
    target = "EPSG:32650" if crs == "EPSG:4326" else crs
    size = draw(st.sampled_from([30.0, 60.0]))
    bounds = align(raster, Grid.covering((0, 0, 1, 1), target, size))
    return raster, Grid.covering(around(bounds), target, size)


def around(aligned):
    """Bounds of a source in the target CRS with a margin of five cells."""
    west, south, east, north = aligned.source.grid.bounds
    corners = transformation(aligned.source.grid.crs, aligned.grid.crs).transform(
        [west, east, west, east], [south, south, north, north]
    )
    width, height = (5 * side for side in aligned.grid.cell)
    return min(corners[0]) - width, min(corners[1]) - height, max(corners[0]) + width, max(corners[1]) + height


@settings(max_examples=25, deadline=None)
@given(case=cases(), cut=st.tuples(st.integers(1, 40), st.integers(1, 40)), masked=st.booleans())
def test_reading_in_pieces_is_reading_at_once(case, cut, masked):
    raster, grid = case
    aligned = align(raster, grid)
    whole = aligned.read(masked=masked)
    whole = np.where(whole[1], whole[0], -1) if masked else whole
    for tile in grid.tiles(cut[0] * 7):
        for part in tile.tiles(cut[1]) if cut[1] > 20 else [tile]:
            values = aligned.read(part, masked=masked)
            values = np.where(values[1], values[0], -1) if masked else values
            row, col = part.first[0] - grid.first[0], part.first[1] - grid.first[1]
            expected = whole[row : row + part.rows, col : col + part.cols]
            assert values.dtype == expected.dtype
            np.testing.assert_array_equal(values, expected)


@settings(max_examples=25, deadline=None)
@given(case=cases(), margins=st.tuples(*[st.integers(-9, 700)] * 4))
def test_other_bounds_on_the_lattice_give_the_same_bits(case, margins):
    raster, grid = case
    rows, cols = grid.rows + margins[0] + margins[1], grid.cols + margins[2] + margins[3]
    other = grid.window(-margins[0], -margins[2], rows, cols)
    shared = grid.common(other)
    one, two = align(raster, grid), align(raster, other)
    assert one.method == two.method
    assert one.note == two.note
    np.testing.assert_array_equal(one.read(shared), two.read(shared))
    whole = two.read()
    row, col = shared.first[0] - other.first[0], shared.first[1] - other.first[1]
    np.testing.assert_array_equal(one.read(shared), whole[row : row + shared.rows, col : col + shared.cols])


@settings(max_examples=25, deadline=None)
@given(
    target=st.sampled_from(["EPSG:32650", "EPSG:4549", "EPSG:4490", "EPSG:3857", "EPSG:32651"]),
    factor=st.sampled_from([0.31, 0.5, 1.0, 2.0, 3.7, 11.0]),
    seed=st.integers(0, 99),
)
def test_sum_of_an_extensive_source_is_kept_in_every_crs(target, factor, seed):
    raster = source("extensive", "EPSG:32650", 100.0, seed, "float64")
    size = 100.0 * factor / (1e5 if target == "EPSG:4490" else 1.0)
    rough = align(raster, Grid.covering((0, 0, 1, 1), target, size))
    grid = Grid.covering(around(rough), target, size)
    values, valid = align(raster, grid).read(masked=True)
    stored, known = align(raster).read(masked=True)
    np.testing.assert_allclose(values[valid].sum(), stored[known].sum(), rtol=1e-12)


@settings(max_examples=10, deadline=None)
@given(case=cases())
def test_refining_the_grid_by_two_keeps_the_sum_per_cell(case):
    raster, grid = case
    raster = Source.of(raster, kind="extensive")
    fine = Grid.covering(grid.bounds, grid.crs, grid.cell[0] / 2)
    coarse, valid = align(raster, grid).read(masked=True)
    parts, known = align(raster, fine).read(masked=True)
    parts = np.where(known, parts, 0.0).reshape(grid.rows, 2, grid.cols, 2).sum(axis=(1, 3))
    np.testing.assert_allclose(parts, np.where(valid, coarse, 0.0), rtol=0, atol=1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_threads_give_the_same_bits(kind, tmp_path):
    raster = source(kind, "EPSG:32650", 47.0, 3)
    stored = align(raster).read()
    path = write(tmp_path / "stored.tif", np.asarray(stored, "float32"), raster.grid)
    grid = Grid.covering(raster.grid.bounds, "EPSG:4549", 30.0)
    grid = Grid.covering(around(align(raster, grid)), "EPSG:4549", 30.0)
    with align(Source(path, kind, missing=-2147483648), grid) as aligned, ThreadPoolExecutor(4) as pool:
        tiles = grid.tiles(32)
        serial = [aligned.read(tile) for tile in tiles]
        for one, two in zip(serial, pool.map(aligned.read, tiles), strict=True):
            np.testing.assert_array_equal(one, two)
