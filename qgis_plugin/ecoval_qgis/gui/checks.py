"""What can be seen before a run without the engine: one row per finding, with a fix where one click does it."""

import os
import time

from qgis.core import QgsCoordinateTransform, QgsProject
from qgis.PyQt.QtCore import QTimer

from .. import catalogue, inputs
from ..i18n import tr

LOOKED_AT = 5000
SLICE = 0.015  # s that one look may take from the window
ERROR, WARNING, INFO = "error", "warning", "info"


class Check:
    """One finding: level, sentence, and what the button beside it does."""

    def __init__(self, level, text, fix="", action=None):
        self.level = level
        self.text = text
        self.fix = fix
        self.action = action


class Survey:
    """A look at the features of the unit layer, a slice of time at a time, done again only where the layer is
    another one.

    Parameters
    ----------
    told : callable
        Called at the end.
    """

    def __init__(self, told):
        self.told = told
        self.key = None
        self.found = None
        self.steps = None
        self.timer = QTimer()
        self.timer.setSingleShot(True)
        self.timer.setInterval(0)
        self.timer.timeout.connect(self.step)

    def of(self, layer, name):
        """Broken text, number of invalid geometries, a code that stands twice; None while it is not known yet."""
        key = (
            layer.id(),
            layer.source(),
            name,
            layer.featureCount(),
            layer.isEditable(),
            layer.dataProvider().encoding(),
        )
        if key != self.key:
            self.key, self.found = key, None
            self.steps = surveyed(layer, name)
            self.timer.start()
        return self.found

    def step(self):
        """Go on for a slice."""
        until = time.perf_counter() + SLICE
        try:
            for found in self.steps or ():
                if found is not None:
                    self.found, self.steps = found, None
                    self.told()
                    return
                if time.perf_counter() > until:
                    self.timer.start()
                    return
        except RuntimeError:  # the layer was removed meanwhile
            self.key, self.steps = None, None


def surveyed(layer, name):
    """None after each feature, then what was found: (broken text, invalid geometries, code that stands twice)."""
    broken = inputs.broken_sample(layer)
    faulty, codes, twice = 0, set(), ""
    place = layer.fields().lookupField(name) if name else -1
    for position, feature in enumerate(layer.getFeatures()):
        if position >= LOOKED_AT:
            break
        geometry = feature.geometry()
        faulty += not geometry.isNull() and not geometry.isGeosValid()
        if place >= 0:
            code = feature[place]
            twice = twice or (str(code) if code in codes else "")
            codes.add(code)
        yield None
    yield broken, faulty, twice


def findings(controller, actions, survey=None):
    """All findings of the present state.

    Parameters
    ----------
    controller : Controller
    actions : mapping (name, callable)
        install, save, properties, confirm: what the window can do.
    survey : Survey
        What looks at the features; without it they are looked at here.

    Returns
    -------
    list of Check
    """
    found = []
    if controller.guessed:
        names = ", ".join(catalogue.label(role) for role in sorted(controller.guessed))
        found.append(Check(WARNING, tr("Guessed: {names}.").format(names=names), tr("Confirm all"), actions["confirm"]))
    found += _project(actions)
    units = controller.layer("units")
    if units is not None:
        found += _units(controller, units, survey)
    for role in sorted(controller.assigned):
        layer = controller.layer(role)
        if layer is not None:
            found += _place(role, layer, units, actions)
    return found


def _project(actions):
    if QgsProject.instance().homePath():
        return []
    home = os.path.join(os.path.expanduser("~"), "ecoval_runs")
    text = tr("The project is not saved: results go to {folder}.").format(folder=home)
    return [Check(INFO, text, tr("Save project…"), actions["save"])]


def _units(controller, layer, survey):
    found = []
    name = controller.settings["id"]
    seen = next(each for each in surveyed(layer, name) if each) if survey is None else survey.of(layer, name)
    if seen is None:
        return found
    broken, faulty, twice = seen
    if broken:

        def reread():
            layer.setProviderEncoding("GBK")
            layer.dataProvider().reloadData()
            layer.updateFields()
            controller.settings["id"], controller.settings["name_field"] = "", ""
            controller.guess()

        text = tr("The texts of {name} look broken ({sample}): probably GBK.")
        found.append(Check(WARNING, text.format(name=layer.name(), sample=broken[:12]), tr("Read as GBK"), reread))
    if twice:
        text = tr("The code {code} stands for several units of {name}: choose another field.")
        found.append(Check(ERROR, text.format(code=twice, name=layer.name())))
    if faulty:
        text = tr("{count} geometries of {name} are invalid: they are repaired in a copy and listed.")
        found.append(Check(INFO, text.format(count=faulty, name=layer.name())))
    return found


def _place(role, layer, units, actions):
    name = layer.name()
    if not layer.isValid():
        return [Check(ERROR, tr("{name} cannot be read any more: choose another layer.").format(name=name))]
    if not layer.crs().isValid():
        return [
            Check(
                ERROR, tr("{name} has no CRS.").format(name=name), tr("Set CRS…"), lambda: actions["properties"](layer)
            )
        ]
    found = []
    path = layer.source().split("|")[0]
    if path.startswith("\\\\") or path.startswith("//"):
        found.append(Check(INFO, tr("{name} is on a network drive: the run will be slower.").format(name=name)))
    if layer.providerType() not in ("ogr", "gdal", "memory") and role != "units":
        found.append(
            Check(
                ERROR,
                tr("{name} is not a file. Save it as GeoTIFF first: right click, Export, Save As.").format(name=name),
            )
        )
    if units is not None and units is not layer and units.crs().isValid():
        change = QgsCoordinateTransform(units.crs(), layer.crs(), QgsProject.instance())
        try:
            apart = not change.transformBoundingBox(units.extent()).intersects(layer.extent())
        except Exception:
            apart = False
        if apart:
            found.append(Check(ERROR, tr("{name} does not overlap the units.").format(name=name)))
    return found
