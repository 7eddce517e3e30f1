"""States of the indicators of a standard pack in each unit: whether a sum of their values is whole, and what it lacks.

    computed         its land has data up to the share that may be missing, and each of its quantities has a value
    stand_in         computed, in part with numbers of another ecosystem type
    missing          the version has the service, but the data do not give the whole of it in this unit
    not_applicable   nothing in the unit can give it: no ecosystem type of its scope (no coast, no sea), by the land cover
    excluded         left out by name, with a reason
    membership_unread  nobody has read in the text of the standard whether it belongs to the pack
    not_implemented  the version has no such service

A sum is whole where every indicator of the pack is in one of the states `WHOLE_STATES`. Each state is worked out from the tables
of the account and from `Grounds`; nothing is opened here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

import pandas as pd

from ecoval.accounts.bounds import BOUNDS, missing_land
from ecoval.accounts.extent import WHOLE_UNIT
from ecoval.accounts.sums import group_sum
from ecoval.constants import MISSING_TYPE
from ecoval.findings import without_advice
from ecoval.terms import name, vocabulary

COMPUTED, STAND_IN, MISSING, NOT_APPLICABLE = "computed", "stand_in", "missing", "not_applicable"
EXCLUDED, UNREAD, NOT_IMPLEMENTED = "excluded", "membership_unread", "not_implemented"
STATES = (COMPUTED, STAND_IN, MISSING, NOT_APPLICABLE, EXCLUDED, UNREAD, NOT_IMPLEMENTED)
WHOLE_STATES = (COMPUTED, STAND_IN, NOT_APPLICABLE, EXCLUDED)
STATE_COLUMNS = ("year", "unit_set", "unit_id", "indicator", "state", "value", "value_least", "value_most", "share", "reason")
LAND_REASONS = {"land_missing", "no_land_cover"}  # what bounds can be given for
LEFT_OUT = ("left_out", "item_left_out")  # reasons that name what is left out, and the code of the message that says why
MISSING_SHARE = 0.001  # of the land in scope that a service may lack and count as computed
_PAIR = ["unit_id", "indicator"]
_ITEM = ["service", "item"]
_UNBOUNDED = (float("nan"), float("nan"))


@dataclass(frozen=True)
class Grounds:
    """What states follow from beside the tables of an account.

    Parameters
    ----------
    included : table (indicator, included)
        The pack: indicator -> "yes", "no" or "unknown".
    excluded : table (indicator, reason)
    services : table (indicator, service)
        Service that gives an indicator, for all that this version or the user has.
    computed : vector (services)
        Services that the account computes.
    left_out : table (name, code)
        `service` or `service:item` -> code of the message that says why it is not computed.
    scope : table (name, types)
        Indicator or `service:item` -> types of the land cover's classes that it counts; empty where the classes know none of them.
    unpriced : vector (service, item)
        Items that have a quantity alone.
    stand_ins : table (service, item, type)
        -> key of the number that stands for the type's own.
    missing_share : number, 1, 0-1
    """

    included: Mapping[str, str]
    excluded: Mapping[str, str] = field(default_factory=dict)
    services: Mapping[str, str] = field(default_factory=dict)
    computed: Collection[str] = ()
    left_out: Mapping[str, str] = field(default_factory=dict)
    scope: Mapping[str, Collection[str]] = field(default_factory=dict)
    unpriced: Collection[tuple[str, str]] = ()
    stand_ins: Mapping[tuple[str, str, str], str] = field(default_factory=dict)
    missing_share: float = MISSING_SHARE

    @property
    def counted(self) -> dict[str, str]:
        """The pack with what is excluded by name marked so: such an indicator enters no sum."""
        return {code: EXCLUDED if code in self.excluded else text for code, text in self.included.items()}


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


def indicator_account(supply: pd.DataFrame, extent: pd.DataFrame, grounds: Grounds) -> pd.DataFrame:
    """State of each indicator that a pack includes, or may include, in each unit.

    Parameters
    ----------
    supply : table (unit_id, service, item, ecosystem_type, quantity, value, valid_area, missing_area, ...)
        The supply account of one unit set and year.
    extent : table (year, unit_set, unit_id, ecosystem_type, area, ...)
        The extent account, in m2.
    grounds : Grounds

    Returns
    -------
    table (year, unit_set, unit_id, indicator, state, value, value_least, value_most, share, reason)
        `value`, CNY: sum of what there is. `value_least`, `value_most`: bounds of the sum were no land without data (`bounds`),
        equal to it where there is none; empty where anything but land is missing, and where no bound is known. `share`, 0-1: size
        of the indicator's values over that of all counted values of the unit; for `stand_in` of those alone that rest on the
        numbers of another type; empty where there is no value. `reason`: for `excluded` as the study gives it, else codes with
        what they speak of (`reason_text`).
    """
    units = extent[["year", "unit_set", "unit_id"]].astype({"unit_id": str}).drop_duplicates("unit_id")
    land = _land(extent)
    indicators = [code for code, text in grounds.included.items() if text in ("yes", "unknown")]
    rows = supply[counted(supply, grounds.counted)].astype({"unit_id": str})
    rows = rows.assign(indicator=indicator_of(rows, grounds.included), size=rows["value"].abs())
    shares, borrowed = _shares(rows, grounds)
    entries = _entries(rows, grounds)
    areas = land_of(rows, _PAIR)
    lacks = (areas["missing"] / areas["scope"]).where(areas["scope"] > 0).dropna().to_dict()
    values = group_sum(rows, _PAIR, "value").dropna().to_dict()
    gaps = missing_land(rows[_priced(rows, grounds)]).dropna()
    additions = dict(zip(gaps.index, zip(*(gaps[bound] for bound in BOUNDS), strict=True), strict=True))
    states = []
    for year, unit_set, unit in units.itertuples(index=False):
        for code in indicators:
            key = (unit, code)
            state, reason = _state(code, entries.get(key, []), lacks.get(key, 0.0), land[unit], grounds)
            share, value = shares.get(key, float("nan")), values.get(key, float("nan"))
            of_land = {part.partition(" ")[0] for part in reason.split("; ")} <= LAND_REASONS
            gap = additions.get(key, _UNBOUNDED) if state == COMPUTED or (state == MISSING and of_land) else _UNBOUNDED
            bounds = [values.get(key, 0.0) + part for part in gap]
            if state == COMPUTED and key in borrowed:
                state, (share, reason) = STAND_IN, borrowed[key]
            states.append((year, unit_set, unit, code, state, value, *bounds, share, reason))
    numbers = dict.fromkeys(("value", "value_least", "value_most", "share"), "float64")
    return pd.DataFrame(states, columns=list(STATE_COLUMNS)).astype(numbers)


def _land(extent: pd.DataFrame) -> dict[str, dict[str, float]]:
    """Unit -> type -> area in m2."""
    areas: dict[str, dict[str, float]] = {}
    for unit, kind, area in zip(extent["unit_id"].astype(str), extent["ecosystem_type"], extent["area"], strict=True):
        areas.setdefault(unit, {})[str(kind)] = area
    return areas


def _shares(rows: pd.DataFrame, grounds: Grounds) -> tuple[dict[tuple[str, str], float], dict[tuple[str, str], tuple[float, str]]]:
    """Share of each unit and indicator in the values of the unit; the part of it that stands in, and what stands for what."""
    whole = group_sum(rows, ["unit_id"], "size")

    def over_whole(sums: pd.Series[float]) -> dict[tuple[str, str], float]:
        every = whole.reindex(sums.index.get_level_values("unit_id")).to_numpy()
        shares = (sums / every).where(every > 0).dropna()
        return {(str(unit), str(code)): float(share) for (unit, code), share in zip(shares.index, shares, strict=True)}

    shares = over_whole(group_sum(rows, _PAIR, "size"))
    keys = list(zip(rows["service"], rows["item"], rows["ecosystem_type"], strict=True))
    there = rows["quantity"].notna().to_numpy()
    names = [grounds.stand_ins.get(key, "") if valued else "" for key, valued in zip(keys, there, strict=True)]
    part = rows.assign(stand_in=names)
    part = part[part["stand_in"] != ""]
    sizes = over_whole(group_sum(part, _PAIR, "size"))
    borrowed: dict[tuple[str, str], tuple[float, str]] = {}
    for pair, group in part.groupby(_PAIR, sort=False):
        unit, code = (str(key) for key in pair)
        texts = dict.fromkeys(f"{kind}={key}" for kind, key in zip(group["ecosystem_type"], group["stand_in"], strict=True))
        borrowed[unit, code] = (sizes.get((unit, code), 0.0), _reason("stand_in", texts))
    return shares, borrowed


def land_of(rows: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Land in scope and missing land of groups of items, in m2: missing is the land of a type that one of its items lacks.

    Parameters
    ----------
    rows : table (by, item, ecosystem_type, valid_area, missing_area)
    by : vector (keys)

    Returns
    -------
    table (scope, missing)
        Indexed by the keys.
    """
    areas = rows.assign(scope=rows["valid_area"] + rows["missing_area"])
    types = areas.groupby([*by, "ecosystem_type"], sort=False)[["scope", "missing_area"]].max().reset_index()
    return pd.DataFrame({"scope": group_sum(types, by, "scope"), "missing": group_sum(types, by, "missing_area")}).fillna(0.0)


