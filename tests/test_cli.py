"""Commands: what they print, their exit codes, one message on standard error, Ctrl-C."""

import json
import os
import re
import resource
import signal
import subprocess
import sys
import time

import pandas as pd
import pytest
import small_study
from bounds import within
from typer.testing import CliRunner

import ecoval
from ecoval.cli import app, with_maps_value
from ecoval.study import outputs

COMMANDS = ["demo", "init", "check", "run", "audit", "report", "upgrade", "zonal", "units admin", "params list", "params show"]
COMMANDS += ["params export", "services", "doctor"]


@pytest.fixture(autouse=True)
def _plain(monkeypatch):
    monkeypatch.setenv("LANG", "en_GB.UTF-8")
    monkeypatch.delenv("LC_ALL", raising=False)
    monkeypatch.setattr(outputs, "write_reports", lambda *_: None)


@pytest.fixture
def study(tmp_path):
    return small_study.write(tmp_path / "study")


def call(*arguments, code=0):
    """Run a command; its standard output and standard error."""
    result = CliRunner().invoke(app, with_maps_value([str(argument) for argument in arguments]))
    assert result.exit_code == code, result.stderr or result.stdout
    assert "Traceback" not in result.stderr
    return result.stdout, result.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_an_example(command):
    out, _ = call(*command.split(), "--help")
    text = re.sub(r"\x1b\[[0-9;]*m", "", out)
    assert f"Example: ecoval {command}" in text
    assert "--json" in text
    assert "--quiet" in text


def test_version_is_printed_alone():
    assert call("--version") == (f"ecoval {ecoval.__version__}\n", "")
    assert "--version" in call("--help")[0]


def test_run_prints_tables_and_writes_the_folder(study, tmp_path):
    out, err = call("run", study, "--out", tmp_path / "run")
    assert "330101" in out
    assert "单元 1" in out
    assert err == ""
    assert (tmp_path / "run" / "supply.csv").is_file()


def test_run_json_is_one_object(study, tmp_path):
    out, _ = call("run", study, "--out", tmp_path / "run", "--json")
    result = json.loads(out)
    assert result["folders"] == [str(tmp_path / "run")]
    assert len(result["gep"]) == 4


def test_quiet_prints_nothing(study, tmp_path):
    assert call("run", study, "--out", tmp_path / "run", "--quiet") == ("", "")


def test_refusal_is_one_message_and_exit_one(study, tmp_path):
    (study.parent / "npp.tif").unlink()
    out, err = call("run", study, "--out", tmp_path / "run", code=1)
    assert out == ""
    assert err.startswith("Error: The file of a layer does not exist")
    assert len(err.strip().splitlines()) == 1
    out, err = call("run", study, "--out", tmp_path / "other", "--lang", "zh", code=1)
    assert err.startswith("错误：图层文件不存在")
    out, _ = call("run", study, "--out", tmp_path / "third", "--json", code=1)
    assert json.loads(out)["error"]["code"] == "layer_file_missing"


def test_language_comes_from_the_environment(study, tmp_path, monkeypatch):
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    (study.parent / "npp.tif").unlink()
    assert call("run", study, "--out", tmp_path / "run", code=1)[1].startswith("错误")


def test_usage_is_exit_two(study):
    call("run", code=2)
    call("run", study, "--thread", "2", code=2)
    call("run", study, "--lang", "fr", code=2)
    call("rnu", study, code=2)


def test_debug_shows_the_traceback(study, tmp_path):
    (study.parent / "npp.tif").unlink()
    result = CliRunner().invoke(app, ["run", str(study), "--out", str(tmp_path / "run"), "--debug"])
    assert result.exit_code == 1
    assert "Traceback" in result.stderr


def test_finished_folder_needs_overwrite(study, tmp_path):
    call("run", study, "--out", tmp_path / "run")
    assert "--overwrite" in call("run", study, "--out", tmp_path / "run", code=1)[1]
    call("run", study, "--out", tmp_path / "run", "--overwrite")


