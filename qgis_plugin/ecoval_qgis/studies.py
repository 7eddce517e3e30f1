"""The study of an algorithm: its parameters as the keys of study.toml, nothing computed."""

import os

from . import catalogue
from .i18n import tr
from .inputs import refuse

UNIT_SET = "units"


def of_call(call):
    """Study of an algorithm that has units and the parameters of a study.

    Parameters
    ----------
    call : Call

    Returns
    -------
    mapping
    """
    algorithm, parameters, context = call.algorithm, call.parameters, call.context
    entry = algorithm.units(parameters, context, call.feedback, call.folder, only=True)
    has = algorithm.parameterDefinition
    name = (call.text("NAME") if has("NAME") is not None else "") or call.entry["folder"]
    service = call.choice("SERVICE") if has("SERVICE") is not None else ""
    study = build(algorithm, parameters, context, entry, catalogue.label(service) if service else name)
    if service:
        study["services"]["include"] = [service]
    return study


def build(algorithm, parameters, context, unit_entry, name):
    """Study of the parameters.

    Parameters
    ----------
    algorithm : EcovalAlgorithm
    parameters : mapping
    context : QgsProcessingContext
    unit_entry : mapping
    name : text

    Returns
    -------
    mapping
        The keys of study.toml, with absolute paths.
    """
    year = algorithm.whole(parameters, "YEAR", context)
    study = {"name": name, "years": [year]}
    price_year = algorithm.whole(parameters, "PRICE_YEAR", context)
    study["price_year"] = price_year if price_year is not None else year
    for key, parameter in (("standard", "STANDARD"), ("region", "REGION")):
        if algorithm.parameterDefinition(parameter) is not None:
            value = algorithm.choice(parameters, parameter, context)
            if value:
                study[key] = value
    made = {"study": study, "grid": {"like": "landcover"}, "units": {UNIT_SET: unit_entry}}
    made["layers"] = _layers(algorithm, parameters, context)
    tables = _statistics(algorithm, parameters, context)
    if tables:
        made["statistics"] = tables
    made["services"] = _services(algorithm, parameters, context)
    made["parameters"] = {"allow_recalled": algorithm.choice(parameters, "RECALLED", context) == "allow"}
    own = algorithm.path(parameters, "PARAMETERS", context)
    if own:
        made["parameters"]["tables"] = [own]
    prices = algorithm.path(parameters, "PRICES", context)
    if prices:
        made["prices"] = {"tables": [prices]}
    draws = algorithm.whole(parameters, "DRAWS", context)
    if draws:
        made["uncertainty"] = {"draws": draws, "seed": algorithm.whole(parameters, "SEED", context) or 1}
    return made


def _layers(algorithm, parameters, context):
    landcover = algorithm.raster(parameters, "LANDCOVER", context)
    scheme = algorithm.choice(parameters, "SCHEME", context) or catalogue.OWN
    classes = algorithm.path(parameters, "CLASSES", context)
    if scheme == catalogue.OWN and not classes:
        refuse(
            tr("The classes of the land cover are not said: give a table (code, ecosystem_type), or choose a scheme.")
        )
    landcover["classes"] = classes if scheme == catalogue.OWN else scheme
    layers = {"landcover": landcover}
    for role in catalogue.raster_roles():
        entry = algorithm.raster(parameters, role.upper(), context)
        if entry is not None:
            layers[role] = entry
    for role in catalogue.table_roles():
        path = algorithm.path(parameters, role.upper(), context)
        if path:
            layers[role] = {"path": path}
    paths = {}
    for role, entry in layers.items():
        other = paths.setdefault((entry["path"], role in catalogue.table_roles()), role)
        if other != role:
            text = tr("{path} stands for two roles: {first} and {second}. Choose another layer for one of them.")
            refuse(text, path=entry["path"], first=catalogue.label(other), second=catalogue.label(role))
    for role, measure in pairs(algorithm.text(parameters, "MEASURES", context), "MEASURES"):
        if role not in layers:
            refuse(tr("MEASURES names {role}, which has no layer."), role=role)
        layers[role]["measure"] = measure
    return layers


def _statistics(algorithm, parameters, context):
    found = {}
    for number, path in enumerate(algorithm.parameterAsFileList(parameters, "STATISTICS", context)):
        if path and not os.path.exists(path):
            refuse(tr("The statistics table {path} is not there."), path=path)
        if path:
            found["table{}".format(number + 1)] = os.path.abspath(path)
    return found


def _services(algorithm, parameters, context):
    made = {}
    if algorithm.parameterDefinition("SERVICES") is not None:
        chosen = algorithm.choices(parameters, "SERVICES", context)
        if chosen:
            made["include"] = chosen
    excluded = pairs(algorithm.text(parameters, "EXCLUDE", context), "EXCLUDE")
    if excluded:
        made["exclude"] = dict(excluded)
    for name, choice in pairs(algorithm.text(parameters, "OPTIONS", context), "OPTIONS"):
        code, _, option = name.partition(".")
        if catalogue.service(code) is None or not option:
            refuse(tr("OPTIONS: {name} is not service.option of a known service."), name=name)
        made.setdefault(code, {})[option] = choice
    return made


def pairs(text, name):
    """Parts `key=value` of a text parted by semicolons."""
    found = []
    for part in (text or "").replace("；", ";").split(";"):
        if not part.strip():
            continue
        key, sign, value = part.partition("=")
        if not sign or not value.strip():
            refuse(tr("{name}: {part} is not of the form key=value."), name=name, part=part.strip())
        found.append((key.strip(), value.strip()))
    return found
