"""Texture: sums, classes of the USDA triangle, and the hydrologic soil group by a named rule.

`texture` takes the group of the texture class [TR55, appendix A, as reprinted]: A sand, loamy sand, sandy loam; B loam, silt loam;
C sandy clay loam; D clay loam, silty clay loam, sandy clay, silty clay, clay. The list has no silt: it counts as silt loam
(2026-11-24). `conductivity` takes the least conducting layer [NEH630-7, table 7-1, recalled], for soils without a water table above
the depth that counts: a soil shallower than 50 cm is D, up to 100 cm the layers to 60 cm count, beyond it those to 100 cm.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ecoval.services.rusle import FineEarth, fine_earth

CLASSES = (
    "sand",
    "loamy_sand",
    "sandy_loam",
    "loam",
    "silt_loam",
    "silt",
    "sandy_clay_loam",
    "clay_loam",
    "silty_clay_loam",
    "sandy_clay",
    "silty_clay",
    "clay",
)
GROUP_OF_CLASS = np.array([0, 1, 1, 1, 2, 2, 2, 3, 4, 4, 4, 4, 4])
GROUPS = ("none", "texture", "conductivity")
TOLERANCE = 1.0
SHALLOW, MIDDLE = (500.0, 600.0), (1000.0, 1000.0)  # mm: depth of the soil, and of the layers that count
_UM_PER_S = 3.6  # mm h-1
_OF_MIDDLE, _OF_DEEP = (40.0, 10.0, 1.0), (10.0, 4.0, 0.4)  # um s-1


def sums(
    sand: npt.ArrayLike, silt: npt.ArrayLike, clay: npt.ArrayLike, rock: npt.ArrayLike | None = None
) -> npt.NDArray[np.float64]:
    """Sum of the texture as the fine-earth rule compares it with 100.

    Parameters
    ----------
    sand, silt, clay, rock : array (...), %

    Returns
    -------
    array (...), %
        With coarse fragments where the four do better than the three.
    """
    total: npt.NDArray[np.float64] = np.asarray(sand, float) + np.asarray(silt, float) + np.asarray(clay, float)
    if rock is None:
        return total
    stones = np.nan_to_num(np.asarray(rock, float))
    return np.where((stones > 0) & (abs(total + stones - 100.0) <= abs(total - 100.0)), total + stones, total)


def fine(sand: npt.ArrayLike, silt: npt.ArrayLike, clay: npt.ArrayLike, rock: npt.ArrayLike | None = None) -> FineEarth:
    """Fine earth, missing where the sum of the texture is not 100 within a per cent.

    Parameters
    ----------
    sand, silt, clay, rock : array (...), %
    """
    wrong = abs(sums(sand, silt, clay, rock) - 100.0) > TOLERANCE
    stones = None if rock is None else np.nan_to_num(np.asarray(rock, float))
    result: FineEarth = fine_earth(np.where(wrong, np.nan, sand), silt, clay, stones, tolerance=TOLERANCE)
    return result


def texture_class(sand: npt.ArrayLike, silt: npt.ArrayLike, clay: npt.ArrayLike) -> npt.NDArray[np.int16]:
    """Class of the USDA texture triangle.

    Parameters
    ----------
    sand, silt, clay : array (...), %
        Of the fine earth.

    Returns
    -------
    array (...), 1
        1-12 in the order of `CLASSES`, 0 where missing.
    """
    sand, silt, clay = (np.asarray(part, float) for part in (sand, silt, clay))
    coarse = silt + 1.5 * clay
    rules = (
        (CLASSES.index("sand"), coarse < 15),
        (CLASSES.index("loamy_sand"), silt + 2 * clay < 30),
        (CLASSES.index("sandy_loam"), ((clay < 20) & (sand > 52)) | ((clay < 7) & (silt < 50))),
        (CLASSES.index("silt"), (silt >= 80) & (clay < 12)),
        (CLASSES.index("silt_loam"), (silt >= 50) & (clay < 27)),
        (CLASSES.index("sandy_clay_loam"), (clay >= 20) & (clay < 35) & (silt < 28) & (sand > 45)),
        (CLASSES.index("sandy_clay"), (clay >= 35) & (sand > 45)),
        (CLASSES.index("silty_clay"), (clay >= 40) & (silt >= 40)),
        (CLASSES.index("silty_clay_loam"), (clay >= 27) & (clay < 40) & (sand <= 20)),
        (CLASSES.index("clay"), (clay >= 40) & (sand <= 45) & (silt < 40)),
        (CLASSES.index("clay_loam"), (clay >= 27) & (clay < 40) & (sand > 20) & (sand <= 45)),
    )
    found = np.select([where for _, where in rules], [index + 1 for index, _ in rules], CLASSES.index("loam") + 1)
    return np.where(np.isnan(sand + silt + clay), 0, found).astype(np.int16)


def group_of_texture(sand: npt.ArrayLike, silt: npt.ArrayLike, clay: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """Hydrologic soil group of a texture: 1-4 for A-D, 0 where missing.

    Parameters
    ----------
    sand, silt, clay : array (...), %

    Returns
    -------
    array (...), 1

    References
    ----------
    [TR55] appendix A.
    """
    return GROUP_OF_CLASS[texture_class(sand, silt, clay)]


def group_of_conductivity(conductivity: npt.ArrayLike, depth: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """Hydrologic soil group of the least conducting layer: 1-4 for A-D, 0 where missing.

    Parameters
    ----------
    conductivity : array (...)
        mm per hour, of the least conducting layer within `MIDDLE` or `SHALLOW`.
    depth : array (...), mm
        Of the soil, down to rock or another layer that lets no water through.

    Returns
    -------
    array (...), 1

    References
    ----------
    [NEH630-7] table 7-1.
    """
    speed, depth = np.asarray(conductivity, float) / _UM_PER_S, np.asarray(depth, float)
    deep = depth > MIDDLE[0]
    bounds = [np.where(deep, of_deep, of_middle) for of_deep, of_middle in zip(_OF_DEEP, _OF_MIDDLE, strict=True)]
    group = np.select([speed > bound for bound in bounds], [1, 2, 3], 4)
    group = np.where(depth < SHALLOW[0], 4, group)
    return np.where(np.isnan(speed) | np.isnan(depth), 0, group)
