"""The tab of the project balance: footprint, data and rules, steps, parcels, balance, statement."""

from qgis.core import QgsGeometry, QgsMapLayerProxyModel, QgsProcessingException, QgsProject, QgsVectorLayer
from qgis.gui import QgsMapLayerComboBox
from qgis.PyQt.QtCore import QSize, QTimer, QUrl, pyqtSignal
from qgis.PyQt.QtGui import QDesktopServices
from qgis.PyQt.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QMenu,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from .. import offsets
from ..i18n import tr
from . import balance_state as bs
from . import maptools, project_file
from .account import group, narrow
from .balance_records import Records
from .balance_rules import Rules
from .footprints import Footprints
from .net import Net
from .parcels import Parcels
from .results import button

REPAINT = 250  # ms without a tick before the map follows


class Balance(QWidget):
    """Everything of the tab; what it knows is in the state."""

    noted = pyqtSignal(str, str)

    def __init__(self, iface, control, parent=None):
        super().__init__(parent)
        self.iface, self.control = iface, control
        self.state = bs.BalanceState(control, self)
        self.filling = False
        self.followed = ""
        canvas = iface.mapCanvas()
        self.tick_tool = maptools.TickTool(canvas, lambda: self.state.layer("candidates"), self._map_ticked)
        self.draw_tool = maptools.DrawTool(canvas)
        actions = {
            "draw_footprint": lambda: canvas.setMapTool(self.draw_tool),
            "tick_map": lambda: canvas.setMapTool(self.tick_tool),
        }
        self.footprints = Footprints(self.state, iface, actions)
        self.parcels = Parcels(self.state, actions)
        self.rules = Rules(self.state, control, self.noted)
        self.net = Net(self.state, self.rules.area_name)
        box = QVBoxLayout(self)
        box.setContentsMargins(2, 2, 2, 2)
        self.records = Records(self.state)
        first, steps = self._group(tr("1 Footprint"), self.footprints), self._steps()
        self.candidates_group, self.balance_group = self._candidates(), self._balance()
        for part in (self._head(), first, self.rules, self.records, steps, self.candidates_group):
            box.addWidget(part)
        box.addWidget(self.balance_group, 1)
        self.repaint_timer = QTimer(self)
        self.repaint_timer.setSingleShot(True)
        self.repaint_timer.setInterval(REPAINT)
        self.repaint_timer.timeout.connect(self.paint_candidates)
        self.draw_tool.drawn.connect(self._drawn)
        self.reader = project_file.Reader(self)
        self.reader.read.connect(self._opened)
        self.reader.failed.connect(self._not_opened)
        self.parcels.picked.connect(self._rows_to_map)
        self.state.changed.connect(self.refresh)
        self.state.summed.connect(self._summed)
        self.state.confirmed.connect(self._confirmed)
        control.changed.connect(self.refresh_steps)
        control.stirred.connect(self.refresh_steps)
        control.progressed.connect(self._progress)
        self.refresh()

    # building

    def _group(self, title, widget):
        made = group(title)
        made.setLayout(QVBoxLayout())
        made.layout().addWidget(widget)
        return made

    def _head(self):
        part, self.title = QWidget(), QLabel()
        self.title.setObjectName("offset_title")
        self.title.setWordWrap(True)
        self.open = button(tr("Open…"), self._open, tr("Open a project.toml: footprints, candidates, rules, records."))
        self.save = button(
            tr("Save as…"), lambda: None, tr("Write what is set here as project.toml, for ecoval offset assess.")
        )
        self.save.setObjectName("offset_save")
        menu = QMenu(self.save)
        menu.addAction(tr("with absolute paths")).triggered.connect(lambda _checked=False: self._save(False))
        menu.addAction(tr("with paths relative to the file")).triggered.connect(lambda _checked=False: self._save(True))
        self.save.setMenu(menu)
        row = QHBoxLayout(part)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.title, 1)
        for each in (self.open, self.save):
            row.addWidget(each)
        return part

    def _steps(self):
        part = QWidget()
        self.buttons = {}
        row = QHBoxLayout()
        for algorithm, name, text, tip in (
            (bs.LOSS, "offset_loss", tr("Assess the loss"), tr("What the footprint takes from every service.")),
            (
                bs.CREDITS,
                "offset_credits",
                tr("Compute the gains"),
                tr("Loss, and what every parcel gives; then ticks are only sums."),
            ),
            (bs.PORTFOLIO, "offset_suggest", tr("Suggest"), tr("The parcels that balance at least cost.")),
        ):
            made = QPushButton(text)
            made.setObjectName(name)
            made.clicked.connect(lambda _checked=False, algorithm=algorithm: self.run(algorithm))
            self.buttons[algorithm] = (made, tip)
            row.addWidget(made)
        self.reason = QLabel()
        self.reason.setObjectName("offset_reason")
        self.reason.setWordWrap(True)
        self.reason.setStyleSheet("color: #9a6700")
        self.bar = QProgressBar()
        self.stop = button(tr("Cancel"), self.control.cancel, tr("Stop the run; nothing is loaded."))
        going = QHBoxLayout()
        going.addWidget(self.bar, 1)
        going.addWidget(self.stop)
        box = QVBoxLayout(part)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(self.reason)
        box.addLayout(row)
        box.addLayout(going)
        return part

    def _candidates(self):
        made = group(tr("4 Candidate parcels"))
        self.combo = narrow(QgsMapLayerComboBox())
        self.combo.setObjectName("offset_candidates")
        self.combo.setFilters(QgsMapLayerProxyModel.Filter.PolygonLayer)
        self.combo.setAllowEmptyLayer(True)
        self.combo.setToolTip(tr("Polygons with candidate_id, kind_now, kind_target and costs."))
        # what the user chooses; a layer that leaves the project is followed afterwards, by the records
        self.combo.activated.connect(lambda _place: self.state.assign("candidates", self.combo.currentLayer()))
        box = QVBoxLayout()
        box.addWidget(self.combo)
        box.addWidget(self.parcels)
        made.setLayout(box)
        return made

    def _balance(self):
        made = group(tr("5 Balance"))
        row = QHBoxLayout()
        for algorithm, name, text, tip in (
            (
                bs.BALANCE,
                "offset_export",
                tr("Statement"),
                tr("The engine judges the ticked parcels and writes the statement."),
            ),
            (bs.ALTERNATIVES, "offset_compare", tr("Compare alternatives"), tr("All alternatives side by side.")),
        ):
            press = QPushButton(text)
            press.setObjectName(name)
            press.clicked.connect(lambda _checked=False, algorithm=algorithm: self.run(algorithm))
            self.buttons[algorithm] = (press, tip)
            row.addWidget(press)
        self.exported = QLabel()
        self.exported.setObjectName("offset_exported")
        self.exported.setWordWrap(True)
        self.exported.linkActivated.connect(lambda path: QDesktopServices.openUrl(QUrl.fromLocalFile(path)))
        box = QVBoxLayout()
        box.addWidget(self.net, 1)
        box.addLayout(row)
        box.addWidget(self.exported)
        made.setLayout(box)
        return made

    def minimumSizeHint(self):
        """As narrow as the dock."""
        return QSize(300, super().minimumSizeHint().height())

    # showing

    def load(self):
        """Another QGIS project."""
        self.state.load()
        self.paint_candidates()

    def refresh(self):
        """Show what the state knows."""
        self.filling = True
        state = self.state
        self.title.setText("<b>{}</b>".format(state.get("project", "name") or tr("New project")))
        self.footprints.refresh()
        layer = state.layer("candidates")
        if self.combo.currentLayer() is not layer:
            self.combo.setLayer(layer)
        self._follow(layer)
        self.rules.refresh()
        self.records.refresh()
        self.filling = False
        self.parcels.refresh()
        self.net.refresh()
        self._show_exported()
        self.refresh_steps()

    def refresh_steps(self):
        """Buttons with the reason why one is grey."""
        shown = ""
        for algorithm, (press, tip) in self.buttons.items():
            reason = self.state.reason(algorithm)
            press.setEnabled(not reason)
            press.setToolTip(reason or tip)
            shown = shown or reason
        going = self.control.busy in bs.ALGORITHMS
        self.reason.setText(shown)
        self.reason.setVisible(bool(shown) and not self.control.busy)
        self.bar.setVisible(going)
        self.stop.setVisible(going)

    def _progress(self, value, _text):
        if self.control.busy in bs.ALGORITHMS:
            self.bar.setValue(int(value))

    def _summed(self):
        self.net.show_sums()
        self.parcels.show_ticks()
        self.refresh_steps()
        self.repaint_timer.start()

    def _confirmed(self):
        self.net.show_verdict()
        self.rules.show_rules()

    def _show_exported(self):
        found = self.state.exported
        folder = found.get("FOLDER", "")
        links = []
        for lang in ("zh", "en"):
            for ending in ("html", "pdf"):
                path = offsets.statement(folder, lang, ending) if folder else ""
                if path:
                    links.append(
                        "<a href='{}'>{} {}</a>".format(path, {"zh": "中文", "en": "English"}[lang], ending.upper())
                    )
        self.exported.setText(tr("Statement") + ": " + " · ".join(links) if links else "")

    # files

    def _open(self):
        path, _ = QFileDialog.getOpenFileName(self, tr("Project file"), "", "project.toml (*.toml)")
        if path:
            self.open_file(path)

    def open_file(self, path):
        """Ask the engine what a project.toml says; its layers are loaded when the answer is there."""
        self.open.setEnabled(False)
        self.title.setText(tr("Opening {path} …").format(path=path))
        self.reader.open(path)

    def _not_opened(self, sentence):
        self.open.setEnabled(True)
        self.refresh()
        self.noted.emit("error", sentence)

    def _opened(self, answer):
        self.open.setEnabled(True)
        state = self.state
        for table in bs.ROLES:
            state.assign(table, None)
        state.clear()
        state.content = project_file.normal(answer["project"])
        for table, style, title in (
            ("candidates", None, tr("Parcels")),
            ("footprints", offsets.style_footprints, tr("Footprints")),
        ):
            entry = state.content.get(table)
            if entry:
                uri = entry["path"] + ("|layername=" + entry["layer"] if entry.get("layer") else "")
                layer = QgsVectorLayer(uri, title, "ogr")
                if layer.isValid():
                    QgsProject.instance().addMapLayer(layer)
                    if style is not None:
                        style(layer)
                    layer.setCustomProperty("ecoval/role", bs.ROLES[table])
        state.store()
        state.changed.emit()
        self.paint_candidates()

    def _save(self, short):
        path, _ = QFileDialog.getSaveFileName(self, tr("Project file"), "project.toml", "project.toml (*.toml)")
        if path:
            self.save_file(path, short)

    def save_file(self, path, short=False):
        """Write what is set here as a project.toml; whether it could be written."""
        try:
            project_file.save(self.state, path, short)
        except (QgsProcessingException, OSError) as error:
            self.noted.emit("error", str(error))
            return False
        return True

    def run(self, algorithm):
        """Start a step."""
        self.control.start(algorithm, self.state.parameters(algorithm))

    def ended(self, algorithm, results):
        """A step has ended well."""
        self.state.ended(algorithm, results)
        self.raise_layers()
        if algorithm == bs.BALANCE:
            offsets.load(results["FOLDER"])
        if results.get("HTML") and algorithm in (bs.BALANCE, bs.ALTERNATIVES):
            QDesktopServices.openUrl(QUrl.fromLocalFile(results["HTML"]))

    # map

    def raise_layers(self):
        """Footprints and parcels above the layers of other runs, or nobody sees them."""
        root = QgsProject.instance().layerTreeRoot()
        for table in ("candidates", "footprints"):
            layer = self.state.layer(table)
            node = root.findLayer(layer.id()) if layer is not None else None
            if node is None:
                continue
            while node.parent() is not None and node.parent() is not root:
                node = node.parent()
            if root.children() and root.children()[0] is not node:
                root.insertChildNode(0, node.clone())
                root.removeChildNode(node)

    def _drawn(self, geometry):
        self.footprints.add(QgsGeometry(geometry))

    def _map_ticked(self, candidates, clicked):
        pairs = [(row["candidate_id"], row["option_id"]) for row in self.state.parcels if not row["excluded"]]
        for pair in [each for each in pairs if each[0] in candidates]:
            self.state.tick(pair, pair not in self.state.ticked if clicked else True)

    def paint_candidates(self):
        """Colours of the parcels on the map follow the ticks."""
        layer = self.state.layer("candidates")
        if layer is None or layer.fields().lookupField("candidate_id") < 0:
            return
        out = {row["candidate_id"] for row in self.state.parcels if row["excluded"]}
        expression = offsets.state_expression({pair[0] for pair in self.state.ticked}, out)
        renderer = layer.renderer()
        if renderer is not None and renderer.type() == "categorizedSymbol" and renderer.classAttribute() == expression:
            return
        offsets.style_candidates(layer, expression)

    def _follow(self, layer):
        known = layer.id() if layer is not None else ""
        if known != self.followed:
            self.followed = known
            if layer is not None:
                layer.selectionChanged.connect(self._map_to_rows)

    def _map_to_rows(self, *_ignored):
        layer = self.state.layer("candidates")
        if layer is not None and not self.filling and layer.fields().lookupField("candidate_id") >= 0:
            self.parcels.select({str(feature["candidate_id"]) for feature in layer.selectedFeatures()})

    def _rows_to_map(self, candidates):
        layer = self.state.layer("candidates")
        if layer is None:
            return
        self.filling = True
        ids = [feature.id() for feature in layer.getFeatures() if str(feature["candidate_id"]) in set(candidates)]
        layer.selectByIds(ids)
        if ids:
            self.iface.mapCanvas().zoomToSelected(layer)
        self.filling = False

    def close_down(self):
        """The plugin is unloaded."""
        self.state.stop_asking()
        self.reader.stop()
        self.records.close_down()
        self.repaint_timer.stop()
        layer = QgsProject.instance().mapLayer(self.followed)
        if layer is not None:
            try:
                layer.selectionChanged.disconnect(self._map_to_rows)
            except TypeError:
                self.followed = ""
        for made in (self.tick_tool, self.draw_tool):
            if self.iface.mapCanvas().mapTool() is made:
                self.iface.actionPan().trigger()
            self.iface.mapCanvas().scene().removeItem(made.band)
