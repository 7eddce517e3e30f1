"""Lakes, reservoirs and the like: tables as they are, polygons laid over the units."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shapely

from ecoval import tables
from ecoval.declared_tables import read_rows
from ecoval.errors import InputError
from ecoval.layers.opened import Layers
from ecoval.layers.statistics import refuse_unknown_units
from ecoval.layers.study_toml import LayerDeclaration
from ecoval.units import vectors
from ecoval.units.edges import carried
from ecoval.units.polygon_area import ellipsoidal_area


def read_features(layers: Layers, role: str, rows: Any = None) -> pd.DataFrame:
    """Table of a role: rows per unit, of polygons the parts in each unit with their areas.

    Parameters
    ----------
    rows : class that declares the rows of a table

    Returns
    -------
    table (unit_id, ...)
        From polygons also unit_set, `area` of the part and `lake_area` of the whole, m2.
    """
    layer = layers.declaration.layers[role]
    path = layer.path(layers.year)
    if not path.exists():
        raise InputError("layer_file_missing", role=role, path=str(path))
    layers.inputs.append((role, path))
    if path.suffix.lower() in vectors.ENDINGS:
        return by_unit(layers, layer, path)
    table = tables.read(path, ("unit_id",)) if rows is None else read_rows(rows, path)
    refuse_unknown_units(layers, table, path)
    return table


def by_unit(layers: Layers, layer: LayerDeclaration, path: Path) -> pd.DataFrame:
    """Parts of polygons in each unit, with the area of the part and of the whole."""
    read = vectors.read(path, layer=layer.layer, crs=layer.crs, encoding=layer.encoding).frame
    whole = shapely.make_valid(np.asarray(read.geometry.values, dtype=object))
    fields = pd.DataFrame(read.drop(columns=read.geometry.name)).reset_index(drop=True)
    fields["lake_area"] = ellipsoidal_area(whole, read.crs)
    parts: list[pd.DataFrame] = []
    for unit_set, units in layers.sets.items():
        shapes = units.to_crs(layers.grid.crs)
        moved = carried(whole, read.crs, layers.grid.crs)
        tree = shapely.STRtree(moved)
        unit, feature = tree.query(shapes.geometry, predicate="intersects")
        pieces = shapely.intersection(shapes.geometry[unit], moved[feature])
        rows = fields.iloc[feature].reset_index(drop=True)
        rows["unit_set"] = unit_set
        rows["unit_id"] = np.array(shapes.ids, dtype=object)[unit]
        rows["area"] = ellipsoidal_area(pieces, layers.grid.crs)
        parts.append(rows[rows["area"] > 0])
    return pd.concat(parts, ignore_index=True)
