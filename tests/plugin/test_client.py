import os
import signal
import stat
import sys
import threading
import time
from pathlib import Path

import pytest
from bounds import within
from qgis.PyQt.QtCore import QCoreApplication, QProcess, QTimer

from ecoval_qgis.engine import client as clients
from ecoval_qgis.engine import locate, protocol
from ecoval_qgis.engine.process import Limits

FAKE = Path(__file__).with_name("fake_engine.py")
LIMITS = Limits(start=20.0, hang=1.0, cancel=0.5, end=2.0)


def fake(folder, mode="good"):
    """A command that stands for an interpreter and runs the fake engine whatever it is asked to run."""
    path = folder / "数据 目录" / ("python-" + mode.replace(":", "-"))
    path.parent.mkdir(exist_ok=True)
    path.write_text('#!/bin/sh\nexec "{}" "{}" {}\n'.format(sys.executable, FAKE, mode), encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return locate.Candidate("variable", str(path), None)


@pytest.fixture
def engine(qgis_app, tmp_path):
    made = []

    def make(*modes, **options):
        chosen = [mode if isinstance(mode, locate.Candidate) else fake(tmp_path, mode) for mode in modes or ("good",)]
        client = clients.EngineClient(lambda: chosen, limits=options.pop("limits", LIMITS), **options)
        client.states = []
        client.state_changed.connect(client.states.append, type=1)  # direct: noted in the client's own thread
        made.append(client)
        return client

    yield make
    for client in made:
        client.shutdown()
        assert not client.isRunning()


def wait_for(condition, seconds=20.0):
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it did not happen in time"
        QCoreApplication.processEvents()
        time.sleep(0.005)


def alive(number):
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    return Path("/proc/{}/stat".format(number)).read_text().rsplit(")", 1)[1].split()[0] != "Z"


def refused(call, *arguments, **named):
    with pytest.raises(protocol.EngineError) as caught:
        call(*arguments, **named)
    return caught.value


def test_events_come_in_their_order_and_end_with_the_result(engine):
    client = engine()
    answer = client.request("order")
    found = []
    while not found or found[-1]["event"] not in protocol.ENDINGS:
        found.append(answer.next(20))
    assert [event["event"] for event in found] == ["progress", "warning", "progress", "result"]
    assert found[0]["text"] == "余杭区"
    assert found[-1]["outputs"] == {"table": "数据 目录/t.csv"}
    assert client.hello["protocols"] == [1]
    assert client.waiting == {}


def test_call_hands_progress_and_warnings_to_their_handlers(engine):
    seen = {"progress": [], "warning": []}
    result = engine().call("order", progress=seen["progress"].append, warning=seen["warning"].append)
    assert result["warnings"] == 1
    assert [event["fraction"] for event in seen["progress"]] == [0.1, 0.9]
    assert seen["warning"][0]["code"] == "zonal_some_outside"


def test_an_error_carries_code_fields_and_the_engines_words(engine):
    error = refused(engine().call, "refuse")
    assert (error.code, error.fields, error.engine_message) == ("NOT_KNOWN_HERE", {"a": 1}, "the engine's own words")


@pytest.mark.timed
def test_cancel_ends_the_request_at_once(engine):
    client = engine()
    client.call("ping")
    begin = time.monotonic()
    error = refused(client.call, "sleep", {"seconds": 60}, stopped=lambda: time.monotonic() - begin > 0.3)
    assert error.cancelled
    within(time.monotonic() - begin - 0.3, 0.5, "cancelled")
    number = client.process_id
    assert client.call("ping")["event"] == "result"
    assert client.process_id == number


def test_an_engine_deaf_to_cancel_is_killed_and_started_again(engine):
    client = engine()
    client.call("ping")
    number = client.process_id
    error = refused(client.call, "deaf", {"seconds": 60}, stopped=lambda: True)
    assert error.cancelled
    wait_for(lambda: client.state == "ready" and client.process_id not in (0, number))
    assert not alive(number)
    assert client.call("ping")["event"] == "result"
    assert not client.crashes


def test_a_crash_ends_requests_and_the_engine_comes_back_once(engine):
    client = engine()
    other = client.request("sleep", seconds=60)
    error = refused(client.call, "crash")
    assert error.code == "ENGINE_CRASHED"
    assert error.fields["status"] == "7"
    assert "last words of a crash" in error.fields["reason"]
    while True:
        event = other.next(20)
        if event["event"] in protocol.ENDINGS:
            break
    assert event["code"] == "ENGINE_CRASHED"
    assert client.call("ping")["event"] == "result"


def test_a_second_crash_within_a_minute_is_the_end_of_restarts(engine):
    client = engine()
    for _ in range(2):
        refused(client.call, "crash")
    wait_for(lambda: client.state == "crashed")
    wait_for(lambda: not client.isRunning())
    assert client.states.count("ready") == 2
    assert client.call("ping")["event"] == "result"  # the user may try again


@pytest.mark.timed
def test_a_killed_engine_is_noticed_quickly(engine):
    client = engine()
    answer = client.request("sleep", seconds=60)
    answer.next(20)
    begin = time.monotonic()
    os.kill(client.process_id, signal.SIGKILL)
    while True:
        event = answer.next(20)
        if event["event"] in protocol.ENDINGS:
            break
    assert event["code"] == "ENGINE_CRASHED"
    within(time.monotonic() - begin, 0.5, "noticed")


def test_a_silent_engine_is_ended_where_nobody_can_be_asked(engine):
    client = engine()
    assert refused(client.call, "freeze").code == "ENGINE_HUNG"
    assert client.call("ping")["event"] == "result"


def test_a_silent_engine_becomes_a_state_where_somebody_can_be_asked(engine):
    client = engine(interactive=True)
    answer = client.request("freeze")
    wait_for(lambda: client.state == "hung")
    assert client.isRunning()
    client.wait_again()
    wait_for(lambda: client.state == "ready")
    wait_for(lambda: client.state == "hung")
    client.restart()
    assert answer.next(20)["code"] == "ENGINE_RESTARTED"
    assert client.call("ping")["event"] == "result"


def test_lines_that_are_no_json_are_logged_and_skipped(engine):
    client = engine("garbage")
    assert client.call("stray")["event"] == "result"
    log = "\n".join(client.log_tail)
    assert "Welcome to an interpreter" in log
    assert "no json" in log


@pytest.mark.parametrize(("mode", "code"), [("other_protocol:2", "ENGINE_TOO_NEW"), ("other_protocol:0", "ENGINE_PROTOCOL")])
def test_another_protocol_is_refused(engine, mode, code):
    client = engine(mode)
    error = refused(client.call, "ping")
    assert error.code == code
    assert client.state == "outdated"


@pytest.mark.timed
def test_a_missing_interpreter_is_named_at_once(engine, tmp_path):
    begin = time.monotonic()
    error = refused(engine(locate.Candidate("option", str(tmp_path / "none" / "python"), None)).call, "ping")
    assert error.code == "ENGINE_START"
    assert "none" in error.fields["python"]
    within(time.monotonic() - begin, 2, "named")


def test_no_candidate_is_the_state_absent(engine):
    client = clients.EngineClient(list)
    assert refused(client.call, "ping").code == "ENGINE_ABSENT"
    assert client.state == "absent"
    client.shutdown()


def test_an_interpreter_that_ends_at_once_shows_its_last_words(engine):
    error = refused(engine("crash_at_start").call, "ping")
    assert error.code == "ENGINE_BROKEN"
    assert "boom at start" in error.fields["reason"]


def test_an_engine_that_never_greets_is_given_up(engine):
    error = refused(engine("silent", limits=LIMITS._replace(start=0.5)).call, "ping")
    assert error.code == "ENGINE_SILENT"


def test_the_first_candidate_that_answers_well_is_used(engine):
    client = engine("crash_at_start", "other_protocol:2", "good")
    client.call("ping")
    assert client.candidate.python.endswith("python-good")
    assert [failure.code for _, failure in client.failures] == ["ENGINE_BROKEN", "ENGINE_TOO_NEW"]


def test_lines_of_five_megabytes_pass(engine):
    result = engine().call("big", {"megabytes": 5}, timeout=30)
    assert len(result["text"]) == 5 * 2**20 // 3


@pytest.mark.timed
def test_no_process_is_left_after_shutdown(engine):
    client = engine()
    client.request("sleep", seconds=60).next(20)
    number = client.process_id
    begin = time.monotonic()
    client.shutdown()
    within(time.monotonic() - begin, 3, "ended")
    assert not alive(number)
    assert client.state == "stopped"


def test_requests_from_many_threads_get_their_own_answers(engine):
    client = engine()
    found = {}

    def ask(size):
        found[size] = len(client.call("big", {"megabytes": size})["text"])

    threads = [threading.Thread(target=ask, args=(size,)) for size in (1, 2, 3, 4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert found == {size: size * 2**20 // 3 for size in (1, 2, 3, 4)}


@pytest.mark.timed
def test_the_event_loop_beats_while_a_thread_waits_for_the_engine(engine):
    client = engine()
    client.call("ping")
    beats = [time.monotonic()]
    timer = QTimer()
    timer.timeout.connect(lambda: beats.append(time.monotonic()))
    timer.start(10)
    thread = threading.Thread(target=client.call, args=("sleep", {"seconds": 1.0}))
    thread.start()
    wait_for(lambda: not thread.is_alive())
    timer.stop()
    within(max(after - before for before, after in zip(beats, beats[1:])), 0.1, "longest gap of the event loop")


def test_the_environment_is_cleaned_and_has_its_own_folders(engine, tmp_path, monkeypatch):
    for name in (*locate.FOREIGN, "OSGEO4W_ROOT"):
        if name != "LD_LIBRARY_PATH":
            monkeypatch.setenv(name, "nonsense")
    candidate = fake(tmp_path)._replace(folder=tmp_path / "engine 引擎")
    values = engine(candidate).call("environment")["values"]
    left = [name for name in values if name in locate.FOREIGN or name.startswith("OSGEO4W_")]
    assert left == []
    assert values["NUMBA_CACHE_DIR"] == str(tmp_path / "engine 引擎" / "cache")
    assert Path(values["TMPDIR"]).is_dir()
    assert values["TMPDIR"].startswith(str(tmp_path))


def test_the_engine_ends_when_its_parent_is_killed(qgis_app, tmp_path):
    script = tmp_path / "parent.py"
    script.write_text(
        "import sys, time\n"
        "from qgis.PyQt.QtCore import QCoreApplication\n"
        "from ecoval_qgis.engine import client, locate\n"
        "app = QCoreApplication([])\n"
        "engine = client.EngineClient(lambda: [locate.Candidate('variable', sys.argv[1], None)])\n"
        "engine.call('ping')\n"
        "print(engine.process_id, flush=True)\n"
        "time.sleep(60)\n",
        encoding="utf-8",
    )
    parent = QProcess()
    parent.start(sys.executable, ["-W", "ignore", str(script), fake(tmp_path).python])
    text = b""
    while b"\n" not in text:
        assert parent.waitForReadyRead(20000)
        text += bytes(parent.readAllStandardOutput())
    number = int(text.split()[-1])
    assert alive(number)
    parent.kill()
    parent.waitForFinished(5000)
    wait_for(lambda: not alive(number))


def test_handshake_says_what_the_engine_is(qgis_app, tmp_path):
    assert clients.handshake(fake(tmp_path))["ecoval"] == "0.1.0"
    assert refused(clients.handshake, fake(tmp_path, "crash_at_start")).code == "ENGINE_BROKEN"


def test_the_engine_ends_with_a_script_that_forgets_it(qgis_app, tmp_path):
    script = tmp_path / "forgets.py"
    script.write_text(
        "import sys\n"
        "from qgis.core import QgsApplication\n"
        "app = QgsApplication([], False)\n"
        "app.initQgis()\n"
        "from ecoval_qgis.engine import client, locate\n"
        "engine = client.EngineClient(lambda: [locate.Candidate('variable', sys.argv[1], None)])\n"
        "engine.call('ping')\n"
        "print(engine.process_id, flush=True)\n",
        encoding="utf-8",
    )
    process = QProcess()
    process.start(sys.executable, ["-W", "ignore", str(script), fake(tmp_path).python])
    assert process.waitForFinished(30000)
    number = int(bytes(process.readAllStandardOutput()).split()[-1])
    assert process.exitCode() == 0
    wait_for(lambda: not alive(number))
