"""Write docs/methods: one page per service, from its declaration, its module's docstring and the words of docs/methods/words.csv.

python scripts/methods_pages.py            writes docs/methods
python scripts/methods_pages.py --check    exit status 1 where a page would change
"""

from __future__ import annotations

import argparse
import csv
import importlib
import inspect
import sys
from pathlib import Path

from ecoval import terms
from ecoval.classification import ecosystem_types, scope, type_name
from ecoval.parameters import Parameters, packaged, sources
from ecoval.services import SERVICES, Service

TARGET = Path(__file__).resolve().parent.parent / "docs" / "methods"


def words() -> dict[str, tuple[str, str]]:
    """What a reader should know before the formulas: service -> Chinese, English."""
    with (TARGET / "words.csv").open(encoding="utf-8", newline="") as file:
        return {row["service"]: (row["zh"], row["en"]) for row in csv.DictReader(file)}


def table(header: list[str], rows: list[list[str]]) -> list[str]:
    """Lines of a Markdown table."""
    return ["", f"| {' | '.join(header)} |", f"|{'---|' * len(header)}", *(f"| {' | '.join(row)} |" for row in rows), ""]


def condition(when: dict[str, tuple[str, ...]]) -> str:
    """Condition of an input, a parameter or an item as text."""
    return "; ".join(f"{name} = {' / '.join(choices)}" for name, choices in when.items())


def bounds(low: float | None, high: float | None) -> str:
    """Valid range as text."""
    if low is None and high is None:
        return ""
    return f"{'' if low is None else f'{low:g}'} … {'' if high is None else f'{high:g}'}"


def scope_text(service: Service, item: str) -> str:
    """Types of level 2 and 3 that an item counts, level 3 only where it differs from its parent."""
    types = [entry for entry in ecosystem_types().values() if entry.level > 1]
    counted = dict(zip((entry.code for entry in types), scope(service.code, [e.code for e in types], item=item), strict=True))
    named = []
    for entry in types:
        differs = entry.level == 3 and counted[entry.code] != counted[entry.parent]
        if (entry.level == 2 and counted[entry.code]) or differs:
            named.append(f"{'' if counted[entry.code] else 'not '}{entry.code} {type_name(entry.code, 'en')}")
    return ", ".join(named) or "-"


def numbers_text(service: Service, entry) -> str:
    """Sources and statuses that the packaged tables hold for a parameter."""
    if entry.source == "own":
        return "the study's own"
    rows = packaged().get((entry.service or service.code, entry.table_name), ())
    found = dict.fromkeys(
        f"{row.source_id} ({row.status}, {row.region})"
        for row in rows
        if "{" in entry.key or row.key == entry.key or entry.by != "key"
    )
    return ", ".join(found) or "the study's own"


def page(service: Service) -> str:
    """One methods page."""
    zh, en = words()[service.code]
    module = importlib.import_module(f"ecoval.services.{service.code}")
    pack = Parameters.read("open-2026").options(service.code)
    lines = [f"# {terms.label(service.code, 'zh')} · {terms.label(service.code, 'en')}", "", zh, "", en, ""]
    lines += ["## Method", "", "```text", *inspect.getdoc(module).splitlines(), "```", "", "## Items", ""]
    items = [
        [i.code, i.form, i.measure, i.price or "-", "diagnostic" if i.diagnostic else condition(i.when)] for i in service.items
    ]
    lines += table(["item", "form", "measure", "price", "where"], items)
    if any(item.form == "cell" for item in service.items):
        lines += ["Ecosystem types that count (codes of level 2; level 3 where it differs):", ""]
        lines += [
            f"- {code}: {scope_text(service, code)}"
            for code in dict.fromkeys(item.code for item in service.items if item.form == "cell")
        ]
        lines += [""]
    lines += ["## Options", ""]
    options = [
        [o.name, " / ".join(o.choices), o.default, pack.get(o.name, "-") if pack.get(o.name) in o.choices else "-"]
        for o in service.options
    ]
    lines += table(["option", "choices", "default", "open-2026"], options) if options else ["none", ""]
    lines += ["## Layers and tables", ""]
    lines += table(
        ["role", "measure", "kind", "bands", "range", "where"],
        [[i.role, i.measure, i.kind, str(i.bands or "any"), bounds(i.low, i.high), condition(i.when)] for i in service.inputs],
    )
    lines += ["## Numbers", ""]
    lines += table(
        ["parameter", "key", "measure", "range", "packaged", "where"],
        [
            [
                p.table_name,
                "type" if p.by == "type" else ("all" if p.by == "table" else p.key),
                p.measure,
                bounds(p.low, p.high),
                numbers_text(service, p),
                condition(p.when),
            ]
            for p in service.parameters
        ],
    )
    lines += [
        "## References",
        "",
        *(f"- [{key}] {sources()[key]['citation']}. {sources()[key]['identifier']}" for key in service.references),
        "",
    ]
    text = "\n".join(lines)
    while "\n\n\n" in text:
        text = text.replace("\n\n\n", "\n\n")
    return text


def pages() -> dict[str, str]:
    """File name -> text of every page."""
    return {f"{service.code}.md": page(service) for service in SERVICES}


def main() -> int:
    """Write the pages, or compare them with those in place."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    different = 0
    for name, text in pages().items():
        path = TARGET / name
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        different += 1
        sys.stdout.write(f"{name}\n")
        if not check:
            TARGET.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
    return int(check and different > 0)


if __name__ == "__main__":
    sys.exit(main())
