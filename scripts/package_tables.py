"""Rewrite the parameter and classification tables of the data folder, checked, into `ecoval`: `data`, and folders of services.

    python scripts/package_tables.py            writes them
    python scripts/package_tables.py --check    says what would change, exit status 1 where something would

The tables come from `../shared/data`. What this project adds to them (rows that make a choice explicit, sources of its own) stands
below with its reason; nothing else is changed but line endings and quoting.
"""

from __future__ import annotations

import argparse
import csv
import io
import math
import subprocess
import sys
from pathlib import Path

from ecoval.registry import SERVICES

ROOT = Path(__file__).resolve().parent.parent
ORIGIN = ROOT.parent / "shared" / "data"
TARGET = ROOT / "ecoval"

SCHEMA = ["parameter", "key", "value", "low", "high", "uom", "region", "year", "source_id", "locator", "status", "note"]
STATUSES = {"verified", "published", "recalled"}
NOT_PARAMETERS = {"sources", "defaults"}

ADDED_SOURCES = [
    {
        "source_id": "ecoval",
        "citation": "This project: extensions of the classification and decisions between sources",
        "identifier": "ecoval",
        "kind": "project",
        "licence": "BSD-3-Clause",
        "note": "dated in the docstring of the module concerned",
    },
    {
        "source_id": "TENYEAR",
        "citation": "National ten-year survey and assessment of ecosystem change 2000-2010, classes of level 3",
        "identifier": "survey 2000-2010",
        "kind": "survey",
        "licence": "facts only",
        "note": "class list recalled",
    },
    {
        "source_id": "gbt28592-2012",
        "citation": "Grade of precipitation",
        "identifier": "GB/T 28592-2012",
        "kind": "standard",
        "licence": "official document; facts only",
        "note": "text not checked",
    },
]

ADDED_PARAMETERS = {
    "soil_retention": [
        {
            "parameter": name,
            "key": key,
            "value": value,
            "low": low,
            "high": high,
            "uom": uom,
            "region": region,
            "source_id": "RUSLE-LIT",
            "locator": locator,
            "status": "recalled",
            "note": note,
        }
        for name, key, value, low, high, uom, region, locator, note in (
            (
                *("max_length", "*", "122", "122", "300", "m", "CN", "length of the plots behind the equation"),
                "longer slopes count as this long; 300 m circulates too",
            ),
            ("slope_cutoff", "steep", "0.05", "", "", "1", "*", "", "slope from which cutoff_steep holds"),
            (
                *("slope_cutoff", "cutoff_steep", "0.5", "", "", "1", "*", ""),
                "a slope ends where it falls to this share of the slope above",
            ),
            ("slope_cutoff", "cutoff_gentle", "0.7", "", "", "1", "*", "", "the same below the slope of steep"),
        )
    ],
    "flood_mitigation": [
        {
            "parameter": "storm_threshold",
            "value": "50",
            "uom": "mm d-1",
            "region": "CN",
            "source_id": "gbt28592-2012",
            "locator": "grade rainstorm, 24 h",
            "status": "recalled",
            "note": "daily rain from which a day counts as a storm",
        }
    ],
}

ADDED_DEFAULTS = [
    ("*", "oxygen_release", "parameter", "o2_per_dry_matter", "BYD2017", "published; the other value is recalled"),
    ("*", "flood_mitigation", "parameter", "storm_threshold", "gbt28592-2012", "only source"),
    ("*", "carbon_sequestration", "parameter", "sequestration_rate", "DUAN2008", "only source"),
    (
        "*",
        "soil_retention",
        "parameter",
        "P_factor",
        "CHEN2017",
        "cropland and orchard told apart; paddy and dry field: ZHANGM2021",
    ),
    # the source of one key, or of a group of keys, of a parameter
    ("*", "soil_retention", "parameter", "R_erosive_threshold:zhang", "CHEN2017", "printed with the model"),
    ("*", "soil_retention", "parameter", "S_factor:invest:*", "INVEST", "the model's own steepness"),
]

# Which row of a table stands for a class where the table's keys are not class codes, by region.
STAND_INS = [
    (
        "water_retention",
        "runoff_coefficient",
        "331",
        "331:subtropical",
        "CN-33",
        "the row is named tropical and subtropical tussock",
    ),
    (
        "carbon_sequestration",
        "sequestration_rate",
        "42",
        "lake_east_plain",
        "CN-33",
        "Zhejiang lies in the lake region of the east plain",
    ),
    (
        "carbon_sequestration",
        "sequestration_rate",
        "41",
        "humus_marsh",
        "CN",
        "the marsh without peat; peat land: a row of the study's own",
    ),
]

