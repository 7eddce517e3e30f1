"""Statistics per unit, checked against the units, and the services that are computed from tables."""

import pandas as pd

from ecoval import measure, tables
from ecoval.errors import InputError, warn
from ecoval.terms import nearest

COLUMNS = ("unit_id", "item", "quantity", "uom")
OPTIONAL = ("price", "price_uom", "price_year", "year", "source", "status")
NUMBERS = ("quantity", "price", "price_year", "year")


def read_statistics(layers):
    """Statistics of the account's year from all declared tables, checked against the units."""
    parts = []
    for name, entry in layers.declaration.statistics.items():
        path = entry.path(layers.year)
        if not path.exists():
            raise InputError("statistics_file_missing", name=name, path=str(path))
        table = tables.read(path, sheet=entry.sheet) if entry.sheet else tables.read(path)
        require_columns(table, COLUMNS, path)
        parts.append(_checked(layers, table, path))
        layers.inputs.append((f"statistics.{name}", path))
    layers.statistics = pd.concat(parts, ignore_index=True) if parts else None


def require_columns(table, columns, path):
    """Refuse a table without one of the columns.

    Raises
    ------
    InputError
        With the nearest column that is there.
    """
    for column in columns:
        if column not in table.columns:
            close = nearest(column, table.columns) or "-"
            raise InputError("table_column_missing", path=str(path), column=column, nearest=close)


def _checked(layers, table, path):
    table = table.copy()
    for column in OPTIONAL:
        if column not in table.columns:
            table[column] = None
    table["unit_id"] = table["unit_id"].astype(str).str.strip()
    known = set(layers.members["unit_id"])
    unknown = sorted(set(table["unit_id"]) - known)
    if unknown:
        raise InputError("statistics_units_unknown", path=str(path), units=unknown, nearest=nearest(unknown[0], known))
    for column in NUMBERS:
        table[column] = _numbers(table[column], column, path)
    for uom in table["uom"].dropna().unique():
        measure.check(str(uom))
    table = table[table["year"].isna() | (table["year"] == layers.year)].reset_index(drop=True)
    twice = table[table.duplicated(["unit_id", "item"])]
    if len(twice):
        rows = [f"{unit} {item}" for unit, item in zip(twice["unit_id"], twice["item"], strict=True)]
        raise InputError("statistics_twice", path=str(path), rows=rows, year=layers.year)
    if not len(table):
        warn("statistics_without_year", path=str(path), year=layers.year)
    return table[[*COLUMNS, *OPTIONAL]]


def _numbers(column, name, path):
    numbers = pd.to_numeric(column, errors="coerce").astype("float64")
    written = column.notna() & (column.astype(str).str.strip() != "")
    wrong = (numbers.isna() & written).to_numpy()
    if wrong.any():
        place = int(wrong.argmax())
        raise InputError("statistics_not_a_number", path=str(path), row=place + 2, column=name, found=str(column.iloc[place]))
    return numbers


def table_services(layers, extent, unit_set):
    """Rows of the services of form table for the units of one set.

    Parameters
    ----------
    layers : Layers
    extent : table (unit_id, ecosystem_type, area)
    unit_set : text

    Returns
    -------
    table (unit_id, service, item, ecosystem_type, quantity, uom, price, price_uom, price_year, value_share, status, note)
        None where no service of the study is of this form.
    """
    members = set(layers.members.loc[layers.members["unit_set"] == unit_set, "unit_id"])
    parts = []
    for made in layers.plans:
        for item in made.service.items:
            if item.form != "table":
                continue
            arguments = {name: _argument(layers, made, name, members, extent, unit_set) for name in item.arguments}
            rows = item.quantity(**arguments)
            if rows is not None and len(rows):
                rows = rows.assign(service=made.service.code)
                rows["item"] = rows.get("item", item.code)
                parts.append(rows)
    return pd.concat(parts, ignore_index=True) if parts else None


def _argument(layers, made, name, members, extent, unit_set):
    """What a table function gets under one of its argument names."""
    if name == "extent":
        return extent[["unit_id", "ecosystem_type", "area"]]
    if name == "statistics":
        table = layers.statistics
        return pd.DataFrame(columns=[*COLUMNS, *OPTIONAL]) if table is None else table[table["unit_id"].isin(members)]
    if name in made.measures:
        table = layers.tables.get(name)
        if table is None:
            return None
        if "unit_set" in table.columns:
            table = table[table["unit_set"] == unit_set].drop(columns="unit_set")
        return table[table["unit_id"].astype(str).isin(members)] if "unit_id" in table.columns else table
    if name in made.numbers:
        return made.numbers[name]
    if name in made.vectors:
        codes = layers.lookup.types
        return dict(zip(codes, made.vectors[name].tolist(), strict=False))
    return None if name in made.roles else made.options.get(name)