def test_default_folder_is_never_used_twice(study, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    call("run", study)
    call("run", study)
    names = sorted(path.name for path in (tmp_path / "runs").iterdir())
    assert len(names) == 2
    assert names[0].endswith("-小县-small")
    assert names[1] == f"{names[0]}-2"


def test_maps_may_stand_alone_or_with_factors(study, tmp_path):
    call("run", study, "--maps", "--out", tmp_path / "run")
    assert (tmp_path / "run" / "maps" / "water_retention_retention.tif").is_file()
    call("run", "--maps", "factors", study, "--out", tmp_path / "two")
    assert (tmp_path / "two" / "maps" / "factor_npp.tif").is_file()


def test_check_passes_and_fails(study):
    out, _ = call("check", study)
    assert "estimate" in out
    (study.parent / "npp.tif").unlink()
    result = json.loads(call("check", study, "--json", code=1)[0])
    assert result["ok"] is False
    assert any(row["level"] == "error" and "npp" in row["what"] for row in result["findings"])


def test_audit_of_a_run(study, tmp_path):
    call("run", study, "--out", tmp_path / "run")
    result = json.loads(call("audit", tmp_path / "run", "--json")[0])
    assert result["verdict"] == "same"
    assert {line["table"] for line in result["lines"]} == {"supply", "gep", "extent", "indicators"}


def test_init_writes_a_study_that_is_read(tmp_path):
    call("init", tmp_path / "新 county", "--units", "units.gpkg")
    out, _ = call("check", tmp_path / "新 county" / "study.toml", code=1)
    assert "landcover" in out
    assert "study.toml" in call("init", tmp_path / "新 county", code=1)[1]
    assert "nearest" in call("init", tmp_path / "other", "--standard", "open-2062", code=1)[1]


@pytest.mark.parametrize("ending", [".csv", ".parquet", ".gpkg", ".xlsx"])
def test_zonal_in_every_format(study, tmp_path, ending):
    folder, out = study.parent, tmp_path / f"zonal{ending}"
    call("zonal", folder / "units.gpkg", folder / "npp.tif", "--id", "code", "--out", out, "--stats", "mean,area")
    if ending == ".csv":
        table = pd.read_csv(out, dtype={"unit_id": str})
        assert list(table.columns) == ["unit_id", "layer", "mean", "area"]
        assert list(table["mean"]) == [800.0] * 4
    assert out.stat().st_size > 0


def test_units_admin(study, tmp_path):
    out, _ = call("units", "admin", study.parent / "units.gpkg", "--id", "code", "--name", "label", "--out", tmp_path / "u.gpkg")
    assert (tmp_path / "u.gpkg").is_file()
    assert "4 units" in out


def test_parameters_are_listed_shown_and_exported(tmp_path):
    assert "soil_retention" in call("params", "list")[0]
    shown = json.loads(call("params", "show", "carbon_sequestration", "--json")[0])
    assert any(row["parameter"] == "price_co2" for row in shown["parameters"])
    call("params", "export", "soil_retention", "--out", tmp_path / "soil.csv")
    assert "C_factor" in (tmp_path / "soil.csv").read_text(encoding="utf-8-sig")
    assert "soil_retention" in call("params", "show", "soil_retentio", code=1)[1]


def test_services_of_a_standard():
    every = json.loads(call("services", "--json")[0])["services"]
    listed = json.loads(call("services", "--standard", "open-2026", "--json")[0])["services"]
    assert {row["service"] for row in listed} < {row["service"] for row in every}


def test_doctor_finds_this_machine_sound(tmp_path):
    result = json.loads(call("doctor", "--folder", tmp_path, "--json")[0])
    assert result["ok"] is True
    assert not list(tmp_path.iterdir())


@pytest.mark.timed
def test_help_comes_at_once():
    def seconds():
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-m", "ecoval", "--help"], check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        # time of the processor: what else the machine does is not the command's
        return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime

    within(min(seconds() for _ in range(3)), 0.3, "help")


def test_import_loads_nothing_heavy():
    code = "import sys, ecoval.cli; print([m for m in ('numpy', 'pandas', 'numba', 'rasterio', 'rich') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"


def test_interrupt_is_exit_130_and_leaves_no_table(study, tmp_path):
    """Ctrl-C while a run works: exit 130, run.json says cancelled, no half table."""
    large = small_study.cover().repeat(60, axis=0).repeat(60, axis=1)
    transform = small_study.TRANSFORM @ small_study.TRANSFORM.scale(1 / 60)
    small_study.raster(study.parent / "landcover_2023.tif", large, transform=transform)
    text = study.read_text(encoding="utf-8").replace('crs = "EPSG:4549"\ncell = 100.0', 'like = "landcover"')
    study.write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "ecoval", "run", str(study), "--out", str(tmp_path / "run"), "--threads", "1"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    record = tmp_path / "run" / "run.json"
    deadline = time.monotonic() + 60
    while not record.is_file() and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "cancelled" in err
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["run.json"]
    assert json.loads(record.read_text(encoding="utf-8"))["status"] == "cancelled"


@pytest.mark.parametrize("flags", [[], ["--json"], ["--lang", "zh"]])
def test_a_console_of_letters_without_accents_never_fails(tmp_path, flags):
    """A path and messages in Chinese where the console knows ASCII alone."""
    folder = small_study.write(tmp_path / "临澜 县").parent
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG", "PYTHONUTF8"))}
    environment = plain | {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "ascii"}
    for name in ("study.toml", "absent.toml"):
        command = [sys.executable, "-m", "ecoval", "check", str(folder / name), *flags]
        done = subprocess.run(command, env=environment, capture_output=True, check=False)
        text = (done.stdout + done.stderr).decode("utf-8")
        assert "Traceback" not in text
        assert "no message for" not in text
        assert done.returncode == 1
        if flags == ["--json"]:
            assert json.loads(done.stdout)["error"]["code"] in ("names_beyond_encoding", "study_file_missing")
