"""A made-up catchment in the files of youwuzhen (as SEIMS has them).

Soils with a look-up, rain of one gauge and weather; land use, slope units, a table of practices, discharge and sediment of a gauge.
"""

import datetime
import json
import math

import numpy as np
import rasterio
from affine import Affine

LOOKUP = """## Soil physical properties ##
### SOL_OM (required, multi-values) organic matter
SEQN,SNAM,SOILLAYERS,SOL_ZMX,SOL_Z,SOL_BD,SOL_OM,SOL_CLAY,SOL_SILT,SOL_SAND,SOL_ROCK,SOL_K,SOL_AWC,SOL_NO3,SOL_NH4,SOL_ORGN,SOL_SOLP,SOL_ORGP
11,JIA,3,600,200-450-600,1.4-1.5-1.6,3.1-1.2-0.4,20-22-25,30-28-27,40-38-36,10-12-12,250-210-200,0.12-0.1-0.1,0.005-0.002-0.001,0.001-0-0,0.15-0.08-0.07,0.006-0.002-0.001,0.05-0.02-0.01
12,YI,2,600,150-600,1.3-1.4,2.2-0.9,35-40,25-20,25-25,15-15,90-60,0.14-0.13,0.003-0.001,0-0,0.12-0.06,0.004-0.001,0.03-0.01
13,BING,2,600,250-600,1.2-1.5,1.5-0.6,12-14,18-16,70-70,0-0,5-2,0.08-0.07,0.002-0.001,0-0,0.09-0.04,0.002-0.001,0.02-0.01
"""
PLACE = Affine(30.0, 0.0, 39_440_000.0, 0.0, -30.0, 2_840_000.0)  # zone 39 of EPSG:2415, eastings with the number of the zone
YEARS = (2013, 2014)
SLOPE = ("valley", "backslope", "summit")
HILLSLOPES, STRIP = 6, 12  # strips of 120 m, each cut into summit, backslope and valley
PRACTICES = """# land use and slope positions joined by hyphens; money in 1e4 a km2
SUBSCENARIO,NAME,LANDUSE,SLPPOS,PARAMETERS,CAPEX,OPEX,INCOME
1,JIA,8-6,1-4,OM:matter:RC:1.2|1.3|1.3|1.4|1.4-USLE_K:erodibility:RC:0.9|0.95|0.8|0.7|0.4-SOL_AWC:water:RC:1|1|1|1|1.1,12,2,0|0|1|1|1
2,YI,4-8-6,1-4-16,USLE_K:erodibility:RC:0.8|0.85|0.7|0.7|0.75-OM:matter:RC:1.1|1.2|1.2|1.3|1.3,60,1,0|0|5|5|5
3,BING,8-6,4,USLE_K:erodibility:RC:0.95|0.85|0.8|0.8|0.7,30,1,0|0|3|3|3
4,DING,4-8-6,16,USLE_K:erodibility:RC:1.2|1.1|0.8|0.7|0.6,200,10,0|0|0|20|40
"""


