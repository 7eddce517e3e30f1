"""The keys of study.toml with their types, checked strictly: a wrong one is refused with the nearest that is right."""

from ecoval.errors import InputError
from ecoval.terms import nearest

TABLES = (
    "study",
    "grid",
    "units",
    "layers",
    "statistics",
    "services",
    "parameters",
    "prices",
    "uncertainty",
)
STUDY_KEYS = {
    "format": int,
    "name": str,
    "years": list,
    "price_year": int,
    "standard": str,
    "region": str,
    "note": str,
    "example": bool,
}
GRID_KEYS = {"crs": str, "cell": (int, float, list), "like": str}
UNIT_KEYS = {
    "path": str,
    "id": str,
    "name": str,
    "parent": str,
    "layer": str,
    "crs": str,
    "encoding": str,
    "datum": str,
    "kind": str,
    "only": list,
}
LAYER_KEYS = {
    "path": str,
    "kind": str,
    "measure": str,
    "band": (int, list),
    "crs": str,
    "missing": (int, float),
    "scale": (int, float),
    "offset": (int, float),
    "subdataset": str,
    "classes": str,
    "layer": str,
    "id": str,
    "capacity": str,
    "encoding": str,
    "code": str,
    "mixtures": str,
}
STATISTIC_KEYS = {"path": str, "sheet": str}
PARAMETER_KEYS = {"tables": (str, list), "allow_recalled": bool}
UNCERTAINTY_KEYS = {"draws": int, "seed": int}
KINDS = ("intensive", "categorical", "extensive")
UNIT_DATUMS = ("gcj02", "bd09")

TYPE_NAMES = {
    str: "text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    list: "a list",
    dict: "a table",
}


def checked(table, valid, where, path, file="study"):
    """The table, its keys known and their values of the right type; `file` names whose keys they are: study or project."""
    check_type(table, dict, where, path, file)
    check_names(table, valid, where, path, file)
    for key, value in table.items():
        check_type(value, valid[key], f"{where}.{key}", path, file)
    return table


def check_names(table, valid, where, path, file="study"):
    """Refuse a name that is not among the valid ones, with the nearest that is."""
    for name in table:
        if name not in valid:
            raise InputError(f"{file}_unknown_key", path=str(path), table=where, key=name, nearest=nearest(name, valid))


def check_type(value, kind, where, path, file="study"):
    """Refuse a value of another type."""
    kinds = kind if isinstance(kind, tuple) else (kind,)
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
        expected = " or ".join(TYPE_NAMES[k] for k in kinds)
        raise InputError(f"{file}_wrong_type", path=str(path), key=where, found=repr(value), expected=expected)


def check_choice(value, choices, where, path, file="study"):
    """Refuse a value that is not among the choices."""
    if value is not None and value not in choices:
        words = {"choices": ", ".join(choices), "nearest": nearest(str(value), choices)}
        raise InputError(f"{file}_wrong_choice", path=str(path), key=where, found=value, **words)
