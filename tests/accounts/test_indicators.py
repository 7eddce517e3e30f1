"""States of indicators, each by hand on the two towns."""

import county
import numpy as np
import pandas as pd
import pytest

from ecoval.accounts.indicators import (
    COMPUTED,
    EXCLUDED,
    MISSING,
    NOT_APPLICABLE,
    NOT_IMPLEMENTED,
    STAND_IN,
    STATE_COLUMNS,
    UNREAD,
    indicator_account,
    reason_text,
)
from ecoval.accounts.supply import supply_account

WATER = "water_retention"


def supply(totals=county.TOTALS, statistics=county.STATISTICS):
    return supply_account(totals, county.ITEMS, county.EXTENT, price_year=2020, statistics=statistics)


def states(table=None, extent=county.EXTENT, included=county.INDICATORS, **changes):
    table = supply() if table is None else table
    return indicator_account(table, extent, county.grounds(included, **changes)).set_index(["unit_id", "indicator"])


def test_computed_with_its_share_of_the_values_of_the_unit():
    table = states()
    assert set(table.reset_index().columns) == set(STATE_COLUMNS)
    # water 5.67 M, rice 8.7 M, visits 0.2532 M
    assert table.loc[("a", WATER), ["state", "reason"]].tolist() == [COMPUTED, ""]
    assert table.loc[("a", WATER), "share"] == pytest.approx(5.67 / 14.6232, rel=1e-12)
    assert table.loc["a", "share"].sum() == pytest.approx(1.0, rel=1e-12)


def test_missing_above_the_share_that_may_be_missing():
    # 10 ha of the 100 ha of forest have no rain; with the 5 ha without land cover 15 of 105 ha
    assert states(missing_share=0.15).loc[("a", WATER), "state"] == COMPUTED
    assert states(missing_share=0.12).loc[("a", WATER), ["state", "reason"]].tolist() == [MISSING, "no_land_cover"]
    partial = states(missing_share=0.05).loc[("a", WATER)]
    assert partial[["state", "reason"]].tolist() == [MISSING, "land_missing retention"]
    assert partial["share"] == pytest.approx(5.67 / 14.6232, rel=1e-12)  # what there is stands in the subtotal
    assert states().loc[("b", WATER), ["state", "reason"]].tolist() == [MISSING, "land_missing retention"]
    assert np.isnan(states().loc[("b", WATER), "share"])


def test_a_small_item_is_judged_by_its_own_land():
    # a lake of 1 of 1000 ha has no row: the forest beside it does not make it whole
    rows = [("111", "vegetation", 999e4, 0.0, 5.0), ("42", "lake", 0.0, 1e4, np.nan)]
    table = pd.DataFrame(rows, columns=["ecosystem_type", "item", "valid_area", "missing_area", "quantity"])
    table = table.assign(unit_id="a", service="flood_mitigation", value=table["quantity"], out_of_scope_area=0.0)
    held = {"services": {"flood_mitigation": "flood_mitigation"}, "computed": {"flood_mitigation"}, "missing_share": 0.01}
    land = pd.DataFrame({"ecosystem_type": ["111", "42"], "area": [999e4, 1e4], "unit_id": "a", "year": 2023, "unit_set": "u"})
    found = states(table, land, {"flood_mitigation": "yes"}, **held)
    assert found["reason"].tolist() == ["land_missing lake"]


def test_missing_without_statistics_or_without_a_value():
    assert states().loc[("b", "material_supply"), "reason"] == "statistics_missing rice"
    without = county.STATISTICS.assign(value_share=[0.58, np.nan, 0.6])
    found = states(supply(statistics=without))
    assert found.loc[("a", "tourism_health"), ["state", "reason"]].tolist() == [MISSING, "value_missing tourism_health"]
    assert found.loc[("b", "tourism_health"), "state"] == COMPUTED
    nothing = county.STATISTICS[county.STATISTICS["service"] != "recreation"]
    assert states(supply(statistics=nothing)).loc[("a", "tourism_health"), "reason"] == "no_rows"


def test_an_item_with_a_quantity_alone_needs_no_value():
    bare = county.ITEMS.assign(price=np.nan)
    table = supply_account(county.TOTALS, bare, county.EXTENT, price_year=2020)
    assert states(table).loc[("a", WATER), "reason"] == "value_missing retention"
    assert states(table, unpriced={(WATER, "retention")}).loc[("a", WATER), "state"] == COMPUTED


