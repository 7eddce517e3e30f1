"""Every declared operation appears in each door that it names, with the same defaults; one more file is one more operation."""

import importlib.util
import inspect
import json
import math
import re
import shlex
import sys
import types
from functools import cache
from importlib import import_module
from pathlib import Path

import pandas as pd
import pytest
from typer.main import get_command
from typer.testing import CliRunner

import ecoval.cli
from ecoval import operations as registry
from ecoval.cli import main
from ecoval.cli.commands import application, default, read
from ecoval.declarations import columns
from ecoval.engine import catalogue, requests
from ecoval.engine.methods import METHODS
from ecoval.errors import InputError
from ecoval.offset.balance.quantities import PortionRow
from ecoval.operations import offset_stage
from ecoval.operations.declared import Algorithm, Operation, Option, Request, Words
from ecoval.operations.kinds import ByName, Choice, Flag, Number, PlainText, Row, Rows, Several, Whole

ROOT = Path(__file__).parents[1]
OPERATIONS = registry.operations()
EACH = pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
NOTHING = (None, "", (), [], {})


def commands(app=None):
    """Command of typer by its words."""
    found = {}

    def walk(command, words):
        if hasattr(command, "commands"):
            for name, each in command.commands.items():
                walk(each, [*words, name])
        else:
            found[" ".join(words)] = command

    walk(get_command(app or ecoval.cli.app), [])
    return found


def same(one, other):
    """Whether two doors mean the same: nothing is nothing, a list is a tuple, a depth is the text of its numbers."""
    if one in NOTHING or other in NOTHING:
        return one in NOTHING and other in NOTHING
    one, other = (tuple(each) if isinstance(each, list) else str(each) if isinstance(each, Path) else each for each in (one, other))
    return one == other or (isinstance(other, tuple) and one == "-".join(map(str, other)))


def script():
    specification = importlib.util.spec_from_file_location("operations_script", ROOT / "scripts" / "operations.py")
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@EACH
def test_it_appears_in_every_door_that_it_declares(operation):
    assert operation.doors
    assert ("command" in operation.doors) == (operation.name in commands())
    if operation.request is not None:
        assert operation.request.method in METHODS
        several = [each for each in OPERATIONS if each.request and each.request.method == operation.request.method]
        assert requests.operation_of(several, operation.request.fixed) is operation
    listed = json.loads((ROOT / "qgis_plugin" / "ecoval_qgis" / "operations.json").read_text(encoding="utf-8"))["algorithms"]
    assert {algorithm.name for algorithm in operation.algorithms} <= {entry["name"] for entry in listed}
    if operation.python:
        assert callable(python_function(operation))


def python_function(operation):
    module, _, names = operation.python.partition(":")
    value = import_module(module)
    for name in names.split("."):
        value = getattr(value, name)
    return value


@EACH
def test_its_help_is_there_in_both_languages(operation):
    texts = [operation.help, *(option.help for option in operation.options)]
    for algorithm in operation.algorithms:
        texts += [algorithm.title, algorithm.group, algorithm.summary]
        texts += [each.help for each in algorithm.parameters or () if each.type != "hidden"]
    for text in texts:
        assert text.en
        assert text.zh
    assert any("一" <= letter <= "鿿" for letter in operation.help.zh)
    for entry in operation.described()["algorithms"]:
        for parameter in entry["parameters"]:
            assert parameter["label"]["en"]
            assert parameter["label"]["zh"]


@EACH
def test_its_example_is_understood(operation):
    if operation.show is None:
        assert operation.of_request(json.loads(operation.example))
        return
    words = shlex.split(operation.example)[1 + len(operation.name.split()) :]
    context = commands()[operation.name].make_context(operation.name, words)
    for option in operation.options:
        if option.flag is not None:
            assert read(option, context.params[option.name]) is not None or not option.required


