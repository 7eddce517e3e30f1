"""Results in the project: groups, graduated styles with units in the legend, aliases, notes, metadata, map tips."""

import collections
import html
import os

from qgis.core import (
    QgsClassificationEqualInterval,
    QgsClassificationJenks,
    QgsClassificationQuantile,
    QgsFeature,
    QgsFeatureSink,
    QgsGradientColorRamp,
    QgsGraduatedSymbolRenderer,
    QgsLayerNotesUtils,
    QgsLinePatternFillSymbolLayer,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingLayerPostProcessorInterface,
    QgsProject,
    QgsProperty,
    QgsRasterLayer,
    QgsSymbol,
    QgsSymbolLayer,
    QgsVectorFileWriter,
    QgsVectorLayer,
)
from qgis.PyQt.QtGui import QColor

from . import catalogue
from .i18n import language, tr
from .records import headline_texts, notes_html, plain_notes, record, total_column, total_label, versions

CLASSES = 5
METHODS = {
    "jenks": QgsClassificationJenks,
    "quantile": QgsClassificationQuantile,
    "equal": QgsClassificationEqualInterval,
}
TOTALS = ("gep", "subtotal", "gep_per_km2", "gep_per_capita")
LIGHT, DARK = QColor(237, 246, 226), QColor(24, 94, 52)
OUTLINE = QColor(90, 100, 90)
_kept = collections.deque(maxlen=64)  # post processors live until Processing has used them


def unit_sets(folder):
    """Names of the unit sets of a run."""
    return list((record(folder) or {}).get("unit_sets", {}))


def unit_layer(folder, unit_set=""):
    """Layer of the units of a run with its results.

    Parameters
    ----------
    folder : text
    unit_set : text
        The first one where it is empty.

    Returns
    -------
    QgsVectorLayer or None
    """
    sets = unit_sets(folder)
    name = unit_set or (sets[0] if sets else "units")
    path = os.path.join(folder, "account.gpkg")
    layer = QgsVectorLayer("{}|layername={}".format(path, name), tr("GEP of the units"), "ogr")
    return layer if layer.isValid() else None


def set_of(layer):
    """Unit set that a unit layer of a run holds."""
    return layer.source().partition("layername=")[2].partition("|")[0]


def unit_columns(folder):
    """Measure of each column of the unit layer."""
    layer = QgsVectorLayer("{}|layername=columns".format(os.path.join(folder, "account.gpkg")), "columns", "ogr")
    if not layer.isValid():
        return {}
    return {feature["column"]: feature["uom"] for feature in layer.getFeatures()}


def column_label(name):
    """Name of a column of the unit layer in the language of the user."""
    words = catalogue.content()["labels"]
    if name in words:
        return catalogue.label(name)
    for entry in catalogue.services():
        code = entry["code"]
        if not name.startswith(code + "_"):
            continue
        rest = name.split(code + "_", 1)[1]
        if rest in ("value", "quantity"):
            return "{} · {}".format(catalogue.label(code), catalogue.label(rest))
        if rest.endswith("_quantity"):
            item = rest[: -len("_quantity")]
            return "{} · {} · {}".format(catalogue.label(code), catalogue.label(item), catalogue.label("quantity"))
    return name


def scale_of(measure, largest):
    """Divisor and word of a measure for legends and headlines: money in the size that people read."""
    if not measure.startswith("CNY"):
        return 1.0, catalogue.label(measure) if measure in catalogue.content()["labels"] else measure
    rest = {"CNY km-2": "/km²", "CNY person-1": tr("/person")}.get(measure, "")
    steps = [(1e8, "亿元"), (1e4, "万元"), (1.0, "元")]
    if language() != "zh":
        steps = [(1e9, tr("billion CNY")), (1e6, tr("million CNY")), (1.0, "CNY")]
    for size, word in steps:
        if abs(largest) >= size or size == 1.0:
            return size, word + rest
    return 1.0, "CNY" + rest


def amount(value, measure="CNY", digits=4):
    """A number with its measure as text."""
    if value is None:
        return tr("not given")
    size, word = scale_of(measure, value)
    return (
        "{:,.{digits}g} {}".format(value / size, word, digits=digits)
        if abs(value / size) < 1e4
        else "{:,.0f} {}".format(value / size, word)
    )


def largest(layer, column):
    """Largest absolute value of a column, or 0."""
    place = layer.fields().lookupField(column)
    values = [layer.minimumValue(place), layer.maximumValue(place)]
    numbers = [abs(value) for value in values if isinstance(value, (int, float))]
    return max(numbers) if numbers else 0.0


