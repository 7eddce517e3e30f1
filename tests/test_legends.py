"""Bounds of classes: ascending, distinct, round, around every value, and never moved inwards."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ecoval.legends import CLASS_METHODS, bounds_text, class_bounds, roundest

MONEY = st.one_of(
    st.just(0.0),
    st.builds(
        lambda sign, size, digits: sign * digits * 10.0**size, st.sampled_from([-1, 1]), st.integers(-6, 13), st.floats(1, 10)
    ),
)
LISTS = st.lists(MONEY, min_size=1, max_size=12)
METHOD = st.sampled_from(CLASS_METHODS)
NUMBER = st.integers(1, 9)


def partition(values, bounds):
    """Class of each value: a class holds its lower bound, the last one both."""
    return np.searchsorted(np.asarray(bounds[1:-1]), values, side="right")


def is_scale(bounds, values):
    return bounds == sorted(set(bounds)) and len(bounds) > 1 and bounds[0] <= min(values) and max(values) <= bounds[-1]


@given(LISTS, METHOD, NUMBER)
@example([1.0, 5.0], "natural", 5)
@example([5.0], "natural", 5)
@example([0.0], "equal", 1)
@example([-1.0, 1.0], "quantile", 1)
def test_bounds_ascend_enclose_every_value_and_are_not_too_many(values, method, number):
    bounds = class_bounds(values, method, number)
    assert is_scale(bounds, values)
    assert len(bounds) - 1 <= number
    if number > 1 and min(values) < 0 < max(values):
        assert 0.0 in bounds
    assert bounds == class_bounds([np.nan, *reversed(values)], method, number)


@given(LISTS, LISTS, METHOD, NUMBER)
def test_kept_bounds_stay_where_they_enclose_and_never_move_inwards(first, second, method, number):
    kept = class_bounds(first, method, number)
    bounds = class_bounds(second, method, number, kept)
    assert is_scale(bounds, [*first, *second])
    assert len(bounds) - 1 <= number
    assert bounds[0] <= kept[0]
    assert kept[-1] <= bounds[-1]
    if is_scale(kept, second):
        assert bounds == kept
    elif min(first) >= 0 <= min(second) or max(first) <= 0 >= max(second):
        assert set(kept[1:-1]) <= set(bounds)
    if number > 1 and bounds[0] < 0 < bounds[-1]:
        assert 0.0 in bounds
    assert class_bounds(first, method, number, bounds) == bounds


@given(LISTS, NUMBER, NUMBER)
def test_more_kept_bounds_than_asked_for_stay(values, number, fewer):
    kept = class_bounds(values, number=number)
    assert class_bounds(values, number=fewer, scale=kept) == kept


@given(st.lists(MONEY, max_size=6))
def test_bounds_come_back_from_their_text(values):
    bounds = sorted(set(values))
    assert [float(part) for part in bounds_text(bounds).split(";") if part] == bounds


def test_units_one_after_the_other_stay_comparable():
    kept = []
    for value in (5.37e8, 9e8, 6e7, 5.5e8, -2e7, 3e9):
        bounds = class_bounds([value], scale=kept)
        if kept and value > 0:
            assert set(kept[1:-1]) <= set(bounds)
        kept = bounds
    assert len(kept) == 6
    assert kept[0] <= -2e7
    assert kept[-1] >= 3e9


def test_bounds_part_groups_that_lie_apart():
    values = np.array([1.02, 1.1, 5.3, 5.4, 9.9])
    bounds = class_bounds(values, number=3)
    assert partition(values, bounds).tolist() == [0, 0, 1, 1, 2]
    assert bounds == [1.0, 5.0, 8.0, 10.0]


def test_natural_groups_are_the_best_by_enumeration():
    values = np.array([1.0, 2.0, 4.0, 9.0, 10.0, 11.5, 30.0])

    def spread(cuts):
        return sum(((part - part.mean()) ** 2).sum() for part in np.split(values, cuts))

    best = min(((first, second) for first in range(1, 6) for second in range(first + 1, 7)), key=spread)
    cuts = np.flatnonzero(np.diff(partition(values, class_bounds(values, number=3)))) + 1
    assert tuple(cuts) == best


def test_natural_groups_of_large_numbers_that_lie_close():
    values = 1e12 + np.array([1.0, 2.0, 3.0, 101.0, 102.0, 103.0])
    assert partition(values, class_bounds(values, number=2)).tolist() == [0, 0, 0, 1, 1, 1]


def test_quantiles_have_as_many_units_each_and_equal_intervals_one_width():
    values = [1.0, 2.0, 3.0, 4.0, 50.0, 60.0, 700.0, 800.0]
    assert np.bincount(partition(values, class_bounds(values, "quantile", 4))).tolist() == [2, 2, 2, 2]
    assert class_bounds(values, "equal", 4) == [0.0, 200.0, 400.0, 600.0, 800.0]
    assert class_bounds([1.0, 1.0, 1.0, 2.0], "quantile", 4) == class_bounds([1.0, 2.0], "quantile", 4)


def test_no_value_has_no_bounds():
    assert class_bounds([]) == class_bounds([np.nan]) == []
    assert class_bounds([np.nan], scale=[0.0, 1.0]) == [0.0, 1.0]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("number", [3, 40, 2000])
def test_bounds_enclose_every_value_and_fill_every_class(seed, number):
    values = np.random.default_rng(seed).lognormal(8, 2, number)
    bounds = class_bounds(values)
    assert is_scale(bounds, values)
    assert set(partition(values, bounds)) == set(range(len(bounds) - 1))


def test_roundest_is_inside_with_few_digits():
    assert roundest(1.234, 1.31) == 1.3
    assert roundest(880.0, 1020.0) == 1000.0
    assert roundest(-3.0, 2.0) == 0.0
    assert roundest(0.21, 0.44) == 0.4
