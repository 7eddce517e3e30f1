"""K and LS against the worked examples, float64 formulas and the breaks of the standard."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rasterio

from ecoval.errors import InputError
from ecoval.kernels import terrain
from ecoval.kernels.fill import fill
from ecoval.kernels.flow import flow_accumulation, flow_direction
from ecoval.services import rusle

SAMPLE = Path(__file__).parents[2] / "sample_data" / "dem.tif"
NAN = np.nan
TWENTY = np.tan(np.radians(20.0))
CORRECTION = rusle.ErodibilityCorrection.of(
    {("K_correction", "intercept"): -0.01383, ("K_correction", "slope"): 0.51575, ("K_correction", "si"): 0.1317}
)
# HJ 1173 A.10-A.12; steps of CHEN2017; numbers of the InVEST sediment model
NUMBERS = {
    **{("L_beta", key): value for key, value in {"divisor": 0.089, "factor": 3.0, "power": 0.8, "offset": 0.56}.items()},
    **{("L_exponent_by_slope_percent", key): m for key, m in {"lt1": 0.2, "1-3": 0.3, "3-9": 0.4, "ge9": 0.5}.items()},
    **{("L_exponent_by_slope_percent", f"invest:{k}"): m for k, m in {"le1": 0.2, "1-3.5": 0.3, "3.5-5": 0.4, "5-9": 0.5}.items()},
    **{("S_factor", key): value for key, value in {"break1": 5.14, "break2": 10.2, "cap": 28.81, "cap_value": 9.5988}.items()},
    **{("S_factor", key): v for key, v in {"a1": 10.8, "c1": 0.03, "a2": 16.8, "c2": -0.5, "a3": 21.9, "c3": -0.96}.items()},
    ("S_factor", "invest:lt9:slope"): 10.8,
    ("S_factor", "invest:lt9:intercept"): 0.03,
    ("S_factor", "invest:ge9:slope"): 16.8,
    ("S_factor", "invest:ge9:intercept"): -0.5,
    ("L_maximum", "invest"): 122.0,
}
RILL = rusle.RillExponent.of(NUMBERS)
STEPS = rusle.StepExponent.of(NUMBERS)
STEEP = rusle.Steepness.of(NUMBERS)
INVEST = rusle.InvestConstants.of({**NUMBERS, ("L_beta", "divisor"): 0.0896})
REFERENCE = 22.13
AS_PRINTED = rusle.ErodibilityCorrection(0.0, 1.0, 1.0)  # K_EPIC in its original value


def ls(slope, length, exponent=RILL, steepness=STEEP, longest=1e9):
    return rusle.ls_hj1173(slope, length, reference=REFERENCE, exponent=exponent, steepness=steepness, max_length=longest)


def invest(slope, accumulation, cell):
    return rusle.ls_invest(slope, accumulation, cell, reference=REFERENCE, constants=INVEST)


def desmet_govers(east, north, area, cell, longest=1e9, exponent=RILL):
    keys = {"reference": REFERENCE, "exponent": exponent, "steepness": STEEP, "max_length": longest}
    return rusle.ls_desmet_govers(east, north, area, cell, **keys)


def rill(sine, divisor):
    ratio = sine / divisor / (3.0 * sine**0.8 + 0.56)
    return ratio / (1 + ratio)


def strip(area, cell, m, across):
    """L of a cell between contour lines, as printed."""
    n = m + 1
    return ((area + cell**2) ** n - area**n) / (cell ** (m + 2) * across**m * REFERENCE**m)


def degrees(angle):
    return np.tan(np.radians(np.asarray(angle, float)))


# ------------------------------------------------------------------------- K


def test_erodibility_of_the_worked_example():
    # hand_examples.csv hj1173: 40/40/20, C 1.5 % -> K_EPIC 0.2604396271370177, K 0.015868761854552254
    assert rusle.erodibility(40, 40, 20, 1.5, "epic_si", AS_PRINTED) == pytest.approx(0.2604396271370177, rel=1e-6)
    assert rusle.erodibility(40, 40, 20, 1.5, "hj1173", CORRECTION) == pytest.approx(0.015868761854552254, rel=1e-6)


def test_erodibility_without_the_correction_is_converted_alone():
    assert rusle.erodibility(40, 40, 20, 1.5, "epic_si", CORRECTION) == pytest.approx(0.2604396271370177 * 0.1317, rel=1e-6)


def test_order_of_correction_and_conversion_matters():
    # gep_methods 5: the wrong order gives 0.00386
    right = float(rusle.erodibility(40, 40, 20, 1.5, "hj1173", CORRECTION))
    wrong = CORRECTION.intercept + CORRECTION.slope * CORRECTION.si * 0.2604396271370177
    assert right == pytest.approx(0.015869, abs=5e-7)
    assert wrong == pytest.approx(0.00386, abs=5e-6)


def test_erodibility_of_random_soils_is_the_float64_formula():
    random = np.random.default_rng(1)
    sand, silt, clay = 100 * random.dirichlet((1, 1, 1), (40, 50)).transpose(2, 0, 1)
    carbon = random.uniform(0.05, 12, sand.shape)
    rest = 1 - sand / 100
    expected = (
        (0.2 + 0.3 * np.exp(-0.0256 * sand * (1 - silt / 100)))
        * (silt / (clay + silt)) ** 0.3
        * (1 - 0.25 * carbon / (carbon + np.exp(3.72 - 2.95 * carbon)))
        * (1 - 0.7 * rest / (rest + np.exp(-5.51 + 22.9 * rest)))
    )
    assert rusle.erodibility(sand, silt, clay, carbon, "epic_si", AS_PRINTED) == pytest.approx(expected, rel=3e-6)


def test_missing_soil_is_missing():
    soil = np.array([[NAN, 40, 20, 1.5], [40, NAN, 20, 1.5], [40, 40, NAN, 1.5], [40, 40, 20, NAN], [100, 0, 0, 1]])
    assert np.isnan(rusle.erodibility(*soil.T, "hj1173", CORRECTION)).all()


def test_unknown_formula_of_erodibility_is_refused():
    with pytest.raises(InputError, match=r'"k" is "nomograph". Expected one of: hj1173, epic_si. Choose'):
        rusle.erodibility(40, 40, 20, 1.5, "nomograph", CORRECTION)


def test_fine_earth_of_the_worked_example():
    # hand_examples.csv fine_earth: 52.25, 13.8, 15.66, rock 18.29 -> 63.94566, 16.88900, 19.16534
    texture = rusle.fine_earth(52.25, 13.8, 15.66, 18.29)
    assert float(texture.sand) == pytest.approx(63.94566148574226)
    assert float(texture.silt) == pytest.approx(16.88899767470322)
    assert float(texture.clay) == pytest.approx(19.16534083955452)
    assert texture.divided == 1


def test_fine_earth_that_adds_up_alone_is_left_as_it_is():
    texture = rusle.fine_earth([40.0, 40.5], [40.0, 40.0], [20.0, 20.5], [0.0, 15.0])
    assert (texture.sand.tolist(), texture.silt.tolist(), texture.clay.tolist()) == ([40, 40.5], [40, 40], [20, 20.5])
    assert texture.divided == 0


@pytest.mark.parametrize(("rock", "sums"), [(None, "80 to 89"), ([0.0, 15.0, 0.0], "89 to 95")])
def test_texture_that_does_not_add_up_is_refused(rock, sums):
    with pytest.raises(
        InputError, match=rf"add up to 100 %: 2 soils, sums from {sums} %.*within 1 %.*Correct the layers soil_sand"
    ):
        rusle.fine_earth([40.0, 40.0, 50.0], [30.0, 20.0, 30.0], [19.0, 20.0, 20.0], rock)


def test_stones_are_asked_for_where_the_fine_earth_does_not_add_up_without_them():
    # 52.25 + 13.8 + 15.66 = 81.71: with 18.29 of stones a whole soil, without a word of stones nothing
    sand, silt, clay = [40.0, 52.25, 52.25], [40.0, 13.8, 13.8], [20.0, 15.66, 15.66]
    texture = rusle.fine_earth(sand, silt, clay, [NAN, NAN, 18.29])
    np.testing.assert_allclose(texture.sand, [40.0, NAN, 63.94566148574226], rtol=1e-12)
    assert rusle.adds_up(sand, silt, clay, [NAN, NAN, 18.29]).tolist() == [True, False, True]
    with pytest.raises(InputError, match="1 soils"):
        rusle.fine_earth(sand, silt, clay, [NAN, 0.0, 18.29])


def test_texture_within_the_tolerance_is_accepted_and_missing_is_kept():
    texture = rusle.fine_earth([41.0, 39.0, NAN], [40.0, 40.0, 40.0], [20.0, 20.0, 20.0])
    assert texture.sand[:2].tolist() == [41, 39]
    assert np.isnan(texture.sand[2])


def test_organic_carbon_from_matter():
    assert rusle.organic_carbon(np.array([1.724, 3.448]), 1.724).tolist() == [1, 2]


# ----------------------------------------------------------------- LS hj1173


def test_ls_of_the_worked_example():
    # hand_examples.csv hj1173: 50 m, 20 deg -> m 0.67722, L 1.7367130329797942, S 6.530241138832144
    assert ls(TWENTY, REFERENCE) == pytest.approx(6.530241138832144, rel=1e-6)
    assert ls(TWENTY, 50.0) == pytest.approx(1.7367130329797942 * 6.530241138832144, rel=2e-6)
    m = np.log(float(ls(TWENTY, 50.0)) / float(ls(TWENTY, REFERENCE))) / np.log(50 / REFERENCE)
    assert m == pytest.approx(0.6772197463737762, rel=1e-5)


def test_potential_loss_and_retention_of_the_worked_example():
    # R 6000, C 0.004: potential 1079.8205170404276, retention 1075.5012349722658 t/ha
    k = rusle.erodibility(40, 40, 20, 1.5, "hj1173", CORRECTION)
    potential = 6000 * k * ls(TWENTY, 50.0)
    assert potential == pytest.approx(1079.8205170404276, rel=3e-6)
    assert potential * (1 - 0.004) == pytest.approx(1075.5012349722658, rel=3e-6)


def test_steepness_by_its_pieces():
    angle = np.array([0.0, 3.0, 5.139, 5.141, 8.0, 10.199, 10.201, 20.0, 28.809, 28.811, 30.0, 60.0])
    sine = np.sin(np.radians(angle))
    expected = np.where(angle < 5.14, 10.8 * sine + 0.03, np.where(angle < 10.2, 16.8 * sine - 0.5, 21.9 * sine - 0.96))
    expected = np.where(angle >= 28.81, 9.5988, expected)
    assert ls(degrees(angle), REFERENCE) == pytest.approx(expected, rel=2e-6)


def test_steepness_jumps_at_the_second_break_as_printed():
    # gep_methods 5: from 2.475 to 2.918 at 10.20 deg
    assert ls(degrees([10.1999, 10.2001]), REFERENCE) == pytest.approx(np.array([2.475, 2.918]), abs=5e-4)


def test_steepness_without_a_cap_grows_on():
    open_end = replace(STEEP, cap=90.0)
    assert ls(degrees(40), REFERENCE, steepness=open_end) == pytest.approx(21.9 * np.sin(np.radians(40)) - 0.96, rel=1e-6)


def test_steps_of_the_exponent_include_their_lower_bound():
    percent = np.array([0.5, 0.999, 1.0, 2.999, 3.0, 8.999, 9.0, 50.0])
    m = np.array([0.2, 0.2, 0.3, 0.3, 0.4, 0.4, 0.5, 0.5])
    ratio = ls(percent / 100, 4 * REFERENCE, STEPS) / ls(percent / 100, REFERENCE, STEPS)
    assert ratio == pytest.approx(4**m, rel=2e-6)


def test_ls_of_random_slopes_is_the_float64_formula():
    random = np.random.default_rng(2)
    angle = random.uniform(0.01, 60, 3000)
    length = random.uniform(1, 400, 3000)
    sine = np.sin(np.radians(angle))
    s = np.where(angle < 5.14, 10.8 * sine + 0.03, np.where(angle < 10.2, 16.8 * sine - 0.5, 21.9 * sine - 0.96))
    s = np.where(angle >= 28.81, 9.5988, s)
    expected = (np.minimum(length, 122) / REFERENCE) ** rill(sine, 0.089) * s
    assert ls(degrees(angle), length, longest=122.0) == pytest.approx(expected, rel=4e-6)


def test_longer_slopes_count_as_the_longest():
    assert ls(TWENTY, 500.0, longest=122.0) == ls(TWENTY, 122.0)


def test_channel_has_no_ls_and_level_ground_little():
    assert ls(np.array([0.2, 0.0]), np.array([0.0, 100.0])) == pytest.approx(np.array([0.0, 0.03]), rel=1e-6)


def test_missing_slope_or_length_is_missing():
    assert np.isnan(ls(np.array([NAN, 0.2]), np.array([30.0, NAN]))).all()


def test_lengths_by_cell_and_by_accumulation():
    assert rusle.cell_length(degrees([0, 60]), 30.0) == pytest.approx(np.array([30, 60]), rel=1e-6)
    channel = np.array([False, False, True])
    assert rusle.accumulation_length(np.array([1, 4, 99]), 30.0, channel).tolist() == [30, 120, 0]
    assert rusle.accumulation_length(np.array([1, 4, 99]), 30.0).tolist() == [30, 120, 2970]


# ----------------------------------------------------------------- LS invest


def test_invest_ls_of_the_worked_example():
    # hand_examples.csv ls_invest: fa 9, 30 m, 20 deg -> 6.2323149714891
    assert invest(TWENTY, 9.0, 30.0) == pytest.approx(6.2323149714891, rel=1e-6)


@pytest.mark.parametrize("cell", [10.0, 15.0, 30.0, 100.0])
def test_invest_ls_of_random_cells_is_the_float64_formula(cell):
    random = np.random.default_rng(3)
    angle = np.concatenate([random.uniform(0.01, 60, 3000), random.uniform(0.01, 6, 3000)])
    accumulation = np.round(np.exp(random.uniform(0, 17, angle.size)))
    sine, cosine, percent = np.sin(np.radians(angle)), np.cos(np.radians(angle)), 100 * degrees(angle)
    m = np.select([percent <= 1, percent <= 3.5, percent <= 5, percent <= 9], [0.2, 0.3, 0.4, 0.5], rill(sine, 0.0896))
    s = np.where(percent < 9, 10.8 * sine + 0.03, 16.8 * sine - 0.5)
    ell = np.minimum(strip(np.sqrt((accumulation - 1) * cell**2), cell, m, sine + cosine), 122)
    assert invest(degrees(angle), accumulation, cell) == pytest.approx(ell * s, rel=1e-5)


def test_invest_ls_at_the_bounds_of_the_exponent():
    # upper bounds inclusive for m; at 9 % the upper formula of S
    for percent, m in [(1.0, 0.2), (3.5, 0.3), (5.0, 0.4), (9.0, 0.5)]:
        tangent = float(np.float32(percent / 100))
        sine, cosine = np.sin(np.arctan(tangent)), np.cos(np.arctan(tangent))
        s = 10.8 * sine + 0.03 if percent < 9 else 16.8 * sine - 0.5
        expected = strip(np.sqrt(8 * 900.0), 30.0, m, sine + cosine) * s
        assert invest(tangent, 9.0, 30.0) == pytest.approx(expected, rel=2e-6)


def test_invest_caps_l():
    capped = rusle.ls_invest(TWENTY, 9.0, 30.0, reference=REFERENCE, constants=replace(INVEST, highest=1.0))
    assert capped == pytest.approx(5.245938407871234, rel=1e-6)


def test_invest_ls_of_missing_cells_is_missing():
    assert np.isnan(invest(np.array([NAN, 0.2]), np.array([3.0, NAN]), 30.0)).all()


# ---------------------------------------------------------- LS desmet_govers


@pytest.mark.parametrize("exponent", [RILL, STEPS])
def test_desmet_govers_ls_of_random_cells_is_the_float64_formula(exponent):
    random = np.random.default_rng(4)
    east, north = random.normal(0, 0.3, (2, 4000))
    cell = 30.0
    area = cell**2 * np.round(np.exp(random.uniform(0, 16, 4000)) - 1)
    slope = np.hypot(east, north)
    angle, sine = np.degrees(np.arctan(slope)), np.sin(np.arctan(slope))
    aspect = np.arctan2(-east, -north)
    m = rill(sine, 0.089)
    if exponent is STEPS:
        m = np.select([slope < 0.01, slope < 0.03, slope < 0.09], [0.2, 0.3, 0.4], 0.5)
    s = np.where(angle < 5.14, 10.8 * sine + 0.03, np.where(angle < 10.2, 16.8 * sine - 0.5, 21.9 * sine - 0.96))
    s = np.where(angle >= 28.81, 9.5988, s)
    limited = np.minimum(area, 300 * cell)
    expected = strip(limited, cell, m, abs(np.sin(aspect)) + abs(np.cos(aspect))) * s
    assert desmet_govers(east, north, area, cell, 300.0, exponent) == pytest.approx(expected, rel=1e-5)


def test_desmet_govers_keeps_its_digits_for_large_areas():
    # the printed difference of two powers is all but lost in float32 for an area of a million cells
    area = 1e6 * 900.0
    m = rill(np.sin(np.arctan(0.2)), 0.089)
    expected = strip(np.longdouble(area), np.longdouble(30), np.longdouble(m), 1) * float(ls(0.2, REFERENCE))
    assert desmet_govers(0.2, 0.0, area, 30.0) == pytest.approx(float(expected), rel=1e-5)


def test_desmet_govers_of_level_ground_is_the_least_s():
    assert desmet_govers(0.0, 0.0, 900.0, 30.0) == pytest.approx(0.03, rel=1e-6)
    assert np.isnan(desmet_govers(np.array([NAN, 0.1, 0.1]), np.array([0.1, NAN, 0.1]), np.array([0, 0, NAN]), 30.0)).all()


# --------------------------------------------------------------- a real basin


WILLAMETTE = {"invest": 2.543, "cell": 3.136, "accumulation": 6.208, "desmet_govers": 10.468, "unbounded": 14.205}
COUNTY = {"invest": 5.9103, "cell": 8.4252, "accumulation": 11.6238, "desmet_govers": 20.5062, "unbounded": 56.1626}


@pytest.fixture(scope="module", params=["sample county", "outside"])
def basin(request):
    """Gradient, slope, accumulation, cell and means of LS of an elevation model: of the sample (60 m), of willamette (30 m)."""
    path, means = SAMPLE, COUNTY
    if request.param == "outside":
        path, means = request.getfixturevalue("outside") / "data" / "willamette" / "nutrient" / "dem", WILLAMETTE
    with rasterio.open(path) as raster:
        z = np.where(
            raster.read(1) == raster.nodata, np.float32(NAN), raster.read(1).astype(np.float32) * np.float32(raster.scales[0])
        )
        cell = raster.res[0]
    z = z if request.param == "outside" else fill(z)
    east, north = terrain.gradient(z, cell, cell)
    accumulation = flow_accumulation(flow_direction(fill(z), cell, cell))
    assert accumulation.max() < np.isfinite(z).sum() == {30.0: 872_138, 60.0: 321_292}[cell]
    return east, north, np.hypot(east, north), np.where(np.isnan(z), np.float32(NAN), accumulation), cell, means


def test_methods_of_ls_spread_in_a_real_basin_as_documented(basin):
    # gep_methods 5 gives for another basin: invest 2.4, hj1173 by accumulation up to 122 m 5.9, desmet_govers uncapped 11.9
    east, north, slope, accumulation, cell, expected = basin
    area = (accumulation - 1) * cell**2
    means = {
        "invest": np.nanmean(invest(slope, accumulation, cell), dtype=float),
        "cell": np.nanmean(ls(slope, rusle.cell_length(slope, cell), longest=122.0), dtype=float),
        "accumulation": np.nanmean(ls(slope, rusle.accumulation_length(accumulation, cell), longest=122.0), dtype=float),
        "desmet_govers": np.nanmean(desmet_govers(east, north, area, cell, 300.0), dtype=float),
        "unbounded": np.nanmean(desmet_govers(east, north, area, cell), dtype=float),
    }
    assert means == pytest.approx(expected, abs=5e-4)
    assert means["cell"] < means["accumulation"]
    assert means["desmet_govers"] < means["unbounded"]


def test_ls_is_missing_just_outside_the_basin(basin):
    _, _, slope, accumulation, cell, _ = basin
    assert np.isnan(accumulation).any()
    assert np.array_equal(np.isnan(invest(slope, accumulation, cell)), np.isnan(accumulation))
