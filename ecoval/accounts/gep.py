"""GEP account: the three category sums of each unit and their total, with the ratios that reports use.

A service counts where its indicator is `yes` in the standard pack; others stand in the supply account alone. `subtotal` is the sum
of what counts and has a value. It is the GEP of the unit only where it is whole: where every indicator of the pack is computed,
stands in, does not apply or is excluded by name (`accounts.indicators`). A partial sum is never called GEP.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Literal

import pandas as pd

from ecoval import measure
from ecoval.accounts.indicators import (
    COMPUTED,
    EXCLUDED,
    MISSING,
    NOT_APPLICABLE,
    NOT_IMPLEMENTED,
    STAND_IN,
    UNREAD,
    WHOLE_STATES,
    counted,
    land_of,
)
from ecoval.accounts.sums import group_sum
from ecoval.accounts.valuation import GDP
from ecoval.constants import CATEGORIES, M2_PER_KM2, MISSING_TYPE
from ecoval.findings import text_of
from ecoval.services import SERVICES
from ecoval.terms import label

VALID = "valid_fraction"
GEP_COLUMNS = (
    "year",
    "unit_set",
    "unit_id",
    "unit_name",
    *CATEGORIES,
    "gep",
    "gep_low",
    "gep_high",
    "subtotal",
    "total_least",
    "total_most",
    "complete",
    "indicators_yes",
    "indicators_computed",
    "indicators_missing",
    "indicators_excluded",
    "value_share_other_price_years",
    "value_share_unchecked",
    "categories_missing",
    "price_year",
    "gep_per_km2",
    "gep_per_capita",
    "gep_gdp_ratio",
    "gep_in_gdp",
    VALID,
    *(f"{VALID}_{category}" for category in CATEGORIES),
)
CODE_COLUMNS = ("indicators_missing", "indicators_excluded", "categories_missing")  # codes joined by ;
IN_GDP = ("provisioning", "tourism_health")  # what GDP already counts: material products and tourism
CHECKED_STATUSES = ("verified", "published")  # of the statuses, from best to worst, those that somebody has checked


def gep_account(
    supply: pd.DataFrame,
    extent: pd.DataFrame,
    included: Mapping[str, str],
    states: pd.DataFrame,
    *,
    price_year: int,
    cell_items: Collection[tuple[str, str]] = (),
    statistics: pd.DataFrame | None = None,
    bounds: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """GEP of each unit with its categories, what makes it whole or not, densities and ratios.

    Parameters
    ----------
    supply : table (unit_id, category, service, item, value, price_year, status, valid_area, missing_area, ...)
        The supply account of one unit set and year.
    extent : table (year, unit_set, unit_id, unit_name, ecosystem_type, area, uom)
        The extent account, in m2.
    included : table (indicator, included)
        `Grounds.counted`: indicator -> "yes" where it counts. An indicator is a service, or an item of one (`tourism_health`).
    states : table (unit_id, indicator, state, value, value_least, value_most, share, ...)
        Of `indicator_account`.
    price_year : number, yr
    cell_items : vector (service, item)
        Items that are summed over cells: the worst of them gives `valid_fraction`.
    statistics : table (unit_id, item, quantity, uom)
        Rows of the items `population` and `gdp`, of the account's year where there is a column year. GDP is in money of
        `price_year`, of its year where that is empty.
    bounds : table (unit_id, gep_low, gep_high)
        From draws; else empty, since the sum of low values is not the low value of the sum.

    Returns
    -------
    table (year, unit_set, unit_id, unit_name, provisioning, regulating, cultural, gep, ...)
        The columns of gep.csv. `total_least` and `total_most` bound the whole sum where nothing lacks but land without data
        (`bounds.missing_land`), else they are empty. Money in CNY of `price_year`, which is empty where what counts in a unit is
        in money of several years; `gep_per_km2` in CNY km-2, `gep_per_capita` in CNY person-1; no ratio to GDP in money of
        another year.
    """
    table = extent[["year", "unit_set", "unit_id", "unit_name"]].drop_duplicates("unit_id").set_index("unit_id")
    rows = supply[counted(supply, included)]
    for category in CATEGORIES:
        values = group_sum(rows[rows["category"] == category], ["unit_id"], "value")
        table[category] = values.reindex(table.index).astype("float64")
    absent = table[list(CATEGORIES)].isna()
    table["categories_missing"] = [";".join(absent.columns[line]) for line in absent.to_numpy()]
    table["subtotal"] = table[list(CATEGORIES)].sum(axis=1, min_count=1)
    _wholeness(table, states)
    _bounds(table, states)
    table["gep"] = table["subtotal"].where(table["complete"])
    for bound in ("gep_low", "gep_high"):
        limits = bounds.set_index("unit_id")[bound] if bounds is not None else pd.Series(dtype="float64")
        table[bound] = limits.reindex(table.index).astype("float64").where(table["complete"])
    table["price_year"] = price_years(rows, table, price_year)
    table["value_share_other_price_years"] = _share(rows, rows["price_year"] != price_year, table)
    table["value_share_unchecked"] = _share(rows, ~rows["status"].isin(CHECKED_STATUSES), table)
    _densities(table, extent, statistics)
    in_gdp = rows[(rows["category"] == IN_GDP[0]) | (rows["item"] == IN_GDP[1])]
    table["gep_in_gdp"] = group_sum(in_gdp, ["unit_id"], "value").reindex(table.index).astype("float64")
    of_cells = pd.Series([pair in cell_items for pair in zip(rows["service"], rows["item"], strict=True)], rows.index, dtype=bool)
    groups = {VALID: of_cells} | {f"{VALID}_{category}": rows["category"] == category for category in CATEGORIES}
    for column, chosen in groups.items():
        table[column] = valid_fraction(rows[chosen]).reindex(table.index).astype("float64").where(_covered(extent, table), 0.0)
    return table.reset_index()[list(GEP_COLUMNS)]


def _wholeness(table: pd.DataFrame, states: pd.DataFrame) -> None:
    """Fill in how many indicators there are and have a value, which lack, and whether the sum is whole."""
    groups = states.astype({"unit_id": str}).groupby("unit_id", sort=False)
    lines: dict[object, tuple[bool, int, int, str, str]] = {}
    for unit, rows in groups:
        pairs = list(zip(rows["indicator"], rows["state"], strict=True))
        of_pack = [(code, state) for code, state in pairs if state != UNREAD]
        lacking = ";".join(code for code, state in of_pack if state in (MISSING, NOT_IMPLEMENTED))
        excluded = ";".join(code for code, state in of_pack if state == EXCLUDED)
        number = sum(state in (COMPUTED, STAND_IN) for _, state in of_pack)
        lines[unit] = (all(state in WHOLE_STATES for _, state in pairs), len(of_pack), number, lacking, excluded)
    columns = ("complete", "indicators_yes", "indicators_computed", "indicators_missing", "indicators_excluded")
    rows_of_units = [lines.get(str(unit), (False, 0, 0, "", "")) for unit in table.index]
    for name, values in zip(columns, zip(*rows_of_units, strict=True), strict=True):
        table[name] = list(values)
    table["complete"] = table["complete"].astype(bool) & table["subtotal"].notna()


def _bounds(table: pd.DataFrame, states: pd.DataFrame) -> None:
    """Fill in the sum with the bounds of each indicator in place of its value, where all that the sum lacks is bounded."""
    rows = states[~states["state"].isin((NOT_APPLICABLE, EXCLUDED))].astype({"unit_id": str})
    for column, bound in (("total_least", "value_least"), ("total_most", "value_most")):
        parts = rows.assign(more=rows[bound] - rows["value"].fillna(0.0))
        whole = parts["more"].notna().groupby(parts["unit_id"]).all().reindex(table.index, fill_value=False)
        more = group_sum(parts, ["unit_id"], "more").reindex(table.index)
        table[column] = (table["subtotal"].fillna(0.0) + more).where(whole)


def _share(rows: pd.DataFrame, chosen: pd.Series, table: pd.DataFrame) -> pd.Series:
    """Share of some rows in the size of the values of each unit; empty where there is none."""
    sizes = rows.assign(size=rows["value"].abs())
    whole = group_sum(sizes, ["unit_id"], "size").reindex(table.index)
    part = group_sum(sizes[chosen.fillna(True).astype(bool)], ["unit_id"], "size").reindex(table.index).fillna(0.0)
    return (part / whole).where(whole > 0)


def _densities(table: pd.DataFrame, extent: pd.DataFrame, statistics: pd.DataFrame | None) -> None:
    """Fill in the total per km2, per person and over GDP."""
    area = group_sum(extent, ["unit_id"], "area").reindex(table.index)
    table["gep_per_km2"] = table["gep"] / (area / M2_PER_KM2).where(area > 0)
    table["gep_per_capita"] = table["gep"] / statistic(statistics, "population", "person", table)
    table["gep_gdp_ratio"] = table["gep"] / statistic(of_money(statistics, table), GDP, "CNY", table)


def price_years(rows: pd.DataFrame, units: pd.DataFrame, price_year: int) -> pd.Series:
    """Year of the money of each unit's sums: that of the values in them, the price year where there are none.

    Parameters
    ----------
    rows : table (unit_id, value, price_year)
        What counts in the sums.
    units : table (unit_id, ...)
    price_year : number, yr

    Returns
    -------
    vector (units), yr
        Empty where they are of several years, or one has none.
    """
    valued = rows[rows["value"].notna()]
    years = valued["price_year"].astype("float64").fillna(-1.0).groupby(valued["unit_id"])
    one = years.max().where((years.max() == years.min()) & (years.max() > 0))
    return one.reindex(units.index).where(units.index.isin(valued["unit_id"]), float(price_year)).astype("Int64")


def gdp_years(statistics: pd.DataFrame) -> pd.Series:
    """Year of the money of each row of GDP: its price year, else its year; missing where neither is given.

    Parameters
    ----------
    statistics : table (unit_id, item, price_year, year)

    Returns
    -------
    vector (rows of GDP), yr
    """
    rows = statistics[statistics["item"] == GDP]
    stated = [pd.to_numeric(rows[name], errors="coerce") for name in ("price_year", "year") if name in rows]
    years = pd.Series(float("nan"), index=rows.index)
    for each in stated:
        years = years.fillna(each)
    return years


def of_money(statistics: pd.DataFrame | None, units: pd.DataFrame) -> pd.DataFrame | None:
    """Statistics without the GDP that is not in the money of its unit's sums.

    Parameters
    ----------
    statistics : table (unit_id, item, quantity, uom, price_year, year)
    units : table (unit_id, price_year)

    Returns
    -------
    table (unit_id, item, quantity, uom, price_year, year)
    """
    if statistics is None or not {"price_year", "year"} & set(statistics.columns):
        return statistics
    years = gdp_years(statistics)
    sum_years = units["price_year"].astype("float64").reindex(statistics.loc[years.index, "unit_id"].astype(str)).to_numpy()
    other: pd.Index = years.index[years.to_numpy() != sum_years]
    rest: pd.DataFrame = statistics.drop(index=other)
    return rest


def _covered(extent: pd.DataFrame, table: pd.DataFrame) -> pd.Series:
    """Whether the land cover says anything of a unit."""
    typed = extent[(extent["ecosystem_type"] != MISSING_TYPE) & (extent["area"] > 0)]
    return pd.Series(table.index.isin(typed["unit_id"]), table.index)


def total_column(gep: pd.DataFrame) -> Literal["gep", "subtotal"]:
    """Column of a GEP table that units may be compared by: `gep` where each unit has one, else what is called a subtotal."""
    return "gep" if len(gep) and bool(gep["gep"].notna().all()) else "subtotal"


def reason_of_gap(indicator: str, record: Mapping[str, object], lang: str) -> str:
    """Why a run has no value of an indicator: what its record says was left out, else what can be told without it.

    Parameters
    ----------
    indicator : text
    record : table (left_out, services)
        Of run.json.
    lang : choice {en, zh}

    Returns
    -------
    text
    """
    service = next((entry.code for entry in SERVICES if indicator in (entry.code, *(item.code for item in entry.items))), None)
    left_out = record.get("left_out")
    for key in (indicator, f"{service}:{indicator}", service):
        if isinstance(left_out, Mapping) and key in left_out:
            return text_of(left_out[key], lang)
    services = record.get("services")
    computed = isinstance(services, Mapping) and service in services
    return label("no_service" if service is None else "without_value" if computed else "not_asked_for", lang)


def valid_fraction(rows: pd.DataFrame) -> pd.Series:
    """Share of the land in scope that has data, of the service of each unit that has the least.

    Parameters
    ----------
    rows : table (unit_id, service, item, ecosystem_type, valid_area, missing_area)

    Returns
    -------
    vector (units), 0-1
        Never a mean over services. A service that has nothing in scope in a unit does not count there: the share of a unit does
        not hang on what other units have.
    """
    land = land_of(rows, ["unit_id", "service"])
    scope = land["scope"].where(land["scope"] > 0)
    return ((land["scope"] - land["missing"]) / scope).groupby(level="unit_id", sort=False).min()


def statistic(statistics: pd.DataFrame | None, item: str, uom: str, units: pd.DataFrame) -> pd.Series:
    """One reserved statistic of each unit in the measure wanted; missing where it is not given or not positive.

    Parameters
    ----------
    statistics : table (unit_id, item, quantity, uom)
    item, uom : text
    units : table (unit_id, year)

    Returns
    -------
    vector (units)
    """
    if statistics is None or not len(statistics):
        return pd.Series(float("nan"), index=units.index)
    rows = statistics[statistics["item"] == item].astype({"unit_id": str})
    if "year" in rows:
        years = units["year"].reindex(rows["unit_id"]).to_numpy()
        rows = rows[(pd.to_numeric(rows["year"], errors="coerce").to_numpy() == years) | (rows["year"].isna().to_numpy())]
    numbers = rows["quantity"].astype("float64") * [measure.factor(str(symbol), uom) for symbol in rows["uom"]]
    summed = group_sum(rows.assign(number=numbers), ["unit_id"], "number").reindex(units.index)
    return summed.where(summed > 0)
