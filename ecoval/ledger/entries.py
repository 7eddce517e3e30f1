"""Entries of a ledger: what they say, their polygons in GeoPackage form, and the hash that chains them."""

from __future__ import annotations

import hashlib
import json
import math
import struct
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import geopandas
import numpy as np
import pandas as pd
import shapely

from ecoval import grid
from ecoval.errors import InputError
from ecoval.ledger.schema import QUANTITY_FIELDS
from ecoval.units import edges, validation
from ecoval.units.polygon_area import ellipsoidal_area

FIRST_HASH = "0" * 64
SHARE_ROUNDING = 1e-9  # of a share
_HEADER = struct.Struct("<2sBBi4d")
_TEXTS = ("project_id", "patch_id", "candidate_id", "option_id", "right_id", "reverses", "note")

Quantity = tuple[str, str, str, float, str]


@dataclass(frozen=True)
class Entry:
    """A parcel that is occupied (debit) or used to make up for it (credit), or the reversal of such an entry.

    It holds from `year` up to, and without, `end_year` (None: for good). `quantities` are rows of (service, area_kind, area_unit,
    quantity, uom).
    """

    entry: str
    project_id: str
    year: int
    geometry: Any = None
    patch_id: str | None = None
    candidate_id: str | None = None
    option_id: str | None = None
    right_id: str | None = None
    share: float | None = None
    end_year: int | None = None
    area: float | None = None
    reverses: str | None = None
    note: str | None = None
    quantities: tuple[Quantity, ...] = ()

    @property
    def name(self) -> str:
        """Patch or candidate."""
        return str(self.candidate_id or self.patch_id or self.reverses or "-")

    def content(self, blob: bytes | None) -> str:
        """What the entry says as text, its polygon as hash of the bytes."""
        fields = {name: getattr(self, name) for name in (*_TEXTS, "entry", "year", "end_year", "share", "area")}
        rows = sorted([*row[:3], float(row[3]), row[4]] for row in self.quantities)
        shape = None if blob is None else hashlib.sha256(blob).hexdigest()
        return json.dumps({**fields, "geometry": shape, "quantities": rows}, ensure_ascii=False, sort_keys=True)