@dataclass(frozen=True)
class _Entry:
    """One item of an indicator in one unit, apart from the land without a type."""

    item: str
    valid: float
    missing: float
    whole: bool  # from a table, for the unit as a whole
    unvalued: bool  # a quantity without a value


def _priced(rows: pd.DataFrame, grounds: Grounds) -> pd.Series:
    """Whether the item of each row has more than a quantity."""
    pairs = zip(rows["service"], rows["item"], strict=True)
    return pd.Series([pair not in grounds.unpriced for pair in pairs], rows.index, dtype=bool)


def _entries(rows: pd.DataFrame, grounds: Grounds) -> dict[tuple[str, str], list[_Entry]]:
    marked = rows.assign(
        whole=rows["ecosystem_type"] == WHOLE_UNIT,
        unvalued=rows["quantity"].notna() & rows["value"].isna() & _priced(rows, grounds),
    )
    marked["missing_area"] = marked["missing_area"].where(marked["ecosystem_type"] != MISSING_TYPE, 0.0)
    keys = [*_PAIR, *_ITEM]
    flags = marked.groupby(keys, sort=False)[["whole", "unvalued"]].any()
    table = flags.assign(valid=group_sum(marked, keys, "valid_area"), missing=group_sum(marked, keys, "missing_area")).fillna(0.0)
    entries: dict[tuple[str, str], list[_Entry]] = {}
    for (unit, code, _, item), whole, unvalued, valid, missing in zip(
        table.index, table["whole"], table["unvalued"], table["valid"], table["missing"], strict=True
    ):
        entries.setdefault((unit, code), []).append(_Entry(item, valid, missing, bool(whole), bool(unvalued)))
    return entries


