"""What the library offers, as `catalogue.json` in the zip says it: services, layer roles, standards, words."""

import json
import os
from functools import lru_cache

from .i18n import language, tr

PATH = os.path.join(os.path.dirname(__file__), "catalogue.json")
OWN = "own"
MADE = ("latitude",)  # never a file


@lru_cache(maxsize=1)
def content():
    """The whole catalogue."""
    with open(PATH, encoding="utf-8") as stream:
        return json.load(stream)


def label(identifier):
    """Word of the controlled vocabulary in the language of the user; the identifier where there is none."""
    return content()["labels"].get(identifier, {}).get(language()) or own_words().get(identifier) or identifier


def own_words():
    """Words that the vocabulary of the library lacks."""
    return {
        "units": tr("Spatial units"),
        "accumulate": tr("summing over cells"),
        "overlay": tr("overlay of parcels"),
        "check": tr("checking"),
        "report": tr("writing the report"),
        "queued": tr("waiting for another computation"),
        "running": tr("not finished"),
        "finished": tr("finished"),
        "failed": tr("failed"),
        "cancelled": tr("cancelled"),
        "error": tr("error"),
        "warning": tr("warning"),
        "ok": tr("in order"),
        "sandiao": tr("Third national land survey"),
        "clcd": tr("CLCD (annual, 30 m)"),
        "corine": "CORINE",
        "globeland30": "GlobeLand30",
        "worldcover": "ESA WorldCover",
        "open-2026": tr("Open profile 2026, not official"),
        "units.units": tr("Spatial units"),
        "landcover.classes": tr("Table of the classes"),
        "temperature_max": tr("daily maximum temperature"),
        "temperature_min": tr("daily minimum temperature"),
        "humidity": tr("relative humidity"),
        "wind": tr("wind speed"),
        "sunshine": tr("sunshine hours"),
        "cover_factor": tr("RUSLE cover factor"),
        "storm_rain": tr("storm rain"),
        "biomass_opening": tr("biomass at the opening"),
        "npp_dry_matter": tr("NPP as dry matter"),
        "dry_water_evaporation": tr("open water evaporation of dry days"),
    }


def services():
    """Services in the order of the library."""
    return content()["services"]


def service(code):
    """One service, or None."""
    return next((entry for entry in services() if entry["code"] == code), None)


def roles():
    """Layer roles that are rasters or tables, in the order of the library."""
    return content()["roles"]


def role(name):
    """One role, or None."""
    return next((entry for entry in roles() if entry["role"] == name), None)


def raster_roles():
    """Roles that a raster fills, land cover apart."""
    skipped = ("landcover", *MADE)
    return [entry["role"] for entry in roles() if "raster" in entry["files"] and entry["role"] not in skipped]


def table_roles():
    """Roles that a table fills, statistics apart."""
    return [entry["role"] for entry in roles() if "raster" not in entry["files"] and entry["role"] != "statistics"]


def role_help(name):
    """Help of a role: measure, range, which services read it, what it can be made from."""
    entry = role(name) or {}
    parts = []
    if entry.get("measures"):
        parts.append(tr("Measure: {measure}.").format(measure=", ".join(entry["measures"])))
    if entry.get("low") is not None and entry.get("high") is not None:
        parts.append(tr("Range: {low} to {high}.").format(low=entry["low"], high=entry["high"]))
    if entry.get("bands"):
        parts.append(tr("Bands: {bands}.").format(bands=entry["bands"]))
    if entry.get("services"):
        parts.append(tr("Used by: {services}.").format(services=", ".join(label(code) for code in entry["services"])))
    if entry.get("made_from"):
        ways = [" + ".join(label(name) for name in way) for way in entry["made_from"] if way]
        if ways:
            parts.append(tr("Can be left out where these are given: {ways}.").format(ways="; ".join(ways)))
    return " ".join(parts) or label(name)


def standards():
    """Identifiers of the standard packs."""
    return [entry["id"] for entry in content()["standards"]]


def standard_label(identifier):
    """Name of a standard pack with its identifier."""
    entry = next((entry for entry in content()["standards"] if entry["id"] == identifier), {})
    name = entry.get("labels", {}).get(language()) or identifier
    name = own_words().get(identifier, name)
    return "{} ({})".format(name, identifier) if name != identifier else identifier


def regions():
    """Regions for which the library has numbers of its own."""
    return content()["regions"]


def crosswalks():
    """Own table first, then the names of the packaged crosswalks."""
    return [OWN, *content()["crosswalks"]]


def type_label(code):
    """Name of an ecosystem type by its code, as text or number; the code itself where it is not known."""
    text = "" if code in (None, "") else str(code)
    text = text[:-2] if text.endswith(".0") else text
    entry = next((entry for entry in content().get("types", []) if str(entry["code"]) == text), None)
    return entry[language()] if entry is not None else text


def services_help():
    """Identifiers of the services with their names."""
    return "; ".join("{} {}".format(entry["code"], label(entry["code"])) for entry in services())


def lacking(code, given):
    """Roles that a service needs under its default options and that neither exist nor can be made.

    Parameters
    ----------
    code : text
    given : set of text
        Roles that have a layer.

    Returns
    -------
    list of text
    """
    entry = service(code)
    chosen = {option["name"]: option["default"] for option in entry["options"]}
    missing = []
    for needed in entry["inputs"]:
        used = all(chosen.get(name) in choices for name, choices in needed.get("when", {}).items())
        if (
            used
            and needed.get("required", True)
            and not available(needed["role"], given)
            and needed["role"] not in missing
        ):
            missing.append(needed["role"])
    return missing


def available(name, given):
    """Whether a role has a layer, or can be made from those that have one."""
    if name in given:
        return True
    ways = (role(name) or {}).get("made_from") or []
    return any(all(each in given for each in way) for way in ways)
