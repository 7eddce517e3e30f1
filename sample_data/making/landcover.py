"""Land cover of two years: what grows, is tilled and built where terrain, water and people allow it."""

from __future__ import annotations

import numpy as np
from making import place as p
from making.place import COLS, ROWS, fractal, ramp, rank, settled, smooth, stream
from making.settlement import CITY, TOWNS, cells_of
from scipy import ndimage
from scipy.spatial import cKDTree

LAKE_AT = (425, 318)  # row and column


def mosaic(name, spacing, warp=0.35):
    """Number of the field that each cell belongs to, and a random value per field."""
    numbers = stream(name)
    rows, cols = np.arange(0, ROWS + spacing, spacing), np.arange(0, COLS + spacing, spacing)
    grid = np.stack(np.meshgrid(rows, cols, indexing="ij"), axis=-1).reshape(-1, 2)
    points = settled(grid + (numbers.random(grid.shape) - 0.5) * spacing * 1.5)
    cells = np.stack(np.mgrid[0:ROWS, 0:COLS], axis=-1).reshape(-1, 2) + warp * spacing * (numbers.random((ROWS * COLS, 2)) - 0.5)
    _, owner = cKDTree(points).query(settled(cells))
    return numbers.random(len(points))[owner].reshape(ROWS, COLS)


def forest(terrain):
    """Natural and planted vegetation of the slopes."""
    z, slope = terrain.elevation, terrain.slope
    shape = z.shape
    hollow = smooth(z, 2) - z + 0.35 * (smooth(z, 8) - z)
    moist = np.clip(hollow / 25.0, -1.0, 1.0)
    coastal = ramp(-terrain.inland, -9.0, -1.0)
    fields = [fractal(f"stand {i}", shape, 34, 0.45) for i in range(5)]
    score = {
        p.EVERGREEN: 0.55 + 0.45 * moist + 0.5 * fields[0] + 0.5 * ramp(z, 150, 400) - 1.3 * ramp(z, 800, 1_050) - 0.8 * coastal,
        p.NEEDLE: 0.45 - 0.55 * moist + 0.5 * fields[1] + 0.5 * coastal - 0.6 * ramp(z, 700, 1_000),
        p.MIXED: 0.55 + 0.5 * fields[2] + 0.3 * ramp(z, 500, 900) - 0.5 * coastal,
        p.BAMBOO: -0.05 + 0.75 * fields[3] + 0.5 * np.exp(-(((z - 380.0) / 220.0) ** 2)) + 0.2 * moist - 1.0 * coastal,
        p.SHRUB: -0.35 + 0.55 * fields[4] + 0.6 * ramp(slope, 26.0, 40.0) + 0.95 * coastal + 0.6 * ramp(z, 850, 1_050),
        p.TUSSOCK: -0.9 + 0.6 * fields[4] + 2.6 * ramp(z, 900, 1_130) - 0.3 * moist + 0.25 * coastal,
    }
    types = np.array(list(score))
    return types[np.argmax(settled(np.stack(list(score.values()))), axis=0)]


def valleys(terrain, cover, settlement):
    """Paddies, dry fields, orchards and tea on the plain, in valleys and on gentle slopes."""
    z, slope, flow = terrain.elevation, terrain.slope, terrain.flow
    field, grove = mosaic("fields", 5), mosaic("groves", 7)
    patch = fractal("clearing", z.shape, 40, 0.3)
    plain = terrain.land & (slope < 3.2 + 0.8 * patch) & (z < 60.0)
    floor = terrain.land & (slope < 8.0 + 1.5 * patch) & (z < 520.0) & (smooth(np.log1p(flow), 1.5) > 2.1 + 0.2 * patch)
    terrace = terrain.land & (slope < 17.0) & (z < 620.0) & (patch + 0.5 * ramp(-slope, -16.0, -6.0) > 1.15)
    out = cover.copy()
    out[terrace] = np.where(grove[terrace] < 0.36, p.TEA, np.where(grove[terrace] < 0.68, p.FRUIT, p.DRY))
    out[floor] = np.where(field[floor] < 0.55, p.PADDY, np.where(field[floor] < 0.82, p.DRY, out[floor]))
    out[plain] = np.where(field[plain] < 0.70, p.PADDY, np.where(field[plain] < 0.89, p.DRY, p.FRUIT))
    hill = plain & (slope > 2.2) & (grove > 0.62)
    out[hill] = p.FRUIT
    pond = plain & (field > 0.975) & (mosaic("ponds", 3) > 0.35)
    out[pond] = p.RESERVOIR
    bank = plain & ndimage.binary_dilation(settlement.river, iterations=2) & (fractal("reed", z.shape, 20, 0.3) > 1.25)
    out[bank] = p.MARSH
    return out


