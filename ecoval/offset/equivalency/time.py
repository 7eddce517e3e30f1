"""Time of losses and gains: levels, yearly flows, present values under four conventions, or a time multiplier.

Levels `y_0 ... y_H` stand at whole years after the first; `v = 1 / (1 + r)`; time 0 is `t0`. Sums run over the years k:

    begin     sum y_k v^k
    end       sum y_{k+1} v^k
    mean      sum (y_k + y_{k+1}) / 2 v^k        default: a level at the start of a year hides what happens within it
    mean_mid  mean v^(1/2)

A flow keeps the level at the opening and at the closing of each year apart, so that a jump (works that begin, a guarantee that
ends) does not leak into the year before. Losses before `t0` are
compounded; gains before `t0` count without interest unless `bank_interest`. One time method at a time: a discounted flow or a
multiplier, never both. Rate and horizon are parameters: the default rate of 3 % a year is usual in equivalency analysis (not
verified at a source), the multiplier 0.965 a year is the base of the time table of the UK metric.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from numpy.typing import ArrayLike

from ecoval.errors import ParameterError
from ecoval.offset.equivalency.flow import CONVENTIONS, Flow, Numbers, check_rate, gain_flow, loss_flow, whole

METHODS = ("discount", "multiplier")
DEFAULT_RATE = 0.03
DEFAULT_BASE = 0.965


def present_value(levels: ArrayLike, rate: float, convention: str = "mean", first: int = 0) -> float:
    """Present value at time 0 of levels at whole years.

    Parameters
    ----------
    levels : vector (years), 1, any
        In any measure; the result has that measure times years.
    rate : number, 1, >= 0
        A year.
    convention : choice {mean, begin, end, mean_mid}
    first : number, yr
        Time of the first level; negative for years before time 0, which are compounded.

    Returns
    -------
    number, yr
    """
    return Flow.of_levels(levels, first).present_value(rate, convention=convention)


def ramp(years: int, ramp_years: int, shape: str = "linear", delay: int = 0, level: float = 1.0, end: int | None = None) -> Numbers:
    """Levels at the times 0 ... years of a gain that starts after a delay and rises to a level, which is held to an end.

    Parameters
    ----------
    years, ramp_years, delay : number, yr, >= 0
    shape : choice {linear, slow, fast, sigmoid, step}
        Course of the rise: in proportion, slow or fast at first, both, or nothing before the end of the ramp.
    level : number, 1
    end : number, yr
        Time from which the level is 0 again; without it the level is held.

    Returns
    -------
    vector (years), 1
        At a jump the level after it.
    """
    return gain_levels(delay, ramp_years, shape, level, end, 0, years)


def gain_levels(start: int, ramp_years: int, shape: str, level: float, end_year: int | None, t0: int, horizon: int) -> Numbers:
    """Levels of a gain at the years t0 ... t0 + horizon; at a jump the level after it.

    Parameters
    ----------
    start, end_year, t0 : number, yr
        Years of one calendar; an empty `end_year` is a permanent gain.
    ramp_years, horizon : number, yr, >= 0
    shape : choice {linear, slow, fast, sigmoid, step}
    level : number, 1

    Returns
    -------
    vector (years), 1
    """
    return gain_flow(start, ramp_years, shape, level, end_year).shifted(-t0).levels(0, horizon)


def multiplier(years: float, base: float = DEFAULT_BASE) -> float:
    """Time multiplier of a gain that is mature after some years: base to the power of years, 1 where it is mature already.

    Parameters
    ----------
    years : number, yr
    base : number, 1, 0 < base <= 1

    Returns
    -------
    number, 1
    """
    if not 0.0 < base <= 1.0:
        raise ParameterError("time_base_range", base=base)
    return float(base ** max(years, 0.0))


@dataclass(frozen=True)
class Timing:
    """How time counts in one balance: discounted flows, or a time multiplier; never both.

    Parameters
    ----------
    time : choice {discount, multiplier}
    rate : number, 1, >= 0
        A year; 0.03 where a discounted balance names none, empty under the multiplier.
    horizon : number, yr, > 0
        Whole years, or `inf`, which needs a rate above 0.
    convention : choice {mean, begin, end, mean_mid}
    t0 : number, yr
        Year at which everything is valued.
    bank_interest : choice {True, False}
        Whether gains before `t0` bear interest.
    base : number, 1, 0 < base <= 1
        Multiplier of one year; 0.965 where a balance by multiplier names none, empty under discounting.

    Raises
    ------
    ParameterError
        For both time methods, a negative rate, an unending horizon with the rate 0, an unknown method or convention.
    """

    time: str = "discount"
    rate: float | None = None
    horizon: float = math.inf
    convention: str = "mean"
    t0: int = 0
    bank_interest: bool = False
    base: float | None = None

    def __post_init__(self) -> None:
        if self.time not in METHODS:
            raise ParameterError("time_method_unknown", given=self.time, known=METHODS)
        if self.convention not in CONVENTIONS:
            raise ParameterError("time_convention_unknown", given=self.convention, known=CONVENTIONS)
        if self.rate is not None:
            check_rate(self.rate)
        discounted, multiplied = bool(self.rate), self.base is not None
        if (multiplied and self.time == "discount") or (discounted and self.time == "multiplier"):
            raise ParameterError("time_methods_both_set", time=self.time, rate=self.rate or 0.0, base=self.base or DEFAULT_BASE)
        object.__setattr__(self, "t0", whole("t0", self.t0, signed=True))
        if self.time == "multiplier":
            object.__setattr__(self, "base", DEFAULT_BASE if self.base is None else self.base)
            multiplier(0.0, self.base or 0.0)
            return
        object.__setattr__(self, "rate", DEFAULT_RATE if self.rate is None else float(self.rate))
        horizon = float(self.horizon) if math.isinf(self.horizon) else whole("horizon", self.horizon)
        if horizon <= 0:
            raise ParameterError("time_horizon_range", horizon=horizon)
        object.__setattr__(self, "horizon", horizon)
        check_rate(self.rate or 0.0, self.horizon)

    def loss_factor(self, start: int, end: int | None = None, recovery: int = 0) -> float:
        """Debit of an annual loss of 1: its present value, or 1 under the multiplier.

        Parameters
        ----------
        start, end : number, yr
            Calendar years (from `t0` = 0: years after it); an empty `end` is a permanent loss.
        recovery : number, yr, >= 0
            Years of the fall to 0 after the end.

        Returns
        -------
        number, yr or 1
        """
        flow = loss_flow(start, end, recovery)
        return 1.0 if self.time == "multiplier" else self.value(flow)

    def gain_factor(
        self,
        start: int,
        ramp_years: int = 0,
        shape: str = "linear",
        level: float = 1.0,
        end_year: int | None = None,
        advance: int = 0,
        delay: int = 0,
    ) -> float:
        """Credit of an annual gain of 1 at maturity: its present value, or level x base^years under the multiplier.

        Parameters
        ----------
        start, end_year : number, yr
            An empty `end_year` is a permanent guarantee.
        ramp_years, advance, delay : number, yr, >= 0
            Years of the rise; years by which the start is brought forward or put off.
        shape : choice {linear, slow, fast, sigmoid, step}
        level : number, 1

        Returns
        -------
        number, yr or 1

        Raises
        ------
        ParameterError
            For advance and delay together, and a guarantee that ends before the ramp.
        """
        first = shifted_start(start, advance, delay)
        flow = gain_flow(first, ramp_years, shape, level, end_year)
        if self.time == "multiplier":
            return level * multiplier(first + whole("ramp_years", ramp_years) - self.t0, self.base or DEFAULT_BASE)
        return self.value(flow, gain=True)

    def value(self, flow: Flow, gain: bool = False) -> float:
        """Present value at `t0` of a flow in calendar years; gains before `t0` bear interest only with `bank_interest`."""
        if self.time == "multiplier":
            raise ParameterError("time_multiplier_has_no_value", base=self.base or DEFAULT_BASE)
        interest = self.bank_interest or not gain
        return flow.shifted(-self.t0).present_value(self.rate or 0.0, self.horizon, self.convention, interest)

    def years(self, until: int) -> range:
        """Years of a timeline: from `t0` to `until`, or to the horizon where that comes first."""
        return range(self.t0, int(min(until, self.t0 + self.horizon)))


def shifted_start(start: int, advance: int = 0, delay: int = 0) -> int:
    """Year of a start that is brought forward or put off; both together are refused.

    Parameters
    ----------
    start : number, yr
    advance, delay : number, yr, >= 0

    Returns
    -------
    number, yr
    """
    early, late = whole("advance", advance), whole("delay", delay)
    if early and late:
        raise ParameterError("start_and_lead_both_set", advance=early, delay=late)
    return whole("start", start, signed=True) - early + late
