"""A made-up landscape in the files of willamette: two land-cover maps, subwatersheds on a plane, plants, a worked water yield."""

import esri_grid
import geopandas
import numpy as np
import rasterio
import shapely
from affine import Affine

LEFT, TOP, CELL, ZONE = 480_000.0, 4_900_000.0, 30.0, 10
CRS = f"EPSG:326{ZONE}"
SHAPE = (60, 80)
SQUARE = 20  # cells: twelve squares of 600 m
FALL = 0.12  # slope of the plane, 1: it falls to the south
WATERSHEDS = {1: (5, 15, 3, 15), 2: (15, 30, 3, 15)}  # rows and columns, both without the last
PLANTS = {  # class: C and P in thousandths, loads in g ha-1 yr-1, efficiencies in per cent
    2: (10, 1, 9000, 10, 1200, 10),
    18: (5, 2, 7000, 5, 1000, 5),
    53: (4, 600, 1900, 82, 90, 80),
    56: (90, 900, 2000, 60, 120, 50),
    57: (30, 850, 2000, 70, 110, 60),
    58: (12, 800, 2000, 75, 100, 70),
    60: (3, 700, 2000, 80, 100, 85),
    61: (3, 700, 2000, 80, 100, 86),
    62: (6, 650, 2100, 78, 95, 75),
    83: (40, 950, 3000, 40, 300, 35),
    90: (300, 500, 8500, 25, 1500, 20),
}
HEAD = "LULC_desc,lucode,usle_c,usle_p,load_n,eff_n,load_p,eff_p"


def write(folder):
    for name in ("lulc", "nutrient", "awy_byhand/hydro_regression_byhand"):
        (folder / name).mkdir(parents=True)
    now, future = classes()
    for name, cells in (("cur", now), ("fut", future)):
        esri_grid.write(folder / "lulc" / f"lulc_samp_{name}", cells, LEFT, TOP, CELL, ZONE)
    plane = 500 - FALL * CELL * np.indices(SHAPE)[0]
    raster(folder / "nutrient" / "dem", plane.astype(np.float32), -9999)
    raster(folder / "nutrient" / "landuse_90", now, 255)
    rows = [f"caf\xe9,{code},{','.join(map(str, numbers))}" for code, numbers in PLANTS.items()]
    (folder / "nutrient" / "biophysical_models.csv").write_text("\n".join([HEAD, *rows]) + "\n", encoding="latin-1")
    boxes = [
        shapely.box(LEFT + CELL * west, TOP - CELL * south, LEFT + CELL * east, TOP - CELL * north)
        for north, south, west, east in WATERSHEDS.values()
    ]
    watersheds = geopandas.GeoDataFrame({"subws_id": list(WATERSHEDS)}, geometry=boxes, crs=CRS)
    watersheds.to_file(folder / "nutrient" / "subwatersheds.shp")
    water_yield(folder / "awy_byhand")
    return folder


def classes():
    """Classes now and in the scenario: in each square land is felled, built over, grows up or ages; 255 is no land."""
    now = np.full(SHAPE, 60, np.uint8)
    now[:, ::7] = 58
    now[18::SQUARE], now[19::SQUARE] = 2, 18
    future = now.copy()
    for square in range(12):
        top, left = SQUARE * (square // 4), SQUARE * (square % 4)

        def turn(down, across, opening, closing, top=top, left=left):
            place = slice(top + down[0], top + down[1]), slice(left + across[0], left + across[1])
            now[place], future[place] = now[place] if opening is None else opening, closing

        if square < 9:
            turn((1, 4), (1, 8), None, 56)
            turn((5, 7), (1, 1 + 2 * square), 56, 57)  # what grows up makes good for what is felled from the seventh square on
        if square % 3 < 2:
            turn((8, 11), (6, 10), 62, 53 if square % 3 == 0 else 2)
        if square % 3 == 0:
            turn((8, 11), (1, 5), 53, 2)
        turn((12, 14), (1, 9), *((83, 2) if square % 2 else (90, 18)))
        turn((15, 17), (1, 9), 60, 61)
    now[-3:, -3:], future[:2, -2:] = 255, 255
    return now, future


def water_yield(folder):
    """Layers of the Budyko curve, and its share of evapotranspiration in the rain worked in double precision, -1 where none is."""
    random = np.random.default_rng(11)
    shape = (24, 32)
    demand = {10: (500, 300), 11: (1000, 7000), 12: (750, 1200)}
    cover = random.choice(list(demand), shape).astype(np.uint8)
    layers = {
        "eto": random.uniform(700, 1500, shape),
        "precipitation": random.uniform(300, 2500, shape),
        "pawc": random.uniform(0.02, 0.3, shape),
        "soil_depth": random.uniform(100, 3000, shape),
    }
    layers = {name: cells.astype(np.float32) for name, cells in layers.items()}
    inputs = folder / "hydro_regression_byhand"
    for name, cells in layers.items():
        raster(inputs / f"{name}.tif", cells, -1)
    raster(inputs / "lulc.tif", cover, 255)
    rows = [f"{code},{etk},{roots}" for code, (etk, roots) in demand.items()]
    (inputs / "Biophysical_Models.csv").write_text("\n".join(["lucode,etk,root_depth", *rows]) + "\n", encoding="utf-8")
    share = np.full(shape, -1.0)
    for place in np.ndindex(*shape):
        if place == (3, 4):
            continue
        eto, rain, pawc, depth = (float(layers[name][place]) for name in layers)
        etk, roots = demand[int(cover[place])]
        phi, w = etk / 1000 * eto / rain, 5.0 * min(depth, roots) * pawc / (rain + 1)
        share[place] = min(phi, (1 + w * phi) / (1 + w * phi + 1 / phi))
    raster(folder / "fractp_tmp.tif", share.astype(np.float32), -1)


def raster(path, cells, nodata):
    shape = {"height": cells.shape[0], "width": cells.shape[1], "count": 1, "dtype": cells.dtype.name}
    place = Affine(CELL, 0, LEFT, 0, -CELL, TOP)
    with rasterio.open(path, "w", driver="GTiff", crs=CRS, transform=place, nodata=nodata, **shape) as dataset:
        dataset.write(cells, 1)
