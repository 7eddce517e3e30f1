"""What all algorithms share: help, refusals, readers of parameters, and the way to the engine."""

import os

from qgis.core import (
    QgsProcessingException,
    QgsProcessingFeatureSourceDefinition,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterFile,
    QgsProcessingUtils,
)
from qgis.PyQt.QtCore import QUrl
from qgis.PyQt.QtGui import QIcon

from .. import inputs, session
from ..i18n import language, tr
from ..icon import ICON
from .lookup import LooksUpFirst

HELP = os.path.join(os.path.dirname(os.path.dirname(__file__)), "help")
ADVANCED = QgsProcessingParameterDefinition.Flag.FlagAdvanced


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

    def add_file(self, name, label, text, optional=True, advanced=False, folder=False, **options):
        """A file or folder."""
        kind = QgsProcessingParameterFile.Behavior.Folder if folder else QgsProcessingParameterFile.Behavior.File
        self.add(QgsProcessingParameterFile(name, label, behavior=kind, optional=optional, **options), text, advanced)

    def add_choice(self, name, label, choices, text, default=None, advanced=False):
        """A choice by identifier, so that scripts do not change with the order."""
        parameter = QgsProcessingParameterEnum(
            name,
            label,
            list(choices),
            allowMultiple=False,
            defaultValue=default,
            optional=False,
            usesStaticStrings=True,
        )
        self.add(parameter, text, advanced)

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

    def ask(self, method, params, feedback):
        """Send a request to the engine."""
        return session.request(method, params, feedback)
