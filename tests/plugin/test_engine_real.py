"""The client with the real engine: greeting, numbers, cancellation, death in mid-run, memory."""

import csv
import json
import os
import shutil
import signal
import time
from pathlib import Path

import pytest
from bounds import within
from qgis.PyQt.QtCore import QCoreApplication, QTimer

from ecoval_qgis.engine import client as clients
from ecoval_qgis.engine import locate, protocol

SAMPLE = Path(__file__).resolve().parents[2] / "sample_data"
PATIENCE = 180


@pytest.fixture(scope="module")
def engine(qgis_app):
    python = os.environ["ECOVAL_TEST_PYTHON"]
    made = clients.EngineClient(lambda: [locate.Candidate("variable", python, None)])
    yield made
    made.shutdown()


@pytest.fixture
def place(tmp_path):
    """The sample's units and a raster of it, under a name with Chinese letters and a space."""
    folder = tmp_path / "数据 目录"
    shutil.copytree(str(SAMPLE), str(folder))
    return folder


def memory(number):
    """Resident memory of a process, MB."""
    for line in Path("/proc/{}/status".format(number)).read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return 0.0


def zonal(engine, place, out, **options):
    given = {"units": str(place / "towns.gpkg"), "rasters": [str(place / "dem.tif")], "id": "unit_id", "stats": ["mean", "count"]}
    return engine.call("zonal", {**given, "out": str(out), **options}, timeout=PATIENCE)


def rows(path):
    with open(str(path), encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def test_it_greets_and_names_its_methods(engine):
    engine.call("ping", timeout=PATIENCE)
    assert protocol.PROTOCOL in engine.hello["protocols"]
    assert {"run", "zonal", "check", "report"} <= set(engine.hello["methods"])
    catalogue = engine.call("catalogue")["catalogue"]
    assert [service["code"] for service in catalogue["services"]]


@pytest.mark.timed
def test_zonal_and_the_same_again(engine, place):
    first = zonal(engine, place, place / "a.csv")
    again = zonal(engine, place, place / "b.csv")
    assert rows(place / "a.csv") == rows(place / "b.csv")
    assert first["numbers"]["rows"] == len(rows(place / "a.csv")) > 0
    within(again["seconds"], 1.0, "the same again")


@pytest.mark.timed
def test_a_round_trip_is_short(engine):
    engine.call("ping", timeout=PATIENCE)
    times = []
    for _ in range(50):
        begin = time.monotonic()
        engine.call("ping")
        times.append(time.monotonic() - begin)
    within(sorted(times)[25], 0.05, "a round trip")


def run(engine, place, out, **handlers):
    return engine.call("run", {"study": str(place / "study.toml"), "out": str(out), "year": 2015}, timeout=PATIENCE, **handlers)


@pytest.mark.timed
def test_the_event_loop_beats_while_the_engine_computes_and_cancel_is_quick(engine, county, tmp_path, qgis_app):
    """At a share of the work, not after a time: a warm engine on a quiet machine ends a small study within a second."""
    place = tmp_path / "county"
    shutil.copytree(str(county), str(place))  # other files: the engine keeps nothing of them
    beats, marks = [time.monotonic()], {}
    timer = QTimer()
    timer.timeout.connect(lambda: beats.append(time.monotonic()))
    timer.start(10)
    answer = engine.request("run", study=str(place / "study.toml"), out=str(place / "run"), year=2023)
    begin = time.monotonic()
    while True:
        QCoreApplication.processEvents()
        event = answer.next(0.005)
        if event is not None and event["event"] in protocol.ENDINGS:
            break
        if "cancel" not in marks and event is not None and event["event"] == "progress" and event["fraction"] > 0.3:
            marks["cancel"] = time.monotonic()
            engine.cancel(answer.number)
        assert time.monotonic() - begin < PATIENCE
    timer.stop()
    assert event.get("code") == "CANCELLED", event
    within(time.monotonic() - marks["cancel"], 0.5, "cancelled")
    within(max(after - before for before, after in zip(beats, beats[1:])), 0.1, "longest gap of the event loop")
    assert json.loads((place / "run" / "run.json").read_text(encoding="utf-8"))["status"] == "cancelled"
    assert not (place / "run" / ".partial").exists()


def test_killed_in_mid_run_it_says_so_and_the_next_run_works(engine, place):
    engine.call("ping", timeout=PATIENCE)

    def kill(_event):
        if engine.process_id and (place / "run" / ".partial").exists():
            os.kill(engine.process_id, signal.SIGKILL)

    with pytest.raises(protocol.EngineError) as caught:
        run(engine, place, place / "run", progress=kill)
    assert caught.value.code == "ENGINE_CRASHED"
    engine.call("params", {"action": "list", "out": str(place / "p.csv")}, timeout=PATIENCE)  # behind the cleaning
    assert not (place / "run" / ".partial").exists()
    assert json.loads((place / "run" / "run.json").read_text(encoding="utf-8"))["status"] == "failed"
    found = run(engine, place, place / "run")
    assert Path(found["outputs"]["gep"]).is_file()
    engine.crashes.clear()


def test_fifty_requests_do_not_grow_the_memory(engine, place):
    for number in range(5):
        zonal(engine, place, place / "w.csv", stats=["mean", "quantile:0.{:02d}".format(number + 1)])
    before = memory(engine.process_id)
    for number in range(50):
        zonal(engine, place, place / "w.csv", stats=["mean", "quantile:0.{:02d}".format(number + 10)])
    assert memory(engine.process_id) - before < 25


def test_nonsense_in_the_environment_changes_nothing(engine, place, monkeypatch):
    zonal(engine, place, place / "a.csv")
    for name in ("PROJ_LIB", "PYTHONHOME", "PYTHONPATH", "GDAL_DATA"):
        monkeypatch.setenv(name, "/nonsense")
    other = clients.EngineClient(engine.candidates)
    try:
        zonal(other, place, place / "b.csv")
    finally:
        other.shutdown()
    assert rows(place / "a.csv") == rows(place / "b.csv")
