"""The engine's row of the dock: state, and the three ways to get one."""

from qgis.core import QgsSettings
from qgis.PyQt.QtCore import pyqtSignal
from qgis.PyQt.QtWidgets import QFileDialog, QGridLayout, QLabel, QProgressBar, QWidget

from .. import session
from ..engine import client as states
from ..engine import install, locate
from ..i18n import tr
from .results import button


class Setup(QWidget):
    """Shown while there is no engine that can be used."""

    ready = pyqtSignal()
    noted = pyqtSignal(str, str)

    def __init__(self, parent=None):
        super().__init__(parent)
        self.job = None
        self.text = QLabel()
        self.text.setWordWrap(True)
        self.bar = QProgressBar()
        self.bar.setVisible(False)
        self.online = button(
            tr("Install online"), self.install_online, tr("Make an environment of its own from the package index.")
        )
        self.offline = button(
            tr("Install from a folder"), self.install_offline, tr("Without a network: the folder of wheels.")
        )
        self.choose = button(tr("Choose an existing one"), self.choose_python, tr("A Python >= 3.11 that has ecoval."))
        self.stop = button(tr("Cancel"), self.cancel, tr("Stop and remove what is half made."))
        self.stop.setVisible(False)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.addWidget(self.text, 0, 0, 1, 3)
        for place, each in enumerate((self.online, self.offline, self.choose)):
            grid.addWidget(each, 1, place)
        grid.addWidget(self.bar, 2, 0, 1, 2)
        grid.addWidget(self.stop, 2, 2)

    def look(self, state):
        """Show or hide after the state of the engine."""
        absent = not locate.candidates()
        bad = state in (states.ABSENT, states.OUTDATED)
        if absent:
            self.text.setText(
                tr("The engine is not installed. It computes beside QGIS, in an environment of its own (about 800 MB).")
            )
        elif bad:
            self.text.setText(tr("The engine that was found cannot be used; see the log, or choose another one."))
        self.setVisible(absent or bad or self.job is not None)

    def install_online(self):
        """From the package index."""
        settings = QgsSettings()
        index, proxy = (settings.value("ecoval/" + key, "", type=str) for key in ("index", "proxy"))
        self.begin(install.plan(index=index, proxy=proxy))

    def install_offline(self):
        """From a folder of wheels."""
        folder = QFileDialog.getExistingDirectory(self, tr("Folder of wheels (with manifest.json)"))
        if folder:
            self.begin(install.plan(folder=folder))

    def choose_python(self):
        """An interpreter that somebody made."""
        path, _ = QFileDialog.getOpenFileName(self, tr("Python with ecoval"))
        if path:
            QgsSettings().setValue("ecoval/python", path)
            session.close()
            self.ready.emit()

    def begin(self, plan):
        """Start an installation."""
        self.job = install.Installation(plan)
        self.job.progressed.connect(self._progress)
        self.job.ended.connect(self._ended)
        self._busy(True)
        self.job.start()

    def cancel(self):
        """Stop it."""
        if self.job is not None:
            self.job.cancel()

    def _progress(self, step, fraction, text):
        self.bar.setValue(int(100 * fraction))
        self.bar.setFormat("%p % " + step)
        if text:
            self.noted.emit("debug", text)

    def _ended(self, hello, error):
        self.job.wait()
        self.job = None
        self._busy(False)
        if error is not None:
            self.text.setText(session.sentence(error))
            self.noted.emit("error", session.sentence(error))
            return
        session.close()
        self.ready.emit()

    def _busy(self, value):
        self.bar.setVisible(value)
        self.stop.setVisible(value)
        for each in (self.online, self.offline, self.choose):
            each.setEnabled(not value)

    def close_down(self):
        """End a running installation, when the plugin is unloaded."""
        if self.job is not None:
            self.job.cancel()
            self.job.wait()
            self.job = None
