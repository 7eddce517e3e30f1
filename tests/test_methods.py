"""The methods pages are what the declarations say."""

import importlib.util
from pathlib import Path

from ecoval.services import SERVICES

ROOT = Path(__file__).parents[1]


def test_pages_follow_the_declarations():
    spec = importlib.util.spec_from_file_location("methods_pages", ROOT / "scripts" / "methods_pages.py")
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    made = script.pages()
    assert set(made) == {f"{service.code}.md" for service in SERVICES}
    assert {name: (ROOT / "docs" / "methods" / name).read_text(encoding="utf-8") for name in made} == made
