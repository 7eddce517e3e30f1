"""Soil on a grid: soil types of a raster or of polygons with the numbers of their soils, or rasters of properties by depth."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shapely

from ecoval import rasters
from ecoval.constants import MISSING_CLASS
from ecoval.errors import EcovalWarning, InputError, warn
from ecoval.grid import Grid
from ecoval.layers.crosswalks import as_codes
from ecoval.prepare.landcover.finer import dominant
from ecoval.prepare.recipe import note
from ecoval.prepare.soil import texture
from ecoval.prepare.soil.erodibility import Erodibility
from ecoval.prepare.soil.properties import TEXTURE, Property, named, properties
from ecoval.terms import nearest
from ecoval.totals.entries import cells_of
from ecoval.units import vectors
from ecoval.units.coverage import fractions
from ecoval.units.edges import carried
from ecoval.units.scale import small_areas
from ecoval.units.validation import mended

GROUP = "soil_group"
_SOILGRIDS = re.compile(r"^([a-z]+)_(\d+)-(\d+)cm_", re.IGNORECASE)
_SAMPLE = 128  # cells
_OVERLAP = 1e-6  # of a cell; less is rounding


@dataclass(frozen=True)
class SoilGrid:
    """The grid that is wanted: that of a raster, or cells of a size.

    Parameters
    ----------
    cell : number, m
    """

    like: Grid | None
    cell: float | None = None
    cell_crs: Any = None

    @property
    def crs(self) -> Any:
        """CRS of the grid, None for that of the source."""
        return self.like.crs if self.like is not None else self.cell_crs

    def grid(self, shapes: np.ndarray, crs: Any, path: str) -> Grid:
        """The grid over polygons of a CRS.

        Raises
        ------
        InputError
            Where neither a raster nor a cell size is given.
        """
        if self.like is not None:
            return self.like
        if self.cell is None:
            raise InputError("soil_grid_absent", path=path)
        return Grid.covering(tuple(float(side) for side in shapely.total_bounds(shapes)), crs, float(self.cell))


@dataclass
class Types:
    """Soil types on a grid: values of a role out of the table of soils.

    Parameters
    ----------
    codes : vector (soils)
        Text, sorted.
    areas : mapping (text, number)
        m2 of each code of the map.
    soils : table (code, ...)
        A column per role.
    """

    grid: Grid
    codes: np.ndarray
    areas: dict[str, float]
    soils: pd.DataFrame = field(default_factory=pd.DataFrame)

    def refuse_unknown(self, known: Sequence[str], table: Path, map_path: Path, rule: str) -> list[str]:
        """Codes of the map without a soil in the table.

        Raises
        ------
        InputError
            With their areas, unless the rule is `missing`.
        """
        unknown = sorted((code for code in self.areas if code not in set(known)), key=lambda code: -self.areas[code])
        if unknown and rule == "refuse":
            shown = [f'"{code}" ({self.areas[code] / 1e4:.6g} ha)' for code in unknown]
            fields = {"count": len(unknown), "area": sum(self.areas[code] for code in unknown) / 1e4, "codes": shown}
            raise InputError(
                "soil_codes_unknown", path=str(map_path), table=str(table), nearest=nearest(unknown[0], known), **fields
            )
        return unknown

    def values(self, role: str) -> np.ndarray:
        """Value of a role for each code, nan where there is none."""
        column = self.soils[role] if role in self.soils else pd.Series(dtype=float)
        return column.reindex(self.codes).to_numpy(dtype=np.float64)

    def block(self, role: str, tile: Grid) -> np.ndarray:
        """Values of a role on a tile."""
        raise NotImplementedError

    def aligned_notes(self) -> list[dict[str, Any]]:
        """Notes on the grid of the result."""
        return []

    def close(self) -> None:
        """Let go of open files."""


class TypeRaster(Types):
    """A raster of soil codes."""

    def __init__(self, path: Path, like: Grid | None, crs: Any, tick: Callable[[Grid, str], Iterator[Grid]]) -> None:
        self._aligned = rasters.align(rasters.Source(path, kind="categorical", measure="1", crs=crs), like)
        found: dict[int, float] = {}
        for tile in tick(self._aligned.grid, "codes"):
            classes, place = np.unique(self._aligned.read(tile), return_inverse=True)
            sizes = np.bincount(place.ravel(), weights=tile.cell_area().ravel())
            for code, size in zip(classes.tolist(), sizes.tolist(), strict=True):
                found[code] = found.get(code, 0.0) + size
        found.pop(MISSING_CLASS, None)
        self._numbers = np.array(sorted(found), dtype=np.int64)
        codes = np.array([str(code) for code in self._numbers.tolist()], dtype=object)
        super().__init__(self._aligned.grid, codes, {str(code): size for code, size in found.items()})

    def block(self, role: str, tile: Grid) -> np.ndarray:
        """Values of a role on a tile, by the code of each cell."""
        classes = self._aligned.read(tile)
        known = classes != MISSING_CLASS
        place = np.searchsorted(self._numbers, np.where(known, classes, self._numbers[0]))
        return np.where(known, self.values(role)[place], np.nan)

    def aligned_notes(self) -> list[dict[str, Any]]:
        """How the codes came onto the grid."""
        return aligned_notes(self._aligned)

    def close(self) -> None:
        """Close the raster."""
        self._aligned.close()


class TypePolygons(Types):
    """Polygons of soil types: means weighted by the exact shares of a cell, and the group with the largest share."""

    def __init__(
        self,
        path: Path,
        code: str | None,
        target: SoilGrid,
        *,
        layer: str | None = None,
        crs: Any = None,
        encoding: str | None = None,
    ) -> None:
        source = vectors.read(path, layer=layer, crs=crs, encoding=encoding)
        if code is None:
            raise InputError("soil_code_unnamed", path=str(path), fields=[str(name) for name in source.frame.columns])
        texts = as_codes(source.frame[vectors.column(source.frame, code, source.name)])
        shapes = mended(shapely.force_2d(np.asarray(source.frame.geometry.values, dtype=object)))
        moved = mended(carried(shapes, source.frame.crs, target.crs or source.frame.crs))
        grid = target.grid(moved, target.crs or source.frame.crs, str(path))
        self._cover = fractions(moved, grid)
        self._tiles = {tile.first: number for number, tile in enumerate(self._cover.tiles)}
        codes, self._place = np.unique(texts.astype(str), return_inverse=True)
        sizes = np.bincount(self._place, weights=small_areas(shapes, source.frame.crs), minlength=len(codes))
        self._warn_overlaps(path)
        super().__init__(grid, codes.astype(object), dict(zip(codes.tolist(), sizes.tolist(), strict=True)))

    def _warn_overlaps(self, path: Path) -> None:
        """Say how much ground lies in two polygons."""
        twice = 0.0
        for number, tile in enumerate(self._cover.tiles):
            runs = self._cover.tile_runs(number)
            run, cell = cells_of(runs, tile.cols)
            share = np.bincount(cell, weights=runs.weight[run], minlength=tile.rows * tile.cols).reshape(tile.shape)
            twice += float((np.where(share > 1 + _OVERLAP, share - 1, 0.0) * tile.cell_area()).sum())
        if twice:
            warn("soil_polygons_overlap", EcovalWarning, path=str(path), area=twice / 1e4)

    def block(self, role: str, tile: Grid) -> np.ndarray:
        """Values of a role on a tile: means over the part of the cell that has one."""
        number = self._tiles.get(tile.first)
        if number is None:
            return np.full(tile.shape, np.nan)
        runs = self._cover.tile_runs(number)
        run, cell = cells_of(runs, tile.cols)
        values, weight = self.values(role)[self._place[runs.unit]][run], runs.weight[run]
        known = ~np.isnan(values)
        if role == GROUP:
            group = dominant(cell[known], values[known].astype(np.int64), weight[known], tile.shape)
            return np.where(group > 0, group, np.nan)
        total = np.bincount(cell[known], weights=weight[known] * values[known], minlength=tile.rows * tile.cols)
        share = np.bincount(cell[known], weights=weight[known], minlength=tile.rows * tile.cols)
        mean: np.ndarray = np.divide(total, share, out=np.full(total.shape, np.nan), where=share > 1e-9)
        return mean.reshape(tile.shape)


@dataclass
class SoilRaster:
    """A raster of one property and depth.

    Parameters
    ----------
    top, bottom : number
        cm; nan where the raster has no depth.
    matched : choice {True, False}
        By its name.
    """

    property: Property
    path: Path
    uom: str
    top: float
    bottom: float
    matched: bool

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> SoilRaster:
        """Entry out of property, path, uom and depth, or out of a name such as `clay_0-5cm_mean.tif`.

        Raises
        ------
        InputError
            Where neither says the property and its measure.
        """
        path = Path(given["path"])
        found = _SOILGRIDS.match(path.name)
        known = {each.soilgrids: each for each in properties().values() if each.soilgrids}
        named_so = known.get(found[1].lower()) if found else None
        one = named(given["property"], str(path)) if given.get("property") else named_so
        if one is None:
            raise InputError("soil_raster_unnamed", path=str(path), properties=list(properties()))
        matched = one is named_so
        uom = given.get("uom") or (one.soilgrids_uom if matched else None)
        if not uom:
            raise InputError("soil_uom_absent", path=str(path), property=one.name, uom=one.uom)
        depth = given.get("depth") or (f"{found[2]}-{found[3]}" if found and matched else None)
        top, bottom = depth_of(depth) if depth else (np.nan, np.nan)
        if not path.exists():
            raise InputError("raster_absent", path=str(path))
        return cls(one, path, uom, top, bottom, matched)


class Rasters:
    """Rasters of properties, each the mean of a depth by thickness."""

    def __init__(
        self, entries: list[SoilRaster], depth: tuple[float, float], like: Grid | None, crs: Any, k: Erodibility, group: str
    ) -> None:
        self.grid = rasters.Source(entries[0].path, crs=crs).grid if like is None else like
        self._k, self._group = k, group
        self._layers: dict[str, list[tuple[rasters.Aligned, float, float]]] = {}
        self.notes: list[dict[str, Any]] = []
        for name in dict.fromkeys(entry.property.name for entry in entries):
            own = [entry for entry in entries if entry.property.name == name]
            shares = _shares(own, depth)
            opened = [
                (self._opened(entry, crs), entry.property.factor(entry.uom, str(entry.path)), share) for entry, share in shares
            ]
            self._layers[name] = opened
            self.notes.append(note("soil_raster_depths", **_described(shares)))
            self.notes += aligned_notes(opened[0][0])

    @property
    def names(self) -> list[str]:
        """Properties that there are."""
        return list(self._layers)

    def property(self, name: str, tile: Grid) -> np.ndarray:
        """Mean of a property over the depth, in its measure; missing where a layer of it is."""
        total: np.ndarray = np.zeros(tile.shape)
        for aligned, factor, share in self._layers[name]:
            total += aligned.read(tile) * (factor * share)
        return total

    def parts(self, tile: Grid) -> list[Any]:
        """Sand, silt, clay and coarse fragments (None where absent) as they are given."""
        rock = self.property("coarse_fragments", tile) if "coarse_fragments" in self._layers else None
        return [*(self.property(name, tile) for name in TEXTURE), rock]

    def block(self, role: str, tile: Grid) -> np.ndarray:
        """Values of a role on a tile."""
        name = role.removeprefix("soil_")
        if name in TEXTURE:
            return np.asarray(texture.fine(*self.parts(tile))[TEXTURE.index(name)])
        if role == "erodibility":
            found = texture.fine(*self.parts(tile))
            return self._k(found.sand, found.silt, found.clay, self.carbon(tile))
        if role == GROUP and self._group == "conductivity":
            group = texture.group_of_conductivity(self.property("conductivity", tile), self.property("depth", tile))
            return np.where(group > 0, group, np.nan)
        if role == GROUP:
            group = texture.group_of_texture(*texture.fine(*self.parts(tile))[:3])
            return np.where(group > 0, group, np.nan)
        if role == "soil_organic_carbon":
            return self.carbon(tile)
        return self.property(next(each.name for each in properties().values() if each.role == role), tile)

    def carbon(self, tile: Grid) -> np.ndarray:
        """Organic carbon, out of organic matter where that is given."""
        if "organic_carbon" in self._layers:
            return self.property("organic_carbon", tile)
        return np.asarray(self.property("organic_matter", tile) / self._k.ratio)

    def close(self) -> None:
        """Close all rasters."""
        for opened in self._layers.values():
            for aligned, *_ in opened:
                aligned.close()

    def _opened(self, entry: SoilRaster, crs: Any) -> rasters.Aligned:
        source = rasters.Source(entry.path, crs=crs)
        with rasters.align(source) as own:
            values = np.concatenate([own.read(window).ravel() for window in _windows(own.grid)])
        entry.property.refuse_values(values * entry.property.factor(entry.uom, str(entry.path)), entry.uom, str(entry.path))
        return rasters.align(source, self.grid)


def aligned_notes(aligned: rasters.Aligned) -> list[dict[str, Any]]:
    """Notes on how a source came onto the grid of the result."""
    return [note(code, **{**fields, "source": Path(str(aligned.source.name)).name}) for code, fields in aligned.parts()]


def depth_of(text: str | Sequence[float]) -> tuple[float, float]:
    """Top and bottom in cm out of `0-30`.

    Raises
    ------
    InputError
    """
    parts = list(text) if isinstance(text, list | tuple) else str(text).removesuffix("cm").split("-")
    try:
        top, bottom = (float(part) for part in parts)
    except ValueError:
        raise InputError("soil_depth_text", found=str(text)) from None
    if not 0 <= top < bottom:
        raise InputError("soil_depth_text", found=str(text))
    return top, bottom


def _windows(grid: Grid) -> Iterator[Grid]:
    """Nine windows spread over a grid."""
    rows, cols = min(_SAMPLE, grid.rows), min(_SAMPLE, grid.cols)
    for row in sorted({int(share * (grid.rows - rows)) for share in (0, 0.5, 1)}):
        for col in sorted({int(share * (grid.cols - cols)) for share in (0, 0.5, 1)}):
            yield grid.window(row, col, rows, cols)


def _shares(entries: list[SoilRaster], depth: tuple[float, float]) -> list[tuple[SoilRaster, float]]:
    """Rasters that the depth meets, and the share of it that each holds.

    Raises
    ------
    InputError
        Where they leave a part of it out, overlap, or one of several has no depth.
    """
    if len(entries) == 1 and np.isnan(entries[0].top):
        return [(entries[0], 1.0)]
    ordered = sorted(entries, key=lambda entry: entry.top)
    met = [(entry, min(entry.bottom, depth[1]) - max(entry.top, depth[0])) for entry in ordered]
    overlaps = any(after.top < before.bottom for before, after in pairwise(ordered))
    whole = sum(thick for _, thick in met if thick > 0)
    if overlaps or not abs(whole - (depth[1] - depth[0])) < 1e-9:  # nan too
        shown = ["-" if np.isnan(entry.top) else f"{entry.top:g}-{entry.bottom:g}" for entry in ordered]
        fields = {"property": entries[0].property.name, "found": shown, "depth": f"{depth[0]:g}-{depth[1]:g}"}
        raise InputError("soil_depth_uncovered", path=str(entries[0].path), **fields)
    return [(entry, thick / whole) for entry, thick in met if thick > 0]


def _described(shares: list[tuple[SoilRaster, float]]) -> dict[str, Any]:
    first = shares[0][0]
    layers = [f"{entry.path.name} x {share:.4g}" for entry, share in shares]
    return {"property": first.property.name, "layers": layers, "uom": first.uom, "matched": "name" if first.matched else "declared"}
