"""Rain of every day, temperature of every month, evaporation and growth of two years."""

from __future__ import annotations

import datetime

import numpy as np
from making import place as p
from making.place import CELL, LEFT, TOP, fractal, ramp, settled, smooth, stream
from scipy import ndimage

MONTHLY_RAIN = (68, 82, 138, 146, 160, 236, 138, 196, 172, 84, 82, 52)
WET_SHARE = (0.40, 0.45, 0.52, 0.50, 0.50, 0.57, 0.40, 0.44, 0.42, 0.30, 0.33, 0.33)
SEA_LEVEL_TEMPERATURE = (6.4, 7.9, 11.4, 16.4, 21.0, 24.6, 28.4, 28.2, 25.0, 20.0, 14.6, 8.8)
RAIN_FACTOR = {2015: 1.10, 2023: 0.99}
STORMS = {  # month, day, county mean of the day in mm: the plum rains and the landfalls of the year
    2015: ((6, 8, 53), (6, 17, 64), (7, 10, 38), (7, 11, 112), (8, 8, 74), (9, 28, 52), (9, 29, 86)),
    2023: ((6, 11, 52), (6, 19, 68), (7, 28, 88), (8, 30, 51), (9, 5, 58), (9, 6, 104)),
}
SEA = 0
LAND = {  # evapotranspiration mm per year, mm per cooling day; growth gC m-2 yr-1; share of the ground under vegetation
    p.EVERGREEN: (795, 1.98, 890, 0.90),
    p.BAMBOO: (810, 2.08, 860, 0.88),
    p.NEEDLE: (760, 1.88, 730, 0.80),
    p.MIXED: (780, 1.93, 810, 0.86),
    p.SHRUB: (730, 1.85, 650, 0.72),
    p.TUSSOCK: (690, 1.85, 520, 0.66),
    p.MARSH: (880, 4.00, 700, 0.70),
    p.RESERVOIR: (920, 4.60, 430, 0.03),
    p.RIVER: (920, 4.60, 430, 0.03),
    p.LAKE: (920, 4.60, 430, 0.03),
    p.PADDY: (850, 4.10, 640, 0.62),
    p.DRY: (720, 2.80, 560, 0.52),
    p.FRUIT: (750, 2.00, 620, 0.68),
    p.TEA: (740, 1.95, 590, 0.70),
    p.RESIDENTIAL: (660, 1.90, 330, 0.18),
    p.CITY_TREES: (720, 2.00, 560, 0.66),
    p.CITY_GRASS: (690, 1.90, 480, 0.58),
    p.INDUSTRY: (650, 1.85, 300, 0.08),
    p.ROAD: (650, 1.85, 320, 0.10),
    p.MINE: (650, 1.85, 300, 0.04),
    p.ROCK: (650, 1.85, 320, 0.06),
    p.BARE: (650, 1.90, 320, 0.05),
    p.SALT_MARSH: (860, 3.60, 760, 0.60),
    p.TIDAL_FLAT: (880, 4.00, 330, 0.02),
    p.POND: (920, 4.50, 330, 0.03),
    p.SHORE: (650, 1.90, 320, 0.10),
    p.NEARSHORE: (900, 4.40, 320, 0.00),
    SEA: (900, 4.40, 320, 0.00),
}


class Lattice:
    """A coarser grid that covers the frame: left, top, cell, rows, cols."""

    def __init__(self, left, top, cell, rows, cols):
        self.left, self.top, self.cell, self.rows, self.cols = left, top, cell, rows, cols

    @property
    def shape(self):
        """Rows and columns."""
        return (self.rows, self.cols)

    def sampled(self, field):
        """Fine field at the centres, averaged over about one cell."""
        spread = self.cell / CELL / 3.0
        soft = smooth(field, spread) if spread > 0.4 else field
        rows = (TOP - (self.top - (np.arange(self.rows) + 0.5) * self.cell)) / CELL - 0.5
        cols = ((self.left + (np.arange(self.cols) + 0.5) * self.cell) - LEFT) / CELL - 0.5
        where = np.meshgrid(rows, cols, indexing="ij")
        return settled(ndimage.map_coordinates(soft, where, order=1, mode="nearest"), 5)


RAIN = Lattice(636_000.0, 3_228_000.0, 4_000.0, 11, 13)
KILOMETRE = Lattice(639_000.0, 3_226_000.0, 1_000.0, 38, 47)
QUARTER = Lattice(639_600.0, 3_225_100.0, 250.0, 143, 183)
HALF_HECTO = Lattice(LEFT, TOP, 120.0, 288, 372)


def days(year):
    """Dates of a year."""
    first = datetime.date(year, 1, 1)
    return [first + datetime.timedelta(days=i) for i in range((datetime.date(year + 1, 1, 1) - first).days)]


def rain_series(year):
    """County mean of every day, mm."""
    numbers = stream(f"rain {year}")
    dates = days(year)
    month = np.array([date.month - 1 for date in dates])
    storms = {datetime.date(year, m, d): mm for m, d, mm in STORMS[year]}
    out = np.zeros(len(dates))
    chance = numbers.random(len(dates))
    size = settled((-np.log(1.0 - 0.998 * numbers.random(len(dates)))) ** 1.15)
    jitter = 0.8 + 0.4 * numbers.random(12)
    wet = False
    for i, date in enumerate(dates):
        share = WET_SHARE[month[i]]
        wet = chance[i] < (0.62 * share + 0.38 if wet else 0.62 * share)
        out[i] = storms.get(date, size[i] if wet else 0.0)
    stormy = np.array([date in storms for date in dates])
    for number in range(12):
        mine = (month == number) & ~stormy
        total = MONTHLY_RAIN[number] * RAIN_FACTOR[year] * jitter[number] - out[(month == number) & stormy].sum()
        out[mine] *= max(total, 18.0) / max(out[mine].sum(), 1e-9)
    return settled(np.where(stormy, out, np.minimum(out, 40.0)))


