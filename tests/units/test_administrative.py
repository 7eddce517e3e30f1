import geopandas
import numpy as np
import pandas as pd
import pytest
import shapely
from pyproj import Geod
from shapely import box

from ecoval.errors import InputError
from ecoval.units import SpatialUnits, administrative, datum, hierarchy

FLAT = "EPSG:6933"  # equal-area: planar m2 are true m2
CLEAN = [box(0, 0, 1000, 1000), box(1000, 0, 2000, 1000), box(0, 1000, 1000, 2000), box(1000, 1000, 2000, 2000)]
CODES = ["330102", "330105", "330201", "330202"]
# km2 of the second land survey (2009), prefectures without tidal water
OFFICIAL = {"杭州市": 16850.03, "湖州市": 5820.26, "绍兴市": 8279.08, "金华市": 10941.75, "衢州市": 8844.55, "丽水市": 17275.2}
OFFICIAL = pd.Series(OFFICIAL, name="official_2nd_land_survey_2009").rename_axis("prefecture")
FIXED = ["unit_id", "name", "kind", "level", "parent_id"]
LEVELS = ("county", "prefecture", "province")


def layer(geometry=CLEAN, code=CODES, name=("甲", "乙", "丙", "丁"), crs=FLAT, **columns):
    return geopandas.GeoDataFrame({"code": list(code), "name": list(name), **columns}, geometry=list(geometry), crs=crs)


def made(*arguments, **options):
    return administrative(layer(*arguments), id="code", name="name", **options)


def rows_of(units, finding):
    return units.report[units.report["finding"] == finding]


def test_sound_layer_has_no_finding_but_levels_and_parents():
    units = made()
    assert units.report.empty
    assert units.frame["level"].tolist() == ["county"] * 4
    assert units.frame["parent_id"].tolist() == ["330100", "330100", "330200", "330200"]
    assert set(units.frame["kind"]) == {"administrative"}


def test_crossing_ring_is_repaired_with_its_change_of_area():
    # Signed halves of the bow-tie: 250 000 m2 on the left, 250 000 m2 on the right; as drawn they cancel out.
    bowtie = shapely.Polygon([(0, 5000), (1000, 6000), (1000, 5000), (0, 6000)])
    units = made([bowtie, *CLEAN[1:]])
    (row,) = rows_of(units, "ring_repaired").itertuples()
    assert row.severity == "warning"
    assert row.unit_id == "330102"
    assert row.quantity == pytest.approx(500_000, rel=1e-6)
    assert "Self-intersection" in row.text
    assert units.area()[0] == pytest.approx(500_000, rel=1e-6)


def test_overlap_is_measured():
    units = made([box(0, 0, 1010, 1000), *CLEAN[1:]])
    (row,) = rows_of(units, "overlap").itertuples()
    assert row.unit_id == "330102 330105"
    assert row.quantity == pytest.approx(10_000, rel=1e-6)
    assert row.uom == "m2"


def test_gap_is_measured():
    hole = box(900, 900, 1100, 1100)
    units = made([each.difference(hole) for each in CLEAN])
    (row,) = rows_of(units, "gap").itertuples()
    assert row.unit_id == " ".join(CODES)
    assert row.quantity == pytest.approx(40_000, rel=1e-6)


def test_tolerance_of_overlaps_is_in_m2():
    assert rows_of(made([box(0, 0, 1010, 1000), *CLEAN[1:]], tolerance=20_000.0), "overlap").empty


def test_sliver_is_reported():
    islet = shapely.MultiPolygon([CLEAN[0], box(5000, 5000, 5000.2, 6000)])
    (row,) = rows_of(made([islet, *CLEAN[1:]]), "sliver").itertuples()
    assert row.unit_id == "330102"
    assert row.quantity == pytest.approx(200, rel=1e-6)


def test_one_row_per_island_is_dissolved():
    islands = [box(5000 + 300 * k, 0, 5100 + 300 * k, 100) for k in range(5)]
    units = made([*CLEAN, *islands], [*CODES, *["330922"] * 5], ["甲", "乙", "丙", "丁", *["嵊泗县"] * 5])
    assert len(units) == 5
    (row,) = rows_of(units, "parts_dissolved").itertuples()
    assert (row.unit_id, row.severity) == ("330922", "note")
    assert row.quantity == pytest.approx(50_000, rel=1e-6)
    assert shapely.get_num_geometries(units.geometry[4]) == 5


