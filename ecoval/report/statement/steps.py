"""The steps in the order of the policy: avoid, minimise, compensate; the statutory balances before them, the loss between."""

from __future__ import annotations

import pandas as pd

from ecoval.findings import text_of
from ecoval.report.statement import charts
from ecoval.report.statement.draft import Spec, StatementDraft, known, plain
from ecoval.report.statement.files import StatementFiles, truth
from ecoval.report.wording import LANGUAGES

MOST_CANDIDATES = 300  # rows of a page; all of them are in candidates.csv


def statutory(document: StatementDraft, files: StatementFiles) -> None:
    """Balances that laws demand for themselves, before any service."""
    document.heading("section_statutory")
    table = files.table("statutory")
    if table is None:
        document.say(document.w("statutory_not_examined"), "warn")
        return
    document.say(document.w("statutory_alone"), "quiet")
    spec: Spec = [
        *(("regime", "term"), ("kind", "term?"), ("area_unit", "unit?"), ("lost", "number"), ("ratio", "number")),
        *(("required", "number"), ("provided", "number"), ("net", "number"), ("uom", "uom"), ("ok", "ok")),
        *(("clause", "text?"), ("status", "term?")),
    ]
    document.frame_table(document.w("section_statutory"), table, spec)


def avoid(document: StatementDraft, files: StatementFiles) -> None:
    """Alternatives, the reasons for the chosen one, and where they lie."""
    document.heading("section_avoid")
    table = files.table("alternatives")
    if table is None:
        document.say(document.w("alternatives_none"), "warn")
    else:
        spec: Spec = [
            *(("alternative_id", "id", "alternative"), ("chosen", "chosen"), ("area", "area", "area_ha")),
            *(("cost", "money", "cost"), ("value_pv", "money", "loss_value"), ("index", "number", "loss_index")),
            *(("pareto", "yes", "pareto"), ("dominated_by", "text?"), ("no_go_area", "area", "no_go_area_ha")),
            *(("red_line_area", "area", "red_line_area_ha"), ("less_loss_at_similar_cost", "text?")),
        ]
        chosen = [truth(value) is True for value in table["chosen"]]
        note = document.w("alternatives_note", money=document.money_name)
        document.frame_table(document.w("caption_alternatives"), worded(document, table), spec, note, chosen)
    projects = files.table("projects")
    if projects is not None:
        spec = [
            *(("project", "text"), ("alternative_id", "id", "alternative"), ("area", "area", "area_ha"), ("cost", "money")),
            *(("value_pv", "money", "loss_value"), ("avoid_ok", "ok"), ("minimise_ok", "ok"), ("statutory_ok", "ok")),
            ("no_go", "id?"),
        ]
        document.frame_table(document.w("caption_projects"), projects, spec)
    _written(document, files, "avoid_reason")
    figure = charts.alternatives_map(files, document.lang)
    if figure is not None:
        document.picture(figure, document.w("caption_alternatives_map"))


def minimise(document: StatementDraft, files: StatementFiles) -> None:
    """Measures with what each of them avoids and costs."""
    document.heading("section_minimise")
    table = files.table("measures")
    if table is None:
        document.say(document.w("measures_none"), "warn")
    else:
        options = table.drop_duplicates(["patch_id", "option_id"])
        spec: Spec = [("patch_id", "id", "patch"), ("option_id", "id", "option"), ("name", "text?", "measure"), ("cost", "money")]
        note = document.w("money_note", money=document.money_name, year=plain(files.settled("price_year")))
        document.frame_table(document.w("caption_measures"), options, spec, note)
        if "service" in table:
            spec = [
                *(("patch_id", "id", "patch"), ("option_id", "id", "option"), ("service", "service")),
                *(("area_unit", "unit"), ("avoided_annual", "number"), ("uom", "uom"), ("avoided_pv", "number")),
                *(("pv_uom", "uom"), ("cost_per_unit", "number", "cost_per_avoided")),
            ]
            document.frame_table(document.w("caption_avoided"), table[table["service"].notna()], spec, document.w("avoided_note"))
    _written(document, files, "minimise_reason")


