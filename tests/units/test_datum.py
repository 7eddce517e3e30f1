import numpy as np
import pytest
import shapely

from ecoval.errors import InputError
from ecoval.units import datum

LON, LAT = (each.ravel() for each in np.meshgrid(np.linspace(73.1, 135.3, 250), np.linspace(3.3, 53.7, 250)))
METRES = 111_320.0


def metres(first, second):
    step = (np.asarray(second) - np.asarray(first)) * METRES
    return np.hypot(step[0] * np.cos(np.radians(LAT)), step[1])


@pytest.mark.parametrize(("there", "back"), [("wgs84_to_gcj02", "gcj02_to_wgs84"), ("wgs84_to_bd09", "bd09_to_wgs84")])
def test_round_trip_over_china_is_below_a_tenth_of_a_metre(there, back):
    home = getattr(datum, back)(*getattr(datum, there)(LON, LAT))
    assert metres((LON, LAT), home).max() < 1e-5  # asked: 0.1 m


@pytest.mark.parametrize(("there", "back"), [("wgs84_to_gcj02", "gcj02_to_wgs84"), ("gcj02_to_bd09", "bd09_to_gcj02")])
def test_inverse_is_the_point_that_is_displaced_onto_the_given_one(there, back):
    again = getattr(datum, there)(*getattr(datum, back)(LON, LAT))
    assert metres((LON, LAT), again).max() < 1e-5


def test_displacement_is_of_the_known_size_and_direction():
    # Tiananmen: the pair that circulates is 39.90750 116.39723 -> 39.90890 116.40347 (five decimals).
    lon, lat = datum.wgs84_to_gcj02(116.39723, 39.90750)
    assert (round(float(lon), 5), round(float(lat), 5)) == (116.40347, 39.90890)
    moved = datum.wgs84_to_gcj02(LON, LAT)
    assert metres((LON, LAT), moved).max() < 750
    hangzhou = np.array(datum.wgs84_to_gcj02(120.16, 30.25)) - (120.16, 30.25)
    assert hangzhou[0] > 0 > hangzhou[1]
    assert 400 < np.hypot(hangzhou[0] * np.cos(np.radians(30.25)), hangzhou[1]) * METRES < 600


def test_outside_the_box_nothing_moves():
    lon, lat = np.array([2.35, 139.7, -100.0]), np.array([48.86, 35.68, 40.0])
    for name in ("wgs84_to_gcj02", "gcj02_to_wgs84", "gcj02_to_bd09", "bd09_to_gcj02"):
        moved = getattr(datum, name)(lon, lat)
        assert (moved[0] == lon).all()
        assert (moved[1] == lat).all()


def test_geometries_are_converted_and_keep_their_shape():
    box = shapely.box(120, 30, 120.1, 30.1)
    moved = datum.converted(np.array([box]), "EPSG:4490", "wgs84", "bd09")
    home = datum.converted(moved, "EPSG:4490", "bd09")
    assert shapely.equals_exact(home[0], box, 1e-10)
    assert not shapely.equals_exact(moved[0], box, 1e-3)


def test_projected_layer_is_refused():
    with pytest.raises(InputError, match=r"cannot be undone.*EPSG:4326 or EPSG:4490.*degrees"):
        datum.converted(np.array([shapely.box(0, 0, 1, 1)]), "EPSG:4549", "gcj02")


def test_unknown_datum_is_refused():
    with pytest.raises(InputError, match=r'"mars".*wgs84 gcj02 bd09'):
        datum.converted(np.array([shapely.box(0, 0, 1, 1)]), "EPSG:4326", "mars")
