"""Everything that others reach from outside, as one JSON: tests/golden/inventory.json.

    python scripts/inventory.py            write it anew, and say what was added, removed, changed
    python scripts/inventory.py --check    compare only; removed or changed entries fail, added ones are listed

Commands with options and help, tables with their columns, algorithms of the QGIS plugin with parameters and help in both languages,
methods of the engine with the fields of their requests, keys of the TOML files, public Python names, services with options and
numbers, codes of messages with their fields and a digest of their texts. Each section is made by one function, which knows where
the library keeps such things today; where that place moves, the function moves with it and the JSON stays.
"""

import argparse
import ast
import csv
import hashlib
import inspect
import json
import re
import shutil
import string
import sys
import tempfile
import types
from html import unescape
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
GOLDEN = ROOT / "tests" / "golden"
FILE = GOLDEN / "inventory.json"
PLUGIN = ROOT / "qgis_plugin"
HELP_ROW = re.compile(r"<tr><td>(.*?)</td><td><code>(.*?)</code></td><td>(.*?)</td></tr>", re.S)
OPEN_MODULES = ("ecoval", "ecoval.offset", "ecoval.units")
PRODUCTS = ("landcover", "climate", "satellite", "soil", "statistics")

Entries = dict[str, Any]


def inventory() -> dict[str, Entries]:
    """All sections."""
    return {
        "commands": commands(),
        "tables": tables(),
        "algorithms": algorithms(),
        "engine": engine(),
        "toml": toml_keys(),
        "python": python_names(),
        "services": services(),
        "messages": messages(),
    }


def commands() -> Entries:
    """Every command with its options: names, type, default, whether it must be given, help."""
    import typer.main

    from ecoval.cli import app

    def walk(command: Any, path: str) -> Entries:
        entry: Entries = {"help": command.help or ""}
        for each in command.params:
            names = " ".join([*each.opts, *each.secondary_opts]) if each.param_type_name == "option" else each.name
            entry[names] = {
                "type": str(getattr(each.type_descriptor.annotation, "__name__", each.type_descriptor.annotation)),
                "default": repr(None if callable(each.default) else each.default),
                "required": each.required,
                "multiple": bool(each.multiple) or each.nargs != 1,
                "metavar": each.metavar or "",
                "help": each.help or "",
            }
        out = {path: entry}
        for name, sub in getattr(command, "commands", {}).items():
            out |= walk(sub, f"{path} {name}")
        return out

    return walk(typer.main.get_command(app), "ecoval")


