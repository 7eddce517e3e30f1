"""Candidates of compensation: read with fixed columns, priced at t0, and left out with a reason where their land cannot serve.

A candidate may be read from a layer or taken as a GeoDataFrame. Money is in CNY at constant prices. `variable_cost` is that of the
whole candidate (or `cost_per_ha`), spent with `fixed_cost` at the start; `yearly_cost` runs from the start to the end of the
guarantee or the horizon. Success is a share, or a class of difficulty: low 1, medium 0.67, high 0.33, very high 0.10.
"""

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import geopandas
import numpy as np
import pandas as pd
import shapely

from ecoval import grid, measure
from ecoval.classification import ecosystem_types, lineage
from ecoval.declarations import YEAR_DOMAIN, Key, columns, entries
from ecoval.errors import ParameterError
from ecoval.offset.declaration.layers import areas, numbers, read_layer, texts
from ecoval.offset.declaration.values import CandidateDeclaration
from ecoval.offset.equivalency.flow import SHAPES, loss_flow
from ecoval.offset.rules.areas import SLIVER
from ecoval.units.polygon_area import ellipsoidal_area, metres_per_unit
from ecoval.words import message

HECTARE = 10_000.0
DIFFICULTY = {"low": 1.0, "medium": 0.67, "high": 0.33, "very_high": 0.10}
ALIASES = {"very high": "very_high", "低": "low", "中": "medium", "高": "high", "很高": "very_high"}


@dataclass(frozen=True)
class CandidateRow:
    """Fields of the layer of candidates, one row per candidate and option."""

    candidate_id: Annotated[str, Key("the candidate", "候选地块编号")]
    option_id: Annotated[str, Key("its option", "措施编号")] = ""
    name: Annotated[str | None, Key("its name", "名称")] = None
    kind_now: Annotated[
        float | None, Key("present ecosystem type; default: that of the study", "现状类型；默认取核算项目", low=1, high=999)
    ] = None
    kind_target: Annotated[float, Key("ecosystem type that is aimed at", "目标类型", low=1, high=999)] = field(kw_only=True)
    fixed_cost: Annotated[float, Key("once, at the start", "一次性费用", low=0, measure="CNY", high=1e15)] = 0.0
    variable_cost: Annotated[float | None, Key("of the whole candidate", "整块费用", low=0, measure="CNY", high=1e15)] = None
    yearly_cost: Annotated[float, Key("from the start to the end", "自起始年至结束年的年费用", low=0, measure="CNY", high=1e15)] = (
        0.0
    )
    cost_per_ha: Annotated[
        float | None, Key("in place of variable_cost", "代替 variable_cost", measure="CNY ha-1", low=0, high=1e12)
    ] = None
    start_year: Annotated[float | None, Key("in which the gain begins; default: t0", "收益起始年；默认 t0", **YEAR_DOMAIN)] = None
    ramp_years: Annotated[float, Key("until the gain is reached", "达到目标所需年数", low=0, measure="yr", high=1000)] = 0.0
    ramp_shape: Annotated[str, Key("how the gain rises", "增长方式", choices=tuple(SHAPES))] = "linear"
    level: Annotated[float, Key("share of the target that is reached", "达到目标的比例", low=0, high=1)] = 1.0
    end_year: Annotated[float | None, Key("end of the guarantee; empty: permanent", "保障结束年；空为永久", **YEAR_DOMAIN)] = None
    success: Annotated[float | None, Key("probability; default: 1, with a warning", "成功概率；默认 1 并警告", low=0, high=1)] = (
        None
    )
    success_low: Annotated[
        float | None, Key("of the cautious credit; default: success", "审慎信用的概率；默认 success", low=0, high=1)
    ] = None
    leakage: Annotated[float, Key("share that only moves a harm elsewhere", "损害外移的比例", low=0, high=1)] = 0.0
    trend: Annotated[float, Key("of the present state per year without the option", "无措施时现状的年变化", low=-1, high=1)] = 0.0
    averted_probability: Annotated[
        float | None, Key("of a loss that the option averts", "措施所避免的损失的概率", low=0, high=1)
    ] = None
    right_id: Annotated[str | None, Key("right to the land", "权属编号")] = None
    conflict_group: Annotated[str | None, Key("candidates of one group exclude each other", "同组候选地块互斥")] = None
    additionality: Annotated[str | None, Key("why a gain on protected land is additional", "受保护土地上收益具有额外性的理由")] = (
        None
    )
    difficulty: Annotated[str | None, Key("in place of success", "代替 success", choices=tuple(DIFFICULTY))] = None
    advance: Annotated[
        float | None, Key("years before the start; in place of delay", "提前年数；不与 delay 并用", low=0, measure="yr", high=1000)
    ] = None
    delay: Annotated[float | None, Key("years after the start", "滞后年数", low=0, measure="yr", high=1000)] = None
    minimum_area: Annotated[float | None, Key("that must be taken, if any", "选用时的最小面积", low=0, measure="m2", high=1e14)] = (
        None
    )


