"""Golden tables: kept as text, compared character by character, and a difference told by table, row and column.

What leaves a table before it is kept, by rule: the mark by which Excel knows UTF-8; and of the record of a run whatever holds a
path, a date, a duration, a version or a fingerprint (`STEADY` lists what stays).
"""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "tables"
STEADY = ("unit_sets", "options", "services", "left_out", "prices", "diagnostics", "variants", "ls", "indicators")
WORDS = ("year", "unit_set", "category", "option", "uom")
SHOWN = 8
ADVICE = (
    "Nothing moves a golden table by the way. If the change is meant, write the tables anew with `python scripts/golden.py` and "
    "say in CHANGELOG.md under *Numbers* which table moved, by how much and why."
)

Tables = dict[str, str]


def table_text(path: Path) -> str:
    """Text of a table that a run wrote."""
    return path.read_text(encoding="utf-8-sig")


def rows_text(header: list[str], rows: list[list[Any]]) -> str:
    """A table as CSV; numbers in the shortest form that gives them back."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([header, *rows])
    return out.getvalue()


def parted(text: str, keys: tuple[str, ...], words: tuple[str, ...] = WORDS) -> tuple[str, str]:
    """A long table as two: its rows without the words that follow from `keys`, and those words once for each of them.

    A column that is empty throughout stands with the words. Nothing is lost: words that do not follow from the keys are refused.
    """
    header, *rows = csv.reader(io.StringIO(text))
    empty = [name for place, name in enumerate(header) if not any(row[place] for row in rows)]
    moved = [name for name in (*words, *empty) if name in header and name not in keys]
    places = [header.index(name) for name in header if name not in moved]
    word_places = [header.index(name) for name in (*keys, *moved)]
    rest = rows_text([header[place] for place in places], [[row[place] for place in places] for row in rows])
    distinct = dict.fromkeys(tuple(row[place] for place in word_places) for row in rows)
    assert len({row[: len(keys)] for row in distinct}) == len(distinct), f"{moved} do not follow from {keys}"
    return rest, rows_text([*keys, *moved], [list(row) for row in distinct])


def record_text(record: dict[str, Any], names: tuple[str, ...] = STEADY) -> str:
    """Parts of the record of a run that depend on neither day nor machine, a number a row."""
    rows = [[".".join(path), value] for name in names for path, value in _leaves(record.get(name), (name,))]
    return rows_text(["key", "value"], rows)


def _leaves(value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(value, dict) and value:
        for key, part in value.items():
            yield from _leaves(part, (*path, str(key)))
    elif isinstance(value, list) and value:
        for place, part in enumerate(value):
            yield from _leaves(part, (*path, str(place)))
    else:
        yield path, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def kept(group: str) -> Tables:
    """Golden tables of a group, by name."""
    folder = FOLDER / group
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in files}


def keep(group: str, tables: Tables) -> list[str]:
    """Write the golden tables of a group anew; names of those that changed."""
    earlier = kept(group)
    for name in earlier.keys() - tables.keys():
        (FOLDER / group / name).unlink()
    for name, text in tables.items():
        path = FOLDER / group / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    return sorted(name for name in earlier.keys() | tables.keys() if earlier.get(name) != tables.get(name))


def differences(group: str, tables: Tables) -> list[str]:
    """Where tables depart from the golden ones of their group; empty where they are the same to the last character."""
    earlier = kept(group)
    out = []
    for name in sorted(earlier.keys() | tables.keys()):
        if name not in tables:
            out.append(f"{group}/{name}: no longer written")
        elif name not in earlier:
            out.append(f"{group}/{name}: no golden table is kept of it")
        elif earlier[name] != tables[name]:
            out += _moved(f"{group}/{name}", earlier[name], tables[name])
    return out


def _moved(name: str, before: str, after: str) -> list[str]:
    """What is different in one table, cell by cell."""
    if not name.endswith(".csv"):
        header, old, new = ["line"], [[line] for line in before.splitlines()], [[line] for line in after.splitlines()]
    else:
        (header, *old), (names, *new) = (list(csv.reader(io.StringIO(text))) for text in (before, after))
        if header != names:
            lost, added = [x for x in header if x not in names], [x for x in names if x not in header]
            return [f"{name}: columns without {lost}, with {added}" if lost or added else f"{name}: columns in another order"]
    out = []
    if len(old) != len(new):
        new_rows, old_rows = {tuple(row) for row in new}, {tuple(row) for row in old}
        out.append(f"{name}: {len(old)} rows, now {len(new)}")
        out += [f"{name}: row lost: {', '.join(row)}" for row in old if tuple(row) not in new_rows][:SHOWN]
        out += [f"{name}: row new: {', '.join(row)}" for row in new if tuple(row) not in old_rows][:SHOWN]
        return out
    cells = [
        f"{name}: row {number} ({', '.join(was[:4])}), column {column}: was {a!r}, is {b!r}"
        for number, (was, now) in enumerate(zip(old, new, strict=True), start=2)
        for column, a, b in zip(header, was, now, strict=True)
        if a != b
    ]
    more = [f"{name}: and {len(cells) - SHOWN} more cells"] if len(cells) > SHOWN else []
    return cells[:SHOWN] + more or [f"{name}: other line ends or quotes"]


def assert_unmoved(group: str, tables: Tables) -> None:
    """Fail with every table, row and column that departs from the golden one."""
    moved = differences(group, tables)
    assert not moved, "\n".join(["golden tables moved:", *moved, ADVICE])
