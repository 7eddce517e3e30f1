"""Alignment to a study grid beside GDAL's warper, tile by tile on one thread, at equal work.

    python benchmarks/align.py [--size 3072] [--rounds 3]

The peer is rasterio's WarpedVRT, at its default tolerance of 0.125 source cells and at a millionth of one (rasterio 1.4 refuses 0).
Each case reads all canonical tiles of the target from a file in the page cache, the three programs in turn; quoted is the median
of the ratios of each round. The sum kept is that of the result over that of the source, less one.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
import rasterio
from affine import Affine
from rasterio.enums import Resampling
from rasterio.vrt import WarpedVRT
from rasterio.windows import Window

from ecoval.grid import Grid, transformation
from ecoval.rasters import Source, align

UTM = "EPSG:32650"
CORNER = (440_000.0, 3_350_000.0)
CASES = (
    ("bilinear, 1 km to 100 m, other CRS", "intensive", Resampling.bilinear, 1000.0, 100.0, "EPSG:4549"),
    ("mean, 30 m to 100 m, same CRS", "intensive", Resampling.average, 30.0, 100.0, UTM),
    ("mean, 30 m to 100 m, other CRS", "intensive", Resampling.average, 30.0, 100.0, "EPSG:4549"),
    ("sum, 30 m to 100 m, same CRS", "extensive", Resampling.sum, 30.0, 100.0, UTM),
    ("sum, 30 m to 100 m, other CRS", "extensive", Resampling.sum, 30.0, 100.0, "EPSG:4549"),
    ("sum, 100 m to 30 m, other CRS", "extensive", Resampling.sum, 100.0, 30.0, "EPSG:4549"),
    ("mode, 10 m to 30 m, other CRS", "categorical", Resampling.mode, 10.0, 30.0, "EPSG:4549"),
    ("nearest, 30 m to 30 m, other CRS", "categorical", Resampling.nearest, 30.0, 30.0, "EPSG:4549"),
)


def made(folder, kind, cell, size):
    """A source with a hole, and its path."""
    random = np.random.default_rng(1)
    values = (
        random.integers(1, 20, (size, size)).astype("int16") if kind == "categorical" else random.random((size, size), "float32")
    )
    values[size // 3 : size // 2, : size // 4] = -1
    path = folder / f"{kind}_{cell:g}_{size}.tif"
    options = {"tiled": True, "blockxsize": 512, "blockysize": 512, "compress": "deflate", "nodata": -1}
    shape = {"height": size, "width": size, "count": 1, "dtype": values.dtype.name}
    place = Affine(cell, 0, CORNER[0], 0, -cell, CORNER[1])
    with rasterio.open(path, "w", driver="GTiff", crs=UTM, transform=place, **shape, **options) as dataset:
        dataset.write(values, 1)
    return path


def target(path, crs, cell):
    """Grid over the whole source with a margin."""
    grid = Source(path).grid
    left, bottom, right, top = grid.bounds
    eastings, northings = np.meshgrid(np.linspace(left, right, 9), np.linspace(bottom, top, 9))
    eastings, northings = transformation(grid.crs, Grid.covering((0, 0, 1, 1), crs, cell).crs).transform(eastings, northings)
    bounds = (eastings.min() - cell, northings.min() - cell, eastings.max() + cell, northings.max() + cell)
    return Grid.covering(bounds, crs, cell)


def ours(path, kind, _, grid):
    start, total = time.perf_counter(), 0.0
    with align(Source(path, kind), grid) as aligned:
        for tile in grid.tiles():
            values, valid = aligned.read(tile, masked=True)
            total += float(values.sum(where=valid, dtype=np.float64))
    return time.perf_counter() - start, total


def gdal(tolerance):
    def run(path, _, resampling, grid):
        start, total = time.perf_counter(), 0.0
        place = {"crs": grid.crs.to_wkt(), "transform": grid.transform, "height": grid.rows, "width": grid.cols}
        with rasterio.open(path) as dataset, WarpedVRT(dataset, resampling=resampling, tolerance=tolerance, **place) as warped:
            for tile in grid.tiles():
                row, col = tile.first[0] - grid.first[0], tile.first[1] - grid.first[1]
                values = warped.read(1, window=Window(col, row, tile.cols, tile.rows))
                total += float(values.sum(where=values != -1, dtype=np.float64))
        return time.perf_counter() - start, total

    return run


def case(folder, size, rounds, name, kind, resampling, source_cell, cell, crs):
    """Seconds of each program and what it keeps of the sum, one dictionary per round."""
    size = size // 8 if source_cell == 1000.0 else size // 2 if source_cell == 100.0 else size
    path = made(folder, kind, source_cell, size)
    grid = target(path, crs, cell)
    stored, known = align(Source(path)).read(masked=True)
    whole = float(stored.sum(where=known, dtype=np.float64))
    ours(path, kind, resampling, grid.window(0, 0, 64, 64))
    done = []
    for _ in range(rounds):
        runs = {program: run(path, kind, resampling, grid) for program, run in PROGRAMS.items()}
        done.append({program: (seconds, total / whole - 1.0) for program, (seconds, total) in runs.items()})
    return f"{name}, {grid.rows * grid.cols / 1e6:.1f} M cells of the target", done


def rows(_=None, rounds=3, size=3072):
    """Rows of the results table: work, measure, both medians, ratio with minimum and maximum."""
    result = []
    with tempfile.TemporaryDirectory() as folder:
        for each in CASES:
            work, done = case(Path(folder), size, rounds, *each)
            mine = statistics.median(one["ecoval"][0] for one in done)
            for program in list(PROGRAMS)[1:]:
                ratios = [one[program][0] / one["ecoval"][0] for one in done]
                numbers = {"ratio": statistics.median(ratios), "ratio_min": min(ratios), "ratio_max": max(ratios)}
                line = {"work": work, "measure": "wall, s", "ecoval": round(mine, 2), "peer": program}
                line["peer_value"] = round(statistics.median(one[program][0] for one in done), 2)
                result.append(line | {key: round(value, 2) for key, value in numbers.items()})
                if each[1] == "extensive":
                    kept = {"ecoval": f"{done[0]['ecoval'][1]:.0e}", "peer_value": f"{done[0][program][1]:.0e}"}
                    result.append(line | {"measure": "sum kept to", **kept, "ratio": "", "ratio_min": "", "ratio_max": ""})
    return result


PROGRAMS = {"ecoval": ours, "GDAL, tolerance 0.125": gdal(0.125), "GDAL, tolerance 1e-6": gdal(1e-6)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=3072)
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()
    print(f"rasterio {rasterio.__version__}, GDAL {rasterio.__gdal_version__}, one thread")
    for line in rows(rounds=chosen.rounds, size=chosen.size):
        print("{work} | {measure} | ecoval {ecoval} | {peer} {peer_value} | {ratio} ({ratio_min}-{ratio_max})".format(**line))


if __name__ == "__main__":
    main()