def test_missing_where_the_study_could_not_or_did_not_ask():
    table = supply()[lambda rows: rows["service"] != WATER]
    left = states(table, left_out={WATER: "service_layer_missing"}, computed=())
    assert left.loc[("a", WATER), "reason"] == f"left_out {WATER},service_layer_missing"
    asked = states(table, computed={"material_supply", "recreation"})
    assert asked.loc[("a", WATER), ["state", "reason"]].tolist() == [MISSING, "not_asked_for"]


def test_an_item_left_out_matters_only_where_there_is_land_of_it():
    lake = {f"{WATER}:lake": "service_layer_missing"}
    found = states(left_out=lake, scope={f"{WATER}:lake": {"42"}})
    assert found.loc[("a", WATER), "reason"] == f"item_left_out {WATER}:lake,service_layer_missing"
    forest = county.EXTENT[county.EXTENT["ecosystem_type"] == "111"]
    dry = states(supply()[lambda rows: rows["ecosystem_type"] == "111"], forest, left_out=lake, scope={f"{WATER}:lake": {"42"}})
    assert dry.loc[("a", WATER), "state"] == COMPUTED


def test_not_applicable_is_decided_by_the_land_of_the_unit():
    pack = {**county.INDICATORS, "coastal_protection": "yes"}
    coast = {"coastal_protection": {"91", "93"}}
    found = states(included=pack, scope=coast)
    assert found.loc[("b", "coastal_protection"), ["state", "reason"]].tolist() == [NOT_APPLICABLE, "no_type_in_scope"]
    # 5 of 125 ha of a have no land cover: whether they are coast is let pass at 20 %, not at 1 %
    assert found.loc[("a", "coastal_protection"), "state"] == NOT_APPLICABLE
    assert states(included=pack, scope=coast, missing_share=0.01).loc[("a", "coastal_protection"), "state"] == NOT_IMPLEMENTED
    shore = county.EXTENT.assign(ecosystem_type=["111", "42", "93", "111"])
    assert states(extent=shore, included=pack, scope=coast).loc[("a", "coastal_protection"), "state"] == NOT_IMPLEMENTED
    # classes that know no coast cannot say that there is none
    assert states(included=pack, scope={"coastal_protection": set()}).loc[("b", "coastal_protection"), "state"] == NOT_IMPLEMENTED


def test_excluded_unread_and_not_implemented():
    pack = {**county.INDICATORS, "amenity": "unknown", "eco_energy": "yes", "pest_control": "no"}
    found = states(included=pack, excluded={WATER: "暂无降水数据", "amenity": "x"})
    assert found.loc[("a", WATER), ["state", "reason"]].tolist() == [EXCLUDED, "暂无降水数据"]
    assert np.isnan(found.loc[("a", WATER), "share"])
    assert found.loc[("a", "material_supply"), "share"] == pytest.approx(8.7 / (8.7 + 0.2532), rel=1e-12)
    assert found.loc[("a", "amenity"), "state"] == UNREAD  # nobody may exclude what nobody has read
    assert found.loc[("a", "eco_energy"), "state"] == NOT_IMPLEMENTED
    assert "pest_control" not in found.index.get_level_values("indicator")


def test_stand_in_is_named_with_its_share_of_the_sum():
    found = states(stand_ins={(WATER, "retention", "111"): "111:north"})
    assert found.loc[("a", WATER), ["state", "reason"]].tolist() == [STAND_IN, "stand_in 111=111:north"]
    assert found.loc[("a", WATER), "share"] == pytest.approx(5.67 / 14.6232, rel=1e-12)
    # a type that is not there, or has no quantity, stands in for nothing
    assert states(stand_ins={(WATER, "retention", "42"): "x"}).loc[("a", WATER), "state"] == COMPUTED


def test_reasons_in_words():
    text = reason_text("land_missing silt; value_missing nitrogen", "en")
    assert text == "land without data for: silt avoided; no value for: nitrogen retained"
    assert reason_text("no coast here", "zh") == "no coast here"
    why = {f"{WATER}:lake": {"code": "measure_dimension", "fields": {"given": "t", "expected": "m"}}}
    without = 'A unit of measure has the wrong dimension: "t" where "m" is expected.'
    assert reason_text(f"item_left_out {WATER}:lake,x", "en", why) == without
