"""Areas in which losses and credits are counted: polygon layers by area kind, their exact overlay and their neighbours."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pandas as pd
import shapely

from ecoval import grid
from ecoval.errors import InputError
from ecoval.offset.rules.counting import RELATIONS
from ecoval.terms import nearest
from ecoval.units import SpatialUnits, edges, overlay, validation
from ecoval.units.polygon_area import ellipsoidal_area, metres_per_unit

EVERYWHERE = "everywhere"
SLIVER = 0.1
CORNER = 10.0
_EXACT = 1e-6


class Areas:
    """Area kinds, each with its units: counties, watersheds, distance bands, coastal cells or any other polygons.

    Parameters
    ----------
    units : mapping (text, SpatialUnits)
        Area kind -> units, or the word "everywhere": one unit of that name without a border.
    sliver : number, m, > 0
        Mean width (twice the area by the length of the border) up to which a gap or overlap comes of drawing.
    """

    def __init__(self, units: Mapping[str, SpatialUnits | str], sliver: float = SLIVER) -> None:
        self._units = dict(units)
        self.sliver = sliver
        self._moved: dict[tuple[str, str], np.ndarray] = {}
        self._neighbours: dict[str, np.ndarray] = {}

    @classmethod
    def read(cls, declared: Mapping[str, Any], sliver: float = SLIVER) -> Areas:
        """Areas of declared layers.

        Parameters
        ----------
        declared : mapping (text, text)
            Area kind -> SpatialUnits, "everywhere", a path, or a mapping with the arguments of `SpatialUnits.read`.
        sliver : number, m, > 0

        Returns
        -------
        Areas

        Raises
        ------
        InputError
            What `SpatialUnits.read` refuses.
        """
        units: dict[str, SpatialUnits | str] = {}
        for kind, given in declared.items():
            if isinstance(given, SpatialUnits) or given == EVERYWHERE:
                units[kind] = given
            elif isinstance(given, (str, Path)):
                units[kind] = SpatialUnits.read(given, kind=kind)
            else:
                units[kind] = SpatialUnits.read(**{"kind": kind, **given})
        return cls(units, sliver)

    @property
    def kinds(self) -> tuple[str, ...]:
        """Area kinds in the order given."""
        return tuple(self._units)

    def require(self, kinds: Iterable[str]) -> None:
        """Nothing where every area kind is there.

        Raises
        ------
        InputError
            PARAMETER_MISSING with the area kinds that have no units.
        """
        absent = sorted(set(kinds) - set(self._units))
        if absent:
            found = ", ".join(self._units) or "-"
            raise InputError("PARAMETER_MISSING", layer="area_units", features=absent, found=found, expected=absent[0])

    def units(self, kind: str) -> SpatialUnits | None:
        """Units of an area kind; None where it is everywhere."""
        self.require([kind])
        units = self._units[kind]
        return None if isinstance(units, str) else units

    def ids(self, kind: str) -> list[str]:
        """Codes of the units of an area kind."""
        units = self.units(kind)
        return [EVERYWHERE] if units is None else units.ids

    def pieces(self, frame: geopandas.GeoDataFrame, kind: str) -> geopandas.GeoDataFrame:
        """Parts of polygons in each unit of an area kind, by exact overlay.

        Parameters
        ----------
        frame : table (geometry)
            Valid polygons with a CRS.
        kind : text

        Returns
        -------
        table (piece, area_unit, whole, area, geometry)
            `piece` is the position in the frame, `whole` True where the part is the whole polygon; areas in m2 on the ellipsoid,
            geometry in the CRS of the frame. Overlapping units each have their part. A part of sliver width, where a border
            was drawn a little over another, belongs to the unit that has most of the polygon: the width of a pencil is no debt.
        """
        shapes = np.asarray(frame.geometry, dtype=object)
        if self.units(kind) is None:
            piece, names, parts, whole = (
                np.arange(len(shapes)),
                [EVERYWHERE] * len(shapes),
                shapes,
                np.ones(len(shapes), dtype=bool),
            )
        else:
            found = overlay.overlay(self._there(kind, frame.crs), shapes)
            piece, parts, whole = found.parcel, found.geometry, found.whole
            unit, kept = self._drawn_over(piece, found.unit, parts, frame.crs)
            piece, parts, whole, unit = piece[kept], parts[kept], whole[kept], unit[kept]
            names = np.asarray(self.ids(kind), dtype=object)[unit]
        area = ellipsoidal_area(parts, frame.crs)
        table = {
            "piece": np.asarray(piece, dtype=np.int64),
            "area_unit": pd.array(names, dtype="str"),
            "whole": whole,
            "area": area,
        }
        return geopandas.GeoDataFrame(table, geometry=parts, crs=frame.crs)

    def _drawn_over(self, piece: np.ndarray, unit: np.ndarray, parts: np.ndarray, crs: Any) -> tuple[np.ndarray, np.ndarray]:
        """Unit of each part, slivers with the unit of the polygon's largest part; and which parts stay: no land counts twice."""
        thin = _width(parts) * metres_per_unit(grid.read_crs(crs)) <= self.sliver
        kept = np.ones(len(parts), dtype=bool)
        if not thin.any():
            return unit, kept
        order = np.lexsort((shapely.area(parts), piece))
        last = np.flatnonzero(np.append(np.diff(piece[order]) != 0, True))
        largest = np.zeros(int(piece.max()) + 1, dtype=np.int64)
        largest[piece[order][last]] = order[last]
        moved = np.flatnonzero(thin & (largest[piece] != np.arange(len(parts))))
        home = largest[piece[moved]]
        twice = shapely.area(shapely.intersection(parts[moved], parts[home])) > 0.5 * shapely.area(parts[moved])
        kept[moved[twice]] = False
        unit = unit.copy()
        unit[moved] = unit[home]
        return unit, kept

    def uncovered(self, frame: geopandas.GeoDataFrame, kind: str, pieces: pd.DataFrame | None = None) -> geopandas.GeoDataFrame:
        """Parts of polygons outside every unit of an area kind, slivers left out.

        Parameters
        ----------
        frame : table (geometry)
        kind : text
        pieces : table (piece, whole, geometry)
            Of `pieces`, where they are there already.

        Returns
        -------
        table (piece, area, geometry)
            One row per polygon with such a part.
        """
        pieces = self.pieces(frame, kind) if pieces is None else pieces
        shapes = np.asarray(frame.geometry, dtype=object)
        done = np.zeros(len(shapes), dtype=bool)
        done[pieces["piece"][pieces["whole"]]] = True
        open_ = np.flatnonzero(~done)
        rest = shapely.difference(shapes[open_], _united(pieces, open_))
        parts, place = shapely.get_parts(rest, return_index=True)
        areal = shapely.get_type_id(parts) == shapely.GeometryType.POLYGON
        kept = areal & (_width(parts) * metres_per_unit(grid.read_crs(frame.crs)) > self.sliver)
        rows, place = np.unique(place[kept], return_inverse=True)
        whole = shapely.multipolygons(parts[kept], indices=place) if len(rows) else np.zeros(0, dtype=object)
        table = {"piece": open_[rows], "area": ellipsoidal_area(whole, frame.crs)}
        return geopandas.GeoDataFrame(table, geometry=whole, crs=frame.crs)

    def relation(self, kind: str, one: str, other: str) -> str:
        """Relation of two units of an area kind: same, neighbour (they share a border) or elsewhere."""
        return str(self.relations(kind, [one], [other])[0])

    def relations(self, kind: str, one: Iterable[str], other: Iterable[str]) -> np.ndarray:
        """Relations of many pairs of units.

        Parameters
        ----------
        kind : text
        one, other : texts
            As long as each other.

        Returns
        -------
        array (pairs)
            same, neighbour or elsewhere.

        Raises
        ------
        InputError
            For codes that are not among the units.
        """
        first, second = self._places(kind, one), self._places(kind, other)
        count = len(self.ids(kind))
        beside = np.isin(first * count + second, self._beside(kind))
        return np.asarray(RELATIONS, dtype=object)[np.where(first == second, 0, np.where(beside, 1, 2))]

    def neighbours(self, kind: str) -> pd.DataFrame:
        """Pairs of units that share a border, each in both directions.

        Units are neighbours where the border that they have in common is longer than 0, where they overlap, and where borders that
        were drawn apart run within the sliver width of each other for more than ten times that width; a common corner is no border.

        Returns
        -------
        table (area_unit, neighbour)
        """
        ids = np.asarray(self.ids(kind), dtype=object)
        first, second = np.divmod(self._beside(kind), len(ids))
        return pd.DataFrame({"area_unit": ids[first], "neighbour": ids[second]})

    def _places(self, kind: str, names: Iterable[str]) -> np.ndarray:
        ids = pd.Index(self.ids(kind))
        names = [str(name) for name in names]
        places = ids.get_indexer(names).astype(np.int64)
        if (places < 0).any():
            absent = sorted({name for name, place in zip(names, places, strict=True) if place < 0})
            near = nearest(absent[0], ids)
            raise InputError("offset_area_unit_unknown", kind=kind, units=absent, nearest=near, total=len(ids))
        return places

    def _there(self, kind: str, crs: Any) -> np.ndarray:
        """Polygons of the units in a CRS."""
        key = (kind, grid.read_crs(crs).to_wkt())
        if key not in self._moved:
            self._moved[key] = self._units[kind].to_crs(crs).geometry  # type: ignore[union-attr]
        return self._moved[key]

    def _beside(self, kind: str) -> np.ndarray:
        """Sorted numbers of pairs of neighbours: place of the one times the number of units, plus place of the other."""
        if kind not in self._neighbours:
            units = self.units(kind)
            pairs = np.zeros((0, 2), dtype=np.int64) if units is None else _bordering(units, self.sliver)
            both = np.concatenate([pairs, pairs[:, ::-1]])
            self._neighbours[kind] = np.sort(both[:, 0] * len(self.ids(kind)) + both[:, 1])
        return self._neighbours[kind]


