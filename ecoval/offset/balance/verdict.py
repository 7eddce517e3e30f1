"""The verdict on a balance: which answers are true, in which order they decide, and why, in both languages.

| verdict (first that applies) | when |
|---|---|
| `not_assessable` | an input is missing, land without data above the tolerance, no record of avoiding or minimising, no price |
| `not_offsettable` | the footprint touches a no-go area or kind |
| `balanced` | every answer true (`statutory_ok` true or empty) |
| `balanced_value_only` | `physical_ok` or `kind_ok` false, all others as above |
| `not_balanced` | otherwise |

`verdict` is the one at mid coefficients, `verdict_cautious` the same rule with debits high and credits low; `robust` where both are
equal. A wide range never makes anything not assessable.
"""

from dataclasses import dataclass, field, fields

import numpy as np
import pandas as pd

from ecoval.findings import note_record
from ecoval.offset.balance.quantities import new_losers
from ecoval.offset.balance.value import value_ok
from ecoval.terms import name
from ecoval.words import field_text

VERDICTS = ("balanced", "balanced_value_only", "not_balanced", "not_offsettable", "not_assessable")
ANSWERS = (
    "sequence_ok",
    "physical_ok",
    "kind_ok",
    "value_ok",
    "temporal_ok",
    "permanence_ok",
    "no_double_use",
    "statutory_ok",
)
PHYSICAL = ("physical_ok", "kind_ok")
ROWS_NAMED = 20  # reasons for single rows of the balance; what is beyond stands in balance.csv


@dataclass(frozen=True)
class Record:
    """What the project says of the steps before compensation.

    `avoid` and `minimise` are None where there is neither a table nor a written reason.
    """

    avoid: bool | None = None
    minimise: bool | None = None
    reasons: tuple = ()


@dataclass(frozen=True)
class Found:
    """What was found beside the balance itself."""

    missing: tuple = ()  # reasons why nothing can be judged
    no_go: tuple = ()  # (en, zh) of no-go areas and kinds that the footprint touches
    temporal_ok: bool = True
    permanence_ok: bool = True
    no_double_use: bool = True
    statutory_ok: bool | None = None
    reasons: tuple = ()  # why one of these is false


@dataclass(frozen=True)
class Verdict:
    """The fields of verdict.json."""

    verdict: str
    verdict_cautious: str
    robust: bool
    sequence_ok: bool
    physical_ok: bool
    kind_ok: bool
    value_ok: bool | None
    temporal_ok: bool
    permanence_ok: bool
    no_double_use: bool
    statutory_ok: bool | None
    reasons: list = field(default_factory=list)
    portfolio: dict = field(default_factory=dict)
    short: list = field(default_factory=list)
    turns: list = field(default_factory=list)
    new_losers: list = field(default_factory=list)
    deficit: list = field(default_factory=list)
    context: dict = field(default_factory=dict)

    def content(self):
        """Content of verdict.json: the fields, and what they rest on (rate, horizon, ...) beside them.

        Returns
        -------
        table (key, value)
        """
        made = {entry.name: getattr(self, entry.name) for entry in fields(self) if entry.name != "context"}
        return made | dict(self.context)


def verdict(balance, *, kinds=None, value=None, record=None, found=None, portfolio=None, deficit=None, context=None):
    """The verdict with all its answers and reasons.

    Parameters
    ----------
    balance : table (service, area_unit, debit, required, credit, net, ok, ok_cautious, uom)
    kinds : table (ecosystem_type, required, provided, net, ok)
    value : table (service, price, required_value, net_value, net_value_cautious)
    record : Record
    found : Found
    portfolio : table (key, value)
        Status, cost and bound of the choice, as they stand in verdict.json.
    deficit : table (service, area_unit, years_below_zero, largest_deficit, uom)
    context : table (key, value)
        Rate, horizon, convention, price year, hash of the rules.

    Returns
    -------
    Verdict
    """
    record, found = record or Record(), found or Found()
    mid = answers(balance, kinds, value, record, found, "ok", "net_value")
    cautious = answers(balance, kinds, value, record, found, "ok_cautious", "net_value_cautious")
    missing = tuple(found.missing) + unassessed(balance, record, mid["value_ok"])
    word = decided(mid, missing, found.no_go)
    careful = decided(cautious, missing, found.no_go)
    reasons = [*missing, *record.reasons, *why(mid, balance, kinds, value, found)]
    return Verdict(
        verdict=word,
        verdict_cautious=careful,
        robust=word == careful,
        **mid,
        reasons=list({(entry["code"], entry["en"]): entry for entry in reasons}.values()),
        portfolio=dict(portfolio or {"status": "none"}),
        short=_short(balance),
        turns=turning(balance),
        new_losers=_records(new_losers(balance)),
        deficit=[row for row in _records(deficit) if row["largest_deficit"] > 0],
        context=dict(context or {}),
    )


def answers(balance, kinds, value, record, found, ok, net):
    """The answers that the verdict is made of, at mid or at cautious coefficients.

    Parameters
    ----------
    balance, kinds, value : table (service, ...)
    record : Record
    found : Found
    ok : choice {ok, ok_cautious}
    net : choice {net_value, net_value_cautious}

    Returns
    -------
    table (answer, true)
    """
    return {
        "sequence_ok": bool(record.avoid) and bool(record.minimise),
        "physical_ok": bool(balance[ok].astype(bool).all()),
        "kind_ok": True if kinds is None else bool(kinds["ok"].astype(bool).all()),
        "value_ok": None if value is None else value_ok(value, net),
        "temporal_ok": bool(found.temporal_ok),
        "permanence_ok": bool(found.permanence_ok),
        "no_double_use": bool(found.no_double_use),
        "statutory_ok": None if found.statutory_ok is None else bool(found.statutory_ok),
    }


