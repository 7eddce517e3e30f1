"""Write what is made of the declared operations: the plugin's algorithms and the reference pages.

python scripts/operations.py [--check]
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ecoval.operations import operations
from ecoval.operations.declared import Operation, Option, Words

ROOT = Path(__file__).parents[1]
PLUGIN = ROOT / "qgis_plugin" / "ecoval_qgis" / "operations.json"
PAGES = {"en": ROOT / "docs" / "operations.md", "zh": ROOT / "docs" / "operations.zh.md"}
TITLE = Words("Operations", "操作")
ABOUT = Words(
    "Each operation is declared once, in a file of `ecoval/operations/`; from it come the command, the request of the "
    "[engine](engine.md), the algorithm of QGIS with its form, and this page (`python scripts/operations.py`). Every command also "
    "has `--quiet`, `--json`, `--debug`, `--lang zh|en` and `--help`; every request may have `lang`.",
    "每项操作只在 `ecoval/operations/` 的一个文件中声明一次；命令、[引擎](engine.md)的请求、QGIS 算法及其表单，以及本页"
    "（`python scripts/operations.py`）都由此生成。每个命令还有 `--quiet`、`--json`、`--debug`、`--lang zh|en` 和 `--help`；"
    "每个请求都可带 `lang`。",
)
DOORS = {
    "command": Words("command", "命令"),
    "request": Words("request", "请求"),
    "algorithm": Words("algorithm", "算法"),
    "python": Words("Python", "Python"),
}
HEAD = (
    Words("command line", "命令行"),
    Words("request", "请求"),
    Words("type", "类型"),
    Words("default", "默认"),
    Words("what", "说明"),
)
REQUIRED = Words("required", "必填")


def algorithms() -> str:
    """`operations.json` of the plugin."""
    entries = [entry for operation in operations() for entry in operation.described()["algorithms"]]
    return json.dumps({"algorithms": entries}, ensure_ascii=False, indent=0) + "\n"


def page(lang: str) -> str:
    """The reference page in one language."""
    parts = [f"# {TITLE.in_language(lang)}", ABOUT.in_language(lang)]
    for operation in operations():
        parts += [f"## {operation.name}", operation.help.in_language(lang), doors(operation, lang)]
        if operation.show is not None:
            parts.append(f"```\n{operation.example}\n```")
        if operation.options:
            parts.append("\n".join(table(operation, lang)))
    return "\n\n".join(parts) + "\n"


def doors(operation: Operation, lang: str) -> str:
    """Where an operation is offered, with the names there."""
    names: dict[str, Any] = {"command": f"`ecoval {operation.name}`", "python": f"`{operation.python.replace(':', '.')}`"}
    if operation.request is not None:
        fixed = "".join(f", `{name}` = `{value}`" for name, value in operation.request.fixed.items())
        names["request"] = f"`{operation.request.method}`{fixed}"
    names["algorithm"] = ", ".join(f"`ecoval:{algorithm.name}`" for algorithm in operation.algorithms)
    return " · ".join(f"{DOORS[door].in_language(lang)} {names[door]}" for door in operation.doors)


def table(operation: Operation, lang: str) -> Iterator[str]:
    """Rows of the options."""
    yield "| " + " | ".join(each.in_language(lang) for each in HEAD) + " |"
    yield "|" + "---|" * len(HEAD)
    for option in operation.options:
        flag = "" if option.flag is None else f"`{option.spelled}`"
        field = f"`{option.name}`" if operation.request is not None else ""
        default = REQUIRED.in_language(lang) if option.required else shown(option.default)
        cells = (flag, field, kind(option), default, option.help.in_language(lang))
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def kind(option: Option) -> str:
    """Type and domain of an option."""
    content = option.kind.described()
    content = content | content.pop("each", {}) | {"type": content["type"]}
    signs = {"low": ">" if content.get("above") else ">=", "high": "<="}
    domain = [f"{sign} {content[name]:g}" for name, sign in signs.items() if content.get(name) is not None]
    choices = ", ".join(f"`{choice}`" for choice in content.get("choices", ()))
    return " ".join(filter(None, [content["type"], *domain, choices]))


def shown(value: Any) -> str:
    """A default as the page shows it."""
    if value in (None, "", (), []):
        return ""
    return f"`{','.join(map(str, value)) if isinstance(value, tuple | list) else value}`"


def written() -> dict[Path, str]:
    """Every file with its text."""
    return {PLUGIN: algorithms()} | {path: page(lang) for lang, path in PAGES.items()}


def main() -> None:
    """Write the files, or say which one is not what the operations declare."""
    for path, text in written().items():
        if "--check" not in sys.argv:
            path.write_text(text, encoding="utf-8", newline="\n")
        elif not path.is_file() or path.read_text(encoding="utf-8") != text:
            sys.exit(f"{path.name} is not what the operations declare: run scripts/operations.py")


if __name__ == "__main__":
    main()
