"""The methods pages are what the declarations say."""

import importlib.util
from pathlib import Path

from ecoval.services import SERVICES
from ecoval.terms import vocabulary

ROOT = Path(__file__).parents[1]


def test_the_target_docs_runs_the_script_that_makes_them_first():
    commands = (ROOT / "Makefile").read_text(encoding="utf-8").partition("\ndocs:")[2].split("\n\n")[0]
    scripts = [word for word in commands.split() if word.startswith("scripts/")]
    assert all((ROOT / script).is_file() for script in scripts)
    assert scripts[0] == "scripts/methods_pages.py"  # before the site is built out of them


def test_pages_follow_the_declarations():
    spec = importlib.util.spec_from_file_location("methods_pages", ROOT / "scripts" / "methods_pages.py")
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    made = script.pages()
    assert set(made) == {"index.md", *(f"{service.code}.md" for service in SERVICES)}
    assert {name: (ROOT / "docs" / "methods" / name).read_text(encoding="utf-8") for name in made} == made


def test_everything_that_a_service_declares_has_a_name_in_both_languages():
    known = vocabulary()
    for service in SERVICES:
        names = [*(entry.role for entry in service.inputs), *(entry.table_name for entry in service.parameters)]
        names += [*(item.code for item in service.items), *(f"option {option.name}" for option in service.options)]
        assert [name for name in names if name not in known] == [], service.code
