"""Credits of candidates: what each option gives more than the land would give without it, weighted, at t0.

    C = p (1 - lambda) sigma PV[ F(option, t) - F(counterfactual, t) ]          harm: p = 1, lambda = 0, sigma = 1 where it falls

F(option, t) goes from the present state along the ramp to the target; the counterfactual is the present state with its trend. A
trend for the better is taken off the gain in full. A trend for the worse is averted loss, which counts with its stated probability
and not at all without one. Only the gain over the present state is credited, never the whole target: a target equal to the present
credits 0. Success p, leakage lambda and the weight sigma of the spatial rule shrink gains and never a harm.
"""

import math

import geopandas
import numpy as np
import pandas as pd

from ecoval.offset.candidates import HECTARE, costs
from ecoval.offset.equivalency.flow import Flow
from ecoval.offset.equivalency.time import shifted_start
from ecoval.offset.findings import finding
from ecoval.offset.measures import pv_uom
from ecoval.terms import Term
from ecoval.words import in_words

COLUMNS = (
    *("candidate_id", "option_id", "service", "area_kind", "area_unit", "gain", "credit", "credit_low", "credit_high", "uom"),
    *("weight", "cost_per_credit", "annual", "annual_uom", "valid_area", "missing_area", "missing_share"),
)
BOUNDS = ("pv", "pv_low", "pv_high")


def credit_table(provider, candidates, areas, rule, timing, *, requirements=None, ranges=True, threads=None, progress=None):
    """Credit of each candidate and option per service and area.

    Parameters
    ----------
    provider : States or Densities
        Whatever has `differences(pieces, kinds, ranges=...)` and `flows(pieces)`.
    candidates : table
        As `candidates.read_candidates`; a candidate without a known target kind has no credit.
    areas : Areas
    rule : SpatialRule
    timing : Timing
    requirements : table (service, area_unit)
        Areas in which a gain made elsewhere may count, by the weights of the rule; None: only where it arises.
    ranges : choice {True, False}
        Lowest and highest credit by the ranges of the coefficients.
    threads : number, 1
    progress : callable (done, text)

    Returns
    -------
    table (candidate_id, option_id, service, area_kind, area_unit, gain, credit, credit_low, credit_high, uom, weight, ...)
        `gain` is annual at maturity and unweighted, `annual` the same with all weights, in `annual_uom`; credits in `uom`; weight
        is the mean sigma; areas in m2; cost_per_credit in CNY per uom, for the whole candidate. Land without data gives nothing
        and is missing_area; missing_share is its share of the candidate in this service, see `unknown_gains`.
    """
    candidates = candidates.reset_index(drop=True)
    gains = gain_table(provider, candidates, areas, rule, timing, ranges=ranges, threads=threads, progress=progress)
    if gains.empty:
        return pd.DataFrame(columns=list(COLUMNS))
    whole = gains.groupby(["row", "service"])[["valid_area", "missing_area"]].transform("sum")
    gains["missing_share"] = _share(whole["missing_area"], whole["valid_area"])
    gains = gains.merge(chances(candidates), left_on="row", right_index=True, validate="many_to_one")
    spread = _spread(gains, areas, rule, requirements)
    table = _summed(_weighted(spread), candidates, timing)
    return table[list(COLUMNS)]


def chances(candidates):
    """Success and leakage of candidates; without either a gain is taken as certain: table (chance, chance_low)."""
    success = candidates["success"].fillna(1.0)
    kept = 1.0 - candidates["leakage"].fillna(0.0)
    low = candidates["success_low"].fillna(success) if "success_low" in candidates else success
    return pd.DataFrame({"chance": success * kept, "chance_low": np.minimum(low, success) * kept})


