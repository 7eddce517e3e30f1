"""Pieces of land on the grid of a study: which cells, and which parts of which ecosystem types, each of them holds.

Pieces are any polygons, also overlapping ones; they are put on the lattice of the study exactly, and only the rectangles of cells
that they touch are read. Where the land cover is survey parcels the pieces are overlaid with the parcels; where a mixture table
parts coarse types it holds for the unit of the study that the piece lies in, and land outside every unit is missing.
"""

import copy
import threading
from dataclasses import dataclass, replace
from typing import NamedTuple

import geopandas
import numpy as np
import shapely

from ecoval import totals
from ecoval.errors import InputError
from ecoval.layers.block import LayerBlock
from ecoval.layers.mixtures import Mixing
from ecoval.layers.parted import MixedCover
from ecoval.totals.entries import Shares
from ecoval.totals.parcels import LEAST_PIECE, Parcels
from ecoval.units import SpatialUnits
from ecoval.units.coverage import Coverage, Runs, fractions
from ecoval.units.edges import carried
from ecoval.units.overlay import overlay
from ecoval.units.polygon_area import ellipsoidal_area
from ecoval.units.validation import mended


@dataclass(frozen=True)
class Placed:
    """Pieces on the grid.

    Parameters
    ----------
    count : number, 1
        Number of pieces.
    piece : vector (parts), 1
        Piece that each part of the coverage belongs to.
    cover : Coverage
        Of the parts, its tiles trimmed to the cells in use.
    area : vector (pieces), m2
    parted : Parted
        Land cover with several types per cell, for the parts; None for a plain raster.
    """

    count: int
    piece: np.ndarray
    cover: Coverage
    area: np.ndarray
    parted: object = None

    def chunks(self, cells):
        """The same in stretches of tiles that hold about so many cells: sums of the stretches add up."""
        tiles = self.cover.tiles
        size = np.array([tile.rows * tile.cols for tile in tiles], dtype=np.int64)
        group = (np.cumsum(size) - size) // cells
        for number in np.unique(group):
            first, last = np.searchsorted(group, [number, number + 1])
            part = slice(self.cover.offset[first], self.cover.offset[last])
            runs = Runs(*(array[part] for array in self.cover.runs))
            offset = self.cover.offset[first : last + 1] - self.cover.offset[first]
            yield replace(self, cover=replace(self.cover, tiles=tiles[first:last], offset=offset, runs=runs))

    def of(self, chosen):
        """Runs of some pieces alone on the tiles as they are, for land that is a plain raster."""
        return replace(self, cover=self.cover.only(chosen[self.piece]))

    def only(self, chosen):
        """The same with some pieces alone, tiles trimmed to these; `chosen` is a vector (pieces) of True and False."""
        if chosen.all():
            return self
        kept = chosen[self.piece]
        parted = copy.copy(self.parted)
        if parted is None or isinstance(parted, MixedCover):
            cover = trimmed(self.cover.only(kept))
        if parted is not None:
            if isinstance(parted, MixedCover):
                parted._cover = cover
            else:
                held = parted.parcels
                cover = trimmed(held.cover.only(kept[held.unit]))
                parted.parcels = replace(held, cover=cover, area=held.area * kept[:, None], outside=held.outside * kept)
        return replace(self, cover=cover, parted=parted)

    def summed(self, parts):
        """Sums over the parts of each piece: array (pieces, ...)."""
        out = np.zeros((self.count, *parts.shape[1:]))
        np.add.at(out, self.piece, parts)
        return out


def placed(layers, pieces, threads=None):
    """Put pieces on the grid of an opened study.

    Parameters
    ----------
    layers : Layers
    pieces : table (geometry)
        GeoDataFrame in any CRS.
    threads : number, 1

    Returns
    -------
    Placed

    Raises
    ------
    InputError
        Pieces without a CRS.
    """
    if pieces.crs is None:
        raise InputError("offset_pieces_without_crs", count=len(pieces))
    geometry = on_crs(np.asarray(pieces.geometry.values, dtype=object), pieces.crs, layers.grid.crs)
    area = ellipsoidal_area(geometry, layers.grid.crs)
    if layers.parted is None:
        cover = trimmed(fractions(geometry, layers.grid, threads=threads))
        return Placed(len(pieces), np.arange(len(pieces)), cover, area)
    return _parted(layers, geometry, area, threads)


def on_crs(geometry, source, target):
    """Polygons in another CRS, mended; empty ones for absent geometries."""
    geometry = np.where(shapely.is_missing(geometry), shapely.Polygon(), shapely.force_2d(geometry))
    there = ~shapely.is_empty(geometry)
    if there.any():
        geometry[there] = mended(carried(mended(geometry[there]), source, target))
    return geometry


def trimmed(cover):
    """A coverage whose tiles are cut to the rectangle of cells that its runs touch: less is read, and no sum changes.

    Parameters
    ----------
    cover : Coverage

    Returns
    -------
    Coverage
    """
    if not cover.tiles:
        return cover
    first, count = cover.offset[:-1], np.diff(cover.offset)
    row, col = (np.minimum.reduceat(cover.runs[place], first).astype(int) for place in (1, 2))
    last, end = (np.maximum.reduceat(cover.runs[place], first).astype(int) for place in (1, 3))
    parts = zip(cover.tiles, row, col, last, end, strict=True)
    tiles = [tile.window(int(r), int(c), int(b - r + 1), int(e - c)) for tile, r, c, b, e in parts]
    down, right = (np.repeat(step, count).astype(np.int16) for step in (row, col))
    runs = cover.runs
    moved = Runs(runs.unit, runs.row - down, runs.start - right, runs.end - right, runs.weight)
    return Coverage(cover.grid, cover.units, tiles, cover.offset, moved, cover.outside)


