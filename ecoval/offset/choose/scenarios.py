"""How often each candidate is chosen over scenarios of prices, rates and coefficients: the agreement map."""

import pandas as pd

from ecoval.errors import InputError
from ecoval.offset.choose.inputs import PAIR, candidate_table
from ecoval.offset.choose.selection import select_portfolio

COLUMNS = ("candidate_id", "option_id", "chosen", "scenarios", "share")


def agreement(scenarios, **rules):
    """Share of the scenarios in which each candidate is chosen.

    Parameters
    ----------
    scenarios : tuples (name, requirements, candidates, credits)
        Each optionally with a mapping of rules of its own at the end, such as the prices.
    **rules : mapping
        As of `select_portfolio`, for all scenarios.

    Returns
    -------
    table (candidate_id, option_id, chosen, scenarios, share)
        Over the scenarios that can be met; `share` is the mean share used. `attrs["scenarios"]` lists name, status and
        cost of each, infeasible ones too.

    Raises
    ------
    InputError
        Without any scenario.
    """
    parts, pool, told = [], [], []
    for name, requirements, candidates, credits, *own in scenarios:
        made = select_portfolio(requirements, candidates, credits, **(rules | (own[0] if own else {})))
        told.append({"scenario": name, "status": made.status, "cost": made.cost})
        pool.append(candidate_table(candidates)[list(PAIR)])
        if made.status != "infeasible":
            parts.append(made.portfolio[[*PAIR, "share"]])
    if not told:
        raise InputError("choose_no_scenario")
    table = pd.concat(pool).drop_duplicates().sort_values(list(PAIR))
    count = len(parts)
    every = pd.concat(parts) if parts else pd.DataFrame(columns=[*PAIR, "share"])
    sums = every.assign(share=every["share"].astype("float64")).groupby(list(PAIR))["share"].agg(["size", "sum"]).reset_index()
    table = table.merge(sums, on=list(PAIR), how="left").fillna({"size": 0, "sum": 0.0})
    nothing = float("nan")
    table["chosen"] = table["size"] / count if count else nothing
    table["share"] = table["sum"] / count if count else nothing
    table = table.assign(scenarios=count)[list(COLUMNS)].reset_index(drop=True)
    table.attrs["scenarios"] = told
    return table
