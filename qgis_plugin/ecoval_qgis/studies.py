"""The study of an algorithm: its parameters as the keys of study.toml, nothing computed."""

import os

from qgis.core import (
    QgsProcessing,
    QgsProcessingParameterMultipleLayers,
    QgsProcessingParameterRasterLayer,
    QgsProcessingParameterString,
)

from . import catalogue
from .i18n import tr
from .inputs import refuse

UNIT_SET = "units"
BASIC = ("dem", "precipitation", "rain_daily", "evapotranspiration", "npp", "ndvi", "cover", "temperature")


def declare(algorithm, services=True, standard=True):
    """Parameters that make up a study, UNITS apart."""
    algorithm.add(
        QgsProcessingParameterRasterLayer("LANDCOVER", catalogue.label("landcover")),
        tr(
            "Classified raster; its grid is the grid of the account. Its codes are "
            "translated by the scheme or the table."
        ),
    )
    algorithm.add_choice(
        "SCHEME",
        tr("Classification of the land cover"),
        catalogue.crosswalks(),
        tr(
            "own: the table below says which ecosystem type each code is; otherwise the packaged table of that product."
        ),
        default=catalogue.OWN,
    )
    algorithm.add_file("CLASSES", tr("Table of the classes"), tr("Columns code, ecosystem_type, name: CSV or XLSX."))
    algorithm.add_number("YEAR", tr("Year"), tr("Year of the account."), 2023, 1900, 2200, optional=False)
    algorithm.add_number(
        "PRICE_YEAR",
        tr("Price year"),
        tr("All values are carried to the prices of this year; empty: the year."),
        None,
        1900,
        2200,
    )
    if standard:
        algorithm.add_choice(
            "STANDARD",
            tr("Standard"),
            catalogue.standards(),
            tr("Which services are summed, and how they are named."),
            "open-2026",
        )
    if services:
        text = tr("Empty: all that the standard lists and the data allow.") + " " + catalogue.services_help()
        codes = [entry["code"] for entry in catalogue.services()]
        algorithm.add_choice("SERVICES", tr("Services"), codes, text, optional=True, multiple=True)
    for role in catalogue.raster_roles():
        algorithm.add_role(role, advanced=role not in BASIC)
    for role in catalogue.table_roles():
        algorithm.add_file(role.upper(), catalogue.label(role), catalogue.role_help(role), advanced=True)
    algorithm.add(
        QgsProcessingParameterMultipleLayers(
            "STATISTICS", tr("Statistics tables"), QgsProcessing.SourceType.TypeFile, optional=True
        ),
        tr(
            "Long tables: unit_id, item, quantity, uom, price, price_uom, price_year, "
            "year, source; population and gdp are items."
        ),
    )
    algorithm.add_file(
        "PARAMETERS", tr("Own parameters"), tr("Table of own numbers; they go before the packaged ones.")
    )
    algorithm.add_file(
        "PRICES", tr("Prices"), tr("Table name, value, uom, year, source, status. Without a price a value stays empty.")
    )
    algorithm.add_choice(
        "REGION",
        tr("Region of the numbers"),
        catalogue.regions(),
        tr("Decides which packaged numbers are local."),
        optional=True,
    )
    _declare_details(algorithm)


def _declare_details(algorithm):
    algorithm.add(
        QgsProcessingParameterString("OPTIONS", tr("Options of the services"), optional=True),
        tr("service.option=choice, parted by semicolons, such as soil_retention.ls=invest; climate_regulation.epp=et."),
        advanced=True,
    )
    algorithm.add(
        QgsProcessingParameterString("MEASURES", tr("Measures of the layers"), optional=True),
        tr(
            "role=measure, parted by semicolons, where a file holds another measure, "
            "such as soil_nitrogen=%; npp=kgC m-2 yr-1."
        ),
        advanced=True,
    )
    algorithm.add_choice(
        "RECALLED",
        tr("Numbers that nobody has checked"),
        ["refuse", "allow"],
        tr("allow: also numbers written down from memory, marked as such in the result."),
        default="refuse",
        advanced=True,
    )
    algorithm.add_hidden_number("DRAWS")  # refused by the library until there are draws


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
