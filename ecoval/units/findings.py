"""Findings about a layer of units: the units that each concerns, how large it is, and what was done about it."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from ecoval import findings
from ecoval.findings import Finding, Location

COLUMNS = ("finding", "severity", "unit_id", "quantity", "uom", "text", "text_zh")


def finding(
    code: str, level: str, /, unit_id: str = "", quantity: float | None = None, uom: str = "m2", **fields: object
) -> Finding:
    """Finding about units.

    Parameters
    ----------
    code : key into the message catalogue
    level : one of error, warning, note
    unit_id : unit or units, parted by a space; empty for the whole layer
    quantity : size in the measure `uom`; None where nothing is measured
    **fields : of the message; `unit_id`, `quantity` and `uom` are passed on by themselves
    """
    size = {"quantity": quantity, "uom": uom if quantity is not None else ""}
    return findings.finding(code, level, Location(ids=(unit_id,)), unit_id=unit_id, **size, **fields)


def table(entries: Iterable[Finding]) -> pd.DataFrame:
    """Table of findings, the gravest first.

    Returns
    -------
    table (finding, severity, unit_id, quantity, uom, text, text_zh)
    """
    rows = []
    for each in findings.ordered(entries):
        fields = dict(each.fields)
        size = (fields["unit_id"], fields["quantity"], fields["uom"])
        rows.append((each.code, each.level, *size, each.in_language("en"), each.in_language("zh")))
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype({"quantity": "float64"})
