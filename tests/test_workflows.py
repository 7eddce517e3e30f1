"""The workflows of .github are well formed and call only what the project has. Whether a service runs them is not tested here."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
ENTRY = re.compile(r"""(?P<key>[a-z][\w-]*):(?:[ ](?P<value>\S.*))?$""")


def entries(text):
    """Path of keys and value of each line of the subset of YAML that the workflows use; anything else is an error."""
    stack, seen, deepest = [], set(), 0
    for number, line in enumerate(text.splitlines(), 1):
        body = re.sub(r"(^|\s)#.*$", "", line).rstrip()
        if not body:
            continue
        indent = len(body) - len(body.lstrip(" "))
        content = body.strip(" ")
        while stack and stack[-1][0] >= indent:
            stack.pop()
        assert indent <= deepest, f"line {number}: below a key that has a value"
        if content.startswith("- "):
            stack.append((indent, f"[{number}]"))
            indent, content = indent + 2, content[2:]
        match = ENTRY.match(content)
        assert match, f"line {number}: {line}"
        assert indent % 2 == 0, f"line {number}: indented by {indent}"
        value = match["value"] or ""
        assert all(value.count(a) == value.count(b) for a, b in ("{}", "[]")), f"line {number}: brackets"
        assert value.count('"') % 2 == 0, f"line {number}: quotes"
        assert value[:1] in ("{", "[", '"') or ": " not in value, f"line {number}: a colon in plain text"
        stack.append((indent, match["key"]))
        path = tuple(key for _, key in stack)
        assert path not in seen, f"line {number}: {match['key']} twice"
        seen.add(path)
        deepest = indent if value else indent + 2
        yield path, value


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_workflow_is_well_formed_and_calls_what_there_is(path):
    found = list(entries(path.read_text(encoding="utf-8")))
    assert {keys[0] for keys, _ in found} == {"name", "on", "permissions", "jobs"}
    jobs = {keys[1] for keys, _ in found if keys[0] == "jobs" and len(keys) > 1}
    for job in jobs:
        assert {"runs-on", "timeout-minutes", "steps"} <= {
            keys[2] for keys, _ in found if keys[:2] == ("jobs", job) and len(keys) > 2
        }
    for keys, value in found:
        if keys[-1] == "uses":
            assert re.fullmatch(r"actions/[a-z-]+@v\d+", value), value
        if keys[-1] == "needs":
            assert value in jobs
        if keys[-1] == "run" and value:
            targets = re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
            assert set(re.findall(r"\bmake ([\w-]+)", value)) <= set(targets), value
            assert all((ROOT / name).is_file() for name in re.findall(r"\S+/\S+\.(?:py|sh)", value)), value


def test_there_is_a_workflow_for_each_gate():
    assert {path.stem for path in WORKFLOWS} == {"docs", "lint", "plugin", "test", "wheel"}


@pytest.mark.parametrize(
    "text", ["on:\n   push:", "on: push\n  pull:", "on: [push", "name: a: b", "on: x\non: y", "a\n", "\ton: x"]
)
def test_the_reader_refuses_what_is_not_well_formed(text):
    with pytest.raises(AssertionError):
        list(entries(text))
