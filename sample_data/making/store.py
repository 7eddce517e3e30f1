"""Writing of the layers: small integers with scale, offset and missing value in the file."""

from __future__ import annotations

import os

import geopandas as gpd
import numpy as np
import pyogrio
import rasterio
import shapely
from affine import Affine
from making.place import CELL, COLS, CRS, LEFT, ROWS, TOP, settled
from rasterio import features

os.environ.setdefault("GDAL_NUM_THREADS", "1")
FRAME = Affine(CELL, 0.0, LEFT, 0.0, -CELL, TOP)
WRITTEN = "2026-01-01T00:00:00.000Z"


def write_raster(path, bands, lattice=None, missing=None, scale=1.0, names=None, uom=""):
    """Write whole numbers (bands, rows, cols) or (rows, cols) as a compressed GeoTIFF."""
    bands = np.asarray(bands)
    bands = bands[None] if bands.ndim == 2 else bands
    transform = FRAME if lattice is None else Affine(lattice.cell, 0.0, lattice.left, 0.0, -lattice.cell, lattice.top)
    profile = {
        "driver": "GTiff",
        "count": bands.shape[0],
        "height": bands.shape[1],
        "width": bands.shape[2],
        "dtype": bands.dtype.name,
        "crs": CRS,
        "transform": transform,
        "nodata": missing,
        "compress": "deflate",
        "zlevel": 9,
        "predictor": 2 if bands.dtype.itemsize > 1 else 1,
        "interleave": "band",
    }
    if bands.shape[0] == 1 and bands.shape[1] > 256:
        profile |= {"tiled": True, "blockxsize": 256, "blockysize": 256}
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=False), rasterio.open(path, "w", **profile) as file:
        file.write(bands)
        if scale != 1.0:
            file.scales = [scale] * bands.shape[0]
            file.offsets = [0.0] * bands.shape[0]
        if names is not None:
            file.descriptions = [str(name) for name in names]
        if uom:
            file.update_tags(uom=uom)


def town_polygons(label, tolerance=120.0):
    """Polygons of a label raster with common borders smoothed alike: label -> multipolygon."""
    parts, numbers = [], []
    for shape, number in features.shapes(label.astype(np.int32), mask=label > 0, transform=FRAME):
        parts.append(shapely.geometry.shape(shape))
        numbers.append(int(number))
    lines = shapely.coverage_simplify(shapely.segmentize(np.array(parts), CELL), tolerance)  # a node at every corner of three
    out = {}
    for number in sorted(set(numbers)):
        mine = [part for part, owner in zip(lines, numbers, strict=True) if owner == number]
        out[number] = shapely.geometry.MultiPolygon(sorted(mine, key=lambda part: (-part.area, part.bounds)))
    return out


def patches(mask, least, most, tolerance=45.0):
    """Connected cells as simplified polygons of between so many cells, in reading order."""
    found = []
    for shape, number in features.shapes(mask.astype(np.uint8), mask=mask, transform=FRAME):
        polygon = shapely.geometry.shape(shape)
        if number and least * CELL**2 <= polygon.area <= most * CELL**2:
            found.append(polygon.simplify(tolerance).buffer(0))
    return [part for part in found if part.geom_type == "Polygon" and not part.is_empty]


def write_vector(path, frame, layer, fresh=True):
    """Write a layer of a GeoPackage with a fixed date, so that the file does not change; `fresh` begins the file anew."""
    frame = frame.set_geometry(shapely.transform(frame.geometry.values, lambda xy: settled(xy, 2)))
    if fresh:
        path.unlink(missing_ok=True)
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": WRITTEN})
    frame.to_file(
        path, layer=layer, driver="GPKG", engine="pyogrio", layer_options={"SPATIAL_INDEX": "NO"}, mode="w" if fresh else "a"
    )


def frame_of(rows, geometry):
    """Table and geometries as a GeoDataFrame of the county's system."""
    return gpd.GeoDataFrame(rows, geometry=list(geometry), crs=CRS)


def cell_centre(row, col):
    """Easting and northing of a cell's centre."""
    return LEFT + (col + 0.5) * CELL, TOP - (row + 0.5) * CELL


def inside_frame(row, col):
    """Whether a cell exists."""
    return 0 <= row < ROWS and 0 <= col < COLS
