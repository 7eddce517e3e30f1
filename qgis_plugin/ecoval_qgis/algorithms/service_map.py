"""ecoval:service_map, one service per cell."""

import glob
import os

from qgis.core import QgsProcessingOutputFolder, QgsProcessingOutputMultipleLayers, QgsProcessingOutputRasterLayer

from .. import catalogue, inputs, outputs, studies
from ..i18n import tr
from .base import EcovalAlgorithm, mark


class ServiceMap(EcovalAlgorithm):
    """Rasters of one service."""

    identifier = "service_map"
    title = mark("Map of a service")
    section = mark("Accounts")
    words = "map raster 服务图 空间分布 fuwu fenbu per cell"
    summary = mark(
        "Computes one service and writes its quantity per cell as Cloud-Optimized "
        "GeoTIFF, beside the account of the units."
    )

    def declare(self):
        """Parameters and outputs."""
        codes = [
            each["code"] for each in catalogue.services() if any(item["form"] != "table" for item in each["items"])
        ]
        self.add_choice("SERVICE", tr("Service"), codes, catalogue.services_help(), default=codes[0])
        self.add_units(name=True)
        studies.declare(self, services=False)
        self.add_folder()
        self.addOutput(QgsProcessingOutputFolder("FOLDER", tr("Run folder")))
        self.addOutput(QgsProcessingOutputRasterLayer("QUANTITY", tr("Quantity per cell")))
        self.addOutput(QgsProcessingOutputMultipleLayers("RASTERS", tr("All rasters")))

    def compute(self, parameters, context, feedback):
        """Run the engine with maps."""
        code = self.choice(parameters, "SERVICE", context)
        folder = self.out_folder(parameters, context, code)
        entry = self.units(parameters, context, feedback, folder, only=True)
        study = studies.build(self, parameters, context, entry, catalogue.label(code))
        study["services"]["include"] = [code]
        request = {"study": study, "out": folder, "maps": "services"}
        request.update(self.common(parameters, context))
        self.ask("run", request, feedback)
        rasters = sorted(glob.glob(os.path.join(folder, "maps", "*.tif")))
        if not rasters:
            inputs.refuse(tr("The service {service} has no quantity per cell here."), service=catalogue.label(code))
        outputs.load_rasters(rasters, context)
        made = {"FOLDER": folder, "OUT_FOLDER": folder, "QUANTITY": rasters[0], "RASTERS": rasters}
        made["RUN_JSON"] = os.path.join(folder, "run.json")
        return made