# Scope of single items, where it is narrower than that of their service; and what replaces a row of the origin.
ADDED_SCOPE = [
    ("fishery_supply", "*", "no", "sea products alone"),
    ("fishery_supply", "9", "yes", "coast and sea"),
    ("seascape", "*", "no", "by the sea alone"),
    ("seascape", "9", "yes", "coast and sea"),
    ("flood_mitigation:vegetation", "*", "yes", ""),
    ("flood_mitigation:vegetation", "4", "no", "counted per water body or as marsh"),
    ("flood_mitigation:vegetation", "9", "no", "water or tidal land"),
    ("flood_mitigation:marsh", "*", "no", "marsh alone"),
    ("flood_mitigation:marsh", "41", "yes", ""),
    ("flood_mitigation:lake", "*", "no", "lakes alone"),
    ("flood_mitigation:lake", "42", "yes", ""),
    ("flood_mitigation:lake", "422", "no", "by the capacity of reservoirs"),
    ("flood_mitigation:reservoir", "*", "no", "reservoirs alone"),
    ("flood_mitigation:reservoir", "422", "yes", ""),
    ("climate_regulation:plants", "*", "yes", ""),
    ("climate_regulation:plants", "42", "no", "open water"),
    ("climate_regulation:plants", "43", "no", "open water"),
    ("climate_regulation:water", "*", "no", "open water alone"),
    ("climate_regulation:water", "42", "yes", ""),
    ("climate_regulation:water", "43", "yes", ""),
    ("carbon_sequestration:vegetation", "*", "yes", ""),
    ("carbon_sequestration:vegetation", "4", "no", "wetlands by rate"),
    ("carbon_sequestration:wetland", "*", "no", "wetlands alone"),
    ("carbon_sequestration:wetland", "4", "yes", ""),
    ("oxygen_release:vegetation", "*", "yes", ""),
    ("oxygen_release:vegetation", "4", "no", "wetlands by rate"),
    ("oxygen_release:wetland", "*", "no", "wetlands alone"),
    ("oxygen_release:wetland", "4", "yes", ""),
]


GREEN = ("carbon_sequestration", "oxygen_release", "climate_regulation", "air_purification", "negative_ions")  # of plants
BUILT_UP = ("61", "63")  # without the green of towns, which is 62
OF_THE_SEA = (
    "coastal_protection",
    "marine_carbon",
    "coastal_wetland_carbon",
    "seawater_purification",
    "fishery_supply",
    "seascape",
)


def gives(row: dict[str, str]) -> str:
    """What a type gives: a number where it counts; zero where it is decided that it gives nothing; else nobody knows.

    Decided 2026: built-up land without its green gives nothing of what plants give; land away from the coast nothing of what the
    coast and the sea give; a type that one item of a service leaves to another gives nothing of the first.
    """
    if row["in_scope"] == "yes":
        return "number"
    of_green = row["service"] in GREEN and row["code"] in BUILT_UP
    of_sea = row["service"] in OF_THE_SEA and row["code"][0] != "9"
    return "zero" if row["item"] != "*" or of_green or of_sea else "unknown"


