"""Ninety counties over the layers of the sample county at 30 m: the size at which the plugin must answer a click in a second.

Run by the engine's Python: county.py FOLDER. The sample's own county is one of the ninety, the others lie around it.
"""

import json
import shutil
import sys
from pathlib import Path

import geopandas
import numpy as np
import pandas
import rasterio
import shapely
from rasterio.enums import Resampling

SAMPLE = Path(__file__).resolve().parents[2] / "sample_data"
PLUGIN = SAMPLE.parent / "qgis_plugin" / "ecoval_qgis"
YEAR = 2023
CELL = 30.0
COUNTY = "339921"
ACROSS, DOWN = 10, 9
CORNERS = 500  # per side, as counties of a 1 : 250 000 map have


def main(folder):
    """Write units.gpkg, study.toml and the layers."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for path in SAMPLE.iterdir():
        if path.suffix in (".csv", ".tif") and "2015" not in path.name:
            shutil.copyfile(path, folder / path.name)
    refine(folder / f"landcover_{YEAR}.tif", Resampling.nearest)
    refine(folder / "dem.tif", Resampling.bilinear)
    for name in ("lakes.csv", "reservoirs.csv"):
        pandas.read_csv(SAMPLE / name, dtype=str)[:1].assign(unit_id=COUNTY).to_csv(folder / name, index=False)
    table = pandas.read_csv(SAMPLE / "statistics.csv", dtype=str)
    table[table["unit_id"] == table["unit_id"].iloc[0]].assign(unit_id=COUNTY).to_csv(folder / "statistics.csv", index=False)
    counties().to_file(folder / "units.gpkg", layer="counties", driver="GPKG", VERSION="1.2")
    text = (SAMPLE / "study.toml").read_text(encoding="utf-8").replace("[2015, 2023]", "[2023]")
    text = text.replace('admin = { path = "towns.gpkg"', 'units = { path = "units.gpkg"').replace(', parent = "parent" }', " }")
    (folder / "study.toml").write_text(text, encoding="utf-8")
    (folder / "roles.json").write_text(json.dumps(roles(folder), ensure_ascii=False, indent=1), encoding="utf-8")


def roles(folder):
    """The sample's own list of roles, with the counties as units."""
    made = json.loads((PLUGIN / "sample" / "roles.json").read_text(encoding="utf-8"))
    for entry in made["layers"]:
        if entry["kind"] == "vector":
            entry["file"] = "units.gpkg"
        entry["year"] = YEAR
    for name in ("prices.csv", "parameters.csv"):
        shutil.copyfile(PLUGIN / "sample" / name, folder / name)
    return made


def refine(path, method):
    """The same raster on cells of 30 m."""
    with rasterio.open(path) as source:
        rows, cols = (round(side * size / CELL) for side, size in zip(source.shape, source.res[::-1], strict=True))
        values = source.read(1, out_shape=(rows, cols), resampling=method)
        left, top = source.bounds.left, source.bounds.top
        profile = source.profile | {"height": rows, "width": cols, "transform": rasterio.Affine(CELL, 0, left, 0, -CELL, top)}
        scales, offsets, table = source.scales, source.offsets, source.nodata
    with rasterio.open(path, "w", **profile) as target:
        target.write(values, 1)
        target.scales, target.offsets, target.nodata = scales, offsets, table


def counties():
    """The sample's county, and 89 with winding borders around it."""
    middle = geopandas.read_file(SAMPLE / "county.gpkg")
    left, bottom, right, top = middle.total_bounds
    wide, high = right - left, top - bottom
    rows = [(COUNTY, middle["name"].iloc[0], middle.geometry.iloc[0])]
    for place in range(ACROSS * DOWN):
        col, row = place % ACROSS - ACROSS // 2, place // ACROSS - DOWN // 2
        if (col, row) != (0, 0):
            shape = winding(left + col * wide, bottom + row * high, wide, high)
            rows.append((str(340000 + place), f"县{place}", shapely.MultiPolygon([shape])))
    return geopandas.GeoDataFrame(rows, columns=["unit_id", "name", "geometry"], geometry="geometry", crs=middle.crs)


def winding(x, y, wide, high):
    """Rectangle with borders that wind, the same on both sides of a border."""
    t = np.linspace(0.0, 1.0, CORNERS, endpoint=False)

    def bow(along, size):
        return 0.02 * size * np.sin(np.pi * along) * np.sin(40.0 * along)

    sides = [(x + t * wide, y + bow(t, high)), (x + wide + bow(t, wide), y + t * high)]
    sides += [(x + (1 - t) * wide, y + high + bow(1 - t, high)), (x + bow(1 - t, wide), y + (1 - t) * high)]
    return shapely.Polygon(np.concatenate([np.column_stack(side) for side in sides]))


if __name__ == "__main__":
    main(sys.argv[1])
