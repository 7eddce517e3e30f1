"""Whole processes measured in turn: wall time, user CPU, peak memory; ratios round by round."""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Mapping, Sequence
from typing import NamedTuple


class Run(NamedTuple):
    """One process: seconds, user seconds, GiB."""

    wall: float
    user: float
    peak: float


def measured(command: Sequence[str], environment: Mapping[str, str] | None = None) -> Run:
    """Run a command to its end."""
    start = time.perf_counter()
    process = os.posix_spawn(command[0], list(command), {**os.environ, **(environment or {})})
    _, status, usage = os.wait4(process, 0)
    wall = time.perf_counter() - start
    if status:
        raise SystemExit(f"failed: {' '.join(command)}")
    return Run(wall, usage.ru_utime, usage.ru_maxrss / 2**20)


def in_turn(
    commands: Mapping[str, Sequence[str]], rounds: int, environment: Mapping[str, str] | None = None
) -> dict[str, list[Run]]:
    """Runs of each command, A B A B ..., after one unmeasured run of the first."""
    measured(next(iter(commands.values())), environment)
    runs: dict[str, list[Run]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            runs[name].append(measured(command, environment))
            last = runs[name][-1]
            print(f"  {name}: {last.wall:.2f} s, user {last.user:.2f} s, {last.peak:.2f} GiB", file=sys.stderr, flush=True)
    return runs


def rows(work: str, runs: Mapping[str, list[Run]]) -> list[dict]:
    """Rows of the results table: the first program against each other one."""
    ours_name, *peers = runs
    result = []
    for peer in peers:
        for measure, unit in (("wall", "wall, s"), ("user", "user CPU, s"), ("peak", "peak memory, GiB")):
            ours = [getattr(run, measure) for run in runs[ours_name]]
            theirs = [getattr(run, measure) for run in runs[peer]]
            ratios = [b / a for a, b in zip(ours, theirs, strict=True)]
            result.append(
                {
                    "work": work,
                    "measure": unit,
                    "ecoval": round(statistics.median(ours), 2),
                    "peer": peer,
                    "peer_value": round(statistics.median(theirs), 2),
                    "ratio": round(statistics.median(ratios), 2),
                    "ratio_min": round(min(ratios), 2),
                    "ratio_max": round(max(ratios), 2),
                }
            )
    return result
