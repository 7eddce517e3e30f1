"""The years of a balance: what is lost and given in each, the running balance, and whether the gains outlast the impact.

Quantities of a year are its mean level times one year, undiscounted and before the ratio; gains carry their weights (success,
leakage, place). An own gain of the project pays for nothing here either: a loss below zero counts as none. The running balance
starts with the first loss or gain, which may come before t0 (compensate first). A deficit limit is a number of years: the largest
deficit divided by the largest yearly loss of that service and area.
"""

import math

import numpy as np
import pandas as pd

from ecoval.offset.balance import KEY, PER_YEAR, TOLERANCE
from ecoval.offset.flow import gain_flow, loss_flow
from ecoval.offset.verdict import reason

TIMELINE_COLUMNS = ("year", *KEY, "loss", "gain", "net", "cumulative", "uom")
DEFICIT_COLUMNS = (*KEY, "years_below_zero", "largest_deficit", "deficit_years", "worst_year", "uom")
AFTER = 10  # years shown after the last change where the horizon has no end


class Course:
    """Yearly losses, laid out once, so that another portfolio is only another sum of its gains.

    Parameters
    ----------
    losses : table (service, area_unit, start, end, recovery_years, annual, annual_uom)
        Residual losses per patch, in calendar years; an empty `end` is permanent.
    gains : table (candidate_id, option_id, service, area_unit, start_year, ramp_years, ramp_shape, end_year, annual)
        Weighted yearly credits at maturity of all candidates.
    t0 : number, yr
    horizon : number, yr, > 0
    """

    def __init__(self, losses, gains, t0, horizon):
        self.uoms = {}
        for table in (losses, gains):
            for service, uom in table[["service", "annual_uom"]].drop_duplicates().itertuples(index=False):
                self.uoms.setdefault(service, str(uom).removesuffix(PER_YEAR))
        self.years = _years(losses, gains, t0, horizon)
        losing = [_loss_series(row, self.years) for row in losses.to_dict("records")]
        self.lost = _summed(losses, np.array(losing).reshape(len(losing), len(self.years)))
        self.candidates = _positions(gains)
        self.keys = list(zip(gains["service"], gains["area_unit"].astype(str), strict=True))
        self.gains = gains
        self._series = {}

    def timeline(self, portfolio):
        """Loss, gain, net and running balance of each year, service and area.

        Parameters
        ----------
        portfolio : table (candidate_id, option_id, share)

        Returns
        -------
        table (year, service, area_unit, loss, gain, net, cumulative, uom)
        """
        given = {}
        for candidate, option, share in portfolio[["candidate_id", "option_id", "share"]].itertuples(index=False):
            for place in self.candidates.get((str(candidate), str(option)), ()):
                key = self.keys[place]
                given[key] = given.get(key, 0.0) + share * self._gain(place)
        none = np.zeros(len(self.years))
        keys = list(dict.fromkeys([*self.lost, *given]))
        parts = [self._part(key, np.maximum(self.lost.get(key, none), 0.0), given.get(key, none)) for key in keys]
        return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(TIMELINE_COLUMNS))

    def _gain(self, place):
        if place not in self._series:
            self._series[place] = _gain_series(self.gains.iloc[place], self.years)
        return self._series[place]

    def _part(self, key, loss, gain):
        net = gain - loss
        columns = (self.years, key[0], key[1], loss, gain, net, np.cumsum(net), self.uoms.get(key[0], ""))
        return pd.DataFrame(dict(zip(TIMELINE_COLUMNS, columns, strict=True)))


def timeline(losses, gains, portfolio, t0, horizon):
    """Running balance of a portfolio per year, service and area.

    Parameters
    ----------
    losses : table (service, area_unit, start, end, recovery_years, annual, annual_uom)
    gains : table (candidate_id, option_id, service, area_unit, start_year, ramp_years, ramp_shape, end_year, annual, annual_uom)
    portfolio : table (candidate_id, option_id, share)
    t0 : number, yr
    horizon : number, yr, > 0

    Returns
    -------
    table (year, service, area_unit, loss, gain, net, cumulative, uom)
    """
    return Course(losses, gains, t0, horizon).timeline(portfolio)


def deficits(table):
    """Years below zero and the largest deficit of each running balance.

    Parameters
    ----------
    table : table (year, service, area_unit, loss, cumulative, uom)

    Returns
    -------
    table (service, area_unit, years_below_zero, largest_deficit, deficit_years, worst_year, uom)
    """
    rows = []
    for key, part in table.groupby(KEY, sort=False):
        running, largest_loss = part["cumulative"].to_numpy(), float(part["loss"].max())
        slack = TOLERANCE * max(largest_loss, 0.0)
        worst = int(np.argmin(running))
        deficit = max(0.0, -float(running[worst]))
        deficit = deficit if deficit > slack else 0.0
        years = deficit / largest_loss if largest_loss > 0 else (math.inf if deficit else 0.0)
        worst_year = int(part["year"].iloc[worst]) if deficit else None
        rows.append((*key, int((running < -slack).sum()), deficit, years, worst_year, part["uom"].iloc[0]))
    return pd.DataFrame(rows, columns=list(DEFICIT_COLUMNS)).astype({"worst_year": "Int64"})


