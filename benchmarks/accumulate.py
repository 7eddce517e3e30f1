"""accumulate beside numpy over the same blocks: 2.25e8 cells, 1,500 towns, 20 ecosystem types, 10 items.

    python benchmarks/accumulate.py --inputs DIR [--rounds 3]

Both get the same arrays from memory, tile by tile, so that only the adding up is measured; both work in two threads and end in sums
per unit, type and item. numpy does what can be done without a kernel: cells get the unit of their centre (no fractions, no missing
area), and `np.bincount` adds density x area. It is no exact peer and is here to show what the exact sums cost.
"""

from __future__ import annotations

import argparse
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

TYPES, ITEMS, THREADS = 20, 10, 2
PROGRAMS = ("ecoval", "numpy bincount")
WORK = f"accumulate, 225 million cells x {ITEMS} items, 1,500 towns, {TYPES} types"


def blocks():
    """Reader of tiles: types in patches of eight cells, densities, all out of one prepared tile."""
    from ecoval.grid import TILE
    from ecoval.totals import Block

    rng = np.random.default_rng(0)
    patches = rng.integers(0, TYPES + 1, (TILE // 8, TILE // 8)).astype(np.int16)
    types = np.kron(patches, np.ones((8, 8), dtype=np.int16))
    densities = [rng.random((TILE, TILE), dtype=np.float32) for _ in range(ITEMS)]
    return lambda tile: Block(types[: tile.rows, : tile.cols], [each[: tile.rows, : tile.cols] for each in densities])


def prepared(inputs):
    from ecoval.grid import Grid
    from ecoval.units import SpatialUnits

    units = SpatialUnits.read(inputs / "towns.gpkg", id="unit")
    return units, Grid.covering(units.bounds, units.crs, 30.0)


def ecoval(units, grid):
    from ecoval.totals import accumulate

    sums = accumulate(grid, units, blocks(), np.ones((TYPES, ITEMS), dtype=bool), threads=THREADS)
    return sums.quantity.sum()


def numpy(units, grid):
    from rasterio.features import rasterize

    read = blocks()
    shapes = [(shape, number) for number, shape in enumerate(units.geometry)]
    number = rasterize(shapes, grid.shape, fill=-1, transform=grid.transform, dtype=np.int32)

    def tile_sums(tile):
        row, col = tile.first[0] - grid.first[0], tile.first[1] - grid.first[1]
        inside = number[row : row + tile.rows, col : col + tile.cols]
        block = read(tile)
        held = (inside >= 0) & (block.types < TYPES)
        key = inside[held].astype(np.int64) * TYPES + block.types[held]
        area = tile.cell_area()[held] / 1e4
        return np.stack([np.bincount(key, each[held] * area, minlength=len(units) * TYPES) for each in block.quantities])

    with ThreadPoolExecutor(THREADS) as pool:
        return sum(pool.map(tile_sums, grid.tiles())).sum()


def command(program, inputs):
    return [sys.executable, __file__, "--inputs", str(inputs), "--run", program]


def rows(inputs, rounds=3):
    """Rows of the results table."""
    import processes

    print(WORK, file=sys.stderr)
    return processes.rows(WORK, processes.in_turn({program: command(program, inputs) for program in PROGRAMS}, rounds))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inputs", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--run", choices=PROGRAMS)
    arguments = parser.parse_args()
    if arguments.run:
        units, grid = prepared(arguments.inputs)
        start = time.perf_counter()
        total = globals()[arguments.run.split()[0]](units, grid)
        seconds = time.perf_counter() - start
        rate = grid.rows * grid.cols * ITEMS / seconds / 1e6
        print(f"    {seconds:.2f} s, {rate:.0f} million cells x items per second, sum {total:.9g}", file=sys.stderr)
        return
    for row in rows(arguments.inputs, arguments.rounds):
        print("{work} | {measure} | ecoval {ecoval} | {peer} {peer_value} | {ratio}x ({ratio_min}-{ratio_max})".format(**row))


if __name__ == "__main__":
    main()
