"""What is said about a climate layer beside its series and its product."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any

from ecoval.prepare.climate.cells import ProductGrid
from ecoval.prepare.climate.reading import Reading

PATHS = ("stations", "dem", "like")


@dataclass(frozen=True)
class Options:
    """Options of `prepare`, in the order of the recipe.

    Parameters
    ----------
    role : choice {rain, temperature, temperature_max, temperature_min, humidity, wind, sunshine}
        For daily, monthly, annual and normal.
    variables : mapping (role, name)
        Variable of a NetCDF file or column of a table where its name is not a usual one.
    measure : text or mapping (role, text)
        Where the file does not say it, or says it wrongly: "K", "0.1 mm", "mm h-1", "m".
    series_crs : text
        Of a series that has no CRS.
    missing, trace : vector (values), 1
        Stored values that stand for missing, and for rain too little to be measured (0).
    rain_codes : choice {none, surf}
        `surf`: 32766, 32700, 30xxx, 31xxx, 32xxx of Chinese surface data.
    accumulated : choice {day, step}
        Amounts in steps shorter than a day: since 0 UTC (ERA5-Land), or of the step.
    stamp : choice {start, middle, end}
        What of a step its time names.
    day : choice {0-24, 20-20, 08-08}
        Local hours between which a day lies, for steps shorter than a day.
    utc_offset : number, h
        Of the local time of `day`.
    time_zone : number, h
        Of the times in the series; default UTC, or what a table says.
    years : pair of number, yr
        First and last.
    fill : choice {nearest_station, zero, climatology, interpolate}
        Rule for days that are missing; without it they are refused.
    stations : path
        Table of sites (station, lon, lat, elevation) where the series itself does not hold them.
    coordinates : choice {degrees, degree_minutes}
    elevation_measure : choice {m, 0.1 m}
    method : choice {thiessen, idw, regression}
        From stations to cells.
    power : number, 1, > 0
    neighbours : number, 1, >= 1
    residuals : choice {kriging, idw, none}
    variogram : choice {spherical, exponential}
    dem : path
        Elevation in m, for regression and for Penman-Monteith.
    like : path
        Raster whose grid is taken.
    cell, crs, bounds
        Cell size, CRS and (left, bottom, right, top) of a grid where there is no `like`.
    erosivity : choice {halfmonth, zhang, monthly}
    reference_et : choice {penman_monteith, hargreaves}
    threshold : number, mm d-1 or degC
        Of storms or cooling days; default: the parameter table.
    wind_height : number, m
        Of the wind in the series, for Penman-Monteith.
    parts : choice {True, False}
        Half-months or months in place of their sum.
    parameters : list of path
        Own parameter tables.
    """

    role: str | None = None
    variables: Mapping[str, str] | None = None
    measure: Mapping[str, str] | str | None = None
    series_crs: str | None = None
    missing: Iterable[float] = ()
    trace: Iterable[float] = ()
    rain_codes: str = "none"
    accumulated: str | None = None
    stamp: str | None = None
    day: str = "0-24"
    utc_offset: float = 0.0
    time_zone: float | None = None
    years: Sequence[int] | None = None
    fill: str | None = None
    stations: Path | None = None
    coordinates: str = "degrees"
    elevation_measure: str = "m"
    method: str | None = None
    power: float = 2.0
    neighbours: int = 12
    residuals: str = "kriging"
    variogram: str = "spherical"
    dem: Path | None = None
    like: Path | None = None
    cell: float | None = None
    crs: str | None = None
    bounds: Sequence[float] | None = None
    erosivity: str = "zhang"
    reference_et: str = "penman_monteith"
    threshold: float | None = None
    wind_height: float | None = None
    parts: bool = False
    parameters: Sequence[Any] = ()
    standard: str = "open-2026"
    region: str | None = None
    allow_recalled: bool = False

    def __post_init__(self) -> None:
        for name in PATHS:
            if getattr(self, name) is not None:
                object.__setattr__(self, name, Path(getattr(self, name)))

    @cached_property
    def reading(self) -> Reading:
        """How the series is read."""
        measure = dict(self.measure) if isinstance(self.measure, Mapping) else self.measure
        same = ("series_crs", "rain_codes", "accumulated", "stamp", "day", "time_zone", "stations", "coordinates")
        return Reading(
            variables=dict(self.variables or {}),
            measure=measure,
            missing=tuple(self.missing),
            trace=tuple(self.trace),
            utc_offset=float(self.utc_offset),
            elevation_factor=0.1 if self.elevation_measure == "0.1 m" else 1.0,
            **{name: getattr(self, name) for name in same},
        )

    @property
    def target(self) -> ProductGrid:
        """The grid of the layer."""
        return ProductGrid(self.like, self.cell, self.crs, self.bounds, self.dem)

    @property
    def tables(self) -> list[Any]:
        """Own parameter tables, paths as such."""
        return [Path(each) if isinstance(each, str | Path) else each for each in self.parameters]

    def read(self) -> list[Path]:
        """Files that are read beside the series."""
        named = [getattr(self, name) for name in PATHS if getattr(self, name) is not None]
        return [*named, *(path for path in self.tables if isinstance(path, Path))]

    def content(self, files: Mapping[str, list[Path]], product: str) -> dict[str, Any]:
        """Options of the recipe: with them `prepare` makes the same layer again."""
        content = {"series": files, "product": product} | {each.name: getattr(self, each.name) for each in fields(self)}
        return content | {"parameters": self.tables}
