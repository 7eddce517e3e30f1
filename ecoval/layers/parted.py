"""Land cover whose cells hold several types: survey parcels, and coarse types that a mixture table parts.

Services are computed for each pair of cell and type and weighted by the exact fraction (see `totals.entries`). Where something asks
for one type per cell (maps, ranges of layers, a check), it gets the type with the largest part of the cell inside the units.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import cast

import geopandas
import numpy as np
import pandas as pd

from ecoval import rasters
from ecoval.constants import M2_PER_HECTARE, MISSING_CLASS
from ecoval.errors import IdentityError, InputError
from ecoval.grid import Grid
from ecoval.layers.block import ClassLookup, LayerBlock, LayerSet, Watch
from ecoval.layers.crosswalks import Crosswalk, as_codes
from ecoval.layers.mixtures import Mixing, Mixture
from ecoval.layers.study_toml import LayerDeclaration
from ecoval.totals import Sums
from ecoval.totals.blocks import Progress
from ecoval.totals.entries import Entries, Quantities, Shares, accumulate_entries, cells_of
from ecoval.totals.parcels import EXCESS_TOLERANCE, Parcels, accumulate_parcels
from ecoval.units import SpatialUnits, vectors
from ecoval.units.coverage import Coverage, coverage
from ecoval.units.edges import carried
from ecoval.units.scale import small_areas
from ecoval.units.validation import mended, refuse_not_areal
from ecoval.words import message

CODE_FIELD = "ecosystem_type"
RIDGE_FIELDS = ("ridge_type", "ridge_share")
OVERLAY_SHARE = 0.4  # of the progress of the pass


class Parted(ABC):
    """What both kinds have in common: a reader of the role `landcover`, and sums over parts of cells."""

    method = "dominant"
    bands = (1,)

    def __init__(self, grid: Grid, units: SpatialUnits, mixing: Mixing, path: Path) -> None:
        self.grid, self.units, self.path = grid, units, path
        self.mixing = mixing
        self.lookup = ClassLookup({code: code for code in mixing.types})
        self._lock = threading.Lock()
        self._cover: Coverage | None = None

    @property
    def native(self) -> bool:
        """Whether the land cover is read as it lies."""
        return True

    @abstractmethod
    def described(self, lang: str = "en") -> str:
        """How the land cover came onto the grid."""

    @abstractmethod
    def built(self, threads: int | None = None) -> Coverage:
        """Coverage of the units or of their pieces, made when it is first asked for."""

    @abstractmethod
    def entries(self, number: int) -> Entries:
        """Entries of one tile."""

    @abstractmethod
    def areas(self) -> np.ndarray:
        """Area of each type in all units: vector (types), ha."""

    @abstractmethod
    def sums(self, quantities: Quantities, scope: np.ndarray, threads: int | None = None, progress: Progress | None = None) -> Sums:
        """Sums of all units."""

    @abstractmethod
    def notes(self) -> Sequence[tuple[str, dict[str, float]]]:
        """Codes and fields of what the report prints."""

    @property
    def source(self) -> Parted:
        """Itself, for `sample`."""
        return self

    def sample(self) -> dict[str, float]:
        """Smallest and largest type and share of missing cells, as of a raster."""
        return {"minimum": min(self.lookup.types), "maximum": max(self.lookup.types), "missing": 0.0}

    def close(self) -> None:  # noqa: B027  # the same for both kinds
        """Nothing is open."""

    def read(self, window: Grid | None = None) -> np.ndarray:
        """Type with the largest part of each cell of a window, `MISSING_CLASS` outside the units.

        Returns
        -------
        array (rows, cols), 1
        """
        window = self.grid if window is None else window
        cover = self.built()
        out = np.full(window.shape, MISSING_CLASS, dtype=np.int32)
        for number, tile in enumerate(cover.tiles):
            part = tile.common(window)
            if part is None:
                continue
            index = self._dominant(number, tile)
            row, col = (a - b for a, b in zip(part.first, tile.first, strict=True))
            to_row, to_col = (a - b for a, b in zip(part.first, window.first, strict=True))
            block = index[row : row + part.rows, col : col + part.cols]
            codes = np.where(block < self.lookup.missing, self.lookup.type_codes[block], np.int32(MISSING_CLASS))
            out[to_row : to_row + part.rows, to_col : to_col + part.cols] = codes
        return out

    def _dominant(self, number: int, tile: Grid) -> np.ndarray:
        entries = self.entries(number)
        kinds = self.lookup.missing + 1
        key, place = np.unique(entries.cell * kinds + entries.kind, return_inverse=True)
        share = np.bincount(place, weights=entries.weight, minlength=len(key))
        cell, kind = np.divmod(key, kinds)
        order = np.lexsort((kind, -share, cell))
        top = order[np.flatnonzero(np.diff(cell[order], prepend=-1))]
        index = np.full(tile.rows * tile.cols, self.lookup.missing, dtype=np.int16)
        index[cell[top]] = kind[top]
        return index.reshape(tile.shape)

    def counts(self) -> np.ndarray:
        """Parts of cells of each type inside the units: vector (types + 1), 1."""
        found = np.zeros(self.lookup.missing + 1, dtype=np.int64)
        for number in range(len(self.built().tiles)):
            found += np.bincount(self.entries(number).kind, minlength=len(found))
        return found

    def quantities(
        self, layers: LayerSet, watch: Watch, compute: Callable[[LayerBlock, PairBlock], Sequence[np.ndarray]]
    ) -> Quantities:
        """What `accumulate_entries` calls per tile; `compute` gives a vector (pairs) per item from the whole tile and its pairs."""

        def made(tile: Grid, cell: np.ndarray, kind: np.ndarray) -> Sequence[np.ndarray]:
            index = np.full(tile.rows * tile.cols, layers.lookup.missing, dtype=np.int16)
            index[cell] = kind
            whole = LayerBlock(tile, layers, watch, index.reshape(tile.shape))
            return compute(whole, PairBlock(whole, cell, kind))

        return made


class ParcelCover(Parted):
    """Land cover as parcels: prepared ones with types and field ridges, or a survey with a crosswalk."""

    def __init__(self, layer: LayerDeclaration, year: int, grid: Grid, units: SpatialUnits, members: pd.DataFrame) -> None:
        path = layer.path(year)
        if not path.exists():
            raise InputError("layer_file_missing", role=layer.role, path=str(path))
        source = vectors.read(path, layer=layer.layer, crs=layer.crs, encoding=layer.encoding)
        frame = source.frame
        geometry = np.asarray(frame.geometry.values, dtype=object)
        refuse_not_areal(geometry, (np.arange(len(frame)) + 1).astype(str).astype(object))
        field = self._field(frame, layer, source.name)
        self._geometry = mended(carried(geometry, frame.crs, grid.crs))
        self.crosswalk = Crosswalk.read(layer.classes or "hj1166")
        area = small_areas(self._geometry, grid.crs)
        types = self.crosswalk.types(as_codes(frame[field]), area, source.name)
        ridge = frame[list(RIDGE_FIELDS)].to_numpy() if set(RIDGE_FIELDS) <= set(frame.columns) else np.zeros((len(frame), 2))
        mapped = sorted({*types.tolist(), *(int(kind) for kind in ridge[ridge[:, 1] > 0, 0])})
        super().__init__(grid, units, Mixing(mixture_of(layer, members), mapped, members["unit_id"]), path)
        self._shares = self._of_parcels(types, ridge, mapped)
        self.parcels: Parcels = None  # type: ignore[assignment]  # until it is built

    @staticmethod
    def _field(frame: geopandas.GeoDataFrame, layer: LayerDeclaration, name: str) -> str:
        if layer.code is not None or CODE_FIELD in frame.columns:
            return vectors.column(frame, layer.code or CODE_FIELD, name)
        columns = [str(column) for column in frame.columns if column != frame.geometry.name]
        raise InputError("landcover_code_unnamed", path=name, fields=columns)

    @staticmethod
    def _of_parcels(types: np.ndarray, ridge: np.ndarray, mapped: Sequence[int]) -> Shares:
        """Mapped types of each parcel, its field ridges as a type of their own."""
        place = {code: position for position, code in enumerate(mapped)}
        ridged = ridge[:, 1] > 0
        first = np.concatenate([[0], np.cumsum(1 + ridged)])
        kind, share = np.empty(first[-1], dtype=np.int16), np.empty(first[-1])
        main = first[:-1]
        kind[main] = [place[code] for code in types.tolist()]
        share[main] = np.where(ridged, 1.0 - ridge[:, 1], 1.0)
        kind[main[ridged] + 1] = [place[int(code)] for code in ridge[ridged, 0]]
        share[main[ridged] + 1] = ridge[ridged, 1]
        return Shares(first, kind, share)

    def described(self, lang: str = "en") -> str:
        """How the land cover came onto the grid."""
        return message("landcover_parcels", {"path": str(self.path), "count": len(self._geometry)}, lang)

    def built(self, threads: int | None = None, progress: Progress | None = None) -> Coverage:
        """Coverage of the pieces, made when it is first asked for."""
        with self._lock:
            if self.parcels is None:
                kinds = len(self.mixing.types)
                self.parcels = Parcels.of(
                    self.units, self._geometry, None, kinds, self.grid, shares=self._of_pieces, threads=threads, progress=progress
                )
        return self.parcels.cover

    def _of_pieces(self, unit: np.ndarray, parcel: np.ndarray) -> Shares:
        position, row = self._shares.rows(parcel.astype(np.int64))
        count = np.bincount(position, minlength=len(parcel))
        given = Shares(np.concatenate([[0], np.cumsum(count)]), self._shares.kind[row], self._shares.share[row])
        return self.mixing.mixed(unit, given)

    def entries(self, number: int) -> Entries:
        """Entries of one tile."""
        return self.parcels.entries(number)

    def areas(self) -> np.ndarray:
        """Area of each type in all units: vector (types), ha."""
        self.built()
        return cast(np.ndarray, self.parcels.area[:, :-1].sum(axis=0) / M2_PER_HECTARE)

    def sums(self, quantities: Quantities, scope: np.ndarray, threads: int | None = None, progress: Progress | None = None) -> Sums:
        """Sums of all units; the difference of the overlay and the cells is kept in `difference`.

        Raises
        ------
        IdentityError
            Where it is not small.
        """
        early, late = stages(progress)
        self.built(threads, early)
        sums = accumulate_parcels(self.parcels, quantities, scope, threads=threads, progress=late)
        self.difference = self.parcels.difference(sums)
        if self.difference > EXCESS_TOLERANCE:
            raise IdentityError("landcover_cells_differ", path=str(self.path), share=self.difference, limit=EXCESS_TOLERANCE)
        return sums

    def notes(self) -> Sequence[tuple[str, dict[str, float]]]:
        """Codes and fields of what the report prints."""
        gaps = float(self.parcels.area[:, -1].sum() / M2_PER_HECTARE)
        return (("landcover_overlay_difference", {"share": self.difference, "limit": EXCESS_TOLERANCE, "gaps": gaps}),)


class MixedCover(Parted):
    """A raster whose coarse types a mixture table parts, unit by unit."""

    def __init__(
        self,
        layer: LayerDeclaration,
        source: rasters.Source,
        types: Mapping[int, int],
        table: str,
        grid: Grid,
        units: SpatialUnits,
        members: pd.DataFrame,
    ) -> None:
        self.aligned = rasters.align(source, grid)
        self.base = ClassLookup(types)
        self.table = table
        super().__init__(grid, units, Mixing(mixture_of(layer, members), self.base.types, members["unit_id"]), source.path)

    @property
    def native(self) -> bool:
        """Whether the raster is read as it lies."""
        return self.aligned.native

    def described(self, lang: str = "en") -> str:
        """How the land cover came onto the grid."""
        return self.aligned.described(lang)

    def built(self, threads: int | None = None) -> Coverage:
        """Coverage of the units, made when it is first asked for."""
        with self._lock:
            if self._cover is None:
                self._cover = coverage(self.units, self.grid, threads=threads)
        return self._cover

    def entries(self, number: int) -> Entries:
        """Entries of one tile.

        Raises
        ------
        InputError
            Codes inside the units that the class table lacks.
        """
        cover = self.built()
        tile, runs = cover.tiles[number], cover.tile_runs(number)
        codes = self.aligned.read(tile)
        index, unknown = self.base.index(codes)
        run, cell = cells_of(runs, tile.cols)
        if unknown:
            inside, count = np.unique(codes.ravel()[np.unique(cell)], return_counts=True)
            lost = [f"{code} ({n} cells)" for code, n in zip(inside.tolist(), count.tolist(), strict=True) if code in unknown]
            if lost:
                raise InputError("landcover_codes_unknown", path=str(self.path), codes=lost, table=self.table, suspects="-")
        position, kind, share = self.mixing.rows(runs.unit[run], index.ravel()[cell])
        return Entries(runs.unit[run][position], cell[position], kind, runs.weight[run][position] * share)

    def areas(self) -> np.ndarray:
        """Area of each type in all units: vector (types), ha."""
        scope = np.zeros((self.lookup.missing, 0), dtype=bool)
        sums = accumulate_entries(self.built(), self.entries, lambda *_: (), scope)
        return cast(np.ndarray, sums.area[:, :-1].sum(axis=0) / M2_PER_HECTARE)

    def sums(self, quantities: Quantities, scope: np.ndarray, threads: int | None = None, progress: Progress | None = None) -> Sums:
        """Sums of all units."""
        return accumulate_entries(self.built(threads), self.entries, quantities, scope, threads=threads, progress=progress)

    def notes(self) -> Sequence[tuple[str, dict[str, float]]]:
        """Nothing more."""
        return ()


class PairBlock(LayerBlock):
    """Pairs of cell and type of one tile, as a block of one row: layers are gathered, types are one per pair."""

    def __init__(self, whole: LayerBlock, cell: np.ndarray, kind: np.ndarray) -> None:
        super().__init__(whole.tile, whole._layers, whole._watch, kind[None, :])
        self._whole, self.cell = whole, cell

    def role(self, role: str, wanted: str | None = None) -> np.ndarray | None:
        """Values of a layer at each pair, in the measure wanted; None where the study has none."""
        values = self._whole.role(role, wanted)
        if values is None:
            return None
        flat = values.reshape(*values.shape[:-2], -1)
        return self._once((role, wanted), lambda: np.take(flat, self.cell, axis=-1)[..., None, :])


def parted_cover(
    layer: LayerDeclaration,
    year: int,
    source_of: Callable[[], rasters.Source],
    types: Mapping[int, int],
    table: str,
    grid: Grid,
    units: SpatialUnits,
    members: pd.DataFrame,
) -> Parted | None:
    """Land cover with several types per cell, or None where it is a plain raster.

    `types` are code -> ecosystem type of a raster and `table` the name of that table; `members` has the columns unit_set, unit_id.
    """
    if is_polygons(layer, year):
        return ParcelCover(layer, year, grid, units, members)
    if layer.mixtures is not None:
        return MixedCover(layer, source_of(), types, table, grid, units, members)
    return None


def is_polygons(layer: LayerDeclaration, year: int) -> bool:
    """Whether a declared land cover is a vector layer."""
    return vectors.is_vector(layer.path(year))


def mixture_of(layer: LayerDeclaration, members: pd.DataFrame) -> Mixture | None:
    """Mixture table of a layer, its units checked; None where none is named."""
    if layer.mixtures is None:
        return None
    mixture = Mixture.read(layer.mixtures)
    mixture.refuse_unknown(members["unit_id"].tolist())
    return mixture


def stages(progress: Progress | None) -> tuple[Progress | None, Progress | None]:
    """Callables for the overlay and for the pass after it."""
    if progress is None:
        return None, None
    return (
        lambda done, text="": progress(OVERLAY_SHARE * done, text),
        lambda done, text="": progress(OVERLAY_SHARE + (1 - OVERLAY_SHARE) * done, text),
    )
