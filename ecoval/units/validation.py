"""What a frame of spatial units must be, and the geometry of polygons made so."""

from __future__ import annotations

from typing import Any

import geopandas
import numpy as np
import pandas as pd
import shapely

from ecoval.errors import InputError

COLUMNS = ("unit_id", "name", "kind", "level", "parent_id", "geometry")
AREAL = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)
TEXT = ("unit_id", "name", "kind", "level", "parent_id")


def checked(frame: geopandas.GeoDataFrame) -> geopandas.GeoDataFrame:
    """Copy of a frame of spatial units that is complete and sound.

    Parameters
    ----------
    frame : table (unit_id, geometry)
        May have name, kind, level, parent_id; further columns are kept behind them.

    Returns
    -------
    table (unit_id, name, kind, level, parent_id, geometry)
        Text columns; Z and M dropped; rows in the order given, numbered from 0.

    Raises
    ------
    InputError
        No CRS, no row, an absent, empty or repeated unit_id, a geometry that is absent, not areal or not valid.
    """
    if "unit_id" not in frame.columns:
        raise InputError("unit_id_column_absent", fields=" ".join(str(each) for each in frame.columns))
    if frame.crs is None:
        raise InputError("units_without_crs", path="GeoDataFrame")
    if not len(frame):
        raise InputError("units_empty")
    ids = as_text(frame["unit_id"])
    _refuse_bad_ids(ids)
    geometry = shapely.force_2d(np.asarray(frame.geometry.values, dtype=object))
    refuse_not_areal(geometry, ids)
    _refuse_invalid(geometry, ids)
    columns: dict[str, Any] = {"unit_id": ids, "name": ids, "kind": "zone", "level": None, "parent_id": None}
    for name in TEXT[1:]:
        if name in frame.columns:
            columns[name] = as_text(frame[name])
    columns["name"] = np.where(pd.isna(columns["name"]), ids, columns["name"])
    table = pd.DataFrame(columns, index=range(len(frame))).astype(dict.fromkeys(TEXT, "str"))
    untouched = [name for name in frame.columns if name not in TEXT and name != frame.geometry.name]
    for name in untouched:
        table[name] = frame[name].to_numpy()
    table.insert(len(TEXT), "geometry", geometry)
    return geopandas.GeoDataFrame(table, geometry="geometry", crs=frame.crs)


def as_text(values: pd.Series) -> np.ndarray:
    """Values as stripped text, whole numbers without a decimal point, missing and blank ones as None."""
    if pd.api.types.is_float_dtype(values):
        whole = values.dropna()
        if len(whole) and (whole == np.floor(whole)).all():
            values = values.astype("Int64")
    text = np.array([None if pd.isna(value) else str(value).strip() for value in values], dtype=object)
    text[text == ""] = None
    return text


def refuse_not_areal(geometry: np.ndarray, ids: np.ndarray) -> None:
    """Nothing where each geometry is there and areal.

    Raises
    ------
    InputError
        With the units concerned.
    """
    absent = shapely.is_missing(geometry) | shapely.is_empty(geometry)
    if absent.any():
        raise InputError("units_without_geometry", count=int(absent.sum()), units=list(ids[absent]))
    other = ~np.isin(shapely.get_type_id(geometry), AREAL)
    if other.any():
        kind = shapely.GeometryType(shapely.get_type_id(geometry[other][0])).name
        raise InputError("units_not_areal", count=int(other.sum()), units=list(ids[other]), kind=kind)


def mended(geometry: np.ndarray) -> np.ndarray:
    """Polygons with the invalid ones made valid: rings that cross are parted, overlapping rings are merged."""
    whole = geometry.copy()
    invalid = np.flatnonzero(~shapely.is_valid(geometry))
    whole[invalid] = areal_parts(shapely.make_valid(geometry[invalid], method="structure", keep_collapsed=False))
    return whole


def areal_parts(geometry: np.ndarray) -> np.ndarray:
    """Polygons and multipolygons as they are; of collections the areal parts; of anything else an empty polygon."""
    whole = geometry.copy()
    for position in np.flatnonzero(~np.isin(shapely.get_type_id(geometry), AREAL) & ~shapely.is_missing(geometry)):
        parts = shapely.get_parts(shapely.get_parts(geometry[position]))
        polygons = parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON]
        whole[position] = polygons[0] if len(polygons) == 1 else shapely.union_all(polygons)
    return whole


def _refuse_bad_ids(ids: np.ndarray) -> None:
    empty = pd.isna(ids)
    if empty.any():
        raise InputError("unit_id_empty", count=int(empty.sum()), rows=list(np.flatnonzero(empty) + 1))
    unique, counts = np.unique(ids.astype(str), return_counts=True)
    if (counts > 1).any():
        raise InputError("unit_id_repeated", count=int((counts > 1).sum()), units=list(unique[counts > 1]))


def _refuse_invalid(geometry: np.ndarray, ids: np.ndarray) -> None:
    invalid = ~shapely.is_valid(geometry)
    if invalid.any():
        reason = shapely.is_valid_reason(geometry[invalid][0])
        raise InputError("units_invalid", count=int(invalid.sum()), units=list(ids[invalid]), reason=reason)