def _parted(layers, geometry, area, threads):
    """Pieces over land cover whose cells hold several types; cut by the units where a mixture table holds for these."""
    mixture = layers.parted.mixing.mixture
    first = (layers.members["unit_set"] == layers.members["unit_set"].iloc[0]).to_numpy()
    ids = layers.members["unit_id"].to_numpy()
    if mixture is None:
        piece, parts = np.arange(len(geometry)), geometry
        names = [ids[0]] * len(piece)
    else:
        cut = overlay(layers.units.geometry[first], geometry, threads=threads)
        piece, parts, names = cut.parcel, cut.geometry, list(ids[first][cut.unit])
    size = ellipsoidal_area(parts, layers.grid.crs)
    kept = size >= LEAST_PIECE
    piece, parts, names = piece[kept], parts[kept], [name for name, keep in zip(names, kept, strict=True) if keep]
    if not len(parts):
        cover = fractions(np.zeros(0, dtype=object), layers.grid)
        return Placed(len(geometry), np.zeros(0, dtype=np.int64), cover, area)
    codes = np.arange(len(parts)).astype(str)
    units = SpatialUnits(geopandas.GeoDataFrame({"unit_id": codes}, geometry=mended(parts), crs=layers.grid.crs))
    land = _of_units(layers, units, names, threads)
    cover = land._cover if isinstance(land, MixedCover) else land.parcels.cover
    return Placed(len(geometry), piece, cover, area, land)


def _of_units(layers, units, names, threads):
    """The land cover of the study for other polygons, with the same types."""
    land = copy.copy(layers.parted)
    land.units, land._lock = units, threading.Lock()
    mixing = layers.parted.mixing
    land.mixing = Mixing(mixing.mixture, mixing.mapped, [*names, *layers.members["unit_id"]])
    if isinstance(land, MixedCover):
        land._cover = trimmed(fractions(units.geometry, layers.grid, threads=threads))
        return land
    near = shapely.STRtree(land._geometry).query(shapely.box(*units.bounds))
    near = np.sort(near)
    position, row = land._shares.rows(near)
    count = np.bincount(position, minlength=len(near))
    land._shares = Shares(np.concatenate([[0], np.cumsum(count)]), land._shares.kind[row], land._shares.share[row])
    land._geometry = land._geometry[near]
    kinds = len(land.mixing.types)
    parcels = Parcels.of(units, land._geometry, None, kinds, layers.grid, shares=land._of_pieces, threads=threads)
    land.parcels = replace(parcels, cover=trimmed(parcels.cover))
    return land


class PieceSums(NamedTuple):
    """Sums per piece, present ecosystem type (the last one is land without a type) and column.

    Parameters
    ----------
    area : array (pieces, types + 1), m2
    quantity : array (pieces, types + 1, columns), 1
    valid : array (pieces, types + 1, columns), m2
    """

    area: np.ndarray
    quantity: np.ndarray
    valid: np.ndarray


def piece_sums(layers, land, columns, make, watch, threads=None, progress=None, blocks=None):
    """Sums of some columns over pieces.

    Parameters
    ----------
    layers : Layers
    land : Placed
    columns : number, 1
        How many there are.
    make : callable (block, index, pick) -> list of array
        Columns of a tile: its block, the position of each present type, and what takes the values of the pairs that are summed
        out of an array of the tile.
    watch : Watch
    threads : number, 1
    progress : callable (done, text)
    blocks : table (tile, LayerBlock)
        Tiles of a plain raster whose layers were read before, a mapping that is filled.

    Returns
    -------
    PieceSums
    """
    count = layers.lookup.missing
    if land.parted is None:

        def read(tile):
            key = (tile.first, tile.shape)
            block = LayerBlock(tile, layers, watch) if blocks is None or key not in blocks else blocks[key]
            made = totals.Block(types=block.index, quantities=make(block, block.index, lambda values: values))
            if blocks is not None:
                block._held = {name: values for name, values in block._held.items() if len(name) <= 2}  # layers, no quantities
                blocks[key] = block
            return made

        scope = np.ones((count + 1, columns), dtype=bool)
        sums = totals.accumulate(layers.grid, land.cover, read, scope, threads=threads, progress=progress)
        return PieceSums(
            *(land.summed(part[:, : count + 1]) for part in (sums.area, np.nan_to_num(sums.quantity), sums.valid_area))
        )
    scope = np.ones((count, columns), dtype=bool)

    def listed(_whole, pairs):
        made = make(pairs, pairs.index, lambda values: np.take(values, pairs.cell)[None, :])
        return [values[0] for values in made]

    quantities = land.parted.quantities(layers, watch, listed)
    sums = land.parted.sums(quantities, scope, threads=threads, progress=progress)
    padded = (np.pad(part, ((0, 0), (0, 1), (0, 0))) for part in (np.nan_to_num(sums.quantity), sums.valid_area))
    return PieceSums(land.summed(sums.area), *(land.summed(part) for part in padded))
