"""One key or cell of a project of the sample changed at a time, and what became of it.

Outcomes: *refused* (by the check), *warned* (the check or the run names what was changed), *equal* (every table to the bit), *in
range* (the result moved, and the key is one of `IN_RANGE`: no physical range tells its value from a true one). The rest are faults:
*silent* (the result moved without a word), *late* (the run refuses what the check let pass), *crashed* (no message of ours). A
project is looked at before anything is computed: there *passed* is a value that the validator takes, and one of a kind that nothing
may hold (`NEVER`) is silent.
"""

import csv
import dataclasses
import hashlib
import io
import math
import shutil
import tomllib
import warnings
from pathlib import Path

import pandas as pd
import tomli_w

import ecoval
from ecoval.errors import EcovalError
from ecoval.offset import Project
from ecoval.study.check import findings

SAMPLE = Path(__file__).parents[2] / "sample_data"
YEAR = 2023
UNITS = ("339921102", "339921100")  # of the lake and of the reservoirs
TABLES = ("statistics.csv", "parameters.csv", "landcover_classes.csv", "lakes.csv", "reservoirs.csv")
EVERY_ROW = {"statistics.csv": ("quantity", "price"), "parameters.csv": ("value",)}
ONE_OF = {"statistics.csv": "item", "parameters.csv": "parameter"}
NUMBERS = {
    "negative": lambda value: -abs(value) or -1.0,
    "zero": lambda _value: 0,
    "nan": lambda _value: math.nan,
    "inf": lambda _value: math.inf,
    "huge": lambda _value: 1e300,
    "x10": lambda value: value * 10,
    "x1000": lambda value: value * 1000,
    "/1000": lambda value: value / 1000,
    "percent": lambda value: value * 100,
}
REFUSED, WARNED, EQUAL, IN_RANGE_, PASSED = "refused", "warned", "equal", "in range", "passed"
SILENT, LATE, CRASHED = "silent", "late", "crashed"
OUTCOMES = (REFUSED, WARNED, EQUAL, IN_RANGE_, PASSED, SILENT, LATE, CRASHED)
FAULTS = (SILENT, LATE, CRASHED)
PROJECT_TABLES = ("accept.csv", "no_go.csv", "measures.csv", "provided.csv", "statutory.csv")
PROJECT_FILES = ("project.toml", *PROJECT_TABLES)
NEVER = ("misspelt", "list", "nan", "inf", "huge")  # kinds that no domain of a number or name holds


