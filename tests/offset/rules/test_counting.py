import itertools

import geopandas
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from ecoval.errors import InputError
from ecoval.offset.rules.counting import Accept, NoGo, Ratio, SpatialRule, content_hash, rules_hash
from ecoval.services import SERVICES

RELATIONS = ("same", "neighbour", "elsewhere")


def spatial(**changes):
    row = {"service": "water_retention", "area_kind": "watershed", "same": 1, "neighbour": 0.5, "elsewhere": 0}
    return pd.DataFrame([{**row, **changes}])


def test_packaged_rule_is_that_of_the_reference_and_says_that_it_is_a_parameter():
    rule = SpatialRule.read()
    expected = {
        "carbon_sequestration": ("province", 1, 1, 1),
        "oxygen_release": ("province", 1, 1, 1),
        "water_retention": ("watershed", 1, 0, 0),
        "flood_mitigation": ("watershed", 1, 0, 0),
        "water_purification": ("watershed", 1, 0, 0),
        "soil_retention": ("watershed", 1, 0, 0),
        "climate_regulation": ("county", 1, 0.5, 0),
        "air_purification": ("county", 1, 0.5, 0),
        "noise_attenuation": ("county", 1, 0.5, 0),
        "coastal_protection": ("coast", 1, 0, 0),
        "species_conservation": ("county", 1, 0.75, 0.5),
        "recreation": ("travel_catchment", 1, 0.5, 0),
        "material_supply": ("county", 1, 1, 1),
        "pollination": ("county", 1, 0, 0),  # any other service
    }
    for service, (kind, *weights) in expected.items():
        assert rule.area_kind(service) == kind
        assert [rule.weight(service, relation) for relation in RELATIONS] == weights
    assert set(rule.table["status"]) == {"parameter: the policy gives none"}
    assert all(rule.area_kind(service.code) for service in SERVICES)


def test_an_item_has_the_rule_of_its_service_unless_it_has_its_own():
    own = pd.concat([spatial(), spatial(service="water_retention:clipped", area_kind="county", neighbour=0.25)])
    rule = SpatialRule.of(own)
    assert rule.area_kind("water_retention:retention") == "watershed"
    assert (rule.area_kind("water_retention:clipped"), rule.weight("water_retention:clipped", "neighbour")) == ("county", 0.25)
    assert SpatialRule.read().area_kind("soil_retention:nitrogen") == "watershed"


def test_weights_of_many_rows_are_those_of_each():
    rule = SpatialRule.read()
    services = ["recreation", "soil_retention:soil", "species_conservation", "material_supply"]
    pairs = list(itertools.product(services, RELATIONS))
    found = rule.weights(*zip(*pairs, strict=True))
    assert found.tolist() == [rule.weight(*pair) for pair in pairs]
    assert rule.weights([], []).shape == (0,)


def test_a_service_without_area_rule_is_refused():
    with pytest.raises(InputError, match=r"parameter is missing: \"pollination\" in \"rules.spatial\"") as caught:
        SpatialRule.of(spatial()).require(["water_retention", "pollination"])
    assert (caught.value.code, caught.value.fields["features"]) == ("PARAMETER_MISSING", ["pollination"])
    assert "缺少参数" in caught.value.message("zh")


@pytest.mark.parametrize(
    ("table", "code", "features"),
    [
        (spatial().drop(columns="elsewhere"), "FIELD_MISSING", ["elsewhere"]),
        (pd.concat([spatial(), spatial(service=" water_retention ")]), "ID_DUPLICATE", ["water_retention"]),
        (spatial(neighbour=1.1), "VALUE_OUT_OF_RANGE", ["water_retention"]),
        (spatial(same=-0.1), "VALUE_OUT_OF_RANGE", ["water_retention"]),
        (spatial(same=None), "VALUE_OUT_OF_RANGE", ["water_retention"]),
        (spatial(elsewhere="half"), "VALUE_OUT_OF_RANGE", ["water_retention"]),
        (spatial(area_kind=""), "VALUE_OUT_OF_RANGE", ["water_retention"]),
    ],
)
def test_a_wrong_spatial_table_is_refused_with_its_rows(table, code, features):
    with pytest.raises(InputError) as caught:
        SpatialRule.of(table)
    assert (caught.value.code, caught.value.fields["features"]) == (code, features)


