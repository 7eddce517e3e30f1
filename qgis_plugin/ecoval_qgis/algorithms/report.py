"""ecoval:report, the report of a run folder."""

import os

from qgis.core import QgsProcessingOutputFile, QgsProcessingOutputHtml

from .. import inputs
from ..i18n import language, tr
from .base import EcovalAlgorithm, mark


class Report(EcovalAlgorithm):
    """HTML and workbook of a run."""

    identifier = "report"
    title = mark("Report of a run")
    section = mark("Results")
    words = "report 报告 baogao html xlsx excel"
    summary = mark(
        "Writes the report of a run folder again: a page that opens offline, and a workbook. PDF: use the map atlas."
    )

    def declare(self):
        """Parameters and outputs."""
        self.add_file("RUN", tr("Run folder"), tr("Folder that holds run.json."), optional=False, folder=True)
        self.add_choice(
            "FORMAT", tr("Formats"), ["html", "xlsx"], tr("Which files are written."), ["html", "xlsx"], multiple=True
        )
        self.add_choice("LANG", tr("Language"), ["zh", "en"], tr("Language of the report."), default=language())
        self.addOutput(QgsProcessingOutputHtml("HTML", tr("Report")))
        self.addOutput(QgsProcessingOutputFile("XLSX", tr("Workbook")))
        self.addOutput(QgsProcessingOutputFile("RUN_JSON", tr("Record of the run")))

    def compute(self, parameters, context, feedback):
        """Ask the engine."""
        run = self.path(parameters, "RUN", context)
        if not os.path.isfile(os.path.join(run, "run.json")):
            inputs.refuse(tr("{path} is no run folder: it holds no run.json."), path=run)
        formats = self.choices(parameters, "FORMAT", context) or ["html"]
        request = {"run": run, "formats": formats, "lang": self.choice(parameters, "LANG", context)}
        answer = self.ask("report", request, feedback)
        made = {"RUN_JSON": os.path.join(run, "run.json")}
        for name, path in (answer.get("outputs") or {}).items():
            made[name.upper()] = str(path)
        return made
