"""The three phases of one problem: what can be met, at which least cost, and which of equal sets; each answer checked again.

A solver's word is never the last: shares are rounded and every row is recomputed; what fails is solved again without presolve, few
whole candidates are all listed, few choices are branched by hand, and a greedy set stands by, labelled so.
"""

from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np

from ecoval.errors import ParameterError
from ecoval.offset.choose import enumeration, recheck
from ecoval.offset.choose.branching import contradicted
from ecoval.offset.choose.greedy import greedy
from ecoval.offset.choose.improving import improved
from ecoval.offset.choose.programme import FAILED, INFEASIBLE, OPTIMAL, STOPPED, Programme, rounded

NODES = 500  # branches that a tie-break may take: a number of steps, not of seconds, so that a run repeats itself
IDS = 200  # candidates up to which sets of equal sums are parted by their ids
WORD = 12  # candidates whose ids are compared in one solve
CLOSE = 1e-7
MANY = 200  # choices from which part of the time goes to neighbourhoods of the best set, should the solver be stopped
SOLVING = 0.7  # part of the time of the solver alone
EXACT, LISTED, GREEDY, NONE = "milp", "enumeration", "greedy", "none"


@dataclass(frozen=True)
class Choice:
    """Shares of one problem with what is known of them; `bound` and `value` are of its objective."""

    shares: np.ndarray
    status: str
    value: float
    bound: float
    short: float
    method: str
    confirmed: bool = False
    ties_open: bool = False
    notes: tuple = field(default=())

    @property
    def proven(self):
        """Whether nothing better exists."""
        return self.status in ("optimal", "infeasible")


def choose(problem, clock):
    """Shares that meet the rows at least cost, or come closest to them.

    Parameters
    ----------
    problem : Problem
    clock : Clock

    Returns
    -------
    Choice

    Raises
    ------
    ParameterError
        Where musts, limit, number and sets leave no set at all.
    """
    if not problem.eligible.any():
        nothing = np.zeros(len(problem.options))
        short = float(recheck.shortfalls(problem, nothing).sum())
        return Choice(nothing, "infeasible" if short > 0 else "optimal", 0.0, 0.0, short, NONE, True)
    few = problem.whole and int(problem.eligible.sum()) <= enumeration.MOST
    if not solver_there():
        return _listed(problem) if few else _greedy(problem)
    made = _solved(problem, Programme(problem, clock), clock)
    if few:
        return _compared(problem, made)
    return made


def solver_there():
    """Whether SciPy with its solver can be had."""
    try:
        from scipy.optimize import milp
    except ImportError:
        return False
    return callable(milp)


def _solved(problem, programme, clock):
    """Phases 1 and 2, and the tie-break where the set is proven."""
    beside = greedy(problem)
    beside = beside if recheck.holds(problem, beside) else None
    part = SOLVING if programme.choices > MANY else 1.0
    seconds = clock.left(part if beside is not None else 0.6)
    outcome, shares = attempt(programme, problem.objective, 0.0, seconds=seconds)
    short = 0.0
    if outcome.status == INFEASIBLE or (shares is None and beside is None):
        outcome, shares, short = _closest(problem, programme, clock, outcome)
    if outcome.status == OPTIMAL and shares is not None:
        made = _choice(problem, shares, outcome, short, "infeasible" if short > 0 else "optimal", EXACT)
        return _confirmed(programme, _tied(problem, programme, made, clock), clock)
    return _best(problem, programme, outcome, shares, beside, short, clock)


def attempt(programme, stage, short, *, caps=(), seconds=None, nodes=None):
    """One solve, rounded and checked; again without presolve where the check fails.

    Parameters
    ----------
    programme : Programme
    stage : choice {short, cost, area, distance, rank}
    short : number, 1
        Sum of relative shortfalls that are allowed; None: any.
    caps : ((text, number))
    seconds : number, 1
    nodes : number, 1

    Returns
    -------
    (Outcome, vector (options))
        Shares only where they hold.
    """
    soft = short is None or short > 0
    most = None if short is None else short + recheck.SMALL
    for presolve in (True, False):
        outcome = programme.solve(stage, soft=soft, short=most, caps=caps, seconds=seconds, nodes=nodes, presolve=presolve)
        if outcome.shares is None:
            if outcome.status == FAILED:
                continue
            return outcome, None
        shares = rounded(programme, outcome)
        if recheck.holds(programme.problem, shares, np.inf if short is None else short):
            return outcome, shares
    return outcome, None


