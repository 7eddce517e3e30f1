"""LS, slope and latitude: layers made from the elevation model and the grid."""

import numpy as np

from ecoval import rasters
from ecoval.grid import geodetic, transformation
from ecoval.kernels import fill, flow, terrain
from ecoval.services import rusle
from ecoval.services.declaration import Input

DEM = Input("dem", "m", low=-500, high=9000)
HELD_BYTES = 256 * 2**20  # a prepared layer beyond this is kept on disk
MARGIN = 128  # cells around the grid from which water may come


def slope_length_factor(context, made, numbers):
    """LS over the grid and a margin: fill or breach, D8, accumulation, Horn slope."""
    options = made.options
    method = options.get("ls", "invest")
    if method == "invest":
        numbers.source = "INVEST"
    grid = context.layers.grid.enlarged(MARGIN)
    elevation = _elevation(context, grid)
    width, height = cell_sides(grid)
    cell = float(np.sqrt(np.mean(width) * height))
    slope = terrain.slope(elevation, width, height)
    if method == "invest":
        accumulation = _accumulation(elevation, width, height, options)
        constants = rusle.InvestConstants.of(numbers)
        values = rusle.ls_invest(slope, accumulation, cell, reference=numbers["L_reference", "*"], constants=constants)
    else:
        values = _by_method(method, elevation, slope, (width, height, cell), options, numbers)
    # the slope is missing where the elevation is; an accumulation counts valid cells alone
    values = np.where(np.isnan(elevation), np.float32(np.nan), values)
    note = {
        "code": "ls_prepared",
        "method": method,
        "routing": options.get("depressions", "fill"),
        "cell": cell,
        "margin": MARGIN,
    }
    return held(context, values, grid, "ls"), "1", note


def _by_method(method, elevation, slope, sides, options, numbers):
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
        return rusle.ls_desmet_govers(eastward, northward, inlet, cell, **common)
    return rusle.ls_hj1173(slope, _length(elevation, slope, sides, options, numbers), **common)


def _length(elevation, slope, sides, options, numbers):
    """Slope length by the option `length`; channels from `channel_cells` cells on where the study gives it."""
    width, height, cell = sides
    way = options.get("length", "cell")
    if way == "cell":
        return rusle.cell_length(slope, cell)
    directions = _directions(elevation, width, height, options)
    accumulation = flow.flow_accumulation(directions)
    least = numbers.optional("channel_cells")
    channel = None if least is None else accumulation >= least
    if way == "accumulation":
        return rusle.accumulation_length(accumulation, cell, channel)
    cutoffs = {name: numbers["slope_cutoff", name] for name in ("steep", "cutoff_steep", "cutoff_gentle")}
    return flow.flow_length(directions, slope, width, height, channel=channel, **cutoffs)


def _directions(elevation, width, height, options):
    drained = fill.breach(elevation) if options.get("depressions") == "breach" else fill.fill(elevation)
    return flow.flow_direction(drained, width, height)


def _accumulation(elevation, width, height, options):
    return np.maximum(flow.flow_accumulation(_directions(elevation, width, height, options)), 1.0)


def _elevation(context, grid):
    """Elevation on a grid, the margin included, checked for its range by the pass where it is read there."""
    source = context.source_of(context.require("dem"), context.layers.year, DEM)
    with rasters.align(source, grid) as aligned:
        context.layers.opened("dem", aligned)
        values = aligned.read()
    context.layers.inputs.append(("dem", source.path))
    return values


def slope_angle(context, made, numbers):
    """Tangent of the slope angle (Horn)."""
    del made, numbers
    grid = context.layers.grid.enlarged(1)
    elevation = _elevation(context, grid)
    values = terrain.slope(elevation, *cell_sides(grid))
    return held(context, values, grid, "slope"), "1", {"code": "slope_prepared"}


def latitude(context, made, numbers):
    """Latitude of each cell."""
    del made, numbers
    return Latitude(context.layers.grid.crs), "deg", {"code": "latitude_prepared"}


class Latitude:
    """Latitude of the cell centres of a tile."""

    def __init__(self, crs):
        self._operation = transformation(crs, geodetic(crs))

    def read(self, tile):
        """Degrees north: array (rows, cols)."""
        left, _, _, top = tile.bounds
        easting = left + (np.arange(tile.cols) + 0.5) * tile.cell[0]
        northing = top - (np.arange(tile.rows) + 0.5) * tile.cell[1]
        return self._operation.transform(*np.meshgrid(easting, northing))[1].astype(np.float32)


def cell_sides(grid):
    """Width of the cells of each row and height of a cell, m."""
    width, height = grid.cell_size_m
    if not grid.is_geographic:
        return width, height
    _, bottom, _, top = grid.bounds
    middle = np.cos(np.radians((bottom + top) / 2))
    rows = top - (np.arange(grid.rows) + 0.5) * grid.cell[1]
    return width * np.cos(np.radians(rows)) / middle, height


def held(context, values, grid, name):
    """Aligned reader of an array; large ones are written into the work folder and read by window."""
    values = np.asarray(values, dtype=np.float32)
    if values.nbytes > HELD_BYTES:
        path = rasters.write(context.work / f"{name}.tif", values, grid)
        source = rasters.Source(path, kind="intensive")
    else:
        source = rasters.Source.of((values, grid.transform, grid.crs), kind="intensive")
    return rasters.align(source, context.layers.grid)
