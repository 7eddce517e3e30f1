"""What a door lends to the work of an operation: language, progress, a place to print, what a process keeps."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ecoval.operations.declared import Console

Progress = Callable[..., bool]


class Work:
    """The work of one call; a door overrides what it does otherwise.

    Parameters
    ----------
    lang : choice {en, zh}
    console : Console
        None where nobody reads lines.
    """

    store: Any = None  # in the place of `ecoval.layers.kept.Fresh`

    def __init__(self, lang: str = "en", console: Console | None = None):
        self.lang = lang
        self.console = console

    @contextmanager
    def progress(self, description: str) -> Iterator[Progress]:  # noqa: ARG002  (shown by a command)
        """A callable for `progress=`."""
        yield lambda _done, _text="": True

    def step(self, done: float, text: str) -> None:
        """Say how far work is that does not look whether it shall stop; a command says nothing, so that Ctrl-C ends it at once."""

    def claim(self, paths: Iterable[Path]) -> None:
        """Refuse files that are about to be replaced and cannot be."""

    def zonal(self, units: Any, rasters: Any, **options: Any) -> Any:
        """`ecoval.zonal`, or the kept table of the same question."""
        from ecoval.totals import zonal

        return zonal(units, rasters, **options)
