"""Balance, like for like, value and verdict: Example 1 of the reference to its printed digits, and properties."""

import math

import numpy as np
import pandas as pd
import pytest
from bounds import within
from example_1 import DENSITY, PRICES, SERVICES, UOM
from hypothesis import given, settings
from hypothesis import strategies as st

from ecoval.errors import InputError
from ecoval.offset.balance.quantities import (
    Book,
    balance,
    cautious_credits,
    cautious_requirements,
    kind_rows,
    new_losers,
    requirements,
    without_range,
)
from ecoval.offset.balance.value import value_balance, value_ok
from ecoval.offset.balance.verdict import VERDICTS, Found, Record, reason, verdict
from ecoval.words import catalogue

FOOTPRINT = {"forest": 8, "wetland": 3, "crop": 1}
RECORD = Record(avoid=True, minimise=True)
MEASURED = {"forest": 8, "wetland": 1, "crop": 1}  # a bridge saves 2 ha of wetland


def direct(areas):
    return [math.fsum(area * (DENSITY[kind][i] - DENSITY["built"][i]) for kind, area in areas.items()) for i in range(3)]


def indirect(share=1.0):
    return [20 * DENSITY["forest"][i] * loss * share for i, loss in enumerate((0.10, 0.0, 0.05))]


def debits_of(numbers, high=None):
    high = numbers if high is None else high
    return pd.DataFrame(
        {
            "service": SERVICES,
            "area_kind": "watershed",
            "area_unit": "W1",
            "annual": numbers,
            "debit": numbers,
            "debit_low": numbers,
            "debit_high": high,
            "uom": [UOM[s] for s in SERVICES],
            "annual_uom": [UOM[s] for s in SERVICES],
        }
    )


def credits_of(gains, area_unit="W1"):
    """Gains per ha: candidate -> (from, to)."""
    rows = []
    for candidate, (now, then, area) in gains.items():
        for i, service in enumerate(SERVICES):
            gain = area * (DENSITY[then][i] - DENSITY[now][i])
            rows.append((candidate, "restore", service, "watershed", area_unit, gain, gain, gain, gain, UOM[service]))
    names = [
        "candidate_id",
        "option_id",
        "service",
        "area_kind",
        "area_unit",
        "annual",
        "credit",
        "credit_low",
        "credit_high",
        "uom",
    ]
    return pd.DataFrame(rows, columns=names)


def chosen(*candidates, share=1.0):
    return pd.DataFrame({"candidate_id": list(candidates), "option_id": "restore", "share": share})


RESIDUAL = [a + b for a, b in zip(direct(MEASURED), indirect(0.5), strict=True)]
CREDITS = credits_of(
    {
        "A": ("slope", "restored_forest", 10),
        "A12": ("slope", "restored_forest", 12),
        "B": ("crop", "restored_wetland", 2),
        "B10": ("crop", "restored_wetland", 10),
    }
)


def money(numbers):
    return math.fsum(n * p for n, p in zip(numbers, PRICES["price"], strict=True))


def test_example_1_loss_rows():
    assert direct(FOOTPRINT) == pytest.approx([32_500, 331, 60.5], abs=1e-9)
    assert money(direct(FOOTPRINT)) == pytest.approx(176_060, abs=1e-6)
    assert indirect() == pytest.approx([5_000, 0, 6.0], abs=1e-9)
    assert money(indirect()) == pytest.approx(25_360, abs=1e-6)
    whole = [a + b for a, b in zip(direct(FOOTPRINT), indirect(), strict=True)]
    assert whole == pytest.approx([37_500, 331, 66.5], abs=1e-9)
    assert money(whole) == pytest.approx(201_420, abs=1e-6)
    assert pytest.approx([27_000, 315, 55.5], abs=1e-9) == RESIDUAL
    assert money(RESIDUAL) == pytest.approx(147_780, abs=1e-6)


