"""Erodibility from soil maps and cover from NDVI, cell by cell while a tile is in memory."""

from __future__ import annotations

from typing import Any

import numpy as np

from ecoval.layers.block import Derived, ServicePlan
from ecoval.layers.context import Context, Numbers, Prepared
from ecoval.services import cover, rusle
from ecoval.services.declaration import Input

PERCENT: dict[str, Any] = {"low": 0, "high": 100}
SOIL = tuple(Input(f"soil_{name}", "%", **PERCENT) for name in ("sand", "silt", "clay"))
CARBON = Input("soil_organic_carbon", "%", **PERCENT)
MATTER = Input("soil_organic_matter", "%", **PERCENT)
ROCK = Input("soil_coarse_fragments", "%", **PERCENT)
UOM = "t ha h ha-1 MJ-1 mm-1"
NDVI = Input("ndvi", "1", low=-1, high=1)
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
    constants = {"ratio": ratio, "method": method, "correction": correction}
    note = {"code": "erodibility_stones_prepared" if "rock" in roles else "erodibility_prepared", "method": method}
    return Derived(erodibility_of, UOM, roles, constants, known=True), UOM, note


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
) -> np.ndarray:
    """K of each cell; cells without a known ecosystem type are missing and not checked.

    Raises
    ------
    InputError
        For a texture that does not add up.
    """
    rock = None if rock is None else np.nan_to_num(rock)
    if known is not None:
        sand = np.where(known, sand, np.nan)
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
    rusle.fine_earth(sand, silt, clay, None if rock is None else np.nan_to_num(rock))


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
