"""Lakes, reservoirs and the like: tables as they are, polygons laid over the units."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shapely

from ecoval import measure, tables
from ecoval.declarations import entries
from ecoval.declared_tables import read_rows
from ecoval.errors import InputError
from ecoval.layers.opened import Layers
from ecoval.layers.statistics import refuse_unknown_units
from ecoval.layers.study_toml import LayerDeclaration
from ecoval.terms import plain_name
from ecoval.units import vectors
from ecoval.units.edges import carried
from ecoval.units.polygon_area import ellipsoidal_area

SAME_AREA = 1e-3  # relative: of parts that make up a lake, and of units that lie over one another


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
    if rows is not None:
        refuse_empty(table, role, path)
        refuse_features_twice(layers, table, role, rows)
    return table


def refuse_empty(table: pd.DataFrame, role: str, path: Path) -> None:
    """Refuse a list of objects without a row: whether there are none, or nobody has listed them, it does not say.

    Raises
    ------
    InputError
        `features_empty`.
    """
    if not len(table):
        raise InputError("features_empty", role=role, path=str(path))


def refuse_features_twice(layers: Layers, table: pd.DataFrame, role: str, rows: Any) -> None:
    """Refuse an object that a list holds twice: by its name or, where a row has none, by all of its numbers.

    Parts of one object in several units of a set say their area and that of the whole, and make up no more than the whole.

    Raises
    ------
    InputError
        `feature_twice`, `feature_of_several_units` or `feature_parts`.
    """
    path, units = str(table.attrs.get("path", "-")), table["unit_id"].astype(str)
    names = table["name"].map(plain_name) if "name" in table else pd.Series("", index=table.index)
    numbers = feature_numbers(table, rows)
    for unit, members in table.groupby(units, sort=False).groups.items():
        first = _first_twice(numbers.loc[members], names[members])
        if first is not None:
            cells = [tables.cell(table, row, "unit_id") for row in first]
            raise InputError("feature_twice", role=role, path=path, cells=cells, name=_shown(table, *first), unit=unit)
    for unit_set, shapes in layers.sets.items():
        inside = table.index[units.isin(set(shapes.ids)) & (names != "")]
        for _, members in table.loc[inside].groupby(names[inside], sort=False).groups.items():
            if len(members) > 1 and not _lie_over(shapes, units[members]):
                place: dict[str, Any] = {"role": role, "path": path, "name": str(table["name"][members[0]])}
                place |= {"cells": [tables.cell(table, each, "unit_id") for each in members], "unit_set": unit_set}
                _refuse_parts(numbers.loc[members], place)


def _refuse_parts(parts: pd.DataFrame, place: dict[str, Any]) -> None:
    """Refuse parts of one object in several units that do not say what part they are, or are more than the whole."""
    if not {"area", "lake_area"} <= set(parts) or parts[["area", "lake_area"]].isna().any(axis=None):
        raise InputError("feature_of_several_units", **place)
    whole, total = parts["lake_area"], float(parts["area"].sum())
    unequal = [
        name for name, of in parts.items() if name != "area" and not np.allclose(of, of.iloc[0], rtol=SAME_AREA, equal_nan=True)
    ]
    if unequal or total > float(whole.iloc[0]) * (1 + SAME_AREA):
        raise InputError("feature_parts", **place, parts=total, whole=sorted(whole.unique().tolist()), columns=unequal or ["area"])


def feature_numbers(table: pd.DataFrame, rows: Any) -> pd.DataFrame:
    """The numbers of a list of objects, volumes in m3 whatever measure a row states them in."""
    uom = table["uom"].fillna("m3") if "uom" in table else pd.Series("m3", index=table.index)
    factors = uom.map(lambda symbol: measure.factor(str(symbol), "m3")).astype(float)
    declared = [entry for entry in entries(rows) if entry.is_number and entry.name in table]
    return pd.DataFrame(
        {entry.name: tables.numbers(table, entry.name) * (1.0 if entry.key.measure else factors) for entry in declared},
        index=table.index,
    )


def _first_twice(numbers: pd.DataFrame, names: pd.Series) -> tuple[Any, Any] | None:
    """The first two rows of one name or, where one of them has none, equal in every number."""
    values, texts = numbers.to_numpy(dtype=float), names.to_numpy(dtype=object)
    unnamed = texts == ""
    for place, text in enumerate(texts):
        same = (texts[:place] == text) & ~unnamed[:place]
        by_numbers = np.flatnonzero(unnamed[:place] | (text == ""))
        same[by_numbers] = np.isclose(values[by_numbers], values[place], rtol=1e-9, atol=0, equal_nan=True).all(axis=1)
        if same.any():
            return names.index[int(same.argmax())], names.index[place]
    return None


def _shown(table: pd.DataFrame, *rows: Any) -> str:
    """Name of the first row that has one."""
    names = [str(table["name"][row]) for row in rows if "name" in table and not pd.isna(table["name"][row])]
    return names[0] if names else "-"


def _lie_over(shapes: Any, codes: pd.Series) -> bool:
    """Whether some units of a set lie over one another, so that a part of an object may be in both."""
    ids = [str(code) for code in shapes.ids]
    geometry = [shapes.geometry[ids.index(str(code))] for code in codes.unique()]
    sizes = shapely.area(geometry)
    return float(shapely.area(shapely.union_all(geometry))) < float(sizes.sum() - SAME_AREA * sizes.min())


def by_unit(layers: Layers, layer: LayerDeclaration, path: Path) -> pd.DataFrame:
    """Parts of polygons in each unit, with the area of the part and of the whole."""
    read = vectors.read(path, layer=layer.layer, crs=layer.crs, encoding=layer.encoding).frame
    whole = shapely.make_valid(np.asarray(read.geometry.values, dtype=object))
    shapes_read = pd.Series(shapely.to_wkb(shapely.normalize(whole)))
    if shapes_read.duplicated().any():
        second = int(np.flatnonzero(shapes_read.duplicated())[0])
        cells = [str(1 + int(np.flatnonzero(shapes_read == shapes_read[second])[0])), str(1 + second)]
        raise InputError("feature_twice", role=layer.role, path=str(path), cells=cells, name="-", unit="-")
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
