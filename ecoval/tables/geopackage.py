"""Layers of a GeoPackage of version 1.2: with geometry, or without as attribute tables."""

from __future__ import annotations

import warnings
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio

GPKG_VERSION = "1.2"
_FAILURES = (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, pyogrio.errors.FeatureError)


def write_layer(frame: pd.DataFrame, path: str | Path, layer: str) -> None:
    """Write a table as a layer of a GeoPackage, beside the layers that are there.

    Parameters
    ----------
    frame : table (column, ...)
        With a geometry column, or without: then the layer is an attribute table.
    path, layer : text
    """
    plain = _plain(frame)
    path = str(path)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*without a CRS.*|.*'crs' was not provided.*", category=UserWarning)
        options = {"layer": layer, "driver": "GPKG", "dataset_options": {"VERSION": GPKG_VERSION}}
        try:
            if isinstance(plain, gpd.GeoDataFrame):
                pyogrio.write_dataframe(plain, path, promote_to_multi=True, **options)
            else:
                pyogrio.write_dataframe(plain, path, **options)
        except _FAILURES as error:
            raise OSError(0, str(error)) from error


def _plain(frame: pd.DataFrame) -> pd.DataFrame:
    """Table whose columns a GeoPackage takes: nullable integers as they are, other objects as text."""
    plain = frame.reset_index(drop=True).copy()
    for name in plain.columns:
        column = plain[name]
        if str(column.dtype) == "geometry":
            continue
        if column.dtype == object:
            plain[name] = column.map(lambda value: None if value is None or value is pd.NA else str(value))
        elif str(column.dtype).startswith("Int") and column.isna().any():
            plain[name] = column.astype("float64")
        elif str(column.dtype).startswith("Int"):
            plain[name] = column.astype("int64")
    return plain
