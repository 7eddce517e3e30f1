"""The layers of a project as tables with fixed columns, in one CRS, with areas on the ellipsoid.

Nothing is judged here: `validation` finds what is wrong. A field that the file lacks is an empty column; a name that the project
file gives and the layer lacks is refused by the validator (`FIELD_MISSING`), not here.
"""

from pathlib import Path

import geopandas
import numpy as np
import pandas as pd
import shapely

from ecoval import grid
from ecoval.errors import InputError
from ecoval.offset.declaration.values import LayerDeclaration
from ecoval.units import edges, vectors
from ecoval.units.polygon_area import ellipsoidal_area


def read_layer(layer, crs=None):
    """A vector layer, its fields as they are.

    Parameters
    ----------
    layer : LayerDeclaration
        Or a path, or a GeoDataFrame.
    crs : text
        CRS of the result; None: as in the file.

    Returns
    -------
    table (fields, geometry)
        GeoDataFrame; `attrs` hold the path and the CRS of the file.

    Raises
    ------
    InputError
        CRS_MISSING_OR_DIFFERENT for a layer without CRS; what `vectors.read` refuses.
    """
    if not isinstance(layer, LayerDeclaration):
        layer = LayerDeclaration(layer if isinstance(layer, geopandas.GeoDataFrame) else Path(layer))
    try:
        frame = vectors.read(layer.path, layer=layer.layer, crs=layer.crs, encoding=layer.encoding).frame.reset_index(drop=True)
    except InputError as error:
        if error.code != "units_without_crs":
            raise
        raise InputError("CRS_MISSING_OR_DIFFERENT", layer=layer.path, features="-", found="no CRS", expected="a CRS") from None
    own = frame.crs
    if crs is not None and not grid.same_crs(grid.read_crs(own), grid.read_crs(crs)):
        frame = in_crs(frame, crs)
    frame.attrs.update(path=str(layer.path) if isinstance(layer.path, Path) else "GeoDataFrame", crs=own)
    return frame


def in_crs(frame, crs):
    """The frame in another CRS, with points added on the edges so that these keep their place."""
    source, target = grid.read_crs(frame.crs), grid.read_crs(crs)
    geometry = np.asarray(frame.geometry.values, dtype=object)
    there = ~(shapely.is_missing(geometry) | shapely.is_empty(geometry))
    moved = np.full(len(geometry), None, dtype=object)
    if there.any():
        moved[there] = edges.carried(geometry[there], source, target)
    return geopandas.GeoDataFrame(frame.drop(columns=frame.geometry.name), geometry=moved, crs=target)


def read_footprints(declared, crs=None):
    """Patches of every alternative.

    Parameters
    ----------
    declared : FootprintDeclaration
    crs : text

    Returns
    -------
    table (alternative_id, patch_id, name, impact_type, start, end, after_class, recovery_years, area, geometry)
        Area in m2; `kind_now` as well where the file has it: what the land is, for densities. A patch without a name of its own
        is "<alternative>-<n>", n counting within the alternative from 1.
    """
    frame = read_layer(declared, crs)
    fields = declared.fields
    made = {"alternative_id": _text(frame, fields["alternative"])}
    for key in ("patch_id", "name", "impact_type"):
        made[key] = _text(frame, fields[key])
    for key in ("start", "end", "after_class"):
        made[key] = numbers(frame, fields[key])
    if "kind_now" in frame.columns:
        made["kind_now"] = numbers(frame, "kind_now")
    made = pd.DataFrame(made)
    made["impact_type"] = made["impact_type"].fillna("permanent")
    number = made.groupby("alternative_id", dropna=False).cumcount() + 1
    own = [f"{alternative}-{n}" for alternative, n in zip(made["alternative_id"], number, strict=True)]
    made["patch_id"] = made["patch_id"].where(made["patch_id"].notna(), own)
    made["name"] = made["name"].where(made["name"].notna(), made["patch_id"])
    made["recovery_years"] = np.where(made["impact_type"] == "temporary", float(declared.recovery_years), 0.0)
    made["area"] = areas(frame)
    return _located(made, frame)


