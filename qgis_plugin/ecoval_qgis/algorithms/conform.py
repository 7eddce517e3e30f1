"""ecoval:conform, a run against the table of a standard."""

import os

from qgis.core import QgsProcessingOutputFile, QgsProcessingOutputHtml, QgsProcessingOutputNumber

from .. import catalogue, inputs, records
from ..i18n import tr
from .base import EcovalAlgorithm, mark


class Conform(EcovalAlgorithm):
    """Which indicators of a standard a run covers."""

    identifier = "conform"
    title = mark("Conformity with a standard")
    section = mark("Results")
    words = "conform 符合性 标准 检查 fuhexing biaozhun standard indicators gaps"
    summary = mark(
        "Compares a run with the indicators and choices of a standard: what is covered, what is lacking, "
        "what deviates. Where nobody has read the text of a standard, the tables say so."
    )

    def declare(self):
        """Parameters and outputs."""
        self.add_file("RUN", tr("Run folder"), tr("Folder that holds run.json."), optional=False, folder=True)
        self.add_choice(
            "STANDARD", tr("Standard"), catalogue.standards(), tr("Against which the run is held."), "ndrc-2022"
        )
        self.add_file(
            "FOLDER", tr("Folder of the tables"), tr("Empty takes the run folder."), advanced=True, folder=True
        )
        self.addOutput(QgsProcessingOutputFile("COVERAGE", tr("Coverage of the indicators")))
        self.addOutput(QgsProcessingOutputFile("DEVIATIONS", tr("Deviations")))
        self.addOutput(QgsProcessingOutputHtml("HTML", tr("Report")))
        self.addOutput(QgsProcessingOutputNumber("GAPS", tr("Indicators that are lacking")))

    def compute(self, parameters, context, feedback):
        """Ask the engine."""
        run = self.path(parameters, "RUN", context)
        if records.record(run) is None:
            inputs.refuse(tr("{path} is no run folder: it holds no run.json."), path=run)
        request = {"run": run, "standard": self.choice(parameters, "STANDARD", context)}
        folder = self.path(parameters, "FOLDER", context)
        if folder:
            os.makedirs(folder, exist_ok=True)
            request["out"] = folder
        answer = self.ask("conform", request, feedback)
        for row in records.table_rows(str(answer["outputs"]["coverage"])):
            if row["verdict"] in ("gap", "partly_covered"):
                feedback.pushInfo("{}: {} {}".format(row["name"], catalogue.label(row["verdict"]), row["reason"]))
        made = {name.upper(): str(path) for name, path in answer["outputs"].items()}
        return dict(made, GAPS=(answer.get("numbers") or {}).get("gap", 0))
