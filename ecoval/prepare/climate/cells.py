"""Products of gridded series: worked out on the series' own cells, window by window, then put onto the target grid."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, cast

import numpy as np
import pandas as pd

from ecoval import rasters
from ecoval.declarations import WORKED_OUT, Key, columns
from ecoval.errors import Cancelled, InputError
from ecoval.grid import Grid, geodetic, read_crs, same_crs, transformation
from ecoval.prepare.climate import times
from ecoval.prepare.climate.gridded import TURN, Days, GridSeries
from ecoval.prepare.climate.reading import Reading
from ecoval.prepare.climate.times import DateVector
from ecoval.prepare.climate.wanted import Wanted
from ecoval.prepare.recipe import note
from ecoval.totals.blocks import Progress

MARGIN = 4  # cells of the series around the target, for interpolation
EDGE = 33  # points along each side of a grid whose bounds go to another CRS
LISTED = 40


@dataclass(frozen=True)
class FileDaysRow:
    """Days of a gridded series, and those that were filled."""

    role: Annotated[str, Key("what the file holds", "要素")]
    file: Annotated[str, Key("name of the file", "文件名")]
    first: Annotated[str, Key("first day", "首日")]
    last: Annotated[str, Key("last day", "末日")]
    days: Annotated[int, Key("days between them", "天数", low=1, free=WORKED_OUT)]
    filled: Annotated[int, Key("days that were filled", "填补的天数", low=0, free=WORKED_OUT)]
    rule: Annotated[str, Key("by which they were filled; -: none", "填补规则；- 为无")]
    filled_days: Annotated[str, Key("the first of them", "填补的日期（前若干个）")]


@dataclass(frozen=True)
class BandRow:
    """Values of a band on the cells of the series."""

    band: Annotated[str, Key("band of the layer", "波段")]
    lowest: Annotated[float | None, Key("smallest value, in uom", "最小值，单位见 uom", free=WORKED_OUT)]
    mean: Annotated[float | None, Key("mean of the cells, in uom", "各像元平均值，单位见 uom", free=WORKED_OUT)]
    highest: Annotated[float | None, Key("largest value, in uom", "最大值，单位见 uom", free=WORKED_OUT)]
    missing: Annotated[float, Key("share of cells without a value", "缺值像元的比例", low=0, high=1, measure="1")]
    uom: Annotated[str, Key("unit of measure of the values", "数值的计量单位")]


@dataclass
class Made:
    """What a product was made of: its days, quality tables and notes."""

    dates: np.ndarray
    series: pd.DataFrame
    quality: dict[str, pd.DataFrame] = field(default_factory=dict)
    notes: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class ProductGrid:
    """Grid of the product as the user says it, and the elevation of its cells."""

    like: Path | None
    cell: float | None
    crs: str | None
    bounds: Sequence[float] | None
    dem: Path | None

    def grid(self, own: Grid | None = None) -> Grid:
        """The grid: of a raster, of cell size, CRS and bounds, or the series' own.

        Parameters
        ----------
        own : Grid
            None for stations.

        Raises
        ------
        InputError
            Where nothing names a grid.
        """
        if self.like is not None:
            return rasters.Source(self.like).grid
        if self.cell is None and self.crs is None and self.bounds is None and own is not None:
            return own
        if self.cell is None or self.crs is None or self.bounds is None:
            given = {"cell": self.cell, "crs": self.crs, "bounds": self.bounds}
            absent = [name for name, value in given.items() if value is None]
            raise InputError("climate_grid_unsaid", absent=absent)
        return Grid.covering(self.bounds, self.crs, float(self.cell))

    def elevation(self, grid: Grid) -> np.ndarray:
        """Elevation of the cells of a grid.

        Returns
        -------
        array (rows, cols), m

        Raises
        ------
        InputError
            Where no elevation raster is given.
        """
        if self.dem is None:
            raise InputError("climate_dem_absent")
        return np.asarray(rasters.Source(self.dem, measure="m").read(grid))


def made(
    files: Mapping[str, list[Path]],
    wanted: Wanted,
    asked: Reading,
    place: ProductGrid,
    years: Sequence[int] | None,
    fill: str | None,
    out: Path,
    progress: Progress | None,
) -> Made:
    """Write a product of gridded series.

    Parameters
    ----------
    years : pair of number, yr
    """
    if fill == "nearest_station":
        raise InputError("climate_fill_stations_only")
    series = {role: GridSeries(role, files.get(role) or files.get("") or [], asked) for role in wanted.roles}
    try:
        first = series[wanted.roles[0]]
        for other in series.values():
            other.grid.require_match(first.grid, (other.name, first.name))
        target = place.grid(first.grid)
        part = _part(first.grid, target)
        dates = _dates(series, years, wanted)
        table = _gaps(series, dates, fill)
        result = Made(dates, table, notes=[entry for each in series.values() for entry in each.notes])
        if wanted.product == "daily":
            _write_daily(first, dates, fill, target, part, wanted, out, progress)
        else:
            values = _values(series, dates, wanted, fill, part, place, progress)
            result.quality["values"] = _figures(values, wanted.described(dates))
            _write(values, first.grid, part, target, wanted.described(dates), out)
        if target is first.grid:
            result.notes.append(note("climate_own_grid", path=first.name))
        else:
            result.notes.append(note("climate_resampled", text=_aligned(np.zeros((1, *part.shape), "f4"), part, target).note))
        return result
    finally:
        for each in series.values():
            each.close()


def _dates(series: Mapping[str, GridSeries], years: Sequence[int] | None, wanted: Wanted) -> DateVector:
    """Days that the product needs."""
    first = next(iter(series.values()))
    days = first.days
    for other in series.values():
        days = days[(days >= other.days[0]) & (days <= other.days[-1])]
    if not days.size:
        raise InputError("climate_periods_apart", paths=[each.name for each in series.values()])
    if wanted.product == "daily" and years is None:
        return np.arange(days[0], days[-1] + np.timedelta64(1, "D"))
    return times.whole_years(days, years, first.name)


def _gaps(series: Mapping[str, GridSeries], dates: DateVector, fill: str | None) -> pd.DataFrame:
    """Table of the series with their missing and filled days.

    Raises
    ------
    InputError
        For missing days without a rule.
    """
    rows = []
    for role, each in series.items():
        lacking = dates[~np.isin(dates, each.days)]
        part = [f"{day} ({count})" for day, count in each.incomplete if dates[0] <= day <= dates[-1]]
        if lacking.size and fill is None:
            raise InputError(
                "climate_gaps",
                path=each.name,
                role=role,
                count=int(lacking.size),
                days=times.listed(lacking),
                incomplete=part or ["-"],
            )
        listed = ", ".join(times.listed(lacking)[:LISTED])
        rows.append((role, each.name, str(dates[0]), str(dates[-1]), len(dates), int(lacking.size), fill or "-", listed))
    return pd.DataFrame(rows, columns=columns(FileDaysRow))


def _values(
    series: Mapping[str, GridSeries],
    dates: DateVector,
    wanted: Wanted,
    fill: str | None,
    part: Grid,
    place: ProductGrid,
    progress: Progress | None,
) -> np.ndarray:
    """Bands of the product over a part of the series' grid: array (bands, rows, cols)."""
    first = series[wanted.roles[0]]
    elevation = place.elevation(part) if wanted.needs_dem else None
    windows = first.windows(part)
    result = np.empty((0, *part.shape), dtype=np.float32)
    for number, window in enumerate(windows):
        tick = _ticker(progress, number, len(windows), len(dates), wanted.product)
        days = {role: Days(each, dates, window, fill, tick if role == wanted.roles[0] else None) for role, each in series.items()}
        top, left = cast("tuple[int, int]", window.offset_in(part))  # windows lie in the part
        inside = (slice(top, top + window.rows), slice(left, left + window.cols))
        height = None if elevation is None else elevation[inside].astype(np.float64)
        try:
            bands = wanted.layers(days, dates, latitude(window), height)
        finally:
            for each in days.values():
                each.close()
        if not number:
            result = np.full((len(bands), *part.shape), np.nan, dtype=np.float32)
        result[(slice(None), *inside)] = bands
    return result


