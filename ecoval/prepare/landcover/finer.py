"""Finer layers: a coarse ecosystem type takes the type of a forest inventory or another finer map where that nests in it.

Polygons part the parcels exactly. A raster cannot part them: a parcel takes the finest type that holds at least half of it, and the
share of such parcels that is of another type is a quality figure. What does not nest (the inventory calls a wood farmland) stays
coarse and is counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pandas as pd
import shapely

from ecoval import classification, rasters
from ecoval.constants import MISSING_CLASS
from ecoval.declarations import WORKED_OUT, Key, columns
from ecoval.errors import InputError
from ecoval.grid import Grid
from ecoval.layers.crosswalks import Crosswalk
from ecoval.prepare.landcover import survey
from ecoval.terms import nearest
from ecoval.totals.blocks import Progress
from ecoval.totals.entries import cells_of
from ecoval.units import vectors
from ecoval.units.coverage import Coverage, fractions
from ecoval.units.overlay import overlay
from ecoval.units.scale import small_areas
from ecoval.units.validation import areal_parts

KEYS = ("path", "crosswalk", "code", "layer", "crs", "encoding", "year", "resolution", "band", "missing")
HALF = 0.5


@dataclass(frozen=True)
class FinerRow:
    """What a finer layer did to a coarse type."""

    layer: Annotated[str, Key("file of the finer layer", "精细图层的文件")]
    coarse_code: Annotated[int, Key("coarse type", "较粗的类型", free=WORKED_OUT)]
    met: Annotated[float, Key("area of the type under the layer", "与精细图层重合的面积", low=0, measure="m2", free=WORKED_OUT)]
    resolved: Annotated[float, Key("area that took a finer type", "取得细类型的面积", low=0, measure="m2", free=WORKED_OUT)]
    not_nesting: Annotated[
        float, Key("area whose type is no part of the coarse one", "类型不属于该粗类型的面积", low=0, measure="m2", free=WORKED_OUT)
    ]
    generalised: Annotated[
        float,
        Key(
            "area of another type inside parcels that took one as a whole",
            "整块取一种类型的图斑中属于其他类型的面积",
            low=0,
            measure="m2",
            free=WORKED_OUT,
        ),
    ]
    uom: Annotated[str, Key("unit of measure of the areas", "面积的计量单位")]


@dataclass
class Finer:
    """A finer layer, opened: parcels or a raster, with its crosswalk and what it did.

    `done` has a row per coarse type: area met, area resolved, area of types that do not nest, area of another type inside parcels
    that took one as a whole; m2.
    """

    path: Path
    crosswalk: Crosswalk
    given: Mapping[str, Any]
    parcels: survey.Survey | None = None
    types: np.ndarray | None = None
    done: dict[int, np.ndarray] = field(default_factory=dict)

    @property
    def cell(self) -> float | None:
        """Cell of a raster in m, None for polygons."""
        return None if self.parcels is not None else max(self.source.grid.cell_size_m)

    @property
    def source(self) -> rasters.Source:
        """The raster."""
        options = {name: self.given[name] for name in ("crs", "band", "missing") if self.given.get(name) is not None}
        return rasters.Source(self.path, kind="categorical", measure="1", **options)

    def count(self, coarse: np.ndarray, column: int, area: np.ndarray) -> None:
        """Add areas of coarse types to one column of what was done."""
        kinds, place = np.unique(coarse, return_inverse=True)
        for kind, total in zip(kinds.tolist(), np.bincount(place, weights=area, minlength=len(kinds)), strict=True):
            self.done.setdefault(kind, np.zeros(4))[column] += total

    def table(self) -> pd.DataFrame:
        """Rows of the quality table of finer layers."""
        rows = [(self.path.name, kind, *values.tolist(), "m2") for kind, values in sorted(self.done.items())]
        return pd.DataFrame(rows, columns=columns(FinerRow))


def opened(given: Iterable[Mapping[str, Any]], overlaps: str = "refuse") -> list[Finer]:
    """Finer layers in the order in which they are used.

    Parameters
    ----------
    given : list of mapping (path, crosswalk, code, layer, crs, encoding, year, resolution, band, missing)
    overlaps : choice {refuse, first}
    """
    found = []
    for entry in given:
        for key in entry:
            if key not in KEYS:
                raise InputError("finer_key_unknown", key=key, nearest=nearest(key, KEYS))
        for key in ("path", "crosswalk"):
            if not entry.get(key):
                raise InputError("finer_key_absent", key=key, path=str(entry.get("path", "-")))
        path = Path(entry["path"])
        finer = Finer(path, Crosswalk.read(entry["crosswalk"]), dict(entry))
        if vectors.is_vector(path):
            options = {name: entry.get(name) for name in ("code", "layer", "crs", "encoding")}
            parcels = survey.read(path, sandiao=finer.crosswalk.lettered, overlaps=overlaps, **options)
            finer.parcels = parcels
            finer.types = finer.crosswalk.types(parcels.code, parcels.area, parcels.name)
        found.append(finer)
    return found


def nests(fine: np.ndarray, coarse: np.ndarray) -> np.ndarray:
    """Whether types are descendants of others: vector (pairs), 1."""
    keys, place = np.unique(np.column_stack([fine, coarse]), axis=0, return_inverse=True)
    inside = [f != c and f > 0 and c in classification.lineage(f) for f, c in keys.tolist()]
    return np.array(inside, dtype=bool)[place.ravel()] if len(keys) else np.zeros(0, dtype=bool)


def is_coarse(types: np.ndarray) -> np.ndarray:
    """Whether types have finer ones that a study may need: vector (things), 1."""
    return np.isin(types, list(classification.refinements()))


def refined(
    geometry: np.ndarray, types: np.ndarray, crs: Any, finer: Finer, progress: Progress | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Parcels after one finer layer.

    Parameters
    ----------
    geometry : array (parcels)
    types : vector (parcels), 1

    Returns
    -------
    tuple of array (pieces)
        Geometry, type, and position of the parcel that each piece is part of.
    """
    coarse = np.flatnonzero(is_coarse(types))
    if not len(coarse):
        return geometry, types, np.arange(len(types))
    finer.count(types[coarse], 0, small_areas(geometry[coarse], crs))
    if finer.parcels is None or finer.types is None:
        taken = types.copy()
        taken[coarse] = _majority(geometry[coarse], types[coarse], crs, finer)
        return geometry, taken, np.arange(len(types))
    return _parted(geometry, types, coarse, finer.parcels.to_crs(crs), finer.types, finer, progress)


