"""Items that are asked of departments, from `data/request_items.csv`: what they are called, measured in, and needed for.

A row stands for what one or several indicators of a standard need: a statistic per unit, a product (with a price), a value (known
in money alone), a price, a list of objects or a layer. `when` names the choices under which it is needed at all:
`service.option=choice|choice`, parted by `;`, for one indicator alone with `indicator@` before it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import cache

from ecoval.layers.items import ItemNames
from ecoval.parameters import Parameters, indicators
from ecoval.registry import data_rows
from ecoval.services import SERVICES, registry
from ecoval.terms import nearest

PER_UNIT = ("statistic", "product", "value")
REQUIRED, OPTIONAL, UNCHECKED = "required", "optional", "unchecked"
EVERYWHERE = "*"
SERVICES_OF = {"tourism_health": "recreation", "leisure": "recreation"}  # indicators that are items of another service
PART_LABELS = {
    "intermediate_share": "中间消耗率",
    "intermediate": "中间消耗",
    "labour": "劳动者报酬",
    "depreciation": "固定资产折旧",
    "net_tax": "生产税净额",
    "capital": "固定资产净值",
    "return_rate": "资本回报率",
}  # of what belongs to a product, behind a colon
READ = ItemNames(SERVICES)  # by the services, with the measure and domain of each


@dataclass(frozen=True)
class Asked:
    """One row of the table."""

    item: str
    department: str
    indicators: tuple[str, ...]
    form: str
    when: str
    need: str
    kind: str
    uoms: tuple[str, ...]
    price_uoms: tuple[str, ...]
    low: float | None
    high: float | None
    zh: str
    en: str
    aliases: tuple[str, ...]
    note: str
    note_en: str

    def label(self, lang: str) -> str:
        """Name for people."""
        return self.zh if lang == "zh" else self.en


def _split(text: str, by: str = "|") -> tuple[str, ...]:
    return tuple(part for part in text.split(by) if part)


@cache
def catalogue() -> dict[str, Asked]:
    """All items, in the order of the table: identifier -> Asked."""
    found = {}
    for row in data_rows("request_items.csv"):
        low, high = (float(row[name]) if row[name] else None for name in ("low", "high"))
        found[row["item"]] = Asked(
            row["item"],
            row["department"],
            _split(row["indicator"], " "),
            row["form"],
            row["when"],
            row["need"],
            row["kind"],
            _split(row["uom"]),
            _split(row["price_uom"]),
            low,
            high,
            row["zh"],
            row["en"],
            _split(row["aliases"]),
            row["note"],
            row["note_en"],
        )
    return found


@cache
def departments() -> dict[str, dict[str, str]]:
    """Departments in the order of the sheets: identifier -> {zh, en}."""
    return {row["department"]: {"zh": row["zh"], "en": row["en"]} for row in data_rows("request_departments.csv")}


def asked(
    standard: str, options: Mapping[str, Mapping[str, str]] | None = None, without: Collection[str] = ()
) -> list[tuple[Asked, str]]:
    """What a standard's indicators need, and how much: required, optional, or unchecked.

    Parameters
    ----------
    options : mapping (service, mapping)
        Choices of a study over those of the pack.
    without : vector (indicators)
        Indicators that nothing is asked for.

    Returns
    -------
    list of (Asked, choice {required, optional, unchecked})
        `indicators` are those that need the item here. Unchecked are items that only indicators need whose membership in the
        standard nobody has checked.
    """
    members = {name: row["included"] for name, row in indicators(standard).items() if name not in without}
    found = []
    for entry in catalogue().values():
        wanted = {name: members.get(name, "no") for name in entry.indicators if _chosen(entry, name, standard, options or {})}
        for included, need in (("yes", entry.need), ("unknown", UNCHECKED)):
            names = tuple(name for name, state in wanted.items() if state == included or name == EVERYWHERE)
            if names:
                found.append((replace(entry, indicators=names), need))
                break
    return found


def _chosen(entry: Asked, indicator: str, standard: str, options: Mapping[str, Mapping[str, str]]) -> bool:
    """Whether the options of an indicator's service need an item."""
    service = SERVICES_OF.get(indicator, indicator)
    declared = registry().get(service)
    choices = declared.chosen({}) if declared is not None else {}
    choices |= Parameters.read(standard).options(service) | dict(options.get(service, {}))
    for clause in _split(entry.when, ";"):
        limited, _, rest = clause.rpartition("@")
        if limited and limited != indicator:
            continue
        name, _, allowed = rest.partition("=")
        owner, _, option = name.partition(".")
        if owner == service and option in choices and choices[option] not in _split(allowed):
            return False
    return True


def plain(text: str) -> str:
    """Text with half-width characters and without blanks, for comparison."""
    return "".join(unicodedata.normalize("NFKC", text).split())


@cache
def _names() -> dict[str, str]:
    """Identifier by each name that an item may be given."""
    names: dict[str, str] = {}
    for item, entry in catalogue().items():
        for name in (item, entry.zh, entry.en, *entry.aliases):
            names.setdefault(plain(name).lower(), item)
    return names


@cache
def _parts() -> dict[str, str]:
    return {plain(name): part for part, label in PART_LABELS.items() for name in (part, label)}


def recognised(text: str, own: Mapping[str, str] | None = None) -> str | None:
    """Identifier of an item by its identifier, label or alias; None for an unknown name.

    Parameters
    ----------
    text : text
        `rice`, `稻谷`, `稻谷:中间消耗率`.
    own : mapping (text, text)
        Names of the user -> identifiers.
    """
    name = plain(text)
    given = {plain(key): value for key, value in (own or {}).items()}
    if name in given:
        return given[name]
    if name.lower() in _names():
        return _names()[name.lower()]
    head, colon, tail = name.partition(":")
    if not colon:
        return None
    head = given.get(head) or _names().get(head.lower()) or head
    if tail in _parts():
        return f"{head}:{_parts()[tail]}"
    if head in READ.apart or head in READ.land:
        return f"{head}:{tail}"
    return None


def measure_of(item: str) -> str | None:
    """Measure whose dimension an item has; None where any will do."""
    head, _, tail = item.partition(":")
    entry = catalogue().get(item) or catalogue().get(head if head in READ.apart else "")
    if entry is not None:
        return entry.uoms[0] if entry.uoms else None
    statistic = READ.parts.get(tail) or READ.land.get(head)
    return None if statistic is None else statistic.measure


def bounds_of(item: str) -> tuple[float | None, float | None]:
    """Smallest and largest number that makes sense, in the measure `1` where it is a share."""
    entry = catalogue().get(item)
    if entry is not None:
        return entry.low, entry.high
    part = READ.parts.get(item.partition(":")[2])
    if part is not None and part.low < 0:
        return None, None
    return 0.0, 1.0 if part is not None and part.measure == "1" else None


def extensive(item: str, uom: str) -> bool:
    """Whether the numbers of parts add up to that of the whole."""
    head, _, tail = item.partition(":")
    entry = catalogue().get(item) or (catalogue().get(head) if head in READ.apart else None)
    if entry is not None:
        return entry.kind == "extensive"
    return uom not in ("1", "%") and "-" not in uom.removesuffix(" yr-1") and tail not in ("intermediate_share", "return_rate")


def nearest_item(text: str) -> str:
    """Most similar identifier or label, with its identifier."""
    names = {plain(name): item for item, entry in catalogue().items() for name in (item, entry.zh, *entry.aliases)}
    close = nearest(plain(text), names)
    item = names[close]
    return item if close == item else f"{close} ({item})"
