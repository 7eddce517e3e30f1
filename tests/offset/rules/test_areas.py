import geopandas
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from ecoval.errors import InputError
from ecoval.offset.rules.areas import Areas
from ecoval.units import SpatialUnits
from ecoval.units.polygon_area import ellipsoidal_area

X, Y = 500_000, 3_300_000


def box(left, bottom, right, top):
    return shapely.box(X + left, Y + bottom, X + right, Y + top)


def layer(shapes, ids=None, crs=32650):
    ids = [f"u{number}" for number in range(len(shapes))] if ids is None else ids
    return geopandas.GeoDataFrame({"unit_id": ids}, geometry=shapes, crs=crs)


def areas(shapes, ids=None, crs=32650, **kinds):
    return Areas({"county": SpatialUnits(layer(shapes, ids, crs)), **kinds})


# a row of three squares of 1 km, and one above the second: c touches b's upper border and only corners of a and d
SQUARES = {"a": (0, 0, 1000, 1000), "b": (1000, 0, 2000, 1000), "d": (2000, 0, 3000, 1000), "c": (1000, 1000, 2000, 2000)}


def squares(crs=32650):
    made = SpatialUnits(layer([box(*square) for square in SQUARES.values()], list(SQUARES)))
    return Areas({"county": made.to_crs(crs)})


def test_pieces_of_a_parcel_across_a_border():
    frame = geopandas.GeoDataFrame(geometry=[box(900, 100, 1300, 200), box(100, 100, 200, 200)], crs=32650)
    found = squares().pieces(frame, "county")
    assert found[["piece", "area_unit", "whole"]].to_numpy().tolist() == [[0, "a", False], [0, "b", False], [1, "a", True]]
    true = np.array([100 * 100, 300 * 100, 100 * 100]) / 0.9996**2  # scale of a UTM zone at its central meridian
    assert found["area"].to_numpy() == pytest.approx(true, rel=1e-6)
    assert squares().uncovered(frame, "county").empty


@pytest.mark.parametrize("crs", [4490, 4549, 32651, 3857])
def test_areas_do_not_depend_on_the_crs_of_the_units(crs):
    frame = geopandas.GeoDataFrame(geometry=[box(900, 100, 1300, 200), box(1500, 900, 1700, 1200)], crs=32650)
    here, there = squares().pieces(frame, "county"), squares(crs).pieces(frame, "county")
    assert here[["piece", "area_unit"]].to_numpy().tolist() == there[["piece", "area_unit"]].to_numpy().tolist()
    assert there["area"].to_numpy() == pytest.approx(here["area"].to_numpy(), rel=1e-4)  # edges within 1 mm of 100 m and more
    assert there.crs == frame.crs
    assert squares(crs).uncovered(frame, "county").empty


def test_the_part_outside_every_unit_is_found_with_its_area():
    frame = geopandas.GeoDataFrame(
        geometry=[box(900, 900, 1100, 1100), box(5000, 0, 5100, 100), box(0, 0, 1000, 1000), box(0, 0, 3000, 1000)], crs=32650
    )
    found = squares().uncovered(frame, "county")
    assert found["piece"].tolist() == [0, 1]  # a quarter beyond the corner of a; all; nothing of what units tile
    assert found["area"].to_numpy() == pytest.approx(np.array([100 * 100, 100 * 100]) / 0.9996**2, rel=1e-6)
    assert found.geometry.iloc[0].equals(box(900, 1000, 1000, 1100))


def test_gaps_of_drawing_are_not_uncovered():
    units = areas([box(0, 0, 1000, 1000), box(1000.05, 0, 2000, 1000)])
    frame = geopandas.GeoDataFrame(geometry=[box(500, 100, 1500, 900)], crs=32650)
    assert units.uncovered(frame, "county").empty
    wider = areas([box(0, 0, 1000, 1000), box(1000.5, 0, 2000, 1000)])
    assert wider.uncovered(frame, "county")["area"].tolist() == pytest.approx([0.5 * 800 / 0.9996**2], rel=1e-4)


def test_overlapping_units_each_have_their_part_and_the_rest_counts_once():
    units = areas([box(0, 0, 1000, 1000), box(500, 0, 1500, 1000)])
    frame = geopandas.GeoDataFrame(geometry=[box(400, 0, 1600, 100)], crs=32650)
    planar = units.pieces(frame, "county").geometry.area.tolist()
    assert planar == pytest.approx([600 * 100, 1000 * 100])
    assert units.uncovered(frame, "county").geometry.area.tolist() == pytest.approx([100 * 100])


@pytest.mark.parametrize("crs", [32650, 4490])
def test_neighbours_share_a_border_and_not_a_corner(crs):
    found = squares(crs)
    pairs = {frozenset(pair) for pair in found.neighbours("county").itertuples(index=False, name=None)}
    assert pairs == {frozenset("ab"), frozenset("bd"), frozenset("bc")}
    assert [found.relation("county", "b", other) for other in "abcd"] == ["neighbour", "same", "neighbour", "neighbour"]
    assert found.relations("county", list("acda"), list("bacd")).tolist() == ["neighbour", "elsewhere", "elsewhere", "elsewhere"]


