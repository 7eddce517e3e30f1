"""Fused loops against NumPy in double precision: the polynomials, patterns of arrays and numbers, missing values."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecoval.kernels.cellwise import cellwise, choose, clipped, exponential, logarithm, power

F = np.float32


@cellwise
def raised(x, y):
    return power(x, y)


@cellwise
def exponent(x):
    return exponential(x)


@cellwise
def natural(x):
    return logarithm(x)


@cellwise
def mixed(a, b, c):
    return clipped(a * b + c, F(-1.0), F(1.0))


@cellwise
def larger(a, b):
    return choose(a > b, a, b)


def test_power_is_within_1e_6():
    rng = np.random.default_rng(1)
    x = np.exp(rng.uniform(-8, 8, 2000)).astype(F)
    y = rng.uniform(-3, 5, 2000).astype(F)
    np.testing.assert_allclose(raised(x, y), x.astype(float) ** y.astype(float), rtol=1e-6)


def test_power_at_its_edges():
    x = np.array([0.0, 1.0, 2.0, 4.0, np.nan, 2.0], dtype=F)
    y = np.array([2.0, 7.5, 0.0, 0.5, 1.0, np.nan], dtype=F)
    np.testing.assert_array_equal(raised(x, y), np.array([0.0, 1.0, 1.0, 2.0, np.nan, np.nan], dtype=F))


def test_exponential_and_logarithm_are_within_1e_6():
    x = np.linspace(-60, 60, 3001).astype(F)
    np.testing.assert_allclose(exponent(x), np.exp(x.astype(float)), rtol=1e-6)
    y = np.exp(np.linspace(-60, 60, 3000)).astype(F)
    np.testing.assert_allclose(natural(y), np.log(y.astype(float)), rtol=1e-6, atol=1e-7)
    np.testing.assert_array_equal(natural(np.array([0.0, -1.0, np.nan, 1.0])), [np.nan, np.nan, np.nan, 0.0])
    assert np.isnan(exponent(np.array([np.nan]))).all()


@settings(max_examples=30, deadline=None)
@given(st.lists(st.booleans(), min_size=3, max_size=3), st.integers(0, 2**31 - 1))
def test_numbers_stand_for_arrays(are_arrays, seed):
    rng = np.random.default_rng(seed)
    values = [rng.normal(size=(3, 4)) if is_array else rng.normal() for is_array in are_arrays]
    a, b, c = (np.asarray(value, dtype=F) for value in values)
    np.testing.assert_allclose(mixed(*values), np.clip(a * b + c, -1, 1), rtol=1e-5, atol=1e-6)


def test_missing_stays_missing():
    a = np.array([[np.nan, 1.0], [2.0, 3.0]])
    b = np.array([[1.0, np.nan], [0.1, 0.2]])
    assert np.isnan(mixed(a, b, 0.0)).tolist() == [[True, True], [False, False]]


def test_what_is_given_is_not_changed_and_may_be_read_only_or_strided():
    a = np.arange(12, dtype=F).reshape(3, 4)[:, ::2]
    a.setflags(write=False)
    before = a.copy()
    np.testing.assert_array_equal(larger(a, 5), np.maximum(before, 5))
    np.testing.assert_array_equal(a, before)


def test_shapes_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="broadcast"):
        larger(np.zeros((2, 3)), np.zeros((3, 2)))
