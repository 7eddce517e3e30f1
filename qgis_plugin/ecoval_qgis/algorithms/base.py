"""What all algorithms share: names, help, the common parameters, and the way to the engine."""

import os

from qgis.core import (
    QgsProcessing,
    QgsProcessingException,
    QgsProcessingFeatureSourceDefinition,
    QgsProcessingOutputFile,
    QgsProcessingOutputHtml,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterField,
    QgsProcessingParameterFile,
    QgsProcessingParameterFolderDestination,
    QgsProcessingParameterNumber,
    QgsProcessingParameterRasterLayer,
    QgsProcessingUtils,
)
from qgis.PyQt.QtCore import QUrl
from qgis.PyQt.QtGui import QIcon

from .. import catalogue, inputs, session
from ..i18n import language, tr
from ..icon import ICON
from .lookup import LooksUpFirst

HELP = os.path.join(os.path.dirname(os.path.dirname(__file__)), "help")
ENCODINGS = ["auto", "UTF-8", "GBK", "GB18030"]
INVALID = ["fix", "skip", "stop"]
ADVANCED = QgsProcessingParameterDefinition.Flag.FlagAdvanced
HIDDEN = QgsProcessingParameterDefinition.Flag.FlagHidden


def mark(text):
    """Text that is translated where it is shown."""
    return text


def gone(value, context):
    """Whether a text names a layer that neither the project nor the disk has."""
    if isinstance(value, QgsProcessingFeatureSourceDefinition):
        value = value.source.staticValue()
    if not isinstance(value, str) or not value or os.path.exists(value.split("|")[0]):
        return False
    return QgsProcessingUtils.mapLayerFromString(value, context) is None


