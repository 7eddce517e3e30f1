"""GEP account: the three category sums of each unit and their total, with the ratios that reports use.

A service counts where its indicator is `yes` in the standard pack; others stand in the supply account alone. The total is given
only where every category that the pack requires has a value: a partial sum is never called GEP.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from ecoval import measure
from ecoval.accounts.sums import group_sum
from ecoval.accounts.valuation import GDP
from ecoval.constants import CATEGORIES, M2_PER_KM2
from ecoval.findings import text_of
from ecoval.services import SERVICES
from ecoval.terms import label

GEP_COLUMNS = (
    "year",
    "unit_set",
    "unit_id",
    "unit_name",
    *CATEGORIES,
    "gep",
    "gep_low",
    "gep_high",
    "categories_missing",
    "price_year",
    "gep_per_km2",
    "gep_per_capita",
    "gep_gdp_ratio",
    "gep_in_gdp",
    "valid_fraction",
)
IN_GDP = ("provisioning", "tourism_health")  # what GDP already counts: material products and tourism


def gep_account(
    supply: pd.DataFrame,
    extent: pd.DataFrame,
    indicators: Mapping[str, str],
    *,
    price_year: int,
    required: Sequence[str] = CATEGORIES,
    statistics: pd.DataFrame | None = None,
    bounds: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """GEP of each unit with its categories, densities and ratios.

    Parameters
    ----------
    supply : table (unit_id, category, service, item, value, valid_area, missing_area, ...)
        The supply account of one unit set and year.
    extent : table (year, unit_set, unit_id, unit_name, ecosystem_type, area, uom)
        The extent account, in m2.
    indicators : table (indicator, included)
        The pack: indicator -> "yes", "no" or "unknown". An indicator is a service, or an item of one (`tourism_health`).
    price_year : number, yr
    required : choice {provisioning, regulating, cultural}
        Categories without which there is no total.
    statistics : table (unit_id, item, quantity, uom)
        Rows of the items `population` and `gdp`, of the account's year where there is a column year. GDP is in money of
        `price_year`, of its year where that is empty.
    bounds : table (unit_id, gep_low, gep_high)
        From draws; else empty, since the sum of low values is not the low value of the sum.

    Returns
    -------
    table (year, unit_set, unit_id, unit_name, provisioning, regulating, cultural, gep, ...)
        The columns of gep.csv. Money in CNY of `price_year`, which is empty where what counts in a unit is in money of several
        years; `gep_per_km2` in CNY km-2, `gep_per_capita` in CNY person-1; no ratio to GDP in money of another year.
    """
    table = extent[["year", "unit_set", "unit_id", "unit_name"]].drop_duplicates("unit_id").set_index("unit_id")
    rows = supply[counted(supply, indicators)]
    for category in CATEGORIES:
        values = group_sum(rows[rows["category"] == category], ["unit_id"], "value")
        table[category] = values.reindex(table.index).astype("float64")
    absent = table[list(required)].isna()
    table["categories_missing"] = [";".join(absent.columns[line]) for line in absent.to_numpy()]
    table["gep"] = table[list(CATEGORIES)].sum(axis=1, min_count=1).where(~absent.any(axis=1))
    for bound in ("gep_low", "gep_high"):
        limits = bounds.set_index("unit_id")[bound] if bounds is not None else pd.Series(dtype="float64")
        table[bound] = limits.reindex(table.index).astype("float64").where(table["gep"].notna())
    table["price_year"] = price_years(rows, table, price_year)
    _densities(table, extent, statistics)
    in_gdp = rows[(rows["category"] == IN_GDP[0]) | (rows["item"] == IN_GDP[1])]
    table["gep_in_gdp"] = group_sum(in_gdp, ["unit_id"], "value").reindex(table.index).astype("float64")
    table["valid_fraction"] = valid_fraction(rows).reindex(table.index).astype("float64")
    return table.reset_index()[list(GEP_COLUMNS)]


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


def indicator_of(supply: pd.DataFrame, indicators: Mapping[str, str]) -> pd.Series:
    """Indicator that each row of a supply account belongs to: its item where the pack lists items, else its service.

    Parameters
    ----------
    supply : table (service, item)
    indicators : table (indicator, included)

    Returns
    -------
    vector (rows)
    """
    by_item = supply["item"].isin(list(indicators)) & ~supply["service"].isin(list(indicators))
    return supply["item"].where(by_item, supply["service"])


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


def counted(supply: pd.DataFrame, indicators: Mapping[str, str]) -> pd.Series:
    """Rows of a supply account whose indicator the pack includes.

    Parameters
    ----------
    supply : table (service, item)
    indicators : table (indicator, included)

    Returns
    -------
    vector (rows)
    """
    return indicator_of(supply, indicators).map(lambda code: indicators.get(code) == "yes").astype(bool)


def valid_fraction(rows: pd.DataFrame) -> pd.Series:
    """Share of the land in scope that has data, over the services of each unit, each weighing by its land in scope.

    Parameters
    ----------
    rows : table (unit_id, service, item, valid_area, missing_area)

    Returns
    -------
    vector (units)
        Items of one service are averaged first, so that many products of a table do not outweigh a map. An item that has
        nothing in scope in a unit does not count there: the share of a unit does not hang on what other units have.
    """
    counted = rows["item"].where(rows["valid_area"] + rows["missing_area"] > 0)
    items = counted.groupby([rows["unit_id"], rows["service"]]).transform("nunique")
    shares = rows[["unit_id"]].assign(valid=rows["valid_area"] / items, missing=rows["missing_area"] / items)
    valid, missing = (group_sum(shares, ["unit_id"], name) for name in ("valid", "missing"))
    scope = valid + missing
    return valid / scope.where(scope > 0)


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
