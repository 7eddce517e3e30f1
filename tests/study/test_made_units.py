"""Unit sets that a study has made: squares over the land of the units that it reads."""

import json

import pytest
import small_study

from ecoval.errors import InputError
from ecoval.study import Study, audit

SQUARES = 'squares = { kind = "grid", cell = 700 }'


def study(folder, entry=SQUARES):
    text = small_study.STUDY.replace("[layers]", f"{entry}\n[layers]")
    return Study.read(small_study.write(folder, text))


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("小县 made")
    return study(folder / "s").run(out=folder / "run", lang="zh")


def test_squares_add_up_to_the_units_that_they_lie_within(run):
    sums = run.supply.query("service != 'material_supply'").groupby(["unit_set", "service", "item"])["quantity"].sum()
    assert {"admin", "squares"} == set(run.supply["unit_set"])
    for name in ("water_retention", "carbon_sequestration"):
        assert sums["squares", name].to_dict() == pytest.approx(sums["admin", name].to_dict(), rel=1e-9)
    areas = run.extent.groupby(["unit_set", "ecosystem_type"])["area"].sum()
    assert areas["squares"].to_dict() == pytest.approx(areas["admin"].to_dict(), rel=1e-9)


def test_the_run_says_what_was_made_and_can_be_run_again(run):
    record = json.loads((run.folders[0] / "run.json").read_text(encoding="utf-8"))
    assert record["unit_sets"] == {"admin": 4, "squares": 42}  # columns 714-719 and rows 4742-4748 of the lattice
    note = next(note for note in record["notes"] if note["code"] == "unit_set_made")
    assert (note["fields"]["count"], note["fields"]["kind"]) == ("42", "grid")
    assert "42" in note["zh"]
    assert 'kind = "grid"' in (run.folders[0] / "study.toml").read_text(encoding="utf-8")
    assert audit(run.folders[0]).verdict == "same"


def test_without_statistics_squares_have_no_sum_of_products(run):
    rows = run.gep.query("unit_set == 'squares'")
    assert rows["provisioning"].isna().all()
    assert rows["gep"].isna().all()
    assert rows["regulating"].notna().any()


def test_squares_of_a_part_of_the_land_and_some_of_them(tmp_path):
    entry = 'one = { path = "units.gpkg", id = "code", only = ["330101"] }\n'
    entry += 'squares = { kind = "grid", cell = 1000, within = "one", only = ["1kmN3322E500", "1kmN3323E501"] }'
    made = study(tmp_path, entry).run()
    rows = made.extent.query("unit_set == 'squares'")
    assert sorted(set(rows["unit_id"])) == ["1kmN3322E500", "1kmN3323E501"]
    assert rows["area"].sum() == pytest.approx(2e6, rel=2e-3)


def test_check_says_how_many_would_be_made(tmp_path):
    table = study(tmp_path).check()
    row = table.query("what == 'units.squares' and level == 'ok'")
    assert row["found"].item().startswith("42 units")


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ('squares = { kind = "gird", cell = 700 }', r'units\.squares\.kind.*"?gird.*grid'),
        ('squares = { kind = "grid" }', r'"cell" is missing|cell'),
        ('squares = { kind = "grid", cell = 700, within = "towns" }', r"units\.squares\.within.*towns.*admin"),
        ('squares = { kind = "grid", sell = 700 }', r"sell.*cell"),
        ('squares = { kind = "grid", cell = "700 m" }', r"units\.squares\.cell.*700 m.*number"),
        ('squares = { kind = "grid", cell = -5 }', r"units\.squares\.cell"),
        ('squares = { kind = ["grid"], cell = 700 }', r"units\.squares\.kind.*text"),
        ('squares = { kind = "grid", cell = 700, path = "units.gpkg" }', r"path"),
    ],
)
def test_an_entry_that_says_something_else_is_refused(tmp_path, entry, expected):
    with pytest.raises(InputError, match=expected):
        study(tmp_path, entry)


def test_units_that_are_all_made_have_no_land(tmp_path):
    text = small_study.STUDY.replace('admin = { path = "units.gpkg", id = "code", name = "label" }', SQUARES)
    with pytest.raises(InputError) as caught:
        Study.read(small_study.write(tmp_path, text))
    assert caught.value.code == "study_without_units"
