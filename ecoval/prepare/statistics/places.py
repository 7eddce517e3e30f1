"""Which unit a row means: by its code, its name, or a table of aliases; never by likeness alone."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, TypeAlias

import geopandas
import pandas as pd

from ecoval import tables
from ecoval.declarations import Key, columns, spellings
from ecoval.errors import InputError
from ecoval.prepare.statistics import items
from ecoval.prepare.statistics.cells import Corrections
from ecoval.prepare.statistics.reading import LABELS, Row, canonical
from ecoval.registry import data_rows
from ecoval.terms import nearest
from ecoval.units import SpatialUnits, codes, vectors

TABLES = (".csv", ".tsv", ".xlsx", ".xlsm")


@dataclass(frozen=True)
class UnitRow:
    """A row of a table of units; the fields of polygons have the same names. Further columns may be weights."""

    unit_id: Annotated[str, Key("code of the unit; --id names another column", "单元代码；可用 --id 指定其他列", also=("code",))]
    name: Annotated[
        str | None, Key("its name; --name names another column", "名称；可用 --name 指定其他列", also=("NAME", "名称"))
    ] = None
    parent_id: Annotated[
        str | None,
        Key("code of the unit above; --parent names another column", "上级单元代码；可用 --parent 指定其他列", also=("parent",)),
    ] = None


@dataclass(frozen=True)
class AliasRow:
    """A row of an own table of names of units."""

    alias: Annotated[str, Key("name in the files", "文件中的名称")]
    unit: Annotated[str, Key("the unit, by code or name", "单元，代码或名称")]
    note: Annotated[str | None, Key("remark", "备注", cosmetic="a remark")] = None


FIELDS = spellings(UnitRow)
UnitsSource: TypeAlias = str | Path | geopandas.GeoDataFrame | SpatialUnits


@dataclass
class Places:
    """Codes and names that rows may mean: the units of the study, the units above them, and former codes.

    Parameters
    ----------
    frame : table (unit_id, name, parent_id)
    geometry : SpatialUnits
        None where the units came as a table.
    above : mapping (text, text)
        Code -> name of the units that statistics may be moved down from.
    former : mapping (text, text)
        Name -> code of units that no longer exist.
    aliases : mapping (text, (text, choice {alias, own_alias}))
    fields : mapping (text, text)
        Fields of a vector file that hold the codes (`id`) and names (`label`).
    """

    frame: pd.DataFrame
    geometry: SpatialUnits | None = None
    above: dict[str, str] = field(default_factory=dict)
    former: dict[str, str] = field(default_factory=dict)
    aliases: dict[str, tuple[str, str]] = field(default_factory=dict)
    fields: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.ids = self.frame["unit_id"].astype(str).tolist()
        self.names = dict(zip(self.ids, self.frame["name"].astype(str), strict=True))
        self.known = self.names | {code: name for code, name in self.above.items() if code not in self.names}
        self.short = {codes.short(code) or code: code for code in self.known}
        self.by_name: dict[str, list[str]] = {}
        for code, name in self.known.items():
            self.by_name.setdefault(items.plain(name), []).append(code)

    def add_aliases(self, entries: Iterable[tuple[str, str]], kind: str) -> None:
        """Names that mean a code; those of codes that are not here are left out."""
        for name, code in entries:
            if code in self.known:
                self.aliases[items.plain(name)] = (code, kind)


def read_units(
    units: UnitsSource, *, id: str | None, name: str | None, parent: str | None, layer: str | None, crs: str | None
) -> Places:
    """Units of a study from polygons or from a table of codes and names.

    Parameters
    ----------
    id, name, parent : text
        Fields of the code (default `unit_id`, else `code`), the name, and the code of the unit above.

    Raises
    ------
    InputError
    """
    if isinstance(units, SpatialUnits):
        return Places(_plain(units), units)
    if isinstance(units, str | Path) and Path(units).suffix.lower() in TABLES:
        table = canonical(tables.read(units))
        table = table.rename(columns={old: new for old, new in ((id, "unit_id"), (name, "unit_name")) if old in table.columns})
        if "unit_id" not in table.columns:
            raise InputError("statistics_units_without_code", path=str(units), columns=list(table.columns))
        table["name"] = table["unit_name"] if "unit_name" in table.columns else table["unit_id"]
        above = next((each for each in (parent, *FIELDS["parent_id"]) if each in table.columns), None)
        table["parent_id"] = table[above] if above else None
        _refuse_doubled(table, units)
        return Places(table[[*FIELDS, *_further(table)]])
    frame = vectors.read(units, layer=layer, crs=crs).frame
    fields = [str(each) for each in frame.columns if each != "geometry"]
    id = id or next((each for each in FIELDS["unit_id"] if each in fields), None)
    if id is None:
        raise InputError("statistics_units_without_code", path=str(units), columns=fields)
    name = name or next((each for each in FIELDS["name"] if each in fields), None)
    parent = parent or next((each for each in FIELDS["parent_id"] if each in fields), None)
    made = SpatialUnits.read(units, id=id, name=name, parent=parent, layer=layer, crs=crs)
    plain = _plain(made)
    for each in fields:
        if each not in plain.columns and len(frame) == len(plain):
            plain[each] = frame[each].to_numpy()
    return Places(plain, made, fields={"id": id, "label": name or id})


def _plain(units: SpatialUnits) -> pd.DataFrame:
    return pd.DataFrame(units.frame.drop(columns=units.frame.geometry.name)).reset_index(drop=True)


def _further(table: pd.DataFrame) -> list[str]:
    return [name for name in table.columns if name not in (*LABELS, *FIELDS)]


def _refuse_doubled(table: pd.DataFrame, path: str | Path) -> None:
    twice = table["unit_id"][table["unit_id"].duplicated() | table["unit_id"].isna()]
    if len(twice):
        raise InputError("statistics_units_doubled", path=str(path), codes=twice.astype(str).tolist(), cell=f"row {twice.index[0]}")


def packaged_aliases() -> list[tuple[str, str]]:
    """Short and former names of `data/unit_aliases.csv`, with their codes."""
    return [(row["alias"], row["unit_id"]) for row in data_rows("unit_aliases.csv")]


def own_aliases(path: str | Path, places: Places) -> list[tuple[str, str]]:
    """Names of a user's table (alias, unit), the unit by code or name.

    Raises
    ------
    InputError
        A unit that is not known.
    """
    table = tables.read(path, columns(AliasRow, required=True), columns(AliasRow, required=False), key=("alias",))
    found = []
    for row, alias, unit in zip(table.index, table["alias"], table["unit"], strict=True):
        matched = places.by_name.get(items.plain(unit), [])
        code = unit if unit in places.known else (matched[0] if len(matched) == 1 else None)
        if code is None:
            close = nearest(unit, [*places.known, *places.known.values()])
            raise InputError("statistics_unit_unknown", path=str(path), cell=f"B{row}", found=unit, nearest=close)
        found.append((alias, code))
    return found


def code_of(row: Row, places: Places, corrections: Corrections) -> str:
    """Code of the unit that a row means: a unit, a unit above, or a former one.

    Raises
    ------
    InputError
        A unit that is not known, with the nearest; a name of several units; a code and a name of different units.
    """
    if row.unit_id is None and row.unit_name is None:
        raise InputError("statistics_unit_empty", path=row.path, cell=row.place("unit_id"))
    named = None if row.unit_name is None else _by_name(row.unit_name, places)
    if row.unit_id is None:
        return _named(row, named, places, corrections)
    plain = unicodedata.normalize("NFKC", row.unit_id).strip().removesuffix(".0")
    code = plain if plain in places.known else places.short.get(codes.short(plain) or plain)
    former = set(places.former.values())
    if code is None and plain in former:
        return plain
    if code is None:
        by_name = _by_name(row.unit_id, places)
        if by_name:
            return _named(row, by_name, places, corrections, "unit_id")
        raise _unknown(row, "unit_id", places)
    if code != row.unit_id:
        corrections.add(row.path, row.place("unit_id"), row.unit_id, code, "code")
    if named and named[0] and code not in named[0] and items.plain(row.unit_name or "") != items.plain(places.known[code]):
        fields = {"code": code, "name": places.known[code], "found": row.unit_name, "other": named[0][0]}
        raise InputError("statistics_code_and_name_differ", path=row.path, cell=row.place("unit_name"), **fields)
    if row.unit_name and not (named and named[0]):
        corrections.add(row.path, row.place("unit_name"), row.unit_name, places.known[code], "name_differs")
    return code


def _by_name(name: str, places: Places) -> tuple[list[str], str] | None:
    """Codes that a name may mean, and by what."""
    key = items.plain(name)
    if key in places.by_name:
        return places.by_name[key], "name"
    if key in places.aliases:
        return [places.aliases[key][0]], places.aliases[key][1]
    return ([places.former[key]], "former") if key in places.former else None


def _named(
    row: Row, named: tuple[list[str], str] | None, places: Places, corrections: Corrections, column: str = "unit_name"
) -> str:
    if named is None:
        raise _unknown(row, column, places)
    found, kind = named
    text = str(getattr(row, column))
    if len(found) > 1:
        raise InputError("statistics_name_ambiguous", path=row.path, cell=row.place(column), found=text, codes=found)
    if kind in ("alias", "own_alias"):
        corrections.add(row.path, row.place(column), text, f"{found[0]} {places.known[found[0]]}", kind)
    return found[0]


def _unknown(row: Row, column: str, places: Places) -> InputError:
    text = str(getattr(row, column))
    names = [*places.known, *places.known.values(), *places.aliases]
    close = nearest(items.plain(text), names)
    code = close if close in places.known else (places.by_name.get(items.plain(close)) or [places.aliases.get(close, ("",))[0]])[0]
    shown = f"{places.known.get(code, '')} ({code})"
    return InputError("statistics_unit_unknown", path=row.path, cell=row.place(column), found=text, nearest=shown)
