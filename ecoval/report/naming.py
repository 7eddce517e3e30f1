"""Names of what a report lists: service items, indicators, keys and regions of numbers, inputs, sizes of files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ecoval.classification import coded_name
from ecoval.report.wording import word
from ecoval.terms import name, number_text, vocabulary


def item_name(row: Mapping[str, Any], lang: str) -> str:
    """Name of a service item: the service, and the item where there are several or a user named it.

    Parameters
    ----------
    row : table (service, item, alone)
    """
    service, item = name(row["service"], lang), name(row["item"], lang)
    if row["item"] in (row["service"], "*", "") or item == service or (row["alone"] and row["item"] in vocabulary()):
        return service
    return f"{service}：{item}" if lang == "zh" else f"{service}: {item}"


def indicator_name(code: str, lang: str) -> str:
    """Name of an indicator or of `service:item`."""
    return (" · " if lang == "en" else "·").join(name(part, lang) for part in code.split(":"))


def size_text(size: float | None) -> str:
    """Size of a file in kB, from a million bytes in MB.

    Examples
    --------
    >>> size_text(1330), size_text(423580), size_text(2_500_000), size_text(None)
    ('1.3 kB', '423.6 kB', '2.5 MB', '—')
    """
    if not size:
        return "—"
    divisor, uom = (1e6, "MB") if size >= 1e6 else (1e3, "kB")
    return f"{number_text(size / divisor, 1)} {uom}"


def key_name(key: object, lang: str) -> str:
    """Key of a number: an ecosystem type with its name, empty where the number has one key alone."""
    if str(key) in ("", "*"):
        return ""
    head, colon, rest = str(key).partition(":")
    separator = "：" if lang == "zh" else ": "
    return coded_name(head, lang).replace("_", " ") + (f"{separator}{rest.replace('_', ' ')}" if colon else "")


def region_name(region: object, lang: str) -> str:
    """Region of a number, in words where it holds everywhere."""
    return word("anywhere", lang) if str(region) == "*" else str(region or "")


def role_name(role: object, lang: str) -> str:
    """Name of an input: its role, and behind it the name that the study gave it (`units.admin`)."""
    kind, _, own = str(role).partition(".")
    label = vocabulary().get(f"role {kind}", vocabulary().get(kind, {"zh": kind, "en": kind}))[lang]
    return f"{label} · {own}" if own else label
