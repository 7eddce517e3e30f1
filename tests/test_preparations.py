"""Layers that are made of others: against hand numbers and the functions that make them."""

import itertools

import geopandas
import numpy as np
import pandas as pd
import pytest
import small_study
from affine import Affine
from shapely import box
from small_study import CELL, LEFT, SIDE, STUDY, TOP, flat, raster

from ecoval.errors import EcovalError, InputError, ParameterError
from ecoval.study import Study

SOIL_LAYERS = {"erosivity": 6000, "erodibility": 0.02, "ls": 2, "cover_factor": 0.0}
DAYS = pd.date_range("2023-01-01", "2023-12-31")


def soil_study(folder, given, more="", options="", own=""):
    """A study of soil retention whose factors are flat layers but for those that are to be made."""
    layers = ""
    for name, value in {**SOIL_LAYERS, **given}.items():
        if value is not None:
            raster_of(folder, name, value)
            layers += f'{name} = "{name}.tif"\n'
    text = STUDY.replace("[statistics]", layers + more + "[statistics]")
    text = text.replace('include = ["water_retention", "carbon_sequestration", "material_supply"]', 'include = ["soil_retention"]')
    chosen = f'soil_retention = {{ c_factor = "layer"{options} }}\n'
    text = text.replace("carbon_sequestration = {", chosen + "carbon_sequestration = {")
    return small_study.write(folder, text, small_study.OWN + own)


def raster_of(folder, name, value):
    folder.mkdir(parents=True, exist_ok=True)
    raster(folder / f"{name}.tif", flat(value) if np.isscalar(value) else value)


def retained(path):
    """Mean retention in t/ha over all land in scope, and the run."""
    account = Study.read(path).run()
    rows = account.supply[account.supply["item"] == "soil"]
    return rows["quantity"].sum() / (rows["valid_area"].sum() / 1e4), account


def test_erosivity_of_a_gauge_is_the_hand_example(tmp_path):
    # warm half-month with 12, 25, 40, 80 mm by HJ 1173: 1120.5 MJ mm/(ha h); all other days dry
    rain = pd.Series(0.0, index=DAYS)
    rain["2023-07-01":"2023-07-04"] = [12, 25, 40, 80]
    table = pd.DataFrame({"date": DAYS.strftime("%Y-%m-%d"), "value": rain.to_numpy()})
    more = 'rain_daily = "rain_daily_{year}.csv"\n'
    own = "soil_retention,R_erosive_threshold,halfmonth,10,mm d-1,book\n"
    own += "soil_retention,R_first_month,warm,5,month,book\nsoil_retention,R_last_month,warm,9,month,book\n"
    path = soil_study(tmp_path, {"erosivity": None}, more, ', erosivity = "halfmonth"', own)
    table.to_csv(tmp_path / "rain_daily_2023.csv", index=False)
    density, account = retained(path)
    assert density == pytest.approx(1120.5 * 0.02 * 2, rel=1e-4)
    assert account.records[0]["options"]["soil_retention"]["erosivity"] == "halfmonth"


def test_erosivity_of_a_raster_is_that_of_its_cells(tmp_path):
    rain = np.zeros((len(DAYS), 8, 8), dtype=np.float32)
    rain[181:185] = np.array([12, 25, 40, 80])[:, None, None]
    more = 'rain_daily = "rain.tif"\n'
    own = "soil_retention,R_erosive_threshold,halfmonth,10,mm d-1,book\n"
    own += "soil_retention,R_first_month,warm,5,month,book\nsoil_retention,R_last_month,warm,9,month,book\n"
    path = soil_study(tmp_path, {"erosivity": None}, more, ', erosivity = "halfmonth"', own)
    # one band per day of the year, without names: the number of bands says which day is which
    raster(tmp_path / "rain.tif", rain, transform=Affine(1000, 0, LEFT - 2000, 0, -1000, TOP + 2000))
    density, _ = retained(path)
    assert density == pytest.approx(1120.5 * 0.02 * 2, rel=1e-4)
    raster(tmp_path / "rain.tif", rain[:300], transform=Affine(1000, 0, LEFT - 2000, 0, -1000, TOP + 2000))
    with pytest.raises(InputError, match="300 bands"):
        Study.read(path).run()


