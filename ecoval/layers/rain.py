"""Layers made from rain: erosivity R, storms and yearly rain, on the rain's own grid or from one gauge."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from ecoval import measure, rasters, tables
from ecoval.declarations import Key
from ecoval.declared_tables import read_rows
from ecoval.errors import InputError
from ecoval.grid import Grid
from ecoval.layers.block import LayerReader, ServicePlan
from ecoval.layers.context import Context, Numbers, Prepared
from ecoval.services import erosivity as method_of
from ecoval.services import flood_mitigation
from ecoval.services.declaration import Input, KeyNumbers

DAILY = Input("rain_daily", "mm d-1", low=0, bands=None)
MONTHLY = Input("precipitation_monthly", "mm month-1", low=0, bands=12)
TABLE_ENDINGS = (".csv", ".xlsx", ".txt", ".tsv")
MARGIN = 4  # cells of the rain's grid around the study, for interpolation
BLOCK = 64  # cells: the part that is read is widened to such blocks, so that units near one another get the same part

Dates = npt.NDArray[np.datetime64]
DailyRain = tuple[np.ndarray, Dates, Grid | None, str]  # rain, dates, grid (None for a gauge), name


@dataclass(frozen=True)
class GaugeRow:
    """A row of the table of one rain gauge."""

    date: Annotated[str, Key("day, such as 2020-07-31", "日期，如 2020-07-31")]
    value: Annotated[float, Key("rain of the day", "日降水量", low=0, high=2000, measure="mm d-1")]


def erosivity_layer(context: Context, made: ServicePlan, numbers: Numbers) -> Prepared:
    """Mean yearly erosivity by the option `erosivity`, from daily rain or, for `monthly`, from mean months."""
    method = made.options.get("erosivity", "halfmonth")
    if "rain_daily" in context.declared:
        rain, dates, grid, name = daily_rain(context)
        values = method_of.erosivity(rain, dates, method, numbers)
    elif method == "monthly":
        rain, grid, name = _read(context, MONTHLY)
        values = method_of.monthly_erosivity(rain, method_of.MonthlyConstants.of(numbers)).sum(axis=0)
    else:
        raise InputError("erosivity_needs_days", method=method, role="precipitation_monthly")
    note = {"code": "erosivity_prepared", "method": method, "source": name}
    return spread(context, values, grid), "MJ mm ha-1 h-1 yr-1", note


def storm_runoff_layer(context: Context, made: ServicePlan, numbers: Numbers) -> Prepared:
    """Runoff of all storms of a year by each runoff curve in use, on the rain's own grid."""
    runoff, _, note, grid = _storms(context, made, numbers)
    return spread(context, runoff, grid), "mm yr-1", note


def storm_rain_layer(context: Context, made: ServicePlan, numbers: Numbers) -> Prepared:
    """Rain of all storms of a year."""
    _, rain, note, grid = _storms(context, made, numbers)
    return spread(context, rain, grid), "mm yr-1", note


def _storms(context: Context, made: ServicePlan, numbers: Numbers) -> tuple[np.ndarray, np.ndarray, dict[str, Any], Grid | None]:
    del numbers
    rain, dates, grid, name = daily_rain(context)
    threshold = made.numbers.get("storm_threshold")
    if threshold is None and made.options.get("storms") != "all":
        raise made.refused["storm_threshold"]
    # None for the one that the choice leaves out, and then it is not asked
    table, regression = (cast(KeyNumbers, made.numbers.get(name)) for name in ("curve_number", "regression"))
    every = flood_mitigation.curves(table, regression, made.options["vegetation"])
    years = len(np.unique(dates.astype("datetime64[Y]")))
    runoff, total = flood_mitigation.storm_layers(rain, every, threshold or 0.0, years)
    note = {"code": "storms_prepared", "source": name, "days": len(dates), "threshold": threshold or 0.0}
    return runoff, total, note, grid


def monthly_rain_layer(context: Context, made: ServicePlan, numbers: Numbers) -> Prepared:
    """Mean rain of each month, twelve bands, from daily rain."""
    del made, numbers
    rain, dates, grid, name = daily_rain(context)
    monthly = method_of.monthly_rain(rain, dates)
    return spread(context, monthly, grid), "mm month-1", {"code": "monthly_rain_prepared", "source": name}


def yearly_rain_layer(context: Context, made: ServicePlan, numbers: Numbers) -> Prepared:
    """Mean rain of a year from daily rain."""
    reader, _, note = monthly_rain_layer(context, made, numbers)
    return Summed(cast(LayerReader, reader)), "mm yr-1", note


