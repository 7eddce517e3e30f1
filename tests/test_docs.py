"""The guides and the README tell the truth: their commands run, in their order, in a fresh folder."""

import os
import re
import shlex
import shutil
from pathlib import Path

import pytest

import ecoval as ev
from ecoval.__main__ import main

ROOT = Path(__file__).parents[1]


def commands(path):
    blocks = re.findall(r"```console\n(.*?)```", path.read_text(encoding="utf-8"), re.DOTALL)
    return [shlex.split(line) for block in blocks for line in block.splitlines() if line.startswith("ecoval ")]


def files(path):
    """Small files that a page shows under their name in backquotes."""
    text = path.read_text(encoding="utf-8")
    return dict(re.findall(r"`([^`\n]+\.(?:csv|toml))`[^`]*?[:：]\n\n```(?:csv|toml)\n(.*?)```", text, re.DOTALL))


TWINS = {"docs/guide.md": "docs/guide.zh.md", "docs/offset/index.md": "docs/offset/index.zh.md"}


@pytest.mark.parametrize(("page", "twin"), TWINS.items())
def test_both_languages_show_the_same_commands(page, twin):
    """Words and options are the same; names of files are those of the language."""

    def form(command):
        words = [word for word in command if word not in ("--lang", "zh")]
        return [word if word.startswith("-") or "sample_data" in word or place < 2 else "" for place, word in enumerate(words)]

    assert [form(command) for command in commands(ROOT / page)] == [form(command) for command in commands(ROOT / twin)]


@pytest.mark.parametrize("page", TWINS.values())  # the other pages show the same commands
def test_commands_of_the_guide_run(page, request, tmp_path, monkeypatch):
    folder = tmp_path / "生态 核算"
    folder.mkdir()
    shutil.copytree(ROOT / "sample_data", folder / "sample_data", ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.chdir(folder)
    if page != TWINS["docs/guide.md"]:  # whose commands draw the figures of an account and of a balance
        request.getfixturevalue("_blank_figures")
    for name, content in files(ROOT / page).items():
        (folder / name).write_text(content, encoding="utf-8")
    found = commands(ROOT / page)
    assert len(found) >= 6
    for command in found:
        with pytest.raises(SystemExit) as stop:
            main([*command[1:]])
        assert stop.value.code in (0, None), f"{shlex.join(command)} ended with {stop.value.code}"


def test_python_of_the_guide_runs(tmp_path, monkeypatch):
    shutil.copytree(ROOT / "sample_data", tmp_path / "sample_data", ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.chdir(tmp_path)
    code = re.search(r"```python\n(.*?)```", (ROOT / "docs" / "guide.md").read_text(encoding="utf-8"), re.DOTALL)[1]
    names = {}
    exec(compile(code, "guide.md", "exec"), names)
    assert names["account"].gep["gep"].notna().any()


def table(page, header):
    """Rows of the table of a page whose head begins with a text: name -> cells."""
    text = (ROOT / page).read_text(encoding="utf-8")
    lines = text[text.index(f"| {header}") :].split("\n\n")[0].splitlines()
    return [[cell.strip(" *") for cell in line.strip("|").split("|")] for line in [lines[0], *lines[2:]]]


def written(text):
    """A number of a page, and half a unit of its last digit."""
    digits = text.replace(",", "").partition(".")[2]
    return float(text.replace(",", "")), 0.5000001 * 10.0 ** -len(digits)


def test_account_in_the_readme_is_that_of_the_sample():
    county = ev.Study.read(ROOT / "sample_data" / "study.toml").run(year=2023).gep
    head, cells = table("README.md", "provisioning")
    sums = county[["provisioning", "regulating", "cultural", "gep"]].sum() / 1e8
    ratio = county["gep"].sum() / (county["gep"] / county["gep_gdp_ratio"]).sum()
    assert head[-1] == "GEP/GDP"
    for cell, value in zip(cells, [*sums, ratio], strict=True):
        number, half = written(cell)
        assert abs(value - number) <= half, cell


@pytest.fixture(scope="module")
def balance():
    """The balance of the sample project."""
    return ev.offset.Project.read(ROOT / "sample_data" / "project.toml").assess(scenarios=False)


NAMES = {
    "README.md": ("water retention", "soil retained", "flood mitigation", "carbon sequestration", "climate regulation"),
    "docs/guide.md": ("water retention", "soil retained", "flood mitigation", "carbon sequestration", "climate regulation"),
    "docs/guide.zh.md": ("水源涵养", "保持土壤", "洪水调蓄", "固碳", "气候调节"),
}
CODES = (
    "water_retention",
    "soil_retention:soil",
    "flood_mitigation:vegetation",
    "carbon_sequestration:vegetation",
    "climate_regulation:plants",
)
MEASURES = {"10,000 m3": 1e4, "GWh": 1e6}


@pytest.mark.parametrize("page", NAMES)
def test_balance_in_a_page_is_that_of_the_sample(page, balance):
    rows = table(page, "服务 | 要求" if ".zh." in page else "service | required")
    lost = balance.balance[balance.balance["debit"] > 0].set_index("service")
    for name, code, cells in zip(NAMES[page], CODES, rows[1:], strict=False):
        assert cells[0].startswith(name)
        factor = MEASURES.get(cells[0].partition(", ")[2], 1.0)
        numbers = ("required", "credit", "net")[: len(cells) - 3]
        for column, cell in zip(numbers, cells[1:], strict=False):
            number, half = written(cell)
            assert abs(lost.loc[code, column] / factor - number) <= half, (name, column)
        said = [cell in ("yes", "是") for cell in cells[-2:]]
        assert said == [lost.loc[code, "ok"], lost.loc[code, "ok_cautious"]]


def test_value_and_cost_in_the_readme_are_those_of_the_sample(balance):
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    cells = table("README.md", "service | required")[-1]
    sums = balance.value[["required_value", "credit_value", "net_value"]].sum() / 1e6
    for cell, value in zip(cells[1:], sums, strict=False):
        number, half = written(cell)
        assert abs(value - number) <= half, cell
    assert f"Cost of the parcels: {balance.verdict.portfolio['cost'] / 1e6:.2f} million CNY" in text
    assert f"takes {balance.alternatives.set_index('alternative_id').loc['B', 'area'] / 1e4:.0f} ha" in text
    assert (len(balance.portfolio), len(balance.candidates)) == (7, 28)
    assert balance.verdict.portfolio["proven"]
    assert (balance.verdict.verdict, balance.verdict.robust) == ("balanced", False)


def test_links_of_the_documents_resolve():
    for page in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]:
        for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            if "://" not in target:
                assert os.path.exists(page.parent / target), f"{page.name}: {target}"  # noqa: PTH110
