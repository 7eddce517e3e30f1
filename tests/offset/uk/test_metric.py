"""Adapter of the statutory metric: published numbers, its formulas by hand, bands, modules, enhancement on the rise alone."""

import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecoval import measure
from ecoval.errors import InputError, ParameterError
from ecoval.offset.uk.metric import factors, uk_balance, uk_difficulty, uk_factor, uk_time_factor, uk_units, uk_years
from ecoval.offset.uk.trading import trading_rules, uk_trading, unit_changes
from ecoval.registry import data_rows
from ecoval.sourced import sources

GRASS = {
    "habitat": "modified_grassland",
    "broad_type": "grassland",
    "distinctiveness": "low",
    "condition": "poor",
    "significance": "low",
}
MEADOW = {
    "habitat": "other_neutral_grassland",
    "broad_type": "grassland",
    "distinctiveness": "medium",
    "condition": "moderate",
    "significance": "low",
}
CLASSES = ["very_high", "high", "medium", "low"]


def target(side):
    return {f"target_{name}": value for name, value in side.items()}


def parcel(action, size=1.0, module="area", site="on", **named):
    return {"parcel_id": f"{action}-{size}", "module": module, "site": site, "action": action, "size": size, **named}


def units(*rows):
    return uk_units(pd.DataFrame(rows))


def refused(call, kind=ParameterError):
    with pytest.raises(kind) as caught:
        call()
    return caught.value.code


# T1 and the tables.


@pytest.mark.parametrize(
    ("years", "expected"),
    [(1, 0.965), (7, 0.7792758067), (20, 0.4903952635), (25, 0.4103768311), (30, 0.3434151104), (math.inf, 0.3197967361)],
)
def test_t1_time_factor(years, expected):
    assert uk_time_factor(years) == pytest.approx(expected, abs=5e-11)


def test_tables_name_their_source_and_status():
    for name in ("uk_factors.csv", "uk_years.csv", "uk_difficulty.csv"):
        for row in data_rows("offset", name):
            measure.check(row["uom"])
            assert row["source_id"] in sources()
            assert row["status"] in ("published", "recalled")
    assert set(trading_rules()["source_id"]) <= set(sources())
    assert {status for _, status in factors().values()} == {"published", "recalled"}


def test_values_of_the_tables():
    assert [uk_factor("distinctiveness", name) for name in (*CLASSES, "very_low")] == [8, 6, 4, 2, 0]
    condition = ("good", "fairly_good", "moderate", "fairly_poor", "poor", "not_assessed", "none")
    assert [uk_factor("condition", name) for name in condition] == [3, 2.5, 2, 1.5, 1, 1, 0]
    assert [uk_factor("significance", name) for name in ("high", "medium", "low")] == [1.15, 1.1, 1]
    assert [uk_factor("difficulty", name) for name in ("low", "medium", "high", "very_high")] == [1, 0.67, 0.33, 0.1]
    table = {
        "other_neutral_grassland": (10, 5, 2),
        "modified_grassland": (7, 4, 1),
        "reedbeds": (12, 7, 3),
        "lowland_meadows": (15, 10, 5),
        "lowland_calcareous_grassland": (20, 10, 5),
        "lowland_mixed_deciduous_woodland": (32, 32, 10),
        "saltmarsh": (15, 7, 1),
    }
    for habitat, years in table.items():
        assert tuple(factors()["years", f"{habitat}:{name}"][0] for name in ("good", "moderate", "poor")) == years


# T5, and two further numbers of the tests of the ported workbook.


@pytest.mark.parametrize(
    ("size", "band", "condition", "significance", "expected"),
    [
        (0.5, "very_high", "moderate", "high", 9.2),
        (1.0, "very_high", "good", "high", 27.6),
        (2.0, "medium", "moderate", "medium", 17.6),
    ],
)
def test_t5_watercourse_units(size, band, condition, significance, expected):
    row = parcel("retained", size, "watercourse", distinctiveness=band, condition=condition, significance=significance)
    found = units(row).iloc[0]
    assert (found["baseline"], found["post"]) == pytest.approx((expected, expected))
    assert found["uom"] == "km"


# T6: place.


@pytest.mark.parametrize(("space", "expected"), [("same", 1.0), ("neighbour", 0.75), ("beyond", 0.5)])
def test_t6_place_of_off_site_creation(space, expected):
    on = uk_balance(units(parcel("created", **target(MEADOW))))["net"][0]
    off = uk_balance(units(parcel("created", site="off", space=space, **target(MEADOW))))["net"][0]
    assert off == pytest.approx(expected * on)


# Formulas by hand.


