"""Terrain: ranges raised in the west, carved by running water, drowned at the coast."""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np
from making.place import CELL, COLS, ROWS, centres, fractal, ramp, settled, smooth, stream
from scipy import ndimage

COARSE = 3  # cells per coarse cell
STEPS = 60
SUMMIT = 1_310.0
PLAIN = 75.0  # metres below which valleys are filled up
NEIGHBOURS = [(-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 1), (1, -1), (1, 0), (1, 1)]


@dataclass(frozen=True)
class Terrain:
    """Elevation (m), land level (km from the shore, negative at sea), flow accumulation (cells) and receivers."""

    elevation: np.ndarray
    inland: np.ndarray
    mud: np.ndarray
    flow: np.ndarray
    receiver: np.ndarray
    order: np.ndarray
    slope: np.ndarray

    @property
    def land(self):
        """Cells above the sea."""
        return self.inland > 0


def coast():
    """Distance-like level (km, positive on land) and how muddy the shore is (0-1)."""
    u, v = centres()
    width = COLS * CELL / 1_000.0
    shore = 0.735 + 0.10 * ramp(v, 0.55, 0.80) - 0.05 * ramp(v, 0.80, 0.98) + 0.07 * ramp(-v, -0.17, -0.02)
    bay = 0.135 * np.exp(-(((v - 0.36) / 0.11) ** 2))
    rough = 0.45 + 0.9 * ramp(v, 0.50, 0.70) + 0.4 * ramp(-v, -0.15, 0.0)
    level = (shore - bay - u) * width + 1.35 * rough * fractal("shore", u.shape, 190, 0.55)
    headland = 6.5 * np.exp(-(((u - 0.80) / 0.050) ** 2) - ((v - 0.60 - 0.5 * (u - 0.8)) / 0.050) ** 2)
    isles = [(0.900, 0.475, 0.034, 0.040), (0.945, 0.400, 0.016, 0.022), (0.865, 0.300, 0.014, 0.018), (0.935, 0.610, 0.020, 0.018),
             (0.962, 0.520, 0.010, 0.012), (0.880, 0.225, 0.011, 0.010), (0.925, 0.300, 0.012, 0.016)]  # fmt: skip
    grain = 0.75 * fractal("isles", u.shape, 60, 0.5)
    island = np.full(u.shape, -9.0)
    for east, north, wide, high in isles:
        island = np.maximum(island, 2.2 * (1.0 - ((u - east) / wide) ** 2 - ((v - north) / high) ** 2) + grain)
    open_sea = 9.0 * ramp(u, 0.74, 0.80) * ramp(v, 0.80, 0.92)
    level = without_specks(settled(np.maximum(level + headland - open_sea, island)))
    mud = np.exp(-(((v - 0.34) / 0.14) ** 2)) * ramp(-u, -0.88, -0.80)
    return settled(level), settled(mud)


def without_specks(level, cells=130):
    """Level without islets and coves of fewer cells."""
    for sign in (1.0, -1.0):
        label, _ = ndimage.label(sign * level > 0)
        small = (np.bincount(label.ravel()) < cells)[label] & (label > 0)
        level = np.where(small, -sign * 0.15, level)
    return level


