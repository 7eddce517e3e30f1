"""Land cover as parcels: exact areas of unit and ecosystem type, and sums over the exact fractions of cells.

Parcels are overlaid with the units (`units.overlay`), each piece is put on the grid exactly, and the services are computed once for
each pair of cell and type. The areas of a result are those of the overlay; what the cells say of them differs by rounding, and
`Parcels.difference` gives the difference.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from ecoval.errors import InputError
from ecoval.grid import Grid
from ecoval.totals.blocks import Progress
from ecoval.totals.entries import Entries, Quantities, Shares, accumulate_entries, cells_of
from ecoval.totals.sums import Sums, compensated
from ecoval.units.coverage import Coverage, fractions
from ecoval.units.overlay import Pieces, overlay
from ecoval.units.polygon_area import group_sums
from ecoval.units.scale import small_areas
from ecoval.units.spatial import SpatialUnits

COVER_ROUNDING = 1e-7  # share of a unit; land that parcels leave out or cover twice below it is none
LEAST_PIECE = 1e-4  # m2; smaller pieces come of rounding along borders and are left out
EXCESS_TOLERANCE = 1e-6  # share of a unit; more land in parcels than the unit has is refused


@dataclass(frozen=True)
class Parcels:
    """Pieces of parcels in units, on a grid.

    Parameters
    ----------
    cover : of the pieces, in the order of the parcels
    unit : vector (pieces), 1
        Position of the unit of each piece.
    shares : types of each piece
    area : array (units, types + 1), m2
        From the overlay; the last column is land without a parcel.
    outside : vector (units), m2
        Land outside the grid.
    excess : vector (units), m2
        By how much the pieces exceed the unit; rounding where parcels do not overlap.
    """

    cover: Coverage
    unit: npt.NDArray[np.int32]
    shares: Shares
    area: npt.NDArray[np.float64]
    outside: npt.NDArray[np.float64]
    excess: npt.NDArray[np.float64]

    @classmethod
    def of(
        cls,
        units: SpatialUnits,
        geometry: npt.NDArray[np.object_],
        kind: np.ndarray | None,
        kinds: int,
        grid: Grid,
        *,
        shares: Callable[[npt.NDArray[np.int32], npt.NDArray[np.int32]], Shares] | None = None,
        threads: int | None = None,
        progress: Progress | None = None,
    ) -> Parcels:
        """Parcels overlaid with units and put on a grid.

        Parameters
        ----------
        geometry : array (parcels)
            Valid polygons in the CRS of the grid.
        kind : vector (parcels), 1
            Position of the type among the types; None where `shares` says them.
        kinds : number of types
        shares : callable (unit, parcel) -> Shares
            Types of pieces where these are not those of the parcels.
        threads : number, 1, >= 1
        progress : callable (done, text)

        Raises
        ------
        InputError
            Where parcels cover more of a unit than there is.
        """
        units = units.to_crs(grid.crs)
        pieces = overlay(units.geometry, geometry, threads=threads, progress=progress)
        size = small_areas(pieces.geometry, grid.crs)
        large = size >= LEAST_PIECE
        pieces = Pieces(pieces.unit[large], pieces.parcel[large], pieces.geometry[large], pieces.whole[large])
        size = size[large]
        shares_of_pieces = Shares.plain(np.asarray(kind)[pieces.parcel]) if shares is None else shares(pieces.unit, pieces.parcel)
        area, excess = _areas(units, pieces, size, shares_of_pieces, kinds)
        cover = fractions(pieces.geometry, grid, threads=threads)
        outside = group_sums(pieces.unit, cover.outside, len(units))
        return cls(cover, pieces.unit, shares_of_pieces, area, outside, excess)

    def entries(self, number: int) -> Entries:
        """Entries of one tile."""
        runs = self.cover.tile_runs(number)
        position, row = self.shares.rows(runs.unit)
        run, cell = cells_of(runs._replace(**{name: getattr(runs, name)[position] for name in runs._fields}), self._cols(number))
        weight = (runs.weight[position] * self.shares.share[row])[run]
        return Entries(self.unit[runs.unit[position]][run], cell, self.shares.kind[row][run], weight)

    def _cols(self, number: int) -> int:
        return self.cover.tiles[number].cols

    def difference(self, sums: ParcelSums) -> float:
        """Largest difference of the areas of the cells and of the overlay, as a share of the unit.

        Parameters
        ----------
        sums : of `accumulate_parcels`
        """
        whole = self.area.sum(axis=1)
        cells = sums.cell_area[:, :-1].sum(axis=1) + self.outside
        by_type = np.abs(sums.cell_area[:, :-1] - self.area[:, :-1])[self.outside == 0.0]
        share = np.abs(cells - self.area[:, :-1].sum(axis=1)) / np.where(whole > 0, whole, 1.0)
        each = by_type / np.where(whole > 0, whole, 1.0)[self.outside == 0.0, None]
        return float(max(share.max(initial=0.0), each.max(initial=0.0)))


@dataclass(frozen=True)
class ParcelSums(Sums):
    """Sums whose areas are those of the overlay.

    Parameters
    ----------
    cell_area : array (units, types + 1), m2
        What the fractions of the cells add up to.
    """

    cell_area: npt.NDArray[np.float64] = None  # type: ignore[assignment]


def accumulate_parcels(
    parcels: Parcels,
    quantities: Quantities,
    scope: np.ndarray,
    *,
    threads: int | None = None,
    progress: Progress | None = None,
    **more: Any,
) -> ParcelSums:
    """Areas and quantities of all units; see `accumulate_entries`.

    Parameters
    ----------
    quantities : callable (tile, cell, kind) -> list of vector (pairs)
    scope : array (types, items), 1
    threads : number, 1, >= 1
    progress : callable (done, text)
    **more
        `block` and `text`, as in `accumulate`.

    Returns
    -------
    ParcelSums
        `area` is that of the overlay; the valid area is the same share of it as of the cells.
    """
    units = len(parcels.area)
    zero = np.zeros(units)
    sums = accumulate_entries(
        parcels.cover, parcels.entries, quantities, scope, units=units, outside=zero, threads=threads, progress=progress, **more
    )
    cells = sums.area[:, :-1, None]
    beyond = np.maximum(parcels.area[:, :-1] - sums.area[:, :-1], 0.0)[:, :, None] * (parcels.outside > 0)[:, None, None]
    whole = cells + beyond
    share = np.divide(sums.valid_area, whole, out=np.zeros_like(sums.valid_area), where=whole > 0)
    valid = parcels.area[:, :-1, None] * share
    overlaid = replace(sums, area=parcels.area, valid_area=valid)
    return ParcelSums(**{name: getattr(overlaid, name) for name in Sums.__dataclass_fields__}, cell_area=sums.area)


def _areas(
    units: SpatialUnits, pieces: Pieces, size: npt.NDArray[np.float64], shares: Shares, kinds: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Area of each unit and type, land without a parcel last, and what the parcels cover beyond their unit.

    Raises
    ------
    InputError
    """
    position, row = shares.rows(np.arange(len(size)))
    part = (size[position] * shares.share[row])[:, None]
    key = pieces.unit[position].astype(np.int64) * (kinds + 1) + shares.kind[row]
    area = compensated(part, key, len(units) * (kinds + 1))[:, 0].reshape(len(units), kinds + 1)
    whole = units.area()
    excess = area.sum(axis=1) - whole
    over = excess > EXCESS_TOLERANCE * whole
    if over.any():
        ids = np.array(units.ids, dtype=object)[over]
        raise InputError("parcels_exceed_units", count=int(over.sum()), units=list(ids), area=float(excess[over].sum()))
    area[:, kinds] += np.where(excess < -COVER_ROUNDING * whole, -excess, 0.0)
    return area, excess
