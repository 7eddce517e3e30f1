"""The results of a run: headline, table linked with the map both ways, chart, colours, exports."""

import html
import math
import os
import shutil

from qgis.core import NULL, Qgis, QgsFeatureRequest, QgsProject
from qgis.PyQt.QtCore import Qt, QUrl, pyqtSignal
from qgis.PyQt.QtGui import QDesktopServices
from qgis.PyQt.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QScrollArea,
    QSpinBox,
    QTableWidget,
    QTableWidgetItem,
    QTabWidget,
    QTextBrowser,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from .. import catalogue, legend, outputs, records
from ..i18n import language, tr
from .chart import Chart

ROWS_PER_STEP = 200
CATEGORIES = ("provisioning", "regulating", "cultural")
CODE = Qt.ItemDataRole.UserRole


class NumberItem(QTableWidgetItem):
    """A cell that sorts by its number; what is not given goes last."""

    def __init__(self, value, text):
        super().__init__(text)
        self.value = value if value is not None else -math.inf
        self.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)

    def __lt__(self, other):
        return self.value < getattr(other, "value", -math.inf)


class Results(QWidget):
    """The lower half of the account tab."""

    filled = pyqtSignal()  # the table of a run is there

    def __init__(self, iface, controller, report, atlas, parent=None):
        super().__init__(parent)
        self.iface = iface
        self.controller = controller
        self.folder = ""
        self.layer_id = ""
        self.quiet = False
        self.headline = QLabel()
        self.headline.setWordWrap(True)
        self.headline.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.table = QTableWidget()
        self.table.setObjectName("result_table")
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.verticalHeader().setVisible(False)
        self.table.setSortingEnabled(True)
        self.table.setMinimumHeight(190)
        self.table.itemSelectionChanged.connect(self._rows_to_map)
        self.chart = Chart()
        self.notes = QTextBrowser()
        self.tabs = QTabWidget()
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setWidget(self.chart)
        self.tabs.addTab(self.table, tr("Table"))
        self.tabs.addTab(area, tr("Chart"))
        self.tabs.addTab(self.notes, tr("Notes"))
        self.column = QComboBox()
        self.method = QComboBox()
        for key, text in (
            ("natural", tr("Natural breaks")),
            ("quantile", tr("Quantiles")),
            ("equal", tr("Equal intervals")),
        ):
            self.method.addItem(text, key)
        self.classes = QSpinBox()
        self.classes.setRange(1, 9)
        self.classes.setValue(legend.CLASSES)
        self.apply = button(tr("Apply"), self._style, tr("Colour the units by the chosen column."))
        for widget in (self.column, self.method):
            widget.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            widget.setMinimumContentsLength(5)
        colours = QHBoxLayout()
        self.column.setToolTip(tr("Colours"))
        for widget, share in ((self.column, 3), (self.method, 2), (self.classes, 0), (self.apply, 1)):
            colours.addWidget(widget, share)
        actions = QHBoxLayout()
        actions.addWidget(button(tr("Report"), lambda: report(self.folder), tr("Open the report of this run.")))
        actions.addWidget(button(tr("Map atlas (PDF)"), lambda: atlas(self.folder), tr("A page with a map per unit.")))
        save = QToolButton()
        save.setText(tr("Save"))
        save.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        save.setToolTip(tr("Tables, workbook, chart, folder."))
        save.setMenu(self._menu())
        actions.addWidget(save)
        actions.addStretch(1)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(self.headline)
        box.addWidget(self.tabs, 1)
        box.addLayout(colours)
        box.addLayout(actions)
        self.setVisible(False)

    def _menu(self):
        menu = QMenu(self)
        menu.addAction(tr("Table as CSV…")).triggered.connect(lambda: self._copy("gep.csv"))
        menu.addAction(tr("All services as CSV…")).triggered.connect(lambda: self._copy("supply.csv"))
        menu.addAction(tr("Workbook (XLSX)…")).triggered.connect(lambda: self._copy("report.xlsx"))
        menu.addAction(tr("Chart as PNG or SVG…")).triggered.connect(self._save_chart)
        menu.addAction(tr("Open the folder")).triggered.connect(
            lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(self.folder))
        )
        return menu

    def layer(self):
        """The unit layer of the run in the project, or None."""
        return QgsProject.instance().mapLayer(self.layer_id)

    def showing(self, folder, layer):
        """Show a run, one step at a time.

        Parameters
        ----------
        folder : text
        layer : QgsVectorLayer

        Yields
        ------
        text
            What is shown by now.
        """
        self.disconnect_layer()
        self.folder = folder
        features = list(layer.getFeatures(QgsFeatureRequest().setFlags(QgsFeatureRequest.Flag.NoGeometry)))
        self._fill_head(layer, features)
        yield "head"
        yield from self._fill_table(layer, features)
        self.setVisible(True)
        self.filled.emit()
        yield "table"
        self._fill_chart(features)
        self._fill_columns(layer)
        yield "chart"
        self.notes.setHtml(records.notes_html(folder))
        yield "notes"

    def link(self, layer):
        """Follow the selection of the unit layer, which is in the project by now."""
        self.layer_id = layer.id()
        layer.selectionChanged.connect(self._map_to_rows)

    def disconnect_layer(self):
        """Let go of the layer of an earlier run."""
        layer = self.layer()
        if layer is not None:
            try:
                layer.selectionChanged.disconnect(self._map_to_rows)
            except TypeError:
                self.quiet = False
        self.layer_id = ""

    def forget(self, identifiers):
        """The layer was removed: the table stays, the link ends."""
        if self.layer_id in identifiers:
            self.layer_id = ""

    def _fill_head(self, layer, features):
        said = records.record(self.folder) or {}
        line, texts = records.headline(self.folder), records.headline_texts(self.folder)
        text = "<b>{} {}</b>".format(html.escape(texts["name"]), outputs.amount(line.get("value")))
        if line.get("low") is not None and line.get("high") is not None:
            text += " ({} – {})".format(outputs.amount(line["low"]), outputs.amount(line["high"]))
        area = math.fsum(number(feature["area"]) or 0.0 for feature in features)
        rest = [tr("{count} units").format(count=len(features)), "{:,.1f} km²".format(area / 1e6)]
        rest += [tr("year {year}").format(year=said.get("year")), html.escape(texts["prices"])]
        rest.append(catalogue.standard_label(said.get("standard", "")))
        text += "<br>" + " · ".join(rest)
        text += "".join("<br>" + html.escape(remark) for remark in texts["remarks"])
        if texts["lacking"]:
            text += "<br>" + tr("Not in the total: {number} indicators, see the notes.").format(
                number=len(texts["lacking"])
            )
        if said.get("example"):
            text += "<br>" + tr("Contains example numbers: not for decisions.")
        self.headline.setText(text)

    def _fill_table(self, layer, features):
        total = records.total_column(self.folder)
        largest = max([abs(number(feature[total]) or 0.0) for feature in features] or [0.0])
        size, word = legend.scale_of("CNY", largest)
        densities = [per_km2(feature, total) for feature in features]
        size2, word2 = legend.scale_of("CNY km-2", max([abs(density or 0.0) for density in densities] or [0.0]))
        name = "GEP" if total == "gep" else tr("Subtotal")
        heads = [
            tr("Unit"),
            name + "\n" + word,
            name + "/km²\n" + word2.replace("/km²", ""),
            tr("Largest service"),
            tr("Valid"),
        ]
        self.table.setSortingEnabled(False)
        self.table.clear()
        self.table.setColumnCount(len(heads))
        self.table.setHorizontalHeaderLabels(heads)
        self.table.setRowCount(len(features))
        for row, feature in enumerate(features):
            name = QTableWidgetItem(str(feature["unit_name"] or feature["unit_id"]))
            name.setData(CODE, str(feature["unit_id"]))
            name.setToolTip(str(feature["unit_id"]))
            cells = [name, cell(feature[total], size), cell(densities[row], size2)]
            cells.append(QTableWidgetItem(largest_service(feature)))
            valid = number(feature["valid_fraction"])
            quality = NumberItem(valid, records.share_text(valid))
            missing = missing_names(feature)
            if missing:
                quality.setText(quality.text() + " !")
                quality.setToolTip(tr("Not complete, missing: ") + missing)
            cells.append(quality)
            for place, item in enumerate(cells):
                self.table.setItem(row, place, item)
            if row % ROWS_PER_STEP == ROWS_PER_STEP - 1:
                yield "rows"
        self.table.setSortingEnabled(True)
        self.table.sortItems(1, Qt.SortOrder.DescendingOrder)
        self.table.resizeColumnsToContents()

    def _fill_chart(self, features):
        rows = []
        for feature in features:
            parts = [number(feature[name]) or 0.0 for name in CATEGORIES]
            rows.append((str(feature["unit_id"]), str(feature["unit_name"] or feature["unit_id"]), parts))
        rows.sort(key=lambda row: -math.fsum(row[2]))
        size, word = legend.scale_of("CNY", math.fsum(rows[0][2]) if rows else 0.0)
        scaled = [(code, name, [part / size for part in parts]) for code, name, parts in rows]
        self.chart.show_rows(scaled, [catalogue.label(name) for name in CATEGORIES], word)

    def _fill_columns(self, layer):
        self.column.clear()
        names = list(
            dict.fromkeys([records.total_column(self.folder), "gep", "gep_per_km2", "gep_per_capita", *CATEGORIES])
        )
        names += [entry["code"] + "_value" for entry in catalogue.services()]
        for name in names:
            if layer.fields().lookupField(name) >= 0:
                self.column.addItem(outputs.column_label(name), name)

    # linked both ways

    def codes(self):
        """Codes of the selected rows."""
        rows = {index.row() for index in self.table.selectionModel().selectedRows()}
        return {self.table.item(row, 0).data(CODE) for row in rows}

    def _rows_to_map(self):
        layer = self.layer()
        if self.quiet or layer is None:
            return
        codes = self.codes()
        self.chart.mark(codes)
        self.quiet = True
        ids = [feature.id() for feature in layer.getFeatures() if str(feature["unit_id"]) in codes]
        layer.selectByIds(ids)
        if ids:
            self.iface.mapCanvas().zoomToSelected(layer)
        self.quiet = False

    def _map_to_rows(self, *_ignored):
        layer = self.layer()
        if self.quiet or layer is None:
            return
        codes = {str(feature["unit_id"]) for feature in layer.selectedFeatures()}
        self.chart.mark(codes)
        self.quiet = True
        self.table.clearSelection()
        mode = self.table.selectionMode()
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.MultiSelection)
        for row in range(self.table.rowCount()):
            if self.table.item(row, 0).data(CODE) in codes:
                self.table.selectRow(row)
                self.table.scrollToItem(self.table.item(row, 0))
        self.table.setSelectionMode(mode)
        self.quiet = False

    # buttons

    def _style(self):
        layer = self.layer()
        if layer is None:
            return
        name = self.column.currentData()
        project, choice = QgsProject.instance(), (self.method.currentData(), self.classes.value())
        kept = legend.kept_scale(project, name)
        again = layer.customProperty("ecoval/shown") == name or kept is None or (kept.method, kept.number) != choice
        if not legend.show_column(project, layer, name, legend.Scale([], *choice) if again else None):
            text = tr("The engine does not answer: the classes stay as they are.")
            self.iface.messageBar().pushMessage("ecoval", text, Qgis.MessageLevel.Warning)
            return
        layer.setName(outputs.layer_name(self.folder, layer, name))
        for shown in legend.showing(project, name):
            self.iface.layerTreeView().refreshLayerSymbology(shown.id())

    def _copy(self, name):
        path, _ = QFileDialog.getSaveFileName(self, tr("Save"), os.path.join(os.path.dirname(self.folder), name))
        if path:
            shutil.copyfile(os.path.join(self.folder, name), path)

    def _save_chart(self):
        start = os.path.join(self.folder, "chart.png")
        path, _ = QFileDialog.getSaveFileName(self, tr("Save"), start, "PNG (*.png);;SVG (*.svg)")
        if path:
            self.chart.save(path)


