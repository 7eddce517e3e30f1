"""Recreation: tourism and health of visitors, leisure of residents.

    tourism_health = visits    V = sum over origins of N TC n,    TC = days hours wage s + cost
    tourism_health = revenue   V = tourism revenue n
    leisure                    V = population visits hours wage s

N visits of an origin; s the share of the wage rate at which time counts (0.30 [BYD2017]); cost is transport, lodging and
tickets of a visit, CNY; n the share of the visits that is due to nature. Exchange value only: consumer surplus is outside.

Statistics per unit: `visits` (visit), `tourism_revenue` (CNY), `nature_share` (1), `wage` (CNY h-1), `visit_days` (d),
`hours_per_day` (h d-1), `visit_cost` (CNY visit-1), `population` (person), `park_visits` (visit person-1 yr-1), `park_hours` (h
visit-1). Origins stand behind a colon, `visits:shanghai`, `visit_days:shanghai`, `visit_cost:shanghai`; an origin whose own number
stands for no unit takes that of the unit. Units that part their visits by origin have a row for each origin, 0 where nobody comes
from there. Wage, nature share, hours and the others may also come from the parameter tables, for all units.

Decided 2026: n has no default; without it tourism has no value. Revenue is the lower bound, since it holds no time. Residents'
park visits exclude tourists. The figure of the Garze case equals three times the revenue and is no option [GARZE2017].
"""

from collections.abc import Mapping
from functools import partial

import numpy as np
import numpy.typing as npt
import pandas as pd

from ecoval.services.declaration import Input, Item, Option, Parameter, Service, Statistic
from ecoval.services.statistics import MIXED, figure, money_year, of_part, of_unit, result, statuses

VISITS = "visits"
VISIT_MEASURES = {"wage": "CNY h-1", "visit_days": "d", "hours_per_day": "h d-1", "visit_cost": "CNY visit-1"}


def tourism_health(
    statistics: pd.DataFrame,
    nature_share: float | None,
    time_value_share: float,
    wage: float | None,
    visit_days: float | None,
    hours_per_day: float | None,
    visit_cost: float | None,
    tourism_health: str,
    price_year: int | None = None,
) -> pd.DataFrame:
    """Visits of tourists and what they are worth, by spending and time or by revenue.

    Parameters
    ----------
    statistics : table (unit_id, item, quantity, uom, price_year, status)
    nature_share, time_value_share : number, 1, 0-1
    wage : number, CNY h-1
    visit_days : number, d
    hours_per_day : number, h d-1
    visit_cost : number, CNY visit-1
    price_year : number, yr
        Of the numbers in money.
    tourism_health : choice {visits, revenue}

    Returns
    -------
    table (unit_id, item, ecosystem_type, quantity, uom, price, price_uom, price_year, value_share, status, note)
        One row per unit: by visits with the mean cost of a visit over the origins, by revenue with the revenue of a visit where
        visits are known.
    """
    if tourism_health == "revenue":
        return _revenue(statistics, nature_share)
    numbers = {"wage": wage, "visit_days": visit_days, "hours_per_day": hours_per_day, "visit_cost": visit_cost}
    visits = visits_by_origin(statistics)
    shares = nature_share, time_value_share
    tables = [_of_origin(statistics, name, every, numbers, shares, price_year) for name, every in visits.items()]
    return pd.concat(tables, ignore_index=True) if tables else result([], "", [], "")


def visits_by_origin(statistics: pd.DataFrame) -> dict[str, pd.Series]:
    """Visits of each unit by origin: a unit that names origins is counted by all that there are, another by its total.

    Parameters
    ----------
    statistics : table (unit_id, item, quantity, uom)

    Returns
    -------
    table (item, table (unit_id, quantity)), visit
    """
    parted = [str(item).partition(":") for item in statistics["item"]]
    of_origin = np.array([bool(origin) and stem in (VISITS, *VISIT_MEASURES) for stem, _, origin in parted], dtype=bool)
    split = statistics.loc[of_origin, "unit_id"].astype(str).drop_duplicates()
    names = [f"{VISITS}:{parted[place][2]}" for place in np.flatnonzero(of_origin)]
    visits = {name: figure(statistics, name, "visit").reindex(split) for name in dict.fromkeys(names)}
    total = figure(statistics, VISITS, "visit")
    whole = total[~total.index.isin(split)]
    return visits | ({VISITS: whole} if len(whole) else {})


def _of_origin(
    statistics: pd.DataFrame,
    name: str,
    visits: pd.Series,
    numbers: Mapping[str, float | None],
    shares: tuple[float | None, float],
    price_year: int | None,
) -> pd.DataFrame:
    """Visits of one origin at their travel cost."""
    nature_share, time_value_share = shares
    units, origin = visits.index.to_numpy(), name.partition(":")[2]
    items = [name, "nature_share", *numbers, *(f"{entry}:{origin}" for entry in numbers)]
    value = {}
    for entry, uom in VISIT_MEASURES.items():
        part = f"{entry}:{origin}" if origin else entry
        value[entry] = of_part(statistics, part, entry, uom, units, numbers[entry])
    cost = value["visit_days"] * value["hours_per_day"] * value["wage"] * time_value_share + value["visit_cost"]
    year, mixed = money_year(statistics, items, units, price_year)
    columns: dict[str, npt.ArrayLike] = {"price": np.where(mixed, np.nan, cost), "price_uom": "CNY visit-1", "price_year": year}
    columns["value_share"] = of_unit(figure(statistics, "nature_share", "1"), units, nature_share)
    columns["status"] = statuses(statistics, items).reindex(units).fillna("user").to_numpy()
    note = np.where(mixed, MIXED, origin)
    return result(units, "tourism_health", visits.to_numpy(), "visit yr-1", note=note, **columns)


