"""Results of an offset balance in the project: styled layers of a run folder, its tables, the words of its verdict."""

import html
import json
import os

from qgis.core import (
    QgsCategorizedSymbolRenderer,
    QgsFeature,
    QgsFeatureSink,
    QgsFillSymbol,
    QgsGraduatedSymbolRenderer,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingLayerPostProcessorInterface,
    QgsProject,
    QgsRendererCategory,
    QgsRendererRange,
    QgsVectorLayer,
)

from . import catalogue, records
from .i18n import language, tr

PACKAGE = "offset.gpkg"
FOOTPRINT = {"color": "181,88,74,110", "outline_color": "140,40,30", "outline_width": "0.5"}
ZONE = {"color": "217,150,60,40", "outline_color": "190,120,30", "outline_style": "dash", "outline_width": "0.3"}
STATES = (  # value of the expression, fill, outline
    ("chosen", "255,190,40,230", "140,70,0"),
    ("free", "255,255,255,110", "60,60,60"),
    ("excluded", "120,120,120,200", "90,90,90"),
)
SHORT, MET = "196,80,60,110", "70,140,190,90"
_kept = []


def words(name):
    """Word of a field of the verdict or of a state, in the language of the user."""
    return {
        "balanced": tr("balanced"),
        "balanced_value_only": tr("balanced in value only"),
        "not_balanced": tr("not balanced"),
        "not_assessable": tr("cannot be assessed"),
        "not_offsettable": tr("cannot be offset"),
        "sequence_ok": tr("order avoid, minimise recorded"),
        "physical_ok": tr("every service in every area"),
        "kind_ok": tr("like for like"),
        "value_ok": tr("value"),
        "temporal_ok": tr("gap in time"),
        "permanence_ok": tr("lasts as long as the impact"),
        "no_double_use": tr("no parcel used twice"),
        "statutory_ok": tr("statutory balances"),
        "chosen": tr("chosen"),
        "free": tr("not chosen"),
        "excluded": tr("excluded"),
        "cropland": tr("cropland"),
        "water_surface": tr("water surface"),
        "wetland": tr("wetland"),
        "forest": tr("forest land"),
        "shoreline": tr("shoreline"),
        "sea_area": tr("sea area"),
        "paddy": tr("paddy field"),
        "dry": tr("dry field"),
        "irrigated": tr("irrigated field"),
        "pond": tr("pond"),
        "river": tr("river"),
        "reservoir": tr("reservoir"),
        "lake": tr("lake"),
        "grade": tr("grade × m²"),
        "watershed": tr("watershed"),
        "travel_catchment": tr("travel catchment"),
        "coast": tr("coast"),
        "*": "",
        "m2": "m²",
        "m3": "m³",
    }.get(name) or ("" if name == "*" else catalogue.label(name))


def service_label(service):
    """Name of `service` or `service:item`."""
    code, _, item = service.partition(":")
    return "{} · {}".format(catalogue.label(code), catalogue.label(item)) if item else catalogue.label(code)


def verdict(folder):
    """Content of verdict.json, or nothing."""
    try:
        with open(os.path.join(folder, "verdict.json"), encoding="utf-8") as stream:
            return json.load(stream)
    except (OSError, ValueError):
        return {}


def statement(folder, lang, ending="html"):
    """Path of the statement in a language, else in the other, else nothing."""
    names = ["statement_{}.{}".format(lang, ending), "statement.{}".format(ending)]
    if lang == "en":
        names = ["statement_en.{}".format(ending), "statement.{}".format(ending), "statement_zh.{}".format(ending)]
    return next((os.path.join(folder, name) for name in names if os.path.isfile(os.path.join(folder, name))), "")


def numbers(row, *names):
    """Numbers of a row of a table, None where empty."""
    return [float(row[name]) if row.get(name) not in (None, "") else None for name in names]


# layers


def package_layer(folder, name, title):
    """A layer of the GeoPackage of a run."""
    return QgsVectorLayer("{}|layername={}".format(os.path.join(folder, PACKAGE), name), title, "ogr")


def area_names(folder):
    """Layers of the areas of a run."""
    probe = QgsVectorLayer(os.path.join(folder, PACKAGE), "probe", "ogr")
    parts = [text.split("!!::!!")[1] for text in probe.dataProvider().subLayers()] if probe.isValid() else []
    return [name for name in parts if name.startswith("areas_")]


def style_footprints(layer):
    """Red footprints with their names."""
    layer.renderer().setSymbol(QgsFillSymbol.createSimple(FOOTPRINT))
    layer.triggerRepaint()