def tables() -> Entries:
    """Columns of every table in the run folders, and the layers and sheets of their workbooks and GeoPackages."""
    out: Entries = {}
    for path in sorted((GOLDEN / "tables").rglob("files.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                out[f"{path.parent.name}/{row['file']}"] = dict.fromkeys(row["columns"].split("|"), "")
    for name in ("zonal/towns.csv",):
        header = (GOLDEN / "tables" / name).read_text(encoding="utf-8").splitlines()[0]
        out[name] = dict.fromkeys(header.split(","), "")
    return out


class _AnyType(type):
    """Class of stand-ins: every attribute of one is another."""

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        made = _stand_in(f"{cls.__name__}.{name}")
        setattr(cls, name, made)
        return made

    def __or__(cls, other: Any) -> Any:
        return cls

    __ror__ = __or__


class _Any(metaclass=_AnyType):
    """Stand-in of an object of QGIS that remembers how it was made."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self.arguments, self.options = arguments, options
        self.parameters: list[Any] = []

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _stand_in(name)

    def __or__(self, other: Any) -> Any:
        return self

    @staticmethod
    def translate(_: str, text: str) -> str:
        """The English text."""
        return text

    def addParameter(self, parameter: Any, *_: Any) -> bool:  # noqa: N802
        """Remember a parameter of an algorithm."""
        self.parameters.append(parameter)
        return True

    def addOutput(self, output: Any, *_: Any) -> bool:  # noqa: N802
        """Remember an output of an algorithm."""
        self.parameters.append(output)
        return True


def _stand_in(name: str) -> Any:
    return _AnyType(name, (_Any,), {})


class _Qgis(MetaPathFinder, Loader):
    """Modules of QGIS that hold stand-ins, so that algorithms can be asked for their parameters where there is no QGIS."""

    def find_spec(self, name: str, *_: Any) -> ModuleSpec | None:
        """A module of QGIS, whatever its name."""
        return ModuleSpec(name, self, is_package=True) if name.split(".")[0] in ("qgis", "processing") else None

    def create_module(self, spec: ModuleSpec) -> types.ModuleType:
        """A module whose every name is a stand-in."""
        module = types.ModuleType(spec.name)
        module.__getattr__ = _stand_in  # type: ignore[method-assign]
        return module

    def exec_module(self, module: types.ModuleType) -> None:
        """Nothing to run."""


def algorithms() -> Entries:
    """Every algorithm with the type, default and optionality of its parameters and outputs, and its help in both languages."""
    finder = _Qgis()
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(PLUGIN, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
        sys.meta_path.insert(0, finder)
        sys.path.insert(0, folder)
        try:
            import_module("build").write_catalogue()
            made = import_module("ecoval_qgis.algorithms").algorithms()
            for algorithm in made:
                algorithm.initAlgorithm()
        finally:
            sys.meta_path.remove(finder)
            sys.path.remove(folder)
            for name in [name for name in sys.modules if name.split(".")[0] in ("qgis", "processing", "ecoval_qgis", "build")]:
                del sys.modules[name]
    out: Entries = {}
    for algorithm in made:
        entry: Entries = {}
        for each in algorithm.parameters:
            kind = type(each).__name__.removeprefix("QgsProcessing")
            said = {name: _plain(value) for name, value in each.options.items() if name != "description"}
            entry[f"{each.arguments[0]} {kind}"] = {"options": said, "arguments": _plain(each.arguments[1:])}
        for lang in ("en", "zh"):
            page = (PLUGIN / "ecoval_qgis" / "help" / lang / f"{algorithm.name()}.html").read_text(encoding="utf-8")
            for label, name, text in HELP_ROW.findall(page):
                entry[f"{name} help {lang}"] = f"{unescape(label)}: {unescape(text)}"
        out[f"ecoval:{algorithm.name()}"] = entry
    return out


def _plain(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, str | int | float | bool) or value is None:
        return value
    return value.__name__ if isinstance(value, type) else type(value).__name__


def engine() -> Entries:
    """Every method of the engine with the fields of its request, and the functions of `prepare` with theirs."""
    from ecoval.engine.methods import METHODS
    from ecoval.engine.server import Server
    from ecoval.operations import operations

    out: Entries = {}
    for operation in operations():
        if operation.request is not None:
            entry = out.setdefault(operation.request.method, {})
            for name, value in operation.request.fixed.items():
                entry.setdefault(name, repr(value) if operation.request.first else "required")
            needed, otherwise = operation.request.required, operation.request.otherwise
            for option in operation.options:
                required = (option.required and option.name not in otherwise) or option.name in needed
                default = otherwise.get(option.name, option.default)
                entry.setdefault(option.name, "required" if required else repr(default))
    assert set(out) == set(METHODS)
    for name in _quick_methods(inspect.getsource(Server)):
        out.setdefault(name, {})
    for product in PRODUCTS:
        module = import_module(f"ecoval.prepare.{product}")
        for name in module.__all__:
            if inspect.isfunction(function := getattr(module, name)):
                out[f"prepare {product}.{name}"] = _fields(function)
    return out


def _quick_methods(source: str) -> list[str]:
    """Names in the mapping `quick` of the server."""
    for node in ast.walk(ast.parse(source)):
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        value = getattr(node, "value", None)
        if isinstance(target, ast.Attribute) and isinstance(value, ast.Dict) and ast.unparse(target) == "self.quick":
            return [ast.literal_eval(key) for key in value.keys if key is not None]
    raise LookupError("the server has no mapping `quick`")


def _fields(function: Any, leave: tuple[str, ...] = ()) -> Entries:
    """Arguments of a function with their defaults."""
    arguments = dict(inspect.signature(function).parameters)
    if "options" in arguments and hasattr(home := sys.modules[function.__module__], "Options"):
        del arguments["options"]  # fields of a declaration
        arguments |= inspect.signature(home.Options).parameters
    return {
        name: "required" if each.default is each.empty else _default(each.default)
        for name, each in arguments.items()
        if name not in leave
    }


def _default(value: Any) -> str:
    return value.__name__ if callable(value) else repr(value)


def toml_keys() -> Entries:
    """Keys of study.toml, project.toml and plan.toml, per table, with their types and choices."""
    from ecoval.declarations import described
    from ecoval.layers.roles import known_roles
    from ecoval.layers.study_toml import Declaration
    from ecoval.offset.declaration.files import EXCLUSIONS, PlanDeclaration, ProjectDeclaration

    out: Entries = {}

    def add(place: str, keys: list[dict[str, Any]]) -> None:
        for key in keys:
            table = f"{place} {key['table']}".rstrip()
            if "keys" in key:
                add(f"{table} {key['name']}{' *' if key['entries'] else ''}", key["keys"])
            types = " or ".join(key["types"])
            choices = f"; {', '.join(key['choices'])}" if "choices" in key else ""
            out.setdefault(table, {})["*" if key.get("rest") else key["name"]] = f"{types}{choices}"

    add("study.toml", described(Declaration))
    add("project.toml", described(ProjectDeclaration))
    add("plan.toml", described(PlanDeclaration))
    out["study.toml layers names"] = dict.fromkeys(known_roles(), "")
    out["project.toml exclusions names"] = dict.fromkeys(EXCLUSIONS, "")
    return out


def python_names() -> Entries:
    """Public names of the package and of its public modules; functions and methods with their arguments."""
    out: Entries = {}
    for module_name in OPEN_MODULES:
        module = import_module(module_name)
        for name in module.__all__:
            value = getattr(module, name)
            path = f"{module_name}.{name}"
            if inspect.isclass(value):
                own = {key for base in value.__mro__ if base.__module__.startswith("ecoval") for key in vars(base)}
                members = {
                    key: each for key, each in inspect.getmembers(value) if key in own and (key[0] != "_" or key == "__init__")
                }
                out[path] = {key: _fields(each, ("self",)) if _python(each) else "value" for key, each in members.items()}
            else:
                out[path] = _fields(value) if inspect.isfunction(value) else type(value).__name__
    return out


def _python(routine: Any) -> bool:
    return inspect.isfunction(routine) or inspect.ismethod(routine)


def services() -> Entries:
    """Services with items, inputs, options with their choices, and numbers."""
    from ecoval.services import SERVICES

    out: Entries = {}
    for service in SERVICES:
        entry: Entries = {"category": service.category}
        for option in service.options:
            entry[f"option {option.name}"] = {"choices": dict.fromkeys(option.choices, ""), "default": option.default}
        entry |= {f"item {each.code}": {"measure": each.measure, "form": each.form} for each in service.items}
        entry |= {f"input {each.role}": {"measure": each.measure, "kind": each.kind} for each in service.inputs}
        entry |= {f"number {each.table_name}": {"measure": each.measure, "by": each.by} for each in service.parameters}
        out[service.code] = entry
    return out


def messages() -> Entries:
    """Codes of messages with the fields that each text has and a digest of the texts."""
    out: Entries = {}
    for path in sorted((ROOT / "ecoval" / "data" / "messages").glob("*.csv")):
        with path.open(encoding="utf-8-sig", newline="") as file:
            for row in csv.DictReader(file):
                fields = sorted({name for _, name, _, _ in string.Formatter().parse(row["en"]) if name})
                texts = "\n".join([row["en"], row["zh"]])
                digest = hashlib.sha256(texts.encode("utf-8")).hexdigest()[:12]
                out[row["code"]] = {"fields": " ".join(fields), "texts": digest}
    return out


def leaves(value: Any, path: tuple[str, ...] = ()) -> dict[tuple[str, ...], str]:
    """Every entry of nested mappings by its path; what is no mapping is a value."""
    if not isinstance(value, dict):
        return {path: json.dumps(value, ensure_ascii=False)}
    out: dict[tuple[str, ...], str] = {path: "{}"} if path else {}
    for key, part in value.items():
        out |= leaves(part, (*path, key))
    return out


def compared(before: Any, after: Any) -> dict[str, list[str]]:
    """What was removed, changed and added between two inventories; of what was removed or added as a whole its head alone."""
    old, new = leaves(before), leaves(after)
    removed = [path for path in old if path not in new and (len(path) == 1 or path[:-1] in new)]
    added = [path for path in new if path not in old and (len(path) == 1 or path[:-1] in old)]
    changed = [f"{' > '.join(path)}: was {old[path]}, is {new[path]}" for path in old if path in new and old[path] != new[path]]
    return {"removed": [" > ".join(path) for path in removed], "changed": changed, "added": [" > ".join(path) for path in added]}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare only")
    check = parser.parse_args().check
    current = json.loads(json.dumps(inventory(), ensure_ascii=False))
    found = compared(json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {}, current)
    for kind, entries in found.items():
        for entry in entries:
            print(f"{kind}: {entry}")
    if not check:
        FILE.write_text(json.dumps(current, ensure_ascii=False, indent=0, sort_keys=True) + "\n", encoding="utf-8", newline="\n")
    sys.exit(bool(check and (found["removed"] or found["changed"])))
