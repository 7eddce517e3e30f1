"""Plugin of `make quick` and `make durations`: leave out the test files that take long, by what was measured.

    PYTHONPATH=tests python -m pytest -p quick --quick               the files of durations.csv that fit into QUICK_SECONDS
    PYTHONPATH=tests python -m pytest -p quick --record-durations    measure all files anew and write durations.csv

The time of a file is that of the processor, its own processes with it, so that a busy machine measures the same. The shortest files
come first; a file that is not in the table runs, so that a new test is quick until it was measured. ALWAYS is never left out.
"""

import csv
import os
from collections import Counter
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
TABLE = TESTS / "durations.csv"
QUICK_SECONDS = 150.0
ALWAYS = ("golden", "kernels")
SECONDS = pytest.StashKey[Counter]()


def measured(table: Path = TABLE) -> dict[str, float]:
    """Seconds of each file that was measured."""
    with table.open(encoding="utf-8", newline="") as file:
        return {row["file"]: float(row["seconds"]) for row in csv.DictReader(file)}


def left_out(table: Path = TABLE, budget: float = QUICK_SECONDS) -> set[str]:
    """Files that do not fit into the budget, the shortest taken first."""
    out, spent = set(), 0.0
    for seconds, name in sorted((seconds, name) for name, seconds in measured(table).items()):
        if name.split("/")[0] not in ALWAYS:
            spent += seconds
            if spent > budget:
                out.add(name)
    return out


def pytest_addoption(parser: pytest.Parser) -> None:
    """The two options."""
    parser.addoption("--quick", action="store_true", help="leave out the test files that take long")
    parser.addoption("--record-durations", action="store_true", help="write tests/durations.csv")


def pytest_configure(config: pytest.Config) -> None:
    """Read what is to be left out, once."""
    config.stash[SECONDS] = Counter()
    config.quick_left_out = left_out() if config.getoption("--quick") else set()


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave a file out before it is imported."""
    if collection_path.is_relative_to(TESTS) and collection_path.relative_to(TESTS).as_posix() in config.quick_left_out:
        return True
    return None


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol(item: pytest.Item):
    """Add the processor time of a test to that of its file."""
    before = sum(os.times()[:4])
    yield
    item.config.stash[SECONDS][item.path.relative_to(TESTS).as_posix()] += sum(os.times()[:4]) - before


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand the times over to the process that started this one, or write them."""
    seconds = session.config.stash[SECONDS]
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["seconds"] = dict(seconds)
    elif session.config.getoption("--record-durations"):
        with TABLE.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerows([["file", "seconds"], *((name, f"{seconds[name]:.1f}") for name in sorted(seconds))])


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node) -> None:
    """Take the times of a worker."""
    node.config.stash[SECONDS].update(getattr(node, "workeroutput", {}).get("seconds", {}))
