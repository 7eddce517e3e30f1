"""The keys of project.toml and plan.toml with their types: a wrong one is refused with the nearest that is right."""

from pathlib import Path

from ecoval.errors import InputError
from ecoval.layers.keys import TYPE_NAMES
from ecoval.terms import nearest

NUMBER = (int, float)
PROJECT_TABLES = (
    *("project", "area_units", "footprints", "influence", "measures", "candidates", "exclusions", "rules", "record"),
    *("statutory", "ledger", "checks"),
)
PLAN_TABLES = ("plan", "candidates", "exclusions", "rules", "ledger", "checks")
PROJECT_KEYS = {
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
PLAN_KEYS = {"name": str, "projects": list, "note": str, "example": bool}

METHODS = ("model", "density")
TIMES = ("discount", "multiplier")
CONVENTIONS = ("mean", "mean_mid", "begin", "end")
OBJECTIVES = ("cost", "area", "distance")
INFINITE = ("inf", "infinite", "∞")


def checked(table, valid, where, path):
    """The table, its keys known and their values of the right type."""
    check_type(table, dict, where, path)
    check_names(table, valid, where, path)
    for key, value in table.items():
        check_type(value, valid[key], f"{where}.{key}", path)
    return dict(table)


def check_names(table, valid, where, path):
    """Refuse a name that is not among the valid ones, with the nearest that is."""
    for name in table:
        if name not in valid:
            raise InputError("project_unknown_key", path=str(path), table=where, key=name, nearest=nearest(name, valid))


def check_type(value, kind, where, path):
    """Refuse a value of another type."""
    kinds = kind if isinstance(kind, tuple) else (kind,)
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
        expected = " or ".join(TYPE_NAMES[k] for k in kinds)
        raise InputError("project_wrong_type", path=str(path), key=where, found=repr(value), expected=expected)


def check_choice(value, choices, where, path):
    """Refuse a value that is not among the choices."""
    if value is not None and value not in choices:
        raise InputError(
            "project_wrong_choice",
            path=str(path),
            key=where,
            found=value,
            choices=", ".join(choices),
            nearest=nearest(str(value), choices),
        )


def required(table, key, where, path):
    """Value of a key that must be there."""
    if key not in table:
        raise InputError("project_key_missing", path=str(path), table=where, key=key)
    return table[key]


def absolute(folder, text):
    """Path of a text, relative to the folder of the file that holds it."""
    return Path(folder) / text
