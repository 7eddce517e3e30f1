"""GCJ-02 and BD-09, the displaced datums of Chinese web maps, to WGS 84 and back.

Map services in China publish coordinates that are displaced from WGS 84 (and CGCS2000, which is the same within 1 m) by some
100 to 700 m, in a pattern that changes over kilometres. No authority publishes the formulas; those here are the ones that
circulate publicly. They are unofficial: good to about a metre for display and for areas, not for surveying or title.

How to recognise such a layer: it comes from a web map or its interface; it says WGS 84, yet over satellite images, or over a
layer of known datum, roads and boundaries are off by hundreds of metres, all to the same side within a county (to the east in
most of the country, in the south-east of it also to the south). BD-09 lies a further kilometre or so to the north-east.
Outside the box around China nothing is displaced.

The displacements are inverted by iteration, to better than 1e-10 deg; a closed inverse does not exist.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import shapely

from ecoval import grid
from ecoval.errors import InputError

DATUMS = ("wgs84", "gcj02", "bd09")
BOX = (72.004, 0.8293, 137.8347, 55.8271)  # west, south, east, north; deg

_SEMI_MAJOR = 6_378_245.0  # Krasovsky 1940
_SQUARED_ECCENTRICITY = 0.006_693_421_622_965_943
_BD_SHIFT = (0.0065, 0.006)
_BD_WAVE = np.pi * 3000 / 180
_CONVERGED = 1e-12
_MOST_STEPS = 50

Degrees = npt.NDArray[np.float64]
Shift = Callable[[Degrees, Degrees], tuple[Degrees, Degrees]]


def converted(geometry: npt.NDArray[np.object_], crs: object, source: str, target: str = "wgs84") -> npt.NDArray[np.object_]:
    """Geometries with longitudes and latitudes of one datum in place of another.

    Parameters
    ----------
    geometry : array (units)
        Shapely geometries in degrees.
    crs : CRS that the layer carries: EPSG:4326 or EPSG:4490
    source, target : choice {wgs84, gcj02, bd09}

    Returns
    -------
    array (units)

    Raises
    ------
    InputError
        Another datum name, or a layer that is not in degrees on WGS 84 or CGCS2000: a projection of displaced coordinates
        must be undone first, with the very projection that was used.
    """
    for name in (source, target):
        if name not in DATUMS:
            raise InputError("datum_unknown", datum=name, datums=" ".join(DATUMS))
    crs = grid.read_crs(crs)
    if not any(grid.same_crs(crs, grid.read_crs(code)) for code in ("EPSG:4326", "EPSG:4490")):
        raise InputError("datum_not_in_degrees", datum=source, crs=crs.name)

    def moved(points: Degrees) -> Degrees:
        return np.column_stack(_FROM_WGS84[target](*_TO_WGS84[source](points[:, 0], points[:, 1])))

    there: npt.NDArray[np.object_] = shapely.transform(geometry, moved)
    return there


def wgs84_to_gcj02(lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    """Displaced coordinates of GCJ-02.

    Parameters
    ----------
    lon, lat : vector (points), deg

    Returns
    -------
    vector (points), deg
        Longitudes and latitudes; outside the box around China unchanged.
    """
    lon, lat = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
    inside = _inside(lon, lat)
    shift_lon, shift_lat = _displacement(lon, lat)
    return np.where(inside, lon + shift_lon, lon), np.where(inside, lat + shift_lat, lat)


def gcj02_to_wgs84(lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    """Coordinates on WGS 84 of GCJ-02 ones.

    Parameters
    ----------
    lon, lat : vector (points), deg

    Returns
    -------
    vector (points), deg
        Longitudes and latitudes; outside the box around China unchanged.
    """
    inside = _inside(np.asarray(lon), np.asarray(lat))
    found_lon, found_lat = _inverse(_displacement, lon, lat)
    return np.where(inside, found_lon, lon), np.where(inside, found_lat, lat)


def gcj02_to_bd09(lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    """Coordinates of BD-09 of GCJ-02 ones.

    Parameters
    ----------
    lon, lat : vector (points), deg

    Returns
    -------
    vector (points), deg
        Longitudes and latitudes; outside the box around China unchanged.
    """
    lon, lat = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
    inside = _inside(lon, lat)
    shift_lon, shift_lat = _turned(lon, lat)
    return np.where(inside, lon + shift_lon, lon), np.where(inside, lat + shift_lat, lat)


def bd09_to_gcj02(lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    """Coordinates of GCJ-02 of BD-09 ones.

    Parameters
    ----------
    lon, lat : vector (points), deg

    Returns
    -------
    vector (points), deg
        Longitudes and latitudes; outside the box around China unchanged.
    """
    inside = _inside(np.asarray(lon), np.asarray(lat))
    found_lon, found_lat = _inverse(_turned, lon, lat)
    return np.where(inside, found_lon, lon), np.where(inside, found_lat, lat)


def wgs84_to_bd09(lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    """Coordinates of BD-09 of WGS 84 ones.

    Parameters
    ----------
    lon, lat : vector (points), deg

    Returns
    -------
    vector (points), deg
        Longitudes and latitudes; outside the box around China unchanged.
    """
    return gcj02_to_bd09(*wgs84_to_gcj02(lon, lat))


def bd09_to_wgs84(lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    """Coordinates on WGS 84 of BD-09 ones.

    Parameters
    ----------
    lon, lat : vector (points), deg

    Returns
    -------
    vector (points), deg
        Longitudes and latitudes; outside the box around China unchanged.
    """
    return gcj02_to_wgs84(*bd09_to_gcj02(lon, lat))


def _same(lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    return lon, lat


_TO_WGS84 = {"wgs84": _same, "gcj02": gcj02_to_wgs84, "bd09": bd09_to_wgs84}
_FROM_WGS84 = {"wgs84": _same, "gcj02": wgs84_to_gcj02, "bd09": wgs84_to_bd09}


def _inside(lon: Degrees, lat: Degrees) -> npt.NDArray[np.bool_]:
    west, south, east, north = BOX
    return (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)


def _inverse(shift: Shift, lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    """Point that the shift brings to (lon, lat): the shift changes slowly, so each step gains two digits and more."""
    lon, lat = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
    found_lon, found_lat = lon, lat
    for _ in range(_MOST_STEPS):
        shift_lon, shift_lat = shift(found_lon, found_lat)
        next_lon, next_lat = lon - shift_lon, lat - shift_lat
        step = np.fmax(np.abs(next_lon - found_lon), np.abs(next_lat - found_lat))
        found_lon, found_lat = next_lon, next_lat
        if not (step > _CONVERGED).any():
            break
    return found_lon, found_lat


def _displacement(lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    """Displacement of GCJ-02 in degrees: metres of a polynomial and of waves, turned into degrees on the ellipsoid."""
    u, v = lon - 105.0, lat - 35.0

    def wave(angle: Degrees, *terms: tuple[float, float]) -> Degrees:
        return np.asarray(sum(height * np.sin(np.pi * angle * turns) for height, turns in terms) * (2.0 / 3.0))

    ripple = wave(u, (20.0, 6.0), (20.0, 2.0))
    root = np.sqrt(np.abs(u))
    north = -100.0 + 2.0 * u + 3.0 * v + 0.2 * v * v + 0.1 * u * v + 0.2 * root + ripple
    north = north + wave(v, (20.0, 1.0), (40.0, 1 / 3), (160.0, 1 / 12), (320.0, 1 / 30))
    east = 300.0 + u + 2.0 * v + 0.1 * u * u + 0.1 * u * v + 0.1 * root + ripple
    east = east + wave(u, (20.0, 1.0), (40.0, 1 / 3), (150.0, 1 / 12), (300.0, 1 / 30))
    radians = np.radians(lat)
    shrink = 1.0 - _SQUARED_ECCENTRICITY * np.sin(radians) ** 2
    meridional = _SEMI_MAJOR * (1.0 - _SQUARED_ECCENTRICITY) / shrink**1.5
    transverse = _SEMI_MAJOR / np.sqrt(shrink)
    return np.degrees(east / (transverse * np.cos(radians))), np.degrees(north / meridional)


def _turned(lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    """Displacement of BD-09 against GCJ-02 in degrees: a ripple of distance and angle from the origin, and a shift."""
    distance = np.hypot(lon, lat) + 0.00002 * np.sin(lat * _BD_WAVE)
    angle = np.arctan2(lat, lon) + 0.000003 * np.cos(lon * _BD_WAVE)
    return distance * np.cos(angle) + _BD_SHIFT[0] - lon, distance * np.sin(angle) + _BD_SHIFT[1] - lat
