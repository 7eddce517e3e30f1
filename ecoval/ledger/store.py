"""The file of a ledger: connections, its making, and transactions that are written whole or not at all.

A writer takes the lock of the file before it reads what it builds on (BEGIN IMMEDIATE), waits for others, and has its entries on
disk when it comes back. The journal is a rollback journal, not a WAL: what a killed writer left is undone by whoever opens the file
next.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from ecoval import file_versions, grid
from ecoval.errors import InputError
from ecoval.ledger import schema

DEFAULT_CRS = "EPSG:4490"
PATIENCE = 60.0
CACHE_KIB = 64_000
_CUSTOM_SRS = 100_000


def connect(path: Path, patience: float = PATIENCE, mode: str = "rw") -> sqlite3.Connection:
    """Connection that may add entries.

    Parameters
    ----------
    patience : number, 1, > 0
        Seconds to wait for another writer.
    mode : choice {rw, rwc}
        rwc makes the file where it is absent.
    """
    try:
        connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode={mode}", timeout=patience, isolation_level=None, uri=True)
        connection.create_function(schema.WRITER, 0, lambda: 1, deterministic=True)
        connection.execute("PRAGMA trusted_schema = ON")  # the guards call the function above
        connection.execute("PRAGMA synchronous = EXTRA")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute(f"PRAGMA cache_size = {-CACHE_KIB}")
    except sqlite3.Error as error:
        raise _refused(path, error) from error
    return connection


@contextmanager
def reading(path: Path, patience: float = PATIENCE) -> Iterator[sqlite3.Connection]:
    """One state of the ledger for several questions."""
    with closing(connect(path, patience)) as connection, _translated(path):
        connection.execute("BEGIN")
        file_versions.check("ledger", version(connection), path)
        yield connection


@contextmanager
def writing(path: Path, patience: float = PATIENCE, mode: str = "rw") -> Iterator[sqlite3.Connection]:
    """A transaction: on disk when the block ends, undone where it raises."""
    with closing(connect(path, patience, mode)) as connection, _translated(path):
        connection.execute("BEGIN IMMEDIATE")
        try:
            file_versions.check("ledger", version(connection), path)
            yield connection
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")


def prepare(path: Path, crs: Any = None, patience: float = PATIENCE) -> None:
    """Make the ledger where the file is absent or empty; several processes may do so at once.

    Parameters
    ----------
    crs : CRS of the polygons; default CGCS2000 in degrees
    patience : number, 1, > 0

    Raises
    ------
    InputError
        A folder that is not there, a file that is no ledger.
    """
    if not path.parent.is_dir():
        raise InputError("ledger_unusable", path=str(path), reason=f"no folder {path.parent}")
    with writing(path, patience, "rwc") as connection:
        names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
        if names >= set(schema.GUARDED):
            return
        if names:
            raise InputError("ledger_is_another_file", path=str(path), found=sorted(names), expected=list(schema.GUARDED))
        _make(connection, grid.read_crs(crs if crs is not None else DEFAULT_CRS))


def version(connection: sqlite3.Connection) -> int | None:
    """Version of the format; None where there is no table of it, as in a ledger of 0.1.0."""
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'ecoval_format'").fetchone():
        return None
    row = connection.execute("SELECT max(version) FROM ecoval_format").fetchone()
    return None if row is None else row[0]


def upgrade(path: Path, patience: float = PATIENCE) -> None:
    """Write the version of the format into a ledger of 0.1.0; entries and their chain stay as they are."""
    with writing(path, patience) as connection:
        if version(connection) is None:
            connection.execute(schema.FORMAT)
            connection.execute("INSERT INTO ecoval_format VALUES (?)", (file_versions.CURRENT["ledger"],))


def read_crs(connection: sqlite3.Connection) -> tuple[int, grid.CRS]:
    """Number and CRS of the polygons."""
    row = connection.execute(
        "SELECT srs_id, organization, organization_coordsys_id, definition FROM gpkg_spatial_ref_sys"
        " WHERE srs_id = (SELECT srs_id FROM gpkg_geometry_columns WHERE table_name = 'entries')"
    ).fetchone()
    return row[0], grid.read_crs(f"EPSG:{row[2]}" if row[1].upper() == "EPSG" else row[3])


def _make(connection: sqlite3.Connection, crs: grid.CRS) -> None:
    connection.execute(f"PRAGMA application_id = {schema.APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {schema.USER_VERSION}")
    for statement in schema.statements():
        connection.execute(statement)
    epsg = crs.to_epsg()
    srs_id = epsg if epsg is not None else _CUSTOM_SRS
    geographic = grid.read_crs("EPSG:4326")
    rows = {
        -1: ("Undefined cartesian SRS", -1, "NONE", -1, "undefined", ""),
        0: ("Undefined geographic SRS", 0, "NONE", 0, "undefined", ""),
        4326: ("WGS 84", 4326, "EPSG", 4326, geographic.to_wkt("WKT1_GDAL"), ""),
        srs_id: (crs.name, srs_id, "EPSG" if epsg is not None else "NONE", srs_id, crs.to_wkt("WKT1_GDAL"), ""),
    }
    connection.executemany("INSERT INTO gpkg_spatial_ref_sys VALUES (?, ?, ?, ?, ?, ?)", list(rows.values()))
    for statement, values in schema.contents(srs_id):
        connection.execute(statement, values)
    connection.execute("INSERT INTO ecoval_format VALUES (?)", (file_versions.CURRENT["ledger"],))


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise _refused(path, error) from error


def _refused(path: Path, error: sqlite3.Error) -> InputError:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return InputError("ledger_busy", path=str(path), reason=str(error))
    return InputError("ledger_unusable", path=str(path), reason=str(error))
