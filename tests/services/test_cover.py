"""C and P against the printed table, closed forms and class bounds."""

import numpy as np
import pytest

from ecoval.services.cover import (
    CLASSES,
    cover_factor,
    cover_from_ndvi,
    logarithmic_cover_factor,
    types_without_cover_factor,
)

NAN = np.nan
# HJ 1173 table A.1
TABLE = {
    1: (0.10, 0.08, 0.06, 0.02, 0.004, 0.001),
    2: (0.40, 0.22, 0.14, 0.085, 0.040, 0.011),
    3: (0.45, 0.24, 0.15, 0.09, 0.043, 0.011),
    521: (0.42, 0.23, 0.14, 0.089, 0.042, 0.011),
    522: (0.40, 0.22, 0.14, 0.087, 0.042, 0.011),
}
NUMBERS = {
    **{("C_factor", f"{code}:{name}"): value for code, row in TABLE.items() for name, value in zip(CLASSES, row, strict=True)},
    ("C_factor", "511"): 0.0,
    ("C_factor", "4"): 0.0,
    ("C_factor", "6"): 0.01,
    ("C_factor", "7"): 0.7,
    ("C_dry_farmland", "intercept"): 0.221,
    ("C_dry_farmland", "log10_slope"): -0.595,
    ("C_cover_log", "intercept"): 0.6508,
    ("C_cover_log", "log10_slope"): -0.3436,
    ("C_cover_log", "upper_cover"): 78.3,
}


@pytest.mark.parametrize("code", TABLE)
def test_classes_of_cover_include_their_lower_bound(code):
    lower = np.array([0, 10, 30, 50, 70, 90.0])
    upper = np.array([9.999, 29.999, 49.999, 69.999, 89.999, 100.0])
    assert cover_factor(np.full(6, code), lower, NUMBERS).factor == pytest.approx(np.array(TABLE[code]), rel=1e-6)
    assert cover_factor(np.full(6, code), upper, NUMBERS).factor == pytest.approx(np.array(TABLE[code]), rel=1e-6)


def test_most_specific_code_of_the_table_wins():
    # 111 and 11 take the row of forest, 521 and 522 their own; 52 alone has none
    result = cover_factor(np.array([[111, 11, 1], [521, 522, 52]]), 75.0, NUMBERS).factor
    assert result == pytest.approx(np.array([[0.004, 0.004, 0.004], [0.042, 0.042, NAN]]), rel=1e-6, nan_ok=True)


def test_types_with_one_number_need_no_cover():
    result = cover_factor(np.array([511, 43, 61, 72]), np.array([NAN, 50, NAN, 0]), NUMBERS).factor
    assert result == pytest.approx(np.array([0, 0, 0.01, 0.7]), rel=1e-6)


def test_missing_type_and_missing_cover_are_missing():
    result = cover_factor(np.array([0, 1, 512, 82, -1, 2000]), np.array([50, NAN, NAN, 50, 50, 50]), NUMBERS)
    assert np.isnan(result.factor).all()
    assert result.cells == 0


def test_dry_farmland_follows_the_logarithm():
    # HJ 1173 A.13: 0.353 at a cover of 0.6
    cover = np.array([60.0, 100.0, 30.0])
    result = cover_factor(np.full(3, 512), cover, NUMBERS)
    assert result.factor == pytest.approx(0.221 - 0.595 * np.log10(cover / 100), rel=1e-6)
    assert result.factor[0] == pytest.approx(0.353, abs=5e-4)
    assert result.cells == 0


def test_dry_farmland_above_1_is_clipped_and_counted():
    result = cover_factor(np.full(4, 512), np.array([0.0, 4.8, 4.9049, 5.0]), NUMBERS)
    assert result.factor == pytest.approx(np.array([1, 1, 1, 0.221 - 0.595 * np.log10(0.05)]), rel=1e-6)
    assert result.cells == 3


def test_types_without_a_number_are_listed():
    assert types_without_cover_factor([111, 511, 512, 51, 82, 61], NUMBERS) == [51, 82]


def test_own_number_of_a_code_wins_over_its_family():
    own = {**NUMBERS, ("C_factor", "113"): 0.2, ("C_factor", "82"): 1.0}
    assert cover_factor(np.array([113, 82, 111]), 95.0, own).factor == pytest.approx(np.array([0.2, 1.0, 0.001]), rel=1e-6)


def test_cover_log_by_hand():
    cover = np.array([0, 10, 78.3, 78.4, 100, NAN])
    result = logarithmic_cover_factor(cover, NUMBERS)
    expected = [1, 0.6508 - 0.3436, 0.6508 - 0.3436 * np.log10(78.3), 0, 0, NAN]
    assert result.factor == pytest.approx(np.array(expected), rel=1e-6, abs=1e-7, nan_ok=True)
    assert result.cells == 0


def test_cover_log_above_1_is_clipped_and_counted():
    result = logarithmic_cover_factor(np.array([0.05, 0.09, 0.1]), NUMBERS)
    assert result.factor[:2].tolist() == [1, 1]
    assert result.factor[2] < 1
    assert result.cells == 2


def test_cover_from_ndvi_is_clipped_and_counted():
    result = cover_from_ndvi(np.array([0.05, 0.25, 0.45, 0.85, 0.95, NAN]), 0.05, 0.85)
    assert result.factor == pytest.approx(np.array([0, 25, 50, 100, 100, NAN]), rel=1e-6, abs=1e-5, nan_ok=True)
    assert result.cells == 1
