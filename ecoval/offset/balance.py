"""What is lost against what makes up for it: per service and area in physical terms, and per kind of ecosystem.

    Net_su = sum_jk C_sujk y_jk - kappa_s max(D_su, 0)

D is the residual loss after measures, C the weighted credit of a candidate with an option, y the share of it that is used. An own
gain of the project (D < 0) is shown and pays for nothing. An area without a requirement must not lose by the compensation: there
the net may fall below zero by rounding alone. Sums are exact (`math.fsum`): no order of candidates or rows changes a bit.
"""

import math
from collections import defaultdict

import numpy as np
import pandas as pd

from ecoval.errors import InputError

TOLERANCE = 1e-6  # of what is required
ROUNDING = 1e-9  # of the sum of absolute credits, where nothing is required
KEY = ["service", "area_unit"]
BALANCE_COLUMNS = (
    "service",
    "area_unit",
    "debit",
    "required",
    "credit",
    "net",
    "ratio",
    "ok",
    "uom",
    "area_kind",
    "debit_high",
    "credit_low",
    "net_cautious",
    "ok_cautious",
    "annual_debit",
    "annual_credit",
    "annual_uom",
)
KIND_COLUMNS = ("ecosystem_type", "lost_area", "ratio", "required", "provided", "net", "ok", "uom")
PER_YEAR = " yr-1"


class Book:
    """Debits and credits, laid out so that another portfolio is only another sum.

    Parameters
    ----------
    debits : table (service, area_unit, debit, debit_high, annual, uom, ...)
    credits : table (candidate_id, option_id, service, area_unit, credit, credit_low, annual, uom, ...)
        `annual` is the yearly credit at maturity, with all its weights; where it is absent it stays unknown.
    """

    def __init__(self, debits, credits):
        self.debits = _per_key(debits)
        refuse_uoms(debits, credits)
        self.credited = _by_candidate(credits)
        self.places = _places(debits, credits)
        self.largest = credits["credit"].abs().groupby(credits["service"]).max().to_dict()

    def balance(self, portfolio, ratio=1.0):
        """Balance of a portfolio.

        Parameters
        ----------
        portfolio : table (candidate_id, option_id, share)
        ratio : number, 1
            Or a mapping service -> number, "*" for the others.

        Returns
        -------
        table (service, area_unit, debit, required, credit, net, ...)
        """
        credit, low, annual = self.sums(portfolio)
        keys = [key for key in self.places if key in self.debits or key in credit]
        rows = [self._row(key, credit, low, annual, ratio) for key in keys]
        table = pd.DataFrame(rows, columns=list(BALANCE_COLUMNS))
        return judged(table, self.largest)

    def sums(self, portfolio):
        """Credit, cautious credit and yearly credit of a portfolio by service and area.

        Parameters
        ----------
        portfolio : table (candidate_id, option_id, share)

        Returns
        -------
        table (key, number)
            Three mappings (service, area_unit) -> number.
        """
        columns = zip(portfolio["candidate_id"].tolist(), portfolio["option_id"].tolist(), portfolio["share"].tolist(), strict=True)
        parts = (defaultdict(list), defaultdict(list), defaultdict(list))
        for candidate, option, share in columns:
            if (str(candidate), str(option)) not in self.credited:
                continue
            for key, *numbers in self.credited[str(candidate), str(option)]:
                for part, number in zip(parts, numbers, strict=True):
                    part[key].append(share * number)
        return tuple({key: math.fsum(terms) for key, terms in part.items()} for part in parts)

    def _row(self, key, credit, low, annual, ratio):
        debit, high, yearly = self.debits.get(key, (0.0, 0.0, 0.0))
        place = self.places[key]
        required = kappa(ratio, key[0]) * positive(debit)
        given = credit.get(key, 0.0)
        cautious = low.get(key, 0.0)
        return (
            *key,
            debit,
            required,
            given,
            given - required,
            given / debit if debit > 0 else math.nan,
            False,
            place["uom"],
            place["area_kind"],
            high,
            cautious,
            cautious - kappa(ratio, key[0]) * positive(high),
            False,
            yearly,
            annual.get(key, 0.0),
            place["annual_uom"],
        )


