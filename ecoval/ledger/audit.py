"""Check of a whole ledger: nothing changed, nothing removed, nothing added by another hand, nothing used twice."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from ecoval.findings import Finding
from ecoval.grid import CRS
from ecoval.ledger import conflicts, schema
from ecoval.ledger.conflicts import conflict
from ecoval.ledger.entries import FIRST_HASH, Entry, Quantity, combined, geometry_of, sealed

_FIELDS = (*schema.ENTRY_FIELDS, "previous", "hash")

Stored = tuple[dict[str, Any], bytes | None, tuple[Quantity, ...]]  # fields of an entry, its polygon as stored, its quantities


def findings(connection: sqlite3.Connection, crs: CRS, head: str | None = None) -> Iterator[Finding]:
    """Findings of one state of the ledger.

    Parameters
    ----------
    head : hash of the last entry as it was told before; it must be in the chain

    Returns
    -------
    Finding
        One after another.
    """
    rows = rows_of(connection)
    yield from _guards(connection)
    yield from _chain(connection, rows, head)
    yield from _transactions(connection, rows)
    yield from _index(connection, rows)
    ended = {row["reverses"] for row, *_ in rows if row["reverses"]}
    for row, blob, quantities in rows:
        if row["entry"] != "reversal" and row["entry_id"] not in ended:
            yield from conflicts.of_entry(connection, entry_of(row, blob, quantities), crs, row["fid"])


def rows_of(connection: sqlite3.Connection, entry_ids: list[str] | None = None) -> list[Stored]:
    """Fields, polygon as stored, and quantities of all entries or of some, in the order of writing."""
    parts: dict[str, list[Quantity]] = defaultdict(list)
    for entry_id, *rest in connection.execute(f"SELECT entry_id, {', '.join(schema.QUANTITY_FIELDS)} FROM quantities ORDER BY fid"):
        parts[entry_id].append(tuple(rest))
    stored = []
    for fid, blob, *values in connection.execute(f"SELECT fid, geom, {', '.join(_FIELDS)} FROM entries ORDER BY fid"):
        row = {"fid": fid, **dict(zip(_FIELDS, values, strict=True))}
        if entry_ids is None or row["entry_id"] in entry_ids:
            stored.append((row, blob, tuple(parts.pop(row["entry_id"], ()))))
    return stored


def entry_of(row: dict[str, Any], blob: bytes | None, quantities: tuple[Quantity, ...]) -> Entry:
    """Entry of a row."""
    names = ("entry", "project_id", "year", "patch_id", "candidate_id", "option_id", "right_id", "share", "end_year", "area")
    fields = {name: row[name] for name in (*names, "reverses", "note")}
    return Entry(**fields, geometry=geometry_of(blob), quantities=quantities)


def _guards(connection: sqlite3.Connection) -> Iterator[Finding]:
    there = dict(connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"))
    for name, statement in schema.guards().items():
        if there.get(name) != statement:
            yield conflict("ledger_guard_missing", features=[name], found=there.get(name) or "-", expected=name)


def _chain(connection: sqlite3.Connection, rows: list[Stored], head: str | None) -> Iterator[Finding]:
    previous, seals = FIRST_HASH, {FIRST_HASH}
    for number, (row, blob, quantities) in enumerate(rows, start=1):
        where = {"features": [row["entry_id"]], "number": row["fid"]}
        if row["fid"] != number or row["previous"] != previous:
            yield conflict("ledger_entry_removed", **where, found=row["previous"][:12], expected=previous[:12])
            if row["fid"] != number:
                break  # what follows stands on what is not there
        content = _stored(row, blob, quantities)
        seal = sealed(content, row["fid"], row["entry_id"], row["transaction_id"], row["written"], row["previous"])
        if seal != row["hash"]:
            yield conflict("ledger_entry_changed", **where, found=seal[:12], expected=row["hash"][:12])
        previous = row["hash"]
        seals.add(previous)
    last = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'entries'").fetchone()
    if last is not None and last[0] != len(rows):
        yield conflict("ledger_end_removed", features=[last[0]], found=len(rows), expected=last[0])
    if head is not None and head not in seals:
        yield conflict("ledger_head_unknown", features=[head[:12]], found=previous[:12], expected=head[:12])


def _stored(row: dict[str, Any], blob: bytes | None, quantities: tuple[Quantity, ...]) -> str:
    plain = {
        name: row[name] for name in ("patch_id", "candidate_id", "option_id", "right_id", "share", "end_year", "area", "reverses")
    }
    entry = Entry(row["entry"], row["project_id"], row["year"], **plain, note=row["note"], quantities=quantities)
    return entry.content(blob)


def _transactions(connection: sqlite3.Connection, rows: list[Stored]) -> Iterator[Finding]:
    parts: dict[str, list[str]] = defaultdict(list)
    for row, blob, quantities in rows:
        parts[row["transaction_id"]].append(_stored(row, blob, quantities))
    recorded = {
        name: (count, content)
        for name, count, content in connection.execute("SELECT transaction_id, entries, content FROM transactions")
    }
    for name in sorted({*recorded, *parts}):
        count, content = recorded.get(name, (0, ""))
        if (count, content) != (len(parts[name]), combined(parts[name])):
            yield conflict("ledger_transaction_broken", features=[name], found=len(parts[name]), expected=count)
    stray = connection.execute("SELECT count(*) FROM quantities WHERE entry_id NOT IN (SELECT entry_id FROM entries)").fetchone()[0]
    if stray:
        yield conflict("ledger_quantities_stray", features=["quantities"], found=stray, expected=0)


def _index(connection: sqlite3.Connection, rows: list[Stored]) -> Iterator[Finding]:
    """Whether the spatial index, by which double use is looked for, has every polygon within its box."""
    boxes = {number: box for number, *box in connection.execute("SELECT id, minx, miny, maxx, maxy FROM rtree_entries_geom")}
    shapes = {row["fid"]: (row["entry_id"], geometry_of(blob).bounds) for row, blob, _ in rows if blob is not None}
    wrong = [name for fid, (name, bounds) in shapes.items() if fid not in boxes or not _within(bounds, boxes[fid])]
    if wrong or len(boxes) != len(shapes):
        yield conflict("ledger_index_broken", features=wrong or ["rtree_entries_geom"], found=len(boxes), expected=len(shapes))


def _within(bounds: tuple[float, ...], box: list[float]) -> bool:
    return box[0] <= bounds[0] and box[1] <= bounds[1] and box[2] >= bounds[2] and box[3] >= bounds[3]
