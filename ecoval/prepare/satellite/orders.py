"""Files of a satellite order: product, layer and day out of their names, grouped by composite, on one lattice.

Names of three kinds are known: `MOD17A3HGF.A2020001.h28v05.061.<time>.hdf`, the same with the layer before `.tif`, and those of
AppEEARS, `MOD17A3HGF.061_Npp_500m_doy2020001_aid0001.tif`.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ecoval import rasters
from ecoval.errors import InputError
from ecoval.grid import Grid
from ecoval.prepare.satellite.products import Product, named, products
from ecoval.runs.fingerprints import RECIPE_SUFFIX as SIDECAR

_PRODUCT = re.compile(r"(?<![A-Z0-9])(M[OY]D\d{2}[A-Z][A-Z0-9]*)")
_DAY = re.compile(r"(?:\.A|doy)(\d{4})(\d{3})")
HDF = (".hdf", ".h4", ".hdf4")
SINUSOIDAL = "+proj=sinu +lon_0=0 +x_0=0 +y_0=0 +R=6371007.181 +units=m +no_defs"
"""CRS of the MODIS grid: latitudes and longitudes of WGS 84 on a sphere."""


@dataclass
class Composite:
    """Files of one day of the year: value and quality layers, each possibly of several tiles."""

    day: int
    days: int
    values: list[Path] = field(default_factory=list)
    quality: list[Path] = field(default_factory=list)


@dataclass
class Order:
    """The files of one product and year.

    Parameters
    ----------
    year : number, yr
    composites : list of Composite
        By day.
    others : list of path
        Files that are another layer, product or year.
    matched : choice {name, declared}
        How the product was found.
    """

    product: Product
    year: int
    composites: list[Composite]
    others: list[Path]
    matched: str

    @property
    def value_files(self) -> list[Path]:
        """Files of the layer."""
        return list(dict.fromkeys(path for composite in self.composites for path in composite.values))

    @property
    def files(self) -> list[Path]:
        """Files of the layer and of its quality."""
        return list(dict.fromkeys([*self.value_files, *(path for each in self.composites for path in each.quality)]))

    @property
    def expected(self) -> list[int]:
        """Days of the year on which composites begin."""
        if self.product.annual:
            return [1]
        return list(range(self.product.first_day, days_of(self.year) + 1, self.product.days))

    @property
    def absent(self) -> list[int]:
        """Expected days without a file."""
        there = {composite.day for composite in self.composites}
        return [day for day in self.expected if day not in there]


def days_of(year: int) -> int:
    """Days of a year."""
    return 366 if calendar.isleap(year) else 365


def order(paths: Iterable[str | Path], measured: str, year: int, source: str | None = None) -> Order:
    """Files sorted by day and layer.

    Parameters
    ----------
    paths : list of path
        Files, and folders whose .tif and .hdf files are taken.
    measured : choice {npp, et, ndvi}
    year : number, yr
    source : text
        Product of files whose names do not say it.

    Raises
    ------
    InputError
        Names that say no product, products of which several measure the same, a year without files.
    """
    files, listed = _files(paths)
    declared = None if source is None else named(source)
    if declared is not None and declared.measured != measured:
        raise InputError("satellite_source_measures", product=declared.name, measured=declared.measured, expected=measured)
    found: dict[str, list[tuple[Path, int, bool]]] = {}
    others: list[Path] = []
    for path in files:
        place = _placed(path, measured, year, declared, path in listed)
        if place is None:
            others.append(path)
        else:
            name, day, is_quality = place
            found.setdefault(name, []).append((path, day, is_quality))
    if len(found) > 1:
        raise InputError("satellite_products_several", products=sorted(found), count=len(files), measured=measured)
    if not found or not any(not is_quality for entries in found.values() for *_, is_quality in entries):
        raise InputError("satellite_none_of_year", measured=measured, year=year, count=len(files), files=[p.name for p in files])
    name, entries = next(iter(found.items()))
    product = named(name)
    composites = _composites(product, year, entries)
    matched = "name" if declared is None else "declared"
    return Order(product, year, composites, others, matched)


def grid_of(found: Order, crs: Any = None) -> Grid:
    """Lattice of the tiles over all of them.

    Raises
    ------
    InputError
        An HDF4 file without a driver, tiles on different lattices.
    """
    paths = found.value_files
    grids = [stored(path, found.product, crs=crs).grid for path in paths]
    for path, grid in zip(paths[1:], grids[1:], strict=True):
        if grid.offset_in(grids[0]) is None:
            reason = grid.matches(grids[0])[1]
            raise InputError("satellite_lattices_differ", first=str(paths[0]), second=str(path), reason=reason)
    left, bottom, right, top = zip(*(grid.bounds for grid in grids), strict=True)
    return grids[0].covered((min(left), min(bottom), max(right), max(top)))


def stored(path: Path, product: Product, *, quality: bool = False, crs: Any = None, scaled: bool = False) -> rasters.Source:
    """A file as it is stored: no scale, no missing value.

    Parameters
    ----------
    quality : choice {True, False}
        Its quality layer.
    crs : text
        `modis` for the sinusoidal grid.
    scaled : choice {True, False}
        Values were scaled before: the missing value of the file holds.

    Raises
    ------
    InputError
        For HDF4 where no driver opens it, with the command that converts the file.
    """
    layer = product.quality_layer if quality else product.layer
    hdf = path.suffix.lower() in HDF
    declared = SINUSOIDAL if crs == "modis" else crs
    numbers = {"kind": "categorical"} if quality else {"kind": "intensive", "scale": 1.0, "offset": 0.0}
    source = rasters.Source(path, subdataset=layer if hdf else None, honour_tag=scaled, crs=declared, **numbers)
    try:
        source.reader().close()
    except InputError as error:
        if hdf and error.code == "raster_unreadable":
            raise InputError("satellite_hdf_driver", path=str(path), command=product.command(str(path)), layer=layer) from error
        raise
    return source


def is_sinusoidal(grid: Grid) -> bool:
    """Whether a grid is that of MODIS: sinusoidal on a sphere."""
    operation, ellipsoid = grid.crs.coordinate_operation, grid.crs.ellipsoid
    if operation is None or ellipsoid is None:
        return False
    return operation.method_name == "Sinusoidal" and ellipsoid.inverse_flattening == 0


def _files(paths: Iterable[str | Path]) -> tuple[list[Path], set[Path]]:
    """All files, and those of them that a folder was named for; products of ecoval in a folder are left out."""
    files: list[Path] = []
    listed: set[Path] = set()
    for path in (Path(each) for each in paths):
        if path.is_dir():
            inside = sorted(each for each in path.iterdir() if each.suffix.lower() in (*HDF, ".tif", ".tiff"))
            inside = [each for each in inside if not each.with_name(each.name + SIDECAR).exists()]
            files += inside
            listed |= set(inside)
        elif path.exists():
            files.append(path)
        else:
            raise InputError("raster_absent", path=str(path))
    return files, listed


def _placed(path: Path, measured: str, year: int, declared: Product | None, listed: bool) -> tuple[str, int, bool] | None:
    """Product, day and whether it is the quality layer; None for another layer, product or year."""
    said = [name for name in _PRODUCT.findall(path.name.upper()) if name in products()]
    product = named(said[0]) if said else declared
    if product is None and listed:
        return None
    if product is None:
        raise InputError("satellite_file_unnamed", path=str(path), products=list(products()))
    if product.measured != measured or (declared is not None and product.name != declared.name):
        return None
    date = _DAY.search(path.name)
    if date is None and not product.annual:
        raise InputError("satellite_day_unnamed", path=str(path), product=product.name, days=product.days)
    if date is not None and int(date[1]) != year:
        return None
    layer = None if path.suffix.lower() in HDF else _layer(path, product)
    if layer is None and not said:
        layer = "value"
    if layer is None and path.suffix.lower() not in HDF:
        return None
    return product.name, 1 if date is None else int(date[2]), layer == "quality"


def _layer(path: Path, product: Product) -> str | None:
    """value, quality, or None for another layer."""
    plain = _plain(path.stem)
    if _plain(product.quality_layer) in plain:
        return "quality"
    return "value" if _plain(product.layer) in plain else None


def _plain(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())


def _composites(product: Product, year: int, entries: list[tuple[Path, int, bool]]) -> list[Composite]:
    last = days_of(year)
    found: dict[int, Composite] = {}
    for path, day, is_quality in entries:
        length = last if product.annual else min(product.days, last - day + 1)
        composite = found.setdefault(day, Composite(day, length))
        (composite.quality if is_quality else composite.values).append(path)
        if path.suffix.lower() in HDF:
            composite.quality.append(path)
    return [found[day] for day in sorted(found) if found[day].values]
