"""A judge of portfolios: everything that does not hang on the parcels is settled once, another list is only another sum."""

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from ecoval.errors import InputError
from ecoval.offset.balance.quantities import Book, kind_rows
from ecoval.offset.balance.timeline import Course, impact_end, lasting, temporal
from ecoval.offset.balance.value import value_balance
from ecoval.offset.balance.verdict import Found, Record, reason, verdict
from ecoval.terms import nearest

PAIR = ["candidate_id", "option_id"]
FULL = 1.0 + 1e-9
USED_ELSEWHERE = ("CANDIDATE_IN_LEDGER", "CANDIDATE_IN_GRANTED")


@dataclass(frozen=True)
class Case:
    """What a portfolio is judged against.

    Parameters
    ----------
    debits : table (service, area_unit, debit, debit_high, annual, uom, ...)
    losses : table (service, area_unit, start, end, recovery_years, annual, annual_uom)
        Residual losses of the patches.
    credits : table (candidate_id, option_id, service, area_unit, credit, credit_low, annual, uom, ...)
    candidates : table (candidate_id, option_id, area, cost, kind_target, excluded, start_year, ramp_years, end_year, ...)
    prices : table (service, price, price_uom, price_year, status)
    lost : table (ecosystem_type, area)
        Areas lost of each kind; None where like for like is not asked for.
    accepts : callable (lost, target)
    ratio, ratio_kind : number, 1
        Or a mapping, or a callable (key).
    ratio_value : number, 1
    t0 : number, yr
    horizon : number, yr, > 0
    deficit_limit : number, yr
    record : Record
    found : Found
        What does not hang on the parcels.
    context : table (key, value)
        What stands beside the verdict: rate, horizon, hash of the rules.
    """

    debits: pd.DataFrame
    losses: pd.DataFrame
    credits: pd.DataFrame
    candidates: pd.DataFrame
    prices: pd.DataFrame
    lost: pd.DataFrame | None = None
    accepts: object = None
    ratio: object = 1.0
    ratio_kind: object = 1.0
    ratio_value: float = 1.0
    t0: int = 0
    horizon: float = 30
    deficit_limit: float | None = None
    record: Record = field(default_factory=Record)
    found: Found = field(default_factory=Found)
    context: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Judged:
    """Tables and verdict of one portfolio."""

    portfolio: pd.DataFrame
    balance: pd.DataFrame
    kinds: pd.DataFrame | None
    value: pd.DataFrame
    running: object
    verdict: object


