"""Stations to cells: exact where it must be, unbiased, and leave-one-out against leaving each station out in turn."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecoval.errors import InputError
from ecoval.grid import Grid, read_crs
from ecoval.prepare.climate.interpolation import (
    EARTH_M,
    Interpolator,
    Positions,
    Variogram,
    cell_places,
    fitted,
    left_out,
    station_places,
)


def network(seed, count=25, layers=2):
    rng = np.random.default_rng(seed)
    places = Positions(rng.uniform(0, 9e4, count), rng.uniform(0, 9e4, count), False)
    height = rng.uniform(0, 1500, count)
    rain = 900 + 0.6 * height + 60 * np.sin(places.points[:, 0] / 2e4) + rng.normal(0, 30, (layers, count))
    return places, height, rain


def without(places, index):
    keep = np.arange(len(places.points)) != index
    other = Positions([0.0], [0.0], places.geographic)
    other.points = places.points[keep]
    one = Positions([0.0], [0.0], places.geographic)
    one.points = places.points[[index]]
    return other, one, keep


@given(seed=st.integers(0, 50), power=st.sampled_from([1.0, 2.0, 3.5]))
@settings(max_examples=15, deadline=None)
def test_idw_and_thiessen_are_exact_at_stations(seed, power):
    places, _, rain = network(seed)
    for method in ("thiessen", "idw"):
        found = Interpolator(places, rain, method, power=power).at(places)
        np.testing.assert_allclose(found, rain, rtol=1e-12)


def test_idw_by_hand():
    # distances 1, 2 and 2 km, power 2: weights 1, 1/4, 1/4 -> (1 x 10 + 20/4 + 40/4) / 1.5 = 16.6667
    places = Positions([1000, 0, 0], [0, 2000, -2000], False)
    model = Interpolator(places, [10.0, 20.0, 40.0], "idw", power=2.0)
    assert model.at(Positions([0.0], [0.0], False))[0, 0] == pytest.approx(25 / 1.5)
    # two stations only: (10 + 20/4) / 1.25; of the two at 2 km one is taken
    model = Interpolator(places, [10.0, 20.0, 20.0], "idw", power=2.0, neighbours=2)
    assert model.at(Positions([0.0], [0.0], False))[0, 0] == pytest.approx(12.0)


def test_thiessen_takes_the_nearest_along_the_ground():
    # at 60 N one degree of longitude is half a degree of latitude: the station 1.5 deg east is nearer than the one 1 deg north
    places = Positions([1.5, 0.0], [60.0, 61.0], True)
    assert Interpolator(places, [1.0, 2.0], "thiessen").at(Positions([0.0], [60.0], True))[0, 0] == 1.0


def test_great_circle_distance_of_a_quarter():
    apart = Positions([0.0], [0.0], True).distances(Positions([90.0, 0.0], [0.0, 1.0], True))
    np.testing.assert_allclose(apart[0], [np.pi / 2 * EARTH_M, np.pi / 180 * EARTH_M], rtol=1e-12)


def test_projected_and_geographic_grids_measure_alike():
    lon, lat = np.array([119.0, 119.4, 119.2]), np.array([29.0, 29.1, 29.4])
    plane = station_places(lon, lat, read_crs("EPSG:32650"))
    ball = station_places(lon, lat, read_crs("EPSG:4326"))
    np.testing.assert_allclose(plane.distances(plane), ball.distances(ball), rtol=4e-3, atol=1e-6)


def test_cells_are_taken_row_by_row():
    grid = Grid.covering((0, 0, 30, 20), "EPSG:32650", 10.0)
    np.testing.assert_array_equal(cell_places(grid).points, [[5, 15], [15, 15], [25, 15], [5, 5], [15, 5], [25, 5]])


@pytest.mark.parametrize("residuals", ["kriging", "idw", "none"])
def test_regression_finds_a_plain_lapse_rate_anywhere(residuals):
    places, height, _ = network(3)
    exact = 25.0 - 0.006 * height
    model = Interpolator(places, exact, "regression", elevation=height, residuals=residuals)
    target = Positions([1.5e5, 2e4], [3e4, 8e4], False)
    np.testing.assert_allclose(model.at(target, [0.0, 2000.0])[0], [25.0, 13.0], atol=1e-8)
    assert np.abs(model.errors()).max() < 1e-8


def test_kriging_of_residuals_that_are_all_zero():
    places, height, _ = network(3)
    model = Interpolator(places, np.zeros(25), "regression", elevation=height)
    np.testing.assert_array_equal(model.at(places, height), 0)
    np.testing.assert_allclose(model.errors(), 0, atol=1e-12)


def test_regression_is_unbiased():
    places, height, rain = network(4)
    model = Interpolator(places, rain, "regression", elevation=height)
    np.testing.assert_allclose(model.rest.mean(axis=1), 0, atol=1e-9)
    np.testing.assert_allclose(model.rest @ height, 0, atol=1e-5)


@pytest.mark.parametrize("variogram", ["spherical", "exponential"])
def test_kriged_regression_is_exact_at_stations(variogram):
    places, height, rain = network(5)
    model = Interpolator(places, rain, "regression", elevation=height, variogram=variogram)
    np.testing.assert_allclose(model.at(places, height), rain, rtol=1e-9)


@pytest.mark.parametrize(
    ("method", "residuals"),
    [("thiessen", "idw"), ("idw", "idw"), ("regression", "none"), ("regression", "idw"), ("regression", "kriging")],
)
def test_leave_one_out_equals_leaving_each_station_out(method, residuals):
    places, height, rain = network(6)
    model = Interpolator(places, rain, method, elevation=height, residuals=residuals, neighbours=7)
    errors = model.errors()
    for index in range(len(height)):
        others, one, keep = without(places, index)
        part = Interpolator(others, rain[:, keep], method, elevation=height[keep], residuals=residuals, neighbours=7)
        if model.variograms:  # the variogram is that of all stations; the trend is fitted again
            found = brute_force_kriging(model.variograms, part, one, height[index])
        else:
            found = part.at(one, height[[index]])[:, 0]
        np.testing.assert_allclose(found - rain[:, index], errors[:, index], rtol=1e-8, atol=1e-8)


def brute_force_kriging(variograms, part, one, height):
    """Ordinary kriging by its weights, solved for one place."""
    apart, to_one = part.places.distances(part.places), part.places.distances(one)[:, 0]
    count = len(apart)
    result = []
    for layer, model in enumerate(variograms):
        left = np.ones((count + 1, count + 1))
        left[:count, :count] = model(apart)
        left[-1, -1] = 0
        weights = np.linalg.solve(left, np.append(model(to_one), 1.0))[:count]
        assert weights.sum() == pytest.approx(1)
        result.append(part.trend[0, layer] + part.trend[1, layer] * height + weights @ part.rest[layer])
    return np.array(result)


def test_figures_of_errors_by_hand():
    rmse, bias, mae, mean = left_out(np.array([[1.0, -2.0, 4.0]]), np.array([[10.0, 20.0, 30.0]]))
    assert (rmse[0], bias[0], mae[0], mean[0]) == (pytest.approx(np.sqrt(7)), pytest.approx(1), pytest.approx(7 / 3), 20)


def test_variogram_is_found_again():
    rng = np.random.default_rng(1)
    places = Positions(rng.uniform(0, 1e5, 400), rng.uniform(0, 1e5, 400), False)
    truth = Variogram("spherical", 0.0, 4.0, 3e4)
    covariance = 4.0 - truth(places.distances(places))
    field = np.linalg.cholesky(covariance + 1e-9 * np.eye(400)) @ rng.normal(size=400)
    found = fitted(field, places, "spherical")
    assert 1.5e4 < found.range < 6e4
    assert 2.0 < found.nugget + found.sill < 8.0


def test_one_station_has_no_error():
    assert np.isnan(Interpolator(Positions([0.0], [0.0], False), [5.0], "thiessen").errors()).all()


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"method": "spline"}, r'"?spline"?.*thiessen, idw, regression'),
        ({"method": "idw", "power": 0}, r"power 0"),
        ({"method": "regression", "count": 5}, r"5, expected at least 8"),
        ({"method": "regression", "flat": True}, r"one elevation: 100 m"),
        ({"method": "idw", "same": True}, r"1 pairs of stations lie at one place.*3, 4|1 pairs.*4, 3"),
    ],
)
def test_refused(change, text):
    count = change.pop("count", 20)
    flat, same = change.pop("flat", False), change.pop("same", False)
    places, height, rain = network(1, count)
    if same:
        places.points[3] = places.points[2]
    with pytest.raises(InputError, match=text):
        Interpolator(places, rain, elevation=np.full(count, 100.0) if flat else height, **change)