def balance(debits, credits, portfolio, ratio=1.0):
    """Net of each service and area: credits of a portfolio less what is required.

    Parameters
    ----------
    debits : table (service, area_unit, debit, debit_high, annual, uom, ...)
    credits : table (candidate_id, option_id, service, area_unit, credit, credit_low, uom, ...)
    portfolio : table (candidate_id, option_id, share)
    ratio : number, 1
        Or a mapping service -> number, "*" for the others.

    Returns
    -------
    table (service, area_unit, debit, required, credit, net, ratio, ok, uom, ...)
        `ratio` is credit / debit, empty where nothing is lost.
    """
    return Book(debits, credits).balance(portfolio, ratio)


def judged(table, largest=None):
    """A balance with its answers, at mid and at cautious coefficients.

    Parameters
    ----------
    table : table (service, required, credit, net, net_cautious, ...)
    largest : table (service, number)
        Mapping to the largest credit of one candidate: the scale of a service of which nothing is required.

    Returns
    -------
    table (service, ..., ok, ok_cautious)
    """
    asked = table.groupby("service")["required"].transform("max").to_numpy(float)
    scale = np.where(asked > 0, asked, table["service"].map(largest or {}).fillna(0.0).to_numpy(float))
    for net, credit, debit, answer in (
        ("net", "credit", "debit", "ok"),
        ("net_cautious", "credit_low", "debit_high", "ok_cautious"),
    ):
        slack = TOLERANCE * np.where(table[debit].to_numpy(float) > 0, table["required"].to_numpy(float), scale)
        slack = np.maximum(slack, ROUNDING * np.abs(table[credit].to_numpy(float)))
        table[answer] = table[net].to_numpy(float) >= -slack  # unknown is never ok
    return table


def new_losers(table):
    """Areas where nothing is required and the compensation itself takes something away.

    Parameters
    ----------
    table : table (service, area_unit, debit, net, ok, uom)

    Returns
    -------
    table (service, area_unit, net, uom)
    """
    rows = table[(table["debit"] <= 0) & ~table["ok"].astype(bool)]
    return rows[["service", "area_unit", "net", "uom"]].reset_index(drop=True)


def kind_balance(lost, portfolio, candidates, accepts, ratio=1.0):
    """Like for like: the area of accepted kinds against the area lost of each kind.

    Parameters
    ----------
    lost : table (ecosystem_type, area)
    portfolio : table (candidate_id, option_id, share)
    candidates : table (candidate_id, option_id, area, kind_target)
    accepts : callable (lost, target)
        Whether a kind makes up for a lost kind.
    ratio : number, 1
        Or a mapping ecosystem type -> number, "*" for the others.

    Returns
    -------
    table (ecosystem_type, lost_area, ratio, required, provided, net, ok, uom)
    """
    known = candidates.drop_duplicates(["candidate_id", "option_id"])
    used = portfolio[["candidate_id", "option_id", "share"]].merge(
        known[["candidate_id", "option_id", "area", "kind_target"]], on=["candidate_id", "option_id"], how="left"
    )
    offered = [(target, share * area) for target, share, area in zip(used["kind_target"], used["share"], used["area"], strict=True)]
    rows = []
    for kind, area in zip(lost["ecosystem_type"], lost["area"], strict=True):
        if not area > 0:
            continue
        factor = kappa(ratio, kind)
        provided = math.fsum(part for target, part in offered if target == target and part == part and accepts(kind, target))
        required = factor * area
        rows.append((kind, area, factor, required, provided, provided - required, provided >= required * (1 - TOLERANCE), "m2"))
    return pd.DataFrame(rows, columns=list(KIND_COLUMNS))


def requirements(debits):
    """What is required before the ratio, as `portfolio` takes it: no row below zero.

    Parameters
    ----------
    debits : table (service, area_unit, debit, uom)

    Returns
    -------
    table (service, area_unit, required, uom)
    """
    made = debits[[*KEY, "debit", "uom"]].rename(columns={"debit": "required"})
    made["required"] = made["required"].map(positive)
    return made.reset_index(drop=True)


