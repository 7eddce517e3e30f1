"""The programme of one choice as arrays: options, rows that must be met, and what binds candidates to each other.

Everything here is in the units of the tables; scaling belongs to the solver, so that answers are judged by the original numbers.
The order is that of the ids, never that of the files.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from scipy import sparse

from ecoval.errors import InputError, ParameterError
from ecoval.offset.choose import inputs
from ecoval.offset.choose.bindings import barred, bound_together, chosen_whole
from ecoval.offset.choose.demands import LOSER, demand_rows

OBJECTIVES = ("cost", "area", "distance")


@dataclass(frozen=True)
class Problem:
    """One choice, ready to be solved or to judge a list.

    `matrix` holds what the full option gives to each row; `sets` the options of which at most one may be chosen; `musts` the
    options of which one is taken in full.
    """

    options: pd.DataFrame
    rows: pd.DataFrame
    matrix: sparse.csr_array
    sets: sparse.csr_array
    musts: tuple[np.ndarray, ...]
    whole: bool
    objective: str
    limit: float | None
    most: int | None

    @cached_property
    def eligible(self):
        """Options that may be chosen: vector of truth values."""
        return (self.options["barred"] == "").to_numpy()

    @cached_property
    def floor(self):
        """Least share of each option where it is chosen."""
        return self.options["floor"].to_numpy()

    @cached_property
    def places(self):
        """Place of each pair of candidate and option."""
        pairs = zip(self.options["candidate_id"].tolist(), self.options["option_id"].tolist(), strict=True)
        return {pair: place for place, pair in enumerate(pairs)}

    @cached_property
    def required(self):
        """What each row requires."""
        return self.rows["required"].to_numpy()

    @cached_property
    def tolerance(self):
        """What each row may lack and still be met."""
        return self.rows["tolerance"].to_numpy()

    @cached_property
    def loser(self):
        """Rows of areas that may not lose: vector of truth values."""
        return (self.rows["row"] == LOSER).to_numpy()

    @cached_property
    def _weights(self):
        none = np.zeros(len(self.options))
        made = {name: (self.options[name].fillna(0.0).to_numpy(), none) for name in ("area", "distance")}
        made["cost"] = self.options["cost"].to_numpy(), self.options["fixed_cost"].to_numpy()
        return made | {"rank": (none, self.options["rank"].to_numpy())}

    def weights(self, name):
        """What a stage adds up: per share used, and per option chosen.

        Parameters
        ----------
        name : choice {cost, area, distance, rank}

        Returns
        -------
        (vector (options), vector (options))
        """
        return self._weights[name]

    def total(self, name, shares):
        """Sum of a stage over shares, to the last bit the same for any order of the tables.

        Parameters
        ----------
        name : choice {cost, area, distance, rank}
        shares : vector (options), 1

        Returns
        -------
        number, 1
        """
        per_share, per_choice = self.weights(name)
        return math.fsum(per_share * shares) + math.fsum(per_choice[shares > 0])

    def sums(self, shares):
        """What the shares give to each row.

        Parameters
        ----------
        shares : vector (options), 1

        Returns
        -------
        vector (rows), 1
        """
        return self.matrix @ shares


def problem(
    requirements,
    candidates,
    credits,
    *,
    kinds=None,
    accepts=None,
    value=None,
    ratio=1.0,
    ratio_value=1.0,
    whole=False,
    objective="cost",
    must=(),
    ban=(),
    conflicts=(),
    limit=None,
    most=None,
):
    """The programme out of tables; parameters as in `select_portfolio`.

    Returns
    -------
    Problem
    """
    _check_rules(objective, limit, most, ratio, ratio_value)
    requirements = inputs.requirement_table(requirements)
    options = inputs.candidate_table(candidates)
    credits = inputs.credit_table(credits, options, requirements)
    _check_objective(options, objective)
    options["floor"] = (options["minimum_area"] / options["area"].where(options["area"] > 0)).fillna(0.0)
    options["rank"] = options["rank"].fillna(pd.Series(np.arange(1.0, len(options) + 1)))
    options = barred(options, ban, whole)
    rows, matrix = demand_rows(requirements, options, credits, kinds, accepts, value, ratio, ratio_value)
    musts = chosen_whole(options, must)
    return Problem(options, rows, matrix, bound_together(options, conflicts), musts, whole, objective, limit, most)


def _check_rules(objective, limit, most, ratio, ratio_value):
    if objective not in OBJECTIVES:
        raise ParameterError("choose_rule", rule="objective", found=objective, expected=", ".join(OBJECTIVES))
    for rule, found in (("limit", limit), ("most", most)):
        if found is not None and not (math.isfinite(found) and found >= 0):
            raise ParameterError("choose_rule", rule=rule, found=found, expected=">= 0")
    ratios = dict(ratio) if isinstance(ratio, Mapping) else {"ratio": ratio}
    for rule, found in [*ratios.items(), ("ratio_value", ratio_value)]:
        if not (math.isfinite(found) and found > 0):
            raise ParameterError("choose_rule", rule=rule, found=found, expected="> 0")


def _check_objective(options, objective):
    """Refuse to add up a column that has holes."""
    holes = options.index[options[objective].isna()]
    if len(holes):
        first = options.loc[holes[0]]
        named = f"{first['candidate_id']}:{first['option_id']}"
        raise InputError("choose_objective_column", objective=objective, candidate=named, count=len(holes))
