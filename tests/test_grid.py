import pickle

import numpy as np
import pyproj
import pytest
import shapely
from affine import Affine
from hypothesis import given
from hypothesis import strategies as st

from ecoval.errors import GridMismatch, InputError
from ecoval.grid import TILE, Grid, read_crs, same_crs, transformation
from ecoval.units.polygon_area import ellipsoidal_area

ALBERS = "+proj=aea +lat_1=25 +lat_2=47 +lat_0=0 +lon_0=105 +ellps=GRS80 +units=m"
SYSTEMS = ["EPSG:4490", "EPSG:4549", "EPSG:4528", "EPSG:32650", "EPSG:32651", "EPSG:3857", ALBERS]
COUNTY = shapely.Polygon([(119.8, 29.8), (120.4, 29.7), (120.5, 30.2), (120.1, 30.4), (119.7, 30.3)])


def in_crs(geometry, crs):
    change = pyproj.Transformer.from_crs("EPSG:4490", crs, always_xy=True)
    pieces = shapely.segmentize(geometry, 0.001)
    return shapely.transform(pieces, lambda p: np.column_stack(change.transform(p[:, 0], p[:, 1])))


def cell_polygon(grid, row, col):
    return shapely.box(*grid.window(int(row), int(col), 1, 1).bounds)


@pytest.mark.parametrize("crs", SYSTEMS)
def test_areas_of_a_county_agree_in_every_crs(crs):
    geodesic = abs(pyproj.Geod(ellps="GRS80").geometry_area_perimeter(shapely.segmentize(COUNTY, 0.001))[0])
    assert ellipsoidal_area([in_crs(COUNTY, crs)], read_crs(crs))[0] == pytest.approx(geodesic, rel=1e-8)


@pytest.mark.parametrize("crs", SYSTEMS)
def test_cell_area_is_the_area_of_the_cell_on_the_ellipsoid(crs):
    system = read_crs(crs)
    grid = Grid.covering(in_crs(COUNTY, crs).bounds, system, 1 / 3600 if system.is_geographic else 30.0)
    rng = np.random.default_rng(1)
    rows, cols = rng.integers(0, grid.rows, 50), rng.integers(0, grid.cols, 50)
    expected = ellipsoidal_area([cell_polygon(grid, r, c) for r, c in zip(rows, cols, strict=True)], system)
    np.testing.assert_allclose(grid.cell_area()[rows, cols], expected, rtol=5e-8)


@pytest.mark.parametrize(("crs", "cell"), [("EPSG:3857", 1000.0), ("EPSG:32650", 1000.0), ("EPSG:4549", 250.0)])
def test_cell_area_holds_on_coarse_cells_over_hundreds_of_kilometres(crs, cell):
    grid = Grid.covering(in_crs(shapely.box(118, 27, 123, 31.5), crs).bounds, read_crs(crs), cell)
    rng = np.random.default_rng(2)
    rows, cols = rng.integers(0, grid.rows, 40), rng.integers(0, grid.cols, 40)
    expected = ellipsoidal_area([cell_polygon(grid, r, c) for r, c in zip(rows, cols, strict=True)], grid.crs)
    np.testing.assert_allclose(grid.cell_area()[rows, cols], expected, rtol=1e-7)


def test_planar_area_would_be_a_third_too_large_in_web_mercator():
    grid = Grid.covering(in_crs(shapely.box(120, 29.99, 120.01, 30.01), "EPSG:3857").bounds, "EPSG:3857", 30.0)
    assert 900.0 / grid.cell_area().mean() == pytest.approx(1.33, abs=0.01)


