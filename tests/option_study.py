"""A study of eight columns of cells, one ecosystem type each, on layers of one value: every quantity follows by hand.

The ground is a plane that falls to the east by 20 m in each cell of 100 m, so that water runs along the rows and column j gathers
j + 1 cells; `pit` has one hollow in it. Rain falls on six days of the year at one gauge.
"""

import geopandas
import numpy as np
import rasterio
import shapely
from affine import Affine

CRS, LEFT, TOP, CELL, ROWS, YEAR = "EPSG:4549", 500_000.0, 3_324_000.0, 100.0, 5, 2023
TYPES = (111, 121, 211, 311, 512, 413, 421, 611)
COLUMN = {code: place for place, code in enumerate(TYPES)}
FALL = 0.2  # slope of the plane, 1
PIT = (2, 3, 30.0)  # row, column and depth of the hollow, m
RAIN = {"01-05": 30.0, "01-20": 50.0, "07-03": 80.0, "07-20": 20.0, "08-01": 9.0, "09-05": 11.0}  # mm
VALUES = {
    "precipitation": 1600.0,
    "runoff_producing_precipitation": 1200.0,
    "evapotranspiration": 750.0,
    "runoff": 500.0,
    "reference_evapotranspiration": 1000.0,
    "soil_depth": 5000.0,
    "available_water": 0.15,
    "latitude": 30.0,
    "humidity": 70.0,
    "wind": 2.0,
    "sunshine": 6.0,
    "temperature": 15.0,
    "temperature_max": 20.0,
    "temperature_min": 10.0,
    "precipitation_monthly": 100.0,
    "erosivity": 6000.0,
    "erodibility": 0.016,
    "ls": 11.0,
    "cover": 0.6,
    "cover_factor": 0.25,
    "soil_sand": 40.0,
    "soil_silt": 40.0,
    "soil_clay": 20.0,
    "soil_organic_carbon": 1.5,
    "soil_bulk_density": 1.3,
    "soil_nitrogen": 0.0015,
    "soil_phosphorus": 0.0005,
    "soil_group": 2,
    "npp": 600.0,
    "respiration": 900.0,
    "biomass": 131.0,
    "biomass_opening": 120.0,
    "npp_dry_matter": 12.0,
    "cooling_evapotranspiration": 250.0,
    "cooling_days": 75.0,
    "water_evaporation": 450.0,
    "dry_water_evaporation": 90.0,
}
MONTHLY = ("humidity", "wind", "sunshine", "temperature", "temperature_max", "temperature_min", "precipitation_monthly")
LAKES = "unit_id,name,area,lake_area,capacity,uom\na,东湖,2000000,2000000,1740000,m3\na,西湖,5000000,5000000,3000000,m3\n"
RESERVOIRS = "unit_id,name,total_capacity,flood_capacity,uom\na,甲,8000,,1e4 m3\na,乙,100,20,1e4 m3\n"
STATISTICS = """unit_id,item,quantity,uom,price,price_uom,price_year
a,rice,5000,t,3000,CNY t-1,2023
a,rice:intermediate_share,0.42,1,,,
a,rice:intermediate,6300000,CNY,,,2023
a,rice:labour,5000000,CNY,,,2023
a,rice:depreciation,800000,CNY,,,2023
a,rice:net_tax,200000,CNY,,,2023
a,rice:capital,8000000,CNY,,,2023
a,return_rate,0.06,1,,,
a,land:512,40,ha,12000,CNY ha-1,2023
a,visits:near,600000,visit,,,
a,visits:far,200000,visit,,,
a,visit_days,1.5,d,,,
a,visit_days:far,3,d,,,
a,hours_per_day,8,h d-1,,,
a,wage,45,CNY h-1,,,2023
a,visit_cost,260,CNY visit-1,,,2023
a,tourism_revenue,300000000,CNY,,,2023
a,nature_share,0.6,1,,,
"""
PRICES = {
    "storage": (8.2, "CNY m-3"),
    "water": (0.9, "CNY m-3"),
    "dredging": (21.0, "CNY m-3"),
    "nitrogen": (1050.0, "CNY t-1"),
    "phosphorus": (3300.0, "CNY t-1"),
    "nitrogen_fertiliser": (4200.0, "CNY t-1"),
    "phosphorus_fertiliser": (7100.0, "CNY t-1"),
    "co2": (65.0, "CNY tCO2-1"),
    "o2": (800.0, "CNY t-1"),
    "electricity": (0.5, "CNY kWh-1"),
}


