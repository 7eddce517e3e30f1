"""ecoval:zonal, exact-coverage statistics of rasters per polygon."""

import os

from qgis.core import (
    QgsProcessing,
    QgsProcessingOutputNumber,
    QgsProcessingParameterMultipleLayers,
    QgsProcessingParameterString,
    QgsProcessingParameterVectorDestination,
)

from .. import inputs, outputs
from ..i18n import tr
from .base import EcovalAlgorithm, mark

STATS = [
    "count",
    "area",
    "sum",
    "mean",
    "area_mean",
    "min",
    "max",
    "stdev",
    "variance",
    "median",
    "majority",
    "variety",
    "frac",
    "missing_area",
    "valid_fraction",
]
DEFAULT = ["count", "area", "sum", "mean", "min", "max", "missing_area"]


class Zonal(EcovalAlgorithm):
    """Statistics of rasters per polygon."""

    identifier = "zonal"
    title = mark("Zonal statistics with exact coverage")
    section = mark("Tools")
    words = "zonal statistics 分区统计 区域统计 fenqu tongji exact coverage exactextract"
    summary = mark(
        "Statistics of any rasters per polygon with the exact fraction of each cell and "
        "areas on the ellipsoid, whatever the CRS. "
        "One row per unit and raster band."
    )

    def declare(self):
        """Parameters and outputs."""
        self.add_units()
        self.add(
            QgsProcessingParameterMultipleLayers("RASTERS", tr("Rasters"), QgsProcessing.SourceType.TypeRaster),
            tr("One or several rasters, of one grid or several."),
        )
        self.add_choice("STATS", tr("Statistics"), STATS, tr("Which columns the table has."), DEFAULT, multiple=True)
        self.add(
            QgsProcessingParameterString("QUANTILES", tr("Quantiles"), optional=True),
            tr("Numbers between 0 and 1 parted by semicolons, such as 0.1; 0.9."),
            advanced=True,
        )
        self.add(
            QgsProcessingParameterVectorDestination("TABLE", tr("Statistics")),
            tr("GeoPackage with the polygons; the same rows as the command ecoval zonal."),
        )
        self.add_folder()
        self.addOutput(QgsProcessingOutputNumber("ROWS", tr("Rows")))

    def compute(self, parameters, context, feedback):
        """Run the engine and hand over its file."""
        target = self.parameterAsOutputLayer(parameters, "TABLE", context)
        folder = os.path.dirname(target.split("|")[0]) if not self.text(parameters, "OUT_FOLDER", context) else None
        folder = folder or self.out_folder(parameters, context, "zonal")
        entry = self.units(parameters, context, feedback, folder)
        layers = self.parameterAsLayerList(parameters, "RASTERS", context)
        if not layers:
            inputs.refuse(tr("No raster is chosen, or it cannot be opened."))
        rasters = [inputs.raster(layer, layer, "RASTERS") for layer in layers]
        declared = {each["crs"] for each in [entry, *rasters] if each.get("crs")}
        if len(declared) > 1:
            inputs.refuse(
                tr("Several layers have no CRS in their files and different ones in QGIS. Save them with a CRS first.")
            )
        stats = self.choices(parameters, "STATS", context) or DEFAULT
        stats += [
            "quantile:" + text.strip()
            for text in self.text(parameters, "QUANTILES", context).split(";")
            if text.strip()
        ]
        path = target if target.lower().endswith(".gpkg") else os.path.splitext(target)[0] + ".gpkg"
        request = {
            "units": entry["path"],
            "id": entry["id"],
            "layer": entry.get("layer", ""),
            "crs": next(iter(declared), ""),
            "rasters": [each["path"] for each in rasters],
            "stats": stats,
            "out": path,
        }
        request.update(self.common(parameters, context))
        answer = self.ask("zonal", request, feedback)
        if path != target:
            outputs.convert(path, target, context)
        return {"TABLE": target, "ROWS": (answer.get("numbers") or {}).get("rows")}
