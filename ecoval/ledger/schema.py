"""Tables, guards and views of a ledger: a GeoPackage 1.2 whose rows can be added by ecoval alone, and changed by nobody.

The guard of insertions calls a function that only the connections of `store` know: in a GIS the insertion fails.
"""

APPLICATION_ID = 0x47504B47  # "GPKG"
USER_VERSION = 10200
FORMAT = "CREATE TABLE ecoval_format (version INTEGER NOT NULL)"
WRITER = "entries_are_written_by_ecoval_alone"
ENTRY_FIELDS = (
    *("entry_id", "transaction_id", "entry", "project_id", "patch_id", "candidate_id", "option_id", "right_id", "share", "year"),
    *("end_year", "area", "reverses", "note", "written"),
)
QUANTITY_FIELDS = ("service", "area_kind", "area_unit", "quantity", "uom")
IN_FORCE = "e.entry <> 'reversal' AND NOT EXISTS (SELECT 1 FROM entries r WHERE r.reverses = e.entry_id)"

_GEOPACKAGE = """
CREATE TABLE gpkg_spatial_ref_sys (
    srs_name TEXT NOT NULL, srs_id INTEGER NOT NULL PRIMARY KEY, organization TEXT NOT NULL,
    organization_coordsys_id INTEGER NOT NULL, definition TEXT NOT NULL, description TEXT);
CREATE TABLE gpkg_contents (
    table_name TEXT NOT NULL PRIMARY KEY, data_type TEXT NOT NULL, identifier TEXT UNIQUE, description TEXT DEFAULT '',
    last_change DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
    min_x DOUBLE, min_y DOUBLE, max_x DOUBLE, max_y DOUBLE, srs_id INTEGER,
    CONSTRAINT fk_gc_r_srs_id FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys(srs_id));
CREATE TABLE gpkg_geometry_columns (
    table_name TEXT NOT NULL, column_name TEXT NOT NULL, geometry_type_name TEXT NOT NULL, srs_id INTEGER NOT NULL,
    z TINYINT NOT NULL, m TINYINT NOT NULL,
    CONSTRAINT pk_geom_cols PRIMARY KEY (table_name, column_name), CONSTRAINT uk_gc_table_name UNIQUE (table_name),
    CONSTRAINT fk_gc_tn FOREIGN KEY (table_name) REFERENCES gpkg_contents(table_name),
    CONSTRAINT fk_gc_srs FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys (srs_id));
CREATE TABLE gpkg_extensions (
    table_name TEXT, column_name TEXT, extension_name TEXT NOT NULL, definition TEXT NOT NULL, scope TEXT NOT NULL,
    CONSTRAINT ge_tce UNIQUE (table_name, column_name, extension_name));
"""

_LEDGER = """
CREATE TABLE entries (
    fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    geom MULTIPOLYGON,
    entry_id TEXT NOT NULL UNIQUE,
    transaction_id TEXT NOT NULL,
    entry TEXT NOT NULL CHECK (entry IN ('debit', 'credit', 'reversal')),
    project_id TEXT NOT NULL,
    patch_id TEXT, candidate_id TEXT, option_id TEXT, right_id TEXT,
    share REAL, year INTEGER NOT NULL, end_year INTEGER, area REAL,
    reverses TEXT UNIQUE REFERENCES entries (entry_id),
    note TEXT, written TEXT NOT NULL, previous TEXT NOT NULL, hash TEXT NOT NULL UNIQUE);
CREATE TABLE quantities (
    fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    entry_id TEXT NOT NULL REFERENCES entries (entry_id),
    service TEXT NOT NULL, area_kind TEXT NOT NULL, area_unit TEXT NOT NULL, quantity REAL NOT NULL, uom TEXT NOT NULL,
    UNIQUE (entry_id, service, area_kind, area_unit, uom));
CREATE TABLE transactions (
    fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    transaction_id TEXT NOT NULL UNIQUE, entries INTEGER NOT NULL, content TEXT NOT NULL, written TEXT NOT NULL);
CREATE INDEX entries_transaction ON entries (transaction_id);
CREATE INDEX entries_candidate ON entries (candidate_id);
CREATE INDEX entries_right ON entries (right_id);
CREATE VIRTUAL TABLE rtree_entries_geom USING rtree (id, minx, maxx, miny, maxy);
"""

_VIEW = f"""
CREATE VIEW entries_in_force AS SELECT fid, geom, {", ".join(ENTRY_FIELDS)} FROM entries e WHERE {IN_FORCE};
"""

GUARDED = ("entries", "quantities", "transactions")
_REFUSAL = "the ledger is append-only: write a reversal with ecoval"


def guards() -> dict[str, str]:
    """Triggers that keep the rows: name -> statement."""
    triggers = {}
    for table in GUARDED:
        for action in ("UPDATE", "DELETE"):
            name = f"{table}_no_{action.lower()}"
            triggers[name] = f"CREATE TRIGGER {name} BEFORE {action} ON {table} BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"
        name = f"{table}_no_insert"
        refuse = f"SELECT RAISE(ABORT, '{_REFUSAL}') WHERE {WRITER}() IS NOT 1"
        triggers[name] = f"CREATE TRIGGER {name} BEFORE INSERT ON {table} BEGIN {refuse}; END"
    return triggers


def statements() -> list[str]:
    """Everything that makes an empty ledger, without its CRS."""
    tables = [part.strip() for part in (_GEOPACKAGE + _LEDGER + _VIEW).split(";\n") if part.strip()]
    return [*tables, FORMAT, *guards().values()]


def contents(srs_id: int) -> list[tuple[str, tuple[object, ...]]]:
    """Rows that tell a GIS what the tables are."""
    layers = [("entries", "features", srs_id), ("entries_in_force", "features", srs_id)]
    attributes = [("quantities", "attributes", 0), ("transactions", "attributes", 0)]
    rows: list[tuple[str, tuple[object, ...]]] = [
        ("INSERT INTO gpkg_contents (table_name, data_type, identifier, srs_id) VALUES (?, ?, ?, ?)", (name, kind, name, srs))
        for name, kind, srs in (*layers, *attributes)
    ]
    rows += [
        ("INSERT INTO gpkg_geometry_columns VALUES (?, 'geom', 'MULTIPOLYGON', ?, 0, 0)", (name, srs)) for name, _, srs in layers
    ]
    rtree = ("entries", "geom", "gpkg_rtree_index", "http://www.geopackage.org/spec120/#extension_rtree", "write-only")
    return [*rows, ("INSERT INTO gpkg_extensions VALUES (?, ?, ?, ?, ?)", rtree)]
