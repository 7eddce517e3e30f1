"""A study of 24 x 16 cells that has every layer and number an option of a packaged service may ask for, from closed formulas.

Two units part the land along an oblique line; land cover comes in strips and patches of nine types. Layers are sums of low
polynomials of row and column, so that no two cells agree and every number is exact in float32. What the packaged tables leave to
every user stands in `OWN`; what one choice needs and another must not have, in `OWN_OF_CHOICE`; numbers without which a choice is
refused today, in `GAPS`.
"""

from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import rasterio
from affine import Affine
from shapely import Polygon

CRS = "EPSG:4549"
LEFT, TOP, CELL, ROWS, COLS = 500_000.0, 3_324_000.0, 60.0, 16, 24
YEAR = 2023
TYPES = ("111", "121", "211", "311", "413", "421", "511", "512", "611")
OWN = """service,parameter,key,value,uom,year,source_id
water_retention,runoff_coefficient,6,0.75,1,,book
water_retention,seasonality,*,12,1,,book
water_retention,interest_rate,*,0.045,1,,book
water_retention,lifetime,*,50,yr,,book
water_retention,maintenance,*,0.12,CNY m-3,2023,book
flood_mitigation,interest_rate,*,0.045,1,,book
flood_mitigation,lifetime,*,50,yr,,book
flood_mitigation,maintenance,*,0.12,CNY m-3,2023,book
flood_mitigation,storm_threshold,*,40,mm d-1,,book
carbon_sequestration,nep_ratio,*,0.5,1,,book
carbon_sequestration,biomass_years,*,5,yr,,book
carbon_sequestration,sequestration_rate,413,38,gC m-2 yr-1,,book
carbon_sequestration,sequestration_rate,42,45,gC m-2 yr-1,,book
recreation,wage,*,26,CNY h-1,2023,book
"""
OWN_OF_CHOICE = {
    ("water_retention", "coefficients", "own"): "".join(
        f"water_retention,runoff_coefficient,{code},0.{code},1,,book\n" for code in TYPES
    ),
    ("water_retention", "coefficients", "REDLINE2017"): "".join(
        f"water_retention,runoff_coefficient,{code},0.0625,1,,book\n" for code in ("4", "5")
    ),
    ("soil_retention", "channels", "out"): "soil_retention,channel_cells,*,5,1,,book\n",
    ("soil_retention", "content", "number"): (
        "soil_retention,soil_nitrogen,*,0.0015,1,,book\nsoil_retention,soil_phosphorus,*,0.000625,1,,book\n"
    ),
    ("flood_mitigation", "vegetation", "regression"): "".join(
        f"flood_mitigation,regression,{code}:{part},{number},mm,,book\n"
        for code in TYPES
        for part, number in (("intercept", -2 - int(code) / 256), ("slope", 1.5 + int(code) / 1024))
    ),
}
GAPS = "".join(
    f"{service},{parameter},{key},{value},{uom},,book\n"
    for service, parameter, uom, numbers in (
        ("water_retention", "crop_coefficient", "1", {"1": 1.0, "2": 0.9375, "3": 0.75, "4": 1.125, "5": 0.875, "6": 0.5}),
        ("water_retention", "root_depth", "mm", {"1": 1500, "2": 900, "3": 600, "4": 500, "5": 700, "6": 300}),
        ("soil_retention", "P_factor", "1", {"2": 0.875}),
        ("soil_retention", "C_landclass", "1", {"2": 0.0625}),
        ("carbon_sequestration", "sequestration_rate", "gC m-2 yr-1", {"1": 180, "2": 90, "3": 45, "5": 60, "6": 12}),
    )
    for key, value in numbers.items()
)
STATISTICS = """unit_id,item,quantity,uom,price,price_uom,price_year,year,source,status
330101,rice,1000,t,3000,CNY t-1,2023,2023,book,user
330101,rice:intermediate_share,0.42,1,,,,2023,book,user
330101,rice:intermediate,700000,CNY,,,2023,2023,book,user
330101,rice:labour,900000,CNY,,,2023,2023,book,user
330101,rice:depreciation,100000,CNY,,,2023,2023,book,user
330101,rice:net_tax,-50000,CNY,,,2023,2023,book,user
330101,rice:capital,2000000,CNY,,,2023,2023,book,user
330101,tea,26.8,t,92000,CNY t-1,2023,2023,book,user
330101,intermediate_share,0.3,1,,,,2023,book,user
330101,return_rate,0.04,1,,,,2023,book,user
330101,land:512,28,ha,12000,CNY ha-1,2023,2023,book,user
330101,land:511,75,ha,15000,CNY ha-1,2023,2023,book,user
330101,population,20000,person,,,,2023,book,user
330101,gdp,100000000,CNY,,,2023,2023,book,user
330101,visits,300000,visit,,,,2023,book,user
330101,visit_days,1.25,d,,,,2023,book,user
330101,hours_per_day,8,h d-1,,,,2023,book,user
330101,visit_cost,570,CNY visit-1,,,2023,2023,book,user
330101,tourism_revenue,190000000,CNY,,,2023,2023,book,user
330101,nature_share,0.375,1,,,,2023,book,user
330101,park_visits,26,visit person-1 yr-1,,,,2023,book,user
330101,park_hours,1.5,h visit-1,,,,2023,book,user
330102,rice,500,t,3000,CNY t-1,2023,2023,book,user
330102,timber,319,m3,920,CNY m-3,2023,2023,book,user
330102,land:512,12,ha,9000,CNY ha-1,2023,2023,book,user
330102,population,7000,person,,,,2023,book,user
330102,visits:far,12000,visit,,,,2023,book,user
330102,visit_days:far,2.5,d,,,,2023,book,user
330102,hours_per_day,8,h d-1,,,,2023,book,user
330102,visit_cost:far,1200,CNY visit-1,,,2023,2023,book,user
330102,tourism_revenue,5000000,CNY,,,2023,2023,book,user
330102,nature_share,0.5,1,,,,2023,book,user
"""
LAKES = """unit_id,name,area,lake_area,capacity,uom
330101,东湖,1242000,1242000,1740000,m3
330102,西湖,600000,900000,,m3
"""
RESERVOIRS = """unit_id,name,total_capacity,flood_capacity,uom
330101,甲水库,66500000,20600000,m3
330102,乙水库,6400000,,m3
"""
PRICES = {
    "storage": (8.2, "CNY m-3"),
    "water": (0.9, "CNY m-3"),
    "dredging": (21.0, "CNY m-3"),
    "nitrogen": (1050, "CNY t-1"),
    "phosphorus": (3300, "CNY t-1"),
    "nitrogen_fertiliser": (4200, "CNY t-1"),
    "phosphorus_fertiliser": (7100, "CNY t-1"),
    "co2": (65, "CNY tCO2-1"),
    "o2": (800, "CNY t-1"),
    "electricity": (0.5, "CNY kWh-1"),
}


