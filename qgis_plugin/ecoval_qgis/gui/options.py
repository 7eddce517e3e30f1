"""Settings ▸ Options ▸ Ecoval: engine, index and proxy, language; all under the key `ecoval/`."""

import os

from qgis.core import QgsApplication, QgsSettings
from qgis.gui import QgsFileWidget, QgsOptionsPageWidget, QgsOptionsWidgetFactory
from qgis.PyQt.QtGui import QIcon
from qgis.PyQt.QtWidgets import QComboBox, QFormLayout, QLabel, QLineEdit, QVBoxLayout

from .. import session
from ..engine import locate
from ..i18n import tr
from ..icon import ICON
from .results import button


class Factory(QgsOptionsWidgetFactory):
    """Makes the page."""

    def __init__(self, engine_changed):
        super().__init__()
        self.setTitle("Ecoval")
        self.engine_changed = engine_changed

    def icon(self):
        """Icon of the page."""
        return QIcon(ICON)

    def createWidget(self, parent):
        """The page."""
        return Options(self.engine_changed, parent)


class Options(QgsOptionsPageWidget):
    """The page."""

    def __init__(self, engine_changed, parent=None):
        super().__init__(parent)
        self.engine_changed = engine_changed
        settings = QgsSettings()
        self.python = QgsFileWidget()
        self.python.setFilePath(settings.value("ecoval/python", "", type=str))
        self.index = QLineEdit(settings.value("ecoval/index", "", type=str))
        self.proxy = QLineEdit(settings.value("ecoval/proxy", "", type=str))
        self.language = QComboBox()
        for key, text in (("", tr("As QGIS")), ("zh", "中文"), ("en", "English")):
            self.language.addItem(text, key)
        self.language.setCurrentIndex(max(self.language.findData(settings.value("ecoval/language", "", type=str)), 0))
        self.state = QLabel(describe_engine())
        self.state.setWordWrap(True)
        form = QFormLayout()
        form.addRow(tr("Python with ecoval"), self.python)
        form.addRow(tr("Package index"), self.index)
        form.addRow(tr("Proxy"), self.proxy)
        form.addRow(tr("Language (after a restart)"), self.language)
        form.addRow(tr("Engine"), self.state)
        form.addRow("", button(tr("Verify the engine"), self.verify, tr("Start the engine and show its versions.")))
        form.addRow("", button(tr("Reset"), self.reset, tr("Empty all fields of this page.")))
        box = QVBoxLayout(self)
        box.addLayout(form)
        box.addStretch(1)

    def apply(self):
        """Store the values."""
        settings = QgsSettings()
        changed = settings.value("ecoval/python", "", type=str) != self.python.filePath()
        settings.setValue("ecoval/python", self.python.filePath())
        settings.setValue("ecoval/index", self.index.text().strip())
        settings.setValue("ecoval/proxy", self.proxy.text().strip())
        settings.setValue("ecoval/language", self.language.currentData())
        if changed:
            session.close()
            self.engine_changed()

    def reset(self):
        """Empty fields."""
        self.python.setFilePath("")
        self.index.clear()
        self.proxy.clear()
        self.language.setCurrentIndex(0)

    def verify(self):
        """Ask the engine for its versions; the answer comes by the state of the client."""
        self.state.setText(tr("Starting…"))
        client = session.client()
        client.state_changed.connect(lambda _state: self.state.setText(describe_engine()))
        client.request("ping")


def describe_engine():
    """Which interpreter is used and why, with its versions."""
    client = session.client()
    if client.hello:
        packages = ", ".join(
            "{} {}".format(name, number) for name, number in (client.hello.get("packages") or {}).items()
        )
        text = tr("ecoval {version}, Python {python} in {path} ({kind}). {packages}")
        return text.format(
            version=client.hello.get("ecoval"),
            python=client.hello.get("python"),
            path=client.candidate.python if client.candidate else client.hello.get("executable"),
            kind=kinds().get(client.candidate.kind if client.candidate else "", ""),
            packages=packages,
        )
    found = locate.candidates()
    if not found:
        return tr("Not installed. Folder of the plugin's own environment: {path}").format(path=locate.engine_folder())
    return "{} ({})".format(found[0].python, kinds().get(found[0].kind, ""))


def kinds():
    """Why an interpreter is used."""
    return {
        "variable": tr("environment variable ECOVAL_PYTHON"),
        "option": tr("this page"),
        "own": tr("made by the plugin"),
    }


def diagnosis():
    """Versions and state without personal folders, for a report of an error."""
    from qgis.core import Qgis

    home = os.path.expanduser("~")
    client = session.client()
    lines = [
        "QGIS {} · {}".format(Qgis.QGIS_VERSION, QgsApplication.platform()),
        describe_engine(),
        "state: " + client.state,
    ]
    lines += list(client.log_tail)[-20:]
    return "\n".join(lines).replace(home, "~")
