"""An algorithm that a declaration makes: form and help, its parameters into a request, the answer into outputs."""

import os

from qgis.core import QgsProcessingException

from .. import declared, inputs, outputs, projects, studies
from ..i18n import language, tr
from . import parameters as kinds
from . import reading, special
from .base import EcovalAlgorithm

BUILDS = {"study": studies.of_call, "project": projects.of_call}


class DeclaredAlgorithm(EcovalAlgorithm):
    """One algorithm of `operations.json`."""

    def __init__(self, entry):
        super().__init__()
        self.entry = entry
        self.identifier = entry["name"]

    def createInstance(self):
        """Another object of the same kind."""
        return type(self)(self.entry)

    def displayName(self):
        """Name in the toolbox."""
        return declared.said(self.entry["title"])

    def group(self):
        """Group in the toolbox."""
        return declared.said(self.entry["group"])

    def groupId(self):
        """Identifier of the group."""
        return self.entry["group"]["en"].lower().replace(" ", "_")

    def tags(self):
        """Search words in Chinese, English and pinyin."""
        return self.entry["tags"].split()

    def shortDescription(self):
        """First sentence of the help."""
        return declared.said(self.entry["summary"])

    def shortHelpString(self):
        """Text beside the dialog."""
        return declared.said(self.entry["summary"])

    def declare(self):
        """Parameters and outputs."""
        for entry in self.entry["parameters"]:
            for each in kinds.definitions(entry):
                self.addParameter(each)
        for entry in self.entry["outputs"]:
            self.addOutput(kinds.output(entry))

    def compute(self, parameters, context, feedback):
        """Read the parameters, ask the engine, give the outputs."""
        call = Call(self, parameters, context, feedback)
        return special.WAYS[self.entry["special"]](call)


class Call:
    """One run of a declared algorithm.

    Parameters
    ----------
    algorithm : DeclaredAlgorithm
    parameters : mapping
    context : QgsProcessingContext
    feedback : QgsProcessingFeedback
    """

    def __init__(self, algorithm, parameters, context, feedback):
        self.algorithm, self.parameters, self.context, self.feedback = algorithm, parameters, context, feedback
        self.entry = algorithm.entry
        self.made = {}  # output -> value
        self.convert = None  # what is written, and where it was asked for
        self.target = self._target()
        self.folder = self._folder()
        self.request = dict(self.entry["fixed"])
        for entry in self.entry["parameters"]:
            read = reading.TYPES.get(entry["type"])
            if read is not None:
                reading.fill(self.request, entry, read(self, entry))
        for field, build in self.entry["builds"].items():
            self.request[field] = BUILDS[build](self)
        if self.target:
            self.request["out"] = self.target
        elif self.entry["folder"]:
            self.request.setdefault("out", self.folder)

    def __getattr__(self, name):
        """Readers of the algorithm (text, path, choice, whole ...) without parameters and context."""
        method = getattr(self.algorithm, name)
        return lambda parameter: method(self.parameters, parameter, self.context)

    def has(self, name):
        """Whether the algorithm has a parameter and it is given."""
        return self.algorithm.parameterDefinition(name) is not None and self.parameters.get(name) not in (None, "")

    def layers(self, name):
        """Layers of a parameter of several."""
        return self.algorithm.parameterAsLayerList(self.parameters, name, self.context) or []

    def _target(self):
        """The file that is written, where a parameter names it."""
        for entry in self.entry["parameters"]:
            if entry.get("fills") == "out" and entry["type"].startswith("out_"):
                path = self._written(entry)
                os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
                return path
        return ""

    def _written(self, entry):
        name = entry["name"]
        if entry["type"] == "out_file":
            path = self.algorithm.parameterAsFileOutput(self.parameters, name, self.context)
        else:
            path = self.algorithm.parameterAsOutputLayer(self.parameters, name, self.context)
        self.made[name] = path if entry["type"] == "out_vector" else os.path.abspath(path)
        if entry["type"] == "out_vector":  # the engine writes GeoPackages, QGIS what was asked for
            package = path if path.lower().endswith(".gpkg") else os.path.splitext(path)[0] + ".gpkg"
            self.convert = None if package == path else (package, path)
            return package
        return self.made[name]

    def _folder(self):
        """The run folder, made where it is not there; beside the target where there is one."""
        name = self.entry["folder"]
        if not name or (self.target and not self.text("OUT_FOLDER")):
            return os.path.dirname(self.target.split("|")[0])
        name = self.choice(name) if self.algorithm.parameterDefinition(name) is not None else name
        return inputs.run_folder(self.text("OUT_FOLDER"), name, self.context)

    def ask(self, method="", **request):
        """Send the request, or another one; where something was not matched, say which table lists all of it."""
        table = os.path.splitext(self.target)[0] + "_unmatched.csv" if self.target else ""
        before = os.stat(table).st_mtime_ns if os.path.isfile(table) else None
        try:
            answer = self.algorithm.ask(method or self.entry["method"], request or self.request, self.feedback)
        except QgsProcessingException as error:
            if os.path.isfile(table) and os.stat(table).st_mtime_ns != before:
                text = tr("All that was not matched: {path}").format(path=table)
                raise QgsProcessingException("{} {}".format(error, text)) from None
            raise
        if self.convert:
            outputs.convert(*self.convert, self.context)
        for note in answer.get("notes") or []:
            said = note.get(language()) or note.get("en") or "" if isinstance(note, dict) else note
            self.feedback.pushInfo(str(said))
        return answer

    def outputs(self, answer):
        """Outputs as they are declared; what the answer has not got is left out."""
        for entry in self.entry["outputs"]:
            table, _, name = entry["holds"].partition(".")
            value = (answer.get(table) or {}).get(name)
            if table == "numbers" and value is not None:
                self.made[entry["name"]] = value
            elif table == "outputs" and value:
                self.made[entry["name"]] = str(value)
        return self.made
