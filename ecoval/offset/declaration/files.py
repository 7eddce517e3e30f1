"""project.toml and plan.toml as frozen values: strict keys, absolute paths, nothing opened.

Beyond the keys of the reference a project may say: ``[project]`` t0, price_year, method ("model" or "density"), densities, prices,
services, note, example; ``[area_units]`` in place of ``[project] area_units``, each entry the name of a unit set of the study, a
table (path, id, name, parent, layer, crs, encoding) or ``"everywhere"``; ``[footprints]`` patch_id, name, costs, site_area,
recovery_years; ``[influence]`` loss_fields, downstream_m, landcover_base, landcover_with; ``[measures]`` limit, weights, choose;
``[candidates]`` fields, advance, delay; ``[exclusions]`` no_go; ``[rules]`` ratio_kind, base, bank_interest, objective, whole,
value, kinds, must, ban, limit, most, time_limit, weights, similar_cost; ``[statutory]`` layers, provided; ``[ledger]`` project;
``[checks]`` tolerances.

Numbers are not judged here: that is the validator's part, with a code per finding.
"""

import math
from dataclasses import dataclass, field
from pathlib import Path

from ecoval import formats
from ecoval.errors import InputError
from ecoval.layers.declaration import load_toml
from ecoval.offset.declaration import keys
from ecoval.offset.declaration.values import (
    AreaDeclaration,
    CandidateDeclaration,
    CheckDeclaration,
    FootprintDeclaration,
    InfluenceDeclaration,
    LayerDeclaration,
    LedgerDeclaration,
    MeasureDeclaration,
    RecordDeclaration,
    RuleDeclaration,
    StatutoryDeclaration,
)

__all__ = [
    "AreaDeclaration",
    "CandidateDeclaration",
    "CheckDeclaration",
    "FootprintDeclaration",
    "InfluenceDeclaration",
    "LayerDeclaration",
    "LedgerDeclaration",
    "MeasureDeclaration",
    "PlanDeclaration",
    "ProjectDeclaration",
    "RecordDeclaration",
    "RuleDeclaration",
    "StatutoryDeclaration",
    "absolute_content",
]


@dataclass(frozen=True)
class ProjectDeclaration:
    """One project as declared: nothing is opened yet."""

    path: Path
    name: str
    content: dict
    study: Path | None = None
    year: int | None = None
    t0: int | None = None
    price_year: int | None = None
    method: str = "model"
    densities: Path | None = None
    prices: Path | None = None
    services: tuple | None = None
    area_units: dict = field(default_factory=dict)
    footprints: FootprintDeclaration | None = None
    influence: InfluenceDeclaration | None = None
    measures: MeasureDeclaration | None = None
    candidates: CandidateDeclaration | None = None
    exclusions: dict = field(default_factory=dict)
    rules: RuleDeclaration = field(default_factory=RuleDeclaration)
    record: RecordDeclaration = field(default_factory=RecordDeclaration)
    statutory: StatutoryDeclaration | None = None
    ledger: LedgerDeclaration | None = None
    checks: CheckDeclaration = field(default_factory=CheckDeclaration)
    note: str | None = None
    example: bool = False

    @classmethod
    def read(cls, path):
        """Project of a project.toml.

        Parameters
        ----------
        path : path

        Returns
        -------
        ProjectDeclaration

        Raises
        ------
        InputError
            Unknown keys, wrong types, missing keys.
        """
        return _project(load_toml(Path(path)), Path(path).resolve())

    @classmethod
    def of(cls, content, base):
        """Project of the content of a project.toml; paths are relative to the folder `base`."""
        return _project(content, Path(base).resolve() / "project.toml")

    def absolute(self):
        """Content of the file with every path absolute, for the run folder."""
        return absolute_content(self.content, self.path.parent)


@dataclass(frozen=True)
class PlanDeclaration:
    """Many projects with one pool of candidates, one set of rules and one ledger, which replace those of the projects."""

    path: Path
    name: str
    content: dict
    projects: tuple
    candidates: CandidateDeclaration | None = None
    exclusions: dict | None = None
    rules: RuleDeclaration | None = None
    ledger: LedgerDeclaration | None = None
    checks: CheckDeclaration | None = None
    note: str | None = None
    example: bool = False

    @classmethod
    def read(cls, path):
        """Plan of a plan.toml."""
        return _plan(load_toml(Path(path)), Path(path).resolve())

    @classmethod
    def of(cls, content, base):
        """Plan of the content of a plan.toml; paths are relative to the folder `base`."""
        return _plan(content, Path(base).resolve() / "plan.toml")

    def absolute(self):
        """Content of the file with every path absolute."""
        return absolute_content(self.content, self.path.parent)


