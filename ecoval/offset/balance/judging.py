"""What is settled before parcels are looked at: the findings of the validator, and what of them decides the verdict."""

from functools import cache

import numpy as np
import pandas as pd

from ecoval import tables
from ecoval.declarations import columns
from ecoval.errors import InputError
from ecoval.offset.balance.judge import Case
from ecoval.offset.balance.quantities import PortionRow
from ecoval.offset.balance.verdict import Found, reason
from ecoval.offset.findings import checks
from ecoval.offset.rules.statutory import statutory_ok
from ecoval.offset.validation import Facts, candidate_findings, findings, looked_at

FAILED = 50  # statutory rows named one by one


def facts_of(opened, candidates=True):
    """What the validator looks at.

    Parameters
    ----------
    opened : Opened
    candidates : choice {True, False}
        False for a project of a plan, whose candidates are looked at once.

    Returns
    -------
    Facts
    """
    declared = opened.declared
    grid = getattr(opened.whole, "grid", None)
    opened.bind()
    statutory = opened.statutory
    needed = {opened.rule.area_kind(service) for service in opened.services if _ruled(opened.rule, service)}
    units = {kind: opened.areas.units(kind) for kind in opened.areas.kinds if kind in needed}
    prices = opened.prices
    return Facts(
        footprints=opened.footprints,
        candidates=opened.candidates if candidates else None,
        zones=opened.zones,
        measures=opened.measures,
        exclusions=opened.exclusions,
        statutory=opened.statutory_layers,
        units={kind: each.frame for kind, each in units.items() if each is not None},
        areas=opened.areas,
        area_kinds=tuple(sorted(units)),
        no_go=opened.no_go_layers,
        barred=tuple(sorted(opened.no_go.kinds)),
        kinds=opened.kinds,
        used=opened.used if opened.ledger is not None else None,
        elsewhere=() if opened.elsewhere is None else (opened.elsewhere,),
        crs=getattr(grid, "crs", None),
        cell_area=None if grid is None else grid.cell_size_m[0] * grid.cell_size_m[1],
        services=opened.services,
        spatial=opened.rule,
        densities=opened.whole.table if declared.method == "density" else None,
        prices=tuple(prices.loc[prices["price"].notna(), "service"].astype(str)),
        regimes=None if statutory is None else tuple(statutory.table["regime"]),
        names=opened.valid_names,
        table_names=opened.table_names,
    )


def checked(opened, candidates=True):
    """Findings of the validator; the first error is raised with its code.

    Parameters
    ----------
    opened : Opened
    candidates : choice {True, False}

    Returns
    -------
    table (code, level, layer, features, found, expected, en, zh)

    Raises
    ------
    InputError
    """
    facts, results = judged(opened, candidates)
    refuse_errors(results)
    return checks(results, looked_at(facts))


def validated(opened, candidates=True):
    """Everything that is wrong with a project, as a table: the same that `checked` raises.

    Parameters
    ----------
    opened : Opened
    candidates : choice {True, False}

    Returns
    -------
    table (code, level, layer, features, found, expected, en, zh)
    """
    facts, results = judged(opened, candidates)
    return checks(results, looked_at(facts))


def judged(opened, candidates):
    """Facts and findings of a project, and what is refused where there is no error among them."""
    facts = facts_of(opened, candidates)
    results = findings(opened.declared, facts)
    if not any(each.level == "error" for each in results):
        opened.settle()
    return facts, results


def pool_findings(opened):
    """Findings about the candidates of a plan.

    Parameters
    ----------
    opened : Opened

    Returns
    -------
    list of Finding
    """
    if opened.candidates is None:
        return []
    return candidate_findings(opened.declared, facts_of(opened))


def refuse_errors(found):
    """Raise the first finding that is an error, with its code.

    Parameters
    ----------
    found : list of Finding

    Raises
    ------
    InputError
    """
    for each in found:
        if each.level == "error":
            raise InputError(each.code, **dict(each.fields))


def found_of(opened, made, statutory, findings):
    """What decides the verdict beside the parcels: missing land, no-go, statutory balances.

    Parameters
    ----------
    opened : Opened
    made : Losses
    statutory : table (regime, kind, area_unit, ok)
    findings : table (code, features)

    Returns
    -------
    Found
    """
    touched = findings[findings["code"] == "FOOTPRINT_IN_NO_GO"]
    lacking = () if statutory is None else statutory_reasons(statutory)
    return Found(
        missing=missing_reasons(made.debits, opened.declared.checks.missing_tolerance) + unchosen(opened),
        no_go=tuple((f"{row.features} ({row.found})", f"{row.features}（{row.found_zh}）") for row in touched.itertuples()),
        statutory_ok=statutory_ok(statutory),
        reasons=lacking,
    )


