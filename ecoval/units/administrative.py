"""Administrative units from what offices hold: read, repaired with a report, and arranged in levels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import geopandas
import numpy as np
import pandas as pd
import shapely

from ecoval import grid
from ecoval.errors import InputError
from ecoval.findings import Finding
from ecoval.units import codes, datum, findings, hierarchy, repair, topology, validation, vectors
from ecoval.units.findings import finding
from ecoval.units.spatial import SpatialUnits

OVERLAP_TOLERANCE = 1.0
ADDITIVE_TOLERANCE = 1e-9
PIPELINE_TARGET = "EPSG:4490"


def administrative(
    path: vectors.Readable,
    id: str,
    name: str | None = None,
    parent: str | None = None,
    level: str | None = None,
    *,
    parent_name: str | None = None,
    layer: str | None = None,
    crs: object = None,
    encoding: str | None = None,
    datum: str | None = None,
    pipeline: str | None = None,
    repair: bool = True,
    levels: Sequence[str] | None = None,
    tolerance: float = OVERLAP_TOLERANCE,
) -> SpatialUnits:
    """Administrative units of a vector layer, with a report of what was found and done.

    Parameters
    ----------
    path : any vector file or folder that `vectors.read` opens, or a GeoDataFrame
    id : field of the codes. Numbers become text.
    name : field of the names; default the codes
    parent : field of the codes of the units above. Default: from the digits of GB/T 2260 codes (6, 9 or 12 digits).
    level : field of the levels, or one level for all rows. Default: from the digits.
    parent_name : field of the names of the units above, for those that are made by dissolving
    layer, crs, encoding : layer where there are several; CRS where the file carries none; encoding of a shapefile
    datum : choice {gcj02, bd09}
        Undoes the displacement of Chinese web maps. Unofficial; recognise such a layer by boundaries that lie some 100 to
        700 m (BD-09: up to 1500 m) off satellite images, all to the same side. Needs longitudes and latitudes.
    pipeline : PROJ pipeline from the layer's coordinates to degrees on CGCS2000, for Beijing 1954, Xi'an 1980 or local datums
    repair : False refuses what True would mend, leave out or dissolve
    levels : list of text
        Levels of the units wanted, for example ("county", "prefecture", "province"), the lowest first; those that the layer
        has not are dissolved from its lowest units. Default: the units of the layer.
    tolerance : number, m2, >= 0
        Overlaps and gaps up to this size are rounding and not reported.

    Returns
    -------
    SpatialUnits
        `report` is a table (finding, severity, unit_id, quantity, uom, text, text_zh).

    Raises
    ------
    InputError
        A code with several names, rows that are points or lines, a level without a unit, a displaced datum in a projected
        CRS, and what `vectors.read` refuses.
    """
    source = vectors.read(path, layer=layer, crs=crs, encoding=encoding)
    report = list(source.findings)
    rows = _rows(source, {"unit_id": id, "name": name, "parent_id": parent, "parent_name": parent_name}, level, report)
    fields = _fields(source, rows)
    rows, target = _placed(rows, grid.read_crs(source.frame.crs), datum, pipeline, report)
    if repair:
        rows = _repaired(rows, target, report)
    rows["name"] = _names(rows, name, report)
    units = SpatialUnits(_frame(rows, target))
    rows["geometry"] = units.geometry
    branches = hierarchy.tree(rows, levels)
    unmatched = _measure(rows, branches, target, tolerance, report)
    table = _levelled(rows, branches, levels, unmatched, report)
    _add_up(table, target, tolerance, report)
    table.insert(2, "kind", "administrative")
    units = SpatialUnits(_frame(table, target), findings.table(report))
    own = fields.reindex(units.frame["unit_id"]).reset_index(drop=True)
    fixed = {field: units.frame[column] for field, column in ((id, "unit_id"), (name, "name"), (parent, "parent_id")) if field}
    own = own.assign(**{field: values for field, values in fixed.items() if field in own.columns})
    return SpatialUnits(units.frame.assign(**{str(field): own[field] for field in own.columns}), units.report)


def _rows(source: vectors.Layer, fields: dict[str, str | None], level: str | None, report: list[Finding]) -> pd.DataFrame:
    """Table (unit_id, name, parent_id, parent_name, level, geometry) of text and geometry."""
    frame = source.frame
    columns: dict[str, np.ndarray] = {}
    for target, field in fields.items():
        columns[target] = np.full(len(frame), None, dtype=object)
        if field is None:
            continue
        values = frame[vectors.column(frame, field, source.name)]
        if target in ("unit_id", "parent_id"):
            columns[target], changes = codes.normalised(values)
            report.extend(changes)
        else:
            columns[target] = validation.as_text(values)
    if level is not None and level in frame.columns:
        columns["level"] = validation.as_text(frame[level])
    else:
        columns["level"] = np.full(len(frame), level, dtype=object)
    columns["geometry"] = np.asarray(frame.geometry.values, dtype=object)
    if not len(frame):
        raise InputError("units_empty")
    return pd.DataFrame(columns, dtype=object)


def _fields(source: vectors.Layer, rows: pd.DataFrame) -> pd.DataFrame:
    """The fields of the layer by unit, so that what named them finds them in the result; empty where rows of one unit differ."""
    own = {*(name.casefold() for name in validation.COLUMNS), "fid"}  # in which a GeoPackage counts its rows
    geometry = source.frame.geometry.name
    fields = [name for name in source.frame.columns if name != geometry and str(name).casefold() not in own]
    units = pd.DataFrame(source.frame[fields]).reset_index(drop=True).groupby(rows["unit_id"].to_numpy())
    return units.first().where(units.nunique(dropna=False) == 1)  # noqa: PD101  of each group


def _placed(
    rows: pd.DataFrame, crs: grid.CRS, displaced: str | None, pipeline: str | None, report: list[Finding]
) -> tuple[pd.DataFrame, grid.CRS]:
    """Rows with the displacement of a datum undone or a pipeline applied, and their CRS."""
    if displaced is not None and pipeline is not None:
        raise InputError("datum_and_pipeline")
    if displaced is not None:
        geometry = datum.converted(rows["geometry"].to_numpy(), crs, displaced)
        report.append(finding("datum_converted", "warning", datum=displaced))
        return rows.assign(geometry=geometry), crs
    if pipeline is not None:
        target = grid.read_crs(PIPELINE_TARGET)
        moved = grid.transformation(crs, target, pipeline)
        geometry = shapely.transform(
            rows["geometry"].to_numpy(), lambda points: np.column_stack(moved.transform(points[:, 0], points[:, 1]))
        )
        _refuse_no_degrees(geometry, pipeline)
        report.append(finding("pipeline_applied", "note", pipeline=pipeline))
        return rows.assign(geometry=geometry), target
    return rows, crs


def _refuse_no_degrees(geometry: np.ndarray, pipeline: str) -> None:
    left, bottom, right, top = shapely.total_bounds(geometry)
    if not (left >= -360 and right <= 360 and bottom >= -90 and top <= 90):
        raise InputError("pipeline_no_degrees", pipeline=pipeline, bounds=f"{left:.8g} {bottom:.8g} {right:.8g} {top:.8g}")


def _repaired(rows: pd.DataFrame, crs: grid.CRS, report: list[Finding]) -> pd.DataFrame:
    rows = repair.flat(rows, report)
    rows = repair.present(rows, crs, report)
    rows = repair.sound(rows, crs, report)
    return repair.joined(rows, crs, report)


def _names(rows: pd.DataFrame, name: str | None, report: list[Finding]) -> pd.Series:
    absent = rows["name"].isna()
    if name is not None and absent.any():
        report.append(finding("name_missing", "note", " ".join(rows.loc[absent, "unit_id"]), count=int(absent.sum())))
    return rows["name"].where(~absent, rows["unit_id"])


def _frame(rows: pd.DataFrame, crs: grid.CRS) -> geopandas.GeoDataFrame:
    columns = [column for column in validation.COLUMNS if column in rows.columns]
    return geopandas.GeoDataFrame(rows[columns], geometry="geometry", crs=crs)


def _measure(rows: pd.DataFrame, branches: hierarchy.Tree, crs: grid.CRS, tolerance: float, report: list[Finding]) -> set[str]:
    """Overlaps, gaps and slivers among the units of each level; the units whose edges do not match."""
    unmatched: set[str] = set()
    ids, geometry = rows["unit_id"].to_numpy(), rows["geometry"].to_numpy()
    floor = np.array([branches.level.get(unit) or str(branches.depth(unit)) for unit in ids])
    for level in dict.fromkeys(floor):
        members = np.flatnonzero(floor == level)
        shapes, names = geometry[members], ids[members]
        loose = topology.loose(shapes)
        unmatched.update(names[loose])
        for pair in topology.overlaps(shapes, crs, tolerance, loose):
            report.append(finding("overlap", "warning", f"{names[pair.first]} {names[pair.second]}", pair.area))
        for gap in topology.gaps(shapes, crs, tolerance, loose):
            report.append(finding("gap", "warning", " ".join(names[list(gap.neighbours)]), gap.area))
        for sliver in topology.slivers(shapes, crs):
            report.append(finding("sliver", "warning", names[sliver.unit], sliver.area, parts=sliver.parts))
    return unmatched


def _levelled(
    rows: pd.DataFrame, branches: hierarchy.Tree, levels: Sequence[str] | None, unmatched: set[str], report: list[Finding]
) -> pd.DataFrame:
    """Rows with level and parent, of the levels asked for."""
    unplaced = [unit for unit in rows["unit_id"] if unit not in branches.level and unit not in branches.parent]
    if unplaced:
        severity = "note" if levels is None else "warning"
        report.append(finding("hierarchy_absent", severity, " ".join(unplaced[:50]), count=len(unplaced)))
    if levels is None:
        places: dict[str, Any] = {
            "level": [branches.level.get(unit) for unit in rows["unit_id"]],
            "parent_id": [branches.parent.get(unit) for unit in rows["unit_id"]],
        }
        return rows[["unit_id", "name", "geometry"]].assign(**places)
    table, dissolved = hierarchy.dissolved(rows, branches, levels, unmatched)
    for level, count in dissolved.items():
        if count:
            report.append(finding("level_dissolved", "note", count=count, level=level))
    gone = [unit for unit in branches.leaves() if not set(branches.chain(unit)) & set(table["unit_id"])]
    if gone:
        report.append(finding("unit_outside_levels", "error", " ".join(gone[:50]), count=len(gone), levels=" ".join(levels)))
    standing = table[~table["level"].isin(list(levels))]
    for unit, level in zip(standing["unit_id"], standing["level"], strict=True):
        report.append(finding("unit_stands_in", "note", unit, level=str(level)))
    return table


def _add_up(table: pd.DataFrame, crs: grid.CRS, tolerance: float, report: list[Finding]) -> None:
    """Whether the units below each unit add up to it."""
    sums = hierarchy.additivity(table, crs)
    if sums.empty:
        return
    off = sums["difference"].abs() > np.maximum(tolerance, ADDITIVE_TOLERANCE * sums["area"])
    row: Any
    for row in sums[off].itertuples():
        report.append(finding("not_additive", "warning", row.unit_id, float(row.difference), children=int(row.children)))
    sound = sums[~off]
    if len(sound):
        at: Any = sound["difference"].abs().idxmax()
        largest: Any = sound.loc[at, "difference"]
        report.append(finding("additive", "note", quantity=float(largest), count=len(sound)))
