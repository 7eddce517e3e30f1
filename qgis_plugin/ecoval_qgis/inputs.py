"""From what QGIS holds to what the engine reads: paths of files, exports of everything else, and refusals in one
sentence.
"""

import datetime
import os

from qgis.core import (
    QgsFeature,
    QgsFeatureRequest,
    QgsFeatureSink,
    QgsGeometry,
    QgsMapLayer,
    QgsProcessing,
    QgsProcessingException,
    QgsProcessingFeatureSource,
    QgsProcessingFeatureSourceDefinition,
    QgsProviderRegistry,
    QgsVectorFileWriter,
    QgsWkbTypes,
)

from .compat import is_polygon, polygon_type
from .i18n import tr

MARK = ".ecoval"  # in a folder that is for the engine to fill, with what the plugin puts there before
BROKEN = "\ufffd"
GBK_AS_UTF8 = ("鍚", "娴", "鐪", "鍖", "鏉", "绉")  # UTF-8 text that was read as GBK
LATIN = tuple("ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖ×ØÙÚÛÜÝÞßàáâãäåæçèéêëìíîïðñòóôõö÷øùúûüýþÿ¡¢£¤¥¦§¨©ª«¬®¯°±²³´µ¶·¸¹º»¼½¾¿")
LOOKED_AT = 200
LISTED = 10


def refuse(text, **fields):
    """The one sentence that ends an algorithm."""
    raise QgsProcessingException(text.format(**fields))


def run_folder(given, name, context=None):
    """Folder of a run: the given one, else a new one beside the project or in the home folder.

    Parameters
    ----------
    given : text
    name : text
        Last part of the name of a new folder.
    context : QgsProcessingContext

    Returns
    -------
    text
    """
    if given and given != QgsProcessing.TEMPORARY_OUTPUT:
        folder = os.path.abspath(given)
    else:
        project = context.project() if context is not None else None
        folder = default_folder(project.homePath() if project is not None else "", name)
    try:
        os.makedirs(folder, exist_ok=True)
        empty = not os.listdir(folder)
        probe = os.path.join(folder, MARK if empty else ".ecoval_write_test")
        with open(probe, "w", encoding="utf-8") as stream:
            stream.write("1")
        if not empty:
            os.remove(probe)
    except OSError as error:
        text = tr("The folder {path} cannot be written ({reason}). Choose another run folder.")
        refuse(text, path=folder, reason=error.strerror or error)
    return folder


def default_folder(home, name):
    """A folder name that is not in use yet."""
    root = os.path.join(home or os.path.expanduser("~"), "ecoval_runs")
    stem = os.path.join(root, datetime.datetime.now().strftime("%Y%m%d-%H%M%S") + "_" + name)
    folder, number = stem, 2
    while os.path.exists(folder):
        folder = "{}_{}".format(stem, number)
        number += 1
    return folder


def looks_broken(text):
    """Whether a text was probably read with the wrong encoding."""
    text = str(text)
    if BROKEN in text:
        return True
    if sum(mark in text for mark in GBK_AS_UTF8) >= 1 and not text.isascii():
        return True
    latin = sum(letter in LATIN for letter in text)
    return latin >= 2 and latin * 2 >= len(text)


def broken_sample(layer, names=()):
    """First text of the fields' names or of the first values that looks broken, or nothing."""
    for field in layer.fields():
        if looks_broken(field.name()):
            return field.name()
    for position, feature in enumerate(features(layer)):
        if position >= LOOKED_AT:
            break
        for value in [feature[name] for name in names] if names else feature.attributes():
            if isinstance(value, str) and looks_broken(value):
                return value
    return ""


def as_file(layer):
    """Path and layer name where a vector layer is a file without edits and joins, else None."""
    if layer is None or layer.providerType() != "ogr" or layer.isEditable() or layer.vectorJoins():
        return None
    parts = QgsProviderRegistry.instance().decodeUri("ogr", layer.source())
    path = parts.get("path") or ""
    if not os.path.exists(path) or path.startswith("/vsi"):
        return None
    if parts.get("subset"):
        return None
    return {"path": os.path.abspath(path), "layer": parts.get("layerName") or ""}


def partial(layer, value):
    """Whether a parameter means a part of a layer: selected features, so many features, or a filter."""
    definition = value if isinstance(value, QgsProcessingFeatureSourceDefinition) else None
    limited = definition is not None and (definition.selectedFeaturesOnly or definition.featureLimit >= 0)
    return limited or (layer is not None and bool(layer.subsetString()))


