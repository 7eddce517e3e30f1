"""ecoval:compare_alternatives, the alternatives of a project side by side."""

import os

from qgis.core import (
    QgsProcessing,
    QgsProcessingOutputHtml,
    QgsProcessingOutputVectorLayer,
    QgsProcessingParameterMultipleLayers,
)

from .. import catalogue, inputs, offsets, projects, records
from ..i18n import tr
from .base import mark
from .offset import OffsetAlgorithm

COLUMNS = (
    "alternative_id",
    "chosen",
    "area",
    "cost",
    "value_pv",
    "index",
    "dominated_by",
    "pareto",
    "no_go_area",
    "red_line_area",
)


class CompareAlternatives(OffsetAlgorithm):
    """Losses, cost, overlaps and dominance of alternatives."""

    identifier = "compare_alternatives"
    title = mark("Compare alternatives")
    words = "alternatives avoid 方案 比选 避免 fangan bixuan bimian pareto"
    summary = mark(
        "Puts the alternatives of a project side by side: area, cost, value of the loss, overlaps with red line and "
        "no-go land, "
        "and which are beaten by another in every service. Several runs of the loss can be listed together."
    )

    def declare(self):
        """Parameters and outputs."""
        projects.declare_project(self)
        self.add(
            QgsProcessingParameterMultipleLayers(
                "RUNS", tr("Loss runs"), QgsProcessing.SourceType.TypeFile, optional=True
            ),
            tr("run.json or project.toml of earlier losses, listed below each other; dominance holds within each run."),
        )
        self.add_sink("TABLE", tr("Copy of the table"))
        self.add_folder()
        self.add_project_outputs()
        self.addOutput(QgsProcessingOutputHtml("HTML", tr("Comparison")))
        self.addOutput(QgsProcessingOutputVectorLayer("ALTERNATIVES", tr("Alternatives")))

    def compute(self, parameters, context, feedback):
        """Read earlier runs, or ask the engine for the loss."""
        folder = self.out_folder(parameters, context, "alternatives")
        made = {"FOLDER": folder, "OUT_FOLDER": folder}
        folders = [
            path if os.path.isdir(path) else os.path.dirname(path)
            for path in self.parameterAsFileList(parameters, "RUNS", context)
            if path
        ]
        if not folders:
            project = projects.project(self, parameters, context, feedback, folder)
            self.stage("loss", parameters, context, feedback, folder, project)
            made.update(PROJECT_FILE=project, RUN_JSON=os.path.join(folder, "run.json"))
            folders = [folder]
        rows, losses = [], []
        for each in folders:
            path = os.path.join(each, "alternatives.csv")
            if not os.path.isfile(path):
                inputs.refuse(tr("{path} is no loss run: it holds no alternatives.csv."), path=each)
            name = os.path.basename(os.path.abspath(each))
            rows += [dict({"run": name}, **row) for row in records.table_rows(path)]
            losses += [dict({"run": name}, **row) for row in records.table_rows(os.path.join(each, "losses.csv"))]
        tables = []
        for head, source, columns in (
            (tr("Alternatives"), rows, COLUMNS),
            (tr("Losses"), losses, ("alternative_id", "service", "area_unit", "annual", "uom", "pv", "pv_uom")),
        ):
            columns = ("run", *columns) if len(folders) > 1 else columns
            cells = [
                [
                    offsets.service_label(row[name]) if name == "service" else offsets.shown(row.get(name))
                    for name in columns
                ]
                for row in source
            ]
            tables.append((head, [catalogue.label(name) for name in columns], cells))
        made["HTML"] = made["SUMMARY_HTML"] = offsets.page(
            os.path.join(folder, "alternatives.html"), tr("Compare alternatives"), tables
        )
        target = offsets.rows_to_sink(self, parameters, "TABLE", context, rows, self.fields(rows))
        made["TABLE"] = target or os.path.join(folders[0], "alternatives.csv")
        made["ALTERNATIVES"] = os.path.join(folders[0], "alternatives.csv")
        return made
