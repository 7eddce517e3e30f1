"""Every notebook runs, quickly, from the tree as it stands, and can fail."""

import re
import time
from pathlib import Path

import nbformat
import pytest
from bounds import within
from nbclient import NotebookClient

NOTEBOOKS = sorted((Path(__file__).parent.parent / "notebooks").glob("*.ipynb"))
SECONDS = 60  # held by `make test-qgis-long`
PATIENCE = 600  # a kernel that hangs


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def notebook(request):
    return request.param, nbformat.read(request.param, as_version=4)


def test_there_is_a_notebook():
    assert NOTEBOOKS


def test_notebook_opens_with_question_data_result_in_both_languages(notebook):
    first = notebook[1].cells[0]
    assert first.cell_type == "markdown"
    title = first.source.splitlines()[0]
    assert re.match(r"# .*[\u4e00-\u9fff]", title)
    assert re.search(r"[A-Za-z]{4}", title)
    for word in ("Question", "Data", "Result", "问题", "数据", "结果"):
        assert f"**{word}**" in first.source


def test_notebook_ends_with_an_assertion(notebook):
    last = notebook[1].cells[-1]
    assert last.cell_type == "code"
    assert re.search(r"^assert ", last.source, flags=re.MULTILINE)


def test_notebook_is_stripped_of_outputs(notebook):
    for cell in notebook[1].cells:
        if cell.cell_type == "code":
            assert cell.outputs == []
            assert cell.execution_count is None


def test_notebook_has_no_loop_and_no_absolute_path(notebook):
    for cell in notebook[1].cells:
        if cell.cell_type == "code":
            assert not re.search(r"^\s*(for|while) ", cell.source, flags=re.MULTILINE)
            assert not re.search(r"""["'](/|[A-Za-z]:\\|https?:)""", cell.source)


@pytest.mark.timed
def test_notebook_runs_without_a_warning(notebook, monkeypatch, tmp_path):
    path, content = notebook
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    monkeypatch.setenv("MPLBACKEND", "agg")
    began = time.perf_counter()
    where = {"metadata": {"path": str(path.parent)}}
    NotebookClient(content, timeout=PATIENCE, kernel_name="python3", resources=where).execute()
    within(time.perf_counter() - began, SECONDS, path.stem)
    outputs = [output for cell in content.cells if cell.cell_type == "code" for output in cell.outputs]
    assert [output.text for output in outputs if output.output_type == "stream" and output.name == "stderr"] == []
