"""The offset project of an algorithm: project.toml, and what parameters put in its place. It computes nothing."""

import os

from qgis.core import (
    QgsFeature,
    QgsFeatureSink,
    QgsVectorFileWriter,
    QgsVectorLayer,
    QgsWkbTypes,
)

from . import inputs, studies, tomltext
from .compat import double_field, is_polygon, text_field
from .i18n import tr
from .inputs import refuse

FILE_NAME = "project.toml"
EVERYWHERE = ("province",)  # kinds of area that are one unit where nothing else is said


FIELDS = {"MEASURE": "option_id", "TARGET_CLASS": "kind_target", "START": "start_year", "SUCCESS": "success"}
RULES = ("OBJECTIVE", "MUST", "BAN", "LIMIT", "TIME_LIMIT", "WHOLE")
SOURCES = ("PROJECT", "CREDITS", "LOSS")  # where a project file may be named, in their order


def of_call(call):
    """Project file of an algorithm: the named one, or a new one where parameters change something.

    Parameters
    ----------
    call : Call

    Returns
    -------
    text
    """
    algorithm, parameters, context, feedback = call.algorithm, call.parameters, call.context, call.feedback
    overrides, has = {"rules": _rules(call)}, algorithm.parameterDefinition
    if has("NAME") is not None and call.text("NAME"):
        overrides["project"] = {"name": call.text("NAME")}
    if call.has("INFLUENCE"):
        overrides["influence"] = layer(algorithm, parameters, "INFLUENCE", context, feedback, call.folder)
    if call.has("CANDIDATES"):
        overrides["candidates"] = _candidates(call)
    excluded = call.layers("EXCLUDE") if has("EXCLUDE") is not None else []
    if excluded:
        path = merged(excluded, os.path.join(call.folder, "inputs", "exclude.fgb"), context)
        overrides["exclusions"] = {"protected": path}
    sources = [name for name in SOURCES if has(name) is not None and has(name).type() == "file"]
    return project(algorithm, parameters, context, feedback, call.folder, overrides, sources)


def _rules(call):
    """Rules that the parameters of a choice say."""
    rules = {}
    for name in RULES if call.algorithm.parameterDefinition("OBJECTIVE") is not None else ():
        if name == "OBJECTIVE":
            value = call.choice(name)
        elif name in ("MUST", "BAN"):
            value = identifiers(call.text(name))
        elif name == "WHOLE":
            value = call.parameterAsBoolean(name)
        else:
            value = call.parameterAsDouble(name) if call.has(name) else None
        if value not in (None, "", [], False):
            rules[name.lower()] = value
    return rules


def identifiers(text):
    """Identifiers of a text parted by semicolons, commas or spaces."""
    for mark in "；，,;":
        text = text.replace(mark, " ")
    return text.split()


def _candidates(call):
    """Entry [candidates]: fields by name, constants into a copy."""
    source = call.parameterAsSource("CANDIDATES")
    names = [field.name() for field in source.fields()] if source is not None else []
    constants, named = {}, {}
    for parameter, key in FIELDS.items():
        text = call.text(parameter)
        if text and text in names:
            named[key] = text
        elif text:
            constants[key] = text if key == "option_id" else number(text, parameter)
    entry = layer(call.algorithm, call.parameters, "CANDIDATES", call.context, call.feedback, call.folder, constants)
    return dict(entry, fields=named) if named else entry


def path_of(algorithm, parameters, name, context):
    """Path of a project file that a parameter names: a file, or a folder that holds one."""
    path = algorithm.path(parameters, name, context)
    if not path:
        return ""
    if os.path.isfile(path) and not path.lower().endswith(".toml"):  # a table of an earlier step: its folder
        path = os.path.dirname(path)
    found = os.path.join(path, FILE_NAME) if os.path.isdir(path) else path
    if not os.path.isfile(found):
        refuse(tr("{path} is no project file, and beside it there is no project.toml."), path=path)
    return found


def project(algorithm, parameters, context, feedback, folder, overrides=None, sources=("PROJECT",)):
    """Path of the project file that the engine reads; written into the run folder where parameters change something.

    Parameters
    ----------
    algorithm : EcovalAlgorithm
    parameters : mapping
    context : QgsProcessingContext
    feedback : QgsProcessingFeedback
    folder : text
    overrides : mapping
        Table -> keys that go before those of the file.
    sources : tuple of text
        Parameters that may name the file, in their order.

    Returns
    -------
    text
    """
    base = next(filter(None, (path_of(algorithm, parameters, name, context) for name in sources)), "")
    changes = _common(algorithm, parameters, context, feedback, folder)
    for table, keys in (overrides or {}).items():
        changes.setdefault(table, {}).update(keys)
    changes = {table: keys for table, keys in changes.items() if keys}
    areas = changes.pop("areas", None)
    if base and not changes and not areas:
        return base
    content = {}
    if base:
        content = algorithm.ask("offset", {"stage": "declaration", "project": base}, feedback)["project"]
    else:
        content["project"] = {"name": tr("Project")}
    merge(content, changes)
    if "footprints" not in content:
        refuse(tr("Neither PROJECT nor FOOTPRINT is given: nothing is occupied."))
    if "study" not in content["project"] and "densities" not in content["project"]:
        refuse(tr("Neither PROJECT nor STUDY nor LANDCOVER is given: nothing says what the land gives now."))
    if areas:
        _areas(algorithm, content, areas, folder, feedback)
    return tomltext.write(content, os.path.join(folder, FILE_NAME))


