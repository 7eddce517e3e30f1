"""Assessments end to end: Example 1 drawn as squares, the sample county's project, and what must not balance."""

import json
import math

import geopandas as gpd
import numpy as np
import pandas as pd
import project_cases as cases
import pytest
import shapely

import ecoval
from ecoval.__main__ import main
from ecoval.errors import Cancelled, InputError, ParameterError
from ecoval.ledger import Ledger
from ecoval.offset.loss.states import States
from ecoval.offset.project import outputs
from ecoval.offset.project.project import Project
from ecoval.offset.rules.counting import SpatialRule

QUIET = {"scenarios": False}
TABLES = (
    *("statutory", "alternatives", "losses", "measures", "debits", "candidates", "credits", "portfolio", "balance", "kinds"),
    *("value", "timeline", "shortfalls", "agreement", "checks", "rules", "accept", "no_go"),
)


@pytest.fixture(scope="module")
def made():
    """The sample project assessed once."""
    return cases.sample().assess()


# Example 1 through every room


def test_example_1_from_polygons_to_the_printed_numbers(tmp_path):
    project = cases.example_1(tmp_path)
    balance = project.assess(portfolio=pd.DataFrame({"candidate_id": ["A", "B"]}), **QUIET)
    patches = project.losses().patches
    by_service = patches.groupby("service")[["direct", "indirect"]].sum()
    assert by_service.loc["water"].tolist() == pytest.approx([32_500, 5_000], rel=1e-8)
    assert by_service.loc["soil"].tolist() == pytest.approx([331, 0], rel=1e-8, abs=1e-6)
    assert by_service.loc["carbon"].tolist() == pytest.approx([60.5, 6.0], rel=1e-8)
    table = balance.balance.set_index("service").loc[["water", "soil", "carbon"]]
    assert table["debit"].tolist() == pytest.approx([27_000, 315, 55.5], rel=1e-8)
    assert table["credit"].tolist() == pytest.approx([23_600, 328, 59.2], rel=1e-8)
    assert table["net"].tolist() == pytest.approx([-3_400, 13, 3.7], rel=1e-6)
    assert balance.value["net_value"].sum() == pytest.approx(-16_388, rel=1e-6)
    assert balance.verdict.verdict == "not_balanced"
    assert balance.verdict.sequence_ok


def test_example_1_balances_on_the_boundary_and_1b_in_value_only(tmp_path):
    pool = (("A12", "slope", "new_forest", 12 * (1 + 1e-9)), ("B", "crop", "new_wetland", 2), ("B10", "crop", "new_wetland", 10))
    project = cases.example_1(tmp_path, pool)
    exact = project.assess(portfolio=pd.DataFrame({"candidate_id": ["A12", "B"]}), **QUIET)
    nets = exact.balance.set_index("service")["net"]
    assert nets[["water", "soil", "carbon"]].tolist() == pytest.approx([0, 77, 14.3], rel=1e-6, abs=1e-3)
    assert exact.value["net_value"].sum() == pytest.approx(3_168, rel=1e-5)
    assert exact.verdict.verdict == "balanced"
    only = project.assess(portfolio=pd.DataFrame({"candidate_id": ["B10"]}), **QUIET)
    assert only.verdict.verdict == "balanced_value_only"
    assert only.value["net_value"].sum() == pytest.approx(20_280, rel=1e-6)
    chosen = project.assess(**QUIET)
    assert chosen.verdict.verdict == "balanced"
    assert chosen.verdict.portfolio["status"] == "optimal"
    assert chosen.verdict.portfolio["cost"] <= exact.verdict.portfolio["cost"] * (1 + 1e-9)


# the sample county


def test_the_sample_project_balances_at_mid_coefficients(made):
    verdict = made.verdict
    assert verdict.verdict == "balanced"
    assert verdict.portfolio["status"] == "optimal"
    assert verdict.portfolio["proven"]
    answers = ("sequence_ok", "physical_ok", "kind_ok", "value_ok", "temporal_ok", "permanence_ok", "no_double_use", "statutory_ok")
    assert all(getattr(verdict, name) is True for name in answers)
    assert verdict.robust is (verdict.verdict == verdict.verdict_cautious)
    assert verdict.robust or verdict.turns
    assert verdict.short == verdict.new_losers == verdict.reasons == []
    demanded = made.balance[made.balance["required"] > 0]
    assert len(demanded) >= 5
    assert (demanded["net"] >= -1e-6 * demanded["required"]).all()