def rain_daily(terrain, year):
    """Rain of every day on the coarse grid, tenths of a millimetre (days, rows, cols)."""
    height = RAIN.sampled(np.where(terrain.land, terrain.elevation, 0.0))
    lift = 0.93 + 0.27 * ramp(height, 0.0, 900.0)
    series = rain_series(year)
    numbers = stream(f"cells {year}")
    shape = RAIN.shape
    out = np.zeros((len(series), *shape), dtype=np.int16)
    for i, mean in enumerate(series):
        blur = ndimage.gaussian_filter(numbers.random(shape) - 0.5, 1.6, mode="nearest") * 4.0
        if mean > 0.0:
            pattern = lift * np.exp(settled(blur * (0.50 if mean < 50.0 else 0.25)))
            amount = np.where(mean * pattern < 0.3, 0.0, mean * pattern)
            out[i] = np.round(settled(amount * 10.0))
    return out


def rain_monthly(daily, year):
    """Sums of the months, tenths of a millimetre (12, rows, cols)."""
    month = np.array([date.month for date in days(year)])
    return np.stack([daily[month == number].sum(axis=0) for number in range(1, 13)]).astype(np.int32)


def temperature(terrain, year):
    """Mean of the months, tenths of a degree (12, rows, cols)."""
    height = KILOMETRE.sampled(np.where(terrain.land, terrain.elevation, 0.0))
    numbers = stream(f"warmth {year}")
    shift = 0.9 * (numbers.random(12) - 0.5) + (0.35 if year == 2023 else 0.0)
    level = np.array(SEA_LEVEL_TEMPERATURE) + shift
    return np.round(settled((level[:, None, None] - 0.0056 * height[None]) * 10.0)).astype(np.int16)


def of_land(cover, column):
    """Number of each cell's class, one of the columns of LAND."""
    dense = np.zeros(1_000)
    for code, numbers in LAND.items():
        dense[code] = numbers[column]
    return dense[cover]


def cooling_days(terrain, year):
    """Days with a maximum above 26 degrees (kilometre grid)."""
    height = KILOMETRE.sampled(np.where(terrain.land, terrain.elevation, 0.0))
    coast = KILOMETRE.sampled(ramp(-terrain.inland, -6.0, 0.5))
    base = 86.0 if year == 2015 else 89.0
    return np.round(settled(np.clip(base - 22.0 * height / 1_000.0 - 7.0 * coast, 60.0, 90.0))).astype(np.int16)


def water_evaporation(terrain, year):
    """Evaporation of open water in the cooling days, mm (kilometre grid)."""
    rate = 4.75 + 0.15 * fractal("breeze", KILOMETRE.shape, 20, 0.7)
    return np.round(settled(cooling_days(terrain, year) * rate)).astype(np.int16)


def evapotranspiration(terrain, cover, year):
    """Year and cooling days, mm (quarter-kilometre grid)."""
    annual = of_land(cover, 0)
    rate = of_land(cover, 1)
    height = np.where(terrain.land, terrain.elevation, 0.0)
    grain = fractal(f"moisture {year}", cover.shape, 60, 0.5)
    annual = annual * (1.0 - 0.07 * height / 1_000.0) * (1.0 + 0.025 * grain) * (1.0 if year == 2015 else 1.015)
    summer = (86.0 if year == 2015 else 89.0) - 22.0 * height / 1_000.0
    cooling = np.clip(rate * summer * (1.0 + 0.03 * grain), 150.0, 350.0)
    return tuple(np.round(settled(QUARTER.sampled(field), 3)).astype(np.int16) for field in (annual, cooling))


def npp(terrain, cover, year):
    """Net primary production, gC per m2 and year (quarter-kilometre grid); a cloud hides a little of the first year."""
    height = np.where(terrain.land, terrain.elevation, 0.0)
    grain = fractal(f"growth {year}", cover.shape, 40, 0.4)
    field = of_land(cover, 2) * (1.0 - 0.10 * height / 1_000.0) * (1.0 + 0.045 * grain)
    out = np.round(settled(QUARTER.sampled(field * (1.0 if year == 2015 else 1.03)), 3)).astype(np.int16)
    if year == 2015:
        rows, cols = np.mgrid[0 : QUARTER.rows, 0 : QUARTER.cols]
        out[((rows - 41) / 3.2) ** 2 + ((cols - 12) / 4.6) ** 2 < 1.0 + 0.3 * fractal("cloud", QUARTER.shape, 6, 0.5)] = -1
    return np.where(out < 0, -1, np.clip(out, 300, 920)).astype(np.int16)


def vegetation_cover(cover, year):
    """Share of the ground under vegetation, hundredths (120 m grid)."""
    grain = fractal(f"canopy {year}", cover.shape, 30, 0.3)
    share = of_land(cover, 3)
    field = np.clip(share + 0.05 * grain * (share > 0.15), 0.0, 1.0)
    return np.round(settled(HALF_HECTO.sampled(field) * 100.0, 3)).astype(np.uint8)
