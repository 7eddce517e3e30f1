"""Tables that a damage assessment takes: their columns, defaults and checks, and how they are read from files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import pandas as pd

from ecoval import measure, tables
from ecoval.declarations import JUDGED_LATER, YEAR_DOMAIN, Key, Place, columns, content, entries, read
from ecoval.errors import ParameterError
from ecoval.layers.study_toml import load_toml
from ecoval.offset.equivalency.flow import SHAPES
from ecoval.offset.equivalency.time import Timing
from ecoval.terms import nearest
from ecoval.units import vectors
from ecoval.units.polygon_area import ellipsoidal_area

KEY = ("damage_id", "service")
CURVE = ("year", "loss")
FIXED = ("area", "baseline", "uom")
TIMES = ("t0", "rate", "horizon", "convention", "bank_interest")
TABLE_ENDINGS = (".csv", ".tsv", ".xlsx", ".xlsm")


@dataclass(frozen=True, kw_only=True)
class _Damaged:
    """What every row of the table of damages says."""

    damage_id: Annotated[str, Key("the damage", "损害编号")]
    service: Annotated[str, Key("the service", "服务")]
    area: Annotated[float, Key("that is damaged; of polygons it is taken", "受损面积；面要素自动量算", free=JUDGED_LATER)]
    baseline: Annotated[
        float,
        Key("quantity per hectare and year without the damage, above 0", "无损害时每公顷每年的数量，大于 0", free=JUDGED_LATER),
    ]
    uom: Annotated[str, Key("unit of measure of the baseline, per hectare", "基线的计量单位（每公顷）")]
    area_uom: Annotated[str, Key("unit of measure of the area", "面积的计量单位")] = "ha"


@dataclass(frozen=True, kw_only=True)
class DamageRow(_Damaged):
    """A row of the table of damages: one loss from its start to its end."""

    loss: Annotated[float, Key("share of the baseline that is lost", "损失占基线的比例", free=JUDGED_LATER)]
    start: Annotated[float, Key("year in which the loss begins", "损失起始年", **YEAR_DOMAIN)]
    end: Annotated[float | None, Key("year in which it ends; empty: permanent", "损失结束年；空为永久", **YEAR_DOMAIN)] = None
    recovery_years: Annotated[
        float, Key("until nothing is lost after the end", "结束后恢复所需年数", measure="yr", free=JUDGED_LATER)
    ] = 0.0


@dataclass(frozen=True, kw_only=True)
class DamageYearRow(_Damaged):
    """A row of the table of damages that says the loss year by year."""

    year: Annotated[
        float, Key("between two of them in proportion, the last one for ever", "年份；两年之间按比例，末年之后不变", **YEAR_DOMAIN)
    ]
    loss: Annotated[float, Key("share of the baseline that is lost in it", "当年损失占基线的比例", free=JUDGED_LATER)]


@dataclass(frozen=True)
class RestorationRow:
    """A row of the table of restorations: one row per service."""

    restoration_id: Annotated[str, Key("the restoration", "恢复措施编号")]
    service: Annotated[str, Key("the service", "服务")]
    level: Annotated[float, Key("share of the baseline that is reached", "达到基线的比例", free=JUDGED_LATER)]
    delay: Annotated[
        float, Key("years after t0 until the gain begins", "收益较 t0 滞后的年数", measure="yr", free=JUDGED_LATER)
    ] = 0.0
    start: Annotated[
        float | None, Key("year in which the gain begins, in place of delay", "收益起始年，代替 delay", **YEAR_DOMAIN)
    ] = None
    ramp_years: Annotated[float, Key("until the level is reached", "达到目标所需年数", measure="yr", free=JUDGED_LATER)] = 0.0
    ramp_shape: Annotated[str, Key("how the gain rises", "增长方式", choices=tuple(SHAPES))] = "linear"
    end_year: Annotated[float | None, Key("end of the gain; empty: permanent", "收益结束年；空为永久", **YEAR_DOMAIN)] = None
    success: Annotated[float, Key("probability", "成功概率", low=0, high=1)] = 1.0
    value_ratio: Annotated[float | None, Key("value required per value lost", "价值补偿比例", free=JUDGED_LATER)] = None
    baseline: Annotated[
        float | None, Key("what level 1 stands for", "level 为 1 时的基线；默认与受损地相同", free=JUDGED_LATER)
    ] = None
    unit_cost: Annotated[float | None, Key("one per restoration", "每项措施须一致", measure="CNY ha-1", free=JUDGED_LATER)] = None


@dataclass(frozen=True)
class DamageRules:
    """A rules file of a damage assessment; what it does not say is left to `Timing` and to the assessment."""

    t0: Annotated[int | None, Key("year at which everything is valued", "估值基准年", **YEAR_DOMAIN)] = None
    rate: Annotated[float | None, Key("discount rate", "贴现率", measure="yr-1", free=JUDGED_LATER)] = None
    horizon: Annotated[
        float | None, Key("years that are counted; inf: without end", "计算年限；inf 为无限期", measure="yr", free=JUDGED_LATER)
    ] = None
    convention: Annotated[str | None, Key("how a year's level is taken", "年内取值方式")] = None
    bank_interest: Annotated[bool | None, Key("whether gains before t0 bear interest", "t0 之前的收益是否计息")] = None
    value_ratio: Annotated[float | None, Key("value required per value lost", "价值补偿比例", free=JUDGED_LATER)] = None
    primary_cost: Annotated[float | None, Key("of primary restoration", "基本恢复费用", measure="CNY", free=JUDGED_LATER)] = None
    assessment_cost: Annotated[float | None, Key("of the assessment", "评估费用", measure="CNY", free=JUDGED_LATER)] = None
    price_year: Annotated[int | None, Key("year of the money", "价格年", **YEAR_DOMAIN)] = None
    prices: Annotated[dict[str, Any] | None, Key("service -> price per unit of quantity", "服务 -> 单价")] = None


def checked_damage(frame: pd.DataFrame) -> pd.DataFrame:
    """The table of damages with numbers as numbers and the area in hectares; refused where it cannot be computed with.

    Parameters
    ----------
    frame : table (damage_id, service, area, baseline, uom, ...)

    Returns
    -------
    table (damage_id, service, area, baseline, uom, ...)
    """
    curve = "year" in frame.columns
    rows_of = DamageYearRow if curve else DamageRow
    made = _columns(frame, "damaged", rows_of)
    row: Any
    for row in made[[*KEY, "baseline"]].itertuples(index=False):
        if pd.isna(row.baseline) or str(row.baseline).strip() == "":
            raise ParameterError("damage_baseline_missing", damage=row.damage_id, service=row.service, found="-")
    area_uom = made["area_uom"]  # an empty cell beside others is no hectare
    made = _numbers(made, "damaged", rows_of)
    made["area"] *= [measure.factor(str(uom), "ha") for uom in area_uom]
    for (damage, service), rows in made.groupby(list(KEY), sort=False):
        _check_group(rows, str(damage), str(service), curve)
    return made


def _check_group(rows: pd.DataFrame, damage: str, service: str, curve: bool) -> None:
    named = {"damage": damage, "service": service}
    for column in FIXED:
        if len(rows[column].unique()) > 1:
            raise ParameterError("damage_area_differs", **named, column=column, found=rows[column].unique().tolist())
    if not rows["baseline"].iloc[0] > 0:
        raise ParameterError("damage_baseline_missing", **named, found=float(rows["baseline"].iloc[0]))
    years = rows["year" if curve else "start"]
    twice = years[years.duplicated()] if curve else years.iloc[1:]
    if len(twice):
        raise ParameterError("damage_year_twice", **named, found=sorted(twice.astype(int).unique().tolist()))
    if (years % 1 != 0).any():
        raise ParameterError(
            "time_years_not_whole", name=f"{damage} {service} {years.name}", given=float(years[years % 1 != 0].iloc[0])
        )


def checked_restoration(frame: pd.DataFrame | None) -> pd.DataFrame:
    """The table of restorations with defaults filled in; one row per service.

    Parameters
    ----------
    frame : table (restoration_id, service, level)

    Returns
    -------
    table (restoration_id, service, level, delay, start, ramp_years, ramp_shape, end_year, success, value_ratio, ...)
    """
    if frame is None:
        return pd.DataFrame(columns=list(columns(RestorationRow)))
    made = _numbers(_columns(frame, "restoration", RestorationRow), "restoration", RestorationRow)
    for service, rows in made.groupby("service", sort=False):
        if len(rows) > 1:
            raise ParameterError("damage_restored_twice", service=service, found=rows["restoration_id"].tolist())
    for restoration, rows in made.groupby("restoration_id", sort=False):
        if len(rows["unit_cost"].unique()) > 1:
            raise ParameterError("damage_unit_cost_differs", restoration=restoration, found=rows["unit_cost"].tolist())
    return made


def _columns(frame: pd.DataFrame, table: str, rows_of: type) -> pd.DataFrame:
    """The table with every column that a class of rows declares, an absent one with its default."""
    for name in columns(rows_of, required=True):
        if name not in frame.columns:
            raise ParameterError("damage_column_missing", table=table, column=name, columns=list(frame.columns))
    known = columns(rows_of)
    for name in frame.columns:
        if name not in known:
            raise ParameterError("damage_column_unknown", table=table, column=name, nearest=nearest(str(name), known))
    absent = {entry.name: entry.default for entry in entries(rows_of) if entry.name not in frame.columns}
    return frame.assign(**{name: float("nan") if default is None else default for name, default in absent.items()})


def _numbers(made: pd.DataFrame, table: str, rows_of: type) -> pd.DataFrame:
    """The table with numbers as numbers, empty cells with the defaults of their columns."""
    for entry in (each for each in entries(rows_of) if float in each.forms):
        column, given = entry.name, made[entry.name]
        values = pd.to_numeric(given, errors="coerce")
        wrong = values.isna() & (given.notna() | entry.required)
        if wrong.any():
            row = made[wrong].iloc[0]
            identifier = row[columns(rows_of)[0]]
            raise ParameterError("damage_number_missing", table=table, column=column, row=identifier, found=str(row[column]))
        made[column] = values.astype(float)
    return made.fillna(
        {entry.name: entry.default for entry in entries(rows_of) if not entry.required and entry.default is not None}
    )


def read_damage(path: str | Path) -> pd.DataFrame:
    """Damages from a table, or from polygons whose area on the ellipsoid is taken.

    Parameters
    ----------
    path : .csv, .tsv, .xlsx; or a vector file with the fields of the table but the area

    Returns
    -------
    table (damage_id, service, area, ...)
    """
    path = Path(path)
    if path.suffix.lower() in TABLE_ENDINGS:
        return tables.read(path)
    layer = vectors.read(path)
    frame = pd.DataFrame(layer.frame.drop(columns=[layer.frame.geometry.name, "area", "area_uom"], errors="ignore"))
    return frame.assign(area=ellipsoidal_area(layer.frame.geometry.to_numpy(), layer.frame.crs), area_uom="m2")


def read_rules(path: str | Path | None) -> tuple[Timing, dict[str, Any]]:
    """Timing and further numbers of a rules file: t0, rate, horizon, convention, bank_interest; value_ratio, costs, prices.

    Parameters
    ----------
    path : TOML; nothing for the defaults

    Returns
    -------
    tuple (Timing, table)
    """
    values = {} if path is None else content(read(DamageRules, load_toml(Path(path)), Place(Path(path)), "rules"))
    times = {name: values[name] for name in TIMES if name in values}
    return Timing(**times), {name: value for name, value in values.items() if name not in TIMES}
