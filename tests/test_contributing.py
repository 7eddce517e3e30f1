"""CONTRIBUTING names files, targets and sections that exist; CITATION.cff says what setup.cfg says."""

import configparser
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = ("CONTRIBUTING.md", "CONTRIBUTING.zh.md")


def quoted(page):
    return re.findall(r"`([^`\n]+)`", (ROOT / page).read_text(encoding="utf-8"))


@pytest.mark.parametrize("page", PAGES)
def test_files_that_the_page_names_exist(page):
    names = [name for name in quoted(page) if re.fullmatch(r"[\w./-]+/([\w-]*\.[\w.]+)?|\w[\w.-]*\.(cfg|toml|yml|md)", name)]
    names = [name for name in names if name not in ("site/", "x.md", "x.zh.md")]
    assert len(names) >= 2
    assert [name for name in names if not (ROOT / name).exists()] == []


def test_the_table_of_additions_names_a_file_in_every_row():
    table = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").partition("## Where to add what")[2].partition("\n## ")[0]
    rows = [line for line in table.splitlines() if line.startswith("| a")]
    assert len(rows) >= 16
    for row in rows:
        names = re.findall(r"`([\w./-]+/[\w.-]+\.\w+)`", row)
        assert names, row
        assert [name for name in names if not (ROOT / name).is_file()] == []


def test_targets_are_those_of_the_makefile():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([\w-]+):", makefile, re.MULTILINE))
    named = [{name.removeprefix("make ") for name in quoted(page) if name.startswith("make ")} for page in PAGES]
    assert named[0] == named[1]
    assert named[0] <= targets


def test_citation_says_what_setup_cfg_says():
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg", encoding="utf-8")
    fields = dict(re.findall(r"^([a-z-]+): (.+)$", (ROOT / "CITATION.cff").read_text(encoding="utf-8"), re.MULTILINE))
    assert fields["cff-version"] == "1.2.0"
    assert fields["license"] == setup["metadata"]["license"]
    assert {"message", "title", "type"} <= set(fields)
    assert "http" not in "".join(fields.values())
    assert "doi" not in fields
