"""The offset examples on real input: counted again on the rasters, conserved, and worked by hand for single candidates.

Each test that reads outside data has its twin here, the case "synthetic": on `landscape` or `catchment`, with the same facts.
"""

import itertools
import sys
from dataclasses import dataclass
from pathlib import Path

import catchment
import geopandas
import landscape
import numpy as np
import pandas as pd
import pyproj
import pytest
import rasterio
import shapely

from ecoval.ledger import Ledger
from ecoval.offset.choose import select_portfolio, verify_portfolio
from ecoval.offset.loss.densities import Densities

ROOT = Path(__file__).parents[1]
FOREST_AT_80 = 0.004  # C of forest of 80 % cover, HJ 1173 table A.1
OWN = ("prepare", "run", "tables", "terrain", "changes", "coefficients", "plan", "candidates")


def module(name, file):
    sys.path.insert(0, str(ROOT / "examples" / name))
    try:
        for known in OWN:
            sys.modules.pop(known, None)
        return __import__(file)
    finally:
        sys.path.pop(0)


# willamette -------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Landscape:
    """Data of two maps, and what is counted on them and read in their table by hand.

    Pairs of classes that change, their planimetric area in ha, the ellipsoidal one where it is written down. Nitrogen in
    kg ha-1 yr-1: the largest net load, the load of conifers, the share of it that passes young ones, and the least share that
    passes old ones; the least that felling may lose.
    """

    data: Path
    square: int
    pairs: int
    planimetric: float
    ellipsoidal: float | None
    largest: float
    load: float
    young: float
    old: float
    least: float


@pytest.fixture(scope="module", params=["synthetic", "outside"])
def scene(request, tmp_path_factory):
    if request.param == "outside":
        data = request.getfixturevalue("outside") / "data" / "willamette"
        return Landscape(data, 400, 30, 57_064.77, 57_108.744, 13.8 * 0.95, 1.8, 0.25, 0.20, 0.08)
    data = landscape.write(tmp_path_factory.mktemp("威拉米特") / "data")
    return Landscape(data, landscape.SQUARE, 9, 861 * 0.09, None, 9.0 * 0.9, 2.0, 0.40, 0.20, 0.30)


@pytest.fixture(scope="module")
def willamette(scene, tmp_path_factory):
    folder = tmp_path_factory.mktemp("威拉米特 plan")
    example = module("willamette", "plan")
    example.changes.SQUARE = scene.square
    return (example, folder, *example.run(scene.data, folder))


@pytest.fixture(scope="module")
def maps(scene):
    """Both maps, read with nothing of the library, and the ellipsoidal area of each changed cell by its own derivatives."""
    arrays = []
    for name in ("lulc_samp_cur", "lulc_samp_fut"):
        with rasterio.open(scene.data / "lulc" / name) as source:
            arrays.append(source.read(1).astype(int))
            transform, crs = source.transform, source.crs
    now, future = arrays
    changed = (now != future) & (now != 255) & (future != 255)
    row, col = np.nonzero(changed)
    return now[changed], future[changed], cell_areas(transform.c + 30 * (col + 0.5), transform.f - 30 * (row + 0.5), crs)


def cell_areas(x, y, crs, step=50.0):
    """Area of cells of 30 m on the ellipsoid, m2: Jacobian of the inverse projection times the radii of curvature."""
    crs = pyproj.CRS.from_wkt(crs.to_wkt())
    inverse = pyproj.Transformer.from_crs(crs, crs.geodetic_crs, always_xy=True).transform
    (east, west), (north, south) = (
        [np.radians(np.array(inverse(x + s * dx, y + s * dy))) for s in (step, -step)] for dx, dy in ((1, 0), (0, 1))
    )
    du, dv = (east - west) / (2 * step), (north - south) / (2 * step)
    lat = np.radians(inverse(x, y)[1])
    a, e2 = crs.ellipsoid.semi_major_metre, 1 - (crs.ellipsoid.semi_minor_metre / crs.ellipsoid.semi_major_metre) ** 2
    w2 = 1 - e2 * np.sin(lat) ** 2
    return 900.0 * np.abs(du[0] * dv[1] - du[1] * dv[0]) * a * a * (1 - e2) / w2**2 * np.cos(lat)