def loss(document: StatementDraft, files: StatementFiles) -> None:
    """What the project takes, per service and area: annual and as a present value, before measures."""
    document.heading("section_loss")
    table = files.table("losses")
    if table is None:
        document.say(document.w("losses_none"), "warn")
        return
    chosen = files.chosen
    first = (~table["alternative_id"].isin(chosen)).astype(int)
    table = table.assign(_first=first).sort_values(["_first", "alternative_id"], kind="stable").drop(columns="_first")
    several = len(set(table["alternative_id"])) > 1
    head: Spec = [*([("alternative_id", "id", "alternative")] if several else []), ("service", "service"), ("area_unit", "unit")]
    strong = table["alternative_id"].isin(chosen).tolist() if several else None
    document.say(document.w("loss_signs"), "quiet")
    spec: Spec = [
        *head,
        *(("direct", "number"), ("indirect", "number"), ("temporary", "number"), ("permanent", "number")),
        *(("annual", "number", "annual_loss"), ("uom", "uom")),
    ]
    document.frame_table(document.w("caption_loss_annual"), table, spec, strong=strong)
    spec = [
        *head,
        *(("pv", "number"), ("pv_low", "number?"), ("pv_high", "number?"), ("pv_uom", "uom", "uom")),
        *(("valid_area", "area", "valid_area_ha"), ("missing_area", "area", "missing_area_ha")),
    ]
    document.frame_table(document.w("caption_loss_pv"), table, spec, document.w("loss_pv_note"), strong)
    residual = files.table("debits")
    if residual is not None:
        spec = [
            *(("service", "service"), ("area_unit", "unit"), ("annual", "number", "annual_loss"), ("annual_uom", "uom?", "uom")),
            *(("debit", "number"), ("debit_low", "number?", "pv_low"), ("debit_high", "number?", "pv_high"), ("uom", "uom")),
        ]
        document.frame_table(document.w("caption_residual"), residual, spec, document.w("residual_note"))


def compensate(document: StatementDraft, files: StatementFiles) -> None:
    """Parcels that are taken with their credits, those that are not with the reason, and the map of both."""
    document.heading("section_compensate")
    _choice(document, files)
    portfolio, candidates = files.table("portfolio"), files.table("candidates")
    if portfolio is None:
        document.say(document.w("portfolio_none"), "warn")
    else:
        _chosen_parcels(document, files, portfolio, candidates)
    credits = files.table("credits")
    if portfolio is not None and credits is not None:
        _credits(document, credits, portfolio)
    if candidates is None:
        document.say(document.w("candidates_none"), "warn")
    else:
        _other_parcels(document, files, candidates, portfolio)
    figure = charts.parcels_map(files, document.lang)
    if figure is not None:
        document.picture(figure, document.w("caption_parcels_map"))
    _shortfalls(document, files)


def _choice(document: StatementDraft, files: StatementFiles) -> None:
    """How the parcels were chosen and whether that is proven."""
    choice = files.verdict.get("portfolio") or {}
    status = plain(choice.get("status"))
    if not status:
        return
    text = document.w(f"portfolio {status}") if status in ("optimal", "infeasible", "time_limit", "given", "none") else status
    rows = [(document.w("portfolio_status"), text)]
    if choice.get("cost") is not None:
        rows.append((document.w("portfolio_cost"), f"{document.money(choice['cost'])} {document.money_name}"))
    if choice.get("bound") is not None:
        rows.append((document.w("portfolio_bound"), f"{document.money(choice['bound'])} {document.money_name}"))
    if choice.get("method"):
        parts = [document.cell(part, "term").text for part in str(choice["method"]).split("+") if part != "none"]
        rows.append((document.w("portfolio_method"), " + ".join(parts)))
    document.pairs(rows)
    notes = [entry for entry in choice.get("notes") or [] if entry.get("code") != "choose_short_alone"]  # these have a table
    document.listed(dict.fromkeys(text_of(entry, document.lang) for entry in notes))


def _chosen_parcels(
    document: StatementDraft, files: StatementFiles, portfolio: pd.DataFrame, candidates: pd.DataFrame | None
) -> None:
    table = portfolio
    if candidates is not None:
        extra = ["kind_now", "kind_target", "start_year", "ramp_years", "end_year", "success", "leakage", "right_id"]
        extra = [name for name in extra if name in candidates and name not in portfolio]
        keys = ["candidate_id", "option_id"]
        table = portfolio.merge(candidates[[*keys, *extra]].drop_duplicates(keys), on=keys, how="left")
    spec: Spec = [
        *(("candidate_id", "id", "candidate"), ("name", "text?", "parcel_name"), ("option_id", "id", "option")),
        *(("share", "percent", "share_percent"), ("area", "area", "area_ha"), ("cost", "money", "cost")),
        *(("kind_now", "type?"), ("kind_target", "type?"), ("right_id", "text?")),
    ]
    document.sub("sub_chosen")
    note = document.w("money_note", money=document.money_name, year=plain(files.settled("price_year")))
    document.frame_table(document.w("caption_chosen"), worded(document, table), spec, note)
    spec = [
        *(("candidate_id", "id", "candidate"), ("option_id", "id", "option"), ("start_year", "year?")),
        *(("ramp_years", "number?"), ("end_year", "year?", "guarantee_year"), ("success", "number?"), ("leakage", "number?")),
    ]
    if any(name in table for name in ("start_year", "end_year")):
        document.frame_table(document.w("caption_time"), table, spec, document.w("guarantee_note"))


