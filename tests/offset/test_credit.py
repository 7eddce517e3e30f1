"""Credits: Examples 1 and 2 of the reference through the whole path, harm in full, weights in space, trends by hand."""

import math

import geopandas
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import box

from ecoval.offset.candidates import read_candidates
from ecoval.offset.credit import credit_table, several_areas, unknown_findings, unknown_gains
from ecoval.offset.equivalency.time import Timing
from ecoval.offset.findings import row
from ecoval.offset.rules.areas import Areas
from ecoval.offset.rules.counting import SpatialRule
from ecoval.units import SpatialUnits

CRS = "EPSG:4549"
X, Y = 650_000.0, 3_210_000.0
YEAR = Timing(rate=0.0, horizon=1)
SLOPE, FOREST, CROP, WETLAND = 823, 131, 512, 413
DENSITY = {  # water m3, soil t, carbon t per ha and year; made kinds have the restored values of Example 1
    SLOPE: (600.0, 4.0, 0.2),
    FOREST: (2300.0, 36.0, 5.5),
    CROP: (500.0, 5.0, 0.5),
    WETLAND: (3800.0, 9.0, 3.6),
}
SERVICES = ("water", "soil", "carbon")


class Plain:
    """Densities times the area drawn: a provider that can be checked by hand."""

    def __init__(self, density=None, services=SERVICES, low=0.0, high=0.0):
        self.density = DENSITY if density is None else density
        self.items = pd.DataFrame({"service": list(services)})
        self.low, self.high = low, high

    def flows(self, pieces, kinds=None, **_):
        return self._table(pieces, [self.density[int(kind)] for kind in (pieces["kind_now"] if kinds is None else kinds)])

    def differences(self, pieces, kinds, **_):
        pairs = zip(pieces["kind_now"], kinds, strict=True)
        return self._table(pieces, [np.subtract(self.density[int(now)], self.density[int(then)]) for now, then in pairs])

    def _table(self, pieces, densities):
        rows = []
        for piece, (shape, density) in enumerate(zip(pieces.geometry, densities, strict=True)):
            for service, value in zip(self.items["service"], density, strict=True):
                quantity = value * shape.area / 1e4
                bounds = (quantity - self.low * abs(quantity), quantity + self.high * abs(quantity))
                rows.append((piece, service, quantity, *bounds, "t yr-1", shape.area, 0.0, 0.0))
        names = ("piece", "service", "quantity", "quantity_low", "quantity_high", "uom", "valid_area", "missing_area")
        return pd.DataFrame(rows, columns=[*names, "out_of_scope_area"])


def squares(count=3, side=1000.0):
    """Units side by side: u0, u1, u2 ... with one corner in common at most two by two."""
    shapes = [box(X + n * side, Y, X + (n + 1) * side, Y + side) for n in range(count)]
    return Areas(
        {
            "county": SpatialUnits.read(
                geopandas.GeoDataFrame({"unit_id": [f"u{n}" for n in range(count)]}, geometry=shapes, crs=CRS)
            )
        }
    )


def rule(same=1.0, neighbour=0.0, elsewhere=0.0, services=SERVICES):
    table = pd.DataFrame(
        {"service": list(services), "area_kind": "county", "same": same, "neighbour": neighbour, "elsewhere": elsewhere}
    )
    return SpatialRule.of(table)


def candidates(now, target, hectares, at=10.0, **columns):
    """Rectangles 100 m high of so many hectares, from `at` metres east."""
    shapes = [box(X + at, Y + 10 + 150 * n, X + at + 100 * area, Y + 110 + 150 * n) for n, area in enumerate(hectares)]
    made = {"candidate_id": [f"C{n}" for n in range(len(shapes))], "kind_now": now, "kind_target": target, "variable_cost": 1000.0}
    return read_candidates(geopandas.GeoDataFrame(made | columns, geometry=shapes, crs=CRS), 0)


def made(frame, timing=YEAR, provider=None, spatial=None, **given):
    return credit_table(provider or Plain(), frame, squares(), spatial or rule(), timing, **given)


