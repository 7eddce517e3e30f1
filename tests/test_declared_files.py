"""study.toml, project.toml and plan.toml: what is read goes back, and no key is left out of what is kept between runs."""

import dataclasses
import json
import tomllib
import typing
from dataclasses import replace
from pathlib import Path

import pytest
import tomli_w
from declared import Drawn, changes
from hypothesis import given, settings
from hypothesis import strategies as st
from project_cases import example_1

from ecoval.declarations import content, entries, files, identity
from ecoval.layers.study_toml import Declaration, LayerDeclaration, UnitDeclaration, declaration
from ecoval.offset.declaration import files as project_files
from ecoval.offset.declaration import values as project_values
from ecoval.offset.declaration.files import EXCLUSIONS, PlanDeclaration, ProjectDeclaration
from ecoval.offset.project import stages
from ecoval.offset.project.project import Project

HERE = Path("/data").resolve()
ROLES = ("landcover", "dem", "npp")


def grid(drawn):
    cell = drawn.random.choice([30, 0.5, [30.0, 20.0]])
    return drawn.random.choice([{"like": "dem"}, {"crs": drawn.word(), "cell": cell}])


def area(drawn):
    own = {"path": drawn.word(), "id": drawn.word()}
    return drawn.random.choice(["everywhere", drawn.word(), {"set": drawn.word()}, own, {**own, "crs": drawn.word()}])


def some(names):
    return lambda drawn: {name: drawn.word() for name in drawn.random.sample(names, 2)}


OWN = {
    ("Declaration", "years"): lambda drawn: drawn.random.sample(range(1990, 2030), 2),
    ("Declaration", "grid"): grid,
    ("Declaration", "units"): lambda drawn: drawn.table(lambda: drawn.content(UnitDeclaration)),
    ("Declaration", "layers"): lambda drawn: {role: drawn.content(LayerDeclaration) for role in drawn.random.sample(ROLES, 2)},
    ("ChecksDeclaration", "accept"): lambda drawn: {"relation:lake_part": drawn.word()},
    ("ServiceChoice", "options"): lambda drawn: drawn.table(lambda: drawn.table(drawn.word)),
    ("Declaration", "region"): lambda drawn: drawn.random.choice(["CN", "CN-33"]),
    ("ProjectDeclaration", "study"): lambda drawn: drawn.word(),
    ("ProjectDeclaration", "densities"): lambda drawn: drawn.word(),
    ("ProjectDeclaration", "own_area_units"): lambda drawn: drawn.table(lambda: area(drawn)),
    ("ProjectDeclaration", "area_units"): lambda drawn: drawn.table(lambda: area(drawn)),
    ("ProjectDeclaration", "exclusions"): some(EXCLUSIONS),
    ("PlanDeclaration", "exclusions"): some(EXCLUSIONS),
    **{(kind, "format"): lambda _drawn: 1 for kind in ("Declaration", "ProjectDeclaration", "PlanDeclaration")},
}
FILES = {
    "study.toml": (Declaration, lambda values: declaration(values, HERE / "study.toml", ROLES), ("pass", "cells")),
    "project.toml": (ProjectDeclaration, lambda values: ProjectDeclaration.of(values, HERE), ("loss", "credits")),
    "plan.toml": (PlanDeclaration, lambda values: PlanDeclaration.of(values, HERE), ("credits",)),
}
ANY_FILE = pytest.mark.parametrize("name", FILES)
SEED = st.integers(0, 10**6)


def read_any(name, seed, whole=False):
    cls, reader, _ = FILES[name]
    values = Drawn(seed, OWN, whole).content(cls)
    if name == "project.toml":
        values["project"] = {"study": "s", "densities": "d", **values["project"]}
    if name == "study.toml":
        values = {"units": {"county": {"path": "u", "id": "i"}}, "grid": {"like": "dem"}, **values}
    return reader(values)


@ANY_FILE
@given(SEED)
def test_what_is_read_goes_back_through_toml(name, seed):
    made = read_any(name, seed)
    again = FILES[name][1](tomllib.loads(tomli_w.dumps(content(made))))
    assert again == made
    for stage in FILES[name][2]:
        assert json.loads(identity(again, stage)) == json.loads(identity(made, stage))  # a file may bring names in another order


@ANY_FILE
@given(SEED)
def test_values_from_python_are_the_same_declaration(name, seed):
    made = read_any(name, seed)
    values = {}
    for entry in entries(type(made)):
        value = getattr(made, entry.field)
        if isinstance(value, tuple) and value and hasattr(value[0], "NAMED"):
            value = {getattr(each, each.NAMED): each for each in value}
        (values.setdefault(entry.key.table, {}) if entry.key.table else values)[entry.name] = value
    assert FILES[name][1](values) == made


@ANY_FILE
@settings(max_examples=10)
@given(SEED)
def test_any_changed_key_makes_what_depends_on_it_again(name, seed):
    made = read_any(name, seed, whole=True)
    for stage in FILES[name][2]:
        before, seen = identity(made, stage), set()
        for trail, other in changes(made):
            reasons = [reason for entry in trail if (reason := entry.key.cosmetic or entry.key.apart.get(stage))]
            assert (identity(other, stage) == before) == bool(reasons), [entry.name for entry in trail]
            assert all(len(reason) > 6 for reason in reasons)
            seen.add(tuple(entry.field for entry in trail))
        assert len(seen) > len(entries(type(made)))