def merge(content, changes):
    """Put keys before those of the content; a table with a new path is another table."""
    for table, keys in changes.items():
        known = content.get(table)
        if isinstance(known, dict) and not ("path" in keys and keys["path"] != known.get("path")):
            known.update(keys)
        else:
            content[table] = dict(keys)


def _common(algorithm, parameters, context, feedback, folder):
    """What the shared parameters say, table by table; `areas` is the layer of the areas."""
    defined = algorithm.parameterDefinition
    changes = {"project": {}, "record": {}, "rules": {}}
    study = algorithm.path(parameters, "STUDY", context)
    if study:
        changes["project"]["study"] = study
    for name, table, key in (
        ("ALTERNATIVE", "record", "chosen"),
        ("AVOID_REASON", "record", "avoid_reason"),
        ("MINIMISE_REASON", "record", "minimise_reason"),
    ):
        if algorithm.text(parameters, name, context):
            changes[table][key] = algorithm.text(parameters, name, context)
    if defined("RULES") is not None and algorithm.path(parameters, "RULES", context):
        changes["rules"]["spatial"] = algorithm.path(parameters, "RULES", context)
    for name in ("RATIO", "RATE", "HORIZON"):
        if defined(name) is not None and parameters.get(name) not in (None, ""):
            number = algorithm.parameterAsDouble(parameters, name, context)
            changes["rules"][name.lower()] = int(number) if name == "HORIZON" else number
    if defined("FOOTPRINT") is not None and parameters.get("FOOTPRINT") not in (None, ""):
        changes["footprints"] = footprint(algorithm, parameters, context, feedback, folder)
    if parameters.get("SERVICESHEDS") not in (None, ""):
        entry = layer(algorithm, parameters, "SERVICESHEDS", context, feedback, folder)
        for key, name in (("id", "SERVICESHED_ID"), ("name", "SERVICESHED_NAME")):
            if algorithm.text(parameters, name, context):
                entry[key] = algorithm.text(parameters, name, context)
        changes["areas"] = entry
    if not study and defined("LANDCOVER") is not None and parameters.get("LANDCOVER") not in (None, ""):
        changes["project"].update(_study(algorithm, parameters, context, changes.get("areas"), folder))
    return changes


def _study(algorithm, parameters, context, areas, folder):
    """A study file of the layers that the parameters name."""
    if areas is None:
        refuse(tr("LANDCOVER without SERVICESHEDS: give the polygons within which the services are counted."))
    if algorithm.whole(parameters, "YEAR", context) is None:
        refuse(tr("LANDCOVER without YEAR: say of which year the layers are."))
    content = studies.build(
        algorithm, parameters, context, dict(areas), algorithm.text(parameters, "NAME", context) or "offset"
    )
    return {"study": tomltext.write(content, os.path.join(folder, "study.toml")), "year": content["study"]["years"][0]}


def _areas(algorithm, content, areas, folder, feedback):
    """Give the layer of the areas to every kind of the rule that the project does not name."""
    rules = algorithm.ask("offset", {"stage": "declaration", "project": content, "base": folder}, feedback)["rules"]
    known = dict(content["project"].pop("area_units", {}), **content.get("area_units", {}))
    for rule in rules:
        kind = rule["area_kind"]
        known.setdefault(kind, "everywhere" if kind in EVERYWHERE else areas)
    content["area_units"] = known


def footprint(algorithm, parameters, context, feedback, folder):
    """Entry [footprints]: the layer as it is where it has its fields, else a copy with what the parameters say."""
    source = algorithm.parameterAsSource(parameters, "FOOTPRINT", context)
    if source is None:
        refuse(tr("The layer of {name} cannot be opened; it may have been removed. Choose it again."), name="FOOTPRINT")
    names = [field.name() for field in source.fields()]
    after = algorithm.text(parameters, "AFTER_CLASS", context)
    start = algorithm.whole(parameters, "WORKS_START", context)
    constants, keys = {}, {}
    if after and after in names:
        keys["after_class"] = after
    elif after:
        constants["after_class"] = number(after, "AFTER_CLASS")
    elif "after_class" not in names:
        refuse(tr("AFTER_CLASS is not given, and the footprints have no field after_class."))
    if start is not None and "start" not in names:
        constants["start"] = start
    if "alternative_id" not in names:
        constants["alternative_id"] = algorithm.text(parameters, "ALTERNATIVE", context) or "A"
    return dict(layer(algorithm, parameters, "FOOTPRINT", context, feedback, folder, constants), **keys)


