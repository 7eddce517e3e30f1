import sys
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "accounts")]

import sample_run  # noqa: E402


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory):
    return sample_run.write(tmp_path_factory.mktemp("runs") / "滨海县 2023")


@pytest.fixture(scope="session")
def run(run_folder):
    from ecoval.report.folder import read_run

    return read_run(run_folder)
