"""The engine's own environment, made by one click: from the package index, or from a folder of wheels.

Every step is a QProcess with an argument list. What is half made has another name than what is whole, and is
removed after a
failure or a cancellation; an earlier environment goes only when the new one has passed its greeting and its self test.
"""

import hashlib
import json
import shutil
import sys
import sysconfig
import time
from collections import namedtuple
from pathlib import Path

from qgis.PyQt.QtCore import QProcess, QThread, pyqtSignal

from . import locate, protocol
from .client import handshake

SPACE_GB = 2.0
BLOCK = 2**20  # bytes that are hashed at a time
TICK = 50  # ms between two looks at a running step
LAST_LINES = 8
SHARES = {
    "check": 0.02,
    "environment": 0.1,
    "packages": 0.7,
    "greeting": 0.75,
    "self test": 0.8,
    "kernels": 0.98,
    "done": 1.0,
}

Plan = namedtuple("Plan", "version folder index proxy requirement")
Plan.__new__.__defaults__ = (None, "", "", "")


def plan(folder=None, index="", proxy="", version=None):
    """What is to be installed.

    Parameters
    ----------
    folder : path
        Offline folder; without one the package index is asked.
    index, proxy : text
        Where the user's own configuration of pip has none.
    version : text
        Version of the library; default that of the plugin.

    Returns
    -------
    Plan
    """
    version = version or locate.plugin_version()
    return Plan(version, Path(folder) if folder else None, index, proxy, "ecoval==" + version)


