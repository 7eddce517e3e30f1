"""The one door for writing: every file that ecoval makes is written beside its place, flushed, and takes the place in one step.

The only module that creates, replaces or deletes files and folders, but for the database of a ledger, which SQLite writes by
transactions of its own. A writer of a format (pandas, GDAL, openpyxl) is given the temporary path of `written_beside`; where it
fails, or the last step does, the earlier file is whole and nothing else is left.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import secrets
import shutil
import string
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import filelock

from ecoval.errors import InputError
from ecoval.words import catalogue

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_NOT_PERMITTED = frozenset({errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR})
_COMPANIONS = ("", "-journal", "-wal", "-shm")  # of SQLite, beside a GeoPackage that is being written


LOCK = ".lock"


@dataclass(frozen=True)
class Refusals:
    """How a kind of file words what the system refuses: a message for each reason, of those of `data/messages`.

    `says` gives the system's own words. An empty code lets the system's error pass. `failures` are what a writer of the format
    raises where it means an OSError, `permission` the numbers of errors that stand for a lack of rights.
    """

    full: str
    not_permitted: str
    other: str = ""
    permission: frozenset[int] = _NOT_PERMITTED
    says: Callable[[Exception], str] = str
    failures: tuple[type[Exception], ...] = (OSError,)

    def error(self, path: Path, error: Exception) -> Exception:
        """The error with what to do about it, or the system's own."""
        number = getattr(error, "errno", None)
        if number in _FULL:
            code = self.full
        elif number in self.permission or (self.other and not os.access(path.parent, os.W_OK)):  # GDAL gives no number
            code = self.not_permitted
        else:
            code = self.other
        if not code:
            return error
        names = {name for _, name, _, _ in string.Formatter().parse(catalogue()[code]["en"])}
        fields: dict[str, object] = {"path": str(path), "folder": str(path.parent), "reason": self.says(error)}
        if "free" in names:  # MB
            fields["free"] = shutil.disk_usage(path.parent).free // 2**20
        return InputError(code, **{name: value for name, value in fields.items() if name in names})


def _in_short(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)


RUN = Refusals("disk_full", "no_write_permission", permission=_NOT_PERMITTED | {errno.EEXIST})
TABLE = Refusals(
    "table_disk_full",
    "table_not_permitted",
    "table_not_written",
    permission=_NOT_PERMITTED | {errno.ENOENT, errno.EISDIR},
    says=_in_short,
)
UNITS = Refusals(
    "units_not_written",
    "units_not_written",
    "units_not_written",
    says=lambda error: str(error)[:200],
    failures=(OSError, RuntimeError),
)


@contextlib.contextmanager
def translate_refusals(path: str | Path, refusals: Refusals | None) -> Iterator[None]:
    """A block in which the system's refusal to write becomes an error that says what to do; without `refusals` it passes."""
    if refusals is None:
        yield
        return
    try:
        yield
    except refusals.failures as error:
        raise refusals.error(Path(path), error) from error


