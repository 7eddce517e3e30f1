"""Zones of influence: land outside a footprint that loses a fraction of its services.

A zone is given as polygons, as a ring of a distance around each patch, or as the way of the water below it along the elevation
model of the study. Zones of an alternative leave out its footprints and do not overlap each other: no land loses twice.
"""

import geopandas
import numpy as np
import pandas as pd
import shapely

from ecoval.errors import InputError
from ecoval.grid import read_crs
from ecoval.kernels import flow
from ecoval.layers import terrain
from ecoval.layers.context import Context
from ecoval.layers.opening import open_role, source_of
from ecoval.offset.loss.pieces import on_crs
from ecoval.units.coverage import fractions
from ecoval.units.polygon_area import metres_per_unit
from ecoval.units.validation import mended

LOSS = "loss:"
ALL = "*"


def zones(footprints, polygons=None, *, distance_m=None, downstream_m=None, states=None, loss=None):
    """Zones of influence of patches, in the CRS of the footprints.

    Parameters
    ----------
    footprints : table (alternative_id, patch_id, geometry)
    polygons : table (alternative_id, patch_id, loss:<service>, kind_now, geometry)
        Zones that are given; an empty alternative holds for all, an empty patch for that of the alternative which is nearest.
        `kind_now` only where there is no study.
    distance_m : number, m, > 0
        Ring around each patch; needs a projected CRS.
    downstream_m : number, m, > 0
        Way of the water below each patch; needs `states`, whose study has an elevation model.
    states : States
    loss : table (service, fraction)
        Fraction of each service that is lost in the zone; `*` for all that are not named. Fills empty columns of `polygons`.

    Returns
    -------
    table (alternative_id, patch_id, loss:<service>, geometry)

    Raises
    ------
    InputError
        A distance on a geographic CRS, a fraction outside 0-1, water without an elevation model.
    """
    parts = []
    if polygons is not None and len(polygons):
        parts.append(_given(footprints, polygons))
    if distance_m is not None:
        parts.append(_rings(footprints, distance_m))
    if downstream_m is not None:
        parts.append(_ways(footprints, downstream_m, states))
    if not parts:
        return geopandas.GeoDataFrame({"alternative_id": [], "patch_id": []}, geometry=[], crs=footprints.crs)
    whole = pd.concat(parts, ignore_index=True)
    for service, fraction in (loss or {}).items():
        column = f"{LOSS}{service}"
        whole[column] = whole[column].fillna(fraction) if column in whole else float(fraction)
    _refuse_fractions(whole)
    return _apart(geopandas.GeoDataFrame(whole, geometry="geometry", crs=footprints.crs), footprints)


def fractions_of(zone_table, services):
    """Loss fraction of each zone and service: its own column, that of its service without the item, that of all; else 0.

    Parameters
    ----------
    zone_table : table (loss:<service>)
    services : texts

    Returns
    -------
    array (zones, services), 1, 0-1
    """
    out = np.zeros((len(zone_table), len(services)))
    for column, service in enumerate(services):
        value = np.full(len(zone_table), np.nan)
        for name in (service, service.partition(":")[0], ALL):
            if f"{LOSS}{name}" in zone_table:
                given = zone_table[f"{LOSS}{name}"].to_numpy(dtype=float)
                value = np.where(np.isnan(value), given, value)
        out[:, column] = np.nan_to_num(value)
    return out


def _refuse_fractions(whole):
    columns = [name for name in whole.columns if str(name).startswith(LOSS)]
    for name in columns:
        given = whole[name].to_numpy(dtype=float)
        beyond = given[(given < 0) | (given > 1)]
        if len(beyond):
            raise InputError("offset_loss_fraction", service=name.removeprefix(LOSS), found=float(beyond[0]))


def _given(footprints, polygons):
    """Zones that were given, each with the patch that it belongs to."""
    geometry = on_crs(np.asarray(polygons.geometry.values, dtype=object), polygons.crs, read_crs(footprints.crs))
    rows = []
    for place, shape in enumerate(geometry):
        row = polygons.iloc[place].drop(labels=[polygons.geometry.name]).to_dict()
        alternative, patch = row.pop("alternative_id", None), row.pop("patch_id", None)
        held = {key: value for key, value in row.items() if key == "kind_now" or str(key).startswith(LOSS)}
        wanted = footprints if pd.isna(alternative) else footprints[footprints["alternative_id"].astype(str) == str(alternative)]
        for name, own in wanted.groupby("alternative_id", sort=False):
            distance = shapely.distance(np.asarray(own.geometry.values, dtype=object), shape)
            owner = own["patch_id"].iloc[int(np.argmin(distance))] if pd.isna(patch) else patch
            if owner in set(own["patch_id"]):
                rows.append({"alternative_id": name, "patch_id": owner, "geometry": shape} | held)
    return pd.DataFrame(rows, columns=None if rows else ["alternative_id", "patch_id", "geometry"])