def test_gauge_with_a_gap_or_negative_rain_is_refused(tmp_path):
    more = 'rain_daily = "rain.csv"\n'
    path = soil_study(tmp_path, {"erosivity": None}, more)
    table = pd.DataFrame({"date": DAYS.strftime("%Y-%m-%d"), "value": 1.0})
    table.drop(index=40).to_csv(tmp_path / "rain.csv", index=False)
    with pytest.raises(InputError, match="2023-02-10"):
        Study.read(path).run()
    table.assign(value=-1.0).to_csv(tmp_path / "rain.csv", index=False)
    with pytest.raises(InputError, match=r"B2.*365 rows"):
        Study.read(path).run()
    table.assign(date="1 Jan").to_csv(tmp_path / "rain.csv", index=False)
    with pytest.raises(InputError, match=r"rain\.csv"):
        Study.read(path).run()


def test_recalled_threshold_is_refused_unless_allowed(tmp_path):
    more = 'rain_daily = "rain.csv"\n'
    path = soil_study(tmp_path, {"erosivity": None}, more, ', erosivity = "halfmonth"')
    pd.DataFrame({"date": DAYS.strftime("%Y-%m-%d"), "value": 20.0}).to_csv(tmp_path / "rain.csv", index=False)
    with pytest.raises(ParameterError) as caught:  # a service that the study names is not left out
        Study.read(path).run()
    assert caught.value.code == "parameter_recalled"
    path.write_text(
        path.read_text(encoding="utf-8").replace("[parameters]", "[parameters]\nallow_recalled = true"), encoding="utf-8"
    )
    _, account = retained(path)
    assert set(account.supply.loc[account.supply["quantity"].notna(), "status"]) == {"recalled"}


def test_erodibility_from_texture_is_the_hand_example(tmp_path):
    more = "".join(f'soil_{name} = "soil_{name}.tif"\n' for name in ("sand", "silt", "clay", "organic_matter"))
    path = soil_study(tmp_path, {"erodibility": None}, more)
    for name, value in (("sand", 40), ("silt", 40), ("clay", 20), ("organic_matter", 1.5 * 1.724)):
        raster_of(tmp_path, f"soil_{name}", value)
    density, _ = retained(path)
    assert density == pytest.approx(6000 * 0.015869 * 2, rel=1e-4)


def test_coarse_fragments_divide_the_texture(tmp_path):
    names = ("sand", "silt", "clay", "organic_carbon", "coarse_fragments")
    more = "".join(f'soil_{name} = "soil_{name}.tif"\n' for name in names)
    path = soil_study(tmp_path, {"erodibility": None}, more)
    # half of the soil is rock: 20/20/10 of the whole is 40/40/20 of the fine earth
    for name, value in zip(names, (20, 20, 10, 1.5, 50), strict=True):
        raster_of(tmp_path, f"soil_{name}", value)
    density, account = retained(path)
    assert density == pytest.approx(6000 * 0.015869 * 2, rel=1e-4)
    assert any(note["code"] == "erodibility_stones_prepared" for note in account.records[0]["notes"])


def test_ls_of_a_plane_is_the_function_of_its_slope(tmp_path):
    from ecoval.kernels import fill, flow, terrain
    from ecoval.parameters import Parameters
    from ecoval.services import rusle

    # a plane that falls to the east by 20 m per cell of 100 m, over the very cells of the study
    plane = np.broadcast_to(1000.0 - 20.0 * np.arange(SIDE), (SIDE, SIDE)).astype(np.float32)
    path = soil_study(tmp_path, {"ls": None}, 'dem = "dem.tif"\n', ', ls = "invest"')
    raster_of(tmp_path, "dem", plane)
    _, account = retained(path)
    made = account.parts[0].layers.readers["ls"].read(account.parts[0].layers.grid)
    directions = flow.flow_direction(fill.fill(plane), CELL, CELL)
    keys = ("invest:le1", "invest:1-3.5", "invest:3.5-5", "invest:5-9", "invest", "divisor")
    keys += tuple(f"invest:{part}:{side}" for part in ("lt9", "ge9") for side in ("slope", "intercept"))
    names = ("L_exponent_by_slope_percent", "S_factor", "L_maximum", "L_beta")
    found = {
        (name, key): Parameters.read().number("soil_retention", name, key, source="INVEST", required=False)
        for name, key in itertools.product(names, keys)
    }
    numbers = {name: number.value for name, number in found.items() if number is not None}
    numbers |= {("L_beta", "factor"): 3.0, ("L_beta", "power"): 0.8, ("L_beta", "offset"): 0.56}
    slope = terrain.slope(plane, CELL, CELL)
    accumulation = flow.flow_accumulation(directions)
    constants = rusle.InvestConstants.of(numbers)
    expected = rusle.ls_invest(slope, accumulation, CELL, reference=22.13, constants=constants)
    np.testing.assert_allclose(made, expected, rtol=1e-6)
    assert np.isclose(slope, 0.2, rtol=1e-6).all()