@pytest.mark.parametrize(
    ("candidates", "credit", "net", "credit_value", "net_value", "word"),
    [
        (("A",), [17_000, 320, 53.0], [-10_000, 5, -2.5], 97_780, 97_780 - 147_780, "not_balanced"),
        (("B",), [6_600, 8, 6.2], [-20_400, -307, -49.3], 33_612, 33_612 - 147_780, "not_balanced"),
        (("A", "B"), [23_600, 328, 59.2], [-3_400, 13, 3.7], 131_392, -16_388, "not_balanced"),
        (("A12", "B"), [27_000, 392, 69.8], [0, 77, 14.3], 150_948, 3_168, "balanced"),
        (("B10",), [33_000, 40, 31], [6_000, -275, -24.5], 168_060, 20_280, "balanced_value_only"),
    ],
)
def test_example_1_offsets_and_verdicts(candidates, credit, net, credit_value, net_value, word):
    table = balance(debits_of(RESIDUAL), CREDITS, chosen(*candidates))
    assert list(table["credit"]) == pytest.approx(credit, abs=1e-9)
    assert list(table["net"]) == pytest.approx(net, abs=1e-9)
    value = value_balance(table, PRICES)
    assert value["credit_value"].sum() == pytest.approx(credit_value, abs=1e-6)
    assert value["net_value"].sum() == pytest.approx(net_value, abs=1e-6)
    made = verdict(table, value=value, record=RECORD)
    assert made.verdict == word
    assert made.verdict_cautious == word
    assert made.robust
    assert [name for name in SERVICES if name in {row["service"] for row in made.short}] == [
        s for s, n in zip(SERVICES, net, strict=True) if n < -1e-6
    ]


def test_boundary_net_zero_is_balanced_and_a_thousandth_less_is_not():
    exact = balance(debits_of(RESIDUAL), CREDITS, chosen("A12", "B"))
    assert exact.loc[0, "net"] == 0
    assert exact.loc[0, "ok"]
    less = balance(debits_of(RESIDUAL), CREDITS, chosen("A12", "B", share=[0.999, 1.0]))
    assert not less.loc[0, "ok"]


def test_like_for_like_of_example_1():
    bands = {"forest": ("forest",), "wetland": ("wetland",), "crop": ("crop", "forest", "wetland")}
    lost = pd.DataFrame({"ecosystem_type": list(MEASURED), "area": [1e4 * area for area in MEASURED.values()]})
    candidates = pd.DataFrame(
        {"candidate_id": ["A12", "B"], "option_id": "restore", "area": [12e4, 2e4], "kind_target": ["forest", "wetland"]}
    )

    def accepts(kind, target):
        return target in bands[kind]

    def kind_balance(lost, portfolio, candidates, accepts, ratio=1.0):
        used = portfolio.merge(candidates, on=["candidate_id", "option_id"])
        return kind_rows(lost, zip(used["kind_target"], used["share"] * used["area"], strict=True), accepts, ratio)

    kinds = kind_balance(lost, chosen("A12", "B"), candidates, accepts)
    assert list(kinds["net"]) == [4e4, 1e4, 13e4]
    assert kinds["ok"].all()
    alone = kind_balance(lost, chosen("A12"), candidates, accepts)
    assert list(alone["ok"]) == [True, False, True]
    doubled = kind_balance(lost, chosen("A12", "B"), candidates, accepts, ratio={"forest": 2.0})
    assert list(doubled["required"]) == [16e4, 1e4, 1e4]
    assert list(doubled["ok"]) == [False, True, True]
    table = balance(debits_of(RESIDUAL), CREDITS, chosen("A12", "B"))
    made = verdict(table, kinds=doubled, value=value_balance(table, PRICES), record=RECORD)
    assert (made.kind_ok, made.verdict) == (False, "balanced_value_only")


def test_own_gain_pays_for_nothing_and_requires_nothing():
    table = balance(debits_of([-5_000, 315, 55.5]), CREDITS, chosen())
    assert list(table["required"]) == [0, 315, 55.5]
    assert table.loc[0, "debit"] == -5_000
    assert list(table["net"]) == [0, -315, -55.5]
    value = value_balance(table, PRICES)
    assert value["debit_value"].tolist() == [0, 9450, 3330]
    assert value["net_value"].sum() == pytest.approx(-12_780)


def test_no_loss_needs_no_portfolio_and_balances_at_no_cost():
    table = balance(debits_of([0.0, 0.0, -1.0]), CREDITS, chosen())
    made = verdict(table, value=value_balance(table, PRICES), record=RECORD)
    assert made.verdict == "balanced"
    assert table["required"].sum() == 0


