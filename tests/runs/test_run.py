import hashlib
import json
from pathlib import Path

import pytest

from ecoval.errors import Cancelled, InputError, MissingData, warn
from ecoval.runs import RunFolder, open_run
from ecoval.runs.record import error_record, versions


def record(folder):
    return json.loads((Path(folder) / "run.json").read_text(encoding="utf-8"))


def names(folder):
    return sorted(path.name for path in Path(folder).iterdir())


def test_a_run_keeps_its_files_inputs_warnings_and_time(tmp_path):
    given = tmp_path / "in.csv"
    given.write_bytes(b"a\n1\n")

    def work():
        with open_run(tmp_path / "run", {"name": "县"}) as run:
            assert record(tmp_path / "run")["status"] == "running"
            run.hash_inputs([("table", given), ("gone", tmp_path / "gone.csv")])
            warn("term_unknown", MissingData, identifier="x", nearest="m")
            run.clock.stage("pass")
            run.record |= {"warnings": run.warnings(), "inputs": run.inputs(), "timings": run.clock.seconds}
            (run.folder.stage / "gep.csv").write_text("1")

    with pytest.warns(MissingData, match="not in the vocabulary"):
        work()
    assert names(tmp_path / "run") == ["gep.csv", "run.json"]
    kept = record(tmp_path / "run")
    assert (kept["name"], kept["status"], kept["outputs"], list(kept["timings"])) == ("县", "finished", ["gep.csv"], ["pass"])
    assert [entry["code"] for entry in kept["warnings"]] == ["term_unknown"]
    assert kept["inputs"] == [
        {"role": "table", "path": str(given), "size": 4, "sha256": hashlib.sha256(b"a\n1\n").hexdigest()},
        {"role": "gone", "path": str(tmp_path / "gone.csv"), "size": 0, "sha256": None},
    ]


def test_a_run_without_a_folder_writes_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with open_run(None, {}) as run:
        assert run.folder is None
    assert list(tmp_path.iterdir()) == []


def half_a_run(folder, error, **options):
    with open_run(folder, {"name": "half"}, **options) as run:
        (run.folder.stage / "gep.csv").write_text("half")
        raise error


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (InputError("disk_full", path="x"), "failed", "disk_full"),
        (ZeroDivisionError("x"), "failed", "ZeroDivisionError"),
        (MemoryError(), "failed", "MemoryError"),
        (Cancelled(), "cancelled", "cancelled"),
        (KeyboardInterrupt(), "cancelled", "cancelled"),
    ],
)
def test_what_stops_a_run_is_said_and_nothing_half_is_left(tmp_path, error, status, code):
    with pytest.raises(type(error)) as caught:
        half_a_run(tmp_path, error)
    assert caught.value is error
    assert names(tmp_path) == ["run.json"]
    kept = record(tmp_path)
    assert (kept["status"], kept["error"]["code"], "process" in kept) == (status, code, False)


def test_a_failed_attempt_leaves_the_finished_run(tmp_path):
    with open_run(tmp_path, {"name": "first"}) as run:
        (run.folder.stage / "gep.csv").write_text("first")
    with pytest.raises(ValueError, match="no"):
        half_a_run(tmp_path, ValueError("no"), overwrite=True)
    assert (tmp_path / "gep.csv").read_text() == "first"
    assert names(tmp_path) == ["gep.csv", "run.json"]
    kept = record(tmp_path)
    assert (kept["name"], kept["status"], kept["attempts"][0]["error"]["code"]) == ("first", "finished", "ValueError")


def test_a_failure_of_the_last_move_is_that_of_the_run(tmp_path, monkeypatch):
    def full(self):
        raise InputError("disk_full", path=str(self.path))

    monkeypatch.setattr(RunFolder, "finish", full)
    with pytest.raises(InputError, match="disk is full"), open_run(tmp_path, {}):
        pass
    assert record(tmp_path)["status"] == "failed"


def test_errors_and_warnings_stand_in_a_record_by_code_and_in_both_languages():
    made = error_record(InputError("study_year_unknown", path=Path("x"), year=2021, years=[2015, 2023]))
    assert made["fields"] == {"path": "x", "year": 2021, "years": "2015, 2023"}
    assert made["en"] != made["zh"]
    assert error_record(UserWarning("plain")) == {"code": "UserWarning", "en": "plain", "zh": "plain"}
    assert json.loads(json.dumps(made)) == made


def test_versions_name_every_library_that_is_there():
    assert all(versions()[name] for name in ("python", "ecoval", "numpy", "rasterio", "pyogrio"))