def _state(code: str, entries: list[_Entry], lacks: float, land: Mapping[str, float], grounds: Grounds) -> tuple[str, str]:
    """State and reason of one indicator in one unit, whose items lack a share of its land in scope."""
    if grounds.included[code] == "unknown":
        return UNREAD, ""
    valued = any(entry.valid > 0 for entry in entries)
    if not valued and _nowhere(grounds.scope.get(code), land, grounds.missing_share):
        return NOT_APPLICABLE, "no_type_in_scope"
    if code in grounds.excluded:
        return EXCLUDED, grounds.excluded[code]
    service = grounds.services.get(code)
    if service is None:
        return NOT_IMPLEMENTED, ""
    if service in grounds.left_out:
        return MISSING, _reason("left_out", [service, grounds.left_out[service]])
    if service not in grounds.computed:
        return MISSING, "not_asked_for"
    reasons = [*_items_left_out(code, service, land, grounds), *_gaps(entries, lacks, grounds.missing_share)]
    return (MISSING, "; ".join(reasons)) if reasons else (COMPUTED, "")


def _nowhere(scope: Collection[str] | None, land: Mapping[str, float], missing_share: float) -> bool:
    """Whether the land cover says that a unit has no type of a scope: its classes know such types, and its land is known."""
    whole = sum(land.values())
    if not scope or whole <= 0 or land.get(MISSING_TYPE, 0.0) > missing_share * whole:
        return False
    return not any(area > 0 for kind, area in land.items() if kind in scope)


