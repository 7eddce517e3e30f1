import geopandas
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from ecoval.errors import EcovalWarning, InputError
from ecoval.offset.rules import statutory_layers
from ecoval.offset.rules.areas import Areas
from ecoval.offset.rules.statutory import StatutoryRules, missing_rules, read_provided, reserved, statutory_balance, statutory_ok
from ecoval.units import SpatialUnits

X, Y = 500_000, 3_300_000
TRUE = 1 / 0.9996**2  # true m2 per planar m2 at the central meridian of a UTM zone


def box(left, bottom, right, top):
    return shapely.box(X + left, Y + bottom, X + right, Y + top)


def rules(*rows):
    return StatutoryRules.of(pd.DataFrame(rows))


def rule(regime, uom, ratio=1, **more):
    return {"regime": regime, "uom": uom, "ratio": ratio, **more}


def lost(regime, uom, quantity, kind="*", rule_kind="*", area_kind="everywhere", area_unit="everywhere", start=2026):
    names = ("regime", "kind", "rule_kind", "uom", "area_kind", "area_unit", "lost", "start")
    return dict(zip(names, (regime, kind, rule_kind, uom, area_kind, area_unit, quantity, start), strict=True))


def given_for(candidate, regime, quantity, uom, **more):
    return {"candidate_id": candidate, "regime": regime, "quantity": quantity, "uom": uom, "evidence": "survey 7", **more}


def balance(table, overlaps, provided, **more):
    return statutory_balance(pd.DataFrame(overlaps), None if provided is None else pd.DataFrame(provided), table, **more)


WATER = rules(rule("water_surface", "m2", clause="art. 9"), rule("water_surface", "m3", status="example"))
WATER_LOST = [lost("water_surface", "m2", 12_000), lost("water_surface", "m3", 30_000)]


def test_a_column_that_nothing_reads_is_said_with_the_nearest():
    table = pd.DataFrame({"regime": ["wetland"], "uom": ["m2"], "ratio": [1.0], "shaerd": ["yes"], "note": ["a remark"]})
    with pytest.warns(EcovalWarning, match=r"shaerd.*nearest.*shared") as caught:
        StatutoryRules.of(table)
    assert len(caught) == 1


@pytest.mark.parametrize(("column", "cell"), [("candidate_id", ""), ("evidence", " "), ("uom", "")])
def test_what_is_provided_says_which_land_and_what_proves_it(column, cell):
    row = {"candidate_id": "K1", "regime": "wetland", "quantity": 1, "uom": "m2", "evidence": "paper", column: cell}
    with pytest.raises(InputError, match=column) as caught:
        read_provided(pd.DataFrame([row]))
    assert caught.value.code == "VALUE_OUT_OF_RANGE"


def test_example_of_the_reference():
    provided = [given_for("P1", "water_surface", 12_500, "m2"), given_for("P1", "water_surface", 28_000, "m3")]
    found = balance(WATER, WATER_LOST, provided)
    assert found.columns[:12].tolist() == [
        *("regime", "kind", "area_unit", "lost", "ratio", "required", "provided", "net", "ok", "uom", "clause", "status")
    ]
    assert found[["uom", "lost", "required", "provided", "net", "ok"]].to_numpy().tolist() == [
        ["m2", 12_000, 12_000, 12_500, 500, True],
        ["m3", 30_000, 30_000, 28_000, -2_000, False],
    ]
    assert found[["clause", "status"]].to_numpy().tolist() == [["art. 9", "user"], ["", "example"]]
    assert statutory_ok(found) is False


def test_null_without_a_table_and_true_where_all_is_met():
    assert statutory_ok(None) is None
    provided = [given_for("P1", "water_surface", 12_000, "m2"), given_for("P1", "water_surface", 30_000, "m3")]
    assert statutory_ok(balance(WATER, WATER_LOST, provided)) is True
    assert statutory_ok(balance(WATER, WATER_LOST, None)) is False
    assert statutory_ok(balance(WATER, pd.DataFrame(columns=[*WATER_LOST[0]]), None)) is True