def test_harm_by_an_offset_makes_a_new_loser_with_its_name():
    harm = credits_of({"A12": ("slope", "restored_forest", 12), "B": ("crop", "restored_wetland", 2)})
    harmful = harm[harm["service"] == "water"].head(1).assign(candidate_id="B", area_unit="W2", credit=-10.0, credit_low=-10.0)
    table = balance(debits_of(RESIDUAL), pd.concat([harm, harmful]), chosen("A12", "B"))
    losers = new_losers(table)
    assert losers[["service", "area_unit", "net"]].values.tolist() == [["water", "W2", -10.0]]
    made = verdict(table, value=value_balance(table, PRICES), record=RECORD)
    assert not made.physical_ok
    assert made.verdict == "balanced_value_only"
    assert [entry["area_unit"] for entry in made.new_losers] == ["W2"]
    assert "offset_new_loser" in {entry["code"] for entry in made.reasons}


def test_verdict_order():
    table = balance(debits_of(RESIDUAL), CREDITS, chosen("A12", "B"))
    value = value_balance(table, PRICES)
    bare = verdict(table, value=value)
    assert bare.verdict == "not_assessable"
    assert {entry["code"] for entry in bare.reasons} == {"offset_no_avoid_record", "offset_no_minimise_record"}
    found = Found(no_go=(("spring meadow", "泉边草甸"),))
    assert verdict(table, value=value, found=found).verdict == "not_assessable"
    assert verdict(table, value=value, record=RECORD, found=found).verdict == "not_offsettable"
    missing = Found(
        missing=(reason("offset_missing_area", service="water", share="30 %", tolerance="5 %"),), no_go=(("x", "某地"),)
    )
    assert verdict(table, value=value, record=RECORD, found=missing).verdict == "not_assessable"
    for name in ("temporal_ok", "permanence_ok", "no_double_use", "statutory_ok"):
        assert verdict(table, value=value, record=RECORD, found=Found(**{name: False})).verdict == "not_balanced"
    assert verdict(table, value=value, record=RECORD, found=Found(statutory_ok=True)).verdict == "balanced"
    assert verdict(table, value=value, record=Record(avoid=False, minimise=True)).verdict == "not_balanced"
    assert verdict(table, value=None, record=RECORD).verdict == "not_assessable"
    unpriced = value_balance(table, PRICES.iloc[:0])
    assert value_ok(unpriced) is None
    assert verdict(table, value=unpriced, record=RECORD).verdict == "not_assessable"
    short = balance(debits_of(RESIDUAL), CREDITS, chosen("B10"))
    late = verdict(short, value=value_balance(short, PRICES), record=RECORD, found=Found(temporal_ok=False))
    assert late.verdict == "not_balanced"  # value only needs all others as above


def test_unknown_loss_is_never_balanced():
    table = balance(debits_of([math.nan, 315, 55.5]), CREDITS, chosen("A12", "B"))
    made = verdict(table, value=value_balance(table, PRICES), record=RECORD)
    assert made.verdict == "not_assessable"
    assert "offset_quantity_unknown" in {entry["code"] for entry in made.reasons}


def test_unpriced_service_is_listed_and_the_others_judge():
    table = balance(debits_of(RESIDUAL), CREDITS, chosen("A12", "B"))
    value = value_balance(table, PRICES.iloc[:2])
    assert value["service"].tolist() == list(SERVICES)
    assert math.isnan(value.loc[2, "net_value"])
    assert value_ok(value) is True


def test_price_in_another_multiple_is_converted_and_in_another_dimension_refused():
    table = balance(debits_of(RESIDUAL), CREDITS, chosen("A12", "B"))
    per_kg = PRICES.assign(price=[5.0, 0.03, 60.0], price_uom=["CNY m-3", "CNY kg-1", "CNY tCO2-1"])
    assert value_balance(table, per_kg)["net_value"].sum() == pytest.approx(3_168, abs=1e-6)
    with pytest.raises(InputError, match=r"does not fit.*water.*CNY t-1.*CNY m-3.*Correct") as caught:
        value_balance(table, PRICES.assign(price_uom="CNY t-1"))
    assert caught.value.code == "offset_price_uom"