def daily_rain(context: Context) -> DailyRain:
    """Daily rain (days, rows, cols), of a gauge (days, 1, 1), its dates, its grid (None for a gauge) and its name; read once."""
    if "rain_daily" not in context.kept:
        context.kept["rain_daily"] = _daily_rain(context)
    return cast(DailyRain, context.kept["rain_daily"])


def _daily_rain(context: Context) -> DailyRain:
    layer = context.require("rain_daily")
    path = layer.path(context.layers.year)
    if path.suffix.lower() in TABLE_ENDINGS:
        context.layers.inputs.append(("rain_daily", path))
        values, dates = _gauge(path)
        return values * np.float32(measure.factor(layer.measure or DAILY.measure, DAILY.measure)), dates, None, str(path)
    values, grid, name = _read(context, DAILY)
    dates = _dates(context, values.shape[0], name)
    return values, dates, grid, name


def _gauge(path: Path) -> tuple[np.ndarray, Dates]:
    """Values and dates of a table with the columns date and value."""
    if not path.exists():
        raise InputError("layer_file_missing", role="rain_daily", path=str(path))
    table = read_rows(GaugeRow, path, key=("date",))
    dates = pd.to_datetime(table["date"], format="ISO8601", errors="coerce")
    if dates.isna().any():
        row = dates.index[dates.isna().to_numpy()][0]
        raise InputError("gauge_date", path=str(path), cell=tables.cell(table, row, "date"), found=str(table["date"][row]))
    values = tables.numbers(table, "value", required=True)
    return values.to_numpy(dtype=np.float32).reshape(-1, 1, 1), dates.to_numpy().astype("datetime64[D]")


def _read(context: Context, wanted: Input) -> tuple[np.ndarray, Grid, str]:
    """Values of a rain layer around the study, on its own grid."""
    layers = context.layers
    source = context.source(wanted)
    whole = source.grid
    left, bottom, right, top = layers.units.to_crs(whole.crs).bounds
    part = whole.clipped((left, bottom, right, top))
    if part is None:
        raise InputError(
            "units_outside_layer", role=wanted.role, path=str(source.path), units=(left, bottom, right, top), layer=whole.bounds
        )
    part = context.part(cast(Grid, blocks_around(part.enlarged(MARGIN)).common(whole)))
    with rasters.align(source, whole) as aligned:
        values = context.within(wanted, source, aligned.read(part))
    return values, part, str(source.path)


def blocks_around(part: Grid) -> Grid:
    """The smallest grid of whole blocks that holds a part of a lattice."""
    first = [start // BLOCK * BLOCK for start in part.first]
    last = [-(-(start + count) // BLOCK) * BLOCK for start, count in zip(part.first, part.shape, strict=True)]
    rows, cols = (end - start for start, end in zip(first, last, strict=True))
    return part.window(first[0] - part.first[0], first[1] - part.first[1], rows, cols)


def _dates(context: Context, count: int, name: str) -> Dates:
    """Dates of the bands: their descriptions, or the days of the year where their number is right."""
    source = context.source(DAILY)
    texts = source.info()["descriptions"]
    try:
        return np.array([datetime.date.fromisoformat(text.strip()[:10]) for text in texts], dtype="datetime64[D]")
    except ValueError:
        pass
    year = context.layers.year
    days = np.arange(f"{year}-01-01", f"{year + 1}-01-01", dtype="datetime64[D]")
    if len(days) != count or any(texts):
        raise InputError("rain_dates_missing", path=name, bands=count, year=year, days=len(days), found=texts[0] if texts else "-")
    return days


def spread(context: Context, values: np.ndarray, grid: Grid | None) -> LayerReader:
    """Reader of values on the rain's grid, or of the values of one place everywhere."""
    values = np.asarray(values, dtype=np.float32)
    if grid is None:
        return Constant(values)
    band = 1 if values.ndim == 2 else None
    source = rasters.Source.of((values, grid.transform, grid.crs), kind="intensive", band=band)
    return rasters.align(source, context.layers.grid)


class Constant:
    """The same values in every cell: array (1, 1) or (bands, 1, 1)."""

    def __init__(self, values: np.ndarray) -> None:
        self.values = values

    def read(self, tile: Grid) -> np.ndarray:
        """Array of the tile's shape."""
        return np.ascontiguousarray(np.broadcast_to(self.values, (*self.values.shape[:-2], *tile.shape)))


class Summed:
    """Sum of the bands of another reader."""

    def __init__(self, reader: LayerReader) -> None:
        self.reader = reader

    def read(self, tile: Grid) -> np.ndarray:
        """Array (rows, cols)."""
        return cast(np.ndarray, self.reader.read(tile).sum(axis=0))
