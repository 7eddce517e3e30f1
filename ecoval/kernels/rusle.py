"""Fused loops over cells for the factors of the soil loss equation.

Each loop takes flat float32 arrays of one length and constants as numbers; missing is nan and stays nan. Slopes are tangents, so
that sine and cosine need no trigonometry. Equations and sources are in `ecoval.services.rusle` and `ecoval.services.erosivity`.
"""

import math

import numpy as np
import numpy.typing as npt
from numba import njit

from ecoval.kernels.cellwise import Cells, exponential, power

F = np.float32
Constants = tuple[float, ...]
Sums = npt.NDArray[np.float64]
ONE = F(1.0)
ZERO = F(0.0)

CLASSES, LOGARITHM, CONSTANT = 0, 1, 2
"""Rules of C: by class of cover, by the logarithm of cover, one number whatever the cover."""


@njit(nogil=True, cache=True, error_model="numpy")
def erodibility(sand: Cells, silt: Cells, clay: Cells, carbon: Cells, intercept: float, factor: float, out: Cells) -> None:
    """Erodibility: intercept + factor times the EPIC value of each soil."""
    intercept, factor = F(intercept), F(factor)
    for i in range(out.size):
        coarse = F(0.2) + F(0.3) * exponential(F(-0.0256) * sand[i] * (ONE - silt[i] * F(0.01)))
        fine = power(silt[i] / (clay[i] + silt[i]), F(0.3))
        organic = ONE - F(0.25) * carbon[i] / (carbon[i] + exponential(F(3.72) - F(2.95) * carbon[i]))
        rest = ONE - sand[i] * F(0.01)
        sandy = ONE - F(0.7) * rest / (rest + exponential(F(-5.51) + F(22.9) * rest))
        out[i] = intercept + factor * (coarse * fine * organic * sandy)


@njit(inline="always", error_model="numpy")
def _rill_exponent(sine: F, divisor: F, factor: F, exponent: F, offset: F) -> F:
    """Exponent b / (1 + b) with b = (sin / divisor) / (factor sin^exponent + offset)."""
    ratio = (sine / divisor) / (factor * power(sine, exponent) + offset)
    return ratio / (ONE + ratio)


@njit(inline="always", error_model="numpy")
def _step_exponent(tangent: F, steps: Constants) -> F:
    """Exponent by class of slope, lower bounds inclusive."""
    m = F(steps[3])
    m = F(steps[4]) if tangent >= F(steps[0]) else m
    m = F(steps[5]) if tangent >= F(steps[1]) else m
    return F(steps[6]) if tangent >= F(steps[2]) else m


@njit(inline="always", error_model="numpy")
def _steepness(tangent: F, sine: F, steep: Constants) -> F:
    """S in three straight pieces over the sine, and a constant beyond the cap."""
    s = F(steep[3]) * sine + F(steep[4])
    s = F(steep[5]) * sine + F(steep[6]) if tangent >= F(steep[0]) else s
    s = F(steep[7]) * sine + F(steep[8]) if tangent >= F(steep[1]) else s
    return F(steep[9]) if tangent >= F(steep[2]) else s


@njit(inline="always", error_model="numpy")
def _strip(inlet: F, m: F) -> F:
    """((1 + t)^(m + 1) - t^(m + 1)) for t >= 0, without loss of digits.

    For large t it is the integral of (m + 1) s^m over a unit step, by its series around the middle of the step.
    """
    inlet = inlet if inlet > ZERO else ZERO * inlet
    n = m + ONE
    middle = inlet + F(0.5)
    inverse = ONE / (middle * middle)
    second = m * (m - ONE)
    fourth = second * (m - F(2.0)) * (m - F(3.0))
    sixth = fourth * (m - F(4.0)) * (m - F(5.0))
    series = ONE + inverse * (second * F(1 / 24) + inverse * (fourth * F(1 / 1920) + inverse * sixth * F(1 / 322560)))
    far = n * power(middle, m) * series
    near = power(ONE + inlet, n) - power(inlet, n)
    return far if inlet >= F(2.0) else near


@njit(nogil=True, cache=True, error_model="numpy")
def ls_length(
    slope: Cells, length: Cells, reference: float, longest: float, beta: Constants, steps: Constants, steep: Constants, out: Cells
) -> None:
    """LS from slope and slope length; the exponent of L by classes where `steps` holds numbers."""
    divisor, factor, exponent, offset = F(beta[0]), F(beta[1]), F(beta[2]), F(beta[3])
    inverse, longest = F(1.0 / reference), F(longest)
    classes = steps[3] == steps[3]
    for i in range(out.size):
        sine = slope[i] / math.sqrt(ONE + slope[i] * slope[i])
        m = _rill_exponent(sine, divisor, factor, exponent, offset)
        m = _step_exponent(slope[i], steps) if classes else m
        way = longest if length[i] > longest else length[i]
        out[i] = power(way * inverse, m) * _steepness(slope[i], sine, steep) + ZERO * (slope[i] + length[i])


