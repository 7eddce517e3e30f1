"""How declared parameters become fields of a request: layers as paths, with their CRS, selection and encoding."""

import os
import re

from qgis.core import (
    QgsCoordinateTransform,
    QgsMapLayerType,
    QgsProcessingFeatureSourceDefinition,
    QgsProcessingUtils,
)

from .. import catalogue, inputs, projects
from ..i18n import tr

NETCDF = re.compile(r'NETCDF:"?(.+?)"?:(\w+)')  # how QGIS names a variable of a file


def fill(request, entry, value):
    """Put what was read into the request: a value into its field, a mapping field by field; nothing where it is empty.

    Parameters
    ----------
    request : mapping
    entry : mapping
        The parameter.
    value : object
    """
    fills = entry.get("fills", "")
    if isinstance(value, dict):
        for field, part in value.items():
            if field == "crs" and request.get("crs", part) != part:
                inputs.refuse(
                    tr(
                        "Several layers have no CRS in their files and different ones in QGIS. "
                        "Save them with a CRS first."
                    )
                )
            request[field] = part
    elif isinstance(fills, str) and fills and value:
        request[fills] = request[fills] + value if isinstance(value, list) and fills in request else value


def plain(reader):
    """A reader of the algorithm, for parameters that fill a field."""

    def read(call, entry):
        return getattr(call, reader)(entry["name"]) if entry.get("fills") else None

    return read


def choice(call, entry):
    """The choice, or the fields that it stands for."""
    value, fills = plain("choice")(call, entry), entry.get("fills")
    return fills.get(value, {}) if isinstance(fills, dict) else value


def flag(call, entry):
    """Whether it is ticked."""
    return call.parameterAsBoolean(entry["name"]) if entry.get("fills") else None


def number(call, entry):
    """A number, None where it is not given."""
    given = entry.get("fills") and call.parameters.get(entry["name"])
    return call.parameterAsDouble(entry["name"]) if given else None


def year(call, entry):
    """First and last year: the same."""
    return [call.whole(entry["name"])] * 2


def files(call, entry):
    """Absolute paths; one at least where files are needed."""
    paths = [os.path.abspath(path) for path in call.parameterAsFileList(entry["name"]) if path]
    if not paths and not entry.get("optional"):
        inputs.refuse(tr("No table is chosen."))
    return paths if entry.get("fills") else None


def new_folder(call, entry):
    """A folder that is made where it is not there."""
    path = call.path(entry["name"])
    if path:
        os.makedirs(path, exist_ok=True)
    return path


def run(call, entry):
    """A run folder."""
    path = call.path(entry["name"])
    if not os.path.isfile(os.path.join(path, "run.json")):
        inputs.refuse(tr("{path} is no run folder: it holds no run.json."), path=path)
    return path


def study_file(call, entry):
    """A study.toml or run.json."""
    path = call.path(entry["name"])
    if not os.path.isfile(path):
        inputs.refuse(tr("The study {path} is not there."), path=path)
    return path


def units(call, entry):
    """The unit set; written again where the engine cannot be told its encoding."""
    fills = entry.get("fills")
    if not fills:  # the study reads them
        return None
    algorithm = call.algorithm
    found = inputs.units(algorithm, call.parameters, call.context, call.feedback, call.folder)
    if found.get("encoding") and "encoding" not in fills:
        path = os.path.join(call.folder, "inputs", "units.fgb")
        source = algorithm.parameterAsSource(call.parameters, entry["name"], call.context)
        inputs.export(source, path, call.context, call.feedback)
        found = dict({key: found[key] for key in ("id", "name") if key in found}, path=path)
    return {fills[key]: value for key, value in found.items() if fills.get(key)}


def rasters(call, entry):
    """Paths of rasters, and the CRS of those whose files do not say it."""
    fills = entry.get("fills")
    if not fills:
        return None
    layers = call.layers(entry["name"])
    if not layers:
        inputs.refuse(tr("No raster is chosen, or it cannot be opened."))
    read = [inputs.raster(layer, layer, entry["name"]) for layer in layers]
    said = {each["crs"] for each in read if each.get("crs")}
    if len(said) > 1:
        inputs.refuse(
            tr("Several layers have no CRS in their files and different ones in QGIS. Save them with a CRS first.")
        )
    return dict({fills["path"]: [each["path"] for each in read]}, **({fills["crs"]: said.pop()} if said else {}))


def quantiles(call, entry):
    """Statistics of the library for numbers parted by semicolons."""
    return ["quantile:" + text.strip() for text in call.text(entry["name"]).split(";") if text.strip()]


def scheme(call, entry):
    """A packaged crosswalk, or the own table of CLASSES."""
    chosen, classes = call.choice(entry["name"]), call.path("CLASSES")
    if chosen == catalogue.OWN and not classes:
        inputs.refuse(tr("Give the own table of the classes, or choose a classification."))
    return classes if chosen == catalogue.OWN else chosen