@given(
    first=st.tuples(st.integers(-2000, 2000), st.integers(-2000, 2000)),
    shape=st.tuples(st.integers(1, 1500), st.integers(1, 1500)),
)
def test_tiles_cover_the_grid_once_and_are_cut_at_lattice_multiples(first, shape):
    grid = Grid(read_crs("EPSG:4549"), (0.0, 0.0), (30.0, 30.0), first, shape)
    tiles = grid.tiles()
    assert sum(tile.rows * tile.cols for tile in tiles) == shape[0] * shape[1]
    assert len({(tile.first[0] // TILE, tile.first[1] // TILE) for tile in tiles}) == len(tiles)
    assert all((tile.first[1] + tile.cols - 1) // TILE == tile.first[1] // TILE for tile in tiles)


def test_cell_area_of_a_part_has_the_bits_of_the_whole():
    whole = Grid.covering((500_000, 3_300_000, 540_000, 3_330_000), "EPSG:4549", 30.0)
    part = whole.window(333, 444, 200, 300)
    np.testing.assert_array_equal(part.cell_area(), whole.cell_area()[333:533, 444:744])


def test_covering_is_anchored_at_the_origin_of_the_crs():
    grid = Grid.covering((95.0, 31.0, 155.0, 89.0), "EPSG:4549", 30.0)
    assert grid.bounds == (90.0, 30.0, 180.0, 90.0)
    assert grid.transform == Affine(30, 0, 90, 0, -30, 90)


def test_offset_is_found_on_one_lattice_and_refused_for_half_a_cell():
    whole = Grid.covering((0, 0, 3000, 3000), "EPSG:4549", 30.0)
    assert whole.window(7, 5, 10, 10).offset_in(whole) == (7, 5)
    shifted = Grid.like("EPSG:4549", Affine(30, 0, 15, 0, -30, 3000), (10, 10))
    assert shifted.offset_in(whole) is None
    with pytest.raises(GridMismatch, match=r"not on one grid: \"dem.tif\".*shift of -?0.5 columns.*align"):
        shifted.require_match(whole, ("dem.tif", "landcover.tif"))


def test_like_refuses_a_rotated_raster():
    with pytest.raises(InputError, match=r"rotated or sheared.*Warp it"):
        Grid.like("EPSG:4549", Affine(30, 1, 0, 1, -30, 0), (10, 10))


def test_like_refuses_a_raster_that_is_not_north_up():
    with pytest.raises(InputError, match=r"not north-up.*Flip"):
        Grid.like("EPSG:4549", Affine(30, 0, 0, 0, 30, 0), (10, 10))


def test_read_crs_assumes_nothing():
    with pytest.raises(InputError, match=r"absent.*Declare it"):
        read_crs(None)
    with pytest.raises(InputError, match=r"cannot be read: \"EPSG:999999\""):
        read_crs("EPSG:999999")


@pytest.mark.parametrize("code", ["EPSG:4214", "EPSG:4610", "EPSG:2415"])
def test_transformation_refuses_a_ballpark_datum_change(code):
    with pytest.raises(InputError, match=r"only approximate.*can exceed 100 m.*one datum first"):
        transformation(read_crs(code), read_crs("EPSG:4549"))


def test_transformation_takes_a_given_pipeline():
    shift = "+proj=pipeline +step +proj=affine +xoff=10 +yoff=-5"
    easting, northing = transformation(read_crs("EPSG:2415"), read_crs("EPSG:4549"), shift).transform(1.0, 1.0)
    assert (easting, northing) == (11.0, -4.0)
    with pytest.raises(InputError, match=r"pipeline cannot be read"):
        transformation(read_crs("EPSG:2415"), read_crs("EPSG:4549"), "nonsense")


def test_cgcs2000_and_wgs84_count_as_one_datum_and_it_is_said():
    operation = transformation(read_crs("EPSG:4326"), read_crs("EPSG:4549"))
    assert "one datum" in operation.description
    assert operation.accuracy == 1.0


def test_same_crs_ignores_axis_order_and_wording():
    assert same_crs(read_crs("EPSG:4326"), read_crs("OGC:CRS84"))
    assert not same_crs(read_crs("EPSG:4549"), read_crs("EPSG:4548"))


def test_grid_is_a_frozen_value_that_travels():
    grid = Grid.covering((0, 0, 3000, 3000), "EPSG:4549", 30.0)
    assert pickle.loads(pickle.dumps(grid)) == grid
    assert hash(grid) == hash(Grid.covering((0, 0, 3000, 3000), "EPSG:4549", 30.0))


def test_cell_size_in_metres_of_a_geographic_grid():
    width, height = Grid.covering((120, 30, 120.1, 30.1), "EPSG:4490", 1 / 120).cell_size_m
    geod = pyproj.Geod(ellps="GRS80")
    assert width == pytest.approx(geod.inv(120, 30.05, 120 + 1 / 120, 30.05)[2], rel=1e-4)
    assert height == pytest.approx(geod.inv(120, 30.05 - 1 / 240, 120, 30.05 + 1 / 240)[2], rel=1e-5)


def test_grid_outside_its_projection_is_refused():
    with pytest.raises(InputError, match=r"leaves the area"):
        Grid.covering((2e8, 0, 2.00001e8, 1e3), "EPSG:4549", 30.0).cell_area()