def cautious_requirements(debits):
    """The same at the high end of each range; a debit without a range enters as it is.

    Parameters
    ----------
    debits : table (service, area_unit, debit, debit_high, uom)

    Returns
    -------
    table (service, area_unit, required, uom)
    """
    return requirements(debits.assign(debit=debits["debit_high"].fillna(debits["debit"])))


def cautious_credits(credits):
    """Credits at the low end of each range; a credit without a range enters as it is.

    Parameters
    ----------
    credits : table (candidate_id, option_id, service, area_unit, credit, credit_low)

    Returns
    -------
    table (candidate_id, option_id, service, area_unit, credit, ...)
    """
    return credits.assign(credit=credits["credit_low"].fillna(credits["credit"]))


def without_range(debits, credits):
    """Services of which some coefficient has no range: they enter a cautious answer at mid values.

    Parameters
    ----------
    debits : table (service, debit_high)
    credits : table (service, credit_low)

    Returns
    -------
    vector (services), 1
    """
    bare = [*debits.loc[debits["debit_high"].isna(), "service"], *credits.loc[credits["credit_low"].isna(), "service"]]
    return sorted(set(bare))


def positive(number):
    """The number where it is above zero, else 0; unknown stays unknown.

    Parameters
    ----------
    number : number, 1

    Returns
    -------
    number, 1
    """
    return number if number > 0 or number != number else 0.0


def kappa(ratio, key):
    """The ratio that holds for a service or kind.

    Parameters
    ----------
    ratio : number, 1
        Or a mapping key -> number, "*" for the others; or a callable (key).
    key : text

    Returns
    -------
    number, 1
    """
    if callable(ratio):
        return float(ratio(key))
    return float(ratio.get(key, ratio.get("*", 1.0))) if hasattr(ratio, "get") else float(ratio)


def refuse_uoms(debits, credits):
    """Refuse credits in another unit of measure than the debits of their service.

    Parameters
    ----------
    debits, credits : table (service, uom)

    Raises
    ------
    InputError
    """
    if "uom" not in debits or "uom" not in credits:
        return
    lost = dict(zip(debits["service"], debits["uom"], strict=True))
    for service, uom in credits[["service", "uom"]].drop_duplicates().itertuples(index=False):
        if service in lost and uom == uom and lost[service] == lost[service] and uom != lost[service]:
            raise InputError("offset_uom_differs", service=service, credit_uom=uom, debit_uom=lost[service])


def _per_key(debits):
    """(service, area_unit) -> debit, high debit, yearly debit, summed where a key has several rows."""
    terms = defaultdict(lambda: ([], [], []))
    high = debits["debit_high"].fillna(debits["debit"]) if "debit_high" in debits else debits["debit"]
    yearly = debits["annual"] if "annual" in debits else [math.nan] * len(debits)
    for service, unit, *numbers in zip(debits["service"], debits["area_unit"], debits["debit"], high, yearly, strict=True):
        for part, number in zip(terms[service, str(unit)], numbers, strict=True):
            part.append(number)
    return {key: tuple(map(math.fsum, parts)) for key, parts in terms.items()}


def _by_candidate(credits):
    """(candidate_id, option_id) -> rows of (key, credit, low credit, yearly credit)."""
    low = credits["credit_low"].fillna(credits["credit"]) if "credit_low" in credits else credits["credit"]
    yearly = credits["annual"] if "annual" in credits else [math.nan] * len(credits)
    found = defaultdict(list)
    columns = (credits[name].tolist() for name in ("candidate_id", "option_id", *KEY, "credit"))
    for candidate, option, service, unit, credit, cautious, annual in zip(*columns, low, yearly, strict=True):
        found[str(candidate), str(option)].append(((service, str(unit)), credit, cautious, annual))
    return dict(found)


def _places(debits, credits):
    """Every service and area, debits first, with kind of area and units of measure."""
    found = {}
    for table in (debits, credits):
        names = [name for name in ("uom", "area_kind", "annual_uom") if name in table]
        for row in table.drop_duplicates(KEY).to_dict("records"):
            known = {name: row[name] for name in names if row[name] == row[name]}
            blank = dict.fromkeys(("uom", "area_kind", "annual_uom"), "")
            found.setdefault((row["service"], str(row["area_unit"])), blank | known)
    return found