def credit(table, candidate="C0", column="credit"):
    rows = table[table["candidate_id"] == candidate]
    return rows.groupby("service")[column].sum().reindex(SERVICES).to_numpy()


def test_example_1_offsets():
    """10 ha of slope become forest: 17 000 / 320 / 53; 2 ha of crop become wetland: 6 600 / 8 / 6.2."""
    table = made(candidates([SLOPE, CROP], [FOREST, WETLAND], [9.0, 2.0]))
    whole = made(candidates([SLOPE, SLOPE], [FOREST, FOREST], [5.0, 5.0]))
    np.testing.assert_allclose(credit(whole) + credit(whole, "C1"), [17_000, 320, 53.0], rtol=1e-9)
    np.testing.assert_allclose(credit(table, "C1"), [6_600, 8, 6.2], rtol=1e-9)
    assert table["uom"].eq("t").all()
    assert table["annual_uom"].eq("t yr-1").all()


def test_example_1_net():
    """Residual 27 000 / 315 / 55.5: A + B are short by 3 400 of water; with 12 ha of A the net is 0 / 77 / 14.3."""
    table = made(candidates([SLOPE, CROP], [FOREST, WETLAND], [5.0, 2.0]))
    per_ha, wetland = credit(table) / 5.0, credit(table, "C1")
    residual = np.array([27_000, 315, 55.5])
    np.testing.assert_allclose(10 * per_ha + wetland - residual, [-3_400, 13, 3.7], atol=1e-8)
    np.testing.assert_allclose(12 * per_ha + wetland - residual, [0, 77, 14.3], atol=1e-8)
    value = (12 * per_ha + wetland - residual) @ [5.0, 30.0, 60.0]
    assert value == pytest.approx(3_168, abs=1e-7)


def test_example_1b_only_wetland():
    table = made(candidates([CROP], [WETLAND], [5.0]))
    np.testing.assert_allclose(2 * credit(table), [33_000, 40, 31], rtol=1e-9)
    np.testing.assert_allclose(2 * credit(table) - [27_000, 315, 55.5], [6_000, -275, -24.5], rtol=1e-9)


@pytest.mark.parametrize(
    ("success", "sigma", "horizon", "required"),
    [
        (1.0, 1.0, math.inf, 15.316483308),
        (0.67, 1.0, math.inf, 22.860422847),
        (1.0, 1.0, 30, 18.187740305),
        (0.67, 1.0, 30, 27.145881052),
        (0.67, 0.75, math.inf, 30.480563796),
    ],
)
def test_example_2_required_area(success, sigma, horizon, required):
    """10 ha lost for ever; delay 2, ramp 10 to 0.8; the credit falls in a neighbour where sigma is below 1."""
    timing = Timing(rate=0.03, horizon=horizon)
    provider = Plain({SLOPE: (0.0,), FOREST: (1.0,)}, ["water"])
    frame = candidates([SLOPE], [FOREST], [5.0], success=[success], delay=[2], ramp_years=[10], level=[0.8])
    needed = pd.DataFrame({"service": ["water"], "area_unit": ["u0" if sigma == 1.0 else "u1"]})
    table = made(frame, timing, provider, rule(neighbour=0.75, services=["water"]), requirements=needed)
    there = table[table["area_unit"] == needed["area_unit"][0]].iloc[0]
    assert there["weight"] == pytest.approx(sigma)
    assert 10.0 * timing.loss_factor(0) / (there["credit"] / 5.0) == pytest.approx(required, rel=1e-9)
    assert there["gain"] == pytest.approx(4.0)
    assert there["annual"] == pytest.approx(4.0 * success * sigma)


def test_multiplier_credits_the_annual_gain_at_maturity():
    frame = candidates([SLOPE], [FOREST], [5.0], ramp_years=[10])
    table = made(frame, Timing("multiplier", base=0.965))
    np.testing.assert_allclose(credit(table), np.array([8_500, 160, 26.5]) * 0.965**10, rtol=1e-9)
    assert table["uom"].eq("t yr-1").all()


