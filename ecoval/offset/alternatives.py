"""Avoiding: the alternatives beside each other, which of them another one beats, and whether the step is on record.

An alternative is dominated where another one loses no more of any service, costs no more, and is better in one of these; "no
project" does not count. The index adds the losses of all services, each as a share of its largest one; it is shown and decides
nothing.
"""

import numpy as np
import pandas as pd
import shapely

from ecoval.findings import note_record
from ecoval.offset.loss.patches import patches
from ecoval.offset.loss.pieces import on_crs
from ecoval.units.polygon_area import ellipsoidal_area

COLUMNS = ("alternative_id", "chosen", "area", "cost", "value_pv", "index", "dominated_by", "pareto", "no_go_area")
COLUMNS += ("red_line_area", "less_loss_at_similar_cost")
TAU = 0.10
TOLERANCE = 1e-9  # share of the largest loss of a service, or of the larger cost; less is equal
LEAST = 2  # alternatives beside "no project" without a written reason


def describe_alternatives(footprints, costs=None, no_go=None, red_line=None, site_area=None):
    """Land and cost of each alternative, and what of it no offset makes up for.

    Parameters
    ----------
    footprints : table (alternative_id, geometry)
    costs : table (alternative_id, cost)
        CNY at t0; a mapping.
    no_go : NoGo
    red_line : table (geometry)
    site_area : table (alternative_id, area)
        m2; a mapping, for those whose polygons are not the whole site.

    Returns
    -------
    table (alternative_id, area, cost, no_go_area, red_line_area)
        m2 on the ellipsoid, land under two patches counted once.
    """
    made = patches(footprints.assign(after_class=footprints.get("after_class", 0)).fillna({"after_class": 0}))
    rows = []
    for name, part in made.groupby("alternative_id", sort=False):
        site = shapely.disjoint_subset_union_all(np.asarray(part.geometry.values, dtype=object))
        area = (site_area or {}).get(name, float(ellipsoidal_area(np.array([site]), made.crs)[0]))
        row = {"alternative_id": name, "area": area, "cost": float((costs or {}).get(name, np.nan))}
        lost = 0.0 if no_go is None or no_go.areas is None else _overlap(site, made.crs, no_go.areas)
        rows.append(row | {"no_go_area": lost, "red_line_area": 0.0 if red_line is None else _overlap(site, made.crs, red_line)})
    return pd.DataFrame(rows)


def _overlap(site, crs, frame):
    """Area of a site inside polygons, m2."""
    others = shapely.union_all(on_crs(np.asarray(frame.geometry.values, dtype=object), frame.crs, crs))
    return float(ellipsoidal_area(np.array([shapely.intersection(site, others)]), crs)[0])


def compare_alternatives(losses, alternatives, chosen=None, *, prices=None, weights=None, tau=TAU, kinds=None, no_go=None):
    """The alternatives beside each other.

    Parameters
    ----------
    losses : table (alternative_id, service, pv)
        Of `loss.loss_table`, before measures.
    alternatives : table (alternative_id, area, cost, no_go_area, red_line_area)
        Of `describe_alternatives`. An alternative without a row of losses loses nothing.
    chosen : text
    prices : table (service, price)
        CNY per unit; a mapping. Services without a price are left out of the value.
    weights : table (service, weight)
        Of the index; a mapping. By default each service counts alike, and the weights add up to 1.
    tau : number, 1, >= 0
        How much more than the chosen one a less harmful alternative may cost to be named.
    kinds : table (alternative_id, ecosystem_type, lost_area)
        Land taken by type; what is of a no-go kind counts as no-go land.
    no_go : NoGo

    Returns
    -------
    table (alternative_id, chosen, area, cost, value_pv, index, dominated_by, pareto, no_go_area, red_line_area, ...)
        Then less_loss_at_similar_cost: alternatives with less loss of every service and a cost up to (1 + tau) times that of this
        one. Lists are texts with commas.
    """
    made = alternatives.reset_index(drop=True).copy()
    names = made["alternative_id"].astype(str).tolist()
    table = loss_matrix(losses, names)
    made["no_go_area"] = made["no_go_area"].to_numpy(dtype=float) + _no_go_kinds(names, kinds, no_go)
    made["chosen"] = [name == str(chosen) for name in names]
    made["value_pv"] = _value(table, prices)
    made["index"] = loss_index(table, weights)
    cost = made["cost"].to_numpy(dtype=float)
    beats = [[other for other in range(len(names)) if _dominates(table, cost, other, one)] for one in range(len(names))]
    made["dominated_by"] = [",".join(names[other] for other in found) for found in beats]
    made["pareto"] = [not found for found in beats]
    near = [[other for other in range(len(names)) if _less(table, cost, other, one, tau)] for one in range(len(names))]
    made["less_loss_at_similar_cost"] = [",".join(names[other] for other in found) for found in near]
    return made[list(COLUMNS)]


def loss_matrix(losses, alternatives):
    """Present value of the loss of each alternative and service, over all areas.

    Parameters
    ----------
    losses : table (alternative_id, service, pv)
    alternatives : texts

    Returns
    -------
    table (alternative_id, service)
        Services are columns; nan where a part is not known.
    """
    rows = losses.assign(alternative_id=losses["alternative_id"].astype(str))
    whole = rows.groupby(["alternative_id", "service"], sort=False)["pv"].agg(lambda pv: pv.sum(skipna=False)).unstack()
    known = set(rows["alternative_id"])
    whole = whole.reindex(index=alternatives, columns=list(dict.fromkeys(losses["service"])))
    whole.loc[[name for name in alternatives if name not in known]] = 0.0
    return whole