def _items_left_out(code: str, service: str, land: Mapping[str, float], grounds: Grounds) -> Iterable[str]:
    """Items of an indicator that the account could not compute, though the unit has land that they count."""
    for key, reason in grounds.left_out.items():
        holder, _, item = key.partition(":")
        mine = code == item if code != service else item not in grounds.included
        if holder == service and item and mine and not _nowhere(grounds.scope.get(key), land, grounds.missing_share):
            yield _reason("item_left_out", [key, reason])


def _gaps(entries: list[_Entry], lacks: float, missing_share: float) -> list[str]:
    """Reasons for which the items that are there are not the whole of an indicator.

    Each item is judged by the land of its own types, so that a small one is not lost in a large one; land without a type, which may
    be of any, by all land in scope.
    """
    if not entries:
        return ["no_rows"]
    scope = {entry.item: entry.valid + entry.missing for entry in entries}
    if not any(scope.values()):
        return ["no_land"]
    lacking = [entry for entry in entries if scope[entry.item] > 0 and entry.missing > missing_share * scope[entry.item]]
    groups = {
        "statistics_missing": [entry.item for entry in lacking if entry.whole],
        "land_missing": [entry.item for entry in lacking if not entry.whole],
        "value_missing": [entry.item for entry in entries if entry.unvalued],
    }
    reasons = [_reason(code, items) for code, items in groups.items() if items]
    return [*reasons, "no_land_cover"] if lacks > missing_share and not lacking else reasons


def _reason(code: str, details: Iterable[str]) -> str:
    return f"{code} {','.join(details)}"


def reason_text(reason: str, lang: str, left_out: Mapping[str, object] | None = None, indicator: str = "") -> str:
    """Reason of a state in words: codes with what they speak of, else the text that a study gives.

    Parameters
    ----------
    reason : text
    lang : choice {zh, en}
    left_out : table (name, note)
        `service` or `service:item` -> why it could not be computed, as run.json keeps it.
    indicator : text
        Whose state it is: its name is not said again.

    Returns
    -------
    text

    Examples
    --------
    >>> reason_text("value_missing silt,nitrogen", "en")
    'no value for: silt avoided, nitrogen avoided'
    """
    texts = []
    for part in reason.split("; "):
        code, _, details = part.partition(" ")
        entry = vocabulary().get(f"reason {code}")
        if entry is None:
            return reason
        about = [detail for detail in details.split(",") if detail]
        if code in LEFT_OUT:
            about = about[:1]
            if about[0] in (left_out or {}):
                texts.append(without_advice((left_out or {})[about[0]], lang))
                continue
        names = ("、" if lang == "zh" else ", ").join(name(detail, lang) for detail in about if detail != indicator)
        texts.append(f"{entry[lang]}{'：' if lang == 'zh' else ': '}{names}" if names else entry[lang].removesuffix(" for"))
    return ("；" if lang == "zh" else "; ").join(texts)
