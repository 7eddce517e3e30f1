"""Flow of a loss or gain through the years: the levels at the opening and the closing of each, and what is held after them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ecoval.errors import ParameterError

CONVENTIONS = ("mean", "begin", "end", "mean_mid")
Numbers = NDArray[np.float64]

# share of the final level reached at the share s of the ramp
SHAPES: dict[str, Callable[[Numbers], Numbers]] = {
    "linear": lambda s: s,
    "slow": lambda s: s * s,
    "fast": lambda s: s * (2.0 - s),
    "sigmoid": lambda s: s * s * (3.0 - 2.0 * s),
    "step": lambda s: np.where(s < 1.0, 0.0, 1.0),
}


@dataclass(frozen=True, eq=False)
class Flow:
    """Levels at the opening and the closing of each year from `first`, and the level held after the last of them."""

    first: int
    opening: Numbers
    closing: Numbers
    tail: float = 0.0

    @classmethod
    def of_levels(cls, levels: ArrayLike, first: int = 0, tail: float = 0.0) -> Flow:
        """Flow without jumps through levels at whole years.

        Parameters
        ----------
        levels : vector (years), 1
        first : number, yr
        tail : number, 1
            Level held after the last year.

        Returns
        -------
        Flow
        """
        series = vector(levels)
        return cls(whole("first", first, signed=True), series[:-1], series[1:], float(tail))

    @property
    def last(self) -> int:
        """Year from which the tail runs."""
        return self.first + len(self.opening)

    def shifted(self, years: int) -> Flow:
        """The flow some years later."""
        return Flow(self.first + years, self.opening, self.closing, self.tail)

    def scaled(self, factor: float) -> Flow:
        """The flow with every level times a factor."""
        return Flow(self.first, self.opening * factor, self.closing * factor, self.tail * factor)

    def yearly(self, first: int, last: int) -> Numbers:
        """Mean level of each year from `first` up to and without `last`."""
        opening, closing = self.between(first, last)
        return 0.5 * (opening + closing)

    def levels(self, first: int, last: int) -> Numbers:
        """Levels at the years `first` ... `last`, at a jump the one after it."""
        return self.between(first, last + 1)[0]

    def present_value(
        self, rate: float, horizon: float = math.inf, convention: str = "mean", interest_before: bool = True
    ) -> float:
        """Present value at year 0, of the years before the horizon.

        Parameters
        ----------
        rate : number, 1, >= 0
        horizon : number, yr, >= 0
            A whole number, or unending.
        convention : choice {mean, begin, end, mean_mid}
        interest_before : choice {True, False}
            Whether years before 0 are compounded.

        Returns
        -------
        number, yr

        Raises
        ------
        ParameterError
            For a negative rate, an unknown convention, or an unending level at the rate 0.
        """
        if convention not in CONVENTIONS:
            raise ParameterError("time_convention_unknown", given=convention, known=CONVENTIONS)
        unending = math.isinf(horizon) and self.tail != 0.0
        check_rate(rate, math.inf if unending else 0.0)
        last = max(self.last, 0) if math.isinf(horizon) else whole("horizon", horizon)
        opening, closing = self.between(min(self.first, last), last)
        level = {"begin": opening, "end": closing}.get(convention, 0.5 * (opening + closing))
        years = np.arange(last - len(level), last, dtype=float)
        growth = np.log1p(rate)
        weight = np.exp(-growth * (years if interest_before else np.maximum(years, 0.0)))
        total = float(level @ weight)
        if unending:
            total += self.tail * math.exp(-growth * last) * (1.0 + rate) / rate
        return total * math.exp(-0.5 * growth) if convention == "mean_mid" else total

    def between(self, first: int, last: int) -> tuple[Numbers, Numbers]:
        """Opening and closing levels of the years from `first` up to and without `last`."""
        years = np.arange(first, max(first, last))
        place = years - self.first
        inside = (place >= 0) & (place < len(self.opening))
        beyond = np.where(place >= len(self.opening), self.tail, 0.0)
        found = []
        for series in (self.opening, self.closing):
            level = beyond.copy()
            level[inside] = series[place[inside]]
            found.append(level)
        return found[0], found[1]


def gain_flow(start: int, ramp_years: int, shape: str, level: float, end_year: int | None) -> Flow:
    """Flow of a gain: a ramp from its start, then its level to the end of the guarantee or for ever.

    Parameters
    ----------
    start, end_year : number, yr
    ramp_years : number, yr, >= 0
    shape : choice {linear, slow, fast, sigmoid, step}
    level : number, 1

    Returns
    -------
    Flow

    Raises
    ------
    ParameterError
        Where the guarantee ends before the ramp.
    """
    if shape not in SHAPES:
        raise ParameterError("time_shape_unknown", given=shape, known=tuple(SHAPES))
    first, years = whole("start", start, signed=True), whole("ramp_years", ramp_years)
    share = SHAPES[shape](np.arange(years + 1) / max(years, 1)) * level
    closing = np.zeros(years) if shape == "step" else share[1:]
    rise = Flow(first, share[:years], closing, float(level))
    if _absent(end_year):
        return rise
    end = whole("end_year", end_year, signed=True)
    if end < first + years:
        raise ParameterError("guarantee_before_maturity", end=end, mature=first + years)
    return Flow(first, *rise.between(first, end), 0.0)


def loss_flow(start: int, end: int | None, recovery_years: int = 0) -> Flow:
    """Flow of a unit loss: full from its start to its end, then falling to 0 in proportion over the recovery.

    Parameters
    ----------
    start, end : number, yr
        An empty `end` is a permanent loss.
    recovery_years : number, yr, >= 0

    Returns
    -------
    Flow
    """
    first, recovery = whole("start", start, signed=True), whole("recovery_years", recovery_years)
    if _absent(end):
        return Flow(first, np.empty(0), np.empty(0), 1.0)
    last = whole("end", end, signed=True)
    if last < first:
        raise ParameterError("impact_end_before_start", start=first, end=last)
    full, fall = np.ones(last - first), 1.0 - np.arange(recovery + 1) / max(recovery, 1)
    return Flow(first, np.concatenate([full, fall[:recovery]]), np.concatenate([full, fall[1 : recovery + 1]]))


def whole(name: str, value: float, *, signed: bool = False) -> int:
    """A number of years as a whole one; anything else is refused with the name of the field."""
    number = float(value)
    if not number.is_integer() or (number < 0 and not signed):
        raise ParameterError("time_years_not_whole", name=name, given=number)
    return int(number)


def _absent(year: float | None) -> bool:
    return year is None or math.isnan(year) or year == math.inf


def vector(levels: ArrayLike) -> Numbers:
    """Levels as a series of finite numbers."""
    series = np.asarray(levels, dtype=float)
    if series.ndim != 1 or len(series) == 0 or not np.isfinite(series).all():
        raise ParameterError("time_levels_not_numbers", found=str(series.shape))
    return series


def check_rate(rate: float, horizon: float = 0.0) -> None:
    """Refuse a negative rate, and the rate 0 with an unending horizon."""
    if not (math.isfinite(rate) and rate >= 0.0):
        raise ParameterError("rate_negative", rate=rate)
    if math.isinf(horizon) and rate == 0.0:
        raise ParameterError("horizon_infinite_rate_zero", rate=rate)
