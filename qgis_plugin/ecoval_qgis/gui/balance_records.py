"""The group of rules and records: land that cannot serve, rules by file, ledger, what was decided and why."""

import os

from qgis.core import QgsMapLayerProxyModel, QgsProject, QgsVectorLayer
from qgis.gui import QgsCollapsibleGroupBox, QgsFileWidget, QgsMapLayerComboBox
from qgis.PyQt.QtCore import QTimer, pyqtSignal
from qgis.PyQt.QtWidgets import QCheckBox, QComboBox, QLabel, QLineEdit, QPlainTextEdit, QVBoxLayout

from .. import inputs, offsets, records
from ..i18n import tr
from .account import narrow, wide_form
from .project_file import entry_of

TEXT_HEIGHT = 52  # two lines and a half
TABLES = "*.csv *.xlsx"
FIELDS = ("kind", "quantity", "grade")  # of the layer of a statutory regime


class Reason(QPlainTextEdit):
    """A text of some lines that says when it was left."""

    left = pyqtSignal(str)

    def focusOutEvent(self, event):
        """Hand over the text."""
        super().focusOutEvent(event)
        self.left.emit(self.toPlainText().strip())


class LayerPick(QgsMapLayerComboBox):
    """A layer of the QGIS project, or the file that a project file names although it is not loaded."""

    def __init__(self, picked, tip):
        super().__init__()
        self.unloaded = ""
        narrow(self)
        self.setFilters(QgsMapLayerProxyModel.Filter.PolygonLayer)
        self.setAllowEmptyLayer(True)
        self.setLayer(None)
        self.setToolTip(tip)
        self.tip = tip
        # only what the user does: a layer that is taken out of the project takes no file out of the balance
        self.activated.connect(lambda _place: self._chosen(picked))

    def _chosen(self, picked):
        if not self.unloaded or self.currentText() != self.unloaded:
            picked(self.currentLayer())

    def show_entry(self, entry):
        """Show what an entry of the project file names; nothing where there is none."""
        entry = {"path": entry} if isinstance(entry, str) else entry or {}
        layer = loaded(entry)
        name = " · ".join(filter(None, (os.path.basename(entry.get("path", "")), entry.get("layer"))))
        self.unloaded = name if entry and layer is None else ""
        self.setAdditionalItems([self.unloaded] if self.unloaded else [])
        if self.unloaded:
            self.setCurrentIndex(self.findText(self.unloaded))
        else:
            self.setLayer(layer)
        self.setToolTip("\n".join(filter(None, (self.tip, entry.get("path")))))


def loaded(entry):
    """Layer of the QGIS project that an entry names, or None."""
    if not entry.get("path"):
        return None
    for layer in QgsProject.instance().mapLayers().values():
        found = inputs.as_file(layer) if isinstance(layer, QgsVectorLayer) else None
        if found is None or found["path"] != os.path.abspath(entry["path"]):
            continue
        if not entry.get("layer") or not found["layer"] or found["layer"] == entry["layer"]:
            return layer
    return None


