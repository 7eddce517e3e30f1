"""The group of the footprint: its layer, drawing, alternatives, area, overlaps, the class after the project."""

import os

from qgis.core import (
    QgsFeature,
    QgsFields,
    QgsGeometry,
    QgsMapLayerProxyModel,
    QgsProject,
    QgsVectorFileWriter,
    QgsVectorLayer,
    QgsWkbTypes,
)
from qgis.gui import QgsMapLayerComboBox, QgsProjectionSelectionDialog
from qgis.PyQt.QtWidgets import QComboBox, QFileDialog, QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from .. import catalogue, inputs, offsets
from ..compat import double_field, is_polygon, text_field
from ..i18n import language, tr
from .account import narrow
from .areas import HECTARE, area_text, distance_area, moved
from .coordinates import Coordinates
from .results import button

CORNERS = 3
FILES = "GIS (*.gpkg *.shp *.geojson *.json *.dxf *.kml)"


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
        self.combo.activated.connect(lambda _place: state.assign("footprints", self.combo.currentLayer()))
        self.draw = button(tr("Draw"), actions["draw_footprint"], tr("Click corners, close with the right button."))
        self.draw.setObjectName("offset_draw")
        self.open = button(tr("File…"), self._open, tr("GeoPackage, shapefile, GeoJSON or DXF with polygons."))
        self.text = button(tr("Coordinates…"), self._paste, tr("Paste the corners as text, with their CRS."))
        self.text.setObjectName("offset_coordinates")
        first = QHBoxLayout()
        for each in (self.draw, self.open, self.text):
            first.addWidget(each)
        first.addStretch(1)
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
        box.addWidget(self.combo)
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
        self.area.setText("<b>{}</b>".format(area_text(total, len(shapes))))
        self.overlap.setText(" · ".join(self._overlaps(layer, shapes)))

    def _overlaps(self, layer, shapes):
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
            if not other.isValid() or not other.crs().isValid():
                found.append(tr("{name}: not compared (no layer, or without CRS)").format(name=label))
                continue
            size, ruler = 0.0, distance_area(other.crs())
            there = [moved(shape, layer.crs(), other.crs()) for shape in shapes]
            for feature in other.getFeatures():
                for shape in there:
                    if feature.geometry().boundingBoxIntersects(shape):
                        size += ruler.measureArea(feature.geometry().intersection(shape))
            colour = "#b3261e" if size > 1.0 and name in words else "#4a6572"
            found.append("<span style='color:{}'>{} {:,.2f} ha</span>".format(colour, label, size / HECTARE))
        return found

    # layers of one's own

    def own_layer(self, crs=None):
        """A layer that can be edited: the chosen one where it was made here, else a copy beside the project.

        Parameters
        ----------
        crs : QgsCoordinateReferenceSystem
            Of a layer that is made where there is none yet; that of the map where it is not given.
        """
        layer = self.state.layer("footprints")
        if layer is not None and layer.customProperty("ecoval/own", ""):
            return layer
        folder = inputs.default_folder(QgsProject.instance().homePath(), "footprints")
        os.makedirs(folder, exist_ok=True)
        path = os.path.join(folder, "footprints.gpkg")
        crs = layer.crs() if layer is not None else crs or self.map_crs()
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

    def map_crs(self):
        """CRS of the map."""
        return self.iface.mapCanvas().mapSettings().destinationCrs()

    def add(self, geometry, crs=None):
        """Add a footprint to the chosen alternative; its CRS is that of the map where none is given."""
        self.add_all([geometry], crs)

    def add_all(self, geometries, crs=None):
        """Add footprints to the chosen alternative.

        Parameters
        ----------
        geometries : list of QgsGeometry
        crs : QgsCoordinateReferenceSystem
        """
        crs = crs or self.map_crs()
        layer = self.own_layer(crs)
        name = self.state.get("record", "chosen") or "A"
        made = []
        for geometry in geometries:
            feature = QgsFeature(layer.fields())
            shape = inputs.flat(moved(geometry, crs, layer.crs()))
            shape.convertToMultiType()
            feature.setGeometry(shape)
            feature["alternative_id"], feature["impact_type"] = name, "permanent"
            start = self.state.get("project", "t0", 0) or self.state.get("project", "year", 2023)
            feature["start"] = float(start or 2023)
            if self.state.after_class:
                feature["after_class"] = float(self.state.after_class)
            made.append(feature)
        self._added(layer, made, name)

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
        path, _ = QFileDialog.getOpenFileName(self, tr("Footprint"), "", FILES)
        if path:
            self.open_file(path)

    def open_file(self, path):
        """Use the polygons of a file; whether it holds any. A drawing gives the shapes of its closed lines."""
        if path.lower().endswith(".dxf"):
            return self._open_drawing(path)
        layer = QgsVectorLayer(path, os.path.splitext(os.path.basename(path))[0], "ogr")
        if not layer.isValid() or not is_polygon(layer):
            return self._refuse(path)
        if layer.crs().isValid():
            self._use(layer)
        else:
            self.ask_crs(path, lambda crs: self._use(layer, crs))
        return True

    def _use(self, layer, crs=None):
        if crs is not None:
            layer.setCrs(crs)
        QgsProject.instance().addMapLayer(layer)
        self.state.assign("footprints", layer)

    def _open_drawing(self, path):
        shapes = drawing_shapes(path)
        if not shapes:
            return self._refuse(path)
        self.ask_crs(path, lambda crs: self.add_all(shapes, crs))
        return True

    def _refuse(self, path):
        text = tr("{path} holds no polygons. Close its lines, or export it as polygons.")
        self.area.setText(text.format(path=path))
        return False

    def ask_crs(self, path, then):
        """Ask for the CRS of a file that does not say it, and go on with what was chosen.

        Parameters
        ----------
        path : text
        then : callable (crs)
        """
        window = QgsProjectionSelectionDialog(self)
        window.setWindowTitle(tr("CRS of {path}").format(path=os.path.basename(path)))
        window.setCrs(self.map_crs())
        window.accepted.connect(lambda: then(window.crs()))
        window.open()

    def _paste(self):
        layer = self.state.layer("footprints")
        window = Coordinates(layer.crs() if layer is not None else self.map_crs(), self)
        window.accepted.connect(lambda: self.add_all(window.shapes, window.crs.crs()))
        window.open()
        return window


def drawing_shapes(path):
    """Polygons of a DXF drawing: its hatches, else its closed lines.

    Parameters
    ----------
    path : text

    Returns
    -------
    list of QgsGeometry
    """
    for kind in ("Polygon", "LineString"):
        layer = QgsVectorLayer("{}|layername=entities|geometrytype={}".format(path, kind), "dxf", "ogr")
        shapes = [inputs.flat(feature.geometry()) for feature in layer.getFeatures()] if layer.isValid() else []
        if kind == "LineString":
            lines = [
                line
                for shape in shapes
                for line in (shape.asMultiPolyline() if shape.isMultipart() else [shape.asPolyline()])
            ]
            shapes = [
                QgsGeometry.fromPolygonXY([line]) for line in lines if len(line) > CORNERS and line[0] == line[-1]
            ]
        shapes = [shape for shape in shapes if not shape.isEmpty() and shape.isGeosValid()]
        if shapes:
            return shapes
    return []


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