def landcover(call, entry):
    """What the engine reads: path, crs and, for polygons, layer, code, encoding and the CRS of the grid."""
    layer = call.parameterAsLayer(entry["name"])
    if layer is None:
        inputs.refuse(tr("The land cover cannot be opened. Choose the layer again."))
    crs = call.parameterAsCrs("CRS") if call.parameters.get("CRS") else None
    if layer.type() == QgsMapLayerType.RasterLayer:
        if crs is not None and crs != layer.crs():
            inputs.refuse(
                tr("A raster keeps its CRS. Leave the CRS empty, or reproject the raster first (nearest neighbour).")
            )
        return inputs.raster(layer, layer, entry["name"])
    said = inputs.checked_crs(layer, layer.crs(), layer.name())
    definition = QgsProcessingFeatureSourceDefinition(layer.id(), call.parameterAsBool("SELECTED_ONLY"))
    source = QgsProcessingUtils.variantToSource(definition, call.context, layer.id())
    part = inputs.partial(layer, definition)
    if part and not source.featureCount():
        inputs.refuse(tr("Nothing is selected in {name}. Select parcels, or take all."), name=layer.name())
    fields = None if part else inputs.as_file(layer)
    if fields is None:
        fields = {"path": os.path.join(call.folder, "inputs", "landcover.fgb")}
        inputs.export(source, fields["path"], call.context, call.feedback)
    else:
        encoding = call.choice("ENCODING")
        fields.update({"crs": said, "encoding": "" if encoding == "auto" else encoding})
    fields["code"] = call.text("CLASS_FIELD")
    if crs is not None and crs.isValid():
        fields["grid_crs"] = crs.authid() or crs.toWkt()
    return {key: value for key, value in fields.items() if value}


def series(call, entry):
    """Daily series: a table of stations and how they become cells, or rasters; and the grid of the result."""
    layers = call.layers("RASTERS") if call.parameters.get("RASTERS") else []
    path = call.path(entry["name"])
    if bool(layers) == bool(path):
        inputs.refuse(tr("Give either a table of stations or rasters."))
    fields = _stations(call, path) if path else _rasters_of_days(call, layers)
    return dict(fields, **_grid(call, layers))


def _stations(call, path):
    method = call.choice("METHOD")
    if not method:
        known = ", ".join(call.algorithm.parameterDefinition("METHOD").options())
        inputs.refuse(tr("Choose how stations become cells: {known}."), known=known)
    fields = {"series": [path], "method": method, "stations": call.path("SITES")}
    elevation = call.raster("DEM")
    if elevation:
        fields["dem"] = elevation["path"]
    return {key: value for key, value in fields.items() if value}


def _rasters_of_days(call, layers):
    """Files, the CRS where they are silent, and the variable where a layer is one of a NetCDF file."""
    fills = next(each for each in call.entry["parameters"] if each["name"] == "ITEM")["fills"][call.choice("ITEM")]
    role = fills.get("role") or ("rain" if fills["product"] == "erosivity" else "")
    fields = {"series": []}
    for layer in layers:
        found = NETCDF.fullmatch(layer.source())
        path, variable = found.groups() if found else (layer.source().split("|")[0], "")
        if layer.providerType() != "gdal" or not os.path.exists(path):
            inputs.refuse(
                tr("{name} is not a file. Save it as GeoTIFF first: right click, Export, Save As."), name=layer.name()
            )
        crs = inputs.checked_crs(layer, layer.crs(), layer.name())
        if crs:
            fields["series_crs"] = crs
        if variable and role:
            fields["variables"] = {role: variable}
        if os.path.abspath(path) not in fields["series"]:
            fields["series"].append(os.path.abspath(path))
    return fields


def _grid(call, layers):
    """Grid of the result: that of a raster, or CRS, cell size and bounds; nothing where rasters keep their own."""
    like = call.raster("LIKE")
    if like:
        return {"like": like["path"]}
    said = [name for name in ("CRS", "CELL", "EXTENT") if call.parameters.get(name)]
    if layers and not said:
        return {}
    crs = call.parameterAsCrs("CRS") if "CRS" in said else layers[0].crs() if layers else None
    if crs is None or not crs.isValid() or "CELL" not in said or not (layers or "EXTENT" in said):
        inputs.refuse(tr("The grid is not said. Give a raster whose grid is taken, or CRS, cell size and extent."))
    if "EXTENT" in said:
        box = call.algorithm.parameterAsExtent(call.parameters, "EXTENT", call.context, crs)
    else:
        transform = QgsCoordinateTransform(layers[0].crs(), crs, call.context.transformContext())
        box = transform.transformBoundingBox(layers[0].extent())
    return {
        "crs": crs.authid() or crs.toWkt(),
        "cell": call.parameterAsDouble("CELL"),
        "bounds": [box.xMinimum(), box.yMinimum(), box.xMaximum(), box.yMaximum()],
    }


def ticked(call, entry):
    """Parcels of a layer or table that somebody chose."""
    source = call.parameterAsSource(entry["name"])
    if source is None:
        inputs.refuse(
            tr("The layer of {name} cannot be opened; it may have been removed. Choose it again."), name=entry["name"]
        )
    names = [field.name() for field in source.fields()]
    if "candidate_id" not in names:
        inputs.refuse(tr("{name} has no field {field}."), name=source.sourceName(), field="candidate_id")
    rows = []
    for feature in inputs.features(source):
        row = {"candidate_id": inputs.code_text(feature["candidate_id"])}
        if "option_id" in names and feature["option_id"]:
            row["option_id"] = str(feature["option_id"])
        if "share" in names and feature["share"] not in (None, ""):
            row["share"] = projects.number(str(feature["share"]), "share")
        rows.append(row)
    return {entry["fills"]: rows}


TYPES = {
    "choice": choice,
    "choices": plain("choices"),
    "field": plain("text"),
    "file": plain("path"),
    "files": files,
    "flag": flag,
    "folder": plain("path"),
    "landcover": landcover,
    "new_folder": new_folder,
    "number": number,
    "quantiles": quantiles,
    "rasters": rasters,
    "run": run,
    "scheme": scheme,
    "series": series,
    "study_file": study_file,
    "text": plain("text"),
    "ticked": ticked,
    "units": units,
    "whole": plain("whole"),
    "year": year,
}
