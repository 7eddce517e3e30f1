"""Data from outside the project: one folder, `../shared` beside it or what ECOVAL_SHARED names (a path, or `none`).

A test asks for the fixture `outside`, or for one that reads the folder where its parameter is "outside": both get the mark
`outside`. Without the folder all such tests skip, and the last line of the run counts them; with it none may skip. The file serves
the tests in the Python of QGIS too, hence its syntax of 3.9.
"""

import os
from pathlib import Path

import pytest

VARIABLE = "ECOVAL_SHARED"
BESIDE = Path(__file__).resolve().parents[2] / "shared"


def folder():
    """The folder, or None: there is none, or ECOVAL_SHARED says `none`; a path in it must exist."""
    place = os.environ.get(VARIABLE, "")
    if place == "none":
        return None
    if not place:
        return BESIDE if BESIDE.is_dir() else None
    if not Path(place).is_dir():
        raise pytest.UsageError(f"{VARIABLE} is no folder: {place}. Name the folder of the outside data, or none.")
    return Path(place).resolve()


FOLDER = folder()


@pytest.fixture(scope="session")
def outside():
    """The folder of the outside data: `data`, `tools`."""
    if FOLDER is None:
        pytest.skip("outside data")
    return FOLDER


def pytest_collection_modifyitems(items):
    for item in items:
        parameters = item.callspec.params.values() if hasattr(item, "callspec") else ()
        if "outside" in getattr(item, "fixturenames", ()) or any(value == "outside" for value in map(str, parameters)):
            item.add_marker("outside")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    if FOLDER is None and item.get_closest_marker("outside"):
        pytest.skip("outside data")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item):
    report = yield
    if FOLDER is not None and report.skipped and item.get_closest_marker("outside"):
        report.outcome, report.longrepr = "failed", f"skipped, although the outside data are there: {report.longrepr}"
    return report


def pytest_terminal_summary(terminalreporter):
    count = sum("outside" in report.keywords for report in terminalreporter.stats.get("skipped", ()))
    if count:
        terminalreporter.write_line(
            f"{count} tests on data from outside the project were not run: these are read from {BESIDE}, or the folder that "
            f"{VARIABLE} names. What the tests prove is also proved on data in the repository."
        )
