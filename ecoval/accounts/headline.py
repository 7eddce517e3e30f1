"""What may be said of a unit set in one line: its total, what that is called, and what a reader must know of it.

A total over units is their GEP where each of them is whole, else a subtotal, which is never called anything else. Over units that
overlap or nest there is none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pandas as pd
import shapely

from ecoval.accounts.gep import CHECKED_STATUSES, total_column
from ecoval.accounts.indicators import EXCLUDED, MISSING, MISSING_SHARE, NOT_IMPLEMENTED, STAND_IN, UNREAD, counted, reason_text
from ecoval.accounts.sums import group_sum
from ecoval.terms import name, number_text, scaled, share_text, vocabulary
from ecoval.words import LANGUAGES, message

OVERLAP = 1e-6  # share of the area


def is_additive(shapes: Any, tolerance: float = OVERLAP) -> bool:
    """Whether the units of a set lie side by side, so that their sum is the area as a whole.

    Parameters
    ----------
    shapes : table (geometry)
    tolerance : number, 1
        Share of the area that may overlap.

    Returns
    -------
    choice {True, False}
    """
    if shapes is None or not len(shapes):
        return False
    polygons = shapes.geometry.to_numpy()
    if shapely.coverage_is_valid(polygons):
        return True
    parts = shapely.area(polygons).sum()
    return bool(parts - shapely.area(shapely.union_all(polygons)) <= tolerance * parts)


def headline(
    gep: pd.DataFrame,
    indicators: pd.DataFrame,
    supply: pd.DataFrame,
    included: Mapping[str, str],
    additive: bool,
    missing_share: float = MISSING_SHARE,
) -> dict[str, Any]:
    """The line of one unit set and year.

    Parameters
    ----------
    gep : table (unit_id, gep, gep_low, gep_high, subtotal, complete, indicators_missing, ...)
    indicators : table (unit_id, indicator, state, share, reason)
    supply : table (unit_id, service, item, value, price_year, ...)
    included : table (indicator, included)
        `Grounds.counted`.
    additive : choice {True, False}
        Whether the units may be added up.
    missing_share : number, 1, 0-1
        Of the land in scope that a service may lack and count as computed.

    Returns
    -------
    table (key, value)
        `total` is the name of the column that may be shown of every unit, `value`, `low` and `high` its sum, `least` and `most`
        the sum of the bounds of land without data, None where there is none; `missing`, of it `partial` with a value of a part,
        `excluded` and `unread` are indicators; `comparable` tells whether every unit lacks the same; `price_years` holds the share
        of the values at each price year, the key "" being values without a year.
    """
    total = total_column(gep)
    sums = additive or len(gep) == 1
    rows = supply[counted(supply, included)]
    sizes = rows.assign(size=rows["value"].abs(), price_year=rows["price_year"].astype("float64"))
    sizes = sizes[sizes["size"].notna()]
    whole = float(sizes["size"].sum())
    years = group_sum(sizes.assign(price_year=sizes["price_year"].fillna(-1.0)), ["price_year"], "size").sort_index()
    states = {state: list(dict.fromkeys(part["indicator"])) for state, part in indicators.groupby("state", sort=False)}
    borrowed = indicators[indicators["state"] == STAND_IN]
    by_unit = group_sum(sizes, ["unit_id"], "size")
    stands = (borrowed["share"] * by_unit.reindex(borrowed["unit_id"]).to_numpy()).sum()
    pack = list(dict.fromkeys(indicators["indicator"]))
    valued = set(indicators.loc[indicators["value"].notna(), "indicator"])
    lacking = {*states.get(MISSING, []), *states.get(NOT_IMPLEMENTED, [])}
    return {
        "units": len(gep),
        "complete": int(gep["gep"].notna().sum()),
        "additive": sums,
        "total": total,
        "value": _sum(gep[total]) if sums else None,
        "low": _sum(gep["gep_low"]) if sums else None,
        "high": _sum(gep["gep_high"]) if sums else None,
        "least": _sum(gep["total_least"]) if sums else None,
        "most": _sum(gep["total_most"]) if sums else None,
        "missing": [code for code in pack if code in lacking],
        "partial": [code for code in pack if code in lacking and code in valued],
        "excluded": [code for code in pack if code in states.get(EXCLUDED, [])],
        "unread": states.get(UNREAD, []),
        "comparable": int(gep["indicators_missing"].nunique()) <= 1,
        "stand_ins": float(stands / whole) if whole > 0 else 0.0,
        "price_years": {
            "" if year < 0 else str(int(year)): float(size / whole)
            for year, size in zip(years.index.to_numpy(), years, strict=True)
            if whole > 0 and size > 0
        },
        "unchecked": float(sizes.loc[~sizes["status"].isin(CHECKED_STATUSES), "size"].sum() / whole) if whole > 0 else 0.0,
        "missing_share": missing_share,
        "least_valid": float(gep["valid_fraction"].min()) if gep["valid_fraction"].notna().any() else None,
        "reasons": _reasons(indicators),
    }


def _sum(values: pd.Series) -> float | None:
    """Exactly rounded sum; None where a unit has no value."""
    if not len(values) or values.isna().any():
        return None
    return float(group_sum(values.to_frame("value").assign(all=0), ["all"], "value").iloc[0])


def _reasons(indicators: pd.DataFrame) -> list[dict[str, Any]]:
    """Indicators that lack or are excluded, with their reasons and the number of units of each."""
    rows = indicators[indicators["state"].isin((MISSING, NOT_IMPLEMENTED, EXCLUDED))]
    counts: dict[Any, int] = rows.groupby(["indicator", "state", "reason"], sort=False).size().to_dict()
    return [
        {"indicator": code, "state": state, "reason": reason, "units": int(number)}
        for (code, state, reason), number in counts.items()
    ]


def total_name(line: Mapping[str, Any], lang: str) -> str:
    """What the total of a headline is called: GEP, GEP without what is excluded, or a subtotal without what it lacks."""
    if line["total"] == "gep":
        return (
            message("total_gep_without", {"services": names(line["excluded"], lang)}, lang)
            if line["excluded"]
            else message("total_gep", {}, lang)
        )
    lacking = [*(code for code in line["missing"] if code not in line["partial"]), *line["excluded"]]
    parts = [("total_without", lacking), ("total_part_of", line["partial"])]
    texts = [message(code, {"services": names(codes, lang)}, lang) for code, codes in parts if codes]
    texts += [message("total_unread", {}, lang)] if line["unread"] else []
    if not texts:
        return message("total_subtotal", {}, lang)
    return message("total_subtotal_but", {"text": ("；" if lang == "zh" else "; ").join(texts)}, lang)


def money_text(value: float, lang: str) -> str:
    """Money in the measure that gives it few digits."""
    number, uom = scaled(value, "CNY", lang)
    return f"{number_text(number, 4)} {uom}"


def total_remarks(
    line: Mapping[str, Any], price_year: object, lang: str, money: Callable[[float, str], str] = money_text
) -> list[str]:
    """Sentences that stand beside a total: overlapping units, stand-ins, units that are not comparable, prices of other years."""
    remarks = []
    if not line["additive"]:
        remarks.append(message("total_overlapping", {}, lang))
    if line["stand_ins"] > 0:
        code = "total_stand_ins" if line["total"] == "gep" else "total_stand_ins_part"
        remarks.append(message(code, {"share": share_text(line["stand_ins"], lang)}, lang))
    if line["least_valid"] is not None and line["least_valid"] < 1:
        shares = {"valid": share_text(line["least_valid"], lang), "share": share_text(line["missing_share"], lang)}
        remarks.append(message("total_valid", shares, lang))
    if line["least"] is not None and line["least"] < line["most"]:
        remarks.append(message("total_bounds", {bound: money(line[bound], lang) for bound in ("least", "most")}, lang))
    if line["unchecked"] > 0:
        remarks.append(message("total_unchecked", {"share": share_text(line["unchecked"], lang)}, lang))
    if not line["comparable"]:
        remarks.append(message("total_not_comparable", {}, lang))
    if set(line["price_years"]) - {str(price_year)}:
        remarks.append(prices_text(line, price_year, lang))
    return remarks


def prices_text(line: Mapping[str, Any], price_year: object, lang: str) -> str:
    """Price year of a headline: one where all values are at it, else each with its share."""
    years = line["price_years"]
    if "" not in years and len(years) <= 1:
        return prices_caption([line], price_year, lang)
    unknown = message("total_prices_unknown", {}, lang)
    parts = [f"{year or unknown} {share_text(share, lang)}" for year, share in years.items()]
    return message("total_prices_mixed", {"years": ("、" if lang == "zh" else ", ").join(parts)}, lang)


def prices_caption(lines: Iterable[Mapping[str, Any]], price_year: object, lang: str) -> str:
    """Years of the prices of headlines, short enough for the caption of a table."""
    years = sorted({year for line in lines for year in line["price_years"]}) or [str(price_year)]
    unknown = message("total_prices_unknown", {}, lang)
    return message("total_prices", {"year": ("、" if lang == "zh" else ", ").join(year or unknown for year in years)}, lang)


def lacking_lines(line: Mapping[str, Any], lang: str, left_out: Mapping[str, object] | None = None) -> list[str]:
    """One line per indicator that lacks or is excluded, with the reason and, where not all units share it, their number."""
    texts = []
    for entry in line["reasons"]:
        own = entry["state"] == EXCLUDED and f"reason {entry['reason']}" not in vocabulary()  # a study's own words
        reason = entry["reason"] if own else reason_text(entry["reason"] or entry["state"], lang, left_out, entry["indicator"])
        text = f"{name(entry['indicator'], lang)}{'：' if lang == 'zh' else ': '}{reason}"
        fields = {"text": text, "units": entry["units"], "number": line["units"]}
        texts.append(text if entry["units"] == line["units"] else message("total_of_units", fields, lang))
    return texts


def worded(line: Mapping[str, Any], price_year: object, left_out: Mapping[str, object]) -> dict[str, Any]:
    """A headline with its texts in both languages, for programs that have no words of their own: `texts`, by language."""
    texts = {
        lang: {
            "name": total_name(line, lang),
            "prices": prices_text(line, price_year, lang),
            "remarks": total_remarks(line, price_year, lang),
            "lacking": lacking_lines(line, lang, left_out),
        }
        for lang in LANGUAGES
    }
    return {**line, "texts": texts}


def names(codes: Iterable[str], lang: str) -> str:
    """Names of indicators in one text."""
    return ("、" if lang == "zh" else ", ").join(name(code, lang) for code in codes)
