"""Minimising: Example 1 of the reference to the printed digits, effects by hand, the choice against enumeration."""

import itertools
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecoval.errors import InputError, ParameterError
from ecoval.offset import measure_choice
from ecoval.offset.equivalency.time import Timing
from ecoval.offset.measure_choice import choose_measures, joint_measures
from ecoval.offset.measures import apply_measures, measures_of, minimise_ok, present_losses, read_measures

YEAR = Timing(rate=0.0, horizon=1)  # one year, nothing discounted: present value = annual
DENSITY = {  # water m3, soil t, carbon t CO2 per ha and year
    "forest": (2500.0, 40.0, 6.0),
    "wetland": (4000.0, 10.0, 4.0),
    "crop": (500.0, 5.0, 0.5),
    "built": (0.0, 2.0, 0.0),
}
SERVICES = ("water", "soil", "carbon")
PRICES = {"water": 5.0, "soil": 30.0, "carbon": 60.0}


def losses(rows):
    """Patch losses of (patch, service, direct, indirect)."""
    made = pd.DataFrame(rows, columns=["patch_id", "service", "direct", "indirect"])
    annual = made["direct"] + made["indirect"]
    said = {"alternative_id": "A", "area_kind": "county", "area_unit": "u", "impact_type": "permanent", "start": 0, "end": math.nan}
    return made.assign(annual=annual, annual_low=0.9 * annual, annual_high=1.2 * annual, uom="t yr-1", **said)


def example_1():
    """Forest 8, wetland 3, crop 1 ha built over; 20 ha of forest beside the forest patch lose 10 % water, 5 % carbon."""
    rows = []
    for patch, kind, area in (("P1", "forest", 8.0), ("P2", "wetland", 3.0), ("P3", "crop", 1.0)):
        for place, service in enumerate(SERVICES):
            share = {"water": 0.10, "soil": 0.0, "carbon": 0.05}[service] if patch == "P1" else 0.0
            direct = area * (DENSITY[kind][place] - DENSITY["built"][place])
            rows.append((patch, service, direct, 20.0 * DENSITY["forest"][place] * share))
    return losses(rows)


def bridge_and_screen():
    table = {"patch_id": ["P2", "P1"], "option_id": ["bridge", "screen"], "cost": [2e6, 5e5], "area_factor": [1.0 / 3.0, None]}
    return measures_of(pd.DataFrame(table | {"loss_factor": [None, 0.5]}))


def total(table, column):
    return table.groupby("service")[column].sum().reindex(SERVICES).to_numpy()


def test_example_1_unmitigated():
    table = example_1()
    np.testing.assert_allclose(total(table, "direct"), [32_500, 331, 60.5], rtol=1e-12)
    np.testing.assert_allclose(total(table, "indirect"), [5_000, 0, 6.0], rtol=1e-12)
    assert sum(total(table, "annual") * list(PRICES.values())) == pytest.approx(201_420, rel=1e-12)


def test_example_1_residual():
    residual, avoided = apply_measures(example_1(), bridge_and_screen(), YEAR)
    np.testing.assert_allclose(total(residual, "annual"), [27_000, 315, 55.5], rtol=1e-12)
    assert sum(total(residual, "annual") * list(PRICES.values())) == pytest.approx(147_780, rel=1e-12)
    np.testing.assert_allclose(total(avoided, "avoided_annual"), [10_500, 16, 11.0], rtol=1e-12)
    bridge = avoided[(avoided["option_id"] == "bridge") & (avoided["service"] == "water")].iloc[0]
    assert bridge["avoided_annual"] == pytest.approx(8_000, rel=1e-12)
    assert bridge["cost_per_unit"] == pytest.approx(250.0, rel=1e-12)
    assert (bridge["uom"], bridge["pv_uom"]) == ("t yr-1", "t")


def test_cost_per_unit_is_empty_where_nothing_is_avoided():
    _, avoided = apply_measures(example_1(), bridge_and_screen(), YEAR)
    screen = avoided[(avoided["option_id"] == "screen") & (avoided["service"] == "soil")].iloc[0]
    assert screen["avoided_annual"] == 0.0
    assert math.isnan(screen["cost_per_unit"])


def test_range_shrinks_with_the_loss():
    residual, _ = apply_measures(example_1(), bridge_and_screen(), YEAR)
    row = residual[(residual["patch_id"] == "P2") & (residual["service"] == "water")].iloc[0]
    assert (row["annual_low"], row["annual_high"]) == pytest.approx((0.9 * 4_000, 1.2 * 4_000), rel=1e-12)