def test_loss_creation_and_enhancement_by_hand():
    reeds = {"habitat": "reedbeds", "broad_type": "wetland", "distinctiveness": "high", "condition": "good", "significance": "high"}
    found = units(
        parcel("lost", 2.0, **MEADOW), parcel("created", 1.0, **target(reeds)), parcel("enhanced", 3.0, **GRASS, **target(MEADOW))
    )
    lost, created, enhanced = found.to_dict("records")
    assert (lost["baseline"], lost["lost"], lost["post"]) == (16.0, 16.0, 0.0)
    # 1 ha x 6 x 3 x 1.15, 12 years, difficulty medium
    assert created["post"] == pytest.approx(6 * 3 * 1.15 * 0.965**12 * 0.67)
    assert created["baseline"] == 0.0
    # 3 ha: from 2 x 1 to 4 x 2, 5 years, difficulty low
    assert enhanced["baseline"] == pytest.approx(6.0)
    assert enhanced["post"] == pytest.approx((24.0 - 6.0) * 0.965**5 + 6.0)


def test_enhancement_counts_the_lower_condition_of_both():
    # moderate grassland of low band becomes poor of medium band: 2 x 1, not 2 x 2, is taken from the target
    row = parcel(
        "enhanced", **{**GRASS, "condition": "moderate"}, **target({**MEADOW, "condition": "poor"}), years=2, difficulty="medium"
    )
    assert units(row)["post"][0] == pytest.approx((4 - 2) * 0.67 * 0.965**2 + 2)


@given(
    size=st.floats(0.01, 100),
    band=st.sampled_from(CLASSES),
    condition=st.sampled_from(["good", "fairly_good", "moderate", "fairly_poor", "poor"]),
    significance=st.sampled_from(["high", "medium", "low"]),
    difficulty=st.sampled_from(["low", "medium", "high", "very_high"]),
    years=st.integers(0, 40),
)
def test_enhancement_to_the_baseline_itself_credits_nothing(size, band, condition, significance, difficulty, years):
    side = {"habitat": "x", "broad_type": "x", "distinctiveness": band, "condition": condition, "significance": significance}
    found = units(parcel("enhanced", size, **side, **target(side), difficulty=difficulty, years=years)).iloc[0]
    assert found["post"] == pytest.approx(found["baseline"], rel=1e-12)


@given(years=st.integers(0, 40), difficulty=st.sampled_from(["medium", "high", "very_high"]))
def test_time_and_difficulty_touch_the_rise_alone(years, difficulty):
    row = parcel("enhanced", 1.0, **GRASS, **target(MEADOW), difficulty=difficulty, years=years)
    found = units(row).iloc[0]
    assert found["post"] >= found["baseline"]
    assert found["post"] - 2 == pytest.approx(6 * uk_factor("difficulty", difficulty) * uk_time_factor(years), rel=1e-12)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ((10,), 10),
        ((10, 4), 6),
        ((10, 12), 0),
        ((10, 0, 5), 15),
        ((28, 0, 5), math.inf),
        ((31,), math.inf),
        (("30+",), math.inf),
        (("30+", 5), 25),
        (("30+", 0, 5), math.inf),
        (("30+", 40), 0),
        ((0,), 0),
    ],
)
def test_years_with_advance_and_delay(given, expected):
    assert uk_years(*given) == expected


def test_difficulty_is_low_where_the_target_is_reached_before_the_loss():
    assert uk_difficulty("high", uk_years(10, 10), 10) == 1.0
    assert uk_difficulty("high", uk_years(10, 9), 9) == 0.33
    assert uk_difficulty("high", 0.0) == 0.33  # no advance: nothing stands yet
    for row in ({"difficulty": "high", "years": 8}, {"target_habitat": "lowland_meadows"}):
        found = units(parcel("created", **{**target(MEADOW), "advance": 20, **row})).iloc[0]
        assert (found["difficulty_factor"], found["time_factor"]) == (1.0, 1.0)


# Balance: modules apart, +10 %, off-site.


def test_modules_are_required_each_by_itself():
    hedge = {"distinctiveness": "medium", "condition": "good", "significance": "low"}
    found = units(
        parcel("lost", 1.0, **GRASS),
        parcel("created", 5.0, **target(MEADOW)),
        parcel("lost", 1.0, "hedgerow", **hedge),
        parcel("created", 0.9, "hedgerow", **target(hedge), years=0, difficulty="low"),
    )
    table = uk_balance(found).set_index("module")
    assert table["ok"].to_dict() == {"area": True, "hedgerow": False}
    assert table.loc["hedgerow", "short"] == pytest.approx(1.2 + 1.2)  # net -1.2, required +1.2
    assert table.loc["hedgerow", "share"] == pytest.approx(-0.1)
    assert table["uom"].to_dict() == {"area": "ha", "hedgerow": "km"}


def test_ten_per_cent_exactly_is_enough():
    side = {"distinctiveness": "low", "condition": "poor", "significance": "low"}
    found = units(parcel("lost", 10.0, **side), parcel("created", 11.0, **target(side), years=0, difficulty="low"))
    assert uk_balance(found)["ok"][0]
    assert not uk_balance(found, gain=0.11)["ok"][0]