FIELDS = (*columns(CandidateRow), "uom")  # what is read of the layer
TEXTS = columns(CandidateRow, kind=str)
MONEY = tuple(entry.name for entry in entries(CandidateRow) if entry.key.measure.startswith("CNY"))
NUMBERS = tuple(name for name in columns(CandidateRow, kind=float) if name not in MONEY)
DEFAULTS = {entry.name: entry.default for entry in entries(CandidateRow) if not entry.required and entry.default is not None}
COLUMNS = (
    *("candidate_id", "option_id", "name", "area", "kind_now", "kind_target", "cost", "fixed_cost", "conflict_group"),
    *("minimum_area", "start_year", "ramp_years", "end_year", "success", "leakage", "right_id", "excluded", "reason_en"),
    "reason_zh",
)


def read_candidates(declared, t0, crs=None):
    """Candidates with every column, one row per candidate and option.

    Parameters
    ----------
    declared : CandidateDeclaration
        Or a path, or a GeoDataFrame.
    t0 : number, yr
        Start of candidates that name none.
    crs : text

    Returns
    -------
    table (candidate_id, option_id, name, kind_now, kind_target, fixed_cost, variable_cost, yearly_cost, ..., area, geometry)
        Area in m2; empty where neither a value nor a default is known (kinds, end_year, success, minimum_area).
    """
    if not isinstance(declared, CandidateDeclaration):
        declared = CandidateDeclaration(Path(declared) if isinstance(declared, str) else declared)
    frame = read_layer(declared, crs)
    fields = declared.fields
    made = {name: _column(frame, fields.get(name, name), text=True) for name in TEXTS}
    made |= {name: _column(frame, fields.get(name, name)) for name in (*MONEY, *NUMBERS) if name != "success"}
    success = _column(frame, fields.get("success", "success"), text=True)  # a share, or a class of difficulty
    made["success"] = pd.to_numeric(success, errors="coerce").astype(float)
    made = pd.DataFrame(made)
    made["area"] = areas(frame)
    made["difficulty"] = made["difficulty"].fillna(_classes(frame, fields.get("success", "success")))
    made = _filled(_priced(made, frame, fields), declared, t0)
    located = geopandas.GeoDataFrame(made, geometry=np.asarray(frame.geometry.values, dtype=object), crs=frame.crs)
    located.attrs.update(frame.attrs, columns=tuple(str(column) for column in frame.columns))
    return located


def _column(frame, field, text=False):
    if field not in frame.columns:
        return pd.Series([None if text else np.nan] * len(frame), index=frame.index, dtype="object" if text else float)
    if not text:
        return numbers(frame, field)
    return texts(frame[field])


def _classes(frame, field):
    """Classes of difficulty where the field of success holds words."""
    words = _column(frame, field, text=True)
    return texts(words.where(pd.to_numeric(words, errors="coerce").isna()))


def _priced(made, frame, fields):
    """Costs in CNY: the measure of the file where it names one; the variable cost from that per hectare where it gives that."""
    uom = _column(frame, fields.get("uom", "uom"), text=True)
    scale = [1.0 if symbol is None else measure.factor(symbol, "CNY") for symbol in uom]
    for name in MONEY:
        made[name] = made[name] * scale
    made["variable_cost"] = made["variable_cost"].fillna(made.pop("cost_per_ha") * made["area"] / HECTARE)
    return made


def _filled(made, declared, t0):
    for name, value in DEFAULTS.items():
        made[name] = made[name].where(made[name].notna(), value)
    made["start_year"] = made["start_year"].fillna(float(t0))
    made["advance"] = made["advance"].fillna(declared.advance)
    made["delay"] = made["delay"].fillna(declared.delay)
    made["name"] = made["name"].where(made["name"].notna(), made["candidate_id"])
    chance = made["difficulty"].map(difficulty, na_action="ignore").astype(float)
    made["success"] = made["success"].fillna(chance)
    return made