def test_tables_agree_with_each_other(made):
    used = made.portfolio.set_index(["candidate_id", "option_id"])["share"]
    credits = made.credits.assign(
        share=used.reindex(pd.MultiIndex.from_frame(made.credits[["candidate_id", "option_id"]])).to_numpy()
    )
    summed = (credits["credit"] * credits["share"]).groupby([credits["service"], credits["area_unit"]]).sum()
    for row in made.balance.itertuples():
        assert row.credit == pytest.approx(summed.get((row.service, row.area_unit), 0.0), rel=1e-9, abs=1e-6)
        assert row.net == pytest.approx(row.credit - row.required, rel=1e-9, abs=1e-6)
    debits = made.debits.set_index(["service", "area_unit"])["debit"]
    assert {(r.service, r.area_unit): r.debit for r in made.balance.itertuples() if r.debit} == pytest.approx(
        debits[debits != 0].to_dict()
    )
    avoided = made.measures.groupby("service")["avoided_pv"].sum()
    chosen = made.losses[made.losses["alternative_id"] == "B"].groupby("service")["pv"].sum()
    left = made.debits.groupby("service")["debit"].sum()
    assert (chosen - avoided.reindex(chosen.index).fillna(0)).to_dict() == pytest.approx(left.to_dict(), rel=1e-9)
    last = made.timeline.groupby(["service", "area_unit"])["net"].sum()
    assert last.to_dict() == pytest.approx(
        made.timeline.groupby(["service", "area_unit"])["cumulative"].last().to_dict(), rel=1e-9, abs=1e-6
    )
    assert made.agreement["chosen"].between(0, 1).all()
    assert made.agreement["scenarios"].iloc[0] >= 10


def test_without_one_of_its_parcels_it_does_not_balance(made):
    project = cases.sample()
    whole = project.verify(made.portfolio, **QUIET)
    assert whole.verdict.verdict == "balanced"
    assert whole.verdict.portfolio == {"status": "given", "cost": pytest.approx(made.verdict.portfolio["cost"])}
    largest = made.portfolio["area"].idxmax()
    less = project.verify(made.portfolio.drop(index=largest), **QUIET)
    assert less.verdict.verdict in ("balanced_value_only", "not_balanced")
    assert not (less.verdict.physical_ok and less.verdict.kind_ok)
    assert len(less.shortfalls) == len(less.verdict.short)
    assert {entry["code"] for entry in less.verdict.reasons} & {"offset_short", "offset_kind_short"}
    for parcel in made.portfolio.index:  # each of them is needed
        assert project.verify(made.portfolio.drop(index=parcel), **QUIET).verdict.verdict != "balanced"


def test_cautious_chooses_for_low_credits_and_high_debits(made):
    careful = cases.sample().assess(cautious=True, **QUIET)
    assert careful.verdict.portfolio["cautious"]
    worst, before = (each.balance.set_index(["service", "area_unit"])["net_cautious"] for each in (careful, made))
    needed = made.balance.loc[made.balance["required"] > 0, ["service", "area_unit"]].itertuples(index=False)
    short = [min(each.get(tuple(key), 0.0), 0.0) for key in needed for each in (worst, before)]
    assert sum(short[0::2]) >= sum(short[1::2]) - 1e-6
    if careful.verdict.portfolio["status"] == "optimal":
        assert careful.verdict.verdict_cautious == "balanced"


def test_the_ratio_multiplies_what_is_required(made):
    double = cases.sample(rules={"ratio": 2.0}).assess(portfolio=made.portfolio, **QUIET)
    one, two = (each.balance.set_index(["service", "area_unit"])["required"] for each in (made, double))
    assert two.to_dict() == pytest.approx((2 * one).to_dict())
    assert double.verdict.context["rules_hash"] != made.verdict.context["rules_hash"]
    only = cases.sample(rules={"ratio": {"water_retention": 3.0, "*": 1.0}}).assess(portfolio=made.portfolio, **QUIET)
    three = only.balance.set_index(["service", "area_unit"])["required"]
    for key, value in one.items():
        assert three[key] == pytest.approx((3 if key[0] == "water_retention" else 1) * value)