def write(folder, years=YEARS):
    """The folder of a catchment that is 24 cells of 30 m high and 30 wide, with rain and weather of the years."""
    for name in ("spatial", "lookup", "climate", "scenario", "observed"):
        (folder / name).mkdir(parents=True)
    (folder / "lookup" / "soil_properties_lookup.csv").write_text(LOOKUP, encoding="utf-8")
    rows, cols = np.mgrid[:24, :30]
    soils = np.where(np.hypot(rows - 12, cols - 15) < 11, 11 + (rows + 2 * cols) // 7 % 3, 255)
    raster(folder / "spatial" / "ywzsoil30m.tif", soils.astype(np.uint8), 255)
    rise = 0.05 * cols + 4.0 * rows - 3.95 * np.clip(rows - 7.5, 0, 8)  # all but level in the middle
    raster(folder / "spatial" / "ywzdem30m.tif", (300 + rise).astype(np.float32), -9999.0)
    sites(folder / "climate" / "Sites_M.csv", 900, "气象站", 116.3, 25.6, 240)
    sites(folder / "climate" / "Sites_P.csv", 901, "雨量站", 116.4, 25.7, 310)
    first, last = datetime.date(years[0], 1, 1), datetime.date(years[-1], 12, 31)
    days = [first + datetime.timedelta(day) for day in range((last - first).days + 1)]
    random = np.random.default_rng(7)
    rain = np.where(random.random(len(days)) < 0.4, random.gamma(0.8, 18, len(days)), 0).round(1)
    lines = [f"{day} 00:00:00,{value}" for day, value in zip(days, rain, strict=True)]
    (folder / "climate" / "pcp_daily.csv").write_text("#UTCTIME,\nDATETIME,901\n" + "\n".join(lines) + "\n", encoding="utf-8")
    weather = [f"900,{day} 20:00:00,{values(day, random)}" for day in days]
    head = "#LOCALTIME 8\nStationID,DATETIME,TMEAN,TMAX,TMIN,RM,WS,SSD\n"
    (folder / "climate" / "meteo_daily.csv").write_text(head + "\n".join(weather) + "\n", encoding="utf-8")
    slopes(folder / "spatial", soils != 255)
    (folder / "scenario" / "areal_struct_management.csv").write_text(PRACTICES, encoding="utf-8")
    gauge(folder / "observed", days)
    return folder


def slopes(folder, inside):
    """Slope units on cells of 10 m, and land use: forest on the slope, forest and buildings above, orchard and paddy below."""
    fine = np.kron(inside, np.ones((3, 3), dtype=bool))
    rows, cols = np.indices(fine.shape)
    position = np.digitize(rows, (24, 48))  # valley, backslope, summit: the ground rises to the south
    strip = np.clip((cols - 12) // STRIP, 0, HILLSLOPES - 1)
    units = np.where(fine, 10 * (strip + 1) + position, -9999)
    raster(folder / "slppos_units.tif", units.astype(np.int16), -9999, Affine(10.0, 0.0, PLACE.c, 0.0, -10.0, PLACE.f))
    names = {name: {str(unit): {} for unit in np.unique(units[fine & (position == k)])} for k, name in enumerate(SLOPE)}
    (folder / "slppos_units_updown.json").write_text(json.dumps(names), encoding="utf-8")
    rows, cols = np.indices(inside.shape)
    below, above = np.where(cols % 5 < 2, 33, np.where(rows % 3, 4, 8)), np.where((rows + cols) % 6, 8, 18)
    use = np.select([rows < 8, rows < 16], [below, 6], above)
    raster(folder / "ywzlanduse30m_upd.tif", np.where(inside, use, 255).astype(np.uint8), 255)


def gauge(folder, days):
    """Discharge of every fifth day and sediment of every seventh: both on every 35th."""
    for name, step, value in (("Q", 5, 0.5), ("SED", 7, 0.25)):
        rows = [f"1,{day} 00:00:00,{name},{value}" for day in days[::step]]
        head = "#UTCTIME\nStationID,DATETIME,Type,VALUE\n"
        (folder / f"observed_{name}.csv").write_text(head + "\n".join(rows) + "\n", encoding="utf-8")


def values(day, random):
    """Mean, highest, lowest temperature, humidity, wind, sunshine of a day."""
    mean = 18 + 9 * math.sin(2 * math.pi * (day.timetuple().tm_yday - 110) / 365) + random.normal(0, 2)
    rest = (mean + random.uniform(2, 7), mean - random.uniform(2, 6))
    return ",".join(f"{value:.1f}" for value in (mean, *rest, random.uniform(50, 98), random.gamma(2, 0.8), random.uniform(0, 9)))


def raster(path, cells, nodata, transform=PLACE):
    shape = {"height": cells.shape[0], "width": cells.shape[1], "count": 1, "dtype": cells.dtype.name}
    with rasterio.open(path, "w", driver="GTiff", crs="EPSG:2415", transform=transform, nodata=nodata, **shape) as dataset:
        dataset.write(cells, 1)


def sites(path, code, name, lon, lat, elevation):
    head = "StationID,Name,LocalX,LocalY,Lon,Lat,Elevation,isOutlet\n"
    path.write_text(f"{head}{code},{name},0,0,{lon},{lat},{elevation},0\n", encoding="utf-8")
