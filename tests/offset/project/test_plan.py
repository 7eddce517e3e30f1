"""Plans: debits summed, one pool, one ledger; land that two projects use."""

import json
from pathlib import Path

import pandas as pd
import project_cases as cases
import pytest

from ecoval.__main__ import main
from ecoval.errors import InputError
from ecoval.files import write_toml
from ecoval.offset.candidates import exclusions
from ecoval.offset.project.plan import Plan

QUIET = {"scenarios": False}


def written(folder, name, keep_rows=None, **changes):
    """A project file in a folder, with some of the footprints."""
    content = cases.content(project={"name": name}, statutory=None, **changes)
    if keep_rows is not None:
        content["footprints"] |= cases.layer("project", folder / f"{name}.gpkg", keep_rows)
        table = pd.read_csv(cases.SAMPLE / "measures.csv", encoding="utf-8-sig")
        table[table["patch_id"].isin(patches(folder / f"{name}.gpkg"))].to_csv(folder / f"{name}.csv", index=False)
        content["measures"]["path"] = str(folder / f"{name}.csv")
    path = folder / f"{name}.toml"
    write_toml(path, content)
    return path


def patches(path):
    import geopandas as gpd

    return list(gpd.read_file(path)["patch_id"])


def only(*names):
    return lambda frame: numbered(frame)[numbered(frame)["patch_id"].isin(names)]


def numbered(frame):
    if "patch_id" in frame:
        return frame
    number = (frame.groupby("alternative_id").cumcount() + 1).astype(str)
    return frame.assign(patch_id=frame["alternative_id"] + "-" + number)


def plan_of(folder, *names, **tables):
    content = {"plan": {"name": "规划 Plan", "projects": [f"{name}.toml" for name in names]}, **tables}
    write_toml(folder / "plan.toml", content)
    return Plan.read(folder / "plan.toml", keep=cases.keep)


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    """The site and the road of alternative B as two projects of one plan, apart from the zones around them."""
    folder = tmp_path_factory.mktemp("规 划")
    written(folder, "site", only("A-1", "B-1"), influence=None)
    written(folder, "road", only("A-2", "B-2"), influence=None)
    return folder, plan_of(folder, "site", "road")


def test_debits_of_two_projects_add_up_to_those_of_the_whole(two):
    _, plan = two
    made = plan.assess(**QUIET)
    alone = cases.sample(influence=None, statutory=None).assess(**QUIET)
    keys = ["service", "area_unit"]
    one, other = (each.debits.set_index(keys)["debit"] for each in (alone, made))
    assert other.to_dict() == pytest.approx(one.to_dict(), rel=1e-9)
    kinds = made.kinds.set_index("ecosystem_type")["lost_area"]
    assert kinds.to_dict() == pytest.approx(alone.kinds.set_index("ecosystem_type")["lost_area"].to_dict(), rel=1e-9)
    assert made.verdict.portfolio["cost"] == pytest.approx(alone.verdict.portfolio["cost"])
    assert made.verdict.verdict == alone.verdict.verdict == "balanced"
    assert made.projects["project"].tolist() == ["site", "road"]
    assert made.verdict.statutory_ok is None
    assert set(made.alternatives["alternative_id"]) == {"site/A", "site/B", "road/A", "road/B"}


def test_the_own_gain_of_a_project_pays_for_no_loss_of_another(two):
    _, plan = two
    from ecoval.offset.project.together import together

    parts = [member.losses() for member in plan.members]
    gaining = parts[0].debits.assign(debit=-parts[0].debits["debit"].abs(), debit_high=-1.0, debit_low=-1.0, annual=-1.0)
    from dataclasses import replace

    summed = together([replace(parts[0], debits=gaining), parts[1]], ["site", "road"]).debits
    second = parts[1].debits.set_index(["service", "area_unit"])["debit"].clip(lower=0)
    found = summed.set_index(["service", "area_unit"])["debit"]
    assert found[second.index].to_dict() == pytest.approx(second.to_dict())
    assert (summed["debit"] >= 0).all()