def _closest(problem, programme, clock, first):
    """Phase 1, then the least cost at its shortfall; the first answer again where nothing is short after all."""
    outcome, shares = attempt(programme, "short", None, seconds=clock.left(0.5))
    if outcome.status == INFEASIBLE:
        raise ParameterError("choose_bound", musts=len(problem.musts), limit=_or_none(problem.limit), most=_or_none(problem.most))
    if shares is None:
        return replace(first, status=STOPPED), None, 0.0
    short = float(recheck.shortfalls(problem, shares).sum())
    if short == 0.0:
        return _again(problem, programme, shares, clock)
    if outcome.status != OPTIMAL:
        return replace(outcome, bound=-np.inf), shares, short
    cheaper, found = attempt(programme, problem.objective, short, seconds=clock.left())
    if found is None:
        return replace(cheaper, status=STOPPED), shares, short
    return cheaper, found, float(recheck.shortfalls(problem, found).sum())


def _again(problem, programme, shares, clock):
    """Least cost where phase 1 leaves nothing short: with the rows as they are, else as near to them as it came."""
    lacks = float(recheck.shortfalls(problem, shares, forgiving=False).sum())
    for short in (None, lacks + recheck.SMALL):
        soft = short is not None
        outcome = programme.solve(problem.objective, soft=soft, short=short, presolve=False, seconds=clock.left())
        better = rounded(programme, outcome) if outcome.shares is not None else None
        if better is not None and recheck.holds(problem, better):
            return outcome, better, 0.0
    return replace(outcome, status=STOPPED), shares, 0.0


def _or_none(value):
    return "-" if value is None else value


def _choice(problem, shares, outcome, short, status, method):
    value = problem.total(problem.objective, shares)
    bound = min(outcome.bound, value) if status == "time_limit" else value
    return Choice(shares, status, value, max(bound, 0.0), short, method)


def _tied(problem, programme, made, clock):
    """Phase 3: of the sets with that cost the one of least area, then ranks, then ids."""
    few = problem.whole and int(problem.eligible.sum()) <= enumeration.MOST
    if few or not made.shares.any():
        return made  # all sets are listed anyway
    caps, shares, stages = [], made.shares, enumeration.stages_of(problem)
    for earlier, stage in pairwise(stages):
        caps.append((earlier, _cap(problem, earlier, shares, recheck.SMALL)))
        if not any(weights.any() for weights in problem.weights(stage)):
            continue
        outcome, found = attempt(programme, stage, made.short, caps=caps, seconds=clock.left(), nodes=NODES)
        if outcome.status != OPTIMAL or found is None:
            return replace(made, shares=shares, ties_open=True)
        if _no_worse(problem, found, shares, stages[: len(caps)]) and _less(problem, stage, found, shares):
            shares = found
    if problem.whole and programme.choices <= IDS:
        caps.append((stages[-1], _cap(problem, stages[-1], shares, recheck.SMALL)))
        shares = _first_ids(problem, programme, shares, made.short, caps, stages, clock)
    return replace(made, shares=shares, value=problem.total(problem.objective, shares))


def _cap(problem, stage, shares, part):
    value = problem.total(stage, shares)
    return value + part * max(1.0, abs(value))


def _no_worse(problem, found, shares, stages):
    part = recheck.SMALL if problem.whole else CLOSE
    return all(problem.total(stage, found) <= _cap(problem, stage, shares, part) for stage in stages)


def _less(problem, stage, found, shares):
    """Whether a sum is less by more than the solver's rounding of shares."""
    value = problem.total(stage, shares)
    return problem.total(stage, found) < value - (0.0 if problem.whole else 1e-6 * max(1.0, abs(value)))


