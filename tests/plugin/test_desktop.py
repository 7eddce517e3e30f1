"""The whole desktop: the zip in a fresh profile under a Chinese user folder, real clicks, in both languages."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PYTHON = os.environ.get("ECOVAL_TEST_PYTHON", sys.executable)
TOOLS = ("/usr/bin/qgis.bin", "Xvfb", "xdotool", "openbox")


def environment():
    left_out = ("PYTHONPATH", "PYTHONHOME", "QGIS_CUSTOM_CONFIG_PATH", "QT_QPA_PLATFORM")
    return {key: value for key, value in os.environ.items() if key not in left_out}


@pytest.fixture(scope="module")
def plugin_zip(tmp_path_factory):
    missing = [name for name in TOOLS if shutil.which(name) is None]
    assert not missing, "install " + " ".join(missing)
    folder = tmp_path_factory.mktemp("zip")
    build = [PYTHON, str(ROOT / "qgis_plugin" / "build.py"), "zip", "--out", str(folder)]
    subprocess.run(build, check=True, env=environment(), capture_output=True)
    return next(folder.glob("*.zip"))


def driven(plugin_zip, out, lang, driver, **more):
    """Steps of a desktop run, all of which went well."""
    command = ["bash", str(Path(__file__).parent / "gui" / "run_gui.sh"), str(plugin_zip), PYTHON, str(out), lang, driver]
    done = subprocess.run(command, env=dict(environment(), **more), capture_output=True, text=True)
    assert (out / "result.json").exists(), done.stdout + done.stderr
    found = json.loads((out / "result.json").read_text(encoding="utf-8"))
    failed = [step for step in found["steps"] if not step["ok"]]
    assert not failed, json.dumps(failed, ensure_ascii=False, indent=1)
    assert done.returncode == 0
    for step in found["steps"]:
        print("{name}: {text}".format(**step))
    return {step["name"]: step for step in found["steps"]}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_step(plugin_zip, tmp_path, lang):
    pictures = Path(os.environ.get("ECOVAL_GUI_PICTURES", str(tmp_path)))
    driven(plugin_zip, pictures / ("gui_" + lang), lang, "driver.py")


def test_clicks_on_a_county_and_many_runs(plugin_zip, tmp_path):
    """Short here; ECOVAL_GUI_RUNS=50 ECOVAL_GUI_WANDERING=200 for the whole of it."""
    county = tmp_path / "county"
    subprocess.run([PYTHON, str(Path(__file__).parent / "county.py"), str(county)], check=True, env=environment())
    pictures = Path(os.environ.get("ECOVAL_GUI_PICTURES", str(tmp_path)))
    driven(plugin_zip, pictures / "gui_endurance", "zh", "endurance.py", ECOVAL_GUI_COUNTY=str(county))
