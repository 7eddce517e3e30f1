"""Statistics of the towns: harvests, herds, ponds, visitors, people."""

from __future__ import annotations

import numpy as np
from making import place as p
from making.place import CELL, settled, stream
from making.settlement import CITY, TOWNS

PRICE_YEAR = 2023  # all money of the sample is at prices of this year
PER_UNIT = {"m3": "CNY m-3"}
BOOK = ("SAMPLE", "example")
PRODUCTS = {  # item: (uom, price, intermediate share, ecosystem types with yield per hectare)
    "rice": ("t", 2_950.0, 0.42, {p.PADDY: 7.4}),
    "vegetables": ("t", 3_400.0, 0.36, {p.DRY: 17.5, p.PADDY: 2.2}),
    "sweet_potato": ("t", 2_100.0, 0.34, {p.DRY: 5.2}),
    "citrus": ("t", 4_600.0, 0.38, {p.FRUIT: 11.5}),
    "bayberry": ("t", 13_500.0, 0.35, {p.FRUIT: 2.4}),
    "tea": ("t", 92_000.0, 0.40, {p.TEA: 0.82}),
    "timber": ("m3", 920.0, 0.30, {p.NEEDLE: 0.85, p.MIXED: 0.55}),
    "bamboo": ("piece", 9.5, 0.30, {p.BAMBOO: 520.0}),
    "pigs": ("head", 1_980.0, 0.62, {p.DRY: 9.5, p.PADDY: 3.4}),
    "poultry": ("head", 31.0, 0.60, {p.DRY: 95.0, p.PADDY: 40.0}),
    "freshwater_fish": ("t", 15_200.0, 0.52, {p.RESERVOIR: 4.6}),
    "shrimp_and_crab": ("t", 46_000.0, 0.55, {p.POND: 5.4}),
    "shellfish": ("t", 11_800.0, 0.45, {p.TIDAL_FLAT: 9.2, p.POND: 4.0}),
}
TREND = {
    "tea": 0.90,
    "bayberry": 0.82,
    "citrus": 0.92,
    "shrimp_and_crab": 0.86,
    "pigs": 1.14,
    "timber": 1.30,
    "vegetables": 0.90,
}  # 2015
GDP = {2015: 15.6e9, 2023: 23.4e9}
GDP_WEIGHT = (1.45, 0.62, 0.55, 0.90, 1.60, 0.78, 0.70, 0.80, 0.45, 0.52)  # per head, beside the county
VISITS = {2015: 3.62e6, 2023: 6.85e6}
VISIT_WEIGHT = (0.22, 0.12, 0.05, 0.05, 0.06, 0.11, 0.08, 0.16, 0.10, 0.05)
SPENDING = {2015: 690.0, 2023: 880.0}  # CNY per visit at constant prices
WAGE = {2015: 26.0, 2023: 38.0}  # CNY per hour at constant prices
NATURE_SHARE = (0.30, 0.62, 0.60, 0.40, 0.28, 0.58, 0.62, 0.68, 0.75, 0.66)
COLUMNS = ("unit_id", "item", "quantity", "uom", "price", "price_uom", "price_year", "year", "source", "status")


def areas(settlement, cover):
    """Hectares of each type in each town: (town index, type) -> ha."""
    flat = settlement.town.ravel().astype(np.int64) * 1_000 + cover.ravel()
    count = np.bincount(flat, minlength=(len(TOWNS) + 1) * 1_000).reshape(-1, 1_000)
    return count[1:] * CELL**2 / 10_000.0


def rounded(value, uom):
    """Whole head and pieces, tenths of the rest."""
    return round(float(settled(value, 3)), None if uom in ("head", "piece") else 1)


def statistics(settlement, covers):
    """Rows of statistics.csv for both years."""
    rows = []
    for year, cover in covers.items():
        land = areas(settlement, cover)
        for index, town in enumerate(TOWNS):
            rows += products(town[0], land[index], year, index)
            rows += people(town, index, year)
    return rows


def products(unit, land, year, index):
    """Output, producer price and intermediate consumption of what the land yields."""
    rows = []
    for item, (uom, price, share, yields) in PRODUCTS.items():
        luck = 0.93 + 0.14 * float(stream(f"{item} {year} {index}").random())
        total = sum(float(land[kind]) * each for kind, each in yields.items()) * luck
        total *= TREND.get(item, 1.0) if year == 2015 else 1.0
        quantity = rounded(total, uom)
        rows.append((unit, item, quantity, uom, price, PER_UNIT.get(uom, f"CNY {uom}-1"), PRICE_YEAR, year, *BOOK))
        rows.append((unit, f"{item}:intermediate_share", share, "1", "", "", "", year, *BOOK))
    return rows


def people(town, index, year):
    """Residents, product, visitors and what they spend."""
    unit = town[0]
    heads = np.array([row[5] if year == 2015 else row[6] for row in TOWNS], dtype=float)
    weight = heads * np.array(GDP_WEIGHT)
    product = GDP[year] * weight[index] / weight.sum()
    visits = VISITS[year] * VISIT_WEIGHT[index] / sum(VISIT_WEIGHT)
    luck = 0.95 + 0.1 * float(stream(f"visits {year} {index}").random())
    visits = round(float(settled(visits * luck, 3)) / 100.0) * 100
    revenue = round(visits * SPENDING[year] * (0.85 + 0.3 * NATURE_SHARE[index]) / 10_000.0) * 10_000
    money = ("", "", PRICE_YEAR, year, *BOOK)
    return [
        (unit, "population", int(heads[index]), "person", "", "", "", year, *BOOK),
        (unit, "gdp", round(float(settled(product, 0)) / 10_000.0) * 10_000, "CNY", *money),
        (unit, "visits", visits, "visit", "", "", "", year, *BOOK),
        (unit, "tourism_revenue", revenue, "CNY", *money),
        (unit, "nature_share", NATURE_SHARE[index], "1", "", "", "", year, *BOOK),
        (unit, "visit_days", 1.4, "d", "", "", "", year, *BOOK),
        (unit, "hours_per_day", 8, "h d-1", "", "", "", year, *BOOK),
        (unit, "visit_cost", round(SPENDING[year] * 0.82, -1), "CNY visit-1", *money),
        (unit, "wage", WAGE[year], "CNY h-1", *money),
        (unit, "park_visits", 26 if town[1] == CITY else 14, "visit person-1 yr-1", "", "", "", year, *BOOK),
        (unit, "park_hours", 1.3, "h visit-1", "", "", "", year, *BOOK),
    ]
