"""No two modules import each other, over any number of steps, whether at the top of a file or inside a function."""

import ast
from pathlib import Path

import pytest

import ecoval

LIBRARY = Path(ecoval.__file__).parent
PLUGIN = LIBRARY.parent / "qgis_plugin" / "ecoval_qgis"


def modules(root):
    """Dotted name -> file of every module below a package folder."""
    named = {}
    for path in sorted(root.rglob("*.py")):
        parts = (root.name, *path.relative_to(root).with_suffix("").parts)
        named[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return named


def imported(path, package, names):
    """Modules among `names` that a file imports; `package` is what a relative import starts from."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            for alias in node.names:
                yield from [name for name in (f"{base}.{alias.name}", base) if name in names][:1]


def imports(files):
    """Module -> the modules that it imports."""
    edges = {}
    for name, path in files.items():
        package = name if path.name == "__init__.py" else name.rpartition(".")[0]
        edges[name] = set(imported(path, package, files)) - {name}
    return edges


def cycles(edges):
    """What is left when modules that import nothing left, and modules that nothing left imports, are taken away."""
    left = dict(edges)
    while True:
        entered = set().union(*left.values()) if left else set()
        ends = {name for name, targets in left.items() if not targets & left.keys() or name not in entered}
        if not ends:
            return left
        left = {name: targets - ends for name, targets in left.items() if name not in ends}


def test_a_cycle_is_seen_and_a_chain_is_not():
    assert not cycles({"a": {"b"}, "b": {"c"}, "c": set()})
    assert set(cycles({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": {"a"}})) == {"b", "c"}


def test_relative_and_deferred_imports_are_seen(tmp_path):
    package = tmp_path / "house"
    (package / "room").mkdir(parents=True)
    for name, text in {
        "__init__": "",
        "door": "def open():\n    from .room import wall\n",
        "room/__init__": "",
        "room/wall": "from .. import door\n",
    }.items():
        (package / f"{name}.py").write_text(text, encoding="utf-8")
    assert set(cycles(imports(modules(package)))) == {"house.door", "house.room.wall"}


@pytest.mark.parametrize("root", [LIBRARY, PLUGIN], ids=lambda root: root.name)
def test_no_two_modules_import_each_other(root):
    ring = {name: sorted(targets) for name, targets in cycles(imports(modules(root))).items()}
    assert not ring, ring