# File, last part of the key or column, items (what stands before it), kinds, and why nothing tells the value from a true one.
DEFAULT = {"en": "the key may be left out: its default is another choice", "zh": "该键可以省略，默认即另一种选择"}
OUTPUT = {"en": "a unit may have much, little or nothing of it", "zh": "一个单元的数量可多可少，也可以没有"}
LAND = {"en": "there is land of this kind", "zh": "确有这样的土地"}
ABSENT = {"en": "the quantity stays empty, and the account is not whole", "zh": "该实物量为空，账户标为不完整"}
REMARK = {"en": "a remark, which nothing reads", "zh": "备注，不参与计算"}
LABEL = {"en": "a name that the user gives: any text is one", "zh": "由用户自取的名称：任何文本都可以"}
OTHERS = {
    "en": "the table may serve other projects, with kinds that this one has not",
    "zh": "该表可供其他项目使用，可含本项目没有的类型",
}
ANY_KIND = {"en": "the rule for all kinds takes any", "zh": "“全部类型”的规则接受任何类型"}
ENDLESS = {"en": "one of its values: without end", "zh": "允许的取值之一：无限期"}
LISTED = {"en": "published prices and counts differ by more than that", "zh": "已发表的数值相差更大"}
PRODUCTS = (
    *("rice", "vegetables", "sweet_potato", "citrus", "bayberry", "tea", "timber", "bamboo", "pigs", "poultry"),
    *("freshwater_fish", "shrimp_and_crab", "shellfish"),
)
EXCLUDED = ("air_purification", "water_purification", "coastal_protection", "eco_energy", "fishery_supply")
IN_RANGE = (
    *(("study.toml", name, ("services.exclude",), ("absent",), DEFAULT) for name in EXCLUDED),
    ("study.toml", "include", ("services",), ("absent",), DEFAULT),
    ("study.toml", "status", ("prices.storage", "prices.co2", "prices.o2", "prices.electricity"), ("absent",), DEFAULT),
    ("study.toml", "value", ("prices.nitrogen", "prices.phosphorus", "prices.co2"), ("x10",), LISTED),
    ("study.toml", "scale", ("layers.dem",), ("/1000",), LAND),
    ("statistics.csv", "quantity", PRODUCTS, ("zero", "x10", "/1000"), OUTPUT),
    ("statistics.csv", "quantity", ("tea",), ("percent",), OUTPUT),
    ("statistics.csv", "quantity", ("gdp", "visits", "park_visits"), ("x10",), LISTED),
    ("statistics.csv", "status", ("",), ("absent",), DEFAULT),
    ("parameters.csv", "status", ("",), ("absent",), DEFAULT),
    ("lakes.csv", "area", ("",), ("/1000",), LAND),
    ("lakes.csv", "lake_area", ("",), ("x10",), LAND),
    ("lakes.csv", "capacity", ("",), ("absent", "empty"), ABSENT),
    ("lakes.csv", "capacity", ("",), ("x10",), LAND),
    ("reservoirs.csv", "flood_capacity", ("",), ("absent", "empty"), DEFAULT),
    ("project.toml", "horizon", ("rules",), ("inf",), ENDLESS),
    *((name, "note", ("",), ("list",), REMARK) for name in ("accept.csv", "no_go.csv", "measures.csv")),
    *(("measures.csv", name, ("",), ("list",), LABEL) for name in ("option_id", "name")),
    *(("provided.csv", name, ("",), ("list",), LABEL) for name in ("candidate_id", "evidence")),
    ("statutory.csv", "clause", ("",), ("list",), REMARK),
    ("statutory.csv", "accepts", ("",), ("list",), OTHERS),
    ("provided.csv", "kind", ("",), ("list",), ANY_KIND),
)


def matches(mutation, row):
    """Whether a row of `IN_RANGE` means a mutation; of a key the item is what stands before its last part."""
    file, key, items, kinds, _ = row
    *place, column = map(str, mutation.where)
    item = ".".join(place) if mutation.file.endswith(".toml") else place[-1] if place else ""
    return mutation.file == file and column == key and item in items and mutation.kind in kinds


def in_range(mutation):
    """Whether a mutation is listed as one that nothing can tell from a true value."""
    return any(matches(mutation, row) for row in IN_RANGE)


@dataclasses.dataclass(frozen=True)
class Mutation:
    """A key of study.toml (`where` its path) or a cell of a table (row and column), and how it is changed."""

    file: str
    where: tuple
    kind: str

    @property
    def id(self):
        return f"{self.file}:{'.'.join(map(str, self.where))}:{self.kind}"

    @property
    def names(self):
        """Words of which a warning must hold one."""
        return [str(part) for part in self.where if not isinstance(part, int)]

    def named_in(self, texts):
        """Those texts that name what was changed, as one."""
        return "; ".join(text for text in texts if any(name and name in text for name in self.names))

    @property
    def in_tenth(self):
        return int(hashlib.sha256(self.id.encode()).hexdigest(), 16) % 10 == 0


def small_sample(folder):
    """The sample with two of its towns and one of its years."""
    shutil.copytree(SAMPLE, folder)
    content = tomllib.loads((folder / "study.toml").read_text(encoding="utf-8"))
    content["study"]["years"] = [YEAR]
    content["units"]["admin"]["only"] = list(UNITS)
    (folder / "study.toml").write_text(tomli_w.dumps(content), encoding="utf-8")
    rows = pd.read_csv(folder / "statistics.csv", dtype=str)
    rows[rows["unit_id"].isin(UNITS) & (rows["year"] == str(YEAR))].to_csv(folder / "statistics.csv", index=False)
    return folder