def test_one_code_with_two_names_is_refused():
    with pytest.raises(InputError, match=r"several names: 1 codes, 330102 \(甲 / 乙\)"):
        made(CLEAN, ["330102", "330102", "330201", "330202"])


def test_empty_code_and_absent_geometry_are_left_out_and_reported():
    units = made([*CLEAN[:3], None], ["330102", None, "330201", "330202"])
    assert units.ids == ["330102", "330201"]
    (code,) = rows_of(units, "code_missing").itertuples()
    assert code.quantity == pytest.approx(1e6, rel=1e-6)
    (geometry,) = rows_of(units, "geometry_missing").itertuples()
    assert geometry.unit_id == "330202"
    assert set(rows_of(units, "code_missing")["severity"]) == {"error"}


def test_z_and_lines_are_dropped_and_reported():
    mixed = shapely.GeometryCollection([CLEAN[0], shapely.LineString([(0, 0), (5000, 0)])])
    units = made([mixed, *shapely.force_3d(CLEAN[1:], 7.0)])
    assert rows_of(units, "lines_dropped")["unit_id"].tolist() == ["330102"]
    assert "3 rows" in rows_of(units, "dimension_dropped")["text"].iloc[0]
    assert not units.frame.has_z.any()


def test_points_are_refused():
    with pytest.raises(InputError, match="not polygons: 1, 330102; found POINT"):
        made([shapely.Point(0, 0), *CLEAN[1:]])


def test_nothing_is_repaired_when_told_so():
    bowtie = shapely.Polygon([(0, 5000), (1000, 6000), (1000, 5000), (0, 6000)])
    for geometry, code, match in (
        ([bowtie, *CLEAN[1:]], CODES, "not valid"),
        (CLEAN, ["330102", None, "330201", "330202"], "no code"),
        ([None, *CLEAN[1:]], CODES, "no geometry"),
    ):
        with pytest.raises(InputError, match=match):
            administrative(layer(geometry, code), id="code", repair=False)


def test_codes_that_are_numbers_become_text():
    units = made(CLEAN, [float(code) for code in CODES])
    assert units.ids == CODES
    assert units.report["finding"].tolist() == ["code_from_number"]


def test_missing_names_are_said():
    units = made(CLEAN, CODES, ["甲", None, "丙", "丁"])
    assert units.frame["name"].tolist() == ["甲", "330105", "丙", "丁"]
    assert rows_of(units, "name_missing")["unit_id"].tolist() == ["330105"]


def test_levels_are_dissolved_and_add_up():
    given = layer(city=["杭州市", "杭州市", "宁波市", "宁波市"])
    units = administrative(given, id="code", name="name", parent_name="city", levels=LEVELS)
    assert units.ids == [*CODES, "330100", "330200", "330000"]
    assert units.frame["name"].tolist()[4:] == ["杭州市", "宁波市", "浙江省"]
    assert units.frame["level"].tolist() == ["county"] * 4 + ["prefecture"] * 2 + ["province"]
    assert units.area()[4:] == pytest.approx([2e6, 2e6, 4e6], rel=1e-6)
    assert rows_of(units, "additive")["text"].str.startswith("3 units").all()


def test_parent_that_is_larger_than_its_children_is_reported():
    city = box(0, 0, 2000, 1100)
    units = made([*CLEAN[:2], city], ["330102", "330105", "330100"], ["甲", "乙", "杭州市"])
    (row,) = rows_of(units, "not_additive").itertuples()
    assert row.unit_id == "330100"
    assert row.quantity == pytest.approx(-200_000, rel=1e-6)
    assert rows_of(units, "overlap").empty  # a county inside its prefecture is no overlap


