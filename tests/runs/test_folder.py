import json
import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from ecoval.errors import InputError
from ecoval.files import LOCK
from ecoval.runs.folder import RunFolder, abandon_orphans, default_folder


def content(folder):
    """Name and text of every file of a folder, and of those below it; of the record only how it ended."""
    texts = {}
    for path in sorted(Path(folder).rglob("*")):
        if path.is_file() and path.name != LOCK:
            text = path.read_text(encoding="utf-8")
            texts[path.relative_to(folder).as_posix()] = json.loads(text).get("status") if path.name == "run.json" else text
    return texts


def finished(folder, name, *files):
    """A run that is begun again in a folder, its files in the stage."""
    run = RunFolder(folder, {"name": name}, overwrite=True)
    for file in files:
        (run.stage / file).parent.mkdir(exist_ok=True)
        (run.stage / file).write_text(name)
    return run


def test_a_run_stands_whole_in_its_folder(tmp_path):
    run = finished(tmp_path / "run", "first", "gep.csv", "maps/a.tif")
    assert content(tmp_path / "run") == {".partial/gep.csv": "first", ".partial/maps/a.tif": "first", "run.json": "running"}
    run.finish()
    assert content(tmp_path / "run") == {"gep.csv": "first", "maps/a.tif": "first", "run.json": "finished"}
    record = json.loads((tmp_path / "run" / "run.json").read_text(encoding="utf-8"))
    assert (record["outputs"], "process" in record) == (["gep.csv", "maps/a.tif"], False)
    with pytest.raises(InputError, match="finished run"):
        RunFolder(tmp_path / "run", {})


def test_what_a_run_no_longer_has_goes_and_what_is_not_its_own_stays(tmp_path):
    finished(tmp_path, "first", "gep.csv", "old.csv").finish()
    (tmp_path / "notes.txt").write_text("mine")
    finished(tmp_path, "second", "gep.csv", "new.csv").finish()
    assert content(tmp_path) == {"gep.csv": "second", "new.csv": "second", "notes.txt": "mine", "run.json": "finished"}


@pytest.mark.parametrize("failing", range(6))
def test_a_failure_at_any_move_leaves_the_earlier_run_whole(tmp_path, monkeypatch, failing):
    """Three files of the earlier run are laid aside, then three of the new one are moved: each of the six moves fails once."""
    finished(tmp_path, "first", "gep.csv", "supply.csv").finish()
    before = content(tmp_path)
    again = finished(tmp_path, "second", "gep.csv", "extent.csv")
    again.seal()
    moves, replace = [], Path.replace

    def fail(self, target):
        moves.append(self)
        if len(moves) == failing + 1:
            raise OSError(5, "Input/output error")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="Input/output"):
        again.finish()
    monkeypatch.undo()
    again.abandon("failed", {"code": "x"})
    assert content(tmp_path) == before
    record = json.loads((tmp_path / "run.json").read_text(encoding="utf-8"))
    assert (record["name"], [attempt["status"] for attempt in record["attempts"]]) == ("first", ["failed"])


KILLED = """
import os, sys
from pathlib import Path
from ecoval.runs.folder import RunFolder
run = RunFolder(sys.argv[1], {"name": "killed"})
(run.stage / "gep.csv").write_text("half")
os._exit(9)
"""


def test_what_a_killed_process_left_is_ended(tmp_path):
    subprocess.run([sys.executable, "-c", KILLED, str(tmp_path / "2023")], check=False)
    living = tmp_path / "2015"
    living.mkdir()
    process = {"id": os.getppid(), "host": platform.node()}
    (living / "run.json").write_text(json.dumps({"status": "running", "process": process}))
    assert content(tmp_path) == {"2015/run.json": "running", "2023/.partial/gep.csv": "half", "2023/run.json": "running"}
    seen = []
    assert abandon_orphans(tmp_path, "cancelled", seen.append) == 1
    assert content(tmp_path) == {"2015/run.json": "running", "2023/run.json": "cancelled"}
    assert not (tmp_path / "2023" / LOCK).exists()
    assert seen == [0.5, 1.0]


