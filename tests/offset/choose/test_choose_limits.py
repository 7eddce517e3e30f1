"""Choices that cannot be met, lists of musts and bans, limits, kinds, value, time, a list of somebody else, and wrong tables."""

import builtins
import re

import choose_cases as cases
import numpy as np
import pandas as pd
import pytest

from ecoval.errors import InputError, ParameterError
from ecoval.offset.choose import phases, problem, programme, select_portfolio, verify_portfolio


def chosen(given, whole=True, **rules):
    return select_portfolio(*given, whole=whole, **rules)


def ids(table):
    return list(table["candidate_id"])


def codes(made):
    return [note["code"] for note in made.notes]


def test_infeasible_says_what_is_short_and_comes_closest_at_least_cost():
    """Ratio 2: water 200 of 175, soil 80 of 75, carbon 100 of 90 even with all five, so all are in the closest set."""
    made = chosen(cases.example(), ratio=2.0)
    assert (made.status, made.proven) == ("infeasible", True)
    assert ids(made.portfolio) == ["P1", "P2", "P3", "P4", "P5"]
    assert made.closest is made.portfolio
    assert made.cost == 265
    short = made.shortfalls.set_index("service")
    assert dict(short["short"]) == {"carbon": 10.0, "soil": 5.0, "water": 25.0}
    assert dict(short["attainable"]) == {"carbon": 90.0, "soil": 75.0, "water": 175.0}
    np.testing.assert_allclose(short.loc["water", "relative"], 0.125)
    assert codes(made).count("choose_short_alone") == 3
    assert "25" in next(note["en"] for note in made.notes if "water" in note["en"])


def test_closest_set_takes_nothing_that_does_not_help():
    """Soil 90 cannot be met (75 at most, with all five of W1); water 100 and carbon 50 come along."""
    requirements, candidates, credits = cases.example()
    asked = requirements.assign(required=[10.0, 90.0, 0.0])
    made = chosen((asked, candidates, credits))
    assert ids(made.portfolio) == ["P1", "P2", "P3", "P5"]
    assert made.cost == 245
    assert list(made.shortfalls["short"]) == [15.0]


def test_bindings_that_leave_too_little_are_named():
    """Within 120 CNY water or carbon can be met, soil and water together cannot."""
    made = chosen(cases.example(), limit=120.0)
    assert made.status == "infeasible"
    assert made.cost <= 120
    assert "choose_short_together" in codes(made)
    few = chosen(cases.example(), most=2)
    assert few.status == "infeasible"
    assert len(few.portfolio) <= 2


def test_limit_and_number_that_suffice_change_nothing():
    assert chosen(cases.example(), limit=170.0, most=4).cost == 170
    assert chosen(cases.example(), most=3).cost == 175  # P1, P2, P4: water 110, soil 45, carbon 60


def test_must_and_ban():
    assert ids(chosen(cases.example(), must=["P1"]).portfolio) == ["P1", "P2", "P4"]
    made = chosen(cases.example(), ban={"P2:1": "belongs to a school"})
    assert made.cost == 185
    assert list(made.excluded["excluded"]) == ["BANNED"]
    assert "belongs to a school" in made.excluded["reason_en"][0]
    assert "belongs to a school" in made.excluded["reason_zh"][0]
    shares = chosen(cases.example(), whole=False, must=["P1"]).portfolio.set_index("candidate_id")["share"]
    assert shares["P1"] == pytest.approx(1.0, abs=1e-9)


