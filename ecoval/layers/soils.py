"""Erodibility from soil maps and cover from NDVI, cell by cell while a tile is in memory."""

from __future__ import annotations

import contextlib
from typing import Any, cast

import numpy as np
import shapely

from ecoval import rasters
from ecoval.layers.block import Derived, ServicePlan
from ecoval.layers.context import Context, Numbers, Prepared
from ecoval.rasters import Aligned
from ecoval.services import cover, rusle
from ecoval.services.declaration import Input

PERCENT: dict[str, Any] = {"low": 0, "high": 100}
SOIL = tuple(Input(f"soil_{name}", "%", **PERCENT) for name in ("sand", "silt", "clay"))
CARBON = Input("soil_organic_carbon", "%", **PERCENT)
MATTER = Input("soil_organic_matter", "%", **PERCENT)
ROCK = Input("soil_coarse_fragments", "%", **PERCENT)
UOM = "t ha h ha-1 MJ-1 mm-1"
NDVI = Input("ndvi", "1", low=-1, high=1)
CHECKED_CELLS = 4_000_000  # of soil layers that a check looks at as a whole
INPUTS = (*SOIL, CARBON, MATTER, ROCK, NDVI)


def erodibility_layer(context: Context, made: ServicePlan, numbers: Numbers) -> Prepared:
    """K by the option `k` from texture and organic carbon; coarse fragments divide the shares where they are given."""
    method = made.options.get("k", "hj1173")
    correction = rusle.ErodibilityCorrection.of(numbers)
    roles = {}
    for entry in SOIL:
        context.open_role(entry.role, entry)
        roles[entry.role.removeprefix("soil_")] = (entry.role, "%")
    ratio = None  # organic matter per organic carbon, where the map is of matter
    if CARBON.role in context.declared:
        context.open_role(CARBON.role, CARBON)
        roles["carbon"] = (CARBON.role, "%")
    else:
        context.open_role(MATTER.role, MATTER)
        roles["carbon"] = (MATTER.role, "%")
        ratio = numbers["om_to_oc", "*"]
    if ROCK.role in context.declared:
        context.open_role(ROCK.role, ROCK)
        roles["rock"] = (ROCK.role, "%")
    texture = (*SOIL, *((ROCK,) if "rock" in roles else ()))
    rims = _of_one_lattice(context, texture)
    if rims:
        _check_own_cells(context, texture)
    constants = {"ratio": ratio, "method": method, "correction": correction, "rims": rims}
    note = {"code": "erodibility_stones_prepared" if "rock" in roles else "erodibility_prepared", "method": method}
    return Derived(erodibility_of, UOM, roles, constants, known=True), UOM, note


def _of_one_lattice(context: Context, texture: tuple[Input, ...]) -> bool:
    """Whether the parts of the texture are resampled from cells of their own, the same ones for all."""
    readers = [context.layers.readers[entry.role] for entry in texture]
    if not all(isinstance(reader, Aligned) and not reader.native for reader in readers):
        return False
    first, *others = (cast(Aligned, reader).source.grid for reader in readers)
    return all(other == first for other in others)


def _check_own_cells(context: Context, texture: tuple[Input, ...]) -> None:
    """Nothing where the texture of every cell of the layers themselves adds up, of those whose centre is in a unit.

    On the study's cells it cannot be asked of all: beside a gap of one layer the others are interpolated from more neighbours.

    Raises
    ------
    InputError
        `texture_sum`.
    """
    sources = [context.source(entry) for entry in texture]
    grid = sources[0].grid
    units = context.layers.units.to_crs(grid.crs)
    part = grid.clipped(units.bounds)
    if part is None:
        return
    if context.trial and part.rows * part.cols > CHECKED_CELLS:
        part = context.part(part)
    land = shapely.STRtree(units.geometry)
    with contextlib.ExitStack() as stack:
        opened = [stack.enter_context(rasters.align(source)) for source in sources]
        for tile in part.tiles():
            values = [aligned.read(tile) for aligned in opened]
            rows, cols = np.nonzero(~rusle.adds_up(*values) & np.isfinite(values[0] + values[1] + values[2]))
            left, _, _, top = tile.bounds
            centres = shapely.points(left + (cols + 0.5) * tile.cell[0], top - (rows + 0.5) * tile.cell[1])
            inside = np.unique(land.query(centres, predicate="intersects")[0])
            check_texture(*(each[rows[inside], cols[inside]] for each in values))


def erodibility_of(
    sand: np.ndarray,
    silt: np.ndarray,
    clay: np.ndarray,
    carbon: np.ndarray,
    method: str,
    correction: rusle.ErodibilityCorrection,
    ratio: float | None = None,
    rock: np.ndarray | None = None,
    known: np.ndarray | None = None,
    rims: bool = False,
) -> np.ndarray:
    """K of each cell; cells without a known ecosystem type are missing and not checked.

    With `rims` the texture was checked on cells of its own, and one that does not add up here lies beside a gap of one of its
    parts: it is missing.

    Raises
    ------
    InputError
        For a texture that does not add up.
    """
    if known is not None:
        sand = np.where(known, sand, np.nan)
    if rims:
        sand = np.where(rusle.adds_up(sand, silt, clay, rock), sand, np.nan)
    soil = rusle.fine_earth(sand, silt, clay, rock)
    carbon = carbon if ratio is None else rusle.organic_carbon(carbon, ratio)
    return rusle.erodibility(soil.sand, soil.silt, soil.clay, carbon, method, correction)


def check_texture(sand: np.ndarray, silt: np.ndarray, clay: np.ndarray, rock: np.ndarray | None = None) -> None:
    """Nothing where the texture of every cell adds up.

    Raises
    ------
    InputError
        `texture_sum`.
    """
    rusle.fine_earth(sand, silt, clay, rock)


def cover_layer(context: Context, made: ServicePlan, numbers: Numbers) -> Prepared:
    """Vegetation cover in per cent from NDVI, with the study's NDVI of bare soil and of full cover."""
    del made
    context.open_role(NDVI.role, NDVI)
    constants = {"ndvi_soil": numbers["ndvi_soil", "*"], "ndvi_vegetation": numbers["ndvi_vegetation", "*"]}
    note = {"code": "cover_prepared", **constants}
    return Derived(cover_of, "%", {"ndvi": ("ndvi", "1")}, constants), "%", note


def cover_of(ndvi: np.ndarray, ndvi_soil: float, ndvi_vegetation: float) -> np.ndarray:
    """Cover of each cell, clipped to 0-100 per cent."""
    return cover.cover_from_ndvi(ndvi, ndvi_soil, ndvi_vegetation).factor
