"""Soil retention and its factors, fused loops beside numpy over the same blocks.

    python benchmarks/rusle.py [--rounds 5]

Both go through 3,000 x 3,000 cells in blocks of 500 x 500 with two threads, float32, the two in turn within one process. `product`
is R K LS (1 - C); `factors` makes K from texture and carbon, LS of the standard from slope and length and C from type and cover
first. The results agree to 1e-5.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from ecoval.services import cover, rusle, soil_retention

ROWS, BLOCK, THREADS = 3000, 500, 2
BETA = rusle.RillExponent(0.089, 3.0, 0.8, 0.56)
STEEP = rusle.Steepness(5.14, 10.2, 28.81, 9.5988, 10.8, 0.03, 16.8, -0.5, 21.9, -0.96)
CORRECTION = rusle.ErodibilityCorrection(-0.01383, 0.51575, 0.1317)
TABLE = {
    1: (0.1, 0.08, 0.06, 0.02, 0.004, 0.001),
    2: (0.4, 0.22, 0.14, 0.085, 0.04, 0.011),
    3: (0.45, 0.24, 0.15, 0.09, 0.043, 0.011),
}
NUMBERS = {("C_factor", f"{code}:{name}"): c for code, row in TABLE.items() for name, c in zip(cover.CLASSES, row, strict=True)}
ROWS_OF_C = np.array([(np.nan,) * 6, *TABLE.values()], np.float32)
F = np.float32


def layers():
    """Layers of one county: smooth enough that neighbouring cells are of one type."""
    random = np.random.default_rng(7)
    shape = (ROWS, ROWS)
    parts = random.dirichlet((4, 4, 2), (ROWS // 10, ROWS // 10)).astype(F) * F(100)
    sand, silt, clay = (np.ascontiguousarray(part.repeat(10, 0).repeat(10, 1)) for part in parts.transpose(2, 0, 1))
    return {
        "r": random.uniform(4000, 9000, shape).astype(F),
        "sand": sand,
        "silt": silt,
        "clay": clay,
        "carbon": random.uniform(0.3, 4, shape).astype(F),
        "slope": np.abs(random.normal(0, 0.3, shape)).astype(F),
        "length": random.uniform(10, 300, shape).astype(F),
        "types": random.integers(1, 4, (ROWS // 50, ROWS // 50)).astype(np.int16).repeat(50, 0).repeat(50, 1),
        "cover": random.uniform(0, 100, shape).astype(F),
        "k": random.uniform(0.005, 0.03, shape).astype(F),
        "ls": random.uniform(0, 20, shape).astype(F),
        "c": random.uniform(0, 0.5, shape).astype(F),
    }


def blocks(array):
    """The blocks of a layer, each in one piece as it would be read."""
    side = ROWS // BLOCK
    return np.ascontiguousarray(array.reshape(side, BLOCK, side, BLOCK).swapaxes(1, 2)).reshape(-1, BLOCK, BLOCK)


def fused_product(a):
    return soil_retention.soil(a["types"], a["r"], a["k"], a["ls"], None, a["c"], None, None, None, None, None, "layer")


def numpy_product(a):
    return a["r"] * a["k"] * a["ls"] * (F(1) - a["c"])


def fused_factors(a):
    k = rusle.erodibility(a["sand"], a["silt"], a["clay"], a["carbon"], "hj1173", CORRECTION)
    ls = rusle.ls_hj1173(a["slope"], a["length"], reference=22.13, exponent=BETA, steepness=STEEP, max_length=122.0)
    c = cover.cover_factor(a["types"], a["cover"], NUMBERS).factor
    return fused_product({**a, "k": k, "ls": ls, "c": c})


def numpy_factors(a):
    sand, silt, clay, carbon = a["sand"], a["silt"], a["clay"], a["carbon"]
    rest = F(1) - sand / F(100)
    epic = (F(0.2) + F(0.3) * np.exp(F(-0.0256) * sand * (F(1) - silt / F(100)))) * (silt / (clay + silt)) ** F(0.3)
    epic *= F(1) - F(0.25) * carbon / (carbon + np.exp(F(3.72) - F(2.95) * carbon))
    epic *= F(1) - F(0.7) * rest / (rest + np.exp(F(-5.51) + F(22.9) * rest))
    k = (F(-0.01383) + F(0.51575) * epic) * F(0.1317)
    sine = a["slope"] / np.sqrt(F(1) + a["slope"] ** 2)
    beta = (sine / F(0.089)) / (F(3) * sine ** F(0.8) + F(0.56))
    ell = (np.minimum(a["length"], F(122)) / F(22.13)) ** (beta / (F(1) + beta))
    tangents = [F(np.tan(np.radians(angle))) for angle in (5.14, 10.2, 28.81)]
    pieces = [F(10.8) * sine + F(0.03), F(16.8) * sine - F(0.5), F(21.9) * sine - F(0.96)]
    s = np.select([a["slope"] < tangent for tangent in tangents], pieces, F(9.5988))
    c = ROWS_OF_C[a["types"], np.digitize(a["cover"], [10, 30, 50, 70, 90])]
    return a["r"] * k * (ell * s) * (F(1) - c)


def over_blocks(work, arrays, out, pool):
    """Run the work over blocks, a thread to each block in turn."""

    def block(number):
        out[number] = work({name: array[number] for name, array in arrays.items()})

    list(pool.map(block, range(len(out))))


def timed(work, arrays, out, pool):
    """Wall and user seconds."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_utime
    start = time.perf_counter()
    over_blocks(work, arrays, out, pool)
    return time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF).ru_utime - before


def compare(name, fused, plain, arrays, rounds):
    out = [np.empty((ROWS**2 // BLOCK**2, BLOCK, BLOCK), F) for _ in range(2)]
    with ThreadPoolExecutor(THREADS) as pool:
        for work, result in zip((fused, plain), out, strict=True):
            over_blocks(work, arrays, result, pool)
        runs = [
            [timed(work, arrays, result, pool) for work, result in zip((fused, plain), out, strict=True)] for _ in range(rounds)
        ]
    np.testing.assert_allclose(*out, rtol=1e-5)
    for column, unit in enumerate(("wall, s", "user CPU, s")):
        ours, theirs = ([run[side][column] for run in runs] for side in (0, 1))
        ratios = [b / a for a, b in zip(ours, theirs, strict=True)]
        speed = f", {ROWS**2 / statistics.median(ours) / 1e6:.0f} Mcell/s" if column == 0 else ""
        yield {
            "work": f"soil retention, {name}, {ROWS:,} x {ROWS:,} cells, {THREADS} threads",
            "measure": unit + speed,
            "ecoval": round(statistics.median(ours), 4),
            "peer": "numpy over blocks",
            "peer_value": round(statistics.median(theirs), 4),
            "ratio": round(statistics.median(ratios), 2),
            "ratio_min": round(min(ratios), 2),
            "ratio_max": round(max(ratios), 2),
        }


def rows(inputs=None, rounds=5):  # noqa: ARG001
    """Rows of the results table; the inputs are made here."""
    arrays = {name: blocks(array) for name, array in layers().items()}
    product = {name: arrays[name] for name in ("types", "r", "k", "ls", "c")}
    return [
        *compare("product", fused_product, numpy_product, product, rounds),
        *compare("factors", fused_factors, numpy_factors, arrays, rounds),
    ]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    for line in rows(rounds=parser.parse_args().rounds):
        print("{work} | {measure} | ecoval {ecoval} | {peer} {peer_value} | {ratio}x ({ratio_min}-{ratio_max})".format(**line))


if __name__ == "__main__":
    main()