@njit(nogil=True, cache=True, error_model="numpy")
def ls_invest(
    slope: Cells,
    accumulation: Cells,
    cell: float,
    reference: float,
    highest: float,
    beta: Constants,
    steps: Constants,
    steep: Constants,
    out: Cells,
) -> None:
    """LS of the sediment model of InVEST from slope and accumulation in cells."""
    divisor, factor, exponent, offset = F(beta[0]), F(beta[1]), F(beta[2]), F(beta[3])
    inverse_cell, unit, highest = F(1.0 / cell), F(cell / reference), F(highest)
    for i in range(out.size):
        root = math.sqrt(ONE + slope[i] * slope[i])
        sine = slope[i] / root
        m = _rill_exponent(sine, divisor, factor, exponent, offset)
        m = F(steps[7]) if slope[i] <= F(steps[3]) else m
        m = F(steps[6]) if slope[i] <= F(steps[2]) else m
        m = F(steps[5]) if slope[i] <= F(steps[1]) else m
        m = F(steps[4]) if slope[i] <= F(steps[0]) else m
        inlet = math.sqrt(accumulation[i] - ONE) * inverse_cell
        across = (slope[i] + ONE) / root
        ell = power(unit / across, m) * _strip(inlet, m)
        ell = highest if ell > highest else ell
        low = F(steep[1]) * sine + F(steep[2])
        high = F(steep[3]) * sine + F(steep[4])
        out[i] = ell * (low if slope[i] < F(steep[0]) else high)


@njit(nogil=True, cache=True, error_model="numpy")
def ls_area(
    eastward: Cells,
    northward: Cells,
    area: Cells,
    cell: float,
    reference: float,
    longest: float,
    beta: Constants,
    steps: Constants,
    steep: Constants,
    out: Cells,
) -> None:
    """LS from gradient and upslope area at the inlet of the cell."""
    divisor, factor, exponent, offset = F(beta[0]), F(beta[1]), F(beta[2]), F(beta[3])
    inverse_area, unit, widest = F(1.0 / (cell * cell)), F(cell / reference), F(longest / cell)
    classes = steps[3] == steps[3]
    for i in range(out.size):
        slope = math.sqrt(eastward[i] * eastward[i] + northward[i] * northward[i])
        sine = slope / math.sqrt(ONE + slope * slope)
        m = _rill_exponent(sine, divisor, factor, exponent, offset)
        m = _step_exponent(slope, steps) if classes else m
        inlet = F(area[i]) * inverse_area
        inlet = widest if inlet > widest else inlet
        across = (abs(eastward[i]) + abs(northward[i])) / slope
        across = ONE if slope <= ZERO else across
        out[i] = power(unit / across, m) * _strip(inlet, m) * _steepness(slope, sine, steep)


@njit(nogil=True, cache=True, error_model="numpy")
def cover_factor(
    types: npt.NDArray[np.int16],
    cover: Cells,
    row_of: npt.NDArray[np.int32],
    rules: npt.NDArray[np.int8],
    table: Cells,
    intercept: float,
    factor: float,
    clipped: npt.NDArray[np.int64],
    out: Cells,
) -> None:
    """C by ecosystem type and class of cover; cells whose logarithmic value is clipped are counted in `clipped`."""
    count = 0
    for i in range(out.size):
        code = types[i]
        row = row_of[code] if 0 <= code < row_of.size else -1
        c = F(np.nan)
        if row >= 0:
            f = cover[i]
            if rules[row] == LOGARITHM:
                c = F(intercept + factor * math.log10(f * 0.01)) if f > ZERO else F(np.inf)
                c = F(np.nan) if f != f else c
                count += 1 if (c > ONE or c < ZERO) else 0
                c = ONE if c > ONE else (ZERO if c < ZERO else c)
            elif rules[row] == CONSTANT:
                c = table[row, 0]
            elif f == f:
                k = (f >= 10.0) * 1 + (f >= 30.0) * 1 + (f >= 50.0) * 1 + (f >= 70.0) * 1 + (f >= 90.0) * 1
                c = table[row, k]
        out[i] = c
    clipped[0] += count


@njit(nogil=True, cache=True, error_model="numpy")
def add_power(rain: Cells, threshold: float, exponent: float, factor: float, total: Sums) -> None:
    """Add factor times rain to the exponent, of rain not below the threshold, to the totals."""
    threshold, exponent, factor = F(threshold), F(exponent), F(factor)
    for i in range(total.size):
        p = F(rain[i])
        e = factor * power(p, exponent)
        e = e if p >= threshold else ZERO * p
        total[i] += e


@njit(nogil=True, cache=True, error_model="numpy")
def add_power_each(rain: Cells, threshold: float, exponent: Sums, total: Sums) -> None:
    """Add rain to the exponent of its cell, of rain not below the threshold, to the totals."""
    threshold = F(threshold)
    for i in range(total.size):
        p = F(rain[i])
        e = power(p, F(exponent[i]))
        e = e if p >= threshold else ZERO * p
        total[i] += e


@njit(nogil=True, cache=True, error_model="numpy")
def count_wet(rain: Cells, threshold: float, days: Sums, total: Sums) -> None:
    """Add the days with rain not below the threshold and their rain."""
    threshold = F(threshold)
    for i in range(total.size):
        p = F(rain[i])
        wet = p >= threshold
        days[i] += (1.0 if wet else 0.0) + 0.0 * p
        total[i] += p if wet else ZERO * p
