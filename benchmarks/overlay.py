"""One million survey parcels of a county, overlaid with 1,000 villages and put on a 30 m grid exactly.

    python benchmarks/overlay.py [--parcels 1000000] [--units 1000] [--threads 2]

The parcels are the cells of a jittered net with borders of several vertices that neighbours share, as a survey draws them; the
units are a coarser net that cuts across them. Printed: seconds of each step, peak memory, and how far the areas of the cells and of
the units are from the exact overlay.
"""

import argparse
import platform
import resource
import time

import geopandas
import numba
import numpy as np
import shapely

from ecoval.grid import Grid, read_crs
from ecoval.totals.parcels import Parcels, accumulate_parcels
from ecoval.units import SpatialUnits
from ecoval.units.polygon_area import ellipsoidal_area

CRS = "EPSG:4549"
LEFT, BOTTOM = 512_000.0, 3_210_000.0
WIDTH = 45_000.0
KINDS = 24


def net(side, width, bend, seed):
    """Polygons of a jittered square net, each border drawn with `bend` points between its corners."""
    random = np.random.default_rng(seed)
    step = width / side
    corner = np.stack(np.meshgrid(np.arange(side + 1.0), np.arange(side + 1.0)), axis=-1) * step
    inner = np.s_[1:-1, 1:-1]
    corner[inner] += random.uniform(-0.3, 0.3, corner[inner].shape) * step
    share = np.arange(1, bend + 1) / (bend + 1)

    def lines(start, end):
        points = start[:, :, None] + (end - start)[:, :, None] * share[:, None]
        points += random.uniform(-0.2, 0.2, points.shape) * step / (bend + 1)
        return np.concatenate([start[:, :, None], points], axis=2)

    across, up = lines(corner[:, :-1], corner[:, 1:]), lines(corner[:-1], corner[1:])
    rings = np.concatenate(
        [
            across[:-1],
            up[:, 1:],
            np.concatenate([corner[1:, 1:, None], across[1:, :, :0:-1]], axis=2),
            np.concatenate([corner[1:, :-1, None], up[:, :-1, :0:-1]], axis=2),
            corner[:-1, :-1, None],
        ],
        axis=2,
    ).reshape(side * side, -1, 2)
    rings += (LEFT, BOTTOM)
    return shapely.polygons(rings)


class Clock:
    def __init__(self):
        self.last = self.first = time.perf_counter()

    def show(self, text):
        now = time.perf_counter()
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        print(f"{text:48s} {now - self.last:7.1f} s   peak {peak:5.2f} GiB", flush=True)
        self.last = now


def main():
    given = argparse.ArgumentParser()
    given.add_argument("--parcels", type=int, default=1_000_000)
    given.add_argument("--units", type=int, default=1_000)
    given.add_argument("--threads", type=int, default=2)
    given = given.parse_args()
    print(
        f"{platform.processor() or platform.machine()}, {given.threads} threads; numpy {np.__version__}, numba {numba.__version__},"
        f" shapely {shapely.__version__}, GEOS {shapely.geos_version_string}"
    )
    clock = Clock()
    parcels = net(round(given.parcels**0.5), WIDTH, 3, 1)
    villages = net(round(given.units**0.5), WIDTH, 60, 2)
    kind = np.random.default_rng(3).integers(0, KINDS, len(parcels)).astype(np.int16)
    frame = geopandas.GeoDataFrame({"unit_id": np.arange(len(villages)).astype(str)}, geometry=villages, crs=CRS)
    units = SpatialUnits(frame)
    grid = Grid.covering(units.bounds, read_crs(CRS), 30.0)
    clock.show(f"made: {len(parcels)} parcels, {len(units)} units, {grid.rows} x {grid.cols} cells")
    warm = Parcels.of(units.select(units.ids[:1]), parcels[:100], kind[:100], KINDS, grid, threads=given.threads)
    accumulate_parcels(warm, lambda _tile, cell, _kind: [np.ones(len(cell), np.float32)], np.ones((KINDS, 1), bool))
    clock.show("compiled")
    first = time.perf_counter()
    held = Parcels.of(units, parcels, kind, KINDS, grid, threads=given.threads)
    clock.show(f"overlay and cells: {len(held.unit)} pieces, {len(held.cover.runs.row)} runs")
    sums = accumulate_parcels(
        held, lambda _tile, cell, _kind: [np.ones(len(cell), np.float32)] * 8, np.ones((KINDS, 8), bool), threads=given.threads
    )
    clock.show("sums of eight quantities per unit and type")
    print(f"all: {time.perf_counter() - first:.1f} s")
    print(f"largest difference of overlay and cells, share of a unit and type: {held.difference(sums):.2e}")
    exact = ellipsoidal_area(villages, units.crs)
    print(f"largest difference of overlay and unit area: {np.max(np.abs(held.area.sum(axis=1) / exact - 1)):.2e}")


if __name__ == "__main__":
    main()
