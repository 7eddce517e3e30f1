"""Method `offset` of the real engine on the sample project: stages, ticks, caches, what is answered meanwhile."""

import copy
import hashlib
import json
import math
import os
import queue
import shutil
import subprocess
import sys
import threading
import time
import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from bounds import within

import ecoval
from ecoval.engine import offset as method
from ecoval.offset.balance.judge import Case, Judge
from ecoval.offset.balance.verdict import Record

ROOT = Path(ecoval.__file__).parents[1]
SAMPLE = ROOT / "sample_data"
PATIENCE = 180.0


class Engine:
    """A started engine: requests in, events out."""

    def __init__(self):
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-X", "utf8", "-u", "-m", "ecoval", "serve"]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        self.process = subprocess.Popen(command, env=environment, **pipes)
        self.events = queue.Queue()
        self.number = 0
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            event = json.loads(line)
            if event["event"] != "alive":
                self.events.put((time.perf_counter(), event))

    def send(self, name, **params):
        self.number += 1
        line = json.dumps({"id": self.number, "method": name, "params": params}, ensure_ascii=False)
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()
        return self.number

    def end(self, number):
        others = []
        while True:
            stamp, event = self.events.get(timeout=PATIENCE)
            if event.get("id") == number and event["event"] in ("result", "error"):
                break
            others.append((stamp, event))
        for entry in others:
            if entry[1].get("id") != number:
                self.events.put(entry)
        return stamp, event

    def ask(self, name, **params):
        return self.end(self.send(name, **params))[1]

    def close(self):
        self.process.stdin.close()
        self.process.wait(10)
        self.reader.join(5)
        self.process.stdout.close()


@pytest.fixture(scope="module")
def engine():
    made = Engine()
    assert made.ask("hello", protocol=1)["event"] == "result"
    yield made
    made.close()


