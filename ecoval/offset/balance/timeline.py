"""The years of a balance: what is lost and given in each, the running balance, and whether the gains outlast the impact.

Quantities of a year are its mean level times one year, undiscounted and before the ratio; gains carry their weights (success,
leakage, place). An own gain of the project pays for nothing here either: a loss below zero counts as none. The running balance
starts with the first loss or gain, which may come before t0 (compensate first). A deficit limit is a number of years: the largest
deficit divided by the largest yearly loss of that service and area.
"""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ecoval.offset.balance.quantities import KEY, PER_YEAR, PORTION, TOLERANCE
from ecoval.offset.balance.verdict import reason
from ecoval.offset.equivalency.flow import gain_flow, loss_flow

TIMELINE_COLUMNS = ("year", *KEY, "loss", "gain", "net", "cumulative", "uom")
DEFICIT_COLUMNS = (*KEY, "years_below_zero", "largest_deficit", "deficit_years", "worst_year", "uom")
COURSE = ("start", "end", "recovery_years", "start_year", "ramp_years", "ramp_shape", "end_year")
AFTER = 10  # years shown after the last change where the horizon has no end


@dataclass(frozen=True)
class Running:
    """Losses and gains per year: one row per service and area.

    Parameters
    ----------
    keys : list of (service, area_unit)
    years : vector (years), yr
    loss, gain : array (keys, years), 1
    uoms : list of text
    """

    keys: list
    years: np.ndarray
    loss: np.ndarray
    gain: np.ndarray
    uoms: list

    def table(self):
        """Loss, gain, net and running balance of each year, service and area.

        Returns
        -------
        table (year, service, area_unit, loss, gain, net, cumulative, uom)
        """
        count = len(self.years)
        net = self.gain - self.loss
        services, units = ([key[place] for key in self.keys for _ in range(count)] for place in (0, 1))
        values = (self.loss.ravel(), self.gain.ravel(), net.ravel(), np.cumsum(net, axis=1).ravel())
        uoms = [uom for uom in self.uoms for _ in range(count)]
        columns = (np.tile(self.years, len(self.keys)), services, units, *values, uoms)
        return pd.DataFrame(dict(zip(TIMELINE_COLUMNS, columns, strict=True)))

    def deficits(self):
        """Years below zero and the largest deficit of each running balance.

        Returns
        -------
        table (service, area_unit, years_below_zero, largest_deficit, deficit_years, worst_year, uom)
            `deficit_years` is the deficit divided by the largest yearly loss, infinite where nothing is lost.
        """
        made = pd.DataFrame(self.keys, columns=KEY)
        if not len(self.years) or not self.keys:
            return made.reindex(columns=list(DEFICIT_COLUMNS)).iloc[:0]
        running = np.cumsum(self.gain - self.loss, axis=1)
        largest = self.loss.max(axis=1)
        slack = TOLERANCE * largest
        deficit = np.maximum(-running.min(axis=1), 0.0)
        deficit = np.where(deficit > slack, deficit, 0.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            made["years_below_zero"] = (running < -slack[:, None]).sum(axis=1)
            made["largest_deficit"] = deficit
            made["deficit_years"] = np.where(deficit > 0, deficit / largest, 0.0)
        worst = np.where(deficit > 0, self.years[running.argmin(axis=1)], -1)
        made["worst_year"] = pd.array(worst, dtype="Int64")
        made.loc[deficit == 0, "worst_year"] = pd.NA
        made["uom"] = self.uoms
        return made


class Course:
    """Yearly losses and gains of all candidates, laid out once: another portfolio is only another sum.

    Parameters
    ----------
    losses : table (service, area_unit, start, end, recovery_years, annual, annual_uom)
        Residual losses per patch, in calendar years; an empty `end` is permanent.
    gains : table (candidate_id, option_id, service, area_unit, start_year, ramp_years, ramp_shape, end_year, annual, annual_uom)
        Weighted yearly credits at maturity of all candidates.
    t0 : number, yr
    horizon : number, yr, > 0
    """

    def __init__(self, losses, gains, t0, horizon):
        uoms = {}
        for table in (losses, gains):
            for service, uom in table[["service", "annual_uom"]].drop_duplicates().itertuples(index=False):
                uoms.setdefault(service, str(uom).removesuffix(PER_YEAR))
        self.years = _years(losses, gains, t0, horizon)
        keys = [key for table in (losses, gains) for key in zip(table["service"], table["area_unit"].astype(str), strict=True)]
        self.keys = list(dict.fromkeys(keys))
        self.uoms = [uoms.get(service, "") for service, _ in self.keys]
        place = {key: number for number, key in enumerate(self.keys)}
        rows = np.array([place[key] for key in keys], dtype=np.intp)
        self.loss = np.zeros((len(self.keys), len(self.years)))
        np.add.at(self.loss, rows[: len(losses)], _series(losses, self.years, _loss_course))
        self.loss = np.maximum(self.loss, 0.0)
        self.losing = np.zeros(len(self.keys), dtype=bool)
        self.losing[rows[: len(losses)]] = True
        self.rows = rows[len(losses) :]
        self.gains = _series(gains, self.years, _gain_course)
        self.candidates = _positions(gains)

    def running(self, portfolio):
        """Losses and gains of a portfolio.

        Parameters
        ----------
        portfolio : table (candidate_id, option_id, share)

        Returns
        -------
        Running
        """
        places, shares = [], []
        for candidate, option, share in zip(*(portfolio[name].tolist() for name in PORTION), strict=True):
            found = self.candidates.get((str(candidate), str(option)), ())
            places += found
            shares += [share] * len(found)
        gain = np.zeros_like(self.loss)
        if places:
            place = np.array(places)
            order = np.argsort(self.rows[place], kind="stable")
            row = self.rows[place][order]
            first = np.flatnonzero(np.diff(row, prepend=-1))
            gain[row[first]] = np.add.reduceat((np.array(shares)[:, None] * self.gains[place])[order], first, axis=0)
        shown = self.losing.copy()
        shown[self.rows[places]] = True
        kept = np.flatnonzero(shown)
        return Running([self.keys[k] for k in kept], self.years, self.loss[kept], gain[kept], [self.uoms[k] for k in kept])


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


def impact_end(losses):
    """Year in which the last residual loss has recovered: infinite where one is permanent, None where nothing is lost.

    Parameters
    ----------
    losses : table (end, annual, recovery_years)

    Returns
    -------
    number, yr
    """
    rows = losses[losses["annual"] > 0]
    if rows.empty:
        return None
    return math.inf if rows["end"].isna().any() else float((rows["end"] + _recovery(rows)).max())


def lasting(guarantees, until):
    """Whether guarantees last until a year, and the reasons where one does not.

    Parameters
    ----------
    guarantees : tuples (candidate, end_year, renewed)
    until : number, yr
        None: nothing has to last.

    Returns
    -------
    choice {True, False}
    vector (reasons), 1
    """
    reasons = []
    for candidate, end, renewed in guarantees:
        if until is None or end is None or end != end or end >= until or renewed is True or renewed == 1:
            continue
        if math.isinf(until):
            reasons.append(reason("offset_guarantee_permanent", candidate=candidate, end_year=int(end)))
        else:
            reasons.append(reason("offset_guarantee_short", candidate=candidate, end_year=int(end), until=int(until)))
    return not reasons, tuple(reasons)


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


def _series(table, years, course):
    """Yearly levels of each row times its quantity; rows of one course share it."""
    if not len(table) or not len(years):
        return np.zeros((len(table), len(years)))
    known, made = {}, np.empty((len(table), len(years)))
    names = [name for name in COURSE if name in table]
    for place, row in enumerate(table[names].itertuples(index=False)):
        key = tuple(value if value == value else None for value in row)
        if key not in known:
            known[key] = course(dict(zip(names, key, strict=True))).yearly(int(years[0]), int(years[-1]) + 1)
        made[place] = known[key]
    return made * table["annual"].to_numpy(float)[:, None]


def _loss_course(row):
    return loss_flow(row["start"], row["end"], row.get("recovery_years") or 0)


def _gain_course(row):
    return gain_flow(row["start_year"], row.get("ramp_years") or 0, row.get("ramp_shape") or "linear", 1.0, row.get("end_year"))


def _positions(gains):
    found = {}
    for place, key in enumerate(zip(gains["candidate_id"].astype(str), gains["option_id"].astype(str), strict=True)):
        found.setdefault(key, []).append(place)
    return found
