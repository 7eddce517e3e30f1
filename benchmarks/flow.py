"""Fill, D8 and flow accumulation beside pyflwdir's own chain.

    python benchmarks/flow.py --inputs DIR [--sizes 3000 10000] [--rounds 3]

DIR holds dem_3000.tif and dem_10000.tif. Each run is a process of its own, warmed up on a small window, the two programs in turn;
time is that of the chain alone, without reading; memory is the peak of the process, which hands its only reference to the elevation
to the chain. Both chains end in the number of cells that drain through each cell.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import time
import warnings
from pathlib import Path

import rasterio

PROGRAMS = ("ecoval", "pyflwdir")
MISSING = -9999.0


def read(path):
    with rasterio.open(path) as raster:
        return raster.read(1)


def ecoval_chain(elevation):
    from ecoval.kernels.fill import fill
    from ecoval.kernels.flow import flow_accumulation, flow_direction

    directions = flow_direction(fill(elevation, out=elevation), 30.0, 30.0)
    del elevation
    return flow_accumulation(directions)


def pyflwdir_chain(elevation):
    import pyflwdir

    warnings.simplefilter("ignore")
    return pyflwdir.from_dem(elevation, nodata=MISSING).upstream_area()


def worker(program, path):
    """One run: seconds, user seconds and peak memory as JSON."""
    chain = {"ecoval": ecoval_chain, "pyflwdir": pyflwdir_chain}[program]
    held = [read(path)]
    chain(held[0][:64, :64].copy())
    before = resource.getrusage(resource.RUSAGE_SELF).ru_utime
    start = time.perf_counter()
    accumulation = chain(held.pop())
    wall = time.perf_counter() - start
    usage = resource.getrusage(resource.RUSAGE_SELF)
    print(
        json.dumps(
            {"wall": wall, "user": usage.ru_utime - before, "peak": usage.ru_maxrss / 2**20, "most": int(accumulation.max())}
        )
    )


def disagreement(path):
    """Largest difference between the two filled elevations, m: 0, since the filled surface is unique."""
    import pyflwdir

    from ecoval.kernels.fill import fill

    elevation = read(path)
    theirs = pyflwdir.dem.fill_depressions(elevation, nodata=MISSING)[0]
    return float(abs(fill(elevation, out=elevation) - theirs).max())


def run(program, path):
    command = [sys.executable, __file__, "--worker", program, "--inputs", str(path)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def compare(path, rounds):
    """Runs of both programs in turn."""
    runs = {program: [] for program in PROGRAMS}
    for _ in range(rounds):
        for program in PROGRAMS:
            runs[program].append(run(program, path))
    return runs


def row(size, runs, measure, unit):
    ours = [one[measure] for one in runs["ecoval"]]
    peer = [one[measure] for one in runs["pyflwdir"]]
    ratios = [b / a for a, b in zip(ours, peer, strict=True)]
    return {
        "work": f"fill, D8, accumulation, {size:,} x {size:,} cells",
        "measure": unit,
        "ecoval": round(statistics.median(ours), 3),
        "peer": "pyflwdir",
        "peer_value": round(statistics.median(peer), 3),
        "ratio": round(statistics.median(ratios), 2),
        "ratio_min": round(min(ratios), 2),
        "ratio_max": round(max(ratios), 2),
    }


def rows(inputs, sizes=(3000, 10000), rounds=3):
    """Rows of the results table: work, measure, both medians, ratio with minimum and maximum."""
    result = []
    for size in sizes:
        if size == min(sizes) and (worst := disagreement(Path(inputs) / f"dem_{size}.tif")) > 0:
            raise SystemExit(f"the filled elevations differ by {worst} m")
        runs = compare(Path(inputs) / f"dem_{size}.tif", rounds)
        for measure, unit in (("wall", "wall, s"), ("user", "user CPU, s"), ("peak", "peak memory, GiB")):
            result.append(row(size, runs, measure, unit))
    return result


def scaling(inputs):
    """Lines (what, cells, seconds, seconds per million): the chain, and on to slope and LS, on growing windows."""
    from ecoval.kernels.terrain import slope
    from ecoval.services import rusle

    rill = rusle.RillExponent(0.0896, 3.0, 0.8, 0.56)
    constants = rusle.InvestConstants(rill, 0.2, 0.3, 0.4, 0.5, 10.8, 0.03, 16.8, -0.5, 122.0)
    whole = read(Path(inputs) / "dem_10000.tif")
    lines = []
    for side in (64, 2500, 5000, 10000):
        elevation = whole[:side, :side].copy()
        start = time.perf_counter()
        accumulation = ecoval_chain(elevation.copy())
        chain = time.perf_counter() - start
        rusle.ls_invest(slope(elevation, 30.0, 30.0), accumulation, 30.0, reference=22.13, constants=constants)
        full = time.perf_counter() - start
        if side > 64:
            lines.append(("fill, D8, accumulation: cells", side**2, chain, chain / side**2 * 1e6))
            lines.append(("the same with slope and LS: cells", side**2, full, full / side**2 * 1e6))
    return lines


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inputs", required=True)
    parser.add_argument("--sizes", type=int, nargs="+", default=[3000, 10000])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--worker", choices=PROGRAMS)
    arguments = parser.parse_args()
    if arguments.worker:
        worker(arguments.worker, arguments.inputs)
        return
    for line in rows(arguments.inputs, arguments.sizes, arguments.rounds):
        print("{work} | {measure} | ecoval {ecoval} | {peer} {peer_value} | {ratio}x ({ratio_min}-{ratio_max})".format(**line))


if __name__ == "__main__":
    main()