def test_without_measures_and_reason_it_is_not_assessable(made):
    bare = cases.sample(measures=None).assess(portfolio=made.portfolio, **QUIET)
    assert bare.verdict.verdict == bare.verdict.verdict_cautious == "not_assessable"
    assert "offset_no_minimise_record" in {entry["code"] for entry in bare.verdict.reasons}
    reasoned = cases.sample(measures=None, record={"minimise_reason": "the site leaves no room"}).assess(
        portfolio=made.portfolio, **QUIET
    )
    assert reasoned.verdict.sequence_ok
    assert reasoned.verdict.verdict != "not_assessable"


def test_without_alternatives_and_reason_it_is_not_assessable(tmp_path):
    alone = cases.layer("project", tmp_path / "one.gpkg", lambda frame: frame[frame["alternative_id"] == "B"])
    record = {"avoid_reason": None, "minimise_reason": "nothing can be done"}
    bare = cases.sample(footprints={**alone, "costs": {"B": 326e6}}, measures=None, record=record).assess(
        portfolio=pd.DataFrame({"candidate_id": []}), **QUIET
    )
    assert bare.verdict.verdict == "not_assessable"
    assert "offset_no_avoid_record" in {entry["code"] for entry in bare.verdict.reasons}


def test_without_a_chosen_alternative_it_is_not_assessable():
    bare = cases.sample(record={"chosen": None}).assess(portfolio=pd.DataFrame({"candidate_id": []}), **QUIET)
    assert bare.verdict.verdict == "not_assessable"
    assert "offset_not_chosen" in {entry["code"] for entry in bare.verdict.reasons}


def test_on_no_go_land_or_on_an_irreplaceable_kind_it_is_not_offsettable(made, tmp_path):
    footprints = gpd.read_file(cases.SAMPLE / "project.gpkg", layer="footprints")
    corner = footprints[footprints["alternative_id"] == "B"].geometry.iloc[0].representative_point().buffer(100)
    gpd.GeoDataFrame({"name": ["spring"]}, geometry=[corner], crs=footprints.crs).to_file(tmp_path / "line.gpkg")
    kind = int(made.kinds.sort_values("lost_area")["ecosystem_type"].iloc[-1])
    for changes in ({"exclusions": {"red_line": str(tmp_path / "line.gpkg")}}, {"rules": {"no_go": [kind]}}):
        touching = cases.sample(**changes).assess(portfolio=made.portfolio, **QUIET)
        assert touching.verdict.verdict == touching.verdict.verdict_cautious == "not_offsettable"
        assert "offset_no_go" in {entry["code"] for entry in touching.verdict.reasons}
        assert "FOOTPRINT_IN_NO_GO" in set(touching.checks["code"])
        assert not touching.verdict.sequence_ok
        assert touching.alternatives.set_index("alternative_id").loc["B", "no_go_area"] > 0


def test_no_service_credit_pays_for_a_statutory_balance(made, tmp_path):
    table = pd.read_csv(cases.SAMPLE / "provided.csv", encoding="utf-8-sig")
    table.assign(quantity=table["quantity"] * 0.01).to_csv(tmp_path / "provided.csv", index=False)
    less = cases.sample(statutory={"provided": str(tmp_path / "provided.csv")}).assess(portfolio=made.portfolio, **QUIET)
    assert less.verdict.physical_ok
    assert less.verdict.value_ok
    assert less.verdict.statutory_ok is False
    assert less.verdict.verdict == "not_balanced"
    assert "offset_statutory_short" in {entry["code"] for entry in less.verdict.reasons}
    none = cases.sample(statutory=None).assess(portfolio=made.portfolio, **QUIET)
    assert none.verdict.statutory_ok is None
    assert none.verdict.verdict == "balanced"


def test_a_deficit_limit_and_a_guarantee_decide(made, tmp_path):
    limited = cases.sample(rules={"deficit_limit": 0.01}).assess(portfolio=made.portfolio, **QUIET)
    assert (limited.verdict.temporal_ok, limited.verdict.verdict) == (False, "not_balanced")
    ending = cases.layer("candidates", tmp_path / "ending.gpkg", lambda frame: frame.assign(end_year=2060))
    short = cases.sample(candidates=ending).assess(portfolio=made.portfolio, **QUIET)
    assert (short.verdict.permanence_ok, short.verdict.verdict) == (False, "not_balanced")


