"""The guides and the README tell the truth: their commands run, in their order, in a fresh folder."""

import os
import re
import shlex
import shutil
from pathlib import Path

import pytest

from ecoval.__main__ import main

ROOT = Path(__file__).parents[1]


def commands(path):
    blocks = re.findall(r"```console\n(.*?)```", path.read_text(encoding="utf-8"), re.DOTALL)
    return [shlex.split(line) for block in blocks for line in block.splitlines() if line.startswith("ecoval ")]


def files(path):
    """Small files that a page shows under their name in backquotes."""
    text = path.read_text(encoding="utf-8")
    return dict(re.findall(r"`([^`\n]+\.(?:csv|toml))`[^`]*?[:：]\n\n```(?:csv|toml)\n(.*?)```", text, re.DOTALL))


@pytest.mark.parametrize("page", ["docs/guide.md", "docs/guide.zh.md", "docs/offset/index.md", "docs/offset/index.zh.md"])
def test_commands_of_the_guide_run(page, tmp_path, monkeypatch):
    folder = tmp_path / "生态 核算"
    folder.mkdir()
    shutil.copytree(ROOT / "sample_data", folder / "sample_data", ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.chdir(folder)
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


def test_links_of_the_documents_resolve():
    for page in [ROOT / "README.md", *ROOT.glob("docs/**/*.md")]:
        for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            if "://" not in target:
                assert os.path.exists(page.parent / target), f"{page.name}: {target}"  # noqa: PTH110
