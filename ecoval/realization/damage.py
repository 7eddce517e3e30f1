"""Ecological damage (生态环境损害): debit of a damaged area, area of restoration that makes up for it, and the claim.

    D = A sum_k (y_k + y_{k+1}) / 2 (1 + r)^-k        P = D V / (p c)        claim = primary + compensatory + assessment

y is the share of the baseline service lost, k the years after the evaluation `t0`: past losses are compounded, a loss that does not
end is an unending series. c is the credit of a hectare of restoration, p its success, V the value ratio. The interim loss of a
service is claimed once: by the cost of restoration, or by its value in money, never both. A hectare of restoration serves all the
services in its rows, so its area is the largest that one of them needs. The appraisal procedure is a legal one and is not part of
this; what is not verified of GB/T 39791.1-2020 is said in `ecoval.offset.equivalency.scaling`.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from ecoval import measure
from ecoval.errors import EcovalWarning, ParameterError
from ecoval.findings import finding
from ecoval.offset.equivalency.flow import Flow, gain_flow, loss_flow
from ecoval.offset.equivalency.scaling import Debit, debit, effective_credit, required_area
from ecoval.offset.equivalency.time import Timing
from ecoval.realization.damage_tables import CURVE, checked_damage, checked_restoration
from ecoval.terms import nearest

PER_AREA = " ha-1 yr-1"
LONGEST = 30  # years of the timeline of what never ends

Flows = Mapping[tuple[Hashable, ...], Flow]  # damage and service -> share of the service that is lost


@dataclass
class DamageAssessment:
    """Tables of a damage assessment and its verdict."""

    debits: pd.DataFrame
    credits: pd.DataFrame
    claim: pd.DataFrame
    timeline: pd.DataFrame
    verdict: dict[str, Any] = field(default_factory=dict)

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """Tables by the name of their file."""
        return {"debit": self.debits, "credit": self.credits, "claim": self.claim, "timeline": self.timeline}


def assess_damage(
    damaged: pd.DataFrame,
    restoration: pd.DataFrame | None = None,
    timing: Timing | None = None,
    *,
    value_ratio: float = 1.0,
    prices: Mapping[str, float] | None = None,
    primary_cost: float = 0.0,
    assessment_cost: float = 0.0,
    price_year: int | None = None,
) -> DamageAssessment:
    """Debit, credit, area and claim of a damage.

    Parameters
    ----------
    damaged : table (damage_id, service, area, baseline, uom, ...)
        Area in ha, or in `area_uom`; baseline per hectare and year. Either one row per year with `year` and `loss`, the
        levels between them in proportion and the last one held for ever; or one row with `loss`, `start`, `end` (empty:
        permanent) and `recovery_years`.
    restoration : table (restoration_id, service, level)
        Level as a share of the baseline. Optional: delay (years after t0) or start, ramp_years, ramp_shape, end_year (empty:
        permanent), success, value_ratio, baseline (what level 1 stands for), unit_cost (CNY ha-1).
    timing : year of evaluation `t0`, rate, horizon and convention; by default 3 % a year without end
    value_ratio : number, 1, > 0
        V where the restoration names none.
    prices : table (service, price)
        CNY per unit of the services whose interim loss is claimed in money.
    primary_cost, assessment_cost : number, CNY, >= 0
    price_year : number, yr

    Raises
    ------
    ParameterError
        For a service that is both restored and paid for, a credit that is not above 0, a damage without a baseline, a
        recovery above the baseline, an unending sum at the rate 0.

    References
    ----------
    [gbt39791.1-2020]
    """
    timing = Timing() if timing is None else timing
    damaged = checked_damage(damaged)
    restoration = checked_restoration(restoration)
    prices = dict(prices or {})
    _check_services(damaged, restoration, prices)
    flows = {key: loss_curve(rows) for key, rows in damaged.groupby(["damage_id", "service"], sort=False)}
    debits = _debits(damaged, flows, timing)
    credits = _credits(debits, restoration, timing, value_ratio)
    costs = {"primary_restoration": primary_cost, "damage_assessment": assessment_cost}
    claim = _claim(debits, credits, prices, costs, price_year)
    timeline = _timeline(debits, flows, restoration, credits, timing)
    return DamageAssessment(debits, credits, claim, timeline, _verdict(debits, credits, claim, timing, price_year))


def loss_curve(rows: pd.DataFrame) -> Flow:
    """Flow of the share of a service that is lost, from its rows.

    Parameters
    ----------
    rows : table (year, loss)
        Or one row (loss, start, end, recovery_years).
    """
    if not set(CURVE) <= set(rows.columns):
        row = rows.iloc[0]
        end = None if pd.isna(row["end"]) else row["end"]
        return loss_flow(row["start"], end, row["recovery_years"]).scaled(float(row["loss"]))
    rows = rows.sort_values("year")
    first, last = int(rows["year"].iloc[0]), int(rows["year"].iloc[-1])
    levels = np.interp(np.arange(first, last + 1), rows["year"], rows["loss"])
    return Flow.of_levels(levels, first, tail=float(levels[-1]))


def _check_services(damaged: pd.DataFrame, restoration: pd.DataFrame, prices: Mapping[str, float]) -> None:
    known = list(dict.fromkeys(damaged["service"]))
    for table, names in (("restoration", restoration["service"]), ("prices", prices)):
        for service in names:
            if service not in known:
                raise ParameterError("damage_service_unknown", table=table, service=service, nearest=nearest(service, known))
    for service, price in prices.items():
        if isinstance(price, bool) or not isinstance(price, (int, float)) or not math.isfinite(price):
            raise ParameterError("damage_number_missing", table="prices", column="price", row=service, found=str(price))
        if (restoration["service"] == service).any():
            raise ParameterError("damage_compensated_twice", service=service)


def _debits(damaged: pd.DataFrame, flows: Flows, timing: Timing) -> pd.DataFrame:
    rows = []
    for (damage, service), group in damaged.groupby(["damage_id", "service"], sort=False):
        row = group.iloc[0]
        found: Debit = debit(float(row["area"]), flows[damage, service], timing, f"{damage} {service}")
        uom = str(row["uom"])
        if not uom.endswith(PER_AREA):
            raise ParameterError("damage_baseline_uom", damage=damage, service=service, found=uom)
        rows.append(
            {
                "damage_id": damage,
                "service": service,
                "area": float(row["area"]),
                "area_uom": "ha",
                "baseline": float(row["baseline"]),
                "baseline_uom": uom,
                "undiscounted": found.undiscounted,
                "past": found.past,
                "future": found.future,
                "debit": found.total,
                "uom": "ha yr",
                "quantity": found.total * float(row["baseline"]),
                "quantity_uom": measure.check(uom.removesuffix(PER_AREA)),
                "permanent": bool(flows[damage, service].tail > 0),
            }
        )
    return pd.DataFrame(rows)


def _gain(row: pd.Series, timing: Timing) -> Flow:
    start = timing.t0 + row["delay"] if pd.isna(row["start"]) else row["start"]
    end = None if pd.isna(row["end_year"]) else row["end_year"]
    return gain_flow(start, row["ramp_years"], row["ramp_shape"], float(row["level"]), end)


def _credits(debits: pd.DataFrame, restoration: pd.DataFrame, timing: Timing, value_ratio: float) -> pd.DataFrame:
    """Credit of a hectare and area of each restoration and service; `area` is the largest of the restoration's services."""
    rows = []
    for _, row in restoration.iterrows():
        lost = debits[debits["service"] == row["service"]]
        held = lost["baseline"].unique() if pd.isna(row["baseline"]) else np.array([row["baseline"]])
        if len(held) > 1:
            raise ParameterError("damage_baselines_differ", service=row["service"], found=[float(value) for value in held])
        owed = float((lost["debit"] * lost["baseline"] / held[0]).sum())
        credit = timing.value(_gain(row, timing), gain=True)
        counted = effective_credit(credit, float(row["success"]))
        ratio = value_ratio if pd.isna(row["value_ratio"]) else float(row["value_ratio"])
        rows.append(
            {
                "restoration_id": row["restoration_id"],
                "service": row["service"],
                "baseline": float(held[0]),
                "debit": owed,
                "uom": "ha yr",
                "credit": credit,
                "success": float(row["success"]),
                "credit_counted": counted,
                "credit_uom": "yr",
                "value_ratio": ratio,
                "area_needed": required_area(owed, counted, ratio),
                "area_uom": "ha",
                "unit_cost": float(row["unit_cost"]),
                "unit_cost_uom": "CNY ha-1",
            }
        )
    columns = (
        "restoration_id",
        "service",
        "baseline",
        "debit",
        "uom",
        "credit",
        "success",
        "credit_counted",
        "credit_uom",
        "value_ratio",
    )
    table = pd.DataFrame(rows, columns=[*columns, "area_needed", "area_uom", "unit_cost", "unit_cost_uom"])
    table["area"] = table.groupby("restoration_id")["area_needed"].transform("max")
    table["cost"] = table["area"] * table["unit_cost"]
    return table


