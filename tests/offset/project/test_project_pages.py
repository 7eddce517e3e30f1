"""The pages of the project file, of minimising and of credits: their examples run, and they name what the code has."""

import re
from pathlib import Path

import pytest

from ecoval.offset import candidates
from ecoval.offset.declaration import keys
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


def test_page_of_the_project_names_every_key():
    valid = {
        *keys.PROJECT_TABLES,
        *keys.PROJECT_KEYS,
        *keys.FOOTPRINT_KEYS,
        *keys.INFLUENCE_KEYS,
        *keys.MEASURE_KEYS,
        *keys.CANDIDATE_KEYS,
        *keys.EXCLUSION_KEYS,
        *keys.RULE_KEYS,
        *keys.STATUTORY_KEYS,
        *keys.LEDGER_KEYS,
        *keys.CHECK_KEYS,
    }
    named = set(re.findall(r"[a-z_0-9]+", text("project")))
    assert valid <= named


def test_pages_name_every_column():
    assert set(COLUMNS) <= {*re.findall(r"[a-z_]+", text("minimise")), "name"}
    assert {*candidates.TEXTS, *candidates.NUMBERS, *candidates.MONEY} <= set(re.findall(r"[a-z_]+", text("credit")))
