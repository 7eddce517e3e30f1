"""Ledger: what projects occupy and what makes up for it, entry by entry, kept for good."""

from __future__ import annotations

import datetime
import sqlite3
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import geopandas
import pandas as pd

from ecoval import grid
from ecoval.errors import InputError
from ecoval.ledger import audit, conflicts, entries, schema, store
from ecoval.ledger.entries import FIRST_HASH, Entry, Quantity


class Receipt(NamedTuple):
    """What came of writing: `written` is False where the transaction stood there already, `head` the hash of the last entry."""

    transaction_id: str
    entry_ids: tuple[str, ...]
    written: bool
    head: str


class Ledger:
    """A ledger in a GeoPackage.

    Entries are added and never changed; what was wrong is reversed by a further entry. A transaction is written whole or not at
    all, and once: a second write with the same id and content does nothing. Any number of processes may write.

    Parameters
    ----------
    path : of a ledger that is there; see `open`
    patience : number, 1, > 0
        Seconds to wait for another writer.
    """

    def __init__(self, path: str | Path, patience: float = store.PATIENCE) -> None:
        self.path = Path(path)
        self.patience = patience
        with store.reading(self.path, patience) as connection:
            self._srs_id, self.crs = store.read_crs(connection)

    @classmethod
    def open(cls, path: str | Path, crs: Any = None, patience: float = store.PATIENCE) -> Ledger:
        """Ledger of a file, made where it is absent.

        Parameters
        ----------
        path : .gpkg
        crs : CRS of the polygons of a new ledger; default EPSG:4490
        patience : number, 1, > 0

        Raises
        ------
        InputError
            A file that is no ledger, or that cannot be opened or written.
        """
        store.prepare(Path(path), crs, patience)
        return cls(path, patience)

    def debit(
        self,
        project_id: str,
        patches: pd.DataFrame,
        quantities: pd.DataFrame | None = None,
        *,
        transaction_id: str,
        year: int | None = None,
        note: str | None = None,
    ) -> Receipt:
        """Write what a project occupies, at occupation.

        Parameters
        ----------
        patches, quantities : see `entries.debits_of`
        transaction_id : told by the caller: the same write twice is one
        year : number, yr

        Raises
        ------
        InputError
            Wrong tables, and land that is used already.
        """
        debits = entries.debits_of(project_id, patches, quantities, year=year, note=note)
        return self.write(transaction_id, debits, entries.crs_of(patches))

    def credit(
        self,
        project_id: str,
        candidates: pd.DataFrame,
        quantities: pd.DataFrame | None = None,
        *,
        transaction_id: str,
        year: int | None = None,
        note: str | None = None,
    ) -> Receipt:
        """Write candidates that make up for a loss, at delivery.

        Parameters
        ----------
        candidates, quantities : see `entries.credits_of`
        year : number, yr

        Raises
        ------
        InputError
            Wrong tables, and candidates, shares, rights or land that are used already.
        """
        credits = entries.credits_of(project_id, candidates, quantities, year=year, note=note)
        return self.write(transaction_id, credits, entries.crs_of(candidates))

    def write(self, transaction_id: str, rows: list[Entry], crs: Any = None, alone: bool = False) -> Receipt:
        """Write entries as one transaction.

        Parameters
        ----------
        rows : list of Entry
            Of `debits_of` and `credits_of`, also both.
        crs : CRS of their polygons; default that of the ledger
        alone : whether nothing else of the same project may be in force

        Raises
        ------
        InputError
            The first double use; another content under the same id, or the same that was reversed since; nothing to write.
        """
        rows = entries.carried(rows, self.crs if crs is None else grid.read_crs(crs), self.crs)
        with store.writing(self.path, self.patience) as connection:
            if alone:
                conflicts.refuse_others(connection, {entry.project_id for entry in rows}, transaction_id)
            return self._written(connection, transaction_id, rows)

    def reverse(self, entry_ids: Iterable[str], *, transaction_id: str, reason: str, year: int | None = None) -> Receipt:
        """Take entries back by entries of their own; what they used is free again.

        Parameters
        ----------
        year : number, yr
            Default: that of each entry.

        Raises
        ------
        InputError
            Entries that are not there, are reversals, or have been reversed.
        """
        names = list(dict.fromkeys(entry_ids))
        with store.writing(self.path, self.patience) as connection:
            there = {row["entry_id"]: (row, quantities) for row, _, quantities in audit.rows_of(connection, names)}
            ended = set()
            if connection.execute("SELECT 1 FROM transactions WHERE transaction_id = ?", (transaction_id,)).fetchone() is None:
                ended = {name for (name,) in connection.execute("SELECT reverses FROM entries WHERE reverses IS NOT NULL")}
            bad = [name for name in names if name not in there or name in ended or there[name][0]["entry"] == "reversal"]
            if bad:
                raise InputError("ledger_not_reversible", entries=bad, path=str(self.path), expected=len(names))
            return self._written(connection, transaction_id, [_reversal(*there[name], reason, year) for name in names])

    def entries(self) -> geopandas.GeoDataFrame:
        """All entries in the order of writing.

        Returns
        -------
        table (entry_id, transaction_id, entry, project_id, patch_id, candidate_id, option_id, right_id, share, year, end_year)
            Behind them area, reverses, note, written, previous, hash, geometry, and in_force: False for reversals and what they
            reversed. Area in m2.
        """
        with store.reading(self.path, self.patience) as connection:
            rows = audit.rows_of(connection)
        table = pd.DataFrame([row for row, *_ in rows], columns=["fid", *schema.ENTRY_FIELDS, "previous", "hash"])
        ended = set(table["reverses"].dropna())
        table["in_force"] = (table["entry"] != "reversal") & ~table["entry_id"].isin(ended)
        shapes = [entries.geometry_of(blob) for _, blob, _ in rows]
        return geopandas.GeoDataFrame(table.drop(columns="fid"), geometry=shapes, crs=self.crs)

    def quantities(self) -> pd.DataFrame:
        """Quantities of all entries; those of reversals are the negative of what they reversed.

        Returns
        -------
        table (entry_id, entry, project_id, year, service, area_kind, area_unit, quantity, uom)
        """
        names = ("entry_id", "entry", "project_id", "year", *schema.QUANTITY_FIELDS)
        query = (
            "SELECT e.entry_id, e.entry, e.project_id, e.year, q.service, q.area_kind, q.area_unit, q.quantity, q.uom"
            " FROM quantities q JOIN entries e ON e.entry_id = q.entry_id ORDER BY e.fid, q.fid"
        )
        with store.reading(self.path, self.patience) as connection:
            return pd.DataFrame(connection.execute(query).fetchall(), columns=list(names))

    def balance(self, project_id: str | None = None) -> pd.DataFrame:
        """Debits and credits in force, by project, service and area.

        Parameters
        ----------
        project_id : None: all projects

        Returns
        -------
        table (project_id, service, area_kind, area_unit, uom, debit, credit, net)
        """
        with store.reading(self.path, self.patience) as connection:
            query = (
                "SELECT e.project_id, q.service, q.area_kind, q.area_unit, q.uom,"
                " total(CASE e.entry WHEN 'debit' THEN q.quantity END), total(CASE e.entry WHEN 'credit' THEN q.quantity END)"
                f" FROM quantities q JOIN entries e ON e.entry_id = q.entry_id WHERE {schema.IN_FORCE}"
                " AND e.project_id = coalesce(?, e.project_id) GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5"
            )
            rows = connection.execute(query, (project_id,)).fetchall()
        names = ["project_id", "service", "area_kind", "area_unit", "uom", "debit", "credit"]
        table = pd.DataFrame(rows, columns=names)
        return table.assign(net=table["credit"] - table["debit"])

    def used(self, candidate_id: str, option_id: str | None = None, year: int | None = None) -> float:
        """Share of a candidate that is used.

        Parameters
        ----------
        candidate_id, option_id : None: every option
        year : number, yr
            None: in any year.
        """
        condition = "e.candidate_id = :candidate AND e.entry = 'credit' AND (:option IS NULL OR e.option_id = :option)"
        time = "(:year IS NULL OR (e.year <= :year AND (e.end_year IS NULL OR e.end_year > :year)))"
        query = f"SELECT total(e.share) FROM entries e WHERE {condition} AND {time} AND {schema.IN_FORCE}"
        with store.reading(self.path, self.patience) as connection:
            return float(connection.execute(query, {"candidate": candidate_id, "option": option_id, "year": year}).fetchone()[0])

    def conflicts(self, rows: list[Entry], crs: Any = None) -> pd.DataFrame:
        """What entries would use a second time, nothing written.

        Parameters
        ----------
        rows : list of Entry
        crs : as `write`

        Returns
        -------
        table (code, level, layer, features, found, expected, en, zh)
            Empty where there is nothing.
        """
        rows = entries.carried(rows, self.crs if crs is None else grid.read_crs(crs), self.crs)
        with store.reading(self.path, self.patience) as connection:
            return conflicts.table_of(each for entry in rows for each in conflicts.of_entry(connection, entry, self.crs))

    def head(self) -> str:
        """Hash of the last entry: printed in a statement it proves later that the ledger still holds what it held then."""
        with store.reading(self.path, self.patience) as connection:
            return _last(connection)[1]

    def check(self, head: str | None = None) -> pd.DataFrame:
        """Findings of the whole ledger: entries changed, removed or slipped in, guards taken away, double use.

        Parameters
        ----------
        head : a `head` told before

        Returns
        -------
        table (code, level, layer, features, found, expected, en, zh)
            Empty where all is well.
        """
        with store.reading(self.path, self.patience) as connection:
            return conflicts.table_of(audit.findings(connection, self.crs, head))

    def _written(self, connection: sqlite3.Connection, transaction_id: str, rows: list[Entry]) -> Receipt:
        if not rows or not transaction_id:
            raise InputError("ledger_nothing_to_write", path=str(self.path), transaction=transaction_id or "-", found=len(rows))
        blobs = [entries.blob_of(entry.geometry, self._srs_id) for entry in rows]
        contents = [entry.content(blob) for entry, blob in zip(rows, blobs, strict=True)]
        digest = entries.combined(contents)
        ids = tuple(f"{transaction_id}/{number}" for number in range(1, len(rows) + 1))
        there = connection.execute("SELECT content FROM transactions WHERE transaction_id = ?", (transaction_id,)).fetchone()
        number, head = _last(connection)
        if there is not None:
            if there[0] != digest:
                raise InputError("ledger_transaction_differs", path=str(self.path), transaction=transaction_id, entries=len(rows))
            _refuse_reversed(connection, self.path, transaction_id)
            return Receipt(transaction_id, ids, False, head)
        written = datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds")
        connection.execute(
            "INSERT INTO transactions (transaction_id, entries, content, written) VALUES (?, ?, ?, ?)",
            (transaction_id, len(rows), digest, written),
        )
        for entry, entry_id, blob, content in zip(rows, ids, blobs, contents, strict=True):
            double_uses = conflicts.of_entry(connection, entry, self.crs)
            if double_uses:
                raise InputError(double_uses[0].code, **dict(double_uses[0].fields))
            number += 1
            seal = entries.sealed(content, number, entry_id, transaction_id, written, head)
            _insert(connection, number, entry, blob, (entry_id, transaction_id, written, head, seal))
            head = seal
        _extend(connection, rows, written)
        return Receipt(transaction_id, ids, True, head)


