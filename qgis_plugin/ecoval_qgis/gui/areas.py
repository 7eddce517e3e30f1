"""Measures on the ellipsoid: areas in ha and mu, distances in km."""

from qgis.core import QgsCoordinateTransform, QgsDistanceArea, QgsGeometry, QgsProject

from ..i18n import tr

MU = 2000.0 / 3.0  # m2
HECTARE = 10000.0
KILOMETRE = 1000.0


def distance_area(crs):
    """Measures on the ellipsoid of a CRS; without one QGIS would give square degrees."""
    ruler = QgsDistanceArea()
    ruler.setSourceCrs(crs, QgsProject.instance().transformContext())
    ruler.setEllipsoid(crs.ellipsoidAcronym() or "EPSG:7030")
    return ruler


def area_text(total, count):
    """Area of polygons as text."""
    return tr("{hectares} ha · {mu} mu · {count} polygons").format(
        hectares="{:,.2f}".format(total / HECTARE), mu="{:,.0f}".format(total / MU), count=count
    )


def moved(geometry, source, target):
    """A copy of a geometry in another CRS."""
    made = QgsGeometry(geometry)
    if source.isValid() and target.isValid() and source != target:
        made.transform(QgsCoordinateTransform(source, target, QgsProject.instance()))
    return made


def distances(layer, patches, patch_crs, field="candidate_id"):
    """Distance from each feature of a layer to the nearest of some patches, edge to edge, on the ellipsoid.

    Parameters
    ----------
    layer : QgsVectorLayer
    patches : list of QgsGeometry
    patch_crs : QgsCoordinateReferenceSystem
    field : text

    Returns
    -------
    mapping
        Code of the feature -> km; 0 where they touch.
    """
    if not patches or layer.fields().lookupField(field) < 0 or not layer.crs().isValid():
        return {}
    near = QgsGeometry.collectGeometry([moved(shape, patch_crs, layer.crs()) for shape in patches])
    ruler, made = distance_area(layer.crs()), {}
    for feature in layer.getFeatures():
        line = feature.geometry().shortestLine(near)
        if line.isNull():
            continue
        code = str(feature[field])
        length = ruler.measureLength(line) / KILOMETRE
        made[code] = min(length, made.get(code, length))
    return made
