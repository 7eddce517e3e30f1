"""What holds for the plugin's source whatever QGIS it runs in."""

import ast
import csv
import json
import sys
from pathlib import Path

import pytest

from ecoval_qgis.engine import messages

ROOT = Path(__file__).resolve().parents[2]
PLUGIN = ROOT / "qgis_plugin" / "ecoval_qgis"
SOURCES = sorted(PLUGIN.rglob("*.py"))
ALLOWED = {"qgis", "processing", "ecoval_qgis"}
REFUSED = {"subprocess", "multiprocessing", "pickle", "marshal", "socket", "http", "xml", "ftplib", "distutils", "imp"}


def parsed(path):
    return ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 9))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(PLUGIN).as_posix())
def test_only_the_standard_library_and_qgis_are_imported(path):
    for node in ast.walk(parsed(path)):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names = [node.module]
        for name in names:
            top = name.split(".")[0]
            assert top in ALLOWED or (top in sys.stdlib_module_names and top not in REFUSED), name
            assert name != "urllib.request"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(PLUGIN).as_posix())
def test_nothing_is_printed_and_text_is_opened_with_its_encoding(path):
    for node in ast.walk(parsed(path)):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        assert name not in ("print", "eval", "exec"), node.lineno
        named = {keyword.arg for keyword in node.keywords}
        mode = [argument.value for argument in node.args if isinstance(argument, ast.Constant) and isinstance(argument.value, str)]
        if name in ("read_text", "write_text") or (name == "open" and isinstance(node.func, ast.Name)):
            assert "encoding" in named or any("b" in text for text in mode[-1:]), (path.name, node.lineno)


def test_every_code_of_the_library_has_its_sentence_in_both_languages():
    texts = json.loads((PLUGIN / "engine" / "messages.json").read_text(encoding="utf-8"))
    for path in sorted((ROOT / "ecoval" / "data" / "messages").glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as stream:
            for row in csv.DictReader(stream):
                assert texts[row["code"]] == {"en": row["en"], "zh": row["zh"]}, "run scripts/plugin_messages.py"


def test_both_languages_have_the_same_fields():
    for code, texts in messages.catalogue().items():
        assert messages.names(texts["en"]) == messages.names(texts["zh"]), code
        assert any("一" <= letter <= "鿿" for letter in texts["zh"]), code


def test_every_code_that_the_plugin_raises_has_a_sentence_with_its_fields():
    raised = {"failure", "EngineError", "error"}
    for path in sorted((PLUGIN / "engine").glob("*.py")):
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) in raised:
                for argument in node.args[:2]:
                    code = getattr(argument, "value", None)
                    if isinstance(code, str) and code.isupper():
                        assert code in messages.catalogue(), code


def test_sentences_are_filled_and_unknown_codes_show_the_engines_own():
    fields = {"role": "dem", "path": "数据 目录/dem.tif", "kept": 3}
    assert messages.text("ENGINE_START", {"python": "C:/测试/python.exe", "reason": "x"}, "zh").startswith(
        "无法用“C:/测试/python.exe”"
    )
    assert messages.text("NOT_KNOWN", fields, "zh", "own words") == "own words"
    assert messages.text("ENGINE_START", {}, "zh", "own words") == "own words"
    assert messages.of({"code": "CANCELLED", "fields": {}}, "zh") == messages.catalogue()["CANCELLED"]["zh"]


def test_fields_are_shown_as_the_library_shows_them():
    assert messages.shown(0.1 + 0.2) == "0.3"
    assert messages.shown(list("abcdefg")) == "a, b, c, d, e (+2)"
    assert messages.shown([1.23456789, "x"]) == "1.23457, x"