def test_of_two_options_one_is_chosen_and_of_a_conflict_group_one():
    requirements = cases.table("service area_unit required", [("water", "W", 10.0)])
    candidates = cases.table("candidate_id option_id cost", [("A", "reed", 5.0), ("A", "tree", 4.0), ("B", "tree", 9.0)])
    credits = candidates[["candidate_id", "option_id"]].assign(service="water", area_unit="W", credit=[6.0, 5.0, 7.0])
    assert list(chosen((requirements, candidates, credits)).portfolio["option_id"]) == ["tree", "tree"]
    grouped = candidates.assign(conflict_group=["g", "g", "h；g"])
    for whole in (True, False):
        made = chosen((requirements, grouped, credits), whole)
        assert made.status == "infeasible"
        assert ids(made.portfolio) == ["B"]
        assert chosen((requirements, candidates, credits), whole, conflicts=[("A", "B")]).status == "infeasible"
    must = chosen((requirements.assign(required=1.0), candidates, credits), must=["A"])
    assert list(must.portfolio["option_id"]) == ["tree"]


def test_least_area_and_fixed_cost_in_shares():
    """Half of A would do, but A begins at 80 of 100 m2: 8 + 3 fixed; B costs 12 for what is needed."""
    requirements = cases.table("service area_unit required", [("water", "W", 5.0)])
    candidates = pd.DataFrame({"candidate_id": ["A", "B"], "option_id": "1", "cost": [10.0, 24.0], "area": 100.0})
    candidates = candidates.assign(minimum_area=[80.0, np.nan], fixed_cost=[3.0, np.nan])
    credits = candidates[["candidate_id", "option_id"]].assign(service="water", area_unit="W", credit=10.0)
    made = chosen((requirements, candidates, credits), whole=False)
    assert made.portfolio[["candidate_id", "share", "cost", "area"]].values.tolist() == [["A", 0.8, 11.0, 80.0]]
    assert made.confirmed
    without = chosen((requirements, candidates.assign(fixed_cost=5.0), credits), whole=False)
    assert ids(without.portfolio) == ["A"]


def test_a_candidate_below_its_least_area_is_barred():
    requirements, candidates, credits = cases.example()
    made = chosen((requirements, candidates.assign(area=100.0, minimum_area=[0, 0, 200, 0, 0]), credits))
    assert made.excluded.iloc[0].tolist()[:3] == ["P3", "1", "AREA_TOO_SMALL"]
    assert "P3" not in ids(made.portfolio)


def test_objectives():
    requirements, candidates, credits = cases.example()
    wide = candidates.assign(area=[10.0, 20.0, 10.0, 50.0, 10.0], distance=[1.0, 9.0, 9.0, 9.0, 1.0])
    by_area = chosen((requirements, wide, credits), objective="area")
    assert (ids(by_area.portfolio), by_area.value, by_area.bound, by_area.cost) == (["P1", "P3", "P5"], 30.0, 30.0, 185.0)
    near = chosen((requirements, wide, credits), objective="distance")
    assert ids(near.portfolio) == ["P1", "P3", "P5"]
    with pytest.raises(InputError, match=r'"distance" of candidate "P1:1".*Found nothing'):
        chosen((requirements, candidates, credits), objective="distance")


def test_equal_costs_fall_to_the_smaller_area_then_the_first_ids():
    requirements = cases.table("service area_unit required", [("water", "W", 2.0)])
    candidates = pd.DataFrame({"candidate_id": list("ABCD"), "option_id": "1", "cost": 5.0, "area": [9.0, 3.0, 3.0, 3.0]})
    credits = candidates[["candidate_id", "option_id"]].assign(service="water", area_unit="W", credit=1.0)
    for limit in (20, -1):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(phases.enumeration, "MOST", limit)
            assert ids(chosen((requirements, candidates, credits)).portfolio) == ["B", "C"]


