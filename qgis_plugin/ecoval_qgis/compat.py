"""The only place that knows which version of QGIS and Qt is there."""

from qgis.core import Qgis, QgsField, QgsProcessingParameterFile, QgsWkbTypes
from qgis.PyQt.QtCore import QMetaType

try:
    from qgis.PyQt.QtGui import QAction
except ImportError:
    from qgis.PyQt.QtWidgets import QAction  # qt5-only

__all__ = [
    "QAction",
    "double_field",
    "field",
    "is_polygon",
    "polygon_type",
    "text_field",
    "whole_field",
    "always_text",
    "FILE",
    "FOLDER",
]

FILE = QgsProcessingParameterFile.Behavior.File
FOLDER = QgsProcessingParameterFile.Behavior.Folder


def field(name, kind):
    """Field of a `QMetaType.Type`."""
    try:
        return QgsField(name, kind)
    except TypeError:
        from qgis.PyQt.QtCore import QVariant

        return QgsField(name, QVariant.Type(int(kind)))  # qt5-only


def text_field(name):
    """Field that holds text."""
    return field(name, QMetaType.Type.QString)


def double_field(name):
    """Field that holds decimal numbers."""
    return field(name, QMetaType.Type.Double)


def whole_field(name):
    """Field that holds whole numbers."""
    return field(name, QMetaType.Type.Int)


def is_polygon(layer):
    """Whether a vector layer holds polygons."""
    return QgsWkbTypes.geometryType(layer.wkbType()) == QgsWkbTypes.GeometryType.PolygonGeometry


def polygon_type():
    """Geometry type of polygons, for rubber bands."""
    return QgsWkbTypes.GeometryType.PolygonGeometry


def always_text():
    """Text of layouts as text, so that the font is embedded."""
    try:
        return Qgis.TextRenderFormat.AlwaysText
    except AttributeError:
        from qgis.core import QgsRenderContext

        return QgsRenderContext.TextFormatAlwaysText