def button(text, action, tip=""):
    """A push button."""
    made = QPushButton(text)
    made.setToolTip(tip or text)
    made.clicked.connect(lambda _checked=False: action())
    return made


def number(value):
    """A number of a feature, or None where it is not given."""
    return None if value is None or value == NULL else float(value)


def per_km2(feature, column):
    """Money of a column per km2 of the unit, or None."""
    value, area = number(feature[column]), number(feature["area"])
    return None if value is None or not area else value / (area / 1e6)


def missing_names(feature):
    """Names of the indicators that a unit lacks."""
    if feature.fields().lookupField("indicators_missing") < 0 or feature["indicators_missing"] in (None, NULL, ""):
        return ""
    codes = str(feature["indicators_missing"]).split(";")
    return ("、" if language() == "zh" else ", ").join(catalogue.label(code) for code in codes)


def cell(value, size):
    """Cell of an amount."""
    found = number(value)
    return NumberItem(found, "" if found is None else "{:,.4g}".format(found / size))


def largest_service(feature):
    """Name of the service with the largest value in a unit."""
    best, name = None, ""
    for entry in catalogue.services():
        column = entry["code"] + "_value"
        if feature.fields().lookupField(column) >= 0:
            value = number(feature[column])
            if value is not None and (best is None or value > best):
                best, name = value, catalogue.label(entry["code"])
    return name


def copy_text(text):
    """Put a text on the clipboard."""
    QApplication.clipboard().setText(text)
