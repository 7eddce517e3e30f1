"""Units of England's statutory biodiversity metric: an adapter that checks the structure of the balance, **not advice**.

    baseline A D C S        created A D' C' S' tau delta        enhanced [(A D' C' - A D C) delta tau + A D C] S'

D distinctiveness, C condition, S significance, tau = 0.965^t, delta difficulty, psi place; a prime marks the target. What is
enhanced is credited on the rise alone; where the baseline condition is above that of the target, the target's counts. Hectares, and
kilometres of hedgerow and watercourse, are modules that never trade. Off-site gains are weighted by psi, their baseline with them,
as the ported workbook does [ABITAT-BNG]; an off-site fall counts in full. `offsite_baseline="full"` takes the whole off-site
baseline instead.

The tables in `data/offset/uk_*.csv` hold the factors and seven habitats; years and difficulty of others are given in the table of
parcels. Not covered: encroachment on watercourses, individual trees, intertidal places, bespoke compensation, difficulty of a
created habitat that is poor before the loss. Anything official needs the official tool.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Annotated

import pandas as pd

from ecoval.declarations import JUDGED_LATER, Key, columns
from ecoval.errors import InputError, ParameterError
from ecoval.offset.equivalency.time import shifted_start
from ecoval.registry import data_rows
from ecoval.terms import nearest

MODULES = {"area": "ha", "hedgerow": "km", "watercourse": "km"}
ACTIONS = ("retained", "lost", "created", "enhanced")
SITES = ("on", "off")
PLACES = ("same", "neighbour", "beyond")
SIDE = ("habitat", "broad_type", "distinctiveness", "condition", "significance")
TARGET = tuple(f"target_{name}" for name in SIDE)


@dataclass(frozen=True)
class ParcelRow:
    """A row of the table of parcels of the metric; the columns of a side as its action needs them."""

    parcel_id: Annotated[str, Key("the parcel", "地块编号")]
    module: Annotated[str, Key("of the metric", "模块", choices=tuple(MODULES))]
    site: Annotated[str, Key("on the site of the project, or off it", "场内或场外", choices=SITES)]
    action: Annotated[str, Key("what is done", "处理方式", choices=ACTIONS)]
    size: Annotated[
        float, Key("in ha, or km of hedgerow and watercourse, above 0", "面积（ha）或长度（km），大于 0", free=JUDGED_LATER)
    ]
    habitat: Annotated[str, Key("what is there", "现有生境")] = ""
    broad_type: Annotated[str, Key("its broad type", "现有生境大类")] = ""
    distinctiveness: Annotated[str, Key("class of what is there", "现有生境的独特性等级")] = ""
    condition: Annotated[str, Key("class of what is there", "现有生境的状况等级")] = ""
    significance: Annotated[str, Key("strategic significance of what is there", "现有生境的战略意义等级")] = ""
    target_habitat: Annotated[str, Key("what is created or enhanced", "目标生境")] = ""
    target_broad_type: Annotated[str, Key("its broad type", "目标生境大类")] = ""
    target_distinctiveness: Annotated[str, Key("class of the target", "目标生境的独特性等级")] = ""
    target_condition: Annotated[str, Key("class of the target", "目标生境的状况等级")] = ""
    target_significance: Annotated[str, Key("strategic significance of the target", "目标生境的战略意义等级")] = ""
    difficulty: Annotated[str, Key("class; default: that of the habitat", "难度等级；默认取生境的")] = ""
    years: Annotated[
        str | float | None, Key("to the target, or 30+; default: those of the habitat", "达到目标的年数，或 30+", free=JUDGED_LATER)
    ] = None
    advance: Annotated[float | None, Key("years before the loss", "提前年数", measure="yr", free=JUDGED_LATER)] = None
    delay: Annotated[float | None, Key("years after the loss", "滞后年数", measure="yr", free=JUDGED_LATER)] = None
    space: Annotated[str, Key("of a parcel off site; default: same", "场外地块的位置；默认 same", choices=PLACES)] = PLACES[0]


REQUIRED = columns(ParcelRow, required=True)
PARCEL_COLUMNS = columns(ParcelRow)


@cache
def factors() -> Mapping[tuple[str, str], tuple[float, str]]:
    """Packaged numbers: (parameter, key) -> value, status."""
    names = ("uk_factors.csv", "uk_years.csv", "uk_difficulty.csv")
    rows = [row for name in names for row in data_rows("offset", name)]
    return {(row["parameter"], row["key"]): (float(row["value"]), row["status"]) for row in rows}


def uk_factor(parameter: str, key: str = "*") -> float:
    """A packaged factor of the metric.

    Parameters
    ----------
    parameter : choice {distinctiveness, condition, significance, difficulty, space, net_gain}
    key : text

    Returns
    -------
    number, 1

    Raises
    ------
    ParameterError
        For an unknown class, with the nearest; for irreplaceable habitat, which stands outside the metric.
    """
    if key == "irreplaceable":
        raise ParameterError("uk_irreplaceable", parameter=parameter)
    if (parameter, key) not in factors():
        known = [name for table, name in factors() if table == parameter]
        raise ParameterError("uk_class_unknown", parameter=parameter, given=key, nearest=nearest(key, known), known=known)
    return factors()[parameter, key][0]


def uk_years(standard: float | str, advance: int = 0, delay: int = 0) -> float:
    """Years to the target: the standard ones less an advance or plus a delay, never below 0; infinite for "30+".

    Parameters
    ----------
    standard : number, yr, >= 0
        Or "30+".
    advance, delay : number, yr, >= 0
        One of them at most.

    Returns
    -------
    number, yr
    """
    shift = shifted_start(0, advance, delay)
    longest = uk_factor("time_longest")
    years = math.inf if str(standard).strip() == "30+" else float(standard)
    if not years >= 0:
        raise ParameterError("time_years_not_whole", name="years", given=years)
    if years > longest:
        return math.inf if shift >= 0 else max(0.0, longest + shift)
    if advance and years <= advance:
        return 0.0
    return math.inf if years + shift > longest else years + shift


def uk_time_factor(years: float) -> float:
    """Factor tau = 0.965^t; more than 30 years count as 32.

    Parameters
    ----------
    years : number, yr, >= 0

    Returns
    -------
    number, 1
    """
    base, longest, beyond = (uk_factor(name) for name in ("time_base", "time_longest", "time_beyond"))
    return float(base ** (beyond if years > longest else years))


def uk_difficulty(difficulty: str, years: float, advance: int = 0) -> float:
    """Factor delta of a class of difficulty; that of low where an advance reaches the target before the loss.

    Parameters
    ----------
    difficulty : choice {low, medium, high, very_high}
    years : number, yr, >= 0
        To the target, after the advance.
    advance : number, yr, >= 0

    Returns
    -------
    number, 1
    """
    return uk_factor("difficulty", "low" if advance and years == 0 else difficulty)


def uk_units(parcels: pd.DataFrame) -> pd.DataFrame:
    """Units of each parcel before and after.

    Parameters
    ----------
    parcels : table (parcel_id, module, site, action, size)
        Size in ha, or km of hedgerow and watercourse. Further columns, as an action needs them: habitat, broad_type,
        distinctiveness, condition, significance of what is there; the same with `target_` of what is created or enhanced;
        difficulty (class), years (number or "30+"), advance, delay; space (same, neighbour, beyond) off site.

    Returns
    -------
    table (parcel_id, ..., uom, baseline, lost, post, years_to_target, time_factor, difficulty_factor, space_factor, status)
        Units before the factor of place.

    Raises
    ------
    InputError
        For absent or unknown columns.
    ParameterError
        For unknown classes, and years or difficulty that are neither given nor packaged.
    """
    for name in REQUIRED:
        if name not in parcels.columns:
            raise InputError("uk_column_missing", column=name, columns=list(parcels.columns))
    for name in parcels.columns:
        if name not in PARCEL_COLUMNS:
            raise InputError("uk_column_unknown", column=name, nearest=nearest(str(name), PARCEL_COLUMNS))
    rows = [_parcel({name: row.get(name) for name in PARCEL_COLUMNS}) for row in parcels.to_dict("records")]
    return pd.DataFrame(rows, index=parcels.index, columns=_COLUMNS)


_COLUMNS = (
    *(*REQUIRED, *SIDE, *TARGET, "uom", "baseline", "lost", "post", "years_to_target"),
    *("time_factor", "difficulty_factor", "space_factor", "status"),
)


def uk_balance(units: pd.DataFrame, gain: float | None = None, offsite_baseline: str = "weighted") -> pd.DataFrame:
    """Balance of each module: net change against the on-site baseline and the gain that is required.

    Parameters
    ----------
    units : table (module, site, baseline, post, space_factor)
        From `uk_units`.
    gain : number, 1, >= 0
        Share of the on-site baseline; 0.1 where not given.
    offsite_baseline : choice {weighted, full}
        Whether psi also weights the off-site baseline.

    Returns
    -------
    table (module, uom, baseline_on, post_on, baseline_off, post_off, net, share, required, short, ok)
        In units of the module; `share` is empty without an on-site baseline.
    """
    if offsite_baseline not in ("weighted", "full"):
        raise ParameterError("uk_offsite_unknown", given=offsite_baseline)
    wanted = uk_factor("net_gain") if gain is None else gain
    rows = []
    for module, table in units.groupby("module", sort=False):
        on, off = (table[table["site"] == site] for site in SITES)
        before, after = float(on["baseline"].sum()), float(on["post"].sum())
        net = after - before + _offsite_net(off, offsite_baseline)
        required = wanted * before
        rows.append(
            {
                "module": module,
                "uom": MODULES[str(module)],
                "baseline_on": before,
                "post_on": after,
                "baseline_off": float(off["baseline"].sum()),
                "post_off": float(off["post"].sum()),
                "net": net,
                "share": net / before if before > 0 else math.nan,
                "required": required,
                "short": max(0.0, required - net),
                "ok": net >= required - 1e-9 * max(1.0, before),
            }
        )
    return pd.DataFrame(rows)


def _offsite_net(off: pd.DataFrame, baseline: str) -> float:
    place = off["space_factor"]
    if baseline == "full":
        return float((off["post"] * place - off["baseline"]).sum())
    change = off["post"] - off["baseline"]
    return float((change * place).sum()) if change.sum() > 0 else float(change.sum())


def _parcel(row: dict) -> dict:
    """One row of `uk_units`."""
    for name, known in (("module", MODULES), ("site", SITES), ("action", ACTIONS)):
        if row[name] not in known:
            raise ParameterError(
                "uk_class_unknown", parameter=name, given=row[name], nearest=nearest(str(row[name]), known), known=list(known)
            )
    size = float(row["size"])
    if not size > 0:
        raise ParameterError("not_above_zero", name=f"size {row['parcel_id']}", given=size)
    action, before, after = row["action"], _side(row, ""), _side(row, "target_")
    start = 0.0 if action == "created" else size * _product(before)
    made = {"baseline": start, "lost": start if action == "lost" else 0.0, "post": start if action == "retained" else 0.0}
    made |= {
        "uom": MODULES[row["module"]],
        "years_to_target": math.nan,
        "time_factor": 1.0,
        "difficulty_factor": 1.0,
        "status": "user",
    }
    if action in ("created", "enhanced"):
        made |= _gain(row, size, before, after)
    made["space_factor"] = uk_factor("space", _text(row["space"]) or "same") if row["site"] == "off" else 1.0
    return row | made


def _gain(row: dict, size: float, before: dict, after: dict) -> dict:
    """Units delivered by creation or enhancement, with the factors that made them."""
    advance, delay = (0 if _text(row[name]) == "" else int(float(row[name])) for name in ("advance", "delay"))
    standard, status = _standard_years(row, after)
    years = uk_years(standard, advance, delay)
    time_factor = uk_time_factor(years)
    difficulty = _difficulty(row, after, years, advance)
    target = size * _scores(after)[0] * _scores(after)[1]
    start = 0.0
    if row["action"] == "enhanced":
        score, condition = _scores(before)
        start = size * score * min(condition, _scores(after)[1])
    significance = uk_factor("significance", after["significance"])
    post = ((target - start) * difficulty * time_factor + start) * significance
    return {"post": post, "years_to_target": years, "time_factor": time_factor, "difficulty_factor": difficulty, "status": status}


def _standard_years(row: dict, after: dict) -> tuple[float | str, str]:
    if _text(row["years"]) != "":
        return row["years"], "user"
    key = ("years", f"{after['habitat']}:{after['condition']}")
    if key not in factors():
        raise ParameterError("uk_years_missing", parcel=row["parcel_id"], habitat=after["habitat"], condition=after["condition"])
    return factors()[key]


def _difficulty(row: dict, after: dict, years: float, advance: int) -> float:
    if _text(row["difficulty"]) != "":
        return uk_difficulty(_text(row["difficulty"]), years, advance)
    key = (f"difficulty_{'creation' if row['action'] == 'created' else 'enhancement'}", after["habitat"])
    if key not in factors():
        raise ParameterError("uk_difficulty_missing", parcel=row["parcel_id"], habitat=after["habitat"])
    return uk_difficulty("low", years, advance) if advance and years == 0 else factors()[key][0]


def _side(row: dict, prefix: str) -> dict:
    return {name: _text(row[f"{prefix}{name}"]) for name in SIDE}


def _scores(side: dict) -> tuple[float, float]:
    return uk_factor("distinctiveness", side["distinctiveness"]), uk_factor("condition", side["condition"])


def _product(side: dict) -> float:
    score, condition = _scores(side)
    return score * condition * uk_factor("significance", side["significance"])


def _text(value: object) -> str:
    return "" if value is None or value != value else str(value).strip()
