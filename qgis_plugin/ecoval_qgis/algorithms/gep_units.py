"""ecoval:gep_units, the account of every unit."""

import os

from qgis.core import (
    NULL,
    QgsProcessing,
    QgsProcessingFeatureSourceDefinition,
    QgsProcessingOutputFolder,
    QgsProcessingOutputLayerDefinition,
    QgsProcessingOutputNumber,
    QgsProcessingParameterFeatureSink,
    QgsProcessingParameterString,
)

from .. import outputs, studies
from ..i18n import tr
from .base import EcovalAlgorithm, mark

__all__ = ["GepUnits", "QgsProcessingFeatureSourceDefinition"]


def asked(value):
    """Whether somebody asks for a copy: dialogs of QGIS give an empty destination where nobody does."""
    if isinstance(value, QgsProcessingOutputLayerDefinition):
        value = value.sink.staticValue()
    return value not in (None, "", "None", NULL)


class GepUnits(EcovalAlgorithm):
    """GEP per unit: physical and monetary accounts of all services in one pass."""

    identifier = "gep_units"
    title = mark("GEP per unit")
    section = mark("Accounts")
    words = "GEP 生态产品总值 生态系统生产总值 核算 shengtai chanpin zongzhi hesuan account ecosystem services SEEA"
    summary = mark(
        "Computes the ecosystem accounts of every unit: quantity and value per "
        "service, gross ecosystem product, missing area. "
        "Results go to a run folder with one GeoPackage, tables and a report."
    )

    def declare(self):
        """Parameters and outputs."""
        self.add_units(name=True)
        studies.declare(self)
        self.add(
            QgsProcessingParameterString("NAME", tr("Name of the account"), defaultValue="GEP", optional=True),
            tr("Title of the report and name of the study."),
        )
        self.add_choice(
            "MAPS",
            tr("Maps per cell"),
            ["none", "services", "factors"],
            tr("services writes one raster per service, factors also the layers that went in."),
            default="none",
            advanced=True,
        )
        self.add_choice(
            "REPORT",
            tr("Report of the run"),
            ["write", "later"],
            tr("later: the report and the workbook are written when they are asked for, which makes the run shorter."),
            default="write",
            advanced=True,
        )
        for name, text, kind in (
            ("GEP", tr("Copy of the unit layer"), QgsProcessing.SourceType.TypeVectorPolygon),
            ("SUPPLY", tr("Copy of the supply table"), QgsProcessing.SourceType.TypeVector),
        ):
            sink = QgsProcessingParameterFeatureSink(name, text, kind, optional=True, createByDefault=False)
            self.add(
                sink,
                tr("Not needed: the run folder holds it. Choose a file for a copy, for instance in a model."),
                advanced=True,
            )
        self.add_folder()
        self.addOutput(QgsProcessingOutputFolder("FOLDER", tr("Run folder")))
        self.addOutput(QgsProcessingOutputNumber("TOTAL", tr("Total GEP, CNY")))
        self.addOutput(QgsProcessingOutputNumber("TOTAL_LOW", tr("Total GEP, low")))
        self.addOutput(QgsProcessingOutputNumber("TOTAL_HIGH", tr("Total GEP, high")))
        self.addOutput(QgsProcessingOutputNumber("UNITS_COUNT", tr("Units")))

    def compute(self, parameters, context, feedback):
        """Export what must be exported, run the engine, load the results."""
        folder = self.out_folder(parameters, context, "GEP")
        entry = self.units(parameters, context, feedback, folder, only=True)
        name = self.text(parameters, "NAME", context) or "GEP"
        study = studies.build(self, parameters, context, entry, name)
        maps = self.choice(parameters, "MAPS", context)
        request = {"study": study, "out": folder, "maps": "" if maps == "none" else maps}
        if self.choice(parameters, "REPORT", context) == "later":
            request["reports"] = ""
        request.update(self.common(parameters, context))
        answer = self.ask("run", request, feedback)
        return self._results(answer, folder, parameters, context, feedback)

    def _results(self, answer, folder, parameters, context, feedback):
        account = os.path.join(folder, "account.gpkg")
        made = {
            "FOLDER": folder,
            "OUT_FOLDER": folder,
            "RUN_JSON": os.path.join(folder, "run.json"),
            "GEP": "{}|layername={}".format(account, studies.UNIT_SET),
            "SUPPLY": "{}|layername=supply".format(account),
        }
        report = os.path.join(folder, "report.html")
        if os.path.isfile(report):
            made["SUMMARY_HTML"] = report
        numbers = answer.get("numbers") or {}
        for key, name in (
            ("TOTAL", "gep"),
            ("TOTAL_LOW", "gep_low"),
            ("TOTAL_HIGH", "gep_high"),
            ("UNITS_COUNT", "units"),
        ):
            if numbers.get(name) is not None:
                made[key] = numbers[name]
        if "TOTAL" not in made:
            feedback.pushWarning(
                tr("No total: at least one unit lacks a category that the standard requires. See categories_missing.")
            )
        for name in ("GEP", "SUPPLY"):
            if asked(parameters.get(name)):
                made[name] = outputs.copy(self, parameters, name, made[name], context)
        outputs.load_on_completion(folder, context)
        return made
