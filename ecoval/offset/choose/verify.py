"""Somebody's list of candidates against the rows: no optimiser, the same numbers, every breach named."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ecoval.offset.choose import inputs, recheck
from ecoval.offset.choose.demands import KIND, LOSER, SERVICE, TOLERANCE, VALUE
from ecoval.offset.choose.problem import problem as problem_of
from ecoval.terms import Term
from ecoval.words import LANGUAGES, message

BALANCE = ("service", "area_unit", "debit", "required", "credit", "net", "ratio", "ok", "uom")
LABELLED = ("service", "area_unit", "objective", "method", "bar")
PORTFOLIO = ("candidate_id", "option_id", "share", "cost", "name", "area")


@dataclass(frozen=True)
class Verification:
    """A list judged: its balance, what it breaches, and what it costs."""

    portfolio: pd.DataFrame
    balance: pd.DataFrame
    kinds: pd.DataFrame
    value: pd.DataFrame
    violations: pd.DataFrame
    cost: float

    @property
    def ok(self):
        """Whether every row and every binding is kept."""
        return len(self.violations) == 0


def verify_portfolio(portfolio, requirements, candidates, credits, **rules):
    """A list of candidates against the rows of a choice, recomputed from the original tables.

    Parameters
    ----------
    portfolio : table (candidate_id, option_id, share)
        Or the path of one; without share each is taken in full.
    requirements : table (service, area_unit, required)
    candidates : table (candidate_id, option_id, cost)
    credits : table (candidate_id, option_id, service, area_unit, credit)
    **rules : mapping
        As of `select_portfolio`, but for the time limit.

    Returns
    -------
    Verification
    """
    return judged(problem_of(requirements, candidates, credits, **rules), inputs.share_table(portfolio))


def judged(problem, given):
    """A list against a problem that is already made.

    Parameters
    ----------
    problem : Problem
    given : table (candidate_id, option_id, share)

    Returns
    -------
    Verification
    """
    shares, findings = np.zeros(len(problem.options)), []
    for candidate, option, share in zip(*(given[name].tolist() for name in inputs.SHARES), strict=True):
        if (candidate, option) in problem.places:
            shares[problem.places[candidate, option]] = share
        else:
            findings.append(finding("choose_list_unknown", candidate=f"{candidate}:{option}"))
    findings += binding_findings(problem, shares)
    rows = row_table(problem, shares)
    findings += row_findings(rows)
    parts = {"balance": balance_table(rows), "kinds": kind_table(rows), "value": value_table(rows)}
    violations = pd.DataFrame(findings, columns=["code", "fields", "en", "zh"])
    return Verification(portfolio_table(problem, shares), **parts, violations=violations, cost=problem.total("cost", shares))


def finding(code, /, **fields):
    """Code, fields and both texts of what is to be told.

    Parameters
    ----------
    code : text
    **fields : mapping

    Returns
    -------
    mapping
    """
    texts = {lang: message(code, {name: _said(name, value, lang) for name, value in fields.items()}, lang) for lang in LANGUAGES}
    return {"code": code, "fields": fields, **texts}


def _said(name, value, lang):
    """A field in words: services, bars and objectives by their labels."""
    if name in LABELLED:
        return Term(value).in_language(lang)
    if name == "services":
        return [Term(each).in_language(lang) for each in value]
    if name == "reasons":
        parts = [each.partition(" ") for each in value]
        return [f"{Term(code).in_language(lang)} {count}" for code, _, count in parts]
    return value


def portfolio_table(problem, shares):
    """Chosen options with share, cost and area used.

    Parameters
    ----------
    problem : Problem
    shares : vector (options), 1

    Returns
    -------
    table (candidate_id, option_id, share, cost, name, area)
    """
    made = problem.options.assign(share=shares)[shares > 0]
    cost = made["fixed_cost"] + made["cost"] * made["share"]
    made = made.assign(cost=cost, area=made["area"] * made["share"])
    return made[list(PORTFOLIO)].reset_index(drop=True)


def row_table(problem, shares):
    """All rows with what they get, and whether that is enough.

    Parameters
    ----------
    problem : Problem
    shares : vector (options), 1

    Returns
    -------
    table (row, service, area_unit, debit, required, credit, net, ratio, ok, uom)
    """
    rows = problem.rows
    credit = problem.sums(shares)
    debit = rows["debit"].to_numpy()
    ratio = np.divide(credit, debit, out=np.full(len(rows), np.nan), where=debit > 0)
    net = credit - rows["required"].to_numpy()
    return rows.assign(credit=credit, net=net, ratio=ratio, ok=net >= -rows["tolerance"].to_numpy())


def balance_table(made):
    """Balance per service and area.

    Parameters
    ----------
    made : table
        As `row_table` makes it.

    Returns
    -------
    table (service, area_unit, debit, required, credit, net, ratio, ok, uom)
    """
    return made.loc[made["row"].isin([SERVICE, LOSER]), list(BALANCE)].reset_index(drop=True)


def kind_table(made):
    """Balance per ecosystem type that was lost.

    Parameters
    ----------
    made : table
        As `row_table` makes it.

    Returns
    -------
    table (ecosystem_type, lost_area, required, provided, net, ok, uom)
    """
    made = made[made["row"] == KIND].rename(columns={"area_unit": "ecosystem_type", "debit": "lost_area", "credit": "provided"})
    return made[["ecosystem_type", "lost_area", "required", "provided", "net", "ok", "uom"]].reset_index(drop=True)


def value_table(made):
    """Balance of the total value; empty without prices.

    Parameters
    ----------
    made : table
        As `row_table` makes it.

    Returns
    -------
    table (debit, required, credit, net, ok, uom)
    """
    return made.loc[made["row"] == VALUE, ["debit", "required", "credit", "net", "ok", "uom"]].reset_index(drop=True)


def binding_findings(problem, shares):
    """What a list breaches beside the rows: shares, bars, sets, musts, limit, number.

    Parameters
    ----------
    problem : Problem
    shares : vector (options), 1

    Returns
    -------
    list of mapping
    """
    taken, found = shares > 0, []
    floor, barred = problem.floor, ~problem.eligible
    outside = (shares != 0) & ~((shares >= floor - recheck.SMALL) & (shares <= 1) & taken)
    for place in np.flatnonzero(outside):
        found.append(
            finding("choose_list_share", candidate=_named(problem, place), found=float(shares[place]), low=float(floor[place]))
        )
    for place in np.flatnonzero((shares != 0) & barred):
        code, reason = problem.options.loc[place, ["barred", "reason_en"]]
        found.append(finding("choose_list_barred", candidate=_named(problem, place), bar=code, reason=reason or code))
    full = np.flatnonzero(problem.sets @ taken.astype(float) > 1) if problem.sets.shape[0] else ()
    for row in full:
        together = [_named(problem, place) for place in problem.sets[[row]].indices if taken[place]]
        found.append(finding("choose_list_together", candidates=together, count=len(together)))
    for must in problem.musts:
        if abs(shares[must].sum() - 1) > TOLERANCE:
            named = [_named(problem, place) for place in must]
            found.append(finding("choose_list_must", candidates=named, found=float(shares[must].sum())))
    cost = problem.total("cost", shares)
    if problem.limit is not None and cost > problem.limit * (1 + TOLERANCE):
        found.append(finding("choose_list_limit", found=cost, limit=float(problem.limit)))
    if problem.most is not None and taken.sum() > problem.most:
        found.append(finding("choose_list_most", found=int(taken.sum()), most=problem.most))
    return found


def row_findings(made):
    """Rows that shares do not meet.

    Parameters
    ----------
    made : table
        As `row_table` makes it.

    Returns
    -------
    list of mapping
    """
    return [
        finding(
            "choose_row_short",
            service=row.service,
            area_unit=row.area_unit,
            found=float(row.credit),
            required=float(row.required),
            uom=row.uom,
            short=float(-row.net),
        )
        for row in made[~made["ok"]].itertuples()
    ]


def _named(problem, place):
    return ":".join(problem.options.loc[place, list(inputs.PAIR)])
