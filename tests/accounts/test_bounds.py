"""Bounds of what land without data may give, each by hand."""

import county
import numpy as np
import pandas as pd
import pytest

from ecoval.accounts.bounds import missing_land
from ecoval.accounts.headline import headline, total_remarks
from ecoval.accounts.indicators import indicator_account
from ecoval.accounts.supply import supply_account

COLUMNS = ["unit_id", "item", "ecosystem_type", "value", "valid_area", "missing_area"]
WATER, NAN = "water_retention", float("nan")


def bounds(*rows, service="flood_mitigation"):
    table = pd.DataFrame([dict(zip(COLUMNS, row, strict=True)) for row in rows]).assign(service=service, indicator=service)
    return missing_land(table).droplevel("indicator").T.to_dict("list")


def supply(statistics=county.STATISTICS):
    return supply_account(county.TOTALS, county.ITEMS, county.EXTENT, price_year=2020, statistics=statistics)


def states(table, **changes):
    return indicator_account(table, county.EXTENT, county.grounds(**changes)).set_index(["unit_id", "indicator"])


def test_nothing_and_the_most_of_the_family():
    # forest of b gives 2 and 5 CNY m-2 in two types; shrub of c (family 2) gives 9 and is another family
    found = bounds(
        ("a", "vegetation", "111", 300.0, 100.0, 10.0),
        ("b", "vegetation", "12", 50.0, 10.0, 0.0),
        ("c", "vegetation", "21", 90.0, 10.0, 0.0),
    )
    assert found == {"a": [0.0, 50.0], "b": [0.0, 0.0], "c": [0.0, 0.0]}


def test_a_family_below_zero_bounds_from_below():
    found = bounds(("a", "vegetation", "111", -300.0, 100.0, 10.0), ("b", "vegetation", "12", -50.0, 10.0, 0.0))
    assert found["a"] == [-50.0, 0.0]


def test_without_a_density_of_the_family_there_is_no_bound():
    found = bounds(("a", "vegetation", "111", NAN, 0.0, 10.0), ("b", "vegetation", "21", 90.0, 10.0, 0.0))
    assert np.isnan(found["a"]).all()
    assert found["b"] == [0.0, 0.0]
    other_item = bounds(("a", "vegetation", "111", NAN, 0.0, 10.0), ("a", "marsh", "111", 90.0, 10.0, 0.0))
    assert np.isnan(other_item["a"]).all()


def test_a_number_of_the_whole_unit_that_lacks_has_no_bound():
    found = bounds(("a", "rice", "*", NAN, 0.0, 10.0), ("b", "rice", "*", 90.0, 10.0, 0.0), service="material_supply")
    assert np.isnan(found["a"]).all()
    assert found["b"] == [0.0, 0.0]


def test_a_hectare_without_a_type_is_of_one_type():
    # as forest it gives soil 2 and nitrogen 3, as cropland soil 4; as lake it would be counted by another item
    found = bounds(
        ("a", "silt", "111", 20.0, 10.0, 0.0),
        ("a", "nitrogen", "111", 30.0, 10.0, 0.0),
        ("a", "silt", "51", 40.0, 10.0, 0.0),
        ("a", "silt", "missing", NAN, 0.0, 7.0),
        ("a", "nitrogen", "missing", NAN, 0.0, 7.0),
    )
    assert found["a"] == [0.0, 7.0 * 5.0]


def test_bounds_stand_beside_the_value_of_an_indicator():
    # a: 90 ha of forest give 63 000 CNY ha-1; 10 ha have no rain, 5 ha no land cover. b: 60 ha have no rain
    found = states(supply())
    columns = ["value", "value_least", "value_most"]
    assert found.loc[("a", WATER), columns].tolist() == pytest.approx([5.67e6, 5.67e6, 5.67e6 + 15 * 63_000], rel=1e-12)
    assert np.isnan(found.loc[("b", WATER), "value"])
    assert found.loc[("b", WATER), columns[1:]].tolist() == pytest.approx([0.0, 60 * 63_000], rel=1e-12)
    assert found.loc[("a", "tourism_health"), columns].tolist() == pytest.approx([253_200.0] * 3, rel=1e-12)
    assert found.loc[("b", "material_supply"), columns].isna().all()  # statistics that lack: of no family


def test_what_lacks_more_than_land_has_no_bound():
    for changes in (
        {"left_out": {f"{WATER}:lake": "service_layer_missing"}},
        {"excluded": {WATER: "x"}},
        {"included": {**county.INDICATORS, WATER: "unknown"}},
    ):
        assert states(supply(), **changes).loc[("a", WATER), ["value_least", "value_most"]].isna().all()


def test_the_total_is_bounded_where_only_land_lacks():
    rows = supply()
    of = county.gep_of(rows).set_index("unit_id")
    assert of.loc["a", ["total_least", "total_most"]].tolist() == pytest.approx([14_623_200.0, 14_623_200.0 + 945_000.0], rel=1e-12)
    assert of.loc["a", "total_least"] == of.loc["a", "subtotal"]
    assert of.loc["b", ["total_least", "total_most"]].isna().all()  # no statistics of rice
    without = county.gep_of(rows, excluded={"material_supply": "no farms"}).set_index("unit_id")
    assert not without.loc["b", "complete"]
    assert without.loc["b", ["total_least", "total_most"]].tolist() == pytest.approx([50_640.0, 50_640.0 + 3_780_000.0], rel=1e-12)


def test_a_headline_says_the_bounds():
    rows, grounds = supply(), county.grounds(excluded={"material_supply": "no farms"})
    gep, found = county.gep_of(rows, excluded=grounds.excluded), indicator_account(rows, county.EXTENT, grounds)
    line = headline(gep, found, rows, grounds.counted, additive=True)
    assert (line["least"], line["most"]) == pytest.approx((5_973_840.0, 5_973_840.0 + 945_000.0 + 3_780_000.0), rel=1e-12)
    assert any("between 5.9738 million CNY and 10.6988 million CNY" in text for text in total_remarks(line, 2020, "en"))
    assert any("介于 597.3840 万元与 1,069.8840 万元之间" in text for text in total_remarks(line, 2020, "zh"))
    assert headline(gep, found, rows, grounds.counted, additive=False)["least"] is None
