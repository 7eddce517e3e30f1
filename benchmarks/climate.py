"""Daily rain of 30 years over 400 x 400 cells to erosivity: wall time and peak memory, from GeoTIFF and from classic NetCDF.

    python benchmarks/climate.py [--inputs DIR] [--years 30] [--size 400]

The input is made where it is absent (fixed seed): one file per year of int16 with a scale, wet patches, about
two days of three dry. The peak of 3 years beside that of all shows that memory does not grow with the series. A second run of
each: the files are in the page cache, as the kernels are.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
from processes import measured  # noqa: E402

FIRST_YEAR = 1991
CELL = 0.01
LEFT, TOP = 118.0, 31.0
TENTH = 0.1


def rain_of(year, size):
    """Days of a year and their rain in 0.1 mm: int16 (days, size, size)."""
    rng = np.random.default_rng(year)
    days = np.arange(f"{year}-01-01", f"{year + 1}-01-01", dtype="datetime64[D]")
    down, across = np.mgrid[0:size, 0:size] / size
    rain = np.zeros((len(days), size, size), dtype=np.int16)
    for place in np.flatnonzero(rng.random(len(days)) < 0.35):
        depth = rng.gamma(0.7, 22.0)
        wave = np.cos(6.0 * across + rng.uniform(0, 6)) * np.cos(5.0 * down + rng.uniform(0, 6)) + rng.uniform(-0.4, 0.6)
        rain[place] = np.clip(depth * wave, 0, 3000 * TENTH) / TENTH
    return days, rain


def write_geotiff(path, days, rain):
    import rasterio
    from affine import Affine

    profile = {
        "driver": "GTiff",
        "width": rain.shape[2],
        "height": rain.shape[1],
        "count": len(days),
        "dtype": "int16",
        "crs": "EPSG:4490",
        "transform": Affine(CELL, 0.0, LEFT, 0.0, -CELL, TOP),
        "nodata": -32768,
        "tiled": True,
        "blockxsize": 512,
        "blockysize": 512,
        "interleave": "band",
        "compress": "deflate",
        "predictor": 2,
    }
    with rasterio.open(path, "w", **profile) as dataset:
        dataset.write(rain)
        dataset.scales = (TENTH,) * len(days)
        dataset.units = ("mm",) * len(days)
        dataset.descriptions = tuple(days.astype(str))


def write_netcdf(path, days, rain):
    from scipy.io import netcdf_file

    size = rain.shape[1]
    with netcdf_file(path, "w", version=2) as file:
        for name, length in (("time", None), ("lat", size), ("lon", size)):
            file.createDimension(name, length)
        time = file.createVariable("time", "d", ("time",))
        time.units, time.calendar = "days since 1900-01-01 00:00:00", "standard"
        lat = file.createVariable("lat", "d", ("lat",))
        lat.units = "degrees_north"
        lat[:] = TOP - CELL / 2 - CELL * np.arange(size)[::-1]
        lon = file.createVariable("lon", "d", ("lon",))
        lon.units = "degrees_east"
        lon[:] = LEFT + CELL / 2 + CELL * np.arange(size)
        prec = file.createVariable("prec", "h", ("time", "lat", "lon"))
        prec.units, prec.scale_factor, prec.add_offset, prec._FillValue = "mm", TENTH, 0.0, np.int16(-32768)
        time[:] = (days - np.datetime64("1900-01-01")).astype(float)
        prec[:] = rain[:, ::-1]


WRITERS = {"tif": write_geotiff, "nc": write_netcdf}


def inputs_ready(folder, years, size):
    """Files of each form, made where they are absent."""
    folder.mkdir(parents=True, exist_ok=True)
    for year in range(FIRST_YEAR, FIRST_YEAR + years):
        absent = [ending for ending in WRITERS if not (folder / f"rain_{size}_{year}.{ending}").exists()]
        if absent:
            days, rain = rain_of(year, size)
            for ending in absent:
                WRITERS[ending](folder / f"rain_{size}_{year}.{ending}", days, rain)


def command(folder, ending, years, size, method, out):
    """The command line of one run."""
    series = [folder / f"rain_{size}_{year}.{ending}" for year in range(FIRST_YEAR, FIRST_YEAR + years)]
    given = [text for path in series for text in ("--series", str(path))]
    options = ["--product", "erosivity", "--erosivity", method, "--series-crs", "EPSG:4490", "--allow-recalled", "--quiet"]
    return [sys.executable, "-m", "ecoval", "prepare", "climate", *given, *options, "--out", str(out)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inputs", type=Path, default=HERE / "inputs" / "climate")
    parser.add_argument("--years", type=int, default=30)
    parser.add_argument("--size", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=2)
    asked = parser.parse_args()
    inputs_ready(asked.inputs, asked.years, asked.size)
    print("| form | R | years | wall, s | user, s | peak, GiB |")
    print("|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "r.tif"
        for ending, method, years in (
            ("tif", "halfmonth", 3),
            ("tif", "halfmonth", asked.years),
            ("tif", "zhang", asked.years),
            ("nc", "halfmonth", 3),
            ("nc", "halfmonth", asked.years),
        ):
            runs = [measured(command(asked.inputs, ending, years, asked.size, method, out)) for _ in range(asked.rounds)]
            best = min(runs, key=lambda run: run.wall)
            print(f"| {ending} | {method} | {years} | {best.wall:.1f} | {best.user:.1f} | {best.peak:.2f} |", flush=True)


if __name__ == "__main__":
    main()
