"""Classes of a legend: round bounds for the values of a map, and a scale that is kept while the values change.

The maps of a report, the layers of a run and those of QGIS have their bounds from `class_bounds` alone. A class holds its lower
bound and not its upper one; the last class holds both. Colours follow the signs of the bounds, so zero is one where there are both.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

CLASS_METHODS = ("natural", "quantile", "equal")
CLASSES = 5
LONGEST = 400  # values up to which the natural groups are found exactly; more are parted by quantiles
AIR = 1 / 20  # of the range of the values, by which an outer bound may lie beyond them
AIR_ALONE = 1 / 4  # of a value that stands alone
STEP_SIZES = (1.0, 0.5, 0.2)  # of a power of ten


def class_bounds(values: npt.ArrayLike, method: str = "natural", number: int = CLASSES, scale: Sequence[float] = ()) -> list[float]:
    """Bounds of classes, ascending and distinct: the outer ones enclose the values, the others part them.

    Parameters
    ----------
    values : vector (units)
        What is not finite is left out.
    method : choice {natural, quantile, equal}
        Groups that lie apart, groups of equal size, or intervals of equal width.
    number : number, 1, >= 1
        At most so many classes; fewer where there are fewer different values. Zero is a bound where the values have both signs
        and there is more than one class.
    scale : vector (bounds)
        Bounds of a scale that goes on: they stay while they enclose the values. Values outside get classes of their own, or widen
        an outer one where there are as many as `number` already; no bound moves inwards. Where zero must part the first negative
        value of a full scale (or the first positive one), two classes beside it become one.

    Returns
    -------
    vector (classes + 1)
        Multiples of 1, 2 or 5 times a power of ten, wherever such a number parts the values. `scale` where there is no value.

    Examples
    --------
    >>> class_bounds([1.02, 1.1, 5.3, 5.4, 9.9], number=3)
    [1.0, 5.0, 8.0, 10.0]
    >>> class_bounds([3.0, 12.0], scale=[1.0, 5.0, 8.0, 10.0])
    [1.0, 5.0, 8.0, 10.0, 14.0]
    """
    finite = np.sort(np.asarray(values, dtype="float64").ravel())
    finite = finite[np.isfinite(finite)]
    bounds = sorted({float(bound) + 0.0 for bound in scale})
    if not len(finite):
        return bounds
    if len(bounds) < 2:
        return _fresh(finite, method, number)
    return _extended(finite, method, number, bounds)


def bounds_text(bounds: Sequence[float]) -> str:
    """Bounds as one text, parted by semicolons; each number comes back as it was.

    Examples
    --------
    >>> bounds_text([0.0, 5e8, 1e9])
    '0;500000000;1000000000'
    """
    return ";".join(next(text for text in (f"{bound:.15g}", f"{bound:.17g}") if float(text) == bound) for bound in bounds)


def _fresh(finite: npt.NDArray[np.float64], method: str, number: int) -> list[float]:
    """Bounds of sorted values without a scale before them."""
    if finite[0] < 0 < finite[-1] and number > 1:
        below, above = finite[finite < 0], finite[finite >= 0]
        if method == "equal":
            return _equal(finite, number)
        share = min(max(round(number * len(below) / len(finite)), 1), number - 1)
        return [*_one_sign(below, method, share, upper=0.0)[:-1], *_one_sign(above, method, number - share, lower=0.0)]
    return _one_sign(finite, method, number)


def _extended(finite: npt.NDArray[np.float64], method: str, number: int, scale: list[float]) -> list[float]:
    """A scale, and what lies above and below it."""
    bounds = _upwards(finite[finite > scale[-1]], method, number, scale)
    mirrored = [0.0 - bound for bound in reversed(bounds)]
    return [0.0 - bound for bound in reversed(_upwards(np.sort(-finite[finite < scale[0]]), method, number, mirrored))]


def _upwards(outside: npt.NDArray[np.float64], method: str, number: int, scale: list[float]) -> list[float]:
    """A scale with classes for values above it."""
    if not len(outside):
        return scale
    if scale[-1] < 0 < outside[-1]:  # up to zero by the last class
        scale = [*scale[:-1], 0.0]
        outside = outside[outside > 0]
    room = number - (len(scale) - 1)
    if scale[-1] == 0 and room < 1 and number > 1:
        scale, room = [*scale[:-2], scale[-1]], 1
    if room < 1:
        return [*scale[:-1], _one_sign(outside, method, 1, lower=scale[-1])[-1]]
    return [*scale[:-1], *_one_sign(outside, method, room, lower=scale[-1])]


def _one_sign(
    finite: npt.NDArray[np.float64], method: str, number: int, lower: float | None = None, upper: float | None = None
) -> list[float]:
    """Bounds of sorted values of one sign, between outer bounds where they are fixed."""
    if method == "equal" and finite[0] < finite[-1]:
        return _equal(finite, number, lower, upper)
    starts = _groups(finite, number) if method == "natural" and len(finite) <= LONGEST else _shares(finite, number)
    span = finite[-1] - finite[0]
    room = span * AIR if span else abs(finite[0]) * AIR_ALONE or 1.0
    first = _at_most(finite[0], room) if lower is None else lower
    last = 0.0 - _at_most(-finite[-1], room) if upper is None else upper
    inner = [roundest(finite[start - 1], finite[start]) for start in starts]
    if inner and upper is None and inner[-1] == finite[-1]:  # the last class has a width
        inner[-1] = roundest(finite[starts[-1] - 1], math.nextafter(finite[-1], -math.inf))
    if last <= max([first, *inner]):
        last = roundest(last, last + room)
    bounds = sorted({first, last, *(bound for bound in inner if first < bound < last)})
    return [min(bounds[0], finite[0]), *bounds[1:-1], max(bounds[-1], finite[-1])] if len(bounds) > 1 else [first, first + room]


def _equal(finite: npt.NDArray[np.float64], number: int, lower: float | None = None, upper: float | None = None) -> list[float]:
    """Multiples of the smallest round step with which the classes are not too many."""
    low, high = float(finite[0]) if lower is None else lower, float(finite[-1]) if upper is None else upper
    power = 10.0 ** math.floor(math.log10((high - low) / number))
    for part in (power * size for size in (0.5, 1, 2, 5, 10, 20, 50, 100)):
        first, last = math.floor(low / part), math.ceil(high / part)
        if last - first <= number:
            steps = [_clean(place * part, part) for place in range(first, last + 1)]
            inner = [bound for bound in steps if low < bound < high]
            ends = (min(steps[0], low) if lower is None else lower, max(steps[-1], high) if upper is None else upper)
            return [ends[0], *inner, ends[1]]
    return [low, high]


def _shares(finite: npt.NDArray[np.float64], number: int) -> list[int]:
    """First positions of groups of equal size after the first; equal values stay together."""
    changes = np.flatnonzero(np.diff(finite)) + 1
    if not len(changes):
        return []
    return sorted({int(changes[np.abs(changes - len(finite) * part / number).argmin()]) for part in range(1, number)})


def _groups(values: npt.NDArray[np.float64], number: int) -> list[int]:
    """First positions of the natural groups after the first: the least sum of squares within groups."""
    count = min(number, len(np.unique(values)))
    if count <= 1:
        return []
    size = len(values)
    values = (values - values[0]) / (values[-1] - values[0])  # squares of large numbers that lie close keep their digits
    total = np.concatenate([[0.0], np.cumsum(values)])
    squares = np.concatenate([[0.0], np.cumsum(values**2)])

    def within(first: npt.NDArray[np.int64] | int, last: int) -> Any:  # vector of first, values[first:last]
        return squares[last] - squares[first] - (total[last] - total[first]) ** 2 / np.maximum(last - first, 1)

    best = np.array([0.0, *[within(0, last) for last in range(1, size + 1)]])
    cuts = []
    for _ in range(1, count):
        following, cut = np.full(size + 1, np.inf), np.zeros(size + 1, dtype=int)
        for last in range(1, size + 1):
            first = np.arange(1, last) if last > 1 else np.array([0])
            costs = best[first] + within(first, last)
            costs[values[first - 1] == values[first]] = np.inf
            cut[last], following[last] = first[costs.argmin()], costs.min()
        best = following
        cuts.append(cut)
    starts, last = [], size
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
    middle = low / 2 + high / 2
    for _ in range(40):
        for part in (step * size for size in STEP_SIZES):
            nearest = round(middle / part) * part
            candidates = [nearest, math.floor(high / part) * part, (math.floor(low / part) + 1) * part]
            inside = [_clean(value, part) for value in candidates if low < _clean(value, part) <= high]
            if inside:
                return inside[0]
        step /= 10
    return float(high)


def _clean(value: float, part: float) -> float:
    return round(value, max(0, 2 - math.floor(math.log10(part)))) + 0.0


def _at_most(value: float, room: float) -> float:
    """Round number at most `room` below a value; zero rather than one of the other sign."""
    outside = roundest(value - room, value)
    return max(outside, 0.0) if value >= 0 else outside
