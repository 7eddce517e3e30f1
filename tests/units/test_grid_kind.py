"""Squares over the land of units: where they lie, what they are called, and that they add up to the land."""

import geopandas
import numpy as np
import pytest
import shapely

import ecoval as ev
from ecoval.errors import InputError
from ecoval.units import SpatialUnits, grid

CRS = "EPSG:4549"


def land(*shapes, crs=CRS):
    frame = {"unit_id": [f"u{place}" for place in range(len(shapes))]}
    return SpatialUnits(geopandas.GeoDataFrame(frame, geometry=list(shapes), crs=crs))


def test_squares_lie_on_the_lattice_of_the_crs_and_are_named_by_their_lower_left_corner():
    made = grid(land(shapely.box(500_200, 3_100_100, 502_500, 3_101_000)), 1000)
    assert made.ids == ["1kmN3100E500", "1kmN3100E501", "1kmN3100E502"]
    assert [shape.bounds for shape in made.geometry] == [
        (500_200, 3_100_100, 501_000, 3_101_000),
        (501_000, 3_100_100, 502_000, 3_101_000),
        (502_000, 3_100_100, 502_500, 3_101_000),
    ]
    assert set(made.frame["kind"]) == {"grid"}
    assert "3 of them are cut" in made.report["text"].item()


def test_whole_squares_where_they_are_not_cut():
    made = grid(land(shapely.box(-1_500, -200, 900, 700)), 1000, clip=False)
    assert made.ids == ["1kmS1W2", "1kmS1W1", "1kmS1E0", "1kmN0W2", "1kmN0W1", "1kmN0E0"]
    assert {shape.area for shape in made.geometry} == {1e6}


def test_a_square_has_the_same_corners_and_code_whatever_the_land():
    small = grid(land(shapely.box(500_200, 3_100_100, 503_000, 3_104_000)), 1000, clip=False)
    large = grid(land(shapely.box(480_000, 3_080_000, 520_000, 3_120_000)), 1000, clip=False)
    both = large.select(small.ids)
    assert all(a.equals(b) for a, b in zip(both.geometry, small.geometry, strict=True))


@pytest.mark.parametrize("crs", [CRS, "EPSG:4490", "EPSG:32651", "EPSG:6933"])
def test_cut_squares_add_up_to_the_land_on_the_ellipsoid(crs):
    angle = np.linspace(0, 2 * np.pi, 60)[:-1]
    blob = shapely.Polygon(
        np.column_stack([510_000 + 9_000 * np.cos(angle), 3_110_000 + 6_000 * np.sin(3 * angle) + 7_000 * np.sin(angle)])
    )
    units = land(blob.buffer(0), shapely.box(530_000, 3_100_000, 533_300, 3_104_700))
    made = grid(units, 0.02 if crs == "EPSG:4490" else 1_700, crs=crs)
    assert made.area().sum() == pytest.approx(units.area().sum(), rel=1e-7)
    assert len(set(made.ids)) == len(made)


def test_a_hole_is_no_land():
    ring = shapely.box(500_000, 3_100_000, 503_000, 3_103_000).difference(shapely.box(501_000, 3_101_000, 502_000, 3_102_000))
    made = grid(land(ring), 1000)
    assert len(made) == 8
    assert "1kmN3101E501" not in made.ids


def test_land_that_only_touches_a_square_makes_none():
    made = grid(land(shapely.box(500_000, 3_100_000, 501_000, 3_101_000)), 1000)
    assert made.ids == ["1kmN3100E500"]


def test_a_file_of_polygons_is_land_too(tmp_path):
    path = tmp_path / "范围 1.gpkg"
    land(shapely.box(500_000, 3_100_000, 502_000, 3_101_000)).to_file(path)
    assert ev.units.grid(path, 1000).ids == ["1kmN3100E500", "1kmN3100E501"]


@pytest.mark.parametrize("cell", [0, -5, float("nan"), float("inf")])
def test_a_side_that_is_none_is_refused(cell):
    with pytest.raises(InputError, match=r"expected a positive number in units of the CRS.*Correct \"cell\""):
        grid(land(shapely.box(0, 0, 1, 1)), cell)


def test_squares_that_are_too_many_are_refused():
    with pytest.raises(InputError, match="25000000 cover the extent of the units, at most 1000000 are made"):
        grid(land(shapely.box(0, 0, 50_000, 50_000)), 10)
