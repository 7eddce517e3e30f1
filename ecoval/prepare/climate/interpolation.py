"""Values of stations put onto a grid, and how far off they are where a station is left out.

    thiessen     value of the nearest station
    idw          weights distance^-power over the nearest stations; a station's own value at its place
    regression   least squares on elevation, and the residuals by ordinary kriging (`kriging`), by distance (`idw`), or left
                 out (`none`)

Distances are in m: in the plane of a projected grid, along great circles of the mean sphere on a geographic one. Ordinary kriging
uses all stations, in its dual form, with a spherical or exponential variogram fitted by least squares (weighted by the number of
pairs) to the empirical one in 12 classes up to half of the largest distance.

Leaving out one station: for kriging the closed form of Dubrule (1983) with the trend fitted again without the station; the
variogram is that of all stations.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import optimize
from scipy.spatial import cKDTree

from ecoval.errors import InputError
from ecoval.grid import Grid, geodetic, transformation

METHODS = ("thiessen", "idw", "regression")
RESIDUALS = ("kriging", "idw", "none")
VARIOGRAMS = ("spherical", "exponential")
EARTH_M = 6_371_008.8  # mean radius
LEAST_KRIGING = 8
LEAST_REGRESSION = 3
CLASSES = 12
CHUNK_PAIRS = 2_000_000  # cells x stations at once
SAME_PLACE = 1e-3  # m
Floats = npt.NDArray[np.float64]


class Positions:
    """Positions whose distances are measured in m: planar, or points of the sphere."""

    def __init__(self, easting: npt.ArrayLike, northing: npt.ArrayLike, geographic: bool) -> None:
        """Positions in the units of a CRS: degrees where `geographic`, else m."""
        self.geographic = geographic
        if geographic:
            lon, lat = np.radians(easting), np.radians(northing)
            flat = np.cos(lat)
            self.points: Floats = EARTH_M * np.column_stack([flat * np.cos(lon), flat * np.sin(lon), np.sin(lat)])
        else:
            self.points = np.column_stack([easting, northing]).astype(float)

    def metres(self, chord: Floats) -> Floats:
        """Distance along the ground of straight distances.

        Parameters
        ----------
        chord : array (...), m

        Returns
        -------
        array (...), m
        """
        return np.asarray(2 * EARTH_M * np.arcsin(np.minimum(chord / (2 * EARTH_M), 1))) if self.geographic else chord

    def distances(self, other: Positions) -> Floats:
        """Distances to other places.

        Returns
        -------
        array (places, other places), m
        """
        apart = self.points[:, None, :] - other.points[None, :, :]
        return self.metres(np.sqrt((apart**2).sum(axis=-1)))


def station_places(lon: npt.ArrayLike, lat: npt.ArrayLike, crs: Any) -> Positions:
    """Places of stations on the plane or sphere of a grid.

    Parameters
    ----------
    lon, lat : vector (stations), deg
    """
    if crs.is_geographic:
        return Positions(lon, lat, True)
    scale = crs.axis_info[0].unit_conversion_factor or 1.0
    easting, northing = transformation(geodetic(crs), crs).transform(lon, lat)
    return Positions(np.asarray(easting) * scale, np.asarray(northing) * scale, False)


def cell_places(grid: Grid) -> Positions:
    """Places of the cell centres of a grid, row by row."""
    left, _, _, top = grid.bounds
    scale = 1.0 if grid.is_geographic else grid.crs.axis_info[0].unit_conversion_factor or 1.0
    easting = left + (np.arange(grid.cols) + 0.5) * grid.cell[0]
    northing = top - (np.arange(grid.rows) + 0.5) * grid.cell[1]
    across, down = np.meshgrid(easting * scale, northing * scale)
    return Positions(across.ravel(), down.ravel(), grid.is_geographic)


@dataclass(frozen=True)
class Variogram:
    """Semivariance by distance: nugget at 0+, rising by `sill` over `range`."""

    model: str
    nugget: float
    sill: float
    range: float

    def __call__(self, distance: Floats) -> Floats:
        """Semivariance at distances in m; 0 at 0."""
        return (self.nugget + self.sill) * self.share(distance)

    def share(self, distance: Floats) -> Floats:
        """Semivariance as a share of the total: the weights of kriging depend on it alone, however small the total.

        Parameters
        ----------
        distance : array (...), m

        Returns
        -------
        array (...), 1, 0-1
        """
        rise = self.nugget + self.sill * _rise(self.model, distance / self.range)
        return np.where(distance <= SAME_PLACE, 0.0, rise / (self.nugget + self.sill))


def fitted(values: Floats, places: Positions, model: str) -> Variogram:
    """Variogram of values at places.

    Parameters
    ----------
    values : vector (stations), 1
    model : choice {spherical, exponential}
    """
    above = np.triu_indices(len(values), 1)
    apart = places.distances(places)[above]
    half = 0.5 * (values[above[0]] - values[above[1]]) ** 2
    edges = np.linspace(0.0, apart.max() / 2, CLASSES + 1)
    number = np.digitize(apart, edges) - 1
    counts = np.bincount(number, minlength=CLASSES)[:CLASSES]
    used = counts > 0
    lag = np.bincount(number, apart, CLASSES)[:CLASSES][used] / counts[used]
    gamma = np.bincount(number, half, CLASSES)[:CLASSES][used] / counts[used]
    variance = max(float(np.var(values)), 1e-300)
    if used.sum() < 3:
        return Variogram(model, 0.0, variance, float(apart.max() / 2))
    weight, longest = np.sqrt(counts[used]), float(apart.max())

    def misfit(numbers: Floats) -> Floats:
        nugget, sill, reach = numbers
        return np.asarray(weight * (nugget + sill * _rise(model, lag / (reach * longest)) - gamma / variance))

    found = optimize.least_squares(misfit, (0.1, 0.9, 0.3), bounds=((0, 0, 1e-3), (10, 10, 3)))
    nugget, sill, reach = found.x
    if nugget + sill < 1e-9:
        sill = 1.0
    return Variogram(model, float(nugget * variance), float(sill * variance), float(reach * longest))


def _rise(model: str, share: Floats) -> Floats:
    """Rise of a variogram from 0 to 1 by the share of its range (the exponential one reaches 0.95 there)."""
    if model == "spherical":
        share = np.minimum(share, 1.0)
        return 1.5 * share - 0.5 * share**3
    return 1.0 - np.exp(-3.0 * share)


class Interpolator:
    """Values of stations at any place, layer by layer.

    Parameters
    ----------
    values : array (layers, stations), 1
    method : choice {thiessen, idw, regression}
    power : number, 1, > 0
    neighbours : number, 1, >= 1
        Stations that idw uses.
    elevation : vector (stations), m
        For regression.
    residuals : choice {kriging, idw, none}
    variogram : choice {spherical, exponential}

    Raises
    ------
    InputError
        For unknown choices, two stations at one place and too few stations.
    """

    def __init__(
        self,
        places: Positions,
        values: npt.ArrayLike,
        method: str,
        *,
        power: float = 2.0,
        neighbours: int = 12,
        elevation: npt.ArrayLike | None = None,
        residuals: str = "kriging",
        variogram: str = "spherical",
    ) -> None:
        for name, found, known in (
            ("method", method, METHODS),
            ("residuals", residuals, RESIDUALS),
            ("variogram", variogram, VARIOGRAMS),
        ):
            if found not in known:
                raise InputError("choice_unknown", name=name, found=str(found), choices=list(known))
        if power <= 0 or neighbours < 1:
            raise InputError("climate_idw_numbers", power=float(power), neighbours=int(neighbours))
        self.places, self.values = places, np.atleast_2d(np.asarray(values, dtype=np.float64))
        self.method, self.power, self.residuals = method, power, residuals
        count = self.values.shape[1]
        self.neighbours = 1 if method == "thiessen" else min(int(neighbours), count)
        self._tree = cKDTree(places.points)
        self._refuse_same_place()
        self.trend: Floats | None = None  # (2, layers)
        self.variograms: list[Variogram] = []
        if method == "regression":
            least = LEAST_KRIGING if residuals == "kriging" else LEAST_REGRESSION
            if count < least:
                raise InputError("climate_too_few_stations", count=count, least=least, method=f"{method} {residuals}")
            self._regress(np.asarray(elevation, dtype=np.float64), variogram)

    def _refuse_same_place(self) -> None:
        pairs = self._tree.query_pairs(SAME_PLACE)
        if pairs:
            raise InputError("climate_stations_same_place", count=len(pairs), first=[int(each) + 1 for each in next(iter(pairs))])

    def _regress(self, elevation: Floats, variogram: str) -> None:
        if np.ptp(elevation) == 0:
            raise InputError("climate_elevations_equal", elevation=float(elevation[0]))
        self.design = np.column_stack([np.ones(len(elevation)), elevation])
        trend: Floats = np.linalg.lstsq(self.design, self.values.T, rcond=None)[0].astype(np.float64, copy=False)
        self.trend, self.rest = trend, self.values - (self.design @ trend).T
        if self.residuals == "kriging":
            self.variograms = [fitted(rest, self.places, variogram) for rest in self.rest]
            apart = self.places.distances(self.places)
            self._inverses = [np.linalg.inv(_system(each, apart)) for each in self.variograms]

    def at(self, places: Positions, elevation: npt.ArrayLike | None = None) -> Floats:
        """Values at places.

        Parameters
        ----------
        elevation : vector (places), m

        Returns
        -------
        array (layers, places), 1
        """
        pieces = []
        size = max(CHUNK_PAIRS // self.values.shape[1], 1)
        for start in range(0, len(places.points), size):
            part = slice(start, start + size)
            piece = self._near(places.points[part], self.values if self.trend is None else self.rest)
            if self.trend is not None:
                piece = self._residual(places.points[part], piece)
                heights = np.asarray(elevation, dtype=np.float64)[part]
                piece = piece + self.trend[0][:, None] + self.trend[1][:, None] * heights
            pieces.append(piece)
        return np.concatenate(pieces, axis=1)

    def _residual(self, points: Floats, by_distance: Floats) -> Floats:
        if self.residuals == "none":
            return np.zeros_like(by_distance)
        if self.residuals == "idw":
            return by_distance
        apart = self.places.metres(np.sqrt(((points[:, None, :] - self.places.points[None]) ** 2).sum(axis=-1)))
        result = np.empty_like(by_distance)
        for layer, (model, inverse, rest) in enumerate(zip(self.variograms, self._inverses, self.rest, strict=True)):
            dual = inverse @ np.append(rest, 0.0)
            result[layer] = model.share(apart) @ dual[:-1] + dual[-1]
        return result

    def _near(self, points: Floats, values: Floats) -> Floats:
        chord, index = self._tree.query(points, k=self.neighbours)
        if self.neighbours == 1:
            return values[:, index.reshape(-1)]
        return _weighted(values, index, self.places.metres(chord), self.power)

    def errors(self) -> Floats:
        """Error at each station (predicted less observed) where it is left out.

        Returns
        -------
        array (layers, stations), 1
            Nan where one station is all there is.
        """
        count = self.values.shape[1]
        if count < 2:
            return np.full(self.values.shape, np.nan)
        if self.method != "regression":
            return self._without(self.values) - self.values
        leverage_of = np.linalg.inv(self.design.T @ self.design)
        gain = leverage_of @ self.design.T  # (2, stations)
        leverage = np.einsum("ij,ji->i", self.design, gain)
        result = np.empty_like(self.values)
        for layer, rest in enumerate(self.rest):
            shift = rest / (1.0 - leverage)
            # column i: the residuals of all stations from the trend without station i
            without = rest[:, None] + (self.design @ gain) * shift[None, :]
            result[layer] = self._left_out(layer, without)
        return result

    def _left_out(self, layer: int, without: Floats) -> Floats:
        own = np.diagonal(without)
        if self.residuals == "none":
            return -own
        if self.residuals == "kriging":
            inverse = self._inverses[layer][:-1, :-1]
            return np.asarray(-np.einsum("ij,ji->i", inverse, without) / np.diagonal(inverse))
        index, apart = self._others()
        weight = apart**-self.power
        return np.asarray((np.take_along_axis(without.T, index, axis=1) * weight).sum(axis=1) / weight.sum(axis=1) - own)

    def _without(self, values: Floats) -> Floats:
        index, apart = self._others()
        if self.method == "thiessen":
            return values[:, index[:, 0]]
        weight = apart**-self.power
        return np.asarray((values[:, index] * weight).sum(axis=-1) / weight.sum(axis=-1))

    def _others(self) -> tuple[npt.NDArray[np.int64], Floats]:
        """Nearest other stations of each station and their distances, m."""
        take = min(self.neighbours, len(self.places.points) - 1)
        chord, index = self._tree.query(self.places.points, k=take + 1)
        return index[:, 1:], self.places.metres(chord[:, 1:])


def left_out(errors: Floats, observed: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Figures of the errors at stations that were left out.

    Parameters
    ----------
    errors, observed : array (layers, stations), 1

    Returns
    -------
    tuple of vector (layers), 1
        Root of the mean square, mean (bias) and mean absolute error, and mean observed value.
    """
    return (
        np.sqrt((errors**2).mean(axis=1)),
        errors.mean(axis=1),
        np.abs(errors).mean(axis=1),
        np.asarray(observed).mean(axis=1),
    )


def _system(model: Variogram, apart: Floats) -> Floats:
    """Matrix of ordinary kriging in shares of the total semivariance."""
    count = len(apart)
    matrix = np.ones((count + 1, count + 1))
    matrix[:count, :count] = model.share(apart)
    matrix[count, count] = 0.0
    return matrix


def _weighted(values: Floats, index: npt.NDArray[np.int64], apart: Floats, power: float) -> Floats:
    """Means weighted by distance^-power; a station's own value at its place."""
    here = apart[:, 0] <= SAME_PLACE
    weight = np.where(here[:, None], 0.0, np.maximum(apart, SAME_PLACE) ** -power)
    weight[here, 0] = 1.0
    return np.asarray((values[:, index] * weight).sum(axis=-1) / weight.sum(axis=-1))
