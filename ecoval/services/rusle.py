"""Factors K and LS of the revised universal soil loss equation; R is in `erosivity`, C and P are in `cover`.

Arrays in, float32 arrays out, of the common shape of the inputs; missing is nan and stays nan. Slopes are tangents of the slope
angle (`kernels.terrain.slope`). Every constant that a table holds is an argument; the coefficients of the printed K_EPIC equation
alone stand in the code.

K [hj1173-2021, A.7, A.8], with fine-earth sand, silt, clay and organic carbon C in per cent and SN = 1 - sand / 100:

    K_EPIC = (0.2 + 0.3 exp(-0.0256 sand (1 - silt / 100))) (silt / (clay + silt))^0.3
             (1 - 0.25 C / (C + exp(3.72 - 2.95 C))) (1 - 0.7 SN / (SN + exp(-5.51 + 22.9 SN)))
    K      = (intercept + slope K_EPIC) si

K_EPIC enters in its original value: converting first and correcting afterwards turns negative.

L and S are of one method each and are not mixed, so the functions give their product. `ls_hj1173` [hj1173-2021, A.9-A.12]:
L = (length / 22.13)^m. `ls_invest` [INVEST]: L from the inlet A = sqrt((accumulation - 1) cell^2), which is a length, and
x = |sin s| + |cos s| of the slope angle. `ls_desmet_govers` [RUSLE-LIT]: the same L with A the upslope area at the inlet and
x = |sin a| + |cos a| of the aspect.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ecoval.errors import InputError
from ecoval.kernels import rusle as kernels
from ecoval.kernels.cellwise import Cells
from ecoval.services.declaration import Numbers

FULL = 100.0


@dataclass(frozen=True)
class ErodibilityCorrection:
    """K = (intercept + slope K_EPIC) si."""

    intercept: float
    slope: float
    si: float

    @classmethod
    def of(cls, numbers: Numbers) -> ErodibilityCorrection:
        """Constants out of the parameter table, keyed by (parameter, key)."""
        return cls(*(numbers["K_correction", field.name] for field in fields(cls)))


@dataclass(frozen=True)
class RillExponent:
    """m = b / (1 + b) with b = (sin s / divisor) / (factor sin^power s + offset)."""

    divisor: float
    factor: float
    power: float
    offset: float

    @classmethod
    def of(cls, numbers: Numbers) -> RillExponent:
        """Constants out of the parameter table, keyed by (parameter, key)."""
        return cls(*(numbers["L_beta", field.name] for field in fields(cls)))

    def vector(self) -> kernels.Constants:
        """Constants in the order of the kernels."""
        return self.divisor, self.factor, self.power, self.offset


@dataclass(frozen=True)
class StepExponent:
    """m by class of slope: below 1, 1-3, 3-9 and from 9 per cent, lower bounds inclusive."""

    below_1: float
    from_1: float
    from_3: float
    from_9: float

    @classmethod
    def of(cls, numbers: Numbers) -> StepExponent:
        """Constants out of the parameter table, keyed by (parameter, key)."""
        return cls(*(numbers["L_exponent_by_slope_percent", key] for key in ("lt1", "1-3", "3-9", "ge9")))

    def vector(self) -> kernels.Constants:
        """Bounds as tangents and exponents in the order of the kernels."""
        return 0.01, 0.03, 0.09, self.below_1, self.from_1, self.from_3, self.from_9


@dataclass(frozen=True)
class Steepness:
    """S = a sin s + c in three pieces, split at two angles in degrees; `cap_value` from `cap` on (90: no cap)."""

    break1: float
    break2: float
    cap: float
    cap_value: float
    a1: float
    c1: float
    a2: float
    c2: float
    a3: float
    c3: float

    @classmethod
    def of(cls, numbers: Numbers) -> Steepness:
        """Constants out of the parameter table, keyed by (parameter, key)."""
        return cls(*(numbers["S_factor", field.name] for field in fields(cls)))

    def vector(self) -> kernels.Constants:
        """Bounds as tangents and coefficients in the order of the kernels."""
        bounds = [math.tan(math.radians(angle)) if angle < 90 else math.inf for angle in (self.break1, self.break2, self.cap)]
        return *bounds, self.a1, self.c1, self.a2, self.c2, self.a3, self.c3, self.cap_value


@dataclass(frozen=True)
class InvestConstants:
    """Constants of `ls_invest`: rill exponent above 9 per cent, exponents up to 1, 3.5, 5 and 9, S below and from 9, cap on L."""

    rill: RillExponent
    to_1: float
    to_3_5: float
    to_5: float
    to_9: float
    low_slope: float
    low_intercept: float
    high_slope: float
    high_intercept: float
    highest: float

    @classmethod
    def of(cls, numbers: Numbers) -> InvestConstants:
        """Constants out of the parameter table, keyed by (parameter, key)."""
        steps = [numbers["L_exponent_by_slope_percent", f"invest:{key}"] for key in ("le1", "1-3.5", "3.5-5", "5-9")]
        steep = [numbers["S_factor", f"invest:{key}:{part}"] for key in ("lt9", "ge9") for part in ("slope", "intercept")]
        return cls(RillExponent.of(numbers), *(*steps, *steep, numbers["L_maximum", "invest"]))

    def steps(self) -> kernels.Constants:
        """Bounds as tangents and exponents in the order of the kernels."""
        return 0.01, 0.035, 0.05, 0.09, self.to_1, self.to_3_5, self.to_5, self.to_9

    def steep(self) -> kernels.Constants:
        """Bound as a tangent and coefficients in the order of the kernels."""
        return 0.09, self.low_slope, self.low_intercept, self.high_slope, self.high_intercept


class FineEarth(NamedTuple):
    """Texture of the fine earth and the number of soils that held coarse fragments."""

    sand: npt.NDArray[np.float64]
    silt: npt.NDArray[np.float64]
    clay: npt.NDArray[np.float64]
    divided: int


def fine_earth(
    sand: npt.ArrayLike, silt: npt.ArrayLike, clay: npt.ArrayLike, rock: npt.ArrayLike | None = None, *, tolerance: float = 1.0
) -> FineEarth:
    """Texture of the fine earth, adding up to 100 per cent.

    Parameters
    ----------
    sand, silt, clay : array (...), %
    rock : array (...), %
        Coarse fragments. Where the four add up to 100, the three are shares of the whole soil and are divided by 1 - rock / 100;
        where the three do better alone, they are taken as they are. Missing ones are not asked for where the three add up alone;
        elsewhere nothing says how they would, and the soil is missing.
    tolerance : number, %
        By how much a sum may differ from 100.

    Raises
    ------
    InputError
        For soils whose sum is neither, with their number and range.
    """
    soil = _soil(sand, silt, clay, rock)
    wrong = soil.wrong(tolerance)
    if wrong.any():
        sums = soil.compared[wrong]
        raise InputError(
            "texture_sum", count=int(wrong.sum()), low=float(sums.min()), high=float(sums.max()), tolerance=float(tolerance)
        )
    share = np.where(soil.unknown(tolerance), np.nan, np.where(soil.whole, 1.0 - soil.rock / FULL, 1.0))
    sand, silt, clay = (part / share for part in soil.parts)
    return FineEarth(sand, silt, clay, int(soil.whole.sum()))


def adds_up(
    sand: npt.ArrayLike, silt: npt.ArrayLike, clay: npt.ArrayLike, rock: npt.ArrayLike | None = None, *, tolerance: float = 1.0
) -> npt.NDArray[np.bool_]:
    """Where the texture of `fine_earth` adds up to 100 per cent; False where a part is missing."""
    soil = _soil(sand, silt, clay, rock)
    refused: npt.NDArray[np.bool_] = soil.wrong(tolerance) | soil.unknown(tolerance) | np.isnan(soil.total)
    return ~refused


@dataclass(frozen=True)
class _Soil:
    """Parts of a texture as they are stated, and what their sum is compared with 100 as."""

    parts: tuple[np.ndarray, np.ndarray, np.ndarray]
    stones: np.ndarray  # as stated, nan where they are not

    @cached_property
    def total(self) -> np.ndarray:
        """Sum of sand, silt and clay, %."""
        sand, silt, clay = self.parts
        total: np.ndarray = sand + silt + clay
        return total

    @cached_property
    def rock(self) -> np.ndarray:
        """Coarse fragments, %, 0 where they are not stated."""
        return np.asarray(np.nan_to_num(self.stones))

    @cached_property
    def whole(self) -> npt.NDArray[np.bool_]:
        """Where the parts are shares of the whole soil, stones included."""
        nearer: npt.NDArray[np.bool_] = (self.rock > 0) & (abs(self.total + self.rock - FULL) <= abs(self.total - FULL))
        return nearer

    @cached_property
    def compared(self) -> np.ndarray:
        """What should be 100, %."""
        return np.where(self.whole, self.total + self.rock, self.total)

    def unknown(self, tolerance: float) -> npt.NDArray[np.bool_]:
        """Where stones are asked for and not stated."""
        asked: npt.NDArray[np.bool_] = np.isnan(self.stones) & (abs(self.total - FULL) > tolerance)
        return asked

    def wrong(self, tolerance: float) -> npt.NDArray[np.bool_]:
        """Where the sum is not 100."""
        beyond: npt.NDArray[np.bool_] = (abs(self.compared - FULL) > tolerance) & ~self.unknown(tolerance)
        return beyond


def _soil(sand: npt.ArrayLike, silt: npt.ArrayLike, clay: npt.ArrayLike, rock: npt.ArrayLike | None) -> _Soil:
    first, second, third = np.broadcast_arrays(*(np.asarray(part, float) for part in (sand, silt, clay)))
    stones = np.zeros_like(first + second + third) if rock is None else np.broadcast_to(np.asarray(rock, float), first.shape)
    return _Soil((first, second, third), stones)


def organic_carbon(matter: npt.ArrayLike, ratio: float) -> np.ndarray:
    """Organic carbon from organic matter.

    Parameters
    ----------
    matter : array (...), %
    ratio : number, 1
        Organic matter per organic carbon (`om_to_oc`).

    Returns
    -------
    array (...), %
    """
    return np.asarray(matter) / ratio


def erodibility(
    sand: npt.ArrayLike,
    silt: npt.ArrayLike,
    clay: npt.ArrayLike,
    carbon: npt.ArrayLike,
    method: str,
    correction: ErodibilityCorrection,
) -> Cells:
    """Soil erodibility K.

    Parameters
    ----------
    sand, silt, clay, carbon : array (...), %, 0-100
        Of the fine earth.
    method : choice {hj1173, epic_si}
        With the correction of the standard, or K_EPIC converted alone.

    Returns
    -------
    array (...), t ha h ha-1 MJ-1 mm-1

    References
    ----------
    [hj1173-2021] A.7, A.8.
    """
    if method == "hj1173":
        return _erodibility(sand, silt, clay, carbon, correction.intercept * correction.si, correction.slope * correction.si)
    if method == "epic_si":
        return _erodibility(sand, silt, clay, carbon, 0.0, correction.si)
    raise InputError("rusle_choice", option="k", given=method, choices=["hj1173", "epic_si"])


def cell_length(slope: npt.ArrayLike, cell: float) -> Cells:
    """Slope length of a cell by itself, without routing.

    Parameters
    ----------
    slope : array (...), 1
    cell : number, m

    Returns
    -------
    array (...), m
        Cell size over the cosine of the slope angle.
    """
    slope = np.asarray(slope, np.float32)
    length: Cells = np.float32(cell) * np.sqrt(np.float32(1) + slope * slope)
    return length


def accumulation_length(accumulation: npt.ArrayLike, cell: float, channel: npt.ArrayLike | None = None) -> Cells:
    """Slope length from flow accumulation.

    Parameters
    ----------
    accumulation : array (...), 1
        Cells that drain through a cell, itself included.
    cell : number, m
    channel : array (...)
        True at cells of a channel, whose length is 0.

    Returns
    -------
    array (...), m
    """
    length = np.asarray(accumulation, np.float32) * np.float32(cell)
    return length if channel is None else np.where(channel, np.float32(0), length)


def ls_hj1173(
    slope: npt.ArrayLike,
    length: npt.ArrayLike,
    *,
    reference: float,
    exponent: RillExponent | StepExponent,
    steepness: Steepness,
    max_length: float,
) -> Cells:
    """LS of the standard from slope and slope length.

    Parameters
    ----------
    slope : array (...), 1, >= 0
    length : array (...), m, >= 0
        By `cell_length`, `accumulation_length` or `kernels.flow.flow_length`.
    reference : number, m
        Length of the unit plot.
    exponent
        By the option `rusle` or `steps` of m.
    max_length : number, m
        Longer slopes count as this long.

    Returns
    -------
    array (...), 1

    References
    ----------
    [hj1173-2021] A.9-A.12; steps [CHEN2017].
    """
    slope, length = _common(slope, length)
    out = np.empty(slope.shape, np.float32)
    beta, steps = _exponents(exponent)
    steep = steepness.vector()
    kernels.ls_length(slope.reshape(-1), length.reshape(-1), reference, max_length, beta, steps, steep, out.reshape(-1))
    return out


def ls_invest(
    slope: npt.ArrayLike, accumulation: npt.ArrayLike, cell: float, *, reference: float, constants: InvestConstants
) -> Cells:
    """LS of the sediment model of InVEST.

    Parameters
    ----------
    slope : array (...), 1, >= 0
    accumulation : array (...), 1, >= 1
        Cells that drain through a cell, itself included.
    cell : number, m
    reference : number, m
        Length of the unit plot.

    Returns
    -------
    array (...), 1

    References
    ----------
    [INVEST] sediment delivery ratio.
    """
    slope, accumulation = _common(slope, accumulation)
    out = np.empty(slope.shape, np.float32)
    beta, steps, steep = constants.rill.vector(), constants.steps(), constants.steep()
    arrays = slope.reshape(-1), accumulation.reshape(-1)
    kernels.ls_invest(*arrays, cell, reference, constants.highest, beta, steps, steep, out.reshape(-1))
    return out


def ls_desmet_govers(
    eastward: npt.ArrayLike,
    northward: npt.ArrayLike,
    inlet_area: npt.ArrayLike,
    cell: float,
    *,
    reference: float,
    exponent: RillExponent | StepExponent,
    steepness: Steepness,
    max_length: float,
) -> Cells:
    """LS from the upslope area at the inlet of the cell.

    Parameters
    ----------
    eastward, northward : array (...), 1
        Components of the gradient (`kernels.terrain.gradient`).
    inlet_area : array (...), m2, >= 0
        Upslope area without the cell itself; counted up to `max_length` times the cell size.
    cell, reference, max_length : number, m

    Returns
    -------
    array (...), 1

    References
    ----------
    [RUSLE-LIT] Desmet and Govers 1996.
    """
    eastward, northward, inlet_area = _common(eastward, northward, inlet_area)
    out = np.empty(eastward.shape, np.float32)
    beta, steps = _exponents(exponent)
    arrays = eastward.reshape(-1), northward.reshape(-1), inlet_area.reshape(-1)
    kernels.ls_area(*arrays, cell, reference, max_length, beta, steps, steepness.vector(), out.reshape(-1))
    return out


def _erodibility(
    sand: npt.ArrayLike, silt: npt.ArrayLike, clay: npt.ArrayLike, carbon: npt.ArrayLike, intercept: float, factor: float
) -> Cells:
    sand, silt, clay, carbon = _common(sand, silt, clay, carbon)
    out = np.empty(sand.shape, np.float32)
    arrays = sand.reshape(-1), silt.reshape(-1), clay.reshape(-1), carbon.reshape(-1)
    kernels.erodibility(*arrays, intercept, factor, out.reshape(-1))
    return out


def _exponents(exponent: RillExponent | StepExponent) -> tuple[kernels.Constants, kernels.Constants]:
    """Constants of the exponent of L for the kernels; steps are nan where the rill exponent is meant."""
    if isinstance(exponent, StepExponent):
        return (1.0,) * 4, exponent.vector()
    return exponent.vector(), (math.nan,) * 7


def _common(*arrays: npt.ArrayLike) -> list[Cells]:
    """Contiguous float32 arrays of the common shape."""
    return [np.asarray(part, order="C") for part in np.broadcast_arrays(*(np.asarray(a, np.float32) for a in arrays))]