def _rings(footprints, distance_m):
    crs = read_crs(footprints.crs)
    if crs.is_geographic:
        raise InputError("offset_distance_not_projected", crs=crs.name, distance=float(distance_m))
    shapes = shapely.buffer(
        np.asarray(footprints.geometry.values, dtype=object), float(distance_m) / metres_per_unit(crs), quad_segs=16
    )
    return pd.DataFrame({"alternative_id": footprints["alternative_id"], "patch_id": footprints["patch_id"], "geometry": shapes})


def _ways(footprints, downstream_m, states):
    """Cells that the water from each patch passes, up to a length of way."""
    if states is None or "dem" not in states.layers.declaration.layers:
        raise InputError("offset_downstream_without_dem", distance=float(downstream_m))
    grid, directions = directions_of(states)
    shapes = on_crs(np.asarray(footprints.geometry.values, dtype=object), footprints.crs, grid.crs)
    width, height = terrain.cell_sides(grid)
    ways = []
    for shape in shapes:
        start = np.zeros(grid.shape, dtype=bool)
        for tile, runs in fractions(np.array([shape], dtype=object), grid):
            row, col = (a - b for a, b in zip(tile.first, grid.first, strict=True))
            for r, first, end in zip(runs.row, runs.start, runs.end, strict=True):
                start[row + r, col + first : col + end] = True
        ways.append(_cells(downstream(directions, start, np.broadcast_to(width, (grid.rows,)), height, downstream_m), grid))
    shapes = on_crs(np.array(ways, dtype=object), grid.crs, read_crs(footprints.crs))
    return pd.DataFrame({"alternative_id": footprints["alternative_id"], "patch_id": footprints["patch_id"], "geometry": shapes})


def directions_of(states):
    """Grid around the study and the direction of the water in each of its cells (codes of `kernels.flow`), made once.

    Parameters
    ----------
    states : States

    Returns
    -------
    Grid
    array (rows, cols), 1
    """
    if not hasattr(states, "_directions"):
        layers = states.layers
        made = next((plan for plan in layers.plans if "depressions" in plan.options), None)
        context = Context(layers, lambda role, entry: open_role(layers, role, entry), source_of, states.work)
        elevation, grid, _ = terrain._terrain(context)
        width, height = terrain.cell_sides(grid)
        depressions = "fill" if made is None else made.options["depressions"]
        sides = width, height, float(np.sqrt(np.mean(width) * height))
        states._directions = grid, terrain.Drainage(elevation, sides, depressions).directions
    return states._directions


def downstream(directions, start, width, height, length):
    """Cells that water from some cells passes within a length of way.

    Parameters
    ----------
    directions : array (rows, cols), 1
        Codes of `kernels.flow.flow_direction`.
    start : array (rows, cols), 1
        True where the water starts.
    width : vector (rows), m, > 0
        Width of the cells of each row.
    height, length : number, m, > 0

    Returns
    -------
    array (rows, cols), 1
        True at the cells of the way, those of the start included; a cell counts where its centre is within the length.
    """
    rows, cols = directions.shape
    left = np.where(start, float(length), -np.inf).ravel()
    codes = directions.ravel()
    active = np.flatnonzero(start)
    bit = np.full(256, -1)
    bit[1 << np.arange(8)] = np.arange(8)
    while len(active):
        step = bit[codes[active]]
        active, step = active[step >= 0], step[step >= 0]
        row, col = np.divmod(active, cols)
        down, right = flow.ROW_STEP[step], flow.COL_STEP[step]
        rest = left[active] - np.hypot(down * height, right * np.asarray(width)[row])
        target = (row + down) * cols + col + right
        further = rest >= 0
        target, rest = target[further], rest[further]
        before = left[target]
        np.maximum.at(left, target, rest)
        active = np.unique(target[left[target] > before])
    return (left >= 0).reshape(rows, cols)


def _cells(chosen, grid):
    """Outline of cells: runs of each row as boxes, united."""
    padded = np.pad(chosen, ((0, 0), (1, 1))).astype(np.int8)
    change = np.diff(padded, axis=1)
    row, first = np.nonzero(change == 1)
    end = np.nonzero(change == -1)[1]
    left, _, _, top = grid.bounds
    width, height = grid.cell
    boxes = shapely.box(left + first * width, top - (row + 1) * height, left + end * width, top - row * height)
    return shapely.union_all(boxes) if len(boxes) else shapely.Polygon()


def _apart(whole, footprints):
    """Zones without the footprints of their alternative, and without the zones before them."""
    out = np.asarray(whole.geometry.values, dtype=object).copy()
    for name, part in whole.groupby("alternative_id", sort=False):
        own = footprints[footprints["alternative_id"].astype(str) == str(name)]
        taken = shapely.union_all(mended(np.asarray(own.geometry.values, dtype=object)))
        for place in part.index:
            shape = mended(np.array([out[place]], dtype=object))[0]
            out[place] = shapely.difference(shape, taken)
            taken = shapely.union(taken, shape)
    whole = whole.set_geometry(geopandas.GeoSeries(out, index=whole.index, crs=whole.crs))
    return whole[~whole.geometry.is_empty].reset_index(drop=True)
