"""QGIS alone, without any plugin: algorithms of Processing in tasks, while the main thread asks for the scope of the project.

Each drawing of the map asks for that scope. `QgsProject::layerStore()`, with which Processing looks up a layer in the thread of the
task, drops the copy that `QgsProject::createExpressionContextScope()` builds in the main thread: QGIS 3.22.16 ends with signal 11
within seconds. Not a test: run it by hand with

    QT_QPA_PLATFORM=offscreen /usr/bin/python3 tests/plugin/gui/race_without_plugin.py

Arguments: `prepared` looks the layer up in the main thread instead, as the algorithms of this plugin do; then nothing happens.
"""

import sys
import time

from qgis.analysis import QgsNativeAlgorithms
from qgis.core import (
    QgsApplication,
    QgsFeature,
    QgsGeometry,
    QgsPointXY,
    QgsProcessingAlgRunnerTask,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProject,
    QgsVectorLayer,
)

SECONDS = 60
PREPARED = "prepared" in sys.argv
application = QgsApplication([], False)
application.initQgis()
QgsApplication.processingRegistry().addProvider(QgsNativeAlgorithms())
project = QgsProject.instance()
layer = QgsVectorLayer("Point?crs=EPSG:4490", "points", "memory")
feature = QgsFeature()
feature.setGeometry(QgsGeometry.fromPointXY(QgsPointXY(120, 30)))
layer.dataProvider().addFeatures([feature])
project.addMapLayer(layer)
algorithm = QgsApplication.processingRegistry().algorithmById("native:centroids")
begin, runs, running = time.monotonic(), 0, []
while time.monotonic() - begin < SECONDS:
    while len(running) < 8:
        context, feedback, ended = QgsProcessingContext(), QgsProcessingFeedback(), []
        context.setProject(project)
        parameters = {"INPUT": layer if PREPARED else layer.id(), "OUTPUT": "memory:"}
        task = QgsProcessingAlgRunnerTask(algorithm, parameters, context, feedback)
        task.executed.connect(lambda *_answer, ended=ended: ended.append(True))
        running.append((task, context, feedback, ended))
        QgsApplication.taskManager().addTask(task)
    for _ in range(200):
        project.createExpressionContextScope()
    QgsApplication.processEvents()
    runs += sum(1 for entry in running if entry[3])
    running = [entry for entry in running if not entry[3]]
print("%d runs in %d s, nothing happened" % (runs, SECONDS), flush=True)
