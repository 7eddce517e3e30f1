"""The whole account of the cell services of a province beside reading its layers alone.

    python benchmarks/account.py --inputs DIR [--rounds 3]

DIR is filled by ../shared/tools/bench_inputs.py. The twelve rasters stand for eleven layers and, written once as classes, the land
cover; scales bring their values into the range of the layers, nothing else is meant by them. Both are processes of their own,
imports included, with two threads. The account has 90 counties and four services, in memory.
"""

import argparse
import sys
from pathlib import Path

import numpy as np

WORK = "account of 4 services (6 items), 12 layers, 90 counties, 225 million cells"
PROGRAMS = ("ecoval", "reading")
THREADS = 2
TYPES = (111, 121, 131, 211, 331, 511, 521, 611, 422, 621)
SCALES = {  # role: raster, scale
    "precipitation": (1, 1.0),
    "evapotranspiration": (4, 0.5),
    "npp": (7, 0.5),
    "respiration": (10, 0.2),
    "cooling_evapotranspiration": (0, 0.5),
    "erosivity": (3, 20.0),
    "ls": (6, 0.05),
    "soil_bulk_density": (9, 0.01),
    "erodibility": (2, 0.05),
    "cover": (5, 1.0),
    "soil_nitrogen": (8, 0.01),
}

OFFSETS = {"soil_bulk_density": 0.5}


def study(inputs):
    """The study, written beside the inputs once."""
    import rasterio

    path, cover = inputs / "account.toml", inputs / "prov_landcover.tif"
    if not cover.exists():
        values = np.array([0.0, 0.02, 0.06, 0.1, 0.18, 0.23, 0.31, 0.45, 0.8, 1.0], np.float32)
        with rasterio.open(inputs / "prov_11.tif") as source:
            profile = {**source.profile, "dtype": "uint8", "nodata": 255}
            with rasterio.open(cover, "w", **profile) as target:
                for _, window in source.block_windows(1):
                    block = source.read(1, window=window)
                    classes = np.where(block < 0, 255, np.searchsorted(values, block - 1e-4)).astype(np.uint8)
                    target.write(classes, 1, window=window)
    (inputs / "account_classes.csv").write_text(
        "code,ecosystem_type,name\n" + "".join(f"{code},{kind},\n" for code, kind in enumerate(TYPES)), encoding="utf-8"
    )
    layers = "".join(
        f'{role} = {{ path = "prov_{n:02}.tif", scale = {scale}, offset = {OFFSETS.get(role, 0.0)} }}\n'
        for role, (n, scale) in SCALES.items()
    )
    path.write_text(
        '[study]\nname = "province"\nyears = [2020]\nregion = "CN-33"\n[grid]\nlike = "landcover"\n'
        '[units]\nadmin = { path = "counties.gpkg", id = "unit" }\n'
        '[layers]\nlandcover = { path = "prov_landcover.tif", classes = "account_classes.csv" }\n' + layers + "[services]\n"
        'include = ["water_retention", "soil_retention", "carbon_sequestration", "climate_regulation"]\n'
        'soil_retention = { nutrients = "treatment_cost" }\n'
        'carbon_sequestration = { respiration = "raster" }\n',
        encoding="utf-8",
    )
    return path


def ecoval(inputs):
    import warnings

    import ecoval as ev

    warnings.simplefilter("ignore")
    account = ev.Study.read(study(inputs)).run(threads=THREADS)
    supply = account.supply
    print(f"    {supply['item'].nunique()} items, {supply['quantity'].notna().sum()} quantities", file=sys.stderr)


def reading(inputs):
    import zonal

    zonal.reading([inputs / f"prov_{n:02}.tif" for n in range(11)] + [inputs / "prov_landcover.tif"], None, None)


def rows(inputs, rounds=3):
    """Rows of the results table."""
    import processes

    print(WORK, file=sys.stderr)
    study(inputs)
    commands = {program: [sys.executable, __file__, "--inputs", str(inputs), "--run", program] for program in PROGRAMS}
    return processes.rows(WORK, processes.in_turn(commands, rounds))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inputs", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--run", choices=PROGRAMS)
    arguments = parser.parse_args()
    if arguments.run:
        globals()[arguments.run](arguments.inputs)
        return
    for row in rows(arguments.inputs, arguments.rounds):
        print("{work} | {measure} | ecoval {ecoval} | {peer} {peer_value} | {ratio}x ({ratio_min}-{ratio_max})".format(**row))


if __name__ == "__main__":
    main()