def test_every_changed_cell_is_in_one_patch(scene, willamette, maps):
    example, _, patches, _, _ = willamette
    now, future, area = maps
    counted = pd.Series(1, index=pd.MultiIndex.from_arrays([now, future])).groupby(level=[0, 1]).sum()
    found = patches.groupby(["opening", "closing"])["cells"].sum()
    assert found.to_dict() == counted.to_dict()
    assert len(found) == scene.pairs
    total = example.totals(patches).loc["all"]
    assert total["planimetric_ha"] == pytest.approx(scene.planimetric, abs=1e-6)
    assert total["ellipsoidal_ha"] == pytest.approx(scene.ellipsoidal or area.sum() / 1e4, abs=1e-3)
    assert shapely.is_valid(patches.geometry.values).all()
    assert shapely.area(patches.geometry.values).sum() / 1e4 == pytest.approx(scene.planimetric, rel=1e-12)


def test_areas_of_patches_are_those_of_their_cells_on_the_ellipsoid(willamette, maps):
    _, _, patches, _, _ = willamette
    now, future, area = maps
    expected = pd.Series(area, index=pd.MultiIndex.from_arrays([now, future])).groupby(level=[0, 1]).sum()
    found = patches.groupby(["opening", "closing"])["area"].sum()
    np.testing.assert_allclose(found, expected.reindex(found.index), rtol=1e-9)


def test_losses_less_gains_are_the_difference_of_the_accounts(willamette, maps):
    example, _, patches, densities, _ = willamette
    now, future, area = maps
    made = example.conservation(patches, densities)
    turnover = made["losses"] + made["gains"]
    assert ((made["net"] - made["accounts"]).abs() <= 1e-9 * turnover).all()
    # the two accounts again, cell by cell from the rasters
    kind = np.vectorize(example.changes.TYPES.get)
    opening, closing = (np.unique(kind(codes), return_inverse=True) for codes in (now, future))
    for service, held in densities.groupby("service"):
        density = held.set_index("ecosystem_type")["quantity"]
        totals = [np.bincount(place, area)[np.arange(len(codes))] @ density[codes] for codes, place in (opening, closing)]
        assert (totals[0] - totals[1]) / 1e4 == pytest.approx(made.loc[service, "net"], abs=1e-9 * turnover[service])


def test_the_plan_loses_what_its_patches_lose(willamette):
    """Cutting by 28 areas and adding up three projects changes no total."""
    _, _, patches, densities, assessed = willamette
    taken = patches[patches["role"].isin(["homes", "works", "felling"])].reset_index(drop=True)
    change = Densities(densities).differences(taken, taken["kind_after"].to_numpy())
    expected = change.groupby("service")["quantity"].sum()
    found = assessed.losses.groupby("service")["annual"].sum()
    scale = change["quantity"].abs().groupby(change["service"]).sum()
    assert ((found - expected).abs() <= 1e-9 * scale).all()
    assert (found.index == expected.index).all()
    credits = assessed.credits.groupby("service")["gain"].sum()
    grown = patches[patches["role"] == "gain"].reset_index(drop=True)
    gain = -Densities(densities).differences(grown, grown["kind_after"].to_numpy()).groupby("service")["quantity"].sum()
    turned = grown["area"].sum() / 1e4
    np.testing.assert_allclose(credits, gain.reindex(credits.index), rtol=1e-9, atol=1e-9 * turned)


