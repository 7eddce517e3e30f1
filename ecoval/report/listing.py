"""What a report lists beside its tables: numbers to be checked, notes, gaps of the pack, memberships that are not verified."""

from collections.abc import Iterable, Mapping
from typing import Any

from ecoval.accounts.gep import reason_of_gap
from ecoval.accounts.indicators import indicator_of
from ecoval.findings import file_name, text_of
from ecoval.report.folder import RunFiles
from ecoval.report.naming import role_name
from ecoval.report.reader import CellReader, Entry

INPUTS = (
    Entry("role", "column_role", "label"),
    Entry("file", "column_file", width=16),
    Entry("size", "column_size", "size"),
    Entry("sha256", "column_hash", "code", width=20),
)
STORAGE = "storage_prices"  # the note that holds both values of stored water
VARIANTS = "variants_beside"  # the note that stands for the rows of record["variants"]
STATUSES_LISTED = ("recalled", "transferred", "example")


def listed_numbers(run: RunFiles) -> list[dict[str, Any]]:
    """Recalled, transferred and example numbers, as run.json lists them.

    Returns
    -------
    table (service, parameter, key, value, uom, region, year, source_id, status)
        As a list of dictionaries, the doubtful ones first.
    """
    numbers = run.record.get("numbers") or []
    rank = {status: place for place, status in enumerate(STATUSES_LISTED)}
    return sorted((row for row in numbers if row.get("status") in rank), key=lambda row: rank[row["status"]])


def grouped_numbers(numbers: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Numbers with the keys of one parameter, source and status in one row.

    Parameters
    ----------
    numbers : table (service, parameter, key, value, uom, region, year, source_id, status)

    Returns
    -------
    table (service, parameter, key, number, value, last, uom, region, year, source_id, status)
        As a list of dictionaries; `value` and `last` are the smallest and the largest, `number` counts the keys.
    """
    groups: dict[tuple[object, ...], list[dict[str, Any]]] = {}
    for row in numbers:
        head = tuple(row.get(name) for name in ("service", "parameter", "uom", "region", "year", "source_id", "status"))
        groups.setdefault(head, []).append(row)
    rows = []
    for members in groups.values():
        values = [row["value"] for row in members]
        rows.append({**members[0], "number": len(members), "value": min(values), "last": max(values)})
    return rows


def notes(record: Mapping[str, Any], layers: bool) -> list[Any]:
    """Notes of a run: those on the preparation of layers, or the others; without those that have a table of their own.

    Parameters
    ----------
    record : table (key, value)

    Returns
    -------
    vector (notes)
    """
    tabled = {STORAGE, *((VARIANTS,) if record.get("variants") else ())}
    entries = [entry for entry in record.get("notes") or [] if _code(entry) not in tabled]
    return [entry for entry in entries if (_code(entry) == "alignment" or _code(entry).endswith("_prepared")) == layers]


def storage_rows(record: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Values of stored water at full and at annualised cost, side by side.

    Parameters
    ----------
    record : table (key, value)

    Returns
    -------
    table (service, item, quantity, full_cost, full_cost_value, annualised, annualised_value, chosen)
        As a list of dictionaries.
    """
    names = ("service", "item", "quantity", "full_cost", "full_cost_value", "annualised", "annualised_value", "chosen")
    fields = [entry.get("fields", {}) for entry in record.get("notes") or [] if _code(entry) == STORAGE]
    return [{"alone": False, "uom": "m3 yr-1", **{name: given.get(name) for name in names}} for given in fields]


def factor_rows(run: RunFiles) -> list[dict[str, Any]]:
    """Mean and 95th percentile of LS per unit, with the names of the units.

    Returns
    -------
    table (unit_set, unit_id, unit_name, mean, p95)
        As a list of dictionaries.
    """
    names = run.gep.set_index(["unit_set", "unit_id"])["unit_name"].to_dict()
    rows = run.record.get("ls") or []
    return [{**row, "unit_name": names.get((row["unit_set"], str(row["unit_id"])), row["unit_id"])} for row in rows]


def _code(entry: object) -> str:
    return entry.get("code", "") if isinstance(entry, dict) else ""


def left_out(record: Mapping[str, Any]) -> dict[str, Any]:
    """Service or service:item -> why it is not computed."""
    entries = record.get("left_out") or {}
    if isinstance(entries, list):
        return {":".join(filter(None, (row["service"], row.get("item", "")))): row.get("reason", "") for row in entries}
    return dict(entries)


def gaps(run: RunFiles, lang: str) -> list[dict[str, str]]:
    """Indicators of the pack without a value, with the reason where one is recorded.

    Parameters
    ----------
    lang : choice {zh, en}

    Returns
    -------
    table (indicator, reason)
        As a list of dictionaries.
    """
    given = left_out(run.record)
    included = {name: entry[0] for name, entry in run.indicators.items()}
    valued = run.supply[run.supply["value"].notna()]
    there = set(indicator_of(valued, included)) if len(valued) else set()
    wanted = [name for name, text in included.items() if text == "yes" and name not in there]
    record = {**run.record, "left_out": given}
    rows = [{"indicator": name, "reason": reason_of_gap(name, record, lang)} for name in wanted]
    return rows + [{"indicator": name, "reason": text_of(text, lang)} for name, text in given.items() if name not in wanted]


def unverified(run: RunFiles) -> dict[str, list[str]]:
    """Indicators whose membership in the pack is not verified, and those that count on a recalled membership.

    Returns
    -------
    table (unknown, recalled)
    """
    unknown = [name for name, (included, _) in run.indicators.items() if included == "unknown"]
    recalled = [name for name, (included, status) in run.indicators.items() if included == "yes" and status == "recalled"]
    return {"unknown": unknown, "recalled": recalled}


def input_rows(record: Mapping[str, Any], reader: CellReader) -> list[dict[str, Any]]:
    """Files that went into a run: role in words, file without its folder, size in bytes, hash."""
    return [
        {
            "role": role_name(entry.get("role", ""), reader.lang),
            "file": file_name(entry.get("path", "")),
            "size": entry.get("size"),
            "sha256": entry.get("sha256") or "",
        }
        for entry in record.get("inputs") or []
    ]
