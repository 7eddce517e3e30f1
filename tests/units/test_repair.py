import numpy as np
import pandas as pd
import pytest
import shapely
from shapely import box

from ecoval.errors import InputError
from ecoval.grid import read_crs
from ecoval.units import repair

FLAT = read_crs("EPSG:6933")


def rows(ids, geometry, names=None):
    column = np.array([*geometry, None], dtype=object)[:-1]
    return pd.DataFrame({"unit_id": ids, "name": names or [None] * len(ids), "geometry": column}, dtype=object)


def test_row_without_ground_and_row_without_code():
    findings = []
    kept = repair.present(rows(["a", "b", None], [None, box(0, 0, 10, 10), box(20, 0, 40, 10)]), FLAT, findings)
    assert kept["unit_id"].tolist() == ["b"]
    assert [(each.code, each.place.ids[0]) for each in findings] == [("geometry_missing", "a"), ("code_missing", "")]
    assert dict(findings[1].fields)["quantity"] == pytest.approx(200, rel=1e-6)


def test_hole_outside_its_shell_is_repaired():
    # Shell of 100 m2 with a "hole" of 25 m2 beside it (an island turned the wrong way): drawn 75 m2, repaired 125 m2.
    shell, hole = [(0, 0), (10, 0), (10, 10), (0, 10)], [(20, 0), (25, 0), (25, 5), (20, 5)]
    findings = []
    mended = repair.sound(rows(["a"], [shapely.Polygon(shell, [hole])]), FLAT, findings)
    assert mended["geometry"][0].is_valid
    assert dict(findings[0].fields)["quantity"] == pytest.approx(50, rel=1e-4)


def test_collapsed_polygon_is_left_out():
    findings = []
    flat = shapely.Polygon([(0, 0), (10, 0), (5, 0), (0, 0)])
    kept = repair.sound(rows(["a", "b"], [flat, box(0, 0, 1, 1)]), FLAT, findings)
    assert kept["unit_id"].tolist() == ["b"]
    assert "geometry_missing" in [each.code for each in findings]


def test_collection_without_polygons_is_refused():
    lines = shapely.GeometryCollection([shapely.LineString([(0, 0), (1, 1)])])
    with pytest.raises(InputError, match="not polygons: 1, a; found GEOMETRYCOLLECTION"):
        repair.sound(rows(["a"], [lines]), FLAT, [])


def test_rows_that_overlap_are_joined_and_the_double_area_is_said():
    findings = []
    joined = repair.joined(rows(["a", "b", "a"], [box(0, 0, 10, 10), box(50, 0, 60, 10), box(5, 0, 15, 10)]), FLAT, findings)
    assert joined["unit_id"].tolist() == ["a", "b"]
    assert dict(findings[0].fields)["quantity"] == pytest.approx(150, rel=1e-6)
    assert dict(findings[0].fields)["twice"] == pytest.approx(50, rel=1e-6)


def test_a_missing_name_beside_a_name_is_a_conflict():
    with pytest.raises(InputError, match="several names"):
        repair.joined(rows(["a", "a"], [box(0, 0, 1, 1), box(2, 0, 3, 1)], ["甲", None]), FLAT, [])
