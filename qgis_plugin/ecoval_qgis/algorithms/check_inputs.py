"""ecoval:check_inputs, everything that can be known without computing."""

import os

from qgis.core import QgsProcessingOutputFile, QgsProcessingOutputNumber, QgsProcessingOutputVectorLayer

from .. import records, studies
from ..i18n import tr
from .base import EcovalAlgorithm, mark


class CheckInputs(EcovalAlgorithm):
    """Findings about the inputs of an account."""

    identifier = "check_inputs"
    title = mark("Check inputs")
    section = mark("Accounts")
    words = "check 检查 校验 jiancha preflight validate"
    summary = mark(
        "Checks files, CRS, measures, class codes, statistics, parameters and prices without computing, and estimates "
        "time and memory. "
        "Each error or warning says what to do."
    )

    def declare(self):
        """Parameters and outputs."""
        self.add_units(name=True)
        studies.declare(self)
        self.add_folder()
        self.addOutput(QgsProcessingOutputVectorLayer("ISSUES", tr("Findings")))
        self.addOutput(QgsProcessingOutputFile("HTML", tr("Findings as a page")))
        self.addOutput(QgsProcessingOutputNumber("N_ERROR", tr("Errors")))
        self.addOutput(QgsProcessingOutputNumber("N_WARNING", tr("Warnings")))

    def compute(self, parameters, context, feedback):
        """Ask the engine and show its table."""
        folder = self.out_folder(parameters, context, "check")
        entry = self.units(parameters, context, feedback, folder, only=True)
        study = studies.build(self, parameters, context, entry, "check")
        path = os.path.join(folder, "issues.csv")
        answer = self.ask("check", {"study": study, "out": path}, feedback)
        records.push_findings(path, feedback)
        page = records.findings_page(path)
        numbers = answer.get("numbers") or {}
        return {
            "OUT_FOLDER": folder,
            "ISSUES": path,
            "HTML": page,
            "SUMMARY_HTML": page,
            "N_ERROR": numbers.get("error", 0),
            "N_WARNING": numbers.get("warning", 0),
        }
