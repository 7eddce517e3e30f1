"""The run folder: run.json with its status, tables written beside and moved at the end."""

from __future__ import annotations

import contextlib
import datetime
import json
import os
import platform
import re
from collections.abc import Callable, Collection, Iterable
from pathlib import Path
from typing import Any

from ecoval.errors import InputError
from ecoval.files import LOCK, RUN, FolderLock, make_folder, move, remove, remove_folder, translate_refusals, write_json
from ecoval.runs.record import now

RECORD = "run.json"
STAGE = ".partial"
ASIDE = ".earlier"
FOLDER_MARK = ".ecoval"  # in a folder that a program of ours made for a run before there is one
STATUSES = ("running", "finished", "failed", "cancelled")
OF_THE_SYSTEM = frozenset({LOCK, ".DS_Store", "Thumbs.db", "desktop.ini"})  # files that make a folder nobody's


class RunFolder:
    """A folder that holds one run, and the record of it.

    Tables are written into a hidden stage inside the folder and moved when all of them are
    there. A folder that holds a finished run keeps it until the next one has succeeded. A run that
    joins the one before it, as the next part of the same work, leaves what it does not replace.
    From its beginning to its end a run has the folder for itself.

    Raises
    ------
    InputError
        For a folder that another run is writing, that holds a finished run, or that is no run folder and not empty.
    """

    def __init__(self, path: str | Path, record: dict[str, Any], overwrite: bool = False, joins: Collection[str] = ()) -> None:
        self.path = Path(path).resolve()
        self.stage = self.path / STAGE
        self.record = record
        self._sealed = False
        _refuse_foreign(self.path)
        self._lock = FolderLock(self.path)
        with translate_refusals(self.path, RUN):
            make_folder(self.path)
            if not self._lock.take():
                holder = read_record(self.path).get("process") or {}
                fields = {"process": holder.get("id", "-"), "host": holder.get("host", "-")}
                raise InputError("run_folder_busy", path=str(self.path), **fields)
        try:
            self._begin(overwrite, joins)
        except BaseException:
            self._lock.give_back()
            raise

    def _begin(self, overwrite: bool, joins: Collection[str]) -> None:
        """Look at what the folder holds, which nobody else changes from now on, and open the stage."""
        self._earlier = finished_record(self.path)
        earlier = self._earlier or {}
        self._joined = earlier.get("kind") == self.record.get("kind") and earlier.get("command") in joins
        if self._earlier is not None and not (overwrite or self._joined):
            raise InputError("run_folder_finished", path=str(self.path))
        with translate_refusals(self.path, RUN):
            remove_folder(self.stage)
            self.record |= {"status": "running", "started": now(), "process": {"id": os.getpid(), "host": platform.node()}}
            if self._earlier is None:  # before the stage: a folder with half files says whose they are
                write_json(self.path / RECORD, self.record)
            make_folder(self.stage, new=True)

    def seal(self, later: Iterable[str] = ()) -> None:
        """Write the final record into the stage before its last files, so that these can name its hash.

        Parameters
        ----------
        later : names of the files that are still to come
        """
        files = {*(file.as_posix() for file in self._files()), *later}
        if self._joined:
            files |= {name for name in self._outputs() if (self.path / name).is_file()}
        self.record.pop("process", None)
        self.record |= {"status": "finished", "finished": now(), "outputs": sorted(files)}
        with translate_refusals(self.path, RUN):
            write_json(self.stage / RECORD, self.record)
        self._sealed = True

    def _files(self) -> list[Path]:
        """Files of the stage, without the record."""
        files = (path.relative_to(self.stage) for path in self.stage.rglob("*") if path.is_file())
        return sorted(path for path in files if path != Path(RECORD))

    def _outputs(self) -> list[str]:
        """Files of the earlier run."""
        return list((self._earlier or {}).get("outputs", []))

    def finish(self) -> None:
        """Move the tables into the folder and write the final record; undone where a step fails."""
        with translate_refusals(self.path, RUN):
            files = self._files()
            if not self._sealed:
                self.seal()
            earlier = [file for file in map(Path, self._outputs()) if not self._joined or file in files]
            moves = [
                (self.path / file, self.stage / ASIDE / file) for file in (*earlier, Path(RECORD)) if (self.path / file).is_file()
            ]
            moves += [(self.stage / file, self.path / file) for file in (*files, Path(RECORD))]
            done = 0
            try:
                for source, target in moves:
                    move(source, target)
                    done += 1
            except BaseException as error:
                for source, target in reversed(moves[:done]):
                    move(target, source)
                if isinstance(error, PermissionError):
                    raise self._left_beside(error) from error
                raise
            remove_folder(self.stage)
        self._leave()

    def _left_beside(self, error: OSError) -> InputError:
        """Error about a file that another program holds, after the finished files got a folder of their own."""
        beside = self.path / f"finished-{datetime.datetime.now():%Y%m%d-%H%M%S}"
        remove_folder(self.stage / ASIDE)
        move(self.stage, beside)
        held = getattr(error, "filename2", None) or error.filename or self.path
        return InputError("FILE_IN_USE_LATE", path=str(held), beside=str(beside), reason=error.strerror or str(error))

    def abandon(self, status: str, error: dict[str, Any]) -> None:
        """Remove the stage and leave run.json with the status and the error."""
        remove_folder(self.stage)
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
        self._leave()

    def _leave(self) -> None:
        """Nothing but the run stays."""
        self._lock.give_back()
        with contextlib.suppress(OSError):
            remove(self.path / FOLDER_MARK)


