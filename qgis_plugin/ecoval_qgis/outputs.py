"""Results in the project: groups, graduated styles with units in the legend, aliases, notes, metadata, map tips."""

import collections
import html
import os

from qgis.core import (
    QgsFeature,
    QgsFeatureSink,
    QgsLayerNotesUtils,
    QgsPalLayerSettings,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingLayerPostProcessorInterface,
    QgsProject,
    QgsRasterLayer,
    QgsTextBufferSettings,
    QgsVectorFileWriter,
    QgsVectorLayer,
    QgsVectorLayerSimpleLabeling,
)

from . import catalogue, legend
from .i18n import language, tr
from .lettering import text_format
from .records import headline_texts, notes_html, plain_notes, record, total_column, total_label, versions

LABEL_POINTS, RIM = 9, 0.8  # points; mm
RESULTS = "ecoval/results"  # property of a group
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


def amount(value, measure="CNY", digits=4):
    """A number with its measure as text."""
    if value is None:
        return tr("not given")
    size, word = legend.scale_of(measure, value)
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


def layer_name(folder, layer, column):
    """Name of a unit layer in the legend: what its total is called, and that hatched units are not comparable."""
    name = total_label(folder, column, set_of(layer)) or column_label(column)
    hatched = column in legend.TOTALS and len(legend.missing_lists(layer)) > 1
    return tr("{name} (hatched: not comparable)").format(name=name) if hatched else name


def describe(layer, folder):
    """Aliases, labels, map tip, notes and metadata of the unit layer.

    Parameters
    ----------
    layer : QgsVectorLayer
    folder : text
    """
    facts = legend.column_facts(layer)
    for place, field in enumerate(layer.fields()):
        measure = facts.get(field.name(), {}).get("uom", "")
        name = column_label(field.name())
        layer.setFieldAlias(place, "{} [{}]".format(name, measure) if measure else name)
    layer.setDisplayExpression('coalesce("unit_name", "unit_id")')
    layer.setLabeling(QgsVectorLayerSimpleLabeling(names_on_map()))
    layer.setLabelsEnabled(True)
    layer.setMapTipTemplate(map_tip(folder, set_of(layer)))
    layer.setCustomProperty("ecoval/run", folder)
    layer.setCustomProperty("ecoval/total", True)
    note = notes_html(folder)
    QgsLayerNotesUtils.setLayerNotes(layer, note)
    said = record(folder) or {}
    metadata = layer.metadata()
    metadata.setTitle(str(said.get("name", "")))
    metadata.setAbstract(plain_notes(folder))
    metadata.setLanguage(language())
    metadata.setHistory([tr("Computed by ecoval {version} on {date}.").format(**versions(said))])
    layer.setMetadata(metadata)


def names_on_map():
    """Labels of the units: their names, with a rim, inside the unit where there is room."""
    settings = QgsPalLayerSettings()
    settings.fieldName, settings.isExpression = 'coalesce("unit_name", "unit_id")', True
    form, rim = text_format(LABEL_POINTS), QgsTextBufferSettings()
    rim.setEnabled(True)
    rim.setSize(RIM)
    form.setBuffer(rim)
    settings.setFormat(form)
    return settings


def map_tip(folder, unit_set=""):
    """Map tip of a unit."""
    names = {total_column(folder, unit_set): headline_texts(folder, unit_set)["name"]}
    names.update({name: catalogue.label(name) for name in ("provisioning", "regulating", "cultural")})
    rows = "".join(
        "<tr><td>{}</td><td align='right'>[% {} %]</td></tr>".format(
            html.escape(label), legend.amount_expression('"{}"'.format(name))
        )
        for name, label in names.items()
    )
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
            project = context.project() or QgsProject.instance()
            describe(layer, self.folder)
            legend.show_column(project, layer, column)
            layer.setName(layer_name(self.folder, layer, column))
            step_back(project, layer)


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
    legend.show_column(project, layer, column)
    layer.setName(layer_name(folder, layer, column))
    yield "style"
    describe(layer, folder)
    yield "notes"
    group = project.layerTreeRoot().insertGroup(0, group_name(folder))
    group.setCustomProperty(RESULTS, True)
    project.addMapLayer(layer, False)
    yield "layer"
    group.addLayer(layer)
    for expanded in (False, True):  # the view follows changes alone
        group.setExpanded(expanded)
    step_back(project, layer)
    yield "tree"


def step_back(project, layer):
    """Collapse and hide the groups of the runs before, which stay in the project, and the layers that have none.

    Parameters
    ----------
    project : QgsProject
    layer : QgsVectorLayer
        The result that is in front.
    """
    root = project.layerTreeRoot()
    front = root.findLayer(layer.id())
    for each in project.mapLayers().values():
        node = root.findLayer(each.id())
        if node is None or node is front or not each.customProperty("ecoval/total", False):
            continue
        former = node.parent() if node.parent().customProperty(RESULTS, False) else node
        if front is None or former is not front.parent():
            former.setExpanded(False)
            former.setItemVisibilityChecked(False)


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
    parts = node.parent().addGroup(tr("Services"))
    parts.setItemVisibilityChecked(False)
    parts.setExpanded(False)
    uri = layer.source()
    for entry in catalogue.services():
        name = entry["code"] + "_value"
        part = QgsVectorLayer(uri, catalogue.label(entry["code"]), "ogr")
        if part.fields().lookupField(name) >= 0 and largest(part, name):
            part.setCustomProperty("ecoval/run", folder)
            legend.show_column(project, part, name)
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