class Installer:
    """The steps of one installation, in the thread that calls `run`.

    Parameters
    ----------
    wanted : Plan
    report : callable (step, fraction, text)
    cancelled : callable
        Whether the user has stopped it.
    target : path
        Folder of the environment; default the plugin's own for this version.
    """

    def __init__(self, wanted, report=None, cancelled=None, target=None):
        self.wanted = wanted
        self.report = report or (lambda *_: None)
        self.cancelled = cancelled or (lambda: False)
        self.target = Path(target) if target else locate.engine_folder(wanted.version)
        self.part = self.target.with_name(self.target.name + ".part")
        self.log = []

    def run(self):
        """Make the environment.

        Returns
        -------
        mapping
            What the new engine says of itself.

        Raises
        ------
        EngineError
            With a code INSTALL_...; nothing half made is left.
        """
        try:
            self._say("check")
            self._room()
            base = self._base()
            self._say("environment", " ".join(base.python))
            self._step("environment", base.python[0], [*base.python[1:], "-I", "-m", "venv", "--clear", str(self.part)])
            self._say("packages", self.wanted.requirement)
            self._step("packages", str(locate.interpreter(self.part)), self._pip(), self.part)
            self._say("greeting")
            hello = self._greeting(self.part)
            self._say("self test")
            doctor = ["-I", "-X", "utf8", "-m", "ecoval", "doctor", "--json", "--folder", str(self.part)]
            self._step("self test", str(locate.interpreter(self.part)), doctor, self.part)
            self._replace()
            self._kernels()
            self.report("done", SHARES["done"], "")
            return hello
        finally:
            shutil.rmtree(str(self.part), ignore_errors=True)

    def _kernels(self):
        """Compile what the first run needs, by the sample county; the environment is whole also without."""
        self.report("kernels", SHARES["kernels"], "")
        demo = ["-I", "-X", "utf8", "-m", "ecoval", "demo", "--quiet", "--out", str(self.target / "tmp" / "demo")]
        try:
            self._step("kernels", str(locate.interpreter(self.target)), demo, self.target)
        except protocol.EngineError as error:
            self.log.append("kernels: {} {}".format(error.code, error.fields))
        shutil.rmtree(str(self.target / "tmp"), ignore_errors=True)

    def _say(self, step, text=""):
        if self.cancelled():
            raise protocol.EngineError("INSTALL_CANCELLED")
        self.report(step, SHARES[step], text)

    def _room(self):
        """Refuse where the folder cannot be written or the disk is full."""
        parent = self.target.parent
        try:
            shutil.rmtree(str(self.part), ignore_errors=True)
            self.part.mkdir(parents=True)
            (self.part / "write test").write_text("ecoval", encoding="utf-8")
        except OSError as error:
            raise protocol.EngineError("INSTALL_NO_PERMISSION", {"path": str(parent), "reason": str(error)}) from error
        free = shutil.disk_usage(str(parent)).free / 1e9
        if free < SPACE_GB:
            fields = {"path": str(parent), "found": round(free, 1), "expected": SPACE_GB}
            raise protocol.EngineError("INSTALL_NO_SPACE", fields)

    def _base(self):
        """The interpreter that makes the environment; with an offline folder one that the folder has files for."""
        offered = read_manifest(self.wanted.folder, self.cancelled) if self.wanted.folder else None
        found = locate.base_interpreters(self.wanted.folder)
        if not found:
            raise protocol.EngineError("INSTALL_NO_PYTHON", {"expected": ".".join(map(str, locate.OLDEST_PYTHON))})
        if not offered:
            return found[0]
        for candidate in found:
            if "{}.{}".format(*candidate.version[:2]) in offered:
                return candidate
        fields = {"found": ".".join(map(str, found[0].version[:2])), "platform": machine(), "expected": offered}
        raise protocol.EngineError("INSTALL_FOLDER_PYTHON", fields)

    def _pip(self):
        """Arguments of pip: its own configuration holds, and what the options say comes on top."""
        arguments = ["-I", "-X", "utf8", "-m", "pip", "install"]
        arguments += ["--no-input", "--disable-pip-version-check", "--no-warn-script-location"]
        if self.wanted.folder is not None:
            arguments += ["--no-index", "--find-links", str(self.wanted.folder / "wheels")]
        elif self.wanted.index:
            arguments += ["--index-url", self.wanted.index]
        if self.wanted.proxy:
            arguments += ["--proxy", self.wanted.proxy]
        return [*arguments, self.wanted.requirement]

    def _step(self, name, command, arguments, folder=None):
        """Run one step to its end; its lines go to the log.

        Raises
        ------
        EngineError
        """
        process = QProcess()
        process.setProcessEnvironment(locate.environment(folder))
        process.setProcessChannelMode(QProcess.ProcessChannelMode.MergedChannels)
        process.start(command, arguments)
        if not process.waitForStarted(30000):
            raise protocol.EngineError("INSTALL_STEP", {"step": name, "status": "-", "reason": process.errorString()})
        process.closeWriteChannel()
        lines = []
        while process.state() != QProcess.ProcessState.NotRunning:
            if self.cancelled():
                process.kill()
                process.waitForFinished(5000)
                raise protocol.EngineError("INSTALL_CANCELLED")
            process.waitForReadyRead(TICK)
            self._read(name, process, lines)
        self._read(name, process, lines)
        failed = process.exitStatus() != QProcess.ExitStatus.NormalExit or process.exitCode() != 0
        if failed:
            reason = " / ".join(lines[-LAST_LINES:])
            raise protocol.EngineError("INSTALL_STEP", {"step": name, "status": process.exitCode(), "reason": reason})

    def _read(self, name, process, lines):
        text = bytes(process.readAll()).decode("utf-8", errors="replace")
        for line in text.splitlines():
            if line.strip():
                lines.append(line.strip())
                self.log.append(line)
                self.report(name, SHARES[name], line.strip())

    def _greeting(self, folder):
        """What the new engine says of itself."""
        candidate = locate.Candidate("own", str(locate.interpreter(folder)), folder)
        try:
            return handshake(candidate)
        except protocol.EngineError as error:
            fields = {"step": "greeting", "status": error.code, "reason": error.fields.get("reason", str(error))}
            raise protocol.EngineError("INSTALL_STEP", fields) from error

    def _replace(self):
        """Give the whole environment its name; the earlier one goes last, and comes back where that fails."""
        old = self.target.with_name(self.target.name + ".old-{:x}".format(time.time_ns()))
        try:
            if self.target.exists():
                self.target.rename(old)
            try:
                self.part.rename(self.target)
            except OSError:
                if old.exists():
                    old.rename(self.target)
                raise
        except OSError as error:
            raise protocol.EngineError(
                "INSTALL_NO_PERMISSION", {"path": str(self.target), "reason": str(error)}
            ) from error
        shutil.rmtree(str(old), ignore_errors=True)