def style(layer, column="gep", measure="CNY", method="jenks", classes=CLASSES):
    """Graduated colours of a column, with classes and the measure in the legend.

    Parameters
    ----------
    layer : QgsVectorLayer
    column : text
    measure : text
    method : choice {jenks, quantile, equal}
    classes : number, 1
    """
    size, word = scale_of(measure, largest(layer, column))
    expression = '"{}"'.format(column) if size == 1.0 else '"{}" / {:.0f}'.format(column, size)
    renderer = QgsGraduatedSymbolRenderer()
    renderer.setClassAttribute(expression)
    symbol = QgsSymbol.defaultSymbol(layer.geometryType())
    symbol.symbolLayer(0).setStrokeColor(OUTLINE)
    symbol.symbolLayer(0).setStrokeWidth(0.2)
    hatch(layer, column, symbol)
    renderer.setSourceSymbol(symbol)
    renderer.setSourceColorRamp(QgsGradientColorRamp(LIGHT, DARK))
    making = METHODS[method]()
    making.setLabelFormat("%1 – %2 " + word)
    making.setLabelTrimTrailingZeroes(True)
    making.setLabelPrecision(2)
    renderer.setClassificationMethod(making)
    different = len(layer.uniqueValues(layer.fields().lookupField(column)))
    renderer.updateClasses(layer, min(classes, max(different, 1)))
    renderer.updateColorRamp(QgsGradientColorRamp(LIGHT, DARK))
    layer.setRenderer(renderer)
    layer.setCustomProperty("ecoval/shown", column)
    layer.triggerRepaint()


def hatch(layer, column, symbol):
    """Hatch the units whose total lacks other indicators than that of most units: theirs is not comparable."""
    lists = missing_lists(layer)
    if column not in TOTALS or len(lists) < 2:
        return
    usual = max(lists, key=lists.get)
    lines = QgsLinePatternFillSymbolLayer()
    lines.setLineAngle(45)
    lines.setDistance(2.0)
    lines.setColor(OUTLINE)
    expression = "coalesce(\"indicators_missing\", '') <> '{}'".format(usual)
    lines.setDataDefinedProperty(QgsSymbolLayer.PropertyLayerEnabled, QgsProperty.fromExpression(expression))
    symbol.appendSymbolLayer(lines)


def missing_lists(layer):
    """Lists of missing indicators of the units -> number of units; empty where the layer does not say."""
    if layer.fields().lookupField("indicators_missing") < 0:
        return {}
    return collections.Counter(str(each["indicators_missing"] or "") for each in layer.getFeatures())


def layer_name(folder, layer, column):
    """Name of a unit layer in the legend: what its total is called, and that hatched units are not comparable."""
    name = total_label(folder, column, set_of(layer)) or column_label(column)
    hatched = column in TOTALS and len(missing_lists(layer)) > 1
    return tr("{name} (hatched: not comparable)").format(name=name) if hatched else name


def describe(layer, folder):
    """Aliases, map tip, notes and metadata of the unit layer.

    Parameters
    ----------
    layer : QgsVectorLayer
    folder : text
    """
    measures = unit_columns(folder)
    for place, field in enumerate(layer.fields()):
        measure = measures.get(field.name(), "")
        name = column_label(field.name())
        layer.setFieldAlias(place, "{} [{}]".format(name, measure) if measure else name)
    layer.setDisplayExpression('coalesce("unit_name", "unit_id")')
    layer.setMapTipTemplate(map_tip(folder, set_of(layer)))
    layer.setCustomProperty("ecoval/run", folder)
    note = notes_html(folder)
    QgsLayerNotesUtils.setLayerNotes(layer, note)
    said = record(folder) or {}
    metadata = layer.metadata()
    metadata.setTitle(str(said.get("name", "")))
    metadata.setAbstract(plain_notes(folder))
    metadata.setLanguage(language())
    metadata.setHistory([tr("Computed by ecoval {version} on {date}.").format(**versions(said))])
    layer.setMetadata(metadata)


def map_tip(folder, unit_set=""):
    """Map tip of a unit."""
    size, word = (1e8, "亿元") if language() == "zh" else (1e6, tr("million CNY"))
    row = "<tr><td>{}</td><td align='right'>[% format_number(\"{}\" / {:.0f}, 2) %] {}</td></tr>"
    names = {total_column(folder, unit_set): headline_texts(folder, unit_set)["name"]}
    names.update({name: catalogue.label(name) for name in ("provisioning", "regulating", "cultural")})
    rows = "".join(row.format(html.escape(label), name, size, word) for name, label in names.items())
    return '<b>[% coalesce("unit_name", "unit_id") %]</b><table>{}</table>'.format(rows)


class StyleUnits(QgsProcessingLayerPostProcessorInterface):
    """Styles a unit layer after Processing has loaded it."""

    def __init__(self, folder):
        super().__init__()
        self.folder = folder

    def postProcessLayer(self, layer, context, feedback):
        """Called by Processing in the main thread."""
        if isinstance(layer, QgsVectorLayer) and layer.isValid():
            column = total_column(self.folder, set_of(layer))
            style(layer, column)
            layer.setName(layer_name(self.folder, layer, column))
            describe(layer, self.folder)


def load_on_completion(folder, context):
    """Let Processing load and style the unit layer of a run."""
    sets = unit_sets(folder)
    if not sets or context.project() is None:
        return
    uri = "{}|layername={}".format(os.path.join(folder, "account.gpkg"), sets[0])
    details = QgsProcessingContext.LayerDetails(tr("GEP of the units"), context.project(), "GEP")
    keeper = StyleUnits(folder)
    _kept.append(keeper)
    details.setPostProcessor(keeper)
    context.addLayerToLoadOnCompletion(uri, details)