def test_hash_knows_content_and_not_the_order_of_rows_or_the_form_of_numbers(tmp_path):
    two = pd.concat([spatial(), spatial(service="recreation", area_kind="county", elsewhere=0.25)])
    rule = SpatialRule.of(two)
    assert len(rule.hash) == 64
    assert rule.hash == SpatialRule.of(two.iloc[::-1]).hash
    two.to_csv(tmp_path / "rule.csv", index=False)
    assert rule.hash == SpatialRule.read(tmp_path / "rule.csv").hash
    assert rule.hash != SpatialRule.of(two.assign(elsewhere=[0, 0.2500001])).hash
    assert SpatialRule.read().hash == SpatialRule.read().hash


def test_hash_of_several_rules_changes_with_each():
    rules = {"spatial": SpatialRule.read(), "ratio": 1.0, "accept": Accept()}
    assert rules_hash(rules) == rules_hash(dict(reversed(rules.items())))
    assert rules_hash(rules) != rules_hash({**rules, "ratio": 1.2})
    assert content_hash([1, "1"]) != content_hash(["1", 1])


def test_without_a_table_only_the_same_kind_is_accepted():
    codes = [11, 12, 41, 51]
    assert np.array_equal(Accept().matrix(codes, codes), np.eye(4, dtype=bool))
    assert Accept.read().accepts(11, 11) is True
    assert Accept().accepts([11, 11], [11, 12]).tolist() == [True, False]


def test_bands_worked_by_hand():
    # top: 41 marsh, 11 broadleaf; middle: 12 needleleaf (forest), 33 tussock (grassland); low: 51 cropland, 34 sparse grassland
    bands = {41: "top", 11: "top", 12: "middle", 33: "middle", 51: "low", 34: "low", 43: "irreplaceable"}
    rule = Accept.of(pd.DataFrame({"ecosystem_type": bands.keys(), "band": bands.values()}))
    accepted = {code: {other for other in bands if rule.accepts(code, other)} for code in bands}
    assert accepted == {
        41: {41},
        11: {11},
        12: {12, 41, 11},  # its own, and the higher band; tussock is another broad type of the same band
        33: {33, 41, 11},  # not 34: the same broad type but a lower band
        51: {51, 34, 12, 33, 41, 11},
        34: {51, 34, 12, 33, 41, 11},
        43: set(),
    }


def test_broad_types_of_the_table_go_before_those_of_the_classification():
    table = pd.DataFrame({"ecosystem_type": [12, 33], "band": ["middle", "middle"], "broad": ["open", "open"]})
    assert Accept.of(table).accepts(12, 33)


def test_a_finer_class_has_the_band_of_the_class_above_it():
    rule = Accept.of(pd.DataFrame({"ecosystem_type": [1, 5], "band": ["middle", "low"]}))
    assert rule.accepts(111, 121)
    assert not rule.accepts(111, 511)
    with pytest.raises(InputError, match='parameter is missing: "41"'):
        rule.accepts(41, 111)


def test_pairs_accept_what_they_list_and_the_same_kind():
    rule = Accept.of(pd.DataFrame({"lost": ["51", "1"], "target": ["41", "11"]}))
    assert rule.accepts(51, 41)
    assert rule.accepts(121, 111)
    assert not rule.accepts(41, 51)
    assert rule.accepts(33, 33)


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from([11, 12, 21, 33, 41, 51, 52]), st.sampled_from(["low", "middle", "top"]), min_size=2))
def test_bands_never_trade_down_and_always_accept_the_same(bands):
    rule = Accept.of(pd.DataFrame({"ecosystem_type": list(bands), "band": list(bands.values())}))
    rank = {"low": 0, "middle": 1, "top": 2}
    matrix = rule.matrix(bands, bands)
    for (row, lost), (column, target) in itertools.product(enumerate(bands), repeat=2):
        assert not matrix[row, column] or rank[bands[target]] >= rank[bands[lost]]
    assert matrix.diagonal().all()


@pytest.mark.parametrize(
    ("table", "code"),
    [
        ({"ecosystem_type": [12]}, "FIELD_MISSING"),
        ({"ecosystem_type": [12, "12"], "band": ["low", "top"]}, "ID_DUPLICATE"),
        ({"ecosystem_type": [12, 777], "band": ["low", "top"]}, "KIND_UNKNOWN"),
        ({"ecosystem_type": [12], "band": ["high"]}, "VALUE_OUT_OF_RANGE"),
        ({"lost": [12, 12], "target": [11, 11]}, "ID_DUPLICATE"),
        ({"lost": [12], "target": ["forest"]}, "KIND_UNKNOWN"),
    ],
)
def test_a_wrong_accept_table_is_refused(table, code):
    with pytest.raises(InputError) as caught:
        Accept.of(pd.DataFrame(table))
    assert caught.value.code == code


