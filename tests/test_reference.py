"""The reference pages of the files that users write are what their declarations say."""

import importlib.util
import re
from pathlib import Path

import pytest

from ecoval.declarations import described
from ecoval.measure import check

ROOT = Path(__file__).parents[1]
SPEC = importlib.util.spec_from_file_location("reference_pages", ROOT / "scripts" / "reference_pages.py")
SCRIPT = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(SCRIPT)
PREPARED = [row for room in SCRIPT.PREPARED.values() for _, row in room.QUALITY]
CLASSES = (*SCRIPT.FILES.values(), *SCRIPT.TABLES.values(), *PREPARED)


def every_key(keys):
    for key in keys:
        yield key
        yield from every_key(key.get("keys", ()))


def test_pages_follow_the_declarations():
    made = SCRIPT.pages()
    folder = ROOT / "docs" / "reference"
    assert {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.md") if path.name in made} == made


@pytest.mark.parametrize("cls", CLASSES)
def test_every_key_has_help_in_both_languages_and_a_measure_that_is_known(cls):
    for key in every_key(described(cls)):
        assert key["help"]["en"], key["name"]
        assert not re.search("[一-鿿]", key["help"]["en"])
        assert re.search("[一-鿿]", key["help"]["zh"]), key["name"]
        if "measure" in key:
            check(key["measure"])


@pytest.mark.parametrize("cls", CLASSES)
def test_a_default_is_inside_its_domain(cls):
    for key in every_key(described(cls)):
        value = key.get("default")
        if isinstance(value, str) and "choices" in key:
            assert value in key["choices"]
        if isinstance(value, int | float):
            assert key.get("low", value) <= value <= key.get("high", value)
