"""A synthetic county as a land survey holds it: parcels in the codes of the third national survey, and the same in those of CLCD.

Parcels are a jittered net of quadrangles of about 2 ha over 6 x 6 km. Surveyed areas (TBMJ) are those on the ellipsoid, rounded to
0.01 m2; farmland has field ridges (KCMJ) of 6 %.
"""

import geopandas
import numpy as np
import rasterio
import shapely
from affine import Affine

from ecoval.units.polygon_area import ellipsoidal_area

CRS = "EPSG:4549"
LEFT, BOTTOM, WIDTH = 512_010.0, 3_210_020.0, 6_000.0
CODES = ("0101", "0103", "0201", "0301", "0302", "0305", "0404", "0702", "1003", "1101", "1103", "1104A")
CHANCE = (0.2, 0.1, 0.06, 0.3, 0.08, 0.04, 0.04, 0.08, 0.03, 0.03, 0.02, 0.02)
CLCD = {
    "0101": 1,
    "0103": 1,
    "0201": 1,
    "0301": 2,
    "0302": 2,
    "0305": 3,
    "0404": 4,
    "0702": 8,
    "1003": 8,
    "1101": 5,
    "1103": 5,
    "1104A": 5,
}
RIDGE_SHARE = 0.06


def net(side, seed):
    """A jittered net of quadrangles that tile the county."""
    random = np.random.default_rng(seed)
    step = WIDTH / side
    corner = np.stack(np.meshgrid(np.arange(side + 1.0), np.arange(side + 1.0)), axis=-1) * step
    corner[1:-1, 1:-1] += random.uniform(-0.3, 0.3, corner[1:-1, 1:-1].shape) * step
    rings = np.stack([corner[:-1, :-1], corner[:-1, 1:], corner[1:, 1:], corner[1:, :-1]], axis=2).reshape(-1, 4, 2)
    return shapely.polygons(rings + np.array([LEFT, BOTTOM]))


def parcels(side=40):
    """Survey parcels: DLBM, DLMC, TBMJ, KCMJ."""
    geometry = net(side, 1)
    code = np.random.default_rng(2).choice(CODES, len(geometry), p=CHANCE)
    area = np.round(ellipsoidal_area(geometry, CRS), 2)
    ridge = np.where(np.isin(code, ["0101", "0103"]), np.round(RIDGE_SHARE * area, 2), 0.0)
    return geopandas.GeoDataFrame({"DLBM": code, "TBMJ": area, "KCMJ": ridge}, geometry=geometry, crs=CRS)


def towns():
    """Nine units that cut across the parcels."""
    geometry = net(3, 7)
    return geopandas.GeoDataFrame({"code": [f"33010{k}" for k in range(1, 10)]}, geometry=geometry, crs=CRS)


def inventory():
    """A forest inventory over three quarters of the county: species groups, and a part that it calls farmland."""
    geometry = net(12, 5)
    kind = np.random.default_rng(6).choice(["阔叶", "针叶", "混交", "灌木", "耕地"], len(geometry), p=(0.35, 0.25, 0.2, 0.1, 0.1))
    frame = geopandas.GeoDataFrame({"kind": kind}, geometry=geometry, crs=CRS)
    return frame[np.arange(len(frame)) % 4 != 0].reset_index(drop=True)


INVENTORY = "source_code,target_code\n阔叶,111\n针叶,121\n混交,131\n灌木,211\n耕地,512\n"


def clcd(path, frame, cell=30.0):
    """The county in the codes of CLCD, each cell that of the parcel under its centre."""
    rows = cols = int(WIDTH / cell) + 4
    left, top = np.floor(LEFT / cell) * cell - cell, np.ceil((BOTTOM + WIDTH) / cell) * cell + cell
    col, row = np.meshgrid(np.arange(cols), np.arange(rows))
    points = shapely.points(left + (col + 0.5) * cell, top - (row + 0.5) * cell).ravel()
    point, parcel = shapely.STRtree(np.asarray(frame.geometry)).query(points, predicate="intersects")
    codes = np.zeros(rows * cols, dtype=np.uint8)
    codes[point] = [CLCD[code] for code in frame["DLBM"].to_numpy()[parcel]]
    profile = {"driver": "GTiff", "height": rows, "width": cols, "count": 1, "dtype": "uint8", "nodata": 0, "crs": CRS}
    with rasterio.open(path, "w", transform=Affine(cell, 0, left, 0, -cell, top), **profile) as dataset:
        dataset.write(codes.reshape(rows, cols), 1)
    return path


MIXTURES = """unit_id,coarse_code,target_code,share,source
*,1,111,0.5,inventory 2023
*,1,113,0.2,inventory 2023
*,1,121,0.3,inventory 2023
*,2,211,1,survey 2023
*,3,331,1,survey 2023
*,4,431,0.6,survey 2023
*,4,422,0.4,survey 2023
*,51,511,0.7,yearbook 2023
*,51,512,0.3,yearbook 2023
*,52,521,0.6,yearbook 2023
*,52,522,0.4,yearbook 2023
*,6,611,0.8,survey 2023
*,6,632,0.2,survey 2023
"""
