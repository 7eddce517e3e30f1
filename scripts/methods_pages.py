"""Write docs/methods: one page per service, from its declaration, its module's docstring and the words of its page.csv.

python scripts/methods_pages.py            writes docs/methods
python scripts/methods_pages.py --check    exit status 1 where a page would change
"""

from __future__ import annotations

import argparse
import importlib
import inspect
import sys
from pathlib import Path

from ecoval import terms
from ecoval.classification import ecosystem_types, gives, scope, type_name
from ecoval.parameters import Parameters, packaged, sources
from ecoval.registry import service_rows
from ecoval.services import SERVICES, Option, Service

INDEX = """每项服务一页：方法、指标项、方法选项、图层、参数及其来源。页面由服务声明生成。

One page per service: method, items, options, layers, numbers and their sources. The pages are made from the declarations of the
services, so that they say what the software does. What a measure, a kind or a status means stands in the
[guide](../guide.md); [中文指南](../guide.zh.md).

图层如何落到核算格网：格网一致时原样读取；源像元较小时，强度量取面积加权平均、分类取众数、总量按面积分配求和；源像元较大时，
强度量双线性插值，分类取最近像元。双线性插值时，像元中心所在的源像元缺测即为缺测，否则缺测邻元的权重归一到其余邻元。

How layers come onto the grid of an account: where the lattices agree they are read as they are. Of finer layers intensive values
are averaged by area, classes take the most frequent, totals are added up by area; of coarser ones intensive values are
interpolated (bilinear) and classes take the cell that holds the centre. A centre in a missing cell is missing; weights of missing
neighbours go to the others.
"""
TARGET = Path(__file__).resolve().parent.parent / "docs" / "methods"


def words() -> dict[str, tuple[str, str]]:
    """What a reader should know before the formulas: service -> Chinese, English."""
    return {row["service"]: (row["zh"], row["en"]) for row in service_rows("page")}


def table(header: list[str], rows: list[list[str]]) -> list[str]:
    """Lines of a Markdown table."""
    return ["", f"| {' | '.join(header)} |", f"|{'---|' * len(header)}", *(f"| {' | '.join(row)} |" for row in rows), ""]


def condition(when: dict[str, tuple[str, ...]]) -> str:
    """Condition of an input, a parameter or an item as text."""
    return " and ".join(f"`{name}` = {' / '.join(f'`{choice}`' for choice in choices)}" for name, choices in when.items())


def bounds(low: float | None, high: float | None) -> str:
    """Valid range as text."""
    if low is not None and high is not None:
        return f"{low:g} to {high:g}"
    return "" if low is high else f"from {low:g}" if high is None else f"up to {high:g}"


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


def outside_text(service: Service) -> list[str]:
    """Types of level 2 that do not count: those that give nothing, and those without a number."""
    codes = [entry.code for entry in ecosystem_types().values() if entry.level == 2]
    answers = list(zip(codes, gives(service.code, codes), strict=True))
    lines = []
    for word, text in (("zero", "They give nothing"), ("unknown", "What they give is not known, and no number is taken")):
        names = [f"{code} {type_name(code, 'en')}" for code, answer in answers if answer == word]
        if names:
            lines.append(f"- {text}: {', '.join(names)}")
    return ["", "Types outside the scope:", "", *lines] if lines else []


def numbers_text(service: Service, entry) -> str:
    """Sources and statuses that the packaged tables hold for a parameter."""
    if entry.source == "own":
        return "the study's own"
    rows = packaged().get((entry.service or service.code, entry.table_name), ())
    found = dict.fromkeys(
        f"{row.source_id} ({row.status}, {'any region' if row.region == '*' else row.region})"
        for row in rows
        if "{" in entry.key or row.key == entry.key or entry.by != "key"
    )
    return ", ".join(found) or "the study's own"


def grouped_scopes(service: Service) -> list[str]:
    """One line per set of ecosystem types, the items that count it in front."""
    groups: dict[str, list[str]] = {}
    for code in dict.fromkeys(item.code for item in service.items if item.form == "cell"):
        groups.setdefault(scope_text(service, code), []).append(code)
    return [f"- {', '.join(codes)}: {text}" for text, codes in groups.items()]


def method_lines(text: str) -> list[str]:
    """Docstring of a module as Markdown: its title, paragraphs as text, indented formulas as code."""
    lines, code = [], False
    for line in text.splitlines():
        indented = line.startswith("    ")
        if line and indented != code:
            lines += ["```text"] if indented else ["```", ""] if lines and lines[-1] else ["```"]
            code = indented
        lines.append(line[4:] if code else line)
    lines += ["```"] if code else []
    return closed(lines)


def closed(lines: list[str]) -> list[str]:
    """The lines without blank ones in front of the end of a block of code."""
    kept: list[str] = []
    for line in lines:
        if line == "```" and kept and not kept[-1]:
            kept.pop()
            kept += [line, ""]
        else:
            kept.append(line)
    return kept


