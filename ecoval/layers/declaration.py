"""The tables of study.toml as frozen values: strict keys, absolute paths.

Nothing is opened here. Unknown keys are errors that name the nearest valid key;
paths are relative to the file; ``{year}`` in a path stands for the year of the
account. What services a role serves is decided in `resolve`.
"""

import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from ecoval import formats
from ecoval.errors import InputError
from ecoval.layers import keys
from ecoval.standards import located


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
    only: tuple[str, ...] | None = None


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
    formats.check_content("study", content, path)
    keys.check_names(content, keys.TABLES, "study.toml", path)
    for table, value in content.items():
        keys.check_type(value, dict, table, path)
    study = keys.checked(content.get("study", {}), keys.STUDY_KEYS, "study", path)
    for key in ("name", "years"):
        if key not in study:
            raise InputError("study_key_missing", path=str(path), table="study", key=key)
    return Declaration(
        path=path.resolve(),
        name=study["name"],
        years=_years(study["years"], path),
        price_year=study.get("price_year"),
        standard=located(study.get("standard", "open-2026"), folder),
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
        uncertainty=keys.checked(content.get("uncertainty", {}), keys.UNCERTAINTY_KEYS, "uncertainty", path),
    )


def _years(years, path):
    if not years or any(not isinstance(y, int) or isinstance(y, bool) for y in years):
        raise InputError("study_years", path=str(path), found=repr(years))
    if len(set(years)) < len(years):
        raise InputError("study_years", path=str(path), found=repr(years))
    return tuple(sorted(years))


def _grid(table, path):
    table = keys.checked(table, keys.GRID_KEYS, "grid", path)
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
        keys.check_type(entry, dict, where, path)
        entry = dict(keys.checked(entry, keys.UNIT_KEYS, where, path))
        for key in ("path", "id"):
            if key not in entry:
                raise InputError("study_key_missing", path=str(path), table=where, key=key)
        keys.check_choice(entry.get("datum"), keys.UNIT_DATUMS, f"{where}.datum", path)
        entry["path"] = folder / entry["path"]
        if "only" in entry:
            if not entry["only"]:
                raise InputError("study_wrong_type", path=str(path), key=f"{where}.only", found="[]", expected="a list of codes")
            entry["only"] = tuple(str(code) for code in entry["only"])
        sets.append(UnitDeclaration(unit_set=name, **entry))
    return tuple(sets)


def _layers(table, folder, path, roles):
    # a layer of a user's own service is one that says its kind and measure itself
    own = [role for role, entry in table.items() if isinstance(entry, dict) and {"kind", "measure"} <= entry.keys()]
    keys.check_names(table, (*roles, *own), "layers", path)
    layers = {}
    for role, entry in table.items():
        where = f"layers.{role}"
        entry = {"path": entry} if isinstance(entry, str) else entry
        keys.check_type(entry, dict, where, path)
        entry = dict(keys.checked(entry, keys.LAYER_KEYS, where, path))
        if "path" not in entry:
            raise InputError("study_key_missing", path=str(path), table=where, key="path")
        keys.check_choice(entry.get("kind"), keys.KINDS, f"{where}.kind", path)
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
        keys.check_type(entry, dict, where, path)
        entry = keys.checked(entry, keys.STATISTIC_KEYS, where, path)
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
            keys.check_type(value, list, f"services.{key}", path)
            lists[key] = tuple(str(code) for code in value)
    scope = table.pop("scope", None)
    if scope is not None:
        keys.check_type(scope, str, "services.scope", path)
        scope = folder / scope
    for code, options in table.items():
        keys.check_type(options, dict, f"services.{code}", path)
    return ServiceChoice(lists.get("include"), lists.get("exclude", ()), scope, table)


def _parameters(table, folder, path):
    """Own tables with absolute paths, the permission, and the choices by name."""
    table = dict(table)
    for key, kind in keys.PARAMETER_KEYS.items():
        if key in table:
            keys.check_type(table[key], kind, f"parameters.{key}", path)
    tables, allow = _own_tables(table, folder), table.pop("allow_recalled", False)
    return {"tables": tables, "allow_recalled": allow, "choices": table}


def _prices(table, folder, path):
    table = dict(table)
    if "tables" in table:
        keys.check_type(table["tables"], (str, list), "prices.tables", path)
    return {"tables": _own_tables(table, folder), "choices": table}


def _own_tables(table, folder):
    """Paths of the study's own tables, taken out of the entries."""
    names = table.pop("tables", [])
    return tuple(folder / name for name in ([names] if isinstance(names, str) else names))


def _is_number(value):
    return isinstance(value, int | float) and not isinstance(value, bool)
