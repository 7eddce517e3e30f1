"""The account tab: data, units, services, output, run, results."""

from qgis.core import QgsFieldProxyModel, QgsMapLayerProxyModel
from qgis.gui import QgsFieldComboBox, QgsFileWidget, QgsMapLayerComboBox
from qgis.PyQt.QtCore import QSize, QTimer
from qgis.PyQt.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QMenu,
    QProgressBar,
    QPushButton,
    QRadioButton,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from .. import catalogue
from ..i18n import tr
from . import checks, controller
from .forms import check_row, chooser, group, narrow, paths, show_path, wide_form
from .results import button, copy_text

QUIET = 300  # ms without a change before the checks run
FIRST = ("precipitation", "evapotranspiration", "dem", "npp")


class Account(QWidget):
    """Form of the account; what it knows is in the controller."""

    def __init__(self, control, results, actions, parent=None):
        super().__init__(parent)
        self.control = control
        self.actions = actions
        self.results = results
        self.filling = False
        self.said = None
        self.combos, self.labels, self.ticks = {}, {}, {}
        box = QVBoxLayout(self)
        box.setContentsMargins(2, 2, 2, 2)
        for part in (self._data(), self._scope(), self._services(), self._output()):
            box.addWidget(part)
        box.addWidget(self._run())
        box.addWidget(results, 1)
        box.addStretch(0)
        self.timer = QTimer(self)
        self.timer.setSingleShot(True)
        self.timer.setInterval(QUIET)
        self.timer.timeout.connect(self.check)
        self.survey = checks.Survey(self.timer.start)
        control.changed.connect(self.refresh)
        control.stirred.connect(self.refresh_state)
        control.progressed.connect(self._progress)
        self.refresh()

    # building

    def _data(self):
        self.data = group(tr("1 Data"))
        form = wide_form()
        polygon, raster = QgsMapLayerProxyModel.Filter.PolygonLayer, QgsMapLayerProxyModel.Filter.RasterLayer
        self._role(form, "units", polygon)
        self.id = QgsFieldComboBox()
        self.id.setFilters(
            QgsFieldProxyModel.Filter.String | QgsFieldProxyModel.Filter.Int | QgsFieldProxyModel.Filter.LongLong
        )
        self.name = QgsFieldComboBox()
        self.name.setAllowEmptyFieldName(True)
        narrow(self.id, 4)
        narrow(self.name, 4)
        self.id.fieldChanged.connect(lambda text: self._set("id", text))
        self.name.fieldChanged.connect(lambda text: self._set("name_field", text))
        fields = QHBoxLayout()
        for text, widget in ((tr("code"), self.id), (tr("name"), self.name)):
            fields.addWidget(QLabel(text))
            fields.addWidget(widget, 1)
        form.addRow("", fields)
        self._role(form, "landcover", raster)
        self.scheme = narrow(QComboBox())
        for each in catalogue.crosswalks():
            self.scheme.addItem(tr("own table") if each == catalogue.OWN else catalogue.label(each), each)
        self.scheme.currentIndexChanged.connect(lambda _place: self._set("scheme", self.scheme.currentData()))
        self.classes = chooser("*.csv *.xlsx")
        self.classes.fileChanged.connect(lambda path: self._set("classes", path))
        form.addRow(tr("Classes"), self.scheme)
        form.addRow("", self.classes)
        self.year, self.price_year = QSpinBox(), QSpinBox()
        for widget, key in ((self.year, "year"), (self.price_year, "price_year")):
            widget.setRange(1900, 2200)
            widget.valueChanged.connect(lambda value, key=key: self._set(key, value))
        years = QHBoxLayout()
        for text, widget in ((tr("Year"), self.year), (tr("Prices of"), self.price_year)):
            years.addWidget(QLabel(text))
            years.addWidget(widget, 1)
        form.addRow(years)
        for role in FIRST:
            self._role(form, role, raster)
        body = QVBoxLayout()
        body.addLayout(form)
        body.addWidget(self._more(raster))
        self.rows = QVBoxLayout()
        body.addLayout(self.rows)
        self.data.setLayout(body)
        return self.data

    def _more(self, raster):
        """Further layers and tables, closed at first."""
        more = group(tr("Further inputs"), closed=True)
        form = wide_form()
        self.files = {}
        for key, text in (
            ("statistics", tr("Statistics")),
            ("parameters", tr("Own parameters")),
            ("prices", tr("Prices")),
        ):
            widget = chooser("*.csv *.xlsx", several=key == "statistics")
            widget.fileChanged.connect(lambda _path, key=key, widget=widget: self._set(key, paths(widget)))
            self.files[key] = widget
            form.addRow(text, widget)
        for role in catalogue.table_roles():
            widget = chooser("*.csv *.xlsx *.gpkg *.shp")
            widget.fileChanged.connect(lambda path, role=role: self._set_role_file(role, path))
            self.files[role] = widget
            form.addRow(catalogue.label(role), widget)
        for role in catalogue.raster_roles():
            if role not in FIRST:
                self._role(form, role, raster)
        more.setLayout(form)
        self.more = more
        return more

    def _role(self, form, role, kind):
        combo = QgsMapLayerComboBox()
        combo.setObjectName("role_" + role)
        combo.setFilters(kind)
        combo.setAllowEmptyLayer(True)
        combo.setToolTip(catalogue.role_help(role))
        narrow(combo)
        combo.layerChanged.connect(lambda layer, role=role: self._assign(role, layer))
        label = QLabel(catalogue.label(role))
        label.setToolTip(catalogue.role_help(role))
        self.combos[role], self.labels[role] = combo, label
        form.addRow(label, combo)

    def _scope(self):
        part = group(tr("2 Units"))
        self.scopes = QButtonGroup(self)
        row, tools = QHBoxLayout(), QHBoxLayout()
        self.scope = {}
        for key, text in (
            (controller.SCOPE_ALL, tr("All")),
            (controller.SCOPE_SELECTED, tr("Selected")),
            (controller.SCOPE_DRAWN, tr("Drawn area")),
        ):
            choice = QRadioButton(text)
            choice.setObjectName("scope_" + key)
            choice.toggled.connect(lambda on, key=key: on and self._set("scope", key))
            self.scopes.addButton(choice)
            self.scope[key] = choice
            row.addWidget(choice)
        row.addStretch(1)
        self.tools = {}
        for key, text, tip in (
            ("pick", tr("Click"), tr("Click units on the map; Shift adds, a drag takes a box.")),
            ("lasso", tr("Lasso"), tr("Draw around the units with the mouse button held.")),
            ("draw", tr("Draw"), tr("Click corners, close with the right button: the area is computed by itself.")),
            ("clear", tr("Clear"), tr("Nothing selected.")),
        ):
            self.tools[key] = button(text, self.actions[key], tip)
            self.tools[key].setObjectName("tool_" + key)
            tools.addWidget(self.tools[key])
        self.live = QCheckBox(tr("Compute at each click"))
        self.live.setObjectName("live")
        self.live.setToolTip(
            tr(
                "Each selection is computed at once and takes the place of the one before; "
                "the report is written when asked for."
            )
        )
        self.live.toggled.connect(lambda on: self._set("live", on))
        box = QVBoxLayout()
        box.addLayout(row)
        box.addLayout(tools)
        box.addWidget(self.live)
        part.setLayout(box)
        return part

    def _services(self):
        part = group(tr("3 Services"))
        grid = QGridLayout()
        for place, entry in enumerate(catalogue.services()):
            tick = QCheckBox(catalogue.label(entry["code"]))
            tick.setObjectName("service_" + entry["code"])
            tick.toggled.connect(lambda _on: self._ticked())
            self.ticks[entry["code"]] = tick
            grid.addWidget(tick, place // 2, place % 2)
        self.standard = QComboBox()
        narrow(self.standard)
        for each in catalogue.standards():
            self.standard.addItem(catalogue.standard_label(each), each)
        self.standard.currentIndexChanged.connect(lambda _place: self._set("standard", self.standard.currentData()))
        self.region = narrow(QComboBox())
        self.region.addItem(tr("not said"), "")
        for each in catalogue.regions():
            self.region.addItem(catalogue.label(each), each)
        self.region.currentIndexChanged.connect(lambda _place: self._set("region", self.region.currentData()))
        form = wide_form()
        form.addRow(tr("Standard"), self.standard)
        form.addRow(tr("Region of the numbers"), self.region)
        box = QVBoxLayout()
        box.addLayout(grid)
        box.addWidget(
            button(
                tr("Tick all that have their inputs"),
                self._tick_all,
                tr("Grey services lack an input: see their tooltip."),
            )
        )
        box.addLayout(form)
        part.setLayout(box)
        return part

    def _output(self):
        part = group(tr("4 Output"))
        self.out = QgsFileWidget()
        self.out.setStorageMode(QgsFileWidget.StorageMode.GetDirectory)
        self.out.lineEdit().setPlaceholderText("ecoval_runs/…")
        self.out.fileChanged.connect(lambda path: self._set("out", path))
        box = QVBoxLayout()
        box.addWidget(self.out)
        part.setLayout(box)
        return part

    def _run(self):
        part = QWidget()
        self.reason = QLabel()
        self.reason.setObjectName("reason")
        self.reason.setWordWrap(True)
        self.reason.setStyleSheet("color: #9a6700")
        self.run = QPushButton(tr("▶ Run"))
        self.run.setObjectName("run")
        self.run.setMinimumHeight(34)
        self.run.setShortcut("Ctrl+Return")
        self.run.clicked.connect(lambda _checked=False: self.actions["run"]())
        self.verify = button(
            tr("Full check"), self.actions["check"], tr("Ask the engine about everything without computing.")
        )
        more = QToolButton()
        more.setText("⋯")
        more.setToolTip(tr("Copy as command; advanced dialog; diagnostic information."))
        more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self)
        for kind, text in (
            ("process", tr("Copy as qgis_process command")),
            ("python", tr("Copy as Python")),
            ("batch", tr("Copy as batch row")),
        ):
            menu.addAction(text).triggered.connect(
                lambda _checked=False, kind=kind: copy_text(self.control.command(kind))
            )
        menu.addAction(tr("Advanced dialog…")).triggered.connect(lambda _checked=False: self.actions["dialog"]())
        menu.addAction(tr("Copy diagnostic information")).triggered.connect(
            lambda _checked=False: self.actions["diagnosis"]()
        )
        more.setMenu(menu)
        row = QHBoxLayout()
        row.addWidget(self.run, 1)
        row.addWidget(self.verify)
        row.addWidget(more)
        self.bar = QProgressBar()
        self.bar.setObjectName("progress")
        self.step = QLabel()
        self.stop = button(tr("Cancel"), self.control.cancel, tr("Stop the run; nothing is loaded."))
        self.stop.setObjectName("cancel")
        going = QHBoxLayout()
        going.addWidget(self.bar, 1)
        going.addWidget(self.stop)
        box = QVBoxLayout(part)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(self.reason)
        box.addLayout(row)
        box.addLayout(going)
        box.addWidget(self.step)
        return part

    # between form and controller

    def _assign(self, role, layer):
        if not self.filling:
            self.control.assign(role, layer)

    def _set(self, key, value):
        if not self.filling:
            self.control.set(key, value)

    def _set_role_file(self, role, path):
        if not self.filling:
            files = dict(self.control.settings["roles"])
            files.pop(role, None)
            if path:
                files[role] = path
            self.control.set("roles", files)

    def _ticked(self):
        if not self.filling:
            self.control.set(
                "services", [code for code, tick in self.ticks.items() if tick.isChecked() and tick.isEnabled()]
            )

    def _tick_all(self):
        self.control.set(
            "services", [code for code, missing in self.control.runnable_services().items() if not missing]
        )

    def refresh(self):
        """Show what the controller knows."""
        self.filling = True
        chosen = self.control.settings
        for role, combo in self.combos.items():
            layer = self.control.layer(role)
            if combo.currentLayer() is not layer:
                combo.setLayer(layer)
            for widget in (self.labels[role], combo):
                font = widget.font()
                font.setItalic(role in self.control.guessed)
                widget.setFont(font)
        units = self.control.layer("units")
        for widget, key in ((self.id, "id"), (self.name, "name_field")):
            if widget.layer() is not units:
                widget.setLayer(units)
            widget.setField(chosen[key])
        self.scheme.setCurrentIndex(max(self.scheme.findData(chosen["scheme"]), 0))
        self.classes.setVisible(chosen["scheme"] == catalogue.OWN)
        show_path(self.classes, chosen["classes"])
        for key, widget in self.files.items():
            show_path(
                widget,
                chosen["roles"].get(key, "") if key not in chosen else " ".join('"%s"' % path for path in chosen[key]),
            )
        self.year.setValue(chosen["year"])
        self.price_year.setValue(chosen["price_year"] or chosen["year"])
        self.standard.setCurrentIndex(max(self.standard.findData(chosen["standard"]), 0))
        self.region.setCurrentIndex(max(self.region.findData(chosen["region"]), 0))
        show_path(self.out, chosen["out"])
        self.scope[chosen["scope"]].setChecked(True)
        self.live.setChecked(bool(chosen["live"]))
        self._show_services(chosen)
        self.filling = False
        self.refresh_state()
        self.timer.start()

    def _show_services(self, chosen):
        for code, missing in self.control.runnable_services().items():
            tick = self.ticks[code]
            tick.setEnabled(not missing)
            tick.setChecked(not missing and (not chosen["services"] or code in chosen["services"]))
            lacking = ", ".join(catalogue.label(role) for role in missing)
            tick.setText(catalogue.label(code) + (" · " + tr("lacks {names}").format(names=lacking) if missing else ""))
            if len(lacking) > 12:
                tick.setText(catalogue.label(code) + " · " + tr("lacks {count} inputs").format(count=len(missing)))
            tick.setToolTip(tr("Lacks: {names}").format(names=lacking) if missing else catalogue.label(code))

    def refresh_state(self):
        """Counts, the reason beside the run button, the progress."""
        units = self.control.layer("units")
        count = units.featureCount() if units is not None else 0
        picked = units.selectedFeatureCount() if units is not None else 0
        self.scope[controller.SCOPE_ALL].setText(tr("All {count}").format(count=count))
        self.scope[controller.SCOPE_SELECTED].setText(tr("Selected {count}").format(count=picked))
        ready = sum(self.control.layer(role) is not None for role in self.control.assigned)
        self.data.setTitle(tr("1 Data  ({count} layers)").format(count=ready))
        for key in ("pick", "lasso", "clear"):
            self.tools[key].setEnabled(units is not None)
        reason = self.control.reason()
        self.run.setEnabled(not reason)
        self.verify.setEnabled(not reason)
        self.reason.setText(reason)
        self.reason.setVisible(bool(reason) and not self.control.busy)
        self.run.setToolTip(reason or tr("Compute the account (Ctrl+Enter)."))
        going = bool(self.control.busy)
        for widget in (self.bar, self.stop, self.step):
            widget.setVisible(going)
        if not going:
            self.bar.setValue(0)
            self.step.clear()

    def _progress(self, value, text):
        self.bar.setValue(int(value))
        if text:
            self.step.setText(text)

    def minimumSizeHint(self):
        """As narrow as the dock."""
        return QSize(300, super().minimumSizeHint().height())

    def check(self):
        """Fill the rows of the checks, where they are other ones."""
        found = checks.findings(self.control, self.actions, self.survey)
        said = [(each.level, each.text) for each in found]
        if said == self.said:
            return
        self.said = said
        while self.rows.count():
            item = self.rows.takeAt(0)
            if item.widget() is not None:
                item.widget().deleteLater()
        for each in found:
            self.rows.addWidget(check_row(each))