def rows(path: Path) -> list[dict[str, str]]:
    """Rows of a CSV file in UTF-8."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def text(table: list[dict[str, str]], columns: list[str]) -> str:
    """CSV text with LF line ends."""
    file = io.StringIO()
    writer = csv.DictWriter(file, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: row.get(name, "") for name in columns} for row in table)
    return file.getvalue()


def checked(service: str, table: list[dict[str, str]], sources: set[str]) -> list[dict[str, str]]:
    """The rows of a parameter table, refused where one breaks the schema."""
    seen = set()
    for row in table:
        where = f"{service} {row['parameter']} {row['key']}"
        identity = tuple(row[name] for name in ("parameter", "key", "region", "year", "source_id"))
        value = float(row["value"])
        low, high = float(row["low"] or -math.inf), float(row["high"] or math.inf)
        problems = [
            identity in seen and "twice",
            not (math.isfinite(value) and low <= value <= high) and f"{value} outside {low}..{high}",
            row["source_id"] not in sources and f"source {row['source_id']} unknown",
            row["status"] not in STATUSES and f"status {row['status']}",
            not (row["uom"] and row["region"] and row["key"]) and "uom, region or key missing",
            row["parameter"].startswith("price") and not row["year"] and "a price without a year",
        ]
        seen.add(identity)
        for problem in filter(None, problems):
            raise SystemExit(f"{where}: {problem}")
    return table


def parameter_tables() -> dict[str, str]:
    """Paths below the target with their text: sources, defaults, and one table per service."""
    folder = ORIGIN / "parameters"
    if not folder.is_dir():
        raise SystemExit(f"The tables are made from {ORIGIN}, which lies outside the project; no folder {folder}.")
    sources = rows(folder / "sources.csv") + ADDED_SOURCES
    known = {row["source_id"] for row in sources}
    # sources of prepared products are written straight into the packaged table: they stay
    sources += [row for row in rows(TARGET / "data" / "sources.csv") if row["source_id"] not in known]
    known = {row["source_id"] for row in sources}
    texts = {"data/sources.csv": text(sources, list(sources[0]))}
    defaults = rows(folder / "defaults.csv")
    defaults += [dict(zip(defaults[0], row, strict=True)) for row in ADDED_DEFAULTS]
    choices = ["service", "kind", "name", "choice", "reason"]
    texts |= by_service("defaults", "data/defaults.csv", [row for row in defaults if row["standard"] == "*"], choices)
    for standard in dict.fromkeys(row["standard"] for row in defaults if row["standard"] != "*"):
        own = [row for row in defaults if row["standard"] == standard]
        texts[f"data/standards/{standard}/choices.csv"] = text(own, choices)
    columns = ["service", "parameter", "code", "key", "region", "reason"]
    texts |= by_service("stand_ins", "", [dict(zip(columns, row, strict=True)) for row in STAND_INS], columns)
    for path in sorted(folder.glob("*.csv")):
        if path.stem not in NOT_PARAMETERS:
            added = [
                {name: row.get(name, "*" if name == "key" else "") for name in SCHEMA}
                for row in ADDED_PARAMETERS.get(path.stem, [])
            ]
            place = f"services/{path.stem}/parameters.csv" if path.stem in SERVICES else f"data/parameters/{path.name}"
            texts[place] = text(checked(path.stem, rows(path) + added, known), SCHEMA)
    return texts


def classification_tables() -> dict[str, str]:
    """Paths below the target with their text: types, scope, crosswalks, curve-number covers, and the standards."""
    folder = ORIGIN / "classification"
    texts = {}
    types = rows(folder / "ecosystem_types.csv")
    for row in types:
        row["source_id"] = {"ten-year survey level 3": "TENYEAR"}.get(row["source_id"], row["source_id"])
    codes = {row["code"] for row in types}
    texts["data/classification/ecosystem_types.csv"] = text(types, list(types[0]))
    for path in sorted(folder.glob("*.csv")):
        table = rows(path)
        if path.stem == "service_scope":
            added = [dict(zip(table[0], row, strict=True)) for row in ADDED_SCOPE]
            replaced = {(row["service"], row["code"]) for row in added}
            table = [row for row in table if (row["service"], row["code"]) not in replaced] + added
            for row in table:
                row["service"], _, item = row["service"].partition(":")
                row["item"] = item or "*"
                row["gives"] = gives(row)
            columns = ["service", "item", "code", "in_scope", "gives", "note"]
            texts |= by_service("scope", "data/classification/service_scope.csv", table, columns)
            continue
        if path.stem.startswith("crosswalk_"):
            unknown = [row["target_code"] for row in table if row["target_code"] not in codes]
            if unknown or len({row["source_code"] for row in table}) != len(table):
                raise SystemExit(f"{path.name}: unknown targets {unknown} or a source code twice")
        if path.stem not in {"ecosystem_types", "standard_indicators"}:
            texts[f"data/classification/{path.name}"] = text(table, list(table[0]))
    indicators = rows(folder / "standard_indicators.csv")
    columns = ["indicator", "included", "status", "name", "clause"]
    for standard in dict.fromkeys(row["standard"] for row in indicators):
        own = [row for row in indicators if row["standard"] == standard]
        texts[f"data/standards/{standard}/indicators.csv"] = text(own, columns)
    return texts


def by_service(name: str, rest: str, table: list[dict[str, str]], columns: list[str]) -> dict[str, str]:
    """A table split into those of the registered services and, under the path `rest`, what belongs to none."""
    names = [column for column in columns if column != "service"]
    texts = {}
    for service in SERVICES:
        own = [row for row in table if row["service"] == service]
        if own:
            texts[f"services/{service}/{name}.csv"] = text(own, names)
    others = [row for row in table if row["service"] not in SERVICES]
    return texts | ({rest: text(others, ["service", *names])} if rest else {})


def tables() -> dict[str, str]:
    """Everything that this script writes: path below `ecoval` -> text."""
    return parameter_tables() | classification_tables()


def main() -> int:
    """Write the tables, or compare them with those in place."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    tool = ORIGIN / "check_tables.py"
    if tool.exists():
        subprocess.run([sys.executable, str(tool)], check=True, stdout=subprocess.DEVNULL)
    different = 0
    for name, content in tables().items():
        path = TARGET / name
        if path.exists() and path.read_text(encoding="utf-8") == content:
            continue
        different += 1
        sys.stdout.write(f"{name}\n")
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8", newline="\n")
    return int(check and different > 0)


if __name__ == "__main__":
    sys.exit(main())
