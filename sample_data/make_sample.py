"""Make the sample county: a synthetic place by the sea, the same from every run.

Usage
-----
    python sample_data/make_sample.py [--out FOLDER]
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))

from making import climate, tables
from making import place as p
from making.landcover import landcover
from making.settlement import settlement
from making.soil import SOIL, soil
from making.store import write_raster
from making.terrain import pitted, terrain

MEASURES = {
    "soil_sand": (0.1, "%"),
    "soil_silt": (0.1, "%"),
    "soil_clay": (0.1, "%"),
    "soil_organic_matter": (0.01, "%"),
    "soil_nitrogen": (0.0001, "%"),
    "soil_phosphorus": (0.0001, "%"),
    "soil_bulk_density": (0.01, "t m-3"),
    "soil_group": (1.0, ""),
}


def write_land(out, land, settled_land, covers):
    """Elevation and land cover."""
    elevation = pitted(land.elevation, land.land & (land.slope > 4.0) & (land.elevation > 25.0))
    metres = np.where(land.land, np.round(elevation * 10.0), -32768).astype(np.int16)
    write_raster(out / "dem.tif", metres, missing=-32768, scale=0.1, uom="m")
    code = np.zeros(1_000, dtype=np.uint8)
    for number, (kind, _) in p.CODES.items():
        code[kind] = number
    for year, cover in covers.items():
        write_raster(out / f"landcover_{year}.tif", code[cover], missing=0)
    tables.write_classes(out / "landcover_classes.csv")
    tables.write_units(out, settled_land)


def write_year(out, land, cover, year):
    """Weather, growth and vegetation of a year."""
    daily = climate.rain_daily(land, year)
    dates = [date.isoformat() for date in climate.days(year)]
    write_raster(out / f"rain_daily_{year}.tif", daily, climate.RAIN, scale=0.1, names=dates, uom="mm d-1")
    monthly = climate.rain_monthly(daily, year)
    names = [f"{year}-{month:02d}" for month in range(1, 13)]
    write_raster(
        out / f"precipitation_monthly_{year}.tif", monthly.astype(np.int16), climate.RAIN, scale=0.1, names=names, uom="mm month-1"
    )
    write_raster(out / f"precipitation_{year}.tif", monthly.sum(axis=0).astype(np.int16), climate.RAIN, scale=0.1, uom="mm yr-1")
    warmth = climate.temperature(land, year)
    write_raster(out / f"temperature_{year}.tif", warmth, climate.KILOMETRE, scale=0.1, names=names, uom="degC")
    write_raster(out / f"cooling_days_{year}.tif", climate.cooling_days(land, year), climate.KILOMETRE, uom="d yr-1")
    write_raster(out / f"water_evaporation_{year}.tif", climate.water_evaporation(land, year), climate.KILOMETRE, uom="mm yr-1")
    annual, cooling = climate.evapotranspiration(land, cover, year)
    write_raster(out / f"evapotranspiration_{year}.tif", annual, climate.QUARTER, uom="mm yr-1")
    write_raster(out / f"cooling_evapotranspiration_{year}.tif", cooling, climate.QUARTER, uom="mm yr-1")
    write_raster(out / f"npp_{year}.tif", climate.npp(land, cover, year), climate.QUARTER, missing=-1, uom="gC m-2 yr-1")
    share = climate.vegetation_cover(cover, year)
    write_raster(out / f"cover_{year}.tif", share, climate.HALF_HECTO, scale=0.01, uom="1")


def make(out):
    """Write every file that the script makes into a folder."""
    out.mkdir(parents=True, exist_ok=True)
    land = terrain()
    people = settlement(land)
    covers = {year: landcover(land, people, year) for year in p.YEARS}
    write_land(out, land, people, covers)
    for year, cover in covers.items():
        write_year(out, land, cover, year)
    for name, field in soil(land).items():
        scale, uom = MEASURES[name]
        write_raster(out / f"{name}.tif", field, SOIL, missing=0 if name == "soil_group" else -1, scale=scale, uom=uom)
    tables.write_tables(out, land, people, covers)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path(__file__).parent)
    make(parser.parse_args().out)


if __name__ == "__main__":
    main()
