import re
import xml.etree.ElementTree as ET

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import sample_run
from shapely.geometry import Polygon, box

from ecoval.report.figures import bars_figure, map_figure, svg_text, write_png
from ecoval.report.geometry import display_geometry, fitting_labels, metres_per_unit, polygon_path

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def towns():
    return sample_run.county().assign(shown=[1.0, 2.0, 5.0, np.nan, 8.0, 8.5, 20.0, 21.0, 3.0])


def texts(svg):
    root = ET.fromstring(svg.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1))
    return ["".join(node.itertext()) for node in root.iter(f"{SVG}text")]


def test_map_figure_svg_keeps_text_as_text(towns):
    svg = svg_text(map_figure(towns, "shown", "图名", "万元", svg=True, source="来源"), "m0")
    found = texts(svg)
    assert {"图名", "万元", "北", "来源", "缺测  (1)", "0", *towns["unit_name"]} <= set(found)
    assert any(text.endswith(" km") for text in found)
    assert not re.search(r"https?://(?!www\.w3\.org/1999/xlink)", svg)
    assert "DejaVu" not in svg
    assert "Ecoval Sans" not in svg


def test_map_figure_identifiers_carry_the_prefix(towns):
    svg = svg_text(map_figure(towns, "shown", svg=True), "m7")
    assert all(name.startswith("m7-") for name in re.findall(r'\bid="([^"]*)"', svg))
    assert set(re.findall(r"url\(#([^)]*)\)", svg)) <= set(re.findall(r'\bid="([^"]*)"', svg))


def test_map_figure_is_the_same_each_time(towns):
    first, second = (svg_text(map_figure(towns, "shown", svg=True), "m0") for _ in range(2))
    assert first == second


def test_map_figure_png_has_ink_and_no_missing_glyph(towns, tmp_path):
    write_png(map_figure(towns, "shown", "单位面积生态产品总值", "万元/平方公里"), tmp_path / "a.png")
    assert (tmp_path / "a.png").stat().st_size > 20_000


def test_map_figure_scales_a_known_measure(towns):
    found = texts(svg_text(map_figure(towns.assign(shown=towns["shown"] * 1e7), "shown", uom="CNY", svg=True), "m0"))
    assert "亿元" in found
    largest = max(float(text.partition("–")[2].partition(" ")[0]) for text in found if "–" in text)
    assert 2.1 <= largest < 2.4  # the largest value is 2.1 * 10^8 CNY


@pytest.mark.parametrize("number", [1, 2, 5])
def test_map_of_few_units_says_the_value_of_each(towns, number):
    few = towns[towns["shown"].notna()].iloc[:number]
    found = texts(svg_text(map_figure(few, "shown", uom="万元", svg=True), "m0"))
    assert {*(f"{value:g}  (1)" for value in few["shown"]), *few["unit_name"], "北", "万元"} <= set(found)
    assert any(text.endswith((" km", " m")) for text in found)
    assert not any("–" in text for text in found)


def test_map_of_units_of_one_value_has_one_class(towns):
    found = texts(svg_text(map_figure(towns.iloc[:2].assign(shown=7.5), "shown", svg=True), "m0"))
    assert "7.5  (2)" in found


def test_map_figure_without_any_value_shows_all_units_missing(towns):
    assert "no data  (9)" in texts(svg_text(map_figure(towns.assign(shown=np.nan), "shown", lang="en", svg=True), "m0"))


def test_bars_figure_says_where_a_total_is_missing():
    table = pd.DataFrame({"甲类": [1.0, 3.0], "乙类": [2.0, np.nan]}, index=["a", "b"])
    found = texts(svg_text(bars_figure(table, "", "亿元", totals=[3.0, np.nan], svg=True), "b0"))
    assert {"甲类", "乙类", "亿元", "a", "b", "3", "缺项，无总值"} <= set(found)


def test_bars_figure_of_many_rows_says_what_it_leaves_out():
    table = pd.DataFrame({"v": np.arange(50.0)}, index=[f"u{number}" for number in range(50)])
    found = texts(svg_text(bars_figure(table, svg=True, lang="en"), "b0"))
    assert "10 further units are in the tables." in found
    assert "u49" in found
    assert "u0" not in found


def test_bars_figure_takes_negative_values():
    table = pd.DataFrame({"v": [-4.0, 2.0]}, index=["a", "b"])
    assert bars_figure(table).axes[0].get_xlim()[0] < -4.0


def test_metres_per_unit_is_true_in_every_crs():
    # 1 degree of longitude at 30 N on the ellipsoid: 96 486 m; of latitude near 30 N: 110 852 m
    degrees = gpd.GeoDataFrame(geometry=[box(119.995, 29.995, 120.005, 30.005)], crs="EPSG:4490")
    wide, high = metres_per_unit(degrees)
    assert wide == pytest.approx(96_486, rel=1e-3)
    assert high == pytest.approx(110_852, rel=1e-3)
    mercator = metres_per_unit(degrees.set_crs("EPSG:4326", allow_override=True).to_crs("EPSG:3857"))
    assert mercator[0] == pytest.approx(0.8667, rel=1e-3)  # a metre of the map is cos(30) on the ground


def test_display_geometry_keeps_common_lines_of_a_large_layer():
    angle = np.linspace(0, np.pi, 15_000)
    line = np.c_[np.linspace(0, 1000, 15_000), 500 + 30 * np.sin(40 * angle)]
    upper = Polygon([*line, (1000, 1000), (0, 1000)])
    lower = Polygon([*line, (1000, 0), (0, 0)])
    drawn = display_geometry(gpd.GeoDataFrame(geometry=[upper, lower], crs="EPSG:4549"))
    assert len(drawn.iloc[0].exterior.coords) < 8_000
    assert drawn.iloc[0].intersection(drawn.iloc[1]).area == 0.0
    assert drawn.union_all().area == pytest.approx(1e6, rel=1e-12)


def test_polygon_path_leaves_holes_open():
    path = polygon_path(box(0, 0, 10, 10).difference(box(4, 4, 6, 6)))
    outer, inner = np.split(path.vertices, [5])

    def turn(ring):
        return np.sign(np.sum(ring[:-1, 0] * ring[1:, 1] - ring[1:, 0] * ring[:-1, 1]))

    assert turn(outer) == -turn(inner)  # rings that turn against each other leave a hole where the winding number is filled
    assert (path.codes == path.MOVETO).sum() == 2
    assert polygon_path(Polygon()) is None


def test_fitting_labels_prefers_large_units():
    shapes = gpd.GeoSeries([box(0, 0, 1, 1), box(1, 0, 9, 8)])
    labels = fitting_labels(shapes, ["小镇", "大镇"], 10, (0.4, 0.4))
    assert [label[0] for label in labels] == ["大镇"]
