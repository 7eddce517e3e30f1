import numpy as np
import pytest

from ecoval.report.classes import class_breaks, roundest


def partition(values, breaks):
    return np.searchsorted(np.asarray(breaks[1:-1]), values, side="right")


def test_class_breaks_part_groups_that_lie_apart():
    values = np.array([1.02, 1.1, 5.3, 5.4, 9.9])
    breaks = class_breaks(values, classes=3)
    assert partition(values, breaks).tolist() == [0, 0, 1, 1, 2]
    assert breaks == [1.0, 5.0, 8.0, 10.0]


def test_class_breaks_natural_groups_are_the_best_by_enumeration():
    values = np.array([1.0, 2.0, 4.0, 9.0, 10.0, 11.5, 30.0])

    def spread(cuts):
        return sum(((part - part.mean()) ** 2).sum() for part in np.split(values, cuts))

    best = min(((first, second) for first in range(1, 6) for second in range(first + 1, 7)), key=spread)
    found = np.flatnonzero(np.diff(partition(values, class_breaks(values, classes=3)))) + 1
    assert tuple(found) == best


def test_class_breaks_both_signs_meet_at_zero():
    breaks = class_breaks([-30.0, -4.0, 2.0, 9.0, 40.0])
    assert 0.0 in breaks
    assert breaks == sorted(breaks)
    assert breaks[0] <= -30.0
    assert breaks[-1] >= 40.0


@pytest.mark.parametrize(("values", "expected"), [([], []), ([np.nan], []), ([5.0], [5.0, 5.0]), ([0.0, 0.0], [0.0, 0.0])])
def test_class_breaks_of_few_values(values, expected):
    assert class_breaks(values) == expected


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("number", [3, 40, 2000])
def test_class_breaks_enclose_every_value_and_fill_every_class(seed, number):
    values = np.random.default_rng(seed).lognormal(8, 2, number)
    breaks = class_breaks(values)
    assert breaks[0] <= values.min()
    assert breaks[-1] >= values.max()
    assert set(partition(values, breaks)) == set(range(len(breaks) - 1))


def test_roundest_is_inside_with_few_digits():
    assert roundest(1.234, 1.31) == 1.3
    assert roundest(880.0, 1020.0) == 1000.0
    assert roundest(-3.0, 2.0) == 0.0
