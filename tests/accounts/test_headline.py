"""What a total is called, and what is said beside it."""

import county
import geopandas as gpd
import pytest
from shapely.geometry import box

from ecoval.accounts.headline import headline, is_additive, lacking_lines, prices_text, total_name, total_remarks, worded
from ecoval.accounts.indicators import indicator_account
from ecoval.accounts.supply import supply_account
from ecoval.terms import percent_text, share_text

TOWN = county.EXTENT["unit_id"] == "a"


def line(units="ab", additive=True, included=county.INDICATORS, change=lambda rows: rows, **changes):
    supply = change(supply_account(county.TOTALS, county.ITEMS, county.EXTENT, price_year=2020, statistics=county.STATISTICS))
    grounds = county.grounds(included, **changes)
    tables = county.gep_of(supply, included, **changes), indicator_account(supply, county.EXTENT, grounds), supply
    gep, states, supply = (table[table["unit_id"].isin(list(units))] for table in tables)
    return headline(gep, states, supply, grounds.counted, additive)


def test_a_total_is_gep_only_where_every_unit_is_whole():
    whole = line("a")
    assert (whole["total"], whole["complete"], whole["value"]) == ("gep", 1, pytest.approx(14_623_200.0))
    assert total_name(whole, "en") == "Gross ecosystem product"
    both = line()
    assert (both["total"], both["complete"], both["units"]) == ("subtotal", 1, 2)
    assert both["value"] == pytest.approx(14_623_200.0 + 200 * 422 * 0.6)
    assert total_name(both, "en") == "Subtotal (in part water retention, material supply)"
    assert total_name(both, "zh") == "小计（仅含部分水源涵养、物质产品供给）"


def test_a_subtotal_says_what_it_holds_nothing_of_and_what_it_holds_a_part_of():
    alone = line("b")  # b has neither rain nor rice
    assert alone["partial"] == []
    assert total_name(alone, "en") == "Subtotal (without water retention, material supply)"
    both = line(included={**county.INDICATORS, "eco_energy": "yes", "amenity": "unknown"})
    expected = "Subtotal (without eco-energy; in part water retention, material supply; membership of indicators not verified)"
    assert total_name(both, "en") == expected


def test_what_is_excluded_stands_in_the_name():
    without = line("a", excluded={"tourism_health": "no survey"})
    assert without["total"] == "gep"
    assert total_name(without, "en") == "Gross ecosystem product without tourism and health"
    assert total_name(without, "zh").startswith("生态产品总值（不含")
    assert lacking_lines(without, "en") == ["tourism and health: no survey"]


def test_a_pack_with_an_unread_membership_has_a_subtotal_alone():
    unread = line("a", included={**county.INDICATORS, "amenity": "unknown"})
    assert unread["total"] == "subtotal"
    assert unread["value"] == pytest.approx(14_623_200.0)
    assert total_name(unread, "en") == "Subtotal (membership of indicators not verified)"


def test_units_that_overlap_have_no_sum():
    nested = line(additive=False)
    assert nested["value"] is None
    assert "The units overlap or nest" in total_remarks(nested, 2020, "en")[0]
    side_by_side = gpd.GeoDataFrame(geometry=[box(0, 0, 1, 1), box(1, 0, 2, 1)])
    assert is_additive(side_by_side)
    assert not is_additive(gpd.GeoDataFrame(geometry=[box(0, 0, 1, 1), box(0, 0, 2, 1)]))


def test_units_that_lack_different_indicators_are_not_comparable():
    assert not line()["comparable"]
    assert line("a")["comparable"]
    assert any("not comparable" in text for text in total_remarks(line(), 2020, "en"))


def test_stand_ins_are_told_with_their_share():
    borrowed = line("a", stand_ins={("water_retention", "retention", "111"): "111:north"})
    assert borrowed["stand_ins"] == pytest.approx(5.67 / 14.6232, rel=1e-12)
    assert any("complete with stand-ins of 38.8 %" in text for text in total_remarks(borrowed, 2020, "en"))


def test_the_price_year_is_said_only_where_all_values_have_it():
    assert prices_text(line("a"), 2020, "en") == "prices of 2020"
    mixed = line("a", change=lambda rows: rows.assign(price_year=rows["price_year"].where(rows["item"] != "rice", 2015)))
    assert prices_text(mixed, 2020, "en") == "Prices are mixed, by share of the value: 2015 59.5 %, 2020 40.5 %."
    unknown = line("a", change=lambda rows: rows.assign(price_year=rows["price_year"].where(rows["item"] != "rice")))
    assert "unknown year 59.5 %" in prices_text(unknown, 2020, "en")


def test_the_texts_are_there_in_both_languages():
    texts = worded(line(), 2020, {})["texts"]
    assert set(texts) == {"en", "zh"}
    assert len(texts["en"]["lacking"]) == len(texts["zh"]["lacking"]) == 2
    assert texts["en"]["lacking"][0] == "water retention: land without data for: water retained (1 of 2 units)"


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (1.0, "100.0"),
        (0.9996, "99.9"),
        (0.99999999, "99.9"),
        (0.5, "50.0"),
        (0.0, "0.0"),
        (0.0004, "<0.1"),
        (None, ""),
        (2.0, "200.0"),
    ],
)
def test_a_share_is_never_rounded_to_whole(share, text):
    assert percent_text(share) == text
    assert share_text(share, "zh") == (f"{text}%" if text else "")
