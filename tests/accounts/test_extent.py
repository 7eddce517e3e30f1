import pandas as pd

from ecoval.accounts.extent import EXTENT_COLUMNS, extent_account

UNITS = pd.DataFrame({"unit_id": ["b", "a"], "unit_name": ["乙镇", "甲镇"]})


def test_extent_account_orders_units_as_given_and_types_by_code():
    areas = pd.DataFrame(
        {
            "unit_id": ["a", "a", "b", "b", "b"],
            "ecosystem_type": ["511", "missing", "42", "111", "missing"],
            "area": [300.0, 50.0, 200.0, 100.0, 0.0],
        }
    )
    table = extent_account(areas, UNITS, year=2023, unit_set="admin")
    assert tuple(table.columns) == EXTENT_COLUMNS
    # b stands first because the units are given so; 111 before 42 by its digits; the empty "missing" of b is left out
    assert table[["unit_id", "ecosystem_type", "area"]].to_numpy().tolist() == [
        ["b", "111", 100.0],
        ["b", "42", 200.0],
        ["a", "511", 300.0],
        ["a", "missing", 50.0],
    ]
    assert set(table["uom"]) == {"m2"}
    assert table["unit_name"].tolist() == ["乙镇", "乙镇", "甲镇", "甲镇"]


def test_extent_account_takes_numeric_codes_and_adds_parts():
    areas = pd.DataFrame({"unit_id": ["a", "a"], "ecosystem_type": [111, 111], "area": [40.0, 60.0]})
    table = extent_account(areas, UNITS.iloc[1:], year=2023, unit_set="admin")
    assert table[["ecosystem_type", "area"]].to_numpy().tolist() == [["111", 100.0]]


def test_extent_account_unit_without_land_is_a_row():
    areas = pd.DataFrame({"unit_id": ["a"], "ecosystem_type": ["111"], "area": [1.0]})
    table = extent_account(areas, UNITS, year=2023, unit_set="admin")
    assert table.loc[table["unit_id"] == "b", ["ecosystem_type", "area"]].to_numpy().tolist() == [["missing", 0.0]]