class Installation(QThread):
    """An installation in a thread of its own, for the interface.

    Signals: `progressed` (step, fraction, text), `ended` (hello or None, EngineError or None).
    """

    progressed = pyqtSignal(str, float, str)
    ended = pyqtSignal(object, object)

    def __init__(self, wanted, target=None, parent=None):
        super().__init__(parent)
        self.installer = Installer(wanted, self.progressed.emit, self.isInterruptionRequested, target)

    def cancel(self):
        """Stop the running step and remove what is half made."""
        self.requestInterruption()

    def run(self):
        """The steps, and how they ended."""
        try:
            self.ended.emit(self.installer.run(), None)
        except protocol.EngineError as error:
            self.ended.emit(None, error)
        except OSError as error:
            fields = {"step": "check", "status": "-", "reason": str(error)}
            self.ended.emit(None, protocol.EngineError("INSTALL_STEP", fields))


def read_manifest(folder, cancelled=lambda: False):
    """Versions of Python that an offline folder has wheels for, with the hashes of what this machine needs checked.

    Parameters
    ----------
    folder : path
    cancelled : callable

    Returns
    -------
    list of text
        Such as "3.11"; empty where the manifest names none.

    Raises
    ------
    EngineError
    """
    folder = Path(folder)
    try:
        content = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        entries = [
            (str(entry["file"]), str(entry.get("platform", "any")), str(entry["sha256"])) for entry in content["files"]
        ]
        versions = [str(version) for version in content.get("pythons", [])]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        reason = "manifest.json: {}".format(error)
        raise protocol.EngineError("INSTALL_FOLDER_WRONG", {"path": str(folder), "reason": reason}) from error
    mine = [(file, digest) for file, platform, digest in entries if fits(platform)]
    if not any(Path(file).name.startswith("ecoval-") for file, _ in mine) or (
        len(mine) < len(entries) and not _native(entries)
    ):
        fields = {"path": str(folder), "reason": "no wheels for {}".format(machine())}
        raise protocol.EngineError("INSTALL_FOLDER_WRONG", fields)
    altered = []
    for file, digest in mine:
        if cancelled():
            raise protocol.EngineError("INSTALL_CANCELLED")
        path = folder / file
        if not path.is_file() or sha256(path) != digest:
            altered.append(file)
    if altered:
        raise protocol.EngineError("INSTALL_FOLDER_ALTERED", {"path": str(folder), "files": altered})
    return versions


def fits(platform):
    """Whether a wheel of a platform tag can be used on this machine."""
    if platform == "any":
        return True
    kinds = {"win32": ("win_",), "darwin": ("macosx_",)}.get(sys.platform, ("manylinux", "linux"))
    return any(tag.startswith(kinds) and tag.endswith(machine()) for tag in platform.split("."))


def _native(entries):
    """Whether some wheel was made for this machine in particular."""
    return any(platform != "any" and fits(platform) for _, platform, _ in entries)


def sha256(path):
    """SHA-256 of a file."""
    digest = hashlib.sha256()
    with Path(path).open("rb") as stream:
        for block in iter(lambda: stream.read(BLOCK), b""):
            digest.update(block)
    return digest.hexdigest()


def machine():
    """The processor of this machine as wheels name it."""
    return sysconfig.get_platform().rsplit("-", 1)[-1].replace("-", "_")
