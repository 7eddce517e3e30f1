"""Flood mitigation: storm water held by vegetation, lakes, reservoirs and marsh.

    vegetation  q = 10 sum over storms of (R0 - Rs)              m3 ha-1 yr-1
    lakes       C = exp(a) A^b T 10^4                            m3 yr-1, A the area of one lake in km2
    reservoirs  flood-control capacity, else a share of the total capacity
    marsh       q = 10^4 depth                                   m3 ha-1 yr-1

Runoff of a storm of P mm by curve number [TR55]: S = 25400/CN - 254, R = (P - 0.2 S)^2 / (P + 0.8 S) for P > 0.2 S, else 0. R0
is the runoff of bare soil (`baseline = bare`) or the storm itself (`baseline = rain`), Rs that of the ecosystem. By
`regression` Rs = a + b ln P within 0 and P, a and b per type from the user. [GARZE2017], [RAO2014].

Runoff is not linear in rain, so it is worked out on the grid of the rain, not on the study's: the layer `storm_runoff` has one
band per runoff curve in use (`curves`) and `storm_rain` the storms themselves, both per year; `storm_layers` makes them from
daily rain. The item picks the band of each cell's type and soil group.

Decided 2026: a storm is a day whose rain reaches the threshold, which the user gives (50 mm is recalled); `storms = all` takes
every day. Soil groups are 1-4 for A-D; the dual groups 11-14 count as undrained D. The cover that each type takes in the
handbook's table is this project's assumption (`classification/cn_cover.csv`); own numbers are keyed by type and group, `511:C`.
Lakes are taken one by one, since b is not 1, and share out their capacity by area where they lie in several units; the account
adds up those of one unit. Marsh and
reservoirs are not in water retention.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ecoval import measure
from ecoval.classification import curve_number_covers
from ecoval.declarations import Key
from ecoval.kernels.cellwise import Cells
from ecoval.services.declaration import Input, Item, KeyNumbers, Option, Parameter, Service, TypeCodes
from ecoval.services.storage_costs import STORAGE_COSTS

F = np.float32
M3_HA_PER_MM = F(10.0)
GROUPS = ("A", "B", "C", "D")
BARE = "bare_soil"
UNDRAINED = (11, 12, 13, 14)
HIGHEST_CODE = 1000
Curve = float | tuple[float, float]  # curve number, or intercept and slope on the logarithm of the rain
Places = npt.NDArray[np.integer[Any]]  # of curves or groups
LAKE, RESERVOIR = "421", "422"  # on the land of coarser types where a unit has none of these


@dataclass(frozen=True)
class LakeRow:
    """A row of the table of lakes: the part of one lake in one unit."""

    unit_id: Annotated[str, Key("code of the unit", "单元编码")]
    name: Annotated[str | None, Key("for who reads the table", "供阅表者参考", cosmetic="a remark")] = None
    area: Annotated[float | None, Key("of the part inside the unit", "位于单元内的面积", low=0, high=1e12, measure="m2")] = None
    lake_area: Annotated[
        float | None, Key("of the whole lake; default: area", "整个湖泊的面积；默认取 area", low=0, high=1e12, measure="m2")
    ] = None
    capacity: Annotated[
        float | None, Key("adjustable capacity of the whole lake, in uom", "整个湖泊的可调蓄容量，单位见 uom", low=0, high=1e14)
    ] = None
    uom: Annotated[str, Key("unit of measure of the capacity", "容量的计量单位")] = "m3"
    status: Annotated[str, Key("how far it is checked", "核对状态")] = "user"


@dataclass(frozen=True)
class ReservoirRow:
    """A row of the table of reservoirs."""

    unit_id: Annotated[str, Key("code of the unit", "单元编码")]
    name: Annotated[str | None, Key("for who reads the table", "供阅表者参考", cosmetic="a remark")] = None
    total_capacity: Annotated[float | None, Key("total capacity, in uom", "总库容，单位见 uom", low=0, high=1e14)] = None
    flood_capacity: Annotated[
        float | None, Key("flood-control capacity; default: a share of the total", "防洪库容；默认按总库容的比例", low=0, high=1e14)
    ] = None
    uom: Annotated[str, Key("unit of measure of the capacities", "库容的计量单位")] = "m3"
    status: Annotated[str, Key("how far it is checked", "核对状态")] = "user"


def vegetation(
    types: TypeCodes,
    soil_group: Cells,
    storm_runoff: Cells,
    storm_rain: Cells,
    curve_number: KeyNumbers | None,
    regression: KeyNumbers,
    vegetation: str,
    baseline: str,
) -> Cells:
    """Storm water held by vegetation in a year.

    Parameters
    ----------
    soil_group : array (rows, cols), 1, 1-14
    storm_runoff : array (curves, rows, cols), mm yr-1, >= 0
        Runoff of all storms by each curve of `curves`.
    storm_rain : array (rows, cols), mm yr-1, >= 0
    vegetation : choice {scs_cn, regression}
    baseline : choice {bare, rain}
        Regressions are compared with the rain.

    Returns
    -------
    array (rows, cols), m3 ha-1 yr-1
        Missing (nan) where type, soil group or rain is missing or the type has no curve.
    """
    index, bare = curve_index(types, soil_group, curve_number, regression, vegetation)
    runoff = _picked(storm_runoff, index)
    of_rain = baseline == "rain" or vegetation == "regression"
    start = np.asarray(storm_rain, dtype=F) if of_rain else _picked(storm_runoff, bare)
    return M3_HA_PER_MM * (start - runoff)


def curves(curve_number: KeyNumbers, regression: KeyNumbers, vegetation: str) -> tuple[Curve, ...]:
    """Runoff curves of the tables by the choice of `vegetation`, in the order of the bands of `storm_runoff`."""
    if vegetation == "scs_cn":
        return tuple(sorted(set(curve_number.values())))
    codes = {key.split(":")[0] for key in regression}
    return tuple(sorted({(regression[f"{code}:intercept"], regression[f"{code}:slope"]) for code in codes}))


def curve_index(
    types: npt.ArrayLike,
    soil_group: npt.ArrayLike,
    curve_number: KeyNumbers | None,
    regression: KeyNumbers,
    vegetation: str,
) -> tuple[Places, Places]:
    """Which curve each cell has, and which it would have as bare soil; -1 where none.

    Parameters
    ----------
    types : array (rows, cols), 1
    soil_group : array (rows, cols), 1, 1-14
    vegetation : choice {scs_cn, regression}

    Returns
    -------
    array (rows, cols), 1
    array (rows, cols), 1
    """
    types, curve_number = np.asarray(types), curve_number or {}
    position = {curve: band for band, curve in enumerate(curves(curve_number, regression, vegetation))}
    codes = [int(code) for code in np.unique(types) if code > 0]
    table = np.full((HIGHEST_CODE, len(GROUPS) + 1), -1, dtype=np.intp)
    bare = np.full(len(GROUPS) + 1, -1, dtype=np.intp)
    for column, group in enumerate(GROUPS, start=1):
        for code in codes:
            curve = _curve(code, group, curve_number, regression, vegetation)
            table[code, column] = -1 if curve is None else position[curve]
        bare_curve = curve_number.get(f"{BARE}:{group}")
        bare[column] = -1 if bare_curve is None else position.get(bare_curve, -1)
    if vegetation == "regression":
        return table[types, 1], bare[np.zeros(types.shape, dtype=np.intp)]
    place = group_place(soil_group)
    return table[types, place], bare[place]


def group_place(soil_group: npt.ArrayLike) -> Places:
    """Column 1-4 of each soil group (1-4, 11-14), 0 where missing or unknown."""
    group = np.nan_to_num(np.asarray(soil_group, dtype=np.float64), nan=0.0).astype(np.int64)
    group = np.where(np.isin(group, UNDRAINED), len(GROUPS), group)
    return np.where((group >= 1) & (group <= len(GROUPS)), group, 0)


def _curve(code: int, group: str, curve_number: KeyNumbers, regression: KeyNumbers, vegetation: str) -> Curve | None:
    """Curve of a type on a soil group: its own number, else that of its cover; None without one."""
    if vegetation == "regression":
        intercept, slope = regression.get(f"{code}:intercept"), regression.get(f"{code}:slope")
        return None if intercept is None or slope is None else (intercept, slope)
    cover = curve_number_covers().get(code, "none")
    return curve_number.get(f"{code}:{group}", curve_number.get(f"{cover}:{group}"))


def curve_keys(codes: Sequence[int]) -> set[str]:
    """Keys of the curve-number table that types need: their own, those of their covers, and bare soil."""
    names = {str(code) for code in codes} | {curve_number_covers().get(int(code), "none") for code in codes} | {BARE}
    return {f"{name}:{group}" for name in names for group in GROUPS}


def regression_keys(codes: Sequence[int]) -> set[str]:
    """Keys of the regression that types need: intercept and slope of each."""
    return {f"{code}:{part}" for code in codes for part in ("intercept", "slope")}


def without_curve(codes: Sequence[int], curve_number: KeyNumbers, regression: KeyNumbers, vegetation: str) -> list[int]:
    """Types without a runoff curve on some soil group."""
    return [code for code in codes if any(_curve(code, group, curve_number, regression, vegetation) is None for group in GROUPS)]


def _picked(bands: npt.ArrayLike, index: Places) -> Cells:
    """Band of each cell, nan where the index is negative."""
    picked = np.take_along_axis(np.asarray(bands, dtype=F), np.maximum(index, 0)[None], axis=0)[0]
    return np.where(index >= 0, picked, F(np.nan))


def storm_runoff_depth(rain: npt.ArrayLike, curve: Curve) -> npt.NDArray[np.float64]:
    """Runoff of one storm by curve number, or by the regression of a type.

    Parameters
    ----------
    rain : array (days, rows, cols), mm

    Returns
    -------
    array (days, rows, cols), mm
    """
    rain = np.asarray(rain, dtype=np.float64)
    if isinstance(curve, tuple):
        intercept, slope = curve
        depth = intercept + slope * np.log(np.where(rain > 0, rain, 1.0))
        return np.where(rain > 0, np.clip(depth, 0, np.maximum(rain, 0)), rain)
    storage = 25400 / curve - 254
    excess = np.maximum(rain - 0.2 * storage, 0)
    return excess**2 / np.maximum(rain + 0.8 * storage, 1e-9)


def storm_layers(rain: npt.ArrayLike, every_curve: Sequence[Curve], threshold: float, years: float = 1.0) -> tuple[Cells, Cells]:
    """Layers `storm_runoff` and `storm_rain` from daily rain, on the grid of the rain.

    Parameters
    ----------
    rain : array (days, rows, cols), mm d-1, >= 0
    every_curve
        Of `curves`.
    threshold : number, mm d-1
        Rain from which a day is a storm; 0 takes every day.
    years : number, yr
        Length of the series.

    Returns
    -------
    array (curves, rows, cols), mm yr-1
    array (rows, cols), mm yr-1
    """
    rain = np.asarray(rain, dtype=np.float64)
    storms = np.where(rain >= threshold, rain, np.where(np.isnan(rain), np.nan, 0.0))
    runoff = [storm_runoff_depth(storms, curve).sum(axis=0) / years for curve in every_curve]
    return np.array(runoff, dtype=F).reshape(len(every_curve), *rain.shape[1:]), (storms.sum(axis=0) / years).astype(F)


def marsh(types: TypeCodes, marsh_surface_depth: float) -> Cells:
    """Storm water held above the ground of marsh in a year.

    Parameters
    ----------
    marsh_surface_depth : number, m

    Returns
    -------
    array (rows, cols), m3 ha-1 yr-1
    """
    return np.where(np.asarray(types) > 0, F(marsh_surface_depth * 1e4), F(np.nan))


def lake(lakes: pd.DataFrame, lake_ln_intercept: float | None, lake_ln_slope: float, lake_exchange: float) -> pd.DataFrame:
    """Adjustable capacity of lakes in a year, one by one.

    Parameters
    ----------
    lakes : table of LakeRow
    lake_ln_intercept, lake_ln_slope : number, 1
        None where the capacities of the table are used.
    lake_exchange : number, yr-1

    Returns
    -------
    table (unit_id, item, ecosystem_type, quantity, uom, price, price_uom, price_year, value_share, status, note)
    """
    area = pd.to_numeric(lakes["area"]) if "area" in lakes else pd.Series(np.nan, index=lakes.index)
    stated = pd.to_numeric(lakes["lake_area"]) if "lake_area" in lakes else pd.Series(np.nan, index=lakes.index)
    whole = stated.fillna(area)
    if lake_ln_intercept is None:
        share = (area / whole).where(stated.notna(), 1.0)  # without the area of the whole lake, it lies in the unit
        return _rows(lakes, "lake", LAKE, _volume(lakes, "capacity") * share, "capacity_of_table")
    capacity = lake_capacity(whole / 1e6, lake_ln_intercept, lake_ln_slope, lake_exchange)
    return _rows(lakes, "lake", LAKE, capacity * area / whole, "equation")


def lake_capacity(area: pd.Series, intercept: float, slope: float, exchange: float) -> pd.Series:
    """Adjustable capacity of one lake by its area.

    Parameters
    ----------
    area : vector (lakes), km2
    intercept, slope : number, 1
    exchange : number, yr-1

    Returns
    -------
    vector (lakes), m3 yr-1
    """
    capacity: pd.Series = np.exp(intercept) * area**slope * exchange * 1e4
    return capacity


def reservoir(reservoirs: pd.DataFrame, extent: pd.DataFrame, reservoir_share: float) -> pd.DataFrame:
    """Capacity that reservoirs keep for floods; none in a unit for which their table has no row: it has ponds alone.

    Parameters
    ----------
    reservoirs : table of ReservoirRow
    extent : table (unit_id, ecosystem_type, area)
    reservoir_share : number, 1, 0-1
        Share of the total capacity where the flood capacity is not known.

    Returns
    -------
    table (unit_id, item, ecosystem_type, quantity, uom, price, price_uom, price_year, value_share, status, note)
    """
    known, total = _volume(reservoirs, "flood_capacity"), _volume(reservoirs, "total_capacity")
    note = np.where(known.notna(), "flood_capacity", "share_of_total")
    rows = _rows(reservoirs, "reservoir", RESERVOIR, known.fillna(total * reservoir_share), note)
    ponds = extent.loc[extent["ecosystem_type"].astype(str) == RESERVOIR, ["unit_id"]].drop_duplicates()
    ponds = ponds[~ponds["unit_id"].astype(str).isin(rows["unit_id"])]
    return pd.concat([rows, _rows(ponds, "reservoir", RESERVOIR, 0.0, "none_listed")], ignore_index=True) if len(ponds) else rows


def _volume(table: pd.DataFrame, column: str) -> pd.Series:
    """Column of volumes in m3."""
    if column not in table:
        return pd.Series(np.nan, index=table.index, dtype=float)
    uom = table["uom"] if "uom" in table else pd.Series("m3", index=table.index)
    factors = uom.fillna("m3").map(lambda symbol: measure.factor(symbol, "m3")).astype(float)  # also where no row is left
    return pd.to_numeric(table[column]).astype(float) * factors


def _rows(
    table: pd.DataFrame, item: str, ecosystem_type: str, quantity: pd.Series | float, note: str | npt.NDArray[np.str_]
) -> pd.DataFrame:
    """Result of a table function: one row per row of the table."""
    rows = pd.DataFrame({"unit_id": table["unit_id"].astype(str)})
    rows["item"], rows["ecosystem_type"], rows["quantity"], rows["uom"] = item, ecosystem_type, quantity, "m3 yr-1"
    rows["price"], rows["price_uom"], rows["price_year"], rows["value_share"] = np.nan, "", np.nan, 1.0
    rows["status"], rows["note"] = table.get("status", "user"), note
    return rows


SCS = {"vegetation": ("scs_cn",)}
EQUATION = {"lakes": ("east_plain", "tibet")}
stored = partial(Item, price="price_storage", price_measure="CNY m-3")


SERVICE = Service(
    code="flood_mitigation",
    category="regulating",
    items=(
        stored("vegetation", measure="m3 ha-1 yr-1", quantity=vegetation, lacking=without_curve),
        stored("marsh", measure="m3 ha-1 yr-1", quantity=marsh),
        stored("lake", measure="m3 yr-1", quantity=lake, form="table"),
        stored("reservoir", measure="m3 yr-1", quantity=reservoir, form="table"),
    ),
    inputs=(
        Input("soil_group", "1", kind="categorical", when=SCS),
        Input("storm_runoff", "mm yr-1", low=0, high=20000, bands=None),
        Input("storm_rain", "mm yr-1", low=0, high=20000, when={"baseline": ("rain",)}),
        Input("storm_rain", "mm yr-1", low=0, high=20000, when={"vegetation": ("regression",)}),
        Input("lakes", "m2", kind="table", rows=LakeRow),
        Input("reservoirs", "m3", kind="table", rows=ReservoirRow),
    ),
    parameters=(
        Parameter("curve_number", "1", by="table", low=0, high=100, keys=curve_keys, when=SCS),
        Parameter(
            "regression",
            "mm",
            by="table",
            low=-1e4,
            high=1e4,
            source="own",
            keys=regression_keys,
            when={"vegetation": ("regression",)},
        ),
        Parameter("storm_threshold", "mm d-1", low=0, high=2000, source="own", when={"storms": ("user_threshold",)}),
        Parameter("storm_threshold", "mm d-1", low=0, high=2000, when={"storms": ("threshold",)}),
        Parameter("lake_ln_intercept", "1", low=-20, high=20, key="{lakes}", when=EQUATION),
        Parameter("lake_ln_slope", "1", low=0, high=5, key="{lakes}", when=EQUATION),
        Parameter("lake_exchange", "yr-1", low=0, high=1000, key="{lakes}", when=EQUATION),
        Parameter("reservoir_share", "1", low=0, high=1),
        Parameter("marsh_surface_depth", "m", low=0, high=5),
    ),
    options=(
        Option("vegetation", ("scs_cn", "regression"), "scs_cn"),
        Option("baseline", ("bare", "rain"), "bare", when=SCS),
        Option("storms", ("user_threshold", "threshold", "all"), "user_threshold", makes="storm_runoff"),
        Option("lakes", ("east_plain", "tibet", "user_capacity"), "user_capacity"),
        Option("price", ("full_cost", "annualised", "water_price"), "full_cost"),
    ),
    lookups=STORAGE_COSTS,
    references=("TR55", "GARZE2017", "RAO2014", "gbt28592-2012"),
)
