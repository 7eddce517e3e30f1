"""`select_portfolio`: the candidates that make up for a loss at least cost, exactly; or what is short where none do."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from ecoval.offset.choose import recheck, verify
from ecoval.offset.choose.demands import LOSER, SERVICE, VALUE
from ecoval.offset.choose.parts import choose_by_parts
from ecoval.offset.choose.problem import problem as problem_of
from ecoval.offset.choose.shortage import COLUMNS, SECONDS, shortfall_findings, shortfall_table
from ecoval.offset.choose.waiting import Clock


@dataclass(frozen=True)
class Selection:
    """A chosen portfolio and all that is to be said of it.

    Where nothing meets every row the portfolio is the least-cost set that comes closest, and `closest` is the same table;
    else `closest` is None. `value` and `bound` are of the objective, `cost` is money.
    """

    portfolio: pd.DataFrame
    balance: pd.DataFrame
    shortfalls: pd.DataFrame
    kinds: pd.DataFrame
    value_balance: pd.DataFrame
    excluded: pd.DataFrame
    status: str
    cost: float
    objective: str
    value: float
    bound: float
    proven: bool
    method: str
    confirmed: bool
    closest: pd.DataFrame | None
    notes: list = field(default_factory=list)

    @property
    def gap(self):
        """Part of the objective that a better portfolio could save at most."""
        return 0.0 if self.value <= self.bound else (self.value - self.bound) / abs(self.value)


def select_portfolio(requirements, candidates, credits, *, time_limit=None, progress=None, **rules):
    """The candidates that meet every requirement at least cost.

    Parameters
    ----------
    requirements : table (service, area_unit, required)
        Debits before the ratio; or the path of a table. A debit of 0 or less asks for nothing, and its area may not lose.
    candidates : table (candidate_id, option_id, cost)
        Optionally area, kind, conflict_group, minimum_area, fixed_cost, distance, rank, excluded.
    credits : table (candidate_id, option_id, service, area_unit, credit)
        Of the full candidates, already weighted.
    time_limit : number, 1
        Seconds; then the best set so far and its bound.
    progress : callable (done, text)
        Asked ten times a second; its False stops the work.
    **rules : mapping
        kinds (ecosystem_type, required or lost_area and ratio, accepts): like-for-like rows; accepts (lost, target) -> truth.
        value (service, price) with ratio_value: the row of total value. ratio: number, or service -> number. whole: no shares.
        objective: cost, area or distance. must: names taken in full. ban: names, or name -> reason. conflicts: pairs of names.
        limit: most money. most: most candidates.

    Returns
    -------
    Selection

    Raises
    ------
    InputError
        For a table that cannot be used, with the row.
    ParameterError
        For rules that are out of range or leave no set at all.
    Cancelled
        Where `progress` says so.
    """
    clock = Clock(time_limit, progress)
    problem = problem_of(requirements, candidates, credits, **rules)
    choice = choose_by_parts(problem, clock)
    return selection_of(problem, choice, rules.get("value"), progress)


def selection_of(problem, choice, prices=None, progress=None):
    """Tables and notes of a choice.

    Parameters
    ----------
    problem : Problem
    choice : Choice
    prices : table (service, price)
    progress : callable (done, text)

    Returns
    -------
    Selection
    """
    shares = choice.shares
    short = choice.short > 0 or recheck.shortfalls(problem, shares).sum() > 0
    shortfalls = shortfall_table(problem, shares, Clock(SECONDS, progress)) if short else _no_shortfalls()
    portfolio, rows = verify.portfolio_table(problem, shares), verify.row_table(problem, shares)
    made = Selection(
        portfolio,
        verify.balance_table(rows),
        shortfalls,
        verify.kind_table(rows),
        verify.value_table(rows),
        excluded_table(problem),
        choice.status,
        problem.total("cost", shares),
        problem.objective,
        choice.value,
        choice.bound,
        choice.proven,
        choice.method,
        choice.confirmed,
        portfolio if choice.status == "infeasible" else None,
    )
    made.notes.extend(notes_of(problem, choice, made, prices))
    return made


def excluded_table(problem):
    """Candidates that may not be chosen, with the reason.

    Parameters
    ----------
    problem : Problem

    Returns
    -------
    table (candidate_id, option_id, excluded, reason_en, reason_zh)
    """
    made = problem.options[~problem.eligible].rename(columns={"excluded": "given", "barred": "excluded"})
    return made[["candidate_id", "option_id", "excluded", "reason_en", "reason_zh"]].reset_index(drop=True)


def notes_of(problem, choice, made, prices):
    """What a reader must know of a choice: findings with code, fields and both texts.

    Parameters
    ----------
    problem : Problem
    choice : Choice
    made : Selection
    prices : table (service, price)

    Returns
    -------
    list of mapping
    """
    rows, notes = problem.rows, []
    asked = rows[rows["row"].isin([SERVICE, LOSER])]
    if not (rows["required"] > 0).any():
        notes.append(verify.finding("choose_nothing_required", rows=len(asked)))
    if len(problem.options) and not problem.eligible.any():
        reasons = [f"{code} ({count})" for code, count in problem.options["barred"].value_counts(sort=False).items()]
        notes.append(verify.finding("choose_all_barred", count=len(problem.options), reasons=reasons))
    if choice.status == "time_limit":
        gap = 100.0 * made.gap
        numbers = {"objective": problem.objective, "value": choice.value, "bound": choice.bound, "gap": gap}
        notes.append(verify.finding("choose_not_proven", **numbers))
    if choice.status == "unproven":
        numbers = {"method": choice.method, "objective": problem.objective, "value": choice.value}
        notes.append(verify.finding("choose_unproven", **numbers))
    if choice.ties_open:
        notes.append(verify.finding("choose_ties_open", objective=problem.objective))
    if "choose_solver_wrong" in choice.notes:
        notes.append(verify.finding("choose_solver_wrong"))
    if "choose_no_solver" in choice.notes:
        notes.append(verify.finding("choose_no_solver", method=choice.method))
    if (rows["row"] == VALUE).any():
        priced = set(pd.DataFrame(prices)["service"].astype("str"))
        unpriced = sorted(set(asked["service"]) - priced)
        notes += [verify.finding("choose_unpriced", services=unpriced)] if unpriced else []
    return notes + shortfall_findings(made.shortfalls)


def _no_shortfalls():
    return pd.DataFrame(np.empty((0, len(COLUMNS))), columns=list(COLUMNS))
