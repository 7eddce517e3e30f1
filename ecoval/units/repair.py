"""Rows of a layer made into units: what is absent is left out, what is broken is mended, what belongs together is joined.

Each function takes and gives a table (unit_id, name, geometry, ...) and adds what it did to the findings, with areas in m2.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import shapely

from ecoval.errors import InputError
from ecoval.findings import Finding
from ecoval.units import topology, validation
from ecoval.units.findings import finding
from ecoval.units.polygon_area import ellipsoidal_area


def flat(rows: pd.DataFrame, findings: list[Finding]) -> pd.DataFrame:
    """Rows without Z and M.

    Parameters
    ----------
    rows : table (unit_id, geometry)
    findings : list of Finding
        Added to.

    Returns
    -------
    table (unit_id, geometry)
    """
    geometry = rows["geometry"].to_numpy()
    deep = shapely.has_z(geometry) | shapely.has_m(geometry)
    if deep.any():
        findings.append(finding("dimension_dropped", "note", count=int(deep.sum())))
    return rows.assign(geometry=shapely.force_2d(geometry))


def present(rows: pd.DataFrame, crs: object, findings: list[Finding]) -> pd.DataFrame:
    """Rows that have a geometry and a code; each one left out is reported.

    Parameters
    ----------
    rows : table (unit_id, geometry)
    crs : CRS, as text or as pyproj CRS
    findings : list of Finding
        Added to.

    Returns
    -------
    table (unit_id, geometry)
    """
    geometry = rows["geometry"].to_numpy()
    absent = shapely.is_missing(geometry) | shapely.is_empty(geometry)
    nameless = rows["unit_id"].isna().to_numpy() & ~absent
    for position in np.flatnonzero(absent):
        code = rows["unit_id"].iloc[position]
        findings.append(finding("geometry_missing", "error", "" if pd.isna(code) else code, row=int(position) + 1))
    for position in np.flatnonzero(nameless):
        area = ellipsoidal_area(validation.areal_parts(geometry[[position]]), crs)[0]
        findings.append(finding("code_missing", "error", "", float(area), row=int(position) + 1))
    complete: pd.DataFrame = rows[~absent & ~nameless].reset_index(drop=True)
    return complete


def sound(rows: pd.DataFrame, crs: object, findings: list[Finding]) -> pd.DataFrame:
    """Rows with valid polygons; lines and points of collections are left out, rings that cross are parted.

    Parameters
    ----------
    rows : table (unit_id, geometry)
    crs : CRS, as text or as pyproj CRS
    findings : list of Finding
        Added to; the quantity of a repaired ring is the change of the area.

    Returns
    -------
    table (unit_id, geometry)

    Raises
    ------
    InputError
        Rows that are points or lines.
    """
    ids, geometry = rows["unit_id"].to_numpy(), rows["geometry"].to_numpy()
    mixed = shapely.get_type_id(geometry) == shapely.GeometryType.GEOMETRYCOLLECTION
    areal = np.where(mixed, validation.areal_parts(geometry), geometry)
    hollow = mixed & shapely.is_empty(areal)
    validation.refuse_not_areal(np.where(hollow, geometry, areal), ids)
    for position in np.flatnonzero(mixed):
        findings.append(finding("lines_dropped", "warning", ids[position]))
    invalid = np.flatnonzero(~shapely.is_valid(areal))
    whole = areal.copy()
    whole[invalid] = validation.mended(areal[invalid])
    change = ellipsoidal_area(whole[invalid], crs) - ellipsoidal_area(areal[invalid], crs)
    for position, area in zip(invalid, change, strict=True):
        reason = shapely.is_valid_reason(areal[position])
        findings.append(finding("ring_repaired", "warning", ids[position], float(area), reason=reason))
    lost = shapely.is_empty(whole)
    for position in np.flatnonzero(lost):
        findings.append(finding("geometry_missing", "error", ids[position], row=int(position) + 1))
    valid: pd.DataFrame = rows.assign(geometry=whole)[~lost].reset_index(drop=True)
    return valid


def joined(rows: pd.DataFrame, crs: object, findings: list[Finding]) -> pd.DataFrame:
    """One row per code: rows of one code and one name, such as one row per island, are dissolved.

    Parameters
    ----------
    rows : table (unit_id, name, geometry)
    crs : CRS, as text or as pyproj CRS
    findings : list of Finding
        Added to; the quantity is the area of the joined unit.

    Returns
    -------
    table (unit_id, name, geometry)

    Raises
    ------
    InputError
        Codes that stand with several names.
    """
    sizes = rows.groupby("unit_id", sort=False).size()
    repeated = sizes.index[sizes > 1]
    if not len(repeated):
        return rows
    _refuse_other_names(rows, repeated)
    whole = rows.drop_duplicates("unit_id").reset_index(drop=True)
    geometry = dict(zip(whole["unit_id"], whole["geometry"], strict=True))
    for code in repeated:
        parts = rows.loc[rows["unit_id"] == code, "geometry"].to_numpy()
        union = topology.united(parts)
        geometry[code] = union
        area = ellipsoidal_area(np.array([union, *parts], dtype=object), crs)
        twice = max(float(area[1:].sum() - area[0]), 0.0)
        findings.append(finding("parts_dissolved", "note", code, float(area[0]), rows=len(parts), twice=twice))
    return whole.assign(geometry=pd.Series(geometry.values(), dtype=object))


def _refuse_other_names(rows: pd.DataFrame, repeated: pd.Index) -> None:
    twice = rows[rows["unit_id"].isin(repeated)]
    names = twice.groupby("unit_id", sort=False)["name"].unique()
    conflicts = [f"{code} ({' / '.join(str(each) for each in several)})" for code, several in names.items() if len(several) > 1]
    if conflicts:
        raise InputError("unit_codes_conflict", count=len(conflicts), codes=conflicts)
