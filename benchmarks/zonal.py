"""Zonal sums with exact coverage beside exactextract, and beside reading the layers alone.

    python benchmarks/zonal.py --inputs DIR [--rounds 3] [--works ...]

DIR is filled by ../shared/tools/bench_inputs.py --out DIR --what units,county,province. Every run is a process of its own, imports
included; both read the same files and give count, sum and mean of each unit, and the tables are compared. The peer runs at its
default and at its best setting: units sorted along a Hilbert curve, 6 GB of GDAL's block cache.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

STATS = ["count", "sum", "mean"]
PROGRAMS = ("ecoval", "reading", "exactextract best", "exactextract default")
WORKS = {
    "12 layers x 1,500 towns, 225 million cells": ("prov", 12, "towns", PROGRAMS),
    "12 layers x 10,000 parcels, 225 million cells": ("prov", 12, "parcels", PROGRAMS[:3]),
    "1 layer x 1,500 towns, 225 million cells": ("prov", 1, "towns", PROGRAMS),
    "1 layer x 90 counties, 225 million cells": ("prov", 1, "counties", ("ecoval", "exactextract default")),
    "1 layer x 52 towns, 9 million cells": ("cnty", 1, "towns_c", ("ecoval", "exactextract default")),
}
THREADS = 2
_TOLERANCE = 1e-7  # relative, of counts, sums and means: the peer keeps fractions of cells in single precision


def ecoval(rasters, units, out):
    import ecoval as ev

    ev.zonal(units, rasters, stats=STATS, id="unit", threads=THREADS).to_csv(out, index=False)


def exactextract(rasters, units, out):
    import geopandas
    import rasterio
    from exactextract import exact_extract
    from exactextract.raster import RasterioRasterSource

    best = units.with_name(f"{units.stem}sorted.gpkg")
    frame = geopandas.read_file(best if os.environ.get("GDAL_CACHEMAX") and best.exists() else units)
    datasets = [RasterioRasterSource(rasterio.open(path), name=path.stem) for path in rasters]
    table = exact_extract(datasets, frame, STATS, include_cols=["unit"], output="pandas")
    parts = []
    for path in rasters:
        head = f"{path.stem}_" if len(rasters) > 1 else ""
        part = table[["unit", *(f"{head}{name}" for name in STATS)]]
        parts.append(part.set_axis(["unit_id", *STATS], axis=1).assign(layer=path.stem))
    import pandas

    pandas.concat(parts).to_csv(out, index=False)


def reading(rasters, _units, _out):
    """Every tile of every layer once, in as many threads."""
    import threading
    from concurrent.futures import ThreadPoolExecutor

    import rasterio
    from rasterio.windows import Window

    held = threading.local()

    def read(job):
        path, row = job
        if path not in vars(held):
            vars(held)[path] = rasterio.open(path, sharing=False)
        dataset = vars(held)[path]
        for col in range(0, dataset.width, 512):
            dataset.read(1, window=Window(col, row, min(512, dataset.width - col), min(512, dataset.height - row)))

    with rasterio.open(rasters[0]) as first:
        height = first.height
    with rasterio.Env(GDAL_CACHEMAX=64 * 2**20), ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(read, [(path, row) for row in range(0, height, 512) for path in rasters]))


def command(program, inputs, kind, layers, units, out):
    base = [
        sys.executable,
        __file__,
        "--inputs",
        str(inputs),
        "--run",
        program,
        "--job",
        f"{kind},{layers},{units}",
        "--out",
        str(out),
    ]
    cache = ["GDAL_CACHEMAX=6000"] if program.endswith("best") else ["-u", "GDAL_CACHEMAX"]  # ecoval sets its own in a process
    return ["/usr/bin/env", *cache, *base]


def disagreement(one, other):
    """Largest relative difference of counts, sums and means."""
    import numpy as np
    import pandas as pd

    tables = [pd.read_csv(path).astype({"unit_id": str}).set_index(["unit_id", "layer"]).sort_index() for path in (one, other)]
    ours, theirs = tables[0], tables[1].reindex(tables[0].index)
    held = theirs["count"].to_numpy() > 0
    worst = 0.0
    for name in STATS:
        a, b = ours[name].to_numpy()[held], theirs[name].to_numpy()[held]
        worst = max(worst, float(np.max(np.abs(a - b) / np.maximum(np.abs(b), 1e-300))))
    return worst


def rows(inputs, works=tuple(WORKS), rounds=3):
    """Rows of the results table."""
    import processes

    result = []
    for work in works:
        kind, layers, units, programs = WORKS[work]
        print(work, file=sys.stderr)
        with tempfile.TemporaryDirectory() as folder:
            outs = {program: Path(folder) / f"{program}.csv" for program in programs}
            commands = {program: command(program, inputs, kind, layers, units, outs[program]) for program in programs}
            result += processes.rows(work, processes.in_turn(commands, rounds))
            for program in programs:
                if program.startswith("exactextract"):
                    worst = disagreement(outs["ecoval"], outs[program])
                    print(f"  largest relative difference from {program}: {worst:.1e} (tolerance {_TOLERANCE})", file=sys.stderr)
                    if worst > _TOLERANCE:
                        raise SystemExit("the tables differ")
    return result


def scaling(inputs):
    """Lines (what, size, seconds, seconds per million): time against cells and against vertices, in one warm process."""
    import shapely

    from ecoval.grid import Grid
    from ecoval.totals import zonal
    from ecoval.units import SpatialUnits
    from ecoval.units.coverage import coverage

    units = SpatialUnits.read(inputs / "towns.gpkg", id="unit")
    zonal(inputs / "towns_c.gpkg", inputs / "cnty_00.tif", STATS, id="unit")
    lines = []
    for pieces in (1, 2, 4):
        longest = 60.0 / pieces
        more = SpatialUnits(units.frame.set_geometry(shapely.segmentize(units.geometry, longest), crs=units.crs))
        points = int(shapely.get_num_coordinates(more.geometry).sum())
        seconds = _shortest(lambda more=more: coverage(more, Grid.covering(units.bounds, units.crs, 30.0), threads=THREADS))
        lines.append(("coverage of 1,500 towns: vertices", points, seconds))
    for cell in (120.0, 60.0, 30.0):
        grid = Grid.covering(units.bounds, units.crs, cell)
        values = _array(grid)
        seconds = _shortest(
            lambda grid=grid, values=values: zonal(units, (values, grid.transform, grid.crs), STATS, threads=THREADS)
        )
        lines.append(("zonal of an array in memory by 1,500 towns: cells", grid.rows * grid.cols, seconds))
    return [(what, size, seconds, seconds / size * 1e6) for what, size, seconds in lines]


def _array(grid):
    import numpy as np

    return np.random.default_rng(0).random(grid.shape, dtype=np.float32)


def _shortest(work):
    """Seconds of the fastest of three runs."""
    found = []
    for _ in range(3):
        start = time.perf_counter()
        work()
        found.append(time.perf_counter() - start)
    return min(found)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inputs", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--works", nargs="*", default=list(WORKS))
    parser.add_argument("--run", choices=PROGRAMS)
    parser.add_argument("--job")
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    if arguments.run:
        kind, layers, units = arguments.job.split(",")
        rasters = [arguments.inputs / f"{kind}_{number:02d}.tif" for number in range(int(layers))]
        globals()[arguments.run.split()[0]](rasters, arguments.inputs / f"{units}.gpkg", arguments.out)
        return
    for what, size, seconds, each in scaling(arguments.inputs):
        print(f"{what} {size:,}: {seconds:.2f} s, {each:.3f} s per million")
    for row in rows(arguments.inputs, arguments.works, arguments.rounds):
        print("{work} | {measure} | ecoval {ecoval} | {peer} {peer_value} | {ratio}x ({ratio_min}-{ratio_max})".format(**row))


if __name__ == "__main__":
    main()
