"""Layers are looked up in the main thread: a look-up in the thread of a task drops what QGIS is building for the map."""

import ast
import threading
import time
from pathlib import Path

import pytest
from qgis.core import (
    QgsApplication,
    QgsProcessingAlgRunnerTask,
    QgsProcessingContext,
    QgsProcessingFeatureSourceDefinition,
    QgsProcessingFeedback,
    QgsProject,
    QgsRasterLayer,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QCoreApplication

ALGORITHMS = Path(__file__).resolve().parents[2] / "qgis_plugin" / "ecoval_qgis"
LOOK_UPS = {"mapLayerFromString", "parameterAsVectorLayer", "parameterAsMeshLayer", "layerStore"}


@pytest.fixture
def layers(sample):
    made = [QgsVectorLayer(str(sample / "towns.gpkg"), "towns", "ogr"), QgsRasterLayer(str(sample / "dem.tif"), "dem")]
    QgsProject.instance().addMapLayers(made)
    yield made
    QgsProject.instance().removeMapLayers([layer.id() for layer in made])


@pytest.mark.parametrize("selected", [False, True])
def test_a_task_looks_up_its_layers_before_it_begins(processing, layers, tmp_path, monkeypatch, selected):
    from ecoval_qgis.algorithms import lookup

    known, threads = lookup.LooksUpFirst._known, []

    def noted(self, question, ask, *rest):
        def asked(*arguments):
            threads.append((question, threading.get_ident()))
            return ask(*arguments)

        return known(self, question, asked, *rest)

    monkeypatch.setattr(lookup.LooksUpFirst, "_known", noted)
    towns, dem = layers
    towns.selectByIds([next(towns.getFeatures()).id()])
    units = QgsProcessingFeatureSourceDefinition(towns.id(), True) if selected else towns.id()
    table = str(tmp_path / "table.csv")
    given = {"UNITS": units, "UNIT_ID": "unit_id", "RASTERS": [dem.id()], "TABLE": table, "OUT_FOLDER": str(tmp_path / "run")}
    context, feedback, ended = QgsProcessingContext(), QgsProcessingFeedback(), []
    context.setProject(QgsProject.instance())
    algorithm = QgsApplication.processingRegistry().algorithmById("ecoval:zonal")
    task = QgsProcessingAlgRunnerTask(algorithm, given, context, feedback)
    task.executed.connect(lambda good, _results: ended.append(good))
    QgsApplication.taskManager().addTask(task)
    until = time.monotonic() + 180
    while not ended and time.monotonic() < until:
        QCoreApplication.processEvents()
        time.sleep(0.01)
    assert ended == [True], feedback.textLog()
    assert len(Path(table).read_text(encoding="utf-8-sig").splitlines()) == 1 + (1 if selected else towns.featureCount())
    assert {question for question, _ in threads} >= {"parameterAsSource", "vector_layer", "parameterAsLayerList"}
    assert {thread for _, thread in threads} == {threading.get_ident()}


def test_nobody_else_looks_up_layers():
    found = set()
    for path in ALGORITHMS.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and node.attr in LOOK_UPS:
                found.add((path.name, node.attr))
    ours = {("lookup.py", "mapLayerFromString"), ("lookup.py", "parameterAsVectorLayer")}
    assert found == ours | {("base.py", "mapLayerFromString")}  # `gone`, called by checkParameterValues: in the main thread
