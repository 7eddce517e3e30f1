"""Exact-coverage statistics of rasters per unit.

Every raster stays on its own lattice and in its own type. Rasters of one grid are read together, tile by tile; a tile gives its
sums per unit, which are merged in the order of the canonical tiles. Statistics that need the values themselves (quantiles,
majority, variety, fractions) take further passes over batches of units, so that memory stays bounded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from ecoval.errors import InputError, MissingData, warn
from ecoval.grid import TILE, Grid
from ecoval.kernels import sums as kernel
from ecoval.totals import bands, statistics, values
from ecoval.totals.blocks import Progress, in_threads, progress_bar
from ecoval.totals.sums import by_unit, compensated, power_sums, tile_powers
from ecoval.units import SpatialUnits
from ecoval.units.coverage import Coverage, Runs, coverage

CELLS_PER_BATCH = 2**24  # values held at a time for the statistics that need them
_BLOCK_TILES = 2  # tiles side by side that are read at once
_CELLS_PER_BLOCK = 2**23  # most cells that are read at once
_COUNT, _SUM, _AREA, _MISSING, _PRODUCT, _SQUARES = range(6)


class _Part(NamedTuple):
    """What one tile gives for one band."""

    band: int
    tile: tuple[int, int]
    unit: np.ndarray
    sums: np.ndarray
    low: np.ndarray
    high: np.ndarray
    shares: list[values.Shares]


@dataclass(frozen=True)
class _Reduction:
    """What a pass gathers."""

    sums: bool
    area: bool
    product: bool
    squares: bool
    shares: bool


def zonal(
    units: Any,
    rasters: Any,
    stats: Sequence[str] | str = statistics.DEFAULT,
    *,
    id: str | None = None,
    layer: str | None = None,
    crs: Any = None,
    threads: int | None = None,
    progress: Progress | bool | None = None,
) -> pd.DataFrame:
    """Statistics of rasters per unit, with the exact fraction of each cell and true areas.

    Parameters
    ----------
    units : path, GeoDataFrame or SpatialUnits
        Polygons, overlapping or not; transformed with densified edges where their CRS is not the raster's.
    rasters : path, rasterio dataset, DataArray, (array, transform, crs) or Source, or a list of them
        Of one grid or several; every band is a layer.
    stats : list of text
        count, area, sum, mean, area_mean, min, max, stdev, variance, median, quantile:q, majority, variety, frac, missing_area,
        valid_fraction.
    id : field of the unit codes; default `unit_id`, or the index of a GeoDataFrame
    layer : layer of the vector file
    crs : CRS of units or rasters that do not say theirs
    threads : number, 1, >= 1
        Default: the number of processors; changes no bit.
    progress : True, or callable (done, text)
        True shows a bar; a callable that returns False stops at the next block.

    Returns
    -------
    table (unit_id, layer, statistics in the order asked)
        A row per unit and layer. `area` and `missing_area` in m2 on the ellipsoid.

    Raises
    ------
    InputError
        All units outside a raster; two layers of one name; an unknown statistic; an absent CRS.
    Cancelled
        Where `progress` returned False.
    """
    names = statistics.read_names(stats)
    units = _units(units, id, layer, crs)
    layers_read = bands.opened(rasters, crs)
    tables: dict[str, dict[str, Any]] = {}
    groups = bands.by_grid(layers_read)
    try:
        with progress_bar(progress, "zonal") as report:
            run = partial(in_threads, threads=threads, progress=report, text="zonal")
            for number, group in enumerate(groups):
                span = (number / len(groups), (number + 1) / len(groups))
                tables.update(_on_grid(units, group, names, run, span))
    finally:
        for raster in layers_read:
            raster.aligned.close()
    return statistics.table(units.ids, {name: tables[name] for raster in layers_read for name in raster.names}, names)


def _units(units: Any, id: str | None, layer: str | None, crs: Any) -> SpatialUnits:
    """Units out of whatever the user gave."""
    if isinstance(units, SpatialUnits):
        return units
    if id is None and hasattr(units, "geometry") and "unit_id" not in units.columns:
        units = units.assign(unit_id=units.index.astype(str))
    try:
        return SpatialUnits.read(units, id=id or "unit_id", layer=layer)
    except InputError as error:
        if error.code != "units_without_crs" or crs is None:
            raise
        return SpatialUnits.read(units, id=id or "unit_id", layer=layer, crs=crs)


def _on_grid(
    units: SpatialUnits, group: list[bands.Raster], names: Sequence[str], run: Any, span: tuple[float, float]
) -> dict[str, dict[str, Any]]:
    """Columns of each layer of the rasters of one grid."""
    grid = group[0].grid
    layers = [name for raster in group for name in raster.names]
    cover = coverage(units, grid, threads=run.keywords["threads"])
    _refuse_apart(units, cover, layers)
    reduction = _Reduction(
        sums=True,
        area=bool(set(statistics.FROM_AREA) & set(names)),
        product="area_mean" in names,
        squares=bool({"variance", "stdev"} & set(names)),
        shares=statistics.needs_values(names),
    )
    passes = _passes(cover, reduction, len(layers))
    parts: list[list[_Part]] = [[] for _ in layers]
    for number, (part_cover, gathers) in enumerate(passes):
        inner = [span[0] + (span[1] - span[0]) * k / len(passes) for k in (number, number + 1)]
        work = partial(_block, group, part_cover, gathers, power_sums())
        jobs = _jobs(part_cover, group)
        for batch in run(work, jobs, span=tuple(inner)):
            for part in batch:
                parts[part.band].append(part)
    integer = [raster.is_integer for raster in group for _ in raster.names]
    return {
        layer: statistics.columns(names, _gathered(parts[band], cover), integer[band], layer) for band, layer in enumerate(layers)
    }


def _refuse_apart(units: SpatialUnits, cover: Coverage, layers: Sequence[str]) -> None:
    """Warn of units outside the raster; refuse where all are."""
    inside = np.zeros(cover.units, dtype=bool)
    inside[cover.runs.unit] = True
    apart = np.flatnonzero(~inside)
    if len(apart) == cover.units:
        bounds = units.to_crs(cover.grid.crs).bounds
        texts = [" ".join(f"{value:.10g}" for value in each) for each in (bounds, cover.grid.bounds)]
        raise InputError("zonal_all_outside", layers=list(layers), units=texts[0], raster=texts[1], crs=cover.grid.crs.name)
    if len(apart):
        warn("zonal_some_outside", MissingData, layers=list(layers), count=len(apart), units=[units.ids[k] for k in apart])


def _passes(cover: Coverage, reduction: _Reduction, layers: int) -> list[tuple[Coverage, _Reduction]]:
    """Passes over the tiles: one where the values of all units fit in memory, else one for sums and one per batch of units."""
    if not reduction.shares:
        return [(cover, reduction)]
    cells = np.bincount(cover.runs.unit, cover.runs.end - cover.runs.start, minlength=cover.units)
    batch = (np.cumsum(cells) - cells) // max(CELLS_PER_BATCH // layers, 1)
    if batch.max() == 0:
        return [(cover, reduction)]
    values_alone = _Reduction(sums=False, area=False, product=False, squares=False, shares=True)
    batches = [(cover.only(batch == number), values_alone) for number in np.unique(batch)]
    return [(cover, replace(reduction, shares=False)), *batches]


def _jobs(cover: Coverage, group: list[bands.Raster]) -> list[list[int]]:
    """Positions of tiles in blocks that are read at once, so shaped that no file decompresses a part of itself twice."""
    stored = [raster.aligned.stored_block or (1, 1) for raster in group]
    rows, cols = (max(-(-each[axis] // TILE) for each in stored) for axis in (0, 1))
    cols = max(min(cols, _CELLS_PER_BLOCK // TILE**2), _BLOCK_TILES)
    rows = max(min(rows, _CELLS_PER_BLOCK // (TILE**2 * cols)), 1)
    jobs: dict[tuple[int, int], list[int]] = {}
    for index, tile in enumerate(cover.tiles):
        jobs.setdefault((tile.first[0] // TILE // rows, tile.first[1] // TILE // cols), []).append(index)
    return list(jobs.values())


def _block(group: list[bands.Raster], cover: Coverage, reduction: _Reduction, columns: np.ndarray, job: list[int]) -> list[_Part]:
    """Sums and values of the tiles of a block, for each band of each raster."""
    tiles = [cover.tiles[index] for index in job]
    row, col = (min(tile.first[axis] for tile in tiles) for axis in (0, 1))
    rows, cols = (max(tile.first[axis] + tile.shape[axis] for tile in tiles) - start for axis, start in ((0, row), (1, col)))
    window = Grid(tiles[0].crs, tiles[0].anchor, tiles[0].cell, (row, col), (rows, cols))
    values_of_band = []
    for index, tile in zip(job, tiles, strict=True):
        runs = cover.tile_runs(index)
        powers = tile_powers(tile) if reduction.area else np.zeros((tile.rows, 1))
        place = (tile.first[0] - row, tile.first[1] - col, tile.tile_column)
        values_of_band.append((tile.first, runs, *by_unit(runs.unit), place, powers, columns[: powers.shape[1]]))
    parts = []
    band = 0
    for raster in group:
        for block in raster.window(window):
            parts += [_tile(band, block, reduction, *each) for each in values_of_band]
            band += 1
    return parts


def _tile(
    band: int,
    block: bands.Values,
    reduction: _Reduction,
    tile: tuple[int, int],
    runs: Runs,
    unit: np.ndarray,
    first: np.ndarray,
    place: tuple[int, int, int],
    powers: np.ndarray,
    power_columns: np.ndarray,
) -> _Part:
    """Sums and values of one tile and band."""
    where = ((runs.row, runs.start, runs.end, runs.weight), first, *block, place)
    low, high = (np.full(len(unit), value, dtype=block.array.dtype) for value in _extremes(block.array.dtype))
    sums = np.zeros((len(unit), 6))
    shares = values.tile_shares(runs, first, block, place) if reduction.shares else []
    if reduction.sums:
        kernel.moments(*where, powers, power_columns, sums, low, high)
    if reduction.product:
        product = np.zeros(len(unit))
        kernel.area_products(*where, powers, product)
        sums[:, _PRODUCT] = product
    if reduction.squares:
        squares = np.zeros(len(unit))
        mean = sums[:, _SUM] / np.where(sums[:, _COUNT] > 0, sums[:, _COUNT], 1.0)
        kernel.squares(*where, mean, squares)
        sums[:, _SQUARES] = squares
    return _Part(band, tile, unit, sums, low, high, shares)


def _extremes(kind: np.dtype[Any]) -> tuple[Any, Any]:
    """Largest and smallest number of a type: what a minimum and a maximum begin with."""
    if kind.kind == "f":
        return np.inf, -np.inf
    return np.iinfo(kind).max, np.iinfo(kind).min


def _gathered(parts: list[_Part], cover: Coverage) -> statistics.Gathered:
    """Sums and values of one band over all tiles, in the order of the tiles."""
    parts = sorted(parts, key=lambda part: part.tile)
    unit = np.concatenate([part.unit for part in parts])
    sums = np.concatenate([part.sums for part in parts])
    total = compensated(sums[:, :_SQUARES], unit, cover.units)
    spread = sums[:, _SQUARES]
    with np.errstate(invalid="ignore", divide="ignore"):
        apart = np.nan_to_num(sums[:, _SUM] / sums[:, _COUNT]) - (total[:, _SUM] / total[:, _COUNT])[unit]
        between = np.where(sums[:, _COUNT] > 0, sums[:, _COUNT] * apart**2, 0.0)
    squares = compensated((spread + between)[:, None], unit, cover.units)[:, 0]
    columns_by_name = {"count": total[:, _COUNT], "sum": total[:, _SUM], "area": total[:, _AREA], "product": total[:, _PRODUCT]}
    columns_by_name |= {"missing": total[:, _MISSING] + cover.outside, "squares": squares}
    first, last = _extremes(parts[0].low.dtype)
    low, high = np.full(cover.units, first, parts[0].low.dtype), np.full(cover.units, last, parts[0].low.dtype)
    np.minimum.at(low, unit, np.concatenate([part.low for part in parts]))
    np.maximum.at(high, unit, np.concatenate([part.high for part in parts]))
    return statistics.Gathered(columns_by_name, low, high, _shares(parts, cover.units))


def _shares(parts: list[_Part], units: int) -> list[values.Shares]:
    """Distinct values and coverage of each unit over all tiles."""
    if not any(part.shares for part in parts):
        return []
    of_unit: list[list[values.Shares]] = [[] for _ in range(units)]
    for part in parts:
        for unit, shares in zip(part.unit, part.shares, strict=False):
            of_unit[unit].append(shares)
    none = (np.empty(0, dtype=parts[0].low.dtype), np.empty(0))
    return [values.unit_shares(each) if each else none for each in of_unit]