def difficulty(word):
    """Success of a class of difficulty, empty where the class is unknown."""
    word = str(word).strip().casefold()
    return DIFFICULTY.get(ALIASES.get(word, word), math.nan)


def costs(candidates, timing):
    """Cost of each whole candidate at t0: fixed part, and the rest with the present value of the yearly cost.

    Parameters
    ----------
    candidates : table (fixed_cost, variable_cost, yearly_cost, start_year, advance, delay, end_year)
    timing : Timing

    Returns
    -------
    table (fixed_cost, cost)
        CNY at t0.

    Raises
    ------
    ParameterError
        For a yearly cost without end under an unending horizon that is not discounted.
    """
    first = candidates["start_year"] - candidates["advance"] + candidates["delay"]
    rate = timing.rate or 0.0
    spent = (1.0 + rate) ** -(first - timing.t0).clip(lower=0.0)
    terms = [_annuity(start, end, timing) if yearly else 0.0 for start, end, yearly in _terms(candidates, first)]
    return pd.DataFrame(
        {
            "fixed_cost": candidates["fixed_cost"] * spent,
            "cost": candidates["variable_cost"] * spent + candidates["yearly_cost"] * terms,
        }
    )


def _terms(candidates, first):
    return zip(first, candidates["end_year"], candidates["yearly_cost"], strict=True)


def _annuity(start, end, timing):
    """Years of a yearly cost of 1 at t0."""
    last = min(timing.t0 + timing.horizon, math.inf if math.isnan(end) else end)
    if timing.time == "discount":
        return timing.value(loss_flow(int(start), None if math.isnan(end) else int(end)), gain=True)
    if math.isinf(last):
        raise ParameterError("yearly_cost_without_end", start=int(start))
    return max(last - start, 0.0)


def exclusions(candidates, *, footprints=None, used=None, layers=None, barred=(), tolerance=1.0):
    """Candidates that cannot serve, with the first reason that applies.

    Parameters
    ----------
    candidates : table (candidate_id, option_id, kind_now, kind_target, additionality, area, geometry)
    footprints : table (geometry)
        Patches of the chosen alternative.
    used : callable (candidate_id, option_id) or table (geometry)
        Whether the ledger holds the candidate; or the land that it holds.
    layers : mapping (text, table (geometry))
        Land promised to other projects (`granted`), land that is protected anyhow (`protected`, `red_line`), where a candidate
        serves only with a written reason of additionality, and land of any other name, where nothing may be built or made.
    barred : numbers
        Irreplaceable ecosystem types: none of them can be made.
    tolerance : number, m2
        Overlaps up to this area count as touching.

    Returns
    -------
    table (candidate_id, option_id, excluded, features, found, expected, reason_en, reason_zh)
        Rows as given; `excluded` is empty where the candidate may serve.
    """
    rows = candidates.index
    out = pd.DataFrame(
        {
            "candidate_id": candidates["candidate_id"],
            "option_id": candidates["option_id"],
            "excluded": "",
            "found": "",
            "expected": "",
        },
        index=rows,
    )
    own = [
        ("CANDIDATE_IN_FOOTPRINT", shared_area(candidates, footprints)),
        ("CANDIDATE_IN_LEDGER", _used(candidates, used, tolerance)),
    ]
    for code, area in [*own, *_inside(candidates, dict(layers or {}))]:
        hit = (np.asarray(area) > tolerance) & (out["excluded"] == "").to_numpy()
        out.loc[hit, "excluded"] = code
        out.loc[hit, "found"] = [f"{value / HECTARE:.4g} ha" for value in np.asarray(area)[hit]]
        out.loc[hit, "expected"] = f"<= {tolerance / HECTARE:.4g} ha"
    _refuse_kinds(out, candidates, barred)
    reasons = [_reason(row) for row in out.itertuples()]
    return out.assign(reason_en=[en for en, _ in reasons], reason_zh=[zh for _, zh in reasons])


def _inside(candidates, layers):
    """Code and covered area of the layers of `exclusions`, in the order in which they are named."""
    granted, protected, red_line = (
        shared_area(candidates, layers.pop(name, None)) for name in ("granted", "protected", "red_line")
    )
    unsaid = candidates["additionality"].isna()
    yield "CANDIDATE_IN_GRANTED", granted
    yield "CANDIDATE_IN_PROTECTED", np.where(unsaid, protected, 0.0)
    yield "CANDIDATE_IN_RED_LINE", np.where(unsaid, red_line, 0.0)
    for layer in layers.values():
        yield "CANDIDATE_IN_NO_GO", shared_area(candidates, layer)