def mutations(folder):
    """Every mutation of the project in a folder, in a fixed order."""
    content = tomllib.loads((folder / "study.toml").read_text(encoding="utf-8"))
    for where, value in leaves(content):
        for kind in kinds_of(value):
            yield Mutation("study.toml", where, kind)
    for role, entry in content["layers"].items():  # what the rasters hold, in another measure
        if role != "landcover" and str(entry["path"] if isinstance(entry, dict) else entry).endswith(".tif"):
            for kind in ("zero", "negative", "x10", "x1000", "/1000", "percent", "nan", "inf", "huge"):
                yield Mutation("study.toml", ("layers", role, "scale"), kind)
    for name in TABLES:
        yield from table_mutations(folder, name)


def project_mutations(folder):
    """Every mutation of project.toml and of its tables."""
    content = tomllib.loads((folder / "project.toml").read_text(encoding="utf-8"))
    yield from (Mutation("project.toml", where, kind) for where, value in leaves(content) for kind in kinds_of(value))
    for name in PROJECT_TABLES:
        yield from table_mutations(folder, name)


def table_mutations(folder, name):
    """Columns that are absent or misspelt, and cells of the rows that are chosen."""
    rows = pd.read_csv(folder / name, dtype=str)
    for column in rows.columns:
        yield from (Mutation(name, (column,), kind) for kind in ("absent", "misspelt"))
        for row, text in chosen(name, column, rows):
            kinds = ("empty", "text", "list", *(NUMBERS if is_number(text) else ()))
            item = rows[ONE_OF[name]][row] if name in ONE_OF else ""
            yield from (Mutation(name, (row, item, column), kind) for kind in kinds)


def chosen(name, column, rows):
    """Rows whose cell of a column is changed: one of each item or parameter for numbers, else the first that is filled in."""
    filled = rows[rows[column].notna()]
    filled = filled.drop_duplicates(ONE_OF[name]) if column in EVERY_ROW.get(name, ()) else filled.head(1)
    return list(filled[column].items())


def leaves(table, above=()):
    for key, value in table.items():
        if isinstance(value, dict):
            yield from leaves(value, (*above, key))
        else:
            yield (*above, key), value


def kinds_of(value):
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return ("absent", "misspelt", "text", "list", *(NUMBERS if number else ("number",)))


def is_number(text):
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def misspelt(name):
    return f"{name[1]}{name[0]}{name[2:]}" if len(name) > 1 and name[0] != name[1] else f"{name}x"


def apply(mutation, folder):
    """Change the file; returns whether that changed anything."""
    path = folder / mutation.file
    before = path.read_bytes()
    if path.suffix == ".toml":
        content = tomllib.loads(before.decode("utf-8"))
        change_key(content, mutation.where, mutation.kind)
        path.write_text(tomli_w.dumps(content), encoding="utf-8")
    else:
        rows = list(csv.reader(io.StringIO(before.decode("utf-8-sig"))))
        change_cell(rows, mutation.where, mutation.kind)
        with path.open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream).writerows(rows)
    return path.read_bytes() != before


def change_key(content, where, kind):
    table = content
    for key in where[:-1]:
        if isinstance(table[key], str):  # a bare path
            table[key] = {"path": table[key]}
        table = table[key]
    last, value = where[-1], table.get(where[-1], 1.0)
    if kind == "absent":
        del table[last]
    elif kind == "misspelt":
        table[misspelt(last)] = table.pop(last)
    elif kind == "text":
        table[last] = "abc"
    elif kind == "list":
        table[last] = [value, value] if not isinstance(value, list) else [*value, "abc"]
    elif kind == "number":
        table[last] = 7
    else:
        made = NUMBERS[kind](value)
        table[last] = (
            int(made) if isinstance(value, int) and math.isfinite(made) and made == int(made) and abs(made) < 2**63 else float(made)
        )


def change_cell(rows, where, kind):
    *place, column = where
    position = rows[0].index(column)
    if kind == "absent":
        for row in rows:
            del row[position]
    elif kind == "misspelt":
        rows[0][position] = misspelt(column)
    else:
        row, text = rows[place[0] + 1], rows[place[0] + 1][position]
        simple = {"empty": "", "text": "abc", "list": "[1, 2]"}
        row[position] = simple[kind] if kind in simple else repr(NUMBERS[kind](float(text)))


@dataclasses.dataclass
class Baseline:
    folder: Path
    check: set
    run: set
    tables: dict


