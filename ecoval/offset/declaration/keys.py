"""The keys of project.toml and plan.toml with their types: a wrong one is refused with the nearest that is right."""

from functools import partial
from pathlib import Path

from ecoval.errors import InputError
from ecoval.layers import keys

NUMBER = (int, float)
PROJECT_TABLES = (
    *("project", "area_units", "footprints", "influence", "measures", "candidates", "exclusions", "rules", "record"),
    *("statutory", "ledger", "checks"),
)
PLAN_TABLES = ("plan", "candidates", "exclusions", "rules", "ledger", "checks")
PROJECT_KEYS = {
    "format": int,
    "name": str,
    "study": str,
    "year": int,
    "t0": int,
    "price_year": int,
    "method": str,
    "densities": str,
    "prices": str,
    "services": list,
    "area_units": dict,
    "note": str,
    "example": bool,
}
AREA_KEYS = {
    "set": str,
    "path": str,
    "id": str,
    "name": str,
    "parent": str,
    "layer": str,
    "crs": str,
    "encoding": str,
    "everywhere": bool,
}
LAYER_KEYS = {"path": str, "layer": str, "crs": str, "encoding": str}
FOOTPRINT_FIELDS = ("alternative", "patch_id", "name", "impact_type", "start", "end", "after_class")
FOOTPRINT_KEYS = {**LAYER_KEYS, **dict.fromkeys(FOOTPRINT_FIELDS, str), "costs": dict, "site_area": dict, "recovery_years": NUMBER}
INFLUENCE_FIELDS = ("alternative", "patch_id")
INFLUENCE_KEYS = {
    **LAYER_KEYS,
    **dict.fromkeys(INFLUENCE_FIELDS, str),
    "distance_m": NUMBER,
    "downstream_m": NUMBER,
    "loss": dict,
    "loss_fields": dict,
    "landcover_base": str,
    "landcover_with": str,
}
MEASURE_KEYS = {"path": str, "sheet": str, "limit": NUMBER, "weights": dict, "choose": bool}
CANDIDATE_KEYS = {**LAYER_KEYS, "fields": dict, "advance": NUMBER, "delay": NUMBER}
EXCLUSION_KEYS = {"red_line": (str, dict), "no_go": (str, dict), "granted": (str, dict), "protected": (str, dict)}
RULE_KEYS = {
    "spatial": str,
    "accept": str,
    "no_go": (str, list),
    "ratio": (int, float, str, dict),
    "ratio_value": NUMBER,
    "ratio_kind": (int, float, str, dict),
    "time": str,
    "rate": NUMBER,
    "horizon": (int, float, str),
    "convention": str,
    "base": NUMBER,
    "bank_interest": bool,
    "deficit_limit": NUMBER,
    "objective": str,
    "whole": bool,
    "value": bool,
    "kinds": bool,
    "must": list,
    "ban": list,
    "limit": NUMBER,
    "most": int,
    "time_limit": NUMBER,
    "weights": dict,
    "similar_cost": NUMBER,
}
RECORD_KEYS = {"chosen": str, "avoid_reason": str, "minimise_reason": (str, dict), "note": str}
STATUTORY_KEYS = {"path": str, "layers": dict, "provided": (str, list), "sheet": str}
STATUTORY_LAYER_KEYS = {**LAYER_KEYS, "kind": str, "quantity": str, "grade": str, "value": str}
LEDGER_KEYS = {"path": str, "project": str, "write": bool}
CHECK_KEYS = {
    "overlap_tolerance": NUMBER,
    "minimum_area": NUMBER,
    "maximum_area": NUMBER,
    "few_cells": int,
    "missing_tolerance": NUMBER,
}
PLAN_KEYS = {"format": int, "name": str, "projects": list, "note": str, "example": bool}

METHODS = ("model", "density")
TIMES = ("discount", "multiplier")
CONVENTIONS = ("mean", "mean_mid", "begin", "end")
OBJECTIVES = ("cost", "area", "distance")
FILE = "project"  # whose keys they are, in messages
INFINITE = ("inf", "infinite", "∞")


def checked(table, valid, where, path):
    """A copy of the table, its keys known and their values of the right type."""
    return dict(keys.checked(table, valid, where, path, FILE))


check_names = partial(keys.check_names, file=FILE)
check_type = partial(keys.check_type, file=FILE)
check_choice = partial(keys.check_choice, file=FILE)


def required(table, key, where, path):
    """Value of a key that must be there."""
    if key not in table:
        raise InputError("project_key_missing", path=str(path), table=where, key=key)
    return table[key]


def absolute(folder, text):
    """Path of a text, relative to the folder of the file that holds it."""
    return Path(folder) / text
