"""Layers of a project: fixed columns, names of their own, one CRS, areas on the ellipsoid."""

import math
from dataclasses import replace

import geopandas
import pytest
from shapely.geometry import box

from ecoval.errors import InputError
from ecoval.offset.declaration.files import ProjectDeclaration
from ecoval.offset.declaration.layers import in_crs, read_exclusions, read_footprints, read_layer, read_statutory_layers, read_zones

CRS = "EPSG:4549"
X, Y = 650_000.0, 3_210_000.0
SQUARE = box(X, Y, X + 1000, Y + 1000)


def layer(**columns):
    count = len(next(iter(columns.values())))
    return geopandas.GeoDataFrame(
        columns, geometry=[box(X + 2000 * n, Y, X + 2000 * n + 1000, Y + 1000) for n in range(count)], crs=CRS
    )


def declared(tmp_path, frame=None, **tables):
    if frame is not None:
        frame.to_file(tmp_path / "f.gpkg", layer="f")
    return ProjectDeclaration.of({"project": {"name": "p", "study": "s"}, "footprints": "f.gpkg", **tables}, tmp_path)


def test_patches_are_numbered_within_their_alternative(tmp_path):
    frame = layer(alternative_id=["A", "B", "A"], after_class=[631, 631, 632])
    made = read_footprints(declared(tmp_path, frame).footprints)
    assert made["patch_id"].tolist() == ["A-1", "B-1", "A-2"]
    assert made["name"].tolist() == made["patch_id"].tolist()
    assert set(made["impact_type"]) == {"permanent"}
    assert made["start"].isna().all()
    assert made["area"].tolist() == pytest.approx([1e6] * 3, rel=2e-3)


def test_fields_of_other_names_and_recovery_of_temporary_works(tmp_path):
    frame = layer(方案=[1.0, 2.0], 类型=["temporary", "permanent"], begin=[2024, 2024], patch_id=["x", "y"])
    table = {"path": "f.gpkg", "alternative": "方案", "impact_type": "类型", "start": "begin", "recovery_years": 5}
    made = read_footprints(declared(tmp_path, frame, footprints=table).footprints)
    assert made["alternative_id"].tolist() == ["1", "2"]
    assert made["recovery_years"].tolist() == [5.0, 0.0]
    assert made["patch_id"].tolist() == ["x", "y"]
    assert made["start"].tolist() == [2024.0, 2024.0]


def test_zone_has_its_own_fraction_or_that_of_the_project(tmp_path):
    frame = layer(alternative_id=["A", None], share=[0.3, math.nan])
    influence = {"path": "f.gpkg", "loss": {"water": 0.1, "carbon": 0.05}, "loss_fields": {"water": "share"}}
    made = read_zones(declared(tmp_path, frame, influence=influence).influence)
    assert made["loss:water"].tolist() == [0.3, 0.1]
    assert made["loss:carbon"].tolist() == [0.05, 0.05]
    assert made["alternative_id"].tolist() == ["A", None]


def test_layer_in_another_crs_keeps_its_place_and_area():
    frame = geopandas.GeoDataFrame({"a": [1]}, geometry=[SQUARE], crs=CRS)
    there = in_crs(frame, "EPSG:4490")
    back = in_crs(there, CRS)
    assert there.crs.is_geographic
    assert back.geometry[0].symmetric_difference(SQUARE).area < 1.0
    assert read_layer(frame, "EPSG:4490").attrs["crs"] == frame.crs


def test_layer_without_crs_is_refused_by_its_code():
    frame = geopandas.GeoDataFrame({"a": [1]}, geometry=[SQUARE])
    with pytest.raises(InputError, match="no coordinate system") as caught:
        read_layer(frame)
    assert caught.value.code == "CRS_MISSING_OR_DIFFERENT"


def test_exclusions_have_names_and_areas(tmp_path):
    layer(unit_name=["红线"]).to_file(tmp_path / "f.gpkg", layer="f")
    made = read_exclusions(declared(tmp_path, exclusions={"red_line": "f.gpkg"}).exclusions)
    assert made["red_line"]["name"].tolist() == ["红线"]
    assert made["red_line"]["area"].tolist() == pytest.approx([1e6], rel=2e-3)


def test_statutory_layer_takes_kind_from_a_field_or_a_word(tmp_path):
    layer(landuse=["paddy"], q=[7.5]).to_file(tmp_path / "f.gpkg", layer="f")
    table = {
        "path": "rules.csv",
        "layers": {
            "cropland": {"path": "f.gpkg", "kind": "landuse", "grade": "q"},
            "wetland": {"path": "f.gpkg", "value": "marsh"},
        },
    }
    made = read_statutory_layers(declared(tmp_path, statutory=table).statutory)
    assert (made["cropland"]["kind"][0], made["cropland"]["grade"][0]) == ("paddy", 7.5)
    assert (made["wetland"]["kind"][0], math.isnan(made["wetland"]["grade"][0])) == ("marsh", True)


def test_text_where_a_year_belongs_is_refused(tmp_path):
    frame = layer(alternative_id=["A"], start=["spring"])
    with pytest.raises(InputError, match="start = spring"):
        read_footprints(replace(declared(tmp_path).footprints, path=frame))