def sealed(content: str, number: int, entry_id: str, transaction_id: str, written: str, previous: str) -> str:
    """Hash of an entry, which holds that of the entry before it."""
    text = json.dumps([previous, number, entry_id, transaction_id, written, content], ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def combined(contents: Iterable[str]) -> str:
    """Hash of what a transaction says, whatever the time of writing."""
    return hashlib.sha256(json.dumps(list(contents), ensure_ascii=False).encode()).hexdigest()


def debits_of(
    project_id: str,
    patches: pd.DataFrame,
    quantities: pd.DataFrame | None = None,
    *,
    year: int | None = None,
    note: str | None = None,
) -> list[Entry]:
    """Entries for what a project occupies.

    Parameters
    ----------
    patches : table (patch_id, year, end_year, geometry)
        A GeoDataFrame, or a table without polygons; `start` and `end` stand for year and end_year.
    quantities : table (patch_id, service, area_kind, area_unit, quantity, uom)
        Losses; without `patch_id` they stand with the first patch.
    year : number, yr
        Where the patches have none.

    Returns
    -------
    list of Entry

    Raises
    ------
    InputError
        FIELD_MISSING, VALUE_OUT_OF_RANGE, ID_DUPLICATE.
    """
    debits = _entries("debit", project_id, patches, ("patch_id",), year, note)
    return _with_quantities(debits, quantities, ("patch_id",))


def credits_of(
    project_id: str,
    candidates: pd.DataFrame,
    quantities: pd.DataFrame | None = None,
    *,
    year: int | None = None,
    note: str | None = None,
) -> list[Entry]:
    """Entries for candidates that make up for a loss.

    Parameters
    ----------
    candidates : table (candidate_id, option_id, share, right_id, year, end_year, geometry)
        A GeoDataFrame, or a table without polygons; option_id, right_id and share may be absent, `start_year` stands for year.
    quantities : table (candidate_id, option_id, service, area_kind, area_unit, quantity, uom)
        Credits as they are delivered; without `candidate_id` they stand with the first candidate.
    year : number, yr
        Where the candidates have none.

    Returns
    -------
    list of Entry

    Raises
    ------
    InputError
        FIELD_MISSING, VALUE_OUT_OF_RANGE, ID_DUPLICATE.
    """
    key = ("candidate_id", "option_id") if "option_id" in candidates.columns else ("candidate_id",)
    rows = _entries("credit", project_id, candidates, key, year, note)
    shares = [1.0] * len(rows) if "share" not in candidates.columns else [float(each) for each in candidates["share"]]
    for entry, share in zip(rows, shares, strict=True):
        if not 0 < share <= 1 + SHARE_ROUNDING:
            _refuse("VALUE_OUT_OF_RANGE", [entry.name], f"share = {share:g}", "(0, 1]")
    rows = [replace(entry, share=min(share, 1.0)) for entry, share in zip(rows, shares, strict=True)]
    return _with_quantities(rows, quantities, key)


def carried(entries: list[Entry], source: grid.CRS, target: grid.CRS) -> list[Entry]:
    """Entries with their polygons as multipolygons in the CRS of the ledger, and their areas (m2, on the ellipsoid)."""
    placed = [place for place, entry in enumerate(entries) if entry.geometry is not None]
    if not placed:
        return entries
    shapes = np.array([entries[place].geometry for place in placed], dtype=object)
    names = np.array([entries[place].name for place in placed], dtype=object)
    validation.refuse_not_areal(shapes, names)
    moved = validation.mended(edges.carried(shapely.force_2d(shapes), source, target))
    area = ellipsoidal_area(moved, target)
    result = list(entries)
    for place, shape, size in zip(placed, moved, area, strict=True):
        whole = shape if shape.geom_type == "MultiPolygon" else shapely.multipolygons([shape])
        result[place] = replace(entries[place], geometry=whole, area=float(size))
    return result


def blob_of(geometry: Any, srs_id: int) -> bytes | None:
    """Polygon as GeoPackage writes it: header with the extent, then WKB, little-endian."""
    if geometry is None:
        return None
    left, bottom, right, top = geometry.bounds
    content: bytes = shapely.to_wkb(geometry, byte_order=1, flavor="iso")
    return _HEADER.pack(b"GP", 0, 0b00000011, srs_id, left, right, bottom, top) + content


def geometry_of(blob: bytes | None) -> Any:
    """Polygon of a blob that `blob_of` made."""
    return None if blob is None else shapely.from_wkb(blob[_HEADER.size :])


def _entries(
    entry: str, project_id: str, table: pd.DataFrame, key: tuple[str, ...], year: int | None, note: str | None
) -> list[Entry]:
    absent = [name for name in key if name not in table.columns]
    if absent:
        _refuse("FIELD_MISSING", absent, ", ".join(str(name) for name in table.columns), ", ".join(key))
    columns = {name: [_text(value) for value in table[name]] for name in (*key, "right_id") if name in table.columns}
    rows = list(zip(*(columns[name] for name in key), strict=True))
    twice = sorted((row for row, count in Counter(rows).items() if count > 1), key=str)
    if twice:
        _refuse("ID_DUPLICATE", [" / ".join(str(part) for part in row) for row in twice], len(twice), ", ".join(key))
    if any(row[0] is None for row in rows):
        _refuse("VALUE_OUT_OF_RANGE", [number for number, row in enumerate(rows, 1) if row[0] is None], f"{key[0]} = -", "*")
    columns["year"] = _years(table, ("year", "start_year", "start"), rows, year)
    columns["end_year"] = _years(table, ("end_year", "end"), rows, None)
    if isinstance(table, geopandas.GeoDataFrame):
        columns["geometry"] = [None if shape is None or shape.is_empty else shape for shape in table.geometry]
    entries = [
        Entry(entry, str(project_id), note=note, **dict(zip(columns, values, strict=True)))
        for values in zip(*columns.values(), strict=True)
    ]
    for one in entries:
        if one.year is None or (one.end_year is not None and one.end_year <= one.year):
            years_text = f"year = {one.year or '-'}, end_year = {one.end_year or '-'}"
            _refuse("VALUE_OUT_OF_RANGE", [one.name], years_text, "year < end_year")
    return entries


def _years(table: pd.DataFrame, names: tuple[str, ...], rows: list[Any], year: int | None) -> list[Any]:
    column = next((name for name in names if name in table.columns), None)
    values = [None] * len(rows) if column is None else list(table[column])
    return [year if value is None or pd.isna(value) else int(value) for value in values]


def _with_quantities(entries: list[Entry], quantities: pd.DataFrame | None, key: tuple[str, ...]) -> list[Entry]:
    if quantities is None or not len(quantities):
        return entries
    absent = [name for name in QUANTITY_FIELDS if name not in quantities.columns]
    if absent:
        _refuse("FIELD_MISSING", absent, ", ".join(str(name) for name in quantities.columns), ", ".join(QUANTITY_FIELDS))
    names = [name for name in key if name in quantities.columns]
    places: dict[tuple[str | None, ...], list[int]] = {}
    for number, entry in enumerate(entries):
        places.setdefault(tuple(getattr(entry, name) for name in names), []).append(number)
    parted: list[list[Quantity]] = [[] for _ in entries]
    for row in quantities.to_dict("records"):
        pair = tuple(_text(row[name]) for name in names)
        positions = places.get(pair, [])
        if names and len(positions) != 1:
            _refuse("VALUE_OUT_OF_RANGE", [row["service"]], f"{', '.join(names)} = {' / '.join(map(str, pair))}", ", ".join(key))
        number = positions[0] if names else 0
        quantity = float(row["quantity"])
        if not math.isfinite(quantity):
            _refuse("VALUE_OUT_OF_RANGE", [entries[number].name], f"quantity = {quantity:g} ({row['service']})", "(-inf, inf)")
        parted[number].append((str(row["service"]), str(row["area_kind"]), str(row["area_unit"]), quantity, str(row["uom"])))
    return [replace(entry, quantities=tuple(rows)) for entry, rows in zip(entries, parted, strict=True)]


def crs_of(table: pd.DataFrame) -> grid.CRS | None:
    """CRS of a layer with polygons; None for a plain table.

    Raises
    ------
    InputError
        Polygons without a CRS.
    """
    if not isinstance(table, geopandas.GeoDataFrame):
        return None
    if table.crs is None:
        raise InputError("units_without_crs", path="GeoDataFrame")
    return grid.read_crs(table.crs)


def _text(value: Any) -> str | None:
    return None if value is None or pd.isna(value) or not str(value).strip() else str(value).strip()


def _refuse(code: str, features: list[Any], value: Any, expected: str) -> None:
    raise InputError(code, layer="ledger", features=features, found=value, expected=expected)