def loss_index(table, weights=None):
    """Index of each alternative: sum over services of weight x loss / largest loss; a service that nobody loses adds nothing.

    Parameters
    ----------
    table : table (alternative_id, service)
    weights : table (service, weight)

    Returns
    -------
    vector (alternatives), 1
    """
    count = len(table.columns)
    share = np.array([1.0 / count if weights is None else float(weights.get(name, 0.0)) for name in table.columns])
    values = table.to_numpy(dtype=float)
    largest = np.fmax.reduce(values, axis=0, initial=0.0) if count else np.zeros(0)
    parts = np.divide(values, largest, out=np.zeros_like(values), where=largest > 0)
    return (parts * share).sum(axis=1)


def _value(table, prices):
    if not prices:
        return np.full(len(table), np.nan)
    priced = [name for name in table.columns if np.isfinite(float(prices.get(name, np.nan)))]
    if not priced:
        return np.full(len(table), np.nan)
    return table[priced].to_numpy(dtype=float) @ np.array([float(prices[name]) for name in priced])


def _no_go_kinds(names, kinds, no_go):
    """Land of no-go kinds of each alternative, m2."""
    if kinds is None or no_go is None or not no_go.kinds:
        return np.zeros(len(names))
    bad = kinds[[no_go.kind(kind) for kind in kinds["ecosystem_type"]]]
    return bad.groupby(bad["alternative_id"].astype(str))["lost_area"].sum().reindex(names, fill_value=0.0).to_numpy()


def _dominates(table, cost, other, one):
    """Whether an alternative is as good as another one in everything and better in something."""
    if other == one:
        return False
    with_cost = np.isfinite(cost).all()
    sums = np.column_stack([table.to_numpy(dtype=float), cost]) if with_cost else table.to_numpy(dtype=float)
    if np.isnan(sums[[other, one]]).any():
        return False
    slack = TOLERANCE * np.fmax.reduce(np.abs(sums), axis=0)
    gap = sums[other] - sums[one]
    return bool((gap <= slack).all() and (gap < -slack).any())


def _less(table, cost, other, one, tau):
    """Whether an alternative loses less of every service that the other one loses, at a cost that is similar."""
    values = table.to_numpy(dtype=float)
    gap = values[other] - values[one]
    slack = TOLERANCE * np.fmax.reduce(np.abs(values), axis=0, initial=0.0)
    idle = (np.abs(values[other]) <= slack) & (np.abs(values[one]) <= slack)
    cheap = cost[other] <= (1.0 + tau) * cost[one]
    return bool(other != one and cheap and not idle.all() and ((gap < -slack) | idle).all())


def avoid_ok(alternatives, reason=None):
    """Whether the step of avoiding holds: alternatives or a reason, the chosen one not beaten, nothing on no-go land.

    Parameters
    ----------
    alternatives : table
        Of `compare_alternatives`.
    reason : text
        Why there are no alternatives.

    Returns
    -------
    ok : choice {True, False, None}
        None where nothing is on record: a single alternative and no reason.
    reasons : table (code, fields, en, zh)
        What fails, as a list.
    """
    reasons = []
    count = len(alternatives)
    recorded = count >= LEAST or bool(reason and str(reason).strip())
    if not recorded:
        reasons.append(note_record("offset_avoid_without_alternatives", count=count, least=LEAST))
    own = alternatives[alternatives["chosen"].astype(bool)]
    if not len(own):
        reasons.append(note_record("offset_avoid_not_chosen", alternatives=list(alternatives["alternative_id"])))
        return (None if not recorded else False), reasons
    row = own.iloc[0]
    name = row["alternative_id"]
    if row["dominated_by"]:
        reasons.append(note_record("offset_avoid_dominated", chosen=name, better=row["dominated_by"].split(",")))
    if row["no_go_area"] > 0:
        reasons.append(note_record("offset_avoid_no_go", chosen=name, area=float(row["no_go_area"])))
    if not recorded:
        return None, reasons
    return not reasons, reasons


def similar_cost_notes(alternatives, tau=TAU):
    """What less harmful alternatives of a similar cost would be, for the chosen one: notes, not a failure.

    Parameters
    ----------
    alternatives : table
        Of `compare_alternatives`.
    tau : number, 1, >= 0

    Returns
    -------
    table (code, fields, en, zh)
        A list.
    """
    own = alternatives[alternatives["chosen"].astype(bool) & (alternatives["less_loss_at_similar_cost"] != "")]
    by_name = alternatives.set_index(alternatives["alternative_id"].astype(str))
    notes = []
    for name, names in own[["alternative_id", "less_loss_at_similar_cost"]].itertuples(index=False):
        mine = by_name.loc[str(name)]
        for other in names.split(","):
            row = by_name.loc[other]
            fields = {"chosen": name, "other": other, "cost": float(row["cost"]), "chosen_cost": float(mine["cost"])}
            fields |= {"loss": float(row["index"]), "chosen_loss": float(mine["index"]), "tau": tau}
            notes.append(note_record("offset_avoid_less_loss", **fields))
    return notes
