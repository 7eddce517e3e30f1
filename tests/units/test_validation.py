import geopandas
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely import box

from ecoval.errors import InputError
from ecoval.units import validation

SQUARES = (box(0, 0, 1, 1), box(1, 0, 2, 1))
BOWTIE = shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])


def frame(ids=("a", "b"), geometry=SQUARES, crs="EPSG:4490"):
    return geopandas.GeoDataFrame({"unit_id": list(ids)}, geometry=list(geometry), crs=crs)


@pytest.mark.parametrize(
    ("bad", "code", "match"),
    [
        (frame().rename(columns={"unit_id": "code"}), "unit_id_column_absent", "columns are: code geometry.*Rename"),
        (frame(crs=None), "units_without_crs", "no coordinate reference system.*none is ever assumed.*EPSG:4490"),
        (frame().iloc[:0], "units_empty", "no unit.*at least one.*Check"),
        (frame(ids=("a", " ")), "unit_id_empty", "1 rows, by position 2.*Fill"),
        (frame(ids=("a", None)), "unit_id_empty", "no code"),
        (frame(ids=("a", "a ")), "unit_id_repeated", "1 codes, a; expected one row per code.*Dissolve"),
        (frame(geometry=(box(0, 0, 1, 1), None)), "units_without_geometry", "1, b; expected a polygon"),
        (frame(geometry=(box(0, 0, 1, 1), shapely.Polygon())), "units_without_geometry", "1, b"),
        (frame(geometry=(box(0, 0, 1, 1), shapely.Point(0, 0))), "units_not_areal", "1, b; found POINT.*polygon layer"),
        (frame(geometry=(box(9, 0, 10, 1), BOWTIE)), "units_invalid", "1, b.*Self-intersection.*Repair"),
    ],
)
def test_bad_frames_are_refused(bad, code, match):
    with pytest.raises(InputError, match=match) as raised:
        validation.checked(bad)
    assert raised.value.code == code
    assert raised.value.message("zh") != raised.value.message("en")


def test_numbers_become_text_and_z_is_dropped():
    given = frame(ids=(330102, 330105), geometry=shapely.force_3d([box(0, 0, 1, 1), box(1, 0, 2, 1)]))
    checked = validation.checked(given)
    assert checked["unit_id"].tolist() == ["330102", "330105"]
    assert not checked.has_z.any()


def test_whole_floats_lose_their_point():
    assert validation.as_text(pd.Series([330102.0, np.nan])).tolist() == ["330102", None]
    assert validation.as_text(pd.Series([0.5, 1.0])).tolist() == ["0.5", "1.0"]


def test_crossing_rings_are_parted():
    mended = validation.mended(np.array([BOWTIE, box(5, 5, 6, 6)]))
    assert mended[0].geom_type == "MultiPolygon"
    assert mended[0].area == pytest.approx(2.0)
    assert shapely.equals(mended[1], box(5, 5, 6, 6))


def test_areal_parts_of_collections():
    mixed = shapely.GeometryCollection([box(0, 0, 1, 1), shapely.Point(5, 5), shapely.LineString([(0, 0), (9, 9)])])
    lines = shapely.GeometryCollection([shapely.Point(5, 5)])
    parts = validation.areal_parts(np.array([mixed, lines, box(2, 2, 3, 3)]))
    assert parts[0].equals(box(0, 0, 1, 1))
    assert parts[1].is_empty
    assert parts[2].equals(box(2, 2, 3, 3))