def test_enhancement_is_credited_on_the_gain_only():
    table = made(candidates([FOREST, SLOPE], [FOREST, FOREST], [5.0, 5.0]))
    assert (credit(table) == 0.0).all()
    np.testing.assert_allclose(credit(table, "C1"), [8_500, 160, 26.5], rtol=1e-9)  # not 11 500, 180, 27.5


def test_candidate_without_a_known_target_has_no_credit():
    assert made(candidates([SLOPE], [np.nan], [5.0])).empty


@settings(max_examples=40, deadline=None)
@given(
    st.floats(0.0, 1.0),
    st.floats(0.0, 1.0),
    st.floats(0.0, 1.0),
    st.sampled_from([SLOPE, FOREST, CROP, WETLAND]),
    st.sampled_from([SLOPE, FOREST, CROP, WETLAND]),
)
def test_harm_is_never_reduced_and_a_gain_never_raised(success, leakage, sigma, now, target):
    needed = pd.DataFrame({"service": list(SERVICES) * 3, "area_unit": np.repeat(["u0", "u1", "u2"], 3)})
    frame = candidates([now], [target], [5.0], success=[success], leakage=[leakage])
    table = made(frame, spatial=rule(sigma, sigma, sigma), requirements=needed)
    plain = 5.0 * np.subtract(DENSITY[target], DENSITY[now])
    for service, full in zip(SERVICES, plain, strict=True):
        rows = table[table["service"] == service]
        own = rows[rows["area_unit"] == "u0"]["credit"].sum()
        others = rows[rows["area_unit"] != "u0"]["credit"]
        if full < 0.0:
            assert own == pytest.approx(full)
            assert (others == 0.0).all()
        else:
            assert own == pytest.approx(full * success * (1 - leakage) * sigma, abs=1e-9)
            assert (others <= full + 1e-9).all()


def test_candidate_across_a_border_is_parted_exactly():
    """A rectangle of 8 ha, 300 m of its 800 m in u0, the rest in u1."""
    table = made(candidates([SLOPE], [FOREST], [8.0], at=700.0))
    water = table[table["service"] == "water"].set_index("area_unit")["credit"]
    np.testing.assert_allclose(water[["u0", "u1"]], [3 * 1700, 5 * 1700], rtol=1e-6)
    inside = made(candidates([SLOPE], [FOREST], [8.0], at=10.0))
    np.testing.assert_allclose(credit(table), credit(inside), rtol=1e-9)


def test_harm_stays_in_its_own_unit_and_gain_reaches_the_neighbour():
    needed = pd.DataFrame({"service": ["water", "soil", "water"], "area_unit": ["u1", "u1", "u2"], "required": [1.0, 1.0, 0.0]})
    provider = Plain({CROP: (0.0, 9.0, 0.0), WETLAND: (100.0, 4.0, 0.0)})
    table = made(candidates([CROP], [WETLAND], [5.0]), provider=provider, spatial=rule(neighbour=0.5), requirements=needed)
    found = table.set_index(["service", "area_unit"])["credit"].to_dict()
    assert found["water", "u0"] == pytest.approx(500.0)
    assert found["water", "u1"] == pytest.approx(250.0)
    assert found["soil", "u0"] == pytest.approx(-25.0)
    assert not {("soil", "u1"), ("water", "u2")} & set(found)


def test_gain_in_several_areas_is_said_and_in_one_is_not():
    needed = pd.DataFrame({"service": ["water"] * 3, "area_unit": ["u0", "u1", "u2"], "required": [1.0, 1.0, 0.0]})
    frame = candidates([SLOPE, SLOPE], [FOREST, SLOPE], [5.0, 5.0])
    table = made(frame, spatial=rule(neighbour=0.5, elsewhere=0.5), requirements=needed)
    found = several_areas(table, needed)
    assert [(each.code, each.level, each.place.ids) for each in found] == [("CREDIT_IN_SEVERAL_AREAS", "warning", ("C0",))]
    assert several_areas(made(frame, requirements=needed), needed) == []
    assert several_areas(table, needed.assign(required=[1.0, 0.0, 0.0])) == []


