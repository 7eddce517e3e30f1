"""Projects of a plan taken together: losses summed without own gains, records and findings joined, land that two of them use."""

import pandas as pd

from ecoval.offset.balance.verdict import Found, Record, reason
from ecoval.offset.candidates import shared_area
from ecoval.offset.findings import checks, finding
from ecoval.offset.project import stages

SUMS = ["annual", "debit", "debit_low", "debit_high", "valid_area", "missing_area"]
KEYS = ["service", "area_kind", "area_unit", "uom", "annual_uom"]


def together(parts, names):
    """Losses of several projects: tables one below the other, debits summed without own gains.

    Parameters
    ----------
    parts : list of Losses
    names : texts

    Returns
    -------
    Losses
    """

    def named(table, name):
        made = table.copy()
        for column in ("alternative_id", "patch_id"):
            if column in made and len(made):
                made[column] = f"{name}/" + made[column].astype(str)
        return made

    tables = {
        field: pd.concat([named(getattr(part, field), name) for part, name in zip(parts, names, strict=True)], ignore_index=True)
        for field in ("patches", "losses", "measures", "residual")
    }
    every = pd.concat([part.debits for part in parts], ignore_index=True)
    for column in ("annual", "debit", "debit_low", "debit_high"):
        every[column] = every[column].clip(lower=0.0)
    debits = every.groupby(KEYS, sort=False)[SUMS].agg(lambda values: values.sum(skipna=False)).reset_index()
    lost = pd.concat([part.lost for part in parts]).groupby("ecosystem_type", sort=True)["area"].sum().reset_index()
    zones = [named(part.zones, name) for part, name in zip(parts, names, strict=True) if part.zones is not None]
    zones = pd.concat(zones, ignore_index=True) if zones else None
    found = tuple(each for part in parts for each in part.checks)
    return stages.Losses(**tables, debits=debits, lost=lost, zones=zones, checks=found)


def all_of(answers):
    """None where one is None, else whether all are true."""
    return None if any(answer is None for answer in answers) else all(answers)


def recorded(judged):
    """The record of the plan: every project must have kept both steps.

    Parameters
    ----------
    judged : list of table (name, table)

    Returns
    -------
    Record
    """
    records = [part["record"] for part in judged]
    reasons = tuple(entry for record in records for entry in record.reasons)
    return Record(all_of([record.avoid for record in records]), all_of([record.minimise for record in records]), reasons)


def founded(judged, findings):
    """What was found in all projects, and whether two of them use the same land.

    Parameters
    ----------
    judged : list of table (name, table)
    findings : table (code, features)

    Returns
    -------
    Found
    """
    parts = [part["found"] for part in judged]
    common = findings[findings["code"] == "PLAN_LAND_TWICE"]
    twice = tuple(reason("offset_land_twice", projects=row.features, area=row.found) for row in common.itertuples())
    answers = [part.statutory_ok for part in parts if part.statutory_ok is not None]
    return Found(
        missing=tuple(entry for part in parts for entry in part.missing),
        no_go=tuple(name for part in parts for name in part.no_go),
        statutory_ok=all(answers) if answers else None,
        no_double_use=not twice,
        reasons=(*(entry for part in parts for entry in part.reasons), *twice),
    )


def overlaps_of(members):
    """Land that two projects of a plan occupy, as findings.

    Parameters
    ----------
    members : list of Member

    Returns
    -------
    table (code, level, layer, features, found, expected, en, zh)
    """
    found = []
    for place, one in enumerate(members):
        for other in members[place + 1 :]:
            theirs = other.opened.patches.to_crs(one.opened.patches.crs)
            area = float(shared_area(one.opened.patches, theirs).sum())
            tolerance = one.declaration.checks.overlap_tolerance
            if area > tolerance:
                words = {
                    "features": (one.name, other.name),
                    "found": f"{area / 1e4:.4g} ha",
                    "expected": f"<= {tolerance / 1e4:.4g} ha",
                }
                found.append(finding("PLAN_LAND_TWICE", "warning", layer="plan", **words))
    return checks(found)
