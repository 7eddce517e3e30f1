"""ecoval:offset_credits, what each candidate parcel gives to each service and area."""

import os

from qgis.core import (
    QgsProcessing,
    QgsProcessingOutputVectorLayer,
    QgsProcessingParameterMultipleLayers,
)

from .. import offsets, projects, records
from ..i18n import language, tr
from .base import mark
from .offset import OffsetAlgorithm

FIELDS = {"MEASURE": "option_id", "TARGET_CLASS": "kind_target", "START": "start_year", "SUCCESS": "success"}


class OffsetCredits(OffsetAlgorithm):
    """Credits of candidates, and why some are left out."""

    identifier = "offset_credits"
    title = mark("Credits of candidate parcels")
    words = "offset credits candidates 补偿 候选 地块 增益 buchang houxuan zengyi compensation"
    summary = mark(
        "Computes what each candidate parcel gives to every service in every area, after success, leakage, time lag "
        "and place, "
        "and lists the parcels that cannot serve with the reason."
    )

    def declare(self):
        """Parameters and outputs."""
        projects.declare_project(self)
        projects.add_layer(
            self,
            "CANDIDATES",
            tr("Candidate parcels"),
            tr("Polygons with candidate_id, kind_now, kind_target and costs."),
        )
        for name, label, text in (
            ("MEASURE", tr("Measure"), tr("Name of the measure for all parcels, or the field that holds it.")),
            (
                "TARGET_CLASS",
                tr("Class after restoration"),
                tr("Code of the ecosystem type for all, or the field that holds it."),
            ),
            ("START", tr("Start of restoration"), tr("Year for all parcels, or the field that holds it.")),
            ("SUCCESS", tr("Probability of success"), tr("A share for all parcels, or the field that holds it.")),
        ):
            projects.add_text(self, name, label, text)
        self.add(
            QgsProcessingParameterMultipleLayers(
                "EXCLUDE", tr("Land that cannot serve"), QgsProcessing.SourceType.TypeVectorPolygon, optional=True
            ),
            tr(
                "Protected land: parcels on it give nothing additional unless they say why. "
                "Used in place of that of the project file."
            ),
        )
        projects.declare_rules(self)
        self.add_sink("CREDITS", tr("Copy of the credits"))
        self.add_sink("EXCLUDED", tr("Copy of the excluded parcels"))
        self.add_folder()
        self.add_project_outputs()
        self.addOutput(QgsProcessingOutputVectorLayer("CANDIDATES_TABLE", tr("Candidate parcels")))

    def compute(self, parameters, context, feedback):
        """Ask the engine for the stage."""
        folder = self.out_folder(parameters, context, "credits")
        overrides = {}
        if parameters.get("CANDIDATES") not in (None, ""):
            overrides["candidates"] = self._candidates(parameters, context, feedback, folder)
        layers = self.parameterAsLayerList(parameters, "EXCLUDE", context) or []
        if layers:
            path = projects.merged(layers, os.path.join(folder, "inputs", "exclude.fgb"), context)
            overrides["exclusions"] = {"protected": path}
        project = projects.project(self, parameters, context, feedback, folder, overrides)
        self.stage(
            "loss", parameters, context, feedback, folder, project
        )  # kept by the engine: the credits need it anyway
        answer = self.stage("credits", parameters, context, feedback, folder, project)
        found = answer["outputs"]
        out = [row for row in records.table_rows(found["candidates"]) if row["excluded"]]
        for row in out:
            feedback.pushInfo("{} {}: {}".format(row["candidate_id"], row["name"], row["reason_" + language()]))
        names = ("candidate_id", "option_id", "name", "area", "excluded", "reason_en", "reason_zh")
        columns = (
            "candidate_id",
            "service",
            "area_unit",
            "gain",
            "credit",
            "credit_low",
            "credit_high",
            "uom",
            "weight",
        )
        page = os.path.join(folder, "credits.html")
        made = {
            "FOLDER": folder,
            "OUT_FOLDER": folder,
            "PROJECT_FILE": project,
            "RUN_JSON": os.path.join(folder, "run.json"),
            "SUMMARY_HTML": offsets.rows_page(page, tr("Credits of candidate parcels"), found["credits"], columns),
            "CREDITS": self.table_sink(parameters, "CREDITS", context, found["credits"]),
            "CANDIDATES_TABLE": found["candidates"],
        }
        target = offsets.rows_to_sink(self, parameters, "EXCLUDED", context, out, self.fields(out, names))
        if target:
            made["EXCLUDED"] = target
        return made

    def _candidates(self, parameters, context, feedback, folder):
        """Entry [candidates]: fields by name, constants into a copy."""
        source = self.parameterAsSource(parameters, "CANDIDATES", context)
        names = [field.name() for field in source.fields()] if source is not None else []
        constants, named = {}, {}
        for parameter, key in FIELDS.items():
            text = self.text(parameters, parameter, context)
            if text and text in names:
                named[key] = text
            elif text:
                constants[key] = text if key == "option_id" else projects.number(text, parameter)
        entry = projects.layer(self, parameters, "CANDIDATES", context, feedback, folder, constants)
        return dict(entry, fields=named) if named else entry
