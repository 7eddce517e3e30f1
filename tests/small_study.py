"""A study of four square units over 40 x 40 cells of 100 m, small enough to be worked by hand.

Columns 0-19 are forest (code 1), columns 20-34 dry farmland (2), columns 35-39 river (3). Rain is 1600 mm, evapotranspiration
750 mm, NPP 800 gC m-2 yr-1. The units are the quarters of the square: 1 north-west, 2 north-east, 3 south-west, 4 south-east.
"""

import geopandas
import numpy as np
import rasterio
from affine import Affine
from shapely import box

CRS = "EPSG:4549"
LEFT, TOP, CELL, SIDE = 500_000.0, 3_324_000.0, 100.0, 40
TRANSFORM = Affine(CELL, 0, LEFT, 0, -CELL, TOP)
QUARTERS = {"330101": (0, 0), "330102": (0, 1), "330103": (1, 0), "330104": (1, 1)}
CLASSES = "code,ecosystem_type,name\n1,111,阔叶林\n2,512,旱地\n3,431,河流\n"
STATISTICS = """unit_id,item,quantity,uom,price,price_uom,price_year,year,source,status
330101,rice,1000,t,3000,CNY t-1,2023,2023,book,user
330102,rice,500,t,3000,CNY t-1,2023,2023,book,user
330101,population,20000,person,,,,2023,book,user
330101,gdp,100000000,CNY,,,,2023,book,user
"""
STUDY = """[study]
name = "小县 small"
years = [2023]
price_year = 2023
region = "CN-33"
[grid]
crs = "EPSG:4549"
cell = 100.0
[units]
admin = { path = "units.gpkg", id = "code", name = "label" }
[layers]
landcover = { path = "landcover_{year}.tif", classes = "classes.csv" }
precipitation = "precipitation.tif"
evapotranspiration = "evapotranspiration.tif"
npp = "npp.tif"
[statistics]
products = "statistics.csv"
[services]
include = ["water_retention", "carbon_sequestration", "material_supply"]
carbon_sequestration = { respiration = "ratio" }
material_supply = { method = "gross" }
[parameters]
tables = ["own.csv"]
[prices]
storage = { value = 6.0, uom = "CNY m-3", year = 2023, source = "book" }
co2 = { value = 50, uom = "CNY tCO2-1", year = 2023, source = "book" }
"""
OWN = """service,parameter,key,value,uom,source_id
carbon_sequestration,nep_ratio,*,0.5,1,book
carbon_sequestration,sequestration_rate,431,0,gC m-2 yr-1,book
"""


def cover():
    """Codes of the land cover."""
    codes = np.empty((SIDE, SIDE), dtype=np.uint8)
    codes[:, :20], codes[:, 20:35], codes[:, 35:] = 1, 2, 3
    return codes


def raster(path, values, crs=CRS, transform=TRANSFORM, nodata=None, **options):
    """A GeoTIFF of one band or several."""
    values = np.asarray(values)
    bands = values[None] if values.ndim == 2 else values
    profile = {"driver": "GTiff", "height": bands.shape[1], "width": bands.shape[2], "count": len(bands), "dtype": bands.dtype}
    with rasterio.open(path, "w", crs=crs, transform=transform, nodata=nodata, **profile, **options) as dataset:
        dataset.write(bands)


def flat(value):
    """A layer of one value."""
    return np.full((SIDE, SIDE), value, dtype=np.float32)


def units(crs=CRS, shift=0.0):
    """The four quarters."""
    half = CELL * SIDE / 2
    boxes = [
        box(LEFT + shift + col * half, TOP - (row + 1) * half, LEFT + shift + (col + 1) * half, TOP - row * half)
        for row, col in QUARTERS.values()
    ]
    codes = list(QUARTERS)
    return geopandas.GeoDataFrame({"code": codes, "label": [f"单元 {code[-1]}" for code in codes]}, geometry=boxes, crs=crs)


def write(folder, text=STUDY, own=OWN):
    """Write the study with all of its files; returns the path of study.toml."""
    folder.mkdir(parents=True, exist_ok=True)
    units().to_file(folder / "units.gpkg")
    raster(folder / "landcover_2023.tif", cover())
    raster(folder / "precipitation.tif", flat(1600))
    raster(folder / "evapotranspiration.tif", flat(750))
    raster(folder / "npp.tif", flat(800))
    (folder / "classes.csv").write_text(CLASSES, encoding="utf-8")
    (folder / "statistics.csv").write_text(STATISTICS, encoding="utf-8")
    (folder / "own.csv").write_text(own, encoding="utf-8")
    path = folder / "study.toml"
    path.write_text(text, encoding="utf-8")
    return path
