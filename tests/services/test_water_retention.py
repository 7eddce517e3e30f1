"""Water retention by hand (gep_methods 4.3), reference evapotranspiration after FAO-56, and the Budyko forms against NumPy."""

import csv

import numpy as np
import pytest
import rasterio

from ecoval.services import evapotranspiration as water
from ecoval.services import service
from ecoval.services.declaration import options_text
from ecoval.services.water_retention import budyko, clipped_part, retention

SERVICE = service("water_retention")


def kept(**given):
    names = SERVICE.items[0].arguments
    defaults = dict.fromkeys(names) | {"form": "invest", "reference_et": "given", "types": np.full((1, 1), 111, dtype=np.int16)}
    return retention(**defaults | given)


def test_two_by_three_by_hand():
    # q = 10 (P - a P - ET); row 1: 10 (1600 - 74.4 - 750), 10 (1600 - 42.72 - 750), rain below the evapotranspiration
    # row 2: half the rain runs off, 10 (1000 - 500 - 300); all missing ET; no rain at all
    precipitation = np.array([[1600, 1600, 700], [1000, 1000, 0]], dtype=float)
    evapotranspiration = np.array([[750, 750, 900], [300, np.nan, 0]], dtype=float)
    coefficient = np.array([[0.0465, 0.0267, 0.0465], [0.5, 0.5, 0.5]])
    q = kept(precipitation=precipitation, evapotranspiration=evapotranspiration, runoff_coefficient=coefficient)
    np.testing.assert_allclose(q, [[7756, 8072.8, 0], [2000, np.nan, 0]], rtol=1e-6)
    assert q.dtype == np.float32
    cut = clipped_part(precipitation, None, coefficient, evapotranspiration)
    np.testing.assert_allclose(cut, [[0, 0, 2325.5], [0, np.nan, 0]], rtol=1e-6)


def test_a_runoff_layer_takes_the_place_of_the_coefficient():
    q = kept(precipitation=np.array([[1600.0]]), runoff=np.array([[74.4]]), evapotranspiration=np.array([[750.0]]))
    np.testing.assert_allclose(q, 7756, rtol=1e-6)


def test_budyko_by_hand():
    # P 1600, ET0 1000, Kc 0.9, AWC 150, Z 5
    layers = {"precipitation": np.array([[1600.0]]), "reference_evapotranspiration": np.array([[1000.0]])}
    layers |= {"crop_coefficient": np.array([[0.9]]), "soil_depth": np.array([[2000.0]]), "root_depth": np.array([[1000.0]])}
    layers |= {"available_water": np.array([[0.15]]), "runoff_coefficient": np.array([[0.0]]), "seasonality": 5.0}
    invest = kept(**layers, form="invest", budyko_offset=1.25, budyko_maximum=5.0)
    np.testing.assert_allclose(invest, 10 * 1023.2333049725455, rtol=2e-6)
    old = kept(**layers, form="invest2013")
    np.testing.assert_allclose(old, 10 * 935.2771874777151, rtol=2e-6)


@pytest.mark.parametrize("form", ["invest", "invest2013"])
def test_budyko_against_numpy(form):
    rng = np.random.default_rng(2)
    p, pet = rng.uniform(50, 3000, (2, 40, 50))
    awc = rng.uniform(5, 400, (40, 50))
    phi = pet / p
    if form == "invest":
        w = np.minimum(5 * awc / p + 1.25, 5)
        expected = p * np.minimum(phi, 1 + phi - (1 + phi**w) ** (1 / w))
    else:
        w = 5 * awc / (p + 1)
        expected = p * np.minimum(phi, (1 + w * phi) / (1 + w * phi + 1 / phi))
    got = budyko(np.full(p.shape, 111), p, pet, awc, 5.0, 1.25, 5.0, form)
    # float32 keeps the sum 1 + phi to its own precision, so the error is one of supply and demand, not of their difference
    assert (abs(got - expected) <= 5e-7 * (p + pet)).all()


def test_bare_ground_evaporates_what_falls_up_to_the_demand():
    # water, town, desert and rock are bare; marsh (413) and urban green (621) are not
    types = np.array([[422, 611, 711, 822, 413, 621]])
    got = budyko(
        types, np.full(types.shape, 1600.0), np.full(types.shape, 900.0), np.full(types.shape, 150.0), 5.0, 1.25, 5.0, "invest"
    )
    assert got[0, :4].tolist() == [900.0] * 4
    np.testing.assert_allclose(got[0, 4:], 576.7666950274545, rtol=2e-6)
    np.testing.assert_array_equal(water.bare(np.array([500.0, np.nan]), np.array([900.0, 900.0])), [500.0, np.nan])


def test_hargreaves_by_hand():
    np.testing.assert_allclose(water.hargreaves(25.0, 30.0, 20.0, 39.0), 4.9533198799393094, rtol=1e-12)


def test_radiation_above_the_atmosphere_as_fao_prints_it():
    # FAO-56 example 8: 3 September, 20 degrees south: Ra 32.2; example 9: day length 11.7 h
    radiation, length = water.extraterrestrial_radiation(-20.0, 246)
    assert radiation == pytest.approx(32.2, abs=0.05)
    assert length == pytest.approx(11.7, abs=0.05)


