"""Fingerprints of the inputs of a run: size and SHA-256 of every file, and the recipes of those that were prepared."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, Self

from ecoval.errors import InputError

SHAPEFILE_PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")
CHUNK = 1 << 22
RECIPE_SUFFIX = ".recipe.json"


class Fingerprints:
    """Size and SHA-256 of input files, hashed beside the run; a context manager that drops at its end what is not hashed yet."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="hash")
        self._pending: dict[tuple[str, str], Future[dict[str, Any]]] = {}
        self._stopped = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped = True
        self._pool.shutdown(wait=True, cancel_futures=True)

    def add(self, role: str, path: str | Path) -> None:
        """Begin to hash the file that a role reads."""
        key = (role, str(path))
        if key not in self._pending:
            self._pending[key] = self._pool.submit(self._fingerprint, Path(path))

    def records(self) -> list[dict[str, Any]]:
        """Role, path, size and sha256 of each input, in the order added; waits until all are hashed."""
        return [{"role": role, "path": path, **future.result()} for (role, path), future in self._pending.items()]

    def _fingerprint(self, path: Path) -> dict[str, Any]:
        files = parts(path)
        digest = hashlib.sha256()
        size = 0
        for file in files:
            with file.open("rb") as stream:
                while chunk := stream.read(CHUNK):
                    if self._stopped:
                        return {"size": None, "sha256": None}
                    digest.update(chunk)
                    size += len(chunk)
        return {"size": size, "sha256": digest.hexdigest() if files else None}


def input_records(inputs: Iterable[tuple[str, str | Path]]) -> list[dict[str, Any]]:
    """Role, path, size and sha256 of inputs that are given as (role, path)."""
    with Fingerprints() as marks:
        for role, path in inputs:
            marks.add(role, path)
        return marks.records()


def parts(path: Path) -> list[Path]:
    """The files that a path stands for: a shapefile's parts, a folder's files, or itself."""
    if path.is_dir():
        return sorted(p for p in path.rglob("*") if p.is_file())
    if path.suffix.lower() == ".shp":
        return [path.with_suffix(s) for s in SHAPEFILE_PARTS if path.with_suffix(s).is_file()]
    return [path] if path.is_file() else []


def recipes(inputs: Iterable[tuple[str, str | Path]]) -> list[dict[str, Any]]:
    """Recipes of prepared inputs, from the sidecars beside them: role, path, and what `ecoval prepare` wrote."""
    records = []
    for role, path in inputs:
        sidecar = Path(f"{path}{RECIPE_SUFFIX}")
        if sidecar.is_file():
            records.append({"role": role, "path": str(path), **read_sidecar(sidecar)})
    return records


def read_sidecar(sidecar: Path) -> dict[str, Any]:
    """Content of a sidecar.

    Raises
    ------
    InputError
        Where there is none, or the file is no recipe.
    """
    try:
        content = json.loads(sidecar.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError("recipe_absent", path=str(sidecar)) from None
    except (OSError, ValueError) as error:
        raise InputError("recipe_unreadable", path=str(sidecar), reason=str(error)[:200]) from None
    if not isinstance(content, dict) or not isinstance(content.get("options", {}), dict):
        raise InputError("recipe_unreadable", path=str(sidecar), reason="{...} expected, options = {...}")
    return content