def _claim(
    debits: pd.DataFrame, credits: pd.DataFrame, prices: Mapping[str, float], costs: Mapping[str, float], price_year: int | None
) -> pd.DataFrame:
    rows = [_line("primary_restoration", "", math.nan, "", math.nan, costs["primary_restoration"])]
    for _, row in credits.drop_duplicates("restoration_id").iterrows():
        rows.append(_line("compensatory_restoration", row["restoration_id"], row["area"], "ha", row["unit_cost"], row["cost"]))
    service: Any
    for service, lost in debits.groupby("service", sort=False):
        if service in prices:
            quantity = float(lost["quantity"].sum())
            uom, price = lost["quantity_uom"].iloc[0], float(prices[service])
            rows.append(_line("interim_loss", service, quantity, uom, price, quantity * price))
    rows.append(_line("damage_assessment", "", math.nan, "", math.nan, costs["damage_assessment"]))
    for line in rows:
        if line["value"] < 0:
            raise ParameterError("damage_cost_negative", name=line["line"], found=line["value"])
    table = pd.DataFrame(rows)
    total = _line("claim_total", "", math.nan, "", math.nan, float(table["value"].sum(skipna=False)))
    table = pd.concat([table, pd.DataFrame([total])], ignore_index=True)
    return table.assign(price_year=pd.array([price_year] * len(table), dtype="Int64"))


