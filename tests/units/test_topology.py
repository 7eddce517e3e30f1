import numpy as np
import pytest
import shapely
from shapely import box

from ecoval.grid import read_crs
from ecoval.units import topology
from ecoval.units.polygon_area import ellipsoidal_area

CRS = read_crs("EPSG:4549")
FLAT = read_crs("EPSG:6933")  # equal-area: planar m2 are true m2


def test_sound_coverage_has_nothing():
    corners = np.array([(x, y) for x in range(5) for y in range(5)], dtype=float) * 1000
    cells = box(corners[:, 0], corners[:, 1], corners[:, 0] + 1000, corners[:, 1] + 1000)
    assert topology.overlaps(cells, FLAT, 0.0) == []
    assert topology.gaps(cells, FLAT, 0.0) == []
    assert topology.slivers(cells, FLAT) == []


def test_overlap_is_measured():
    units = np.array([box(0, 0, 1000, 1000), box(990, 0, 2000, 1000), box(5000, 0, 6000, 1000)])
    (pair,) = topology.overlaps(units, FLAT, 1.0)
    assert (pair.first, pair.second) == (0, 1)
    assert pair.area == pytest.approx(10 * 1000, rel=1e-6)


def test_unit_inside_another_and_a_copy_are_overlaps():
    units = np.array([box(0, 0, 1000, 1000), box(200, 200, 300, 300), box(200, 200, 300, 300)])
    pairs = topology.overlaps(units, FLAT, 1.0)
    assert {(pair.first, pair.second) for pair in pairs} == {(0, 1), (0, 2), (1, 2)}
    assert [pair.area for pair in pairs] == pytest.approx([10_000] * 3, rel=1e-6)


def test_overlap_within_the_tolerance_is_rounding():
    units = np.array([box(0, 0, 1000, 1000), box(1000 - 1e-4, 0, 2000, 1000)])
    assert topology.overlaps(units, FLAT, 1.0) == []
    assert len(topology.overlaps(units, FLAT, 0.0)) == 1


def test_gap_is_measured_with_its_neighbours():
    hole = box(900, 400, 1100, 600)
    units = np.array([box(0, 0, 1000, 1000).difference(hole), box(1000, 0, 2000, 1000).difference(hole), box(9000, 0, 9500, 10)])
    (gap,) = topology.gaps(units, FLAT, 1.0)
    assert gap.neighbours == (0, 1)
    assert gap.area == pytest.approx(200 * 200, rel=1e-6)


def test_sliver_part_is_found_in_metres_and_degrees():
    broad, narrow = box(500_000, 3_300_000, 501_000, 3_301_000), box(505_000, 3_300_000, 505_000.3, 3_301_000)
    (sliver,) = topology.slivers(np.array([shapely.MultiPolygon([broad, narrow]), broad]), CRS)
    assert (sliver.unit, sliver.parts) == (0, 1)
    assert sliver.area == pytest.approx(300, rel=1e-3)
    thin = box(120, 60, 120 + 0.9 / 111_320 / np.cos(np.radians(60)), 60.1)
    assert len(topology.slivers(np.array([thin]), read_crs("EPSG:4490"))) == 1
    assert topology.slivers(np.array([box(120, 60, 120 + 2.4 / 111_320 / 0.5, 60.1)]), read_crs("EPSG:4490")) == []


def test_united_units_have_the_sum_of_the_areas():
    corners = np.array([(x, y) for x in range(4) for y in range(4)], dtype=float) * 0.1 + (120, 30)
    cells = box(corners[:, 0], corners[:, 1], corners[:, 0] + 0.1, corners[:, 1] + 0.1)
    whole = ellipsoidal_area(np.array([topology.united(cells)]), "EPSG:4490")[0]
    assert whole == pytest.approx(ellipsoidal_area(cells, "EPSG:4490").sum(), rel=1e-12)
