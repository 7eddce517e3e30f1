"""The programme of a project: its requirements, candidates and credits given to the exact choice, also under other assumptions.

Scenarios of the agreement map: mid and cautious coefficients; the discount rate one point down and up; the price of each service
halved and one and a half times. Under another rate a credit is scaled by the present value of its own ramp, which is exact where
the counterfactual has no trend, and debits and costs are computed anew.
"""

import math

import numpy as np
import pandas as pd

from ecoval.errors import ParameterError
from ecoval.offset.balance.quantities import cautious_credits, cautious_requirements, requirements
from ecoval.offset.balance.value import fitted_prices
from ecoval.offset.candidates import costs
from ecoval.offset.choose import agreement as agreed
from ecoval.offset.choose import select_portfolio
from ecoval.offset.project.stages import debit_table

PAIR = ["candidate_id", "option_id"]
STEP = 0.01  # of the rate
PRICE_FACTORS = (0.5, 1.5)
OPTIONS_MOST = 300  # beyond, prices are not varied
SECONDS = 5.0  # for each scenario


def selected(opened, made, offers, cautious=False, progress=None):
    """The least-cost parcels of a project, or None where there is no candidate.

    Parameters
    ----------
    opened : Opened
    made : Losses
    offers : Credits
    cautious : choice {True, False}
    progress : callable (done, text)
        Asked ten times a second while the solver works; its False stops the choice.

    Returns
    -------
    Selection
    """
    if offers.candidates.empty:
        return None
    wanted, given = tables(made, offers, cautious)
    limit = opened.declared.rules.time_limit
    return select_portfolio(wanted, offers.candidates, given, time_limit=limit, progress=progress, **rules_of(opened, made))


def tables(made, offers, cautious):
    """Requirements before the ratio, and credits, at mid or at cautious coefficients.

    Parameters
    ----------
    made : Losses
    offers : Credits
    cautious : choice {True, False}

    Returns
    -------
    table (service, area_unit, required, uom)
    table (candidate_id, option_id, service, area_unit, credit, uom)
    """
    names = [*PAIR, "service", "area_unit", "credit", "credit_low", "uom"]
    credits = offers.credits[names] if len(offers.credits) else pd.DataFrame(columns=names)
    if cautious:
        return cautious_requirements(made.debits), cautious_credits(credits).drop(columns="credit_low")
    return requirements(made.debits), credits.drop(columns="credit_low")


def rules_of(opened, made):
    """Rules of the programme out of those of the project.

    Parameters
    ----------
    opened : Opened
    made : Losses

    Returns
    -------
    table (rule, value)
    """
    rules = opened.declared.rules
    services = list(dict.fromkeys(made.debits["service"]))
    found = {
        "ratio": {service: opened.ratio.service(service) for service in services} | {"*": 1.0},
        "ratio_value": rules.ratio_value,
        "whole": rules.whole,
        "objective": rules.objective,
        "must": rules.must,
        "ban": rules.ban,
        "limit": rules.limit,
        "most": rules.most,
    }
    if rules.value:
        found["value"] = fitted_prices(opened.prices, made.debits)
    if rules.kinds and len(made.lost):
        lost = made.lost.rename(columns={"area": "lost_area"})
        lost = lost.assign(ratio=[opened.ratio.kind(code) for code in lost["ecosystem_type"]])
        found["kinds"] = lost[lost["ratio"] > 0].reset_index(drop=True)
        found["accepts"] = opened.accept.accepts
    return found


def agreement_table(opened, made, offers):
    """How often each candidate is chosen over the scenarios.

    Parameters
    ----------
    opened : Opened
    made : Losses
    offers : Credits

    Returns
    -------
    table (candidate_id, option_id, chosen, scenarios, share)
    """
    if offers.candidates.empty or offers.credits.empty:
        return pd.DataFrame(columns=[*PAIR, "chosen", "scenarios", "share"])
    return agreed(scenarios(opened, made, offers), time_limit=SECONDS, **rules_of(opened, made))


def scenarios(opened, made, offers):
    """The scenarios one by one.

    Parameters
    ----------
    opened : Opened
    made : Losses
    offers : Credits

    Yields
    ------
    tuple (name, requirements, candidates, credits, rules)
    """
    wanted, given = tables(made, offers, False)
    candidates = offers.candidates
    yield "mid", wanted, candidates, given
    careful, low = tables(made, offers, True)
    yield "cautious", careful, candidates, low
    if opened.timing.time == "discount":
        for step in (-STEP, STEP):
            moved = _at_rate(opened, made, offers, step)
            if moved is not None:
                yield moved
    value = rules_of(opened, made).get("value")
    if value is None or len(candidates) > OPTIONS_MOST:
        return
    if value.empty:
        return
    whole = value["service"].str.partition(":")[0]
    for service in dict.fromkeys(whole):
        for factor in PRICE_FACTORS:
            price = value["price"].where(whole != service, factor * value["price"])
            yield f"price {service} x {factor:g}", wanted, candidates, given, {"value": value.assign(price=price)}


def _at_rate(opened, made, offers, step):
    """Requirements, candidates and credits at another discount rate; None where there is none."""
    from dataclasses import replace

    rate = opened.timing.rate + step
    if rate < 0:
        return None
    try:
        timing = replace(opened.timing, rate=rate)
        debits = debit_table(made.residual, timing)
        scale = [_term(row, timing) / _term(row, opened.timing) for row in offers.candidates.itertuples()]
        priced = costs(offers.shapes, timing)
    except (ParameterError, ZeroDivisionError):
        return None
    factor = pd.Series(scale, index=pd.MultiIndex.from_frame(offers.candidates[PAIR].astype(str)))
    _, credits = tables(made, offers, False)
    times = factor.reindex(pd.MultiIndex.from_frame(credits[PAIR].astype(str))).to_numpy()
    candidates = offers.candidates.assign(fixed_cost=np.asarray(priced["fixed_cost"]), cost=np.asarray(priced["cost"]))
    return f"rate {rate:.4g}", requirements(debits), candidates, credits.assign(credit=credits["credit"] * times)


def _term(row, timing):
    end = None if row.end_year is None or math.isnan(row.end_year) else int(row.end_year)
    return timing.gain_factor(int(row.start_year), int(row.ramp_years), row.ramp_shape, 1.0, end)


def in_language(selection):
    """What verdict.json says of a choice.

    Parameters
    ----------
    selection : Selection

    Returns
    -------
    table (status, cost, bound, proven, method, objective, value, confirmed, notes)
    """
    if selection is None:
        return {"status": "none", "cost": 0.0}
    names = ("status", "cost", "bound", "proven", "method", "objective", "value", "confirmed")
    made = {name: getattr(selection, name) for name in names}
    return {key: _finite(value) for key, value in made.items()} | {"notes": list(selection.notes)}


def _finite(value):
    value = value.item() if hasattr(value, "item") else value
    return None if isinstance(value, float) and not math.isfinite(value) else value