def _line(line: str, about: str, quantity: float, uom: str, unit_cost: float, value: float) -> dict[str, Any]:
    return {
        "line": line,
        "about": about,
        "quantity": quantity,
        "uom": uom,
        "unit_cost": unit_cost,
        "value": float(value),
        "value_uom": "CNY",
    }


def _timeline(debits: pd.DataFrame, flows: Flows, restoration: pd.DataFrame, credits: pd.DataFrame, timing: Timing) -> pd.DataFrame:
    """Loss and gain of each year in hectares of full service (at the restoration's baseline), and their present running sum."""
    gains = {row["service"]: _gain(row, timing) for _, row in restoration.iterrows()}
    ends = [flow.last for flow in (*flows.values(), *gains.values())]
    open_ended = any(flow.tail > 0 for flow in (*flows.values(), *gains.values()))
    last = max([*ends, timing.t0 + LONGEST] if open_ended else ends)
    last = int(min(last, timing.t0 + timing.horizon))
    first = min(flow.first for flow in (*flows.values(), *gains.values()))
    years = np.arange(first, last)
    tables = []
    row: Any
    for service, lost in debits.groupby("service", sort=False):
        held = credits[credits["service"] == service]
        whole = float(held["baseline"].iloc[0]) if len(held) else math.nan
        loss, gain = np.zeros(len(years)), np.zeros(len(years))
        for row in lost.itertuples():
            same = row.baseline / whole if len(held) else 1.0
            loss += row.area * same * flows[row.damage_id, service].yearly(first, last)
        for row in held.itertuples():
            gain += row.area * row.success / row.value_ratio * gains[service].yearly(first, last)
        weight = (1.0 + (timing.rate or 0.0)) ** -(years - timing.t0).astype(float)
        present = (gain - loss) * weight
        columns = {"year": years, "service": service, "loss": loss, "gain": gain, "net": gain - loss, "uom": "ha"}
        tables.append(pd.DataFrame(columns | {"net_present": present, "cumulative": present.cumsum(), "present_uom": "ha yr"}))
    return pd.concat(tables, ignore_index=True)


def _reasons(debits: pd.DataFrame, credits: pd.DataFrame, claim: pd.DataFrame) -> list[dict[str, Any]]:
    """Why a claim is not complete: services without a claim, restorations without a cost."""
    claimed = {*credits["service"], *claim.loc[claim["line"] == "interim_loss", "about"]}
    sums = debits.groupby("service", sort=False)["debit"].sum()
    found = [
        ("damage_not_claimed", {"service": name, "debit": float(value)}) for name, value in sums.items() if name not in claimed
    ]
    bare = credits.loc[credits["unit_cost"].isna(), "restoration_id"].unique()
    found += [("damage_unit_cost_missing", {"restoration": name}) for name in bare]
    return [finding(code, **fields).record() for code, fields in found]


def _verdict(
    debits: pd.DataFrame, credits: pd.DataFrame, claim: pd.DataFrame, timing: Timing, price_year: int | None
) -> dict[str, Any]:
    """What the assessment says, with everything its numbers hang on."""
    total = float(claim.loc[claim["line"] == "claim_total", "value"].iloc[0])
    restored = credits.drop_duplicates("restoration_id")
    debts = debits.groupby("service", sort=False)[["past", "future", "debit"]].sum().to_dict("index")
    reasons = _reasons(debits, credits, claim)
    for reason in reasons:
        warnings.warn(EcovalWarning(reason["code"], **reason["fields"]), stacklevel=3)
    return {
        "verdict": "claim_incomplete" if reasons else "claim",
        "reasons": reasons,
        "claim": None if math.isnan(total) else total,
        "claim_uom": "CNY",
        "debit": {str(name): {str(column): float(value) for column, value in parts.items()} for name, parts in debts.items()},
        "debit_uom": "ha yr",
        "area": {str(name): float(area) for name, area in zip(restored["restoration_id"], restored["area"], strict=True)},
        "area_uom": "ha",
        "permanent": sorted({str(row.damage_id) for row in debits.itertuples() if row.permanent}),
        "t0": timing.t0,
        "rate": timing.rate,
        "horizon": None if math.isinf(timing.horizon) else timing.horizon,
        "convention": timing.convention,
        "bank_interest": timing.bank_interest,
        "price_year": price_year,
    }
