"""Soil of mountains, plain and coast on a grid of its own."""

from __future__ import annotations

import numpy as np
from making.climate import Lattice
from making.place import fractal, ramp, settled
from scipy import ndimage

SOIL = Lattice(639_700.0, 3_224_950.0, 250.0, 141, 182)
SEA_REACH = 40  # cells of 60 m beyond the shore with soil numbers


def soil(terrain):
    """Layers of the soil map: name -> whole numbers (0 or -1 where there is no soil).

    Sand, silt and clay in tenths of a percent add up to 1000; organic matter in hundredths of a percent, nitrogen and phosphorus in
    ten-thousandths of a percent, bulk density in hundredths of t m-3, hydrologic group A-D as 1-4.
    """
    height = SOIL.sampled(np.where(terrain.land, terrain.elevation, 0.0))
    slope = SOIL.sampled(np.where(terrain.land, terrain.slope, 0.0))
    mud = SOIL.sampled(terrain.mud * ramp(-terrain.inland, -3.0, -0.5))
    upland = ramp(height, 20.0, 160.0)
    grain = [fractal(f"soil {i}", SOIL.shape, 50, 0.5) for i in range(5)]
    sand = np.round(settled(10.0 * np.clip(24.0 + 15.0 * upland - 11.0 * mud + 4.0 * grain[0], 8.0, 62.0)))
    clay = np.round(settled(10.0 * np.clip(28.0 - 5.0 * upland + 5.0 * mud + 2.5 * grain[1], 12.0, 42.0)))
    matter = np.clip(2.5 + 1.3 * upland * ramp(height, 100.0, 700.0) - 1.0 * mud + 0.35 * grain[2], 0.8, 6.0)
    nitrogen = matter / 1.724 / (11.6 + 0.5 * grain[3])
    phosphorus = np.clip(0.055 - 0.014 * upland + 0.005 * grain[4], 0.02, 0.09)
    density = np.clip(1.33 - 0.07 * (matter - 2.5) + 0.02 * grain[0], 0.95, 1.5)
    group = np.where(sand > 470, 1, np.where((sand > 345) & (slope > 4.0), 2, np.where(clay < 295, 3, 4)))
    away = ndimage.distance_transform_edt(~terrain.land)
    dry = SOIL.sampled((settled(away) < SEA_REACH).astype(float)) > 0.3
    layers = {
        "soil_sand": sand,
        "soil_silt": 1_000.0 - sand - clay,
        "soil_clay": clay,
        "soil_organic_matter": matter * 100.0,
        "soil_nitrogen": nitrogen * 10_000.0,
        "soil_phosphorus": phosphorus * 10_000.0,
        "soil_bulk_density": density * 100.0,
    }
    out = {name: np.where(dry, np.round(settled(field)), -1).astype(np.int16) for name, field in layers.items()}
    out["soil_group"] = np.where(dry, group, 0).astype(np.uint8)
    return out