def test_all_candidates_excluded_lists_the_reasons(made, tmp_path):
    cover = gpd.GeoDataFrame(geometry=[shapely.box(*gpd.read_file(cases.SAMPLE / "county.gpkg").total_bounds)], crs="EPSG:4549")
    cover.to_file(tmp_path / "granted.gpkg")
    none = cases.sample(exclusions={"granted": str(tmp_path / "granted.gpkg")}).assess(**QUIET)
    assert none.verdict.portfolio["status"] == "infeasible"
    assert none.verdict.verdict == "not_balanced"
    assert none.portfolio.empty
    assert "CANDIDATE_IN_GRANTED" in set(none.candidates["excluded"])
    assert (none.candidates["excluded"] != "").all()
    assert none.candidates["reason_zh"].str.len().gt(0).all()
    assert "choose_all_barred" in {note["code"] for note in none.verdict.portfolio["notes"]}
    claimed = cases.sample(exclusions={"granted": str(tmp_path / "granted.gpkg")}).verify(made.portfolio, **QUIET)
    assert not claimed.verdict.no_double_use
    assert claimed.balance["credit"].eq(0).all()


def test_without_candidates_nothing_is_chosen():
    bare = cases.sample(candidates=None).assess(**QUIET)
    assert bare.verdict.portfolio["status"] == "none"
    assert bare.verdict.verdict == "not_balanced"
    assert bare.portfolio.empty


# wrong input


def bow_tie(frame):
    left, bottom, right, top = frame.geometry.iloc[0].bounds
    crossed = shapely.Polygon([(left, bottom), (right, top), (right, bottom), (left, top)])
    return frame.set_geometry([crossed, *frame.geometry.iloc[1:]], crs=frame.crs)


def twice(frame):
    return pd.concat([frame, frame.iloc[[0]].assign(patch_id="again")], ignore_index=True)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"rules": {"time": "multiplier", "rate": 0.03, "base": 0.965}}, "TIME_METHODS_BOTH_SET"),
        ({"rules": {"base": 0.965}}, "TIME_METHODS_BOTH_SET"),
        ({"rules": {"rate": -0.01}}, "VALUE_OUT_OF_RANGE"),
        ({"rules": {"rate": 0.0, "horizon": "inf"}}, "HORIZON_INFINITE_RATE_ZERO"),
        ({"candidates": {"advance": 2, "delay": 3}}, "START_AND_LEAD_BOTH_SET"),
        ({"record": {"chosen": "C"}}, "VALUE_OUT_OF_RANGE"),
        ({"project": {"services": ["water_retentoin"]}}, "offset_service_unknown"),
        ({"project": {"area_units": {"county": "admin"}}}, "PARAMETER_MISSING"),
        ({"project": {"yaer": 2023}}, "project_unknown_key"),
        ({"project": {"year": 1999}}, "study_year_unknown"),
        ({"rules": {"convention": "median"}}, "project_wrong_choice"),
        ({"footprints": {"path": "/nowhere/project.gpkg"}}, None),
    ],
)
def test_wrong_declarations_are_refused_with_their_code(changes, code):
    with pytest.raises((InputError, ParameterError)) as caught:
        cases.sample(**changes).assess(**QUIET)
    if code is not None:
        assert caught.value.code.casefold() == code.casefold()  # a table of its own refuses in small letters
    assert caught.value.message("zh") != caught.value.message("en")


