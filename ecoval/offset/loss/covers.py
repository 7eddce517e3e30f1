"""Loss by a second land cover: the study as it is against the study with the project, cell by cell on one grid.

Direct are the cells inside the footprints, indirect all others whose type differs. Each changed cell is evaluated with the type
that the second land cover gives it; what a service would take from the land beside a cell (no packaged one does) is not seen.
"""

from dataclasses import replace

import geopandas
import numpy as np
import pandas as pd
import shapely

from ecoval import rasters
from ecoval.errors import InputError
from ecoval.kernels import sums as kernel
from ecoval.layers.block import Watch
from ecoval.layers.opening import LANDCOVER, source_of
from ecoval.offset.loss.evaluation import DIFFERENCE, Evaluation
from ecoval.offset.loss.outcome import Outcome
from ecoval.offset.loss.patches import PERMANENT, TEMPORARY, Overlay, by_area, patches, service_kinds
from ecoval.offset.loss.pieces import Placed, on_crs, placed, trimmed
from ecoval.totals.entries import cells_of
from ecoval.totals.sums import tile_powers
from ecoval.units.coverage import Coverage, Runs

ELSEWHERE = "elsewhere"


def cover_losses(states, footprints, areas=None, rule=None, after=None, before=None, ranges=True, threads=None):
    """Yearly loss of each patch, and of all land outside the patches, by a land cover with the project.

    Parameters
    ----------
    states : States
        Of a study with a raster land cover.
    footprints : table (alternative_id, patch_id, impact_type, start, end, geometry)
        Of one alternative; `after_class` is not used.
    areas : Areas
    rule : SpatialRule
    after, before : path
        Land cover with and without the project, in the codes and on the grid of the study; by default `before` is the study's.
    ranges : choice {True, False}
    threads : number, 1

    Returns
    -------
    table
        As `patch_losses`; the land outside the patches is the patch "<alternative>-elsewhere".
    """
    made = patches(footprints.assign(after_class=0))
    names = made["alternative_id"].unique()
    if len(names) != 1:
        raise InputError("offset_cover_alternatives", found=list(names))
    _, kinds, areas = service_kinds(states, areas, rule)
    first = states.layers.members["unit_set"] == states.layers.members["unit_set"].iloc[0]
    whole = shapely.union_all(states.layers.units.geometry[first.to_numpy()])
    own = on_crs(np.asarray(made.geometry.values, dtype=object), made.crs, states.crs)
    rest = shapely.difference(whole, shapely.union_all(own))
    patch = f"{names[0]}-{ELSEWHERE}"
    around = geopandas.GeoDataFrame(
        {"alternative_id": [names[0]], "patch_id": [patch]}, geometry=[rest], crs=states.layers.units.crs
    )
    parts = [Overlay.of(frame, areas, kinds.values()) for frame in (made, around)]
    outcomes = [cover_outcome(states, part.pieces, after, before, ranges, threads) for part in parts]
    every = pd.concat([pd.DataFrame(made.drop(columns="geometry")), _elsewhere(made, names[0], patch)], ignore_index=True)
    return by_area((outcomes[0], parts[0], made), (outcomes[1], parts[1], around), every, kinds)


def _elsewhere(made, alternative, patch):
    """Times of the land outside the patches: temporary where all patches are."""
    passing = (made["impact_type"] == TEMPORARY).all() and made["end"].notna().all()
    row = {"alternative_id": alternative, "patch_id": patch, "impact_type": TEMPORARY if passing else PERMANENT}
    row |= {"start": made["start"].min(), "end": made["end"].max() if passing else np.nan}
    return pd.DataFrame([row | {"recovery_years": made["recovery_years"].max()}])


def cover_outcome(states, pieces, after, before=None, ranges=False, threads=None):
    """What pieces give less per year with another land cover.

    Parameters
    ----------
    states : States
    pieces : table (geometry)
    after, before : path
    ranges : choice {True, False}
    threads : number, 1

    Returns
    -------
    Outcome
        Areas are those of the cells that change.
    """
    layers = states.layers
    if layers.parted is not None:
        raise InputError("offset_cover_of_parcels", path=str(layers.parted.path))
    readers = [_reader(layers, path) if path is not None else layers.readers["landcover"] for path in (after, before)]
    land = placed(layers, pieces, threads)
    products = states.items[~states.items["service"].isin([entry.service for entry in states.entries])]
    names = [*(entry.service for entry in states.entries), *products["service"]]
    total = Outcome.empty(names, states.items.set_index("service")["uom"].reindex(names).tolist(), len(pieces))
    total.quantity[:] = 0.0
    every = np.ones(len(pieces), dtype=bool)
    changed, lost = _changed(layers, land, readers)
    for kind, cover in changed.items():
        part = Outcome.empty(total.services, total.uoms, len(pieces))
        some = Placed(len(pieces), land.piece, cover, None)
        evaluation = Evaluation(layers, states.entries, DIFFERENCE, states.changed(kind), ranges)
        evaluation.add(some, Watch(), threads)
        sums = evaluation.put(some, part, every)
        states._put_products(part, states._products[1], states.changed(kind), DIFFERENCE, (every, sums.area, sums.area.sum(axis=1)))
        total.add(part)
    total.missing += lost[:, None]
    return total


def _reader(layers, path):
    """Aligned reader of another land cover on the grid of the study.

    Raises
    ------
    InputError
        Where its cells are not those of the grid.
    """
    declared = replace(layers.declaration.layers["landcover"], template=str(path))
    aligned = rasters.align(source_of(declared, layers.year, LANDCOVER), layers.grid)
    if not aligned.native:
        raise InputError("offset_cover_not_on_grid", path=str(path), how=aligned.described("en"))
    return aligned


def _changed(layers, land, readers):
    """Coverage of the cells that change, by their new type, and the area whose new type is not known."""
    found, lost = {}, np.zeros(land.count)
    for number, (tile, runs) in enumerate(land.cover):
        now, then = (layers.lookup.index(reader.read(tile))[0].ravel() for reader in (readers[1], readers[0]))
        run, cell = cells_of(runs, tile.cols)
        moved = now[cell] != then[cell]
        run, cell = run[moved], cell[moved]
        kind = then[cell]
        area = np.empty(tile.shape)
        kernel.cell_areas(tile_powers(tile), tile.tile_column, area)
        gone = kind == layers.lookup.missing
        np.add.at(lost, land.piece[runs.unit[run[gone]]], runs.weight[run[gone]] * area.ravel()[cell[gone]])
        for position in np.unique(kind[~gone]):
            chosen = kind == position
            row, col = np.divmod(cell[chosen], tile.cols)
            part = (runs.unit[run[chosen]], row, col, col + 1, runs.weight[run[chosen]])
            found.setdefault(layers.lookup.types[position], {})[number] = part
    return {kind: _covering(land.cover, parts) for kind, parts in sorted(found.items())}, lost


def _covering(cover, parts):
    numbers = sorted(parts)
    count = [len(parts[number][0]) for number in numbers]
    kinds = (np.int32, np.int16, np.int16, np.int16, np.float64)
    columns = zip(*(parts[number] for number in numbers), strict=True)
    runs = Runs(*(np.concatenate(column).astype(kind) for column, kind in zip(columns, kinds, strict=True)))
    offset = np.concatenate([[0], np.cumsum(count)])
    return trimmed(Coverage(cover.grid, cover.units, [cover.tiles[n] for n in numbers], offset, runs, np.zeros_like(cover.outside)))