def test_no_go_of_tables_and_layers(tmp_path):
    pd.DataFrame({"ecosystem_type": [41, 92], "note": "irreplaceable"}).to_csv(tmp_path / "kinds.csv", index=False)
    area = geopandas.GeoDataFrame(geometry=[shapely.box(500000, 3300000, 500100, 3300100)], crs=32650)
    area.to_file(tmp_path / "area.gpkg")
    rule = NoGo.read(tmp_path / "kinds.csv", tmp_path / "area.gpkg", None)
    assert rule.kinds == {41, 92}
    assert rule.kind(411)
    assert not rule.kind(4)
    frame = geopandas.GeoDataFrame(
        geometry=[shapely.box(499900, 3300000, 500050, 3300100), shapely.box(500200, 3300000, 500300, 3300100)], crs=32650
    )
    found = rule.overlaps(frame)
    assert found[["piece", "no_go"]].to_numpy().tolist() == [[0, 0]]
    # 50 m x 100 m at the central meridian of a UTM zone: scale 0.9996, so the true area is larger by 1 / 0.9996 ** 2
    assert found["area"].tolist() == pytest.approx([5000 / 0.9996**2], rel=1e-6)
    assert rule.hash != NoGo.read(tmp_path / "kinds.csv").hash
    assert NoGo().overlaps(frame).empty


def test_ratios_of_numbers_mappings_and_tables(tmp_path):
    assert Ratio.read().service("anything") == 1.0
    assert Ratio.read(1.2).service("soil_retention:soil") == 1.2
    assert Ratio.read(1.2).kind(11) == 1.0
    pd.DataFrame({"ecosystem_type": [1, 41, "*"], "ratio": [1.5, 2, 1]}).to_csv(tmp_path / "kinds.csv", index=False)
    ratio = Ratio.read({"water_retention": 1.3, "*": 1.1}, tmp_path / "kinds.csv")
    assert [ratio.service(name) for name in ("water_retention:retention", "recreation")] == [1.3, 1.1]
    assert [ratio.kind(code) for code in (111, 41, 51)] == [1.5, 2.0, 1.0]
    both = Ratio.read(pd.DataFrame({"service": ["water_retention"] * 2, "ecosystem_type": ["*", "4"], "ratio": [1, 3]}))
    assert [both.service("water_retention", 41), both.service("water_retention", 11)] == [3.0, 1.0]
    assert both.hash != ratio.hash


@pytest.mark.parametrize(
    ("given_ratio", "code"),
    [
        (0, "VALUE_OUT_OF_RANGE"),
        ({"water_retention": -1}, "VALUE_OUT_OF_RANGE"),
        (pd.DataFrame({"service": ["a"]}), "FIELD_MISSING"),
        (pd.DataFrame({"service": ["a", "a"], "ratio": [1, 2]}), "ID_DUPLICATE"),
        (pd.DataFrame({"service": ["a"], "ecosystem_type": [777], "ratio": [1]}), "KIND_UNKNOWN"),
    ],
)
def test_wrong_ratios_are_refused(given_ratio, code):
    with pytest.raises(InputError) as caught:
        Ratio.read(given_ratio)
    assert caught.value.code == code


def test_a_service_or_kind_without_ratio_is_refused():
    ratio = Ratio.read({"water_retention": 1.3}, {"11": 1.0})
    with pytest.raises(InputError, match=r'"recreation" in "rules\.ratio"'):
        ratio.service("recreation")
    with pytest.raises(InputError, match=r'"51" in "rules\.ratio_kind"'):
        ratio.kind(51)


def test_artificial_land_asks_for_no_like_for_like_unless_a_ratio_names_it():
    plain, named = Ratio.read(1.0, 1.2), Ratio.read(1.0, {"*": 1.2, "63": 0.5})
    assert [plain.kind(code) for code in (6, 61, 611, 632)] == [0.0] * 4
    assert [plain.kind(code) for code in (621, 511, 131)] == [1.2] * 3
    assert [named.kind(code) for code in (632, 611)] == [0.5, 0.0]
