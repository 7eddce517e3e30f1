"""Class breaks of a choropleth: natural groups, with the roundest numbers that part them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

CLASSES = 5
LONGEST = 400  # units up to which the natural groups are found exactly


def class_breaks(values: npt.ArrayLike, classes: int = CLASSES) -> list[float]:
    """Bounds of classes: the first and last enclose the values, the others part groups that lie apart.

    Parameters
    ----------
    values : vector (units)
        Missing values are left out.
    classes : number, 1
        Fewer where there are fewer different values. Where values have both signs, zero is a bound.

    Returns
    -------
    vector (classes + 1)
        Empty where there is no value; a class holds its lower bound and not its upper one, but the last holds both.

    Examples
    --------
    >>> class_breaks([1.02, 1.1, 5.3, 5.4, 9.9], classes=3)
    [1.0, 5.0, 8.0, 10.0]
    """
    known = np.sort(np.asarray(values, dtype="float64"))
    known = known[np.isfinite(known)]
    if not len(known):
        return []
    if known[0] < 0 < known[-1]:
        below, above = known[known < 0], known[known >= 0]
        share = min(max(round(classes * len(below) / len(known)), 1), classes - 1)
        return [*_one_sign(below, share, upper=0.0)[:-1], *_one_sign(above, classes - share, lower=0.0)]
    return _one_sign(known, classes)


def _one_sign(known: npt.NDArray[np.float64], classes: int, lower: float | None = None, upper: float | None = None) -> list[float]:
    """Breaks of sorted values of one sign."""
    different = np.unique(known)
    count = min(classes, len(different))
    starts = _groups(different if len(known) > LONGEST else known, count)
    source = different if len(known) > LONGEST else known
    inner = [roundest(source[start - 1], source[start]) for start in starts]
    room = (known[-1] - known[0] or abs(known[0])) / 20
    first = _below(known[0], room) if lower is None else lower
    last = 0.0 - _below(-known[-1], room) if upper is None else upper
    return [first, *inner, last]


def _groups(values: npt.NDArray[np.float64], count: int) -> list[int]:
    """First positions of the natural groups after the first: the least sum of squares within groups."""
    number = len(values)
    if count <= 1:
        return []
    if number > LONGEST:
        starts = [round(number * part / count) for part in range(1, count)]
        return sorted(set(starts) - {0, number})
    total = np.concatenate([[0.0], np.cumsum(values)])
    squares = np.concatenate([[0.0], np.cumsum(values**2)])

    def within(first: npt.NDArray[np.int64] | int, last: int) -> Any:  # vector of first, values[first:last]
        size = last - first
        return squares[last] - squares[first] - (total[last] - total[first]) ** 2 / np.maximum(size, 1)

    best = np.array([0.0, *[within(0, last) for last in range(1, number + 1)]])
    cuts = []
    for _ in range(1, count):
        following, cut = np.full(number + 1, np.inf), np.zeros(number + 1, dtype=int)
        for last in range(1, number + 1):
            first = np.arange(1, last) if last > 1 else np.array([0])
            costs = best[first] + within(first, last)
            costs[values[first - 1] == values[first]] = np.inf
            cut[last], following[last] = first[costs.argmin()], costs.min()
        best = following
        cuts.append(cut)
    starts, last = [], number
    for cut in reversed(cuts):
        last = cut[last]
        starts.append(int(last))
    return sorted(set(starts) - {0})


def roundest(low: float, high: float) -> float:
    """Number with the fewest digits above `low` and at most `high`.

    Parameters
    ----------
    low, high : number, 1

    Returns
    -------
    number, 1

    Examples
    --------
    >>> roundest(1.234, 1.31), roundest(880.0, 1020.0), roundest(-3.0, 2.0)
    (1.3, 1000.0, 0.0)
    """
    if low < 0 <= high:
        return 0.0
    step = 10.0 ** math.ceil(math.log10(max(abs(low), abs(high), 1e-300)))
    middle = (low + high) / 2
    for _ in range(40):
        for part in (step, step / 2):
            nearest = round(middle / part) * part
            candidates = [nearest, math.floor(high / part) * part, (math.floor(low / part) + 1) * part]
            inside = [_clean(value, part) for value in candidates if low < _clean(value, part) <= high]
            if inside:
                return inside[0]
        step /= 10
    return high


def _clean(value: float, part: float) -> float:
    return round(value, max(0, 2 - math.floor(math.log10(part)))) + 0.0


def _below(value: float, room: float) -> float:
    """Round number at most `room` below a value; zero rather than one of the other sign."""
    if room == 0:
        return value
    outside = roundest(value - room, value)
    return max(outside, 0.0) if value >= 0 else outside