def style_zones(layer):
    """Dashed zones of influence."""
    layer.renderer().setSymbol(QgsFillSymbol.createSimple(ZONE))
    layer.triggerRepaint()


def style_candidates(layer, expression):
    """Candidates by state; the expression gives chosen, free or excluded.

    Parameters
    ----------
    layer : QgsVectorLayer
    expression : text
    """
    parts = []
    for value, fill, line in STATES:
        properties = {"color": fill, "outline_color": line, "outline_width": "0.4"}
        if value == "excluded":
            properties["style"] = "b_diagonal"
        parts.append(QgsRendererCategory(value, QgsFillSymbol.createSimple(properties), words(value)))
    layer.setRenderer(QgsCategorizedSymbolRenderer(expression, parts))
    layer.triggerRepaint()


def state_expression(chosen, excluded, field="candidate_id"):
    """Expression of the state of a candidate out of two lists of identifiers."""
    listed = []
    for names in (chosen, excluded):
        listed.append(", ".join("'" + str(each).replace("'", "''") + "'" for each in sorted(names)) or "''")
    case = " WHEN to_string(\"{0}\") IN ({%d}) THEN '%s'"
    text = "CASE" + case % (1, "chosen") + case % (2, "excluded") + " ELSE 'free' END"
    return text.format(field, *listed)


def style_net(layer, column):
    """Areas that are short in red, the others in blue.

    Parameters
    ----------
    layer : QgsVectorLayer
    column : text
    """
    ranges = []
    for low, high, fill, text in ((-1e300, -1e-9, SHORT, tr("short")), (-1e-9, 1e300, MET, tr("met"))):
        symbol = QgsFillSymbol.createSimple({"color": fill, "outline_color": "90,100,110", "outline_width": "0.2"})
        ranges.append(QgsRendererRange(low, high, symbol, text))
    layer.setRenderer(QgsGraduatedSymbolRenderer('"{}"'.format(column), ranges))
    layer.setCustomProperty("ecoval/shown", column)
    layer.triggerRepaint()


def net_columns(layer):
    """Columns of net balances of a layer of areas."""
    return [field.name() for field in layer.fields() if field.name().startswith("net_")]


def load(folder, project=None):
    """Add the layers of an assessment to the project, grouped and styled; called in the main thread.

    Parameters
    ----------
    folder : text
    project : QgsProject

    Returns
    -------
    list of QgsVectorLayer
    """
    project = project or QgsProject.instance()
    made = []
    group = project.layerTreeRoot().insertGroup(
        0, "ecoval ▸ {} {}".format(tr("Project balance"), os.path.basename(folder))
    )
    for name, title in (
        ("footprints", tr("Footprints")),
        ("candidates", tr("Parcels")),
        ("zones", tr("Zones of influence")),
    ):
        layer = package_layer(folder, name, title)
        if layer.isValid() and layer.featureCount():
            style(layer, name)
            made.append(layer)
    for name in area_names(folder):
        kind = words(name.split("areas_", 1)[1])
        layer = package_layer(folder, name, "{} · {}".format(tr("Net by area"), kind))
        if layer.isValid() and net_columns(layer):
            style(layer, name)
            made.append(layer)
    for layer in made:
        layer.setCustomProperty("ecoval/run", folder)
        project.addMapLayer(layer, False)
        group.addLayer(layer).setExpanded(False)
    return made


def style(layer, name):
    """Style of a layer of the GeoPackage by its name."""
    if name == "footprints":
        style_footprints(layer)
    elif name == "zones":
        style_zones(layer)
    elif name == "candidates":
        style_candidates(
            layer, "CASE WHEN \"share\" > 0 THEN 'chosen' WHEN \"excluded\" <> '' THEN 'excluded' ELSE 'free' END"
        )
    elif net_columns(layer):
        columns = net_columns(layer)
        worst = [column for column in columns if (layer.minimumValue(layer.fields().lookupField(column)) or 0) < 0]
        style_net(layer, (worst or columns)[0])


class StyleOffset(QgsProcessingLayerPostProcessorInterface):
    """Styles a layer after Processing has loaded it."""

    def __init__(self, name, folder):
        super().__init__()
        self.layer_name, self.folder = name, folder

    def postProcessLayer(self, layer, context, feedback):
        """Called by Processing in the main thread."""
        if isinstance(layer, QgsVectorLayer) and layer.isValid():
            layer.setCustomProperty("ecoval/run", self.folder)
            style(layer, self.layer_name)


