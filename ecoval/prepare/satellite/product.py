"""prepare.satellite: the layer of a year, its quality and its recipe."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any, cast

import numpy as np
import pandas as pd

from ecoval import rasters
from ecoval.declarations import WORKED_OUT, Key, columns
from ecoval.errors import Cancelled, EcovalWarning, InputError, MissingData, warn
from ecoval.files import work_folder
from ecoval.grid import Grid, Transformation, read_crs, transformation
from ecoval.prepare import recipe as recipes
from ecoval.prepare.satellite import orders
from ecoval.prepare.satellite.composites import GAPS, STATISTICS, CompositeRow, Rules, Year
from ecoval.prepare.satellite.filling import FILLS, Filling, MissingCellsRow
from ecoval.prepare.satellite.products import RULES, Product
from ecoval.services.cover import cover_from_ndvi
from ecoval.totals.blocks import Progress

PRODUCT = "satellite"
Bounds = tuple[float | None, float | None]  # NDVI of bare soil and of full cover
PRODUCTS = ("npp", "et", "ndvi", "cover")
PLAUSIBLE = {"npp": (5.0, 3000.0), "et": (5.0, 3000.0), "ndvi": (-0.2, 1.0)}


@dataclass(frozen=True)
class ValuesRow:
    """Values of the layer."""

    area: Annotated[float, Key("area with a value", "有值的面积", low=0, measure="m2", free=WORKED_OUT)]
    minimum: Annotated[float | None, Key("smallest value, in uom", "最小值，单位见 uom", free=WORKED_OUT)]
    mean: Annotated[float | None, Key("mean by area, in uom", "按面积的平均值，单位见 uom", free=WORKED_OUT)]
    maximum: Annotated[float | None, Key("largest value, in uom", "最大值，单位见 uom", free=WORKED_OUT)]
    uom: Annotated[str, Key("unit of measure of the values", "数值的计量单位")]


@dataclass(frozen=True)
class CoverRow:
    """Bounds between which cover rises from 0 to 1."""

    ndvi_soil: Annotated[float, Key("NDVI of bare soil", "裸土的 NDVI", low=-1, high=1, measure="1")]
    ndvi_vegetation: Annotated[float, Key("NDVI of full cover", "完全覆盖的 NDVI", low=-1, high=1, measure="1")]
    clipped_area: Annotated[float, Key("area beyond the bounds", "超出两端的面积", low=0, measure="m2", free=WORKED_OUT)]
    uom: Annotated[str, Key("unit of measure of the areas", "面积的计量单位")]


QUALITY = (("values", ValuesRow), ("missing", MissingCellsRow), ("composites", CompositeRow), ("cover", CoverRow))


@dataclass
class Satellite:
    """A layer out of satellite products.

    Parameters
    ----------
    quality : mapping (text, table)
        `composites`, `missing`, `values`; `cover` for cover.
    """

    path: Path
    measure: str
    quality: dict[str, pd.DataFrame] = field(default_factory=dict)
    notes: list[dict[str, Any]] = field(default_factory=list)
    recipe: recipes.Recipe | None = None

    @property
    def paths(self) -> list[Path]:
        """Files of the product."""
        return [self.path, recipes.beside(self.path)]


def prepare(
    paths: Iterable[str | Path],
    out: str | Path,
    *,
    product: str,
    year: int,
    source: str | None = None,
    like: str | Path | None = None,
    landcover: str | Path | None = None,
    fill: str = "none",
    reach: float = 5000.0,
    quality: str = "none",
    statistic: str | None = None,
    season: tuple[int, int] | None = None,
    gaps: str = "refuse",
    least: float = 0.5,
    scale: float | None = None,
    crs: Any = None,
    ndvi_soil: float | None = None,
    ndvi_vegetation: float | None = None,
    percentiles: tuple[float, float] | None = None,
    progress: Progress | None = None,
) -> Satellite:
    """Productivity, evapotranspiration, NDVI or cover of a year.

    Parameters
    ----------
    paths : list of path
        Files of an order, or folders of them.
    out : path
        .tif; replaced where it exists.
    product : choice {npp, et, ndvi, cover}
        In gC m-2 yr-1, mm yr-1, 1 and 1.
    year : number, yr
    source : text
        Product of files whose names do not say it: MOD17A3HGF.
    like : path
        Raster whose grid is taken; without it the lattice of the files.
    landcover : path
        Raster of ecosystem types, as `prepare landcover` writes it.
    fill : choice {none, zero, nearest, class_mean}
        What stands where the product leaves out a class of land.
    reach : number, m
        Of `nearest`.
    quality : choice {none, usable, good}
    statistic : choice {mean, max}
        Of NDVI.
    season : (number, number), month
        First and last month of the composites of NDVI.
    gaps : choice {refuse, available}
        Every composite is needed, or the share `least` of the days.
    least : number, 1, 0-1
    scale : number, 1
        Quantity per stored value, where values were scaled before.
    crs : text
        For files that have none; `modis` is the sinusoidal grid.
    ndvi_soil, ndvi_vegetation : number, 1
        NDVI of bare soil and of full cover, for cover.
    percentiles : (number, number), %
        Of the NDVI, in their place.
    progress : callable (done, text)
        False stops.

    Raises
    ------
    InputError
        Whatever is refused about the order, its values and the choices.
    """
    options = {name: value for name, value in locals().items() if name not in ("out", "progress")}
    out, paths = Path(out), [Path(path) for path in paths]
    options |= {"like": _path(like), "landcover": _path(landcover)}
    measured = "ndvi" if product == "cover" else product
    rules = _rules(product, measured, quality, statistic, season, gaps, least, scale)
    _refuse_choices(out, product, fill, landcover, (ndvi_soil, ndvi_vegetation), percentiles)
    order = orders.order(paths, measured, year, source)
    lattice = orders.grid_of(order, crs)
    made = Satellite(out, "1" if product == "cover" else order.product.uom)
    with work_folder(f".{out.stem}.", out.parent if out.parent.is_dir() else None) as folder:
        native = Path(folder) / "year.tif"
        whole = Year(order, lattice, rules, crs, progress)
        rasters.write(native, whole.blocks(), lattice, dtype="float32", bands=2)
        _refuse_magnitude(whole, measured, order.product.name)
        filling = _filling(native, lattice, like, landcover, fill, reach)
        bounds = _bounds(whole, product, (ndvi_soil, ndvi_vegetation), percentiles)
        _write(made, filling, bounds, progress)
    _describe(made, order, whole, filling, rules)
    options["paths"] = order.files if rules.quality != "none" else order.value_files
    read = [*options["paths"], *(path for path in (options["like"], options["landcover"]) if path is not None)]
    made.recipe = recipes.recipe(PRODUCT, read, options, quality=made.quality, notes=made.notes, outputs=[out])
    recipes.write(made.recipe, out)
    return made


def _path(value: str | Path | None) -> Path | None:
    return None if value is None else Path(value)


def _choice(name: str, found: str | None, choices: tuple[str, ...]) -> None:
    if found not in choices:
        raise InputError("choice_unknown", name=name, found=str(found), choices=choices)


def _rules(
    product: str,
    measured: str,
    quality: str,
    statistic: str | None,
    season: tuple[int, int] | None,
    gaps: str,
    least: float,
    scale: float | None,
) -> Rules:
    _choice("product", product, PRODUCTS)
    _choice("quality", quality, RULES)
    _choice("gaps", gaps, GAPS)
    statistic = statistic or STATISTICS[measured][0]
    _choice(f"statistic ({product})", statistic, STATISTICS[measured])
    if season is not None and (measured != "ndvi" or not 1 <= season[0] <= season[1] <= 12):
        raise InputError("satellite_season", product=product, found=f"{season[0]}-{season[1]}")
    if not 0 < least <= 1:
        raise InputError("satellite_least", found=least)
    return Rules(statistic, (season[0], season[1]) if season else (1, 12), quality, gaps, least, scale)


def _refuse_choices(
    out: Path, product: str, fill: str, landcover: str | Path | None, ndvi: Bounds, percentiles: tuple[float, float] | None
) -> None:
    if out.suffix.lower() not in (".tif", ".tiff"):
        raise InputError("satellite_ending", path=str(out))
    _choice("fill", fill, FILLS)
    if fill == "class_mean" and landcover is None:
        raise InputError("satellite_fill_landcover", rule=fill)
    if product != "cover":
        return
    given = None not in ndvi
    if given == (percentiles is not None) or (not given and ndvi != (None, None)):
        raise InputError("satellite_cover_bounds", soil=str(ndvi[0]), vegetation=str(ndvi[1]), percentiles=str(percentiles))
    low, high = cast("tuple[float, float]", ndvi if given else percentiles)
    if not low < high:
        raise InputError("satellite_cover_order", low=float(low), high=float(high))


def _refuse_magnitude(whole: Year, measured: str, name: str) -> None:
    """Refuse a year without a value, and one whose mean no land surface has."""
    if not whole.count:
        raise InputError("satellite_all_missing", product=name, year=whole.order.year)
    low, high = PLAUSIBLE[measured]
    beyond = measured == "ndvi" and (whole.high > 1.0 + 1e-6 or whole.low < -1.0 - 1e-6)
    if not low <= whole.mean <= high or beyond:
        fields = {"mean": whole.mean, "lowest": whole.low, "highest": whole.high, "uom": whole.order.product.uom}
        raise InputError("satellite_magnitude", product=name, low=low, high=high, **fields)


def _filling(
    native: Path, lattice: Grid, like: str | Path | None, landcover: str | Path | None, fill: str, reach: float
) -> Filling:
    """The year on the grid of the result."""
    grid = lattice if like is None else rasters.Source(like, kind="categorical", measure="1").grid
    pipeline = _pipeline(lattice, grid)
    values = rasters.align(rasters.Source(native, band=1, pipeline=pipeline), grid)
    reasons = rasters.align(rasters.Source(native, kind="categorical", band=2, pipeline=pipeline), grid)
    types = None
    if landcover is not None:
        given = rasters.Source(landcover, kind="categorical", missing=0)
        types = rasters.align(replace(given, pipeline=_to_sphere(given.grid, grid)), grid)
    return Filling(values, reasons, types, fill, reach)


def _pipeline(lattice: Grid, target: Grid) -> str | None:
    """PROJ pipeline from the MODIS grid, whose latitudes and longitudes are those of WGS 84; None between other grids."""
    if not orders.is_sinusoidal(lattice) or orders.is_sinusoidal(target):
        return None
    onward = _steps(transformation(read_crs("EPSG:4326"), target.crs))
    return f"proj=pipeline step inv {_sphere(lattice)} step proj=unitconvert xy_in=rad xy_out=deg{onward}"


def _to_sphere(source: Grid, lattice: Grid) -> str | None:
    """PROJ pipeline to the MODIS grid; None between other grids."""
    if not orders.is_sinusoidal(lattice) or orders.is_sinusoidal(source):
        return None
    onward = _steps(transformation(source.crs, read_crs("EPSG:4326")))
    return f"proj=pipeline{onward} step proj=unitconvert xy_in=deg xy_out=rad step {_sphere(lattice)}"


def _sphere(lattice: Grid) -> str:
    ellipsoid: Any = lattice.crs.ellipsoid  # a sinusoidal system has one
    return f"proj=sinu lon_0=0 R={ellipsoid.semi_major_metre:.3f}"


def _steps(operation: Transformation) -> str:
    """Steps of an operation inside another pipeline, in degrees at the geographic end."""
    text = operation.pipeline
    return "" if text.startswith("proj=noop") else " step " + text.removeprefix("proj=pipeline step ")


def _bounds(whole: Year, product: str, ndvi: Bounds, percentiles: tuple[float, float] | None) -> tuple[float, float] | None:
    """NDVI of bare soil and of full cover; None where the result is not cover."""
    if product != "cover":
        return None
    if percentiles is None:
        soil, vegetation = cast("tuple[float, float]", ndvi)
        return float(soil), float(vegetation)
    low, high = whole.percentile(percentiles[0]), whole.percentile(percentiles[1])
    if not low < high:
        raise InputError("satellite_cover_order", low=low, high=high)
    return low, high


def _write(made: Satellite, filling: Filling, bounds: tuple[float, float] | None, progress: Progress | None) -> None:
    grid = filling.values.grid
    tiles = grid.tiles()
    if filling.rule == "class_mean":
        for tile in tiles:
            if progress is not None and progress(0.6, "class means") is False:
                raise Cancelled
            filling.learn(tile)
    found = {"area": 0.0, "total": 0.0, "low": np.inf, "high": -np.inf, "clipped": 0.0}

    def blocks() -> Iterator[tuple[Grid, np.ndarray]]:
        for number, tile in enumerate(tiles):
            if progress is not None and progress(0.6 + 0.4 * number / len(tiles), "cells") is False:
                raise Cancelled
            yield tile, _block(filling.filled(tile), tile, bounds, found)

    try:
        rasters.write(made.path, blocks(), grid, dtype="float32", measure=made.measure)
    finally:
        for aligned in (filling.values, filling.reasons, filling.landcover):
            if aligned is not None:
                aligned.close()
    valid = found["area"]
    values = (valid, found["low"], found["total"] / valid if valid else np.nan, found["high"], made.measure)
    made.quality["values"] = pd.DataFrame([values], columns=columns(ValuesRow))
    if bounds is not None:
        row = (*bounds, found["clipped"], "m2")
        made.quality["cover"] = pd.DataFrame([row], columns=columns(CoverRow))
        made.notes.append(recipes.note("satellite_cover", soil=bounds[0], vegetation=bounds[1], area=found["clipped"] / 1e4))


def _block(values: np.ndarray, tile: Grid, bounds: tuple[float, float] | None, found: dict[str, float]) -> np.ndarray:
    """Values of a tile as they are written; figures are added up on the way."""
    area = tile.cell_area()
    if bounds is not None:
        outside = (values < bounds[0]) | (values > bounds[1])
        found["clipped"] += float(area[outside].sum())
        values = cover_from_ndvi(values, *bounds).factor / np.float32(100)
    known = ~np.isnan(values)
    if known.any():
        found["area"] += float(area[known].sum())
        found["total"] += float((area[known] * values[known]).sum())
        found["low"] = min(found["low"], float(values[known].min()))
        found["high"] = max(found["high"], float(values[known].max()))
    return values


def _describe(made: Satellite, order: orders.Order, whole: Year, filling: Filling, rules: Rules) -> None:
    """Tables, notes and warnings of what was done."""
    product, note = order.product, recipes.note
    made.quality["composites"] = whole.table()
    missing = filling.table()
    made.quality["missing"] = missing
    files = sum(len(composite.values) for composite in order.composites)
    fields = {"product": product.name, "layer": product.layer, "count": files, "year": order.year}
    made.notes.append(note(f"satellite_matched_{order.matched}", **fields))
    if rules.scale is None:
        factor = product.scale * product.factor
        made.notes.append(note("satellite_scaled", factor=factor, uom=product.uom, status=product.status, source=product.source_id))
    else:
        made.notes.append(note("satellite_scale_given", factor=rules.scale, uom=product.uom))
    if order.others:
        made.notes.append(note("satellite_others", count=len(order.others), files=[path.name for path in order.others]))
    made.notes.append(note("satellite_quality", rule=rules.quality, layer=product.quality_layer, text=_condition(product, rules)))
    if whole.absent or whole.scaled_area:
        days, area = sum(each.days for each in order.composites), whole.scaled_area / 1e4
        made.notes.append(note("satellite_gaps", dates=whole.absent or ["-"], days=days, expected=whole.days, area=area))
    made.notes += [note(code, **{**fields, "source": product.name}) for code, fields in filling.values.parts()]
    if orders.is_sinusoidal(filling.values.grid):
        made.notes.append(note("satellite_sinusoidal", path=str(made.path)))
    if filling.rule != "none":
        made.notes.append(note("satellite_filled", rule=filling.rule, area=float(missing["filled"].sum() / 1e4)))
    left = missing[missing["area"] > missing["filled"]]
    if len(left):
        gone = (left["area"] - left["filled"]).groupby(left["reason"]).sum()
        shown = [f"{reason} {area / 1e4:.6g} ha" for reason, area in gone.items()]
        warn("satellite_missing", MissingData, path=str(made.path), area=float(gone.sum() / 1e4), reasons=shown)
    if product.status == "recalled" and rules.scale is None:
        warn("satellite_recalled", EcovalWarning, product=product.name, note=product.note)


def _condition(product: Product, rules: Rules) -> str:
    """The conditions of a quality rule, as text."""
    if rules.quality == "none":
        return "-"
    return " ".join(f"{name} {low}-{high}" for name, low, high in product.rules[rules.quality])