def test_one_regime_never_pays_for_another_nor_one_area_for_another():
    table = rules(rule("wetland", "m2", area_kind="county"), rule("forest", "m2", area_kind="county"))
    overlaps = [
        lost("wetland", "m2", 100, area_kind="county", area_unit="a"),
        lost("wetland", "m2", 50, area_kind="county", area_unit="b"),
        lost("forest", "m2", 10, area_kind="county", area_unit="a"),
    ]
    provided = [given_for("P1", "wetland", 1000, "m2", area_unit="a"), given_for("P2", "forest", 9, "m2", area_unit="a")]
    found = balance(table, overlaps, provided)
    assert found[["regime", "area_unit", "net", "ok"]].to_numpy().tolist() == [
        ["wetland", "a", 900, True],
        ["wetland", "b", -50, False],
        ["forest", "a", -1, False],
    ]


def test_paddy_by_paddy_beside_all_cropland_and_its_grade():
    table = rules(
        rule("cropland", "m2"),
        rule("cropland", "m2", kind="paddy"),
        rule("cropland", "grade", source_id="gb"),
        rule("cropland", "m2", kind="dry", accepts="dry; paddy"),
    )
    overlaps = [
        lost("cropland", "m2", 300, "paddy"),
        lost("cropland", "m2", 300, "paddy", "paddy"),
        lost("cropland", "grade", 300 * 8 + 100 * 5, "paddy"),
        lost("cropland", "m2", 100, "dry"),
        lost("cropland", "m2", 100, "dry", "dry"),
    ]
    provided = [
        given_for("P1", "cropland", 350, "m2", kind="paddy", grade=7, for_kind="paddy"),
        given_for("P2", "cropland", 100, "m2", kind="dry", grade=4),
    ]
    found = balance(table, overlaps, provided).set_index(["kind", "uom"])
    # all together 450 >= 400; grade 350 * 7 + 100 * 4 = 2850 < 2900; paddy 350 >= 300; dry 100 >= 100
    assert found["net"].to_dict() == {("*", "grade"): -50, ("*", "m2"): 50, ("dry", "m2"): 0, ("paddy", "m2"): 50}
    assert found["ok"].to_dict() == {("*", "grade"): False, ("*", "m2"): True, ("dry", "m2"): True, ("paddy", "m2"): True}


def test_what_could_serve_two_kinds_must_say_which_and_counts_once():
    table = rules(rule("wetland", "m2", kind="grade_1"), rule("wetland", "m2", kind="grade_2", accepts="grade_1;grade_2"))
    overlaps = [lost("wetland", "m2", 10, "grade_1", "grade_1"), lost("wetland", "m2", 10, "grade_2", "grade_2")]
    one = given_for("P1", "wetland", 15, "m2", kind="grade_1")
    assert balance(table, overlaps, [one])["net"].tolist() == [5, -10]
    assert balance(table, overlaps, [{**one, "for_kind": "grade_2"}])["net"].tolist() == [-10, 5]
    table = rules(rule("wetland", "m2", kind="a", accepts="x"), rule("wetland", "m2", kind="b", accepts="x"))
    with pytest.raises(InputError, match=r'several kinds.*"P1" of "wetland".*one of a, b.*counts once'):
        balance(table, [lost("wetland", "m2", 10, "a", "a")], [{**one, "kind": "x"}])
    with pytest.raises(InputError, match="for_kind = c, expected a, b"):
        balance(table, [lost("wetland", "m2", 10, "a", "a")], [{**one, "kind": "x", "for_kind": "c"}])


def test_compensate_first_counts_only_what_was_delivered_by_the_begin():
    table = rules(rule("cropland", "m2", before_start="yes"), rule("forest", "m2"))
    overlaps = [lost("cropland", "m2", 100, start=2026), lost("forest", "m2", 100, start=2026)]
    provided = [
        given_for(f"P{year}", regime, 60, "m2", year=year) for regime in ("cropland", "forest") for year in (2025, 2027, None)
    ]
    found = balance(table, overlaps, provided)
    assert found[["provided", "late"]].to_numpy().tolist() == [[60, 120], [180, 0]]
    assert balance(table, overlaps, provided, start=2027)["provided"].tolist() == [120, 180]


