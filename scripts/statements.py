"""Size of the code by its syntax: statements, docstring lines and names, per room and in all.

    python scripts/statements.py [FOLDER ...]     ecoval and qgis_plugin/ecoval_qgis where none is named

A statement is a node of the syntax tree that is one (a docstring is none): layout and comments count nothing. A name is one that
the code gives: of a variable, an argument, an attribute of `self`, a function or a class, counted each time that it is bound. A
vague one is a bare participle or pronoun-like word of `WORDS`, which says nothing of what it holds.
"""

import argparse
import ast
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[1]
ROOMS = ("ecoval", "qgis_plugin/ecoval_qgis")
WORDS = """
found made given told known wanted asked named some around together said shown kept taken chosen picked done got
things thing stuff it this that these those everything something anything other others rest
"""
VAGUE = frozenset(WORDS.split())
COLUMNS = ("room", "files", "lines", "statements", "docstring lines", "share %", "names", "vague", "vague %")
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def measured(path: Path) -> Counter[str]:
    """Counts of one file."""
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    counts = Counter(files=1, lines=len(text.splitlines()))
    for node in ast.walk(tree):
        counts["statements"] += isinstance(node, ast.stmt)
        if isinstance(node, DOCUMENTED) and ast.get_docstring(node, clean=False) is not None:
            docstring = node.body[0]
            counts["docstring lines"] += (docstring.end_lineno or docstring.lineno) - docstring.lineno + 1
            counts["statements"] -= 1
        for name in bound(node):
            counts["names"] += 1
            counts["vague"] += name.strip("_") in VAGUE
    return counts


def bound(node: ast.AST) -> list[str]:
    """Names that a node binds."""
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        return [node.id]
    if isinstance(node, ast.arg):
        return [node.arg]
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [node.name]
    if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
        return [node.attr]
    return []


def rooms(folder: Path) -> dict[str, Counter[str]]:
    """Counts per room: a folder or a module right below."""
    out: dict[str, Counter[str]] = {}
    for path in sorted(folder.rglob("*.py")):
        room = path.relative_to(folder).parts[0].removesuffix(".py")
        out.setdefault(f"{folder.name}.{room}", Counter()).update(measured(path))
    return out


def row(room: str, counts: Counter[str]) -> list[str]:
    """One line of the table."""
    share = 100 * counts["docstring lines"] / max(counts["lines"], 1)
    vague = 100 * counts["vague"] / max(counts["names"], 1)
    shown = [counts["files"], counts["lines"], counts["statements"], counts["docstring lines"], f"{share:.1f}", counts["names"]]
    return [room, *(str(each) for each in shown), str(counts["vague"]), f"{vague:.1f}"]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="*", type=Path)
    table = [list(COLUMNS)]
    for folder in parser.parse_args().folder or [ROOT / room for room in ROOMS]:
        parts = rooms(folder.resolve())
        table += [row(room, counts) for room, counts in parts.items()]
        table.append(row(f"{folder.name}, all", sum(parts.values(), Counter())))
    widths = [max(len(line[place]) for line in table) for place in range(len(COLUMNS))]
    for line in table:
        print(line[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True)), sep="  ")