def number(text, name):
    """A number of a text, refused where it is none."""
    try:
        value = float(text)
    except ValueError:
        return refuse(tr("{name}: {text} is neither a field of the layer nor a number."), name=name, text=text)
    return int(value) if value.is_integer() else value


def layer(algorithm, parameters, name, context, feedback, folder, constants=None):
    """A vector layer as the engine reads it: path, layer, crs; exported where it is no file, or gets further fields.

    Parameters
    ----------
    algorithm : EcovalAlgorithm
    parameters : mapping
    name : text
        The parameter.
    context : QgsProcessingContext
    feedback : QgsProcessingFeedback
    folder : text
    constants : mapping
        Fields with one value for all features.

    Returns
    -------
    mapping (path, layer, crs)
    """
    source = algorithm.parameterAsSource(parameters, name, context)
    if source is None:
        refuse(tr("The layer of {name} cannot be opened; it may have been removed. Choose it again."), name=name)
    if not source.featureCount():
        refuse(tr("{name} holds no feature."), name=source.sourceName())
    value = parameters.get(name)
    selected = getattr(value, "selectedFeaturesOnly", False)
    found = algorithm.vector_layer(parameters, name, context)
    crs = inputs.checked_crs(found, source.sourceCrs(), source.sourceName())
    whole = None if selected or constants or (found is not None and found.subsetString()) else inputs.as_file(found)
    faulty = [feature.id() for feature in inputs.features(source) if not sound(feature)]
    if whole is None or faulty:
        path = os.path.join(folder, "inputs", name.lower() + ".fgb")
        if faulty:
            mode = algorithm.choice(parameters, "INVALID", context) or "fix"
            inputs._say_invalid([str(each) for each in faulty], mode, source, feedback)
        export(source, path, context, constants or {}, algorithm.choice(parameters, "INVALID", context) or "fix")
        return {"path": path}
    entry = {key: text for key, text in whole.items() if text}
    return dict(entry, crs=crs) if crs else entry


def sound(feature):
    """Whether a geometry can be used as it is."""
    geometry = feature.geometry()
    return geometry.isNull() or geometry.isGeosValid()


def export(source, path, context, constants, invalid="fix"):
    """Write a source with further fields of one value each.

    Parameters
    ----------
    source : QgsFeatureSource
    path : text
    context : QgsProcessingContext
    constants : mapping
    invalid : choice {fix, skip, stop}
    """
    os.makedirs(os.path.dirname(path), exist_ok=True)
    fields = source.fields()
    for key, value in constants.items():
        if fields.lookupField(key) >= 0:
            fields.remove(fields.lookupField(key))
        fields.append(text_field(key) if isinstance(value, str) else double_field(key))
    options = QgsVectorFileWriter.SaveVectorOptions()
    options.driverName, options.fileEncoding = "FlatGeobuf", "UTF-8"
    options.layerOptions = ["SPATIAL_INDEX=NO"]
    kind = QgsWkbTypes.Type.MultiPolygon if is_polygon(source) else source.wkbType()
    writer = QgsVectorFileWriter.create(path, fields, kind, source.sourceCrs(), context.transformContext(), options)
    if writer.hasError() != QgsVectorFileWriter.WriterError.NoError:
        refuse(tr("{path} cannot be written: {reason}"), path=path, reason=writer.errorMessage())
    for feature in inputs.features(source):
        geometry = feature.geometry()
        if not sound(feature):
            if invalid == "skip":
                continue
            geometry = geometry.makeValid()
        copy = QgsFeature(fields)
        if not geometry.isNull():
            copy.setGeometry(inputs.flat(geometry))
        for field in fields:
            name = field.name()
            copy[name] = constants[name] if name in constants else feature[name]
        writer.addFeature(copy, QgsFeatureSink.Flag.FastInsert)
    del writer


def merged(layers, path, context):
    """Write the polygons of several layers into one file; empty where there is none.

    Parameters
    ----------
    layers : list of QgsVectorLayer
    path : text
    context : QgsProcessingContext

    Returns
    -------
    text
    """
    if not layers:
        return ""
    first = layers[0]
    made = QgsVectorLayer("MultiPolygon?crs={}&field=name:string".format(first.crs().authid()), "merged", "memory")
    for each in layers:
        if each.crs() != first.crs():
            refuse(
                tr("The layers of EXCLUDE have different CRS: {first}, {other}."), first=first.name(), other=each.name()
            )
        for feature in each.getFeatures():
            copy = QgsFeature(made.fields())
            copy.setGeometry(inputs.flat(feature.geometry()))
            copy["name"] = each.name()
            made.dataProvider().addFeature(copy)
    export(made, path, context, {})
    return path
