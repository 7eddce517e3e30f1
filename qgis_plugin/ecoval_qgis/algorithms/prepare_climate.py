"""ecoval:prepare_climate, climate rasters out of daily series of stations or rasters."""

import os
import re

from qgis.core import (
    QgsCoordinateTransform,
    QgsProcessing,
    QgsProcessingOutputFile,
    QgsProcessingParameterCrs,
    QgsProcessingParameterExtent,
    QgsProcessingParameterMultipleLayers,
    QgsProcessingParameterRasterDestination,
    QgsProcessingParameterRasterLayer,
    QgsProcessingParameterString,
)

from .. import catalogue, inputs
from ..i18n import tr
from .base import EcovalAlgorithm, mark

# role of a study -> what the engine makes: product, and the variable of the series
ITEMS = {
    "precipitation": {"product": "annual", "role": "rain"},
    "precipitation_monthly": {"product": "monthly", "role": "rain"},
    "rain_daily": {"product": "daily", "role": "rain"},
    "temperature": {"product": "monthly", "role": "temperature"},
    "reference_evapotranspiration": {"product": "reference_evapotranspiration", "reference_et": "hargreaves"},
    "erosivity": {"product": "erosivity"},
}
EROSIVITY = ["zhang", "halfmonth", "monthly"]
METHODS = ["thiessen", "idw", "regression"]
NETCDF = re.compile(r'NETCDF:"?(.+?)"?:(\w+)')  # how QGIS names a variable of a file
FILLS = ["nearest_station", "zero", "climatology", "interpolate"]