def gain_table(provider, candidates, areas, rule, timing, *, ranges=True, threads=None, progress=None):
    """Gain of each candidate row per service and area in which it arises: unweighted, annual at maturity and at t0.

    Returns
    -------
    table (row, service, area_kind, area_unit, gain, pv, pv_low, pv_high, annual_uom, valid_area, missing_area)
        `row` is the position of the candidate; harm is negative.
    """
    known = candidates[candidates["kind_target"].notna()]
    services = [str(each) for each in provider.items["service"]]
    kind_of = {service: rule.area_kind(service) for service in dict.fromkeys(services)}
    areas.require(set(kind_of.values()))
    pieces, links = land_pieces(known, areas, dict.fromkeys(kind_of.values()))
    if not len(pieces):
        return pd.DataFrame()
    targets = candidates["kind_target"].loc[pieces["row"]].to_numpy(dtype=np.int64)
    given = {"threads": threads, "progress": progress}
    change = provider.differences(
        pieces, targets, ranges=ranges, **{key: value for key, value in given.items() if value is not None}
    )
    change = change.assign(row=pieces["row"].to_numpy()[change["piece"]], now=_present(provider, pieces, candidates, change))
    values = _valued(change, candidates, timing)
    joined = links.merge(values, on="piece")
    joined = joined[joined["area_kind"] == joined["service"].map(kind_of)]
    columns = ["gain", *BOUNDS, "valid_area", "missing_area"]
    keys = ["row", "service", "area_kind", "area_unit", "annual_uom"]
    return joined.groupby(keys, sort=False)[columns].sum().reset_index()


def land_pieces(candidates, areas, kinds):
    """Parts of candidates in the units of each area kind; a candidate inside one unit is one piece for all kinds.

    Parameters
    ----------
    candidates : table (kind_now, geometry)
    areas : Areas
    kinds : texts

    Returns
    -------
    pieces : table (row, kind_now, geometry)
        `row` is the index of the candidate.
    links : table (piece, area_kind, area_unit)
    """
    rows, shapes, links, whole_at = [], [], [], {}
    for kind in kinds:
        for part in areas.pieces(candidates, kind).itertuples(index=False):
            if part.whole and part.piece in whole_at:
                number = whole_at[part.piece]
            else:
                number = len(shapes)
                rows.append(candidates.index[part.piece])
                shapes.append(part.geometry)
                if part.whole:
                    whole_at[part.piece] = number
            links.append((number, kind, str(part.area_unit)))
    frame = {"row": np.array(rows, dtype=np.int64), "kind_now": candidates["kind_now"].loc[rows].to_numpy()}
    pieces = geopandas.GeoDataFrame(frame, geometry=np.array(shapes, dtype=object), crs=candidates.crs)
    return pieces, pd.DataFrame(links, columns=["piece", "area_kind", "area_unit"])


def _present(provider, pieces, candidates, change):
    """Annual quantity now of each row of the change, where a candidate has a trend; 0 elsewhere."""
    trend = candidates["trend"].fillna(0.0).loc[pieces["row"]].to_numpy()
    if not trend.any():
        return np.zeros(len(change))
    now = provider.flows(pieces).set_index(["piece", "service"])["quantity"]
    keys = pd.MultiIndex.from_frame(change[["piece", "service"]])
    return np.nan_to_num(now.reindex(keys).to_numpy(dtype=float))


def _valued(change, candidates, timing):
    """Gain and its present values per piece and service; a target equal to the present kind gains nothing."""
    same = (candidates["kind_target"] == candidates["kind_now"]).loc[change["row"]].to_numpy()
    level = candidates["level"].loc[change["row"]].to_numpy()
    mid = np.where(same, 0.0, -change["quantity"].to_numpy(dtype=float))
    low = np.where(same, 0.0, -change["quantity_high"].fillna(change["quantity"]).to_numpy(dtype=float))
    high = np.where(same, 0.0, -change["quantity_low"].fillna(change["quantity"]).to_numpy(dtype=float))
    terms = {row: _term(candidates.loc[row], timing) for row in pd.unique(change["row"])}
    term = np.array([terms[row] for row in change["row"]])
    trend = np.array(
        [_trend(candidates.loc[row], now, gain, timing) for row, now, gain in zip(change["row"], change["now"], mid, strict=True)]
    )
    made = {"gain": mid * level, "pv": mid * term + trend, "pv_low": low * term + trend, "pv_high": high * term + trend}
    table = change[["piece", "row", "service", "valid_area", "missing_area"]].assign(**made, annual_uom=change["uom"])
    return table.fillna(dict.fromkeys(made, 0.0))  # what is not known stands in missing_area


