"""The group of data and rules: study, areas, ratio, rate and horizon, written reasons, and which rules hold."""

import os

from qgis.core import (
    QgsMapLayerProxyModel,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProject,
    QgsProviderRegistry,
    QgsVectorLayer,
)
from qgis.gui import QgsCollapsibleGroupBox, QgsFieldComboBox, QgsFileWidget, QgsMapLayerComboBox
from qgis.PyQt.QtWidgets import QComboBox, QDoubleSpinBox, QHBoxLayout, QLabel, QSpinBox, QVBoxLayout

from .. import inputs, offsets, tomltext
from ..i18n import tr
from .account import narrow, wide_form
from .results import button

KINDS = ("watershed", "county", "travel_catchment", "coast")  # area kinds of the packaged rule, province apart


class Rules(QgsCollapsibleGroupBox):
    """What the balance hangs on besides footprint and parcels."""

    def __init__(self, state, control, noted, parent=None):
        super().__init__(tr("2 Data and parameters"), parent)
        self.state, self.control, self.noted = state, control, noted
        self.filling = False
        self.area_words = {}
        self._build()
        self.setCollapsed(True)

    def _build(self):
        form = wide_form()
        self.study = QgsFileWidget()
        self.study.setFilter("study (*.toml *.json)")
        self.study.setToolTip(tr("study.toml of the account: its models and prices say what the land gives."))
        self.study.fileChanged.connect(lambda path: self._set("project", "study", path))
        form.addRow(tr("Study"), self.study)
        self.from_account = button(
            tr("Use the account tab"),
            self._from_account,
            tr("Write the layers of the account tab as a study and use it."),
        )
        form.addRow("", self.from_account)
        self.areas = narrow(QgsMapLayerComboBox())
        self.areas.setFilters(QgsMapLayerProxyModel.Filter.PolygonLayer)
        self.areas.setAllowEmptyLayer(True)
        self.areas.setLayer(None)
        self.area_id = QgsFieldComboBox()
        narrow(self.area_id, 4)
        self.areas.setToolTip(tr("Polygons within which each service must balance."))
        self.area_id.setToolTip(tr("Field of the area codes."))
        self.area_kind = narrow(QComboBox(), 4)
        self.area_kind.setObjectName("offset_area_kind")
        self.area_kind.addItem(tr("all kinds"), "")
        for kind in KINDS:
            self.area_kind.addItem(offsets.words(kind), kind)
        self.area_kind.setToolTip(tr("For which kind of area of the spatial rule the layer is used."))
        self.areas.layerChanged.connect(self.area_id.setLayer)
        self.areas.activated.connect(lambda _place: self._set_areas())
        self.area_id.activated.connect(lambda _place: self._set_areas())
        row = QHBoxLayout()
        row.addWidget(self.area_kind, 1)
        row.addWidget(self.areas, 2)
        row.addWidget(self.area_id, 1)
        form.addRow(tr("Areas"), row)
        self.area_text = QLabel()
        self.area_text.setWordWrap(True)
        self.ratio, self.rate, self.horizon = QDoubleSpinBox(), QDoubleSpinBox(), QSpinBox()
        self.ratio.setRange(0.0, 100.0)
        self.ratio.setSingleStep(0.1)
        self.rate.setRange(0.0, 100.0)
        self.rate.setSuffix(" %")
        self.horizon.setRange(1, 500)
        self.horizon.setSuffix(tr(" years"))
        self.ratio.valueChanged.connect(lambda value: self._set("rules", "ratio", round(value, 6)))
        self.rate.valueChanged.connect(lambda value: self._set("rules", "rate", round(value / 100.0, 8)))
        self.horizon.valueChanged.connect(lambda value: self._set("rules", "horizon", value))
        row = QHBoxLayout()
        for text, widget in ((tr("Ratio"), self.ratio), (tr("Rate"), self.rate), ("", self.horizon)):
            if text:
                row.addWidget(QLabel(text))
            row.addWidget(widget, 1)
        form.addRow(row)
        fields = (self.study, self.from_account, self.areas, self.area_id, self.area_kind)
        for widget in (*fields, self.ratio, self.rate, self.horizon):
            widget.setMinimumHeight(widget.sizeHint().height())  # or wrapped lines below would press them flat
        self.text = QLabel()
        self.text.setObjectName("offset_rules")
        self.text.setWordWrap(True)
        box = QVBoxLayout()
        box.addLayout(form)
        box.addWidget(self.area_text)  # beside a form, which would cut its lines
        box.addWidget(self.text)
        self.setLayout(box)

    def refresh(self):
        """Show what the state knows."""
        self.filling = True
        state = self.state
        if self.study.filePath() != state.get("project", "study"):
            self.study.setFilePath(state.get("project", "study"))
        self.ratio.setValue(plain(state.get("rules", "ratio", 1.0), 1.0))
        self.rate.setValue(100.0 * plain(state.get("rules", "rate", 0.03), 0.03))
        self.horizon.setValue(int(plain(state.get("rules", "horizon", 30), 30)))
        self._show_areas()
        self.show_rules()
        self.area_words = {}
        self.filling = False

    def _show_areas(self):
        areas = self.state.content.get("area_units", {})
        parts = []
        for kind, entry in areas.items():
            text = entry if isinstance(entry, str) else os.path.basename(entry.get("path", ""))
            parts.append("{}: {}".format(offsets.words(kind), tr("everywhere") if text == "everywhere" else text))
        self.area_text.setText("; ".join(parts))

    def show_rules(self):
        """Which rules hold, with their files and the hash that the engine gave."""
        said, rules = self.state.engine, self.state.content.get("rules", {})
        source = rules.get("spatial")
        parts = [
            "{}: {}".format(
                tr("Spatial rule"), os.path.basename(source) if source else tr("packaged; every number is a parameter")
            )
        ]
        for key, text in (("accept", tr("Like for like")), ("no_go", tr("Irreplaceable kinds"))):
            if isinstance(rules.get(key), str):
                parts.append("{}: {}".format(text, os.path.basename(rules[key])))
        statutory = self.state.get("statutory", "path")
        parts.append("{}: {}".format(tr("Statutory rules"), os.path.basename(statutory) if statutory else tr("none")))
        if said.get("rules_hash"):
            parts.append("{} {}…".format(tr("hash of the rules"), said["rules_hash"][:16]))
            self.text.setToolTip(said["rules_hash"])
        self.text.setText("<span style='color:#4a6572'>{}</span>".format(" · ".join(parts)))

    def area_name(self, service, unit):
        """Name of an area; its code where no layer names it."""
        if not self.area_words:
            self.area_words = self._read_names()
        return self.area_words.get(unit) or (tr("everywhere") if unit in ("everywhere", "") else unit)

    def _read_names(self):
        made = {"": ""}
        if self.state.folder:
            made.update(offsets.area_labels(self.state.folder))
        if len(made) > 1:
            return made
        areas = self.state.content.get("area_units", {})
        for entry in areas.values():
            if isinstance(entry, dict) and entry.get("path") and entry.get("name"):
                uri = entry["path"] + ("|layername=" + entry["layer"] if entry.get("layer") else "")
                layer = QgsVectorLayer(uri, "areas", "ogr")
                for feature in layer.getFeatures() if layer.isValid() else ():
                    made.setdefault(str(feature[entry.get("id", "unit_id")]), str(feature[entry["name"]]))
        return made

    def _set(self, table, key, value):
        if not self.filling:
            self.state.set(table, key, value)

    def _set_areas(self):
        """A layer for one kind of area, or for every kind of the packaged rule; province is one area everywhere."""
        layer, field = self.areas.currentLayer(), self.area_id.currentField()
        if self.filling or layer is None or not field:
            return
        parts = QgsProviderRegistry.instance().decodeUri(layer.providerType(), layer.source())
        entry = {"path": os.path.abspath(parts.get("path", "")), "id": field}
        if parts.get("layerName"):
            entry["layer"] = parts["layerName"]
        if layer.fields().lookupField("name") >= 0:
            entry["name"] = "name"
        areas = dict(self.state.content.get("area_units", {}))
        wanted = self.area_kind.currentData()
        areas.update({kind: dict(entry) for kind in ([wanted] if wanted else KINDS)})
        areas.setdefault("province", "everywhere")
        if areas == self.state.content.get("area_units"):
            return
        self.state.content["area_units"] = areas
        self.state.stale = bool(self.state.tables)
        self.state.store()
        self.state.changed.emit()

    def _from_account(self):
        """The layers of the account tab as a study file."""
        from ..algorithms import algorithm as declared_algorithm
        from ..studies import build

        parameters = self.control.parameters()
        algorithm = declared_algorithm("gep_units")
        context = QgsProcessingContext()
        context.setProject(QgsProject.instance())
        folder = self.state.folder or inputs.default_folder(QgsProject.instance().homePath(), "offset")
        try:
            os.makedirs(folder, exist_ok=True)
            entry = algorithm.units(parameters, context, QgsProcessingFeedback(False), folder, only=True)
            content = build(algorithm, parameters, context, entry, self.control.settings["name"] or "study")
        except (QgsProcessingException, OSError, AttributeError) as error:
            self.noted.emit("error", tr("The account tab is not complete: {reason}").format(reason=error))
            return
        self.state.folder = folder
        path = tomltext.write(content, os.path.join(folder, "study.toml"))
        self.state.content.setdefault("project", {})["year"] = content["study"]["years"][0]
        self.state.set("project", "study", path)


def plain(value, default):
    """A number where the rule is one; tables and texts are shown by their name elsewhere."""
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else default
