"""The pages on time, equivalency and the metric of England tell the truth: their examples run and assert their numbers."""

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[3] / "docs" / "offset"


@pytest.mark.parametrize("page", ["time", "equivalency", "uk"])
def test_examples_run(page):
    blocks = re.findall(r"```python\n(.*?)```", (DOCS / f"{page}.md").read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) == 1
    assert "assert" in blocks[0]
    exec(compile(blocks[0], f"{page}.md", "exec"), {})
