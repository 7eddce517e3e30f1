"""ecoval:project_loss, what a project takes from each service and area."""

import os

from qgis.core import (
    QgsGeometry,
    QgsProcessing,
    QgsProcessingOutputVectorLayer,
    QgsProcessingParameterString,
    QgsVectorLayer,
)

from .. import offsets, projects, records
from ..i18n import tr
from .base import mark
from .offset import OffsetAlgorithm


class ProjectLoss(OffsetAlgorithm):
    """Loss per alternative, service and area."""

    identifier = "project_loss"
    title = mark("Loss of a project")
    words = "project loss impact 项目 占用 损失 影响 评估 zhanyong sunshi yingxiang footprint offset"
    summary = mark(
        "Computes what each alternative of a project takes from every service in every area: direct and outside the "
        "footprint, "
        "temporary and permanent, per year and as present value, with its range."
    )

    def declare(self):
        """Parameters and outputs."""
        projects.declare_project(self)
        projects.add_layer(
            self,
            "INFLUENCE",
            tr("Zones of influence"),
            tr(
                "Polygons outside the footprint with the loss fraction of each service in the field loss, as the "
                "project file says."
            ),
            advanced=True,
        )
        projects.declare_layers(self)
        self.add(
            QgsProcessingParameterString("NAME", tr("Name of the project"), optional=True),
            tr("Title of the statement."),
            True,
        )
        self.add_sink("LOSS", tr("Copy of the losses"))
        self.add_sink("AFFECTED", tr("Copy of the affected areas"), QgsProcessing.SourceType.TypeVectorPolygon)
        self.add_folder()
        self.add_project_outputs()
        self.addOutput(QgsProcessingOutputVectorLayer("ALTERNATIVES", tr("Alternatives")))

    def compute(self, parameters, context, feedback):
        """Ask the engine for the stage."""
        folder = self.out_folder(parameters, context, "loss")
        overrides = {}
        if self.text(parameters, "NAME", context):
            overrides["project"] = {"name": self.text(parameters, "NAME", context)}
        if parameters.get("INFLUENCE") not in (None, ""):
            overrides["influence"] = projects.layer(self, parameters, "INFLUENCE", context, feedback, folder)
        project = projects.project(self, parameters, context, feedback, folder, overrides)
        answer = self.stage("loss", parameters, context, feedback, folder, project)
        found = answer["outputs"]
        columns = ("alternative_id", "service", "area_unit", "annual", "uom", "pv", "pv_low", "pv_high", "pv_uom")
        page = os.path.join(folder, "losses.html")
        made = {
            "FOLDER": folder,
            "OUT_FOLDER": folder,
            "PROJECT_FILE": project,
            "RUN_JSON": os.path.join(folder, "run.json"),
            "SUMMARY_HTML": offsets.rows_page(page, tr("Loss of a project"), found["losses"], columns),
            "LOSS": self.table_sink(parameters, "LOSS", context, found["losses"]),
            "ALTERNATIVES": found["alternatives"],
        }
        if parameters.get("AFFECTED"):
            made["AFFECTED"] = self._affected(parameters, context, feedback, project, found["debits"])
        return made

    def _affected(self, parameters, context, feedback, project, debits):
        """Areas in which the chosen alternative takes something."""
        content = self.ask("offset", {"stage": "declaration", "project": project}, feedback)["project"]
        areas = dict(content["project"].get("area_units", {}), **content.get("area_units", {}))
        lost = {}
        for row in records.table_rows(debits):
            if float(row["debit"] or 0.0) > 0.0:
                lost.setdefault((row["area_kind"], row["area_unit"]), []).append(offsets.service_label(row["service"]))
        rows, shapes, crs = [], [], None
        for kind, entry in areas.items():
            if not isinstance(entry, dict) or "path" not in entry:
                continue
            uri = entry["path"] + ("|layername=" + entry["layer"] if entry.get("layer") else "")
            layer = QgsVectorLayer(uri, kind, "ogr")
            crs = crs or layer.crs()
            for feature in layer.getFeatures() if layer.isValid() and layer.crs() == crs else []:
                code = str(feature[entry.get("id", "unit_id")])
                if (kind, code) in lost:
                    name = str(feature[entry["name"]]) if entry.get("name") else code
                    rows.append(
                        {"area_kind": kind, "unit_id": code, "name": name, "services": "; ".join(lost[kind, code])}
                    )
                    shapes.append(QgsGeometry(feature.geometry()))
        if not rows:
            feedback.pushWarning(
                tr("No area of a layer is affected, or the areas are unit sets of the study: AFFECTED is not written.")
            )
            return ""
        for shape in shapes:
            shape.convertToMultiType()
        fields = self.fields(rows)
        return offsets.rows_to_sink(
            self, parameters, "AFFECTED", context, rows, fields, shapes, shapes[0].wkbType(), crs
        )