class PrepareClimate(EcovalAlgorithm):
    """Climate layer of a role."""

    identifier = "prepare_climate"
    title = mark("Prepare climate layers")
    section = mark("Preparation")
    words = "climate 气候 气象站 降水 气温 插值 侵蚀力 qihou jiangshui interpolate stations erosivity"
    summary = mark(
        "Makes a climate layer of a role out of the daily series of a station table or "
        "of rasters, and writes a recipe beside it."
    )

    def declare(self):
        """Parameters and outputs."""
        self.add_file(
            "STATIONS",
            tr("Table of stations"),
            tr("Days of each station: station, date, a column per variable; CSV or XLSX."),
        )
        self.add_file(
            "SITES",
            tr("Places of the stations"),
            tr("Columns station, lon, lat, elevation, where the table of stations does not hold them: CSV or XLSX."),
        )
        self.add(
            QgsProcessingParameterMultipleLayers(
                "RASTERS", tr("Rasters"), QgsProcessing.SourceType.TypeRaster, optional=True
            ),
            tr("Daily series: NetCDF, or GeoTIFF whose bands are described by ISO dates."),
        )
        text = "; ".join("{} {}".format(item, catalogue.label(item)) for item in ITEMS)
        self.add_choice("ITEM", tr("Item"), ITEMS, text, default="precipitation")
        self.add(
            QgsProcessingParameterString("MEASURE", tr("Measure of the values"), optional=True),
            tr("Where the file does not say it, such as 0.1 mm, mm h-1 or K."),
        )
        self.add_number("YEAR", tr("Year"), tr("Year of the layer."), 2023, 1900, 2200, optional=False)
        self.add_choice(
            "FILL", tr("Missing days"), FILLS, tr("Rule for days that are missing; empty refuses them."), optional=True
        )
        self.add_choice(
            "METHOD",
            tr("From stations to cells"),
            METHODS,
            tr("Needed for stations; regression needs elevation."),
            optional=True,
        )
        self.add(
            QgsProcessingParameterRasterLayer("DEM", catalogue.label("dem"), optional=True),
            tr("Elevation in metres, for the method regression."),
        )
        self.add_choice(
            "EROSIVITY",
            tr("Form of the erosivity"),
            EROSIVITY,
            tr("For erosivity; halfmonth is the form of HJ 1173."),
            "zhang",
        )
        self._declare_grid()
        self.add(QgsProcessingParameterRasterDestination("CLIMATE_OUT", tr("Climate layer")), tr("GeoTIFF."))
        self.add_folder()
        self.addOutput(QgsProcessingOutputFile("RECIPE", tr("Recipe")))

    def _declare_grid(self):
        self.add(
            QgsProcessingParameterRasterLayer("LIKE", tr("Raster whose grid is taken"), optional=True),
            tr("In place of CRS, cell size and extent. Without any of them, rasters keep their own grid."),
        )
        self.add(
            QgsProcessingParameterCrs("CRS", tr("CRS"), optional=True), tr("CRS of the result; projected, in metres.")
        )
        self.add_number("CELL", tr("Cell size"), tr("Side of a cell, in units of the CRS."), None, 0.0, whole=False)
        self.add(
            QgsProcessingParameterExtent("EXTENT", tr("Extent"), optional=True),
            tr("Needed for stations; rasters have their own."),
        )

    def compute(self, parameters, context, feedback):
        """Ask the engine."""
        target = os.path.abspath(self.parameterAsOutputLayer(parameters, "CLIMATE_OUT", context))
        layers = self.parameterAsLayerList(parameters, "RASTERS", context) if parameters.get("RASTERS") else []
        stations = self.path(parameters, "STATIONS", context)
        if bool(layers) == bool(stations):
            inputs.refuse(tr("Give either a table of stations or rasters."))
        os.makedirs(os.path.dirname(target), exist_ok=True)
        year = self.whole(parameters, "YEAR", context)
        request = {
            "what": "climate",
            "out": target,
            "years": [year, year],
            **ITEMS[self.choice(parameters, "ITEM", context)],
        }
        request.update(self._stations(parameters, context, stations) if stations else _series(layers, request))
        request.update(self._grid(parameters, context, layers))
        if request["product"] == "erosivity":
            request["erosivity"] = self.choice(parameters, "EROSIVITY", context)
        texts = {"measure": self.text(parameters, "MEASURE", context), "fill": self.choice(parameters, "FILL", context)}
        request.update({key: text for key, text in texts.items() if text})
        answer = self.ask("prepare", request, feedback)
        return {"CLIMATE_OUT": target, **self.prepared(answer, feedback)}

    def _stations(self, parameters, context, path):
        """The table, the places, and how stations become cells."""
        method = self.choice(parameters, "METHOD", context)
        if not method:
            inputs.refuse(tr("Choose how stations become cells: {known}."), known=", ".join(METHODS))
        made = {"series": [path], "method": method}
        sites = self.path(parameters, "SITES", context)
        if sites:
            made["stations"] = sites
        elevation = self.raster(parameters, "DEM", context)
        if elevation:
            made["dem"] = elevation["path"]
        return made

    def _grid(self, parameters, context, layers):
        """Grid of the result: that of a raster, or CRS, cell size and bounds; nothing where rasters keep their own."""
        like = self.raster(parameters, "LIKE", context)
        if like:
            return {"like": like["path"]}
        given = [name for name in ("CRS", "CELL", "EXTENT") if parameters.get(name)]
        if layers and not given:
            return {}
        crs = self.parameterAsCrs(parameters, "CRS", context) if "CRS" in given else layers[0].crs() if layers else None
        if crs is None or not crs.isValid() or "CELL" not in given or not (layers or "EXTENT" in given):
            inputs.refuse(tr("The grid is not said. Give a raster whose grid is taken, or CRS, cell size and extent."))
        if "EXTENT" in given:
            box = self.parameterAsExtent(parameters, "EXTENT", context, crs)
        else:
            box = QgsCoordinateTransform(layers[0].crs(), crs, context.transformContext()).transformBoundingBox(
                layers[0].extent()
            )
        bounds = [box.xMinimum(), box.yMinimum(), box.xMaximum(), box.yMaximum()]
        return {
            "crs": crs.authid() or crs.toWkt(),
            "cell": self.parameterAsDouble(parameters, "CELL", context),
            "bounds": bounds,
        }


def _series(layers, request):
    """Files of the rasters, the CRS where they are silent, and the variable where a layer is one of a NetCDF file."""
    made = {"series": []}
    role = request.get("role") or ("rain" if request["product"] == "erosivity" else "")
    for layer in layers:
        found = NETCDF.fullmatch(layer.source())
        path, variable = found.groups() if found else (layer.source().split("|")[0], "")
        if layer.providerType() != "gdal" or not os.path.exists(path):
            inputs.refuse(
                tr("{name} is not a file. Save it as GeoTIFF first: right click, Export, Save As."), name=layer.name()
            )
        crs = inputs.checked_crs(layer, layer.crs(), layer.name())
        if crs:
            made["series_crs"] = crs
        if variable and role:
            made["variables"] = {role: variable}
        if os.path.abspath(path) not in made["series"]:
            made["series"].append(os.path.abspath(path))
    return made