def _refuse_foreign(folder: Path) -> None:
    """Refuse to fill a folder that somebody uses for something else: the files of a run have names that others have too."""
    if any((folder / name).exists() for name in (RECORD, FOLDER_MARK)) or not folder.is_dir():
        return
    names = sorted({path.name for path in folder.iterdir()} - OF_THE_SYSTEM - {STAGE})
    if names:
        raise InputError("run_folder_foreign", path=str(folder), names=names[:5], count=len(names))


def abandon_orphans(out: str | Path, status: str, progress: Callable[[float], object]) -> int:
    """Number of run folders, `out` or below it, that a killed process left and that are ended now: half files removed, status said.

    Folders of processes that live, or of another machine, are left alone.

    Raises
    ------
    InputError
        Where there is no folder.
    """
    if not Path(out).is_dir():
        raise InputError("run_folder_absent", path=str(out))
    folders = [path for path in (Path(out), *Path(out).glob("*")) if (path / STAGE).is_dir() or (path / RECORD).is_file()]
    changed = 0
    for place, folder in enumerate(folders):
        record = read_record(folder)
        stale = record.get("status") == "running"
        if not works_elsewhere(record):
            changed += stale or (folder / STAGE).is_dir()
            remove_folder(folder / STAGE)
            for name in (LOCK, FOLDER_MARK):
                remove(folder / name)
            if stale:
                record.pop("process", None)
                write_json(folder / RECORD, record | {"status": status, "finished": now()})
        progress((place + 1) / len(folders))
    return changed


def works_elsewhere(record: dict[str, Any]) -> bool:
    """Whether the process that a record names is another one that still lives on this machine, or is on another machine."""
    process = record.get("process") or {}
    if not process or process.get("id") == os.getpid():
        return False
    if process.get("host") != platform.node():
        return True
    return alive(process["id"])


def alive(number: int) -> bool:
    """Whether a process of this machine lives."""
    if os.name == "nt":
        import ctypes

        kernel = ctypes.windll.kernel32  # type: ignore[attr-defined,unused-ignore]  # only there on Windows
        handle = kernel.OpenProcess(0x1000, False, number)
        if handle:
            kernel.CloseHandle(handle)
        return bool(handle)
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def read_record(folder: str | Path) -> dict[str, Any]:
    """The record of a run in a folder; empty where none can be read."""
    try:
        content = json.loads((Path(folder) / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def finished_record(folder: str | Path) -> dict[str, Any] | None:
    """The record of a finished run in a folder, or None."""
    record = read_record(folder)
    return record if record.get("status") == "finished" else None


def default_folder(name: str, base: str | Path | None = None) -> Path:
    """Folder runs/<date>-<name> that does not exist yet (suffix -2, -3 ...)."""
    base = Path(base or "runs")
    clean = re.sub(r'[\s/\\:*?"<>|]+', "-", name).strip("-.") or "study"
    stem = f"{datetime.datetime.now().astimezone():%Y-%m-%d}-{clean}"
    number = 1
    while (folder := base / (stem if number == 1 else f"{stem}-{number}")).exists():
        number += 1
    return folder
