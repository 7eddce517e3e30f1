"""The balance of a statement: physical, like for like, value, years, permanence, double use, losers, agreement."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import pandas as pd

from ecoval.findings import text_of
from ecoval.report.statement import charts
from ecoval.report.statement.draft import ROUNDING, Spec, StatementDraft, plain, settled_zero
from ecoval.report.statement.files import StatementFiles, truth

MOST_AGREED = 100  # candidates of the agreement table; all of them are in agreement.csv
TOLERANCE = 1e-9
MONEY = ("debit_value", "required_value", "credit_value", "net_value", "net_value_cautious")


def balances(document: StatementDraft, files: StatementFiles) -> None:
    """All balances after the compensation."""
    document.heading("section_balance")
    document.sub("sub_physical")
    table = files.table("balance")
    if table is None:
        document.say(document.w("not_examined"), "warn")
    else:
        _physical(document, files, table)
    document.sub("sub_kind")
    _kinds(document, files.table("kinds"))
    document.sub("sub_value")
    _value(document, files)
    document.sub("sub_losers")
    _losers(document, files)
    document.sub("sub_time")
    _time(document, files)
    document.sub("sub_lasting")
    _lasting(document, files)
    _agreement(document, files)


def _physical(document: StatementDraft, files: StatementFiles, table: pd.DataFrame) -> None:
    table = table.copy()
    debit = pd.to_numeric(table["debit"], errors="coerce")
    table["kappa"] = (pd.to_numeric(table["required"], errors="coerce") / debit).where(debit > 0)
    table["net"] = settled_zero(table["net"], table["required"] + table["credit"].abs())
    failing = [truth(value) is False for value in table["ok"]]
    document.say(document.w("physical_alone"), "quiet")
    head = (("service", "service"), ("area_unit", "unit"), ("uom", "uom"))
    spec: Spec = [
        *head,
        *(("debit", "number"), ("kappa", "number"), ("required", "number"), ("credit", "number")),
        *(("net", "number"), ("ratio", "number", "credit_over_debit"), ("ok", "ok")),
    ]
    document.frame_table(document.w("caption_physical"), table, spec, document.w("physical_note"), failing)
    if "ok_cautious" in table:
        spec = [
            *head,
            *(("debit_high", "number"), ("credit_low", "number"), ("net_cautious", "number"), ("ok_cautious", "ok")),
        ]
        careful = [truth(value) is False for value in table["ok_cautious"]]
        document.frame_table(document.w("caption_cautious"), table, spec, document.w("cautious_note"), careful)
    if "annual_debit" in table:
        annual = table.assign(annual_net=table["annual_credit"] - table["annual_debit"])
        spec = [
            *(("service", "service"), ("area_unit", "unit"), ("annual_uom", "uom", "uom"), ("annual_debit", "number")),
            *(("annual_credit", "number"), ("annual_net", "number")),
        ]
        document.frame_table(document.w("caption_annual"), annual, spec, document.w("annual_note"))
    for figure, caption in charts.net_maps(document, files):
        document.picture(figure, caption, half=True)


def _kinds(document: StatementDraft, table: pd.DataFrame | None) -> None:
    if table is None:
        document.say(document.w("kinds_none"), "quiet")
        return
    spec: Spec = [
        *(("ecosystem_type", "type"), ("lost_area", "area", "lost_area_ha"), ("ratio", "number", "kappa")),
        *(("required", "area", "required_ha"), ("provided", "area", "provided_ha"), ("net", "area", "net_ha"), ("ok", "ok")),
    ]
    free = (pd.to_numeric(table["ratio"], errors="coerce") == 0).any() if "ratio" in table else False
    document.frame_table(document.w("caption_kinds"), table, spec, document.w("kinds_artificial") if free else "")


def _value(document: StatementDraft, files: StatementFiles) -> None:
    table = files.table("value")
    if table is None:
        document.say(document.w("value_none"), "warn")
        return
    priced = table["price"].notna()
    names = [name for name in MONEY if name in table]
    total: dict[str, Any] = {"service": document.w("sum"), **{name: table.loc[priced, name].sum(min_count=1) for name in names}}
    total["net_value"] = total["net_value"] if abs(total["net_value"]) > ROUNDING * abs(total["required_value"]) else 0.0
    with_sum = pd.concat([table, pd.DataFrame([total])], ignore_index=True) if len(table) > 1 else table
    spec: Spec = [
        *(("service", "service"), ("price", "price"), ("price_year", "year"), ("debit_value", "money")),
        *(("required_value", "money"), ("credit_value", "money"), ("net_value", "money"), ("net_value_cautious", "money?")),
        ("status", "term?"),
    ]
    note = document.w("value_note", money=document.money_name, year=plain(files.settled("price_year")))
    strong = [False] * len(table) + [True] * (len(with_sum) - len(table))
    document.frame_table(document.w("caption_value"), with_sum, spec, note, strong)
    if not priced.all():
        names = [document.cell(code, "service").text for code in table.loc[~priced, "service"].unique()]
        document.say(document.w("unpriced", services=document.w("comma").join(names)), "warn")


def _losers(document: StatementDraft, files: StatementFiles) -> None:
    """Areas that have less of a service afterwards, and those that had no loss before the offset."""
    table = files.table("balance")
    if table is not None:
        low = table[pd.to_numeric(table["net"], errors="coerce") < -TOLERANCE].sort_values(["area_unit", "service"])
        if len(low):
            spec: Spec = [("area_unit", "unit"), ("service", "service"), ("net", "number"), ("uom", "uom")]
            document.frame_table(document.w("caption_losers"), low, spec)
        else:
            document.say(document.w("losers_none"))
    new = files.verdict.get("new_losers") or []
    if not new:
        document.say(document.w("new_losers_none"))
        return
    document.say(document.w("new_losers"), "warn")
    document.listed(_loser(document, entry) for entry in new)


def _loser(document: StatementDraft, entry: Any) -> str:
    if not isinstance(entry, dict):
        return document.unit(entry)
    if "code" in entry:
        return text_of(entry, document.lang)
    parts = [document.cell(entry.get("service"), "service").text, document.unit(entry.get("area_unit"))]
    if entry.get("net") is not None:
        parts.append(f"{document.cell(entry['net'], 'number').text} {document.cell(entry.get('uom'), 'uom').text}")
    return document.w("comma").join(parts)


def _time(document: StatementDraft, files: StatementFiles) -> None:
    table = files.table("timeline")
    if table is None:
        document.say(document.w("timeline_none"), "warn")
        return
    document.say(document.w("timeline_note"), "quiet")
    rows = [_course(key, part) for key, part in table.groupby(["service", "area_unit"], sort=False)]
    spec: Spec = [
        *(("service", "service"), ("area_unit", "unit"), ("uom", "uom"), ("years_below", "number"), ("largest_deficit", "number")),
        *(("deficit_year", "year"), ("recovered", "year"), ("last", "number")),
    ]
    document.frame_table(document.w("caption_timeline"), pd.DataFrame(rows), spec)
    limit = files.settled("deficit_limit")
    document.say(document.w("deficit_limit_none") if limit is None else document.w("deficit_limit", limit=plain(limit)), "quiet")
    for figure, names in charts.timeline_figures(table, document):
        document.picture(figure, document.w("caption_timeline_figure", services=names))


def _course(key: tuple[Hashable, ...], part: pd.DataFrame) -> dict[str, Any]:
    """Years of one service and area in which less has been given than taken."""
    part = part.sort_values("year")
    running = pd.to_numeric(part["cumulative"], errors="coerce").to_numpy()
    years = part["year"].to_numpy()
    below = running < -TOLERANCE
    last_below = int(below.nonzero()[0][-1]) if below.any() else -1
    return {
        "service": key[0],
        "area_unit": key[1],
        "uom": part["uom"].iloc[0] if "uom" in part else "",
        "years_below": int(below.sum()),
        "largest_deficit": float(-running.min()) if below.any() else 0.0,
        "deficit_year": float(years[running.argmin()]) if below.any() else None,
        "recovered": float(years[last_below + 1]) if below.any() and last_below + 1 < len(years) else None,
        "last": float(running[-1]),
    }


def _lasting(document: StatementDraft, files: StatementFiles) -> None:
    for key in ("permanence_ok", "no_double_use"):
        answer = truth(files.verdict.get(key))
        document.say(f"{document.w(f'field {key}')}{document.w('colon')}{document.w(f'why {key} {str(answer).lower()}')}")
    table = files.table("ledger")
    if table is not None:
        spec: Spec = [(name, "year" if name == "year" else "id") for name in table.columns]
        document.frame_table(document.w("caption_ledger"), table, spec)
    head = files.record.get("ledger_head")
    if head:
        document.say(document.w("ledger_head", head=head), "quiet")


def _agreement(document: StatementDraft, files: StatementFiles) -> None:
    table = files.table("agreement")
    if table is None:
        return
    document.sub("sub_agreement")
    if not (pd.to_numeric(table["chosen"], errors="coerce") > 0).any():
        document.say(document.w("agreement_none"))
        return
    document.say(document.w("agreement_note"), "quiet")
    table = table.sort_values("chosen", ascending=False, kind="stable")
    shown = table[pd.to_numeric(table["chosen"], errors="coerce") > 0].head(MOST_AGREED)
    spec: Spec = [
        *(("candidate_id", "id", "candidate"), ("option_id", "id", "option"), ("chosen", "percent", "chosen_percent")),
        ("scenarios", "number"),
    ]
    left = len(table) - len(shown)
    note = document.w("agreement_more", number=left) if left else ""
    document.frame_table(document.w("caption_agreement"), shown, spec, note)
    figure = charts.agreement_map(files, document.lang)
    if figure is not None:
        document.picture(figure, document.w("caption_agreement_map"))
