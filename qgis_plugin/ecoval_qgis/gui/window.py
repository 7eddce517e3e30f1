"""What the plugin adds to the window of QGIS, and takes out again."""

import os

from qgis.core import Qgis, QgsMessageLog, QgsProject
from qgis.PyQt.QtCore import Qt, QTimer, QUrl
from qgis.PyQt.QtGui import QDesktopServices, QIcon
from qgis.PyQt.QtWidgets import QFileDialog, QMenu, QPushButton

from .. import catalogue, expressions, sample, session
from ..compat import QAction
from ..engine import client as states
from ..i18n import tr
from ..icon import ICON
from . import controller, maptools
from .account import Account
from .balance import Balance
from .balance_state import ALGORITHMS
from .dock import Dock
from .opening import Opening
from .options import Factory, diagnosis
from .results import Results, copy_text
from .runs import Runs
from .setup import Setup

TAG = "ecoval"
LEVELS = {"error": Qgis.MessageLevel.Critical, "warning": Qgis.MessageLevel.Warning}
CLICK_PAUSE = 80  # ms after a change of the selection, so that a lasso is one run
CONTEXT_ROLES = (
    "units",
    "landcover",
    "dem",
    "precipitation",
    "evapotranspiration",
    "npp",
    "ndvi",
    "cover",
    "temperature",
)


