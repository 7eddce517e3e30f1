"""The group of the footprint: its layer, drawing, alternatives, area, overlaps, the class after the project."""

import os

from qgis.core import (
    QgsDistanceArea,
    QgsFeature,
    QgsFields,
    QgsGeometry,
    QgsMapLayerProxyModel,
    QgsProject,
    QgsVectorFileWriter,
    QgsVectorLayer,
    QgsWkbTypes,
)
from qgis.gui import QgsMapLayerComboBox
from qgis.PyQt.QtWidgets import QComboBox, QFileDialog, QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from .. import catalogue, inputs, offsets
from ..compat import double_field, is_polygon, text_field
from ..i18n import language, tr
from .account import narrow
from .results import button

MU = 2000.0 / 3.0  # m2
HECTARE = 10000.0


class Footprints(QWidget):
    """What is occupied."""

    def __init__(self, state, iface, actions, parent=None):
        super().__init__(parent)
        self.state, self.iface, self.actions = state, iface, actions
        self.filling = False
        self.combo = narrow(QgsMapLayerComboBox())
        self.combo.setObjectName("offset_footprints")
        self.combo.setFilters(QgsMapLayerProxyModel.Filter.PolygonLayer)
        self.combo.setAllowEmptyLayer(True)
        self.combo.setToolTip(tr("Polygons that are occupied, one or more per alternative."))
        self.combo.layerChanged.connect(self._chosen)
        self.draw = button(tr("Draw"), actions["draw_footprint"], tr("Click corners, close with the right button."))
        self.draw.setObjectName("offset_draw")
        self.open = button(tr("File…"), self._open, tr("GeoPackage, shapefile, GeoJSON or DXF with polygons."))
        first = QHBoxLayout()
        first.addWidget(self.combo, 1)
        first.addWidget(self.draw)
        first.addWidget(self.open)
        self.chips = QHBoxLayout()
        self.area = QLabel()
        self.area.setObjectName("offset_area")
        self.area.setWordWrap(True)
        self.overlap = QLabel()
        self.overlap.setWordWrap(True)
        self.kind = narrow(QComboBox(), 8)
        self.kind.setObjectName("offset_class")
        self.kind.addItem(tr("as the layer says (after_class)"), "")
        for entry in catalogue.content().get("types", []):
            self.kind.addItem("{} {}".format(entry["code"], entry[language()]), str(entry["code"]))
        self.kind.setToolTip(tr("Ecosystem type after the works; for all footprints, unless the layer says it."))
        self.kind.currentIndexChanged.connect(self._kind)
        after = QHBoxLayout()
        after.addWidget(QLabel(tr("Afterwards")))
        after.addWidget(self.kind, 1)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.addLayout(first)
        box.addLayout(self.chips)
        box.addLayout(after)
        box.addWidget(self.area)
        box.addWidget(self.overlap)

    def refresh(self):
        """Show layer, alternatives and areas."""
        self.filling = True
        layer = self.state.layer("footprints")
        if self.combo.currentLayer() is not layer:
            self.combo.setLayer(layer)
        self._show_chips()
        self.kind.setCurrentIndex(max(self.kind.findData(self.state.after_class), 0))
        self.filling = False
        self.measure()

    def _show_chips(self):
        while self.chips.count():
            widget = self.chips.takeAt(0).widget()
            if widget is not None:
                widget.setParent(None)  # out of sight at once; deleted with the next turn of the event loop
                widget.deleteLater()
        self.chips.addWidget(QLabel(tr("Alternative")))
        chosen = self.state.get("record", "chosen")
        for name in self.state.alternatives():
            chip = QToolButton()
            chip.setText(name)
            chip.setObjectName("alternative_" + name)
            chip.setCheckable(True)
            chip.setChecked(name == chosen)
            chip.setToolTip(tr("Balance alternative {name}; the others are compared with it.").format(name=name))
            chip.clicked.connect(lambda _checked=False, name=name: self.choose(name))
            self.chips.addWidget(chip)
        more = QToolButton()
        more.setText("+")
        more.setObjectName("alternative_new")
        more.setToolTip(tr("New alternative: a copy of the chosen one, whose polygons can then be edited."))
        more.setEnabled(self.state.layer("footprints") is not None)
        more.clicked.connect(lambda _checked=False: self.duplicate())
        self.chips.addWidget(more)
        self.chips.addStretch(1)

    def choose(self, name):
        """Balance another alternative."""
        self.state.set("record", "chosen", name)
        layer, field = self.state.layer("footprints"), self.state.alternative_field()
        if layer is not None and field:
            layer.selectByExpression("\"{}\" = '{}'".format(field, name.replace("'", "''")))
            layer.removeSelection()

    def _chosen(self, layer):
        if not self.filling:
            self.state.assign("footprints", layer)

    def _kind(self, _place):
        if not self.filling:
            self.state.after_class = self.kind.currentData() or ""
            self.state.stale = bool(self.state.tables)
            self.state.store()
            self.state.changed.emit()

    def measure(self):
        """Area of the chosen alternative on the ellipsoid, and what it overlaps."""
        layer = self.state.layer("footprints")
        if layer is None:
            self.area.setText(tr("No footprint yet: draw one, or choose its layer."))
            self.overlap.clear()
            return
        if not layer.crs().isValid():
            self.area.setText(tr("The layer has no CRS: its area is not known."))
            return
        ruler = distance_area(layer.crs())
        shapes = [feature.geometry() for feature in self.state.patches()]
        total = sum(ruler.measureArea(shape) for shape in shapes)
        text = tr("{hectares} ha · {mu} mu · {count} polygons")
        self.area.setText(
            "<b>"
            + text.format(
                hectares="{:,.2f}".format(total / HECTARE), mu="{:,.0f}".format(total / MU), count=len(shapes)
            )
            + "</b>"
        )
        self.overlap.setText(" · ".join(self._overlaps(layer, shapes, ruler)))

    def _overlaps(self, layer, shapes, ruler):
        """Land of the exclusions that the chosen alternative touches."""
        words = {
            "red_line": tr("red line"),
            "no_go": tr("no-go land"),
            "protected": tr("protected land"),
            "granted": tr("granted land"),
        }
        found = []
        entries = dict(self.state.content.get("exclusions", {}))
        statutory = self.state.content.get("statutory", {}).get("layers", {})
        for name, entry in [*entries.items(), *statutory.items()]:
            entry = {"path": entry} if isinstance(entry, str) else entry
            uri = entry.get("path", "") + ("|layername=" + entry["layer"] if entry.get("layer") else "")
            other = QgsVectorLayer(uri, name, "ogr")
            label = words.get(name) or offsets.words(name)
            if not other.isValid() or other.crs() != layer.crs():
                found.append(tr("{name}: not compared (other CRS or no layer)").format(name=label))
                continue
            size = 0.0
            for feature in other.getFeatures():
                for shape in shapes:
                    if feature.geometry().boundingBoxIntersects(shape):
                        size += ruler.measureArea(feature.geometry().intersection(shape))
            colour = "#b3261e" if size > 1.0 and name in words else "#4a6572"
            found.append("<span style='color:{}'>{} {:,.2f} ha</span>".format(colour, label, size / HECTARE))
        return found

    # layers of one's own

    def own_layer(self):
        """A layer that can be edited: the chosen one where it was made here, else a copy beside the project."""
        layer = self.state.layer("footprints")
        if layer is not None and layer.customProperty("ecoval/own", ""):
            return layer
        folder = inputs.default_folder(QgsProject.instance().homePath(), "footprints")
        os.makedirs(folder, exist_ok=True)
        path = os.path.join(folder, "footprints.gpkg")
        crs = layer.crs() if layer is not None else self.iface.mapCanvas().mapSettings().destinationCrs()
        fields = QgsFields()
        for name in ("alternative_id", "patch_id", "name", "impact_type"):
            fields.append(text_field(name))
        for name in ("start", "end", "after_class"):
            fields.append(double_field(name))
        options = QgsVectorFileWriter.SaveVectorOptions()
        options.driverName, options.layerName = "GPKG", "footprints"
        context = QgsProject.instance().transformContext()
        writer = QgsVectorFileWriter.create(path, fields, QgsWkbTypes.Type.MultiPolygon, crs, context, options)
        for feature in layer.getFeatures() if layer is not None else ():
            writer.addFeature(copied(feature, writer_fields(fields)))
        del writer
        made = QgsVectorLayer(path + "|layername=footprints", tr("Footprints"), "ogr")
        made.setCustomProperty("ecoval/own", 1)
        offsets.style_footprints(made)
        QgsProject.instance().addMapLayer(made)
        self.state.assign("footprints", made)
        return made

    def add(self, geometry):
        """Add a drawn footprint to the chosen alternative."""
        layer = self.own_layer()
        feature = QgsFeature(layer.fields())
        shape = QgsGeometry(geometry)
        shape.convertToMultiType()
        feature.setGeometry(shape)
        feature["alternative_id"] = self.state.get("record", "chosen") or "A"
        feature["impact_type"] = "permanent"
        feature["start"] = float(self.state.get("project", "t0", 0) or self.state.get("project", "year", 2023) or 2023)
        if self.state.after_class:
            feature["after_class"] = float(self.state.after_class)
        self._added(layer, [feature], feature["alternative_id"])

    def duplicate(self):
        """A new alternative with the polygons of the chosen one."""
        patches = self.state.patches()
        known = self.state.alternatives()
        layer = self.own_layer()
        name = next(letter for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ" if letter not in known)
        made = []
        for patch in patches:
            copy = copied(patch, layer.fields())
            copy["alternative_id"], copy["patch_id"] = name, None
            made.append(copy)
        self._added(layer, made, name)

    def _added(self, layer, features, name):
        layer.dataProvider().addFeatures(features)
        layer.updateExtents()
        layer.triggerRepaint()
        self.state.content.setdefault("record", {})["chosen"] = name
        self.state.stale = bool(self.state.tables)
        self.state.store()
        self.state.changed.emit()

    def _open(self):
        path, _ = QFileDialog.getOpenFileName(
            self, tr("Footprint"), "", "GIS (*.gpkg *.shp *.geojson *.json *.dxf *.kml)"
        )
        if path:
            self.open_file(path)

    def open_file(self, path):
        """Use the polygons of a file; whether it holds any."""
        layer = QgsVectorLayer(path, os.path.splitext(os.path.basename(path))[0], "ogr")
        if not layer.isValid() or not is_polygon(layer):
            self.area.setText(
                tr("{path} holds no polygons. Close its lines, or export it as polygons.").format(path=path)
            )
            return False
        QgsProject.instance().addMapLayer(layer)
        self.state.assign("footprints", layer)
        return True


def distance_area(crs):
    """Measures on the ellipsoid of a CRS; without one QGIS would give square degrees."""
    ruler = QgsDistanceArea()
    ruler.setSourceCrs(crs, QgsProject.instance().transformContext())
    ruler.setEllipsoid(crs.ellipsoidAcronym() or "EPSG:7030")
    return ruler


def writer_fields(fields):
    """Fields as a writer takes them."""
    return QgsFields(fields)


def copied(feature, fields):
    """A copy of a feature with other fields; what the source lacks stays empty."""
    made = QgsFeature(fields)
    made.setGeometry(feature.geometry())
    names = {field.name() for field in feature.fields()}
    for field in fields:
        if field.name() in names and field.name() != "fid":
            made[field.name()] = feature[field.name()]
    return made