@pytest.fixture(scope="module")
def project():
    return tomllib.loads((SAMPLE / "project.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def chosen(engine, project, tmp_path_factory):
    """The stage portfolio, once for all tests: its folder, its result."""
    folder = tmp_path_factory.mktemp("平衡 数据") / "portfolio"
    event = engine.ask("offset", project=project, base=str(SAMPLE), stage="portfolio", out=str(folder))
    assert event["event"] == "result", event.get("message")
    return folder, event


def read_table(path):
    return pd.read_csv(path, encoding="utf-8-sig", dtype={"area_unit": str})


def ticks(folder):
    table = pd.read_csv(folder / "portfolio.csv", encoding="utf-8-sig", dtype={"candidate_id": str, "option_id": str})
    return table[["candidate_id", "option_id", "share"]].to_dict("records")


def test_portfolio_gives_tables_by_path_and_the_verdict(chosen):
    folder, event = chosen
    assert event["verdict"] == "balanced"
    assert event["portfolio"]["status"] == "optimal"
    assert event["robust"] is (event["verdict"] == event["verdict_cautious"])
    assert set(event["outputs"]) >= {"portfolio", "balance", "value", "timeline"}
    for path in event["outputs"].values():
        assert Path(path).is_file()
        assert Path(path).parent == folder
    assert event["numbers"]["cost"] == pytest.approx(event["portfolio"]["cost"])


def test_a_stage_leaves_a_record_with_the_hashes_of_its_inputs(project, chosen, engine):
    folder, _ = chosen
    record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    assert (record["kind"], record["status"], record["command"]) == ("offset", "finished", "portfolio")
    inputs = {entry["role"]: entry for entry in record["inputs"]}
    assert {"study", "footprints", "candidates", "measures", "exclusions.red_line", "statutory"} <= set(inputs)
    content = Path(inputs["candidates"]["path"]).read_bytes()
    assert inputs["candidates"]["sha256"] == hashlib.sha256(content).hexdigest()
    assert inputs["candidates"]["size"] == len(content)
    assert any(role.startswith("study.") for role in inputs)
    given = {"project": project, "base": str(SAMPLE), "out": str(folder)}
    engine.ask("offset", **given, stage="loss")
    names = read_table(folder / "areas.csv")
    assert set(names["area_kind"]) >= {"watershed", "county", "travel_catchment"}
    assert names["name"].notna().all()
    later = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    assert later["command"] == "loss"
    assert set(record["outputs"]) < set(later["outputs"])


def test_a_stage_that_fails_says_so_in_its_record(engine, project, tmp_path):
    wrong = copy.deepcopy(project)
    wrong["footprints"]["layer"] = "nothing"
    assert engine.ask("offset", project=wrong, base=str(SAMPLE), stage="loss", out=str(tmp_path))["event"] == "error"
    record = json.loads((tmp_path / "run.json").read_text(encoding="utf-8"))
    assert record["status"] == "failed"
    assert record["error"]["code"]
    assert "inputs" not in record


def test_a_stage_that_is_stopped_leaves_no_half_and_the_stage_before(engine, project, tmp_path):
    given = {"project": project, "base": str(SAMPLE), "out": str(tmp_path)}
    assert engine.ask("offset", **given, stage="check")["event"] == "result"
    other = {**project, "rules": {**project["rules"], "ratio": 1.5}}  # not kept yet
    number = engine.send("offset", **given | {"project": other}, stage="portfolio")
    while engine.events.get(timeout=PATIENCE)[1].get("id") != number:
        pass
    engine.ask("cancel", id=number)
    assert engine.end(number)[1]["code"] == "CANCELLED"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["checks.csv", "run.json"]
    record = json.loads((tmp_path / "run.json").read_text(encoding="utf-8"))
    assert (record["command"], record["status"], record["outputs"]) == ("check", "finished", ["checks.csv"])
    assert [attempt["status"] for attempt in record["attempts"]] == ["cancelled"]


def test_ticks_of_the_portfolio_give_the_same_verdict_and_numbers_at_once(engine, project, chosen, tmp_path):
    folder, event = chosen
    given = {"project": project, "base": str(SAMPLE), "stage": "balance", "ticked": ticks(folder)}
    made = engine.ask("offset", **given, out=str(tmp_path))
    assert made["verdict"] == event["verdict"]
    assert made["verdict_cautious"] == event["verdict_cautious"]
    assert made["numbers"]["cost"] == pytest.approx(event["numbers"]["cost"], rel=1e-9)
    written = read_table(Path(made["outputs"]["balance"]))
    before = read_table(folder / "balance.csv")
    keys = ["service", "area_unit"]
    both = before.merge(written, on=keys, suffixes=("", "_ticked"), validate="one_to_one")
    assert len(both) == len(before) == len(written)
    for name in ("debit", "required", "credit", "net", "net_cautious"):
        assert both[f"{name}_ticked"].tolist() == pytest.approx(both[name].tolist(), rel=1e-9, abs=1e-6)
    nets = {(row["service"], row["area_unit"]): row["net"] for row in made["nets"]}
    for service, unit, net in both[[*keys, "net"]].itertuples(index=False):
        assert math.isclose(nets[service, str(unit)], net, rel_tol=1e-9, abs_tol=1e-6)


def test_one_parcel_less_does_not_balance_and_nothing_ticked_neither(engine, project, chosen):
    folder, _ = chosen
    given = {"project": project, "base": str(SAMPLE), "stage": "balance"}
    rows = ticks(folder)
    largest = max(rows, key=lambda row: row["share"])
    less = engine.ask("offset", **given, ticked=[row for row in rows if row is not largest])
    assert less["verdict"] in ("not_balanced", "balanced_value_only")
    assert less["physical_ok"] is False
    assert any(reason["code"] == "offset_short" and reason["zh"] for reason in less["reasons"])
    none = engine.ask("offset", **given, ticked=[])
    assert none["verdict"] == "not_balanced"
    assert none["numbers"] == {"parcels": 0, "cost": 0.0, "area": 0.0, "milliseconds": none["numbers"]["milliseconds"]}


def test_ticks_are_answered_while_a_run_goes_on(engine, project, chosen, tmp_path):
    folder, _ = chosen
    study = str(SAMPLE / "study.toml")
    run = engine.send("run", study=study, out=str(tmp_path / "run"), year=2023)
    waiting = time.perf_counter()
    while True:  # until the run has said something
        _, event = engine.events.get(timeout=PATIENCE)
        if event.get("id") == run:
            assert event["event"] == "progress"
            break
    number = engine.send("offset", project=project, base=str(SAMPLE), stage="balance", ticked=ticks(folder))
    answered, made = engine.end(number)
    assert made["event"] == "result"
    ended, finished = engine.end(run)
    assert finished["event"] == "result"
    assert waiting < answered < ended


@pytest.mark.timed
def test_the_tick_is_quick(engine, project, chosen):
    folder, _ = chosen
    given = {"project": project, "base": str(SAMPLE), "stage": "balance", "ticked": ticks(folder)}
    answers = [engine.ask("offset", **given) for _ in range(9)]
    assert {answer["verdict"] for answer in answers} == {answers[0]["verdict"]}
    within(sorted(answer["seconds"] for answer in answers)[4], 0.05, "a tick")


@pytest.mark.timed
def test_stages_are_kept_while_files_are_the_same(engine, tmp_path):
    place = tmp_path / "县 项目"
    shutil.copytree(SAMPLE, place, ignore=shutil.ignore_patterns("making", "__pycache__", "*.py"))
    project = tomllib.loads((place / "project.toml").read_text(encoding="utf-8"))
    given = {"project": project, "base": str(place), "stage": "credits"}
    first = engine.ask("offset", **given, out=str(tmp_path / "one"))
    assert first["event"] == "result", first.get("message")
    second = engine.ask("offset", **given, out=str(tmp_path / "two"))
    within(second["seconds"], 0.6 * first["seconds"], "the same stage again")
    assert (tmp_path / "one" / "credits.csv").read_bytes() == (tmp_path / "two" / "credits.csv").read_bytes()
    assert second["numbers"]["excluded"] == first["numbers"]["excluded"]
    # another measure: the losses are made again
    table = pd.read_csv(place / "measures.csv")
    table.iloc[:1].to_csv(place / "measures.csv", index=False)
    third = engine.ask("offset", **{**given, "stage": "loss"}, out=str(tmp_path / "three"))
    before, after = (read_table(tmp_path / name / "requirements.csv") for name in ("one", "three"))
    assert third["event"] == "result"
    assert after["required"].sum() > before["required"].sum()


def test_requirements_hold_the_ratio_and_the_debit_before_it(engine, project, tmp_path):
    doubled = {**project, "rules": {**project["rules"], "ratio": 2.0}}
    made = engine.ask("offset", project=doubled, base=str(SAMPLE), stage="loss", out=str(tmp_path))
    assert made["event"] == "result", made.get("message")
    table = read_table(Path(made["outputs"]["requirements"]))
    assert table["required"].tolist() == pytest.approx((2.0 * table["debit"]).tolist())
    assert set(made["outputs"]) >= {"losses", "alternatives", "measures", "debits", "checks", "requirements"}


def test_cautious_choice_costs_more_or_says_what_is_short(engine, project, chosen, tmp_path):
    _, mid = chosen
    careful = engine.ask("offset", project=project, base=str(SAMPLE), stage="portfolio", out=str(tmp_path), cautious=True)
    status = careful["portfolio"]["status"]
    assert careful["portfolio"]["cautious"] is True
    assert status == "infeasible" or careful["numbers"]["cost"] >= mid["numbers"]["cost"] * (1 - 1e-9)


def test_assess_of_ticked_parcels_writes_the_run_folder(engine, chosen, tmp_path):
    folder, event = chosen
    out = tmp_path / "评估 run"
    given = {"project": str(SAMPLE / "project.toml"), "stage": "assess", "out": str(out), "ticked": ticks(folder), "lang": "zh"}
    made = engine.ask("offset", **given)
    assert made["event"] == "result", made.get("message")
    assert made["verdict"] == event["verdict"]
    assert {"statement.html", "statement.pdf", "offset.gpkg", "verdict.json", "balance"} <= set(made["outputs"])
    record = json.loads((out / "run.json").read_text(encoding="utf-8"))
    assert (record["command"], record["status"], record["lang"]) == ("verify", "finished", "zh")
    again = engine.ask("offset", **given)
    assert (again["event"], again["code"]) == ("error", "run_folder_finished")
    both = (read_table(path / "balance.csv").set_index(["service", "area_unit"])["net"] for path in (out, folder))
    one, other = (each.to_dict() for each in both)
    assert one == pytest.approx(other, rel=1e-9, abs=1e-6)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"stage": "fly"}, "BAD_REQUEST"),
        ({"ticked": [{"id": "C01"}]}, "BAD_REQUEST"),
        ({"ticked": [{"candidate_id": "C02", "share": "x"}]}, "BAD_REQUEST"),
        ({"ticked": [{"candidate_id": "C02", "shares": 0.5}]}, "BAD_REQUEST"),
        ({"ticked": [{"candidate_id": 7}]}, "BAD_REQUEST"),
        ({"ticked": [], "tickd": []}, "BAD_REQUEST"),
        ({"ticked": "a\0.csv"}, "BAD_REQUEST"),
        ({"ticked": [{"candidate_id": "C999"}]}, "offset_candidate_unknown"),
        ({"ticked": [{"candidate_id": "C02", "share": 1.5}]}, "offset_share_range"),
        ({"project": 7}, "BAD_REQUEST"),
        ({"stage": "loss"}, "BAD_REQUEST"),
    ],
)
def test_wrong_requests_are_refused_with_a_code(engine, project, chosen, change, code):
    given = {"project": project, "base": str(SAMPLE), "stage": "balance", "ticked": []} | change
    event = engine.ask("offset", **given)
    assert event["event"] == "error"
    assert event["code"] == code


