"""ecoval:make_units, spatial units checked and repaired."""

import os

from qgis.core import (
    QgsProcessingOutputNumber,
    QgsProcessingOutputVectorLayer,
    QgsProcessingParameterField,
    QgsProcessingParameterVectorDestination,
)

from .. import outputs, records
from ..i18n import tr
from .base import EcovalAlgorithm, mark


class MakeUnits(EcovalAlgorithm):
    """Units out of a polygon layer."""

    identifier = "make_units"
    title = mark("Make spatial units")
    section = mark("Preparation")
    words = "units 核算单元 行政区 hesuan danyuan xingzhengqu administrative boundaries repair"
    summary = mark(
        "Reads polygons, checks codes, hierarchy, topology and datum, repairs what can be "
        "repaired, and writes units with unit_id, "
        "name and parent_id. A table lists what was found and done."
    )

    def declare(self):
        """Parameters and outputs."""
        self.add_choice("KIND", tr("Kind"), ["admin"], tr("admin: administrative units."), default="admin")
        self.add_units(name=True)
        self.add(
            QgsProcessingParameterField(
                "PARENT", tr("Field of the unit above"), parentLayerParameterName="UNITS", optional=True
            ),
            tr("Field that holds the code of the unit above, for sums of sums."),
        )
        self.add_choice(
            "DATUM",
            tr("Displaced datum"),
            ["none", "gcj02", "bd09"],
            tr(
                "Boundaries drawn on public web maps are shifted by 300-700 m; the correction uses unofficial formulas."
            ),
            default="none",
            advanced=True,
        )
        self.add(QgsProcessingParameterVectorDestination("UNITS_OUT", tr("Units")), tr("GeoPackage of the units."))
        self.add_folder()
        self.addOutput(QgsProcessingOutputVectorLayer("FINDINGS", tr("Findings")))
        self.addOutput(QgsProcessingOutputNumber("UNITS_COUNT", tr("Units")))

    def compute(self, parameters, context, feedback):
        """Run the engine and hand over its file."""
        target = self.parameterAsOutputLayer(parameters, "UNITS_OUT", context)
        given = self.text(parameters, "OUT_FOLDER", context)
        folder = self.out_folder(parameters, context, "units") if given else os.path.dirname(target.split("|")[0])
        entry = self.units(parameters, context, feedback, folder)
        path = target if target.lower().endswith(".gpkg") else os.path.splitext(target)[0] + ".gpkg"
        request = dict(entry, out=path, kind=self.choice(parameters, "KIND", context))
        parent = self.text(parameters, "PARENT", context)
        if parent:
            request["parent"] = parent
        datum = self.choice(parameters, "DATUM", context)
        if datum != "none":
            request["datum"] = datum
        answer = self.ask("units", request, feedback)
        if path != target:
            outputs.convert(path, target, context)
        made = {"UNITS_OUT": target, "UNITS_COUNT": (answer.get("numbers") or {}).get("units")}
        findings = (answer.get("outputs") or {}).get("findings")
        if findings:
            made["FINDINGS"] = str(findings)
            records.push_findings(str(findings), feedback)
        return made
