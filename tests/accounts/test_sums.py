import math

import numpy as np
import pandas as pd
import pytest

from ecoval.accounts.sums import group_sum


def test_group_sum_is_rounded_once():
    table = pd.DataFrame({"unit": ["a", "b", "a", "a"], "v": [1e16, 1.0, 1.0, -1e16]})
    assert group_sum(table, ["unit"], "v").to_dict() == {"a": 1.0, "b": 1.0}


def test_group_sum_of_missing_values_is_missing():
    table = pd.DataFrame({"unit": ["a", "a", "b"], "v": [np.nan, 2.0, np.nan]})
    found = group_sum(table, ["unit"], "v")
    assert found["a"] == 2.0
    assert math.isnan(found["b"])


def test_group_sum_takes_several_keys_and_no_row():
    table = pd.DataFrame({"unit": ["b", "a", "b"], "item": ["x", "x", "x"], "v": [1.0, 2.0, 4.0]})
    assert group_sum(table, ["unit", "item"], "v").to_dict() == {("b", "x"): 5.0, ("a", "x"): 2.0}
    assert group_sum(table.iloc[:0], ["unit"], "v").empty


@pytest.mark.parametrize("seed", range(3))
def test_group_sum_has_the_same_bits_in_every_order(seed):
    rng = np.random.default_rng(seed)
    table = pd.DataFrame({"unit": rng.integers(0, 7, 500), "v": rng.lognormal(0, 20, 500)})
    shuffled = table.sample(frac=1.0, random_state=seed)
    pd.testing.assert_series_equal(
        group_sum(table, ["unit"], "v").sort_index(), group_sum(shuffled, ["unit"], "v").sort_index(), check_exact=True
    )