class Records(QgsCollapsibleGroupBox):
    """What a balance needs besides data: rules by file, exclusions, measures, ledger, and the written record."""

    def __init__(self, state, parent=None):
        super().__init__(tr("3 Rules and records"), parent)
        self.state = state
        self.filling = False
        self.layers, self.tables, self.reasons, self.regimes = {}, {}, {}, {}
        box = QVBoxLayout()
        for title, make in (
            (tr("Record"), self._record),
            (tr("Land that cannot serve"), self._exclusions),
            (tr("Rules by file"), self._tables),
        ):
            head = QLabel("<b>{}</b>".format(title))
            box.addWidget(head)
            form = wide_form()
            make(form)
            box.addLayout(form)
        self.regime_form = wide_form()
        box.addLayout(self.regime_form)
        self.setLayout(box)
        self.setCollapsed(True)
        self.later = QTimer(self)  # not while QGIS removes a layer
        self.later.setSingleShot(True)
        self.later.timeout.connect(state.changed)
        QgsProject.instance().layersRemoved.connect(self._removed)

    def _removed(self, _layers):
        self.later.start(0)

    def close_down(self):
        """The plugin is unloaded."""
        self.later.stop()
        QgsProject.instance().layersRemoved.disconnect(self._removed)

    def _row(self, form, text, widget, tip, name):
        label = QLabel(text)
        label.setToolTip(tip)
        widget.setToolTip(tip)
        widget.setObjectName("offset_" + name)
        form.addRow(label, widget)

    def _record(self, form):
        self.name = QLineEdit()
        self.name.editingFinished.connect(lambda: self._set("project", "name", self.name.text().strip()))
        self._row(form, tr("Name"), self.name, tr("Name of the project, the title of the statement."), "name")
        self.chosen = narrow(QComboBox())
        self.chosen.currentIndexChanged.connect(lambda _place: self._set("record", "chosen", self.chosen.currentText()))
        tip = tr("The alternative that is balanced; the others show that avoiding was examined.")
        self._row(form, tr("Chosen"), self.chosen, tip, "chosen")
        for key, text, tip in (
            (
                "avoid_reason",
                tr("Avoid"),
                tr("Why this alternative, or why there is no other: without it nothing can be assessed."),
            ),
            (
                "minimise_reason",
                tr("Minimise"),
                tr("Why there are no further measures; needed where no table of measures is given."),
            ),
        ):
            edit = Reason()
            edit.setPlaceholderText(tr("reason, in words"))
            edit.setFixedHeight(TEXT_HEIGHT)
            edit.setTabChangesFocus(True)
            edit.left.connect(lambda words, key=key: self._set("record", key, words))
            self.reasons[key] = edit
            self._row(form, text, edit, tip, key)

    def _exclusions(self, form):
        for key, text, tip in (
            ("red_line", tr("Red line"), tr("Ecological red line: overlaps of the footprint are listed.")),
            ("no_go", tr("No-go land"), tr("Land that nothing makes up for: a footprint on it cannot be offset.")),
            ("granted", tr("Granted land"), tr("Land promised to other projects: parcels on it cannot serve.")),
            (
                "protected",
                tr("Protected land"),
                tr("Parcels on it give nothing additional unless the field additionality says why."),
            ),
        ):
            pick = LayerPick(lambda layer, key=key: self._exclude(key, layer), tip)
            self.layers[key] = pick
            self._row(form, text, pick, tip, key)

    def _tables(self, form):
        self.whole = QCheckBox(tr("whole parcels only"))
        self.whole.toggled.connect(lambda on: self._set("rules", "whole", on))
        self._row(form, "", self.whole, tr("A suggestion takes a parcel as a whole or not at all."), "whole")
        for table, key, text, tip in (
            (
                "rules",
                "spatial",
                tr("Spatial rule"),
                tr("Table service, area_kind, same, neighbour, elsewhere. Empty: the packaged one."),
            ),
            (
                "rules",
                "accept",
                tr("Like for like"),
                tr("Table ecosystem_type, band: which kinds make up for which. Empty: the same broad type."),
            ),
            (
                "rules",
                "no_go",
                tr("Irreplaceable kinds"),
                tr("Table ecosystem_type: kinds that cannot be offset."),
            ),
            (
                "statutory",
                "path",
                tr("Statutory rules"),
                tr("Table regime, kind, uom, ratio, accepts, clause: balances by law, each by itself."),
            ),
            (
                "statutory",
                "provided",
                tr("Provided"),
                tr("Table candidate_id, regime, kind, quantity, uom: what is provided for the balances by law."),
            ),
            (
                "measures",
                "path",
                tr("Measures"),
                tr("Table patch_id, option_id, area_factor, loss_factor, cost: what lessens the loss on the spot."),
            ),
            (
                "ledger",
                "path",
                tr("Ledger"),
                tr("GeoPackage of debits and credits of all projects: no parcel is used twice."),
            ),
        ):
            pick = QgsFileWidget()
            pick.setFilter("{} ({})".format(tr("Tables"), TABLES) if table != "ledger" else "GeoPackage (*.gpkg)")
            if table == "ledger":
                pick.setStorageMode(QgsFileWidget.StorageMode.SaveFile)
                pick.setConfirmOverwrite(False)
            pick.fileChanged.connect(lambda path, table=table, key=key: self._set(table, key, path.strip()))
            self.tables[table, key] = pick
            self._row(form, text, pick, tip, "{}_{}".format(table, key))
        self.book = QCheckBox(tr("book a balance"))
        self.book.toggled.connect(lambda on: self._set("ledger", "write", on))
        self._row(
            form, "", self.book, tr("The statement of a project that balances is written into the ledger."), "book"
        )

    # showing

    def refresh(self):
        """Show what the state knows."""
        self.filling = True
        state = self.state
        show_text(self.name, state.get("project", "name"))
        names = state.alternatives()
        if [self.chosen.itemText(place) for place in range(self.chosen.count())] != names:
            self.chosen.clear()
            self.chosen.addItems(names)
        self.chosen.setCurrentIndex(self.chosen.findText(state.get("record", "chosen")))
        for key, edit in self.reasons.items():
            said = state.get("record", key)
            edit.setReadOnly(isinstance(said, dict))  # one reason per patch stands in the project file
            words = "\n".join("{}: {}".format(*pair) for pair in said.items()) if isinstance(said, dict) else said
            if edit.toPlainText() != words:
                edit.setPlainText(words)
        for key, pick in self.layers.items():
            pick.show_entry(state.get("exclusions", key, None))
        for (table, key), pick in self.tables.items():
            path = state.get(table, key)
            path = path if isinstance(path, str) else ""
            if pick.filePath() != path:
                pick.setFilePath(path)
        self.whole.setChecked(bool(state.get("rules", "whole", False)))
        self.book.setChecked(bool(state.get("ledger", "write", False)))
        self.book.setEnabled(bool(state.get("ledger", "path")))
        self.tables["statutory", "provided"].setEnabled(bool(state.get("statutory", "path")))
        self._show_regimes()
        self.filling = False

    def _show_regimes(self):
        """A layer for every regime of the table of statutory rules."""
        known = self.state.get("statutory", "layers", {})
        wanted = list(dict.fromkeys([*regimes(self.state.get("statutory", "path")), *known]))
        if wanted != list(self.regimes):
            while self.regime_form.rowCount():
                self.regime_form.removeRow(0)
            self.regimes = {}
            for regime in wanted:
                tip = tr("Land that counts for {regime}; fields kind, quantity and grade are read where they exist.")
                tip = tip.format(regime=offsets.words(regime))
                pick = LayerPick(lambda layer, regime=regime: self._regime(regime, layer), tip)
                self.regimes[regime] = pick
                self._row(self.regime_form, offsets.words(regime), pick, tip, "regime_" + regime)
        for regime, pick in self.regimes.items():
            pick.show_entry(known.get(regime))

    # changing

    def _set(self, table, key, value):
        if not self.filling:
            self.state.set(table, key, value)

    def _exclude(self, key, layer):
        if not self.filling:
            self.state.set("exclusions", key, entry_of(layer, self.state, key))

    def _regime(self, regime, layer):
        if self.filling:
            return
        entries = dict(self.state.get("statutory", "layers", {}))
        entry = entry_of(layer, self.state, regime)
        entries.pop(regime, None)
        if entry is not None:
            entry.update({name: name for name in FIELDS if layer.fields().lookupField(name) >= 0})
            entries[regime] = entry
        self.state.set("statutory", "layers", entries or None)


def regimes(path):
    """Names of the regimes of a table of statutory rules; none where it cannot be read here."""
    try:
        return [row["regime"] for row in records.table_rows(path) if row.get("regime")] if path else []
    except (OSError, UnicodeDecodeError):
        return []


def show_text(edit, words):
    """Set a text where it differs, so that the cursor stays."""
    if edit.text() != words:
        edit.setText(words)
