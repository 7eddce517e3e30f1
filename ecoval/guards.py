"""Guards: from where on a number is not plausible, and from where on it is refused unless somebody says why it is right.

The limits stand in `data/guards.csv`, one a row, with what they come from. They judge and are never used as numbers. A value
outside `warn_low ... warn_high` is worth a look; one outside `low ... high` is refused unless its entry says `accept = "reason"`.
`name` is a role with what is taken of it (`npp:mean`), an item of the statistics, a price, a product (`*`: any), an item of a
result, or a relation; `per` what the value is divided by: `area` (km2), or another item of the statistics.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

from ecoval import measure
from ecoval.errors import MeasureError
from ecoval.registry import data_rows
from ecoval.words import Phrase, in_words

KINDS = ("layer", "statistic", "price", "product", "result", "relation")
ANY_NAME = "*"
DENSITY = {"area": "km-2", "population": "person-1", "visits": "visit-1"}  # what stands behind the measure of a value per ...
TRIED_FACTORS = (10.0, 100.0, 1000.0, 10_000.0, 0.1, 0.01, 0.001, 0.0001)
IN_STATISTICS = tuple(  # what yearbooks and registers count in; nobody counts the rice of a county in grams
    f"{multiple}{uom}"
    for multiples, uoms in {
        ("", "1e4 ", "1e8 "): ("t", "m3", "kWh", "CNY", "person", "visit", "head", "piece", "night"),
        ("",): ("kg", "mu", "ha", "km2", "1", "%"),
    }.items()
    for multiple in multiples
    for uom in uoms
)
LIKELY_COUNT = 2  # likely measures that a message names
SAME = 1e-9  # relative difference of two measures that are one
TINY = 1e-12  # in place of a limit of nothing, for logarithms
REFUSED, WARNED, ACCEPTED = "error", "warning", "note"
CODES = {REFUSED: "implausible_refused", WARNED: "implausible", ACCEPTED: "implausible_accepted"}


@dataclass(frozen=True)
class Guard:
    """One row of the table; a limit that is not there is infinite."""

    kind: str
    name: str
    measure: str
    per: str
    warn_low: float
    warn_high: float
    low: float
    high: float
    basis: str
    status: str

    @property
    def uom(self) -> str:
        """Measure of what is judged."""
        if not self.per:
            return self.measure
        return f"{self.measure} {DENSITY[self.per]}" if self.per in DENSITY else "1"

    def level(self, value: float) -> str:
        """`error`, `warning`, or nothing for a value that is plausible or not known."""
        if math.isnan(value):
            return ""
        if not self.low <= value <= self.high:
            return REFUSED
        return "" if self.warn_low <= value <= self.warn_high else WARNED

    def expected(self, level: str) -> str:
        """The limits that a value of a level is outside of."""
        low, high = (self.low, self.high) if level == REFUSED else (self.warn_low, self.warn_high)
        return f"{low:,.6g} ... {high:,.6g} {self.uom}".removesuffix(" 1")


@dataclass(frozen=True)
class Verdict:
    """A value outside the limits of its guard: level, code and fields of what is to be said."""

    level: str
    code: str  # of the message catalogue
    fields: dict[str, object]

    @property
    def cause(self) -> str:
        """Code of the likely cause; empty for what is accepted."""
        return getattr(self.fields.get("cause"), "code", "")


@cache
def guards() -> dict[tuple[str, str], tuple[Guard, ...]]:
    """Every guard, by kind and name."""
    table: dict[tuple[str, str], tuple[Guard, ...]] = {}
    for row in data_rows("guards.csv"):
        low, high = (float(row[name] or sign) for name, sign in (("low", -math.inf), ("high", math.inf)))
        limits = (float(row["warn_low"] or low), float(row["warn_high"] or high), low, high)
        guard = Guard(row["kind"], row["name"], row["measure"], row["per"], *limits, row["basis"], row["status"])
        table[guard.kind, guard.name] = (*table.get((guard.kind, guard.name), ()), guard)
    return table


def guard_of(kind: str, name: str, uom: str = "", per: str = "") -> Guard | None:
    """The guard of a name, else that of any name (`*`) in the same measure; None where there is none.

    Parameters
    ----------
    uom
        Where one name has guards in several dimensions: that of the value.
    """
    for each in (name, ANY_NAME):
        for guard in guards().get((kind, each), ()):
            if guard.per == per and (not uom or comparable(uom, guard.measure)):
                return guard
    return None


def comparable(uom: str, other: str) -> bool:
    """Whether two measures are of one dimension."""
    try:
        measure.factor(uom, other)
    except MeasureError:
        return False
    return True


def judged(
    guard: Guard | None,
    value: float,
    what: Phrase,
    *,
    place: Phrase | str,
    uom: str = "",
    entry: Phrase | None = None,
    accepted: str | None = None,
) -> Verdict | None:
    """What is to be said of a value; None where it is plausible or nothing judges it.

    Parameters
    ----------
    value : number
        In the measure of the guard, per what it is per.
    what, place
        What is judged and where it stands.
    uom
        Measure that the number is written in, to look for a likelier one.
    entry
        How to say `accept`, of `accept_in`; None where nothing can.
    accepted
        The reason that it says.
    """
    level = guard.level(value) if guard is not None else ""
    if guard is None or not level:
        return None
    fields: dict[str, object] = {"what": what, "where": place, "found": f"{value:,.6g} {guard.uom}".removesuffix(" 1")}
    fields |= {"expected": guard.expected(level)}
    if accepted:
        return Verdict(ACCEPTED, CODES[ACCEPTED], fields | {"reason": accepted})
    cause = likely(guard, value, uom)
    return Verdict(level, CODES[level], fields | {"cause": cause} | ({"entry": entry} if level == REFUSED else {}))


def accept_in(table: str, name: str) -> Phrase:
    """How a study says why a value is right: in the table [checks], or in an entry of another."""
    return in_words("accept_in_checks", name=name) if table == "checks" else in_words("accept_in_entry", table=table, name=name)


def likely(guard: Guard, value: float, uom: str) -> Phrase:
    """The likely cause: other measures that people use for it, or a power of ten, in which the value would be plausible."""
    used = [symbol for symbol in IN_STATISTICS if comparable(symbol, uom)] if guard.kind in ("statistic", "product") and uom else []
    changed = {symbol: in_other(value, uom, symbol) for symbol in used or alike(uom)}
    fitting = [symbol for symbol, each in changed.items() if guard.warn_low <= each <= guard.warn_high]
    if fitting:  # the one nearest to the middle of the limits, where there is one, else that which changes least
        middle = math.sqrt(guard.warn_low * guard.warn_high) if guard.warn_low > 0 else abs(value)
        nearest = sorted(fitting, key=lambda symbol: abs(math.log(max(abs(changed[symbol]), TINY) / max(middle, TINY))))
        return in_words("likely_measure", uom=nearest[:LIKELY_COUNT])
    factor = next((each for each in TRIED_FACTORS if value and guard.warn_low <= value * each <= guard.warn_high), None)
    return in_words("likely_unknown") if factor is None else in_words("likely_factor", factor=factor)


def in_other(value: float, uom: str, other: str) -> float:
    """The value where its number is in another measure than the one stated."""
    shift = measure.zero_shift(other, uom)
    return value + shift if shift else value * measure.factor(other, uom)


@cache
def alike(uom: str) -> tuple[str, ...]:
    """Other measures that a number may be in where one is stated; words of one language that name one aside."""
    if not uom:
        return ()
    symbols = (*measure.SYMBOLS, *measure.CUSTOMARY)
    shifted = [symbol for symbol in symbols if measure.zero_shift(symbol, uom)]
    other = [symbol for symbol in symbols if comparable(symbol, uom) and abs(measure.factor(symbol, uom) - 1) > SAME]
    return (*shifted, *other)
