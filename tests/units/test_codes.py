import numpy as np
import pandas as pd
import pytest

from ecoval.units import codes


@pytest.mark.parametrize(
    ("code", "level", "above"),
    [
        ("330000", "province", None),
        ("33", "province", None),
        ("330100", "prefecture", "330000"),
        ("3301", "prefecture", "330000"),
        ("330102", "county", "330100"),
        ("330102000000", "county", "330100"),
        ("330102001", "township", "330102"),
        ("330102001000", "township", "330102"),
        ("330102001002", "village", "330102001"),
        ("429005", "county", "420000"),  # directly under the province
        ("441900", "prefecture", "440000"),
        ("990101", None, None),
        ("A1", None, None),
        (None, None, None),
    ],
)
def test_level_and_unit_above_by_digits(code, level, above):
    assert codes.level(code) == level
    assert codes.above(code) == above


def test_integer_and_float_columns_become_text():
    for column in (pd.Series([330102, 330105]), pd.Series([330102.0, 330105.0])):
        text, findings = codes.normalised(column)
        assert text.tolist() == ["330102", "330105"]
        assert [finding.code for finding in findings] == ["code_from_number"]


def test_missing_numbers_stay_missing():
    text, _ = codes.normalised(pd.Series([330102.0, np.nan]))
    assert text.tolist() == ["330102", None]


def test_lost_leading_zero_comes_back_and_is_reported():
    text, findings = codes.normalised(pd.Series([60371, 110101]))
    assert text.tolist() == ["060371", "110101"]
    assert [finding.code for finding in findings] == ["code_from_number", "code_padded"]


def test_short_numbers_are_not_padded():
    text, _ = codes.normalised(pd.Series([9, 10, 100]))
    assert text.tolist() == ["9", "10", "100"]


def test_full_width_digits_and_decimal_zeros_are_rewritten():
    text, findings = codes.normalised(pd.Series(["３３０１０２", " 330105 ", "330106.0", "", None]))
    assert text.tolist() == ["330102", "330105", "330106", None, None]
    assert dict(findings[0].fields)["count"] == 2