def decided(answered, missing, no_go):
    """The word of the table above: the first row that applies.

    Parameters
    ----------
    answered : table (answer, true)
    missing, no_go : vector (reasons), 1

    Returns
    -------
    choice {balanced, balanced_value_only, not_balanced, not_offsettable, not_assessable}
    """
    if missing:
        return "not_assessable"
    if no_go:
        return "not_offsettable"
    others = all(answered[name] for name in ANSWERS if name not in (*PHYSICAL, "statutory_ok"))
    others = others and answered["statutory_ok"] is not False
    if not others:
        return "not_balanced"
    return "balanced" if all(answered[name] for name in PHYSICAL) else "balanced_value_only"


def unassessed(balance, record, valued):
    """Reasons why nothing can be judged: no record of a step, no price, a loss that is not known.

    Parameters
    ----------
    balance : table (service, area_unit, debit, credit)
    record : Record
    valued : choice {True, False, None}

    Returns
    -------
    vector (reasons), 1
    """
    found = []
    if record.avoid is None:
        found.append(reason("offset_no_avoid_record"))
    if record.minimise is None:
        found.append(reason("offset_no_minimise_record"))
    if valued is None:
        found.append(reason("offset_no_price", services=sorted(set(balance["service"]))))
    holes = np.isnan(balance["debit"].to_numpy(float)) | np.isnan(balance["credit"].to_numpy(float))
    if holes.any():
        unknown = balance[holes]
        found.append(reason("offset_quantity_unknown", rows=_named_rows(unknown)))
    return tuple(found)


def _named_rows(rows):
    """Service and area of some rows, by language."""
    places = list(zip(rows["service"], rows["area_unit"], strict=True))
    return {lang: [f"{name(service, lang)} {name(unit, lang)}" for service, unit in places] for lang in ("en", "zh")}


def why(answered, balance, kinds, value, found):
    """Reasons for what is not true, the rows of the balance one by one.

    Parameters
    ----------
    answered : table (answer, true)
    balance, kinds, value : table (service, ...)
    found : Found

    Returns
    -------
    vector (reasons), 1
    """
    touched = list(dict.fromkeys(found.no_go))
    named = {"en": [en for en, _ in touched], "zh": [zh for _, zh in touched]}
    made = [reason("offset_no_go", names=named)] if touched else []
    made += [_row_reason(row) for row in balance[~balance["ok"].astype(bool)].head(ROWS_NAMED).itertuples()]
    if kinds is not None:
        for row in kinds[~kinds["ok"].astype(bool)].head(ROWS_NAMED).itertuples():
            areas = {"required": row.required / 1e4, "provided": row.provided / 1e4, "short": -row.net / 1e4}
            made.append(reason("offset_kind_short", kind=row.ecosystem_type, **areas))
    if answered["value_ok"] is False:
        priced = value[value["price"].notna()]
        made.append(reason("offset_value_short", short=-float(priced["net_value"].sum())))
    return [*made, *found.reasons]


def reason(code, **named):
    """A reason with its code, fields and text in both languages; services and kinds are named in the text.

    Parameters
    ----------
    code : text
    **named : object
        Numbers, texts, lists of texts, or texts by language.

    Returns
    -------
    table (code, fields, en, zh)
    """
    return note_record(code, **{name: _field(value) for name, value in named.items()})


def _field(value):
    if isinstance(value, list | tuple):
        return [_field(each) for each in value]
    value = value.item() if hasattr(value, "item") else value
    return value if isinstance(value, int | float | str | dict) else field_text(value)


def turning(balance):
    """Services whose answer differs between mid and cautious coefficients.

    Parameters
    ----------
    balance : table (service, ok, ok_cautious)

    Returns
    -------
    vector (services), 1
    """
    both = {}
    for service, mid, cautious in zip(balance["service"], balance["ok"], balance["ok_cautious"], strict=True):
        before = both.get(service, (True, True))
        both[service] = (before[0] and mid, before[1] and cautious)
    return [str(service) for service, (mid, cautious) in both.items() if bool(mid) != bool(cautious)]


def _row_reason(row):
    place = {"service": row.service, "area_unit": row.area_unit, "uom": row.uom}
    if row.debit > 0:
        return reason("offset_short", short=-row.net, required=row.required, credit=row.credit, **place)
    if row.net == row.net:
        return reason("offset_new_loser", lost=-row.net, **place)
    return reason("offset_row_unknown", **place)


def _short(balance):
    names = ["service", "area_unit", "net", "required", "uom", "ok", "debit"]
    rows = zip(*(balance[name].tolist() for name in names), strict=True)
    return [
        {
            "service": service,
            "area_unit": unit,
            "short": _plain(-net),
            "required": _plain(required),
            "uom": uom,
            "relative": _plain(-net / required if required else float("nan")),
        }
        for service, unit, net, required, uom, ok, debit in rows
        if not ok and debit > 0
    ]


def _records(table):
    if table is None or not len(table):
        return []
    names = list(table.columns)
    rows = zip(*(table[name].tolist() for name in names), strict=True)
    return [{name: _plain(value) for name, value in zip(names, row, strict=True)} for row in rows]


def _plain(value):
    value = value.item() if hasattr(value, "item") else value
    return None if value is pd.NA or (isinstance(value, float) and value != value) else value
