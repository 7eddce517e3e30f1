"""The block loop: threads over blocks of canonical tiles, few in flight, progress and cancellation between them.

What a block gives does not depend on the other blocks, and results are merged in the order of the tiles by who asked for them;
so the shape of the blocks and the number of threads change no bit.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from ecoval.errors import Cancelled
from ecoval.grid import TILE, Grid

Progress = Callable[[float, str], Any]
Job = TypeVar("Job")
Result = TypeVar("Result")
_WAITING = 3  # jobs per thread that are handed out at a time; only those that run hold data


class Step(str):
    """What goes on, as text for `progress`, with how many of how many are done and which service it is for, where that is known."""

    __slots__ = ("done", "service", "total")

    done: int | None
    service: str
    total: int | None

    def __new__(cls, text: str, done: int | None = None, total: int | None = None, service: str = "") -> Step:
        """The text with its numbers."""
        report = super().__new__(cls, text)
        report.done, report.total, report.service = done, total, service
        return report


@contextmanager
def progress_bar(progress: Progress | bool | None, text: str) -> Iterator[Progress | None]:
    """The callable that a progress argument stands for: True is a bar on the terminal, None and False are silence."""
    if progress is not True:
        yield progress or None
        return
    from rich.progress import Progress as Bar

    with Bar(transient=True) as bar:
        task = bar.add_task(text, total=1.0)
        yield lambda done, _text: bar.update(task, completed=done)


def in_threads(
    work: Callable[[Job], Result],
    jobs: Sequence[Job],
    *,
    threads: int | None = None,
    progress: Progress | None = None,
    text: str = "",
    span: tuple[float, float] = (0.0, 1.0),
) -> Iterator[Result]:
    """Results of the work on each job, in the order of the jobs.

    Parameters
    ----------
    work : callable (job)
    jobs : list
    threads : number, 1, >= 1
        Default: the number of processors.
    progress : callable (done, text)
        Called after each job; False stops.
    text : handed to `progress`
    span : (number, number), 1, 0..1
        Values of `done` before the first job and after the last.

    Raises
    ------
    Cancelled
        Where `progress` returned False; no further job is begun.
    """
    pool = ThreadPoolExecutor(threads or os.cpu_count() or 1, thread_name_prefix="ecoval")
    running: deque[Future[Result]] = deque()
    following = iter(jobs)
    limit = _WAITING * (threads or os.cpu_count() or 1)
    try:
        for number in range(1, len(jobs) + 1):
            for job in _at_most(following, limit - len(running)):
                running.append(pool.submit(work, job))
            result = running.popleft().result()
            yield result
            done = span[0] + (span[1] - span[0]) * number / len(jobs)
            if progress is not None and progress(done, Step(text, number, len(jobs))) is False:
                raise Cancelled
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _at_most(entries: Iterator[Job], count: int) -> Iterator[Job]:
    """Up to so many entries."""
    for _, entry in zip(range(count), entries, strict=False):
        yield entry


def near_together(tiles: Sequence[Grid], count: int) -> list[list[int]]:
    """Positions of tiles in groups of so many that lie close together.

    Parameters
    ----------
    count : number, 1, >= 1

    Returns
    -------
    list of list of number
        Along a curve of squares inside squares, so that what neighbours share of a source is still in its cache.
    """
    if not tiles:
        return []
    row = np.array([tile.first[0] // TILE for tile in tiles])
    col = np.array([tile.first[1] // TILE for tile in tiles])
    order = np.argsort(_interleaved(row - row.min(), col - col.min()), kind="stable")
    return [order[k : k + count].tolist() for k in range(0, len(order), count)]


def _interleaved(row: npt.NDArray[np.int64], col: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Numbers whose bits are those of row and column in turn."""
    code = np.zeros(len(row), dtype=np.int64)
    for bit in range(31):
        code |= ((col >> bit) & 1) << (2 * bit)
        code |= ((row >> bit) & 1) << (2 * bit + 1)
    return code
