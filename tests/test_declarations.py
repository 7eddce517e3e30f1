"""Declarations: one class of fields says what a file may hold; reading, content, files, keys of caches and help agree with it."""

import importlib
import json
import pkgutil
from dataclasses import dataclass, field, fields, is_dataclass, replace
from pathlib import Path
from typing import Annotated, Any, ClassVar

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import ecoval
from ecoval.declarations import Key, Place, absolute, content, described, entries, files, identity, plain, read
from ecoval.errors import InputError


@dataclass(frozen=True)
class Raster:
    SHORT: ClassVar[str] = "path"
    NAMED: ClassVar[str] = "role"
    role: str
    template: Annotated[str, Key("file", "文件", name="path", is_path=True)]
    band: Annotated[int | tuple[int, ...] | None, Key("band", "波段", low=1)] = None
    classes: Annotated[str | None, Key("crosswalk or its table", "对照表", suffix_is_path=True)] = None
    note: Annotated[str | None, Key("remark", "备注", cosmetic="a remark")] = None

    @staticmethod
    def own_name(entry):
        return isinstance(entry, dict) and "classes" in entry


@dataclass(frozen=True)
class Solver:
    kind: Annotated[str, Key("kind", "类型", choices=("exact", "greedy"))] = "exact"
    rate: Annotated[float, Key("rate", "率", low=0, high=1, measure="yr-1")] = 0.03
    code: Annotated[str | None, Key("code", "代码", pattern="[A-Z]{2}")] = None
    seconds: Annotated[float, Key("limit", "时限", apart={"loss": "nothing is solved for a loss"})] = 300.0


@dataclass(frozen=True)
class Job:
    path: Path = field(compare=False)
    name: Annotated[str, Key("name", "名称", table="job", cosmetic="a label")]
    years: Annotated[tuple[int, ...], Key("years", "年份", table="job")] = (2020,)
    tables: Annotated[tuple[Path, ...], Key("own tables", "自有表", table="job", single=True)] = ()
    layers: Annotated[dict[str, Raster], Key("layers", "图层")] = field(default_factory=dict)
    sets: Annotated[tuple[Raster, ...], Key("sets", "单元集")] = ()
    solver: Annotated[Solver, Key("solver", "求解")] = Solver()
    costs: Annotated[dict[str, float], Key("costs", "费用", measure="CNY")] = field(default_factory=dict)
    options: Annotated[dict[str, Any], Key("options", "选项", table="options", rest=True)] = field(default_factory=dict)

    @classmethod
    def complete(cls, values, _where, place):
        return {**values, "path": place.path}


HERE = Place(Path("/data/job.toml").resolve(), names={"layers": ("dem", "rain")})
LEAST = {"job": {"name": "n"}}


def job(place=HERE, **tables):
    return read(Job, {**LEAST, **tables}, place)


def test_reading_fills_defaults_and_makes_paths_absolute():
    made = job(
        layers={"dem": "d_{year}.tif", "mine": {"path": "m.tif", "classes": "own.csv"}}, job={"name": "n", "tables": "a.csv"}
    )
    assert made.layers["dem"] == Raster("dem", str(HERE.folder / "d_{year}.tif"))
    assert made.layers["mine"].classes == str(HERE.folder / "own.csv")
    assert made.tables == (HERE.folder / "a.csv",)
    assert (made.solver, made.years, made.path) == (Solver(), (2020,), HERE.path)


