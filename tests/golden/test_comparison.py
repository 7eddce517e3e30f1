"""A difference from a golden table says table, row, column, old and new value, and what to do."""

import pytest
from golden import comparison

KEPT = "unit_id,item,quantity,value\n330101,soil,1.5,3.0\n330102,soil,2.5,5.0\n"


@pytest.fixture
def golden_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(comparison, "FOLDER", tmp_path)
    comparison.keep("group", {"supply.csv": KEPT})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            KEPT.replace("2.5", "2.5000000000000004"),
            ["group/supply.csv: row 3", "column quantity: was '2.5', is '2.5000000000000004'"],
        ),
        (KEPT.replace("quantity", "amount"), ["columns without ['quantity'], with ['amount']"]),
        (KEPT + "330103,soil,1,1\n", ["2 rows, now 3", "row new: 330103, soil, 1, 1"]),
        (KEPT.replace("330102,soil,2.5,5.0\n", ""), ["2 rows, now 1", "row lost: 330102, soil, 2.5, 5.0"]),
        (KEPT.replace("\n", "\r\n"), ["other line ends or quotes"]),
    ],
)
def test_a_moved_table_is_told(golden_folder, text, words):
    with pytest.raises(AssertionError) as caught:
        comparison.assert_unmoved("group", {"supply.csv": text})
    for word in (*words, "CHANGELOG.md", "*Numbers*", "scripts/golden.py"):
        assert word in str(caught.value)


def test_tables_that_came_or_went_are_told(golden_folder):
    found = comparison.differences("group", {"gep.csv": KEPT})
    assert found == ["group/gep.csv: no golden table is kept of it", "group/supply.csv: no longer written"]


def test_the_same_text_moves_nothing_and_keeping_says_what_changed(golden_folder):
    comparison.assert_unmoved("group", {"supply.csv": KEPT})
    assert comparison.keep("group", {"supply.csv": KEPT}) == []
    assert comparison.keep("group", {"gep.csv": KEPT}) == ["gep.csv", "supply.csv"]
    assert comparison.kept("group") == {"gep.csv": KEPT}


def test_a_parted_table_loses_nothing():
    rows, words = comparison.parted("item,uom,low,quantity\nsoil,t,,1\nsoil,t,,2\nsilt,m3,,3\n", ("item",), ("uom",))
    assert rows == "item,quantity\nsoil,1\nsoil,2\nsilt,3\n"
    assert words == "item,uom,low\nsoil,t,\nsilt,m3,\n"
    with pytest.raises(AssertionError, match="do not follow"):
        comparison.parted("item,uom,quantity\nsoil,t,1\nsoil,kg,2\n", ("item",), ("uom",))
