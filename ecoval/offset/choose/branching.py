"""A second opinion where shares are free: branching over few choices, written here, with linear programmes alone."""

import time

import numpy as np

from ecoval.offset.choose import recheck
from ecoval.offset.choose.programme import INFEASIBLE, OPTIMAL, rounded

PROGRAMMES = 60  # linear programmes that a second opinion may take
CLOSE = 1e-6


def contradicted(programme, value, seconds=None):
    """Whether shares exist that meet every row at clearly less than a value.

    Parameters
    ----------
    programme : Programme
        With choices beside the shares.
    value : number, 1
        Sum of the objective that is said to be the least.
    seconds : number, 1

    Returns
    -------
    choice {True, False, None}
        None where the question stays open after many programmes.
    """
    problem = programme.problem
    end = None if seconds is None else time.monotonic() + seconds
    floor = value - CLOSE * max(1.0, abs(value))
    waiting, count = [{}], 0
    while waiting:
        fixed = waiting.pop()
        count += 1
        if count > PROGRAMMES or (end is not None and time.monotonic() > end):
            return None
        outcome = programme.solve(problem.objective, relaxed=True, fixed=fixed)
        if outcome.status == INFEASIBLE or outcome.bound >= floor:
            continue
        if outcome.status != OPTIMAL:
            return None
        chosen = outcome.chosen[programme.places[programme.binary]]
        distance = np.abs(chosen - np.round(chosen))
        if distance.max() <= CLOSE:
            shares = rounded(programme, outcome)
            if recheck.holds(problem, shares) and problem.total(problem.objective, shares) < floor:
                return True
            return None
        place = int(np.argmax(distance))
        waiting += [fixed | {place: 0.0}, fixed | {place: 1.0}]
    return False
