"""Tools of the canvas: toggle units by click or box, and draw an area."""

from qgis.core import QgsFeature, QgsFeatureRequest, QgsGeometry, QgsPointXY, QgsProject, QgsRectangle, QgsVectorLayer
from qgis.gui import QgsMapTool, QgsRubberBand
from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtGui import QColor

from ..compat import polygon_type
from ..i18n import tr

FILL, LINE = QColor(47, 133, 90, 50), QColor(47, 133, 90)
RIM, SELECTED_WIDTH = QColor(60, 60, 60, 160), 3
NEAR = 4  # pixels that a hand trembles
ESCAPE, RIGHT, LEFT = Qt.Key.Key_Escape, Qt.MouseButton.RightButton, Qt.MouseButton.LeftButton


class PickTool(QgsMapTool):
    """Click toggles a unit, Shift adds, a drag takes all units of the box."""

    def __init__(self, canvas, layer):
        super().__init__(canvas)
        self.layer = layer  # a callable: the layer may change or go
        self.band = QgsRubberBand(canvas, polygon_type())
        self.band.setColor(FILL)
        self.band.setStrokeColor(LINE)
        self.start = None
        self.setCursor(Qt.CursorShape.CrossCursor)

    def canvasPressEvent(self, event):
        """Begin a click or a box."""
        self.start = event.pos()

    def canvasMoveEvent(self, event):
        """Show the box."""
        if self.start is not None and (event.pos() - self.start).manhattanLength() > NEAR:
            self.band.setToGeometry(QgsGeometry.fromRect(self.box(event.pos())), None)

    def canvasReleaseEvent(self, event):
        """Select."""
        layer, begin = self.layer(), self.start
        self.start = None
        self.band.reset(polygon_type())
        if layer is None or begin is None:
            return
        clicked = (event.pos() - begin).manhattanLength() <= NEAR
        area = QgsRectangle(self.toMapCoordinates(event.pos()), self.toMapCoordinates(event.pos())) if clicked else None
        if area is None:
            self.start = begin
            area = self.box(event.pos())
            self.start = None
        else:
            area.grow(self.canvas().mapUnitsPerPixel())
        found = self.found(layer, area, clicked)
        if clicked and not event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            known = set(layer.selectedFeatureIds())
            layer.selectByIds(list(known ^ set(found)))
        else:
            layer.selectByIds(list(set(layer.selectedFeatureIds()) | set(found)))

    def box(self, position):
        """Rectangle of the drag in map coordinates."""
        return QgsRectangle(self.toMapCoordinates(self.start), self.toMapCoordinates(position))

    def found(self, layer, area, clicked):
        """Identifiers of the units in an area; of one where it is a click."""
        shape = QgsGeometry.fromRect(self.toLayerCoordinates(layer, area))
        request = QgsFeatureRequest().setFilterRect(shape.boundingBox()).setNoAttributes()
        ids = [feature.id() for feature in layer.getFeatures(request) if feature.geometry().intersects(shape)]
        return ids[:1] if clicked else ids

    def deactivate(self):
        """Leave nothing on the canvas."""
        self.band.reset(polygon_type())
        super().deactivate()


class SelectedOutline:
    """Outline of the selected units above all layers, in the colour of selections: results cover the units."""

    def __init__(self, canvas):
        self.canvas = canvas
        self.band = QgsRubberBand(canvas, polygon_type())
        self.band.setFillColor(QColor(0, 0, 0, 0))
        self.band.setSecondaryStrokeColor(RIM)
        self.band.setWidth(SELECTED_WIDTH)

    def show(self, layer):
        """Follow the selection of a layer; nothing where there is none."""
        self.band.reset(polygon_type())
        colour = QColor(self.canvas.selectionColor())
        colour.setAlpha(255)
        self.band.setStrokeColor(colour)
        for feature in layer.getSelectedFeatures() if layer is not None else ():
            self.band.addGeometry(feature.geometry(), layer, False)
        self.band.updatePosition()
        self.band.update()


class DrawTool(QgsMapTool):
    """Clicks set corners, the right button closes the area, Escape starts again."""

    drawn = pyqtSignal(object)

    def __init__(self, canvas):
        super().__init__(canvas)
        self.band = QgsRubberBand(canvas, polygon_type())
        self.band.setColor(FILL)
        self.band.setStrokeColor(LINE)
        self.corners = []
        self.setCursor(Qt.CursorShape.CrossCursor)

    def canvasReleaseEvent(self, event):
        """Add a corner or close."""
        if event.button() == LEFT:
            self.corners.append(self.toMapCoordinates(event.pos()))
            self.show(self.corners)
        elif event.button() == RIGHT:
            corners, self.corners = self.corners, []
            self.band.reset(polygon_type())
            if len(corners) >= 3:
                self.drawn.emit(QgsGeometry.fromPolygonXY([corners]))

    def canvasMoveEvent(self, event):
        """Show the area up to the pointer."""
        if self.corners:
            self.show([*self.corners, self.toMapCoordinates(event.pos())])

    def keyPressEvent(self, event):
        """Start again."""
        if event.key() == ESCAPE:
            self.corners = []
            self.band.reset(polygon_type())

    def show(self, corners):
        """Draw the corners."""
        self.band.reset(polygon_type())
        for corner in corners:
            self.band.addPoint(QgsPointXY(corner))

    def deactivate(self):
        """Leave nothing on the canvas."""
        self.corners = []
        self.band.reset(polygon_type())
        super().deactivate()


class TickTool(PickTool):
    """A click ticks or unticks a parcel, a drag ticks all of the box."""

    def __init__(self, canvas, layer, taken):
        super().__init__(canvas, layer)
        self.taken = taken

    def canvasReleaseEvent(self, event):
        """Hand over what was clicked."""
        layer, begin = self.layer(), self.start
        self.start = None
        self.band.reset(polygon_type())
        if layer is None or begin is None:
            return
        clicked = (event.pos() - begin).manhattanLength() <= NEAR
        self.start = begin if not clicked else event.pos()
        area = self.box(event.pos())
        self.start = None
        if clicked:
            area.grow(self.canvas().mapUnitsPerPixel())
        self.taken([str(layer.getFeature(each)["candidate_id"]) for each in self.found(layer, area, clicked)], clicked)


def drawn_layer(identifier, crs):
    """The layer of drawn areas: that of the identifier, or a new one.

    Parameters
    ----------
    identifier : text
    crs : QgsCoordinateReferenceSystem

    Returns
    -------
    QgsVectorLayer
    """
    layer = QgsProject.instance().mapLayer(identifier)
    if layer is None:
        uri = "Polygon?crs={}&field=unit_id:string&field=name:string".format(crs.authid())
        layer = QgsVectorLayer(uri, tr("Drawn areas"), "memory")
        QgsProject.instance().addMapLayer(layer)
    return layer


def add_area(layer, geometry):
    """Add a drawn area with a code and a name."""
    number = layer.featureCount() + 1
    feature = QgsFeature(layer.fields())
    feature.setGeometry(geometry)
    feature.setAttributes(["drawn-{}".format(number), tr("Drawn area {number}").format(number=number)])
    layer.dataProvider().addFeature(feature)
    layer.updateExtents()
    layer.triggerRepaint()
