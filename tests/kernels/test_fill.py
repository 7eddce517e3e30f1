"""Filling against relaxation, the lowest sill over all ways; breaching against its definition."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from ecoval.errors import InputError
from ecoval.kernels.fill import LARGEST, breach, cell_limit, fill

NAN = np.nan
NEIGHBOURS = [(-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 1), (1, -1), (1, 0), (1, 1)]

ground = arrays.arrays(
    np.float32,
    st.tuples(st.integers(1, 12), st.integers(1, 12)),
    elements=st.one_of(st.integers(-5, 9).map(float), st.just(NAN)),
)


def around(z, beyond):
    """The eight neighbours of every cell; `beyond` outside the raster."""
    padded = np.pad(z, 1, constant_values=beyond)
    rows, cols = z.shape
    return np.array([padded[1 + r : 1 + r + rows, 1 + c : 1 + c + cols] for r, c in NEIGHBOURS])


def outlets(z):
    return ~np.isnan(z) & np.isnan(around(z, NAN)).any(axis=0)


def relaxed(z):
    """Lowest drained surface: sink from infinity until nothing moves."""
    level = np.where(outlets(z), z, np.inf)
    while True:
        neighbours = np.where(np.isnan(around(z, NAN)), np.inf, around(level, np.inf))
        lower = np.where(outlets(z), z, np.maximum(z, neighbours.min(axis=0)))
        if np.array_equal(lower, level, equal_nan=True):
            return np.where(np.isnan(z), NAN, level)
        level = lower


def is_drained(z):
    return np.array_equal(relaxed(z), z, equal_nan=True)


@settings(max_examples=150, deadline=None)
@given(ground)
def test_fill_is_the_lowest_drained_surface(z):
    assert np.array_equal(fill(z), relaxed(z), equal_nan=True)


@settings(max_examples=100, deadline=None)
@given(ground)
def test_fill_of_a_filled_surface_is_itself(z):
    once = fill(z)
    assert np.array_equal(fill(once), once, equal_nan=True)


@pytest.mark.parametrize("seed", range(3))
def test_fill_of_rough_ground_with_a_coast(seed):
    random = np.random.default_rng(seed)
    row, col = np.mgrid[:40, :50]
    z = (row + np.sin(col / 5) * 4 + random.normal(0, 2, row.shape)).astype(np.float32)
    z[random.random(z.shape) < 0.02] = NAN
    z[:, :6][row[:, :6] > 20] = NAN
    assert np.array_equal(fill(z), relaxed(z), equal_nan=True)


def test_fill_by_hand():
    # the left bowl, 1 and 4, spills over the 7 into the right one, 2, which leaves over the 3 on the edge
    z = [[9, 9, 9, 9, 9, 9], [9, 1, 4, 7, 2, 3], [9, 9, 8, 9, 9, 9], [9, 9, 4, 9, 9, 9]]
    filled = [[9, 9, 9, 9, 9, 9], [9, 7, 7, 7, 3, 3], [9, 9, 8, 9, 9, 9], [9, 9, 4, 9, 9, 9]]
    assert fill(z).tolist() == filled


def test_fill_of_a_cone_pointing_down_levels_it_at_the_rim():
    row, col = np.mgrid[-10:11, -10:11]
    z = np.hypot(row, col)
    assert np.array_equal(fill(z), np.maximum(z.astype(np.float32), np.float32(10)))


def test_missing_cell_is_a_way_out():
    z = np.full((5, 5), 9.0)
    z[2, 2] = NAN
    z[2, 1] = 3.0
    assert np.array_equal(fill(z), z.astype(np.float32), equal_nan=True)


@pytest.mark.parametrize("z", [np.zeros((4, 4)), np.full((3, 5), NAN), np.ones((1, 1)), np.arange(6.0).reshape(1, 6)])
def test_ground_without_depressions_stays(z):
    assert np.array_equal(fill(z), z, equal_nan=True)


def test_signed_zero_and_negative_ground():
    z = np.array([[-1, -2, -1, 0.0], [-1, -5, -3, -0.0], [-1, -1, -1, -1]])
    assert np.array_equal(fill(z), relaxed(z.astype(np.float32)))


def test_input_is_left_as_it_was():
    z = np.array([[2, 2, 2], [2, 0, 2], [2, 2, 2]], np.float32)
    fill(z)
    breach(z)
    assert z[1, 1] == 0


@pytest.mark.parametrize("drain", [fill, breach])
def test_result_may_take_the_place_of_the_elevation(drain):
    z = np.random.default_rng(4).normal(0, 1, (30, 20)).astype(np.float32)
    expected = drain(z)
    other = np.empty_like(z)
    assert drain(z, out=other) is other
    assert drain(z, out=z) is z
    assert np.array_equal(other, expected)
    assert np.array_equal(z, expected)


def test_place_for_the_result_must_fit():
    with pytest.raises(TypeError, match="out is float64, contiguous True: expected contiguous float32"):
        fill(np.zeros((3, 3)), out=np.zeros((3, 3)))


@settings(max_examples=150, deadline=None)
@given(ground)
def test_breach_drains_and_raises_nothing(z):
    cut = breach(z)
    assert np.array_equal(np.isnan(cut), np.isnan(z))
    assert not (cut > z).any()
    assert is_drained(cut)


@settings(max_examples=100, deadline=None)
@given(ground)
def test_breach_leaves_drained_ground_alone(z):
    drained = fill(z)
    assert np.array_equal(breach(drained), drained, equal_nan=True)


@settings(max_examples=100, deadline=None)
@given(ground, st.floats(0.5, 6))
def test_breach_cuts_no_deeper_than_told(z, depth):
    cut = breach(z, max_depth=depth)
    assert not (z - cut > depth).any()
    assert is_drained(fill(cut))


def test_breach_by_hand_cuts_the_sill():
    z = [[9, 9, 9, 9, 9], [9, 1, 4, 2, 0], [9, 9, 9, 9, 9]]
    assert breach(z).tolist() == [[9, 9, 9, 9, 9], [9, 1, 1, 1, 0], [9, 9, 9, 9, 9]]


def test_raster_beyond_32_bit_positions_is_refused():
    with pytest.raises(InputError, match=rf"too many cells.*2500000000 cells, at most {LARGEST}.*Cut it"):
        cell_limit(np.broadcast_to(np.float32(0), (50_000, 50_000)))