def cells() -> tuple[np.ndarray, np.ndarray]:
    """Row and column of every cell."""
    rows, cols = np.mgrid[0:ROWS, 0:COLS]
    return rows.astype(np.float32), cols.astype(np.float32)


def cover() -> np.ndarray:
    """Code of each cell, an index into TYPES from 1 on; 0 is missing, in one corner."""
    rows, cols = cells()
    codes = 1 + ((cols // 3 + 3 * (rows // 4)) % len(TYPES)).astype(np.uint8)
    codes[-1, -1] = 0
    return codes


def surface(low: float, high: float, turn: int = 0, bands: int = 1) -> np.ndarray:
    """A layer between two numbers that rises along a direction, with a small step between cells; each band a quarter lower."""
    rows, cols = cells()
    along = (rows / ROWS, cols / COLS, (rows + cols) / (ROWS + COLS), (ROWS - rows + cols) / (ROWS + COLS))[turn % 4]
    wave = ((rows * 7 + cols * 11) % 16) / 128
    share = np.minimum(0.875 * along + wave, 1.0).astype(np.float32)
    layers = [low + (high - low) * share * (1 - (band % 4) / 16) for band in range(bands)]
    return np.asarray(layers, dtype=np.float32)


def elevation() -> np.ndarray:
    """Hills on both sides of a valley that falls to the south, with a hollow."""
    rows, cols = cells()
    height = 400 - 8 * rows + 6 * np.abs(cols - 11) + ((rows * 5 + cols * 3) % 8) / 4
    height[6, 4] -= 20
    return height.astype(np.float32)[None]


def daily_rain() -> np.ndarray:
    """Rain of 365 days, mm: every fifth day wet, a storm now and then, more of it in summer and in the east."""
    days = np.arange(365)
    depth = np.where(days % 5 == 0, 6 + (days * 37) % 48, 0.0) * np.where((days > 120) & (days < 270), 1.5, 0.75)
    _, cols = cells()
    return (depth[:, None, None] * (1 + cols[None] / 64)).astype(np.float32)


LAYERS = {
    "dem": elevation,
    "rain_daily": daily_rain,
    "precipitation": lambda: surface(1300, 1800, 0),
    "runoff_producing_precipitation": lambda: surface(1000, 1500, 1),
    "precipitation_monthly": lambda: surface(60, 190, 1, 12),
    "evapotranspiration": lambda: surface(500, 900, 2),
    "reference_evapotranspiration": lambda: surface(800, 1100, 3),
    "runoff": lambda: surface(100, 700, 1),
    "temperature": lambda: surface(2, 26, 2, 12),
    "temperature_max": lambda: surface(8, 33, 2, 12),
    "temperature_min": lambda: surface(-2, 7, 2, 12),
    "humidity": lambda: surface(55, 85, 0, 12),
    "wind": lambda: surface(1, 4, 3, 12),
    "sunshine": lambda: surface(3, 8, 1, 12),
    "soil_depth": lambda: surface(300, 2000, 2),
    "available_water": lambda: surface(0.05, 0.25, 3),
    "cover": lambda: surface(0.0, 1.0, 3),
    "cover_factor": lambda: surface(0.001, 0.45, 1),
    "soil_sand": lambda: 100 - surface(20, 40, 0) - surface(10, 30, 1),
    "soil_silt": lambda: surface(20, 40, 0),
    "soil_clay": lambda: surface(10, 30, 1),
    "soil_organic_matter": lambda: surface(0.5, 5, 2),
    "soil_bulk_density": lambda: surface(0.9, 1.5, 3),
    "soil_nitrogen": lambda: surface(0.0005, 0.003, 1),
    "soil_phosphorus": lambda: surface(0.0002, 0.0012, 2),
    "npp": lambda: surface(300, 1100, 0),
    "respiration": lambda: surface(200, 900, 3),
    "biomass": lambda: surface(20, 160, 1),
    "biomass_opening": lambda: surface(15, 150, 2),
    "npp_dry_matter": lambda: surface(5, 24, 2),
    "cooling_evapotranspiration": lambda: surface(100, 400, 2),
    "cooling_days": lambda: surface(60, 120, 0),
    "water_evaporation": lambda: surface(200, 500, 1),
    "dry_water_evaporation": lambda: surface(20, 90, 3),
    "soil_group": lambda: (1 + (cells()[0] // 2 + cells()[1] // 5) % 4)[None].astype(np.uint8),
}


def write_raster(path: Path, bands: np.ndarray, nodata: float | None = None) -> None:
    """A GeoTIFF on the grid of the study."""
    transform = Affine(CELL, 0, LEFT, 0, -CELL, TOP)
    profile = {"driver": "GTiff", "height": ROWS, "width": COLS, "count": len(bands), "dtype": bands.dtype, "nodata": nodata}
    with rasterio.open(path, "w", crs=CRS, transform=transform, **profile) as dataset:
        dataset.write(bands)


def units() -> geopandas.GeoDataFrame:
    """Two units on both sides of an oblique line through cells; a strip along the edge is in none."""
    right, bottom = LEFT + COLS * CELL - 20, TOP - ROWS * CELL + 10
    upper, lower = (LEFT + 13 * CELL + 25, TOP - 15), (LEFT + 9 * CELL + 10, bottom)
    west = Polygon([(LEFT + 15, TOP - 15), upper, lower, (LEFT + 15, bottom)])
    east = Polygon([upper, (right, TOP - 15), (right, bottom), lower])
    return geopandas.GeoDataFrame({"unit_id": ["330101", "330102"], "name": ["西乡", "东乡"]}, geometry=[west, east], crs=CRS)


def write(folder: Path) -> Path:
    """Write everything that the study reads; returns the path that its declaration stands for."""
    folder.mkdir(parents=True, exist_ok=True)
    units().to_file(folder / "units.gpkg")
    write_raster(folder / "landcover.tif", cover()[None], nodata=0)
    for role, layer in LAYERS.items():
        write_raster(folder / f"{role}.tif", layer())
    classes = "code,ecosystem_type\n" + "".join(f"{code},{name}\n" for code, name in enumerate(TYPES, start=1))
    texts = {"classes": classes, "own": OWN, "statistics": STATISTICS, "lakes": LAKES, "reservoirs": RESERVOIRS}
    for name, text in texts.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    header = OWN.splitlines(keepends=True)[0]
    for name, rows in {"gaps": GAPS, **{"-".join(choice): rows for choice, rows in OWN_OF_CHOICE.items()}}.items():
        (folder / f"{name}.csv").write_text(header + rows, encoding="utf-8")
    return folder / "study.toml"


def content(service: str, choices: dict[str, str], filled: bool = False) -> dict[str, Any]:
    """Declaration of the study with one service and its choices; `filled` with the numbers of `GAPS`."""
    extra = [f"{'-'.join(key)}.csv" for key in OWN_OF_CHOICE if key[0] == service and choices.get(key[1]) == key[2]]
    layers: dict[str, Any] = {role: f"{role}.tif" for role in LAYERS}
    return {
        "study": {"name": "小县 small", "years": [YEAR], "price_year": YEAR, "region": "CN-33"},
        "grid": {"crs": CRS, "cell": CELL},
        "units": {"admin": {"path": "units.gpkg", "id": "unit_id", "name": "name"}},
        "layers": layers
        | {"landcover": {"path": "landcover.tif", "classes": "classes.csv"}, "lakes": "lakes.csv", "reservoirs": "reservoirs.csv"},
        "statistics": {"book": "statistics.csv"},
        "services": {"include": [service], service: choices},
        "parameters": {"tables": ["own.csv", *extra, *(["gaps.csv"] if filled else [])], "allow_recalled": True},
        "prices": {name: {"value": value, "uom": uom, "year": YEAR, "source": "book"} for name, (value, uom) in PRICES.items()},
    }