class Judge:
    """One case, laid out so that a portfolio is judged in milliseconds.

    Parameters
    ----------
    case : Case
    """

    def __init__(self, case):
        self.case = case
        eligible = _eligible(case)
        self.book = Book(case.debits, eligible)
        self.course = Course(case.losses, _gains(eligible, case.candidates), case.t0, case.horizon)
        self.until = impact_end(case.losses)
        self.known = {(str(row.candidate_id), str(row.option_id)): row for row in case.candidates.itertuples(index=False)}
        self.options = {}
        for candidate, option in self.known:
            self.options.setdefault(candidate, []).append(option)

    def judge(self, portfolio, choice=None):
        """Judge a portfolio.

        Parameters
        ----------
        portfolio : table (candidate_id, option_id, share)
            Without `share` each parcel is taken in full.
        choice : table (key, value)
            What the choice says of itself: status, cost, bound, proven, method.

        Returns
        -------
        Judged

        Raises
        ------
        InputError
            For a candidate or option that is not among the candidates, a share outside 0 to 1.
        """
        case = self.case
        portfolio = self.complete(portfolio)
        table = self.book.balance(portfolio, case.ratio)
        kinds = None
        if case.lost is not None:
            kinds = kind_rows(case.lost, self._offered(portfolio), case.accepts, case.ratio_kind)
        value = value_balance(table, case.prices, case.ratio_value)
        running = self.course.running(portfolio)
        deficit = running.deficits()
        found = self._found(portfolio, deficit)
        said = {"status": "given", "cost": float(portfolio["cost"].sum())} if choice is None else choice
        made = verdict(
            table,
            kinds=kinds,
            value=value,
            record=case.record,
            found=found,
            portfolio=said,
            deficit=deficit,
            context=case.context,
        )
        return Judged(portfolio, table, kinds, value, running, made)

    def _offered(self, portfolio):
        """Target kind and area used of each parcel that may serve: an excluded one makes up for no kind either."""
        rows = [self.known[key] for key in zip(portfolio["candidate_id"], portfolio["option_id"], strict=True)]
        return [(row.kind_target, area) for row, area in zip(rows, portfolio["area"].tolist(), strict=True) if not _excluded(row)]

    def complete(self, portfolio):
        """Portfolio with cost, name and area of each parcel, from the candidates.

        Parameters
        ----------
        portfolio : table (candidate_id, option_id, share)

        Returns
        -------
        table (candidate_id, option_id, share, cost, name, area)
        """
        names = [str(name) for name in portfolio["candidate_id"]]
        keys = list(zip(names, self._options(names, portfolio), strict=True))
        given = portfolio["share"] if "share" in portfolio else pd.Series(1.0, index=portfolio.index)
        share = pd.to_numeric(given, errors="coerce").to_numpy(dtype=float)
        wrong = np.flatnonzero(~((share >= 0) & (share <= FULL)))
        if len(wrong):
            raise InputError("offset_share_range", candidates=[names[k] for k in wrong], found=[float(share[k]) for k in wrong])
        rows = [self.known.get(key) for key in keys]
        absent = [" ".join(key).strip() for key, row in zip(keys, rows, strict=True) if row is None]
        if absent:
            near = nearest(absent[0].split(" ")[0], list(self.options)) or "-"
            raise InputError("offset_candidate_unknown", candidates=absent, nearest=near)
        variable, fixed, area = (
            np.array([float(getattr(row, name, 0.0)) for row in rows], dtype=float) for name in ("cost", "fixed_cost", "area")
        )
        columns = {
            "candidate_id": names,
            "option_id": [option for _, option in keys],
            "share": share,
            "cost": share * variable + np.where(share > 0, np.nan_to_num(fixed), 0.0),
            "name": [getattr(row, "name", row.candidate_id) for row in rows],
            "area": share * area,
        }
        return pd.DataFrame(columns)

    def _options(self, names, portfolio):
        """Options as given; where a list names none and the candidate has one only, that one."""
        given = portfolio["option_id"] if "option_id" in portfolio else [""] * len(names)
        found = []
        for name, option in zip(names, given, strict=True):
            option = "" if option is None or option != option else str(option)
            known = self.options.get(name, ())
            found.append(known[0] if not option and len(known) == 1 else option)
        return found

    def _found(self, portfolio, deficit):
        """What was found in advance, with what hangs on the parcels: time, permanence, double use."""
        case = self.case
        in_time, late = temporal(deficit, case.deficit_limit)
        used = portfolio if (portfolio["share"].to_numpy() > 0).all() else portfolio[portfolio["share"] > 0]
        rows = [self.known[key] for key in zip(used["candidate_id"], used["option_id"], strict=True)]
        kept, early = lasting([(row.candidate_id, row.end_year, getattr(row, "renewed", False)) for row in rows], self.until)
        once, twice = self._double_use(used)
        found = case.found
        return replace(
            found,
            temporal_ok=found.temporal_ok and in_time,
            permanence_ok=found.permanence_ok and kept,
            no_double_use=found.no_double_use and once,
            reasons=(*found.reasons, *late, *early, *twice),
        )

    def _double_use(self, used):
        """No parcel beyond its whole, no land twice, nothing that is used elsewhere or excluded."""
        reasons, once = [], True
        shares = {}
        for candidate, share in zip(used["candidate_id"].tolist(), used["share"].tolist(), strict=True):
            shares[candidate] = shares.get(candidate, 0.0) + share
        for candidate, share in shares.items():
            if share > FULL:
                reasons.append(reason("offset_share_above_one", candidate=candidate, share=float(share)))
                once = False
        groups = {}
        for key in zip(used["candidate_id"], used["option_id"], strict=True):
            row = self.known[key]
            code = _excluded(row)
            if code:
                reasons.append(reason("offset_excluded_used", candidate=key[0], why=code))
                once = once and code not in USED_ELSEWHERE
            group = getattr(row, "conflict_group", None)
            if isinstance(group, str) and group:
                groups.setdefault(group, set()).add(key[0])
        for group, members in groups.items():
            if len(members) > 1:
                reasons.append(reason("offset_conflict_used", group=group, candidates=sorted(members)))
                once = False
        return once, tuple(reasons)


def _excluded(row):
    """Code why a candidate may not serve, empty where it may."""
    code = getattr(row, "excluded", "")
    return code if isinstance(code, str) else ""


def _eligible(case):
    """Credits of candidates that may serve; harm that an excluded one does is not asked for either."""
    candidates = case.candidates
    if "excluded" not in candidates or candidates.empty:
        return case.credits
    barred = candidates[candidates["excluded"].fillna("").astype(str) != ""]
    out = set(zip(barred["candidate_id"].astype(str), barred["option_id"].astype(str), strict=True))
    pairs = zip(case.credits["candidate_id"].astype(str), case.credits["option_id"].astype(str), strict=True)
    return case.credits[[pair not in out for pair in pairs]]


def _gains(credits, candidates):
    """Yearly weighted credits with the years of their candidate."""
    years = [name for name in ("start_year", "ramp_years", "ramp_shape", "end_year") if name in candidates and name not in credits]
    known = candidates[[*PAIR, *years]].drop_duplicates(PAIR)
    names = [name for name in (*PAIR, "service", "area_unit", "annual", "annual_uom") if name in credits]
    held = [name for name in ("start_year", "ramp_years", "ramp_shape", "end_year") if name in credits]
    made = credits[[*names, *held]].merge(known, on=PAIR, how="left")
    return made if "annual_uom" in made else made.assign(annual_uom="")