def _refuse_reversed(connection: sqlite3.Connection, path: Path, transaction_id: str) -> None:
    """Nothing where what a transaction wrote is in force: else writing it again would be silently no writing at all."""
    query = "SELECT e.entry_id FROM entries e JOIN entries r ON r.reverses = e.entry_id WHERE e.transaction_id = ? ORDER BY e.fid"
    gone = [name for (name,) in connection.execute(query, (transaction_id,))]
    if gone:
        raise InputError("ledger_transaction_reversed", path=str(path), transaction=transaction_id, entries=gone)


def _last(connection: sqlite3.Connection) -> tuple[int, str]:
    """Number and hash of the last entry."""
    row = connection.execute("SELECT fid, hash FROM entries ORDER BY fid DESC LIMIT 1").fetchone()
    return (0, FIRST_HASH) if row is None else row


def _insert(connection: sqlite3.Connection, number: int, entry: Entry, blob: bytes | None, identity: tuple[str, ...]) -> None:
    entry_id, transaction_id, written, previous, seal = identity
    own = {"entry_id": entry_id, "transaction_id": transaction_id, "written": written}
    values = {name: own[name] if name in own else getattr(entry, name) for name in schema.ENTRY_FIELDS}
    row = {"fid": number, "geom": blob, **values, "previous": previous, "hash": seal}
    marks = ", ".join(f":{name}" for name in row)
    connection.execute(f"INSERT INTO entries ({', '.join(row)}) VALUES ({marks})", row)
    if blob is not None:
        left, bottom, right, top = entry.geometry.bounds
        connection.execute("INSERT INTO rtree_entries_geom VALUES (?, ?, ?, ?, ?)", (number, left, right, bottom, top))
    connection.executemany(
        f"INSERT INTO quantities (entry_id, {', '.join(schema.QUANTITY_FIELDS)}) VALUES (?, ?, ?, ?, ?, ?)",
        [(entry_id, *quantity) for quantity in entry.quantities],
    )