def _term(candidate, timing):
    """Present value of a full annual gain of 1 along the ramp of a candidate, at its level."""
    return timing.gain_factor(
        int(candidate["start_year"]),
        int(candidate["ramp_years"]),
        candidate["ramp_shape"],
        float(candidate["level"]),
        None if math.isnan(candidate["end_year"]) else int(candidate["end_year"]),
        int(candidate["advance"]),
        int(candidate["delay"]),
    )


def _trend(candidate, now, gain, timing):
    """Present value that the trend of the counterfactual takes off the gain, or the averted loss adds to it."""
    rate = 0.0 if math.isnan(candidate["trend"]) else float(candidate["trend"])
    chance = candidate["averted_probability"]
    if rate == 0.0 or now <= 0.0 or (rate < 0.0 and math.isnan(chance)):
        return 0.0
    most = (
        1.0 if rate < 0.0 else max(gain, 0.0) / now
    )  # land is never less than bare, and recovers by itself no further than the target
    series = trend_flow(candidate, abs(rate), most)
    if timing.time == "multiplier":
        value = float(series.tail if len(series.closing) == 0 else series.closing[-1])
    else:
        value = timing.value(series, gain=True)
    return now * value * (chance if rate < 0.0 else -1.0)


def trend_flow(candidate, rate, most):
    """Flow of a share that grows by `rate` a year from the start of a candidate up to `most`, until its guarantee ends."""
    start = shifted_start(int(candidate["start_year"]), int(candidate["advance"]), int(candidate["delay"]))
    years = math.ceil(most / rate)
    levels = np.minimum(rate * np.arange(years + 1), most)
    if math.isnan(candidate["end_year"]):
        return Flow(start, levels[:-1], levels[1:], float(most))
    held = int(candidate["end_year"]) - start
    levels = np.minimum(rate * np.arange(held + 1), most)
    return Flow(start, levels[:-1], levels[1:], 0.0)


def _spread(gains, areas, rule, requirements):
    """Each gain in every area in which it may count: columns `own` and `sigma`."""
    own = gains.assign(own=True, sigma=rule.weights(gains["service"], ["same"] * len(gains)), target=gains["area_unit"])
    if requirements is None or not len(requirements):
        return own
    wanted = requirements[["service", "area_unit"]].astype(str).drop_duplicates().rename(columns={"area_unit": "target"})
    abroad = gains.merge(wanted, on="service")
    abroad = abroad[abroad["target"] != abroad["area_unit"]].assign(own=False)
    parts = []
    for kind, rows in abroad.groupby("area_kind"):
        rows = rows[rows["target"].isin(set(areas.ids(kind)))]
        relation = areas.relations(kind, rows["area_unit"], rows["target"])
        parts.append(rows.assign(sigma=rule.weights(rows["service"], relation)))
    parts = [rows[rows["sigma"] > 0.0] for rows in parts]
    return pd.concat([own, *(rows for rows in parts if len(rows))], ignore_index=True)


def _weighted(spread):
    """Credits: gains shrunk, harm in full where it falls and nowhere else."""
    made = {}
    for name, chance in (("pv", "chance"), ("pv_low", "chance_low"), ("pv_high", "chance"), ("gain", "chance")):
        value = spread[name].to_numpy(dtype=float)
        shrunk = value * spread[chance].to_numpy() * spread["sigma"].to_numpy()
        made[f"{name}_credit"] = np.where(value < 0.0, np.where(spread["own"], value, 0.0), shrunk)
    weight = np.where(spread["pv"] < 0.0, spread["own"].astype(float), spread["sigma"])
    base = spread["pv"].abs().to_numpy()
    counted = spread.assign(**made, base=base, mass=base * weight, sigma=weight)
    return counted[counted["own"] | (counted[["pv_credit", "pv_high_credit"]] != 0.0).any(axis=1)]