def test_land_of_two_projects_is_found_and_does_not_balance(tmp_path):
    written(tmp_path, "one", influence=None)
    written(tmp_path, "two", influence=None)
    plan = plan_of(tmp_path, "one", "two")
    made = plan.assess(portfolio=pd.DataFrame({"candidate_id": []}), **QUIET)
    assert "PLAN_LAND_TWICE" in set(made.checks["code"])
    assert made.verdict.no_double_use is False
    assert "offset_land_twice" in {entry["code"] for entry in made.verdict.reasons}


def test_one_project_without_a_record_leaves_the_plan_unassessable(tmp_path):
    written(tmp_path, "site", only("A-1", "B-1"), influence=None)
    path = written(tmp_path, "road", only("A-2", "B-2"), influence=None)
    path.write_text(path.read_text(encoding="utf-8").split("[measures]")[0] + rest(path, "[candidates]"), encoding="utf-8")
    made = plan_of(tmp_path, "site", "road").assess(portfolio=pd.DataFrame({"candidate_id": []}), **QUIET)
    assert made.verdict.verdict == "not_assessable"
    assert made.projects.set_index("project")["minimise_ok"].map(lambda value: value is True).to_dict() == {
        "site": True,
        "road": False,
    }


def rest(path, mark):
    text = path.read_text(encoding="utf-8")
    return text[text.index(mark) :]


def test_tables_of_the_plan_replace_those_of_the_projects(two):
    folder, plan = two
    double = plan_of(folder, "site", "road", rules={**cases.content()["rules"], "ratio": 2.0})
    one, other = (each.assess(portfolio=pd.DataFrame({"candidate_id": []}), **QUIET) for each in (plan, double))
    assert other.balance["required"].tolist() == pytest.approx((2 * one.balance["required"]).tolist())
    plan_of(folder, "site", "road")


def test_projects_that_differ_are_refused(tmp_path):
    written(tmp_path, "site", only("A-1", "B-1"), influence=None)
    written(tmp_path, "road", only("A-2", "B-2"), influence=None, rules={"rate": 0.05})
    with pytest.raises(InputError, match=r"differ in rules") as caught:
        plan_of(tmp_path, "site", "road")
    assert caught.value.code == "plan_tables_differ"
    written(tmp_path, "road", only("A-2", "B-2"), influence=None)
    (tmp_path / "again.toml").write_text((tmp_path / "road.toml").read_text(encoding="utf-8"), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        plan_of(tmp_path, "road", "again")
    assert caught.value.code == "ID_DUPLICATE"


@pytest.mark.usefixtures("_blank_figures")
def test_command_writes_the_plan_with_absolute_paths(two, tmp_path, capsys):
    folder, _ = two
    with pytest.raises(SystemExit) as stop:
        main(["offset", "plan", str(folder / "plan.toml"), "--out", str(tmp_path / "run"), "--json"])
    assert stop.value.code in (0, None)
    told = json.loads(capsys.readouterr().out)
    assert told["verdict"] == "balanced"
    assert told["projects"] == ["site", "road"]
    names = {path.name for path in (tmp_path / "run").iterdir()}
    assert names >= {"plan.toml", "projects.csv", "balance.csv", "verdict.json", "run.json", "statement.html"}
    kept = cases.toml(tmp_path / "run" / "plan.toml")
    assert all(Path(name).is_absolute() for name in kept["plan"]["projects"])


def test_candidates_of_a_plan_are_looked_at_once(tmp_path, monkeypatch):
    from ecoval.offset import validation

    written(tmp_path, "site", only("A-1", "B-1"), influence=None)
    written(tmp_path, "road", only("A-2", "B-2"), influence=None)
    looked = []
    monkeypatch.setattr(validation, "exclusions", lambda *given, **named: looked.append(1) or exclusions(*given, **named))
    table = plan_of(tmp_path, "site", "road").check()
    assert len(looked) == 1
    assert not table["layer"].str.contains(": candidates").any()
