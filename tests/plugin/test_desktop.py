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


def test_every_step_in_both_languages(tmp_path):
    missing = [name for name in TOOLS if shutil.which(name) is None]
    assert not missing, "install " + " ".join(missing)
    environment = {
        key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "PYTHONHOME", "QGIS_CUSTOM_CONFIG_PATH")
    }
    environment.pop("QT_QPA_PLATFORM", None)
    build = [PYTHON, str(ROOT / "qgis_plugin" / "build.py"), "zip", "--out", str(tmp_path)]
    subprocess.run(build, check=True, env=environment, capture_output=True)
    pictures = Path(os.environ.get("ECOVAL_GUI_PICTURES", str(tmp_path)))
    for lang in ("zh", "en"):
        out = pictures / ("gui_" + lang)
        script = str(Path(__file__).parent / "gui" / "run_gui.sh")
        command = ["bash", script, str(next(tmp_path.glob("*.zip"))), PYTHON, str(out), lang]
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
        assert (out / "result.json").exists(), done.stdout + done.stderr
        found = json.loads((out / "result.json").read_text(encoding="utf-8"))
        failed = [step for step in found["steps"] if not step["ok"]]
        assert not failed, json.dumps(failed, ensure_ascii=False, indent=1)
        assert done.returncode == 0


@pytest.mark.parametrize("name", ["driver.py", "run_gui.sh"])
def test_its_parts_are_there(name):
    assert (Path(__file__).parent / "gui" / name).is_file()