def read_zones(declared, crs=None):
    """Zones of influence of a layer, with one loss fraction per service.

    Parameters
    ----------
    declared : InfluenceDeclaration
    crs : text

    Returns
    -------
    table (alternative_id, patch_id, area, loss:<service>, geometry)
        An empty alternative or patch holds for all of them. Area in m2.
    """
    frame = read_layer(declared.layer_of_zones, crs)
    made = {"alternative_id": _text(frame, declared.alternative), "patch_id": _text(frame, declared.patch_id)}
    made |= {"area": areas(frame), **_kinds(frame)}
    for service in {**declared.loss, **declared.loss_fields}:
        own = declared.loss_fields.get(service)
        given = numbers(frame, own) if own else pd.Series(np.nan, index=frame.index)
        made[f"loss:{service}"] = given.fillna(declared.loss.get(service, np.nan))
    return _located(pd.DataFrame(made), frame)


def read_exclusions(declared, crs=None):
    """Layers of [exclusions]: name -> GeoDataFrame (name of the place, area in m2, fields, geometry).

    Parameters
    ----------
    declared : mapping (text, LayerDeclaration)
    crs : text

    Returns
    -------
    mapping (text, table)
    """
    return {name: _named(read_layer(source, crs)) for name, source in declared.items()}


def read_statutory_layers(declared, crs=None):
    """Layers of the regimes: regime -> GeoDataFrame (kind, quantity, grade, area, geometry); area in m2.

    Parameters
    ----------
    declared : StatutoryDeclaration
    crs : text

    Returns
    -------
    mapping (text, table)
    """
    found = {}
    for regime, source in declared.layers.items():
        frame = read_layer(source, crs)
        made = {"regime": regime, "kind": source.fields.get("value")}
        if "kind" in source.fields:
            made["kind"] = _text(frame, source.fields["kind"])
        made = pd.DataFrame(made, index=frame.index)
        for key in ("quantity", "grade"):
            made[key] = numbers(frame, source.fields.get(key))
        made["area"] = areas(frame)
        found[regime] = _located(made, frame)
    return found


def areas(frame):
    """Area of each polygon on the ellipsoid, 0 where there is none.

    Returns
    -------
    vector (polygons), m2
    """
    geometry = np.asarray(frame.geometry.values, dtype=object)
    areal = np.isin(shapely.get_type_id(geometry), (3, 6))
    return ellipsoidal_area(np.where(areal, geometry, None), grid.read_crs(frame.crs))


def _kinds(frame):
    """Ecosystem type of the land, where the layer says it: what a density table needs without a study."""
    return {"kind_now": numbers(frame, "kind_now")} if "kind_now" in frame.columns else {}


def _named(frame):
    name = next((column for column in ("name", "unit_name", "id") if column in frame.columns), None)
    frame = frame.assign(area=areas(frame))
    return frame if name == "name" else frame.assign(name=_text(frame, name) if name else frame.index.astype(str))


def _text(frame, field):
    """A field as text, empty where absent."""
    if field is None or field not in frame.columns:
        return pd.Series([None] * len(frame), index=frame.index, dtype="object")
    values = frame[field]
    if pd.api.types.is_float_dtype(values) and (values.dropna() % 1 == 0).all():
        values = values.astype("Int64")
    return texts(values)


def texts(values):
    """Stripped text of each value, None where it is blank: vector (rows) of objects."""
    stripped = [None if missing else str(value).strip() or None for value, missing in zip(values, values.isna(), strict=True)]
    return pd.Series(stripped, index=values.index, dtype="object")


def numbers(frame, field):
    """A field as numbers, empty where absent or blank.

    Parameters
    ----------
    frame : table (fields)
    field : text

    Returns
    -------
    vector (rows), 1

    Raises
    ------
    InputError
        VALUE_OUT_OF_RANGE for a text that is no number.
    """
    if field is None or field not in frame.columns:
        return pd.Series(np.nan, index=frame.index)
    values = pd.to_numeric(frame[field], errors="coerce").astype(float)
    wrong = values.isna() & texts(frame[field]).notna()
    if wrong.any():
        found = [f"{field} = {value}" for value in dict.fromkeys(frame[field][wrong])]
        rows = [f"row {row + 1}" for row in np.flatnonzero(wrong)]
        layer = frame.attrs.get("path", "layer")
        raise InputError("VALUE_OUT_OF_RANGE", layer=layer, features=rows, found=found, expected="a number")
    return values


def _located(made, frame):
    located = geopandas.GeoDataFrame(made, geometry=np.asarray(frame.geometry.values, dtype=object), crs=frame.crs)
    located.attrs.update(frame.attrs)
    located.attrs["columns"] = tuple(str(column) for column in frame.columns)
    return located
