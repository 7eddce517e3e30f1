"""Lists of objects of a request workbook, reservoirs and lakes, as the tables that [layers] names."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from ecoval.declarations import columns
from ecoval.errors import InputError
from ecoval.prepare.statistics import cells, places
from ecoval.prepare.statistics.reading import Row
from ecoval.services.flood_mitigation import LakeRow, ReservoirRow
from ecoval.tables import write_table

LAKE_AREA = "lake_area"  # a request has whole lakes, whose area is that of the part too
NUMBERS = {
    kind: tuple(name for name in columns(row, kind=float) if name != LAKE_AREA)
    for kind, row in {"reservoirs": ReservoirRow, "lakes": LakeRow}.items()
}
VOLUMES = tuple(name for names in NUMBERS.values() for name in names if name.endswith("capacity"))


def write(
    found: Mapping[str, list[tuple[str, pd.DataFrame]]], known: places.Places, corrections: cells.Corrections, folder: Path
) -> dict[str, Path]:
    """Write one table per kind of object beside the statistics; nothing where no object is listed.

    Parameters
    ----------
    found : mapping (text, list of (path, table))

    Raises
    ------
    InputError
        A unit, number or measure that cannot be read, with its cell.
    """
    written = {}
    for kind, parts in found.items():
        rows = [row for path, frame in parts for row in _rows(kind, path, frame, known, corrections)]
        if rows:
            written[kind] = folder / f"{kind}.csv"
            write_table(pd.DataFrame(rows), written[kind])
    return written


def _rows(
    kind: str, path: str, frame: pd.DataFrame, known: places.Places, corrections: cells.Corrections
) -> list[dict[str, object]]:
    sheet, letters = frame.attrs.get("sheet"), frame.attrs.get("letters", {})
    rows = []
    for number, record in zip(frame.index, frame.to_dict("records"), strict=True):
        given = {name: value for name, value in record.items() if value is not None and value == value}
        if not any(name in given for name in ("object", *NUMBERS[kind])):
            continue
        at = Row(path, sheet, int(number), given.get("unit_id"), given.get("unit_name"), letters=letters)
        if "object" not in given:
            raise InputError("statistics_cell_empty", path=path, cell=at.place("object"), column="object")
        made: dict[str, object] = {"unit_id": places.code_of(at, known, corrections), "name": given["object"]}
        factor = 1.0
        if any(name in given for name in VOLUMES):
            if "uom" not in given:
                raise InputError("statistics_measure_missing", path=path, cell=at.place("uom"), item=given["object"])
            made_uom, factor = cells.converted(given["uom"], path, at.place("uom"), "m3")
            made["uom"] = made_uom
        for name in NUMBERS[kind]:
            if name in given:
                value = cells.number(given[name], path, at.place(name), name, corrections)
                made[name] = value * (factor if name in VOLUMES else 1.0)
                if value < 0:
                    raise InputError(
                        "statistics_out_of_range", path=path, cell=at.place(name), item=name, found=value, low=0, high="-"
                    )
        if kind == "lakes" and "area" in made:
            made[LAKE_AREA] = made["area"]
        rows.append(made)
    return rows
