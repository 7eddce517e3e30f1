"""Willamette (Oregon): water yield against worked rasters, LS with the C and P of its own table, and extent change.

    python examples/willamette/tables.py [--data DIR]

The data hold no rain erosivity and no soil, so no soil loss and no service value can be computed, and none is claimed.
"""

import argparse
import csv
from pathlib import Path

import numpy as np
import pandas as pd

import ecoval as ev
from ecoval.kernels import fill, flow, terrain
from ecoval.parameters import packaged
from ecoval.rasters import Source, align
from ecoval.services import evapotranspiration, rusle

ROOT = Path(__file__).parents[2]
SEASONALITY = 5.0  # Z of the worked rasters


def water_yield(folder):
    """Largest difference of the share of actual evapotranspiration in the rain from the worked raster.

    Returns
    -------
    number, 1
    """
    inputs = folder / "hydro_regression_byhand"
    worked = Source(folder / "fractp_tmp.tif", "intensive", "1", missing=-1)
    grid = worked.grid

    def layer(name, kind="intensive"):
        return align(Source(inputs / f"{name}.tif", kind, "1"), grid).read(grid)

    cover = layer("lulc", "categorical")
    plants = {int(row["lucode"]): row for row in table(inputs / "Biophysical_Models.csv")}
    coefficient, roots = (np.vectorize(lambda code, name=name: float(plants[code][name]))(cover) for name in ("etk", "root_depth"))
    capacity = np.minimum(layer("soil_depth"), roots) * layer("pawc")
    rain = layer("precipitation")
    actual = evapotranspiration.budyko_invest2013(rain, coefficient / 1000 * layer("eto"), capacity, SEASONALITY)
    return float(np.nanmax(np.abs(actual / rain - align(worked, grid).read(grid))))


def slope_length(folder):
    """Mean LS, C and P of each subwatershed and their product: relative loss per unit of R and K.

    Returns
    -------
    table (unit_id, ls, usle_c, usle_p, cp_ls)
    """
    source = Source(folder / "dem", "intensive", "m")
    grid = source.grid
    elevation = align(source, grid).read(grid)
    width, height = grid.cell_size_m
    filled = fill.fill(elevation)
    accumulation = flow.flow_accumulation(flow.flow_direction(filled, width, height))
    slope = terrain.slope(elevation, width, height)
    ls = rusle.ls_invest(slope, accumulation.astype(np.float32), width, reference=22.13, constants=invest_constants())
    cover = align(Source(folder / "landuse_90", "categorical", "1"), grid).read(grid)
    plants = {int(row["lucode"]): row for row in table(folder / "biophysical_models.csv", "latin-1")}
    rasters = {"ls": ls}
    for name in ("usle_c", "usle_p"):  # the table holds thousandths
        values = np.full(256, np.nan, np.float32)
        for code, row in plants.items():
            values[code] = float(row[name]) / 1000
        rasters[name] = np.where((cover >= 0) & (cover < 256), values[np.clip(cover, 0, 255)], np.nan)
    rasters["cp_ls"] = rasters["ls"] * rasters["usle_c"] * rasters["usle_p"]
    stack = (np.stack(list(rasters.values())).astype(np.float32), grid.transform, grid.crs)
    result = ev.zonal(folder / "subwatersheds.shp", [stack], stats=["mean", "valid_fraction"], id="subws_id")
    means = result.pivot(index="unit_id", columns="layer", values="mean")
    means.columns = list(rasters)
    return means.assign(valid_fraction=result.groupby("unit_id")["valid_fraction"].min())


def invest_constants():
    """Constants of the InVEST form of LS, as packaged."""
    rows = [number for (service, _), numbers in packaged().items() if service == "soil_retention" for number in numbers]
    shared = {(number.parameter, number.key): number.value for number in rows if number.source_id == "hj1173-2021"}
    return rusle.InvestConstants.of(shared | {(n.parameter, n.key): n.value for n in rows if n.source_id == "INVEST"})


def extent_change(folder):
    """Change matrix of land use, ha: opening classes in rows, closing classes in columns."""
    now, future = (Source(folder / name, "categorical", "1") for name in ("lulc_samp_cur", "lulc_samp_fut"))
    grid = now.grid
    pairs = pd.DataFrame({"opening": align(now, grid).read(grid).ravel(), "closing": align(future, grid).read(grid).ravel()})
    pairs["area"] = grid.cell_area().ravel() / 1e4
    pairs = pairs[(pairs["opening"] >= 0) & (pairs["closing"] >= 0)]
    codes = sorted(set(pairs["opening"]) | set(pairs["closing"]))
    matrix = pairs.groupby(["opening", "closing"])["area"].sum().unstack(fill_value=0.0)
    return matrix.reindex(index=codes, columns=codes, fill_value=0.0)


def table(path, encoding="utf-8"):
    """Rows of a small comma-separated table."""
    return list(csv.DictReader(path.read_text(encoding=encoding).splitlines()))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data" / "willamette")
    data = parser.parse_args().data
    if not data.is_dir():
        parser.error(f"no folder {data}: the data lie outside the project; name their folder by --data")
    print(f"water yield: largest difference of ET/P from the worked raster {water_yield(data / 'awy_byhand'):.2e}")
    print(slope_length(data / "nutrient").round(4).to_string())
    areas = extent_change(data / "lulc").to_numpy()
    print(f"land use: {areas.sum():,.0f} ha, changed {areas.sum() - np.trace(areas):,.0f} ha")
