"""ecoval:prepare_statistics, a long table out of the tables of offices."""

import os

from qgis.core import (
    QgsProcessing,
    QgsProcessingOutputFile,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterMultipleLayers,
)

from .. import inputs
from ..i18n import tr
from .base import EcovalAlgorithm, mark


class PrepareStatistics(EcovalAlgorithm):
    """Statistics per unit and item."""

    identifier = "prepare_statistics"
    title = mark("Prepare statistics")
    section = mark("Preparation")
    words = "statistics 统计 年鉴 表格 tongji nianjian table"
    summary = mark(
        "Brings tables of offices and yearbooks to one long table per unit and item, and lists names that match no unit."
    )

    def declare(self):
        """Parameters and outputs."""
        self.add(
            QgsProcessingParameterMultipleLayers("TABLES", tr("Tables"), QgsProcessing.SourceType.TypeFile),
            tr("CSV or XLSX files as the offices keep them."),
        )
        self.add_units(name=True)
        self.add_number("YEAR", tr("Year"), tr("Year of the tables."), 2023, 1900, 2200, optional=False)
        self.add(
            QgsProcessingParameterFileDestination("STATISTICS_OUT", tr("Statistics table"), "CSV (*.csv)"),
            tr("Long table that the account reads."),
        )
        self.add_folder()
        self.addOutput(QgsProcessingOutputFile("UNMATCHED", tr("Names that match no unit")))

    def compute(self, parameters, context, feedback):
        """Ask the engine."""
        target = os.path.abspath(self.parameterAsFileOutput(parameters, "STATISTICS_OUT", context))
        entry = self.units(parameters, context, feedback, os.path.dirname(target))
        tables = [path for path in self.parameterAsFileList(parameters, "TABLES", context) if path]
        if not tables:
            inputs.refuse(tr("No table is chosen."))
        request = {
            "what": "statistics",
            "tables": tables,
            "units": entry,
            "year": self.whole(parameters, "YEAR", context),
            "out": target,
        }
        answer = self.ask("prepare", request, feedback)
        found = answer.get("outputs") or {}
        made = {"STATISTICS_OUT": target}
        for key, name in (("RUN_JSON", "recipe"), ("UNMATCHED", "file_2")):
            if found.get(name):
                made[key] = str(found[name])
        return made
