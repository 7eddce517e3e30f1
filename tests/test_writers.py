"""Rooms that compute reach the room of documents through what the package hands in: another room takes its place."""

import subprocess
import sys
from types import SimpleNamespace

import pytest
import small_study

from ecoval import report, writers
from ecoval.study import Study


@pytest.fixture
def calls(monkeypatch):
    """What a room is asked for that writes nothing."""
    entries = []
    room = SimpleNamespace(
        render=lambda folder, **options: entries.append((folder.name, options["formats"], options["lang"])),
        map_figure=lambda units, column, **options: entries.append((len(units), column, options["lang"])),
    )
    monkeypatch.setattr(writers, "_rooms", [])
    writers.use_documents(lambda: room)
    return entries


def test_a_run_and_a_map_are_left_to_the_room_that_was_handed_in(calls, tmp_path):
    account = Study.read(small_study.write(tmp_path)).run(tmp_path / "run", reports=("html",), lang="zh")
    account.map("gep", lang="en")
    assert [entry[1:] for entry in calls] == [(("html",), "zh"), ("gep", "en")]
    assert (tmp_path / "run" / "gep.csv").is_file()
    assert not (tmp_path / "run" / "report.html").exists()


def test_the_room_of_the_package_is_its_reports():
    assert writers.documents() is report


def test_what_computes_loads_no_report():
    text = "import sys, ecoval.study.outputs, ecoval.offset.project.outputs; sys.exit('ecoval.report' in sys.modules)"
    subprocess.run([sys.executable, "-c", text], check=True)