def absolute_content(content, folder):
    """Copy of the content of a project.toml or plan.toml with every path absolute."""
    single = {"study", "densities", "prices", "path", "landcover_base", "landcover_with", "spatial", "accept", "provided"}
    layered = {"red_line", "no_go", "granted", "protected"}  # a text is the path of a layer or table
    tables = {"ratio", "ratio_kind"}

    def walk(value, key):
        if isinstance(value, dict):
            return {name: walk(entry, name) for name, entry in value.items()}
        if key == "projects":
            return [str(Path(folder) / name) for name in value]
        if isinstance(value, str) and key in single | layered | tables:
            return str(Path(folder) / value)
        return list(value) if isinstance(value, list | tuple) else value

    made = walk(content, None)
    for name, entry in made.get("statutory", {}).get("layers", {}).items():
        if isinstance(entry, str):
            made["statutory"]["layers"][name] = str(Path(folder) / entry)
    return made


def _project(content, path):
    folder = path.parent
    formats.check_content("project", content, path)
    keys.check_names(content, keys.PROJECT_TABLES, path.name, path)
    project = keys.checked(content.get("project", {}), keys.PROJECT_KEYS, "project", path)
    project.pop(formats.KEY, None)
    keys.required(project, "name", "project", path)
    keys.check_choice(project.get("method"), keys.METHODS, "project.method", path)
    method = project.pop("method", "density" if "densities" in project and "study" not in project else "model")
    keys.required(project, "study" if method == "model" else "densities", "project", path)
    areas = {**project.pop("area_units", {}), **content.get("area_units", {})}
    for key in ("study", "densities", "prices"):
        if key in project:
            project[key] = keys.absolute(folder, project[key])
    if "services" in project:
        project["services"] = tuple(str(word) for word in project["services"])
    keys.required(content, "footprints", path.name, path)
    return ProjectDeclaration(
        path=path,
        content=content,
        method=method,
        area_units={kind: _area(kind, entry, folder, path) for kind, entry in areas.items()},
        footprints=_footprints(content["footprints"], path),
        influence=_influence(content["influence"], folder, path) if "influence" in content else None,
        measures=_measures(content["measures"], folder, path) if "measures" in content else None,
        record=RecordDeclaration(**keys.checked(content.get("record", {}), keys.RECORD_KEYS, "record", path)),
        statutory=_statutory(content["statutory"], folder, path) if "statutory" in content else None,
        **_shared(content, folder, path),
        **project,
    )


def _shared(content, folder, path):
    """What a plan may replace."""
    checks = CheckDeclaration(**keys.checked(content.get("checks", {}), keys.CHECK_KEYS, "checks", path))
    return {
        "candidates": _candidates(content["candidates"], path) if "candidates" in content else None,
        "exclusions": _exclusions(content.get("exclusions", {}), path),
        "rules": _rules(content.get("rules", {}), folder, path),
        "ledger": _ledger(content["ledger"], folder, path) if "ledger" in content else None,
        "checks": checks,
    }


def _plan(content, path):
    formats.check_content("plan", content, path)
    keys.check_names(content, keys.PLAN_TABLES, path.name, path)
    plan = keys.checked(keys.required(content, "plan", path.name, path), keys.PLAN_KEYS, "plan", path)
    projects = keys.required(plan, "projects", "plan", path)
    if not projects:
        raise InputError("project_wrong_type", path=str(path), key="plan.projects", found="[]", expected="a list of project files")
    shared = _shared(content, path.parent, path)
    shared = {name: value if name in content else None for name, value in shared.items()}
    return PlanDeclaration(
        path=path,
        name=plan.get("name", path.parent.name),
        content=content,
        projects=tuple(path.parent / str(name) for name in projects),
        note=plan.get("note"),
        example=plan.get("example", False),
        **shared,
    )


def _layer(entry, valid, names, where, path, named=()):
    """A layer of a text or table: the keys of `names` are fields of the file, the others are handed back."""
    entry = keys.checked({"path": entry} if isinstance(entry, str) else entry, valid, where, path)
    fields = {key: entry.pop(key) for key in names if key in entry}
    source = LayerDeclaration(
        path=keys.absolute(path.parent, keys.required(entry, "path", where, path)),
        **{key: entry[key] for key in ("layer", "crs", "encoding") if key in entry},
        fields={**{key: key for key in named}, **fields},
    )
    return source, {key: value for key, value in entry.items() if key not in keys.LAYER_KEYS}


def _area(kind, entry, folder, path):
    where = f"area_units.{kind}"
    if entry == "everywhere":
        return AreaDeclaration(kind, everywhere=True)
    if isinstance(entry, str):
        return AreaDeclaration(kind, unit_set=entry)
    entry = keys.checked(entry, keys.AREA_KEYS, where, path)
    if "set" in entry:
        return AreaDeclaration(kind, unit_set=entry["set"])
    if entry.get("everywhere"):
        return AreaDeclaration(kind, everywhere=True)
    entry.pop("everywhere", None)
    entry["path"] = keys.absolute(folder, keys.required(entry, "path", where, path))
    return AreaDeclaration(kind, **entry)