class EcovalAlgorithm(LooksUpFirst):
    """One algorithm of the provider.

    A subclass gives `identifier`, `title`, `section`, `words`, `summary`, its parameters in `declare` and its work
    in `compute`.
    """

    identifier = ""
    title = ""
    section = ""
    words = ""
    summary = ""

    def createInstance(self):
        """Another object of the same kind."""
        return type(self)()

    def name(self):
        """Identifier within the provider."""
        return self.identifier

    def displayName(self):
        """Name in the toolbox."""
        return tr(self.title)

    def group(self):
        """Group in the toolbox."""
        return tr(self.section)

    def groupId(self):
        """Identifier of the group."""
        return self.section.lower().replace(" ", "_")

    def tags(self):
        """Search words in Chinese, English and pinyin."""
        return self.words.split()

    def shortDescription(self):
        """First sentence of the help."""
        return tr(self.summary)

    def shortHelpString(self):
        """Text beside the dialog."""
        return tr(self.summary)

    def helpUrl(self):
        """Help page in the zip, in the language of the user."""
        return QUrl.fromLocalFile(os.path.join(HELP, language(), self.identifier + ".html")).toString()

    def icon(self):
        """Icon in the toolbox."""
        return QIcon(ICON)

    def svgIconPath(self):
        """Icon as file."""
        return ICON

    def initAlgorithm(self, config=None):
        """Declare the parameters."""
        self.declare()

    def declare(self):
        """Add parameters and outputs."""
        raise NotImplementedError

    def compute(self, parameters, context, feedback):
        """Do the work and give the outputs."""
        raise NotImplementedError

    def checkParameterValues(self, parameters, context):
        """Refuse a layer that is gone in the words of the plugin, then what QGIS itself refuses."""
        for each in self.parameterDefinitions():
            if isinstance(each, QgsProcessingParameterFeatureSource) and gone(parameters.get(each.name()), context):
                text = tr("The layer of {name} cannot be opened; it may have been removed. Choose it again.")
                return False, text.format(name=each.name())
        return super().checkParameterValues(parameters, context)

    def processAlgorithm(self, parameters, context, feedback):
        """Run; a cancelled run gives no outputs."""
        try:
            return self.compute(parameters, context, feedback)
        except session.Stopped:
            feedback.pushInfo(tr("Cancelled; the project is unchanged."))
            return {}
        except OSError as error:
            text = tr(
                "The file {path} cannot be written or read: {reason}. Close what "
                "holds it open, or choose another folder."
            )
            raise QgsProcessingException(
                text.format(path=error.filename or "", reason=error.strerror or str(error))
            ) from None
        finally:
            self.looked_up.clear()

    # declaring

    def add(self, parameter, text, advanced=False):
        """Add a parameter with its help."""
        parameter.setHelp(text)
        if advanced:
            parameter.setFlags(parameter.flags() | ADVANCED)
        self.addParameter(parameter)

    def add_units(self, name=False):
        """UNITS and UNIT_ID, and UNIT_NAME where `name`."""
        polygon = [QgsProcessing.SourceType.TypeVectorPolygon]
        self.add(
            QgsProcessingParameterFeatureSource("UNITS", tr("Spatial units"), polygon),
            tr("Polygons, one row per unit. Selected features only, filters and edits are honoured."),
        )
        self.add(
            QgsProcessingParameterField("UNIT_ID", tr("Field of the unit codes"), parentLayerParameterName="UNITS"),
            tr("Field that holds a unique code per unit; codes are text."),
        )
        if name:
            self.add(
                QgsProcessingParameterField(
                    "UNIT_NAME", tr("Field of the names"), parentLayerParameterName="UNITS", optional=True
                ),
                tr("Field that holds the name of each unit."),
            )

    def add_role(self, role, optional=True, advanced=False):
        """One raster of a role, labelled and explained by the catalogue."""
        self.add(
            QgsProcessingParameterRasterLayer(role.upper(), catalogue.label(role), optional=optional),
            catalogue.role_help(role),
            advanced,
        )

    def add_file(self, name, label, text, optional=True, advanced=False, folder=False, **options):
        """A file or folder."""
        kind = QgsProcessingParameterFile.Behavior.Folder if folder else QgsProcessingParameterFile.Behavior.File
        self.add(QgsProcessingParameterFile(name, label, behavior=kind, optional=optional, **options), text, advanced)

    def add_choice(self, name, label, choices, text, default=None, optional=False, multiple=False, advanced=False):
        """A choice by identifier, so that scripts do not change with the order."""
        parameter = QgsProcessingParameterEnum(
            name,
            label,
            list(choices),
            allowMultiple=multiple,
            defaultValue=default,
            optional=optional,
            usesStaticStrings=True,
        )
        self.add(parameter, text, advanced)

    def add_number(
        self, name, label, text, default=None, low=None, high=None, optional=True, advanced=False, whole=True
    ):
        """A number."""
        kind = QgsProcessingParameterNumber.Type.Integer if whole else QgsProcessingParameterNumber.Type.Double
        parameter = QgsProcessingParameterNumber(name, label, type=kind, defaultValue=default, optional=optional)
        if low is not None:
            parameter.setMinimum(low)
        if high is not None:
            parameter.setMaximum(high)
        self.add(parameter, text, advanced)

    def add_folder(self):
        """OUT_FOLDER, and the advanced parameters of every run."""
        self.add(
            QgsProcessingParameterFolderDestination(
                "OUT_FOLDER", tr("Run folder"), optional=True, createByDefault=False
            ),
            tr(
                "New folder of the results. Empty: ecoval_runs/<date and time> beside "
                "the project, or in the home folder."
            ),
        )
        self.add_choice(
            "ENCODING",
            tr("Text encoding of the units"),
            ENCODINGS,
            tr("auto reads what the file says; choose GBK where names of an old shapefile are broken."),
            default="auto",
            advanced=True,
        )
        self.add_choice(
            "INVALID",
            tr("Invalid geometries"),
            INVALID,
            tr("fix repairs and lists them, skip leaves them out and lists them, stop refuses."),
            default="fix",
            advanced=True,
        )
        self.add_number(
            "THREADS", tr("Threads"), tr("Threads of the engine; 0 takes all cores."), 0, 0, 256, advanced=True
        )
        self.add_hidden_number("SEED")
        self.addOutput(QgsProcessingOutputFile("RUN_JSON", tr("Record of the run")))
        self.addOutput(QgsProcessingOutputHtml("SUMMARY_HTML", tr("Summary")))

    def add_hidden_number(self, name):
        """A number in no form: models and scripts may name it, as they could before."""
        parameter = QgsProcessingParameterNumber(name, name, optional=True)
        parameter.setFlags(parameter.flags() | HIDDEN)
        self.addParameter(parameter)

    # reading

    def text(self, parameters, name, context):
        """Text of a parameter, empty where it is not given."""
        return (self.parameterAsString(parameters, name, context) or "").strip()

    def path(self, parameters, name, context):
        """Path of a file or folder parameter, absolute, empty where it is not given."""
        value = (self.parameterAsFile(parameters, name, context) or "").strip()
        return os.path.abspath(value) if value else ""

    def choice(self, parameters, name, context):
        """Identifier of a choice, empty where it is not given."""
        if parameters.get(name) is None and self.parameterDefinition(name).defaultValue() is None:
            return ""
        return self.parameterAsEnumString(parameters, name, context)

    def choices(self, parameters, name, context):
        """Identifiers of a multiple choice."""
        if parameters.get(name) is None and self.parameterDefinition(name).defaultValue() is None:
            return []
        return [value for value in self.parameterAsEnumStrings(parameters, name, context) if value]

    def whole(self, parameters, name, context):
        """Whole number, or None where it is not given."""
        if parameters.get(name) is None and self.parameterDefinition(name).defaultValue() is None:
            return None
        return self.parameterAsInt(parameters, name, context)

    def units(self, parameters, context, feedback, folder, only=False):
        """The unit set as the engine reads it: path, id, name, layer, crs, encoding, only."""
        return inputs.units(self, parameters, context, feedback, folder, only)

    def raster(self, parameters, name, context):
        """Path and declared CRS of a raster parameter, or None."""
        if parameters.get(name) in (None, ""):
            return None
        layer = self.parameterAsRasterLayer(parameters, name, context)
        return inputs.raster(layer, parameters.get(name), name)

    def out_folder(self, parameters, context, name):
        """The run folder, made where it is not there."""
        given = self.text(parameters, "OUT_FOLDER", context)
        return inputs.run_folder(given, name, context)

    def common(self, parameters, context):
        """Options of the request that every run has."""
        threads = self.whole(parameters, "THREADS", context)
        return {"threads": threads} if threads else {}

    def prepared(self, answer, feedback, **names):
        """Say the notes of a preparation, and give its recipe and further files.

        Parameters
        ----------
        answer : mapping
        feedback : QgsProcessingFeedback
        names : text
            Output -> name of a file in the answer; what was not made is left out.

        Returns
        -------
        mapping
        """
        for note in answer.get("notes") or []:
            feedback.pushInfo(
                str(note.get(language()) or note.get("en") or "") if isinstance(note, dict) else str(note)
            )
        found = answer.get("outputs") or {}
        names = dict(names, RECIPE="recipe", RUN_JSON="recipe")
        return {key: str(found[name]) for key, name in names.items() if found.get(name)}

    def prepare(self, request, target, feedback):
        """Ask for a preparation; where codes or names were not matched, say which table lists all of them.

        Parameters
        ----------
        request : mapping
        target : text
            File that is made.
        feedback : QgsProcessingFeedback

        Returns
        -------
        mapping
        """
        table = os.path.splitext(target)[0] + "_unmatched.csv"
        before = os.stat(table).st_mtime_ns if os.path.isfile(table) else None
        try:
            return self.ask("prepare", request, feedback)
        except QgsProcessingException as error:
            if os.path.isfile(table) and os.stat(table).st_mtime_ns != before:
                text = tr("All that was not matched: {path}").format(path=table)
                raise QgsProcessingException("{} {}".format(error, text)) from None
            raise

    def ask(self, method, params, feedback):
        """Send a request to the engine."""
        return session.request(method, params, feedback)