def uplift(inland):
    """How fast each coarse cell rises (relative)."""
    u, v = (field[COARSE // 2 :: COARSE, COARSE // 2 :: COARSE] for field in centres())
    shape = u.shape
    ridges = 1.0 - np.abs(fractal("ridges", shape, 60, 0.75, stretch=2.2, bearing=52))
    broad = fractal("broad", shape, 120, 0.8)
    mountain = ramp(inland, 11.0, 27.0) * (0.62 + 0.30 * ridges + 0.16 * broad)
    hill = ramp(inland, 0.6, 5.0) * (0.05 + 0.20 * ramp(ridges + 0.4 * broad, 0.35, 1.1))
    north = ramp(v, 0.50, 0.66) * ramp(inland, 0.3, 4.0) * (0.26 + 0.14 * ridges)
    island = np.where((u > 0.84) & (inland > 0), 0.05 + 0.12 * ramp(inland, 0.3, 2.0), 0.0)
    valley = 0.36 + 0.10 * np.sin(7.0 * u + 0.5) * ramp(-u, -0.62, -0.2)
    trough = 1.0 - 0.80 * np.exp(-(((v - valley) / (0.05 + 0.07 * u)) ** 2)) * ramp(u, 0.10, 0.40)
    plain = 1.0 - 0.93 * ramp(-inland, -12.0, -7.5) * np.exp(-(((v - 0.35) / 0.19) ** 4)) * ramp(-u, -0.84, -0.80)
    return settled(np.maximum((np.maximum(mountain, hill) + north) * trough * plain, island) + 0.012)


def flood(surface, outlet):
    """Cells from the outlets upwards and the neighbour each drains to, over filled hollows.

    Returns order (flat indices, outlets first), receiver (flat index, itself at outlets) and the filled surface.
    """
    rows, cols = surface.shape
    wide = cols + 2
    level = np.pad(surface, 1, constant_values=np.inf).ravel().tolist()
    seen = np.pad(outlet, 1, constant_values=True).ravel()
    heap = [(level[i], i) for i in np.flatnonzero(np.pad(outlet, 1, constant_values=False).ravel()).tolist()]
    heapq.heapify(heap)
    seen = seen.tolist()
    parent = list(range(len(level)))
    steps = [row * wide + col for row, col in NEIGHBOURS]
    order = []
    while heap:
        height, here = heapq.heappop(heap)
        order.append(here)
        for step in steps:
            there = here + step
            if not seen[there]:
                seen[there] = True
                parent[there] = here
                if level[there] < height:
                    level[there] = height
                heapq.heappush(heap, (level[there], there))
    filled = np.array(level).reshape(rows + 2, wide)[1:-1, 1:-1]
    order, parent = np.array(order), np.array(parent)
    flat = (order // wide - 1) * cols + order % wide - 1
    inner = parent.reshape(rows + 2, wide)[1:-1, 1:-1].ravel()
    receiver = (inner // wide - 1) * cols + inner % wide - 1
    return flat, steepest(filled, receiver, outlet), filled


def steepest(filled, receiver, outlet):
    """Receiver of steepest descent; the flood's own where the surface is level."""
    rows, cols = filled.shape
    padded = np.pad(filled, 1, constant_values=np.inf)
    best = np.full(filled.shape, 0.0)
    index = np.arange(rows * cols).reshape(rows, cols)
    out = receiver.reshape(rows, cols).copy()
    for row, col in NEIGHBOURS:
        drop = (filled - padded[1 + row : 1 + row + rows, 1 + col : 1 + col + cols]) / np.hypot(row, col)
        better = (drop > best) & ~outlet
        best[better] = drop[better]
        out[better] = (index + row * cols + col)[better]
    return out.ravel()


def accumulated(order, receiver, weight):
    """Sum of the weight upstream of each cell, with the cell itself."""
    total, receiver = weight.ravel().tolist(), receiver.tolist()
    for here in order[::-1].tolist():
        there = receiver[here]
        if there != here:
            total[there] += total[here]
    return np.array(total)


def eroded(rise, sea):
    """Surface that uplift and stream erosion agree on (relative height)."""
    surface = settled(rise * 0.25 + 0.002 * fractal("seedling", rise.shape, 30, 0.3) + 0.01)
    surface[sea] = 0.0
    ones = np.ones(rise.shape)
    for step in range(STEPS):
        order, receiver, filled = flood(surface, sea)
        surface = np.maximum(surface, filled) if step < 3 else surface
        area = accumulated(order, receiver, ones)
        cols = rise.shape[1]
        index = np.arange(rise.size)
        away = np.hypot(index // cols - receiver // cols, index % cols - receiver % cols)
        power = 0.10 * area**0.47 / np.maximum(away, 1.0)
        surface = carved(surface.ravel() + 0.05 * rise.ravel(), power, order, receiver, sea.ravel()).reshape(rise.shape)
        bent = ndimage.gaussian_filter(surface, 0.33, mode="nearest")
        surface = settled(np.where(sea, 0.0, bent), 8)
    return surface


def carved(surface, power, order, receiver, fixed):
    """One implicit step of the stream power law, outlets first."""
    height, power, receiver, fixed = surface.tolist(), power.tolist(), receiver.tolist(), fixed.tolist()
    for here in order.tolist():
        if not fixed[here]:
            below = height[receiver[here]]
            if height[here] > below:
                height[here] = (height[here] + power[here] * below) / (1.0 + power[here])
        else:
            height[here] = 0.0
    return np.array(height)


def refined(coarse, inland):
    """Coarse heights in metres on the fine grid, with slopes roughened and valley floors filled."""
    rows, cols = np.mgrid[0:ROWS, 0:COLS]
    where = [(rows + 0.5) / COARSE - 0.5, (cols + 0.5) / COARSE - 0.5]
    fine = ndimage.map_coordinates(coarse, where, order=3, mode="nearest")
    top = np.sort(fine, axis=None)[-20]
    fine = settled(np.maximum(fine, 0.0) * SUMMIT / top, 3)
    relief = smooth(np.hypot(*np.gradient(fine)), 3)
    fine = fine + np.minimum(relief * 0.42, 14.0) * fractal("slopes", fine.shape, 30, 0.6)
    low = np.clip(fine, 0.0, PLAIN) / PLAIN
    fine = np.where(fine < PLAIN, PLAIN * low**1.9, fine)
    shore = ramp(inland, 0.0, 0.5)
    tilt = 0.45 * np.clip(inland, 0.0, 16.0)
    fine = fine * (0.35 + 0.65 * shore) + 1.4 + tilt + 0.55 * fractal("fields", fine.shape, 60, 0.35) * ramp(inland, 0.0, 2.0)
    return settled(np.maximum(fine, 0.6), 3)


def breached(surface, sea):
    """Surface without hollows: outlets are cut through sills."""
    order, receiver, _ = flood(surface, sea)
    height, target = surface.ravel().tolist(), receiver.tolist()
    for here in order[::-1].tolist():
        there = target[here]
        if there != here and height[there] > height[here] - 0.02:
            height[there] = height[here] - 0.02
    return np.array(height).reshape(surface.shape)


def pitted(elevation, fit):
    """Elevation as it is measured: here and there a cell lies too low, so that water stands in it until it is filled.

    One cell in 400 of those that fit, 3 to 12 m below its lowest neighbour, none near another.
    """
    number = stream("pits").random(elevation.shape)
    deep = fit & (number < 0.0025)
    deep &= ndimage.maximum_filter(np.where(deep, number, 0.0), 5) == number
    bottom = ndimage.minimum_filter(elevation, 3) - 3.0 - 9.0 * stream("depth of pits").random(elevation.shape)
    return np.where(deep, settled(bottom, 2), elevation)


def slope_of(elevation):
    """Slope in degrees (Horn)."""
    padded = np.pad(elevation, 1, mode="edge")
    a, b, c = padded[:-2, :-2], padded[:-2, 1:-1], padded[:-2, 2:]
    d, f = padded[1:-1, :-2], padded[1:-1, 2:]
    g, h, i = padded[2:, :-2], padded[2:, 1:-1], padded[2:, 2:]
    east = ((c + 2 * f + i) - (a + 2 * d + g)) / (8 * CELL)
    south = ((g + 2 * h + i) - (a + 2 * b + c)) / (8 * CELL)
    return settled(np.degrees(np.arctan(np.hypot(east, south))), 4)


def terrain():
    """The terrain of the county."""
    inland, mud = coast()
    coarse_level = inland[COARSE // 2 :: COARSE, COARSE // 2 :: COARSE]
    relative = eroded(uplift(coarse_level), coarse_level <= 0)
    sea = inland <= 0
    surface = refined(relative, inland)
    surface[sea] = 0.0
    surface = settled(np.maximum(breached(surface, sea), 0.1), 2)
    surface[sea] = 0.0
    order, receiver, _ = flood(surface, sea)
    flow = accumulated(order, receiver, (~sea).astype(float)).reshape(surface.shape)
    return Terrain(surface, inland, mud, flow, receiver, order, slope_of(surface))