def test_parent_field_and_level_field():
    given = layer(code=["a", "b", "c", "d"], up=["x", "x", "y", "y"], rank=["town"] * 4)
    units = administrative(given, id="code", name="name", parent="up", level="rank", levels=("town", "district"))
    assert units.frame["unit_id"].tolist() == ["a", "b", "c", "d", "x", "y"]
    assert units.frame["level"].tolist() == ["town"] * 4 + ["district"] * 2
    assert units.area()[4] == pytest.approx(2e6, rel=1e-6)


def test_unknown_codes_have_no_level_and_it_is_said():
    units = made(CLEAN, ["a", "b", "c", "d"])
    assert units.frame["level"].isna().all()
    assert rows_of(units, "hierarchy_absent")["severity"].tolist() == ["note"]
    with pytest.raises(InputError, match=r'level: "prefecture".*levels known.*county\..*parent unit'):
        made(CLEAN, ["a", "b", "c", "d"], levels=("county", "prefecture"))


def test_townships_make_counties_and_dongguan_stands_for_its_own():
    units = made(CLEAN, ["330102001", "330102003", "441900003", "441900004"], levels=("county",))
    assert units.ids == ["330102", "441900"]
    assert rows_of(units, "unit_stands_in")["unit_id"].tolist() == ["441900"]
    assert units.area() == pytest.approx([2e6, 2e6], rel=1e-6)


def test_county_directly_under_the_province_stands_for_its_prefecture():
    units = made(CLEAN, ["429005", "429006", "420102", "420103"], levels=("prefecture", "province"))
    assert units.ids == ["429005", "429006", "420100", "420000"]
    assert units.area()[-1] == pytest.approx(4e6, rel=1e-6)


def test_displaced_layer_is_put_back():
    true = [box(120 + 0.1 * k, 30, 120.1 + 0.1 * k, 30.1) for k in range(4)]
    shifted = datum.converted(np.array(true), "EPSG:4490", "wgs84", "bd09")
    units = made(shifted, CODES, ("甲", "乙", "丙", "丁"), "EPSG:4490", datum="bd09")
    assert shapely.equals_exact(units.geometry, np.array(true), 1e-9).all()
    assert "unofficial" in rows_of(units, "datum_converted")["text"].iloc[0]
    with pytest.raises(InputError, match="cannot be undone"):
        made(datum="gcj02")


def test_pipeline_replaces_a_ballpark_change_of_datum():
    pipeline = (
        "+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad +step +proj=push +v_3 +step +proj=cart +ellps=krass "
        "+step +proj=helmert +x=15 +y=-150 +z=-90 +step +inv +proj=cart +ellps=GRS80 +step +proj=pop +v_3 "
        "+step +proj=unitconvert +xy_in=rad +xy_out=deg"
    )
    given = layer([box(120 + 0.1 * k, 30, 120.1 + 0.1 * k, 30.1) for k in range(4)], crs="EPSG:4214")
    units = administrative(given, id="code", pipeline=pipeline)
    assert units.crs.to_epsg() == 4490
    assert 1 < abs(units.bounds[0] - 120) * 111_320 < 300
    with pytest.raises(InputError, match="does not end in degrees"):
        administrative(given, id="code", pipeline="+proj=pipeline +step +proj=affine +s11=1000")
    with pytest.raises(InputError, match="Two ways"):
        administrative(given, id="code", pipeline=pipeline, datum="gcj02")


def test_gbk_shapefile_is_reported(tmp_path):
    path = tmp_path / "县界 🌲.shp"
    layer().to_file(path, encoding="GBK")
    path.with_suffix(".cpg").unlink()
    units = administrative(path, id="code", name="name")
    assert units.frame["name"].tolist() == ["甲", "乙", "丙", "丁"]
    assert units.report["finding"].tolist() == ["encoding_tried"]
    assert "gb18030" in units.report["text_zh"].iloc[0]


def test_report_begins_with_the_gravest():
    units = made([box(0, 0, 1010, 1000), *CLEAN[1:3], None], levels=LEVELS)
    order = {"error": 0, "warning": 1, "note": 2}
    assert [order[each] for each in units.report["severity"]] == sorted(order[each] for each in units.report["severity"])
    assert list(units.report.columns) == ["finding", "severity", "unit_id", "quantity", "uom", "text", "text_zh"]