UNRULED = {"candidate_id": "K1", "regime": "wetland", "quantity": 1, "uom": "m2", "evidence": "-"}
CROPLAND = {"path": str(cases.SAMPLE / "project_layers.gpkg"), "layer": "cropland", "grade": "grade"}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"area_units": {"provinec": "everywhere"}}, "NAME_UNKNOWN"),
        ({"footprints": {"costs": {"A": 1.0, "BA": 1.0}}}, "NAME_UNKNOWN"),
        ({"influence": {"loss": {"climate_regulation:plant": 0.1}}}, "NAME_UNKNOWN"),
        ({"rules": {"must": ["C99"]}}, "NAME_UNKNOWN"),
        ({"footprints": {"costs": {"A": -1.0}}}, "VALUE_OUT_OF_RANGE"),
        ({"project": {"t0": 1066}}, "VALUE_OUT_OF_RANGE"),
        ({"rules": {"no_go": ["abc"]}}, "KIND_UNKNOWN"),
        ({"rules": {"accept": "absent.csv"}}, "table_absent"),
        ({"rules": {"ratio": {"*": 0.0}}}, "VALUE_OUT_OF_RANGE"),
        ({"statutory": {"layers": {"cropland": {**CROPLAND, "kind": "abc"}}}}, "FIELD_MISSING"),
        ({"statutory": {"provided": [UNRULED]}}, "PARAMETER_MISSING"),
    ],
)
def test_a_check_and_an_assessment_refuse_alike(changes, code):
    project = cases.sample(**changes)
    with pytest.raises((InputError, ParameterError)) as refused:
        project.assess(**QUIET)
    try:
        rows = project.check()
        errors = list(rows.loc[rows["level"] == "error", "code"])
    except (InputError, ParameterError) as error:
        errors = [error.code]
    assert refused.value.code in errors
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("name", "change", "code"),
    [
        ("project", bow_tie, "FOOTPRINT_INVALID"),
        ("project", twice, "FOOTPRINT_OVERLAP"),
        ("project", lambda frame: frame.assign(after_class=9999), "KIND_UNKNOWN"),
        ("candidates", bow_tie, "CANDIDATE_INVALID"),
        ("candidates", lambda frame: pd.concat([frame, frame.iloc[[0]].assign(candidate_id="X1")]), "CANDIDATE_OVERLAP"),
        ("candidates", lambda frame: pd.concat([frame, frame.iloc[[0]]]), "ID_DUPLICATE"),
        ("candidates", lambda frame: frame.assign(end_year=2025), "GUARANTEE_BEFORE_MATURITY"),
        ("candidates", lambda frame: frame.assign(success=1.4), "VALUE_OUT_OF_RANGE"),
        ("candidates", lambda frame: frame.drop(columns="kind_target"), "FIELD_MISSING"),
    ],
)
def test_wrong_layers_are_refused_with_their_code(tmp_path, name, change, code):
    table = {"project": "footprints", "candidates": "candidates"}[name]
    with pytest.raises(InputError) as caught:
        cases.sample(**{table: cases.layer(name, tmp_path / "数据 目录" / "wrong.gpkg", change)}).assess(**QUIET)
    assert caught.value.code == code


def test_a_service_without_area_rule_is_refused(tmp_path):
    rows = SpatialRule.read().table
    rows[~rows["service"].isin(["climate_regulation", "*"])].to_csv(tmp_path / "spatial.csv", index=False)
    with pytest.raises(InputError, match="climate regulation") as caught:
        cases.sample(rules={"spatial": str(tmp_path / "spatial.csv")}).assess(**QUIET)
    assert caught.value.code == "PARAMETER_MISSING"


def test_a_regime_without_rule_is_refused(tmp_path):
    rows = pd.read_csv(cases.SAMPLE / "statutory.csv", encoding="utf-8-sig")
    rows[rows["regime"] != "cropland"].to_csv(tmp_path / "statutory.csv", index=False)
    with pytest.raises(InputError) as caught:
        cases.sample(statutory={"path": str(tmp_path / "statutory.csv")}).assess(**QUIET)
    assert caught.value.code == "STATUTORY_RULE_MISSING"


def test_a_list_with_an_unknown_parcel_names_the_nearest(made):
    wrong = made.portfolio.assign(candidate_id=lambda rows: ["C080", *rows["candidate_id"].iloc[1:]])
    with pytest.raises(InputError, match=r"not among the candidates.*C080.*nearest.*C08") as caught:
        cases.sample().verify(wrong, **QUIET)
    assert caught.value.code == "offset_candidate_unknown"


# the run folder


