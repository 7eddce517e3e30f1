import ast
import csv
import pickle
import re
import string
from collections import Counter
from pathlib import Path

import pytest

import ecoval
from ecoval import errors, words

PACKAGE = Path(ecoval.__file__).parent
RAISING = {"warn", "Finding", "finding", "conflict", "note_record", "in_words"} | {
    name
    for name, kind in vars(errors).items()
    if isinstance(kind, type) and issubclass(kind, errors.EcovalError | errors.EcovalWarning)
}


def field_names(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def used():
    """Code and keyword names of every error and warning that the package raises with a literal code."""
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) in RAISING:
                code = node.args[0] if node.args else None
                if isinstance(code, ast.Constant) and isinstance(code.value, str):
                    keywords = [keyword.arg for keyword in node.keywords]
                    own = {"unit_id", "quantity", "uom"} if path.parent.name == "units" else set()
                    yield path.name, code.value, None if None in keywords else {*keywords, *own}


def test_every_code_has_a_text_with_the_fields_that_are_given():
    for name, code, keywords in used():
        assert code in words.catalogue(), f"{name}: no text for {code}"
        if keywords is not None:
            missing = field_names(words.catalogue()[code]["en"]) - keywords
            assert not missing, f"{name}: {code} is raised without {missing}"


def test_a_code_stands_once_in_all_tables():
    codes = [row["code"] for path in sorted((PACKAGE / "data" / "messages").glob("*.csv")) for row in table_rows(path)]
    assert [code for code, count in Counter(codes).items() if count > 1] == []
    assert set(codes) == set(words.catalogue())


def table_rows(path):
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_every_text_is_there_in_both_languages_with_the_same_fields():
    for code, texts in words.catalogue().items():
        assert re.search("[一-鿿]", texts["zh"]), code
        assert field_names(texts["en"]) == field_names(texts["zh"]), code


def test_message_lists_at_most_five_entries():
    error = errors.InputError("term_unknown", identifier=list("abcdefg"), nearest="t")
    assert 'not in the vocabulary: "a, b, c, d, e (+2)"' in str(error)
    assert "“a, b, c, d, e (+2)”" in error.message("zh")


def test_error_keeps_code_and_fields_through_pickle():
    error = pickle.loads(pickle.dumps(errors.MeasureError("measure_dimension", given="t", expected="m")))
    assert (error.code, error.fields) == ("measure_dimension", {"given": "t", "expected": "m"})
    assert isinstance(error, ValueError)


def test_warning_carries_its_code():
    with pytest.warns(errors.MissingData, match="not in the vocabulary") as caught:
        errors.warn("term_unknown", errors.MissingData, identifier="x", nearest="m")
    assert caught[0].message.code == "term_unknown"


def test_every_message_is_used():
    """A code stands in a source as it is, or is put together there (f"soil_group_by_{group}")."""
    literals, patterns = set(), set()
    for root in (PACKAGE, PACKAGE.parent / "qgis_plugin" / "ecoval_qgis"):
        for path in root.rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    literals.add(node.value)
                elif isinstance(node, ast.JoinedStr):
                    parts = [re.escape(part.value) if isinstance(part, ast.Constant) else r"\w+" for part in node.values]
                    patterns.add("".join(parts))
    halves = r"\w+_\w+" in patterns  # file and fault of a declaration: f"{file}_{what}"
    made = [re.compile(text) for text in patterns if re.fullmatch(r"(\w|\\w\+)+", text) and re.search(r"[a-z]{4}", text)]
    unused = [code for code in words.catalogue() if code not in literals and not any(one.fullmatch(code) for one in made)]
    if halves:
        unused = [code for code in unused if not (code.partition("_")[0] in literals and code.partition("_")[2] in literals)]
    assert not unused, unused
