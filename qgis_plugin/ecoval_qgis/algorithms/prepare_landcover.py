"""ecoval:prepare_landcover, ecosystem types out of parcels or a classified raster."""

import os

from qgis.core import (
    QgsMapLayerType,
    QgsProcessing,
    QgsProcessingOutputFile,
    QgsProcessingOutputVectorLayer,
    QgsProcessingParameterCrs,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterMapLayer,
    QgsProcessingParameterString,
)

from .. import catalogue, inputs
from ..i18n import tr
from .base import EcovalAlgorithm, mark


class PrepareLandcover(EcovalAlgorithm):
    """Land cover as ecosystem types, with its recipe."""

    identifier = "prepare_landcover"
    title = mark("Prepare land cover")
    section = mark("Preparation")
    words = "land cover 土地覆被 土地利用 三调 国土变更调查 tudi fugai sandiao landcover lulc CLCD WorldCover GlobeLand30"
    summary = mark(
        "Translates survey parcels or a classified raster to the ecosystem types of HJ 1166, says which codes have no counterpart "
        "and what stays coarse, and writes a recipe beside the result."
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
        self.add_choice(
            "SCHEME", tr("Classification"), catalogue.crosswalks(), tr("Product of the source, or own table."), "sandiao"
        )
        self.add_file("CLASSES", tr("Own table of the classes"), tr("Columns source_code, target_code: CSV or XLSX."))
        self.add(
            QgsProcessingParameterCrs("CRS", tr("CRS of the raster"), optional=True),
            tr("CRS of a raster that is made from polygons; projected, in metres."),
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
        self.addOutput(QgsProcessingOutputVectorLayer("UNMATCHED", tr("Codes without a counterpart")))

    def compute(self, parameters, context, feedback):
        """Ask the engine."""
        target = os.path.abspath(self.parameterAsFileOutput(parameters, "LANDCOVER_OUT", context))
        request = {"what": "landcover", "out": target}
        request.update(self._source(parameters, context, feedback, os.path.dirname(target)))
        scheme = self.choice(parameters, "SCHEME", context)
        classes = self.path(parameters, "CLASSES", context)
        if scheme == catalogue.OWN and not classes:
            inputs.refuse(tr("Give the own table of the classes, or choose a classification."))
        request["crosswalk"] = classes if scheme == catalogue.OWN else scheme
        crs = self.parameterAsCrs(parameters, "CRS", context)
        if crs.isValid() and parameters.get("CRS"):
            request["grid_crs"] = crs.authid() or crs.toWkt()
        if parameters.get("CELL"):
            request["cell"] = self.parameterAsDouble(parameters, "CELL", context)
        year = self.whole(parameters, "YEAR", context)
        if year:
            request["year"] = year
        answer = self.ask("prepare", request, feedback)
        made = {"LANDCOVER_OUT": target}
        recipe = (answer.get("outputs") or {}).get("recipe")
        if recipe:
            made["RECIPE"] = made["RUN_JSON"] = str(recipe)
        for note in answer.get("notes") or []:
            feedback.pushInfo(_note(note))
        return made

    def _source(self, parameters, context, feedback, folder):
        layer = self.parameterAsLayer(parameters, "LANDCOVER", context)
        if layer is None:
            inputs.refuse(tr("The land cover cannot be opened. Choose the layer again."))
        if layer.type() == QgsMapLayerType.RasterLayer:
            entry = inputs.raster(layer, layer, "LANDCOVER")
        else:
            crs = inputs.checked_crs(layer, layer.crs(), layer.name())
            entry = inputs.as_file(layer)
            if entry is None:
                path = os.path.join(folder, "inputs", "landcover.fgb")
                inputs.export(layer, path, context, feedback)
                entry = {"path": path}
            elif crs:
                entry["crs"] = crs
            entry = {key: value for key, value in entry.items() if value}
        field = self.text(parameters, "CLASS_FIELD", context)
        if field:
            entry["code"] = field
        return entry


def _note(note):
    from ..i18n import language

    return str(note.get(language(), note)) if isinstance(note, dict) else str(note)
