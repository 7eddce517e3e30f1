"""A choice step by step: what gives most of what is still short per cost comes next. Never exact, always labelled so."""

import numpy as np

from ecoval.offset.choose import recheck
from ecoval.offset.choose.demands import TOLERANCE


def greedy(problem, start=None):
    """Full candidates, taken while they help and are bound by nothing, then freed where the others suffice.

    Parameters
    ----------
    problem : Problem
    start : vector (options), 1
        Shares that are already taken.

    Returns
    -------
    vector (options), 1
    """
    state = _State(problem)
    shares = np.zeros(len(problem.options)) if start is None else start.copy()
    for must in problem.musts:
        if shares[must].sum() < 1:
            shares[must[np.argmin(state.cost[must])]] = 1.0
    state.begin(shares)
    while (place := state.next()) is not None:
        state.take(place)
    return _freed(problem, state)


class _State:
    """What is taken, what is still short, and who may come next."""

    def __init__(self, problem):
        self.problem = problem
        required, tolerance = problem.required, problem.tolerance
        unit = np.where(tolerance > 0, tolerance / TOLERANCE, 1.0)
        self.goal = required / unit
        self.gives = problem.matrix.toarray() / unit[:, None]
        self.loser = problem.loser
        self.cost = sum(problem.weights("cost"))
        weight = sum(problem.weights(problem.objective))
        self.weight = weight + 1e-9 * max(float(weight.max(initial=0.0)), 1.0)
        self.sets = problem.sets.toarray() > 0

    def begin(self, shares):
        """Start from shares."""
        self.shares = shares
        self.sums = self.gives @ shares
        self.open = self.problem.eligible & (shares == 0)
        for place in np.flatnonzero(shares):
            self._shut(place)

    def take(self, place):
        """Take an option in full."""
        self.shares[place] = 1.0
        self.sums = self.sums + self.gives[:, place]
        self.open[place] = False
        self._shut(place)

    def next(self):
        """The option that gives most per weight, or None where nothing helps or may come."""
        problem = self.problem
        if problem.most is not None and (self.shares > 0).sum() >= problem.most:
            return None
        lacks = np.maximum(self.goal - self.sums, 0.0)
        lacks[lacks <= TOLERANCE] = 0.0
        if not lacks.any():
            return None
        places = np.flatnonzero(self.open)
        if problem.limit is not None:
            places = places[problem.total("cost", self.shares) + self.cost[places] <= problem.limit]
        gives = self.gives[:, places]
        harmless = (self.sums[self.loser, None] + gives[self.loser] >= -TOLERANCE).all(axis=0)
        after = np.maximum(self.goal[:, None] - self.sums[:, None] - gives, 0.0)
        helps = np.where(harmless, lacks.sum() - after.sum(axis=0), 0.0)
        if len(places) == 0 or helps.max() <= TOLERANCE * TOLERANCE:
            return None
        return places[np.argmax(helps / self.weight[places])]

    def _shut(self, place):
        for one in self.sets[self.sets[:, place]]:
            self.open &= ~one


def _freed(problem, state):
    """Give back, dearest first, what is not needed."""
    shares = state.shares
    short = recheck.shortfalls(problem, shares).sum()
    kept = {int(place) for must in problem.musts for place in must}
    taken = [place for place in np.flatnonzero(shares) if place not in kept]
    for place in sorted(taken, key=lambda place: -state.weight[place]):
        less = state.sums - state.gives[:, place] * shares[place]
        lacks = np.maximum(state.goal - less, 0.0)
        lacks[lacks <= TOLERANCE] = 0.0
        if lacks.sum() <= short and not (lacks[state.loser]).any():
            state.sums, shares[place] = less, 0.0
    return shares
