"""ecoval:map_atlas, maps of a run as PDF and pictures."""

import os

from qgis.core import (
    NULL,
    QgsPrintLayout,
    QgsProcessingAlgorithm,
    QgsProcessingOutputFile,
    QgsProcessingOutputFolder,
    QgsProcessingOutputNumber,
    QgsProcessingParameterNumber,
    QgsProcessingParameterString,
    QgsProject,
    QgsReadWriteContext,
)
from qgis.PyQt.QtXml import QDomDocument

from .. import atlas, inputs, legend, lettering, outputs, records
from ..i18n import tr
from .base import EcovalAlgorithm, mark


class MapAtlas(EcovalAlgorithm):
    """A page per unit, or one page."""

    identifier = "map_atlas"
    title = mark("Map atlas of a run")
    section = mark("Results")
    words = "atlas map pdf layout 地图册 专题图 出图 ditu tuce chutu print"
    summary = mark(
        "Writes a PDF with a map and the figures of every unit, or one overview page; Chinese text is embedded."
    )

    def flags(self):
        """In the main thread: layouts touch the project."""
        return super().flags() | QgsProcessingAlgorithm.Flag.FlagNoThreading

    def declare(self):
        """Parameters and outputs."""
        self.add_file("RUN", tr("Run folder"), tr("Folder that holds run.json."), optional=False, folder=True)
        self.add(
            QgsProcessingParameterString("LAYER", tr("Unit set"), optional=True),
            tr("Which unit set of the run; empty takes the first."),
        )
        self.add(
            QgsProcessingParameterString("COLUMN", tr("Column shown"), defaultValue="", optional=True),
            tr(
                "Column of the unit layer that the colours show, such as gep, gep_per_km2 or water_retention_value; "
                "empty takes the GEP where every unit has one, else the subtotal."
            ),
        )
        self.add_choice(
            "PAGE", tr("Pages"), ["units", "overview"], tr("One page per unit, or one page for all."), default="units"
        )
        self.add_file(
            "TEMPLATE",
            tr("Own layout"),
            tr("Layout template .qpt of QGIS; empty takes the packaged layout."),
            extension="qpt",
        )
        self.add(
            QgsProcessingParameterString("TITLE", tr("Title"), optional=True),
            tr("Empty takes the name of the account."),
        )
        self.add(
            QgsProcessingParameterString("AGENCY", tr("Agency"), optional=True), tr("Stands at the foot of each page.")
        )
        for name, (label, text) in texts().items():
            self.add(QgsProcessingParameterString(name, label, optional=True), text)
        self.add(
            QgsProcessingParameterNumber("SCALE", tr("Scale 1 :"), optional=True, minValue=1.0),
            tr("Denominator of the scale of every page, such as 250000; empty fits the page to the unit."),
        )
        self.add_choice(
            "PICTURES",
            tr("Pictures"),
            ["no", "yes"],
            tr("yes writes each page also as PNG."),
            default="no",
            advanced=True,
        )
        self.addOutput(QgsProcessingOutputFile("PDF", tr("PDF")))
        self.addOutput(QgsProcessingOutputFolder("PNG_FOLDER", tr("Folder of the pictures")))
        self.addOutput(QgsProcessingOutputNumber("PAGES", tr("Pages")))

    def compute(self, parameters, context, feedback):
        """Build the layout in a project of its own and export it."""
        run = self.path(parameters, "RUN", context)
        said = records.record(run)
        if said is None:
            inputs.refuse(tr("{path} is no run folder: it holds no run.json."), path=run)
        if not lettering.chinese_font():
            feedback.pushWarning(
                tr(
                    "No font with Chinese letters is installed: Chinese names will be "
                    "boxes. Install one, such as Noto Sans CJK."
                )
            )
        layer = outputs.unit_layer(run, self.text(parameters, "LAYER", context))
        column = self.text(parameters, "COLUMN", context) or records.total_column(
            run, self.text(parameters, "LAYER", context)
        )
        if layer is None or layer.fields().lookupField(column) < 0:
            inputs.refuse(tr("The run {path} has no column {column}."), path=run, column=column)
        project = QgsProject()
        scale = legend.scale_for(context.project() or project, layer, column)
        legend.style(layer, column, scale.bounds)
        project.addMapLayer(layer)
        per_unit = self.choice(parameters, "PAGE", context) == "units"
        title = self.text(parameters, "TITLE", context) or "{} · {}".format(
            said.get("name", ""), records.headline_texts(run, self.text(parameters, "LAYER", context))["name"]
        )
        template = self.path(parameters, "TEMPLATE", context)
        if template:
            made = from_template(project, template, layer, per_unit)
        else:
            agency, written = self.text(parameters, "AGENCY", context), []
            for name, (label, _) in texts().items():
                written.append((label, self.text(parameters, name, context)))
            fixed = parameters.get("SCALE") not in (None, NULL, "")
            ratio = self.parameterAsDouble(parameters, "SCALE", context) if fixed else 0.0
            made = atlas.layout(project, layer, run, title, agency, per_unit, ratio, written)
        path = os.path.join(run, "atlas.pdf" if per_unit else "overview.pdf")
        atlas.export_pdf(made, path, feedback)
        answer = {"PDF": path, "PAGES": made.atlas().count() if per_unit else 1}
        if self.choice(parameters, "PICTURES", context) == "yes":
            answer["PNG_FOLDER"] = os.path.join(run, "atlas")
            atlas.export_pictures(made, answer["PNG_FOLDER"], feedback)
        return answer


def texts():
    """What an office may have to print beside a map: parameter -> its name, and what it is."""
    return {
        "APPROVAL": (tr("Map approval number"), tr("Approval number of the map, as the authority gave it.")),
        "SECRECY": (tr("Secrecy grade"), tr("Secrecy grade of the map, as the agency classified it.")),
        "DATA_SOURCE": (tr("Data source"), tr("Where boundaries and data come from.")),
    }


def from_template(project, path, layer, per_unit):
    """Layout of a .qpt whose atlas runs over the units."""
    with open(path, encoding="utf-8") as stream:
        document = QDomDocument()
        document.setContent(stream.read())
    made = QgsPrintLayout(project)
    made.loadFromTemplate(document, QgsReadWriteContext())
    made.atlas().setEnabled(per_unit)
    made.atlas().setCoverageLayer(layer)
    made.atlas().updateFeatures()
    return made