def _summed(counted, candidates, timing):
    """Sums over the areas in which gains arise, with the costs of the whole candidate."""
    keys = ["row", "service", "area_kind", "target", "annual_uom", "missing_share"]
    sums = ["gain", "gain_credit", "pv_credit", "pv_low_credit", "pv_high_credit", "base", "mass", "valid_area", "missing_area"]
    grouped = counted.groupby(keys, sort=False)
    table = grouped[sums].sum().reset_index()
    plain = grouped["sigma"].mean().to_numpy(copy=True)
    base = table["base"].to_numpy()
    money = costs(candidates, timing).sum(axis=1).loc[table["row"]].to_numpy()
    credit = table["pv_credit"].to_numpy()
    return table.assign(
        candidate_id=candidates["candidate_id"].loc[table["row"]].to_numpy(),
        option_id=candidates["option_id"].loc[table["row"]].to_numpy(),
        area_unit=table["target"],
        credit=credit,
        credit_low=np.minimum(table["pv_low_credit"], credit),
        credit_high=np.maximum(table["pv_high_credit"], credit),
        uom=[pv_uom(uom, timing) for uom in table["annual_uom"]],
        weight=np.divide(table["mass"].to_numpy(), base, out=plain, where=base > 0.0),
        annual=table["gain_credit"],
        cost_per_credit=_per_unit(money, credit),
    )


def _per_unit(money, credit):
    """Money per unit of credit, empty where there is none."""
    with np.errstate(over="ignore"):
        return np.divide(money, credit, out=np.full(len(credit), np.nan), where=credit > 0.0)


def _share(missing, valid):
    missing, valid = missing.to_numpy(dtype=float), valid.to_numpy(dtype=float)
    return np.divide(missing, missing + valid, out=np.zeros(len(missing)), where=missing > 0.0)


def unknown_gains(credits, tolerance):
    """Candidates of which more land has no data in some service than the tolerance of the verdict: no gain can be told.

    Parameters
    ----------
    credits : table (candidate_id, option_id, service, area_unit, missing_area, missing_share)
    tolerance : number, 1

    Returns
    -------
    table (candidate_id, option_id, service, missing_share)
        The service with the largest share.
    """
    above = credits[credits["missing_share"] > tolerance].sort_values("missing_share", ascending=False, kind="stable")
    worst = above.drop_duplicates(["candidate_id", "option_id"]).sort_index()
    return worst[["candidate_id", "option_id", "service", "missing_share"]].reset_index(drop=True)


def unknown_findings(unknown, area, tolerance):
    """One finding per candidate whose gain is not known.

    Parameters
    ----------
    unknown : table
        Of `unknown_gains`.
    area : mapping (candidate_id, number)
        m2.
    tolerance : number, 1

    Returns
    -------
    list of Finding
    """
    found = []
    for row in unknown.itertuples(index=False):
        lacks = row.missing_share * area[row.candidate_id] / HECTARE
        named = {"area": f"{lacks:.4g}", "share": f"{row.missing_share:.1%}", "service": Term(row.service)}
        words = {"found": in_words("finding_missing", **named), "expected": f"<= {tolerance:.1%}"}
        found.append(finding("CREDIT_UNKNOWN", "warning", layer="candidates", features=(row.candidate_id,), **words))
    return found


def several_areas(credits, requirements):
    """Findings for services of which one gain counts in more than one area that has a requirement.

    Parameters
    ----------
    credits : table (candidate_id, option_id, service, area_unit, credit)
    requirements : table (service, area_unit, required)
        Rows with `required` (or `debit`) of 0 or below count for nothing.

    Returns
    -------
    list of Finding
    """
    amount = next((name for name in ("required", "debit") if name in requirements), None)
    wanted = requirements if amount is None else requirements[requirements[amount] > 0.0]
    keys = wanted[["service", "area_unit"]].astype(str).drop_duplicates()
    counted = credits[credits["credit"] > 0.0].merge(keys, on=["service", "area_unit"])
    found = []
    for service, rows in counted.groupby("service"):
        sizes = rows.groupby(["candidate_id", "option_id"])["area_unit"].agg(["nunique"])["nunique"]
        twice = sizes[sizes > 1]
        if len(twice):
            names = tuple(dict.fromkeys(str(candidate) for candidate, _ in twice.index))
            counted_in = in_words("finding_in_areas", service=Term(service), number=int(twice.max()))
            words = {"features": names, "found": counted_in, "expected": in_words("finding_one_area")}
            found.append(finding("CREDIT_IN_SEVERAL_AREAS", "warning", layer="credits", **words))
    return found
