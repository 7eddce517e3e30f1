"""Whatever others reach from outside is still there, under its name: commands, tables, algorithms, requests, keys, codes."""

import importlib.util
import json
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "inventory.py"
ADVICE = "Names that people and programs use stay. If it is meant, run `python scripts/inventory.py` and say so in CHANGELOG.md."

pytestmark = pytest.mark.golden  # how a command is described depends on the version of typer


@pytest.fixture(scope="module")
def script():
    specification = importlib.util.spec_from_file_location("inventory", SCRIPT)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def current(script):
    return json.loads(json.dumps(script.inventory(), ensure_ascii=False))


def test_nothing_that_others_reach_is_removed_or_changed(script, current):
    found = script.compared(json.loads(script.FILE.read_text(encoding="utf-8")), current)
    print("added since the inventory was written:", *found["added"], sep="\n")
    broken = [f"{kind}: {entry}" for kind in ("removed", "changed") for entry in found[kind]]
    assert not broken, "\n".join([*broken, ADVICE])


def test_algorithms_without_qgis_have_the_parameters_of_their_help_pages(current):
    assert len(current["algorithms"]) >= 18
    for identifier, entries in current["algorithms"].items():
        declared = {name.split()[0] for name in entries if " help " not in name}
        described = {name.split()[0] for name in entries if " help " in name}
        assert described, identifier
        assert described <= declared, identifier


def test_a_removal_a_change_and_an_addition_are_told_apart(script):
    before = {"commands": {"ecoval run": {"--out": "DIR", "--year": "2023"}, "ecoval check": {"help": ""}}}
    after = {"commands": {"ecoval run": {"--out": "FILE", "--maps": ""}}}
    found = script.compared(before, after)
    assert found["removed"] == ["commands > ecoval run > --year", "commands > ecoval check"]
    assert found["changed"] == ['commands > ecoval run > --out: was "DIR", is "FILE"']
    assert found["added"] == ["commands > ecoval run > --maps"]
