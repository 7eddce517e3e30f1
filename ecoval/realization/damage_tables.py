"""Tables that a damage assessment takes: their columns, defaults and checks, and how they are read from files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import pandas as pd

from ecoval import measure, tables
from ecoval.declarations import Key, Place, content, read
from ecoval.errors import ParameterError
from ecoval.layers.study_toml import load_toml
from ecoval.offset.equivalency.time import Timing
from ecoval.terms import nearest
from ecoval.units import vectors
from ecoval.units.polygon_area import ellipsoidal_area

KEY = ("damage_id", "service")
CURVE = ("year", "loss")
SPAN = ("loss", "start", "end", "recovery_years")
FIXED = ("area", "baseline", "uom")
DAMAGE_NUMBERS = ("area", "baseline", "year", "loss", "start", "end", "recovery_years")
RESTORATION = ("restoration_id", "service", "level")
RESTORATION_DEFAULTS: dict[str, Any] = {
    "delay": 0.0,
    "start": float("nan"),
    "ramp_years": 0.0,
    "ramp_shape": "linear",
    "end_year": float("nan"),
    "success": 1.0,
    "value_ratio": float("nan"),
    "baseline": float("nan"),
    "unit_cost": float("nan"),
}
TIMES = ("t0", "rate", "horizon", "convention", "bank_interest")
TABLE_ENDINGS = (".csv", ".tsv", ".xlsx", ".xlsm")


@dataclass(frozen=True)
class DamageRules:
    """A rules file of a damage assessment; what it does not say is left to `Timing` and to the assessment."""

    t0: Annotated[int | None, Key("year at which everything is valued", "估值基准年")] = None
    rate: Annotated[float | None, Key("discount rate", "贴现率", measure="yr-1")] = None
    horizon: Annotated[float | None, Key("years that are counted; inf: without end", "计算年限；inf 为无限期", measure="yr")] = None
    convention: Annotated[str | None, Key("how a year's level is taken", "年内取值方式")] = None
    bank_interest: Annotated[bool | None, Key("whether gains before t0 bear interest", "t0 之前的收益是否计息")] = None
    value_ratio: Annotated[float | None, Key("value required per value lost", "价值补偿比例")] = None
    primary_cost: Annotated[float | None, Key("of primary restoration", "基本恢复费用", measure="CNY")] = None
    assessment_cost: Annotated[float | None, Key("of the assessment", "评估费用", measure="CNY")] = None
    price_year: Annotated[int | None, Key("year of the money", "价格年")] = None
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
    form = CURVE if curve else SPAN
    needed = (*KEY, *FIXED, *(CURVE if curve else ("loss", "start")))
    made = _columns(frame, "damaged", needed, (*FIXED, *form, "area_uom"))
    for name in SPAN:
        if not curve and name not in made.columns:
            made[name] = 0.0 if name == "recovery_years" else float("nan")
    for row in made[[*KEY, "baseline"]].itertuples(index=False):
        if pd.isna(row.baseline) or str(row.baseline).strip() == "":
            raise ParameterError("damage_baseline_missing", damage=row.damage_id, service=row.service, found="-")
    made = _numbers(made, "damaged", DAMAGE_NUMBERS, empty=("end", "recovery_years"), name="damage_id")
    made = made.fillna({"recovery_years": 0.0}) if not curve else made
    area_uom = made["area_uom"] if "area_uom" in made.columns else pd.Series("ha", index=made.index)
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
        return pd.DataFrame(columns=[*RESTORATION, *RESTORATION_DEFAULTS])
    made = _columns(frame, "restoration", RESTORATION, RESTORATION_DEFAULTS)
    for name, default in RESTORATION_DEFAULTS.items():
        if name not in made.columns:
            made[name] = default
    numeric = ("level", *(name for name in RESTORATION_DEFAULTS if name != "ramp_shape"))
    made = _numbers(made, "restoration", numeric, empty=tuple(RESTORATION_DEFAULTS), name="restoration_id")
    defaults = {name: value for name, value in RESTORATION_DEFAULTS.items() if value == value}
    made = made.fillna(defaults)
    for service, rows in made.groupby("service", sort=False):
        if len(rows) > 1:
            raise ParameterError("damage_restored_twice", service=service, found=rows["restoration_id"].tolist())
    for restoration, rows in made.groupby("restoration_id", sort=False):
        if len(rows["unit_cost"].unique()) > 1:
            raise ParameterError("damage_unit_cost_differs", restoration=restoration, found=rows["unit_cost"].tolist())
    return made


def _columns(frame: pd.DataFrame, table: str, required: tuple[str, ...], optional: Any) -> pd.DataFrame:
    for name in required:
        if name not in frame.columns:
            raise ParameterError("damage_column_missing", table=table, column=name, columns=list(frame.columns))
    known = (*required, *optional)
    for name in frame.columns:
        if name not in known:
            raise ParameterError("damage_column_unknown", table=table, column=name, nearest=nearest(str(name), known))
    return frame.copy()


def _numbers(made: pd.DataFrame, table: str, columns: tuple[str, ...], empty: tuple[str, ...], name: str) -> pd.DataFrame:
    for column in (column for column in columns if column in made.columns):
        values = pd.to_numeric(made[column], errors="coerce")
        wrong = values.isna() & (made[column].notna() | (column not in empty))
        if wrong.any():
            row = made[wrong].iloc[0]
            raise ParameterError("damage_number_missing", table=table, column=column, row=row[name], found=str(row[column]))
        made[column] = values.astype(float)
    return made


def read_damage(path: str | Path) -> pd.DataFrame:
    """Damages from a table, or from polygons whose area on the ellipsoid is taken.

    Parameters
    ----------
    path : text
        .csv, .tsv, .xlsx; or a vector file with the fields of the table but the area.

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
    path : text
        TOML; nothing for the defaults.

    Returns
    -------
    tuple (Timing, table)
    """
    values = {} if path is None else content(read(DamageRules, load_toml(Path(path)), Place(Path(path)), "rules"))
    times = {name: values[name] for name in TIMES if name in values}
    return Timing(**times), {name: value for name, value in values.items() if name not in TIMES}