@EACH
def test_its_defaults_are_the_same_in_every_door(operation):
    for option in operation.options:
        if option.flag is not None and not option.required:
            assert same(read(option, default(option)), option.default), option.name
    if operation.request is not None:
        fields = {option.name: example(option) for option in operation.options if option.required}
        fields |= dict.fromkeys(operation.request.required, "x")
        values = operation.of_request(fields | dict(operation.request.fixed))
        for option in operation.options:
            if not option.required and option.name not in (*operation.request.required, *operation.request.otherwise):
                assert values[option.name] == option.default, option.name
    for name, value in python_defaults(operation).items():
        option = next((each for each in operation.options if each.name == name and not each.required), None)
        if option is not None and name not in ("out", "overwrite", "lang"):  # those depend on the door: folder, user
            assert same(option.default, value), name
    for algorithm in operation.algorithms:
        for each in algorithm.parameters or ():
            option = next((entry for entry in operation.options if entry.name == each.fills), None)
            if option is None or option.required or option.default in NOTHING:
                continue
            if each.default not in (None, "language", False):
                assert same(each.default, option.default), each.name


def example(option):
    """A value that the option takes."""
    described = option.kind.described()
    if described["type"] == "own":
        return [{"path": "x", "candidate_id": "x"}] if option.name != "series" else "x"
    least = described.get("low") or 1
    if described["type"] == "several" and described["each"]["type"] in ("number", "whole"):
        return [described["each"]["low"] or 1]
    values = {"number": least, "whole": least, "flag": True, "several": ["x"], "choice": described.get("choices", ["x"])[:1]}
    value = values.get(described["type"], "x")
    return value[0] if described["type"] == "choice" else value


def python_defaults(operation):
    if not operation.python:
        return {}
    function = python_function(operation)
    parameters = dict(inspect.signature(function).parameters)
    declared = getattr(sys.modules[function.__module__], "Options", None)
    if declared is not None and "options" in parameters:
        parameters |= inspect.signature(declared).parameters
    return {name: each.default for name, each in parameters.items() if each.default is not each.empty}


@EACH
def test_an_unknown_field_of_a_request_is_refused_with_the_nearest(operation):
    if operation.request is None:
        return
    name = operation.options[0].name
    with pytest.raises(InputError, match=rf"{name}x \(nearest: {name}\)") as caught:
        operation.of_request({name + "x": 1})
    assert caught.value.code == "BAD_REQUEST"


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        (PlainText(), ["x"], [1, ["x"]]),
        (Choice(("zhang", "monthly")), ["zhang"], ["zhan", 3]),
        (Number(0, 1), [0, 1, 0.5], [-0.1, 1.1, "1", True, float("nan")]),
        (Number(0, above=True), [1e-300], [0, -1, float("inf"), 10**400]),
        (Whole(1), [1, 2.0], [0, 1.5, "1", float("inf")]),
        (Flag(), [True, False], [1, "yes"]),
        (
            Rows({"id": PlainText(), "share": Number(0)}, ("id",)),
            ["x.csv", [], [{"id": "A"}, {"id": "B", "share": 0.5}], [{"id": "A", "share": None}]],
            [3, {"id": "A"}, ["A"], [{"share": 1}], [{"id": "A", "share": "x"}], [{"id": "A", "shares": 1}], [{"id": 7}]],
        ),
        (Several(Whole()), [[1, 2], []], [[1.5], 3]),
        (Several(PlainText(), ","), ["a,b", ["a"]], [[1], 7]),
        (Row(Number(), ",", 4, 0, "L,B,R,T"), ["1,2,3,4", [1, 2, 3, 4]], ["1,2", [1, 2], [1, 2, 3, "4"]]),
        (Row(Whole(), "-", 2, 1, "FIRST-LAST"), ["2019", "1991-2020", [1991, 2020]], ["19x", []]),
        (ByName(PlainText()), [{"rain": "prec"}], ["rain", {"rain": 1}]),
        (ByName(PlainText(), plain=True), ["mm", {"rain": "mm"}], [3]),
    ],
)
def test_kinds_take_what_they_say_and_nothing_else(kind, good, bad):
    for value in good:
        kind.of_request(value)
    for value in bad:
        with pytest.raises(ValueError, match=r"\w"):
            kind.of_request(value)