def _footprints(table, path):
    source, rest = _layer(table, keys.FOOTPRINT_KEYS, keys.FOOTPRINT_FIELDS, "footprints", path, keys.FOOTPRINT_FIELDS[1:])
    fields = {"alternative": "alternative_id", **source.fields}
    for key in ("costs", "site_area"):
        for name, value in rest.get(key, {}).items():
            keys.check_type(value, keys.NUMBER, f"footprints.{key}.{name}", path)
    return FootprintDeclaration(LayerDeclaration(source.path, source.layer, source.crs, source.encoding, fields), **rest)


def _influence(table, folder, path):
    table = keys.checked(table, keys.INFLUENCE_KEYS, "influence", path)
    for service, value in table.get("loss", {}).items():
        keys.check_type(value, keys.NUMBER, f"influence.loss.{service}", path)
    for service, value in table.get("loss_fields", {}).items():
        keys.check_type(value, str, f"influence.loss_fields.{service}", path)
    source = None
    if "path" in table:
        source, table = _layer(table, keys.INFLUENCE_KEYS, keys.INFLUENCE_FIELDS, "influence", path)
        fields = {"alternative": "alternative_id", "patch_id": "patch_id", **source.fields}
        source = LayerDeclaration(source.path, source.layer, source.crs, source.encoding, fields)
    for key in ("landcover_base", "landcover_with"):
        if key in table:
            table[key] = keys.absolute(folder, table[key])
    unread = (*keys.LAYER_KEYS, *keys.INFLUENCE_FIELDS)
    return InfluenceDeclaration(source, **{key: value for key, value in table.items() if key not in unread})


def _measures(table, folder, path):
    table = keys.checked({"path": table} if isinstance(table, str) else table, keys.MEASURE_KEYS, "measures", path)
    table["path"] = keys.absolute(folder, keys.required(table, "path", "measures", path))
    return MeasureDeclaration(**table)


def _candidates(table, path):
    source, rest = _layer(table, keys.CANDIDATE_KEYS, (), "candidates", path)
    fields = rest.pop("fields", {})
    return CandidateDeclaration(LayerDeclaration(source.path, source.layer, source.crs, source.encoding, fields), **rest)


def _exclusions(table, path):
    table = keys.checked(table, keys.EXCLUSION_KEYS, "exclusions", path)
    return {name: _layer(entry, keys.LAYER_KEYS, (), f"exclusions.{name}", path)[0] for name, entry in table.items()}


def _rules(table, folder, path):
    table = keys.checked(table, keys.RULE_KEYS, "rules", path)
    keys.check_choice(table.get("time"), keys.TIMES, "rules.time", path)
    keys.check_choice(table.get("convention"), keys.CONVENTIONS, "rules.convention", path)
    keys.check_choice(table.get("objective"), keys.OBJECTIVES, "rules.objective", path)
    for key in ("spatial", "accept", "no_go", "ratio", "ratio_kind"):
        if isinstance(table.get(key), str):
            table[key] = keys.absolute(folder, table[key])
    for key in ("must", "ban", "no_go"):
        if isinstance(table.get(key), list):
            table[key] = tuple(table[key])
    if isinstance(table.get("horizon"), str):
        keys.check_choice(table["horizon"], keys.INFINITE, "rules.horizon", path)
        table["horizon"] = math.inf
    return RuleDeclaration(**table)


def _statutory(table, folder, path):
    table = keys.checked({"path": table} if isinstance(table, str) else table, keys.STATUTORY_KEYS, "statutory", path)
    table["path"] = keys.absolute(folder, keys.required(table, "path", "statutory", path))
    layers = {}
    for regime, entry in table.pop("layers", {}).items():
        source, rest = _layer(entry, keys.STATUTORY_LAYER_KEYS, ("kind", "quantity", "grade"), f"statutory.layers.{regime}", path)
        fields = {**source.fields, **({"value": rest["value"]} if "value" in rest else {})}
        layers[regime] = LayerDeclaration(source.path, source.layer, source.crs, source.encoding, fields)
    provided = table.pop("provided", None)
    if isinstance(provided, str):
        provided = keys.absolute(folder, provided)
    elif provided is not None:
        provided = tuple(provided)
    return StatutoryDeclaration(table.pop("path"), layers=layers, provided=provided, **table)


def _ledger(table, folder, path):
    table = keys.checked({"path": table} if isinstance(table, str) else table, keys.LEDGER_KEYS, "ledger", path)
    table["path"] = keys.absolute(folder, keys.required(table, "path", "ledger", path))
    return LedgerDeclaration(**table)