def missing_reasons(debits, tolerance):
    """Services of which more of the land has no data than the tolerance.

    Parameters
    ----------
    debits : table (service, valid_area, missing_area)
    tolerance : number, 1

    Returns
    -------
    vector (reasons), 1
    """
    found = []
    for service, rows in debits.groupby("service", sort=False):
        missing, valid = float(rows["missing_area"].sum()), float(rows["valid_area"].sum())
        share = missing / (missing + valid) if missing > 0 else 0.0
        if share > tolerance:
            told = {"share": f"{share:.1%}", "tolerance": f"{tolerance:.1%}"}
            found.append(reason("offset_missing_area", service=service, **told))
    return tuple(found)


def unchosen(opened):
    """The reason where several alternatives stand side by side and none is chosen.

    Parameters
    ----------
    opened : Opened

    Returns
    -------
    vector (reasons), 1
    """
    if opened.chosen is not None:
        return ()
    names = sorted(set(opened.footprints["alternative_id"].dropna()))
    return (reason("offset_not_chosen", alternatives=names),)


def statutory_reasons(table):
    """Reasons for the statutory balances that are not met.

    Parameters
    ----------
    table : table (regime, kind, area_unit, required, provided, net, ok, uom)

    Returns
    -------
    vector (reasons), 1
    """
    failed = table[~table["ok"].astype(bool)].head(FAILED)
    names = ("regime", "kind", "area_unit", "uom")
    return tuple(
        reason(
            "offset_statutory_short",
            short=-float(row["net"]),
            required=float(row["required"]),
            provided=float(row["provided"]),
            **{name: str(row[name]) or "-" for name in names},
        )
        for row in failed.to_dict("records")
    )


def _ruled(rule, service):
    try:
        rule.row(service)
    except InputError:
        return False
    return True


def case_of(opened, made, offers, record, found, named=None):
    """The case that portfolios are judged against.

    Parameters
    ----------
    opened : Opened
    made : Losses
    offers : Credits
    record : Record
    found : Found
    named : table (key, value)
        What further stands beside the verdict.

    Returns
    -------
    Case
    """
    rules = opened.declared.rules
    return Case(
        debits=made.debits,
        losses=made.residual.rename(columns={"uom": "annual_uom"}),
        credits=offers.credits,
        candidates=offers.candidates,
        prices=opened.prices,
        lost=made.lost if rules.kinds else None,
        accepts=cache(opened.accept.accepts),  # asked again with every tick
        ratio=cache(opened.ratio.service),
        ratio_kind=cache(opened.ratio.kind),
        ratio_value=rules.ratio_value,
        t0=opened.t0,
        horizon=rules.horizon,
        deficit_limit=rules.deficit_limit,
        record=record,
        found=found,
        context=context_of(opened) | (named or {}),
    )


def context_of(opened):
    """What stands beside the verdict: how time and money count, and the hash of the rules.

    Parameters
    ----------
    opened : Opened

    Returns
    -------
    table (key, value)
    """
    rules, timing = opened.declared.rules, opened.timing
    horizon = None if not np.isfinite(timing.horizon) else int(timing.horizon)
    return {
        "rules_hash": opened.rules_hash,
        "time": rules.time,
        "rate": timing.rate,
        "base": timing.base,
        "horizon": "inf" if horizon is None else horizon,
        "convention": timing.convention,
        "t0": opened.t0,
        "price_year": opened.price_year,
        "year": opened.year,
        "chosen": opened.chosen,
        "ratio_value": rules.ratio_value,
    }


def read_portfolio(portfolio):
    """A list of parcels of a table or of a path; None stays None.

    Parameters
    ----------
    portfolio : table (candidate_id, option_id, share)

    Returns
    -------
    table (candidate_id, option_id, share)
    """
    if portfolio is None or isinstance(portfolio, pd.DataFrame):
        return portfolio
    table = tables.read(portfolio, required=columns(PortionRow, required=True))
    made = pd.DataFrame({"candidate_id": table["candidate_id"].astype(str)})
    made["option_id"] = table["option_id"].astype(object).where(table["option_id"].notna(), "") if "option_id" in table else ""
    made["share"] = tables.numbers(table, "share") if "share" in table else 1.0
    return made
