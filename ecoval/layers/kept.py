"""What a process may keep from one run to the next; here nothing is kept, the engine has a store in its place."""

from collections.abc import Callable, Hashable, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from ecoval.layers.compute import Totals, compute
from ecoval.layers.opened import Layers
from ecoval.totals.blocks import Progress


class Store(Protocol):
    """What a process keeps from one run to the next."""

    def passed(self, layers: Layers, threads: int | None = None, progress: Progress | None = None) -> Totals:
        """The pass over the tiles."""

    def prepared(self, key: Hashable, paths: Sequence[Path], make: Callable[[], np.ndarray]) -> np.ndarray:
        """An array that is long to make; `key` is what it depends on beside the files."""


class Fresh:
    """Everything is made anew."""

    @staticmethod
    def passed(layers: Layers, threads: int | None = None, progress: Progress | None = None) -> Totals:
        """The pass over the tiles."""
        return compute(layers, threads=threads, progress=progress)

    @staticmethod
    def prepared(key: Hashable, paths: Sequence[Path], make: Callable[[], np.ndarray]) -> np.ndarray:
        """The array, made."""
        del key, paths
        return make()
