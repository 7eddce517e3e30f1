import numpy as np
import pytest
import shapely
from pyproj import CRS, Geod, Transformer

from ecoval.units.polygon_area import ellipsoidal_area

GEOD = Geod(ellps="WGS84")
ALBERS = "+proj=aea +lat_1=25 +lat_2=47 +lat_0=0 +lon_0=105 +datum=WGS84 +units=m +type=crs"


def geodesic_area(polygon, crs, step):
    """Independent: short geodesics in place of the edges."""
    to_degrees = Transformer.from_crs(crs, "EPSG:4326", always_xy=True)
    fine = shapely.transform(
        shapely.segmentize(polygon, step), lambda points: np.column_stack(to_degrees.transform(points[:, 0], points[:, 1]))
    )
    return abs(GEOD.geometry_area_perimeter(fine)[0])


def test_area_of_the_whole_ellipsoid_is_the_closed_form():
    # Surface of WGS 84: 510 065 621.724 km2.
    area = ellipsoidal_area(np.array([shapely.box(-180, -90, 180, 90)]), "EPSG:4326")
    assert area[0] == pytest.approx(510_065_621.724e6, rel=1e-12)


@pytest.mark.parametrize(
    ("crs", "polygon", "step"),
    [
        ("EPSG:4326", shapely.Polygon([(119, 28), (123, 29), (121, 33)]), 1e-3),
        ("EPSG:4326", shapely.box(121, 30, 121.0001, 30.0001), 1e-5),
        ("EPSG:32651", shapely.box(200_000, 3_000_000, 300_000, 3_150_000), 100),
        ("EPSG:3857", shapely.box(13_300_000, 3_400_000, 13_400_000, 3_600_000), 100),
        (ALBERS, shapely.box(1_400_000, 3_000_000, 1_450_000, 3_030_000), 100),
    ],
)
def test_area_equals_that_of_short_geodesics(crs, polygon, step):
    area = ellipsoidal_area(np.array([polygon]), crs)[0]
    assert area == pytest.approx(geodesic_area(polygon, crs, step), rel=2e-8)


def test_holes_are_taken_off_and_parts_added():
    outer, inner, island = shapely.box(120, 30, 121, 31), shapely.box(120.4, 30.4, 120.6, 30.6), shapely.box(122, 30, 122.1, 30.1)
    whole = shapely.union_all([outer.difference(inner), island])
    area = ellipsoidal_area(np.array([outer, inner, island, whole]), "EPSG:4490")
    assert area[3] == pytest.approx(area[0] - area[1] + area[2], rel=1e-12)


def test_missing_and_empty_geometries_have_no_area():
    geometry = np.array([shapely.Polygon(), None, shapely.box(120, 30, 121, 31), shapely.Polygon()], dtype=object)
    area = ellipsoidal_area(geometry, "EPSG:4326")
    assert area.shape == (4,)
    assert list(area > 0) == [False, False, True, False]


def test_polygon_over_the_antimeridian_of_a_projected_crs():
    polygon = shapely.box(100_000, 6_000_000, 300_000, 6_100_000)  # UTM 1N, west edge beyond 180
    other = ellipsoidal_area(np.array([polygon]), "EPSG:32651")[0]
    assert ellipsoidal_area(np.array([polygon]), "EPSG:32601")[0] == pytest.approx(other, rel=1e-9)


def test_area_does_not_depend_on_the_company():
    rng = np.random.default_rng(1)
    corners = rng.uniform([110, 20], [120, 40], (50, 2))
    boxes = shapely.box(corners[:, 0], corners[:, 1], corners[:, 0] + 0.3, corners[:, 1] + 0.2)
    together = ellipsoidal_area(boxes, CRS("EPSG:4490"))
    alone = np.array([ellipsoidal_area(boxes[[k]], CRS("EPSG:4490"))[0] for k in range(50)])
    assert (together == alone).all()