def checked_crs(layer, source_crs, name):
    """CRS to be declared: none where the file says it, the user's where the file is silent."""
    if not source_crs.isValid():
        refuse(
            tr("{name} has no CRS. Set it: layer properties, Source, Assigned coordinate reference system."), name=name
        )
    if layer is None:
        return ""
    own = layer.dataProvider().crs()
    if not own.isValid():
        return source_crs.authid() or source_crs.toWkt()
    if own != source_crs:
        text = tr(
            "{name} is shown as {shown}, but its file says {found}. Reproject the "
            "layer instead of assigning another CRS."
        )
        refuse(text, name=name, shown=source_crs.authid(), found=own.authid())
    return ""


def units(algorithm, parameters, context, feedback, folder, only=False):
    """Entry of a unit set for the engine.

    Parameters
    ----------
    algorithm : EcovalAlgorithm
    parameters : mapping
    context : QgsProcessingContext
    feedback : QgsProcessingFeedback
    folder : text
        Run folder; exports go to its `inputs`.
    only : choice {True, False}
        Whether the engine takes a list of codes: then a part of a layer is named, not cut out, and tables that name the
        other units stay right.

    Returns
    -------
    mapping (path, id, name, layer, crs, encoding, only)
    """
    source = algorithm.parameterAsSource(parameters, "UNITS", context)
    if source is None:
        refuse(tr("The layer of {name} cannot be opened; it may have been removed. Choose it again."), name="UNITS")
    value = parameters.get("UNITS")
    definition = value if isinstance(value, QgsProcessingFeatureSourceDefinition) else None
    layer = algorithm.vector_layer(parameters, "UNITS", context)
    selected = definition is not None and definition.selectedFeaturesOnly
    if not source.featureCount():
        if selected:
            refuse(
                tr("Nothing is selected in {name}. Select units on the map, or run all units."),
                name=source.sourceName(),
            )
        refuse(tr("{name} holds no feature."), name=source.sourceName())
    crs = checked_crs(layer, source.sourceCrs(), source.sourceName())
    entry = _fields(algorithm, parameters, context, source)
    part = partial(layer, value)
    mode = algorithm.choice(parameters, "INVALID", context) or "fix"
    faulty = _invalid(source, entry.get("id"), feedback)
    _say_invalid(faulty, mode, source, feedback)
    whole = as_file(layer)
    named = part and only and layer is not None
    if named:
        entry["only"] = [code_text(feature[entry["id"]]) for feature in features(source)]
    if faulty or whole is None or (part and not named):
        path = os.path.join(folder, "inputs", "units.fgb")
        export(layer if named else source, path, context, feedback, mode)
        entry["path"] = path
        return entry
    entry.update({key: text for key, text in whole.items() if text})
    if crs:
        entry["crs"] = crs
    encoding = _encoding(algorithm, parameters, context, layer)
    if encoding:
        entry["encoding"] = encoding
    return entry


def code_text(value):
    """Code of a unit as the library writes it: whole numbers without a point."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _fields(algorithm, parameters, context, source):
    """Fields of codes and names, checked."""
    found = {}
    for key, parameter in (("id", "UNIT_ID"), ("name", "UNIT_NAME")):
        if algorithm.parameterDefinition(parameter) is not None:
            chosen = algorithm.text(parameters, parameter, context)
            if chosen:
                _check_field(source, chosen)
                found[key] = chosen
    return found


def _say_invalid(faulty, mode, source, feedback):
    """Refuse invalid geometries, or say what is done with them."""
    if not faulty:
        return
    if mode == "stop":
        text = tr("{count} geometries of {name} are invalid: {units}. Repair them, or choose fix or skip.")
        refuse(text, count=len(faulty), name=source.sourceName(), units=_listed(faulty))
    verb = tr("repaired") if mode == "fix" else tr("left out")
    text = tr("{count} invalid geometries of {name} were {verb}: {units}.")
    feedback.pushWarning(text.format(count=len(faulty), name=source.sourceName(), verb=verb, units=_listed(faulty)))


def _check_field(source, name):
    if source.fields().lookupField(name) < 0:
        refuse(tr("{name} has no field {field}."), name=source.sourceName(), field=name)
    broken = name if looks_broken(name) else ""
    for position, feature in enumerate(features(source)):
        value = feature[name]
        if position >= LOOKED_AT or broken:
            break
        if isinstance(value, str) and BROKEN in value:
            broken = value
    if broken:
        text = tr("The field {field} of {name} holds broken text ({value}). Read the file again with the encoding GBK.")
        refuse(text, field=name, name=source.sourceName(), value=broken)


def features(source):
    """Features as they are: Processing's own check of geometries would end the iteration at the first invalid one."""
    if isinstance(source, QgsProcessingFeatureSource):
        return source.getFeatures(QgsFeatureRequest(), QgsProcessingFeatureSource.Flag.FlagSkipGeometryValidityChecks)
    return source.getFeatures()


