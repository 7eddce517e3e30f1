import sqlite3
from pathlib import Path

import geopandas
import numpy as np
import pandas as pd
import pytest
import shapely
from pyproj import CRS
from shapely import box

from ecoval.errors import InputError
from ecoval.grid import Grid
from ecoval.units import SpatialUnits

ALBERS = (
    'PROJCRS["Albers",BASEGEOGCRS["China Geodetic Coordinate System 2000",DATUM["China 2000",ELLIPSOID["CGCS2000",6378137,'
    '298.257222101]],ID["EPSG",4490]],CONVERSION["Albers",METHOD["Albers Equal Area",ID["EPSG",9822]],'
    'PARAMETER["Latitude of false origin",0],PARAMETER["Longitude of false origin",105],'
    'PARAMETER["Latitude of 1st standard parallel",25],PARAMETER["Latitude of 2nd standard parallel",47],'
    'PARAMETER["Easting at false origin",0],PARAMETER["Northing at false origin",0]],CS[Cartesian,2],AXIS["(E)",east],'
    'AXIS["(N)",north],LENGTHUNIT["metre",1]]'
)


def frame(**columns):
    geometry = columns.pop("geometry", [box(120, 30, 120.5, 30.5), box(120.5, 30, 121, 30.5)])
    return geopandas.GeoDataFrame({"unit_id": ["a", "b"], **columns}, geometry=geometry, crs=columns.pop("crs", "EPSG:4490"))


def test_columns_are_completed_and_others_kept():
    units = SpatialUnits(frame(name=["甲", None], note=[1, 2]))
    assert list(units.frame.columns) == ["unit_id", "name", "kind", "level", "parent_id", "geometry", "note"]
    assert units.frame["name"].tolist() == ["甲", "b"]
    assert units.frame["parent_id"].isna().all()
    assert units.ids == ["a", "b"]
    assert len(units) == 2
    assert units.bounds == (120, 30, 121, 30.5)


def test_frame_given_is_not_changed():
    given = frame()
    SpatialUnits(given)
    assert list(given.columns) == ["unit_id", "geometry"]


@pytest.mark.parametrize("ending", [".gpkg", ".geojson", ".parquet"])
@pytest.mark.parametrize("crs", ["EPSG:4490", "EPSG:4549"])
def test_file_holds_the_units_again(tmp_path, ending, crs):
    units = SpatialUnits(frame(name=["甲", "乙"], level=["county", "county"], parent_id=["p", None])).to_crs(crs)
    path = tmp_path / "单元 表🌲" / f"县 {ending}"
    path.parent.mkdir()
    path.write_bytes(b"older")
    assert units.to_file(path) == path
    again = SpatialUnits.read(path)
    pd.testing.assert_frame_equal(again.frame.drop(columns="geometry"), units.frame.drop(columns="geometry"))
    assert CRS(again.crs).to_epsg() == CRS(crs).to_epsg()
    assert shapely.equals_exact(again.geometry, units.geometry, 1e-9 if crs == "EPSG:4490" else 1e-6).all()
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_geopackage_is_version_1_2(tmp_path):
    path = SpatialUnits(frame()).to_file(tmp_path / "units.gpkg")
    with sqlite3.connect(path) as connection:
        assert connection.execute("pragma user_version").fetchone()[0] == 10_200
    connection.close()


def test_unknown_ending_and_absent_folder_leave_nothing(tmp_path):
    units = SpatialUnits(frame())
    with pytest.raises(InputError, match=r"ending.*units\.shp.*\.gpkg \.geojson \.parquet"):
        units.to_file(tmp_path / "units.shp")
    with pytest.raises(InputError, match=r"cannot be written.*Nothing was left behind.*Check folder"):
        units.to_file(tmp_path / "absent" / "units.gpkg")
    assert list(tmp_path.iterdir()) == []


def test_failed_write_keeps_the_older_file(tmp_path, monkeypatch):
    path = tmp_path / "units.parquet"
    path.write_bytes(b"older")

    def full(self, path, **options):
        Path(path).write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(geopandas.GeoDataFrame, "to_parquet", full)
    with pytest.raises(InputError, match="No space left"):
        SpatialUnits(frame()).to_file(path)
    assert [(each.name, each.read_bytes()) for each in tmp_path.iterdir()] == [("units.parquet", b"older")]


def test_read_names_the_fields():
    given = frame(code=["1", "2"], 名称=["甲", "乙"], up=["p", "q"]).drop(columns="unit_id")
    units = SpatialUnits.read(given, id="code", name="名称", parent="up", kind="watershed")
    assert units.frame.iloc[1, :5].fillna("").tolist() == ["2", "乙", "watershed", "", "q"]
    with pytest.raises(InputError, match=r'"Code" in "GeoDataFrame".*nearest is "code"'):
        SpatialUnits.read(given, id="Code")


def test_selection_is_in_the_order_asked():
    units = SpatialUnits(frame())
    assert units.select(["b", "a"]).ids == ["b", "a"]
    with pytest.raises(InputError, match="not among the units: 1, c"):
        units.select(["c", "a"])


def test_one_crs_changes_nothing():
    units = SpatialUnits(frame())
    assert units.to_crs("EPSG:4490") is units


def test_transformation_keeps_areas_columns_and_report():
    units = SpatialUnits(frame(name=["甲", "乙"]))
    moved = units.to_crs("EPSG:32650")
    assert moved.ids == units.ids
    assert moved.report is units.report
    np.testing.assert_allclose(moved.area(), units.area(), rtol=1e-7)


def test_coverage_counts_the_cells_of_a_unit():
    units = SpatialUnits(frame(geometry=[box(120, 30, 120.5, 30.5), box(120.5, 30, 121, 30.25)]))
    covered = units.coverage(Grid.covering(units.bounds, units.crs, 0.25))
    runs = covered.runs
    cells = np.bincount(runs.unit, weights=(runs.end - runs.start) * runs.weight)
    assert cells.tolist() == [4.0, 2.0]


@pytest.mark.parametrize("crs", ["EPSG:4549", "EPSG:4528", "EPSG:32650", "EPSG:32651", "EPSG:3857", ALBERS])
def test_counties_have_one_area_in_every_crs(counties, crs):
    units = SpatialUnits.read(counties, id="code", name="name").to_crs("EPSG:4490")
    np.testing.assert_allclose(units.to_crs(crs).area(), units.area(), rtol=1e-6)


def test_same_densified_unit_has_one_area_in_every_crs(counties):
    dense = SpatialUnits.read(counties, id="code").to_crs("EPSG:4490").to_crs("EPSG:4549", tolerance=1e-4)
    areas = [dense.to_crs(crs, tolerance=1e-4).area() for crs in ("EPSG:4490", "EPSG:4528", "EPSG:32651", "EPSG:3857", ALBERS)]
    for area in areas:
        np.testing.assert_allclose(area, dense.area(), rtol=1e-7)
