"""Sums over groups of rows, rounded once: the same bits in whatever order units and rows stand; functions of pairs of texts."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd


def group_sum(table: pd.DataFrame, by: Sequence[str], column: str) -> pd.Series[float]:
    """Exactly rounded sum of a column in each group; missing where no row of the group has a value.

    Parameters
    ----------
    table : table (by, column)
    by : vector (keys)
    column : text

    Returns
    -------
    vector (groups)
        Indexed by the keys, in the order in which they first appear.

    Notes
    -----
    A running sum, also a compensated one, can differ in the last bit with the place of a group among the others (found with
    pandas 3.1 groupby sums, 2026); math.fsum cannot.
    """
    member: npt.NDArray[np.integer[Any]]
    keys: pd.Index
    if len(by) == 1:  # a tenth of the time of groupby, which most sums of an account would spend on a handful of units
        member, texts = pd.factorize(table[by[0]])
        keys = pd.Index(texts, name=by[0])
    else:
        groups = table.groupby(list(by), sort=False)
        keys, member = groups.size().index, groups.ngroup().to_numpy()
    values = table[column].to_numpy(dtype="float64", na_value=np.nan)
    used = np.flatnonzero(~np.isnan(values) & (member >= 0))
    used = used[np.argsort(member[used], kind="stable")]
    bounds = np.searchsorted(member[used], np.arange(len(keys) + 1))
    numbers = values[used].tolist()
    sums = [
        math.fsum(numbers[first:last]) if last > first else math.nan
        for first, last in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True)
    ]
    return pd.Series(sums, index=keys, name=column, dtype="float64")


def per_pair(first: pd.Series, second: pd.Series, function: Callable[[str, str], object]) -> npt.NDArray[np.object_]:
    """Result of a function of two texts for each row, worked out once per pair of texts."""
    left, left_texts = pd.factorize(first)
    right, right_texts = pd.factorize(second)
    pairs, inverse = np.unique(left * len(right_texts) + right, return_inverse=True)
    results = [function(left_texts[pair // len(right_texts)], right_texts[pair % len(right_texts)]) for pair in pairs]
    return np.array([*results, None], dtype=object)[:-1][inverse]