def said(study):
    """Findings of the check that are no facts, as texts."""
    table = findings(study, [YEAR])
    rows = [(row.level, f"{row.what} {row.where} {row.found} {row.fix}") for row in table.itertuples()]
    return {(level, text) for level, text in rows if level != "ok"}


def computed(study):
    """Tables and warnings of a run."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        account = study.run()
    texts = {str(entry.message) for entry in caught}
    for record in account.records:
        texts |= {f"{entry.get('role', '')} {entry['en']}" for entry in (*record.get("warnings", ()), *record["notes"])}
    return {name: getattr(account, name).to_csv(index=False) for name in ("supply", "gep", "extent")}, texts


def baseline(folder):
    study = ecoval.Study.read(folder / "study.toml")
    tables, texts = computed(study)
    return Baseline(folder, said(study), texts, tables)


class Kept:
    """Stages of projects by what they depend on, so that the study behind them is opened once."""

    def __init__(self):
        self.made = {}

    def __call__(self, name, content, paths, make, _reads=None):
        key = (name, content, tuple((str(path), path.stat().st_mtime_ns) for path in paths if path.exists()))
        if key not in self.made:
            self.made[key] = make()
        return self.made[key]


@dataclasses.dataclass
class ProjectBaseline:
    folder: Path
    check: set
    kept: Kept


def project_said(folder, kept):
    """Findings of the validator and warnings before it, as levels and texts."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        rows = Project.read(folder / "project.toml", keep=kept).check()
    found = {(row.level, f"{row.code} {row.layer} {row.features} {row.en}") for row in rows.itertuples()}
    return found | {("warning", str(entry.message)) for entry in caught}


def project_baseline(folder):
    kept = Kept()
    return ProjectBaseline(folder, project_said(folder, kept), kept)


def judged_project(mutation, base, folder):
    try:
        found = project_said(folder, base.kept) - base.check
    except EcovalError as error:
        return REFUSED, str(error)
    except Exception as error:
        return CRASHED, repr(error)
    errors = [text for level, text in found if level == "error"]
    if errors:
        return REFUSED, "; ".join(errors)
    if naming := mutation.named_in(text for _, text in found):
        return WARNED, naming
    if mutation.kind in NEVER and not in_range(mutation):
        return SILENT, "; ".join(text for _, text in found)
    return PASSED, ""


def outcome(mutation, base, work):
    """What becomes of a mutation, and what was said."""
    folder = work / "project"
    if not folder.exists():
        shutil.copytree(base.folder, folder)
    path = folder / mutation.file
    original = path.read_bytes()
    try:
        if not apply(mutation, folder):
            return EQUAL, "nothing changed"
        return (judged_project if isinstance(base, ProjectBaseline) else judged)(mutation, base, folder)
    finally:
        path.write_bytes(original)


def faults(every, base, work):
    """What is wrong with some mutations: outcome, mutation and what was said."""
    outcomes = ((mutation.id, *outcome(mutation, base, work)) for mutation in every)
    return [f"{result}: {name}: {text[:200]}" for name, result, text in outcomes if result in FAULTS]


def judged(mutation, base, folder):
    try:
        study = ecoval.Study.read(folder / "study.toml")
        texts = {(level, text.replace(str(folder), str(base.folder))) for level, text in said(study)} - base.check
    except EcovalError as error:
        return REFUSED, str(error)
    except Exception as error:
        return CRASHED, repr(error)
    errors = [text for level, text in texts if level == "error"]
    if errors:
        return REFUSED, "; ".join(errors)
    if naming := mutation.named_in(text for _, text in texts):
        return WARNED, naming  # whatever the run makes of it
    try:
        tables, warned = computed(study)
    except EcovalError as error:
        return LATE, str(error)
    except Exception as error:
        return CRASHED, repr(error)
    if all(tables[name] == base.tables[name] for name in tables):
        return EQUAL, ""
    new = [text for text in warned if text.replace(str(folder), str(base.folder)) not in base.run]
    if naming := mutation.named_in(new):
        return WARNED, naming
    return (IN_RANGE_ if in_range(mutation) else SILENT), "; ".join(new)
