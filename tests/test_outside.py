"""The one place through which tests read data from outside: what is absent skips and is counted, what is there may not skip."""

import ast
import os
import subprocess
import sys
from pathlib import Path

TESTS = Path(__file__).parent
PLACE = TESTS / "outside.py"
MODULE = """
import pytest

@pytest.fixture(params=["made", "outside"])
def folder(request):
    return request.param if request.param == "made" else request.getfixturevalue("outside")

def test_reads(outside): assert (outside / "data").exists()
def test_reads_one_of_two(folder): assert folder
def test_needs_a_program(outside): pytest.skip("no such program")
def test_reads_nothing(): pass
"""


def run(folder, shared):
    (folder / "test_it.py").write_text(MODULE, encoding="utf-8")
    environment = {**os.environ, "ECOVAL_SHARED": str(shared), "PYTHONPATH": str(TESTS)}
    command = [sys.executable, "-m", "pytest", "-p", "outside", "-p", "no:cacheprovider", "-q", "-W", "ignore", str(folder)]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def test_without_the_folder_they_skip_and_one_line_counts_them(tmp_path):
    status, text = run(tmp_path, "none")
    assert status == 0, text
    assert "2 passed, 3 skipped" in text
    (line,) = [line for line in text.splitlines() if "data from outside" in line]
    assert line.startswith("3 tests ")
    assert "ECOVAL_SHARED" in line


def test_with_the_folder_a_skip_is_a_failure(tmp_path):
    (tmp_path / "shared" / "data").mkdir(parents=True)
    status, text = run(tmp_path, tmp_path / "shared")
    assert status == 1, text
    assert "1 failed, 4 passed" in text
    assert "skipped, although the outside data are there" in text


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    status, text = run(tmp_path, tmp_path / "nowhere")
    assert status not in (0, 1)
    assert "ECOVAL_SHARED is no folder" in text


def test_no_other_file_of_the_tests_names_the_folder():
    paths = set(TESTS.rglob("*.py")) - {PLACE, Path(__file__)}
    assert len(paths) > 150
    assert [path.name for path in sorted(paths) if names_the_folder(ast.parse(path.read_text(encoding="utf-8")))] == []


def names_the_folder(tree):
    """Whether a text speaks of the folder beside the project or its variable, or a path is built with its name."""
    texts = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    paths = [node for node in ast.walk(tree) if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div)]
    parts = [part.value for node in paths for part in (node.left, node.right) if isinstance(part, ast.Constant)]
    return "shared" in parts or any(word in text for text in texts for word in ("../shared", "ECOVAL_SHARED"))
