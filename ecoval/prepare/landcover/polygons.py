"""Land cover out of survey parcels: types by the crosswalk, finer layers, field ridges; as polygons, or on a grid."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Annotated, Any

import geopandas
import numpy as np
import pandas as pd

from ecoval.declarations import WORKED_OUT, Key, columns
from ecoval.grid import Grid
from ecoval.layers.crosswalks import Crosswalk
from ecoval.prepare.landcover import finer as finer_layers
from ecoval.prepare.landcover import survey as surveys
from ecoval.prepare.recipe import note
from ecoval.totals.blocks import Progress
from ecoval.totals.entries import cells_of
from ecoval.units.coverage import Coverage, fractions
from ecoval.units.scale import small_areas


@dataclass(frozen=True)
class CellSizeRow:
    """What the cell size does to the area of a type."""

    ecosystem_type: Annotated[int, Key("ecosystem type", "生态系统类型", free=WORKED_OUT)]
    polygons: Annotated[float, Key("area of the parcels", "图斑面积", low=0, measure="m2", free=WORKED_OUT)]
    cells: Annotated[float, Key("area of the cells", "像元面积", low=0, measure="m2", free=WORKED_OUT)]
    difference: Annotated[float, Key("cells less polygons", "像元面积减图斑面积", measure="m2", free=WORKED_OUT)]
    uom: Annotated[str, Key("unit of measure of the areas", "面积的计量单位")]


@dataclass
class TypedParcels:
    """Pieces of parcels with their ecosystem types.

    `parcel` is the position of the survey's parcel; `ridge_share` the part of the piece that is field ridge, of `ridge_type`.
    """

    survey: surveys.Survey
    geometry: np.ndarray
    types: np.ndarray
    parcel: np.ndarray
    ridge_share: np.ndarray
    ridge_type: int
    quality: dict[str, Any] = field(default_factory=dict)
    notes: list[dict[str, Any]] = field(default_factory=list)

    @property
    def area(self) -> np.ndarray:
        """Area of each piece: vector (pieces), m2."""
        return small_areas(self.geometry, self.survey.crs)

    def areas(self) -> dict[int, float]:
        """Area of each ecosystem type, field ridges taken out of their parcels, m2."""
        size = self.area
        kinds = np.concatenate([self.types, np.full(len(size), self.ridge_type)])
        parts = np.concatenate([size * (1 - self.ridge_share), size * self.ridge_share])
        distinct, place = np.unique(kinds, return_inverse=True)
        total = np.bincount(place, weights=parts, minlength=len(distinct))
        return {int(kind): float(area) for kind, area in zip(distinct, total, strict=True) if area > 0}

    def frame(self) -> geopandas.GeoDataFrame:
        """Pieces as a layer: table (parcel, code, ecosystem_type, ridge_type, ridge_share, geometry)."""
        ridged = self.ridge_share > 0
        columns = {
            "parcel": self.parcel.astype(np.int64) + 1,
            "code": pd.array(self.survey.code[self.parcel], dtype="str"),
            "ecosystem_type": self.types.astype(np.int32),
            "ridge_type": np.where(ridged, self.ridge_type, 0).astype(np.int32),
            "ridge_share": self.ridge_share,
        }
        return geopandas.GeoDataFrame(columns, geometry=self.geometry, crs=self.survey.crs)


def typed(
    survey: surveys.Survey,
    crosswalk: Crosswalk,
    layers: list[finer_layers.Finer],
    ridge_code: str,
    progress: Progress | None = None,
) -> TypedParcels:
    """Parcels with their types after the crosswalk and the finer layers.

    Parameters
    ----------
    ridge_code : text
        Class of the field ridges in the crosswalk.
    """
    kinds = crosswalk.types(survey.code, survey.area, survey.name)
    table, notes = surveys.reconciled(survey, kinds)
    ridge_type = 0
    if survey.ridge.any():
        ridge_type = int(crosswalk.types(np.array([ridge_code]), np.array([survey.ridge.sum()]), survey.name)[0])
        whole = float(survey.ridge.sum())
        notes.append(
            note(
                "ridges_deducted",
                path=survey.name,
                area=whole / 1e4,
                code=ridge_code,
                type=ridge_type,
                count=int((survey.ridge > 0).sum()),
            )
        )
    notes += _lettered(survey, crosswalk)
    geometry, types, parcel = survey.geometry, kinds, np.arange(len(kinds))
    for layer in layers:
        geometry, types, place = finer_layers.refined(geometry, types, survey.crs, layer, progress)
        parcel = parcel[place]
    share = survey.ridge_share[parcel]
    quality = {"survey": table}
    return TypedParcels(survey, geometry, types, parcel, share, ridge_type, quality, [*survey.notes, *notes])


def _lettered(survey: surveys.Survey, crosswalk: Crosswalk) -> list[dict[str, Any]]:
    """Note of codes whose type is that of the code without its letter."""
    distinct, place = np.unique(survey.code.astype(str), return_inverse=True)
    size = np.bincount(place, weights=survey.area)
    used = [k for k, code in enumerate(distinct.tolist()) if code not in crosswalk.targets]
    if not used:
        return []
    shown = [f"{distinct[k]} -> {crosswalk.target(str(distinct[k]))} ({size[k] / 1e4:.6g} ha)" for k in used]
    return [note("survey_codes_lettered", path=survey.name, codes=shown)]


class OnGrid:
    """Typed parcels on a grid: the type with the largest share of each cell."""

    def __init__(self, parcels: TypedParcels, grid: Grid) -> None:
        moved = surveys.Survey("", parcels.geometry, parcels.survey.crs, *(parcels.types,) * 4).to_crs(grid.crs)
        self.grid = grid
        self._types = parcels.types
        self._cover: Coverage = fractions(moved.geometry, grid)
        self.areas: dict[int, float] = {}
        self.changed = 0.0

    def blocks(self, progress: Progress | None = None) -> Iterator[tuple[Grid, np.ndarray]]:
        """Tiles and their types, 0 where missing; `areas`, and `changed` (land that lost its type, m2), are summed up."""
        for number, tile in enumerate(self._cover.tiles):
            runs = self._cover.tile_runs(number)
            run, cell = cells_of(runs, tile.cols)
            kind, weight, area = self._types[runs.unit][run], runs.weight[run], tile.cell_area()
            types = finer_layers.dominant(cell, kind, weight, tile.shape)
            lost = types.ravel()[cell] != kind
            self.changed += float((weight * area.ravel()[cell])[lost].sum())
            add_areas(self.areas, types, area)
            if progress is not None:
                progress((number + 1) / len(self._cover.tiles), "cells")
            yield tile, types.astype(np.int16)


def add_areas(areas: dict[int, float], types: np.ndarray, area: np.ndarray) -> None:
    """Add the cells of each type to a table of areas; 0 is missing.

    Parameters
    ----------
    types : array (rows, cols), 1
    area : array (rows, cols), m2
    """
    distinct, place = np.unique(types, return_inverse=True)
    for kind, total in zip(distinct.tolist(), np.bincount(place.ravel(), weights=area.ravel()).tolist(), strict=True):
        areas[kind] = areas.get(kind, 0.0) + total


def resolution_effect(
    parcels: dict[int, float], cells: dict[int, float], changed: float
) -> tuple[pd.DataFrame, list[dict[str, Any]]]:
    """Area of each type in the parcels and on the grid, and the share of land that changed its type.

    Parameters
    ----------
    parcels, cells : mapping (number, number)
        Ecosystem type -> m2.
    changed : number, m2
        Land whose cell has another type.

    Returns
    -------
    table (ecosystem_type, polygons, cells, difference, uom)
    """
    codes = sorted((set(parcels) | set(cells)) - {0})
    rows = [(code, parcels.get(code, 0.0), cells.get(code, 0.0)) for code in codes]
    table = pd.DataFrame(rows, columns=columns(CellSizeRow)[:3])
    table["difference"] = table["cells"] - table["polygons"]
    table["uom"] = "m2"
    whole = max(float(table["polygons"].sum()), 1e-9)
    net = float(table["difference"].abs().sum() / 2 / whole)
    if table.empty:
        return table, []
    largest = table.iloc[int(np.argmax(table["difference"].abs()))]
    fields = {
        "share": changed / whole,
        "net": net,
        "type": int(largest["ecosystem_type"]),
        "area": float(largest["difference"] / 1e4),
    }
    return table, [note("raster_resolution_effect", **fields)]
