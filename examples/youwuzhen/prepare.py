"""Layers of the youwuzhen study from the files of ../shared/data/youwuzhen.

    python examples/youwuzhen/prepare.py [--data DIR] [--out DIR]

Youwuzhen is a catchment of 5.4 km2 in the red-soil hills of Fujian. Its land-use and soil rasters hold class numbers; the soil
look-up holds texture with the coarse fragments, organic matter, nitrogen and phosphorus per class. `ecoval.prepare.soil` makes
layers of the top 20 cm out of it, refers the texture to the fine earth, and writes a recipe beside each.

Assumptions of this example, each visible in the result as a user's number:

- vegetation cover is 0.80 everywhere (no cover layer exists); the C factor then follows the classes of HJ 1173, table A.1;
- land-use 4 is orchard and 33 paddy (by their published shares), 6 and 8 are forest; 18, 104 and 106 (together 6.6 %) carry
  no name in the data and are taken as built-up land, out of scope;
- hydrologic soil groups follow the texture class of the fine earth (TR-55, appendix A): sandy loam A, loam B, sandy clay loam C.
"""

import argparse
import csv
from pathlib import Path

import geopandas
import numpy as np
import rasterio
import shapely
from rasterio.features import shapes

from ecoval.prepare import soil

ROOT = Path(__file__).parents[2]
COVER = 0.80
CLASSES = {4: (521, "orchard"), 6: (13, "forest"), 8: (13, "forest"), 33: (511, "paddy")}
UNNAMED = {18: (61, "unnamed"), 104: (61, "unnamed"), 106: (61, "unnamed")}


def prepare(data, out):
    """Write every layer of the study into a folder."""
    out.mkdir(parents=True, exist_ok=True)
    soil_map, table = data / "spatial" / "ywzsoil30m.tif", data / "lookup" / "soil_properties_lookup.csv"
    soil.prepare([soil_map], out, table=table, form="swat", depth=(0, 20), group="texture", k="none", overwrite=True)
    with rasterio.open(soil_map) as source:
        write(out / "cover.tif", source.profile, np.where(source.read(1) == source.nodata, np.nan, COVER))
    with (
        rasterio.open(data / "spatial" / "ywzlanduse30m_upd.tif") as source,
        rasterio.open(out / "landcover.tif", "w", **source.profile) as target,
    ):
        target.write(source.read(1), 1)
    with (out / "landcover_classes.csv").open("w", encoding="utf-8", newline="") as file:
        rows = [(code, kind, name) for code, (kind, name) in (CLASSES | UNNAMED).items()]
        csv.writer(file).writerows([("code", "ecosystem_type", "name"), *rows])
    with (
        rasterio.open(data / "spatial" / "ywzdem30m.tif") as source,
        rasterio.open(out / "dem.tif", "w", **source.profile) as target,
    ):
        target.write(source.read(1), 1)
    basin(data / "spatial" / "slppos_units.tif").to_file(out / "basin.gpkg", driver="GPKG")
    write_rain(data / "climate" / "pcp_daily.csv", out)


def write(path, profile, values):
    """One float32 band on the lattice of the soil raster."""
    with rasterio.open(path, "w", **{**profile, "dtype": "float32", "nodata": -9999.0}) as target:
        target.write(np.where(np.isnan(values), -9999.0, values).astype(np.float32), 1)


def basin(path):
    """The catchment as one polygon: the extent of its slope-position units (5.31 km2; published 5.39 km2)."""
    with rasterio.open(path) as source:
        inside = (source.read(1) != source.nodata).astype(np.uint8)
        parts = [
            shapely.geometry.shape(geometry) for geometry, value in shapes(inside, inside == 1, transform=source.transform) if value
        ]
        crs = source.crs.to_wkt()
    return geopandas.GeoDataFrame({"code": ["YWZ"], "name": ["游屋圳"]}, geometry=[shapely.union_all(parts)], crs=crs)


def write_rain(path, out):
    """One series of daily rain a year: date, value (mm)."""
    years = {}
    for line in path.read_text(encoding="utf-8").splitlines()[2:]:
        date, value = line.split(",")
        year, month, day = (int(part) for part in date.split(" ")[0].split("-"))  # some years have months of one digit
        years.setdefault(year, []).append((f"{year}-{month:02}-{day:02}", value))
    for year, rows in years.items():
        with (out / f"rain_daily_{year}.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([("date", "value"), *rows])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data" / "youwuzhen")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "layers")
    arguments = parser.parse_args()
    if not arguments.data.is_dir():
        parser.error(f"no folder {arguments.data}: the data lie outside the project; name their folder by --data")
    prepare(arguments.data, arguments.out)
