"""Double use: one candidate, one right or one piece of land that makes up for two things, or is occupied twice, at one time."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
import shapely

from ecoval.errors import InputError
from ecoval.findings import Finding, Location, finding
from ecoval.grid import CRS
from ecoval.ledger.entries import Entry, geometry_of
from ecoval.ledger.schema import IN_FORCE
from ecoval.units.polygon_area import ellipsoidal_area, metres_per_unit

STRIP_WIDTH = 0.1  # m: mean width up to which a common strip comes of drawing
LEAST_AREA = 1.0  # m2
SHARE_TOLERANCE = 1e-9
COLUMNS = ("code", "level", "layer", "features", "found", "expected", "en", "zh")
_FOREVER = 1_000_000
_FIELDS = "e.fid, e.entry_id, e.entry, e.project_id, e.patch_id, e.candidate_id, e.option_id, e.share, e.year"
_AT_ONE_TIME = f"{IN_FORCE} AND e.fid < :before AND e.year < :end AND (e.end_year IS NULL OR e.end_year > :year)"


def conflict(code: str, **fields: Any) -> Finding:
    """Finding about the ledger; `features` are the entries that it concerns."""
    return finding(code, "error", Location("ledger", tuple(str(each) for each in fields["features"])), **fields)


def table_of(conflicts: Iterable[Finding]) -> pd.DataFrame:
    """Findings as a table.

    Parameters
    ----------
    conflicts : any number

    Returns
    -------
    table (code, level, layer, features, found, expected, en, zh)
    """
    rows = []
    for each in conflicts:
        fields = dict(each.fields)
        compared = (_plain(fields.get(name, "-")) for name in ("features", "found", "expected"))
        rows.append((each.code, each.level, each.place.part, *compared, each.in_language("en"), each.in_language("zh")))
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype("str")


def of_entry(connection: sqlite3.Connection, entry: Entry, crs: CRS, before: int = _FOREVER**2) -> list[Finding]:
    """What an entry would use a second time, among the entries in force with a smaller number.

    Parameters
    ----------
    entry : its polygon in the CRS of the ledger

    Returns
    -------
    list of Finding
    """
    if entry.entry == "reversal":
        return []
    when = {"before": before, "year": entry.year, "end": entry.end_year if entry.end_year is not None else _FOREVER}
    double_uses: list[Finding] = []
    if entry.entry == "credit":
        double_uses += _of_candidate(connection, entry, when)
        double_uses += _of_right(connection, entry, when)
    return double_uses + _of_land(connection, entry, crs, when)


def refuse_others(connection: sqlite3.Connection, projects: Iterable[str], transaction_id: str) -> None:
    """Refuse a transaction of projects of which another one is in force.

    Parameters
    ----------
    connection : that of the writer, who holds the lock: between looking and writing nobody else writes

    Raises
    ------
    InputError
    """
    query = f"SELECT DISTINCT e.transaction_id FROM entries e WHERE e.project_id = ? AND e.transaction_id <> ? AND {IN_FORCE}"
    for project in sorted(projects):
        transactions = sorted(name for (name,) in connection.execute(query, (project, transaction_id)))
        if transactions:
            raise InputError("offset_booked_already", project=project, transactions=transactions)


def _of_candidate(connection: sqlite3.Connection, entry: Entry, when: dict[str, Any]) -> list[Finding]:
    rows = _rows(connection, "e.candidate_id = :candidate AND e.entry = 'credit'", {**when, "candidate": entry.candidate_id})
    for row in rows:
        if row["project_id"] != entry.project_id:
            return [_conflict("ledger_candidate_used", entry, row)]
        if (row["option_id"], row["year"]) == (entry.option_id, entry.year):
            return [_conflict("ledger_used_twice", entry, row, option=entry.option_id or "-", year=entry.year)]
    total = sum(row["share"] for row in rows) + (entry.share or 0.0)
    if total > 1 + SHARE_TOLERANCE:
        return [_conflict("ledger_share_exceeded", entry, rows[-1], found=total, expected=1.0)]
    return []


def _of_right(connection: sqlite3.Connection, entry: Entry, when: dict[str, Any]) -> list[Finding]:
    if entry.right_id is None:
        return []
    rows = _rows(connection, "e.right_id = :right AND e.entry = 'credit'", {**when, "right": entry.right_id})
    return [
        _conflict("ledger_right_used", entry, row, right=entry.right_id) for row in rows if row["project_id"] != entry.project_id
    ][:1]


def _of_land(connection: sqlite3.Connection, entry: Entry, crs: CRS, when: dict[str, Any]) -> list[Finding]:
    if entry.geometry is None:
        return []
    left, bottom, right, top = entry.geometry.bounds
    box = {"left": left, "bottom": bottom, "right": right, "top": top}
    near = (
        "e.fid IN (SELECT id FROM rtree_entries_geom WHERE maxx >= :left AND minx <= :right AND maxy >= :bottom AND miny <= :top)"
    )
    rows = [row for row in _rows(connection, near, {**when, **box}, ", e.geom") if not _same_use(entry, row)]
    if not rows:
        return []
    common = shapely.intersection(entry.geometry, np.array([geometry_of(row["geom"]) for row in rows], dtype=object))
    length = shapely.length(common)
    width = np.divide(2 * shapely.area(common), length, out=np.zeros(len(rows)), where=length > 0)
    wide = np.flatnonzero(width * metres_per_unit(crs) > STRIP_WIDTH)
    area = ellipsoidal_area(_areal(common[wide]), crs)
    return [
        _conflict("ledger_land_used", entry, rows[place], found=float(size), expected=LEAST_AREA)
        for place, size in zip(wide, area, strict=True)
        if size > LEAST_AREA
    ]


def _same_use(entry: Entry, row: sqlite3.Row) -> bool:
    """Whether both are of one project, and both debits or both the same candidate: then land is no second use by itself."""
    if row["entry"] != entry.entry:
        return False
    if row["entry"] == "debit":
        return bool(row["project_id"] == entry.project_id)
    return bool(row["candidate_id"] == entry.candidate_id)  # told by candidate, whichever project it is


def _areal(shapes: np.ndarray) -> np.ndarray:
    """Shapes with the lines and points of collections left out."""
    polygons = shapes.copy()
    for place in np.flatnonzero(shapely.get_type_id(shapes) == shapely.GeometryType.GEOMETRYCOLLECTION):
        parts = shapely.get_parts(shapes[place])
        polygons[place] = shapely.union_all(parts[shapely.get_dimensions(parts) == 2])
    return polygons


def _rows(connection: sqlite3.Connection, condition: str, values: dict[str, Any], more: str = "") -> list[sqlite3.Row]:
    cursor = connection.cursor()
    cursor.row_factory = sqlite3.Row
    order = f"SELECT {_FIELDS}{more} FROM entries e WHERE {condition} AND {_AT_ONE_TIME} ORDER BY e.fid"
    return cursor.execute(order, values).fetchall()


def _conflict(code: str, entry: Entry, row: sqlite3.Row, **fields: Any) -> Finding:
    shared = {"features": [entry.name], "project": entry.project_id, "entry": row["entry_id"], "other": row["project_id"]}
    return conflict(code, **{"found": row["entry_id"], "expected": "-", "since": row["year"], **shared, **fields})


def _plain(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return " ".join(str(each) for each in value)
    return f"{value:.6g}" if isinstance(value, float) else str(value)