def elevation(pit=False):
    """The plane, m; with its hollow."""
    height = np.tile(500 - FALL * CELL * np.arange(len(TYPES)), (ROWS, 1)).astype(np.float32)
    if pit:
        row, col, depth = PIT
        height[row, col] -= depth
    return height


def write(folder):
    """Write all files; returns the path that declarations stand for."""
    shape = (ROWS, len(TYPES))
    box = shapely.box(LEFT, TOP - ROWS * CELL, LEFT + len(TYPES) * CELL, TOP)
    geopandas.GeoDataFrame({"unit_id": ["a"]}, geometry=[box], crs=CRS).to_file(folder / "units.gpkg")
    bands = {role: np.full((12 if role in MONTHLY else 1, *shape), value, np.float32) for role, value in VALUES.items()}
    bands["soil_group"] = bands["soil_group"].astype(np.uint8)
    bands |= {"landcover": np.tile(np.array(TYPES, np.int16), (1, ROWS, 1))}
    bands |= {"dem": elevation()[None], "pit": elevation(pit=True)[None]}
    bands["ndvi"] = np.full((1, *shape), 0.56, np.float32)
    place = Affine(CELL, 0, LEFT, 0, -CELL, TOP)
    for role, values in bands.items():
        profile = {"driver": "GTiff", "height": ROWS, "width": len(TYPES), "count": len(values), "dtype": values.dtype}
        with rasterio.open(folder / f"{role}.tif", "w", crs=CRS, transform=place, **profile) as file:
            file.write(values)
    days = np.arange(f"{YEAR}-01-01", f"{YEAR + 1}-01-01", dtype="datetime64[D]").astype(str)
    rows = "".join(f"{day},{RAIN.get(day[5:], 0.0)}\n" for day in days)
    texts = {"rain": "date,value\n" + rows, "lakes": LAKES, "reservoirs": RESERVOIRS, "statistics": STATISTICS}
    for name, text in texts.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return folder / "study.toml"


def content(service, layers, choices, numbers=(), also=None):
    """Declaration with one service, the layers named, the choices, and own numbers (service, parameter, key, value, uom)."""
    own = {}
    for holder, parameter, key, value, uom in numbers:
        own.setdefault(holder, {}).setdefault(parameter, {})[str(key)] = {"value": value, "uom": uom, "year": YEAR}
    for below in own.values():
        below |= {name: keys["*"] for name, keys in below.items() if set(keys) == {"*"}}
    files = {"lakes": "lakes.csv", "reservoirs": "reservoirs.csv", "rain_daily": "rain.csv"}
    named = {role.partition("=")[0]: files.get(role) or f"{role.partition('=')[2] or role}.tif" for role in layers}
    twice = (
        {"checks": {"accept": {"relation:same_layer": "one file stands for two"}}} if any("=" in role for role in layers) else {}
    )
    return {
        "study": {"name": "options", "years": [YEAR], "price_year": YEAR, "region": "CN-33"},
        "grid": {"crs": CRS, "cell": CELL},
        "units": {"admin": {"path": "units.gpkg", "id": "unit_id"}},
        "layers": {"landcover": "landcover.tif", **named},
        "statistics": {"book": "statistics.csv"},
        "services": {"include": [service], service: choices, **(also or {})},
        "parameters": {"allow_recalled": True, **own},
        "prices": {name: {"value": value, "uom": uom, "year": YEAR, "source": "book"} for name, (value, uom) in PRICES.items()},
        **twice,
    }
