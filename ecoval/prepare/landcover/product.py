"""prepare.landcover: the product, its class table and its recipe."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import geopandas
import numpy as np
import pandas as pd
import pyogrio
import shapely

from ecoval import classification, rasters
from ecoval.declarations import WORKED_OUT, Key, columns
from ecoval.errors import EcovalWarning, InputError, MissingData, warn
from ecoval.files import UNITS, written_beside
from ecoval.grid import Grid, bounds_in, read_crs
from ecoval.layers.crosswalks import Crosswalk
from ecoval.layers.mixtures import Mixture
from ecoval.layers.names import read_own
from ecoval.layers.opening import ClassRow
from ecoval.parameters import Parameters
from ecoval.prepare import recipe as recipes
from ecoval.prepare.landcover import cells, coarse, finer, polygons, survey
from ecoval.prepare.landcover.accuracy import AccuracyRow
from ecoval.prepare.landcover.accuracy import accuracy as accuracy_table
from ecoval.tables import write_table
from ecoval.totals.blocks import Progress
from ecoval.units import vectors

MISSING = 0
PRODUCT = "landcover"
GivenGrid = tuple[float | None, Any, str | Path | None]  # cell size, CRS, raster whose grid is taken


@dataclass(frozen=True)
class SourceRow:
    """A file that the land cover is made of."""

    file: Annotated[str, Key("name of the file", "文件名")]
    year: Annotated[int | None, Key("year that it shows", "所反映的年份", free=WORKED_OUT)]
    resolution: Annotated[
        float | None,
        Key("of the images behind it, or its cell size", "所依影像的分辨率或像元大小", low=0, measure="m", free=WORKED_OUT),
    ]
    role: Annotated[str, Key("what it is used for", "用途")]


@dataclass(frozen=True)
class TypeAreaRow:
    """An ecosystem type of the result."""

    ecosystem_type: Annotated[int, Key("ecosystem type", "生态系统类型", free=WORKED_OUT)]
    name: Annotated[str, Key("its name, in English", "类型名称（英文）")]
    name_zh: Annotated[str, Key("its name, in Chinese", "类型名称")]
    area: Annotated[float, Key("of the type", "该类型的面积", low=0, measure="m2", free=WORKED_OUT)]
    uom: Annotated[str, Key("unit of measure of the areas", "面积的计量单位")]


QUALITY = (
    ("types", TypeAreaRow),
    ("coarse", coarse.CoarseRow),
    ("finer", finer.FinerRow),
    ("survey", survey.SurveyedRow),
    ("resolution", polygons.CellSizeRow),
    ("codes", cells.CodeRow),
    ("sources", SourceRow),
    ("accuracy", AccuracyRow),
)


@dataclass
class LandCover:
    """A prepared land-cover layer.

    Parameters
    ----------
    classes : path
        Table of the types that are there, for `classes = ...` in study.toml.
    areas : mapping (number, number)
        Ecosystem type -> m2.
    """

    path: Path
    classes: Path
    areas: dict[int, float]
    quality: dict[str, pd.DataFrame] = field(default_factory=dict)
    notes: list[dict[str, Any]] = field(default_factory=list)
    recipe: recipes.Recipe | None = None

    @property
    def paths(self) -> list[Path]:
        """Files of the product."""
        return [self.path, self.classes, recipes.beside(self.path)]


@dataclass
class _Work:
    """What the two ways of making the product have in common."""

    crosswalk: Crosswalk
    layers: list[finer.Finer]
    sources: list[tuple[Any, ...]] = field(default_factory=list)
    quality: dict[str, pd.DataFrame] = field(default_factory=dict)
    notes: list[dict[str, Any]] = field(default_factory=list)
    areas: dict[int, float] = field(default_factory=dict)


def prepare(
    path: str | Path,
    crosswalk: str | Path,
    out: str | Path,
    *,
    code: str | None = None,
    area: str | None = None,
    ridge: str | None = None,
    ridge_code: str = survey.RIDGE_CODE,
    layer: str | None = None,
    crs: Any = None,
    encoding: str | None = None,
    band: int = 1,
    missing: float | None = None,
    overlaps: str = "refuse",
    finer_layers: Iterable[Mapping[str, Any]] = (),
    mixtures: str | Path | None = None,
    accuracy: str | Path | None = None,
    cell: float | None = None,
    grid_crs: Any = None,
    like: str | Path | None = None,
    year: int | None = None,
    resolution: float | None = None,
    parameters: Sequence[str | Path] = (),
    standard: str = "open-2026",
    region: str | None = None,
    allow_recalled: bool = False,
    progress: Progress | None = None,
) -> LandCover:
    """Ecosystem types out of survey parcels or a classified raster.

    Parameters
    ----------
    path : path
        Parcels (file geodatabase, shapefile, GeoPackage ...) or a raster.
    crosswalk : text or path
        sandiao, clcd, globeland30, worldcover, corine, hj1166, or a table (source_code, target_code).
    out : path
        .gpkg for polygons, .tif for cells; replaced where it exists.
    code, area, ridge : text
        Fields of the class, the surveyed area and the field ridges (m2); for `sandiao` DLBM, TBMJ, KCMJ where the layer has them.
    ridge_code : text
        Class of the field ridges.
    layer, crs, encoding : text
        Of the parcels; `crs` also of a raster that has none.
    band : number, 1, >= 1
    missing : number
        Of a raster.
    overlaps : choice {refuse, first}
        Ground in two parcels: an error, or left to the earlier one.
    finer_layers : list of mapping (path, crosswalk, code, ...)
        In the order of use; each resolves what is coarse and nests.
    mixtures : path
        Table in the form of refine_template.csv, checked here and named again in study.toml.
    accuracy : path
        Table (metric, value) or (reference, mapped, count).
    cell : number, m
        With `grid_crs`: grid of a raster out of parcels.
    like : path
        Raster whose grid is taken.
    year : number, yr
        Of the source.
    resolution : number, m
        Of the images behind the parcels.
    parameters : list of path
        Own parameter tables: numbers for coarse types.
    allow_recalled : choice {True, False}
        For the list of the numbers that coarse types still need.
    progress : callable (done, text)
        False stops.

    Raises
    ------
    InputError
        Whatever is refused about parcels, crosswalk, finer layers, mixtures and tables.
    """
    path, out = Path(path), Path(out)
    options = {name: value for name, value in locals().items() if name not in ("out", "progress")}
    options["finer_layers"] = [dict(entry) for entry in finer_layers]
    options = {name: _as_path(name, value) for name, value in options.items()}
    work = _Work(Crosswalk.read(crosswalk), finer.opened(options["finer_layers"], overlaps))
    mixture = None if mixtures is None else Mixture.read(mixtures)
    numbers = read_own(parameters, standard=standard, region=region, allow_recalled=allow_recalled)
    vector = vectors.is_vector(path)
    ending = out.suffix.lower()
    if ending not in ((".gpkg", ".tif") if vector else (".tif",)):
        raise InputError("landcover_ending", path=str(out), endings=".gpkg .tif" if vector else ".tif")
    if vector:
        fields = {"code": code, "area": area, "ridge": ridge, "layer": layer, "crs": crs, "encoding": encoding}
        _of_parcels(work, path, out, fields, ridge_code, overlaps, (cell, grid_crs, like), progress)
        work.sources.insert(0, (path.name, year, resolution, "polygons"))
    else:
        source = rasters.Source(path, kind="categorical", measure="1", band=band, missing=missing, crs=crs)
        _of_cells(work, source, out, (cell, grid_crs, like), progress)
        work.sources.insert(0, (path.name, year, max(source.grid.cell_size_m), "raster"))
    _judge(work, mixture, numbers, accuracy)
    return _finished(work, path, out, options, mixture, accuracy, parameters)


def _of_parcels(
    work: _Work,
    path: Path,
    out: Path,
    fields: Mapping[str, Any],
    ridge_code: str,
    overlaps: str,
    given: GivenGrid,
    progress: Progress | None,
) -> None:
    parcels = survey.read(path, sandiao=work.crosswalk.lettered, overlaps=overlaps, **fields)
    made = polygons.typed(parcels, work.crosswalk, work.layers, ridge_code, progress)
    work.quality |= made.quality
    work.notes += made.notes
    work.areas = made.areas()
    if out.suffix.lower() == ".gpkg":
        _write_polygons(made.frame(), out)
        return
    grid = _grid(given, made)
    held = polygons.OnGrid(made, grid)
    rasters.write(out, held.blocks(progress), grid, dtype="int16", missing=MISSING)
    ridgeless = polygons.TypedParcels(made.survey, made.geometry, made.types, made.parcel, np.zeros(len(made.types)), 0)
    if made.ridge_share.any():
        work.notes = [each for each in work.notes if each["code"] != "ridges_deducted"]
        work.notes.append(recipes.note("ridges_on_cells", path=made.survey.name, area=float(made.survey.ridge.sum() / 1e4)))
    table, notes = polygons.resolution_effect(ridgeless.areas(), held.areas, held.changed)
    work.quality["resolution"] = table
    work.notes += notes
    work.areas = {kind: size for kind, size in held.areas.items() if kind != MISSING}


def _of_cells(work: _Work, source: rasters.Source, out: Path, given: GivenGrid, progress: Progress | None) -> None:
    grid = None if all(each is None for each in given) else _grid(given, source)
    made = cells.TypedCells(source, work.crosswalk, work.layers, grid, progress)
    rasters.write(out, made.blocks(), made.grid, dtype="int16", missing=MISSING)
    work.quality |= made.quality
    work.areas = {kind: size for kind, size in made.areas.items() if kind != MISSING}
    work.notes.append(made.note)
    if made.missing_area:
        work.notes.append(recipes.note("landcover_missing_area", path=source.name, area=made.missing_area / 1e4))


def _grid(given: GivenGrid, made: polygons.TypedParcels | rasters.Source) -> Grid:
    """Grid of a raster product: that of a raster, or cells of a size over the source.

    Raises
    ------
    InputError
    """
    cell, crs, like = given
    if isinstance(made, polygons.TypedParcels):
        frame = made.survey.to_crs(_crs(crs, like)).geometry if (crs or like) else made.survey.geometry
        bounds, own = _bounds(frame), made.survey.crs
    else:
        own = made.grid.crs
        bounds = bounds_in(made.grid, own if crs is None else read_crs(crs))
    if like is not None:
        lattice = rasters.Source(like, kind="categorical", measure="1").grid
        return lattice.covered(bounds) if isinstance(made, polygons.TypedParcels) else lattice
    if cell is None:
        name = made.survey.name if isinstance(made, polygons.TypedParcels) else made.name
        raise InputError("landcover_cell_absent", path=str(name))
    return Grid.covering(bounds, read_crs(crs) if crs is not None else own, float(cell))


def _crs(crs: Any, like: str | Path | None) -> Any:
    return read_crs(crs) if like is None else rasters.Source(like, kind="categorical", measure="1").grid.crs


def _bounds(geometry: np.ndarray) -> tuple[float, ...]:
    return tuple(float(side) for side in shapely.total_bounds(geometry))


def _judge(work: _Work, mixture: Mixture | None, numbers: Parameters, accuracy: str | Path | None) -> None:
    """Years, resolutions, what stays coarse, accuracy: tables, notes and warnings."""
    work.sources += [
        (layer.path.name, layer.given.get("year"), layer.given.get("resolution") or layer.cell, "finer") for layer in work.layers
    ]
    work.quality["sources"] = pd.DataFrame(work.sources, columns=columns(SourceRow))
    years = sorted({int(row[1]) for row in work.sources if row[1] is not None})
    sizes = sorted({float(row[2]) for row in work.sources if row[2] is not None})
    if len(years) > 1:
        work.notes.append(recipes.note("landcover_years_mixed", years=years))
    if len(sizes) > 1 and sizes[-1] / sizes[0] > 1 + 1e-6:
        work.notes.append(recipes.note("landcover_resolutions_mixed", sizes=[f"{size:g}" for size in sizes]))
    if work.layers:
        work.quality["finer"] = pd.concat([layer.table() for layer in work.layers], ignore_index=True)
    rows = sorted(work.areas.items())
    types = [(kind, classification.type_name(kind, "en"), classification.type_name(kind, "zh"), size, "m2") for kind, size in rows]
    work.quality["types"] = pd.DataFrame(types, columns=columns(TypeAreaRow))
    mixed = mixture.coarse if mixture is not None else frozenset()
    table = coarse.coarse_table(work.areas, mixed, numbers)
    work.quality["coarse"] = table
    open_rows = table[table["service"] != ""]
    if len(open_rows):
        firsts = _first(open_rows)
        stated = zip(firsts["code"], firsts["name"], firsts["area"], strict=True)
        kinds = [f"{code} {name} ({area / 1e4:.6g} ha)" for code, name, area in stated]
        names = sorted({f"{row.service}: {row.parameter}" for row in open_rows.itertuples()})
        size = float(firsts["area"].sum() / 1e4)
        fields: dict[str, Any] = {"types": kinds, "count": len(names), "parameters": names, "area": size}
        work.notes.append(recipes.note("landcover_stays_coarse", **fields))
        warn("landcover_stays_coarse", EcovalWarning, **fields)
    if accuracy is not None:
        found = accuracy_table(accuracy, sum(work.areas.values()))
        work.quality["accuracy"] = found
        failed = found[found["verdict"] == "fail"]
        if len(failed):
            shown = [f"{row.metric} {row.found:.6g} ({row.limit:g} {row.uom})" for row in failed.itertuples()]
            warn("landcover_accuracy_below", MissingData, path=str(accuracy), rules=shown)


def _first(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.drop_duplicates("code")


def _finished(
    work: _Work,
    path: Path,
    out: Path,
    options: Mapping[str, Any],
    mixture: Mixture | None,
    accuracy: str | Path | None,
    parameters: Sequence[str | Path],
) -> LandCover:
    classes = out.with_name(f"{out.stem}_classes.csv")
    types = work.quality["types"]
    rows = zip(types["ecosystem_type"], types["ecosystem_type"], types["name_zh"], strict=True)
    table = pd.DataFrame(rows, columns=columns(ClassRow))
    write_table(table, classes)
    read: list[str | Path] = [path, *(layer.path for layer in work.layers)]
    read += [each.path for each in (work.crosswalk, *(layer.crosswalk for layer in work.layers)) if each.path is not None]
    read += [each for each in (None if mixture is None else mixture.path, accuracy, *parameters) if each is not None]
    made = recipes.recipe(PRODUCT, dict.fromkeys(read), options, quality=work.quality, notes=work.notes, outputs=(out, classes))
    recipes.write(made, out)
    return LandCover(out, classes, work.areas, work.quality, work.notes, made)


def _as_path(name: str, value: Any) -> Any:
    """Options that are files, as paths, so that the recipe makes them absolute."""
    if name == "finer_layers":
        return [{key: _as_path(key, entry) for key, entry in each.items()} for each in value]
    if name in ("path", "mixtures", "accuracy", "like") and value is not None:
        return Path(value)
    if name == "crosswalk" and Path(str(value)).suffix:
        return Path(value)
    if name == "parameters":
        return [Path(each) for each in value]
    return value


def _write_polygons(frame: geopandas.GeoDataFrame, path: Path) -> None:
    """GeoPackage written beside and renamed."""
    with written_beside(path, UNITS) as part:
        pyogrio.write_dataframe(frame, part, layer=PRODUCT, driver="GPKG", VERSION="1.2", promote_to_multi=True)