class FolderLock:
    """The right to write into a folder, which one run at a time has; the system gives it back where a process dies."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / LOCK
        self._lock = filelock.FileLock(self.path, timeout=0)

    def take(self) -> bool:
        """Whether nobody else has it."""
        try:
            self._lock.acquire()
        except filelock.Timeout:
            return False
        return True

    def give_back(self) -> None:
        """Let others have it, and leave no file."""
        if self._lock.is_locked:
            with contextlib.suppress(OSError):  # while it is ours: later the file may be another's. Windows keeps an open file
                self.path.unlink()
            self._lock.release()
            if os.name == "nt":  # which keeps another's, too
                with contextlib.suppress(OSError):
                    self.path.unlink()


@contextlib.contextmanager
def temporary_beside(path: str | Path) -> Iterator[Path]:
    """Hidden path of a random name and the same ending beside a file; what stands there is removed at the end."""
    path = Path(path)
    part = path.with_name(f".{path.stem}.{secrets.token_hex(4)}{path.suffix}")
    try:
        yield part
    finally:
        for ending in _COMPANIONS:
            with contextlib.suppress(OSError):
                part.with_name(part.name + ending).unlink()


@contextlib.contextmanager
def written_beside(path: str | Path, refusals: Refusals | None = TABLE) -> Iterator[Path]:
    """Temporary path of a file to write; it takes the place of `path` at the end, and is removed where anything fails.

    Raises
    ------
    InputError
        As `refusals` say, for a full disk and a folder that is absent or not writable; the latter before the work.
    """
    path = Path(path)
    path = path.resolve() if path.is_symlink() else path  # the file that a link names, so that the link stays
    with translate_refusals(path, refusals), temporary_beside(path) as part:
        _try_folder(path)
        yield part
        _flush(part)
        if path.exists():
            shutil.copymode(path, part)
        part.replace(path)


def _try_folder(path: Path) -> None:
    """Find out before the work whether the folder takes files, in the words of the system."""
    probe = path.with_name(f".{path.stem}.{secrets.token_hex(4)}.try")
    probe.touch(exist_ok=False)
    probe.unlink()
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))


def _flush(part: Path) -> None:
    """Have the system write the file to the disk, so that a full one is known before the renaming."""
    with part.open("rb+") as stream:
        os.fsync(stream.fileno())


def write_text(path: str | Path, text: str, refusals: Refusals | None = None) -> None:
    """Text as UTF-8 with line feeds, whatever the system."""
    with written_beside(path, refusals) as part:
        part.write_text(text, encoding="utf-8", newline="\n")


def write_bytes(path: str | Path, content: bytes, refusals: Refusals | None = None) -> None:
    """A file of bytes."""
    with written_beside(path, refusals) as part:
        part.write_bytes(content)


def write_json(path: str | Path, content: Any, refusals: Refusals | None = None) -> None:
    """JSON that people can read; what JSON has no type for is text."""
    write_text(path, json.dumps(content, ensure_ascii=False, indent=2, default=str) + "\n", refusals)


def write_toml(path: str | Path, content: Mapping[str, Any], refusals: Refusals | None = None) -> None:
    """TOML that people can read; see `plain_toml` for what it has no type for."""
    import tomli_w

    write_text(path, tomli_w.dumps(plain_toml(content)), refusals)


def plain_toml(content: Any) -> Any:
    """Content as TOML holds it: without empty values, and as text where it is no number, truth value, list or table."""
    if isinstance(content, Mapping):
        return {str(key): plain_toml(value) for key, value in content.items() if value is not None}
    if isinstance(content, list | tuple):
        return [plain_toml(value) for value in content]
    return content if isinstance(content, bool | int | float | str) else str(content)


def make_folder(path: str | Path, new: bool = False) -> Path:
    """The folder, made with those above it where they are absent; a `new` one may not be there."""
    path = Path(path)
    path.mkdir(parents=True, exist_ok=not new)
    return path


def work_folder(prefix: str = "ecoval-", near: str | Path | None = None) -> tempfile.TemporaryDirectory[str]:
    """Temporary folder that is removed with what it holds: at the end of a `with`, or by `cleanup`.

    Parameters
    ----------
    prefix : start of its name
    near : folder in which it is made; None: where the system keeps such folders
    """
    return tempfile.TemporaryDirectory(prefix=prefix, dir=near, ignore_cleanup_errors=True)


def new_folder(near: str | Path, prefix: str = "") -> Path:
    """A folder of a name of its own, in another one that is removed some day."""
    return Path(tempfile.mkdtemp(prefix=prefix, dir=near))


def move(source: Path, target: Path) -> None:
    """Rename a file or folder, in place of what stands there; the folder of the target is made."""
    make_folder(target.parent)
    source.replace(target)


def remove(path: Path) -> None:
    """Delete a file that may be absent."""
    path.unlink(missing_ok=True)


def remove_folder(path: Path) -> None:
    """Delete a folder with what it holds, as far as the system lets it go."""
    shutil.rmtree(path, ignore_errors=True)


def refuse_in_use(paths: Iterable[str | Path]) -> None:
    """Refuse before the work where a file cannot be replaced because it is open elsewhere, as on Windows.

    Raises
    ------
    InputError
    """
    for path in map(Path, paths):
        if path.is_file():
            try:
                path.replace(path)  # a rename onto itself fails where somebody holds the file
            except PermissionError as error:
                raise InputError("FILE_IN_USE", path=str(path), reason=str(error)) from error