def test_counties_of_zhejiang_are_a_coverage_and_add_up_to_prefectures_and_province(counties):
    units = administrative(counties, id="code", name="name", parent_name="prefecture", levels=LEVELS)
    counts = units.frame["level"].value_counts()
    assert counts.to_dict() == {"county": 90, "prefecture": 11, "province": 1}
    assert set(units.report["severity"]) == {"note"}
    sums = hierarchy.additivity(units.frame, units.crs)
    assert sums["children"].sum() == 101
    assert (sums["difference"].abs() <= 1e-9 * sums["area"]).all()


def prefecture_areas(counties):
    """km2 on the ellipsoid, by name."""
    units = administrative(counties, id="code", name="name", parent_name="prefecture", levels=("prefecture",))
    return pd.Series(units.area() / 1e6, index=units.frame["name"])


def test_inland_prefectures_have_their_official_area(counties):
    area = prefecture_areas(counties)[OFFICIAL.index]
    assert ((area - OFFICIAL).abs() / OFFICIAL).max() < 0.002


def test_areas_of_prefectures_are_those_of_another_program(counties, outside):
    area = prefecture_areas(counties)
    table = pd.read_csv(outside / "data" / "zhejiang" / "prefecture_area_official_vs_polygons_km2.csv", index_col="prefecture")
    assert ((area - table["tianditu"]).abs() / area).max() < 2e-5  # of the same map before its coordinates were rounded
    assert table.loc[OFFICIAL.index, "official_2nd_land_survey_2009"].equals(OFFICIAL)


def test_areas_of_counties_are_geodesic_areas(counties):
    """Against geodesic polygons, which follow the straight edges from one close point to the next."""
    units = administrative(counties, id="code", name="name")
    close = shapely.segmentize(units.geometry, 5e-4)
    geodesic = [abs(Geod(ellps="WGS84").geometry_area_perimeter(shape)[0]) for shape in close]
    np.testing.assert_allclose(units.area(), geodesic, rtol=2e-9)


def test_parent_field_and_digits_give_one_hierarchy(counties):
    by_field = administrative(counties, id="code", parent="prefecture_code", levels=LEVELS)
    by_digits = administrative(counties, id="code", levels=LEVELS)
    assert by_field.frame[FIXED].equals(by_digits.frame[FIXED])


def test_result_is_a_set_of_units(tmp_path):
    units = made(levels=LEVELS)
    again = SpatialUnits.read(units.to_file(tmp_path / "units.gpkg"))
    assert again.frame[FIXED].equals(units.frame[FIXED])


def test_fields_of_the_layer_stay_beside_the_fixed_ones():
    """What named the fields of a broken layer names those of the repaired one."""
    square = box(0, 0, 1000, 1000)
    crossing = shapely.Polygon([(2000, 0), (3000, 1000), (3000, 0), (2000, 1000)])
    frame = geopandas.GeoDataFrame(
        {"code": [330101.0, 330102.0], "label": ["甲", "乙"], "parent": ["3301", "3301"], "people": [5, 7]},
        geometry=[square, crossing],
        crs="EPSG:4549",
    )
    repaired = administrative(frame, id="code", name="label", parent="parent").frame
    again = SpatialUnits.read(repaired, id="code", name="label", parent="parent").frame
    assert again["unit_id"].tolist() == repaired["unit_id"].tolist() == ["330101", "330102"]
    assert again["parent_id"].tolist() == ["3301", "3301"]
    assert again["name"].tolist() == ["甲", "乙"]
    assert repaired["people"].tolist() == [5, 7]


def test_fields_that_differ_between_the_parts_of_a_unit_are_empty():
    frame = geopandas.GeoDataFrame(
        {"code": ["330101", "330101"], "island": ["东", "西"], "county": ["甲", "甲"]},
        geometry=[box(0, 0, 10, 10), box(20, 0, 30, 10)],
        crs="EPSG:4549",
    )
    joined = administrative(frame, id="code").frame
    assert joined["county"].tolist() == ["甲"]
    assert joined["island"].isna().all()
