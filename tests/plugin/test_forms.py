"""Small parts: shapes that accounts use, the look at many features, the options page, settings under one key."""

import time
from pathlib import Path

import pytest
from bounds import within
from qgis.core import QgsFeature, QgsGeometry, QgsSettings, QgsVectorLayer

PLUGIN = Path(__file__).resolve().parents[2] / "qgis_plugin" / "ecoval_qgis"


@pytest.mark.parametrize(
    ("text", "area"),
    [
        ("Polygon Z((0 0 5,4 0 5,4 4 5,0 4 5,0 0 5))", 16.0),
        ("Polygon ZM((0 0 5 1,4 0 5 1,4 4 5 1,0 4 5 1,0 0 5 1))", 16.0),
        ("MultiPolygon(((0 0,1 0,1 1,0 1,0 0)),((2 0,3 0,3 1,2 1,2 0)))", 2.0),
        ("CurvePolygon(CircularString(0 0,1 1,2 0,1 -1,0 0))", 3.14159),
        ("GeometryCollection(Polygon((0 0,1 0,1 1,0 1,0 0)),LineString(0 0,9 9))", 1.0),
    ],
)
def test_shapes_become_straight_flat_and_multipart(qgis_app, text, area):
    from ecoval_qgis import inputs

    made = inputs.flat(QgsGeometry.fromWkt(text))
    assert made.asWkt().startswith("MultiPolygon (")
    assert made.area() == pytest.approx(area, rel=1e-3)


@pytest.mark.timed
def test_many_features_are_looked_at_in_slices(qgis_app, monkeypatch):
    """The window has its turn at least every few hundredths of a second, whatever the number of features."""
    from ecoval_qgis.gui import checks
    from ecoval_qgis.gui.checks import Survey

    monkeypatch.setattr(checks, "SLICE", 0.001)

    layer = QgsVectorLayer("Polygon?crs=EPSG:4549&field=code:string", "many", "memory")
    square = QgsGeometry.fromWkt("Polygon((0 0,1 0,1 1,0 1,0 0))").densifyByCount(200)
    features = []
    for number in range(1500):
        feature = QgsFeature(layer.fields())
        feature.setGeometry(square)
        feature.setAttributes([str(number % 1499)])
        features.append(feature)
    layer.dataProvider().addFeatures(features)
    done, slices = [], []
    survey = Survey(lambda: done.append(True))
    assert survey.of(layer, "code") is None
    while not done:
        begin = time.perf_counter()
        survey.step()
        slices.append(time.perf_counter() - begin)
    assert survey.of(layer, "code") == ("", 0, "0")
    assert len(slices) > 1
    within(sorted(slices)[len(slices) // 2], 0.05, "a slice")
    survey.of(layer, "")  # another question: looked at again, and the layer goes meanwhile
    del layer
    survey.step()


def test_settings_stand_under_one_key(qgis_app):
    keys = []
    for path in PLUGIN.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        for call in (".setValue(", ".value("):
            for part in text.split(call)[1:]:
                name = part.split(",")[0].strip()
                if name.startswith('"'):
                    keys.append(name.strip('"'))
    assert [key for key in keys if not key.startswith(("ecoval/", "locale/"))] == []


def test_options_survive_a_restart_and_are_reset(qgis_app):
    from ecoval_qgis.gui.options import Factory

    factory = Factory(lambda: None)
    page = factory.createWidget(None)
    page.index.setText("https://mirror.example/simple")
    page.proxy.setText("http://proxy.example:8080")
    page.language.setCurrentIndex(page.language.findData("zh"))
    page.apply()
    QgsSettings().sync()
    again = factory.createWidget(None)
    assert again.index.text() == "https://mirror.example/simple"
    assert again.proxy.text() == "http://proxy.example:8080"
    assert again.language.currentData() == "zh"
    again.reset()
    again.apply()
    assert not factory.createWidget(None).index.text()
    for key in [key for key in QgsSettings().allKeys() if key.startswith("ecoval/")]:
        QgsSettings().remove(key)
