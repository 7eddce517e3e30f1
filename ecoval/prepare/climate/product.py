"""prepare.climate: from a series to the layer of a study, with its recipe."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pandas as pd

from ecoval import rasters
from ecoval.declarations import WORKED_OUT, Key, columns
from ecoval.errors import InputError
from ecoval.layers.context import Numbers
from ecoval.layers.names import read_own
from ecoval.prepare import recipe as recipes
from ecoval.prepare.climate import cells, gaps, measures, points, stations, times
from ecoval.prepare.climate.options import Options
from ecoval.prepare.climate.wanted import Wanted
from ecoval.prepare.recipe import note
from ecoval.totals.blocks import Progress

PRODUCTS = ("daily", "monthly", "annual", "normal", "erosivity", "storms", "cooling_days", "reference_evapotranspiration")
OF_ANY = ("daily", "monthly", "annual", "normal")
EROSIVITY = ("halfmonth", "zhang", "monthly")
REFERENCE = {
    "penman_monteith": ("temperature_max", "temperature_min", "humidity", "wind", "sunshine"),
    "hargreaves": ("temperature", "temperature_max", "temperature_min"),
}
NORMAL_YEARS = 30
PRODUCT = "climate"
Series = str | Path | Iterable[str | Path] | Mapping[str, str | Path | Iterable[str | Path]]


@dataclass(frozen=True)
class NumberRow:
    """A number of the parameter table that went into the product."""

    parameter: Annotated[str, Key("name of the number", "参数")]
    key: Annotated[str, Key("what it is for", "键")]
    value: Annotated[float, Key("how much, in uom", "数值，单位见 uom", free=WORKED_OUT)]
    uom: Annotated[str, Key("unit of measure", "计量单位")]
    source_id: Annotated[str, Key("where it comes from", "来源编号")]
    status: Annotated[str, Key("how far it is checked", "核对状态")]


QUALITY = (
    ("values", cells.BandRow),
    ("left_out", points.LeftOutRow),
    ("stations", points.StationMeanRow),
    ("variogram", points.VariogramRow),
    ("series", cells.FileDaysRow),
    ("series", points.StationDaysRow),
    ("numbers", NumberRow),
)


@dataclass
class Climate:
    """A prepared climate layer.

    Parameters
    ----------
    role : text
        In study.toml.
    """

    path: Path
    measure: str
    role: str
    quality: dict[str, pd.DataFrame] = field(default_factory=dict)
    notes: list[dict[str, Any]] = field(default_factory=list)
    recipe: recipes.Recipe | None = None

    @property
    def paths(self) -> list[Path]:
        """Files of the product."""
        return [self.path, recipes.beside(self.path)]


def prepare(series: Series, product: str, out: str | Path, *, progress: Progress | None = None, **options: Any) -> Climate:
    """A climate layer out of gridded series or of stations.

    Parameters
    ----------
    series : path, list of path, or mapping (role, path or list of path)
        NetCDF, GeoTIFF with ISO dates as band descriptions, or tables of stations.
    product : choice {daily, monthly, annual, normal, erosivity, storms, cooling_days, reference_evapotranspiration}
    out : path
        .tif; replaced where it exists.
    progress : callable (done, text)
        False stops.
    **options
        Fields of `Options`.

    Raises
    ------
    InputError
        Whatever is refused about files, times, measures, gaps, stations and the grid.
    """
    return made(Options(**options), series, product, Path(out), progress)


def made(options: Options, series: Series, product: str, out: Path, progress: Progress | None = None) -> Climate:
    """The layer that the options describe, written with its recipe; as `prepare`."""
    _choices(options, product, out)
    files = _files(series)
    wanted = _wanted(options, product, files)
    if _is_table(files):
        written = points.made(files, wanted, options, out, progress)
    else:
        written = cells.made(files, wanted, options.reading, options.target, options.years, options.fill, out, progress)
    return _finished(out, wanted, written, files, options, product)


def _choices(options: Options, product: str, out: Path) -> None:
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
        chosen = product if name == "product" else getattr(options, name)
        if chosen not in known:
            raise InputError("choice_unknown", name=name, found=str(chosen), choices=[each for each in known if each is not None])
    if out.suffix.lower() not in (".tif", ".tiff"):
        raise InputError("climate_ending", path=str(out))
    if options.years is not None and (len(options.years) != 2 or options.years[0] > options.years[1]):
        raise InputError("climate_years_order", found=[int(each) for each in options.years])
    for role in (*(options.variables or {}), *(options.measure if isinstance(options.measure, Mapping) else {})):
        measures.known_role(role)


def _files(series: Series) -> dict[str, list[Path]]:
    """Paths by role; under "" those that are searched for every role."""
    by_role: Mapping[str, str | Path | Iterable[str | Path]] = series if isinstance(series, Mapping) else {"": series}
    found = {}
    for role, entry in by_role.items():
        paths = [entry] if isinstance(entry, str | Path) else list(entry)
        found[measures.known_role(role) if role else ""] = [Path(path) for path in paths]
    every = [path for paths in found.values() for path in paths]
    if not every:
        raise InputError("climate_no_series")
    for path in every:
        if not path.exists():
            raise InputError("raster_absent", path=str(path))
    return found


def _is_table(files: Mapping[str, list[Path]]) -> bool:
    every = [path for paths in files.values() for path in paths]
    tables = [path for path in every if path.suffix.lower() in stations.ENDINGS]
    if tables and len(tables) < len(every):
        other = next(path for path in every if path not in tables)
        raise InputError("climate_series_mixed", first=str(tables[0]), second=str(other))
    return bool(tables)


def _wanted(options: Options, product: str, files: Mapping[str, list[Path]]) -> Wanted:
    """The product with the roles it needs and its numbers."""
    role = options.role
    own = read_own(options.tables, standard=options.standard, region=options.region, allow_recalled=options.allow_recalled)
    if product in OF_ANY:
        known = [each for each in (*files, *(options.variables or {})) if each]
        role = role or (known[0] if len(set(known)) == 1 else _role_of(files))
        if role is None:
            raise InputError("climate_role_unsaid", product=product, known=list(measures.ROLES))
        return Wanted(product, (measures.known_role(role),))
    if product == "erosivity":
        return Wanted(product, ("rain",), options.erosivity, Numbers(own, "soil_retention"), parts=options.parts)
    if product == "storms":
        numbers = Numbers(own, "flood_mitigation")
        threshold = options.threshold if options.threshold is not None else numbers["storm_threshold", "*"]
        return Wanted(product, ("rain",), threshold=float(threshold), numbers=numbers)
    if product == "cooling_days":
        numbers = Numbers(own, "climate_regulation")
        threshold = options.threshold if options.threshold is not None else numbers["cooling_threshold", "daily_max"]
        return Wanted(product, ("temperature_max",), threshold=float(threshold), numbers=numbers)
    method = options.reference_et
    if method == "penman_monteith" and options.wind_height is None:
        raise InputError("climate_wind_height")
    height = options.wind_height
    if height is not None and not 0.1 <= height <= 200:
        raise InputError("climate_wind_height_range", found=float(height))
    return Wanted(product, REFERENCE[method], method, wind_height=height, parts=options.parts)


def numbers_used(numbers: Numbers) -> pd.DataFrame:
    """Numbers of the parameter table that went into a product.

    Returns
    -------
    table (parameter, key, value, uom, source_id, status)
    """
    names = columns(NumberRow)
    rows = [tuple(getattr(row, name) for name in names) for row in numbers.rows]
    return pd.DataFrame(rows, columns=names).drop_duplicates()


def _role_of(files: Mapping[str, list[Path]]) -> str | None:
    """Role that the only variable of the first file has by its name, None where that says nothing."""
    path = next(path for paths in files.values() for path in paths)
    if path.suffix.lower() in stations.ENDINGS:
        return None
    roles = {measures.role_of(name) for name in rasters.variables(path)} - {None}
    return roles.pop() if len(roles) == 1 else None


def _finished(
    out: Path, wanted: Wanted, made: cells.Made, files: Mapping[str, list[Path]], options: Options, product: str
) -> Climate:
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
    read += options.read()
    found = recipes.recipe(
        PRODUCT, dict.fromkeys(read), options.content(files, product), quality=quality, notes=notes, outputs=(out,)
    )
    recipes.write(found, out)
    return Climate(out, uom, role, quality, notes, found)
