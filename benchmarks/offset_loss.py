"""Loss of a footprint of 10 km2 on a county of 30 m cells, in an opened study.

    python benchmarks/offset_loss.py --inputs DIR [--rounds 3]

DIR is filled by ../shared/tools/bench_inputs.py; the study is that of account.py on the county's rasters. No peer computes this:
the figures stand alone. "first" is the first assessment after opening (with the pass that finds the mean vegetation of each type),
"warm" the median of those after it, each with another footprint.
"""

import argparse
import sys
import time
import warnings
from pathlib import Path

import account
import numpy as np

WORK = "loss of a footprint of 10 km2, 4 services (6 items), 12 layers, county of 9 million cells"
SIDE = 3162.2777  # m


def study(inputs):
    """The study of the county, written beside the inputs once."""
    import rasterio

    path, cover = inputs / "offset_loss.toml", inputs / "cnty_landcover.tif"
    text = account.study(inputs).read_text(encoding="utf-8").replace("prov_", "cnty_").replace("counties.gpkg", "counties_c.gpkg")
    if not cover.exists():
        with rasterio.open(inputs / "prov_landcover.tif") as whole, rasterio.open(inputs / "cnty_01.tif") as like:
            window = rasterio.windows.from_bounds(*like.bounds, transform=whole.transform)
            profile = {**like.profile, "dtype": "uint8", "nodata": 255}
            with rasterio.open(cover, "w", **profile) as target:
                target.write(whole.read(1, window=window), 1)
    path.write_text(text, encoding="utf-8")
    return path


def footprints(states, number):
    """One square of 10 km2 per round, off the lattice, turned by a little."""
    import geopandas
    import shapely

    left, bottom, right, top = states.layers.units.bounds
    draw = np.random.default_rng(number)
    x, y = left + (right - left) * draw.uniform(0.3, 0.6), bottom + (top - bottom) * draw.uniform(0.3, 0.6)
    square = shapely.affinity.rotate(shapely.box(x, y, x + SIDE, y + SIDE), 13.0)
    return geopandas.GeoDataFrame({"after_class": [611]}, geometry=[square], crs=states.crs)


def times(inputs, rounds=5, ranges=True):
    """Seconds: opening, first, warm; and rows of the result."""
    import ecoval.offset.loss.patches as room
    from ecoval.offset.loss.states import States

    warnings.simplefilter("ignore")
    begun = time.perf_counter()
    states = States.open(study(inputs), threads=2)
    opened = time.perf_counter() - begun
    taken = []
    for number in range(rounds + 1):
        patch = footprints(states, number).assign(after_class=511 if number == 0 else (611, 511)[number % 2])
        begun = time.perf_counter()
        found = room.patch_losses(states, patch, ranges=ranges)
        taken.append(time.perf_counter() - begun)
    return opened, taken[0], float(np.median(taken[1:])), max(taken[1:]), found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inputs", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    print(WORK, file=sys.stderr)
    for ranges in (True, False):
        opened, first, warm, slowest, found = times(arguments.inputs, arguments.rounds, ranges)
        print(f"{WORK} | ranges {ranges} | open {opened:.2f} s | first {first:.2f} s | warm {warm:.2f} s (slowest {slowest:.2f} s)")
    print(found[["service", "direct", "annual_low", "annual_high", "uom"]].to_string(), file=sys.stderr)


if __name__ == "__main__":
    main()
