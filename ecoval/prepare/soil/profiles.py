"""Soil tables: one row per soil and layer, whatever form the table has, and the mean of a depth.

`FORM_ROWS` has the forms with their columns; the column of the code may have another name. # begins a remark above these names.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pandas as pd

from ecoval import declarations, tables
from ecoval.declarations import JUDGED_LATER, Key
from ecoval.errors import InputError
from ecoval.prepare.recipe import note
from ecoval.prepare.soil import texture
from ecoval.prepare.soil.properties import TEXTURE, named, properties

CODE = Key("of the soil on the map; --table-code names another column", "土壤代码，与土壤图一致；可用 --table-code 指定其他列")
TOP = Key("top of the layer in cm; both or none", "土层上界（cm）；与下界同填或同空", low=0, high=10_000, measure="cm")
BOTTOM = Key("bottom of the layer in cm", "土层下界（cm）", low=0, high=10_000, measure="cm")


@dataclass(frozen=True)
class SoilValueRow:
    """A row of a long table: one property of one layer."""

    code: Annotated[str, CODE]
    property: Annotated[str, Key("such as sand, organic_carbon, bulk_density", "属性，如 sand、organic_carbon、bulk_density")]
    value: Annotated[float, Key("how much", "数值", free=JUDGED_LATER)]
    uom: Annotated[str, Key("unit of measure of the value, one per property", "计量单位，每种属性须一致")]
    top: Annotated[float | None, TOP] = None
    bottom: Annotated[float | None, BOTTOM] = None


@dataclass(frozen=True)
class SoilRow:
    """A row of a wide table: one layer, with a column per property that `columns` names with its measure."""

    code: Annotated[str, CODE]
    top: Annotated[float | None, TOP] = None
    bottom: Annotated[float | None, BOTTOM] = None


@dataclass(frozen=True)
class SwatRow:
    """A row of a SWAT table: one soil, the layers of a cell joined by `-`; SOL_CLAY and the like are columns of properties."""

    code: Annotated[str, replace(CODE, name="SEQN")]
    bottoms: Annotated[str, Key("bottoms of the layers in mm, joined by -", "各土层下界（mm），以 - 连接", name="SOL_Z")]


FORM_ROWS: dict[str, Any] = {"long": SoilValueRow, "wide": SoilRow, "swat": SwatRow}
FORMS = tuple(FORM_ROWS)
NamedColumns = Mapping[str, tuple[str, str]]  # property -> column and measure
DEPTHS = declarations.columns(SoilRow, required=False)


@dataclass
class Profiles:
    """Layers of soils.

    Parameters
    ----------
    layers : table (code, top, bottom, ...)
        Depths in cm, properties in their own measures.
    """

    path: Path
    layers: pd.DataFrame
    notes: list[dict[str, Any]] = field(default_factory=list)

    @property
    def names(self) -> list[str]:
        """Properties that the table has."""
        return [name for name in properties() if name in self.layers]


def read(
    path: str | Path,
    *,
    form: str | None = None,
    code: str | None = None,
    columns: NamedColumns | None = None,
    sheet: str | None = None,
) -> Profiles:
    """Soil table of any form, its texture checked and referred to the fine earth.

    Parameters
    ----------
    path : path
        CSV or XLSX.
    form : choice {long, wide, swat}
        Without it by the columns, and said.
    code : text
        Column of the soil code: `code`, of a SWAT table `SEQN`.
    columns : mapping (text, (text, text))
        Property -> column and measure, of a wide table.

    Raises
    ------
    InputError
        An unknown form, property or measure; a soil twice; layers that do not match; texture that does not add up.
    """
    path = Path(path)
    frame = tables.read(path, sheet=sheet, remark="#")
    notes: list[dict[str, Any]] = []
    if form is None:
        form = _form(frame, columns, path)
        notes.append(note("soil_table_form", path=path.name, form=form))
    if form not in FORMS:
        raise InputError("choice_unknown", name="form", found=str(form), choices=FORMS)
    code = code or declarations.columns(FORM_ROWS[form])[0]
    _refuse_codeless(frame, code, path)
    if form == "swat":
        layers, said = _swat(frame, code, path)
    elif form == "long":
        layers, said = _long(frame, code, path)
    else:
        layers, said = _wide(frame, code, columns or {}, path)
    _refuse_layers(layers, path)
    for name, uom in said.items():
        named(name, str(path)).refuse_values(layers[name], uom, str(path))
    shown = [f"{name} {uom}" for name, uom in said.items()]
    notes.append(note("soil_measures", path=path.name, measures=", ".join(shown)))
    profiles = Profiles(path, layers, notes)
    _to_fine_earth(profiles)
    return profiles


def means(profiles: Profiles, depth: tuple[float, float]) -> pd.DataFrame:
    """Properties of each soil as the mean of a depth, weighted by thickness.

    Parameters
    ----------
    depth : (number, number)
        Top and bottom, cm.

    Returns
    -------
    table (code, ...)
        Indexed by code; `covered` is the share of the depth that layers cover. The depth of the soil is its deepest bottom in mm,
        the conductivity that of the least conducting layer that the soil group counts.
    """
    rows = {}
    for code, soil in profiles.layers.groupby("code", sort=False):
        top, bottom = soil["top"].to_numpy(float), soil["bottom"].to_numpy(float)
        whole = bool(np.isnan(top).all())
        weight = np.ones(len(soil)) if whole else np.clip(np.minimum(bottom, depth[1]) - np.maximum(top, depth[0]), 0, None)
        row = {"covered": math.nan if whole else float(weight.sum() / (depth[1] - depth[0]))}
        for name in profiles.names:
            if name not in ("depth", "conductivity"):
                row[name] = _mean(soil[name].to_numpy(float), weight)
        if not whole:
            row["depth"] = float(bottom.max() * 10)
        elif "depth" in soil:
            row["depth"] = float(soil["depth"].iloc[0])
        if "conductivity" in soil:
            reach = texture.SHALLOW[1] if row.get("depth", math.inf) <= texture.MIDDLE[0] else texture.MIDDLE[1]
            counted = whole | (top * 10 < reach)
            row["conductivity"] = float(soil["conductivity"].to_numpy(float)[counted].min())
        rows[code] = row
    return pd.DataFrame.from_dict(rows, orient="index")


def _mean(values: np.ndarray, weight: np.ndarray) -> float:
    known = ~np.isnan(values) & (weight > 0)
    return float((values[known] * weight[known]).sum() / weight[known].sum()) if known.any() else math.nan


def _form(frame: pd.DataFrame, columns: NamedColumns | None, path: Path) -> str:
    if {"SOL_Z", "SOL_CLAY"} <= set(frame.columns):
        return "swat"
    if {"property", "value"} <= set(frame.columns):
        return "long"
    if columns:
        return "wide"
    raise InputError("soil_table_columns", path=str(path), found=list(frame.columns))


def _required_columns(form: str, code: str) -> tuple[str, ...]:
    """Columns that a form must have, that of the code by its name in the file."""
    return code, *declarations.columns(FORM_ROWS[form], required=True)[1:]


def _swat(frame: pd.DataFrame, code: str, path: Path) -> tuple[pd.DataFrame, dict[str, str]]:
    frame = tables.read(path, _required_columns("swat", code), key=(code,), remark="#")
    used = {each.name: [name for name in each.swat if name in frame] for each in properties().values()}
    used = {name: found for name, found in used.items() if found}
    records = []
    for row, record in frame.iterrows():
        bottoms = _split(frame, row, "SOL_Z", path)
        parts = {name: _split(frame, row, name, path) for found in used.values() for name in found}
        for name, values in parts.items():
            if len(values) != len(bottoms):
                fields = {"cell": tables.cell(frame, row, name), "found": len(values), "expected": len(bottoms)}
                raise InputError("soil_layers_count", path=str(path), column=name, code=record[code], **fields)
        for layer, bottom in enumerate(bottoms):
            top = bottoms[layer - 1] if layer else 0.0
            entry = {"code": record[code], "top": top / 10, "bottom": bottom / 10}
            for name, found in used.items():
                one = properties()[name]
                entry[name] = sum(parts[column][layer] for column in found) * one.factor(one.swat_uom, str(path))
            records.append(entry)
    return pd.DataFrame(records), {name: properties()[name].swat_uom for name in used}


def _split(frame: pd.DataFrame, row: Any, column: str, path: Path) -> list[float]:
    """Numbers of a cell joined by dashes."""
    text = frame.loc[row, column]
    try:
        return [float(part) for part in str(text).split("-")]
    except ValueError:
        fields = {"cell": tables.cell(frame, row, column), "found": str(text)}
        raise InputError("soil_layers_text", path=str(path), column=column, **fields) from None


def _long(frame: pd.DataFrame, code: str, path: Path) -> tuple[pd.DataFrame, dict[str, str]]:
    deep = [name for name in DEPTHS if name in frame]
    frame = tables.read(path, (*_required_columns("long", code), *deep), key=(code, "property", *deep[:1]), remark="#")
    values = tables.numbers(frame, "value", required=True)
    depths = {name: tables.numbers(frame, name) if name in deep else math.nan for name in DEPTHS}
    said: dict[str, str] = {}
    records: dict[tuple[str, str, str], dict[str, Any]] = {}
    table = pd.DataFrame({"code": frame[code], "property": frame["property"], "uom": frame["uom"], "value": values, **depths})
    for row, entry in zip(table.index, table.to_dict("records"), strict=True):
        one = named(entry["property"], str(path))
        if said.setdefault(one.name, entry["uom"]) != entry["uom"]:
            fields = {"property": one.name, "first": said[one.name], "second": entry["uom"], "row": row}
            raise InputError("soil_uoms_mixed", path=str(path), **fields)
        place = (entry["code"], str(entry["top"]), str(entry["bottom"]))
        start = {name: entry[name] for name in ("code", *DEPTHS)}
        records.setdefault(place, start)[one.name] = entry["value"] * one.factor(entry["uom"], str(path))
    return pd.DataFrame(list(records.values())), said


def _wide(frame: pd.DataFrame, code: str, columns: NamedColumns, path: Path) -> tuple[pd.DataFrame, dict[str, str]]:
    deep = [name for name in DEPTHS if name in frame]
    wanted = {named(name, str(path)).name: (column, uom) for name, (column, uom) in columns.items()}
    required = (*_required_columns("wide", code), *deep, *(column for column, _ in wanted.values()))
    frame = tables.read(path, required, key=(code, *deep[:1]), remark="#")
    result: dict[str, pd.Series | float] = {"code": frame[code]}
    result |= {name: tables.numbers(frame, name) if name in deep else math.nan for name in DEPTHS}
    for name, (column, uom) in wanted.items():
        result[name] = tables.numbers(frame, column) * named(name, str(path)).factor(uom, str(path))
    return pd.DataFrame(result).reset_index(drop=True), {name: uom for name, (_, uom) in wanted.items()}


def _refuse_codeless(frame: pd.DataFrame, code: str, path: Path) -> None:
    """Refuse rows without a soil code."""
    if code in frame and frame[code].isna().any():
        row = frame.index[frame[code].isna()][0]
        raise InputError("table_cell_empty", path=str(path), cell=tables.cell(frame, row, code), column=code)


def _refuse_layers(layers: pd.DataFrame, path: Path) -> None:
    """Refuse layers that do not lie one below the other, and several layers without depths."""
    for code, soil in layers.groupby("code", sort=False):
        top, bottom = soil["top"].to_numpy(float), soil["bottom"].to_numpy(float)
        if np.isnan(top).all() and np.isnan(bottom).all() and len(soil) == 1:
            continue
        order = np.argsort(top)
        top, bottom = top[order], bottom[order]
        if np.isnan(top).any() or np.isnan(bottom).any() or (bottom <= top).any() or (top[1:] < bottom[:-1]).any():
            shown = [f"{a:g}-{b:g}" for a, b in zip(top, bottom, strict=True)]
            raise InputError("soil_layers_order", path=str(path), code=str(code), layers=shown)


def _to_fine_earth(profiles: Profiles) -> None:
    """Check the sums of all layers and refer the texture to the fine earth.

    Raises
    ------
    InputError
        With the soils and layers whose texture does not add up.
    """
    layers = profiles.layers
    present = [name for name in TEXTURE if name in layers]
    if not present:
        return
    if len(present) < 3:
        absent = [name for name in TEXTURE if name not in layers]
        raise InputError("soil_texture_absent", path=str(profiles.path), absent=absent)
    rock = layers["coarse_fragments"].to_numpy(float) if "coarse_fragments" in layers else None
    parts = [layers[name].to_numpy(float) for name in TEXTURE]
    sand, silt, clay = parts
    total = texture.sums(sand, silt, clay, rock)
    wrong = abs(total - 100) > texture.TOLERANCE
    if wrong.any():
        shown = _shown(layers[wrong], total[wrong])
        raise InputError("soil_texture_sum", path=str(profiles.path), count=int(wrong.sum()), soils=shown, tolerance=1.0)
    found = texture.fine(sand, silt, clay, rock)
    for name, values in zip(TEXTURE, found[:3], strict=True):
        layers[name] = values
    if found.divided:
        profiles.notes.append(note("soil_fine_earth", count=found.divided, of=len(layers)))


def _shown(layers: pd.DataFrame, totals: Iterable[float]) -> list[str]:
    rows = zip(layers["code"], layers["top"], layers["bottom"], totals, strict=True)
    return [
        f"{code} ({total:.4g} %" + ("" if math.isnan(top) else f" at {top:g}-{bottom:g} cm") + ")"
        for code, top, bottom, total in rows
    ]
