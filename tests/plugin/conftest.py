"""The plugin's parts are importable, and what is generated is there."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PLUGIN = ROOT / "qgis_plugin"
sys.path[:0] = [str(PLUGIN), str(Path(__file__).parent)]
PYTHON = os.environ.get("ECOVAL_TEST_PYTHON") or os.environ.get("ECOVAL_PYTHON", "")


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


@pytest.fixture(scope="module")
def processing(qgis_app, qgis_processing):
    """`processing` with the provider and the engine."""
    import processing as module

    import ecoval_qgis

    os.environ["ECOVAL_PYTHON"] = PYTHON
    plugin = ecoval_qgis.classFactory(None)
    plugin.initProcessing()
    yield module
    plugin.unload()


@pytest.fixture(scope="module")
def sample(processing, tmp_path_factory):
    """Folder of the sample."""
    folder = tmp_path_factory.mktemp("示例 目录") / "样 本"
    processing.run("ecoval:sample_project", {"FOLDER": str(folder)})
    return folder
