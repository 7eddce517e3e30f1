"""Footprints as coordinate text: reading it, and the window where it is pasted."""

import re

from qgis.core import QgsGeometry, QgsPointXY, QgsUnitTypes
from qgis.gui import QgsProjectionSelectionWidget
from qgis.PyQt.QtWidgets import QCheckBox, QDialog, QDialogButtonBox, QLabel, QPlainTextEdit, QVBoxLayout

from ..i18n import tr
from .areas import area_text, distance_area

PARTS = re.compile(r"[\s,;，；、|]+")
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
CORNERS = 3


def parsed(text, swapped=False):
    """Polygons of coordinate text: a corner per line, an empty line before the next polygon.

    A line holds "x y" or "x,y"; what stands before its last two numbers (of the point, of the ring) is left out.

    Parameters
    ----------
    text : text
    swapped : choice {True, False}
        Whether the first of the two is the one to the north, as surveyors write it.

    Returns
    -------
    list of QgsGeometry

    Raises
    ------
    ValueError
        With a sentence: which line is wrong, or that a polygon has too few corners, or crosses itself.
    """
    rings, ring = [], []
    for number, line in enumerate([*text.splitlines(), ""], 1):
        parts = [part for part in PARTS.split(line.strip()) if part]
        if parts:
            if len(parts) < 2 or not all(NUMBER.fullmatch(part) for part in parts[-2:]):
                raise ValueError(
                    tr("Line {number} holds no two numbers: {line}").format(number=number, line=line.strip())
                )
            x, y = (float(part) for part in parts[-2:])
            ring.append(QgsPointXY(y, x) if swapped else QgsPointXY(x, y))
        elif ring:
            rings.append(closed(ring, number))
            ring = []
    return rings


def closed(corners, number):
    """Polygon of corners; the last may repeat the first."""
    if len(corners) > 1 and corners[0] == corners[-1]:
        corners = corners[:-1]
    if len({(corner.x(), corner.y()) for corner in corners}) < CORNERS:
        raise ValueError(
            tr("The polygon that ends before line {number} has fewer than three corners.").format(number=number)
        )
    shape = QgsGeometry.fromPolygonXY([[*corners, corners[0]]])
    if not shape.isGeosValid():
        raise ValueError(tr("The polygon that ends before line {number} crosses itself.").format(number=number))
    return shape


def in_degrees_only(shapes, crs):
    """Whether numbers cannot be of a CRS in degrees."""
    if crs.mapUnits() != QgsUnitTypes.DistanceUnit.DistanceDegrees:
        return False
    boxes = [shape.boundingBox() for shape in shapes]
    return any(
        max(abs(box.xMinimum()), abs(box.xMaximum())) > 360.0 or max(abs(box.yMinimum()), abs(box.yMaximum())) > 90.0
        for box in boxes
    )


class Coordinates(QDialog):
    """Where coordinate text is pasted; area in ha and mu at once."""

    def __init__(self, crs, parent=None):
        super().__init__(parent)
        self.setWindowTitle(tr("Footprint from coordinates"))
        self.shapes = []
        self.edit = QPlainTextEdit()
        self.edit.setObjectName("coordinates_text")
        self.edit.setPlaceholderText("500100.0 3300200.0\n500300.0,3300200.0\n500300.0 3300000.0")
        tip = tr("One corner per line, x then y, parted by a space or a comma; an empty line begins another polygon.")
        self.edit.setToolTip(tip)
        head = QLabel(tip)
        head.setWordWrap(True)
        self.crs = QgsProjectionSelectionWidget()
        self.crs.setObjectName("coordinates_crs")
        self.crs.setCrs(crs)
        self.crs.setToolTip(tr("Coordinate reference system of these numbers."))
        self.swapped = QCheckBox(tr("the first number is the one to the north"))
        self.swapped.setToolTip(tr("Tick it where a line holds X (north) before Y (east), as in survey results."))
        self.said = QLabel()
        self.said.setObjectName("coordinates_area")
        self.said.setWordWrap(True)
        both = QDialogButtonBox.StandardButton
        self.buttons = QDialogButtonBox(both.Ok | both.Cancel)
        self.buttons.button(both.Ok).setText(tr("Add"))
        self.buttons.button(both.Cancel).setText(tr("Cancel"))
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        box = QVBoxLayout(self)
        for each in (head, self.edit, self.swapped, self.crs, self.said, self.buttons):
            box.addWidget(each)
        self.resize(420, 420)
        self.edit.textChanged.connect(self.look)
        self.swapped.toggled.connect(self.look)
        self.crs.crsChanged.connect(self.look)
        self.look()

    def look(self, *_ignored):
        """Read the text, and say what it holds or what is wrong."""
        crs, colour = self.crs.crs(), "#b3261e"
        try:
            self.shapes = parsed(self.edit.toPlainText(), self.swapped.isChecked())
            if not self.shapes:
                words, colour = tr("Paste the corners of the footprint."), "#4a6572"
            elif not crs.isValid():
                self.shapes, words = [], tr("Choose the coordinate reference system.")
            elif in_degrees_only(self.shapes, crs):
                self.shapes, words = [], tr("These numbers are no degrees: choose the projected system they are in.")
            else:
                ruler = distance_area(crs)
                total = sum(ruler.measureArea(shape) for shape in self.shapes)
                words, colour = area_text(total, len(self.shapes)), "#2e7d32"
        except ValueError as error:
            self.shapes, words = [], str(error)
        self.said.setText("<span style='color:{}'>{}</span>".format(colour, words))
        self.buttons.button(QDialogButtonBox.StandardButton.Ok).setEnabled(bool(self.shapes))