@pytest.mark.parametrize(
    ("tables", "code", "words"),
    [
        ({"layrs": {}}, "study_unknown_key", r'"layrs" in \[job.toml\].*"layers"'),
        ({"job": {"nme": "n"}}, "study_unknown_key", r'"nme" in \[job\].*"name"'),
        ({"job": {}}, "study_key_missing", r'"name" in \[job\]'),
        ({"layers": {"dme": "d.tif"}}, "study_unknown_key", r'"dme" in \[layers\].*"dem"'),
        ({"layers": {"dem": 3}}, "study_wrong_type", r'"layers.dem".*Found 3, expected a table'),
        ({"layers": {"dem": {}}}, "study_key_missing", r'"path" in \[layers.dem\]'),
        ({"layers": {"dem": {"path": "d", "band": "1"}}}, "study_wrong_type", "expected a whole number or a list"),
        ({"layers": {"dem": {"path": "d", "band": [1, "2"]}}}, "study_wrong_type", "layers.dem.band, entry 2"),
        ({"layers": {"dem": {"path": "d", "band": 0}}}, "study_wrong_value", "Found 0, expected >= 1"),
        ({"solver": {"rate": True}}, "study_wrong_type", "a whole number or a number"),
        ({"solver": {"rate": 3}}, "study_wrong_value", "Found 3, expected 0 ... 1"),
        ({"solver": {"kind": "exat"}}, "study_wrong_choice", r'exact, greedy; the nearest is "exact"'),
        ({"solver": {"code": "cn"}}, "study_wrong_value", r"\[A-Z\]"),
        ({"solver": "exact"}, "study_wrong_type", '"solver"'),
        ({"costs": {"a": "5 CNY"}}, "study_wrong_type", "costs.a"),
        ({"job": {"name": "n", "tables": 3}}, "study_wrong_type", "expected text or a list"),
    ],
)
def test_a_wrong_key_or_value_is_refused_with_its_place(tables, code, words):
    with pytest.raises(InputError, match=words) as caught:
        job(**tables)
    assert caught.value.code == code
    assert "job.toml" in caught.value.message("zh")


def test_ranges_are_left_to_who_judges_them_and_messages_are_those_of_the_file():
    elsewhere = Place(Path("p.toml"), file="project", ranges=False)
    assert job(elsewhere, solver={"rate": 3}).solver.rate == 3
    with pytest.raises(InputError) as caught:
        job(elsewhere, solver={"rat": 3})
    assert caught.value.code == "project_unknown_key"


def test_values_from_python_read_as_those_of_a_file():
    values = {"job": {"name": "n", "years": (np.int64(2020), 2021), "tables": [Path("a.csv")]}, "solver": Solver(rate=0.05)}
    values["layers"] = {"dem": Raster("dem", str(HERE.folder / "d.tif")), "rain": None}
    written = {"job": {"name": "n", "years": [2020, 2021], "tables": "a.csv"}, "solver": {"rate": 0.05}, "layers": {"dem": "d.tif"}}
    assert read(Job, values, HERE) == read(Job, written, HERE)


def test_absolute_content_keeps_its_form_and_reads_the_same_from_elsewhere():
    written = {
        "options": {"any": {"path": "x"}},
        "job": {"name": "n", "tables": "a.csv"},
        "layers": {"dem": "d.tif", "rain": {"classes": "clcd", "path": "r_{year}.tif"}},
        "sets": {"county": "u.gpkg"},
    }
    moved = absolute(Job, written, HERE.folder)
    assert list(moved) == list(written)
    assert moved["options"] == written["options"]
    assert moved["layers"] == {
        "dem": str(HERE.folder / "d.tif"),
        "rain": {"classes": "clcd", "path": str(HERE.folder / "r_{year}.tif")},
    }
    assert read(Job, moved, Place(Path("/elsewhere/job.toml"), names=HERE.names)) == read(Job, written, HERE)


def test_files_are_named_by_their_place_in_a_year():
    layers = {"rain": {"path": "r_{year}.tif", "classes": "c.csv"}, "dem": {"path": "d.tif", "classes": "clcd"}}
    made = job(job={"name": "n", "tables": ["a.csv"]}, layers=layers, sets={"u": "u.gpkg"})
    assert {role: path.name for role, path in files(made, year=2020)} == {
        **{
            "tables": "a.csv",
            "layers.rain": "r_2020.tif",
            "layers.rain.classes": "c.csv",
            "layers.dem": "d.tif",
            "sets.u": "u.gpkg",
        }
    }


