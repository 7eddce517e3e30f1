"""The frame of the sample county: coordinate system, grids and random fields.

Every field is rounded after each step that the last bit of a processor could change, so that two machines make the same county.
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage

SEED = 20260
CRS = "EPSG:4549"
CELL = 60.0
LEFT, TOP = 640_020.0, 3_224_520.0
ROWS, COLS = 576, 744
YEARS = (2015, 2023)

EVERGREEN, BAMBOO, NEEDLE, MIXED, SHRUB, TUSSOCK = 111, 113, 121, 131, 211, 331
MARSH, LAKE, RESERVOIR, RIVER = 413, 421, 422, 431
PADDY, DRY, FRUIT, TEA = 511, 512, 521, 522
RESIDENTIAL, CITY_TREES, CITY_GRASS, INDUSTRY, ROAD, MINE = 611, 621, 623, 631, 632, 633
ROCK, BARE = 822, 823
SALT_MARSH, TIDAL_FLAT, POND, NEARSHORE, SHORE = 91, 93, 97, 98, 99

CODES = {  # own class codes of the survey -> ecosystem type, name
    11: (EVERGREEN, "常绿阔叶林"),
    12: (BAMBOO, "竹林"),
    13: (NEEDLE, "常绿针叶林"),
    14: (MIXED, "针阔混交林"),
    21: (SHRUB, "常绿阔叶灌木林"),
    31: (TUSSOCK, "草丛"),
    41: (MARSH, "草本沼泽"),
    42: (RESERVOIR, "水库坑塘"),
    43: (RIVER, "河流"),
    44: (LAKE, "湖泊"),
    51: (PADDY, "水田"),
    52: (DRY, "旱地"),
    53: (FRUIT, "果园"),
    54: (TEA, "茶园"),
    61: (RESIDENTIAL, "居住地"),
    62: (CITY_TREES, "乔木绿地"),
    63: (CITY_GRASS, "草本绿地"),
    64: (INDUSTRY, "工业用地"),
    65: (ROAD, "交通用地"),
    66: (MINE, "采矿场"),
    81: (ROCK, "裸岩"),
    82: (BARE, "裸土"),
    91: (SALT_MARSH, "盐沼"),
    92: (TIDAL_FLAT, "滩涂"),
    93: (POND, "养殖池塘"),
    94: (SHORE, "岩石岸线"),
    95: (NEARSHORE, "近岸水域"),
}


def settled(field, decimals=6):
    """Field rounded below what differs between processors."""
    return np.round(field, decimals)


def stream(name):
    """Random numbers of one step, whatever the other steps draw."""
    return np.random.Generator(np.random.PCG64([SEED, *name.encode()]))


def fractal(name, shape, wavelength, smoothness=0.8, stretch=1.0, bearing=0.0):
    """Fractal field with mean 0 and standard deviation 1.

    Parameters
    ----------
    name : text
        Seeds the field.
    shape : vector (2), 1
        Rows and columns.
    wavelength : number, 1
        Longest wave in cells.
    smoothness : number, 1
        Hurst exponent: 0.3 rough, 1 smooth.
    stretch, bearing : number, 1
        Waves are longer by the factor along the bearing (degrees counter-clockwise from east).
    """
    rows, cols = shape
    spectrum = np.fft.rfft2(stream(name).random(shape) - 0.5)
    across, along = np.fft.fftfreq(rows)[:, None], np.fft.rfftfreq(cols)[None, :]
    angle = np.radians(bearing)
    first = along * np.cos(angle) - across * np.sin(angle)
    second = along * np.sin(angle) + across * np.cos(angle)
    frequency = np.hypot(first * stretch, second)
    floor = 1.0 / wavelength
    spectrum *= (np.maximum(frequency, floor) ** -(1.0 + smoothness)) * (frequency > floor * 0.25)
    field = np.fft.irfft2(spectrum, s=shape)
    return settled((field - field.mean()) / field.std())


def rank(field, mask):
    """Position of each masked cell between 0 and 1 in the order of the field; 2 outside."""
    out = np.full(field.shape, 2.0)
    order = np.argsort(settled(field[mask]), kind="stable")
    place = np.empty(order.size)
    place[order] = (np.arange(order.size) + 0.5) / max(order.size, 1)
    out[mask] = place
    return out


def ramp(value, low, high):
    """0 below low, 1 above high, smooth between."""
    t = np.clip((value - low) / (high - low), 0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)


def smooth(field, cells):
    """Gaussian mean, settled."""
    return settled(ndimage.gaussian_filter(np.asarray(field, dtype=float), cells, mode="nearest"))


def centres():
    """Easting and northing shares of the cell centres: 0 west and south, 1 east and north."""
    u = (np.arange(COLS) + 0.5) / COLS
    v = 1.0 - (np.arange(ROWS) + 0.5) / ROWS
    return np.meshgrid(u, v)


def block_mean(field, factor):
    """Mean of factor x factor cells; nan only where all are nan."""
    rows, cols = field.shape[0] // factor, field.shape[1] // factor
    blocks = field[: rows * factor, : cols * factor].reshape(rows, factor, cols, factor)
    known = ~np.isnan(blocks)
    count = known.sum(axis=(1, 3))
    total = np.where(known, blocks, 0.0).sum(axis=(1, 3))
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
