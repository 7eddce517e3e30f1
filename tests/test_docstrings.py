"""What style.md asks of public docstrings: they exist, name their parameters truly, use known measures and references."""

import ast
import csv
import re
from pathlib import Path

import pytest

import ecoval
from ecoval import measure

PACKAGE = Path(ecoval.__file__).parent
MODULES = sorted(path for path in PACKAGE.rglob("*.py"))
ENTRY = re.compile(r"^(?P<names>\*{0,2}[A-Za-z_][\w, *]*?) : (?P<kind>.+)$")
NUMERIC = re.compile(r"^(array|vector|number)\b(?P<shape> ?\([^)]*\))?,\s*(?P<measure>[^,;]+)")


def public_functions(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    owners = [(tree, "")] + [
        (node, node.name + ".") for node in tree.body if isinstance(node, ast.ClassDef) and node.name[0] != "_"
    ]
    for owner, prefix in owners:
        for node in owner.body:
            if isinstance(node, ast.FunctionDef) and node.name[0] != "_":
                yield prefix + node.name, node


def section(docstring, title):
    lines = docstring.splitlines()
    starts = [i for i, line in enumerate(lines[:-1]) if line.strip() == title and set(lines[i + 1].strip()) == {"-"}]
    if not starts:
        return []
    body, indent = [], len(lines[starts[0]]) - len(lines[starts[0]].lstrip())
    for i, line in enumerate(lines[starts[0] + 2 :], starts[0] + 2):
        if i + 1 < len(lines) and lines[i + 1].strip() and set(lines[i + 1].strip()) == {"-"}:
            break
        body.append(line[indent:])
    return body


def entries(docstring, title):
    return [match for line in section(docstring, title) if line[:1].strip() and (match := ENTRY.match(line))]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_docstrings_are_true(path):
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))), "module without a docstring"
    for name, node in public_functions(path):
        text = ast.get_docstring(node)
        assert text, f"{name} has no docstring"
        assert len(text.splitlines()[0]) <= 132, f"{name}: first line is too long"
        arguments = {a.arg for a in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)} | {
            a.arg for a in (node.args.vararg, node.args.kwarg) if a
        }
        for match in entries(text, "Parameters"):
            named = {part.strip().lstrip("*") for part in match["names"].split(",")}
            assert named <= arguments, f"{name}: documents {named - arguments}, which it does not take"
        for match in [*entries(text, "Parameters"), *entries(text, "Returns")]:
            numeric = NUMERIC.match(match["kind"])
            for symbol in re.split(r" or ", numeric["measure"].strip()) if numeric else ():
                assert symbol in measure.SYMBOLS, f"{name}: measure {symbol!r} of {match['names']} is not in measure.SYMBOLS"


def test_references_resolve():
    with (PACKAGE / "data" / "sources.csv").open(encoding="utf-8", newline="") as file:
        known = {row["source_id"] for row in csv.DictReader(file)}
    for path in MODULES:
        for _, node in public_functions(path):
            for line in section(ast.get_docstring(node) or "", "References"):
                for reference in re.findall(r"\[([A-Za-z][\w-]+)\]", line):
                    assert reference in known, f"{path.name}: reference [{reference}] is not in sources.csv"