def test_effects_on_one_patch_multiply_and_are_credited_in_turn():
    table = {"patch_id": ["P", "P"], "option_id": ["a", "b"], "cost": [1, 1], "area_factor": [0.5, 0.5]}
    residual, avoided = apply_measures(losses([("P", "water", 100.0, 0.0)]), measures_of(pd.DataFrame(table)), YEAR)
    assert residual["annual"].tolist() == [25.0]
    assert avoided["avoided_annual"].tolist() == [50.0, 25.0]


@pytest.mark.parametrize(("on", "left"), [("indirect", 130.0), ("direct", 110.0), ("both", 80.0)])
def test_loss_factor_acts_where_it_says(on, left):
    table = pd.DataFrame({"patch_id": ["P"], "option_id": ["a"], "cost": [1], "loss_factor:water": [0.5], "acts_on": [on]})
    residual, _ = apply_measures(losses([("P", "water", 100.0, 60.0)]), measures_of(table), YEAR)
    assert residual["annual"].tolist() == pytest.approx([left])


def test_factor_of_the_service_goes_before_that_for_all():
    table = pd.DataFrame({"patch_id": ["P"], "option_id": ["a"], "cost": [1], "loss_factor": [0.9], "loss_factor:soil": [0.0]})
    given_ = losses([("P", "soil:nitrogen", 0.0, 10.0), ("P", "water", 0.0, 10.0)])
    residual, _ = apply_measures(given_, measures_of(table), YEAR)
    assert residual["annual"].tolist() == pytest.approx([0.0, 9.0])


def test_duration_makes_a_permanent_loss_temporary():
    """10 a year for ever at 3 %: 343.33; for 5 years: 10 (1 - v^5) / (1 - v)."""
    timing = Timing(rate=0.03)
    table = measures_of(pd.DataFrame({"patch_id": ["P"], "option_id": ["a"], "cost": [1], "duration": [5]}))
    before = losses([("P", "water", 10.0, 0.0)])
    residual, avoided = apply_measures(before, table, timing)
    v = 1 / 1.03
    assert present_losses(before, timing)[0] == pytest.approx(343.3333333, rel=1e-9)
    assert present_losses(residual, timing)[0] == pytest.approx(10 * (1 - v**5) / (1 - v), rel=1e-12)
    assert residual["impact_type"].tolist() == ["temporary"]
    assert avoided["avoided_annual"].tolist() == [0.0]
    assert avoided["avoided_pv"][0] == pytest.approx(343.3333333 - 10 * (1 - v**5) / (1 - v), rel=1e-9)


def test_recovery_adds_its_triangle():
    """End after 2 years, recovery over 4, nothing discounted: 2 + 4 / 2 years."""
    table = measures_of(pd.DataFrame({"patch_id": ["P"], "option_id": ["a"], "cost": [1], "duration": [2], "recovery_years": [4]}))
    residual, _ = apply_measures(losses([("P", "water", 10.0, 0.0)]), table, Timing(rate=0.0, horizon=30))
    assert present_losses(residual, Timing(rate=0.0, horizon=30))[0] == pytest.approx(40.0)


def test_kind_of_a_measure_takes_its_own_direct_loss():
    table = measures_of(pd.DataFrame({"patch_id": ["P"], "option_id": ["green_roof"], "cost": [1], "kind": [623]}))
    roof = losses([("P", "water", 60.0, 0.0)]).assign(option_id="green_roof")
    residual, _ = apply_measures(losses([("P", "water", 100.0, 7.0)]), table, YEAR, kind_losses=roof)
    assert residual[["direct", "indirect", "annual"]].iloc[0].tolist() == [60.0, 7.0, 67.0]
    with pytest.raises(InputError, match="green_roof"):
        apply_measures(losses([("P", "water", 100.0, 7.0)]), table, YEAR)


def test_measure_of_no_patch_is_refused():
    table = measures_of(pd.DataFrame({"patch_id": ["Q"], "option_id": ["a"], "cost": [1]}))
    with pytest.raises(InputError, match='"Q"'):
        apply_measures(losses([("P", "water", 1.0, 0.0)]), table, YEAR)


def test_table_is_read_with_numbers_and_refuses_what_it_does_not_know(tmp_path):
    path = tmp_path / "measures.csv"
    path.write_text("patch_id,option_id,cost,area_factor,loss_factor:water\nP1,screen,5e5,,0.5\n", encoding="utf-8")
    table = read_measures(path)
    assert table[["cost", "loss_factor:water"]].iloc[0].tolist() == [5e5, 0.5]
    assert math.isnan(table["area_factor"][0])
    assert table["acts_on"].tolist() == ["indirect"]
    for text, words in (
        ("factor\n0.5", "factor"),
        ("area_factor\nhalf", "half"),
        ("acts_on\nall", "one of direct, indirect, both"),
    ):
        path.write_text("patch_id,option_id,cost," + text.replace("\n", "\nP1,screen,5e5,") + "\n", encoding="utf-8")
        with pytest.raises(InputError, match=words):
            read_measures(path)


