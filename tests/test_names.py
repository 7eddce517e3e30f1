"""Names say what a thing holds or does: no bare participles, no pronouns; one word, one thing (style 2.1).

`names.json` holds what is left: per room how often such a name is given, and the names that two rooms share. Numbers and lists may
only shrink. After a renaming, `ECOVAL_NAMES=write pytest tests/test_names.py` takes the smaller ones over.
"""

import ast
import json
import os
from collections import Counter, defaultdict
from functools import cache
from pathlib import Path

import pytest

import ecoval

ROOT = Path(ecoval.__file__).parent
LEFT = Path(__file__).with_name("names.json")
BARE = frozenset(
    """
    found made given told named known wanted asked said seen noted taken kept called held shown listed wished meant needed
    some around together others such thing things stuff whatever
    """.split()  # noqa: SIM905  # read as a list of words
)
SHARED = frozenset({"COLUMNS", "SERVICE", "PRODUCT", "F"})  # one in each module by convention
EXEMPT = "offset"  # until its own issue


def room(path):
    """Room of a module: the first part of its path in the package."""
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def given_names(tree, path):
    """Names of modules, functions, classes, arguments, variables and fields, each as often as it is given in its scope."""
    yield path.parent.name if path.stem == "__init__" else path.stem
    for scope in ast.walk(tree):
        if isinstance(scope, ast.FunctionDef | ast.ClassDef):
            yield scope.name
        if not isinstance(scope, ast.FunctionDef | ast.Lambda | ast.ClassDef | ast.Module):
            continue
        names = set()
        if isinstance(scope, ast.FunctionDef | ast.Lambda):
            arguments = scope.args
            names |= {each.arg for each in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)}
            names |= {each.arg for each in (arguments.vararg, arguments.kwarg) if each is not None}
        names |= {node.id for node in own_nodes(scope) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
        yield from names


def own_nodes(scope):
    """Nodes of a scope without those of the scopes in it."""
    waiting = list(ast.iter_child_nodes(scope))
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, ast.FunctionDef | ast.Lambda | ast.ClassDef):
            waiting.extend(ast.iter_child_nodes(node))


def is_bare(name):
    """Whether a name is a bare participle or a pronoun."""
    return name.strip("_").lower() in BARE


@cache
def trees():
    """Path and syntax tree of every module."""
    return [(path, ast.parse(path.read_text(encoding="utf-8"))) for path in sorted(ROOT.rglob("*.py"))]


def bare_names():
    """Bare names of each room."""
    counts = defaultdict(Counter)
    for path, tree in trees():
        counts[room(path)].update(name for name in given_names(tree, path) if is_bare(name))
    return counts


def shared_names():
    """Public classes and constants of one name in several rooms, `offset` aside."""
    rooms = defaultdict(set)
    for path, tree in trees():
        for node in tree.body:
            targets = [node] if isinstance(node, ast.ClassDef) else getattr(node, "targets", [getattr(node, "target", None)])
            for target in targets:
                name = getattr(target, "name", getattr(target, "id", ""))
                if name and not name.startswith("_") and (isinstance(node, ast.ClassDef) or name.isupper()):
                    rooms[name].add(room(path))
    return {name: sorted(of - {EXEMPT}) for name, of in rooms.items() if len(of - {EXEMPT}) > 1 and name not in SHARED}


def left():
    """What was left when it was last counted."""
    return json.loads(LEFT.read_text(encoding="utf-8"))


@pytest.fixture(autouse=True, scope="module")
def counted_anew():
    """Write what is left where that was asked for, and only where it is less."""
    if os.environ.get("ECOVAL_NAMES") == "write":
        bare = {name: sum(names.values()) for name, names in sorted(bare_names().items()) if names}
        content = {"bare": bare, "shared": sorted(shared_names())}
        if LEFT.exists():
            before = left()
            assert all(count <= before["bare"].get(name, 0) for name, count in bare.items()), "a room has more bare names"
            assert set(content["shared"]) <= set(before["shared"]), "more names are shared"
        LEFT.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def test_bare_names_are_seen_in_every_place():
    text = (
        "def told(some, *, given=1):\n    found, (made, row) = 1, (2, 3)\n    return [known for known in (lambda asked: asked,)]\n"
    )
    names = Counter(name for name in given_names(ast.parse(text), Path("around.py")) if is_bare(name))
    assert set(names) == {"around", "told", "some", "given", "found", "made", "known", "asked"}


def test_no_room_has_more_bare_names_than_before():
    more = {
        name: f"{sum(names.values())}, at most {left()['bare'].get(name, 0)}: {dict(names)}"
        for name, names in bare_names().items()
        if sum(names.values()) > left()["bare"].get(name, 0)
    }
    assert not more, more


def test_no_two_rooms_share_a_name_that_they_did_not_share_before():
    """What the list holds waits for its renaming: classes first, one word is one thing."""
    more = {name: rooms for name, rooms in shared_names().items() if name not in left()["shared"]}
    assert not more, more
