"""Tables of rules: what every one of them is checked for, and the hash of its content.

Refusals carry the codes of the checks of an offset balance, with the layer, the features, what was found and what is expected; the
fields hold symbols, names and numbers, no words, and so fit both languages.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ecoval.classification import ecosystem_types
from ecoval.declarations import columns, entries, spellings
from ecoval.errors import InputError, warn
from ecoval.terms import nearest

REMARK = "note"


def content_hash(content: Any) -> str:
    """SHA-256 of tables, numbers and texts.

    Parameters
    ----------
    content : table
        Or a mapping, sequence, number or text. Rows of a table count in any order; numbers as float64.

    Returns
    -------
    text
        64 hexadecimal digits.
    """
    return hashlib.sha256(_canonical(content).encode()).hexdigest()


def rules_hash(rules: Mapping[str, Any]) -> str:
    """SHA-256 of several rules together.

    Parameters
    ----------
    rules : mapping (text, rule)
        Name -> a rule with a hash, or a number or text.

    Returns
    -------
    text
    """
    return content_hash({name: getattr(rule, "hash", rule) for name, rule in rules.items()})


def _canonical(content: Any) -> str:
    if isinstance(content, pd.DataFrame):
        names = sorted(content.columns)
        rows = (_canonical(dict(zip(names, row, strict=True))) for row in content[names].itertuples(index=False, name=None))
        return f"[{','.join(sorted(rows))}]"
    if isinstance(content, Mapping):
        entries = sorted((str(name), _canonical(value)) for name, value in content.items())
        return "{" + ",".join(f"{json.dumps(name)}:{value}" for name, value in entries) + "}"
    if isinstance(content, (list, tuple)):
        return f"[{','.join(_canonical(value) for value in content)}]"
    if content is None or pd.isna(content):
        return "null"
    if isinstance(content, (int, float, np.number)) and not isinstance(content, bool):
        return repr(float(content))
    return json.dumps(str(content), ensure_ascii=False)


def check_columns(table: pd.DataFrame, rows: type, layer: str, own: Collection[str] = ()) -> None:
    """Nothing where a table has the columns that the class of its rows requires; a warning of those that nothing reads.

    Parameters
    ----------
    own : further columns that are read; a `note` may stand in every table

    Raises
    ------
    InputError
        FIELD_MISSING.
    """
    fields = columns(rows, required=True)
    absent = [name for name in fields if name not in table.columns]
    if absent:
        found = ", ".join(str(name) for name in table.columns)
        raise InputError("FIELD_MISSING", layer=layer, features=absent, found=found, expected=", ".join(fields))
    read = {name for names in spellings(rows).values() for name in names}
    unread = [str(name) for name in table.columns if name not in {*read, *own, REMARK}]
    if unread:
        warn("table_columns_not_read", path=layer, columns=unread, nearest=nearest(unread[0], {*read, REMARK}))


def refuse_twice(table: pd.DataFrame, key: list[str], layer: str) -> None:
    """Nothing where no two rows have one key; texts are compared without blanks around them.

    Raises
    ------
    InputError
        ID_DUPLICATE.
    """
    keys = pd.DataFrame({name: texts(table, name) for name in key})
    twice = keys[keys.duplicated(key)].drop_duplicates()
    if len(twice):
        features = [" / ".join(row) for row in twice.itertuples(index=False, name=None)]
        found = int(keys.duplicated(key, keep=False).sum())
        raise InputError("ID_DUPLICATE", layer=layer, features=features, found=found, expected=", ".join(key))


def refuse_values(wrong: Any, features: Any, column: str, layer: str, found: Any, expected: str) -> None:
    """Nothing where no value is wrong.

    Raises
    ------
    InputError
        VALUE_OUT_OF_RANGE with the features and what was found there.
    """
    wrong = np.asarray(wrong, dtype=bool)
    if wrong.any():
        names = [str(each) for each in np.asarray(features, dtype=object)[wrong]]
        values = [found] if isinstance(found, str) else [str(each) for each in np.asarray(found, dtype=object)[wrong]]
        shown = ", ".join(dict.fromkeys(value or "-" for value in values[:5]))
        raise InputError("VALUE_OUT_OF_RANGE", layer=layer, features=names, found=f"{column} = {shown}", expected=expected)


def texts(table: pd.DataFrame, column: str, default: str = "") -> npt.NDArray[Any]:
    """A column as stripped texts; the default where the cell is empty or the column absent."""
    if column not in table.columns:
        return np.full(len(table), default, dtype=object)
    made = [default if pd.isna(value) or not str(value).strip() else _plain(value) for value in table[column]]
    return np.array(made, dtype=object)


def text_columns(table: pd.DataFrame, rows: type, layer: str) -> dict[str, npt.NDArray[Any]]:
    """Columns that a class of rows declares as texts, an empty cell or an absent column as its default says.

    Raises
    ------
    InputError
        VALUE_OUT_OF_RANGE for a text that is none of the choices of its column, or empty where it is needed.
    """
    declared = [entry for entry in entries(rows) if str in entry.forms]
    vectors = {entry.name: texts(table, entry.name, "" if entry.required else entry.default or "") for entry in declared}
    features = vectors[declared[0].name]
    if (features == "").any():
        features = [f"row {row + 1}" for row in range(len(table))]
    for entry in declared:
        cells, choices = vectors[entry.name], entry.key.choices
        if choices:
            refuse_values(~np.isin(cells, choices), features, entry.name, layer, cells, ", ".join(choices))
        elif entry.required:
            refuse_values(cells == "", features, entry.name, layer, "-", "*")
    return vectors


def number_columns(table: pd.DataFrame, rows: type, layer: str, features: Any) -> dict[str, npt.NDArray[np.float64]]:
    """Columns that a class of rows declares as numbers, within their bounds; empty cells only where the column may be absent.

    Raises
    ------
    InputError
        VALUE_OUT_OF_RANGE.
    """
    vectors = {}
    for entry in (each for each in entries(rows) if float in each.forms):
        low, high = (-np.inf if entry.key.low is None else entry.key.low), (np.inf if entry.key.high is None else entry.key.high)
        vectors[entry.name] = numbers(table, entry.name, layer, features, low, high, optional=not entry.required)
    return vectors


def numbers(
    table: pd.DataFrame,
    column: str,
    layer: str,
    features: Any,
    low: float = -np.inf,
    high: float = np.inf,
    *,
    optional: bool = False,
) -> npt.NDArray[np.float64]:
    """A column as numbers within a range.

    Parameters
    ----------
    table : table
    column, layer : text
    features : texts
        Names of the rows for messages.
    low, high : number, 1
    optional : choice {True, False}
        Allow empty cells, which are nan.

    Returns
    -------
    vector (rows), 1

    Raises
    ------
    InputError
        VALUE_OUT_OF_RANGE.
    """
    given = texts(table, column)
    values = pd.to_numeric(pd.Series(np.where(given == "", None, given), dtype=object), errors="coerce").to_numpy(dtype=np.float64)
    outside = ~np.isfinite(values) | (values < low) | (values > high)
    if optional:
        outside &= given != ""
    expected = f"[{low:g}, {high:g}]"
    refuse_values(outside, features, column, layer, given, expected)
    return values


def kinds(codes: Iterable[Any], layer: str) -> list[int]:
    """Codes of ecosystem types as numbers.

    Raises
    ------
    InputError
        KIND_UNKNOWN for codes that are not in the classification, with the nearest that is.
    """
    codes = [_plain(code) for code in codes]
    known = {str(code): code for code in ecosystem_types()}
    absent = list(dict.fromkeys(code for code in codes if code not in known))
    if absent:
        near = nearest(absent[0], known)
        raise InputError(
            "KIND_UNKNOWN",
            layer=layer,
            features=absent,
            found="no such kind",
            expected=f"a code of an ecosystem type, such as {near}",
        )
    return [known[code] for code in codes]


def flags(table: pd.DataFrame, column: str, layer: str, features: Any) -> npt.NDArray[np.bool_]:
    """A column of yes and no; empty is no.

    Raises
    ------
    InputError
        VALUE_OUT_OF_RANGE.
    """
    given = np.array([text.lower() for text in texts(table, column, "no")], dtype=object)
    yes = np.isin(given, ("yes", "true", "1", "是"))
    refuse_values(~yes & ~np.isin(given, ("no", "false", "0", "否")), features, column, layer, given, "yes, no")
    return yes


def _plain(value: Any) -> str:
    """Text of a value, whole numbers without a decimal point."""
    if isinstance(value, (float, np.floating)) and float(value).is_integer():
        return str(int(value))
    return str(value).strip()
