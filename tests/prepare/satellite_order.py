"""Small satellite orders in the documented layout: names, stored integers, fill codes, quality layers, sinusoidal tiles."""

import numpy as np
import rasterio
from affine import Affine

SINUSOIDAL = "+proj=sinu +lon_0=0 +x_0=0 +y_0=0 +R=6371007.181 +units=m +no_defs"
CELL = 463.312716528
TILE = 24  # cells of a tile here; 2400 in the product
ORIGIN = (11_119_505.196667 + 700_000, 3_335_851.559)  # inside tile h28v05


def write(path, values, col=0, row=0, dtype="int16", nodata=None, crs=SINUSOIDAL, cell=CELL, origin=ORIGIN):
    values = np.asarray(values)
    transform = Affine(cell, 0, origin[0] + col * cell, 0, -cell, origin[1] - row * cell)
    profile = {"driver": "GTiff", "height": values.shape[0], "width": values.shape[1], "count": 1, "dtype": dtype}
    with rasterio.open(path, "w", **profile, crs=crs, transform=transform, nodata=nodata) as dataset:
        dataset.write(values.astype(dtype), 1)
    return path


def npp(folder, year=2020):
    """Two neighbouring tiles of MOD17A3HGF: a plane, a lake, a town, barren land; a quality layer beside each."""
    made = {}
    for number, tile in enumerate(("h28v05", "h28v06")):
        values = 5000 + 10 * np.arange(TILE)[:, None] + 4 * (np.arange(TILE) + number * TILE)[None, :]
        if number == 0:
            values[2:6, 2:6] = 32766
            values[10:12, 10:14] = 32762
            values[20, 20] = 32765
            values[22, 22] = 32767
        quality = np.full((TILE, TILE), 10)
        quality[0, :3] = (30, 70, 255)
        stem = f"MOD17A3HGF.A{year}001.{tile}.061.2021042000000"
        write(folder / f"{stem}.Npp_500m.tif", values, col=number * TILE, nodata=32767)
        write(folder / f"{stem}.Npp_QC_500m.tif", quality, col=number * TILE, dtype="uint8", nodata=255)
        made[tile] = (values, quality)
    return made


def et(folder, year=2020, leave_out=()):
    """46 composites of MOD16A2GF as AppEEARS names them; each composite k holds 100 + k everywhere, in 0.1 mm."""
    for number, day in enumerate(range(1, 367, 8)):
        if day in leave_out or day > 361:
            continue
        values = np.full((6, 8), 100 + number)
        values[0, 0] = 32766
        if day == 121:
            values[5, 7] = 32767
        write(folder / f"MOD16A2GF.061_ET_500m_doy{year}{day:03d}_aid0001.tif", values, nodata=32767)


def ndvi(folder, year=2021, cell=CELL / 2):
    """23 composites of MOD13Q1 with pixel reliability; the third is cloudy in the first row."""
    rng = np.random.default_rng(7)
    stack = {}
    for day in range(1, 366, 16):
        values = rng.integers(1000, 9000, (6, 8))
        values[5, 5] = -3000
        rank = np.zeros((6, 8), dtype=int)
        if day == 33:
            rank[0] = 3
        rank[5, 5] = -1
        name = f"MOD13Q1.061__250m_16_days_{{}}_doy{year}{day:03d}_aid0001.tif"
        write(folder / name.format("NDVI"), values, nodata=-3000, cell=cell)
        write(folder / name.format("pixel_reliability"), rank, dtype="int8", nodata=-1, cell=cell)
        stack[day] = values
    return stack
