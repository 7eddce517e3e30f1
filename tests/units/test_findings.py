import ast
import string
from pathlib import Path

import ecoval
from ecoval.findings import LEVELS
from ecoval.units import findings
from ecoval.words import catalogue


def test_every_finding_has_a_text_with_the_fields_that_are_given():
    calls = 0
    for path in (Path(ecoval.__file__).parent / "units").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "finding" and isinstance(node.args[0], ast.Constant):
                calls += 1
                code, severity = node.args[0].value, node.args[1]
                given = {keyword.arg for keyword in node.keywords} | {"unit_id", "quantity"}
                wanted = {name for _, name, _, _ in string.Formatter().parse(catalogue()[code]["en"]) if name}
                assert wanted <= given, code
                assert isinstance(severity, ast.Name) or severity.value in LEVELS
    assert calls > 20


def test_report_is_empty_with_its_columns():
    table = findings.table([])
    assert list(table.columns) == list(findings.COLUMNS)
    assert table.empty


def test_report_has_both_languages_and_begins_with_the_gravest():
    table = findings.table(
        [findings.finding("dimension_dropped", "note", count=2), findings.finding("gap", "warning", "a b", 12.5)]
    )
    assert table["finding"].tolist() == ["gap", "dimension_dropped"]
    assert table["quantity"].iloc[0] == 12.5
    assert table["uom"].tolist() == ["m2", ""]
    assert table["text"].iloc[0].startswith("An area of 12.5 m2 belongs to no unit; it is enclosed by a b.")
    assert "12.5 m2" in table["text_zh"].iloc[0]
