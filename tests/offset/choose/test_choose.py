"""The portfolio programme: worked example, every set looked at, and what the reference says must always hold."""

import math

import choose_cases as cases
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecoval.offset.choose import agreement, greedy, parts, phases, problem, select_portfolio, verify_portfolio
from ecoval.offset.choose.improving import improved
from ecoval.offset.choose.parts import choose_by_parts, split
from ecoval.offset.choose.waiting import Clock

SEEDS = st.integers(10_000, 1_000_000)
FEW = settings(max_examples=20, deadline=None)


def ids(table):
    return list(table["candidate_id"])


def chosen(given, whole=True, **rules):
    return select_portfolio(*given, whole=whole, **rules)


def close(a, b):
    return math.isclose(a, b, rel_tol=1e-6, abs_tol=1e-6)


def test_example_3():
    made = chosen(cases.example())
    assert ids(made.portfolio) == ["P2", "P3", "P4", "P5"]
    assert (made.status, made.cost, made.bound, made.proven, made.confirmed) == ("optimal", 170.0, 170.0, True, True)
    credit = made.balance.set_index(["service", "area_unit"])["credit"]
    assert credit["water", "W1"] == 105
    assert credit["soil", "W1"] == 65
    assert credit["carbon", "all"] == 70
    assert made.balance["ok"].all()
    assert made.closest is None


def test_example_3_in_shares():
    """P3 and P5 in full; P1, P2 and P4 share the rest (water 35, soil 10, carbon 20) so that all rows are just met."""
    made = chosen(cases.example(), whole=False)
    assert close(made.cost, cases.Every(cases.example(), {}).best_share())
    assert made.status == "optimal"
    rest = np.linalg.solve([[70, 40, 0], [10, 35, 0], [20, 10, 30]], [35, 10, 20])
    assert close(made.cost, 50 + 40 + rest @ [95, 60, 20])


def test_thousand_random_choices_equal_every_set():
    """Whole candidates: shortfall, cost, and the same set after the tie-break by area, ranks and ids."""
    statuses = []
    for seed in range(1000):
        tables, rules = cases.random_case(seed)
        short, cost, _, names = cases.Every(tables, rules).best_whole()
        made = problem(*tables, whole=True, **rules)
        choice = choose_by_parts(made, Clock())
        found = made.options[choice.shares > 0]
        assert list(zip(found["candidate_id"], found["option_id"], strict=True)) == names, seed
        assert close(choice.short, short), seed
        assert close(choice.value, cost), seed
        assert choice.status == ("infeasible" if short else "optimal"), seed
        statuses.append(choice.status)
    assert 300 < statuses.count("optimal") < 900


def test_shares_equal_a_linear_programme_per_set():
    statuses = []
    for seed in range(2000, 2080):
        tables, rules = cases.random_case(seed, most_options=6)
        cost = cases.Every(tables, rules).best_share()
        made = chosen(tables, whole=False, **rules)
        statuses.append(made.status)
        assert made.status == ("infeasible" if cost is None else "optimal"), seed
        assert cost is None or close(made.cost, cost), seed
    assert statuses.count("optimal") > 20


def test_without_the_list_of_all_sets_the_programme_alone_finds_them(monkeypatch):
    """The tie-break of many candidates, run on few."""
    monkeypatch.setattr(phases.enumeration, "MOST", -1)
    for seed in range(3000, 3060):
        tables, rules = cases.random_case(seed, most_options=12)
        _, cost, _, names = cases.Every(tables, rules).best_whole()
        made = chosen(tables, **rules)
        assert close(made.cost, cost), seed
        assert list(zip(made.portfolio["candidate_id"], made.portfolio["option_id"], strict=True)) == names, seed


@FEW
@given(SEEDS, st.booleans())
def test_every_row_holds_in_the_original_numbers(seed, whole):
    tables, rules = cases.random_case(seed, most_options=9)
    made = chosen(tables, whole, **rules)
    every = cases.Every(tables, rules)
    shares = np.zeros(len(every.frame))
    place = {pair: i for i, pair in enumerate(zip(every.frame["candidate_id"], every.frame["option_id"], strict=True))}
    for row in made.portfolio.itertuples():
        shares[place[row.candidate_id, row.option_id]] = row.share
    sums = every.gives @ shares
    if made.status == "optimal":
        assert (sums >= every.required * (1 - 1e-6) - 1e-6).all()
        assert made.balance["ok"].all()
    assert (sums[every.required == 0] >= -1e-5).all()
    taken = shares > 0
    assert (shares[taken] >= (1.0 if whole else every.floor[taken] - 1e-9)).all()
    assert all(taken[members].sum() <= 1 for members in every.sets)
    assert taken.sum() <= every.most
    assert made.cost <= every.limit * (1 + 1e-6)
    assert not taken[every.barred].any()
    again = verify_portfolio(made.portfolio, *tables, whole=whole, **rules)
    assert again.ok == (made.status == "optimal")
    assert close(again.cost, made.cost)
    pd.testing.assert_frame_equal(again.balance, made.balance)


