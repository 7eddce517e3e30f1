"""Balances that laws demand beside the ecosystem services: areas, volumes, grades and lengths, each regime by itself.

    required = ratio * lost ; net = provided - required ; for grade: sum of grade * area on both sides

Nothing else pays for them: no service credit, no money, no other regime. No ratio is built in; every number is a row of the rule
table. What is lost comes of `statutory_layers`; what is provided is a list with candidate and evidence.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pandas as pd

from ecoval import tables
from ecoval.constants import STATUS_ORDER
from ecoval.declarations import YEAR_DOMAIN, Key, columns
from ecoval.errors import InputError
from ecoval.offset.rules.areas import EVERYWHERE
from ecoval.offset.rules.tables import (
    check_columns,
    content_hash,
    flags,
    number_columns,
    refuse_twice,
    refuse_values,
    text_columns,
    texts,
)

REGIMES = {
    "water_surface": ("m2", "m3"),
    "cropland": ("m2", "grade"),
    "wetland": ("m2",),
    "forest": ("m2",),
    "shoreline": ("km",),
    "sea_area": ("m2",),
}
ANY = "*"
COLUMNS = ("regime", "kind", "area_unit", "lost", "ratio", "required", "provided", "net", "ok", "uom", "clause", "status")
FURTHER = ("area_kind", "accepts", "before_start", "start", "late", "shared", "source_id")
TOLERANCE = 1e-9  # of what is required
_KEY = ["regime", "kind", "uom"]


@dataclass(frozen=True)
class StatutoryRow:
    """A row of the rules of the statutory balances."""

    regime: Annotated[str, Key("the regime", "法定类别", choices=tuple(REGIMES))]
    kind: Annotated[str, Key("kind; empty or *: all kinds of the regime together", "类型；空或 * 为该类别的全部类型合计")] = ANY
    uom: Annotated[str, Key("measure of the regime: m2, m3, grade, km", "计量单位：m2、m3、grade、km")] = field(kw_only=True)
    ratio: Annotated[float, Key("required per unit lost, above 0", "每损失一单位要求的数量，大于 0", low=0, high=1e6)] = field(
        kw_only=True
    )
    accepts: Annotated[
        str, Key("kinds that make up for it, parted by semicolons; empty: the same", "可用于补偿的类型，以分号分隔；空为同类")
    ] = ""
    area_kind: Annotated[str, Key("kind of the areas in which it is balanced", "结算所用的区域类别")] = EVERYWHERE
    before_start: Annotated[bool, Key("whether only what is there before the begin counts", "是否只计开工前已落实的补充")] = False
    shared: Annotated[bool, Key("whether the land may give service credits too", "该地是否也可计服务增益")] = False
    clause: Annotated[str, Key("clause of the law", "法律条款")] = ""
    source_id: Annotated[str, Key("where the ratio comes from", "来源")] = ""
    status: Annotated[str, Key("how far it is checked", "核对状态", choices=STATUS_ORDER)] = "user"


@dataclass(frozen=True)
class ProvidedRow:
    """A row of what is provided for the statutory balances; `area_unit:<area kind>` may stand beside the columns."""

    candidate_id: Annotated[str, Key("the land", "地块编号")]
    regime: Annotated[str, Key("the regime", "法定类别", choices=tuple(REGIMES))]
    kind: Annotated[str, Key("its kind", "类型")] = ""
    for_kind: Annotated[str, Key("the lost kind that it makes up for", "所补偿的损失类型")] = ""
    area_unit: Annotated[str, Key("the area", "区域")] = ""
    quantity: Annotated[float, Key("how much", "数量", low=0, high=1e15)] = field(kw_only=True)
    uom: Annotated[str, Key("m2, m3 or km, as the regime has it", "m2、m3 或 km，依法定类别")] = field(kw_only=True)
    grade: Annotated[float | None, Key("quality of the land", "质量等级", low=0, high=100)] = None
    year: Annotated[float | None, Key("of delivery", "落实年份", **YEAR_DOMAIN)] = None
    evidence: Annotated[str, Key("what proves it", "证明材料")] = field(kw_only=True)


@dataclass(frozen=True)
class StatutoryRules:
    """Rules of the statutory balances.

    Parameters
    ----------
    table : table (regime, kind, uom, ratio, accepts, area_kind, before_start, shared, clause, source_id, status)
        Checked; see `of`. `accepts` is a tuple of kinds.
    """

    table: pd.DataFrame

    @classmethod
    def read(cls, path: str | Path, sheet: str | None = None) -> StatutoryRules:
        """Rules of a CSV or XLSX; see `of`."""
        return cls.of(tables.read(path, sheet=sheet), str(path))

    @classmethod
    def of(cls, table: pd.DataFrame, layer: str = "statutory") -> StatutoryRules:
        """Rules of a table in memory.

        Parameters
        ----------
        table : table (regime, uom, ratio)
            May have kind (empty or `*`: all kinds of the regime together), accepts (kinds that make up for it, parted by `;`;
            empty: the same kind), area_kind (empty: everywhere), before_start, shared (yes or no; empty: no), clause, source_id,
            status.
        layer : text
            Name for messages.

        Returns
        -------
        StatutoryRules

        Raises
        ------
        InputError
            FIELD_MISSING, ID_DUPLICATE, VALUE_OUT_OF_RANGE.
        """
        check_columns(table, StatutoryRow, layer)
        made = pd.DataFrame(text_columns(table, StatutoryRow, layer))
        refuse_twice(made, _KEY, layer)
        names = (made["regime"] + " / " + made["kind"]).to_numpy(dtype=object)
        for regime, measures in REGIMES.items():
            wrong = (made["regime"] == regime) & ~made["uom"].isin(measures)
            refuse_values(wrong, names, "uom", layer, made["uom"], ", ".join(measures))
        made = made.assign(**number_columns(table, StatutoryRow, layer, names))
        refuse_values(made["ratio"] <= 0, names, "ratio", layer, made["ratio"], "> 0")
        made["accepts"] = [tuple(part.strip() for part in text.split(";") if part.strip()) for text in made["accepts"]]
        made = made.assign(**{name: flags(table, name, layer, names) for name in columns(StatutoryRow, kind=bool)})
        return cls(made[list(columns(StatutoryRow))])

    @cached_property
    def hash(self) -> str:
        """SHA-256 of the content."""
        return content_hash(self.table)

    @property
    def area_kinds(self) -> tuple[str, ...]:
        """Area kinds that are used, apart from everywhere, sorted."""
        return tuple(sorted(set(self.table["area_kind"]) - {EVERYWHERE}))

    def applicable(self, regime: str, kind: str) -> pd.DataFrame:
        """Rows for a kind of a regime: its own and those for all kinds together."""
        return self.table[(self.table["regime"] == regime) & self.table["kind"].isin([kind, ANY])]


def read_provided(path: Any, sheet: str | None = None) -> pd.DataFrame:
    """List of what is provided.

    Parameters
    ----------
    path : path
        CSV or XLSX, or a table in memory: candidate_id, regime, quantity, uom (m2, m3, km), evidence; optionally kind, for_kind
        (the lost kind that it makes up for), area_unit (or `area_unit:<area kind>`), grade, year (of delivery).
    sheet : text

    Returns
    -------
    table (candidate_id, regime, kind, for_kind, area_unit, quantity, uom, grade, year, evidence)

    Raises
    ------
    InputError
        FIELD_MISSING; VALUE_OUT_OF_RANGE for an empty evidence, a quantity below 0, or an unknown regime or measure.
    """
    table, layer = (path, "statutory.provided") if isinstance(path, pd.DataFrame) else (tables.read(path, sheet=sheet), str(path))
    check_columns(table, ProvidedRow, layer, [name for name in table.columns if str(name).startswith("area_unit:")])
    made = pd.DataFrame(text_columns(table, ProvidedRow, layer))
    for name in [name for name in table.columns if str(name).startswith("area_unit:")]:
        made[name] = texts(table, name)
    names = made["candidate_id"].to_numpy(dtype=object)
    made = made.assign(**number_columns(table, ProvidedRow, layer, names))
    for regime, measures in REGIMES.items():
        known = [uom for uom in measures if uom != "grade"]
        wrong = (made["regime"] == regime) & ~made["uom"].isin(known)
        refuse_values(wrong, names, "uom", layer, made["uom"], ", ".join(known))
    return made


def missing_rules(overlaps: pd.DataFrame) -> list[str]:
    """Kinds that a footprint touches and that no rule is there for: "regime / kind"."""
    without = overlaps[overlaps["rule_kind"] == ""]
    return sorted({f"{regime} / {kind}" for regime, kind in zip(without["regime"], without["kind"], strict=True)})


def statutory_balance(
    overlaps: pd.DataFrame, provided: pd.DataFrame | None, rules: StatutoryRules, start: float | None = None
) -> pd.DataFrame:
    """Balance of each regime, kind, measure and area by itself.

    Parameters
    ----------
    overlaps : table (regime, kind, rule_kind, uom, area_kind, area_unit, lost, start)
        Of `statutory_layers.overlaps`, of one alternative or of a whole plan.
    provided : table (candidate_id, regime, quantity, uom, evidence)
        As `read_provided`; None: nothing.
    rules : StatutoryRules
    start : number, yr
        Begin of the occupation, for rules that ask for compensation before it; default: the earliest of the overlaps.

    Returns
    -------
    table (regime, kind, area_unit, lost, ratio, required, provided, net, ok, uom, clause, status)
        Behind them area_kind, accepts, before_start, start, late (provided after the begin, not counted), shared, source_id. An
        empty area_unit is land outside every area of the kind.

    Raises
    ------
    InputError
        STATUTORY_RULE_MISSING for a kind that is touched and has no rule, PARAMETER_MISSING for one that is provided and has none.
    """
    absent = missing_rules(overlaps)
    if absent:
        raise InputError("STATUTORY_RULE_MISSING", layer="statutory", features=absent, found="-", expected=", ".join(_KEY))
    given = read_provided(provided if provided is not None else pd.DataFrame(columns=list(columns(ProvidedRow))))
    given["for_kind"] = _purposes(given, rules)
    blocks = [_rule_rows(rule, overlaps, given, start) for rule in rules.table.to_dict("records")]
    rows = [row for block in blocks for row in block]
    table = pd.DataFrame(rows, columns=[*COLUMNS, *FURTHER])
    order = {regime: place for place, regime in enumerate(REGIMES)}
    return table.sort_values(
        ["regime", "kind", "uom", "area_unit"], key=lambda column: column.map(order) if column.name == "regime" else column
    ).reset_index(drop=True)


def statutory_ok(table: pd.DataFrame | None) -> bool | None:
    """Whether every statutory balance is met; None where no rule table was given, and so none was examined."""
    return None if table is None else bool(table["ok"].astype(bool).all())


def reserved(provided: pd.DataFrame | None, rules: StatutoryRules) -> pd.DataFrame:
    """Candidates that a statutory balance uses, and whether they may also give service credits.

    Returns
    -------
    table (candidate_id, regimes, service_credit)
        `service_credit` is True only where every rule that the candidate serves is shared.
    """
    if provided is None or not len(provided):
        return pd.DataFrame({"candidate_id": [], "regimes": [], "service_credit": []})
    given = read_provided(provided)
    given["for_kind"] = _purposes(given, rules)
    shared = []
    for row in given.itertuples():
        served = rules.applicable(row.regime, row.for_kind)
        shared.append(bool(served["shared"].all()))
    made = given.assign(shared=shared).groupby("candidate_id", sort=True)
    regimes = made["regime"].agg(lambda names: " ".join(sorted(set(names))))
    return pd.DataFrame(
        {"candidate_id": regimes.index, "regimes": regimes.to_numpy(), "service_credit": made["shared"].all().to_numpy()}
    )


def _purposes(given: pd.DataFrame, rules: StatutoryRules) -> list[str]:
    """The lost kind that each row makes up for: what is provided once counts for one kind alone."""
    return [
        _purpose(candidate, regime, kind, wanted, rules.table[rules.table["regime"] == regime])
        for candidate, regime, kind, wanted in given[["candidate_id", "regime", "kind", "for_kind"]].itertuples(
            index=False, name=None
        )
    ]


def _purpose(candidate: str, regime: str, kind: str, wanted: str, rows: pd.DataFrame) -> str:
    own = rows[rows["kind"] != ANY]
    accepting = sorted({row["kind"] for row in own.to_dict("records") if kind in (row["accepts"] or (row["kind"],))})
    every = [row for row in rows[rows["kind"] == ANY].to_dict("records") if not row["accepts"] or kind in row["accepts"]]
    if wanted:
        if wanted in accepting or (wanted == ANY and every):
            return wanted
        expected = ", ".join([*accepting, *([ANY] if every else [])]) or "-"
        refuse_values([True], [candidate], "for_kind", "statutory.provided", wanted, expected)
    if kind in accepting or len(accepting) == 1:
        return kind if kind in accepting else accepting[0]
    if accepting:
        raise InputError("statutory_purpose_ambiguous", candidate=candidate, regime=regime, kind=kind, kinds=accepting)
    if every:
        return ANY
    features = [f"{regime} / {kind or '-'}"]
    raise InputError("PARAMETER_MISSING", layer="statutory.provided", features=features, found="-", expected=", ".join(_KEY))


def _rule_rows(rule: dict[str, Any], overlaps: pd.DataFrame, given: pd.DataFrame, start: float | None) -> list[dict[str, Any]]:
    """Rows of one rule: an area each."""
    lost = overlaps[
        (overlaps["regime"] == rule["regime"]) & (overlaps["rule_kind"] == rule["kind"]) & (overlaps["uom"] == rule["uom"])
    ]
    if not len(lost):
        return []
    begin = start if start is not None else lost["start"].min()
    counted = _counted(rule, given)
    late = np.zeros(len(counted), dtype=bool)
    if rule["before_start"]:
        late = ~(counted["year"].to_numpy() <= begin)  # without a year of delivery nothing was delivered before
    made = []
    for unit, quantity in lost.groupby("area_unit", sort=True)["lost"].sum().items():
        here = counted["area_unit"].to_numpy() == unit
        made.append(_row(rule, str(unit), float(quantity), counted["amount"].to_numpy(), here, late, begin))
    return made


def _row(
    rule: dict[str, Any], unit: str, lost: float, amounts: np.ndarray, here: np.ndarray, late: np.ndarray, begin: float
) -> dict[str, Any]:
    required, provided = rule["ratio"] * lost, float(amounts[here & ~late].sum())
    return {
        **{
            name: rule[name]
            for name in ("regime", "kind", "ratio", "uom", "clause", "status", "area_kind", "before_start", "shared")
        },
        **{"area_unit": unit, "lost": lost, "required": required, "provided": provided, "net": provided - required},
        **{"ok": bool(provided - required >= -TOLERANCE * required), "accepts": "; ".join(rule["accepts"])},
        **{"start": begin, "late": float(amounts[here & late].sum()), "source_id": rule["source_id"]},
    }


def _counted(rule: dict[str, Any], given: pd.DataFrame) -> pd.DataFrame:
    """What is provided for a rule, in its measure and by its areas."""
    graded = rule["uom"] == "grade"
    mine = (given["regime"] == rule["regime"]) & (given["uom"] == ("m2" if graded else rule["uom"]))
    if rule["kind"] != ANY:
        mine &= given["for_kind"] == rule["kind"]
    elif rule["accepts"]:
        mine &= given["kind"].isin(rule["accepts"])
    some = given[mine]
    layer, names = "statutory.provided", some["candidate_id"]
    amount = some["quantity"].to_numpy(dtype=np.float64)
    if graded:
        refuse_values(some["grade"].isna(), names, "grade", layer, "-", "*")
        amount = amount * some["grade"].to_numpy(dtype=np.float64)
    unit: Iterable[str] = np.full(len(some), EVERYWHERE, dtype=object)
    if rule["area_kind"] != EVERYWHERE:
        own = f"area_unit:{rule['area_kind']}"
        unit = some[own if own in some.columns else "area_unit"].to_numpy(dtype=object)
        refuse_values(np.asarray(unit) == "", names, "area_unit", layer, "-", rule["area_kind"])
    return pd.DataFrame({"area_unit": unit, "amount": amount, "year": some["year"].to_numpy(dtype=np.float64)})