def test_ratio_multiplies_what_is_required():
    table = rules(rule("shoreline", "km", 1.5, kind="natural"), rule("shoreline", "km", 0.8, kind="artificial"))
    overlaps = [lost("shoreline", "km", 2, "natural", "natural"), lost("shoreline", "km", 2, "artificial", "artificial")]
    provided = [given_for("P1", "shoreline", 3, "km", kind="natural"), given_for("P2", "shoreline", 1.5, "km", kind="artificial")]
    found = balance(table, overlaps, provided)
    assert found["required"].tolist() == pytest.approx([1.6, 3.0])
    assert found["ok"].tolist() == [False, True]


def test_a_candidate_gives_service_credits_only_where_it_is_shared():
    table = rules(rule("wetland", "m2"), rule("forest", "m2", shared="yes"), rule("cropland", "m2", shared="是"))
    provided = pd.DataFrame(
        [
            given_for("P1", "wetland", 5, "m2"),
            given_for("P2", "forest", 5, "m2"),
            given_for("P3", "forest", 5, "m2"),
            given_for("P3", "wetland", 5, "m2"),
        ]
    )
    found = reserved(provided, table)
    assert found.to_numpy().tolist() == [["P1", "wetland", False], ["P2", "forest", True], ["P3", "forest wetland", False]]
    assert reserved(None, table).empty


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ({"regime": "wetland", "uom": "m2"}, "FIELD_MISSING"),
        (rule("moor", "m2"), "VALUE_OUT_OF_RANGE"),
        (rule("wetland", "km"), "VALUE_OUT_OF_RANGE"),
        (rule("wetland", "m2", 0), "VALUE_OUT_OF_RANGE"),
        (rule("wetland", "m2", "one"), "VALUE_OUT_OF_RANGE"),
        (rule("wetland", "m2", before_start="perhaps"), "VALUE_OUT_OF_RANGE"),
    ],
)
def test_a_wrong_rule_is_refused(row, code):
    with pytest.raises(InputError) as caught:
        rules(row)
    assert caught.value.code == code


def test_two_rules_for_one_key_are_refused():
    with pytest.raises(InputError, match="wetland / \\* / m2") as caught:
        rules(rule("wetland", "m2"), rule("wetland", "m2", 2))
    assert caught.value.code == "ID_DUPLICATE"


def test_a_provided_row_needs_evidence_and_a_quantity():
    with pytest.raises(InputError, match="evidence = -"):
        read_provided(pd.DataFrame([{**given_for("P1", "wetland", 1, "m2"), "evidence": " "}]))
    with pytest.raises(InputError, match=r"\"P1\".*quantity = -5, expected \[0, 1e\+15\]"):
        read_provided(pd.DataFrame([given_for("P1", "wetland", -5, "m2")]))
    table = rules(rule("wetland", "m2", area_kind="county"))
    with pytest.raises(InputError, match="area_unit = -, expected county"):
        balance(table, [lost("wetland", "m2", 1, area_kind="county", area_unit="a")], [given_for("P1", "wetland", 5, "m2")])


def test_tables_are_read_from_files_and_the_hash_knows_them(tmp_path):
    rows = [rule("wetland", "m2", kind="一级", clause="第十条"), rule("forest", "m2", 1.2)]
    pd.DataFrame(rows).to_csv(tmp_path / "规则.csv", index=False)
    read = StatutoryRules.read(tmp_path / "规则.csv")
    assert read.hash == rules(*rows).hash
    assert read.hash != rules(rows[0], rule("forest", "m2", 1.3)).hash
    pd.DataFrame([given_for("P1", "wetland", 5, "m2", kind="一级")]).to_csv(tmp_path / "补充.csv", index=False)
    assert read_provided(tmp_path / "补充.csv")["quantity"].tolist() == [5]