def _revenue(statistics: pd.DataFrame, nature_share: float | None) -> pd.DataFrame:
    """Tourism revenue, shown per visit where the visits are known."""
    revenue = figure(statistics, "tourism_revenue", "CNY")
    units = revenue.index.to_numpy()
    every = list(visits_by_origin(statistics).values())
    visits = of_unit(pd.concat(every).groupby(level=0).sum() if every else pd.Series(dtype=float), units)
    known = visits > 0
    items = ["tourism_revenue", "nature_share"]
    return result(
        units,
        "tourism_health",
        np.where(known, visits, revenue.to_numpy()),
        np.where(known, "visit yr-1", "CNY yr-1"),
        price=np.divide(revenue.to_numpy(), visits, out=np.ones(len(units)), where=known),
        price_uom=np.where(known, "CNY visit-1", "1"),
        price_year=money_year(statistics, items, units)[0],
        value_share=of_unit(figure(statistics, "nature_share", "1"), units, nature_share),
        status=statuses(statistics, items).reindex(units).fillna("user").to_numpy(),
    )


def leisure(
    statistics: pd.DataFrame,
    time_value_share: float,
    wage: float | None,
    park_visits: float | None,
    park_hours: float | None,
    price_year: int | None = None,
) -> pd.DataFrame:
    """Visits of residents to parks and the time that they spend there.

    Parameters
    ----------
    statistics : table (unit_id, item, quantity, uom, price_year, status)
    time_value_share : number, 1, 0-1
    wage : number, CNY h-1
    park_visits : number, visit person-1 yr-1
    park_hours : number, h visit-1
    price_year : number, yr
        Of the wage where it is a number.

    Returns
    -------
    table (unit_id, item, ecosystem_type, quantity, uom, price, price_uom, price_year, value_share, status, note)
        Empty where the wage, the visits or the hours are known for no unit.
    """
    people = figure(statistics, "population", "person")
    units = people.index.to_numpy()
    visits = of_unit(figure(statistics, "park_visits", "visit person-1 yr-1"), units, park_visits)
    hours = of_unit(figure(statistics, "park_hours", "h visit-1"), units, park_hours)
    paid = of_unit(figure(statistics, "wage", "CNY h-1"), units, wage)
    known = ~np.isnan(visits * hours * paid)
    items = ["population", "park_visits", "park_hours", "wage"]
    return result(
        units[known],
        "leisure",
        (people.to_numpy() * visits)[known],
        "visit yr-1",
        price=(hours * paid * time_value_share)[known],
        price_uom="CNY visit-1",
        price_year=money_year(statistics, items, units, price_year)[0][known],
        status=statuses(statistics, items).reindex(units).fillna("user").to_numpy()[known],
    )


BY_VISITS = {"tourism_health": ("visits",)}
own_number = partial(Parameter, required=False, source="own")

SERVICE = Service(
    code="recreation",
    category="cultural",
    items=(
        Item("tourism_health", measure="visit yr-1", quantity=tourism_health, form="table"),
        Item("leisure", measure="visit yr-1", quantity=leisure, form="table"),
    ),
    inputs=(Input("statistics", "1", kind="table"),),
    parameters=(
        own_number("nature_share", "1", low=0, high=1),
        Parameter("time_value_share", "1", low=0, high=1),
        own_number("wage", "CNY h-1", low=0, high=1e4),
        own_number("visit_days", "d", low=0, high=366, when=BY_VISITS),
        own_number("hours_per_day", "h d-1", low=0, high=24, when=BY_VISITS),
        own_number("visit_cost", "CNY visit-1", low=0, high=1e6, when=BY_VISITS),
        own_number("park_visits", "visit person-1 yr-1", low=0, high=1e4),
        own_number("park_hours", "h visit-1", low=0, high=24),
    ),
    options=(Option("tourism_health", ("visits", "revenue"), "visits"),),
    statistics=(
        Statistic("visits", "visit", high=1e10, stands="apart"),
        Statistic("tourism_revenue", "CNY", high=1e13),
        Statistic("nature_share", "1", high=1),
        Statistic("wage", "CNY h-1", high=1e4, stands="apart"),
        Statistic("visit_days", "d", high=366, stands="apart"),
        Statistic("hours_per_day", "h d-1", high=24, stands="apart"),
        Statistic("visit_cost", "CNY visit-1", high=1e6, stands="apart"),
        Statistic("park_visits", "visit person-1 yr-1", high=1e4),
        Statistic("park_hours", "h visit-1", high=24),
    ),
    references=("BYD2017", "GARZE2017"),
)
