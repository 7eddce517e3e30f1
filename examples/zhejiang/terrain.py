"""The 90 counties of Zhejiang over a 30-arc-second elevation model: elevation, slope, hypsometry, additivity.

    python examples/zhejiang/terrain.py [--data DIR] [--out DIR]

It is no account: without land cover, rain or soil of the province no service can be computed, and none is claimed.

Slope is that of cells of about 0.8 x 0.9 km; it is far below the slope of a 30 m model and serves only to compare counties.
"""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

import ecoval as ev
from ecoval.grid import Grid
from ecoval.kernels import terrain
from ecoval.rasters import Source, align, write

ROOT = Path(__file__).parents[2]
BELTS = (-100, 50, 200, 500, 800, 1200, 3000)  # m; lower bound inclusive


def tables(data, work):
    """Zonal tables of the counties and of the province.

    Returns
    -------
    table, table
        Per county, and the additivity of count, sum and area against the province as one unit.
    """
    work.mkdir(parents=True, exist_ok=True)
    counties = ev.units.administrative(data / "county.geojson", id="code", name="name", levels=("county", "province"))
    dem = data / "dem_30s.tif"
    belts, slope = layers(dem, work)
    table = ev.zonal(
        counties, [dem, slope], stats=["count", "area", "sum", "mean", "min", "max", "median", "stdev", "missing_area"]
    )
    hypsometry = ev.zonal(counties, [belts], stats=["frac"])
    elevation = table[table["layer"] == "dem_30s"].set_index("unit_id")
    result = elevation.join(table[table["layer"] == "slope"].set_index("unit_id")["mean"].rename("slope_mean"))
    result = result.join(hypsometry.set_index("unit_id").drop(columns="layer")).drop(columns="layer")
    frame = counties.frame.set_index("unit_id")
    result.insert(0, "name", frame["name"])
    result.insert(1, "level", frame["level"])
    return result[result["level"] == "county"], additivity(result)


def layers(dem, work):
    """Rasters of elevation belts and of slope in percent, on the grid of the elevation model."""
    source = Source(dem, "intensive", "m", crs="EPSG:4326")
    grid = source.grid
    elevation = align(source, grid).read(grid)
    belt = np.digitize(elevation, BELTS[1:-1]).astype(np.int32)
    belt[np.isnan(elevation)] = -1
    write(work / "belts.tif", belt, grid, missing=-1)
    write(work / "slope.tif", 100 * terrain.slope(elevation, *cell_sizes(grid)), grid)
    return work / "belts.tif", work / "slope.tif"


def cell_sizes(grid: Grid):
    """Width of the cells of each row and their height, m."""
    rows = [grid.window(row, 0, 1, grid.cols).cell_size_m for row in range(grid.rows)]
    return np.array([width for width, _ in rows]), float(np.mean([height for _, height in rows]))


def additivity(result):
    """Sum over the counties against the province as one unit, relative difference."""
    counties, province = result[result["level"] == "county"], result[result["level"] == "province"].iloc[0]
    rows = [(column, counties[column].sum(), province[column]) for column in ("count", "area", "sum", "missing_area")]
    table = pd.DataFrame(rows, columns=["statistic", "counties", "province"])
    return table.assign(relative_difference=table["counties"] / table["province"] - 1)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data" / "zhejiang")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "layers")
    arguments = parser.parse_args()
    if not arguments.data.is_dir():
        parser.error(f"no folder {arguments.data}: the data lie outside the project; name their folder by --data")
    table, sums = tables(arguments.data, arguments.out)
    pd.set_option("display.width", 200, "display.max_columns", 30, "display.max_rows", 100)
    print(table.round(3).to_string())
    print(sums.to_string())
    table.to_csv(arguments.out / "counties.csv", encoding="utf-8-sig")
