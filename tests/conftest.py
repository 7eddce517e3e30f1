import os
import sys
from pathlib import Path

import pytest
from hypothesis import settings

sys.path.insert(0, str(Path(__file__).parent))

import quick

pytest_plugins = ["outside"]

os.environ.pop("COLUMNS", None)  # workers of a parallel run set it, and tables would be cut to a narrow terminal

# properties are not races, and the gate gives the same answer twice; HYPOTHESIS_PROFILE=search looks for new examples
settings.register_profile("gate", deadline=None, derandomize=True)
settings.register_profile("search", deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "gate"))


def pytest_collection_modifyitems(items):
    """Workers begin with the files that take longest, so that none of these is left for one worker at the end."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        seconds = quick.measured()
        items.sort(key=lambda item: -seconds.get(item.path.relative_to(quick.TESTS).as_posix(), 0.0))


@pytest.fixture
def _blank_figures(monkeypatch):
    """Documents get an empty picture for each figure: for tests of commands and texts; tests/report draws them."""
    from ecoval.report.figures import Drawn

    monkeypatch.setattr(Drawn, "svg", '<svg role="img" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 460.8 288"></svg>')
