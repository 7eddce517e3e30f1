"""The whole desktop: the zip in a fresh profile under a Chinese user folder, real clicks, in both languages."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PYTHON = os.environ.get("ECOVAL_TEST_PYTHON", sys.executable)
TEXTS = (
    "active toolbar_opens_dock sample first_run chart_and_notes pick_on_canvas run_selected runs_tab "
    "balance_tab balance_gains balance_rules clean"
)
TOOLS = ("/usr/bin/qgis.bin", "Xvfb", "xdotool", "openbox")


def environment():
    left_out = ("PYTHONPATH", "PYTHONHOME", "QGIS_CUSTOM_CONFIG_PATH", "QT_QPA_PLATFORM")
    return {key: value for key, value in os.environ.items() if key not in left_out}


@pytest.fixture(scope="module")
def plugin_zip(built):
    missing = [name for name in TOOLS if shutil.which(name) is None]
    assert not missing, "install " + " ".join(missing)
    return built


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


@pytest.mark.timed
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_step(plugin_zip, tmp_path, lang):
    """Every step in Chinese; in English what shows texts, and the whole of it in `make test-qgis-long`."""
    pictures = Path(os.environ.get("ECOVAL_GUI_PICTURES", str(tmp_path)))
    whole = lang == "zh" or bool(os.environ.get("ECOVAL_STRICT"))
    driven(plugin_zip, pictures / ("gui_" + lang), lang, "driver.py", ECOVAL_GUI_STEPS="" if whole else TEXTS)


@pytest.mark.timed
def test_clicks_on_a_county_and_many_runs(plugin_zip, county, tmp_path):
    """Short here; ECOVAL_GUI_RUNS=50 ECOVAL_GUI_WANDERING=200 for the whole of it."""
    pictures = Path(os.environ.get("ECOVAL_GUI_PICTURES", str(tmp_path)))
    driven(plugin_zip, pictures / "gui_endurance", "zh", "endurance.py", ECOVAL_GUI_COUNTY=str(county))
