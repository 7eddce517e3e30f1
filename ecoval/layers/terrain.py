"""LS, slope and latitude: layers made from the elevation model and the grid."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import numpy as np

from ecoval import rasters
from ecoval.errors import InputError
from ecoval.grid import CRS, Grid, geodetic, same_crs, transformation
from ecoval.kernels import fill, flow, terrain
from ecoval.layers.block import ServicePlan
from ecoval.layers.context import Context, Numbers, Prepared
from ecoval.services import rusle
from ecoval.services.declaration import Input

DEM = Input("dem", "m", low=-500, high=9000)
HELD_BYTES = 256 * 2**20  # a prepared layer beyond this is kept on disk
WHOLE_CELLS = 40_000_000  # cells of an elevation model that is worked as a whole
MARGIN = 512  # cells around the grid from which water may come

Width = float | np.ndarray  # of a cell, or of the cells of each row, m
Sides = tuple[Width, float, float]  # width, height, side of the square of the same area, m


def slope_length_factor(context: Context, made: ServicePlan, numbers: Numbers) -> Prepared:
    """LS over the grid and a margin: fill or breach, D8, accumulation, Horn slope."""
    options = made.options
    method = options.get("ls", "invest")
    if method == "invest":
        numbers.source = "INVEST"
    elevation, grid, margin = _terrain(context)
    width, height = cell_sides(grid)
    cell = float(np.sqrt(np.mean(width) * height))
    slope = terrain.slope(elevation, width, height)
    if method == "invest":
        key: tuple[object, ...] = (
            "accumulation",
            options.get("depressions"),
            grid.crs.to_wkt(),
            grid.anchor,
            grid.cell,
            grid.first,
            grid.shape,
        )
        paths = [context.source_of(context.require("dem"), context.layers.year, DEM).path]
        key += (repr(context.require("dem")),)
        accumulation = context.prepared(key, paths, lambda: _accumulation(elevation, width, height, options))
        constants = rusle.InvestConstants.of(numbers)
        values = rusle.ls_invest(slope, accumulation, cell, reference=numbers["L_reference", "*"], constants=constants)
    else:
        values = _by_method(method, elevation, slope, (width, height, cell), options, numbers)
    # the slope is missing where the elevation is; an accumulation counts valid cells alone
    values = np.where(np.isnan(elevation), np.float32(np.nan), values)
    note = {
        "code": "ls_prepared" if margin < 0 else "ls_window_prepared",
        "method": method,
        "routing": options.get("depressions", "fill"),
        "cell": cell,
        "margin": margin,
    }
    return held(context, values, grid, "ls"), "1", note


def _by_method(
    method: str, elevation: np.ndarray, slope: np.ndarray, sides: Sides, options: Mapping[str, str], numbers: Numbers
) -> np.ndarray:
    width, height, cell = sides
    steps = options.get("m") == "steps"
    exponent = rusle.StepExponent.of(numbers) if steps else rusle.RillExponent.of(numbers)
    common = {
        "reference": numbers["L_reference", "*"],
        "exponent": exponent,
        "steepness": rusle.Steepness.of(numbers),
        "max_length": numbers["max_length", "*"],
    }
    if method == "desmet_govers":
        eastward, northward = terrain.gradient(elevation, width, height)
        inlet = (_accumulation(elevation, width, height, options) - 1.0) * cell * cell
        return cast(np.ndarray, rusle.ls_desmet_govers(eastward, northward, inlet, cell, **common))
    return cast(np.ndarray, rusle.ls_hj1173(slope, _length(elevation, slope, sides, options, numbers), **common))


def _length(elevation: np.ndarray, slope: np.ndarray, sides: Sides, options: Mapping[str, str], numbers: Numbers) -> np.ndarray:
    """Slope length by the option `length`; channels from `channel_cells` cells on where the study gives it."""
    width, height, cell = sides
    way = options.get("length", "cell")
    if way == "cell":
        return cast(np.ndarray, rusle.cell_length(slope, cell))
    directions = _directions(elevation, width, height, options)
    accumulation = flow.flow_accumulation(directions)
    least = numbers.optional("channel_cells")
    channel = None if least is None else accumulation >= least
    if way == "accumulation":
        return cast(np.ndarray, rusle.accumulation_length(accumulation, cell, channel))
    cutoffs = {name: numbers["slope_cutoff", name] for name in ("steep", "cutoff_steep", "cutoff_gentle")}
    return cast(np.ndarray, flow.flow_length(directions, slope, width, height, channel=channel, **cutoffs))


def _directions(elevation: np.ndarray, width: Width, height: float, options: Mapping[str, str]) -> np.ndarray:
    drained = fill.breach(elevation) if options.get("depressions") == "breach" else fill.fill(elevation)
    return cast(np.ndarray, flow.flow_direction(drained, width, height))


def _accumulation(elevation: np.ndarray, width: Width, height: float, options: Mapping[str, str]) -> np.ndarray:
    return cast(np.ndarray, np.maximum(flow.flow_accumulation(_directions(elevation, width, height, options)), 1.0))


def _terrain(context: Context) -> tuple[np.ndarray, Grid, int]:
    """Elevation over all of the model, so that no result depends on where the units end; a margin where that is too large."""
    source = context.source_of(context.require("dem"), context.layers.year, DEM)
    place = context.layers.grid
    whole = place.covered(bounds_in(source.grid, place.crs))
    if whole.rows * whole.cols <= WHOLE_CELLS:
        return _elevation(context, source, whole), whole, -1
    grid = place.enlarged(MARGIN)
    return _elevation(context, source, grid), grid, MARGIN


def bounds_in(grid: Grid, crs: CRS) -> tuple[float, float, float, float]:
    """Bounds of a grid in another CRS, from a net of points over it."""
    left, bottom, right, top = grid.bounds
    if same_crs(grid.crs, crs):
        return left, bottom, right, top
    along = np.linspace(0.0, 1.0, 21)
    net = np.meshgrid(left + along * (right - left), bottom + along * (top - bottom))
    easting, northing = transformation(grid.crs, crs).transform(*net)
    return easting.min(), northing.min(), easting.max(), northing.max()


def _elevation(context: Context, source: rasters.Source, grid: Grid) -> np.ndarray:
    """Elevation on a grid; refused where its range cannot be that of land.

    Raises
    ------
    InputError
    """
    with rasters.align(source, grid) as aligned:
        context.layers.opened("dem", aligned)
        values: np.ndarray = aligned.read()
    context.layers.inputs.append(("dem", source.path))
    low, high = np.fmin.reduce(values, axis=None), np.fmax.reduce(values, axis=None)
    if low < DEM.low or high > DEM.high:
        beyond = int(np.count_nonzero((values < DEM.low) | (values > DEM.high)))
        found = {"cells": beyond, "smallest": float(low), "largest": float(high)}
        expected = {"low": DEM.low, "high": DEM.high, "uom": DEM.measure}
        raise InputError("layer_out_of_range", role="dem", path=str(source.path), **found, **expected)
    return values


def slope_angle(context: Context, made: ServicePlan, numbers: Numbers) -> Prepared:
    """Tangent of the slope angle (Horn)."""
    del made, numbers
    grid = context.layers.grid.enlarged(1)
    elevation = _elevation(context, context.source_of(context.require("dem"), context.layers.year, DEM), grid)
    values = terrain.slope(elevation, *cell_sides(grid))
    return held(context, values, grid, "slope"), "1", {"code": "slope_prepared"}


def latitude(context: Context, made: ServicePlan, numbers: Numbers) -> Prepared:
    """Latitude of each cell."""
    del made, numbers
    return Latitude(context.layers.grid.crs), "deg", {"code": "latitude_prepared"}


class Latitude:
    """Latitude of the cell centres of a tile."""

    def __init__(self, crs: CRS) -> None:
        self._operation = transformation(crs, geodetic(crs))

    def read(self, tile: Grid) -> np.ndarray:
        """Degrees north: array (rows, cols)."""
        left, _, _, top = tile.bounds
        easting = left + (np.arange(tile.cols) + 0.5) * tile.cell[0]
        northing = top - (np.arange(tile.rows) + 0.5) * tile.cell[1]
        return self._operation.transform(*np.meshgrid(easting, northing))[1].astype(np.float32)


def cell_sides(grid: Grid) -> tuple[Width, float]:
    """Width of the cells of each row and height of a cell, m."""
    width, height = grid.cell_size_m
    if not grid.is_geographic:
        return width, height
    _, bottom, _, top = grid.bounds
    middle = np.cos(np.radians((bottom + top) / 2))
    rows = top - (np.arange(grid.rows) + 0.5) * grid.cell[1]
    return width * np.cos(np.radians(rows)) / middle, height


def held(context: Context, values: np.ndarray, grid: Grid, name: str) -> rasters.Aligned:
    """Aligned reader of an array; large ones are written into the work folder and read by window."""
    values = np.asarray(values, dtype=np.float32)
    if values.nbytes > HELD_BYTES:
        path = rasters.write(context.work / f"{name}.tif", values, grid)
        source = rasters.Source(path, kind="intensive")
    else:
        source = rasters.Source.of((values, grid.transform, grid.crs), kind="intensive")
    return rasters.align(source, context.layers.grid)
