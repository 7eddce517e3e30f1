"""The dock: engine row, tabs account and runs; further tabs join by `add_tab`."""

from qgis.core import QgsSettings
from qgis.PyQt.QtCore import Qt, QUrl, pyqtSignal
from qgis.PyQt.QtGui import QDesktopServices
from qgis.PyQt.QtWidgets import (
    QDockWidget,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QTabWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ..algorithms.base import HELP
from ..engine import client as states
from ..i18n import language, tr

LEAST_WIDTH = 380


class Dock(QDockWidget):
    """Window of the plugin beside the map."""

    options_wanted = pyqtSignal()

    def __init__(self, setup, parent=None):
        super().__init__(tr("Ecoval ecosystem value"), parent)
        self.setObjectName("EcovalDock")
        self.setAllowedAreas(Qt.DockWidgetArea.LeftDockWidgetArea | Qt.DockWidgetArea.RightDockWidgetArea)
        self.engine = QLabel()
        self.engine.setObjectName("engine_state")
        self.help = tool("?", tr("Help"), self.show_help)
        self.help.setShortcut("F1")
        self.options = tool("⚙", tr("Options"), self.options_wanted.emit)
        head = QHBoxLayout()
        head.addWidget(self.engine, 1)
        head.addWidget(self.options)
        head.addWidget(self.help)
        self.setup = setup
        self.tabs = QTabWidget()
        self.tabs.setObjectName("tabs")
        self.tabs.setDocumentMode(True)
        body = QWidget()
        box = QVBoxLayout(body)
        box.setContentsMargins(6, 4, 6, 4)
        box.addLayout(head)
        box.addWidget(setup)
        box.addWidget(self.tabs, 1)
        body.setMinimumWidth(LEAST_WIDTH)
        self.setWidget(body)
        self.show_state(states.STOPPED)

    def add_tab(self, name, title, widget):
        """Add a tab.

        Parameters
        ----------
        name : text
            By which the last tab is remembered, and its help page is found.
        title : text
        widget : QWidget
        """
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        area.setWidget(widget)
        area.setObjectName(name)
        self.tabs.addTab(area, title)

    def recall(self):
        """Go to the tab that was last used, and remember changes from now on."""
        wanted = QgsSettings().value("ecoval/tab", "", type=str)
        for place in range(self.tabs.count()):
            if self.tabs.widget(place).objectName() == wanted:
                self.tabs.setCurrentIndex(place)
        self.tabs.currentChanged.connect(
            lambda place: QgsSettings().setValue("ecoval/tab", self.tabs.widget(place).objectName())
        )

    def show_state(self, state):
        """Show the state of the engine."""
        words = {
            states.ABSENT: ("#b3261e", tr("absent")),
            states.STARTING: ("#c98a2b", tr("starting")),
            states.READY: ("#2e7d32", tr("ready")),
            states.BUSY: ("#1565c0", tr("busy")),
            states.OUTDATED: ("#b3261e", tr("other version")),
            states.CRASHED: ("#b3261e", tr("crashed")),
            states.HUNG: ("#b3261e", tr("does not answer")),
            states.STOPPED: ("#777777", tr("not started")),
        }
        colour, word = words.get(state, ("#777777", state))
        self.engine.setText("{} <span style='color:{}'>●</span> {}".format(tr("Engine"), colour, word))

    def show_help(self):
        """Open the help page of the tab, offline."""
        import os

        page = self.tabs.currentWidget().objectName() if self.tabs.currentWidget() is not None else "account"
        QDesktopServices.openUrl(QUrl.fromLocalFile(os.path.join(HELP, language(), page + ".html")))


def tool(text, tip, action):
    """A small button."""
    made = QToolButton()
    made.setText(text)
    made.setToolTip(tip)
    made.setAutoRaise(True)
    made.clicked.connect(lambda _checked=False: action())
    return made