def _used(candidates, used, tolerance):
    """Area of each candidate that the ledger holds: all of it where it holds the candidate by name."""
    if used is None:
        return np.zeros(len(candidates))
    if callable(used):
        held = [bool(used(row.candidate_id, row.option_id)) for row in candidates.itertuples()]
        return np.where(held, np.maximum(candidates["area"].to_numpy(), 2.0 * tolerance), 0.0)
    return shared_area(candidates, used)


def _refuse_kinds(out, candidates, barred):
    known = ecosystem_types()
    barred = {int(kind) for kind in barred}
    for row, target in candidates.loc[out["excluded"] == "", "kind_target"].items():
        if math.isnan(target) or int(target) not in known:
            out.loc[row, ["excluded", "found", "expected"]] = ["KIND_UNKNOWN", _kind(target), "kind_target"]
        elif not barred.isdisjoint(lineage(int(target))):
            out.loc[row, ["excluded", "found", "expected"]] = ["NOT_RESTORABLE", _kind(target), "-"]


def _kind(value):
    return "-" if math.isnan(value) else str(int(value))


def _reason(row):
    if not row.excluded:
        return "", ""
    fields = {"layer": "candidates", "features": row.candidate_id, "found": row.found, "expected": row.expected}
    return tuple(message(row.excluded, fields, lang) for lang in ("en", "zh"))


def shared_area(frame, other):
    """Area of each polygon that a layer covers, on the ellipsoid.

    Parameters
    ----------
    frame, other : table (geometry)
        GeoDataFrames in one CRS; the polygons of `other` may overlap each other. None: nothing is covered.

    Returns
    -------
    vector (polygons), m2
    """
    total = np.zeros(len(frame))
    if other is None or not len(other) or not len(frame):
        return total
    crs = grid.read_crs(frame.crs)
    mine = np.asarray(frame.geometry.values, dtype=object)
    mine = np.where(shapely.is_valid(mine) & ~shapely.is_missing(mine), mine, None)
    theirs = np.asarray(other.geometry.values, dtype=object)
    theirs = theirs[shapely.is_valid(theirs) & ~shapely.is_empty(theirs)]
    left, right = shapely.STRtree(theirs).query(mine, predicate="intersects")
    for position in np.unique(left):  # cut first, then united: neighbours that only touch cost little
        parts = shapely.get_parts(shapely.get_parts(shapely.intersection(mine[position], theirs[right[left == position]])))
        parts = parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON]
        if len(parts):
            total[position] = ellipsoidal_area(areal([shapely.union_all(parts)], crs), crs)[0]
    return total


def areal(geometries, crs=None):
    """Areal part of each geometry, None where there is none; with a CRS without parts that only drawing makes.

    Parameters
    ----------
    geometries : array (polygons)
    crs : text
        Its measure of length tells which parts are slivers: of a mean width (twice the area by the border) up to 0.1 m.

    Returns
    -------
    array (polygons)
        Polygons and multipolygons.
    """
    out = np.full(len(geometries), None, dtype=object)
    metres = None if crs is None else metres_per_unit(grid.read_crs(crs))
    for number, geometry in enumerate(geometries):
        parts = [part for part in shapely.get_parts(shapely.get_parts(geometry)) if part.geom_type == "Polygon"]
        if metres is not None:
            parts = [part for part in parts if part.length > 0.0 and 2.0 * part.area / part.length * metres > SLIVER]
        if parts:
            out[number] = shapely.MultiPolygon(parts)
    return out


def candidate_table(candidates, excluded, timing):
    """candidates.csv: what each candidate is and costs, and why it is left out.

    Parameters
    ----------
    candidates : table
        As `read_candidates`.
    excluded : table
        As `exclusions`.
    timing : Timing

    Returns
    -------
    table (candidate_id, option_id, name, area, kind_now, kind_target, cost, ..., excluded, reason_en, reason_zh)
        Area in m2, money in CNY at t0.
    """
    table = pd.DataFrame(candidates.drop(columns=candidates.geometry.name))
    table[["fixed_cost", "cost"]] = costs(candidates, timing)[["fixed_cost", "cost"]]
    table[["excluded", "reason_en", "reason_zh"]] = excluded[["excluded", "reason_en", "reason_zh"]]
    for name in ("kind_now", "kind_target"):
        table[name] = table[name].astype("Int64")
    return table[list(COLUMNS)].reset_index(drop=True)