def _parted(
    geometry: np.ndarray,
    types: np.ndarray,
    coarse: np.ndarray,
    inventory: survey.Survey,
    kinds_of: np.ndarray,
    finer: Finer,
    progress: Progress | None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Coarse parcels cut by those of an inventory in their CRS, whose types are `kinds_of`; the rest keeps its type."""
    crs = inventory.crs
    pieces = overlay(geometry[coarse], inventory.geometry, progress=progress)
    host = coarse[pieces.unit]
    kind = kinds_of[pieces.parcel]
    size = small_areas(pieces.geometry, crs)
    inside = nests(kind, types[host])
    finer.count(types[host[~inside]], 2, size[~inside])
    finer.count(types[host[inside]], 1, size[inside])
    host, kind, part, size = host[inside], kind[inside], pieces.geometry[inside], size[inside]
    covered = np.bincount(host, weights=size, minlength=len(geometry))
    own = small_areas(geometry, crs)
    met = np.flatnonzero(covered > 0)
    partly = met[covered[met] < own[met] * (1 - 1e-9)]
    order = np.argsort(host, kind="stable")
    first = np.searchsorted(host[order], partly)
    last = np.searchsorted(host[order], partly + 1)
    unions = [shapely.union_all(part[order[a:b]]) for a, b in zip(first, last, strict=True)]
    rest = areal_parts(shapely.difference(geometry[partly], np.array(unions, dtype=object)))
    kept = np.setdiff1d(np.arange(len(geometry)), met)
    whole = np.concatenate([geometry[kept], part, rest])
    which = np.concatenate([kept, host, partly])
    kinds = np.concatenate([types[kept], kind, types[partly]])
    there = ~shapely.is_empty(whole)
    order = np.flatnonzero(there)[np.argsort(which[there], kind="stable")]
    return whole[order], kinds[order], which[order]


def _majority(geometry: np.ndarray, types: np.ndarray, crs: Any, finer: Finer) -> np.ndarray:
    """Type of each coarse parcel after a raster: the nesting one with the largest share, where it holds half of the parcel."""
    source = finer.source
    lattice = source.grid
    moved = survey.Survey("", geometry, crs, types, types, types, types).to_crs(lattice.crs).geometry
    grid = lattice.clipped(shapely.total_bounds(moved))
    if grid is None:
        return types
    cover = fractions(moved, grid)
    aligned = rasters.align(source, grid)
    keys, weights = [], []
    for number, tile in enumerate(cover.tiles):
        runs = cover.tile_runs(number)
        run, cell = cells_of(runs, tile.cols)
        kind = cell_types(aligned.read(tile), tile, finer).ravel()[cell]
        area = tile.cell_area().ravel()[cell] * runs.weight[run]
        key, place = np.unique(runs.unit[run].astype(np.int64) * 1000 + kind, return_inverse=True)
        keys.append(key)
        weights.append(np.bincount(place, weights=area, minlength=len(key)))
    key, place = np.unique(np.concatenate(keys), return_inverse=True)
    area = np.bincount(place, weights=np.concatenate(weights), minlength=len(key))
    parcel, kind = np.divmod(key, 1000)
    inside = nests(kind, types[parcel])
    other = ~inside & (kind > 0)
    finer.count(types[parcel[other]], 2, area[other])
    best = np.lexsort((kind[inside], -area[inside], parcel[inside]))
    where, kinds, sizes = parcel[inside][best], kind[inside][best], area[inside][best]
    top = np.flatnonzero(np.diff(where, prepend=-1))
    whole = np.bincount(parcel, weights=area, minlength=len(types))
    own = np.maximum(small_areas(geometry, crs), whole)
    taken = top[sizes[top] >= HALF * own[where[top]]]
    result: np.ndarray = types.copy()
    result[where[taken]] = kinds[taken]
    finer.count(types[where[taken]], 1, own[where[taken]])
    finer.count(types[where[taken]], 3, own[where[taken]] - sizes[taken])
    return result


def cell_types(codes: np.ndarray, tile: Grid, finer: Finer) -> np.ndarray:
    """Ecosystem type of the cells of a finer raster, 0 where missing."""
    distinct, place = np.unique(codes, return_inverse=True)
    targets = np.zeros(len(distinct), dtype=np.int32)
    known = distinct != MISSING_CLASS
    cells = np.bincount(place.ravel(), minlength=len(distinct))[known] * float(tile.cell_area()[0, 0])
    targets[known] = finer.crosswalk.types(distinct[known].astype(str), cells, str(finer.path))
    return np.asarray(targets[place].reshape(codes.shape))


class CellFiner:
    """A finer layer on the cells of a grid."""

    def __init__(self, finer: Finer, grid: Grid) -> None:
        self.finer = finer
        self._aligned: rasters.Aligned | None = None
        self._cover: Coverage | None = None
        if finer.parcels is None:
            self._aligned = rasters.align(finer.source, grid)
        else:
            self._cover = fractions(finer.parcels.to_crs(grid.crs).geometry, grid)
            self._place = {tile.first: number for number, tile in enumerate(self._cover.tiles)}

    def refined(self, types: np.ndarray, tile: Grid, area: np.ndarray) -> np.ndarray:
        """Types of the cells of a tile after the layer: array (rows, cols), 1."""
        coarse = is_coarse(types)
        if not coarse.any():
            return types
        self.finer.count(types[coarse], 0, area[coarse])
        fine = self._fine(tile)
        inside = np.zeros(types.shape, dtype=bool)
        inside[coarse] = nests(fine[coarse], types[coarse])
        other = coarse & ~inside & (fine > 0)
        self.finer.count(types[other], 2, area[other])
        self.finer.count(types[inside], 1, area[inside])
        return np.where(inside, fine, types)

    def _fine(self, tile: Grid) -> np.ndarray:
        if self._aligned is not None:
            return cell_types(self._aligned.read(tile), tile, self.finer)
        number = self._place.get(tile.first)
        if number is None or self._cover is None or self.finer.types is None:
            return np.zeros(tile.shape, dtype=np.int32)
        runs = self._cover.tile_runs(number)
        run, cell = cells_of(runs, tile.cols)
        return dominant(cell, self.finer.types[runs.unit][run], runs.weight[run], tile.shape)


def dominant(cell: np.ndarray, kind: np.ndarray, weight: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Type with the largest share of each cell, 0 where less than half of it has any; of equal shares the smaller code.

    Parameters
    ----------
    cell : vector (entries), 1
        Row x cols + col.
    kind : vector (entries), 1
        Ecosystem type codes, below 1000.
    weight : vector (entries), 1, 0..1
    shape : (number, number), 1

    Returns
    -------
    array (rows, cols), 1
    """
    key, place = np.unique(cell.astype(np.int64) * 1000 + kind, return_inverse=True)
    share = np.bincount(place, weights=weight, minlength=len(key))
    where, kinds = np.divmod(key, 1000)
    order = np.lexsort((kinds, -share, where))
    top = order[np.flatnonzero(np.diff(where[order], prepend=-1))]
    known = np.bincount(where, weights=share, minlength=shape[0] * shape[1])
    result = np.zeros(shape[0] * shape[1], dtype=np.int32)
    result[where[top]] = np.where(known[where[top]] >= HALF - 1e-9, kinds[top], 0)
    return result.reshape(shape)
