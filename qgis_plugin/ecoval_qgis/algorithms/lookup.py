"""Layers of the parameters are looked up in the main thread, before the work begins in the thread of a task.

Each look-up of Processing calls `QgsProject::layerStore()`, which drops the scope that the project keeps for
expressions; QGIS 3.22 ends with signal 11 where the map begins to be drawn at the same moment. `prepareAlgorithm` is
called in the main thread.
"""

from qgis.core import QgsProcessing, QgsProcessingAlgorithm, QgsProcessingFeatureSourceDefinition, QgsProcessingUtils

ASKED = {
    "source": ("parameterAsSource", "vector_layer"),
    "raster": ("parameterAsRasterLayer",),
    "layer": ("parameterAsLayer",),
    "multilayer": ("parameterAsLayerList",),
    "crs": ("parameterAsCrs",),
}


class LooksUpFirst(QgsProcessingAlgorithm):
    """An algorithm whose layers are there when its work begins."""

    def __init__(self):
        super().__init__()
        self.looked_up = {}

    def prepareAlgorithm(self, parameters, context, feedback):
        """Look up every layer that is given."""
        for each in self.parameterDefinitions():
            if parameters.get(each.name()) in (None, "") or is_file_list(each):
                continue
            for question in ASKED.get(each.type(), ()):
                self.looked_up[question, each.name()] = getattr(self, question)(parameters, each.name(), context)
        return True

    def parameterAsSource(self, parameters, name, context):
        """As that of QGIS."""
        return self._known("parameterAsSource", super().parameterAsSource, parameters, name, context)

    def parameterAsRasterLayer(self, parameters, name, context):
        """As that of QGIS."""
        return self._known("parameterAsRasterLayer", super().parameterAsRasterLayer, parameters, name, context)

    def parameterAsLayer(self, parameters, name, context):
        """As that of QGIS."""
        return self._known("parameterAsLayer", super().parameterAsLayer, parameters, name, context)

    def parameterAsLayerList(self, parameters, name, context):
        """As that of QGIS."""
        return self._known("parameterAsLayerList", super().parameterAsLayerList, parameters, name, context)

    def parameterAsCrs(self, parameters, name, context):
        """As that of QGIS."""
        return self._known("parameterAsCrs", super().parameterAsCrs, parameters, name, context)

    def vector_layer(self, parameters, name, context):
        """The vector layer of a source, also where only its selected features are meant."""
        return self._known("vector_layer", self._vector_layer, parameters, name, context)

    def _vector_layer(self, parameters, name, context):
        found = self.parameterAsVectorLayer(parameters, name, context)
        value = parameters.get(name)
        if found is None and isinstance(value, QgsProcessingFeatureSourceDefinition):
            found = QgsProcessingUtils.mapLayerFromString(value.source.staticValue(), context)
        return found

    def _known(self, question, ask, parameters, name, context):
        if (question, name) in self.looked_up:
            return self.looked_up[question, name]
        return ask(parameters, name, context)


def is_file_list(parameter):
    """Whether a parameter of several layers means files of any kind."""
    return parameter.type() == "multilayer" and parameter.layerType() == QgsProcessing.SourceType.TypeFile