@FEW
@given(SEEDS)
def test_permuting_tables_changes_nothing(seed):
    tables, rules = cases.random_case(seed, most_options=9)
    mixed = [table.sample(frac=1, random_state=seed % 2**31) for table in tables]
    for whole in (True, False):
        one, two = chosen(tables, whole, **rules), chosen(mixed, whole, **rules)
        pd.testing.assert_frame_equal(one.portfolio, two.portfolio)
        pd.testing.assert_frame_equal(one.balance, two.balance)
        assert (one.status, one.cost) == (two.status, two.cost)


@FEW
@given(SEEDS)
def test_never_worse_than_greedy_and_shares_never_dearer_than_whole(seed):
    tables, rules = cases.random_case(seed, most_options=10)
    tables = (tables[0], tables[1].drop(columns="minimum_area", errors="ignore"), tables[2])
    made = problem(*tables, whole=True, **rules)
    whole = chosen(tables, True, **rules)
    stepwise = greedy(made)
    unmet = np.maximum(made.rows["required"] - made.sums(stepwise), 0) > made.rows["tolerance"]
    if not unmet.any():
        assert whole.status == "optimal"
        assert whole.cost <= made.total("cost", stepwise) + 1e-9
    if whole.status == "optimal":
        assert chosen(tables, False, **rules).cost <= whole.cost * (1 + 1e-6)


@FEW
@given(SEEDS, st.floats(1.05, 2.0))
def test_a_higher_ratio_is_never_cheaper_and_one_more_candidate_never_dearer(seed, factor):
    tables, rules = cases.random_case(seed, most_options=9)
    rules.pop("ratio")
    made, more = chosen(tables, **rules), chosen(tables, ratio=factor, **rules)
    asked = made.balance["required"] * factor
    np.testing.assert_allclose(more.balance["required"], asked)
    if more.status == "optimal":
        assert made.status == "optimal"
        assert made.cost <= more.cost + 1e-9
    last = tables[1]["candidate_id"].max()
    if last in rules.get("ban", ()) or any(last in pair for pair in rules.get("conflicts", ())):
        return
    without = [tables[0], *(table[table["candidate_id"] != last] for table in tables[1:])]
    fewer = chosen(without, **rules)
    if fewer.status == "optimal":
        assert made.status == "optimal"
        assert made.cost <= fewer.cost + 1e-9


@FEW
@given(SEEDS, st.floats(0.3, 0.95))
def test_smaller_weights_are_never_cheaper(seed, weight):
    tables, rules = cases.random_case(seed, most_options=9)
    lower = tables[2].assign(credit=tables[2]["credit"].where(tables[2]["credit"] < 0, tables[2]["credit"] * weight))
    less = chosen((tables[0], tables[1], lower), **rules)
    if less.status == "optimal":
        assert chosen(tables, **rules).cost <= less.cost + 1e-9


@FEW
@given(SEEDS, st.sampled_from([0.01, 7.0, 1e6]))
def test_scaling_areas_changes_no_choice(seed, factor):
    tables, rules = cases.random_case(seed, most_options=9)
    requirements, candidates, credits = (table.copy() for table in tables)
    requirements["required"] *= factor
    credits["credit"] *= factor
    made, scaled = chosen(tables, **rules), chosen((requirements, candidates, credits), **rules)
    assert ids(made.portfolio) == ids(scaled.portfolio)


def test_splitting_a_parcel_changes_no_cost_in_shares():
    requirements, candidates, credits = cases.example()
    half = candidates.assign(cost=candidates["cost"] / 2)
    given = credits.assign(credit=credits["credit"] / 2)
    parts = [(table.assign(candidate_id=table["candidate_id"] + end)) for end in "ab" for table in (half, given)]
    split_up = chosen((requirements, pd.concat(parts[::2]), pd.concat(parts[1::2])), whole=False)
    assert close(split_up.cost, chosen(cases.example(), whole=False).cost)


def test_no_loss_asks_for_nothing():
    requirements, candidates, credits = cases.example()
    for level in (0.0, -5.0):
        made = chosen((requirements.assign(required=level), candidates, credits))
        assert len(made.portfolio) == 0
        assert (made.status, made.cost) == ("optimal", 0.0)
        assert (made.balance["required"] == 0).all()
        assert "choose_nothing_required" in [note["code"] for note in made.notes]


def test_own_gain_in_one_service_pays_for_no_other():
    requirements, candidates, credits = cases.example()
    gained = pd.concat([requirements, cases.table("service area_unit required", [("air", "W1", -1000.0)])])
    assert chosen((gained, candidates, credits)).cost == 170


def test_harm_where_nothing_is_lost_is_refused():
    """P4 would take 10 of water from W3, where nothing is required: no choice of P4 without a gain there."""
    requirements, candidates, credits = cases.example()
    harm = cases.table("candidate_id option_id service area_unit credit", [("P4", "1", "water", "W3", -10.0)])
    made = chosen((requirements, candidates, pd.concat([credits, harm])))
    assert "P4" not in ids(made.portfolio)
    gain = cases.table("candidate_id option_id service area_unit credit", [("P3", "1", "water", "W3", 10.0)])
    assert chosen((requirements, candidates, pd.concat([credits, harm, gain]))).cost == 170