def test_the_run_folder_is_complete_and_refused_twice(made, tmp_path):
    folder = tmp_path / "数据 目录" / "评估"
    assert made.to_folder(folder, lang="zh") == folder
    names = {path.name for path in folder.iterdir()}
    assert names >= {f"{name}.csv" for name in TABLES}
    assert names >= {"run.json", "verdict.json", "project.toml", "offset.gpkg", "statement.html", "statement.pdf"}
    record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    assert (record["kind"], record["status"], record["year"]) == ("offset", "finished", 2023)
    assert names == {*record["outputs"], "run.json"}
    assert all(entry["sha256"] for entry in record["inputs"])
    roles = {entry["role"] for entry in record["inputs"]}
    assert roles >= {"project", "study", "footprints", "candidates", "measures", "statutory", "study.landcover"}
    verdict = json.loads((folder / "verdict.json").read_text(encoding="utf-8"))
    assert verdict["verdict"] == made.verdict.verdict
    assert verdict["rules_hash"] == made.verdict.context["rules_hash"]
    layers = set(gpd.list_layers(folder / "offset.gpkg")["name"])
    assert layers >= {"footprints", "candidates", "areas_watershed", "areas_county", "balance", "portfolio"}
    with pytest.raises(InputError) as caught:
        made.to_folder(folder)
    assert caught.value.code == "run_folder_finished"
    with pytest.raises(InputError, match="finished run"):
        cases.sample().assess(folder)
    again = Project.read(folder).assess(portfolio=folder / "portfolio.csv", **QUIET)
    assert again.balance["net"].tolist() == pytest.approx(made.balance["net"].tolist(), rel=1e-9)


def test_a_failure_leaves_no_half_file(made, tmp_path, monkeypatch):
    def full(*_given):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(outputs, "write_geopackage", full)
    with pytest.raises((OSError, InputError)):
        made.to_folder(tmp_path / "run")
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["run.json"]
    assert json.loads((tmp_path / "run" / "run.json").read_text(encoding="utf-8"))["status"] == "failed"


def test_progress_stops_the_work_and_leaves_nothing(tmp_path):
    with pytest.raises(Cancelled):
        Project.of(cases.content(), cases.SAMPLE).assess(tmp_path / "run", progress=lambda _done, _text="": False)
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["run.json"]
    assert json.loads((tmp_path / "run" / "run.json").read_text(encoding="utf-8"))["status"] == "cancelled"


def test_a_refusal_stands_in_the_record_and_an_earlier_run_is_kept(made, tmp_path):
    folder = made.to_folder(tmp_path / "run", formats=("html", "docx"), langs=("en",))
    assert {"statement.html", "statement.docx"} <= set(json.loads((folder / "run.json").read_text(encoding="utf-8"))["outputs"])
    before = (folder / "balance.csv").read_bytes()
    with pytest.raises(InputError):
        cases.sample(rules={"rate": -1.0}).assess(folder, overwrite=True)
    record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    assert (record["status"], record["attempts"][0]["status"]) == ("finished", "failed")
    assert record["attempts"][0]["error"]["code"] == "VALUE_OUT_OF_RANGE"
    assert (folder / "balance.csv").read_bytes() == before
    with pytest.raises(InputError):
        cases.sample(rules={"rate": -1.0}).assess(tmp_path / "new")
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["run.json"]
    assert json.loads((tmp_path / "new" / "run.json").read_text(encoding="utf-8"))["error"]["code"] == "VALUE_OUT_OF_RANGE"


@pytest.mark.usefixtures("_blank_figures")
def test_command_python_and_list_give_the_same_numbers(made, tmp_path, capsys):
    folder = tmp_path / "命令 行"
    with pytest.raises(SystemExit) as stop:
        main(["offset", "assess", str(cases.SAMPLE / "project.toml"), "--out", str(folder), "--json"])
    assert stop.value.code in (0, None)
    told = json.loads(capsys.readouterr().out)
    assert told["verdict"] == made.verdict.verdict
    table = pd.read_csv(folder / "balance.csv", encoding="utf-8-sig", dtype={"area_unit": str})
    assert table["net"].tolist() == made.balance["net"].tolist()
    assert pd.DataFrame(told["tables"]["balance"])["net"].tolist() == pytest.approx(made.balance["net"].tolist(), rel=1e-12)
    claim = ["offset", "verify", str(cases.SAMPLE / "project.toml"), "--portfolio", str(folder / "portfolio.csv")]
    with pytest.raises(SystemExit) as stop:
        main([*claim, "--out", str(tmp_path / "claim"), "--lang", "zh"])
    assert stop.value.code in (0, None)
    printed = capsys.readouterr().out
    words = ("法定占补平衡", "1 避免", "2 最小化", "3 补偿", "分服务、分区域结余", "结论：平衡")
    places = [printed.index(word) for word in words]
    assert places == sorted(places)
    claimed = pd.read_csv(tmp_path / "claim" / "balance.csv", encoding="utf-8-sig")
    assert claimed["net"].tolist() == pytest.approx(made.balance["net"].tolist(), rel=1e-9, abs=1e-6)


