"""Where nothing meets every row: what is short, how much could be had at most, and what would be enough."""

import numpy as np
import pandas as pd

from ecoval.offset.choose import recheck
from ecoval.offset.choose.demands import LOSER
from ecoval.offset.choose.programme import OPTIMAL, Programme, rounded
from ecoval.offset.choose.verify import finding, row_table

COLUMNS = ("service", "area_unit", "short", "relative", "attainable", "required", "uom", "row", "absent", "proven")
SECONDS = 10.0  # for all rows together; a row beyond them gets its bound, marked as not proven


def shortfall_table(problem, shares, clock):
    """Rows that are short, with the most that any choice gives to each.

    Parameters
    ----------
    problem : Problem
    shares : vector (options), 1
    clock : Clock
        Of this table alone.

    Returns
    -------
    table (service, area_unit, short, relative, attainable, required, uom, row, absent, proven)
        `attainable` under what binds candidates; `absent` is what they would lack even without: new candidates must give it.
    """
    made = row_table(problem, shares)
    lacks = recheck.shortfalls(problem, shares)
    programme = None
    entries = []
    for place in np.flatnonzero(lacks > 0):
        row = made.iloc[place]
        if programme is None and not _free(problem):
            programme = Programme(problem, clock)
        attainable, proven = _attainable(problem, programme, place, clock)
        attainable = max(attainable, float(row["credit"]))
        short, required = float(-row["net"]), float(row["required"])
        absent = max(required - _unbound(problem, place), 0.0)
        entry = (
            row["service"],
            row["area_unit"],
            short,
            lacks[place],
            attainable,
            required,
            row["uom"],
            row["row"],
            absent,
            proven,
        )
        entries.append(entry)
    return pd.DataFrame(entries, columns=list(COLUMNS))


def shortfall_findings(table):
    """What each short row needs, in words: new candidates, or looser bindings.

    Parameters
    ----------
    table : table (service, area_unit, short, attainable, required, uom, row, absent)

    Returns
    -------
    list of mapping
    """
    found = []
    for row in table.itertuples():
        where = {"service": row.service, "area_unit": row.area_unit, "uom": row.uom}
        if row.row == LOSER:
            found.append(finding("choose_short_loser", short=float(row.short), **where))
        elif row.absent > 1e-6 * row.required:
            numbers = {"attainable": row.attainable, "required": row.required, "short": row.absent}
            found.append(finding("choose_short_alone", **where, **numbers))
        else:
            numbers = {"attainable": row.attainable, "required": row.required, "short": row.short}
            found.append(finding("choose_short_together", **where, **numbers))
    return found


def _free(problem):
    """Whether all candidates that help a row may be taken together, so that their sum is the most."""
    harm = (problem.matrix.data < 0).any() and (problem.rows["row"] == LOSER).any()
    bound = problem.sets.shape[0] or problem.musts or problem.limit is not None or problem.most is not None
    return not (harm or bound)


def _unbound(problem, place):
    """What all candidates, each with the option that gives most, would give to a row."""
    gives = np.where(problem.eligible, problem.matrix[[place]].toarray()[0], 0.0)
    return float(pd.Series(np.maximum(gives, 0.0)).groupby(problem.options["candidate_id"].to_numpy()).max().sum())


def _attainable(problem, programme, place, clock):
    """The most that candidates give to one row under what binds them, and whether that is proven."""
    gives = np.where(problem.eligible, problem.matrix[[place]].toarray()[0], 0.0)
    everything = float(gives[gives > 0].sum())
    if programme is None:
        return everything, True
    left = clock.left()
    weights = (-gives, np.zeros(len(gives)))
    outcome = programme.solve(weights, soft=True, seconds=min(left, 2.0), relaxed=left <= 0)
    if outcome.status == OPTIMAL and outcome.shares is not None and left > 0:
        return float(gives @ rounded(programme, outcome)), True
    return min(-outcome.bound if np.isfinite(outcome.bound) else everything, everything), False
