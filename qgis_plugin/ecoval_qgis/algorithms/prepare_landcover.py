"""ecoval:prepare_landcover, ecosystem types out of parcels or a classified raster."""

import os

from qgis.core import (
    QgsMapLayerType,
    QgsProcessing,
    QgsProcessingFeatureSourceDefinition,
    QgsProcessingOutputFile,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterCrs,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterMapLayer,
    QgsProcessingParameterString,
    QgsProcessingUtils,
)

from .. import catalogue, inputs
from ..i18n import tr
from .base import EcovalAlgorithm, mark

SCHEMES = [*catalogue.crosswalks(), "hj1166"]


class PrepareLandcover(EcovalAlgorithm):
    """Land cover as ecosystem types, with its recipe."""

    identifier = "prepare_landcover"
    title = mark("Prepare land cover")
    section = mark("Preparation")
    words = (
        "land cover 土地覆被 土地利用 三调 国土变更调查 tudi fugai sandiao landcover lulc CLCD WorldCover GlobeLand30"
    )
    summary = mark(
        "Translates survey parcels or a classified raster to the ecosystem types of HJ "
        "1166, refuses codes without a counterpart "
        "and lists them, says what stays coarse, and writes a recipe and a table of the classes beside the result."
    )

    def declare(self):
        """Parameters and outputs."""
        kinds = [QgsProcessing.SourceType.TypeRaster, QgsProcessing.SourceType.TypeVectorPolygon]
        self.add(
            QgsProcessingParameterMapLayer("LANDCOVER", catalogue.label("landcover"), types=kinds),
            tr("Classified raster, or parcels of a survey (polygons)."),
        )
        self.add(
            QgsProcessingParameterString("CLASS_FIELD", tr("Field of the class"), optional=True),
            tr("For polygons: the field that holds the code; empty takes DLBM for the third survey."),
        )
        self.add(
            QgsProcessingParameterBoolean("SELECTED_ONLY", tr("Selected parcels only"), defaultValue=False),
            tr("For polygons: only the features that are selected in the layer."),
        )
        self.add_choice(
            "SCHEME",
            tr("Classification"),
            SCHEMES,
            tr("Product of the source, hj1166 for codes of HJ 1166, own table."),
            "sandiao",
        )
        self.add_file("CLASSES", tr("Own table of the classes"), tr("Columns source_code, target_code: CSV or XLSX."))
        self.add(
            QgsProcessingParameterCrs("CRS", tr("CRS of the raster"), optional=True),
            tr("CRS of a raster that is made from polygons; projected, in metres. A raster keeps its own."),
        )
        self.add_number("CELL", tr("Cell size"), tr("Side of a cell, in units of the CRS."), None, 0.0, whole=False)
        self.add_number("YEAR", tr("Year"), tr("Year of the source, for the recipe."), None, 1900, 2200)
        self.add(
            QgsProcessingParameterFileDestination(
                "LANDCOVER_OUT", tr("Prepared land cover"), "GeoTIFF (*.tif);;GeoPackage (*.gpkg)"
            ),
            tr("Raster .tif; for polygons also .gpkg, which keeps exact areas."),
        )
        self.add_folder()
        self.addOutput(QgsProcessingOutputFile("RECIPE", tr("Recipe")))
        self.addOutput(QgsProcessingOutputFile("CLASSES_OUT", tr("Table of the classes")))

    def compute(self, parameters, context, feedback):
        """Ask the engine."""
        target = os.path.abspath(self.parameterAsFileOutput(parameters, "LANDCOVER_OUT", context))
        os.makedirs(os.path.dirname(target), exist_ok=True)
        request = {"what": "landcover", "out": target}
        request.update(self._source(parameters, context, feedback, os.path.dirname(target)))
        scheme = self.choice(parameters, "SCHEME", context)
        classes = self.path(parameters, "CLASSES", context)
        if scheme == catalogue.OWN and not classes:
            inputs.refuse(tr("Give the own table of the classes, or choose a classification."))
        request["crosswalk"] = classes if scheme == catalogue.OWN else scheme
        if parameters.get("CELL"):
            request["cell"] = self.parameterAsDouble(parameters, "CELL", context)
        year = self.whole(parameters, "YEAR", context)
        if year:
            request["year"] = year
        answer = self.prepare(request, target, feedback)
        return {"LANDCOVER_OUT": target, **self.prepared(answer, feedback, CLASSES_OUT="file_2")}

    def _source(self, parameters, context, feedback, folder):
        """What the engine reads: path, crs and, for polygons, layer, code, encoding and the CRS of the grid."""
        layer = self.parameterAsLayer(parameters, "LANDCOVER", context)
        if layer is None:
            inputs.refuse(tr("The land cover cannot be opened. Choose the layer again."))
        crs = self.parameterAsCrs(parameters, "CRS", context) if parameters.get("CRS") else None
        if layer.type() == QgsMapLayerType.RasterLayer:
            if crs is not None and crs != layer.crs():
                inputs.refuse(
                    tr(
                        "A raster keeps its CRS. Leave the CRS empty, or reproject the "
                        "raster first (nearest neighbour)."
                    )
                )
            return inputs.raster(layer, layer, "LANDCOVER")
        declared = inputs.checked_crs(layer, layer.crs(), layer.name())
        selected = self.parameterAsBool(parameters, "SELECTED_ONLY", context)
        definition = QgsProcessingFeatureSourceDefinition(layer.id(), selected)
        source = QgsProcessingUtils.variantToSource(definition, context, layer.id())
        part = inputs.partial(layer, definition)
        if part and not source.featureCount():
            inputs.refuse(tr("Nothing is selected in {name}. Select parcels, or take all."), name=layer.name())
        entry = None if part else inputs.as_file(layer)
        if entry is None:
            entry = {"path": os.path.join(folder, "inputs", "landcover.fgb")}
            inputs.export(source, entry["path"], context, feedback)
        else:
            encoding = self.choice(parameters, "ENCODING", context)
            entry.update({"crs": declared, "encoding": "" if encoding == "auto" else encoding})
        entry["code"] = self.text(parameters, "CLASS_FIELD", context)
        if crs is not None and crs.isValid():
            entry["grid_crs"] = crs.authid() or crs.toWkt()
        return {key: value for key, value in entry.items() if value}