@pytest.mark.usefixtures("_blank_figures")
def test_a_negative_verdict_is_an_answer_and_a_refusal_is_not(tmp_path, capsys):
    (tmp_path / "none.csv").write_text("candidate_id,option_id,share\n", encoding="utf-8")
    claim = ["offset", "verify", str(cases.SAMPLE / "project.toml"), "--portfolio", str(tmp_path / "none.csv")]
    with pytest.raises(SystemExit) as stop:
        main([*claim, "--out", str(tmp_path / "a"), "--json"])
    assert stop.value.code in (0, None)
    assert json.loads(capsys.readouterr().out)["verdict"] == "not_balanced"
    with pytest.raises(SystemExit) as stop:
        main([*claim, "--out", str(tmp_path / "a"), "--json"])
    assert stop.value.code == 1
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "run_folder_finished"


def test_the_study_is_opened_once(monkeypatch):
    opened = []
    original = States.open.__func__

    def counting(cls, *given, **named):
        opened.append(given[0])
        return original(cls, *given, **named)

    monkeypatch.setattr(States, "open", classmethod(counting))
    project = ecoval.offset.Project.read(cases.SAMPLE / "project.toml")
    made = project.assess(**QUIET)
    project.verify(made.portfolio, **QUIET)
    assert len(opened) == 1


# the ledger


def test_an_assessment_writes_into_the_ledger_only_where_it_is_told(made, tmp_path):
    path = tmp_path / "台账.gpkg"
    silent = cases.sample(ledger={"path": str(path)}).assess(portfolio=made.portfolio, **QUIET)
    assert silent.verdict.verdict == "balanced"
    assert not path.exists()
    project = cases.sample(ledger={"path": str(path), "write": True})
    project.assess(**QUIET)
    entries = Ledger(path).entries()
    assert set(entries.loc[entries["entry"] == "credit", "candidate_id"]) == set(made.portfolio["candidate_id"])
    assert (entries["entry"] == "debit").sum() == 2
    project.assess(**QUIET)  # the same again is one
    assert len(Ledger(path).entries()) == len(entries)
    booked = Ledger(path).balance().set_index(["service", "area_unit"])["credit"]
    given = made.balance.set_index(["service", "area_unit"])["credit"]
    assert booked.to_dict() == pytest.approx(given[given != 0].to_dict(), rel=1e-9)
    other = cases.sample(ledger={"path": str(path), "project": "another"}).assess(**QUIET)
    held = other.candidates[other.candidates["candidate_id"].isin(set(made.portfolio["candidate_id"]))]
    assert (held["excluded"] == "CANDIDATE_IN_LEDGER").all()
    claimed = cases.sample(ledger={"path": str(path), "project": "another"}).verify(made.portfolio, **QUIET)
    assert claimed.verdict.no_double_use is False
    assert claimed.verdict.verdict == "not_balanced"


def test_what_does_not_balance_is_not_booked(made, tmp_path):
    project = cases.sample(ledger={"path": str(tmp_path / "l.gpkg")})
    poor = project.assess(portfolio=made.portfolio.iloc[:1], **QUIET)
    with pytest.raises(InputError) as caught:
        project.book(poor)
    assert caught.value.code == "offset_not_booked"
    assert not (tmp_path / "l.gpkg").exists()


def test_scenarios_name_candidates_that_are_always_chosen(made):
    told = pd.DataFrame(made.agreement.attrs["scenarios"])
    assert {"mid", "cautious"} <= set(told["scenario"])
    assert any(name.startswith("rate") for name in told["scenario"])
    assert any(name.startswith("price") for name in told["scenario"])
    mid = told.set_index("scenario").loc["mid", "cost"]
    assert mid == pytest.approx(made.verdict.portfolio["cost"])
    assert np.isfinite(told["cost"]).all()
    assert not math.isnan(made.agreement["chosen"].max())


