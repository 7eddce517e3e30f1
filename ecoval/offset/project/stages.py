"""The stages of an assessment, tables in and tables out: loss, avoid, minimise, candidates and credits, statutory balances."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ecoval.errors import InputError
from ecoval.offset.alternatives import avoid_ok, compare_alternatives, describe_alternatives, similar_cost_notes
from ecoval.offset.balance.quantities import requirements
from ecoval.offset.balance.value import fitted_prices
from ecoval.offset.balance.verdict import Record, reason
from ecoval.offset.candidates import COLUMNS as CANDIDATE_COLUMNS
from ecoval.offset.candidates import candidate_table, exclusions
from ecoval.offset.credit import COLUMNS as CREDIT_COLUMNS
from ecoval.offset.credit import credit_table, several_areas, unknown_findings, unknown_gains
from ecoval.offset.loss.patches import footprint_kinds, loss_table, patch_losses
from ecoval.offset.measure_choice import choose_measures
from ecoval.offset.measures import OUTPUT, apply_measures, minimise_ok
from ecoval.offset.project.around import influence_zones, refuse_covers, with_cover, zones_outside
from ecoval.offset.rules.statutory import missing_rules, reserved, statutory_balance
from ecoval.offset.rules.statutory_layers import overlaps
from ecoval.words import in_words

OUTSIDE = "outside"  # name of the land outside every area
SLIVER = 1e-6  # of the loss of a service
DEBITS = {"annual": "annual", "pv": "debit", "pv_low": "debit_low", "pv_high": "debit_high", "pv_uom": "uom", "uom": "annual_uom"}


@dataclass(frozen=True)
class Losses:
    """What the project loses: before measures, what they avoid, and what is left of the chosen alternative."""

    patches: pd.DataFrame
    losses: pd.DataFrame
    measures: pd.DataFrame
    residual: pd.DataFrame
    debits: pd.DataFrame
    lost: pd.DataFrame
    zones: object
    taken: pd.DataFrame | None = None
    checks: tuple = ()

    @property
    def requirements(self):
        """What is required before the ratio."""
        return requirements(self.debits)


def losses(opened, progress=None):
    """Losses of every alternative, and the residual of the chosen one after measures.

    Parameters
    ----------
    opened : Opened
    progress : callable (done, text)

    Returns
    -------
    Losses
    """
    declared = opened.declared
    refuse_covers(opened)
    around = influence_zones(opened)
    named = {"influence": around, "threads": opened.threads, "progress": progress}
    made = patch_losses(opened.provider, opened.footprints, opened.areas, opened.rule, **named)
    patches = located(made if opened.elsewhere is None else with_cover(opened, made))
    own = patches if opened.chosen is None else patches[patches["alternative_id"] == opened.chosen].reset_index(drop=True)
    chosen = opened.measures
    if chosen is not None:
        chosen = chosen[chosen["patch_id"].isin(set(opened.patch_names))]
        changed = kind_losses(opened, chosen)
        if declared.measures.choose:
            settings = {"limit": declared.measures.limit, "weights": declared.measures.weights or None, "kind_losses": changed}
            picked = choose_measures(own, chosen, opened.timing, **settings)
            chosen = picked[0] if isinstance(picked, tuple) else picked
        residual, avoided = apply_measures(own, chosen, opened.timing, changed)
    else:
        residual, avoided = own, pd.DataFrame(columns=list(OUTPUT))
    lost = lost_kinds(opened, chosen)
    table = loss_table(patches, opened.timing)
    return Losses(
        patches,
        table,
        avoided,
        residual,
        debit_table(residual, opened.timing),
        lost,
        around,
        chosen,
        zones_outside(opened, around),
    )


def located(patches):
    """Losses with a name for land outside every area, where nothing can make up for them; what comes of drawing is left out.

    Parameters
    ----------
    patches : table (service, area_unit, annual)
        An empty `area_unit` is land outside every unit of the area kind.

    Returns
    -------
    table (service, area_unit, annual, ...)
    """
    bare = patches["area_unit"].astype(str) == ""
    if not bare.any():
        return patches
    whole = patches["annual"].abs().groupby(patches["service"]).transform("sum")
    tiny = bare & (patches["annual"].abs() <= SLIVER * whole)
    return patches.assign(area_unit=patches["area_unit"].where(~bare, OUTSIDE))[~tiny].reset_index(drop=True)


def kind_losses(opened, measures):
    """Direct loss of patches under the kinds that measures put in place of what is built; None where none does.

    Parameters
    ----------
    opened : Opened
    measures : table (patch_id, option_id, kind)

    Returns
    -------
    table (option_id, patch_id, service, area_kind, area_unit, direct)
    """
    parts = []
    for row in measures[measures["kind"].notna()].itertuples(index=False):
        patch = opened.footprints[opened.footprints["patch_id"] == row.patch_id].assign(after_class=row.kind)
        if patch.empty:  # land elsewhere has no one kind
            continue
        made = patch_losses(opened.provider, patch, opened.areas, opened.rule, ranges=False, threads=opened.threads)
        parts.append(made.assign(option_id=row.option_id))
    return pd.concat(parts, ignore_index=True) if parts else None


def lost_kinds(opened, measures):
    """Area lost of each ecosystem type for good: permanent patches of the chosen alternative, after area factors of measures.

    Parameters
    ----------
    opened : Opened
    measures : table (patch_id, area_factor)

    Returns
    -------
    table (ecosystem_type, area)
        m2.
    """
    kept = opened.patches[(opened.patches["impact_type"] != "temporary") & opened.patches["end"].isna()]
    if kept.empty:
        return pd.DataFrame({"ecosystem_type": [], "area": []})
    made = footprint_kinds(opened.whole, kept.assign(alternative_id=kept["patch_id"]))
    if measures is not None and len(measures):
        factor = measures["area_factor"].fillna(1.0).groupby(measures["patch_id"]).prod()
        made["lost_area"] *= made["alternative_id"].map(factor).astype(float).fillna(1.0)
    return made.groupby("ecosystem_type", sort=True)["lost_area"].sum().rename("area").reset_index()


def debit_table(residual, timing):
    """Residual loss as debits per service and area.

    Parameters
    ----------
    residual : table (patch_losses)
    timing : Timing

    Returns
    -------
    table (service, area_kind, area_unit, annual, debit, debit_low, debit_high, uom, annual_uom, valid_area, missing_area)
    """
    table = loss_table(residual, timing)
    made = table[["service", "area_kind", "area_unit", *DEBITS, "valid_area", "missing_area"]].rename(columns=DEBITS)
    keys = ["service", "area_kind", "area_unit", "uom", "annual_uom"]
    sums = ["annual", "debit", "debit_low", "debit_high", "valid_area", "missing_area"]
    return made.groupby(keys, sort=False)[sums].sum(min_count=1).reset_index()


@dataclass(frozen=True)
class Credits:
    """What candidates give, and which of them may not serve."""

    candidates: pd.DataFrame
    credits: pd.DataFrame
    shapes: object
    checks: tuple = ()


def compensation(opened, debits, progress=None):
    """Candidates with their exclusions, and the credits of those that have a target.

    Parameters
    ----------
    opened : Opened
    debits : table (service, area_unit, debit)
    progress : callable (done, text)

    Returns
    -------
    Credits
    """
    shapes = opened.candidates
    if shapes is None:
        return Credits(pd.DataFrame(columns=list(CANDIDATE_COLUMNS)), pd.DataFrame(columns=list(CREDIT_COLUMNS)), None)
    wanted = requirements(debits)
    wanted = wanted[wanted["required"] > 0]
    named = {"requirements": wanted, "threads": opened.threads, "progress": progress}
    made = credit_table(opened.provider, shapes, opened.areas, opened.rule, opened.timing, **named)
    made = made.assign(option_id=made["option_id"].fillna("").astype(str))
    left_out, unknown = _unknown(opened, _reserved(opened, _excluded(opened)), made)
    table = candidate_table(shapes, left_out, opened.timing)
    for name in ("ramp_shape", "level"):
        table[name] = shapes[name].to_numpy()
    table["start_year"] = (shapes["start_year"] - shapes["advance"] + shapes["delay"]).to_numpy()
    table = table.assign(option_id=table["option_id"].fillna("").astype(str), excluded=table["excluded"].fillna(""))
    table["distance"] = distances(shapes, opened.patches)
    several = several_areas(made, wanted.rename(columns={"required": "debit"})) if len(made) else []
    return Credits(table, made, shapes.assign(excluded=left_out["excluded"].to_numpy()), (*unknown, *several))


def _excluded(opened):
    """Candidates whose land or target cannot serve."""
    return exclusions(
        opened.candidates,
        footprints=opened.patches,
        used=opened.used if opened.ledger is not None else None,
        layers={**opened.exclusions, **opened.no_go_layers},
        barred=opened.no_go.kinds,
        tolerance=opened.declared.checks.overlap_tolerance,
    )


def _unknown(opened, left_out, credits):
    """Exclusions with the candidates whose gain is not known, and the findings that say so."""
    tolerance = opened.declared.checks.missing_tolerance
    unknown = unknown_gains(credits, tolerance) if len(credits) else pd.DataFrame()
    if unknown.empty:
        return left_out, []
    names = opened.candidates["candidate_id"].astype(str)
    found = unknown_findings(unknown, dict(zip(names, opened.candidates["area"], strict=True)), tolerance)
    told = dict(zip(zip(unknown["candidate_id"], unknown["option_id"], strict=True), found, strict=True))
    pairs = list(zip(left_out["candidate_id"].astype(str), left_out["option_id"].fillna("").astype(str), strict=True))
    hit = np.array([pair in told for pair in pairs]) & (left_out["excluded"] == "").to_numpy()
    left_out = left_out.copy()
    left_out.loc[hit, "excluded"] = "CREDIT_UNKNOWN"
    for lang in ("en", "zh"):
        left_out.loc[hit, f"reason_{lang}"] = [told[pair].in_language(lang) for pair, each in zip(pairs, hit, strict=True) if each]
    return left_out, found


def _reserved(opened, left_out):
    """Exclusions with the candidates that serve a statutory balance alone."""
    if opened.statutory is None or opened.provided is None:
        return left_out
    held = reserved(opened.provided, opened.statutory)
    alone = set(held.loc[~held["service_credit"].astype(bool), "candidate_id"].astype(str)) if len(held) else set()
    hit = left_out["candidate_id"].astype(str).isin(alone) & (left_out["excluded"] == "")
    told = [reason("CANDIDATE_IN_STATUTORY", candidate=name) for name in left_out.loc[hit, "candidate_id"]]
    left_out = left_out.copy()
    left_out.loc[hit, "excluded"] = "CANDIDATE_IN_STATUTORY"
    for lang in ("en", "zh"):
        left_out.loc[hit, f"reason_{lang}"] = [entry[lang] for entry in told]
    return left_out


def distances(shapes, patches):
    """Distance of each candidate from the nearest patch.

    Parameters
    ----------
    shapes, patches : table (geometry)

    Returns
    -------
    vector (candidates), m
    """
    import shapely

    from ecoval import grid
    from ecoval.units.polygon_area import metres_per_unit

    whole = shapely.geometrycollections(np.asarray(patches.geometry.values, dtype=object))  # uniting them moves no distance
    return shapely.distance(np.asarray(shapes.geometry.values, dtype=object), whole) * metres_per_unit(grid.read_crs(patches.crs))


def alternatives(opened, made):
    """Comparison of the alternatives, and the record of the steps before compensation.

    Parameters
    ----------
    opened : Opened
    made : Losses

    Returns
    -------
    table (alternative_id, chosen, area, cost, value_pv, index, ...)
    Record
    list of notes
        Less harmful alternatives at a similar cost.
    """
    declared = opened.declared
    uoms = made.losses.drop_duplicates("service").assign(uom=lambda rows: rows["pv_uom"])
    prices = fitted_prices(opened.prices, uoms)
    red_line = opened.exclusions.get("red_line")
    sites = declared.footprints
    described = describe_alternatives(opened.footprints, sites.costs, opened.no_go, red_line, sites.site_area)
    named = {"prices": dict(zip(prices["service"], prices["price"], strict=True)), "tau": declared.rules.similar_cost}
    named |= {"weights": declared.rules.weights or None, "no_go": opened.no_go}
    named["kinds"] = footprint_kinds(opened.whole, opened.footprints)
    table = compare_alternatives(made.losses, described, opened.chosen, **named)
    answer, reasons = avoid_ok(table, declared.record.avoid_reason)
    minimised, lacking = minimise_ok(opened.patch_names, made.taken, declared.record.minimise_reason)
    if minimised is False:
        reasons = [*reasons, reason("offset_patches_without_measure", patches=list(lacking))]
    return table, Record(answer, minimised, tuple(reasons)), similar_cost_notes(table, declared.rules.similar_cost)


def statutory(opened):
    """Statutory balances of the chosen alternative, or None without a rule table.

    Parameters
    ----------
    opened : Opened

    Returns
    -------
    table (regime, kind, area_unit, lost, ratio, required, provided, net, ok, uom, clause, status)

    Raises
    ------
    InputError
        STATUTORY_RULE_MISSING for a regime that is touched and has no rule.
    """
    if opened.statutory is None:
        return None
    found = overlaps(opened.patches, opened.statutory_layers, opened.statutory, opened.areas)
    absent = missing_rules(found)
    if absent:
        raise InputError(
            "STATUTORY_RULE_MISSING", layer="statutory", features=absent, found="-", expected=in_words("finding_rule_row")
        )
    return statutory_balance(found, opened.provided, opened.statutory)