def test_range_gives_the_cautious_credit():
    """10 % down, 20 % up on the loss of -1700: the gain is between 1700 - 340 and 1700 + 170 per ha; success low 0.5."""
    provider = Plain(low=0.1, high=0.2)
    table = made(candidates([SLOPE], [FOREST], [5.0], success=[0.8], success_low=[0.5]), provider=provider)
    row = table[table["service"] == "water"].iloc[0]
    assert row["credit"] == pytest.approx(0.8 * 8_500)
    assert row["credit_low"] == pytest.approx(0.5 * 5 * 1360)
    assert row["credit_high"] == pytest.approx(0.8 * 5 * 1870)


def test_low_that_turns_to_harm_counts_in_full():
    provider = Plain(low=0.0, high=1.5)
    row = made(candidates([SLOPE], [FOREST], [5.0], success=[0.5]), provider=provider).iloc[0]
    assert row["credit_low"] == pytest.approx(8_500 - 1.5 * 8_500)


def test_recovery_by_itself_is_taken_off():
    """Present 100, target 200, mature at once, 10 years: the gain is 1000; a trend of 2 % a year takes off 2 x 10^2 / 2."""
    provider = Plain({SLOPE: (100.0,), FOREST: (200.0,)}, ["water"])
    timing = Timing(rate=0.0, horizon=10)
    frame = candidates([SLOPE, SLOPE], [FOREST, FOREST], [1.0, 1.0], trend=[0.02, 0.5])
    table = made(frame, timing, provider, rule(services=["water"]))
    assert table["credit"].tolist() == pytest.approx(
        [1000.0 - 2.0 * 10 * 10 / 2, 1000.0 - 100.0 * 9]
    )  # the second is there after 2 years
    assert table["gain"].tolist() == pytest.approx([100.0, 100.0])


def test_averted_loss_counts_only_with_its_probability():
    """Present 100 falls by 5 % a year: over 10 years 5 x 10^2 / 2 = 250 are averted, at probability 0.4 100."""
    provider = Plain({FOREST: (100.0,)}, ["water"])
    timing = Timing(rate=0.0, horizon=10)
    frame = candidates([FOREST, FOREST], [FOREST, FOREST], [1.0, 1.0], trend=[-0.05, -0.05], averted_probability=[np.nan, 0.4])
    table = made(frame, timing, provider, rule(services=["water"])).set_index("candidate_id")["credit"]
    assert table.get("C0", 0.0) == 0.0
    assert table["C1"] == pytest.approx(100.0)


def test_trend_ends_with_the_guarantee():
    provider = Plain({FOREST: (100.0,)}, ["water"])
    frame = candidates([FOREST], [FOREST], [1.0], trend=[-0.05], averted_probability=[1.0], end_year=[4])
    table = made(frame, Timing(rate=0.0, horizon=10), provider, rule(services=["water"]))
    assert table["credit"].tolist() == pytest.approx([5.0 * 4 * 4 / 2])


def test_cost_per_credit_is_of_the_whole_candidate():
    table = made(candidates([SLOPE], [FOREST], [5.0], fixed_cost=[700.0]))
    assert table.set_index("service").loc["water", "cost_per_credit"] == pytest.approx(1700.0 / 8_500)


def test_options_of_one_candidate_have_their_own_credits():
    frame = candidates([SLOPE, SLOPE], [FOREST, WETLAND], [5.0, 5.0], option_id=["a", "b"])
    frame["candidate_id"] = "C0"
    table = made(frame).set_index(["option_id", "service"])["credit"]
    assert table["a", "water"] == pytest.approx(8_500)
    assert table["b", "water"] == pytest.approx(16_000)