def test_like_for_like():
    requirements, candidates, credits = cases.example()
    kinds = pd.DataFrame({"ecosystem_type": [3, 7], "lost_area": [100.0, 10.0], "ratio": [1.5, 1.0], "accepts": ["3;4", "7"]})
    typed = candidates.assign(area=80.0, kind_target=[3, 7, 7, 4, 7])
    made = chosen((requirements, typed, credits), kinds=kinds)
    assert {"P1", "P4"} <= set(ids(made.portfolio))
    assert made.kinds.loc[0, ["required", "provided", "ok"]].tolist() == [150.0, 160.0, True]
    banded = chosen((requirements, typed, credits), kinds=kinds, accepts=lambda lost, target: target in (3, 4) or lost == 7)
    assert ids(banded.portfolio) == ids(made.portfolio)
    nothing = chosen((requirements, typed, credits), kinds=kinds.assign(accepts=["", "7"]))
    assert nothing.status == "infeasible"
    assert nothing.shortfalls[["row", "area_unit", "short"]].values.tolist() == [["like_for_like", "3", 150.0]]
    with pytest.raises(InputError, match=r"no area.*\"P1\""):
        chosen((requirements, candidates.assign(kind=3), credits), kinds=kinds)


def test_value_row():
    """At 1 CNY each the debits are worth 190 and P2 to P5 give 350; for 1.9 times the debit P1 comes in for P2: 365 for 205."""
    prices = pd.DataFrame({"service": ["water", "soil", "carbon"], "price": [1.0, 1.0, 1.0]})
    assert chosen(cases.example(), value=prices).cost == 170
    made = chosen(cases.example(), value=prices, ratio_value=1.9)
    assert (made.cost, made.status) == (205.0, "optimal")
    assert made.value_balance.loc[0, ["debit", "required", "credit"]].tolist() == [190.0, 361.0, 365.0]
    more = chosen(cases.example(), value=prices.iloc[:1], ratio_value=1.8)
    assert more.value_balance["credit"][0] >= 180
    assert "choose_unpriced" in codes(more)
    with pytest.raises(InputError, match=r"two prices.*\"water\""):
        chosen(cases.example(), value=pd.concat([prices, prices]))


def test_all_barred_lists_the_reasons():
    requirements, candidates, credits = cases.example()
    barred = candidates.assign(excluded=["CANDIDATE_IN_LEDGER"] * 3 + ["CANDIDATE_IN_PROTECTED"] * 2)
    made = chosen((requirements, barred, credits))
    assert (made.status, made.cost, len(made.portfolio), len(made.excluded)) == ("infeasible", 0.0, 0, 5)
    note = made.notes[codes(made).index("choose_all_barred")]
    assert "used already (3), protected, not additional (2)" in note["en"]
    assert "已被使用 (3)" in note["zh"]
    assert (made.shortfalls["relative"] == 1).all()
    assert (made.shortfalls["attainable"] == 0).all()


def test_no_candidates_at_all():
    requirements, candidates, credits = cases.example()
    made = chosen((requirements, candidates.iloc[:0], credits.iloc[:0]))
    assert made.status == "infeasible"
    assert len(made.shortfalls) == 3


def hard():
    """Sixty candidates against twelve rows: too much for a twentieth of a second."""
    draw = np.random.default_rng(3)
    names = [f"C{place:02d}" for place in range(60)]
    candidates = pd.DataFrame({"candidate_id": names, "option_id": "1", "cost": draw.uniform(90, 110, 60)})
    rows = [(name, "1", f"s{s}", "W", float(draw.uniform(90, 110))) for name in names for s in range(12)]
    requirements = pd.DataFrame([(f"s{s}", "W", 2950.0) for s in range(12)], columns=["service", "area_unit", "required"])
    return requirements, candidates, cases.table("candidate_id option_id service area_unit credit", rows)


def test_time_limit_gives_the_best_so_far_its_bound_and_the_words():
    made = chosen(hard(), time_limit=0.05)
    assert (made.status, made.proven) == ("time_limit", False)
    assert 0 < made.bound < made.cost
    assert made.gap < 0.1
    assert made.balance["ok"].all()
    note = made.notes[codes(made).index("choose_not_proven")]
    assert "not proven optimal" in note["en"]
    assert "未证明为最优" in note["zh"]


