"""Ends of an assessment that are answers too: a solver out of time, nothing required, no candidate left; in both languages."""

import html
import json
import re

import geopandas as gpd
import project_cases as cases
import pytest
import scipy.optimize

from ecoval.__main__ import main
from ecoval.offset.project.project import Project

QUIET = {"scenarios": False}
pytestmark = pytest.mark.usefixtures("_blank_figures")


def assessed(folder, out, **options):
    """The project of a folder assessed into a run folder: the assessment, and the statement's text by language."""
    made = Project.read(folder / "project.toml").assess(out, formats=("html",), **QUIET, **options)
    return made, {"en": text(out / "statement.html"), "zh": text(out / "statement_zh.html")}


def text(path):
    return html.unescape(re.sub("<[^>]+>", " ", path.read_text(encoding="utf-8")))


def told(folder, out, lang, capsys):
    """What the command prints in a language."""
    capsys.readouterr()
    with pytest.raises(SystemExit) as stop:
        main(["offset", "assess", str(folder / "project.toml"), "--out", str(out), "--lang", lang])
    assert stop.value.code in (0, None)
    said = capsys.readouterr()
    return said.out + said.err


def stopped(monkeypatch):
    """A solver that has found its best set when its time is over, and knows half of it as a bound."""
    real = scipy.optimize.milp

    def milp(cost, *, integrality=None, **named):
        made = real(cost, integrality=integrality, **named)
        if integrality is not None and integrality.any() and made.x is not None:
            made.status, made.success, made.mip_dual_bound = 1, False, 0.5 * made.fun
        return made

    monkeypatch.setattr(scipy.optimize, "milp", milp)


OFFERS = (("A", "slope", "new_forest", 12), ("B", "crop", "new_wetland", 2), ("C", "slope", "new_forest", 13))


def test_a_solver_out_of_time_gives_its_best_set_with_a_bound(tmp_path, monkeypatch, capsys):
    cases.example_1(tmp_path, OFFERS)
    file = tmp_path / "project.toml"
    file.write_text(file.read_text(encoding="utf-8").replace("kinds = false", "kinds = false\nmost = 2"), encoding="utf-8")
    stopped(monkeypatch)
    made, statement = assessed(tmp_path, tmp_path / "run")
    choice = made.verdict.portfolio
    assert (choice["status"], choice["proven"]) == ("time_limit", False)
    assert 0 < choice["bound"] < choice["cost"]
    assert made.verdict.verdict == "balanced"
    assert "not proven optimal" in statement["en"]
    assert "未证明最优" in statement["zh"]
    written = json.loads((tmp_path / "run" / "verdict.json").read_text(encoding="utf-8"))
    assert written["portfolio"]["bound"] == choice["bound"]
    assert "not proven optimal" in told(tmp_path, tmp_path / "en", "en", capsys)
    assert "未证明为最优" in told(tmp_path, tmp_path / "zh", "zh", capsys)


def test_the_limit_of_the_project_reaches_the_solver(tmp_path, monkeypatch):
    cases.example_1(tmp_path)
    seen = []
    real = scipy.optimize.milp
    monkeypatch.setattr(scipy.optimize, "milp", lambda cost, **named: seen.append(named["options"]) or real(cost, **named))
    Project.read(tmp_path / "project.toml").assess(**QUIET)
    assert all(0 < given["time_limit"] <= 300 for given in seen if "time_limit" in given)
    assert any("time_limit" in given for given in seen)


def test_a_project_that_takes_nothing_needs_no_parcel(tmp_path, capsys):
    cases.example_1(tmp_path)
    frame = gpd.read_file(tmp_path / "footprints.gpkg")
    frame.assign(kind_now=cases.KINDS["built"]).to_file(tmp_path / "footprints.gpkg")
    file = tmp_path / "project.toml"
    without = re.sub(r"\[influence\].*?\[measures\]", "[measures]", file.read_text(encoding="utf-8"), flags=re.DOTALL)
    file.write_text(without, encoding="utf-8")
    made, statement = assessed(tmp_path, tmp_path / "run")
    assert (made.verdict.verdict, made.verdict.robust) == ("balanced", True)
    assert (len(made.portfolio), made.verdict.portfolio["cost"]) == (0, 0.0)
    assert (made.balance["required"] == 0).all()
    assert "choose_nothing_required" in {note["code"] for note in made.verdict.portfolio["notes"]}
    assert "empty portfolio at cost 0" in statement["en"]
    assert "没有补偿" in statement["zh"]
    assert "Verdict: balanced" in told(tmp_path, tmp_path / "en", "en", capsys)
    assert "结论：平衡" in told(tmp_path, tmp_path / "zh", "zh", capsys)


def test_without_a_candidate_that_may_serve_the_reasons_stand_in_both_languages(tmp_path, capsys):
    cases.example_1(tmp_path)
    gpd.read_file(tmp_path / "candidates.gpkg").to_file(tmp_path / "granted.gpkg")
    file = tmp_path / "project.toml"
    file.write_text(file.read_text(encoding="utf-8") + '[exclusions]\ngranted = "granted.gpkg"\n', encoding="utf-8")
    made, statement = assessed(tmp_path, tmp_path / "run")
    assert made.verdict.portfolio["status"] == "infeasible"
    assert made.verdict.verdict == "not_balanced"
    assert (made.candidates["excluded"] == "CANDIDATE_IN_GRANTED").all()
    assert set(made.shortfalls["service"]) >= {"water", "soil", "carbon"}
    for lang, words in (("en", "promised to another project"), ("zh", "已许给其他项目")):
        assert words in statement[lang]
        assert "CANDIDATE_IN_GRANTED (" not in statement[lang]
    assert "cannot meet every requirement" in told(tmp_path, tmp_path / "en", "en", capsys)
    assert "无法满足全部要求" in told(tmp_path, tmp_path / "zh", "zh", capsys)