def _first_ids(problem, programme, shares, short, caps, stages, clock):
    """Of equal sets the one with the smallest sorted ids: the highest number whose bits are the candidates in order."""
    fixed = np.zeros(len(problem.options))
    for first in range(0, len(programme.places), WORD):
        word = programme.places[first : first + WORD]
        reward = np.zeros(len(problem.options))
        reward[word] = -(2.0 ** -np.arange(len(word)))
        # what earlier words decided weighs more than all of this one together
        held = np.where(fixed != 0, 2.0 * fixed, reward)
        outcome = programme.solve(
            (held, np.zeros(len(held))), soft=short > 0, short=short + recheck.SMALL, caps=caps, seconds=clock.left(), nodes=NODES
        )
        if outcome.status != OPTIMAL:
            return shares
        found = rounded(programme, outcome)
        kept = recheck.holds(problem, found, short) and _no_worse(problem, found, shares, stages)
        if kept and np.dot(found, held) <= np.dot(shares, held):
            shares = found
        seen = programme.places[: first + WORD]
        fixed[seen] = np.where(shares[seen] > 0, -1.0, 1.0)
    return shares


def _confirmed(programme, made, clock):
    """The choice, tried once more by branching by hand where shares are free and choices few."""
    problem = programme.problem
    if problem.whole or not 0 < programme.choices <= enumeration.MOST or made.short > 0:
        return made
    left = clock.left()
    verdict = contradicted(programme, made.value, seconds=left)
    if verdict is None:
        return made
    if verdict is False:
        return replace(made, confirmed=True)
    return replace(made, status="unproven", bound=0.0, notes=(*made.notes, "choose_solver_wrong"))


def _best(problem, programme, outcome, shares, beside, short, clock):
    """What stands when the solver was stopped or failed: its best set or the greedy one, and the bound."""
    found = [
        (problem.total(problem.objective, one), method, one)
        for one, method in ((shares, EXACT), (beside, GREEDY))
        if one is not None
    ]
    if short > 0:
        found = found[:1]
    bound = outcome.bound
    if not np.isfinite(bound):
        relaxed = programme.solve(problem.objective, relaxed=True, seconds=clock.left() if clock.left() else 5.0)
        bound = relaxed.bound if relaxed.status == OPTIMAL and short == 0 else 0.0
    if not found:
        partial = greedy(problem)
        lacks = float(recheck.shortfalls(problem, partial).sum())
        found, short = [(problem.total(problem.objective, partial), GREEDY, partial)], lacks
    _, method, best = min(found, key=lambda entry: entry[0])
    status = "time_limit" if outcome.status == STOPPED else "unproven"
    if short == 0:
        better = improved(problem, best, clock)
        best, method = better, method if better is best else f"{method}+neighbourhoods"
    value = problem.total(problem.objective, best)
    return Choice(best, status, value, max(min(bound, value), 0.0), short, method)


def _compared(problem, made):
    """The best of all sets, and whether the solver said the same."""
    best = enumeration.listed(problem)
    if best is None:
        return made
    same = abs(best.short - made.short) <= CLOSE and abs(best.value - made.value) <= CLOSE * max(1.0, abs(best.value))
    status = "infeasible" if best.short > 0 else "optimal"
    wrong = () if same or not made.proven else ("choose_solver_wrong",)
    agreed = same and made.proven
    return Choice(best.shares, status, best.value, best.value, best.short, EXACT if agreed else LISTED, agreed, notes=wrong)


def _listed(problem):
    """Choice without a solver, by listing all sets."""
    best = enumeration.listed(problem)
    if best is None:
        raise ParameterError("choose_bound", musts=len(problem.musts), limit=_or_none(problem.limit), most=_or_none(problem.most))
    status = "infeasible" if best.short > 0 else "optimal"
    return Choice(best.shares, status, best.value, best.value, best.short, LISTED, notes=("choose_no_solver",))


def _greedy(problem):
    """Choice without a solver where the sets are too many."""
    shares = greedy(problem)
    short = float(recheck.shortfalls(problem, shares).sum())
    value = problem.total(problem.objective, shares)
    return Choice(shares, "unproven", value, 0.0, short, GREEDY, notes=("choose_no_solver",))