def test_a_wrong_answer_of_the_solver_is_caught(monkeypatch):
    """A solver that calls the dearest set optimal, and one that calls the empty set optimal."""
    solve = programme.Programme.solve

    def all_of_them(self, *given, **named):
        made = solve(self, *given, **named)
        return programme.Outcome("optimal", np.ones(5), None, made.bound)

    def none(self, *given, **named):
        made = solve(self, *given, **named)
        return programme.Outcome("optimal", np.zeros(5), None, made.bound)

    for wrong in (all_of_them, none):
        monkeypatch.setattr(programme.Programme, "solve", wrong)
        made = chosen(cases.example())
        assert (made.cost, made.status, made.method) == (170.0, "optimal", "enumeration")
    monkeypatch.setattr(programme.Programme, "solve", none)
    monkeypatch.setattr(phases.enumeration, "MOST", -1)
    made = chosen(cases.example())
    assert (made.status, made.proven, made.method) == ("unproven", False, "greedy")
    assert made.balance["ok"].all()
    assert "choose_unproven" in codes(made)


def test_a_solver_that_calls_a_feasible_choice_infeasible_is_asked_again(monkeypatch):
    solve = programme.Programme.solve

    def presolved(self, stage, **named):
        if stage == "cost" and named.get("presolve", True):
            return programme.Outcome("infeasible", None, None, np.inf)
        return solve(self, stage, **named)

    monkeypatch.setattr(programme.Programme, "solve", presolved)
    monkeypatch.setattr(phases.enumeration, "MOST", -1)
    assert chosen(cases.example()).cost == 170


def test_without_scipys_solver(monkeypatch):
    load = builtins.__import__

    def refusing(name, *rest):
        if name == "scipy.optimize":
            raise ImportError(name)
        return load(name, *rest)

    monkeypatch.setattr(builtins, "__import__", refusing)
    made = chosen(cases.example())
    assert (made.cost, made.method, made.status) == (170.0, "enumeration", "optimal")
    assert "choose_no_solver" in codes(made)
    monkeypatch.setattr(phases.enumeration, "MOST", 3)
    made = chosen(cases.example())
    assert (made.method, made.proven) == ("greedy", False)


def test_somebody_elses_list():
    claim = cases.table("candidate_id option_id share", [("P1", "1", 1.0), ("P4", "1", 1.0), ("P9", "1", 1.0)])
    made = verify_portfolio(claim, *cases.example(), whole=True)
    assert not made.ok
    assert made.cost == 115
    assert list(made.violations["code"]) == ["choose_list_unknown", "choose_row_short", "choose_row_short"]
    assert "30" in made.violations["en"][1]  # soil 10 of 40
    good = verify_portfolio(pd.DataFrame({"candidate_id": ["P1", "P3", "P5"], "option_id": "1"}), *cases.example())
    assert good.ok
    assert good.cost == 185


def test_a_list_that_breaks_every_binding():
    requirements, candidates, credits = cases.example()
    bound = candidates.assign(conflict_group=["g", "g", "", "", ""], excluded=["", "", "", "", "IN_LEDGER"])
    claim = pd.DataFrame({"candidate_id": ["P1", "P2", "P3", "P5"], "option_id": "1", "share": [1.0, 1.0, 0.5, 1.0]})
    made = verify_portfolio(claim, requirements, bound, credits, whole=True, must=["P4"], limit=100.0, most=3)
    found = ["choose_list_share", "choose_list_barred", "choose_list_together", "choose_list_must", "choose_list_limit"]
    assert [code for code in made.violations["code"] if "row" not in code] == [*found, "choose_list_most"]


R, C, K = 0, 1, 2