NUMERIC = [
    pytest.param(operation, option, id=f"{operation.name} {option.name}")
    for operation in OPERATIONS
    for option in operation.options
    if isinstance(getattr(option.kind, "each", option.kind), Number)
]


def outside(kind):
    """Numbers that are not in the domain of a kind: none is finite, or they are as near to a bound as can be."""
    values = [math.nan, math.inf, -math.inf]
    step = 1 if isinstance(kind, Whole) else 0
    if kind.low is not None:
        values += [kind.low - step if step else math.nextafter(kind.low, -math.inf), *([kind.low] if kind.above else [])]
    if kind.high is not None:
        values.append(kind.high + step if step else math.nextafter(kind.high, math.inf))
    return values


whole_application = cache(application)


def test_every_numeric_option_is_found():
    named = {option.values[1].name for option in NUMERIC}
    assert named >= {"threads", "tolerance", "year", "years", "cell", "bounds", "percentiles", "missing", "ratio"}


@pytest.mark.parametrize(("operation", "option"), NUMERIC)
def test_a_number_outside_its_domain_is_refused_at_every_door(operation, option):
    each = getattr(option.kind, "each", option.kind)
    count = getattr(option.kind, "count", 1)
    for value in outside(each):
        if operation.request is not None:
            fields = {entry.name: example(entry) for entry in operation.options if entry.required}
            fields |= dict.fromkeys(operation.request.required, "x") | dict(operation.request.fixed)
            fields[option.name] = value if each is option.kind else [value] * count
            with pytest.raises(InputError) as caught:
                operation.of_request(fields)
            assert caught.value.fields["reason"].startswith(f"{option.name}: a number in {each.domain}; found: ")
        if operation.show is None or option.flag is None:
            continue
        if isinstance(each, Whole) and not math.isfinite(value):  # no whole number at all
            continue
        text = getattr(option.kind, "mark", "").join([repr(value)] * count)
        if "--" in text:  # a mark that is also a sign
            continue
        words = [*shlex.split(operation.example)[1:], f"{option.spelled}={text}"]
        for lang, said in (("en", f"{option.spelled} has"), ("zh", "超出取值范围")):
            made = CliRunner().invoke(whole_application(lang), words, env={"COLUMNS": "400"})
            assert made.exit_code == 2, (words, made.output)
            assert said in made.output
            assert each.domain in made.output


def test_rows_of_ticked_parcels_are_those_of_a_table_of_them():
    assert offset_stage.TICKED.fields.keys() == set(columns(PortionRow))
    assert offset_stage.TICKED.required == columns(PortionRow, required=True)


def test_a_choice_that_does_not_exist_is_refused_with_the_nearest_before_any_work():
    operation = next(each for each in OPERATIONS if each.name == "prepare climate")
    request = {"what": "climate", "series": "absent.nc", "product": "erosivity", "out": "x.tif"}
    assert operation.of_request(request)["erosivity"] == "zhang"
    with pytest.raises(InputError, match=r"erosivity: one of halfmonth, zhang, monthly; nearest: zhang; found: 'zhan'"):
        operation.of_request(request | {"erosivity": "zhan"})
    with pytest.raises(InputError, match="absent: series, out"):
        operation.of_request({"product": "erosivity"})


def test_operations_of_one_method_are_told_apart():
    several = [each for each in OPERATIONS if each.request and each.request.method == "units"]
    assert requests.operation_of(several, {}).name == "units admin"
    assert requests.operation_of(several, {"kind": "grid"}).name == "units grid"
    with pytest.raises(InputError, match=r"kind fleet; nearest: .*; known: admin, grid"):
        requests.operation_of(several, {"kind": "fleet"})
    products = [each for each in OPERATIONS if each.request and each.request.method == "prepare"]
    with pytest.raises(InputError, match="absent: what; known: landcover"):
        requests.operation_of(products, {})


def test_what_is_made_of_the_declarations_is_current():
    for path, text in script().written().items():
        assert path.read_text(encoding="utf-8") == text, f"{path.name}: run scripts/operations.py"


