"""The pages of the project file, of minimising and of credits: their examples run, and they name what the code has."""

import re
from pathlib import Path

import pytest

from ecoval.declarations import described
from ecoval.offset import candidates
from ecoval.offset.declaration.files import ProjectDeclaration
from ecoval.offset.measures import COLUMNS

DOCS = Path(__file__).parents[3] / "docs" / "offset"


def text(page):
    return (DOCS / f"{page}.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", ["project", "minimise", "credit"])
def test_example_of_the_page_runs(page):
    blocks = re.findall(r"```python\n(.*?)```", text(page), re.DOTALL)
    assert blocks
    for block in blocks:
        exec(compile(block, page, "exec"), {})


def every_key(keys):
    """Names of the keys, and of those of the tables in them."""
    return {name for key in keys for name in (key["name"], *every_key(key.get("keys", ())))}


def test_page_of_the_project_names_every_key():
    assert every_key(described(ProjectDeclaration)) <= set(re.findall(r"[a-z_0-9]+", text("project")))


def test_pages_name_every_column():
    assert set(COLUMNS) <= {*re.findall(r"[a-z_]+", text("minimise")), "name"}
    assert {*candidates.TEXTS, *candidates.NUMBERS, *candidates.MONEY} <= set(re.findall(r"[a-z_]+", text("credit")))
