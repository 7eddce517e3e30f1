"""prepare.climate: from a series to the layer of a study, with its recipe."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ecoval import rasters
from ecoval.errors import InputError
from ecoval.layers.preparations import Numbers
from ecoval.parameters import Parameters
from ecoval.prepare import recipe as recipes
from ecoval.prepare.climate import cells, gaps, measures, points, stations, times
from ecoval.prepare.climate.wanted import Wanted
from ecoval.prepare.recipe import note

PRODUCTS = ("daily", "monthly", "annual", "normal", "erosivity", "storms", "cooling_days", "reference_evapotranspiration")
OF_ANY = ("daily", "monthly", "annual", "normal")
EROSIVITY = ("halfmonth", "zhang", "monthly")
REFERENCE = {
    "penman_monteith": ("temperature_max", "temperature_min", "humidity", "wind", "sunshine"),
    "hargreaves": ("temperature", "temperature_max", "temperature_min"),
}
NORMAL_YEARS = 30
PRODUCT = "climate"


@dataclass(frozen=True)
class Reading:
    """What the user says about a series: names, measures, times, codes; see `prepare`."""

    variables: dict[str, str]
    measure: Any
    series_crs: Any
    missing: tuple[float, ...]
    trace: tuple[float, ...]
    rain_codes: str
    accumulated: str | None
    stamp: str | None
    day: str
    utc_offset: float
    time_zone: float | None
    stations: Path | None
    coordinates: str
    elevation_factor: float

    def measure_of(self, role):
        """Declared measure of a role, None where none is.

        Parameters
        ----------
        role : text

        Returns
        -------
        text
        """
        return self.measure.get(role) if isinstance(self.measure, Mapping) else self.measure


@dataclass
class Climate:
    """A prepared climate layer.

    Parameters
    ----------
    path : path
    measure : text
    role : text
        In study.toml.
    quality : mapping (text, table)
    notes : list of mapping
    recipe : Recipe
    """

    path: Path
    measure: str
    role: str
    quality: dict[str, Any] = field(default_factory=dict)
    notes: list[dict[str, Any]] = field(default_factory=list)
    recipe: recipes.Recipe | None = None

    @property
    def paths(self) -> list[Path]:
        """Files of the product."""
        return [self.path, recipes.beside(self.path)]


def prepare(
    series: Any,
    product: str,
    out: Any,
    *,
    role: str | None = None,
    variables: Mapping[str, str] | None = None,
    measure: Any = None,
    series_crs: Any = None,
    missing: Iterable[float] = (),
    trace: Iterable[float] = (),
    rain_codes: str = "none",
    accumulated: str | None = None,
    stamp: str | None = None,
    day: str = "0-24",
    utc_offset: float = 0.0,
    time_zone: float | None = None,
    years: Sequence[int] | None = None,
    fill: str | None = None,
    stations: Any = None,
    coordinates: str = "degrees",
    elevation_measure: str = "m",
    method: str | None = None,
    power: float = 2.0,
    neighbours: int = 12,
    residuals: str = "kriging",
    variogram: str = "spherical",
    dem: Any = None,
    like: Any = None,
    cell: float | None = None,
    crs: Any = None,
    bounds: Sequence[float] | None = None,
    erosivity: str = "zhang",
    reference_et: str = "penman_monteith",
    threshold: float | None = None,
    wind_height: float | None = None,
    parts: bool = False,
    parameters: Sequence[Any] = (),
    standard: str = "open-2026",
    region: str | None = None,
    allow_recalled: bool = False,
    progress: Callable[[float, str], Any] | None = None,
) -> Climate:
    """A climate layer out of gridded series or of stations.

    Parameters
    ----------
    series : path, list of path, or mapping (role, path or list of path)
        NetCDF, GeoTIFF with ISO dates as band descriptions, or tables of stations.
    product : choice {daily, monthly, annual, normal, erosivity, storms, cooling_days, reference_evapotranspiration}
    out : path
        .tif; replaced where it exists.
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
    standard, region : text
    allow_recalled : choice {True, False}
    progress : callable (done, text)
        False stops.

    Returns
    -------
    Climate

    Raises
    ------
    InputError
        Whatever is refused about files, times, measures, gaps, stations and the grid.
    """
    given = {name: value for name, value in locals().items() if name not in ("out", "progress")}
    out = Path(out)
    _choices(given, out)
    files = _files(series)
    given |= {"series": files} | {name: None if given[name] is None else Path(given[name]) for name in ("stations", "dem", "like")}
    given["parameters"] = [Path(each) if isinstance(each, str | Path) else each for each in parameters]
    asked = Reading(
        dict(variables or {}),
        dict(measure) if isinstance(measure, Mapping) else measure,
        series_crs,
        tuple(missing),
        tuple(trace),
        rain_codes,
        accumulated,
        stamp,
        day,
        float(utc_offset),
        time_zone,
        given["stations"],
        coordinates,
        0.1 if elevation_measure == "0.1 m" else 1.0,
    )
    wanted = _wanted(given, files)
    place = cells.ProductGrid(given["like"], cell, crs, bounds, given["dem"])
    if _is_table(files):
        way = {name: given[name] for name in ("method", "power", "neighbours", "residuals", "variogram")}
        made = points.made(files, wanted, asked, place, years, fill, way, out, progress)
    else:
        made = cells.made(files, wanted, asked, place, years, fill, out, progress)
    return _finished(out, wanted, made, files, given)


def _choices(given, out):
    """Nothing where every choice exists."""
    for name, known in (
        ("product", PRODUCTS),
        ("rain_codes", ("none", "surf")),
        ("accumulated", (None, "day", "step")),
        ("stamp", (None, *times.STAMPS)),
        ("day", tuple(times.BOUNDARIES)),
        ("fill", (None, *gaps.RULES)),
        ("coordinates", ("degrees", "degree_minutes")),
        ("elevation_measure", ("m", "0.1 m")),
        ("erosivity", EROSIVITY),
        ("reference_et", tuple(REFERENCE)),
    ):
        if given[name] not in known:
            choices = [each for each in known if each is not None]
            raise InputError("choice_unknown", name=name, found=str(given[name]), choices=choices)
    if out.suffix.lower() not in (".tif", ".tiff"):
        raise InputError("climate_ending", path=str(out))
    if given["years"] is not None and (len(given["years"]) != 2 or given["years"][0] > given["years"][1]):
        raise InputError("climate_years_order", found=[int(each) for each in given["years"]])
    for role in (*(given["variables"] or {}), *(given["measure"] if isinstance(given["measure"], Mapping) else {})):
        measures.known_role(role)


def _files(series):
    """Paths by role; under "" those that are searched for every role."""
    if not isinstance(series, Mapping):
        series = {"": series}
    found = {}
    for role, entry in series.items():
        paths = [entry] if isinstance(entry, str | Path) else list(entry)
        found[measures.known_role(role) if role else ""] = [Path(path) for path in paths]
    every = [path for paths in found.values() for path in paths]
    if not every:
        raise InputError("climate_no_series")
    for path in every:
        if not path.exists():
            raise InputError("raster_absent", path=str(path))
    return found


def _is_table(files):
    every = [path for paths in files.values() for path in paths]
    tables = [path for path in every if path.suffix.lower() in stations.ENDINGS]
    if tables and len(tables) < len(every):
        other = next(path for path in every if path not in tables)
        raise InputError("climate_series_mixed", first=str(tables[0]), second=str(other))
    return bool(tables)


def _wanted(given, files):
    """The product with the roles it needs and its numbers."""
    product, role = given["product"], given["role"]
    own = Parameters.read(
        standard=given["standard"], region=given["region"], allow_recalled=given["allow_recalled"], own=given["parameters"]
    )
    if product in OF_ANY:
        known = [each for each in (*files, *(given["variables"] or {})) if each]
        role = role or (known[0] if len(set(known)) == 1 else _role_of(files))
        if role is None:
            raise InputError("climate_role_unsaid", product=product, known=list(measures.ROLES))
        return Wanted(product, (measures.known_role(role),))
    if product == "erosivity":
        return Wanted(product, ("rain",), given["erosivity"], Numbers(own, "soil_retention"), parts=given["parts"])
    if product == "storms":
        numbers = Numbers(own, "flood_mitigation")
        threshold = given["threshold"] if given["threshold"] is not None else numbers["storm_threshold", "*"]
        return Wanted(product, ("rain",), threshold=float(threshold), numbers=numbers)
    if product == "cooling_days":
        numbers = Numbers(own, "climate_regulation")
        threshold = given["threshold"] if given["threshold"] is not None else numbers["cooling_threshold", "daily_max"]
        return Wanted(product, ("temperature_max",), threshold=float(threshold), numbers=numbers)
    method = given["reference_et"]
    if method == "penman_monteith" and given["wind_height"] is None:
        raise InputError("climate_wind_height")
    height = given["wind_height"]
    if height is not None and not 0.1 <= height <= 200:
        raise InputError("climate_wind_height_range", found=float(height))
    return Wanted(product, REFERENCE[method], method, wind_height=height, parts=given["parts"])


def numbers_used(numbers):
    """Numbers of the parameter table that went into a product.

    Parameters
    ----------
    numbers : Numbers

    Returns
    -------
    table (parameter, key, value, uom, source_id, status)
    """
    columns = ["parameter", "key", "value", "uom", "source_id", "status"]
    rows = [tuple(getattr(row, name) for name in columns) for row in numbers.rows]
    return pd.DataFrame(rows, columns=columns).drop_duplicates()


def _role_of(files):
    """Role that the only variable of the first file has by its name, None where that says nothing."""
    path = next(path for paths in files.values() for path in paths)
    if path.suffix.lower() in stations.ENDINGS:
        return None
    roles = {measures.role_of(name) for name in rasters.variables(path)} - {None}
    return roles.pop() if len(roles) == 1 else None


def _finished(out, wanted, made, files, given):
    uom, _, role = wanted.described(made.dates)
    notes = list(made.notes)
    years = len(np.unique(made.dates.astype("datetime64[Y]")))
    if wanted.product == "normal" and years < NORMAL_YEARS:
        notes.append(note("climate_normal_short", years=years, wanted=NORMAL_YEARS))
    if wanted.threshold is not None:
        notes.append(note("climate_threshold", product=wanted.product, threshold=float(wanted.threshold)))
    if role != "-":
        notes.append(note("climate_layer", role=role, path=out.name, uom=uom))
    quality = dict(made.quality)
    quality["series"] = made.series
    if wanted.numbers is not None:
        quality["numbers"] = numbers_used(wanted.numbers)
    read = [path for paths in files.values() for path in paths]
    read += [given[name] for name in ("stations", "dem", "like") if given[name] is not None]
    read += [path for path in given["parameters"] if isinstance(path, Path)]
    found = recipes.recipe(PRODUCT, dict.fromkeys(read), given, quality=quality, notes=notes, outputs=(out,))
    recipes.write(found, out)
    return Climate(out, uom, role, quality, notes, found)