def test_two_hundred_ticked_of_two_thousand_sum_to_what_their_credits_sum_to(tmp_path):
    random = np.random.default_rng(1)
    count, services, units = 2_000, 10, 20
    rows = [(f"P{j:04}", "o", f"s{i}", f"W{j % units}") for j in range(count) for i in range(services)]
    credits = pd.DataFrame(rows, columns=["candidate_id", "option_id", "service", "area_unit"])
    credits["credit"] = random.uniform(0, 10, len(credits))
    credits = credits.assign(credit_low=credits["credit"] * 0.8, annual=credits["credit"], uom="m3", annual_uom="m3 yr-1")
    keys = [(f"s{i}", f"W{u}") for i in range(services) for u in range(units)]
    debits = pd.DataFrame(keys, columns=["service", "area_unit"]).assign(debit=50.0, debit_high=60.0, annual=50.0, uom="m3")
    debits = debits.assign(annual_uom="m3 yr-1", area_kind="watershed")
    losses = debits.assign(start=2024, end=math.nan, recovery_years=0)
    names = pd.DataFrame({"candidate_id": [f"P{j:04}" for j in range(count)], "option_id": "o", "area": 1e4, "cost": 1e5})
    candidates = names.assign(fixed_cost=0.0, kind_target=111, excluded="", start_year=2024, ramp_years=5, end_year=math.nan)
    candidates = candidates.assign(ramp_shape="linear", conflict_group=None, name=names["candidate_id"])
    prices = pd.DataFrame({"service": [f"s{i}" for i in range(services)], "price": 2.0, "price_uom": "CNY m-3"})
    prices = prices.assign(price_year=2023, status="user")
    lost = pd.DataFrame({"ecosystem_type": [111], "area": [1e5]})
    case = Case(
        debits, losses, credits, candidates, prices, lost, lambda one, other: one == other, t0=2024, record=Record(True, True)
    )
    judge = Judge(case)
    ticked = [{"candidate_id": f"P{j:04}", "option_id": "o", "share": 1.0} for j in range(0, count, 10)]
    made = method.balanced(judge, ticked, str(tmp_path))
    assert made["numbers"]["parcels"] == 200
    named = {entry["candidate_id"] for entry in ticked}
    rows = credits[credits["candidate_id"].isin(named)].groupby(["service", "area_unit"])["credit"]
    found = read_table(tmp_path / "balance.csv").set_index(["service", "area_unit"])["credit"]
    assert found.to_dict() == {key: math.fsum(values) for key, values in rows} | dict.fromkeys(
        set(found.index) - set(rows.groups), 0.0
    )