class Window:
    """Toolbar button, menu, dock, options page, layer menu.

    Parameters
    ----------
    iface : QgisInterface
    """

    def __init__(self, iface):
        self.iface = iface
        self.connections = []
        self.control = controller.Controller()
        self.setup = Setup()
        self.dock = Dock(self.setup, iface.mainWindow())
        actions = {
            "run": self.run,
            "check": self.check,
            "pick": self.pick,
            "lasso": self.lasso,
            "draw": self.draw,
            "clear": self.clear,
            "confirm": self.control.confirm,
            "save": self.save_project,
            "properties": self.iface.showLayerProperties,
            "install": self.dock.raise_,
            "dialog": self.dialog,
            "diagnosis": lambda: copy_text(diagnosis()),
        }
        self.results = Results(iface, self.control, self.open_report, self.atlas)
        self.account = Account(self.control, self.results, actions)
        self.balance = Balance(iface, self.control)
        self.runs = Runs(lambda folder: self.opening.open_run(folder), self.open_report, self.again)
        self.dock.add_tab("account", tr("GEP account"), self.account)
        self.dock.add_tab("balance", tr("Project balance"), self.balance)
        self.dock.add_tab("runs", tr("Runs"), self.runs)
        self.pick_tool = maptools.PickTool(iface.mapCanvas(), lambda: self.control.layer("units"))
        self.draw_tool = maptools.DrawTool(iface.mapCanvas())
        self.outline = maptools.SelectedOutline(iface.mapCanvas())
        self.factory = Factory(self.engine_changed)
        self.action = QAction(QIcon(ICON), tr("Ecoval ecosystem value"), iface.mainWindow())
        self.action.setObjectName("ecoval_action")
        self.action.setCheckable(True)
        self.sample_action = QAction(QIcon(ICON), tr("Open the sample project"), iface.mainWindow())
        self.menus = []
        self.opening = Opening(self)
        self.click_timer = QTimer(self.dock)
        self.click_timer.setSingleShot(True)
        self.click_timer.setInterval(CLICK_PAUSE)
        self.click_timer.timeout.connect(self.click_run)

    # coming and going

    def show(self):
        """Add everything."""
        self.iface.addToolBarIcon(self.action)
        self.iface.addPluginToMenu("Ecoval", self.action)
        self.iface.addPluginToMenu("Ecoval", self.sample_action)
        self.iface.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, self.dock)
        self.dock.setVisible(False)
        self.iface.registerOptionsWidgetFactory(self.factory)
        self.dock.recall()
        project = QgsProject.instance()
        self.connect(self.action.toggled, self.dock.setVisible)
        self.connect(self.dock.visibilityChanged, self._dock_shown)
        self.connect(self.sample_action.triggered, lambda _checked=False: self.open_sample())
        self.connect(self.dock.options_wanted, lambda: self.iface.showOptionsDialog(self.iface.mainWindow(), "Ecoval"))
        self.connect(self.control.noted, self.note)
        self.connect(self.control.ended, self.ended)
        self.connect(self.balance.noted, self.note)
        self.connect(self.setup.ready, self.engine_changed)
        self.connect(self.runs.stale, self._abandon)
        self.connect(self.setup.noted, self.note)
        self.connect(self.draw_tool.drawn, self.area_drawn)
        self.connect(self.control.changed, self._follow_selection)
        self.connect(project.layersWillBeRemoved, self._layers_go)
        self.connect(project.layersAdded, self._layers_come)
        self.connect(project.readProject, lambda *_ignored: (self.control.load(), self.balance.load()))
        self.connect(project.cleared, self.control.load)
        self.connect(project.cleared, self.balance.load)
        self._layer_menu()
        expressions.register()
        self.followed = ""
        self.listen()
        self.control.load()
        self.balance.load()

    def connect(self, signal, slot):
        """Connect, and remember to disconnect."""
        signal.connect(slot)
        self.connections.append((signal, slot))

    def remove(self):
        """Take everything out again."""
        for signal, slot in reversed(self.connections):
            disconnect(signal, slot)
        self.connections = []
        self.opening.end()
        self.control.cancel()
        self.setup.close_down()
        self.balance.close_down()
        self.results.disconnect_layer()
        self.iface.mapCanvas().scene().removeItem(self.outline.band)
        for made in (self.pick_tool, self.draw_tool):
            if self.iface.mapCanvas().mapTool() is made:
                self.iface.actionPan().trigger()
            self.iface.mapCanvas().scene().removeItem(made.band)
        for action in self.menus:
            self.iface.removeCustomActionForLayerType(action)
        expressions.unregister()
        self.iface.unregisterOptionsWidgetFactory(self.factory)
        self.iface.removePluginMenu("Ecoval", self.action)
        self.iface.removePluginMenu("Ecoval", self.sample_action)
        self.iface.removeToolBarIcon(self.action)
        self.iface.removeDockWidget(self.dock)
        self.dock.deleteLater()
        self.action.deleteLater()
        self.sample_action.deleteLater()

    def listen(self):
        """Follow the state of the engine."""
        found = session.client()
        self.connect(found.state_changed, self._state)
        self.connect(found.logged, lambda text: QgsMessageLog.logMessage(text, TAG, Qgis.MessageLevel.Info, False))
        self._state(found.state)

    def engine_changed(self):
        """Another interpreter: a new client, which starts at the next need."""
        session.close()
        self.listen()
        self.control.changed.emit()

    def _state(self, state):
        self.dock.show_state(state)
        self.setup.look(state)
        if state == states.HUNG:
            bar = self.iface.messageBar()
            item = bar.createMessage("ecoval", tr("The engine does not answer."))
            for text, act in ((tr("Wait"), session.client().wait_again), (tr("Restart"), session.client().restart)):
                press = QPushButton(text)
                press.clicked.connect(lambda _checked=False, act=act: (act(), bar.popWidget(item)))
                item.layout().addWidget(press)
            bar.pushWidget(item, Qgis.MessageLevel.Warning)

    def _abandon(self, folders):
        """Runs that a killed QGIS or engine left behind become failed; the engine leaves those of living ones alone."""
        if not self.control.busy and session.client().state in (states.READY, states.BUSY):
            for folder in folders:
                session.client().request("abandon", out=folder, status="failed")

    def _dock_shown(self, _visible):
        self.action.blockSignals(True)
        self.action.setChecked(self.dock.isVisible())
        self.action.blockSignals(False)
        if self.dock.isVisible():
            self.opening.fill_runs()

    def _layers_come(self, layers):
        if any(not layer.customProperty("ecoval/run", "") for layer in layers):  # results have no role
            self.control.guess()

    def _layers_go(self, identifiers):
        self.control.forget(set(identifiers))
        self.results.forget(set(identifiers))
        QTimer.singleShot(0, self.balance.refresh)

    def _follow_selection(self):
        layer = self.control.layer("units")
        known = layer.id() if layer is not None else ""
        if known != self.followed:
            self.followed = known
            if layer is not None:
                layer.selectionChanged.connect(self._selected)
            self.outline.show(layer)

    def _selected(self, *_ignored):
        layer = self.control.layer("units")
        self.outline.show(layer)
        if (
            layer is not None
            and layer.selectedFeatureCount()
            and self.control.settings["scope"] == controller.SCOPE_ALL
        ):
            self.control.set("scope", controller.SCOPE_SELECTED)
        self.account.refresh_state()
        if self.control.settings["live"] and layer is not None and layer.selectedFeatureCount():
            self.click_timer.start()

    def _layer_menu(self):
        menu = QMenu(tr("Ecoval role"), self.iface.mainWindow())
        for role in CONTEXT_ROLES:
            made = menu.addAction(catalogue.label(role))
            made.triggered.connect(
                lambda _checked=False, role=role: self.control.assign(role, self.iface.activeLayer())
            )
        action = menu.menuAction()
        from qgis.core import QgsMapLayerType

        for kind in (QgsMapLayerType.VectorLayer, QgsMapLayerType.RasterLayer):
            self.iface.addCustomActionForLayerType(action, "", kind, True)
        self.menus = [action]
        self.role_menu = menu

    # selection on the canvas

    def pick(self):
        """Click or box."""
        self.iface.mapCanvas().setMapTool(self.pick_tool)

    def lasso(self):
        """QGIS's own freehand selection."""
        self.iface.setActiveLayer(self.control.layer("units"))
        self.iface.actionSelectFreehand().trigger()

    def draw(self):
        """Corners of an area."""
        self.iface.mapCanvas().setMapTool(self.draw_tool)

    def clear(self):
        """Nothing selected, all units."""
        self.control.layer("units").removeSelection()
        self.control.set("scope", controller.SCOPE_ALL)

    def area_drawn(self, geometry):
        """Add a drawn area and compute that."""
        layer = maptools.drawn_layer(self.control.drawn, self.iface.mapCanvas().mapSettings().destinationCrs())
        self.control.drawn = layer.id()
        maptools.add_area(layer, geometry)
        self.control.settings["scope"] = controller.SCOPE_DRAWN
        self.control.store()

    # runs

    def run(self):
        """Compute the account."""
        self.control.start()

    def click_run(self):
        """Compute what is selected; an answer that is still on its way is given up for it."""
        if self.control.busy:
            if self.control.quick:
                self.control.cancel()
            self.click_timer.start()
        elif not self.control.reason():
            self.control.start(quick=True)

    def check(self):
        """Ask the engine without computing."""
        parameters = self.control.parameters()
        parameters.pop("NAME", None)
        self.control.start("ecoval:check_inputs", parameters)

    def dialog(self):
        """The same parameters in the dialog of the toolbox."""
        from qgis import processing

        processing.execAlgorithmDialog(controller.ALGORITHM, self.control.parameters())

    def note(self, level, text):
        """Detail goes to the log."""
        QgsMessageLog.logMessage(text, TAG, LEVELS.get(level, Qgis.MessageLevel.Info), level == "error")

    def ended(self, algorithm, good, results):
        """Show what came of a run."""
        bar = self.iface.messageBar()
        if not good:
            if self.control.failure:
                item = bar.createMessage("ecoval", self.control.failure)
                press = QPushButton(tr("Details"))
                press.clicked.connect(lambda _checked=False: self.iface.openMessageLog())
                item.layout().addWidget(press)
                bar.pushWidget(item, Qgis.MessageLevel.Critical)
            elif not self.control.quick:
                bar.pushMessage("ecoval", tr("Cancelled; the project is unchanged."), Qgis.MessageLevel.Info, 6)
            return
        if algorithm in (controller.ALGORITHM, "ecoval:run_study"):
            quick = self.control.quick
            self.opening.open_run(results["FOLDER"], quick)
            if not quick:
                bar.pushMessage(
                    "ecoval", tr("Finished: {folder}").format(folder=results["FOLDER"]), Qgis.MessageLevel.Success, 8
                )
            return
        if algorithm == "ecoval:check_inputs":
            text = tr("{errors} errors, {warnings} warnings.").format(
                errors=results["N_ERROR"], warnings=results["N_WARNING"]
            )
            level = Qgis.MessageLevel.Warning if results["N_ERROR"] else Qgis.MessageLevel.Success
            item = bar.createMessage("ecoval", text)
            press = QPushButton(tr("Show"))
            press.clicked.connect(lambda _checked=False: QDesktopServices.openUrl(QUrl.fromLocalFile(results["HTML"])))
            item.layout().addWidget(press)
            bar.pushWidget(item, level)
        elif algorithm in ALGORITHMS:
            self.balance.ended(algorithm, results)
        elif results.get("PDF"):
            QDesktopServices.openUrl(QUrl.fromLocalFile(results["PDF"]))
        elif results.get("HTML"):
            QDesktopServices.openUrl(QUrl.fromLocalFile(results["HTML"]))
        self.opening.fill_runs()

    def again(self, folder):
        """Compute a run again in a new folder."""
        from ..inputs import default_folder

        parameters = {"STUDY": os.path.join(folder, "run.json")}
        parameters["OUT_FOLDER"] = default_folder(QgsProject.instance().homePath(), "GEP")
        self.control.start("ecoval:run_study", parameters)

    def open_report(self, folder):
        """Open the page; write it where it is not there."""
        page = os.path.join(folder, "report.html")
        if os.path.isfile(page):
            QDesktopServices.openUrl(QUrl.fromLocalFile(page))
        else:
            self.control.start("ecoval:report", {"RUN": folder, "FORMAT": ["html", "xlsx"]})

    def atlas(self, folder):
        """PDF with a page per unit."""
        layer = self.results.layer()
        column = layer.customProperty("ecoval/shown", "") if layer is not None else ""
        self.control.start("ecoval:map_atlas", {"RUN": folder, "COLUMN": column})

    # projects

    def save_project(self):
        """Save the project, so that runs go beside it."""
        self.iface.actionSaveProject().trigger()
        self.control.changed.emit()

    def open_sample(self, folder=""):
        """Unpack the sample and open its project."""
        folder = folder or os.path.join(os.path.expanduser("~"), "ecoval_sample")
        try:
            path = sample.unpack(folder)
        except OSError as error:
            folder = QFileDialog.getExistingDirectory(self.iface.mainWindow(), str(error))
            if not folder:
                return
            path = sample.unpack(folder)
        self.iface.addProject(path)
        self.dock.setVisible(True)


def disconnect(signal, slot):
    """Disconnect; whether there was something to disconnect (the sender may be gone)."""
    try:
        signal.disconnect(slot)
    except (TypeError, RuntimeError):
        return False
    return True
