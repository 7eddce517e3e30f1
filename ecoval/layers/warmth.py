"""Cooling days from daily maximum temperatures, on their own grid."""

from __future__ import annotations

import numpy as np

from ecoval import rasters
from ecoval.errors import InputError
from ecoval.layers.block import ServicePlan
from ecoval.layers.context import Context, Numbers, Prepared
from ecoval.services.declaration import Input

DAILY = Input("temperature_max", "degC", low=-60, high=60, bands=None)
SHORTEST = 360  # days of a series that stands for a year


def cooling_days_layer(context: Context, made: ServicePlan, numbers: Numbers) -> Prepared:
    """Number of days in a year whose maximum is above the threshold."""
    del made
    layers = context.layers
    source = context.source(DAILY)
    with rasters.align(source) as aligned:
        count = len(aligned.bands)
        if count < SHORTEST:
            raise InputError("cooling_days_need_days", path=str(source.path), bands=count)
        grid = context.part(aligned.grid)
        values = context.within(DAILY, source, aligned.read(grid))
    threshold = numbers["cooling_threshold", "daily_max"]
    years = max(round(count / 365.25), 1)
    days = np.where(np.isnan(values).any(axis=0), np.nan, (values > threshold).sum(axis=0) / years)
    reader = rasters.align(rasters.Source.of((days.astype(np.float32), grid.transform, grid.crs)), layers.grid)
    return reader, "d yr-1", {"code": "cooling_days_prepared", "threshold": threshold}
