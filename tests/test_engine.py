"""`ecoval serve` as a process: what goes in, what comes out, and that it ends."""

import importlib.util
import json
import os
import platform
import queue
import shutil
import subprocess
import sys
import threading
import time
import tomllib
from pathlib import Path
from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from affine import Affine
from bounds import within

import ecoval
from ecoval import rasters
from ecoval.engine import catalogue, methods
from ecoval.engine.server import Server, bound, described
from ecoval.engine.task import Task, interrupt, plain
from ecoval.errors import Cancelled, InputError, warn
from ecoval.grid import Grid
from ecoval.services import SERVICES
from ecoval.study import Study
from ecoval.study.auditing import read_run_table
from ecoval.terms import vocabulary

ROOT = Path(ecoval.__file__).parents[1]
SAMPLE = ROOT / "sample_data" / "study.toml"
PATIENCE = 120.0


class Engine:
    """A started engine: requests in, events out."""

    def __init__(self):
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-X", "utf8", "-u", "-m", "ecoval", "serve"]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        self.process = subprocess.Popen(command, env=environment, **pipes)
        self.events = queue.Queue()
        self.log = []
        self.number = 0
        self.beats = []
        self.threads = [threading.Thread(target=target, daemon=True) for target in (self._read, self._note)]
        for thread in self.threads:
            thread.start()

    def _read(self):
        for line in self.process.stdout:
            event = json.loads(line)
            if event["event"] == "alive":
                self.beats.append((time.monotonic(), event["busy"]))
            else:
                self.events.put((time.monotonic(), event))

    def _note(self):
        self.log += self.process.stderr.readlines()

    def send(self, method, **params):
        self.number += 1
        self.raw(json.dumps({"id": self.number, "method": method, "params": params}, ensure_ascii=False).encode())
        return self.number

    def raw(self, data):
        self.process.stdin.write(data + b"\n")
        self.process.stdin.flush()

    def until_end(self, number):
        """Events of a request up to its end; those of others are kept for later."""
        found, others = [], []
        while not found or found[-1][1]["event"] not in ("result", "error"):
            entry = self.events.get(timeout=PATIENCE)
            (found if entry[1].get("id") == number else others).append(entry)
        for entry in others:
            self.events.put(entry)
        return found

    def ask(self, method, **params):
        return self.until_end(self.send(method, **params))[-1][1]

    def first(self, number):
        while (entry := self.events.get(timeout=PATIENCE))[1].get("id") != number:
            pass
        return entry[1]

    def close(self):
        self.process.stdin.close()
        status = self.process.wait(10)
        for thread in self.threads:
            thread.join(10)
        self.process.stdout.close()
        self.process.stderr.close()
        return status


