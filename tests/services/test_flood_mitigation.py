"""Flood mitigation by hand (gep_methods 4.6): storms over vegetation, lakes one by one, reservoirs, marsh."""

import numpy as np
import pandas as pd
import pytest

from ecoval.parameters import Parameters
from ecoval.services import service
from ecoval.services.flood_mitigation import (
    curve_index,
    curve_keys,
    curves,
    group_place,
    lake,
    lake_capacity,
    marsh,
    reservoir,
    storm_layers,
    storm_runoff_depth,
    vegetation,
    without_curve,
)

SERVICE = service("flood_mitigation")
TYPES = [111, 113, 512, 511, 623]
CURVES = {
    key: number.value
    for key, number in Parameters.read(region="CN-33").table("flood_mitigation", "curve_number", keys=curve_keys(TYPES)).items()
}


def held(types, group, rain, *, threshold=50.0, baseline="bare", curve_number=None, regression=None, choice="scs_cn", years=1.0):
    every = curves(curve_number, regression, choice)
    runoff, total = storm_layers(rain, every, threshold, years)
    return vegetation(types, group, runoff, total, curve_number, regression, choice, baseline)


def test_one_storm_by_hand():
    # 100 mm, CN 70 against bare soil 91: 32.71 and 75.11 mm, so 424 m3 ha-1; woods in good state on group C have CN 70
    storm = np.array([[[100.0]]])
    np.testing.assert_allclose(storm_runoff_depth(storm, 70.0), 32.710725194170514, rtol=1e-12)
    np.testing.assert_allclose(storm_runoff_depth(storm, 91.0), 75.10953198766681, rtol=1e-12)
    types, group = np.array([[111]]), np.array([[3]])
    np.testing.assert_allclose(held(types, group, storm, curve_number=CURVES), 423.988067934963, rtol=1e-6)
    np.testing.assert_allclose(held(types, group, storm, curve_number=CURVES, baseline="rain"), 672.8927480582947, rtol=1e-6)


def test_two_by_three_over_three_days():
    # days of 60, 49 and 100 mm; two reach 50 mm. Rows: woods on C, woods on the dual group (undrained, D), dry field on B;
    # paddy has no curve, an unknown group, no type
    types = np.array([[111, 111, 512], [511, 111, 0]])
    group = np.array([[3, 12, 2], [2, np.nan, 1]])
    rain = np.broadcast_to(np.reshape([60.0, 49.0, 100.0], (3, 1, 1)), (3, 2, 3))

    def depth(number):
        storage = 25400 / number - 254
        return sum((p - 0.2 * storage) ** 2 / (p + 0.8 * storage) for p in (60, 100))

    expected = 10 * np.array([[depth(91) - depth(70), depth(94) - depth(77), depth(86) - depth(78)], [np.nan] * 3])
    q = held(types, group, rain, curve_number=CURVES)
    np.testing.assert_allclose(q, expected, rtol=1e-5)
    assert q.dtype == np.float32
    np.testing.assert_allclose(held(types, group, rain, curve_number=CURVES, years=2.0), expected / 2, rtol=1e-5)


def test_every_day_counts_where_storms_are_all():
    rain = np.array([60.0, 49.0, 100.0]).reshape(3, 1, 1)
    q = held(np.array([[111]]), np.array([[3]]), rain, threshold=0.0, baseline="rain", curve_number=CURVES)
    runoff = storm_runoff_depth(rain, 70.0).sum()
    np.testing.assert_allclose(q, 10 * (209 - runoff), rtol=1e-6)


def test_rain_below_the_initial_abstraction_gives_no_runoff():
    assert storm_runoff_depth(np.array([[[20.0, 21.7, 0.0, np.nan]]]), 70.0)[0, 0, :3].tolist() == [0, 0, 0]
    assert np.isnan(storm_runoff_depth(np.array([[[np.nan]]]), 70.0)).all()
    runoff, total = storm_layers(np.array([[[np.nan, 60.0]], [[60.0, 60.0]]]), (70.0,), 50.0)
    assert np.isnan([runoff[0, 0, 0], total[0, 0]]).all()
    assert total[0, 1] == 120


def test_a_day_at_the_threshold_is_a_storm():
    _, total = storm_layers(np.array([49.9, 50.0]).reshape(2, 1, 1), (70.0,), 50.0)
    assert total[0, 0] == 50


def test_own_numbers_of_a_type_come_before_its_cover():
    own = CURVES | {"511:B": 65.0, "111:B": 40.0}
    every = curves(own, None, "scs_cn")
    index, bare = curve_index(np.array([[511, 111, 113]]), np.array([[2, 2, 2]]), own, None, "scs_cn")
    assert [every[band] for band in index[0]] == [65.0, 40.0, 55.0]
    assert [every[band] for band in bare[0]] == [86.0] * 3


