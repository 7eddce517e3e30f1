"""The run folder: run.json with its status, tables written beside and moved at the end."""

import contextlib
import datetime
import errno
import json
import os
import platform
import re
import shutil
from pathlib import Path

from ecoval.errors import InputError

RECORD = "run.json"
STAGE = ".partial"
ASIDE = ".earlier"
STATUSES = ("running", "finished", "failed", "cancelled")


class RunFolder:
    """A folder that holds one run, and the record of it.

    Tables are written into a hidden stage inside the folder and moved when all of them are
    there. A folder that holds a finished run keeps it until the next one has succeeded.
    """

    def __init__(self, path, record, overwrite=False):
        self.path = Path(path).resolve()
        self.stage = self.path / STAGE
        self.record = record
        self._earlier = finished_record(self.path)
        self._sealed = False
        if self._earlier is not None and not overwrite:
            raise InputError("run_folder_finished", path=str(self.path))
        with writing(self.path):
            shutil.rmtree(self.stage, ignore_errors=True)
            self.stage.mkdir(parents=True)
            self.record |= {"status": "running", "started": now(), "process": {"id": os.getpid(), "host": platform.node()}}
            if self._earlier is None:
                write_json(self.path / RECORD, self.record)

    def seal(self, later=()):
        """Write the final record into the stage before its last files, so that these can name its hash.

        Parameters
        ----------
        later : texts
            Names of the files that are still to come.
        """
        files = {*(file.as_posix() for file in self._files()), *later}
        self.record.pop("process", None)
        self.record |= {"status": "finished", "finished": now(), "outputs": sorted(files)}
        with writing(self.path):
            write_json(self.stage / RECORD, self.record)
        self._sealed = True

    def _files(self):
        """Files of the stage, without the record."""
        found = (path.relative_to(self.stage) for path in self.stage.rglob("*") if path.is_file())
        return sorted(path for path in found if path != Path(RECORD))

    def finish(self):
        """Move the tables into the folder and write the final record; undone where a step fails."""
        with writing(self.path):
            files = self._files()
            if not self._sealed:
                self.seal()
            earlier = [Path(name) for name in (self._earlier or {}).get("outputs", [])]
            moved = []
            try:
                for file in [file for file in (*earlier, Path(RECORD)) if (self.path / file).is_file()]:
                    _move(self.path / file, self.stage / ASIDE / file, moved)
                for file in (*files, Path(RECORD)):
                    _move(self.stage / file, self.path / file, moved)
            except BaseException as error:
                for source, target in reversed(moved):
                    target.replace(source)
                if isinstance(error, PermissionError):
                    raise self._left_beside(error) from error
                raise
            shutil.rmtree(self.stage)

    def _left_beside(self, error):
        """Error about a file that another program holds, after the finished files got a folder of their own."""
        beside = self.path / f"finished-{datetime.datetime.now():%Y%m%d-%H%M%S}"
        shutil.rmtree(self.stage / ASIDE, ignore_errors=True)
        self.stage.replace(beside)
        held = getattr(error, "filename2", None) or error.filename or self.path
        return InputError("FILE_IN_USE_LATE", path=str(held), beside=str(beside), reason=error.strerror or str(error))

    def abandon(self, status, error):
        """Remove the stage and leave run.json with the status and the error."""
        shutil.rmtree(self.stage, ignore_errors=True)
        self.record.pop("process", None)
        ending = {"status": status, "finished": now(), "error": error}
        if self._earlier is None:
            self.record |= ending
            record = self.record
        else:
            attempt = {"started": self.record["started"], **ending}
            record = self._earlier
            record["attempts"] = [*record.get("attempts", []), attempt]
        # the record of a failure must not hide the failure itself (a full disk)
        with contextlib.suppress(OSError):
            write_json(self.path / RECORD, record)


def _move(source, target, moved):
    """Rename a file, and note it so that it can be undone."""
    target.parent.mkdir(parents=True, exist_ok=True)
    source.replace(target)
    moved.append((source, target))


def works_elsewhere(record):
    """Whether the process that a record names is another one that still lives on this machine, or is on another machine."""
    process = record.get("process") or {}
    if not process or process.get("id") == os.getpid():
        return False
    if process.get("host") != platform.node():
        return True
    return alive(process["id"])


def alive(number):
    """Whether a process of this machine lives."""
    if os.name == "nt":
        import ctypes

        handle = ctypes.windll.kernel32.OpenProcess(0x1000, False, number)
        if handle:
            ctypes.windll.kernel32.CloseHandle(handle)
        return bool(handle)
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def finished_record(folder):
    """The record of a finished run in a folder, or None."""
    try:
        content = json.loads((Path(folder) / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) and content.get("status") == "finished" else None


@contextlib.contextmanager
def writing(path):
    """Turn the system's refusal to write into an error that says what to do."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise InputError("disk_full", path=str(path)) from error
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST):
            raise InputError("no_write_permission", path=str(path), reason=str(error)) from error
        raise


def default_folder(name, base=None):
    """Folder runs/<date>-<name> that does not exist yet (suffix -2, -3 ...)."""
    base = Path(base or "runs")
    clean = re.sub(r'[\s/\\:*?"<>|]+', "-", name).strip("-.") or "study"
    stem = f"{datetime.datetime.now().astimezone():%Y-%m-%d}-{clean}"
    number = 1
    while (folder := base / (stem if number == 1 else f"{stem}-{number}")).exists():
        number += 1
    return folder


def write_json(path, content):
    """Write JSON beside the file and rename."""
    part = path.with_name(f".{path.name}.part")
    text = json.dumps(content, ensure_ascii=False, indent=2, default=str)
    with part.open("w", encoding="utf-8", newline="\n") as stream:
        stream.write(text + "\n")
        stream.flush()
        os.fsync(stream.fileno())
    part.replace(path)


def now():
    """Time of day with its zone, to the second."""
    return datetime.datetime.now().astimezone().isoformat(timespec="seconds")
