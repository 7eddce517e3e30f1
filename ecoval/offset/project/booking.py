"""Writing an assessment into the ledger: what is occupied as debits, the parcels that are used as credits, in one transaction.

Nothing is written by an assessment that does not say so (`[ledger] write = true`, or `book`), and nothing but what balances.
"""

import pandas as pd

from ecoval.errors import InputError
from ecoval.ledger import Ledger, credits_of, debits_of
from ecoval.offset.rules.tables import content_hash


def book(opened, made):
    """Write the debits and credits of an assessment that balances.

    Parameters
    ----------
    opened : Opened
    made : Assessment

    Returns
    -------
    Receipt

    Raises
    ------
    InputError
        For an assessment that does not balance, a project without a ledger, and land that is used already.
    """
    if made.verdict.verdict != "balanced":
        raise InputError("offset_not_booked", project=opened.project_name, verdict=made.verdict.verdict)
    if opened.declared.ledger is None:
        raise InputError("offset_without_ledger", project=opened.project_name)
    ledger = Ledger.open(opened.declared.ledger.path, crs=opened.crs)
    written = [*debit_entries(opened, made), *credit_entries(opened, made)]
    return ledger.write(_identity(opened, made, ledger.entries()), written, opened.crs, alone=True)


def _identity(opened, made, entries):
    """Transaction of what an assessment says: the same for the same, with a number where the same was taken back before.

    Raises
    ------
    InputError
        For a project of which something else is in force: what it loses would be written twice.
    """
    content = {name: pd.DataFrame(getattr(made, name)) for name in ("portfolio", "debits")}
    digest = content_hash(content | {"rules": made.verdict.context.get("rules_hash", "")})
    whole = f"{opened.project_name} {digest[:16]}"
    number = 1
    while (_mark(whole, number) == entries.loc[~entries["in_force"], "transaction_id"]).any():
        number += 1
    own = entries[(entries["project_id"] == opened.project_name) & entries["in_force"]]
    others = sorted(set(own["transaction_id"]) - {_mark(whole, number)})
    if others:
        raise InputError("offset_booked_already", project=opened.project_name, transactions=others)
    return _mark(whole, number)


def _mark(whole, number):
    return whole if number == 1 else f"{whole} #{number}"


def debit_entries(opened, made):
    """Entries of the patches of the chosen alternative; the quantities stand with the first of them.

    Parameters
    ----------
    opened : Opened
    made : Assessment

    Returns
    -------
    list of Entry
    """
    columns = ["service", "area_kind", "area_unit", "debit", "uom"]
    lost = made.debits[made.debits["debit"] > 0][columns].rename(columns={"debit": "quantity"})
    patches = opened.patches[["patch_id", "start", "end", "geometry"]]
    return debits_of(opened.project_name, patches, lost, year=opened.t0)


def credit_entries(opened, made):
    """Entries of the parcels that are used, each with its credits.

    Parameters
    ----------
    opened : Opened
    made : Assessment

    Returns
    -------
    list of Entry
    """
    used = made.portfolio[made.portfolio["share"] > 0]
    if used.empty:
        return []
    key = ["candidate_id", "option_id"]
    shapes = opened.candidates.assign(option_id=opened.candidates["option_id"].fillna("").astype(str))
    parcels = shapes.merge(used[[*key, "share"]], on=key)
    parcels = parcels[[*key, "share", "right_id", "start_year", "end_year", "geometry"]]
    rows = made.credits.merge(used[[*key, "share"]], on=key)
    rows = rows.assign(quantity=rows["credit"] * rows["share"])
    rows = rows[rows["quantity"] != 0]
    given = pd.DataFrame(rows[[*key, "service", "area_kind", "area_unit", "quantity", "uom"]])
    return credits_of(opened.project_name, parcels, given, year=opened.t0)
