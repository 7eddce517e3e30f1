"""The numbers behind an assessment, with source and status: those of the services that are judged, on the kinds that it touches."""

import math

from ecoval.study.run import number_records, used_rows

NAMES = ("service", "parameter", "key", "value", "uom", "region", "year", "source_id", "locator", "status", "note")
USER = "user"  # status of a number without one


def numbers_of(opened, zones=None):
    """Numbers that an assessment uses, as run.json of a study holds them.

    Parameters
    ----------
    opened : Opened
    zones : table (geometry)
        Zones of influence.

    Returns
    -------
    list of table (service, parameter, key, value, uom, region, year, source_id, locator, status, note)
    """
    judged = {name.partition(":")[0] for name in opened.services} | set(opened.services)
    if opened.declared.method == "density":
        return densities_of(opened, judged) + prices_of(opened)
    layers, priced = opened.whole.layers, opened.whole.priced
    rows = [*used_rows(layers, touched(opened, zones)), *layers.rows]
    rows = [row for row in rows if row.service in judged or not row.service or row.service == "*"]
    own = opened.declared.prices is not None
    return number_records([*rows, *([] if own else _judged(priced.rows, judged))]) + (prices_of(opened) if own else [])


def touched(opened, zones=None):
    """Ecosystem types under footprints, zones and candidates, and those that are to come.

    Parameters
    ----------
    opened : Opened
    zones : table (geometry)

    Returns
    -------
    set of number
    """
    found = {*opened.kinds["ecosystem_type"], *opened.footprints["after_class"].dropna()}
    for frame in (zones, opened.candidates):
        if frame is not None and len(frame):
            found |= set(opened.whole.kinds(frame)["ecosystem_type"])
    if opened.candidates is not None:
        found |= set(opened.candidates["kind_target"].dropna())
    return {int(code) for code in found}


def densities_of(opened, judged):
    """Rows of a density table as numbers.

    Parameters
    ----------
    opened : Opened
    judged : set of text

    Returns
    -------
    list of table (service, parameter, key, value, ...)
    """
    table = opened.whole.table
    rows = table[table["service"].isin(judged)].rename(columns={"ecosystem_type": "key", "quantity": "value"})
    return _records(rows.drop(columns="price_year", errors="ignore"), "density")


def prices_of(opened):
    """Rows of the project's own prices as numbers.

    Parameters
    ----------
    opened : Opened

    Returns
    -------
    list of table (service, parameter, key, value, ...)
    """
    table = opened.prices[opened.prices["service"].isin(opened.services) & opened.prices["price"].notna()]
    named = {"price": "value", "price_uom": "uom", "price_year": "year"}
    return _records(table.rename(columns=named).assign(key=""), "price")


def _judged(rows, judged):
    return [row for row in rows if row.service in judged]


def _records(table, parameter):
    made = []
    for row in table.astype(object).to_dict("records"):
        plain = {name: row.get(name) for name in NAMES}
        empty = {name: None for name, value in plain.items() if value is None or (isinstance(value, float) and math.isnan(value))}
        made.append(plain | empty | {"parameter": parameter, "status": row.get("status") or USER})
    return made