def carried(frame: geopandas.GeoDataFrame, crs: Any) -> geopandas.GeoDataFrame:
    """Layer in another CRS, with points added on its edges so that they keep their place."""
    shapes = np.asarray(frame.geometry, dtype=object)
    moved = edges.carried(shapes, frame.crs, crs) if len(shapes) else shapes
    table = pd.DataFrame(frame.drop(columns=frame.geometry.name)).reset_index(drop=True)
    return geopandas.GeoDataFrame(table, geometry=validation.mended(moved) if moved is not shapes else moved, crs=crs)


def _bordering(units: SpatialUnits, sliver: float) -> np.ndarray:
    """Pairs of places of neighbours, the smaller first."""
    shapes = units.geometry
    metres = metres_per_unit(units.crs)
    near = sliver / metres
    first, second = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=near)
    first, second = first[first < second], second[first < second]
    common = shapely.intersection(shapes[first], shapes[second])
    length = shapely.length(common) * metres
    areal = shapely.area(common) > 0
    beside = np.where(areal, length / 2 > CORNER * sliver, length > _EXACT)
    rest = np.flatnonzero(~beside)
    band = shapely.buffer(shapes[second[rest]], near)
    along = shapely.intersection(shapely.boundary(shapes[first[rest]]), band)
    beside[rest] = shapely.length(along) * metres > CORNER * sliver
    return np.column_stack([first, second])[beside].astype(np.int64)


def _united(pieces: pd.DataFrame, parcels: np.ndarray) -> np.ndarray:
    """Union of the pieces of each parcel; an empty polygon where there are none."""
    united = np.full(len(parcels), shapely.Polygon(), dtype=object)
    some = pieces[pieces["piece"].isin(parcels)]
    place = np.searchsorted(parcels, some["piece"].to_numpy())
    shapes = np.asarray(some["geometry"], dtype=object)
    count = np.bincount(place, minlength=len(parcels))
    for number in np.unique(count[count > 0]):  # parcels with as many pieces together
        chosen = np.flatnonzero(count == number)
        united[chosen] = shapely.disjoint_subset_union_all(shapes[np.isin(place, chosen)].reshape(-1, number), axis=1)
    return united


def _width(polygons: np.ndarray) -> np.ndarray:
    """Mean width of polygons in units of their CRS: twice the area by the length of the border."""
    length = shapely.length(polygons)
    return np.divide(2 * shapely.area(polygons), length, out=np.zeros(len(polygons)), where=length > 0)