def test_every_patch_needs_a_measure_or_a_reason():
    table = measures_of(pd.DataFrame({"patch_id": ["P1"], "option_id": ["a"], "cost": [1]}))
    assert minimise_ok(["P1"], table) == (True, ())
    assert minimise_ok(["P1", "P2"], table) == (False, ("P2",))
    assert minimise_ok(["P1", "P2"], table, "no room on the dam") == (True, ())
    assert minimise_ok(["P1", "P2"], table, {"P2": "no room"}) == (True, ())
    assert minimise_ok(["P1", "P2", "P3"], table, {"P2": "no room", "P3": " "}) == (False, ("P3",))
    assert minimise_ok(["P1"], None) == (None, ("P1",))
    assert minimise_ok(["P1"], None, "none exists") == (True, ())


def options(gains, cost):
    """One service; option k of patch p leaves (1 - gain) of 100."""
    rows = [
        (f"P{p}", f"o{k}", 1.0 - g, c)
        for p, (gs, cs) in enumerate(zip(gains, cost, strict=True))
        for k, (g, c) in enumerate(zip(gs, cs, strict=True))
    ]
    return measures_of(pd.DataFrame(rows, columns=["patch_id", "option_id", "area_factor", "cost"]))


def by_hand(gains, cost, limit):
    best = 0.0
    for choice in itertools.product(*[[None, *range(len(each))] for each in gains]):
        spent = sum(cost[p][k] for p, k in enumerate(choice) if k is not None)
        if limit is None or spent <= limit:
            best = max(best, sum(100.0 * gains[p][k] for p, k in enumerate(choice) if k is not None))
    return best


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.booleans())
def test_choice_is_the_best_of_all_combinations(seed, limited):
    random = np.random.default_rng(seed)
    count = int(random.integers(1, 4))
    gains = [random.integers(0, 10, 2).astype(float) / 10 for _ in range(count)]
    cost = [random.integers(1, 9, 2).astype(float) for _ in range(count)]
    limit = float(random.integers(0, 15)) if limited else None
    patch_losses, table = losses([(f"P{p}", "water", 100.0, 0.0) for p in range(count)]), options(gains, cost)
    chosen = choose_measures(patch_losses, table, YEAR, limit, weights={"water": 1.0})
    residual, _ = apply_measures(patch_losses, chosen, YEAR)
    assert 100.0 * count - residual["annual"].sum() == pytest.approx(by_hand(gains, cost, limit), abs=1e-9)
    assert chosen.attrs["weighted"] == pytest.approx(residual["annual"].sum(), abs=1e-9)
    assert chosen["patch_id"].is_unique
    assert limit is None or chosen["cost"].sum() <= limit
    assert chosen.attrs["analysis"] is False


def test_integer_programme_finds_what_enumeration_finds(monkeypatch):
    random = np.random.default_rng(3)
    gains, cost = [random.random(3) for _ in range(5)], [random.integers(1, 9, 3).astype(float) for _ in range(5)]
    patch_losses, table = losses([(f"P{p}", "water", 100.0, 0.0) for p in range(5)]), options(gains, cost)
    listed = choose_measures(patch_losses, table, YEAR, 14.0)
    monkeypatch.setattr(measure_choice, "MOST_ENUMERATED", 1)
    solved = choose_measures(patch_losses, table, YEAR, 14.0)
    assert (listed.attrs["method"], solved.attrs["method"]) == ("enumeration", "integer programme")
    pd.testing.assert_frame_equal(listed, solved)


def test_limit_of_zero_chooses_nothing_and_below_is_refused():
    patch_losses, table = losses([("P0", "water", 100.0, 0.0)]), options([[0.5]], [[2.0]])
    assert len(choose_measures(patch_losses, table, YEAR, 0.0)) == 0
    with pytest.raises(ParameterError, match="negative"):
        choose_measures(patch_losses, table, YEAR, -1.0)


def test_joint_run_weighs_both_costs_and_says_that_it_is_an_analysis():
    """Saving 50 units at a cost of 60 pays where compensation costs 2 a unit and not where it costs 1."""
    patch_losses, table = losses([("P0", "water", 100.0, 0.0)]), options([[0.5]], [[60.0]])
    dear, cheap = (joint_measures(patch_losses, table, YEAR, {"water": price}) for price in (2.0, 1.0))
    assert (len(dear), len(cheap)) == (1, 0)
    assert dear.attrs["weighted"] == pytest.approx(60.0 + 2.0 * 50.0)
    assert dear.attrs["analysis"] is True