def _invalid(source, id_field, feedback):
    """Codes of features whose geometry is not valid."""
    found = []
    for feature in features(source):
        if feedback.isCanceled():
            break
        geometry = feature.geometry()
        if not geometry.isNull() and not geometry.isGeosValid():
            found.append(str(feature[id_field]) if id_field else str(feature.id()))
    return found


def _listed(codes):
    more = " …" if len(codes) > LISTED else ""
    return ", ".join(codes[:LISTED]) + more


def _encoding(algorithm, parameters, context, layer):
    """Encoding that the engine needs to be told: the parameter, else what QGIS was told for a shapefile."""
    given = algorithm.choice(parameters, "ENCODING", context) if algorithm.parameterDefinition("ENCODING") else "auto"
    if given and given != "auto":
        return given
    if layer.source().split("|")[0].lower().endswith((".shp", ".dbf", ".zip")):
        return layer.dataProvider().encoding() or ""
    return ""


def export(source, path, context, feedback, invalid="fix"):
    """Write a feature source to FlatGeobuf, in its order.

    Parameters
    ----------
    source : QgsFeatureSource
    path : text
    context : QgsProcessingContext
    feedback : QgsProcessingFeedback
    invalid : choice {fix, skip, stop}
    """
    os.makedirs(os.path.dirname(path), exist_ok=True)
    options = QgsVectorFileWriter.SaveVectorOptions()
    options.driverName = "FlatGeobuf"
    options.fileEncoding = "UTF-8"
    options.layerOptions = ["SPATIAL_INDEX=NO"]
    kind = (
        QgsWkbTypes.Type.MultiPolygon
        if is_polygon(source)
        else QgsWkbTypes.multiType(QgsWkbTypes.flatType(source.wkbType()))
    )
    crs = source.sourceCrs()
    writer = QgsVectorFileWriter.create(path, source.fields(), kind, crs, context.transformContext(), options)
    if writer.hasError() != QgsVectorFileWriter.WriterError.NoError:
        refuse(tr("{path} cannot be written: {reason}"), path=path, reason=writer.errorMessage())
    for feature in features(source):
        if feedback.isCanceled():
            break
        copy = QgsFeature(feature)
        geometry = copy.geometry()
        if not geometry.isNull() and not geometry.isGeosValid():
            if invalid == "skip":
                continue
            geometry = geometry.makeValid()
        if not geometry.isNull():
            copy.setGeometry(flat(geometry))
        if not writer.addFeature(copy, QgsFeatureSink.Flag.FastInsert):
            refuse(tr("{path} cannot be written: {reason}"), path=path, reason=writer.errorMessage())
    del writer


def flat(geometry):
    """Straight-edged, two-dimensional, multipart: the part of a geometry that accounts use."""
    shape = geometry.constGet().segmentize()
    shape.dropZValue()
    shape.dropMValue()
    made = QgsGeometry(shape)
    if QgsWkbTypes.flatType(made.wkbType()) == QgsWkbTypes.Type.GeometryCollection:
        made.convertGeometryCollectionToSubclass(polygon_type())
    made.convertToMultiType()
    return made


def raster(layer, value, name):
    """Path of a raster file, and the CRS to be declared.

    Parameters
    ----------
    layer : QgsRasterLayer
    value : object
        What the parameter held, for the message.
    name : text

    Returns
    -------
    mapping (path, crs)
    """
    if layer is None or not layer.isValid():
        shown = value.name() if isinstance(value, QgsMapLayer) else value
        refuse(
            tr("The raster {value} of {name} cannot be opened. Check the path, or choose the layer again."),
            value=shown,
            name=name,
        )
    path = layer.source().split("|")[0]
    if layer.providerType() != "gdal" or not os.path.exists(path):
        refuse(tr("{name} is not a file. Save it as GeoTIFF first: right click, Export, Save As."), name=layer.name())
    entry = {"path": os.path.abspath(path)}
    crs = checked_crs(layer, layer.crs(), layer.name())
    if crs:
        entry["crs"] = crs
    return entry
