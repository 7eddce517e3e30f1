"""The site of `make docs`, without building it: navigation, twins, links, API pages, and the search for remote resources."""

import importlib.util
import inspect
import re
from importlib import import_module
from pathlib import Path

import pytest

import ecoval

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = {path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md")}


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("docs_site", ROOT / "scripts" / "docs_site.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_page_stands_once_in_the_navigation():
    navigation = (ROOT / "mkdocs.yml").read_text(encoding="utf-8").partition("\nnav:\n")[2]
    listed = re.findall(r"- (\S+\.md)$", navigation, re.MULTILINE)
    assert sorted(listed) == sorted(PAGES)


def test_every_chinese_page_has_its_twin():
    assert {page.removesuffix(".zh.md") + ".md" for page in PAGES if page.endswith(".zh.md")} <= PAGES


def test_links_between_pages_stay_in_the_site():
    for page in sorted(PAGES):
        for target in re.findall(r"\]\(([^)#\s]+)", (DOCS / page).read_text(encoding="utf-8")):
            if "://" in target:
                continue
            path = (DOCS / page).parent.joinpath(target).resolve()
            assert path.is_file(), f"{page}: {target}"
            assert path.is_relative_to(DOCS), f"{page}: {target}"


def test_api_pages_hold_every_public_name_once(script):
    pages = script.api_pages()
    assert [name for name in ecoval.__all__ if f"`ev.{name}`" not in pages["api/index.md"]] == []
    shown = [path for text in pages.values() for path in re.findall(r"^::: (\S+)$", text, re.MULTILINE)]
    assert len(shown) == len(set(shown))
    for module in ("ecoval.units", "ecoval.offset", "ecoval.accounts", "ecoval.services", "ecoval.prepare.climate"):
        values = [getattr(import_module(module), name) for name in import_module(module).__all__]
        functions = [value for value in values if inspect.isfunction(value) or inspect.isclass(value)]
        assert {f"{value.__module__}.{value.__qualname__}" for value in functions} <= set(shown)


def test_api_index_links_to_definitions_that_are_shown(script):
    pages = script.api_pages()
    shown = {path for text in pages.values() for path in re.findall(r"^::: (\S+)$", text, re.MULTILINE)}
    assert set(re.findall(r"\[([\w.]+)\]\[\]", "".join(pages.values()))) <= shown


@pytest.mark.parametrize(
    ("name", "text", "count"),
    [
        ("a.html", '<script src="https://cdn.example/x.js"></script>', 1),
        ("a.html", '<link rel="stylesheet" href="//cdn.example/x.css"><img src="http://cdn.example/x.png">', 2),
        ("a.html", '<p style="background: url(https://cdn.example/x.png)"></p>', 1),
        ("a.html", '<style>@import "https://cdn.example/x.css";</style>', 1),
        ("a.css", "@font-face { src: url('https://cdn.example/x.woff2') }", 1),
        ("a.html", '<a href="https://example.org">a</a><link rel="canonical" href="https://example.org">', 0),
        ("a.html", '<script src="assets/x.js"></script><img src="data:image/png;base64,//8=">', 0),
    ],
)
def test_what_a_page_loads_from_the_network_is_listed(script, tmp_path, name, text, count):
    (tmp_path / name).write_text(text, encoding="utf-8")
    assert len(script.remote_resources(tmp_path)) == count