def footprints(*shapes, start=2026):
    names = [f"A-{number}" for number in range(1, len(shapes) + 1)]
    table = {"alternative_id": "A", "patch_id": names, "start": float(start)}
    return geopandas.GeoDataFrame(table, geometry=list(shapes), crs=32650)


def layer(shapes, **fields):
    return geopandas.GeoDataFrame(fields, geometry=list(shapes), crs=32650)


def test_overlay_gives_area_share_of_the_volume_and_weighted_grade():
    lakes = layer([box(0, 0, 100, 100), box(1000, 0, 1100, 100)], quantity=[30_000.0, np.nan])
    fields = layer([box(100, 0, 200, 100)], kind=["paddy"], grade=[8.0])
    table = rules(rule("water_surface", "m2"), rule("water_surface", "m3"), rule("cropland", "grade"))
    found = statutory_layers.overlaps(
        footprints(box(50, 0, 150, 100), box(90, 200, 95, 300)), {"water_surface": lakes, "cropland": fields}, table
    )
    assert found["patch_id"].tolist() == ["A-1"] * 3
    assert found.set_index("uom")["lost"].to_dict() == pytest.approx(
        {"m2": 5000 * TRUE, "m3": 15_000, "grade": 8 * 5000 * TRUE}, rel=1e-6
    )
    assert found["start"].tolist() == [2026.0] * 3


def test_lost_land_is_parted_by_area_and_what_is_outside_is_not_dropped():
    counties = SpatialUnits(
        geopandas.GeoDataFrame({"unit_id": ["a", "b"]}, geometry=[box(0, 0, 50, 100), box(50, 0, 80, 100)], crs=32650)
    )
    table = rules(rule("wetland", "m2", area_kind="county"))
    found = statutory_layers.overlaps(
        footprints(box(0, 0, 100, 100)), {"wetland": layer([box(0, 0, 90, 50)])}, table, Areas({"county": counties})
    )
    assert found.set_index("area_unit")["lost"].to_dict() == pytest.approx(
        {"": 500 * TRUE, "a": 2500 * TRUE, "b": 1500 * TRUE}, rel=1e-6
    )
    result = balance(table, found, [given_for("P1", "wetland", 1e6, "m2", area_unit=unit) for unit in "ab"])
    assert result[["area_unit", "ok"]].to_numpy().tolist() == [["", False], ["a", True], ["b", True]]


def test_shoreline_natural_and_artificial_apart_in_km():
    shore = layer(
        [shapely.LineString([(X, Y), (X + 1000, Y)]), shapely.LineString([(X + 1000, Y), (X + 1000, Y + 1000)])],
        kind=["natural", "artificial"],
    )
    table = rules(rule("shoreline", "km", kind="natural", area_kind="coast"), rule("shoreline", "km", kind="artificial"))
    coast = Areas({"coast": SpatialUnits(geopandas.GeoDataFrame({"unit_id": ["s"]}, geometry=[box(0, 0.01, 400, 500)], crs=32650))})
    found = statutory_layers.overlaps(footprints(box(200, 0, 1200, 250)), {"shoreline": shore}, table, coast)
    # the natural shore runs along the border of the footprint, and a hand's breadth outside the coastal cell
    assert found[["kind", "area_unit"]].to_numpy().tolist() == [["artificial", "everywhere"], ["natural", "s"]]
    assert found["lost"].tolist() == pytest.approx([0.250 / 0.9996, 0.800 / 0.9996], rel=1e-6)


def test_a_regime_that_is_touched_without_a_rule_is_named():
    wet = layer([box(0, 0, 50, 50), box(500, 500, 600, 600)], kind=["grade_1", "grade_2"])
    table = rules(rule("wetland", "m2", kind="grade_2"))
    found = statutory_layers.overlaps(footprints(box(0, 0, 100, 100)), {"wetland": wet}, table)
    assert missing_rules(found) == ["wetland / grade_1"]
    with pytest.raises(InputError, match=r"without a rule: \"wetland / grade_1\".*regime, kind, uom") as caught:
        balance(table, found, None)
    assert caught.value.code == "STATUTORY_RULE_MISSING"
    elsewhere = statutory_layers.overlaps(footprints(box(200, 0, 300, 100)), {"wetland": wet}, table)
    assert missing_rules(elsewhere) == []
    with pytest.raises(InputError, match="wetland / grade_9"):
        balance(
            table,
            elsewhere,
            [given_for("P1", "wetland", 5, "m2", kind="grade_9"), given_for("P2", "wetland", 1, "m2", kind="grade_2")],
        )