def _ticker(progress: Progress | None, number: int, count: int, days: int, text: str) -> Callable[[int], object] | None:
    """Report of a window's days as a share of all; passes over the days beyond the first add nothing."""
    if progress is None:
        return None

    def tick(position: int) -> object:
        return progress((number + min((position + 1) / days, 1.0)) / count, text)

    return tick


def latitude(grid: Grid) -> np.ndarray:
    """Latitude of the cell centres of a grid.

    Returns
    -------
    array (rows, cols), deg
    """
    left, _, _, top = grid.bounds
    easting = left + (np.arange(grid.cols) + 0.5) * grid.cell[0]
    northing = top - (np.arange(grid.rows) + 0.5) * grid.cell[1]
    across, down = np.meshgrid(easting, northing)
    return down if grid.is_geographic else np.asarray(transformation(grid.crs, geodetic(grid.crs)).transform(across, down)[1])


def _part(own: Grid, target: Grid) -> Grid:
    """Cells of the series' grid that the target needs.

    Raises
    ------
    InputError
        Where the target lies beside the series.
    """
    if target is own:
        return own
    left, bottom, right, top = target.bounds
    side = np.linspace(0.0, 1.0, EDGE)
    across = np.concatenate([left + (right - left) * side] * 2 + [np.full(EDGE, left), np.full(EDGE, right)])
    down = np.concatenate([np.full(EDGE, bottom), np.full(EDGE, top)] + [bottom + (top - bottom) * side] * 2)
    if not same_crs(own.crs, target.crs):
        across, down = transformation(target.crs, own.crs).transform(across, down)
    if own.is_geographic:
        middle = (own.bounds[0] + own.bounds[2]) / 2
        across = across - TURN * np.round((np.mean(across) - middle) / TURN)
    bounds = (across.min(), down.min(), across.max(), down.max())
    part = own.clipped(bounds)
    if part is None:
        raise InputError("climate_grid_beside", grid=target.bounds, series=own.bounds)
    return part.enlarged(MARGIN).common(own) or part