def test_only_the_curves_in_use_are_bands():
    assert curve_keys([111]) == {f"{name}:{group}" for name in ("111", "woods_good", "bare_soil") for group in "ABCD"}
    assert curves({key: CURVES[key] for key in CURVES if key.split(":")[0] == "woods_good"}, None, "scs_cn") == (30, 55, 70, 77)
    assert without_curve(TYPES, CURVES, None, "scs_cn") == [511]


def test_soil_groups():
    assert group_place(np.array([1, 4, 11, 14, 0, 5, np.nan])).tolist() == [1, 4, 4, 4, 0, 0, 0]


def test_a_regression_of_the_user():
    # R = -50 + 15 ln P: of 100 mm 19.08 mm run off, of 60 mm 11.42; never below 0 or above the rain
    regression = {"111:intercept": -50.0, "111:slope": 15.0}
    rain = np.array([60.0, 10.0, 100.0]).reshape(3, 1, 1)
    q = held(np.array([[111, 512]]), None, np.broadcast_to(rain, (3, 1, 2)), regression=regression, choice="regression")
    expected = 10 * (160 - sum(-50 + 15 * np.log(p) for p in (60, 100)))
    np.testing.assert_allclose(q, [[expected, np.nan]], rtol=1e-6)
    assert without_curve([111, 512], None, regression, "regression") == [512]
    assert storm_runoff_depth(np.array([1.0, 1e30]), (-50.0, 15.0)).tolist() == [0, pytest.approx(-50 + 15 * np.log(1e30))]


def test_lakes_one_by_one():
    # 5 km2: east plain 2 695.8, Tibet 2 269.2 (1e4 m3)
    np.testing.assert_allclose(lake_capacity(5.0, 4.924, 1.128, 3.19), 2695.8447418043393e4, rtol=1e-12)
    np.testing.assert_allclose(lake_capacity(5.0, 6.636, 0.678, 1.0), 2269.236941011193e4, rtol=1e-12)
    # one lake over two units shares out by area; two lakes of half its size hold less than it, since the exponent is above 1
    lakes = pd.DataFrame({"unit_id": ["a", "b"], "name": "x", "area": [2e6, 3e6], "lake_area": 5e6})
    rows = lake(lakes, 4.924, 1.128, 3.19)
    np.testing.assert_allclose(rows["quantity"].sum(), 2695.8447418043393e4, rtol=1e-12)
    np.testing.assert_allclose(rows["quantity"].to_numpy()[0] / rows["quantity"].sum(), 0.4)
    assert 2 * lake_capacity(2.5, 4.924, 1.128, 3.19) < lake_capacity(5.0, 4.924, 1.128, 3.19)


def test_capacities_of_the_users_table():
    lakes = pd.DataFrame({"unit_id": ["a", "b"], "capacity": [100, 200], "uom": ["1e4 m3", None]})
    rows = lake(lakes, None, None, None)
    assert rows["quantity"].tolist() == [1e6, 200]
    assert rows["ecosystem_type"].tolist() == ["421", "421"]


def test_reservoirs_by_flood_capacity_or_by_a_share():
    # 8 000 x 0.35 = 2 800 (1e4 m3) where the flood capacity is not known
    table = pd.DataFrame({"unit_id": [1, 1], "flood_capacity": [np.nan, 900], "total_capacity": [8000, 4000], "uom": "1e4 m3"})
    extent = pd.DataFrame({"unit_id": ["1", "2", "3"], "ecosystem_type": ["422", "422", "42"], "area": 1.0})
    ponds = reservoir(table, extent, 0.35)
    assert ponds.loc[ponds["unit_id"] == "2", ["quantity", "note"]].to_numpy().tolist() == [[0.0, "none_listed"]]
    assert set(ponds["unit_id"]) == {"1", "2"}
    rows = reservoir(table, extent[:1], 0.35)
    assert rows["quantity"].tolist() == pytest.approx([2800e4, 900e4])
    assert rows["note"].tolist() == ["share_of_total", "flood_capacity"]
    assert rows["unit_id"].tolist() == ["1", "1"]
    assert (rows["uom"] == "m3 yr-1").all()


def test_marsh_holds_a_third_of_a_metre():
    # 200 ha at 0.3 m: 600 000 m3
    q = marsh(np.array([[413, 0]]), 0.3)
    np.testing.assert_allclose(q * 200, [[600000, np.nan]])


@pytest.mark.parametrize(
    ("options", "asked"),
    [
        ({}, {"storm_threshold"}),
        ({"storms": "all"}, set()),
        ({"lakes": "tibet", "storms": "threshold"}, {"storm_threshold", "lake_ln_intercept", "lake_ln_slope", "lake_exchange"}),
    ],
)
def test_options_ask_for_their_numbers(options, asked):
    names = {entry.name for entry in SERVICE.active(options).parameters}
    assert names & {"storm_threshold", "lake_ln_intercept", "lake_ln_slope", "lake_exchange"} == asked