def test_ls_does_not_depend_on_which_units_are_run(tmp_path):
    rng = np.random.default_rng(7)
    hills = (500 + np.cumsum(np.cumsum(rng.normal(size=(SIDE, SIDE)), axis=0), axis=1)).astype(np.float32)
    path = soil_study(tmp_path, {"ls": None}, 'dem = "dem.tif"\n', ', ls = "invest"')
    raster_of(tmp_path, "dem", hills)
    text = path.read_text(encoding="utf-8").replace('[statistics]\nproducts = "statistics.csv"\n', "")
    path.write_text(text, encoding="utf-8")
    every = Study.read(path).run().supply
    for code in small_study.QUARTERS:
        units = small_study.units()
        units[units["code"] == code].to_file(tmp_path / "units.gpkg")
        alone = Study.read(path).run().supply
        together = every[every["unit_id"] == code].reset_index(drop=True)
        pd.testing.assert_frame_equal(alone, together, check_exact=True)


def test_elevation_that_cannot_be_land_is_refused(tmp_path):
    path = soil_study(tmp_path, {"ls": None}, 'dem = "dem.tif"\n', ', ls = "invest"')
    values = flat(100)
    values[0, 0] = -9999
    raster_of(tmp_path, "dem", values)
    with pytest.raises(InputError, match=r"dem.*1 cells.*-9999"):
        Study.read(path).run()


def test_rain_of_days_makes_the_year(tmp_path):
    text = STUDY.replace('precipitation = "precipitation.tif"', 'rain_daily = "rain.csv"')
    path = small_study.write(tmp_path, text)
    daily = 1600 / len(DAYS)
    pd.DataFrame({"date": DAYS.strftime("%Y-%m-%d"), "value": daily}).to_csv(tmp_path / "rain.csv", index=False)
    supply = Study.read(path).run().supply
    forest = supply[(supply["item"] == "retention") & (supply["ecosystem_type"] == "111")]
    assert forest["quantity"].sum() / (forest["valid_area"].sum() / 1e4) == pytest.approx(7756.0, rel=1e-5)


def flood_study(folder, include, more, options, own):
    text = STUDY.replace("[statistics]", more + "[statistics]")
    text = text.replace(
        'include = ["water_retention", "carbon_sequestration", "material_supply"]', 'include = ["flood_mitigation"]'
    )
    text = text.replace("carbon_sequestration = {", f"flood_mitigation = {{ {options} }}\ncarbon_sequestration = {{")
    del include
    return small_study.write(folder, text, small_study.OWN + own)


def test_storm_of_the_hand_example(tmp_path):
    # storm of 100 mm on forest with good cover and soil group C: CN 70 against 91 of bare soil, q = 424 m3/ha
    rain = pd.Series(0.0, index=DAYS)
    rain["2023-08-05"], rain["2023-08-06"] = 100.0, 40.0
    own = "flood_mitigation,storm_threshold,*,50,mm d-1,book\n"
    own += "".join(f"flood_mitigation,curve_number,{code}:{group},70,1,book\n" for code in (111, 512, 431) for group in "ABCD")
    more = 'rain_daily = "rain.csv"\nsoil_group = "group.tif"\n'
    path = flood_study(tmp_path, (), more, 'storms = "user_threshold"', own)
    pd.DataFrame({"date": DAYS.strftime("%Y-%m-%d"), "value": rain.to_numpy()}).to_csv(tmp_path / "rain.csv", index=False)
    raster(tmp_path / "group.tif", np.full((SIDE, SIDE), 3, dtype=np.uint8))
    supply = Study.read(path).run().supply
    forest = supply[(supply["item"] == "vegetation") & (supply["ecosystem_type"] == "111")]
    assert forest["quantity"].sum() / (forest["valid_area"].sum() / 1e4) == pytest.approx(424.0, rel=1e-3)


