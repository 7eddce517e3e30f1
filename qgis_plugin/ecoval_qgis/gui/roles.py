"""Which layer can be what: patterns of names, geometry and data type, and how a parameter names a layer."""

import os
import re

from qgis.core import QgsMapLayerType, QgsProcessingFeatureSourceDefinition, QgsProviderRegistry

from ..compat import is_polygon

PATTERNS = (  # a pattern may be short, the role it gives is not
    ("landcover", r"土地利用|土地覆|地类|landuse|land_?cover|lulc|clcd|worldcover"),
    ("rain_daily", r"rain_?daily|daily_?rain|日降水"),
    ("precipitation_monthly", r"precipitation_?monthly|月降水"),
    ("cooling_evapotranspiration", r"cooling_?evapo"),
    ("water_evaporation", r"water_?evapo|水面蒸发"),
    ("evapotranspiration", r"蒸散|evapotransp|(^|_)et[0-9_]|(^|_)et$"),
    ("precipitation", r"降水|降雨|precip|rain|(^|_)pre[_0-9]"),
    ("dem", r"(^|[^a-z])dem([^a-z]|$)|高程|elevation|srtm"),
    ("ndvi", r"ndvi"),
    ("npp", r"(^|[^a-z])npp"),
    ("cover", r"植被覆盖度|(^|_)fvc|(^|_)cover([^a-z]|$)"),
    ("temperature", r"气温|temperature|(^|_)tmp"),
    ("soil_sand", r"砂粒|sand"),
    ("soil_silt", r"粉粒|silt"),
    ("soil_clay", r"黏粒|粘粒|clay"),
    ("soil_organic_matter", r"有机质|organic_?matter"),
    ("soil_nitrogen", r"全氮|nitrogen"),
    ("soil_phosphorus", r"全磷|phosphorus"),
    ("soil_bulk_density", r"容重|bulk"),
    ("soil_group", r"水文土壤|soil_?group|hsg"),
    ("units", r"区划|县界|乡镇|行政|county|counties|xian|town|admin|district|unit"),
)
ID_FIELDS = r"^(unit_id|xzqdm|code|adcode|pac|id|代码|行政区代码)$"
NAME_FIELDS = r"^(name|unit_name|xzqmc|mc|名称|行政区名称)$"


def fits(role, layer):
    """Whether a layer can have a role at all."""
    if role == "units":
        return layer.type() == QgsMapLayerType.VectorLayer and is_polygon(layer)
    return layer.type() == QgsMapLayerType.RasterLayer


def first_field(layer, pattern):
    """First field whose name matches."""
    return next((field.name() for field in layer.fields() if re.match(pattern, field.name().lower())), "")


def reference(layer, portable, selected=False):
    """How a parameter names a layer: its identifier here, its path for commands."""
    if layer is None:
        return None
    if not portable:
        return QgsProcessingFeatureSourceDefinition(layer.id(), True) if selected else layer.id()
    parts = QgsProviderRegistry.instance().decodeUri(layer.providerType(), layer.source())
    path = os.path.abspath(parts["path"]) if parts.get("path") else layer.source()
    if parts.get("layerName"):
        path += "|layername=" + parts["layerName"]
    return path