def test_parts_are_solved_alone():
    """Two copies of the example in other watersheds share nothing."""
    one = cases.example()
    two = [table.copy() for table in one]
    two[0]["area_unit"] += "'"
    two[2]["area_unit"] += "'"
    for table in two[1:]:
        table["candidate_id"] = "Q" + table["candidate_id"]
    both = tuple(pd.concat(pair, ignore_index=True) for pair in zip(one, two, strict=True))
    assert len(split(problem(*both, whole=True))) == 2
    made = chosen(both)
    assert made.cost == 340
    assert made.confirmed


def plan(copies, **columns):
    """Copies of the example in watersheds of their own, with carbon that counts anywhere."""
    tables = []
    for copy in range(copies):
        requirements, candidates, credits = (table.copy() for table in cases.example())
        for table in (requirements, credits):
            table["area_unit"] = table["area_unit"].where(table["area_unit"] == "all", table["area_unit"] + f"-{copy}")
        candidates["cost"] *= 1 + copy / 100
        for table in (candidates, credits):
            table["candidate_id"] = f"{copy:02d}" + table["candidate_id"]
        tables.append((requirements, candidates, credits))
    return tuple(pd.concat(part, ignore_index=True) for part in zip(*tables, strict=True))


@pytest.mark.parametrize(("carbon", "limit"), [(50.0, None), (500.0, None), (560.0, None), (50.0, 1500.0)])
def test_what_joins_all_parts_is_met_as_well(carbon, limit, monkeypatch):
    """Carbon counts anywhere and joins eight watersheds: the answer is that of the programme that is never parted."""
    requirements, candidates, credits = plan(8)
    requirements = requirements.drop_duplicates(["service", "area_unit"])
    requirements["required"] = requirements["required"].where(requirements["service"] != "carbon", carbon)
    made = chosen((requirements, candidates, credits), limit=limit)
    assert made.status == "optimal"
    assert made.balance["ok"].all()
    monkeypatch.setattr(parts, "loosened", lambda _: None)
    whole = chosen((requirements, candidates, credits), limit=limit)
    assert ids(made.portfolio) == ids(whole.portfolio)
    assert close(made.cost, whole.cost)


@pytest.mark.parametrize("whole", [True, False])
def test_neighbourhoods_only_improve_a_set(whole):
    """From all 32 parcels that serve eight watersheds, one watershed after the other, to the least cost."""
    requirements, candidates, credits = plan(8)
    requirements = requirements[requirements["service"] != "carbon"]
    made = problem(requirements, candidates, credits, whole=whole)
    everything = 1.0 - made.options["candidate_id"].str.endswith("P4").to_numpy()
    better = improved(made, everything, Clock(30))
    assert close(made.total("cost", better), chosen((requirements, candidates, credits), whole).cost)
    bound = problem(requirements, candidates, credits, whole=whole, most=50)
    assert improved(bound, everything, Clock(30)) is everything


def test_many_candidates_keep_the_first_ids(monkeypatch):
    """Thirty equal parcels, five are needed: the five of the smallest ids, by the programme alone."""
    names = [f"C{place:02d}" for place in range(30)]
    candidates = pd.DataFrame({"candidate_id": names, "option_id": "1", "cost": 10.0, "area": 100.0})
    credits = candidates[["candidate_id", "option_id"]].assign(service="water", area_unit="W", credit=1.0)
    requirements = cases.table("service area_unit required", [("water", "W", 4.5)])
    assert ids(chosen((requirements, candidates, credits)).portfolio) == names[:5]
    by_rank = candidates.assign(rank=np.arange(30.0, 0, -1))
    assert ids(chosen((requirements, by_rank, credits)).portfolio) == names[25:]


def test_agreement_counts_the_scenarios_that_can_be_met():
    requirements, candidates, credits = cases.example()
    dear = candidates.assign(cost=candidates["cost"].where(candidates["candidate_id"] != "P2", 500.0))
    scenarios = [("base", requirements, candidates, credits), ("dear", requirements, dear, credits)]
    scenarios.append(("too much", requirements, candidates, credits, {"ratio": 9.0}))
    table = agreement(scenarios, whole=True)
    assert list(table.columns[:4]) == ["candidate_id", "option_id", "chosen", "scenarios"]
    by_id = table.set_index("candidate_id")["chosen"]
    assert (table["scenarios"] == 2).all()
    assert dict(by_id) == {"P1": 0.5, "P2": 0.5, "P3": 1.0, "P4": 0.5, "P5": 1.0}
    assert [told["status"] for told in table.attrs["scenarios"]] == ["optimal", "optimal", "infeasible"]


def test_agreement_needs_a_scenario():
    with pytest.raises(ValueError, match=r"no scenario.*empty list"):
        agreement([])