def shore(terrain, cover, settlement, year):
    """Tidal flats, salt marsh, ponds behind the dike, rocky shore, shallow sea."""
    inland, mud = terrain.inland, terrain.mud
    sea = ~terrain.land & ndimage.binary_dilation(settlement.town > 0, np.ones((3, 3)), iterations=4)
    wave = fractal("tide", inland.shape, 50, 0.4)
    out = np.where(terrain.land, cover, 0)
    out[sea] = p.NEARSHORE
    depth = settled(ndimage.distance_transform_edt(~terrain.land))
    reach = 1.2 + (9.0 + 22.0 * mud) * ramp(mud, 0.12, 0.4) + 1.6 * wave
    out[sea & (depth < reach)] = p.TIDAL_FLAT
    grass = mosaic("cordgrass", 4) + 0.15 * wave
    edge = (2.0 if year == 2015 else 2.8) + 6.0 * ramp(mud, 0.2, 0.6)
    out[sea & (depth < edge) & (mud > 0.15) & (grass > (0.62 if year == 2015 else 0.50))] = p.SALT_MARSH
    dike = terrain.land & (inland < (1.3 if year == 2015 else 1.45)) & (mud > 0.32) & (terrain.elevation < 12.0)
    out[dike & (mosaic("ponds behind the dike", 6) < (0.52 if year == 2015 else 0.60))] = p.POND
    rocky = terrain.land & (settled(ndimage.distance_transform_edt(terrain.land)) < 2.0) & (terrain.slope > 2.5) & (mud < 0.3)
    out[rocky] = p.SHORE
    return out


def built(terrain, settlement, year):
    """Order in which land is built up per town, the number of cells taken, and villages."""
    rows, cols = np.mgrid[0:ROWS, 0:COLS]
    water = settlement.river | settlement.reservoir
    fit = terrain.land & ~water & (terrain.slope < 9.0) & (settlement.town > 0)
    road = settled(ndimage.distance_transform_edt(~settlement.roads[2023]))
    rough = fractal("sprawl", rows.shape, 24, 0.3)
    out = np.zeros(rows.shape, dtype=bool)
    for number, (seat, town) in enumerate(zip(settlement.seats, TOWNS, strict=True), start=1):
        count = town[3] if year == 2015 else town[4]
        core = int(count * (0.72 if town[1] == CITY else 0.40))
        mine = fit & (settlement.town == number)
        away = np.hypot(rows - seat[0], cols - seat[1])
        cost = away * (1.0 + 0.22 * rough) + 0.8 * np.minimum(road, 12.0) + 1.6 * terrain.slope
        order = rank(cost, mine) * mine.sum()
        out |= mine & (order < core)
        village = rank(hamlets(terrain, number) + 0.02 * np.minimum(road, 15.0) + 0.25 * terrain.slope / 9.0, mine & ~out)
        out |= mine & ~out & (village * (mine & ~out).sum() < count - core)
    return out


def hamlets(terrain, number):
    """Low near the sites of villages."""
    numbers = stream(f"villages {number}")
    sites = settled(numbers.random((420, 2)) * [ROWS, COLS])
    weight = 0.6 + 1.2 * numbers.random(420)
    cells = np.stack(np.mgrid[0:ROWS, 0:COLS], axis=-1).reshape(-1, 2)
    away, which = cKDTree(sites).query(cells)
    return (away / 9.0 * weight[which]).reshape(ROWS, COLS) + 0.12 * fractal("hamlets", terrain.slope.shape, 12, 0.3)


def city(terrain, settlement, cover, town, year):
    """Kinds of built-up land."""
    rows, cols = np.mgrid[0:ROWS, 0:COLS]
    block = mosaic("blocks", 4)
    works = mosaic("works", 9)
    port = settlement.seats[4]
    harbour = np.exp(-((np.hypot(rows - port[0], cols - port[1]) / 40.0) ** 2))
    core = smooth(town, 4.0)
    out = cover.copy()
    out[town] = p.RESIDENTIAL
    share = 0.10 + 0.42 * harbour + (0.06 if year == 2023 else 0.0)
    out[town & (core > 0.35) & (works < share)] = p.INDUSTRY
    park = town & (core > 0.6) & (block > 0.89)
    out[park] = np.where(works[park] < 0.6, p.CITY_TREES, p.CITY_GRASS)
    road = settlement.roads[year] & terrain.land
    out[road] = p.ROAD
    return out


