import numpy as np
import pytest
import shapely
from pyproj import Transformer

from ecoval.errors import InputError
from ecoval.units.edges import carried

BOX = shapely.box(118, 27, 123, 31.2)


def true_edge(share, crs):
    """Points on the south edge of BOX, straight in degrees, in a projected CRS."""
    forward = Transformer.from_crs("EPSG:4326", crs, always_xy=True)
    return shapely.points(*forward.transform(118 + 5 * share, np.full(len(share), 27.0)))


@pytest.mark.parametrize("crs", ["EPSG:32650", "EPSG:32651", "EPSG:3857", "EPSG:3035"])
@pytest.mark.parametrize("tolerance", [0.001, 1.0, 30.0])
def test_edges_stay_within_the_tolerance(crs, tolerance):
    moved = carried(np.array([BOX]), "EPSG:4326", crs, tolerance)
    away = shapely.distance(true_edge(np.linspace(0, 1, 5001), crs), shapely.boundary(moved[0]))
    assert away.max() <= 1.02 * tolerance


def test_shared_edges_get_the_same_points():
    triangles = shapely.delaunay_triangles(shapely.MultiPoint(np.random.default_rng(3).uniform([118, 27], [123, 31], (60, 2))))
    parts = shapely.get_parts(triangles)
    moved = carried(parts, "EPSG:4490", "EPSG:4549")
    assert shapely.coverage_is_valid(moved)
    points = shapely.get_coordinates(moved)
    assert len(points) > 3 * len(shapely.get_coordinates(parts))


def test_a_unit_gets_the_same_points_alone():
    boxes = shapely.box(np.arange(110, 120), 30, np.arange(111, 121), 31)
    together = carried(boxes, "EPSG:4326", "EPSG:4549")
    assert all(shapely.equals_exact(carried(boxes[[k]], "EPSG:4326", "EPSG:4549")[0], together[k]) for k in range(10))


def test_kinds_of_geometry_are_kept_and_z_is_left_behind():
    single = shapely.force_3d(shapely.box(120, 30, 121, 31), 5.0)
    multiple = shapely.MultiPolygon([shapely.box(122, 30, 123, 31), shapely.box(124, 30, 125, 31)])
    moved = carried(np.array([single, multiple]), "EPSG:4326", "EPSG:3857")
    assert [each.geom_type for each in moved] == ["Polygon", "MultiPolygon"]
    assert not shapely.has_z(moved).any()


def test_one_datum_for_wgs84_and_cgcs2000():
    moved = carried(np.array([BOX]), "EPSG:4326", "EPSG:4490")
    assert shapely.equals_exact(moved[0], BOX, 1e-12)


def test_ballpark_change_of_datum_is_refused_unless_a_pipeline_is_given():
    with pytest.raises(InputError, match="datum") as raised:
        carried(np.array([BOX]), "EPSG:4214", "EPSG:4490")
    assert raised.value.code == "datum_ballpark"
    pipeline = (
        "+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad +step +proj=push +v_3 +step +proj=cart +ellps=krass "
        "+step +proj=helmert +x=15 +y=-150 +z=-90 +step +inv +proj=cart +ellps=GRS80 +step +proj=pop +v_3 "
        "+step +proj=unitconvert +xy_in=rad +xy_out=deg"
    )
    moved = carried(np.array([BOX]), "EPSG:4214", "EPSG:4490", 1.0, pipeline)
    shift = shapely.get_coordinates(moved)[0] - shapely.get_coordinates(BOX)[0]
    assert 0 < np.hypot(*shift) * 111_320 < 300


def test_points_outside_the_target_are_refused():
    with pytest.raises(InputError, match="cannot be carried") as raised:
        carried(np.array([shapely.box(26, 0, 28, 1)]), "EPSG:4326", "EPSG:32650")
    assert raised.value.fields["count"] >= 1


def test_edge_across_the_antimeridian_is_refused():
    with pytest.raises(InputError, match="antimeridian"):
        carried(np.array([shapely.box(150_000, 6_000_000, 400_000, 6_100_000)]), "EPSG:32601", "EPSG:4326")
