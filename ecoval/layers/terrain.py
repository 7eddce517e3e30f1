"""LS, slope and latitude: layers made from the elevation model and the grid."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property

import numpy as np

from ecoval import rasters
from ecoval.grid import CRS, Grid, bounds_in, geodetic, transformation
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
KeptArray = Callable[[str, Callable[[], np.ndarray]], np.ndarray]  # an array by its name, or what makes it


def made_anew(_name: str, make: Callable[[], np.ndarray]) -> np.ndarray:
    """An array of which nothing is kept."""
    return make()


class Drainage:
    """What drains an elevation model, each array made when it is first asked for: the drained surface, directions, accumulation."""

    def __init__(self, elevation: np.ndarray, sides: Sides, depressions: str, arrays: KeptArray = made_anew) -> None:
        self.elevation, self.sides, self.depressions, self.arrays = elevation, sides, depressions, arrays

    @cached_property
    def drained(self) -> np.ndarray:
        """Elevation without hollows, m."""
        return fill.breach(self.elevation) if self.depressions == "breach" else fill.fill(self.elevation)

    @cached_property
    def directions(self) -> np.ndarray:
        """D8 over the drained surface."""
        return flow.flow_direction(self.drained, *self.sides[:2])

    @cached_property
    def accumulation(self) -> np.ndarray:
        """Cells that drain through a cell, itself included."""
        return self.arrays("accumulation", lambda: np.maximum(flow.flow_accumulation(self.directions), 1.0))

    @cached_property
    def filled_slope(self) -> np.ndarray:
        """Tangent of the slope of the drained surface (Horn)."""
        return self.arrays("filled slope", lambda: terrain.slope(self.drained, *self.sides[:2]))


def slope_length_factor(context: Context, made: ServicePlan, numbers: Numbers) -> Prepared:
    """LS over the grid and a margin: fill or breach, D8, accumulation, Horn slope of the drained or the raw elevation."""
    options = made.options
    method, depressions = options.get("ls", "invest"), options.get("depressions", "fill")
    if method == "invest":
        numbers.source = "INVEST"
    elevation, grid, margin = _terrain(context)
    width, height = cell_sides(grid)
    sides = width, height, float(np.sqrt(np.mean(width) * height))
    paths = [context.source(DEM).path]
    place = (depressions, grid.crs.to_wkt(), grid.anchor, grid.cell, grid.first, grid.shape, repr(context.require("dem")))
    drainage = Drainage(elevation, sides, depressions, lambda name, make: context.prepared((name, *place), paths, make))
    slope = drainage.filled_slope if options["slope"] == "filled" else terrain.slope(elevation, width, height)
    channel, channels = None, "in"
    if options["channels"] == "out":
        least = numbers["channel_cells", "*"]
        channel, channels = drainage.accumulation >= least, f"out (>= {least:g})"
    if method == "invest":
        constants = rusle.InvestConstants.of(numbers)
        reference = numbers["L_reference", "*"]
        values = rusle.ls_invest(slope, drainage.accumulation, sides[2], reference=reference, constants=constants)
    else:
        values = _by_method(method, drainage, slope, channel, options, numbers)
    if channel is not None:
        values = np.where(channel, np.float32(0), values)
    # the slope is missing where the elevation is; an accumulation counts valid cells alone
    values = np.where(np.isnan(elevation), np.float32(np.nan), values)
    note = {
        "code": "ls_prepared" if margin < 0 else "ls_window_prepared",
        "method": method,
        "routing": depressions,
        "slope": options["slope"],
        "channels": channels,
        "cell": sides[2],
        "margin": margin,
    }
    return held(context, values, grid, "ls"), "1", note


def _by_method(
    method: str, drainage: Drainage, slope: np.ndarray, channel: np.ndarray | None, options: Mapping[str, str], numbers: Numbers
) -> np.ndarray:
    width, height, cell = drainage.sides
    steps = options.get("m") == "steps"
    exponent = rusle.StepExponent.of(numbers) if steps else rusle.RillExponent.of(numbers)
    reference, steepness, longest = numbers["L_reference", "*"], rusle.Steepness.of(numbers), numbers["max_length", "*"]
    if method == "desmet_govers":
        surface = drainage.drained if options["slope"] == "filled" else drainage.elevation
        eastward, northward = terrain.gradient(surface, width, height)
        inlet = (drainage.accumulation - 1.0) * cell * cell
        return rusle.ls_desmet_govers(
            eastward, northward, inlet, cell, reference=reference, exponent=exponent, steepness=steepness, max_length=longest
        )
    length = _length(drainage, slope, channel, options, numbers)
    return rusle.ls_hj1173(slope, length, reference=reference, exponent=exponent, steepness=steepness, max_length=longest)


def _length(
    drainage: Drainage, slope: np.ndarray, channel: np.ndarray | None, options: Mapping[str, str], numbers: Numbers
) -> np.ndarray:
    """Slope length by the option `length`; none in channels, which end a slope."""
    width, height, cell = drainage.sides
    way = options.get("length", "cell")
    if way == "cell":
        return rusle.cell_length(slope, cell)
    if way == "accumulation":
        return rusle.accumulation_length(drainage.accumulation, cell, channel)
    cutoffs = {name: numbers["slope_cutoff", name] for name in ("steep", "cutoff_steep", "cutoff_gentle")}
    return flow.flow_length(drainage.directions, slope, width, height, channel=channel, **cutoffs)


def _terrain(context: Context) -> tuple[np.ndarray, Grid, int]:
    """Elevation over all of the model, so that no result depends on where the units end; a margin where that is too large."""
    source = context.source(DEM)
    place = context.part(context.layers.grid)
    whole = place if context.trial else place.covered(bounds_in(source.grid, place.crs))
    if whole.rows * whole.cols <= WHOLE_CELLS:
        return _elevation(context, source, whole), whole, -1
    grid = place.enlarged(MARGIN)
    return _elevation(context, source, grid), grid, MARGIN


def _elevation(context: Context, source: rasters.Source, grid: Grid) -> np.ndarray:
    """Elevation on a grid, m; refused where its range cannot be that of land.

    Raises
    ------
    InputError
    """
    with rasters.align(source, grid) as aligned:
        context.layers.opened("dem", aligned)
        return context.within(DEM, source, aligned.read())


def slope_angle(context: Context, made: ServicePlan, numbers: Numbers) -> Prepared:
    """Tangent of the slope angle (Horn)."""
    del made, numbers
    grid = context.part(context.layers.grid).enlarged(1)
    elevation = _elevation(context, context.source(DEM), grid)
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
