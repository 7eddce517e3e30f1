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
        "Brings tables of offices and yearbooks to one long table per unit and item, "
        "and writes a recipe beside it. A name that "
        "matches no unit is refused, with its cell and the nearest name."
    )

    def declare(self):
        """Parameters and outputs."""
        self.add(
            QgsProcessingParameterMultipleLayers("TABLES", tr("Tables"), QgsProcessing.SourceType.TypeFile),
            tr("CSV or XLSX files as the offices keep them."),
        )
        self.add_units(name=True)
        self.add_number("YEAR", tr("Year"), tr("Year of rows that state none."), 2023, 1900, 2200, optional=False)
        self.add_file("ALIASES", tr("Other names of the units"), tr("Columns alias, unit (code or name): CSV or XLSX."))
        self.add_file("ITEM_NAMES", tr("Other names of the items"), tr("Columns name, item (identifier): CSV or XLSX."))
        self.add(
            QgsProcessingParameterFileDestination("STATISTICS_OUT", tr("Statistics table"), "CSV (*.csv)"),
            tr("Long table that the account reads."),
        )
        self.add_folder()
        self.addOutput(QgsProcessingOutputFile("RECIPE", tr("Recipe")))

    def compute(self, parameters, context, feedback):
        """Ask the engine."""
        target = os.path.abspath(self.parameterAsFileOutput(parameters, "STATISTICS_OUT", context))
        tables = [path for path in self.parameterAsFileList(parameters, "TABLES", context) if path]
        if not tables:
            inputs.refuse(tr("No table is chosen."))
        folder = os.path.dirname(target)
        os.makedirs(folder, exist_ok=True)
        request = {"what": "statistics", "files": [os.path.abspath(path) for path in tables], "out": target}
        request["year"] = self.whole(parameters, "YEAR", context)
        request.update(self._units(parameters, context, feedback, folder))
        for key in ("ALIASES", "ITEM_NAMES"):
            path = self.path(parameters, key, context)
            if path:
                request[key.lower()] = path
        answer = self.prepare(request, target, feedback)
        return {"STATISTICS_OUT": target, **self.prepared(answer, feedback)}

    def _units(self, parameters, context, feedback, folder):
        """Units and their fields; a file whose encoding must be told is written again, as the engine asks for none
        here.
        """
        entry = self.units(parameters, context, feedback, folder)
        path = entry["path"]
        if entry.pop("encoding", ""):
            path = os.path.join(folder, "inputs", "units.fgb")
            source = self.parameterAsSource(parameters, "UNITS", context)
            inputs.export(source, path, context, feedback)
            entry = {key: entry[key] for key in ("id", "name") if key in entry}
        entry.pop("path", None)
        return {"units": path, **entry}
