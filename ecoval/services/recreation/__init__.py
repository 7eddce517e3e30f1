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

import numpy as np
import pandas as pd

from ecoval.services.declaration import Input, Item, Option, Parameter, Service, Statistic
from ecoval.services.statistics import figure, of_part, of_unit, result, statuses


def tourism_health(statistics, nature_share, time_value_share, wage, visit_days, hours_per_day, visit_cost, tourism_health):
    """Visits of tourists and what they are worth, by spending and time or by revenue.

    Parameters
    ----------
    statistics : table (unit_id, item, quantity, uom, price_year, status)
    nature_share, time_value_share : number, 1, 0-1
    wage : number, CNY h-1
    visit_days : number, d
    hours_per_day : number, h d-1
    visit_cost : number, CNY visit-1
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
    pairs = [
        (str(unit), *str(name).partition(":")[::2]) for unit, name in zip(statistics["unit_id"], statistics["item"], strict=True)
    ]
    of_origins = [(unit, origin) for unit, stem, origin in pairs if origin and stem in ("visits", *numbers)]
    origins = list(dict.fromkeys(origin for _, origin in of_origins))
    parted = list(dict.fromkeys(unit for unit, _ in of_origins))
    whole = [unit for unit, stem, origin in pairs if (stem, origin) == ("visits", "") and unit not in parted]
    parts = [
        _of_units(statistics, np.array(units, dtype=object), names, numbers, nature_share, time_value_share)
        for units, names in ((whole, [""]), (parted, origins))
        if units
    ]
    return pd.concat(parts, ignore_index=True) if parts else result([], "", [], "")


def _of_units(statistics, units, origins, numbers, nature_share, time_value_share):
    """Visits of units and their mean cost over the origins; the origin "" are all visits together."""
    names = [f"visits:{origin}" if origin else "visits" for origin in origins]
    visits = [of_unit(figure(statistics, name, "visit"), units) for name in names]
    cost = [_visit_cost(statistics, origin, numbers, time_value_share, units) for origin in origins]
    if len(origins) == 1:
        number, price = visits[0], cost[0]
    else:
        number = np.sum(visits, axis=0)
        spent = np.sum(
            [np.where(number_of == 0, 0.0, number_of * each) for number_of, each in zip(visits, cost, strict=True)], axis=0
        )
        price = np.divide(spent, number, out=np.full(len(units), np.nan), where=number > 0)
    items = ["nature_share", *names, *numbers, *(f"{entry}:{origin}" for entry in numbers for origin in origins if origin)]
    return result(
        units,
        "tourism_health",
        number,
        "visit yr-1",
        price=price,
        price_uom="CNY visit-1",
        price_year=_year(statistics, items, units),
        value_share=of_unit(figure(statistics, "nature_share", "1"), units, nature_share),
        status=statuses(statistics, items).reindex(units).fillna("user").to_numpy(),
    )


def _visit_cost(statistics, origin, numbers, time_value_share, units):
    """Travel cost of a visit from an origin, per unit; nan where one of its numbers is not known."""
    measures = {"wage": "CNY h-1", "visit_days": "d", "hours_per_day": "h d-1", "visit_cost": "CNY visit-1"}
    value = {
        entry: of_part(statistics, f"{entry}:{origin}", entry, uom, units, numbers[entry])
        if origin
        else of_unit(figure(statistics, entry, uom), units, numbers[entry])
        for entry, uom in measures.items()
    }
    return value["visit_days"] * value["hours_per_day"] * value["wage"] * time_value_share + value["visit_cost"]


def _revenue(statistics, nature_share):
    """Tourism revenue, shown per visit where the visits are known."""
    revenue = figure(statistics, "tourism_revenue", "CNY")
    units = revenue.index.to_numpy()
    visits = of_unit(figure(statistics, "visits", "visit"), units)
    known = visits > 0
    items = ["tourism_revenue", "nature_share"]
    return result(
        units,
        "tourism_health",
        np.where(known, visits, revenue.to_numpy()),
        np.where(known, "visit yr-1", "CNY yr-1"),
        price=np.divide(revenue.to_numpy(), visits, out=np.ones(len(units)), where=known),
        price_uom=np.where(known, "CNY visit-1", "1"),
        price_year=_year(statistics, items, units),
        value_share=of_unit(figure(statistics, "nature_share", "1"), units, nature_share),
        status=statuses(statistics, items).reindex(units).fillna("user").to_numpy(),
    )


def leisure(statistics, time_value_share, wage, park_visits, park_hours):
    """Visits of residents to parks and the time that they spend there.

    Parameters
    ----------
    statistics : table (unit_id, item, quantity, uom, price_year, status)
    time_value_share : number, 1, 0-1
    wage : number, CNY h-1
    park_visits : number, visit person-1 yr-1
    park_hours : number, h visit-1

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
        price_year=_year(statistics, items, units)[known],
        status=statuses(statistics, items).reindex(units).fillna("user").to_numpy()[known],
    )


def _year(statistics, items, units):
    """Price year that the items of a unit state, nan without one; the earliest where they differ."""
    rows = statistics[statistics["item"].isin(items)]
    years = pd.to_numeric(rows["price_year"]).groupby(rows["unit_id"].astype(str)).min()
    return years.reindex(units).to_numpy(dtype=float)


VISITS = {"tourism_health": ("visits",)}
OWN = {"required": False, "source": "own"}

SERVICE = Service(
    code="recreation",
    category="cultural",
    items=(
        Item("tourism_health", measure="visit yr-1", quantity=tourism_health, form="table"),
        Item("leisure", measure="visit yr-1", quantity=leisure, form="table"),
    ),
    inputs=(Input("statistics", "1", kind="table"),),
    parameters=(
        Parameter("nature_share", "1", low=0, high=1, **OWN),
        Parameter("time_value_share", "1", low=0, high=1),
        Parameter("wage", "CNY h-1", low=0, **OWN),
        Parameter("visit_days", "d", low=0, when=VISITS, **OWN),
        Parameter("hours_per_day", "h d-1", low=0, high=24, when=VISITS, **OWN),
        Parameter("visit_cost", "CNY visit-1", low=0, when=VISITS, **OWN),
        Parameter("park_visits", "visit person-1 yr-1", low=0, **OWN),
        Parameter("park_hours", "h visit-1", low=0, **OWN),
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