@pytest.mark.parametrize("words", [[], ["zonal"], ["prepare"], ["prepare", "climate"]])
def test_help_is_in_the_language_of_the_user(words, capsys, monkeypatch):
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    monkeypatch.setenv("COLUMNS", "60")
    pages = {}
    for lang in ("", "en", "zh"):
        if lang and len(words) == 0:
            continue
        with pytest.raises(SystemExit):
            main([*words, *(["--lang", lang] if lang and words != ["prepare"] else []), "--help"])
        pages[lang] = capsys.readouterr().out
    assert "选项" in pages[""]
    assert "…" not in pages[""]  # Chinese has no spaces: lines are broken between letters
    if words and words != ["prepare"]:
        assert pages["zh"] == pages[""]
        assert "Options" in pages["en"]
        assert "Example: ecoval" in pages["en"]


def test_one_more_file_is_one_more_operation(monkeypatch, tmp_path):
    """A toy operation: command, request, algorithm and reference page come of its declaration alone."""
    toy = types.ModuleType("toy_operation")

    def run(work, values):
        with work.progress("toy") as progress:
            progress(1.0)
        return values["factor"] * 2

    def show(console, result, values):
        console.line(f"Twice {values['factor']} is {result}", f"{values['factor']} 的两倍是 {result}")
        return {"result": result}

    group = Words("Tools", "工具")
    toy.OPERATION = Operation(
        "toy",
        Words("Twice a number.", "一个数的两倍。"),
        "ecoval toy --factor 3",
        (
            Option("factor", Number(0), Words("The number.", "该数。"), 1.0),
            Option("form", Choice(("round", "square")), Words("Its form.", "形状。"), "round"),
        ),
        run,
        show,
        lambda result, _values: {"numbers": {"result": result}},
        Request("toy"),
        (Algorithm("toy", Words("Toy", "玩具"), group, Words("Twice.", "两倍。"), "toy 玩具", "qgis_process run ecoval:toy"),),
    )
    monkeypatch.setitem(sys.modules, "toy.operation", toy)
    monkeypatch.setattr(registry, "NAMES", (*registry.NAMES, "toy.operation"))

    found = CliRunner().invoke(application("en"), ["toy", "--factor", "3", "--json"])
    assert json.loads(found.stdout) == {"result": 6.0}
    assert "3.0 的两倍是 6.0" in CliRunner().invoke(application("zh"), ["toy", "--factor", "3", "--lang", "zh"]).stdout

    assert catalogue.catalogue.__wrapped__()["operations"][-1]["name"] == "toy"
    task = types.SimpleNamespace(lang="en", progress=lambda *_: True)
    assert requests.methods()["toy"](task, factor=4) == {"numbers": {"result": 8}}
    with pytest.raises(InputError, match=r"factor: a number in \[0, inf\); found: -1"):
        requests.methods()["toy"](task, factor=-1)

    entry = json.loads(script().algorithms())["algorithms"][-1]
    assert [(each["name"], each["type"]) for each in entry["parameters"]] == [("FACTOR", "number"), ("FORM", "choice")]
    assert entry["parameters"][1]["choices"] == ["round", "square"]
    assert "## toy" in script().page("zh")


class Titles:
    """A console that keeps the titles of tables."""

    def __init__(self, lang):
        self.lang, self.titles = lang, []

    def text(self, en, zh):
        return {"en": en, "zh": zh}[self.lang]

    def line(self, en, zh):
        assert self.text(en, zh)

    def table(self, frame, title=None):
        assert len(frame)
        self.titles.append(title)


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("name", ["landcover", "climate", "satellite", "soil", "statistics"])
def test_titles_of_prepared_tables_are_in_one_language(name, lang):
    module = import_module(f"ecoval.operations.prepare_{name}")
    table = pd.DataFrame({"code": ["a"], "filled": [1]})
    quality = dict.fromkeys((*module.TITLES, "series"), table)
    console = Titles(lang)
    module.show(console, types.SimpleNamespace(notes=[], paths=[Path("a.csv")], quality=quality, table=table), {})
    assert len(console.titles) == len(module.TITLES) + (name == "climate")
    chinese = [re.search("[一-鿿]", title) is not None for title in console.titles]
    assert chinese == [lang == "zh"] * len(chinese)
