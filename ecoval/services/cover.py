"""Cover and practice factors C and P of the soil loss equation.

C by class of vegetation cover and ecosystem type [hj1173-2021, table A.1]: cover below 10, 10-30, 30-50, 50-70, 70-90 and from 90
per cent, lower bounds inclusive; some types have one number whatever their cover; dry farmland follows intercept + slope lg(cover
as a fraction) [hj1173-2021, A.13], clipped to 0-1 because the printed formula exceeds 1 below 5 per cent. The most specific code of
the table wins: 521 before 52 before 5. A type without a number is missing.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ecoval.kernels import rusle as kernels
from ecoval.kernels.cellwise import Cells
from ecoval.services.declaration import Numbers

CLASSES = ("0-10", "10-30", "30-50", "50-70", "70-90", "90-100")
"""Keys of the classes of cover, per cent."""

DRY_FARMLAND = 512
"""Ecosystem type whose C follows the logarithm of cover."""

HIGHEST_CODE = 1000
FULL = 100.0

CoverRows = tuple[npt.NDArray[np.int32], npt.NDArray[np.int8], Cells]  # row of each code, rule of each row, C of each row by class


class Clipped(NamedTuple):
    """A factor and the number of cells whose value was clipped to its range."""

    factor: Cells
    cells: int


def cover_factor(types: npt.ArrayLike, cover: npt.ArrayLike, numbers: Numbers) -> Clipped:
    """C by ecosystem type and vegetation cover.

    Parameters
    ----------
    types : array (...)
        Codes of ecosystem types; 0 is missing.
    cover : array (...), %, 0-100
    numbers : mapping
        `C_factor` by `code:class` or `code`, `C_dry_farmland`.

    Returns
    -------
    Clipped
        C, missing (nan) where the type has no number or the cover that it needs is missing; and the number of cells of dry farmland
        whose value was clipped to 0-1.

    References
    ----------
    [hj1173-2021] table A.1, A.13.
    """
    types = np.asarray(types)
    shape = np.broadcast_shapes(types.shape, np.shape(cover))
    codes = np.ascontiguousarray(np.broadcast_to(types, shape), np.int16).reshape(-1)
    percent = np.ascontiguousarray(np.broadcast_to(cover, shape), np.float32).reshape(-1)
    row_of, rules, table = _rows(numbers)
    clipped = np.zeros(1, np.int64)
    out = np.empty(codes.size, np.float32)
    intercept = numbers.get(("C_dry_farmland", "intercept"), np.nan)
    slope = numbers.get(("C_dry_farmland", "log10_slope"), np.nan)
    kernels.cover_factor(codes, percent, row_of, rules, table, intercept, slope, clipped, out)
    return Clipped(out.reshape(shape), int(clipped[0]))


def types_without_cover_factor(codes: Iterable[int], numbers: Numbers) -> list[int]:
    """Codes of ecosystem types for which the table gives no C."""
    row_of = _rows(numbers)[0]
    return sorted(code for code in codes if not 0 <= code < HIGHEST_CODE or row_of[code] < 0)


def cover_keys(codes: Iterable[int]) -> set[str]:
    """Keys of the table of C that types may take: their own, those of the classes above, each by class of cover or without."""
    own = {text for code in codes for text in _lineage(code)}
    return own | {f"{text}:{name}" for text in own for name in CLASSES}


def _lineage(code: int) -> tuple[str, str, str]:
    """A code and those above it, the most specific first."""
    return str(code), str(code)[:2], str(code)[:1]


def logarithmic_cover_factor(cover: npt.ArrayLike, numbers: Numbers) -> Clipped:
    """C from the logarithm of cover, whatever the ecosystem type (option `cover_log`).

    Parameters
    ----------
    cover : array (...), %, 0-100
    numbers : mapping
        `C_cover_log`.

    Returns
    -------
    Clipped
        1 without cover, intercept + slope lg(cover) up to the upper cover, 0 above it; and the number of cells clipped to 0-1.

    References
    ----------
    [CHEN2017] section 2.2.
    """
    intercept, slope, upper = (numbers["C_cover_log", key] for key in ("intercept", "log10_slope", "upper_cover"))
    cover = np.asarray(cover, np.float32)
    covered = (cover > 0) & (cover <= upper)
    value = intercept + slope * np.log10(np.where(covered, cover, 1.0))
    clipped = covered & ((value < 0) | (value > 1))
    factor = np.where(covered, np.clip(value, 0.0, 1.0), np.where(cover > upper, 0.0, 1.0))
    return Clipped(np.where(np.isnan(cover), np.nan, factor).astype(np.float32), int(clipped.sum()))


def cover_from_ndvi(ndvi: npt.ArrayLike, ndvi_soil: float, ndvi_vegetation: float) -> Clipped:
    """Vegetation cover by the two-part pixel.

    Parameters
    ----------
    ndvi : array (...), 1
    ndvi_soil, ndvi_vegetation : number, 1
        NDVI of bare soil and of full cover.

    Returns
    -------
    Clipped
        Cover in per cent, and the number of cells that lay outside 0-100 and were clipped.

    References
    ----------
    [hj1172-2021] B.4.
    """
    cover = (np.asarray(ndvi, np.float32) - ndvi_soil) / (ndvi_vegetation - ndvi_soil) * FULL
    outside = (cover < 0) | (cover > FULL)
    return Clipped(np.clip(cover, 0.0, FULL).astype(np.float32), int(outside.sum()))


def _rows(numbers: Numbers) -> CoverRows:
    """Row of every code in the table of C, the rule of every row, and the table (rows, classes); made once for equal numbers."""
    return _table(tuple(sorted(numbers.items())))


@lru_cache(maxsize=32)
def _table(entries: tuple[tuple[tuple[str, str], float], ...]) -> CoverRows:
    numbers = dict(entries)
    own = {key for parameter, key in numbers if parameter == "C_factor"}
    codes = {key.split(":")[0] for key in own}
    rules: list[int] = []
    table: list[list[float]] = []
    row: dict[str, int] = {}
    for text in sorted(codes):
        row[text] = len(table)
        constant = text in own
        rules.append(kernels.CONSTANT if constant else kernels.CLASSES)
        keys = [text] * len(CLASSES) if constant else [f"{text}:{name}" for name in CLASSES]
        table.append([numbers["C_factor", key] for key in keys])
    if ("C_dry_farmland", "intercept") in numbers and str(DRY_FARMLAND) not in row:
        row[str(DRY_FARMLAND)] = len(table)
        rules.append(kernels.LOGARITHM)
        table.append([np.nan] * len(CLASSES))
    row_of = np.full(HIGHEST_CODE, -1, np.int32)
    for code in range(1, HIGHEST_CODE):
        lineage = [text for text in _lineage(code) if text in row]
        if lineage:
            row_of[code] = row[lineage[0]]
    return row_of, np.array(rules, np.int8), np.array(table, np.float32).reshape(-1, len(CLASSES))
