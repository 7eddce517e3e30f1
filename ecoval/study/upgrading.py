"""What an earlier version of ecoval wrote, brought up: study.toml, project.toml, plan.toml, a run folder, a ledger.

A file that lacks the version of its format gets it; everything else in it stays, comments and order too. The file as it was is kept
beside it as `<name>.0.1.0.bak`. What is up to date is left alone, so that a second call does nothing.
"""

from __future__ import annotations

import codecs
import json
import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ecoval import file_versions
from ecoval.errors import InputError
from ecoval.files import RUN, remove, translate_refusals, write_bytes, write_json
from ecoval.layers.study_toml import load_toml
from ecoval.ledger import schema, store
from ecoval.runs import RECORD

DECLARATIONS = ("study", "project", "plan")
_HEADER = r"^[ \t]*\[[ \t]*{kind}[ \t]*\][ \t]*(?:#[^\r\n]*)?(\r?\n|\Z)"


@dataclass(frozen=True)
class Upgrade:
    """One file: its kind and version; `backup` is the file as it was, None where nothing was to be done."""

    path: Path
    kind: str
    version: int
    backup: Path | None = None

    @property
    def changed(self) -> bool:
        """Whether the file was brought up."""
        return self.backup is not None


def upgrade(path: str | Path) -> list[Upgrade]:
    """Bring up a file, or all that a run folder holds.

    Raises
    ------
    InputError
        What is none of these; a later version; a backup of other content; a table that is not written under a header of its own.
    """
    path = Path(path)
    if path.is_dir() or path.name == RECORD:
        return _run_folder(path if path.is_dir() else path.parent)
    if not path.is_file():
        raise InputError("study_file_missing", path=str(path))
    if path.suffix.lower() not in (".toml", ".gpkg"):
        raise InputError("upgrade_of_nothing", path=str(path))
    return [_declared(path) if path.suffix.lower() == ".toml" else _ledger(path)]


def _run_folder(folder: Path) -> list[Upgrade]:
    record = folder / RECORD
    if not record.is_file():
        raise InputError("upgrade_of_nothing", path=str(folder))
    declared = [folder / f"{kind}.toml" for kind in DECLARATIONS]
    return [_record(record), *(_declared(path) for path in declared if path.is_file())]


def _record(path: Path) -> Upgrade:
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except ValueError as error:
        raise InputError("record_unreadable", path=str(path), reason=str(error)) from None
    if not isinstance(content, dict):
        raise InputError("record_unreadable", path=str(path), reason="no status")
    longer = {file_versions.KEY: file_versions.CURRENT["run"], **content}
    return _brought_up(path, "run", content.get(file_versions.KEY), lambda: write_json(path, longer))


def _declared(path: Path) -> Upgrade:
    content = load_toml(path)
    kinds = [kind for kind in DECLARATIONS if isinstance(content.get(kind), dict)]
    if not kinds:
        raise InputError("upgrade_of_nothing", path=str(path))
    kind = kinds[0]
    return _brought_up(path, kind, content[kind].get(file_versions.KEY), lambda: _with_key(path, kind, content))


def _with_key(path: Path, kind: str, content: dict[str, Any]) -> None:
    """Write the key below the header of its table, and only where nothing else of the content changes."""
    raw = path.read_bytes()
    mark = codecs.BOM_UTF8 if raw.startswith(codecs.BOM_UTF8) else b""
    text = raw.removeprefix(mark).decode("utf-8")
    line = f"{file_versions.KEY} = {file_versions.CURRENT[kind]}"
    expected = {**content, kind: {**content[kind], file_versions.KEY: file_versions.CURRENT[kind]}}
    for header in re.finditer(_HEADER.format(kind=kind), text, re.MULTILINE):
        end = header.group(1)
        longer = text[: header.end()] + (line + end if end else f"\n{line}\n") + text[header.end() :]
        if tomllib.loads(longer) == expected:
            write_bytes(path, mark + longer.encode("utf-8"))
            return
    raise InputError("upgrade_by_hand", path=str(path), table=kind, line=line)


def _ledger(path: Path) -> Upgrade:
    with store.reading(path) as connection:
        names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
        version = store.version(connection)
    if not names >= set(schema.GUARDED):
        raise InputError("upgrade_of_nothing", path=str(path))
    return _brought_up(path, "ledger", version, lambda: store.upgrade(path))


def _brought_up(path: Path, kind: str, version: int | None, change: Callable[[], None]) -> Upgrade:
    file_versions.check(kind, version, path)
    if version is not None:
        return Upgrade(path, kind, version)
    backup = path.with_name(f"{path.name}.{file_versions.UNMARKED_RELEASE}.bak")
    there = backup.exists()
    if there and backup.read_bytes() != path.read_bytes():
        raise InputError("upgrade_backup_differs", path=str(path), backup=str(backup))
    with translate_refusals(path.parent, RUN):
        if not there:
            write_bytes(backup, path.read_bytes())
            backup.chmod(path.stat().st_mode)
        try:
            change()
        except InputError:
            if not there:
                remove(backup)
            raise
    return Upgrade(path, kind, file_versions.CURRENT[kind], backup)