def test_a_folder_is_written_by_one_run_at_a_time(tmp_path):
    first = finished(tmp_path / "run", "first", "gep.csv")
    with pytest.raises(InputError) as caught:
        finished(tmp_path / "run", "second", "gep.csv")
    assert (caught.value.code, caught.value.fields["process"]) == ("run_folder_busy", os.getpid())
    other = [sys.executable, "-c", KILLED, str(tmp_path / "run")]
    assert b"another run" in subprocess.run(other, check=False, capture_output=True).stderr.lower()
    assert content(tmp_path / "run") == {".partial/gep.csv": "first", "run.json": "running"}
    first.finish()
    assert not (tmp_path / "run" / LOCK).exists()
    finished(tmp_path / "run", "second", "gep.csv").abandon("failed", {"code": "x"})
    subprocess.run(other, check=False)  # it dies with the lock
    finished(tmp_path / "run", "third", "gep.csv").finish()
    assert content(tmp_path / "run") == {"gep.csv": "third", "run.json": "finished"}


def test_a_folder_of_something_else_is_not_filled(tmp_path):
    (tmp_path / "study.toml").write_text("mine")
    with pytest.raises(InputError) as caught:
        RunFolder(tmp_path, {"name": "first"}, overwrite=True)
    assert (caught.value.code, caught.value.fields["names"]) == ("run_folder_foreign", ["study.toml"])
    assert content(tmp_path) == {"study.toml": "mine"}
    (tmp_path / ".ecoval").touch()  # of the plugin, which keeps a project where its results come
    finished(tmp_path, "first", "gep.csv").finish()
    assert (tmp_path / "gep.csv").is_file()
    assert not (tmp_path / ".ecoval").exists()


def test_a_default_folder_is_new_and_its_name_can_be_written(tmp_path):
    first = default_folder(' a/b: "c" ', tmp_path)
    assert first.name.endswith("-a-b-c")
    first.mkdir()
    assert default_folder("a-b-c", tmp_path).name == f"{first.name}-2"


def test_a_file_held_at_the_final_rename_leaves_the_finished_files_beside(tmp_path, monkeypatch):
    """As on Windows, where a program that has a file open keeps it from being replaced."""
    folder = RunFolder(tmp_path / "run", {"name": "first", "year": 2023})
    (folder.stage / "gep.csv").write_text("first")
    folder.finish()
    again = RunFolder(tmp_path / "run", {"name": "second", "year": 2023}, overwrite=True)
    (again.stage / "gep.csv").write_text("second")
    replace = Path.replace

    def held(self, target):
        if self == tmp_path / "run" / "gep.csv" and ".earlier" in str(target):
            raise PermissionError(13, "held open", str(self))
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", held)
    with pytest.raises(InputError, match=r"gep\.csv") as caught:
        again.finish()
    assert caught.value.code == "FILE_IN_USE_LATE"
    beside = Path(caught.value.fields["beside"])
    assert (beside / "gep.csv").read_text() == "second"
    assert json.loads((beside / "run.json").read_text(encoding="utf-8"))["status"] == "finished"
    again.abandon("failed", {"code": caught.value.code})
    assert (tmp_path / "run" / "gep.csv").read_text() == "first"
    record = json.loads((tmp_path / "run" / "run.json").read_text(encoding="utf-8"))
    assert (record["name"], record["status"]) == ("first", "finished")
    assert beside.is_dir()


def part(folder, command, *files, kind="offset"):
    """A part of a work in several runs, its files in the stage."""
    run = RunFolder(folder, {"kind": kind, "command": command}, joins=("loss", "credits"))
    for file in files:
        (run.stage / file).write_text(command)
    return run


def test_a_run_that_joins_another_leaves_what_it_does_not_replace(tmp_path):
    part(tmp_path, "loss", "losses.csv", "checks.csv").finish()
    again = part(tmp_path, "credits", "credits.csv", "checks.csv")
    assert content(tmp_path)["run.json"] == "finished"  # of the part before, until this one is whole
    again.finish()
    assert content(tmp_path) == {"checks.csv": "credits", "credits.csv": "credits", "losses.csv": "loss", "run.json": "finished"}
    record = json.loads((tmp_path / "run.json").read_text(encoding="utf-8"))
    assert (record["command"], record["outputs"]) == ("credits", ["checks.csv", "credits.csv", "losses.csv"])
    part(tmp_path, "credits", "credits.csv").abandon("cancelled", {"code": "x"})
    record = json.loads((tmp_path / "run.json").read_text(encoding="utf-8"))
    assert (record["status"], [attempt["status"] for attempt in record["attempts"]]) == ("finished", ["cancelled"])
    assert sorted(content(tmp_path)) == ["checks.csv", "credits.csv", "losses.csv", "run.json"]


@pytest.mark.parametrize("earlier", [{"command": "assess"}, {"command": "loss", "kind": "damage"}])
def test_a_run_joins_no_run_of_another_kind(tmp_path, earlier):
    part(tmp_path, **earlier).finish()
    with pytest.raises(InputError, match="finished run"):
        part(tmp_path, "credits")
