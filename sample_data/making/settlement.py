"""People on the terrain: towns, roads, rivers that count, the reservoir."""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np
from making.place import CELL, COLS, ROWS, fractal, ramp, settled, smooth, stream
from scipy import ndimage

COUNTY = ("339921", "临澜县")
ISLAND, CITY = "澜屿镇", "城关街道"
TOWNS = [  # code, name, seat (share of the width and height), built-up cells 2015, 2023, population 2015, 2023
    ("339921001", "城关街道", (0.455, 0.405), 3300, 4700, 104_000, 128_600),
    ("339921100", "溪口镇", (0.285, 0.400), 420, 520, 38_500, 36_100),
    ("339921101", "石梁镇", (0.165, 0.255), 330, 370, 31_200, 27_900),
    ("339921102", "青塘镇", (0.500, 0.245), 900, 1150, 58_400, 60_200),
    ("339921103", "港前镇", (0.575, 0.385), 1000, 1700, 49_700, 61_500),
    ("339921104", "北岬镇", (0.705, 0.545), 520, 640, 35_600, 35_100),
    ("339921105", "茶山镇", (0.605, 0.150), 520, 620, 36_900, 34_800),
    ("339921106", "澜屿镇", (0.895, 0.475), 150, 175, 13_800, 11_900),
    ("339921200", "云岭乡", (0.190, 0.550), 130, 140, 14_600, 11_400),
    ("339921201", "竹溪乡", (0.470, 0.585), 260, 290, 21_300, 18_700),
]


@dataclass(frozen=True)
class Settlement:
    """Label of the town (1 = first of TOWNS, 0 = outside), seats, rivers, reservoir, roads per year."""

    town: np.ndarray
    seats: list
    river: np.ndarray
    reservoir: np.ndarray
    roads: dict


def seat(terrain, share, island):
    """Cell of low flat land near the wanted place."""
    row, col = int((1.0 - share[1]) * ROWS), int(share[0] * COLS)
    rows, cols = np.mgrid[0:ROWS, 0:COLS]
    away = np.hypot(rows - row, cols - col)
    dry = np.where(terrain.inland > 0.25, 0.0, 99.0)
    cost = away / 14.0 + terrain.slope / (8.0 if island else 3.0) + dry + np.log10(terrain.elevation + 3.0)
    return tuple(int(i) for i in np.unravel_index(np.argmin(settled(cost)), cost.shape))


def spread(cost, seeds):
    """Cheapest way from the seeds: accumulated cost, seed number (1-based) and the step back."""
    wide = cost.shape[1] + 2
    price = np.pad(cost, 1, constant_values=np.inf).ravel().tolist()
    best = [np.inf] * len(price)
    label, back = [0] * len(price), list(range(len(price)))
    heap = []
    for number, (row, col) in enumerate(seeds, start=1):
        here = (row + 1) * wide + col + 1
        best[here], label[here] = 0.0, number
        heap.append((0.0, here))
    heapq.heapify(heap)
    steps = [(i * wide + j, float(np.hypot(i, j)) / 2.0) for i in (-1, 0, 1) for j in (-1, 0, 1) if i or j]
    while heap:
        spent, here = heapq.heappop(heap)
        if spent > best[here]:
            continue
        for step, length in steps:
            there = here + step
            total = round(spent + (price[here] + price[there]) * length, 6)
            if total < best[there]:
                best[there], label[there], back[there] = total, label[here], here
                heapq.heappush(heap, (total, there))
    shape = (cost.shape[0] + 2, wide)
    inner = np.s_[1:-1, 1:-1]
    return np.array(best).reshape(shape)[inner], np.array(label).reshape(shape)[inner], back


