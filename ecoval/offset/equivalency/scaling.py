"""Equivalency of losses and gains (HEA, REA): debit, credit per hectare, required area; shared by offsets and damage.

    D = sum rho_k A l_k        c = sum rho_k g_k        P = D V / (p c)        rho_k = (1 + r)^-(k - t0)

D is the debit in hectare-years of full service, `l` the share of the baseline service lost, c the credit of one hectare, V the
value of the injured service relative to that of the replacement (1 for the same kind and quality), p what success, leakage and
place leave of the gain. Years before `t0` have k < 0: past losses are compounded. The yearly terms follow the convention of `time`:
habitat equivalency is often tabulated with start-of-year or end-of-year levels, which is `begin` or `end`; the default is the mean.

GB/T 39791.1-2020, Appendix B (`gbt39791_debit`) is the same sum with t0 = T, the year of evaluation. That the appendix is an
equivalency analysis was seen in its contents; its formula `H = sum R_t d_t (1 + r)^(T - t)` and the rates of 2 to 5 % a year are
**not verified** at the text, nor is the usual rate of 3 %. The result carries the status `recalled` for that reason.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ecoval.errors import OutOfRange, ParameterError, warn
from ecoval.offset.equivalency.flow import Flow, Numbers, vector
from ecoval.offset.equivalency.time import Timing

GBT_RATES = (0.02, 0.05)


@dataclass(frozen=True)
class Debit:
    """Debit of a loss: undiscounted, before and after `t0`, and in total; in hectare-years, or what the area is counted in."""

    undiscounted: float
    past: float
    future: float
    timing: Timing
    status: str = "user"
    note_en: str = ""
    note_zh: str = ""

    @property
    def total(self) -> float:
        """Past and future together."""
        return self.past + self.future


def debit(area: float, loss: Flow, timing: Timing, name: str = "loss") -> Debit:
    """Debit of a loss of service on an area.

    Parameters
    ----------
    area : number, ha, > 0
    loss : Flow
        Share of the baseline service lost, in calendar years; 1 is the whole service. A level held after the last year is a
        permanent loss.
    timing : Timing
        Discounting; a multiplier has no present value.
    name : text
        What a message calls the loss.

    Returns
    -------
    Debit
        In hectare-years; `undiscounted` is infinite for a permanent loss without a horizon.

    Raises
    ------
    ParameterError
        For an area that is not above 0, a loss outside 0 ... 1 (a recovery above the baseline is a gain of its own).
    """
    _above_zero(f"area {name}", area)
    levels = np.concatenate([loss.opening, loss.closing, [loss.tail]])
    if (levels < -1e-12).any():
        raise ParameterError("recovery_above_baseline", name=name, found=float(levels.min()))
    if (levels > 1.0 + 1e-12).any():
        raise ParameterError("loss_above_whole", name=name, found=float(levels.max()))
    before, after = split(loss, timing.t0)
    endless = math.isinf(timing.horizon) and loss.tail > 0
    plain = math.inf if endless else area * _undiscounted(loss, timing)
    return Debit(plain, area * timing.value(before), area * timing.value(after), timing)


def split(flow: Flow, year: int) -> tuple[Flow, Flow]:
    """The parts of a flow before and from a year on.

    Parameters
    ----------
    flow : Flow
    year : number, yr

    Returns
    -------
    tuple (Flow, Flow)
    """
    before = Flow(min(flow.first, year), *flow.between(min(flow.first, year), year))
    last = max(flow.last, year)
    return before, Flow(year, *flow.between(year, last), flow.tail)


def effective_credit(gain: float, success: float = 1.0, leakage: float = 0.0, weight: float = 1.0) -> float:
    """Credit that counts: success, leakage and place shrink a gain; a harm counts in full.

    Parameters
    ----------
    gain : number, yr
    success, leakage, weight : number, 1, 0 ... 1

    Returns
    -------
    number, yr
    """
    for name, share in (("success", success), ("leakage", leakage), ("weight", weight)):
        if not 0.0 <= share <= 1.0:
            raise ParameterError("share_out_of_range", name=name, given=float(share))
    return gain * success * (1.0 - leakage) * weight if gain > 0.0 else gain


def required_area(lost: float, gained: float, value_ratio: float = 1.0) -> float:
    """Hectares that make up for a debit: D V / c, none for a debit that is not above 0.

    Parameters
    ----------
    lost : number, ha, any
        Debit, in hectare-years.
    gained : number, yr, > 0
        Credit of one hectare that counts.
    value_ratio : number, 1, > 0
        Value of the injured relative to the replacement service.

    Returns
    -------
    number, ha

    Raises
    ------
    ParameterError
        For a credit or a value ratio that is not above 0.
    """
    if not (math.isfinite(gained) and gained > 0.0):
        raise ParameterError("credit_not_positive", credit=float(gained))
    _above_zero("value_ratio", value_ratio)
    return max(lost, 0.0) * value_ratio / gained


def gbt39791_debit(resource: Numbers, degree: Numbers, first: int, year: int, rate: float) -> Debit:
    """Debit after GB/T 39791.1-2020, Appendix B: H = sum R_t d_t (1 + r)^(T - t). Formula and rates are not verified.

    Parameters
    ----------
    resource : vector (years), 1, >= 0
        R_t, the resource or service of each year, in any measure.
    degree : vector (years), 1, 0 ... 1
        d_t, the degree of damage in each year.
    first, year : number, yr
        The first year t, and T, the year of evaluation.
    rate : number, 1, >= 0
        A year; a warning outside 2 ... 5 %.

    Returns
    -------
    Debit
        Status `recalled`; years before T are past, T and later ones future. One term per year, so no convention enters.
    """
    amounts, shares = vector(resource), vector(degree)
    if len(amounts) != len(shares):
        raise ParameterError("gbt_years_differ", resource=len(amounts), degree=len(shares))
    if ((shares < 0) | (shares > 1)).any():
        raise ParameterError("share_out_of_range", name="degree", given=float(shares[(shares < 0) | (shares > 1)][0]))
    timing = Timing(rate=rate, horizon=max(first + len(amounts) - year, 1), t0=year)
    if not GBT_RATES[0] <= rate <= GBT_RATES[1]:
        warn("gbt_rate_outside", OutOfRange, rate=rate, low=GBT_RATES[0], high=GBT_RATES[1])
    terms = amounts * shares
    before, after = split(Flow(first, terms, terms), year)
    note_en = "GB/T 39791.1-2020 Appendix B: formula and range of rates not verified at the text"
    note_zh = "GB/T 39791.1-2020 附录 B：公式与折现率范围未与原文核对"
    past, future = timing.value(before), timing.value(after)
    return Debit(float(terms.sum()), past, future, timing, "recalled", note_en, note_zh)


def _undiscounted(loss: Flow, timing: Timing) -> float:
    horizon = math.inf if math.isinf(timing.horizon) else timing.horizon
    return loss.shifted(-timing.t0).present_value(0.0, horizon, timing.convention)


def _above_zero(name: str, value: float) -> None:
    if not (math.isfinite(value) and value > 0.0):
        raise ParameterError("not_above_zero", name=name, given=float(value))
