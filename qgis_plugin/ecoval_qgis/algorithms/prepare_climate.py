"""ecoval:prepare_climate, climate rasters out of stations or rasters."""

import os

from qgis.core import (
    QgsProcessing,
    QgsProcessingOutputFile,
    QgsProcessingParameterCrs,
    QgsProcessingParameterMultipleLayers,
    QgsProcessingParameterRasterDestination,
)

from .. import catalogue, inputs
from ..i18n import tr
from .base import EcovalAlgorithm, mark

ITEMS = ["precipitation", "rain_daily", "temperature", "evapotranspiration", "erosivity"]


class PrepareClimate(EcovalAlgorithm):
    """Climate layer of a role."""

    identifier = "prepare_climate"
    title = mark("Prepare climate layers")
    section = mark("Preparation")
    words = "climate 气候 气象站 降水 气温 插值 qihou jiangshui interpolate stations"
    summary = mark("Makes a climate layer of a role out of station tables or of rasters, and writes a recipe beside it.")

    def declare(self):
        """Parameters and outputs."""
        self.add_file("STATIONS", tr("Table of stations"), tr("Stations with their days or months; CSV or XLSX."))
        self.add(
            QgsProcessingParameterMultipleLayers("RASTERS", tr("Rasters"), QgsProcessing.SourceType.TypeRaster, optional=True),
            tr("Rasters of months or days, in their order."),
        )
        text = "; ".join("{} {}".format(item, catalogue.label(item)) for item in ITEMS)
        self.add_choice("ITEM", tr("Item"), ITEMS, text, default=ITEMS[0])
        self.add_number("YEAR", tr("Year"), tr("Year of the layer."), 2023, 1900, 2200, optional=False)
        self.add(QgsProcessingParameterCrs("CRS", tr("CRS"), optional=True), tr("CRS of the result; projected, in metres."))
        self.add_number("CELL", tr("Cell size"), tr("Side of a cell, in units of the CRS."), None, 0.0, whole=False)
        self.add(QgsProcessingParameterRasterDestination("CLIMATE_OUT", tr("Climate layer")), tr("GeoTIFF."))
        self.add_folder()
        self.addOutput(QgsProcessingOutputFile("RECIPE", tr("Recipe")))

    def compute(self, parameters, context, feedback):
        """Ask the engine."""
        target = os.path.abspath(self.parameterAsOutputLayer(parameters, "CLIMATE_OUT", context))
        layers = self.parameterAsLayerList(parameters, "RASTERS", context) if parameters.get("RASTERS") else []
        stations = self.path(parameters, "STATIONS", context)
        if bool(layers) == bool(stations):
            inputs.refuse(tr("Give either a table of stations or rasters."))
        request = {"what": "climate", "item": self.choice(parameters, "ITEM", context), "out": target}
        request["year"] = self.whole(parameters, "YEAR", context)
        if stations:
            request["stations"] = stations
        else:
            request["rasters"] = [inputs.raster(layer, layer, "RASTERS")["path"] for layer in layers]
        crs = self.parameterAsCrs(parameters, "CRS", context)
        if parameters.get("CRS") and crs.isValid():
            request["crs"] = crs.authid() or crs.toWkt()
        if parameters.get("CELL"):
            request["cell"] = self.parameterAsDouble(parameters, "CELL", context)
        answer = self.ask("prepare", request, feedback)
        made = {"CLIMATE_OUT": target}
        recipe = (answer.get("outputs") or {}).get("recipe")
        if recipe:
            made["RECIPE"] = made["RUN_JSON"] = str(recipe)
        return made
