"""A run from its beginning to its end: folder, warnings, fingerprints, time, record; abandoned where it fails or is stopped."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Any

from ecoval.errors import Cancelled
from ecoval.runs.fingerprints import Fingerprints
from ecoval.runs.folder import RunFolder
from ecoval.runs.record import Clock, error_record


class Run:
    """A run that is under way.

    Parameters
    ----------
    record : what run.json will say
    folder : where the run is kept; None: it is only computed
    """

    def __init__(
        self, record: dict[str, Any], folder: RunFolder | None, marks: Fingerprints, caught: list[warnings.WarningMessage]
    ) -> None:
        self.record = record
        self.folder = folder
        self.clock = Clock()
        self._marks = marks
        self._caught = caught

    def hash_inputs(self, inputs: Iterable[tuple[str, str | Path]]) -> None:
        """Begin to hash the files of inputs (role, path), beside the work."""
        for role, path in inputs:
            self._marks.add(role, path)

    def inputs(self) -> list[dict[str, Any]]:
        """Role, path, size and sha256 of the inputs; waits until all are hashed."""
        return self._marks.records()

    def warnings(self) -> list[dict[str, Any]]:
        """The warnings so far, as run.json holds them."""
        return [error_record(entry.message) for entry in self._caught]


@contextlib.contextmanager
def open_run(
    path: str | Path | None, record: dict[str, Any], overwrite: bool = False, joins: Collection[str] = ()
) -> Iterator[Run]:
    """A run: its folder is opened, and holds all of it at the end, or the record of what stopped it.

    Warnings of the block are collected, and given again after its end.

    Parameters
    ----------
    path : run folder; None: nothing is written
    record : what run.json says from the beginning; the run adds to it
    overwrite : whether a finished run in the folder is replaced
    joins : commands; a finished run of one of them, and of the same kind, keeps its files beside those of this one

    Raises
    ------
    InputError
        For a folder that holds a finished run, a full disk, a folder that takes no file.
    """
    folder = None if path is None else RunFolder(path, record, overwrite, joins)
    try:
        with Fingerprints() as marks, warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            yield Run(record, folder, marks, caught)
            if folder is not None:
                folder.finish()
    except BaseException as error:
        if folder is not None:
            stopped = isinstance(error, KeyboardInterrupt | Cancelled)
            folder.abandon("cancelled" if stopped else "failed", error_record(error))
        raise
    for entry in caught:
        warnings.warn_explicit(entry.message, entry.category, entry.filename, entry.lineno)