def test_one_patch_by_hand(scene, willamette):
    """Felled old conifers in the square 2B: forest ha for ha; nitrogen by the table, the load of conifers times what passes."""
    _, _, patches, densities, _ = willamette
    patch = patches[patches["patch"] == "60-56 2B"]
    hectares = float(patch["area"].iloc[0]) / 1e4
    lost = Densities(densities).differences(patch, patch["kind_after"].to_numpy()).set_index("service")["quantity"]
    assert lost["extent:needleleaf_forest"] == pytest.approx(hectares, rel=1e-12)
    assert lost["extent:mixed_forest"] == 0
    held = densities[densities["service"] == "nitrogen_kept"].set_index("ecosystem_type")
    assert held.loc[22, "quantity"] == pytest.approx(scene.largest - scene.load * scene.young, rel=1e-12)
    assert held.loc[121, "high"] == pytest.approx(scene.largest - scene.load * scene.old, rel=1e-12)
    assert scene.least * hectares < lost["nitrogen_kept"] <= scene.load * (scene.young - scene.old) * hectares


def test_every_density_says_where_it_is_from(willamette):
    _, _, patches, densities, _ = willamette
    assert (densities["source"].str.startswith("InVEST 3 sample data")).all()
    assert set(densities["status"]) == {"published"}
    assert (densities["low"] <= densities["quantity"]).all()
    assert (densities["quantity"] <= densities["high"]).all()
    kinds = set(patches["kind_now"]) | set(patches["kind_after"])
    assert set(densities["ecosystem_type"]) == kinds


def test_like_for_like_is_short_by_the_forest_that_is_not_there(willamette):
    _, _, patches, _, assessed = willamette
    kinds = assessed.kinds.set_index("ecosystem_type")
    lost = patches[patches["role"].isin(["homes", "works", "felling"])].groupby("kind_now")["area"].sum()
    np.testing.assert_allclose(kinds["lost_area"], lost.reindex(kinds.index), rtol=1e-9)
    taken = assessed.portfolio[["candidate_id"]].merge(patches, left_on="candidate_id", right_on="patch")
    assert kinds.loc[121, "provided"] == pytest.approx(taken.loc[taken["kind_after"] == 121, "area"].sum(), rel=1e-6)
    assert not kinds["ok"].any()
    assert kinds.loc[13, "provided"] == 0  # what ripens into mixed forest takes broadleaf forest, which nobody gives back


def test_each_area_is_judged_by_what_is_felled_and_grown_in_it(willamette):
    """In the squares without a subwatershed nothing is cut: felled less grown needleleaf forest, from the patches alone."""
    _, folder, patches, _, assessed = willamette
    balance = assessed.balance[assessed.balance["service"] == "extent:needleleaf_forest"].set_index("area_unit")
    units = geopandas.read_file(folder / "layers.gpkg", layer="areas")
    whole = units["unit_id"][np.isclose(units.geometry.area, units.geometry.envelope.area, rtol=1e-12)]
    assert len(whole) >= 8
    in_area = patches[patches["area_unit"].isin(whole)]
    felled = in_area[in_area["kind_after"].eq(22) & in_area["kind_now"].eq(121)].groupby("area_unit")["area"].sum() / 1e4
    grown = in_area[(in_area["role"] == "gain") & in_area["kind_after"].isin([12, 121])].groupby("area_unit")["area"].sum() / 1e4
    assert len(felled) >= 6
    for unit in felled.index:
        row = balance.loc[unit]
        assert row["debit"] == pytest.approx(felled[unit], rel=1e-6)
        assert row["credit"] <= grown.get(unit, 0.0) * (1 + 1e-6)
        assert row["ok"] == (row["credit"] >= felled[unit] * (1 - 1e-6))


def test_the_verdict_says_what_cannot_be_shown(willamette):
    _, folder, _, _, assessed = willamette
    verdict = assessed.verdict
    assert (verdict.verdict, verdict.verdict_cautious) == ("not_assessable", "not_assessable")
    assert (verdict.physical_ok, verdict.kind_ok, verdict.value_ok, verdict.sequence_ok) == (False, False, None, False)
    codes = " ".join(entry["code"] for entry in verdict.reasons)
    assert "price" in codes
    assert (folder / "run" / "verdict.json").exists()