def load_rasters(paths, context):
    """Let Processing load the rasters of a run."""
    if context.project() is None:
        return
    for path in paths:
        name = os.path.splitext(os.path.basename(path))[0]
        context.addLayerToLoadOnCompletion(path, QgsProcessingContext.LayerDetails(name, context.project(), name))


def group_name(folder):
    """Name of the group of a run."""
    said = record(folder) or {}
    return "ecoval ▸ {} {}".format(os.path.basename(folder), said.get("year", "")).strip()


def load_run(folder, project=None, column=""):
    """Add the unit layer of a run to the project, grouped and styled; called in the main thread.

    Parameters
    ----------
    folder : text
    project : QgsProject
    column : text
        The total that all units have where it is empty: GEP or subtotal.

    Returns
    -------
    QgsVectorLayer or None
        The unit layer.
    """
    layer = unit_layer(folder)
    if layer is None:
        return None
    for _ in loading(folder, layer, project, column):
        continue
    return layer


def loading(folder, layer, project=None, column=""):
    """Style, explain and add the unit layer of a run, one step at a time: between the steps QGIS serves its window.

    Parameters
    ----------
    folder : text
    layer : QgsVectorLayer
        What `unit_layer` gave.
    project : QgsProject
    column : text

    Yields
    ------
    text
        What was done.
    """
    project = project or QgsProject.instance()
    column = column or total_column(folder, set_of(layer))
    style(layer, column, unit_columns(folder).get(column, "CNY"))
    layer.setName(layer_name(folder, layer, column))
    yield "style"
    describe(layer, folder)
    yield "notes"
    group = project.layerTreeRoot().insertGroup(0, group_name(folder))
    project.addMapLayer(layer, False)
    yield "layer"
    group.addLayer(layer)
    yield "tree"


def load_parts(folder, layer, project=None):
    """Add the layers of the services and the maps, hidden, one per step: between the steps QGIS serves its window.

    Parameters
    ----------
    folder : text
    layer : QgsVectorLayer
        What `load_run` gave.
    project : QgsProject

    Yields
    ------
    text
        Name of what was added.
    """
    project = project or QgsProject.instance()
    node = project.layerTreeRoot().findLayer(layer.id())
    if node is None:
        return
    measures = unit_columns(folder)
    parts = node.parent().addGroup(tr("Services"))
    parts.setItemVisibilityChecked(False)
    parts.setExpanded(False)
    uri = layer.source()
    for entry in catalogue.services():
        name = entry["code"] + "_value"
        part = QgsVectorLayer(uri, catalogue.label(entry["code"]), "ogr")
        if part.fields().lookupField(name) >= 0 and largest(part, name):
            style(part, name, measures.get(name, "CNY"))
            part.setCustomProperty("ecoval/run", folder)
            project.addMapLayer(part, False)
            parts.addLayer(part)
            yield part.name()
    maps = os.path.join(folder, "maps")
    for name in sorted(os.listdir(maps)) if os.path.isdir(maps) else []:
        raster = QgsRasterLayer(os.path.join(maps, name), os.path.splitext(name)[0])
        if raster.isValid():
            raster.setCustomProperty("ecoval/run", folder)
            project.addMapLayer(raster, False)
            parts.addLayer(raster).setItemVisibilityChecked(False)
            yield raster.name()


def copy(algorithm, parameters, name, uri, context):
    """Copy a layer of a run into a sink that somebody asked for."""
    layer = QgsVectorLayer(uri, name, "ogr")
    if not layer.isValid():
        raise QgsProcessingException(tr("The result {path} cannot be read.").format(path=uri))
    fields = layer.fields()
    fields.remove(fields.lookupField("fid"))
    sink, target = algorithm.parameterAsSink(parameters, name, context, fields, layer.wkbType(), layer.crs())
    if sink is None:
        raise QgsProcessingException(algorithm.invalidSinkError(parameters, name))
    for feature in layer.getFeatures():
        made = QgsFeature(fields)
        made.setGeometry(feature.geometry())
        made.setAttributes([feature[field.name()] for field in fields])
        sink.addFeature(made, QgsFeatureSink.Flag.FastInsert)
    return target


def convert(path, target, context):
    """Write a GeoPackage of the engine in the format that somebody chose."""
    layer = QgsVectorLayer(path, "result", "ogr")
    options = QgsVectorFileWriter.SaveVectorOptions()
    options.driverName = QgsVectorFileWriter.driverForExtension(os.path.splitext(target)[1].lstrip("."))
    options.fileEncoding = "UTF-8"
    answer = QgsVectorFileWriter.writeAsVectorFormatV3(layer, target, context.transformContext(), options)
    if answer[0] != QgsVectorFileWriter.WriterError.NoError:
        raise QgsProcessingException(tr("{path} cannot be written: {reason}").format(path=target, reason=answer[1]))
    del layer
    os.remove(path)
