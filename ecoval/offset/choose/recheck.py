"""Every row and every binding recomputed in float64 from the unscaled numbers: nothing is believed of a solver."""

import numpy as np

from ecoval.offset.choose.demands import TOLERANCE

SMALL = 1e-9


def shortfalls(problem, shares, forgiving=True):
    """What each row lacks, relative to what it requires; a row that requires nothing relative to its service's size.

    Parameters
    ----------
    problem : Problem
    shares : vector (options), 1
    forgiving : choice {True, False}
        Whether a row that lacks no more than its tolerance lacks nothing.

    Returns
    -------
    vector (rows), 1
    """
    required, tolerance = problem.required, problem.tolerance
    lacks = np.maximum(required - problem.sums(shares), 0.0)
    if forgiving:
        lacks[lacks <= tolerance] = 0.0
    unit = np.where(tolerance > 0, tolerance / TOLERANCE, 1.0)
    return lacks / unit


def bindings_hold(problem, shares):
    """Whether bars, floors, sets, musts, limit and number are kept.

    Parameters
    ----------
    problem : Problem
    shares : vector (options), 1

    Returns
    -------
    choice {True, False}
    """
    taken = shares > 0
    within = np.all((shares >= 0) & (shares <= 1) & (~taken | (shares >= problem.floor - SMALL)))
    free = not (taken & ~problem.eligible).any()
    alone = problem.sets.shape[0] == 0 or (problem.sets @ taken.astype(float)).max() <= 1
    musts = all(np.isclose(shares[must].sum(), 1.0, rtol=0, atol=TOLERANCE) for must in problem.musts)
    few = problem.most is None or taken.sum() <= problem.most
    cheap = problem.limit is None or problem.total("cost", shares) <= problem.limit * (1 + TOLERANCE)
    return bool(within and free and alone and musts and few and cheap)


def holds(problem, shares, short=0.0):
    """Whether shares keep every binding and every row, but for relative shortfalls that add up to `short`.

    Parameters
    ----------
    problem : Problem
    shares : vector (options), 1
    short : number, 1, >= 0

    Returns
    -------
    choice {True, False}
    """
    if not bindings_hold(problem, shares):
        return False
    lacks = shortfalls(problem, shares)
    if not problem.musts and lacks[problem.loser].any():
        return False
    return bool(lacks.sum() <= short + (TOLERANCE if short > 0 else 0.0))
