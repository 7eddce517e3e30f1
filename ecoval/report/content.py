"""The tables of a report, as numbers: what HTML and XLSX both write down.

All money is in CNY and all areas are in m2 here; the unit chosen by the reader is applied where a number becomes text.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from ecoval.accounts.headline import headline, is_additive
from ecoval.accounts.indicators import MISSING_SHARE, counted
from ecoval.accounts.supply import AREAS
from ecoval.accounts.valuation import worst_status
from ecoval.constants import CATEGORIES
from ecoval.report.folder import RunFiles

Rows = list[dict[str, Any]]
# order of the county reports: groups of regulating services, then provisioning, then cultural
GROUPS = (
    (
        "regulating",
        "water_and_soil",
        (
            "water_retention",
            "soil_retention",
            "sand_fixation",
            "flood_mitigation",
            "coastal_protection",
            "water_purification",
            "seawater_purification",
        ),
    ),
    ("regulating", "air", ("air_purification", "negative_ions", "noise_attenuation")),
    (
        "regulating",
        "climate",
        ("carbon_sequestration", "coastal_wetland_carbon", "marine_carbon", "oxygen_release", "climate_regulation"),
    ),
    ("regulating", "life", ("species_conservation", "pest_control")),
    ("regulating", "regulating_other", ()),
    ("provisioning", "provisioning", ("material_supply", "water_supply", "eco_energy", "fishery_supply")),
    ("cultural", "cultural", ("recreation", "amenity", "seascape")),
)
ORDER = {service: (place, rank) for place, (_, _, services) in enumerate(GROUPS) for rank, service in enumerate(services)}
LAST_OF = {"regulating": 4, "provisioning": 5, "cultural": 6}
ITEM_COLUMNS = (
    *("category", "option", "quantity", "uom", "price", "price_year", "price_uom"),
    *("value", "value_low", "value_high", "status", *AREAS),
)


def unit_sets(run: RunFiles) -> Rows:
    """Sections of a report: one per unit set.

    Returns
    -------
    table (unit_set, subject, gep, services, ...)
        As a list of dictionaries.
    """
    included = {name: entry[0] for name, entry in run.indicators.items()}
    sections = []
    for unit_set in run.gep["unit_set"].unique():
        tables = [table[table["unit_set"] == unit_set] for table in (run.supply, run.gep, run.extent, run.states)]
        sections.append(
            _section(unit_set, tables, run.shapes.get(unit_set), included, run.record.get("missing_share", MISSING_SHARE))
        )
    return sections


def _section(
    unit_set: str, tables: list[pd.DataFrame], shapes: Any, included: Mapping[str, str], missing_share: float
) -> dict[str, Any]:
    supply, gep, extent, states = tables
    additive = len(gep) == 1 or is_additive(shapes)
    area = extent.groupby("unit_id", sort=False)["area"].sum()
    unit_areas = area.reindex(gep["unit_id"]).to_numpy()
    subject = None if additive else gep["unit_id"].iloc[int(np.argmax(unit_areas))]
    held = supply if additive else supply[supply["unit_id"] == subject]
    land = extent if additive else extent[extent["unit_id"] == subject]
    of_subject = gep if additive else gep[gep["unit_id"] == subject]
    states = states if additive else states[states["unit_id"] == subject]
    line = headline(of_subject, states, held, included, additive=True, missing_share=missing_share)
    total = np.nan if line["value"] is None else line["value"]
    counts = held[counted(held, included)]
    return {
        "unit_set": unit_set,
        "additive": additive,
        "subject": None if additive else gep["unit_name"].iloc[int(np.argmax(unit_areas))],
        "units": gep.assign(area=unit_areas).to_dict("records"),
        "states": states,
        "line": line,
        "complete": line["complete"],
        "number": len(of_subject),
        "total": total_row(of_subject, float(area.reindex(of_subject["unit_id"]).sum())),
        "services": service_rows(counts, total),
        "beside": beside_rows(held, included),
        "types": type_rows(counts, land),
        "areas": area_rows(held),
        "sensitivity": sensitivity_rows(counts, total),
        "shapes": shapes,
        "gep": gep,
        "supply": supply,
    }


def total_row(gep: pd.DataFrame, area: float) -> dict[str, Any]:
    """Sums over the units of a section; a total stands only where each unit has one.

    Parameters
    ----------
    gep : table (unit_id, provisioning, regulating, cultural, gep, ...)
    area : number, m2

    Returns
    -------
    table (key, value)
    """
    names = (*CATEGORIES, "gep", "subtotal", "total_least", "total_most", "gep_in_gdp")
    row: dict[str, Any] = {name: gep[name].sum() if gep[name].notna().all() else np.nan for name in names}
    row["partial"] = {name: (gep[name].sum(min_count=1), int(gep[name].notna().sum())) for name in CATEGORIES}
    people, product = gep["gep"] / gep["gep_per_capita"], gep["gep"] / gep["gep_gdp_ratio"]
    row["area"] = area
    row["gep_per_km2"] = row["gep"] / (area / 1e6) if area else np.nan
    row["gep_per_capita"] = row["gep"] / people.sum() if people.notna().all() else np.nan
    row["gep_gdp_ratio"] = row["gep"] / product.sum() if product.notna().all() else np.nan
    return row


def service_rows(counts: pd.DataFrame, total: float) -> Rows:
    """Services that count, in the order of the county reports, with group and category subtotals.

    Parameters
    ----------
    counts : table (category, service, item, quantity, uom, price, value, ...)

    Returns
    -------
    table (kind, category, group, service, item, quantity, uom, price, price_uom, value, share_of_class, share_of_total, ...)
        As a list of dictionaries; `kind` is item, group, category or total.
    """
    by_class = counts.groupby("category")["value"].sum(min_count=1)
    items = _items(counts)
    rows = []
    for category in ("regulating", "provisioning", "cultural"):
        groups = [(place, group) for place, (of, group, _) in enumerate(GROUPS) if of == category]
        for place, group in groups:
            members = [item for item in items if item["category"] == category and item["place"][0] == place]
            rows += members
            if category == "regulating" and len({item["service"] for item in members}) > 1:
                rows.append({"kind": "group", "group": group, "category": category, "value": _sum(members)})
        if category in by_class.index:
            rows.append({"kind": "category", "group": category, "category": category, "value": by_class[category]})
    for row in rows:
        row["share_of_class"] = _share(row["value"], by_class.get(row["category"], np.nan))
        row["share_of_total"] = _share(row["value"], total)
    if rows:
        rows.append(
            {
                "kind": "total",
                "group": "gep",
                "category": "",
                "value": total,
                "share_of_class": np.nan,
                "share_of_total": _share(total, total),
            }
        )
    return rows


def beside_rows(supply: pd.DataFrame, included: Mapping[str, str]) -> Rows:
    """Services that stand beside the total: not in the pack, or membership not verified.

    Parameters
    ----------
    supply : table (service, item, value, ...)
    included : table (indicator, included)

    Returns
    -------
    table (service, item, quantity, uom, value, membership)
        As a list of dictionaries.
    """
    rest = supply[~counted(supply, included)]
    rows = _items(rest)
    for row in rows:
        by_item = row["item"] in included and row["service"] not in included
        known = included.get(row["item"] if by_item else row["service"], "absent")
        row["membership"] = known if known in ("no", "unknown") else "absent"
    return rows


def type_rows(counts: pd.DataFrame, extent: pd.DataFrame) -> Rows:
    """Area and value of each ecosystem type.

    Parameters
    ----------
    counts : table (ecosystem_type, value)
    extent : table (ecosystem_type, area)

    Returns
    -------
    table (ecosystem_type, area, value, value_per_km2, share)
        As a list of dictionaries; "*" holds what statistics give for whole units.
    """
    area = extent.groupby("ecosystem_type", sort=False)["area"].sum()
    value = counts.groupby("ecosystem_type")["value"].sum(min_count=1)
    codes = [*sorted(set(area.index) - {"missing"}), *(code for code in ("*", "missing") if code in {*area.index, *value.index})]
    known = value.sum(min_count=1)
    rows = []
    for code in codes:
        land, worth = area.get(code, np.nan), value.get(code, np.nan)
        rows.append(
            {
                "ecosystem_type": code,
                "area": land,
                "share_of_area": _share(land, area.sum()),
                "value": worth,
                "value_per_km2": worth / (land / 1e6) if land and land > 0 else np.nan,
                "share_of_value": _share(worth, known),
            }
        )
    return rows


def area_rows(supply: pd.DataFrame) -> Rows:
    """Valid, missing and out-of-scope area of each service item, also of those beside the total.

    Parameters
    ----------
    supply : table (service, item, valid_area, missing_area, out_of_scope_area)

    Returns
    -------
    table (service, item, valid_area, missing_area, out_of_scope_area, valid_fraction)
        As a list of dictionaries.
    """
    rows = _items(supply)
    for row in rows:
        scope = row["valid_area"] + row["missing_area"]
        row["valid_fraction"] = row["valid_area"] / scope if scope > 0 else np.nan
    return rows


def sensitivity_rows(counts: pd.DataFrame, total: float, step: float = 0.2) -> Rows:
    """What a fifth more or less of the three largest services does to the total.

    Parameters
    ----------
    counts : table (service, value)
    step : number, 1

    Returns
    -------
    table (service, value, share, step, effect)
        As a list of dictionaries.
    """
    largest = counts.groupby("service")["value"].sum(min_count=1).dropna().nlargest(3)
    return [
        {"service": service, "value": value, "share": _share(value, total), "step": step, "effect": _share(step * value, total)}
        for service, value in largest.items()
    ]


def _items(supply: pd.DataFrame) -> Rows:
    """One dictionary per service item, in the order of the reports."""
    rows: Rows = []
    number = supply.drop_duplicates(["service", "item"])["service"].value_counts()
    columns = {name: supply[name].to_numpy() for name in ITEM_COLUMNS}  # a frame per item takes ten times as long
    groups: dict[Any, Any] = supply.groupby(["service", "item"], sort=False).indices
    for (service, item), places in groups.items():
        part = {name: column[places] for name, column in columns.items()}
        category = part["category"][0]
        priced = ~(pd.isna(part["price"]) | pd.isna(part["quantity"]))
        prices, years = pd.unique(part["price"][priced]), part["price_year"][priced]
        rows.append(
            {
                "kind": "item",
                "place": (*ORDER.get(service, (LAST_OF[category], 99)), len(rows)),
                "category": category,
                "service": service,
                "item": item,
                "alone": bool(number[service] == 1),
                "option": part["option"][0],
                "uom": next((uom for uom in part["uom"] if uom), ""),
                "price": prices[0] if len(prices) and np.ptp(prices) <= 1e-9 * abs(prices[0]) else np.nan,
                "price_varies": len(prices) > 1,
                "price_years": sorted({int(year) for year in years[~pd.isna(years)]}),
                "price_uom": next((uom for uom in part["price_uom"][priced] if uom), ""),
                **{name: _total(part[name]) for name in ("quantity", "value", "value_low", "value_high")},
                "status": worst_status(part["status"]),
                **{name: float(_total(part[name], 0.0)) for name in AREAS},
            }
        )
    return sorted(rows, key=lambda row: row["place"])


def _total(values: Any, nothing: float = np.nan) -> float:
    """Sum of what there is; `nothing` where there is nothing."""
    absent = np.isnan(values)
    return nothing if absent.all() else np.where(absent, 0.0, values).sum()


def _sum(rows: Rows) -> float:
    return pd.Series([row["value"] for row in rows], dtype="float64").sum(min_count=1)


def _share(part: float, whole: float) -> float:
    return part / whole if whole and np.isfinite(whole) else np.nan
