"""A project made from scratch in the tab: coordinates, drawings, rules and records; what is saved gives the same numbers."""

import csv
import json
import math
import os
import subprocess
import time
from pathlib import Path

import pytest
from bounds import within
from qgis.core import QgsCoordinateReferenceSystem, QgsGeometry, QgsProject, QgsVectorLayer
from qgis.PyQt.QtWidgets import QApplication, QDialogButtonBox

PYTHON = os.environ.get("ECOVAL_TEST_PYTHON") or os.environ.get("ECOVAL_PYTHON", "")
SQUARE = "500000 3300000\n500300,3300000\n500300\t3300200\n500000；3300200\n"


def wait(condition, seconds=120.0):
    until = time.monotonic() + seconds
    while not condition():
        QApplication.processEvents()
        assert time.monotonic() < until
        time.sleep(0.002)


@pytest.fixture
def tab(processing, qgis_app):
    from qgis.gui import QgsMapCanvas

    from ecoval_qgis.gui.balance import Balance
    from ecoval_qgis.gui.controller import Controller

    class Iface:
        canvas = QgsMapCanvas()

        def mapCanvas(self):
            return self.canvas

    QgsProject.instance().clear()
    Iface.canvas.setDestinationCrs(QgsCoordinateReferenceSystem("EPSG:4549"))
    control = Controller()
    control.load()
    made = Balance(Iface(), control)
    made.load()
    made.test_said, made.test_ended = [], []
    made.noted.connect(lambda level, text: made.test_said.append(text))
    control.ended.connect(lambda algorithm, good, results: (made.test_ended.append(good), good and made.ended(algorithm, results)))
    yield made
    made.close_down()
    QgsProject.instance().clear()


def run(tab, algorithm):
    tab.test_ended.clear()
    assert not tab.state.reason(algorithm), tab.state.reason(algorithm)
    tab.run(algorithm)
    wait(lambda: tab.test_ended and not tab.control.busy)
    return tab.test_ended[0]


def shown(path, layer, name):
    made = QgsVectorLayer("{}|layername={}".format(path, layer), name, "ogr")
    assert made.isValid()
    return QgsProject.instance().addMapLayer(made)