def test_two_units_of_measure_of_a_service_are_refused():
    with pytest.raises(InputError, match=r"two units of measure.*water.*m3.*m3 yr-1.*Convert") as caught:
        balance(debits_of(RESIDUAL), CREDITS.assign(uom=CREDITS["uom"].str.removesuffix(" yr-1")), chosen("A"))
    assert caught.value.code == "offset_uom_differs"


def test_a_coefficient_without_a_range_enters_as_it_is_and_is_listed():
    debits = debits_of(RESIDUAL, high=[math.nan, 330.0, 60.0])
    credits = CREDITS.assign(credit_low=CREDITS["credit_low"].where(CREDITS["service"] != "soil"))
    table = balance(debits, credits, chosen("A12", "B"))
    assert table.loc[0, "net_cautious"] == table.loc[0, "net"]
    assert without_range(debits, credits) == ["soil", "water"]
    assert cautious_requirements(debits)["required"].tolist() == pytest.approx([27_000, 330, 60])
    assert cautious_credits(credits)["credit"].notna().all()
    assert requirements(debits_of([-1.0, 2.0, 3.0]))["required"].tolist() == [0, 2, 3]


def test_turning_services_are_named_where_the_verdicts_differ():
    table = balance(debits_of(RESIDUAL, high=[27_100, 315, 55.5]), CREDITS, chosen("A12", "B"))
    made = verdict(table, value=value_balance(table, PRICES), record=RECORD)
    assert (made.verdict, made.verdict_cautious, made.robust) == ("balanced", "balanced_value_only", False)
    assert made.turns == ["water"]


def test_reasons_stand_in_both_languages_without_holes():
    table = balance(debits_of(RESIDUAL), CREDITS, chosen("A"))
    content = verdict(table, value=value_balance(table, PRICES), context={"rate": 0.03}).content()
    assert content["rate"] == 0.03
    assert "context" not in content
    for entry in content["reasons"]:
        assert entry["code"] in catalogue()
        assert entry["en"]
        assert entry["zh"]
        assert "{" not in entry["en"] + entry["zh"]


numbers = st.floats(min_value=-1e3, max_value=1e3, allow_nan=False).map(lambda value: round(value, 3))
widths = st.floats(min_value=0, max_value=500, allow_nan=False)
shares = st.floats(min_value=0, max_value=1, allow_nan=False)


@st.composite
def cases(draw):
    units = draw(st.integers(1, 3))
    debit = [draw(numbers) for _ in range(units)]
    debits = pd.DataFrame({"service": "water", "area_unit": [f"W{i}" for i in range(units)], "debit": debit})
    debits["debit_high"] = debits["debit"]
    debits = debits.assign(area_kind="watershed", annual=debits["debit"], uom="m3", annual_uom="m3 yr-1")
    rows = [(f"P{j}", "o", "water", f"W{i}", draw(numbers)) for j in range(draw(st.integers(1, 4))) for i in range(units)]
    credits = pd.DataFrame(rows, columns=["candidate_id", "option_id", "service", "area_unit", "credit"])
    credits = credits.assign(credit_low=credits["credit"], annual=credits["credit"], uom="m3", area_kind="watershed")
    names = sorted(credits["candidate_id"].unique())
    portfolio = pd.DataFrame({"candidate_id": names, "option_id": "o", "share": [draw(shares) for _ in names]})
    return debits, credits, portfolio


def judged(debits, credits, portfolio, ratio=1.0, **options):
    table = balance(debits, credits, portfolio, ratio)
    prices = pd.DataFrame(
        {"service": ["water"], "price": [2.0], "price_uom": ["CNY m-3"], "price_year": [2023], "status": ["user"]}
    )
    return table, verdict(table, value=value_balance(table, prices), record=RECORD, **options)