def test_off_site_rise_is_weighted_and_a_fall_is_not():
    rise = units(parcel("enhanced", site="off", space="beyond", **GRASS, **target(MEADOW), years=0, difficulty="low"))
    assert uk_balance(rise)["net"][0] == pytest.approx(0.5 * (8 - 2))
    assert uk_balance(rise, offsite_baseline="full")["net"][0] == pytest.approx(0.5 * 8 - 2)
    fall = units(parcel("lost", site="off", space="beyond", **GRASS))
    assert uk_balance(fall)["net"][0] == -2.0
    assert math.isnan(uk_balance(fall)["share"][0])


# Trading between bands.


def change(band, amount, broad="b", habitat="h"):
    side = {"habitat": habitat, "broad_type": broad, "distinctiveness": band, "condition": "poor", "significance": "low"}
    size = abs(amount) / uk_factor("distinctiveness", band)
    if amount < 0:
        return parcel("lost", size, **side)
    return parcel("created", size, **target(side), years=0, difficulty="low")


def trading(*changes):
    return uk_trading(units(*changes)).set_index(["band", "broad_type", "habitat"])


@pytest.mark.parametrize("band", ["very_high", "high"])
def test_high_bands_take_the_same_habitat_alone(band):
    assert trading(change(band, -10), change(band, 10))["ok"].all()
    assert not trading(change(band, -10, habitat="a"), change(band, 20, habitat="z")).loc[(band, "b", "a"), "ok"]
    other = trading(change("high", -15), change("very_high", 50))
    assert not other.loc[("high", "b", "h"), "ok"]


def test_medium_takes_its_broad_type_or_a_higher_band():
    same = trading(change("medium", -10, "grass", "x"), change("medium", 10, "grass", "y"))
    assert same["ok"].all()
    across = trading(change("medium", -10, "grass"), change("medium", 10, "shrub"))
    assert not across.loc[("medium", "grass", ""), "ok"]
    higher = trading(change("medium", -10), change("very_high", 5), change("high", 6))
    assert higher.loc[("medium", "b", ""), "from_higher"] == pytest.approx(10)
    assert higher["ok"].all()
    assert not trading(change("medium", -10), change("low", 50))["ok"].all()


def test_low_takes_what_is_left_above_and_each_unit_once():
    assert trading(change("low", -10), change("medium", 15))["ok"].all()
    twice = trading(change("medium", -10, "grass"), change("low", -5), change("high", 12))
    assert twice["ok"].to_list() == [True, True, False]
    assert twice.loc[("low", "", ""), "net"] == pytest.approx(-3)
    assert not trading(change("medium", -5), change("low", -3))["ok"].any()


def test_modules_never_trade():
    side = {"habitat": "h", "broad_type": "b", "distinctiveness": "low", "condition": "poor", "significance": "low"}
    made = parcel("created", 5.0, "hedgerow", **target({**side, "distinctiveness": "high"}), years=0, difficulty="low")
    table = uk_trading(units(parcel("lost", 1.0, **side), made)).set_index("module")
    assert table["ok"].to_dict() == {"area": False, "hedgerow": True}


def test_enhancement_moves_units_to_the_target_and_retained_ones_stay():
    found = units(parcel("enhanced", **GRASS, **target(MEADOW)), parcel("retained", 2.0, **GRASS))
    table = unit_changes(found).set_index("habitat")["change"]
    assert table["modified_grassland"] == pytest.approx(-2.0)
    assert table["other_neutral_grassland"] == pytest.approx(found["post"][0])


# Refusals.


@pytest.mark.parametrize(
    ("code", "row"),
    [
        ("uk_class_unknown", parcel("lost", **{**GRASS, "condition": "goood"})),
        ("uk_class_unknown", parcel("destroyed", **GRASS)),
        ("uk_class_unknown", parcel("created", site="off", space="far", **target(MEADOW))),
        ("uk_irreplaceable", parcel("lost", **{**GRASS, "distinctiveness": "irreplaceable"})),
        ("uk_years_missing", parcel("created", **target({**MEADOW, "habitat": "pond"}))),
        ("uk_difficulty_missing", parcel("created", **target({**MEADOW, "habitat": "pond"}), years=5)),
        ("start_and_lead_both_set", parcel("created", **target(MEADOW), advance=2, delay=1)),
        ("not_above_zero", parcel("lost", 0.0, **GRASS)),
        ("time_years_not_whole", parcel("created", **target(MEADOW), years=-1)),
    ],
)
def test_refusals_of_parcels(code, row):
    assert refused(lambda: units(row)) == code


def test_refusals_of_tables():
    assert refused(lambda: uk_units(pd.DataFrame({"parcel_id": ["a"]})), InputError) == "uk_column_missing"
    assert refused(lambda: units(parcel("lost", **GRASS, habitt="x")), InputError) == "uk_column_unknown"
    assert refused(lambda: uk_balance(units(parcel("lost", **GRASS)), offsite_baseline="half")) == "uk_offsite_unknown"
