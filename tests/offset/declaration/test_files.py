"""project.toml and plan.toml: what is read, what is refused, and where paths lead."""

import math
from dataclasses import replace
from pathlib import Path

import pytest

from ecoval.errors import InputError
from ecoval.offset.declaration.files import PlanDeclaration, ProjectDeclaration

LEAST = {"project": {"name": "p", "study": "study.toml"}, "footprints": {"path": "f.gpkg"}}


def project(tmp_path, **tables):
    return ProjectDeclaration.of({**LEAST, **tables}, tmp_path)


def test_least_project_has_the_shown_defaults(tmp_path):
    made = project(tmp_path)
    assert (made.method, made.rules.effective_rate, made.rules.horizon, made.rules.convention) == ("model", 0.03, 30, "mean")
    assert (made.rules.ratio, made.rules.ratio_value, made.rules.similar_cost) == (1.0, 1.0, 0.10)
    assert made.footprints.fields["alternative"] == "alternative_id"
    assert made.measures is made.candidates is made.influence is made.statutory is made.ledger is None


def test_paths_are_relative_to_the_file(tmp_path):
    path = tmp_path / "deep" / "project.toml"
    path.parent.mkdir()
    path.write_text(
        '[project]\nname = "p"\nstudy = "../study.toml"\n[footprints]\npath = "f.gpkg"\n[rules]\nspatial = "rule.csv"\n'
        '[statutory]\npath = "s.csv"\nlayers = { cropland = "crop.gpkg" }\n[exclusions]\nred_line = "red.gpkg"\n',
        encoding="utf-8",
    )
    made = ProjectDeclaration.read(path)
    assert made.study.resolve() == tmp_path / "study.toml"
    assert made.rules.spatial == path.parent / "rule.csv"
    assert made.statutory.layers["cropland"].path == path.parent / "crop.gpkg"
    assert made.exclusions["red_line"].path == path.parent / "red.gpkg"


def test_absolute_content_reads_as_the_same_project_from_elsewhere(tmp_path):
    content = {
        **LEAST,
        "area_units": {"watershed": {"path": "w.gpkg", "id": "w"}, "county": "admin", "province": "everywhere"},
        "candidates": {"path": "c.gpkg", "layer": "c", "fields": {"success": "chance"}},
        "exclusions": {"granted": {"path": "g.gpkg"}, "protected": "n.gpkg"},
        "rules": {
            "ratio": {"carbon": 1.5},
            "ratio_kind": "kinds.csv",
            "accept": "a.csv",
            "no_go": [131],
            "horizon": "inf",
            "must": ["C1"],
        },
        "statutory": {"path": "s.csv", "layers": {"wetland": "w.gpkg"}, "provided": "provided.csv"},
        "ledger": {"path": "ledger.gpkg", "project": "park"},
    }
    here = ProjectDeclaration.of(content, tmp_path)
    there = ProjectDeclaration.of(here.absolute(), tmp_path / "elsewhere")
    for name in ("study", "footprints", "candidates", "exclusions", "rules", "statutory", "ledger", "area_units"):
        assert getattr(here, name) == getattr(there, name), name


def test_infinite_horizon_and_area_kinds(tmp_path):
    made = project(tmp_path, rules={"horizon": "inf"}, area_units={"county": "admin", "global": "everywhere"})
    assert math.isinf(made.rules.horizon)
    assert made.area_units["county"].unit_set == "admin"
    assert made.area_units["global"].everywhere


def test_area_units_of_the_reference_table(tmp_path):
    made = ProjectDeclaration.of({**LEAST, "project": {**LEAST["project"], "area_units": {"county": {"set": "admin"}}}}, tmp_path)
    assert made.area_units["county"].unit_set == "admin"


def test_multiplier_without_rate_discounts_nothing(tmp_path):
    assert project(tmp_path, rules={"time": "multiplier"}).rules.effective_rate == 0.0


