"""All sets of few whole candidates: an answer that needs no solver, and confirms or contradicts one."""

from dataclasses import dataclass

import numpy as np

from ecoval.offset.choose.demands import TOLERANCE

MOST = 20  # candidates: about a million sets
BLOCK = 1 << 15
SMALL = 1e-9
TIED = 4096  # sets of equal sums whose ids are compared one by one


@dataclass(frozen=True)
class Listed:
    """The best of all sets: its shares, what is short in all, and the sum of the objective."""

    shares: np.ndarray
    short: float
    value: float


def listed(problem):
    """The best set of whole candidates by shortfall, objective, cost, area, ranks and ids, by looking at each.

    Parameters
    ----------
    problem : Problem
        In whole mode with at most 20 candidates that may be chosen.

    Returns
    -------
    Listed
        None where the musts leave no set.
    """
    places = np.flatnonzero(problem.eligible)
    stages = stages_of(problem)
    weights = [sum(problem.weights(name))[places] for name in stages]
    gives = problem.matrix[:, places].toarray()
    parts = [_block(problem, places, gives, weights, first) for first in range(0, 1 << len(places), BLOCK)]
    codes = np.concatenate([part[0] for part in parts])
    if len(codes) == 0:
        return None
    short = np.concatenate([part[1] for part in parts])
    sums = np.concatenate([part[2] for part in parts], axis=1)
    keep = np.flatnonzero(short <= short.min() + SMALL)
    for values in sums:
        least = values[keep].min()
        keep = keep[values[keep] <= least + SMALL * max(1.0, abs(least))]
    best = min(keep[:TIED], key=lambda place: _ids(codes[place], len(places)))
    shares = np.zeros(len(problem.options))
    shares[places] = _bits(codes[best : best + 1], len(places))[0]
    return Listed(shares, float(short[best]), problem.total(stages[0], shares))


def stages_of(problem):
    """Sums that decide one after the other: the objective, then those of cost, area and ranks that it is not.

    Parameters
    ----------
    problem : Problem

    Returns
    -------
    list of text
    """
    return [problem.objective, *(name for name in ("cost", "area", "rank") if name != problem.objective)]


def _block(problem, places, gives, weights, first):
    """Codes, shortfalls and sums of a block of sets that keep every binding."""
    codes = np.arange(first, min(first + BLOCK, 1 << len(places)))
    bits = _bits(codes, len(places))
    free = _bound(problem, places, bits)
    codes, bits = codes[free], bits[free]
    required, tolerance = problem.required, problem.tolerance
    lacks = np.maximum(required - bits @ gives.T, 0.0)
    lacks[lacks <= tolerance] = 0.0
    relative = lacks / np.where(tolerance > 0, tolerance / TOLERANCE, 1.0)
    if not problem.musts:
        unharmed = relative[:, problem.loser].sum(axis=1) == 0
        codes, bits, relative = codes[unharmed], bits[unharmed], relative[unharmed]
    return codes, relative.sum(axis=1), np.array([bits @ weight for weight in weights])


def _bound(problem, places, bits):
    """Which sets keep the sets of one, the musts, the limit and the number."""
    free = np.ones(len(bits), dtype=bool)
    if problem.sets.shape[0]:
        free &= (bits @ problem.sets[:, places].toarray().T).max(axis=1) <= 1
    for must in problem.musts:
        free &= bits[:, np.isin(places, must)].sum(axis=1) == 1
    if problem.most is not None:
        free &= bits.sum(axis=1) <= problem.most
    if problem.limit is not None:
        free &= bits @ sum(problem.weights("cost"))[places] <= problem.limit * (1 + SMALL)
    return free


def _bits(codes, count):
    """Sets as rows of 0 and 1; the first candidate is the highest bit."""
    return ((codes[:, None] >> np.arange(count - 1, -1, -1)) & 1).astype(np.float64)


def _ids(code, count):
    """Places of the candidates of a set, in order."""
    return tuple(place for place in range(count) if code >> (count - 1 - place) & 1)