def test_a_volume_that_a_rule_asks_for_must_be_there():
    lake = layer([box(0, 0, 50, 50)])
    with pytest.raises(InputError, match=r'"1" in "statutory.layers.water_surface".*quantity = nan'):
        statutory_layers.overlaps(footprints(box(0, 0, 9, 9)), {"water_surface": lake}, rules(rule("water_surface", "m3")))
    with pytest.raises(InputError, match="regime = moor"):
        statutory_layers.overlaps(footprints(box(0, 0, 9, 9)), {"moor": lake}, WATER)
    with pytest.raises(InputError, match='"county" in "area_units"'):
        statutory_layers.overlaps(footprints(box(0, 0, 9, 9)), {"wetland": lake}, rules(rule("wetland", "m2", area_kind="county")))


def test_land_in_two_features_of_a_layer_is_refused():
    twice = layer([box(0, 0, 50, 50), box(40, 0, 90, 50)])
    with pytest.raises(InputError, match=r"features 1, 2 of \"forest\". Found 500\.4 m2"):
        statutory_layers.overlaps(footprints(box(0, 0, 100, 100)), {"forest": twice}, rules(rule("forest", "m2")))
    assert len(statutory_layers.overlaps(footprints(box(0, 0, 30, 30)), {"forest": twice}, rules(rule("forest", "m2")))) == 1


def test_line_length_on_the_ellipsoid():
    # a degree of the meridian from the equator on WGS 84 is 110574.39 m, of the equator 111319.49 m
    lines = np.array([shapely.LineString([(120, 0), (120, 1)]), shapely.LineString([(120, 0), (121, 0)])])
    assert statutory_layers.line_length(lines, 4326).tolist() == pytest.approx([110574.39, 111319.49], abs=0.01)


@settings(deadline=None, max_examples=30)
@given(st.lists(st.integers(0, 900), min_size=4, max_size=4), st.integers(1, 99))
def test_splitting_a_footprint_changes_no_total(corners, cut):
    left, bottom, right, top = min(corners[:2]), min(corners[2:]), max(corners[:2]) + 100, max(corners[2:]) + 100
    ponds = layer([box(i * 250, j * 250, i * 250 + 200, j * 250 + 200) for i in range(4) for j in range(4)], quantity=[500.0] * 16)
    whole = statutory_layers.overlaps(footprints(box(left, bottom, right, top)), {"water_surface": ponds}, WATER)
    halves = footprints(box(left, bottom, left + cut, top), box(left + cut, bottom, right, top))
    parted = statutory_layers.overlaps(halves, {"water_surface": ponds}, WATER)
    assert parted.groupby("uom")["lost"].sum().to_dict() == pytest.approx(whole.groupby("uom")["lost"].sum().to_dict(), rel=1e-9)


@settings(deadline=None, max_examples=25)
@given(st.floats(0, 1e6), st.floats(0, 1e6), st.floats(0.1, 5))
def test_more_provided_never_worsens_and_more_ratio_never_betters(quantity, more, ratio):
    overlaps = [lost("forest", "m2", 1e5)]
    row = given_for("P1", "forest", quantity, "m2")
    ok = statutory_ok(balance(rules(rule("forest", "m2", ratio)), overlaps, [row]))
    assert statutory_ok(balance(rules(rule("forest", "m2", ratio)), overlaps, [{**row, "quantity": quantity + more}])) >= ok
    assert statutory_ok(balance(rules(rule("forest", "m2", ratio * 1.5)), overlaps, [row])) <= ok