def test_density_project_needs_no_study(tmp_path):
    made = ProjectDeclaration.of({"project": {"name": "p", "densities": "d.csv"}, "footprints": "f.gpkg"}, tmp_path)
    assert (made.method, made.study, made.densities) == ("density", None, tmp_path / "d.csv")
    assert made.footprints.path == tmp_path / "f.gpkg"


@pytest.mark.parametrize(
    ("tables", "code", "words"),
    [
        ({"footprint": {}}, "project_unknown_key", 'nearest valid one is "footprints"'),
        ({"rules": {"rat": 0.03}}, "project_unknown_key", 'nearest valid one is "rate"'),
        ({"statutory": {"path": "s", "layers": {"sea_area": {"path": "x", "klnd": "k"}}}}, "project_unknown_key", '"kind"'),
        ({"rules": {"rate": "3 %"}}, "project_wrong_type", "rules.rate"),
        ({"rules": {"whole": 1}}, "project_wrong_type", "rules.whole"),
        ({"influence": {"distance_m": 100, "loss": {"carbon": "5 %"}}}, "project_wrong_type", "influence.loss.carbon"),
        ({"rules": {"time": "discounted"}}, "project_wrong_choice", '"discount"'),
        ({"rules": {"convention": "middle"}}, "project_wrong_choice", "mean_mid"),
        ({"rules": {"horizon": "long"}}, "project_wrong_choice", "inf"),
        ({"candidates": {"layer": "c"}}, "project_key_missing", '"path" in [candidates]'),
        ({"area_units": {"county": {"id": "x"}}}, "project_key_missing", "area_units.county"),
    ],
)
def test_wrong_key_is_refused_with_its_place(tmp_path, tables, code, words):
    with pytest.raises(InputError) as caught:
        project(tmp_path, **tables)
    assert caught.value.code == code
    assert words in str(caught.value)


@pytest.mark.parametrize(
    "content",
    [{"footprints": {"path": "f"}}, {"project": {"name": "p", "study": "s"}}, {"project": {"name": "p"}, "footprints": "f"}],
)
def test_project_without_its_least_is_refused(tmp_path, content):
    with pytest.raises(InputError) as caught:
        ProjectDeclaration.of(content, tmp_path)
    assert caught.value.code == "project_key_missing"


def test_plan_replaces_only_what_it_says(tmp_path):
    plan = PlanDeclaration.of({"plan": {"projects": ["a/project.toml", "b.toml"]}, "candidates": "pool.gpkg"}, tmp_path)
    assert plan.projects == (tmp_path / "a/project.toml", tmp_path / "b.toml")
    assert plan.candidates.path == tmp_path / "pool.gpkg"
    assert plan.rules is plan.ledger is plan.exclusions is None
    assert plan.absolute()["plan"]["projects"] == [str(Path(tmp_path) / "a/project.toml"), str(Path(tmp_path) / "b.toml")]


def test_plan_without_projects_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"plan.projects"):
        PlanDeclaration.of({"plan": {"projects": []}}, tmp_path)


def test_a_text_in_place_of_a_table_is_made_absolute_too(tmp_path):
    here = ProjectDeclaration.of({**LEAST, "footprints": "f.gpkg", "ledger": "l.gpkg", "measures": "m.csv"}, tmp_path)
    assert here.absolute()["footprints"] == str(tmp_path / "f.gpkg")
    assert ProjectDeclaration.of(here.absolute(), tmp_path / "elsewhere") == here


def test_a_declaration_of_other_values_says_these_when_it_is_written(tmp_path):
    here = replace(project(tmp_path, rules={"rate": 0.05}), given=None)
    other = replace(here, rules=replace(here.rules, rate=0.01), name="q")
    assert other.absolute() == {
        "project": {"name": "q", "study": str(tmp_path / "study.toml")},
        "footprints": str(tmp_path / "f.gpkg"),
        "rules": {"rate": 0.01},
    }