def test_the_ledger_holds_every_patch_that_is_taken_once(willamette):
    _, folder, patches, _, _ = willamette
    ledger = Ledger(folder / "ledger.gpkg")
    entries = ledger.entries()
    taken = patches[patches["role"].isin(["homes", "works", "felling"])]
    assert len(entries) == len(taken)
    assert set(entries["entry"]) == {"debit"}
    assert shapely.area(entries.geometry.values).sum() / 1e4 == pytest.approx(taken["cells"].sum() * 0.09, rel=1e-9)
    assert ledger.check().empty


# youwuzhen --------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Slopes:
    """Data of a catchment, the number of its slope units, one of them, and its practices read by hand: money in CNY per km2.

    Of closing the hillsides: factors, the loss that each saves, capital, yearly cost, income; of the orchard: the loss saved.
    """

    data: Path
    units: int
    unit: str
    factors: tuple
    saved: tuple
    capex: float
    opex: float
    income: tuple
    orchard: tuple


@pytest.fixture(scope="module", params=["synthetic", "outside"])
def slopes(request, tmp_path_factory):
    if request.param == "outside":
        data = request.getfixturevalue("outside") / "data" / "youwuzhen"
        closing = (0.78, 0.99, 0.7, 0.6, 0.26), (0.22, 0.01, 0.3, 0.4, 0.74), 155_000, 15_000, (0, 0, 20_000, 20_000, 20_000)
        return Slopes(data, 105, "72", *closing, (-0.1, -0.06, 0.3, 0.35, 0.24))
    data = catchment.write(tmp_path_factory.mktemp("流域") / "data", range(2012, 2016))
    closing = (0.9, 0.95, 0.8, 0.7, 0.4), (0.1, 0.05, 0.2, 0.3, 0.6), 120_000, 20_000, (0, 0, 10_000, 10_000, 10_000)
    return Slopes(data, 18, "32", *closing, (-0.2, -0.1, 0.2, 0.3, 0.4))


@pytest.fixture(scope="module")
def youwuzhen(slopes, tmp_path_factory):
    folder = tmp_path_factory.mktemp("游屋圳 practices")
    example = module("youwuzhen", "candidates")
    data = slopes.data
    units, losses, listed = example.slope_units(data), example.soil_losses(data, folder), example.practices(data)
    return example, folder, units, losses, listed, *example.tables(losses, units, listed)


def present(levels, rate=0.03):
    """Yearly means, discounted, written out."""
    return sum(0.5 * (levels[k] + levels[k + 1]) / (1 + rate) ** k for k in range(len(levels) - 1))


def test_practices_are_read_as_they_stand(slopes, youwuzhen):
    listed = {one.code: one for one in youwuzhen[4]}
    closing, orchard = listed[1], listed[4]
    assert closing.factors == slopes.factors
    assert (closing.capex, closing.opex, closing.income) == (slopes.capex, slopes.opex, slopes.income)
    assert (closing.types, closing.positions) == ({13}, {1, 4})
    assert (orchard.types, orchard.positions) == ({13, 521}, {16})
    np.testing.assert_allclose(orchard.levels[:7], ramp(slopes.orchard)[:7])


def ramp(saved):
    """Share of what is saved in year 5 at the years 0 to 30."""
    return [0.0, *(part / saved[4] for part in saved), *[1.0] * 25]


