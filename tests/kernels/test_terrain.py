"""Horn's gradient against planes, an independent implementation, and a published pair of rasters."""

import numpy as np
import pytest
import rasterio

from ecoval.kernels import terrain

NAN = np.nan


def horn(elevation, width, height):
    """Tangent of the slope of the inner cells, by eight shifted arrays in float64."""
    z = np.asarray(elevation, float)
    a, b, c = z[:-2, :-2], z[:-2, 1:-1], z[:-2, 2:]
    d, f = z[1:-1, :-2], z[1:-1, 2:]
    g, h, i = z[2:, :-2], z[2:, 1:-1], z[2:, 2:]
    east = (c + 2 * f + i - a - 2 * d - g) / (8 * width)
    north = (a + 2 * b + c - g - 2 * h - i) / (8 * height)
    return east, north


def plane(rows, cols, east, north, width, height):
    row, col = np.mgrid[:rows, :cols]
    return 100 + east * width * col - north * height * row


def read(outside, name):
    with rasterio.open(outside / "data" / "willamette" / "slope" / name) as raster:
        return raster.read(1), raster.res


def test_slope_of_a_plane_is_the_same_in_every_cell_up_to_the_edge():
    z = plane(6, 7, 0.3, -0.4, 30.0, 20.0)
    assert terrain.slope(z, 30.0, 20.0) == pytest.approx(np.full((6, 7), 0.5), rel=2e-6)


def test_gradient_of_a_plane_is_its_components():
    east, north = terrain.gradient(plane(5, 5, 0.25, 0.5, 10.0, 10.0), 10.0, 10.0)
    assert east == pytest.approx(np.full((5, 5), 0.25), rel=1e-6)
    assert north == pytest.approx(np.full((5, 5), 0.5), rel=1e-6)


def test_gradient_of_random_ground_is_that_of_an_independent_implementation():
    z = np.random.default_rng(1).uniform(0, 50, (23, 31)).astype(np.float32)
    east, north = terrain.gradient(z, 30.0, 25.0)
    expected_east, expected_north = horn(z, 30.0, 25.0)
    assert east[1:-1, 1:-1] == pytest.approx(expected_east, rel=1e-5, abs=1e-6)
    assert north[1:-1, 1:-1] == pytest.approx(expected_north, rel=1e-5, abs=1e-6)


def test_small_differences_of_high_ground_are_not_lost_in_float32():
    z = (3000 + plane(5, 5, 0.001, 0.0, 30.0, 30.0)).astype(np.float32)
    expected, _ = horn(z, 30.0, 30.0)
    assert terrain.gradient(z, 30.0, 30.0)[0][1:-1, 1:-1] == pytest.approx(expected, rel=1e-6)


def test_width_may_change_with_the_row():
    widths = np.array([10.0, 20.0, 40.0])
    z = np.tile(np.array([0.0, 8.0, 16.0, 24.0]), (3, 1))
    assert terrain.slope(z, widths, 10.0) == pytest.approx(np.repeat([[0.8], [0.4], [0.2]], 4, axis=1), rel=1e-6)


def test_missing_centre_is_missing_and_no_other_cell_is():
    z = plane(5, 6, 0.1, 0.2, 30.0, 30.0)
    z[2, 3] = NAN
    result = terrain.slope(z, 30.0, 30.0)
    assert np.argwhere(np.isnan(result)).tolist() == [[2, 3]]


def test_plane_around_a_missing_cell_keeps_its_slope():
    z = plane(5, 6, 0.3, 0.4, 30.0, 30.0)
    z[2, 3] = NAN
    result = terrain.slope(z, 30.0, 30.0)
    assert result[~np.isnan(result)] == pytest.approx(0.5, rel=1e-6)


def test_differences_beside_missing_cells_by_hand():
    # eastward of the centre 5: top line 1 . 3 -> 2 over two cells; middle line has only its west 4: 2 (5 - 4) over
    # 2; bottom line has only its east 9 beside a missing middle: (9 - 5) sqrt 2 over 1 -> (2 + 2 + 5.65685) / (5 x 10)
    z = np.array([[1, NAN, 3], [4, 5, NAN], [NAN, NAN, 9]])
    east, north = terrain.gradient(z, 10.0, 10.0)
    assert east[1, 1] == pytest.approx((2 + 2 + 4 * np.sqrt(2)) / 50, rel=1e-6)
    # northward: west line from missing to 1, middle 4: 1 - 4 over 1; middle line nothing; east line 3 - 9 over 2
    assert north[1, 1] == pytest.approx((-3 - 6) / (3 * 10), rel=1e-6)


def test_lone_cell_is_level():
    z = np.full((3, 3), NAN)
    z[1, 1] = 7.0
    assert terrain.slope(z, 1.0, 1.0)[1, 1] == 0
    assert terrain.slope(np.array([[7.0]]), 1.0, 1.0).tolist() == [[0.0]]


def test_strips_of_rows_give_the_same_bits():
    z = np.random.default_rng(2).uniform(0, 50, (20, 17)).astype(np.float32)
    z[5, 5] = NAN
    whole = terrain.gradient(z, 30.0, 30.0)
    strips = np.empty((2, *z.shape), np.float32)
    for start in range(0, 20, 7):
        terrain.gradient_rows(z, np.full(20, 30.0), 30.0, start, min(start + 7, 20), *strips)
    assert np.array_equal(strips[0], whole[0], equal_nan=True)
    assert np.array_equal(strips[1], whole[1], equal_nan=True)


def test_published_slope_raster_is_reproduced(outside):
    z, (width, height) = read(outside, "raster_dem.tif")
    expected, _ = read(outside, "raster_slope.tif")
    result = 100 * terrain.slope(z, width, height)
    assert result[1:-1, 1:-1] == pytest.approx(expected[1:-1, 1:-1], rel=1e-5)


def test_border_of_the_published_slope_raster_stands_against_elevation_zero(outside):
    # the raster's outermost cells were computed as if the ground beyond the edge lay at 0 m; ours are not
    z, (width, height) = read(outside, "raster_dem.tif")
    expected, _ = read(outside, "raster_slope.tif")
    result = 100 * terrain.slope(np.pad(z, 1), width, height)
    assert result[1:-1, 1:-1] == pytest.approx(expected, rel=1e-5)