def temporal(table, limit=None):
    """Whether no running balance passes the deficit limit, and the reasons where one does.

    Parameters
    ----------
    table : table (service, area_unit, largest_deficit, deficit_years, worst_year, uom)
        Deficits.
    limit : number, yr
        None for no limit.

    Returns
    -------
    choice {True, False}
    vector (reasons), 1
    """
    if limit is None:
        return True, ()
    over = table[table["deficit_years"] > limit]
    reasons = [
        reason(
            "offset_deficit",
            service=row.service,
            area_unit=row.area_unit,
            deficit=row.largest_deficit,
            uom=row.uom,
            years=row.deficit_years,
            year=row.worst_year,
            limit=float(limit),
        )
        for row in over.itertuples()
    ]
    return over.empty, tuple(reasons)


def permanence(portfolio, candidates, losses):
    """Whether every guarantee lasts as long as the impact, and the reasons where one does not.

    Parameters
    ----------
    portfolio : table (candidate_id, option_id, share)
    candidates : table (candidate_id, option_id, end_year, ...)
        An empty `end_year` is a permanent guarantee; `renewed` marks one that is renewed while the impact lasts.
    losses : table (end, annual, ...)
        Residual losses per patch; an empty `end` is permanent.

    Returns
    -------
    choice {True, False}
    vector (reasons), 1
    """
    lasting = losses[losses["annual"] > 0]
    if lasting.empty or portfolio.empty:
        return True, ()
    permanent = bool(lasting["end"].isna().any())
    until = math.inf if permanent else float((lasting["end"] + _recovery(lasting)).max())
    used = portfolio[["candidate_id", "option_id"]].merge(
        candidates.drop_duplicates(["candidate_id", "option_id"]), on=["candidate_id", "option_id"], how="left"
    )
    ends = used["end_year"].astype("float64").fillna(math.inf)
    if "renewed" in used:
        ends = ends.where(~used["renewed"].map(lambda value: value is True or value == 1), math.inf)
    early = used[ends < until]
    reasons = [
        reason("offset_guarantee_permanent", candidate=row.candidate_id, end_year=int(row.end_year))
        if permanent
        else reason("offset_guarantee_short", candidate=row.candidate_id, end_year=int(row.end_year), until=int(until))
        for row in early.itertuples()
    ]
    return early.empty, tuple(reasons)


def _recovery(losses):
    return losses["recovery_years"].fillna(0) if "recovery_years" in losses else 0


def _years(losses, gains, t0, horizon):
    """Calendar years from the first change (or t0) to the horizon, or some years after the last change."""
    starts = [*losses["start"].dropna(), *gains["start_year"].dropna()]
    ends = [*losses["end"].dropna(), *(losses["end"] + _recovery(losses)).dropna()]
    ends += [*(gains["start_year"] + gains["ramp_years"].fillna(0)).dropna(), *gains["end_year"].dropna(), *starts]
    first = int(min([t0, *starts]))
    last = t0 + horizon if math.isfinite(horizon) else max([t0, *ends]) + AFTER
    return np.arange(first, int(last))


def _loss_series(row, years):
    if not len(years):
        return np.zeros(0)
    flow = loss_flow(row["start"], row["end"], row.get("recovery_years") or 0)
    return row["annual"] * flow.yearly(int(years[0]), int(years[-1]) + 1)


def _gain_series(row, years):
    if not len(years):
        return np.zeros(0)
    shape = row.get("ramp_shape")
    flow = gain_flow(
        row["start_year"],
        row["ramp_years"] if row["ramp_years"] == row["ramp_years"] else 0,
        shape if isinstance(shape, str) and shape else "linear",
        1.0,
        row["end_year"],
    )
    return row["annual"] * flow.yearly(int(years[0]), int(years[-1]) + 1)


def _summed(table, series):
    found = {}
    for key, values in zip(zip(table["service"], table["area_unit"].astype(str), strict=True), series, strict=True):
        found[key] = found.get(key, 0.0) + values
    return found


def _positions(gains):
    found = {}
    for place, key in enumerate(zip(gains["candidate_id"].astype(str), gains["option_id"].astype(str), strict=True)):
        found.setdefault(key, []).append(place)
    return found