def _extend(connection: sqlite3.Connection, entries: list[Entry], written: str) -> None:
    """Tell a GIS the new extent and the time of change."""
    bounds = [entry.geometry.bounds for entry in entries if entry.geometry is not None]
    left, bottom, right, top = (
        (f(each) for f, each in zip((min, min, max, max), zip(*bounds, strict=True), strict=True)) if bounds else [None] * 4
    )
    connection.execute(
        "UPDATE gpkg_contents SET last_change = :now, min_x = coalesce(min(min_x, :left), :left, min_x),"
        " min_y = coalesce(min(min_y, :bottom), :bottom, min_y), max_x = coalesce(max(max_x, :right), :right, max_x),"
        " max_y = coalesce(max(max_y, :top), :top, max_y) WHERE data_type = 'features'",
        {"now": written.replace("+00:00", "Z"), "left": left, "bottom": bottom, "right": right, "top": top},
    )


def _reversal(row: dict[str, Any], quantities: tuple[Quantity, ...], reason: str, year: int | None) -> Entry:
    entry = audit.entry_of(row, None, quantities)
    negative = tuple((*each[:3], -each[3], each[4]) for each in entry.quantities)
    when = entry.year if year is None else year
    return replace(
        entry, entry="reversal", year=when, end_year=None, area=None, reverses=row["entry_id"], note=reason, quantities=negative
    )
