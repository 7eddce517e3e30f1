"""One option per patch: the least weighted residual under a limit on cost, exactly; or, as an analysis, the least total cost.

    min sum_s w_s D_s   subject to   sum cost <= limit,   at most one option per patch

The residual is a sum over patches, so that an option has one gain, whatever is chosen elsewhere. Few combinations are enumerated,
more are solved by an integer programme, whose answer is recomputed from the data. Ties go to the lower cost, then to the options
whose ids come first.
"""

import itertools
import math

import numpy as np
import pandas as pd
from scipy.optimize import Bounds, LinearConstraint, milp

from ecoval.errors import EcovalError, ParameterError
from ecoval.offset.choose.quiet import solver_output_aside
from ecoval.offset.measures import apply_measures, present_losses

MOST_ENUMERATED = 4096
CLOSE = 1e-12


def choose_measures(patch_losses, measures, timing, limit=None, weights=None, kind_losses=None):
    """The options that leave the least weighted loss under a limit on cost.

    Parameters
    ----------
    patch_losses, measures : table
        As `apply_measures`; several rows of `measures` for one patch are options, of which one at most is taken.
    timing : Timing
    limit : number, CNY, >= 0
        None: no limit.
    weights : mapping (text, number)
        Weight per unit of present value of each service; None: 1 / its unmitigated loss, so that each service counts alike.
    kind_losses : table
        As `apply_measures`.

    Returns
    -------
    table (measures)
        Chosen rows; `attrs` hold method, weighted (what is left), cost, and limit.

    Raises
    ------
    ParameterError
        For a negative limit.
    """
    if limit is not None and limit < 0.0:
        raise ParameterError("measure_limit_negative", limit=limit)
    weights = _weights(patch_losses, timing) if weights is None else weights
    gain = option_gains(patch_losses, measures, timing, weights, kind_losses)
    rows, method = _best(measures, gain, limit)
    whole = _weighted(patch_losses, timing, weights)
    return _chosen(measures, rows, method=method, weighted=whole - float(gain[rows].sum()), limit=limit)


def joint_measures(patch_losses, measures, timing, unit_costs, kind_losses=None):
    """Measures of the least sum of their cost and the cost of compensating what they leave: an analysis, not the policy's order.

    Parameters
    ----------
    patch_losses, measures : table
        As `choose_measures`.
    timing : Timing
    unit_costs : mapping (text, number)
        Cost of compensating a unit of present value of a service, CNY.
    kind_losses : table

    Returns
    -------
    table (measures)
        `attrs["analysis"]` is True: the order avoid, minimise, compensate is not followed by it.
    """
    saved = option_gains(patch_losses, measures, timing, unit_costs, kind_losses) - measures["cost"].to_numpy(dtype=float)
    rows, method = _best(measures, saved, None)
    whole = _weighted(patch_losses, timing, unit_costs)
    made = _chosen(measures, rows, method=method, weighted=whole - float(saved[rows].sum()), limit=None)
    made.attrs["analysis"] = True
    return made


def option_gains(patch_losses, measures, timing, weights, kind_losses=None):
    """Weighted present value that each option alone avoids.

    Returns
    -------
    vector (measures), 1
    """
    gains = []
    for number in range(len(measures)):
        alone = measures.iloc[[number]].reset_index(drop=True)
        own = patch_losses[patch_losses["patch_id"] == alone["patch_id"].iloc[0]]
        residual, _ = apply_measures(own, alone, timing, kind_losses)
        gains.append(_weighted(own, timing, weights) - _weighted(residual, timing, weights))
    return np.array(gains, dtype=float)


def _weights(patch_losses, timing):
    total = pd.Series(present_losses(patch_losses, timing)).groupby(patch_losses["service"].to_numpy()).sum()
    return {service: 1.0 / abs(value) if value else 0.0 for service, value in total.items()}


def _weighted(patch_losses, timing, weights):
    rate = patch_losses["service"].map(weights).fillna(0.0).to_numpy(dtype=float)
    return math.fsum(rate * present_losses(patch_losses, timing))


def _best(measures, gain, limit):
    """Positions of the chosen rows, and how they were found."""
    cost = measures["cost"].to_numpy(dtype=float)
    options = [[None, *rows] for rows in measures.groupby("patch_id", sort=True).indices.values()]
    if math.prod(len(each) for each in options) <= MOST_ENUMERATED:
        return _enumerated(measures, options, gain, cost, limit), "enumeration"
    return _programmed(options, gain, cost, limit), "integer programme"


def _enumerated(measures, options, gain, cost, limit):
    ids = [(str(a), str(b)) for a, b in measures[["patch_id", "option_id"]].itertuples(index=False)]
    best, found = None, []
    for choice in itertools.product(*options):
        rows = [row for row in choice if row is not None]
        spent = math.fsum(cost[rows])
        if limit is not None and spent > limit * (1.0 + CLOSE):
            continue
        total = math.fsum(gain[rows])
        rank = (spent, sorted(ids[row] for row in rows))
        tie = best is not None and abs(total - best[0]) <= CLOSE * max(1.0, abs(best[0]))
        if best is None or (total > best[0] and not tie) or (tie and rank < best[1]):
            best, found = (total, rank), rows
    return sorted(found)


def _programmed(options, gain, cost, limit):
    """Solve for the gain, then for the least cost at that gain; recompute both from the data."""
    owner = np.zeros((len(options), len(gain)))
    for number, rows in enumerate(options):
        owner[number, [row for row in rows if row is not None]] = 1.0
    limits = [LinearConstraint(owner, -np.inf, 1.0)]
    if limit is not None:
        limits.append(LinearConstraint(cost[None] / max(limit, 1.0), -np.inf, limit / max(limit, 1.0)))
    scale = max(float(np.abs(gain).max()), CLOSE)
    rows = _solved(-gain / scale, limits, len(gain))
    floor = LinearConstraint(gain[None] / scale, math.fsum(gain[rows]) / scale - 1e-9, np.inf)
    cheaper = _solved(cost / max(float(cost.max()), 1.0), [*limits, floor], len(gain))
    for found in (cheaper, rows):
        if (limit is None or math.fsum(cost[found]) <= limit * (1.0 + 1e-9)) and (owner[:, found].sum(axis=1) <= 1.0).all():
            return sorted(found)
    raise EcovalError("measure_choice_failed", limit=limit)


def _solved(goal, limits, count):
    given = {"integrality": np.ones(count), "bounds": Bounds(0.0, 1.0), "options": {"mip_rel_gap": 0.0}}
    with solver_output_aside():
        answer = milp(goal, constraints=limits, **given)
    if answer.x is None:
        raise EcovalError("measure_choice_failed", limit=answer.message)
    return [int(row) for row in np.flatnonzero(answer.x > 0.5)]


def _chosen(measures, rows, **said):
    made = measures.iloc[rows].reset_index(drop=True)
    made.attrs.update(said, cost=float(made["cost"].sum()), analysis=False)
    return made
