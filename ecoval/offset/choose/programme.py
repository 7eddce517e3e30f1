"""One solve of the mixed-integer programme by HiGHS: rows scaled by what they require, sums by their median.

The unknowns are the share y of each option that may be chosen, a choice x where an option needs one beside its share (a least
share, a fixed cost, another option that it shuts out), and a relative shortfall z per row where shortfalls are allowed. Where only
whole candidates are taken, y is the choice.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from ecoval.offset.choose.demands import TOLERANCE
from ecoval.offset.choose.quiet import solver_output_aside
from ecoval.offset.choose.waiting import Clock

OPTIMAL, STOPPED, INFEASIBLE, FAILED = "optimal", "stopped", "infeasible", "failed"
PLENTY = 5e6  # of what a row requires: a share of a five-millionth is still no rounding
BEYOND = 1e14  # HiGHS refuses numbers from 1e15
_STATUSES = {0: OPTIMAL, 1: STOPPED, 2: INFEASIBLE}


@dataclass(frozen=True)
class Outcome:
    """What one solve gave; shares are of all options, not rounded, None where there are none."""

    status: str
    shares: np.ndarray | None
    chosen: np.ndarray | None
    bound: float


class Programme:
    """The scaled rows of a problem, for as many solves as its phases need."""

    def __init__(self, problem, clock=None):
        self.problem = problem
        self.clock = clock or Clock()
        self.places = np.flatnonzero(problem.eligible)
        gives = problem.matrix[:, self.places]
        required, loser = problem.required, problem.loser
        harmed = np.asarray((gives < 0).sum(axis=1)).ravel() > 0
        self.active = np.flatnonzero(np.where(loser, harmed, required > 0))
        self.required = required[self.active]
        tolerance = problem.tolerance[self.active] / TOLERANCE
        self.scale = np.where(self.required > 0, self.required, np.where(tolerance > 0, tolerance, 1.0))
        self.soft = self.required > 0 if not problem.musts else np.ones(len(self.active), dtype=bool)
        self.gives = _tamed(sparse.csr_array(gives[self.active].multiply(1.0 / self.scale[:, None])))
        self.goal = self.required / self.scale
        self.binary = self._binary()
        self.slots = np.full(len(self.places), -1)
        self.slots[self.binary] = np.arange(len(self.binary))

    @property
    def choices(self):
        """Number of unknowns that are 0 or 1."""
        return len(self.places) if self.problem.whole else len(self.binary)

    def _binary(self):
        """Options, among those that may be chosen, that need a choice beside their share."""
        problem = self.problem
        if problem.whole:
            return np.zeros(0, dtype=np.intp)
        bound = np.asarray(problem.sets[:, self.places].sum(axis=0)).ravel() > 0
        needed = bound | (problem.floor[self.places] > 0) | (problem.options["fixed_cost"].to_numpy()[self.places] > 0)
        return np.flatnonzero(needed | (problem.most is not None))

    def solve(self, stage, *, soft=False, short=None, caps=(), seconds=None, nodes=None, presolve=True, relaxed=False, fixed=None):
        """Least sum of one stage under the rows and the caps of earlier stages.

        Parameters
        ----------
        stage : choice {short, cost, area, distance, rank}
            Or the weights of one: (per share, per choice) of all options.
        soft : choice {True, False}
            Whether rows may fall short.
        short : number, 1
            Most that the relative shortfalls may add up to.
        caps : ((text, number))
            Stages that may not pass a value.
        seconds : number, 1
        nodes : number, 1
        presolve : choice {True, False}
        relaxed : choice {True, False}
            Choices may be fractions: a bound.
        fixed : mapping (number, number)
            Choices that are given: their place among the choices, and 0 or 1.

        Returns
        -------
        Outcome
        """
        from scipy.optimize import Bounds, LinearConstraint, milp

        slack = self.soft if soft else np.zeros(len(self.active), dtype=bool)
        count = int(slack.sum())
        shares, choices = len(self.places), len(self.binary)
        cost, unit = self._objective(stage, count)
        integral = np.zeros(len(cost))
        if not relaxed:
            integral[: shares if self.problem.whole else 0] = 1
            integral[shares : shares + choices] = 1
        upper = np.concatenate([np.ones(shares + choices), np.full(count, np.inf)])
        lower = np.zeros(len(cost))
        for place, choice in (fixed or {}).items():
            lower[shares + place] = upper[shares + place] = choice
        matrix, low, high = self._constraints(slack, short, caps)
        options = {"mip_rel_gap": 0.0, "presolve": presolve}
        if seconds is not None:
            options["time_limit"] = max(seconds, 0.05)
        if nodes is not None:
            options["node_limit"] = nodes
        rows = [LinearConstraint(matrix, low, high)] if matrix.shape[0] else []
        given = {"integrality": integral, "bounds": Bounds(lower, upper), "constraints": rows, "options": options}
        with solver_output_aside():
            made = self.clock.awaited(lambda: milp(cost, **given), len(cost))
        return self._outcome(made, unit, bool(integral.any()))

    def _objective(self, stage, count):
        """Coefficients of all unknowns, and the unit they are counted in."""
        if isinstance(stage, str) and stage == "short":
            return np.concatenate([np.zeros(len(self.places) + len(self.binary)), np.ones(count)]), 1.0
        full = self._spread(self.problem.weights(stage) if isinstance(stage, str) else stage)
        unit = unit_of(full)
        return np.concatenate([full / unit, np.zeros(count)]), unit

    def _spread(self, weights):
        """Weights per share and per choice, on the unknowns that carry them."""
        per_share, per_choice = (np.asarray(each, dtype=np.float64)[self.places] for each in weights)
        if self.problem.whole:
            return per_share + per_choice
        beside = np.where(self.slots < 0, per_choice, 0.0)
        return np.concatenate([per_share + beside, per_choice[self.binary]])

    def _constraints(self, slack, short, caps):
        """All rows of the programme: matrix, lower and upper sides."""
        count = int(slack.sum())
        none = sparse.csr_array((len(self.active), len(self.binary)))
        loose = sparse.csr_array((np.ones(count), (np.flatnonzero(slack), np.arange(count))), shape=(len(self.active), count))
        parts = [(sparse.hstack([self.gives, none, loose], format="csr"), self.goal, np.full(len(self.active), np.inf))]
        width = len(self.places) + len(self.binary) + count
        if len(self.binary):
            parts.append(self._links(width))
        parts += self._bindings(width)
        for name, most in caps:
            full = self._spread(self.problem.weights(name))
            unit = max(unit_of(full), abs(most))
            parts.append((_wide(full[None, :] / unit, width), [-np.inf], [most / unit]))
        if short is not None and count:
            row = np.concatenate([np.zeros(width - count), np.ones(count)])
            parts.append((sparse.csr_array(row[None, :]), [-np.inf], [short]))
        matrix = sparse.vstack([part[0] for part in parts], format="csr")
        return matrix, np.concatenate([part[1] for part in parts]), np.concatenate([part[2] for part in parts])

    def _links(self, width):
        """A share lies between its floor and 1 where the option is chosen, and is 0 elsewhere."""
        count = len(self.binary)
        place = np.arange(count)
        choice = len(self.places) + place
        floor = self.problem.floor[self.places][self.binary]
        above = sparse.coo_array(
            (np.concatenate([np.ones(count), -np.ones(count)]), (np.tile(place, 2), np.concatenate([self.binary, choice]))),
            shape=(count, width),
        )
        below = sparse.coo_array(
            (np.concatenate([np.ones(count), -floor]), (np.tile(place, 2), np.concatenate([self.binary, choice]))),
            shape=(count, width),
        )
        low = np.concatenate([np.full(count, -np.inf), np.zeros(count)])
        high = np.concatenate([np.zeros(count), np.full(count, np.inf)])
        return sparse.vstack([above, below], format="csr"), low, high

    def _bindings(self, width):
        """Sets of which at most one is chosen, musts, the limit of money, the most candidates."""
        problem, parts = self.problem, []
        sets = problem.sets[:, self.places]
        sets = sets[np.flatnonzero(np.asarray(sets.sum(axis=1)).ravel() > 1)]
        if sets.shape[0]:
            parts.append((_wide(self._on_choices(sets), width), np.full(sets.shape[0], -np.inf), np.ones(sets.shape[0])))
        for must in problem.musts:
            parts.append((_wide(np.isin(self.places, must)[None, :].astype(float), width), [1.0], [1.0]))
        if problem.limit is not None:
            full = self._spread(problem.weights("cost"))
            unit = problem.limit if problem.limit > 0 else unit_of(full)
            parts.append((_wide(full[None, :] / unit, width), [-np.inf], [problem.limit / unit]))
        if problem.most is not None:
            count = self._on_choices(sparse.csr_array(np.ones((1, len(self.places)))))
            parts.append((_wide(count, width), [-np.inf], [float(problem.most)]))
        return parts

    def _on_choices(self, rows):
        """Rows over options, moved onto the unknowns that choose them."""
        if self.problem.whole:
            return rows
        return sparse.hstack([sparse.csr_array(rows.shape), rows[:, self.binary]], format="csr")

    def _outcome(self, made, unit, integral):
        status = _STATUSES.get(made.status, FAILED)
        bound = made.get("mip_dual_bound") if integral else None
        if bound is None or not np.isfinite(bound):
            bound = made.fun if status == OPTIMAL and made.fun is not None else -np.inf
        if made.x is None:
            return Outcome(status, None, None, float(bound) * unit)
        shares = np.zeros(len(self.problem.options))
        shares[self.places] = made.x[: len(self.places)]
        chosen = None
        if len(self.binary):
            chosen = np.zeros(len(self.problem.options))
            chosen[self.places] = shares[self.places] > 0
            chosen[self.places[self.binary]] = made.x[len(self.places) : len(self.places) + len(self.binary)]
        return Outcome(status, shares, chosen, float(bound) * unit)


def unit_of(values):
    """Median of the values that are not zero, 1 without any.

    Parameters
    ----------
    values : vector (unknowns), 1

    Returns
    -------
    number, 1
    """
    size = np.abs(values[values != 0])
    return float(np.median(size)) if len(size) else 1.0


def _tamed(gives):
    """Scaled rows without numbers that the solver takes for infinite, or meets by shares below its rounding.

    What gives a row millions of times what it lacks is taken to give less: whatever meets the row then meets it as it is.
    """
    made = gives.copy()
    harm = np.asarray(abs(made.minimum(0)).sum(axis=1)).ravel()
    most = np.repeat(PLENTY * (1.0 + harm), np.diff(made.indptr))
    made.data = np.clip(made.data, -BEYOND, np.minimum(most, BEYOND))
    return made


def _wide(rows, width):
    """Rows with the unknowns that they do not name."""
    rows = sparse.csr_array(rows)
    rows.resize((rows.shape[0], width))
    return rows


def rounded(programme, outcome):
    """Shares of an outcome with the solver's rounding taken off: choices are 0 or 1, shares within floor and 1.

    Parameters
    ----------
    programme : Programme
    outcome : Outcome

    Returns
    -------
    vector (options), 1
    """
    problem = programme.problem
    if problem.whole:
        return np.round(outcome.shares)
    shares = np.clip(outcome.shares, 0.0, 1.0)
    shares[shares < TOLERANCE / 10] = 0.0
    shares[1.0 - shares < TOLERANCE / 10] = 1.0
    if outcome.chosen is not None:
        named = programme.places[programme.binary]
        chosen = np.round(outcome.chosen[named]) > 0
        kept = np.where(shares[named] > 0, np.maximum(shares[named], problem.floor[named]), 0.0)
        shares[named] = np.where(chosen, kept, 0.0)
    return shares