def _credits(document: StatementDraft, credits: pd.DataFrame, portfolio: pd.DataFrame) -> None:
    taken = set(zip(portfolio["candidate_id"], portfolio["option_id"], strict=True))
    here = [key in taken for key in zip(credits["candidate_id"], credits["option_id"], strict=True)]
    spec: Spec = [
        *(("candidate_id", "id", "candidate"), ("service", "service"), ("area_unit", "unit"), ("weight", "number", "sigma")),
        *(("gain", "number", "annual_gain"), ("credit", "number"), ("credit_low", "number?"), ("credit_high", "number?")),
        *(("uom", "uom"), ("cost_per_credit", "number?")),
    ]
    shown = credits[here]
    shown = shown[~((shown["credit"] == 0) & (shown.get("gain", 0) == 0))].sort_values("candidate_id", kind="stable")
    document.frame_table(document.w("caption_credits"), shown, spec, document.w("credits_note"))


def _other_parcels(
    document: StatementDraft, files: StatementFiles, candidates: pd.DataFrame, portfolio: pd.DataFrame | None
) -> None:
    """Candidates that were not taken: excluded ones with their reason, eligible ones as not needed."""
    if portfolio is not None:
        taken = set(portfolio["candidate_id"])
        candidates = candidates[~candidates["candidate_id"].isin(taken)]
    if candidates.empty:
        return
    if {"cost", "fixed_cost"} <= set(candidates):  # that of the whole parcel, as in the portfolio
        candidates = candidates.assign(cost=candidates["cost"] + candidates["fixed_cost"].fillna(0.0))
    enough = (files.verdict.get("portfolio") or {}).get("status") != "infeasible"
    excluded = candidates["excluded"].map(plain) if "excluded" in candidates else pd.Series("", index=candidates.index)
    reason = candidates.get(f"reason_{document.lang}", pd.Series("", index=candidates.index)).map(plain)
    shown = [_why_not(document, code, text, enough) for code, text in zip(excluded, reason, strict=True)]
    table = worded(document, candidates.assign(reason=shown, _rank=excluded.eq("").astype(int))).sort_values("_rank", kind="stable")
    spec: Spec = [
        *(("candidate_id", "id", "candidate"), ("name", "text?", "parcel_name"), ("option_id", "id", "option")),
        *(
            ("area", "area", "area_ha"),
            ("cost", "money", "cost"),
            ("kind_now", "type?"),
            ("kind_target", "type?"),
            ("reason", "reason"),
        ),
    ]
    document.sub("sub_others")
    more = len(table) - MOST_CANDIDATES
    note = document.w("others_more", number=more) if more > 0 else ""
    document.frame_table(document.w("caption_others"), table.head(MOST_CANDIDATES), spec, note)


def _why_not(document: StatementDraft, code: str, text: str, enough: bool) -> str:
    """Reason in a few words where the code has them, else the reason as it is written."""
    if not code:
        return document.w("not_needed" if enough else "not_helping")
    return document.w(f"term {code}") if known(f"term {code}") else text or code


def _shortfalls(document: StatementDraft, files: StatementFiles) -> None:
    table = files.table("shortfalls")
    if table is None:
        return
    document.sub("sub_short")
    spec: Spec = [
        *(("service", "service"), ("area_unit", "unit"), ("required", "number"), ("attainable", "number")),
        *(("short", "number"), ("relative", "percent", "short_percent"), ("uom", "uom")),
    ]
    document.frame_table(document.w("caption_short"), table, spec)


def _written(document: StatementDraft, files: StatementFiles, key: str) -> None:
    """The written reason of a step, as it stands in the project's record."""
    given = (files.declared.get("record") or {}).get(key)
    if isinstance(given, dict) and not set(given) <= set(LANGUAGES):  # a reason per patch
        texts = [f"{patch}{document.w('colon')}{text}" for patch, text in given.items()]
    elif isinstance(given, dict):
        texts = [given.get(document.lang) or next(iter(given.values()), "")]
    else:
        texts = given if isinstance(given, list) else [given] if given else []
    for entry in texts:
        document.say(document.w(key, text=entry))
    if not texts:
        document.say(document.w("reason_of_projects" if files.table("projects") is not None else "reason_none"), "quiet")


def worded(document: StatementDraft, table: pd.DataFrame) -> pd.DataFrame:
    """The table with its yes-or-no columns as words and names in the language of the document.

    Parameters
    ----------
    table : table (column, ...)

    Returns
    -------
    table (column, ...)
    """
    made = table.copy()
    for column, yes, no in (("chosen", "chosen_yes", ""), ("pareto", "yes", "no")):
        if column in made:
            words = {True: document.w(yes), False: document.w(no) if no else "", None: ""}
            made[column] = [words[truth(value)] for value in made[column]]
    own = f"name_{document.lang}"
    if own in made:
        made["name"] = made[own]
    return made
