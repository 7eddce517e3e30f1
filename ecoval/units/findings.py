"""Findings about a layer of units: what was seen, how large it is, and what was done about it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import pandas as pd

from ecoval.words import message

COLUMNS = ("finding", "severity", "unit_id", "quantity", "uom", "text", "text_zh")
SEVERITIES = ("error", "warning", "note")


class Finding(NamedTuple):
    """One thing seen in a layer: a code of the message catalogue, its fields, and a measured quantity."""

    code: str
    severity: str
    unit_id: str
    quantity: float | None
    uom: str
    fields: dict[str, object]


def found(code: str, severity: str, unit_id: str = "", quantity: float | None = None, uom: str = "m2", **fields: object) -> Finding:
    """Finding of a code with its fields.

    Parameters
    ----------
    code : text
        Key into the message catalogue.
    severity : choice {error, warning, note}
    unit_id : text
        Unit or units (parted by a space) that it concerns; empty for the whole layer.
    quantity : number, 1
        Size in the measure `uom`, or None where nothing is measured.
    uom : text
    **fields : text
        Fields of the message; `unit_id` and `quantity` are passed on by themselves.

    Returns
    -------
    Finding
    """
    uom = uom if quantity is not None else ""
    return Finding(code, severity, unit_id, quantity, uom, {"unit_id": unit_id, "quantity": quantity, **fields})


def report(findings: Iterable[Finding]) -> pd.DataFrame:
    """Table of findings, the gravest first.

    Parameters
    ----------
    findings : Finding
        In any order.

    Returns
    -------
    table (finding, severity, unit_id, quantity, uom, text, text_zh)
    """
    ordered = sorted(findings, key=lambda finding: SEVERITIES.index(finding.severity))
    rows = [
        (*finding[:5], message(finding.code, finding.fields, "en"), message(finding.code, finding.fields, "zh"))
        for finding in ordered
    ]
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    return table.astype({"quantity": "float64"})
