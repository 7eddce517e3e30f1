"""The example of docs/offset/balance.md runs and prints what the page says."""

import re
from pathlib import Path

import ecoval

PAGE = Path(ecoval.__file__).parents[1] / "docs" / "offset" / "balance.md"


def test_example_prints_what_the_page_says(capsys):
    text = PAGE.read_text(encoding="utf-8")
    exec(compile(re.search(r"```python\n(.*?)```", text, re.DOTALL)[1], PAGE.name, "exec"), {})
    assert capsys.readouterr().out.strip() == re.search(r"prints `(.*?)`", text)[1]


def test_page_names_every_verdict_and_answer():
    from ecoval.offset.balance.verdict import ANSWERS, VERDICTS

    text = PAGE.read_text(encoding="utf-8")
    assert [name for name in (*VERDICTS, *ANSWERS) if f"`{name}`" not in text] == []