def scars(terrain, settlement, cover, year):
    """Quarries, cliffs and bare soil."""
    out = cover.copy()
    away = settled(ndimage.distance_transform_edt(~settlement.roads[2015]))
    hill = terrain.land & (terrain.slope > 6.0) & (terrain.elevation < 320.0) & (away > 3) & (away < 18) & (settlement.town > 0)
    dig = rank(fractal("quarry", out.shape, 16, 0.5), hill) * hill.sum()
    out[hill & (dig < 150)] = p.MINE
    if year == 2023:
        out[hill & (dig < 60)] = p.TUSSOCK
    cliff = terrain.land & (rank(-terrain.slope + 3.0 * fractal("cliff", out.shape, 8, 0.3), terrain.land) < 0.0045)
    out[cliff & np.isin(cover, (p.EVERGREEN, p.NEEDLE, p.MIXED, p.SHRUB, p.TUSSOCK))] = p.ROCK
    slide = terrain.land & (terrain.slope > 14.0) & (rank(fractal(f"bare {year}", out.shape, 10, 0.2), terrain.land) < 0.0016)
    out[slide & np.isin(cover, (p.NEEDLE, p.MIXED, p.SHRUB, p.DRY, p.TEA))] = p.BARE
    return out


def regrown(terrain, cover):
    """Slopes planted and pines replaced between the years."""
    out = cover.copy()
    plot = mosaic("planting", 6)
    steep = (terrain.slope > 10.0) & (plot < 0.55)
    out[steep & (cover == p.DRY)] = p.MIXED
    out[steep & (cover == p.TUSSOCK) & (terrain.elevation < 700.0)] = p.NEEDLE
    out[(terrain.slope > 12.0) & (plot < 0.30) & (cover == p.SHRUB)] = p.MIXED
    out[(cover == p.NEEDLE) & (plot > 0.82)] = p.MIXED
    out[(cover == p.NEEDLE) & (plot > 0.965)] = p.EVERGREEN
    out[(cover == p.MIXED) & (plot > 0.93)] = p.EVERGREEN
    out[(cover == p.DRY) & (plot > 0.78)] = p.FRUIT
    out[(cover == p.PADDY) & (plot > 0.955)] = p.DRY
    return out


def lake(terrain):
    """Cells of the lake on the southern plain."""
    rows, cols = np.mgrid[0:ROWS, 0:COLS]
    reach = np.hypot((rows - LAKE_AT[0]) / 8.5, (cols - LAKE_AT[1]) / 15.0) + 0.22 * fractal("lake", rows.shape, 24, 0.6)
    body, _ = ndimage.label((settled(reach) < 1.0) & terrain.land & (terrain.elevation < 40.0))
    return ndimage.binary_fill_holes(body == body[LAKE_AT])


def landcover(terrain, settlement, year):
    """Ecosystem type per cell; 0 at sea outside the county."""
    cover = valleys(terrain, forest(terrain), settlement)
    if year == 2023:
        cover = regrown(terrain, cover)
    cover = scars(terrain, settlement, cover, year)
    cover = shore(terrain, cover, settlement, year)
    cover = city(terrain, settlement, cover, built(terrain, settlement, year), year)
    if year == 2023:
        cover = reclaimed(terrain, settlement, cover)
    cover[lake(terrain)] = p.LAKE
    cover[settlement.reservoir] = p.RESERVOIR
    cover[settlement.river] = p.RIVER
    rim = ndimage.binary_dilation(settlement.reservoir, iterations=1) & ~settlement.reservoir & (mosaic("rim", 8) < 0.14)
    cover[rim & terrain.land & (terrain.slope < 14.0)] = p.MARSH
    return cover


def reclaimed(terrain, settlement, cover):
    """Harbour land won from the tidal flat by the later year."""
    rows, cols = np.mgrid[0:ROWS, 0:COLS]
    port = settlement.seats[4]
    flat = (cover == p.TIDAL_FLAT) & (settlement.town == 5)
    near = rank(np.hypot(rows - port[0], 0.7 * (cols - port[1] - 10)) + smooth(terrain.mud, 2), flat) * flat.sum()
    out = cover.copy()
    out[flat & (near < cells_of(95.0))] = p.INDUSTRY
    return out
