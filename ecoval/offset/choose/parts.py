"""A problem in parts that no row and no binding joins: each is solved alone, and their answers add up."""

from dataclasses import replace

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from ecoval.offset.choose import recheck
from ecoval.offset.choose.enumeration import MOST
from ecoval.offset.choose.phases import Choice, choose
from ecoval.offset.choose.programme import Programme

SERIOUS = ("unproven", "time_limit", "infeasible", "optimal")  # the first that a part has is that of the whole

LOOSE = 0.3  # part of the time for the problem without what joins its parts


def choose_by_parts(problem, clock):
    """Choice of a problem, put together from its parts.

    What joins all parts, such as the limit of money or a service that counts anywhere, is left out first where the parts are
    many: where their answer keeps it all the same, no better one can exist.

    Parameters
    ----------
    problem : Problem
    clock : Clock

    Returns
    -------
    Choice
    """
    looser = loosened(problem)
    if looser is None:
        return _by_parts(problem, clock)
    easier = _by_parts(looser, clock.within(LOOSE))
    if easier.status == "optimal" and recheck.holds(problem, easier.shares):
        return easier
    made = _by_parts(problem, clock)
    if made.status == "time_limit" and made.short == 0 and easier.short == 0:
        return replace(made, bound=min(max(made.bound, easier.bound), made.value))
    return made


def loosened(problem):
    """The problem without what joins many parts: limits, and rows that most candidates serve; None where that parts nothing.

    Parameters
    ----------
    problem : Problem

    Returns
    -------
    Problem
    """
    count = int(problem.eligible.sum())
    if count <= MOST:
        return None
    serving = np.asarray((problem.matrix[:, np.flatnonzero(problem.eligible)] != 0).sum(axis=1)).ravel()
    kept = np.flatnonzero(serving <= count / 2)
    everything = np.arange(len(problem.options))
    made = replace(part_of(problem, everything, kept), limit=None, most=None)
    return made if len(kept) and len(split(made)) > len(split(problem)) else None


def _by_parts(problem, clock):
    """Choice of each part, and what they are together."""
    parts = list(split(problem))
    left = float(sum(len(options) for options, _ in parts)) or 1.0
    shares, made = np.zeros(len(problem.options)), []
    for options, rows in parts:
        clock.goes_on()
        part = clock if clock.end is None else clock.within(max(len(options), 1.0) / max(left, 1.0))
        made.append(choose(part_of(problem, options, rows), part))
        shares[options] = made[-1].shares
        left -= len(options)
    return _joined(problem, shares, made)


def split(problem):
    """Options and rows of each part, small parts first; options that serve no row are in none.

    Parameters
    ----------
    problem : Problem

    Returns
    -------
    list of (vector (options), vector (rows))
    """
    everything = np.arange(len(problem.options))
    if problem.limit is not None or problem.most is not None:
        return [(everything, np.arange(len(problem.rows)))]
    programme = Programme(problem)
    count, places = len(everything), programme.places
    gives = sparse.csr_array((len(programme.active), count)).tolil()
    gives[:, places] = abs(programme.gives)
    musts = np.zeros((len(problem.musts), count))
    for row, must in enumerate(problem.musts):
        musts[row, must] = 1.0
    joining = sparse.vstack([gives.tocsr(), problem.sets, sparse.csr_array(musts)], format="csr")
    graph = sparse.block_array([[None, joining.T], [joining, None]], format="csr")
    _, label = connected_components(graph, directed=False)
    found = []
    for each in dict.fromkeys(label[count:].tolist()):
        members = np.flatnonzero(label[:count] == each)
        rows = programme.active[label[count : count + len(programme.active)] == each]
        if len(rows) or any(np.isin(must, members).any() for must in problem.musts):
            found.append((members, rows))
    return sorted(found, key=lambda part: len(part[0]))


def part_of(problem, options, rows):
    """The problem of some options and rows alone.

    Parameters
    ----------
    problem : Problem
    options : vector (options), 1
    rows : vector (rows), 1

    Returns
    -------
    Problem
    """
    sets = problem.sets[:, options]
    sets = sets[np.flatnonzero(np.asarray(sets.sum(axis=1)).ravel() > 1)]
    place = np.full(len(problem.options), -1)
    place[options] = np.arange(len(options))
    musts = tuple(place[must] for must in problem.musts if (place[must] >= 0).all())
    made = problem.options.iloc[options].reset_index(drop=True)
    kept = problem.rows.iloc[rows].reset_index(drop=True)
    return replace(problem, options=made, rows=kept, matrix=problem.matrix[rows][:, options], sets=sets, musts=musts)


def _joined(problem, shares, made):
    """One choice out of those of the parts."""
    status = next((one for one in SERIOUS if any(part.status == one for part in made)), "optimal")
    methods = list(dict.fromkeys(part.method for part in made))
    value = problem.total(problem.objective, shares)
    proven = all(part.proven for part in made)
    return Choice(
        shares,
        status,
        value,
        value if proven else min(value, sum(part.bound for part in made)),
        sum(part.short for part in made),
        "+".join(methods) or "none",
        bool(made) and all(part.confirmed for part in made),
        any(part.ties_open for part in made),
        tuple(dict.fromkeys(note for part in made for note in part.notes)),
    )
