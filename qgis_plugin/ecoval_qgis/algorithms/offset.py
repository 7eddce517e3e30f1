"""What the algorithms of the offset balance share: sinks, a stage, the outputs of an assessment."""

import os

from qgis.core import (
    QgsFields,
    QgsProcessing,
    QgsProcessingOutputBoolean,
    QgsProcessingOutputFile,
    QgsProcessingOutputFolder,
    QgsProcessingOutputHtml,
    QgsProcessingOutputString,
    QgsProcessingOutputVectorLayer,
    QgsProcessingParameterFeatureSink,
)

from .. import offsets, projects, records
from ..compat import double_field, text_field
from ..i18n import language, tr
from .base import EcovalAlgorithm, mark

TEXTS = (
    *(
        "alternative_id",
        "patch_id",
        "service",
        "area_kind",
        "area_unit",
        "uom",
        "pv_uom",
        "annual_uom",
        "name",
        "candidate_id",
    ),
    *(
        "option_id",
        "right_id",
        "conflict_group",
        "excluded",
        "reason_en",
        "reason_zh",
        "regime",
        "kind",
        "clause",
        "status",
        "ok",
    ),
    *(
        "ok_cautious",
        "dominated_by",
        "less_loss_at_similar_cost",
        "chosen",
        "pareto",
        "ramp_shape",
        "run",
        "reason",
        "services",
    ),
    *("unit_id", "unit_name", "row", "absent_kinds", "proven", "impact_type"),
)


class OffsetAlgorithm(EcovalAlgorithm):
    """An algorithm of the group project balance."""

    section = mark("Project balance")

    def add_sink(self, name, label, kind=QgsProcessing.SourceType.TypeVector):
        """An optional copy of a result."""
        sink = QgsProcessingParameterFeatureSink(name, label, kind, optional=True, createByDefault=False)
        self.add(
            sink, tr("Not needed: the run folder holds it. Choose a file for a copy, for instance in a model."), True
        )

    def add_project_outputs(self):
        """Outputs of every step: the folder, and the project file that the engine read."""
        self.addOutput(QgsProcessingOutputFolder("FOLDER", tr("Run folder")))
        self.addOutput(QgsProcessingOutputFile("PROJECT_FILE", tr("Project file")))

    def add_verdict_outputs(self):
        """Outputs of a balance."""
        self.add_project_outputs()
        self.addOutput(QgsProcessingOutputString("VERDICT", tr("Verdict")))
        self.addOutput(QgsProcessingOutputString("VERDICT_CAUTIOUS", tr("Cautious verdict")))
        self.addOutput(QgsProcessingOutputBoolean("ROBUST", tr("Both are the same")))
        self.addOutput(QgsProcessingOutputVectorLayer("BALANCE_TABLE", tr("Balance")))
        self.addOutput(QgsProcessingOutputHtml("HTML", tr("Statement")))
        self.addOutput(QgsProcessingOutputFile("PDF", tr("Statement as PDF")))

    def fields(self, rows, names=None):
        """Fields of rows of a table: texts by name, all others numbers."""
        made = QgsFields()
        for name in names or (rows[0] if rows else ()):
            made.append(text_field(name) if name in TEXTS else double_field(name))
        return made

    def table_sink(self, parameters, name, context, path):
        """Copy a table of the engine into a sink; its path where nobody asked for one."""
        if not path or not os.path.isfile(path):
            return ""
        rows = records.table_rows(path)
        return offsets.rows_to_sink(self, parameters, name, context, rows, self.fields(rows)) or path

    def findings(self, answer, feedback):
        """Tell the errors and warnings of the table of checks."""
        path = (answer.get("outputs") or {}).get("checks")
        for row in records.table_rows(path) if path and os.path.isfile(path) else []:
            if row.get("level") in ("error", "warning"):
                feedback.pushWarning(row.get(language()) or row.get("en") or row["code"])

    def stage(self, name, parameters, context, feedback, folder, project):
        """One stage of the engine, which writes its tables and run.json into the folder."""
        request = {"project": project, "stage": name, "out": folder}
        request.update(self.common(parameters, context))
        answer = self.ask("offset", request, feedback)
        self.findings(answer, feedback)
        return answer

    def assess(self, parameters, context, feedback, folder, project, **options):
        """A whole assessment: the run folder with its statement, and the verdict.

        Returns
        -------
        mapping
            Outputs of the algorithm.
        """
        request = {"project": project, "stage": "assess", "out": folder, "overwrite": True}
        request.update(self.common(parameters, context))
        request.update(options)
        answer = self.ask("offset", request, feedback)
        self.findings(answer, feedback)
        made = {
            "FOLDER": folder,
            "OUT_FOLDER": folder,
            "PROJECT_FILE": project,
            "RUN_JSON": os.path.join(folder, "run.json"),
            "VERDICT": answer["verdict"],
            "VERDICT_CAUTIOUS": answer["verdict_cautious"],
            "ROBUST": bool(answer["robust"]),
            "HTML": offsets.statement(folder, language()),
            "PDF": offsets.statement(folder, language(), "pdf"),
            "BALANCE_TABLE": os.path.join(folder, "balance.csv"),
        }
        made["SUMMARY_HTML"] = made["HTML"]
        for reason in answer.get("reasons") or []:
            feedback.pushInfo(str(reason.get(language()) or reason.get("en") or reason.get("code")))
        for name, table in (("BALANCE", "balance"), ("GAP", "shortfalls"), ("STATUTORY", "statutory")):
            if self.parameterDefinition(name) is not None:
                target = self.table_sink(parameters, name, context, os.path.join(folder, table + ".csv"))
                if target:
                    made[name] = target
        if self.parameterDefinition("CHOSEN") is not None and "ticked" not in options:
            made["CHOSEN"] = self.chosen(parameters, context, folder)
        offsets.load_on_completion(folder, context)
        return made

    def chosen(self, parameters, context, folder):
        """The chosen parcels with their geometry."""
        layer = offsets.package_layer(folder, "candidates", "candidates")
        rows, shapes = [], []
        for feature in layer.getFeatures():
            if feature["share"] not in (None, "") and float(feature["share"] or 0.0) > 0.0:
                rows.append({field.name(): feature[field.name()] for field in layer.fields() if field.name() != "fid"})
                shapes.append(feature.geometry())
        names = [field.name() for field in layer.fields() if field.name() != "fid"]
        fields = self.fields(rows, names)
        target = offsets.rows_to_sink(
            self, parameters, "CHOSEN", context, rows, fields, shapes, layer.wkbType(), layer.crs()
        )
        return target or os.path.join(folder, "portfolio.csv")


def project_in(algorithm, parameters, context, feedback, folder, overrides=None):
    """Project file of a later step: PROJECT, else the folder of the credits, else that of the loss."""
    return projects.project(algorithm, parameters, context, feedback, folder, overrides, ("PROJECT", "CREDITS", "LOSS"))


def add_steps(algorithm):
    """LOSS and CREDITS of earlier steps."""
    text = tr("run.json or a table of that step: the project.toml beside it is read where PROJECT is empty.")
    algorithm.add_file("LOSS", tr("Loss of the project"), text)
    algorithm.add_file("CREDITS", tr("Credits of the candidates"), text)


def identifiers(text):
    """Identifiers of a text parted by semicolons, commas or spaces."""
    for mark_ in "；，,;":
        text = text.replace(mark_, " ")
    return text.split()