def test_lakes_share_their_capacity_by_area(tmp_path):
    own = "flood_mitigation,storm_threshold,*,50,mm d-1,book\n"
    path = flood_study(tmp_path, (), 'lakes = "lakes.gpkg"\n', 'lakes = "user_capacity"', own)
    # a lake of 400 m x 200 m over the line between the northern units: three quarters of it in the western one
    middle = LEFT + SIDE * CELL / 2
    lake = box(middle - 300, TOP - 400, middle + 100, TOP - 200)
    frame = geopandas.GeoDataFrame({"name": ["湖"], "capacity": [1_000_000.0]}, geometry=[lake], crs=small_study.CRS)
    frame.to_file(tmp_path / "lakes.gpkg")
    supply = Study.read(path).run().supply
    lakes = supply[(supply["item"] == "lake") & supply["quantity"].notna()].set_index("unit_id")["quantity"]
    assert lakes["330101"] == pytest.approx(750_000, rel=1e-6)
    assert lakes["330102"] == pytest.approx(250_000, rel=1e-6)
    assert set(lakes.index) == {"330101", "330102"}


def climate_study(folder, more, options):
    text = STUDY.replace("[statistics]", more + "[statistics]").replace("[parameters]", "[parameters]\nallow_recalled = true")
    text = text.replace(
        'include = ["water_retention", "carbon_sequestration", "material_supply"]', 'include = ["climate_regulation"]'
    )
    text = text.replace("carbon_sequestration = {", f"climate_regulation = {{ {options} }}\ncarbon_sequestration = {{")
    return small_study.write(folder, text)


def test_cooling_days_are_counted(tmp_path):
    more = 'temperature_max = "tmax.tif"\nwater_evaporation = "water.tif"\n'
    path = climate_study(tmp_path, more, 'epp = "CIRCULATED"')
    warm = np.full((365, 8, 8), 20.0, dtype=np.float32)
    warm[150:225] = 30.0
    raster(tmp_path / "tmax.tif", warm, transform=Affine(1000, 0, LEFT - 2000, 0, -1000, TOP + 2000))
    raster_of(tmp_path, "water", 450)
    account = Study.read(path).run()
    supply = account.supply
    forest = supply[(supply["item"] == "plants") & (supply["ecosystem_type"] == "111")]
    # 75 days: 4889 kWh/ha by the circulated set
    assert forest["quantity"].sum() / (forest["valid_area"].sum() / 1e4) == pytest.approx(4889, rel=1e-3)
    variants = {row["variant"]: row for row in account.records[0]["variants"] if row["item"] == "plants"}
    chosen = variants["epp=CIRCULATED"]
    assert chosen["chosen"] is True
    # the other set is about 40 times as much; all of the forest of the study, which is all that has a number
    ratio = variants["epp=GARZE2017"]["quantity"] / chosen["quantity"]
    assert ratio == pytest.approx(2837.27 / 70.4, rel=1e-5)
    water = {row["variant"]: row["quantity"] for row in account.records[0]["variants"] if row["item"] == "water"}
    ratios = [water[f"water_eer={eer}; humidification=all"] / water["water_eer=r; humidification=none"] for eer in ("r", "none")]
    # hand example: 1.0208, 1.5608 and 3.6025 GWh for 4500 m3/ha
    assert ratios == pytest.approx([1.5608 / 1.0208, 3.6025 / 1.0208], rel=1e-3)


def test_monthly_temperatures_are_not_days(tmp_path):
    more = 'temperature_max = "tmax.tif"\nwater_evaporation = "water.tif"\n'
    path = climate_study(tmp_path, more, 'epp = "CIRCULATED"')
    raster(tmp_path / "tmax.tif", np.full((12, SIDE, SIDE), 30.0, dtype=np.float32))
    raster_of(tmp_path, "water", 450)
    with pytest.raises(EcovalError, match="12 bands"):
        Study.read(path).run()
