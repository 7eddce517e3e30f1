"""A better set when the solver was stopped: all but one neighbourhood of areas is held, that one is chosen anew, and so on round.

Nothing is proven by it. The bound of the solver stays, and the gap shrinks from above.
"""

from dataclasses import replace

import numpy as np

from ecoval.offset.choose import recheck
from ecoval.offset.choose.programme import OPTIMAL, STOPPED, Programme, rounded

SECONDS = 1.5  # for one neighbourhood
FREE = 200  # options of one neighbourhood


def improved(problem, shares, clock):
    """Shares that meet the same rows at the same or a smaller sum of the objective.

    Parameters
    ----------
    problem : Problem
        Without limit, number and musts, else the shares are returned as they are.
    shares : vector (options), 1
        That meet every row.
    clock : Clock

    Returns
    -------
    vector (options), 1
    """
    if problem.limit is not None or problem.most is not None or problem.musts or clock.end is None:
        return shares
    best, value = shares, problem.total(problem.objective, shares)
    areas = neighbourhoods(problem)
    idle = 0
    while areas and idle < len(areas) and clock.left() > SECONDS / 2:
        free = areas[0]
        areas = [*areas[1:], free]
        found = _anew(problem, best, free, clock)
        gained = found is not None and recheck.holds(problem, found) and problem.total(problem.objective, found) < value
        idle = 0 if gained else idle + 1
        if gained:
            best, value = found, problem.total(problem.objective, found)
    return best


def neighbourhoods(problem):
    """Options that serve an area together with those of the areas it shares most options with, one for each area.

    Parameters
    ----------
    problem : Problem

    Returns
    -------
    list of vector (options), 1
    """
    rows = problem.rows
    names = rows["area_unit"].drop_duplicates().tolist()
    serving = np.zeros((len(names), len(problem.options)), dtype=bool)
    for place, name in enumerate(names):
        among = np.flatnonzero(((rows["area_unit"] == name) & (rows["required"] > 0)).to_numpy())
        serving[place] = np.asarray((problem.matrix[among] != 0).sum(axis=0)).ravel() > 0
    serving &= problem.eligible
    shared = serving.astype(np.float64) @ serving.T.astype(np.float64)
    found = []
    for place in range(len(names)):
        free = serving[place].copy()
        for other in np.argsort(-shared[place], kind="stable"):
            wider = free | serving[other]
            if shared[place, other] == 0 or wider.sum() > FREE:
                break
            free = wider
        if free.any():
            found.append(np.flatnonzero(free))
    return found


def _anew(problem, shares, free, clock):
    """Shares with the free options chosen again and the others held; None where the solver finds none."""
    held = shares.copy()
    held[free] = 0.0
    rows = problem.rows
    left = rows["required"].to_numpy() - problem.sums(held)
    asked = np.where(rows["required"] > 0, np.maximum(left, 0.0), left)
    touched = np.flatnonzero(np.asarray((problem.matrix[:, free] != 0).sum(axis=1)).ravel() > 0)
    barred = problem.options["barred"].to_numpy(dtype=object, copy=True)
    if problem.sets.shape[0]:
        shut = problem.sets[np.flatnonzero(problem.sets @ (held > 0).astype(float))]
        barred[np.asarray(shut.sum(axis=0)).ravel() > 0] = "HELD"
    options = problem.options.assign(barred=barred).iloc[free].reset_index(drop=True)
    kept = rows.assign(required=asked).iloc[touched].reset_index(drop=True)
    sets = problem.sets[:, free]
    part = replace(problem, options=options, rows=kept, matrix=problem.matrix[touched][:, free], sets=sets)
    if not part.eligible.any():
        return None
    programme = Programme(part, clock)
    outcome = programme.solve(problem.objective, seconds=min(SECONDS, clock.left()))
    if outcome.shares is None or outcome.status not in (OPTIMAL, STOPPED):
        return None
    held[free] = rounded(programme, outcome)
    return held