def items_section(service: Service) -> list[str]:
    """Items with what they build on, and the types that count."""
    active = {item.code: item.shared for item in service.active({}).items}
    rows = [
        [
            f"`{item.code}`",
            terms.label(item.code, "zh") if item.code in terms.vocabulary() else "",
            item.form,
            item.measure,
            f"`{item.price}`" if item.price else "-",
            ", ".join(f"`{name}`" for name in active.get(item.code, {})),
            "diagnostic, in no sum" if item.diagnostic else condition(item.when),
        ]
        for item in service.items
    ]
    lines = ["## Items", "", *table(["item", "名称", "form", "measure", "price", "built on", "where"], rows)]
    if any(item.form == "cell" for item in service.items):
        lines += [
            "Ecosystem types that count (codes of level 2; level 3 where it differs):",
            "",
            *grouped_scopes(service),
            *outside_text(service),
            "",
        ]
    return lines


def options_section(service: Service) -> list[str]:
    """Options, their choices, and what the default pack takes."""
    pack = Parameters.read("open-2026").options(service.code)
    rows = []
    for option in service.options:
        taken = pack.get(option.name)
        label = terms.vocabulary().get(f"option {option.name}", {}).get("zh", "")
        choices = " / ".join(f"`{choice}`" for choice in option.choices)
        default = "; ".join([f"`{option.default}`", *(f"`{choice}` where {condition(when)}" for when, choice in option.defaults)])
        pack_choice = f"`{taken}`" if taken in option.choices else "the default"
        rows.append([f"`{option.name}`", label, choices, default, pack_choice, counts(option)])
    header = ["option", "名称", "choices", "default", "open-2026", "counts where"]
    return ["## Options", "", *(table(header, rows) if rows else ["None.", ""])]


def counts(option: Option) -> str:
    """Where an option counts, as text."""
    parts = [condition(option.when)]
    parts += [f"no layer `{option.makes}` is given"] if option.makes else []
    parts += [f"`{option.needs[0]}` is given, else `{option.needs[1]}`"] if option.needs else []
    parts += [f"the choice is that of `{option.of}`"] if option.of else []
    return "; ".join(filter(None, parts))


def inputs_section(service: Service) -> list[str]:
    """Layers and tables, each role once however many conditions it has."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for entry in service.inputs:
        head = (entry.role, entry.measure, entry.kind, str(entry.bands or "any"), bounds(entry.low, entry.high))
        groups.setdefault(head, []).append(condition(entry.when))
    rows = []
    for (role, uom, kind, count, valid), conditions in groups.items():
        label = terms.vocabulary().get(role, {}).get("zh", "")
        held = ("-", "table", "-", "") if kind == "table" else (uom, kind, count, valid)
        rows.append([f"`{role}`", label, *held, " or ".join(filter(None, conditions))])
    return ["## Layers and tables", "", *table(["role", "名称", "measure", "kind", "bands", "range", "where"], rows)]


def numbers_section(service: Service) -> list[str]:
    """Numbers that the functions, the layers prepared for them or the prices look up, and what the packaged tables offer."""
    keys = {"type": "each ecosystem type", "table": "all"}
    rows = []
    for _, entry in service.numbers:
        key = keys.get(entry.by, "-" if entry.key == "*" else f"`{entry.key}`")
        label = terms.vocabulary().get(entry.table_name, {}).get("zh", "")
        found = numbers_text(service, entry)
        rows.append(
            [f"`{entry.table_name}`", label, key, entry.measure, bounds(entry.low, entry.high), found, condition(entry.when)]
        )
    header = ["parameter", "名称", "key", "measure", "range", "packaged", "where"]
    return ["## Numbers", "", *(table(header, rows) if rows else ["None.", ""])]


def references_section(service: Service) -> list[str]:
    """Citations of the sources that the service rests on."""
    found = [(key, sources()[key]) for key in service.references]
    cited = [f"- [{key}] {row['citation'].rstrip('.')}. {row['identifier']}" for key, row in found]
    return ["## References", "", *cited, ""]


def tidy(lines: list[str]) -> str:
    """Text of the lines, never more than one blank one between."""
    text = "\n".join(lines)
    while "\n\n\n" in text:
        text = text.replace("\n\n\n", "\n\n")
    return text


def page(service: Service) -> str:
    """One methods page."""
    zh, en = words()[service.code]
    module = importlib.import_module(f"ecoval.services.{service.code}")
    title = f"# {terms.label(service.code, 'zh')} · {terms.label(service.code, 'en')}"
    lines = [title, "", zh, "", en, "", "[All methods](index.md)", "", "## Method", ""]
    lines += [*method_lines(inspect.getdoc(module)), ""]
    for section in (items_section, options_section, inputs_section, numbers_section, references_section):
        lines += section(service)
    return tidy(lines)


def index() -> str:
    """The page that lists the others."""
    lines = ["# 核算方法 · Methods", "", *INDEX.splitlines()]
    rows = []
    for service in SERVICES:
        items = dict.fromkeys(item.code for item in service.items if not item.diagnostic)
        link = f"[{terms.label(service.code, 'zh')} · {terms.label(service.code, 'en')}]({service.code}.md)"
        rows.append([link, terms.label(service.category, "en"), ", ".join(f"`{item}`" for item in items), f"`{service.code}`"])
    lines += table(["service", "category", "items", "code"], rows)
    lines += ["The factors R, K, LS, C and P of the soil loss equation: [rusle.md](rusle.md).", ""]
    return tidy(lines)


def pages() -> dict[str, str]:
    """File name -> text of every page."""
    return {f"{service.code}.md": page(service) for service in SERVICES} | {"index.md": index()}


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