@pytest.mark.parametrize(
    ("which", "change", "text"),
    [
        (
            K,
            lambda t: t.assign(candidate_id=t["candidate_id"].replace("P5", "P55")),
            r'belongs to no candidate: .*"P55:1" \(3 rows',
        ),
        (K, lambda t: pd.concat([t, t.iloc[:1]]), r"P1.*carbon|P1.*water"),
        (C, lambda t: pd.concat([t, t.iloc[:1]]), r"P1"),
        (R, lambda t: pd.concat([t, t.iloc[:1]]), r"water"),
        (C, lambda t: t.assign(cost=-1.0), r"out of its range.*cost.*Found -1, expected >= 0"),
        (C, lambda t: t.assign(cost=np.nan), r"must hold something is empty.*cost"),
        (K, lambda t: t.assign(credit=np.nan), r"must hold something is empty.*credit"),
        (R, lambda t: t.assign(required=np.inf), r"out of its range.*required"),
        (R, lambda t: t.assign(required=np.nan), r"must hold something is empty.*required"),
        (C, lambda t: t.assign(candidate_id=""), r"must hold something is empty.*candidate_id"),
        (C, lambda t: t.assign(minimum_area=1.0), r"minimum area is given without the area"),
        (C, lambda t: t.assign(minimum_area=1.0, area=np.nan), r"must hold something is empty.*area"),
        (C, lambda t: t.drop(columns="cost"), r"cost"),
        (C, lambda t: t.assign(fixed_cost="dear"), r"dear"),
    ],
)
def test_wrong_tables_are_refused(which, change, text):
    given = list(cases.example())
    given[which] = change(given[which])
    with pytest.raises(InputError, match=text):
        chosen(given)


def test_units_of_measure_must_agree():
    requirements, candidates, credits = cases.example()
    with pytest.raises(InputError, match=r'two units of measure: "water".*Found "t", expected "m3" as in requirements'):
        chosen((requirements.assign(uom=["m3", "t", "t"]), candidates, credits.assign(uom="t")))
    mixed = credits.assign(uom=["m3", "t", "t"] * 4 + ["l", "t", "t"])
    with pytest.raises(InputError, match=r'Found "l", expected "m3"'):
        chosen((requirements, candidates, mixed))
    same = credits.assign(uom=["m3", "kg", "t"] * 5)
    made = chosen((requirements, candidates, same))
    assert set(made.balance["uom"]) == {"m3", "kg", "t"}


@pytest.mark.parametrize(
    ("rules", "text"),
    [
        ({"objective": "beauty"}, r'"objective"\. Found beauty, expected cost, area, distance'),
        ({"limit": -1.0}, r'"limit"\. Found -1'),
        ({"ratio": 0.0}, r'"ratio"\. Found 0, expected > 0'),
        ({"ratio": {"water": float("nan")}}, r'"water"\. Found nan'),
        ({"ratio_value": -1.0}, r'"ratio_value"'),
        ({"must": ["P1"], "ban": ["P1"]}, r'must be chosen and may not be: "P1".*BANNED'),
        ({"must": ["P11"]}, r'not there: "P11" in "must".*nearest is "P1"'),
        ({"ban": ["P1:9"]}, r'not there: "P1:9" in "ban".*nearest is "P1:1"'),
        ({"must": ["P1", "P2"], "conflicts": [("P1", "P2")]}, r"no set of candidates at all: 2 musts"),
        ({"must": ["P1"], "limit": 10.0}, r"no set of candidates at all"),
    ],
)
def test_wrong_rules_are_refused(rules, text):
    with pytest.raises((ParameterError, InputError), match=text):
        chosen(cases.example(), **rules)


def test_ratio_per_service():
    made = chosen(cases.example(), ratio={"water": 1.1, "*": 1.0})
    required = made.balance.set_index(["service", "area_unit"])["required"]
    assert required["water", "W1"] == pytest.approx(110)
    assert required["soil", "W1"] == 40
    assert made.cost == 175


def test_problem_is_in_the_order_of_ids():
    made = problem(*[table.iloc[::-1] for table in cases.example()])
    assert ids(made.options) == sorted(ids(made.options))
    assert re.fullmatch("service|no_new_loser", made.rows["row"][0])
