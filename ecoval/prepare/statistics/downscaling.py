"""Statistics of a larger unit moved to smaller or other units by a stated weight; the total is kept.

    q_i = q w_i / W          W the weight of the whole source unit

A weight is a raster (`cropland x NPP`), a field of the units (population, number of sites), or a table (unit_id, weight). Where the
units lie each in one source unit (`parent_id`), W is the sum over them; polygons of the source units (`sources`) allow any units
(watersheds, projects), and what lies outside of them stays unallocated and is listed. Shares, rates and prices are taken over.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import geopandas
import numpy as np
import pandas as pd

from ecoval import tables, totals
from ecoval.declarations import WORKED_OUT, Key, columns
from ecoval.errors import InputError
from ecoval.prepare.statistics import items
from ecoval.prepare.statistics.changes import joined, merged
from ecoval.prepare.statistics.places import TABLES, Places, UnitRow
from ecoval.terms import nearest
from ecoval.totals.blocks import Progress
from ecoval.units import SpatialUnits
from ecoval.units.overlay import overlay

MARK = "downscaled"
OUTSIDE = ""


@dataclass(frozen=True)
class WeightRow:
    """A row of a table of weights."""

    unit_id: Annotated[str, Key("code of the unit", "单元代码")]
    weight: Annotated[float, Key("its weight, in any measure", "权重，计量单位不限", low=0, high=1e15)]
    note: Annotated[str | None, Key("remark", "备注", cosmetic="a remark")] = None
    source: Annotated[str | None, Key("where it comes from", "数据来源", cosmetic="a remark")] = None
    name: Annotated[str | None, Key("for who reads the table", "供阅表者参考", cosmetic="a remark")] = None


@dataclass(frozen=True)
class DownscaledRow:
    """A number of a larger unit that was shared out or taken over."""

    unit_id: Annotated[str, Key("code of the larger unit", "上级单元代码")]
    item: Annotated[str, Key("identifier of the item", "指标代码")]
    year: Annotated[float | None, Key("of the number", "数值所属年份", free=WORKED_OUT)]
    weight: Annotated[str, Key("by what it was shared out; -: taken over", "分摊所用权重；- 为直接采用")]
    quantity: Annotated[float, Key("of the larger unit, in uom", "上级单元的数值，单位见 uom", free=WORKED_OUT)]
    allocated: Annotated[
        float | None, Key("that units of the study have, in uom", "分到本区各单元的数值，单位见 uom", free=WORKED_OUT)
    ]
    unallocated: Annotated[float, Key("that lies outside of them, in uom", "落在单元之外的数值，单位见 uom", free=WORKED_OUT)]
    uom: Annotated[str, Key("unit of measure of the quantities", "数值的计量单位")]
    units: Annotated[int, Key("units that have a part", "分到数值的单元数", low=0, free=WORKED_OUT)]


@dataclass
class Weights:
    """Weight of each piece of a source unit in a target unit; the target is empty for what lies outside.

    Parameters
    ----------
    shares : mapping (text, table (source, target, weight))
        By the name of the weight.
    choice : mapping (text, text)
        Item -> name of its weight; `*` for the others.
    """

    shares: dict[str, pd.DataFrame]
    choice: dict[str, str]

    def of(self, item: str, source: str) -> tuple[pd.DataFrame, str]:
        """Pieces of a source unit and the name of the weight for an item.

        Raises
        ------
        InputError
            Without a weight for the item or the unit.
        """
        head = item.partition(":")[0]
        name = self.choice.get(item) or self.choice.get(head) or self.choice.get("*")
        if name is None:
            raise InputError("downscale_item_without_weight", item=item, unit=source, known=sorted(self.choice))
        table = self.shares[name]
        pieces = table[(table["source"] == source) & (table["weight"] > 0)]
        if pieces.empty:
            raise InputError("downscale_weight_zero", weight=name, unit=source)
        return pieces, name


def chosen(weight: str | Path | Iterable[str | Path] | Mapping[str, str | Path] | None) -> dict[str, str]:
    """Weights by item: `raster.tif`, `rice=raster.tif`, a mapping, or a list of these."""
    if weight is None:
        return {}
    if isinstance(weight, Mapping):
        return {items.recognised(str(item)) or str(item): str(name) for item, name in weight.items()}
    found = {}
    for entry in [weight] if isinstance(weight, str | Path) else weight:
        item, equals, name = str(entry).partition("=")
        if equals and not Path(str(entry)).exists():
            found[items.recognised(item) or item] = name
        else:
            found["*"] = str(entry)
    return found


def weights(choice: Mapping[str, str], places: Places, sources: SpatialUnits | None, progress: Progress | None = None) -> Weights:
    """Weights of all pieces.

    Parameters
    ----------
    choice : mapping (text, text)
        Item -> raster, field or table.
    sources : SpatialUnits
        Polygons of the source units; None where each unit names the one above.

    Raises
    ------
    InputError
    """
    shares = {}
    for name in dict.fromkeys(choice.values()):
        if name in places.frame.columns:
            table = _nested(places, sources, _numbers(places.frame[name], name, places), name)
        elif Path(name).suffix.lower() in TABLES:
            table = _nested(places, sources, _of_table(name, places), name)
        elif Path(name).exists():
            table = _of_raster(name, places, sources, progress)
        else:
            fields = [column for column in places.frame.columns if column not in (*columns(UnitRow), "kind", "level")]
            raise InputError("downscale_weight_unknown", weight=name, fields=fields, nearest=nearest(name, fields) or "-")
        negative = table[(table["weight"] < 0)]
        if len(negative):
            first = negative.iloc[0]
            unit = first["target"] or first["source"]
            raise InputError("downscale_weight_negative", weight=name, unit=unit, found=float(first["weight"]))
        shares[name] = table
    return Weights(shares, dict(choice))


def _numbers(column: pd.Series, name: str, places: Places) -> pd.Series:
    numbers = pd.to_numeric(column, errors="coerce")
    bad = numbers[numbers.isna()]
    if len(bad):
        codes = places.frame["unit_id"].loc[bad.index].astype(str).tolist()
        raise InputError("downscale_weight_missing", weight=name, count=len(bad), units=codes)
    return pd.Series(numbers.to_numpy(dtype=float), index=places.ids)


def _of_table(path: str, places: Places) -> pd.Series:
    table = tables.read(path, columns(WeightRow, required=True), columns(WeightRow, required=False), key=("unit_id",))
    found = pd.Series(tables.numbers(table, "weight", required=True).to_numpy(), index=table["unit_id"])
    absent = [code for code in places.ids if code not in found.index]
    if absent:
        raise InputError("downscale_weight_missing", weight=path, count=len(absent), units=absent)
    return found.reindex(places.ids)


def _nested(places: Places, sources: SpatialUnits | None, weight: pd.Series, name: str) -> pd.DataFrame:
    """Weights of whole units, each in the unit above."""
    parents = places.frame["parent_id"] if "parent_id" in places.frame.columns else pd.Series(None, index=places.frame.index)
    if sources is not None and parents.isna().any():
        raise InputError("downscale_field_of_cut_units", weight=name)
    table = pd.DataFrame({"source": parents.to_numpy(), "target": places.ids, "weight": weight.to_numpy()})
    return table[table["source"].notna()].reset_index(drop=True)


def _of_raster(path: str, places: Places, sources: SpatialUnits | None, progress: Progress | None) -> pd.DataFrame:
    """Sums of a raster over whole units, or over their pieces in source units and over these."""
    if places.geometry is None:
        raise InputError("downscale_without_polygons", weight=path)
    if sources is None:
        sums = totals.zonal(places.geometry, path, ["sum"], progress=progress)
        weight = pd.Series(sums["sum"].to_numpy(dtype=float), index=sums["unit_id"]).reindex(places.ids).fillna(0.0)
        return _nested(places, None, weight, path)
    shapes = sources.to_crs(places.geometry.crs)
    pieces = overlay(places.geometry.geometry, shapes.geometry)
    ids = [f"p{number}" for number in range(len(pieces.unit))]
    parts = {"unit_id": [*ids, *(f"s{number}" for number in range(len(shapes)))]}
    geometry = np.concatenate([pieces.geometry, shapes.geometry])
    zones = SpatialUnits(geopandas.GeoDataFrame(parts, geometry=geometry, crs=places.geometry.frame.crs))
    by_zone = totals.zonal(zones, path, ["sum"], progress=progress).set_index("unit_id")["sum"].fillna(0.0)
    targets = np.array(places.ids, dtype=object)[pieces.unit]
    owners = np.array(shapes.ids, dtype=object)[pieces.parcel]
    table = pd.DataFrame({"source": owners, "target": targets, "weight": by_zone.reindex(ids).to_numpy(dtype=float)})
    whole = by_zone.reindex(parts["unit_id"][len(ids) :]).to_numpy(dtype=float)
    inside = table.groupby("source")["weight"].sum().reindex(shapes.ids).fillna(0.0).to_numpy()
    over = inside > whole * (1 + 1e-6)
    if over.any():
        raise InputError("downscale_units_overlap", unit=shapes.ids[int(np.flatnonzero(over)[0])])
    rest = pd.DataFrame(
        {"source": shapes.ids, "target": OUTSIDE, "weight": np.where(inside > 0, np.maximum(whole - inside, 0.0), 0.0)}
    )
    rest.loc[rest["weight"] <= 1e-9 * whole, "weight"] = 0.0
    return pd.concat([table, rest], ignore_index=True)


def downscaled(rows: pd.DataFrame, places: Places, made: Weights) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows in the units of the study, and what was moved.

    Parameters
    ----------
    rows : table (code, item, quantity, uom, ..., note)

    Returns
    -------
    table
        The same columns; moved rows are marked in `source` and `note`.
    table (unit_id, item, year, weight, quantity, allocated, unallocated, uom, units)

    Raises
    ------
    InputError
        A unit that has a number of its own beside that of the unit above.
    """
    own = set(places.ids)
    above = rows[~rows["code"].isin(own)]
    if above.empty:
        return rows, pd.DataFrame(columns=columns(DownscaledRow))
    within = rows[rows["code"].isin(own)]
    stated = set(zip(within["code"], within["item"], within["year"].fillna(-1), strict=True))
    kept, log = within.to_dict("records"), []
    for row in above.to_dict("records"):
        pieces, name = made.of(row["item"], row["code"])
        year = -1 if pd.isna(row["year"]) else row["year"]
        doubled = [target for target in pieces["target"] if (target, row["item"], year) in stated]
        if doubled:
            fields = {"path": row["path"], "cell": row["cell"], "item": row["item"], "unit": row["code"], "units": doubled}
            raise InputError("downscale_twice", **fields)
        adds = items.extensive(row["item"], row["uom"])
        share = (pieces["weight"] / pieces["weight"].sum()).to_numpy()
        quantity = row["quantity"] * share if adds else np.full(len(pieces), row["quantity"])
        mark = f"{MARK} from {row['code']} by {Path(name).name}" if adds else f"{MARK}: taken over from {row['code']}"
        allocated = 0.0
        for target, value in zip(pieces["target"], quantity, strict=True):
            if target != OUTSIDE:
                allocated += float(value)
                source = joined(row["source"], f"{MARK} ({Path(name).name})")
                kept.append({**row, "code": target, "quantity": float(value), "source": source, "note": joined(row["note"], mark)})
        outside = float(quantity[(pieces["target"] == OUTSIDE).to_numpy()].sum()) if adds else 0.0
        reached = int((pieces["target"] != OUTSIDE).sum())
        entry = (row["code"], row["item"], row["year"], Path(name).name if adds else "-", row["quantity"])
        log.append((*entry, allocated if adds else np.nan, outside, row["uom"], reached))
    return merged(pd.DataFrame(kept)), pd.DataFrame(log, columns=columns(DownscaledRow))
