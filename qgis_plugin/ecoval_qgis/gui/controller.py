"""State of the account: which layer has which role, what is chosen; its one product is (algorithm id, parameters)."""

import json
import re
import shlex

from qgis.core import (
    QgsApplication,
    QgsProcessingAlgRunnerTask,
    QgsProcessingContext,
    QgsProject,
)
from qgis.PyQt.QtCore import QObject, pyqtSignal, pyqtSlot

from .. import catalogue, inputs, remembered
from ..engine import locate
from ..i18n import tr
from .feedback import Feedback
from .roles import ID_FIELDS, NAME_FIELDS, PATTERNS, first_field, fits, reference

ALGORITHM = "ecoval:gep_units"
SCOPE_ALL, SCOPE_SELECTED, SCOPE_DRAWN = "all", "selected", "drawn"
DEFAULTS = {
    "year": 2023,
    "price_year": 0,
    "standard": "open-2026",
    "region": "",
    "scheme": catalogue.OWN,
    "classes": "",
    "services": [],
    "statistics": [],
    "parameters": [],
    "prices": [],
    "options": "",
    "exclude": "",
    "roles": {},
    "name": "",
    "out": "",
    "id": "",
    "name_field": "",
    "scope": SCOPE_ALL,
    "live": False,
}


class Controller(QObject):
    """What the dock shows and runs."""

    changed = pyqtSignal()
    stirred = pyqtSignal()  # a run began or ended; what was chosen is the same
    progressed = pyqtSignal(float, str)
    noted = pyqtSignal(str, str)  # level, text
    ended = pyqtSignal(str, bool, dict)  # algorithm, whether it went well, outputs

    def __init__(self, parent=None):
        super().__init__(parent)
        self.assigned = {}
        self.guessed = set()
        self.settings = dict(DEFAULTS)
        self.drawn = ""
        self.job = self.past = None
        self.busy = ""
        self.quick = False
        self.failure = ""

    # roles and settings

    def load(self):
        """Read the project: its settings, the roles of its layers, guesses for the rest."""
        stored = remembered.read("settings")
        self.settings = dict(DEFAULTS)
        self.settings.update({key: value for key, value in stored.items() if key in DEFAULTS})
        self.assigned, self.guessed = {}, set()
        self.guess()

    def guess(self):
        """Give roles to layers: custom property, else name, geometry and data type."""
        layers = list(QgsProject.instance().mapLayers().values())
        for layer in layers:
            role = layer.customProperty("ecoval/role", "")
            if role and role not in self.assigned:
                self.assigned[role] = layer.id()
                self._read_details(role, layer)
        taken = set(self.assigned.values())
        for role, pattern in PATTERNS:
            if role in self.assigned:
                continue
            for layer in layers:
                if layer.id() in taken or not fits(role, layer) or not re.search(pattern, layer.name().lower()):
                    continue
                if layer.customProperty("ecoval/run", ""):
                    continue
                self.assigned[role] = layer.id()
                self.guessed.add(role)
                taken.add(layer.id())
                self._read_details(role, layer)
                break
        self.changed.emit()

    def _read_details(self, role, layer):
        if role == "units":
            known = [layer.customProperty("ecoval/id", ""), layer.customProperty("ecoval/name", "")]
            self.settings["id"] = known[0] or first_field(layer, ID_FIELDS) or self.settings["id"]
            self.settings["name_field"] = known[1] or first_field(layer, NAME_FIELDS)
        if role == "landcover":
            self.settings["classes"] = layer.customProperty("ecoval/classes", "") or self.settings["classes"]
        year = layer.customProperty("ecoval/year", "")
        if year:
            self.settings["year"] = int(year)

    def layer(self, role):
        """Layer of a role, or None where it is gone."""
        return QgsProject.instance().mapLayer(self.assigned.get(role, ""))

    def assign(self, role, layer):
        """Give a role to a layer; it is remembered in the layer and the project."""
        old = self.layer(role)
        if old is not None and old is not layer:
            old.removeCustomProperty("ecoval/role")
        self.guessed.discard(role)
        if layer is None:
            self.assigned.pop(role, None)
        else:
            self.assigned[role] = layer.id()
            layer.setCustomProperty("ecoval/role", role)
            if role == "units" and old is not layer:
                self.settings["id"] = first_field(layer, ID_FIELDS)
                self.settings["name_field"] = first_field(layer, NAME_FIELDS)
        self.store()

    def confirm(self):
        """Accept all guesses."""
        for role in list(self.guessed):
            layer = self.layer(role)
            if layer is not None:
                layer.setCustomProperty("ecoval/role", role)
        self.guessed.clear()
        self.store()

    def forget(self, identifiers):
        """Layers were removed from the project."""
        for role in [role for role, known in self.assigned.items() if known in identifiers]:
            del self.assigned[role]
            self.guessed.discard(role)
        if self.drawn in identifiers:
            self.drawn = ""
            self.settings["scope"] = SCOPE_ALL
        self.changed.emit()

    def set(self, key, value):
        """Change a setting."""
        if self.settings.get(key) != value:
            self.settings[key] = value
            self.store()

    def store(self):
        """Write the settings into the project."""
        remembered.write("settings", self.settings)
        self.changed.emit()

    def given(self):
        """Roles that have a layer or a file."""
        return (
            {role for role in self.assigned if self.layer(role) is not None}
            | set(self.settings["roles"])
            | self._tables()
        )

    def _tables(self):
        return {"statistics"} if self.settings["statistics"] else set()

    def runnable_services(self):
        """Service code -> roles that are lacking."""
        given = self.given()
        return {entry["code"]: catalogue.lacking(entry["code"], given) for entry in catalogue.services()}

    # the product

    def unit_layer(self):
        """The layer that is computed: that of the role, or the drawn area."""
        if self.settings["scope"] == SCOPE_DRAWN:
            return QgsProject.instance().mapLayer(self.drawn)
        return self.layer("units")

    def parameters(self, portable=False):
        """Parameters of the algorithm.

        Parameters
        ----------
        portable : choice {True, False}
            Paths instead of layers of this session, for commands.

        Returns
        -------
        mapping
        """
        chosen = self.settings
        drawn = chosen["scope"] == SCOPE_DRAWN
        units = self.unit_layer()
        made = {
            "UNITS": reference(units, portable, chosen["scope"] == SCOPE_SELECTED),
            "UNIT_ID": "unit_id" if drawn else chosen["id"],
            "UNIT_NAME": "name" if drawn else chosen["name_field"] or None,
            "SCHEME": chosen["scheme"],
            "CLASSES": chosen["classes"] or None,
            "YEAR": chosen["year"],
            "PRICE_YEAR": chosen["price_year"] or None,
            "STANDARD": chosen["standard"],
            "REGION": chosen["region"] or None,
            "SERVICES": chosen["services"] or None,
            "STATISTICS": chosen["statistics"] or None,
            "PARAMETERS": (chosen["parameters"] or [None])[0],
            "PRICES": (chosen["prices"] or [None])[0],
            "OPTIONS": chosen["options"] or None,
            "EXCLUDE": chosen["exclude"] or None,
            "NAME": chosen["name"] or None,
            "OUT_FOLDER": chosen["out"] or None,
        }
        measures = []
        for role in ("landcover", *catalogue.raster_roles()):
            layer = self.layer(role)
            if layer is not None:
                made[role.upper()] = reference(layer, portable)
                measure = layer.customProperty("ecoval/measure", "")
                if measure:
                    measures.append("{}={}".format(role, measure))
        made["MEASURES"] = "; ".join(measures) or None
        for role, path in chosen["roles"].items():
            made[role.upper()] = path
        return {key: value for key, value in made.items() if value is not None}

    def command(self, kind="process"):
        """The run as text: `process` for qgis_process, `python`, or `batch` (a row of the batch panel as JSON)."""
        parameters = self.parameters(portable=True)
        if kind == "python":
            return "import processing\nprocessing.run({!r}, {})".format(
                ALGORITHM, json.dumps(parameters, ensure_ascii=False, indent=4)
            )
        if kind == "batch":
            made = {key: repr(value) for key, value in parameters.items() if key != "OUT_FOLDER"}
            folder = parameters.get("OUT_FOLDER") or inputs.default_folder(QgsProject.instance().homePath(), "GEP")
            # the batch panel reads the file in the encoding of the system: letters are written as numbers
            return json.dumps([{"PARAMETERS": made, "OUTPUTS": {"OUT_FOLDER": folder}}], indent=1)
        parts = ["qgis_process", "run", ALGORITHM]
        for key, value in parameters.items():
            for each in value if isinstance(value, list) else [value]:
                parts.append("--{}={}".format(key, each))
        return " ".join(shlex.quote(part) for part in parts)

    def reason(self):
        """Why a run cannot start, as a sentence; empty where it can."""
        if self.busy:
            return tr("A run is going on.")
        if remembered.refusal():
            return remembered.refusal()
        if not locate.candidates():
            return tr("Install the engine first: at the top of this panel.")
        if self.guessed:
            return tr("Roles were guessed (in italics): confirm them first.")
        units = self.unit_layer()
        if units is None and self.settings["scope"] == SCOPE_DRAWN:
            return tr("Draw an area on the map first, or choose all units.")
        if units is None:
            return tr("Choose the layer of the units.")
        if self.settings["scope"] != SCOPE_DRAWN and not self.settings["id"]:
            return tr("Choose the field of the unit codes.")
        if self.settings["scope"] == SCOPE_SELECTED and not units.selectedFeatureCount():
            return tr("Nothing is selected: click units on the map, or run all units.")
        if self.layer("landcover") is None:
            return tr("Choose the land cover.")
        if self.settings["scheme"] == catalogue.OWN and not self.settings["classes"]:
            return tr("Choose the table of the classes, or a scheme.")
        used = {}
        for role, identifier in self.assigned.items():
            if identifier in used:
                text = tr("One layer has two roles: {first} and {second}.")
                return text.format(first=catalogue.label(used[identifier]), second=catalogue.label(role))
            used[identifier] = role
        if not any(not missing for missing in self.runnable_services().values()):
            return tr("No service has all its inputs.")
        return ""

    # running

    def start(self, algorithm=ALGORITHM, parameters=None, quick=False):
        """Run an algorithm as a task of QGIS.

        Parameters
        ----------
        algorithm : text
        parameters : mapping
            Those of the account where None.
        quick : choice {True, False}
            The answer to a click: it takes the place of the answer before, its report is written when asked for.

        Returns
        -------
        choice {True, False}
        """
        found = QgsApplication.processingRegistry().createAlgorithmById(algorithm)
        parameters = self.parameters() if parameters is None else dict(parameters)
        if algorithm == ALGORITHM and not parameters.get("OUT_FOLDER"):
            parameters["OUT_FOLDER"] = inputs.default_folder(
                QgsProject.instance().homePath(), "click" if quick else "GEP"
            )
        if quick:
            parameters["REPORT"] = "later"
        context = QgsProcessingContext()
        context.setProject(QgsProject.instance())
        feedback = Feedback()
        # bound methods: a closure over the feedback would keep it for ever, and slots must run in this thread
        feedback.progressChanged.connect(self._progress)
        feedback.noted.connect(self.noted)
        good, problem = found.checkParameterValues(parameters, context)
        if not good:
            self.noted.emit("error", problem)
            return False
        task = QgsProcessingAlgRunnerTask(found, parameters, context, feedback)
        task.executed.connect(self._executed)
        self.job = (task, context, feedback)
        self.busy, self.failure, self.quick = algorithm, "", quick
        QgsApplication.taskManager().addTask(task)
        self.stirred.emit()
        return True

    def cancel(self):
        """Stop the run."""
        if self.job is not None:
            self.job[2].cancel()

    @pyqtSlot(float)
    def _progress(self, value):
        if self.job is not None:
            self.progressed.emit(value, self.job[2].shown)

    @pyqtSlot(bool, "QVariantMap")
    def _executed(self, went_well, results):
        """A task has ended; what it refers to lives until the next one begins, and goes in this thread."""
        algorithm, self.past, self.job = self.busy, self.job, None
        feedback = self.past[2]
        cancelled = feedback.isCanceled()
        self.busy = ""
        self.failure = "" if cancelled else feedback.failure
        self.stirred.emit()
        self.ended.emit(algorithm, bool(went_well and results and not cancelled), dict(results or {}))
