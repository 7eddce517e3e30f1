"""Exact overlay of units and parcels: which part of each parcel lies in each unit.

Parcels wholly inside a unit pass as they are; only those that cross its border are intersected. A piece depends on its unit and its
parcel alone, and pieces stand in the order of the parcels: nothing depends on what other units there are.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import shapely

from ecoval.errors import Cancelled
from ecoval.units.validation import AREAL, areal_parts

PARCELS_AT_ONCE = 20_000


class Pieces(NamedTuple):
    """Pieces of parcels in units, sorted by parcel, then by unit.

    `unit` and `parcel` are positions, `geometry` polygons and multipolygons, `whole` True where the piece is the whole parcel.
    """

    unit: npt.NDArray[np.int32]
    parcel: npt.NDArray[np.int32]
    geometry: npt.NDArray[np.object_]
    whole: npt.NDArray[np.bool_]


def overlay(
    units: np.ndarray,
    parcels: np.ndarray,
    *,
    threads: int | None = None,
    progress: Callable[[float, str], Any] | None = None,
) -> Pieces:
    """Pieces of parcels in units; both in one CRS.

    Parameters
    ----------
    units, parcels : array (units) and array (parcels)
        Valid polygons and multipolygons. Units may overlap.
    threads : number, 1, >= 1
        Default: the number of processors.
    progress : callable (done, text)
        False stops.

    Raises
    ------
    Cancelled
    """
    starts = range(0, len(parcels), PARCELS_AT_ONCE)
    work = partial(_stretch, _Prepared(units), parcels)
    stretches = []
    with ThreadPoolExecutor(threads or os.cpu_count() or 1) as pool:
        for number, part in enumerate(pool.map(work, starts), start=1):
            stretches.append(part)
            if progress is not None and progress(number / len(starts), "overlay") is False:
                pool.shutdown(cancel_futures=True)
                raise Cancelled
    if not stretches:
        return Pieces(*(np.zeros(0, dtype=kind) for kind in (np.int32, np.int32, object, bool)))
    return Pieces(*(np.concatenate(arrays) for arrays in zip(*stretches, strict=True)))


class _Prepared(threading.local):
    """Units with their indexes, a copy per thread: prepared geometries build theirs at the first question, without a lock."""

    def __init__(self, units: np.ndarray) -> None:
        self.units = shapely.from_wkb(shapely.to_wkb(units))
        shapely.prepare(self.units)
        self.tree = shapely.STRtree(self.units)


def _stretch(prepared: _Prepared, parcels: np.ndarray, start: int) -> Pieces:
    """Pieces of a stretch of parcels."""
    units, tree = prepared.units, prepared.tree
    stretch = parcels[start : start + PARCELS_AT_ONCE]
    parcel, unit = tree.query(stretch)
    geometry = stretch[parcel]
    whole = shapely.contains_properly(units[unit], geometry)
    rest = np.flatnonzero(~whole)
    rest = rest[shapely.intersects(units[unit[rest]], geometry[rest])]
    covered = shapely.covers(units[unit[rest]], geometry[rest])
    whole[rest[covered]] = True
    crossing = rest[~covered]
    cut = _areal(shapely.intersection(units[unit[crossing]], geometry[crossing]))
    piece = whole.copy()
    piece[crossing[~shapely.is_empty(cut)]] = True
    geometry[crossing] = cut
    order = np.lexsort((unit, parcel))
    order = order[piece[order]]
    return Pieces(unit[order].astype(np.int32), (parcel[order] + start).astype(np.int32), geometry[order], whole[order])


def _areal(geometry: np.ndarray) -> np.ndarray:
    """Areal parts; of lines and points nothing."""
    kind = shapely.get_type_id(geometry)
    mixed = kind == shapely.GeometryType.GEOMETRYCOLLECTION
    result = np.where(np.isin(kind, AREAL), geometry, shapely.Polygon())
    result[mixed] = areal_parts(geometry[mixed])
    return result