def table(path):
    with open(path, encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def choose(combo, layer):
    """As the user does it."""
    combo.setLayer(layer)
    combo.activated.emit(combo.currentIndex())


# coordinates and drawings


def test_coordinate_text_by_hand(qgis_app):
    from ecoval_qgis.gui.coordinates import parsed

    (shape,) = parsed(SQUARE)
    assert shape.area() == pytest.approx(60000.0) and shape.boundingBox().xMinimum() == 500000.0
    (north,) = parsed("J1,1,3300000,500000\nJ2,1,3300000,500300\nJ3,1,3300200,500300\nJ1,1,3300000,500000", swapped=True)
    assert north.area() == pytest.approx(30000.0) and north.boundingBox().xMaximum() == 500300.0
    assert len(parsed(SQUARE + "\n\n" + SQUARE)) == 2
    assert parsed("  \n\n") == []


@pytest.mark.parametrize(
    ("text", "named"),
    [("1 2\n3 x\n5 6", "3 x"), ("1 2\n3 4\n1 2", "4"), ("0 0\n1 1\n1 0\n0 1", "5"), ("1 2\n3", "3"), ("1 2\nnan nan\n3 4", "nan")],
)
def test_wrong_coordinate_text_is_named(qgis_app, text, named):
    from ecoval_qgis.gui.coordinates import parsed

    with pytest.raises(ValueError, match=named):
        parsed(text)


def test_the_window_shows_ha_and_mu_at_once(qgis_app):
    from ecoval_qgis.gui.areas import distance_area
    from ecoval_qgis.gui.coordinates import Coordinates

    window = Coordinates(QgsCoordinateReferenceSystem("EPSG:4549"))
    press = window.buttons.button(QDialogButtonBox.StandardButton.Ok)
    assert not press.isEnabled() and window.said.text()
    window.edit.setPlainText(SQUARE)
    assert press.isEnabled()
    wanted = distance_area(window.crs.crs()).measureArea(window.shapes[0])
    assert "{:,.2f} ha".format(wanted / 1e4) in window.said.text() and "{:,.0f}".format(wanted / (2000 / 3)) in window.said.text()
    window.crs.setCrs(QgsCoordinateReferenceSystem("EPSG:4490"))
    assert not press.isEnabled()
    window.edit.setPlainText("120.0 29.8\n120.01 29.8\n120.01 29.81")
    assert press.isEnabled()


def test_coordinates_in_degrees_land_where_they_belong(tab):
    shapes = [QgsGeometry.fromWkt("POLYGON((120 29.8, 120.01 29.8, 120.01 29.81, 120 29.8))")]
    tab.footprints.add_all(shapes, QgsCoordinateReferenceSystem("EPSG:4490"))
    first = tab.state.layer("footprints")
    assert first.crs().authid() == "EPSG:4490" and "ha" in tab.footprints.area.text()
    tab.footprints.add(QgsGeometry.fromWkt("POLYGON((500000 3300000, 500300 3300000, 500300 3300200, 500000 3300000))"))
    box = tab.state.patches()[-1].geometry().boundingBox()
    assert 119.9 < box.xMinimum() < 120.1 and 29.7 < box.yMinimum() < 29.9  # the map is in EPSG:4549


def dxf(path, closed=True):
    corners = [(500000, 3300000), (500300, 3300000), (500300, 3300200), (500000, 3300200)]
    body = "".join("10\n{}\n20\n{}\n".format(*corner) for corner in corners)
    text = "0\nSECTION\n2\nENTITIES\n0\nLWPOLYLINE\n8\n0\n100\nAcDbEntity\n100\nAcDbPolyline\n90\n4\n70\n{}\n{}0\nENDSEC\n0\nEOF\n"
    path.write_text(text.format(int(closed), body), encoding="ascii")
    return str(path)


def test_a_drawing_gives_its_closed_lines_and_a_shapefile_its_polygons(tab, tmp_path, monkeypatch):
    monkeypatch.setattr(tab.footprints, "ask_crs", lambda path, then: then(QgsCoordinateReferenceSystem("EPSG:4549")))
    assert tab.footprints.open_file(dxf(tmp_path / "线 open.dxf", closed=False)) is False
    assert tab.footprints.open_file(dxf(tmp_path / "红线 site.dxf"))
    assert tab.state.layer("footprints").crs().authid() == "EPSG:4549"
    assert sum(each.geometry().area() for each in tab.state.patches()) == pytest.approx(60000.0)
    assert tab.footprints.area.text().startswith("<b>6.0")
    path = str(tmp_path / "地块 plots.shp")
    from qgis.core import QgsVectorFileWriter

    options = QgsVectorFileWriter.SaveVectorOptions()
    options.driverName = "ESRI Shapefile"
    context = QgsProject.instance().transformContext()
    QgsVectorFileWriter.writeAsVectorFormatV3(tab.state.layer("footprints"), path, context, options)
    for part in Path(path).parent.glob("*.prj"):
        part.unlink()
    assert tab.footprints.open_file(path)  # its CRS is asked for
    assert tab.state.layer("footprints").crs().authid() == "EPSG:4549" and "ha" in tab.footprints.area.text()


def test_distance_is_edge_to_edge_on_the_ellipsoid(qgis_app):
    from ecoval_qgis.gui.areas import distances

    layer = QgsVectorLayer("Polygon?crs=EPSG:4490&field=candidate_id:string", "c", "memory")
    from qgis.core import QgsFeature

    for code, wkt in (
        ("far", "POLYGON((120 30, 120.1 30, 120.1 30.1, 120 30.1, 120 30))"),
        ("on", "POLYGON((120 28.9, 120.1 28.9, 120.1 29.05, 120 29.05, 120 28.9))"),
    ):
        feature = QgsFeature(layer.fields())
        feature.setGeometry(QgsGeometry.fromWkt(wkt))
        feature["candidate_id"] = code
        layer.dataProvider().addFeature(feature)
    patch = QgsGeometry.fromWkt("POLYGON((120 28.95, 120.1 28.95, 120.1 29, 120 29, 120 28.95))")
    found = distances(layer, [patch], layer.crs())
    assert found["on"] == 0.0
    # a degree of latitude from 29 to 30 on the ellipsoid of CGCS2000 / GRS80: 110.85 km
    assert math.isclose(found["far"], 110.8536, abs_tol=0.01)


# rules and records


@pytest.fixture
def scratch(tab, sample):
    """The sample's balance made by hand in the tab: layers of QGIS, files by the pickers, reasons in words."""
    files = tab.records.tables
    for role, name in (("footprints", "project.gpkg"), ("candidates", "candidates.gpkg")):
        tab.state.assign(role, shown(sample / name, role, role))
    tab.rules.study.setFilePath(str(sample / "study.toml"))
    for kind, name in (("watershed", "watersheds"), ("county", "county"), ("travel_catchment", "towns"), ("coast", "county")):
        tab.rules.area_kind.setCurrentIndex(tab.rules.area_kind.findData(kind))
        choose(tab.rules.areas, shown(sample / (name + ".gpkg"), name, name))
        tab.rules.area_id.setField("unit_id")
        tab.rules.area_id.activated.emit(0)
        assert tab.state.content["area_units"][kind]["id"] == "unit_id"
    for key, name in ((("rules", "accept"), "accept"), (("rules", "no_go"), "no_go"), (("measures", "path"), "measures")):
        files[key].setFilePath(str(sample / (name + ".csv")))
    files["statutory", "path"].setFilePath(str(sample / "statutory.csv"))
    files["statutory", "provided"].setFilePath(str(sample / "provided.csv"))
    for key in ("red_line", "granted", "protected"):
        choose(tab.records.layers[key], shown(sample / "project_layers.gpkg", key, key))
    assert set(tab.records.regimes) == {"cropland", "water_surface"}
    for key, combo in dict(tab.records.regimes).items():
        choose(combo, shown(sample / "project_layers.gpkg", key, key))
    files["ledger", "path"].setFilePath(str(sample / "台账.gpkg"))
    tab.records.whole.setChecked(True)
    tab.records.name.setText("手工项目")
    tab.records.name.editingFinished.emit()
    tab.records.reasons["avoid_reason"].left.emit("方案 B 避开红线。")
    tab.records.chosen.setCurrentIndex(tab.records.chosen.findText("B"))
    return tab


def test_every_field_has_a_tooltip_and_is_remembered_in_the_project(scratch):
    from qgis.PyQt.QtWidgets import QWidget

    named = [each for each in scratch.records.findChildren(QWidget) if each.objectName().startswith("offset_")]
    assert len(named) >= 18 and all(each.toolTip() for each in named)
    content = scratch.state.content
    assert set(content["exclusions"]) == {"red_line", "granted", "protected"}
    assert content["statutory"]["layers"]["cropland"]["grade"] == "grade"
    scratch.load()
    assert scratch.state.content == content and scratch.records.reasons["avoid_reason"].toPlainText() == "方案 B 避开红线。"
    assert scratch.records.layers["red_line"].currentLayer().name() == "red_line"
    choose(scratch.records.layers["red_line"], None)
    assert "red_line" not in scratch.state.content["exclusions"]
    scratch.records.tables["statutory", "path"].setFilePath("")
    assert "statutory" not in scratch.state.composed()


def test_paths_relative_to_the_file_say_the_same(scratch, sample, tmp_path):
    from ecoval_qgis import session

    said = []
    for short in (True, False):
        path = sample / "手工 {}.toml".format(short)
        assert scratch.save_file(str(path), short), scratch.test_said
        assert (str(sample) in path.read_text(encoding="utf-8")) is not short
        said.append(session.client().call("offset", {"stage": "declaration", "project": str(path)})["project"])
    assert said[0] == said[1] and said[0]["exclusions"]["red_line"]["path"] == str(sample / "project_layers.gpkg")


def test_what_the_tab_saves_gives_the_numbers_of_the_tab(scratch, tmp_path):
    from ecoval_qgis.gui import balance_state as bs

    path, out = tmp_path / "手工 project.toml", tmp_path / "cli"
    assert scratch.save_file(str(path)), scratch.test_said
    command = [PYTHON, "-I", "-X", "utf8", "-m", "ecoval", "offset", "assess", str(path), "--out", str(out)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8")
    assert run(scratch, bs.CREDITS), scratch.control.failure
    said, _ = process.communicate()
    assert process.returncode == 0, said
    folder = Path(scratch.state.folder)
    for name in ("losses.csv", "credits.csv", "candidates.csv", "statutory.csv", "measures.csv"):
        assert table(folder / name) == table(out / name), name
    needs = {(row["service"], row["area_unit"]): float(row["required"]) for row in table(folder / "requirements.csv")}
    wanted = {(row["service"], row["area_unit"]): float(row["required"]) for row in table(out / "balance.csv")}
    assert {key: value for key, value in needs.items() if value > 0} == {key: v for key, v in wanted.items() if v > 0}
    assert {row["regime"] for row in table(out / "statutory.csv")} >= {"cropland"}
    assert {row["excluded"] for row in table(out / "candidates.csv")} > {""}  # red line, granted, protected hold
    parcels = scratch.parcels.table
    assert parcels.columnCount() > 8 and parcels.horizontalHeaderItem(3).text() == "km"
    assert all(parcels.item(place, 3).text() for place in range(parcels.rowCount()))
    assert "→" in parcels.item(0, 1).text() and not any(sign.isdigit() for sign in parcels.item(0, 1).text())
    heads = [parcels.horizontalHeaderItem(column).text() for column in range(5, parcels.columnCount())]
    assert heads and not any("_" in head for head in heads)
    record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    assert record["command"] == "credits" and {"losses.csv", "credits.csv"} <= set(record["outputs"])
    assert all(len(entry["sha256"]) == 64 for entry in record["inputs"] if entry["role"] != "ledger")


def test_a_layer_in_memory_and_one_class_for_all_are_saved_beside_the_file(tab, sample, tmp_path):
    from ecoval_qgis import tomltext

    assert tomltext.text({})
    layer = QgsVectorLayer("Polygon?crs=EPSG:4549", "m", "memory")
    from qgis.core import QgsFeature

    feature = QgsFeature(layer.fields())
    feature.setGeometry(QgsGeometry.fromWkt("POLYGON((500000 3300000, 500300 3300000, 500300 3300200, 500000 3300000))"))
    layer.dataProvider().addFeature(feature)
    QgsProject.instance().addMapLayer(layer)
    tab.state.assign("footprints", layer)
    tab.state.after_class = "631"
    path = tmp_path / "m.toml"
    assert tab.save_file(str(path), True)
    assert 'path = "m_layers/footprints.fgb"' in path.read_text(encoding="utf-8")
    made = QgsVectorLayer(str(tmp_path / "m_layers" / "footprints.fgb"), "f", "ogr")
    assert [(each["after_class"], each["alternative_id"]) for each in made.getFeatures()] == [(631.0, "A")]


# opening without waiting


@pytest.mark.timed
def test_a_project_file_is_opened_without_a_wait(tab, sample):
    from ecoval_qgis import session

    session.client().call("offset", {"stage": "declaration", "project": str(sample / "project.toml")})  # the engine runs
    begin = time.perf_counter()
    tab.open_file(str(sample / "project.toml"))
    within(time.perf_counter() - begin, 0.2, "from opening a project file to the tab again")
    assert not tab.open.isEnabled()
    assert tab.state.layer("footprints") is None  # the answer is not there yet
    wait(lambda: tab.open.isEnabled())
    assert tab.state.alternatives() == ["A", "B"] and tab.state.get("record", "chosen") == "B"
    assert "red_line" in tab.records.layers["red_line"].currentText()  # named, although no layer of the project
    assert Path(tab.records.tables["statutory", "path"].filePath()).name == "statutory.csv"
    assert tab.state.content["exclusions"]["red_line"]["layer"] == "red_line"


def test_a_wrong_project_file_leaves_the_tab_as_it_was(tab, sample, tmp_path):
    tab.state.set("project", "name", "before")
    path = tmp_path / "wrong.toml"
    path.write_text("[projekt]\nname = 'x'\n", encoding="utf-8")
    tab.open_file(str(path))
    wait(lambda: tab.open.isEnabled())
    assert tab.test_said and "projekt" in tab.test_said[-1]
    assert "before" in tab.title.text() and tab.state.get("project", "name") == "before"