def test_units_and_their_forest_are_those_of_the_rasters(slopes, youwuzhen):
    _, _, units, losses, _, _, _ = youwuzhen
    with rasterio.open(slopes.data / "spatial" / "slppos_units.tif") as source:
        unit, fine = source.read(1), source.transform
    with rasterio.open(slopes.data / "spatial" / "ywzlanduse30m_upd.tif") as source:
        use, coarse = source.read(1), source.transform
    codes = np.unique(unit[unit != -9999])
    assert len(units) == len(codes) == slopes.units
    x, y = fine.c + 10 * (np.arange(unit.shape[1]) + 0.5), fine.f - 10 * (np.arange(unit.shape[0]) + 0.5)
    cover = use[np.ix_(((coarse.f - y) // 30).astype(int), ((x - coarse.c) // 30).astype(int))]
    forest = losses[losses["ecosystem_type"].astype(int) == 13].set_index("unit")["area"]
    for code in codes:
        cells = np.isin(cover, [6, 8]) & (unit == code)
        assert forest.get(str(code), 0.0) * 1e4 == pytest.approx(cells.sum(), rel=2e-4, abs=1e-6)


def test_the_model_under_another_k_is_the_loss_times_the_factor(youwuzhen):
    _, _, _, losses, listed, _, _ = youwuzhen
    for one in listed:
        np.testing.assert_allclose(losses[one.code], losses["now"] * one.factors[-1], rtol=1e-4, atol=1e-4)
        assert losses[one.code].sum() == pytest.approx(losses["now"].sum() * one.factors[-1], rel=1e-5)


def test_practices_keep_to_their_slope_position_and_land_use(youwuzhen):
    _, _, units, losses, listed, candidates, _ = youwuzhen
    position = units.set_index("unit")["position"]
    areas = losses.assign(kind=losses["ecosystem_type"].astype(int)).set_index(["unit", "kind"])["area"]
    by_name = {one.name: one for one in listed}
    for row in candidates.itertuples():
        one = by_name[row.option_id]
        assert position[row.candidate_id] in one.positions
        suited = sum(areas.get((row.candidate_id, kind), 0.0) for kind in one.types)
        assert row.area == pytest.approx(suited * 1e6, rel=1e-12)
    assert not candidates.duplicated(["candidate_id", "option_id"]).any()
    assert set(candidates["option_id"]) == set(by_name)


def test_one_candidate_by_hand(slopes, youwuzhen):
    """Closing the hillsides of one unit: its forest's loss less that under the factor of year 5, cost and income per km2."""
    _, _, _, losses, _, candidates, credits = youwuzhen
    forest = losses[(losses["unit"] == slopes.unit) & (losses["ecosystem_type"].astype(int) == 13)].iloc[0]
    row = candidates[(candidates["candidate_id"] == slopes.unit) & (candidates["option_id"] == "closing")].iloc[0]
    annuity = (1 - 1.03**-30) / (1 - 1 / 1.03)
    assert row["gain"] == pytest.approx(slopes.saved[4] * forest["now"], rel=1e-4)
    assert row["cost"] == pytest.approx(forest["area"] * (slopes.capex + slopes.opex * annuity), rel=1e-9)
    income = present([0, *slopes.income, *[slopes.income[4]] * 25])
    assert row["income"] == pytest.approx(forest["area"] * income, rel=1e-9)
    credit = credits[(credits["candidate_id"] == slopes.unit) & (credits["option_id"] == "closing")]["credit"].iloc[0]
    assert credit == pytest.approx(row["gain"] * present(ramp(slopes.saved)), rel=1e-9)


def test_the_choice_is_that_of_every_set_of_seven_units(youwuzhen):
    _, _, _, _, _, candidates, credits = youwuzhen
    names = list(dict.fromkeys(candidates["candidate_id"]))[:7]
    few, given = (table[table["candidate_id"].isin(names)] for table in (candidates, credits))
    options = few.assign(credit=given["credit"].to_numpy())
    choices = [[(0.0, 0.0), *zip(part["cost"], part["credit"], strict=True)] for _, part in options.groupby("candidate_id")]
    sums = np.array([np.sum(taken, axis=0) for taken in itertools.product(*choices)])
    for share in (0.2, 0.5, 0.9):
        required = share * sums[:, 1].max()
        least = sums[sums[:, 1] >= required, 0].min()
        wanted = pd.DataFrame({"service": ["soil_retention"], "area_unit": "YWZ", "required": required, "uom": "t"})
        made = select_portfolio(wanted, few[["candidate_id", "option_id", "area", "cost"]], given, whole=True)
        assert made.status == "optimal"
        assert made.cost == pytest.approx(least, rel=1e-9)


def test_the_cost_curve_rises_and_is_never_above_step_by_step(slopes, youwuzhen):
    example, _, _, losses, _, candidates, credits = youwuzhen
    table = example.curve(losses, candidates, credits)
    met = table[table["status"] == "optimal"]
    assert list(met["target"]) == [0.05, 0.10, 0.20, 0.30]
    assert (met["cost"].diff().dropna() > 0).all()
    if slopes.units > 100:  # of few whole units more than is required is taken, and the first tonnes may be the dearer
        assert (met["cost"] / met["required"]).is_monotonic_increasing
    assert (met["cost"] <= met["greedy"] * (1 + 1e-12)).all()
    assert (met["cost"] < met["greedy"]).any()
    assert list(table["status"])[-1] == "infeasible"  # the ramps leave less than 40 % of what is lost in 30 years
    best = credits.groupby("candidate_id")["credit"].max().sum()
    assert best < table["required"].iloc[-1]


def test_the_site_is_made_up_for_and_the_balance_recomputed(youwuzhen):
    example, folder, units, losses, _, candidates, credits = youwuzhen
    unit, patch = example.site(units, losses)
    assert shapely.area(patch.geometry.values)[0] == pytest.approx(5000)
    assert shapely.covers(units.set_index("unit").geometry[unit], patch.geometry.values[0])
    lost = example.site_loss(folder, patch)
    assert lost == pytest.approx(kept_on(patch, folder), rel=2e-4)  # planimetric
    required = lost * present([1.0] * 31)
    made, steps = example.choice(required, candidates, credits, {unit: "the site lies in it"})
    assert made.status == "optimal"
    assert made.cost <= steps
    assert unit not in set(made.portfolio["candidate_id"])
    taken = made.portfolio[["candidate_id", "option_id"]].merge(credits, on=["candidate_id", "option_id"])
    assert taken["credit"].sum() >= required
    assert made.balance["credit"].iloc[0] == pytest.approx(taken["credit"].sum(), rel=1e-12)
    wanted = pd.DataFrame({"service": ["soil_retention"], "area_unit": "YWZ", "required": required, "uom": "t"})
    again = verify_portfolio(made.portfolio, wanted, candidates[["candidate_id", "option_id", "area", "cost"]], credits, whole=True)
    assert len(again.violations) == 0


def kept_on(patch, folder):
    """Soil kept on a polygon: R K LS (1 - C) of each cell by exact overlay; K and LS of the maps of factors, R of the rain."""
    maps = {}
    for role in ("ls", "erodibility"):
        with rasterio.open(folder / "factors" / "maps" / f"factor_{role}.tif") as source:
            maps[role], transform = source.read(1).astype(float), source.transform
    rain = [pd.read_csv(folder / "layers" / f"rain_daily_{year}.csv")["value"] for year in (2012, 2013, 2014, 2015)]
    erosivity = np.mean([zhang(series[series >= 12]) for series in rain])
    total, shape = 0.0, patch.geometry.values[0]
    left, bottom, right, top = shape.bounds
    for row in range(int((transform.f - top) // 30), int((transform.f - bottom) // 30) + 1):
        for col in range(int((left - transform.c) // 30), int((right - transform.c) // 30) + 1):
            x, y = transform.c + 30 * col, transform.f - 30 * row
            hectares = shapely.area(shapely.intersection(shape, shapely.box(x, y - 30, x + 30, y))) / 1e4
            density = erosivity * maps["erodibility"][row, col] * maps["ls"][row, col] * (1 - FOREST_AT_80)
            total += hectares * density if hectares else 0.0
    return total


def zhang(days):
    """R of a year from its erosive days, [CHEN2017] section 2.2, written out."""
    beta = 0.8363 + 18.144 / days.mean() + 24.455 / days.sum()
    return 21.586 * beta**-7.1891 * (days**beta).sum()
