"""What each preparation makes of small inputs in the layouts of offices: its table, and its rasters told by their moments."""

import math
import sys
import warnings
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import rasterio
import shapely
from golden import small
from golden.comparison import Tables, rows_text, table_text

from ecoval.errors import EcovalWarning
from ecoval.prepare import climate, landcover, satellite, soil, statistics

sys.path.append(str(Path(__file__).parents[1] / "prepare"))

import layouts
import satellite_order
import survey_county

SOILS = """code,property,value,uom,top,bottom
红壤,sand,400,g/kg,0,20
红壤,silt,400,g/kg,0,20
红壤,clay,200,g/kg,0,20
红壤,organic_carbon,15,g/kg,0,20
红壤,nitrogen,1.25,g/kg,0,20
红壤,bulk_density,1.25,g/cm3,0,20
红壤,sand,300,g/kg,20,60
红壤,silt,400,g/kg,20,60
红壤,clay,300,g/kg,20,60
红壤,organic_carbon,5,g/kg,20,60
红壤,nitrogen,0.625,g/kg,20,60
红壤,bulk_density,1.5,g/cm3,20,60
水稻土,sand,200,g/kg,0,15
水稻土,silt,500,g/kg,0,15
水稻土,clay,300,g/kg,0,15
水稻土,organic_carbon,20,g/kg,0,15
水稻土,nitrogen,2,g/kg,0,15
水稻土,bulk_density,1.125,g/cm3,0,15
"""
UNITS = "unit_id,name\n330112,临安区\n330122,桐庐县\n"
YEARBOOK = """unit_id,item,quantity,uom,price,price_uom,year,source
330112,rice,1.5,万吨,2.8,元/公斤,2023,年鉴
330112,timber,2,万立方米,,,2023,年鉴
330112,visits,812.5,万人次,,,2023,年鉴
330122,rice,8000,吨,2700,元/吨,2023,年鉴
330122,gdp,301.2,亿元,,,2023,年鉴
330122,pest_control:forest,3,万亩,,,2023,年鉴
"""
CLIMATE = {
    "monthly": {},
    "annual": {},
    "erosivity": {"erosivity": "zhang"},
    "storms": {"threshold": 50.0},
}


def tables(folder: Path) -> Tables:
    """One table per preparation."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", EcovalWarning)
        return {
            "climate.csv": _climate(folder),
            "soil.csv": _soil(folder),
            "satellite.csv": _satellite(folder / "order", folder),
            "landcover.csv": _landcover(folder),
            "statistics.csv": _statistics(folder),
        }


def _climate(folder: Path) -> str:
    days = np.arange("2023-01-01", "2024-01-01", dtype="datetime64[D]")
    series = layouts.cmfd_daily(folder / "rain.nc", small.daily_rain()[:, :3, :4], days)
    rows = []
    for product, options in CLIMATE.items():
        made = climate.prepare(series, product, folder / f"{product}.tif", series_crs="EPSG:4326", allow_recalled=True, **options)
        rows += [[product, *row] for row in moments(made.path)]
    return rows_text(["product", *MOMENTS], rows)


def _soil(folder: Path) -> str:
    (folder / "soils.csv").write_text(SOILS, encoding="utf-8")
    west, east = shapely.box(5e5, 3.3e6 - 400, 5e5 + 130, 3.3e6), shapely.box(5e5 + 130, 3.3e6 - 400, 5e5 + 400, 3.3e6)
    geopandas.GeoDataFrame({"TL": ["红壤", "水稻土"]}, geometry=[west, east], crs=small.CRS).to_file(folder / "soils.gpkg")
    made = soil.prepare([folder / "soils.gpkg"], folder / "soil", table=folder / "soils.csv", code="TL", depth="0-30", cell=100.0)
    return rows_text(["layer", *MOMENTS], [[role, *row] for role, path in made.layers.items() for row in moments(path)])


def _satellite(order: Path, folder: Path) -> str:
    order.mkdir()
    satellite_order.npp(order)
    rows = []
    for fill in ("none", "nearest"):
        made = satellite.prepare([order], folder / f"npp_{fill}.tif", product="npp", year=2020, fill=fill)
        rows += [[fill, *row] for row in moments(made.path)]
    return rows_text(["fill", *MOMENTS], rows)


def _landcover(folder: Path) -> str:
    survey_county.parcels(side=12).to_file(folder / "dltb.gpkg")
    made = landcover.prepare(folder / "dltb.gpkg", "sandiao", folder / "cover.gpkg")
    frame = geopandas.read_file(made.path)
    areas = frame.groupby(["code", "ecosystem_type", "ridge_type"], dropna=False)["ridge_share"].agg(["size", "sum"]).reset_index()
    of_types = [["*", code, "", "", area] for code, area in made.areas.items()]
    return rows_text(["code", "ecosystem_type", "ridge_type", "parcels", "number"], [*areas.to_numpy().tolist(), *of_types])


def _statistics(folder: Path) -> str:
    (folder / "units.csv").write_text(UNITS, encoding="utf-8")
    (folder / "yearbook.csv").write_text(YEARBOOK, encoding="utf-8")
    statistics.prepare(folder / "yearbook.csv", folder / "units.csv", folder / "statistics.csv")
    return table_text(folder / "statistics.csv")


MOMENTS = ("band", "uom", "valid", "lowest", "highest", "sum", "sum by row", "sum by column")


def moments(path: Path) -> list[list[Any]]:
    """Per band: valid cells, extremes, and exact sums of the values, plain and weighted by row and by column."""
    with rasterio.open(path) as dataset:
        bands = dataset.read(masked=True).astype(np.float64).filled(np.nan)
        names, measures = dataset.descriptions, dataset.units
    rows = []
    for values, name, uom in zip(bands, names, measures, strict=True):
        row, col = np.nonzero(~np.isnan(values))
        valid = values[row, col]
        sums = [math.fsum((valid * weight).tolist()) for weight in (np.ones(len(valid)), row + 1, col + 1)]
        rows.append([name or "", uom or "", len(valid), valid.min(), valid.max(), *sums])
    return rows
