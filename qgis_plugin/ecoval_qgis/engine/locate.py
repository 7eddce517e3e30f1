"""Which Python runs the engine, in which environment, and where the plugin keeps what it made.

Nothing is ever installed into the Python of QGIS, and the interpreter of QGIS itself is never asked to run the engine.
"""

import os
import shutil
import sys
import time
from collections import namedtuple
from pathlib import Path

from qgis.core import QgsSettings
from qgis.PyQt.QtCore import QProcess, QProcessEnvironment

VARIABLE = "ECOVAL_PYTHON"
OPTION = "ecoval/python"
ARGUMENTS = ("-I", "-X", "utf8", "-u", "-m", "ecoval", "serve")
OLDEST_PYTHON = (3, 11)
FOREIGN = (
    "PYTHONHOME",
    "PYTHONPATH",
    "PYTHONEXECUTABLE",
    "PROJ_LIB",
    "PROJ_DATA",
    "GDAL_DATA",
    "GDAL_DRIVER_PATH",
    "GEOTIFF_CSV",
    "LD_LIBRARY_PATH",
    "DYLD_LIBRARY_PATH",
    "QT_PLUGIN_PATH",
    "QGIS_PREFIX_PATH",
)
FOREIGN_PREFIX = "OSGEO4W_"
KEPT_SECONDS = 86400  # temporary folders of other sessions are left alone that long
PROBE = "import sys, venv, ensurepip; print('%d.%d.%d' % sys.version_info[:3])"
PROBE_MILLISECONDS = 15000

Candidate = namedtuple("Candidate", "kind python folder")  # kind: variable, option, own
Interpreter = namedtuple("Interpreter", "python version")


def plugin_version():
    """Version of the plugin, which is that of the library it was built for."""
    path = Path(__file__).resolve().parents[1] / "metadata.txt"
    if path.is_file():
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith("version="):
                return line.split("=", 1)[1].strip()
    return "0.1.0"


def data_folder():
    """Folder of the user's data for the engine, outside the QGIS profile."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or str(Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = str(Path.home() / "Library" / "Application Support")
    else:
        base = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(base) / "ecoval"


def engine_folder(version=None):
    """Folder of the environment that the plugin makes, one per version of the library."""
    return data_folder() / ("engine-" + (version or plugin_version()))


def interpreter(folder):
    """Path of the Python of a virtual environment."""
    return Path(folder) / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


def candidates():
    """Interpreters that may run the engine, in the order in which they are tried.

    Returns
    -------
    list of Candidate
    """
    found = []
    if os.environ.get(VARIABLE):
        found.append(Candidate("variable", os.environ[VARIABLE], None))
    chosen = str(QgsSettings().value(OPTION, "") or "")
    if chosen:
        found.append(Candidate("option", chosen, None))
    own = engine_folder()
    if interpreter(own).is_file():
        found.append(Candidate("own", str(interpreter(own)), own))
    return found


def environment(folder=None):
    """Environment of the engine: that of QGIS without what would lead it to QGIS's libraries.

    Parameters
    ----------
    folder : path
        The engine's own folder: compiled kernels and temporary files go there.

    Returns
    -------
    QProcessEnvironment
    """
    made = QProcessEnvironment.systemEnvironment()
    for name in made.keys():  # noqa: SIM118  (not a dict)
        if name.upper() in FOREIGN or name.upper().startswith(FOREIGN_PREFIX):
            made.remove(name)
    if folder is not None:
        temporary = Path(folder) / "tmp" / "{}-{:x}".format(os.getpid(), time.time_ns())
        made.insert("NUMBA_CACHE_DIR", str(Path(folder) / "cache"))
        for name in ("TMPDIR", "TEMP", "TMP"):
            made.insert(name, str(temporary))
        _empty(temporary.parent)
        temporary.mkdir(parents=True, exist_ok=True)
        (Path(folder) / "cache").mkdir(exist_ok=True)
    return made


def _empty(folder):
    """Remove temporary folders that no session uses any more."""
    if not folder.is_dir():
        return
    for entry in folder.iterdir():
        try:
            old = time.time() - entry.stat().st_mtime > KEPT_SECONDS
        except OSError:
            old = False  # gone meanwhile
        if old:
            shutil.rmtree(str(entry), ignore_errors=True)


def base_interpreters(folder=None):
    """Pythons that can make an environment: new enough, with venv and ensurepip, the best first.

    Parameters
    ----------
    folder : path
        Offline folder; an interpreter in its `python` goes first.

    Returns
    -------
    list of Interpreter
    """
    found = []
    seen = set()
    for command in _base_commands(folder):
        real = os.path.realpath(shutil.which(command[0]) or command[0])
        key = (real, tuple(command[1:]))
        if key in seen or not Path(real).exists():
            continue
        seen.add(key)
        version = _probed(command)
        if version is not None and version[:2] >= OLDEST_PYTHON:
            found.append(Interpreter(list(command), version))
    return found


def _base_commands(folder):
    """Commands that may be a Python, in the order of preference."""
    if folder is not None:
        for name in ("python.exe", "bin/python3", "python3"):
            for path in sorted((Path(folder) / "python").glob("**/" + name)):
                yield [str(path)]
    versions = ["3.13", "3.12", "3.11"]
    if sys.platform == "win32":
        for version in versions:
            yield ["py", "-" + version]
    for name in ["python" + version for version in versions] + ["python3", "python"]:
        if shutil.which(name):
            yield [shutil.which(name)]
    for variable in ("CONDA_PREFIX", "CONDA_ROOT"):
        if os.environ.get(variable):
            yield [str(Path(os.environ[variable]) / ("python.exe" if sys.platform == "win32" else "bin/python"))]
    if sys.platform == "win32":
        yield [str(Path(sys.prefix) / "python.exe")]  # QGIS's own, as the base of an environment, never as its target
    else:
        yield ["/usr/bin/python3"]


def _probed(command):
    """Version of an interpreter that has venv and ensurepip, or None."""
    process = QProcess()
    process.setProcessEnvironment(environment())
    process.start(command[0], [*command[1:], "-I", "-c", PROBE])
    if not process.waitForFinished(PROBE_MILLISECONDS):
        process.kill()
        process.waitForFinished(1000)
        return None
    if process.exitStatus() != QProcess.ExitStatus.NormalExit or process.exitCode() != 0:
        return None
    text = bytes(process.readAllStandardOutput()).decode("ascii", errors="replace").strip()
    try:
        return tuple(int(part) for part in text.split("."))
    except ValueError:
        return None
