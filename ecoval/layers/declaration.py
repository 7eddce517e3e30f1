"""The tables of study.toml as frozen values: strict keys, absolute paths.

Nothing is opened here. Unknown keys are errors that name the nearest valid key;
paths are relative to the file; ``{year}`` in a path stands for the year of the
account. What services a role serves is decided in `resolve`.
"""

import tomllib
from dataclasses import dataclass, field
from pathlib import Path

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


@dataclass(frozen=True)
class GridDeclaration:
    """CRS and cell of the grid, or the role of the layer that it is like."""

    crs: str | None = None
    cell: tuple[float, float] | None = None
    like: str | None = None


@dataclass(frozen=True)
class UnitDeclaration:
    """One set of spatial units: where it is read and which fields it has."""

    unit_set: str
    path: Path
    id: str
    name: str | None = None
    parent: str | None = None
    layer: str | None = None
    crs: str | None = None
    encoding: str | None = None
    datum: str | None = None
    kind: str | None = None


@dataclass(frozen=True)
class LayerDeclaration:
    """One role of [layers]: a path, and what the file does not say itself."""

    role: str
    template: str
    kind: str | None = None
    measure: str | None = None
    band: int | tuple[int, ...] | None = None
    crs: str | None = None
    missing: float | None = None
    scale: float | None = None
    offset: float | None = None
    subdataset: str | None = None
    classes: str | None = None
    layer: str | None = None
    id: str | None = None
    capacity: str | None = None
    encoding: str | None = None
    code: str | None = None
    mixtures: str | None = None

    def path(self, year):
        """Path of the layer in a year."""
        return Path(self.template.replace("{year}", str(year)))


@dataclass(frozen=True)
class StatisticDeclaration:
    """One long table of [statistics]."""

    template: str
    sheet: str | None = None

    def path(self, year):
        """Path of the table in a year."""
        return Path(self.template.replace("{year}", str(year)))


@dataclass(frozen=True)
class ServiceChoice:
    """Which services are wanted, their options, and an own table of scope."""

    include: tuple[str, ...] | None = None
    exclude: tuple[str, ...] = ()
    scope: Path | None = None
    options: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Declaration:
    """One study as declared: nothing is opened yet."""

    path: Path
    name: str
    years: tuple[int, ...]
    price_year: int | None
    standard: str
    region: str | None
    grid: GridDeclaration
    units: tuple[UnitDeclaration, ...]
    layers: dict[str, LayerDeclaration]
    statistics: dict[str, StatisticDeclaration]
    services: ServiceChoice
    parameters: dict
    prices: dict
    uncertainty: dict
    note: str | None = None
    example: bool = False


def read_declaration(path, roles):
    """Read a study.toml into a `Declaration`.

    Parameters
    ----------
    path : text
    roles : table (role)
        The names that [layers] may hold.

    Returns
    -------
    Declaration
    """
    path = Path(path)
    return declaration(load_toml(path), path, roles)


def load_toml(path):
    """Content of a TOML file as a dict; errors name file, line and column."""
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise InputError("study_file_missing", path=str(path)) from None
    except OSError as error:
        raise InputError("study_file_unreadable", path=str(path), reason=str(error)) from None
    try:
        return tomllib.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise InputError("study_not_utf8", path=str(path), line=line) from None
    except tomllib.TOMLDecodeError as error:
        raise InputError("study_not_toml", path=str(path), reason=str(error)) from None


def declaration(content, path, roles):
    """Turn the content of a study.toml into a `Declaration`."""
    folder = path.resolve().parent
    _check_names(content, TABLES, "study.toml", path)
    for table, value in content.items():
        _check_type(value, dict, table, path)
    study = _checked(content.get("study", {}), STUDY_KEYS, "study", path)
    for key in ("name", "years"):
        if key not in study:
            raise InputError("study_key_missing", path=str(path), table="study", key=key)
    return Declaration(
        path=path.resolve(),
        name=study["name"],
        years=_years(study["years"], path),
        price_year=study.get("price_year"),
        standard=study.get("standard", "open-2026"),
        region=study.get("region"),
        note=study.get("note"),
        example=study.get("example", False),
        grid=_grid(content.get("grid", {}), path),
        units=_units(content.get("units", {}), folder, path),
        layers=_layers(content.get("layers", {}), folder, path, roles),
        statistics=_statistics(content.get("statistics", {}), folder, path),
        services=_services(content.get("services", {}), folder, path),
        parameters=_parameters(content.get("parameters", {}), folder, path),
        prices=_prices(content.get("prices", {}), folder, path),
        uncertainty=_checked(content.get("uncertainty", {}), UNCERTAINTY_KEYS, "uncertainty", path),
    )


def _years(years, path):
    if not years or any(not isinstance(y, int) or isinstance(y, bool) for y in years):
        raise InputError("study_years", path=str(path), found=repr(years))
    if len(set(years)) < len(years):
        raise InputError("study_years", path=str(path), found=repr(years))
    return tuple(sorted(years))