def load_on_completion(folder, context, names=("footprints", "candidates")):
    """Let Processing load and style layers of an assessment."""
    if context.project() is None:
        return
    titles = {"footprints": tr("Footprints"), "candidates": tr("Parcels"), "zones": tr("Zones of influence")}
    for name in names:
        layer = package_layer(folder, name, name)
        if not layer.isValid() or not layer.featureCount():
            continue
        details = QgsProcessingContext.LayerDetails(titles.get(name, name), context.project(), name)
        keeper = StyleOffset(name, folder)
        _kept.append(keeper)
        details.setPostProcessor(keeper)
        context.addLayerToLoadOnCompletion(layer.source(), details)


# tables as sinks


def rows_to_sink(algorithm, parameters, name, context, rows, fields, geometries=None, kind=None, crs=None):
    """Write rows of a table into a sink.

    Parameters
    ----------
    algorithm : EcovalAlgorithm
    parameters : mapping
    name : text
    context : QgsProcessingContext
    rows : list of mapping
    fields : QgsFields
    geometries : list of QgsGeometry
    kind : QgsWkbTypes.Type
    crs : QgsCoordinateReferenceSystem

    Returns
    -------
    text
        Where it was written; empty where nobody asked for it.
    """
    if not parameters.get(name):
        return ""
    given = (fields,) if kind is None else (fields, kind, crs)
    sink, target = algorithm.parameterAsSink(parameters, name, context, *given)
    if sink is None:
        raise QgsProcessingException(algorithm.invalidSinkError(parameters, name))
    for place, row in enumerate(rows):
        feature = QgsFeature(fields)
        if geometries is not None:
            feature.setGeometry(geometries[place])
        for field in fields:
            value = row.get(field.name())
            if value not in (None, ""):
                feature[field.name()] = float(value) if field.isNumeric() else str(value)
        sink.addFeature(feature, QgsFeatureSink.Flag.FastInsert)
    return target


# pages


def page(path, title, tables):
    """A page with tables, for results that have no statement.

    Parameters
    ----------
    path : text
    title : text
    tables : list of (text, list of text, list of list of text)
        Head, column names, rows.

    Returns
    -------
    text
    """
    parts = ["<h1>{}</h1>".format(html.escape(title))]
    for head, columns, rows in tables:
        cells = "".join("<th>{}</th>".format(html.escape(each)) for each in columns)
        body = "".join(
            "<tr>{}</tr>".format("".join("<td>{}</td>".format(html.escape(each)) for each in row)) for row in rows
        )
        parts.append("<h2>{}</h2><table><tr>{}</tr>{}</table>".format(html.escape(head), cells, body))
    look = "body{font-family:sans-serif}td,th{border-bottom:1px solid #ccc;padding:4px 8px;text-align:left}"
    text = (
        "<!DOCTYPE html><html lang='{}'><head><meta charset='utf-8'><title>{}</title><style>{}</style></head>"
        "<body>{}</body></html>"
    )
    with open(path, "w", encoding="utf-8") as stream:
        stream.write(text.format(language(), html.escape(title), look, "".join(parts)))
    return path


def shown(text, digits=5):
    """A number of a table as people read it; other text as it is."""
    try:
        value = float(text)
    except (TypeError, ValueError):
        return "" if text is None else str(text)
    return "{:,.0f}".format(value) if abs(value) >= 10**digits else "{:,.{}g}".format(value, digits)


def compact(value, digits=4):
    """A number that fits a narrow column: with 万, 亿 or k, M, G."""
    if value is None:
        return ""
    steps = ((1e8, "亿"), (1e4, "万")) if language() == "zh" else ((1e9, "G"), (1e6, "M"), (1e4, "k"))
    for size, word in steps:
        if abs(value) >= size:
            part = value / (1e3 if word == "k" else size)
            return ("{:,.3g}" if abs(part) < 1e3 else "{:,.0f}").format(part) + word
    return "{:,.0f}".format(value) if abs(value) >= 1e3 else "{:,.{}g}".format(value, digits)


def rows_page(path, title, source, columns, head=""):
    """A page out of some columns of a table of the engine; services and areas by their names."""
    names = area_labels(os.path.dirname(source))

    def text(name, value):
        if name == "service":
            return service_label(value)
        if name == "area_unit":
            return names.get(value) or words(value)
        return words(value) if name.endswith("uom") else shown(value)

    rows = [[text(name, row.get(name)) for name in columns] for row in records.table_rows(source)]
    return page(path, title, [(head or title, [catalogue.label(name) for name in columns], rows)])


def area_labels(folder):
    """Code of an area -> its name, of the table that the engine wrote into a folder."""
    path = os.path.join(folder, "areas.csv")
    rows = records.table_rows(path) if os.path.isfile(path) else []
    return {row["unit_id"]: row["name"] for row in rows if row["name"]}
