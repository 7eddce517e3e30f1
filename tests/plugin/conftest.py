"""The plugin's parts are importable, and what is generated is there."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PLUGIN = ROOT / "qgis_plugin"
sys.path[:0] = [str(PLUGIN), str(Path(__file__).parent)]
sys.path.append(str(ROOT / "tests"))  # bounds, outside: shared with the tests of the library
pytest_plugins = ["outside"]
PYTHON = os.environ.get("ECOVAL_TEST_PYTHON") or os.environ.get("ECOVAL_PYTHON", "")
SESSION = pytest.StashKey()


def pytest_configure(config):
    """Generate catalogue, sample and translations where they are not there; the engine's Python has the library."""
    python = os.environ.get("ECOVAL_TEST_PYTHON", "")
    if not python:
        return
    for what, target in (
        ("catalogue", "catalogue.json"),
        ("sample", "sample/roles.json"),
        ("translations", "i18n/ecoval_zh_CN.qm"),
    ):
        if not (PLUGIN / "ecoval_qgis" / target).exists():
            subprocess.run([python, str(PLUGIN / "build.py"), what], check=True, env=engine_environment())


def pytest_sessionfinish(session):
    """Keep the session: its status is final once all has been reported."""
    session.config.stash[SESSION] = session


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config):
    """Leave with the status of pytest before QGIS 3.22 is taken down by the interpreter, in which it now and then crashes.

    Everything has been run and reported by then. A crash before this point still ends the process with the status of the crash.
    """
    session = config.stash.get(SESSION, None)
    if session is not None:
        config.pluginmanager.get_plugin("terminalreporter").flush()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(int(session.exitstatus))


@pytest.fixture(scope="session")
def county(tmp_path_factory):
    """Folder of ninety counties over layers at 30 m."""
    folder = tmp_path_factory.mktemp("county") / "county"
    subprocess.run([PYTHON, str(Path(__file__).parent / "county.py"), str(folder)], check=True, env=engine_environment())
    return folder


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """The zip of the plugin, with an index for an intranet beside it."""
    out = tmp_path_factory.mktemp("dist")
    command = [PYTHON, str(PLUGIN / "build.py"), "zip", "--out", str(out), "--url", "https://intranet/plugins"]
    subprocess.run(command, check=True, env=engine_environment(), capture_output=True)
    return next(out.glob("*.zip"))


def engine_environment():
    """Environment of a command of the engine's Python."""
    return {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "PYTHONHOME")}


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
