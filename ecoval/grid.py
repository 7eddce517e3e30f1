"""The study grid: a frozen lattice of cells, its canonical tiles, and true areas; the only importer of pyproj.

A grid is a window of an infinite *lattice* (anchor and cell size). Its canonical tiles are cut at multiples of `TILE` lattice
cells, never at the bounds of a run, so that whatever is computed tile by tile does not depend on where a run begins.

Areas are on the ellipsoid for every CRS. Where the CRS is geographic a row has one area, exact. Else the area of a cell is its
planimetric area divided by the areal scale of the projection, taken from the derivatives of the inverse projection at nodes of
the canonical tile and interpolated by a polynomial (measured error below 1e-7).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pyproj
from affine import Affine
from pyproj import CRS as CRS
from pyproj import Transformer
from pyproj.transformer import TransformerGroup

from ecoval.errors import GridMismatch, InputError

TILE = 512
_STEP_M = 1000.0  # half step of the derivatives of the inverse projection
_SMALL_SPAN_M = 60_000.0  # up to this span of a tile a quadratic is enough
_ON_LATTICE = 1e-3  # cells; a smaller shift is rounding, not a shift
_ONE_DATUM = frozenset({"WGS 84", "World Geodetic System 1984", "China 2000", "China Geodetic Coordinate System 2000"})

Array = npt.NDArray[np.float64]

pyproj.network.set_network_enabled(active=False)  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Grid:
    """A north-up window of a lattice of cells.

    Parameters
    ----------
    crs : pyproj CRS
    anchor : (number, number), m or deg
        Corner of the lattice cell (0, 0), easting and northing.
    cell : (number, number), m or deg, > 0
        Width and height of a cell.
    first : (number, number), 1
        Lattice row and column of the first cell; rows count southward from the anchor.
    shape : (number, number), 1
        Rows and columns.
    """

    crs: CRS
    anchor: tuple[float, float]
    cell: tuple[float, float]
    first: tuple[int, int]
    shape: tuple[int, int]

    @classmethod
    def covering(cls, bounds: Iterable[float], crs: Any, cell: float | tuple[float, float]) -> Grid:
        """Smallest grid over the bounds on the lattice anchored at the origin of the CRS.

        Parameters
        ----------
        bounds : (left, bottom, right, top), m or deg
        crs : anything that `read_crs` reads
        cell : number or (width, height), m or deg, > 0
        """
        width, height = cell if isinstance(cell, tuple) else (cell, cell)
        whole = cls(read_crs(crs), (0.0, 0.0), (float(width), float(height)), (0, 0), (1, 1))
        return whole.covered(bounds)

    @classmethod
    def like(cls, crs: Any, transform: Affine, shape: tuple[int, int]) -> Grid:
        """Grid of a raster, on the lattice anchored at the raster's own corner.

        Raises
        ------
        InputError
            For a rotated or sheared transform, and for one that is not north-up.
        """
        if transform.b or transform.d:
            raise InputError("grid_rotated", transform=tuple(transform)[:6])
        if transform.a <= 0 or transform.e >= 0:
            raise InputError("grid_not_north_up", width=transform.a, height=transform.e)
        return cls(read_crs(crs), (transform.c, transform.f), (transform.a, -transform.e), (0, 0), (int(shape[0]), int(shape[1])))

    @property
    def rows(self) -> int:
        """Number of rows."""
        return self.shape[0]

    @property
    def cols(self) -> int:
        """Number of columns."""
        return self.shape[1]

    @property
    def transform(self) -> Affine:
        """Affine transform from (column, row) to (easting, northing)."""
        row, col = self.first
        return Affine(
            self.cell[0], 0.0, self.anchor[0] + col * self.cell[0], 0.0, -self.cell[1], self.anchor[1] - row * self.cell[1]
        )

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Left, bottom, right and top in the CRS."""
        row, col = self.first
        return (
            self.anchor[0] + col * self.cell[0],
            self.anchor[1] - (row + self.rows) * self.cell[1],
            self.anchor[0] + (col + self.cols) * self.cell[0],
            self.anchor[1] - row * self.cell[1],
        )

    @property
    def is_geographic(self) -> bool:
        """Whether the CRS measures in degrees."""
        return bool(self.crs.is_geographic)

    @cached_property
    def cell_size_m(self) -> tuple[float, float]:
        """Width and height of the cell in the middle of the grid, m."""
        if not self.is_geographic:
            to_metre = self.crs.axis_info[0].unit_conversion_factor or 1.0
            return self.cell[0] * to_metre, self.cell[1] * to_metre
        bottom, top = self.bounds[1], self.bounds[3]
        meridional, transverse, cos_lat = _radii(np.radians((bottom + top) / 2), self.crs)
        return (
            float(math.radians(self.cell[0]) * transverse * cos_lat),
            float(math.radians(self.cell[1]) * meridional),
        )

    def window(self, row: int, col: int, rows: int, cols: int) -> Grid:
        """Part of the grid that begins at (row, col), on the same lattice."""
        return Grid(self.crs, self.anchor, self.cell, (self.first[0] + row, self.first[1] + col), (rows, cols))

    def covered(self, bounds: Iterable[float]) -> Grid:
        """Smallest grid over the bounds on the same lattice, inside this grid or not."""
        left, bottom, right, top = (float(value) for value in bounds)
        col0 = _floor((left - self.anchor[0]) / self.cell[0])
        col1 = _ceil((right - self.anchor[0]) / self.cell[0])
        row0 = _floor((self.anchor[1] - top) / self.cell[1])
        row1 = _ceil((self.anchor[1] - bottom) / self.cell[1])
        return Grid(self.crs, self.anchor, self.cell, (row0, col0), (max(row1 - row0, 1), max(col1 - col0, 1)))

    def clipped(self, bounds: Iterable[float]) -> Grid | None:
        """Part of the grid that the bounds touch, or None where they miss it."""
        return self.common(self.covered(bounds))

    def common(self, other: Grid) -> Grid | None:
        """Cells that both grids of one lattice have, or None."""
        row0, col0 = max(self.first[0], other.first[0]), max(self.first[1], other.first[1])
        row1 = min(self.first[0] + self.rows, other.first[0] + other.rows)
        col1 = min(self.first[1] + self.cols, other.first[1] + other.cols)
        if row1 <= row0 or col1 <= col0:
            return None
        return Grid(self.crs, self.anchor, self.cell, (row0, col0), (row1 - row0, col1 - col0))

    def enlarged(self, cells: int) -> Grid:
        """Grid with so many more cells on each side."""
        return self.window(-cells, -cells, self.rows + 2 * cells, self.cols + 2 * cells)

    def offset_in(self, other: Grid) -> tuple[int, int] | None:
        """Row and column of this grid's first cell in the other grid, None where the lattices differ.

        Lattices agree when CRS and cell size are equal and cells coincide within a thousandth of a cell over the whole grid.
        """
        if not same_crs(self.crs, other.crs):
            return None
        drift = max(abs(a / b - 1.0) * n for a, b, n in zip(self.cell, other.cell, (self.cols, self.rows), strict=True))
        mine, theirs = self.bounds, other.bounds
        col, row = (mine[0] - theirs[0]) / other.cell[0], (theirs[3] - mine[3]) / other.cell[1]
        shift = max(abs(col - round(col)), abs(row - round(row)))
        return (round(row), round(col)) if max(drift, shift) <= _ON_LATTICE else None

    def matches(self, other: Grid) -> tuple[bool, str]:
        """Whether both grids have the same cells, and if not, what differs and by how much."""
        if not same_crs(self.crs, other.crs):
            return False, f"CRS {self.crs.name} against {other.crs.name}"
        if any(abs(a / b - 1.0) * n > _ON_LATTICE for a, b, n in zip(self.cell, other.cell, (self.cols, self.rows), strict=True)):
            return False, f"cell {self.cell[0]:g} x {self.cell[1]:g} against {other.cell[0]:g} x {other.cell[1]:g}"
        offset = self.offset_in(other)
        if offset is None:
            col = (self.bounds[0] - other.bounds[0]) / other.cell[0]
            row = (other.bounds[3] - self.bounds[3]) / other.cell[1]
            return False, f"shift of {col - round(col):.3g} columns and {row - round(row):.3g} rows"
        if offset != (0, 0) or self.shape != other.shape:
            return False, f"extent: {self.shape} cells from {offset} against {other.shape}"
        return True, ""

    def require_match(self, other: Grid, names: tuple[str, str]) -> None:
        """Nothing where the grids match.

        Raises
        ------
        GridMismatch
            With the names of both and the reason.
        """
        same, reason = self.matches(other)
        if not same:
            raise GridMismatch("grids_differ", first=names[0], second=names[1], reason=reason)

    def tiles(self, size: int = TILE) -> list[Grid]:
        """Canonical tiles of the grid in row-major order: cut at lattice multiples of `size`, clipped to the grid."""
        return [
            self.window(row0 - self.first[0], col0 - self.first[1], row1 - row0, col1 - col0)
            for row0, row1 in _cuts(self.first[0], self.rows, size)
            for col0, col1 in _cuts(self.first[1], self.cols, size)
        ]

    @property
    def tile_column(self) -> int:
        """Column of the first cell inside its canonical tile: what is added to a column before `cell_area_rows` is used."""
        return self.first[1] % TILE

    def cell_area_rows(self) -> Array:
        """Ellipsoidal cell areas of a canonical tile, or part of one, as a polynomial in the column per row.

        Returns
        -------
        array (rows, degree + 1), m2
            Area of the cell (r, c) = sum of `[r, k] * (c + tile_column)**k`; degree 0 (geographic, one area per row), 2 or 4.

        Raises
        ------
        InputError
            Where the tile leaves the domain of the projection.
        """
        row = self.first[0] + np.arange(self.rows + 1)
        if self.is_geographic:
            height = authalic_height(np.radians(self.anchor[1] - row * self.cell[1]), self.crs)
            return np.asarray((height[:-1] - height[1:]) * math.radians(self.cell[0]))[:, None]
        tile = (self.first[0] // TILE, self.first[1] // TILE)
        if (self.first[0] + self.rows - 1) // TILE != tile[0] or (self.first[1] + self.cols - 1) // TILE != tile[1]:
            raise ValueError("cell_area_rows is for a canonical tile or a part of one")
        inside = self.first[0] - tile[0] * TILE + np.arange(self.rows)
        return _tile_polynomial(self.crs, self.anchor, self.cell, tile)[inside]

    def cell_area(self) -> Array:
        """Ellipsoidal area of each cell.

        Returns
        -------
        array (rows, cols), m2, > 0
        """
        area = np.empty(self.shape)
        for tile in self.tiles():
            row, col = tile.first[0] - self.first[0], tile.first[1] - self.first[1]
            column = np.arange(tile.cols) + tile.tile_column
            powers = tile.cell_area_rows()
            block = np.repeat(powers[:, -1:], tile.cols, axis=1)
            for power in range(powers.shape[1] - 2, -1, -1):
                block = block * column + powers[:, power : power + 1]
            area[row : row + tile.rows, col : col + tile.cols] = block
        return area


@dataclass(frozen=True)
class Transformation:
    """A coordinate operation with what is known of it: description, accuracy in m (None: unknown), PROJ text."""

    transformer: Transformer
    description: str
    accuracy: float | None

    def transform(self, easting: npt.ArrayLike, northing: npt.ArrayLike) -> tuple[Array, Array]:
        """Coordinates in the target CRS."""
        return self.transformer.transform(easting, northing)

    @property
    def pipeline(self) -> str:
        """PROJ text of the operation."""
        return str(self.transformer.definition)


def read_crs(value: Any) -> CRS:
    """CRS from a code, a text, WKT, or the object of another library.

    Raises
    ------
    InputError
        Where it is absent or unreadable; no CRS is ever assumed.
    """
    if isinstance(value, CRS):
        return value
    if value is None or value == "":
        raise InputError("crs_absent")
    try:
        return CRS.from_user_input(value.to_wkt() if hasattr(value, "to_wkt") else value)
    except pyproj.exceptions.CRSError as error:
        raise InputError("crs_unreadable", crs=str(value)[:80]) from error


def same_crs(one: CRS, other: CRS) -> bool:
    """Whether two CRS are the same but for axis order and wording."""
    return _same_crs(one.to_wkt(), other.to_wkt())


@cache
def _same_crs(one: str, other: str) -> bool:
    if one == other:
        return True
    first, second = CRS.from_wkt(one), CRS.from_wkt(other)
    if first.equals(second, ignore_axis_order=True):
        return True
    code = first.to_epsg(min_confidence=60)
    return code is not None and code == second.to_epsg(min_confidence=60)


@cache
def transformation(source: CRS, target: CRS, pipeline: str | None = None) -> Transformation:
    """Coordinate operation between two CRS, or the PROJ pipeline that the user gives for it.

    Raises
    ------
    InputError
        For a change of datum that is only a ballpark one (Beijing 1954, Xi'an 1980): it can be off by 100 m and more.
    """
    if pipeline is not None:
        try:
            return Transformation(Transformer.from_pipeline(pipeline), f"given pipeline: {pipeline}", None)
        except pyproj.exceptions.ProjError as error:
            raise InputError("pipeline_unreadable", pipeline=pipeline) from error
    if same_crs(source, target):
        return Transformation(Transformer.from_crs(source, target, always_xy=True), "same CRS", 0.0)
    group = TransformerGroup(source, target, always_xy=True)
    best = group.transformers[0]
    if "allpark" in best.description:
        datums = (_datum(source), _datum(target))
        if datums[0] == datums[1] or set(datums) <= _ONE_DATUM:
            return Transformation(best, f"{datums[0]} and {datums[1]} taken as one datum (difference below 1 m)", 1.0)
        raise InputError("datum_ballpark", source=source.name, target=target.name, source_datum=datums[0], target_datum=datums[1])
    return Transformation(best, best.description, best.accuracy if best.accuracy >= 0 else None)


def geodetic(crs: CRS) -> CRS:
    """Geographic CRS (longitude and latitude) on the datum of a CRS."""
    base = crs.geodetic_crs
    if base is None:
        raise InputError("crs_not_on_earth", crs=crs.name)
    return base


def authalic_height(lat: Array, crs: CRS) -> Array:
    """Area between the equator and a latitude per radian of longitude: the height of the equal-area cylinder.

    Parameters
    ----------
    lat : array
        In radians.
    crs : pyproj CRS

    Returns
    -------
    array, m2
    """
    major, squared = _ellipsoid(crs)
    sine = np.sin(lat)
    if squared < 1e-15:
        return np.asarray(major * major * sine)
    eccentricity = math.sqrt(squared)
    curve = sine / (1.0 - squared * sine * sine) + np.arctanh(eccentricity * sine) / eccentricity
    return np.asarray(major * major * (1.0 - squared) / 2.0 * curve)


def _datum(crs: CRS) -> str:
    base = geodetic(crs)
    return base.datum.name.removesuffix(" ensemble") if base.datum is not None else base.name


def _floor(value: float) -> int:
    nearest = round(value)
    return nearest if abs(value - nearest) <= _ON_LATTICE else math.floor(value)


def _ceil(value: float) -> int:
    nearest = round(value)
    return nearest if abs(value - nearest) <= _ON_LATTICE else math.ceil(value)


def _cuts(first: int, count: int, size: int) -> list[tuple[int, int]]:
    """Pieces (start, stop) of a range of lattice indices, cut at multiples of `size`."""
    stop = first + count
    edges = [first, *range((first // size + 1) * size, stop, size), stop]
    return list(pairwise(edges))


def _ellipsoid(crs: CRS) -> tuple[float, float]:
    """Semi-major axis in m and squared eccentricity."""
    ellipsoid = geodetic(crs).get_geod()
    if ellipsoid is None:
        raise InputError("crs_not_on_earth", crs=crs.name)
    return ellipsoid.a, ellipsoid.es


def _radii(lat: Any, crs: CRS) -> tuple[Any, Any, Any]:
    """Meridional and transverse radius of curvature in m, and the cosine of the latitude."""
    major, squared = _ellipsoid(crs)
    root = 1.0 - squared * np.sin(lat) ** 2
    return major * (1.0 - squared) / root**1.5, major / np.sqrt(root), np.cos(lat)


@cache
def _to_degrees(crs: CRS) -> Transformer:
    return Transformer.from_crs(crs, geodetic(crs), always_xy=True)


def _area_per_square(easting: Array, northing: Array, crs: CRS) -> Array:
    """Square metres on the ellipsoid per squared unit of the CRS, by central differences of the inverse projection."""
    step = _STEP_M / (crs.axis_info[0].unit_conversion_factor or 1.0)
    inverse = _to_degrees(crs).transform
    east, west = inverse(easting + step, northing), inverse(easting - step, northing)
    north, south = inverse(easting, northing + step), inverse(easting, northing - step)
    with np.errstate(invalid="ignore"):  # infinite outside the projection's domain: the caller refuses what is not finite
        d_easting = [np.radians(a - b) / (2 * step) for a, b in zip(east, west, strict=True)]
        d_northing = [np.radians(a - b) / (2 * step) for a, b in zip(north, south, strict=True)]
        meridional, transverse, cos_lat = _radii(np.radians(inverse(easting, northing)[1]), crs)
        determinant = d_easting[0] * d_northing[1] - d_easting[1] * d_northing[0]
        return np.asarray(np.abs(determinant) * meridional * transverse * cos_lat)


@cache
def _tile_polynomial(crs: CRS, anchor: tuple[float, float], cell: tuple[float, float], tile: tuple[int, int]) -> Array:
    """Cell areas of a whole canonical tile: array (TILE, degree + 1), m2, in powers of the column inside the tile."""
    span = max(cell) * TILE * (crs.axis_info[0].unit_conversion_factor or 1.0)
    nodes = np.linspace(0.0, TILE - 1.0, 3 if span <= _SMALL_SPAN_M else 5)
    easting = anchor[0] + (tile[1] * TILE + nodes + 0.5) * cell[0]
    northing = anchor[1] - (tile[0] * TILE + nodes + 0.5) * cell[1]
    values = _area_per_square(*np.meshgrid(easting, northing), crs) * cell[0] * cell[1]
    if not np.isfinite(values).all():
        raise InputError("grid_outside_projection", crs=crs.name, easting=float(easting[0]), northing=float(northing[0]))
    to_powers = np.linalg.inv(np.vander(nodes / TILE, increasing=True))
    rows = np.vander(np.arange(TILE) / TILE, len(nodes), increasing=True)
    by_row = rows @ to_powers @ values
    return np.asarray(by_row @ to_powers.T / TILE ** np.arange(len(nodes)))
