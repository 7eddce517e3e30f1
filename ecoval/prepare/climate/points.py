"""Products of stations: worked out at each station from its own days, then interpolated.

Decided 2026: a product that is not linear in the weather (erosivity, storms, cooling days) is worked out where the weather was
measured and interpolated as such; so the error of leaving a station out is that of the product.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, NoReturn

import numpy as np
import numpy.typing as npt
import pandas as pd

from ecoval import rasters
from ecoval.declarations import WORKED_OUT, Key, columns
from ecoval.errors import Cancelled, InputError
from ecoval.grid import Grid
from ecoval.prepare.climate import gaps, stations, times
from ecoval.prepare.climate.cells import Made, ProductGrid
from ecoval.prepare.climate.interpolation import METHODS, Interpolator, cell_places, left_out, station_places
from ecoval.prepare.climate.options import Options
from ecoval.prepare.climate.times import DateVector
from ecoval.prepare.climate.wanted import Wanted
from ecoval.prepare.recipe import note
from ecoval.totals.blocks import Progress

LISTED = 40


@dataclass(frozen=True)
class StationDaysRow:
    """Days of a station, and those that were filled."""

    role: Annotated[str, Key("what was measured", "要素")]
    station: Annotated[str, Key("the station", "台站号")]
    first: Annotated[str, Key("first day", "首日")]
    last: Annotated[str, Key("last day", "末日")]
    days: Annotated[int, Key("days between them", "天数", low=1, free=WORKED_OUT)]
    filled: Annotated[int, Key("days that were filled", "填补的天数", low=0, free=WORKED_OUT)]
    rule: Annotated[str, Key("by which they were filled; -: none", "填补规则；- 为无")]
    filled_days: Annotated[str, Key("the first of them", "填补的日期（前若干个）")]


@dataclass(frozen=True)
class StationMeanRow:
    """A station and its mean of the bands."""

    station: Annotated[str, Key("the station", "台站号")]
    lon: Annotated[float, Key("longitude", "经度", low=-180, high=180, measure="deg")]
    lat: Annotated[float, Key("latitude", "纬度", low=-90, high=90, measure="deg")]
    elevation: Annotated[float | None, Key("above the sea", "海拔", measure="m", free=WORKED_OUT)]
    mean: Annotated[float, Key("mean of the bands, in the measure of the layer", "各波段平均，单位同图层", free=WORKED_OUT)]


@dataclass(frozen=True)
class VariogramRow:
    """The variogram of a band."""

    band: Annotated[str, Key("band of the layer", "波段")]
    model: Annotated[str, Key("model of the variogram", "变异函数模型")]
    nugget: Annotated[float, Key("variance at distance 0", "块金值", low=0, free=WORKED_OUT)]
    sill: Annotated[float, Key("variance far apart", "基台值", low=0, free=WORKED_OUT)]
    range: Annotated[float, Key("distance at which the sill is reached", "变程", low=0, measure="m", free=WORKED_OUT)]


@dataclass(frozen=True)
class LeftOutRow:
    """Errors of a band where each station is left out in turn; * is all bands."""

    band: Annotated[str, Key("band of the layer, * for all", "波段，* 为全部")]
    stations: Annotated[int, Key("stations that were left out", "逐一留出的站数", low=1, free=WORKED_OUT)]
    rmse: Annotated[float, Key("root of the mean square error, in uom", "均方根误差，单位见 uom", low=0, free=WORKED_OUT)]
    bias: Annotated[float, Key("mean error, in uom", "平均误差，单位见 uom", free=WORKED_OUT)]
    mae: Annotated[float, Key("mean absolute error, in uom", "平均绝对误差，单位见 uom", low=0, free=WORKED_OUT)]
    mean: Annotated[float, Key("mean observed value, in uom", "观测平均值，单位见 uom", free=WORKED_OUT)]
    uom: Annotated[str, Key("unit of measure of the errors", "误差的计量单位")]


def made(files: Mapping[str, list[Path]], wanted: Wanted, options: Options, out: Path, progress: Progress | None) -> Made:
    """Write a product of stations."""
    if options.method is None:
        raise InputError("climate_method_unsaid", known=list(METHODS))
    grid = options.target.grid()
    series = stations.read(files, list(wanted.roles), options.reading)
    dates, values, table = _whole(series, wanted, options.years, options.fill)
    latitude, elevation = series.lat, series.elevation
    if wanted.needs_dem or options.method == "regression":
        _require_elevation(series)
    layers = _at_stations(wanted, values, dates, latitude, elevation, progress)
    here = station_places(series.lon, series.lat, grid.crs)
    heights = elevation if options.method == "regression" else None
    numbers = {name: getattr(options, name) for name in ("power", "neighbours", "residuals", "variogram")}
    model = Interpolator(here, layers, options.method, elevation=heights, **numbers)
    result = Made(dates, table, notes=series.notes)
    uom, descriptions, _ = wanted.described(dates)
    result.quality["left_out"] = _errors(model, descriptions, uom)
    result.quality["stations"] = pd.DataFrame(
        list(zip(series.ids, series.lon, series.lat, elevation, layers.mean(axis=0), strict=True)), columns=columns(StationMeanRow)
    )
    if model.variograms:
        rows = [
            (name, each.model, each.nugget, each.sill, each.range)
            for name, each in zip(descriptions, model.variograms, strict=True)
        ]
        result.quality["variogram"] = pd.DataFrame(rows, columns=columns(VariogramRow))
    clipped = _write(
        model,
        grid,
        options.target,
        descriptions,
        uom,
        not wanted.roles[0].startswith("temperature") or wanted.product == "cooling_days",
        out,
        progress,
    )
    result.notes.append(_described(options, model, len(series.ids)))
    if clipped:
        result.notes.append(note("climate_clipped", cells=clipped))
    return result


def _whole(
    series: stations.StationSeries, wanted: Wanted, years: Sequence[int] | None, fill: str | None
) -> tuple[DateVector, dict[str, npt.NDArray[np.float64]], pd.DataFrame]:
    """Days of the product, values of each role on them, and the table of stations with their gaps.

    Raises
    ------
    InputError
        For missing days without a rule.
    """
    there = [series.days[~np.isnan(each).all(axis=1)] for each in series.values.values()]
    days = series.days[(series.days >= max(each[0] for each in there)) & (series.days <= min(each[-1] for each in there))]
    if not days.size:
        raise InputError("climate_periods_apart", paths=[series.name])
    if wanted.product == "daily" and years is None:
        dates = np.arange(days[0], days[-1] + np.timedelta64(1, "D"))
    else:
        dates = times.whole_years(days, years, series.name)
    values, rows = {}, []
    apart = None
    for role, found in series.values.items():
        whole = np.full((len(dates), len(series.ids)), np.nan)
        both, at, of = np.intersect1d(dates, series.days, return_indices=True)
        del both
        whole[at] = found[of]
        lacking = np.isnan(whole)
        if lacking.any():
            if fill is None:
                _refuse_gaps(series, role, dates, lacking)
            if apart is None:
                here = station_places(series.lon, series.lat, _Sphere)
                apart = here.distances(here)
            whole = gaps.filled_stations(whole, dates, fill, apart, series.name)
        values[role] = whole
        for station, missing in zip(series.ids, lacking.T, strict=True):
            listed = ", ".join(times.listed(dates[missing])[:LISTED])
            rows.append((role, station, str(dates[0]), str(dates[-1]), len(dates), int(missing.sum()), fill or "-", listed))
    return dates, values, pd.DataFrame(rows, columns=columns(StationDaysRow))


class _Sphere:
    """Stands for a geographic CRS where only distances along the ground matter."""

    is_geographic = True


def _refuse_gaps(series: stations.StationSeries, role: str, dates: DateVector, lacking: npt.NDArray[np.bool_]) -> NoReturn:
    worst = [
        f"{series.ids[place]}: {', '.join(times.listed(dates[lacking[:, place]])[:5])}"
        for place in np.flatnonzero(lacking.any(axis=0))
    ]
    raise InputError("climate_gaps", path=series.name, role=role, count=int(lacking.sum()), days=worst, incomplete=["-"])


def _require_elevation(series: stations.StationSeries) -> None:
    lacking = [name for name, height in zip(series.ids, series.elevation, strict=True) if np.isnan(height)]
    if lacking:
        raise InputError("climate_elevation_absent", path=series.name, count=len(lacking), stations=lacking)


def _at_stations(
    wanted: Wanted,
    values: Mapping[str, npt.NDArray[np.float64]],
    dates: DateVector,
    latitude: npt.NDArray[np.float64],
    elevation: npt.NDArray[np.float64],
    progress: Progress | None,
) -> npt.NDArray[np.float64]:
    """Bands of the product at the stations: array (bands, stations)."""
    if wanted.product == "daily":
        return values[wanted.roles[0]]
    if progress is not None and progress(0.1, wanted.product) is False:
        raise Cancelled
    return np.asarray(wanted.layers(values, dates, latitude, elevation), dtype=np.float64)


def _errors(model: Interpolator, descriptions: list[str], uom: str) -> pd.DataFrame:
    """Leave-one-out figures by band, and of all bands."""
    errors = model.errors()
    table = pd.DataFrame({"band": descriptions, "stations": errors.shape[1]})
    table["rmse"], table["bias"], table["mae"], table["mean"] = left_out(errors, model.values)
    table["uom"] = uom
    if len(table) > 1:
        every = {"band": "*", "stations": errors.shape[1], "rmse": np.sqrt((errors**2).mean()), "bias": errors.mean()}
        every |= {"mae": np.abs(errors).mean(), "mean": model.values.mean(), "uom": uom}
        table = pd.concat([table, pd.DataFrame([every])], ignore_index=True)
    return table


def _write(
    model: Interpolator,
    grid: Grid,
    place: ProductGrid,
    descriptions: list[str],
    uom: str,
    positive: bool,
    out: Path,
    progress: Progress | None,
) -> int:
    """Interpolate tile by tile; the number of values that were below 0 and became 0."""
    tiles, clipped = grid.tiles(), 0

    def blocks() -> Iterator[tuple[Grid, np.ndarray]]:
        nonlocal clipped
        for number, tile in enumerate(tiles):
            if progress is not None and progress(0.2 + 0.8 * number / len(tiles), "interpolation") is False:
                raise Cancelled
            heights = place.elevation(tile).ravel() if model.method == "regression" else None
            cells = model.at(cell_places(tile), heights)
            if positive:
                clipped += int((cells < 0).sum())
                cells = np.where(cells < 0, 0.0, cells)
            yield tile, cells.reshape(-1, *tile.shape).astype(np.float32)

    rasters.write(out, blocks(), grid, bands=len(descriptions), measure=uom, descriptions=descriptions)
    return clipped


def _described(options: Options, model: Interpolator, count: int) -> dict[str, Any]:
    fields: dict[str, object] = {"count": count, "method": options.method}
    if options.method == "idw":
        return note("climate_idw", **fields, power=float(options.power), neighbours=model.neighbours)
    if options.method == "thiessen":
        return note("climate_thiessen", **fields)
    level, slope = (float(each.mean()) for each in np.asarray(model.trend))
    fields |= {"slope": slope, "level": level, "residuals": options.residuals}
    return note("climate_regression", **fields, variogram=options.variogram if options.residuals == "kriging" else "-")
