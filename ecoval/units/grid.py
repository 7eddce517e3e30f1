"""Unit kind `grid`: squares of a lattice over the land of other units.

The lattice is anchored at the origin of the CRS: a square has the same corners and the same code whatever land is asked for, and
squares of ten runs lie on each other. A code is that of European statistical grids: size of the cell, then the lattice row and
column of its lower left corner, `1kmN3571E512`; `S` and `W` below the origin.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import geopandas
import numpy as np
import shapely

from ecoval import grid as lattice
from ecoval.declarations import Key
from ecoval.errors import InputError
from ecoval.units import vectors
from ecoval.units.findings import finding, table
from ecoval.units.polygon_area import ellipsoidal_area
from ecoval.units.spatial import SpatialUnits

LARGEST, LARGEST_DEGREES = 1e7, 90.0  # sides: beyond them a square is no part of the world
LAND_TOLERANCE = 1e-6  # share of the land by which the squares may differ from it
MOST = 1_000_000  # squares: above this a mistaken measure of `cell` is likelier than the wish
SMALLEST = 1e-4  # m2; pieces below come of rounding along borders


@dataclass(frozen=True)
class Declared:
    """A unit set of squares in study.toml: `squares = { kind = "grid", cell = 1000 }`."""

    NAMED: ClassVar[str] = "unit_set"

    kind: Annotated[str, Key("kind of units that are made", "所制作单元的类型", choices=("grid",))]
    cell: Annotated[float, Key("side of a square, in units of the CRS", "方格边长，单位同坐标系", low=1e-6, high=1e07)]
    within: Annotated[
        str | None, Key("unit set whose land the squares cover; the first by default", "方格覆盖的单元集，默认第一个")
    ] = None
    crs: Annotated[str | None, Key("CRS of the squares; that of the study's grid by default", "方格的坐标系，默认同核算格网")] = (
        None
    )
    clip: Annotated[bool, Key("cut squares at the border of that land", "是否按边界裁切方格")] = True
    only: Annotated[tuple[str, ...] | None, Key("codes of the units that are accounted", "参与核算的单元代码")] = None
    unit_set: str = ""

    def units(self, sets: Mapping[str, SpatialUnits], crs: object) -> SpatialUnits:
        """The squares of a study.

        Parameters
        ----------
        sets : units of the sets that are read, by name
        crs : of the study's grid
        """
        return grid(sets[self.within or next(iter(sets))], self.cell, self.crs or crs, self.clip)


def grid(within: Any, cell: float, crs: Any = None, clip: bool = True, *, layer: str | None = None) -> SpatialUnits:
    """Squares over the land of units.

    Parameters
    ----------
    within : SpatialUnits, or a vector file or GeoDataFrame of polygons
    cell : side of a square in units of the CRS, m or deg
    crs : of the squares, so that their sides are straight in it; default that of the units
    clip : cut the squares at the border of the land, so that they add up to it; else every square that it touches is whole
    layer : of the file, where there are several

    Returns
    -------
    SpatialUnits
        From south to north and from west to east; `report` says how many squares were cut.

    Raises
    ------
    InputError
        A cell that is no positive number, more than a million squares, what `vectors.read` refuses.
    """
    units = within if isinstance(within, SpatialUnits) else _land(within, layer, crs)
    target = units.crs if crs is None else lattice.read_crs(crs)
    largest = LARGEST_DEGREES if target.is_geographic else LARGEST
    if not 0 < cell <= largest:
        raise InputError("units_grid_cell", found=cell, most=largest)
    whole = shapely.union_all(units.geometry)
    land = shapely.union_all(units.to_crs(target).geometry)
    row, col = _touched(land, target, float(cell))
    squares = shapely.box(col * cell, row * cell, (col + 1) * cell, (row + 1) * cell)
    parts = squares.copy()
    border = ~shapely.contains_properly(land, squares)
    parts[border] = [_polygons(piece) for piece in shapely.intersection(land, squares[border])]
    areas = ellipsoidal_area(parts, target)
    expected = float(ellipsoidal_area(np.array([whole], dtype=object), units.crs)[0])
    if not abs(areas.sum() - expected) <= max(1.0, LAND_TOLERANCE * expected):
        raise InputError("units_grid_area", crs=target.name, found=float(areas.sum()), expected=expected)
    kept = areas > SMALLEST
    cut = shapely.area(parts) < shapely.area(squares) * (1 - 1e-12)
    order = np.lexsort((col[kept], row[kept]))
    shapes, cut = (parts if clip else squares)[kept][order], cut[kept][order]
    size = _size(cell, "deg" if target.is_geographic else "m")
    codes = [_code(size, *place) for place in zip(row[kept][order].tolist(), col[kept][order].tolist(), strict=True)]
    frame = {"unit_id": codes, "name": codes, "kind": "grid"}
    seen = finding("units_grid_made", "note", count=len(codes), size=size, cut=int(cut.sum()) if clip else 0)
    return SpatialUnits(geopandas.GeoDataFrame(frame, geometry=shapes, crs=target), table([seen]))


def _touched(land: Any, crs: Any, cell: float) -> tuple[np.ndarray, np.ndarray]:
    """Lattice rows, counted northward, and columns of the squares that the land touches: of each of its parts, so that the sea
    between islands counts for nothing.
    """
    windows = [lattice.Grid.covering(shapely.bounds(part), crs, cell) for part in shapely.get_parts(land)]
    count = sum(window.rows * window.cols for window in windows)
    if count > MOST:
        raise InputError("units_grid_too_fine", cell=cell, count=count, most=MOST)
    places = []
    for part, window in zip(shapely.get_parts(land), windows, strict=True):
        rows, cols = np.divmod(np.arange(window.rows * window.cols), window.cols)
        row, col = -(window.first[0] + rows) - 1, window.first[1] + cols
        shapely.prepare(part)
        met = shapely.intersects(part, shapely.box(col * cell, row * cell, (col + 1) * cell, (row + 1) * cell))
        places.append(np.column_stack([row[met], col[met]]))
    row, col = np.unique(np.concatenate(places), axis=0).T
    shapely.prepare(land)
    return row, col


def _land(path: vectors.Readable, layer: str | None, crs: Any) -> SpatialUnits:
    """Polygons of a file as units numbered in their order; a file that names no CRS is taken to be in that of the squares."""
    try:
        frame = vectors.read(path, layer=layer).frame
    except InputError as error:
        if error.code != "units_without_crs" or crs is None:
            raise
        frame = vectors.read(path, layer=layer, crs=crs).frame
    numbered = {"unit_id": np.arange(len(frame)).astype(str)}
    return SpatialUnits(geopandas.GeoDataFrame(numbered, geometry=frame.geometry.to_numpy(), crs=frame.crs))


def _polygons(piece: Any) -> Any:
    """The polygons of an intersection, without the points and lines where borders touch."""
    parts = shapely.get_parts(piece)
    areal = parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON]
    return areal[0] if len(areal) == 1 else shapely.MultiPolygon(list(areal))


def _size(cell: float, unit: str) -> str:
    return f"{cell / 1000:g}km" if unit == "m" and cell >= 1000 and cell % 1000 == 0 else f"{cell:g}{unit}"


def _code(size: str, row: int, col: int) -> str:
    return f"{size}{'N' if row >= 0 else 'S'}{abs(row)}{'E' if col >= 0 else 'W'}{abs(col)}"