@settings(max_examples=15, deadline=None)
@given(st.floats(0.1, 3.0), st.integers(0, 5))
def test_credit_scales_with_area_and_cost_order_changes_nothing(scale, seed):
    random = np.random.default_rng(seed)
    hectares = random.uniform(0.5, 3.0, 4)
    one = made(candidates([SLOPE] * 4, [FOREST] * 4, list(hectares)))
    more = made(candidates([SLOPE] * 4, [FOREST] * 4, list(hectares * scale)))
    np.testing.assert_allclose(more["credit"], one["credit"] * scale, rtol=1e-9)
    frame = candidates([SLOPE] * 4, [FOREST] * 4, list(hectares))
    order = random.permutation(4)
    turned = made(frame.iloc[order])
    keys = ["candidate_id", "service"]
    pd.testing.assert_series_equal(turned.set_index(keys)["credit"].sort_index(), one.set_index(keys)["credit"].sort_index())


class Blind(Plain):
    """A provider that knows nothing of soil on the west of a line, and of no land with wetland."""

    def __init__(self, line, density=None):
        super().__init__(density)
        self.line = line

    def differences(self, pieces, kinds, **given):
        table = super().differences(pieces, kinds, **given)
        west = [shape.intersection(box(X - 1e4, Y - 1e4, X + self.line, Y + 1e4)).area for shape in pieces.geometry]
        lacking = np.where(table["service"] == "soil", np.array(west)[table["piece"]], 0.0)
        known = 1.0 - lacking / table["valid_area"]
        values = {name: (table[name] * known).where(known > 0) for name in ("quantity", "quantity_low", "quantity_high")}
        return table.assign(**values, missing_area=lacking, valid_area=table["valid_area"] - lacking)


def test_land_without_data_is_seen_and_beyond_the_tolerance_the_gain_is_unknown():
    frame = candidates([SLOPE] * 3, [FOREST] * 3, [4.0, 4.0, 4.0], at=10.0)
    for line, share in ((-1.0, 0.0), (30.0, 0.05), (210.0, 0.5), (1e4, 1.0)):
        table = made(frame, provider=Blind(line))
        soil = table[table["service"] == "soil"]
        assert len(soil) == 3  # also where nothing is known
        np.testing.assert_allclose(soil["missing_area"], share * 4e4, atol=1e-6)
        np.testing.assert_allclose(soil["missing_share"], share, atol=1e-9)
        np.testing.assert_allclose(soil["credit"], (1 - share) * 4 * 32.0, atol=1e-9)
        unknown = unknown_gains(table, 0.05 + 1e-9)
        assert unknown["candidate_id"].tolist() == (["C0", "C1", "C2"] if share > 0.06 else [])
        assert set(unknown["service"]) <= {"soil"}
    told = unknown_findings(unknown, dict.fromkeys(["C0", "C1", "C2"], 4e4), 0.05)
    assert row(told[0])["found"] == '4 ha (100.0%) of "soil retained"'
    assert "缺测 “保持土壤”的 4 ha（100.0%）" in told[0].in_language("zh")


def test_recovery_by_itself_goes_no_further_than_the_target():
    """Present 100, target 110: a trend of 5 % a year is there after 2 years and takes off 10 x 9 of the 100, no more."""
    provider = Plain({SLOPE: (100.0,), FOREST: (110.0,)}, ["water"])
    frame = candidates([SLOPE], [FOREST], [1.0], trend=[0.05])
    table = made(frame, Timing(rate=0.0, horizon=10), provider, rule(services=["water"]))
    assert table["credit"].tolist() == pytest.approx([100.0 - 10.0 * 9])


def test_a_decline_without_a_probability_leaves_the_gain_as_it_is():
    """Falling by 5 % a year, restored at once from 100 to 200: 100 a year for 10 years, nothing averted and nothing lost."""
    provider = Plain({SLOPE: (100.0,), FOREST: (200.0,)}, ["water"])
    frame = candidates([SLOPE], [FOREST], [1.0], trend=[-0.05])
    table = made(frame, Timing(rate=0.0, horizon=10), provider, rule(services=["water"]))
    assert table["credit"].tolist() == pytest.approx([1000.0])
