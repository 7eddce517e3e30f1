"""What mkdocs.yml cannot say: the API pages from the public names, the language of a page, and a site that loads nothing remote.

mkdocs calls the functions `on_...` by their names. `python scripts/docs_site.py SITE` lists what the pages of a built site load
from the network when they are opened (HTML and styles, not what a script might ask for); exit status 1 where there is anything.
"""

from __future__ import annotations

import inspect
import pkgutil
import re
import sys
from html.parser import HTMLParser
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ecoval

if TYPE_CHECKING:
    from types import ModuleType

    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

LOADING = {"src", "srcset", "poster", "data"}
LINKS = {"stylesheet", "icon", "preload", "prefetch", "preconnect", "dns-prefetch", "modulepreload", "manifest"}
REMOTE = re.compile(r"\s*(?:https?:|ftp:)?//", re.IGNORECASE)
STYLE = re.compile(r"(?:url\(\s*['\"]?|@import\s+['\"])(?P<address>(?:https?:)?//[^'\")]+)", re.IGNORECASE)


def public_names(module: ModuleType) -> list[str]:
    """Names that a module offers: its `__all__`; for a module that is no package, else what it defines."""
    if hasattr(module, "__all__"):
        return list(module.__all__)
    if hasattr(module, "__path__"):
        return []
    own = (name for name, value in vars(module).items() if getattr(value, "__module__", None) == module.__name__)
    return [name for name in own if name[0] != "_"]


def public_modules() -> dict[str, list[str]]:
    """Module below ecoval -> the modules that its page shows: itself and the packages in it that offer names."""
    pages = {}
    for entry in pkgutil.iter_modules(ecoval.__path__, "ecoval."):
        if entry.name in ("ecoval.__main__", "ecoval.cli", "ecoval.sample"):
            continue
        modules = [entry.name]
        if entry.ispkg:
            inner = pkgutil.walk_packages(import_module(entry.name).__path__, f"{entry.name}.")
            modules += [each.name for each in inner if each.ispkg]
        if offering := [name for name in modules if public_names(import_module(name))]:
            pages[entry.name] = offering
    return pages


def home(module: str, name: str) -> str:
    """Path of the definition of a public name: ecoval.units.spatial.SpatialUnits for SpatialUnits of ecoval.units."""
    value = getattr(import_module(module), name)
    if inspect.ismodule(value):
        return value.__name__
    defined = inspect.isclass(value) or inspect.isfunction(value)
    return f"{value.__module__}.{value.__qualname__}" if defined else f"{module}.{name}"


def api_pages() -> dict[str, str]:
    """Path of a page below docs -> its Markdown, from which mkdocstrings makes the reference."""
    pages: dict[str, str] = {}
    shown: dict[str, object] = {}
    for room, modules in public_modules().items():
        lines = [f"# {room}", ""]
        for module in modules:
            lines += [] if module == room else [f"## {module}", ""]
            lines += [inspect.getdoc(import_module(module)) or "", ""]
            for name in public_names(import_module(module)):
                path = home(module, name)
                level = 2 if module == room else 3
                reference = [f"::: {path}", f"    options: {{heading_level: {level}}}", ""]
                lines += [f"`{name}`: see [{path}][]", ""] if path in shown else reference
                shown[path] = getattr(import_module(module), name)
        pages[f"api/{room.removeprefix('ecoval.')}.md"] = "\n".join(lines)
    return {"api/index.md": api_index(list(pages), shown), **pages}


def api_index(pages: list[str], shown: dict[str, object]) -> str:
    """The page of the names of `import ecoval as ev`, and of the modules."""
    lines = ["# API reference", "", "`import ecoval as ev` offers:", "", "| name | definition |", "|---|---|"]
    for name in ecoval.__all__:
        value = getattr(ecoval, name)
        if inspect.ismodule(value):
            target = f"[{value.__name__}]({value.__name__.removeprefix('ecoval.')}.md)"
        else:
            target = f"[{next(path for path, other in shown.items() if other is value)}][]"
        lines.append(f"| `ev.{name}` | {target} |")
    lines += ["", "| module | what it is |", "|---|---|"]
    for page in sorted(pages):
        module = f"ecoval.{Path(page).stem}"
        summary = (inspect.getdoc(import_module(module)) or "").partition("\n")[0].replace("|", "\\|")
        lines.append(f"| [{module}]({Path(page).name}) | {summary} |")
    return "\n".join([*lines, ""])


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the API pages and put them into the navigation."""
    from mkdocs.structure.files import File

    pages = api_pages()
    for path, text in pages.items():
        files.append(File.generated(config, path, content=text))
    config.nav.append({"API": list(pages)})
    return files


def on_page_context(context: dict[str, Any], page: Page, config: MkDocsConfig, **_: Any) -> dict[str, Any]:
    """Give the page the language of its file, and a switch to its twin where there is one."""
    chinese = page.file.src_uri.endswith(".zh.md")
    config.theme["language"] = "zh" if chinese else "en"
    stem = page.file.src_uri.removesuffix(".md").removesuffix(".zh")
    there = {each.file.src_uri: each.url for each in context["nav"].pages}
    twins = {"en": ("English", f"{stem}.md"), "zh": ("中文", f"{stem}.zh.md")}
    complete = all(path in there for _, path in twins.values())
    config.extra["alternate"] = [
        {"name": name, "link": there[path], "lang": code} for code, (name, path) in twins.items() if complete
    ]
    return context


class Resources(HTMLParser):
    """Addresses that a page loads when it is opened; what a reader must click is none."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take the attributes that a browser loads at once."""
        values = {name: value or "" for name, value in attrs}
        self.addresses += [values[name] for name in LOADING & values.keys()]
        self.addresses += [match["address"] for match in STYLE.finditer(values.get("style", ""))]
        if tag == "link" and LINKS & set(values.get("rel", "").lower().split()):
            self.addresses.append(values.get("href", ""))


def remote_resources(site: Path) -> list[str]:
    """Each page or style of a site with an address that it loads from another machine."""
    remote = []
    for path in sorted(site.rglob("*")):
        if path.suffix not in (".html", ".css", ".svg"):
            continue
        text = path.read_text(encoding="utf-8")
        parser = Resources()
        parser.feed("" if path.suffix == ".css" else text)
        addresses = [*parser.addresses, *(match["address"] for match in STYLE.finditer(text))]
        remote += [f"{path.relative_to(site)}: {address}" for address in dict.fromkeys(addresses) if REMOTE.match(address)]
    return remote


def main() -> int:
    """List what the site of the command line loads from the network."""
    site = Path(sys.argv[1])
    if not (site / "index.html").is_file():
        raise SystemExit(f"{site} holds no index.html")
    remote = remote_resources(site)
    sys.stdout.write("".join(f"{line}\n" for line in remote))
    return int(bool(remote))


if __name__ == "__main__":
    sys.exit(main())
