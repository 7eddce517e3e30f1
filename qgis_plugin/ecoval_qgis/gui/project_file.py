"""The project file: layers of QGIS as its entries, absolute or relative paths, reading it by the engine."""

import os

from qgis.core import QgsProject
from qgis.PyQt.QtCore import QObject, QTimer, pyqtSignal

from .. import inputs, projects, session, tomltext
from ..i18n import language

LOOK = 20  # ms between two looks at the engine's answer
TABLED = ("footprints", "candidates", "measures", "statutory", "ledger")  # a text in their place is a path
NEED_PATH = ("measures", "statutory", "ledger", "footprints", "candidates")
PATHS = ("study", "densities", "prices", "path", "landcover_base", "landcover_with", "spatial", "accept", "provided")
PATHS += ("red_line", "no_go", "granted", "protected", "ratio", "ratio_kind")


def normal(content):
    """Content with tables where the file may hold a text in their place.

    Parameters
    ----------
    content : mapping

    Returns
    -------
    mapping
    """
    made = {
        name: {"path": keys} if name in TABLED and isinstance(keys, str) else keys for name, keys in content.items()
    }
    project = dict(made.get("project", {}))
    areas = dict(project.pop("area_units", {}), **made.get("area_units", {}))
    if areas:
        made["area_units"] = areas
    return dict(made, project=project)


def complete(content):
    """Content without tables that say nothing because their file is not named."""
    return {name: keys for name, keys in content.items() if keys and (name not in NEED_PATH or keys.get("path"))}


def entry_of(layer, state, name):
    """Entry of a layer: its file, or a copy beside the balance where it is none, is filtered or edited.

    Parameters
    ----------
    layer : QgsVectorLayer
        Or None.
    state : BalanceState
    name : text
        Of the copy.

    Returns
    -------
    mapping (path, layer, crs)
        None where there is no layer.
    """
    if layer is None:
        return None
    found = inputs.as_file(layer) if not layer.subsetString() else None
    if found is None:
        path = os.path.join(state.place(), "inputs", name + ".fgb")
        projects.export(layer, path, QgsProject.instance(), {})
        return {"path": path}
    entry = {key: text for key, text in found.items() if text}
    crs = inputs.checked_crs(layer, layer.crs(), layer.name())
    return dict(entry, crs=crs) if crs else entry


def relative(content, folder):
    """Content with its paths relative to a folder, with slashes; those on another drive stay as they are.

    Parameters
    ----------
    content : mapping
    folder : text

    Returns
    -------
    mapping
    """

    def walk(value, key):
        if isinstance(value, dict):
            return {name: walk(entry, name) for name, entry in value.items()}
        known = isinstance(value, str) and (key in PATHS or key in content.get("statutory", {}).get("layers", {}))
        if not known or not os.path.isabs(value):
            return value
        try:
            return os.path.relpath(value, folder).replace(os.sep, "/")
        except ValueError:
            return value

    return walk(content, None)


def save(state, path, short=False):
    """Write what the tab holds as a project file that stands by itself.

    Parameters
    ----------
    state : BalanceState
    path : text
    short : choice {True, False}
        Whether its paths are relative to it.

    Returns
    -------
    text
        The path.

    Raises
    ------
    QgsProcessingException
    OSError
    """
    path = os.path.abspath(path)
    content = state.composed()
    stem = os.path.splitext(path)[0] + "_layers"
    for table, constants in (("footprints", state.footprint_constants()), ("candidates", {})):
        layer = state.layer(table)
        if layer is not None and (constants or inputs.as_file(layer) is None or layer.subsetString()):
            copy = os.path.join(stem, table + ".fgb")
            projects.export(layer, copy, QgsProject.instance(), constants)
            kept = {key: text for key, text in content.get(table, {}).items() if key not in ("path", "layer", "crs")}
            kept.pop("after_class" if "after_class" in constants else "", None)
            content[table] = dict(kept, path=copy)
    content = complete(content)
    return tomltext.write(relative(content, os.path.dirname(path)) if short else content, path)


class Reader(QObject):
    """Asks the engine what a project file says, without waiting for it."""

    read = pyqtSignal(dict)
    failed = pyqtSignal(str)

    def __init__(self, parent=None):
        super().__init__(parent)
        self.answer = None
        self.timer = QTimer(self)
        self.timer.setInterval(LOOK)
        self.timer.timeout.connect(self._look)

    def open(self, path):
        """Begin to read a file; an answer that is still on its way is given up."""
        self.stop()
        self.answer = session.client().request("offset", stage="declaration", project=path, lang=language())
        self.timer.start()

    def stop(self):
        """No answer is waited for any longer."""
        self.timer.stop()
        if self.answer is not None:
            session.client().cancel(self.answer.number)
        self.answer = None

    def _look(self):
        event = self.answer.next(0) if self.answer is not None else None
        while event is not None and event["event"] not in ("result", "error"):
            event = self.answer.next(0)
        if event is None:
            return
        self.timer.stop()
        self.answer = None
        if event["event"] == "error":
            self.failed.emit(session.sentence(event))
        else:
            self.read.emit(event)