def test_key_of_a_cache_holds_every_field_but_those_that_say_why_not():
    made = job(layers={"dem": "d.tif"})
    key = identity(made, "loss")
    assert identity(replace(made, name="other"), "loss") == key
    assert identity(replace(made, path=Path("elsewhere")), "loss") == key
    assert identity(replace(made, solver=Solver(seconds=1.0)), "loss") == key
    assert identity(replace(made, solver=Solver(seconds=1.0)), "choice") != identity(made, "choice")
    for change in ({"years": (2021,)}, {"costs": {"a": 1.0}}, {"options": {"x": 1}}, {"sets": (Raster("u", "/u"),)}):
        assert identity(replace(made, **change), "loss") != key
    layers = {"dem": replace(made.layers["dem"], band=2)}
    assert identity(replace(made, layers=layers), "loss") != key
    layers = {"dem": replace(made.layers["dem"], note="remark")}
    assert identity(replace(made, layers=layers), "loss") == key


TEXT = st.text(min_size=1, max_size=5)
NUMBER = st.floats(allow_nan=False, allow_infinity=False)
RASTER = st.fixed_dictionaries(
    {"path": TEXT}, optional={"band": st.integers(1, 9) | st.lists(st.integers(1), max_size=3), "classes": TEXT, "note": TEXT}
)
CONTENT = st.fixed_dictionaries(
    {"job": st.fixed_dictionaries({"name": TEXT}, optional={"years": st.lists(st.integers()), "tables": TEXT | st.lists(TEXT)})},
    optional={
        "sets": st.dictionaries(TEXT, RASTER | TEXT, max_size=3),
        "solver": st.fixed_dictionaries({}, optional={"rate": st.floats(0, 1), "kind": st.sampled_from(["exact", "greedy"])}),
        "costs": st.dictionaries(TEXT, NUMBER, max_size=3),
        "options": st.dictionaries(TEXT, TEXT | NUMBER | st.booleans(), max_size=3),
    },
)


@given(CONTENT)
def test_content_of_what_was_read_reads_equal(written):
    made = read(Job, written, HERE)
    back = json.loads(json.dumps(content(made)))
    assert read(Job, back, Place(Path("/elsewhere/job.toml"))) == made
    assert identity(read(Job, back, HERE), "any") == identity(made, "any")
    assert plain(made) == content(made)


def test_description_is_json_and_names_every_key():
    said = described(Job)
    assert json.loads(json.dumps(said)) == said
    by_name = {each["name"]: each for each in said}
    assert set(by_name) == {entry.name for entry in entries(Job)} == {f.name for f in fields(Job)} - {"path"}
    assert by_name["name"]["required"]
    assert by_name["name"]["table"] == "job"
    assert by_name["tables"]["types"] == ["text", "a list"]
    assert by_name["tables"]["is_path"]
    solver = {each["name"]: each for each in by_name["solver"]["keys"]}
    assert solver["rate"] | {"help": {}} == {
        **{"name": "rate", "table": "", "types": ["a whole number", "a number"], "required": False, "default": 0.03},
        **{"low": 0, "high": 1, "measure": "yr-1", "help": {}},
    }
    assert solver["kind"]["choices"] == ["exact", "greedy"]
    assert by_name["layers"]["entries"]
    assert (by_name["layers"]["types"], by_name["layers"]["short"]) == (["a table"], "path")
    assert not by_name["solver"]["entries"]
    assert by_name["solver"]["types"] == ["a table"]


def test_every_number_of_every_declared_class_has_a_range_or_says_why_not():
    """All modules of the package: both ends, or `free` with the reason; a number without either would be taken at any size."""
    open_ended, numbers = [], 0
    for module in pkgutil.walk_packages(ecoval.__path__, "ecoval."):
        if module.name != "ecoval.__main__":
            for each in vars(importlib.import_module(module.name)).values():
                if isinstance(each, type) and is_dataclass(each) and each.__module__ == module.name:
                    keys = [entry for entry in entries(each) if entry.is_number]
                    numbers += len(keys)
                    free = [entry for entry in keys if not entry.key.free and None in (entry.key.low, entry.key.high)]
                    open_ended += [f"{module.name}.{each.__name__}.{entry.field}" for entry in free]
    assert numbers > 200
    assert not open_ended, open_ended