@settings(max_examples=60, deadline=None)
@given(cases(), widths, widths)
def test_a_wider_range_never_changes_the_verdict_and_no_width_is_robust(case, up, down):
    debits, credits, portfolio = case
    _, narrow = judged(debits, credits, portfolio)
    wide = judged(debits.assign(debit_high=debits["debit"] + up), credits.assign(credit_low=credits["credit"] - down), portfolio)[1]
    assert narrow.robust
    assert narrow.verdict_cautious == narrow.verdict
    assert wide.verdict == narrow.verdict
    assert VERDICTS.index(wide.verdict_cautious) >= VERDICTS.index(wide.verdict)  # caution never makes it better


@settings(max_examples=40, deadline=None)
@given(cases(), st.sampled_from([True, False, None]))
def test_service_credit_never_changes_the_statutory_answer(case, statutory):
    debits, credits, portfolio = case
    more = credits.assign(credit=credits["credit"].abs() + 1e6, credit_low=1e6)
    for table in (credits, more):
        _, made = judged(debits, table, portfolio, found=Found(statutory_ok=statutory))
        assert made.statutory_ok is statutory
        if statutory is False:
            assert made.verdict == "not_balanced"


@settings(max_examples=40, deadline=None)
@given(cases(), st.sampled_from([(None, True), (True, None), (None, None)]))
def test_without_a_record_nothing_is_balanced(case, record):
    debits, credits, portfolio = case
    table = balance(debits, credits, portfolio)
    made = verdict(table, value=None, record=Record(*record))
    assert made.verdict == "not_assessable"
    assert not made.sequence_ok


@settings(max_examples=40, deadline=None)
@given(cases(), st.floats(min_value=0.1, max_value=5))
def test_the_ratio_multiplies_every_requirement(case, ratio):
    debits, credits, portfolio = case
    one, other = (balance(debits, credits, portfolio, value) for value in (1.0, ratio))
    assert other["required"].tolist() == pytest.approx((one["required"] * ratio).tolist(), rel=1e-12)
    assert other["required"].tolist() == pytest.approx([ratio * max(d, 0) for d in other["debit"]], rel=1e-12)
    assert other["credit"].tolist() == one["credit"].tolist()


@settings(max_examples=40, deadline=None)
@given(cases(), st.randoms(use_true_random=False))
def test_the_order_of_candidates_changes_no_bit(case, random):
    debits, credits, portfolio = case
    order = list(range(len(portfolio)))
    random.shuffle(order)
    shuffled = credits.sample(frac=1, random_state=random.randrange(2**31))
    one = balance(debits, credits, portfolio).set_index(["service", "area_unit"])["net"]
    other = balance(debits, shuffled, portfolio.iloc[order]).set_index(["service", "area_unit"])["net"]
    assert one.to_dict() == other.to_dict()


@pytest.mark.timed
def test_ticking_two_hundred_of_two_thousand_parcels_takes_less_than_a_frame():
    import time

    random = np.random.default_rng(1)
    count, services, units = 2_000, 10, 20
    rows = [(f"P{j:04}", "o", f"s{i}", f"W{j % units}") for j in range(count) for i in range(services)]
    credits = pd.DataFrame(rows, columns=["candidate_id", "option_id", "service", "area_unit"])
    credits["credit"] = random.uniform(0, 10, len(credits))
    credits = credits.assign(credit_low=credits["credit"] * 0.8, annual=credits["credit"], uom="m3")
    keys = [(f"s{i}", f"W{u}") for i in range(services) for u in range(units)]
    debits = pd.DataFrame(keys, columns=["service", "area_unit"]).assign(debit=50.0, debit_high=60.0, annual=50.0, uom="m3")
    book = Book(debits, credits)
    ticked = pd.DataFrame({"candidate_id": [f"P{j:04}" for j in range(0, count, 10)], "option_id": "o", "share": 1.0})
    seconds = []
    for _ in range(7):
        begin = time.perf_counter()
        balanced = book.balance(ticked)
        seconds.append(time.perf_counter() - begin)
    within(sorted(seconds)[3], 0.020, "two hundred parcels ticked")
    part = credits[credits["candidate_id"].isin(ticked["candidate_id"])]
    expected = part.groupby(["service", "area_unit"])["credit"].sum()
    made = balanced.set_index(["service", "area_unit"])["credit"]
    np.testing.assert_allclose(made[expected.index], expected, rtol=1e-9)