def _grid(table, path):
    table = _checked(table, GRID_KEYS, "grid", path)
    if "like" in table:
        if "crs" in table or "cell" in table:
            raise InputError("grid_like_and_crs", path=str(path))
        return GridDeclaration(like=table["like"])
    for key in ("crs", "cell"):
        if key not in table:
            raise InputError("study_key_missing", path=str(path), table="grid", key=key)
    cell = table["cell"]
    cell = tuple(cell) if isinstance(cell, list) else (cell, cell)
    if len(cell) != 2 or not all(_is_number(side) and side > 0 for side in cell):
        raise InputError("grid_cell", path=str(path), found=repr(table["cell"]))
    return GridDeclaration(crs=table["crs"], cell=(float(cell[0]), float(cell[1])))


def _units(table, folder, path):
    if not table:
        raise InputError("study_without_units", path=str(path))
    sets = []
    for name, entry in table.items():
        where = f"units.{name}"
        _check_type(entry, dict, where, path)
        entry = dict(_checked(entry, UNIT_KEYS, where, path))
        for key in ("path", "id"):
            if key not in entry:
                raise InputError("study_key_missing", path=str(path), table=where, key=key)
        _check_choice(entry.get("datum"), UNIT_DATUMS, f"{where}.datum", path)
        entry["path"] = folder / entry["path"]
        sets.append(UnitDeclaration(unit_set=name, **entry))
    return tuple(sets)


def _layers(table, folder, path, roles):
    # a layer of a user's own service is one that says its kind and measure itself
    own = [role for role, entry in table.items() if isinstance(entry, dict) and {"kind", "measure"} <= entry.keys()]
    _check_names(table, (*roles, *own), "layers", path)
    layers = {}
    for role, entry in table.items():
        where = f"layers.{role}"
        entry = {"path": entry} if isinstance(entry, str) else entry
        _check_type(entry, dict, where, path)
        entry = dict(_checked(entry, LAYER_KEYS, where, path))
        if "path" not in entry:
            raise InputError("study_key_missing", path=str(path), table=where, key="path")
        _check_choice(entry.get("kind"), KINDS, f"{where}.kind", path)
        if isinstance(entry.get("band"), list):
            entry["band"] = tuple(entry["band"])
        template = str(folder / entry.pop("path"))
        for key in ("classes", "mixtures"):
            if key in entry and Path(entry[key]).suffix:
                entry[key] = str(folder / entry[key])
        layers[role] = LayerDeclaration(role=role, template=template, **entry)
    return layers


def _statistics(table, folder, path):
    found = {}
    for name, entry in table.items():
        where = f"statistics.{name}"
        entry = {"path": entry} if isinstance(entry, str) else entry
        _check_type(entry, dict, where, path)
        entry = _checked(entry, STATISTIC_KEYS, where, path)
        if "path" not in entry:
            raise InputError("study_key_missing", path=str(path), table=where, key="path")
        found[name] = StatisticDeclaration(str(folder / entry["path"]), entry.get("sheet"))
    return found


def _services(table, folder, path):
    table = dict(table)
    lists = {}
    for key in ("include", "exclude"):
        value = table.pop(key, None)
        if value is not None:
            _check_type(value, list, f"services.{key}", path)
            lists[key] = tuple(str(code) for code in value)
    scope = table.pop("scope", None)
    if scope is not None:
        _check_type(scope, str, "services.scope", path)
        scope = folder / scope
    for code, options in table.items():
        _check_type(options, dict, f"services.{code}", path)
    return ServiceChoice(lists.get("include"), lists.get("exclude", ()), scope, table)


def _parameters(table, folder, path):
    """Own tables with absolute paths, the permission, and the choices by name."""
    table = dict(table)
    for key, kind in PARAMETER_KEYS.items():
        if key in table:
            _check_type(table[key], kind, f"parameters.{key}", path)
    tables = table.pop("tables", [])
    tables = [tables] if isinstance(tables, str) else tables
    allow = table.pop("allow_recalled", False)
    return {
        "tables": tuple(folder / name for name in tables),
        "allow_recalled": allow,
        "choices": table,
    }


def _prices(table, folder, path):
    table = dict(table)
    for key in ("tables",):
        if key in table:
            _check_type(table[key], (str, list), f"prices.{key}", path)
    tables = table.pop("tables", [])
    tables = [tables] if isinstance(tables, str) else tables
    return {"tables": tuple(folder / name for name in tables), "choices": table}


def _checked(table, keys, where, path):
    _check_names(table, keys, where, path)
    for key, value in table.items():
        _check_type(value, keys[key], f"{where}.{key}", path)
    return table


def _check_names(table, valid, where, path):
    for name in table:
        if name not in valid:
            raise InputError(
                "study_unknown_key",
                path=str(path),
                table=where,
                key=name,
                nearest=nearest(name, valid),
            )


def _check_type(value, kind, where, path):
    kinds = kind if isinstance(kind, tuple) else (kind,)
    fits = isinstance(value, kinds) and (bool in kinds or not isinstance(value, bool))
    if not fits:
        expected = " or ".join(TYPE_NAMES[k] for k in kinds)
        raise InputError("study_wrong_type", path=str(path), key=where, found=repr(value), expected=expected)


def _check_choice(value, choices, where, path):
    if value is not None and value not in choices:
        raise InputError(
            "study_wrong_choice",
            path=str(path),
            key=where,
            found=value,
            choices=", ".join(choices),
            nearest=nearest(value, choices),
        )


def _is_number(value):
    return isinstance(value, int | float) and not isinstance(value, bool)
