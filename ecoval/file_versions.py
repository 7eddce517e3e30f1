"""Versions of what ecoval writes and reads again: study.toml, project.toml, plan.toml, run.json, the ledger.

A version is a whole number that grows when a reader of before would misread the file. What carries none was written by 0.1.0 and is
version 1. `ecoval upgrade` brings up what earlier versions wrote.
"""

from __future__ import annotations

from collections.abc import Mapping

from ecoval.errors import InputError

KEY = "format"
CURRENT = {"study": 1, "project": 1, "plan": 1, "run": 1, "ledger": 1}
UNMARKED = 1  # what 0.1.0 wrote
UNMARKED_RELEASE = "0.1.0"


def check(kind: str, version: object, path: object) -> None:
    """Refuse a version that this ecoval does not know; None is that of 0.1.0."""
    latest = CURRENT[kind]
    version = UNMARKED if version is None else version
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise InputError("format_wrong", path=str(path), found=repr(version), expected=latest)
    if version > latest:
        raise InputError("format_later", path=str(path), found=version, expected=latest)


def check_content(kind: str, content: Mapping[str, object], path: object) -> None:
    """Refuse the content of a TOML file whose table of that kind, such as [study], says a version that is not known."""
    table = content.get(kind)
    check(kind, table.get(KEY) if isinstance(table, Mapping) else None, path)
