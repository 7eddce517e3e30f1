"""What is kept in a QGIS project carries a version: that of 0.1.0 has none, a later one is refused and left as it is."""

import json

import pytest
from qgis.core import QgsProject


@pytest.fixture
def remembered(qgis_app):
    from ecoval_qgis import remembered as module

    QgsProject.instance().clear()
    yield module
    QgsProject.instance().clear()


def test_what_is_kept_comes_back_with_its_version(remembered):
    remembered.write("settings", {"name": "县"})
    assert remembered.read("settings") == {"name": "县"}
    assert QgsProject.instance().readNumEntry("ecoval", "format", -1) == (remembered.VERSION, True)
    assert remembered.read("offset") == {}


def test_a_project_of_the_first_version_is_read(remembered):
    QgsProject.instance().writeEntry("ecoval", "settings", json.dumps({"year": 2015}))
    assert remembered.read("settings") == {"year": 2015}
    assert remembered.refusal() == ""


def test_a_later_version_is_refused_and_left_as_it_is(remembered):
    from ecoval_qgis.gui.controller import Controller

    QgsProject.instance().writeEntry("ecoval", "format", remembered.VERSION + 1)
    QgsProject.instance().writeEntry("ecoval", "settings", '{"year": 1999}')
    control = Controller()
    control.load()
    assert control.settings["year"] == 2023
    assert str(remembered.VERSION + 1) in control.reason()
    control.set("year", 2020)
    assert QgsProject.instance().readEntry("ecoval", "settings", "") == ('{"year": 1999}', True)


@pytest.mark.parametrize("text", ["no json", "[1, 2]"])
def test_what_is_no_table_is_nothing(remembered, text):
    QgsProject.instance().writeEntry("ecoval", "settings", text)
    assert remembered.read("settings") == {}