@pytest.fixture(scope="module")
def engine():
    started = Engine()
    assert started.ask("hello", protocol=1, plugin="0.1.0")["event"] == "result"
    yield started
    started.close()


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Two units over a raster, in a folder with Chinese letters and a space."""
    folder = tmp_path_factory.mktemp("data") / "数据 目录"
    folder.mkdir()
    left, top = 500_000.0, 3_320_000.0
    grid = Grid.like("EPSG:4549", Affine(100, 0, left, 0, -100, top), (20, 40))
    rasters.write(folder / "rain.tif", np.arange(800, dtype=np.float32).reshape(20, 40), grid)
    boxes = [shapely.box(left, top - 2000, left + 2000, top), shapely.box(left + 2000, top - 2000, left + 4000, top)]
    frame = gpd.GeoDataFrame({"code": ["330101", "330102"], "name": ["余杭区", "西湖区"]}, geometry=boxes, crs="EPSG:4549")
    frame.to_file(folder / "units.gpkg")
    return folder


def test_hello_says_versions_methods_and_the_hash(engine):
    found = engine.ask("hello", protocol=1, plugin="0.1.0")
    assert found["protocols"] == [1]
    assert {"run", "check", "zonal", "cancel", "shutdown"} <= set(found["methods"])
    assert found["packages"]["numpy"] == np.__version__
    assert found["catalogue"] == catalogue.fingerprint()
    assert found["outputs"] == {}


def test_another_protocol_is_refused(engine):
    found = engine.ask("hello", protocol=99)
    assert (found["code"], found["fields"]) == ("PROTOCOL", {"given": 99, "offered": 1})


def test_catalogue_is_what_the_declarations_say(engine):
    found = engine.ask("catalogue")
    assert found["hash"] == catalogue.fingerprint()
    assert found["catalogue"] == json.loads(json.dumps(catalogue.catalogue()))
    services = {entry["code"]: entry for entry in found["catalogue"]["services"]}
    assert list(services) == [service.code for service in SERVICES]
    retention = services["water_retention"]
    assert retention["labels"]["zh"] == "水源涵养"
    assert [entry["role"] for entry in retention["inputs"]] == [
        entry.role for service in SERVICES if service.code == "water_retention" for entry in service.inputs
    ]
    roles = {entry["role"]: entry for entry in found["catalogue"]["roles"]}
    assert roles["landcover"]["files"] == ["raster", "vector"]
    assert roles["erosivity"]["made_from"] == [["rain_daily"], ["precipitation_monthly"]]
    assert "open-2026" in [entry["id"] for entry in found["catalogue"]["standards"]]
    assert found["catalogue"]["labels"] == vocabulary()


def test_every_role_and_service_has_both_names():
    made = catalogue.catalogue()
    for entry in (*made["services"], *(item for service in made["services"] for item in service["items"])):
        assert set(entry["labels"]) == {"en", "zh"}
        assert entry["labels"]["zh"] != entry["code"]


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"no json", "BAD_REQUEST"),
        (b"[1]", "BAD_REQUEST"),
        (b'{"id": "x", "method": "ping"}', "BAD_REQUEST"),
        (b'{"id": 900, "method": "ping", "params": 3}', "BAD_REQUEST"),
        (b'{"id": 901, "method": "fly", "params": {}}', "METHOD_UNKNOWN"),
        (b'{"id": 902, "method": "zonal", "params": {"unit": 1}}', "BAD_REQUEST"),
        (b'{"id": 903, "method": "ping", "parms": {}}', "BAD_REQUEST"),
        ("余杭".encode("gbk"), "BAD_REQUEST"),
    ],
)
def test_bad_requests_are_answered_and_the_engine_lives(engine, raw, code):
    engine.raw(raw)
    while (event := engine.events.get(timeout=PATIENCE)[1])["event"] != "error":
        pass
    assert event["code"] == code
    assert engine.ask("ping")["event"] == "result"


def test_zonal_writes_the_table_of_the_library(engine, place):
    out = place / "means.csv"
    asked = {"units": str(place / "units.gpkg"), "rasters": [str(place / "rain.tif")], "id": "code", "out": str(out)}
    found = engine.ask("zonal", stats=["mean", "count"], **asked)
    assert found["outputs"] == {"table": str(out)}
    assert found["numbers"] == {"rows": 2}
    table = pd.read_csv(out, dtype={"unit_id": str}, encoding="utf-8-sig")
    assert table["mean"].tolist() == pytest.approx([389.5, 409.5])
    assert table["unit_id"].tolist() == ["330101", "330102"]


def test_zonal_sees_that_a_raster_has_changed(engine, place):
    raster = place / "changing.tif"
    raster.write_bytes((place / "rain.tif").read_bytes())
    asked = {"units": str(place / "units.gpkg"), "rasters": [str(raster)], "id": "code", "stats": "max"}
    tables = []
    for name, factor in (("first.csv", 1), ("again.csv", 1), ("changed.csv", 2)):
        if factor != 1:
            source = rasters.Source(raster)
            rasters.write(raster, source.read() * factor, source.grid)
        assert engine.ask("zonal", out=str(place / name), **asked)["event"] == "result"
        tables.append(pd.read_csv(place / name, encoding="utf-8-sig")["max"].tolist())
    assert tables[0] == tables[1] == [779.0, 799.0]
    assert tables[2] == [2 * 779.0, 2 * 799.0]


def test_units_are_written_with_their_findings(engine, place):
    out = place / "made.gpkg"
    found = engine.ask("units", path=str(place / "units.gpkg"), id="code", name="name", out=str(out))
    assert found["numbers"]["units"] == 2
    assert gpd.read_file(out)["name"].tolist() == ["余杭区", "西湖区"]
    assert Path(found["outputs"]["findings"]).is_file()


def test_prepare_writes_the_product_and_its_recipe(engine, place):
    source, out = place / "clcd.tif", place / "landcover.tif"
    grid = rasters.Source(place / "rain.tif").grid
    rasters.write(source, np.full(grid.shape, 2, dtype=np.uint8), grid)
    found = engine.ask("prepare", what="landcover", path=str(source), crosswalk="clcd", out=str(out))
    assert found["outputs"]["file"] == str(out), found
    assert json.loads(Path(found["outputs"]["recipe"]).read_text(encoding="utf-8"))["product"] == "landcover"
    refused = engine.ask("prepare", what="landcover", pth=str(source), out=str(out))
    assert (refused["code"], "pth" in refused["fields"]["reason"]) == ("BAD_REQUEST", True)


def test_params_and_check_write_tables(engine, tmp_path):
    found = engine.ask("params", action="export", service="soil_retention", out=str(tmp_path / "soil.csv"))
    assert found["numbers"]["rows"] == len(pd.read_csv(tmp_path / "soil.csv", encoding="utf-8-sig")) > 0
    found = engine.ask("check", study=str(SAMPLE), out=str(tmp_path / "check.csv"), year=2015, lang="zh")
    assert found["numbers"]["error"] == 0
    table = pd.read_csv(tmp_path / "check.csv", encoding="utf-8-sig")
    assert list(table.columns) == ["level", "year", "what", "where", "found", "fix"]


def test_an_error_of_the_library_keeps_code_and_fields(engine, tmp_path):
    found = engine.ask("run", study=str(tmp_path / "none.toml"), out=str(tmp_path / "run"), lang="zh")
    assert found["code"] == "study_file_missing"
    assert found["fields"] == {"path": str(tmp_path / "none.toml")}
    assert "。" in found["message"]
    assert "Traceback" in found["traceback"]


def sample_object(path=SAMPLE):
    """The sample study as an object with absolute paths."""
    from ecoval.layers.study_toml import absolute_study, load_toml

    return absolute_study(load_toml(path), path.parent)


def test_run_gives_the_numbers_of_the_library_and_never_falls_silent(engine, tmp_path):
    out = tmp_path / "运行 1"
    study = sample_object()
    study["study"]["years"] = [2015]
    events = engine.until_end(engine.send("run", study=study, out=str(out), maps="services"))
    found = events[-1][1]
    assert found["event"] == "result", found
    progress = [event for _, event in events if event["event"] == "progress"]
    fractions = [event["fraction"] for event in progress]
    assert fractions == sorted(fractions)
    times = [moment for moment, _ in events]
    assert max(np.diff(times)) < 3.0  # 2 s and what a loaded machine adds
    assert sum(event["event"] == "warning" for _, event in events) == found["warnings"]
    made = ecoval.Study.read(SAMPLE).run(year=2015)
    table = read_run_table(out, "gep")
    assert table["gep"].tolist() == pytest.approx(made.gep["gep"].tolist(), rel=0, abs=0, nan_ok=True)
    assert found["numbers"]["units"] == len(table)
    assert all(Path(path).exists() for path in found["outputs"].values())
    assert any(name.startswith("map_") for name in found["outputs"])
    refused = engine.ask("run", study=study, out=str(out))
    assert refused["code"] == "run_folder_finished"


@pytest.mark.timed
def test_a_pass_is_kept_for_other_prices_and_made_again_for_other_data(engine, tmp_path):
    folder = tmp_path / "data"
    shutil.copytree(SAMPLE.parent, folder)

    def priced(carbon):
        content = sample_object(folder / "study.toml")
        content["study"]["years"] = [2015]
        content["prices"]["co2"]["value"] = carbon
        return content

    def gep(name, carbon):
        found = engine.ask("run", study=priced(carbon), out=str(tmp_path / name))
        assert found["event"] == "result", found
        seconds = json.loads((tmp_path / name / "run.json").read_text(encoding="utf-8"))["timings"]["pass"]
        return read_run_table(tmp_path / name, "gep")["gep"].tolist(), seconds

    def fresh(carbon):
        return ecoval.Study(priced(carbon), folder / "study.toml").run().gep["gep"].tolist()

    first, _ = gep("first", 65)
    again, seconds = gep("again", 65)
    other, other_seconds = gep("other prices", 100)
    assert again == first == fresh(65)
    assert other == fresh(100) != first
    within(max(seconds, other_seconds), 0.5, "a pass that is kept")
    layer = folder / "evapotranspiration_2015.tif"
    layer.write_bytes((folder / "evapotranspiration_2023.tif").read_bytes())
    changed, _ = gep("other data", 65)
    assert changed == fresh(65) != first


def test_what_a_killed_engine_left_is_removed(engine, tmp_path):
    folders = {"running": tmp_path / "out" / "2015", "finished": tmp_path / "out" / "2023"}
    for status, folder in folders.items():
        (folder / ".partial").mkdir(parents=True)
        (folder / ".partial" / "gep.csv").write_text("half")
        (folder / "run.json").write_text(json.dumps({"status": status, "year": int(folder.name)}))
    assert engine.ask("abandon", out=str(tmp_path / "out"), status="cancelled")["numbers"] == {"folders": 2}
    found = {name: json.loads((folder / "run.json").read_text(encoding="utf-8"))["status"] for name, folder in folders.items()}
    assert found == {"running": "cancelled", "finished": "finished"}
    assert not any((folder / ".partial").exists() for folder in folders.values())


def test_a_run_of_a_living_process_is_left_alone(engine, tmp_path):
    record = {"status": "running", "year": 2015, "process": {"id": os.getpid(), "host": platform.node()}}
    (tmp_path / "run.json").write_text(json.dumps(record))
    assert engine.ask("abandon", out=str(tmp_path))["numbers"] == {"folders": 0}
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    for process in ({"id": gone.pid, "host": platform.node()}, {"id": engine.process.pid, "host": platform.node()}):
        (tmp_path / "run.json").write_text(json.dumps(record | {"process": process}))
        assert engine.ask("abandon", out=str(tmp_path))["numbers"] == {"folders": 1}
        found = json.loads((tmp_path / "run.json").read_text(encoding="utf-8"))
        assert found["status"] == "failed"
        assert "process" not in found


def test_progress_says_how_many(engine, tmp_path):
    events = [event for _, event in engine.until_end(engine.send("run", study=str(SAMPLE), out=str(tmp_path / "r"), year=2023))]
    lines = [event for event in events if event["event"] == "progress" and event.get("total")]
    assert lines
    assert all(0 < line["done"] <= line["total"] for line in lines)


def test_a_progress_line_names_the_service_that_a_layer_is_opened_for():
    """At most ten lines a second are sent: which steps are among them is chance, so steps and line are looked at apart."""
    steps = []
    Study.read(SAMPLE).run(year=2023, progress=lambda _done, text="": steps.append(text))
    named = [step for step in steps if getattr(step, "service", "")]
    assert {step.service for step in named} <= {service.code for service in SERVICES}
    assert all(0 < step.done <= step.total for step in named)
    assert named
    channel = Lines()
    assert Task(channel, {"id": 7, "method": "run"}, "en").progress(0.25, named[0])
    expected = {"id": 7, "event": "progress", "fraction": 0.25, "text": str(named[0]), "done": named[0].done}
    assert channel.sent == [expected | {"total": named[0].total, "service": named[0].service}]


class Lines:
    """A channel that keeps what is sent."""

    def __init__(self):
        self.sent = []

    def send(self, **line):
        self.sent.append(line)


def test_a_report_can_be_left_for_later(engine, tmp_path):
    quick = engine.ask("run", study=str(SAMPLE), out=str(tmp_path / "quick"), year=2023, reports="")
    assert not (tmp_path / "quick" / "report.html").exists()
    assert "report" not in quick["outputs"]
    whole = engine.ask("run", study=str(SAMPLE), out=str(tmp_path / "whole"), year=2023)
    assert Path(whole["outputs"]["report"]).is_file()
    for name in ("gep", "supply", "extent"):
        assert (tmp_path / "quick" / f"{name}.csv").read_bytes() == (tmp_path / "whole" / f"{name}.csv").read_bytes()
    engine.ask("report", run=str(tmp_path / "quick"), formats="html")
    assert (tmp_path / "quick" / "report.html").is_file()
    assert engine.ask("run", study=str(SAMPLE), out=str(tmp_path / "no"), reports="pdf")["code"] == "BAD_REQUEST"


def test_other_units_over_kept_layers_give_the_same_bits_as_a_fresh_process(engine, tmp_path):
    study = tomllib.loads(SAMPLE.read_text(encoding="utf-8"))
    ids = gpd.read_file(SAMPLE.parent / "towns.gpkg")["unit_id"].tolist()
    engine.ask("run", study=study, base=str(SAMPLE.parent), out=str(tmp_path / "all"), year=2023, reports="")
    for number, only in enumerate(([ids[0]], ids[3:5], [ids[-1]])):
        study["units"]["admin"]["only"] = only
        out = tmp_path / f"kept{number}"
        kept = engine.ask("run", study=study, base=str(SAMPLE.parent), out=str(out), year=2023, reports="")
        assert kept["event"] == "result", kept
        fresh = Study(study, SAMPLE).run(tmp_path / f"fresh{number}", year=2023, reports=())
        for name in ("gep", "supply", "extent"):
            assert (out / f"{name}.csv").read_bytes() == (fresh.folders[0] / f"{name}.csv").read_bytes(), (name, only)


@pytest.mark.timed
def test_quick_methods_are_answered_while_a_run_goes_on_and_a_second_run_waits(engine, tmp_path):
    first = engine.send("run", study=str(SAMPLE), out=str(tmp_path / "a"))
    second = engine.send("run", study=str(SAMPLE), out=str(tmp_path / "b"))
    assert engine.first(second)["text"] == "queued"
    begin = time.monotonic()
    assert engine.ask("ping")["event"] == "result"
    within(time.monotonic() - begin, 0.5, "a ping while a run goes on")
    for number in (second, first):
        engine.send("cancel", id=number)
        assert engine.until_end(number)[-1][1]["code"] == "CANCELLED"
    assert not (tmp_path / "b").exists()


def test_classes_of_a_legend_are_answered_while_a_run_goes_on(engine, tmp_path):
    assert engine.ask("classes", values=[1.0, 9.0], scale=[0.0, 5.0])["numbers"]["bounds"] == [0.0, 5.0, 10.0]
    number = engine.send("run", study=str(SAMPLE), out=str(tmp_path / "a"))
    assert engine.ask("classes", values=[-1.0, 9.0], number=2)["numbers"]["bounds"] == [-1.0, 0.0, 10.0]
    assert engine.ask("classes", values=["many"])["code"] == "BAD_REQUEST"
    engine.send("cancel", id=number)
    assert engine.until_end(number)[-1][1]["code"] == "CANCELLED"


@pytest.mark.timed
@pytest.mark.parametrize("after", [0.1, 0.6, 1.2, 2.0, 2.9])
def test_cancel_ends_a_run_and_leaves_no_half_file(engine, tmp_path, after):
    out = tmp_path / "run"
    number = engine.send("run", study=str(SAMPLE), out=str(out), year=2015)
    while not (out / "run.json").is_file() and engine.events.empty():
        time.sleep(0.01)
    time.sleep(after)
    begin = time.monotonic()
    engine.send("cancel", id=number)
    moment, event = engine.until_end(number)[-1]
    if event["event"] == "result":  # a fast machine had finished
        return
    assert event["code"] == "CANCELLED"
    within(moment - begin, 0.5, "cancelled")
    if (out / "run.json").is_file():
        assert json.loads((out / "run.json").read_text(encoding="utf-8"))["status"] == "cancelled"
    assert not (out / ".partial").exists()
    assert not (out / "gep.csv").exists()


def test_it_beats_once_a_second_and_names_the_request(engine, tmp_path):
    number = engine.send("run", study=str(SAMPLE), out=str(tmp_path / "run"))
    until = time.monotonic() + PATIENCE
    while not any(busy == number for _, busy in engine.beats):
        assert time.monotonic() < until
        time.sleep(0.02)
    engine.send("cancel", id=number)
    engine.until_end(number)
    assert engine.ask("ping")["event"] == "result"


@pytest.mark.parametrize("way", ["shutdown", "end of input"])
def test_it_ends_also_in_the_middle_of_a_run(tmp_path, way):
    started = Engine()
    started.ask("hello", protocol=1)
    number = started.send("run", study=str(SAMPLE), out=str(tmp_path / "run"))
    started.first(number)
    if way == "shutdown":
        started.send("shutdown")
        started.process.wait(10)
    assert started.close() == 0


def test_a_stray_print_does_not_reach_the_protocol(tmp_path):
    script = "from ecoval import engine\nfrom ecoval.engine import methods\nimport os\n"
    script += "def noisy(task):\n    print('stray'); os.write(1, b'stray too\\n'); return {}\n"
    script += "methods.METHODS['noisy'] = noisy\nengine.serve()\n"
    lines = b'{"id": 1, "method": "noisy"}\n'
    process = subprocess.Popen(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    process.stdin.write(lines)
    process.stdin.flush()
    found = []
    while not any(event.get("event") == "result" for event in found):
        found.append(json.loads(process.stdout.readline()))
    _, log = process.communicate(timeout=20)
    assert b"stray too" in log


class Noted:
    """A channel that keeps what is sent."""

    def __init__(self):
        self.sent = []

    def send(self, **content):
        self.sent.append(content)


def test_progress_lines_are_at_most_ten_a_second(monkeypatch):
    channel = Noted()
    task = Task(channel, {"id": 1, "method": "run"}, "en")
    clock = SimpleNamespace(now=1000.0, monotonic=lambda: clock.now)
    monkeypatch.setattr("ecoval.engine.task.time", clock)
    for step in range(450):  # a call each thousandth of a second
        clock.now = 1000.0 + step / 1000
        assert task.progress(step / 1000)
    assert len(channel.sent) == 5
    fractions = [line["fraction"] for line in channel.sent]
    assert fractions == sorted(fractions)


def test_progress_is_false_after_cancel():
    task = Task(Noted(), {"id": 1, "method": "run"}, "en")
    task.stop()
    assert task.progress(0.5) is False


def test_warnings_become_lines():
    channel = Noted()
    task = Task(channel, {"id": 1, "method": "run"}, "zh")
    with task.warnings():
        warn("term_unknown", identifier=Path("x"), nearest="m")
    assert channel.sent[0]["code"] == "term_unknown"
    assert channel.sent[0]["fields"] == {"identifier": "x", "nearest": "m"}
    assert task.warned == 1


def test_an_interruption_ends_a_computation_that_never_looks():
    ended = threading.Event()

    def blind():
        try:
            while True:
                sum(range(100))
        except KeyboardInterrupt:
            ended.set()

    thread = threading.Thread(target=blind, daemon=True)
    thread.start()
    interrupt(thread.ident)
    assert ended.wait(5)
    thread.join(5)


def test_an_interruption_leaves_threads_that_rest_in_a_pool():
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(2) as pool:
        assert pool.submit(lambda: 1).result() == 1
        waiting = threading.Event()
        job = pool.submit(lambda: [time.sleep(0.01) for _ in iter(waiting.is_set, True)])
        while not job.running():
            time.sleep(0.001)
        interrupt(threading.get_ident())
        with pytest.raises(KeyboardInterrupt):
            job.result(5)
        waiting.set()
        assert pool.submit(lambda: 2).result(5) == 2


def test_parameters_are_checked_by_name():
    def method(task, needed, other=1):
        return task, needed, other

    assert bound(method, {"needed": 2, "lang": "zh"}, skip=1) == {"needed": 2}
    with pytest.raises(InputError, match="unknown: nedded; absent: needed"):
        bound(method, {"nedded": 2}, skip=1)


def test_errors_are_described_by_code():
    assert described(Cancelled(), "en")["code"] == "CANCELLED"
    assert described(KeyboardInterrupt(), "zh")["code"] == "CANCELLED"
    assert described(MemoryError(), "en")["code"] == "OUT_OF_MEMORY"
    internal = described(ZeroDivisionError("x"), "en")
    assert (internal["code"], internal["fields"]) == ("INTERNAL", {"kind": "ZeroDivisionError", "reason": "x"})


def test_plain_is_what_json_holds():
    made = plain({"a": np.float64(1.5), 2: (Path("x"), {3, 1}), "n": float("nan"), "v": np.array([1, 2])})
    assert json.loads(json.dumps(made, allow_nan=False)) == {"a": 1.5, "2": ["x", [1, 3]], "n": "nan", "v": [1, 2]}


def test_unknown_products_and_kinds_are_refused(tmp_path):
    task = Task(Noted(), {"id": 1, "method": "prepare"}, "en")
    with pytest.raises(InputError, match="landcover"):
        methods.METHODS["prepare"](task, what="landcovr", out=str(tmp_path / "x.tif"))
    with pytest.raises(InputError, match="known: admin"):
        methods.METHODS["units"](task, path="x", id="id", out="y", kind="fleet")


def test_every_method_is_described():
    page = (ROOT / "docs" / "engine.md").read_text(encoding="utf-8")
    server = Server(Noted())
    assert [name for name in (*server.quick, *server.computing) if f"`{name}`" not in page] == []


def test_the_plugin_says_what_the_library_says():
    folder = ROOT / "qgis_plugin" / "ecoval_qgis" / "engine"
    specification = importlib.util.spec_from_file_location("plugin_messages", folder / "messages.py")
    messages = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(messages)
    for error in (
        InputError("term_unknown", identifier=[1.23456789, *"abcdef"], nearest=Path("t")),
        InputError("FILE_IN_USE", path="数据 目录/x.csv", reason="held"),
        InputError("BAD_REQUEST", reason=("a", 2, 0.1 + 0.2)),
    ):
        sent = json.loads(json.dumps(described(error, "en"), ensure_ascii=False))
        assert messages.of(sent, "zh") == error.message("zh")
        assert messages.of(sent, "en") == error.message("en")


@pytest.mark.parametrize(
    "line",
    [
        b'{"id": NaN, "method": "ping"}',
        b'{"id": 1e400, "method": "ping"}',
        b'{"id": true, "method": "ping"}',
        b'{"id": 1, "method": "check", "params": ' + b"[" * 100_000,
        b'{"id": 1, "method": "check", "params": {"share": Infinity}}',
    ],
    ids=["nan", "too large", "truth value", "deep", "infinite"],
)
def test_a_line_that_is_no_request_ends_nothing(engine, line):
    engine.raw(line)
    event = engine.first(None)
    assert (event["event"], event["code"]) == ("error", "BAD_REQUEST")
    assert engine.ask("ping")["event"] == "result"


NUL = {"study": {"study": {"name": "a"}, "layers": {"dem": "a\0.tif"}}, "out": "x"}


@pytest.mark.parametrize(
    ("method", "params", "reason"),
    [
        ("run", {"study": str(SAMPLE), "out": ""}, "absent: out"),
        ("check", {"study": str(SAMPLE), "out": ""}, "absent: out"),
        ("check", {"study": "", "out": "x.csv"}, "absent: study"),
        ("check", {"study": str(SAMPLE), "out": "a\0.csv"}, "out: a text without the character NUL"),
        ("run", NUL, "study: a text without the character NUL"),
        ("offset", {"project": "a\0.toml", "stage": "check", "out": "x"}, "project: a text without the character NUL"),
    ],
)
def test_texts_that_name_no_file_are_refused_before_any_work(engine, method, params, reason):
    answer = engine.ask(method, **params)
    assert (answer["event"], answer["code"]) == ("error", "BAD_REQUEST")
    assert reason in answer["fields"]["reason"]


def test_a_folder_that_is_not_there_holds_no_run_to_end(engine, tmp_path):
    answer = engine.ask("abandon", out=str(tmp_path / "nope"))
    assert (answer["event"], answer["code"]) == ("error", "run_folder_absent")
    (tmp_path / "run.json").write_text("no record")
    assert engine.ask("abandon", out=str(tmp_path))["numbers"] == {"folders": 0}


@pytest.mark.parametrize("lang", ["fr", ["zh"], 3])
def test_an_unknown_language_is_refused_and_work_goes_on(engine, lang, tmp_path):
    answer = engine.ask("check", study=str(SAMPLE), out=str(tmp_path / "a.csv"), lang=lang)
    assert (answer["event"], answer["code"]) == ("error", "BAD_REQUEST")
    assert engine.ask("params", action="list", out=str(tmp_path / "p.csv"))["event"] == "result"