def path(back, cells, start):
    """Cells from the start back to its seed, as a mask."""
    out = np.zeros(cells.shape, dtype=bool)
    wide = cells.shape[1] + 2
    here = (start[0] + 1) * wide + start[1] + 1
    while True:
        out[here // wide - 1, here % wide - 1] = True
        if back[here] == here:
            return out
        here = back[here]


def rivers(terrain):
    """Cells of rivers wide enough for a 60 m cell."""
    land, flow = terrain.land, terrain.flow
    main = flow > 15_000
    wide = ndimage.binary_dilation(main & (terrain.elevation < 60.0), np.ones((2, 2)))
    estuary = ndimage.binary_dilation(main & (terrain.inland < 3.0), np.ones((4, 4)))
    return (land & (flow > 5_500)) | (land & (wide | estuary))


def reservoir(terrain, target=1_050):
    """Pool behind a dam: the site and height on the main stem nearest to the target area (cells)."""
    best, found = np.inf, None
    wanted = (terrain.flow > 9_000) & (terrain.elevation > 25.0) & (terrain.elevation < 220.0)
    wanted[: ROWS // 2] = wanted[:, COLS * 2 // 5 :] = wanted[:, : COLS // 7] = False
    for row, col in np.argwhere(wanted)[::5]:
        base = terrain.elevation[row, col]
        for height in (20.0, 28.0, 36.0, 46.0):
            low = terrain.elevation < base + height
            low[row, col] = False
            window = np.s_[max(row - 90, 0) : row + 90, max(col - 90, 0) : col + 90]
            pool = upstream_pool(terrain, low, (row, col), window)
            rim = pool.sum() - ndimage.binary_erosion(pool).sum()
            score = abs(pool.sum() - target) / target + 2.0 * rim / max(pool.sum(), 1)
            if score < best:
                best, found = score, (window, pool)
    out = np.zeros(terrain.flow.shape, dtype=bool)
    out[found[0]] = found[1]
    return ndimage.binary_closing(out, np.ones((3, 3)))


def upstream_pool(terrain, low, dam, window):
    """Low cells above the dam that hang together, within the window."""
    row, col = dam[0] - window[0].start, dam[1] - window[1].start
    upper = terrain.elevation[window] >= terrain.elevation[dam] - 0.5
    label, _ = ndimage.label(low[window] & upper, np.ones((3, 3)))
    around = label[max(row - 1, 0) : row + 2, max(col - 1, 0) : col + 2]
    names = np.unique(around[around > 0])
    return np.isin(label, names) & (label > 0)


def outlets(terrain):
    """Row of the shore cell that each land cell drains to; -1 where water leaves the frame."""
    rows = np.arange(terrain.receiver.size) // COLS
    out, receiver = rows.tolist(), terrain.receiver.tolist()
    for here in terrain.order.tolist():
        if receiver[here] != here:
            out[here] = out[receiver[here]]
    return np.array(out).reshape(terrain.flow.shape)


def county_mask(terrain, mainland):
    """Catchments of the bay and of the coast beside it, within a wavering frame."""
    outlet = outlets(terrain)
    rows, cols = np.mgrid[0:ROWS, 0:COLS]
    edge = np.minimum.reduce([rows, ROWS - 1 - rows, cols])
    wobble = 30.0 + 15.0 * fractal("border", terrain.flow.shape, 150, 0.7)
    inside = mainland & (outlet > 92) & (outlet < 520) & (edge > np.clip(wobble, 6.0, 70.0))
    inside &= ~((rows < 62 + 0.8 * wobble) & (cols < 190))
    _, where = ndimage.distance_transform_edt(~mainland, return_indices=True)
    inside = (smooth(inside[tuple(where)], 5.0) > 0.5) & mainland
    label, _ = ndimage.label(ndimage.binary_opening(inside, iterations=9) | (inside & (cols > 300)))
    keep = np.bincount(label.ravel(), minlength=2)
    keep[0] = 0
    return ndimage.binary_fill_holes(label == keep.argmax()) & mainland


def towns(terrain, seats, river, effort):
    """Town of each cell of the county, with tidal flats and a strip of shallow sea."""
    barrier = effort + 9.0 * river + 4.0 * ramp(terrain.elevation - smooth(terrain.elevation, 9), 10.0, 60.0)
    _, label, _ = spread(barrier, seats)
    body, _ = ndimage.label(terrain.land, np.ones((3, 3)))
    mainland = body == np.bincount(body[terrain.land]).argmax()
    island = next(i for i, town in enumerate(TOWNS, start=1) if town[1] == ISLAND)
    label = np.where(terrain.land & ~mainland, island, label * county_mask(terrain, mainland))
    shore, where = ndimage.distance_transform_edt(~terrain.land, return_indices=True)
    near = label[tuple(where)]
    strip = np.where(near == island, 9.0, np.where(terrain.mud > 0.15, 16.0 + 28.0 * terrain.mud, 9.0))
    return np.where(~terrain.land & (settled(shore) <= strip), near, label)


def effort_of(terrain):
    """Effort of crossing a cell on foot or wheel."""
    return settled(np.where(terrain.land, 1.0 + (terrain.slope / 7.0) ** 1.6, 60.0), 4)


def settlement(terrain):
    """Everything people set on the terrain."""
    seats = [seat(terrain, town[2], town[1] == ISLAND) for town in TOWNS]
    river, pool = rivers(terrain), reservoir(terrain)
    effort = effort_of(terrain)
    town = towns(terrain, seats, river, effort)
    water = river | pool
    _, _, back = spread(effort + 25.0 * water, [seats[0]])
    old = np.zeros(water.shape, dtype=bool)
    for place, name in zip(seats, TOWNS, strict=True):
        if name[1] not in (ISLAND, CITY):
            old |= path(back, water, place)
    coast = [(2, 470), (ROWS - 3, 520)]
    coast = [(row, col - 60 + int(np.argmin(effort[row, col - 60 : col + 60]))) for row, col in coast]
    rough = settled(effort**0.7 + 6.0 * water + 1.5 * stream("motorway").random(water.shape))
    _, _, back = spread(rough, [coast[0]])
    new = old | path(back, water, coast[1])
    return Settlement(town, seats, river & ~pool, pool, {2015: old, 2023: new})


def cells_of(hectares):
    """Number of cells."""
    return round(hectares * 10_000.0 / CELL**2)