@pytest.mark.parametrize(("gap", "relation"), [(0.0, "neighbour"), (0.05, "neighbour"), (-0.05, "neighbour"), (1.0, "elsewhere")])
def test_borders_drawn_apart_within_the_sliver_are_one_border(gap, relation):
    assert areas([box(0, 0, 1000, 1000), box(1000 + gap, 200, 2000, 1300)]).relation("county", "u0", "u1") == relation


@pytest.mark.parametrize("overlap", [0.0, 0.05])
def test_a_corner_that_overlaps_by_a_sliver_is_no_border(overlap):
    found = areas([box(0, 0, 1000, 1000), box(1000 - overlap, 1000 - overlap, 2000, 2000)])
    assert found.relation("county", "u0", "u1") == "elsewhere"


def test_a_short_common_border_counts_and_nested_units_are_neighbours():
    short = areas([box(0, 0, 1000, 1000), box(1000, 999.5, 2000, 2000)])
    assert short.relation("county", "u0", "u1") == "neighbour"
    assert areas([box(0, 0, 1000, 1000), box(200, 200, 400, 400)]).relation("county", "u0", "u1") == "neighbour"


def test_everywhere_is_one_unit_without_a_border():
    found = Areas.read({"province": "everywhere"})
    frame = geopandas.GeoDataFrame(geometry=[box(0, 0, 100, 100), box(9e4, 0, 9.01e4, 100)], crs=32650)
    assert found.ids("province") == ["everywhere"]
    assert found.pieces(frame, "province")["area_unit"].tolist() == ["everywhere"] * 2
    assert found.uncovered(frame, "province").empty
    assert found.relation("province", "everywhere", "everywhere") == "same"


def test_units_are_read_from_files_with_their_fields(tmp_path):
    layer([box(0, 0, 10, 10)], ["330102"]).rename(columns={"unit_id": "代码"}).to_file(tmp_path / "县.gpkg")
    SpatialUnits(layer([box(0, 0, 10, 10)], ["w1"])).to_file(tmp_path / "w.gpkg")
    found = Areas.read({"county": {"path": tmp_path / "县.gpkg", "id": "代码"}, "watershed": tmp_path / "w.gpkg"})
    assert (found.kinds, found.ids("county"), found.ids("watershed")) == (("county", "watershed"), ["330102"], ["w1"])


def test_an_area_kind_or_unit_that_is_not_there_is_refused():
    with pytest.raises(InputError, match='"bay" in "area_units"') as caught:
        squares().require(["county", "bay"])
    assert caught.value.code == "PARAMETER_MISSING"
    with pytest.raises(InputError, match=r"not among the units of their kind: \"A\".*4 units.*Correct the code"):
        squares().relation("county", "A", "b")


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(*[st.integers(-500, 3500)] * 2, *[st.integers(1, 900)] * 2), min_size=1, max_size=6))
def test_pieces_and_uncovered_parts_add_up_to_the_polygon(rectangles):
    shapes = [box(left, bottom, left + width, bottom + height) for left, bottom, width, height in rectangles]
    frame = geopandas.GeoDataFrame(geometry=shapes, crs=32650)
    found = squares()
    pieces = found.pieces(frame, "county")
    rest = found.uncovered(frame, "county", pieces)
    total = np.bincount(pieces["piece"], weights=pieces["area"], minlength=len(frame)).astype(float)
    total[rest["piece"]] += rest["area"]
    expected = ellipsoidal_area(np.asarray(shapes, dtype=object), 32650)
    # whole metres: nothing is narrower than a sliver; coordinates of 3,300,000 m are spaced 5e-10 m;
    # degrees are worse still (2e-9 m), along 2 km of border
    assert total == pytest.approx(expected, rel=1e-9, abs=1e-5)


def test_a_part_of_the_width_of_a_pencil_belongs_to_the_unit_of_the_rest():
    """A patch drawn 1 mm over a border owes the neighbour nothing, and its area is kept; drawn 1 m over it does."""
    halves = areas([box(0, 0, 1000, 1000), box(1000, 0, 2000, 1000)], ["W1", "W3"])
    for over, expected in ((0.001, {"W1"}), (1.0, {"W1", "W3"})):
        patch = layer([box(600, 200, 1000 + over, 640)])
        found = halves.pieces(patch, "county")
        assert set(found["area_unit"]) == expected
        assert found["area"].sum() == pytest.approx(ellipsoidal_area(patch.geometry.to_numpy(), patch.crs)[0], rel=1e-9)


def test_a_sliver_of_a_unit_that_overlaps_another_counts_once():
    """Where the unit beside overlaps the one that has the rest, its sliver is land that the rest holds already."""
    over = areas([box(0, 0, 1000, 1000), box(999.999, 0, 2000, 1000)], ["W1", "W3"])
    patch = layer([box(600, 200, 1000, 640)])
    found = over.pieces(patch, "county")
    assert found["area_unit"].tolist() == ["W1"]
    assert found["area"].sum() == pytest.approx(ellipsoidal_area(patch.geometry.to_numpy(), patch.crs)[0], rel=1e-9)