def declared_classes():
    for module in (project_values, project_files):
        for cls in vars(module).values():
            if dataclasses.is_dataclass(cls) and cls.__module__ == module.__name__:
                yield cls


def test_every_field_is_a_key_or_no_part_of_what_is_equal():
    from ecoval.layers import study_toml as study_file

    classes = [cls for cls in vars(study_file).values() if dataclasses.is_dataclass(cls) and cls.__module__ == study_file.__name__]
    for cls in [*classes, *declared_classes()]:
        keys = {entry.field for entry in entries(cls)}
        for each in dataclasses.fields(cls):
            assert each.name in keys or not each.compare or each.name == cls.NAMED, (cls, each.name)


def rich_project(folder):
    """Example 1 with every table that a stage might read."""
    plain = example_1(folder)
    tables = plain.declaration.absolute()
    tables["exclusions"] = {"granted": str(folder / "zone.gpkg"), "red_line": {"path": str(folder / "zone.gpkg")}}
    tables["ledger"] = {"path": str(folder / "ledger.gpkg")}
    tables["rules"] |= {"no_go": [92], "must": ["A"], "rate": 0.0}
    tables["candidates"] = {"path": str(folder / "candidates.gpkg"), "delay": 1}
    return tables


def test_what_losses_and_credits_read_is_in_their_keys(tmp_path, monkeypatch):
    opened = Project.of(rich_project(tmp_path), tmp_path).opened
    seen = set()
    for cls in declared_classes():
        monkeypatch.setattr(cls, "__getattribute__", watching(cls, seen))
    made = stages.losses(opened)
    assert {name for _, name in seen} >= {"footprints", "influence", "measures", "spatial", "base", "chosen"}
    assert [pair for pair in seen if not by_name(*pair).matters("loss")] == []
    stages.compensation(opened, made.debits, None)
    assert {name for _, name in seen} >= {"candidates", "exclusions", "ledger", "no_go", "delay"}
    assert [pair for pair in seen if not by_name(*pair).matters("credits")] == []


def tables_of(cls):
    """A class of a file and those of its tables."""
    yield cls
    for entry in entries(cls):
        for form in (each for kind in entry.forms for each in (kind, *typing.get_args(kind))):
            if dataclasses.is_dataclass(form):
                yield from tables_of(form)


@pytest.mark.parametrize("file", FILES)
def test_every_table_whose_keys_are_names_says_of_what(file):
    """A key that names nothing is found by it (`declarations.namings`); "label" is a name that the user makes up."""
    named = {}
    for cls in tables_of(FILES[file][0]):
        for entry in entries(cls):
            kept = [form for form in entry.forms if typing.get_origin(form) is dict or hasattr(element(form), "NAMED")]
            named |= {f"{cls.__name__}.{entry.field}": entry.key.names for _ in kept}
    assert len(named) >= {"study.toml": 8, "project.toml": 12, "plan.toml": 5}[file]
    assert [name for name, what in named.items() if not what] == []


def element(form):
    return (typing.get_args(form) or (None,))[0] if typing.get_origin(form) is tuple else None


def watching(cls, seen):
    plain = object.__getattribute__

    def get(self, name):
        if any(entry.field == name for entry in entries(cls)):
            seen.add((cls, name))
        return plain(self, name)

    return get


def by_name(cls, name):
    return next(entry for entry in entries(cls) if entry.field == name)


def test_another_tolerance_of_the_checks_makes_the_losses_again(tmp_path):
    tables = rich_project(tmp_path)
    store = {}

    def keep(name, key, _paths, make, _reads=None):
        return store.setdefault((name, key), make()) if (name, key) not in store else store[name, key]

    first = Project.of(tables, tmp_path, keep).losses()
    assert Project.of(tables, tmp_path, keep).losses() is first
    assert Project.of({**tables, "record": {**tables["record"], "note": "read again"}}, tmp_path, keep).losses() is first
    assert Project.of({**tables, "checks": {"overlap_tolerance": 5.0}}, tmp_path, keep).losses() is not first


def test_files_of_a_stage_are_those_that_its_key_names(tmp_path):
    declared = Project.of(rich_project(tmp_path), tmp_path).declaration
    every, loss = dict(files(declared)), dict(files(declared, "loss"))
    assert set(every) - set(loss) == {"prices", "candidates", "exclusions.granted", "exclusions.red_line", "ledger"}
    assert set(every) - set(dict(files(declared, "credits"))) == {"prices"}
    assert all(str(path).replace("\\", "\\\\") in identity(declared, "loss") for path in loss.values())


def test_names_of_a_study_change_nothing_that_is_kept():
    values = {
        "study": {"name": "n", "years": [2020]},
        "grid": {"like": "landcover"},
        "units": {"a": {"path": "a.gpkg", "id": "i"}},
        "layers": {"landcover": "l_{year}.tif"},
    }
    one = declaration(values, HERE / "study.toml", ROLES)
    other = replace(one, name="m", note="remark", price_year=2000, years=(2021,), path=Path("elsewhere"))
    assert identity(one, "pass") == identity(other, "pass")
    moved = replace(one, units=(replace(one.units[0], id="j"),))
    assert identity(moved, "cells") == identity(one, "cells")
    assert identity(moved, "pass") != identity(one, "pass")
