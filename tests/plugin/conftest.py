"""The plugin's parts are importable, and what is generated is there."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PLUGIN = ROOT / "qgis_plugin"
sys.path.insert(0, str(PLUGIN))


def pytest_configure(config):
    """Generate catalogue, sample and translations where they are not there; the engine's Python has the library."""
    python = os.environ.get("ECOVAL_TEST_PYTHON", "")
    if not python:
        return
    environment = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "PYTHONHOME")}
    for what, target in (
        ("catalogue", "catalogue.json"),
        ("sample", "sample/roles.json"),
        ("translations", "i18n/ecoval_zh_CN.qm"),
    ):
        if not (PLUGIN / "ecoval_qgis" / target).exists():
            subprocess.run([python, str(PLUGIN / "build.py"), what], check=True, env=environment)
