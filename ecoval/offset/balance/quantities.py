"""What is lost against what makes up for it: per service and area in physical terms, and per kind of ecosystem.

    Net_su = sum_jk C_sujk y_jk - kappa_s max(D_su, 0)

D is the residual loss after measures, C the weighted credit of a candidate with an option, y the share of it that is used. An own
gain of the project (D < 0) is shown and pays for nothing. An area without a requirement must not lose by the compensation: there
the net may fall below zero by rounding alone. Sums are exact (`math.fsum`): no order of candidates or rows changes a bit.
"""

import math
from collections import defaultdict
from dataclasses import dataclass
from typing import Annotated

import numpy as np
import pandas as pd

from ecoval.declarations import Key, columns
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


@dataclass(frozen=True)
class PortionRow:
    """A row of a list of parcels that somebody claims."""

    candidate_id: Annotated[str, Key("the candidate", "候选地块编号")]
    option_id: Annotated[str, Key("its option; empty for a lone one", "措施编号；只有一种措施时为空")] = ""
    share: Annotated[float, Key("that is used", "选用的份额", low=0, high=1)] = 1.0


PORTION = columns(PortionRow)


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
        self.keys, self.code, self.rows, self.numbers = _laid_out(credits)
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
        places = [self.places[key] for key in keys]
        lost = np.array([self.debits.get(key, (0.0, 0.0, 0.0)) for key in keys], dtype=float).reshape(-1, 3)
        given, cautious, yearly = (np.array([part.get(key, 0.0) for key in keys], dtype=float) for part in (credit, low, annual))
        factors = {service: kappa(ratio, service) for service in dict.fromkeys(key[0] for key in keys)}
        factor = np.array([factors[key[0]] for key in keys], dtype=float)
        debit, high = lost[:, 0], lost[:, 1]
        required = factor * np.where(debit <= 0, 0.0, debit)  # unknown stays unknown
        demanded = factor * np.where(high <= 0, 0.0, high)
        columns = {
            "service": [key[0] for key in keys],
            "area_unit": [key[1] for key in keys],
            "debit": debit,
            "required": required,
            "credit": given,
            "net": given - required,
            "ratio": np.divide(given, debit, out=np.full(len(keys), math.nan), where=debit > 0),
            "ok": np.zeros(len(keys), dtype=bool),
            "uom": [place["uom"] for place in places],
            "area_kind": [place["area_kind"] for place in places],
            "debit_high": high,
            "credit_low": cautious,
            "net_cautious": cautious - demanded,
            "ok_cautious": np.zeros(len(keys), dtype=bool),
            "annual_debit": lost[:, 2],
            "annual_credit": yearly,
            "annual_uom": [place["annual_uom"] for place in places],
        }
        return judged(pd.DataFrame(columns)[list(BALANCE_COLUMNS)], self.largest)

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
        places, shares = [], []
        for candidate, option, share in zip(*(portfolio[name].tolist() for name in PORTION), strict=True):
            found = self.rows.get((str(candidate), str(option)))
            if found is not None:
                places.append(found)
                shares.append(np.full(len(found), share))
        if not places:
            return {}, {}, {}
        place = np.concatenate(places)
        order = np.argsort(self.code[place], kind="stable")
        place, share = place[order], np.concatenate(shares)[order]
        code = self.code[place]
        first = np.flatnonzero(np.diff(code, prepend=-1)).tolist()
        keys = [self.keys[number] for number in code[first].tolist()]
        spans = list(zip(first, [*first[1:], len(code)], strict=True))
        made = []
        for numbers in self.numbers:
            terms = (share * numbers[place]).tolist()
            made.append({key: math.fsum(terms[a:b]) for key, (a, b) in zip(keys, spans, strict=True)})
        return tuple(made)


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
    services, required = table["service"].tolist(), table["required"].to_numpy(float)
    asked = {}
    for service, number in zip(services, required.tolist(), strict=True):
        asked[service] = max(asked.get(service, 0.0), number)
    scale = np.array([asked[name] or (largest or {}).get(name, 0.0) for name in services], dtype=float)
    for net, credit, debit, answer in (
        ("net", "credit", "debit", "ok"),
        ("net_cautious", "credit_low", "debit_high", "ok_cautious"),
    ):
        slack = TOLERANCE * np.where(table[debit].to_numpy(float) > 0, required, scale)
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
    losing = (table["debit"].to_numpy(float) <= 0) & ~table["ok"].to_numpy(bool)
    rows = table[losing] if losing.any() else table.iloc[:0]
    return rows[["service", "area_unit", "net", "uom"]].reset_index(drop=True)


def kind_rows(lost, offered, accepts, ratio=1.0):
    """Like for like: the area of accepted kinds against the area lost of each kind.

    Parameters
    ----------
    lost : table (ecosystem_type, area)
    offered : tuples (kind, area), m2
    accepts : callable (lost, target)
        Whether a kind makes up for a lost kind.
    ratio : number, 1
        Or a mapping ecosystem type -> number, "*" for the others.

    Returns
    -------
    table (ecosystem_type, lost_area, ratio, required, provided, net, ok, uom)
    """
    parts = {}
    for target, area in offered:
        if not pd.isna(target) and area == area:
            parts.setdefault(target, []).append(area)
    rows = []
    for kind, area in zip(lost["ecosystem_type"], lost["area"], strict=True):
        if area > 0:
            factor = kappa(ratio, kind)
            provided = math.fsum(part for target, found in parts.items() if accepts(kind, target) for part in found)
            required = factor * area
            met = provided >= required * (1 - TOLERANCE)
            rows.append((kind, area, factor, required, provided, provided - required, met, "m2"))
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


def _laid_out(credits):
    """Keys, the number of the key of each row, rows of each candidate and option, and credit, low credit and yearly credit."""
    low = credits["credit_low"].fillna(credits["credit"]) if "credit_low" in credits else credits["credit"]
    yearly = credits["annual"] if "annual" in credits else pd.Series(math.nan, index=credits.index)
    keys, code, rows = {}, [], defaultdict(list)
    columns = (credits[name].tolist() for name in ("candidate_id", "option_id", *KEY))
    for place, (candidate, option, service, unit) in enumerate(zip(*columns, strict=True)):
        code.append(keys.setdefault((service, str(unit)), len(keys)))
        rows[str(candidate), str(option)].append(place)
    numbers = [part.to_numpy(dtype=float) for part in (credits["credit"], low, yearly)]
    return list(keys), np.array(code, dtype=np.intp), {pair: np.array(each) for pair, each in rows.items()}, numbers


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
