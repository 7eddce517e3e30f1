"""What is registered, by name, one line each; and the packaged tables.

A name stands for one folder or file that holds everything else of the thing:

    SERVICES    ecoval/services/<code>/           declaration and functions, and its tables (below)
    STANDARDS   ecoval/data/standards/<name>/     indicators.csv, choices.csv
    UNIT_KINDS  ecoval/units/<kind>.py            makes units; `Declared` is its entry of [units] in study.toml

Tables of a service: parameters.csv, terms.csv, scope.csv (types that count, `*` in `item` for all items), defaults.csv (options
and sources chosen where a standard chooses none), stand_ins.csv (rows that stand for a type), area_rule.csv (where a credit counts
in an offset balance), page.csv (what a reader should know before the formulas). Each may be absent. Tables that belong to no
registered service stand in ecoval/data.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable

SERVICES = (
    "material_supply",
    "water_retention",
    "soil_retention",
    "flood_mitigation",
    "carbon_sequestration",
    "oxygen_release",
    "climate_regulation",
    "recreation",
)
STANDARDS = (
    "open-2026",
    "ndrc-2022",
    "mee-2020",
    "db33t2274-2020",
    "db33t2274-2025",
    "gbt46869-2025",
    "hj1173-2021",
    "hj1175-2021",
    "garze-2010",
    "gbt28058-2011",
    "seea-ea",
)

UNIT_KINDS = ("grid",)


def rows_of(path: Traversable) -> list[dict[str, str]]:
    """Rows of a CSV file in UTF-8."""
    return list(csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines()))


def data_rows(*path: str) -> list[dict[str, str]]:
    """Rows of a packaged table, by its path below the data folder."""
    return rows_of(resources.files("ecoval").joinpath("data", *path))


@cache
def _tables_of(name: str) -> dict[str, list[dict[str, str]]]:
    folder = resources.files("ecoval").joinpath("services")
    paths = {code: folder.joinpath(code, f"{name}.csv") for code in SERVICES}
    return {code: rows_of(path) for code, path in paths.items() if path.is_file()}


def service_rows(name: str) -> Iterator[dict[str, str]]:
    """Rows of one table of every registered service that has it, with its code in a column `service`."""
    for code, rows in _tables_of(name).items():
        for row in rows:
            yield {"service": code, **row}