def _write(values: np.ndarray, own: Grid, part: Grid, target: Grid, described: tuple[str, list[str], str], out: Path) -> None:
    uom, descriptions, _ = described
    if target is own:
        values, grid = turned(values, part)
        rasters.write(out, values, grid, measure=uom, descriptions=descriptions)
        return
    aligned = _aligned(values, part, target)
    blocks = ((tile, aligned.read(tile)) for tile in target.tiles())
    rasters.write(out, blocks, target, bands=len(values), measure=uom, descriptions=descriptions)


def _aligned(values: np.ndarray, part: Grid, target: Grid) -> rasters.Aligned:
    return rasters.align(rasters.Source.of((values, part.transform, part.crs), band=None), target)


def turned(values: np.ndarray, grid: Grid) -> tuple[np.ndarray, Grid]:
    """Values with longitudes from -180 to 180, and their grid.

    Parameters
    ----------
    values : array (bands, rows, cols), 1

    Returns
    -------
    array (bands, rows, cols), 1
    Grid
    """
    if not grid.is_geographic or grid.bounds[2] <= TURN / 2 + grid.cell[0]:
        return values, grid
    start = np.flatnonzero(grid.bounds[0] + (np.arange(grid.cols) + 0.5) * grid.cell[0] > TURN / 2)
    shift = int(start[0]) if start.size else 0
    if 0 < shift < grid.cols:
        if round(TURN / grid.cell[0]) != grid.cols:
            return values, grid
        values = np.roll(values, -shift, axis=-1)
    left = grid.bounds[0] + shift * grid.cell[0] - TURN
    transform = grid.transform
    moved = type(transform)(transform.a, 0.0, left, 0.0, transform.e, transform.f)
    return values, Grid.like(read_crs(grid.crs), moved, grid.shape)


def _write_daily(
    series: GridSeries,
    dates: DateVector,
    fill: str | None,
    target: Grid,
    part: Grid,
    wanted: Wanted,
    out: Path,
    progress: Progress | None,
) -> None:
    uom, descriptions, _ = wanted.described(dates)
    days = Days(series, dates, part, fill)
    grid = turned(np.empty((1, *part.shape), dtype=np.float32), part)[1] if target is series.grid else target

    def layers() -> Iterator[tuple[Grid, np.ndarray, int]]:
        for position in range(len(dates)):
            if progress is not None and progress((position + 1) / len(dates), wanted.product) is False:
                raise Cancelled
            layer = np.ascontiguousarray(days[position])
            if target is series.grid:
                yield grid, turned(layer[None], part)[0][0], position + 1
                continue
            aligned = rasters.align(rasters.Source.of((layer, part.transform, part.crs)), grid)
            for tile in grid.tiles():
                yield tile, aligned.read(tile), position + 1

    try:
        rasters.write(out, layers(), grid, bands=len(dates), measure=uom, descriptions=descriptions)
    finally:
        days.close()


def _figures(values: np.ndarray, described: tuple[str, list[str], str]) -> pd.DataFrame:
    """Lowest, mean and highest value and share of missing cells by band."""
    uom, descriptions, _ = described
    rows = []
    for name, layer in zip(descriptions, values, strict=True):
        valid = layer[~np.isnan(layer)]
        figures = (float(valid.min()), float(valid.mean(dtype=float)), float(valid.max())) if valid.size else (np.nan,) * 3
        rows.append((name, *figures, 1.0 - valid.size / layer.size, uom))
    return pd.DataFrame(rows, columns=columns(BandRow))