def test_a_booking_is_written_again_after_a_reversal_and_another_one_beside_it_is_refused(made, tmp_path):
    path = tmp_path / "ledger.gpkg"
    project = cases.sample(ledger={"path": str(path)})
    first = project.book(made)
    assert first.written is True
    assert project.book(made).written is False
    other = cases.sample(ledger={"path": str(path)}, rules={"ratio": 1.01})
    another = other.assess(**QUIET)
    with pytest.raises(InputError) as caught:
        other.book(another)
    assert caught.value.code == "offset_booked_already"
    Ledger(path).reverse(first.entry_ids, transaction_id="wrong", reason="a slip")
    second = other.book(another)
    assert second.transaction_id != first.transaction_id
    Ledger(path).reverse(second.entry_ids, transaction_id="wrong again", reason="a slip")
    again = project.book(made)
    assert (again.written, again.transaction_id) == (True, f"{first.transaction_id} #2")
    assert Ledger(path).check().empty


def test_a_candidate_of_an_unknown_gain_is_left_out_and_said(made, tmp_path):
    """No cell of the study has the target kind: what one would give is not known, and not nothing."""
    changed = cases.layer(
        "candidates", tmp_path / "c.gpkg", lambda frame: frame.assign(kind_target=[231, *frame["kind_target"][1:]])
    )
    found = cases.sample(candidates=changed).assess(**QUIET)
    row = found.candidates.iloc[0]
    assert row["excluded"] == "CREDIT_UNKNOWN"
    assert "缺测" in row["reason_zh"]
    assert "CREDIT_UNKNOWN" in set(found.checks["code"])
    assert row["candidate_id"] not in set(found.portfolio["candidate_id"])


def test_a_zone_outside_the_areas_is_found(tmp_path):
    project = cases.example_1(tmp_path)
    zone = gpd.read_file(tmp_path / "zone.gpkg")
    areas = gpd.GeoDataFrame({"unit_id": ["V"]}, geometry=[shapely.box(11_590_000, 3_490_000, 11_700_000, 3_502_000)], crs=zone.crs)
    whole = gpd.read_file(tmp_path / "candidates.gpkg").union_all().envelope
    areas.geometry = areas.geometry.union(whole)
    areas.to_file(tmp_path / "valleys.gpkg")
    text = (tmp_path / "project.toml").read_text(encoding="utf-8")
    given = text.replace('valley = "everywhere"', 'valley = { path = "valleys.gpkg", id = "unit_id" }')
    (tmp_path / "project.toml").write_text(given, encoding="utf-8")
    table = Project.read(tmp_path / "project.toml").check()
    row = table[(table["code"] == "UNIT_UNCOVERED") & (table["layer"] == "zones")].iloc[0]
    assert (row["level"], row["features"]) == ("warning", "forest")
    assert project.check().query("code == 'UNIT_UNCOVERED'").empty


def test_the_record_lists_the_numbers_of_the_services_that_are_judged(made, tmp_path):
    whole = pd.DataFrame(made.record["numbers"])
    judged = {name.partition(":")[0] for name in made.record["services"]}
    assert set(whole["service"]) <= judged | {"", "*"}
    assert whole["status"].notna().all()
    assert whole["source_id"].notna().any()
    assert {"price"} <= set(whole["parameter"].str.partition("_")[0])
    few = cases.sample(project={"services": ["water_retention"]}).assess(**QUIET)
    assert {row["service"] for row in few.record["numbers"]} <= {"water_retention", "", "*"}
    assert 0 < len(few.record["numbers"]) < len(whole)
    assert few.record["services_unjudged"]
    assert not {name for name in few.record["services_unjudged"] if name.startswith("water_retention")}
    own = pd.DataFrame(cases.example_1(tmp_path).assess(**QUIET).record["numbers"])
    assert set(own["parameter"]) == {"density", "price"}
    assert len(own) == 3 * len(cases.KINDS) + 3
    assert own.loc[own["parameter"] == "price", "year"].tolist() == [2023] * 3