def test_penman_monteith_as_fao_prints_it():
    # FAO-56 example 17, Bangkok in April: 34.8 and 25.6 degrees, ea 2.85 kPa, 2 m/s, 8.5 h of sun, Ra 38.06, G 0.14, 2 m: 5.72 mm/d
    saturated = (0.6108 * np.exp(17.27 * 34.8 / (34.8 + 237.3)) + 0.6108 * np.exp(17.27 * 25.6 / (25.6 + 237.3))) / 2
    et0 = water.penman_monteith(34.8, 25.6, 100 * 2.85 / saturated, 2.0, 8.5, 38.06, 12.31, 2.0, 0.14)
    assert et0 == pytest.approx(5.72, abs=0.01)


def test_reference_evapotranspiration_of_a_year_from_months():
    shape = (12, 2, 2)
    warm, cold = np.full(shape, 30.0), np.full(shape, 20.0)
    latitude = np.full((2, 2), 29.0)
    year = water.yearly_hargreaves(np.full(shape, 25.0), warm, cold, latitude)
    days = sum(
        count * water.hargreaves(25.0, 30.0, 20.0, water.extraterrestrial_radiation(29.0, day)[0])
        for count, day in zip(water.DAYS, water.MIDDLE_DAY, strict=True)
    )
    np.testing.assert_allclose(year, days)
    weather = (np.full(shape, 70.0), np.full(shape, 2.0), np.full(shape, 6.0))
    penman = water.yearly_penman_monteith(warm, cold, *weather, latitude, np.zeros((2, 2)))
    assert 1000 < penman[0, 0] < 2000
    layers = {"precipitation": np.full((2, 2), 2500.0), "crop_coefficient": np.ones((2, 2)), "soil_depth": np.full((2, 2), 1000.0)}
    layers |= {"root_depth": np.full((2, 2), 1000.0), "available_water": np.full((2, 2), 0.15), "seasonality": 5.0}
    layers |= {"types": np.full((2, 2), 111), "runoff": np.zeros((2, 2)), "form": "invest2013", "latitude": latitude}
    by_heat = kept(
        **layers, reference_et="hargreaves", temperature=np.full(shape, 25.0), temperature_max=warm, temperature_min=cold
    )
    by_weather = kept(
        **layers,
        reference_et="penman_monteith",
        temperature_max=warm,
        temperature_min=cold,
        humidity=weather[0],
        wind=weather[1],
        sunshine=weather[2],
        dem=np.zeros((2, 2)),
    )
    for q, et0 in ((by_heat, year), (by_weather, penman)):
        capacity = np.full((2, 2), 150.0)
        expected = 10 * (2500 - water.budyko_invest2013(layers["precipitation"], et0, capacity, 5.0).astype(float))
        np.testing.assert_allclose(q, expected, rtol=1e-6)


def test_water_yield_of_the_regression_rasters(outside):
    folder = outside / "data" / "willamette" / "awy_byhand"
    inputs = folder / "hydro_regression_byhand"
    small = {name: raster(inputs / f"{name}.tif") for name in ("precipitation", "eto")}
    # the other layers begin five rows further north and are larger
    large = {name: raster(inputs / f"{name}.tif")[5:75, :50] for name in ("lulc", "pawc", "soil_depth")}
    with (inputs / "Biophysical_Models.csv").open(encoding="utf-8") as file:
        rows = {int(row["lucode"]): row for row in csv.DictReader(file)}
    crop = np.vectorize(lambda code: float(rows[code]["etk"]) / 1000)(large["lulc"].astype(int))
    root = np.vectorize(lambda code: float(rows[code]["root_depth"]))(large["lulc"].astype(int))
    q = kept(
        precipitation=small["precipitation"],
        reference_evapotranspiration=small["eto"],
        crop_coefficient=crop,
        soil_depth=large["soil_depth"],
        root_depth=root,
        available_water=large["pawc"],
        seasonality=5.0,
        runoff=np.zeros(crop.shape),
        types=np.full(crop.shape, 111),
        form="invest2013",
    )
    share = raster(folder / "fractp_tmp.tif")
    np.testing.assert_allclose(q / 10, (1 - share) * small["precipitation"], rtol=1e-6)


def raster(path):
    with rasterio.open(path) as source:
        return source.read(1).astype(float)


@pytest.mark.parametrize(
    ("options", "roles"),
    [
        ({}, {"precipitation", "evapotranspiration"}),
        ({"runoff": "raster"}, {"precipitation", "runoff", "evapotranspiration"}),
        (
            {"evapotranspiration": "budyko"},
            {"precipitation", "reference_evapotranspiration", "soil_depth", "available_water"},
        ),
        (
            {"evapotranspiration": "budyko", "reference_et": "hargreaves"},
            {"precipitation", "temperature", "temperature_max", "temperature_min", "latitude", "soil_depth", "available_water"},
        ),
    ],
)
def test_options_ask_for_their_layers(options, roles):
    active = SERVICE.active(options)
    assert {entry.role for entry in active.inputs} == roles
    assert "runoff_coefficient" in {entry.name for entry in active.parameters} or options.get("runoff") == "raster"
    assert f"runoff={options.get('runoff', 'coefficient')}" in options_text(SERVICE.counted(options, {}))
